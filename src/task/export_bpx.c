/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith export --to bpx`: a partial parameter set of BPX 1.1 (https://bpxstandard.com). Its standard section Electrolyte is filled
 *  when conductivity, transference number and diffusivity of a salt are known; everything goes to User-defined, which holds numbers,
 *  tables {"x", "y"} and expressions in x only: what they mean stands in a second file. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "math/units.h"
#include "task/electrolyte.h"
#include "task/exporter.h"

#include <math.h>
#include <string.h>

enum { KEY_MAX = ILI_TITLE_MAX + 96, LAW_MAX = 160 };

typedef struct bpx_writer {
    const ili_export_request *request;
    ili_json *user; /**< User-defined */
    FILE *words;    /**< what each key means */
} bpx_writer;

/* ---- numbers -------------------------------------------------------------------------------------------- */

/** A number under "TITLE WHAT [UNIT]", when it is one. */
static bool put_number(bpx_writer *w, const char *title, const char *what, const char *unit, double value) {
    char key[KEY_MAX];
    if (!isfinite(value)) return false;
    snprintf(key, sizeof key, "%s%s%s", title, what, unit);
    ili_json_real(w->user, key, value);
    return true;
}

/** What a value has, and the keys that it is under. */
enum { N_PARTS = 4 };
static const char *const PARTS[N_PARTS] = {"", ", sigma", ", 95% low", ", 95% high"};

static double part_of(const ili_value *v, int part) {
    return (const double[N_PARTS]){v->value, v->sigma, v->low, v->high}[part];
}

/** "- `TITLE [UNIT]`, sigma, 95% low" */
static void name_key(bpx_writer *w, const char *title, const char *unit, const bool has[N_PARTS]) {
    fprintf(w->words, "- `%s%s`", title, unit);
    for (int part = 1; part < N_PARTS; part++)
        if (has[part]) fputs(PARTS[part], w->words);
    fputc('\n', w->words);
}

static void put_value(bpx_writer *w, const char *title, const char *unit, ili_value v) {
    bool has[N_PARTS];
    if (!isfinite(v.value)) return;
    for (int part = 0; part < N_PARTS; part++)
        has[part] = put_number(w, title, PARTS[part], unit, part_of(&v, part));
    name_key(w, title, unit, has);
}

/** Sound points, as a table of each part that is known. */
static void put_points(bpx_writer *w, const ili_quantity *q, const char *title, const char *unit) {
    bool has[N_PARTS] = {false};
    char points[KEY_MAX], key[2 * KEY_MAX];
    snprintf(points, sizeof points, "%s of %c, points", title,
             q->argument == ILI_ARG_TEMPERATURE ? 'T' : 'x');
    for (int part = 0; part < N_PARTS; part++) {
        ili_json *x = NULL, *y = NULL;
        for (int k = 0; k < q->n; k++) {
            if (!ili_quantity_is_sound(q, k) || !isfinite(part_of(&q->y[k], part))) continue;
            if (!has[part]) {
                snprintf(key, sizeof key, "%s%s%s", points, PARTS[part], unit);
                ili_json *table = ili_json_child(w->user, key);
                x = ili_json_list(table, "x");
                y = ili_json_list(table, "y");
                has[part] = true;
            }
            ili_json_push_real(x, q->at[k]);
            ili_json_push_real(y, part_of(&q->y[k], part));
        }
    }
    if (has[0]) name_key(w, points, unit, has);
}

/** ln of the prefactor, and what the exponent has, with their covariances. Returns how words tell them. */
static const char *put_arrhenius(bpx_writer *w, const ili_law *law, const char *title, char text[LAW_MAX]) {
    char a[ILI_REAL_MAX], E[ILI_REAL_MAX], kB[ILI_REAL_MAX];
    snprintf(text, LAW_MAX, "exp(%s %c %s/(%s*x))%s", ili_print_real(a, law->ln_prefactor),
             law->Ea_eV < 0.0 ? '+' : '-', ili_print_real(E, fabs(law->Ea_eV)), ili_print_real(kB, ILI_KB),
             law->times_T ? "/x" : "");
    put_number(w, title, " law, ln of the prefactor", "", law->ln_prefactor);
    put_number(w, title, " law, ln of the prefactor, variance", "", law->var_ln_prefactor);
    put_number(w, title, " law, activation energy", " [eV]", law->Ea_eV);
    put_number(w, title, " law, activation energy, variance", " [eV2]", law->var_Ea_eV2);
    put_number(w, title, " law, covariance of both", " [eV]", law->cov);
    return "`activation energy [eV]`, their variances and covariance";
}

static const char *put_vtf(bpx_writer *w, const ili_law *law, const char *title, char text[LAW_MAX]) {
    const double(*c)[3] = law->covariance;
    char a[ILI_REAL_MAX], B[ILI_REAL_MAX], T0[ILI_REAL_MAX];
    snprintf(text, LAW_MAX, "exp(%s %c %s/(x - %s))%s", ili_print_real(a, law->ln_prefactor),
             law->B_K < 0.0 ? '+' : '-', ili_print_real(B, fabs(law->B_K)), ili_print_real(T0, law->T0_K),
             law->times_T ? "/x" : "");
    put_number(w, title, " law, ln of the prefactor", "", law->ln_prefactor);
    put_number(w, title, " law, ln of the prefactor, variance", "", c[0][0]);
    put_number(w, title, " law, B", " [K]", law->B_K);
    put_number(w, title, " law, B, variance", " [K2]", c[1][1]);
    put_number(w, title, " law, T0", " [K]", law->T0_K);
    put_number(w, title, " law, T0, variance", " [K2]", c[2][2]);
    put_number(w, title, " law, covariance of ln of the prefactor and B", " [K]", c[0][1]);
    put_number(w, title, " law, covariance of ln of the prefactor and T0", " [K]", c[0][2]);
    put_number(w, title, " law, covariance of B and T0", " [K2]", c[1][2]);
    return "`B [K]`, `T0 [K]`, their variances and covariances";
}

/** An expression in x = T (K), and its parameters with their covariances. */
static void put_law(bpx_writer *w, const ili_quantity *q, const char *title, const char *unit) {
    const ili_law *law = &q->law;
    char key[KEY_MAX], text[LAW_MAX];
    const char *parameters = (law->is_vtf ? put_vtf : put_arrhenius)(w, law, title, text);
    snprintf(key, sizeof key, "%s of T, law%s", title, unit);
    ili_json_string(w->user, key, text);
    put_number(w, title, " law, lowest temperature", " [K]", law->T_low);
    put_number(w, title, " law, highest temperature", " [K]", law->T_high);
    fprintf(w->words,
            "- `%s`: `%s`, x = T in K\n"
            "- its parameters: `%s law, ln of the prefactor`, %s, lowest and highest temperature\n",
            key, text, title, parameters);
}

static void put_quantity(bpx_writer *w, const ili_quantity *q) {
    const double T = w->request->temperature;
    char title[ILI_TITLE_MAX], unit[ILI_UNIT_MAX], range[ILI_RANGE_MAX], at_T[KEY_MAX];
    ili_quantity_title(q, title);
    ili_quantity_unit(q, unit);
    fprintf(w->words, "\n## %s%s\n\n%s.\n\n", title, unit, ili_quantity_info_of(q->kind)->definition);
    fprintf(w->words, "Method: %s.\n\nRange: %s.\n\nSource: `%s`.\n\n", q->method,
            ili_quantity_range(q, T, range), q->source);
    if (q->caveat[0]) fprintf(w->words, "Caveat: %s.\n\n", q->caveat);
    if (q->argument == ILI_ARG_NONE) {
        if (ili_quantity_sound(q)) put_value(w, title, unit, q->y[0]);
    } else {
        snprintf(at_T, sizeof at_T, "%s at %g K", title, T);
        if (q->argument == ILI_ARG_TEMPERATURE) put_value(w, at_T, unit, ili_quantity_at(q, T));
        put_points(w, q, title, unit);
        if (q->law.is_given) put_law(w, q, title, unit);
    }
    for (int k = 0; k < q->n; k++)
        if (!ili_quantity_is_sound(q, k) && q->at)
            fprintf(w->words, "- left out, by the run's own verdict: %g at %g%s\n", q->y[k].value, q->at[k],
                    q->argument == ILI_ARG_TEMPERATURE ? " K" : "");
    if (ili_quantity_sound(q) == 0 && !q->at)
        fprintf(w->words, "- left out, by the run's own verdict: %g\n", q->y[0].value);
}

/* ---- the standard section ------------------------------------------------------------------------------- */

static bool is_complete(const ili_electrolyte *e) {
    return isfinite(e->sigma.value) && isfinite(e->t_plus.value) && isfinite(e->D_salt.value);
}

static void put_electrolyte(bpx_writer *w, ili_json *root, ili_json *sets, const ili_electrolyte *e) {
    const ili_quantity *c = e->concentration;
    ili_json *section = ili_json_child(sets, "Electrolyte");
    char words[ILI_WORDS_MAX];
    ili_json_real(section, "Cation transference number", e->t_plus.value);
    ili_json_real(section, "Diffusivity [m2.s-1]", e->D_salt.value);
    if (isfinite(e->E_salt)) ili_json_real(section, "Diffusivity activation energy [J.mol-1]", e->E_salt);
    ili_json_real(section, "Conductivity [S.m-1]", e->sigma.value);
    if (isfinite(e->E_sigma)) ili_json_real(section, "Conductivity activation energy [J.mol-1]", e->E_sigma);
    fprintf(w->words,
            "\nThe section Electrolyte is %s, at %g K. Activation energies are -R d ln y/d(1/T) there.\n\n",
            e->material, w->request->temperature);
    fprintf(w->words, "- `Cation transference number`: %s.\n", ili_electrolyte_words_of_t(e, words));
    fprintf(w->words, "- `Diffusivity [m2.s-1]`: %s.\n", ili_electrolyte_words_of_D(e, words));
    fprintf(w->words, "- `Conductivity [S.m-1]`: %s, at the concentration of the run.\n",
            ili_quantity_info_of(ILI_Q_ionic_conductivity)->definition);
    if (!c) return;
    ili_json *start = ili_json_child(ili_json_child(root, "State"), "Initial conditions");
    ili_json_real(start, "Initial electrolyte concentration [mol.m-3]", c->y[e->concentration_point].value);
    fprintf(w->words, "- State, `Initial electrolyte concentration [mol.m-3]`: that of the run at %g K.\n",
            c->at ? c->at[e->concentration_point] : w->request->temperature);
}

/** The first material that has everything fills the section; of the others the words say what is missing. Returns which, -1: none. */
static int put_section(bpx_writer *w, ili_json *root, ili_json *sets) {
    const ili_export_request *request = w->request;
    int filled = -1;
    ili_electrolyte e;
    for (int k = 0; ili_electrolyte_at(request->handoff, k, request->temperature, &e); k++) {
        if (is_complete(&e) && filled < 0) {
            put_electrolyte(w, root, sets, &e);
            filled = k;
            continue;
        }
        fprintf(w->words, "\nThe section Electrolyte is not %s: %s.\n", e.material,
                e.missing[0] ? e.missing : "another material fills it");
    }
    if (filled < 0) fprintf(w->words, "\nThere is no section Electrolyte.\n");
    return filled;
}

/** The derived diffusivity under its own name, of every material. */
static void put_derived(bpx_writer *w) {
    const double T = w->request->temperature;
    ili_electrolyte e;
    for (int k = 0; ili_electrolyte_at(w->request->handoff, k, T, &e); k++) {
        char title[KEY_MAX], words[ILI_WORDS_MAX];
        if (isnan(e.D_salt.value)) continue;
        snprintf(title, sizeof title, "%s: salt diffusivity, ideal and dilute, at %g K", e.material, T);
        fprintf(w->words, "\n## %s [m2.s-1]\n\n%s.\n\n", title, ili_electrolyte_words_of_D(&e, words));
        put_value(w, title, " [m2.s-1]", e.D_salt);
    }
}

/* ---- files ---------------------------------------------------------------------------------------------- */

/** "lagp/diffuse.json (hash), ..." */
static il_status put_header(il_context *ctx, const ili_export_request *request, ili_json *root) {
    const ili_handoff *h = request->handoff;
    const size_t size = (size_t)h->n_files * (sizeof *h->file + sizeof *h->hash + 8) + 1;
    char *text = ili_alloc(size, 1);
    size_t used = 0;
    if (!text) return ili_no_memory(ctx, "the references");
    for (int k = 0; k < h->n_files; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s (fnv1a64 %s)", k ? ", " : "", h->file[k],
                                 h->hash[k]);
    ili_json *header = ili_json_child(root, "Header");
    ili_json_string(header, "BPX", "1.1.0");
    ili_json_string(header, "Title",
                    request->title ? request->title : "Materials computed with empirical potentials");
    ili_json_string(header, "Description",
                    "Computed by interlith with empirical potentials, not measured. SI units; sigma is one "
                    "standard deviation; tables and "
                    "expressions of T have x in K, those of x have it in lithium put in per formula unit. "
                    "Definitions, methods, ranges "
                    "and caveats of every key: interlith.bpx.md.");
    ili_json_string(header, "References", text);
    ili_json_string(header, "Model", "Partial");
    ili_free(text);
    return IL_OK;
}

static void write_words_head(const bpx_writer *w) {
    fprintf(w->words,
            "# Keys of interlith.bpx.json\n\n"
            "Written by interlith %s. The file is a partial parameter set of BPX 1.1. SI units; `sigma` is "
            "one standard deviation, "
            "`95%% low` and `95%% high` bound the 95 %% interval. Tables and expressions `of T` have x = T "
            "in K, those `of x` have x = "
            "lithium put in per formula unit. Nothing is given where nothing is known.\n",
            il_version());
}

static il_status write_json(il_context *ctx, const char *dir, const ili_json *root) {
    char path[ILI_PATH_MAX], *text = ili_json_text(root);
    il_status status;
    if (!text) return ili_no_memory(ctx, "the parameter set");
    IL_GO(ili_path_join(ctx, path, dir, "interlith.bpx.json"));
    IL_GO(ili_write_file(ctx, path, text));
out:
    ili_free(text);
    return status;
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    char path[ILI_PATH_MAX];
    ili_outfile words = {0};
    ili_json *root = ili_json_object();
    il_status status;
    IL_GO(ili_handoff_needs_sound(ctx, request->handoff));
    IL_GO(ili_path_join(ctx, path, request->dir, "interlith.bpx.md"));
    IL_GO(ili_outfile_open(ctx, path, &words));
    bpx_writer w = {.request = request, .words = words.stream};
    write_words_head(&w);
    IL_GO(put_header(ctx, request, root));
    ili_json *sets = ili_json_child(root, "Parameterisation");
    const int filled = put_section(&w, root, sets);
    w.user = ili_json_child(sets, "User-defined");
    for (int k = 0; k < request->handoff->n; k++) put_quantity(&w, &request->handoff->quantity[k]);
    put_derived(&w);
    IL_GO(write_json(ctx, request->dir, root));
    IL_GO(ili_outfile_commit(ctx, &words));
    ili_json_push_string(request->files, "interlith.bpx.json");
    ili_json_push_string(request->files, "interlith.bpx.md");
    ili_electrolyte_report(request->report, request->handoff, filled, request->temperature);
out:
    ili_outfile_discard(&words);
    ili_json_destroy(&root);
    return status;
}

const ili_exporter ili_exporter_bpx = {
    .name = "bpx",
    .summary = "partial parameter set of BPX 1.1 and what its keys mean",
    .reads = (const char *const[]){"to", "material", "temperature", "title", NULL},
    .write = write};
