/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What LAMMPS wrote, back in our frame: whatever direction the cell had, whatever hand, wherever its box lay. */
#include "io/lammps_data.h"
#include "math/vec.h"
#include "task/lammps_read.h"
#include "task/lammps_run.h"

#include "harness.h"
#include "unit/scratch.h"

#include <unistd.h>

/** Cells: as LAMMPS has them, in no special direction, left-handed, both. */
static const double CELLS[4][3][3] = {{{5, 0, 0}, {-2, 6, 0}, {1, 2, 7}},
                                      {{3, 2, 1}, {-2, 5, 0.5}, {1, -1, 6}},
                                      {{5, 0, 0}, {-2, 6, 0}, {1, 2, -7}},
                                      {{3, 2, 1}, {1, -1, 6}, {-2, 5, 0.5}}};
static const double X[3][3] = {{0.1, 0.2, 0.3}, {7.5, -1.25, 2.5}, {-3.0, 14.0, 1.0}};
static const double V[3][3] = {{0.5, 0.0, -1.0}, {0.25, 2.0, 0.125}, {-1.5, 0.75, 3.0}};

static ili_lammps_field field_of(const ili_cell *cell) {
    ili_lammps_field field = {.shift = {0.5, -0.25, 1.0}};
    ili_lammps_axes(cell, field.axes);
    return field;
}

/** The cell as LAMMPS has it, rows. */
static void their_cell(const ili_cell *cell, const ili_lammps_field *field, double h[3][3]) {
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            h[i][k] = ili_dot(cell->h[i], field->axes[k]) * (i == 2 && ili_det(cell->h) < 0.0 ? -1.0 : 1.0);
}

/** A dump in LAMMPS's frame, its box moved to `low`. */
static void write_dump(const char *path, const ili_cell *cell, const ili_lammps_field *field,
                       const double low[3]) {
    double h[3][3];
    their_cell(cell, field, h);
    const double xy = h[1][0], xz = h[2][0], yz = h[2][1];
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fprintf(f, "ITEM: TIMESTEP\n7\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS xy xz yz pp pp pp\n");
    fprintf(f, "%.17g %.17g %.17g\n", low[0] + fmin(fmin(0, xy), fmin(xz, xy + xz)),
            low[0] + h[0][0] + fmax(fmax(0, xy), fmax(xz, xy + xz)), xy);
    fprintf(f, "%.17g %.17g %.17g\n%.17g %.17g %.17g\n", low[1] + fmin(0, yz), low[1] + h[1][1] + fmax(0, yz),
            xz, low[2], low[2] + h[2][2], yz);
    fprintf(f, "ITEM: ATOMS id xu yu zu vx vy vz\n");
    for (int i = 0; i < 3; i++) {
        double moved[3];
        for (int k = 0; k < 3; k++) moved[k] = X[i][k] + field->shift[k];
        fprintf(f, "%d", i + 1);
        for (int k = 0; k < 3; k++) fprintf(f, " %.17g", ili_dot(moved, field->axes[k]) + low[k]);
        for (int k = 0; k < 3; k++) fprintf(f, " %.17g", ili_dot(V[i], field->axes[k]));
        fputc('\n', f);
    }
    fclose(f);
}

TEST(a_state_comes_back) {
    static const double low[3] = {-0.5, 0.75, 2.0};
    for (int c = 0; c < 4; c++) {
        ili_cell cell = {.pbc = {true, true, true}}, back;
        memcpy(cell.h, CELLS[c], sizeof cell.h);
        const ili_lammps_field field = field_of(&cell);
        const ili_lammps_turn turn = ili_lammps_turn_of(&field, &cell);
        double x[3][3], v[3][3];
        const ili_lammps_state state = {.n = 3, .x = x, .v = v, .cell = &back};
        scratch_path path;
        scratch_name(path, ".final");
        write_dump(path, &cell, &field, low);
        REQUIRE_OK(ili_lammps_state_read(ctx, path, &turn, &state));
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++) { /* sums of a few products of numbers below 20 */
                CHECK_NEAR(x[i][k], X[i][k], 1e-13);
                CHECK_NEAR(v[i][k], V[i][k], 1e-14);
                CHECK_NEAR(back.h[i][k], cell.h[i][k], 1e-13);
            }
        const ili_lammps_state more = {.n = 4, .x = x, .v = v};
        CHECK_STATUS(ili_lammps_state_read(ctx, path, &turn, &more), IL_E_PROGRAM);
        unlink(path);
    }
}

TEST(tensors_turn_as_products_of_vectors) {
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    ili_cell cell = {.pbc = {true, true, true}};
    memcpy(cell.h, CELLS[1], sizeof cell.h);
    const ili_lammps_field field = field_of(&cell);
    const ili_lammps_turn turn = ili_lammps_turn_of(&field, &cell);
    double theirs[3], ours[3], w[6];
    memcpy(theirs, V[1], sizeof theirs);
    memcpy(ours, theirs, sizeof ours);
    for (int k = 0; k < 6; k++) w[k] = theirs[row[k]] * theirs[column[k]];
    ili_lammps_turn_vector(&turn, ours);
    ili_lammps_turn_tensor(&turn, w);
    for (int k = 0; k < 6; k++) CHECK_NEAR(w[k], ours[row[k]] * ours[column[k]], 1e-14);
}

/** Counts rows and sums one column. */
typedef struct tally {
    int n;
    double sum;
} tally;

static il_status count_row(il_context *context, void *user, const double *values) {
    (void)context;
    tally *t = user;
    t->n++;
    t->sum += values[1];
    return IL_OK;
}

TEST(tables_of_a_log) {
    static const char text[] =
        "LAMMPS (22 Jul 2025)\nprint \"interlith part 1\"\ninterlith part 1\nrun 20\n"
        "   Step  Temp  PotEng\n 0 300 -1\nWARNING: something 1 2 3\n 10 310 -2\n 10 310 -2\n 20 320 -3\n"
        "Loop time of 1 on 1 procs\n 30 1 1\ninterlith part 2\n   Step  Temp  PotEng\n 20 1 1\n 25 2 2\n"
        "Loop time of 1 on 1 procs\n";
    static const char wrong[] = "interlith part 1\n   Step  Temp  PotEng\n 0 300 nan\n";
    scratch_path path;
    scratch_name(path, ".log");
    scratch_write(path, text, strlen(text));
    tally one = {0}, two = {0}, none = {0};
    CHECK_OK(ili_lammps_log_read(ctx, path, 1, 3, (ili_lammps_rows){&one, count_row}));
    CHECK(one.n == 3 && one.sum == 930.0);
    CHECK_OK(ili_lammps_log_read(ctx, path, 2, 3, (ili_lammps_rows){&two, count_row}));
    CHECK(two.n == 2 && two.sum == 3.0);
    CHECK_STATUS(ili_lammps_log_read(ctx, path, 3, 3, (ili_lammps_rows){&none, count_row}), IL_E_PROGRAM);
    CHECK_STATUS(ili_lammps_log_read(ctx, path, 1, 4, (ili_lammps_rows){&none, count_row}), IL_E_PROGRAM);
    scratch_write(path, wrong, strlen(wrong));
    CHECK_STATUS(ili_lammps_log_read(ctx, path, 1, 3, (ili_lammps_rows){&none, count_row}), IL_E_NONFINITE);
    unlink(path);
    CHECK_STATUS(ili_lammps_log_read(ctx, path, 1, 3, (ili_lammps_rows){&none, count_row}), IL_E_PROGRAM);
}

TEST(scratch_folders_go) {
    ili_lammps_folder folder;
    char path[ILI_PATH_MAX];
    REQUIRE_OK(ili_lammps_folder_make(ctx, NULL, "energy", &folder));
    REQUIRE_OK(ili_path_join(ctx, path, folder.path, "in.energy"));
    CHECK_OK(ili_write_file(ctx, path, "units metal\n"));
    ili_lammps_folder_free(&folder);
    CHECK(access(folder.path, F_OK) != 0);
    ili_lammps_folder_free(&folder);
}

TESTS(RUN(a_state_comes_back), RUN(tensors_turn_as_products_of_vectors), RUN(tables_of_a_log),
      RUN(scratch_folders_go))
