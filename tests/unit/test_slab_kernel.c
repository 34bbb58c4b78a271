/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The influence function of a slab against the potential of de Leeuw and Perram, wave by wave, without a mesh. */
#include "harness.h"

#include "ff/slab_kernel.h"
#include "ff/slab_tune.h"
#include "math/units.h"

static const double ALPHA = 0.5;

/** theory.md (4.16) */
static double potential(double k, double z) {
    if (k == 0.0)
        return -2.0 * sqrt(ILI_PI) *
               (exp(-ALPHA * ALPHA * z * z) / ALPHA + sqrt(ILI_PI) * z * erf(ALPHA * z));
    return ILI_PI / k *
           (exp(k * z) * erfc(0.5 * k / ALPHA + ALPHA * z) + exp(-k * z) * erfc(0.5 * k / ALPHA - ALPHA * z));
}

/** A square lattice whose waves are multiples of k, on 16 x 12 points. */
static ili_slab_kernel *make(double k, double thickness, double stretch, double tolerance, double b[2][3]) {
    ili_slab_grid grid = {.order = 8,
                          .spacing = 0.125,
                          .low = -3.0,
                          .high = thickness - 3.0,
                          .stretch = stretch,
                          .tolerance = tolerance};
    grid.size[0] = (int)(thickness / grid.spacing) + grid.order;
    grid.size[1] = 16;
    grid.size[2] = 12;
    memset(b, 0, 2 * sizeof *b);
    b[0][0] = k;
    b[1][1] = k;
    ili_slab_kernel *kernel = NULL;
    CHECK_OK(ili_slab_kernel_create(ctx, &grid, ALPHA, 8, (const double(*)[3])b, &kernel));
    if (!kernel) exit(EXIT_FAILURE);
    return kernel;
}

/** Potential at z of the wave in lane l, summed over its period. */
static double summed(const ili_slab_axis *a, const ili_slab_waves *w, int l, double z) {
    double sum = 0.0, value[ILI_SLAB_LANES], slope[ILI_SLAB_LANES];
    for (int m = 0; m <= a->n / 2; m++) {
        ili_slab_weigh(8, a, w, m, 0.0, value, slope);
        sum += (m ? 2.0 : 1.0) * value[l] * cos(2.0 * ILI_PI * m * z / a->length);
    }
    return 4.0 * ILI_PI / a->length * exp(-0.25 * w->k2[l] / (ALPHA * ALPHA)) * sum;
}

/** Waves of a plane that has grown by the stretch that its plan allows. */
static void check_waves(double k, double thickness, double stretch, double tolerance) {
    double b[2][3];
    int n_seen = 0, n_cut = 0;
    ili_slab_kernel *kernel = make(k, thickness, stretch, tolerance, b);
    b[0][0] /= stretch;
    b[1][1] /= stretch;
    for (int i = 0; i < kernel->n_batches; i++) {
        const ili_slab_batch *batch = &kernel->batch[i];
        const ili_slab_axis *a = &kernel->axis[batch->axis];
        ili_slab_waves w;
        ili_slab_waves_of(kernel, batch, (const double(*)[3])b, 10.0, &w);
        for (int l = 0; l < batch->n && !batch->is_left_out; l++, n_seen++) {
            double wave = sqrt(w.k2[l]);
            n_cut += a->is_cut;
            for (double z = 0.0; z <= thickness; z += 0.0625 * fmax(thickness, 1.0)) {
                double error = summed(a, &w, l, z) - potential(wave, z);
                /* k phi_k is what the tolerance bounds; of a single plane the potential itself, widths apart */
                CHECK_NEAR(error * fmax(wave, 0.3 * ALPHA), 0.0,
                           2.0 * tolerance + 1e-12 * fmax(thickness, 1.0));
            }
        }
    }
    CHECK(n_seen > 40 && n_cut >= 1);
    if (thickness >= 30.0 && k > 0.5) CHECK(n_cut < n_seen / 2);
    ili_slab_kernel_destroy(&kernel);
    ili_slab_kernel_destroy(&kernel);
}

TEST(potential_of_waves) {
    for (double tolerance = 1e-4; tolerance > 1e-12; tolerance *= 1e-3)
        for (double thickness = 0.0; thickness <= 60.0; thickness += 30.0)
            for (double k = 0.02; k < 1.0; k *= 3.0) check_waves(k, thickness, 1.0, tolerance);
}

TEST(potential_of_waves_that_have_grown) {
    for (double tolerance = 1e-4; tolerance > 1e-12; tolerance *= 1e-3)
        for (double k = 0.02; k < 1.0; k *= 3.0) check_waves(k, 30.0, 1.3, tolerance);
}

/** The derivative by k^2, bare factor included, is one. */
TEST(slopes) {
    double b[2][3], value[3][ILI_SLAB_LANES], slope[ILI_SLAB_LANES];
    const double decay = 0.25 / (ALPHA * ALPHA), step = 1e-4;
    ili_slab_kernel *kernel = make(0.1, 20.0, 1.0, 1e-6, b);
    ili_slab_waves w[3];
    for (int i = 0; i < kernel->n_batches; i++) {
        const ili_slab_axis *a = &kernel->axis[kernel->batch[i].axis];
        for (int side = 0; side < 3; side++) {
            double scaled[2][3] = {{b[0][0] * (1.0 + step * (side - 1))},
                                   {0.0, b[1][1] * (1.0 + step * (side - 1))}};
            ili_slab_waves_of(kernel, &kernel->batch[i], (const double(*)[3])scaled, 10.0, &w[side]);
        }
        for (int m = 0; m <= a->n / 2; m += 3) {
            for (int side = 2; side >= 0; side--)
                ili_slab_weigh(8, a, &w[side], m, decay, value[side], slope);
            ili_slab_weigh(8, a, &w[1], m, decay, value[1], slope);
            for (int l = 0; l < kernel->batch[i].n; l++) {
                if (w[1].k2[l] == 0.0) continue;
                double want = (value[2][l] * w[2].bare[l] - value[0][l] * w[0].bare[l]) /
                              (w[2].k2[l] - w[0].k2[l]) / w[1].bare[l];
                CHECK_NEAR(slope[l], want, 1e-6 * (fabs(want) + value[1][l] * decay));
            }
        }
    }
    ili_slab_kernel_destroy(&kernel);
}

/** Every wave on the half mesh is in one batch, once. */
TEST(batches_cover_the_mesh) {
    double b[2][3];
    ili_slab_kernel *kernel = make(0.3, 10.0, 1.0, 1e-5, b);
    int count[16][7] = {{0}};
    for (int i = 0; i < kernel->n_batches; i++)
        for (int l = 0; l < kernel->batch[i].n; l++) {
            const int *m = kernel->batch[i].m[l];
            bool is_kept = m[0] != 8 && m[1] != 6 && m[0] * m[0] + m[1] * m[1] <= 36;
            count[(m[0] + 16) % 16][m[1]]++;
            CHECK(kernel->batch[i].is_left_out == !is_kept);
        }
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 7; j++) CHECK(count[i][j] == 1);
    ili_slab_kernel_destroy(&kernel);
}

/** Images push no harder than asked: n waves of random phases by theory.md (4.18). */
TEST(images_keep_their_share) {
    static const double h[3][3] = {{12, 0, 0}, {3, 14, 0}, {0, 0, 1}}, area = 12.0 * 14.0;
    double q[90];
    for (int i = 0; i < 90; i++) q[i] = i % 2 ? 1.5 : -1.5;
    const ili_charge_sums sums = ili_charge_sums_of(90, q);
    for (double images = 1e-6; images > 1e-13; images *= 1e-3) {
        const ili_slab_task task = {
            .h = h, .alpha = ALPHA, .high = 20.0, .target = 1e-5, .images = images, .stretch = 1.02};
        ili_slab_grid grid;
        REQUIRE_OK(ili_slab_tune(ctx, &sums, &task, &grid));
        CHECK(sqrt(grid.size[1] * grid.size[2]) / area * 90 * 2.25 / sqrt(90) * grid.tolerance <=
              images * (1.0 + 1e-12));
    }
}

TESTS(RUN(potential_of_waves), RUN(potential_of_waves_that_have_grown), RUN(slopes),
      RUN(batches_cover_the_mesh), RUN(images_keep_their_share))
