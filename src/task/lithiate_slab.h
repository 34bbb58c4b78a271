/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lithiation of a contact from its metal: layer by layer, beginning at the interface, lithium atoms leave the free side of the metal
 *  and enter the ceramic as ions, each with an electron on the nearest reducible ion; ions relax, the plane keeps its lattice.
 *  Told after each layer: swelling along the normal, and the stress that the clamped layer is under. theory.md section 13. */
#ifndef ILI_TASK_LITHIATE_SLAB_H
#define ILI_TASK_LITHIATE_SLAB_H

#include "analysis/network.h"
#include "task/charge_balance.h"

enum { ILI_SLAB_STEPS_MAX = 32, ILI_SLAB_STRAINS_MAX = 8 };

typedef struct ili_slab_settings {
    const il_model *model;
    il_ff_options ff;
    ili_balance_rule rule;
    double thickness; /**< angstrom, of a layer before it is lithiated */
    int n_layers;
    long units;             /**< formula units of the ceramic; 0: as many as the counts of elements allow */
    double x;               /**< Li put into each layer, per formula unit of the ceramic */
    double lateral;         /**< strain of both directions of the plane, laid on before */
    int candidates;         /**< places tried for each ion */
    double force_tolerance; /**< eV/angstrom */
    int max_steps;
    ili_relaxer relaxer; /**< who relaxes; its name is that of the run */
} ili_slab_settings;

/** After `layers` layers; [0] is the contact as relaxed before. The ceramic includes what was put into it. */
typedef struct ili_slab_step {
    int layers, n_li;
    int left_layer; /**< of the ions put in: how many lie outside of their layer by more than 1 angstrom now */
    int n_metal;    /**< atoms that the metal has left */
    double depth;   /**< angstrom, of the lithiated part before it was lithiated */
    double strain;  /**< along the normal, of the lithiated part, theory.md (13.51); NaN at first */
    double rise;    /**< angstrom that the ceramic's face has moved away from its other side */
    /** N/m, in-plane force per length xx yy xy of the ceramic alone, against step 0 (13.53); positive = tension. */
    double force[3];
    double stress[3]; /**< GPa: that force over depth; NaN at first */
    double stress_whole
        [3]; /**< GPa: the same with the force of the whole contact, its metal thinner and all; NaN at first */
    double plane, plane_whole;       /**< GPa: means of xx and yy of both */
    double energy;                   /**< eV per Li moved, against step 0 (13.54); NaN at first */
    double electrons[ILI_RUNGS_MAX]; /**< share of reducible ions by rung */
    ili_network_verdict network;     /**< of the ceramic against step 0 */
    bool converged;
} ili_slab_step;

typedef enum ili_slab_end {
    ILI_SLAB_ALL,
    ILI_SLAB_NO_METAL,
    ILI_SLAB_NO_ELECTRON,
    ILI_SLAB_NO_ROOM
} ili_slab_end;

typedef struct ili_slab_run {
    double area;      /**< angstrom^2 */
    double thickness; /**< angstrom, of the ceramic at step 0 */
    double stress_start
        [3]; /**< GPa xx yy xy, of the ceramic alone at step 0: its force over its thickness, faces included */
    double units;                  /**< formula units of the ceramic in a layer */
    ili_slab_end end;              /**< all layers were filled, or why not */
    int n;                         /**< steps done */
    ili_relaxer_count relaxations; /**< by LAMMPS */
    ili_slab_step step[ILI_SLAB_STEPS_MAX + 1];
    il_system *final; /**< relaxed contact after the last step */
} ili_slab_run;

/** One sentence; "" for all. */
const char *ili_slab_end_text(ili_slab_end end);

/** A contact as `interface` writes it: a neutral ceramic with reducible ions in one phase of the model, and on one side of it lithium
 *  of the phase metal. After every ion the state goes to `checkpoint` (NULL: nowhere), from which a broken-off run goes on with
 *  the same bits. IL_E_INPUT: not open along its third vector, plane not xy, no metal of lithium or metal on both sides, no
 *  reducible ion, atoms of a third phase, a charged ceramic, layers thicker than the ceramic or so thin that the first holds
 *  under three framework atoms, a checkpoint of another run; what ili_balance_create says. */
il_status ili_slab_lithiate(il_context *ctx, const ili_slab_settings *settings, const il_system *contact,
                            const char *checkpoint, ili_slab_run *run);
void ili_slab_run_free(ili_slab_run *run);

#endif
