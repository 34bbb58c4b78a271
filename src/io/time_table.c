/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/time_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** Share of the time that makes a row of the text; the keys hold them all. */
static const double LEAST = 5e-4;
static const double NS_PER_DAY = 86400.0 * 1e-6; /* in one fs/s */

/** All numbers of the table. */
typedef struct table {
    double seconds[ILI_TIME_STAGES], dynamics[ILI_TIME_STAGES];
    double all;        /**< s, what the stages add up to */
    double idle;       /**< thread seconds */
    double steps_rate; /**< 1/s, of all runs that go at a time */
    double atom_rate;  /**< likewise */
    double ns_per_day; /**< likewise */
} table;

/** The rest is "other"; clocks may differ by their resolution, so it is never negative. */
static double close_sum(double *seconds, double all) {
    double sum = 0.0;
    for (int k = 0; k < ILI_TIME_STAGES; k++) sum += seconds[k];
    seconds[ILI_TIME_OTHER] += fmax(0.0, all - sum);
    return fmax(all, sum);
}

static table make_table(const ili_timing *t, const ili_run_time *run) {
    table m = {0};
    const double threads = run->n_threads * run->wall;
    memcpy(m.seconds, t->seconds, sizeof m.seconds);
    memcpy(m.dynamics, t->dynamics, sizeof m.dynamics);
    m.all = close_sum(m.seconds, run->wall + t->beside);
    m.idle = fmin(fmax(threads - run->processor, 0.0), threads);
    if (!(t->dynamics_seconds > 0.0)) return m;
    close_sum(m.dynamics, t->dynamics_seconds);
    const double per_second = m.all / run->wall / t->dynamics_seconds;
    m.steps_rate = (double)t->steps * per_second;
    m.atom_rate = (double)t->atom_steps * per_second;
    m.ns_per_day = t->dynamics_fs * per_second * NS_PER_DAY;
    return m;
}

static void set_choice(ili_json *json, const ili_choice *c) {
    ili_json_string(json, "simd", c->simd);
    ili_json_string(json, "precision", c->precision);
    ili_json_string(json, "list", c->list);
    ili_json_real(json, "skin_A", c->skin);
    ili_json_real(json, "inner_skin_A", c->inner_skin);
    ili_json_real(json, "list_drift_kT_per_atom_ns", c->list_drift);
    if (c->short_cutoff > 0.0) ili_json_real(json, "short_cutoff_A", c->short_cutoff);
    if (!c->coulomb) return;
    ili_json_string(json, "coulomb", c->coulomb);
    ili_json_real(json, "coulomb_cutoff_A", c->coulomb_cutoff);
    if (c->order == 0) return;
    ili_json_reals(json, "mesh", (double[]){c->mesh[0], c->mesh[1], c->mesh[2]}, 3);
    ili_json_int(json, "order", c->order);
    ili_json_string(json, "mesh_precision", c->mesh_precision);
}

static void set_keys(ili_json *json, const ili_timing *t, const ili_run_time *run, const table *m) {
    ili_json_real(json, "wall_s", run->wall);
    ili_json_real(json, "summed_s", m->all);
    ili_json_int(json, "threads", run->n_threads);
    ili_json_real(json, "processor_s", run->processor);
    ili_json_real(json, "idle_thread_s", m->idle);
    ili_json *stages = ili_json_child(json, "stages_s");
    for (int k = 0; k < ILI_TIME_STAGES; k++)
        ili_json_real(stages, ili_time_key((ili_time_stage)k), m->seconds[k]);
    ili_json_int(json, "evaluations", t->evaluations);
    if (t->steps > 0) {
        ili_json *dynamics = ili_json_child(json, "dynamics");
        ili_json_int(dynamics, "steps", t->steps);
        ili_json_real(dynamics, "summed_s", t->dynamics_seconds);
        ili_json_real(dynamics, "ms_per_step", 1e3 * t->dynamics_seconds / (double)t->steps);
        ili_json_real(dynamics, "steps_per_s", m->steps_rate);
        ili_json_real(dynamics, "atom_steps_per_s", m->atom_rate);
        ili_json_real(dynamics, "ns_per_day", m->ns_per_day);
        stages = ili_json_child(dynamics, "stages_ms_per_step");
        for (int k = 0; k < ILI_TIME_STAGES; k++)
            ili_json_real(stages, ili_time_key((ili_time_stage)k), 1e3 * m->dynamics[k] / (double)t->steps);
    }
    if (t->choice.simd) set_choice(ili_json_child(json, "chosen"), &t->choice);
}

/** One row; ms by step of dynamics, else by evaluation of forces. */
static void print_row(il_report *report, const char *name, double seconds, double all, double ms) {
    ili_report_print(report, "  %-34s %10.3f %6.1f %10.3f\n", name, seconds, 100.0 * seconds / all, ms);
}

static void print_choice(il_report *report, const ili_choice *c) {
    ili_report_print(report, "chosen: %s, %s precision, %s", c->simd, c->precision, c->list);
    if (c->skin > 0.0) ili_report_print(report, ", skin %g A pruned to %.2g A", c->skin, c->inner_skin);
    if (c->list_drift > 0.0) ili_report_print(report, ", drift %g kT/atom/ns", c->list_drift);
    if (c->coulomb) ili_report_print(report, "; Coulomb %s, %.4g A", c->coulomb, c->coulomb_cutoff);
    if (c->order > 0)
        ili_report_print(report, ", %d x %d x %d, order %d, %s", c->mesh[0], c->mesh[1], c->mesh[2], c->order,
                         c->mesh_precision);
    ili_report_print(report, "\n");
}

static void print_table(il_report *report, const ili_timing *t, const ili_run_time *run, const table *m) {
    const bool moves = t->steps > 0;
    const double count = fmax(1.0, (double)(moves ? t->steps : t->evaluations));
    ili_report_print(report, "\n  %-34s %10s %6s %10s\n", "time", "s", "%", moves ? "ms/step" : "ms/eval.");
    for (int k = 0; k < ILI_TIME_STAGES; k++)
        if (m->seconds[k] >= LEAST * m->all)
            print_row(report, ili_time_text((ili_time_stage)k), m->seconds[k], m->all,
                      1e3 * (moves ? m->dynamics[k] : m->seconds[k]) / count);
    print_row(report, "in all", m->all, m->all, 1e3 * (moves ? t->dynamics_seconds : m->all) / count);
    ili_report_print(report, "%.4g s by the clock on %d thread%s, without work or a core %.0f %% of it",
                     run->wall, run->n_threads, run->n_threads == 1 ? "" : "s",
                     100.0 * m->idle / (run->n_threads * run->wall));
    if (moves)
        ili_report_print(report, "; %lld steps, %.3g ns/day, %.3g atom-steps/s\n", t->steps, m->ns_per_day,
                         m->atom_rate);
    else
        ili_report_print(report, "; %lld evaluation%s\n", t->evaluations, t->evaluations == 1 ? "" : "s");
    if (t->choice.simd) print_choice(report, &t->choice);
}

void ili_time_table(il_report *report, ili_json *provenance, const ili_timing *t, const ili_run_time *run) {
    if ((t->evaluations < 1 && t->seconds[ILI_TIME_TRIALS] == 0.0) || !(run->wall > 0.0)) return;
    const table m = make_table(t, run);
    set_keys(ili_json_child(provenance, "timing"), t, run, &m);
    print_table(report, t, run, &m);
}
