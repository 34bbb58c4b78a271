/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Energy that mixed precision gives or takes: the power of its errors along a trajectory, theory.md (section 9); and the error that a measured
 *  drift is told with. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "io/structure.h"
#include "md/md.h"
#include "physics/md_drift.h"
#include "relax/relax.h"

/** Noise of bounded size over every frame, or a walk, or both: the slope planted in them is found, within errors that are right for
 *  walks and, as one of them cannot be excluded, too large for noise alone. */
TEST(a_drift_is_told_with_an_honest_error) {
    enum { SERIES = 300, FRAMES = 1000 };
    static const struct {
        double walk, noise, least, most; /* bounds of the RMS of (slope - planted)/error */
    } cases[] = {{0.0, 1.0, 0.15, 1.0}, {0.01, 1.0, 0.15, 1.3}, {0.1, 1.0, 0.8, 1.3}, {1.0, 0.0, 0.8, 1.3}};
    const double planted = 3e-3;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ili_rng rng = ili_rng_make(7, c);
        double square = 0.0;
        for (int s = 0; s < SERIES; s++) {
            double y[FRAMES], at = 0.0, error;
            for (int i = 0; i < FRAMES; i++) {
                at += cases[c].walk * ili_rng_normal(&rng);
                y[i] = at + cases[c].noise * ili_rng_normal(&rng) + planted * 2.0 * i;
            }
            const double off = (drift_of(y, FRAMES, 2.0, 40, &error) - planted) / error;
            square += off * off / SERIES;
        }
        CHECK(sqrt(square) > cases[c].least);
        CHECK(sqrt(square) < cases[c].most);
    }
}

enum { FRAMES = 500, PIECES = 20 };

/** Mixed against double at every frame of a run. */
typedef struct probe {
    il_ff *ff[2]; /**< double, mixed */
    double (*f[2])[3], power[PIECES], square;
    int seen;
} probe;

static il_status compare(il_context *context, void *user, const ili_md_frame *frame) {
    probe *p = user;
    for (int m = 0; m < 2; m++) {
        ili_ff_result r = {.f = p->f[m]};
        IL_TRY(ili_ff_evaluate_parts(context, p->ff[m], ILI_FF_ALL | ILI_FF_FORCES_ONLY, frame->cell,
                                     frame->x, &r));
    }
    const int piece = p->seen++ * PIECES / FRAMES;
    for (int32_t i = 0; i < frame->n; i++)
        for (int k = 0; k < 3; k++) {
            const double off = p->f[1][i][k] - p->f[0][i][k];
            p->power[piece] += off * frame->v[i][k] * PIECES / FRAMES;
            p->square += off * off / frame->n / FRAMES;
        }
    return IL_OK;
}

/** A relaxed, warm crystal moves in mixed precision. */
static void follow(il_system *sys, double temperature, il_ff *ff, probe *p) {
    ili_relax_options r = ili_relax_defaults();
    ili_relax_result result;
    ili_md_options o = ili_md_defaults();
    ili_md *md = NULL;
    const ili_md_observer observer = {1, false, p, compare};
    r.max_steps = 60;
    CHECK_OK(ili_relax_system(ctx, ff, sys, &r, &result));
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = temperature;
    o.tau_t = 20.0;
    o.n_steps = 200;
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, ili_md_forces_of(ff), &md));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, NULL, 0));
    o.thermostat = ILI_THERMOSTAT_NONE;
    o.n_steps = FRAMES;
    REQUIRE_OK(ili_md_stage(ctx, md, &o));
    REQUIRE_OK(ili_md_run(ctx, md, o.n_steps, &observer, 1));
    ili_md_destroy(&md);
}

/** Errors that depend on the places alone do no work on average; forces that lag 1e-5 fs behind would lose some 0.2 kT an atom and ns. 8
 *  standard errors of 20 pieces: p = 2e-7. What rounding walks in a ns is to be far below what mixed precision may drift, 1e-3 kT an
 *  atom, and the RMS error of a force within the 1.1e-6 e^2/A^2 that ff.c grants. */
static void check_power(const probe *p, double kT) {
    double mean = 0.0, square = 0.0;
    CHECK(p->seen == FRAMES);
    for (int b = 0; b < PIECES; b++) {
        mean += p->power[b] / PIECES;
        square += p->power[b] * p->power[b] / PIECES;
    }
    const double error = sqrt((square - mean * mean) / (PIECES - 1));
    CHECK(fabs(mean) < 8.0 * error);
    CHECK(error * sqrt(FRAMES * 1e6) < 2e-4 * kT);
    CHECK(sqrt(p->square) < 1.1e-6 * ILI_COULOMB);
}

/** A way to sum the Coulomb energy. */
typedef struct way {
    ili_kspace_method method;
    double accuracy;
    bool is_single; /**< what mixed precision makes of the mesh */
} way;

static void check_way(const il_model *model, const way *w) {
    const double T = 600.0;
    il_system *sys = NULL;
    il_ff *moves = NULL;
    il_ff_options options;
    probe p = {.seen = 0};
    REQUIRE_OK(il_system_read(ctx, "structures/LGP.cif", &sys));
    il_ff_options_default(&options);
    options.coulomb = w->method;
    options.accuracy = w->accuracy;
    for (int m = 0; m < 2; m++) {
        options.precision = m;
        REQUIRE_OK(il_ff_create(ctx, model, sys, &options, &p.ff[m]));
        p.f[m] = ili_alloc((size_t)sys->n_atoms, sizeof *p.f[m]);
    }
    REQUIRE_OK(il_ff_create(ctx, model, sys, &options, &moves));
    CHECK(ili_kspace_get_info(ili_ff_kspace(moves)).is_single == w->is_single);
    follow(sys, T, moves, &p);
    check_power(&p, ILI_KB * T * sys->n_atoms);
    for (int m = 0; m < 2; m++) {
        il_ff_destroy(&p.ff[m]);
        ili_free(p.f[m]);
    }
    il_ff_destroy(&moves);
    il_system_destroy(&sys);
}

TEST(mixed_precision_does_no_work) {
    static const way ways[] = {{ILI_KSPACE_EWALD, 1e-6, false}, {ILI_KSPACE_MESH, 1e-5, true}};
    il_model *model = NULL;
    il_set_threads(ctx, 1);
    REQUIRE_OK(il_model_read(ctx, "potentials/pmmcs.yaml", &model));
    for (int set = 0; set < ILI_SIMD_SETS; set++) {
        if (!ili_simd_is_here((ili_simd)set)) continue;
        ctx->simd = (ili_simd)set;
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) check_way(model, &ways[k]);
    }
    il_model_destroy(&model);
}

TESTS(RUN(a_drift_is_told_with_an_honest_error); RUN(mixed_precision_does_no_work))
