/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers take the next run, the longest first, until none is left. The threads are dealt out anew whenever a run begins or ends;
 * a run takes up its new share at its next progress call, which is made by the thread that runs it. */
#include "task/replicas.h"

#include "base/alloc.h"
#include "base/timing.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

typedef struct replica {
    struct pool *pool;
    int k;
    double cost, fraction;
    il_context *ctx; /**< NULL: was not begun */
    il_status status;
    double seconds; /**< of the clock that it took */
} replica;

typedef struct pool {
    pthread_mutex_t lock; /**< of all below but ctx's constants and each replica's own context */
    il_context *ctx;      /**< the caller's */
    ili_replica_fn run;
    void *user;
    int n, n_begun, n_running, n_ended;
    replica *replicas; /**< [n] in the caller's order */
    int *order;        /**< [n] longest first */
    double total_cost;
    bool is_stopped; /**< asked for by the caller, or something failed */
} pool;

/** Threads for one of the runs in progress. */
static int share(const pool *p) {
    int n = p->n_running > 0 ? p->ctx->n_threads / p->n_running : 1;
    return n > 1 ? n : 1;
}

static double whole_fraction(const pool *p) {
    double sum = 0.0;
    for (int k = 0; k < p->n; k++) sum += p->replicas[k].cost * p->replicas[k].fraction;
    return sum / p->total_cost;
}

static int on_progress(void *user, const char *what, double fraction) {
    replica *r = user;
    pool *p = r->pool;
    char text[128];
    pthread_mutex_lock(&p->lock);
    r->fraction = fraction > 0.0 ? fraction < 1.0 ? fraction : 1.0 : 0.0;
    r->ctx->n_threads = share(p);
    snprintf(text, sizeof text, "%d of %d done, %.90s", p->n_ended, p->n, what);
    if (!p->is_stopped && ili_progress(p->ctx, text, whole_fraction(p))) p->is_stopped = true;
    int stop = p->is_stopped;
    pthread_mutex_unlock(&p->lock);
    return stop;
}

/** A context like the caller's. */
static il_context *make_context(pool *p, replica *r) {
    il_context *ctx = il_context_create();
    if (!ctx) return NULL;
    il_set_seed(ctx, p->ctx->seed);
    il_set_data_dir(ctx, p->ctx->data_dir);
    il_set_command(ctx, p->ctx->command);
    il_set_progress(ctx, on_progress, r);
    ctx->n_threads = share(p);
    ctx->simd = p->ctx->simd;
    if ((p->ctx->data_dir && !ctx->data_dir) || (p->ctx->command && !ctx->command)) il_context_destroy(&ctx);
    return ctx;
}

/** The next run to begin; NULL: none. Call with the lock held. */
static replica *begin(pool *p) {
    if (p->is_stopped || p->n_begun == p->n) return NULL;
    replica *r = &p->replicas[p->order[p->n_begun++]];
    p->n_running++;
    r->ctx = make_context(p, r);
    if (r->ctx) return r;
    r->status = IL_E_MEMORY;
    p->n_running--;
    p->is_stopped = true;
    return NULL;
}

static void *work(void *user) {
    pool *p = user;
    pthread_mutex_lock(&p->lock);
    for (replica *r; (r = begin(p));) {
        pthread_mutex_unlock(&p->lock);
        const ili_tick start = ili_tick_now();
        il_status status = p->run(r->ctx, p->user, r->k);
        r->seconds = ili_tick_now() - start;
        pthread_mutex_lock(&p->lock);
        r->status = status;
        r->fraction = 1.0;
        p->n_running--;
        p->n_ended++;
        if (status != IL_OK) p->is_stopped = true;
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/** Longest first, equal ones in the caller's order. */
static void sort_by_cost(pool *p) {
    for (int i = 0; i < p->n; i++) {
        int j = i;
        for (; j > 0 && p->replicas[p->order[j - 1]].cost < p->replicas[i].cost; j--)
            p->order[j] = p->order[j - 1];
        p->order[j] = i;
    }
}

/** The caller's thread works too; where no more threads are to be had, those that are there do it all. */
static void run_pool(pool *p, pthread_t *threads) {
    int wanted = p->ctx->n_threads < p->n ? p->ctx->n_threads : p->n, made = 0;
    while (made < wanted - 1 && pthread_create(&threads[made], NULL, work, p) == 0) made++;
    work(p);
    for (int t = 0; t < made; t++) pthread_join(threads[t], NULL);
}

/** Their times into those of the caller, whose clock showed `wall` seconds meanwhile. */
static void add_times(il_context *ctx, const pool *p, double wall) {
    double summed = 0.0;
    for (int k = 0; k < p->n; k++) {
        if (!p->replicas[k].ctx) continue;
        ili_timing_add(ctx, &p->replicas[k].ctx->timing);
        summed += p->replicas[k].seconds;
    }
    ctx->timing.beside += fmax(0.0, summed - wall);
}

/** Warnings in order; the first failure that is not the echo of another one, else the first interruption. */
static il_status collect(il_context *ctx, const pool *p) {
    const replica *worst = NULL;
    for (int k = 0; k < p->n; k++) {
        const replica *r = &p->replicas[k];
        for (int w = 0; r->ctx && w < il_warning_count(r->ctx); w++)
            ili_warn(ctx, "%s", il_warning(r->ctx, w));
        if (r->status == IL_OK) continue;
        if (!worst || (worst->status == IL_E_INTERRUPTED && r->status != IL_E_INTERRUPTED)) worst = r;
    }
    if (!worst)
        return p->is_stopped ? ili_fail(ctx, IL_E_INTERRUPTED, "stopped before all runs had begun") : IL_OK;
    if (!worst->ctx) return ili_no_memory(ctx, "a run");
    return ili_fail(ctx, worst->status, "%s", il_message(worst->ctx));
}

il_status ili_replicas_run(il_context *ctx, int n, const double *cost, ili_replica_fn run, void *user) {
    pool p = {.lock = PTHREAD_MUTEX_INITIALIZER, .ctx = ctx, .run = run, .user = user, .n = n};
    if (n <= 0) return IL_OK;
    pthread_t *threads = ili_alloc((size_t)n, sizeof *threads);
    p.replicas = ili_alloc((size_t)n, sizeof *p.replicas);
    p.order = ili_alloc((size_t)n, sizeof *p.order);
    il_status status = threads && p.replicas && p.order ? IL_OK : ili_no_memory(ctx, "the runs");
    for (int k = 0; status == IL_OK && k < n; k++) {
        p.replicas[k] = (replica){.pool = &p, .k = k, .cost = cost ? cost[k] : 1.0};
        p.total_cost += p.replicas[k].cost;
    }
    if (status == IL_OK) {
        sort_by_cost(&p);
        const ili_tick start = ili_tick_now();
        run_pool(&p, threads);
        add_times(ctx, &p, ili_tick_now() - start);
        status = collect(ctx, &p);
        for (int k = 0; k < n; k++) il_context_destroy(&p.replicas[k].ctx);
    }
    pthread_mutex_destroy(&p.lock);
    ili_free(p.order);
    ili_free(p.replicas);
    ili_free(threads);
    return status;
}
