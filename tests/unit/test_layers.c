/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Transport by layer of planted Brownian motion: diffusivities, crossings, permeability and resistance are known. */
#include "harness.h"

#include "analysis/layers.h"
#include "analysis/smoluchowski.h"
#include "base/rng.h"
#include "math/units.h"
#include "math/vec.h"

enum { N = 100 };
static const double KT_E2 =
    1e-31 * ILI_BOLTZMANN_SI * 500.0 / (ILI_E_CHARGE_SI * ILI_E_CHARGE_SI); /* at 500 K */

/** What the walkers feel: three layers of 10 A between walls at 0 and 30 A, or a ring of that length. */
typedef struct world {
    double d[3]; /**< angstrom^2/fs by layer */
    double barrier,
        step; /**< kT: height of a Gaussian barrier at 15 A; free energy of the upper half, rising over 1 A */
    bool is_ring;
    int substeps;
} world;

static double ramp(double z, double at, double width) {
    return 0.5 * (1.0 + tanh((z - at) / width));
}
static double d_at(const world *w, double z) {
    return w->d[0] + (w->d[1] - w->d[0]) * ramp(z, 10.0, 0.3) + (w->d[2] - w->d[1]) * ramp(z, 20.0, 0.3);
}
static double f_at(const world *w, double z) {
    return w->barrier * exp(-(z - 15.0) * (z - 15.0) / 4.5) + w->step * ramp(z, 15.0, 1.0);
}
static double slope_of(double (*g)(const world *, double), const world *w, double z) {
    return (g(w, z + 1e-4) - g(w, z - 1e-4)) / 2e-4;
}
static bool is_flat(const world *w) {
    return w->barrier == 0.0 && w->step == 0.0 && w->d[0] == w->d[1] && w->d[1] == w->d[2];
}

/** Integral over the stack of g: exp(-F) for what = 0, exp(F)/D for what = 1. */
static double integral(const world *w, int what, double low, double high) {
    double sum = 0.0, dz = 0.005;
    for (double z = low + 0.5 * dz; z < high; z += dz)
        sum += dz * (what ? exp(f_at(w, z)) / d_at(w, z) : exp(-f_at(w, z)));
    return sum;
}

static const double BOUNDS[4] = {0.1, 0.35, 0.6, 0.85}, RING[4] = {0.1, 0.1 + 1.0 / 3, 0.1 + 2.0 / 3, 1.1};

static ili_layers_plan plan_of(const world *w, double margin, double frame_time, const bool *mobile) {
    return (ili_layers_plan){.n_atoms = N + 1,
                             .mobile = mobile,
                             .axis = 2,
                             .n_layers = 3,
                             .bounds = w->is_ring ? RING : BOUNDS,
                             .cell = {.h = {{20, 0, 0}, {-8, 18, 0}, {0, 0, w->is_ring ? 30 : 40}},
                                      .pbc = {true, true, w->is_ring}},
                             .margin = margin,
                             .bin = 0.25,
                             .frame_time = frame_time,
                             .temperature = 500.0,
                             .z = 1.0,
                             .max_lag = 256};
}

/** Frames of `frame_time` fs each. Positions start in equilibrium. In the plane the diffusivity is 1.5 and 0.5 times d. */
static ili_layers *walk(const world *w, int frames, double frame_time, double margin, uint64_t seed,
                        int save_at) {
    static double s[N + 1][3];
    double x[N][3], inv[3][3], dt = frame_time / w->substeps;
    bool mobile[N + 1] = {false};
    ili_rng rng = ili_rng_make(seed, 4);
    ili_layers *l = NULL, *restored = NULL;
    for (int i = 0; i < N; i++) mobile[i + 1] = true;
    ili_layers_plan plan = plan_of(w, margin, frame_time, mobile);
    if (ili_layers_create(ctx, &plan, &l) != IL_OK) return NULL;
    ili_inverse(plan.cell.h, inv);
    for (int i = 0; i < N; i++) {
        x[i][0] = x[i][1] = 0.0;
        do x[i][2] = 30.0 * ili_rng_uniform(&rng);
        while (ili_rng_uniform(&rng) > exp(-f_at(w, x[i][2]) + fmin(w->step, 0.0)));
    }
    for (int f = 0; f < frames; f++) {
        for (int i = 0; i < N; i++) {
            double shifted[3] = {x[i][0], x[i][1], x[i][2] + (w->is_ring ? 3.0 : 4.0)};
            ili_vec_mat(shifted, inv, s[i + 1]);
        }
        CHECK_OK(ili_layers_add(ctx, l, (const double(*)[3])s));
        for (int i = 0; i < N; i++)
            for (int k = 0; k < w->substeps; k++) {
                double *p = x[i], d = w->d[0];
                if (!is_flat(w)) {
                    d = d_at(w, p[2]);
                    p[2] += dt * (slope_of(d_at, w, p[2]) - d * slope_of(f_at, w, p[2]));
                }
                if (is_flat(w) || k == 0) {
                    p[0] += sqrt(3.0 * d * dt * (is_flat(w) ? 1 : w->substeps)) * ili_rng_normal(&rng);
                    p[1] += sqrt(1.0 * d * dt * (is_flat(w) ? 1 : w->substeps)) * ili_rng_normal(&rng);
                }
                p[2] += sqrt(2.0 * d * dt) * ili_rng_normal(&rng);
                if (w->is_ring) continue;
                if (p[2] < 0.0) p[2] = -p[2];
                if (p[2] > 30.0) p[2] = 60.0 - p[2];
            }
        if (f != save_at) continue;
        ili_bytes bytes = {0};
        CHECK_OK(ili_layers_create(ctx, &plan, &restored));
        ili_layers_carry(l, &bytes);
        ili_bytes_rewind(&bytes);
        ili_layers_carry(restored, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        ili_bytes_free(&bytes);
        ili_layers_destroy(&l);
        l = restored;
    }
    return l;
}

static void near(ili_estimate e, double want, double sigmas, double widest, int line) {
    if (!(fabs(e.value - want) <= sigmas * e.sigma) || !(e.sigma < widest * fabs(want)))
        fprintf(stderr, "line %d: %g +- %g, expected %g (error at most %g)\n", line, e.value, e.sigma, want,
                widest * want);
    CHECK(fabs(e.value - want) <= sigmas * e.sigma);
    CHECK(e.sigma < widest * fabs(want));
}
#define NEAR(e, want, widest) near((e), (want), 6.0, (widest), __LINE__)

/** Resistance of the whole stack, ohm cm^2: kT/e^2 A/N integral exp(-F) integral exp(F)/D. */
static double planted(const world *w) {
    return KT_E2 * 360.0 / N * integral(w, 0, 0.0, 30.0) * integral(w, 1, 0.0, 30.0);
}

TEST(even_medium) {
    static const world W = {.d = {1e-3, 1e-3, 1e-3}, .substeps = 1};
    ili_layers_result r;
    for (int ring = 0; ring < 2; ring++) {
        world w = W;
        w.is_ring = ring;
        ili_layers *l = walk(&w, 6000, 100.0, 2.0, 3, -1);
        REQUIRE_OK(ili_layers_estimate(ctx, l, &r));
        CHECK(r.is_ring == ring && r.n_mobile == N);
        CHECK_NEAR(r.area, 360.0, 1e-9);
        for (int k = 0; k < 3; k++) {
            NEAR(r.layer[k].d_plane[0], 1.5e-3, 0.1);
            NEAR(r.layer[k].d_plane[1], 0.5e-3, 0.1);
            CHECK_NEAR(r.layer[k].d_plane[2].value, 0.0, 6.0 * r.layer[k].d_plane[2].sigma);
            NEAR(r.layer[k].d_local, 1e-3, 0.2);
            NEAR(r.layer[k].d_normal, 1e-3, 0.2);
            NEAR(r.layer[k].d_survival, 1e-3, 0.1);
            NEAR(r.layer[k].atoms, N / 3.0, 0.15);
            CHECK(r.layer[k].is_diffusive && r.layer[k].survival >= 0.3);
        }
        NEAR(r.asr, planted(&w), 0.1);
        NEAR(r.asr_crossing, planted(&w), 0.1);
        NEAR(r.permeability, 1e-3 / 30.0, 0.1);
        ili_layers_destroy(&l);
    }
}

TEST(barrier_and_three_diffusivities) {
    static const world W = {.d = {2e-3, 1e-3, 0.5e-3}, .barrier = 1.5, .step = 0.7, .substeps = 12};
    ili_layers_result r;
    ili_layers *l = walk(&W, 4000, 100.0, 2.0, 5, -1);
    REQUIRE_OK(ili_layers_estimate(ctx, l, &r));
    double z = integral(&W, 0, 0.0, 30.0);
    for (int k = 0; k < 3; k++) {
        NEAR(r.layer[k].d_plane[1], 0.5 * W.d[k], 0.2);
        NEAR(r.layer[k].d_local, W.d[k], 0.2);
        NEAR(r.layer[k].atoms, N * integral(&W, 0, 10.0 * k, 10.0 * k + 10.0) / z, 0.1);
    }
    double mean = integral(&W, 0, 10.0, 20.0) / 10.0, inverse = 0.0;
    for (double y = 10.0005; y < 20.0; y += 0.001) inverse += 1e-4 * exp(f_at(&W, y));
    NEAR(r.layer[1].d_normal, 1e-3 / (mean * inverse), 0.15);
    NEAR(r.asr, planted(&W), 0.1);
    NEAR(r.asr_crossing, planted(&W), 0.1);
    double permeability = integral(&W, 0, 0.0, 10.0) / 10.0 / integral(&W, 1, 0.0, 30.0);
    NEAR(r.permeability, permeability, 0.1);
    NEAR(r.permeability_crossing, permeability, 0.1);
    ili_layers_destroy(&l);
}

/** 60 short runs in an even medium: no bias within a third of an error, and errors that cover. Errors come from 16 to 31 parts and lags
 *  of up to a part's half: 0.68 and 0.95 less a little; five deviations of 60 are 0.30 and 0.15. */
TEST(errors_cover) {
    enum { RUNS = 60, NUMBERS = 7 };
    static const world W = {.d = {1e-3, 1e-3, 1e-3}, .substeps = 1};
    double z[NUMBERS] = {0.0}, in68[NUMBERS] = {0.0}, in95[NUMBERS] = {0.0};
    /* one way through plane 1 (10 A), cores 2 A apart from it: 4 A of path and what is not seen */
    double path = 4.0 + 2.0 * ili_unseen_shift(1e-3, 100.0), flux = N / (30.0 * 360.0) * 1e-3 / path;
    for (int run = 0; run < RUNS; run++) {
        ili_layers_result r;
        ili_layers *l = walk(&W, 1500, 100.0, 2.0, 100 + (uint64_t)run, -1);
        REQUIRE_OK(ili_layers_estimate(ctx, l, &r));
        ili_estimate got[NUMBERS] = {
            r.layer[1].d_plane[0], r.layer[1].d_local, r.layer[0].d_local, r.layer[1].d_survival, r.asr,
            r.asr_crossing,        r.plane[1].flux};
        double want[NUMBERS] = {1.5e-3, 1e-3, 1e-3, 1e-3, planted(&W), planted(&W), flux};
        for (int k = 0; k < NUMBERS; k++) {
            double t = (got[k].value - want[k]) / got[k].sigma;
            z[k] += t / RUNS;
            in68[k] += fabs(t) < 1.0;
            in95[k] += fabs(t) < 2.0;
        }
        ili_layers_destroy(&l);
    }
    for (int k = 0; k < NUMBERS; k++) {
        CHECK_NEAR(z[k], 0.0, 0.33 + 5.0 / sqrt(RUNS));
        CHECK(in68[k] / RUNS > 0.62 - 0.30 && in95[k] / RUNS > 0.92 - 0.17);
    }
}

/** A wall in the middle that nobody crosses: bounds, in the right place, and words. */
TEST(closed_barrier) {
    static const world W = {.d = {1e-3, 1e-3, 1e-3}, .barrier = 60.0, .substeps = 8};
    ili_layers_result r;
    ili_layers *l = walk(&W, 600, 20.0, 5.0, 8, -1);
    REQUIRE_OK(ili_layers_estimate(ctx, l, &r));
    int64_t seen = 0;
    for (int p = 1; p < 3; p++)
        seen += r.plane[p].up * r.plane[p].down; /* cores of layer 1 are its middle: nobody gets there */
    CHECK(seen == 0 && isinf(r.asr_crossing.value) && r.asr_crossing.low > 0.0 &&
          strstr(r.verdict, "no crossing") != NULL);
    CHECK_NEAR(r.plane[1].flux.high * r.area * r.total_time, 2.9957, 1e-3);
    CHECK_NEAR(r.plane[1].resistance.low, KT_E2 / r.plane[1].flux.high, 1e-6 * r.plane[1].resistance.low);
    CHECK(r.layer[1].empty_bins > 0 && isinf(r.asr.high) && isinf(r.layer[1].resistance.high));
    CHECK(isinf(r.layer[0].residence.value) && r.layer[0].residence.low > 0.0);
    /* two planes in a row let through at most half of what one lets through */
    CHECK(r.permeability_crossing.value == 0.0);
    CHECK_NEAR(r.permeability_crossing.high, 0.5 * r.plane[1].flux.high / r.layer[0].density.value,
               1e-9 * r.permeability_crossing.high);
    ili_layers_destroy(&l);
}

/** Particles without charge have no resistance, and the same permeability. */
TEST(neutral) {
    static const world W = {.d = {1e-3, 1e-3, 1e-3}, .substeps = 1};
    static bool mobile[N + 1];
    static double s[N + 1][3];
    static ili_layers_result r[2];
    ili_rng rng = ili_rng_make(1, 4);
    ili_layers *l[2] = {NULL, NULL};
    for (int i = 1; i <= N; i++) mobile[i] = true;
    for (int k = 0; k < 2; k++) {
        ili_layers_plan plan = plan_of(&W, 1.0, 100.0, mobile);
        if (k == 1) plan.z = NAN;
        REQUIRE_OK(ili_layers_create(ctx, &plan, &l[k]));
    }
    for (int f = 0; f < 400; f++) {
        for (int i = 1; i <= N; i++) s[i][2] = 0.1 + 0.75 * ili_rng_uniform(&rng);
        for (int k = 0; k < 2; k++) CHECK_OK(ili_layers_add(ctx, l[k], (const double(*)[3])s));
    }
    for (int k = 0; k < 2; k++) {
        REQUIRE_OK(ili_layers_estimate(ctx, l[k], &r[k]));
        ili_layers_destroy(&l[k]);
    }
    CHECK(isfinite(r[0].plane[1].resistance.value) && isnan(r[1].plane[1].resistance.value));
    CHECK(isnan(r[1].asr_crossing.value) && isnan(r[1].asr_crossing.low) && isnan(r[1].asr.value));
    CHECK(r[1].plane[1].up > 100 && r[1].plane[1].flux.value == r[0].plane[1].flux.value);
}

TEST(bits) {
    static const world W = {.d = {1e-3, 2e-3, 1e-3}, .substeps = 1};
    static ili_layers_result r[3];
    for (int way = 0; way < 3; way++) {
        il_set_threads(ctx, way == 1 ? 4 : 1);
        ili_layers *l = walk(&W, 500, 50.0, 1.0, 8, way == 2 ? 123 : -1);
        REQUIRE_OK(ili_layers_estimate(ctx, l, &r[way]));
        CHECK(ili_layers_frames(l) == 500 && ili_layers_memory(l) < 4000000);
        ili_layers_destroy(&l);
        CHECK(r[way].asr.value == r[0].asr.value && r[way].asr.sigma == r[0].asr.sigma);
        CHECK(r[way].asr_crossing.value == r[0].asr_crossing.value && r[way].plane[1].up == r[0].plane[1].up);
        CHECK(r[way].layer[1].d_plane[0].sigma == r[0].layer[1].d_plane[0].sigma && r[0].plane[1].up > 10);
    }
}

/** Even layer with two absorbing faces: the textbook series; displacement 2 u at first; one reflecting face: a layer twice as thick. */
TEST(modes) {
    double p[ILI_MODES_MAX], square;
    ili_modes both, one;
    for (int k = 0; k < ILI_MODES_MAX; k++) p[k] = 3.0;
    CHECK(ili_modes_make(ILI_MODES_MAX, p, 10.0, true, true, &both));
    CHECK(ili_modes_make(ILI_MODES_MAX, p, 5.0, false, true, &one));
    for (double u = 0.5; u < 30.0; u *= 2.0) {
        double want = 0.0;
        for (int n = 1; n < 200; n += 2)
            want += 8.0 / (n * n * ILI_PI * ILI_PI) * exp(-n * n * ILI_PI * ILI_PI * u / 100.0);
        CHECK_NEAR(ili_modes_survival(&both, u, NULL), want, 2e-3);
        CHECK_NEAR(ili_modes_survival(&one, u, NULL), want, 2e-3);
    }
    CHECK_NEAR(ili_modes_survival(&both, 0.0, &square), 1.0, 1e-12);
    CHECK_NEAR(square, 0.0, 1e-9);
    ili_modes_survival(&both, 0.02, &square);
    CHECK_NEAR(square, 0.04, 0.002);
    double then, now, d = 2e-3;
    double left = ili_modes_seen(&both, d, 1000.0, 50.0, &now) / ili_modes_seen(&both, d, 500.0, 50.0, &then);
    CHECK_NEAR(ili_modes_d_of_growth(&both, now - then, 500.0, 1000.0, 50.0), d, 1e-9);
    CHECK_NEAR(ili_modes_d_of_survival(&both, left, 500.0, 1000.0, 50.0), d, 1e-9);
    CHECK(isnan(ili_modes_d_of_growth(&both, 50.0, 500.0, 1000.0, 50.0)));
    CHECK(isnan(ili_modes_d_of_survival(&both, 1.0, 500.0, 1000.0, 50.0)));
    p[3] = 0.0;
    CHECK(!ili_modes_make(ILI_MODES_MAX, p, 10.0, true, true, &both));
}

TEST(refusals) {
    static const world W = {.d = {1e-3, 1e-3, 1e-3}, .substeps = 1};
    bool mobile[N + 1] = {true};
    ili_layers *l = NULL;
    ili_layers_plan plan = plan_of(&W, 1.0, 1.0, mobile);
    const double falling[4] = {0.1, 0.3, 0.2, 0.5}, thick[4] = {0.0, 0.4, 0.8, 1.2};
    plan.bounds = falling;
    CHECK_STATUS(ili_layers_create(ctx, &plan, &l), IL_E_INPUT);
    plan.bounds = thick;
    plan.cell.pbc[2] = true;
    CHECK_STATUS(ili_layers_create(ctx, &plan, &l), IL_E_INPUT);
    plan = plan_of(&W, 1.0, 1.0, mobile);
    plan.z = 0.0;
    CHECK_STATUS(ili_layers_create(ctx, &plan, &l), IL_E_INPUT);
    plan.z = 1.0;
    mobile[0] = false;
    CHECK_STATUS(ili_layers_create(ctx, &plan, &l), IL_E_INPUT);
    CHECK(l == NULL);
}

TESTS(RUN(even_medium), RUN(barrier_and_three_diffusivities), RUN(errors_cover), RUN(closed_barrier),
      RUN(neutral), RUN(bits), RUN(modes), RUN(refusals))
