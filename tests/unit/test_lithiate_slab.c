/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_slab.h"

#include "base/alloc.h"
#include "ff/ff.h"
#include "math/units.h"
#include "scratch.h"
#include "task/slab_heights.h"

/** Rock salt with the forces of MgO whose cation takes an electron, and a metal held together by pairs. %s: onsite and r0 of the
 *  reduced cation, charge of the metal, wall
 *  between ions of lithium and oxygen. */
static const char MODEL[] =
    "name: salt-and-metal\n"
    "title: rock salt and a metal, for tests\n"
    "date: 2026-11-23\n"
    "citation: made up; rock salt as MgO of PMMCS\n"
    "status: published\n"
    "units: {length: angstrom, energy: eV}\n"
    "defaults: {short_cutoff: 6, coulomb_cutoff: 6, coulomb_accuracy: 1e-6, truncation: shift}\n"
    "coulomb: yes\n"
    "species:\n"
    "  Li: {element: Li, charge: 0.6, phase: oxide}\n"
    "  Ti: {element: Ti, charge: 1.2, phase: oxide}\n"
    "  Ti1: {element: Ti, charge: 0.6, phase: oxide, onsite: %s, redox: {of: Ti, electrons: 1}}\n"
    "  O: {element: O, charge: -1.2, phase: oxide}\n"
    "  Li0: {element: Li, charge: %s, phase: %s}\n"
    "  He: {element: He, charge: 0, phase: polymer}\n"
    "terms:\n"
    "  - form: pmmcs\n"
    "    source: made up for tests\n"
    "    pairs:\n"
    "      Li-O: {D: 0.001114, a: 3.429506, r0: 2.681360, C: %s}\n"
    "      Ti-O: {D: 0.038908, a: 2.281000, r0: 2.586153, C: 5.0}\n"
    "      Ti1-O: {D: 0.038908, a: 2.281000, r0: %s, C: 5.0}\n"
    "      O-O: {D: 0.042395, a: 1.379316, r0: 3.618701, C: 22.0}\n"
    "  - form: lj\n"
    "    source: made up for tests\n"
    "    cutoff: 6\n"
    "    truncation: taper\n"
    "    taper: 2\n"
    "    pairs:\n"
    "      Li0-Li0: {epsilon: 0.10, sigma: 2.65}\n"
    "      Li0-O: {epsilon: 0.02, sigma: 2.6}\n"
    "      Li0-Ti: {epsilon: 0.005, sigma: 2.6}\n"
    "      Li0-Ti1: {epsilon: 0.005, sigma: 2.6}\n"
    "      Li0-Li: {epsilon: %s, sigma: 2.3}\n"
    "none:\n"
    "  Li-Li: none\n  Li-Ti: none\n  Li-Ti1: none\n  Ti-Ti: none\n  Ti-Ti1: none\n"
    "  Ti1-Ti1: none\n  He-He: none\n  He-Li: none\n  He-Ti: none\n  He-Ti1: none\n"
    "  He-O: none\n  He-Li0: none\n";

enum { PLANES = 6, METAL_PLANES = 3, PER_PLANE = 2, METALS = METAL_PLANES * PER_PLANE };
static const double A = 4.2, GAP = 2.4;

/** Strain of a central difference, and its error in N/m: 400 N/m (200 GPa, 20 A) times STEP^2 times some ten for curvature, 1e-3; steps of
 *  the energy where pairs cross the cut-off, some 1e-6 eV over 2 STEP and the area, 1e-3. */
static const double STEP = 5e-4, SLOPE = 5e-3;

typedef struct made {
    il_model *model;
    il_system *contact;
    ili_slab_settings settings;
    ili_slab_run run;
} made;

/** What the model is made of; zeroed: the usual. */
typedef struct recipe {
    const char *onsite, *r0, *metal_charge, *metal_phase, *wall, *pull;
} recipe;

static const char *or_else(const char *text, const char *usual) {
    return text ? text : usual;
}

static il_model *model_of(recipe r) {
    char text[sizeof MODEL + 200];
    scratch_path path;
    il_model *model = NULL;
    snprintf(text, sizeof text, MODEL, or_else(r.onsite, "-10"), or_else(r.metal_charge, "0"),
             or_else(r.metal_phase, "metal"), or_else(r.wall, "1.0"), or_else(r.r0, "2.6"),
             or_else(r.pull, "0.01"));
    scratch_name(path, ".yaml");
    scratch_write(path, text, strlen(text));
    CHECK_OK(il_model_read(ctx, path, &model));
    unlink(path);
    return model;
}

static void put(il_system *s, const char *name, double x, double y, double z) {
    int32_t type;
    CHECK_OK(ili_system_species(ctx, s, name, 0, &type));
    s->species[type].z = strcmp(name, "O") == 0 ? 8 : strcmp(name, "Ti") == 0 ? 22 : 3;
    CHECK_OK(ili_system_add(ctx, s, type, (const double[]){x, y, z}));
    s->side[s->n_atoms - 1] = strcmp(name, "Li0") == 0;
}

/** Six planes of rock salt (100) with a film of three planes of metal on it. */
static il_system *contact_of(void) {
    il_system *s = NULL;
    CHECK_OK(ili_system_create(ctx, &s));
    s->cell = (ili_cell){{{A, 0, 0}, {0, A, 0}, {0, 0, 40}}, {true, true, false}};
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, s, side));
    for (int p = 0; p < PLANES; p++)
        for (int k = 0; k < PER_PLANE; k++) {
            const double half = 0.5 * A * k, z = 10 + 0.5 * A * p, turn = 0.5 * A * (p % 2);
            put(s, "Ti", half + turn, half, z);
            put(s, "O", half + 0.5 * A + turn, half, z);
        }
    for (int p = 0; p < METAL_PLANES; p++)
        for (int k = 0; k < PER_PLANE; k++)
            put(s, "Li0", 0.5 * A * (k + p % 2), 0.5 * A * k, 10 + 0.5 * A * (PLANES - 1 + p) + GAP);
    return s;
}

static made make(recipe r) {
    made m = {.model = model_of(r), .contact = contact_of()};
    il_set_threads(ctx, 1);
    m.settings = (ili_slab_settings){.model = m.model,
                                     .rule = ILI_BALANCE_NEAREST,
                                     .thickness = 3.0,
                                     .n_layers = 2,
                                     .units = 12,
                                     .x = 1 / 3.4, /* of 3.4 formula units in a layer: one ion each */
                                     .candidates = 4,
                                     .force_tolerance = 1e-3,
                                     .max_steps = 2000};
    il_ff_options_default(&m.settings.ff);
    return m;
}

static void made_free(made *m) {
    ili_slab_run_free(&m->run);
    il_system_destroy(&m->contact);
    il_model_destroy(&m->model);
}

static il_status go(made *m) {
    ili_slab_run_free(&m->run);
    return ili_slab_lithiate(ctx, &m->settings, m->contact, NULL, &m->run);
}

static double energy_at(const made *m, const il_system *sys, int axis, double strain) {
    il_ff *ff = NULL;
    ili_ff_result r = {0};
    il_system *s = NULL;
    CHECK_OK(ili_system_copy(ctx, sys, &s));
    CHECK_OK(il_ff_create(ctx, m->model, s, &m->settings.ff, &ff));
    for (int a = 0; axis >= 0 && a < 3; a++) s->cell.h[a][axis] *= 1.0 + strain;
    for (int32_t i = 0; axis >= 0 && i < s->n_atoms; i++) s->x[i][axis] *= 1.0 + strain;
    CHECK_OK(ili_ff_evaluate(ctx, ff, &s->cell, (const double(*)[3])s->x, &r));
    il_ff_destroy(&ff);
    il_system_destroy(&s);
    return r.energy;
}

static const char *name_of(const il_system *s, int32_t i) {
    return s->species[s->type[i]].name;
}

static int count(const il_system *s, const char *name) {
    int n = 0;
    for (int32_t i = 0; i < s->n_atoms; i++) n += strcmp(name_of(s, i), name) == 0;
    return n;
}

/** Without the metal. */
static il_system *ceramic_of(const il_system *sys) {
    il_system *s = NULL;
    bool keep[64];
    CHECK_OK(ili_system_copy(ctx, sys, &s));
    for (int32_t i = 0; i < s->n_atoms; i++) keep[i] = strcmp(name_of(s, i), "Li0") != 0;
    ili_system_filter(s, keep);
    return s;
}

static double charge_of(const made *m, const il_system *sys) {
    ili_binding b = {0};
    CHECK_OK(ili_bind(ctx, m->model, sys, true, &b));
    const double charge = b.total_charge;
    ili_binding_free(&b);
    return charge;
}

/* Atoms are neither made nor lost, whole and ceramic stay neutral, with each ion goes one electron; the energy is that of the
 * force field on both ends, on-site energies included. */
TEST(neutral_and_counted) {
    made none = make((recipe){0});
    none.settings.x = 1e-9;
    REQUIRE_OK(go(&none));
    for (int n = 1; n <= 3; n++) {
        made m = make((recipe){0}), deep = make((recipe){.onsite = "-11"});
        m.settings.n_layers = deep.settings.n_layers = 1;
        m.settings.x = deep.settings.x = n / 3.4;
        REQUIRE_OK(go(&m));
        REQUIRE_OK(go(&deep));
        const ili_slab_step *last = &m.run.step[1];
        CHECK(m.run.n == 2 && m.run.end == ILI_SLAB_ALL && last->n_li == n && last->n_metal == METALS - n);
        CHECK(last->converged && last->left_layer == 0 && (n > 1 || last->network.intact));
        CHECK(count(m.run.final, "Li") == n && count(m.run.final, "Li0") == METALS - n);
        CHECK(count(m.run.final, "Ti1") == n && count(m.run.final, "Ti") == 12 - n);
        il_system *ceramic = ceramic_of(m.run.final);
        CHECK_NEAR(charge_of(&m, m.run.final), 0.0, 1e-12);
        CHECK_NEAR(charge_of(&m, ceramic), 0.0, 1e-12);
        il_system_destroy(&ceramic);
        CHECK_NEAR(last->electrons[1], n / 12.0, 1e-12);
        for (int32_t i = 0; i < m.run.final->n_atoms; i++)
            CHECK(m.run.final->side[i] == (strcmp(name_of(m.run.final, i), "Li0") == 0));
        const double moved = energy_at(&m, m.run.final, -1, 0) - energy_at(&m, none.run.final, -1, 0);
        CHECK_NEAR(last->energy, moved / n, 1e-5); /* another Coulomb plan, accurate to 1e-6 */
        CHECK_NEAR(deep.run.step[1].energy - last->energy, -1.0, 1e-9);
        made_free(&m);
        made_free(&deep);
    }
    made_free(&none);
}

static double highest(const il_system *s, double up, bool is_guest) {
    double top = -INFINITY;
    for (int32_t i = 0; i < s->n_atoms; i++) {
        const bool guest = strcmp(name_of(s, i), "Li") == 0, metal = strcmp(name_of(s, i), "Li0") == 0;
        if (!metal && guest == is_guest) top = fmax(top, up * s->x[i][2]);
    }
    return top;
}

/* Of three layers each takes one ion, the one at the interface first. */
TEST(layers_from_the_interface) {
    double before = 0.0;
    for (int n = 1; n <= 3; n++) {
        made m = make((recipe){0});
        m.settings.n_layers = n;
        REQUIRE_OK(go(&m));
        CHECK(m.run.n == n + 1);
        for (int k = 1; k <= n; k++) CHECK(m.run.step[k].n_li == k && m.run.step[k].layers == k);
        CHECK_NEAR(m.run.step[n].depth, 3.0 * n, 1e-12);
        CHECK(m.run.step[n].left_layer == 0);
        const double top = highest(m.run.final, 1, false), deepest = top + highest(m.run.final, -1, true);
        CHECK(deepest > 3.0 * (n - 1) - 1.0 && deepest < 3.0 * n + 1.0);
        CHECK(deepest > before + 1.0);
        before = deepest;
        made_free(&m);
    }
}

/* A reduced cation that wants longer bonds is compressed in a clamped plane and swells outward, one that wants shorter ones is
 * under tension. The force is the slope of the energy of the ceramic alone with the strain of the plane, and of the whole. */
TEST(stress) {
    static const char *const r0[] = {
        "2.7", "2.1"}; /* more than 2.75 and the planes break up, in more ways than one */
    for (int k = 0; k < 2; k++) {
        made m = make((recipe){.r0 = r0[k]});
        m.settings.n_layers = 1;
        m.settings.x = 3 / 3.4;
        REQUIRE_OK(go(&m));
        const ili_slab_step *s = &m.run.step[1];
        CHECK(s->n_li == 3);
        CHECK(k ? s->plane > 1.0 : s->plane < -1.0);
        CHECK(k ? s->plane_whole > 1.0 : s->plane_whole < -1.0);
        if (k == 0) CHECK(s->strain > 0.01 && s->rise > 0.01);
        CHECK_NEAR(s->plane, 0.5 * (s->stress[0] + s->stress[1]), 1e-12);
        il_system *ceramic = ceramic_of(m.run.final);
        for (int axis = 0; axis < 2; axis++) {
            const double e = STEP,
                         slope =
                             (energy_at(&m, ceramic, axis, e) - energy_at(&m, ceramic, axis, -e)) / (2 * e),
                         want = slope / m.run.area * ILI_E_CHARGE_SI * 1e20;
            CHECK_NEAR(0.1 * m.run.stress_start[axis] * m.run.thickness + s->force[axis], want, SLOPE);
            CHECK_NEAR(s->stress[axis], 10 * s->force[axis] / 3.0, 1e-9);
        }
        il_system_destroy(&ceramic);
        made_free(&m);
    }
}

/* The stress of the whole is that of the ceramic and of what the metal loses: without forces between both, what three planes of
 * metal less one hold. Here just: it is the slope of the energy of the whole contact. */
TEST(stress_of_the_whole) {
    made m = make((recipe){0}), none = make((recipe){0});
    double slope[2];
    m.settings.n_layers = none.settings.n_layers = 1;
    none.settings.x = 1e-9;
    REQUIRE_OK(go(&m));
    REQUIRE_OK(go(&none));
    const il_system *end[] = {none.run.final, m.run.final};
    for (int k = 0; k < 2; k++)
        slope[k] = (energy_at(&m, end[k], 0, STEP) - energy_at(&m, end[k], 0, -STEP)) / (2 * STEP);
    CHECK_NEAR(m.run.step[1].stress_whole[0],
               10 * (slope[1] - slope[0]) / m.run.area * ILI_E_CHARGE_SI * 1e20 / 3.0, 2 * SLOPE * 10 / 3.0);
    CHECK(fabs(m.run.step[1].stress_whole[0] - m.run.step[1].stress[0]) > 0.1);
    made_free(&m);
    made_free(&none);
}

/* Turned over by 180 degrees about x, metal below: the same numbers. */
TEST(metal_below) {
    made up = make((recipe){0}), down = make((recipe){0});
    up.settings.n_layers = down.settings.n_layers = 1;
    for (int32_t i = 0; i < down.contact->n_atoms; i++)
        for (int k = 1; k < 3; k++) down.contact->x[i][k] *= -1.0;
    REQUIRE_OK(go(&up));
    REQUIRE_OK(go(&down));
    const ili_slab_step *a = &up.run.step[1], *b = &down.run.step[1];
    CHECK(b->n_li == 1 && b->left_layer == 0);
    CHECK_NEAR(highest(down.run.final, -1, true) - highest(down.run.final, -1, false),
               highest(up.run.final, 1, true) - highest(up.run.final, 1, false), 0.02);
    CHECK_NEAR(b->strain, a->strain, 2e-3);
    CHECK_NEAR(b->rise, a->rise, 5e-3);
    CHECK_NEAR(b->plane, a->plane, 0.1);
    CHECK_NEAR(b->energy, a->energy, 5e-3);
    made_free(&up);
    made_free(&down);
}

/* The plane is strained as asked for, before the first step. */
TEST(lateral_strain) {
    made m = make((recipe){0}), wide = make((recipe){0});
    m.settings.n_layers = wide.settings.n_layers = 1;
    wide.settings.lateral = 0.02;
    REQUIRE_OK(go(&m));
    REQUIRE_OK(go(&wide));
    CHECK_NEAR(wide.run.final->cell.h[0][0], 1.02 * A, 1e-12);
    CHECK_NEAR(wide.run.final->cell.h[2][2], 40.0, 0.0);
    CHECK_NEAR(wide.run.area, 1.0404 * A * A, 1e-9);
    CHECK(wide.run.stress_start[0] > m.run.stress_start[0] + 1.0);
    CHECK(wide.run.thickness < m.run.thickness);
    made_free(&m);
    made_free(&wide);
}

/* Heights stretched by a known map give that strain, whatever else moves; planes of a layer go with the atoms near them. */
TEST(planted_heights) {
    ili_heights h = {0};
    REQUIRE_OK(ili_heights_make(ctx, 41, &h));
    for (int32_t i = 0; i < h.n; i++) h.after[i] = 0.5 * ((i * 17) % 41);
    ili_heights_begin(&h);
    CHECK_NEAR(h.top, 20.0, 0.0);
    CHECK_NEAR(h.bottom, 0.0, 0.0);
    CHECK(ili_heights_within(&h, 8.0) == 17);
    CHECK_NEAR(ili_heights_stretch(&h, 8.0), 0.0, 1e-14);
    for (int32_t i = 0; i < h.n; i++) { /* the upper 8 A grow by 7 %, all moves by 0.3 A */
        const double x = h.before[i];
        h.after[i] = x + 0.3 + 0.07 * fmax(0.0, x - 12.0);
    }
    CHECK_NEAR(ili_heights_stretch(&h, 8.0), 0.07, 1e-12);
    CHECK_NEAR(ili_heights_stretch(&h, 4.0), 0.07, 1e-12);
    CHECK(ili_heights_stretch(&h, 16.0) < 0.06);
    CHECK_NEAR(ili_heights_rise(&h), 0.07 * (18.5 - 12.0), 1e-12); /* 17 to 20 A on average */
    const ili_layer_now second = ili_heights_layer(&h, 1, 4.0), deep = ili_heights_layer(&h, 3, 4.0);
    CHECK_NEAR(second.high, 16.0 + 0.3 + 0.07 * 4.0, 0.02); /* the kink at 12 A, 2.7 widths off */
    CHECK_NEAR(deep.high, 8.3, 0.02);
    CHECK_NEAR(deep.low, 4.3, 1e-4);
    CHECK(!ili_has_left(&deep, 3.31) && ili_has_left(&deep, 3.29));
    CHECK(!ili_has_left(&deep, 9.29) && ili_has_left(&deep, 9.33));
    for (int32_t i = 0; i < h.n; i++) h.after[i] = 2.0;
    ili_heights_begin(&h);
    CHECK(isnan(ili_heights_stretch(&h, 8.0)));
    ili_heights_free(&h);
}

/* An ion that stays when it relaxes alone, and goes to the metal with all others, is counted. */
TEST(ions_that_do_not_stay) {
    made m = make((recipe){.wall = "100", .pull = "40"});
    m.settings.n_layers = 1;
    m.settings.thickness = 2.2;
    REQUIRE_OK(go(&m));
    CHECK(highest(m.run.final, 1, true) > highest(m.run.final, 1, false) + 1.0);
    CHECK(m.run.n == 2 && m.run.step[1].n_li == 1 && m.run.step[1].left_layer == 1);
    made_free(&m);
}

/* What ends a run early is said, and what was put in until then is measured. */
TEST(ends) {
    made m = make((recipe){0});
    m.settings.n_layers = 1;
    m.settings.x = 8 / 3.4; /* more than the metal holds */
    m.settings.force_tolerance = 0.05;
    REQUIRE_OK(go(&m));
    const ili_slab_step *s = &m.run.step[1];
    CHECK(m.run.n == 2 && m.run.end == ILI_SLAB_NO_METAL);
    CHECK(s->n_li == METALS && s->n_metal == 0 && isfinite(s->energy));
    CHECK(ili_slab_end_text(m.run.end)[0] && !ili_slab_end_text(ILI_SLAB_ALL)[0]);
    made_free(&m);

    m = make((recipe){0});
    m.settings.n_layers = 1;
    m.settings.x = 4 / 3.4;
    m.settings.force_tolerance = 0.05;
    for (int32_t i = 0, kept = 0; i < m.contact->n_atoms;
         i++) { /* all but two are reduced already: not neutral */
        if (strcmp(name_of(m.contact, i), "Ti") == 0 && kept++ >= 2) {
            int32_t type;
            CHECK_OK(ili_system_species(ctx, m.contact, "Ti1", 22, &type));
            m.contact->type[i] = type;
        }
    }
    CHECK_STATUS(go(&m), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "charge of -6 e") != NULL);
    made_free(&m);
}

typedef struct stopper {
    int left;
} stopper;

static int stop(void *user, const char *what, double fraction) {
    (void)what, (void)fraction;
    return --((stopper *)user)->left < 0;
}

static bool same(const ili_slab_run *a, const ili_slab_run *b) {
    const size_t size = (size_t)a->final->n_atoms * sizeof *a->final->x;
    if (memcmp(a, b, offsetof(ili_slab_run, final)) != 0) return false;
    for (int32_t i = 0; i < a->final->n_atoms; i++) {
        const ili_species *p = &a->final->species[a->final->type[i]],
                          *q = &b->final->species[b->final->type[i]];
        if (strcmp(p->name, q->name) != 0 || p->z != q->z || p->charge != q->charge) return false;
    }
    return memcmp(a->final->x, b->final->x, size) == 0 && memcmp(a->final->f, b->final->f, size) == 0 &&
           a->final->energy == b->final->energy && b->final->has_energy;
}

/* Broken off anywhere, and read back when finished: the same bits. Other settings and contacts are refused. */
TEST(resume) {
    made whole = make((recipe){0}), broken = make((recipe){0});
    scratch_path file;
    int sittings = 0;
    scratch_name(file, ".ckpt");
    unlink(file);
    whole.settings.x = broken.settings.x = 2 / 3.4;
    REQUIRE_OK(go(&whole));
    il_status status = IL_E_INTERRUPTED;
    for (; status == IL_E_INTERRUPTED && sittings < 40; sittings++) {
        stopper s = {.left = 40 + 15 * sittings};
        il_set_threads(ctx, 1 + sittings % 2);
        il_set_progress(ctx, stop, &s);
        ili_slab_run_free(&broken.run);
        status = ili_slab_lithiate(ctx, &broken.settings, broken.contact, file, &broken.run);
    }
    il_set_progress(ctx, NULL, NULL);
    REQUIRE_OK(status);
    CHECK(sittings > 3);
    CHECK(same(&whole.run, &broken.run));
    ili_slab_run_free(&broken.run);
    REQUIRE_OK(ili_slab_lithiate(ctx, &broken.settings, broken.contact, file, &broken.run));
    CHECK(same(&whole.run, &broken.run));
    ili_slab_run_free(&broken.run);
    broken.settings.lateral = 0.01;
    CHECK_STATUS(ili_slab_lithiate(ctx, &broken.settings, broken.contact, file, &broken.run), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "--fresh") != NULL);
    broken.settings.lateral = 0.0;
    broken.contact->x[0][0] += 0.01;
    CHECK_STATUS(ili_slab_lithiate(ctx, &broken.settings, broken.contact, file, &broken.run), IL_E_INPUT);
    unlink(file);
    made_free(&whole);
    made_free(&broken);
}

static void refuses(made *m, const char *words) {
    CHECK_STATUS(go(m), IL_E_INPUT);
    if (!strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected '%s'\n", il_message(ctx), words);
        CHECK(!"the message says why");
    }
    made_free(m);
}

static void drop(il_system *s, const char *name) {
    bool keep[64];
    for (int32_t i = 0; i < s->n_atoms; i++) keep[i] = strcmp(name_of(s, i), name) != 0;
    ili_system_filter(s, keep);
}

TEST(refusals) {
    made m = make((recipe){0});
    m.contact->cell.pbc[2] = true;
    refuses(&m, "open there");

    m = make((recipe){0});
    for (int32_t i = 0; i < m.contact->n_atoms; i++) { /* turned: its plane is yz */
        const double x[3] = {m.contact->x[i][2], m.contact->x[i][0], m.contact->x[i][1]};
        memcpy(m.contact->x[i], x, sizeof x);
    }
    memcpy(m.contact->cell.h, (double[3][3]){{0, A, 0}, {0, 0, A}, {40, 0, 0}}, sizeof m.contact->cell.h);
    refuses(&m, "does not lie in xy");

    m = make((recipe){0});
    drop(m.contact, "Li0");
    refuses(&m, "no metal");

    m = make((recipe){0});
    drop(m.contact, "Ti");
    drop(m.contact, "O");
    refuses(&m, "no ceramic");

    m = make((recipe){0});
    put(m.contact, "Li0", 0, 0, 7.5);
    refuses(&m, "expected it on one side");

    m = make((recipe){0});
    put(m.contact, "O", 0, 0, 7.5);
    refuses(&m, "charge of -1.2 e");

    m = make((recipe){0});
    int32_t type;
    CHECK_OK(ili_system_species(ctx, m.contact, "He", 2, &type));
    CHECK_OK(ili_system_add(ctx, m.contact, type, (const double[]){0, 0, 30}));
    refuses(&m, "phase 'polymer'");

    m = make((recipe){0});
    m.settings.n_layers = 4;
    refuses(&m, "thicker than the ceramic");

    m = make((recipe){0});
    m.settings.thickness = 0.5;
    refuses(&m, "make layers thicker");

    m = make((recipe){.metal_phase = "oxide"});
    refuses(&m, "lithium metal");

    m = make((recipe){.metal_charge = "0.6"});
    refuses(&m, "lithium metal");
}

TESTS(RUN(neutral_and_counted), RUN(layers_from_the_interface), RUN(stress), RUN(stress_of_the_whole),
      RUN(metal_below), RUN(lateral_strain), RUN(planted_heights), RUN(ions_that_do_not_stay), RUN(ends),
      RUN(resume), RUN(refusals))
