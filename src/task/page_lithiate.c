/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `lithiate` found: by insertion at set compositions, at equilibrium with voltages, or in a contact with the metal. */
#include "task/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char A3_PER_FU[] = "\xc3\x85^{3} per f.u.";

/** One of the three methods; they write different keys. */
typedef struct method {
    const char *name; /**< as in the option */
    void (*answer)(ili_webpage *p);
    il_status (*figures)(ili_webpage *p);
    void (*tables)(ili_webpage *p);
} method;

static double entry(const ili_webpage *p, const char *list, size_t i) {
    return ili_json_number(ili_json_at(ili_webpage_at(p->result, list), i));
}

/** Entry i of two lists that lie side by side, times a factor. */
static ili_shown pair_at(const ili_webpage *p, const char *list, const char *sigma, size_t i, double factor) {
    return (ili_shown){factor * entry(p, list, i), factor * entry(p, sigma, i), NAN, NAN};
}

/** Pictures of the run by their stems. */
static il_status show_pictures(ili_webpage *p, const char *const (*pictures)[2], int n) {
    ili_webpage_figures_begin(p, false);
    for (int k = 0; k < n; k++) IL_TRY(ili_webpage_figure(p, pictures[k][0], pictures[k][1]));
    ili_webpage_figures_end(p);
    return IL_OK;
}

/** The first and the last structure of the run whose file begins so. */
static il_status show_structures(ili_webpage *p, const char *begin, const char *what) {
    const ili_json_view *files = ili_webpage_at(p->result, "files");
    const char *found[2] = {NULL, NULL};
    char stem[96], caption[256];
    for (size_t k = 0; k < ili_json_size(files); k++) {
        const char *name = ili_json_string_of(ili_json_at(files, k)),
                   *dot = name ? strstr(name, ".extxyz") : NULL;
        if (!dot || dot[7] || strncmp(name, begin, strlen(begin)) != 0 || strchr(name, '/') ||
            dot - name > 64)
            continue;
        found[found[0] != NULL] = name;
    }
    ili_webpage_figures_begin(p, true);
    for (int k = 0; k < 2 && found[k]; k++) {
        snprintf(stem, sizeof stem, "%.*s", (int)(strstr(found[k], ".extxyz") - found[k]), found[k]);
        snprintf(caption, sizeof caption, "%s: %s", what, stem);
        IL_TRY(ili_webpage_structure(p, stem, caption));
    }
    ili_webpage_figures_end(p);
    return IL_OK;
}

static void note_balance(ili_webpage *p) {
    const char *rule = ili_webpage_text_at(p->result, "charge_balance"),
               *limits = ili_webpage_text_at(p->result, "charge_balance_limits");
    if (rule[0]) ili_webpage_note(p, "Electrons by the rule \"%s\": %s", rule, limits);
}

/* ---- insertion --------------------------------------------------------------------------------------- */

/** Points of all realisations that did not converge. */
static int not_converged(const ili_webpage *p) {
    const ili_json_view *paths = ili_webpage_at(p->result, "realisations");
    int n = 0;
    for (size_t k = 0; k < ili_json_size(paths); k++) {
        const ili_json_view *points = ili_webpage_at(ili_json_at(paths, k), "points");
        n += (int)ili_json_size(points) - ili_webpage_count(points, "converged");
    }
    return n;
}

static void insertion_volume(ili_webpage *p, size_t last) {
    const double v0 = entry(p, "V_A3_per_fu", 0), x = entry(p, "x", last);
    const ili_shown v = pair_at(p, "V_A3_per_fu", "V_sigma_A3_per_fu", last, 1.0);
    const ili_json_view *bonds = ili_json_at(ili_webpage_at(p->result, "bonds"), last);
    const double intact = ili_webpage_number_at(bonds, "intact"),
                 all = ili_webpage_number_at(bonds, "realisations");
    char what[128], doubt[128] = "";
    if (intact < all)
        snprintf(doubt, sizeof doubt, "NOT intact: %.0f of %.0f realisations kept their bonds.", intact, all);
    snprintf(what, sizeof what, "Swelling at x = %s", ili_webpage_word(x).text);
    ili_webpage_answer(p,
                       &(ili_answer){.what = what,
                                     .unit = "%",
                                     .number = {100.0 * (v.value / v0 - 1.0), 100.0 * v.sigma / v0, NAN, NAN},
                                     .definition = "V/V(0) \xe2\x88\x92 1; the error is that of V.",
                                     .doubt = doubt});
    snprintf(what, sizeof what, "Volume at x = %s", ili_webpage_word(x).text);
    ili_webpage_answer(
        p, &(ili_answer){.what = what,
                         .unit = A3_PER_FU,
                         .number = v,
                         .definition = "Relaxed cell over its formula units, mean over realisations.",
                         .doubt = doubt[0] ? "NOT intact" : NULL});
}

static void insertion_answer(ili_webpage *p) {
    const size_t n = ili_json_size(ili_webpage_at(p->result, "x")), last = n ? n - 1 : 0;
    const double full = ili_webpage_number_at(p->result, "conversion/V_full_A3_per_fu"),
                 sigma = ili_webpage_number_at(p->result, "conversion/V_full_sigma_A3_per_fu"),
                 host = ili_webpage_number_at(p->result, "conversion/V_host_A3_per_fu");
    const ili_json_view *hysteresis = ili_webpage_at(p->result, "V_hysteresis_A3_per_fu");
    const int bad = not_converged(p);
    char what[128];
    insertion_volume(p, last);
    ili_webpage_answer(
        p, &(ili_answer){.what = "Partial molar volume of lithium",
                         .unit = "cm^{3}/mol",
                         .number = ili_webpage_shown(ili_webpage_at(p->result, "V_Li_cm3_per_mol"), 1.0),
                         .definition = "Slope of V(x) of each realisation, mean over realisations."});
    snprintf(what, sizeof what, "Energy of insertion at x = %s", ili_webpage_word(entry(p, "x", last)).text);
    ili_webpage_answer(
        p, &(ili_answer){
               .what = what,
               .unit = "eV per Li",
               .number = pair_at(p, "E_insertion_eV", "E_insertion_sigma_eV", last, 1.0),
               .definition =
                   "From x = 0, against lithium metal of the model. Its level is put in by calibration, "
                   "only changes with x are computed."});
    if (hysteresis)
        ili_webpage_answer(p, &(ili_answer){.what = "Volume left when lithium is taken out",
                                            .unit = A3_PER_FU,
                                            .number = ili_webpage_shown(hysteresis, 1.0),
                                            .definition = "Largest difference of the ways out and in."});
    if (isfinite(full)) {
        snprintf(what, sizeof what, "Full conversion, x = %s: V/V(0)",
                 ili_webpage_word(ili_webpage_number_at(p->result, "conversion/x_full")).text);
        ili_webpage_answer(
            p, &(ili_answer){.what = what,
                             .unit = "",
                             .number = {full / host, sigma / host, NAN, NAN},
                             .definition =
                                 "Rule of mixtures over the crystals that would form: NOT from the model."});
    }
    if (bad) ili_webpage_note(p, "NOT converged: %d relaxed structures did not reach the tolerances.", bad);
    if (ili_json_size(ili_webpage_at(p->result, "realisations")) == 1)
        ili_webpage_note(p, "One realisation: the uncertainty of these numbers is not known.");
    ili_webpage_note(p, "Insertion: no bond is cut by choice and no new phase forms.");
    note_balance(p);
}

static il_status insertion_figures(ili_webpage *p) {
    static const char *const pictures[][2] = {
        {"volume",
         "Volume over lithium put in, with 95\xc2\xa0% intervals over realisations; other lines: the way "
         "out, other models, crystals of "
         "full conversion."},
        {"strain", "Strain of the cell against x = 0, with 95\xc2\xa0% intervals."},
        {"voltage", "Voltage against lithium metal between neighbouring compositions, at 0 K; its level is "
                    "put in by calibration."}};
    IL_TRY(show_pictures(p, pictures, 3));
    return show_structures(p, "r1-x", "First realisation, seen along b");
}

static void table_path(ili_webpage *p, size_t n) {
    static const ili_list_column lists[] = {
        {"x", "x", NULL, false, 0},
        {"V", "V_A3_per_fu", "V_sigma_A3_per_fu", false, 0},
        {"a", "a_A", "a_sigma_A", false, 0},
        {"c", "c_A", "c_sigma_A", false, 0},
        {"density", "density_g_per_cm3", "density_sigma_g_per_cm3", false, 0},
        {"E", "E_insertion_eV", "E_insertion_sigma_eV", false, 0},
        {"U", "voltage_V", "voltage_sigma_V", false, 0},
        {"v_li", "V_Li_by_step_cm3_per_mol", "V_Li_by_step_sigma_cm3_per_mol", false, 0},
        {"back", "V_back_A3_per_fu", "V_back_sigma_A3_per_fu", false, 0},
        {"mix", "V_conversion_A3_per_fu", NULL, false, 0}};
    static const ili_column columns[] = {
        {.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"},
        {.head = "V", .unit = A3_PER_FU, .kind = ILI_CELL_ESTIMATE, .key = "V"},
        {.head = "a", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "a"},
        {.head = "c", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "c"},
        {.head = "density", .unit = "g/cm^{3}", .kind = ILI_CELL_ESTIMATE, .key = "density"},
        {.head = "E of insertion", .unit = "eV per Li", .kind = ILI_CELL_ESTIMATE, .key = "E"},
        {.head = "voltage", .unit = "V", .kind = ILI_CELL_ESTIMATE, .key = "U"},
        {.head = "V_{Li} of the step", .unit = "cm^{3}/mol", .kind = ILI_CELL_ESTIMATE, .key = "v_li"},
        {.head = "V, way out",
         .unit = A3_PER_FU,
         .kind = ILI_CELL_ESTIMATE,
         .key = "back",
         .is_optional = true},
        {.head = "V, mixture", .unit = A3_PER_FU, .kind = ILI_CELL_PLAIN, .key = "mix", .is_optional = true}};
    ili_json *rows = ili_webpage_rows(p->result, n, lists, sizeof lists / sizeof *lists);
    ili_webpage_table(p,
                      "By composition: means over realisations with their standard errors. The mixture is "
                      "not from the model.",
                      ili_json_root(rows), columns, sizeof columns / sizeof *columns);
    ili_json_destroy(&rows);
}

static void table_strain(ili_webpage *p, size_t n) {
    static const char *const parts[6] = {"xx", "yy", "zz", "yz", "xz", "xy"};
    ili_list_column lists[7] = {{"x", "x", NULL, false, 0}};
    ili_column columns[7] = {{.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"}};
    for (size_t k = 0; k < 6; k++) {
        lists[k + 1] = (ili_list_column){parts[k], "strain", "strain_sigma", true, k};
        columns[k + 1] = (ili_column){
            .head = parts[k], .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = parts[k], .factor = 100.0};
    }
    /* the strain of the first row is zero by definition */
    ili_json *rows = ili_webpage_rows(p->result, n, lists, 7), *later = ili_json_array();
    for (size_t i = 1; i < n; i++) {
        const ili_json_view *row = ili_json_at(ili_json_root(rows), i);
        ili_json *copy = ili_json_child(later, NULL);
        ili_json_real(copy, "x", ili_webpage_number_at(row, "x"));
        for (size_t k = 0; k < 6; k++) {
            const ili_shown s = ili_webpage_shown(ili_json_get(row, parts[k]), 1.0);
            ili_json_estimate(copy, parts[k], s.value, s.sigma);
        }
    }
    ili_webpage_table(p, "Strain of the cell against x = 0; shear is that of the tensor.",
                      ili_json_root(later), columns, 7);
    ili_json_destroy(&rows);
    ili_json_destroy(&later);
}

enum { BONDS_MAX = 8 };

/** Bonds of every kind that the first composition names. */
static void table_bonds(ili_webpage *p) {
    static const char *const parts[2] = {"broken", "made"};
    const ili_json_view *bonds = ili_webpage_at(p->result, "bonds"),
                        *kinds = ili_webpage_at(ili_json_at(bonds, 0), "kinds");
    ili_column columns[4 + 2 * BONDS_MAX] = {
        {.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"},
        {.head = "intact", .kind = ILI_CELL_PLAIN, .key = "intact"},
        {.head = "of", .kind = ILI_CELL_PLAIN, .key = "realisations"},
        {.head = "PO_{4} kept", .kind = ILI_CELL_PLAIN, .key = "PO4_intact"}};
    char head[2 * BONDS_MAX][64], key[2 * BONDS_MAX][96];
    int m = 0;
    for (const char *one = NULL; (one = ili_json_next_key(kinds, one)) && m < 2 * BONDS_MAX;)
        for (int part = 0; part < 2; part++, m++) {
            snprintf(head[m], sizeof head[m], "%.20s %s", one, parts[part]);
            snprintf(key[m], sizeof key[m], "kinds/%.20s/%s", one, parts[part]);
            columns[4 + m] = (ili_column){.head = head[m], .kind = ILI_CELL_PLAIN, .key = key[m]};
        }
    ili_webpage_table(p, "Bonds of the host against x = 0, summed over realisations.", bonds, columns, 4 + m);
}

static void table_shells(ili_webpage *p) {
    const ili_json_view *bonds = ili_webpage_at(p->result, "bonds"),
                        *shells = ili_webpage_at(ili_json_at(bonds, 0), "coordination");
    ili_column columns[1 + BONDS_MAX] = {{.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"}};
    char key[BONDS_MAX][96];
    int n = 0;
    for (const char *one = NULL; (one = ili_json_next_key(shells, one)) && n < BONDS_MAX; n++) {
        snprintf(key[n], sizeof key[n], "coordination/%.64s", one);
        columns[1 + n] =
            (ili_column){.head = key[n] + strlen("coordination/"), .kind = ILI_CELL_ESTIMATE, .key = key[n]};
    }
    ili_webpage_table(p, "Mean coordination numbers.", bonds, columns, 1 + n);
}

static void table_conversion(ili_webpage *p) {
    static const ili_column products[] = {
        {.head = "crystal", .kind = ILI_CELL_TEXT, .key = "formula"},
        {.head = "per formula unit", .kind = ILI_CELL_PLAIN, .key = "per_fu"},
        {.head = "volume each", .unit = "\xc3\x85^{3}", .kind = ILI_CELL_PLAIN, .key = "V_A3"},
        {.head = "source", .kind = ILI_CELL_TEXT, .key = "source"}};
    static const ili_column stages[] = {
        {.head = "stage", .kind = ILI_CELL_TEXT, .key = "name"},
        {.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"},
        {.head = "V", .unit = A3_PER_FU, .kind = ILI_CELL_ESTIMATE, .key = "V"}};
    const ili_json_view *list = ili_webpage_at(p->result, "conversion/stages");
    ili_json *rows = ili_json_array();
    for (size_t k = 0; k < ili_json_size(list); k++) {
        const ili_json_view *one = ili_json_at(list, k);
        ili_json *row = ili_json_child(rows, NULL);
        ili_json_string(row, "name", ili_webpage_text_at(one, "name"));
        ili_json_real(row, "x", ili_webpage_number_at(one, "x"));
        ili_json_estimate(row, "V", ili_webpage_number_at(one, "V_A3_per_fu"),
                          ili_webpage_number_at(one, "V_sigma_A3_per_fu"));
    }
    if (!ili_webpage_at(p->result, "conversion")) goto out;
    ili_webpage_subsection(p, "Conversion: crystals, not from the model");
    ili_webpage_table(p, "What full conversion would leave.",
                      ili_webpage_at(p->result, "conversion/products"), products, 4);
    ili_webpage_table(p, "On the way: errors are what sources and polymorphs differ by.", ili_json_root(rows),
                      stages, 3);
out:
    ili_json_destroy(&rows);
}

/** What other choices make of the last volume. */
static void table_variants(ili_webpage *p, size_t last) {
    static const ili_column columns[] = {
        {.head = "cause", .kind = ILI_CELL_TEXT, .key = "cause"},
        {.head = "V", .unit = A3_PER_FU, .kind = ILI_CELL_ESTIMATE, .key = "V", .digits = 4},
        {.head = "against the first line", .unit = A3_PER_FU, .kind = ILI_CELL_ESTIMATE, .key = "shift"}};
    const ili_json_view *variants = ili_webpage_at(p->result, "variants"),
                        *first = ili_webpage_at(ili_json_at(ili_webpage_at(p->result, "realisations"), 0),
                                                "points");
    const double base = ili_webpage_number_at(ili_json_at(first, last), "V_A3_per_fu");
    ili_json *rows = ili_json_array(), *row = ili_json_child(rows, NULL);
    char caption[160], cause[160];
    ili_json_string(row, "cause", "first realisation, this model");
    ili_json_real(row, "V", base);
    ili_json_real(row, "shift", 0.0);
    for (size_t k = 0; k < ili_json_size(variants); k++) {
        const ili_json_view *one = ili_json_at(variants, k);
        const double v = ili_json_number(ili_json_at(ili_webpage_at(one, "V_A3_per_fu"), last));
        snprintf(cause, sizeof cause, "the same with %.100s", ili_webpage_text_at(one, "model"));
        row = ili_json_child(rows, NULL);
        ili_json_string(row, "cause", cause);
        ili_json_real(row, "V", v);
        ili_json_real(row, "shift", v - base);
    }
    ili_webpage_section(p, "Error budget");
    snprintf(caption, sizeof caption,
             "Volume at x = %s: what other models make of it. Realisations are in the standard errors above.",
             ili_webpage_word(entry(p, "x", last)).text);
    if (ili_json_size(variants))
        ili_webpage_table(p, caption, ili_json_root(rows), columns, 3);
    else
        ili_webpage_paragraph(p, "Realisations: in the standard errors above. Other models (variants): not "
                                 "evaluated in this run.");
    ili_json_destroy(&rows);
}

static void insertion_tables(ili_webpage *p) {
    const size_t n = ili_json_size(ili_webpage_at(p->result, "x"));
    table_path(p, n);
    table_strain(p, n);
    table_bonds(p);
    table_shells(p);
    table_conversion(p);
    table_variants(p, n ? n - 1 : 0);
}

/* ---- voltages ---------------------------------------------------------------------------------------- */

static void voltages_answer(ili_webpage *p) {
    static const char *const rows[][4] = {
        {"x", "Lithium put in", "per f.u.",
         "Mean at this voltage; configurational entropy is in it, vibrations of the metal are not."},
        {"V_A3_per_fu", "Volume", A3_PER_FU, "Mean of the cell over its formula units."},
        {"a_A", "Cell length a", "\xc3\x85", "Mean of the first two lengths."},
        {"c_A", "Cell length c", "\xc3\x85", "Third length."}};
    const ili_json_view *list = ili_webpage_at(p->result, "voltages"), *low = NULL;
    double least = INFINITY;
    char what[128];
    for (size_t k = 0; k < ili_json_size(list); k++) {
        const double u = ili_webpage_number_at(ili_json_at(list, k), "voltage_V");
        if (u >= least || !isfinite(u)) continue;
        least = u;
        low = ili_json_at(list, k);
    }
    for (size_t k = 0; k < sizeof rows / sizeof *rows && low; k++) {
        snprintf(what, sizeof what, "%s at %.3g V", rows[k][1], least);
        ili_webpage_answer(p, &(ili_answer){.what = what,
                                            .unit = rows[k][2],
                                            .number = ili_webpage_shown(ili_json_get(low, rows[k][0]), 1.0),
                                            .definition = rows[k][3]});
    }
    ili_webpage_note(
        p, "Voltages are against lithium metal of the model; their level is put in by calibration.");
    ili_webpage_note(p, "Temperature of the walk: %s K.",
                     ili_webpage_word(ili_webpage_number_at(p->result, "T_K")).text);
    note_balance(p);
}

static il_status voltages_figures(ili_webpage *p) {
    static const char *const pictures[][2] = {
        {"voltage",
         "Voltage over the lithium put in at equilibrium, in the order visited; intervals are 95 %."},
        {"volume", "Volume over the lithium put in at equilibrium with each voltage."}};
    IL_TRY(show_pictures(p, pictures, 2));
    return show_structures(p, "r1-", "First realisation, seen along b");
}

static void voltages_tables(ili_webpage *p) {
    static const ili_column numbers[] = {
        {.head = "voltage", .unit = "V", .kind = ILI_CELL_PLAIN, .key = "voltage_V"},
        {.head = "x", .kind = ILI_CELL_ESTIMATE, .key = "x"},
        {.head = "V", .unit = A3_PER_FU, .kind = ILI_CELL_ESTIMATE, .key = "V_A3_per_fu"},
        {.head = "a", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "a_A"},
        {.head = "c", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "c_A"},
        {.head = "energy", .unit = "eV", .kind = ILI_CELL_ESTIMATE, .key = "energy_eV"},
        {.head = "x \xe2\x88\x92 x before",
         .kind = ILI_CELL_ESTIMATE,
         .key = "hysteresis_x",
         .is_optional = true}};
    static const ili_column strains[] = {
        {.head = "voltage", .unit = "V", .kind = ILI_CELL_PLAIN, .key = "voltage_V"},
        {.head = "xx", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_xx", .factor = 100.0},
        {.head = "yy", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_yy", .factor = 100.0},
        {.head = "zz", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_zz", .factor = 100.0},
        {.head = "yz", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_yz", .factor = 100.0},
        {.head = "xz", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_xz", .factor = 100.0},
        {.head = "xy", .unit = "%", .kind = ILI_CELL_ESTIMATE, .key = "strain_xy", .factor = 100.0}};
    static const ili_column moves[] = {
        {.head = "voltage", .unit = "V", .kind = ILI_CELL_PLAIN, .key = "voltage_V"},
        {.head = "displace",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "acceptance/displace",
         .factor = 100.0,
         .digits = 2},
        {.head = "insert",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "acceptance/insert",
         .factor = 100.0,
         .digits = 2},
        {.head = "exchange",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "acceptance/exchange",
         .factor = 100.0,
         .digits = 2},
        {.head = "volume",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "acceptance/volume",
         .factor = 100.0,
         .digits = 2},
        {.head = "shape",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "acceptance/shape",
         .factor = 100.0,
         .digits = 2}};
    const ili_json_view *list = ili_webpage_at(p->result, "voltages");
    ili_webpage_table(p, "At equilibrium with each voltage, in the order visited.", list, numbers,
                      sizeof numbers / sizeof *numbers);
    ili_webpage_table(p, "Strain of the cell against the realisation as given.", list, strains,
                      sizeof strains / sizeof *strains);
    ili_webpage_table(p, "Accepted share of each move.", list, moves, sizeof moves / sizeof *moves);
}

/* ---- contact ----------------------------------------------------------------------------------------- */

static const ili_json_view *last_step(const ili_json_view *strain) {
    const ili_json_view *steps = ili_webpage_at(strain, "steps");
    return ili_json_size(steps) ? ili_json_at(steps, ili_json_size(steps) - 1) : NULL;
}

static void contact_one(ili_webpage *p, const ili_json_view *strain) {
    static const struct {
        const char *key, *what, *unit, *definition;
        double factor;
    } rows[] = {{"stress_plane_GPa", "Stress in the plane", "GPa",
                 "Added by lithium, over the lithiated depth; positive = tension.", 1.0},
                {"strain_normal", "Strain along the normal", "%",
                 "Of the lithiated part; the plane is clamped.", 100.0},
                {"rise_A", "Rise of the face", "\xc3\x85",
                 "How far the ceramic's face at the metal moved away from its other face.", 1.0},
                {"E_per_Li_eV", "Energy", "eV per Li",
                 "Of moving lithium from the metal into the ceramic; its level is calibrated.", 1.0}};
    const ili_json_view *last = last_step(strain);
    const ili_word at = ili_webpage_word(100.0 * ili_webpage_number_at(strain, "strain_lateral"));
    const double samples = ili_webpage_number_at(strain, "samples"),
                 left = ili_webpage_number_at(last, "left_layer"),
                 intact = ili_webpage_number_at(last, "intact"),
                 converged = ili_webpage_number_at(last, "converged");
    char what[128], doubt[160] = "";
    if (intact < samples)
        snprintf(doubt, sizeof doubt, "NOT intact: %.0f of %.0f samples kept their bonds.", intact, samples);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        snprintf(what, sizeof what, "%s, %s layers, lateral strain %s %%", rows[k].what,
                 ili_webpage_word(ili_webpage_number_at(last, "layers")).text, at.text);
        ili_webpage_answer(
            p, &(ili_answer){.what = what,
                             .unit = rows[k].unit,
                             .number = ili_webpage_shown(ili_json_get(last, rows[k].key), rows[k].factor),
                             .definition = rows[k].definition,
                             .doubt = k == 0     ? doubt
                                      : doubt[0] ? "NOT intact"
                                                 : NULL});
    }
    if (left > 0.0)
        ili_webpage_note(p,
                         "At a lateral strain of %s %% %.0f ions lie over 1 \xc3\x85 outside of the layer "
                         "they were put into.",
                         at.text, left);
    if (converged < samples)
        ili_webpage_note(p, "NOT converged: %.0f of %.0f samples at a lateral strain of %s %%.",
                         samples - converged, samples, at.text);
    for (size_t k = 0; k < ili_json_size(ili_webpage_at(strain, "ended")); k++) {
        const char *why = ili_json_string_of(ili_json_at(ili_webpage_at(strain, "ended"), k));
        if (why && why[0]) ili_webpage_note(p, "Sample %zu ended early: %s", k + 1, why);
    }
}

static void contact_answer(ili_webpage *p) {
    const ili_json_view *strains = ili_webpage_at(p->result, "strains");
    for (size_t k = 0; k < ili_json_size(strains) && k < 4; k++) contact_one(p, ili_json_at(strains, k));
    note_balance(p);
}

static il_status contact_figures(ili_webpage *p) {
    static const char *const pictures[][2] = {
        {"stress", "Stress in the plane that lithium adds to the lithiated part, over the depth lithiated; "
                   "95\xc2\xa0% intervals over samples."},
        {"swelling", "Strain of the lithiated part along the normal, over the depth lithiated; 95\xc2\xa0% "
                     "intervals over samples."}};
    IL_TRY(show_pictures(p, pictures, 2));
    return show_structures(p, "lithiated-", "The contact with its lithium, seen along b");
}

static void contact_tables(ili_webpage *p) {
    static const ili_column steps[] = {
        {.head = "layers", .kind = ILI_CELL_PLAIN, .key = "layers"},
        {.head = "Li moved", .kind = ILI_CELL_PLAIN, .key = "Li_moved"},
        {.head = "x", .kind = ILI_CELL_PLAIN, .key = "x"},
        {.head = "strain, normal",
         .unit = "%",
         .kind = ILI_CELL_ESTIMATE,
         .key = "strain_normal",
         .factor = 100.0},
        {.head = "rise", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "rise_A"},
        {.head = "depth", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "depth_A"},
        {.head = "stress, plane", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_plane_GPa"},
        {.head = "xx", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_xx_GPa"},
        {.head = "yy", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_yy_GPa"},
        {.head = "whole contact", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_plane_whole_GPa"},
        {.head = "energy", .unit = "eV per Li", .kind = ILI_CELL_ESTIMATE, .key = "E_per_Li_eV"},
        {.head = "left layer", .kind = ILI_CELL_PLAIN, .key = "left_layer"},
        {.head = "intact", .kind = ILI_CELL_PLAIN, .key = "intact"},
        {.head = "converged", .kind = ILI_CELL_PLAIN, .key = "converged"}};
    static const ili_column starts[] = {
        {.head = "lateral strain",
         .unit = "%",
         .kind = ILI_CELL_PLAIN,
         .key = "strain_lateral",
         .factor = 100.0},
        {.head = "samples", .kind = ILI_CELL_PLAIN, .key = "samples"},
        {.head = "area", .unit = "\xc3\x85^{2}", .kind = ILI_CELL_PLAIN, .key = "area_A2"},
        {.head = "thickness", .unit = "\xc3\x85", .kind = ILI_CELL_ESTIMATE, .key = "thickness_A"},
        {.head = "stress at the start, xx",
         .unit = "GPa",
         .kind = ILI_CELL_ESTIMATE,
         .key = "stress_start_xx_GPa"},
        {.head = "yy", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_start_yy_GPa"},
        {.head = "xy", .unit = "GPa", .kind = ILI_CELL_ESTIMATE, .key = "stress_start_xy_GPa"}};
    const ili_json_view *strains = ili_webpage_at(p->result, "strains");
    char caption[160];
    for (size_t k = 0; k < ili_json_size(strains); k++) {
        const ili_json_view *one = ili_json_at(strains, k);
        snprintf(caption, sizeof caption,
                 "Lateral strain %s %%: layer after layer from the metal, means over samples.",
                 ili_webpage_word(100.0 * ili_webpage_number_at(one, "strain_lateral")).text);
        ili_webpage_table(p, caption, ili_webpage_at(one, "steps"), steps, sizeof steps / sizeof *steps);
    }
    ili_webpage_table(p, "The ceramic alone before any lithium moves.", strains, starts,
                      sizeof starts / sizeof *starts);
}

/* ---- all --------------------------------------------------------------------------------------------- */

static const method METHODS[] = {{"insertion", insertion_answer, insertion_figures, insertion_tables},
                                 {"gcmc", voltages_answer, voltages_figures, voltages_tables},
                                 {"contact", contact_answer, contact_figures, contact_tables}};

/** The method asked for; files that do not say: by the keys they hold. */
static const method *method_of(const ili_webpage *p) {
    const char *name = ili_webpage_text_at(p->result, "options/method");
    for (size_t k = 0; k < sizeof METHODS / sizeof *METHODS; k++)
        if (strcmp(name, METHODS[k].name) == 0) return &METHODS[k];
    return ili_webpage_at(p->result, "voltages")  ? &METHODS[1]
           : ili_webpage_at(p->result, "strains") ? &METHODS[2]
                                                  : &METHODS[0];
}

static void title(const ili_webpage *p, char text[256]) {
    static const char *const words[] = {"Lithium in %s", "Lithium in %s at voltages",
                                        "Lithium from metal into ceramic: %s"};
    char subject[128];
    ili_webpage_subject(p, subject);
    snprintf(text, 256, words[method_of(p) - METHODS], subject);
}

static void answer(ili_webpage *p) {
    method_of(p)->answer(p);
}

static il_status figures(ili_webpage *p) {
    ili_webpage_section(p, "Figures");
    return method_of(p)->figures(p);
}

static void tables(ili_webpage *p) {
    ili_webpage_section(p, "Numbers");
    method_of(p)->tables(p);
}

const ili_webpage_kind ili_page_lithiate = {
    .verb = "lithiate", .title = title, .answer = answer, .figures = figures, .tables = tables};
