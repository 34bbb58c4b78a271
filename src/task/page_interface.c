/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `interface` found: energies of a contact, its samples, and what their spread comes from. */
#include "task/page.h"

#include "io/rounded.h"
#include "task/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PICTURES_MAX = 12, SAMPLES_MAX = 96, POINTS_MAX = 256 };

static const char J_PER_M2[] = "J/m^{2}";

static void title(const ili_webpage *p, char text[256]) {
    const char *contact = ili_webpage_text_at(p->result, "contact"), *bar = strchr(contact, '|');
    if (bar)
        snprintf(text, 256, "Contact of %.*s and %.100s", (int)(bar - contact < 100 ? bar - contact : 100),
                 contact, bar + 1);
    else
        snprintf(text, 256, "Contact %.200s", contact);
}

/* ---- answer ------------------------------------------------------------------------------------------ */

static const ili_json_view *samples_of(const ili_webpage *p) {
    return ili_webpage_at(p->result, "samples");
}

/** Broken and made bonds of all samples, by kind: rows for a table. */
static ili_json *bond_rows(const ili_webpage *p, double total[2]) {
    static const char *const keys[] = {"broken", "made", "before"};
    const ili_json_view *samples = samples_of(p), *first = ili_webpage_at(ili_json_at(samples, 0), "bonds");
    ili_json *rows = ili_json_array();
    total[0] = total[1] = 0.0;
    for (size_t b = 0; b < ili_json_size(first); b++) {
        double sum[3] = {0.0, 0.0, 0.0};
        for (size_t k = 0; k < ili_json_size(samples); k++)
            for (int c = 0; c < 3; c++) {
                const double n = ili_webpage_number_at(
                    ili_json_at(ili_webpage_at(ili_json_at(samples, k), "bonds"), b), keys[c]);
                if (isfinite(n)) sum[c] += n;
            }
        ili_json *row = ili_json_child(rows, NULL);
        ili_json_string(row, "kind", ili_webpage_text_at(ili_json_at(first, b), "kind"));
        for (int c = 0; c < 3; c++) ili_json_real(row, keys[c], sum[c]);
        for (int c = 0; c < 2; c++) total[c] += sum[c];
    }
    return rows;
}

/** Whether the contact is the one that was asked for. */
static void doubt_intact(ili_webpage *p, char text[256]) {
    const ili_json_view *samples = samples_of(p);
    const int n = (int)ili_json_size(samples), n_intact = ili_webpage_count(samples, "intact");
    double total[2], entered = 0.0;
    ili_json *rows = bond_rows(p, total);
    ili_json_destroy(&rows);
    text[0] = 0;
    for (int k = 0; k < n; k++) {
        const double one = ili_webpage_number_at(ili_json_at(samples, (size_t)k), "atoms_entered");
        if (isfinite(one)) entered += one;
    }
    if (ili_json_is_true(ili_webpage_at(p->result, "intact"))) return;
    snprintf(text, 256, "NOT intact: %d of %d samples kept their bonds and sides.", n_intact, n);
    ili_webpage_note(p,
                     "Not a contact that stayed as it was: over all samples %.0f bonds broke and %.0f were "
                     "made, and %.0f atoms of one "
                     "side went into the other. The formation energy is that of what came of it.",
                     total[0], total[1], entered);
}

static void note_samples(ili_webpage *p) {
    const ili_json_view *samples = samples_of(p);
    const int n = (int)ili_json_size(samples), n_converged = ili_webpage_count(samples, "converged");
    const char *relaxed = ili_webpage_text_at(p->result, "relaxation");
    if (n_converged < n)
        ili_webpage_note(p, "NOT converged: %d of %d samples did not reach the force tolerance.",
                         n - n_converged, n);
    if (n == 1)
        ili_webpage_note(
            p, "One sample: how much another realisation or packing would change the numbers is not known.");
    if (relaxed[0]) ili_webpage_note(p, "Relaxed: %s.", relaxed);
}

static void answer(ili_webpage *p) {
    static const struct {
        const char *key, *what, *definition;
    } rows[] = {{"E_form_J_per_m2", "Formation energy",
                 "(E_{AB} \xe2\x88\x92 E_{A} \xe2\x88\x92 E_{B})/A; A and B alone at the same in-plane "
                 "strain, each relaxed. Negative = bound."},
                {"W_ad_J_per_m2", "Work of adhesion",
                 "Energy to pull the relaxed sides apart rigidly, over the area. Positive = bound."},
                {"gamma_J_per_m2", "Interfacial energy", "Excess over the bulk crystals, over the area."},
                {"E_form_free_J_per_m2", "Formation energy, free",
                 "The same with A and B relaxed at their own lattice."},
                {"E_rigid_J_per_m2", "Formation energy, rigid",
                 "Relaxed slabs laid on each other rigidly: lowest gap and registry."},
                {"E_form_intact_J_per_m2", "Formation energy, intact samples",
                 "Mean over the samples that kept all bonds."}};
    enum {
        FIRST = 0,
        N_ALWAYS = 3,
        INTACT = 5
    }; /* rows: with the whole flag, shown even as null, of intact samples */
    const bool has_film = ili_webpage_at(ili_json_at(samples_of(p), 0), "chains") != NULL;
    char doubt[256];
    doubt_intact(p, doubt);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const ili_json_view *one = ili_webpage_at(p->result, rows[k].key);
        if (k == INTACT && !doubt[0]) continue; /* the mean over all is that of the intact ones */
        if (k >= N_ALWAYS && !one) continue;
        ili_webpage_answer(
            p, &(ili_answer){.what = rows[k].what,
                             .unit = J_PER_M2,
                             .number = ili_webpage_shown(one, 1.0),
                             .definition = rows[k].definition,
                             .missing = k == INTACT ? "No sample stayed intact."
                                        : has_film  ? "A film of polymer has no crystal to be compared with."
                                                    : NULL,
                             .doubt = k == FIRST                ? doubt
                                      : doubt[0] && k != INTACT ? "NOT intact"
                                                                : NULL});
    }
    note_samples(p);
}

/* ---- figures ----------------------------------------------------------------------------------------- */

/** The lowest registry of a sample; NULL: none. */
static const ili_json_view *best_registry(const ili_json_view *sample) {
    const ili_json_view *list = ili_webpage_at(sample, "registries"), *best = NULL;
    double lowest = INFINITY;
    for (size_t k = 0; k < ili_json_size(list); k++) {
        const double e = ili_webpage_number_at(ili_json_at(list, k), "E_form_J_per_m2");
        if (e < lowest) {
            lowest = e;
            best = ili_json_at(list, k);
        }
    }
    return best;
}

static il_status draw_approach(ili_webpage *p) {
    const ili_json_view *samples = samples_of(p);
    const int n = ili_json_size(samples) < SAMPLES_MAX ? (int)ili_json_size(samples) : SAMPLES_MAX;
    ili_plot plot = {.title = "rigid approach, each sample in the registry that relaxes lowest",
                     .x = {.label = "gap / \xc3\x85"},
                     .y = {.label = "E_{form}, rigid / (J/m^{2})"}};
    ili_figure f;
    double *b;
    char label[64];
    il_status status;
    IL_GO(ili_figure_make(p->ctx, n, &f));
    for (int k = 0; k < n; k++) {
        const ili_json_view *one = ili_json_at(samples, (size_t)k), *gaps = ili_webpage_at(one, "gaps_A"),
                            *curve = ili_webpage_at(best_registry(one), "E_rigid_curve_J_per_m2");
        const int m = ili_json_size(gaps) < POINTS_MAX ? (int)ili_json_size(gaps) : POINTS_MAX;
        if (m < 2 || !curve) continue;
        snprintf(label, sizeof label, "sample %s",
                 ili_webpage_word(ili_webpage_number_at(one, "sample")).text);
        IL_GO(ili_figure_add(p->ctx, &f, ILI_PLOT_LINE, k, label, m, &b));
        for (int i = 0; i < m; i++) {
            const double e = ili_json_number(ili_json_at(curve, (size_t)i));
            b[i] = ili_json_number(ili_json_at(gaps, (size_t)i));
            b[m + i] = e < 2.0 ? e : NAN; /* the repulsive wall would hide the well */
            b[2 * m + i] = b[3 * m + i] = NAN;
        }
    }
    IL_GO(ili_figure_write(p->ctx, p->report, &plot, &f, p->into, "approach", p->files));
    IL_GO(ili_webpage_figure(
        p, "approach",
        "The sides brought together rigidly, each sample in the registry that is lowest when relaxed, up to "
        "2 J/m\xc2\xb2. E_rigid is of the registry that is lowest rigidly, which may be another one."));
out:
    ili_figure_free(&f);
    return status;
}

/** Energies of all registries of all samples, the ones that count among them. */
static il_status draw_registries(ili_webpage *p) {
    const ili_json_view *samples = samples_of(p);
    ili_plot plot = {.title = "registries of each sample, relaxed",
                     .x = {.label = "sample"},
                     .y = {.label = "E_{form} / (J/m^{2})"}};
    ili_figure f;
    double *b;
    il_status status;
    IL_GO(ili_figure_make(p->ctx, 2, &f));
    for (int part = 0; part < 2; part++) { /* registries, samples */
        int n = 0, i = 0;
        for (size_t k = 0; k < ili_json_size(samples) && k < SAMPLES_MAX; k++)
            n += part ? 1 : (int)ili_json_size(ili_webpage_at(ili_json_at(samples, k), "registries"));
        if (n > POINTS_MAX * SAMPLES_MAX) n = POINTS_MAX * SAMPLES_MAX;
        IL_GO(ili_figure_add(p->ctx, &f, ILI_PLOT_POINTS, part, part ? "lowest of the sample" : "a registry",
                             n, &b));
        for (size_t k = 0; k < ili_json_size(samples) && i < n; k++) {
            const ili_json_view *one = ili_json_at(samples, k), *list = ili_webpage_at(one, "registries");
            for (size_t r = 0; r < (part ? 1 : ili_json_size(list)) && i < n; r++, i++) {
                b[i] = ili_webpage_number_at(one, "sample");
                b[n + i] = ili_webpage_number_at(part ? one : ili_json_at(list, r), "E_form_J_per_m2");
                b[2 * n + i] = b[3 * n + i] = NAN;
            }
        }
    }
    IL_GO(ili_figure_write(p->ctx, p->report, &plot, &f, p->into, "registries", p->files));
    IL_GO(ili_webpage_figure(
        p, "registries",
        "Formation energies of the registries tried in each sample; the lowest one counts."));
out:
    ili_figure_free(&f);
    return status;
}

static il_status figures(ili_webpage *p) {
    const ili_json_view *samples = samples_of(p);
    const size_t n = ili_json_size(samples);
    char stem[64], caption[320];
    ili_webpage_section(p, "Figures");
    ili_webpage_figures_begin(p, true);
    for (size_t k = 0; k < n && k < PICTURES_MAX; k++) {
        const ili_json_view *one = ili_json_at(samples, k);
        snprintf(stem, sizeof stem, "contact-%zu", k + 1);
        const ili_rounded e = ili_round(ili_webpage_number_at(one, "E_form_J_per_m2"), NAN, 3);
        snprintf(caption, sizeof caption, "%.100s, sample %zu: formation energy %s J/m\xc2\xb2%s",
                 ili_webpage_text_at(p->result, "contact"), k + 1, e.value[0] ? e.value : "not known",
                 ili_json_is_true(ili_webpage_at(one, "intact")) ? ", intact" : ", NOT intact");
        IL_TRY(ili_webpage_structure(p, stem, caption));
    }
    ili_webpage_figures_end(p);
    if (n > PICTURES_MAX)
        ili_webpage_paragraph(p, "The contacts of the other samples lie in the folder of the run.");
    ili_webpage_figures_begin(p, false);
    IL_TRY(draw_approach(p));
    IL_TRY(draw_registries(p));
    ili_webpage_figures_end(p);
    return IL_OK;
}

/* ---- tables ------------------------------------------------------------------------------------------ */

static void table_samples(ili_webpage *p) {
    static const ili_column energies[] = {
        {.head = "sample", .kind = ILI_CELL_PLAIN, .key = "sample"},
        {.head = "E_{form}", .unit = J_PER_M2, .kind = ILI_CELL_ESTIMATE, .key = "E_form_J_per_m2"},
        {.head = "free", .unit = J_PER_M2, .kind = ILI_CELL_ESTIMATE, .key = "E_form_free_J_per_m2"},
        {.head = "rigid",
         .unit = J_PER_M2,
         .kind = ILI_CELL_ESTIMATE,
         .key = "E_rigid_J_per_m2",
         .is_optional = true},
        {.head = "W_{ad}", .unit = J_PER_M2, .kind = ILI_CELL_ESTIMATE, .key = "W_ad_J_per_m2"},
        {.head = "\xce\xb3", .unit = J_PER_M2, .kind = ILI_CELL_ESTIMATE, .key = "gamma_J_per_m2"},
        {.head = "surface A",
         .unit = J_PER_M2,
         .kind = ILI_CELL_ESTIMATE,
         .key = "surface_energy_a_J_per_m2"},
        {.head = "surface B",
         .unit = J_PER_M2,
         .kind = ILI_CELL_ESTIMATE,
         .key = "surface_energy_b_J_per_m2"},
        {.head = "atoms A", .kind = ILI_CELL_PLAIN, .key = "natoms_a"},
        {.head = "atoms B", .kind = ILI_CELL_PLAIN, .key = "natoms_b"},
        {.head = "crossed over", .kind = ILI_CELL_PLAIN, .key = "atoms_entered"},
        {.head = "intact", .kind = ILI_CELL_YES, .key = "intact", .yes = {"NO", "yes"}},
        {.head = "converged", .kind = ILI_CELL_YES, .key = "converged", .yes = {"NO", "yes"}}};
    static const ili_column cuts[] = {
        {.head = "sample", .kind = ILI_CELL_PLAIN, .key = "sample"},
        {.head = "A: lower plane", .kind = ILI_CELL_TEXT, .key = "termination_a/lower_plane"},
        {.head = "upper plane", .kind = ILI_CELL_TEXT, .key = "termination_a/upper_plane"},
        {.head = "Tasker type", .kind = ILI_CELL_PLAIN, .key = "termination_a/tasker_type"},
        {.head = "ions moved", .kind = ILI_CELL_PLAIN, .key = "termination_a/ions_moved"},
        {.head = "polarity left",
         .unit = "e/\xc3\x85^{2}",
         .kind = ILI_CELL_PLAIN,
         .key = "termination_a/polarity_left_e_per_A2",
         .digits = 2},
        {.head = "B: lower plane",
         .kind = ILI_CELL_TEXT,
         .key = "termination_b/lower_plane",
         .is_optional = true},
        {.head = "upper plane",
         .kind = ILI_CELL_TEXT,
         .key = "termination_b/upper_plane",
         .is_optional = true},
        {.head = "chains", .kind = ILI_CELL_PLAIN, .key = "chains", .is_optional = true},
        {.head = "repeat units", .kind = ILI_CELL_PLAIN, .key = "repeat_units", .is_optional = true},
        {.head = "film density",
         .unit = "g/cm^{3}",
         .kind = ILI_CELL_PLAIN,
         .key = "film_density_g_per_cm3",
         .is_optional = true}};
    ili_webpage_table(p, "Samples: energies of each; their scatter is the error of the means.", samples_of(p),
                      energies, sizeof energies / sizeof *energies);
    ili_webpage_table(p, "Samples: how the crystals were cut.", samples_of(p), cuts,
                      sizeof cuts / sizeof *cuts);
}

static void table_bonds(ili_webpage *p) {
    static const ili_column columns[] = {{.head = "bond", .kind = ILI_CELL_TEXT, .key = "kind"},
                                         {.head = "before", .kind = ILI_CELL_PLAIN, .key = "before"},
                                         {.head = "broken", .kind = ILI_CELL_PLAIN, .key = "broken"},
                                         {.head = "made", .kind = ILI_CELL_PLAIN, .key = "made"}};
    double total[2];
    ili_json *rows = bond_rows(p, total);
    ili_webpage_table(p, "Bonds of both sides before and after relaxation, summed over the samples.",
                      ili_json_root(rows), columns, 4);
    ili_json_destroy(&rows);
}

static void table_cell(ili_webpage *p) {
    static const ili_list_column lists[] = {{"a", "strain/a", NULL, false, 0},
                                            {"b", "strain/b", NULL, false, 0}};
    static const char *const parts[] = {"xx", "yy", "xy"};
    static const ili_column columns[] = {
        {.head = "strain of", .kind = ILI_CELL_TEXT, .key = "part"},
        {.head = "A", .unit = "%", .kind = ILI_CELL_PLAIN, .key = "a", .factor = 100.0, .digits = 2},
        {.head = "B", .unit = "%", .kind = ILI_CELL_PLAIN, .key = "b", .factor = 100.0, .digits = 2}};
    char caption[160];
    ili_json *rows = ili_webpage_rows(p->result, 3, lists, 2), *named = ili_json_array();
    for (size_t k = 0; k < 3; k++) {
        ili_json *row = ili_json_child(named, NULL);
        ili_json_string(row, "part", parts[k]);
        ili_json_real(row, "a", ili_webpage_number_at(ili_json_at(ili_json_root(rows), k), "a"));
        ili_json_real(row, "b", ili_webpage_number_at(ili_json_at(ili_json_root(rows), k), "b"));
    }
    snprintf(caption, sizeof caption,
             "The common cell: %s \xc3\x85^{2}, %s interface; strain of both sides in the plane.",
             ili_webpage_word(ili_webpage_number_at(p->result, "area_A2")).text,
             ili_webpage_word(ili_webpage_number_at(p->result, "n_interfaces")).text);
    ili_webpage_table(p, caption, ili_json_root(named), columns, 3);
    ili_json_destroy(&rows);
    ili_json_destroy(&named);
}

static void table_budget(ili_webpage *p) {
    static const char *const causes[][3] = {
        {"realisations", "realisation", "another ordering of the sites that are shared"},
        {"terminations", "termination", "another plane of the cut"},
        {"registry", "registry", "another place of one side on the other"},
        {"polymer", "packing", "another packing of the chains"},
        {"thickness", "thickness", "thicker slabs"},
        {"parameters", "parameters", "other parameters of the model"}};
    static const ili_column columns[] = {
        {.head = "cause", .kind = ILI_CELL_TEXT, .key = "cause"},
        {.head = "what changes", .kind = ILI_CELL_TEXT, .key = "what"},
        {.head = "spread", .unit = J_PER_M2, .kind = ILI_CELL_PLAIN, .key = "spread", .digits = 2}};
    const ili_json_view *budget = ili_webpage_at(p->result, "budget");
    ili_json *rows = ili_json_array();
    for (size_t k = 0; k < sizeof causes / sizeof *causes; k++) {
        ili_json *row = ili_json_child(rows, NULL);
        ili_json_string(row, "cause", causes[k][1]);
        ili_json_string(row, "what", causes[k][2]);
        ili_json_real(row, "spread", ili_webpage_number_at(budget, causes[k][0]));
    }
    ili_webpage_section(p, "Error budget");
    ili_webpage_table(p, "What one formation energy would spread by: standard deviations.",
                      ili_json_root(rows), columns, 3);
    ili_webpage_paragraph(p, ili_webpage_text_at(budget, "meaning"));
    ili_json_destroy(&rows);
}

static void tables(ili_webpage *p) {
    ili_webpage_section(p, "Numbers");
    table_samples(p);
    table_bonds(p);
    table_cell(p);
    table_budget(p);
}

static const char *const DEFINITIONS[][2] = {
    {"E_form", "(E_AB - E_A - E_B)/(n A): slabs A and B alone at the same in-plane strain, each relaxed; n "
               "interfaces in the cell; negative = bound"},
    {"E_form_free", "the same with A and B relaxed at their own lattice"},
    {"W_ad", "minus the energy of rigid separation over the area; positive = bound"},
    {"gamma", "excess over bulk, (E_AB - sum N mu)/(n A)"},
    {"E_rigid", "E_form of the relaxed slabs laid on each other rigidly, lowest gap and registry"},
    {"intact", "no bond of a framework or a molecule broken or made on relaxation, and no atom of one side "
               "inside the other"},
    {"uncertainty",
     "standard error of the mean over samples; each sample is another realisation, cut or packing"},
    {NULL, NULL}};

const ili_webpage_kind ili_page_interface = {.verb = "interface",
                                             .title = title,
                                             .answer = answer,
                                             .figures = figures,
                                             .tables = tables,
                                             .definitions = DEFINITIONS};
