/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A force field in the words of LAMMPS: what the styles mean, written here a second time from LAMMPS's manual, beside our forms; tables,
 *  the embedded-atom file and the data file read back; every pair told. Energies of LAMMPS itself: tools/peers/decks.py. */
#include "scratch.h"

#include "base/alloc.h"
#include "base/text.h"
#include "ff/eam.h"
#include "ff/pairfn.h"
#include "io/lammps_data.h"
#include "io/structure.h"
#include "math/units.h"
#include "math/vec.h"
#include "task/lammps_field.h"

#include <dirent.h>
#include <float.h>

/* ---- what the styles of LAMMPS are ------------------------------------------------------------------------- */

static double pedone(const double *c, double r) {
    return c[0] * (exp(-2.0 * c[1] * (r - c[2])) - 2.0 * exp(-c[1] * (r - c[2]))) + c[3] * pow(r, -12.0);
}
static double morse(const double *c, double r) {
    return c[0] * (exp(-2.0 * c[1] * (r - c[2])) - 2.0 * exp(-c[1] * (r - c[2])));
}
static double lj(const double *c, double r) {
    return 4.0 * c[0] * (pow(c[1] / r, 12.0) - pow(c[1] / r, 6.0));
}
static double buck(const double *c, double r) {
    return c[0] * exp(-r / c[1]) - c[2] * pow(r, -6.0);
}
static double bond(const double *c, double r) {
    return c[0] * (r - c[1]) * (r - c[1]);
}
static double angle(const double *c, double theta) {
    double d = theta - c[1] * ILI_PI / 180.0;
    return c[0] * d * d;
}
static double multi_harmonic(const double *c, double phi) {
    double sum = 0.0;
    for (int n = 0; n < 5; n++) sum += c[n] * pow(cos(phi), n);
    return sum;
}
static double opls(const double *c, double phi) {
    return 0.5 * (c[0] * (1.0 + cos(phi)) + c[1] * (1.0 - cos(2.0 * phi)) + c[2] * (1.0 + cos(3.0 * phi)) +
                  c[3] * (1.0 - cos(4.0 * phi)));
}

/** A row for every form of the registry: what it is in LAMMPS; style NULL: known to be a table. */
static const struct word {
    const char *form, *style;
    int n;
    double (*value)(const double *c, double u);
    double p[ILI_PARAM_MAX], low, high;
} words[] = {
    {"pmmcs", "pedone", 4, pedone, {0.042395, 1.379316, 3.618701, 22.0}, 1.0, 12.0},
    {"morse", "morse", 3, morse, {0.5, 1.7, 2.0}, 0.5, 12.0},
    {"lj", "lj/cut", 2, lj, {0.01, 3.0}, 2.0, 12.0},
    {"r12", "pedone", 4, pedone, {20.0}, 0.8, 12.0},
    {"buck", "buck", 3, buck, {22764.0, 0.149, 27.89}, 1.0, 12.0},
    {"born_mayer", "buck", 3, buck, {632.1018, 0.2906}, 0.5, 12.0},
    {"zbl", NULL, 0, NULL, {0}, 0, 0}, /* LAMMPS's own zbl changes it with a switch */
    {"bond_harmonic", "harmonic", 2, bond, {30.0, 1.4}, 0.8, 2.5},
    {"angle_harmonic", "harmonic", 2, angle, {4.0, 1.9}, 0.2, 3.0},
    {"torsion_rb", "multi/harmonic", 5, multi_harmonic, {-0.06, 0.008, 0.06, -0.02, 0.003}, -3.0, 3.0},
    {"torsion_opls", "opls", 4, opls, {0.03, -0.01, 0.02, 0.005}, -3.0, 3.0},
};
enum { N_WORDS = sizeof words / sizeof *words };

/** Style and coefficients of a form as a deck has them; the number of coefficients. */
static int words_of(const ili_form *form, const double *p, double *c) {
    if (!form->lammps) return 0;
    if (form->lammps_coefficients) return form->lammps_coefficients(p, c);
    memcpy(c, p, (size_t)ili_form_n_params(form) * sizeof *c);
    return ili_form_n_params(form);
}

TEST(every_form_is_a_style_or_a_table) {
    for (const ili_form *const *f = ili_forms(); *f; f++) {
        const struct word *w = words;
        while (w < words + N_WORDS && strcmp(w->form, (*f)->name) != 0) w++;
        if (w == words + N_WORDS) fprintf(stderr, "no row for the form %s\n", (*f)->name);
        CHECK(w < words + N_WORDS);
        if (w == words + N_WORDS) continue;
        CHECK(w->style ? (*f)->lammps && strcmp((*f)->lammps, w->style) == 0 : (*f)->lammps == NULL);
        double c[ILI_PARAM_MAX] = {0}, slope;
        CHECK(words_of(*f, w->p, c) == w->n);
        for (int k = 0; w->style && k <= 100; k++) {
            double u = w->low + (w->high - w->low) * k / 100.0, ours = (*f)->value(w->p, u, &slope);
            /* both sums cancel: the rounding of their largest parts */
            CHECK_NEAR(w->value(c, u), ours, 1e-13 * (fabs(ours) + fabs(slope) + 1.0));
        }
    }
    /* a fifth power of cos psi is not in multi/harmonic */
    const double fifth[] = {0, 0, 0, 0, 0, 0.001};
    double c[ILI_PARAM_MAX];
    CHECK(words_of(ili_form_find("torsion_rb"), fifth, c) == 0);
}

/* ---- decks ------------------------------------------------------------------------------------------------- */

static scratch_path folder; /**< of this test's process; goes with it */

static void remove_folder(void) {
    DIR *files = opendir(folder);
    char path[768];
    for (struct dirent *file; files && (file = readdir(files));) {
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        if (file->d_name[0] != '.') unlink(path);
    }
    if (files) closedir(files);
    rmdir(folder);
}

static const char *deck_folder(void) {
    if (folder[0]) return folder;
    snprintf(folder, sizeof folder, "%s/interlith-deck-XXXXXX", P_tmpdir);
    CHECK(mkdtemp(folder) != NULL);
    atexit(remove_folder);
    return folder;
}

static char *deck_text(const char *name) {
    char path[512], *text = NULL;
    size_t length;
    snprintf(path, sizeof path, "%s/%s", deck_folder(), name);
    CHECK_OK(ili_read_file(ctx, path, (size_t)1 << 30, &text, &length));
    return text;
}

static bool is_written(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", deck_folder(), name);
    return access(path, R_OK) == 0;
}

/** Metal beside an oxide of one GeO2, all displaced, in a triclinic box in no special direction. */
static il_system *contact(bool is_slab, bool is_tilted) {
    static const struct {
        const char *name;
        double x[3];
    } atoms[] = {{"Li0", {0.3, 0.1, 1.0}}, {"Li0", {3.2, 0.4, 1.3}}, {"Li0", {1.1, 3.1, 0.8}},
                 {"Ge", {1.4, 1.5, 4.4}},  {"O", {2.9, 2.2, 3.6}},   {"O", {0.2, 0.6, 5.0}},
                 {"Ge", {4.6, 4.1, 5.2}},  {"O", {5.1, 4.9, 3.5}},   {"O", {4.2, 2.6, 6.1}}};
    il_system *sys;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){{{6.3, 0.4, -0.2}, {is_tilted ? -2.0 : 0.0, 5.9, 0.3}, {0.2, 0.5, 8.1}},
                           {true, true, !is_slab}};
    if (!is_tilted) sys->cell.h[0][1] = sys->cell.h[0][2] = 0.0;
    for (size_t k = 0; k < sizeof atoms / sizeof *atoms; k++) {
        int32_t type;
        CHECK_OK(ili_system_species(ctx, sys, atoms[k].name, 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, atoms[k].x));
    }
    return sys;
}

static il_model *model_of(const char *name) {
    char path[128];
    il_model *model = NULL;
    snprintf(path, sizeof path, "potentials/%s.yaml", name);
    CHECK_OK(il_model_read(ctx, path, &model));
    return model;
}

static ili_lammps_field write_deck(const il_model *model, const il_system *sys, const char *stem,
                                   const ili_lammps_styles *styles, bool tight) {
    ili_lammps_field field;
    il_ff_options options;
    il_ff_options_default(&options);
    options.short_cutoff = options.coulomb_cutoff = 9.0;
    const ili_lammps_field_plan plan = {.model = model,
                                        .sys = sys,
                                        .settings = &options,
                                        .styles = styles,
                                        .dir = deck_folder(),
                                        .stem = stem,
                                        .tight = tight};
    CHECK_OK(ili_lammps_field_write(ctx, &plan, &field));
    return field;
}

static double energy_of(const il_model *model, const il_system *sys) {
    il_ff_options options;
    il_ff *ff = NULL;
    double energy = NAN;
    il_ff_options_default(&options);
    options.short_cutoff = options.coulomb_cutoff = 9.0;
    options.accuracy = 1e-10;
    options.coulomb = 1;
    CHECK_OK(il_ff_create(ctx, model, sys, &options, &ff));
    if (ff) CHECK_OK(il_ff_compute(ctx, ff, sys->cell.h, (const double(*)[3])sys->x, &energy, NULL, NULL));
    il_ff_destroy(&ff);
    return energy;
}

/** The data file of a deck holds the same atoms: same energy, and positions that the axes turn back. */
static void check_data(const il_model *model, const il_system *sys, const ili_lammps_field *field) {
    char path[512];
    il_system *back = NULL;
    snprintf(path, sizeof path, "%s/%s", deck_folder(), field->data);
    REQUIRE_OK(ili_lammps_data_read(ctx, path, &back));
    CHECK(back->n_atoms == sys->n_atoms);
    double want = energy_of(model, sys);
    CHECK_NEAR(energy_of(model, back), want, 1e-9 * fabs(want));
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double ours[3], d[3];
        ili_vec_mat(back->x[i], field->axes, ours);
        for (int k = 0; k < 3; k++) d[k] = ours[k] - field->shift[k] - sys->x[i][k];
        CHECK(ili_norm(d) < 1e-12 * 64.0);
    }
    il_system_destroy(&back);
}

/** Number of lines that begin with `start`. */
static int count_lines(const char *text, const char *start) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, start)); at++) n += at == text || at[-1] == '\n';
    return n;
}

/** Every pair of types has a line of its own, or is the metal's; coefficients of `style` are the model's. */
static void check_pairs(const il_model *model, const ili_lammps_field *field, const char *text,
                        const char *style, const char *form) {
    int n_seen = 0, n_want = 0;
    for (const char *at = text; (at = strstr(at, "\npair_coeff ")); at++) {
        char line[512], *token[24];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
        char *names = strstr(line, " # ");
        int n = ili_split(line, token, 24), first = 4;
        if (n < 6 || strcmp(token[3], style) != 0 || !names) continue;
        if (strspn(token[4], "0123456789") == strlen(token[4]) && strstr(text, " buck 9 buck 9")) first = 5;
        char *a = token[n - 2], *b = strchr(a, '-');
        if (strcmp(token[n - 1], form) != 0) continue;
        *b++ = 0;
        const ili_model_entry *entries[16];
        int m = ili_model_pair_entries(model, ili_model_species_index(model, a),
                                       ili_model_species_index(model, b), entries, 16);
        for (int k = 0; k < m; k++) {
            double c[ILI_PARAM_MAX] = {0}, number;
            if (strcmp(entries[k]->form->name, form) != 0) continue;
            int n_c = words_of(entries[k]->form, entries[k]->p, c);
            for (int w = 0; w < n_c; w++) CHECK(ili_parse_real(token[first + w], &number) && number == c[w]);
            CHECK(ili_parse_real(token[first + n_c], &number) && number == ili_entry_cutoff(entries[k], 9.0));
            n_seen++;
        }
    }
    for (int a = 1; a <= field->n_types; a++)
        for (int b = a; b <= field->n_types; b++) {
            char start[64];
            snprintf(start, sizeof start, "pair_coeff %d %d ", a, b);
            n_want += count_lines(text, start) > 0;
        }
    CHECK(n_seen > 0);
    /* Li0-Li0 and Li0-O may stand in the line of the metal alone */
    CHECK(n_want >= field->n_types * (field->n_types + 1) / 2 - 1);
}

TEST(contact_in_a_tilted_box) {
    il_model *model = model_of("li-lagp");
    il_system *sys = contact(false, true);
    ili_lammps_field field = write_deck(model, sys, "bulk", NULL, true);
    CHECK(field.n_types == 3 && strcmp(field.elements, "Li Ge O") == 0 && !field.is_slab &&
          field.energy_offset == 0.0);
    check_data(model, sys, &field);
    char *text = deck_text("bulk.field");
    check_pairs(model, &field, text, "pedone", "pmmcs");
    CHECK(strstr(text, "kspace_style ewald 1e-10\n") &&
          strstr(text, "\npair_modify pair pedone shift yes\n"));
    CHECK(strstr(text, "\nunits metal\natom_style charge\nboundary p p p\n") &&
          !strstr(text, "special_bonds"));
    CHECK(strstr(text, model->hash) && strstr(text, model->citation));
    /* the file of embedded atoms has masses too, and must not have the last word */
    CHECK(strstr(text,
                 "pair_coeff * * eam/fs bulk.eam.fs Li NULL O\nmass 1 6.94\nmass 2 72.63\nmass 3 15.999\n"));
    ili_free(text);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

/** A slab lies in the middle of its box: 10 angstrom of room at least, as much above as below. */
static void check_room(const ili_lammps_field *field) {
    char path[512];
    il_system *back = NULL;
    double low = INFINITY, high = -INFINITY;
    snprintf(path, sizeof path, "%s/%s", deck_folder(), field->data);
    REQUIRE_OK(ili_lammps_data_read(ctx, path, &back));
    for (int32_t i = 0; i < back->n_atoms; i++) {
        low = fmin(low, back->x[i][2]);
        high = fmax(high, back->x[i][2]);
    }
    const double above = back->cell.h[2][2] - high;
    CHECK(low >= 10.0 - 1e-9);
    CHECK_NEAR(above, low, 1e-9);
    il_system_destroy(&back);
}

TEST(slabs) {
    il_model *model = model_of("li-lagp");
    for (int tilted = 0; tilted < 2; tilted++) {
        il_system *sys = contact(true, tilted);
        ili_lammps_field field = write_deck(model, sys, "slab", NULL, false);
        check_data(model, sys, &field);
        char *text = deck_text("slab.field");
        CHECK(field.is_slab && (field.vacuum_ratio > 1.0) == !tilted);
        CHECK((strstr(text, "kspace_modify slab ") != NULL) == !tilted);
        CHECK((strstr(text, "fix slab_dipole all efield") != NULL) == tilted);
        CHECK((strstr(text, "boundary p p f\n") != NULL) == !tilted);
        CHECK(strstr(text, "kspace_style ewald ") && !strstr(text, "1e-10"));
        /* E = 2 pi C M^2/V: the field is minus its slope, and pulls the dipole back */
        const char *field_of_dipole = strstr(text, "variable slab_field equal ");
        if (tilted)
            CHECK_NEAR(strtod(field_of_dipole + strlen("variable slab_field equal "), NULL),
                       -4.0 * ILI_PI * ILI_COULOMB, 1e-13);
        check_room(&field);
        ili_free(text);
        il_system_destroy(&sys);
    }
    il_model_destroy(&model);
}

/** Next number of a text; the place moves behind it. */
static double number(char **at) {
    return strtod(*at, at);
}

/** Between the points of a table LAMMPS puts a cubic over r^2; one through values and slopes is as good. */
TEST(tables_hold_the_pair_function) {
    il_model *model = model_of("li-lagp");
    il_system *sys = contact(false, true);
    write_deck(model, sys, "table", NULL, true);
    char *text = deck_text("table.table");
    static const char *const pairs[] = {"Li0_O_1", "Li0_Ge_1"};
    for (int t = 0; t < 2; t++) {
        const ili_model_entry *entry, *entries[4];
        int m = ili_model_pair_entries(model, ili_model_species_index(model, "Li0"),
                                       ili_model_species_index(model, t ? "Ge" : "O"), entries, 4);
        CHECK(m == 1);
        entry = entries[0];
        CHECK(entry->truncation == ILI_TRUNCATE_TAPER);
        char *at = strstr(text, pairs[t]);
        CHECK(at != NULL);
        if (!at) continue;
        at = strchr(at, '\n') + 3; /* behind "N " */
        long n = strtol(at, &at, 10);
        at += 4; /* RSQ */
        double low = number(&at), rc = number(&at), last[3] = {0}, slope, worst = 0.0;
        CHECK_NEAR(rc, 9.0, 0.0);
        for (long k = 1; k <= n; k++) {
            CHECK(strtol(at, &at, 10) == k);
            double r = number(&at), e = number(&at), f = number(&at);
            double s = low * low + (rc * rc - low * low) * (double)(k - 1) / (double)(n - 1);
            CHECK_NEAR(r, sqrt(s), 1e-12 * r);
            CHECK_NEAR(e, ili_entry_energy(entry, 9.0, fmin(r, 9.0 * (1 - 1e-15)), &slope),
                       1e-11 * (fabs(e) + 1e-3));
            CHECK_NEAR(f, -slope, 1e-9 * (fabs(slope) + 1e-3));
            if (k > 1 && r > 1.0) {
                double h = s - last[0], middle = sqrt(s - 0.5 * h);
                double low_slope = -last[2] / (2.0 * sqrt(last[0])), high_slope = -f / (2.0 * r);
                double cubic = 0.5 * (last[1] + e) + h / 8.0 * (low_slope - high_slope);
                worst = fmax(worst, fabs(cubic - ili_entry_energy(entry, 9.0, middle, &slope)) /
                                        (fabs(cubic) + 1.0));
            }
            last[0] = s;
            last[1] = e;
            last[2] = f;
        }
        CHECK(worst < 1e-8);
    }
    ili_free(text);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

/** The eam/fs file read by our own reader: metal as it was, and a donor that has neither F nor V. */
TEST(embedded_atom_file_holds_metal_and_donors) {
    il_model *model = model_of("li-lagp");
    il_system *sys = contact(false, true);
    write_deck(model, sys, "eam", NULL, true);
    ili_eam_functions *back = NULL;
    char path[512];
    snprintf(path, sizeof path, "%s/eam.eam.fs", deck_folder());
    REQUIRE_OK(ili_eam_read_file(ctx, path, &back));
    CHECK(ili_eam_n_elements(back) == 2);
    int metal = model->eam_kind[ili_model_species_index(model, "Li0")],
        donor = model->eam_kind[ili_model_species_index(model, "O")];
    double slope, worst = 0.0;
    for (double r = 2.4; r < 4.6; r += 0.0103) {
        if (fabs(r - 3.0) < 1e-3) continue; /* theory.md (14.23): the published join */
        worst = fmax(worst, fabs(ili_eam_pair(back, 0, 0, r, &slope) -
                                 ili_eam_pair(model->eam, metal, metal, r, &slope)));
        worst = fmax(worst, fabs(ili_eam_density(back, 0, 0, r, &slope) -
                                 ili_eam_density(model->eam, metal, metal, r, &slope)));
        worst = fmax(worst, fabs(ili_eam_density(back, 1, 0, r, &slope) -
                                 ili_eam_density(model->eam, donor, metal, r, &slope)));
        CHECK(ili_eam_pair(back, 0, 1, r, &slope) == 0.0 && ili_eam_pair(back, 1, 1, r, &slope) == 0.0 &&
              ili_eam_density(back, 0, 1, r, &slope) == 0.0);
    }
    for (double rho = 0.2; rho < 180.0; rho *= 1.07) {
        worst = fmax(worst, fabs(ili_eam_embedding(back, 0, rho, &slope) -
                                 ili_eam_embedding(model->eam, metal, rho, &slope)));
        CHECK(ili_eam_embedding(back, 1, rho, &slope) == 0.0);
    }
    CHECK(worst < 1e-8);
    ili_eam_destroy(&back);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TEST(polymer_with_salt) {
    il_model *model = model_of("pdol-salt");
    il_system *sys = NULL;
    REQUIRE_OK(il_system_read(ctx, "examples/pdol-litfsi.extxyz", &sys));
    ili_binding binding;
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &binding));
    model->scale14_lj = 0.25; /* that they are told apart */
    model->scale14_coulomb = 0.75;
    ili_lammps_field field = write_deck(model, sys, "salt", NULL, false);
    check_data(model, sys, &field);
    char *text = deck_text("salt.field"), *data = deck_text("salt.data"), line[64];
    const struct {
        int32_t n;
        const char *many;
    } groups[] = {
        {binding.n_bonds, "bonds"}, {binding.n_angles, "angles"}, {binding.n_torsions, "dihedrals"}};
    for (int g = 0; g < 3; g++) {
        snprintf(line, sizeof line, "\n%d %s\n", groups[g].n, groups[g].many);
        CHECK(strstr(data, line) != NULL);
    }
    CHECK(strstr(text, "\nspecial_bonds lj 0 0 0.25 coul 0 0 0.75\n") && strstr(text, "\natom_style full\n"));
    CHECK(strstr(text, "\nbond_style harmonic\nangle_style harmonic\ndihedral_style hybrid "));
    CHECK(strstr(text, "kspace_style pppm "));
    check_pairs(model, &field, text, "lj/cut", "lj");
    /* types of rigid bonds: those whose line names a hydrogen */
    char *copy = ili_strdup(field.rigid_types), *token[64];
    int n = ili_split(copy, token, 64), n_hydrogen = 0;
    for (char *at = text; (at = strstr(at, "\nbond_coeff ")); at++) {
        long type = strtol(at + 12, NULL, 10);
        bool has_hydrogen = strstr(at, "-H") && strstr(at, "-H") < strchr(at + 1, '\n'), is_rigid = false;
        if (strstr(at, "# H") && strstr(at, "# H") < strchr(at + 1, '\n')) has_hydrogen = true;
        for (int k = 0; k < n; k++) is_rigid = is_rigid || strtol(token[k], NULL, 10) == type;
        CHECK(is_rigid == has_hydrogen);
        n_hydrogen += has_hydrogen;
    }
    CHECK(n_hydrogen == n && n > 0);
    ili_free(copy);
    ili_free(text);
    ili_free(data);
    ili_binding_free(&binding);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TEST(what_ions_have_by_themselves_is_an_offset) {
    il_model *model = model_of("lagp-lithiation");
    il_system *sys = contact(false, true);
    const double x[3] = {5.5, 1.0, 2.4};
    int32_t reduced, lithium;
    CHECK_OK(ili_system_species(ctx, sys, "Ge3", 32, &reduced));
    CHECK_OK(ili_system_species(ctx, sys, "Li", 3, &lithium));
    for (int32_t i = 0; i < 3; i++) sys->type[i] = lithium; /* three ions Li+ for three electrons */
    CHECK_OK(ili_system_add(ctx, sys, reduced, x));
    sys->type[3] = sys->type[6] = sys->type[9] = reduced;
    int32_t oxygen;
    CHECK_OK(ili_system_species(ctx, sys, "O", 8, &oxygen));
    CHECK_OK(ili_system_add(ctx, sys, oxygen, (const double[3]){3.4, 5.6, 7.0}));
    CHECK_OK(ili_system_add(ctx, sys, oxygen, (const double[3]){0.8, 5.0, 6.6}));
    ili_lammps_field field = write_deck(model, sys, "rung", NULL, true);
    CHECK_NEAR(field.energy_offset, 3.0 * model->species[ili_model_species_index(model, "Ge3")].onsite, 1e-9);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

/* ---- an lmp that has less ------------------------------------------------------------------------------------ */

static const char HELP[] =
    "List of individual style options included in this LAMMPS executable\n\n"
    "* Atom styles:\n\natomic          charge          full            hybrid          \n\n"
    "* Pair styles:\n\ncoul/long       eam/fs          hybrid/overlay  table\n\n"
    "* KSpace styles:\n\newald           pppm\n\n"
    "* Bond styles:\n\nharmonic table\n\n* Angle styles:\n\ntable\n\n* Dihedral styles:\n\ntable\n\n"
    "* Fix styles\n\nefield nve\n";

/** A shifted term ends with a slope: the last point of its table is the limit from inside the cut-off. */
static void check_end_of_table(const il_model *model) {
    const ili_model_entry *entries[4];
    char *text = deck_text("few.table"), *at = strstr(text, "\nGe_O_1\nN ");
    double last[3] = {0}, slope;
    CHECK(at != NULL);
    CHECK(ili_model_pair_entries(model, ili_model_species_index(model, "Ge"),
                                 ili_model_species_index(model, "O"), entries, 4) == 1);
    CHECK(entries[0]->truncation == ILI_TRUNCATE_SHIFT);
    at += strlen("\nGe_O_1\nN ");
    const long n = strtol(at, &at, 10);
    at = strchr(at, '\n');
    for (long k = 1; k <= n; k++) {
        CHECK(strtol(at, &at, 10) == k);
        for (int c = 0; c < 3; c++) last[c] = number(&at);
    }
    ili_entry_energy(entries[0], 9.0, nextafter(9.0, 0.0), &slope);
    CHECK(slope != 0.0);
    CHECK_NEAR(last[2], -slope, 1e-12 * fabs(slope));
    ili_free(text);
}

TEST(missing_styles_become_tables_or_are_named) {
    ili_lammps_styles *few = NULL, *none = NULL;
    REQUIRE_OK(ili_lammps_styles_read(ctx, HELP, &few));
    CHECK(ili_lammps_has(few, "pair", "table") && ili_lammps_has(few, "kspace", "ewald") &&
          ili_lammps_has(few, "fix", "efield") && !ili_lammps_has(few, "pair", "pedone") &&
          !ili_lammps_has(few, "pair", "ewald") && !ili_lammps_has(few, "angle", "harmonic"));
    CHECK(ili_lammps_has(NULL, "pair", "anything"));
    CHECK_STATUS(ili_lammps_styles_read(ctx, "no list at all\n", &none), IL_E_INPUT);

    il_model *model = model_of("li-lagp");
    il_system *sys = contact(false, true);
    write_deck(model, sys, "few", few, true);
    char *text = deck_text("few.field");
    CHECK(!strstr(text, "pedone") && strstr(text, " few.table Ge_O_1 9 # Ge-O pmmcs\n"));
    ili_free(text);
    check_end_of_table(model);

    /* the same without a Coulomb sum */
    char *poor = ili_strdup(HELP);
    memcpy(strstr(poor, "coul/long"), "coul/wolf", 9);
    REQUIRE_OK(ili_lammps_styles_read(ctx, poor, &none));
    ili_lammps_field field;
    const ili_lammps_field_plan plan = {
        .model = model, .sys = sys, .styles = none, .dir = deck_folder(), .stem = "none"};
    CHECK_STATUS(ili_lammps_field_write(ctx, &plan, &field), IL_E_UNSUPPORTED);
    CHECK(strstr(il_message(ctx), "coul/long") && strstr(il_message(ctx), "KSPACE"));
    CHECK(!is_written("none.field"));
    ili_free(poor);
    il_system_destroy(&sys);
    il_model_destroy(&model);

    model = model_of("pdol-salt");
    REQUIRE_OK(il_system_read(ctx, "examples/pdol-litfsi.extxyz", &sys));
    write_deck(model, sys, "bonded", few, true);
    text = deck_text("bonded.field");
    CHECK(strstr(text,
                 "\nbond_style harmonic\nangle_style table spline 3601\ndihedral_style table spline 7200\n"));
    CHECK(strstr(text, "\nangle_coeff 1 bonded.bonded angle_1 # "));
    ili_free(text);
    il_system_destroy(&sys);
    il_model_destroy(&model);
    ili_lammps_styles_destroy(&few);
    ili_lammps_styles_destroy(&none);
}

TEST(periods_that_lammps_cannot_have) {
    il_model *model = model_of("li-lagp");
    il_system *sys = contact(false, true);
    ili_lammps_field field;
    const ili_lammps_field_plan plan = {.model = model, .sys = sys, .dir = deck_folder(), .stem = "wire"};
    sys->cell.pbc[0] = false;
    CHECK_STATUS(ili_lammps_field_write(ctx, &plan, &field), IL_E_UNSUPPORTED);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

TESTS(RUN(every_form_is_a_style_or_a_table); RUN(contact_in_a_tilted_box); RUN(slabs);
      RUN(tables_hold_the_pair_function); RUN(embedded_atom_file_holds_metal_and_donors);
      RUN(polymer_with_salt); RUN(what_ions_have_by_themselves_is_an_offset);
      RUN(missing_styles_become_tables_or_are_named); RUN(periods_that_lammps_cannot_have))
