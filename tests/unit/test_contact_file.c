/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "task/contact_file.h"

#include <unistd.h>

enum { KEY = 11, N = 5 };
static char dir[64], path[96];
static ili_contact_sample sample;

/** A sample whose contact has every optional array but velocities. */
static void begin(void) {
    il_system *sys = NULL;
    int32_t carbon, lithium;
    snprintf(dir, sizeof dir, "%s/interlith-test-XXXXXX", P_tmpdir);
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/sample-1.ckpt", dir);
    REQUIRE_OK(ili_system_create(ctx, &sys));
    REQUIRE_OK(ili_system_species(ctx, sys, "CO", 6, &carbon));
    REQUIRE_OK(ili_system_species(ctx, sys, "Li0", 3, &lithium));
    sys->species[carbon].charge = 0.125;
    for (int i = 0; i < N; i++)
        REQUIRE_OK(
            ili_system_add(ctx, sys, i % 2 ? carbon : lithium, (const double[3]){i, 0.1 * i, 1.0 / 3.0}));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, f));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, side));
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
    for (int i = 0; i < N; i++) {
        sys->f[i][2] = -0.5 * i;
        sys->charge[i] = 0.25 * i;
        sys->side[i] = i > 2;
        sys->molecule[i] = 1 + i / 2;
    }
    REQUIRE_OK(ili_system_add_bond(ctx, sys, 0, 3));
    REQUIRE_OK(ili_system_add_bond(ctx, sys, 1, 4));
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = 10.0 + k;
    sys->cell.pbc[0] = true;
    sys->has_energy = true;
    sys->energy = -12.5;
    sample =
        (ili_contact_sample){.number = 3, .e_form = -0.1, .gamma = NAN, .n_registries = 2, .converged = true};
    sample.registry[1].curve[4] = 0.375;
    snprintf(sample.geometry.cut_a.first, sizeof sample.geometry.cut_a.first, "P3O12");
    sample.relaxed = sys;
    CHECK_OK(ili_contact_sample_save(ctx, dir, "sample-1", KEY, &sample));
}

static void end(void) {
    ili_contact_sample_free(&sample);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(dir) == 0);
}

static bool is_same(const il_system *a, const il_system *b) {
    return a->n_atoms == b->n_atoms && a->n_species == b->n_species && a->n_bonds == b->n_bonds &&
           !a->v == !b->v && memcmp(a->x, b->x, N * sizeof *a->x) == 0 &&
           memcmp(a->f, b->f, N * sizeof *a->f) == 0 && memcmp(a->type, b->type, N * sizeof *a->type) == 0 &&
           memcmp(a->charge, b->charge, N * sizeof *a->charge) == 0 &&
           memcmp(a->side, b->side, N * sizeof *a->side) == 0 &&
           memcmp(a->molecule, b->molecule, N * sizeof *a->molecule) == 0 &&
           memcmp(a->bonds, b->bonds, 2 * sizeof *a->bonds) == 0 &&
           memcmp(&a->cell.h, &b->cell.h, sizeof a->cell.h) == 0 && a->cell.pbc[0] && b->cell.pbc[0] &&
           a->energy == b->energy && a->has_energy == b->has_energy &&
           strcmp(a->species[0].name, b->species[0].name) == 0 &&
           a->species[0].charge == b->species[0].charge && a->species[1].z == b->species[1].z;
}

TEST(a_sample_comes_back_whole) {
    ili_contact_sample s = {0};
    bool found;
    begin();
    CHECK_OK(ili_contact_sample_load(ctx, dir, "sample-1", KEY, &s, &found));
    CHECK(found);
    if (found) {
        CHECK(is_same(s.relaxed, sample.relaxed));
        CHECK(s.number == 3 && s.e_form == -0.1 && isnan(s.gamma) && s.converged);
        CHECK(s.registry[1].curve[4] == 0.375 && strcmp(s.geometry.cut_a.first, "P3O12") == 0);
        CHECK(!s.geometry.a && !s.geometry.b && !s.geometry.b_free);
    }
    ili_contact_sample_free(&s);
    end();
}

/** Nothing is found, and nothing is left in the sample. */
static void check_absent(const char *name, uint64_t key) {
    ili_contact_sample s = {0};
    bool found = true;
    CHECK_OK(ili_contact_sample_load(ctx, dir, name, key, &s, &found));
    CHECK(!found && !s.relaxed && s.number == 0);
    ili_contact_sample_free(&s);
}

TEST(what_is_not_this_sample_is_not_found) {
    begin();
    check_absent("sample-2", KEY);
    check_absent("sample-1", KEY + 1);
    CHECK(truncate(path, 500) == 0);
    check_absent("sample-1", KEY);
    end();
}

TESTS(RUN(a_sample_comes_back_whole), RUN(what_is_not_this_sample_is_not_found))
