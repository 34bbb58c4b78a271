/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv: every point and every law as a row of one table, RFC 4180 (commas, quoted text, CR LF). */
#include "task/exporter.h"

#include "base/file.h"
#include "base/text.h"
#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char NAME[] = "interlith.csv";
static const char HEADER[] =
    "quantity,row,material,species,argument,argument_value,value,sigma,low_95,high_95,unit,sound,"
    "extrapolated,method,source,definition,caveat\r\n";

/** What differs from row to row of a quantity. */
typedef struct row {
    const char *what;     /**< "point", "law_Ea"... */
    const char *argument; /**< its name, "" none */
    double at;            /**< NaN: none */
    ili_value y;
    const char *unit;
    bool is_sound, is_extrapolated;
} row;

static void put_text(FILE *f, const char *text) {
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"') fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static void put_number(FILE *f, double value) {
    char text[ILI_REAL_MAX];
    if (isfinite(value)) fputs(ili_print_real(text, value), f);
}

static void put_row(FILE *f, const ili_quantity *q, const row *r) {
    const ili_quantity_info *info = ili_quantity_info_of(q->kind);
    const char *const before[] = {info->name, r->what, q->material, q->species, r->argument};
    const double numbers[] = {r->at, r->y.value, r->y.sigma, r->y.low, r->y.high};
    const char *const after[] = {r->unit,
                                 r->is_sound ? "true" : "false",
                                 r->is_extrapolated ? "true" : "false",
                                 q->method,
                                 q->source,
                                 info->definition,
                                 q->caveat};
    for (size_t k = 0; k < sizeof before / sizeof *before; k++) {
        put_text(f, before[k]);
        fputc(',', f);
    }
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
        put_number(f, numbers[k]);
        fputc(',', f);
    }
    for (size_t k = 0; k < sizeof after / sizeof *after; k++) {
        if (k) fputc(',', f);
        put_text(f, after[k]);
    }
    fputs("\r\n", f);
}

static ili_value plain(double value, double variance) {
    return (ili_value){value, sqrt(variance), NAN, NAN};
}

static void put_arrhenius(FILE *f, const ili_quantity *q, const char *unit) {
    const ili_law *law = &q->law;
    const row rows[] = {
        {"law_ln_prefactor", "", NAN, plain(law->ln_prefactor, law->var_ln_prefactor), unit, true, false},
        {"law_Ea", "", NAN, plain(law->Ea_eV, law->var_Ea_eV2), "eV", true, false},
        {"law_covariance", "", NAN, plain(law->cov, NAN), "eV", true, false}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) put_row(f, q, &rows[k]);
}

static void put_vtf(FILE *f, const ili_quantity *q, const char *unit) {
    const ili_law *law = &q->law;
    const double(*c)[3] = law->covariance;
    const row rows[] = {{"law_ln_prefactor", "", NAN, plain(law->ln_prefactor, c[0][0]), unit, true, false},
                        {"law_B", "", NAN, plain(law->B_K, c[1][1]), "K", true, false},
                        {"law_T0", "", NAN, plain(law->T0_K, c[2][2]), "K", true, false},
                        {"law_covariance_ln_prefactor_B", "", NAN, plain(c[0][1], NAN), "K", true, false},
                        {"law_covariance_ln_prefactor_T0", "", NAN, plain(c[0][2], NAN), "K", true, false},
                        {"law_covariance_B_T0", "", NAN, plain(c[1][2], NAN), "K2", true, false}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) put_row(f, q, &rows[k]);
}

static void put_law(FILE *f, const ili_quantity *q, double temperature) {
    const ili_law *law = &q->law;
    char unit[64];
    snprintf(unit, sizeof unit, "ln(%s%s)", ili_quantity_info_of(q->kind)->unit, law->times_T ? ".K" : "");
    (law->is_vtf ? put_vtf : put_arrhenius)(f, q, unit);
    const bool is_outside = temperature < law->T_low || temperature > law->T_high;
    const row rows[] = {{"law_T_low", "", NAN, plain(law->T_low, NAN), "K", true, false},
                        {"law_T_high", "", NAN, plain(law->T_high, NAN), "K", true, false},
                        {"law_at_T", "temperature_K", temperature, ili_quantity_at(q, temperature),
                         ili_quantity_info_of(q->kind)->unit, true, is_outside}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) put_row(f, q, &rows[k]);
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    static const char *const arguments[] = {[ILI_ARG_NONE] = "",
                                            [ILI_ARG_TEMPERATURE] = "temperature_K",
                                            [ILI_ARG_COMPOSITION] = "x_per_formula_unit"};
    char path[ILI_PATH_MAX];
    ili_outfile file;
    IL_TRY(ili_path_join(ctx, path, request->dir, "%s", NAME));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fputs(HEADER, file.stream);
    for (int k = 0; k < request->handoff->n; k++) {
        const ili_quantity *q = &request->handoff->quantity[k];
        for (int i = 0; i < q->n; i++) {
            const row r = {"point",
                           arguments[q->argument],
                           q->at ? q->at[i] : NAN,
                           q->y[i],
                           ili_quantity_info_of(q->kind)->unit,
                           q->is_sound[i],
                           false};
            put_row(file.stream, q, &r);
        }
        if (q->law.is_given) put_law(file.stream, q, request->temperature);
    }
    IL_TRY(ili_outfile_commit(ctx, &file));
    ili_json_push_string(request->files, NAME);
    return IL_OK;
}

const ili_exporter ili_exporter_csv = {.name = "csv",
                                       .summary = "one table of every point and law",
                                       .reads = (const char *const[]){"to", "material", "temperature", NULL},
                                       .write = write};
