/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lithiate.json: what changes with the lithium put in: of insertion at 0 K, and of voltages at a temperature. Contacts have nothing that
 * a continuum model takes. */
#include "task/handoff_result.h"

#include "base/alloc.h"
#include "math/units.h"
#include "task/lithiate_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- insertion ------------------------------------------------------------------------------------------ */

typedef struct paths {
    const ili_result *r;
    const ili_json_view *x, *list; /**< compositions; realisations */
    ili_handoff *out;
    char method[512];
} paths;

/** Of a realisation: the member `key` of point k, where it stands, and of point 0. */
static const struct path_row {
    ili_quantity_kind kind;
    const char *key;
    double factor;
    bool is_relative; /**< value/value(x = 0) - 1 */
    bool is_step;     /**< between x and the composition before: stands in the middle */
} PATH_ROWS[] = {{ILI_Q_swelling, "V_A3_per_fu", 1.0, true, false},
                 {ILI_Q_strain_a, "a_A", 1.0, true, false},
                 {ILI_Q_strain_c, "c_A", 1.0, true, false},
                 {ILI_Q_open_circuit_voltage, "voltage_V", 1.0, false, true},
                 {ILI_Q_density, "density_g_per_cm3", 1e3, false, false}};
enum { N_PATH_ROWS = sizeof PATH_ROWS / sizeof *PATH_ROWS };

static il_status point_number(il_context *ctx, const paths *p, size_t realisation, size_t k, const char *key,
                              double *value) {
    const ili_json_view *points;
    IL_TRY(ili_result_list(ctx, p->r, ili_json_at(p->list, realisation), "points", &points));
    return ili_result_number(ctx, p->r, ili_json_at(points, k), key, value);
}

/** Mean over realisations of one row at composition k; value [realisations] is scratch. */
static il_status mean_at(il_context *ctx, const paths *p, const struct path_row *row, size_t k, double *value,
                         ili_value *mean) {
    int n = 0;
    for (size_t r = 0; r < ili_json_size(p->list); r++) {
        double here, first = 1.0;
        IL_TRY(point_number(ctx, p, r, k, row->key, &here));
        if (row->is_relative) IL_TRY(point_number(ctx, p, r, 0, row->key, &first));
        const double number = row->is_relative ? here / first - 1.0 : row->factor * here;
        if (isfinite(number)) value[n++] = number;
    }
    const ili_estimate e = ili_mean_of(n, value);
    *mean = (ili_value){e.value, e.sigma, e.low, e.high};
    return IL_OK;
}

/** Bonds that changed, and lithium that leaves the host larger than it came. */
static void warn_of_paths(ili_quantity *q, const paths *p) {
    const ili_json_view *bonds = ili_json_get(p->r->root, "bonds"),
                        *back = ili_json_get(p->r->root, "V_hysteresis_A3_per_fu");
    const double gap = ili_json_number(ili_json_get(back, "value"));
    if (isfinite(gap))
        ili_quantity_warn(q, "lithium put in; taken out again V differs by up to %.2g A3 per formula unit",
                          gap);
    for (size_t k = 0; k < ili_json_size(bonds); k++) {
        const ili_json_view *one = ili_json_at(bonds, k);
        const double all = ili_json_number(ili_json_get(one, "realisations")),
                     intact = ili_json_number(ili_json_get(one, "intact"));
        if (!(intact < all)) continue;
        ili_quantity_warn(q, "bonds of the host changed from x = %g on (in %g of %g realisations there)",
                          ili_json_number(ili_json_get(one, "x")), all - intact, all);
        return;
    }
}

/** Neighbours whose voltage rises would trade lithium until it does not. */
static void warn_of_rise(ili_quantity *q) {
    for (int k = 1; k < q->n; k++) {
        if (!(q->y[k].value > q->y[k - 1].value)) continue;
        ili_quantity_warn(
            q,
            "the voltage rises from x = %g to %g: lithium would not spread evenly there, or was "
            "not put where its energy is lowest; 0 K, no entropy",
            q->at[k - 1], q->at[k]);
        return;
    }
}

static il_status add_path_row(il_context *ctx, const paths *p, const struct path_row *row) {
    const size_t n = ili_json_size(p->x);
    double *value = ili_alloc(ili_json_size(p->list) + 1, sizeof *value), before = NAN;
    ili_quantity *q;
    il_status status = IL_OK;
    if (!value) IL_GO(ili_no_memory(ctx, "the realisations"));
    IL_GO(ili_result_add(ctx, p->r, p->out, row->kind, "Li", ILI_ARG_COMPOSITION, (int)n, &q));
    for (size_t k = 0; k < n; k++) {
        const double x = ili_json_number(ili_json_at(p->x, k));
        q->at[k] = row->is_step ? 0.5 * (before + x) : x;
        before = x;
        if (row->is_step && k == 0) continue;
        IL_GO(mean_at(ctx, p, row, k, value, &q->y[k]));
    }
    ili_result_append(q->method, sizeof q->method, "%s%s", p->method,
                      row->is_step ? "; each step stands at the middle of its compositions" : "");
    warn_of_paths(q, p);
    const int before_closing = p->out->n;
    ili_handoff_close_last(p->out);
    if (p->out->n == before_closing && row->kind == ILI_Q_open_circuit_voltage) warn_of_rise(q);
out:
    ili_free(value);
    return status;
}

static il_status add_molar_volume(il_context *ctx, const paths *p) {
    ili_quantity *q;
    IL_TRY(ili_result_add(ctx, p->r, p->out, ILI_Q_partial_molar_volume, "Li", ILI_ARG_NONE, 1, &q));
    IL_TRY(ili_result_estimate(ctx, p->r, p->r->root, "V_Li_cm3_per_mol", 1e-6, &q->y[0]));
    ili_result_append(q->method, sizeof q->method, "%s; straight line through V(x), x = 0 to %g", p->method,
                      ili_json_number(ili_json_at(p->x, ili_json_size(p->x) - 1)));
    warn_of_paths(q, p);
    ili_handoff_close_last(p->out);
    return IL_OK;
}

/** One point of V/V0 - 1; an error of V0 is far below that of the products. */
static il_status take_conversion(il_context *ctx, const paths *p, const ili_json_view *one, double host,
                                 const char *x, const char *volume, const char *sigma, double *at,
                                 ili_value *y) {
    double v, s;
    IL_TRY(ili_result_number(ctx, p->r, one, x, at));
    IL_TRY(ili_result_number(ctx, p->r, one, volume, &v));
    IL_TRY(ili_result_number(ctx, p->r, one, sigma, &s));
    *y = (ili_value){v / host - 1.0, s / host, NAN, NAN};
    return IL_OK;
}

/** "x = 6: 1.5 Ge + 2.5 Li3PO4" */
static void name_products(ili_quantity *q, double x, const ili_json_view *list) {
    ili_result_append(q->method, sizeof q->method, "; x = %g:", x);
    for (size_t k = 0; k < ili_json_size(list); k++) {
        const char *formula = ili_json_string_of(ili_json_get(ili_json_at(list, k), "formula"));
        ili_result_append(q->method, sizeof q->method, "%s %.3g %s", k ? " +" : "",
                          ili_json_number(ili_json_get(ili_json_at(list, k), "per_fu")),
                          formula ? formula : "?");
    }
}

/** The host, its stages of conversion and the last one. No model is behind it, so that of a provisional one is no caveat. */
static il_status add_conversion(il_context *ctx, const paths *p) {
    const ili_json_view *one = ili_json_get(p->r->root, "conversion"), *stages;
    ili_quantity *q;
    double host;
    if (!one) return IL_OK;
    IL_TRY(ili_result_list(ctx, p->r, one, "stages", &stages));
    IL_TRY(ili_result_number(ctx, p->r, one, "V_host_A3_per_fu", &host));
    const int n = (int)ili_json_size(stages) + 2;
    IL_TRY(ili_result_add(ctx, p->r, p->out, ILI_Q_conversion_swelling, "Li", ILI_ARG_COMPOSITION, n, &q));
    q->caveat[0] = 0;
    ili_result_append(q->method, sizeof q->method, "crystals of the products, host relaxed at 0 K");
    q->at[0] = 0.0;
    q->y[0].value = 0.0;
    for (int k = 1; k < n - 1; k++) {
        const ili_json_view *stage = ili_json_at(stages, (size_t)k - 1);
        IL_TRY(take_conversion(ctx, p, stage, host, "x", "V_A3_per_fu", "V_sigma_A3_per_fu", &q->at[k],
                               &q->y[k]));
        name_products(q, q->at[k], ili_json_get(stage, "products"));
    }
    IL_TRY(take_conversion(ctx, p, one, host, "x_full", "V_full_A3_per_fu", "V_full_sigma_A3_per_fu",
                           &q->at[n - 1], &q->y[n - 1]));
    name_products(q, q->at[n - 1], ili_json_get(one, "products"));
    ili_handoff_close_last(p->out);
    return IL_OK;
}

static il_status collect_paths(il_context *ctx, const ili_result *r, ili_handoff *out) {
    paths p = {.r = r, .out = out};
    const char *rule, *unit;
    const double anneal = ili_json_number(ili_json_get(ili_json_get(r->root, "options"), "anneal"));
    IL_TRY(ili_result_list(ctx, r, r->root, "x", &p.x));
    IL_TRY(ili_result_list(ctx, r, r->root, "realisations", &p.list));
    IL_TRY(ili_result_text(ctx, r, r->root, "charge_balance", &rule));
    IL_TRY(ili_result_text(ctx, r, r->root, "formula_unit", &unit));
    ili_result_append(p.method, sizeof p.method, "insertion of Li with its electron (%.20s) into %.60s", rule,
                      unit);
    if (anneal > 0.0) ili_result_append(p.method, sizeof p.method, ", annealed at %g K", anneal);
    ili_result_append(p.method, sizeof p.method, ", relaxed at 0 K, %zu realisation%s", ili_json_size(p.list),
                      ili_json_size(p.list) == 1 ? "" : "s");
    if (r->model[0]) ili_result_append(p.method, sizeof p.method, "; %s", r->model);
    for (int k = 0; k < N_PATH_ROWS; k++) IL_TRY(add_path_row(ctx, &p, &PATH_ROWS[k]));
    IL_TRY(add_molar_volume(ctx, &p));
    return add_conversion(ctx, &p);
}

/* ---- voltages ------------------------------------------------------------------------------------------- */

typedef struct point {
    double voltage;
    ili_value x, volume, a, c;
    bool is_sound; /**< x is a mean, not where the walk stands */
} point;

typedef struct isotherm {
    const ili_result *r;
    ili_handoff *out;
    int n;
    point *point;   /**< [n] by falling voltage: lithium rises */
    double T, host; /**< K; lithium of the host per formula unit */
    char method[512];
} isotherm;

static int by_falling_voltage(const void *a, const void *b) {
    const double u = ((const point *)a)->voltage, v = ((const point *)b)->voltage;
    return (u < v) - (u > v);
}

/** The first visit to every voltage: the way back differs by the hysteresis. */
static il_status read_points(il_context *ctx, isotherm *s, const ili_json_view *list) {
    for (size_t k = 0; k < ili_json_size(list); k++) {
        const ili_json_view *one = ili_json_at(list, k);
        point *p = &s->point[s->n];
        bool is_new = true;
        IL_TRY(ili_result_number(ctx, s->r, one, "voltage_V", &p->voltage));
        IL_TRY(ili_result_estimate(ctx, s->r, one, "x", 1.0, &p->x));
        IL_TRY(ili_result_estimate(ctx, s->r, one, "V_A3_per_fu", 1.0, &p->volume));
        IL_TRY(ili_result_estimate(ctx, s->r, one, "a_A", 1.0, &p->a));
        IL_TRY(ili_result_estimate(ctx, s->r, one, "c_A", 1.0, &p->c));
        p->is_sound = isfinite(p->x.sigma);
        for (int j = 0; j < s->n; j++) is_new = is_new && s->point[j].voltage != p->voltage;
        s->n += is_new && isfinite(p->voltage) && isfinite(p->x.value);
    }
    qsort(s->point, (size_t)s->n, sizeof *s->point, by_falling_voltage);
    return IL_OK;
}

static il_status begin(il_context *ctx, const isotherm *s, ili_quantity_kind kind, int n, ili_quantity **q) {
    IL_TRY(ili_result_add(ctx, s->r, s->out, kind, "Li", ILI_ARG_COMPOSITION, n, q));
    ili_result_append((*q)->method, sizeof(*q)->method, "%s", s->method);
    return IL_OK;
}

/** x that is no mean makes what stands at it unsound. */
static void finish(const isotherm *s, ili_quantity *q) {
    char list[96] = "";
    for (int k = 0; k < q->n; k++)
        if (!q->is_sound[k]) ili_result_append(list, sizeof list, "%s%.3g", list[0] ? ", " : "", q->at[k]);
    if (list[0]) ili_quantity_warn(q, "at x = %s too little lithium came and went to tell x", list);
    ili_handoff_close_last(s->out);
}

/** value/value at the least lithium - 1. */
static il_status add_relative(il_context *ctx, const isotherm *s, ili_quantity_kind kind, size_t place) {
    ili_quantity *q;
    IL_TRY(begin(ctx, s, kind, s->n, &q));
    const ili_value first = *(const ili_value *)(const void *)((const char *)&s->point[0] + place);
    for (int k = 0; k < s->n; k++) {
        const point *p = &s->point[k];
        const ili_value v = *(const ili_value *)(const void *)((const char *)p + place);
        const double ratio = v.value / first.value,
                     sigma = ratio * hypot(v.sigma / v.value, first.sigma / first.value);
        q->at[k] = p->x.value;
        q->is_sound[k] = p->is_sound;
        q->y[k] = (ili_value){ratio - 1.0, k ? sigma : 0.0, NAN, NAN};
    }
    ili_quantity_warn(q, "relative to the cell at %g V, where x = %.3g, at %g K", s->point[0].voltage,
                      s->point[0].x.value, s->T);
    finish(s, q);
    return IL_OK;
}

/** The voltage is set and x is measured: its error times the slope between the neighbours. */
static il_status add_voltage(il_context *ctx, const isotherm *s) {
    ili_quantity *q;
    IL_TRY(begin(ctx, s, ILI_Q_open_circuit_voltage, s->n, &q));
    for (int k = 0; k < s->n; k++) {
        const point *p = &s->point[k], *low = &s->point[k > 0 ? k - 1 : 0],
                    *high = &s->point[k < s->n - 1 ? k + 1 : k];
        const double dx = high->x.value - low->x.value,
                     slope = dx != 0.0 ? (high->voltage - low->voltage) / dx : NAN;
        q->at[k] = p->x.value;
        q->is_sound[k] = p->is_sound;
        q->y[k] = (ili_value){p->voltage, fabs(slope) * p->x.sigma, NAN, NAN};
    }
    finish(s, q);
    return IL_OK;
}

/** Eq. (14.6) between two neighbouring voltages, its error by (14.7). */
static ili_value factor_between(const isotherm *s, const point *a, const point *b) {
    const double d = b->x.value - a->x.value, x = s->host + 0.5 * (a->x.value + b->x.value),
                 scale = (a->voltage - b->voltage) / (ILI_KB * s->T), value = scale * x / d,
                 from_a = scale * (0.5 / d + x / (d * d)) * a->x.sigma,
                 from_b = scale * (0.5 / d - x / (d * d)) * b->x.sigma, sigma = hypot(from_a, from_b),
                 width = fmax((a->x.high - a->x.low) / (2.0 * a->x.sigma),
                              (b->x.high - b->x.low) / (2.0 * b->x.sigma));
    return (ili_value){value, sigma, value - width * sigma, value + width * sigma};
}

static il_status add_factor(il_context *ctx, const isotherm *s) {
    ili_quantity *q;
    if (s->n < 2) return IL_OK;
    IL_TRY(begin(ctx, s, ILI_Q_thermodynamic_factor, s->n - 1, &q));
    for (int k = 0; k + 1 < s->n; k++) {
        const point *a = &s->point[k], *b = &s->point[k + 1];
        q->at[k] = 0.5 * (a->x.value + b->x.value);
        q->y[k] = factor_between(s, a, b);
        q->is_sound[k] = a->is_sound && b->is_sound && q->y[k].value > 0.0;
    }
    ili_quantity_warn(q, "mean over the interval between two voltages, at %g K", s->T);
    finish(s, q);
    return IL_OK;
}

/** Lithium in "Li1.5Ge1.5Al0.5P3O12". */
static double lithium_of(const char *formula) {
    for (const char *p = formula; (p = strstr(p, "Li")); p += 2) {
        if (p[2] >= 'a' && p[2] <= 'z') continue;
        char *end;
        const double n = strtod(p + 2, &end);
        return end > p + 2 && p[2] >= '0' && p[2] <= '9' ? n : 1.0;
    }
    return 0.0;
}

static il_status collect_voltages(il_context *ctx, const ili_result *r, const ili_json_view *list,
                                  ili_handoff *out) {
    isotherm s = {.r = r, .out = out, .point = ili_alloc(ili_json_size(list) + 1, sizeof *s.point)};
    const char *unit;
    il_status status = IL_OK;
    if (!s.point) return ili_no_memory(ctx, "the voltages");
    IL_GO(ili_result_number(ctx, r, r->root, "T_K", &s.T));
    IL_GO(ili_result_text(ctx, r, r->root, "formula_unit", &unit));
    IL_GO(read_points(ctx, &s, list));
    s.host = lithium_of(unit);
    ili_result_append(s.method, sizeof s.method,
                      "grand canonical Monte Carlo at %g K, first visit to each of %d voltages, "
                      "Li with its electron into %.60s",
                      s.T, s.n, unit);
    if (r->model[0]) ili_result_append(s.method, sizeof s.method, "; %s", r->model);
    if (s.n == 0) goto out;
    IL_GO(add_relative(ctx, &s, ILI_Q_swelling, offsetof(point, volume)));
    IL_GO(add_relative(ctx, &s, ILI_Q_strain_a, offsetof(point, a)));
    IL_GO(add_relative(ctx, &s, ILI_Q_strain_c, offsetof(point, c)));
    IL_GO(add_voltage(ctx, &s));
    IL_GO(add_factor(ctx, &s));
out:
    ili_free(s.point);
    return status;
}

il_status ili_handoff_lithiate(il_context *ctx, const ili_result *r, ili_handoff *out) {
    const ili_json_view *voltages;
    if (ili_json_type_of(r->root, "strains") != ILI_JSON_ABSENT) return IL_OK; /* contacts */
    if (ili_json_type_of(r->root, "voltages") == ILI_JSON_ABSENT) return collect_paths(ctx, r, out);
    IL_TRY(ili_result_list(ctx, r, r->root, "voltages", &voltages));
    return collect_voltages(ctx, r, voltages, out);
}
