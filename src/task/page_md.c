/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `md` found: means of the last stage, traces, all stages. */
#include "task/page.h"

#include <math.h>
#include <stdio.h>

static void title(const ili_webpage *p, char text[256]) {
    char subject[128];
    ili_webpage_subject(p, subject);
    snprintf(text, 256, "Molecular dynamics of %s", subject);
}

static void answer(ili_webpage *p) {
    static const struct {
        const char *key, *what, *unit, *definition;
    } rows[] = {{"temperature_K", "Temperature", "K", "Mean kinetic temperature."},
                {"density_g_per_cm3", "Density", "g/cm^{3}", "Mass over the mean volume."},
                {"volume_A3", "Volume", "\xc3\x85^{3}", "Mean volume of the cell."},
                {"pressure_GPa", "Pressure", "GPa", "Positive in compression."},
                {"potential_eV", "Potential energy", "eV", "Of the cell."},
                {"drift_kT_per_atom_ns", "Drift of the conserved quantity", "kT/(atom ns)",
                 "Of its straight line; what integration, not a bath, adds to the energy."}};
    const ili_json_view *stages = ili_webpage_at(p->result, "stages"),
                        *last = ili_json_at(stages, ili_json_size(stages) ? ili_json_size(stages) - 1 : 0);
    char what[96];
    bool unknown = false;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const ili_shown s = ili_webpage_shown(ili_webpage_at(last, rows[k].key), 1.0);
        unknown = unknown || (isfinite(s.value) && isnan(s.sigma));
        snprintf(what, sizeof what, "%s, last stage", rows[k].what);
        ili_webpage_answer(p, &(ili_answer){.what = what,
                                            .unit = rows[k].unit,
                                            .number = s,
                                            .definition = rows[k].definition,
                                            .missing = "A slab or a cluster has no volume of its own."});
    }
    if (unknown)
        ili_webpage_note(p, "Where an uncertainty is not known the stage was too short to show that the "
                            "quantity forgets where it began.");
    if (isfinite(ili_webpage_number_at(p->result, "resumed_at_step")))
        ili_webpage_note(
            p, "The run went on from step %.0f; it ends with the same bits as one that was never stopped.",
            ili_webpage_number_at(p->result, "resumed_at_step"));
}

static il_status figures(ili_webpage *p) {
    static const char file[1][256] = {"md.thermo.tsv"}, name[1][64] = {""};
    ili_webpage_section(p, "Figures");
    ili_webpage_figures_begin(p, false);
    IL_TRY(ili_webpage_traces(p, 1, file, name, ili_webpage_number_at(p->result, "natoms")));
    ili_webpage_figures_end(p);
    ili_webpage_figures_begin(p, true);
    IL_TRY(ili_webpage_structure(p, "final", "The atoms at the end of the run, seen along b."));
    ili_webpage_figures_end(p);
    return IL_OK;
}

static void tables(ili_webpage *p) {
    static const ili_column columns[] = {
        {.head = "stage", .kind = ILI_CELL_TEXT, .key = "stage"},
        {.head = "time", .unit = "ps", .kind = ILI_CELL_PLAIN, .key = "time_ps"},
        {.head = "steps", .kind = ILI_CELL_PLAIN, .key = "steps"},
        {.head = "temperature", .unit = "K", .kind = ILI_CELL_ESTIMATE, .key = "temperature_K", .digits = 4},
        {.head = "potential energy",
         .unit = "eV",
         .kind = ILI_CELL_ESTIMATE,
         .key = "potential_eV",
         .digits = 6},
        {.head = "pressure", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "pressure_GPa"},
        {.head = "volume",
         .unit = "\xc3\x85^{3}",
         .kind = ILI_CELL_ESTIMATE,
         .key = "volume_A3",
         .digits = 5},
        {.head = "density",
         .unit = "g/cm^{3}",
         .kind = ILI_CELL_ESTIMATE,
         .key = "density_g_per_cm3",
         .digits = 4},
        {.head = "drift", .unit = "kT/atom/ns", .kind = ILI_CELL_ESTIMATE, .key = "drift_kT_per_atom_ns"}};
    static const ili_list_column lists[] = {{"length_A", "cell_final/lengths_A", NULL, false, 0},
                                            {"angle_deg", "cell_final/angles_deg", NULL, false, 0}};
    static const ili_column cell[] = {{.head = "length of a, b, c",
                                       .unit = "\xc3\x85",
                                       .kind = ILI_CELL_PLAIN,
                                       .key = "length_A",
                                       .digits = 6},
                                      {.head = "angle \xce\xb1, \xce\xb2, \xce\xb3",
                                       .unit = "deg",
                                       .kind = ILI_CELL_PLAIN,
                                       .key = "angle_deg",
                                       .digits = 6}};
    ili_webpage_section(p, "Numbers");
    ili_webpage_table(p, "Stages: means with their standard errors.", ili_webpage_at(p->result, "stages"),
                      columns, sizeof columns / sizeof *columns);
    ili_json *rows = ili_webpage_rows(
        p->result, ili_json_size(ili_webpage_at(p->result, "cell_final/lengths_A")), lists, 2);
    ili_webpage_table(p, "The cell at the end.", ili_json_root(rows), cell, 2);
    ili_json_destroy(&rows);
}

static const char *const DEFINITIONS[][2] = {
    {"standard error", "From the blocks of the series and how long it remembers (integrated autocorrelation "
                       "time); not known where it is too "
                       "short to tell"},
    {"drift", "Slope of a straight line through the conserved quantity, which a bath's work is taken out of"},
    {NULL, NULL}};

const ili_webpage_kind ili_page_md = {.verb = "md",
                                      .title = title,
                                      .answer = answer,
                                      .figures = figures,
                                      .tables = tables,
                                      .definitions = DEFINITIONS};
