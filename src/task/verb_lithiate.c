/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith lithiate`: volume, strain, voltage and bonds of a crystal as lithium goes in. */
#include "base/alloc.h"
#include "base/data.h"
#include "base/file.h"
#include "math/units.h"
#include "system/element.h"
#include "task/contact_side.h"
#include "task/diffuse_cells.h"
#include "task/engine_options.h"
#include "task/ff_options.h"
#include "task/job_key.h"
#include "task/lithiate_contact.h"
#include "task/lithiate_report.h"
#include "task/lithiate_voltages.h"
#include "task/number_list.h"
#include "task/parts.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct lithiate_options {
    ili_ff_choice ff;
    ili_engine_choice engine;
    char method[IL_TEXT_MAX], lateral[IL_TEXT_MAX];
    char x[IL_TEXT_MAX], balance[IL_TEXT_MAX], variants[IL_TEXT_MAX], metal[IL_TEXT_MAX],
        metal_model[IL_TEXT_MAX];
    double place_temperature, anneal, anneal_time; /**< K, K, ps */
    double force_tolerance, stress_tolerance;
    char voltages[IL_TEXT_MAX];
    double layer;                 /**< angstrom */
    double temperature, pressure; /**< K, GPa */
    int layers, equilibrate, sweeps;
    int realisations, formula_units, candidates, max_steps, reverse, fresh;
    int repeat[3];
    char part[IL_TEXT_MAX];
} lithiate_options;

#define ROW(option, kind, member, ...)                                                                       \
    { .name = option, .type = IL_OPT_##kind, .offset = offsetof(lithiate_options, member), __VA_ARGS__ }

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(lithiate_options, ff),
    ROW("method", CHOICE, method, .preset = "insertion", .choices = "insertion|gcmc|contact",
        .help = "insertion: into a crystal, ion by ion; gcmc: grand canonical Monte Carlo at --voltages; "
                "contact: from the metal of a contact into its "
                "ceramic, layer by layer"),
    ROW("x", TEXT, x,
        .help = "lithium put in per formula unit, rising, as in 0,1,2; not given: whole numbers as far as "
                "there is room "
                "for electrons"),
    ROW("formula-units", INT, formula_units, .preset = "0", .low = 0, .high = 1e6,
        .help = "in the cell of the file, by which x and volumes are told; 0: what a CIF says "
                "(_cell_formula_units_Z), else as many as "
                "the counts of elements allow"),
    ROW("charge-balance", CHOICE, balance, .preset = "nearest", .choices = "nearest|lowest|spread|qeq",
        .help = "where the electron of each lithium goes: to the nearest reducible ion, to the one of lowest "
                "energy, to "
                "all alike, or by charge equilibration"),
    ROW("realisations", INT, realisations, .preset = "1", .low = 1, .high = ILI_REALISATIONS_MAX,
        .help = "of a disordered CIF, drawn after it is repeated"),
    ROW("repeat", INT3, repeat, .preset = "1,1,1", .low = 1, .high = 1000,
        .help = "copies of the cell along a, b, c"),
    ROW("candidates", INT, candidates, .preset = "4", .low = 1, .high = 1000,
        .help = "places of which the energy is computed for each lithium"),
    ROW("place-temperature", REAL, place_temperature, .preset = "0", .low = 0, .high = 1e5, .unit = "K",
        .help = "places are drawn by their Boltzmann weight; 0: the lowest is taken"),
    ROW("anneal", REAL, anneal, .preset = "0", .low = 0, .high = 1e5, .unit = "K",
        .help = "temperature of a run of dynamics before the relaxation at each x; 0: none"),
    ROW("anneal-time", REAL, anneal_time, .preset = "2", .low = 1e-3, .high = 1e6, .unit = "ps",
        .help = "its length"),
    ROW("reverse", FLAG, reverse,
        .help = "take the lithium out again in reverse order, and tell the hysteresis"),
    ROW("variants", TEXT, variants, .files = IL_FILES_MODEL,
        .help = "further models, with commas between: V(x) of the first realisation with each, to tell what "
                "the model's "
                "uncertain parameters do"),
    ROW("voltages", TEXT, voltages, .unit = "V",
        .help = "of gcmc: against lithium metal, in the order visited, as in 3.2,3,2.8,3,3.2 (a way back "
                "tells the hysteresis)"),
    ROW("temperature", REAL, temperature, .preset = "600", .low = 1, .high = 1e5, .unit = "K",
        .help = "of gcmc"),
    ROW("pressure-GPa", REAL, pressure, .preset = "0", .low = -1e3, .high = 1e3, .unit = "GPa",
        .help = "of gcmc"),
    ROW("equilibrate-sweeps", INT, equilibrate, .preset = "2000", .low = 1, .high = 2e9,
        .help = "of gcmc: at each voltage before production; a sweep is as many moves as the host has atoms"),
    ROW("sweeps", INT, sweeps, .preset = "5000", .low = 1, .high = 2e9,
        .help = "of gcmc: production at each voltage"),
    ROW("layer", REAL, layer, .preset = "4", .low = 0.5, .high = 1e3, .unit = "A",
        .help = "of contacts: thickness of a layer before it is lithiated"),
    ROW("layers", INT, layers, .preset = "2", .low = 1, .high = ILI_SLAB_STEPS_MAX,
        .help = "of contacts: how many, from the interface"),
    ROW("lateral-strain", TEXT, lateral,
        .help = "of contacts: strains of the plane, as in 0,0.01; not given: 0"),
    ROW("metal", TEXT, metal, .files = IL_FILES_STRUCTURE, .preset = "Li.cif",
        .help = "structure of lithium metal, against which energies are told"),
    ROW("metal-model", TEXT, metal_model, .files = IL_FILES_MODEL, .preset = "li", .help = "its model"),
    ROW("force-tolerance", REAL, force_tolerance, .preset = "5e-3", .low = 1e-10, .high = 10, .unit = "eV/A",
        .help = "largest force component of a relaxed structure"),
    ROW("stress-tolerance", REAL, stress_tolerance, .preset = "5e-5", .low = 1e-12, .high = 1,
        .unit = "eV/A^3", .help = "largest stress component of a relaxed structure"),
    ROW("max-steps", INT, max_steps, .preset = "2000", .low = 1, .high = 1e9, .help = "of one relaxation"),
    ILI_ENGINE_OPTION_ROWS(lithiate_options, engine),
    ILI_PART_OPTION_ROW(lithiate_options, part),
    ROW("fresh", FLAG, fresh, .help = "start over instead of going on from the checkpoints in DIR"),
    {.name = NULL},
};

/** What the verb makes on its way. */
typedef struct work {
    const lithiate_options *o;
    const char *dir;
    ili_lithiate_settings settings;
    ili_lithiate_settings of_variant[ILI_RUNGS_MAX];
    char variant[ILI_RUNGS_MAX][IL_TEXT_MAX];
    il_model *model, *variant_model[ILI_RUNGS_MAX];
    ili_diffuse_cells cells;
    ili_contact_study contacts;
    ili_voltage_study voltages;
    ili_lithiate_study study;
    ili_lithiate_path *variant_path; /**< [n_variants] */
    bool is_lammps;
    ili_lammps lammps;
    uint64_t key;
    ili_parts parts;
} work;

static void work_free(work *w) {
    for (int k = 0; k < w->study.n_paths; k++) ili_lithiate_path_free(&w->study.path[k]);
    for (int k = 0; k < w->study.n_variants; k++) {
        if (w->variant_path) ili_lithiate_path_free(&w->variant_path[k]);
        il_model_destroy(&w->variant_model[k]);
    }
    ili_contact_study_free(&w->contacts);
    ili_voltage_study_free(&w->voltages);
    ili_free(w->study.path);
    ili_free(w->variant_path);
    ili_parts_free(&w->parts);
    ili_lammps_free(&w->lammps);
    ili_diffuse_cells_free(&w->cells);
    il_model_destroy(&w->model);
    ili_free(w);
}

static ili_balance_rule rule_of(const char *word) {
    int k = 0;
    while (strcmp(word, ili_balance_name((ili_balance_rule)k)) != 0)
        k++; /* the option table allows the names only */
    return (ili_balance_rule)k;
}

/** Energy of an atom of the metal, relaxed with its own model. */
static il_status find_metal(il_context *ctx, work *w, il_report *report) {
    char path[ILI_PATH_MAX];
    il_ff_options own;
    ili_journal *journal = NULL;
    ili_side side = {0};
    il_model *model = NULL;
    il_status status;
    il_ff_options_default(&own);
    IL_GO(ili_data_path(ctx, "structure of the metal", "structures", w->o->metal, path, sizeof path));
    IL_GO(ili_report_input(ctx, report, path));
    IL_GO(il_model_read(ctx, w->o->metal_model, &model));
    IL_GO(ili_journal_open(ctx, NULL, "lithiate", 0, false, &journal));
    IL_GO(ili_side_read(ctx, path, model, &side));
    IL_GO(ili_side_realise(ctx, model, &own, (ili_relaxer){.lammps = NULL}, journal, &side));
    w->settings.li_metal = side.bulk_energy / side.bulk->n_atoms;
out:
    ili_side_free(&side);
    ili_journal_close(&journal);
    il_model_destroy(&model);
    return status;
}

/** Compositions: as given, from 0 on, or whole numbers up to the room for electrons in every host. */
static il_status set_compositions(il_context *ctx, work *w) {
    ili_lithiate_settings *s = &w->settings;
    double given[ILI_LITHIATE_POINTS_MAX];
    int n, room = INT32_MAX;
    IL_TRY(ili_number_list(ctx, "x", w->o->x, 0.0, 1e3, ILI_LITHIATE_POINTS_MAX - 1, given, &n));
    for (int k = 0; k < w->cells.n; k++) {
        ili_balance *balance;
        IL_TRY(ili_balance_create(ctx, s->rule, w->model, &s->ff, w->cells.sys[k], &balance));
        const int here = ili_balance_room(balance);
        ili_balance_destroy(&balance);
        if (here < room) room = here;
    }
    const double most = (double)room / (double)s->formula_units;
    s->x[0] = 0.0;
    s->n_x = 1;
    for (int k = 0; k < n; k++) {
        if (given[k] == 0.0 && k == 0) continue;
        if (!(given[k] > s->x[s->n_x - 1]))
            return ili_fail(ctx, IL_E_USAGE, "--x: %g follows %g, expected rising numbers", given[k],
                            s->x[s->n_x - 1]);
        s->x[s->n_x++] = given[k];
    }
    for (int k = 1; n == 0 && k <= most && k < ILI_LITHIATE_POINTS_MAX; k++) s->x[s->n_x++] = k;
    if (s->x[s->n_x - 1] > most + 1e-9)
        return ili_fail(
            ctx, IL_E_INPUT,
            "x = %g needs %.0f electrons, but the reducible ions of the host take %d, x = %.4g at most",
            s->x[s->n_x - 1], ceil(s->x[s->n_x - 1] * (double)s->formula_units), room, most);
    if (s->n_x < 2)
        return ili_fail(ctx, IL_E_USAGE, "--x holds no composition but 0; list some, as in --x 0,1,2");
    for (int k = 1; k < s->n_x; k++)
        if (lround(s->x[k] * (double)s->formula_units) == lround(s->x[k - 1] * (double)s->formula_units))
            return ili_fail(ctx, IL_E_USAGE,
                            "--x: %g and %g are the same number of lithium ions in %ld formula units; repeat "
                            "the cell, or "
                            "list fewer",
                            s->x[k - 1], s->x[k], s->formula_units);
    return IL_OK;
}

static void set_settings(work *w) {
    const lithiate_options *o = w->o;
    ili_lithiate_settings *s = &w->settings;
    s->model = w->model;
    s->ff = ili_ff_choice_settings(&o->ff);
    s->rule = rule_of(o->balance);
    memcpy(s->repeat, o->repeat, sizeof s->repeat);
    s->candidates = o->candidates;
    s->temperature = o->place_temperature;
    s->anneal_temperature = o->anneal;
    s->anneal_time = 1e3 * o->anneal_time;
    s->reverse = o->reverse;
    s->force_tolerance = o->force_tolerance;
    s->stress_tolerance = o->stress_tolerance;
    s->max_steps = o->max_steps;
}

static il_status read_variants(il_context *ctx, work *w, il_report *report) {
    ili_lithiate_study *s = &w->study;
    for (const char *text = w->o->variants; *text;) {
        const size_t length = strcspn(text, ",");
        char path[ILI_PATH_MAX];
        if (s->n_variants == ILI_RUNGS_MAX)
            return ili_fail(ctx, IL_E_USAGE, "--variants: more than %d models", ILI_RUNGS_MAX);
        const int v = s->n_variants++;
        snprintf(w->variant[v], IL_TEXT_MAX, "%.*s", (int)length, text);
        IL_TRY(ili_model_path(ctx, w->variant[v], path, sizeof path));
        IL_TRY(ili_report_input(ctx, report, path));
        IL_TRY(il_model_read(ctx, w->variant[v], &w->variant_model[v]));
        s->variant[v] = w->variant[v];
        text += length + (text[length] == ',');
    }
    w->variant_path = ili_alloc((size_t)s->n_variants + 1, sizeof *w->variant_path);
    return w->variant_path ? IL_OK : ili_no_memory(ctx, "the variants");
}

/** Which runs of this method this process does, and which of them are there. */
static il_status open_parts(il_context *ctx, work *w, il_report *report, int n, ili_run_name_fn name) {
    const ili_parts_plan plan = {.text = w->o->part,
                                 .dir = w->dir,
                                 .key = w->key,
                                 .fresh = w->o->fresh,
                                 .journal = "lithiate",
                                 .n = n,
                                 .name = name,
                                 .user = w};
    return ili_parts_open(ctx, report, &plan, &w->parts);
}

static void name_of_path(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    const work *w = user;
    const int v = k - w->cells.n;
    snprintf(name, ILI_RUN_NAME_MAX, v < 0 ? "path-r%d" : "variant-%d", (v < 0 ? k : v) + 1);
}

/** Replica k: a realisation, after them the first realisation with another model. */
static il_status run_one(il_context *ctx, void *user, int k) {
    work *w = user;
    const int n = w->study.n_paths;
    const bool is_variant = k >= n;
    char path[ILI_PATH_MAX], folder[ILI_RUN_NAME_MAX + 8];
    ili_lithiate_settings s = w->settings;
    snprintf(folder, sizeof folder, "lammps-%s", w->parts.name[k]);
    s.relaxer = (ili_relaxer){.lammps = w->is_lammps ? &w->lammps : NULL, .dir = w->dir, .name = folder};
    s.seed = ctx->seed + (uint64_t)(is_variant ? 0 : k);
    if (is_variant) {
        s.model = w->variant_model[k - n];
        s.reverse = false;
    }
    if (w->dir) IL_TRY(ili_path_join(ctx, path, w->dir, "%s.ckpt", w->parts.name[k]));
    if (w->dir && w->o->fresh) (void)unlink(path);
    return ili_lithiate_run(ctx, &s, w->cells.sys[is_variant ? 0 : k], w->dir ? path : NULL,
                            is_variant ? &w->variant_path[k - n] : &w->study.path[k]);
}

static il_status job_key(il_context *ctx, work *w, int n_inputs, const char *const *inputs) {
    static const char *const but[] = {"realisations", "part", ILI_ENGINE_OPTIONS_THAT_DO_NOT_MATTER, NULL};
    const ili_job_parts parts = {.rows = OPTIONS,
                                 .options = w->o,
                                 .but = but,
                                 .model = w->model,
                                 .inputs = inputs,
                                 .n_inputs = n_inputs};
    return ili_job_key(ctx, &parts, &w->key);
}

/** Formula units that x is told by: asked for, of the file, or the most that the counts of elements allow. */
static long formula_units(const work *w) {
    if (w->o->formula_units > 0)
        return (long)w->o->formula_units * w->o->repeat[0] * w->o->repeat[1] * w->o->repeat[2];
    if (w->cells.formula_units > 0) return w->cells.formula_units;
    return ili_system_formula_units(w->cells.sys[0]);
}

static il_status prepare(il_context *ctx, work *w, il_report *report, int n_inputs,
                         const char *const *inputs) {
    char formula[256];
    il_ff *ff = NULL;
    IL_TRY(ili_ff_choice_model(ctx, report, &w->o->ff, &w->model));
    set_settings(w);
    IL_TRY(ili_diffuse_cells_read(ctx, report, n_inputs, inputs, w->o->repeat, w->o->realisations,
                                  "leave --realisations out", &w->cells));
    IL_TRY(il_ff_create(ctx, w->model, w->cells.sys[0], &w->settings.ff, &ff));
    ili_ff_report_settings(report, w->model, ff);
    il_ff_destroy(&ff);
    ili_system_formula(w->cells.sys[0], formula, sizeof formula);
    ili_json_int(report->json, "natoms", w->cells.sys[0]->n_atoms);
    ili_json_int(report->json, "structures", w->cells.n);
    ili_report_print(report, "%s, %d atoms, %d structure%s\n", formula, w->cells.sys[0]->n_atoms, w->cells.n,
                     w->cells.n == 1 ? "" : "s");
    if (w->cells.n == 1 && w->cells.is_disordered)
        ili_warn(ctx, "%s: one realisation of a disordered crystal has no error; use --realisations",
                 inputs[0]);
    return IL_OK;
}

/** What LAMMPS did in all runs together. */
static void report_engine(work *w, il_report *report) {
    ili_relaxer_count count = {0};
    char folder[ILI_RUN_NAME_MAX + 8];
    if (!w->is_lammps || w->parts.is_list) return;
    for (int k = 0; k < w->study.n_paths; k++) ili_relaxer_add(&count, &w->study.path[k].relaxations);
    for (int k = 0; w->variant_path && k < w->study.n_variants; k++)
        ili_relaxer_add(&count, &w->variant_path[k].relaxations);
    for (int k = 0; w->contacts.run && k < w->contacts.n_samples * w->contacts.n_strains; k++)
        ili_relaxer_add(&count, &w->contacts.run[k].relaxations);
    snprintf(folder, sizeof folder, "lammps-%s", w->parts.name[0]);
    ili_relaxer_report(report, &w->lammps, folder, &count);
}

static il_status run_paths(il_context *ctx, work *w) {
    ili_lithiate_study *s = &w->study;
    const int n_threads = ctx->n_threads;
    s->path = ili_alloc((size_t)w->cells.n, sizeof *s->path);
    if (!s->path) return ili_no_memory(ctx, "the paths");
    s->n_paths = w->cells.n;
    s->settings = &w->settings;
    if (w->lammps.ranks > 1) ctx->n_threads = 1; /* ranks are side by side already: one run after the other */
    const il_status status = ili_parts_run(ctx, &w->parts, NULL, run_one, w);
    ctx->n_threads = n_threads;
    IL_TRY(status);
    for (int v = 0; v < s->n_variants; v++)
        for (int k = 0; k < w->variant_path[v].n; k++)
            s->variant_volume[v][k] = w->variant_path[v].point[k].volume;
    return IL_OK;
}

/** The second answer: crystals of full conversion. Hosts of other elements, or that nothing is left to convert of, have none. */
static il_status convert(il_context *ctx, work *w) {
    ili_lithiate_study *s = &w->study;
    double v0 = 0.0;
    for (int k = 0; k < s->n_paths; k++) v0 += s->path[k].point[0].volume / s->n_paths;
    const il_status status =
        ili_conversion_find(ctx, w->cells.sys[0], w->settings.formula_units, v0, &s->conversion);
    s->has_conversion = status == IL_OK;
    if (status == IL_E_UNSUPPORTED || status == IL_E_INPUT) {
        ili_warn(ctx, "no volume of conversion: %s", il_message(ctx));
        return IL_OK;
    }
    return status;
}

static bool same_atoms(const il_system *a, const il_system *b) {
    long excess[ILI_Z_MAX + 1] = {0};
    bool is_same = true;
    for (int32_t i = 0; i < a->n_atoms; i++) excess[a->species[a->type[i]].z]++;
    for (int32_t i = 0; i < b->n_atoms; i++) excess[b->species[b->type[i]].z]--;
    for (int z = 0; z <= ILI_Z_MAX; z++) is_same = is_same && excess[z] == 0;
    return is_same;
}

/** What x counts by; realisations are averaged and must hold the same atoms. */
static il_status set_formula(il_context *ctx, work *w, il_report *report) {
    char formula[256], other[256];
    ili_system_formula_of(w->cells.sys[0], 1, formula, sizeof formula);
    for (int k = 1; k < w->cells.n; k++) {
        ili_system_formula_of(w->cells.sys[k], 1, other, sizeof other);
        if (!same_atoms(w->cells.sys[0], w->cells.sys[k]))
            return ili_fail(
                ctx, IL_E_INPUT,
                "%s: holds %s, the first structure %s; means are over realisations of one crystal of one "
                "size, so give each other one a command of its own",
                w->cells.file[k], other, formula);
    }
    w->settings.formula_units = formula_units(w);
    ili_system_formula_of(w->cells.sys[0], w->settings.formula_units, formula, sizeof formula);
    ili_json_string(report->json, "formula_unit", formula);
    ili_json_int(report->json, "formula_units", w->settings.formula_units);
    ili_report_print(report, "%ld formula units %s\n", w->settings.formula_units, formula);
    return IL_OK;
}

/** Lithium goes into crystals; contacts have a method of their own. */
static il_status need_crystals(il_context *ctx, const work *w) {
    for (int k = 0; k < w->cells.n; k++) {
        const bool *pbc = w->cells.sys[k]->cell.pbc;
        if (pbc[0] && pbc[1] && pbc[2]) continue;
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: does not repeat in all three directions, expected a crystal; contacts take --method contact",
            w->cells.file[k]);
    }
    return IL_OK;
}

static il_status insert(il_context *ctx, work *w, il_report *report) {
    bool has_converged = true;
    IL_TRY(need_crystals(ctx, w));
    IL_TRY(set_formula(ctx, w, report));
    IL_TRY(set_compositions(ctx, w));
    IL_TRY(read_variants(ctx, w, report));
    IL_TRY(open_parts(ctx, w, report, w->cells.n + w->study.n_variants, name_of_path));
    if (w->parts.is_list) return IL_OK;
    IL_TRY(find_metal(ctx, w, report));
    IL_TRY(run_paths(ctx, w));
    if (!ili_parts_is_whole(&w->parts)) return IL_OK;
    IL_TRY(convert(ctx, w));
    ili_lithiate_study_make(&w->study);
    IL_TRY(ili_lithiate_report(ctx, report, &w->study, w->dir));
    for (int k = 0; k < w->study.n; k++)
        has_converged = has_converged && w->study.mean[k].n_converged == w->study.n_paths;
    if (has_converged) return IL_OK;
    return ili_fail(
        ctx, IL_E_NOT_CONVERGED,
        "some relaxations did not reach their tolerance (\"converged\" tells which); raise --max-steps");
}

static void name_of_contact(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    const work *w = user;
    snprintf(name, ILI_RUN_NAME_MAX, "contact-%d-strain%d", k % w->cells.n + 1, k / w->cells.n + 1);
}

static il_status lithiate_contacts(il_context *ctx, work *w, il_report *report) {
    const lithiate_options *o = w->o;
    ili_contact_study *s = &w->contacts;
    double x[ILI_LITHIATE_POINTS_MAX];
    int n;
    IL_TRY(ili_number_list(ctx, "x", o->x, 1e-6, 1e3, ILI_LITHIATE_POINTS_MAX, x, &n));
    IL_TRY(ili_number_list(ctx, "lateral-strain", o->lateral, -0.2, 0.2, ILI_SLAB_STRAINS_MAX, s->lateral,
                           &s->n_strains));
    if (n != 1)
        return ili_fail(
            ctx, IL_E_USAGE,
            "--x holds %d numbers, expected one for contacts: lithium put into each layer, per formula unit",
            n);
    if (s->n_strains == 0) s->n_strains = 1;
    for (int k = 1; k < s->n_strains; k++)
        for (int j = 0; j < k; j++)
            if (s->lateral[j] == s->lateral[k])
                return ili_fail(ctx, IL_E_USAGE, "--lateral-strain: %g stands there twice", s->lateral[k]);
    s->settings = (ili_slab_settings){.model = w->model,
                                      .ff = w->settings.ff,
                                      .rule = w->settings.rule,
                                      .thickness = o->layer,
                                      .n_layers = o->layers,
                                      .units = o->formula_units,
                                      .x = x[0],
                                      .candidates = o->candidates,
                                      .force_tolerance = o->force_tolerance,
                                      .max_steps = o->max_steps};
    s->dir = w->dir;
    s->fresh = o->fresh;
    s->n_samples = w->cells.n;
    for (int k = 0; k < w->cells.n; k++) s->contact[k] = w->cells.sys[k];
    s->parts = &w->parts;
    s->settings.relaxer = (ili_relaxer){.lammps = w->is_lammps ? &w->lammps : NULL, .dir = w->dir};
    IL_TRY(open_parts(ctx, w, report, s->n_samples * s->n_strains, name_of_contact));
    return w->parts.is_list ? IL_OK : ili_contact_study_run(ctx, report, s);
}

static void name_of_host(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    (void)user;
    snprintf(name, ILI_RUN_NAME_MAX, "r%d", k + 1);
}

static il_status equilibrate(il_context *ctx, work *w, il_report *report) {
    const lithiate_options *o = w->o;
    ili_voltage_study *s = &w->voltages;
    ili_lithiate_gc_settings *g = &s->settings;
    IL_TRY(need_crystals(ctx, w));
    IL_TRY(set_formula(ctx, w, report));
    IL_TRY(ili_number_list(ctx, "voltages", o->voltages, -1e3, 1e3, ILI_GC_VOLTAGES_MAX, g->voltage,
                           &g->n_voltages));
    if (g->n_voltages == 0)
        return ili_fail(ctx, IL_E_USAGE, "gcmc needs --voltages, as in --voltages 3.2,3,2.8");
    s->parts = &w->parts;
    IL_TRY(open_parts(ctx, w, report, w->cells.n, name_of_host));
    if (w->parts.is_list) return IL_OK;
    IL_TRY(find_metal(ctx, w, report));
    g->model = w->model;
    g->ff = w->settings.ff;
    g->temperature = o->temperature;
    g->pressure = o->pressure / ILI_GPA;
    g->equilibration = o->equilibrate;
    g->production = o->sweeps;
    g->formula_units = w->settings.formula_units;
    memcpy(g->repeat, o->repeat, sizeof g->repeat);
    g->li_metal = w->settings.li_metal;
    s->n_hosts = w->cells.n;
    s->host = w->cells.sys;
    s->dir = w->dir;
    s->fresh = o->fresh;
    return ili_voltage_study_run(ctx, report, s);
}

/** How lithium goes in, and the options that not all methods read. */
static const struct {
    const char *name;
    il_status (*run)(il_context *ctx, work *w, il_report *report);
    const char *own[16];
} METHODS[] = {
    {"insertion",
     insert,
     {"x", "charge-balance", "candidates", "place-temperature", "anneal", "anneal-time", "reverse",
      "variants", "metal", "metal-model", "force-tolerance", "stress-tolerance", "max-steps"}},
    {"gcmc",
     equilibrate,
     {"voltages", "temperature", "pressure-GPa", "equilibrate-sweeps", "sweeps", "metal", "metal-model"}},
    {"contact",
     lithiate_contacts,
     {"x", "charge-balance", "candidates", "layer", "layers", "lateral-strain", "force-tolerance",
      "max-steps"}}};
enum { N_METHODS = sizeof METHODS / sizeof *METHODS };

static bool is_own(int method, const char *option) {
    for (const char *const *name = METHODS[method].own; *name; name++)
        if (strcmp(*name, option) == 0) return true;
    return false;
}

/** A structure that stands there twice, where nothing is drawn, would give a standard error of zero. */
static il_status check_twice(il_context *ctx, const lithiate_options *o, int n_inputs,
                             const char *const *inputs) {
    if (strcmp(o->method, "gcmc") == 0 || o->place_temperature > 0.0 || o->anneal > 0.0) return IL_OK;
    for (int k = 1; k < n_inputs; k++)
        for (int j = 0; j < k; j++)
            if (strcmp(inputs[j], inputs[k]) == 0)
                return ili_fail(ctx, IL_E_USAGE,
                                "%s stands there twice, and would count as two independent structures",
                                inputs[k]);
    return IL_OK;
}

/** What of this LAMMPS can do. */
static il_status check_engine(il_context *ctx, work *w) {
    const lithiate_options *o = w->o;
    IL_TRY(ili_engine_is_lammps(ctx, &o->engine, o->ff.precision, w->dir, &w->is_lammps));
    if (!w->is_lammps) return IL_OK;
    if (strcmp(o->method, "gcmc") == 0)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "--method gcmc is Monte Carlo of single ions with their electrons, which LAMMPS has no "
            "moves for: leave --engine lammps out");
    if (o->engine.deck)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "a lithiation has no decks to write beforehand, for each of its relaxations begins "
                        "where the one before it ended: --engine lammps without --deck runs the whole chain");
    return IL_OK;
}

/** An option that only other methods read was not given for nothing. */
static il_status check_use(il_context *ctx, const lithiate_options *o, int method) {
    const char *fit[sizeof OPTIONS / sizeof *OPTIONS] = {0};
    int n = 0, owner;
    for (const il_option *row = OPTIONS; row->name; row++) {
        for (owner = 0; owner < N_METHODS && !is_own(owner, row->name);) owner++;
        if (owner == N_METHODS || is_own(method, row->name)) fit[n++] = row->name;
    }
    const char *useless = ili_option_first_given(OPTIONS, o, fit);
    if (!useless) return IL_OK;
    for (owner = 0; !is_own(owner, useless);) owner++;
    return ili_fail(ctx, IL_E_USAGE,
                    "--%s is read with --method %s, but --method is %s; change one, or leave --%s out",
                    useless, METHODS[owner].name, METHODS[method].name, useless);
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    il_status status;
    ili_journal *journal = NULL;
    int method = 0;
    work *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "a study of lithiation");
    w->o = options;
    w->dir = out_dir;
    while (strcmp(METHODS[method].name, w->o->method) != 0)
        method++; /* the option table allows the names only */
    IL_GO(check_use(ctx, w->o, method));
    IL_GO(check_twice(ctx, w->o, n_inputs, inputs));
    IL_GO(check_engine(ctx, w));
    IL_GO(ili_report_create(ctx, report));
    IL_GO(prepare(ctx, w, *report, n_inputs, inputs));
    IL_GO(job_key(ctx, w, n_inputs, inputs));
    if (w->is_lammps && strcmp(w->o->part, "list") != 0)
        IL_GO(ili_lammps_find(ctx, &w->o->engine, &w->lammps));
    if (strcmp(w->o->part, "list") != 0)
        IL_GO(ili_journal_open(ctx, out_dir, "lithiate", w->key, w->o->fresh, &journal));
    status = METHODS[method].run(ctx, w, *report);
    if (status == IL_OK || status == IL_E_NOT_CONVERGED) report_engine(w, *report);
    if (status == IL_OK) ili_parts_report(*report, &w->parts);
    if (status == IL_E_INPUT || status == IL_E_USAGE || status == IL_E_UNSUPPORTED)
        ili_journal_discard(&journal); /* refused: the corrected command shall find the folder free */
    ili_journal_close(&journal);
out:
    work_free(w);
    return status;
}

const il_verb ili_verb_lithiate = {
    .name = "lithiate",
    .usage = "lithiate FILE -p MODEL [--x LIST] [-o DIR] [options]  |  lithiate JOB.yaml",
    .summary = "volume, strain, voltage and bonds of a crystal as lithium goes in",
    .details = "Lithium goes in ion by ion, each to the best void and with an electron that reduces an ion "
               "of the host; atoms and\n"
               "cell relax each time. Beside it stands, labelled, the volume of the crystals that conversion "
               "would leave.\n"
               "docs/theory.md section 13 defines every number; docs/models.md says what the reduced ions of "
               "a model are.",
    .options = OPTIONS,
    .options_size = sizeof(lithiate_options),
    .min_inputs = 1,
    .max_inputs = ILI_REALISATIONS_MAX,
    .run = run,
};
