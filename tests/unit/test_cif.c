/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/cif.h"

#include "base/file.h"
#include "harness.h"
#include "math/vec.h"

#include <unistd.h>

static char folder[64];

/** Write a text to a file of a temporary folder and return its path, valid until the next call. */
static const char *file_of(const char *text) {
    static char path[128];
    if (!*folder) {
        char base[64];
        snprintf(base, sizeof base, "%s/interlith-XXXXXX", P_tmpdir);
        snprintf(folder, sizeof folder, "%s", mkdtemp(base));
    }
    snprintf(path, sizeof path, "%s/a.cif", folder);
    CHECK_OK(ili_write_file(ctx, path, text));
    return path;
}

static void clean(void) {
    char path[128];
    snprintf(path, sizeof path, "%s/a.cif", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/b.cif", folder);
    unlink(path);
    rmdir(folder);
    folder[0] = 0;
}

#define CUBE                                                                                                 \
    "_cell_length_a 4.0\n_cell_length_b 4.0\n_cell_length_c 4.0\n_cell_angle_alpha 90\n_cell_angle_beta "    \
    "90\n"                                                                                                   \
    "_cell_angle_gamma 90\n"
#define HEXAGON                                                                                              \
    "_cell_length_a 8.27(1)\n_cell_length_b 8.27\n_cell_length_c 20.47(3)\n_cell_angle_alpha 90\n"           \
    "_cell_angle_beta 90.\n_cell_angle_gamma 120\n"
#define P1   "_symmetry_space_group_name_H-M 'P 1'\n"
#define LOOP "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
#define OCCUPIED                                                                                             \
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"              \
    "_atom_site_fract_z\n_atom_site_occupancy\n"

static ili_crystal read_text(const char *text) {
    ili_crystal c;
    il_status status = ili_cif_read(ctx, file_of(text), &c);
    CHECK(status == IL_OK);
    if (status != IL_OK) fprintf(stderr, "%s\n", il_message(ctx));
    clean();
    return c;
}

TEST(uncertainties_old_tags_and_merged_occupants) {
    ili_crystal c =
        read_text("# x\ndata_a\n" HEXAGON
                  "_symmetry_Int_Tables_number 167\n_symmetry_space_group_name_H-M 'R -3 c H'\n" OCCUPIED
                  "Li1 Li1+ 0 0 0 1.0\nGe1 Ge4+ 0 0 0.1419(2) 0.75(1)\nAl1 Al3+ 0 0 0.1419(2) 0.25\n"
                  "P1 P 0.2865(3) 0 0.25 .\nO1 O2- 0.178 -0.013 0.191 1\nO2 O2- 0.19 0.166 0.084 ?\n");
    CHECK(strcmp(c.symmetry_source, "H-M name") == 0 && c.space_group == 167 && c.n_operations == 36);
    CHECK(c.n_sites == 5 && c.n_positions == 108 && !c.is_ordered);
    CHECK(c.sites[1].n_occupants == 2 && c.sites[1].occupant[1].z == 13);
    CHECK_NEAR(c.sites[1].occupant[0].occupancy, 0.75, 0.0);
    CHECK_NEAR(c.sites[1].occupant[0].oxidation, 4.0, 0.0);
    CHECK(il_warning_count(ctx) == 2); /* '?' occupancy; no state of P balances the excess of lithium */
    CHECK(strcmp(c.oxidation_source, "none fits") == 0);
    ili_crystal_free(&c);
}

/** The second species is written at another image of the same position: it joins the first. */
TEST(images_of_one_position_are_merged) {
    ili_crystal c = read_text("data_a\n" HEXAGON "_space_group_name_H-M_alt 'P -3 m 1'\n" OCCUPIED
                              "Li1 Li 0.333 0.667 0.25 0.5\nNa1 Na 0.6667 0.3333 0.75 0.5\n");
    CHECK(c.n_sites == 1 && c.n_positions == 2 && c.sites[0].n_occupants == 2 && !c.is_ordered);
    ili_crystal_free(&c);
}

/** Position 2d (1/3, 2/3, z) of P -3 m 1 and its image. */
TEST(thirds_are_exact) {
    ili_crystal c = read_text("data_a\n" HEXAGON "_space_group_name_H-M_alt 'P -3 m 1'\n" LOOP
                              "Li1 0.333 0.667 0.25\nO1 0.001 0 0.5004\n");
    CHECK(c.n_sites == 2 && c.sites[0].multiplicity == 2 && c.sites[1].multiplicity == 1);
    CHECK_NEAR(c.sites[0].frac[0], 1.0 / 3.0, 1e-15);
    CHECK_NEAR(c.sites[0].frac[1], 2.0 / 3.0, 1e-15);
    CHECK_NEAR(c.sites[0].frac[2], 0.25, 1e-15);
    CHECK_NEAR(c.sites[0].snapped_by, 8.27 * sqrt(3.0) / 3000.0, 1e-12); /* |a - b| / 3000 */
    CHECK_NEAR(c.sites[1].frac[0], 0.0, 1e-15);
    CHECK_NEAR(c.sites[1].frac[2], 0.5, 1e-15);
    ili_crystal_free(&c);
}

TEST(order_of_trust) {
    ili_crystal c = read_text("data_a\n" CUBE
                              "_space_group_name_Hall '-F 4 2 3'\n_space_group_name_H-M_alt 'P m -3 m'\n" LOOP
                              "Na1 0 0 0\nCl1 .5 .5 .5\n");
    CHECK(strcmp(c.symmetry_source, "Hall symbol") == 0 && c.n_positions == 8);
    ili_crystal_free(&c);
    c = read_text(
        "data_a\n" CUBE
        "_space_group_name_Hall '-F 4 2 3'\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n'-x, -y, -z'\n" LOOP
        "Na1 0 0 0\nCl1 .5 .5 .5\n");
    CHECK(strcmp(c.symmetry_source, "operations") == 0 && c.n_positions == 2 && c.is_ordered);
    ili_crystal_free(&c);
    c = read_text(
        "data_a\n_cell.length_a 4\n_cell.length_b 4\n_cell.length_c 4\n_cell.angle_alpha "
        "90\n_cell.angle_beta 90\n"
        "_cell.angle_gamma 90\nloop_\n_space_group_symop.operation_xyz\nx,y,z\nloop_\n_atom_site.label\n"
        "_atom_site.fract_x\n_atom_site.fract_y\n_atom_site.fract_z\nNa1 0 0 0\n");
    CHECK(c.n_positions == 1);
    ili_crystal_free(&c);
}

/** The two axes of a rhombohedral group are told apart by the cell; an explicit origin is obeyed. */
TEST(settings) {
    ili_crystal c = read_text(
        "data_a\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n_cell_angle_alpha 60\n"
        "_cell_angle_beta 60\n_cell_angle_gamma 60\n_space_group_name_H-M_alt 'R -3 m'\n" LOOP "Na1 0 0 0\n");
    CHECK(c.n_operations == 12 && c.n_positions == 1);
    ili_crystal_free(&c);
    c = read_text("data_a\n" HEXAGON "_space_group_IT_number 166\n" LOOP "Na1 0 0 0\n");
    CHECK(c.n_operations == 36 && c.n_positions == 3);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE "_space_group_name_H-M_alt 'F d -3 m:1'\n" LOOP "C1 0 0 0\n");
    CHECK(c.n_positions == 8);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE "_space_group_name_H-M_alt 'F d -3 m Z'\n" LOOP "C1 0.125 0.125 0.125\n");
    CHECK(c.n_positions == 8);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE "_symmetry_space_group_name_H-M 'Fm3m'\n" LOOP "Na1 0 0 0\n");
    CHECK(c.n_operations == 192);
    ili_crystal_free(&c);
    c = read_text("data_a\n_cell_length_a 5\n_cell_length_b 6\n_cell_length_c 7\n_cell_angle_alpha "
                  "90\n_cell_angle_beta 90\n"
                  "_cell_angle_gamma 100\n_space_group_name_H-M_alt 'P 2/m'\n" LOOP
                  "Na1 0 0 0\nCl1 0.1 0.2 0.5\n");
    CHECK(c.sites[1].multiplicity == 2 && c.sites[1].frac[2] == 0.5);
    ili_crystal_free(&c);
}

TEST(oxidation_states) {
    ili_crystal c = read_text("data_a\n" CUBE P1 LOOP "Fe1 0 0 0\nO1 .5 .5 .5\n");
    CHECK(strcmp(c.oxidation_source, "assigned") == 0);
    CHECK_NEAR(c.sites[0].occupant[0].oxidation, 2.0, 0.0);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE P1 LOOP "Mn1 0 0 0\nO1 .5 .5 .5\nO2 .5 0 0\n");
    CHECK_NEAR(c.sites[0].occupant[0].oxidation, 4.0, 0.0);
    CHECK_NEAR(c.sites[2].occupant[0].oxidation, -2.0, 0.0);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE P1 LOOP "Li1 0 0 0\nO1 .5 .5 .5\n");
    CHECK_NEAR(c.sites[1].occupant[0].oxidation, -1.0, 0.0);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE P1
                  "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\nLi+ 1\nO 0.5\n" OCCUPIED
                  "A Li+ 0 0 0 1\nB O .5 .5 .5 1\n");
    CHECK(strcmp(c.oxidation_source, "file") == 0);
    CHECK_NEAR(c.sites[1].occupant[0].oxidation, 0.5, 0.0);
    ili_crystal_free(&c);
    c = read_text("data_a\n" CUBE P1 LOOP "Li1 0 0 0\nAl1 .5 .5 .5\n");
    CHECK(strcmp(c.oxidation_source, "metallic") == 0);
    ili_crystal_free(&c);
}

/** Rows without coordinates are left out, split sites with small occupancies may be near each other. */
TEST(what_is_accepted) {
    ili_crystal c = read_text("data_a\n" CUBE P1 OCCUPIED
                              "Na1 Na 0 0 0 1\nH1 H . . . 1\nLi1 Li .5 .5 .5 .5\nLi2 Li .6 .5 .5 .5\n");
    CHECK(c.n_positions == 3 && il_warning_count(ctx) >= 1);
    ili_crystal_free(&c);
    c = read_text("data_empty\n_cell_length_a 1\ndata_a\n" CUBE P1 LOOP "Na1 0 0 0\ndata_b\n" CUBE P1 LOOP
                  "K1 0 0 0\n");
    CHECK(c.n_positions == 1 && c.sites[0].occupant[0].z == 11);
    ili_crystal_free(&c);
}

TEST(bad_files_give_one_sentence) {
    static const struct {
        const char *text, *message; /* a part of it */
    } BAD[] = {
        {"", "empty"},
        {"hello \001\002 world\n", "no CIF"},
        {"# only a remark\n", "no 'data_' block"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0\n", "a.cif:15: found a loop whose number"},
        {"data_a\n" CUBE P1 LOOP, "no values"},
        {"data_a\n" P1 LOOP "Na1 0 0 0\n", "_cell_length_a is missing"},
        {"data_a\n_cell_length_a ?\n" P1 LOOP "Na1 0 0 0\n", "_cell_length_a is missing"},
        {"data_a\n" CUBE LOOP "Na1 0 0 0\n", "no symmetry operations"},
        {"data_a\n" CUBE "_space_group_name_H-M_alt 'Q 17'\n" LOOP "Na1 0 0 0\n",
         "a.cif:8: 'Q 17' is no known space group"},
        {"data_a\n" CUBE "_space_group_IT_number 231\n" LOOP "Na1 0 0 0\n", "expected 1 to 230"},
        {"data_a\n" CUBE "_space_group_name_H-M_alt 'F d -3 m'\n" LOOP "Na1 0 0 0\n", "two usual origins"},
        {"data_a\n" CUBE "_space_group_IT_number 227\n" LOOP "Na1 0 0 0\n", "two usual origins"},
        {"data_a\n" CUBE "_space_group_name_H-M_alt 'P 6/m'\n" LOOP "Na1 0 0 0\n", "does not fit"},
        {"data_a\n" CUBE "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'y,z,x'\n" LOOP "Na1 0 0 0\n",
         "are no group"},
        {"data_a\n" CUBE "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'x,y,w'\n" LOOP "Na1 0 0 0\n",
         "a.cif:11: 'x,y,w' is no symmetry operation"},
        {"data_a\n" HEXAGON "loop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n'x,z,y'\n" LOOP "Na1 0 0 0\n",
         "do not agree"},
        {"data_a\n" CUBE P1 OCCUPIED "Na1 Na 0 0 0 1.2\n", "occupancy of 'Na1' is 1.2"},
        {"data_a\n" CUBE P1 OCCUPIED "Na1 Na 0 0 0 -0.2\n", "occupancy of 'Na1' is -0.2"},
        {"data_a\n" CUBE P1 OCCUPIED "Na1 Na 0 0 0 0.7\nK1 K 0 0 0 0.7\n", "add up to 1.4"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 0\nCl1 0.05 0 0\n", "atoms overlap"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 0.99\nCl1 0.05 0 0.02\n", "atoms overlap"},
        {"data_a\n" CUBE "_space_group_name_H-M_alt 'P -1'\n" LOOP "Na1 0.03 0.02 0\n", "atoms overlap"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 abc\n", "a.cif:14: _atom_site_fract_z is 'abc'"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 1e999\n", "_atom_site_fract_z is '1e999'"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 0.1(2\n", "_atom_site_fract_z is '0.1(2'"},
        {"data_a\n" CUBE P1 LOOP "Na1 0 0 ?\nK1 0 0 0.5\n", "_atom_site_fract_z is '?'"},
        {"data_a\n" CUBE P1 LOOP "Zz1 0 0 0\n", "'Zz1' does not begin"},
        {"data_a\n" CUBE P1, "no atoms"},
        {"data_a\n" CUBE P1 LOOP "Na1 . . .\n", "no atoms"},
        {"data_a\n" CUBE CUBE P1 LOOP "Na1 0 0 0\n", "twice"},
        {"data_a\n_cell_length_a 0\n_cell_length_b 1\n_cell_length_c 1\n_cell_angle_alpha "
         "90\n_cell_angle_beta 90\n"
         "_cell_angle_gamma 90\n" P1 LOOP "Na1 0 0 0\n",
         "cell length a is 0"},
        {"data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha "
         "60\n_cell_angle_beta 60\n"
         "_cell_angle_gamma 120\n" P1 LOOP "Na1 0 0 0\n",
         "span no volume"},
        {"data_a\n_cell_length_a 'x\n", "quoted text"},
        {"data_a\n_cell_length_a\n;4\n", "';'"},
    };
    for (size_t k = 0; k < sizeof BAD / sizeof *BAD; k++) {
        ili_crystal c;
        il_status status = ili_cif_read(ctx, file_of(BAD[k].text), &c);
        bool said =
            strstr(il_message(ctx), BAD[k].message) != NULL && strstr(il_message(ctx), "a.cif") != NULL;
        CHECK(status == IL_E_INPUT && said);
        CHECK(strchr(il_message(ctx), '\n') == NULL);
        if (status != IL_E_INPUT || !said)
            fprintf(stderr, "case %zu, expected '%s', got %d: %s\n", k, BAD[k].message, status,
                    il_message(ctx));
        if (status == IL_OK) ili_crystal_free(&c);
    }
    clean();
    ili_crystal c;
    CHECK_STATUS(ili_cif_read(ctx, "no/such/file.cif", &c), IL_E_FILE);
}

/** A long file is read or refused within its limit; bytes outside ASCII in a text field are no harm. */
TEST(size_and_foreign_letters) {
    ili_crystal c = read_text(
        "data_a\n_publ_author_name 'J\303\266rg \351'\n_chemical_name_common 'caf\303\251'\n" CUBE P1 LOOP
        "Na1 0 0 0\n");
    CHECK(c.n_positions == 1);
    ili_crystal_free(&c);
    size_t n = ((size_t)64 << 20) + 4096;
    char *text = malloc(n + 1);
    memset(text, '#', n);
    text[n] = 0;
    CHECK_STATUS(ili_cif_read(ctx, file_of(text), &c), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "larger") != NULL);
    free(text);
    clean();
}

TEST(round_trip) {
    static const char *const FILES[] = {"structures/LGP.cif", "structures/Li3PO4.cif", "structures/Li.cif"};
    for (size_t k = 0; k < sizeof FILES / sizeof *FILES; k++) {
        il_system *a, *b;
        char path[128];
        REQUIRE_OK(ili_cif_read_system(ctx, FILES[k], &a));
        file_of("");
        snprintf(path, sizeof path, "%s/b.cif", folder);
        REQUIRE_OK(ili_cif_write(ctx, a, path));
        REQUIRE_OK(ili_cif_read_system(ctx, path, &b));
        CHECK(a->n_atoms == b->n_atoms);
        double worst = 0.0;
        for (int32_t i = 0; i < a->n_atoms && i < b->n_atoms; i++) {
            CHECK(a->species[a->type[i]].z == b->species[b->type[i]].z);
            double d[3];
            ili_sub(a->x[i], b->x[i], d);
            worst = fmax(worst, ili_cell_nearest(&a->cell, d));
        }
        CHECK(worst < 1e-20); /* 12 decimals of a fraction of 20 A: 1e-11 A */
        CHECK_NEAR(ili_cell_volume(&a->cell), ili_cell_volume(&b->cell), 1e-9 * ili_cell_volume(&a->cell));
        il_system_destroy(&a);
        il_system_destroy(&b);
        clean();
    }
}

TEST(a_disordered_crystal_is_no_system) {
    il_system *sys;
    CHECK_STATUS(ili_cif_read_system(ctx, "structures/LAGP.cif", &sys), IL_E_INPUT);
    CHECK(sys == NULL && strstr(il_message(ctx), "interlith order") != NULL);
}

TESTS(RUN(uncertainties_old_tags_and_merged_occupants), RUN(images_of_one_position_are_merged),
      RUN(thirds_are_exact), RUN(order_of_trust), RUN(settings), RUN(oxidation_states), RUN(what_is_accepted),
      RUN(bad_files_give_one_sentence), RUN(size_and_foreign_letters), RUN(round_trip),
      RUN(a_disordered_crystal_is_no_system))
