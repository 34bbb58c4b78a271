/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate.h"

#include "base/alloc.h"
#include "crystals.h"
#include "scratch.h"
#include "task/lithiate_measure.h"
#include "task/lithiate_place.h"

/** NASICON whose Ge is charged so high that Ge2(PO4)3 without lithium is neutral, and takes two electrons each. */
static const char MODEL[] = "name: empty-nasicon\n"
                            "title: NASICON without lithium, for tests\n"
                            "date: 2026-11-23\n"
                            "citation: parameters of PMMCS, charges of Ge changed\n"
                            "status: published\n"
                            "units: {length: angstrom, energy: eV}\n"
                            "defaults: {short_cutoff: 6, coulomb_cutoff: 6, coulomb_accuracy: 1e-4, "
                            "truncation: shift}\n"
                            "coulomb: yes\n"
                            "species:\n"
                            "  Li: {element: Li, charge: 0.6, phase: oxide}\n"
                            "  Ge: {element: Ge, charge: 2.7, phase: oxide}\n"
                            "  Ge4: {element: Ge, charge: 2.1, phase: oxide, onsite: -20, redox: {of: Ge, "
                            "electrons: 1}}\n"
                            "  Ge3: {element: Ge, charge: 1.5, phase: oxide, onsite: -38, redox: {of: Ge, "
                            "electrons: 2}}\n"
                            "  P: {element: P, charge: 3.0, phase: oxide}\n"
                            "  O: {element: O, charge: -1.2, phase: oxide}\n"
                            "terms:\n"
                            "  - form: pmmcs\n"
                            "    source: J. Phys. Chem. B 110 (2006) 11780, table 1\n"
                            "    pairs:\n"
                            "      Li-O: {D: 0.001114, a: 3.429506, r0: 2.681360, C: 1.0}\n"
                            "      Ge-O: {D: 0.158118, a: 2.294230, r0: 2.261313, C: 5.0}\n"
                            "      Ge4-O: {D: 0.158118, a: 2.294230, r0: 2.3, C: 5.0}\n"
                            "      Ge3-O: {D: 0.158118, a: 2.294230, r0: 2.35, C: 5.0}\n"
                            "      P-O: {D: 0.831326, a: 2.585833, r0: 1.800790, C: 1.0}\n"
                            "      O-O: {D: 0.042395, a: 1.379316, r0: 3.618701, C: 22.0}\n"
                            "none:\n"
                            "  Li-Li: none\n  Li-Ge: none\n  Li-Ge4: none\n  Li-Ge3: none\n  Li-P: none\n"
                            "  Ge-Ge: none\n  Ge-Ge4: none\n  Ge-Ge3: none\n  Ge4-Ge4: none\n"
                            "  Ge4-Ge3: none\n  Ge3-Ge3: none\n  Ge-P: none\n  Ge4-P: none\n  Ge3-P: none\n"
                            "  P-P: none\n";

enum { FORMULA_UNITS = 6, HOST_ATOMS = 102 };
static const double FORCE = 1e-3, STRESS = 1e-5;

typedef struct study {
    il_model *model;
    il_system *host;
    ili_lithiate_settings settings;
    ili_lithiate_path *path;
} study;

/** One ion from point to point, up to n ions in the cell. */
static study study_of(int n) {
    study t = {.path = ili_alloc(1, sizeof *t.path)};
    scratch_path path;
    bool keep[108];
    il_set_threads(ctx, 1);
    scratch_name(path, ".yaml");
    scratch_write(path, MODEL, strlen(MODEL));
    CHECK_OK(il_model_read(ctx, path, &t.model));
    unlink(path);
    t.host = lgp();
    for (int32_t i = 0; i < t.host->n_atoms; i++) keep[i] = t.host->species[t.host->type[i]].z != 3;
    ili_system_filter(t.host, keep);
    for (int32_t s = 0; s < t.host->n_species; s++) {
        int32_t same = ili_model_species_index(t.model, t.host->species[s].name);
        t.host->species[s].charge = t.model->species[same].base.charge;
    }
    t.settings = (ili_lithiate_settings){.model = t.model,
                                         .rule = ILI_BALANCE_NEAREST,
                                         .n_x = n + 1,
                                         .formula_units = FORMULA_UNITS,
                                         .repeat = {1, 1, 1},
                                         .candidates = 3,
                                         .force_tolerance = FORCE,
                                         .stress_tolerance = STRESS,
                                         .max_steps = 1000,
                                         .li_metal = -1.6,
                                         .seed = 5};
    il_ff_options_default(&t.settings.ff);
    for (int k = 0; k <= n; k++) t.settings.x[k] = k / (double)FORMULA_UNITS;
    return t;
}

static void study_free(study *t) {
    ili_lithiate_path_free(t->path);
    ili_free(t->path);
    il_system_destroy(&t->host);
    il_model_destroy(&t->model);
}

static double charge_of(const study *t, const il_system *sys) {
    ili_binding binding = {0};
    CHECK_OK(ili_bind(ctx, t->model, sys, true, &binding));
    double charge = binding.total_charge;
    ili_binding_free(&binding);
    return charge;
}

static double distance_to(const il_system *sys, int32_t i, const double s[3]) {
    double x[3], d[3];
    ili_cell_to_cart(&sys->cell, s, x);
    ili_sub(sys->x[i], x, d);
    return sqrt(ili_cell_nearest(&sys->cell, d));
}

/** Bits of two paths are the same. */
static bool same_points(int n, const ili_lithiate_point *a, const ili_lithiate_point *b) {
    for (int k = 0; k < n; k++) {
        ili_lithiate_point p = a[k], q = b[k];
        p.sys = q.sys = NULL;
        if (memcmp(&p, &q, sizeof p) != 0) return false;
        if (a[k].sys->n_atoms != b[k].sys->n_atoms) return false;
        size_t size = (size_t)a[k].sys->n_atoms * sizeof *a[k].sys->x;
        if (memcmp(a[k].sys->x, b[k].sys->x, size) != 0 || memcmp(a[k].sys->f, b[k].sys->f, size) != 0)
            return false;
    }
    return true;
}

static bool same_paths(const ili_lithiate_path *a, const ili_lithiate_path *b) {
    return a->n == b->n && a->n_back == b->n_back && same_points(a->n, a->point, b->point) &&
           same_points(a->n_back, a->back, b->back);
}

/* The first ion of empty NASICON goes to M1 (6b), between two GeO6, with its electron beside it; taken out again, the
 * framework is back where it was. A stress within the tolerance changes the volume by V s/B; B of NASICON is above 0.3 eV/A^3. */
TEST(there_and_back) {
    study t = study_of(2);
    t.settings.reverse = true;
    REQUIRE_OK(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path));
    const ili_lithiate_path *p = t.path;
    CHECK(p->n == 3 && p->n_back == 2);

    il_ff *ff;
    ili_relax_result relaxed;
    ili_relax_options o = ili_relax_defaults();
    o.mode = ILI_RELAX_BOTH;
    o.force_tolerance = FORCE;
    o.stress_tolerance = STRESS;
    o.max_steps = t.settings.max_steps;
    REQUIRE_OK(il_ff_create(ctx, t.model, t.host, &t.settings.ff, &ff));
    REQUIRE_OK(ili_relax_system(ctx, ff, t.host, &o, &relaxed));
    il_ff_destroy(&ff);
    CHECK(relaxed.converged && p->point[0].energy == relaxed.energy);
    CHECK(p->point[0].volume == ili_cell_volume(&t.host->cell) / FORMULA_UNITS);

    double bound = INFINITY;
    const il_system *one = p->point[1].sys;
    for (int k = 0; k < 6; k++) {
        const double site[3] = {(k / 2) * 2 / 3.0, (k / 2) / 3.0, (k / 2) / 3.0 + 0.5 * (k % 2)};
        bound = fmin(bound, distance_to(one, HOST_ATOMS, site));
    }
    CHECK_NEAR(bound, 0.0, 0.6); /* the other places, M2 and 36f, are 2 A away and more */

    double sum = 0.0;
    for (int k = 0; k < p->n; k++) {
        const ili_lithiate_point *q = &p->point[k];
        CHECK(q->converged && q->n_li == k && q->sys->n_atoms == HOST_ATOMS + k);
        CHECK_NEAR(charge_of(&t, q->sys), 0.0, 1e-9);
        CHECK_NEAR(q->electrons[0] + q->electrons[1] + q->electrons[2], 1.0, 1e-12);
        CHECK_NEAR(12.0 * (q->electrons[1] + 2.0 * q->electrons[2]), k, 1e-9);
        CHECK_NEAR(q->coordination[0], 4.0, 0.0);
        CHECK(q->po4_all == 18 && q->po4_intact == 18 && q->network.intact);
        double swelling = q->strain[0] + q->strain[1] + q->strain[2];
        CHECK_NEAR(swelling, log(q->volume / p->point[0].volume), k ? 0.003 : 1e-12);
        sum += k ? q->voltage : 0.0;
    }
    CHECK(isnan(p->point[0].voltage) && isnan(p->point[0].e_insertion) && isnan(p->point[0].coordination[3]));
    CHECK_NEAR(sum, -2.0 * p->point[2].e_insertion, 1e-9);

    const ili_lithiate_point *last = &p->back[1];
    CHECK(last->n_li == 0 && last->sys->n_atoms == HOST_ATOMS && last->electrons[0] == 1.0);
    CHECK_NEAR(charge_of(&t, last->sys), 0.0, 1e-9);
    CHECK_NEAR(last->volume / p->point[0].volume, 1.0, 3.0 * STRESS / 0.3);
    CHECK_NEAR(p->back[0].voltage * 1.0 + last->voltage, sum + last->energy - p->point[0].energy, 1e-9);
    study_free(&t);
}

/** Stop whenever a step is done. */
static int stop_between(void *user, const char *what, double fraction) {
    (void)user, (void)fraction;
    return strstr(what, "relaxed") != NULL;
}

/* electrons put by any rule: as many as ions, the cell neutral in the model it is bound to, all gone on the way back; broken off
 * and gone on with after every step: the same bits */
TEST(every_rule) {
    static const ili_balance_rule RULES[] = {ILI_BALANCE_LOWEST, ILI_BALANCE_SPREAD, ILI_BALANCE_QEQ};
    for (int k = 0; k < 3; k++) {
        study t = study_of(2), broken = study_of(2);
        study *both[] = {&t, &broken};
        scratch_path file;
        for (int b = 0; b < 2; b++) {
            both[b]->settings.rule = RULES[k];
            both[b]->settings.reverse = true;
            both[b]->settings.candidates = 2;
            both[b]->settings.force_tolerance = 0.02;
            both[b]->settings.stress_tolerance = 1e-3;
        }
        CHECK_OK(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path));
        CHECK(t.path->n == 3 && t.path->n_back == 2);
        for (int i = 0; i < t.path->n; i++) {
            const ili_lithiate_point *q = &t.path->point[i];
            double charge = 0.0;
            for (int32_t a = 0; a < q->sys->n_atoms; a++) charge += q->sys->species[q->sys->type[a]].charge;
            CHECK_NEAR(charge, 0.0, 1e-9);
            CHECK(q->converged && isfinite(q->density) && (i == 0 || isfinite(q->voltage)));
        }
        CHECK_NEAR(t.path->back[1].electrons[0], 1.0, 0.0);
        CHECK_NEAR(t.path->back[1].energy, t.path->point[0].energy, 0.1);
        scratch_name(file, ".ckpt");
        unlink(file);
        il_status status = IL_E_INTERRUPTED;
        for (int sitting = 0; status == IL_E_INTERRUPTED && sitting < 6; sitting++) {
            ili_lithiate_path_free(broken.path);
            il_set_progress(ctx, stop_between, NULL);
            status = ili_lithiate_run(ctx, &broken.settings, broken.host, file, broken.path);
        }
        il_set_progress(ctx, NULL, NULL);
        CHECK_STATUS(status, IL_OK);
        CHECK(same_paths(t.path, broken.path));
        unlink(file);
        study_free(&t);
        study_free(&broken);
    }
}

typedef struct stopper {
    int left; /**< calls until it stops; then never again until set anew */
} stopper;

static int stop(void *user, const char *what, double fraction) {
    stopper *s = user;
    CHECK(what[0] && fraction >= 0.0 && fraction <= 1.0);
    return s->left > 0 && --s->left == 0;
}

/* drawn places, annealing and the way back; broken off at odd moments, at other thread counts: the same bits */
TEST(broken_off_and_gone_on_with) {
    study whole = study_of(2), broken = study_of(2);
    scratch_path file;
    study *both[] = {&whole, &broken};
    for (int k = 0; k < 2; k++) {
        both[k]->settings.reverse = true;
        both[k]->settings.temperature = 3000.0;
        both[k]->settings.anneal_temperature = 600.0;
        both[k]->settings.anneal_time = 60.0;
        both[k]->settings.force_tolerance = 0.02;
        both[k]->settings.stress_tolerance = 1e-3;
    }
    REQUIRE_OK(ili_lithiate_run(ctx, &whole.settings, whole.host, NULL, whole.path));
    scratch_name(file, ".ckpt");
    unlink(file);
    il_status status = IL_E_INTERRUPTED;
    int sittings = 0;
    for (; status == IL_E_INTERRUPTED && sittings < 20; sittings++) {
        stopper s = {.left = 25 + 6 * sittings};
        il_set_threads(ctx, sittings ? 1 : 2);
        il_set_progress(ctx, stop, &s);
        ili_lithiate_path_free(broken.path);
        status = ili_lithiate_run(ctx, &broken.settings, broken.host, file, broken.path);
        CHECK(ctx->progress == stop && ctx->progress_user == &s);
        if (status == IL_E_INTERRUPTED) CHECK(strstr(il_message(ctx), file) != NULL);
    }
    il_set_progress(ctx, NULL, NULL);
    CHECK_STATUS(status, IL_OK);
    CHECK(sittings > 2);
    CHECK(same_paths(whole.path, broken.path));
    /* a finished one is read back; another seed is another job */
    ili_lithiate_path_free(broken.path);
    CHECK_OK(ili_lithiate_run(ctx, &broken.settings, broken.host, file, broken.path));
    CHECK(same_paths(whole.path, broken.path));
    broken.settings.seed++;
    ili_lithiate_path_free(broken.path);
    CHECK_STATUS(ili_lithiate_run(ctx, &broken.settings, broken.host, file, broken.path), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "another lithiation") != NULL);
    unlink(file);
    study_free(&whole);
    study_free(&broken);
}

/* a relaxation that is given too few steps is tried again, then told, and the path goes on */
TEST(unconverged_points_are_told) {
    study t = study_of(1);
    t.settings.max_steps = 3;
    REQUIRE_OK(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path));
    CHECK(t.path->n == 2 && !t.path->point[0].converged && !t.path->point[1].converged);
    CHECK(il_warning_count(ctx) == 2 && strstr(il_warning(ctx, 0), "x = 0 ") != NULL);
    study_free(&t);
}

/* 0.2 of six formula units are one ion, a sixth: volumes and their slope belong to that */
TEST(x_counts_whole_ions) {
    study t = study_of(1);
    t.settings.max_steps = 3;
    t.settings.x[1] = 0.2;
    REQUIRE_OK(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path));
    CHECK(t.path->point[0].x == 0.0 && t.path->point[1].n_li == 1);
    CHECK_NEAR(t.path->point[1].x, 1.0 / FORMULA_UNITS, 1e-15);
    study_free(&t);
}

TEST(refusals) {
    study t = study_of(1);
    const ili_lithiate_settings good = t.settings;
    t.settings.x[0] = 0.1;
    CHECK_STATUS(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path), IL_E_INPUT);
    t.settings = good;
    t.settings.x[1] = 4.2; /* 25 ions for 12 Ge that take 2 electrons each */
    CHECK_STATUS(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "the largest x is 4") != NULL);
    t.settings = good;
    t.settings.li_metal = NAN;
    CHECK_STATUS(ili_lithiate_run(ctx, &t.settings, t.host, NULL, t.path), IL_E_INPUT);
    t.settings = good;
    CHECK_OK(ili_lithiate_ion(ctx, t.model, &(int32_t){0}));
    study_free(&t);
}

/* rock salt squeezed until its voids are smaller than 0.8 A holds no lithium */
TEST(no_room) {
    study t = study_of(1);
    il_system *dense = rock_salt(1.7);
    ili_balance *balance;
    ili_rng rng = ili_rng_make(1, 0);
    double x[3], least;
    strcpy(dense->species[0].name, "Ge");
    strcpy(dense->species[1].name, "O");
    dense->species[0].z = 32;
    dense->species[1].z = 8;
    REQUIRE_OK(ili_balance_create(ctx, ILI_BALANCE_NEAREST, t.model, &t.settings.ff, dense, &balance));
    CHECK_STATUS(ili_lithiate_place(ctx, &t.settings, balance, dense, &rng, x, &least), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "0.8 A") != NULL);
    ili_balance_destroy(&balance);
    il_system_destroy(&dense);
    study_free(&t);
}

/* a stretch along known axes, then any rotation: the strain is the stretch */
TEST(strain_forgets_rotation) {
    const double from[3][3] = {{8, 0, 0}, {-4, 7, 0}, {1, 2, 20}}, c = cos(0.7), s = sin(0.7);
    const double stretch[3][3] = {{1.10, 0.02, 0.01}, {0.02, 0.95, -0.03}, {0.01, -0.03, 1.2}};
    const double turn[3][3] = {{c, s, 0}, {-s, c, 0}, {0, 0, 1}},
                 tip[3][3] = {{1, 0, 0}, {0, s, c}, {0, -c, s}};
    const double want[6] = {0.10, -0.05, 0.2, -0.03, 0.01, 0.02};
    double to[3][3], strain[6];
    ili_mat_mul(from, stretch, to);
    ili_mat_mul((const double(*)[3])to, turn, to);
    ili_mat_mul((const double(*)[3])to, tip, to);
    ili_lithiate_strain(from, (const double(*)[3])to, strain);
    for (int k = 0; k < 6; k++) CHECK_NEAR(strain[k], want[k], 1e-14);
}

TESTS(RUN(there_and_back); RUN(every_rule); RUN(broken_off_and_gone_on_with);
      RUN(unconverged_points_are_told); RUN(x_counts_whole_ions); RUN(refusals); RUN(no_room);
      RUN(strain_forgets_rotation))
