/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Integer, charge-neutral realisations of a disordered crystal.
 *
 *  Counts first: on every site the occupants and the vacancy share the positions of the supercell by largest
 *  remainder. When the sum of the oxidation states is then not 0, single atoms are changed until it is,
 *  vacancies of the mobile ion before exchanges of framework ions, each time where the count stays nearest to
 *  the occupancy asked for. Then places: the occupants of a site are dealt at random over its positions, and
 *  moved among the vacancies of the same site until no two partly occupied positions nearer than aim_distance
 *  hold an atom both. Where the occupancies leave no room for that, the distance is lowered in steps of 0.1
 *  angstrom, but never below min_distance. */
#ifndef ILI_BUILD_ORDER_H
#define ILI_BUILD_ORDER_H

#include "base/rng.h"
#include "system/crystal.h"

typedef struct ili_order_options {
    int supercell[3];
    uint64_t seed;
    double min_distance; /**< angstrom; nearer pairs are refused */
    double aim_distance; /**< angstrom; nearer pairs are avoided as far as there is room */
} ili_order_options;

/** Supercell 1,1,1, seed 1; 1.6 angstrom, above the distances of split positions; 2.5 angstrom, about the
 *  shortest Li-Li distance in oxides. */
ili_order_options ili_order_options_default(void);

/** One species on one site: what the file asks for and what the realisations have. */
typedef struct ili_order_row {
    int32_t site;
    int occupant;      /**< index in the site; -1: the vacancies */
    int32_t positions; /**< of the site in the supercell */
    double asked;      /**< occupancy in the file times positions */
    int32_t rounded;   /**< by largest remainder */
    int32_t count;     /**< after the repair of neutrality: rounded, or not */
} ili_order_row;

typedef struct ili_order {
    const ili_crystal *crystal; /**< borrowed */
    ili_order_options options;
    int n_cells;
    int32_t n_rows, n_mobile;
    ili_order_row *rows; /**< site by site, vacancies last */
    double charge_asked; /**< of the supercell, e; NaN: oxidation states unknown */
    double charge_rounded, charge;
    int n_repairs;    /**< single atoms changed for neutrality */
    double nearest;   /**< shortest distance of occupied partial positions in the last realisation; 0: none */
    bool is_repeated; /**< the last realisation equals an earlier one */
    /* below: private */
    ili_cell cell;
    double (*frac)[3]; /**< [n_mobile] positions of sites with vacancies, fractions of the supercell */
    int32_t *first, *near;
    double *near_distance; /**< neighbours within aim_distance: near[first[i] .. first[i+1]) */
    double reach;          /**< angstrom kept now, min_distance to aim_distance */
    int8_t *who;           /**< [n_positions * n_cells] occupant or -1, site by site */
    int32_t *site_start;   /**< [n_sites + 1] into who */
    int32_t *mobile_start; /**< [n_sites] into frac, -1: the site has no vacancies */
    uint64_t *seen;        /**< hashes of the realisations so far */
    size_t n_seen, cap_seen;
    ili_rng rng;
} ili_order;

/** Counts, neutrality and the table of near positions. `crystal` must outlive the plan.
 *  IL_E_USAGE for a supercell factor below 1; IL_E_INPUT when no neutral counts exist in this supercell. */
il_status ili_order_create(il_context *ctx, const ili_crystal *crystal, const ili_order_options *options,
                           ili_order **out);
/** The next realisation; equal seeds give equal sequences. Atoms stand site by site, species by species.
 *  IL_E_NOT_CONVERGED when atoms nearer than min_distance remain. */
il_status ili_order_next(il_context *ctx, ili_order *order, il_system **out);
void ili_order_destroy(ili_order **order);

#endif
