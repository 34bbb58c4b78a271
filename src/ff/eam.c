/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Embedded-atom metals.
 *
 *  E = sum_i F(rho_i) + 1/2 sum_ij V(r_ij), rho_i = sum_j phi_ji(r_ij); the force of a pair along r_ij is
 *  -(V' + F'_i phi_ji' + F'_j phi_ij'). Daw & Baskes 1984; Finnis & Sinclair 1984; Nichol & Ackland 2016,
 *  Phys. Rev. B 93, 184101 (analytic form).
 *
 *  Tables are cubic Hermite splines through the points, with slopes by the five-point central difference (error
 *  h^4/30 f^(5)), three-point next to the ends and one-sided at them: what setfl files are made for. The
 *  density of the embedding table is continued by a straight line, distances beyond a table count as its end.
 *
 *  Donors (see eam.h) add psi to rho_i of the metal atoms i, as phi of an element that has no F and no V.
 *
 *  Loop plan, over a half list in ILI_CHUNKS chunks of rows, each with buffers of its own:
 *    1  pairs: densities and V; V' and phi' are kept per list entry
 *    2  atoms: densities added up in chunk order, F and F'
 *    3  pairs: forces from what was kept
 *    4  atoms: forces added up in chunk order. */
#include "ff/eam.h"

#include "base/alloc.h"
#include "ff/setfl.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

/* ---- functions ----------------------------------------------------------------------------------------- */

/** f(x) on x = k/inv_step: c[k][0] + c[k][1] t + c[k][2] t^2 + c[k][3] t^3, t in [0, 1]. */
typedef struct spline {
    int32_t n; /**< points */
    double inv_step;
    double (*c)[4];
} spline;

enum { DONORS_MAX = 8, KINDS_MAX = ILI_SETFL_ELEMENTS_MAX + DONORS_MAX };

typedef struct donor {
    double b, reach;
} donor;

struct ili_eam_functions {
    int n_elements, n_donors;
    donor donor[DONORS_MAX];
    double reach2[KINDS_MAX][KINDS_MAX]; /**< angstrom^2; 0: two donors */
    char element[ILI_SETFL_ELEMENTS_MAX][ILI_NAME_MAX];
    double cutoff;
    bool is_analytic;
    ili_eam_analytic analytic;
    double zbl_length; /**< angstrom */
    spline embedding[ILI_SETFL_ELEMENTS_MAX];
    spline density[ILI_SETFL_ELEMENTS_MAX]
                  [ILI_SETFL_ELEMENTS_MAX];                    /**< [giving][receiving]; may share tables */
    spline rv[ILI_SETFL_ELEMENTS_MAX][ILI_SETFL_ELEMENTS_MAX]; /**< symmetric, shared */
    double (*coefficients)[4];                                 /**< what all splines point into */
};

/** Value in the interval that holds x; below the first point its cubic goes on. */
static inline double spline_value(const spline *s, double x, double *derivative) {
    double u = x * s->inv_step;
    int32_t k = u >= s->n - 2 ? s->n - 2 : u > 0.0 ? (int32_t)u : 0;
    const double t = u - k, *c = s->c[k];
    *derivative = (c[1] + t * (2.0 * c[2] + t * 3.0 * c[3])) * s->inv_step;
    return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
}

static void spline_make(spline *s, int32_t n, double step, const double *f, double (*c)[4]) {
    *s = (spline){.n = n, .inv_step = 1.0 / step, .c = c};
    for (int32_t k = 0; k < n; k++) {
        c[k][0] = f[k];
        if (k == 0 || k == n - 1)
            c[k][1] = k ? f[k] - f[k - 1] : f[1] - f[0];
        else if (k == 1 || k == n - 2)
            c[k][1] = 0.5 * (f[k + 1] - f[k - 1]);
        else
            c[k][1] = (f[k - 2] - f[k + 2] + 8.0 * (f[k + 1] - f[k - 1])) / 12.0;
    }
    for (int32_t k = 0; k < n - 1; k++) {
        double rise = f[k + 1] - f[k];
        c[k][2] = 3.0 * rise - 2.0 * c[k][1] - c[k + 1][1];
        c[k][3] = c[k][1] + c[k + 1][1] - 2.0 * rise;
    }
}

static inline double sum_of_cubics(int n, const double *a, const double *r0, double r, double *derivative) {
    double value = 0.0, slope = 0.0;
    for (int k = 0; k < n; k++) {
        double t = r0[k] - r;
        if (t <= 0.0) continue;
        value += a[k] * t * t * t;
        slope -= 3.0 * a[k] * t * t;
    }
    *derivative = slope;
    return value;
}

/** Universal screened nuclear repulsion with the constants of the published tables: e^2 = 14.39964 eV angstrom and
 *  a = 0.8854 * 0.529 angstrom/(Z^0.23 + Z^0.23). Ziegler, Biersack & Littmark 1985. */
static double zbl(const ili_eam_functions *eam, double r, double *derivative) {
    static const double weight[4] = {0.1818, 0.5099, 0.2802, 0.02817},
                        rate[4] = {3.2, 0.9423, 0.4029, 0.2016};
    const double x = r / eam->zbl_length, z = eam->analytic.z;
    double sum = 0.0, slope = 0.0;
    for (int k = 0; k < 4; k++) {
        double e = weight[k] * exp(-rate[k] * x);
        sum += e;
        slope -= rate[k] * e;
    }
    const double c = 14.39964 * z * z / r;
    *derivative = c * (slope / eam->zbl_length - sum / r);
    return c * sum;
}

static inline double analytic_pair(const ili_eam_functions *eam, double r, double *derivative) {
    const ili_eam_analytic *a = &eam->analytic;
    if (r >= a->r_join) return sum_of_cubics(a->n_v, a->v_a, a->v_r, r, derivative);
    if (r < a->r_zbl) return zbl(eam, r, derivative);
    const double *b = a->exp_b;
    double value = exp(b[0] + r * (b[1] + r * (b[2] + r * b[3])));
    *derivative = value * (b[1] + r * (2.0 * b[2] + r * 3.0 * b[3]));
    return value;
}

static inline double analytic_density(const ili_eam_functions *eam, double r, double *derivative) {
    const ili_eam_analytic *a = &eam->analytic;
    double value = sum_of_cubics(a->n_phi, a->phi_a, a->phi_r, r, derivative);
    if (value > 0.0) return value;
    *derivative = 0.0;
    return 0.0;
}

/** Beyond the last point the value stays, so its slope is 0. */
static inline double table_value(const spline *s, double r, double *derivative) {
    const double end = (s->n - 1) / s->inv_step;
    if (r < end) return spline_value(s, r, derivative);
    *derivative = 0.0;
    return s->c[s->n - 1][0];
}

static inline double pair_value(const ili_eam_functions *eam, int a, int b, double r, double *derivative) {
    if (eam->is_analytic) return analytic_pair(eam, r, derivative);
    double slope, inverse = 1.0 / r, value = table_value(&eam->rv[a][b], r, &slope) * inverse;
    *derivative = (slope - value) * inverse;
    return value;
}

static inline double density_value(const ili_eam_functions *eam, int from, int at, double r,
                                   double *derivative) {
    if (eam->is_analytic) return analytic_density(eam, r, derivative);
    return table_value(&eam->density[from][at], r, derivative);
}

/** psi of a donor kind, within its reach. */
static inline double donor_value(const ili_eam_functions *eam, int kind, double r, double *derivative) {
    const donor *d = &eam->donor[kind - eam->n_elements];
    const double t = d->reach - r;
    *derivative = -3.0 * d->b * t * t;
    return d->b * t * t * t;
}

bool ili_eam_is_embedded(const ili_eam_functions *eam, int kind) {
    return kind >= 0 && kind < eam->n_elements;
}

double ili_eam_reach(const ili_eam_functions *eam, int a, int b) {
    return a < 0 || b < 0 ? 0.0 : sqrt(eam->reach2[a][b]);
}

double ili_eam_pair(const ili_eam_functions *eam, int a, int b, double r, double *derivative) {
    *derivative = 0.0;
    if (!ili_eam_is_embedded(eam, a) || !ili_eam_is_embedded(eam, b) || r >= eam->cutoff) return 0.0;
    return pair_value(eam, a, b, r, derivative);
}

double ili_eam_density(const ili_eam_functions *eam, int from, int at, double r, double *derivative) {
    *derivative = 0.0;
    if (!ili_eam_is_embedded(eam, at) || from < 0 || r * r >= eam->reach2[from][at]) return 0.0;
    if (!ili_eam_is_embedded(eam, from)) return donor_value(eam, from, r, derivative);
    return density_value(eam, from, at, r, derivative);
}

double ili_eam_embedding(const ili_eam_functions *eam, int kind, double rho, double *derivative) {
    *derivative = 0.0;
    if (!ili_eam_is_embedded(eam, kind)) return 0.0;
    if (eam->is_analytic) {
        /* without neighbours F and phi' vanish: F' is not needed and set to 0 */
        if (rho == 0.0) return 0.0;
        double root = sqrt(rho);
        *derivative = -0.5 / root;
        return -root;
    }
    const spline *s = &eam->embedding[kind];
    const double end = (s->n - 1) / s->inv_step;
    double value = spline_value(s, rho < end ? rho : end, derivative);
    return rho > end ? value + *derivative * (rho - end) : value;
}

/** Of the analytic form: 40 times what an atom of bulk lithium has, and four oxygen atoms at 1.6 angstrom give half of it. */
static const double ANALYTIC_DENSITY_END = 200.0;

/** The exponential of the analytic form is within 1e-9 of cubics of this width, slopes too; angstrom. */
static const double ANALYTIC_STEP = 1e-3;

double ili_eam_density_end(const ili_eam_functions *eam) {
    if (eam->is_analytic) return ANALYTIC_DENSITY_END;
    double end = 0.0;
    for (int a = 0; a < eam->n_elements; a++)
        end = fmax(end, (eam->embedding[a].n - 1) / eam->embedding[a].inv_step);
    return end;
}

double ili_eam_step(const ili_eam_functions *eam) {
    return eam->is_analytic ? eam->cutoff / ceil(eam->cutoff / ANALYTIC_STEP) : 1.0 / eam->rv[0][0].inv_step;
}

/* ---- making them --------------------------------------------------------------------------------------- */

/** Squares of the reaches between all kinds. */
static void set_reaches(ili_eam_functions *eam) {
    const int n = eam->n_elements;
    for (int a = 0; a < n + eam->n_donors; a++)
        for (int b = 0; b <= a; b++) {
            double reach = a < n ? eam->cutoff : b < n ? eam->donor[a - n].reach : 0.0;
            eam->reach2[a][b] = eam->reach2[b][a] = reach * reach;
        }
}

static il_status splines_from(il_context *ctx, const ili_setfl *file, ili_eam_functions *eam) {
    const int n = file->n_elements;
    const size_t n_rho = (size_t)file->n_rho, n_r = (size_t)file->n_r, stored = file->is_fs ? (size_t)n : 1;
    size_t total = (size_t)n * (n_rho + stored * n_r) + (size_t)(n * (n + 1) / 2) * n_r;
    double(*c)[4] = eam->coefficients = ili_alloc(total, sizeof *c);
    if (!c) return ili_no_memory(ctx, "the tables of an embedded-atom potential");
    for (int a = 0; a < n; a++, c += n_rho)
        spline_make(&eam->embedding[a], file->n_rho, file->drho, file->embedding + (size_t)a * n_rho, c);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) {
            if (b > 0 && !file->is_fs) {
                eam->density[a][b] = eam->density[a][0];
                continue;
            }
            spline_make(&eam->density[a][b], file->n_r, file->dr, file->density + (size_t)(a * n + b) * n_r,
                        c);
            c += n_r;
        }
    for (int a = 0, row = 0; a < n; a++)
        for (int b = 0; b <= a; b++, row++, c += n_r) {
            spline_make(&eam->rv[a][b], file->n_r, file->dr, file->rv + (size_t)row * n_r, c);
            eam->rv[b][a] = eam->rv[a][b];
        }
    return IL_OK;
}

il_status ili_eam_read_file(il_context *ctx, const char *path, ili_eam_functions **out) {
    ili_setfl file;
    *out = NULL;
    IL_TRY(ili_setfl_read(ctx, path, &file));
    il_status status = IL_OK;
    ili_eam_functions *eam = ili_alloc(1, sizeof *eam);
    if (!eam) {
        status = ili_no_memory(ctx, "an embedded-atom potential");
        goto out;
    }
    eam->n_elements = file.n_elements;
    eam->cutoff = file.cutoff;
    memcpy(eam->element, file.element, sizeof eam->element);
    set_reaches(eam);
    status = splines_from(ctx, &file, eam);
    if (status != IL_OK) ili_eam_destroy(&eam);
out:
    ili_setfl_free(&file);
    *out = eam;
    return status;
}

static bool all_finite(int n, const double *values) {
    for (int k = 0; k < n; k++)
        if (!isfinite(values[k])) return false;
    return true;
}

il_status ili_eam_from_analytic(il_context *ctx, const ili_eam_analytic *a, const char *element,
                                ili_eam_functions **out) {
    const int most = (int)(sizeof a->phi_a / sizeof a->phi_a[0]);
    *out = NULL;
    if (a->n_phi < 1 || a->n_phi > most || a->n_v < 1 || a->n_v > most)
        return ili_fail(ctx, IL_E_INPUT,
                        "embedded atoms, %s: found %d density and %d pair cubics, expected 1 to %d of each",
                        element, a->n_phi, a->n_v, most);
    if (!all_finite(a->n_phi, a->phi_a) || !all_finite(a->n_phi, a->phi_r) || !all_finite(a->n_v, a->v_a) ||
        !all_finite(a->n_v, a->v_r) || !all_finite(4, a->exp_b))
        return ili_fail(ctx, IL_E_INPUT, "embedded atoms, %s: a coefficient is not a finite number", element);
    double cutoff = 0.0;
    for (int k = 0; k < a->n_phi; k++) cutoff = fmax(cutoff, a->phi_r[k]);
    for (int k = 0; k < a->n_v; k++) cutoff = fmax(cutoff, a->v_r[k]);
    if (!(a->z > 0.0) || !(a->r_zbl > 0.0 && a->r_zbl <= a->r_join && a->r_join < cutoff))
        return ili_fail(ctx, IL_E_INPUT,
                        "embedded atoms, %s: Z %g, r_zbl %g, r_join %g and largest cubic radius %g A, "
                        "expected Z > 0 and 0 < r_zbl <= r_join < largest radius",
                        element, a->z, a->r_zbl, a->r_join, cutoff);
    ili_eam_functions *eam = ili_alloc(1, sizeof *eam);
    if (!eam) return ili_no_memory(ctx, "an embedded-atom potential");
    eam->n_elements = 1;
    eam->cutoff = cutoff;
    eam->is_analytic = true;
    eam->analytic = *a;
    eam->zbl_length = 0.8854 * 0.529 / (2.0 * pow(a->z, 0.23));
    snprintf(eam->element[0], sizeof eam->element[0], "%s", element);
    set_reaches(eam);
    *out = eam;
    return IL_OK;
}

il_status ili_eam_add_donor(il_context *ctx, ili_eam_functions *eam, double b, double reach, int *kind) {
    if (!isfinite(b) || !isfinite(reach) || !(b > 0.0) || !(reach > 0.0))
        return ili_fail(ctx, IL_E_INPUT, "embedded atoms: a donor with B %g and R %g, expected both above 0",
                        b, reach);
    if (eam->n_donors == DONORS_MAX)
        return ili_fail(ctx, IL_E_INPUT, "embedded atoms: found more than %d donors; give fewer", DONORS_MAX);
    eam->donor[eam->n_donors] = (donor){b, reach};
    *kind = eam->n_elements + eam->n_donors++;
    set_reaches(eam);
    return IL_OK;
}

void ili_eam_destroy(ili_eam_functions **eam) {
    if (!eam || !*eam) return;
    ili_free((*eam)->coefficients);
    ili_free(*eam);
    *eam = NULL;
}

double ili_eam_cutoff(const ili_eam_functions *eam) {
    return eam->cutoff;
}

int ili_eam_n_elements(const ili_eam_functions *eam) {
    return eam->n_elements;
}

const char *ili_eam_element(const ili_eam_functions *eam, int index) {
    return eam->element[index];
}

/* ---- energy and forces --------------------------------------------------------------------------------- */

/** Kept from pass 1 for pass 3, per list entry; each over r, eV/angstrom^2; all 0 out of reach. */
typedef struct pair_slopes {
    double v, at_i, at_j; /**< V'/r; slopes of the densities that i and j receive */
} pair_slopes;

struct ili_eam_work {
    int32_t n;
    double *embed, *dembed; /**< [n] F and F', caller's order */
    double *rho_part;       /**< [ILI_CHUNKS][n] */
    double (*f_part)[3];    /**< [ILI_CHUNKS][n] */
    double *e_part;         /**< [ILI_CHUNKS][n], made when per-atom energies are first wanted */
    pair_slopes *slopes;    /**< by pair of the list */
    size_t cap_e, cap_slopes;
};

il_status ili_eam_work_create(il_context *ctx, int32_t n, ili_eam_work **out) {
    const size_t count = (size_t)n;
    ili_eam_work *work = *out = ili_alloc(1, sizeof *work);
    if (!work) return ili_no_memory(ctx, "the embedded-atom densities");
    work->n = n;
    work->embed = ili_alloc(count, sizeof *work->embed);
    work->dembed = ili_alloc(count, sizeof *work->dembed);
    work->rho_part = ili_alloc(count * ILI_CHUNKS, sizeof *work->rho_part);
    work->f_part = ili_alloc(count * ILI_CHUNKS, sizeof *work->f_part);
    if (work->embed && work->dembed && work->rho_part && work->f_part) return IL_OK;
    ili_eam_work_destroy(out);
    return ili_no_memory(ctx, "the embedded-atom densities");
}

void ili_eam_work_destroy(ili_eam_work **work) {
    if (!work || !*work) return;
    ili_free((*work)->embed);
    ili_free((*work)->dembed);
    ili_free((*work)->rho_part);
    ili_free((*work)->f_part);
    ili_free((*work)->e_part);
    ili_free((*work)->slopes);
    ili_free(*work);
    *work = NULL;
}

/** Pass 1 of one chunk: densities, pair energies (returned), slopes. e may be NULL. */
static double pair_pass(const ili_eam_functions *eam, const int32_t *kind, const ili_nlist_view *list,
                        int chunk, double *rho, double *e, pair_slopes *slopes) {
    const int n_embedded = eam->n_elements;
    double total = 0.0;
    for (int32_t i = list->chunk[chunk]; i < list->chunk[chunk + 1]; i++) {
        const int a = kind[list->type[i]];
        if (a < 0) continue;
        const double x = list->px[i][0], y = list->px[i][1], z = list->px[i][2], *reach2 = eam->reach2[a];
        double rho_i = 0.0, e_i = 0.0;
        for (ili_nlist_walk walk = ili_nlist_row(list, i); ili_nlist_next(&walk);) {
            const int32_t j = walk.entry;
            const int64_t k = walk.pair;
            const int b = kind[list->type[j]];
            const double dx = list->px[j][0] - x, dy = list->px[j][1] - y, dz = list->px[j][2] - z;
            const double r2 = dx * dx + dy * dy + dz * dz;
            slopes[k] = (pair_slopes){0};
            if (b < 0 || r2 >= reach2[b]) continue;
            const double r = sqrt(r2), inverse = 1.0 / r;
            double dv, di, dj;
            if (a >= n_embedded || b >= n_embedded) {
                const bool is_i = a < n_embedded; /* which of both receives */
                const double psi = donor_value(eam, is_i ? b : a, r, &di);
                *(is_i ? &slopes[k].at_i : &slopes[k].at_j) = di * inverse;
                *(is_i ? &rho_i : &rho[list->atom[j]]) += psi;
                continue;
            }
            const double v = pair_value(eam, a, b, r, &dv), phi_i = density_value(eam, b, a, r, &di);
            double phi_j = phi_i;
            dj = di;
            if (a != b) phi_j = density_value(eam, a, b, r, &dj);
            slopes[k] = (pair_slopes){dv * inverse, di * inverse, dj * inverse};
            rho_i += phi_i;
            rho[list->atom[j]] += phi_j;
            e_i += v;
            if (e) e[list->atom[j]] += 0.5 * v;
        }
        rho[list->atom[i]] += rho_i;
        if (e) e[list->atom[i]] += 0.5 * e_i;
        total += e_i;
    }
    return total;
}

/** Pass 3 of one chunk: forces and virial. */
static void force_pass(const int32_t *kind, const ili_nlist_view *list, int chunk, const pair_slopes *slopes,
                       const double *dembed, double (*f)[3], double w[6]) {
    for (int32_t i = list->chunk[chunk]; i < list->chunk[chunk + 1]; i++) {
        if (kind[list->type[i]] < 0) continue;
        const double x = list->px[i][0], y = list->px[i][1], z = list->px[i][2], di = dembed[list->atom[i]];
        double fi[3] = {0.0, 0.0, 0.0};
        for (ili_nlist_walk walk = ili_nlist_row(list, i); ili_nlist_next(&walk);) {
            const int32_t j = walk.entry, atom = list->atom[j];
            const int64_t k = walk.pair;
            const double s = -(slopes[k].v + di * slopes[k].at_i + dembed[atom] * slopes[k].at_j);
            if (s == 0.0) continue;
            const double d[3] = {list->px[j][0] - x, list->px[j][1] - y, list->px[j][2] - z};
            const double fv[3] = {s * d[0], s * d[1], s * d[2]};
            for (int c = 0; c < 3; c++) {
                fi[c] += fv[c];
                f[atom][c] += fv[c];
            }
            w[0] += d[0] * fv[0];
            w[1] += d[1] * fv[1];
            w[2] += d[2] * fv[2];
            w[3] += d[1] * fv[2];
            w[4] += d[0] * fv[2];
            w[5] += d[0] * fv[1];
        }
        for (int c = 0; c < 3; c++) f[list->atom[i]][c] -= fi[c];
    }
}

/** Pass 2, atom i: its density, F and F'. */
static void embed_atom(const ili_eam_functions *eam, int kind, ili_eam_work *work, int32_t i) {
    double rho = 0.0;
    for (int c = 0; c < ILI_CHUNKS; c++) rho += work->rho_part[(size_t)c * (size_t)work->n + (size_t)i];
    work->embed[i] = ili_eam_embedding(eam, kind, rho, &work->dembed[i]);
}

/** Pass 4, atom i: its force and energy; false: not finite. */
static bool add_atom(const ili_eam_work *work, int32_t i, ili_accum *acc) {
    double f[3] = {0.0, 0.0, 0.0}, e = work->embed[i];
    for (size_t c = 0; c < ILI_CHUNKS; c++) {
        const size_t at = c * (size_t)work->n + (size_t)i;
        for (int k = 0; k < 3; k++) f[k] += work->f_part[at][k];
        if (acc->e_atom) e += work->e_part[at];
    }
    for (int k = 0; k < 3; k++) acc->f[i][k] += f[k];
    if (acc->e_atom) acc->e_atom[i] += e;
    return isfinite(f[0] + f[1] + f[2] + e);
}

static il_status make_room(il_context *ctx, ili_eam_work *work, const ili_nlist_view *list, bool want_e) {
    const size_t n_pairs = (size_t)list->start[list->n_rows], n_e = want_e ? (size_t)work->n * ILI_CHUNKS : 0;
    if (!ILI_GROW(work->slopes, n_pairs, work->cap_slopes) || !ILI_GROW(work->e_part, n_e, work->cap_e))
        return ili_no_memory(ctx, "the embedded-atom pairs");
    return IL_OK;
}

il_status ili_eam_compute(il_context *ctx, const ili_eam_functions *eam, const int32_t *kind,
                          const int32_t *type, const ili_nlist_view *list, int32_t n, ili_eam_work *work,
                          double *energy, ili_accum *acc) {
    const size_t count = (size_t)n;
    IL_TRY(make_room(ctx, work, list, acc->e_atom != NULL));
    double e_chunk[ILI_CHUNKS], w_chunk[ILI_CHUNKS][6] = {{0}};
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int c = 0; c < ILI_CHUNKS; c++) {
        double *rho = work->rho_part + (size_t)c * count,
               *e = acc->e_atom ? work->e_part + (size_t)c * count : NULL;
        memset(rho, 0, count * sizeof *rho);
        if (e) memset(e, 0, count * sizeof *e);
        e_chunk[c] = pair_pass(eam, kind, list, c, rho, e, work->slopes);
    }
#pragma omp parallel for schedule(static) num_threads(ctx->n_threads)
    for (int32_t i = 0; i < n; i++)
        if (kind[type[i]] >= 0) embed_atom(eam, kind[type[i]], work, i);
#pragma omp parallel for schedule(dynamic, 1) num_threads(ctx->n_threads)
    for (int c = 0; c < ILI_CHUNKS; c++) {
        double(*f)[3] = work->f_part + (size_t)c * count;
        memset(f, 0, count * sizeof *f);
        force_pass(kind, list, c, work->slopes, work->dembed, f, w_chunk[c]);
    }
    int32_t bad = n;
#pragma omp parallel for schedule(static) reduction(min : bad) num_threads(ctx->n_threads)
    for (int32_t i = 0; i < n; i++)
        if (kind[type[i]] >= 0 && !add_atom(work, i, acc) && i < bad) bad = i;
    double sum = 0.0;
    for (int c = 0; c < ILI_CHUNKS; c++) {
        sum += e_chunk[c];
        for (int k = 0; k < 6; k++) acc->w[k] += w_chunk[c][k];
    }
    for (int32_t i = 0; i < n; i++)
        if (kind[type[i]] >= 0) sum += work->embed[i];
    if (energy) *energy = sum;
    if (bad == n && isfinite(sum)) return IL_OK;
    return ili_eam_not_finite(ctx, bad < n ? bad : 0);
}

il_status ili_eam_not_finite(il_context *ctx, int32_t atom) {
    return ili_fail(
        ctx, IL_E_NONFINITE,
        "the embedded-atom energy or force of atom %d is not a finite number: is it on top of another atom?",
        atom + 1);
}
