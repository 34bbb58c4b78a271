/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_voltages.h"

#include "analysis/rate.h"
#include "base/alloc.h"
#include "base/file.h"
#include "task/figure.h"
#include "task/lithiate_study.h"
#include "task/sheet.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

/** Numbers of a point, where it holds them. */
static const struct {
    const char *key, *unit;
    size_t place;
} ROWS[] = {{"x", "1", offsetof(ili_lithiate_gc_point, x)},
            {"V_A3_per_fu", "A^3", offsetof(ili_lithiate_gc_point, volume)},
            {"a_A", "A", offsetof(ili_lithiate_gc_point, a)},
            {"c_A", "A", offsetof(ili_lithiate_gc_point, c)},
            {"strain_xx", "1", offsetof(ili_lithiate_gc_point, strain[0])},
            {"strain_yy", "1", offsetof(ili_lithiate_gc_point, strain[1])},
            {"strain_zz", "1", offsetof(ili_lithiate_gc_point, strain[2])},
            {"strain_yz", "1", offsetof(ili_lithiate_gc_point, strain[3])},
            {"strain_xz", "1", offsetof(ili_lithiate_gc_point, strain[4])},
            {"strain_xy", "1", offsetof(ili_lithiate_gc_point, strain[5])},
            {"energy_eV", "eV", offsetof(ili_lithiate_gc_point, energy)},
            {"hysteresis_x", "1", offsetof(ili_lithiate_gc_point, hysteresis_x)},
            {"hysteresis_V_A3_per_fu", "A^3", offsetof(ili_lithiate_gc_point, hysteresis_volume)}};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS, X_ROW = 0, V_ROW = 1 };

static ili_gc_mean number_of(const ili_lithiate_gc_point *p, size_t place) {
    return *(const ili_gc_mean *)(const void *)((const char *)p + place);
}

/** Mean over realisations; sigma: of their scatter or of the runs, whichever is larger, and so the interval. No sigma where a run was too
 *  short to tell its own: runs that stand still agree whatever the truth. */
static ili_estimate mean_at(const ili_voltage_study *s, int point, size_t place) {
    double value[ILI_LITHIATE_POINTS_MAX] = {0}, runs = 0.0;
    int n = 0;
    for (int k = 0; k < s->n_hosts; k++) {
        const ili_gc_mean m = number_of(&s->result[k].point[point], place);
        if (!isfinite(m.value)) continue;
        value[n++] = m.value;
        runs += m.sigma * m.sigma;
    }
    runs = sqrt(runs) / n;
    const ili_estimate scatter = ili_mean_of(n, value), own = ili_estimate_of(scatter.value, runs, INFINITY);
    if (n < 2 || isnan(runs)) return own;
    return (ili_estimate){scatter.value, fmax(scatter.sigma, runs), fmin(scatter.low, own.low),
                          fmax(scatter.high, own.high)};
}

static ili_estimate mean_of(const ili_voltage_study *s, int point, int row) {
    return mean_at(s, point, ROWS[row].place);
}

static void put_electrons(ili_json *json, const ili_voltage_study *s, int point) {
    ili_json *list = ili_json_list(json, "electrons");
    for (int rung = 0; rung < ILI_RUNGS_MAX; rung++) {
        const ili_estimate e = mean_at(
            s, point, offsetof(ili_lithiate_gc_point, electrons) + (size_t)rung * sizeof(ili_gc_mean));
        ili_put_estimate(list, NULL, &e, 1.0);
    }
}

/** Accepted share of each move, and the drift of the energy, of all realisations. */
static void put_moves(ili_json *json, const ili_voltage_study *s, int point) {
    ili_json *one = ili_json_child(json, "acceptance");
    double drift = 0.0;
    for (int m = 0; m < ILI_MC_MOVES; m++) {
        int64_t tried = 0, accepted = 0;
        for (int r = 0; r < s->n_hosts; r++) {
            tried += s->result[r].point[point].tally[m].tried;
            accepted += s->result[r].point[point].tally[m].accepted;
        }
        if (tried) ili_json_real(one, ili_mc_move_name(m), (double)accepted / (double)tried);
    }
    for (int r = 0; r < s->n_hosts; r++) drift = fmax(drift, s->result[r].point[point].drift);
    ili_json_real(json, "drift_eV", drift);
}

static void put_all(ili_json *json, const ili_voltage_study *s) {
    static const char *const definitions[][2] = {
        {"voltage_V", "against lithium metal of the model: mu(Li) = E_Li_metal - V; its level is that of the "
                      "on-site energies, which are calibrated"},
        {"x", "mean lithium put in per formula unit at this voltage and temperature; configurational entropy "
              "is in it, that of vibrations of the metal is not"},
        {"sigma",
         "the larger of the standard error over realisations and of the runs, correlations included; null "
         "where a run was too short to tell it"},
        {"strain",
         "of the cell against the realisation as given: (F F^T)^(1/2) - 1 with F = h0^-1 h, shear that "
         "of the tensor"},
        {"electrons", "share of the reducible ions on each rung, from the oxidised on"},
        {"acceptance", "accepted over tried, of all realisations"},
        {"drift_eV", "largest difference of the running energy and a full sum so far, of all realisations"},
        {"hysteresis", "this point less the last one before at the same voltage"}};
    ili_json *list = ili_json_list(json, "voltages"), *d;
    ili_json_real(json, "T_K", s->settings.temperature);
    ili_json_real(json, "E_Li_metal_eV", s->settings.li_metal);
    for (int k = 0; k < s->result[0].n; k++) {
        ili_json *one = ili_json_child(list, NULL);
        ili_json_real(one, "voltage_V", s->result[0].point[k].voltage);
        for (int row = 0; row < N_ROWS; row++) {
            const ili_estimate e = mean_of(s, k, row);
            ili_put_estimate(one, ROWS[row].key, &e, 1.0);
        }
        put_electrons(one, s, k);
        put_moves(one, s, k);
    }
    d = ili_json_child(json, "definitions");
    for (size_t k = 0; k < sizeof definitions / sizeof *definitions; k++)
        ili_json_string(d, definitions[k][0], definitions[k][1]);
}

static void print_all(il_report *report, const ili_voltage_study *s) {
    ili_report_print(report, "grand canonical at %g K, %d realisation%s\n%10s %20s %22s %20s %20s\n",
                     s->settings.temperature, s->n_hosts, s->n_hosts == 1 ? "" : "s", "V", "x",
                     "V (A^3 per f.u.)", "a (A)", "c (A)");
    for (int k = 0; k < s->result[0].n; k++) {
        ili_report_print(report, "%10.3f", s->result[0].point[k].voltage);
        for (int row = 0; row < 4; row++) {
            const ili_estimate e = mean_of(s, k, row);
            char text[48];
            snprintf(text, sizeof text, isfinite(e.sigma) ? "%.3f +- %.3f" : "%.3f", e.value, e.sigma);
            ili_report_print(report, row == 1 ? " %22s" : " %20s", text);
        }
        ili_report_print(report, "\n");
    }
}

static il_status write_table(il_context *ctx, const ili_voltage_study *s) {
    ili_sheet *t;
    il_status status;
    const int n = s->result[0].n;
    IL_GO(ili_sheet_create(ctx, n, &t));
    double *voltage = ili_sheet_column(t, "V", "voltage");
    for (int k = 0; k < n; k++) voltage[k] = s->result[0].point[k].voltage;
    for (int row = 0; row < N_ROWS; row++) {
        double *value = ili_sheet_column(t, ROWS[row].unit, "%s", ROWS[row].key),
               *sigma = ili_sheet_column(t, ROWS[row].unit, "sigma_%s", ROWS[row].key);
        for (int k = 0; k < n; k++) {
            const ili_estimate e = mean_of(s, k, row);
            value[k] = e.value;
            sigma[k] = e.sigma;
        }
    }
    IL_GO(
        ili_sheet_write(ctx, t, s->dir, "voltages",
                        "in the order visited, means over realisations; sigma_ columns are standard errors"));
out:
    ili_sheet_destroy(&t);
    return status;
}

/** Row `y` against row or voltage `x` (-1). */
static il_status plot(il_context *ctx, il_report *report, const ili_voltage_study *s, int x, int y,
                      ili_plot page, const char *stem, ili_json *files) {
    const int n = s->result[0].n;
    double at[ILI_GC_VOLTAGES_MAX];
    ili_estimate value[ILI_GC_VOLTAGES_MAX];
    ili_figure f;
    il_status status;
    IL_GO(ili_figure_make(ctx, 2, &f));
    for (int k = 0; k < n; k++) {
        at[k] = mean_of(s, k, x).value;
        value[k] = y < 0 ? (ili_estimate){s->result[0].point[k].voltage, NAN, NAN, NAN} : mean_of(s, k, y);
    }
    IL_GO(ili_figure_curve(ctx, &f, 0, NULL, n, at, value));
    IL_GO(ili_figure_write(ctx, report, &page, &f, s->dir, stem, files));
out:
    ili_figure_free(&f);
    return status;
}

static il_status write_files(il_context *ctx, il_report *report, const ili_voltage_study *s) {
    ili_json *files = ili_json_list(report->json, "files");
    IL_TRY(write_table(ctx, s));
    ili_json_push_string(files, "voltages.tsv");
    for (int r = 0; r < s->n_hosts; r++)
        for (int k = 0; k < s->result[r].n; k++) {
            char path[ILI_PATH_MAX], name[64];
            snprintf(name, sizeof name, "r%d-%02d-%.4gV.extxyz", r + 1, k + 1, s->result[r].point[k].voltage);
            IL_TRY(ili_path_join(ctx, path, s->dir, "%s", name));
            IL_TRY(il_system_write(ctx, s->result[r].point[k].sys, path));
            ili_json_push_string(files, name);
        }
    const ili_plot volume = {.title = "volume at equilibrium with a voltage",
                             .x = {"x, Li per formula unit", false},
                             .y = {"V / \xc3\x85\xc2\xb3 per formula unit", false}};
    const ili_plot voltage = {.title = "voltage against Li metal of the model (level calibrated)",
                              .x = {"x, Li per formula unit", false},
                              .y = {"voltage / V", false}};
    IL_TRY(plot(ctx, report, s, X_ROW, V_ROW, volume, "volume", files));
    return plot(ctx, report, s, X_ROW, -1, voltage, "voltage", files);
}

static il_status run_one(il_context *ctx, void *user, int k) {
    ili_voltage_study *s = user;
    ili_lithiate_gc_settings settings = s->settings;
    char dir[ILI_PATH_MAX], state[ILI_PATH_MAX];
    settings.seed = ctx->seed + (uint64_t)k;
    if (s->dir) {
        IL_TRY(ili_path_join(ctx, dir, s->dir, "r%d", k + 1));
        IL_TRY(ili_make_dir(ctx, dir));
        IL_TRY(ili_path_join(ctx, state, dir, "gcmc.state"));
        if (s->fresh) (void)unlink(state);
    }
    return ili_lithiate_gc_run(ctx, &settings, s->host[k], s->dir ? dir : NULL, &s->result[k]);
}

void ili_voltage_study_free(ili_voltage_study *s) {
    for (int k = 0; s->result && k < s->n_hosts; k++) ili_lithiate_gc_result_free(&s->result[k]);
    ili_free(s->result);
    s->result = NULL;
}

il_status ili_voltage_study_run(il_context *ctx, il_report *report, ili_voltage_study *s) {
    s->result = ili_alloc((size_t)s->n_hosts, sizeof *s->result);
    if (!s->result) return ili_no_memory(ctx, "the voltages");
    IL_TRY(ili_parts_run(ctx, s->parts, NULL, run_one, s));
    if (!ili_parts_is_whole(s->parts)) return IL_OK;
    put_all(report->json, s);
    print_all(report, s);
    return s->dir ? write_files(ctx, report, s) : IL_OK;
}
