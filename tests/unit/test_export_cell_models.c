/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What BPX and PyBaMM get of a hand-off made by hand: every number is the hand-off's to the last bit. */
#include "harness.h"

#include "base/alloc.h"
#include "base/file.h"
#include "math/units.h"
#include "task/electrolyte.h"
#include "task/exporter.h"

#include <unistd.h>

extern const ili_exporter ili_exporter_bpx, ili_exporter_pybamm;

static const double T = 298.15, THIRD = 1.0 / 3.0;
enum { CONDUCTIVITY, PLUS, MINUS, TRANSFERENCE, CONCENTRATION, SWELLING, ADHESION, LONELY, N_QUANTITIES };

typedef struct fixture {
    ili_quantity q[N_QUANTITIES];
    double at[3], content[2];
    ili_value y[N_QUANTITIES][3];
    bool is_sound[N_QUANTITIES][3];
    char file[1][1024], hash[1][17];
    ili_handoff handoff;
} fixture;

static ili_quantity *fill(fixture *f, int which, ili_quantity_kind kind, const char *species, double z,
                          int n) {
    ili_quantity *q = &f->q[which];
    *q = (ili_quantity){.kind = kind,
                        .charge_number = z,
                        .argument = ILI_ARG_TEMPERATURE,
                        .n = n,
                        .at = f->at,
                        .y = f->y[which],
                        .is_sound = f->is_sound[which],
                        .at_298K = {NAN, NAN, NAN, NAN}};
    strcpy(q->material, "melt");
    strcpy(q->species, species);
    strcpy(q->source, "melt/diffuse.json");
    strcpy(q->method, "planted \"walks\"");
    for (int k = 0; k < n; k++) {
        q->y[k] = (ili_value){THIRD * (k + 1), 0.01 * THIRD * (k + 1), 0.3 * (k + 1), 0.37 * (k + 1)};
        q->is_sound[k] = true;
    }
    return q;
}

static void give_law(ili_quantity *q, double ln_prefactor, double Ea_eV, bool times_T) {
    q->law = (ili_law){.is_given = true,
                       .times_T = times_T,
                       .ln_prefactor = ln_prefactor,
                       .Ea_eV = Ea_eV,
                       .var_ln_prefactor = 0.04,
                       .var_Ea_eV2 = 4e-5,
                       .cov = 1e-3 * THIRD,
                       .width_95 = 1.96,
                       .T_low = 400.0,
                       .T_high = 500.0,
                       .n_temperatures = 3};
    q->at_298K = ili_quantity_at(q, T);
}

/** A salt with all that there is; a host; a contact; and a species whose only point is not sound. */
static void make(fixture *f) {
    *f = (fixture){.at = {400.0, 450.0, 500.0}, .content = {0.0, 1.5}};
    give_law(fill(f, CONDUCTIVITY, ILI_Q_ionic_conductivity, "", 0.0, 3), 9.0 + THIRD, 0.21 + 1e-3 * THIRD,
             true);
    give_law(fill(f, PLUS, ILI_Q_tracer_diffusivity, "Li", 1.0, 3), -17.0 - THIRD, 0.2 + 1e-3 * THIRD, false);
    give_law(fill(f, MINUS, ILI_Q_tracer_diffusivity, "TFSI", -1.0, 3), -16.0 - THIRD, 0.23 + 1e-3 * THIRD,
             false);
    fill(f, TRANSFERENCE, ILI_Q_transference_number, "Li", 1.0, 3)->is_sound[0] = false;
    fill(f, CONCENTRATION, ILI_Q_concentration, "Li", 1.0, 3);
    ili_quantity *q = fill(f, SWELLING, ILI_Q_swelling, "", 0.0, 2);
    strcpy(q->material, "host");
    q->argument = ILI_ARG_COMPOSITION;
    q->at = f->content;
    q->y[0] = (ili_value){0.0, NAN, NAN, NAN};
    q = fill(f, ADHESION, ILI_Q_work_of_adhesion, "", 0.0, 1);
    strcpy(q->material, "host|Li");
    q->argument = ILI_ARG_NONE;
    q->at = NULL;
    fill(f, LONELY, ILI_Q_charge_diffusivity, "", 0.0, 1)->is_sound[0] = false;
    strcpy(f->file[0], "melt/diffuse.json");
    strcpy(f->hash[0], "0123456789abcdef");
    f->handoff = (ili_handoff){.n = N_QUANTITIES,
                               .cap = N_QUANTITIES,
                               .quantity = f->q,
                               .n_files = 1,
                               .file = f->file,
                               .hash = f->hash};
}

/* ---- the electrolyte -------------------------------------------------------------------------------- */

static double ln_D_salt(const fixture *f, double at) {
    const double a = ili_quantity_at(&f->q[PLUS], at).value, b = ili_quantity_at(&f->q[MINUS], at).value;
    return log(2.0 * a * b / (a + b));
}

TEST(a_salt_has_its_diffusivity_and_activation_energies) {
    fixture f;
    ili_electrolyte e;
    make(&f);
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e) && !e.missing[0] && !e.is_single_ion);
    CHECK_NEAR(log(e.D_salt.value), ln_D_salt(&f, T), 1e-14 * 40.0);
    CHECK(e.t_plus.value == f.y[TRANSFERENCE][1].value);
    CHECK(e.concentration == &f.q[CONCENTRATION] && e.concentration_point == 0);
    /* -R d ln y/d(1/T) by central differences in 1/T: truncation (h^2), rounding (eps*40/h) */
    const double R = ILI_BOLTZMANN_SI * ILI_AVOGADRO, h = 1e-7, up = 1.0 / (1.0 / T + h),
                 down = 1.0 / (1.0 / T - h);
    CHECK_NEAR(e.E_salt, -R * (ln_D_salt(&f, up) - ln_D_salt(&f, down)) / (2.0 * h), 1e-6 * e.E_salt);
    const double sigma_up = ili_quantity_at(&f.q[CONDUCTIVITY], up).value,
                 sigma_down = ili_quantity_at(&f.q[CONDUCTIVITY], down).value;
    CHECK_NEAR(e.E_sigma, -R * log(sigma_up / sigma_down) / (2.0 * h), 1e-6 * e.E_sigma);
    /* its error: the two shares of the error of ln D, each by a change of one diffusivity */
    double variance = 0.0;
    for (int k = PLUS; k <= MINUS; k++) {
        const ili_value v = ili_quantity_at(&f.q[k], T);
        const double step = 1e-5, before = f.q[k].law.ln_prefactor;
        f.q[k].law.ln_prefactor = before + step;
        const double slope = (ln_D_salt(&f, T) - log(e.D_salt.value)) / step;
        f.q[k].law.ln_prefactor = before;
        variance += pow(slope * v.sigma / v.value, 2);
    }
    CHECK_NEAR(e.D_salt.sigma / e.D_salt.value, sqrt(variance), 1e-4 * sqrt(variance));
    CHECK(!ili_electrolyte_at(&f.handoff, 1, T, &e));
    CHECK(ili_electrolyte_choose(&f.handoff, T) == 0);
}

static void bend(ili_quantity *q) {
    q->law.is_vtf = true;
    q->law.B_K = 800.0 + THIRD;
    q->law.T0_K = 210.0 + THIRD;
    q->law.Ea_eV = q->law.var_Ea_eV2 = q->law.var_ln_prefactor = q->law.cov = NAN;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) q->law.covariance[a][b] = THIRD * (a == b ? 2 + a : 1);
}

TEST(curved_laws_have_local_activation_energies) {
    fixture f;
    ili_electrolyte e;
    char range[ILI_RANGE_MAX];
    make(&f);
    bend(&f.q[CONDUCTIVITY]);
    bend(&f.q[PLUS]);
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e) && !e.missing[0]);
    const double R = ILI_BOLTZMANN_SI * ILI_AVOGADRO, h = 1e-7, up = 1.0 / (1.0 / T + h),
                 down = 1.0 / (1.0 / T - h);
    const double sigma_up = ili_quantity_at(&f.q[CONDUCTIVITY], up).value,
                 sigma_down = ili_quantity_at(&f.q[CONDUCTIVITY], down).value;
    CHECK_NEAR(e.E_sigma, -R * log(sigma_up / sigma_down) / (2.0 * h), 1e-6 * e.E_sigma);
    CHECK_NEAR(e.E_salt, -R * (ln_D_salt(&f, up) - ln_D_salt(&f, down)) / (2.0 * h), 1e-6 * e.E_salt);
    CHECK(strstr(ili_quantity_range(&f.q[CONDUCTIVITY], T, range),
                 "VTF law of 3 temperatures, 400 to 500 K; 298.15 "
                 "K is extrapolated"));
    CHECK(!ili_electrolyte_at(&f.handoff, 0, 205.0, &e) || isnan(e.sigma.value)); /* below T0 */
}

/** As soon as the run tells it; without a sound point the other one is taken, and called so. */
TEST(the_transference_number_is_that_of_the_solvent) {
    fixture f;
    ili_electrolyte e;
    char words[ILI_WORDS_MAX];
    make(&f);
    f.q[LONELY] = f.q[TRANSFERENCE];
    f.q[LONELY].kind = ILI_Q_transference_number_solvent;
    f.q[LONELY].y = f.y[LONELY];
    f.q[LONELY].is_sound = f.is_sound[LONELY];
    for (int k = 0; k < 3; k++) {
        f.y[LONELY][k] = (ili_value){0.1 * (k + 1), 0.02, NAN, NAN};
        f.is_sound[LONELY][k] = k == 2;
    }
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(e.transference == &f.q[LONELY] && e.transference_point == 2);
    CHECK(e.t_plus.value == f.y[LONELY][2].value && e.t_plus.sigma == 0.02);
    CHECK(strstr(ili_electrolyte_words_of_t(&e, words), "500 K, relative to the solvent"));
    f.is_sound[LONELY][2] = false;
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(e.transference == &f.q[TRANSFERENCE]);
    CHECK(strstr(ili_electrolyte_words_of_t(&e, words), "in the frame of the run"));
}

TEST(unequal_charges_weigh_the_diffusivities) {
    fixture f;
    ili_electrolyte e;
    make(&f);
    f.q[PLUS].charge_number = 2.0;
    const double a = ili_quantity_at(&f.q[PLUS], T).value, b = ili_quantity_at(&f.q[MINUS], T).value;
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK_NEAR(e.D_salt.value / (3.0 * a * b / (2.0 * a + b)), 1.0, 1e-14);
    CHECK(!e.concentration); /* that of the cation is not that of the salt */
}

TEST(a_lone_cation_is_an_electrolyte_in_a_framework_only) {
    fixture f;
    ili_electrolyte e;
    make(&f);
    f.q[MINUS].kind = ILI_Q_density;
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(!e.is_single_ion && isnan(e.t_plus.value) && isnan(e.D_salt.value) &&
          strstr(e.missing, "transference"));
    f.q[PLUS].is_in_framework = true;
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(e.is_single_ion && isfinite(e.t_plus.value) && isnan(e.D_salt.value) &&
          strstr(e.missing, "only Li moves"));
    CHECK(ili_electrolyte_choose(&f.handoff, T) == 0);
}

TEST(what_is_not_sound_is_missing) {
    fixture f;
    ili_electrolyte e;
    make(&f);
    f.q[CONDUCTIVITY].law.is_given = f.q[MINUS].law.is_given = false; /* no point is at T */
    for (int k = 0; k < 3; k++) f.is_sound[TRANSFERENCE][k] = false;
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(isnan(e.sigma.value) && isnan(e.t_plus.value) && isnan(e.D_salt.value));
    CHECK(ili_electrolyte_choose(&f.handoff, T) == -1);
    CHECK(strstr(e.missing, "the conductivity") && strstr(e.missing, "transference") &&
          strstr(e.missing, "TFSI"));
    CHECK(ili_electrolyte_at(&f.handoff, 0, 450.0, &e)); /* where there is a sound point */
    CHECK(e.sigma.value == f.y[CONDUCTIVITY][1].value && isnan(e.E_sigma) && isfinite(e.D_salt.value) &&
          isnan(e.E_salt));
    f.y[CONDUCTIVITY][1].value = -0.1; /* within its error, but nothing that a cell model may have */
    CHECK(ili_electrolyte_at(&f.handoff, 0, 450.0, &e));
    CHECK(isnan(e.sigma.value));
    f.y[CONDUCTIVITY][1].value = 0.1;
    f.is_sound[CONDUCTIVITY][1] = false;
    CHECK(ili_electrolyte_at(&f.handoff, 0, 450.0, &e));
    CHECK(isnan(e.sigma.value));
    make(&f);
    strcpy(f.q[MINUS].source, "another/diffuse.json"); /* the other ion is of another run */
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(isnan(e.D_salt.value));
}

/* ---- files ------------------------------------------------------------------------------------------ */

/** Let an exporter write into a new folder; *text is its first file, the caller's. */
static void export(const ili_exporter *exporter, fixture *f, const char *name, char path[ILI_PATH_MAX],
                   char **text) {
    char dir[] = P_tmpdir "/interlith-export-XXXXXX";
    il_report *report = NULL;
    *text = NULL;
    CHECK(mkdtemp(dir) != NULL);
    REQUIRE_OK(ili_report_create(ctx, &report));
    ili_export_request request = {.dir = dir, .temperature = T, .handoff = &f->handoff, .report = report};
    request.files = ili_json_list(report->json, "files");
    CHECK_OK(exporter->write(ctx, &request));
    snprintf(path, ILI_PATH_MAX, "%s/%s", dir, name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    *text = calloc(1, 1 << 20);
    if (file) CHECK(fread(*text, 1, (1 << 20) - 1, file) > 0);
    if (file) fclose(file);
    il_report_destroy(&report);
}

/** Remove what was written beside this file, and the folder. */
static void sweep(const char *path) {
    static const char *const NAMES[] = {"interlith.bpx.json", "interlith.bpx.md", "interlith_pybamm.py",
                                        "interlith_pybamm.py.json"};
    const int length = (int)(strrchr(path, '/') - path);
    char other[ILI_PATH_MAX + 8];
    for (size_t k = 0; k < sizeof NAMES / sizeof *NAMES; k++) {
        snprintf(other, sizeof other, "%.*s/%s", length, path, NAMES[k]);
        unlink(other);
    }
    snprintf(other, sizeof other, "%.*s", length, path);
    CHECK(rmdir(other) == 0);
}

static double number(const ili_json_view *object, const char *key) {
    const double value = ili_json_number(ili_json_get(object, key));
    if (isnan(value)) fprintf(stderr, "no number '%s'\n", key);
    return value;
}

TEST(bpx_holds_the_numbers_of_the_hand_off) {
    fixture f;
    ili_electrolyte e;
    char path[ILI_PATH_MAX], *text = NULL;
    ili_json *json = NULL;
    make(&f);
    export(&ili_exporter_bpx, &f, "interlith.bpx.json", path, &text);
    REQUIRE_OK(ili_json_read(ctx, path, &json));
    const ili_json_view *sets = ili_json_get(ili_json_root(json), "Parameterisation"),
                        *user = ili_json_get(sets, "User-defined"),
                        *standard = ili_json_get(sets, "Electrolyte");
    CHECK(ili_electrolyte_at(&f.handoff, 0, T, &e));
    CHECK(strstr(text, "null") == NULL && strstr(text, "NaN") == NULL && strstr(text, "nan") == NULL);
    CHECK(number(standard, "Cation transference number") == e.t_plus.value);
    CHECK(number(standard, "Diffusivity [m2.s-1]") == e.D_salt.value);
    CHECK(number(standard, "Diffusivity activation energy [J.mol-1]") == e.E_salt);
    CHECK(number(standard, "Conductivity [S.m-1]") == e.sigma.value);
    CHECK(number(standard, "Conductivity activation energy [J.mol-1]") == e.E_sigma);
    CHECK(number(ili_json_get(ili_json_get(ili_json_root(json), "State"), "Initial conditions"),
                 "Initial electrolyte concentration [mol.m-3]") == f.y[CONCENTRATION][0].value);
    const ili_value room = ili_quantity_at(&f.q[PLUS], T);
    CHECK(number(user, "melt: Li tracer diffusivity at 298.15 K [m2.s-1]") == room.value);
    CHECK(number(user, "melt: Li tracer diffusivity at 298.15 K, sigma [m2.s-1]") == room.sigma);
    CHECK(number(user, "melt: Li tracer diffusivity at 298.15 K, 95% low [m2.s-1]") == room.low);
    CHECK(number(user, "melt: Li tracer diffusivity at 298.15 K, 95% high [m2.s-1]") == room.high);
    CHECK(number(user, "melt: Li tracer diffusivity law, ln of the prefactor") == f.q[PLUS].law.ln_prefactor);
    CHECK(number(user, "melt: Li tracer diffusivity law, activation energy [eV]") == f.q[PLUS].law.Ea_eV);
    CHECK(number(user, "melt: Li tracer diffusivity law, covariance of both [eV]") == f.q[PLUS].law.cov);
    double a, E, kB;
    const char *law = ili_json_string_of(ili_json_get(user, "melt: ionic conductivity of T, law [S.m-1]"));
    int length = 0; /* stays 0 where the text differs behind the last number */
    CHECK(law && sscanf(law, "exp(%lf - %lf/(%lf*x))/x%n", &a, &E, &kB, &length) == 3 &&
          length == (int)strlen(law));
    CHECK(law && a == f.q[CONDUCTIVITY].law.ln_prefactor && E == f.q[CONDUCTIVITY].law.Ea_eV && kB == ILI_KB);
    const ili_json_view *table = ili_json_get(user, "melt: Li transference number of T, points"),
                        *x = ili_json_get(table, "x"), *y = ili_json_get(table, "y");
    CHECK(ili_json_size(x) == 2 && ili_json_size(y) == 2); /* without the point that is not sound */
    for (size_t k = 0; k < 2; k++) {
        CHECK(ili_json_number(ili_json_at(x, k)) == f.at[k + 1]);
        CHECK(ili_json_number(ili_json_at(y, k)) == f.y[TRANSFERENCE][k + 1].value);
    }
    CHECK(ili_json_size(ili_json_get(ili_json_get(user, "host: swelling of x, points"), "y")) == 2);
    CHECK(ili_json_size(ili_json_get(ili_json_get(user, "host: swelling of x, points, sigma"), "y")) == 1);
    CHECK(number(user, "host|Li: work of adhesion, sigma [J.m-2]") == f.y[ADHESION][0].sigma);
    CHECK(strstr(text, "charge diffusivity") == NULL);
    ili_json_destroy(&json);
    free(text);
    sweep(path);
}

/** The object behind "data = " of the Python file is JSON: write it alone and read it. */
static void read_data(const char *path, char *text, ili_json **json) {
    char *start = strstr(text, "\ndata = {"), *end = start ? strstr(start, "\n}\n") : NULL,
         other[ILI_PATH_MAX + 8];
    CHECK(end != NULL);
    if (!end) return;
    end[3] = 0;
    snprintf(other, sizeof other, "%s.json", path);
    CHECK_OK(ili_write_file(ctx, other, start + strlen("\ndata = ")));
    CHECK_OK(ili_json_read(ctx, other, json));
}

TEST(curved_laws_are_written_whole) {
    fixture f;
    char path[ILI_PATH_MAX], *text = NULL;
    ili_json *json = NULL;
    make(&f);
    bend(&f.q[CONDUCTIVITY]);
    const ili_law *law = &f.q[CONDUCTIVITY].law;
    export(&ili_exporter_bpx, &f, "interlith.bpx.json", path, &text);
    REQUIRE_OK(ili_json_read(ctx, path, &json));
    const ili_json_view *user =
        ili_json_get(ili_json_get(ili_json_root(json), "Parameterisation"), "User-defined");
    double a, B, T0;
    const char *expression =
        ili_json_string_of(ili_json_get(user, "melt: ionic conductivity of T, law [S.m-1]"));
    CHECK(expression && sscanf(expression, "exp(%lf - %lf/(x - %lf))/x", &a, &B, &T0) == 3);
    CHECK(expression && a == law->ln_prefactor && B == law->B_K && T0 == law->T0_K);
    CHECK(number(user, "melt: ionic conductivity law, B [K]") == law->B_K);
    CHECK(number(user, "melt: ionic conductivity law, T0, variance [K2]") == law->covariance[2][2]);
    CHECK(number(user, "melt: ionic conductivity law, covariance of B and T0 [K2]") == law->covariance[1][2]);
    CHECK(!ili_json_get(user, "melt: ionic conductivity law, activation energy [eV]"));
    ili_json_destroy(&json);
    free(text);
    sweep(path);
    export(&ili_exporter_pybamm, &f, "interlith_pybamm.py", path, &text);
    if (text) read_data(path, text, &json);
    const ili_json_view *list = ili_json_get(ili_json_root(json), "quantities"),
                        *one = ili_json_get(ili_json_at(list, CONDUCTIVITY), "law"),
                        *rows = ili_json_get(one, "covariance");
    CHECK(number(one, "B_K") == law->B_K && number(one, "T0_K") == law->T0_K);
    for (size_t k = 0; k < 9; k++)
        CHECK(ili_json_number(ili_json_at(ili_json_at(rows, k / 3), k % 3)) == law->covariance[k / 3][k % 3]);
    CHECK(!ili_json_get(ili_json_get(ili_json_at(list, PLUS), "law"), "T0_K"));
    ili_json_destroy(&json);
    free(text);
    sweep(path);
}

TEST(bpx_has_no_electrolyte_without_a_salt) {
    fixture f;
    char path[ILI_PATH_MAX], *text = NULL;
    make(&f);
    f.q[MINUS].law.is_given = false;
    export(&ili_exporter_bpx, &f, "interlith.bpx.json", path, &text);
    CHECK(text && strstr(text, "\"Electrolyte\"") == NULL && strstr(text, "\"State\"") == NULL &&
          strstr(text, "\"Partial\""));
    free(text);
    sweep(path);
    export(&ili_exporter_bpx, &f, "interlith.bpx.md", path, &text);
    CHECK(text && strstr(text, "There is no section Electrolyte.") && strstr(text, "TFSI has neither"));
    free(text);
    sweep(path);
}

TEST(pybamm_holds_the_numbers_of_the_hand_off) {
    fixture f;
    char path[ILI_PATH_MAX], *text = NULL;
    ili_json *json = NULL;
    make(&f);
    export(&ili_exporter_pybamm, &f, "interlith_pybamm.py", path, &text);
    CHECK(text && strstr(text, "def update(") && strstr(text, "def sample(") &&
          strstr(text, "null, true, false = None, True, False"));
    if (text) read_data(path, text, &json);
    const ili_json_view *root = ili_json_root(json), *list = ili_json_get(root, "quantities");
    CHECK(ili_json_size(list) == N_QUANTITIES);
    for (int i = 0; i < N_QUANTITIES; i++) {
        static const char *const KEYS[] = {"value", "sigma", "low_95", "high_95"};
        const ili_json_view *one = ili_json_at(list, (size_t)i);
        CHECK(ili_json_size(ili_json_get(one, "value")) == (size_t)f.q[i].n);
        for (int k = 0; k < f.q[i].n; k++) {
            const double want[] = {f.y[i][k].value, f.y[i][k].sigma, f.y[i][k].low, f.y[i][k].high};
            for (int part = 0; part < 4; part++) {
                const double got = ili_json_number(ili_json_at(ili_json_get(one, KEYS[part]), (size_t)k));
                CHECK(isfinite(want[part]) ? got == want[part] : isnan(got));
            }
            CHECK(ili_json_is_true(ili_json_at(ili_json_get(one, "is_sound"), (size_t)k)) ==
                  f.is_sound[i][k]);
            if (f.q[i].at)
                CHECK(ili_json_number(ili_json_at(ili_json_get(one, "at"), (size_t)k)) == f.q[i].at[k]);
        }
        const ili_json_view *law = ili_json_get(one, "law");
        CHECK((law != NULL) == f.q[i].law.is_given);
        if (!law) continue;
        CHECK(number(law, "ln_prefactor") == f.q[i].law.ln_prefactor &&
              number(law, "Ea_eV") == f.q[i].law.Ea_eV);
        CHECK(number(law, "cov_eV") == f.q[i].law.cov &&
              ili_json_is_true(ili_json_get(law, "times_T")) == f.q[i].law.times_T);
    }
    const ili_json_view *salt = ili_json_get(ili_json_get(root, "electrolytes"), "melt");
    CHECK(number(salt, "conductivity") == CONDUCTIVITY && number(salt, "cation") == PLUS &&
          number(salt, "anion") == MINUS);
    CHECK(number(salt, "transference") == TRANSFERENCE && number(salt, "transference_point") == 1);
    CHECK(number(salt, "concentration") == CONCENTRATION);
    ili_json_destroy(&json);
    free(text);
    sweep(path);
}

TEST(nothing_sound_is_refused_before_a_file_is_made) {
    fixture f;
    char dir[] = P_tmpdir "/interlith-export-XXXXXX";
    const ili_exporter *const exporters[] = {&ili_exporter_bpx, &ili_exporter_pybamm};
    make(&f);
    for (int i = 0; i < N_QUANTITIES; i++)
        for (int k = 0; k < 3; k++) f.is_sound[i][k] = i == CONCENTRATION;
    CHECK(mkdtemp(dir) != NULL);
    ili_export_request request = {.dir = dir, .temperature = T, .handoff = &f.handoff};
    for (int which = 0; which < 2; which++) {
        CHECK_STATUS(exporters[which]->write(ctx, &request), IL_E_INPUT);
        CHECK(strstr(il_message(ctx), "melt/diffuse.json") && strstr(il_message(ctx), "sound"));
    }
    CHECK(rmdir(dir) == 0); /* it is empty */
}

TEST(lost_memory_is_told) {
    fixture f;
    char dir[] = P_tmpdir "/interlith-export-XXXXXX", path[sizeof dir + 2];
    make(&f);
    CHECK(mkdtemp(dir) != NULL);
    const ili_exporter *const exporters[] = {&ili_exporter_bpx, &ili_exporter_pybamm};
    for (int which = 0; which < 2; which++)
        for (long n = 1; n < 2000; n += n < 20 ? 1 : 37) {
            il_report *report = NULL;
            REQUIRE_OK(ili_report_create(ctx, &report));
            ili_export_request request = {
                .dir = dir, .temperature = T, .handoff = &f.handoff, .report = report};
            request.files = ili_json_list(report->json, "files");
            ili_alloc_fail_at(n);
            il_status status = exporters[which]->write(ctx, &request);
            ili_alloc_fail_at(0);
            CHECK(status == IL_OK || status == IL_E_MEMORY);
            il_report_destroy(&report);
        }
    snprintf(path, sizeof path, "%s/.", dir);
    sweep(path);
}

TESTS(RUN(a_salt_has_its_diffusivity_and_activation_energies);
      RUN(the_transference_number_is_that_of_the_solvent); RUN(unequal_charges_weigh_the_diffusivities);
      RUN(a_lone_cation_is_an_electrolyte_in_a_framework_only); RUN(what_is_not_sound_is_missing);
      RUN(curved_laws_have_local_activation_energies); RUN(curved_laws_are_written_whole);
      RUN(bpx_holds_the_numbers_of_the_hand_off); RUN(bpx_has_no_electrolyte_without_a_salt);
      RUN(pybamm_holds_the_numbers_of_the_hand_off); RUN(nothing_sound_is_refused_before_a_file_is_made);
      RUN(lost_memory_is_told))
