/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/handoff.h"

#include "analysis/arrhenius.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "math/units.h"
#include "task/handoff_result.h"
#include "task/parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const ili_quantity_info INFO[ILI_N_QUANTITIES] = {
#define ILI_QUANTITY(id, unit, definition, origin) [ILI_Q_##id] = {#id, unit, definition, origin},
#include "task/handoff_kinds.def"
#undef ILI_QUANTITY
};

/** Verbs whose results hold quantities; DIR/VERB.json is looked for in a folder. */
static const struct {
    const char *verb;
    il_status (*collect)(il_context *ctx, const ili_result *r, ili_handoff *out);
} COLLECTORS[] = {{"diffuse", ili_handoff_diffuse},
                  {"lithiate", ili_handoff_lithiate},
                  {"interface", ili_handoff_interface}};
enum { N_COLLECTORS = sizeof COLLECTORS / sizeof *COLLECTORS };

const ili_quantity_info *ili_quantity_info_of(ili_quantity_kind kind) {
    return &INFO[kind];
}

void ili_handoff_free(ili_handoff *handoff) {
    for (int k = 0; k < handoff->n; k++) {
        ili_free(handoff->quantity[k].at);
        ili_free(handoff->quantity[k].y);
        ili_free(handoff->quantity[k].is_sound);
    }
    ili_free(handoff->quantity);
    ili_free(handoff->file);
    ili_free(handoff->hash);
    *handoff = (ili_handoff){0};
}

/* ---- what a file says of itself ------------------------------------------------------------------------- */

/** Last part of a path without its ending. */
static void stem_of(const char *path, char *stem, size_t size) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    stem[0] = 0;
    ili_result_append(stem, size, "%.*s", dot && dot > name ? (int)(dot - name) : (int)strlen(name), name);
}

/** By the option, by the contact, by the first structure file, by the folder of the result when files are called alike in every run. */
static void name_material(ili_result *r, const char *material) {
    const ili_json_view *inputs = ili_json_get(ili_json_get(r->root, "provenance"), "inputs");
    const char *first = ili_json_string_of(ili_json_get(ili_json_at(inputs, 0), "path")),
               *contact = ili_json_string_of(ili_json_get(r->root, "contact")),
               *slash = strrchr(r->path, '/');
    char folder[1024] = "";
    r->material[0] = 0;
    if ((material && material[0]) || contact) {
        ili_result_append(r->material, sizeof r->material, "%s",
                          material && material[0] ? material : contact);
        return;
    }
    if (first) stem_of(first, r->material, sizeof r->material);
    if (r->material[0] && !ili_is_listed(r->material, "final|production|relaxed|polymer|structure|system"))
        return;
    ili_result_append(folder, sizeof folder, "%.*s", slash ? (int)(slash - r->path) : 0, r->path);
    char name[sizeof r->material] = "";
    if (folder[0]) stem_of(folder, name, sizeof name);
    if (name[0] && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
        snprintf(r->material, sizeof r->material, "%s", name);
    if (!r->material[0]) snprintf(r->material, sizeof r->material, "material");
}

static void name_model(ili_result *r) {
    const ili_json_view *model = ili_json_get(r->root, "model");
    const char *name = ili_json_string_of(ili_json_get(model, "name"));
    if (!name) name = ili_json_string_of(ili_json_get(ili_json_get(r->root, "options"), "model"));
    if (!name) return;
    const bool provisional = ili_json_is_true(ili_json_get(model, "provisional")) ||
                             ili_json_is_true(ili_json_get(r->root, "provisional"));
    ili_result_append(r->model, sizeof r->model, "model %.100s%s", name, provisional ? " (provisional)" : "");
}

/** Who computed, where it was not this program. */
static void name_engine(ili_result *r) {
    const ili_json_view *engine = ili_json_get(r->root, "engine");
    const char *name = ili_json_string_of(ili_json_get(engine, "name")),
               *version = ili_json_string_of(ili_json_get(engine, "version"));
    if (!name) return;
    ili_result_append(r->model, sizeof r->model, "%scomputed by %.20s %.40s", r->model[0] ? "; " : "", name,
                      version ? version : "");
}

/** The warnings of the run, that of a provisional model among them. */
static void gather_caveats(ili_result *r) {
    const ili_json_view *warnings = ili_json_get(ili_json_get(r->root, "provenance"), "warnings");
    for (size_t k = 0; k < ili_json_size(warnings); k++) {
        const char *text = ili_json_string_of(ili_json_at(warnings, k));
        if (text) ili_result_append(r->caveat, sizeof r->caveat, "%s%s", r->caveat[0] ? "; " : "", text);
    }
}

/** LAGP, or as another result's twin LAGP (2); what follows the file's material, a layer, stays. */
static void numbered(const ili_quantity *q, const ili_result *r, int number, char name[sizeof q->material]) {
    name[0] = 0;
    if (number == 1)
        snprintf(name, sizeof q->material, "%s", q->material);
    else
        ili_result_append(name, sizeof q->material, "%s (%d)%s", r->material, number,
                          q->material + strlen(r->material));
}

static bool is_taken(const ili_handoff *out, int n_before, const ili_quantity *q, const char *material) {
    for (int k = 0; k < n_before; k++) {
        const ili_quantity *other = &out->quantity[k];
        if (other->kind == q->kind && strcmp(other->material, material) == 0 &&
            strcmp(other->species, q->species) == 0)
            return true;
    }
    return false;
}

/** Where other files hold quantities of the same name, the material of this one gets a number. */
static void tell_apart(ili_handoff *out, const ili_result *r, int n_before) {
    char name[sizeof out->quantity->material];
    bool is_clear = false;
    for (int number = 1; !is_clear; number++) {
        is_clear = true;
        for (int k = n_before; k < out->n && is_clear; k++) {
            numbered(&out->quantity[k], r, number, name);
            is_clear = !is_taken(out, n_before, &out->quantity[k], name);
        }
        for (int k = n_before; k < out->n && is_clear; k++) {
            numbered(&out->quantity[k], r, number, name);
            snprintf(out->quantity[k].material, sizeof name, "%s", name);
        }
    }
}

static il_status check_finished(il_context *ctx, ili_result *r) {
    const ili_json_view *provenance;
    const char *verb, *ended;
    IL_TRY(ili_result_object(ctx, r, r->root, "provenance", &provenance));
    IL_TRY(ili_result_text(ctx, r, provenance, "verb", &verb));
    IL_TRY(ili_result_text(ctx, r, r->root, "status", &ended));
    ili_result_append(r->verb, sizeof r->verb, "%s", verb);
    if (strcmp(ended, il_status_sentence(IL_OK)) == 0) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: this run of %s ended with \"%.200s\", expected one that is done; finish it, or leave "
        "it out",
        r->path, r->verb, ended);
}

static il_status collect(il_context *ctx, ili_result *r, const char *material, ili_handoff *out) {
    const int n_before = out->n;
    IL_TRY(check_finished(ctx, r));
    name_material(r, material);
    name_model(r);
    name_engine(r);
    gather_caveats(r);
    for (int c = 0; c < N_COLLECTORS; c++) {
        if (strcmp(r->verb, COLLECTORS[c].verb) != 0) continue;
        IL_TRY(COLLECTORS[c].collect(ctx, r, out));
        tell_apart(out, r, n_before);
        if (out->n == n_before)
            ili_warn(ctx, "%s: holds no quantity that is handed over; it is left out", r->path);
        return IL_OK;
    }
    return ili_fail(ctx, IL_E_INPUT, "%s: is a result of %s, expected one of diffuse, lithiate or interface",
                    r->path, r->verb);
}

/* ---- files and folders ---------------------------------------------------------------------------------- */

static il_status keep_file(il_context *ctx, const char *path, ili_handoff *out) {
    const size_t n = (size_t)out->n_files;
    struct stat a, b;
    for (int k = 0; k < out->n_files; k++)
        if (stat(out->file[k], &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
            a.st_ino == b.st_ino)
            return ili_fail(ctx, IL_E_INPUT, "%s: was given twice, expected every result once", path);
    if (strlen(path) >= sizeof *out->file)
        return ili_fail(ctx, IL_E_INPUT, "%.100s...: the path is too long, expected less than %zu bytes",
                        path, sizeof *out->file);
    char(*file)[1024] = ili_realloc(out->file, n, n + 1, sizeof *file);
    if (file) out->file = file;
    char(*hash)[17] = ili_realloc(out->hash, n, n + 1, sizeof *hash);
    if (hash) out->hash = hash;
    if (!file || !hash) return ili_no_memory(ctx, "the hand-off");
    IL_TRY(ili_file_hash(ctx, path, out->hash[n]));
    for (size_t k = 0; k < n; k++)
        if (strcmp(out->hash[k], out->hash[n]) == 0)
            return ili_fail(
                ctx, IL_E_INPUT,
                "%s: is %s once more, byte for byte: it was given twice, expected every result once", path,
                out->file[k]);
    snprintf(out->file[n], sizeof *out->file, "%s", path);
    out->n_files++;
    return IL_OK;
}

static il_status read_file(il_context *ctx, const char *path, const char *material, ili_handoff *out) {
    ili_json *json = NULL;
    il_status status;
    IL_GO(keep_file(ctx, path, out));
    IL_GO(ili_json_read(ctx, path, &json));
    ili_result r = {.path = path, .root = ili_json_root(json)};
    IL_GO(collect(ctx, &r, material, out));
out:
    ili_json_destroy(&json);
    return status;
}

static il_status read_folder(il_context *ctx, const char *dir, const char *material, ili_handoff *out) {
    const int n_before = out->n_files;
    const size_t length = strlen(dir);
    const int used = (int)(length > 1 && dir[length - 1] == '/' ? length - 1 : length);
    char path[ILI_PATH_MAX];
    struct stat info;
    for (int c = 0; c < N_COLLECTORS; c++) {
        if (snprintf(path, sizeof path, "%.*s/%s.json", used, dir, COLLECTORS[c].verb) >= (int)sizeof path)
            return ili_fail(ctx, IL_E_INPUT, "the name of the folder %.100s... is too long", dir);
        if (stat(path, &info) == 0)
            IL_TRY(read_file(ctx, path, material, out));
        else if (errno != ENOENT)
            return ili_fail(ctx, IL_E_FILE, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (out->n_files > n_before) return IL_OK;
    if (ili_parts_are_in(dir)) return ili_fail(ctx, IL_E_INPUT, ILI_NOT_COLLECTED, dir);
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: holds no result, expected diffuse.json, lithiate.json or interface.json of a run with "
        "-o",
        dir);
}

il_status ili_handoff_read(il_context *ctx, int n_inputs, const char *const *inputs, const char *material,
                           ili_handoff *out) {
    struct stat info;
    *out = (ili_handoff){0};
    if (material && strlen(material) >= sizeof((ili_result *)0)->material)
        return ili_fail(ctx, IL_E_INPUT, "the name of the material has %zu bytes, expected less than %zu",
                        strlen(material), sizeof((ili_result *)0)->material);
    for (int k = 0; k < n_inputs; k++) {
        const bool is_folder = stat(inputs[k], &info) == 0 && S_ISDIR(info.st_mode);
        IL_TRY((is_folder ? read_folder : read_file)(ctx, inputs[k], material, out));
    }
    return IL_OK;
}

/* ---- what was read -------------------------------------------------------------------------------------- */

const ili_quantity *ili_handoff_find(const ili_handoff *handoff, ili_quantity_kind kind, const char *material,
                                     const char *species) {
    for (int k = 0; k < handoff->n; k++) {
        const ili_quantity *q = &handoff->quantity[k];
        if (q->kind == kind && (!material || strcmp(q->material, material) == 0) &&
            (!species || strcmp(q->species, species) == 0))
            return q;
    }
    return NULL;
}

/** ln y and its variance. Eqs. (14.1)-(14.3). */
static double arrhenius_at(const ili_law *law, double T, double *variance) {
    const double b = 1.0 / (ILI_KB * T);
    *variance = law->var_ln_prefactor + b * b * law->var_Ea_eV2 - 2.0 * b * law->cov;
    return law->ln_prefactor - b * law->Ea_eV;
}

/** Eqs. (10.45), (14.16). */
static double vtf_at(const ili_law *law, double T, double *variance) {
    double g[3];
    *variance = 0.0;
    if (!(T > law->T0_K)) return NAN;
    ili_vtf_gradient(law->B_K, law->T0_K, T, g);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) *variance += g[a] * g[b] * law->covariance[a][b];
    return law->ln_prefactor - law->B_K / (T - law->T0_K);
}

static ili_value law_at(const ili_law *law, double T) {
    double variance;
    const double y = exp((law->is_vtf ? vtf_at : arrhenius_at)(law, T, &variance)) / (law->times_T ? T : 1.0),
                 sigma = isnan(variance) ? variance : sqrt(fmax(0.0, variance)),
                 width = law->width_95 * sigma;
    return (ili_value){y, y * sigma, y * exp(-width), y * exp(width)};
}

ili_value ili_quantity_at(const ili_quantity *quantity, double T) {
    if (quantity->argument == ILI_ARG_NONE && quantity->n > 0) return quantity->y[0];
    if (quantity->law.is_given) return law_at(&quantity->law, T);
    for (int k = 0; k < quantity->n && quantity->argument == ILI_ARG_TEMPERATURE; k++)
        if (fabs(quantity->at[k] - T) <= 1e-6 * T && quantity->is_sound[k]) return quantity->y[k];
    return (ili_value){NAN, NAN, NAN, NAN};
}
