/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Coulomb mesh alone: every order and both precisions against converged waves, and bits that must not depend on anything but
 * places, charges and cell. */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/ewald.h"
#include "ff/kspace_tune.h"
#include "ff/mesh.h"
#include "ff/ff.h"
#include "ff/stencil.h"
#include "math/fft.h"
#include "math/units.h"
#include "math/vec.h"
#include "task/ff_options.h"

enum { N = 400 };
static const double ALPHA = 0.4;
static const double H[3][3] = {{17.0, 0.0, 0.0}, {5.0, 14.0, 0.0}, {-3.0, 4.0, 19.0}};
static double q[N], x[N][3];

typedef struct result {
    double energy, f[N][3], w[6], e_atom[N];
} result;
static result r0, r1;

/** Ions of charge -2 to 2 at random places, neutral in all. */
static void scatter(uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 1);
    for (int i = 0; i < N; i++) {
        double s[3];
        for (int d = 0; d < 3; d++) s[d] = 3.0 * ili_rng_uniform(&rng) - 1.0; /* images too */
        ili_vec_mat(s, H, x[i]);
        q[i] = (i % 2 ? -1.0 : 1.0) * (1 + i / 2 % 2);
    }
}

static void compute(ili_mesh *mesh, const double h[3][3], bool forces_only, result *r) {
    memset(r, 0, sizeof *r);
    ili_accum acc = {.f = r->f, .e_atom = forces_only ? NULL : r->e_atom, .forces_only = forces_only};
    REQUIRE_OK(ili_mesh_compute(ctx, mesh, h, (const double(*)[3])x, &r->energy, &acc));
    memcpy(r->w, acc.w, sizeof r->w);
}

static void solve(ili_mesh_plan plan, int n_threads, result *r) {
    ili_mesh *mesh = NULL;
    il_set_threads(ctx, n_threads);
    REQUIRE_OK(ili_mesh_create(ctx, &plan, N, q, &mesh));
    compute(mesh, H, false, r);
    ili_mesh_destroy(&mesh);
}

/** Neither row ends nor planes keep what others left in the scratch. */
TEST(scratch_leaves_no_trace) {
    scatter(10);
    for (int single = 0; single < 2; single++)
        for (int order = 5; order <= 8; order += 3) {
            const ili_mesh_plan plan = {
                .alpha = ALPHA, .size = {20, 24, 27}, .order = order, .is_single = single};
            solve(plan, 1, &r0);
            memset(ctx->scratch, 0xff, ctx->scratch_bytes);
            solve(plan, 2, &r1);
            CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
        }
}

/** Converged waves. */
static void exact(const ili_charge_sums *s, const double h[3][3], result *r) {
    ili_ewald *waves = NULL;
    memset(r, 0, sizeof *r);
    ili_accum acc = {.f = r->f, .e_atom = r->e_atom};
    double k_cut = ili_tune_wave_cutoff(s, fabs(ili_det(h)), ALPHA, 1e-11);
    REQUIRE_OK(ili_ewald_create(ctx, N, q, h, ALPHA, k_cut, &waves));
    ili_ewald_compute(ctx, waves, h, (const double(*)[3])x, &r->energy, &acc);
    memcpy(r->w, acc.w, sizeof r->w);
    ili_ewald_destroy(&waves);
}

/** RMS difference of forces, or RMS force, over 14.4 eV/angstrom. */
static double rms(const result *a, const result *b) {
    double sum = 0.0;
    for (int i = 0; i < N; i++)
        for (int d = 0; d < 3; d++) {
            double difference = a->f[i][d] - (b ? b->f[i][d] : 0.0);
            sum += difference * difference;
        }
    return sqrt(sum / N) / ILI_COULOMB;
}

/** Orders odd and even have the error that the estimate says, which is exact on average over places; 400 of them leave 25 %. */
TEST(orders_keep_their_estimate) {
    scatter(1);
    const ili_charge_sums s = ili_charge_sums_of(N, q);
    exact(&s, H, &r0);
    for (int order = 4; order <= 12; order++)
        for (int size = 18; size <= 30; size += 6) {
            ili_mesh_plan plan = {
                .alpha = ALPHA, .size = {size, size, ili_fft_good_size(size + 1)}, .order = order};
            double estimate = ili_tune_mesh_error(&s, H, ALPHA, plan.size, order);
            solve(plan, 1, &r1);
            CHECK(rms(&r1, &r0) < 1.25 * estimate);
            if (size > 18) CHECK(rms(&r1, &r0) > 0.75 * estimate);
            CHECK_NEAR(r1.energy, r0.energy, 10.0 * estimate * ILI_COULOMB / ALPHA * sqrt(N));
        }
}

/** Share u_m, m = -2 .. 2, of the aliases of a wave on one axis. */
static void shares(double kappa, int order, double u[5]) {
    double sum = 0.0;
    for (int m = -2; m <= 2; m++) sum += pow(kappa / (kappa + m), 2 * order);
    for (int m = -2; m <= 2; m++) u[m + 2] = pow(kappa / (kappa + m), order) / sum;
}

/** (4.12) and the push of a charge on itself at one wave: its bracket as it stands there, and u_0 u_d summed over both signs. */
static double bracket(const double b[3][3], const double kappa[3], int order, double k2, double self[3]) {
    double u[3][5], squares = 0.0, moments = 0.0;
    for (int d = 0; d < 3; d++) shares(kappa[d], order, u[d]);
    for (int m = 0; m < 125; m++) {
        const int at[3] = {m % 5, m / 5 % 5, m / 25};
        double k[3] = {0}, w = 1.0;
        for (int d = 0; d < 3; d++) {
            w *= u[d][at[d]] * u[d][at[d]];
            for (int c = 0; c < 3; c++) k[c] += (kappa[d] + at[d] - 2) * b[d][c];
        }
        squares += w;
        moments += w * ili_dot(k, k);
    }
    const double kept = pow(u[0][2] * u[1][2] * u[2][2], 2);
    for (int d = 0; d < 3; d++) self[d] = 0.5 * kept / u[d][2] * (u[d][1] + u[d][3]);
    return moments * squares - 2.0 * k2 * kept + k2;
}

/** The estimate is (4.12) summed wave by wave, in an oblique cell on a mesh of three spacings. */
TEST(estimate_is_its_equation) {
    enum { POINTS = 16 };
    const double h[3][3] = {{17, 0, 0}, {6, 15, 0}, {-5, 7, 21}}, alpha = 0.35;
    const int size[3] = {16, 18, 15}, order = 4;
    const ili_charge_sums s = {.n = 100, .q2 = 150.0, .q4 = 400.0};
    double inverse[3][3], b[3][3], reach[3], pair = 0.0, push[3] = {0}, nyquist = INFINITY, cell = 1.0;
    ili_inverse(h, inverse);
    for (int d = 0; d < 3; d++) {
        const double spacing = ili_norm(h[d]) / size[d];
        for (int c = 0; c < 3; c++) b[d][c] = 2.0 * ILI_PI * size[d] * inverse[c][d];
        reach[d] = fmin(0.5, alpha * (sqrt(2.0 * order) + 3.5) * spacing / (2.0 * ILI_PI));
        nyquist = fmin(nyquist, ILI_PI / spacing);
        cell *= 2.0 * reach[d] / POINTS * size[d];
    }
    for (int i = 0; i < POINTS * POINTS * POINTS; i++) {
        const int at[3] = {i % POINTS, i / POINTS % POINTS, i / POINTS / POINTS};
        double kappa[3], k[3] = {0}, self[3];
        for (int d = 0; d < 3; d++) {
            kappa[d] = reach[d] * ((2.0 * at[d] + 1.0) / POINTS - 1.0);
            for (int c = 0; c < 3; c++) k[c] += kappa[d] * b[d][c];
        }
        const double k2 = ili_dot(k, k), phi = 4.0 * ILI_PI / k2 * exp(-0.25 * k2 / (alpha * alpha));
        pair += cell * phi * phi * bracket(b, kappa, order, k2, self);
        for (int d = 0; d < 3; d++) push[d] += 2.0 * cell * ili_norm(b[d]) * phi * self[d];
    }
    const double volume = ili_det(h), cut = ili_tune_wave_error(&s, volume, alpha, nyquist);
    double expected = pair * s.q2 * s.q2 / s.n + cut * cut * volume * volume;
    for (int d = 0; d < 3; d++) expected += 0.5 * push[d] * push[d] * s.q4 / s.n;
    expected = sqrt(expected) / volume;
    CHECK_NEAR(ili_tune_mesh_error(&s, h, alpha, size, order), expected, 1e-10 * expected);
}

/** Floats round to 6e-8 of what they hold. A force is the difference of potentials that are 20 times larger (1/angstrom against the
 *  width of a spline), summed over some hundred points: 5e-7 of the RMS force; the energy averages over charges. */
TEST(floats_differ_by_rounding) {
    for (int order = 4; order <= 8; order++) {
        scatter(2);
        ili_mesh_plan plan = {.alpha = ALPHA, .size = {30, 28, 35}, .order = order};
        solve(plan, 1, &r0);
        plan.is_single = true;
        solve(plan, 1, &r1);
        CHECK(rms(&r1, &r0) < 5e-7 * rms(&r0, NULL));
        CHECK(rms(&r1, &r0) > 1e-9 * rms(&r0, NULL)); /* floats indeed */
        CHECK_NEAR(r1.energy, r0.energy, 5e-7 * fabs(r0.energy));
        for (int v = 0; v < 6; v++) CHECK_NEAR(r1.w[v], r0.w[v], 1e-6 * fabs(r0.energy));
    }
}

TEST(threads_give_the_same_bits) {
    scatter(3);
    for (int single = 0; single < 2; single++)
        for (int order = 5; order <= 8; order += 3) {
            const ili_mesh_plan plan = {
                .alpha = ALPHA, .size = {20, 24, 27}, .order = order, .is_single = single};
            for (int n_threads = 1; n_threads <= 8; n_threads++) {
                solve(plan, n_threads, n_threads == 1 ? &r0 : &r1);
                if (n_threads > 1) CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
            }
        }
}

/** Threads asked for and not given, as within a region of the caller's own; and more than there are runs of work. */
TEST(any_team_gives_the_same_bits) {
    const ili_mesh_plan plan = {.alpha = ALPHA, .size = {20, 24, 27}, .order = 6};
    scatter(4);
    solve(plan, 1, &r0);
#pragma omp parallel num_threads(2)
#pragma omp master
    solve(plan, 4, &r1);
    CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
    solve(plan, 100, &r1);
    CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
}

TEST(vectors_give_the_same_bits) {
    const ili_simd best = ctx->simd;
    scatter(9);
    for (int single = 0; single < 2; single++)
        for (int order = 4; order <= (single ? 8 : 12); order++) {
            const ili_mesh_plan plan = {
                .alpha = ALPHA, .size = {20, 24, 27}, .order = order, .is_single = single};
            ctx->simd = ILI_SIMD_SSE2;
            solve(plan, 1, &r0);
            ctx->simd = best;
            solve(plan, 1, &r1);
            CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
        }
}

TEST(forces_do_not_know_of_energies) {
    scatter(4);
    for (int single = 0; single < 2; single++) {
        const ili_mesh_plan plan = {.alpha = ALPHA, .size = {20, 24, 27}, .order = 6, .is_single = single};
        ili_mesh *mesh = NULL;
        REQUIRE_OK(ili_mesh_create(ctx, &plan, N, q, &mesh));
        compute(mesh, H, false, &r0);
        compute(mesh, H, true, &r1);
        CHECK(memcmp(r0.f, r1.f, sizeof r0.f) == 0);
        CHECK(r0.energy != 0.0 && r1.energy == 0.0);
        for (int v = 0; v < 6; v++) CHECK(r1.w[v] == 0.0);
        ili_mesh_destroy(&mesh);
    }
}

/** What is kept for a cell is dropped with it: going away and back gives the bits of a mesh that never left. */
TEST(cells_leave_no_trace) {
    double strained[3][3];
    memcpy(strained, H, sizeof strained);
    strained[1][0] += 0.2;
    strained[2][2] *= 1.01;
    scatter(5);
    const ili_mesh_plan plan = {.alpha = ALPHA, .size = {20, 24, 27}, .order = 6, .is_single = true};
    ili_mesh *mesh = NULL;
    REQUIRE_OK(ili_mesh_create(ctx, &plan, N, q, &mesh));
    compute(mesh, H, false, &r0);
    compute(mesh, (const double(*)[3])strained, false, &r1);
    CHECK(memcmp(&r0, &r1, sizeof r0) != 0);
    compute(mesh, H, false, &r1);
    CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
    ili_mesh_destroy(&mesh);
}

/** A cell so oblique that its exponentials do not fit into tables, and the same lattice by short vectors. */
TEST(oblique_cell) {
    scatter(6);
    const ili_charge_sums s = ili_charge_sums_of(N, q);
    double h[3][3];
    memcpy(h, H, sizeof h);
    for (int c = 0; c < 3; c++) h[2][c] += 3.0 * H[0][c] - 2.0 * H[1][c];
    const ili_mesh_plan plan = {.alpha = ALPHA, .size = {120, 120, 80}, .order = 8};
    const double estimate = ili_tune_mesh_error(&s, (const double(*)[3])h, ALPHA, plan.size, plan.order);
    ili_mesh *mesh = NULL;
    exact(&s, H, &r0);
    REQUIRE_OK(ili_mesh_create(ctx, &plan, N, q, &mesh));
    compute(mesh, (const double(*)[3])h, false, &r1);
    CHECK(estimate < 1e-5);
    CHECK(rms(&r1, &r0) < 2.0 * estimate);
    for (int v = 0; v < 6; v++) CHECK_NEAR(r1.w[v], r0.w[v], 1e-4);
    ili_mesh_destroy(&mesh);
}

/** Wherever the planes are cut, the grid has the same bits, and it holds all charge. */
TEST(slices_give_the_same_bits) {
    enum { PLANES = 20, ROWS = 12, COLUMNS = 15, ROW = 32, PLANE = ROWS * ROW };
    static double grid[2][PLANES * PLANE];
    const ili_stencil_shape shape = {.size = {PLANES, ROWS, COLUMNS}, .order = 7, .row = ROW, .plane = PLANE};
    ili_stencil_frame frame = {.is_open = false};
    ili_stencil *s = NULL;
    scatter(7);
    for (int i = 0; i < N; i++) q[i] = 1.0 + 0.001 * i;
    ili_inverse(H, frame.inv);
    REQUIRE_OK(ili_stencil_create(ctx, false, N, q, &shape, &s));
    ili_stencil_place(s, &frame, (const double(*)[3])x);
    ili_stencil_spread(s, grid[0], 0, PLANES);
    for (int slices = 2; slices <= PLANES + 3; slices++) {
        CHECK(ili_stencil_slice(s, 0, slices) == 0 && ili_stencil_slice(s, slices, slices) == PLANES);
        for (int k = 0; k < slices; k++) {
            int first = ili_stencil_slice(s, k, slices), last = ili_stencil_slice(s, k + 1, slices);
            CHECK(first <= last);
            ili_stencil_spread(s, grid[1], first, last);
        }
        CHECK(memcmp(grid[0], grid[1], sizeof grid[0]) == 0);
    }
    double sum = 0.0, wanted = 0.0;
    for (int i = 0; i < PLANES; i++)
        for (int j = 0; j < ROWS; j++)
            for (int k = 0; k < COLUMNS; k++) sum += grid[0][i * PLANE + j * ROW + k];
    for (int i = 0; i < N; i++) wanted += q[i];
    CHECK_NEAR(sum, wanted, 1e-12 * wanted);
    ili_stencil_destroy(&s);
}

/** A place just below 0 is the place 0: to a double it lies a whole period higher, behind the last point. */
TEST(just_outside_the_cell) {
    for (int single = 0; single < 2; single++)
        for (int d = 0; d < 3; d++) {
            const ili_mesh_plan plan = {
                .alpha = ALPHA, .size = {20, 24, 27}, .order = 6, .is_single = single};
            scatter(10);
            memset(x[7], 0, sizeof x[7]);
            solve(plan, 1, &r0);
            for (int c = 0; c < 3; c++) x[7][c] = -1e-18 * H[d][c];
            solve(plan, 1, &r1);
            CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
        }
}

/** One charge q[0] by the waves of an odd mesh, of which each has its opposite there; returns the size of what was added. */
static double own_waves(double alpha, const int size[3], result *r) {
    const double decay = 0.25 / (alpha * alpha),
                 scale = 2.0 * ILI_PI * ILI_COULOMB / fabs(ili_det(H)) * q[0] * q[0];
    double inv[3][3], added = 0.0;
    ili_inverse(H, inv);
    memset(r, 0, sizeof *r);
    for (int a = -(size[0] / 2); a <= size[0] / 2; a++)
        for (int b = -(size[1] / 2); b <= size[1] / 2; b++)
            for (int c = -(size[2] / 2); c <= size[2] / 2; c++) {
                double k[3];
                for (int d = 0; d < 3; d++)
                    k[d] = 2.0 * ILI_PI * (a * inv[d][0] + b * inv[d][1] + c * inv[d][2]);
                const double k2 = ili_dot(k, k), e = k2 > 0.0 ? scale * exp(-decay * k2) / k2 : 0.0,
                             slope = k2 > 0.0 ? 2.0 * e * (1.0 / k2 + decay) : 0.0;
                r->energy += e;
                for (int v = 0; v < 6; v++)
                    r->w[v] += (v < 3 ? e : 0.0) - slope * k[ILI_VOIGT[v][0]] * k[ILI_VOIGT[v][1]];
                added += e + slope * k2;
            }
    return added;
}

/** What splines add to a charge's own energy is taken out on average over its places. Of a mean over P places along each axis
 *  what is left is the product of a wave's spline with that of the P-th alias, (x/(P - x))^order with x <= 1/2, in at most 8 ways
 *  along each of 3 axes. The mesh is coarse: what is taken out is 1 % and more. */
TEST(own_energy_is_exact_on_average) {
    enum { P = 10 };
    const double alpha = 0.36;
    for (int order = 7; order <= 8; order++) {
        const ili_mesh_plan plan = {.alpha = alpha, .size = {9, 9, 15}, .order = order};
        double mean = 0.0, w[6] = {0};
        ili_mesh *mesh = NULL;
        q[0] = 1.3;
        REQUIRE_OK(ili_mesh_create(ctx, &plan, 1, q, &mesh));
        for (int i = 0; i < P * P * P; i++) {
            const double s[3] = {(0.3 + i % P) / P / plan.size[0], (0.3 + i / P % P) / P / plan.size[1],
                                 (0.3 + i / P / P) / P / plan.size[2]};
            ili_vec_mat(s, H, x[0]);
            compute(mesh, H, false, &r1);
            CHECK_NEAR(r1.e_atom[0], r1.energy, 1e-13 * r1.energy);
            mean += r1.energy / (P * P * P);
            for (int v = 0; v < 6; v++) w[v] += r1.w[v] / (P * P * P);
        }
        const double tolerance = own_waves(alpha, plan.size, &r0) * 24.0 * pow(0.5 / (P - 0.5), order);
        CHECK_NEAR(mean, r0.energy, tolerance);
        for (int v = 0; v < 6; v++) CHECK_NEAR(w[v], r0.w[v], tolerance);
        ili_mesh_destroy(&mesh);
    }
}

/** A cut-off left to the force field stands in its settings, beside a splitting that belongs to it; dynamics leaves it open. */
TEST(settings_show_the_cutoff) {
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    il_ff_options o;
    il_ff_options_default(&o);
    o.coulomb_cutoff = 0.0;
    REQUIRE_OK(il_system_read(ctx, "structures/LGP.cif", &sys));
    REQUIRE_OK(il_model_read(ctx, "potentials/pmmcs.yaml", &model));
    REQUIRE_OK(il_ff_create(ctx, model, sys, &o, &ff));
    const ili_kspace_info info = ili_kspace_get_info(ili_ff_kspace(ff));
    CHECK(info.cutoff >= 5.0 && info.cutoff <= 14.0);
    CHECK(ili_ff_settings(ff).coulomb_cutoff == info.cutoff);
    il_ff_destroy(&ff);
    ili_ff_choice choice = {.coulomb = "auto",
                            .precision = "double",
                            .coulomb_cutoff = NAN,
                            .short_cutoff = NAN,
                            .accuracy = NAN};
    CHECK(isnan(ili_ff_choice_settings(&choice).coulomb_cutoff));
    CHECK(ili_ff_choice_dynamics(&choice).coulomb_cutoff == 0.0);
    choice.coulomb_cutoff = 9.0;
    CHECK(ili_ff_choice_dynamics(&choice).coulomb_cutoff == 9.0);
    il_model_destroy(&model);
    il_system_destroy(&sys);
}

TEST(memory) {
    scatter(8);
    const ili_mesh_plan plan = {.alpha = ALPHA, .size = {16, 16, 16}, .order = 6};
    ili_mesh *mesh = NULL;
    il_status status = IL_E_MEMORY;
    for (long nth = 1; nth < 100 && status == IL_E_MEMORY; nth++) {
        ili_alloc_fail_at(nth);
        status = ili_mesh_create(ctx, &plan, N, q, &mesh);
        ili_alloc_fail_at(0);
        CHECK((status == IL_OK) == (mesh != NULL));
    }
    CHECK_OK(status);
    double energy;
    ili_accum acc = {.f = r0.f};
    ili_free(ctx->scratch);
    ctx->scratch = NULL;
    ili_alloc_fail_at(1);
    CHECK_STATUS(ili_mesh_compute(ctx, mesh, H, (const double(*)[3])x, &energy, &acc), IL_E_MEMORY);
    ili_alloc_fail_at(0);
    CHECK_OK(ili_mesh_compute(ctx, mesh, H, (const double(*)[3])x, &energy, &acc));
    ili_mesh_destroy(&mesh);
    ili_mesh_destroy(&mesh);
}

TESTS(RUN(orders_keep_their_estimate), RUN(estimate_is_its_equation), RUN(floats_differ_by_rounding),
      RUN(threads_give_the_same_bits), RUN(any_team_gives_the_same_bits), RUN(vectors_give_the_same_bits),
      RUN(forces_do_not_know_of_energies), RUN(cells_leave_no_trace), RUN(scratch_leaves_no_trace),
      RUN(oblique_cell), RUN(slices_give_the_same_bits), RUN(just_outside_the_cell),
      RUN(own_energy_is_exact_on_average), RUN(settings_show_the_cutoff), RUN(memory))
