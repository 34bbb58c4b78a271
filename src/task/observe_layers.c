/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/observe_layers.h"

#include "analysis/strays.h"
#include "base/alloc.h"
#include "task/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LAYER_LAGS = 1 << 17 /**< frames */ };
static const double LAYER_MARGIN = 1.0, LAYER_BIN = 0.5; /* angstrom */
static const double STRAYS_MOST = 0.1;

struct ili_layer_watch {
    const ili_carriers *carriers;
    ili_cell cell;
    ili_layer_planes planes;
    int reference[ILI_GROUPS_MAX]; /**< layer that permeabilities refer to */
    ili_layers *of[ILI_GROUPS_MAX];
    ili_strays *strays;
    bool is_found; /**< planes lie between kinds of atoms, and were not given */
    char where[64];
    int64_t frames;
    int32_t *head;      /**< [n] first atom of the atom's molecular ion; itself; -1: not followed */
    double *share;      /**< [n] of the mass of its particle */
    int32_t (*turn)[3]; /**< [n] periods that make its molecule whole */
    double (*at)[3];    /**< [n] particles of a frame, at their heads */
    char by_construction[ILI_GROUPS_MAX][256]; /**< who cannot become what is followed, "" nobody */
};

/* ---- particles ------------------------------------------------------------------------------------- */

/** Heads and shares of mass. */
static void find_particles(ili_layer_watch *w) {
    const ili_carriers *c = w->carriers;
    int32_t *first = w->turn[0]; /* scratch, as long as the atoms; zeroed again below */
    for (int32_t i = 0; i < c->n_atoms; i++) first[i] = -1;
    for (int32_t i = 0; i < c->n_atoms; i++) {
        w->head[i] = c->group[i] < 0 ? -1 : i;
        if (w->head[i] < 0) continue;
        if (c->body[i] >= 0) {
            if (first[c->body[i]] < 0) first[c->body[i]] = i;
            w->head[i] = first[c->body[i]];
        }
        w->share[w->head[i]] += c->mass[i];
    }
    for (int32_t i = c->n_atoms - 1; i >= 0; i--) /* heads, which hold the sum, come last */
        if (w->head[i] >= 0) w->share[i] = c->mass[i] / w->share[w->head[i]];
    memset(w->turn, 0, (size_t)c->n_atoms * sizeof *w->turn);
}

/** An atom of a molecule that has no place yet, and the nearest one that has. */
typedef struct loose {
    double gap; /**< angstrom^2 */
    int32_t atom, turn[3];
} loose;

/** Is atom i, which has its place, nearer than any before? */
static void approach(const ili_layer_watch *w, const double (*s)[3], int32_t i, loose *l) {
    double d[3], image[3], back[3];
    for (int k = 0; k < 3; k++) d[k] = s[l->atom][k] - s[i][k];
    ili_cell_to_cart(&w->cell, d, image);
    const double gap = ili_cell_nearest(&w->cell, image);
    if (!(gap < l->gap)) return;
    ili_cell_to_frac(&w->cell, image, back);
    l->gap = gap;
    for (int k = 0; k < 3; k++) l->turn[k] = w->turn[i][k] + (int32_t)lround(back[k] - d[k]);
}

/** Turns of the m other atoms of a molecule: again and again the atom nearest to one that has its place. */
static void make_whole(ili_layer_watch *w, const double (*s)[3], int32_t head, loose *others, int32_t m) {
    for (int32_t i = head; m > 0; m--) {
        int32_t next = 0;
        for (int32_t k = 0; k < m; k++) {
            approach(w, s, i, &others[k]);
            if (others[k].gap < others[next].gap) next = k;
        }
        i = others[next].atom;
        memcpy(w->turn[i], others[next].turn, sizeof others->turn);
        others[next] = others[m - 1];
    }
}

static il_status make_all_whole(il_context *ctx, ili_layer_watch *w, const double (*s)[3]) {
    const int32_t n = w->carriers->n_atoms;
    loose *others = ili_alloc((size_t)n, sizeof *others);
    if (!others) return ili_no_memory(ctx, "the layers");
    for (int32_t i = 0; i < n; i++) {
        int32_t m = 0;
        if (w->head[i] != i || w->carriers->body[i] < 0) continue;
        for (int32_t j = i + 1; j < n; j++)
            if (w->head[j] == i) others[m++] = (loose){.gap = INFINITY, .atom = j};
        make_whole(w, s, i, others, m);
    }
    ili_free(others);
    return IL_OK;
}

il_status ili_layer_watch_add(il_context *ctx, ili_layer_watch *w, const double (*s)[3]) {
    const ili_carriers *c = w->carriers;
    if (w->frames++ == 0) IL_TRY(make_all_whole(ctx, w, s));
    memset(w->at, 0, (size_t)c->n_atoms * sizeof *w->at);
    for (int32_t i = 0; i < c->n_atoms; i++)
        for (int k = 0; k < 3 && w->head[i] >= 0; k++)
            w->at[w->head[i]][k] += w->share[i] * (s[i][k] + w->turn[i][k]);
    for (int g = 0; g < c->n_groups; g++) IL_TRY(ili_layers_add(ctx, w->of[g], (const double(*)[3])w->at));
    ili_strays_add(w->strays, s);
    return IL_OK;
}

/* ---- making ---------------------------------------------------------------------------------------- */

/** The first layer, or when the species is not in it at the begin, the one with the most of it. */
static int reference_of(const ili_layer_watch *w, const il_system *sys, int group) {
    const ili_layer_planes *p = &w->planes;
    int32_t count[ILI_LAYERS_MAX] = {0};
    int best = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double s[3];
        if (w->carriers->group[i] != group) continue;
        ili_cell_to_frac(&sys->cell, sys->x[i], s);
        double t = sys->cell.pbc[2] ? s[2] - floor(s[2] - p->bounds[0]) : s[2];
        for (int k = 0; k < p->n; k++) count[k] += t >= p->bounds[k] && t < p->bounds[k + 1];
    }
    for (int k = 1; k < p->n; k++)
        if (count[k] > count[best]) best = k;
    return count[0] > 0 ? 0 : best;
}

/** Species of the same element that the group has no atom of: none of their atoms ever is one of the group. */
static void note_construction(const ili_layer_watch *w, const il_system *sys, int group, char text[256]) {
    const ili_carriers *c = w->carriers;
    char others[128] = "";
    int z = 0;
    for (int32_t i = 0; i < c->n_atoms && !z; i++)
        if (c->group[i] == group && c->body[i] < 0) z = sys->species[sys->type[i]].z;
    for (int32_t t = 0; z && t < sys->n_species; t++) {
        int32_t here = 0, n = 0;
        for (int32_t i = 0; i < c->n_atoms; i++) {
            n += sys->type[i] == t;
            here += sys->type[i] == t && c->group[i] == group;
        }
        if (sys->species[t].z != z || n == 0 || here > 0) continue;
        size_t used = strlen(others);
        snprintf(others + used, sizeof others - used, "%s%s (%d atoms)", used ? ", " : "",
                 sys->species[t].name, n);
    }
    if (others[0])
        snprintf(text, 256,
                 "no atom of %s becomes %s or the reverse: a force field of fixed species has no reaction "
                 "that would carry one across",
                 others, c->groups[group].name);
}

static il_status make_group(il_context *ctx, const ili_observe_plan *p, bool *mobile, int group,
                            ili_layer_watch *w) {
    const ili_carriers *c = w->carriers;
    for (int32_t i = 0; i < c->n_atoms; i++) mobile[i] = c->group[i] == group && w->head[i] == i;
    const ili_layers_plan plan = {.n_atoms = c->n_atoms,
                                  .mobile = mobile,
                                  .cell = p->cell,
                                  .axis = 2,
                                  .n_layers = w->planes.n,
                                  .bounds = w->planes.bounds,
                                  .reference = w->reference[group] = reference_of(w, p->sys, group),
                                  .margin = LAYER_MARGIN,
                                  .bin = LAYER_BIN,
                                  .frame_time = p->frame_time,
                                  .temperature = p->temperature,
                                  .z = c->groups[group].z != 0.0 ? c->groups[group].z : NAN,
                                  .max_lag = LAYER_LAGS};
    note_construction(w, p->sys, group, w->by_construction[group]);
    return ili_layers_create(ctx, &plan, &w->of[group]);
}

static il_status make_strays(il_context *ctx, const ili_observe_plan *p, bool *counts, ili_layer_watch *w) {
    for (int32_t i = 0; i < p->carriers->n_atoms; i++) counts[i] = p->carriers->group[i] < 0;
    const ili_strays_plan plan = {.n_atoms = p->carriers->n_atoms,
                                  .counts = counts,
                                  .cell = p->cell,
                                  .axis = 2,
                                  .n_layers = w->planes.n,
                                  .bounds = w->planes.bounds,
                                  .kind_of_atom = p->planes->kind_of,
                                  .kind_of_layer = p->planes->kind_of ? p->planes->kind : NULL,
                                  .margin = LAYER_MARGIN};
    return ili_strays_create(ctx, &plan, &w->strays);
}

il_status ili_layer_watch_create(il_context *ctx, const ili_observe_plan *p, ili_layer_watch **out) {
    const size_t n = (size_t)p->sys->n_atoms;
    il_status status = IL_OK;
    bool *mobile = NULL;
    *out = NULL;
    if (!p->planes || p->planes->n < 1)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: layers were asked for without planes; add --layers auto, or their heights",
                        p->where);
    ili_layer_watch *w = ili_alloc(1, sizeof *w);
    if (!w) return ili_no_memory(ctx, "the layers");
    w->carriers = p->carriers;
    w->cell = p->cell;
    w->planes = *p->planes;
    w->planes.kind_of = NULL; /* not ours to keep */
    w->is_found = p->planes->kind_of != NULL;
    snprintf(w->where, sizeof w->where, "%s", p->where);
    w->head = ili_alloc(n, sizeof *w->head);
    w->share = ili_alloc(n, sizeof *w->share);
    w->turn = ili_alloc(n, sizeof *w->turn);
    w->at = ili_alloc(n, sizeof *w->at);
    mobile = ili_alloc(n, sizeof *mobile);
    if (!w->head || !w->share || !w->turn || !w->at || !mobile) IL_GO(ili_no_memory(ctx, "the layers"));
    find_particles(w);
    for (int g = 0; g < p->carriers->n_groups; g++) IL_GO(make_group(ctx, p, mobile, g, w));
    IL_GO(make_strays(ctx, p, mobile, w));
    *out = w;
    w = NULL;
out:
    ili_free(mobile);
    ili_layer_watch_destroy(&w);
    return status;
}

void ili_layer_watch_destroy(ili_layer_watch **watch) {
    ili_layer_watch *w = *watch;
    if (!w) return;
    for (int g = 0; g < ILI_GROUPS_MAX; g++) ili_layers_destroy(&w->of[g]);
    ili_strays_destroy(&w->strays);
    ili_free(w->head);
    ili_free(w->share);
    ili_free(w->turn);
    ili_free(w->at);
    ili_free(w);
    *watch = NULL;
}

size_t ili_layer_watch_memory(const ili_layer_watch *w) {
    const size_t atom = sizeof *w->head + sizeof *w->share + sizeof *w->turn + sizeof *w->at;
    size_t size = sizeof *w + (size_t)w->carriers->n_atoms * atom + ili_strays_memory(w->strays);
    for (int g = 0; g < w->carriers->n_groups; g++) size += ili_layers_memory(w->of[g]);
    return size;
}

void ili_layer_watch_carry(ili_layer_watch *w, ili_bytes *bytes) {
    ili_bytes_carry(bytes, &w->frames, sizeof w->frames);
    ili_bytes_carry(bytes, w->turn, (size_t)w->carriers->n_atoms * sizeof *w->turn);
    for (int g = 0; g < w->carriers->n_groups; g++) ili_layers_carry(w->of[g], bytes);
    ili_strays_carry(w->strays, bytes);
}

/* ---- results --------------------------------------------------------------------------------------- */

const char *ili_duration_text(char text[48], const ili_estimate *e) {
    if (isfinite(e->value) && isfinite(e->sigma))
        snprintf(text, 48, "%.4g +- %.2g", 1e-3 * e->value, 1e-3 * e->sigma);
    else if (isinf(e->value) && e->low > 0.0)
        snprintf(text, 48, "over %.3g", 1e-3 * e->low);
    else
        snprintf(text, 48, "-");
    return text;
}

/** "1.2e-10 +- 3e-11 m2/s"; "more than 2.1" or "less than" with the bound that is known; "not known". */
static const char *number(char text[64], const ili_estimate *e, double factor, const char *unit) {
    if (isfinite(e->value) && e->value != 0.0 && !isnan(e->sigma))
        snprintf(text, 64, "%.3g +- %.2g%s", factor * e->value, factor * e->sigma, unit);
    else if (isfinite(e->low) && e->low > 0.0)
        snprintf(text, 64, "more than %.3g%s", factor * e->low, unit);
    else if (isfinite(e->high) && e->high > 0.0)
        snprintf(text, 64, "less than %.3g%s", factor * e->high, unit);
    else
        snprintf(text, 64, "not known");
    return text;
}

static void put_layer(ili_json *list, const char *name, const ili_layer_result *l) {
    ili_json *one = ili_json_child(list, NULL);
    ili_json_string(one, "name", name);
    ili_json_reals(one, "heights_A", (double[]){l->low, l->high}, 2);
    ili_put_estimate(one, "atoms", &l->atoms, 1.0);
    ili_put_estimate(one, "density_per_A3", &l->density, 1.0);
    ili_put_estimate(one, "D_plane_11_m2_per_s", &l->d_plane[0], 1e-5);
    ili_put_estimate(one, "D_plane_22_m2_per_s", &l->d_plane[1], 1e-5);
    ili_put_estimate(one, "D_plane_12_m2_per_s", &l->d_plane[2], 1e-5);
    ili_put_estimate(one, "D_normal_m2_per_s", &l->d_normal, 1e-5);
    ili_put_estimate(one, "D_local_m2_per_s", &l->d_local, 1e-5);
    ili_put_estimate(one, "D_survival_m2_per_s", &l->d_survival, 1e-5);
    ili_json_reals(one, "lags_ps", (double[]){1e-3 * l->lag_plane, 1e-3 * l->lag_normal}, 2);
    ili_put_estimate(one, "residence_ps", &l->residence, 1e-3);
    ili_put_estimate(one, "resistance_ohm_cm2", &l->resistance, 1.0);
    ili_json_int(one, "empty_bins", l->empty_bins);
    ili_json_bool(one, "diffusive", l->is_diffusive);
    ili_json_string(one, "verdict", l->verdict);
}

/** Names of the layers below and above plane k; NULL: the outside. */
static void sides_of(const ili_layer_watch *w, const ili_layers_result *r, int k, const char *name[2]) {
    const int n = r->n_layers;
    name[0] = k > 0 ? w->planes.name[k - 1] : r->is_ring ? w->planes.name[n - 1] : NULL;
    name[1] = k < n ? w->planes.name[k] : NULL;
}

static void put_plane(ili_json *list, const char *const name[2], const ili_layer_plane *p) {
    ili_json *one = ili_json_child(list, NULL);
    ili_json_string(one, "below", name[0]);
    ili_json_string(one, "above", name[1]);
    ili_json_int(one, "up", p->up);
    ili_json_int(one, "down", p->down);
    ili_put_estimate(one, "rate_up_per_ps", &p->rate_up, 1e3);
    ili_put_estimate(one, "rate_down_per_ps", &p->rate_down, 1e3);
    ili_put_estimate(one, "flux_per_A2_ps", &p->flux, 1e3);
    ili_put_estimate(one, "resistance_ohm_cm2", &p->resistance, 1.0);
}

static void put_group(ili_json *json, const ili_layer_watch *w, int group, const ili_layers_result *r) {
    const char *name[2];
    ili_json_int(json, "particles", r->n_mobile);
    ili_json_string(json, "reference_layer", w->planes.name[w->reference[group]]);
    ili_json *list = ili_json_list(json, "layers"), *planes = ili_json_list(json, "planes");
    for (int k = 0; k < r->n_layers; k++) put_layer(list, w->planes.name[k], &r->layer[k]);
    for (int k = 0; k <= r->n_layers - r->is_ring; k++) {
        sides_of(w, r, k, name);
        put_plane(planes, name, &r->plane[k]);
    }
    ili_put_estimate(json, "permeability_m_per_s", &r->permeability, 1e5); /* angstrom/fs */
    ili_put_estimate(json, "permeability_from_crossings_m_per_s", &r->permeability_crossing, 1e5);
    ili_put_estimate(json, "area_specific_resistance_ohm_cm2", &r->asr, 1.0);
    ili_put_estimate(json, "area_specific_resistance_from_crossings_ohm_cm2", &r->asr_crossing, 1.0);
    ili_json_string(json, "verdict", r->verdict);
    if (w->by_construction[group][0]) ili_json_string(json, "by_construction", w->by_construction[group]);
}

static void print_layer(il_report *report, const char *name, const ili_layer_result *l) {
    char text[3][64];
    const ili_estimate *a = &l->d_plane[0], *b = &l->d_plane[1];
    const ili_estimate plane = {0.5 * (a->value + b->value), 0.5 * hypot(a->sigma, b->sigma), NAN, NAN};
    ili_report_print(report, "  %-16s %8.2f %9.2f %8.2f %24s %24s %20s%s\n", name, l->low, l->high,
                     l->atoms.value, number(text[0], &plane, 1e-5, ""),
                     number(text[1], &l->d_normal, 1e-5, ""), ili_duration_text(text[2], &l->residence),
                     l->is_diffusive ? "" : "  NOT diffusive");
}

static void print_group(il_report *report, const ili_layer_watch *w, int group, const ili_layers_result *r) {
    char text[2][64];
    const char *name[2], *species = w->carriers->groups[group].name;
    ili_report_print(report, "  %s, %d of them\n  %-16s %18s %8s %24s %24s %20s\n", species, r->n_mobile,
                     "layer", "A", "atoms", "D in the plane / m2/s", "D across / m2/s", "residence / ps");
    for (int k = 0; k < r->n_layers; k++) print_layer(report, w->planes.name[k], &r->layer[k]);
    for (int k = 0; k <= r->n_layers - r->is_ring; k++) {
        sides_of(w, r, k, name);
        if (!name[0] || !name[1]) continue;
        ili_report_print(report, "  %s | %s: %lld up, %lld down, resistance %s\n", name[0], name[1],
                         (long long)r->plane[k].up, (long long)r->plane[k].down,
                         number(text[0], &r->plane[k].resistance, 1.0, " ohm cm2"));
    }
    ili_report_print(report, "  resistance of the stack for %s: %s from density and D, %s from crossings\n",
                     species, number(text[0], &r->asr, 1.0, " ohm cm2"),
                     number(text[1], &r->asr_crossing, 1.0, " ohm cm2"));
    ili_report_print(report,
                     "  permeability, of concentrations in %s: %s from density and D, %s from crossings\n",
                     w->planes.name[w->reference[group]], number(text[0], &r->permeability, 1e5, " m/s"),
                     number(text[1], &r->permeability_crossing, 1e5, " m/s"));
    ili_report_print(report, "  %s\n", r->verdict);
    if (w->by_construction[group][0]) ili_report_print(report, "  %s\n", w->by_construction[group]);
}

/** A number of every layer and its error. */
static void add_columns(ili_sheet *t, const ili_layers_result *r, const char *species, const char *what,
                        const char *unit, size_t offset, double factor) {
    double *value = ili_sheet_column(t, unit, "%s_%s", what, species);
    double *sigma = ili_sheet_column(t, unit, "sigma_%s_%s", what, species);
    for (int k = 0; k < r->n_layers && sigma; k++) {
        const ili_estimate *e = (const ili_estimate *)((const char *)&r->layer[k] + offset);
        value[k] = factor * e->value;
        sigma[k] = factor * e->sigma;
    }
}

static void tabulate(ili_sheet *t, const ili_layers_result *r, const char *species) {
    static const struct {
        const char *name, *unit;
        size_t offset;
        double factor;
    } columns[] = {{"n", "1/A^3", offsetof(ili_layer_result, density), 1.0},
                   {"D_plane_11", "m2/s", offsetof(ili_layer_result, d_plane[0]), 1e-5},
                   {"D_plane_22", "m2/s", offsetof(ili_layer_result, d_plane[1]), 1e-5},
                   {"D_plane_12", "m2/s", offsetof(ili_layer_result, d_plane[2]), 1e-5},
                   {"D_normal", "m2/s", offsetof(ili_layer_result, d_normal), 1e-5},
                   {"residence", "ps", offsetof(ili_layer_result, residence), 1e-3},
                   {"resistance", "ohm_cm2", offsetof(ili_layer_result, resistance), 1.0}};
    enum { N_COLUMNS = sizeof columns / sizeof *columns };
    for (int c = 0; c < N_COLUMNS && ili_sheet_room(t) >= 2; c++)
        add_columns(t, r, species, columns[c].name, columns[c].unit, columns[c].offset, columns[c].factor);
}

/** What all species share: the planes, and how well the layers kept to them. */
static void put_planes(const ili_layer_watch *w, il_report *report, ili_json *json, ili_sheet *t) {
    double width[3], *low = ili_sheet_column(t, "A", "low"), *high = ili_sheet_column(t, "A", "high"),
                     *share = ili_sheet_column(t, "1", "strays"), *shift = ili_sheet_column(t, "A", "shift");
    ili_json *names = NULL, *kept = NULL;
    ili_cell_widths(&w->cell, width);
    ili_json_string(json, "planes_from", w->planes.from);
    names = ili_json_list(json, "names");
    kept = ili_json_list(json, "kept");
    ili_report_print(report, "  layers, %s:", w->planes.from);
    for (int k = 0; k < w->planes.n; k++) {
        const ili_strays_result own = ili_strays_of(w->strays, k);
        ili_json *one = ili_json_child(kept, NULL);
        ili_json_push_string(names, w->planes.name[k]);
        ili_json_string(one, "name", w->planes.name[k]);
        ili_json_int(one, "own_atoms", own.atoms);
        ili_json_real(one, "strays", share[k] = own.share);
        ili_json_real(one, "shift_A", shift[k] = own.shift);
        low[k] = w->planes.bounds[k] * width[2];
        high[k] = w->planes.bounds[k + 1] * width[2];
        ili_report_print(report, "%s %s %.2f to %.2f A", k ? "," : "", w->planes.name[k], low[k], high[k]);
        if (own.atoms)
            ili_report_print(report, " (%.2g %% strays, moved by %.2f A at most)", 100.0 * own.share,
                             own.shift);
    }
    ili_report_print(report, "\n");
}

bool ili_layer_watch_left(const ili_layer_watch *w, char text[256]) {
    int worst = -1;
    double excess = 1.0;
    for (int k = 0; k < w->planes.n; k++) {
        const ili_strays_result own = ili_strays_of(w->strays, k);
        const double over = fmax(own.share / STRAYS_MOST, fabs(own.shift) / LAYER_MARGIN);
        if (!(over > excess)) continue;
        excess = over;
        worst = k;
    }
    if (worst < 0) return false;
    const ili_strays_result own = ili_strays_of(w->strays, worst);
    snprintf(text, 256,
             "the layer %s left its planes: its own %d atoms were outside for %.3g %% of the time and moved "
             "together by up to %.2f A (at most %g %% and %g A), so what passed a plane was no crossing",
             w->planes.name[worst], own.atoms, 100.0 * own.share, own.shift, 100.0 * STRAYS_MOST,
             LAYER_MARGIN);
    return true;
}

il_status ili_layer_watch_estimate(il_context *ctx, const ili_layer_watch *w, int group,
                                   ili_layers_result *r) {
    return ili_layers_estimate(ctx, w->of[group], r);
}

il_status ili_layer_watch_report(il_context *ctx, const ili_layer_watch *w, const char *dir,
                                 il_report *report, ili_json *json) {
    ili_sheet *t = NULL;
    char left[256];
    ili_layers_result *r = ili_alloc(1, sizeof *r);
    il_status status = IL_OK;
    if (!r) return ili_no_memory(ctx, "the layers");
    IL_GO(ili_sheet_create(ctx, w->planes.n, &t));
    ili_json *layers = ili_json_child(json, "layers"), *species = NULL;
    put_planes(w, report, layers, t);
    ili_json_int(json, "layers_frames", w->frames);
    const bool has_left = ili_layer_watch_left(w, left), is_refused = has_left && w->is_found;
    ili_json_string(layers, "left_planes", has_left ? left : NULL);
    if (has_left) {
        ili_report_print(report, "  %s%s\n", is_refused ? "NO NUMBERS BY LAYER: " : "", left);
        ili_warn(ctx, "%s: %s%s", w->where, left, is_refused ? "; no numbers by layer are given" : "");
    }
    if (is_refused)
        ili_json_string(layers, "species", NULL);
    else
        species = ili_json_child(layers, "species");
    for (int g = 0; g < w->carriers->n_groups && !is_refused; g++) {
        const char *name = w->carriers->groups[g].name;
        IL_GO(ili_layer_watch_estimate(ctx, w, g, r));
        put_group(ili_json_child(species, name), w, g, r);
        print_group(report, w, g, r);
        tabulate(t, r, name);
    }
    IL_GO(ili_sheet_write(ctx, t, dir, "layers",
                          "transport by layer, from below; sigma_ columns are standard errors"));
out:
    ili_sheet_destroy(&t);
    ili_free(r);
    return status;
}
