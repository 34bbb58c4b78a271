/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_dynamics.h"

#include "base/alloc.h"
#include "base/lock.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRESS_ROWS = 200 };

static const double FS_PER_PS = 1e3;
static const double FS_PER_DAY_PER_NS = 86400.0 / 1e6; /* ns/day = this * fs / s */

/* ---- before the first step --------------------------------------------------------------------------- */

static const ili_md_options *first_options(const ili_lammps_dynamics *d) {
    return d->before ? &d->before->stages[0].options : &d->plan->stages[0].options;
}

/** Velocities as our own run draws them; nothing moves, so no list of ours ages. */
static il_status draw_velocities(il_context *ctx, const ili_lammps_dynamics *d, const ili_binding *binding,
                                 ili_md_forces forces, il_system *sys) {
    ili_md_options o = *first_options(d);
    ili_md *md = NULL;
    o.list_drift = 0.0;
    IL_TRY(ili_md_create(ctx, &o, sys, binding, forces, &md));
    il_status status = ili_md_export(ctx, md, sys);
    ili_md_destroy(&md);
    ili_free(sys->f);
    sys->f = NULL;
    return status;
}

/** g/mol of each atom, hydrogen made heavier at the cost of what it is bound to; as ili_md has them. */
static void heavy_hydrogen(const ili_binding *b, double hydrogen, double *mass) {
    const ili_model_species *species = b->model->species;
    for (int32_t i = 0; i < b->n; i++) mass[i] = species[b->type[i]].mass;
    for (int32_t k = 0; k < b->n_bonds; k++)
        for (int s = 0; s < 2; s++) {
            const int32_t h = b->bonds[k].atom[s], heavy = b->bonds[k].atom[1 - s];
            if (species[b->type[h]].base.z != 1 || species[b->type[heavy]].base.z == 1) continue;
            mass[heavy] -= hydrogen - mass[h];
            mass[h] = hydrogen;
        }
}

/** One mass for each LAMMPS type: the species of the model that occur, in their order. masses [n_species of the model]. */
static il_status type_masses(il_context *ctx, const ili_binding *b, double hydrogen, double *masses, int *n) {
    const int32_t n_species = b->model->n_species;
    double *mass = ili_alloc((size_t)(b->n + n_species), sizeof *mass);
    if (!mass) return ili_no_memory(ctx, "the masses of atoms");
    double *of = mass + b->n;
    il_status status = IL_OK;
    heavy_hydrogen(b, hydrogen, mass);
    *n = 0;
    for (int32_t i = 0; i < b->n && status == IL_OK; i++) {
        double *one = &of[b->type[i]];
        if (*one != 0.0 && fabs(*one - mass[i]) > 1e-9)
            status = ili_fail(
                ctx, IL_E_UNSUPPORTED,
                "atoms of species %s bind different numbers of hydrogen, and LAMMPS has one mass for a "
                "species: leave --hydrogen-mass out, or use --engine interlith",
                b->model->species[b->type[i]].base.name);
        *one = mass[i];
    }
    for (int32_t s = 0; s < n_species; s++)
        if (of[s] != 0.0) masses[(*n)++] = of[s];
    ili_free(mass);
    return status;
}

/* ---- the deck ---------------------------------------------------------------------------------------- */

static ili_lammps_stage stage_of(const ili_run_plan *plan, int k) {
    const ili_md_stage_plan *s = &plan->stages[k];
    const int64_t shown = s->options.n_steps / PROGRESS_ROWS + 1;
    return (ili_lammps_stage){.options = s->options,
                              .text = s->text,
                              .thermo_every = plan->thermo_every > 0 ? plan->thermo_every : shown};
}

static il_status write_script(il_context *ctx, const ili_lammps_job *job, const ili_lammps_dynamics *d,
                              const ili_binding *binding) {
    const ili_lammps_script script = ili_lammps_job_script(job);
    const double hydrogen = first_options(d)->hydrogen_mass;
    const size_t n_species = (size_t)d->model->n_species;
    ili_lammps_md md = {.relax_first = d->before ? d->before->relax_first : d->plan->relax_first,
                        .with_velocities = d->with_velocities,
                        .frames_every = d->frames_every};
    il_status status = IL_OK;
    ili_lammps_stage *stages = ili_alloc((size_t)d->plan->n_stages + 1, sizeof *stages);
    double *masses = ili_alloc(n_species, sizeof *masses);
    if (!stages || !masses) IL_GO(ili_no_memory(ctx, "a deck"));
    if (d->before) {
        stages[md.n_stages] = stage_of(d->before, 0);
        stages[md.n_stages].is_preparation = true;
        stages[md.n_stages++].takes_mean_cell = d->takes_mean_cell;
    }
    for (int k = 0; k < d->plan->n_stages; k++) stages[md.n_stages++] = stage_of(d->plan, k);
    md.stages = stages;
    md.masses = masses;
    if (hydrogen > 0.0) IL_GO(type_masses(ctx, binding, hydrogen, masses, &md.n_masses));
    IL_GO(ili_lammps_script_md(ctx, &script, &md));
out:
    ili_free(stages);
    ili_free(masses);
    return status;
}

/** Open the job of sys with velocities and write its deck. */
static il_status write_deck(il_context *ctx, ili_lammps *lammps, const ili_lammps_dynamics *d, il_system *sys,
                            ili_lammps_job *job) {
    const ili_lammps_job_plan plan = {.out_dir = d->out_dir,
                                      .name = d->name,
                                      .title = d->title,
                                      .model = d->model,
                                      .settings = d->settings,
                                      .sys = sys};
    il_ff *ff = NULL;
    il_status status;
    IL_GO(il_ff_create(ctx, d->model, sys, d->settings, &ff));
    if (!sys->v) IL_GO(draw_velocities(ctx, d, ili_ff_binding(ff), ili_md_forces_of(ff), sys));
    IL_GO(ili_lammps_job_open(ctx, lammps, &plan, job));
    IL_GO(write_script(ctx, job, d, ili_ff_binding(ff)));
out:
    il_ff_destroy(&ff);
    return status;
}

/* ---- what is done already ---------------------------------------------------------------------------- */

/** DIR/NAME/job.json says whose folder it is. The deck itself writes DIR/NAME/NAME.done when it has come to its end, so that one that was
 *  run elsewhere, without us, counts as well. */
static il_status mark(il_context *ctx, const char *folder, uint64_t key) {
    char path[ILI_PATH_MAX], text[64];
    snprintf(text, sizeof text, "{\n  \"key\": \"%016" PRIx64 "\"\n}\n", key);
    IL_TRY(ili_path_join(ctx, path, folder, "job.json"));
    return ili_write_file(ctx, path, text);
}

/** Was it finished before? What a fresh start leaves behind is forgotten. */
static il_status look(il_context *ctx, const char *folder, const ili_lammps_dynamics *d, bool *is_finished) {
    char path[ILI_PATH_MAX], done[ILI_PATH_MAX], hex[17];
    ili_json *json = NULL;
    *is_finished = false;
    IL_TRY(ili_path_join(ctx, path, folder, "job.json"));
    IL_TRY(ili_path_join(ctx, done, folder, "%s.done", d->name));
    if (d->plan->fresh || access(path, F_OK) != 0) {
        unlink(done);
        return IL_OK;
    }
    IL_TRY(ili_json_read(ctx, path, &json));
    const char *found = ili_json_string_of(ili_json_get(ili_json_root(json), "key"));
    snprintf(hex, sizeof hex, "%016" PRIx64, d->plan->key);
    il_status status = IL_OK;
    if (!found || strcmp(found, hex) != 0)
        status = ili_fail(ctx, IL_E_INPUT,
                          "%s: belongs to another job (other inputs, options, seed or build); choose another "
                          "-o DIR, or --fresh to start over here",
                          path);
    *is_finished = access(done, F_OK) == 0;
    ili_json_destroy(&json);
    return status;
}

/* ---- running ----------------------------------------------------------------------------------------- */

static double total_time(const ili_lammps_dynamics *d) {
    double time =
        d->before ? (double)d->before->stages[0].options.n_steps * d->before->stages[0].options.dt : 0.0;
    for (int k = 0; k < d->plan->n_stages; k++)
        time += (double)d->plan->stages[k].options.n_steps * d->plan->stages[k].options.dt;
    return time;
}

static il_status execute(il_context *ctx, const ili_lammps *lammps, const ili_lammps_job *job,
                         const ili_lammps_dynamics *d, double *seconds) {
    ili_lammps_call call = {.dir = job->folder.path,
                            .is_scratch = job->folder.is_scratch,
                            .name = d->name,
                            .dt = first_options(d)->dt};
    if (d->before) call.part_steps[call.n_parts++] = d->before->stages[0].options.n_steps;
    for (int k = 0; k < d->plan->n_stages; k++)
        call.part_steps[call.n_parts++] = d->plan->stages[k].options.n_steps;
    return ili_lammps_execute(ctx, lammps, &call, seconds);
}

il_status ili_lammps_dynamics_run(il_context *ctx, ili_lammps *lammps, const ili_lammps_dynamics *d,
                                  bool deck_only, il_system *sys, ili_lammps_job *job, double *seconds) {
    ili_lock lock = {.path = NULL};
    char path[ILI_PATH_MAX], folder[ILI_PATH_MAX];
    bool is_finished = false;
    il_status status;
    *seconds = NAN;
    if (d->before) IL_TRY(ili_run_check(ctx, d->before, d->model, sys));
    IL_TRY(ili_run_check(ctx, d->plan, d->model, sys));
    if (d->out_dir) {
        IL_TRY(ili_path_join(ctx, folder, d->out_dir, "%s", d->name));
        IL_TRY(ili_make_dir(ctx, folder));
        IL_TRY(ili_path_join(ctx, path, folder, "lock"));
        IL_TRY(ili_lock_take(ctx, path, &lock));
        IL_GO(look(ctx, folder, d, &is_finished));
    }
    IL_GO(write_deck(ctx, lammps, d, sys, job));
    if (d->out_dir) IL_GO(mark(ctx, folder, d->plan->key));
    if (deck_only || is_finished) goto out;
    IL_GO(execute(ctx, lammps, job, d, seconds));
out:
    ili_lock_release(&lock);
    return status;
}

/* ---- reading back ------------------------------------------------------------------------------------ */

/** Rows of the log and of the samples, as frames of ours. */
typedef struct rows_in {
    const ili_lammps_job *job;
    const ili_md_options *options;
    ili_run_stage *stage;
    int number;           /**< of the stage, from 0 */
    int64_t first, last;  /**< steps: where the stage begins; the last one written to the table */
    int64_t block, every; /**< samples that a row is the mean of; steps between rows of the table */
    int64_t seen;         /**< rows of samples of the stage */
    ili_table *table;
} rows_in;

static il_status see_sample(il_context *ctx, void *user, const double *row) {
    enum { STEP, TEMPERATURE, POTENTIAL, PRESSURE, VOLUME, CONSERVED };
    rows_in *r = user;
    if ((int64_t)row[STEP] <= r->first) return IL_OK;
    r->seen++;
    for (int k = TEMPERATURE; k <= CONSERVED; k++)
        if (!isfinite(row[k]))
            return ili_fail(ctx, IL_E_NONFINITE,
                            "the samples of stage %d have a number at step %.0f that is not finite, expected "
                            "temperatures, energies and pressures; run with --fresh to make them again",
                            r->number + 1, row[STEP]);
    const double volume = r->job->field.is_slab ? ili_cell_volume(&r->job->turn.ours)
                                                : row[VOLUME]; /* of a slab: not its box there */
    const double p = row[PRESSURE] / ILI_LAMMPS_BAR * row[VOLUME] / volume, side = cbrt(volume);
    const ili_cell cell = {.h = {{side, 0, 0}, {0, side, 0}, {0, 0, side}}};
    const ili_md_frame frame = {.cell = &cell,
                                .temperature = row[TEMPERATURE],
                                .potential = row[POTENTIAL] + r->job->field.energy_offset,
                                .conserved = row[CONSERVED] + r->job->field.energy_offset,
                                .pressure = {p, p, p}};
    for (int64_t k = 0; k < r->block; k++) ili_run_stage_sample(r->stage, &frame);
    return IL_OK;
}

/** Cell of a row, turned into our frame. */
static ili_cell cell_of(const ili_lammps_job *job, const double *row) {
    const double *l = row + ILI_LC_CELL;
    ili_traj_frame f = {.cell = {.h = {{l[0], 0, 0}, {l[3], l[1], 0}, {l[4], l[5], l[2]}}}};
    ili_lammps_turn_frame(&job->turn, &f);
    return f.cell;
}

static il_status see_row(il_context *ctx, void *user, const double *row) {
    rows_in *r = user;
    const int64_t step = (int64_t)row[ILI_LC_STEP];
    if (step <= r->last || step % r->every != 0) return IL_OK;
    const ili_cell cell = cell_of(r->job, row);
    ili_md_frame frame = {.step = step,
                          .time = (double)step * r->options->dt,
                          .n = r->job->plan.sys->n_atoms,
                          .cell = &cell,
                          .potential = row[ILI_LC_POTENTIAL] + r->job->field.energy_offset,
                          .kinetic = row[ILI_LC_KINETIC],
                          .conserved = row[ILI_LC_CONSERVED] + r->job->field.energy_offset,
                          .temperature = row[ILI_LC_TEMPERATURE]};
    const double share =
        row[ILI_LC_VOLUME] / ili_cell_volume(&cell); /* not 1 of a slab, which has another box there */
    for (int k = 0; k < 6; k++) frame.pressure[k] = row[ILI_LC_TENSOR + k] / ILI_LAMMPS_BAR * share;
    ili_lammps_turn_tensor(&r->job->turn, frame.pressure);
    r->last = step;
    return ili_run_table_row(ctx, r->table, r->number, &frame);
}

/** Are all the rows there that the deck asks for? */
static il_status check_samples(il_context *ctx, const rows_in *r, const char *path) {
    const int64_t apart = ILI_RUN_SAMPLE_EVERY * r->block,
                  expected = (r->first + r->options->n_steps) / apart - r->first / apart;
    if (r->seen >= expected - (r->block > 1))
        return IL_OK; /* the first mean of several may begin before the stage */
    return ili_fail(
        ctx, IL_E_STORAGE,
        "%s: has %lld rows of the stage, expected %lld: LAMMPS does not notice a full disk; run with "
        "--fresh when there is room",
        path, (long long)r->seen, (long long)expected);
}

/** Stage `number` of a plan, which is part `part` of the deck. */
static il_status read_stage(il_context *ctx, rows_in *r, const ili_run_plan *plan, int number, int part,
                            ili_run_summary *summary) {
    char path[ILI_PATH_MAX], ending[32];
    r->options = &plan->stages[number].options;
    r->stage = &summary->stage[number];
    r->number = number;
    r->seen = 0;
    r->block = ili_lammps_sample_block(r->options->n_steps);
    snprintf(ending, sizeof ending, "samples-%d", part);
    IL_TRY(ili_lammps_job_path(ctx, r->job, path, ending));
    IL_TRY(ili_lammps_samples_read(ctx, path, 6, (ili_lammps_rows){r, see_sample}));
    IL_TRY(check_samples(ctx, r, path));
    ili_run_stage_conclude(r->stage, r->options->dt);
    r->first += r->options->n_steps;
    if (!r->table) return IL_OK;
    IL_TRY(ili_lammps_job_path(ctx, r->job, path, "log"));
    return ili_lammps_log_read(ctx, path, part, ILI_LC_MD, (ili_lammps_rows){r, see_row});
}

static il_status read_final(il_context *ctx, const ili_lammps_job *job, il_system *last) {
    char path[ILI_PATH_MAX];
    if (!last->v) IL_TRY(ILI_SYSTEM_ARRAY(ctx, last, v));
    const ili_lammps_state state = {.n = last->n_atoms, .x = last->x, .v = last->v, .cell = &last->cell};
    IL_TRY(ili_lammps_job_path(ctx, job, path, "final"));
    IL_TRY(ili_lammps_state_read(ctx, path, &job->turn, &state));
    for (int32_t i = 0; i < last->n_atoms; i++)
        for (int k = 0; k < 3; k++) last->v[i][k] /= FS_PER_PS;
    ili_free(last->f); /* those of a file */
    last->f = NULL;
    last->has_energy = false;
    return IL_OK;
}

static il_status read_plan(il_context *ctx, const ili_lammps_job *job, const ili_run_plan *plan,
                           int first_part, ili_table *table, ili_run_summary *summary) {
    rows_in r = {.job = job, .last = -1, .every = plan->thermo_every, .table = table};
    memset(summary, 0, sizeof *summary);
    summary->resumed_at = -1;
    summary->drift_removed = NAN;
    for (int k = 0; k < plan->n_stages; k++) {
        IL_TRY(read_stage(ctx, &r, plan, k, first_part + k, summary));
        summary->steps += plan->stages[k].options.n_steps;
        summary->time += (double)plan->stages[k].options.n_steps * plan->stages[k].options.dt;
    }
    return IL_OK;
}

static double mass_of(il_context *ctx, const ili_lammps_dynamics *d, const il_system *sys) {
    ili_binding binding = {0};
    double mass = ili_bind(ctx, d->model, sys, true, &binding) == IL_OK ? ili_binding_mass(&binding) : NAN;
    ili_binding_free(&binding);
    return mass;
}

il_status ili_lammps_dynamics_read(il_context *ctx, const ili_lammps_job *job, const ili_lammps_dynamics *d,
                                   double seconds, il_system *last, ili_run_summary *before,
                                   ili_run_summary *summary) {
    const ili_run_plan *p = d->plan;
    char path[ILI_PATH_MAX];
    ili_table *table = NULL;
    il_status status;
    if (d->before && before) IL_GO(read_plan(ctx, job, d->before, 1, NULL, before));
    if (p->dir && p->thermo_every > 0) {
        IL_GO(ili_path_join(ctx, path, p->dir, "%s.thermo.tsv", p->stem));
        IL_GO(ili_run_table_open(ctx, path, 0, &table));
    }
    IL_GO(read_plan(ctx, job, p, d->before ? 2 : 1, table, summary));
    IL_GO(ili_table_close(ctx, &table));
    summary->mass = mass_of(ctx, d, last);
    summary->wall_s = isnan(seconds) ? 0.0 : seconds;
    summary->ns_per_day = isnan(seconds) ? NAN : total_time(d) / seconds * FS_PER_DAY_PER_NS;
    IL_GO(read_final(ctx, job, last));
out:
    if (table) {
        char message[ILI_MESSAGE_MAX]; /* of the failure, not of what closing adds */
        memcpy(message, ctx->message, sizeof message);
        ili_table_close(ctx, &table);
        memcpy(ctx->message, message, sizeof message);
    }
    return status;
}

/* ---- frames ------------------------------------------------------------------------------------------ */

static il_status copy_frames(il_context *ctx, const ili_lammps_job *job, const ili_lammps_dynamics *d,
                             int64_t every, ili_traj_reader *reader, ili_traj_writer *writer) {
    const double dt = d->plan->stages[0].options.dt;
    ili_traj_frame frame;
    for (bool more = true;;) {
        IL_TRY(ili_traj_next(ctx, reader, &frame, &more));
        if (!more) return IL_OK;
        if (frame.step % every != 0) continue;
        ili_lammps_turn_frame(&job->turn, &frame);
        frame.time = (double)frame.step * dt;
        if (!d->plan->with_velocities) frame.v = NULL;
        IL_TRY(ili_traj_append(ctx, writer, &frame));
    }
}

il_status ili_lammps_dynamics_trajectory(il_context *ctx, const ili_lammps_job *job,
                                         const ili_lammps_dynamics *d, int64_t every, const char *path,
                                         int64_t *frames) {
    char dump[ILI_PATH_MAX];
    ili_traj_reader *reader = NULL;
    ili_traj_writer *writer = NULL;
    il_status status;
    IL_GO(ili_lammps_job_path(ctx, job, dump, "dump"));
    IL_GO(ili_traj_open(ctx, dump, job->plan.sys, &reader));
    IL_GO(ili_traj_create(ctx, path, job->plan.sys, d->plan->with_velocities, 0, &writer));
    IL_GO(copy_frames(ctx, job, d, every, reader, writer));
    *frames = ili_traj_written(writer);
    IL_GO(ili_traj_close(ctx, &writer));
out:
    ili_traj_close_reader(&reader);
    if (writer) {
        char message[ILI_MESSAGE_MAX];
        memcpy(message, ctx->message, sizeof message);
        ili_traj_close(ctx, &writer);
        memcpy(ctx->message, message, sizeof message);
    }
    return status;
}
