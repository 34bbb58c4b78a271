/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/diffuse_study.h"

#include "base/alloc.h"

#include <math.h>

static const ili_estimate UNKNOWN = {NAN, NAN, NAN, NAN};

bool ili_diffuse_has(const ili_diffuse_study *study, int quantity) {
    return quantity >= ILI_D_CHARGE || quantity < study->n_groups;
}

ili_estimate ili_diffuse_number(const ili_diffuse_run *run, int quantity) {
    const ili_transport_result *r = &run->result;
    switch (quantity) {
    case ILI_D_CHARGE:
        return r->d_charge;
    case ILI_SIGMA:
        return r->sigma;
    case ILI_SIGMA_T:
        return ili_estimate_times(r->sigma, run->temperature);
    case ILI_SIGMA_NE:
        return r->sigma_ne;
    case ILI_HAVEN:
        return r->haven;
    default:
        return quantity < r->n_species ? r->species[quantity].d : UNKNOWN;
    }
}

bool ili_diffuse_is_diffusive(const ili_diffuse_run *run, int quantity) {
    const ili_transport_result *r = &run->result;
    bool all = true; /* of the self-diffusivities that the Nernst-Einstein sum is made of */
    for (int k = 0; k < r->n_species; k++)
        if (r->species[k].group.z != 0.0) all = all && r->species[k].window.is_diffusive;
    if (quantity < r->n_species) return r->species[quantity].window.is_diffusive;
    if (quantity == ILI_SIGMA_NE) return all;
    return quantity == ILI_HAVEN ? all && r->charge_window.is_diffusive : r->charge_window.is_diffusive;
}

/** Rising list of the different temperatures. */
static il_status find_levels(il_context *ctx, ili_diffuse_study *s) {
    s->n_levels = 0;
    for (int k = 0; k < s->n_runs; k++) {
        const double t = s->runs[k].temperature;
        int at = 0;
        while (at < s->n_levels && s->level[at].temperature < t) at++;
        if (at < s->n_levels && s->level[at].temperature == t) continue;
        if (s->n_levels == ILI_TEMPERATURES_MAX)
            return ili_fail(ctx, IL_E_USAGE, "more than %d temperatures were given", ILI_TEMPERATURES_MAX);
        for (int j = s->n_levels++; j > at; j--) s->level[j] = s->level[j - 1];
        s->level[at] = (ili_diffuse_level){.temperature = t};
    }
    return IL_OK;
}

static void combine(const ili_diffuse_study *s, ili_diffuse_level *level, int quantity, ili_estimate *number,
                    int *realisation) {
    int n = 0, diffusive = 0;
    for (int k = 0; k < s->n_runs; k++) {
        if (s->runs[k].temperature != level->temperature) continue;
        number[n] = ili_diffuse_number(&s->runs[k], quantity);
        realisation[n++] = s->runs[k].realisation;
        diffusive += ili_diffuse_is_diffusive(&s->runs[k], quantity);
    }
    level->n_runs = n;
    level->number[quantity] = ili_combine(n, number, realisation, &level->from_scatter[quantity]);
    level->is_diffusive[quantity] = 2 * diffusive > n;
}

static il_status fit(il_context *ctx, ili_diffuse_study *s, int quantity) {
    ili_diffuse_law *law = &s->law[quantity];
    ili_rate rates[ILI_TEMPERATURES_MAX];
    for (int k = 0; k < s->n_levels; k++) {
        const ili_estimate *e = &s->level[k].number[quantity];
        bool is_usable =
            s->level[k].is_diffusive[quantity] && e->value > 0.0 && e->sigma > 0.0 && isfinite(e->sigma);
        if (is_usable)
            rates[law->n_used++] = (ili_rate){s->level[k].temperature, *e};
        else
            law->n_left_out++;
    }
    if (law->n_used < 2 || quantity == ILI_HAVEN) return IL_OK;
    IL_TRY(ili_arrhenius_fit(ctx, law->n_used, rates, &law->arrhenius));
    law->is_fitted = true;
    if (!s->with_vtf || law->n_used < 3) return IL_OK;
    law->has_vtf = true;
    return ili_vtf_fit(ctx, law->n_used, rates, &law->vtf);
}

il_status ili_diffuse_study_make(il_context *ctx, ili_diffuse_study *s) {
    ili_estimate *number = ili_alloc((size_t)s->n_runs, sizeof *number);
    int *realisation = ili_alloc((size_t)s->n_runs, sizeof *realisation);
    il_status status;
    if (!number || !realisation) IL_GO(ili_no_memory(ctx, "the results of the runs"));
    IL_GO(find_levels(ctx, s));
    for (int q = 0; q < ILI_QUANTITIES; q++) {
        if (!ili_diffuse_has(s, q)) continue;
        for (int k = 0; k < s->n_levels; k++) combine(s, &s->level[k], q, number, realisation);
        IL_GO(fit(ctx, s, q));
    }
out:
    ili_free(number);
    ili_free(realisation);
    return status;
}

ili_estimate ili_diffuse_law_at(const ili_diffuse_law *law, bool vtf, double temperature) {
    if (vtf && law->has_vtf) return ili_vtf_at(&law->vtf, temperature);
    return law->is_fitted ? ili_arrhenius_at(&law->arrhenius, temperature) : UNKNOWN;
}
