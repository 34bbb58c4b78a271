/* SPDX-License-Identifier: GPL-3.0-or-later */
/* comsol: files that COMSOL Multiphysics loads as they are. Constants go to a parameter file (lines of name, expression with its unit,
 * description: what Parameters > Load from File reads), functions of temperature or composition to interpolation files (Spreadsheet
 * format: % begins a comment, an argument and a value on each line), and README.txt tells how to load them. Names hold letters, digits
 * and underscores and begin with the quantity, so that none is short enough to be one of COMSOL's own. */
#include "task/exporter.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "math/units.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PARAMETERS[] = "interlith_parameters.txt", README[] = "README.txt";
enum { NAME_BYTES = 224, LEAST_POINTS = 2 };
static const double J_PER_MOL = 1e3 / ILI_KJ_MOL;

/** What becomes of a quantity. */
typedef struct entry {
    const ili_quantity *q;
    char name[NAME_BYTES]; /**< "ionic_conductivity_LAGP" */
    bool is_function;      /**< two sound points or more */
    ili_value constant;    /**< at the temperature asked for, or without argument; NaN: none */
} entry;

typedef struct export {
    const ili_export_request *request;
    int n;
    entry *entry; /**< [n] */
}
export;

/* ---- names and units -------------------------------------------------------------------------------------- */

/** Append `text` with runs of other characters than letters and digits as one underscore. */
static void append_name(char name[NAME_BYTES], const char *text) {
    size_t n = strlen(name);
    for (; *text && n + 2 < NAME_BYTES; text++) {
        const bool is_plain = (unsigned char)*text < 0x80 && isalnum((unsigned char)*text);
        if (is_plain)
            name[n++] = *text;
        else if (n && name[n - 1] != '_')
            name[n++] = '_';
    }
    while (n && name[n - 1] == '_') n--;
    name[n] = 0;
}

/** Quantity, species, material, and a number where another entry is called so (file names may not know capitals). */
static void choose_name(const export *x, int k) {
    const ili_quantity *q = x->entry[k].q;
    const char *const parts[] = {ili_quantity_info_of(q->kind)->name, q->species, q->material};
    char *name = x->entry[k].name;
    bool is_taken = true;
    for (int number = 1; is_taken; number++) {
        char text[32] = "";
        name[0] = 0;
        for (int p = 0; p < 3; p++) {
            if (!parts[p][0]) continue;
            if (name[0]) strcat(name, "_");
            append_name(name, parts[p]);
        }
        if (number > 1) snprintf(text, sizeof text, "_%d", number);
        strncat(name, text, NAME_BYTES - strlen(name) - 1);
        is_taken = false;
        for (int j = 0; j < k; j++) is_taken = is_taken || ili_same_text(x->entry[j].name, name);
    }
}

/** "S.m-1" as "S/m", "m2.s-1" as "m^2/s"; "" of a number. */
static void comsol_unit(const char *si, char unit[64]) {
    char over[32] = "", under[32] = "";
    for (const char *p = si; *p; p += *p == '.') {
        const size_t letters = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
        char *end = NULL, factor[24];
        long power = strtol(p + letters, &end, 10);
        if (end == p + letters) power = 1;
        if (letters == 0) { /* "1" */
            p = end;
            continue;
        }
        int n = snprintf(factor, sizeof factor, "%s%.*s",
                         power < 0 ? "/"
                         : over[0] ? "*"
                                   : "",
                         (int)letters, p);
        if (labs(power) > 1) snprintf(factor + n, sizeof factor - (size_t)n, "^%ld", labs(power));
        char *side = power < 0 ? under : over;
        strncat(side, factor, sizeof over - strlen(side) - 1);
        p = end > p + letters ? end : p + letters;
    }
    snprintf(unit, 64, "%s%s", over[0] || !under[0] ? over : "1", under);
}

/** Text without quotes, line ends and what is not ASCII. */
static void put_plain(FILE *f, const char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if ((c & 0xC0) == 0x80) continue; /* the rest of a UTF-8 character */
        fputc(c >= 0x80 ? '?' : c == '"' ? '\'' : c < ' ' ? ' ' : c, f);
    }
}

/* ---- parameters ------------------------------------------------------------------------------------------- */

/** One line: PREFIX_NAME value[unit] "what, of quantity of material: caveat". */
static void put_parameter(FILE *f, const char *prefix, const entry *e, double value, const char *unit,
                          const char *what) {
    char number[ILI_REAL_MAX];
    if (!isfinite(value)) return;
    fprintf(f, "%s%s %s%s%s%s \"", prefix, e->name, ili_print_real(number, value), unit[0] ? "[" : "", unit,
            unit[0] ? "]" : "");
    put_plain(f, what);
    fputs(ili_quantity_info_of(e->q->kind)->name, f);
    fputs(e->q->species[0] ? " of " : "", f);
    put_plain(f, e->q->species);
    fputs(" in ", f);
    put_plain(f, e->q->material);
    fputs("\"\n", f);
}

static void put_constant(FILE *f, const entry *e, const char *unit, double T) {
    const bool is_at = e->q->argument == ILI_ARG_TEMPERATURE;
    const bool is_outside = e->q->law.is_given && (T < e->q->law.T_low || T > e->q->law.T_high);
    const struct {
        const char *prefix, *what;
        double value;
    } rows[] = {{"", "", e->constant.value},
                {"sd_", "one standard deviation of ", e->constant.sigma},
                {"lo_", "lower end of the 95 % interval of ", e->constant.low},
                {"hi_", "upper end of the 95 % interval of ", e->constant.high}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        char prefix[16], what[128] = "";
        snprintf(prefix, sizeof prefix, "%s%s", rows[k].prefix, is_at ? "ref_" : "");
        if (is_at) snprintf(what, sizeof what, "at %g K%s: ", T, is_outside ? ", EXTRAPOLATED" : "");
        strcat(what, rows[k].what);
        put_parameter(f, prefix, e, rows[k].value, unit, what);
    }
}

static const char *exponent_of(const ili_law *law) {
    return law->is_vtf ? "-B/(T-T0)" : "-Ea/(R_const*T)";
}

/** y = A exp(-Ea/(R_const T)) or A exp(-B/(T - T0)), or over T too; with what an error at any temperature needs. */
static void put_law(FILE *f, const entry *e, const char *unit) {
    const ili_law *law = &e->q->law;
    const bool is_vtf = law->is_vtf;
    const double(*c)[3] = law->covariance, B = is_vtf ? 1.0 : NAN, E = is_vtf ? NAN : J_PER_MOL;
    char times_T[80], prefactor[64];
    snprintf(times_T, sizeof times_T, "%s*K", unit);
    snprintf(prefactor, sizeof prefactor, "prefactor of A*exp(%s)%s, ", exponent_of(law),
             law->times_T ? "/T" : "");
    const struct {
        const char *prefix, *unit, *what;
        double value;
    } rows[] = {
        {"A_", law->times_T ? times_T : unit, prefactor, exp(law->ln_prefactor)},
        {"Ea_", "J/mol", "activation energy of ", E * law->Ea_eV},
        {"B_", "K", "B of ", B * law->B_K},
        {"T0_", "K", "T0 of ", B * law->T0_K},
        {"sd_lnA_", "", "standard deviation of ln(A) of ", sqrt(is_vtf ? c[0][0] : law->var_ln_prefactor)},
        {"sd_Ea_", "J/mol", "standard deviation of Ea of ", E * sqrt(law->var_Ea_eV2)},
        {"sd_B_", "K", "standard deviation of B of ", B * sqrt(c[1][1])},
        {"sd_T0_", "K", "standard deviation of T0 of ", B * sqrt(c[2][2])},
        {"cov_lnA_Ea_", "J/mol", "covariance of ln(A) and Ea of ", E * law->cov},
        {"cov_lnA_B_", "K", "covariance of ln(A) and B of ", B * c[0][1]},
        {"cov_lnA_T0_", "K", "covariance of ln(A) and T0 of ", B * c[0][2]},
        {"cov_B_T0_", "K^2", "covariance of B and T0 of ", B * c[1][2]},
        {"Tlow_", "K", "lowest temperature behind the law of ", law->T_low},
        {"Thigh_", "K", "highest temperature behind the law of ", law->T_high}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
        put_parameter(f, rows[k].prefix, e, rows[k].value, rows[k].unit, rows[k].what);
}

static il_status write_parameters(il_context *ctx, const export *x) {
    char path[ILI_PATH_MAX], unit[64], number[ILI_REAL_MAX];
    ili_outfile file;
    IL_TRY(ili_path_join(ctx, path, x->request->dir, "%s", PARAMETERS));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fprintf(file.stream, "T_interlith %s[K] \"temperature of the constants that begin with ref_\"\n",
            ili_print_real(number, x->request->temperature));
    for (int k = 0; k < x->n; k++) {
        const entry *e = &x->entry[k];
        comsol_unit(ili_quantity_info_of(e->q->kind)->unit, unit);
        if (isfinite(e->constant.value)) put_constant(file.stream, e, unit, x->request->temperature);
        if (e->q->law.is_given) put_law(file.stream, e, unit);
    }
    IL_TRY(ili_outfile_commit(ctx, &file));
    ili_json_push_string(x->request->files, PARAMETERS);
    return IL_OK;
}

/* ---- functions -------------------------------------------------------------------------------------------- */

/** What is tabulated of the points. */
static const struct column {
    const char *prefix, *what;
    size_t place; /**< in ili_value */
} COLUMNS[] = {{"", "value", offsetof(ili_value, value)},
               {"sd_", "one standard deviation", offsetof(ili_value, sigma)},
               {"lo_", "lower end of the 95 % interval", offsetof(ili_value, low)},
               {"hi_", "upper end of the 95 % interval", offsetof(ili_value, high)}};
enum { N_COLUMNS = sizeof COLUMNS / sizeof *COLUMNS };

static double number_at(const ili_quantity *q, int k, const struct column *c) {
    return *(const double *)(const void *)((const char *)&q->y[k] + c->place);
}

/** Sound, and no other point stands at the same argument before it. */
static bool is_used(const ili_quantity *q, int k) {
    bool is_new = q->is_sound[k];
    for (int j = 0; j < k; j++) is_new = is_new && !(q->is_sound[j] && q->at[j] == q->at[k]);
    return is_new;
}

static int count_used(const ili_quantity *q) {
    int n = 0;
    for (int k = 0; k < q->n && q->at; k++) n += is_used(q, k);
    return n;
}

/** A file holds all points or is not written. */
static bool has_column(const ili_quantity *q, const struct column *c) {
    for (int k = 0; k < q->n; k++)
        if (is_used(q, k) && !isfinite(number_at(q, k, c))) return false;
    return true;
}

static const char *argument_of(const ili_quantity *q) {
    return q->argument == ILI_ARG_TEMPERATURE ? "temperature, unit K"
                                              : "lithium put in per formula unit, unit 1";
}

static void put_comment(FILE *f, const char *title, const char *text) {
    if (!text[0]) return;
    fprintf(f, "%% %s", title);
    put_plain(f, text);
    fputc('\n', f);
}

static il_status write_column(il_context *ctx, const export *x, const entry *e, const struct column *c) {
    const ili_quantity_info *info = ili_quantity_info_of(e->q->kind);
    char path[ILI_PATH_MAX], name[NAME_BYTES + 16], unit[64], number[2][ILI_REAL_MAX];
    ili_outfile file;
    snprintf(name, sizeof name, "%s%s.txt", c->prefix, e->name);
    comsol_unit(info->unit, unit);
    IL_TRY(ili_path_join(ctx, path, x->request->dir, "%s", name));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    fprintf(file.stream, "%% interlith %s, %s of %s, unit %s\n", il_version(), c->what, info->name,
            unit[0] ? unit : "1");
    put_comment(file.stream, "material: ", e->q->material);
    put_comment(file.stream, "species: ", e->q->species);
    put_comment(file.stream, "argument: ", argument_of(e->q));
    put_comment(file.stream, "definition: ", info->definition);
    put_comment(file.stream, "method: ", e->q->method);
    put_comment(file.stream, "source: ", e->q->source);
    put_comment(file.stream, "caveat: ", e->q->caveat);
    for (int k = 0; k < e->q->n; k++)
        if (is_used(e->q, k))
            fprintf(file.stream, "%s %s\n", ili_print_real(number[0], e->q->at[k]),
                    ili_print_real(number[1], number_at(e->q, k, c)));
    IL_TRY(ili_outfile_commit(ctx, &file));
    ili_json_push_string(x->request->files, name);
    return IL_OK;
}

/* ---- what the folder holds -------------------------------------------------------------------------------- */

static void tell_function(FILE *f, const entry *e) {
    const ili_quantity *q = e->q;
    double low = INFINITY, high = -INFINITY;
    int n_left_out = 0;
    for (int k = 0; k < q->n; k++) {
        if (!is_used(q, k)) {
            n_left_out++;
            continue;
        }
        low = fmin(low, q->at[k]);
        high = fmax(high, q->at[k]);
    }
    fprintf(f, "  function, argument %s, from %g to %g:\n   ", argument_of(q), low, high);
    for (int c = 0; c < N_COLUMNS; c++)
        if (has_column(q, &COLUMNS[c])) fprintf(f, " %s%s.txt", COLUMNS[c].prefix, e->name);
    fputc('\n', f);
    if (n_left_out)
        fprintf(f, "  left out of it: %d point%s not sound\n", n_left_out, n_left_out == 1 ? "" : "s");
}

static void tell_entry(FILE *f, const entry *e, double T) {
    const ili_quantity_info *info = ili_quantity_info_of(e->q->kind);
    const ili_law *law = &e->q->law;
    char unit[64];
    comsol_unit(info->unit, unit);
    fprintf(f, "\n%s, unit %s\n  %s\n", e->name, unit[0] ? unit : "1", info->definition);
    if (e->is_function) tell_function(f, e);
    if (!e->is_function && e->q->at)
        fprintf(f, "  no function: %d sound point%s, %d are needed\n", count_used(e->q),
                count_used(e->q) == 1 ? "" : "s", LEAST_POINTS);
    if (isfinite(e->constant.value)) {
        fprintf(f, "  constant %s%s = %.4g", e->q->at ? "ref_" : "", e->name, e->constant.value);
        if (isfinite(e->constant.sigma)) fprintf(f, " +- %.2g", e->constant.sigma);
        if (e->q->at) fprintf(f, " at %g K", T);
        fputc('\n', f);
    }
    if (law->is_given)
        fprintf(f, "  law y = A*exp(%s)%s with the parameters A_%s and so on, from %g to %g K\n",
                exponent_of(law), law->times_T ? "/T" : "", e->name, law->T_low, law->T_high);
    fprintf(f, "  material: %s\n  method: %s\n  source: %s\n", e->q->material, e->q->method, e->q->source);
    if (e->q->caveat[0]) fprintf(f, "  caveat: %s\n", e->q->caveat);
}

static const char HOW_TO[] =
    "Constants: Global Definitions > Parameters > Load from File, interlith_parameters.txt. Each line is a "
    "name, a\n"
    "value with its unit and a description. sd_ is one standard deviation, lo_ and hi_ are the ends of the "
    "95 %\n"
    "interval, ref_ stands before what is taken at T_interlith.\n"
    "\n"
    "Functions: Global Definitions > Functions > Interpolation, data source File, data format Spreadsheet, "
    "number\n"
    "of arguments 1; function name: that of the file without .txt. Enter the units of argument and function "
    "that\n"
    "stand below. Set extrapolation to None: beyond its range nothing was computed.\n"
    "\n"
    "Laws: y = A*exp(-Ea/(R_const*T)), over T where said below. The variance of ln(y) at T is, with b = "
    "1/(R_const*T),\n"
    "sd_lnA^2 + b^2*sd_Ea^2 - 2*b*cov_lnA_Ea. Curved ones are y = A*exp(-B/(T-T0)); then, with x = "
    "1/(T-T0), it is\n"
    "sd_lnA^2 + x^2*sd_B^2 + B^2*x^4*sd_T0^2 - 2*x*cov_lnA_B - 2*B*x^2*cov_lnA_T0 + 2*B*x^3*cov_B_T0. "
    "Outside Tlow to\n"
    "Thigh a law is extrapolated.\n";

static il_status write_readme(il_context *ctx, const export *x) {
    const ili_handoff *h = x->request->handoff;
    char path[ILI_PATH_MAX];
    ili_outfile file;
    IL_TRY(ili_path_join(ctx, path, x->request->dir, "%s", README));
    IL_TRY(ili_outfile_open(ctx, path, &file));
    FILE *f = file.stream;
    fprintf(f, "%s\n\n%s",
            x->request->title ? x->request->title : "Parameters of battery interfaces for COMSOL", HOW_TO);
    for (int k = 0; k < x->n; k++) tell_entry(f, &x->entry[k], x->request->temperature);
    fprintf(f, "\nNot in these runs, and which would give it\n");
    for (int kind = 0; kind < ILI_N_QUANTITIES; kind++)
        if (!ili_handoff_find(h, (ili_quantity_kind)kind, NULL, NULL))
            fprintf(f, "  %s: %s\n", ili_quantity_info_of((ili_quantity_kind)kind)->name,
                    ili_quantity_info_of((ili_quantity_kind)kind)->origin);
    fprintf(f, "\nMade by interlith %s%s%s\n", il_version(), ctx->command ? ": " : "",
            ctx->command ? ctx->command : "");
    for (int k = 0; k < h->n_files; k++) fprintf(f, "  %s, fnv1a64 %s\n", h->file[k], h->hash[k]);
    IL_TRY(ili_outfile_commit(ctx, &file));
    ili_json_push_string(x->request->files, README);
    return IL_OK;
}

/* ---- all -------------------------------------------------------------------------------------------------- */

/** A number that the run itself says not to use becomes no constant. */
static ili_value constant_of(const ili_quantity *q, double T) {
    const ili_value none = {NAN, NAN, NAN, NAN};
    if (q->argument == ILI_ARG_COMPOSITION || (q->argument == ILI_ARG_NONE && !q->is_sound[0])) return none;
    return ili_quantity_at(q, T);
}

static il_status write_files(il_context *ctx, const export *x) {
    IL_TRY(write_parameters(ctx, x));
    for (int k = 0; k < x->n; k++)
        for (int c = 0; c < N_COLUMNS; c++)
            if (x->entry[k].is_function && has_column(x->entry[k].q, &COLUMNS[c]))
                IL_TRY(write_column(ctx, x, &x->entry[k], &COLUMNS[c]));
    return write_readme(ctx, x);
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    const ili_handoff *h = request->handoff;
    export x = {request, h->n, ili_alloc((size_t)h->n, sizeof *x.entry)};
    bool is_any = false;
    il_status status = IL_OK;
    if (!x.entry) return ili_no_memory(ctx, "the export");
    for (int k = 0; k < x.n; k++) {
        entry *e = &x.entry[k];
        e->q = &h->quantity[k];
        e->constant = constant_of(e->q, request->temperature);
        e->is_function = count_used(e->q) >= LEAST_POINTS;
        is_any = is_any || e->is_function || isfinite(e->constant.value);
        choose_name(&x, k);
    }
    status =
        is_any
            ? write_files(ctx, &x)
            : ili_fail(
                  ctx, IL_E_INPUT,
                  "%s: none of its %d quantities has a sound number at %g K, a law, or two sound "
                  "points for a function; run longer, at more temperatures, or give the --temperature of a "
                  "sound point",
                  h->file[0], h->n, request->temperature);
    ili_free(x.entry);
    return status;
}

const ili_exporter ili_exporter_comsol = {
    .name = "comsol",
    .summary = "parameter and interpolation files for COMSOL Multiphysics",
    .reads = (const char *const[]){"to", "material", "temperature", "title", NULL},
    .write = write};
