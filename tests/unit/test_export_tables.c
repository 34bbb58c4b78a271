/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv and comsol: every file that is written is read again by a strict reader of its format (RFC 4180; COMSOL's parameter lines and
 * Spreadsheet tables) and holds the hand-off's numbers to the last bit, under names that COMSOL takes. */
#include "harness.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/report.h"
#include "math/units.h"
#include "task/exporter.h"

#include <ctype.h>
#include <dirent.h>
#include <unistd.h>

enum { LAW, POINTS, CONTENT, ENERGY, UNSOUND, TWIN, N };
static const double THIRD = 1.0 / 3.0;

typedef struct fixture {
    ili_quantity q[N];
    double at[3], content[4];
    ili_value y[N][4];
    bool is_sound[N][4];
    char file[1][1024], hash[1][17], dir[64];
    ili_handoff handoff;
    ili_json *files;
    il_report *report;
} fixture;

static ili_quantity *fill(fixture *f, int which, ili_quantity_kind kind, const char *material,
                          const char *species, ili_argument argument, int n) {
    ili_quantity *q = &f->q[which];
    *q = (ili_quantity){.kind = kind,
                        .argument = argument,
                        .n = n,
                        .at = argument == ILI_ARG_NONE          ? NULL
                              : argument == ILI_ARG_TEMPERATURE ? f->at
                                                                : f->content,
                        .y = f->y[which],
                        .is_sound = f->is_sound[which]};
    strcpy(q->material, material);
    strcpy(q->species, species);
    strcpy(q->source, "a, \"b\"/diffuse.json");
    strcpy(q->method, "caf\xc3\xa9, \"planted\"");
    strcpy(q->caveat, "100 % made up");
    for (int k = 0; k < n; k++) {
        const double v = 1e-9 * THIRD * (k + 1 + 10 * which);
        q->y[k] = (ili_value){v, 0.1 * v, 0.8 * v, 1.2 * v};
        q->is_sound[k] = true;
    }
    return q;
}

static void begin(fixture *f) {
    *f = (fixture){.at = {400.0, 450.0 + THIRD, 500.0}, .content = {0.0, 1.0, 1.0, 3.5}};
    ili_quantity *q = fill(f, LAW, ILI_Q_ionic_conductivity, "P-DOL/LiTFSI", "", ILI_ARG_TEMPERATURE, 3);
    q->law = (ili_law){.is_given = true,
                       .times_T = true,
                       .ln_prefactor = 9.0 + THIRD,
                       .Ea_eV = 0.2 + 1e-3 * THIRD,
                       .var_ln_prefactor = 0.04,
                       .var_Ea_eV2 = 4e-5,
                       .cov = 1e-3 * THIRD,
                       .width_95 = 1.96,
                       .T_low = 400.0,
                       .T_high = 500.0,
                       .n_temperatures = 3};
    q = fill(f, POINTS, ILI_Q_tracer_diffusivity, "P-DOL/LiTFSI", "Li", ILI_ARG_TEMPERATURE, 3);
    q->is_sound[0] = false;
    q->y[2].sigma = NAN; /* so there is no file of errors */
    fill(f, CONTENT, ILI_Q_swelling, "LAGP", "Li", ILI_ARG_COMPOSITION, 4);
    fill(f, ENERGY, ILI_Q_work_of_adhesion, "LAGP|Li", "", ILI_ARG_NONE, 1);
    q = fill(f, UNSOUND, ILI_Q_haven_ratio, "LAGP", "", ILI_ARG_TEMPERATURE, 3);
    for (int k = 0; k < 2; k++) q->is_sound[k] = false;
    fill(f, TWIN, ILI_Q_swelling, "lagp", "Li", ILI_ARG_COMPOSITION,
         4); /* a file system may not tell them apart */
    f->handoff =
        (ili_handoff){.n = N, .cap = N, .quantity = f->q, .n_files = 1, .file = f->file, .hash = f->hash};
    strcpy(f->file[0], "a, \"b\"/diffuse.json");
    strcpy(f->hash[0], "0123456789abcdef");
    strcpy(f->dir, P_tmpdir "/interlith-tables-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    f->files = ili_json_array();
    CHECK_OK(ili_report_create(ctx, &f->report));
}

static il_status export_to(fixture *f, const ili_exporter *exporter) {
    const ili_export_request request = {.n_inputs = 0,
                                        .dir = f->dir,
                                        .temperature = 350.0,
                                        .handoff = &f->handoff,
                                        .report = f->report,
                                        .files = f->files};
    return exporter->write(ctx, &request);
}

/** Whole file in f->dir; the caller frees it. */
static char *read_back(const fixture *f, const char *name) {
    char path[ILI_PATH_MAX], *text = NULL;
    size_t n;
    CHECK_OK(ili_path_join(ctx, path, f->dir, "%s", name));
    CHECK_OK(ili_read_file(ctx, path, 1 << 20, &text, &n));
    ck_assert_ptr_nonnull(text);
    return text;
}

/** Names in the folder: those that were told, and no other; removes them. */
static void end(fixture *f, int n_files) {
    char path[ILI_PATH_MAX];
    char *told = ili_json_text(f->files);
    DIR *folder = opendir(f->dir);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char quoted[300];
        snprintf(quoted, sizeof quoted, "\"%s\"", entry->d_name);
        CHECK(strstr(told, quoted) != NULL);
        snprintf(path, sizeof path, "%s/%s", f->dir, entry->d_name);
        remove(path);
        n++;
    }
    closedir(folder);
    CHECK(n == n_files);
    CHECK(rmdir(f->dir) == 0);
    ili_free(told);
    ili_json_destroy(&f->files);
    il_report_destroy(&f->report);
}

/* ---- csv ------------------------------------------------------------------------------------------------ */

enum { FIELDS = 17, FIELD_BYTES = 1200 };

/** One record of RFC 4180: fields between commas, quoted ones with doubled quotes, CR LF at its end. NULL: it is none. */
static const char *read_record(const char *p, char field[FIELDS][FIELD_BYTES]) {
    for (int k = 0; k < FIELDS; k++) {
        size_t n = 0;
        const bool is_quoted = *p == '"';
        if (is_quoted) p++;
        while (n + 1 < FIELD_BYTES) {
            if (is_quoted && *p == '"') {
                if (p[1] != '"') break;
                p++;
            } else if (!is_quoted && (*p == ',' || *p == '\r')) {
                break;
            } else if (!*p || *p == '\n' || (!is_quoted && *p == '"')) {
                return NULL;
            }
            field[k][n++] = *p++;
        }
        field[k][n] = 0;
        if (is_quoted) p++;
        if (k < FIELDS - 1 && *p++ != ',') return NULL;
    }
    return p[0] == '\r' && p[1] == '\n' ? p + 2 : NULL;
}

static double number_of(const char *text) {
    double value = NAN;
    return text[0] && !ili_parse_real(text, &value) ? INFINITY : value;
}

static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static void check_point(char field[FIELDS][FIELD_BYTES], const ili_quantity *q, int k) {
    CHECK(strcmp(field[0], ili_quantity_info_of(q->kind)->name) == 0 && strcmp(field[1], "point") == 0);
    CHECK(strcmp(field[2], q->material) == 0 && strcmp(field[3], q->species) == 0);
    CHECK(same(number_of(field[5]), q->at ? q->at[k] : NAN) && same(number_of(field[6]), q->y[k].value));
    CHECK(same(number_of(field[7]), q->y[k].sigma) && same(number_of(field[8]), q->y[k].low));
    CHECK(same(number_of(field[9]), q->y[k].high) &&
          strcmp(field[10], ili_quantity_info_of(q->kind)->unit) == 0);
    CHECK(strcmp(field[11], q->is_sound[k] ? "true" : "false") == 0);
    CHECK(strcmp(field[13], q->method) == 0 && strcmp(field[14], q->source) == 0);
    CHECK(strcmp(field[15], ili_quantity_info_of(q->kind)->definition) == 0 &&
          strcmp(field[16], q->caveat) == 0);
}

TEST(csv_is_read_back) {
    static char field[FIELDS][FIELD_BYTES];
    fixture f;
    begin(&f);
    REQUIRE_OK(export_to(&f, &ili_exporter_csv));
    char *text = read_back(&f, "interlith.csv");
    const char *p = read_record(text, field);
    CHECK(p && strcmp(field[0], "quantity") == 0 && strcmp(field[16], "caveat") == 0);
    const ili_law *law = &f.q[LAW].law;
    const ili_value at = ili_quantity_at(&f.q[LAW], 350.0);
    const struct {
        const char *what, *unit;
        double value, sigma;
    } rows[] = {{"law_ln_prefactor", "ln(S.m-1.K)", law->ln_prefactor, sqrt(law->var_ln_prefactor)},
                {"law_Ea", "eV", law->Ea_eV, sqrt(law->var_Ea_eV2)},
                {"law_covariance", "eV", law->cov, NAN},
                {"law_T_low", "K", 400.0, NAN},
                {"law_T_high", "K", 500.0, NAN},
                {"law_at_T", "S.m-1", at.value, at.sigma}};
    for (int q = 0; q < N && p; q++) {
        for (int k = 0; k < f.q[q].n && p; k++) {
            p = read_record(p, field);
            if (p) check_point(field, &f.q[q], k);
        }
        for (size_t k = 0; k < sizeof rows / sizeof *rows && q == LAW && p; k++) {
            p = read_record(p, field);
            CHECK(p && strcmp(field[1], rows[k].what) == 0 && strcmp(field[10], rows[k].unit) == 0);
            CHECK(same(number_of(field[6]), rows[k].value) && same(number_of(field[7]), rows[k].sigma));
        }
        if (q == LAW) CHECK(strcmp(field[12], "true") == 0); /* 350 K is below what was fitted */
    }
    CHECK(p && !*p);
    ili_free(text);
    end(&f, 1);
}

/* ---- comsol --------------------------------------------------------------------------------------------- */

/** A letter, then letters, digits and underscores; none of COMSOL's own. Its length. */
static size_t name_length(const char *p) {
    static const char *const own[] = {"t", "x", "y", "z", "X",   "Y",   "Z",      "r",     "phi",  "T", "pi",
                                      "e", "i", "j", "h", "eps", "inf", "lambda", "phase", "freq", "s", NULL};
    size_t n = isalpha((unsigned char)*p) ? 1 : 0;
    while (n && (isalnum((unsigned char)p[n]) || p[n] == '_')) n++;
    for (int k = 0; own[k]; k++)
        if (strlen(own[k]) == n && strncmp(own[k], p, n) == 0) return 0;
    return n > 6 && strncmp(p + n - 6, "_const", 6) == 0 ? 0 : n;
}

/** "NAME NUMBER[UNIT] "TEXT"\n" with one blank between, ASCII only. The value and the unit of the name that is asked for. */
static int read_parameters(const char *text, const char *wanted, double *value, char unit[64]) {
    int n = 0;
    *value = NAN;
    unit[0] = 0;
    for (const char *p = text; *p; n++) {
        char name[256], number[64];
        size_t length = name_length(p), digits;
        if (!length || length >= sizeof name || p[length] != ' ') return -1;
        snprintf(name, sizeof name, "%.*s", (int)length, p);
        p += length + 1;
        digits = strspn(p, "+-.0123456789e");
        snprintf(number, sizeof number, "%.*s", (int)digits, p);
        p += digits;
        const size_t bracket = *p == '[' ? strcspn(p, "]\n") + 1 : 0;
        if (bracket && (p[bracket - 1] != ']' || bracket > 60)) return -1;
        if (strcmp(name, wanted) == 0) {
            *value = number_of(number);
            snprintf(unit, 64, "%.*s", bracket ? (int)bracket - 2 : 0, p + 1);
        }
        if (!isfinite(number_of(number)) || p[bracket] != ' ' || p[bracket + 1] != '"') return -1;
        p += bracket + 2;
        while (*p >= ' ' && *p < 0x7f && *p != '"') p++;
        if (p[0] != '"' || p[1] != '\n') return -1;
        p += 2;
    }
    return n;
}

static void check_parameter(const char *text, const char *name, double want, const char *unit) {
    double value;
    char found[64];
    CHECK(read_parameters(text, name, &value, found) > 0);
    if (!same(value, want) || strcmp(found, unit) != 0)
        fprintf(stderr, "%s: %.17g[%s], expected %.17g[%s]\n", name, value, found, want, unit);
    CHECK(same(value, want) && strcmp(found, unit) == 0);
}

/** Comment lines, then lines of two numbers whose first ones rise. The number of lines; values into at and y. */
static int read_table(const char *text, double at[8], double y[8]) {
    int n = 0;
    const char *p = text;
    for (; *p == '%'; p += strcspn(p, "\n") + 1)
        for (const char *c = p; *c != '\n'; c++)
            if (*c < ' ' || *c >= 0x7f) return -1;
    for (; *p; n++) {
        char number[2][64];
        const size_t first = strcspn(p, " \n"), second = p[first] == ' ' ? strcspn(p + first + 1, " \n") : 0;
        if (n == 8 || !second || p[first + 1 + second] != '\n') return -1;
        snprintf(number[0], 64, "%.*s", (int)first, p);
        snprintf(number[1], 64, "%.*s", (int)second, p + first + 1);
        at[n] = number_of(number[0]);
        y[n] = number_of(number[1]);
        if (!isfinite(at[n]) || !isfinite(y[n]) || (n && !(at[n] > at[n - 1]))) return -1;
        p += first + second + 2;
    }
    return n;
}

static void check_table(const fixture *f, const char *name, int n, const double *at, const double *want) {
    double a[8], y[8];
    char *text = read_back(f, name);
    CHECK(name_length(name) == strlen(name) - 4);
    CHECK(read_table(text, a, y) == n);
    for (int k = 0; k < n; k++) CHECK(a[k] == at[k] && y[k] == want[k]);
    CHECK(strstr(text, "definition: ") && strstr(text, "caveat: 100 % made up"));
    ili_free(text);
}

TEST(comsol_files_are_read_back) {
    static const char *const bare[] = {"P_DOL_LiTFSI", "LAGP", "lagp"};
    fixture f;
    begin(&f);
    REQUIRE_OK(export_to(&f, &ili_exporter_comsol));
    char *text = read_back(&f, "interlith_parameters.txt");
    const ili_value at = ili_quantity_at(&f.q[LAW], 350.0), energy = f.q[ENERGY].y[0];
    const ili_law *law = &f.q[LAW].law;
    const double J = 1e3 / ILI_KJ_MOL;
    check_parameter(text, "T_interlith", 350.0, "K");
    check_parameter(text, "ref_ionic_conductivity_P_DOL_LiTFSI", at.value, "S/m");
    check_parameter(text, "sd_ref_ionic_conductivity_P_DOL_LiTFSI", at.sigma, "S/m");
    check_parameter(text, "lo_ref_ionic_conductivity_P_DOL_LiTFSI", at.low, "S/m");
    check_parameter(text, "hi_ref_ionic_conductivity_P_DOL_LiTFSI", at.high, "S/m");
    check_parameter(text, "A_ionic_conductivity_P_DOL_LiTFSI", exp(law->ln_prefactor), "S/m*K");
    check_parameter(text, "Ea_ionic_conductivity_P_DOL_LiTFSI", J * law->Ea_eV, "J/mol");
    check_parameter(text, "sd_lnA_ionic_conductivity_P_DOL_LiTFSI", 0.2, "");
    check_parameter(text, "sd_Ea_ionic_conductivity_P_DOL_LiTFSI", J * sqrt(law->var_Ea_eV2), "J/mol");
    check_parameter(text, "cov_lnA_Ea_ionic_conductivity_P_DOL_LiTFSI", J * law->cov, "J/mol");
    check_parameter(text, "Tlow_ionic_conductivity_P_DOL_LiTFSI", 400.0, "K");
    check_parameter(text, "Thigh_ionic_conductivity_P_DOL_LiTFSI", 500.0, "K");
    check_parameter(text, "work_of_adhesion_LAGP_Li", energy.value, "J/m^2");
    check_parameter(text, "sd_work_of_adhesion_LAGP_Li", energy.sigma, "J/m^2");
    double none;
    char unit[64];
    CHECK(read_parameters(text, "ref_tracer_diffusivity_Li_P_DOL_LiTFSI", &none, unit) == 16 && isnan(none));
    ili_free(text);
    const double column[4][3] = {{f.q[LAW].y[0].value, f.q[LAW].y[1].value, f.q[LAW].y[2].value},
                                 {f.q[LAW].y[0].high, f.q[LAW].y[1].high, f.q[LAW].y[2].high},
                                 {f.q[CONTENT].y[0].value, f.q[CONTENT].y[1].value, f.q[CONTENT].y[3].value},
                                 {f.q[TWIN].y[0].low, f.q[TWIN].y[1].low, f.q[TWIN].y[3].low}};
    check_table(&f, "ionic_conductivity_P_DOL_LiTFSI.txt", 3, f.at, column[0]);
    check_table(&f, "hi_ionic_conductivity_P_DOL_LiTFSI.txt", 3, f.at, column[1]);
    /* the unsound point is left out, and so is a second one at the same content */
    check_table(&f, "tracer_diffusivity_Li_P_DOL_LiTFSI.txt", 2, &f.at[1],
                (double[]){f.q[POINTS].y[1].value, f.q[POINTS].y[2].value});
    check_table(&f, "swelling_Li_LAGP.txt", 3, (double[]){0.0, 1.0, 3.5}, column[2]);
    check_table(&f, "lo_swelling_Li_lagp_2.txt", 3, (double[]){0.0, 1.0, 3.5}, column[3]);
    text = read_back(&f, "README.txt");
    for (int k = 0; k < 3; k++) CHECK(strstr(text, bare[k]) != NULL);
    CHECK(strstr(text, "haven_ratio_LAGP") && strstr(text, "no function: 1 sound point, 2 are needed"));
    CHECK(strstr(text, "from 400 to 500 K") && strstr(text, "0123456789abcdef"));
    CHECK(strstr(text, "thermodynamic_factor: lithiate --method gcmc"));
    ili_free(text);
    end(&f, 2 + 4 + 3 + 4 + 4); /* D has no file of errors, the Haven ratio none at all */
}

/** Rows of a curved law instead of those of a straight one. */
static void bend(ili_law *law) {
    law->is_vtf = true;
    law->B_K = 700.0 + THIRD;
    law->T0_K = 200.0 + THIRD;
    law->Ea_eV = law->var_ln_prefactor = law->var_Ea_eV2 = law->cov = NAN;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) law->covariance[a][b] = THIRD * (a == b ? 4 + a : 1 + a + b);
}

/** A number of a row of the law: field 6 is the value, 7 the error. */
static double csv_law(const char *text, const char *row, int column) {
    char key[128];
    snprintf(key, sizeof key, "\nionic_conductivity,%s,P-DOL/LiTFSI,", row);
    const char *p = strstr(text, key);
    for (int k = 0; p && k < column; k++) p = strchr(p, ',') + 1;
    return p && *p != ',' ? strtod(p, NULL) : NAN;
}

TEST(curved_laws_are_written_whole) {
    fixture f;
    begin(&f);
    ili_law *law = &f.q[LAW].law;
    bend(law);
    const double(*c)[3] = law->covariance;
    REQUIRE_OK(export_to(&f, &ili_exporter_csv));
    char *text = read_back(&f, "interlith.csv");
    CHECK(csv_law(text, "law_B", 6) == law->B_K && csv_law(text, "law_B", 7) == sqrt(c[1][1]));
    CHECK(csv_law(text, "law_T0", 6) == law->T0_K && csv_law(text, "law_T0", 7) == sqrt(c[2][2]));
    CHECK(csv_law(text, "law_ln_prefactor", 7) == sqrt(c[0][0]));
    CHECK(csv_law(text, "law_covariance_ln_prefactor_B", 6) == c[0][1]);
    CHECK(csv_law(text, "law_covariance_ln_prefactor_T0", 6) == c[0][2]);
    CHECK(csv_law(text, "law_covariance_B_T0", 6) == c[1][2]);
    CHECK(csv_law(text, "law_at_T", 6) == ili_quantity_at(&f.q[LAW], 350.0).value);
    CHECK(!strstr(text, "law_Ea"));
    ili_free(text);
    end(&f, 1);
    begin(&f);
    bend(law);
    REQUIRE_OK(export_to(&f, &ili_exporter_comsol));
    text = read_back(&f, "interlith_parameters.txt");
    check_parameter(text, "B_ionic_conductivity_P_DOL_LiTFSI", law->B_K, "K");
    check_parameter(text, "T0_ionic_conductivity_P_DOL_LiTFSI", law->T0_K, "K");
    check_parameter(text, "sd_lnA_ionic_conductivity_P_DOL_LiTFSI", sqrt(c[0][0]), "");
    check_parameter(text, "sd_T0_ionic_conductivity_P_DOL_LiTFSI", sqrt(c[2][2]), "K");
    check_parameter(text, "cov_lnA_B_ionic_conductivity_P_DOL_LiTFSI", c[0][1], "K");
    check_parameter(text, "cov_B_T0_ionic_conductivity_P_DOL_LiTFSI", c[1][2], "K^2");
    CHECK(!strstr(text, "Ea_ionic") && strstr(text, "A*exp(-B/(T-T0))/T"));
    ili_free(text);
    text = read_back(&f, "README.txt");
    CHECK(strstr(text, "law y = A*exp(-B/(T-T0))/T"));
    ili_free(text);
    end(&f, 2 + 4 + 3 + 4 + 4);
}

TEST(comsol_without_a_sound_number_is_refused) {
    fixture f;
    begin(&f);
    f.handoff.n = 1;
    f.handoff.quantity = &f.q[UNSOUND];
    CHECK_STATUS(export_to(&f, &ili_exporter_comsol), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "none of its 1 quantities"));
    end(&f, 0);
}

TEST(a_folder_that_cannot_be_written_is_refused) {
    fixture f;
    char dir[64];
    begin(&f);
    strcpy(dir, f.dir);
    strcpy(f.dir, "/dev/null");
    CHECK_STATUS(export_to(&f, &ili_exporter_csv), IL_E_FILE);
    CHECK_STATUS(export_to(&f, &ili_exporter_comsol), IL_E_FILE);
    strcpy(f.dir, dir);
    end(&f, 0);
}

TESTS(RUN(csv_is_read_back), RUN(comsol_files_are_read_back), RUN(curved_laws_are_written_whole),
      RUN(comsol_without_a_sound_number_is_refused), RUN(a_folder_that_cannot_be_written_is_refused))
