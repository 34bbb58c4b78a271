/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonds of fixed length to hydrogen: RATTLE (Andersen 1983), each cluster of a centre and its hydrogens solved at once by
 *  Newton's method on its small matrix (M-SHAKE, Kraeutler, van Gunsteren and Huenenberger 2001). theory.md (9.32)-(9.34).
 *
 *  With d_i the bond from the centre 0 to hydrogen i and e_i its direction before the step, multipliers l_j move the bonds by
 *  sum_j M_ij l_j e_j, M_ij = delta_ij/m_i + 1/m_0. Clusters share no atom: they are solved in parallel, each by one thread. */
#include "md/constraint.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "math/solve.h"
#include "math/vec.h"

#include <string.h>

static const int max_newton = 40;

typedef double bonds3[ILI_LEAVES_MAX][3];

/* ---- finding the clusters ----------------------------------------------------------------------------- */

/** The bond's atom that becomes a leaf: the hydrogen, of two the second one; -1: no hydrogen. */
static int leaf_end(const ili_binding *b, const ili_bonded_item *bond) {
    for (int e = 1; e >= 0; e--)
        if (b->model->species[b->type[bond->atom[e]]].base.z == 1) return e;
    return -1;
}

static const char *name_of(const ili_binding *b, int32_t i) {
    return b->model->species[b->type[i]].base.name;
}

static void find_image(const il_system *sys, int32_t centre, int32_t leaf, int32_t image[3]) {
    double d[3], near[3], s[3];
    ili_sub(sys->x[leaf], sys->x[centre], d);
    memcpy(near, d, sizeof near);
    ili_cell_nearest(&sys->cell, near);
    ili_sub(near, d, d);
    ili_cell_to_frac(&sys->cell, d, s);
    for (int k = 0; k < 3; k++) image[k] = (int32_t)lround(s[k]);
}

static il_status add_leaf(il_context *ctx, const ili_binding *b, const il_system *sys, int32_t k, int end,
                          ili_cluster *cluster) {
    const ili_bonded_item *bond = &b->bonds[k];
    const ili_model_entry *entry = &b->model->entries[bond->entry];
    int32_t leaf = bond->atom[end], centre = bond->atom[1 - end];
    if (strcmp(entry->form->name, "bond_harmonic") != 0)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the bond of atoms %d (%s) and %d (%s) cannot be constrained: its form is %s, only "
                        "bond_harmonic states a length",
                        centre + 1, name_of(b, centre), leaf + 1, name_of(b, leaf), entry->form->name);
    if (cluster->n == ILI_LEAVES_MAX)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "atom %d (%s) holds more than %d hydrogens; bonds to hydrogen cannot be constrained here",
            centre + 1, name_of(b, centre), ILI_LEAVES_MAX);
    cluster->atom[0] = centre;
    cluster->length[cluster->n++] = entry->p[1];
    cluster->atom[cluster->n] = leaf;
    find_image(sys, centre, leaf, cluster->image[cluster->n]);
    return IL_OK;
}

/** Every hydrogen must be in one constrained bond only: two would chain clusters together. */
static il_status check_leaves(il_context *ctx, const ili_binding *b, int32_t *uses) {
    for (int32_t k = 0; k < b->n_bonds; k++) {
        if (leaf_end(b, &b->bonds[k]) < 0) continue;
        for (int e = 0; e < 2; e++) {
            int32_t i = b->bonds[k].atom[e];
            if (b->model->species[b->type[i]].base.z == 1 && ++uses[i] > 1)
                return ili_fail(
                    ctx, IL_E_UNSUPPORTED,
                    "hydrogen %d (%s) has more than one bond; bonds to hydrogen cannot be constrained "
                    "here",
                    i + 1, name_of(b, i));
        }
    }
    return IL_OK;
}

/** Gather the leaves under their centres: at[i] is first the number of leaves of atom i, then its cluster. */
static il_status gather(il_context *ctx, const ili_binding *b, const il_system *sys, int32_t *at,
                        ili_constraints *c) {
    memset(at, 0, (size_t)b->n * sizeof *at);
    for (int32_t k = 0; k < b->n_bonds; k++) {
        int end = leaf_end(b, &b->bonds[k]);
        if (end < 0) continue;
        c->n_bonds++;
        if (at[b->bonds[k].atom[1 - end]]++ == 0) c->n_clusters++;
    }
    c->clusters = ili_alloc((size_t)c->n_clusters, sizeof *c->clusters);
    if (!c->clusters) return ili_no_memory(ctx, "the constraints");
    int32_t next = 0;
    for (int32_t i = 0; i < b->n; i++)
        if (at[i] > 0) at[i] = next++;
    for (int32_t k = 0; k < b->n_bonds; k++) {
        int end = leaf_end(b, &b->bonds[k]);
        if (end < 0) continue;
        IL_TRY(add_leaf(ctx, b, sys, k, end, &c->clusters[at[b->bonds[k].atom[1 - end]]]));
    }
    return IL_OK;
}

il_status ili_constraints_create(il_context *ctx, const ili_binding *binding, const il_system *sys,
                                 double tolerance, ili_constraints **out) {
    *out = NULL;
    il_status status = IL_OK;
    int32_t *work = NULL;
    if (!(tolerance >= 1e-13 && tolerance <= 1e-3))
        return ili_fail(ctx, IL_E_INPUT, "the tolerance of constraints is %g, expected 1e-13 to 1e-3",
                        tolerance);
    ili_constraints *c = ili_alloc(1, sizeof *c);
    if (!c) return ili_no_memory(ctx, "the constraints");
    c->tolerance = tolerance;
    work = ili_alloc((size_t)binding->n, sizeof *work);
    if (!work) IL_GO(ili_no_memory(ctx, "the constraints"));
    IL_GO(check_leaves(ctx, binding, work));
    IL_GO(gather(ctx, binding, sys, work, c));
out:
    ili_free(work);
    if (status != IL_OK || c->n_bonds == 0) ili_constraints_destroy(&c);
    *out = c;
    return status;
}

void ili_constraints_destroy(ili_constraints **constraints) {
    if (!*constraints) return;
    ili_free((*constraints)->clusters);
    ili_free(*constraints);
    *constraints = NULL;
}

int32_t ili_constraints_count(const ili_constraints *constraints) {
    return constraints ? constraints->n_bonds : 0;
}

/* ---- solving one cluster ------------------------------------------------------------------------------ */

/** Place of atom k of a cluster beside its centre. */
static void beside(const ili_cluster *c, int k, const ili_cell *cell, const double (*x)[3], double y[3]) {
    double n[3] = {c->image[k][0], c->image[k][1], c->image[k][2]};
    ili_vec_mat(n, cell->h, y);
    for (int a = 0; a < 3; a++) y[a] += x[c->atom[k]][a];
}

static void bonds_of(const ili_cluster *c, const ili_cell *cell, const double (*x)[3], bonds3 d) {
    for (int i = 0; i < c->n; i++) {
        beside(c, i + 1, cell, x, d[i]);
        ili_sub(d[i], x[c->atom[0]], d[i]);
    }
}

static double coupling(const ili_cluster *c, const double *inv_mass, int i, int j) {
    return inv_mass[c->atom[0]] + (i == j ? inv_mass[c->atom[i + 1]] : 0.0);
}

/** Multipliers that bring the bonds d to their lengths along the directions e; false: Newton's method failed. */
static bool solve_lengths(const ili_cluster *c, const double *inv_mass, double tolerance, bonds3 d, bonds3 e,
                          double sum[ILI_LEAVES_MAX]) {
    memset(sum, 0, ILI_LEAVES_MAX * sizeof *sum);
    for (int round = 0; round < max_newton; round++) {
        double a[ILI_LEAVES_MAX][ILI_LEAVES_MAX], b[ILI_LEAVES_MAX], worst = 0.0;
        for (int i = 0; i < c->n; i++) {
            double l2 = c->length[i] * c->length[i];
            b[i] = l2 - ili_dot(d[i], d[i]);
            worst = fmax(worst, fabs(b[i]) / (2.0 * l2));
            for (int j = 0; j < c->n; j++) a[i][j] = 2.0 * coupling(c, inv_mass, i, j) * ili_dot(d[i], e[j]);
        }
        if (worst <= tolerance) return true;
        if (!isfinite(worst) || !ili_solve(c->n, ILI_LEAVES_MAX, &a[0][0], b)) return false;
        for (int j = 0; j < c->n; j++) {
            sum[j] += b[j];
            for (int i = 0; i < c->n; i++)
                for (int k = 0; k < 3; k++) d[i][k] += coupling(c, inv_mass, i, j) * b[j] * e[j][k];
        }
    }
    return false;
}

/** y += multiplier e / m on both ends of every bond, times a factor. */
static void apply(const ili_cluster *c, const double *inv_mass, bonds3 e, const double *multiplier,
                  double factor, double (*y)[3]) {
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < 3; k++) {
            double push = factor * multiplier[i] * e[i][k];
            y[c->atom[i + 1]][k] += push * inv_mass[c->atom[i + 1]];
            y[c->atom[0]][k] -= push * inv_mass[c->atom[0]];
        }
}

/** Virial of forces factor * multiplier * e along the bonds. */
static void add_virial(const ili_cluster *c, bonds3 e, const double *multiplier, double factor, double w[6]) {
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < 6; k++) w[k] += factor * multiplier[i] * e[i][row[k]] * e[i][column[k]];
}

/* ---- the hooks of the step ------------------------------------------------------------------------------ */

static il_status not_solved(il_context *ctx, const ili_md *md, int32_t bad) {
    const ili_cluster *c = &md->constraints->clusters[bad];
    return ili_fail(
        ctx, IL_E_NOT_CONVERGED,
        "the bonds of atom %d to its %d hydrogens cannot be brought to their lengths within %g at step "
        "%lld: is the time step (%g fs) too long, or the start far from a minimum?",
        c->atom[0] + 1, c->n, md->constraints->tolerance, (long long)md->step, md->o.dt);
}

il_status ili_constraints_positions(il_context *ctx, ili_md *md, const double (*x0)[3], double dt,
                                    double w[6]) {
    ili_constraints *all = md->constraints;
    int32_t bad = INT32_MAX;
    if (!all) return IL_OK;
    ili_tick tick = ili_tick_now();
#pragma omp parallel for num_threads(ctx->n_threads) schedule(static) reduction(min : bad)
    for (int32_t k = 0; k < all->n_clusters; k++) {
        ili_cluster *c = &all->clusters[k];
        bonds3 d, e;
        bonds_of(c, &md->cell, (const double(*)[3])md->x, d);
        bonds_of(c, &md->cell, x0, e);
        if (!solve_lengths(c, md->inv_mass, all->tolerance, d, e, c->multiplier)) {
            bad = k < bad ? k : bad;
            continue;
        }
        apply(c, md->inv_mass, e, c->multiplier, 1.0, md->x);
        if (dt > 0.0) apply(c, md->inv_mass, e, c->multiplier, 1.0 / dt, md->v);
    }
    if (bad != INT32_MAX) return not_solved(ctx, md, bad);
    for (int32_t k = 0; w && dt > 0.0 && k < all->n_clusters; k++) {
        bonds3 e;
        bonds_of(&all->clusters[k], &md->cell, x0, e);
        add_virial(&all->clusters[k], e, all->clusters[k].multiplier, 2.0 / (dt * dt), w);
    }
    ili_tock(ctx, ILI_TIME_CONSTRAINTS, &tick);
    return IL_OK;
}

il_status ili_constraints_velocities(il_context *ctx, ili_md *md, double dt, double w[6]) {
    ili_constraints *all = md->constraints;
    int32_t bad = INT32_MAX;
    if (!all) return IL_OK;
    ili_tick tick = ili_tick_now();
#pragma omp parallel for num_threads(ctx->n_threads) schedule(static) reduction(min : bad)
    for (int32_t k = 0; k < all->n_clusters; k++) {
        ili_cluster *c = &all->clusters[k];
        bonds3 d;
        double a[ILI_LEAVES_MAX][ILI_LEAVES_MAX];
        bonds_of(c, &md->cell, (const double(*)[3])md->x, d);
        for (int i = 0; i < c->n; i++) {
            double u[3];
            ili_sub(md->v[c->atom[i + 1]], md->v[c->atom[0]], u);
            c->multiplier[i] = -ili_dot(d[i], u);
            for (int j = 0; j < c->n; j++) a[i][j] = coupling(c, md->inv_mass, i, j) * ili_dot(d[i], d[j]);
        }
        if (!ili_solve(c->n, ILI_LEAVES_MAX, &a[0][0], c->multiplier)) {
            bad = k < bad ? k : bad;
            continue;
        }
        apply(c, md->inv_mass, d, c->multiplier, 1.0, md->v);
    }
    if (bad != INT32_MAX) return not_solved(ctx, md, bad);
    for (int32_t k = 0; w && dt > 0.0 && k < all->n_clusters; k++) {
        bonds3 d;
        bonds_of(&all->clusters[k], &md->cell, (const double(*)[3])md->x, d);
        add_virial(&all->clusters[k], d, all->clusters[k].multiplier, 1.0 / dt, w);
    }
    ili_tock(ctx, ILI_TIME_CONSTRAINTS, &tick);
    return IL_OK;
}

/* ---- what the barostats need ------------------------------------------------------------------------------ */

typedef double atoms3[1 + ILI_LEAVES_MAX][3];

/** Mean of y weighted by mass; y becomes relative to it. */
static void about_mean(const ili_cluster *c, const double *mass, atoms3 y, double mean[3]) {
    double sum[3] = {0}, total = 0.0;
    for (int k = 0; k <= c->n; k++) {
        total += mass[c->atom[k]];
        for (int a = 0; a < 3; a++) sum[a] += mass[c->atom[k]] * y[k][a];
    }
    for (int a = 0; a < 3; a++) mean[a] = sum[a] / total;
    for (int k = 0; k <= c->n; k++) ili_sub(y[k], mean, y[k]);
}

static void gather_cluster(const ili_cluster *c, const ili_md *md, atoms3 x, atoms3 v) {
    for (int k = 0; k <= c->n; k++) {
        beside(c, k, &md->cell, (const double(*)[3])md->x, x[k]);
        memcpy(v[k], md->v[c->atom[k]], sizeof v[k]);
    }
}

void ili_constraints_internal(const ili_md *md, double w[3][3], double k[3][3]) {
    const ili_constraints *all = md->constraints;
    for (int32_t n = 0; all && n < all->n_clusters; n++) {
        const ili_cluster *c = &all->clusters[n];
        atoms3 x, v;
        double mean[3];
        gather_cluster(c, md, x, v);
        about_mean(c, md->mass, x, mean);
        about_mean(c, md->mass, v, mean);
        for (int i = 0; i <= c->n; i++) {
            const double *f = md->f[c->atom[i]];
            for (int a = 0; a < 3; a++)
                for (int b = 0; b < 3; b++) {
                    w[a][b] += x[i][a] * f[b];
                    k[a][b] += md->mass[c->atom[i]] * v[i][a] * v[i][b];
                }
        }
    }
}

void ili_constraints_unstrain(ili_md *md, const double g_inverse[3][3], const double u_inverse[3][3]) {
    const ili_constraints *all = md->constraints;
    for (int32_t n = 0; all && n < all->n_clusters; n++) {
        const ili_cluster *c = &all->clusters[n];
        atoms3 x, v;
        double x_mean[3], v_mean[3];
        gather_cluster(c, md, x, v);
        about_mean(c, md->mass, x, x_mean);
        about_mean(c, md->mass, v, v_mean);
        for (int i = 0; i <= c->n; i++) {
            double dx[3], dv[3];
            ili_vec_mat(x[i], g_inverse, dx);
            ili_vec_mat(v[i], u_inverse, dv);
            for (int a = 0; a < 3; a++) {
                md->x[c->atom[i]][a] += dx[a] - x[i][a];
                md->v[c->atom[i]][a] += dv[a] - v[i][a];
            }
        }
    }
}
