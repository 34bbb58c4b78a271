/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Salts: what their files hold, how many ions a ratio asks for, where the builder puts them, how the model takes them. */
#include "build/salt.h"

#include "base/alloc.h"
#include "ff/ff.h"
#include "harness.h"
#include "math/units.h"
#include "math/vec.h"
#include "scratch.h"

static const double MASS_LITFSI = 287.07, MASS_LIPF6 = 151.90; /* g/mol */

static ili_salt *read_salt(const char *name) {
    ili_salt *salt = NULL;
    CHECK_OK(ili_salt_read(ctx, name, &salt));
    ck_assert_ptr_nonnull(salt);
    return salt;
}

static ili_polymer_unit *read_dol(void) {
    ili_polymer_unit *unit = NULL;
    CHECK_OK(ili_polymer_unit_read(ctx, "dol", &unit));
    ck_assert_ptr_nonnull(unit);
    return unit;
}

static ili_cell cube(double a) {
    return (ili_cell){.h = {{a, 0, 0}, {0, a, 0}, {0, 0, a}}, .pbc = {true, true, true}};
}

static double angle_at(const il_system *sys, int32_t i, int32_t j, int32_t k) {
    double u[3], v[3];
    ili_sub(sys->x[i], sys->x[j], u);
    ili_sub(sys->x[k], sys->x[j], v);
    double c = ili_dot(u, v) / (ili_norm(u) * ili_norm(v));
    return acos(fmax(-1.0, fmin(1.0, c))) * 180.0 / ILI_PI;
}

static const char *name_of(const il_system *sys, int32_t i) {
    return sys->species[sys->type[i]].name;
}

static int count(const il_system *sys, const char *name) {
    int n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) n += strcmp(name_of(sys, i), name) == 0;
    return n;
}

/** Charge of every molecule of a system: 0 for a chain, +1 or -1 for an ion. */
static void check_molecules(const il_system *sys, int n_chains, int n_pairs) {
    double *q = calloc((size_t)sys->n_atoms + 1, sizeof *q);
    int n_plus = 0, n_minus = 0;
    int32_t last = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        CHECK(sys->molecule[i] >= last && sys->molecule[i] <= last + 1); /* in runs, from 1 on */
        last = sys->molecule[i];
        q[last] += sys->charge[i];
    }
    CHECK(last == n_chains + 2 * n_pairs);
    for (int32_t m = 1; m <= last; m++) {
        CHECK_NEAR(q[m], rint(q[m]), 1e-9);
        n_plus += q[m] > 0.5;
        n_minus += q[m] < -0.5;
        CHECK(m > n_chains ? fabs(q[m]) > 0.5 : fabs(q[m]) < 0.5);
    }
    CHECK(n_plus == n_pairs && n_minus == n_pairs);
    free(q);
}

TEST(files_hold_the_ions) {
    ili_salt *salt = read_salt("LiTFSI");
    CHECK_NEAR(ili_salt_mass(salt), MASS_LITFSI, 0.05);
    CHECK(salt->ion[ILI_ANION]->fragment[ILI_HEAD].n_atoms == 15);
    CHECK_NEAR(ili_unit_charge(salt->ion[ILI_ANION], ILI_HEAD), -1.0, 1e-12);
    CHECK_NEAR(ili_unit_charge(salt->ion[ILI_CATION], ILI_HEAD), 1.0, 1e-12);
    ili_salt_destroy(&salt);
    ili_salt_destroy(&salt);
    salt = read_salt("LiPF6");
    CHECK_NEAR(ili_salt_mass(salt), MASS_LIPF6, 0.05);
    CHECK(salt->ion[ILI_ANION]->fragment[ILI_HEAD].n_atoms == 7);
    ili_salt_destroy(&salt);
}

/** The species of the salt files are those of the model: charges, and geometry where the terms rest. */
TEST(files_agree_with_the_model) {
    il_model *model = NULL;
    REQUIRE_OK(il_model_read(ctx, "pdol-salt", &model));
    for (int s = 0; s < 2; s++) {
        ili_salt *salt = read_salt(s ? "LiPF6" : "LiTFSI");
        const ili_polymer_unit *u = salt->ion[ILI_ANION];
        int n_bonds = 0;
        for (int k = 0; k < u->n_species; k++) {
            int32_t m = ili_model_species_index(model, u->species[k].name);
            CHECK(m >= 0 && model->species[m].is_ion &&
                  model->species[m].base.charge == u->species[k].charge);
        }
        for (int32_t e = 0; e < model->n_entries; e++) {
            const ili_model_entry *entry = &model->entries[e];
            if (entry->form->kind != ILI_BOND) continue;
            for (int a = 0; a < u->n_species; a++)
                for (int b = a; b < u->n_species; b++) {
                    int32_t ma = ili_model_species_index(model, u->species[a].name),
                            mb = ili_model_species_index(model, u->species[b].name);
                    bool is_it = (entry->species[0] == ma && entry->species[1] == mb) ||
                                 (entry->species[0] == mb && entry->species[1] == ma);
                    if (is_it) CHECK_NEAR(u->bond[a][b], entry->p[1], 1e-12);
                    n_bonds += is_it;
                }
        }
        CHECK(n_bonds == (s ? 1 : 4));
        ili_salt_destroy(&salt);
    }
    il_model_destroy(&model);
}

TEST(counts_follow_the_ratio) {
    ili_polymer_unit *unit = read_dol();
    ili_salt *salt = read_salt("LiTFSI");
    ili_mixture m = {unit, salt, 20.0, NAN};
    CHECK(ili_mixture_oxygens(&m, 4, 40) == 84); /* two a unit, one a chain's end */
    CHECK(ili_mixture_pairs(&m, 84) == 4 && ili_mixture_pairs(&m, 95) == 5 && ili_mixture_pairs(&m, 9) == 0);
    double chains = 4 * 46.069 + 40 * 74.079, all = chains + 4 * MASS_LITFSI;
    CHECK_NEAR(ili_mixture_mass(&m, 4, 40, 4), all, 0.3);
    CHECK_NEAR(ili_mixture_volume(&m, 4, 40, 4), chains / 0.602214 / 1.20 + 4 * salt->volume, 1.0);
    CHECK_NEAR(ili_mixture_chain_density(&m, 4, 10), chains / 0.602214 / ili_mixture_volume(&m, 4, 40, 4),
               1e-4);
    m.density = 1.3;
    CHECK_NEAR(ili_mixture_volume(&m, 4, 40, 4), all / 0.602214 / 1.3, 1.0);
    ili_salt_destroy(&salt);
    ili_polymer_unit_destroy(&unit);
}

/** Ions alone in a box: shapes as in the file, all inside. */
TEST(ions_keep_their_shapes) {
    ili_salt *salt = read_salt("LiPF6");
    ili_polymer_options grow;
    ili_polymer_options_default(&grow);
    ili_cell cell = cube(16.0);
    il_system *sys = NULL;
    REQUIRE_OK(ili_salt_place(ctx, salt, 8, &grow, &cell, NULL, &sys));
    CHECK(sys->n_atoms == 64 && sys->n_bonds == 48 && count(sys, "Li+") == 8 && count(sys, "FPF") == 48);
    check_molecules(sys, 0, 8);
    for (int32_t p = 8; p < 64; p += 7) {
        int n_straight = 0;
        CHECK(strcmp(name_of(sys, p), "PPF") == 0);
        for (int32_t i = p + 1; i < p + 7; i++)
            for (int32_t j = p + 1; j < i; j++) {
                double theta = angle_at(sys, i, p, j);
                n_straight += theta > 135.0;
                CHECK_NEAR(theta, theta > 135.0 ? 180.0 : 90.0, 1e-5);
            }
        CHECK(n_straight == 3);
    }
    il_system_destroy(&sys);
    ili_salt_destroy(&salt);
    salt = read_salt("LiTFSI");
    REQUIRE_OK(ili_salt_place(ctx, salt, 6, &grow, &cell, NULL, &sys));
    int n_cis = 0;
    for (int32_t a = 6; a < sys->n_atoms; a += 15) { /* N S S C O O F F F C O O F F F */
        CHECK_NEAR(angle_at(sys, a + 1, a, a + 2), 125.6, 1e-6);
        CHECK_NEAR(angle_at(sys, a, a + 1, a + 4), 113.6, 1e-6);
        CHECK_NEAR(angle_at(sys, a + 3, a + 1, a + 5), 102.6, 1e-6);
        CHECK_NEAR(angle_at(sys, a + 1, a + 3, a + 6), 111.7, 1e-6);
        double u[3], v[3], n[3], c1[3], c2[3];
        ili_sub(sys->x[a + 1], sys->x[a], u);
        ili_sub(sys->x[a + 2], sys->x[a], v);
        ili_cross(u, v, n);
        ili_sub(sys->x[a + 3], sys->x[a], c1);
        ili_sub(sys->x[a + 9], sys->x[a], c2);
        n_cis += ili_dot(n, c1) * ili_dot(n, c2) > 0.0;
    }
    CHECK(n_cis > 0 && n_cis < 6); /* both shapes with this seed */
    il_system_destroy(&sys);
    ili_salt_destroy(&salt);
}

/** Smallest distance between atoms of different molecules, as part of their contact distance. */
static double worst_ratio(const il_system *sys) {
    double worst = INFINITY;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int32_t j = 0; j < i; j++) {
            double d[3], r[2];
            if (sys->molecule[i] == sys->molecule[j]) continue;
            ili_sub(sys->x[i], sys->x[j], d);
            for (int k = 0; k < 2; k++)
                r[k] = sys->species[sys->type[k ? i : j]].z == 1 ? ILI_RADIUS_HYDROGEN : ILI_RADIUS_HEAVY;
            worst = fmin(worst, sqrt(ili_cell_nearest(&sys->cell, d)) / (r[0] + r[1]));
        }
    return worst;
}

static il_system *box_with(const char *name, double ratio, uint64_t seed, ili_polymer_shape *shape,
                           int *n_pairs) {
    ili_polymer_unit *unit = read_dol();
    ili_salt *salt = read_salt(name);
    ili_mixture m = {unit, salt, ratio, NAN};
    ili_polymer_options grow;
    il_system *ions = NULL, *sys = NULL;
    ili_polymer_options_default(&grow);
    grow.degree = 5;
    grow.density = ili_mixture_chain_density(&m, -1, 5);
    ili_cell cell = cube(16.5);
    il_set_seed(ctx, seed);
    CHECK_OK(ili_mixture_count(ctx, &m, &grow, &cell, n_pairs));
    CHECK_OK(ili_salt_place(ctx, salt, *n_pairs, &grow, &cell, NULL, &ions));
    grow.guests = ions;
    CHECK_OK(ili_polymer_grow(ctx, unit, &grow, &cell, NULL, &sys, shape));
    ck_assert_ptr_nonnull(sys);
    CHECK(ili_mixture_pairs(&m, ili_mixture_oxygens(&m, shape->n_chains, shape->n_units)) == *n_pairs);
    double volume = ili_mixture_volume(&m, shape->n_chains, shape->n_units, *n_pairs);
    CHECK_NEAR(volume / shape->volume, 1.0, 0.04); /* half a chain's unit, half a pair */
    il_system_destroy(&ions);
    ili_salt_destroy(&salt);
    ili_polymer_unit_destroy(&unit);
    return sys;
}

TEST(box_is_whole_neutral_and_free_of_overlap) {
    static const struct {
        const char *name;
        double ratio;
    } rows[] = {{"LiTFSI", 20.0}, {"LiTFSI", 8.0}, {"LiPF6", 20.0}, {"LiPF6", 5.0}};
    il_model *model = NULL;
    REQUIRE_OK(il_model_read(ctx, "pdol-salt", &model));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        ili_polymer_shape shape;
        int n_pairs = 0;
        il_system *sys = box_with(rows[k].name, rows[k].ratio, k + 1, &shape, &n_pairs);
        check_molecules(sys, shape.n_chains, n_pairs);
        CHECK(count(sys, "Li+") == n_pairs && n_pairs > 0);
        CHECK(worst_ratio(sys) >= ILI_CONTACT_MIN);
        CHECK_NEAR(shape.density, ili_system_mass(sys) * ILI_G_PER_CM3 / shape.volume, 1e-9);
        il_ff *ff = NULL;
        double energy;
        CHECK_OK(il_ff_create(ctx, model, sys, NULL, &ff)); /* the model knows every atom and angle */
        if (ff)
            CHECK_OK(il_ff_compute(ctx, ff, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x,
                                   &energy, NULL, NULL));
        il_ff_destroy(&ff);
        il_system_destroy(&sys);
    }
    il_model_destroy(&model);
}

TEST(same_seed_same_bits) {
    ili_polymer_shape shape;
    int n;
    il_system *a = box_with("LiTFSI", 12.0, 3, &shape, &n), *b = box_with("LiTFSI", 12.0, 3, &shape, &n),
              *c = box_with("LiTFSI", 12.0, 4, &shape, &n);
    size_t size = (size_t)a->n_atoms * sizeof *a->x;
    CHECK(a->n_atoms == b->n_atoms && memcmp(a->x, b->x, size) == 0);
    CHECK(a->n_atoms == c->n_atoms && memcmp(a->x, c->x, size) != 0);
    il_system_destroy(&a);
    il_system_destroy(&b);
    il_system_destroy(&c);
}

static void refused(il_status got, il_status want, const char *words) {
    CHECK(got == want);
    bool is_right = strstr(il_message(ctx), words) != NULL;
    CHECK(is_right);
    if (!is_right) fprintf(stderr, "  wanted '%s', got: %s\n", words, il_message(ctx));
}

TEST(impossible_requests_are_refused) {
    ili_polymer_unit *unit = read_dol();
    ili_salt *salt = read_salt("LiTFSI"), *none = NULL;
    ili_mixture m = {unit, salt, 20.0, NAN};
    ili_polymer_options grow;
    ili_cell cell = cube(20.0), small = cube(9.0);
    int n;
    refused(ili_salt_read(ctx, "LiTSFI", &none), IL_E_FILE, "did you mean 'LiTFSI'");
    refused(ili_salt_read(ctx, "brine", &none), IL_E_FILE, "no salt 'brine'");
    ili_polymer_options_default(&grow);
    grow.n_chains = 1;
    grow.degree = 4;
    refused(ili_mixture_count(ctx, &m, &grow, &cell, &n), IL_E_INPUT,
            "have 9 oxygen atoms, too few for one LiTFSI");
    grow.degree = 9;
    m.ratio = 10.0;
    refused(ili_mixture_count(ctx, &m, &grow, &small, &n), IL_E_INPUT, "g/cm3");
    m.density = 4.0;
    refused(ili_mixture_count(ctx, &m, &grow, &cell, &n), IL_E_INPUT, "is to have 4 g/cm3");
    m.density = NAN;
    m.ratio = 30.0; /* 19 oxygen atoms: one cation, a ratio of 19 */
    int before = il_warning_count(ctx);
    CHECK_OK(ili_mixture_count(ctx, &m, &grow, &cell, &n));
    CHECK(n == 1 && il_warning_count(ctx) == before + 1);
    il_system *ions = NULL;
    refused(ili_salt_place(ctx, salt, 40, &grow, &small, NULL, &ions), IL_E_NOT_CONVERGED, "room");
    CHECK(ions == NULL && none == NULL);
    ili_salt_destroy(&salt);
    ili_polymer_unit_destroy(&unit);
}

TEST(wrong_files_are_refused) {
    static const char *const text = "salt: X\ntitle: X\nvolume: %s\nspecies: {Li+: [Li, %s], F: [F, "
                                    "-1]}\nbonds: []\nangles: []\ntorsions: []\n"
                                    "cation: {atoms: [[Li, Li+]]}\nanion: {atoms: [[F, F]]%s}\n";
    static const struct {
        const char *volume, *charge, *more, *words;
    } rows[] = {{"30", "1", "", NULL},
                {"-3", "1", "", "volume"},
                {"30", "2", "", "together have a charge of 1 e"},
                {"30", "-1", "", "the cation has a charge of -1 e"},
                {"30", "1", ", atmos: 3", "atmos"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        scratch_path path;
        char file[512];
        ili_salt *salt = NULL;
        snprintf(file, sizeof file, text, rows[k].volume, rows[k].charge, rows[k].more);
        scratch_name(path, ".yaml");
        scratch_write(path, file, strlen(file));
        il_status status = ili_salt_read(ctx, path, &salt);
        if (rows[k].words)
            refused(status, IL_E_INPUT, rows[k].words);
        else
            CHECK(status == IL_OK);
        ili_salt_destroy(&salt);
        unlink(path);
    }
}

/** PF6 between images, its atoms by element: twelve angles have a term, all fifteen pairs of fluorine are excluded. */
TEST(trans_angles_are_free) {
    static const double arm[6][3] = {{1.6, 0, 0},  {-1.6, 0.1, 0}, {0, 1.6, 0.05},
                                     {0, -1.6, 0}, {0, 0, 1.6},    {0, 0.1, -1.6}};
    il_model *model = NULL;
    il_system *sys = NULL;
    ili_binding bound;
    int32_t p, f, li;
    REQUIRE_OK(il_model_read(ctx, "pdol-salt", &model));
    REQUIRE_OK(ili_system_create(ctx, &sys));
    sys->cell = cube(12.0);
    CHECK_OK(ili_system_species(ctx, sys, "P", 15, &p));
    CHECK_OK(ili_system_species(ctx, sys, "F", 9, &f));
    CHECK_OK(ili_system_species(ctx, sys, "Li", 3, &li));
    CHECK_OK(ili_system_add(ctx, sys, p, (const double[3]){0.2, 0.2, 0.2}));
    for (int k = 0; k < 6; k++) {
        double x[3] = {arm[k][0] + 0.2, arm[k][1] + 0.2, arm[k][2] + 0.2};
        ili_cell_wrap(&sys->cell, x);
        CHECK_OK(ili_system_add(ctx, sys, f, x));
    }
    CHECK_OK(ili_system_add(ctx, sys, li, (const double[3]){6, 6, 6}));
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    CHECK(bound.n_bonds == 6 && bound.n_angles == 12 && bound.n_torsions == 0 && bound.n_specials == 21);
    for (int32_t k = 0; k < bound.n_angles; k++) {
        int a = bound.angles[k].atom[0], c = bound.angles[k].atom[2];
        CHECK(bound.angles[k].atom[1] == 0 && (a - 1) / 2 != (c - 1) / 2);
    }
    CHECK(strcmp(model->species[bound.type[7]].base.name, "Li+") == 0);
    ili_binding_free(&bound);
    const double bent = 50.0 * ILI_PI / 180.0; /* 130 degrees to the opposite one: cis or trans? */
    sys->x[1][0] = 0.2 + 1.6 * cos(bent);
    sys->x[1][1] = 0.2 + 1.6 * sin(bent);
    refused(ili_bind(ctx, model, sys, false, &bound), IL_E_INPUT, "too near the end of the range");
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TEST(charges_of_ions_are_scaled) {
    il_model *model = NULL, *plain = NULL;
    ili_polymer_shape shape;
    int n_pairs;
    REQUIRE_OK(il_model_read(ctx, "pdol-salt", &model));
    REQUIRE_OK(il_model_read(ctx, "pdol", &plain));
    il_system *sys = box_with("LiTFSI", 12.0, 5, &shape, &n_pairs);
    il_ff *ff = NULL;
    il_ff_options o;
    il_ff_options_default(&o);
    CHECK(isnan(o.charge_scale));
    o.charge_scale = 0.75;
    CHECK_OK(il_ff_create(ctx, model, sys, &o, &ff));
    const ili_binding *bound = ili_ff_binding(ff);
    CHECK(ili_ff_settings(ff).charge_scale == 0.75);
    CHECK_NEAR(bound->total_charge, 0.0, 1e-9);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double factor = sys->molecule[i] > shape.n_chains ? 0.75 : 1.0;
        CHECK_NEAR(bound->charge[i], factor * sys->charge[i], 1e-12);
    }
    il_ff_destroy(&ff);
    o.charge_scale = 0.3;
    refused(il_ff_create(ctx, model, sys, &o, &ff), IL_E_INPUT, "the charge scale is 0.3, expected 0.5 to 1");
    o.charge_scale = 0.8;
    bool *keep = calloc((size_t)sys->n_atoms, sizeof *keep);
    for (int32_t i = 0; i < sys->n_atoms; i++) keep[i] = sys->molecule[i] <= shape.n_chains;
    ili_system_filter(sys, keep);
    free(keep);
    refused(il_ff_create(ctx, plain, sys, &o, &ff), IL_E_INPUT, "marks no species as ion");
    CHECK(ff == NULL);
    il_system_destroy(&sys);
    il_model_destroy(&plain);
    il_model_destroy(&model);
}

/** Everything that a box with salt allocates, made to fail in turn. */
static il_status one_box(const ili_polymer_unit *unit, il_system **out) {
    ili_salt *salt = NULL;
    il_system *ions = NULL;
    ili_polymer_options grow;
    ili_cell cell = cube(20.0);
    il_status status;
    *out = NULL;
    ili_polymer_options_default(&grow);
    grow.n_chains = 1;
    grow.degree = 2;
    IL_GO(ili_salt_read(ctx, "LiPF6", &salt));
    IL_GO(ili_salt_place(ctx, salt, 1, &grow, &cell, NULL, &ions));
    grow.guests = ions;
    IL_GO(ili_polymer_grow(ctx, unit, &grow, &cell, NULL, out, NULL));
out:
    il_system_destroy(&ions);
    ili_salt_destroy(&salt);
    return status;
}

TEST(memory_failures_are_reported) {
    ili_polymer_unit *unit = read_dol();
    il_status status = IL_E_MEMORY;
    int n;
    for (n = 1; n < 3000 && status == IL_E_MEMORY; n++) {
        il_system *sys;
        ili_alloc_fail_at(n);
        status = one_box(unit, &sys);
        ili_alloc_fail_at(0);
        CHECK((status == IL_OK) == (sys != NULL));
        il_system_destroy(&sys);
    }
    CHECK(status == IL_OK && n > 40);
    ili_polymer_unit_destroy(&unit);
}

TESTS(RUN(files_hold_the_ions); RUN(files_agree_with_the_model); RUN(counts_follow_the_ratio);
      RUN(ions_keep_their_shapes); RUN(box_is_whole_neutral_and_free_of_overlap); RUN(same_seed_same_bits);
      RUN(impossible_requests_are_refused); RUN(wrong_files_are_refused); RUN(trans_angles_are_free);
      RUN(charges_of_ions_are_scaled); RUN(memory_failures_are_reported))
