/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith interface`: build a contact from two files, relax it and its sides, and say what it costs to form. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/lock.h"
#include "task/contact_file.h"
#include "task/contact_report.h"
#include "task/engine_options.h"
#include "task/ff_options.h"
#include "task/job_key.h"
#include "task/journal.h"
#include "task/parts.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct interface_options {
    ili_ff_choice ff;
    ili_engine_choice engine;
    ili_contact_plan plan;
    int registries, samples, degree, max_steps, fresh;
    char part[IL_TEXT_MAX];
    double force_tolerance;
} interface_options;

#define ROW(option, kind, member, ...)                                                                       \
    { .name = option, .type = IL_OPT_##kind, .offset = offsetof(interface_options, member), __VA_ARGS__ }

static const il_option OPTIONS[] = {
    ILI_FF_OPTION_ROWS(interface_options, ff),
    ROW("miller-a", INT3, plan.miller_a, .preset = "0,0,1",
        .help = "face of A, Miller indices of its conventional cell"),
    ROW("miller-b", INT3, plan.miller_b, .preset = "1,1,0", .help = "face of B; a polymer has none"),
    ROW("termination-a", INT, plan.termination_a, .preset = "-1", .low = -1, .high = 999,
        .help = "termination of A as `interlith slab` numbers them; -1: the least polar with the weakest "
                "bonds cut"),
    ROW("termination-b", INT, plan.termination_b, .preset = "-1", .low = -1, .high = 999,
        .help = "the same for B"),
    ROW("thickness-a", REAL, plan.thickness_a, .preset = "15", .low = 1, .high = 500, .unit = "A",
        .help = "least thickness of the slab of A"),
    ROW("thickness-b", REAL, plan.thickness_b, .preset = "12", .low = 1, .high = 500, .unit = "A",
        .help = "least thickness of the slab of B, or thickness of the polymer film"),
    ROW("max-strain", REAL, plan.max_strain, .preset = "5", .low = 0, .high = 30, .unit = "%",
        .help = "largest principal strain that the common cell may put on the metal, or else on B"),
    ROW("max-area", REAL, plan.max_area, .preset = "300", .low = 1, .high = 1e5, .unit = "A^2",
        .help = "largest common cell"),
    ROW("min-width", REAL, plan.min_width, .preset = "14", .low = 0, .high = 500, .unit = "A",
        .help = "least width of the cell under a polymer"),
    ROW("registries", INT, registries, .preset = "4", .low = 1, .high = ILI_REGISTRIES_MAX,
        .help = "lateral shifts of B over A that are relaxed"),
    ROW("samples", INT, samples, .preset = "2", .low = 1, .high = 1000,
        .help = "realisations of a disordered crystal and packings of a polymer; ordered crystals need one"),
    ROW("degree", INT, degree, .preset = "6", .low = 1, .high = 10000, .help = "repeat units of a chain"),
    ROW("density", REAL, plan.density, .low = 0.01, .high = 5, .unit = "g/cm^3",
        .help = "of the polymer film; not given: the unit file's"),
    ROW("temperature", REAL, plan.temperature, .preset = "450", .low = 1, .high = 5000, .unit = "K",
        .help = "at which the torsions of grown chains are drawn"),
    ROW("force-tolerance", REAL, force_tolerance, .preset = "0.005", .low = 1e-6, .high = 1, .unit = "eV/A",
        .help = "largest force component at the end of a relaxation"),
    ROW("max-steps", INT, max_steps, .preset = "3000", .low = 1, .high = 1e9,
        .help = "steps of one relaxation after which it gives up"),
    ILI_ENGINE_OPTION_ROWS(interface_options, engine),
    ILI_PART_OPTION_ROW(interface_options, part),
    ROW("fresh", FLAG, fresh, .help = "start over instead of going on from the journals in DIR"),
    {.name = NULL},
};

/** The film lies on the crystal, and the strain of a match belongs on the metal: a polymer or a metal that was given as A
 *  changes places with B, and its face, cut and thickness with it. */
static void put_softer_on_top(ili_side side[2], ili_contact_plan *plan) {
    if (!side[0].unit && (!side[0].is_metal || side[1].is_metal || side[1].unit)) return;
    ili_side keep = side[0];
    side[0] = side[1];
    side[1] = keep;
    const ili_contact_plan was = *plan;
    memcpy(plan->miller_a, was.miller_b, sizeof was.miller_b);
    memcpy(plan->miller_b, was.miller_a, sizeof was.miller_a);
    plan->termination_a = was.termination_b;
    plan->termination_b = was.termination_a;
    plan->thickness_a = was.thickness_b;
    plan->thickness_b = was.thickness_a;
}

static il_status read_sides(il_context *ctx, il_report *report, const char *const *inputs,
                            const il_model *model, ili_side side[2]) {
    for (int k = 0; k < 2; k++) {
        IL_TRY(ili_side_read(ctx, inputs[k], model, &side[k]));
        IL_TRY(ili_report_input(ctx, report, side[k].path));
    }
    if (side[0].unit && side[1].unit)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "%s and %s are both polymers; one side must be a crystal",
                        inputs[0], inputs[1]);
    return IL_OK;
}

/** What the verb makes on its way. */
typedef struct work {
    interface_options o;
    const char *dir;
    uint64_t key;
    il_model *model;
    il_ff_options settings;
    bool is_lammps;
    ili_lammps lammps;
    ili_side side[2];
    int n;                       /**< samples of the whole job */
    il_system *(*drawn)[2];      /**< [n] realisations of disordered sides, as drawn; NULL of others */
    ili_contact_sample *samples; /**< [n] */
    ili_parts parts;
} work;

static void work_free(work *w) {
    for (int k = 0; w->samples && k < w->n; k++) ili_contact_sample_free(&w->samples[k]);
    ili_free(w->samples);
    for (int k = 0; w->drawn && k < w->n; k++)
        for (int i = 0; i < 2; i++) il_system_destroy(&w->drawn[k][i]);
    ili_free(w->drawn);
    for (int k = 0; k < 2; k++) ili_side_free(&w->side[k]);
    ili_parts_free(&w->parts);
    ili_lammps_free(&w->lammps);
    il_model_destroy(&w->model);
    ili_free(w);
}

/** Who relaxes in the piece NAME of the job; files of LAMMPS are in DIR/lammps-NAME. Nothing is run for decks. */
static ili_relaxer relaxer_of(const work *w, const char *name, char folder[ILI_RUN_NAME_MAX + 8]) {
    snprintf(folder, ILI_RUN_NAME_MAX + 8, "lammps-%s", name);
    return (ili_relaxer){
        .lammps = w->is_lammps && !w->o.engine.deck ? &w->lammps : NULL, .dir = w->dir, .name = folder};
}

/** The bulk of an ordered side is the same for all samples, whoever comes first relaxes it, and the others wait for its journal. */
static il_status realise_shared(il_context *ctx, work *w, int k) {
    ili_side *side = &w->side[k];
    const char *const name = k ? "bulk-b" : "bulk-a", *const dir = w->o.engine.deck ? NULL : w->dir;
    ili_lock lock = {0};
    ili_journal *journal = NULL;
    char path[ILI_PATH_MAX], folder[ILI_RUN_NAME_MAX + 8];
    il_status status;
    if (side->unit || side->bulk) return IL_OK;
    if (dir) {
        IL_TRY(ili_path_join(ctx, path, dir, "%s.lock", name));
        IL_TRY(ili_lock_wait(ctx, path, "waiting for the bulk of another part", &lock));
    }
    IL_GO(ili_journal_open_piece(ctx, dir, name, w->key, w->o.fresh, &journal));
    IL_GO(ili_side_realise(ctx, w->model, &w->settings, relaxer_of(w, name, folder), journal, side));
out:
    ili_journal_close(&journal);
    ili_lock_release(&lock);
    return status;
}

static ili_contact_effort effort_of(const work *w) {
    return (ili_contact_effort){
        .registries = w->o.registries, .force_tolerance = w->o.force_tolerance, .max_steps = w->o.max_steps};
}

/** Sides of sample k: what is disordered is relaxed for it alone, through its journal, and freed with part_sides. */
static il_status take_sides(il_context *ctx, const work *w, int k, ili_journal *journal, ili_relaxer relaxer,
                            ili_side side[2]) {
    for (int i = 0; i < 2; i++) {
        side[i] = w->side[i];
        side[i].drawn = w->drawn[k][i];
    }
    for (int i = 0; i < 2; i++)
        if (side[i].is_disordered)
            IL_TRY(ili_side_realise(ctx, w->model, &w->settings, relaxer, journal, &side[i]));
    return IL_OK;
}

static void part_sides(ili_side side[2]) {
    for (int i = 0; i < 2; i++)
        if (side[i].is_disordered) il_system_destroy(&side[i].bulk);
}

/** The slabs of a sample. */
static il_status build_sample(il_context *ctx, work *w, int k, const ili_side side[2]) {
    ili_contact_sample *s = &w->samples[k];
    s->number = k;
    return ili_contact_build(ctx, &w->o.plan, w->model, &side[0], &side[1], k, &s->geometry);
}

/** One sample from bulk to energies, or read back; several run side by side. */
static il_status run_sample(il_context *ctx, void *user, int k) {
    work *w = user;
    ili_contact_sample *s = &w->samples[k];
    const ili_contact_effort effort = effort_of(w);
    char folder[ILI_RUN_NAME_MAX + 8];
    ili_relaxer relaxer = relaxer_of(w, w->parts.name[k], folder);
    ili_side side[2] = {{.unit = NULL}, {.unit = NULL}};
    ili_journal *journal = NULL;
    bool is_finished = false;
    il_status status;
    if (w->dir && !w->o.fresh)
        IL_TRY(ili_contact_sample_load(ctx, w->dir, w->parts.name[k], w->key, s, &is_finished));
    if (is_finished) return IL_OK;
    IL_GO(ili_journal_open_piece(ctx, w->dir, w->parts.name[k], w->key, w->o.fresh, &journal));
    IL_GO(take_sides(ctx, w, k, journal, relaxer, side));
    IL_GO(build_sample(ctx, w, k, side));
    IL_GO(
        ili_contact_evaluate(ctx, w->model, &w->settings, &effort, &relaxer, journal, &side[0], &side[1], s));
    if (w->dir) IL_GO(ili_contact_sample_save(ctx, w->dir, w->parts.name[k], w->key, s));
out:
    part_sides(side);
    ili_journal_close(&journal);
    return status;
}

static void name_of(const void *user, int k, char name[ILI_RUN_NAME_MAX]) {
    (void)user;
    snprintf(name, ILI_RUN_NAME_MAX, "sample-%d", k + 1);
}

/** What is asked for: sides, identity of the job, samples. */
static il_status prepare(il_context *ctx, work *w, il_report *report, const char *const *inputs,
                         const void *options) {
    static const char *const but[] = {"part", ILI_ENGINE_OPTIONS_THAT_DO_NOT_MATTER, NULL};
    IL_TRY(ili_ff_choice_model(ctx, report, &w->o.ff, &w->model));
    w->settings = ili_ff_choice_settings(&w->o.ff);
    IL_TRY(read_sides(ctx, report, inputs, w->model, w->side));
    put_softer_on_top(w->side, &w->o.plan);
    const ili_job_parts parts = {.rows = OPTIONS,
                                 .options = options,
                                 .but = but,
                                 .model = w->model,
                                 .inputs = (const char *const[]){w->side[0].path, w->side[1].path},
                                 .n_inputs = 2};
    IL_TRY(ili_job_key(ctx, &parts, &w->key));
    const bool varies = w->side[0].is_disordered || w->side[1].is_disordered || w->side[1].unit;
    w->n = varies ? w->o.samples : 1;
    const ili_parts_plan plan = {.text = w->o.part,
                                 .dir = w->dir,
                                 .key = w->key,
                                 .fresh = w->o.fresh,
                                 .journal = "interface",
                                 .n = w->n,
                                 .name = name_of};
    return ili_parts_open(ctx, report, &plan, &w->parts);
}

/** Is there a sample of this share that cannot be read back? */
static il_status is_unfinished(il_context *ctx, const work *w, bool *is) {
    *is = !w->dir || w->o.fresh || w->o.engine.deck;
    for (int k = 0; k < w->n && !*is; k++) {
        ili_contact_sample sample = {0};
        bool found;
        if (!ili_parts_has(&w->parts, k)) continue;
        il_status status = ili_contact_sample_load(ctx, w->dir, w->parts.name[k], w->key, &sample, &found);
        ili_contact_sample_free(&sample);
        IL_TRY(status);
        *is = !found;
    }
    return IL_OK;
}

/** Room for the samples. Unless all are there: the realisations of all of them, for one follows from those before it; bulks that
 *  they share. */
static il_status begin_samples(il_context *ctx, work *w) {
    bool is_needed;
    w->samples = ili_alloc((size_t)w->n, sizeof *w->samples);
    w->drawn = ili_alloc((size_t)w->n, sizeof *w->drawn);
    if (!w->samples || !w->drawn) return ili_no_memory(ctx, "the samples");
    IL_TRY(is_unfinished(ctx, w, &is_needed));
    if (!is_needed) return IL_OK;
    for (int k = 0; k < w->n; k++)
        for (int i = 0; i < 2; i++) IL_TRY(ili_side_draw(ctx, &w->side[i], &w->drawn[k][i]));
    for (int i = 0; i < 2; i++)
        if (!w->side[i].is_disordered) IL_TRY(realise_shared(ctx, w, i));
    return IL_OK;
}

/** All samples side by side. Ranks of LAMMPS are side by side already: then one after the other. */
static il_status run_samples(il_context *ctx, work *w) {
    const int n_threads = ctx->n_threads;
    IL_TRY(begin_samples(ctx, w));
    if (w->lammps.ranks > 1) ctx->n_threads = 1;
    il_status status = ili_parts_run(ctx, &w->parts, NULL, run_sample, w);
    ctx->n_threads = n_threads;
    return status;
}

/* ---- decks ---------------------------------------------------------------------------------------- */

static const char DECKS[] =
    "The bulk crystals were relaxed by Interlith, for slabs are cut from what that gives. The decks are the\n"
    "relaxations that are known before any other is done: the slabs as cut, and the contact of slabs as cut "
    "at\n"
    "its rigid gap for each registry. In a whole job one relaxation begins with the outcome of others "
    "(relaxed\n"
    "slabs meet, and are parted again), so what these decks give is not read back: the job itself with\n"
    "--engine lammps runs the whole chain.";

/** Where the decks of a sample go. */
typedef struct deck_writer {
    work *w;
    il_report *report;
    ili_json *decks;
    int sample;
} deck_writer;

static il_status write_deck(il_context *ctx, void *user, const char *label, const il_system *sys,
                            const ili_relax_options *options) {
    const deck_writer *d = user;
    char name[ILI_RUN_NAME_MAX + 32];
    snprintf(name, sizeof name, "%s-%.30s", d->w->parts.name[d->sample], label);
    const ili_lammps_job_plan plan = {.out_dir = d->w->dir,
                                      .name = name,
                                      .title = name,
                                      .model = d->w->model,
                                      .settings = &d->w->settings,
                                      .sys = sys};
    IL_TRY(ili_relaxer_deck(ctx, &d->w->lammps, &plan, options));
    ili_lammps_report_deck(d->report, d->decks, d->w->dir, name);
    return IL_OK;
}

static il_status write_decks(il_context *ctx, work *w, il_report *report) {
    const ili_contact_effort effort = effort_of(w);
    deck_writer d = {.w = w, .report = report, .decks = ili_json_list(report->json, "decks")};
    ili_side side[2] = {{.unit = NULL}, {.unit = NULL}};
    ili_journal *journal = NULL;
    il_status status;
    IL_GO(begin_samples(ctx, w));
    IL_GO(ili_journal_open(ctx, NULL, "interface", 0, false, &journal));
    for (d.sample = 0; d.sample < w->n; d.sample++) {
        if (!ili_parts_has(&w->parts, d.sample)) continue;
        part_sides(side);
        IL_GO(take_sides(ctx, w, d.sample, journal, (ili_relaxer){.lammps = NULL}, side));
        IL_GO(build_sample(ctx, w, d.sample, side));
        IL_GO(
            ili_contact_starts(ctx, w->model, &w->settings, &effort, &w->samples[d.sample], write_deck, &d));
    }
    ili_json_string(report->json, "decks_meaning", DECKS);
    ili_report_print(report, "%s\n", DECKS);
    ili_lammps_report(report, &w->lammps, "NAME");
out:
    part_sides(side);
    ili_journal_close(&journal);
    return status;
}

/** What LAMMPS did, in all samples together. */
static void report_engine(work *w, il_report *report) {
    ili_relaxer_count count = {0};
    if (!w->is_lammps) return;
    for (int k = 0; w->samples && k < w->n; k++) ili_relaxer_add(&count, &w->samples[k].relaxations);
    ili_relaxer_report(report, &w->lammps, "lammps-sample-1", &count);
}

static il_status conclude(il_context *ctx, work *w, il_report *report) {
    IL_TRY(ili_contact_report(ctx, report, w->model, w->side, w->samples, w->n, w->dir));
    for (int k = 0; k < w->n; k++)
        if (!w->samples[k].converged)
            return ili_fail(ctx, IL_E_NOT_CONVERGED,
                            "sample %d did not reach %g eV/A in %d steps; raise --max-steps", k + 1,
                            w->o.force_tolerance, w->o.max_steps);
    return IL_OK;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    il_status status;
    ili_journal *journal = NULL; /* whose job the folder is */
    work *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "a contact");
    w->o = *(const interface_options *)options;
    w->o.plan.degree = w->o.degree;
    w->dir = out_dir;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_engine_is_lammps(ctx, &w->o.engine, w->o.ff.precision, out_dir, &w->is_lammps));
    IL_GO(prepare(ctx, w, *report, inputs, options));
    if (w->is_lammps && !w->parts.is_list) IL_GO(ili_lammps_find(ctx, &w->o.engine, &w->lammps));
    if (w->o.engine.deck && !w->parts.is_list) {
        IL_GO(write_decks(ctx, w, *report));
        goto out;
    }
    if (!w->parts.is_list) {
        IL_GO(ili_journal_open(ctx, out_dir, "interface", w->key, w->o.fresh, &journal));
        status = run_samples(ctx, w);
        if (status == IL_E_INTERRUPTED) status = ili_stopped(ctx, ctx->message, w->dir);
        if (status != IL_OK) goto out;
    }
    ili_parts_report(*report, &w->parts);
    if (!w->parts.is_list) report_engine(w, *report);
    if (ili_parts_is_whole(&w->parts)) IL_GO(conclude(ctx, w, *report));
out:
    /* what the input itself forbids is not gone on with: the corrected command shall find the folder free */
    if (status == IL_E_INPUT || status == IL_E_USAGE || status == IL_E_UNSUPPORTED)
        ili_journal_discard(&journal);
    ili_journal_close(&journal);
    work_free(w);
    return status;
}

const il_verb ili_verb_interface = {
    .name = "interface",
    .usage = "interface A B -p MODEL [-o DIR] [options]  |  interface JOB.yaml",
    .summary = "formation energy of a contact of two crystals, or of a crystal and a polymer",
    .details =
        "A and B are structure files or the unit file of a polymer (structures/dol.yaml). Both crystals are "
        "relaxed with the\n"
        "model first, cut into slabs, laid on their smallest common cell (strain on the metal) and relaxed "
        "together and apart.\n"
        "E_form = (E_AB - E_A - E_B)/A, negative = bound; docs/theory.md section 6 defines every number.\n"
        "Samples may be shared out with --part, as in a job array (docs/formats.md).",
    .options = OPTIONS,
    .options_size = sizeof(interface_options),
    .min_inputs = 2,
    .max_inputs = 2,
    .run = run,
};
