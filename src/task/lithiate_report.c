/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_report.h"

#include "task/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const SHELLS[ILI_SHELLS] = {"P-O", "Ge-O", "Al-O", "Li-O"};

/** One array per quantity: its means, or with is_sigma their errors. */
static void put_array(ili_json *json, const char *key, const ili_lithiate_study *s, int quantity,
                      bool is_sigma) {
    double value[ILI_LITHIATE_POINTS_MAX];
    for (int k = 0; k < s->n; k++)
        value[k] = is_sigma ? s->mean[k].number[quantity].sigma : s->mean[k].number[quantity].value;
    ili_json_reals(json, key, value, (size_t)s->n);
}

static void put_strain(ili_json *json, const char *key, const ili_lithiate_study *s, bool is_sigma) {
    double value[6 * ILI_LITHIATE_POINTS_MAX];
    for (int k = 0; k < s->n; k++)
        for (int v = 0; v < 6; v++) {
            const ili_estimate *e = &s->mean[k].number[ILI_LITHIATE_STRAIN + v];
            value[6 * k + v] = is_sigma ? e->sigma : e->value;
        }
    ili_json_rows(json, key, value, (size_t)s->n, 6);
}

/** Changes of bonds of one composition, summed over realisations. */
static void put_bonds(ili_json *list, const ili_lithiate_study *s, int k) {
    ili_json *one = ili_json_child(list, NULL), *kinds;
    const ili_lithiate_mean *m = &s->mean[k];
    ili_json_real(one, "x", m->x);
    ili_json_int(one, "realisations", s->n_paths);
    ili_json_int(one, "intact", m->n_intact);
    ili_json_int(one, "PO4_all", m->po4_all);
    ili_json_int(one, "PO4_intact", m->po4_intact);
    kinds = ili_json_child(one, "kinds");
    const ili_network_verdict *first = &s->path[0].point[k].network;
    for (int n = 0; n < first->n_kinds; n++) {
        int before = 0, broken = 0, made = 0;
        for (int r = 0; r < s->n_paths; r++) {
            const ili_network_verdict *v = &s->path[r].point[k].network;
            for (int j = 0; j < v->n_kinds; j++)
                if (strcmp(v->kinds[j].kind, first->kinds[n].kind) == 0) {
                    before += v->kinds[j].before;
                    broken += v->kinds[j].broken;
                    made += v->kinds[j].made;
                }
        }
        ili_json *kind = ili_json_child(kinds, first->kinds[n].kind);
        ili_json_int(kind, "before", before);
        ili_json_int(kind, "broken", broken);
        ili_json_int(kind, "made", made);
    }
    ili_json *shell = ili_json_child(one, "coordination");
    for (int n = 0; n < ILI_SHELLS; n++)
        ili_json_estimate(shell, SHELLS[n], m->number[ILI_LITHIATE_SHELL + n].value,
                          m->number[ILI_LITHIATE_SHELL + n].sigma);
}

static void put_point(ili_json *list, const ili_lithiate_point *p) {
    ili_json *one = ili_json_child(list, NULL);
    ili_json_real(one, "x", p->x);
    ili_json_int(one, "Li_inserted", p->n_li);
    ili_json_real(one, "V_A3_per_fu", p->volume);
    ili_json_real(one, "a_A", p->a);
    ili_json_real(one, "c_A", p->c);
    ili_json_reals(one, "strain", p->strain, 6);
    ili_json_real(one, "density_g_per_cm3", p->density);
    ili_json_real(one, "energy_eV", p->energy);
    ili_json_real(one, "E_insertion_eV", p->e_insertion);
    ili_json_real(one, "voltage_V", p->voltage);
    ili_json_reals(one, "electrons", p->electrons, ILI_RUNGS_MAX);
    ili_json_bool(one, "intact", p->network.intact);
    ili_json_bool(one, "converged", p->converged);
}

static void put_paths(ili_json *json, const ili_lithiate_study *s) {
    ili_json *list = ili_json_list(json, "realisations");
    for (int r = 0; r < s->n_paths; r++) {
        const ili_lithiate_path *path = &s->path[r];
        ili_json *one = ili_json_child(list, NULL);
        ili_json_int(one, "realisation", r + 1);
        ili_json *points = ili_json_list(one, "points");
        for (int k = 0; k < path->n; k++) put_point(points, &path->point[k]);
        if (!path->n_back) continue;
        points = ili_json_list(one, "points_back");
        for (int k = 0; k < path->n_back; k++) put_point(points, &path->back[k]);
    }
}

static void put_products(ili_json *json, int n, const ili_product *products) {
    ili_json *list = ili_json_list(json, "products");
    for (int k = 0; k < n; k++) {
        ili_json *product = ili_json_child(list, NULL);
        ili_json_string(product, "formula", products[k].formula);
        ili_json_real(product, "per_fu", products[k].amount);
        ili_json_real(product, "V_A3", products[k].volume);
        ili_json_string(product, "source", products[k].source);
    }
}

static void put_conversion(ili_json *json, const ili_lithiate_study *s) {
    double value[ILI_LITHIATE_POINTS_MAX];
    for (int k = 0; k < s->n; k++) value[k] = s->mean[k].v_conversion;
    ili_json_reals(json, "V_conversion_A3_per_fu", value, (size_t)s->n);
    if (!s->has_conversion) return;
    ili_json *one = ili_json_child(json, "conversion");
    ili_json_real(one, "x_full", s->conversion.x_full);
    ili_json_real(one, "V_full_A3_per_fu", s->conversion.volume_full);
    ili_json_real(one, "V_full_sigma_A3_per_fu", s->conversion.sigma_full);
    ili_json_real(one, "V_host_A3_per_fu", s->conversion.volume_host);
    ili_json_real(one, "ratio", s->conversion.volume_full / s->conversion.volume_host);
    put_products(one, s->conversion.n, s->conversion.product);
    ili_json *stages = ili_json_list(one, "stages");
    for (int k = 0; k < s->conversion.n_partial; k++) {
        const ili_conversion_stage *stage = &s->conversion.partial[k];
        ili_json *row = ili_json_child(stages, NULL);
        ili_json_string(row, "name", stage->name);
        ili_json_real(row, "x", stage->x);
        ili_json_real(row, "V_A3_per_fu", stage->volume);
        ili_json_real(row, "V_sigma_A3_per_fu", stage->sigma);
        put_products(row, stage->n, stage->product);
    }
}

static void put_variants(ili_json *json, const ili_lithiate_study *s) {
    if (s->n_variants == 0) return;
    ili_json *list = ili_json_list(json, "variants");
    for (int v = 0; v < s->n_variants; v++) {
        ili_json *one = ili_json_child(list, NULL);
        ili_json_string(one, "model", s->variant[v]);
        ili_json_int(one, "realisation", 1);
        ili_json_reals(one, "V_A3_per_fu", s->variant_volume[v], (size_t)s->n);
    }
}

static void put_definitions(ili_json *json) {
    static const char *const rows[][2] = {
        {"x", "lithium put in, per formula unit of the host"},
        {"V_A3_per_fu", "volume of the relaxed cell over its formula units, mean over realisations; sigma: "
                        "standard error of that mean"},
        {"a_A, c_A", "mean of the first two cell lengths, third cell length, per unit cell"},
        {"strain",
         "of the cell against x = 0 of the same realisation: (F F^T)^(1/2) - 1 with F = h0^-1 h, free of "
         "rotation; xx yy zz yz xz xy, shear that of the tensor, half the engineering one"},
        {"E_insertion_eV",
         "(E(x) - E(0) - n E(Li metal))/n for n lithium put in, each with its electron; the level comes from "
         "the on-site energies of the model, which are calibrated, only differences with x are computed"},
        {"voltage_V", "-(E(x) - E(x') - n E(Li metal))/n between neighbouring compositions, 0 K, no entropy"},
        {"V_Li_cm3_per_mol", "partial molar volume of lithium: slope of a straight line through V(x) of each "
                             "realisation, mean over realisations"},
        {"V_conversion_A3_per_fu", "not from the model: rule of mixtures between the host at x = 0 and the "
                                   "crystals that full conversion would leave"},
        {"conversion",
         "crystals at full conversion, and in `stages` those on the way to it that the elements "
         "of the host can make; sigma: what sources and polymorphs of the crystals differ by"},
        {"bonds", "changes of the host's bonds against x = 0, summed over realisations; PO4_intact: "
                  "phosphorus that kept its four oxygens"}};
    ili_json *d = ili_json_child(json, "definitions");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) ili_json_string(d, rows[k][0], rows[k][1]);
}

static void put_all(ili_json *json, const ili_lithiate_study *s) {
    static const struct {
        const char *key, *sigma;
        int quantity;
    } rows[] = {{"V_A3_per_fu", "V_sigma_A3_per_fu", ILI_LITHIATE_V},
                {"a_A", "a_sigma_A", ILI_LITHIATE_A},
                {"c_A", "c_sigma_A", ILI_LITHIATE_C},
                {"density_g_per_cm3", "density_sigma_g_per_cm3", ILI_LITHIATE_DENSITY},
                {"E_insertion_eV", "E_insertion_sigma_eV", ILI_LITHIATE_E_INSERTION},
                {"voltage_V", "voltage_sigma_V", ILI_LITHIATE_VOLTAGE}};
    double x[ILI_LITHIATE_POINTS_MAX], step[ILI_LITHIATE_POINTS_MAX], sigma[ILI_LITHIATE_POINTS_MAX];
    for (int k = 0; k < s->n; k++) {
        x[k] = s->mean[k].x;
        step[k] = s->v_li_step[k].value;
        sigma[k] = s->v_li_step[k].sigma;
    }
    ili_json_reals(json, "x", x, (size_t)s->n);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        put_array(json, rows[k].key, s, rows[k].quantity, false);
        put_array(json, rows[k].sigma, s, rows[k].quantity, true);
    }
    put_strain(json, "strain", s, false);
    put_strain(json, "strain_sigma", s, true);
    ili_put_estimate(json, "V_Li_cm3_per_mol", &s->v_li, 1.0);
    ili_json_reals(json, "V_Li_by_step_cm3_per_mol", step, (size_t)s->n);
    ili_json_reals(json, "V_Li_by_step_sigma_cm3_per_mol", sigma, (size_t)s->n);
    if (isfinite(s->hysteresis.value)) {
        put_array(json, "V_back_A3_per_fu", s, ILI_LITHIATE_V_BACK, false);
        put_array(json, "V_back_sigma_A3_per_fu", s, ILI_LITHIATE_V_BACK, true);
        ili_put_estimate(json, "V_hysteresis_A3_per_fu", &s->hysteresis, 1.0);
    }
    ili_json *bonds = ili_json_list(json, "bonds");
    for (int k = 0; k < s->n; k++) put_bonds(bonds, s, k);
    ili_json_string(json, "charge_balance", ili_balance_name(s->settings->rule));
    ili_json_string(json, "charge_balance_limits", ili_balance_limits(s->settings->rule));
    ili_json_real(json, "E_Li_metal_eV", s->settings->li_metal);
    put_conversion(json, s);
    put_variants(json, s);
    put_paths(json, s);
    put_definitions(json);
}

/** "12.3 +- 0.4", or without an error of one realisation. */
static const char *with_error(char text[48], const ili_estimate *e, int digits) {
    if (!isfinite(e->value))
        snprintf(text, 48, "-");
    else if (isfinite(e->sigma))
        snprintf(text, 48, "%.*f +- %.*f", digits, e->value, digits, e->sigma);
    else
        snprintf(text, 48, "%.*f", digits, e->value);
    return text;
}

static void print_table(il_report *report, const ili_lithiate_study *s) {
    char v[48], e[48], u[48], a[48], c[48];
    const double v0 = s->mean[0].number[ILI_LITHIATE_V].value;
    ili_report_print(report, "%6s %20s %8s %18s %18s %20s %18s %9s %16s\n", "x", "V (A^3 per f.u.)", "V/V0",
                     "a (A)", "c (A)", "E_insertion (eV)", "voltage (V)", "PO4", "V_conversion/V0");
    for (int k = 0; k < s->n; k++) {
        const ili_lithiate_mean *m = &s->mean[k];
        char mix[16] = "-";
        if (isfinite(m->v_conversion))
            snprintf(mix, sizeof mix, "%.3f", m->v_conversion / s->mean[0].v_conversion);
        ili_report_print(report, "%6.3g %20s %8.4f %18s %18s %20s %18s %4d/%-4d %16s\n", m->x,
                         with_error(v, &m->number[ILI_LITHIATE_V], 2), m->number[ILI_LITHIATE_V].value / v0,
                         with_error(a, &m->number[ILI_LITHIATE_A], 3),
                         with_error(c, &m->number[ILI_LITHIATE_C], 3),
                         with_error(e, &m->number[ILI_LITHIATE_E_INSERTION], 3),
                         with_error(u, &m->number[ILI_LITHIATE_VOLTAGE], 3), m->po4_intact, m->po4_all, mix);
    }
}

static void print_all(il_report *report, const ili_lithiate_study *s) {
    char text[48];
    print_table(report, s);
    const ili_lithiate_mean *last = &s->mean[s->n - 1];
    if (last->n_intact < s->n_paths)
        ili_report_print(
            report,
            "NOT intact: at x = %g %d of %d realisation%s kept all P-O, Ge-O and Al-O bonds of the "
            "host; `bonds` in the JSON counts them\n",
            last->x, last->n_intact, s->n_paths, s->n_paths > 1 ? "s" : "");
    ili_report_print(report, "partial molar volume of Li: %s cm3/mol\n", with_error(text, &s->v_li, 2));
    if (isfinite(s->hysteresis.value))
        ili_report_print(report, "taken out again: largest V - V(way in) %s A^3 per f.u.\n",
                         with_error(text, &s->hysteresis, 2));
    for (int v = 0; v < s->n_variants; v++)
        ili_report_print(report, "with %s V at x = %g is %.2f A^3 per f.u. instead of %.2f (realisation 1)\n",
                         s->variant[v], s->mean[s->n - 1].x, s->variant_volume[v][s->n - 1],
                         s->path[0].point[s->n - 1].volume);
    ili_report_print(report, "electrons: %s; %s\n", ili_balance_name(s->settings->rule),
                     ili_balance_limits(s->settings->rule));
    ili_report_print(
        report,
        "This is insertion: no P-O, Ge-O or Al-O bond is cleaved by choice and no new phase forms.\n");
    if (s->has_conversion) {
        ili_report_print(report, "Conversion (crystals, rule of mixtures, not from the model): x = %.3g,",
                         s->conversion.x_full);
        for (int k = 0; k < s->conversion.n; k++)
            ili_report_print(report, "%s %.3g %s", k ? " +" : "", s->conversion.product[k].amount,
                             s->conversion.product[k].formula);
        ili_report_print(report, ": %.1f A^3 per f.u., %.2f times the host's %.1f\n",
                         s->conversion.volume_full, s->conversion.volume_full / s->conversion.volume_host,
                         s->conversion.volume_host);
    }
}

il_status ili_lithiate_report(il_context *ctx, il_report *report, const ili_lithiate_study *s,
                              const char *out_dir) {
    put_all(report->json, s);
    print_all(report, s);
    return out_dir ? ili_lithiate_files(ctx, report, s, out_dir) : IL_OK;
}
