/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_read.h"

#include "base/alloc.h"
#include "base/file.h"
#include "math/vec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 32 };

/* ---- frames ------------------------------------------------------------------------------------------ */

ili_lammps_turn ili_lammps_turn_of(const ili_lammps_field *field, const ili_cell *ours) {
    ili_lammps_turn turn = {.ours = *ours, .c_is_turned = ili_det(ours->h) < 0.0};
    memcpy(turn.axes, field->axes, sizeof turn.axes);
    memcpy(turn.shift, field->shift, sizeof turn.shift);
    return turn;
}

void ili_lammps_turn_vector(const ili_lammps_turn *turn, double v[3]) {
    double out[3];
    ili_vec_mat(v, turn->axes, out);
    memcpy(v, out, sizeof out);
}

void ili_lammps_turn_tensor(const ili_lammps_turn *turn, double w[6]) {
    static const int at[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    static const int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    double out[6] = {0};
    for (int k = 0; k < 6; k++)
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                out[k] += turn->axes[i][row[k]] * w[at[i][j]] * turn->axes[j][column[k]];
    memcpy(w, out, sizeof out);
}

static void turn_cell(const ili_lammps_turn *turn, ili_cell *cell) {
    if (!turn->ours.pbc[2]) { /* LAMMPS was given another box for it */
        *cell = turn->ours;
        return;
    }
    for (int k = 0; k < 3; k++) ili_lammps_turn_vector(turn, cell->h[k]);
    for (int k = 0; k < 3 && turn->c_is_turned; k++) cell->h[2][k] = -cell->h[2][k];
    memcpy(cell->pbc, turn->ours.pbc, sizeof cell->pbc);
}

void ili_lammps_turn_frame(const ili_lammps_turn *turn, ili_traj_frame *frame) {
    turn_cell(turn, &frame->cell);
    for (int32_t i = 0; i < frame->n; i++) {
        ili_lammps_turn_vector(turn, frame->x[i]);
        for (int k = 0; k < 3; k++) frame->x[i][k] -= turn->shift[k];
        if (frame->v) ili_lammps_turn_vector(turn, frame->v[i]);
    }
}

/* ---- tables ------------------------------------------------------------------------------------------ */

/** Numbers at the begin of a line; how many there are. The whole line must be of numbers. */
static int read_numbers(const char *line, double row[COLUMNS_MAX]) {
    int n = 0;
    for (char *end; n < COLUMNS_MAX; n++, line = end) {
        row[n] = strtod(line, &end);
        if (end == line) break;
    }
    return line[strspn(line, " \t\r\n")] ? 0 : n;
}

static il_status no_output(il_context *ctx, const char *path, const char *what) {
    return ili_fail(ctx, IL_E_PROGRAM, "%s: LAMMPS ended, but %s; run with --fresh to make it again", path,
                    what);
}

static il_status open_output(il_context *ctx, const char *path, FILE **f) {
    il_status status = ili_open_input(ctx, path, f);
    return status == IL_OK || status == IL_E_MEMORY ? status : no_output(ctx, path, "this file is not there");
}

il_status ili_lammps_log_read(il_context *ctx, const char *path, int part, int n_columns,
                              ili_lammps_rows rows) {
    FILE *f;
    char *line = NULL;
    size_t room = 0;
    int now = 0;
    bool in_table = false, found = false;
    double row[COLUMNS_MAX], last = -1.0;
    il_status status = open_output(ctx, path, &f);
    if (status != IL_OK) return status;
    while (status == IL_OK && getline(&line, &room, f) > 0) {
        if (sscanf(line, "interlith part %d", &now) == 1) in_table = false;
        if (strncmp(line + strspn(line, " "), "Step ", 5) == 0) in_table = true;
        if (strncmp(line, "Loop time", 9) == 0) in_table = false;
        if (now != part || !in_table || read_numbers(line, row) < n_columns || row[0] <= last) continue;
        last = row[0];
        found = true;
        for (int k = 0; k < n_columns && status == IL_OK; k++)
            if (!isfinite(row[k]))
                status = ili_fail(
                    ctx, IL_E_NONFINITE,
                    "%s: LAMMPS found a number that is not finite at step %.0f, expected energies and "
                    "pressures: atoms overlap, or the time step is too long",
                    path, row[0]);
        if (status == IL_OK) status = rows.see(ctx, rows.user, row);
    }
    free(line); /* getline's own */
    fclose(f);
    if (status == IL_OK && !found)
        return no_output(ctx, path, "its log has no row of numbers where one was expected");
    return status;
}

il_status ili_lammps_samples_read(il_context *ctx, const char *path, int n_columns, ili_lammps_rows rows) {
    FILE *f;
    char *line = NULL;
    size_t room = 0;
    double row[COLUMNS_MAX];
    il_status status = open_output(ctx, path, &f);
    if (status != IL_OK) return status;
    for (ssize_t n; status == IL_OK && (n = getline(&line, &room, f)) > 0;)
        if (line[0] != '#' && line[n - 1] == '\n' && read_numbers(line, row) >= n_columns)
            status = rows.see(ctx, rows.user, row);
    free(line); /* getline's own */
    fclose(f);
    return status;
}

/* ---- one frame --------------------------------------------------------------------------------------- */

/** "ITEM: BOX BOUNDS ..." and its three lines: bounds of the box around a skewed cell, as LAMMPS writes them. */
static bool read_box(FILE *f, const char *head, double origin[3], ili_cell *cell) {
    double low[3], high[3], tilt[3] = {0};
    char line[256];
    const bool is_skewed = strstr(head, "xy xz yz") != NULL;
    for (int k = 0; k < 3; k++) {
        if (!fgets(line, sizeof line, f)) return false;
        int n = sscanf(line, "%lf %lf %lf", &low[k], &high[k], &tilt[k]);
        if (n != (is_skewed ? 3 : 2)) return false;
    }
    const double xy = tilt[0], xz = tilt[1], yz = tilt[2];
    if (is_skewed) {
        low[0] -= fmin(fmin(0.0, xy), fmin(xz, xy + xz));
        high[0] -= fmax(fmax(0.0, xy), fmax(xz, xy + xz));
        low[1] -= fmin(0.0, yz);
        high[1] -= fmax(0.0, yz);
    }
    const double h[3][3] = {{high[0] - low[0], 0, 0}, {xy, high[1] - low[1], 0}, {xz, yz, high[2] - low[2]}};
    memcpy(cell->h, h, sizeof h);
    memcpy(origin, low, sizeof low);
    return true;
}

/** Atoms in the order of their ids, which count from 1. */
static bool read_atoms(FILE *f, const ili_lammps_turn *turn, const double origin[3],
                       const ili_lammps_state *s) {
    char line[1024];
    double row[COLUMNS_MAX];
    const int first = s->x ? 4 : 1; /* of v */
    for (int32_t i = 0; i < s->n; i++) {
        if (!fgets(line, sizeof line, f) || read_numbers(line, row) < first + 3 || row[0] != i + 1)
            return false;
        for (int k = 0; k < 3; k++) {
            if (s->x) s->x[i][k] = row[1 + k] - origin[k];
            s->v[i][k] = row[first + k];
        }
        ili_lammps_turn_vector(turn, s->v[i]);
        if (!s->x) continue;
        ili_lammps_turn_vector(turn, s->x[i]);
        for (int k = 0; k < 3; k++) s->x[i][k] -= turn->shift[k];
    }
    return true;
}

il_status ili_lammps_state_read(il_context *ctx, const char *path, const ili_lammps_turn *turn,
                                const ili_lammps_state *s) {
    FILE *f;
    char line[1024];
    long n = -1;
    double origin[3] = {0};
    ili_cell cell = {.h = {{0}}};
    bool is_whole = false, has_box = false;
    IL_TRY(open_output(ctx, path, &f));
    while (!is_whole && fgets(line, sizeof line, f)) {
        if (strncmp(line, "ITEM: NUMBER", 12) == 0 && fscanf(f, "%ld\n", &n) != 1) n = -1;
        if (strncmp(line, "ITEM: BOX", 9) == 0) has_box = read_box(f, line, origin, &cell);
        if (strncmp(line, "ITEM: ATOMS", 11) != 0) continue;
        is_whole = has_box && n == s->n && read_atoms(f, turn, origin, s);
        break;
    }
    fclose(f);
    if (!is_whole) return no_output(ctx, path, "what it wrote of the last state is not whole");
    turn_cell(turn, &cell);
    if (s->cell) *s->cell = cell;
    return IL_OK;
}
