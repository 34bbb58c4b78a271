/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Monte Carlo in any ensemble made of these moves: displacement, exchange of two species, insertion and deletion against a
 *  reservoir (grand canonical, with a partner that changes its species so that the cell stays neutral), change of species
 *  (semi-grand canonical), volume and shape of the cell (isothermal-isobaric). Energies are those of ff/trial.h.
 *  Every move obeys detailed balance by itself; step lengths adapt while `is_equilibrating` only. theory.md section 13. */
#ifndef ILI_MC_MC_H
#define ILI_MC_MC_H

#include "base/bytes.h"
#include "ff/trial.h"

enum { ILI_MC_PARTNERS_MAX = 8, ILI_MC_SWITCHES_MAX = 8, ILI_MC_EXCHANGES_MAX = 32, ILI_MC_MOBILE_MAX = 16 };

typedef enum ili_mc_move {
    ILI_MC_DISPLACE,
    ILI_MC_EXCHANGE,
    ILI_MC_INSERT, /**< insertion or deletion, each with probability 1/2 */
    ILI_MC_SWITCH,
    ILI_MC_VOLUME,
    ILI_MC_SHAPE,
    ILI_MC_MOVES
} ili_mc_move;
/** "displace", "exchange", ... */
const char *ili_mc_move_name(ili_mc_move move);

/** What insertion puts in. mu: chemical potential of what goes in (with its partner's change), eV, on the scale where an ideal
 *  gas of density rho has mu = kT ln(rho lambda^3) with lambda = 1 angstrom, and on-site energies count; of a lattice gas without the term of volume.
 *  Sites of no lattice (insertion anywhere within their radius) leave the ensemble as it is: what they favour, (13.23) takes back.
 *  What is off them goes by `anywhere` moves, or after a displacement. */
typedef struct ili_mc_reservoir {
    int32_t species; /**< -1: none */
    double mu;
    int n_partners;                          /**< 0: nothing else changes */
    int32_t partner[ILI_MC_PARTNERS_MAX][2]; /**< on insertion an atom of [0] becomes [1] */
    int32_t n_sites;                         /**< 0: insertion anywhere in the cell */
    const double (*sites)[3]; /**< [n_sites] fractions of the cell, copied; insertion into empty ones only */
    double
        site_radius; /**< angstrom: an atom within it of a site is on it; sites must be twice as far apart */
    bool is_lattice; /**< true: onto the site itself, and the species is not displaced: a lattice gas */
    double
        anywhere; /**< share of insertions and deletions that do not look at the sites, 0 to 1; 0 for a lattice */
} ili_mc_reservoir;

typedef struct ili_mc_switch {
    int32_t from, to;
    double delta_mu; /**< mu(to) - mu(from), eV */
} ili_mc_switch;

typedef struct ili_mc_options {
    double temperature;          /**< K */
    double pressure;             /**< eV/angstrom^3; NaN: not given, and the cell stays */
    double weight[ILI_MC_MOVES]; /**< relative frequency of each move */
    double displacement;         /**< angstrom, largest component; the start when it adapts, by species */
    double volume_step;          /**< largest change of ln V */
    double strain_step;          /**< largest change of a strain component */
    int n_mobile;
    int32_t mobile[ILI_MC_MOBILE_MAX];       /**< species that are displaced; n_mobile 0: all */
    double mobile_weight[ILI_MC_MOBILE_MAX]; /**< how often an atom of it is, against others; 0 counts as 1 */
    int n_exchanges;
    int32_t exchange[ILI_MC_EXCHANGES_MAX][2]; /**< pairs of species whose atoms swap places */
    int n_switches;
    ili_mc_switch switches[ILI_MC_SWITCHES_MAX];
    ili_mc_reservoir reservoir;
    bool is_equilibrating;
    uint64_t seed;
    int64_t resum_every; /**< moves between two full sums */
} ili_mc_options;
/** 300 K, no pressure, displacement only (steps 0.2 angstrom, 0.02, 0.005), no reservoir, full sums every 1000 moves, seed 1. */
ili_mc_options ili_mc_defaults(void);

typedef struct ili_mc_tally {
    int64_t tried, accepted;
} ili_mc_tally;

typedef struct ili_mc ili_mc;

/** The model and the trial are borrowed. Refuses what has no meaning: net charge that changes, moves of the cell without pressure,
 *  species that do not exist, sites nearer than twice the site radius ... each with one sentence (IL_E_INPUT). */
il_status ili_mc_create(il_context *ctx, const ili_mc_options *options, const il_model *model,
                        ili_trial *trial, ili_mc **out);
void ili_mc_destroy(ili_mc **mc);
/** Other temperature, weights, potentials, sites; the configuration, the step lengths and the random stream go on; tallies start
 *  again. On failure the old settings stay. */
il_status ili_mc_set(il_context *ctx, ili_mc *mc, const ili_mc_options *options);

typedef il_status (*ili_mc_observer)(il_context *ctx, void *user, const ili_mc *mc);
/** n_moves moves; `see` after every `every`-th of the run's count (NULL: none). IL_E_INTERRUPTED, at a full sum, when a progress
 *  callback stops it; IL_E_INPUT when an insertion finds no room left in the trial. */
il_status ili_mc_run(il_context *ctx, ili_mc *mc, int64_t n_moves, int64_t every, ili_mc_observer see,
                     void *user);
const ili_trial *ili_mc_trial(const ili_mc *mc);
int64_t ili_mc_moves(const ili_mc *mc);                  /**< moves tried since create */
int64_t ili_mc_count(const ili_mc *mc, int32_t species); /**< atoms of a species now */
ili_mc_tally ili_mc_tally_of(const ili_mc *mc, ili_mc_move move);
/** With volume and strain steps as they have adapted; `sites` is borrowed from mc. */
ili_mc_options ili_mc_settings(const ili_mc *mc);
double ili_mc_step(const ili_mc *mc, int32_t species); /**< displacement of a species, as it has adapted */
double ili_mc_drift(const ili_mc *mc); /**< eV, largest difference of running and full sums so far */
/** Save or restore everything that changes: configuration, counters, step lengths, the random stream; the options are not in it.
 *  A restored run repeats the bits of one that was never stopped. */
void ili_mc_carry(ili_mc *mc, ili_bytes *bytes);

#endif
