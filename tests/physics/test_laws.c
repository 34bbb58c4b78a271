/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The laws of law_table[] on the complete engine, fast and reference path, for every shipped model on a small system of
 *  its kind and for every registered form. Systems: law_cases.h. */
#include "law_cases.h"

#include "math/units.h"

enum { MOVES = 3 };
static const double STEP = 3e-4; /* angstrom, of difference quotients of order 4 */
/* h^4/30 times the fifth derivative of the stiffest term, a wall C/r^12 at 1.5 angstrom: below 1e7 eV/A^5 */
static const double TRUNCATION = 8.1e-15 / 30.0 * 1e7;
static outcome base, other; /* too large for the stack */

/* ---- tolerances ------------------------------------------------------------------------------------------- */

/** Rounding of an energy that is a sum of n terms of the size of the whole, eV. */
static double rounding(const subject *s, double energy) {
    return 2.2e-16 * s->sys->n_atoms * (1.0 + fabs(energy));
}

/** What plans of different meshes, waves or splitting may differ by, eV: the accuracy is an RMS force over 14.4 eV/A. */
static double coulomb_energy_error(const subject *s) {
    return ILI_COULOMB * s->what->accuracy * s->sys->n_atoms;
}

/** Where the energy of a pair is not smooth: it jumps (forms that are not shifted, the Coulomb sum by its accuracy) or
 *  bends (forms that are). */
typedef struct seam {
    double rc, jump, bend;
} seam;

/** A pair whose distance lies within `off` of a seam. */
typedef struct near_pair {
    int32_t i, j;
    double off;
    seam at;
} near_pair;

enum { SEAMS_MAX = 128, NEAR_MAX = 4096 };
static near_pair near_seam[NEAR_MAX];
static int n_near;

static int seams_of(const subject *s, seam *seams) {
    int n = 0;
    if (s->what->accuracy > 0.0) seams[n++] = (seam){8.0, ILI_COULOMB * s->what->accuracy, 0.0};
    for (int32_t k = 0; k < s->model->n_entries; k++) {
        const ili_model_entry *e = &s->model->entries[k];
        double slope = 0.0, rc = e->cutoff > 0.0 ? e->cutoff : s->model->short_cutoff;
        if (e->form->kind != ILI_PAIR || e->truncation == ILI_TRUNCATE_TAPER) continue;
        double value = fabs(e->form->value(e->p, rc, &slope));
        int m = 0;
        while (m < n && seams[m].rc != rc) m++;
        if (m == n) seams[n++] = (seam){.rc = rc};
        seams[m].bend = fmax(seams[m].bend, fabs(slope));
        if (e->truncation == ILI_TRUNCATE_NONE) seams[m].jump = fmax(seams[m].jump, value);
    }
    return n;
}

/** Fill near_seam with all pairs, images too, within `window` of a seam. */
static void find_near(const subject *s, double window) {
    seam seams[SEAMS_MAX];
    int n_seams = seams_of(s, seams), reach[3];
    const il_system *sys = s->sys;
    double width[3];
    ili_cell_widths(&sys->cell, width);
    for (int k = 0; k < 3; k++) reach[k] = sys->cell.pbc[k] ? (int)(12.5 / width[k]) + 2 : 0;
    n_near = 0;
    for (int a = -reach[0]; a <= reach[0]; a++)
        for (int b = -reach[1]; b <= reach[1]; b++)
            for (int c = -reach[2]; c <= reach[2]; c++)
                for (int32_t i = 0; i < sys->n_atoms; i++)
                    for (int32_t j = 0; j <= i; j++) {
                        double d[3], to[3], image[3] = {a, b, c};
                        ili_vec_mat(image, sys->cell.h, to);
                        ili_sub(sys->x[i], sys->x[j], d);
                        for (int k = 0; k < 3; k++) d[k] += to[k];
                        double r2 = ili_dot(d, d);
                        for (int m = 0; m < n_seams; m++) {
                            if (fabs(r2 - seams[m].rc * seams[m].rc) > 26.0 * window) continue;
                            double off = fabs(sqrt(r2) - seams[m].rc);
                            if (off > window) continue;
                            ck_assert(n_near < NEAR_MAX);
                            near_seam[n_near++] = (near_pair){i, j, off, seams[m]};
                        }
                    }
}

/** What pairs of `atom` (-1: of any) may spoil a difference quotient by when their distance changes by at most `window`
 *  in it and `lever` is the largest change of a distance per unit of the variable. The weights of a quotient add up to
 *  1.5 in size. */
static double seam_error(int32_t atom, double window, double step, double lever) {
    double error = 0.0;
    for (int k = 0; k < n_near; k++) {
        const near_pair *p = &near_seam[k];
        if ((atom < 0 || p->i == atom || p->j == atom) && p->off <= window)
            error += 1.5 * (p->at.jump / step + p->at.bend * lever);
    }
    return error;
}

/** Rounding, and of the fast path the error of the tables that the moved pairs meet, over the step. */
static double quotient_error(const subject *s, double step, double energy, path way) {
    return (rounding(s, energy) + (way == FAST ? 1e-10 : 0.0)) / step;
}

/* ---- laws ------------------------------------------------------------------------------------------------- */

/** dE/dt at t = 0 along x + t d, order 4. */
static double slope_along(il_ff *ff, const il_system *sys, path way, const double (*d)[3]) {
    static const double at[4] = {-2, -1, 1, 2}, weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
    double slope = 0.0;
    il_system *moved = copy_of(sys);
    for (int m = 0; m < 4; m++) {
        for (int32_t i = 0; i < sys->n_atoms; i++)
            for (int k = 0; k < 3; k++) moved->x[i][k] = sys->x[i][k] + at[m] * STEP * d[i][k];
        slope += weight[m] * energy_of(ff, moved, way) / STEP;
    }
    il_system_destroy(&moved);
    return slope;
}

static void forces_are_slopes(const subject *s, il_ff *ff, path way) {
    static double d[LAW_ATOMS][3];
    ili_rng rng = ili_rng_make(21, 0);
    int32_t n = s->sys->n_atoms, stride = n / 6 + 1;
    evaluate(ff, s->sys, way, &base);
    double error = quotient_error(s, STEP, base.energy, way) + TRUNCATION;
    for (int32_t i = 0; i < n; i += stride)
        for (int k = 0; k < 3; k++) {
            memset(d, 0, sizeof d);
            d[i][k] = 1.0;
            CHECK_NEAR(base.f[i][k], -slope_along(ff, s->sys, way, (const double(*)[3])d),
                       error + seam_error(i, 2.0 * STEP, STEP, 1.0));
        }
    for (int m = 0; m < MOVES; m++) { /* all atoms at once */
        double want = 0.0;
        for (int32_t i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) {
                d[i][k] = (2.0 * ili_rng_uniform(&rng) - 1.0) / sqrt(n);
                want -= base.f[i][k] * d[i][k];
            }
        CHECK_NEAR(slope_along(ff, s->sys, way, (const double(*)[3])d), want,
                   error * sqrt(n) + seam_error(-1, 8.0 * STEP / sqrt(n), STEP, 4.0 / sqrt(n)));
    }
}

/** -w is dE/dstrain with atoms and cell strained together; of a slab too, whose third vector means nothing. */
static void virial_is_slope(const subject *s, il_ff *ff, path way) {
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    static const double at[4] = {-2, -1, 1, 2}, weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12};
    const double step = 3e-5;
    evaluate(ff, s->sys, way, &base);
    double error = quotient_error(s, step, base.energy, way) + TRUNCATION * s->sys->n_atoms +
                   seam_error(-1, 2.0 * step * 12.0, step, 12.0);
    for (int c = 0; c < 6; c++) {
        double slope = 0.0;
        for (int m = 0; m < 4; m++) {
            double e[3][3] = {{0}};
            e[row[c]][column[c]] += 0.5 * at[m] * step;
            e[column[c]][row[c]] += 0.5 * at[m] * step;
            il_system *strained = copy_of(s->sys);
            strain(strained, e);
            slope += weight[m] * energy_of(ff, strained, way) / step;
            il_system_destroy(&strained);
        }
        CHECK_NEAR(base.w[c], -slope, error);
    }
}

static void sums_agree(const subject *s, il_ff *ff, path way) {
    evaluate(ff, s->sys, way, &base);
    double net[3] = {0}, largest = 0.0, energy = 0.0, sizes = 0.0;
    int32_t n = s->sys->n_atoms;
    for (int32_t i = 0; i < n; i++) {
        energy += base.e_atom[i];
        sizes += fabs(base.e_atom[i]);
        for (int k = 0; k < 3; k++) {
            net[k] += base.f[i][k];
            largest = fmax(largest, fabs(base.f[i][k]));
        }
    }
    CHECK(largest > 0.1);
    CHECK_NEAR(energy, base.energy, 1e-14 * n * sizes);
    double mesh = s->what->coulomb == ILI_KSPACE_MESH ? ILI_COULOMB * s->what->accuracy * sqrt(n) : 0.0;
    for (int k = 0; k < 3; k++) CHECK_NEAR(net[k], 0.0, 1e-14 * n * (1.0 + largest) + mesh);
    if (way == REFERENCE) {
        ili_ff_result r = {0};
        CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &s->sys->cell, (const double(*)[3])s->sys->x, &r));
        double terms = 0.0, size = 0.0;
        for (int k = 0; k < r.n_terms; k++) {
            terms += r.terms[k].energy;
            size += fabs(r.terms[k].energy);
        }
        CHECK(r.n_terms > 0);
        CHECK_NEAR(terms, r.energy, 1e-15 * size * r.n_terms);
    }
}

static void compare(const outcome *a, const outcome *b, int32_t n, double energy, double force) {
    CHECK_NEAR(a->energy, b->energy, energy);
    double worst = 0.0;
    for (int32_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) worst = fmax(worst, fabs(a->f[i][k] - b->f[i][k]));
    CHECK_NEAR(worst, 0.0, force);
    for (int k = 0; k < 6; k++) CHECK_NEAR(a->w[k], b->w[k], 12.0 * n * force);
}

static void paths_agree(const subject *s, il_ff *ff) {
    evaluate(ff, s->sys, FAST, &base);
    evaluate(ff, s->sys, REFERENCE, &other);
    double largest = 0.0;
    for (int32_t i = 0; i < s->sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) largest = fmax(largest, fabs(base.f[i][k]));
    compare(&base, &other, s->sys->n_atoms, 1e-9 * fabs(base.energy), 1e-9 * (1.0 + largest));
}

/** The sum of one plan for other coordinates of the same thing: rounding, and where a mesh meets the atoms elsewhere. */
static double same_plan(const subject *s, double *force) {
    double mesh = s->what->coulomb == ILI_KSPACE_MESH ? s->what->accuracy : 0.0;
    *force = 1e-10 + 10.0 * ILI_COULOMB * mesh;
    return 1e-12 * (1.0 + fabs(base.energy)) * sqrt(s->sys->n_atoms) + ILI_COULOMB * mesh * s->sys->n_atoms;
}

static void translation(const subject *s, il_ff *ff) {
    double force, energy;
    il_system *t = copy_of(s->sys);
    evaluate(ff, s->sys, FAST, &base);
    energy = same_plan(s, &force);
    for (int32_t i = 0; i < t->n_atoms; i++)
        for (int k = 0; k < 3; k++) t->x[i][k] += (const double[]){1.234, -3.21, 7.7}[k];
    evaluate(ff, t, FAST, &other);
    compare(&other, &base, t->n_atoms, energy, force);
    il_system_destroy(&t);
}

/** Each atom by a lattice vector of its own. */
static void wrapping(const subject *s, il_ff *ff) {
    double force, energy;
    ili_rng rng = ili_rng_make(9, 4);
    il_system *t = copy_of(s->sys);
    evaluate(ff, s->sys, FAST, &base);
    energy = same_plan(s, &force);
    for (int32_t i = 0; i < t->n_atoms; i++)
        for (int k = 0; k < 3; k++) {
            int by = t->cell.pbc[k] ? (int)(5.0 * ili_rng_uniform(&rng)) - 2 : 0;
            for (int c = 0; c < 3; c++) t->x[i][c] += by * t->cell.h[k][c];
        }
    for (path way = FAST; way <= REFERENCE; way++) {
        evaluate(ff, t, way, &other);
        compare(&other, &base, t->n_atoms, energy + (way ? 1e-9 * fabs(base.energy) : 0.0),
                force + 1e-7 * way);
        evaluate_new(s, t, way, &other);
        compare(&other, &base, t->n_atoms, energy + (way ? 1e-9 * fabs(base.energy) : 0.0),
                force + 1e-7 * way);
    }
    il_system_destroy(&t);
}

/** Atoms and cell turned, and turned and mirrored: forces and virial turn along. */
static void rotation(const subject *s, il_ff *ff) {
    const double c1 = cos(0.7), s1 = sin(0.7), c2 = cos(1.9), s2 = sin(1.9);
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        double q[3][3] = {{c1, s1 * c2, s1 * s2}, {-s1, c1 * c2, c1 * s2}, {0, -s2, c2}}, force, energy;
        for (int k = 0; k < 3 && mirrored; k++) q[k][1] = -q[k][1];
        il_system *t = copy_of(s->sys);
        evaluate(ff, s->sys, FAST, &base);
        energy = same_plan(s, &force);
        ili_mat_mul(s->sys->cell.h, q, t->cell.h);
        for (int32_t i = 0; i < t->n_atoms; i++) ili_vec_mat(s->sys->x[i], q, t->x[i]);
        evaluate_new(s, t, FAST, &other);
        static outcome back;
        back = other;
        double w[3][3] = {{base.w[0], base.w[5], base.w[4]},
                          {base.w[5], base.w[1], base.w[3]},
                          {base.w[4], base.w[3], base.w[2]}},
               qt[3][3], t1[3][3], t2[3][3];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) qt[i][j] = q[j][i];
        ili_mat_mul(qt, w, t1);
        ili_mat_mul(t1, q, t2);
        for (int32_t i = 0; i < t->n_atoms; i++) {
            double f[3];
            ili_vec_mat(base.f[i], q, f);
            memcpy(base.f[i], f, sizeof f);
        }
        memcpy(base.w, (double[6]){t2[0][0], t2[1][1], t2[2][2], t2[1][2], t2[0][2], t2[0][1]},
               sizeof base.w);
        compare(&back, &base, t->n_atoms, energy, force);
        il_system_destroy(&t);
    }
}

/** The atoms in another order, bonds named accordingly. */
static void relabelling(const subject *s, il_ff *ff) {
    int32_t n = s->sys->n_atoms, place[LAW_ATOMS];
    double force, energy;
    ili_rng rng = ili_rng_make(31, 1);
    il_system *t = copy_of(s->sys);
    for (int32_t i = 0; i < n; i++) place[i] = i;
    for (int32_t i = n - 1; i > 0; i--) {
        int32_t j = (int32_t)(ili_rng_uniform(&rng) * (i + 1)), keep = place[i];
        place[i] = place[j];
        place[j] = keep;
    }
    for (int32_t i = 0; i < n; i++) {
        memcpy(t->x[place[i]], s->sys->x[i], sizeof *t->x);
        t->type[place[i]] = s->sys->type[i];
        if (t->charge) t->charge[place[i]] = s->sys->charge[i];
        if (t->molecule) t->molecule[place[i]] = s->sys->molecule[i];
        if (t->side) t->side[place[i]] = s->sys->side[i];
    }
    for (int32_t b = 0; b < t->n_bonds; b++) {
        int32_t i = place[s->sys->bonds[b][0]], j = place[s->sys->bonds[b][1]];
        t->bonds[b][0] = i < j ? i : j;
        t->bonds[b][1] = i < j ? j : i;
    }
    evaluate(ff, s->sys, FAST, &base);
    energy = same_plan(s, &force);
    evaluate_new(s, t, FAST, &other);
    static outcome back;
    back = other;
    for (int32_t i = 0; i < n; i++) {
        memcpy(back.f[i], other.f[place[i]], sizeof back.f[i]);
        CHECK_NEAR(other.e_atom[place[i]], base.e_atom[i], 1e-9 + energy);
    }
    compare(&back, &base, n, energy, force);
    il_system_destroy(&t);
}

/** Two and three copies side by side: as much energy each, the same forces. */
static void supercell(const subject *s, il_ff *ff) {
    for (int axis = 0; axis < 2; axis++) {
        il_system *t = NULL;
        int n[3] = {1, 1, 1}, copies = 2;
        n[axis] = copies;
        if (s->sys->n_atoms * copies > LAW_ATOMS) return;
        REQUIRE_OK(ili_system_repeat(ctx, s->sys, n, &t));
        evaluate(ff, s->sys, FAST, &base);
        evaluate_new(s, t, FAST, &other);
        double accuracy = coulomb_energy_error(s) + 1e-11 * (1.0 + fabs(base.energy)), worst = 0.0;
        CHECK_NEAR(other.energy, copies * base.energy, copies * accuracy);
        for (int32_t i = 0; i < t->n_atoms; i++)
            for (int k = 0; k < 3; k++)
                worst = fmax(worst, fabs(other.f[i][k] - base.f[i % s->sys->n_atoms][k]));
        CHECK_NEAR(worst, 0.0, 1e-9 + 10.0 * ILI_COULOMB * s->what->accuracy);
        for (int k = 0; k < 6; k++)
            CHECK_NEAR(other.w[k], copies * base.w[k], 10.0 * copies * accuracy + 1e-8);
        il_system_destroy(&t);
    }
}

static void same_bits(const subject *s) {
    for (path way = FAST; way <= REFERENCE; way++) {
        il_set_threads(ctx, 1);
        evaluate_new(s, s->sys, way, &base);
        il_set_threads(ctx, 4);
        evaluate_new(s, s->sys, way, &other);
        CHECK(memcmp(&base, &other, sizeof base) == 0);
        il_set_threads(ctx, 3);
        evaluate_new(s, s->sys, way, &other);
        CHECK(memcmp(&base, &other, sizeof base) == 0);
    }
    il_set_threads(ctx, 1);
}

/** A plan used while atoms wander and the cell breathes gives what a new plan gives. With cut-offs so short that a
 *  missed pair, or one listed twice, shows. */
static void reuse(const subject *given) {
    subject s = *given;
    s.options.short_cutoff = 4.0;
    s.options.coulomb_cutoff = 4.0;
    s.options.accuracy = s.what->accuracy > 0.0 ? 1e-3 : NAN;
    s.options.coulomb = ILI_KSPACE_EWALD;
    ili_rng rng = ili_rng_make(13, 0);
    il_system *t = copy_of(s.sys);
    il_ff *ff = plan(&s, t);
    for (int step = 0; step < 24; step++) {
        /* small moves use the list, large ones renew it; those of a slab keep its extent and with it the plan */
        double by = step % 8 == 7 ? 0.15 : 0.07;
        for (int32_t i = 0; i < t->n_atoms; i++)
            for (int k = 0; k < (t->cell.pbc[2] ? 3 : 2); k++)
                t->x[i][k] =
                    s.sys->x[i][k] + (step % 8) * by / 7.0 * 2.0 * (2.0 * ili_rng_uniform(&rng) - 1.0);
        il_ff *fresh = plan(&s, t);
        evaluate(ff, t, FAST, &base);
        evaluate(fresh, t, FAST, &other);
        double largest = 0.0;
        for (int32_t i = 0; i < t->n_atoms; i++)
            for (int k = 0; k < 3; k++) largest = fmax(largest, fabs(base.f[i][k]));
        compare(&base, &other, t->n_atoms, 1e-11 * (1.0 + fabs(base.energy)), 1e-11 * (1.0 + largest));
        il_ff_destroy(&fresh);
    }
    il_ff_destroy(&ff);
    il_system_destroy(&t);
}

/* ---- the cases -------------------------------------------------------------------------------------------- */

static void law_begin(const char **law, const char *name, const subject *s, int *failures) {
    if (*law && harness_failures > *failures)
        fprintf(stderr, "  ... of the law '%s', %s\n", *law, s->what->name);
    *failures = harness_failures;
    *law = name;
}

static void obeys_all_laws(const law_case *what) {
    subject s;
    const char *law = NULL;
    int failures = harness_failures;
#define LAW(call) (law_begin(&law, #call, &s, &failures), call)
    subject_open(what, &s);
    il_ff *ff = plan(&s, s.sys);
    find_near(&s, 8.0 * STEP);
    for (path way = FAST; way <= REFERENCE; way++) {
        LAW(forces_are_slopes(&s, ff, way));
        LAW(virial_is_slope(&s, ff, way));
        LAW(sums_agree(&s, ff, way));
    }
    LAW(paths_agree(&s, ff));
    LAW(translation(&s, ff));
    LAW(wrapping(&s, ff));
    LAW(rotation(&s, ff));
    LAW(relabelling(&s, ff));
    LAW(supercell(&s, ff));
    LAW(same_bits(&s));
    LAW(reuse(&s));
    law_begin(&law, NULL, &s, &failures);
    il_ff_destroy(&ff);
    subject_close(&s);
}

static const law_case *form_case(const char *name) {
    for (size_t k = 0; k < sizeof LAW_FORMS / sizeof *LAW_FORMS; k++)
        if (strcmp(LAW_FORMS[k].name, name) == 0) return &LAW_FORMS[k];
    return NULL;
}

TEST(every_registered_form_obeys) {
    for (const ili_form *const *f = ili_forms(); *f; f++) {
        const law_case *what = form_case((*f)->name);
        if (!what) fprintf(stderr, "the form '%s' has no row in LAW_FORMS of law_cases.h\n", (*f)->name);
        CHECK(what != NULL);
        if (!what) continue;
        obeys_all_laws(what);
        subject s; /* the row must act through this form */
        bool acts = false;
        subject_open(what, &s);
        for (int32_t k = 0; k < s.model->n_entries; k++) acts = acts || s.model->entries[k].form == *f;
        CHECK(acts);
        subject_close(&s);
    }
}

/** Two atoms at a distance r, far from their images. */
static il_system *pair_at(const char *a, const char *b) {
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){.h = {{40, 0, 0}, {0, 40, 0}, {0, 0, 40}}, .pbc = {true, true, true}};
    add_atom(sys, a, 0, (double[]){1.0, 39.5, 20.0});
    add_atom(sys, b, 0, (double[]){1.0, 39.5, 20.0});
    return sys;
}

static double at_distance(il_ff *ff, il_system *sys, double r, path way, double *force) {
    static const double direction[3] = {0.6, 0.0, 0.8}; /* across two faces of the cell */
    for (int k = 0; k < 3; k++) sys->x[1][k] = sys->x[0][k] + r * direction[k];
    evaluate(ff, sys, way, &base);
    *force = ili_dot(base.f[1], direction);
    return base.energy;
}

/** An end of a pair term at rc, seen from 1e-7 angstrom on both sides: `shift` is continuous, `taper` is smooth, also
 *  where it begins, `none` falls by its value; beyond there is nothing. */
static void check_end(const ili_model_entry *e, il_ff *ff, il_system *sys, path way) {
    const double d = 1e-7;
    double f_in, f_out, slope, rc = e->cutoff > 0.0 ? e->cutoff : 5.0;
    double inside = at_distance(ff, sys, rc - d, way, &f_in),
           outside = at_distance(ff, sys, rc + d, way, &f_out);
    double value = e->form->value(e->p, rc, &slope);
    CHECK(outside == 0.0 && f_out == 0.0);
    CHECK(fabs(slope) > 1e-6 || strcmp(e->form->name, "born_mayer") == 0 ||
          strcmp(e->form->name, "buck") == 0);
    if (e->truncation == ILI_TRUNCATE_NONE) CHECK_NEAR(inside, value, 1e-10 + 2.0 * d * fabs(slope));
    if (e->truncation == ILI_TRUNCATE_SHIFT) CHECK_NEAR(inside, 0.0, 1e-10 + 2.0 * d * fabs(slope));
    if (e->truncation != ILI_TRUNCATE_TAPER) {
        CHECK_NEAR(f_in, -slope, 1e-8 + 1e-5 * fabs(slope));
        return;
    }
    CHECK_NEAR(inside, 0.0, 1e-10);
    CHECK_NEAR(f_in, 0.0, 1e-8);
    double start = rc - e->taper, f0, f1;
    double e0 = at_distance(ff, sys, start - d, way, &f0), e1 = at_distance(ff, sys, start + d, way, &f1);
    value = e->form->value(e->p, start, &slope);
    CHECK_NEAR(e0, value, 1e-9 + 2.0 * d * fabs(slope));
    CHECK_NEAR(e1, value, 1e-9 + 2.0 * d * fabs(slope));
    CHECK_NEAR(f0, -slope, 1e-7 * (1.0 + fabs(slope)));
    CHECK_NEAR(f1, -slope, 1e-7 * (1.0 + fabs(slope)));
}

/** From the wall to beyond the cut-off the force is minus the slope of the energy, by trapezia. */
static void check_scan(const ili_model_entry *e, il_ff *ff, il_system *sys, path way) {
    double rc = e->cutoff > 0.0 ? e->cutoff : 5.0, h = 1e-3, f0, f1, error = 0.0, scale = 0.0;
    double e0 = at_distance(ff, sys, rc - 1.7 - h, way, &f0);
    for (double r = rc - 1.7; r < rc - 0.5 * h; r += h) {
        double e1 = at_distance(ff, sys, r, way, &f1);
        error = fmax(error, fabs(e1 - e0 + 0.5 * (f0 + f1) * h));
        scale = fmax(scale, fabs(f1));
        e0 = e1, f0 = f1;
    }
    /* h^3/12 times the third derivative, at most (12/r)^2 of the force and (1/width)^2 of a switch */
    CHECK_NEAR(error, 0.0, 1e-10 + scale * h * h * h / 12.0 * 60.0);
}

TEST(every_pair_form_ends_smoothly) {
    static const char *const names[3][2] = {{"Na", "Na"}, {"Na", "Cl"}, {"Cl", "Cl"}};
    int n_ends = 0;
    for (size_t k = 0; k < sizeof LAW_FORMS / sizeof *LAW_FORMS; k++) {
        if (LAW_FORMS[k].make != make_fluid) continue;
        subject s;
        subject_open(&LAW_FORMS[k], &s);
        for (int p = 0; p < 3; p++) {
            il_system *sys = pair_at(names[p][0], names[p][1]);
            const ili_model_entry *e;
            CHECK(ili_model_pair_entries(s.model, ili_model_species_index(s.model, names[p][0]),
                                         ili_model_species_index(s.model, names[p][1]), &e, 1) == 1);
            for (path way = FAST; way <= REFERENCE; way++) {
                sys->x[1][0] = 3.0;
                il_ff *ff = plan(&s, sys);
                check_end(e, ff, sys, way);
                check_scan(e, ff, sys, way);
                il_ff_destroy(&ff);
                n_ends++;
            }
            il_system_destroy(&sys);
        }
        subject_close(&s);
    }
    int n_pair_forms = 0;
    for (const ili_form *const *f = ili_forms(); *f; f++) n_pair_forms += (*f)->kind == ILI_PAIR;
    CHECK(n_ends == 6 * n_pair_forms);
}

/* ---- what is refused -------------------------------------------------------------------------------------- */

static bool message_has(const char *a, const char *b) {
    bool has = strstr(il_message(ctx), a) && strstr(il_message(ctx), b);
    if (!has) fprintf(stderr, "message '%s', expected '%s' and '%s'\n", il_message(ctx), a, b);
    return has;
}

/** Two atoms on the same place, of every shipped model: the sum is refused and one of the two named. */
TEST(atoms_on_one_place) {
    for (size_t k = 0; k < sizeof LAW_SYSTEMS / sizeof *LAW_SYSTEMS; k++) {
        subject s;
        subject_open(&LAW_SYSTEMS[k], &s);
        int32_t last = s.sys->n_atoms - 1;
        memcpy(s.sys->x[last], s.sys->x[4], sizeof *s.sys->x);
        for (path way = FAST; way <= REFERENCE; way++) {
            il_ff *ff = NULL;
            il_status status = il_ff_create(ctx, s.model, s.sys, &s.options, &ff);
            if (status == IL_OK) {
                ili_ff_result r = {.f = base.f};
                status = (way == FAST ? ili_ff_evaluate : ili_ff_evaluate_terms)(
                    ctx, ff, &s.sys->cell, (const double(*)[3])s.sys->x, &r);
            }
            char name[32], name2[32];
            snprintf(name, sizeof name, "atom 5");
            snprintf(name2, sizeof name2, "%d", (int)last + 1);
            CHECK(status == IL_E_NONFINITE || status == IL_E_INPUT || status == IL_E_OVERLAP);
            if (status == IL_OK) fprintf(stderr, "%s: path %d went through\n", s.what->name, (int)way);
            bool named = strstr(il_message(ctx), name) || strstr(il_message(ctx), name2);
            if (!named) fprintf(stderr, "%s: '%s'\n", s.what->name, il_message(ctx));
            CHECK(named);
            il_ff_destroy(&ff);
        }
        subject_close(&s);
    }
}

TEST(systems_that_do_not_fit) {
    subject s;
    il_ff *ff = NULL;
    subject_open(&LAW_SYSTEMS[0], &s);
    int32_t sulfur = 0, lithium = s.sys->type[0];
    CHECK_OK(ili_system_species(ctx, s.sys, "S", 16, &sulfur));
    s.sys->type[7] = sulfur;
    CHECK_STATUS(il_ff_create(ctx, s.model, s.sys, &s.options, &ff), IL_E_INPUT);
    CHECK(ff == NULL && message_has("atom 8", "S"));
    s.sys->type[7] = s.sys->type[107] == lithium ? s.sys->type[50] : s.sys->type[107]; /* an O for a cation */
    CHECK_STATUS(il_ff_create(ctx, s.model, s.sys, &s.options, &ff), IL_E_INPUT);
    CHECK(ff == NULL && message_has("charge", "e"));
    subject_close(&s);
    subject_open(&LAW_SYSTEMS[0], &s);
    s.sys->cell.pbc[1] = false;
    CHECK_STATUS(il_ff_create(ctx, s.model, s.sys, &s.options, &ff), IL_E_UNSUPPORTED);
    CHECK(ff == NULL && message_has("period", ""));
    s.sys->cell.pbc[1] = true;
    s.sys->x[3][1] = NAN;
    ili_ff_result r = {0};
    il_status status = il_ff_create(ctx, s.model, s.sys, &s.options, &ff);
    if (status == IL_OK) status = ili_ff_evaluate(ctx, ff, &s.sys->cell, (const double(*)[3])s.sys->x, &r);
    CHECK(status == IL_E_NONFINITE && message_has("atom 4", ""));
    il_ff_destroy(&ff);
    subject_close(&s);
}

/** One test a system: START and the number of its row. */
#define SYSTEM_TEST(test, row)                                                                               \
    TEST(test) {                                                                                             \
        obeys_all_laws(&LAW_SYSTEMS[row]);                                                                   \
    }
SYSTEM_TEST(oxide_crystal, 0)
SYSTEM_TEST(oxide_crystal_on_a_mesh, 1)
SYSTEM_TEST(oxide_slab, 2)
SYSTEM_TEST(oxide_slab_on_a_mesh, 3)
SYSTEM_TEST(metal_with_a_vacancy, 4)
SYSTEM_TEST(polymer_melt, 5)
SYSTEM_TEST(salts_in_polymer, 6)
SYSTEM_TEST(metal_on_oxide, 7)
SYSTEM_TEST(polymer_on_metal, 8)
SYSTEM_TEST(polymer_on_oxide, 9)

TESTS(RUN(every_registered_form_obeys), RUN(every_pair_form_ends_smoothly), RUN(atoms_on_one_place),
      RUN(systems_that_do_not_fit), RUN(oxide_crystal), RUN(oxide_crystal_on_a_mesh), RUN(oxide_slab),
      RUN(oxide_slab_on_a_mesh), RUN(metal_with_a_vacancy), RUN(polymer_melt), RUN(salts_in_polymer),
      RUN(metal_on_oxide), RUN(polymer_on_metal), RUN(polymer_on_oxide))
