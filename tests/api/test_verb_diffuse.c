/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The verb diffuse as a program calls it: a planted walk from a trajectory, a run and the analysis of its own trajectory, keys,
 *  refusals. */
#include "harness.h"

#include "base/rng.h"
#include "math/units.h"

#include <jansson.h>
#include <unistd.h>

enum { PATH = 256 };

/** Run diffuse on `file` (NULL: none) with name, value pairs, NULL-terminated; the result object, owned by the caller. */
static il_status diffuse(const char *file, const char *const *settings, const char *dir, json_t **result) {
    const il_verb *verb = il_verb_find(ctx, "diffuse");
    static char options[65536];
    il_report *report = NULL;
    *result = NULL;
    ck_assert_ptr_nonnull(verb);
    ck_assert(verb->options_size <= sizeof options);
    il_options_default(verb, options);
    for (int i = 0; settings[i]; i += 2)
        CHECK_OK(il_options_set(ctx, verb, options, settings[i], settings[i + 1], "test"));
    il_set_threads(ctx, 1);
    il_status status = il_run(ctx, verb, file ? 1 : 0, &file, options, dir, &report);
    if (report) *result = json_loads(il_report_json(report), 0, NULL);
    il_report_destroy(&report);
    return status;
}

/** The value at a path "runs/0/haven/value"; NULL: it is not there. */
static json_t *at(json_t *root, const char *path) {
    char copy[256], *save = NULL;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok_r(copy, "/", &save); key && root; key = strtok_r(NULL, "/", &save))
        root = json_is_array(root) ? json_array_get(root, (size_t)atoi(key)) : json_object_get(root, key);
    return root;
}

static double number(json_t *root, const char *path) {
    json_t *value = at(root, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/** n lithium walkers (steps of `step` angstrom along each axis) between 8 oxygen atoms that drift, as extended XYZ, wrapped. */
static void write_walk(const char *path, int n, int frames, double step, double box, uint64_t seed) {
    ili_rng rng = ili_rng_make(seed, 0);
    double(*x)[3] = calloc((size_t)n, sizeof *x);
    FILE *file = fopen(path, "w");
    ck_assert(x && file);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) x[i][k] = box * ili_rng_uniform(&rng);
    for (int t = 0; t < frames; t++) {
        double drift = 0.001 * t;
        fprintf(file, "%d\nLattice=\"%g 0 0 0 %g 0 0 0 %g\" Properties=species:S:1:pos:R:3 pbc=\"T T T\"\n",
                n + 8, box, box, box);
        for (int i = 0; i < n; i++) {
            double w[3];
            for (int k = 0; k < 3; k++) {
                x[i][k] += step * ili_rng_normal(&rng);
                w[k] = x[i][k] + drift - box * floor((x[i][k] + drift) / box);
            }
            fprintf(file, "Li %.9f %.9f %.9f\n", w[0], w[1], w[2]);
        }
        for (int i = 0; i < 8; i++)
            fprintf(file, "O %.9f %.9f %.9f\n", drift + (i & 1) * 5.0, drift + (i / 2 & 1) * 5.0,
                    drift + (i / 4) * 5.0);
    }
    fclose(file);
    free(x);
}

static bool has_warning(const char *text) {
    for (int k = 0; k < il_warning_count(ctx); k++)
        if (strstr(il_warning(ctx, k), text)) return true;
    return false;
}

/** D = step^2/(2 frame time); the conductivity of independent walkers is that of Nernst and Einstein. */
TEST(planted_walk) {
    char path[PATH] = "/tmp/interlith-walk-XXXXXX.extxyz";
    const double box = 20.0, step = 0.5, frame_time = 50.0, t = 500.0;
    const int n = 60, frames = 3000;
    json_t *r;
    int fd = mkstemps(path, 7);
    ck_assert(fd >= 0);
    close(fd);
    write_walk(path, n, frames, step, box, 5);
    const char *settings[] = {"from", path, "temperatures", "500", "frame-time", "50", NULL};
    REQUIRE_OK(diffuse(NULL, settings, NULL, &r));
    const double d = step * step / (2 * frame_time) * 1e-5;
    const double v = box * box * box * 1e-30;
    const double ne = n * ILI_E_CHARGE_SI * ILI_E_CHARGE_SI * d / (v * ILI_BOLTZMANN_SI * t);
    double value = number(r, "runs/0/D_tracer_m2_per_s/Li/value"),
           sigma = number(r, "runs/0/D_tracer_m2_per_s/Li/sigma");
    CHECK(sigma > 0 && sigma < 0.05 * d);
    CHECK_NEAR(value, d, 5.5 * sigma);
    CHECK_NEAR(number(r, "runs/0/sigma_NE_S_per_m/value"), ne, 5.5 * ne * sigma / d);
    /* the collective displacement is one walker only: two thousandths of sampling, so a wide error */
    sigma = number(r, "runs/0/sigma_S_per_m/sigma");
    CHECK(sigma > 0.005 * ne && sigma < 0.5 * ne);
    CHECK_NEAR(number(r, "runs/0/sigma_S_per_m/value"), ne, 5.5 * sigma);
    CHECK_NEAR(number(r, "runs/0/haven/value"), 1.0, 5.5 * number(r, "runs/0/haven/sigma"));
    CHECK(json_is_true(at(r, "runs/0/diffusive")) && json_is_true(at(r, "runs/0/charge_diffusive")));
    CHECK_NEAR(number(r, "runs/0/species/Li/t/value"), 1.0, 1e-12);
    CHECK(number(r, "runs/0/frames") == frames && number(r, "runs/0/frame_time_fs") == 50.0);
    CHECK(json_is_null(at(r, "Ea_eV/value")) && json_is_string(at(r, "definitions/reference")));
    CHECK_NEAR(number(r, "temperatures/0/D_tracer_m2_per_s/Li/value"), value, 1e-12 * value);
    const double bytes = number(r, "runs/0/analysis_bytes");
    json_decref(r);
    /* the drift of everything is diffusion when nothing stands still; charges scale the conductivity by their square */
    const char *other[] = {"from", path,      "temperatures", "500",     "frame-time", "50", "reference",
                           "none", "charges", "Li=2",         "observe", "rdf",        NULL};
    json_t *free_run;
    REQUIRE_OK(diffuse(NULL, other, NULL, &free_run));
    CHECK(strstr(json_string_value(at(free_run, "definitions/reference")), "laboratory"));
    CHECK_NEAR(number(free_run, "runs/0/species/Li/charge_number"), 2.0, 0);
    /* what is observed beside counts as memory: 32 blocks of three pairs of species with 160 bins at least */
    CHECK(number(free_run, "runs/0/analysis_bytes") > bytes + 32 * 3 * 160 * 8);
    json_decref(free_run);
    /* the finite-size correction of a liquid of this viscosity (mPa s) is added to the tracer diffusivity and said */
    const char *liquid[] = {"from", path,        "temperatures", "500", "frame-time",
                            "50",   "viscosity", "2.5",          NULL};
    const double add = 2.837297 * ILI_BOLTZMANN_SI * t / (6 * ILI_PI * 2.5e-3 * box * 1e-10);
    json_t *corrected;
    REQUIRE_OK(diffuse(NULL, liquid, NULL, &corrected));
    CHECK_NEAR(number(corrected, "runs/0/finite_size_correction_m2_per_s"), add, 1e-9 * add);
    CHECK_NEAR(number(corrected, "runs/0/D_tracer_m2_per_s/Li/value"), value + add, 1e-9 * add);
    CHECK(strstr(json_string_value(at(corrected, "definitions/D_tracer")), "Yeh and Hummer"));
    CHECK(has_warning("liquids and melts")); /* of atoms without bonds it may be a crystal */
    CHECK(has_warning("charge"));            /* bare elements: these may be atoms of a metal */
    json_decref(corrected);
    unlink(path);
}

/** Walks at three temperatures with a planted activation energy, as three trajectories of one study. */
TEST(planted_energy) {
    const double t[] = {600, 800, 1000}, energy = 0.25;
    char path[3][PATH], list[3 * PATH];
    json_t *r;
    for (int k = 0; k < 3; k++) {
        snprintf(path[k], PATH, "/tmp/interlith-arrhenius-%d-%d.extxyz", (int)getpid(), k);
        write_walk(path[k], 40, 1500, 0.6 * exp(-energy / (2 * ILI_KB) * (1 / t[k] - 1e-3)), 15.0,
                   10 + (uint64_t)k);
    }
    snprintf(list, sizeof list, "%s,%s,%s", path[0], path[1], path[2]);
    const char *settings[] = {"from", list, "temperatures", "600,800,1000", "frame-time", "20", NULL};
    REQUIRE_OK(diffuse(NULL, settings, NULL, &r));
    const double d = 0.36 / 40 * 1e-5; /* at 1000 K */
    double sigma = number(r, "Ea_eV/sigma");
    CHECK(sigma > 0 && sigma < 0.02);
    CHECK_NEAR(number(r, "Ea_eV/value"), energy, 5.5 * sigma);
    CHECK_NEAR(number(r, "Ea_J_per_mol/value") / number(r, "Ea_eV/value"), 96485.33212, 1e-4);
    CHECK(number(r, "fits/D of Li/temperatures_used") == 3 &&
          json_is_true(at(r, "fits/D of Li/scatter_was_tested")));
    double prefactor = d * exp(energy / (ILI_KB * 1000));
    CHECK_NEAR(log(number(r, "fits/D of Li/prefactor/value")), log(prefactor), 5.5 * sigma / ILI_KB / 700);
    /* sigma T has the planted energy too, and is extrapolated */
    CHECK_NEAR(number(r, "fits/sigma T/Ea_eV/value"), energy, 5.5 * number(r, "fits/sigma T/Ea_eV/sigma"));
    CHECK(json_is_true(at(r, "sigma_298K_S_per_m/extrapolated")));
    CHECK_NEAR(number(r, "fits/sigma T/at_298K/value") / 298.15, number(r, "sigma_298K_S_per_m/value"),
               1e-12 * number(r, "sigma_298K_S_per_m/value"));
    CHECK(number(r, "sigma_298K_S_per_m/low_95") < number(r, "sigma_298K_S_per_m/value"));
    CHECK(!at(r, "fits/D of Li/vtf"));
    json_decref(r);
    /* sigma instead of sigma T, by VTF: without curvature it extrapolates like Arrhenius, with a wider band */
    const char *vtf[] = {"from", list,  "temperatures", "600,800,1000", "frame-time", "20",
                         "law",  "vtf", "fit",          "sigma",        NULL};
    REQUIRE_OK(diffuse(NULL, vtf, NULL, &r));
    CHECK(strcmp(json_string_value(at(r, "sigma_298K_S_per_m/fitted")), "ln(sigma) by VTF") == 0);
    CHECK_NEAR(number(r, "fits/sigma/vtf/at_298K/value"), number(r, "sigma_298K_S_per_m/value"), 0);
    CHECK(number(r, "fits/D of Li/vtf/T0_K/low_95") == 0.0);
    json_decref(r);
    /* two temperatures have no VTF: the number is that of Arrhenius and says so */
    snprintf(list, sizeof list, "%s,%s", path[0], path[1]);
    const char *two[] = {"from", list, "temperatures", "600,800", "frame-time", "20", "law", "vtf", NULL};
    REQUIRE_OK(diffuse(NULL, two, NULL, &r));
    CHECK(!at(r, "fits/sigma T/vtf"));
    CHECK(strcmp(json_string_value(at(r, "sigma_298K_S_per_m/fitted")), "ln(sigma T) against 1/T") == 0);
    json_decref(r);
    for (int k = 0; k < 3; k++) unlink(path[k]);
}

/** The trajectory that a run writes gives what was summed while it ran, to the rounding of the file: single precision. */
TEST(run_and_its_trajectory) {
    char dir[PATH] = "/tmp/interlith-diffuse-XXXXXX", path[2 * PATH], command[2 * PATH];
    json_t *run = NULL, *again = NULL;
    ck_assert_ptr_nonnull(mkdtemp(dir));
    for (int binary = 0; binary < 2; binary++) {
        const char *ending = binary ? "nc" : "extxyz";
        const char *settings[] = {"model",      "pmmcs",       "temperatures", "1500", "time",
                                  "2",          "equilibrate", "0.1",          "dt",   "2",
                                  "frame-time", "10",          "trajectory",   ending, "trajectory-every",
                                  "0.01",       "fresh",       "yes",          NULL};
        REQUIRE_OK(diffuse("structures/LAGP.cif", settings, dir, &run));
        snprintf(path, sizeof path, "%s/run-1500K-r1-s1/production.%s", dir, ending);
        const char *from[] = {"from", path, "temperatures", "1500", NULL};
        REQUIRE_OK(diffuse(NULL, from, NULL, &again));
        CHECK(number(run, "runs/0/frames") == 201 && number(again, "runs/0/frames") == 201);
        const char *const keys[] = {"runs/0/D_tracer_m2_per_s/Li/value", "runs/0/D_charge_m2_per_s/value",
                                    "runs/0/sigma_S_per_m/value", "runs/0/D_tracer_m2_per_s/Li/sigma"};
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            double want = number(run, keys[k]);
            /* single precision of 20 A moves a displacement of 0.5 A by 4e-6 of itself; extended XYZ has more digits */
            CHECK_NEAR(number(again, keys[k]), want, (binary ? 1e-4 : 1e-6) * fabs(want));
            CHECK(want > 0);
        }
        json_decref(run);
        json_decref(again);
    }
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK(system(command) == 0);
}

/** As many species as can be followed: every one of them and the charge have their columns in diffuse.tsv. */
TEST(sixteen_species_have_their_columns) {
    static const char *const ions[] = {"H",  "Li", "Na", "K",  "Rb", "Cs", "F",  "Cl",
                                       "Br", "I",  "Be", "Mg", "Ca", "Sr", "Ba", "Al"};
    char path[PATH] = "/tmp/interlith-walk-XXXXXX.extxyz", dir[PATH] = "/tmp/interlith-diffuse-XXXXXX";
    char command[2 * PATH + 16], header[4096] = "", line[4096], *species = command;
    int fd = mkstemps(path, 7), columns = 0;
    ili_rng rng = ili_rng_make(3, 1);
    double x[16] = {0};
    json_t *r;
    ck_assert(fd >= 0 && mkdtemp(dir));
    FILE *file = fdopen(fd, "w");
    for (int f = 0; f < 80; f++) {
        fprintf(file, "16\nLattice=\"20 0 0 0 20 0 0 0 20\" pbc=\"T T T\" Properties=species:S:1:pos:R:3\n");
        for (int i = 0; i < 16; i++)
            fprintf(file, "%s %.6f %d 0\n", ions[i], x[i] += 0.3 * ili_rng_normal(&rng), i);
    }
    fclose(file);
    species[0] = 0;
    for (int i = 0; i < 16; i++) sprintf(species + strlen(species), "%s%s", i ? "," : "", ions[i]);
    const char *settings[] = {"from", path,      "temperatures", "500", "frame-time",
                              "10",   "species", species,        NULL};
    REQUIRE_OK(diffuse(NULL, settings, dir, &r));
    json_decref(r);
    sprintf(command, "%s/diffuse.tsv", dir);
    file = fopen(command, "r");
    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof line, file))
        if (line[0] == '#') memcpy(header, line, sizeof line);
    fclose(file);
    for (const char *at = line; *at; at++) columns += *at == '\t';
    CHECK(columns + 1 == 2 + 3 * 16 + 4 * 2 + 1); /* the row */
    CHECK(strstr(header, "diffusive_Al") && strstr(header, "diffusive_charge"));
    snprintf(command, sizeof command, "rm -r %s %s", dir, path);
    CHECK(system(command) == 0);
}

static void refused(const char *file, const char *const *settings, il_status want, const char *words) {
    json_t *r;
    CHECK_STATUS(diffuse(file, settings, NULL, &r), want);
    if (!strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected '%s'\n", il_message(ctx), words);
        CHECK(!"the message names the reason");
    }
    json_decref(r);
}

TEST(refusals) {
    const char *cif = "structures/LGP.cif";
#define WITH(...) (const char *const[]){"model", "pmmcs", __VA_ARGS__, NULL}
    refused(NULL, WITH("temperatures", "300"), IL_E_USAGE, "nothing was given");
    refused(cif, WITH("time", "1"), IL_E_USAGE, "no temperature");
    refused(cif, WITH("temperatures", "600,six"), IL_E_USAGE, "found 'six'");
    refused(cif, WITH("temperatures", "600,,800"), IL_E_USAGE, "expected numbers");
    refused(cif, WITH("temperatures", "-5"), IL_E_USAGE, "expected numbers");
    refused(cif, WITH("temperatures", "600,600"), IL_E_USAGE, "stands there twice");
    refused(cif, WITH("temperatures", "600", "frame-time", "2.5"), IL_E_USAGE, "not a multiple");
    refused(cif, WITH("temperatures", "600", "time", "0.1"), IL_E_USAGE, "expected at least 20");
    refused(cif, WITH("temperatures", "600", "viscosity", "1,2"), IL_E_USAGE, "one for each");
    refused(cif, WITH("temperatures", "600", "species", "Na"), IL_E_INPUT, "LGP.cif: there is no species");
    refused(cif, WITH("temperatures", "600", "realisations", "2"), IL_E_INPUT, "is ordered");
    refused(cif, WITH("temperatures", "600", "from", "x.nc"), IL_E_USAGE, "both a structure");
    refused(NULL, (const char *const[]){"temperatures", "600", "from", "nothing.nc", NULL}, IL_E_FILE,
            "nothing.nc");
    refused(NULL, WITH("temperatures", "600", "from", "nothing.nc"), IL_E_USAGE, "--model is of runs");
    refused(NULL, WITH("temperatures", "600,700", "from", "a.nc"), IL_E_USAGE, "expected one");
    refused(NULL, WITH("temperatures", "600,700", "from", "a.nc,b.nc,c.nc"), IL_E_USAGE,
            "one for all or one for each");
    refused(NULL, WITH("temperatures", "600", "from", "a.nc,,c.nc"), IL_E_USAGE, "empty name");
    refused(cif, (const char *const[]){"temperatures", "600", NULL}, IL_E_USAGE, "no force field");
    refused("none.cif", WITH("temperatures", "600"), IL_E_FILE, "none.cif");
}

/** Frames without times, unequally spaced, too few, or too far apart are refused with file and frame. */
TEST(refused_trajectories) {
    char path[PATH] = "/tmp/interlith-walk-XXXXXX.extxyz";
    int fd = mkstemps(path, 7);
    ck_assert(fd >= 0);
    close(fd);
    write_walk(path, 5, 30, 0.1, 20.0, 1);
    refused(NULL, (const char *const[]){"from", path, "temperatures", "500", NULL}, IL_E_INPUT,
            "give --frame-time");
    refused(NULL,
            (const char *const[]){"from", path, "temperatures", "500", "frame-time", "10", "skip", "5", NULL},
            IL_E_INPUT, "are left after 5 ps");
    write_walk(path, 5, 1, 0.1, 20.0, 1);
    refused(NULL, (const char *const[]){"from", path, "temperatures", "500", "frame-time", "10", NULL},
            IL_E_INPUT, "expected many");
    write_walk(path, 20, 30, 4.0, 10.0, 1);
    refused(NULL, (const char *const[]){"from", path, "temperatures", "500", "frame-time", "10", NULL},
            IL_E_INPUT, "frame 1");
    unlink(path);
}

TESTS(RUN(planted_walk), RUN(planted_energy), RUN(run_and_its_trajectory),
      RUN(sixteen_species_have_their_columns), RUN(refusals), RUN(refused_trajectories))
