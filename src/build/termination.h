/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Cut planes of an oriented crystal: what each breaks and leaves, and how polar it is. */
#ifndef ILI_BUILD_TERMINATION_H
#define ILI_BUILD_TERMINATION_H

#include "build/oriented.h"

enum { ILI_CUT_KINDS = 12, ILI_PLANE_TEXT = 96 };

/** One way to cut. A slab of it begins with the plane `first` and ends with the plane `last`; it always
 *  holds whole repeats of the bulk, so it is stoichiometric. */
typedef struct ili_termination {
    double offset; /**< height of the cut above the origin of the oriented cell, angstrom, in [0, period) */
    double gap;    /**< between the unit centres on both sides of the cut, angstrom */
    char first[ILI_PLANE_TEXT], last[ILI_PLANE_TEXT]; /**< outermost planes per surface cell, "P3O12" */
    int n_kinds;
    struct ili_cut_kind {
        char pair[2 * ILI_NAME_MAX]; /**< "Ge-O" */
        int count;                   /**< per surface cell */
    } kinds[ILI_CUT_KINDS];
    int n_cut;          /**< bonds cut per surface cell, one face */
    double cut_density; /**< bonds per angstrom^2 */
    double strength;    /**< Pauling valence cut per angstrom^2; 1 a bond where no charges are known */
    int n_excess;
    struct ili_excess {
        char name[ILI_NAME_MAX];
        double count;        /**< per surface cell at the upper face; the lower face has the opposite */
    } excess[ILI_CUT_KINDS]; /**< relative to bulk composition, sum 0 */
    double dipole;           /**< of one repeat per area, e/angstrom, positive = upwards */
    double polarity;     /**< dipole / period: charge of the polarisation on the upper face, e/angstrom^2 */
    int tasker;          /**< 1 neutral planes, 2 charged planes without dipole, 3 polar; 0 unknown */
    int n_moved;         /**< mobile ions moved across to lessen the dipole, in the cell of the slab built */
    double residual;     /**< polarity left in the slab built; = polarity when nothing was moved */
    int layers;          /**< repeats in the slab built */
    double stack[3];     /**< from the lower to the upper end of the slab built, angstrom */
    double period, area; /**< of one repeat, angstrom and angstrom^2 */
} ili_termination;

/** Smallest polarity that counts as polar, e/angstrom^2: what thermal or relaxation noise does not reach. */
#define ILI_POLAR_LIMIT 5e-4

/** Every distinct cut within one period, from the bottom up. Planes of unit centres nearer than `tolerance`
 *  (angstrom) are one.
 *  *list is owned by the caller (ili_free). IL_E_MEMORY. */
il_status ili_terminations(il_context *ctx, const ili_oriented *o, double tolerance, ili_termination **list,
                           int *n);
/** The best: non-polar with the weakest bonds cut; else among the least polar (within 1e-3 e/angstrom^2)
 *  that; within 5 % of the strength the one with the fewest ions moved. */
int ili_termination_best(const ili_termination *list, int n);

#endif
