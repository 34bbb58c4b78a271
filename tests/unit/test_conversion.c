/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of conversion: elements balance, volumes are those of the lattice constants, what is refused. */
#include "harness.h"

#include "system/element.h"
#include "system/system.h"
#include "task/conversion.h"

enum { N_NAMES = 5 };
static const char *const names[N_NAMES] = {"Li", "Al", "Ge", "P", "O"};

/** A box with so many atoms of each element; positions do not matter. */
static il_system *box(const int count[N_NAMES], const char *foreign) {
    il_system *sys = NULL;
    int32_t type;
    CHECK_OK(ili_system_create(ctx, &sys));
    for (int k = 0; k < N_NAMES; k++)
        for (int i = 0; i < count[k]; i++) {
            CHECK_OK(ili_system_species(ctx, sys, names[k], ili_element_z(names[k]), &type));
            CHECK_OK(ili_system_add(ctx, sys, type, (double[]){i, k, 0}));
        }
    if (foreign) {
        CHECK_OK(ili_system_species(ctx, sys, foreign, ili_element_z(foreign), &type));
        CHECK_OK(ili_system_add(ctx, sys, type, (double[]){0, 0, 9}));
    }
    return sys;
}

/** Atoms of an element in a formula without brackets. */
static int atoms_of(const char *formula, const char *element) {
    for (const char *c = formula; *c;) {
        char symbol[3] = {c[0], c[1] >= 'a' && c[1] <= 'z' ? c[1] : 0, 0};
        c += strlen(symbol);
        char *end;
        long n = strtol(c, &end, 10);
        if (end == c) n = 1;
        c = end;
        if (strcmp(symbol, element) == 0) return (int)n;
    }
    return 0;
}

/** Products of a stage hold what the host and x lithium hold, exactly but for rounding (a few sums of numbers below 100). */
static void check_balance(int n, const ili_product *product, double x, const double host[N_NAMES]) {
    for (int k = 0; k < N_NAMES; k++) {
        double sum = 0.0;
        for (int i = 0; i < n; i++) sum += product[i].amount * atoms_of(product[i].formula, names[k]);
        CHECK_NEAR(sum, host[k] + (k == 0 ? x : 0.0), 1e-12);
    }
    for (int i = 0; i < n; i++) CHECK(product[i].amount > 0.0 && product[i].source[0]);
}

static double volume_of(int n, const ili_product *product) {
    double v = 0.0;
    for (int i = 0; i < n; i++) v += product[i].amount * product[i].volume;
    return v;
}

TEST(lagp) {
    const double host[N_NAMES] = {1.5, 0.5, 1.5, 3.0, 12.0};
    ili_conversion c;
    il_system *sys = box((const int[]){9, 3, 9, 18, 72}, NULL);
    REQUIRE_OK(ili_conversion_find(ctx, sys, 6, 203.21, &c));
    /* 3 Li3P, 12 Li2O, 3/8 Li15Ge4, 1/8 Li9Al4: 9 + 24 + 45/8 + 9/8 - 1.5 lithium */
    CHECK_NEAR(c.x_full, 38.25, 1e-12);
    CHECK(c.n == 4 && c.volume_host == 203.21);
    check_balance(c.n, c.product, c.x_full, host);
    CHECK_NEAR(c.volume_full, 3 * 59.67 + 12 * 24.64 + 0.375 * 313.2 + 0.125 * 222.9, 1e-9);
    CHECK_NEAR(c.volume_full, volume_of(c.n, c.product), 1e-9);
    CHECK_NEAR(c.sigma_full,
               sqrt(pow(3 * 0.3, 2) + pow(12 * 0.05, 2) + pow(0.375 * 0.9, 2) + pow(0.125 * 2, 2)), 1e-9);
    /* the doubling and the growth by 130 % seen in the microscope lie between host and products */
    CHECK(c.volume_full / c.volume_host > 2.3 && c.volume_full / c.volume_host < 3.1);
    CHECK(c.n_partial == 2);
    CHECK_NEAR(c.partial[0].x, 3.5, 1e-12); /* 7/8 Ge4+ to Ge */
    CHECK_NEAR(c.partial[1].x, 6.0, 1e-12); /* all of it */
    for (int k = 0; k < c.n_partial; k++) {
        const ili_conversion_stage *s = &c.partial[k];
        check_balance(s->n, s->product, s->x, host);
        CHECK_NEAR(s->volume, volume_of(s->n, s->product), 1e-9);
        CHECK(s->volume > c.volume_host && s->volume < c.volume_full && s->sigma > 0.0);
    }
    CHECK(c.partial[1].n == 3); /* no Li2O is left over */
    il_system_destroy(&sys);
}

TEST(volumes_are_those_of_the_cells) {
    const struct {
        const char *formula;
        double cell;
        int z;
    } rows[] = {{"Li3P", sqrt(0.75) * 4.264 * 4.264 * 7.579, 2},
                {"Li2O", 4.619 * 4.619 * 4.619, 4},
                {"Li15Ge4", 10.78 * 10.78 * 10.78, 4},
                {"Li9Al4", 19.155 * 5.429 * 4.499 * sin(107.67 * acos(-1.0) / 180.0), 2},
                {"Ge", 5.658 * 5.658 * 5.658, 8},
                {"GeO2", 4.4066 * 4.4066 * 2.8619, 2},
                {"AlPO4", sqrt(0.75) * 4.943 * 4.943 * 10.974, 3},
                {"Li3PO4", 314.59, 4},
                {"Li4P2O7", 285.13, 2}};
    ili_conversion c;
    il_system *sys = box((const int[]){9, 3, 9, 18, 72}, NULL);
    REQUIRE_OK(ili_conversion_find(ctx, sys, 6, 203.21, &c));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        int found = 0;
        for (int stage = -1; stage < c.n_partial; stage++) {
            const ili_product *p = stage < 0 ? c.product : c.partial[stage].product;
            for (int i = 0; i < (stage < 0 ? c.n : c.partial[stage].n); i++) {
                if (strcmp(p[i].formula, rows[k].formula) != 0) continue;
                found++;
                CHECK_NEAR(p[i].volume, rows[k].cell / rows[k].z, 0.06); /* tabulated with four digits */
            }
        }
        CHECK(found > 0);
    }
    il_system_destroy(&sys);
}

TEST(other_hosts) {
    ili_conversion c;
    il_system *sys = box((const int[]){6, 0, 12, 18, 72}, NULL); /* LiGe2(PO4)3 */
    REQUIRE_OK(ili_conversion_find(ctx, sys, 6, 216.0, &c));
    CHECK(c.n == 3);
    CHECK_NEAR(c.x_full, 9 + 24 + 7.5 - 1, 1e-12);
    CHECK(c.n_partial == 2);
    CHECK_NEAR(c.partial[0].x, 5.0, 1e-12);
    il_system_destroy(&sys);
    sys = box((const int[]){6, 0, 0, 2, 8}, NULL); /* Li3PO4: no germanium, no stage on the way */
    REQUIRE_OK(ili_conversion_find(ctx, sys, 2, 78.65, &c));
    CHECK(c.n == 2 && c.n_partial == 0);
    CHECK_NEAR(c.x_full, 3 + 8 - 3, 1e-12);
    il_system_destroy(&sys);
    sys = box((const int[]){0, 0, 2, 0, 4}, NULL); /* GeO2: what remains would need P */
    REQUIRE_OK(ili_conversion_find(ctx, sys, 2, 27.8, &c));
    CHECK_NEAR(c.x_full, 3.75 + 4, 1e-12);
    CHECK(c.n_partial == 1 && strcmp(c.partial[0].name, "germanium in phosphates") == 0);
    il_system_destroy(&sys);
}

TEST(on_the_way) {
    ili_conversion c;
    il_system *sys = box((const int[]){9, 3, 9, 18, 72}, NULL);
    REQUIRE_OK(ili_conversion_find(ctx, sys, 6, 217.0, &c));
    CHECK_NEAR(ili_conversion_at(&c, 0.0), 217.0, 1e-12);
    CHECK_NEAR(ili_conversion_at(&c, c.x_full), c.volume_full, 1e-10);
    CHECK_NEAR(ili_conversion_at(&c, 0.25 * c.x_full), 0.75 * 217.0 + 0.25 * c.volume_full, 1e-10);
    CHECK(isnan(ili_conversion_at(&c, -0.1)) && isnan(ili_conversion_at(&c, 1.01 * c.x_full)));
    il_system_destroy(&sys);
}

TEST(refused) {
    ili_conversion c;
    il_system *sys = box((const int[]){1, 0, 0, 3, 12}, "Ti");
    CHECK_STATUS(ili_conversion_find(ctx, sys, 1, 218.0, &c), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "holds Ti") != NULL);
    il_system_destroy(&sys);
    sys = box((const int[]){2, 0, 0, 0, 1}, NULL);
    CHECK_STATUS(ili_conversion_find(ctx, sys, 1, 24.6, &c), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "takes up no lithium") != NULL);
    il_system_destroy(&sys);
}

TESTS(RUN(lagp); RUN(volumes_are_those_of_the_cells); RUN(other_hosts); RUN(on_the_way); RUN(refused);)
