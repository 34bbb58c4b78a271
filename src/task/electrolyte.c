/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/electrolyte.h"

#include "math/units.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const ili_value UNKNOWN = {NAN, NAN, NAN, NAN};
static const double R_GAS = ILI_BOLTZMANN_SI * ILI_AVOGADRO,
                    J_PER_MOL = ILI_E_CHARGE_SI * ILI_AVOGADRO; /* of 1 eV */

static void lacks(ili_electrolyte *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void lacks(ili_electrolyte *e, const char *format, ...) {
    size_t used = strlen(e->missing);
    va_list words;
    if (used) used += (size_t)snprintf(e->missing + used, sizeof e->missing - used, "; ");
    if (used >= sizeof e->missing) return;
    va_start(words, format);
    vsnprintf(e->missing + used, sizeof e->missing - used, format, words);
    va_end(words);
}

/* ---- quantities --------------------------------------------------------------------------------------- */

bool ili_quantity_is_sound(const ili_quantity *q, int k) {
    return q->is_sound[k] && isfinite(q->y[k].value);
}

int ili_quantity_sound(const ili_quantity *q) {
    int n = 0;
    for (int k = 0; k < q->n; k++) n += ili_quantity_is_sound(q, k);
    return n;
}

il_status ili_handoff_needs_sound(il_context *ctx, const ili_handoff *handoff) {
    for (int k = 0; k < handoff->n; k++)
        if (handoff->quantity[k].kind != ILI_Q_concentration && ili_quantity_sound(&handoff->quantity[k]))
            return IL_OK;
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: none of its %d quantities has a sound number, expected one at least; run longer, or "
                    "at higher temperatures",
                    handoff->n_files ? handoff->file[0] : "the hand-off", handoff->n);
}

const char *ili_quantity_title(const ili_quantity *q, char title[ILI_TITLE_MAX]) {
    int n = snprintf(title, ILI_TITLE_MAX, "%s: %s%s", q->material, q->species, q->species[0] ? " " : "");
    const char *name = ili_quantity_info_of(q->kind)->name;
    for (; n < ILI_TITLE_MAX - 1 && *name; name++) title[n++] = *name == '_' ? ' ' : *name;
    title[n] = 0;
    return title;
}

const char *ili_quantity_unit(const ili_quantity *q, char unit[ILI_UNIT_MAX]) {
    const char *name = ili_quantity_info_of(q->kind)->unit;
    snprintf(unit, ILI_UNIT_MAX, strcmp(name, "1") == 0 ? "" : " [%s]", name);
    return unit;
}

const char *ili_quantity_range(const ili_quantity *q, double T, char range[ILI_RANGE_MAX]) {
    const int n = ili_quantity_sound(q);
    double low = INFINITY, high = -INFINITY;
    range[0] = 0;
    for (int k = 0; q->at && k < q->n; k++) {
        if (!ili_quantity_is_sound(q, k)) continue;
        low = fmin(low, q->at[k]);
        high = fmax(high, q->at[k]);
    }
    if (q->law.is_given)
        snprintf(range, ILI_RANGE_MAX, "%s law of %d temperatures, %g to %g K; %g K is %s",
                 q->law.is_vtf ? "VTF" : "Arrhenius", q->law.n_temperatures, q->law.T_low, q->law.T_high, T,
                 T < q->law.T_low || T > q->law.T_high ? "extrapolated" : "inside");
    else if (q->argument == ILI_ARG_NONE)
        snprintf(range, ILI_RANGE_MAX, "one number");
    else if (n == 0)
        snprintf(range, ILI_RANGE_MAX, "no sound point of %d", q->n);
    else
        snprintf(range, ILI_RANGE_MAX,
                 q->argument == ILI_ARG_TEMPERATURE ? "%d of %d points sound, %g to %g K"
                                                    : "%d of %d points sound, x = %g to %g",
                 n, q->n, low, high);
    return range;
}

/* ---- electrolytes --------------------------------------------------------------------------------------- */

/** A positive value at T, or nothing. */
static ili_value positive_at(const ili_quantity *q, double T) {
    const ili_value v = q ? ili_quantity_at(q, T) : UNKNOWN;
    return isfinite(v.value) && v.value > 0.0 ? v : UNKNOWN;
}

/** -R d ln y/d(1/T), J/mol; a law of y T loses R T. eq. (14.10), (14.17) */
static double activation_energy(const ili_quantity *q, double T) {
    const ili_law *law = &q->law;
    if (!law->is_given) return NAN;
    const double E = law->is_vtf ? R_GAS * law->B_K * pow(T / (T - law->T0_K), 2) : law->Ea_eV * J_PER_MOL;
    return E - (law->times_T ? R_GAS * T : 0.0);
}

static bool same_run(const ili_quantity *a, const ili_quantity *b) {
    return strcmp(a->material, b->material) == 0 && strcmp(a->source, b->source) == 0;
}

/** The tracer diffusivities of the run: one cation, one anion. Returns how many species move. */
static int find_ions(const ili_handoff *handoff, const ili_quantity *run, const ili_quantity **cation,
                     const ili_quantity **anion) {
    int n = 0;
    for (int k = 0; k < handoff->n; k++) {
        const ili_quantity *q = &handoff->quantity[k];
        if (q->kind != ILI_Q_tracer_diffusivity || !same_run(q, run)) continue;
        n++;
        if (q->charge_number > 0.0 && !*cation) *cation = q;
        if (q->charge_number < 0.0 && !*anion) *anion = q;
    }
    return n;
}

/** The quantity of the run that tells this of the species, and its sound point nearest to T. NULL: there is none. */
static const ili_quantity *nearest(const ili_handoff *handoff, const ili_quantity *run,
                                   ili_quantity_kind kind, const char *species, double T, int *point) {
    const ili_quantity *q = NULL;
    int best = -1;
    for (int k = 0; k < handoff->n && !q; k++) {
        const ili_quantity *one = &handoff->quantity[k];
        if (one->kind == kind && same_run(one, run) && strcmp(one->species, species) == 0) q = one;
    }
    for (int k = 0; q && k < q->n; k++)
        if (ili_quantity_is_sound(q, k) &&
            (best < 0 || (q->at && fabs(q->at[k] - T) < fabs(q->at[best] - T))))
            best = k;
    *point = best < 0 ? 0 : best;
    return best < 0 ? NULL : q;
}

static void take_transference(const ili_handoff *handoff, const ili_quantity *run, const ili_quantity *cation,
                              double T, ili_electrolyte *e) {
    static const ili_quantity_kind kinds[] = {ILI_Q_transference_number_solvent, ILI_Q_transference_number};
    for (int k = 0; k < 2 && !e->transference; k++)
        e->transference = nearest(handoff, run, kinds[k], cation->species, T, &e->transference_point);
    if (e->transference)
        e->t_plus = e->transference->y[e->transference_point];
    else
        lacks(e, "the transference number: it has no sound point");
}

static void take_salt(double T, const ili_quantity *cation, const ili_quantity *anion, ili_electrolyte *e) {
    const ili_value a = positive_at(cation, T), b = positive_at(anion, T);
    const double za = cation->charge_number, zb = -anion->charge_number;
    if (isnan(a.value) || isnan(b.value)) {
        lacks(e, "the diffusivity of the salt: %s has neither a law nor a sound point at %g K",
              isnan(a.value) ? cation->species : anion->species, T);
        return;
    }
    const double sum = za * a.value + zb * b.value, wa = zb * b.value / sum,
                 wb = 1.0 - wa, /* d ln D/d ln D+, D- */
        D = (za + zb) * a.value * b.value / sum,
                 sigma = D * hypot(wa * a.sigma / a.value, wb * b.sigma / b.value);
    e->cation = cation;
    e->anion = anion;
    e->D_salt = (ili_value){D, sigma, NAN, NAN};
    e->E_salt = wa * activation_energy(cation, T) + wb * activation_energy(anion, T);
}

bool ili_electrolyte_at(const ili_handoff *handoff, int k, double T, ili_electrolyte *e) {
    const ili_quantity *run = NULL, *cation = NULL, *anion = NULL;
    *e = (ili_electrolyte){
        .sigma = UNKNOWN, .t_plus = UNKNOWN, .D_salt = UNKNOWN, .E_sigma = NAN, .E_salt = NAN};
    for (int i = 0; i < handoff->n && !run; i++)
        if (handoff->quantity[i].kind == ILI_Q_ionic_conductivity && k-- == 0) run = &handoff->quantity[i];
    if (!run) return false;
    e->material = run->material;
    e->sigma = positive_at(run, T);
    if (isnan(e->sigma.value))
        lacks(e, "the conductivity: it has neither a law nor a sound point at %g K", T);
    else {
        e->conductivity = run;
        e->E_sigma = activation_energy(run, T);
    }
    const int n_ions = find_ions(handoff, run, &cation, &anion);
    e->is_single_ion = cation && n_ions == 1 && cation->is_in_framework;
    if (e->is_single_ion) {
        take_transference(handoff, run, cation, T, e);
        lacks(e, "the diffusivity of a salt: only %s moves, so there is none", cation->species);
    } else if (n_ions == 2 && cation && anion) {
        take_transference(handoff, run, cation, T, e);
        take_salt(T, cation, anion, e);
        if (cation->charge_number == 1.0 && anion->charge_number == -1.0)
            e->concentration =
                nearest(handoff, run, ILI_Q_concentration, cation->species, T, &e->concentration_point);
    } else {
        lacks(e, "transference number and diffusivity of the salt: expected one cation and one anion that "
                 "are followed, or a cation "
                 "alone in the framework of a crystal");
    }
    return true;
}

int ili_electrolyte_choose(const ili_handoff *handoff, double T) {
    ili_electrolyte e;
    for (int k = 0; ili_electrolyte_at(handoff, k, T, &e); k++)
        if (isfinite(e.sigma.value) && isfinite(e.t_plus.value) &&
            (e.is_single_ion || isfinite(e.D_salt.value)))
            return k;
    return -1;
}

void ili_electrolyte_report(il_report *report, const ili_handoff *handoff, int k, double T) {
    ili_electrolyte e;
    if (k >= 0 && ili_electrolyte_at(handoff, k, T, &e))
        ili_report_print(report, "the electrolyte is that of %s\n", e.material);
    else
        ili_report_print(report, "no material has a whole electrolyte\n");
    for (int i = 0; ili_electrolyte_at(handoff, i, T, &e); i++)
        if (e.missing[0]) ili_report_print(report, "%s lacks %s\n", e.material, e.missing);
}

const char *ili_electrolyte_words_of_t(const ili_electrolyte *e, char words[ILI_WORDS_MAX]) {
    const ili_quantity *t = e->transference;
    if (e->is_single_ion)
        snprintf(words, ILI_WORDS_MAX,
                 "1: relative to the framework, which cell models take as the solvent, only %s moves",
                 t->species);
    else
        snprintf(words, ILI_WORDS_MAX, "Share of %s in the conductivity, correlations included, at %g K, %s",
                 t->species, t->at ? t->at[e->transference_point] : NAN,
                 t->kind == ILI_Q_transference_number_solvent
                     ? "relative to the solvent, all that is neutral, as cell models mean it"
                 : t->is_in_framework
                     ? "relative to the framework, which cell models take as the solvent"
                     : "in the frame of the run. Cell models mean it relative to the solvent; from the "
                       "centre of mass it "
                       "is t0 = t+ + (w+ t+ - w- t-)/w0, with t- = 1 - t+ and the mass fractions w of "
                       "cation, anion and solvent");
    return words;
}

const char *ili_electrolyte_words_of_D(const ili_electrolyte *e, char words[ILI_WORDS_MAX]) {
    snprintf(words, ILI_WORDS_MAX,
             "Of the salt: (z+ - z-) D+ D-/(z+ D+ - z- D-) of the tracer diffusivities of %s and %s. Ideal "
             "and dilute: the thermodynamic "
             "factor, which would multiply it, is not known here and taken as 1",
             e->cation->species, e->anion->species);
    return words;
}
