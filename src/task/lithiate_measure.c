/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_measure.h"

#include "base/alloc.h"
#include "math/eigen.h"
#include "math/units.h"
#include "math/vec.h"
#include "system/element.h"

#include <math.h>
#include <string.h>

/** Between the first and the second shell: P-O 1.5, Ge-O 1.9 (2.2 reduced), Al-O 1.9, Li-O 1.9 to 2.4 angstrom; the next oxygen
 *  of a neighbouring polyhedron lies beyond 2.7 (P), 3.0 (Ge, Al), 3.0 (Li). */
static const ili_lithiate_shell SHELLS[ILI_SHELLS] = {{"P", 2.1}, {"Ge", 2.6}, {"Al", 2.6}, {"Li", 2.7}};
enum { PHOSPHORUS = 0, OXYGENS_OF_PO4 = 4 };

const ili_lithiate_shell *ili_lithiate_shells(void) {
    return SHELLS;
}

/* ---- the cell ---- */

void ili_lithiate_strain(const double from[3][3], const double to[3][3], double strain[6]) {
    static const int ROW[6] = {0, 1, 2, 1, 0, 0}, COLUMN[6] = {0, 1, 2, 2, 2, 1};
    double inverse[3][3], f[3][3], transposed[3][3], c[3][3], v[3][3], u[3][3] = {{0}};
    ili_inverse(from, inverse);
    ili_mat_mul(inverse, to, f);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) transposed[i][j] = f[j][i];
    ili_mat_mul(f, transposed, c);
    ili_eigen_symmetric(3, &c[0][0], &v[0][0]);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) u[i][j] += sqrt(c[k][k]) * v[k][i] * v[k][j];
    for (int k = 0; k < 6; k++) strain[k] = u[ROW[k]][COLUMN[k]] - (k < 3 ? 1.0 : 0.0);
}

static void measure_cell(const ili_lithiate_settings *s, const il_system *origin, const il_system *sys,
                         ili_lithiate_point *point) {
    double length[3], angle[3];
    ili_cell_parameters(&sys->cell, length, angle);
    point->volume = ili_cell_volume(&sys->cell) / (double)s->formula_units;
    point->a = 0.5 * (length[0] / s->repeat[0] + length[1] / s->repeat[1]);
    point->c = length[2] / s->repeat[2];
    ili_lithiate_strain((const double(*)[3])origin->cell.h, (const double(*)[3])sys->cell.h, point->strain);
}

static il_status measure_density(il_context *ctx, const il_model *model, const il_system *sys,
                                 ili_lithiate_point *point) {
    ili_binding binding = {0};
    IL_TRY(ili_bind(ctx, model, sys, true, &binding));
    point->density = ili_binding_mass(&binding) / ili_cell_volume(&sys->cell) * ILI_G_PER_CM3;
    ili_binding_free(&binding);
    return IL_OK;
}

/* ---- shells ---- */

static int z_of(const il_system *sys, int32_t i) {
    return sys->species[sys->type[i]].z;
}

static double distance(const il_system *sys, int32_t i, int32_t j) {
    double d[3];
    ili_sub(sys->x[j], sys->x[i], d);
    return sqrt(ili_cell_nearest(&sys->cell, d));
}

/** Oxygen atoms around all atoms of one element, each counted at its nearest image. */
static double coordination(const il_system *sys, const ili_lithiate_shell *shell) {
    const int z = ili_element_z(shell->element), oxygen = ili_element_z("O");
    long centres = 0, neighbours = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        if (z_of(sys, i) != z) continue;
        centres++;
        for (int32_t j = 0; j < sys->n_atoms; j++)
            neighbours += z_of(sys, j) == oxygen && distance(sys, i, j) < shell->longest;
    }
    return centres ? (double)neighbours / (double)centres : NAN;
}

/** The same four oxygen atoms before and now? */
static bool is_intact(const il_system *origin, const il_system *sys, int32_t p) {
    const int oxygen = ili_element_z("O");
    const double longest = SHELLS[PHOSPHORUS].longest;
    int held = 0;
    for (int32_t j = 0; j < origin->n_atoms; j++) {
        if (z_of(origin, j) != oxygen) continue;
        bool before = distance(origin, p, j) < longest, now = distance(sys, p, j) < longest;
        if (before != now) return false;
        held += now;
    }
    return held == OXYGENS_OF_PO4;
}

static void measure_shells(const il_system *origin, const il_system *sys, ili_lithiate_point *point) {
    const int phosphorus = ili_element_z(SHELLS[PHOSPHORUS].element);
    for (int k = 0; k < ILI_SHELLS; k++) point->coordination[k] = coordination(sys, &SHELLS[k]);
    point->po4_intact = point->po4_all = 0;
    for (int32_t i = 0; i < origin->n_atoms; i++) {
        if (z_of(origin, i) != phosphorus) continue;
        point->po4_all++;
        point->po4_intact += is_intact(origin, sys, i);
    }
}

/** Bonds of the host's atoms only: what was put in has no bonds before. */
static il_status measure_network(il_context *ctx, const il_system *origin, const il_system *sys,
                                 ili_lithiate_point *point) {
    il_system *host;
    IL_TRY(ili_system_copy(ctx, sys, &host));
    bool *keep = ili_alloc((size_t)sys->n_atoms, sizeof *keep);
    il_status status = keep ? IL_OK : ili_no_memory(ctx, "the host's atoms");
    for (int32_t i = 0; keep && i < origin->n_atoms; i++) keep[i] = true;
    if (keep) ili_system_filter(host, keep);
    if (status == IL_OK) status = ili_network_compare(ctx, origin, host, &point->network);
    ili_free(keep);
    il_system_destroy(&host);
    return status;
}

il_status ili_lithiate_measure(il_context *ctx, const ili_lithiate_settings *settings, const il_model *model,
                               const il_system *origin, const ili_balance *balance, const il_system *sys,
                               ili_lithiate_point *point) {
    measure_cell(settings, origin, sys, point);
    measure_shells(origin, sys, point);
    IL_TRY(measure_density(ctx, model, sys, point));
    IL_TRY(measure_network(ctx, origin, sys, point));
    ili_balance_shares(balance, point->electrons);
    return ili_system_copy(ctx, sys, &point->sys);
}

/* ---- energies ---- */

/** theory.md (13.43), (13.44). Energy of taking up the Li between two points, eV per Li; NaN when there is none. */
static double per_ion(double li_metal, const ili_lithiate_point *from, const ili_lithiate_point *to) {
    int n = to->n_li - from->n_li;
    return n ? (to->energy - from->energy) / n - li_metal : NAN;
}

void ili_lithiate_energies(double li_metal, const ili_lithiate_point *origin,
                           const ili_lithiate_point *before, ili_lithiate_point *point) {
    point->e_insertion = per_ion(li_metal, origin, point);
    point->voltage = before ? -per_ion(li_metal, before, point) : NAN;
}
