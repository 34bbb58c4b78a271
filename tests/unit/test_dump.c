/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "io/trajectory.h"

/** Two frames of three atoms in a tilted box; atoms change places, one leaves through the x face. */
static const char TILTED[] =
    "ITEM: UNITS\nmetal\nITEM: TIME\n0.5\nITEM: TIMESTEP\n500\nITEM: NUMBER OF ATOMS\n3\n"
    "ITEM: BOX BOUNDS xy xz yz pp pp pp\n-1 16 4\n-3 5 -1\n2 12 -2\n"
    "ITEM: ATOMS id type element x y z ix iy iz vx vy vz\n"
    "7 2 O 1 1 3 0 0 0 1 2 3\n"
    "2 1 Li 0 0 2 0 0 0 4 5 6\n"
    "9 2 O 9 0 4 1 -1 2 7 8 9\n"
    "ITEM: TIME\n1\nITEM: TIMESTEP\n1000\nITEM: NUMBER OF ATOMS\n3\n"
    "ITEM: BOX BOUNDS xy xz yz pp pp pp\n-1 16 4\n-3 5 -1\n2 12 -2\n"
    "ITEM: ATOMS id type element x y z ix iy iz vx vy vz\n"
    "9 2 O 9 0 4 1 -1 2 7 8 9\n"
    "7 2 O 1 1 3 0 0 0 1 2 3\n"
    "2 1 Li 9.5 0 2 -1 0 0 4 5 6\n";

static ili_traj_reader *open_text(const char *text, const il_system *topology) {
    scratch_path path;
    ili_traj_reader *r = NULL;
    scratch_name(path, ".lammpstrj");
    scratch_write(path, text, strlen(text));
    CHECK_OK(ili_traj_open(ctx, path, topology, &r));
    unlink(path); /* the reader has it open */
    return r;
}

static void check_vector(const double got[3], double a, double b, double c) {
    CHECK_NEAR(got[0], a, 1e-14 * 32);
    CHECK_NEAR(got[1], b, 1e-14 * 32);
    CHECK_NEAR(got[2], c, 1e-14 * 32);
}

TEST(tilted_boxes_and_image_flags) {
    ili_traj_frame frame;
    bool more;
    ili_traj_reader *r = open_text(TILTED, NULL);
    if (!r) return;
    const il_system *sys = ili_traj_system(r);
    CHECK(sys->n_atoms == 3 && sys->species[sys->type[0]].z == 3 && sys->species[sys->type[2]].z == 8);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(more && frame.step == 500 && frame.is_continuous);
    CHECK_NEAR(frame.time, 500.0, 1e-10);
    /* bounds -1 .. 16 enclose the tilts 4 and -1: the box is 0 .. 12; -3 .. 5 with -2: -1 .. 5 */
    check_vector(frame.cell.h[0], 12, 0, 0);
    check_vector(frame.cell.h[1], 4, 6, 0);
    check_vector(frame.cell.h[2], -1, -2, 10);
    check_vector(frame.x[0], 0, 1, 0); /* relative to the box, by id */
    check_vector(frame.x[1], 1, 2, 1);
    check_vector(frame.x[2], 9 + 12 - 4 - 2, 0 + 1 - 6 - 4, 4 - 2 + 20);
    check_vector(frame.v[0], 4e-3, 5e-3, 6e-3);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    check_vector(frame.x[0], 9.5 - 12, 1, 0);
    CHECK(more && frame.step == 1000);
    CHECK_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(!more && il_warning_count(ctx) == 0);
    ili_traj_close_reader(&r);
}

#define HEAD(n)                                                                                              \
    "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n" #n "\nITEM: BOX BOUNDS pp pp ff\n1 11\n2 22\n3 33\n"

TEST(other_columns) {
    static const struct {
        const char *columns, *line;
        bool is_continuous;
        double x[3];
    } cases[] = {{"id mass x y z", "1 6.94 2 3 4", false, {1, 1, 1}},
                 {"id mass xs ys zs", "1 6.94 0.1 0.2 0.3", false, {1, 4, 9}},
                 {"mass id xs ys zs iz iy ix", "6.94 1 0.1 0.2 0.3 0 0 -2", true, {-19, 4, 9}},
                 {"id mass xu yu zu x y z", "1 6.94 102 3 4 2 3 4", true, {101, 1, 1}},
                 {"id mass xsu ysu zsu q", "1 6.94 10.1 0.2 0.3 -1", true, {101, 4, 9}}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char text[512];
        ili_traj_frame frame;
        bool more;
        snprintf(text, sizeof text, HEAD(1) "ITEM: ATOMS %s\n%s\n", cases[k].columns, cases[k].line);
        ili_traj_reader *r = open_text(text, NULL);
        if (!r) continue;
        CHECK_OK(ili_traj_next(ctx, r, &frame, &more));
        CHECK(more && frame.is_continuous == cases[k].is_continuous && !frame.v && isnan(frame.time));
        CHECK(frame.cell.pbc[1] && !frame.cell.pbc[2] && ili_traj_system(r)->species[0].z == 3);
        check_vector(frame.x[0], cases[k].x[0], cases[k].x[1], cases[k].x[2]);
        ili_traj_close_reader(&r);
    }
}

TEST(units_and_general_boxes) {
    static const char text[] =
        "ITEM: UNITS\nreal\nITEM: TIME\n7\nITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\n"
        "ITEM: BOX BOUNDS abc origin pp pp pp\n5 1 0 1\n-1 6 0.5 2\n0.2 0 7 3\n"
        "ITEM: ATOMS id element xu yu zu vx vy vz\n1 Li+ 3 5 8 1 2 3\n";
    ili_traj_frame frame;
    bool more;
    ili_traj_reader *r = open_text(text, NULL);
    if (!r) return;
    CHECK(strcmp(ili_traj_system(r)->species[0].name, "Li+") == 0);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(frame.time == 7.0);
    check_vector(frame.v[0], 1, 2, 3);
    check_vector(frame.cell.h[1], -1, 6, 0.5);
    check_vector(frame.x[0], 2, 3, 5);
    ili_traj_close_reader(&r);
}

static void refused(const char *text, int line, const char *words) {
    scratch_path path;
    char start[300] = "";
    ili_traj_reader *r = NULL;
    scratch_name(path, ".dump");
    scratch_write(path, text, strlen(text));
    CHECK_STATUS(ili_traj_open(ctx, path, NULL, &r), IL_E_INPUT);
    CHECK(r == NULL);
    if (line) snprintf(start, sizeof start, "%s:%d: ", path, line);
    if (strncmp(il_message(ctx), start, strlen(start)) != 0 || !strstr(il_message(ctx), words)) {
        fprintf(stderr, "message '%s', expected line %d and '%s'\n", il_message(ctx), line, words);
        CHECK(!"the message names the line and the reason");
    }
    unlink(path);
}

TEST(malformed_dumps_are_refused) {
    refused("7\n", 1, "expected ITEM:");
    refused("ITEM: UNITS\nlj\n", 2, "expected metal or real");
    refused("ITEM: TIMESTEP\nx\n", 2, "found 'x', expected the step");
    refused("ITEM: ATOMS id x y z\n", 1, "no ITEM: TIMESTEP");
    refused("ITEM: TIMESTEP\n1\nITEM: NUMBER OF GRID\n", 3, "expected a dump of atoms");
    refused("ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n0\n", 4, "the number of atoms");
    refused("ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n0 0\n0 1\n0 1\n", 8,
            "lattice vector a");
    refused("ITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS xy xz yz pp pp pp\n0 9 0\n0 1\n",
            7, "bounds");
    refused(HEAD(1) "ITEM: ATOMS type x y z\n1 0 0 0\n", 9, "no column 'id'");
    refused(HEAD(1) "ITEM: ATOMS id x y\n1 0 0\n", 9, "no positions");
    refused(HEAD(1) "ITEM: ATOMS id x y z\n1 0 0\n", 10, "found 3 words, expected the 4");
    refused(HEAD(1) "ITEM: ATOMS id x y z\n1 0 nan 0\n", 10, "found 'nan' in the column 'y'");
    refused(HEAD(1) "ITEM: ATOMS id x y z ix iy iz\n1 0 0 0 0.5 0 0\n", 10, "column 'ix'");
    refused(HEAD(1) "ITEM: ATOMS id element x y z\n1 Xx 0 0 0\n", 10, "dump_modify element");
    refused(HEAD(2) "ITEM: ATOMS id x y z\n3 0 0 0\n3 0 0 0\n", 11, "atom 3 twice");
    refused(HEAD(2) "ITEM: ATOMS id x y z\n3 0 0 0\n", 10, "another atom");
    refused(HEAD(1) "ITEM: ATOMS id type x y z\n1 1 0 0 0\n", 0, "which element atom 1 is");
    refused(HEAD(2) "ITEM: ATOMS id type element x y z\n1 1 C 0 0 0\n2 2 C 0 0 0\n", 0,
            "which element atom 1 is");
    CHECK(il_warning_count(ctx) == 1);
}

TEST(a_topology_names_the_atoms) {
    static const char text[] = HEAD(2) "ITEM: ATOMS id type x y z\n5 1 2 2 3\n4 2 1 2 3\n";
    const double origin[3] = {0, 0, 0};
    il_system *top = NULL;
    int32_t type;
    REQUIRE_OK(ili_system_create(ctx, &top));
    REQUIRE_OK(ili_system_species(ctx, top, "CO", 6, &type));
    REQUIRE_OK(ili_system_add(ctx, top, type, origin));
    REQUIRE_OK(ili_system_species(ctx, top, "Li", 3, &type));
    REQUIRE_OK(ili_system_add(ctx, top, type, origin));
    ili_traj_reader *r = open_text(text, top);
    if (r) {
        const il_system *sys = ili_traj_system(r);
        CHECK(strcmp(sys->species[sys->type[0]].name, "CO") == 0 && sys->x[1][0] == 1.0 &&
              sys->x[0][0] == 0.0);
        CHECK(sys->cell.h[2][2] == 30.0 && !sys->cell.pbc[2]);
    }
    ili_traj_close_reader(&r);
    il_system_destroy(&top);
}

static void second_frame(const char *text, const char *words) {
    ili_traj_frame frame;
    bool more;
    ili_traj_reader *r = open_text(text, NULL);
    if (!r) return;
    CHECK_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK_STATUS(ili_traj_next(ctx, r, &frame, &more), IL_E_INPUT);
    CHECK(!more && strstr(il_message(ctx), words) != NULL);
    ili_traj_close_reader(&r);
}

TEST(changing_atoms_are_refused) {
#define FIRST HEAD(1) "ITEM: ATOMS id mass x y z\n1 7 0 0 0\n"
    second_frame(FIRST HEAD(1) "ITEM: ATOMS id mass x y z\n2 7 0 0 0\n", "frame 1: has the atom 2");
    second_frame(FIRST HEAD(2) "ITEM: ATOMS id mass x y z\n1 7 0 0 0\n2 7 0 0 0\n",
                 "has 2 atoms, expected the 1");
}

/** Cut at every byte and spoiled at every byte: read, refused or ended with a warning; never a crash. */
TEST(no_spoiled_dump_crashes) {
    size_t n = strlen(TILTED), second = (size_t)(strstr(TILTED + 20, "ITEM: TIME\n1\n") - TILTED);
    char *copy = malloc(n + 1);
    scratch_path path;
    scratch_name(path, ".dump");
    for (size_t at = 0; at < n; at++)
        for (const char *spoil = "\xff-9: \n"; *spoil; spoil++) {
            ili_traj_reader *r = NULL;
            ili_traj_frame frame;
            bool more = true, is_cut = *spoil == '\n';
            int n_read = 0;
            il_context *own = il_context_create();
            memcpy(copy, TILTED, n);
            copy[at] = *spoil;
            scratch_write(path, copy, is_cut ? at : n);
            il_status status = ili_traj_open(own, path, NULL, &r);
            CHECK(status == IL_OK || status == IL_E_INPUT);
            CHECK((status == IL_OK) == (r != NULL));
            while (r && ili_traj_next(own, r, &frame, &more) == IL_OK && more) n_read++;
            if (is_cut) CHECK(n_read == (at >= second) && il_warning_count(own) == (at > second));
            ili_traj_close_reader(&r);
            il_context_destroy(&own);
        }
    free(copy);
    unlink(path);
}

TESTS(RUN(tilted_boxes_and_image_flags), RUN(other_columns), RUN(units_and_general_boxes),
      RUN(malformed_dumps_are_refused), RUN(a_topology_names_the_atoms), RUN(changing_atoms_are_refused),
      RUN(no_spoiled_dump_crashes))
