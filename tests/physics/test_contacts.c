/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The shipped cross terms: the engine on the density-functional contacts of tests/ref/dft gives what tools/fit_contacts.py
 *  gives, the residuals that the model files quote are the true ones, forces are derivatives, nothing collapses. */
#include "harness.h"

#include "base/alloc.h"
#include "ff/ff.h"
#include "ff/pairfn.h"
#include "io/extxyz.h"
#include "math/units.h"
#include "math/vec.h"

enum { N_MAX = 72 };
static const char LGP[] = "tests/ref/dft/li111-lgp001-Li-terminated.extxyz";
static const char ETHER[] = "tests/ref/dft/li110-ether-flat.extxyz";

static il_system *sys;
static il_model *model;
static il_ff *ff;
static double (*x_far)[3], (*x_near)[3], (*want)[3];
static bool metal[N_MAX];
static double energy_want, area;

/** Positions of a frame, in the order of the file. */
static void read_positions(const char *path, int frame, double (**x)[3]) {
    il_system *s;
    REQUIRE_OK(ili_extxyz_read_frame(ctx, path, frame, &s));
    *x = s->x;
    s->x = NULL;
    il_system_destroy(&s);
}

/** Frame `near` of the file against its last one, `far`, under a model; lithium of the metal's side is Li0. */
static void open_contact(const char *path, const char *name, int metal_side, int near, int far) {
    int32_t n, li0;
    double *forces;
    il_ff_options options;
    REQUIRE_OK(il_model_read(ctx, name, &model));
    REQUIRE_OK(ili_extxyz_read_frame(ctx, path, near, &sys));
    read_positions(path, near, &x_near);
    read_positions(path, far, &x_far);
    REQUIRE_OK(ili_extxyz_read_column(ctx, path, near, "contact_forces", 3, &forces, &n));
    CHECK(n == sys->n_atoms && n <= N_MAX);
    want = (double(*)[3])forces;
    REQUIRE_OK(ili_extxyz_read_info(ctx, path, near, "contact_energy_eV", &energy_want));
    CHECK_OK(ili_system_species(ctx, sys, "Li0", 3, &li0));
    for (int32_t i = 0; i < n; i++) {
        metal[i] = sys->side[i] == metal_side;
        if (metal[i]) sys->type[i] = li0;
    }
    double normal[3];
    ili_cross(sys->cell.h[0], sys->cell.h[1], normal);
    area = ili_norm(normal);
    il_ff_options_default(&options);
    options.coulomb = 1; /* Ewald: no mesh for rigid shifts to be seen against */
    REQUIRE_OK(il_ff_create(ctx, model, sys, &options, &ff));
}

static void close_contact(void) {
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    ili_free(x_near);
    ili_free(x_far);
    ili_free(want);
}

static double energy_of(const double (*x)[3], double (*f)[3]) {
    ili_ff_result result = {.f = f};
    CHECK_OK(ili_ff_evaluate_terms(ctx, ff, &sys->cell, x, &result));
    return result.energy;
}

static double rms(const double (*f)[3], const double (*less)[3], bool of_metal) {
    double sum = 0.0;
    int n = 0;
    for (int i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3 && metal[i] == of_metal; k++, n++)
            sum += (f[i][k] - (less ? less[i][k] : 0.0)) * (f[i][k] - (less ? less[i][k] : 0.0));
    return sqrt(sum / n);
}

/** "A of B", rounded, stands in the note of the model. */
static void quoted(const char *format, double got, double reference) {
    char text[64];
    snprintf(text, sizeof text, format, got, reference);
    CHECK(strstr(model->provisional_note, text) != NULL);
    if (!strstr(model->provisional_note, text)) fprintf(stderr, "  the note does not say '%s'\n", text);
}

/** What tools/fit_contacts.py prints for the parameters of the model files, six decimals: eV and eV/angstrom. */
typedef struct printed {
    double energy, metal, other;
} printed;

static double f_near[N_MAX][3], f_far[N_MAX][3];

/** The contact's own energy and forces: both sides are rigid, so all but the cross terms drop out. */
static double contact(void) {
    double energy =
        energy_of((const double(*)[3])x_near, f_near) - energy_of((const double(*)[3])x_far, f_far);
    for (int i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) f_near[i][k] -= f_far[i][k];
    return energy;
}

static void check_printed(double energy, printed p) {
    const double(*f)[3] = (const double(*)[3])f_near, (*w)[3] = (const double(*)[3])want;
    CHECK_NEAR(energy, p.energy, 1.5e-6);
    CHECK_NEAR(rms(f, w, true), p.metal, 1.5e-6);
    CHECK_NEAR(rms(f, w, false), p.other, 1.5e-6);
}

TEST(lithium_on_lgp) {
    static const printed want_of[2] = {{-4.289460, 0.083702, 0.400258}, {-0.648721, 0.070603, 0.247020}};
    for (int near = 0; near < 2; near++) {
        open_contact(LGP, "li-lagp", 1, near, 2);
        double energy = contact(), to_j = ILI_J_PER_M2 / area;
        check_printed(energy, want_of[near]);
        quoted("%.2f of %.2f", energy * to_j, energy_want * to_j);
        if (near == 0) {
            const double(*f)[3] = (const double(*)[3])f_near, (*w)[3] = (const double(*)[3])want;
            quoted("%.2f of %.2f eV/A rms on the metal", rms(f, w, true), rms(w, NULL, true));
            quoted("%.2f of %.2f on the oxide", rms(f, w, false), rms(w, NULL, false));
        }
        close_contact();
    }
}

TEST(lithium_on_ether) {
    open_contact(ETHER, "li-pdol", 0, 0, 1);
    double energy = contact();
    check_printed(energy, (printed){-0.427126, 0.018147, 0.152547});
    const double(*f)[3] = (const double(*)[3])f_near, (*w)[3] = (const double(*)[3])want;
    quoted("%.3f of %.3f eV at", energy, energy_want);
    quoted("%.3f of %.3f eV/A rms on the metal", rms(f, w, true), rms(w, NULL, true));
    quoted("%.2f of %.2f on the ether", rms(f, w, false), rms(w, NULL, false));
    close_contact();
}

/** d(energy)/ds along a move of some atoms by s along axis k: five points, 1e-3 angstrom apart. The rest is the rounding
 *  of a sum of some 1e4 eV, 1e-3^-1 * 1e-11, and h^4/30 of a fifth derivative of at most 1e5 eV/angstrom^5. */
static void check_slope(int atom, int k) {
    static const double weight[4] = {1.0 / 12, -8.0 / 12, 8.0 / 12, -1.0 / 12}, h = 1e-3;
    double f[N_MAX][3], slope = 0.0, force = 0.0;
    energy_of((const double(*)[3])x_near, f);
    for (int p = 0; p < 4; p++) {
        double x[N_MAX][3];
        memcpy(x, x_near, (size_t)sys->n_atoms * sizeof *x);
        for (int i = 0; i < sys->n_atoms; i++)
            if (atom < 0 ? metal[i] : i == atom) x[i][k] += h * (p < 2 ? p - 2 : p - 1);
        slope += weight[p] / h * energy_of((const double(*)[3])x, NULL);
    }
    for (int i = 0; i < sys->n_atoms; i++)
        if (atom < 0 ? metal[i] : i == atom) force += f[i][k];
    CHECK_NEAR(-slope, force, 1e-7);
}

TEST(forces_are_derivatives) {
    const struct {
        const char *path, *model;
        int metal_side, far;
    } cases[] = {{LGP, "li-lagp", 1, 2}, {ETHER, "li-pdol", 0, 1}};
    for (int c = 0; c < 2; c++) {
        open_contact(cases[c].path, cases[c].model, cases[c].metal_side, 0, cases[c].far);
        for (int k = 0; k < 3; k++)
            check_slope(-1, k);    /* the whole metal: the net force of the cross terms */
        int closest[2] = {-1, -1}; /* the atoms of both sides that meet */
        for (int i = 0; i < sys->n_atoms; i++) {
            double up = metal[i] == (cases[c].metal_side == 1) ? -1.0 : 1.0;
            int *best = &closest[metal[i]];
            if (*best < 0 || up * x_near[i][2] > up * x_near[*best][2]) *best = i;
        }
        for (int s = 0; s < 2; s++)
            for (int k = 0; k < 3; k++) check_slope(closest[s], k);
        close_contact();
    }
}

/** Short range and Coulomb of a bare pair of species, eV, and its derivative. */
static double bare_pair(int32_t a, int32_t b, double r, double *dedr) {
    const ili_model_entry *entries[8];
    int n = ili_model_pair_entries(model, a, b, entries, 8);
    double qq = ILI_COULOMB * model->species[a].base.charge * model->species[b].base.charge, energy = qq / r;
    *dedr = -qq / (r * r);
    for (int e = 0; e < n; e++) {
        double slope;
        energy += ili_entry_energy(entries[e], model->short_cutoff, r, &slope);
        *dedr += slope;
    }
    return energy;
}

TEST(nothing_collapses) {
    static const char *const names[] = {"li-lagp", "li-pdol", "lagp-pdol", "li-pdol-lagp"};
    for (int m = 0; m < 4; m++) {
        static const int pairs[] = {5, 7, 35, 47}; /* one metal, five oxide and seven polymer species */
        int n_cross = 0;
        REQUIRE_OK(il_model_read(ctx, names[m], &model));
        for (int32_t a = 0; a < model->n_species; a++)
            for (int32_t b = a + 1; b < model->n_species; b++) {
                if (strcmp(model->species[a].phase, model->species[b].phase) == 0) continue;
                n_cross++;
                for (double r = 0.4; r < 1.505; r += 0.05) {
                    double slope, energy = bare_pair(a, b, r, &slope);
                    bool repels = energy > 0.0 && slope < 0.0;
                    CHECK(repels);
                    if (!repels)
                        fprintf(stderr, "  %s: %s-%s at %.2f: %g eV, slope %g\n", names[m],
                                model->species[a].base.name, model->species[b].base.name, r, energy, slope);
                }
            }
        CHECK(n_cross == pairs[m]);
        il_model_destroy(&model);
    }
}

/** A lithium ion and an ether oxygen rest at the distance found for lithium in poly-ethers, 1.9 to 2.1 angstrom. */
TEST(lithium_sits_on_ether_oxygen) {
    REQUIRE_OK(il_model_read(ctx, "lagp-pdol", &model));
    int32_t li = ili_model_species_index(model, "Li"), os = ili_model_species_index(model, "OS");
    double slope, low = 1.9, high = 2.1;
    bare_pair(li, os, low, &slope);
    CHECK(slope < 0.0);
    bare_pair(li, os, high, &slope);
    CHECK(slope > 0.0);
    il_model_destroy(&model);
}

TESTS(RUN(lithium_on_lgp), RUN(lithium_on_ether), RUN(forces_are_derivatives), RUN(nothing_collapses),
      RUN(lithium_sits_on_ether_oxygen))
