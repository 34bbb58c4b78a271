/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_job.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

il_status ili_lammps_job_open(il_context *ctx, ili_lammps *lammps, const ili_lammps_job_plan *plan,
                              ili_lammps_job *job) {
    *job = (ili_lammps_job){.plan = *plan, .lammps = lammps};
    IL_TRY(ili_lammps_folder_make(ctx, plan->out_dir, plan->name, &job->folder));
    const ili_lammps_field_plan field = {.model = plan->model,
                                         .sys = plan->sys,
                                         .settings = plan->settings,
                                         .styles = lammps->styles,
                                         .dir = job->folder.path,
                                         .stem = "system",
                                         .tight = plan->tight};
    il_status status = ili_lammps_field_write(ctx, &field, &job->field);
    if (status != IL_OK)
        ili_lammps_job_close(job);
    else
        job->turn = ili_lammps_turn_of(&job->field, &plan->sys->cell);
    return status;
}

void ili_lammps_job_close(ili_lammps_job *job) {
    ili_lammps_folder_free(&job->folder);
}

ili_lammps_script ili_lammps_job_script(const ili_lammps_job *job) {
    return (ili_lammps_script){.dir = job->folder.path,
                               .name = job->plan.name,
                               .title = job->plan.title,
                               .field = &job->field,
                               .sys = job->plan.sys,
                               .styles = job->lammps->styles,
                               .notes = &job->lammps->notes};
}

il_status ili_lammps_job_path(il_context *ctx, const ili_lammps_job *job, char path[ILI_PATH_MAX],
                              const char *ending) {
    const bool is_log = strcmp(ending, "log") == 0;
    return is_log ? ili_path_join(ctx, path, job->folder.path, "log.%s", job->plan.name)
                  : ili_path_join(ctx, path, job->folder.path, "%s.%s", job->plan.name, ending);
}

void ili_lammps_report_deck(il_report *report, ili_json *decks, const char *out_dir, const char *name) {
    char script[ILI_PATH_MAX];
    ili_json *deck = ili_json_child(decks, NULL);
    snprintf(script, sizeof script, "in.%s", name);
    ili_json_string(deck, "folder", name);
    ili_json_string(deck, "script", script);
    ili_report_print(report, "deck in %s/%s: mpirun -np N lmp -in %s\n", out_dir, name, script);
    report->is_part = true;
}

/* ---- one energy -------------------------------------------------------------------------------------- */

/** What LAMMPS tells apart, under names of ours; order of ili_lammps_column. */
static const char *const TERMS[] = {"pairs",  "coulomb_real", "coulomb_reciprocal", "bonds",
                                    "angles", "torsions",     "impropers"};
enum { N_TERMS = sizeof TERMS / sizeof *TERMS };

/** The last row of a table, and the first energy. */
typedef struct last_row {
    double row[ILI_LC_ALL], first_energy;
    int columns, n;
} last_row;

static il_status keep_row(il_context *ctx, void *user, const double *row) {
    (void)ctx;
    last_row *last = user;
    if (last->n++ == 0) last->first_energy = row[ILI_LC_POTENTIAL];
    memcpy(last->row, row, (size_t)last->columns * sizeof *row);
    return IL_OK;
}

/** Virial w (eV) in our frame from a pressure of LAMMPS without a kinetic part. */
static void virial_of(const ili_lammps_turn *turn, const double *row, double w[6]) {
    for (int k = 0; k < 6; k++) w[k] = row[ILI_LC_TENSOR + k] / ILI_LAMMPS_BAR * row[ILI_LC_VOLUME];
    ili_lammps_turn_tensor(turn, w);
}

static void add_term(ili_ff_result *r, const char *name, double energy) {
    if (energy == 0.0 || r->n_terms == ILI_TERMS_MAX) return;
    snprintf(r->terms[r->n_terms].name, sizeof r->terms[0].name, "%s", name);
    r->terms[r->n_terms++].energy = energy;
}

il_status ili_lammps_energy(il_context *ctx, const ili_lammps_job *job, ili_ff_result *r) {
    const ili_lammps_call call = {.dir = job->folder.path,
                                  .is_scratch = job->folder.is_scratch,
                                  .name = job->plan.name,
                                  .n_parts = 1,
                                  .part_steps = {1}};
    const ili_lammps_state state = {.n = job->plan.sys->n_atoms, .v = r->f};
    last_row last = {.columns = ILI_LC_ALL};
    char path[ILI_PATH_MAX];
    double wall_s;
    IL_TRY(ili_lammps_execute(ctx, job->lammps, &call, &wall_s));
    IL_TRY(ili_lammps_job_path(ctx, job, path, "log"));
    IL_TRY(ili_lammps_log_read(ctx, path, 1, ILI_LC_ALL, (ili_lammps_rows){&last, keep_row}));
    r->energy = last.row[ILI_LC_POTENTIAL] + job->field.energy_offset;
    r->n_terms = 0;
    double told = 0.0;
    for (int k = 0; k < N_TERMS; k++) {
        add_term(r, TERMS[k], last.row[ILI_LC_TERMS + k]);
        told += last.row[ILI_LC_TERMS + k];
    }
    add_term(r, "ions", job->field.energy_offset);
    const double rest = last.row[ILI_LC_POTENTIAL] - told;
    if (fabs(rest) > 1e-9 * fabs(r->energy)) add_term(r, "slab_correction", rest);
    virial_of(&job->turn, last.row, r->w);
    IL_TRY(ili_lammps_job_path(ctx, job, path, "forces"));
    return r->f ? ili_lammps_state_read(ctx, path, &job->turn, &state) : IL_OK;
}

/* ---- relaxation -------------------------------------------------------------------------------------- */

/** Largest component that counts; of the cell modes the stress, beside the pressure asked for. */
static void judge(const ili_relax_options *o, const il_system *sys, int64_t steps, ili_relax_result *r) {
    double off = 0.0;
    r->force_max = 0.0;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++)
            if (fabs(sys->f[i][k]) > r->force_max) {
                r->force_max = fabs(sys->f[i][k]);
                r->force_atom = i;
            }
    double n[3], normal[6];
    ili_cross(sys->cell.h[0], sys->cell.h[1], n);
    const double size = ili_norm(n);
    const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    double along = 0.0;
    for (int k = 0; k < 6; k++) {
        normal[k] = n[row[k]] * n[column[k]] / (size * size);
        along += (k < 3 ? 1.0 : 2.0) * normal[k] * r->stress[k];
        if (o->mode == ILI_RELAX_CELL || o->mode == ILI_RELAX_BOTH)
            off = fmax(off, fabs(r->stress[k] + (k < 3 ? o->pressure : 0.0)));
    }
    if (o->mode == ILI_RELAX_ATOMS_Z) off = fabs(along + o->pressure);
    const bool has_forces = o->mode == ILI_RELAX_CELL || r->force_max <= o->force_tolerance;
    const bool has_stress = o->mode == ILI_RELAX_ATOMS || off <= o->stress_tolerance;
    r->converged = has_forces && has_stress;
    r->steps = (int)steps;
    snprintf(r->verdict, sizeof r->verdict,
             "%s after %lld steps of LAMMPS: largest force component %.3g eV/A (asked for %.3g)%s",
             r->converged ? "converged" : "not converged", (long long)steps, r->force_max, o->force_tolerance,
             "");
    if (o->mode == ILI_RELAX_ATOMS) return;
    const size_t used = strlen(r->verdict);
    snprintf(r->verdict + used, sizeof r->verdict - used, ", stress off by %.3g eV/A^3 (asked for %.3g)", off,
             o->stress_tolerance);
}

static il_status read_relaxed(il_context *ctx, const ili_lammps_job *job, const ili_relax_options *o,
                              il_system *sys, ili_relax_result *r) {
    char path[ILI_PATH_MAX];
    last_row run = {.columns = ILI_LC_MD}, end = {.columns = ILI_LC_MD};
    double w[6];
    IL_TRY(ili_lammps_job_path(ctx, job, path, "log"));
    IL_TRY(ili_lammps_log_read(ctx, path, 1, ILI_LC_MD, (ili_lammps_rows){&run, keep_row}));
    IL_TRY(ili_lammps_log_read(ctx, path, 2, ILI_LC_MD, (ili_lammps_rows){&end, keep_row}));
    if (!sys->f) IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, f));
    IL_TRY(ili_lammps_job_path(ctx, job, path, "forces"));
    const ili_lammps_state state = {.n = sys->n_atoms, .x = sys->x, .v = sys->f, .cell = &sys->cell};
    IL_TRY(ili_lammps_state_read(ctx, path, &job->turn, &state));
    r->energy_start = run.first_energy + job->field.energy_offset;
    r->energy = end.row[ILI_LC_POTENTIAL] + job->field.energy_offset;
    virial_of(&job->turn, end.row, w);
    const double volume = ili_cell_volume(&sys->cell);
    for (int k = 0; k < 6; k++) r->stress[k] = -w[k] / volume;
    sys->has_energy = true;
    sys->energy = r->energy;
    judge(o, sys, (int64_t)run.row[ILI_LC_STEP], r);
    r->evaluations = r->steps; /* LAMMPS does not tell how many its line searches took */
    return IL_OK;
}

il_status ili_lammps_relax(il_context *ctx, const ili_lammps_job *job, const ili_relax_options *o,
                           il_system *sys, ili_relax_result *r) {
    const ili_lammps_call call = {.dir = job->folder.path,
                                  .is_scratch = job->folder.is_scratch,
                                  .name = job->plan.name,
                                  .n_parts = 1,
                                  .part_steps = {o->max_steps > 0 ? o->max_steps : 1},
                                  .label = o->label};
    double wall_s;
    *r = (ili_relax_result){0};
    IL_TRY(ili_lammps_execute(ctx, job->lammps, &call, &wall_s));
    return read_relaxed(ctx, job, o, sys, r);
}
