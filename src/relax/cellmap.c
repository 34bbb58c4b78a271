/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relax/cellmap.h"

#include "math/vec.h"

#include <string.h>

/* sqrt(1/2) (u v + v u) for u != v, u u otherwise */
static void add_strain(ili_cellmap *map, const double u[3], const double v[3], bool same) {
    double(*b)[3] = map->basis[map->n_strain++];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) b[i][j] = same ? u[i] * u[j] : sqrt(0.5) * (u[i] * v[j] + v[i] * u[j]);
}

static void plane_axes(const ili_cell *cell, double e1[3], double e2[3], double normal[3]) {
    ili_cross(cell->h[0], cell->h[1], normal);
    double l1 = ili_norm(cell->h[0]), ln = ili_norm(normal);
    for (int k = 0; k < 3; k++) {
        e1[k] = cell->h[0][k] / l1;
        normal[k] /= ln;
    }
    ili_cross(normal, e1, e2);
}

il_status ili_cellmap_make(il_context *ctx, ili_relax_mode mode, int32_t n, const ili_cell *cell,
                           const bool *fixed, ili_cellmap *map) {
    *map = (ili_cellmap){.n = n, .start = *cell, .fixed = fixed, .atoms_move = mode != ILI_RELAX_CELL};
    map->length = sqrt((double)n) * cbrt(ili_cell_volume(cell) / n);
    if (mode == ILI_RELAX_ATOMS) return IL_OK;
    double e[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, axes[3][3];
    plane_axes(cell, axes[0], axes[1], axes[2]);
    if (mode == ILI_RELAX_ATOMS_Z) {
        if (!cell->pbc[2])
            return ili_fail(ctx, IL_E_UNSUPPORTED,
                            "mode z changes the length along the normal, but the structure is open there; "
                            "use mode atoms");
        add_strain(map, axes[2], axes[2], true);
    } else if (cell->pbc[0] && cell->pbc[1] && cell->pbc[2]) {
        for (int k = 0; k < 3; k++) add_strain(map, e[k], e[k], true);
        for (int k = 0; k < 3; k++) add_strain(map, e[(k + 1) % 3], e[(k + 2) % 3], false);
    } else if (cell->pbc[0] && cell->pbc[1]) {
        for (int k = 0; k < 2; k++) add_strain(map, axes[k], axes[k], true);
        add_strain(map, axes[0], axes[1], false);
    } else {
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the cell can be relaxed when it repeats along all three vectors or along the first "
                        "two; use mode atoms");
    }
    return IL_OK;
}

void ili_cellmap_start(const ili_cellmap *map, const double (*x)[3], double *q) {
    memcpy(q, x, 3 * (size_t)map->n * sizeof *q);
    for (int k = 0; k < map->n_strain; k++) q[3 * map->n + k] = 0.0;
}

static void deformation(const ili_cellmap *map, const double *q, double d[3][3]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            d[i][j] = i == j;
            for (int k = 0; k < map->n_strain; k++)
                d[i][j] += q[3 * map->n + k] / map->length * map->basis[k][i][j];
        }
}

il_status ili_cellmap_place(il_context *ctx, const ili_cellmap *map, const double *q, ili_cell *cell,
                            double (*x)[3]) {
    double d[3][3];
    deformation(map, q, d);
    double det = ili_det(d);
    if (!(det > 0.05))
        return ili_fail(
            ctx, IL_E_NONFINITE,
            "the cell collapsed to %.3g of its starting volume: the model has no repulsion that stops it",
            det);
    *cell = map->start;
    if (map->n_strain) ili_mat_mul(map->start.h, d, cell->h);
    for (int32_t i = 0; i < map->n; i++) {
        if (map->n_strain)
            ili_vec_mat(q + 3 * i, d, x[i]);
        else
            memcpy(x[i], q + 3 * i, sizeof x[i]);
    }
    return IL_OK;
}

static void tensor_of(const double t[6], double m[3][3]) {
    static const int index[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) m[i][j] = t[index[i][j]];
}

static double contract(const double a[3][3], const double b[3][3]) {
    double sum = 0.0;
    for (int i = 0; i < 3; i++) sum += ili_dot(a[i], b[i]);
    return sum;
}

/* A change dD strains the deformed body by D^-1 dD, which costs -W : (D^-1 dD); D is symmetric. */
void ili_cellmap_gradient(const ili_cellmap *map, const double *q, const double (*f)[3], const double w[6],
                          double *g) {
    double d[3][3], inverse[3][3], virial[3][3];
    deformation(map, q, d);
    for (int32_t i = 0; i < map->n; i++) {
        double *gi = g + 3 * (size_t)i;
        bool held = !map->atoms_move || (map->fixed && map->fixed[i]);
        ili_vec_mat(f[i], d, gi);
        for (int k = 0; k < 3; k++) gi[k] = held ? 0.0 : -gi[k];
    }
    ili_inverse(d, inverse);
    tensor_of(w, virial);
    ili_mat_mul(inverse, virial, virial);
    for (int k = 0; k < map->n_strain; k++)
        g[3 * map->n + k] = -contract(map->basis[k], virial) / map->length;
}

double ili_cellmap_length(const ili_cellmap *map, const double *dq) {
    double longest2 = 0.0, strain2 = 0.0;
    for (int32_t i = 0; i < map->n; i++)
        longest2 = fmax(longest2, ili_dot(dq + 3 * (size_t)i, dq + 3 * (size_t)i));
    for (int k = 0; k < map->n_strain; k++) strain2 += dq[3 * map->n + k] * dq[3 * map->n + k];
    return sqrt(fmax(longest2, 4.0 * strain2 / map->n));
}

double ili_cellmap_active(const ili_cellmap *map, const double t[6]) {
    double m[3][3], part[3][3] = {{0}}, largest = 0.0;
    tensor_of(t, m);
    for (int k = 0; k < map->n_strain; k++) {
        double along = contract(map->basis[k], m);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) part[i][j] += along * map->basis[k][i][j];
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) largest = fmax(largest, fabs(part[i][j]));
    return largest;
}
