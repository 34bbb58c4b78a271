/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_report.h"

#include "base/file.h"
#include "math/units.h"
#include "task/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double J_PER_MOL = 1e3 / ILI_KJ_MOL, PS = 1e-3;

/** What a quantity is called in keys and in text; group quantities come with the name of theirs. */
static const struct {
    const char *key, *text, *unit;
    double factor; /**< from inside to the unit */
} NAMES[] = {
    {"D_tracer_m2_per_s", "D", "m2/s", ILI_M2_PER_S}, {"D_charge_m2_per_s", "D_charge", "m2/s", ILI_M2_PER_S},
    {"sigma_S_per_m", "sigma", "S/m", 1.0},           {"sigma_T_K_S_per_m", "sigma T", "K S/m", 1.0},
    {"sigma_NE_S_per_m", "sigma_NE", "S/m", 1.0},     {"haven", "Haven ratio", "1", 1.0}};

static int row_of(int quantity) {
    return quantity < ILI_D_CHARGE ? 0 : quantity - ILI_D_CHARGE + 1;
}

const char *ili_diffuse_quantity_name(const ili_diffuse_study *s, int quantity, char text[64]) {
    if (quantity < ILI_D_CHARGE)
        snprintf(text, 64, "D of %s", s->carriers->groups[quantity].name);
    else
        snprintf(text, 64, "%s", NAMES[row_of(quantity)].text);
    return text;
}

static void put_mean(ili_json *json, const char *key, const ili_run_mean *mean, double factor) {
    ili_json_estimate(json, key, factor * mean->value, factor * mean->sigma);
}

static void put_window(ili_json *json, const char *key, const ili_diffusive *w) {
    ili_json_reals(json, key, (double[]){PS * w->from, PS * w->to}, 2);
}

static void put_species(ili_json *json, const ili_transport_species *s) {
    double value[6], sigma[6];
    for (int k = 0; k < 6; k++) {
        value[k] = ILI_M2_PER_S * s->tensor[k].value;
        sigma[k] = ILI_M2_PER_S * s->tensor[k].sigma;
    }
    ili_json_int(json, "particles", s->n);
    ili_json_real(json, "charge_number", s->group.z);
    ili_json_real(json, "mass_fraction", s->mass_fraction);
    ili_json_reals(json, "D_tensor_m2_per_s", value, 6);
    ili_json_reals(json, "D_tensor_sigma_m2_per_s", sigma, 6);
    ili_put_estimate(json, "t_self", &s->t_self, 1.0);
    ili_put_estimate(json, "t", &s->t, 1.0);
    if (isfinite(s->t_solvent.value)) ili_put_estimate(json, "t_solvent", &s->t_solvent, 1.0);
    put_window(json, "window_ps", &s->window);
    ili_json_bool(json, "diffusive", s->window.is_diffusive);
    ili_json_estimate(json, "slope", s->window.slope, s->window.slope_sigma);
    ili_json_real(json, "jumps", s->window.jumps);
    ili_json_real(json, "jumps_before", s->window.jumps_before);
    ili_json_real(json, "mobility_spread", s->window.spread);
    ili_json_real(json, "mobility_spread_of_jumps", s->window.spread_alone);
    ili_json_string(json, "verdict", s->window.verdict);
}

static void put_onsager(ili_json *json, const ili_transport_result *r) {
    double value[ILI_GROUPS_MAX * ILI_GROUPS_MAX], sigma[ILI_GROUPS_MAX * ILI_GROUPS_MAX];
    const int n = r->n_species;
    for (int k = 0; k < n * n; k++) {
        value[k] = r->onsager[k / n][k % n].value;
        sigma[k] = r->onsager[k / n][k % n].sigma;
    }
    ili_json_rows(json, "onsager_mol2_per_J_m_s", value, (size_t)n, (size_t)n);
    ili_json_rows(json, "onsager_sigma_mol2_per_J_m_s", sigma, (size_t)n, (size_t)n);
}

static void put_cell(ili_json *json, const ili_cell *cell) {
    double length[3], angle[3];
    ili_cell_parameters(cell, length, angle);
    ili_json *one = ili_json_child(json, "cell");
    ili_json_reals(one, "lengths_A", length, 3);
    ili_json_reals(one, "angles_deg", angle, 3);
    ili_json_real(one, "volume_A3", ili_cell_volume(cell));
}

static void put_dynamics(ili_json *json, const ili_diffuse_dynamics *d) {
    ili_json *one = ili_json_child(json, "dynamics");
    put_mean(one, "temperature_K", &d->temperature, 1.0);
    put_mean(one, "pressure_GPa", &d->pressure, ILI_GPA);
    put_mean(one, "potential_eV", &d->potential, 1.0);
    put_mean(one, "drift_eV_per_ps", &d->drift, 1.0 / PS);
    ili_json_real(one, "drift_removed_m_per_s", 1e5 * d->drift_removed); /* from angstrom/fs */
    put_mean(one, "equilibration_volume_A3", &d->volume, 1.0);
    ili_json_int(one, "steps", d->steps);
}

static ili_json *put_run(ili_json *list, const ili_diffuse_run *run, double correction) {
    const ili_transport_result *r = &run->result;
    ili_json *json = ili_json_child(list, NULL), *group;
    ili_json_string(json, "name", run->name);
    ili_json_real(json, "T_K", run->temperature);
    ili_json_int(json, "seed", (long long)run->seed);
    ili_json_int(json, "realisation", run->realisation + 1);
    group = ili_json_child(json, "D_tracer_m2_per_s");
    for (int k = 0; k < r->n_species; k++)
        ili_put_estimate(group, r->species[k].group.name, &r->species[k].d, ILI_M2_PER_S);
    for (int q = ILI_D_CHARGE; q < ILI_QUANTITIES; q++) {
        ili_estimate e = ili_diffuse_number(run, q);
        if (q != ILI_SIGMA_T) ili_put_estimate(json, NAMES[row_of(q)].key, &e, NAMES[row_of(q)].factor);
    }
    if (isfinite(r->sigma_blocked.value))
        ili_put_estimate(json, "sigma_anion_blocked_S_per_m", &r->sigma_blocked, 1.0);
    put_window(json, "window_ps", &r->species[0].window);
    ili_json_bool(json, "diffusive", r->species[0].window.is_diffusive);
    put_window(json, "charge_window_ps", &r->charge_window);
    ili_json_bool(json, "charge_diffusive", r->charge_window.is_diffusive);
    ili_json_string(json, "charge_verdict", r->charge_window.verdict);
    group = ili_json_child(json, "species");
    for (int k = 0; k < r->n_species; k++)
        put_species(ili_json_child(group, r->species[k].group.name), &r->species[k]);
    put_onsager(json, r);
    put_cell(json, &run->cell);
    ili_json_real(json, "time_ps", PS * r->total_time);
    ili_json_int(json, "frames", run->frames);
    ili_json_real(json, "frame_time_fs", run->frame_time);
    ili_json_int(json, "analysis_bytes", (long long)run->memory);
    if (correction > 0.0) ili_json_real(json, "finite_size_correction_m2_per_s", ILI_M2_PER_S * correction);
    if (run->has_dynamics) put_dynamics(json, &run->dynamics);
    return json;
}

static void put_levels(ili_json *json, const ili_diffuse_study *s) {
    ili_json *list = ili_json_list(json, "temperatures");
    for (int k = 0; k < s->n_levels; k++) {
        const ili_diffuse_level *level = &s->level[k];
        ili_json *one = ili_json_child(list, NULL);
        ili_json_real(one, "T_K", level->temperature);
        ili_json_int(one, "runs", level->n_runs);
        ili_json *mass = ili_json_child(one, "mass_fraction"); /* all runs have the same composition */
        for (int g = 0; g < s->n_groups; g++)
            ili_json_real(mass, s->carriers->groups[g].name, s->runs[0].result.species[g].mass_fraction);
        ili_json *tracer = ili_json_child(one, NAMES[0].key);
        for (int q = 0; q < ILI_QUANTITIES; q++) {
            if (!ili_diffuse_has(s, q)) continue;
            bool is_tracer = q < ILI_D_CHARGE;
            ili_json *e = ili_put_estimate(is_tracer ? tracer : one,
                                           is_tracer ? s->carriers->groups[q].name : NAMES[row_of(q)].key,
                                           &level->number[q], NAMES[row_of(q)].factor);
            ili_json_bool(e, "diffusive", level->is_diffusive[q]);
            ili_json_bool(e, "sigma_from_scatter", level->from_scatter[q]);
        }
    }
}

/** ln prefactor, as the fit has it, to the prefactor in the unit of the quantity. */
static void put_prefactor(ili_json *json, const ili_estimate *ln, int quantity) {
    const double factor = NAMES[row_of(quantity)].factor;
    ili_json *one = ili_json_child(json, "prefactor");
    ili_json_string(one, "unit", NAMES[row_of(quantity)].unit);
    ili_json_real(one, "value", factor * exp(ln->value));
    ili_json_real(one, "low_95", factor * exp(ln->low));
    ili_json_real(one, "high_95", factor * exp(ln->high));
}

static void put_law(ili_json *json, const ili_diffuse_law *law, int quantity) {
    ili_json_int(json, "temperatures_used", law->n_used);
    ili_json_int(json, "temperatures_left_out", law->n_left_out);
    if (!law->is_fitted) return;
    const ili_arrhenius *a = &law->arrhenius;
    ili_put_estimate(json, "Ea_eV", &a->energy, 1.0);
    ili_put_estimate(json, "Ea_J_per_mol", &a->energy, J_PER_MOL);
    put_prefactor(json, &a->ln_prefactor, quantity);
    ili_json_real(json, "sigma_ln_prefactor", a->ln_prefactor.sigma);
    ili_json_real(json, "covariance_ln_prefactor_Ea_eV", a->covariance);
    ili_json_real(json, "T_low_K", a->low);
    ili_json_real(json, "T_high_K", a->high);
    ili_json_real(json, "chi2", a->chi2);
    ili_json_int(json, "freedom", a->n - 2);
    ili_json_real(json, "p", a->p);
    ili_json_real(json, "widening", a->widening);
    ili_json_bool(json, "scatter_was_tested", a->has_scatter);
    ili_estimate at = ili_arrhenius_at(a, ILI_ROOM);
    ili_json *room = ili_put_estimate(json, "at_298K", &at, NAMES[row_of(quantity)].factor);
    ili_json_string(room, "unit", NAMES[row_of(quantity)].unit);
    ili_json_bool(room, "extrapolated", a->low > ILI_ROOM || a->high < ILI_ROOM);
    if (!law->has_vtf) return;
    ili_json *vtf = ili_json_child(json, "vtf");
    ili_put_estimate(vtf, "T0_K", &law->vtf.t0, 1.0);
    ili_put_estimate(vtf, "B_K", &law->vtf.b, 1.0);
    ili_put_estimate(vtf, "B_kB_eV", &law->vtf.b, ILI_KB);
    put_prefactor(vtf, &law->vtf.ln_prefactor, quantity);
    ili_json_real(vtf, "chi2", law->vtf.chi2);
    ili_json_int(vtf, "freedom", law->vtf.n - 3);
    ili_json_real(vtf, "p", law->vtf.p);
    ili_json_real(vtf, "widening", law->vtf.widening);
    ili_json_rows(vtf, "covariance", &law->vtf.covariance[0][0], 3, 3);
    ili_json_bool(vtf, "is_curved", law->vtf.is_curved);
    at = ili_vtf_at(&law->vtf, ILI_ROOM);
    room = ili_put_estimate(vtf, "at_298K", &at, NAMES[row_of(quantity)].factor);
    ili_json_bool(room, "extrapolated", a->low > ILI_ROOM || a->high < ILI_ROOM);
}

/** The conductivity at room temperature, and from which fit. */
static ili_estimate room_conductivity(const ili_diffuse_study *s, const ili_diffuse_view *view,
                                      const ili_diffuse_law **law) {
    *law = &s->law[view->plain_sigma ? ILI_SIGMA : ILI_SIGMA_T];
    ili_estimate e = ili_diffuse_law_at(*law, view->vtf, ILI_ROOM);
    return ili_estimate_times(e, view->plain_sigma ? 1.0 : 1.0 / ILI_ROOM);
}

/** Of three temperatures and more: with fewer VTF was not fitted, and the number is Arrhenius'. */
static const char *fitted_text(const ili_diffuse_view *view, const ili_diffuse_law *law) {
    static const char *const texts[2][2] = {{"ln(sigma T) against 1/T", "ln(sigma T) by VTF"},
                                            {"ln(sigma) against 1/T", "ln(sigma) by VTF"}};
    return texts[view->plain_sigma][view->vtf && law->has_vtf];
}

static void put_laws(ili_json *json, const ili_diffuse_study *s, const ili_diffuse_view *view) {
    const ili_diffuse_law *law = &s->law[0];
    const ili_estimate none = {NAN, NAN, NAN, NAN}, *energy = law->is_fitted ? &law->arrhenius.energy : &none;
    char name[64];
    ili_put_estimate(json, "Ea_eV", energy, 1.0);
    ili_put_estimate(json, "Ea_J_per_mol", energy, J_PER_MOL);
    ili_json_string(json, "Ea_of", ili_diffuse_quantity_name(s, 0, name));
    ili_estimate at = room_conductivity(s, view, &law);
    ili_json *room = ili_put_estimate(json, "sigma_298K_S_per_m", &at, 1.0);
    ili_json_bool(room, "extrapolated",
                  !law->is_fitted || law->arrhenius.low > ILI_ROOM || law->arrhenius.high < ILI_ROOM);
    ili_json_string(room, "fitted", fitted_text(view, law));
    ili_json *fits = ili_json_child(json, "fits");
    for (int q = 0; q < ILI_QUANTITIES; q++)
        if (ili_diffuse_has(s, q) && q != ILI_HAVEN)
            put_law(ili_json_child(fits, ili_diffuse_quantity_name(s, q, name)), &s->law[q], q);
}

static void put_definitions(ili_json *json, const ili_diffuse_study *s, const ili_diffuse_view *view) {
    const ili_diffuse_law *law = &s->law[view->plain_sigma ? ILI_SIGMA : ILI_SIGMA_T];
    const char *const rows[][2] = {
        {"D_tracer", view->is_corrected
                         ? "self-diffusion of a species, <dr^2>/(6 t), trace/3 of the tensor (3 dimensions), "
                           "with the finite-size "
                           "correction of Yeh and Hummer added"
                         : "self-diffusion of a species, <dr^2>/(6 t), trace/3 of the tensor (3 dimensions)"},
        {"D_charge",
         "<(sum z dr)^2>/(6 t sum z^2 n): of the collective displacement of charge, 3 dimensions"},
        {"sigma", "conductivity from D_charge: all correlations between ions are in it"},
        {"sigma_NE", view->is_corrected ? "Nernst-Einstein: from the tracer diffusivities of the box, before "
                                          "the finite-size correction, without correlations"
                                        : "Nernst-Einstein: from the tracer diffusivities, without "
                                          "correlations"},
        {"haven", "D_tracer/D_charge of all carriers = sigma_NE/sigma"},
        {"t_self", "transference number from tracer diffusivities, n z^2 D over its sum"},
        {"t", "transference number from the Onsager matrix, sum_j z_i z_j L_ij over the sum of all; the two "
              "kinds differ by the "
              "correlations between ions; t depends on the reference"},
        {"t_solvent",
         "t relative to all that is neutral, of runs whose reference is the centre of mass of all "
         "atoms"},
        {"sigma_anion_blocked",
         "F^2 z+^2 (L++ - L+-^2/L--) of a binary salt: current of the cation while the "
         "anion is at rest relative to all that is neutral, or to the framework"},
        {"reference", view->reference},
        {"window",
         "lags of the fit: they begin an octave after the first window whose slope agrees with those of all "
         "later "
         "ones, and no earlier than after three effective jumps a particle where the run is long enough"},
        {"diffusive",
         "false: the motion did not pass the tests; its number is no diffusivity: too high where jumps are "
         "few or displacements grow slower than the lag, too low where the mobility grows"},
        {"temperatures",
         "mean over realisations of means over seeds, equal weights; sigma is the larger of the propagated "
         "error and "
         "of the scatter between them; a temperature is diffusive when more than half of its runs are"},
        {"fits", "weighted straight line of ln(value) against 1/T over diffusive temperatures with a "
                 "positive value; errors are widened "
                 "by sqrt(chi2/freedom) where that is above 1"},
        {"sigma_298K", fitted_text(view, law)},
        {"sigma_95", "low_95 and high_95: central 95 % interval, wider than 1.96 sigma where few samples "
                     "determine sigma"}};
    ili_json *one = ili_json_child(json, "definitions");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) ili_json_string(one, rows[k][0], rows[k][1]);
}

/* ---- text ------------------------------------------------------------------------------------------ */

/** "1.23e-10 +- 4.5e-11". */
static const char *number(char text[48], const ili_estimate *e, double factor) {
    if (!isfinite(e->value))
        snprintf(text, 48, "-");
    else if (isfinite(e->sigma))
        snprintf(text, 48, "%.3g +- %.2g", factor * e->value, factor * e->sigma);
    else
        snprintf(text, 48, "%.3g +- ?", factor * e->value);
    return text;
}

static const char *motion(const ili_diffuse_level *level, int quantity) {
    if (!isfinite(level->number[quantity].value)) return "not determined";
    if (level->is_diffusive[quantity]) return "diffusive";
    return level->number[quantity].value > 0.0 ? "NOT diffusive: the reason stands below"
                                               : "NOT diffusive: no motion beyond the noise";
}

static void print_levels(il_report *report, const ili_diffuse_study *s) {
    char text[4][48];
    for (int g = 0; g < s->n_groups; g++) {
        const ili_transport_group *group = &s->carriers->groups[g];
        ili_report_print(report, "\n%s, z %+g, %d particles\n%8s %5s %24s   %s\n", group->name, group->z,
                         s->carriers->count[g], "T/K", "runs", "D tracer / m2/s", "motion");
        for (int k = 0; k < s->n_levels; k++) {
            const ili_diffuse_level *l = &s->level[k];
            ili_report_print(report, "%8g %5d %24s   %s\n", l->temperature, l->n_runs,
                             number(text[0], &l->number[g], ILI_M2_PER_S), motion(l, g));
        }
    }
    ili_report_print(report, "\ncharge\n%8s %24s %22s %22s %18s   %s\n", "T/K", "D charge / m2/s",
                     "sigma / mS/cm", "sigma_NE / mS/cm", "Haven ratio", "motion");
    for (int k = 0; k < s->n_levels; k++) {
        const ili_diffuse_level *l = &s->level[k];
        ili_report_print(report, "%8g %24s %22s %22s %18s   %s\n", l->temperature,
                         number(text[0], &l->number[ILI_D_CHARGE], ILI_M2_PER_S),
                         number(text[1], &l->number[ILI_SIGMA], 10.0),
                         number(text[2], &l->number[ILI_SIGMA_NE], 10.0),
                         number(text[3], &l->number[ILI_HAVEN], 1.0), motion(l, ILI_D_CHARGE));
    }
}

/** What the dynamics did: means over production and the cell it ran in. */
static void print_dynamics(il_report *report, const ili_diffuse_study *s) {
    if (!s->runs[0].has_dynamics) return;
    ili_report_print(report, "\n%-20s %9s %9s %9s %9s %9s %16s %9s\n", "run", "<T>/K", "<p>/GPa", "a/A",
                     "b/A", "c/A", "drift/(meV/ps)", "ns/day");
    for (int k = 0; k < s->n_runs; k++) {
        const ili_diffuse_dynamics *d = &s->runs[k].dynamics;
        double length[3], angle[3];
        char speed[32] = "done";
        ili_cell_parameters(&s->runs[k].cell, length, angle);
        if (isfinite(d->ns_per_day)) snprintf(speed, sizeof speed, "%.3g", d->ns_per_day);
        ili_report_print(report, "%-20s %9.1f %9.3f %9.3f %9.3f %9.3f %16.2g %9s\n", s->runs[k].name,
                         d->temperature.value, ILI_GPA * d->pressure.value, length[0], length[1], length[2],
                         1e3 / PS * d->drift.value, speed);
    }
}

static void print_verdicts(il_report *report, const ili_diffuse_study *s) {
    for (int k = 0; k < s->n_runs; k++) {
        const ili_transport_result *r = &s->runs[k].result;
        for (int g = 0; g < r->n_species; g++)
            if (!r->species[g].window.is_diffusive || r->species[g].window.jumps_before < 1.0)
                ili_report_print(report, "%s, %s: %s\n", s->runs[k].name, r->species[g].group.name,
                                 r->species[g].window.verdict);
        if (!r->charge_window.is_diffusive)
            ili_report_print(report, "%s, charge: %s\n", s->runs[k].name, r->charge_window.verdict);
    }
}

static void print_law(il_report *report, const ili_diffuse_study *s, int quantity) {
    const ili_diffuse_law *law = &s->law[quantity];
    const ili_arrhenius *a = &law->arrhenius;
    char name[64], energy[48];
    ili_diffuse_quantity_name(s, quantity, name);
    if (!law->is_fitted) {
        if (s->n_levels > 1)
            ili_report_print(
                report,
                "%-10s no E_a: %d of %d temperatures are diffusive with a positive value, 2 are needed\n",
                name, law->n_used, s->n_levels);
        return;
    }
    ili_report_print(report, "%-10s E_a %s eV (%.0f +- %.0f J/mol), ln fit over %g to %g K, %d temperature%s",
                     name, number(energy, &a->energy, 1.0), J_PER_MOL * a->energy.value,
                     J_PER_MOL * a->energy.sigma, a->low, a->high, a->n, a->n == 1 ? "" : "s");
    if (law->n_left_out) ili_report_print(report, ", %d left out", law->n_left_out);
    if (!a->has_scatter) ili_report_print(report, "; two points: the error is the propagated one alone");
    if (a->p < 0.05)
        ili_report_print(
            report,
            "; the points do not lie on a line (chi2 %.3g of %d, p %.2g), errors are %.2g times wider",
            a->chi2, a->n - 2, a->p, a->widening);
    ili_report_print(report, "\n");
    if (law->has_vtf)
        ili_report_print(report, "%-10s VTF: T0 %s K, B %.4g K (%.3g eV)%s\n", "",
                         number(energy, &law->vtf.t0, 1.0), law->vtf.b.value, ILI_KB * law->vtf.b.value,
                         law->vtf.is_curved ? "" : "; the points show no curvature, Arrhenius does as well");
}

static void print_laws(il_report *report, const ili_diffuse_study *s, const ili_diffuse_view *view) {
    const ili_diffuse_law *law;
    ili_report_print(report, "\n");
    for (int q = 0; q < ILI_SIGMA_NE; q++)
        if (ili_diffuse_has(s, q)) print_law(report, s, q);
    ili_estimate at = room_conductivity(s, view, &law);
    if (!law->is_fitted) return;
    bool is_outside = law->arrhenius.low > ILI_ROOM || law->arrhenius.high < ILI_ROOM;
    ili_report_print(report,
                     "sigma(%.2f K) %.3g S/m = %.3g mS/cm, 95 %% interval %.2g to %.2g mS/cm, from %s%s\n",
                     ILI_ROOM, at.value, 10.0 * at.value, 10.0 * at.low, 10.0 * at.high,
                     fitted_text(view, law), is_outside ? "; EXTRAPOLATED" : "");
}

/** The further observables of a run: numbers into `json`, a few lines into the text, tables into DIR/RUN. */
static il_status put_observed(il_context *ctx, il_report *report, ili_json *json, const ili_diffuse_run *run,
                              const char *dir) {
    char path[ILI_PATH_MAX];
    if (!run->observe) return IL_OK;
    ili_report_print(report, "\n%s\n", run->name);
    if (!dir) return ili_observe_report(ctx, run->observe, NULL, report, json);
    IL_TRY(ili_path_join(ctx, path, dir, "%s", run->name));
    IL_TRY(ili_make_dir(ctx, path));
    return ili_observe_report(ctx, run->observe, path, report, json);
}

il_status ili_diffuse_report(il_context *ctx, il_report *report, const ili_diffuse_study *s,
                             const ili_diffuse_view *view, const char *dir) {
    ili_json *list = ili_json_list(report->json, "runs");
    ili_report_print(report, "%s\n", view->reference);
    print_levels(report, s);
    print_dynamics(report, s);
    for (int k = 0; k < s->n_runs; k++) {
        ili_json *json = put_run(list, &s->runs[k], view->correction ? view->correction[k] : 0.0);
        IL_TRY(put_observed(ctx, report, json, &s->runs[k], dir));
    }
    put_levels(report->json, s);
    put_laws(report->json, s, view);
    put_definitions(report->json, s, view);
    print_verdicts(report, s);
    print_laws(report, s, view);
    return dir ? ili_diffuse_files(ctx, report, s, view, dir) : IL_OK;
}
