/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energies of one sample of a contact: rigid scan of the gap, relaxed registries, the separate sides. theory.md (6.1)-(6.5). */
#ifndef ILI_TASK_CONTACT_ENERGY_H
#define ILI_TASK_CONTACT_ENERGY_H

#include "analysis/network.h"
#include "task/contact_build.h"
#include "task/journal.h"

enum { ILI_REGISTRIES_MAX = 64, ILI_GAPS = 13 };

typedef struct ili_contact_effort {
    int registries;         /**< lateral shifts tried */
    double force_tolerance; /**< eV/angstrom */
    int max_steps;
} ili_contact_effort;

/** One relaxed registry. */
typedef struct ili_registry {
    double shift[2];        /**< fractions of the registry vectors */
    double gap_rigid;       /**< angstrom, of the rigid minimum that relaxation started from */
    double rigid;           /**< J/m2, energy of that rigid contact against the separate relaxed sides */
    double curve[ILI_GAPS]; /**< J/m2, the same at every ili_contact_gap; NaN where the sides overlap */
    double energy;          /**< eV, relaxed */
    double e_form;          /**< J/m2 */
    bool converged;
    double force_max; /**< eV/angstrom */
} ili_registry;

/** One sample: a realisation of the crystals, or chains of the polymer. Energies in J/m2 unless named. */
typedef struct ili_contact_sample {
    int number;
    int n_relaxed; /**< relaxations so far */
    int best;      /**< index of the lowest registry */
    int n_registries;
    ili_registry registry[ILI_REGISTRIES_MAX];
    double e_form, e_form_free, w_ad;
    double e_rigid; /**< lowest rigid contact of the relaxed slabs over gaps and registries; NaN for a film */
    double gamma;   /**< NaN when a side is a polymer */
    double sigma_a, sigma_b;   /**< surface energy of each slab, mean of its two faces; NaN for a polymer */
    double energy_a, energy_b; /**< eV, relaxed alone on the common cell */
    ili_relaxer_count relaxations; /**< by LAMMPS, of all that led to it, bulk crystals among them */
    double area;
    int32_t n_atoms_a, n_atoms_b;
    bool converged;
    ili_network_verdict network;
    int32_t
        n_entered; /**< atoms of B that went more than ILI_ENTERED below the topmost framework atom of A */
    ili_contact_geometry geometry;
    il_system *relaxed; /**< the best contact */
} ili_contact_sample;

/** Depth from which an atom of B counts as having entered A, angstrom; and the k-th gap of the rigid curve. */
#define ILI_ENTERED 1.0
double ili_contact_gap(int k);

void ili_contact_sample_free(ili_contact_sample *sample);
/** Called with a short name of what it is and with how it is relaxed. */
typedef il_status (*ili_contact_start_fn)(il_context *ctx, void *user, const char *label,
                                          const il_system *sys, const ili_relax_options *options);
/** The structures that relaxations of a sample begin from, as far as they are known before any slab is relaxed: the slabs as cut, and
 *  for each registry the contact of those at its rigid gap. Small seeded displacements are left out. */
il_status ili_contact_starts(il_context *ctx, const il_model *model, const il_ff_options *settings,
                             const ili_contact_effort *effort, ili_contact_sample *sample,
                             ili_contact_start_fn see, void *user);
/** Relax and evaluate. `sample->geometry` and `number` are set by the caller; relaxations go through the relaxer and the journal. */
il_status ili_contact_evaluate(il_context *ctx, const il_model *model, const il_ff_options *settings,
                               const ili_contact_effort *effort, ili_relaxer *relaxer, ili_journal *journal,
                               const ili_side *side_a, const ili_side *side_b, ili_contact_sample *sample);

#endif
