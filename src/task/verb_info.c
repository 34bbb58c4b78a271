/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith info`: what a structure file holds. A CIF keeps its sites and occupancies; any other file is
 *  taken as atoms and its sites are the orbits that spglib finds. */
#include "base/alloc.h"
#include "build/symmetry.h"
#include "io/report.h"
#include "io/structure.h"
#include "math/units.h"
#include "system/element.h"
#include "task/verbs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct info_options {
    int none; /**< the verb has no options of its own */
} info_options;

static const il_option OPTIONS[] = {{.name = NULL}};

/** Atoms as a crystal with one site an orbit. */
static il_status crystal_of_system(il_context *ctx, const il_system *sys, const char *path, ili_crystal *c) {
    *c = (ili_crystal){.cell = sys->cell, .is_ordered = true, .n_positions = sys->n_atoms};
    snprintf(c->name, sizeof c->name, "%.255s", path);
    snprintf(c->symmetry_source, sizeof c->symmetry_source, "none");
    ili_symmetry found = {0};
    il_status status = IL_OK;
    const size_t n = (size_t)sys->n_atoms;
    c->sites = ili_alloc(n, sizeof *c->sites);
    c->frac = ili_alloc(n, sizeof *c->frac);
    if (!c->sites || !c->frac) return ili_no_memory(ctx, "the sites");
    for (size_t i = 0; i < n; i++) ili_cell_to_frac(&sys->cell, sys->x[i], c->frac[i]);
    enum { SEARCH_MAX = 2000 };
    bool is_crystal = sys->cell.pbc[0] && sys->cell.pbc[1] && sys->cell.pbc[2];
    if (is_crystal && n > 0 && n <= SEARCH_MAX) {
        IL_GO(
            ili_symmetry_find(ctx, &sys->cell, sys->n_atoms, (const double(*)[3])c->frac, sys->type, &found));
        c->space_group = found.number;
        snprintf(c->international, sizeof c->international, "%s", found.international);
        snprintf(c->hall, sizeof c->hall, "%s", found.hall);
    }
    for (int32_t i = 0; i < sys->n_atoms;
         i++) { /* orbits are named by their first atom, which comes first here too */
        const ili_species *species = &sys->species[sys->type[i]];
        int32_t s = 0;
        while (s < c->n_sites && c->sites[s].line != (found.number ? found.orbit[i] : sys->type[i])) s++;
        if (s == c->n_sites) {
            ili_site *site = &c->sites[c->n_sites++];
            site->line = found.number ? found.orbit[i] : sys->type[i];
            site->n_occupants = 1;
            site->occupant[0] =
                (ili_occupant){.z = species->z, .occupancy = 1.0, .oxidation = species->charge};
            memcpy(site->occupant[0].label, species->name, sizeof species->name);
            memcpy(site->frac, c->frac[i], sizeof site->frac);
            site->wyckoff = found.number ? found.wyckoff[i] : 0;
        }
        c->sites[s].multiplicity++;
    }
out:
    ili_symmetry_free(&found);
    return status;
}

static long gcd(long a, long b) {
    return b ? gcd(b, a % b) : a;
}

/** Formula per formula unit and the number of units: the common divisor of the counts, or of the
 *  multiplicities when occupancies make the counts fractions. */
static long formula_of(const ili_crystal *c, char *text, size_t size) {
    double count[ILI_Z_MAX + 1] = {0};
    int order[ILI_Z_MAX + 1], n = 0;
    long units = 0;
    for (int32_t s = 0; s < c->n_sites; s++) {
        if (!c->is_ordered) units = gcd(c->sites[s].multiplicity, units);
        for (int k = 0; k < c->sites[s].n_occupants; k++) {
            const ili_occupant *o = &c->sites[s].occupant[k];
            if (count[o->z] == 0.0) order[n++] = o->z;
            count[o->z] += o->occupancy * c->sites[s].multiplicity;
        }
    }
    for (int k = 0; k < n && c->is_ordered; k++) units = gcd(lround(count[order[k]]), units);
    if (units == 0) units = 1;
    size_t used = 0;
    text[0] = 0;
    for (int k = 0; k < n && used < size; k++) {
        double number = count[order[k]] / (double)units;
        used += (size_t)snprintf(text + used, size - used, fabs(number - 1.0) < 1e-9 ? "%s" : "%s%.5g",
                                 ili_element_of(order[k])->symbol, number);
    }
    return units;
}

static void report_cell(il_report *report, const ili_crystal *c) {
    double length[3], angle[3], volume = ili_cell_volume(&c->cell),
                                density = ili_crystal_mass(c) / volume * ILI_G_PER_CM3;
    ili_cell_parameters(&c->cell, length, angle);
    ili_json_reals(report->json, "lengths_A", length, 3);
    ili_json_reals(report->json, "angles_deg", angle, 3);
    ili_json_rows(report->json, "cell_A", &c->cell.h[0][0], 3, 3);
    ili_json_real(report->json, "volume_A3", volume);
    ili_json_real(report->json, "density_g_per_cm3", density);
    ili_report_print(report, "cell         %.5f %.5f %.5f A   %.3f %.3f %.3f deg\n", length[0], length[1],
                     length[2], angle[0], angle[1], angle[2]);
    ili_report_print(report, "volume       %.4f A3\ndensity      %.4f g/cm3\n", volume, density);
}

static void report_symmetry(il_report *report, const ili_crystal *c) {
    ili_json *json = ili_json_child(report->json, "space_group");
    ili_json_int(json, "number", c->space_group);
    ili_json_string(json, "symbol", *c->international ? c->international : NULL);
    ili_json_string(json, "hall", *c->hall ? c->hall : NULL);
    bool from_file = strcmp(c->symmetry_source, "none") != 0;
    ili_json_string(json, "source", from_file ? c->symmetry_source : "spglib");
    if (from_file) ili_json_int(json, "operations", c->n_operations);
    if (c->space_group == 0)
        ili_report_print(report, "space group  not determined\n");
    else if (from_file)
        ili_report_print(report, "space group  %s (%d), %d operations from the %s of the file\n",
                         c->international, c->space_group, c->n_operations, c->symmetry_source);
    else
        ili_report_print(report, "space group  %s (%d), found by spglib\n", c->international, c->space_group);
}

static void report_charge(il_report *report, const ili_crystal *c) {
    double charge = ili_crystal_charge(c);
    bool is_known = *c->oxidation_source && !isnan(charge);
    if (!*c->oxidation_source) return; /* not a CIF: charges are the model's affair */
    ili_json_real(report->json, "charge_e", is_known ? charge : NAN);
    ili_json_string(report->json, "oxidation_source", c->oxidation_source);
    if (is_known)
        ili_report_print(report, "charge       %+.4f e per cell, oxidation states: %s\n", charge,
                         c->oxidation_source);
    else
        ili_report_print(report, "charge       unknown, oxidation states: %s\n", c->oxidation_source);
}

static void report_sites(il_report *report, const ili_crystal *c) {
    ili_json *sites = ili_json_list(report->json, "sites");
    bool from_file = *c->oxidation_source;
    ili_report_print(report, "\n%-8s %-9s %9s %9s %9s  occupancy\n", "site", "positions", "x", "y", "z");
    for (int32_t s = 0; s < c->n_sites; s++) {
        const ili_site *site = &c->sites[s];
        char letter[2] = {site->wyckoff, 0};
        ili_json *json = ili_json_child(sites, NULL);
        ili_json_string(json, "label", site->occupant[0].label);
        ili_json_int(json, "multiplicity", site->multiplicity);
        ili_json_string(json, "wyckoff", site->wyckoff ? letter : NULL);
        ili_json_reals(json, "fraction", site->frac, 3);
        if (from_file) ili_json_real(json, "snapped_by_A", site->snapped_by);
        ili_report_print(report, "%-8s %6d%-3s %9.5f %9.5f %9.5f ", site->occupant[0].label,
                         site->multiplicity, letter, site->frac[0], site->frac[1], site->frac[2]);
        ili_json *occupants = ili_json_list(json, "occupants");
        for (int k = 0; k < site->n_occupants; k++) {
            const ili_occupant *o = &site->occupant[k];
            ili_json *one = ili_json_child(occupants, NULL);
            ili_json_string(one, "element", ili_element_of(o->z)->symbol);
            ili_json_real(one, "occupancy", o->occupancy);
            ili_json_real(one, from_file ? "oxidation_e" : "charge_e", o->oxidation);
            ili_report_print(report, " %s %.4g", ili_element_of(o->z)->symbol, o->occupancy);
            if (from_file && !isnan(o->oxidation)) ili_report_print(report, " (%+g)", o->oxidation);
        }
        if (site->snapped_by > 0.0)
            ili_report_print(report, "  moved %.4f A to its special position", site->snapped_by);
        ili_report_print(report, "\n");
    }
}

static void describe(il_report *report, const ili_crystal *c) {
    char formula[512];
    long units = formula_of(c, formula, sizeof formula);
    double atoms = 0.0;
    for (int32_t s = 0; s < c->n_sites; s++)
        atoms += c->sites[s].multiplicity * ili_site_occupancy(&c->sites[s]);
    ili_json_string(report->json, "formula", formula);
    ili_json_int(report->json, "formula_units", units);
    ili_json_real(report->json, "natoms", atoms);
    ili_json_bool(report->json, "is_ordered", c->is_ordered);
    ili_report_print(report, "formula      %s, %ld unit%s in the cell, %.*g atom%s%s\n", formula, units,
                     units > 1 ? "s" : "", c->is_ordered ? 12 : 6, atoms, atoms == 1.0 ? "" : "s",
                     c->is_ordered ? "" : ", disordered");
    report_cell(report, c);
    report_symmetry(report, c);
    report_charge(report, c);
    report_sites(report, c);
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    (void)n_inputs, (void)options, (void)out_dir;
    ili_crystal crystal = {0};
    il_system *sys = NULL;
    il_status status;
    const ili_format *format = ili_format_of(ctx, inputs[0]);
    if (!format) return IL_E_INPUT;
    IL_GO(ili_report_create(ctx, report));
    if (strcmp(format->name, "cif") == 0) {
        IL_GO(ili_crystal_read(ctx, inputs[0], &crystal));
    } else {
        IL_GO(il_system_read(ctx, inputs[0], &sys));
        IL_GO(crystal_of_system(ctx, sys, inputs[0], &crystal));
    }
    IL_GO(ili_report_input(ctx, *report, inputs[0]));
    ili_json_string((*report)->json, "format", format->name);
    describe(*report, &crystal);
out:
    ili_crystal_free(&crystal);
    il_system_destroy(&sys);
    return status;
}

const il_verb ili_verb_info = {
    .name = "info",
    .usage = "info FILE",
    .summary = "formula, cell, density, space group, sites, occupancies, charge balance",
    .details =
        "A CIF is shown as it stands: symmetry as declared and confirmed by spglib, sites with multiplicity, "
        "Wyckoff\n"
        "letter and occupants, oxidation states of the file or the usual ones that make the cell neutral. Of "
        "any other\n"
        "structure file the sites are the orbits that spglib finds (tolerance 0.01 A, up to 2000 atoms).\n",
    .options = OPTIONS,
    .options_size = sizeof(info_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .run = run,
};
