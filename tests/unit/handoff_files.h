/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Result files made by hand, as the verbs write them, for the tests of the hand-off: of diffuse, of lithiate by insertion and at
 *  voltages, and of interface; in a folder of their own. */
#ifndef HANDOFF_FILES_H
#define HANDOFF_FILES_H

#include "harness.h"

#include "analysis/arrhenius.h"
#include "base/alloc.h"
#include "base/file.h"
#include "math/units.h"
#include "task/handoff.h"

#include <unistd.h>

#define UNUSED __attribute__((unused))

static const double KB = ILI_KB;
static char dir[64];

UNUSED static void make_folder(void) {
    strcpy(dir, P_tmpdir "/interlith-handoff-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *path_of(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

UNUSED static void save(ili_json *json, const char *name) {
    char *text = ili_json_text(json);
    ck_assert_ptr_nonnull(text);
    CHECK_OK(ili_write_file(ctx, path_of(name), text));
    ili_free(text);
}

/** In a new folder; the object is given up. */
UNUSED static void save_alone(ili_json *json, const char *name) {
    make_folder();
    save(json, name);
    ili_json_destroy(&json);
}

UNUSED static void remove_folder(void) {
    static const char *const names[] = {"diffuse.json", "lithiate.json", "interface.json", "other.json"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) remove(path_of(names[k]));
    CHECK(rmdir(dir) == 0);
}

UNUSED static void put(ili_json *json, const char *key, double value, double sigma) {
    ili_json *one = ili_json_child(json, key);
    ili_json_real(one, "value", value);
    ili_json_real(one, "sigma", sigma);
    ili_json_real(one, "low_95", value - 2.0 * sigma);
    ili_json_real(one, "high_95", value + 2.0 * sigma);
}

/** What every result has. */
UNUSED static ili_json *begin(const char *verb, const char *input) {
    ili_json *json = ili_json_object(), *provenance = ili_json_child(json, "provenance");
    ili_json_string(json, "status", "done");
    ili_json_string(provenance, "verb", verb);
    ili_json_string(ili_json_child(ili_json_list(provenance, "inputs"), NULL), "path", input);
    ili_json_push_string(ili_json_list(provenance, "warnings"), "the year was too short");
    ili_json *model = ili_json_child(json, "model");
    ili_json_string(model, "name", "planted");
    ili_json_bool(model, "provisional", true);
    return json;
}

UNUSED static void close_all(ili_handoff *h) {
    ili_handoff_free(h);
    remove_folder();
}

UNUSED static il_status read_one(const char *name, ili_handoff *h) {
    return ili_handoff_read(ctx, 1, (const char *const[]){path_of(name)}, NULL, h);
}

static const ili_quantity *find(const ili_handoff *h, ili_quantity_kind kind, const char *species) {
    const ili_quantity *q = ili_handoff_find(h, kind, NULL, species);
    ck_assert_msg(q != NULL, "no %s of '%s'", ili_quantity_info_of(kind)->name, species);
    return q;
}

/* ---- diffusion ------------------------------------------------------------------------------------------ */

static const double TEMPERATURE[] = {500.0, 600.0, 800.0, 1000.0}, D0 = 3e-8, EA = 0.31;
enum { N_T = 4 };

UNUSED static double planted(int k) {
    return D0 * exp(-EA / (KB * TEMPERATURE[k])) * (k == 2 ? 1.02 : 1.0);
}

UNUSED static ili_arrhenius fit_of(int first) {
    ili_rate rate[N_T];
    ili_arrhenius fit;
    for (int k = 0; k < N_T; k++) {
        const double y = planted(k), sigma = 0.03 * (k + 1) * y;
        rate[k] = (ili_rate){TEMPERATURE[k], {y, sigma, y - 2.0 * sigma, y + 2.0 * sigma}};
    }
    CHECK_OK(ili_arrhenius_fit(ctx, N_T - first, rate + first, &fit));
    return fit;
}

/** A law of VTF beside that of Arrhenius, for those tests that plant one. */
static const ili_vtf *curved;

UNUSED static void put_vtf(ili_json *fit, double factor, bool is_old) {
    if (!curved) return;
    ili_json *vtf = ili_json_child(fit, "vtf");
    const ili_estimate room = ili_vtf_at(curved, 298.15);
    put(vtf, "B_K", curved->b.value, curved->b.sigma);
    put(vtf, "T0_K", curved->t0.value, curved->t0.sigma);
    ili_json_real(ili_json_child(vtf, "prefactor"), "value", factor * exp(curved->ln_prefactor.value));
    ili_json_int(vtf, "freedom", curved->n - 3);
    ili_json_real(vtf, "p", curved->p);
    ili_json_real(vtf, "widening", curved->widening);
    if (!is_old) ili_json_rows(vtf, "covariance", &curved->covariance[0][0], 3, 3);
    ili_json_bool(vtf, "is_curved", curved->is_curved);
    put(vtf, "at_298K", factor * room.value, factor * room.sigma);
}

/** A fit as diffuse writes it; without the covariance as it was written before. */
UNUSED static void put_fit(ili_json *fits, const char *name, const ili_arrhenius *fit, double factor,
                           bool is_old) {
    ili_json *one = ili_json_child(fits, name), *energy, *prefactor;
    const ili_estimate room = ili_arrhenius_at(fit, 298.15);
    ili_json_int(one, "temperatures_used", fit->n);
    energy = ili_json_child(one, "Ea_eV");
    ili_json_real(energy, "value", fit->energy.value);
    ili_json_real(energy, "sigma", fit->energy.sigma);
    ili_json_real(energy, "low_95", fit->energy.low);
    ili_json_real(energy, "high_95", fit->energy.high);
    prefactor = ili_json_child(one, "prefactor");
    ili_json_real(prefactor, "value", factor * exp(fit->ln_prefactor.value));
    ili_json_real(prefactor, "low_95", factor * exp(fit->ln_prefactor.low));
    ili_json_real(prefactor, "high_95", factor * exp(fit->ln_prefactor.high));
    if (!is_old) {
        ili_json_real(one, "sigma_ln_prefactor", fit->ln_prefactor.sigma);
        ili_json_real(one, "covariance_ln_prefactor_Ea_eV", fit->covariance);
        ili_json_real(one, "T_low_K", fit->low);
        ili_json_real(one, "T_high_K", fit->high);
    }
    ili_json_real(one, "p", fit->p);
    ili_json_real(one, "widening", fit->widening);
    ili_json_bool(one, "scatter_was_tested", fit->has_scatter);
    ili_json *at = ili_json_child(one, "at_298K");
    ili_json_real(at, "value", factor * room.value);
    ili_json_real(at, "sigma", factor * room.sigma);
    ili_json_real(at, "low_95", factor * room.low);
    ili_json_real(at, "high_95", factor * room.high);
    put_vtf(one, factor, is_old);
}

UNUSED static void put_layers(ili_json *run, double scale) {
    ili_json *layers = ili_json_child(run, "layers"), *species, *list, *one;
    ili_json_string(layers, "left_planes", NULL);
    species = ili_json_child(ili_json_child(layers, "species"), "Li");
    ili_json_string(species, "reference_layer", "oxide");
    list = ili_json_list(species, "layers");
    static const char *const names[] = {"oxide", "polymer"};
    for (int k = 0; k < 2; k++) {
        one = ili_json_child(list, NULL);
        ili_json_string(one, "name", names[k]);
        put(one, "resistance_ohm_cm2", scale * (k + 1), 0.1 * scale);
        ili_json_bool(one, "diffusive", true);
    }
    list = ili_json_list(species, "planes");
    for (int k = 0; k < 3; k++) { /* outside, between, outside */
        one = ili_json_child(list, NULL);
        ili_json_string(one, "below", k > 0 ? names[k - 1] : NULL);
        ili_json_string(one, "above", k < 2 ? names[k] : NULL);
        put(one, "resistance_ohm_cm2", k == 1 ? 7.0 * scale : NAN, 0.2 * scale);
    }
    put(species, "permeability_m_per_s", 0.5 / scale, 0.05 / scale);
    /* nobody crossed in the one, the other had no reference: a bound */
    ili_json *bound = ili_json_child(species, "permeability_from_crossings_m_per_s");
    ili_json_real(bound, "value", scale < 2.0 ? 0.0 : NAN);
    ili_json_real(bound, "sigma", NAN);
    ili_json_real(bound, "low_95", 0.0);
    ili_json_real(bound, "high_95", 0.9);
    /* bins that nobody visited leave the upper end open */
    bound = ili_json_child(species, "area_specific_resistance_ohm_cm2");
    ili_json_real(bound, "value", 10.0 * scale);
    ili_json_real(bound, "sigma", scale);
    ili_json_real(bound, "low_95", 8.0 * scale);
    ili_json_real(bound, "high_95", scale < 2.0 ? 12.0 : NAN);
    put(species, "area_specific_resistance_from_crossings_ohm_cm2", NAN, NAN);
    ili_json_string(species, "verdict", "crossings were seen");
}

UNUSED static void put_run(ili_json *runs, int k, int realisation) {
    static const char *const names[] = {"Li", "TFSI"};
    ili_json *run = ili_json_child(runs, NULL);
    ili_json_real(run, "T_K", TEMPERATURE[k]);
    ili_json_int(run, "realisation", realisation);
    ili_json_bool(run, "charge_diffusive", k > 1 || (k == 1 && realisation == 2));
    if (k > 0) put(run, "sigma_anion_blocked_S_per_m", k == 2 ? -0.1 : 0.6 * realisation, 0.1);
    ili_json *species = ili_json_child(run, "species");
    for (int s = 0; s < 2; s++) {
        ili_json *one = ili_json_child(species, names[s]);
        const double t = 0.4 + 0.1 * s + 0.02 * realisation;
        ili_json_int(one, "particles", 5);
        ili_json_real(one, "charge_number", s ? -1.0 : 1.0);
        put(one, "t", t, 0.03);
        put(one, "t_self", 0.5, 0.01);
        ili_json_real(one, "mass_fraction", s ? 0.3 : 0.01);
        if (k != 2) put(one, "t_solvent", t - 0.2, 0.04);
        ili_json_bool(one, "diffusive", s == 0 || k > 1);
    }
    ili_json_real(ili_json_child(run, "cell"), "volume_A3", 1000.0);
    ili_json_real(run, "time_ps", 10.0 * (k + 1));
    if (k == N_T - 1) put_layers(run, realisation);
}

/** Two realisations at four temperatures; the lowest is not diffusive. */
UNUSED static ili_json *make_diffuse(bool is_old) {
    ili_json *json = begin("diffuse", "some/where/melt.extxyz"), *runs = ili_json_list(json, "runs");
    ili_json_int(json, "natoms", 123);
    for (int k = 0; k < N_T; k++)
        for (int r = 1; r <= 2; r++) put_run(runs, k, r);
    ili_json *levels = ili_json_list(json, "temperatures");
    for (int k = 0; k < N_T; k++) {
        ili_json *one = ili_json_child(levels, NULL), *d = NULL;
        const double y = planted(k), sigma = 0.03 * (k + 1) * y;
        ili_json_real(one, "T_K", TEMPERATURE[k]);
        d = ili_json_child(one, "D_tracer_m2_per_s");
        static const char *const keys[] = {
            "Li", "TFSI", "D_charge_m2_per_s", "sigma_S_per_m", "sigma_NE_S_per_m", "haven"};
        static const double factor[] = {1.0, 0.5, 1.0, 1e9, 1e9, 1e8};
        for (int q = 0; q < 6; q++) {
            ili_json *parent = q < 2 ? d : one, *e = NULL;
            const double f = factor[q] / (q == 3 ? TEMPERATURE[k] : 1.0);
            e = ili_json_child(parent, keys[q]);
            ili_json_real(e, "value", f * y);
            ili_json_real(e, "sigma", f * sigma);
            ili_json_real(e, "low_95", f * (y - 2.0 * sigma));
            ili_json_real(e, "high_95", f * (y + 2.0 * sigma));
            ili_json_bool(e, "diffusive", k > 0);
        }
    }
    ili_json *fits = ili_json_child(json, "fits");
    const ili_arrhenius fit = fit_of(1), two = fit_of(2);
    put_fit(fits, "D of Li", &fit, 1.0, is_old);
    put_fit(fits, "D of TFSI", &two, 0.5, is_old);
    put_fit(fits, "sigma T", &fit, 1e9, is_old);
    put_fit(fits, "sigma", &two, 1e9, is_old);
    put_fit(fits, "sigma_NE", &fit, 1e9, is_old);
    ili_json_int(ili_json_child(fits, "D_charge"), "temperatures_used", 1);
    ili_json_string(ili_json_child(json, "definitions"), "reference", "relative to the centre of mass");
    ili_json_string(ili_json_child(json, "options"), "ensemble", "nvt");
    return json;
}

/* ---- lithiation ----------------------------------------------------------------------------------------- */

/** V = 200 (1 + 0.02 x) and 202 (1 + 0.03 x), c likewise, a as x^2; steps of 2.5 and 2.7 V. */
UNUSED static ili_json *make_insertion(void) {
    ili_json *json = begin("lithiate", "LAGP.cif"), *list = ili_json_list(json, "realisations"), *one;
    const double x[] = {0.0, 1.0, 2.0};
    ili_json_reals(json, "x", x, 3);
    ili_json_string(json, "formula_unit", "Li1.5Ge1.5Al0.5P3O12");
    ili_json_string(json, "charge_balance", "nearest");
    for (int r = 0; r < 2; r++) {
        ili_json *points = ili_json_list(ili_json_child(list, NULL), "points");
        for (int k = 0; k < 3; k++) {
            const double grow = 1.0 + (0.02 + 0.01 * r) * x[k];
            one = ili_json_child(points, NULL);
            ili_json_real(one, "V_A3_per_fu", (200.0 + 2.0 * r) * grow);
            ili_json_real(one, "a_A", 8.0 * (1.0 + 0.001 * x[k] * x[k]));
            ili_json_real(one, "c_A", 20.0 * grow);
            ili_json_real(one, "voltage_V", k ? 2.5 + 0.2 * r - 0.1 * k : NAN);
            ili_json_real(one, "density_g_per_cm3", 3.0 / grow);
        }
    }
    put(json, "V_Li_cm3_per_mol", 4.6, 0.2);
    put(json, "V_hysteresis_A3_per_fu", 1.5, 0.2);
    one = ili_json_child(ili_json_list(json, "bonds"), NULL);
    ili_json_real(one, "x", 2.0);
    ili_json_int(one, "realisations", 2);
    ili_json_int(one, "intact", 1);
    ili_json *conversion = ili_json_child(json, "conversion");
    ili_json_real(conversion, "x_full", 38.25);
    ili_json_real(conversion, "V_full_A3_per_fu", 620.0);
    ili_json_real(conversion, "V_full_sigma_A3_per_fu", 2.0);
    ili_json_real(conversion, "V_host_A3_per_fu", 200.0);
    one = ili_json_child(ili_json_list(conversion, "stages"), NULL);
    ili_json_real(one, "x", 6.0);
    ili_json_real(one, "V_A3_per_fu", 250.0);
    ili_json_real(one, "V_sigma_A3_per_fu", 1.0);
    ili_json *product = ili_json_child(ili_json_list(one, "products"), NULL);
    ili_json_string(product, "formula", "Li3PO4");
    ili_json_real(product, "per_fu", 2.5);
    return json;
}

/** Langmuir: x = n/(1 + exp((V - V0) e/kT)), whose factor (with a host of the same lithium sites empty) is 1/(1 - x/n). The way back
 *  stands off. */
UNUSED static ili_json *make_voltages(double T, double step, double sigma) {
    ili_json *json = begin("lithiate", "host.cif"), *list = ili_json_list(json, "voltages");
    ili_json_real(json, "T_K", T);
    ili_json_string(json, "formula_unit", "Fe2(PO4)3");
    for (int k = 0; k < 10; k++) {
        const int visit = k < 6 ? k : 10 - k; /* down, then up again */
        const double V = 3.0 + step * (2 - visit), x = 2.0 / (1.0 + exp((V - 3.0) / (KB * T)));
        ili_json *one = ili_json_child(list, NULL);
        ili_json_real(one, "voltage_V", V);
        put(one, "x", k < 6 ? x : 1.1 * x, visit == 5 ? NAN : sigma);
        put(one, "V_A3_per_fu", 100.0 + 5.0 * x, 0.01);
        put(one, "a_A", 9.0 + 0.1 * x, 0.001);
        put(one, "c_A", 20.0 + 0.3 * x, 0.001);
    }
    return json;
}

/* ---- contacts ------------------------------------------------------------------------------------------- */

UNUSED static ili_json *make_interface(void) {
    ili_json *json = begin("interface", "LAGP.cif"), *samples = ili_json_list(json, "samples");
    ili_json_string(json, "contact", "LAGP|Li");
    ili_json_estimate(json, "E_form_J_per_m2", -3.3, 0.2);
    ili_json_estimate(json, "W_ad_J_per_m2", 4.0, 0.3);
    ili_json_estimate(json, "gamma_J_per_m2", NAN, NAN);
    ili_json_estimate(json, "E_form_intact_J_per_m2", -3.4, 0.25);
    ili_json_string(json, "relaxation", "ions");
    ili_json *engine = ili_json_child(json, "engine");
    ili_json_string(engine, "name", "lammps");
    ili_json_string(engine, "version", "1 Apr 2026");
    ili_json_real(json, "area_A2", 64.0);
    ili_json_bool(json, "intact", false);
    for (int k = 0; k < 3; k++) ili_json_bool(ili_json_child(samples, NULL), "converged", true);
    return json;
}

#undef UNUSED
#endif
