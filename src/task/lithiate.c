/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The path is a row of steps: the host relaxes; ions go in one by one; they come out one by one. After every step the whole state
 * is saved, and a step depends on nothing but that state and its own number, so it does not matter where a path is broken off. */
#include "task/lithiate.h"

#include "base/alloc.h"
#include "md/md.h"
#include "task/journal.h"
#include "task/lithiate_file.h"
#include "task/lithiate_measure.h"
#include "task/lithiate_place.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 3 };
/** Tolerances between the points of the list, relative to those at the points. */
static const double LOOSE = 10.0;
/** Steps of a second try are small, angstrom. */
static const double CAREFUL_MOVE = 0.05;
/** Annealing: fs, angstrom^3/eV (1/50 GPa). */
static const double ANNEAL_DT = 1.0, ANNEAL_TAU_T = 100.0, ANNEAL_TAU_P = 500.0, ANNEAL_COMPRESSIBILITY = 3.2;
/** Separates the drawing of places from the velocities of annealing. */
#define PLACE_STREAM (UINT64_C(0x6C69) << 32)

typedef struct lithiation {
    const ili_lithiate_settings *s;
    const char *bytes_path;
    uint64_t key;
    ili_lithiate_path *path;
    il_system *sys;
    ili_balance *balance;
    ili_relaxer relaxer;
    int n_li[ILI_LITHIATE_POINTS_MAX];
    int n_ions, n_steps; /**< at the last x; in all */
    /* the state beside system, balance and path */
    int done;     /**< steps */
    int n_loose;  /**< relaxations between points that did not converge */
    double tight; /**< radius of the smallest voids that had to be used, angstrom */
    /* what the caller sees */
    il_progress_fn progress;
    void *progress_user;
} lithiation;

/* ---- progress ---- */

/** The parts report how far they are; what is shown is how far the path is. */
static int on_progress(void *user, const char *what, double fraction) {
    const lithiation *r = user;
    char text[96];
    if (!r->progress) return 0;
    const int back = r->done > r->n_ions ? r->done - r->n_ions : 0;
    if (back)
        snprintf(text, sizeof text, "lithium %d of %d out, %.40s", back, r->n_ions, what);
    else
        snprintf(text, sizeof text, "lithium %d of %d in, %.40s", r->done, r->n_ions, what);
    return r->progress(r->progress_user, text, (r->done + fmin(1.0, fmax(0.0, fraction))) / r->n_steps);
}

/* ---- checking and setting up ---- */

static il_status check_settings(il_context *ctx, const ili_lithiate_settings *s) {
    if (s->n_x < 1 || s->n_x > ILI_LITHIATE_POINTS_MAX)
        return ili_fail(ctx, IL_E_INPUT, "a lithiation of %d points was asked for, expected 1 to %d", s->n_x,
                        ILI_LITHIATE_POINTS_MAX);
    for (int k = 0; k < s->n_x; k++)
        if (!(k ? s->x[k] > s->x[k - 1] : s->x[k] == 0.0))
            return ili_fail(ctx, IL_E_INPUT, "point %d of the lithiation is x = %g, expected %s", k + 1,
                            s->x[k], k ? "x that rise from point to point" : "x = 0, the host itself, first");
    if (s->formula_units < 1 || s->repeat[0] < 1 || s->repeat[1] < 1 || s->repeat[2] < 1)
        return ili_fail(
            ctx, IL_E_INPUT,
            "a lithiation was given %ld formula units in %d x %d x %d cells, expected positive numbers",
            s->formula_units, s->repeat[0], s->repeat[1], s->repeat[2]);
    if (!isfinite(s->li_metal)) return ili_fail(ctx, IL_E_INPUT, "the energy of lithium metal is not known");
    if (s->anneal_temperature > 0.0 && !(s->anneal_time >= ANNEAL_DT))
        return ili_fail(ctx, IL_E_INPUT, "annealing at %g K was asked for, for %g fs; expected %g fs or more",
                        s->anneal_temperature, s->anneal_time, ANNEAL_DT);
    return IL_OK;
}

/** Cell, species and places of the host, nothing else: forces, velocities and energies are made here. */
static il_status copy_host(il_context *ctx, const il_system *host, il_system **out) {
    IL_TRY(ili_system_create(ctx, out));
    (*out)->cell = host->cell;
    for (int32_t i = 0; i < host->n_atoms; i++) {
        const ili_species *from = &host->species[host->type[i]];
        int32_t type;
        IL_TRY(ili_system_species(ctx, *out, from->name, from->z, &type));
        (*out)->species[type].charge = from->charge;
        IL_TRY(ili_system_add(ctx, *out, type, host->x[i]));
    }
    return IL_OK;
}

static il_status check_room(il_context *ctx, const lithiation *r) {
    const ili_lithiate_settings *s = r->s;
    int room = ili_balance_room(r->balance);
    if (r->n_ions <= room) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "x = %g puts %d lithium ions into the structure, whose reducible ions take %d electrons; the "
        "largest x is %g",
        s->x[s->n_x - 1], r->n_ions, room, (double)room / (double)s->formula_units);
}

static il_status set_up(il_context *ctx, lithiation *r, const il_system *host) {
    const ili_lithiate_settings *s = r->s;
    int32_t ion;
    IL_TRY(check_settings(ctx, s));
    IL_TRY(ili_lithiate_ion(ctx, s->model, &ion));
    r->key = ili_lithiate_key(s, host);
    for (int k = 0; k < s->n_x; k++) r->n_li[k] = (int)lround(s->x[k] * (double)s->formula_units);
    r->n_ions = r->n_li[s->n_x - 1];
    r->n_steps = 1 + r->n_ions * (s->reverse ? 2 : 1);
    r->tight = INFINITY;
    IL_TRY(copy_host(ctx, host, &r->sys));
    IL_TRY(ili_balance_create(ctx, s->rule, s->model, &s->ff, r->sys, &r->balance));
    r->relaxer = s->relaxer;
    ili_balance_relax_by(r->balance, &r->relaxer);
    return check_room(ctx, r);
}

/* ---- checkpoints ---- */

static il_status carry(il_context *ctx, lithiation *r, ili_bytes *b) {
    ili_bytes_carry(b, &r->done, sizeof r->done);
    ili_bytes_carry(b, &r->n_loose, sizeof r->n_loose);
    ili_bytes_carry(b, &r->tight, sizeof r->tight);
    ili_bytes_carry(b, &r->relaxer.count, sizeof r->relaxer.count);
    IL_TRY(ili_lithiate_carry_system(ctx, b, &r->sys));
    ili_balance_carry(r->balance, b);
    return ili_lithiate_carry_path(ctx, b, r->path);
}

static il_status save(il_context *ctx, lithiation *r) {
    ili_bytes bytes = {0};
    if (!r->bytes_path) return IL_OK;
    ili_bytes_expect(&bytes, FORMAT);
    ili_bytes_carry(&bytes, &r->key, sizeof r->key);
    il_status status = carry(ctx, r, &bytes);
    if (status == IL_OK) status = ili_bytes_write(ctx, &bytes, r->bytes_path);
    ili_bytes_free(&bytes);
    return status;
}

static il_status load(il_context *ctx, lithiation *r) {
    ili_bytes bytes = {0};
    uint64_t key = 0;
    if (!r->bytes_path || access(r->bytes_path, F_OK) != 0) return IL_OK;
    il_status status;
    IL_GO(ili_bytes_read(ctx, r->bytes_path, &bytes));
    ili_bytes_expect(&bytes, FORMAT);
    ili_bytes_carry(&bytes, &key, sizeof key);
    if (bytes.failed || key != r->key)
        IL_GO(ili_fail(
            ctx, IL_E_INPUT,
            "%s: belongs to another lithiation (other structure, model, options, seed or build); choose "
            "another -o DIR, or --fresh to start over here",
            r->bytes_path));
    IL_GO(carry(ctx, r, &bytes));
    if (bytes.failed || bytes.at != bytes.size)
        IL_GO(ili_fail(ctx, IL_E_INPUT, "%s: the checkpoint is damaged; --fresh starts over", r->bytes_path));
out:
    ili_bytes_free(&bytes);
    return status;
}

/* ---- parts of a step ---- */

/** Atoms and cell to their minimum; what L-BFGS does not bring there FIRE tries with small steps, from the beginning when the
 *  first try blew up, else from where it ended. */
static il_status relax(il_context *ctx, lithiation *r, double looseness, ili_relax_result *result) {
    ili_relax_options o = ili_relax_defaults();
    il_system *before;
    o.mode = ILI_RELAX_BOTH;
    o.force_tolerance = r->s->force_tolerance * looseness;
    o.stress_tolerance = r->s->stress_tolerance * looseness;
    o.max_steps = r->s->max_steps;
    o.label = "relaxing";
    IL_TRY(ili_system_copy(ctx, r->sys, &before));
    il_status status = ili_balance_relax(ctx, r->balance, r->sys, &o, result, NULL);
    if (status == IL_E_NONFINITE) {
        r->sys->cell = before->cell;
        memcpy(r->sys->x, before->x, (size_t)r->sys->n_atoms * sizeof *r->sys->x);
    }
    if (status == IL_E_NONFINITE || (status == IL_OK && !result->converged)) {
        o.method = ILI_RELAX_FIRE;
        o.max_move = CAREFUL_MOVE;
        status = ili_balance_relax(ctx, r->balance, r->sys, &o, result, NULL);
    }
    il_system_destroy(&before);
    return status;
}

/** A run at constant temperature and no pressure; the cell may take any shape. Electrons stay where they are. */
static il_status anneal(il_context *ctx, lithiation *r) {
    ili_md_options o = ili_md_defaults();
    il_ff_options settings = r->s->ff;
    const il_model *model;
    il_ff *ff = NULL;
    ili_md *md = NULL;
    il_status status;
    o.dt = ANNEAL_DT;
    o.n_steps = (int64_t)ceil(r->s->anneal_time / ANNEAL_DT);
    o.thermostat = ILI_THERMOSTAT_CSVR;
    o.temperature = o.temperature_end = r->s->anneal_temperature;
    o.tau_t = ANNEAL_TAU_T;
    o.barostat = ILI_BAROSTAT_SCR;
    o.cell_mode = ILI_CELL_FULL;
    o.tau_p = ANNEAL_TAU_P;
    o.compressibility = ANNEAL_COMPRESSIBILITY;
    o.seed = r->s->seed + ((uint64_t)r->done << 32); /* seeds of realisations follow each other */
    IL_GO(ili_balance_model(ctx, r->balance, &model));
    IL_GO(ili_md_check(ctx, &o, r->sys, model));
    IL_GO(il_ff_create(ctx, model, r->sys, &settings, &ff));
    IL_GO(ili_md_create(ctx, &o, r->sys, ili_ff_binding(ff), ili_md_forces_of(ff), &md));
    IL_GO(ili_md_run(ctx, md, o.n_steps, NULL, 0));
    IL_GO(ili_md_export(ctx, md, r->sys));
    ili_free(r->sys->v);
    r->sys->v = NULL;
out:
    ili_md_destroy(&md);
    il_ff_destroy(&ff);
    return status;
}

/** The relaxed point of x[k], after the point `before` on the way (NULL: the first). */
static il_status measure(il_context *ctx, const lithiation *r, int k, const ili_relax_result *result,
                         const ili_lithiate_point *before, ili_lithiate_point *point) {
    const il_model *model;
    const il_system *origin = k || r->path->n ? r->path->point[0].sys : r->sys;
    point->n_li = r->n_li[k];
    point->x = point->n_li / (double)r->s->formula_units; /* whole ions, not what was asked for */
    point->energy = result->energy;
    point->converged = result->converged;
    IL_TRY(ili_balance_model(ctx, r->balance, &model));
    IL_TRY(ili_lithiate_measure(ctx, r->s, model, origin, r->balance, r->sys, point));
    ili_lithiate_energies(r->s->li_metal, before ? &r->path->point[0] : point, before, point);
    return IL_OK;
}

/** Is there a point with n ions? */
static bool is_listed(const lithiation *r, int n) {
    for (int k = 0; k < r->s->n_x; k++)
        if (r->n_li[k] == n) return true;
    return false;
}

/** Relax after a change: between points loosely, at a point as asked for. */
static il_status settle(il_context *ctx, lithiation *r, int n, bool with_anneal, ili_relax_result *result) {
    const bool is_point = is_listed(r, n), is_annealed = is_point && with_anneal;
    if (!is_point || is_annealed) {
        IL_TRY(relax(ctx, r, LOOSE, result));
        r->n_loose += !result->converged;
    }
    if (is_annealed) IL_TRY(anneal(ctx, r));
    return is_point ? relax(ctx, r, 1.0, result) : IL_OK;
}

/* ---- steps ---- */

static il_status go_in(il_context *ctx, lithiation *r) {
    ili_lithiate_path *path = r->path;
    ili_relax_result result;
    const int n = r->done;
    if (n > 0) {
        ili_rng rng = ili_rng_make(r->s->seed, PLACE_STREAM + (uint64_t)n);
        double x[3], least;
        IL_TRY(ili_lithiate_place(ctx, r->s, r->balance, r->sys, &rng, x, &least));
        r->tight = fmin(r->tight, least);
        IL_TRY(ili_lithiate_insert(ctx, r->s, r->balance, r->sys, x));
    }
    IL_TRY(settle(ctx, r, n, n > 0 && r->s->anneal_temperature > 0.0, &result));
    while (path->n < r->s->n_x && r->n_li[path->n] == n) {
        ili_lithiate_point *point = &path->point[path->n];
        IL_TRY(measure(ctx, r, path->n, &result, path->n ? point - 1 : NULL, point));
        path->n++;
    }
    return IL_OK;
}

static il_status go_back(il_context *ctx, lithiation *r) {
    ili_lithiate_path *path = r->path;
    ili_relax_result result;
    const int n = 2 * r->n_ions - r->done;
    IL_TRY(ili_lithiate_remove(ctx, r->balance, r->sys));
    IL_TRY(settle(ctx, r, n, false, &result));
    for (int k; (k = path->n - 2 - path->n_back) >= 0 && r->n_li[k] == n;) {
        ili_lithiate_point *point = &path->back[path->n_back];
        IL_TRY(measure(ctx, r, k, &result, path->n_back ? point - 1 : &path->point[path->n - 1], point));
        path->n_back++;
    }
    return IL_OK;
}

/** A failed step, told with the ion that it was about. */
static il_status explain(il_context *ctx, const lithiation *r, il_status status) {
    char reason[ILI_MESSAGE_MAX];
    memcpy(reason, ctx->message, sizeof reason);
    const int n = r->done > r->n_ions ? 2 * r->n_ions - r->done : r->done;
    if (status == IL_E_INTERRUPTED) {
        char so_far[64];
        snprintf(so_far, sizeof so_far, "stopped after %d of %d steps", r->done, r->n_steps);
        return ili_stopped(ctx, so_far, r->bytes_path);
    }
    if (r->done == 0) return ili_fail(ctx, status, "relaxing the host: %s", reason);
    return ili_fail(ctx, status, "with %d lithium ions in (x = %.3g): %s", n, n / (double)r->s->formula_units,
                    reason);
}

static il_status walk(il_context *ctx, lithiation *r) {
    while (r->done < r->n_steps) {
        il_status status = r->done <= r->n_ions ? go_in(ctx, r) : go_back(ctx, r);
        if (status != IL_OK) return explain(ctx, r, status);
        r->done++;
        IL_TRY(save(ctx, r));
        if (r->done < r->n_steps && ili_progress(ctx, "relaxed", 0.0))
            return explain(ctx, r, IL_E_INTERRUPTED);
    }
    return IL_OK;
}

static void warn_of(il_context *ctx, const ili_lithiate_point *points, int n, const char *way) {
    for (int k = 0; k < n; k++)
        if (!points[k].converged)
            ili_warn(ctx, "the relaxation at x = %g%s did not converge, with FIRE neither", points[k].x, way);
}

/** All warnings at the end, from the state, so that a path gone on with has them too. */
static void warn(il_context *ctx, const lithiation *r) {
    warn_of(ctx, r->path->point, r->path->n, "");
    warn_of(ctx, r->path->back, r->path->n_back, " on the way back");
    if (r->n_loose) ili_warn(ctx, "%d relaxations between the points of x did not converge", r->n_loose);
    if (r->tight < ILI_VOID_TIGHT - 1e-9)
        ili_warn(
            ctx,
            "the structure became so dense that lithium was looked for in voids of a radius down to %.1f A",
            r->tight);
}

il_status ili_lithiate_run(il_context *ctx, const ili_lithiate_settings *settings, const il_system *host,
                           const char *bytes_path, ili_lithiate_path *path) {
    lithiation r = {.s = settings, .bytes_path = bytes_path, .path = path};
    il_status status;
    memset(path, 0, sizeof *path);
    r.progress = ctx->progress;
    r.progress_user = ctx->progress_user;
    IL_GO(set_up(ctx, &r, host));
    IL_GO(load(ctx, &r));
    il_set_progress(ctx, on_progress, &r);
    status = walk(ctx, &r);
    il_set_progress(ctx, r.progress, r.progress_user);
    if (status == IL_OK) warn(ctx, &r);
    path->relaxations = r.relaxer.count;
out:
    ili_balance_destroy(&r.balance);
    il_system_destroy(&r.sys);
    return status;
}

void ili_lithiate_path_free(ili_lithiate_path *path) {
    for (int k = 0; k < ILI_LITHIATE_POINTS_MAX; k++) {
        il_system_destroy(&path->point[k].sys);
        il_system_destroy(&path->back[k].sys);
    }
    memset(path, 0, sizeof *path);
}
