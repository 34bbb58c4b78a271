/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What has no meaning is refused here, with one sentence. */
#include "math/vec.h"
#include "mc/mc_state.h"

/** Charges of a model are decimal numbers: their sums agree to rounding or not at all. */
static const double NEUTRAL = 1e-9;

static bool is_species(const il_model *model, int32_t s) {
    return s >= 0 && s < model->n_species;
}

static const char *name_of(const il_model *model, int32_t s) {
    return model->species[s].base.name;
}

/** Charge that a species has in Coulomb sums. */
static double charge_of(const il_model *model, int32_t s) {
    return model->has_coulomb ? model->species[s].base.charge : 0.0;
}

/** A pair of species of the model that differ. */
static il_status check_pair(il_context *ctx, const il_model *model, const char *what, int32_t a, int32_t b) {
    if (!is_species(model, a) || !is_species(model, b))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %s %d and %d, but the model has species 0 to %d", what,
                        (int)a, (int)b, (int)model->n_species - 1);
    if (a == b)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %s %s with itself: give two species", what,
                        name_of(model, a));
    return IL_OK;
}

static bool is_lattice_gas(const ili_mc_options *o) {
    return o->reservoir.species >= 0 && o->reservoir.n_sites > 0 && o->reservoir.is_lattice;
}

/** An ion of a lattice gas is on a site or in the reservoir, and nowhere else. */
static il_status check_off_lattice(il_context *ctx, const ili_mc_options *o, const il_model *model,
                                   const char *what, int32_t a, int32_t b) {
    if (is_lattice_gas(o) && (a == o->reservoir.species || b == o->reservoir.species))
        return ili_fail(ctx, IL_E_INPUT,
                        "Monte Carlo: %s of %s and %s, but %s is a lattice gas, which is put in and taken "
                        "out only",
                        what, name_of(model, a), name_of(model, b), name_of(model, o->reservoir.species));
    return IL_OK;
}

il_status ili_mc_needs_mobile(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    (void)model;
    if (!(o->displacement > 0.0 && isfinite(o->displacement)))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: a displacement of %g angstrom; expected above 0",
                        o->displacement);
    return IL_OK;
}

/** The list of mobile species, which is kept whether they are displaced or not. */
static il_status check_mobile(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    if (o->n_mobile < 0 || o->n_mobile > ILI_MC_MOBILE_MAX)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %d mobile species; expected 0 (all) to %d",
                        o->n_mobile, ILI_MC_MOBILE_MAX);
    for (int k = 0; k < o->n_mobile; k++) {
        if (!is_species(model, o->mobile[k]))
            return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: mobile species %d; the model has 0 to %d",
                            (int)o->mobile[k], (int)model->n_species - 1);
        if (!(o->mobile_weight[k] >= 0.0 && isfinite(o->mobile_weight[k])))
            return ili_fail(ctx, IL_E_INPUT,
                            "Monte Carlo: displacement of %s has weight %g; expected 0 or more",
                            name_of(model, o->mobile[k]), o->mobile_weight[k]);
        if (is_lattice_gas(o) && o->mobile[k] == o->reservoir.species)
            return ili_fail(ctx, IL_E_INPUT,
                            "Monte Carlo: %s is a lattice gas and is not displaced; take it off the mobile "
                            "species",
                            name_of(model, o->mobile[k]));
    }
    return IL_OK;
}

il_status ili_mc_needs_exchanges(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    if (o->n_exchanges < 1 || o->n_exchanges > ILI_MC_EXCHANGES_MAX)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %d pairs of species to exchange; expected 1 to %d",
                        o->n_exchanges, ILI_MC_EXCHANGES_MAX);
    for (int k = 0; k < o->n_exchanges; k++) {
        const int32_t *pair = o->exchange[k];
        IL_TRY(check_pair(ctx, model, "exchange of species", pair[0], pair[1]));
        IL_TRY(check_off_lattice(ctx, o, model, "exchange", pair[0], pair[1]));
    }
    return IL_OK;
}

il_status ili_mc_needs_switches(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    if (o->n_switches < 1 || o->n_switches > ILI_MC_SWITCHES_MAX)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %d switches of species; expected 1 to %d",
                        o->n_switches, ILI_MC_SWITCHES_MAX);
    for (int k = 0; k < o->n_switches; k++) {
        const ili_mc_switch *s = &o->switches[k];
        IL_TRY(check_pair(ctx, model, "switch of species", s->from, s->to));
        IL_TRY(check_off_lattice(ctx, o, model, "switch", s->from, s->to));
        double charge = charge_of(model, s->to) - charge_of(model, s->from);
        if (fabs(charge) > NEUTRAL)
            return ili_fail(
                ctx, IL_E_INPUT,
                "Monte Carlo: switch of %s to %s changes the net charge by %g e; expected species "
                "of one charge",
                name_of(model, s->from), name_of(model, s->to), charge);
        if (!isfinite(s->delta_mu))
            return ili_fail(ctx, IL_E_INPUT,
                            "Monte Carlo: switch of %s to %s at a chemical potential of %g eV",
                            name_of(model, s->from), name_of(model, s->to), s->delta_mu);
    }
    return IL_OK;
}

static il_status check_partners(il_context *ctx, const ili_mc_reservoir *r, const il_model *model) {
    if (r->n_partners < 0 || r->n_partners > ILI_MC_PARTNERS_MAX)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %d partners of an insertion; expected 0 to %d",
                        r->n_partners, ILI_MC_PARTNERS_MAX);
    for (int k = 0; k < r->n_partners; k++) {
        const int32_t *p = r->partner[k];
        IL_TRY(check_pair(ctx, model, "partner species", p[0], p[1]));
        if (p[0] == r->species || p[1] == r->species)
            return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: %s cannot be its own partner",
                            name_of(model, r->species));
    }
    for (int k = 0; k < r->n_partners || k == 0; k++) {
        double charge = charge_of(model, r->species);
        if (r->n_partners) charge += charge_of(model, r->partner[k][1]) - charge_of(model, r->partner[k][0]);
        if (fabs(charge) > NEUTRAL)
            return ili_fail(
                ctx, IL_E_INPUT,
                "Monte Carlo: insertion of %s changes the net charge by %g e; give a partner that "
                "takes up as much",
                name_of(model, r->species), charge);
    }
    return IL_OK;
}

static il_status check_inserted(il_context *ctx, const ili_mc_reservoir *r, const il_model *model) {
    if (is_species(model, r->species)) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: insertion of species %d; the model has 0 to %d",
                    (int)r->species, (int)model->n_species - 1);
}

il_status ili_mc_needs_reservoir(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    const ili_mc_reservoir *r = &o->reservoir;
    IL_TRY(check_inserted(ctx, r, model));
    if (!isfinite(r->mu))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: insertion of %s at a chemical potential of %g eV",
                        name_of(model, r->species), r->mu);
    return check_partners(ctx, r, model);
}

il_status ili_mc_needs_pressure(il_context *ctx, const ili_mc_options *o, const il_model *model) {
    (void)model;
    if (!isfinite(o->pressure))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: moves of the cell need a pressure; found %g",
                        o->pressure);
    if (!(o->volume_step > 0.0 && o->strain_step > 0.0))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: steps of the cell are %g and %g; expected above 0",
                        o->volume_step, o->strain_step);
    return IL_OK;
}

static il_status check_sites(il_context *ctx, const ili_mc_reservoir *r, const ili_cell *cell) {
    double width[3];
    ili_cell_widths(cell, width);
    double least = fmin(width[0], fmin(width[1], width[2]));
    if (!r->sites || !(r->site_radius > 0.0 && r->site_radius < 0.5 * least))
        return ili_fail(ctx, IL_E_INPUT,
                        "Monte Carlo: sites of radius %g angstrom; expected above 0, below %g (half of the "
                        "cell's least width)",
                        r->site_radius, 0.5 * least);
    if (!(r->anywhere >= 0.0 && r->anywhere <= 1.0) || (r->is_lattice && r->anywhere > 0.0))
        return ili_fail(
            ctx, IL_E_INPUT,
            "Monte Carlo: a share %g of insertions anywhere; expected 0 to 1, and 0 for a lattice gas",
            r->anywhere);
    for (int32_t i = 0; i < r->n_sites; i++)
        for (int32_t j = 0; j < i; j++) {
            double d[3];
            ili_sub(r->sites[i], r->sites[j], d);
            ili_vec_mat(d, cell->h, d);
            double d2 = ili_cell_nearest(cell, d);
            if (!(d2 >= 4.0 * r->site_radius * r->site_radius))
                return ili_fail(ctx, IL_E_INPUT,
                                "Monte Carlo: sites %d and %d are %g angstrom apart; expected %g (two radii)",
                                (int)j, (int)i, sqrt(d2), 2.0 * r->site_radius);
        }
    return IL_OK;
}

il_status ili_mc_check(il_context *ctx, const ili_mc_options *o, const il_model *model,
                       const ili_cell *cell) {
    double total = 0.0;
    if (!(o->temperature > 0.0 && isfinite(o->temperature)))
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: a temperature of %g K; expected above 0",
                        o->temperature);
    if (o->resum_every < 1)
        return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: a full sum every %lld moves; expected 1 or more",
                        (long long)o->resum_every);
    IL_TRY(check_mobile(ctx, o, model));
    if (o->reservoir.species >= 0) IL_TRY(check_inserted(ctx, &o->reservoir, model));
    for (int m = 0; m < ILI_MC_MOVES; m++) {
        if (!(o->weight[m] >= 0.0 && isfinite(o->weight[m])))
            return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: the move %s has weight %g; expected 0 or more",
                            ili_mc_kinds[m].name, o->weight[m]);
        if (o->weight[m] > 0.0) IL_TRY(ili_mc_kinds[m].needs(ctx, o, model));
        total += o->weight[m];
    }
    if (!(total > 0.0)) return ili_fail(ctx, IL_E_INPUT, "Monte Carlo: no move has a weight");
    if (o->reservoir.species >= 0 && o->reservoir.n_sites) IL_TRY(check_sites(ctx, &o->reservoir, cell));
    return IL_OK;
}
