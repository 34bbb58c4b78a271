/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs of so many atoms that threads share the loops: the same bits at any number of threads, whoever looks at the run, and after a
 *  restart; energies and virials that a step says it does not want are poison here, so nothing may read them. */
#define MOLECULES_MAX 1400
#include "harness.h"

#include "math/vec.h"
#include "physics/md_molecules.h"

enum { ATOMS = 3 * MOLECULES_MAX, STEPS = 12 }; /* beyond ILI_MD_WORTH_THREADS */

/** A spring from every atom to its own place, which is part of the cell; and one along z for the bonded part. */
typedef struct springs {
    int32_t n;
    double home[ATOMS][3]; /**< fractions */
    long seen, unseen;     /**< evaluations with and without energy */
} springs;

static springs field;

static il_status springs_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                                  const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    springs *s = user;
    const bool is_seen = !(parts & ILI_FF_FORCES_ONLY);
    (void)context;
    *energy = is_seen ? 0.0 : NAN;
    for (int k = 0; k < 6; k++) w[k] = is_seen ? 0.0 : NAN;
    s->seen += is_seen;
    s->unseen += !is_seen;
    for (int32_t i = 0; i < s->n; i++) {
        double home[3], d[3];
        ili_cell_to_cart(cell, s->home[i], home);
        for (int k = 0; k < 3; k++) {
            const double stiff =
                (parts & ILI_FF_PAIRS ? 1.0 : 0.0) + (k == 2 && parts & ILI_FF_BONDED ? 2.0 : 0.0);
            d[k] = x[i][k] - home[k];
            f[i][k] = -stiff * d[k];
            if (is_seen) *energy += 0.5 * stiff * d[k] * d[k];
        }
        for (int k = 0; k < 3 && is_seen; k++) w[k] += d[k] * f[i][k];
    }
    return IL_OK;
}

typedef struct threads_case {
    ili_md_thermostat thermostat;
    ili_md_barostat barostat;
    ili_md_cell_mode mode;
    int inner;
    bool constrained, remove_drift;
} threads_case;

static const threads_case CASES[] = {
    {ILI_THERMOSTAT_NONE, 0, 0, 1, false, true},
    {ILI_THERMOSTAT_LANGEVIN, 0, 0, 1, false, true},
    {ILI_THERMOSTAT_LANGEVIN, ILI_BAROSTAT_SCR, ILI_CELL_FULL, 1, true, false},
    {ILI_THERMOSTAT_CSVR, 0, 0, 2, true, true},
    {ILI_THERMOSTAT_CSVR, ILI_BAROSTAT_SCR, ILI_CELL_ISO, 1, false, true},
    {ILI_THERMOSTAT_NOSE_HOOVER, 0, 0, 1, true, true},
    {ILI_THERMOSTAT_NOSE_HOOVER, ILI_BAROSTAT_MTK, ILI_CELL_FULL, 2, false, true},
};
enum { N_CASES = sizeof CASES / sizeof *CASES };

static ili_md_options options_of(const threads_case *c) {
    ili_md_options o = ili_md_defaults();
    o.thermostat = c->thermostat;
    o.barostat = c->barostat;
    o.cell_mode = c->mode;
    o.inner_pairs = c->inner;
    o.inner_bonded = c->inner;
    o.constrain_hydrogens = c->constrained;
    o.remove_drift = c->remove_drift;
    o.n_steps = STEPS;
    o.refresh_every = 5;
    return o;
}

/** The end of a run; how[3]: by threads, by observer, by restart. */
typedef struct end {
    double x[ATOMS][3], v[ATOMS][3], h[3][3], numbers[8];
} end;

typedef struct way {
    int threads;
    int64_t watch; /**< every so many steps; 0: nobody looks */
    bool restart;
} way;

static molecules all;

static il_status look(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    *(bool *)user = *(bool *)user && isfinite(f->potential + f->conserved + f->pressure[0] + f->pressure[5]);
    return IL_OK;
}

static ili_md *make(const threads_case *c) {
    const ili_md_options o = options_of(c);
    ili_md *md = NULL;
    CHECK_OK(ili_md_create(ctx, &o, all.sys, &all.binding,
                           (ili_md_forces){.user = &field, .evaluate = springs_evaluate}, &md));
    return md;
}

static void run(const threads_case *c, way how, end *out) {
    bool is_finite = true;
    ili_bytes saved = {0};
    il_set_threads(ctx, how.threads);
    ili_md *md = make(c);
    const ili_md_observer observer = {how.watch, false, &is_finite, look};
    REQUIRE_OK(ili_md_run(ctx, md, 5, &observer, how.watch > 0));
    if (how.restart) {
        ili_md_carry(md, &saved);
        ili_md_destroy(&md);
        md = make(c);
        ili_bytes_rewind(&saved);
        ili_md_carry(md, &saved);
        ili_bytes_free(&saved);
    }
    REQUIRE_OK(ili_md_run(ctx, md, STEPS, &observer, how.watch > 0));
    const ili_md_frame f = ili_md_now(md);
    CHECK(is_finite && f.step == STEPS);
    memset(out, 0, sizeof *out);
    memcpy(out->x, f.x, (size_t)f.n * sizeof *out->x);
    memcpy(out->v, f.v, (size_t)f.n * sizeof *out->v);
    memcpy(out->h, f.cell->h, sizeof out->h);
    const double numbers[] = {f.potential,   f.kinetic,     f.conserved,   f.temperature,
                              f.pressure[0], f.pressure[2], f.pressure[4], ili_md_drift(md)};
    memcpy(out->numbers, numbers, sizeof numbers);
    CHECK(isfinite(f.potential + f.conserved + f.pressure[0]));
    ili_md_destroy(&md);
}

static void open_all(void) {
    molecules_make(&all, MOLECULES_MAX, (const int[]){1, 3, 2}, 3, 1.09, "C", "H", 60.0 * MOLECULES_MAX);
    field.n = all.sys->n_atoms;
    for (int32_t i = 0; i < field.n; i++) ili_cell_to_frac(&all.sys->cell, all.sys->x[i], field.home[i]);
}

TEST(bits_do_not_depend_on_threads_or_observers) {
    static end first, other;
    const way ways[] = {{1, 1, false}, {2, 0, false}, {4, 3, true}, {8, 2, false}};
    open_all();
    CHECK(all.sys->n_atoms > 4096 && all.sys->n_atoms <= ATOMS);
    for (int k = 0; k < N_CASES; k++) {
        run(&CASES[k], (way){1, 0, false}, &first);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            run(&CASES[k], ways[w], &other);
            bool same = memcmp(&first, &other, sizeof first) == 0;
            if (!same) fprintf(stderr, "case %d, way %zu\n", k, w);
            CHECK(same);
        }
    }
    molecules_free(&all);
}

/** Who does not look pays for no energies: of 12 steps without baths those at refreshes are wanted, and those that are watched. */
TEST(energies_are_worked_out_when_they_are_wanted) {
    static end unused;
    const struct {
        int64_t watch;
        int thermostat, barostat;
        long seen;
    } wanted[] = {{0, ILI_THERMOSTAT_CSVR, 0, 3},
                  {4, ILI_THERMOSTAT_CSVR, 0, 5},
                  {0, ILI_THERMOSTAT_CSVR, ILI_BAROSTAT_SCR, STEPS}};
    open_all();
    for (int k = 0; k < 3; k++) {
        const threads_case c = {.thermostat = (ili_md_thermostat)wanted[k].thermostat,
                                .barostat = (ili_md_barostat)wanted[k].barostat,
                                .inner = 1,
                                .remove_drift = true};
        field.seen = field.unseen = 0;
        run(&c, (way){1, wanted[k].watch, false}, &unused);
        CHECK(field.seen == wanted[k].seen + 1); /* and the start */
        CHECK(field.seen + field.unseen == STEPS + 1);
    }
    molecules_free(&all);
}

/** What an observer was shown, by step. */
typedef struct shown {
    double potential[STEPS + 1];
} shown;

static il_status keep(il_context *context, void *user, const ili_md_frame *f) {
    (void)context;
    ((shown *)user)->potential[f->step] = f->potential;
    return IL_OK;
}

/** Who looks seldom sees what one who looks at every step sees then. */
TEST(observers_see_the_step_they_look_at) {
    static shown every, seldom;
    open_all();
    for (int64_t watch = 1; watch <= 4; watch++) {
        ili_md *md = make(&CASES[0]);
        const ili_md_observer observer = {watch, false, watch == 1 ? &every : &seldom, keep};
        REQUIRE_OK(ili_md_run(ctx, md, STEPS, &observer, 1));
        ili_md_destroy(&md);
        for (int64_t step = watch; watch > 1 && step <= STEPS; step += watch)
            CHECK(seldom.potential[step] == every.potential[step]);
    }
    molecules_free(&all);
}

TESTS(RUN(bits_do_not_depend_on_threads_or_observers); RUN(energies_are_worked_out_when_they_are_wanted);
      RUN(observers_see_the_step_they_look_at))
