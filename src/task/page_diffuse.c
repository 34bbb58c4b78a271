/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `diffuse` found: conductivity and its activation, diffusivities by temperature, the runs behind them. */
#include "task/page.h"

#include "base/alloc.h"
#include "math/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SPECIES_MAX = 16, COLUMNS_MAX = 2 * SPECIES_MAX + 16, RUNS_MAX = 48 };

static const char DIFFUSIVITY[] = "m^{2}/s", CONDUCTIVITY[] = "S/m";
static const char NOT_DIFFUSIVE[] =
    "NOT diffusive: the motion did not pass the tests, the number is no diffusivity.";

static void title(const ili_webpage *p, char text[256]) {
    char subject[128];
    ili_webpage_subject(p, subject);
    snprintf(text, 256, "Diffusion in %s", subject);
}

/** Range of the temperatures whose conductivity counts, K; returns their number. */
static int range_of(const ili_json_view *levels, const char *key, double range[2]) {
    char path[160];
    int n = 0;
    snprintf(path, sizeof path, "%s/diffusive", key);
    range[0] = INFINITY;
    range[1] = -INFINITY;
    for (size_t k = 0; k < ili_json_size(levels); k++) {
        const ili_json_view *one = ili_json_at(levels, k);
        const double T = ili_webpage_number_at(one, "T_K");
        if (!ili_json_is_true(ili_webpage_at(one, path)) || !isfinite(T)) continue;
        range[0] = fmin(range[0], T);
        range[1] = fmax(range[1], T);
        n++;
    }
    return n;
}

/** Why the number at room temperature is to be doubted. */
static void doubt_room(ili_webpage *p, const ili_json_view *room, const ili_shown *s, char text[256]) {
    double range[2];
    const bool plain = strcmp(ili_webpage_text_at(p->result, "options/fit"), "sigma") == 0;
    const ili_json_view *law = ili_webpage_at(p->result, plain ? "fits/sigma" : "fits/sigma T");
    const int n = range_of(ili_webpage_at(p->result, "temperatures"), "sigma_S_per_m", range);
    text[0] = 0;
    if (ili_json_is_true(ili_json_get(room, "extrapolated")) && n > 1)
        snprintf(text, 256, "Extrapolated: the fit is of %.4g to %.4g K.", range[0], range[1]);
    if (s->low > 0.0 && s->high > 100.0 * s->low) {
        const size_t used = strlen(text);
        snprintf(text + used, 256 - used,
                 "%sThe 95\xc2\xa0%% interval spans %.0f powers of ten: the number is not determined.",
                 used ? " " : "", round(log10(s->high / s->low)));
    }
    if (isfinite(s->value) && ili_webpage_number_at(law, "freedom") == 0.0)
        ili_webpage_note(p, "The straight lines over 1/T go through two temperatures: nothing tests whether "
                            "a line is right.");
}

static void answer_room(ili_webpage *p) {
    const ili_json_view *room = ili_webpage_at(p->result, "sigma_298K_S_per_m");
    const ili_shown s = ili_webpage_shown(room, 1.0);
    char doubt[256], definition[256];
    doubt_room(p, room, &s, doubt);
    snprintf(definition, sizeof definition,
             "From the collective displacement of charge, correlations included; fitted: %s.",
             ili_webpage_text_at(room, "fitted"));
    ili_webpage_answer(p, &(ili_answer){.what = "Conductivity at 298.15 K",
                                        .unit = CONDUCTIVITY,
                                        .number = s,
                                        .also_factor = 10.0,
                                        .also_unit = "mS/cm",
                                        .definition = definition,
                                        .missing = "It takes two diffusive temperatures.",
                                        .doubt = isfinite(s.value) ? doubt : NULL});
}

static void answer_energy(ili_webpage *p) {
    const ili_shown s = ili_webpage_shown(ili_webpage_at(p->result, "Ea_eV"), 1.0);
    const char *of = ili_webpage_text_at(p->result, "Ea_of");
    char what[128], path[160];
    snprintf(what, sizeof what, "Activation energy of %s", of[0] ? of : "diffusion");
    snprintf(path, sizeof path, "fits/%s/scatter_was_tested", of);
    const ili_json_view *tested = ili_webpage_at(p->result, path);
    ili_webpage_answer(
        p, &(ili_answer){.what = what,
                         .unit = "eV",
                         .number = s,
                         .also_factor = 1.0 / ILI_KJ_MOL,
                         .also_unit = "kJ/mol",
                         .definition = "Slope of ln D against 1/T over the diffusive temperatures.",
                         .missing = "It takes two diffusive temperatures.",
                         .doubt = isfinite(s.value) && tested && !ili_json_is_true(tested)
                                      ? "Two temperatures: the scatter about the line could not be tested."
                                      : NULL});
}

/** The level to show: the lowest temperature at which this quantity counts, else the lowest of all. */
static const ili_json_view *level_of(const ili_json_view *levels, const char *key) {
    const ili_json_view *best = NULL;
    double range[2], lowest = INFINITY;
    const int n = range_of(levels, key, range);
    for (size_t k = 0; k < ili_json_size(levels); k++) {
        const ili_json_view *one = ili_json_at(levels, k);
        const double T = ili_webpage_number_at(one, "T_K");
        if (n ? T == range[0] : T < lowest) {
            best = one;
            lowest = T;
        }
    }
    return best;
}

static void answer_level(ili_webpage *p, const char *key, const char *name, const char *unit,
                         const char *definition) {
    const ili_json_view *level = level_of(ili_webpage_at(p->result, "temperatures"), key),
                        *one = ili_webpage_at(level, key);
    char what[160];
    if (!level) return;
    snprintf(what, sizeof what, "%s at %s K", name,
             ili_webpage_word(ili_webpage_number_at(level, "T_K")).text);
    ili_webpage_answer(
        p, &(ili_answer){.what = what,
                         .unit = unit,
                         .number = ili_webpage_shown(one, 1.0),
                         .definition = definition,
                         .doubt = ili_json_is_true(ili_json_get(one, "diffusive")) ? NULL : NOT_DIFFUSIVE});
}

/** Why the first run that did not pass did not, in its own words. */
static const char *first_reason(const ili_webpage *p, const char *species, char reason[512]) {
    const ili_json_view *runs = ili_webpage_at(p->result, "runs");
    char path[160];
    for (size_t k = 0; k < ili_json_size(runs); k++) {
        const ili_json_view *run = ili_json_at(runs, k);
        snprintf(path, sizeof path, "species/%.64s/diffusive", species);
        if (ili_json_is_true(ili_webpage_at(run, path))) continue;
        snprintf(path, sizeof path, "species/%.64s/verdict", species);
        const char *name = ili_json_string_of(ili_json_get(run, "name")),
                   *verdict = ili_json_string_of(ili_webpage_at(run, path));
        if (!verdict) continue;
        snprintf(reason, 512, "%.64s: %.400s.", name ? name : "First run", verdict);
        return reason;
    }
    return "";
}

/** Temperatures that did not pass, in words. */
static void note_levels(ili_webpage *p) {
    const ili_json_view *levels = ili_webpage_at(p->result, "temperatures"), *first;
    const char *species =
        ili_json_next_key(ili_webpage_at(ili_json_at(levels, 0), "D_tracer_m2_per_s"), NULL);
    char path[160], list[512] = "", reason[512];
    if (!species) return;
    snprintf(path, sizeof path, "D_tracer_m2_per_s/%.64s/diffusive", species);
    for (size_t k = 0; k < ili_json_size(levels); k++) {
        const size_t n = strlen(list);
        first = ili_json_at(levels, k);
        if (!ili_json_is_true(ili_webpage_at(first, path)) && n < 400)
            snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "",
                     ili_webpage_word(ili_webpage_number_at(first, "T_K")).text);
    }
    if (list[0])
        ili_webpage_note(p, "%s is NOT diffusive at %s K, and these numbers are in no fit. %s", species, list,
                         first_reason(p, species, reason));
}

static void answer(ili_webpage *p) {
    const ili_json_view *levels = ili_webpage_at(p->result, "temperatures"),
                        *species = ili_webpage_at(ili_json_at(levels, 0), "D_tracer_m2_per_s");
    char key[160], name[96];
    int n = 0;
    answer_room(p);
    answer_energy(p);
    for (const char *one = NULL; (one = ili_json_next_key(species, one)) && n < 4; n++) {
        snprintf(key, sizeof key, "D_tracer_m2_per_s/%.64s", one);
        snprintf(name, sizeof name, "Tracer diffusivity of %.64s", one);
        answer_level(p, key, name, DIFFUSIVITY, "Mean squared displacement over 6 t.");
    }
    answer_level(p, "sigma_S_per_m", "Conductivity", CONDUCTIVITY,
                 "From the collective displacement of charge.");
    answer_level(p, "haven", "Haven ratio", "", "Tracer over charge diffusivity.");
    note_levels(p);
}

static il_status figures(ili_webpage *p) {
    static const struct {
        const char *stem, *caption;
    } pictures[] = {{"arrhenius",
                     "Diffusivities against 1/T. Points: means of a temperature with one "
                     "standard error; those that are not diffusive are in no fit. Lines: fits "
                     "with their 95\xc2\xa0% bands, dashed beyond the temperatures that were fitted."},
                    {"conductivity", "Conductivity times temperature against 1/T, from the collective "
                                     "displacement of charge; drawn alike."},
                    {"msd", "Mean squared displacement against the lag, mean over the runs of a temperature, "
                            "of each species and of the charge."}};
    const ili_json_view *runs = ili_webpage_at(p->result, "runs");
    char(*file)[256] = ili_alloc(RUNS_MAX, sizeof *file), (*name)[64] = ili_alloc(RUNS_MAX, sizeof *name);
    int n = 0;
    il_status status = file && name ? IL_OK : ili_no_memory(p->ctx, "the figures");
    if (status != IL_OK) goto out;
    ili_webpage_section(p, "Figures");
    ili_webpage_figures_begin(p, false);
    for (size_t k = 0; k < sizeof pictures / sizeof *pictures; k++)
        IL_GO(ili_webpage_figure(p, pictures[k].stem, pictures[k].caption));
    for (size_t k = 0; k < ili_json_size(runs) && n < RUNS_MAX; k++) {
        const char *run = ili_webpage_text_at(ili_json_at(runs, k), "name");
        if (!run[0] || strchr(run, '/') || run[0] == '.') continue;
        snprintf(file[n], sizeof file[n], "%.128s/production.thermo.tsv", run);
        snprintf(name[n], sizeof name[n], "%.63s", strncmp(run, "run-", 4) == 0 ? run + 4 : run);
        n++;
    }
    IL_GO(ili_webpage_traces(p, n, (const char(*)[256])file, (const char(*)[64])name,
                             ili_webpage_number_at(p->result, "natoms")));
    ili_webpage_figures_end(p);
out:
    ili_free(file);
    ili_free(name);
    return status;
}

/* ---- tables ------------------------------------------------------------------------------------------ */

/** Columns of the diffusivities of each species; names and paths live in the text given. */
static int add_species(const ili_json_view *row, ili_column *columns, int n, char (*text)[2][160]) {
    const ili_json_view *species = ili_webpage_at(row, "D_tracer_m2_per_s");
    int k = 0;
    for (const char *one = NULL; (one = ili_json_next_key(species, one)) && k < SPECIES_MAX; k++) {
        snprintf(text[k][0], sizeof text[k][0], "D of %.64s", one);
        snprintf(text[k][1], sizeof text[k][1], "D_tracer_m2_per_s/%.64s", one);
        columns[n++] = (ili_column){
            .head = text[k][0], .unit = DIFFUSIVITY, .kind = ILI_CELL_ESTIMATE, .key = text[k][1]};
    }
    return n;
}

static void table_levels(ili_webpage *p) {
    static const ili_column rest[] = {
        {.head = "D of charge", .unit = DIFFUSIVITY, .kind = ILI_CELL_ESTIMATE, .key = "D_charge_m2_per_s"},
        {.head = "\xcf\x83", .unit = CONDUCTIVITY, .kind = ILI_CELL_ESTIMATE, .key = "sigma_S_per_m"},
        {.head = "\xcf\x83_{NE}", .unit = CONDUCTIVITY, .kind = ILI_CELL_ESTIMATE, .key = "sigma_NE_S_per_m"},
        {.head = "Haven", .kind = ILI_CELL_ESTIMATE, .key = "haven"},
        {.head = "charge",
         .kind = ILI_CELL_YES,
         .key = "sigma_S_per_m/diffusive",
         .yes = {"NOT diffusive", "diffusive"}}};
    const ili_json_view *levels = ili_webpage_at(p->result, "temperatures");
    ili_column columns[COLUMNS_MAX] = {{.head = "T", .unit = "K", .kind = ILI_CELL_PLAIN, .key = "T_K"},
                                       {.head = "runs", .kind = ILI_CELL_PLAIN, .key = "runs"}};
    char text[SPECIES_MAX][2][160], flag[SPECIES_MAX][2][160];
    const int first = 2;
    int n = add_species(ili_json_at(levels, 0), columns, first, text), n_species = n - first;
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++) columns[n++] = rest[k];
    for (int k = 0; k < n_species && n < COLUMNS_MAX; k++) {
        snprintf(flag[k][0], sizeof flag[k][0], "%.100s", text[k][0] + strlen("D of "));
        snprintf(flag[k][1], sizeof flag[k][1], "%.140s/diffusive", text[k][1]);
        columns[n++] = (ili_column){.head = flag[k][0],
                                    .kind = ILI_CELL_YES,
                                    .key = flag[k][1],
                                    .yes = {"NOT diffusive", "diffusive"}};
    }
    ili_webpage_table(p, "By temperature: means over realisations and seeds with their standard errors.",
                      levels, columns, n);
}

static void table_fits(ili_webpage *p) {
    static const ili_column columns[] = {
        {.head = "quantity", .kind = ILI_CELL_KEY},
        {.head = "E_{a}", .unit = "eV", .kind = ILI_CELL_ESTIMATE, .key = "Ea_eV"},
        {.head = "at 298.15 K", .kind = ILI_CELL_ESTIMATE, .key = "at_298K"},
        {.head = "unit", .kind = ILI_CELL_TEXT, .key = "at_298K/unit"},
        {.head = "temperatures used", .kind = ILI_CELL_PLAIN, .key = "temperatures_used"},
        {.head = "left out", .kind = ILI_CELL_PLAIN, .key = "temperatures_left_out"},
        {.head = "freedom", .kind = ILI_CELL_PLAIN, .key = "freedom", .is_optional = true},
        {.head = "VTF T_{0}", .unit = "K", .kind = ILI_CELL_ESTIMATE, .key = "vtf/T0_K", .is_optional = true},
        {.head = "VTF B", .unit = "K", .kind = ILI_CELL_ESTIMATE, .key = "vtf/B_K", .is_optional = true},
        {.head = "VTF at 298.15 K", .kind = ILI_CELL_ESTIMATE, .key = "vtf/at_298K", .is_optional = true},
        {.head = "points",
         .kind = ILI_CELL_YES,
         .key = "vtf/is_curved",
         .yes = {"no curvature seen", "curved"},
         .is_optional = true}};
    ili_webpage_table(p, "Fits: ln of the quantity against 1/T over diffusive temperatures.",
                      ili_webpage_at(p->result, "fits"), columns, sizeof columns / sizeof *columns);
}

static void table_runs(ili_webpage *p) {
    static const ili_column rest[] = {
        {.head = "D of charge", .unit = DIFFUSIVITY, .kind = ILI_CELL_ESTIMATE, .key = "D_charge_m2_per_s"},
        {.head = "\xcf\x83", .unit = CONDUCTIVITY, .kind = ILI_CELL_ESTIMATE, .key = "sigma_S_per_m"},
        {.head = "\xcf\x83 with anions at rest",
         .unit = CONDUCTIVITY,
         .kind = ILI_CELL_ESTIMATE,
         .key = "sigma_anion_blocked_S_per_m",
         .is_optional = true},
        {.head = "Haven", .kind = ILI_CELL_ESTIMATE, .key = "haven"},
        {.head = "length", .unit = "ps", .kind = ILI_CELL_PLAIN, .key = "time_ps"},
        {.head = "window", .unit = "ps", .kind = ILI_CELL_RANGE, .key = "charge_window_ps", .digits = 3},
        {.head = "motion of charge", .kind = ILI_CELL_TEXT, .key = "charge_verdict"}};
    const ili_json_view *runs = ili_webpage_at(p->result, "runs");
    ili_column columns[COLUMNS_MAX] = {{.head = "run", .kind = ILI_CELL_TEXT, .key = "name"}};
    char text[SPECIES_MAX][2][160];
    int n = add_species(ili_json_at(runs, 0), columns, 1, text);
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++) columns[n++] = rest[k];
    ili_webpage_table(p, "The runs, each with its own error.", runs, columns, n);
}

static void table_dynamics(ili_webpage *p) {
    static const ili_column columns[] = {
        {.head = "run", .kind = ILI_CELL_TEXT, .key = "name"},
        {.head = "temperature", .unit = "K", .kind = ILI_CELL_ESTIMATE, .key = "dynamics/temperature_K"},
        {.head = "pressure", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "dynamics/pressure_GPa"},
        {.head = "potential energy", .unit = "eV", .kind = ILI_CELL_ESTIMATE, .key = "dynamics/potential_eV"},
        {.head = "drift", .unit = "eV/ps", .kind = ILI_CELL_ESTIMATE, .key = "dynamics/drift_eV_per_ps"},
        {.head = "volume",
         .unit = "\xc3\x85^{3}",
         .kind = ILI_CELL_PLAIN,
         .key = "cell/volume_A3",
         .digits = 6},
        {.head = "steps", .kind = ILI_CELL_PLAIN, .key = "dynamics/steps"}};
    const ili_json_view *runs = ili_webpage_at(p->result, "runs");
    if (!ili_webpage_at(ili_json_at(runs, 0), "dynamics")) return;
    ili_webpage_table(p, "The dynamics of the runs; drift is that of the conserved quantity.", runs, columns,
                      sizeof columns / sizeof *columns);
}

/** Transference numbers and verdicts of one species in each run. */
static void table_species(ili_webpage *p, const char *species) {
    static const struct {
        ili_column column;
        const char *key;
    } rows[] = {{{.head = "run", .kind = ILI_CELL_TEXT}, "name"},
                {{.head = "particles", .kind = ILI_CELL_PLAIN}, "particles"},
                {{.head = "z", .kind = ILI_CELL_PLAIN}, "charge_number"},
                {{.head = "t", .kind = ILI_CELL_ESTIMATE}, "t"},
                {{.head = "t_{solvent}", .kind = ILI_CELL_ESTIMATE, .is_optional = true}, "t_solvent"},
                {{.head = "t_{self}", .kind = ILI_CELL_ESTIMATE}, "t_self"},
                {{.head = "window", .unit = "ps", .kind = ILI_CELL_RANGE, .digits = 3}, "window_ps"},
                {{.head = "jumps", .kind = ILI_CELL_PLAIN, .digits = 2}, "jumps"},
                {{.head = "before the window", .kind = ILI_CELL_PLAIN, .digits = 2}, "jumps_before"},
                {{.head = "verdict", .kind = ILI_CELL_TEXT}, "verdict"}};
    enum { N = sizeof rows / sizeof *rows };
    ili_column columns[N];
    char key[N][128], caption[160];
    for (int k = 0; k < N; k++) {
        snprintf(key[k], sizeof key[k], k ? "species/%.64s/%s" : "%.0s%s", species, rows[k].key);
        columns[k] = rows[k].column;
        columns[k].key = key[k];
    }
    snprintf(
        caption, sizeof caption,
        "%.64s in each run: transference numbers, effective jumps a particle, and whether the motion passed.",
        species);
    ili_webpage_table(p, caption, ili_webpage_at(p->result, "runs"), columns, N);
}

/** Layers of a stack, of each run that looked at them. */
static void table_layers(ili_webpage *p) {
    static const ili_column columns[] = {
        {.head = "layer", .kind = ILI_CELL_TEXT, .key = "name"},
        {.head = "heights", .unit = "\xc3\x85", .kind = ILI_CELL_RANGE, .key = "heights_A"},
        {.head = "atoms", .kind = ILI_CELL_ESTIMATE, .key = "atoms"},
        {.head = "D along a", .unit = DIFFUSIVITY, .kind = ILI_CELL_ESTIMATE, .key = "D_plane_11_m2_per_s"},
        {.head = "D along the normal",
         .unit = DIFFUSIVITY,
         .kind = ILI_CELL_ESTIMATE,
         .key = "D_normal_m2_per_s"},
        {.head = "residence", .unit = "ps", .kind = ILI_CELL_ESTIMATE, .key = "residence_ps"},
        {.head = "resistance",
         .unit = "\xce\xa9 cm^{2}",
         .kind = ILI_CELL_ESTIMATE,
         .key = "resistance_ohm_cm2"},
        {.head = "verdict", .kind = ILI_CELL_TEXT, .key = "verdict"}};
    static const ili_column stack[] = {
        {.head = "species", .kind = ILI_CELL_KEY},
        {.head = "resistance",
         .unit = "\xce\xa9 cm^{2}",
         .kind = ILI_CELL_ESTIMATE,
         .key = "area_specific_resistance_ohm_cm2"},
        {.head = "from crossings",
         .unit = "\xce\xa9 cm^{2}",
         .kind = ILI_CELL_ESTIMATE,
         .key = "area_specific_resistance_from_crossings_ohm_cm2"},
        {.head = "permeability", .unit = "m/s", .kind = ILI_CELL_ESTIMATE, .key = "permeability_m_per_s"},
        {.head = "verdict", .kind = ILI_CELL_TEXT, .key = "verdict"}};
    const ili_json_view *runs = ili_webpage_at(p->result, "runs");
    char caption[256];
    for (size_t k = 0; k < ili_json_size(runs) && k < RUNS_MAX; k++) {
        const ili_json_view *run = ili_json_at(runs, k), *species = ili_webpage_at(run, "layers/species");
        const char *left = ili_webpage_text_at(run, "layers/left_planes");
        snprintf(caption, sizeof caption, "%.80s, the stack as a whole.", ili_webpage_text_at(run, "name"));
        ili_webpage_table(p, caption, species, stack, sizeof stack / sizeof *stack);
        if (left[0]) ili_webpage_paragraph(p, left);
        for (const char *one = NULL; (one = ili_json_next_key(species, one));) {
            snprintf(caption, sizeof caption, "%.80s, layers: %.64s.", ili_webpage_text_at(run, "name"), one);
            ili_webpage_table(p, caption, ili_json_get(ili_json_get(species, one), "layers"), columns,
                              sizeof columns / sizeof *columns);
        }
    }
}

static void tables(ili_webpage *p) {
    const ili_json_view *species =
        ili_webpage_at(ili_json_at(ili_webpage_at(p->result, "runs"), 0), "species");
    int n = 0;
    ili_webpage_section(p, "Numbers");
    table_levels(p);
    table_fits(p);
    ili_webpage_subsection(p, "Runs");
    table_runs(p);
    for (const char *one = NULL; (one = ili_json_next_key(species, one)) && n < SPECIES_MAX; n++)
        table_species(p, one);
    table_dynamics(p);
    table_layers(p);
}

const ili_webpage_kind ili_page_diffuse = {
    .verb = "diffuse", .title = title, .answer = answer, .figures = figures, .tables = tables};
