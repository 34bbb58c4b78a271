/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Small systems for Monte Carlo whose distributions are known exactly, and what counts say about them. */
#ifndef MC_CASES_H
#define MC_CASES_H

#include "unit/scratch.h"

#include "base/alloc.h"
#include "math/units.h"
#include "math/vec.h"
#include "mc/mc.h"

#define MC_UNUSED __attribute__((unused)) /* not every test needs all */

static const double T_ROOM = 300.0;

/** Three species that do not notice each other; G3 and G2 are G with one and two electrons. */
static const char *const IDEAL MC_UNUSED = "name: ideal\ntitle: Atoms that do not interact\n"
                                           "date: 2026-11-23\ncitation: none\nstatus: published\n"
                                           "units: {length: angstrom, energy: eV}\n"
                                           "defaults: {short_cutoff: 2, truncation: none}\n"
                                           "species:\n"
                                           "  A: {element: Li, charge: 0, phase: gas}\n"
                                           "  G: {element: Ge, charge: 0, phase: gas}\n"
                                           "  G3: {element: Ge, charge: 0, phase: gas, onsite: 0.03}\n"
                                           "  G2: {element: Ge, charge: 0, phase: gas, onsite: 0.02}\n"
                                           "groups:\n"
                                           "  all: [A, G, G3, G2]\n"
                                           "none:\n"
                                           "  all-all: ideal gas\n";

/** Two species with Lennard-Jones energies between nearest neighbours of a cubic lattice of 3 angstrom. */
static const char *const LATTICE MC_UNUSED =
    "name: lattice\ntitle: Two species with energies between neighbours\n"
    "date: 2026-11-23\ncitation: none\nstatus: published\n"
    "units: {length: angstrom, energy: eV}\n"
    "defaults: {short_cutoff: 3.5, truncation: none}\n"
    "species:\n"
    "  A: {element: Li, charge: 0, phase: gas}\n"
    "  B: {element: Na, charge: 0, phase: gas}\n"
    "terms:\n"
    "  - form: lj\n"
    "    source: none\n"
    "    pairs:\n"
    "      A-A: {epsilon: 0.02, sigma: 2.6726961576}\n"
    "      A-B: {epsilon: 0.03, sigma: 2.6726961576}\n"
    "      B-B: {epsilon: 0.01, sigma: 2.6726961576}\n";

MC_UNUSED static il_model *model_of(const char *text) {
    scratch_path path;
    il_model *model = NULL;
    scratch_name(path, ".yaml");
    scratch_write(path, text, strlen(text));
    CHECK_OK(il_model_read(ctx, path, &model));
    unlink(path);
    return model;
}

/** A cube of edge l, angstrom, without atoms. */
MC_UNUSED static il_system *empty_box(double l) {
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){{{l, 0, 0}, {0, l, 0}, {0, 0, l}}, {true, true, true}};
    return sys;
}

MC_UNUSED static void put(il_system *sys, const il_model *model, const char *name, double x, double y,
                          double z) {
    int32_t type;
    const ili_species *s = &model->species[ili_model_species_index(model, name)].base;
    CHECK_OK(ili_system_species(ctx, sys, name, s->z, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, (const double[3]){x, y, z}));
}

/** A trial and a run on it, from a system that is no longer needed. */
typedef struct mc_case {
    il_model *model;
    ili_trial *trial;
    ili_mc *mc;
} mc_case;

MC_UNUSED static void case_open(mc_case *c, const char *text, il_system *sys, int32_t capacity,
                                const ili_mc_options *o) {
    il_ff_options ff;
    il_ff_options_default(&ff);
    il_set_threads(ctx, 1);
    if (!c->model) c->model = model_of(text);
    CHECK_OK(ili_trial_create(ctx, c->model, &ff, sys, capacity, &c->trial));
    CHECK_OK(ili_mc_create(ctx, o, c->model, c->trial, &c->mc));
    il_system_destroy(&sys);
}

MC_UNUSED static void case_close(mc_case *c) {
    ili_mc_destroy(&c->mc);
    ili_trial_destroy(&c->trial);
    il_model_destroy(&c->model);
}

/** Only this move. */
MC_UNUSED static ili_mc_options only(ili_mc_move move, double weight) {
    ili_mc_options o = ili_mc_defaults();
    o.weight[ILI_MC_DISPLACE] = 0.0;
    o.weight[move] = weight;
    return o;
}

/* ---- a cube of sites --------------------------------------------------------------------------------------- */

/* the corners of a cube of 3 angstrom in a box where images do not meet */
static const double BOX = 12.0, EDGE = 3.0;

MC_UNUSED static void corner(int k, double x[3]) {
    for (int c = 0; c < 3; c++) x[c] = 1.0 + EDGE * (k >> c & 1);
}

/** Bit k: an atom of the species on corner k. */
MC_UNUSED static int mask_of(const ili_mc *mc, int32_t species) {
    const ili_trial *t = ili_mc_trial(mc);
    int mask = 0;
    for (int32_t i = 0; i < ili_trial_n_atoms(t); i++) {
        int k = 0;
        for (int c = 0; c < 3; c++) k |= (ili_trial_x(t)[i][c] > 1.0 + 0.5 * EDGE) << c;
        if (ili_trial_species(t)[i] == species) mask |= 1 << k;
    }
    return mask;
}

/** Energy of neighbours: e[0] for two A, e[1] for A and B, e[2] for two B. `mask`: corners with an A, the others hold a B. */
MC_UNUSED static double energy_of(int mask, const double e[3]) {
    double sum = 0.0;
    for (int k = 0; k < 8; k++)
        for (int c = 0; c < 3; c++) {
            int other = k ^ 1 << c;
            if (other > k) sum += e[2 - (mask >> k & 1) - (mask >> other & 1)];
        }
    return sum;
}

MC_UNUSED static double lj(double epsilon) {
    double s6 = pow(2.6726961576 / EDGE, 6.0);
    return 4.0 * epsilon * s6 * (s6 - 1.0);
}

MC_UNUSED static ili_mc_options lattice_gas(double mu, double sites[8][3]) {
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    for (int k = 0; k < 8; k++) {
        corner(k, sites[k]);
        for (int c = 0; c < 3; c++) sites[k][c] /= BOX;
    }
    o.reservoir = (ili_mc_reservoir){.species = 0,
                                     .mu = mu,
                                     .n_sites = 8,
                                     .sites = (const double(*)[3])sites,
                                     .site_radius = 0.5,
                                     .is_lattice = true};
    return o;
}

MC_UNUSED static il_system *full_cube(const il_model *model, int mask) {
    il_system *sys = empty_box(BOX);
    for (int k = 0; k < 8; k++) {
        double x[3];
        corner(k, x);
        put(sys, model, mask >> k & 1 ? "A" : "B", x[0], x[1], x[2]);
    }
    return sys;
}

/* ---- electrons on a ladder -------------------------------------------------------------------------------- */

enum { IONS = 5, LADDER_STATES = 64 };
static const double LADDER_BOX = 8.0, LADDER_ZV = 2.5;

/** n(G3) + 8 n(G2) */
MC_UNUSED static int electrons(const ili_mc *mc) {
    CHECK(ili_mc_count(mc, 0) ==
          ili_mc_count(mc, 2) + 2 * ili_mc_count(mc, 3)); /* an electron for each ion */
    return (int)(ili_mc_count(mc, 2) + 8 * ili_mc_count(mc, 3));
}

/** P ~ (zV)^N/N! M!/(n4! n3! n2!) exp(-(n3 e3 + n2 e2)/kT), N = n3 + 2 n2; w [LADDER_STATES] */
MC_UNUSED static void ladder_weights(double *w) {
    const double kT = ILI_KB * T_ROOM;
    memset(w, 0, LADDER_STATES * sizeof *w);
    for (int n3 = 0; n3 <= IONS; n3++)
        for (int n2 = 0; n2 + n3 <= IONS; n2++) {
            int n = n3 + 2 * n2;
            w[n3 + 8 * n2] = exp(n * log(LADDER_ZV) - lgamma(n + 1.0) - lgamma(IONS - n3 - n2 + 1.0) -
                                 lgamma(n3 + 1.0) - lgamma(n2 + 1.0) - (n3 * 0.03 + n2 * 0.02) / kT);
        }
}

/** Ions that come with an electron each, taken up by atoms with two rungs to go. */
MC_UNUSED static void ladder_open(mc_case *c) {
    ili_mc_options o = only(ILI_MC_INSERT, 1.0);
    o.reservoir = (ili_mc_reservoir){.species = 0,
                                     .mu = ILI_KB * T_ROOM * log(LADDER_ZV / pow(LADDER_BOX, 3.0)),
                                     .n_partners = 2,
                                     .partner = {{1, 2}, {2, 3}}};
    c->model = model_of(IDEAL);
    il_system *sys = empty_box(LADDER_BOX);
    for (int k = 0; k < IONS; k++) put(sys, c->model, "G", 1.5 * k, 0, 0);
    case_open(c, IDEAL, sys, 32, &o);
}

/* ---- what counts say -------------------------------------------------------------------------------------- */

/** chi^2 with k degrees of freedom that is passed by chance once in 3.5 million times (5 sigma; Wilson and Hilferty 1931). */
MC_UNUSED static double chi2_limit(int k) {
    double v = 2.0 / (9.0 * k);
    return k * pow(1.0 - v + 5.0 * sqrt(v), 3.0);
}

/** Counts n [states] of samples that hardly know of each other against probabilities up to a factor, w [states]; states of
 *  which fewer than 10 are expected count as one. */
MC_UNUSED static void check_counts(const char *what, const double *n, const double *w, int states) {
    double all = 0.0, norm = 0.0, rest = 0.0, rest_expected = 0.0, chi2 = 0.0;
    int k = -1;
    for (int i = 0; i < states; i++) all += n[i], norm += w[i];
    for (int i = 0; i < states; i++) {
        double expected = all * w[i] / norm;
        if (expected < 10.0) {
            rest += n[i], rest_expected += expected;
            continue;
        }
        chi2 += (n[i] - expected) * (n[i] - expected) / expected;
        k++;
    }
    if (rest_expected >= 1.0) {
        chi2 += (rest - rest_expected) * (rest - rest_expected) / rest_expected;
        k++;
    } else
        CHECK(rest <= 12.0); /* of a mean below 1: 1e-10 */
    printf("%s: chi^2 %.1f, %d degrees of freedom, allowed %.1f\n", what, chi2, k, chi2_limit(k));
    CHECK(k >= 3);
    CHECK(chi2 < chi2_limit(k));
}

#endif
