/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Lists of sites: from a crystal, into a larger cell. */
#include "analysis/sites.h"
#include "base/alloc.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

void ili_site_list_free(ili_site_list *list) {
    ili_free(list->frac);
    ili_free(list->label);
    *list = (ili_site_list){0};
}

static il_status reserve(il_context *ctx, int32_t n, ili_site_list *list) {
    list->frac = ili_alloc((size_t)n, sizeof *list->frac);
    list->label = ili_alloc((size_t)n, sizeof *list->label);
    if (list->frac && list->label) return IL_OK;
    ili_site_list_free(list);
    return ili_no_memory(ctx, "the sites");
}

/** Label that the file gives the element on this site; NULL: it does not sit there. */
static const char *label_of(const ili_site *site, int z) {
    for (int k = 0; k < site->n_occupants; k++)
        if (site->occupant[k].z == z) return site->occupant[k].label;
    return NULL;
}

il_status ili_sites_of_crystal(il_context *ctx, const ili_crystal *crystal, int z, ili_site_list *out) {
    *out = (ili_site_list){0};
    int32_t n_rows = 0;
    IL_TRY(reserve(ctx, crystal->n_positions, out));
    for (int32_t row = 0; row < crystal->n_sites; row++) {
        const ili_site *site = &crystal->sites[row];
        const char *label = label_of(site, z);
        if (!label) continue;
        if (n_rows++ >= ILI_SITE_LABELS_MAX) continue;
        char *name = out->name[n_rows - 1];
        snprintf(name, ILI_NAME_MAX, "%.8s", label);
        if (site->wyckoff)
            snprintf(name, ILI_NAME_MAX, "%.8s-%d%c", label, site->multiplicity % 1000, site->wyckoff);
        for (int32_t k = 0; k < crystal->n_positions; k++) {
            if (crystal->site_of[k] != row) continue;
            memcpy(out->frac[out->n], crystal->frac[k], sizeof *out->frac);
            out->label[out->n++] = n_rows - 1;
        }
    }
    out->n_labels = n_rows;
    if (n_rows > 0 && n_rows <= ILI_SITE_LABELS_MAX) return IL_OK;
    ili_site_list_free(out);
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: %d rows hold the element whose sites are asked for, expected 1 to %d", crystal->name,
                    n_rows, ILI_SITE_LABELS_MAX);
}

/** m with cell = m unit_cell but for strain; and its inverse. */
static il_status whole_multiple(il_context *ctx, const ili_cell *unit_cell, const ili_cell *cell, int m[3][3],
                                double back[3][3]) {
    static const double MISFIT = 0.2;
    double inverse[3][3], ratio[3][3], whole[3][3];
    ili_inverse(unit_cell->h, inverse);
    ili_mat_mul(cell->h, inverse, ratio);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            whole[i][j] = rint(ratio[i][j]);
            m[i][j] = (int)whole[i][j];
            if (!(fabs(whole[i][j] - ratio[i][j]) < MISFIT))
                return ili_fail(
                    ctx, IL_E_INPUT,
                    "sites: lattice vector %c of the cell is %.3f of vector %c of the crystal of the sites, "
                    "expected a whole number within %g: give the sites of this cell",
                    "abc"[i], ratio[i][j], "abc"[j], MISFIT);
        }
    if (!(ili_det(whole) > 0.5))
        return ili_fail(ctx, IL_E_INPUT,
                        "sites: the cell is smaller than, or the mirror image of, the crystal of the sites");
    ili_inverse(whole, back);
    return IL_OK;
}

il_status ili_sites_fill(il_context *ctx, const ili_site_list *unit, const ili_cell *unit_cell,
                         const ili_cell *cell, ili_site_list *out) {
    static const double EDGE = 1e-9; /* a site on the near face belongs to the cell, whatever rounding says */
    int m[3][3], low[3] = {0}, high[3] = {0};
    double back[3][3];
    *out = (ili_site_list){0};
    IL_TRY(whole_multiple(ctx, unit_cell, cell, m, back));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) *(m[i][j] < 0 ? &low[j] : &high[j]) += m[i][j];
    int32_t n = unit->n * (int32_t)lround(1.0 / ili_det(back));
    IL_TRY(reserve(ctx, n, out));
    memcpy(out->name, unit->name, sizeof out->name);
    out->n_labels = unit->n_labels;
    for (int a = low[0] - 1; a <= high[0]; a++)
        for (int b = low[1] - 1; b <= high[1]; b++)
            for (int c = low[2] - 1; c <= high[2]; c++)
                for (int32_t k = 0; k < unit->n; k++) {
                    double s[3] = {unit->frac[k][0] + a, unit->frac[k][1] + b, unit->frac[k][2] + c};
                    ili_vec_mat(s, back, s);
                    if (fmin(fmin(s[0], s[1]), s[2]) < -EDGE || fmax(fmax(s[0], s[1]), s[2]) >= 1.0 - EDGE)
                        continue;
                    if (out->n == n)
                        return ili_fail(ctx, IL_E_INTERNAL,
                                        "sites: the cell holds more sites than its volume");
                    for (int j = 0; j < 3; j++) out->frac[out->n][j] = fmax(s[j], 0.0);
                    out->label[out->n++] = unit->label[k];
                }
    return out->n == n
               ? IL_OK
               : ili_fail(ctx, IL_E_INTERNAL, "sites: the cell holds %d sites, expected %d", out->n, n);
}

double ili_sites_shortest(const ili_site_list *list, const ili_cell *cell) {
    double least = INFINITY;
    for (int k = 0; k < 3; k++)
        if (cell->pbc[k]) least = fmin(least, ili_norm(cell->h[k]));
    for (int32_t i = 0; i < list->n; i++)
        for (int32_t j = i + 1; j < list->n; j++) {
            double d[3];
            ili_sub(list->frac[j], list->frac[i], d);
            ili_vec_mat(d, cell->h, d);
            least = fmin(least, sqrt(ili_cell_nearest(cell, d)));
        }
    return least;
}
