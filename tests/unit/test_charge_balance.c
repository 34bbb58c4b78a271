/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Electrons that come with inserted ions: the four rules on a small cell, there and back. */
#include "scratch.h"

#include "base/alloc.h"
#include "ff/share_energy.h"
#include "math/vec.h"
#include "task/charge_balance.h"

#define HEAD                                                                                                 \
    "name: t\ntitle: a test\ndate: 2026-01-01\ncitation: nobody\nstatus: published\n"                        \
    "units: {length: angstrom, energy: eV}\n"                                                                \
    "defaults: {short_cutoff: 5, coulomb_cutoff: 6, coulomb_accuracy: 1e-7}\ncoulomb: yes\n"
#define PAIRS                                                                                                \
    "terms:\n  - form: born_mayer\n    source: s\n    pairs:\n"                                              \
    "      cation-O: {A: 1200, rho: 0.28}\n      O-O: {A: 2000, rho: 0.3}\n      Li-O: {A: 300, rho: "       \
    "0.28}\n"
#define NONE   "none:\n  cation-cation: apart\n  cation-Li: apart\n  Li-Li: apart\n"
#define GROUPS "groups:\n  cation: [Ge, Ge3, Ge2]\n"
#define SPECIES(e1, e2)                                                                                      \
    "species:\n  Li: {element: Li, charge: 0.6, phase: x}\n  O: {element: O, charge: -1.2, phase: x}\n"      \
    "  Ge: {element: Ge, charge: 2.4, phase: x}\n"                                                           \
    "  Ge3: {element: Ge, charge: 1.8, phase: x, onsite: " e1 ", redox: {of: Ge, electrons: 1}}\n"           \
    "  Ge2: {element: Ge, charge: 1.2, phase: x, onsite: " e2 ", redox: {of: Ge, electrons: 2}}\n"

/** Hardness of 4 eV: more than what unlike shares at 4 angstrom gain. */
static const char MODEL[] = HEAD SPECIES("1", "6") GROUPS PAIRS NONE;

static il_model *model;
static il_system *sys;
static ili_balance *balance;

static void read_model(const char *text) {
    scratch_path path;
    scratch_name(path, ".yaml");
    scratch_write(path, text, strlen(text));
    CHECK_OK(il_model_read(ctx, path, &model));
    unlink(path);
}

static void add(const char *name, double x, double y, double z) {
    int32_t type;
    CHECK_OK(ili_system_species(ctx, sys, name, 0, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, (const double[]){x, y, z}));
}

enum { FIRST = 0, SECOND = 3, THIRD = 6, N_HOST = 9 };

/** Three germaniums, each between two oxygens, in a box; no two places are alike. */
static void make_host(void) {
    il_system_destroy(&sys);
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell.h[0][0] = 9.0;
    sys->cell.h[1][1] = 8.0;
    sys->cell.h[2][2] = 8.5;
    add("Ge", 1.0, 1.0, 1.0);
    add("O", 2.8, 1.2, 1.1);
    add("O", 0.9, 2.8, 1.2);
    add("Ge", 5.5, 1.3, 4.4);
    add("O", 5.4, 3.0, 4.9);
    add("O", 7.2, 1.0, 4.5);
    add("Ge", 4.6, 5.6, 7.5);
    add("O", 4.7, 7.3, 7.4);
    add("O", 2.9, 5.4, 7.7);
}

/** Everything for a rule; false when it failed. */
static bool start(ili_balance_rule rule, const char *text) {
    read_model(text);
    make_host();
    CHECK_OK(model ? ili_balance_create(ctx, rule, model, NULL, sys, &balance) : IL_E_INTERNAL);
    return balance != NULL;
}

static void finish(void) {
    ili_balance_destroy(&balance);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

static il_status put_li(double x, double y, double z) {
    add("Li", x, y, z);
    il_status status = ili_balance_put(ctx, balance, sys, sys->n_atoms - 1);
    if (status != IL_OK) sys->n_atoms--;
    return status;
}

static il_status take_li(void) {
    sys->n_atoms--;
    return ili_balance_take(ctx, balance, sys);
}

/** Energy of sys by the model it is bound to; the cell must be neutral for that. */
static double energy_now(void) {
    const il_model *now;
    ili_ff_result r = {.energy = NAN};
    il_ff *ff = NULL;
    CHECK_OK(ili_balance_model(ctx, balance, &now));
    CHECK_OK(il_ff_create(ctx, now, sys, NULL, &ff));
    if (ff) {
        CHECK_NEAR(ili_ff_binding(ff)->total_charge, 0.0, 1e-12);
        CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, (const double(*)[3])sys->x, &r));
    }
    il_ff_destroy(&ff);
    return r.energy;
}

static const char *name_of(int32_t atom) {
    return sys->species[sys->type[atom]].name;
}

static void electrons_are(double first, double second, double third, double tolerance) {
    double n[64];
    ili_balance_electrons(balance, sys, n);
    CHECK_NEAR(n[FIRST], first, tolerance);
    CHECK_NEAR(n[SECOND], second, tolerance);
    CHECK_NEAR(n[THIRD], third, tolerance);
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (i != FIRST && i != SECOND && i != THIRD) CHECK(n[i] == 0.0);
}

TEST(names_and_limits) {
    const char *const names[] = {"nearest", "lowest", "spread", "qeq"};
    for (int r = 0; r < 4; r++) {
        CHECK(strcmp(ili_balance_name((ili_balance_rule)r), names[r]) == 0);
        const char *limits = ili_balance_limits((ili_balance_rule)r);
        size_t length = strlen(limits);
        CHECK(length > 60 && limits[length - 1] == '.' && strchr(limits, '.') == limits + length - 1);
    }
}

TEST(nearest_takes_the_near_one_then_the_next) {
    if (!start(ILI_BALANCE_NEAREST, MODEL)) return;
    CHECK(ili_balance_room(balance) == 6);
    CHECK_OK(put_li(6.5, 2.0, 6.4)); /* nearest to the second */
    electrons_are(0, 1, 0, 0.0);
    CHECK(strcmp(name_of(SECOND), "Ge3") == 0 && strcmp(name_of(FIRST), "Ge") == 0);
    CHECK_OK(put_li(8.8, 1.5, 8.2)); /* nearest to the first, across the cell */
    electrons_are(1, 1, 0, 0.0);
    CHECK_OK(put_li(6.4, 2.5, 2.4));
    electrons_are(1, 2, 0, 0.0);
    CHECK(strcmp(name_of(SECOND), "Ge2") == 0);
    double shares[ILI_RUNGS_MAX], sum = 0.0;
    ili_balance_shares(balance, shares);
    for (int k = 0; k < ILI_RUNGS_MAX; k++) sum += shares[k];
    for (int rung = 0; rung < 3; rung++) CHECK_NEAR(shares[rung], 1.0 / 3, 1e-15);
    CHECK_NEAR(sum, 1.0, 1e-15);
    CHECK_OK(put_li(6.6, 2.6, 2.0)); /* the second is full: now the first */
    electrons_are(2, 2, 0, 0.0);
    CHECK(isfinite(energy_now()));
    CHECK(ili_balance_room(balance) == 2);
    finish();
}

/** Two germaniums at the same distance: the first of them. */
TEST(ties_go_to_the_first) {
    for (int r = ILI_BALANCE_NEAREST; r <= ILI_BALANCE_LOWEST; r++) {
        read_model(MODEL);
        CHECK_OK(ili_system_create(ctx, &sys));
        for (int k = 0; k < 3; k++) sys->cell.h[k][k] = 8.0;
        for (int k = 0; k < 2; k++) {
            add("Ge", 2.0, 2.0, 4.0 * k);
            add("O", 4.0, 2.0, 4.0 * k);
            add("O", 2.0, 4.0, 4.0 * k);
        }
        CHECK_OK(ili_balance_create(ctx, (ili_balance_rule)r, model, NULL, sys, &balance));
        CHECK_OK(put_li(6.0, 6.0, 2.0));
        CHECK(strcmp(name_of(0), "Ge3") == 0 && strcmp(name_of(3), "Ge") == 0);
        finish();
    }
}

/** Every choice is made by hand and summed whole; the rule takes the lowest. Lithium where the nearest is not the lowest. */
TEST(lowest_is_the_lowest_of_all_choices) {
    static const double places[][3] = {{7.0, 4.6, 2.2}, {0.9, 6.0, 4.5}, {3.4, 3.4, 3.1}, {6.5, 2.0, 6.4}};
    static const char *const above[] = {"Ge3", "Ge2"};
    int told_apart = 0;
    if (!start(ILI_BALANCE_LOWEST, MODEL)) return;
    for (int p = 0; p < 4; p++) {
        const int32_t ions[] = {FIRST, SECOND, THIRD};
        double before[64], after[64], best = INFINITY, far = INFINITY;
        int32_t lowest = -1, nearest = -1;
        il_system *copy = NULL;
        ili_balance_electrons(balance, sys, before);
        REQUIRE_OK(ili_system_copy(ctx, sys, &copy));
        int32_t li;
        CHECK_OK(ili_system_species(ctx, copy, "Li", 0, &li));
        CHECK_OK(ili_system_add(ctx, copy, li, places[p]));
        for (int k = 0; k < 3; k++) {
            int32_t type, was = copy->type[ions[k]];
            if (before[ions[k]] > 1.0) continue;
            CHECK_OK(ili_system_species(ctx, copy, above[(int)before[ions[k]]], 0, &type));
            copy->type[ions[k]] = type;
            il_ff *ff = NULL;
            ili_ff_result r = {0};
            CHECK_OK(il_ff_create(ctx, model, copy, NULL, &ff));
            CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &copy->cell, (const double(*)[3])copy->x, &r));
            il_ff_destroy(&ff);
            copy->type[ions[k]] = was;
            double d[3];
            ili_sub(places[p], copy->x[ions[k]], d);
            double r2 = ili_cell_nearest(&copy->cell, d);
            if (r2 < far) nearest = ions[k];
            if (r2 < far) far = r2;
            if (r.energy < best) lowest = ions[k];
            best = fmin(best, r.energy);
        }
        CHECK_OK(put_li(places[p][0], places[p][1], places[p][2]));
        ili_balance_electrons(balance, sys, after);
        CHECK(lowest >= 0 && after[lowest] == before[lowest] + 1.0);
        CHECK_NEAR(energy_now(), best, 1e-9);
        told_apart += lowest != nearest;
        il_system_destroy(&copy);
    }
    CHECK(told_apart > 0);
    finish();
}

/** A slab, which trial energies do not take: whole sums choose. */
TEST(lowest_in_a_slab) {
    if (!start(ILI_BALANCE_LOWEST, MODEL)) return;
    sys->cell.pbc[2] = false;
    CHECK_OK(put_li(6.5, 2.0, 6.4));
    double got = energy_now(), sum = 0.0;
    const int32_t ions[] = {FIRST, SECOND, THIRD};
    int32_t ge, ge3;
    CHECK_OK(ili_system_species(ctx, sys, "Ge", 0, &ge));
    CHECK_OK(ili_system_species(ctx, sys, "Ge3", 0, &ge3));
    for (int k = 0; k < 3; k++) {
        for (int j = 0; j < 3; j++) sys->type[ions[j]] = j == k ? ge3 : ge;
        double e = energy_now();
        CHECK(e >= got - 1e-9);
        sum += e;
    }
    CHECK(sum / 3.0 > got + 0.01);
    finish();
}

TEST(spread_gives_equal_shares) {
    if (!start(ILI_BALANCE_SPREAD, MODEL)) return;
    CHECK_OK(put_li(6.5, 2.0, 6.4));
    electrons_are(1.0 / 3, 1.0 / 3, 1.0 / 3, 1e-15);
    CHECK(strcmp(name_of(FIRST), "Ge~0") == 0 && strcmp(name_of(THIRD), "Ge~0") == 0);
    CHECK_NEAR(sys->species[sys->type[FIRST]].charge, 2.2, 1e-12);
    CHECK(isfinite(energy_now()));
    CHECK_OK(put_li(0.9, 6.0, 4.5));
    electrons_are(2.0 / 3, 2.0 / 3, 2.0 / 3, 1e-15);
    CHECK(isfinite(energy_now()));
    CHECK_OK(put_li(3.4, 3.4, 3.1)); /* a whole electron each: rungs of the model itself */
    electrons_are(1, 1, 1, 0.0);
    CHECK(strcmp(name_of(SECOND), "Ge3") == 0);
    const il_model *now;
    CHECK_OK(ili_balance_model(ctx, balance, &now));
    CHECK(now == model);
    finish();
}

/** Slopes of the energy in the shares, by an energy made apart from the balance. */
static void slopes_of(const double *all, double *gradient, double *energy, const double *at) {
    const int32_t atom[] = {FIRST, SECOND, THIRD};
    ili_ladder ladder;
    ili_binding binding;
    const il_model *now;
    ili_share_energy *e = NULL;
    int segment[3];
    double n[3];
    CHECK(ili_ladders(model, &ladder, 1) == 1);
    CHECK_OK(ili_balance_model(ctx, balance, &now));
    REQUIRE_OK(ili_bind(ctx, now, sys, true, &binding));
    for (int k = 0; k < 3; k++) {
        binding.type[atom[k]] = ladder.species[0];
        n[k] = at ? at[k] : all[atom[k]];
        segment[k] = (int)fmin(n[k], 1.0);
    }
    REQUIRE_OK(ili_share_energy_create(ctx, model, 5.0, sys, binding.type, binding.charge, 3, atom,
                                       (const ili_ladder[]){ladder, ladder, ladder}, &e));
    ili_share_energy_at(e, n, segment, energy, gradient, NULL);
    ili_share_energy_destroy(&e);
    ili_binding_free(&binding);
}

TEST(qeq_is_the_minimum) {
    if (!start(ILI_BALANCE_QEQ, MODEL)) return;
    static const double places[][3] = {{6.5, 2.0, 6.4}, {0.9, 6.0, 4.5}, {7.0, 4.6, 2.2}, {3.4, 3.4, 3.1}};
    int n_free = 0;
    for (int p = 0; p < 4; p++) {
        CHECK_OK(put_li(places[p][0], places[p][1], places[p][2]));
        const int32_t atom[] = {FIRST, SECOND, THIRD};
        double n[64], g[3], g_equal[3], e, e_equal, sum = 0.0, lambda = 0.0;
        const double equal[] = {(p + 1) / 3.0, (p + 1) / 3.0, (p + 1) / 3.0};
        ili_balance_electrons(balance, sys, n);
        slopes_of(n, g, &e, NULL);
        slopes_of(n, g_equal, &e_equal, equal);
        int free_here = 0;
        for (int k = 0; k < 3; k++) {
            double share = n[atom[k]];
            CHECK(share >= 0.0 && share <= 2.0);
            sum += share;
            if (share != floor(share)) {
                lambda += g[k];
                free_here++;
            }
        }
        lambda /= free_here;
        CHECK_NEAR(sum, p + 1.0, 1e-12);
        CHECK(e < e_equal - 1e-3);
        for (int k = 0; k < 3; k++) {
            double share = n[atom[k]];
            if (share == 0.0)
                CHECK(g[k] > lambda - 1e-6);
            else if (share == 2.0)
                CHECK(g[k] < lambda + 1e-6);
            else
                CHECK_NEAR(g[k], lambda, 2e-9);
        }
        const il_model *now;
        ili_ladder ladder;
        CHECK(ili_ladders(model, &ladder, 1) == 1);
        CHECK_OK(ili_balance_model(ctx, balance, &now));
        for (int k = 0; k < 3; k++) { /* the blend has the on-site energies that the shares saw */
            double share = n[atom[k]];
            int32_t species = ili_model_species_index(now, name_of(atom[k]));
            CHECK_NEAR(now->species[species].onsite,
                       ili_onsite_smooth(model, &ladder, share, (int)fmin(share, 1.0), NULL, NULL), 1e-14);
        }
        n_free += free_here;
        CHECK(isfinite(energy_now()));
        CHECK(strchr(name_of(SECOND), '~') || n[SECOND] == floor(n[SECOND]));
    }
    CHECK(n_free > 6);
    finish();
}

/** Shares and places together: the energy falls, ends below that of equal shares relaxed, and stands at a minimum in both. */
TEST(relaxation_of_shares_and_places) {
    ili_relax_options options = ili_relax_defaults();
    ili_relax_result result;
    const il_model *now = NULL;
    double energy[4] = {0};
    options.force_tolerance = 1e-3;
    options.mode = ILI_RELAX_BOTH;
    options.stress_tolerance = 1e-4;
    const ili_balance_rule of[] = {ILI_BALANCE_SPREAD, ILI_BALANCE_QEQ, ILI_BALANCE_LOWEST};
    for (int r = 0; r < 3; r++) {
        if (!start(of[r], MODEL)) return;
        CHECK_OK(put_li(6.5, 2.0, 6.4));
        double unrelaxed = energy_now();
        REQUIRE_OK(ili_balance_relax(ctx, balance, sys, &options, &result, &now));
        CHECK(result.converged);
        if (!result.converged) fprintf(stderr, "  %s\n", result.verdict);
        CHECK(now && result.energy < unrelaxed);
        CHECK_NEAR(energy_now(), result.energy, 1e-6);
        CHECK_NEAR(result.energy_start, unrelaxed, 1e-6);
        CHECK(result.steps > 3 && result.evaluations >= result.steps);
        energy[r] = result.energy;
        if (of[r] == ILI_BALANCE_QEQ) {
            double n[64], g[3], e;
            CHECK(strstr(result.verdict, "shares settled") != NULL);
            ili_balance_electrons(balance, sys, n);
            slopes_of(n, g, &e, NULL);
            /* shares would move by less than 1e-3 against a hardness of some eV */
            for (int k = 1; k < 3; k++) CHECK_NEAR(g[k], g[0], 0.03);
        }
        finish();
    }
    CHECK(energy[1] < energy[0] - 1e-3);
    /* too few steps: told, not hidden */
    if (!start(ILI_BALANCE_QEQ, MODEL)) return;
    CHECK_OK(put_li(6.5, 2.0, 6.4));
    options.max_steps = 3;
    CHECK_OK(ili_balance_relax(ctx, balance, sys, &options, &result, NULL));
    CHECK(!result.converged && result.steps <= 3 && strstr(result.verdict, "not converged") != NULL);
    finish();
}

/** Four in, four out, with relaxations between: species and electrons as they were, in reverse order. */
TEST(there_and_back) {
    static const double places[][3] = {{6.5, 2.0, 6.4}, {0.9, 6.0, 4.5}, {7.0, 4.6, 2.2}, {3.4, 3.4, 3.1}};
    ili_relax_options options = ili_relax_defaults();
    ili_relax_result result;
    options.max_steps = 5;
    for (int r = 0; r < 4; r++) {
        double before[5][64];
        if (!start((ili_balance_rule)r, MODEL)) return;
        CHECK_STATUS(ili_balance_take(ctx, balance, sys), IL_E_INPUT);
        for (int p = 0; p < 4; p++) {
            ili_balance_electrons(balance, sys, before[p]);
            CHECK_OK(put_li(places[p][0], places[p][1], places[p][2]));
            CHECK(ili_balance_room(balance) == 5 - p);
            CHECK_OK(ili_balance_relax(ctx, balance, sys, &options, &result, NULL));
        }
        for (int p = 3; p >= 0; p--) {
            double now[64];
            CHECK_OK(take_li());
            ili_balance_electrons(balance, sys, now);
            for (int32_t i = 0; i < N_HOST && r != ILI_BALANCE_QEQ; i++) CHECK(now[i] == before[p][i]);
            CHECK(isfinite(energy_now()));
            if (p == 2) CHECK_OK(ili_balance_relax(ctx, balance, sys, &options, &result, NULL));
        }
        electrons_are(0, 0, 0, 0.0);
        CHECK(strcmp(name_of(FIRST), "Ge") == 0 && strcmp(name_of(SECOND), "Ge") == 0);
        CHECK_STATUS(ili_balance_take(ctx, balance, sys), IL_E_INPUT);
        finish();
    }
}

/** qeq without relaxation between: the shares themselves come back, to the bit. */
TEST(shares_come_back) {
    double first[64], again[64];
    if (!start(ILI_BALANCE_QEQ, MODEL)) return;
    CHECK_OK(put_li(6.5, 2.0, 6.4));
    ili_balance_electrons(balance, sys, first);
    double energy = energy_now();
    CHECK_OK(put_li(0.9, 6.0, 4.5));
    CHECK_OK(take_li());
    ili_balance_electrons(balance, sys, again);
    CHECK(memcmp(first, again, N_HOST * sizeof *first) == 0);
    CHECK(energy_now() == energy);
    finish();
}

/** A balance restored from bytes goes on like the one that was saved, with the system as it was. */
TEST(carry_restores) {
    for (int r = 0; r < 4; r++) {
        ili_bytes bytes = {0};
        ili_balance *other = NULL;
        il_system *host = NULL, *copy = NULL;
        const il_model *now, *then;
        double n[64], m[64];
        if (!start((ili_balance_rule)r, MODEL)) return;
        REQUIRE_OK(ili_system_copy(ctx, sys, &host));
        CHECK_OK(put_li(6.5, 2.0, 6.4));
        CHECK_OK(put_li(0.9, 6.0, 4.5));
        ili_balance_carry(balance, &bytes);
        CHECK(!bytes.failed);
        ili_bytes_rewind(&bytes);
        REQUIRE_OK(ili_balance_create(ctx, (ili_balance_rule)r, model, NULL, host, &other));
        ili_balance_carry(other, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        REQUIRE_OK(ili_system_copy(ctx, sys, &copy));
        CHECK_OK(ili_balance_model(ctx, balance, &now));
        CHECK_OK(ili_balance_model(ctx, other, &then));
        CHECK(now->n_species == then->n_species);
        CHECK(memcmp(now->species, then->species, (size_t)now->n_species * sizeof *now->species) == 0);
        for (int step = 0; step < 2; step++) {
            ili_balance_electrons(balance, sys, n);
            ili_balance_electrons(other, copy, m);
            CHECK(memcmp(n, m, N_HOST * sizeof *n) == 0);
            CHECK_OK(take_li());
            copy->n_atoms--;
            CHECK_OK(ili_balance_take(ctx, other, copy));
        }
        CHECK_STATUS(ili_balance_take(ctx, other, copy), IL_E_INPUT);
        ili_balance_destroy(&other);
        /* bytes of another rule, and cut ones */
        ili_bytes_rewind(&bytes);
        CHECK_OK(ili_balance_create(ctx, (ili_balance_rule)((r + 1) % 4), model, NULL, host, &other));
        ili_balance_carry(other, &bytes);
        CHECK(bytes.failed);
        ili_balance_destroy(&other);
        ili_bytes_free(&bytes);
        il_system_destroy(&host);
        il_system_destroy(&copy);
        finish();
    }
}

static void not_created(ili_balance_rule rule, il_status want, const char *words) {
    CHECK_STATUS(ili_balance_create(ctx, rule, model, NULL, sys, &balance), want);
    CHECK(balance == NULL && strstr(il_message(ctx), words) != NULL);
    if (!strstr(il_message(ctx), words)) fprintf(stderr, "  wanted '%s', got: %s\n", words, il_message(ctx));
    ili_balance_destroy(&balance);
}

TEST(refusals) {
    make_host();
    read_model(
        HEAD
        "species:\n  Ge: {element: Ge, charge: 2.4, phase: x}\n  O: {element: O, charge: -1.2, phase: x}\n"
        "none:\n  x-x: apart\n");
    not_created(ILI_BALANCE_NEAREST, IL_E_INPUT, "no species has a redox key");
    il_model_destroy(&model);
    read_model(HEAD SPECIES("1", "2") GROUPS PAIRS NONE); /* a straight line */
    not_created(ILI_BALANCE_QEQ, IL_E_UNSUPPORTED, "convex on-site energies");
    sys->cell.pbc[2] = false;
    il_model_destroy(&model);
    read_model(MODEL);
    not_created(ILI_BALANCE_QEQ, IL_E_UNSUPPORTED, "all three vectors");
    sys->cell.pbc[2] = true;
    il_ff_options scaled;
    il_ff_options_default(&scaled);
    scaled.charge_scale = 0.8;
    CHECK_STATUS(ili_balance_create(ctx, ILI_BALANCE_NEAREST, model, &scaled, sys, &balance),
                 IL_E_UNSUPPORTED);
    sys->n_atoms = 0;
    add("O", 1, 1, 1);
    not_created(ILI_BALANCE_NEAREST, IL_E_INPUT, "no ion that the model can reduce, such as 'Ge'");
    il_model_destroy(&model);
    /* forms that cannot be interpolated: fine for whole electrons only */
    make_host();
    read_model(HEAD SPECIES("1", "6") "terms:\n  - form: born_mayer\n    source: s\n    pairs:\n"
                                      "      Ge-O: {A: 1200, rho: 0.28}\n      Ge3-O: {A: 1200, rho: 0.28}\n"
                                      "  - form: r12\n    source: s\n    pairs:\n      Ge2-O: {C: 20}\n"
                                      "none:\n  Li-x: a\n  O-O: a\n  Ge-Ge: a\n  Ge-Ge3: a\n  Ge-Ge2: a\n"
                                      "  Ge3-Ge3: a\n  Ge3-Ge2: a\n  Ge2-Ge2: a\n");
    not_created(ILI_BALANCE_SPREAD, IL_E_UNSUPPORTED, "Ge3-O and Ge2-O do not have the same forms");
    not_created(ILI_BALANCE_QEQ, IL_E_UNSUPPORTED, "Ge3-O and Ge2-O do not have the same forms");
    CHECK_OK(ili_balance_create(ctx, ILI_BALANCE_NEAREST, model, NULL, sys, &balance));
    finish();
    /* kinds of ions */
    read_model(
        HEAD SPECIES("1", "6") "  Ti: {element: Ti, charge: 2.4, phase: x}\n"
                               "  Ti3: {element: Ti, charge: 1.8, phase: x, redox: {of: Ti, electrons: 1}}\n"
                               "none:\n  x-x: a\n");
    make_host();
    add("Ti", 7.5, 6.5, 1.0);
    add("O", 7.5, 6.5, 3.0);
    add("O", 6.0, 5.0, 1.0);
    not_created(ILI_BALANCE_SPREAD, IL_E_UNSUPPORTED, "several kinds ('Ge' and 'Ti')");
    not_created(ILI_BALANCE_QEQ, IL_E_UNSUPPORTED, "three rungs of 'Ti'");
    CHECK_OK(ili_balance_create(ctx, ILI_BALANCE_NEAREST, model, NULL, sys, &balance));
    CHECK(ili_balance_room(balance) == 7);
    CHECK_OK(put_li(7.5, 6.5, 8.0));
    CHECK(strcmp(name_of(N_HOST), "Ti3") == 0);
    finish();
}

TEST(what_cannot_be_put) {
    for (int r = 0; r < 4; r++) {
        if (!start((ili_balance_rule)r, MODEL)) return;
        add("O", 6.5, 2.0, 6.4);
        CHECK_STATUS(ili_balance_put(ctx, balance, sys, sys->n_atoms - 1), IL_E_INPUT);
        CHECK(strstr(il_message(ctx), "(O) carries -1.2 e, expected") != NULL);
        CHECK_STATUS(ili_balance_put(ctx, balance, sys, sys->n_atoms), IL_E_INPUT);
        CHECK_STATUS(ili_balance_put(ctx, balance, sys, FIRST), IL_E_INPUT);
        sys->n_atoms--;
        electrons_are(0, 0, 0, 0.0);
        for (int k = 0; k < 6; k++) CHECK_OK(put_li(6.5 - k, 4.2, 0.5 + 1.2 * k));
        electrons_are(2, 2, 2, 0.0);
        CHECK(ili_balance_room(balance) == 0);
        CHECK_STATUS(put_li(1.0, 4.0, 7.0), IL_E_INPUT);
        CHECK(strstr(il_message(ctx), "no reducible ion takes up another electron") != NULL);
        electrons_are(2, 2, 2, 0.0);
        CHECK(isfinite(energy_now()));
        finish();
    }
}

TEST(lost_memory_changes_nothing) {
    for (int r = 0; r < 4; r++) {
        if (!start((ili_balance_rule)r, MODEL)) return;
        CHECK_OK(put_li(6.5, 2.0, 6.4));
        bool is_through = false;
        double before[64], after[64];
        ili_balance_electrons(balance, sys, before);
        for (int n = 1; n < 2000 && !is_through; n += 1 + n / 8) {
            add("Li", 0.9, 6.0, 4.5);
            ili_alloc_fail_at(n);
            il_status status = ili_balance_put(ctx, balance, sys, sys->n_atoms - 1);
            ili_alloc_fail_at(0);
            is_through = status == IL_OK;
            CHECK(status == IL_OK || status == IL_E_MEMORY);
            if (is_through) break;
            sys->n_atoms--;
            ili_balance_electrons(balance, sys, after);
            CHECK(memcmp(before, after, N_HOST * sizeof *before) == 0);
        }
        CHECK(is_through);
        finish();
    }
}

TESTS(RUN(names_and_limits); RUN(nearest_takes_the_near_one_then_the_next); RUN(ties_go_to_the_first);
      RUN(lowest_is_the_lowest_of_all_choices); RUN(lowest_in_a_slab); RUN(spread_gives_equal_shares);
      RUN(qeq_is_the_minimum); RUN(relaxation_of_shares_and_places); RUN(there_and_back);
      RUN(shares_come_back); RUN(carry_restores); RUN(refusals); RUN(what_cannot_be_put);
      RUN(lost_memory_changes_nothing))
