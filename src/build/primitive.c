/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/primitive.h"

#include "base/alloc.h"
#include "build/plane.h"
#include "math/vec.h"

#include <stdlib.h>
#include <string.h>

typedef struct translation {
    double s[3]; /**< fractional, [0, 1) */
} translation;

static bool same_kind(const il_system *sys, int32_t i, int32_t j) {
    return sys->type[i] == sys->type[j] && (!sys->charge || fabs(sys->charge[i] - sys->charge[j]) < 1e-6);
}

/** Atom of the kind of i that sits at x[i] + t; -1 when there is none. */
static int32_t image_of(const il_system *sys, int32_t i, const double t[3], double tolerance) {
    for (int32_t j = 0; j < sys->n_atoms; j++) {
        if (!same_kind(sys, i, j)) continue;
        double d[3];
        for (int k = 0; k < 3; k++) d[k] = sys->x[i][k] + t[k] - sys->x[j][k];
        if (ili_cell_nearest(&sys->cell, d) < tolerance * tolerance) return j;
    }
    return -1;
}

/** Does t map the crystal onto itself? Then owner[j] becomes the lowest atom of the set of j. */
static bool is_translation(const il_system *sys, const double t[3], double tolerance, int32_t *image,
                           int32_t *owner) {
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if ((image[i] = image_of(sys, i, t, tolerance)) < 0) return false;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (i < owner[image[i]]) owner[image[i]] = i;
    return true;
}

/** An atom of the rarest species: the fewest candidates. */
static int32_t rarest_atom(const il_system *sys) {
    int32_t best = 0, fewest = INT32_MAX;
    for (int32_t s = 0; s < sys->n_species; s++) {
        int32_t count = 0, first = -1;
        for (int32_t i = 0; i < sys->n_atoms; i++)
            if (sys->type[i] == s && count++ == 0) first = i;
        if (count > 0 && count < fewest) {
            fewest = count;
            best = first;
        }
    }
    return best;
}

static int find_translations(const il_system *sys, double tolerance, translation *found, int32_t *image,
                             int32_t *owner) {
    int n = 0;
    int32_t seed = rarest_atom(sys);
    for (int32_t i = 0; i < sys->n_atoms; i++) owner[i] = i;
    for (int32_t j = 0; j < sys->n_atoms; j++) {
        if (!same_kind(sys, seed, j)) continue;
        double t[3], s[3];
        ili_sub(sys->x[j], sys->x[seed], t);
        if (j != seed && !is_translation(sys, t, tolerance, image, owner)) continue;
        ili_cell_to_frac(&sys->cell, t, s);
        for (int k = 0; k < 3; k++) found[n].s[k] = s[k] - floor(s[k] + 1e-6);
        n++;
    }
    return n;
}

/** Add integer vector v to the row-echelon basis (Euclid on each column). */
static void insert_vector(int basis[3][3], const int v_in[3]) {
    int v[3] = {v_in[0], v_in[1], v_in[2]};
    for (int c = 0; c < 3; c++)
        while (v[c]) {
            int k = basis[c][c] / v[c];
            for (int j = 0; j < 3; j++) {
                int t = basis[c][j] - k * v[j];
                basis[c][j] = v[j];
                v[j] = t;
            }
        }
}

/** Primitive basis, times n, from the translations and the cell itself. */
static void basis_of(const translation *found, int n, int basis[3][3]) {
    memset(basis, 0, 9 * sizeof(int));
    for (int k = 0; k < 3; k++) basis[k][k] = n;
    for (int t = 0; t < n; t++) {
        int v[3];
        for (int k = 0; k < 3; k++) v[k] = (int)rint(found[t].s[k] * n);
        insert_vector(basis, v);
    }
}

il_status ili_primitive(il_context *ctx, const il_system *sys, double tolerance, il_system **out,
                        int32_t **origin, int scaled[3][3], int *factor) {
    il_status status = IL_OK;
    il_system *cell = NULL;
    size_t n = (size_t)sys->n_atoms;
    translation *found = ili_alloc(n, sizeof *found);
    int32_t *image = ili_alloc(n, sizeof *image), *owner = ili_alloc(n, sizeof *owner),
            *from = ili_alloc(n, sizeof *from);
    bool *keep = ili_alloc(n, sizeof *keep);
    if (!found || !image || !owner || !from || !keep) IL_GO(ili_no_memory(ctx, "the primitive cell"));
    IL_GO(ili_system_copy(ctx, sys, &cell));
    int n_found = 1, basis[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (int32_t i = 0; i < sys->n_atoms; i++) owner[i] = i;
    if (sys->n_bonds == 0) {
        n_found = find_translations(sys, tolerance, found, image, owner);
        basis_of(found, n_found, basis);
    }
    int det = abs(basis[0][0] * basis[1][1] * basis[2][2]), kept = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if ((keep[i] = owner[i] == i)) from[kept++] = i;
    /* a set of translations that is no group (positions at the edge of the tolerance) reduces nothing */
    bool is_group = det == n_found * n_found && kept * n_found == sys->n_atoms;
    if (n_found > 1 && is_group) {
        ili_system_filter(cell, keep);
        double ratio[3][3];
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++) ratio[i][k] = (double)basis[i][k] / n_found;
        ili_mat_mul(ratio, sys->cell.h, cell->cell.h);
    }
    *factor = is_group ? n_found : 1;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) scaled[i][k] = is_group ? basis[i][k] : i == k;
    for (int32_t i = 0; !is_group && i < sys->n_atoms; i++) from[i] = i;
    *out = cell;
    *origin = from;
    cell = NULL;
    from = NULL;
out:
    il_system_destroy(&cell);
    ili_free(found);
    ili_free(image);
    ili_free(owner);
    ili_free(from);
    ili_free(keep);
    return status;
}
