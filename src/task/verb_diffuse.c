/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith diffuse`: diffusion and conductivity from dynamics at several temperatures, or from trajectories that are there. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "build/symmetry.h"
#include "io/trajectory.h"
#include "system/element.h"
#include "task/diffuse_cells.h"
#include "task/diffuse_lammps.h"
#include "task/diffuse_report.h"
#include "task/engine_options.h"
#include "task/job_key.h"
#include "task/journal.h"
#include "task/lammps_job.h"
#include "task/number_list.h"
#include "task/parts.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct diffuse_options {
    ili_ff_choice ff;
    ili_md_choice md;
    ili_engine_choice engine;
    char temperatures[IL_TEXT_MAX], from[IL_TEXT_MAX], topology[IL_TEXT_MAX];
    char species[IL_TEXT_MAX], charges[IL_TEXT_MAX], reference[IL_TEXT_MAX];
    char ensemble[IL_TEXT_MAX], equilibration[IL_TEXT_MAX], cell[IL_TEXT_MAX];
    char law[IL_TEXT_MAX], fit[IL_TEXT_MAX], viscosity[IL_TEXT_MAX];
    char observe[IL_TEXT_MAX], sites[IL_TEXT_MAX], layers[IL_TEXT_MAX];
    double time, equilibrate, skip; /**< ps */
    double frame_time;              /**< fs */
    int seeds, realisations, fresh;
    char part[IL_TEXT_MAX];
} diffuse_options;

#define ROW(option, kind, member, ...) ILI_MD_ROW(option, kind, diffuse_options, member, __VA_ARGS__)

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(diffuse_options, ff),
    ROW("temperatures", TEXT, temperatures, .unit = "K",
        .help = "list, as in 600,800,1000; of trajectories: one, or one for each"),
    ROW("time", REAL, time, .preset = "100", .low = 1e-3, .high = 1e9, .unit = "ps",
        .help = "length of each run, after equilibration"),
    ROW("equilibrate", REAL, equilibrate, .preset = "20", .low = 0, .high = 1e9, .unit = "ps",
        .help = "before it; its second half gives the mean cell"),
    ROW("equilibrate-with", CHOICE, equilibration, .preset = "auto", .choices = "auto|npt|nvt",
        .help = "auto: npt where all three directions repeat, else nvt"),
    ROW("ensemble", CHOICE, ensemble, .preset = "nvt", .choices = "nvt|npt|nve", .help = "of the run itself"),
    ROW("cell", CHOICE, cell, .preset = "auto", .choices = "auto|iso|aniso|full|z",
        .help = "what npt moves; auto: three lengths of a crystal, the volume of a liquid or polymer"),
    ROW("seeds", INT, seeds, .preset = "1", .low = 1, .high = 256,
        .help = "runs of each structure and temperature, with velocities of their own"),
    ROW("realisations", INT, realisations, .preset = "1", .low = 1, .high = ILI_REALISATIONS_MAX,
        .help = "of a disordered CIF, drawn after it is repeated"),
    ROW("species", TEXT, species,
        .help = "who is followed, as in Li,TFSI: species, elements, molecules by formula or short name; not "
                "given: alkali "
                "ions and molecular ions"),
    ROW("charges", TEXT, charges,
        .help = "charge numbers, as in Li=1,TFSI=-1; not given: oxidation states, net charges of molecules"),
    ROW("reference", CHOICE, reference, .preset = "auto", .choices = "auto|framework|barycentre|none",
        .help = "what stands still; auto: the framework of a crystal, the barycentre of a liquid or polymer"),
    ROW("frame-time", REAL, frame_time, .low = 1e-3, .high = 1e9, .unit = "fs",
        .help = "between samples of transport; not given: the multiple of dt nearest to 20 fs; of "
                "trajectories: from their times"),
    ROW("observe", TEXT, observe, .check = ili_observe_check,
        .help = "tables beside transport: any of rdf,van-hove,vacf,profile,sites,layers"),
    ROW("layers", TEXT, layers, .unit = "A",
        .help = "transport by layer: heights of the planes along the normal of a and b, rising, as in "
                "0,22,40,61; or auto, phases, sides, molecules: found from what the atoms are"),
    ROW("sites", TEXT, sites, .files = IL_FILES_PATH,
        .help = "CIF with the sites of the first species, at the same origin; not given: the first input "
                "when it is a CIF"),
    ROW("law", CHOICE, law, .preset = "arrhenius", .choices = "arrhenius|vtf",
        .help = "of temperature, from which sigma at 298.15 K comes"),
    ROW("fit", CHOICE, fit, .preset = "sigma-T", .choices = "sigma-T|sigma",
        .help = "whether ln(sigma T) or ln(sigma) is fitted for it"),
    ROW("viscosity", TEXT, viscosity, .unit = "mPa s",
        .help =
            "of a liquid, one for each temperature: adds the finite-size correction to tracer diffusivities"),
    ROW("from", TEXT, from, .files = IL_FILES_PATH,
        .help = "analyse these trajectories, with commas between, instead of running"),
    ROW("topology", TEXT, topology, .files = IL_FILES_PATH,
        .help = "structure file that names the atoms of a trajectory, their bonds and molecules"),
    ROW("skip", REAL, skip, .preset = "0", .low = 0, .high = 1e9, .unit = "ps",
        .help = "left out at the begin of a trajectory"),
    ILI_MD_DYNAMICS_ROWS(diffuse_options, md),
    ROW("trajectory", CHOICE, md.trajectory, .preset = "none", .choices = "none|nc|extxyz",
        .help = "transport needs none; AMBER NetCDF or extended XYZ when wanted"),
    ILI_MD_CADENCE_ROWS(diffuse_options, md),
    ILI_PART_OPTION_ROW(diffuse_options, part),
    ILI_ENGINE_OPTION_ROWS(diffuse_options, engine),
    ROW("fresh", FLAG, fresh, .help = "start over instead of going on from the checkpoints in DIR"),
    {.name = NULL},
};

/** What the verb makes on its way; freed by study_free. */
typedef struct work {
    const diffuse_options *o;
    double temperature[ILI_TEMPERATURES_MAX];
    int n_temperatures;
    char trajectory[ILI_REALISATIONS_MAX][IL_TEXT_MAX];
    int n_trajectories;
    double viscosity[ILI_TEMPERATURES_MAX];
    int n_viscosities;
    ili_diffuse_settings settings;
    ili_site_list sites;
    il_model *model;
    il_system *topology;
    ili_diffuse_cells cells;
    ili_carriers carriers[ILI_REALISATIONS_MAX];
    ili_layer_kinds kinds[ILI_REALISATIONS_MAX];
    ili_diffuse_study *study;
    ili_parts parts;
    bool is_lammps;
    ili_lammps lammps;
    double *correction; /**< [n_runs] */
    char formula[256];  /**< of the first structure */
    char reference[256], observe[IL_TEXT_MAX + 8];
} work;

static void work_free(work *w) {
    for (int k = 0; w->study && k < w->study->n_runs; k++) ili_diffuse_run_free(&w->study->runs[k]);
    if (w->study) ili_free(w->study->runs);
    ili_free(w->study);
    ili_free(w->correction);
    ili_parts_free(&w->parts);
    ili_lammps_free(&w->lammps);
    for (int k = 0; k < ILI_REALISATIONS_MAX; k++) {
        ili_carriers_free(&w->carriers[k]);
        ili_layer_kinds_free(&w->kinds[k]);
    }
    ili_diffuse_cells_free(&w->cells);
    ili_site_list_free(&w->sites);
    il_system_destroy(&w->topology);
    il_model_destroy(&w->model);
    ili_free(w);
}

/* ---- what was asked for ---------------------------------------------------------------------------- */

static il_status read_lists(il_context *ctx, work *w) {
    const diffuse_options *o = w->o;
    IL_TRY(ili_number_list(ctx, "temperatures", o->temperatures, 1.0, 1e5, ILI_TEMPERATURES_MAX,
                           w->temperature, &w->n_temperatures));
    IL_TRY(ili_number_list(ctx, "viscosity", o->viscosity, 1e-6, 1e12, ILI_TEMPERATURES_MAX, w->viscosity,
                           &w->n_viscosities));
    for (int k = 0; k < w->n_temperatures; k++)
        for (int j = 0; j < k && !o->from[0]; j++)
            if (fabs(w->temperature[j] - w->temperature[k]) < 1e-5 * w->temperature[k])
                return ili_fail(ctx, IL_E_USAGE,
                                "--temperatures: %g K stands there twice; use --seeds for several runs",
                                w->temperature[k]);
    if (!w->n_temperatures)
        return ili_fail(ctx, IL_E_USAGE,
                        "no temperature was given: add --temperatures, as in --temperatures 600,800,1000");
    if (w->n_viscosities && w->n_viscosities != w->n_temperatures)
        return ili_fail(ctx, IL_E_USAGE,
                        "--viscosity has %d numbers, expected one for each of the %d temperatures",
                        w->n_viscosities, w->n_temperatures);
    for (const char *text = o->from; *text;) {
        size_t length = strcspn(text, ",");
        if (w->n_trajectories == ILI_REALISATIONS_MAX)
            return ili_fail(ctx, IL_E_USAGE, "--from: more than %d trajectories", ILI_REALISATIONS_MAX);
        if (length == 0)
            return ili_fail(ctx, IL_E_USAGE,
                            "--from: found an empty name, expected files with commas between");
        for (int k = 0; k < w->n_trajectories; k++)
            if (strlen(w->trajectory[k]) == length && strncmp(w->trajectory[k], text, length) == 0)
                return ili_fail(ctx, IL_E_USAGE,
                                "--from: %s stands there twice, and would count as two independent runs",
                                w->trajectory[k]);
        snprintf(w->trajectory[w->n_trajectories++], IL_TEXT_MAX, "%.*s", (int)length, text);
        text += length + (text[length] == ',');
    }
    if (w->n_trajectories > 1 && w->n_temperatures > 1 && w->n_temperatures != w->n_trajectories)
        return ili_fail(ctx, IL_E_USAGE,
                        "%d trajectories have %d temperatures, expected one for all or one for each",
                        w->n_trajectories, w->n_temperatures);
    if (w->n_trajectories == 1 && w->n_temperatures > 1)
        return ili_fail(ctx, IL_E_USAGE, "one trajectory has %d temperatures, expected one",
                        w->n_temperatures);
    return IL_OK;
}

/** Options in fs; the frame time must be a whole number of steps. */
static il_status set_times(il_context *ctx, work *w) {
    const diffuse_options *o = w->o;
    ili_diffuse_settings *s = &w->settings;
    s->time = 1e3 * o->time;
    s->equilibrate = 1e3 * o->equilibrate;
    s->frame_time = isnan(o->frame_time) ? o->md.dt * fmax(1.0, round(20.0 / o->md.dt)) : o->frame_time;
    const double steps = round(s->frame_time / o->md.dt);
    if (!(steps >= 1.0) || fabs(steps * o->md.dt - s->frame_time) > 1e-9 * s->frame_time)
        return ili_fail(ctx, IL_E_USAGE,
                        "--frame-time %g fs is not a multiple of the step of %g fs; %g fs is the nearest",
                        s->frame_time, o->md.dt, fmax(1.0, steps) * o->md.dt);
    if (s->time < 20.0 * s->frame_time)
        return ili_fail(ctx, IL_E_USAGE, "--time %g ps holds %g frames of %g fs, expected at least 20",
                        o->time, floor(s->time / s->frame_time), s->frame_time);
    return IL_OK;
}

static void set_ensembles(work *w, bool has_molecules) {
    const diffuse_options *o = w->o;
    ili_diffuse_settings *s = &w->settings;
    const bool *pbc = w->cells.sys[0]->cell.pbc;
    bool is_bulk = pbc[0] && pbc[1] && pbc[2];
    s->md = o->md;
    s->production = strcmp(o->ensemble, "npt") == 0   ? ILI_NPT
                    : strcmp(o->ensemble, "nve") == 0 ? ILI_NVE
                                                      : ILI_NVT;
    s->equilibration =
        strcmp(o->equilibration, "npt") == 0 || (is_bulk && strcmp(o->equilibration, "auto") == 0) ? ILI_NPT
                                                                                                   : ILI_NVT;
    snprintf(s->md.cell, sizeof s->md.cell, "%s",
             strcmp(o->cell, "auto") != 0 ? o->cell
             : has_molecules              ? "iso"
                                          : "aniso");
}

/* ---- runs ------------------------------------------------------------------------------------------ */

static il_status make_runs(il_context *ctx, work *w, int n) {
    if (n > ILI_RUNS_MAX)
        return ili_fail(ctx, IL_E_USAGE, "%d runs were asked for, more than %d", n, ILI_RUNS_MAX);
    w->study->runs = ili_alloc((size_t)n, sizeof *w->study->runs);
    w->correction = ili_alloc((size_t)n, sizeof *w->correction);
    if (!w->study->runs || !w->correction) return ili_no_memory(ctx, "the runs");
    w->study->n_runs = n;
    return IL_OK;
}

/** Seed of the dynamics of a run, apart from that of all others. */
static uint64_t seed_of(const il_context *ctx, double temperature, int realisation, int repeat) {
    uint64_t hash = ili_hash(ILI_HASH_START, &ctx->seed, sizeof ctx->seed);
    hash = ili_hash(hash, &temperature, sizeof temperature);
    hash = ili_hash(hash, &realisation, sizeof realisation);
    return ili_hash(hash, &repeat, sizeof repeat) >> 16; /* exact as a number of JSON */
}

static il_status plan_runs(il_context *ctx, work *w) {
    const int seeds = w->o->seeds, cells = w->cells.n;
    IL_TRY(make_runs(ctx, w, w->n_temperatures * cells * seeds));
    for (int k = 0; k < w->study->n_runs; k++) {
        ili_diffuse_run *run = &w->study->runs[k];
        run->repeat = k % seeds;
        run->realisation = k / seeds % cells;
        run->temperature = w->temperature[k / seeds / cells];
        run->seed = seed_of(ctx, run->temperature, run->realisation, run->repeat);
        run->start = w->cells.sys[run->realisation];
        run->carriers = &w->carriers[run->realisation];
        if (w->settings.layers_by) run->kinds = &w->kinds[run->realisation];
        snprintf(run->name, sizeof run->name, "run-%gK-r%d-s%d", run->temperature, run->realisation + 1,
                 run->repeat + 1);
    }
    return IL_OK;
}

/** One study is of one material: all have the first one's species and composition, whatever their sizes. */
static il_status same_material(il_context *ctx, work *w, int k, const il_system *sys, const char *where) {
    char formula[sizeof w->formula];
    const ili_carriers *a = &w->carriers[0], *b = &w->carriers[k];
    bool is_same = a->n_groups == b->n_groups;
    for (int g = 0; is_same && g < a->n_groups; g++)
        is_same = strcmp(a->groups[g].name, b->groups[g].name) == 0 && a->groups[g].z == b->groups[g].z;
    if (!is_same)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: follows other species than the first structure; name the ones that all have with --species",
            where);
    ili_system_formula(sys, formula, sizeof formula);
    if (k == 0) memcpy(w->formula, formula, sizeof formula);
    if (strcmp(formula, w->formula) == 0) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: holds %s, the first one %s; diffusivities of different compositions do not make one "
                    "value or one activation energy, so give each composition a command of its own",
                    where, formula, w->formula);
}

static ili_carrier_choice carrier_choice(const diffuse_options *o) {
    return (ili_carrier_choice){o->species, o->charges, o->reference};
}

/** What tells the layers of a structure apart, when they are wanted by name. */
static il_status find_kinds(il_context *ctx, work *w, const il_system *sys, const ili_binding *binding,
                            const char *where, int k) {
    const char *way = w->settings.layers_by;
    return way ? ili_layer_kinds_find(ctx, sys, binding, way, where, &w->kinds[k]) : IL_OK;
}

/** Who is followed in each structure; the first one tells the settings of the force field. */
static il_status find_carriers(il_context *ctx, work *w, il_report *report) {
    const ili_carrier_choice choice = carrier_choice(w->o);
    for (int k = 0; k < w->cells.n; k++) {
        il_ff *ff = NULL;
        IL_TRY(il_ff_create(ctx, w->model, w->cells.sys[k], &w->settings.ff, &ff));
        il_status status = ili_carriers_find(ctx, w->cells.sys[k], ili_ff_binding(ff), &choice,
                                             w->cells.file[k], &w->carriers[k]);
        if (status == IL_OK)
            status = find_kinds(ctx, w, w->cells.sys[k], ili_ff_binding(ff), w->cells.file[k], k);
        if (k == 0 && status == IL_OK) ili_ff_report_settings(report, w->model, ff);
        il_ff_destroy(&ff);
        IL_TRY(status);
        IL_TRY(same_material(ctx, w, k, w->cells.sys[k], w->cells.file[k]));
    }
    return IL_OK;
}

static il_status read_heights(il_context *ctx, work *w) {
    ili_diffuse_settings *s = &w->settings;
    double height[ILI_TEMPERATURES_MAX];
    int n;
    IL_TRY(ili_number_list(ctx, "layers", w->o->layers, -1e5, 1e5, ILI_TEMPERATURES_MAX, height, &n));
    bool is_rising = n >= 2 && n <= ILI_LAYERS_MAX + 1;
    for (int k = 1; k < n; k++) is_rising = is_rising && height[k] > height[k - 1];
    if (!is_rising)
        return ili_fail(ctx, IL_E_USAGE, "--layers: expected 2 to %d rising heights of planes, found '%s'",
                        ILI_LAYERS_MAX + 1, w->o->layers);
    s->n_heights = n;
    memcpy(s->heights, height, (size_t)n * sizeof *height);
    return IL_OK;
}

/** Planes between layers, or how they are found; they ask for layers too. */
static il_status read_layers(il_context *ctx, work *w) {
    const char *text = w->o->layers;
    snprintf(w->observe, sizeof w->observe, "%s", w->o->observe);
    w->settings.observe = w->observe;
    if (!text[0]) return IL_OK;
    if (ili_layer_way_is(text)) {
        IL_TRY(ili_layer_way_check(ctx, text, "--layers"));
        w->settings.layers_by = text;
    } else {
        IL_TRY(read_heights(ctx, w));
    }
    if (!ili_observe_wants(w->observe, "layers"))
        snprintf(w->observe, sizeof w->observe, "%.480s%slayers", w->o->observe, w->o->observe[0] ? "," : "");
    return IL_OK;
}

/** Sites of the first species, when they are asked for: of --sites, else of this file when it is a CIF. */
static il_status read_sites(il_context *ctx, work *w, il_report *report, const char *file) {
    const diffuse_options *o = w->o;
    ili_crystal crystal = {0};
    if (o->sites[0]) file = o->sites;
    if (!ili_observe_wants(o->observe, "sites") || !file || !ili_path_ends(file, "cif")) return IL_OK;
    const int z = ili_element_z_of_label(w->carriers[0].groups[0].name);
    il_status status = ili_crystal_read(ctx, file, &crystal);
    if (status == IL_OK) status = ili_report_input(ctx, report, file);
    if (status == IL_OK) status = ili_sites_of_crystal(ctx, &crystal, z, &w->sites);
    w->settings.sites = status == IL_OK ? &w->sites : NULL;
    w->settings.sites_cell = crystal.cell;
    ili_crystal_free(&crystal);
    return status;
}

static il_status run_one(il_context *ctx, void *user, int k) {
    work *w = user;
    ili_diffuse_run *run = &w->study->runs[k];
    return w->is_lammps ? ili_diffuse_run_lammps(ctx, &w->settings, run)
                        : ili_diffuse_run_dynamics(ctx, &w->settings, run);
}

static void name_of(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    const work *w = user;
    memcpy(name, w->study->runs[k].name, ILI_RUN_NAME_MAX);
}

/** Which runs this process does, and which of them are there. */
static il_status open_parts(il_context *ctx, work *w, il_report *report, const char *out_dir) {
    const ili_parts_plan plan = {.text = w->o->part,
                                 .dir = out_dir,
                                 .key = w->settings.key,
                                 .fresh = w->o->fresh,
                                 .journal = "diffuse",
                                 .n = w->study->n_runs,
                                 .name = name_of,
                                 .user = w};
    return ili_parts_open(ctx, report, &plan, &w->parts);
}

static il_status job_key(il_context *ctx, work *w, int n_inputs, const char *const *inputs) {
    static const char *const but[] = {"temperatures",
                                      "seeds",
                                      "realisations",
                                      "law",
                                      "fit",
                                      "viscosity",
                                      "skip",
                                      "sites",
                                      "part",
                                      ILI_MD_OPTIONS_THAT_DO_NOT_MATTER,
                                      ILI_ENGINE_OPTIONS_THAT_DO_NOT_MATTER,
                                      NULL};
    const char *files[ILI_REALISATIONS_MAX + 1];
    int n_files = 0;
    for (; n_files < n_inputs; n_files++) files[n_files] = inputs[n_files];
    if (w->o->sites[0]) files[n_files++] = w->o->sites; /* what it holds counts, not what it is called */
    const ili_job_parts parts = {.rows = OPTIONS,
                                 .options = w->o,
                                 .but = but,
                                 .model = w->model,
                                 .inputs = files,
                                 .n_inputs = n_files};
    return ili_job_key(ctx, &parts, &w->settings.key);
}

static void warn_samples(il_context *ctx, const work *w) {
    if (w->cells.is_disordered && w->cells.n == 1)
        ili_warn(ctx,
                 "%s: one realisation of a disordered crystal; the spread between arrangements is not in the "
                 "errors, use "
                 "--realisations",
                 w->cells.file[0]);
    if (w->n_temperatures == 1)
        ili_warn(ctx, "one temperature gives no activation energy; list at least two with --temperatures");
}

/** A run whose mean temperature is another one than it is reported at. Where it is too short for an error of the mean,
 *  the spread of a single sample stands for it: T sqrt(2/3N). */
static void warn_temperature(il_context *ctx, const work *w) {
    for (int k = 0; k < w->study->n_runs; k++) {
        const ili_diffuse_run *run = &w->study->runs[k];
        const ili_run_mean *mean = &run->dynamics.temperature;
        double off = fabs(mean->value - run->temperature);
        double sigma =
            isfinite(mean->sigma) ? mean->sigma : run->temperature * sqrt(2.0 / (3.0 * run->start->n_atoms));
        if (off > 0.02 * run->temperature && off > 4.0 * sigma)
            ili_warn(ctx,
                     "%s: its mean temperature is %.1f +- %.1f K, not %g K, at which its numbers are "
                     "reported; equilibrate longer",
                     run->name, mean->value, sigma, run->temperature);
    }
}

/** The decks of all runs, to be run elsewhere; and how what comes of them is read. */
static il_status write_decks(il_context *ctx, work *w, il_report *report, const char *out_dir) {
    const ili_diffuse_run *runs = w->study->runs;
    ili_json *decks = ili_json_list(report->json, "decks");
    char back[4 * IL_TEXT_MAX];
    for (int k = 0; k < w->study->n_runs; k++) {
        if (!ili_parts_has(&w->parts, k)) continue;
        IL_TRY(run_one(ctx, w, k));
        ili_lammps_report_deck(report, decks, out_dir, runs[k].name);
    }
    ili_diffuse_hand_back(runs, w->study->n_runs, back, sizeof back);
    ili_json_string(report->json, "hand_back", back);
    return IL_OK;
}

/** What LAMMPS did otherwise than we would, in all runs together. */
static void report_engine(work *w, il_report *report) {
    if (!w->is_lammps) return;
    for (int k = 0; k < w->study->n_runs; k++)
        for (int i = 0; i < w->study->runs[k].notes.n; i++)
            ili_lammps_note(&w->lammps.notes, "%s", w->study->runs[k].notes.text[i]);
    ili_lammps_report(report, &w->lammps, w->study->runs[0].name);
}

/** All runs side by side; those of larger structures take longer. Ranks of LAMMPS are side by side already: then one after the other. */
static il_status run_all(il_context *ctx, work *w) {
    const int n = w->study->n_runs, n_threads = ctx->n_threads;
    double *cost = ili_alloc((size_t)n, sizeof *cost);
    if (!cost) return ili_no_memory(ctx, "the runs");
    for (int k = 0; k < n; k++) cost[k] = w->study->runs[k].start->n_atoms;
    if (w->lammps.ranks > 1) ctx->n_threads = 1;
    il_status status = ili_parts_run(ctx, &w->parts, cost, run_one, w);
    ctx->n_threads = n_threads;
    ili_free(cost);
    if (status == IL_OK && ili_parts_is_whole(&w->parts)) warn_temperature(ctx, w);
    return status;
}

static il_status run_dynamics(il_context *ctx, work *w, il_report *report, int n_inputs,
                              const char *const *inputs, const char *out_dir) {
    const diffuse_options *o = w->o;
    char formula[256];
    ili_journal *journal = NULL;
    il_status status;
    IL_TRY(set_times(ctx, w));
    w->settings.ff = ili_ff_choice_dynamics(&o->ff);
    IL_TRY(ili_ff_choice_model(ctx, report, &o->ff, &w->model));
    w->settings.model = w->model;
    IL_TRY(ili_diffuse_cells_read(ctx, report, n_inputs, inputs, o->md.repeat, o->realisations,
                                  "use --seeds for runs that differ in their velocities", &w->cells));
    IL_TRY(find_carriers(ctx, w, report));
    IL_TRY(read_sites(ctx, w, report, inputs[0]));
    set_ensembles(w, w->carriers[0].has_molecules);
    IL_TRY(plan_runs(ctx, w));
    IL_TRY(job_key(ctx, w, n_inputs, inputs));
    IL_TRY(open_parts(ctx, w, report, out_dir));
    if (w->parts.is_list) return IL_OK;
    if (w->is_lammps) IL_TRY(ili_lammps_find(ctx, &o->engine, &w->lammps));
    w->settings.lammps = w->is_lammps ? &w->lammps : NULL;
    w->settings.decks_only = o->engine.deck;
    if (!o->engine.deck)
        IL_TRY(ili_journal_open(ctx, out_dir, "diffuse", w->settings.key, o->fresh, &journal));
    w->settings.dir = out_dir;
    w->settings.fresh = o->fresh;
    long units = ili_report_formula(report, w->cells.sys[0], formula, sizeof formula);
    ili_json_int(report->json, "structures", w->cells.n);
    ili_report_print(report,
                     "%ld %s, %d atoms, %d structure%s, %d run%s of %g ps after %g ps of equilibration\n",
                     units, formula, w->cells.sys[0]->n_atoms, w->cells.n, w->cells.n == 1 ? "" : "s",
                     w->study->n_runs, w->study->n_runs == 1 ? "" : "s", o->time, o->equilibrate);
    warn_samples(ctx, w);
    status = o->engine.deck ? write_decks(ctx, w, report, out_dir) : run_all(ctx, w);
    report_engine(w, report);
    if (status == IL_E_INPUT || status == IL_E_USAGE || status == IL_E_UNSUPPORTED)
        ili_journal_discard(&journal); /* refused: the corrected command shall find the folder free */
    ili_journal_close(&journal);
    return status;
}

/* ---- trajectories ---------------------------------------------------------------------------------- */

static il_status open_trajectory(il_context *ctx, work *w, int k) {
    const ili_carrier_choice choice = carrier_choice(w->o);
    ili_traj_reader *reader = NULL;
    IL_TRY(ili_traj_open(ctx, w->trajectory[k], w->topology, &reader));
    const il_system *sys = w->topology ? w->topology : ili_traj_system(reader);
    ili_binding made = {0}, *binding = w->model ? &made : NULL;
    il_status status = binding ? ili_bind(ctx, w->model, sys, true, &made) : IL_OK;
    if (status == IL_OK)
        status = ili_carriers_find(ctx, sys, binding, &choice, w->trajectory[k], &w->carriers[k]);
    if (status == IL_OK) status = same_material(ctx, w, k, sys, w->trajectory[k]);
    if (status == IL_OK) status = find_kinds(ctx, w, sys, binding, w->trajectory[k], k);
    ili_binding_free(&made);
    ili_traj_close_reader(&reader);
    return status;
}

static il_status read_trajectories(il_context *ctx, work *w, il_report *report) {
    const diffuse_options *o = w->o;
    if (o->topology[0]) {
        IL_TRY(il_system_read(ctx, o->topology, &w->topology));
        IL_TRY(ili_report_input(ctx, report, o->topology));
    }
    if (w->settings.layers_by && o->ff.model[0]) /* it knows the phases */
        IL_TRY(ili_ff_choice_model(ctx, report, &o->ff, &w->model));
    IL_TRY(make_runs(ctx, w, w->n_trajectories));
    w->settings.frame_time = o->frame_time;
    for (int k = 0; k < w->n_trajectories; k++) {
        ili_diffuse_run *run = &w->study->runs[k];
        run->trajectory = w->trajectory[k];
        run->temperature = w->temperature[w->n_temperatures > 1 ? k : 0];
        run->realisation = k;
        snprintf(run->name, sizeof run->name, "trajectory-%d", k + 1);
        run->carriers = &w->carriers[k];
        if (w->settings.layers_by) run->kinds = &w->kinds[k];
        IL_TRY(open_trajectory(ctx, w, k));
        if (k == 0) IL_TRY(read_sites(ctx, w, report, NULL));
        IL_TRY(ili_diffuse_run_trajectory(ctx, &w->settings, w->topology, 1e3 * o->skip, run));
        IL_TRY(ili_report_input(ctx, report, run->trajectory));
        ili_report_print(report, "%s: %lld frames, %g fs apart, at %g K\n", run->trajectory,
                         (long long)run->frames, run->frame_time, run->temperature);
    }
    return IL_OK;
}

/* ---- all ------------------------------------------------------------------------------------------- */

/** Tracer diffusivities of a liquid at infinite size. */
static void correct_size(il_context *ctx, work *w) {
    for (int k = 0; w->n_viscosities && k < w->study->n_runs; k++) {
        ili_diffuse_run *run = &w->study->runs[k];
        int at = 0;
        while (at < w->n_temperatures - 1 && w->temperature[at] != run->temperature) at++;
        const double add =
            ili_transport_finite_size(run->temperature, w->viscosity[at], cbrt(run->result.volume));
        w->correction[k] = add;
        for (int g = 0; g < run->result.n_species; g++) {
            ili_estimate *d = &run->result.species[g].d;
            *d = (ili_estimate){d->value + add, d->sigma, d->low + add, d->high + add};
        }
    }
    if (w->n_viscosities && !w->carriers[0].has_molecules)
        ili_warn(ctx, "the finite-size correction holds for liquids and melts; this is a crystal, leave "
                      "--viscosity out");
}

/** Volume and dimensions of a slab, wire or molecule are the caller's choice. */
static void warn_vacuum(il_context *ctx, const ili_diffuse_study *s) {
    for (int k = 0; k < s->n_runs; k++) {
        const bool *pbc = s->runs[k].cell.pbc;
        if (pbc[0] && pbc[1] && pbc[2]) continue;
        ili_warn(ctx,
                 "%s: its cell does not repeat in three directions: conductivities are per volume of the "
                 "cell, vacuum "
                 "included, and D is the mean of three directions; see D_tensor_m2_per_s, or give --layers",
                 s->runs[k].name);
        return;
    }
}

static il_status conclude(il_context *ctx, work *w, il_report *report, const char *out_dir) {
    const diffuse_options *o = w->o;
    const ili_diffuse_view view = {.plain_sigma = strcmp(o->fit, "sigma") == 0,
                                   .vtf = strcmp(o->law, "vtf") == 0,
                                   .is_corrected = w->n_viscosities > 0,
                                   .correction = w->correction,
                                   .reference = w->reference};
    w->study->carriers = &w->carriers[0];
    w->study->n_groups = w->carriers[0].n_groups;
    w->study->with_vtf = view.vtf || w->carriers[0].has_molecules;
    ili_carriers_reference_text(&w->carriers[0], w->reference, sizeof w->reference);
    correct_size(ctx, w);
    warn_vacuum(ctx, w->study);
    IL_TRY(ili_diffuse_study_make(ctx, w->study));
    return ili_diffuse_report(ctx, report, w->study, &view, out_dir);
}

/** What was given must be of use: options of a run beside --from, of trajectories without it, sites that nobody looks at. */
static il_status check_use(il_context *ctx, const work *w, int n_inputs, const char *const *inputs) {
    const char *const for_layers = w->settings.layers_by ? "model" : "layers"; /* its phases name them */
    const char *const of_both[] = {"temperatures", "species", "charges", "reference", "frame-time",
                                   "observe",      "layers",  "sites",   "law",       "fit",
                                   "viscosity",    "fresh",   "from",    "topology",  "skip",
                                   for_layers,     NULL};
    const diffuse_options *o = w->o;
    const bool has_from = w->n_trajectories > 0;
    if (has_from && n_inputs)
        return ili_fail(
            ctx, IL_E_USAGE,
            "both a structure, %s, and --from were given; the atoms of a trajectory are named by --topology",
            inputs[0]);
    if (!has_from && !n_inputs)
        return ili_fail(
            ctx, IL_E_USAGE,
            "nothing was given to run or to analyse: interlith diffuse FILE -p MODEL --temperatures "
            "LIST, or interlith diffuse --from TRAJECTORY --temperatures T");
    if (!has_from && (o->topology[0] || o->skip > 0.0))
        return ili_fail(ctx, IL_E_USAGE, "--%s is of trajectories: give them with --from, or leave it out",
                        o->topology[0] ? "topology" : "skip");
    const char *useless = has_from ? ili_option_first_given(OPTIONS, o, of_both) : NULL;
    if (useless)
        return ili_fail(
            ctx, IL_E_USAGE,
            "--%s is of runs and has no meaning beside --from, where nothing is run; leave it out", useless);
    if (o->sites[0] && !ili_observe_wants(o->observe, "sites"))
        return ili_fail(
            ctx, IL_E_USAGE,
            "--sites was given, but nothing looks at sites: add --observe sites, or leave it out");
    return IL_OK;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    il_status status;
    work *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "a study of transport");
    w->o = options;
    w->study = ili_alloc(1, sizeof *w->study);
    if (!w->study) IL_GO(ili_no_memory(ctx, "a study of transport"));
    IL_GO(ili_report_create(ctx, report));
    IL_GO(read_lists(ctx, w));
    IL_GO(read_layers(ctx, w));
    IL_GO(check_use(ctx, w, n_inputs, inputs));
    IL_GO(ili_engine_is_lammps(ctx, &w->o->engine, w->o->ff.precision, out_dir, &w->is_lammps));
    IL_GO(w->n_trajectories ? read_trajectories(ctx, w, *report)
                            : run_dynamics(ctx, w, *report, n_inputs, inputs, out_dir));
    ili_parts_report(*report, &w->parts);
    if (ili_parts_is_whole(&w->parts) && !w->o->engine.deck) IL_GO(conclude(ctx, w, *report, out_dir));
out:
    work_free(w);
    return status;
}

const il_verb ili_verb_diffuse = {
    .name = "diffuse",
    .usage = "diffuse FILE.. -p MODEL --temperatures LIST [-o DIR] [options]  |  diffuse JOB.yaml  |  "
             "diffuse --from TRAJECTORY "
             "--temperatures T",
    .summary = "diffusion, conductivity and activation energy from dynamics or from trajectories",
    .details = "Each structure is relaxed, equilibrated and run at each temperature; transport is summed "
               "while it runs, so no "
               "trajectory\n"
               "is needed. Runs go side by side and on from their checkpoints in DIR. What is not diffusive "
               "says so and is left out "
               "of\n"
               "the Arrhenius fit; sigma at 298.15 K is marked where it is extrapolated. docs/theory.md "
               "section 10 defines every "
               "number.",
    .options = OPTIONS,
    .options_size = sizeof(diffuse_options),
    .min_inputs = 0,
    .max_inputs = ILI_REALISATIONS_MAX,
    .run = run,
};
