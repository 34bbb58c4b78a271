/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diffuse.json: numbers at each temperature with their Arrhenius laws, transference numbers and concentrations from its runs, the
 * resistance of layers. */
#include "task/handoff_result.h"

#include "analysis/arrhenius.h"
#include "base/alloc.h"
#include "math/fit.h"
#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double ROOM = 298.15;

typedef struct study {
    const ili_result *r;
    const ili_json_view *levels, *runs, *fits;
    char method[512];
    bool is_in_framework; /**< displacements are relative to the framework */
    ili_handoff *out;
} study;

/** What stands at each temperature. */
static const struct row {
    ili_quantity_kind kind;
    const char *key, *fit; /**< fit NULL: none is made */
    bool by_species;
} ROWS[] = {{ILI_Q_tracer_diffusivity, "D_tracer_m2_per_s", "D of ", true},
            {ILI_Q_charge_diffusivity, "D_charge_m2_per_s", "D_charge", false},
            {ILI_Q_ionic_conductivity, "sigma_S_per_m", "sigma", false},
            {ILI_Q_nernst_einstein_conductivity, "sigma_NE_S_per_m", "sigma_NE", false},
            {ILI_Q_haven_ratio, "haven", NULL, false}};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/** "molecular dynamics (nvt), 6 runs of 45 ps, 998 atoms; model pmmcs; relative to ..." */
static il_status describe(il_context *ctx, study *s) {
    const ili_json_view *options = ili_json_get(s->r->root, "options");
    const char *ensemble = ili_json_string_of(ili_json_get(options, "ensemble")),
               *reference =
                   ili_json_string_of(ili_json_get(ili_json_get(s->r->root, "definitions"), "reference"));
    const bool is_analysis = ili_json_string_of(ili_json_get(options, "from"));
    const double atoms = ili_json_number(ili_json_get(s->r->root, "natoms"));
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < ili_json_size(s->runs); k++) {
        double time;
        IL_TRY(ili_result_number(ctx, s->r, ili_json_at(s->runs, k), "time_ps", &time));
        low = fmin(low, time);
        high = fmax(high, time);
    }
    ili_result_append(s->method, sizeof s->method, "molecular dynamics%s%s%s, %zu run%s of %g",
                      is_analysis || !ensemble ? "" : " (", is_analysis || !ensemble ? "" : ensemble,
                      is_analysis || !ensemble ? "" : ")", ili_json_size(s->runs),
                      ili_json_size(s->runs) == 1 ? "" : "s", low);
    if (high > low) ili_result_append(s->method, sizeof s->method, " to %g", high);
    ili_result_append(s->method, sizeof s->method, " ps");
    if (atoms > 0.0) ili_result_append(s->method, sizeof s->method, ", %g atoms", atoms);
    if (s->r->model[0]) ili_result_append(s->method, sizeof s->method, "; %s", s->r->model);
    if (reference) ili_result_append(s->method, sizeof s->method, "; %s", reference);
    s->is_in_framework = reference && strstr(reference, "framework");
    return IL_OK;
}

/** Charge number of a species; 0: no run tells. */
static double charge_of(const study *s, const char *species) {
    for (size_t k = 0; k < ili_json_size(s->runs); k++) {
        const ili_json_view *one = ili_json_get(ili_json_get(ili_json_at(s->runs, k), "species"), species);
        const double z = ili_json_number(ili_json_get(one, "charge_number"));
        if (isfinite(z)) return z;
    }
    return 0.0;
}

/* ---- laws --------------------------------------------------------------------------------------------- */

/** sigma of ln y from {value, low, high} of y. */
static double ln_sigma(double low, double high, double width) {
    return log(high / low) / (2.0 * width);
}

/** Files before the covariance was written down: from the error at 298.15 K, eq. (14.2) turned round. */
static double covariance_from_room(const ili_law *law, const ili_value *room) {
    const double b = 1.0 / (ILI_KB * ROOM), at_room = room->sigma / room->value;
    return (law->var_ln_prefactor + b * b * law->var_Ea_eV2 - at_room * at_room) / (2.0 * b);
}

/** Temperatures of the fit: written down, or those of points that a fit takes. */
static il_status read_range(il_context *ctx, const study *s, const ili_json_view *fit, ili_quantity *q) {
    ili_law *law = &q->law;
    if (ili_json_type_of(fit, "T_low_K") != ILI_JSON_ABSENT) {
        IL_TRY(ili_result_number(ctx, s->r, fit, "T_low_K", &law->T_low));
        return ili_result_number(ctx, s->r, fit, "T_high_K", &law->T_high);
    }
    law->T_low = INFINITY;
    law->T_high = -INFINITY;
    for (int k = 0; k < q->n; k++) {
        if (!q->is_sound[k] || !(q->y[k].value > 0.0)) continue;
        law->T_low = fmin(law->T_low, q->at[k]);
        law->T_high = fmax(law->T_high, q->at[k]);
    }
    return IL_OK;
}

static void warn_of_law(ili_quantity *q, bool scatter_was_tested, double p, double widening, bool is_curved) {
    const ili_law *law = &q->law;
    if (is_curved && !law->is_vtf)
        ili_quantity_warn(q,
                          "the points show curvature (VTF): the Arrhenius law holds within its range alone");
    if (p < 0.05)
        ili_quantity_warn(q, "the points do not lie on the law (p %.2g), its errors are widened %.2g times",
                          p, widening);
    if (!scatter_was_tested)
        ili_quantity_warn(q, "the law goes through %s temperatures: scatter about it was not tested",
                          law->is_vtf ? "three" : "two");
    if (q->is_extrapolated)
        ili_quantity_warn(q, "298.15 K lies outside the %g to %g K that were fitted: extrapolated",
                          law->T_low, law->T_high);
}

/** Asked for, or the points are curved; and with the covariances that earlier versions did not write. */
static bool has_vtf(const study *s, const ili_json_view *vtf) {
    const char *asked = ili_json_string_of(ili_json_get(ili_json_get(s->r->root, "options"), "law"));
    return ili_json_type_of(vtf, "covariance") == ILI_JSON_LIST &&
           ((asked && strcmp(asked, "vtf") == 0) || ili_json_is_true(ili_json_get(vtf, "is_curved")));
}

/** Three rows of three numbers; null: not known. */
static il_status read_covariance(il_context *ctx, const study *s, const ili_json_view *vtf,
                                 double covariance[3][3]) {
    const ili_json_view *rows;
    IL_TRY(ili_result_list(ctx, s->r, vtf, "covariance", &rows));
    bool is_square = ili_json_size(rows) == 3;
    for (size_t a = 0; a < 3 && is_square; a++) {
        const ili_json_view *row = ili_json_at(rows, a);
        is_square = ili_json_size(row) == 3;
        for (size_t b = 0; b < 3; b++) covariance[a][b] = ili_json_number(ili_json_at(row, b));
    }
    if (is_square) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: \"covariance\" of a VTF law is no list of three rows of three numbers; "
                    "run it again",
                    s->r->path);
}

/** Put the law of Vogel, Tammann and Fulcher in the place of that of Arrhenius, which was fitted to the same points. */
static il_status read_vtf(il_context *ctx, const study *s, const ili_json_view *vtf, ili_quantity *q) {
    const ili_json_view *prefactor;
    double freedom, p, widening, value;
    ili_law law = q->law;
    IL_TRY(read_covariance(ctx, s, vtf, law.covariance));
    ili_value B, T0;
    IL_TRY(ili_result_estimate(ctx, s->r, vtf, "B_K", 1.0, &B));
    IL_TRY(ili_result_estimate(ctx, s->r, vtf, "T0_K", 1.0, &T0));
    IL_TRY(ili_result_object(ctx, s->r, vtf, "prefactor", &prefactor));
    IL_TRY(ili_result_number(ctx, s->r, prefactor, "value", &value));
    IL_TRY(ili_result_number(ctx, s->r, vtf, "freedom", &freedom));
    IL_TRY(ili_result_number(ctx, s->r, vtf, "p", &p));
    IL_TRY(ili_result_number(ctx, s->r, vtf, "widening", &widening));
    IL_TRY(ili_result_estimate(ctx, s->r, vtf, "at_298K", law.times_T ? 1.0 / ROOM : 1.0, &q->at_298K));
    if (!(value > 0.0) || !isfinite(B.value) || !isfinite(T0.value)) return IL_OK;
    law.is_vtf = true;
    law.ln_prefactor = log(value);
    law.B_K = B.value;
    law.T0_K = T0.value;
    law.Ea_eV = law.var_ln_prefactor = law.var_Ea_eV2 = law.cov = NAN;
    q->law = law;
    if (!(q->at_298K.value > 0.0)) q->at_298K = (ili_value){NAN, NAN, NAN, NAN};
    warn_of_law(q, freedom > 0.0, p, widening, true);
    return IL_OK;
}

static il_status read_law(il_context *ctx, const study *s, const char *name, bool times_T, ili_quantity *q) {
    const ili_json_view *fit, *prefactor;
    ili_law law = {.times_T = times_T};
    ili_value energy, room;
    double used, value, low, high, p, widening;
    bool scatter;
    IL_TRY(ili_result_object(ctx, s->r, s->fits, name, &fit));
    IL_TRY(ili_result_number(ctx, s->r, fit, "temperatures_used", &used));
    if (ili_json_type_of(fit, "Ea_eV") == ILI_JSON_ABSENT || !(used >= 2.0)) return IL_OK;
    IL_TRY(ili_result_estimate(ctx, s->r, fit, "Ea_eV", 1.0, &energy));
    IL_TRY(ili_result_object(ctx, s->r, fit, "prefactor", &prefactor));
    IL_TRY(ili_result_number(ctx, s->r, prefactor, "value", &value));
    IL_TRY(ili_result_number(ctx, s->r, prefactor, "low_95", &low));
    IL_TRY(ili_result_number(ctx, s->r, prefactor, "high_95", &high));
    IL_TRY(ili_result_estimate(ctx, s->r, fit, "at_298K", times_T ? 1.0 / ROOM : 1.0, &room));
    IL_TRY(ili_result_number(ctx, s->r, fit, "p", &p));
    IL_TRY(ili_result_number(ctx, s->r, fit, "widening", &widening));
    IL_TRY(ili_result_flag(ctx, s->r, fit, "scatter_was_tested", &scatter));
    if (!(value > 0.0) || !isfinite(energy.value) || !(used < 1e6)) return IL_OK;
    law.is_given = true;
    law.n_temperatures = (int)used;
    law.ln_prefactor = log(value);
    law.Ea_eV = energy.value;
    law.var_Ea_eV2 = energy.sigma * energy.sigma;
    law.width_95 = (energy.high - energy.low) / (2.0 * energy.sigma);
    if (ili_json_type_of(fit, "covariance_ln_prefactor_Ea_eV") != ILI_JSON_ABSENT) {
        double sigma;
        IL_TRY(ili_result_number(ctx, s->r, fit, "sigma_ln_prefactor", &sigma));
        IL_TRY(ili_result_number(ctx, s->r, fit, "covariance_ln_prefactor_Ea_eV", &law.cov));
        law.var_ln_prefactor = sigma * sigma;
    } else {
        law.var_ln_prefactor = pow(ln_sigma(low, high, law.width_95), 2);
        law.cov = covariance_from_room(&law, &room);
    }
    q->law = law;
    q->at_298K = room;
    IL_TRY(read_range(ctx, s, fit, q));
    q->is_extrapolated = !(q->law.T_low <= ROOM && q->law.T_high >= ROOM);
    const ili_json_view *vtf = ili_json_get(fit, "vtf");
    if (has_vtf(s, vtf)) return read_vtf(ctx, s, vtf, q);
    warn_of_law(q, scatter, p, widening, ili_json_is_true(ili_json_get(vtf, "is_curved")));
    return IL_OK;
}

/* ---- what stands at each temperature ------------------------------------------------------------------- */

static void warn_of_motion(ili_quantity *q) {
    char list[128] = "";
    for (int k = 0; k < q->n; k++)
        if (!q->is_sound[k]) ili_result_append(list, sizeof list, "%s%g", list[0] ? ", " : "", q->at[k]);
    if (list[0])
        ili_quantity_warn(q, "NOT diffusive at %s K: the number there is no %s", list,
                          q->kind == ILI_Q_haven_ratio ? "ratio of diffusivities" : "transport coefficient");
}

/** The law of sigma T, unless the run was asked for that of sigma. */
static void fit_name(const study *s, const struct row *row, const char *species, char name[96],
                     bool *times_T) {
    const char *asked = ili_json_string_of(ili_json_get(ili_json_get(s->r->root, "options"), "fit"));
    *times_T = row->kind == ILI_Q_ionic_conductivity && !(asked && strcmp(asked, "sigma") == 0);
    snprintf(name, 96, "%s%s%s", row->fit, species, *times_T ? " T" : "");
}

/** One row of the table, of one species. Levels that lack it are passed over. */
static il_status add_row(il_context *ctx, const study *s, const struct row *row, const char *species) {
    const int n = (int)ili_json_size(s->levels);
    ili_quantity *q;
    char name[96];
    bool times_T;
    IL_TRY(ili_result_add(ctx, s->r, s->out, row->kind, species, ILI_ARG_TEMPERATURE, n, &q));
    ili_result_append(q->method, sizeof q->method, "%s", s->method);
    q->charge_number = charge_of(s, species);
    q->is_in_framework = s->is_in_framework;
    for (int k = 0; k < n; k++) {
        const ili_json_view *level = ili_json_at(s->levels, (size_t)k);
        IL_TRY(ili_result_number(ctx, s->r, level, "T_K", &q->at[k]));
        if (row->by_species) IL_TRY(ili_result_object(ctx, s->r, level, row->key, &level));
        const char *key = row->by_species ? species : row->key;
        if (ili_json_type_of(level, key) == ILI_JSON_ABSENT) continue;
        IL_TRY(ili_result_estimate(ctx, s->r, level, key, 1.0, &q->y[k]));
        IL_TRY(ili_result_flag(ctx, s->r, ili_json_get(level, key), "diffusive", &q->is_sound[k]));
    }
    const int before = s->out->n;
    ili_handoff_close_last(s->out);
    if (s->out->n < before) return IL_OK;
    if (row->fit) {
        fit_name(s, row, species, name, &times_T);
        IL_TRY(read_law(ctx, s, name, times_T, q));
    }
    warn_of_motion(q);
    return IL_OK;
}

/* ---- means over runs ------------------------------------------------------------------------------------ */

/** A number of a run: of a species, of one of its layers or planes, or of the whole stack. */
typedef struct place {
    const char *species;
    const char *list; /**< "layers" or "planes", or NULL: the stack */
    size_t index;     /**< in the list */
    const char *key;  /**< of the estimate */
    double factor;    /**< to SI */
} place;

/** *value stays NaN where the run has no such number. */
typedef il_status (*run_number)(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                                ili_value *value, bool *is_sound);

static il_status species_of(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                            const ili_json_view **species) {
    IL_TRY(ili_result_object(ctx, s->r, run, "species", species));
    *species = ili_json_get(*species, p->species); /* runs of other structures may lack it */
    return IL_OK;
}

static il_status number_of_t(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                             ili_value *value, bool *is_sound) {
    const ili_json_view *species;
    IL_TRY(ili_result_flag(ctx, s->r, run, "charge_diffusive", is_sound));
    IL_TRY(species_of(ctx, s, run, p, &species));
    return species ? ili_result_estimate(ctx, s->r, species, p->key, 1.0, value) : IL_OK;
}

/** Runs whose reference is another than the centre of mass have none. */
static il_status number_of_t_solvent(il_context *ctx, const study *s, const ili_json_view *run,
                                     const place *p, ili_value *value, bool *is_sound) {
    const ili_json_view *species;
    *is_sound = false;
    IL_TRY(species_of(ctx, s, run, p, &species));
    if (ili_json_type_of(species, p->key) == ILI_JSON_ABSENT) return IL_OK;
    return number_of_t(ctx, s, run, p, value, is_sound);
}

/** Of the whole run; those without a binary salt have none. */
static il_status number_of_blocked(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                                   ili_value *value, bool *is_sound) {
    IL_TRY(ili_result_flag(ctx, s->r, run, "charge_diffusive", is_sound));
    if (ili_json_type_of(run, p->key) == ILI_JSON_ABSENT) return IL_OK;
    IL_TRY(ili_result_estimate(ctx, s->r, run, p->key, 1.0, value));
    *is_sound = *is_sound && value->value > 0.0;
    return IL_OK;
}

/** All species must diffuse: their sum is in it. */
static il_status number_of_t_self(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                                  ili_value *value, bool *is_sound) {
    const ili_json_view *all, *species;
    const char *name = NULL;
    IL_TRY(ili_result_object(ctx, s->r, run, "species", &all));
    *is_sound = true;
    while ((name = ili_json_next_key(all, name))) {
        bool is_diffusive;
        IL_TRY(ili_result_flag(ctx, s->r, ili_json_get(all, name), "diffusive", &is_diffusive));
        *is_sound = *is_sound && is_diffusive;
    }
    IL_TRY(species_of(ctx, s, run, p, &species));
    return species ? ili_result_estimate(ctx, s->r, species, p->key, 1.0, value) : IL_OK;
}

static il_status number_of_concentration(il_context *ctx, const study *s, const ili_json_view *run,
                                         const place *p, ili_value *value, bool *is_sound) {
    const ili_json_view *cell, *species;
    double particles, volume;
    *is_sound = true;
    IL_TRY(ili_result_object(ctx, s->r, run, "cell", &cell));
    IL_TRY(species_of(ctx, s, run, p, &species));
    if (!species) return IL_OK;
    IL_TRY(ili_result_number(ctx, s->r, species, p->key, &particles));
    IL_TRY(ili_result_number(ctx, s->r, cell, "volume_A3", &volume));
    value->value = particles / (volume * 1e-30 * ILI_AVOGADRO);
    return IL_OK;
}

/** What a run tells of a species by layer; NULL: nothing. */
static const ili_json_view *layers_of(const ili_json_view *run, const char *species) {
    return ili_json_get(ili_json_get(ili_json_get(run, "layers"), "species"), species);
}

/** A boundary has an error when crossings were seen; a layer says whether it is diffusive; the stack needs all of its layers to be. */
static il_status number_of_layers(il_context *ctx, const study *s, const ili_json_view *run, const place *p,
                                  ili_value *value, bool *is_sound) {
    const ili_json_view *group = layers_of(run, p->species), *list, *one = group;
    *is_sound = true;
    if (!group) return IL_OK;
    if (p->list) {
        IL_TRY(ili_result_list(ctx, s->r, group, p->list, &list));
        one = ili_json_at(list, p->index);
        if (!one) return IL_OK;
    }
    IL_TRY(ili_result_list(ctx, s->r, group, "layers", &list));
    for (size_t k = 0; k < ili_json_size(list); k++) {
        bool is_diffusive;
        IL_TRY(ili_result_flag(ctx, s->r, ili_json_at(list, k), "diffusive", &is_diffusive));
        if (!p->list || (strcmp(p->list, "layers") == 0 && k == p->index))
            *is_sound = *is_sound && is_diffusive;
    }
    IL_TRY(ili_result_estimate(ctx, s->r, one, p->key, p->factor, value));
    *is_sound = *is_sound && isfinite(value->sigma);
    return IL_OK;
}

/** Numbers of the runs at one temperature. */
typedef struct sample {
    int n, n_sound;
    ili_estimate *number; /**< [runs] */
    int *realisation;     /**< [runs] from 0: runs of one structure share one */
    double *label;        /**< [runs] what the file calls it */
} sample;

static il_status gather(il_context *ctx, const study *s, run_number number, const place *p, double T,
                        sample *out) {
    out->n = out->n_sound = 0;
    for (size_t k = 0; k < ili_json_size(s->runs); k++) {
        const ili_json_view *run = ili_json_at(s->runs, k);
        const int n = out->n;
        ili_value v = {NAN, NAN, NAN, NAN};
        double here;
        bool is_sound;
        IL_TRY(ili_result_number(ctx, s->r, run, "T_K", &here));
        IL_TRY(ili_result_number(ctx, s->r, run, "realisation", &out->label[n]));
        if (!(fabs(here - T) <= 1e-6 * T)) continue;
        IL_TRY(number(ctx, s, run, p, &v, &is_sound));
        if (!isfinite(v.value)) continue;
        out->number[n] = (ili_estimate){v.value, v.sigma, v.low, v.high};
        out->realisation[n] = 0;
        while (out->realisation[n] < n && out->label[out->realisation[n]] != out->label[n])
            out->realisation[n]++;
        out->n_sound += is_sound;
        out->n++;
    }
    return IL_OK;
}

/** One run as it stands; several as the diffusivities are combined, but an end of the interval that one of them does not know is not
 *  known of their mean. */
static ili_value combine(const sample *here) {
    const ili_estimate *first = here->number,
                       e = here->n == 1 ? *first : ili_combine(here->n, first, here->realisation, NULL);
    ili_value v = {e.value, e.sigma, e.low, e.high};
    for (int k = 0; k < here->n; k++) {
        if (isfinite(first[k].low) == isfinite(first[k].high)) continue;
        if (!isfinite(first[k].low)) v.low = NAN;
        if (!isfinite(first[k].high)) v.high = NAN;
    }
    return v;
}

/** Means over realisations at each temperature, as those of the diffusivities; sound when more than half of the runs are. `where`: what
 *  follows the material. */
static il_status add_mean(il_context *ctx, const study *s, ili_quantity_kind kind, run_number number,
                          const place *p, const char *where, ili_quantity **added) {
    const size_t n = ili_json_size(s->levels), n_runs = ili_json_size(s->runs) + 1;
    sample here = {.number = ili_alloc(n_runs, sizeof *here.number),
                   .realisation = ili_alloc(n_runs, sizeof *here.realisation),
                   .label = ili_alloc(n_runs, sizeof *here.label)};
    ili_quantity *q;
    il_status status = IL_OK;
    *added = NULL;
    if (!here.number || !here.realisation || !here.label) IL_GO(ili_no_memory(ctx, "the runs"));
    IL_GO(ili_result_add(ctx, s->r, s->out, kind, p->species, ILI_ARG_TEMPERATURE, (int)n, &q));
    ili_result_append(q->material, sizeof q->material, "%s", where);
    ili_result_append(q->method, sizeof q->method, "%s", s->method);
    q->charge_number = charge_of(s, p->species);
    q->is_in_framework = s->is_in_framework;
    for (size_t k = 0; k < n; k++) {
        IL_GO(ili_result_number(ctx, s->r, ili_json_at(s->levels, k), "T_K", &q->at[k]));
        IL_GO(gather(ctx, s, number, p, q->at[k], &here));
        if (here.n > 0) q->y[k] = combine(&here);
        q->is_sound[k] = 2 * here.n_sound > here.n;
    }
    const int before = s->out->n;
    ili_handoff_close_last(s->out);
    if (s->out->n == before) *added = q;
out:
    ili_free(here.number);
    ili_free(here.realisation);
    ili_free(here.label);
    return status;
}

static il_status add_species(il_context *ctx, const study *s, const char *species, int n_species) {
    static const struct {
        ili_quantity_kind kind;
        const char *key;
        run_number number;
    } rows[] = {{ILI_Q_transference_number, "t", number_of_t},
                {ILI_Q_transference_number_solvent, "t_solvent", number_of_t_solvent},
                {ILI_Q_transference_number_self, "t_self", number_of_t_self},
                {ILI_Q_concentration, "particles", number_of_concentration}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const place p = {.species = species, .key = rows[k].key};
        ili_quantity *q;
        IL_TRY(add_mean(ctx, s, rows[k].kind, rows[k].number, &p, "", &q));
        if (!q || rows[k].kind == ILI_Q_concentration) continue;
        warn_of_motion(q);
        if (n_species == 1) ili_quantity_warn(q, "1 by construction: no other species was followed");
    }
    return IL_OK;
}

static il_status add_blocked(il_context *ctx, const study *s) {
    const place p = {.species = "", .key = "sigma_anion_blocked_S_per_m"};
    ili_quantity *q;
    IL_TRY(add_mean(ctx, s, ILI_Q_anion_blocked_conductivity, number_of_blocked, &p, "", &q));
    if (q) warn_of_motion(q);
    return IL_OK;
}

/* ---- layers --------------------------------------------------------------------------------------------- */

/** Crossings, bins without visitors, a species that a wall was built for: what the layers say of themselves. */
static void warn_of_layers(ili_quantity *q, const ili_json_view *run, const ili_json_view *group) {
    const char *const texts[] = {
        ili_json_string_of(ili_json_get(group, "by_construction")),
        ili_json_string_of(ili_json_get(ili_json_get(run, "layers"), "left_planes"))};
    for (int k = 0; k < 2; k++)
        if (texts[k]) ili_quantity_warn(q, "%s", texts[k]);
    for (int k = 0; k < q->n; k++)
        if (!q->is_sound[k]) {
            const char *verdict = ili_json_string_of(ili_json_get(group, "verdict"));
            ili_quantity_warn(q, "not sound at %g K: a layer is not diffusive, or its error is not known%s%s",
                              q->at[k], verdict ? "; " : "", verdict ? verdict : "");
            return;
        }
}

static il_status add_stack(il_context *ctx, const study *s, const ili_json_view *run, const char *species) {
    static const struct {
        ili_quantity_kind kind;
        const char *key;
        double factor;
    } rows[] = {
        {ILI_Q_interphase_resistance, "area_specific_resistance_ohm_cm2", 1e-4},
        {ILI_Q_interphase_resistance_crossings, "area_specific_resistance_from_crossings_ohm_cm2", 1e-4},
        {ILI_Q_permeability, "permeability_m_per_s", 1.0},
        {ILI_Q_permeability_crossings, "permeability_from_crossings_m_per_s", 1.0}};
    const ili_json_view *group = layers_of(run, species);
    const char *reference = ili_json_string_of(ili_json_get(group, "reference_layer"));
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const place p = {.species = species, .key = rows[k].key, .factor = rows[k].factor};
        ili_quantity *q;
        IL_TRY(add_mean(ctx, s, rows[k].kind, number_of_layers, &p, "", &q));
        if (!q) continue;
        warn_of_layers(q, run, group);
        if (reference) ili_result_append(q->method, sizeof q->method, "; reference layer %s", reference);
    }
    return IL_OK;
}

/** Resistances of the layers, called "LAGP: oxide", and of the planes between them, "LAGP: oxide|polymer". */
static il_status add_parts(il_context *ctx, const study *s, const ili_json_view *run, const char *species) {
    const ili_json_view *group = layers_of(run, species), *layers, *planes;
    IL_TRY(ili_result_list(ctx, s->r, group, "layers", &layers));
    IL_TRY(ili_result_list(ctx, s->r, group, "planes", &planes));
    const size_t n = ili_json_size(layers), n_all = n + ili_json_size(planes);
    for (size_t k = 0; k < n_all; k++) {
        const ili_json_view *one = k < n ? ili_json_at(layers, k) : ili_json_at(planes, k - n);
        const char *first = ili_json_string_of(ili_json_get(one, k < n ? "name" : "below")),
                   *second = ili_json_string_of(ili_json_get(one, "above"));
        char where[64] = "";
        if (!first || (k >= n && !second)) continue; /* the outside of the stack */
        ili_result_append(where, sizeof where, ": %.28s%s%.28s", first, k < n ? "" : "|",
                          k < n ? "" : second);
        const place p = {species, k < n ? "layers" : "planes", k < n ? k : k - n, "resistance_ohm_cm2", 1e-4};
        ili_quantity *q;
        IL_TRY(add_mean(ctx, s, ILI_Q_interphase_resistance, number_of_layers, &p, where, &q));
        if (q) warn_of_layers(q, run, group);
    }
    return IL_OK;
}

/** Of the first run that has numbers by layer come the names. */
static il_status add_layers(il_context *ctx, const study *s) {
    for (size_t k = 0; k < ili_json_size(s->runs); k++) {
        const ili_json_view *run = ili_json_at(s->runs, k),
                            *all = ili_json_get(ili_json_get(run, "layers"), "species");
        const char *name = NULL;
        if (ili_json_size(all) == 0) continue;
        while ((name = ili_json_next_key(all, name))) {
            IL_TRY(add_stack(ctx, s, run, name));
            IL_TRY(add_parts(ctx, s, run, name));
        }
        return IL_OK;
    }
    return IL_OK;
}

/* ---- all ------------------------------------------------------------------------------------------------ */

/** Species in the order of the first temperature; all temperatures are of the same ones. */
il_status ili_handoff_diffuse(il_context *ctx, const ili_result *r, ili_handoff *out) {
    study s = {.r = r, .out = out};
    const ili_json_view *tracers;
    const char *species = NULL;
    IL_TRY(ili_result_list(ctx, r, r->root, "temperatures", &s.levels));
    IL_TRY(ili_result_list(ctx, r, r->root, "runs", &s.runs));
    IL_TRY(ili_result_object(ctx, r, r->root, "fits", &s.fits));
    IL_TRY(describe(ctx, &s));
    IL_TRY(ili_result_object(ctx, r, ili_json_at(s.levels, 0), ROWS[0].key, &tracers));
    for (int k = 0; k < N_ROWS; k++) {
        if (!ROWS[k].by_species) IL_TRY(add_row(ctx, &s, &ROWS[k], ""));
        while (ROWS[k].by_species && (species = ili_json_next_key(tracers, species)))
            IL_TRY(add_row(ctx, &s, &ROWS[k], species));
    }
    while ((species = ili_json_next_key(tracers, species)))
        IL_TRY(add_species(ctx, &s, species, (int)ili_json_size(tracers)));
    IL_TRY(add_blocked(ctx, &s));
    return add_layers(ctx, &s);
}
