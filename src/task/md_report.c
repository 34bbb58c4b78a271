/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/md_report.h"

#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double PS = 1e3, NS = 1e6; /* fs */
static const double M_PER_S = 1e5;      /* in one angstrom/fs */

/** A slab or a cluster has no volume of its own, so no pressure and no density. */
static bool is_crystal(const il_system *sys) {
    return sys->cell.pbc[0] && sys->cell.pbc[1] && sys->cell.pbc[2];
}

static ili_run_mean times(ili_run_mean m, double factor) {
    return (ili_run_mean){m.value * factor, m.sigma * fabs(factor)};
}

/** Drift of the conserved quantity in kT/atom/ns, T being the mean temperature of the stage. */
static ili_run_mean drift_of(const ili_run_stage *s, const il_system *sys) {
    return times(s->drift, NS / (sys->n_atoms * ILI_KB * s->temperature.value));
}

static ili_run_mean density_of(const ili_run_stage *s, double mass) {
    double density = mass * ILI_G_PER_CM3 / s->volume.value;
    return (ili_run_mean){density, density * s->volume.sigma / s->volume.value};
}

static void set(ili_json *json, const char *key, ili_run_mean m) {
    ili_json_estimate(json, key, m.value, m.sigma);
}

static void report_stage(ili_json *json, const ili_md_stage_plan *plan, const ili_run_stage *s, double mass,
                         const il_system *sys) {
    const ili_run_mean unknown = {NAN, NAN};
    const bool has_volume = is_crystal(sys);
    ili_json_string(json, "stage", plan->text);
    ili_json_int(json, "steps", plan->options.n_steps);
    ili_json_real(json, "time_ps", (double)plan->options.n_steps * plan->options.dt / PS);
    ili_json_int(json, "samples", s->samples);
    set(json, "temperature_K", s->temperature);
    set(json, "potential_eV", s->potential);
    set(json, "pressure_GPa", has_volume ? times(s->pressure, ILI_GPA) : unknown);
    set(json, "volume_A3", has_volume ? s->volume : unknown);
    set(json, "density_g_per_cm3", has_volume ? density_of(s, mass) : unknown);
    set(json, "drift_kT_per_atom_ns", drift_of(s, sys));
}

void ili_md_report_json(ili_json *json, const ili_run_plan *plan, const ili_run_summary *summary,
                        const il_system *sys) {
    ili_json_int(json, "steps", summary->steps);
    ili_json_real(json, "time_ps", summary->time / PS);
    if (summary->resumed_at >= 0)
        ili_json_int(json, "resumed_at_step", summary->resumed_at);
    else
        ili_json_real(json, "resumed_at_step", NAN);
    ili_json_real(json, "drift_removed_m_per_s", summary->drift_removed * M_PER_S);
    ili_json_real(json, "wall_s", summary->wall_s);
    ili_json_real(json, "ns_per_day", summary->ns_per_day);
    ili_json *stages = ili_json_list(json, "stages");
    for (int k = 0; k < plan->n_stages; k++)
        report_stage(ili_json_child(stages, NULL), &plan->stages[k], &summary->stage[k], summary->mass, sys);
}

/** "300.2 +- 1.5"; the error is left out where it is not known. */
static const char *with_error(char text[48], ili_run_mean m, int digits) {
    if (isnan(m.value))
        strcpy(text, "-");
    else if (isnan(m.sigma))
        snprintf(text, 48, "%.*f", digits, m.value);
    else
        snprintf(text, 48, "%.*f +- %.*f", digits, m.value, digits, m.sigma);
    return text;
}

void ili_md_report_text(il_report *report, const ili_run_plan *plan, const ili_run_summary *summary,
                        const il_system *sys) {
    const ili_run_mean unknown = {NAN, NAN};
    const bool has_volume = is_crystal(sys);
    char t[48], u[48], p[48], v[48], d[48];
    int wide = (int)strlen("stage");
    for (int k = 0; k < plan->n_stages; k++)
        if ((int)strlen(plan->stages[k].text) > wide) wide = (int)strlen(plan->stages[k].text);
    ili_report_print(report, "%-*s %18s %22s %18s %22s %20s\n", wide, "stage", "T (K)", "energy (eV/atom)",
                     "p (GPa)", "V (A^3)", "drift (kT/atom/ns)");
    for (int k = 0; k < plan->n_stages; k++) {
        const ili_run_stage *s = &summary->stage[k];
        const ili_run_mean energy = times(s->potential, 1.0 / sys->n_atoms);
        ili_report_print(report, "%-*s %18s %22s %18s %22s %20s\n", wide, plan->stages[k].text,
                         with_error(t, s->temperature, 2), with_error(u, energy, 5),
                         with_error(p, has_volume ? times(s->pressure, ILI_GPA) : unknown, 4),
                         with_error(v, has_volume ? s->volume : unknown, 2),
                         with_error(d, drift_of(s, sys), 3));
    }
    if (!isnan(summary->drift_removed))
        ili_report_print(report, "drift of the centre of mass taken out: %.2g m/s\n",
                         summary->drift_removed * M_PER_S);
    if (isnan(summary->ns_per_day))
        ili_report_print(report, "%.6g ps, finished before\n", summary->time / PS);
    else
        ili_report_print(report, "%.6g ps, %.3g ns/day\n", summary->time / PS, summary->ns_per_day);
}
