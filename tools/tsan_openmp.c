/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The few functions of libgomp that gcc calls for our loops, over plain pthreads. libgomp is not built for the thread sanitizer,
 *  which then takes every second access beyond a barrier of its for a race; what it sees here, it understands. `make tsan` links
 *  this in place of libgomp, so that no suppressions are needed and races within loops are found. Slow: threads live for one region.
 *  Interface: libgomp's own, as gcc emits it; nested regions have one thread, as there. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256, LOOPS = 64 /* that threads of a team may be apart, without a barrier between */ };

typedef struct loop {
    long number, next, end, step, chunk; /* number: counted from 1 in the team */
} loop;

typedef struct team {
    pthread_mutex_t lock;
    pthread_cond_t all_here;
    int n, waiting;
    unsigned long round; /* of the barrier */
    loop loops[LOOPS];
} team;

typedef struct member {
    team *team;
    int id;
    long loops; /* begun so far */
    void (*run)(void *);
    void *data;
} member;

static __thread member *me; /* NULL: outside of any region */
static pthread_mutex_t critical = PTHREAD_MUTEX_INITIALIZER;

/* gcc knows these names */
void GOMP_parallel(void (*run)(void *), void *data, unsigned n, unsigned flags);
void GOMP_parallel_loop_nonmonotonic_dynamic(void (*run)(void *), void *data, unsigned n, long start,
                                             long end, long step, long chunk, unsigned flags);
bool GOMP_loop_nonmonotonic_dynamic_start(long start, long end, long step, long chunk, long *from, long *to);
bool GOMP_loop_nonmonotonic_dynamic_next(long *from, long *to);
void GOMP_loop_end(void);
void GOMP_loop_end_nowait(void);
void GOMP_barrier(void);
void GOMP_critical_name_start(void **name);
void GOMP_critical_name_end(void **name);
void GOMP_atomic_start(void);
void GOMP_atomic_end(void);
int omp_get_num_procs(void);
int omp_get_num_threads(void);
int omp_get_thread_num(void);

static void give_up(const char *what) {
    fprintf(stderr, "tsan_openmp: %s\n", what);
    abort();
}

static void *run_member(void *user) {
    member *outer = me;
    me = user;
    me->run(me->data);
    me = outer;
    return NULL;
}

static void run_team(void (*run)(void *), void *data, unsigned wanted, const loop *first) {
    team t = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_here = PTHREAD_COND_INITIALIZER};
    member members[THREADS_MAX];
    pthread_t threads[THREADS_MAX];
    t.n = me ? 1 : wanted ? (int)wanted : omp_get_num_procs();
    if (t.n > THREADS_MAX) t.n = THREADS_MAX;
    if (first) t.loops[1] = *first;
    for (int k = 0; k < t.n; k++) members[k] = (member){&t, k, first != NULL, run, data};
    for (int k = 1; k < t.n; k++)
        if (pthread_create(&threads[k], NULL, run_member, &members[k]) != 0) give_up("no more threads");
    run_member(&members[0]);
    for (int k = 1; k < t.n; k++) pthread_join(threads[k], NULL);
}

void GOMP_parallel(void (*run)(void *), void *data, unsigned n, unsigned flags) {
    (void)flags;
    run_team(run, data, n, NULL);
}

void GOMP_parallel_loop_nonmonotonic_dynamic(void (*run)(void *), void *data, unsigned n, long start,
                                             long end, long step, long chunk, unsigned flags) {
    (void)flags;
    run_team(run, data, n, &(loop){1, start, end, step, chunk});
}

bool GOMP_loop_nonmonotonic_dynamic_next(long *from, long *to) {
    if (!me) give_up("a loop outside of a region");
    team *t = me->team;
    loop *l = &t->loops[me->loops % LOOPS];
    pthread_mutex_lock(&t->lock);
    const bool more = l->step > 0 ? l->next < l->end : l->next > l->end;
    if (more) {
        *from = l->next;
        l->next += l->step * l->chunk;
        *to = (l->step > 0) == (l->next < l->end) ? l->next : l->end;
    }
    pthread_mutex_unlock(&t->lock);
    return more;
}

bool GOMP_loop_nonmonotonic_dynamic_start(long start, long end, long step, long chunk, long *from, long *to) {
    if (!me) give_up("a loop outside of a region");
    team *t = me->team;
    loop *l = &t->loops[++me->loops % LOOPS];
    pthread_mutex_lock(&t->lock);
    if (l->number != me->loops) *l = (loop){me->loops, start, end, step, chunk};
    pthread_mutex_unlock(&t->lock);
    return GOMP_loop_nonmonotonic_dynamic_next(from, to);
}

void GOMP_loop_end_nowait(void) {}

void GOMP_loop_end(void) {
    GOMP_barrier();
}

void GOMP_barrier(void) {
    if (!me) return;
    team *t = me->team;
    pthread_mutex_lock(&t->lock);
    const unsigned long round = t->round;
    if (++t->waiting == t->n) {
        t->waiting = 0;
        t->round++;
        pthread_cond_broadcast(&t->all_here);
    }
    while (t->round == round) pthread_cond_wait(&t->all_here, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

void GOMP_critical_name_start(void **name) {
    (void)name;
    pthread_mutex_lock(&critical);
}

void GOMP_critical_name_end(void **name) {
    (void)name;
    pthread_mutex_unlock(&critical);
}

void GOMP_atomic_start(void) { /* several reductions of one loop */
    pthread_mutex_lock(&critical);
}

void GOMP_atomic_end(void) {
    pthread_mutex_unlock(&critical);
}

int omp_get_num_procs(void) {
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

int omp_get_num_threads(void) {
    return me ? me->team->n : 1;
}

int omp_get_thread_num(void) {
    return me ? me->id : 0;
}
