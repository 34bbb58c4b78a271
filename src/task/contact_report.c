/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/contact_report.h"

#include "base/file.h"
#include "io/picture.h"
#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** Values that are given with an error. */
enum { N_VALUES = 5 };

/** Mean over samples of one field, its standard error, and the spread of a single sample. */
typedef struct estimate {
    double mean, error, spread;
} estimate;

/** No bond of a framework or molecule broken or made, and no atom of B inside A. */
static bool is_intact(const ili_contact_sample *s) {
    return s->network.intact && s->n_entered == 0;
}

/** Over all samples, or over those that stayed intact. NaN where there is none. */
static estimate estimate_of(const ili_contact_sample *samples, int n, size_t field, bool only_intact) {
    double sum = 0.0, square = 0.0;
    int m = 0;
    for (int k = 0; k < n; k++) {
        if (only_intact && !is_intact(&samples[k])) continue;
        sum += *(const double *)((const char *)&samples[k] + field);
        m++;
    }
    for (int k = 0; k < n; k++) {
        if (only_intact && !is_intact(&samples[k])) continue;
        double d = *(const double *)((const char *)&samples[k] + field) - sum / m;
        square += d * d;
    }
    double spread = m > 1 ? sqrt(square / (m - 1)) : NAN;
    return (estimate){.mean = m ? sum / m : NAN, .error = spread / sqrt(m), .spread = spread};
}

static estimate put_estimate(il_report *report, const char *key, const ili_contact_sample *samples, int n,
                             size_t field, bool only_intact) {
    estimate e = estimate_of(samples, n, field, only_intact);
    ili_json_estimate(report->json, key, e.mean, e.error);
    return e;
}

/** Standard deviation of E_form over the registries of the samples, pooled. */
static double registry_spread(const ili_contact_sample *samples, int n) {
    double square = 0.0;
    int freedom = 0;
    for (int k = 0; k < n; k++) {
        double mean = 0.0;
        int m = samples[k].n_registries;
        for (int r = 0; r < m; r++) mean += samples[k].registry[r].e_form / m;
        for (int r = 0; r < m; r++) square += pow(samples[k].registry[r].e_form - mean, 2);
        freedom += m - 1;
    }
    return freedom > 0 ? sqrt(square / freedom) : NAN;
}

static void put_budget(il_report *report, const ili_side side[2], const ili_contact_sample *samples, int n,
                       double spread) {
    ili_json *budget = ili_json_child(report->json, "budget");
    bool polymer = side[1].unit != NULL, disordered = side[0].is_disordered || side[1].is_disordered;
    ili_json_real(budget, "realisations", disordered ? spread : NAN);
    ili_json_real(budget, "terminations", NAN);
    ili_json_real(budget, "registry", registry_spread(samples, n));
    ili_json_real(budget, "polymer", polymer ? spread : NAN);
    ili_json_real(budget, "thickness", NAN);
    ili_json_real(budget, "parameters", NAN);
    ili_json_string(budget, "meaning",
                    "standard deviation of one E_form, J/m2; null: not evaluated in this run; where a "
                    "realisation and a packing "
                    "change together both entries hold their joint spread");
}

static void put_network(ili_json *json, const ili_network_verdict *v) {
    ili_json *bonds = ili_json_list(json, "bonds");
    for (int k = 0; k < v->n_kinds; k++) {
        ili_json *kind = ili_json_child(bonds, NULL);
        ili_json_string(kind, "kind", v->kinds[k].kind);
        ili_json_int(kind, "before", v->kinds[k].before);
        ili_json_int(kind, "broken", v->kinds[k].broken);
        ili_json_int(kind, "made", v->kinds[k].made);
    }
}

static void put_cut(ili_json *parent, const char *key, const ili_termination *cut) {
    ili_json *json = ili_json_child(parent, key);
    ili_json_string(json, "lower_plane", cut->first);
    ili_json_string(json, "upper_plane", cut->last);
    ili_json_int(json, "tasker_type", cut->tasker);
    ili_json_real(json, "polarity_e_per_A2", cut->polarity);
    ili_json_real(json, "polarity_left_e_per_A2", cut->residual);
    ili_json_int(json, "ions_moved", cut->n_moved);
    ili_json_real(json, "cut_bonds_per_A2", cut->cut_density);
}

static void put_samples(il_report *report, const ili_side side[2], const ili_contact_sample *samples, int n) {
    ili_json *list = ili_json_list(report->json, "samples");
    for (int k = 0; k < n; k++) {
        const ili_contact_sample *s = &samples[k];
        ili_json *json = ili_json_child(list, NULL);
        ili_json_int(json, "sample", s->number + 1);
        ili_json_real(json, "E_form_J_per_m2", s->e_form);
        ili_json_real(json, "E_form_free_J_per_m2", s->e_form_free);
        ili_json_real(json, "W_ad_J_per_m2", s->w_ad);
        ili_json_real(json, "gamma_J_per_m2", s->gamma);
        ili_json_real(json, "E_rigid_J_per_m2", s->e_rigid);
        ili_json_real(json, "surface_energy_a_J_per_m2", s->sigma_a);
        ili_json_real(json, "surface_energy_b_J_per_m2", s->sigma_b);
        ili_json_real(json, "E_AB_eV", s->registry[s->best].energy);
        ili_json_real(json, "E_A_eV", s->energy_a);
        ili_json_real(json, "E_B_eV", s->energy_b);
        ili_json_real(json, "area_A2", s->area);
        ili_json_int(json, "natoms_a", s->n_atoms_a);
        ili_json_int(json, "natoms_b", s->n_atoms_b);
        ili_json_bool(json, "converged", s->converged);
        ili_json_bool(json, "intact", is_intact(s));
        ili_json_int(json, "atoms_entered", s->n_entered);
        put_network(json, &s->network);
        put_cut(json, "termination_a", &s->geometry.cut_a);
        if (side[1].unit) {
            ili_json_int(json, "chains", s->geometry.film.n_chains);
            ili_json_int(json, "repeat_units", s->geometry.film.n_units);
            ili_json_real(json, "film_density_g_per_cm3", s->geometry.film.density);
        } else
            put_cut(json, "termination_b", &s->geometry.cut_b);
        double gaps[ILI_GAPS];
        for (int g = 0; g < ILI_GAPS; g++) gaps[g] = ili_contact_gap(g);
        if (!side[1].unit) ili_json_reals(json, "gaps_A", gaps, ILI_GAPS);
        ili_json *registries = ili_json_list(json, "registries");
        for (int r = 0; r < s->n_registries; r++) {
            ili_json *one = ili_json_child(registries, NULL);
            ili_json_reals(one, "shift", s->registry[r].shift, 2);
            ili_json_real(one, "gap_rigid_A", side[1].unit ? NAN : s->registry[r].gap_rigid);
            ili_json_real(one, "E_rigid_J_per_m2", s->registry[r].rigid);
            if (!side[1].unit) ili_json_reals(one, "E_rigid_curve_J_per_m2", s->registry[r].curve, ILI_GAPS);
            ili_json_real(one, "E_form_J_per_m2", s->registry[r].e_form);
            ili_json_bool(one, "converged", s->registry[r].converged);
            ili_json_real(one, "force_max_eV_per_A", s->registry[r].force_max);
        }
    }
}

/** Whether the lowest rigid energy of a sample is that of the least gap of the scan. */
static bool ends_at_least_gap(const ili_contact_sample *s) {
    const ili_registry *lowest = &s->registry[0];
    for (int r = 1; r < s->n_registries; r++)
        if (s->registry[r].rigid < lowest->rigid) lowest = &s->registry[r];
    return lowest->gap_rigid <= ili_contact_gap(0);
}

/** A scan that was still going down when it ended. */
static void warn_scan(il_context *ctx, const ili_contact_sample *samples, int n) {
    int count = 0;
    for (int k = 0; k < n; k++) count += ends_at_least_gap(&samples[k]);
    if (count > 0)
        ili_warn(ctx,
                 "the rigid energy is lowest at the least gap that was tried, %g A, in %d of %d samples: the "
                 "sides pull each other closer than that, and E_rigid is not a minimum",
                 ili_contact_gap(0), count, n);
}

/** Limits of what the model can say about this contact. */
static void warn_limits(il_context *ctx, const ili_side side[2]) {
    if (side[1].is_metal || side[0].is_metal)
        ili_warn(ctx, "charges are fixed: electron transfer from the metal (Ge reduction, P-O cleavage, SEI "
                      "reactions) is outside the "
                      "model; the number is that of a contact that has not reacted");
    if (side[1].unit)
        ili_warn(ctx, "the polymer is minimised at 0 K from a grown packing, not annealed by dynamics; its "
                      "spread over samples is the "
                      "least that its uncertainty can be");
}

/** How far relaxation went: a film and a single registry are not moved over the other side. */
static const char *how_far(const ili_contact_sample *s) {
    return s->n_registries > 1 ? "ions + registry" : "ions";
}

static void print_table(il_report *report, const ili_side side[2], const ili_contact_sample *samples, int n,
                        const estimate value[N_VALUES]) {
    static const char *const names[N_VALUES] = {"E_form", "E_form_free", "W_ad", "gamma", "E_rigid"};
    static const char *const meaning[N_VALUES] = {
        "(E_AB - E_A - E_B)/A, same strain; negative = bound", "the same, A and B at their own lattice",
        "work of rigid separation; positive = bound", "excess over the bulk crystals",
        "E_form of the relaxed slabs laid on rigidly, lowest gap and registry"};
    const ili_contact_sample *s = &samples[0];
    ili_report_print(report, "contact %s | %s, %d + %d atoms, area %.2f A^2, n = 1 interface, %d sample%s\n",
                     side[0].title, side[1].title, s->n_atoms_a, s->n_atoms_b, s->area, n, n == 1 ? "" : "s");
    for (int k = 0; k < N_VALUES; k++) {
        if (!isfinite(value[k].mean)) continue;
        if (n > 1)
            ili_report_print(report, "  %-12s %8.3f +- %.3f J/m2   %s\n", names[k], value[k].mean,
                             value[k].error, meaning[k]);
        else
            ili_report_print(report, "  %-12s %8.3f J/m2            %s\n", names[k], value[k].mean,
                             meaning[k]);
    }
    if (n > 1)
        ili_report_print(report,
                         "  +- is the standard error over %d samples; one sample spreads by %.3f J/m2\n", n,
                         value[0].spread);
    if (isfinite(registry_spread(samples, n)))
        ili_report_print(report, "  registries of one sample spread by %.3f J/m2; the lowest of %d counts\n",
                         registry_spread(samples, n), s->n_registries);
    if (!side[1].unit)
        ili_report_print(report, "  strain of %s: %+.2f %%, %+.2f %% (principal); of %s: 0\n", side[1].title,
                         100 * s->geometry.match.principal[0], 100 * s->geometry.match.principal[1],
                         side[0].title);
    bool converged = true;
    int32_t entered = 0;
    int n_intact = 0;
    for (int k = 0; k < n; k++) {
        n_intact += is_intact(&samples[k]);
        converged = converged && samples[k].converged;
        entered += samples[k].n_entered;
    }
    ili_report_print(report, "  relaxed: %s; %s; %s\n", how_far(s),
                     n_intact == n ? "intact: no bond of either side broken or made"
                                   : "NOT intact: bonds changed or atoms crossed over",
                     converged ? "converged" : "NOT converged");
    if (n_intact < n && n_intact > 0) {
        estimate e = estimate_of(samples, n, offsetof(ili_contact_sample, e_form), true);
        ili_report_print(report, "  E_form of the %d intact sample%s: %.3f J/m2\n", n_intact,
                         n_intact == 1 ? "" : "s", e.mean);
    }
    if (entered)
        ili_report_print(report, "  %d atoms of %s went into %s\n", entered, side[1].title, side[0].title);
}

static il_status write_files(il_context *ctx, il_report *report, const ili_side side[2],
                             const ili_contact_sample *samples, int n, const char *out_dir) {
    ili_json *files = ili_json_list(report->json, "files");
    for (int k = 0; k < n; k++) {
        char name[64], path[ILI_PATH_MAX], caption[512];
        for (int picture = 0; picture < 2; picture++) {
            snprintf(name, sizeof name, "contact-%d.%s", k + 1, picture ? "png" : "extxyz");
            IL_TRY(ili_path_join(ctx, path, out_dir, "%s", name));
            snprintf(caption, sizeof caption, "%s | %s, sample %d: E_form %.3f J/m2", side[0].title,
                     side[1].title, k + 1, samples[k].e_form);
            if (picture)
                IL_TRY(ili_picture_write(ctx, samples[k].relaxed, caption, path));
            else
                IL_TRY(il_system_write(ctx, samples[k].relaxed, path));
            ili_json_push_string(files, name);
        }
    }
    return IL_OK;
}

il_status ili_contact_report(il_context *ctx, il_report *report, const il_model *model,
                             const ili_side side[2], const ili_contact_sample *samples, int n,
                             const char *out_dir) {
    static const struct {
        const char *key;
        size_t field;
    } rows[N_VALUES] = {{"E_form_J_per_m2", offsetof(ili_contact_sample, e_form)},
                        {"E_form_free_J_per_m2", offsetof(ili_contact_sample, e_form_free)},
                        {"W_ad_J_per_m2", offsetof(ili_contact_sample, w_ad)},
                        {"gamma_J_per_m2", offsetof(ili_contact_sample, gamma)},
                        {"E_rigid_J_per_m2", offsetof(ili_contact_sample, e_rigid)}};
    char contact[160];
    estimate value[N_VALUES];
    bool intact = true;
    snprintf(contact, sizeof contact, "%s|%s", side[0].title, side[1].title);
    ili_json_string(report->json, "contact", contact);
    for (int k = 0; k < N_VALUES; k++)
        value[k] = put_estimate(report, rows[k].key, samples, n, rows[k].field, false);
    put_estimate(report, "E_form_intact_J_per_m2", samples, n, offsetof(ili_contact_sample, e_form), true);
    ili_json_string(report->json, "sigma", "standard error of the mean over samples; null with one sample");
    ili_json_real(report->json, "area_A2", samples[0].area);
    ili_json_int(report->json, "n_interfaces", 1);
    const double none[3] = {0};
    ili_json *strain = ili_json_child(report->json, "strain");
    ili_json_reals(strain, "a", none, 3);
    ili_json_reals(strain, "b", samples[0].geometry.strain, 3);
    for (int k = 0; k < n; k++) intact = intact && is_intact(&samples[k]);
    ili_json_bool(report->json, "intact", intact);
    ili_json_string(report->json, "relaxation", how_far(&samples[0]));
    ili_json_bool(report->json, "provisional", model->provisional);
    put_budget(report, side, samples, n, value[0].spread);
    put_samples(report, side, samples, n);
    warn_limits(ctx, side);
    if (!side[1].unit) warn_scan(ctx, samples, n);
    print_table(report, side, samples, n, value);
    return out_dir ? write_files(ctx, report, side, samples, n, out_dir) : IL_OK;
}
