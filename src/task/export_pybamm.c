/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith export --to pybamm`: a Python file, data of this export first (JSON that is Python too), then the code of pybamm_code.c. */
#include "base/alloc.h"
#include "base/file.h"
#include "task/electrolyte.h"
#include "task/exporter.h"
#include "task/pybamm_code.h"

#include <math.h>

static const char HEAD[] =
    "\"\"\"Parameters for PyBaMM, computed with empirical potentials, not measured.\n"
    "\n"
    "    import numpy, pybamm, interlith_pybamm\n"
    "    values = pybamm.ParameterValues(\"Xu2019\")\n"
    "    interlith_pybamm.update(values)                                       # as computed\n"
    "    draw = interlith_pybamm.sample(numpy.random.default_rng(1))\n"
    "    interlith_pybamm.update(values, draw)                                 # a draw from their errors\n"
    "\n"
    "`parameters`, `uncertainties` (one standard deviation; a function where the parameter is one), "
    "`definitions`, `ranges` and\n"
    "`provenance` have the names of PyBaMM, and \"Interlith: MATERIAL: ...\" for what PyBaMM has no name "
    "for: numbers, functions of T (K),\n"
    "functions of x (lithium put in per formula unit). Parameters of the electrolyte are functions of (c_e, "
    "T) that do not depend on c_e.\n"
    "\"\"\"\n"
    "import numpy as np\n"
    "\n"
    "null, true, false = None, True, False  # so that JSON is Python\n"
    "\n"
    "data = ";

/* ---- quantities ----------------------------------------------------------------------------------------- */

static void put_law(ili_json *json, const ili_law *law) {
    if (!law->is_given) {
        ili_json_string(json, "law", NULL);
        return;
    }
    ili_json *one = ili_json_child(json, "law");
    ili_json_bool(one, "times_T", law->times_T);
    ili_json_real(one, "ln_prefactor", law->ln_prefactor);
    if (law->is_vtf) {
        ili_json_real(one, "B_K", law->B_K);
        ili_json_real(one, "T0_K", law->T0_K);
        ili_json_rows(one, "covariance", &law->covariance[0][0], 3, 3);
    }
    ili_json_real(one, "Ea_eV", law->Ea_eV);
    ili_json_real(one, "var_ln_prefactor", law->var_ln_prefactor);
    ili_json_real(one, "var_Ea_eV2", law->var_Ea_eV2);
    ili_json_real(one, "cov_eV", law->cov);
    ili_json_real(one, "T_low_K", law->T_low);
    ili_json_real(one, "T_high_K", law->T_high);
    ili_json_int(one, "temperatures", law->n_temperatures);
}

static void put_points(ili_json *json, const ili_quantity *q) {
    ili_json *at = ili_json_list(json, "at"), *value = ili_json_list(json, "value"),
             *sigma = ili_json_list(json, "sigma"), *low = ili_json_list(json, "low_95"),
             *high = ili_json_list(json, "high_95");
    for (int k = 0; k < q->n; k++) {
        if (q->at) ili_json_push_real(at, q->at[k]);
        ili_json_push_real(value, q->y[k].value);
        ili_json_push_real(sigma, q->y[k].sigma);
        ili_json_push_real(low, q->y[k].low);
        ili_json_push_real(high, q->y[k].high);
    }
}

static void put_value(ili_json *json, const char *key, ili_value v) {
    ili_json *one = ili_json_child(json, key);
    ili_json_real(one, "value", v.value);
    ili_json_real(one, "sigma", v.sigma);
    ili_json_real(one, "low_95", v.low);
    ili_json_real(one, "high_95", v.high);
}

static void put_quantity(ili_json *list, const ili_quantity *q, double T) {
    static const char *const ARGUMENTS[] = {[ILI_ARG_TEMPERATURE] = "T", [ILI_ARG_COMPOSITION] = "x"};
    const ili_quantity_info *info = ili_quantity_info_of(q->kind);
    char title[ILI_TITLE_MAX], bracket[ILI_UNIT_MAX], range[ILI_RANGE_MAX];
    ili_json *json = ili_json_child(list, NULL);
    ili_json_string(json, "name", ili_quantity_title(q, title));
    ili_json_string(json, "bracket", ili_quantity_unit(q, bracket));
    ili_json_string(json, "kind", info->name);
    ili_json_string(json, "unit", info->unit);
    ili_json_string(json, "material", q->material);
    ili_json_string(json, "species", q->species);
    ili_json_real(json, "charge_number", q->charge_number);
    ili_json_string(json, "argument", ARGUMENTS[q->argument]);
    put_points(json, q);
    ili_json *sound = ili_json_list(json, "is_sound");
    for (int k = 0; k < q->n; k++) ili_json_push_bool(sound, ili_quantity_is_sound(q, k));
    put_law(json, &q->law);
    put_value(json, "at_298K", q->at_298K);
    ili_json_string(json, "definition", info->definition);
    ili_json_string(json, "range", ili_quantity_range(q, T, range));
    ili_json_string(json, "method", q->method);
    ili_json_string(json, "source", q->source);
    ili_json_string(json, "caveat", q->caveat);
}

/* ---- electrolytes --------------------------------------------------------------------------------------- */

/** Where in the list a quantity stands; null: nowhere. */
static void put_index(ili_json *json, const char *key, const ili_handoff *h, const ili_quantity *q) {
    if (q)
        ili_json_int(json, key, q - h->quantity);
    else
        ili_json_string(json, key, NULL);
}

static void put_electrolyte(ili_json *list, const ili_handoff *h, const ili_electrolyte *e) {
    char words[ILI_WORDS_MAX];
    ili_json *json = ili_json_child(list, e->material);
    put_index(json, "conductivity", h, e->conductivity);
    put_index(json, "transference", h, e->transference);
    ili_json_int(json, "transference_point", e->transference_point);
    put_index(json, "cation", h, e->cation);
    put_index(json, "anion", h, e->anion);
    put_index(json, "concentration", h, e->concentration);
    ili_json_int(json, "concentration_point", e->concentration_point);
    ili_json_string(json, "missing", e->missing);
    if (e->transference) ili_json_string(json, "of_transference", ili_electrolyte_words_of_t(e, words));
    if (e->cation) ili_json_string(json, "of_diffusivity", ili_electrolyte_words_of_D(e, words));
}

/* ---- the file ------------------------------------------------------------------------------------------- */

static ili_json *make_data(const ili_export_request *request) {
    const ili_handoff *h = request->handoff;
    const double T = request->temperature;
    ili_electrolyte e;
    ili_json *data = ili_json_object();
    ili_json_string(data, "title", request->title);
    ili_json_string(data, "version", il_version());
    ili_json_real(data, "temperature_K", T);
    ili_json *runs = ili_json_list(data, "runs");
    for (int k = 0; k < h->n_files; k++) {
        ili_json *run = ili_json_child(runs, NULL);
        ili_json_string(run, "file", h->file[k]);
        ili_json_string(run, "fnv1a64", h->hash[k]);
    }
    const int chosen = ili_electrolyte_choose(h, T);
    ili_json_string(data, "electrolyte",
                    chosen >= 0 && ili_electrolyte_at(h, chosen, T, &e) ? e.material : NULL);
    ili_json *list = ili_json_child(data, "electrolytes");
    for (int k = 0; ili_electrolyte_at(h, k, T, &e); k++) put_electrolyte(list, h, &e);
    list = ili_json_list(data, "quantities");
    for (int k = 0; k < h->n; k++) put_quantity(list, &h->quantity[k], T);
    return data;
}

static il_status write(il_context *ctx, const ili_export_request *request) {
    char path[ILI_PATH_MAX], *text = NULL;
    ili_outfile file = {0};
    ili_json *data = make_data(request);
    il_status status;
    IL_GO(ili_handoff_needs_sound(ctx, request->handoff));
    text = ili_json_text(data);
    if (!text) IL_GO(ili_no_memory(ctx, "the parameters"));
    IL_GO(ili_path_join(ctx, path, request->dir, "interlith_pybamm.py"));
    IL_GO(ili_outfile_open(ctx, path, &file));
    fprintf(file.stream, "%s%s\n\n%s", HEAD, text, ili_pybamm_code);
    IL_GO(ili_outfile_commit(ctx, &file));
    ili_json_push_string(request->files, "interlith_pybamm.py");
    ili_electrolyte_report(request->report, request->handoff,
                           ili_electrolyte_choose(request->handoff, request->temperature),
                           request->temperature);
out:
    ili_outfile_discard(&file);
    ili_free(text);
    ili_json_destroy(&data);
    return status;
}

const ili_exporter ili_exporter_pybamm = {
    .name = "pybamm",
    .summary = "Python file that updates parameters of PyBaMM",
    .reads = (const char *const[]){"to", "material", "temperature", "title", NULL},
    .write = write};
