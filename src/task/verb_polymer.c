/* SPDX-License-Identifier: GPL-3.0-or-later */
/** `interlith polymer`: amorphous chains in a box or on a crystal face. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "build/match.h"
#include "build/salt.h"
#include "io/report.h"
#include "io/structure.h"
#include "task/verbs.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct polymer_options {
    char monomer[IL_TEXT_MAX], box[IL_TEXT_MAX], on[IL_TEXT_MAX], under[IL_TEXT_MAX], salt[IL_TEXT_MAX];
    int chains, degree, sample;
    double density, gap, vacuum, temperature, o_li, max_strain;
} polymer_options;

static const double O_LI = 20.0;

#define FIELD(field) offsetof(polymer_options, field)

static const il_option options_table[] = {
    {.name = "monomer",
     .letter = 'm',
     .type = IL_OPT_TEXT,
     .offset = FIELD(monomer),
     .preset = "dol",
     .help = "repeat unit: a name in structures/ or the path of a unit file"},
    {.name = "chains",
     .letter = 'n',
     .type = IL_OPT_INT,
     .offset = FIELD(chains),
     .low = 1,
     .high = 100000,
     .help = "number of chains; not given: from the density"},
    {.name = "degree",
     .letter = 'd',
     .type = IL_OPT_INT,
     .offset = FIELD(degree),
     .low = 1,
     .high = 100000,
     .help =
         "mean number of repeat units of a chain; not given: from the density (10 when chains is not given)"},
    {.name = "density",
     .type = IL_OPT_REAL,
     .offset = FIELD(density),
     .low = 1e-3,
     .high = 10,
     .unit = "g/cm3",
     .help = "target density; not given: the unit file's, with a salt that of additive volumes"},
    {.name = "salt",
     .type = IL_OPT_TEXT,
     .offset = FIELD(salt),
     .help = "LiTFSI, LiPF6 or the path of a salt file: ions among the chains"},
    {.name = "o-li",
     .type = IL_OPT_REAL,
     .offset = FIELD(o_li),
     .low = 2,
     .high = 1000,
     .help = "oxygen atoms of the chains for each lithium of the salt; not given: 20"},
    {.name = "box",
     .letter = 'b',
     .type = IL_OPT_TEXT,
     .offset = FIELD(box),
     .unit = "A",
     .help = "periodic box a,b,c or a cube a; not given: a cube of the density"},
    {.name = "on",
     .type = IL_OPT_TEXT,
     .offset = FIELD(on),
     .help = "structure file of a slab, a and b in the xy plane: a film on its upper face"},
    {.name = "under",
     .type = IL_OPT_TEXT,
     .offset = FIELD(under),
     .help =
         "with on: structure file of a second slab that closes the film from above, repeated and strained "
         "onto the cell of the first"},
    {.name = "max-strain",
     .type = IL_OPT_REAL,
     .offset = FIELD(max_strain),
     .preset = "5",
     .low = 0,
     .high = 30,
     .unit = "%",
     .help = "largest principal strain that the slab above may need"},
    {.name = "gap",
     .letter = 'g',
     .type = IL_OPT_REAL,
     .offset = FIELD(gap),
     .low = 0,
     .high = 1e5,
     .unit = "A",
     .help = "height of the film above the topmost atom; not given: from chains, degree, density"},
    {.name = "vacuum",
     .type = IL_OPT_REAL,
     .offset = FIELD(vacuum),
     .preset = "15",
     .low = 0,
     .high = 1e5,
     .unit = "A",
     .help = "empty space above the film"},
    {.name = "temperature",
     .letter = 't',
     .type = IL_OPT_REAL,
     .offset = FIELD(temperature),
     .preset = "450",
     .low = 10,
     .high = 1e5,
     .unit = "K",
     .help = "of the torsions that are drawn"},
    {.name = "sample",
     .letter = 's',
     .type = IL_OPT_INT,
     .offset = FIELD(sample),
     .preset = "0",
     .low = 0,
     .high = 1e9,
     .help = "number of the sample; each is another one"},
    {.name = NULL}};

/** Where the chains go. */
typedef struct place {
    ili_cell cell;
    il_system *slab; /**< NULL: none; with a slab above the film, both */
    int32_t n_lower; /**< its atoms below the film */
    ili_match match; /**< of the slab above; area 0: there is none */
    ili_mixture mix; /**< mix.salt NULL: no salt */
    int n_pairs;     /**< formula units of salt */
    il_system *ions; /**< NULL: none */
} place;

/** A cube or a box from "a" or "a,b,c". */
static il_status read_box(il_context *ctx, const char *text, ili_cell *cell) {
    char copy[IL_TEXT_MAX], *save = NULL;
    double length[3];
    int n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *t = strtok_r(copy, ",", &save); t; t = strtok_r(NULL, ",", &save), n++)
        if (n == 3 || !ili_parse_real(t, &length[n]) || !(length[n] > 0.0)) {
            n = 4;
            break;
        }
    if (n != 1 && n != 3)
        return ili_fail(ctx, IL_E_USAGE,
                        "box: found '%s', expected one or three lengths in angstrom such as 30 or 30,30,40",
                        text);
    for (int k = n; k < 3; k++) length[k] = length[0];
    return ili_cell_from_parameters(ctx, length, (double[]){90.0, 90.0, 90.0}, cell);
}

/** Volume of what was asked for, when no box or gap says it. */
static il_status volume_of(il_context *ctx, const ili_polymer_unit *unit, const ili_polymer_options *grow,
                           const place *where, const char *what, double *volume) {
    if (grow->n_chains < 0 || grow->degree < 0)
        return ili_fail(ctx, IL_E_USAGE, "without %s the chains decide: give both chains and degree", what);
    const ili_mixture *m = &where->mix;
    IL_TRY(
        ili_polymer_volume(ctx, unit, grow->n_chains, grow->degree, m->salt ? NAN : grow->density, volume));
    if (!m->salt) return IL_OK;
    int64_t n_units = (int64_t)grow->n_chains * grow->degree;
    *volume = ili_mixture_volume(m, grow->n_chains, n_units,
                                 ili_mixture_pairs(m, ili_mixture_oxygens(m, grow->n_chains, n_units)));
    return IL_OK;
}

/** Heights of the lowest and the highest atom of a slab in the xy plane. */
static il_status height_range(il_context *ctx, const il_system *slab, const char *path, double *low,
                              double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int32_t i = 0; i < slab->n_atoms; i++) {
        *low = fmin(*low, slab->x[i][2]);
        *high = fmax(*high, slab->x[i][2]);
    }
    if (slab->n_atoms == 0) return ili_fail(ctx, IL_E_INPUT, "%s: found no atoms, expected a slab", path);
    if (fabs(slab->cell.h[0][2]) > 1e-6 || fabs(slab->cell.h[1][2]) > 1e-6)
        return ili_fail(ctx, IL_E_INPUT,
                        "%s: a and b leave the xy plane, expected a slab as `interlith slab` writes it",
                        path);
    return IL_OK;
}

/** The least strained supercell of `upper` on the cell of `lower` as it is. */
static il_status match_upper(il_context *ctx, const polymer_options *o, const il_system *lower,
                             const il_system *upper, ili_match *match) {
    double a[2][2], b[2][2];
    int n = 0, best = -1;
    ili_match *list = NULL;
    ili_match_options options;
    ili_match_options_default(&options);
    options.max_area = 1.0001 * ili_cell_area(&lower->cell);
    options.max_strain = o->max_strain / 100.0;
    ili_match_plane(lower, a);
    ili_match_plane(upper, b);
    IL_TRY(ili_match_find(ctx, a, b, &options, &list, &n));
    for (int k = 0; k < n; k++)
        if (list[k].n_a == 1 && (best < 0 || list[k].strain < list[best].strain)) best = k;
    if (best >= 0) *match = list[best];
    ili_free(list);
    if (best >= 0) return IL_OK;
    return ili_fail(
        ctx, IL_E_INPUT,
        "%s: no supercell of it lies on the cell of %s within a strain of %g %%; repeat the lower "
        "slab (slab --repeat-a, --repeat-b) or raise --max-strain",
        o->under, o->on, o->max_strain);
}

/** Puts the second slab on top of the film; where->slab becomes both, and the cell ends `vacuum` above them. */
static il_status close_film(il_context *ctx, const polymer_options *o, double film_top, place *where) {
    il_system *upper = NULL, *both = NULL, *lid = NULL;
    double low, high;
    il_status status;
    IL_GO(il_system_read(ctx, o->under, &upper));
    IL_GO(height_range(ctx, upper, o->under, &low, &high));
    IL_GO(match_upper(ctx, o, where->slab, upper, &where->match));
    IL_GO(ili_match_apply(ctx, where->slab, upper, &where->match, &both, &lid));
    where->n_lower = both->n_atoms;
    for (int32_t i = 0; i < lid->n_atoms; i++) lid->x[i][2] += film_top - low;
    both->cell = lid->cell;
    for (int k = 0; k < 3; k++) both->cell.h[2][k] = k == 2 ? where->cell.h[2][2] + high - low : 0.0;
    both->cell.pbc[0] = both->cell.pbc[1] = true;
    both->cell.pbc[2] = false;
    IL_GO(ili_system_append(ctx, both, lid, -1));
    il_system_destroy(&where->slab);
    where->slab = both;
    where->cell = both->cell;
    both = NULL;
out:
    il_system_destroy(&upper);
    il_system_destroy(&lid);
    il_system_destroy(&both);
    return status;
}

/** The slab, its cell opened along z and made to end `vacuum` above the film; the gap goes to `grow`. */
static il_status prepare_film(il_context *ctx, const polymer_options *o, const ili_polymer_unit *unit,
                              ili_polymer_options *grow, place *where) {
    double low, high, volume, gap = o->gap;
    IL_TRY(il_system_read(ctx, o->on, &where->slab));
    const il_system *slab = where->slab;
    IL_TRY(height_range(ctx, slab, o->on, &low, &high));
    where->cell = slab->cell;
    if (isnan(gap)) {
        IL_TRY(volume_of(ctx, unit, grow, where, "a gap", &volume));
        gap = volume / ili_cell_area(&slab->cell);
    }
    grow->z_low = high;
    grow->z_high = high + gap;
    double c[3] = {0.0, 0.0, high - low + gap + o->vacuum};
    memcpy(where->cell.h[2], c, sizeof c);
    where->cell.pbc[0] = where->cell.pbc[1] = true;
    where->cell.pbc[2] = false;
    where->slab->cell = where->cell;
    where->n_lower = slab->n_atoms;
    return o->under[0] ? close_film(ctx, o, grow->z_high, where) : IL_OK;
}

/** The salt, when there is one, and the density that the chains alone are to have beside it. */
static il_status read_salt(il_context *ctx, il_report *report, const polymer_options *o,
                           const ili_polymer_unit *unit, ili_polymer_options *grow, ili_salt **salt,
                           ili_mixture *mix) {
    if (!o->salt[0] && isfinite(o->o_li))
        return ili_fail(ctx, IL_E_USAGE,
                        "o-li is a ratio to the lithium of a salt: add --salt LiTFSI or LiPF6");
    if (!o->salt[0]) return IL_OK;
    IL_TRY(ili_salt_read(ctx, o->salt, salt));
    IL_TRY(ili_report_input(ctx, report, (*salt)->path));
    *mix = (ili_mixture){unit, *salt, isfinite(o->o_li) ? o->o_li : O_LI, o->density};
    bool is_free = grow->n_chains > 0 && grow->degree > 0 && isnan(o->density); /* the volume says all */
    grow->density = is_free ? NAN : ili_mixture_chain_density(mix, grow->n_chains, grow->degree);
    return IL_OK;
}

/** Ions of the salt, which the chains then grow around and push about. */
static il_status prepare_salt(il_context *ctx, ili_polymer_options *grow, place *where) {
    if (!where->mix.salt) return IL_OK;
    IL_TRY(ili_mixture_count(ctx, &where->mix, grow, &where->cell, &where->n_pairs));
    IL_TRY(
        ili_salt_place(ctx, where->mix.salt, where->n_pairs, grow, &where->cell, where->slab, &where->ions));
    grow->guests = where->ions;
    return IL_OK;
}

static il_status prepare(il_context *ctx, const polymer_options *o, const ili_polymer_unit *unit,
                         ili_polymer_options *grow, place *where) {
    double volume;
    if (o->on[0] && o->box[0])
        return ili_fail(ctx, IL_E_USAGE, "give box or on, not both: a film has the cell of its slab");
    if (!o->on[0] && o->under[0])
        return ili_fail(ctx, IL_E_USAGE,
                        "under closes the film on a slab: name the lower one with --on FILE");
    if (!o->on[0] && isfinite(o->gap)) return ili_fail(ctx, IL_E_USAGE, "gap needs a slab: add --on FILE");
    if (o->on[0]) return prepare_film(ctx, o, unit, grow, where);
    if (o->box[0]) return read_box(ctx, o->box, &where->cell);
    IL_TRY(volume_of(ctx, unit, grow, where, "a box", &volume));
    double a = cbrt(volume);
    return ili_cell_from_parameters(ctx, (double[]){a, a, a}, (double[]){90.0, 90.0, 90.0}, &where->cell);
}

static const char *species_name(const il_system *chains, const il_system *slab, int32_t i) {
    if (i < chains->n_atoms) return chains->species[chains->type[i]].name;
    return slab->species[slab->type[i - chains->n_atoms]].name;
}

static void report_salt(il_report *report, const place *where, const ili_polymer_shape *s) {
    const ili_mixture *m = &where->mix;
    int64_t oxygens = ili_mixture_oxygens(m, s->n_chains, s->n_units);
    double ratio = (double)oxygens / where->n_pairs;
    ili_json *json = ili_json_child(report->json, "salt");
    ili_json_string(json, "name", m->salt->name);
    ili_json_int(json, "formula_units", where->n_pairs);
    ili_json_int(json, "chain_oxygens", oxygens);
    ili_json_real(json, "o_li_asked", m->ratio);
    ili_json_real(json, "o_li", ratio);
    ili_report_print(report, "%d %s, %lld oxygen atoms of chains: O:Li %.3f (asked for: %g)\n",
                     where->n_pairs, m->salt->name, (long long)oxygens, ratio, m->ratio);
}

static void report_upper(il_report *report, const place *where) {
    const ili_match *m = &where->match;
    ili_json *json = ili_json_child(report->json, "upper_slab");
    ili_json_int(json, "natoms", where->slab->n_atoms - where->n_lower);
    ili_json_int(json, "cells", m->n_b);
    ili_json_reals(json, "principal_strain", m->principal, 2);
    ili_report_print(report, "slab above: %d atoms, %d of its cells, strained by %+.2f %% and %+.2f %%\n",
                     where->slab->n_atoms - where->n_lower, m->n_b, 100.0 * m->principal[0],
                     100.0 * m->principal[1]);
}

static void report_chains(il_report *report, const ili_polymer_unit *unit, const place *where,
                          const il_system *chains, const ili_polymer_shape *s) {
    ili_json *json = report->json;
    double degree = (double)s->n_units / s->n_chains, charge = 0.0;
    char formula[256];
    for (int32_t i = 0; i < chains->n_atoms; i++) charge += chains->charge[i];
    ili_system_formula(chains, formula, sizeof formula);
    ili_json_string(json, "monomer", unit->name);
    ili_json_string(json, "polymer", unit->title);
    ili_json_string(json, "formula", formula);
    ili_json_int(json, "natoms", chains->n_atoms);
    ili_json_int(json, "chains", s->n_chains);
    ili_json_int(json, "repeat_units", s->n_units);
    ili_json_real(json, "degree_mean", degree);
    ili_json_real(json, "charge_e", fabs(charge) < 1e-9 ? 0.0 : charge);
    ili_json_real(json, "volume_A3", s->volume);
    ili_json_real(json, "density_g_per_cm3", s->density);
    ili_json_rows(json, "cell_A", where->cell.h[0], 3, 3);
    ili_json_real(json, "end_to_end_rms_A", s->end_to_end);
    ili_json_real(json, "radius_of_gyration_rms_A", s->gyration);
    ili_json_real(json, "bond_strain_max", s->bond_strain);
    ili_report_print(report,
                     "%s: %d chains, %d repeat units (%.2f a chain), %d atoms\n"
                     "density %.4f g/cm3 in %.2f A^3\n"
                     "end to end %.2f A, radius of gyration %.2f A (root mean squares)\n"
                     "largest bond strain %.2f %%\n",
                     unit->title, s->n_chains, s->n_units, degree, chains->n_atoms, s->density, s->volume,
                     s->end_to_end, s->gyration, 100.0 * s->bond_strain);
    if (where->mix.salt) report_salt(report, where, s);
    if (where->match.area > 0.0) report_upper(report, where);
    ili_json *worst = ili_json_child(json, "worst_contact");
    ili_json_real(worst, "distance_A", s->worst.distance);
    if (s->worst.i < 0) return;
    const char *a = species_name(chains, where->slab, s->worst.i),
               *b = species_name(chains, where->slab, s->worst.j);
    ili_json *species = ili_json_list(worst, "species");
    ili_json_push_string(species, a);
    ili_json_push_string(species, b);
    ili_report_print(report, "closest contact %.3f A (%s-%s, more than three bonds apart)\n",
                     s->worst.distance, a, b);
}

/** The slab below or above the film, on its side. */
static il_status take_part(il_context *ctx, const place *where, bool is_upper, il_system **part) {
    const int32_t n = where->slab->n_atoms;
    bool *keep = ili_alloc((size_t)n, sizeof *keep);
    if (!keep) return ili_no_memory(ctx, "a slab");
    for (int32_t i = 0; i < n; i++) keep[i] = (i >= where->n_lower) == is_upper;
    il_status status = ili_system_copy(ctx, where->slab, part);
    if (status == IL_OK) ili_system_filter(*part, keep);
    if (status == IL_OK) status = ILI_SYSTEM_ARRAY(ctx, *part, side);
    for (int32_t i = 0; status == IL_OK && i < (*part)->n_atoms; i++) (*part)->side[i] = is_upper ? 2 : 0;
    ili_free(keep);
    return status;
}

static il_status write_one(il_context *ctx, il_report *report, ili_json *files, const il_system *sys,
                           const char *out_dir, const char *name) {
    char path[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, path, out_dir, "%s", name));
    IL_TRY(il_system_write(ctx, sys, path));
    ili_json_push_string(files, name);
    ili_report_print(report, "written: %s\n", path);
    return IL_OK;
}

/** The chains, and with a slab all together: slab first, side 0; chains after it, side 1; a slab above them last, side 2. */
static il_status write_files(il_context *ctx, il_report *report, const place *where, const il_system *chains,
                             const char *out_dir) {
    if (!out_dir) return IL_OK;
    ili_json *files = ili_json_list(report->json, "files");
    IL_TRY(write_one(ctx, report, files, chains, out_dir, "polymer.extxyz"));
    IL_TRY(write_one(ctx, report, files, chains, out_dir, "polymer.data"));
    if (!where->slab) return IL_OK;
    il_system *both = NULL, *lid = NULL;
    il_status status;
    IL_GO(take_part(ctx, where, false, &both));
    IL_GO(take_part(ctx, where, true, &lid));
    IL_GO(ili_system_append(ctx, both, chains, 1));
    if (lid->n_atoms) IL_GO(ili_system_append(ctx, both, lid, 2));
    IL_GO(write_one(ctx, report, files, both, out_dir, "film.extxyz"));
out:
    il_system_destroy(&both);
    il_system_destroy(&lid);
    return status;
}

static il_status run(il_context *ctx, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report) {
    const polymer_options *o = options;
    (void)n_inputs, (void)inputs;
    ili_polymer_unit *unit = NULL;
    ili_salt *salt = NULL;
    il_system *chains = NULL;
    place where = {0};
    ili_polymer_shape shape;
    ili_polymer_options grow;
    ili_polymer_options_default(&grow);
    if (o->chains != INT_MIN) grow.n_chains = o->chains;
    if (o->degree != INT_MIN) grow.degree = o->degree;
    grow.density = o->density;
    grow.temperature = o->temperature;
    grow.sample = (uint64_t)o->sample;
    il_status status;
    IL_GO(ili_report_create(ctx, report));
    IL_GO(ili_polymer_unit_read(ctx, o->monomer, &unit));
    IL_GO(ili_report_input(ctx, *report, unit->path));
    IL_GO(read_salt(ctx, *report, o, unit, &grow, &salt, &where.mix));
    IL_GO(prepare(ctx, o, unit, &grow, &where));
    if (where.slab) IL_GO(ili_report_input(ctx, *report, o->on));
    IL_GO(prepare_salt(ctx, &grow, &where));
    IL_GO(ili_polymer_grow(ctx, unit, &grow, &where.cell, where.slab, &chains, &shape));
    report_chains(*report, unit, &where, chains, &shape);
    IL_GO(write_files(ctx, *report, &where, chains, out_dir));
out:
    il_system_destroy(&chains);
    il_system_destroy(&where.slab);
    il_system_destroy(&where.ions);
    ili_salt_destroy(&salt);
    ili_polymer_unit_destroy(&unit);
    return status;
}

const il_verb ili_verb_polymer = {
    .name = "polymer",
    .usage = "polymer [--monomer dol] [--chains N] [--degree M] [--density D] [--box a,b,c | --on SLAB --gap "
             "H [--under SLAB]] [--salt LiTFSI --o-li 20] [-o DIR]",
    .summary = "amorphous chains in a box or on a crystal face",
    .details =
        "Chains grow bond by bond, their torsions drawn with Boltzmann weights, and are pushed apart softly "
        "until no\n"
        "atoms overlap; relax them with a force field before anything else. Two of chains, degree and "
        "volume\n"
        "(box, gap) settle the third through the density; single chains may be one unit longer than others. "
        "The\n"
        "volume of a film is the area times the gap. Writes polymer.extxyz, polymer.data and, on a slab,\n"
        "film.extxyz (slab and chains, and the slab above with --under) to DIR. Ions of a salt are put at "
        "random first, and the chains grow "
        "around "
        "them;\n"
        "the volume is then that of the chains at the density of their unit file plus that of the salt.",
    .options = options_table,
    .options_size = sizeof(polymer_options),
    .min_inputs = 0,
    .max_inputs = 0,
    .run = run,
};
