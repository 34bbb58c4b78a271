/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/observe.h"

#include "analysis/profile.h"
#include "analysis/rdf.h"
#include "analysis/vacf.h"
#include "analysis/van_hove.h"
#include "base/alloc.h"
#include "base/text.h"
#include "task/observe_layers.h"
#include "task/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    RDF_EVERY = 10, /**< frames: neighbours change slowly, and counting them costs as much as a step */
    RDF_BINS = 160,
    HOVE_BINS = 120,
    HOVE_LAGS = 6,
    VACF_STRIDE = 8, /**< frames between origins */
    VACF_MAX = 4000  /**< lags */
};
static const double RDF_RANGE = 8.0, HOVE_RANGE = 6.0, PROFILE_BIN = 0.5; /* angstrom */
static const double VACF_RANGE = 2000.0, VACF_COARSE = 10.0;              /* fs */

struct ili_observe {
    il_system *sys; /**< own copy */
    const ili_carriers *carriers;
    double frame_time;
    int64_t frames;
    int n_profile; /**< bins */
    ili_rdf *rdf;
    ili_van_hove *hove;
    ili_vacf *vacf;
    ili_profile *profile;
    ili_sites *sites;
    ili_layer_watch *layers;
    double start[3]; /**< centre of the reference in the first frame, fractional */
    double (*s)[3];  /**< [n] with the reference standing still */
};

/* ---- the observables: making, results -------------------------------------------------------------- */

static il_status make_rdf(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    const ili_rdf_plan plan = {.n_atoms = p->sys->n_atoms,
                               .n_species = p->sys->n_species,
                               .species = p->sys->type,
                               .r_max = RDF_RANGE,
                               .n_bins = RDF_BINS};
    return ili_rdf_create(ctx, &plan, &o->rdf);
}

/** Does an atom of species t belong to a group? */
static bool is_followed(const ili_observe *o, int32_t t) {
    for (int32_t i = 0; i < o->sys->n_atoms; i++)
        if (o->sys->type[i] == t && o->carriers->group[i] >= 0) return true;
    return false;
}

static il_status report_rdf(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                            ili_json *json) {
    (void)report;
    ili_sheet *t;
    il_status status = ili_sheet_create(ctx, RDF_BINS, &t);
    if (status == IL_OK) {
        double *r = ili_sheet_column(t, "A", "r");
        for (int k = 0; k < RDF_BINS; k++) r[k] = ili_rdf_radius(o->rdf, k);
    }
    for (int32_t a = 0; a < o->sys->n_species && status == IL_OK; a++) {
        if (!is_followed(o, a)) continue;
        for (int32_t b = 0; b < o->sys->n_species && status == IL_OK; b++) {
            const char *na = o->sys->species[a].name, *nb = o->sys->species[b].name;
            if (ili_sheet_room(t) < 4) break;
            double *g = ili_sheet_column(t, "1", "g_%s_%s", na, nb),
                   *e = ili_sheet_column(t, "1", "sigma_g_%s_%s", na, nb);
            double *n = ili_sheet_column(t, "1", "n_%s_%s", na, nb),
                   *f = ili_sheet_column(t, "1", "sigma_n_%s_%s", na, nb);
            status = ili_rdf_result(ctx, o->rdf, a, b, g, e, n, f);
        }
    }
    if (status == IL_OK)
        status =
            ili_sheet_write(ctx, t, dir, "rdf",
                            "pair distributions g of the second species around the first, and how many of it "
                            "lie within r plus half a bin");
    ili_json_int(json, "rdf_frames", ili_rdf_frames(o->rdf));
    ili_sheet_destroy(&t);
    return status;
}

static il_status make_hove(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    int64_t lag[HOVE_LAGS];
    for (int k = 0; k < HOVE_LAGS; k++) lag[k] = INT64_C(1) << (2 * k);
    const ili_van_hove_plan plan = {.n_atoms = p->sys->n_atoms,
                                    .n_groups = p->carriers->n_groups,
                                    .group = p->carriers->group,
                                    .cell = p->cell,
                                    .n_lags = HOVE_LAGS,
                                    .lag = lag,
                                    .r_max = HOVE_RANGE,
                                    .n_bins = HOVE_BINS,
                                    .distinct = true};
    return ili_van_hove_create(ctx, &plan, &o->hove);
}

static il_status report_hove(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                             ili_json *json) {
    (void)report;
    ili_sheet *t;
    il_status status = ili_sheet_create(ctx, HOVE_BINS, &t);
    ili_json *list = ili_json_list(json, "van_hove");
    if (status == IL_OK) {
        double *r = ili_sheet_column(t, "A", "r");
        for (int k = 0; k < HOVE_BINS; k++) r[k] = (k + 0.5) * HOVE_RANGE / HOVE_BINS;
    }
    for (int g = 0; g < o->carriers->n_groups && status == IL_OK; g++)
        for (int k = 0; k < HOVE_LAGS && status == IL_OK && ili_sheet_room(t) >= 4; k++) {
            char lag[32];
            double moments[2], sigma[2];
            const double time = 1e-3 * o->frame_time * (double)ili_van_hove_lag(o->hove, k);
            const char *name = o->carriers->groups[g].name;
            snprintf(lag, sizeof lag, "%.4gps", time);
            const ili_van_hove_curves curves = {
                .self = ili_sheet_column(t, "1/A^3", "self_%s_%s", name, lag),
                .self_sigma = ili_sheet_column(t, "1/A^3", "sigma_self_%s_%s", name, lag),
                .distinct = ili_sheet_column(t, "1", "distinct_%s_%s", name, lag),
                .distinct_sigma = ili_sheet_column(t, "1", "sigma_distinct_%s_%s", name, lag),
                .moments = moments,
                .moments_sigma = sigma};
            status = ili_van_hove_result(ctx, o->hove, k, g, &curves);
            ili_json *one = ili_json_child(list, NULL);
            ili_json_string(one, "species", name);
            ili_json_real(one, "lag_ps", time);
            ili_json_estimate(one, "msd_A2", moments[0], sigma[0]);
            ili_json_estimate(one, "alpha_2", moments[1], sigma[1]);
        }
    if (status == IL_OK)
        status = ili_sheet_write(ctx, t, dir, "van-hove",
                                 "van Hove functions, self and distinct (over the density)");
    ili_json_int(json, "van_hove_frames", ili_van_hove_frames(o->hove));
    ili_sheet_destroy(&t);
    return status;
}

static il_status make_vacf(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    const ili_vacf_plan plan = {.n_atoms = p->sys->n_atoms,
                                .n_groups = p->sys->n_species,
                                .group = p->sys->type,
                                .frame_time = p->frame_time,
                                .n_lags =
                                    (int32_t)fmin(VACF_MAX, fmax(16, round(VACF_RANGE / p->frame_time))),
                                .stride = VACF_STRIDE};
    if (p->frame_time > VACF_COARSE)
        ili_warn(ctx,
                 "velocities are sampled every %g fs: vibrations above %.3g THz are folded; use --frame-time "
                 "5 or less "
                 "for vacf",
                 p->frame_time, 500.0 / p->frame_time);
    return ili_vacf_create(ctx, &plan, &o->vacf);
}

static int vacf_lags(const ili_observe *o) {
    return (int)fmin(VACF_MAX, fmax(16, round(VACF_RANGE / o->frame_time)));
}

static il_status report_vacf(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                             ili_json *json) {
    (void)report;
    ili_sheet *t;
    const int n = vacf_lags(o);
    il_status status = ili_sheet_create(ctx, n, &t);
    if (status == IL_OK) {
        double *lag = ili_sheet_column(t, "ps", "lag"), *f = ili_sheet_column(t, "THz", "frequency");
        for (int k = 0; k < n; k++) {
            lag[k] = 1e-3 * k * o->frame_time;
            f[k] = 1e3 * ili_vacf_frequency(o->vacf, k);
        }
    }
    for (int32_t s = 0; s < o->sys->n_species && status == IL_OK && ili_sheet_room(t) >= 6; s++) {
        const char *name = o->sys->species[s].name;
        const ili_vacf_curves curves = {
            .c = ili_sheet_column(t, "A^2/fs^2", "c_%s", name),
            .c_sigma = ili_sheet_column(t, "A^2/fs^2", "sigma_c_%s", name),
            .d = ili_sheet_column(t, "A^2/fs", "D_%s", name),
            .d_sigma = ili_sheet_column(t, "A^2/fs", "sigma_D_%s", name),
            .dos = ili_sheet_column(t, "fs", "dos_%s", name),
            .dos_sigma = ili_sheet_column(t, "fs", "sigma_dos_%s", name),
        };
        status = ili_vacf_result(ctx, o->vacf, s, &curves);
    }
    if (status == IL_OK)
        status = ili_sheet_write(
            ctx, t, dir, "vacf",
            "velocity correlation c, its integral D (Green and Kubo), density of states dos over "
            "frequency");
    ili_json_int(json, "vacf_frames", ili_vacf_frames(o->vacf));
    ili_sheet_destroy(&t);
    return status;
}

static int profile_bins(const ili_cell *cell) {
    double width[3];
    ili_cell_widths(cell, width);
    return (int)fmax(4, round(width[2] / PROFILE_BIN));
}

static il_status make_profile(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    ili_profile_plan plan = {.n_atoms = p->sys->n_atoms,
                             .n_groups = p->sys->n_species,
                             .group = p->sys->type,
                             .axis = 2,
                             .low = 0.0,
                             .high = 1.0,
                             .n_bins = o->n_profile = profile_bins(&p->cell)};
    if (!p->cell.pbc[2]) { /* the room around a slab is for pictures: bins go where atoms are */
        plan.low = INFINITY;
        plan.high = -INFINITY;
        for (int32_t i = 0; i < p->sys->n_atoms; i++) {
            double s[3];
            ili_cell_to_frac(&p->cell, p->sys->x[i], s);
            plan.low = fmin(plan.low, s[2] - 0.05);
            plan.high = fmax(plan.high, s[2] + 0.05);
        }
    }
    return ili_profile_create(ctx, &plan, &o->profile);
}

static il_status report_profile(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                                ili_json *json) {
    (void)report;
    ili_sheet *t;
    const int n = o->n_profile;
    il_status status = ili_sheet_create(ctx, n, &t);
    double *z = status == IL_OK ? ili_sheet_column(t, "A", "z") : NULL;
    for (int32_t s = 0; s < o->sys->n_species && status == IL_OK && ili_sheet_room(t) >= 2; s++) {
        double *density = ili_sheet_column(t, "1/A^3", "n_%s", o->sys->species[s].name);
        double *sigma = ili_sheet_column(t, "1/A^3", "sigma_n_%s", o->sys->species[s].name);
        status = ili_profile_result(ctx, o->profile, s, z, density, sigma);
    }
    if (status == IL_OK)
        status = ili_sheet_write(ctx, t, dir, "profile", "number density along the normal of a and b");
    ili_json_int(json, "profile_frames", ili_profile_frames(o->profile));
    ili_sheet_destroy(&t);
    return status;
}

/** Atoms of the first group; the caller's. */
static bool *mobile_of(const ili_carriers *c) {
    bool *mobile = ili_alloc((size_t)c->n_atoms, sizeof *mobile);
    for (int32_t i = 0; mobile && i < c->n_atoms; i++) mobile[i] = c->group[i] == 0 && c->body[i] < 0;
    return mobile;
}

static il_status make_sites(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    const int32_t n = p->sys->n_atoms;
    if (!p->sites)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: the sites of its mobile ion are not known; name a CIF that has them with --sites", p->where);
    bool *mobile = mobile_of(p->carriers);
    if (!mobile) return ili_no_memory(ctx, "the sites");
    const ili_sites_plan plan = {
        .n_atoms = n, .mobile = mobile, .sites = p->sites, .cell = p->cell, .frame_time = p->frame_time};
    il_status status = ili_sites_create(ctx, &plan, &o->sites);
    ili_free(mobile);
    return status;
}

static il_status report_sites(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                              ili_json *json) {
    ili_sites_result *r = ili_alloc(1, sizeof *r);
    (void)dir;
    if (!r) return ili_no_memory(ctx, "the sites");
    il_status status = ili_sites_estimate(ctx, o->sites, r);
    if (status != IL_OK) {
        ili_free(r);
        return status;
    }
    ili_json *sites = ili_json_child(json, "sites"), *kinds = ili_json_list(sites, "kinds");
    ili_json_real(sites, "radius_A", r->radius);
    ili_json_real(sites, "assigned", r->assigned);
    ili_json_real(sites, "inside", r->inside);
    for (int k = 0; k < r->n_labels; k++) {
        ili_json *one = ili_json_child(kinds, NULL), *to = NULL;
        ili_json_string(one, "site", r->label[k].name);
        ili_json_int(one, "sites", r->label[k].n_sites);
        ili_put_estimate(one, "occupancy", &r->label[k].occupancy, 1.0);
        ili_put_estimate(one, "shared", &r->label[k].shared, 1.0);
        ili_put_estimate(one, "residence_ps", &r->label[k].residence, 1e-3);
        to = ili_json_list(one, "jumps_to");
        for (int j = 0; j < r->n_labels; j++) {
            ili_json *jump = ili_json_child(to, NULL);
            ili_json_string(jump, "site", r->label[j].name);
            ili_json_int(jump, "jumps", r->jumps[k][j]);
            ili_put_estimate(jump, "rate_per_ps", &r->rate[k][j], 1e3);
        }
    }
    ili_json_int(json, "sites_frames", ili_sites_frames(o->sites));
    ili_json_int(sites, "jumps", r->n_jumps);
    ili_put_estimate(sites, "length_A", &r->length, 1.0);
    ili_put_estimate(sites, "back", &r->back, 1.0);
    ili_put_estimate(sites, "D_walk_m2_per_s", &r->d_walk, 1e-5);
    ili_put_estimate(sites, "correlation_factor", &r->f, 1.0);
    char text[48];
    for (int k = 0; k < r->n_labels; k++)
        ili_report_print(report, "  %s: %d sites, %.3f +- %.2g ions on each, stays of %s ps\n",
                         r->label[k].name, r->label[k].n_sites, r->label[k].occupancy.value,
                         r->label[k].occupancy.sigma, ili_duration_text(text, &r->label[k].residence));
    ili_report_print(report, "  %lld jumps of %.3g A, %.0f %% of them back\n", (long long)r->n_jumps,
                     r->length.value, 100.0 * r->back.value);
    ili_free(r);
    return IL_OK;
}

static il_status make_layers(il_context *ctx, const ili_observe_plan *p, ili_observe *o) {
    return ili_layer_watch_create(ctx, p, &o->layers);
}

static il_status report_layers(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                               ili_json *json) {
    return ili_layer_watch_report(ctx, o->layers, dir, report, json);
}

static const struct {
    const char *name;
    size_t field; /**< of the handle in ili_observe */
    il_status (*make)(il_context *ctx, const ili_observe_plan *plan, ili_observe *observe);
    il_status (*report)(il_context *ctx, const ili_observe *observe, const char *dir, il_report *report,
                        ili_json *json);
} KINDS[] = {{"rdf", offsetof(ili_observe, rdf), make_rdf, report_rdf},
             {"van-hove", offsetof(ili_observe, hove), make_hove, report_hove},
             {"vacf", offsetof(ili_observe, vacf), make_vacf, report_vacf},
             {"profile", offsetof(ili_observe, profile), make_profile, report_profile},
             {"sites", offsetof(ili_observe, sites), make_sites, report_sites},
             {"layers", offsetof(ili_observe, layers), make_layers, report_layers}};
enum { N_KINDS = sizeof KINDS / sizeof *KINDS };

/* ---- all of them ----------------------------------------------------------------------------------- */

bool ili_observe_wants(const char *names, const char *name) {
    const size_t n = strlen(name);
    for (const char *at = names; *at;) {
        size_t length = strcspn(at, ",");
        if (length == n && strncmp(at, name, n) == 0) return true;
        at += length + (at[length] == ',');
    }
    return false;
}

il_status ili_observe_check(il_context *ctx, const char *names, const char *where) {
    const char *known[N_KINDS + 1] = {NULL};
    for (int k = 0; k < N_KINDS; k++) known[k] = KINDS[k].name;
    for (const char *at = names; *at;) {
        char word[32];
        size_t length = strcspn(at, ",");
        bool is_known = false;
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        for (int k = 0; k < N_KINDS; k++) is_known = is_known || strcmp(word, known[k]) == 0;
        const char *nearest = ili_nearest_name(word, known);
        if (!is_known)
            return ili_fail(
                ctx, IL_E_USAGE,
                "%s: there is no observable '%s'%s%s%s; known: rdf, van-hove, vacf, profile, sites, layers",
                where, word, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        at += length + (at[length] == ',');
    }
    return IL_OK;
}

static void *handle(const ili_observe *o, int kind) {
    return *(void **)((char *)o + KINDS[kind].field);
}

il_status ili_observe_create(il_context *ctx, const ili_observe_plan *plan, ili_observe **out) {
    *out = NULL;
    if (!plan->names[0]) return IL_OK;
    ili_observe *o = ili_alloc(1, sizeof *o);
    if (!o) return ili_no_memory(ctx, "the observables");
    il_status status = IL_OK;
    o->carriers = plan->carriers;
    o->frame_time = plan->frame_time;
    IL_GO(ili_system_copy(ctx, plan->sys, &o->sys));
    o->s = ili_alloc((size_t)plan->sys->n_atoms, sizeof *o->s);
    if (!o->s) IL_GO(ili_no_memory(ctx, "the observables"));
    for (int k = 0; k < N_KINDS; k++)
        if (ili_observe_wants(plan->names, KINDS[k].name)) IL_GO(KINDS[k].make(ctx, plan, o));
out:
    if (status != IL_OK) ili_observe_destroy(&o);
    *out = o;
    return status;
}

void ili_observe_destroy(ili_observe **observe) {
    ili_observe *o = *observe;
    if (!o) return;
    ili_rdf_destroy(&o->rdf);
    ili_van_hove_destroy(&o->hove);
    ili_vacf_destroy(&o->vacf);
    ili_profile_destroy(&o->profile);
    ili_sites_destroy(&o->sites);
    ili_layer_watch_destroy(&o->layers);
    il_system_destroy(&o->sys);
    ili_free(o->s);
    ili_free(o);
    *observe = NULL;
}

/** o->s: positions less what the reference of transport, framework or centre of mass, has moved since the first frame. */
static void hold_reference(ili_observe *o, const double (*s)[3]) {
    const ili_carriers *c = o->carriers;
    double mean[3] = {0}, mass = 0.0;
    for (int32_t i = 0; i < c->n_atoms && c->reference != ILI_REFERENCE_NONE; i++) {
        if (c->reference == ILI_REFERENCE_FRAMEWORK && !c->framework[i]) continue;
        mass += c->mass[i];
        for (int k = 0; k < 3; k++) mean[k] += c->mass[i] * s[i][k];
    }
    for (int k = 0; k < 3; k++) {
        mean[k] = mass > 0.0 ? mean[k] / mass : 0.0;
        if (o->frames == 0) o->start[k] = mean[k];
    }
    for (int32_t i = 0; i < c->n_atoms; i++)
        for (int k = 0; k < 3; k++) o->s[i][k] = s[i][k] - (mean[k] - o->start[k]);
}

il_status ili_observe_add(il_context *ctx, ili_observe *o, const ili_cell *cell, const double (*s)[3],
                          const double (*v)[3]) {
    if (o->vacf && !v)
        return ili_fail(ctx, IL_E_INPUT,
                        "vacf was asked for, but the trajectory has no velocities; leave it out, or write "
                        "them (--velocities)");
    hold_reference(o, s);
    s = (const double(*)[3])o->s;
    if (o->rdf && o->frames % RDF_EVERY == 0) IL_TRY(ili_rdf_add(ctx, o->rdf, cell, s));
    if (o->hove) IL_TRY(ili_van_hove_add(ctx, o->hove, s));
    if (o->vacf) IL_TRY(ili_vacf_add(ctx, o->vacf, v));
    if (o->profile) IL_TRY(ili_profile_add(ctx, o->profile, cell, s));
    if (o->layers) IL_TRY(ili_layer_watch_add(ctx, o->layers, s));
    if (o->sites) IL_TRY(ili_sites_add(ctx, o->sites, cell, s));
    o->frames++;
    return IL_OK;
}

size_t ili_observe_memory(const ili_observe *o) {
    size_t size = sizeof *o + (size_t)o->sys->n_atoms * sizeof *o->s;
    if (o->rdf) size += ili_rdf_memory(o->rdf);
    if (o->hove) size += ili_van_hove_memory(o->hove);
    if (o->vacf) size += ili_vacf_memory(o->vacf);
    if (o->profile) size += ili_profile_memory(o->profile);
    if (o->sites) size += ili_sites_memory(o->sites);
    if (o->layers) size += ili_layer_watch_memory(o->layers);
    return size;
}

void ili_observe_carry(ili_observe *o, ili_bytes *bytes) {
    ili_bytes_carry(bytes, &o->frames, sizeof o->frames);
    ili_bytes_carry(bytes, o->start, sizeof o->start);
    if (o->rdf) ili_rdf_carry(o->rdf, bytes);
    if (o->hove) ili_van_hove_carry(o->hove, bytes);
    if (o->vacf) ili_vacf_carry(o->vacf, bytes);
    if (o->profile) ili_profile_carry(o->profile, bytes);
    if (o->sites) ili_sites_carry(o->sites, bytes);
    if (o->layers) ili_layer_watch_carry(o->layers, bytes);
}

il_status ili_observe_report(il_context *ctx, const ili_observe *o, const char *dir, il_report *report,
                             ili_json *json) {
    for (int k = 0; k < N_KINDS; k++)
        if (handle(o, k)) IL_TRY(KINDS[k].report(ctx, o, dir, report, json));
    return IL_OK;
}
