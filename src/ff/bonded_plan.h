/* SPDX-License-Identifier: GPL-3.0-or-later */
/** How bonded items lie in memory for the kernels, and the kernels' interface; of bonded*.c alone.
 *
 *  Piece: the items of a range of atoms, one thread's work. Its atoms are copied to places (four doubles each: x y z and
 *  nothing), its forces are gathered there (fx fy fz and the energy of the atom). Run: items of one kind and one set of parameters in a
 *  piece. Batch: up to ILI_BONDED_BATCH items of a run, worked on at once. */
#ifndef ILI_FF_BONDED_PLAN_H
#define ILI_FF_BONDED_PLAN_H

#include "ff/bonded.h"

/** Runs are filled up to a multiple of LANES, the widest vector, with copies of their last item. */
enum { ILI_BONDED_BATCH = 32, ILI_BONDED_LANES = 8 };

typedef enum ili_bonded_kind {
    ILI_ITEM_BOND,
    ILI_ITEM_ANGLE,
    ILI_ITEM_TORSION,
    ILI_ITEM_PAIR, /**< a special pair that no other item holds */
    ILI_ITEM_KINDS
} ili_bonded_kind;

/** The special pair of the first and the last atom of an item, which it takes along. */
typedef enum ili_special_kind {
    ILI_SPECIAL_NONE,
    ILI_SPECIAL_EXCLUDED, /**< scale_lj and scale_coulomb 0 */
    ILI_SPECIAL_SCALED
} ili_special_kind;

/** One pair term of scaled pairs. */
typedef struct ili_scaled_term {
    const ili_model_entry *entry;
    double shift; /**< eV, taken from the form */
    double plain; /**< angstrom: below, the truncation does no more than that */
} ili_scaled_term;

/** What the items of a run have in common. */
typedef struct ili_bonded_group {
    ili_bonded_kind kind;
    const ili_model_entry *entry; /**< NULL: PAIR */
    ili_special_kind special;
    double qq;                      /**< special: eV angstrom */
    double scale_lj, scale_coulomb; /**< SCALED, as the rest */
    int32_t type[2];                /**< species */
    int32_t n_terms;
    const ili_scaled_term *terms;
} ili_bonded_group;

typedef struct ili_bonded_run {
    int32_t group;
    int32_t n;    /**< items */
    int32_t room; /**< n rounded up to a multiple of ILI_BONDED_LANES */
    int64_t at;   /**< of its places: atom a of item k is at + a room + k, 4 times the number of a place */
} ili_bonded_run;

/** What the kernels know beside the run. */
typedef struct ili_bonded_frame {
    const ili_cell *cell;
    double inverse[3][3]; /**< of the cell; columns of directions that do not repeat are 0 */
    double safe2;         /**< a vector with a smaller square is the nearest image already, angstrom^2 */
    double alpha, short_cutoff;
    bool with_atoms; /**< energies of the atoms are wanted */
} ili_bonded_frame;

/** Sums of a piece. */
typedef struct ili_bonded_sums {
    double energy[ILI_ITEM_KINDS]; /**< eV; PAIR: terms of all scaled pairs */
    double coulomb;                /**< eV, of all special pairs */
    double w[6];                   /**< eV */
} ili_bonded_sums;

/** Adds the items of a run to the forces f at the places, and to *sums unless it is NULL. */
typedef void ili_bonded_kernel(const ili_bonded_group *group, const ili_bonded_run *run, const int32_t *place,
                               const ili_bonded_frame *frame, const double *x, double *f,
                               ili_bonded_sums *sums);
ili_bonded_kernel ili_bonded_run_sse2, ili_bonded_run_avx2, ili_bonded_run_avx512;

/** Energies and slopes of n <= ILI_BONDED_BATCH items, a multiple of ILI_BONDED_LANES: by form->many, or one by one. */
void ili_bonded_values(const ili_model_entry *entry, int n, const double *u, const double *v, double *energy,
                       double *slope);
/** Energies and slopes of the pair terms of n scaled pairs r apart. */
void ili_scaled_values(const ili_bonded_group *group, double short_cutoff, int n, const double *r,
                       double *energy, double *slope);

#endif
