/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slabs on a mesh against the sum over the waves of the plane, charge by charge (de Leeuw and Perram 1979; Parry 1975). */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "ff/kspace.h"
#include "ff/mesh_slab.h"
#include "math/units.h"
#include "math/vec.h"

enum { MAX_ATOMS = 200 };

typedef struct slab {
    int n;
    ili_cell cell;
    double x[MAX_ATOMS][3], q[MAX_ATOMS];
} slab;

typedef struct result {
    double energy, f[MAX_ATOMS][3], w[6], e_atom[MAX_ATOMS];
} result;

/** Potential of a wave k and its derivative by z; theory.md (4.16). */
static void wave_potential(double alpha, double k, double z, double *phi, double *slope) {
    if (k == 0.0) {
        *phi =
            -2.0 * sqrt(ILI_PI) * (exp(-alpha * alpha * z * z) / alpha + sqrt(ILI_PI) * z * erf(alpha * z));
        *slope = -2.0 * ILI_PI * erf(alpha * z);
        return;
    }
    double up = exp(k * z) * erfc(0.5 * k / alpha + alpha * z),
           down = exp(-k * z) * erfc(0.5 * k / alpha - alpha * z);
    *phi = ILI_PI / k * (up + down);
    *slope = ILI_PI * (up - down);
}

/** Add what wave kv does to all pairs, half of the plane's waves standing for all. */
static void add_wave(const slab *s, double alpha, double area, const double n[3], const double kv[3],
                     result *r) {
    double k = ili_norm(kv), scale = ILI_COULOMB / area * (k > 0.0 ? 2.0 : 1.0);
    for (int i = 0; i < s->n; i++)
        for (int j = 0; j <= i; j++) {
            double d[3], phi, slope, qq = scale * s->q[i] * s->q[j] * (i == j ? 0.5 : 1.0);
            ili_sub(s->x[i], s->x[j], d);
            wave_potential(alpha, k, ili_dot(d, n), &phi, &slope);
            double turn = ili_dot(kv, d), e = qq * cos(turn) * phi;
            r->energy += e;
            r->e_atom[i] += 0.5 * e;
            r->e_atom[j] += 0.5 * e;
            for (int c = 0; c < 3 && i != j; c++) {
                double f = qq * (sin(turn) * phi * kv[c] - cos(turn) * slope * n[c]);
                r->f[i][c] += f;
                r->f[j][c] -= f;
            }
        }
}

/** The smooth part of the Coulomb energy, self terms taken out. */
static void exact(const slab *s, double alpha, result *r) {
    enum { REACH = 40 };
    double n[3], b[2][3], kv[3];
    memset(r, 0, sizeof *r);
    ili_cross(s->cell.h[0], s->cell.h[1], n);
    double area = ili_norm(n);
    for (int c = 0; c < 3; c++) n[c] /= area;
    ili_cross(s->cell.h[1], n, b[0]);
    ili_cross(n, s->cell.h[0], b[1]);
    for (int i = 0; i <= REACH; i++)
        for (int j = i ? -REACH : 0; j <= REACH; j++) {
            for (int c = 0; c < 3; c++) kv[c] = 2.0 * ILI_PI / area * (i * b[0][c] + j * b[1][c]);
            if (ili_norm(kv) < 13.0 * alpha) add_wave(s, alpha, area, n, kv, r);
        }
    for (int i = 0; i < s->n; i++) {
        double self = -ILI_COULOMB * alpha / sqrt(ILI_PI) * s->q[i] * s->q[i];
        r->energy += self;
        r->e_atom[i] += self;
    }
}

static ili_kspace *make(const slab *s, double cutoff, double accuracy, bool is_single) {
    ili_kspace_plan plan = {
        .method = ILI_KSPACE_MESH, .cutoff = cutoff, .accuracy = accuracy, .is_single = is_single};
    ili_kspace *k = NULL;
    CHECK_OK(ili_kspace_create(ctx, &plan, s->n, s->q, &s->cell, (const double(*)[3])s->x, &k));
    if (!k) exit(EXIT_FAILURE);
    return k;
}

static void compute(ili_kspace *k, const slab *s, result *r) {
    ili_kspace_energy e;
    memset(r, 0, sizeof *r);
    ili_accum acc = {.f = r->f, .e_atom = r->e_atom};
    CHECK_OK(ili_kspace_compute(ctx, k, &s->cell, (const double(*)[3])s->x, &e, &acc));
    memcpy(r->w, acc.w, sizeof r->w);
    r->energy = e.reciprocal + e.self + e.background + e.slab;
    CHECK(e.background == 0.0 && e.slab == 0.0);
}

static double force_error(const result *a, const result *b, int n) {
    double sum = 0.0, d[3];
    for (int i = 0; i < n; i++) {
        ili_sub(a->f[i], b->f[i], d);
        sum += ili_dot(d, d);
    }
    return sqrt(sum / n) / ILI_COULOMB;
}

/** What a slab looks like: the plane, n charges over `thickness`, which third vector. */
typedef struct look {
    const char *name;
    double a, b, gamma, tilt, thickness, net;
    int n;
} look;

static const look looks[] = {
    {"square", 8, 8, 90, 0, 9, 0, 24},       {"hexagonal, leaning", 9, 9, 120, 0.7, 12, 0, 24},
    {"oblique", 7, 11, 65, -0.5, 8, 0, 24},  {"charged", 8, 9, 80, 0, 10, 0.7, 24},
    {"one layer", 9, 8, 90, 0.2, 0, 0, 16},  {"charged layer", 9, 8, 70, 0, 0, -1, 16},
    {"thick", 7, 7, 100, 0, 45, 0, 24},      {"one charge", 6, 7, 75, 0, 0, 1, 1},
    {"a thin strip", 4, 21, 90, 0, 6, 0, 24}};
enum { N_LOOKS = sizeof looks / sizeof *looks };

/** Charges +-1, +-2 at random places of a plane that stands askew in space; a strong dipole along the normal comes by itself. */
static void build(slab *s, const look *l, uint64_t seed) {
    static const double turn[3][3] = {{0.36, 0.48, -0.8}, {-0.8, 0.6, 0.0}, {0.48, 0.64, 0.6}};
    const double degree = ILI_PI / 180.0;
    ili_rng rng = ili_rng_make(seed, 5);
    double h[3][3] = {
        {l->a, 0, 0}, {l->b * cos(l->gamma * degree), l->b * sin(l->gamma * degree), 0}, {0, 0, 0}};
    memset(s, 0, sizeof *s);
    h[2][0] = 10.0 * l->tilt;
    h[2][2] = 10.0;
    ili_mat_mul(h, turn, s->cell.h);
    s->cell.pbc[0] = s->cell.pbc[1] = true;
    for (s->n = 0; s->n < l->n; s->n++) {
        double u = 3.0 * ili_rng_uniform(&rng) - 1.0, v = ili_rng_uniform(&rng), z = ili_rng_uniform(&rng),
               x[3];
        for (int c = 0; c < 3; c++) x[c] = u * h[0][c] + v * h[1][c];
        x[2] = 5.0 + l->thickness * z;
        ili_vec_mat(x, turn, s->x[s->n]);
        s->q[s->n] = l->n == 1 ? 0.0 : (s->n % 2 ? -1.0 : 1.0) * (s->n / 2 % 2 ? 2.0 : 1.0);
    }
    s->q[0] += l->net;
}

static slab s0, s1;
static result r0, r1;

/** A fine mesh is exact. */
TEST(exact_sum) {
    for (int i = 0; i < N_LOOKS; i++) {
        build(&s0, &looks[i], 1 + (uint64_t)i);
        ili_kspace *k = make(&s0, 6.0, 1e-11, false);
        compute(k, &s0, &r0);
        exact(&s0, ili_kspace_get_info(k).alpha, &r1);
        CHECK_NEAR(force_error(&r0, &r1, s0.n), 0.0, 1e-11);
        CHECK_NEAR(r0.energy, r1.energy, 1e-10 * s0.n);
        for (int a = 0; a < s0.n; a++) CHECK_NEAR(r0.e_atom[a], r1.e_atom[a], 1e-9);
        ili_kspace_destroy(&k);
    }
}

/** Half of the accuracy asked for is the mesh's: what it does with it, in double and in single precision. */
TEST(accuracy) {
    for (int i = 0; i < N_LOOKS; i++)
        for (int digit = 3; digit <= 9; digit += 2)
            for (int is_single = 0; is_single < (digit > 5 ? 1 : 2); is_single++) {
                build(&s0, &looks[i], 40 + (uint64_t)i);
                ili_kspace *k = make(&s0, 6.0, pow(10.0, -digit), is_single);
                ili_kspace_info info = ili_kspace_get_info(k);
                compute(k, &s0, &r0);
                exact(&s0, info.alpha, &r1);
                double error = force_error(&r0, &r1, s0.n), asked = pow(10.0, -digit);
                CHECK(info.estimated_error <= asked);
                CHECK_NEAR(error, 0.0, 0.5 * asked);
                CHECK(error >= 1e-4 * asked);
                CHECK_NEAR(r0.energy / s0.n, r1.energy / s0.n, asked * ILI_COULOMB);
                ili_kspace_destroy(&k);
            }
}

/** One charge of 1 e over the waves of the plane that an odd mesh has, each with its opposite. */
static double own_waves(const double h[3][3], double alpha, const int *size) {
    double area, inv[3][3], plane[3][3], sum = 0.0, phi, unused;
    memcpy(plane, h, sizeof plane);
    ili_cross(h[0], h[1], plane[2]);
    area = ili_norm(plane[2]);
    ili_inverse((const double(*)[3])plane, inv);
    for (int a = -(size[0] / 2); a <= size[0] / 2; a++)
        for (int b = -(size[1] / 2); b <= size[1] / 2; b++) {
            double k[3];
            for (int c = 0; c < 3; c++) k[c] = 2.0 * ILI_PI * (a * inv[c][0] + b * inv[c][1]);
            wave_potential(alpha, ili_norm(k), 0.0, &phi, &unused);
            sum += 0.5 * ILI_COULOMB / area * phi;
        }
    return sum;
}

/** What splines add to a charge's own energy is taken out on average over its places: that of waves left out, whole. Of a mean over P
 *  places along each axis what is left is as in tests/unit/test_mesh.c; images add their tolerance. */
TEST(own_energy_is_exact_on_average) {
    enum { P = 8, ORDER = 8 };
    const double alpha = 0.7;
    const ili_slab_grid grid = {.size = {14, 9, 15},
                                .order = ORDER,
                                .spacing = 0.3,
                                .low = -0.4,
                                .high = 0.6,
                                .stretch = 1.0,
                                .tolerance = 1e-12};
    build(&s0, &(look){"", 7, 9, 65, 0.4, 0, 1, 1}, 30);
    const double(*h)[3] = (const double(*)[3])s0.cell.h;
    ili_mesh_slab *mesh = NULL;
    double n[3], mean = 0.0;
    ili_cross(h[0], h[1], n);
    const double area = ili_norm(n);
    REQUIRE_OK(ili_mesh_slab_create(ctx, &grid, alpha, false, h, 1, s0.q, &mesh));
    for (int i = 0; i < P * P * P; i++) {
        double energy;
        memset(&r0, 0, sizeof r0);
        ili_accum acc = {.f = r0.f, .e_atom = r0.e_atom};
        for (int c = 0; c < 3; c++)
            s0.x[0][c] = h[0][c] * (0.3 + i % P) / P / grid.size[1] +
                         h[1][c] * (0.3 + i / P % P) / P / grid.size[2] +
                         n[c] / area * grid.spacing * (0.3 + i / P / P) / P;
        REQUIRE_OK(ili_mesh_slab_compute(ctx, mesh, h, (const double(*)[3])s0.x, &energy, &acc));
        CHECK_NEAR(r0.e_atom[0], energy, 1e-12 * fabs(energy));
        mean += energy / (P * P * P);
    }
    const double want = own_waves(h, alpha, grid.size + 1),
                 images = grid.size[1] * grid.size[2] * grid.tolerance;
    CHECK_NEAR(mean, want, fabs(want) * 24.0 * pow(0.5 / (P - 0.5), ORDER) + ILI_COULOMB / area * images);
    ili_mesh_slab_destroy(&mesh);
}

/** Energy with everything strained by e[a][b] and one coordinate moved. */
static double energy_at(ili_kspace *k, const slab *s, int atom, int axis, double move, const int *ab,
                        double strain) {
    double f[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    f[ab[0]][ab[1]] += 0.5 * strain;
    f[ab[1]][ab[0]] += 0.5 * strain;
    s1 = *s;
    for (int d = 0; d < 3; d++) ili_vec_mat(s->cell.h[d], f, s1.cell.h[d]);
    for (int i = 0; i < s->n; i++) ili_vec_mat(s->x[i], f, s1.x[i]);
    s1.x[atom][axis] += move;
    compute(k, &s1, &r1);
    return r1.energy;
}

/** Forces and virial of a coarse mesh are the derivatives of its own energy. Heights are strained about the middle of the slab, so
 *  the slab is put there. */
TEST(derivatives) {
    static const int axes[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
    const double step = 1e-4;
    for (int i = 0; i < N_LOOKS; i++) {
        build(&s0, &looks[i], 60 + (uint64_t)i);
        double n[3], low = 1e9, high = -1e9;
        ili_cross(s0.cell.h[0], s0.cell.h[1], n);
        double area = ili_norm(n);
        for (int a = 0; a < s0.n; a++) {
            low = fmin(low, ili_dot(s0.x[a], n) / area);
            high = fmax(high, ili_dot(s0.x[a], n) / area);
        }
        for (int a = 0; a < s0.n; a++)
            for (int c = 0; c < 3; c++) s0.x[a][c] -= 0.5 * (low + high) * n[c] / area;
        ili_kspace *k = make(&s0, 4.0, 1e-3, false);
        compute(k, &s0, &r0);
        for (int a = 0; a < 3 && a < s0.n; a++)
            for (int c = 0; c < 3; c++) {
                double up = energy_at(k, &s0, a, c, step, axes[0], 0.0),
                       down = energy_at(k, &s0, a, c, -step, axes[0], 0.0);
                CHECK_NEAR((down - up) / (2.0 * step), r0.f[a][c], 2e-6);
            }
        for (int v = 0; v < 6; v++) {
            double up = energy_at(k, &s0, 0, 0, 0.0, axes[v], step),
                   down = energy_at(k, &s0, 0, 0, 0.0, axes[v], -step);
            CHECK_NEAR((down - up) / (2.0 * step), r0.w[v], 2e-5);
        }
        ili_kspace_destroy(&k);
    }
}

/** The plan follows a slab that grows, shrinks, drifts and is strained, and a refreshed plan has the bits of a new one. */
TEST(plan_follows) {
    build(&s0, &looks[1], 80);
    const double asked = 1e-6;
    ili_kspace *k = make(&s0, 6.0, asked, false), *fresh = NULL;
    const double alpha = ili_kspace_get_info(k).alpha, length = ili_kspace_get_info(k).slab_length;
    double n[3];
    ili_cross(s0.cell.h[0], s0.cell.h[1], n);
    const double area = ili_norm(n);
    for (int step = 0; step < 12; step++) {
        for (int a = 0; a < s0.n; a++)
            for (int c = 0; c < 3; c++)
                s0.x[a][c] += n[c] / area * (step < 6 ? a % 2 : step < 9 ? -a % 2 : 0.4);
        if (step > 9)
            for (int d = 0; d < 2; d++)
                for (int c = 0; c < 3; c++) s0.cell.h[d][c] *= 1.015;
        compute(k, &s0, &r0);
        exact(&s0, alpha, &r1);
        CHECK_NEAR(force_error(&r0, &r1, s0.n), 0.0, 0.5 * asked);
        if (step == 5) CHECK(ili_kspace_get_info(k).slab_length > length + 3.0);
    }
    ili_kspace_plan plan = {.method = ILI_KSPACE_MESH, .cutoff = 6.0, .accuracy = asked, .alpha = alpha};
    const double(*x)[3] = (const double(*)[3])s0.x;
    CHECK_OK(ili_kspace_refresh(ctx, k, &s0.cell, x));
    REQUIRE_OK(ili_kspace_create(ctx, &plan, s0.n, s0.q, &s0.cell, x, &fresh));
    compute(k, &s0, &r0);
    compute(fresh, &s0, &r1);
    CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
    ili_kspace_destroy(&k);
    ili_kspace_destroy(&fresh);
}

/** Bits depend neither on threads nor on what is wanted beside the forces. */
TEST(same_bits) {
    for (int is_single = 0; is_single < 2; is_single++) {
        s0.n = 0;
        build(&s0, &(look){"big", 17, 19, 70, 0, 20, 0.3, MAX_ATOMS}, 90);
        for (int n_threads = 1; n_threads <= 8; n_threads *= 2) {
            il_set_threads(ctx, n_threads);
            ili_kspace *k = make(&s0, 6.0, 1e-5, is_single);
            compute(k, &s0, n_threads == 1 ? &r0 : &r1);
            if (n_threads > 1) CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
            il_set_threads(ctx, 2 * n_threads); /* more than the plan was made for */
            compute(k, &s0, &r1);
            CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
            for (int pass = 0; pass < 3; pass++) { /* a refresh makes room for them, once */
                ili_alloc_fail_at(pass != 1);
                CHECK_STATUS(ili_kspace_refresh(ctx, k, &s0.cell, (const double(*)[3])s0.x),
                             pass ? IL_OK : IL_E_MEMORY);
                ili_alloc_fail_at(0);
            }
            compute(k, &s0, &r1);
            CHECK(memcmp(&r0, &r1, sizeof r0) == 0);
            memset(&r1, 0, sizeof r1);
            ili_kspace_energy e;
            ili_accum acc = {.f = r1.f, .forces_only = true};
            ili_alloc_fail_at(1); /* a step requests no memory */
            CHECK_OK(ili_kspace_compute(ctx, k, &s0.cell, (const double(*)[3])s0.x, &e, &acc));
            ili_alloc_fail_at(0);
            CHECK(memcmp(r0.f, r1.f, sizeof r0.f) == 0);
            ili_kspace_destroy(&k);
        }
    }
}

TEST(out_of_memory) {
    build(&s0, &looks[0], 3);
    ili_kspace_plan plan = {.method = ILI_KSPACE_MESH, .cutoff = 6.0, .accuracy = 1e-4};
    const double(*x)[3] = (const double(*)[3])s0.x;
    ili_kspace *k = NULL;
    il_status status = IL_E_MEMORY;
    int failures = 0;
    for (long request = 1; status == IL_E_MEMORY && request < 300; request++, failures++) {
        ili_alloc_fail_at(request);
        status = ili_kspace_create(ctx, &plan, s0.n, s0.q, &s0.cell, x, &k);
        CHECK((status == IL_OK) == (k != NULL));
    }
    ili_alloc_fail_at(0);
    CHECK(status == IL_OK && failures > 20);
    if (!k) return;
    s0.x[0][0] += 20.0;
    s0.x[0][1] += 30.0;
    ili_alloc_fail_at(5);
    ili_kspace_energy e;
    ili_accum acc = {.f = r0.f};
    CHECK_STATUS(ili_kspace_compute(ctx, k, &s0.cell, x, &e, &acc), IL_E_MEMORY);
    ili_alloc_fail_at(0);
    CHECK_OK(ili_kspace_compute(ctx, k, &s0.cell, x, &e, &acc));
    ili_free(ctx->scratch);
    ctx->scratch = NULL;
    ili_alloc_fail_at(1);
    CHECK_STATUS(ili_kspace_compute(ctx, k, &s0.cell, x, &e, &acc), IL_E_MEMORY);
    ili_alloc_fail_at(0);
    CHECK_OK(ili_kspace_compute(ctx, k, &s0.cell, x, &e, &acc));
    ili_kspace_destroy(&k);
}

TESTS(RUN(exact_sum), RUN(accuracy), RUN(own_energy_is_exact_on_average), RUN(derivatives), RUN(plan_follows),
      RUN(same_bits), RUN(out_of_memory))
