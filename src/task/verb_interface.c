/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith interface`: build a contact from two files, relax it and its sides, and say what it costs to form. */
#include "base/alloc.h"
#include "task/contact_energy.h"
#include "task/contact_report.h"
#include "task/ff_options.h"
#include "task/job_key.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct interface_options {
    ili_ff_choice ff;
    ili_contact_plan plan;
    int registries, samples, degree, max_steps, fresh;
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
    ROW("fresh", FLAG, fresh, .help = "start over instead of going on from the journal in DIR"),
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

/** One sample from bulk to energies. */
static il_status run_sample(il_context *ctx, const interface_options *o, const il_model *model,
                            ili_journal *journal, ili_side side[2], ili_contact_sample *s) {
    const il_ff_options settings = ili_ff_choice_settings(&o->ff);
    const ili_contact_effort effort = {
        .registries = o->registries, .force_tolerance = o->force_tolerance, .max_steps = o->max_steps};
    for (int k = 0; k < 2; k++) IL_TRY(ili_side_realise(ctx, model, &settings, journal, &side[k]));
    IL_TRY(ili_contact_build(ctx, &o->plan, model, &side[0], &side[1], s->number, &s->geometry));
    return ili_contact_evaluate(ctx, model, &settings, &effort, journal, &side[0], &side[1], s);
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    (void)n_inputs;
    interface_options o = *(const interface_options *)options;
    o.plan.degree = o.degree;
    ili_side side[2] = {0};
    il_model *model = NULL;
    ili_contact_sample *samples = NULL;
    ili_journal *journal = NULL;
    uint64_t key;
    int n = 0, wanted = 0;
    il_status status;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_ff_choice_model(ctx, *report, &o.ff, &model));
    IL_GO(read_sides(ctx, *report, inputs, model, side));
    put_softer_on_top(side, &o.plan);
    const ili_job_parts parts = {.rows = OPTIONS,
                                 .options = options,
                                 .model = model,
                                 .inputs = (const char *const[]){side[0].path, side[1].path},
                                 .n_inputs = 2};
    IL_GO(ili_job_key(ctx, &parts, &key));
    IL_GO(ili_journal_open(ctx, out_dir, "interface", key, o.fresh, &journal));
    const bool varies = side[0].is_disordered || side[1].is_disordered || side[1].unit;
    wanted = varies ? o.samples : 1;
    samples = ili_alloc((size_t)wanted, sizeof *samples);
    if (!samples) IL_GO(ili_no_memory(ctx, "the samples"));
    for (; n < wanted; n++) {
        samples[n].number = n;
        IL_GO(run_sample(ctx, &o, model, journal, side, &samples[n]));
    }
    IL_GO(ili_contact_report(ctx, *report, model, side, samples, n, out_dir));
    for (int k = 0; k < n; k++)
        if (!samples[k].converged)
            IL_GO(ili_fail(ctx, IL_E_NOT_CONVERGED,
                           "sample %d did not reach %g eV/A in %d steps; raise --max-steps", k + 1,
                           o.force_tolerance, o.max_steps));
out:
    /* what the input itself forbids is not gone on with: the corrected command shall find the folder free */
    if (status == IL_E_INPUT || status == IL_E_USAGE || status == IL_E_UNSUPPORTED)
        ili_journal_discard(&journal);
    for (int k = 0; samples && k < wanted; k++) ili_contact_sample_free(&samples[k]);
    ili_free(samples);
    ili_journal_close(&journal);
    for (int k = 0; k < 2; k++) ili_side_free(&side[k]);
    il_model_destroy(&model);
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
        "E_form = (E_AB - E_A - E_B)/A, negative = bound; docs/theory.md section 6 defines every number.",
    .options = OPTIONS,
    .options_size = sizeof(interface_options),
    .min_inputs = 2,
    .max_inputs = 2,
    .run = run,
};
