/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "task/replicas.h"

#include <pthread.h>

enum { N = 6, LOOPS = 40 };

/** What the runs left behind; each writes its own member only, but for begun, which is counted under the lock. */
typedef struct notes {
    pthread_mutex_t lock;
    int order[N], n_begun, running, most;
    int threads_most;
    double value[N];
    int fails_at, fails_too; /**< runs that fail; -1: none */
} notes;

static notes fresh(int n_threads) {
    notes m = {.lock = PTHREAD_MUTEX_INITIALIZER, .fails_at = -1, .fails_too = -1};
    il_set_threads(ctx, n_threads);
    return m;
}

static il_status run(il_context *own, void *user, int k) {
    notes *m = user;
    pthread_mutex_lock(&m->lock);
    m->order[m->n_begun++] = k;
    m->running++;
    if (m->running > m->most) m->most = m->running;
    pthread_mutex_unlock(&m->lock);
    il_status status = IL_OK;
    double sum = (double)own->seed;
    for (int i = 0; i < LOOPS && status == IL_OK; i++) {
        double part[64];
#pragma omp parallel for num_threads(own->n_threads)
        for (int j = 0; j < 64; j++) part[j] = sin(k + 0.1 * j + i);
        for (int j = 0; j < 64; j++) sum += part[j];
        pthread_mutex_lock(&m->lock);
        if (own->n_threads * m->running > m->threads_most) m->threads_most = own->n_threads * m->running;
        pthread_mutex_unlock(&m->lock);
        if (i == LOOPS / 2 && (k == m->fails_at || k == m->fails_too))
            status = ili_fail(own, IL_E_NONFINITE, "run %d broke", k);
        else if (ili_progress(own, "loop", (double)i / LOOPS))
            status = ili_fail(own, IL_E_INTERRUPTED, "run %d was stopped", k);
    }
    ili_warn(own, "warning of %d", k);
    m->value[k] = sum;
    pthread_mutex_lock(&m->lock);
    m->running--;
    pthread_mutex_unlock(&m->lock);
    return status;
}

TEST(same_results_at_any_thread_count) {
    notes one = fresh(1);
    il_set_seed(ctx, 5);
    CHECK_OK(ili_replicas_run(ctx, N, NULL, run, &one));
    CHECK(one.most == 1 && one.n_begun == N);
    notes four = fresh(4);
    CHECK_OK(ili_replicas_run(ctx, N, NULL, run, &four));
    CHECK(four.most <= 4 && four.n_begun == N);
    for (int k = 0; k < N; k++) CHECK(one.value[k] == four.value[k] && one.value[k] != 0.0);
}

TEST(the_longest_begins_first) {
    const double cost[N] = {1, 5, 2, 5, 9, 3};
    const int want[N] = {4, 1, 3, 5, 2, 0};
    notes m = fresh(1);
    CHECK_OK(ili_replicas_run(ctx, N, cost, run, &m));
    CHECK(memcmp(m.order, want, sizeof want) == 0);
}

TEST(warnings_come_in_order) {
    const double cost[N] = {1, 5, 2, 5, 9, 3};
    notes m = fresh(3);
    CHECK_OK(ili_replicas_run(ctx, N, cost, run, &m));
    CHECK(il_warning_count(ctx) == N);
    for (int k = 0; k < N; k++) {
        char want[32];
        snprintf(want, sizeof want, "warning of %d", k);
        CHECK(strcmp(il_warning(ctx, k), want) == 0);
    }
}

TEST(the_first_failure_is_told) {
    notes m = fresh(1);
    m.fails_at = 2;
    CHECK_STATUS(ili_replicas_run(ctx, N, NULL, run, &m), IL_E_NONFINITE);
    CHECK(strcmp(il_message(ctx), "run 2 broke") == 0);
    CHECK(m.n_begun == 3); /* the others were not begun */
    m = fresh(N);
    m.fails_at = 4;
    CHECK_STATUS(ili_replicas_run(ctx, N, NULL, run, &m), IL_E_NONFINITE);
    CHECK(strcmp(il_message(ctx), "run 4 broke") == 0); /* not the interruptions that it caused */
}

static int stop_late(void *user, const char *what, double fraction) {
    int *calls = user;
    CHECK(strstr(what, "done, loop") != NULL);
    CHECK(fraction >= 0.0 && fraction <= 1.0);
    return ++*calls > 10;
}

TEST(a_stop_stops_all) {
    for (int threads = 1; threads <= 4; threads += 3) {
        int calls = 0;
        notes m = fresh(threads);
        il_set_progress(ctx, stop_late, &calls);
        CHECK_STATUS(ili_replicas_run(ctx, N, NULL, run, &m), IL_E_INTERRUPTED);
        CHECK(strstr(il_message(ctx), "was stopped") != NULL);
        CHECK(calls == 11); /* nobody asks again */
        CHECK(m.n_begun <= threads);
    }
}

/** Fractions of the whole, weighted by cost, never fall while one thread runs one after the other. */
typedef struct rise {
    double last, at_end_of_first;
    int calls;
} rise;

static int watch(void *user, const char *what, double fraction) {
    rise *r = user;
    CHECK(fraction >= r->last);
    r->last = fraction;
    if (strncmp(what, "0 of", 4) == 0) r->at_end_of_first = fraction;
    r->calls++;
    return 0;
}

TEST(progress_is_weighted) {
    const double cost[N] = {1, 1, 1, 1, 1, 15};
    rise r = {0};
    notes m = fresh(1);
    il_set_progress(ctx, watch, &r);
    CHECK_OK(ili_replicas_run(ctx, N, cost, run, &m));
    CHECK(r.calls == N * LOOPS);
    CHECK_NEAR(r.at_end_of_first, 0.75 * (LOOPS - 1) / LOOPS, 1e-12);
}

TEST(threads_are_shared_again) {
    notes m = fresh(8);
    CHECK_OK(ili_replicas_run(ctx, 2, NULL, run, &m));
    CHECK(m.most <= 2);
    m = fresh(8);
    CHECK_OK(ili_replicas_run(ctx, 1, NULL, run, &m));
    CHECK(m.threads_most == 8); /* a single run has them all */
    CHECK_OK(ili_replicas_run(ctx, 0, NULL, run, &m));
    CHECK(ctx->n_threads == 8);
}

TESTS(RUN(same_results_at_any_thread_count), RUN(the_longest_begins_first), RUN(warnings_come_in_order),
      RUN(the_first_failure_is_told), RUN(a_stop_stops_all), RUN(progress_is_weighted),
      RUN(threads_are_shared_again))
