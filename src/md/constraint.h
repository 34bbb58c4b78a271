/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rigid bonds to hydrogen, grouped by the atom that holds the hydrogens; the rest of the interface is in md_state.h. */
#ifndef ILI_MD_CONSTRAINT_H
#define ILI_MD_CONSTRAINT_H

#include "md/md_state.h"

enum { ILI_LEAVES_MAX = 4 };

/** A centre and the hydrogens on it: they are solved together and share no atom with another cluster. */
typedef struct ili_cluster {
    int n;                            /**< hydrogens, 1 .. ILI_LEAVES_MAX */
    int32_t atom[1 + ILI_LEAVES_MAX]; /**< the centre first */
    double length[ILI_LEAVES_MAX];    /**< angstrom */
    int32_t image[1 + ILI_LEAVES_MAX]
                 [3]; /**< atom[k] lies beside its centre at x + image h; that of the centre is 0 */
    double multiplier[ILI_LEAVES_MAX]; /**< of the solution last found */
} ili_cluster;

struct ili_constraints {
    int32_t n_clusters, n_bonds;
    ili_cluster *clusters; /**< [n_clusters] by centre, ascending */
    double tolerance;      /**< of |length/length0 - 1| */
};

/** What moves inside the clusters, about their centres of mass: sum d (x) f to w and sum m u (x) u to k, both eV, added. The
 *  forces f are those without the constraints. theory.md, "Under a barostat" */
void ili_constraints_internal(const ili_md *md, double w[3][3], double k[3][3]);
/** After all positions were multiplied by g and all velocities by u, give the clusters their shape and inner motion back: they are
 *  moved and slowed as a whole. The inverses are passed; md->cell is the new cell. */
void ili_constraints_unstrain(ili_md *md, const double g_inverse[3][3], const double u_inverse[3][3]);

#endif
