/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Speed of the workloads W1 to W5 (tests/bench/w1.yaml .. w5.yaml), as jobs run through interlith.h, with all that a run chooses by
 *  itself; the force error of what was timed against a converged Ewald sum in double precision; memory by atom.
 *
 *      bench_work [-w W1,W3] [-t 1,2] [-r REPEATS] [-s SECONDS | -n STEPS] [-a ACCURACY] [-q] [-o FILE.json]
 *
 *  -w  workloads (default all), -t numbers of threads (1,2), -r repeats (5), interleaved: every repeat runs each workload at each number
 *  of threads once; -s seconds by the clock of one such run (1) or -n its steps; -a accuracy asked of the Coulomb sum (the model's); -q leaves
 *  force errors and memory out. The median is reported, with (slowest - fastest)/median as its spread. docs/performance.md tells how to
 *  read the result. */
#include "base/alloc.h"
#include "ff/ff.h"

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS_MAX = 99, THREADS_MAX = 2 };

typedef struct workload {
    const char *name, *job;
    const char *stages; /**< with the time in ps; NULL: a relaxation */
    const char *repeat;
    const char *structure, *model; /**< for the force error; NULL: no charges, or that of another one */
    double ewald_cutoff;           /**< angstrom, of the converged sum */
} workload;

static const workload WORK[] = {
    {"W1small", "tests/bench/w1.yaml", "nvt 600 K %g ps", "1,1,1", NULL, NULL, 0.0},
    {"W1", "tests/bench/w1.yaml", "nvt 600 K %g ps", "2,2,1", "lagp.extxyz", "pmmcs6.yaml", 12.0},
    {"W1big", "tests/bench/w1.yaml", "nvt 600 K %g ps", "4,4,2", NULL, NULL, 0.0},
    {"W2", "tests/bench/w2.yaml", "nvt 363 K %g ps", "1,1,1", "ether.extxyz", "ether.yaml", 18.0},
    {"W3", "tests/bench/w3.yaml", "nvt 600-300 K %g ps", "20,20,20", NULL, NULL, 0.0},
    {"W4", "tests/bench/w4.yaml", "nvt 600 K %g ps", "1,1,1", "slab.extxyz", "pmmcs6.yaml", 12.0},
    {"W5", "tests/bench/w5.yaml", NULL, NULL, NULL, NULL, 0.0},
};
enum { N_WORK = sizeof WORK / sizeof *WORK };
static const char DEFAULT_WORK[] = "W1small,W1,W2,W3,W4,W5";

/** One workload at one number of threads. */
typedef struct series {
    const workload *work;
    int n_threads, n_runs;
    long steps; /**< of a run; 0: a relaxation */
    json_t *timing[REPEATS_MAX];
    double rate[REPEATS_MAX]; /**< steps/s, or relaxations/s */
} series;

typedef struct plan {
    const char *names, *out;
    int threads[THREADS_MAX], n_threads, repeats;
    long steps;               /**< of a run; 0: as many as take `seconds` */
    double seconds, accuracy; /**< accuracy 0: the model's */
    bool quick;
} plan;

static void give_up(const char *what, const char *why) {
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* ---- one run ---- */

/** Run the job of a workload; its "provenance.timing", the caller's. `accuracy` 0: the model's. */
static json_t *run_job(const workload *w, const char *repeat, int n_threads, long steps, double accuracy) {
    il_context *ctx = il_context_create();
    il_job *job = NULL;
    il_report *report = NULL;
    const char *const *inputs;
    char stages[64], asked[64];
    if (!ctx || il_job_read(ctx, w->job, &job)) give_up(w->job, ctx ? il_message(ctx) : "no memory");
    const il_verb *verb = il_job_verb(job);
    void *options = ili_alloc(1, verb->options_size);
    if (!options) give_up(w->job, "no memory");
    il_options_default(verb, options);
    il_status status = il_job_apply(ctx, job, options);
    if (status == IL_OK && w->stages) {
        snprintf(stages, sizeof stages, w->stages, 1e-3 * (double)steps);
        status = il_options_set(ctx, verb, options, "stages", stages, "bench");
        if (status == IL_OK) status = il_options_set(ctx, verb, options, "repeat", repeat, "bench");
    }
    if (status == IL_OK && accuracy > 0.0) {
        snprintf(asked, sizeof asked, "%g", accuracy);
        status = il_options_set(ctx, verb, options, "coulomb-accuracy", asked, "bench");
    }
    il_set_threads(ctx, n_threads);
    const int n = il_job_inputs(job, &inputs);
    if (status == IL_OK) status = il_run(ctx, verb, n, inputs, options, NULL, &report);
    if (status != IL_OK) give_up(w->name, il_message(ctx));
    json_t *root = json_loads(il_report_json(report), 0, NULL);
    json_t *timing = json_object_get(json_object_get(root, "provenance"), "timing");
    json_incref(timing);
    json_decref(root);
    il_report_destroy(&report);
    ili_free(options);
    il_job_destroy(&job);
    il_context_destroy(&ctx);
    return timing;
}

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

/** Of a relaxation: forces and minimiser, without reading and setting up. */
static double charged_seconds(const json_t *timing) {
    const json_t *stages = json_object_get(timing, "stages_s");
    return number(timing, "summed_s") - number(stages, "other");
}

/** Steps of a run: as asked, or of about `seconds`, whole refreshes. */
static long calibrate(const workload *w, int n_threads, const plan *p) {
    enum { REFRESH = 50, MOST = 20000 };
    if (!w->stages || p->steps) return w->stages ? p->steps : 0;
    json_t *timing = run_job(w, w->repeat, n_threads, REFRESH, p->accuracy);
    const double per_step = 1e-3 * number(json_object_get(timing, "dynamics"), "ms_per_step");
    json_decref(timing);
    const double blocks = ceil(p->seconds / per_step / REFRESH);
    return REFRESH * (long)fmin(fmax(blocks, 1.0), MOST / REFRESH);
}

static void measure(series *s, double accuracy) {
    json_t *timing = run_job(s->work, s->work->repeat, s->n_threads, s->steps, accuracy);
    s->timing[s->n_runs] = timing;
    s->rate[s->n_runs++] =
        s->steps ? number(json_object_get(timing, "dynamics"), "steps_per_s") : 1.0 / charged_seconds(timing);
}

/* ---- accuracy and memory ---- */

static void must(il_context *ctx, il_status status) {
    if (status != IL_OK) give_up("force error", il_message(ctx));
}

/** RMS length of the difference of the forces of the fast path, as it was timed, from a converged Ewald sum, e^2/A^2. */
static double force_error(const workload *w, double accuracy) {
    static const double UNIT = 14.3996; /* eV/angstrom */
    char path[256];
    il_context *ctx = il_context_create();
    il_system *unit = NULL, *sys = NULL;
    il_model *model = NULL;
    int n[3];
    if (!ctx || sscanf(w->repeat, "%d,%d,%d", &n[0], &n[1], &n[2]) != 3) give_up("force error", "no memory");
    snprintf(path, sizeof path, "tests/bench/data/%s", w->structure);
    must(ctx, il_system_read(ctx, path, &unit));
    must(ctx, ili_system_repeat(ctx, unit, n, &sys));
    snprintf(path, sizeof path, "tests/bench/data/%s", w->model);
    must(ctx, il_model_read(ctx, path, &model));
    il_ff_options o[2];
    for (int k = 0; k < 2; k++) il_ff_options_default(&o[k]);
    o[0].coulomb = 2;
    o[0].precision = 1;
    if (accuracy > 0.0) o[0].accuracy = accuracy;
    o[0].coulomb_cutoff = 0.0; /* the cheapest, as in dynamics */
    o[1].coulomb = 1;
    o[1].accuracy = 1e-8;
    o[1].coulomb_cutoff = w->ewald_cutoff;
    o[1].analytic = 1;
    double h[3][3], energy, sum = 0.0, (*f[2])[3];
    il_system_cell(sys, h);
    for (int k = 0; k < 2; k++) {
        il_ff *ff = NULL;
        f[k] = ili_alloc((size_t)sys->n_atoms, sizeof *f[k]);
        if (!f[k]) give_up("force error", "no memory");
        must(ctx, il_ff_create(ctx, model, sys, &o[k], &ff));
        must(ctx,
             il_ff_compute(ctx, ff, (const double(*)[3])h, il_system_positions(sys), &energy, f[k], NULL));
        il_ff_destroy(&ff);
    }
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int c = 0; c < 3; c++) sum += pow(f[0][i][c] - f[1][i][c], 2);
    const double rms = sqrt(sum / sys->n_atoms) / UNIT;
    for (int k = 0; k < 2; k++) ili_free(f[k]);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_system_destroy(&unit);
    il_context_destroy(&ctx);
    return rms;
}

/** Peak memory of a short run of W1 in a process of its own, bytes. */
static double peak(const char *repeat) {
    struct rusage use;
    int code;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        json_t *timing = run_job(&WORK[1], repeat, 2, 3, 0.0);
        json_decref(timing);
        _exit(EXIT_SUCCESS);
    }
    if (child < 0 || wait4(child, &code, 0, &use) != child || code != 0)
        give_up("memory", "the run of its own failed");
    return 1024.0 * (double)use.ru_maxrss;
}

/** Bytes by atom between 10,656 and 21,312 atoms, so that process, model and tables do not count. */
static double memory_by_atom(void) {
    return (peak("2,2,2") - peak("2,2,1")) / 10656.0;
}

/* ---- result ---- */

static int by_rate(const void *a, const void *b) {
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/** The run of the median and its keys. */
static json_t *conclude(const series *s) {
    double sorted[REPEATS_MAX];
    memcpy(sorted, s->rate, sizeof sorted);
    qsort(sorted, (size_t)s->n_runs, sizeof *sorted, by_rate);
    const double median = sorted[s->n_runs / 2];
    int k = 0;
    while (s->rate[k] != median) k++;
    json_t *out = json_pack("{s:s, s:i, s:i, s:f}", "workload", s->work->name, "threads", s->n_threads,
                            "repeats", s->n_runs, "spread", (sorted[s->n_runs - 1] - sorted[0]) / median);
    if (s->steps) {
        const json_t *dynamics = json_object_get(s->timing[k], "dynamics");
        json_object_set_new(out, "atoms",
                            json_integer(lround(number(dynamics, "atom_steps_per_s") / median)));
        json_object_update(out, (json_t *)dynamics);
    } else {
        json_object_set_new(out, "relax_s", json_real(1.0 / median));
        json_object_set_new(out, "relax_s_fastest", json_real(1.0 / sorted[s->n_runs - 1]));
        json_object_set(out, "evaluations", json_object_get(s->timing[k], "evaluations"));
        json_object_set(out, "stages_s", json_object_get(s->timing[k], "stages_s"));
    }
    json_object_set_new(out, "steps_per_s_fastest",
                        s->steps ? json_real(sorted[s->n_runs - 1]) : json_null());
    json_object_set(out, "chosen", json_object_get(s->timing[k], "chosen"));
    return out;
}

static const char *word(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "-";
}

static void print_row(const json_t *r) {
    const json_t *chosen = json_object_get(r, "chosen"), *stages = json_object_get(r, "stages_ms_per_step");
    printf("%-8s %2d ", word(r, "workload"), (int)number(r, "threads"));
    if (!stages) {
        printf("%d evaluations in %.3f s (spread %.0f %%)  %s, %s\n", (int)number(r, "evaluations"),
               number(r, "relax_s"), 100.0 * number(r, "spread"), word(chosen, "simd"),
               word(chosen, "precision"));
        return;
    }
    const double mesh = number(stages, "mesh_sort") + number(stages, "mesh_spread") +
                        number(stages, "mesh_fft") + number(stages, "mesh_gather") + number(stages, "waves"),
                 list = number(stages, "neighbour"),
                 pairs = number(stages, "pairs") + number(stages, "metal"), bonded = number(stages, "bonded"),
                 ms = number(r, "ms_per_step");
    printf("%6d %8.1f %7.0f %8.2f %8.2f %8.3f %7.3f %7.3f %7.3f %7.3f %7.3f  %s, %s\n",
           (int)number(r, "atoms"), number(r, "steps_per_s"), 100.0 * number(r, "spread"),
           number(r, "ns_per_day"), 1e-6 * number(r, "atom_steps_per_s"), ms, pairs, mesh, list, bonded,
           ms - pairs - mesh - list - bonded, word(chosen, "simd"), word(chosen, "precision"));
}

static json_t *machine(void) {
    char line[256], cpu[256] = "unknown", date[32];
    FILE *info = fopen("/proc/cpuinfo", "r");
    while (info && fgets(line, sizeof line, info))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            snprintf(cpu, sizeof cpu, "%s", strchr(line, ':') + 2);
            cpu[strcspn(cpu, "\n")] = 0;
            break;
        }
    if (info) fclose(info);
    const time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M", gmtime(&now));
    const char *commit = getenv("BENCH_COMMIT");
    return json_pack("{s:s, s:i, s:s, s:s, s:s}", "processor", cpu, "cores",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "compiler", __VERSION__, "commit",
                     commit ? commit : "unknown", "date_utc", date);
}

/* ---- all of it ---- */

static bool is_asked(const char *names, const char *name) {
    const size_t n = strlen(name);
    for (const char *p = names; (p = strstr(p, name)); p += n)
        if ((p == names || p[-1] == ',') && (p[n] == 0 || p[n] == ',')) return true;
    return false;
}

static plan read_plan(int argc, char **argv) {
    plan p = {.names = DEFAULT_WORK, .threads = {1, 2}, .n_threads = 2, .repeats = 5, .seconds = 1.0};
    for (int c; (c = getopt(argc, argv, "w:t:r:s:n:a:qo:")) != -1;) {
        if (c == 'w') p.names = optarg;
        if (c == 't') p.n_threads = sscanf(optarg, "%d,%d", &p.threads[0], &p.threads[1]);
        if (c == 'r') p.repeats = atoi(optarg);
        if (c == 's') p.seconds = atof(optarg);
        if (c == 'n') p.steps = atol(optarg);
        if (c == 'a') p.accuracy = atof(optarg);
        if (c == 'q') p.quick = true;
        if (c == 'o') p.out = optarg;
        if (c == '?') exit(EXIT_FAILURE);
    }
    if (p.n_threads < 1 || p.repeats < 1 || p.repeats > REPEATS_MAX || !(p.seconds > 0.0) || p.steps < 0 ||
        p.accuracy < 0.0)
        give_up("options", "expected -t 1,2 -r 1 to 99 -s above 0 -n and -a not below 0");
    return p;
}

/** The threads' library reads its setting before main begins; the command sets the same (src/cli/main.c). */
static void spin_briefly(char **argv) {
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "2000", 1) == 0) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
    spin_briefly(argv);
    const plan p = read_plan(argc, argv);
    json_t *root = json_object(), *rows = json_array(), *errors = json_object();
    json_object_set_new(root, "machine", machine());
    if (!p.quick &&
        is_asked(p.names, "W1")) { /* before there are threads: a process cannot fork once it has had them */
        const double bytes = memory_by_atom();
        json_object_set_new(root, "W1_bytes_per_atom", json_real(bytes));
        printf("memory   W1, 10656 to 21312 atoms: %.0f bytes/atom (slope)\n", bytes);
    }
    static series all[N_WORK * THREADS_MAX];
    int n = 0;
    for (int w = 0; w < N_WORK; w++)
        for (int t = 0; t < p.n_threads && is_asked(p.names, WORK[w].name); t++)
            all[n++] = (series){
                .work = &WORK[w], .n_threads = p.threads[t], .steps = calibrate(&WORK[w], p.threads[t], &p)};
    for (int r = 0; r < p.repeats; r++)
        for (int k = 0; k < n; k++) measure(&all[k], p.accuracy);
    printf("workload thr  atoms  steps/s  spread%%  ns/day  Matom-st/s  ms/step   pairs    mesh    list  "
           "bonded   "
           "other\n");
    for (int k = 0; k < n; k++) {
        json_t *row = conclude(&all[k]);
        json_array_append_new(rows, row);
        print_row(row);
    }
    json_object_set_new(root, "workloads", rows);
    for (int w = 0; w < N_WORK && !p.quick; w++) {
        if (!WORK[w].structure || !is_asked(p.names, WORK[w].name)) continue;
        const double error = force_error(&WORK[w], p.accuracy);
        json_object_set_new(errors, WORK[w].name, json_real(error));
        printf("error    %-3s RMS force error %.2e (of 14.4 eV/A) against a converged Ewald sum in double\n",
               WORK[w].name, error);
    }
    json_object_set_new(root, "force_error", errors);
    if (p.out && json_dump_file(root, p.out, JSON_INDENT(1) | JSON_REAL_PRECISION(8)) != 0)
        give_up(p.out, "cannot be written");
    json_decref(root);
    return EXIT_SUCCESS;
}
