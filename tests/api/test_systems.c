/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Systems made from arrays, and what a plan tells of its atoms. */
#include "harness.h"

#include <float.h>

enum { MAX = 2048 };

typedef struct arrays {
    int n, n_bonds, z[MAX], pbc[3], bonds[MAX][2];
    const char *names[MAX];
    double h[3][3], x[MAX][3];
} arrays;

/** All that the interface tells of a system. */
static void take(const il_system *sys, arrays *a) {
    const int(*bonds)[2];
    a->n = il_system_size(sys);
    a->n_bonds = il_system_bonds(sys, &bonds);
    ck_assert_int_le(a->n, MAX);
    ck_assert_int_le(a->n_bonds, MAX);
    for (int i = 0; i < a->n; i++) {
        a->names[i] = il_system_name(sys, i);
        a->z[i] = il_system_element(sys, i);
    }
    if (a->n_bonds) memcpy(a->bonds, bonds, (size_t)a->n_bonds * sizeof *bonds);
    memcpy(a->x, il_system_positions(sys), (size_t)a->n * sizeof *a->x);
    il_system_cell(sys, a->h);
    for (int k = 0; k < 3; k++) a->pbc[k] = 1;
}

static il_status make(const arrays *a, const int *z, il_system **sys) {
    IL_TRY(il_system_create(ctx, a->n, a->names, z, (const double(*)[3])a->h, a->pbc,
                            (const double(*)[3])a->x, sys));
    for (int b = 0; b < a->n_bonds; b++) IL_TRY(il_system_bond(ctx, *sys, a->bonds[b][0], a->bonds[b][1]));
    return IL_OK;
}

/** Energy of a system as it stands, by formulas or tables; its plan when wanted. */
static il_status energy_of(const il_model *model, const il_system *sys, int analytic, double *energy,
                           il_ff **plan) {
    il_ff *ff = NULL;
    il_ff_options options;
    double h[3][3];
    il_ff_options_default(&options);
    options.analytic = analytic;
    IL_TRY(il_ff_create(ctx, model, sys, &options, &ff));
    il_system_cell(sys, h);
    il_status status =
        il_ff_compute(ctx, ff, (const double(*)[3])h, il_system_positions(sys), energy, NULL, NULL);
    if (plan && status == IL_OK)
        *plan = ff;
    else
        il_ff_destroy(&ff);
    return status;
}

/** A film of labelled, bonded atoms made from its own arrays is the same film. */
TEST(arrays_make_the_system_that_gave_them) {
    static arrays a;
    il_system *read = NULL, *made = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    double one, two;
    il_set_threads(ctx, 1);
    REQUIRE_OK(il_system_read(ctx, "tests/ref/lammps/pdol-melt.extxyz", &read));
    REQUIRE_OK(il_model_read(ctx, "potentials/pdol.yaml", &model));
    take(read, &a);
    CHECK(a.n > 100 && a.n_bonds >= a.n - 20);
    REQUIRE_OK(make(&a, a.z, &made));
    REQUIRE_OK(energy_of(model, read, 0, &one, NULL));
    REQUIRE_OK(energy_of(model, made, 0, &two, &ff));
    CHECK(one == two);
    double total = 0.0;
    const double *q = il_ff_charges(ff);
    for (int i = 0; i < a.n; i++) {
        CHECK(strcmp(il_ff_species(ff, i), a.names[i]) == 0);
        total += q[i];
    }
    CHECK_NEAR(total, 0.0, 1e-9);
    il_ff_destroy(&ff);
    il_system_destroy(&made);
    il_system_destroy(&read);
    il_model_destroy(&model);
}

/** Elements alone: the model's rules find the species; energies by atom add up; formulas and tables agree. */
TEST(names_without_numbers_and_energies_by_atom) {
    static arrays a;
    static double e[MAX];
    il_system *read = NULL, *made = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    double tables, formulas, sum = 0.0, size = 0.0;
    il_set_threads(ctx, 1);
    REQUIRE_OK(il_system_read(ctx, "structures/LGP.cif", &read));
    REQUIRE_OK(il_model_read(ctx, "potentials/pmmcs.yaml", &model));
    take(read, &a);
    REQUIRE_OK(make(&a, NULL, &made));
    CHECK(il_system_element(made, 0) == a.z[0]);
    REQUIRE_OK(energy_of(model, made, 1, &formulas, NULL));
    REQUIRE_OK(energy_of(model, made, 0, &tables, &ff));
    CHECK(formulas != tables);                           /* two paths */
    CHECK_NEAR(tables, formulas, 1e-9 * fabs(formulas)); /* the bound of the tables, ff/ff.h */
    REQUIRE_OK(il_ff_atom_energies(ctx, ff, (const double(*)[3])a.h, (const double(*)[3])a.x, e));
    for (int i = 0; i < a.n; i++) {
        sum += e[i];
        size += fabs(e[i]);
    }
    CHECK_NEAR(sum, tables, 64.0 * a.n * DBL_EPSILON * size);
    CHECK(strcmp(il_ff_species(ff, 0), "Li") == 0 && il_ff_charges(ff)[0] == 0.6);
    il_ff_destroy(&ff);
    il_system_destroy(&made);
    il_system_destroy(&read);
    il_model_destroy(&model);
}

TEST(what_is_refused) {
    const char *const names[] = {"Li", "Li0"}, *const nothing[] = {"Li", "?"},
                      *const missing[] = {"Li", NULL};
    const int pbc[3] = {1, 1, 1}, two[] = {3, 11}, wrong[] = {3, 104};
    const double h[3][3] = {{4, 0, 0}, {0, 4, 0}, {0, 0, 4}}, flat[3][3] = {{4, 0, 0}, {0, 4, 0}, {4, 4, 0}};
    double x[2][3] = {{0, 0, 0}, {2, 2, 2}};
    const double(*at)[3] = (const double(*)[3])x;
    il_system *sys = (il_system *)1;
    CHECK_STATUS(il_system_create(ctx, 0, names, NULL, h, pbc, at, &sys), IL_E_USAGE);
    CHECK(sys == NULL);
    CHECK_STATUS(il_system_create(ctx, 2, names, NULL, flat, pbc, at, &sys), IL_E_INPUT);
    CHECK_STATUS(il_system_create(ctx, 2, nothing, NULL, h, pbc, at, &sys), IL_E_INPUT);
    CHECK_STATUS(il_system_create(ctx, 2, missing, NULL, h, pbc, at, &sys), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "atom 2") != NULL);
    CHECK_STATUS(il_system_create(ctx, 2, names, wrong, h, pbc, at, &sys), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "104") != NULL && sys == NULL);
    const char *const same[] = {"A", "A"};
    CHECK_STATUS(il_system_create(ctx, 2, same, two, h, pbc, at, &sys), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "Na") != NULL && strstr(il_message(ctx), "Li") != NULL);
    REQUIRE_OK(il_system_create(ctx, 2, names, two, h, pbc, at, &sys));
    CHECK(il_system_element(sys, 1) == 11 && strcmp(il_system_name(sys, 1), "Li0") == 0);
    CHECK_STATUS(il_system_bond(ctx, sys, 0, 2), IL_E_USAGE);
    CHECK_STATUS(il_system_bond(ctx, sys, -1, 1), IL_E_USAGE);
    CHECK_STATUS(il_system_bond(ctx, sys, 1, 1), IL_E_USAGE);
    CHECK_OK(il_system_bond(ctx, sys, 1, 0));
    const int(*bonds)[2];
    CHECK(il_system_bonds(sys, &bonds) == 1 && bonds[0][0] == 0 && bonds[0][1] == 1);
    il_system_destroy(&sys);
    x[1][2] = NAN;
    CHECK_STATUS(il_system_create(ctx, 2, names, NULL, h, pbc, at, &sys), IL_E_INPUT);
    CHECK(sys == NULL);
}

TESTS(RUN(arrays_make_the_system_that_gave_them); RUN(names_without_numbers_and_energies_by_atom);
      RUN(what_is_refused))
