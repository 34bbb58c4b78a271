/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Monte Carlo in any ensemble made of these moves: displacement, exchange of two species, insertion and deletion against a
 *  reservoir (grand canonical, with a partner that changes its species so that the cell stays neutral), change of species
 *  (semi-grand canonical), volume and shape of the cell (isothermal-isobaric). Energies are those of ff/trial.h.
 *  Every move obeys detailed balance by itself; step lengths adapt while `is_equilibrating` only. theory.md section 13. */
#ifndef ILI_MC_MC_H
#define ILI_MC_MC_H

#include "ff/trial.h"

enum { ILI_MC_PARTNERS_MAX = 8, ILI_MC_SWITCHES_MAX = 8, ILI_MC_EXCHANGES_MAX = 8 };

typedef enum ili_mc_move {
    ILI_MC_DISPLACE,
    ILI_MC_EXCHANGE,
    ILI_MC_INSERT, /**< insertion or deletion, each with probability 1/2 */
    ILI_MC_SWITCH,
    ILI_MC_VOLUME,
    ILI_MC_SHAPE,
    ILI_MC_MOVES
} ili_mc_move;

/** What insertion puts in. mu: chemical potential of what goes in (with its partner's change), eV, on the scale where an ideal
 *  gas of density rho has mu = kT ln(rho lambda^3) with lambda = 1 angstrom, and on-site energies count. */
typedef struct ili_mc_reservoir {
    int32_t species; /**< -1: none */
    double mu;
    int n_partners;                          /**< 0: nothing else changes */
    int32_t partner[ILI_MC_PARTNERS_MAX][2]; /**< on insertion an atom of [0] becomes [1] */
    int32_t n_sites;                         /**< 0: insertion anywhere in the cell */
    const double (
        *sites)[3];     /**< [n_sites] fractions of the cell; insertion on empty ones only: a lattice gas,
                                                  *   mu then without the volume term */
    double site_radius; /**< angstrom: an atom within it of a site is on it; sites must be farther apart */
} ili_mc_reservoir;

typedef struct ili_mc_switch {
    int32_t from, to;
    double delta_mu; /**< mu(to) - mu(from), eV */
} ili_mc_switch;

typedef struct ili_mc_options {
    double temperature;          /**< K */
    double pressure;             /**< eV/angstrom^3 */
    double weight[ILI_MC_MOVES]; /**< relative frequency of each move */
    double displacement;         /**< angstrom, largest component; the start when it adapts */
    double volume_step;          /**< largest change of ln V */
    double strain_step;          /**< largest change of a strain component */
    int n_mobile;
    int32_t mobile[ILI_MC_PARTNERS_MAX]; /**< species that are displaced; 0: all */
    int n_exchanges;
    int32_t exchange[ILI_MC_EXCHANGES_MAX][2]; /**< pairs of species whose atoms swap places */
    int n_switches;
    ili_mc_switch switches[ILI_MC_SWITCHES_MAX];
    ili_mc_reservoir reservoir;
    bool is_equilibrating;
    uint64_t seed;
    int64_t resum_every; /**< moves between two full sums */
} ili_mc_options;
ili_mc_options ili_mc_defaults(void);

typedef struct ili_mc_tally {
    int64_t tried, accepted;
} ili_mc_tally;

typedef struct ili_mc ili_mc;

/** The trial is borrowed. Refuses what has no meaning: net charge that changes, shape moves without pressure, species that
 *  do not exist, sites nearer than twice the site radius ... each with one sentence (IL_E_INPUT). */
il_status ili_mc_create(il_context *ctx, const ili_mc_options *options, const il_model *model,
                        ili_trial *trial, ili_mc **out);
void ili_mc_destroy(ili_mc **mc);
/** Other temperature, weights, potentials; the configuration and step lengths go on. */
il_status ili_mc_set(il_context *ctx, ili_mc *mc, const ili_mc_options *options);

typedef il_status (*ili_mc_observer)(il_context *ctx, void *user, const ili_mc *mc);
/** n_moves moves; `see` after every `every`-th (NULL: none). IL_E_INTERRUPTED when a progress callback stops it. */
il_status ili_mc_run(il_context *ctx, ili_mc *mc, int64_t n_moves, int64_t every, ili_mc_observer see,
                     void *user);
const ili_trial *ili_mc_trial(const ili_mc *mc);
int64_t ili_mc_count(const ili_mc *mc, int32_t species); /**< atoms of a species now */
ili_mc_tally ili_mc_tally_of(const ili_mc *mc, ili_mc_move move);
ili_mc_options ili_mc_settings(const ili_mc *mc); /**< with step lengths as they have adapted */
double ili_mc_drift(const ili_mc *mc); /**< eV, largest difference of running and full sums so far */
/** Save or restore everything: configuration, counters, step lengths, the random stream. */
void ili_mc_carry(ili_mc *mc, ili_bytes *bytes);

#endif
