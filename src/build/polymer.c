/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/polymer.h"

#include "base/alloc.h"
#include "build/chain_growth.h"
#include "build/piercing.h"
#include "build/pointgrid.h"
#include "math/units.h"
#include "math/vec.h"
#include "system/element.h"

#include <string.h>

enum { ATTEMPTS = 12, UNITS_MAX = 100000, STREAM_POLYMER = 0x706f6c79 /* "poly" */ };
static const double DENSITY_AGREES = 0.01; /* relative */
static const double GAP_MIN = 4.0;         /* angstrom, about one chain */
static const double BOND_STRAIN_MAX = 0.03;

void ili_polymer_options_default(ili_polymer_options *options) {
    *options = (ili_polymer_options){
        .n_chains = -1, .degree = -1, .density = NAN, .z_low = NAN, .z_high = NAN, .temperature = 450.0};
}

static il_status check_density(il_context *ctx, const ili_polymer_unit *unit, double density) {
    double most = ILI_DENSITY_RATIO_MAX * unit->density;
    if (density > 0.0 && density <= most) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "a density of %g g/cm3 was asked for, expected above 0 and at most %.3g (amorphous %s has about %g)",
        density, most, unit->title, unit->density);
}

static il_status check_counts(il_context *ctx, int n_chains, int degree) {
    if (n_chains == 0) return ili_fail(ctx, IL_E_INPUT, "0 chains were asked for, expected at least 1");
    if (degree == 0)
        return ili_fail(ctx, IL_E_INPUT,
                        "chains of degree 0 were asked for, expected at least 1 repeat unit");
    if ((double)n_chains * degree > UNITS_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "%d chains of %d repeat units were asked for, expected at most %d units in all",
                        n_chains, degree, UNITS_MAX);
    return IL_OK;
}

double ili_polymer_mass(const ili_polymer_unit *unit, double n_chains, double n_units) {
    return n_chains * (ili_polymer_unit_mass(unit, ILI_HEAD) + ili_polymer_unit_mass(unit, ILI_TAIL)) +
           n_units * ili_polymer_unit_mass(unit, ILI_REPEAT);
}

il_status ili_polymer_volume(il_context *ctx, const ili_polymer_unit *unit, int n_chains, int degree,
                             double density, double *volume) {
    IL_TRY(check_counts(ctx, n_chains, degree));
    if (isnan(density)) density = unit->density;
    IL_TRY(check_density(ctx, unit, density));
    *volume = ili_polymer_mass(unit, n_chains, (double)n_chains * degree) * ILI_G_PER_CM3 / density;
    return IL_OK;
}

static il_status region_volume(il_context *ctx, const ili_polymer_options *options, const ili_cell *cell,
                               double *volume) {
    IL_TRY(ili_cell_check(ctx, cell, "the polymer's cell"));
    *volume = ili_cell_volume(cell);
    if (isnan(options->z_low) && isnan(options->z_high)) {
        for (int k = 0; k < 3; k++)
            if (!cell->pbc[k])
                return ili_fail(ctx, IL_E_INPUT,
                                "the cell does not repeat along %c: give the gap that the chains shall fill",
                                "abc"[k]);
        return IL_OK;
    }
    double height = options->z_high - options->z_low, area = ili_cell_area(cell);
    if (!(height >= GAP_MIN) || !isfinite(height))
        return ili_fail(ctx, IL_E_INPUT,
                        "the gap is %g A high, expected at least %g A, the width of one chain", height,
                        GAP_MIN);
    if (!cell->pbc[0] || !cell->pbc[1] || fabs(cell->h[0][2]) > 1e-6 || fabs(cell->h[1][2]) > 1e-6)
        return ili_fail(ctx, IL_E_INPUT,
                        "a gap needs a cell that repeats along a and b, both in the xy plane");
    if (cell->pbc[2] && height > fabs(cell->h[2][2]) + 1e-9)
        return ili_fail(ctx, IL_E_INPUT, "the gap is %g A high, expected at most the %g A of the cell",
                        height, fabs(cell->h[2][2]));
    *volume = area * height;
    return IL_OK;
}

/** Chains and units that fill the volume. *n_chains and the sum of degrees come out; see the header for
 *  the rules. */
static il_status decide_counts(il_context *ctx, const ili_polymer_unit *unit,
                               const ili_polymer_options *options, double volume, int *n_chains,
                               int *n_units) {
    enum { DEGREE_DEFAULT = 10 };
    double ends = ili_polymer_mass(unit, 1, 0), repeat = ili_polymer_mass(unit, 0, 1);
    double density = isnan(options->density) ? unit->density : options->density,
           mass = density * volume / ILI_G_PER_CM3;
    bool has_both = options->n_chains > 0 && options->degree > 0;
    IL_TRY(check_counts(ctx, options->n_chains, options->degree));
    IL_TRY(check_density(ctx, unit, density));
    *n_chains = options->n_chains;
    if (*n_chains < 0) {
        int degree = options->degree > 0 ? options->degree : DEGREE_DEFAULT;
        *n_chains = (int)fmin(UNITS_MAX, fmax(1.0, rint(mass / (ends + degree * repeat))));
    }
    double units =
        has_both ? (double)options->n_chains * options->degree : rint((mass - *n_chains * ends) / repeat);
    if (units > UNITS_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "the volume needs %.0f repeat units, expected at most %d",
                        units, UNITS_MAX);
    if (units < *n_chains)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%d chain%s at %g g/cm3 do not fit into %.4g A^3: one chain of one unit needs %.4g A^3",
            *n_chains, *n_chains > 1 ? "s" : "", density, volume, (ends + repeat) * ILI_G_PER_CM3 / density);
    *n_units = (int)units;
    double got = ili_polymer_mass(unit, *n_chains, units) * ILI_G_PER_CM3 / volume;
    if (has_both && !isnan(options->density) && fabs(got / density - 1.0) > DENSITY_AGREES)
        return ili_fail(ctx, IL_E_INPUT,
                        "%d chains of degree %d in %.5g A^3 have %.4g g/cm3, not %g: give two of chains, "
                        "degree and density",
                        *n_chains, options->degree, volume, got, density);
    return check_density(ctx, unit, got);
}

/** Ideal length of a bond: of the unit in a chain, of where it stood at first in a guest. */
static double ideal_length(const ili_polymer_unit *unit, const ili_chain_set *set, const il_system *sys,
                           const il_system *guests, const int32_t bond[2]) {
    double d[3];
    if (bond[0] < set->n_atoms) return unit->bond[sys->type[bond[0]]][sys->type[bond[1]]];
    ili_sub(guests->x[bond[1] - set->n_atoms], guests->x[bond[0] - set->n_atoms], d);
    return ili_norm(d);
}

static double bond_strain(const ili_polymer_unit *unit, const ili_chain_set *set, const il_system *sys,
                          const il_system *guests) {
    double worst = 0.0, d[3];
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        ili_sub(sys->x[sys->bonds[b][1]], sys->x[sys->bonds[b][0]], d);
        worst = fmax(worst, fabs(ili_norm(d) / ideal_length(unit, set, sys, guests, sys->bonds[b]) - 1.0));
    }
    return worst;
}

/** Heavy atom of a chain nearest to its first (step 1) or last (step -1) atom. */
static int32_t end_atom(const il_system *sys, int32_t i, int32_t step) {
    while (sys->species[sys->type[i]].z == 1) i += step;
    return i;
}

static void measure(const ili_polymer_unit *unit, const ili_chain_set *set, const il_system *sys,
                    const il_system *guests, double volume, const ili_contact *worst,
                    ili_polymer_shape *shape) {
    double end2 = 0.0, gyration2 = 0.0, d[3], centre[3];
    int ends = unit->fragment[ILI_HEAD].n_atoms + unit->fragment[ILI_TAIL].n_atoms;
    for (int32_t c = 0; c < set->n_chains; c++) {
        int32_t begin = set->first[c], end = set->first[c + 1];
        ili_sub(sys->x[end_atom(sys, end - 1, -1)], sys->x[end_atom(sys, begin, 1)], d);
        end2 += ili_dot(d, d) / set->n_chains;
        double mass = ili_chain_centre(sys, begin, end, centre);
        for (int32_t i = begin; i < end; i++) {
            ili_sub(sys->x[i], centre, d);
            gyration2 +=
                ili_element_of(sys->species[sys->type[i]].z)->mass * ili_dot(d, d) / (mass * set->n_chains);
        }
    }
    *shape = (ili_polymer_shape){.n_chains = set->n_chains,
                                 .n_units = (set->n_atoms - set->n_chains * ends) /
                                            unit->fragment[ILI_REPEAT].n_atoms,
                                 .volume = volume,
                                 .density = ili_system_mass(sys) * ILI_G_PER_CM3 / volume,
                                 .end_to_end = sqrt(end2),
                                 .gyration = sqrt(gyration2),
                                 .bond_strain = bond_strain(unit, set, sys, guests),
                                 .worst = *worst};
}

/** No bond of the chains through a ring of theirs or of the obstacles, nor the other way round. */
static il_status check_rings(il_context *ctx, const il_system *chains, const il_system *obstacles,
                             bool *is_pierced) {
    if (!obstacles || obstacles->n_bonds == 0) return ili_piercing_find(ctx, chains, is_pierced, NULL);
    il_system *both;
    IL_TRY(ili_system_copy(ctx, chains, &both));
    il_status status = ili_system_append(ctx, both, obstacles, -1);
    if (status == IL_OK) status = ili_piercing_find(ctx, both, is_pierced, NULL);
    il_system_destroy(&both);
    return status;
}

static bool is_between(const il_system *sys, double low, double high) {
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (sys->x[i][2] < low || sys->x[i][2] > high) return false; /* NaN: no wall */
    return true;
}

/** Grow and push apart until a sample holds all that the header promises. */
static il_status make_sample(il_context *ctx, const ili_polymer_unit *unit,
                             const ili_polymer_options *options, const ili_chain_set *set,
                             const ili_soft_body *body, const il_system *obstacles, il_system *sys,
                             ili_contact *worst) {
    const il_system *guests = options->guests;
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (guests) memcpy(sys->x + set->n_atoms, guests->x, (size_t)guests->n_atoms * sizeof *sys->x);
        ili_rng rng =
            ili_rng_make(ctx->seed, ((uint64_t)STREAM_POLYMER << 32) + options->sample * ATTEMPTS + attempt);
        il_status status = ili_chain_grow(ctx, unit, set, body, options->temperature, &rng, sys->x);
        if (status == IL_E_NOT_CONVERGED && attempt + 1 < ATTEMPTS) continue;
        IL_TRY(status);
        IL_TRY(ili_pushoff(ctx, body, sys->x, worst));
        bool is_pierced = false;
        IL_TRY(check_rings(ctx, sys, obstacles, &is_pierced));
        if (!is_pierced && worst->ratio >= ILI_CONTACT_MIN &&
            bond_strain(unit, set, sys, guests) <= BOND_STRAIN_MAX &&
            is_between(sys, body->z_low, body->z_high))
            return IL_OK;
    }
    return ili_fail(ctx, IL_E_NOT_CONVERGED,
                    "%d attempts left chains that overlap (worst contact %.2f A): ask for a lower density or "
                    "a larger box",
                    ATTEMPTS, worst->distance);
}

/** Chains as different as one unit in degree: n_units over n_chains. *degree is the caller's. */
static il_status share_units(il_context *ctx, int n_chains, int n_units, int **degree) {
    *degree = ili_alloc((size_t)n_chains, sizeof **degree);
    if (!*degree) return ili_no_memory(ctx, "the chains");
    for (int c = 0; c < n_chains; c++) (*degree)[c] = n_units / n_chains + (c < n_units % n_chains);
    return IL_OK;
}

il_status ili_polymer_counts(il_context *ctx, const ili_polymer_unit *unit,
                             const ili_polymer_options *options, const ili_cell *cell, int *n_chains,
                             int *n_units, double *volume) {
    IL_TRY(region_volume(ctx, options, cell, volume));
    return decide_counts(ctx, unit, options, *volume, n_chains, n_units);
}

il_status ili_polymer_grow(il_context *ctx, const ili_polymer_unit *unit, const ili_polymer_options *options,
                           const ili_cell *cell, const il_system *obstacles, il_system **out,
                           ili_polymer_shape *shape) {
    int n_chains = 0, n_units = 0, *degree = NULL;
    double volume;
    ili_chain_set set = {0};
    ili_soft_body body;
    ili_contact worst = {.distance = NAN};
    il_system *sys = NULL;
    il_status status = IL_OK;
    *out = NULL;
    if (!(options->temperature >= 10.0 && options->temperature <= 1e5))
        return ili_fail(ctx, IL_E_INPUT, "the growth temperature is %g K, expected 10 to 100000 K",
                        options->temperature);
    IL_TRY(ili_polymer_counts(ctx, unit, options, cell, &n_chains, &n_units, &volume));
    IL_GO(share_units(ctx, n_chains, n_units, &degree));
    IL_GO(ili_chain_set_create(ctx, unit, n_chains, degree, &set));
    IL_GO(ili_chain_set_system(ctx, unit, &set, cell, &sys));
    if (options->guests) {
        IL_GO(ili_chain_set_add_guests(ctx, &set, options->guests));
        IL_GO(ili_system_append(ctx, sys, options->guests, -1));
    }
    IL_GO(ili_chain_set_body(ctx, &set, sys, obstacles, options->z_low, options->z_high, &body));
    IL_GO(make_sample(ctx, unit, options, &set, &body, obstacles, sys, &worst));
    ili_molecules_wrap(sys, !isnan(options->z_low));
    if (shape) measure(unit, &set, sys, options->guests, volume, &worst, shape);
    *out = sys;
    sys = NULL;
out:
    il_system_destroy(&sys);
    ili_chain_set_free(&set);
    ili_free(degree);
    return status;
}
