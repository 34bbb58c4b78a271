/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/salt.h"

#include "base/alloc.h"
#include "base/data.h"
#include "base/text.h"
#include "build/chain_growth.h"
#include "math/units.h"
#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ATTEMPTS = 12, OXYGEN = 8, STREAM_SALT = 0x73616c74 /* "salt" */ };
static const double NEUTRAL = 1e-9;     /* e */
static const double RATIO_AGREES = 0.1; /* relative */

/* The file. */

static const char *const ion_names[] = {"cation", "anion"};

static il_status read_ion(il_context *ctx, const ili_yaml_node *root, int which, ili_salt *salt) {
    static const char *const keys[] = {"atoms", NULL};
    const ili_yaml_node *map;
    ili_fragment *head = &salt->ion[which]->fragment[ILI_HEAD];
    IL_TRY(ili_yaml_need(ctx, root, ion_names[which], ILI_YAML_MAP, &map));
    IL_TRY(ili_yaml_check_keys(ctx, map, keys));
    IL_TRY(ili_unit_read_atoms(ctx, map, salt->ion[which], true, head));
    if (head->n_atoms < 1) return ili_yaml_fail(ctx, map, "the %s has no atoms", ion_names[which]);
    double sign = which == ILI_CATION ? 1.0 : -1.0;
    if (sign * ili_unit_charge(salt->ion[which], ILI_HEAD) < NEUTRAL)
        return ili_yaml_fail(ctx, map, "the %s has a charge of %+g e, expected %s", ion_names[which],
                             ili_unit_charge(salt->ion[which], ILI_HEAD),
                             which == ILI_CATION ? "more than 0" : "less than 0");
    return IL_OK;
}

static il_status read_salt(il_context *ctx, const ili_yaml_node *root, ili_salt *salt) {
    static const char *const keys[] = {"salt",   "title",    "volume", "species", "bonds",
                                       "angles", "torsions", "cation", "anion",   NULL};
    const ili_yaml_node *node;
    IL_TRY(ili_yaml_check_keys(ctx, root, keys));
    IL_TRY(ili_yaml_need(ctx, root, "salt", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_text(ctx, node, salt->name, sizeof salt->name));
    IL_TRY(ili_yaml_need(ctx, root, "title", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_text(ctx, node, salt->title, sizeof salt->title));
    IL_TRY(ili_yaml_need(ctx, root, "volume", ILI_YAML_SCALAR, &node));
    IL_TRY(ili_yaml_real(ctx, node, 1.0, 1e4, &salt->volume));
    for (int k = 0; k < 2; k++) {
        snprintf(salt->ion[k]->path, sizeof salt->ion[k]->path, "%s", salt->path);
        IL_TRY(ili_unit_read_tables(ctx, root, salt->ion[k]));
        IL_TRY(read_ion(ctx, root, k, salt));
    }
    double q = ili_unit_charge(salt->ion[0], ILI_HEAD) + ili_unit_charge(salt->ion[1], ILI_HEAD);
    if (fabs(q) > NEUTRAL)
        return ili_fail(ctx, IL_E_INPUT, "%s:%d: cation and anion together have a charge of %g e, expected 0",
                        salt->path, root->line, q);
    return IL_OK;
}

/** Path of the salt file; a name that is none is answered with the nearest shipped one. */
static il_status salt_path(il_context *ctx, const char *name, char *path, size_t size) {
    static const char *const shipped[] = {"LiTFSI", "LiPF6", NULL};
    il_status status = ili_data_path(ctx, "salt", "structures", name, path, size);
    const char *nearest = status == IL_E_FILE ? ili_nearest_name(name, shipped) : NULL;
    if (!nearest) return status;
    return ili_fail(ctx, IL_E_FILE, "there is no salt '%.60s'; did you mean '%s'?", name, nearest);
}

il_status ili_salt_read(il_context *ctx, const char *name, ili_salt **out) {
    ili_yaml_node *root = NULL;
    ili_salt *salt = ili_alloc(1, sizeof *salt);
    il_status status;
    *out = NULL;
    if (!salt) return ili_no_memory(ctx, "the salt");
    for (int k = 0; k < 2; k++) {
        salt->ion[k] = ili_alloc(1, sizeof *salt->ion[k]);
        if (!salt->ion[k]) IL_GO(ili_no_memory(ctx, "the salt"));
    }
    IL_GO(salt_path(ctx, name, salt->path, sizeof salt->path));
    IL_GO(ili_yaml_read(ctx, salt->path, &root));
    IL_GO(read_salt(ctx, root, salt));
    *out = salt;
    salt = NULL;
out:
    ili_yaml_destroy(&root);
    ili_salt_destroy(&salt);
    return status;
}

void ili_salt_destroy(ili_salt **salt) {
    if (!salt || !*salt) return;
    for (int k = 0; k < 2; k++) ili_polymer_unit_destroy(&(*salt)->ion[k]);
    ili_free(*salt);
    *salt = NULL;
}

double ili_salt_mass(const ili_salt *salt) {
    return ili_polymer_unit_mass(salt->ion[ILI_CATION], ILI_HEAD) +
           ili_polymer_unit_mass(salt->ion[ILI_ANION], ILI_HEAD);
}

/* How much of everything. */

int64_t ili_mixture_oxygens(const ili_mixture *m, int64_t n_chains, int64_t n_units) {
    return n_chains *
               (ili_unit_count(m->unit, ILI_HEAD, OXYGEN) + ili_unit_count(m->unit, ILI_TAIL, OXYGEN)) +
           n_units * ili_unit_count(m->unit, ILI_REPEAT, OXYGEN);
}

int64_t ili_mixture_pairs(const ili_mixture *m, int64_t n_oxygens) {
    return llrint((double)n_oxygens / m->ratio);
}

/** Volume of a mass of chains (g/mol) and a number of formula units. */
static double volume_of(const ili_mixture *m, double chains, double n_pairs) {
    if (!isnan(m->density)) return (chains + n_pairs * ili_salt_mass(m->salt)) * ILI_G_PER_CM3 / m->density;
    return chains * ILI_G_PER_CM3 / m->unit->density + n_pairs * m->salt->volume;
}

double ili_mixture_mass(const ili_mixture *m, int64_t n_chains, int64_t n_units, int64_t n_pairs) {
    return ili_polymer_mass(m->unit, (double)n_chains, (double)n_units) +
           (double)n_pairs * ili_salt_mass(m->salt);
}

double ili_mixture_volume(const ili_mixture *m, int64_t n_chains, int64_t n_units, int64_t n_pairs) {
    return volume_of(m, ili_polymer_mass(m->unit, (double)n_chains, (double)n_units), (double)n_pairs);
}

double ili_mixture_chain_density(const ili_mixture *m, int n_chains, int degree) {
    enum { LONG = 1000 };
    int64_t n = n_chains > 0 ? n_chains : 1, units = n * (degree > 0 ? degree : LONG);
    double oxygens = (double)ili_mixture_oxygens(m, n, units), pairs = oxygens / m->ratio;
    if (n_chains > 0 && degree > 0) pairs = rint(pairs);
    double mass = ili_polymer_mass(m->unit, (double)n, (double)units);
    return mass * ILI_G_PER_CM3 / volume_of(m, mass, pairs);
}

/** The mass of the whole in `volume` must be no denser than a glass. */
static il_status check_density(il_context *ctx, const ili_mixture *m, double mass, double volume,
                               double additive) {
    double usual = mass * ILI_G_PER_CM3 / additive, density = mass * ILI_G_PER_CM3 / volume;
    if (density > 0.0 && density <= ILI_DENSITY_RATIO_MAX * usual) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s with %s is to have %.3g g/cm3, expected above 0 and at most %.3g (about %.3g is usual)",
        m->unit->title, m->salt->name, density, ILI_DENSITY_RATIO_MAX * usual, usual);
}

il_status ili_mixture_count(il_context *ctx, const ili_mixture *m, const ili_polymer_options *grow,
                            const ili_cell *cell, int *n_pairs) {
    enum { MANY = 1000 }; /* repeat units, for densities without a box */
    const ili_mixture additive = {m->unit, m->salt, m->ratio, NAN};
    int n_chains, n_units;
    double volume;
    int64_t n = ili_mixture_pairs(m, ili_mixture_oxygens(m, 1, MANY));
    if (!isnan(m->density))
        IL_TRY(check_density(ctx, m, ili_mixture_mass(m, 1, MANY, n), ili_mixture_volume(m, 1, MANY, n),
                             ili_mixture_volume(&additive, 1, MANY, n)));
    IL_TRY(ili_polymer_counts(ctx, m->unit, grow, cell, &n_chains, &n_units, &volume));
    int64_t oxygens = ili_mixture_oxygens(m, n_chains, n_units);
    n = ili_mixture_pairs(m, oxygens);
    if (n < 1)
        return ili_fail(
            ctx, IL_E_INPUT,
            "the chains have %lld oxygen atoms, too few for one %s at %g oxygen atoms a cation: ask for "
            "more chains, or for a smaller o-li",
            (long long)oxygens, m->salt->name, m->ratio);
    IL_TRY(check_density(ctx, m, ili_mixture_mass(m, n_chains, n_units, n), volume,
                         ili_mixture_volume(&additive, n_chains, n_units, n)));
    double ratio = (double)oxygens / (double)n;
    if (fabs(ratio / m->ratio - 1.0) > RATIO_AGREES)
        ili_warn(ctx, "%lld oxygen atoms and %lld cations make a ratio of %.3g, not %g: ask for more chains",
                 (long long)oxygens, (long long)n, ratio, m->ratio);
    *n_pairs = (int)n;
    return IL_OK;
}

/* Places. */

/** n ions of one kind around obstacles. */
static il_status place_ions(il_context *ctx, const ili_polymer_unit *ion, int n,
                            const ili_polymer_options *grow, const ili_cell *cell, const il_system *obstacles,
                            uint64_t stream, il_system **out) {
    ili_chain_set set = {0};
    ili_soft_body body;
    ili_contact worst = {.ratio = 0.0};
    il_system *sys = NULL;
    il_status status;
    int *degree = ili_alloc((size_t)n, sizeof *degree); /* 0: head alone */
    if (!degree) return ili_no_memory(ctx, "the ions");
    IL_GO(ili_chain_set_create(ctx, ion, n, degree, &set));
    IL_GO(ili_chain_set_system(ctx, ion, &set, cell, &sys));
    IL_GO(ili_chain_set_body(ctx, &set, sys, obstacles, grow->z_low, grow->z_high, &body));
    for (uint64_t k = 0; k < ATTEMPTS && worst.ratio < ILI_CONTACT_MIN; k++) {
        ili_rng rng = ili_rng_make(ctx->seed, stream + grow->sample * ATTEMPTS + k);
        IL_GO(ili_chain_grow(ctx, ion, &set, &body, grow->temperature, &rng, sys->x));
        IL_GO(ili_soft_worst(ctx, &body, (const double(*)[3])sys->x, &worst));
    }
    if (worst.ratio < ILI_CONTACT_MIN)
        IL_GO(
            ili_fail(ctx, IL_E_NOT_CONVERGED,
                     "%d attempts left ions that overlap: ask for less salt, a lower density or a larger box",
                     ATTEMPTS));
    ili_molecules_wrap(sys, !isnan(grow->z_low));
    *out = sys;
    sys = NULL;
out:
    il_system_destroy(&sys);
    ili_chain_set_free(&set);
    ili_free(degree);
    return status;
}

/** What stands in the way: `a`, then `b`; either may be NULL. */
static il_status join(il_context *ctx, const ili_cell *cell, const il_system *a, const il_system *b,
                      il_system **out) {
    il_status status;
    IL_TRY(ili_system_create(ctx, out));
    (*out)->cell = *cell;
    if (a) IL_GO(ili_system_append(ctx, *out, a, -1));
    if (b) IL_GO(ili_system_append(ctx, *out, b, -1));
    return IL_OK;
out:
    il_system_destroy(out);
    return status;
}

il_status ili_salt_place(il_context *ctx, const ili_salt *salt, int n_pairs, const ili_polymer_options *grow,
                         const ili_cell *cell, const il_system *obstacles, il_system **out) {
    const uint64_t stream = (uint64_t)STREAM_SALT << 32, half = (uint64_t)1 << 31;
    il_system *anions = NULL, *cations = NULL, *around = NULL;
    il_status status;
    *out = NULL;
    IL_GO(place_ions(ctx, salt->ion[ILI_ANION], n_pairs, grow, cell, obstacles, stream, &anions));
    IL_GO(join(ctx, cell, obstacles, anions, &around));
    IL_GO(place_ions(ctx, salt->ion[ILI_CATION], n_pairs, grow, cell, around, stream + half, &cations));
    IL_GO(join(ctx, cell, cations, anions, out));
out:
    il_system_destroy(&around);
    il_system_destroy(&cations);
    il_system_destroy(&anions);
    return status;
}
