/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/lammps_data.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "math/vec.h"
#include "system/element.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The frame of LAMMPS: rows are its axes in ours. */
typedef struct frame {
    double axes[3][3];
    double h[3][3]; /**< the cell in it: lower triangle, diagonal positive */
    bool is_rotated, is_turned; /**< c of a left-handed cell was turned round */
} frame;

static void turn(const frame *f, const double x[3], double out[3]) {
    double t[3];
    for (int k = 0; k < 3; k++) t[k] = f->is_rotated ? ili_dot(x, f->axes[k]) : x[k];
    memcpy(out, t, sizeof t);
}

static frame find_frame(const ili_cell *cell) {
    frame f = {.is_turned = ili_det(cell->h) < 0.0};
    const double(*h)[3] = cell->h;
    f.is_rotated = h[0][1] != 0.0 || h[0][2] != 0.0 || h[1][2] != 0.0 || h[0][0] < 0.0 || h[1][1] < 0.0;
    double la = ili_norm(h[0]), n[3];
    ili_cross(h[0], h[1], n);
    double ln = ili_norm(n);
    for (int k = 0; k < 3; k++) {
        f.axes[0][k] = h[0][k] / la;
        f.axes[2][k] = n[k] / ln;
    }
    ili_cross(f.axes[2], f.axes[0], f.axes[1]);
    for (int i = 0; i < 3; i++) turn(&f, h[i], f.h[i]);
    for (int k = 0; f.is_turned && k < 3; k++) f.h[2][k] = -f.h[2][k];
    f.h[0][1] = f.h[0][2] = f.h[1][2] = 0.0;
    return f;
}

/** Bond types: pairs of species in the order in which the bonds show them. */
typedef struct bond_types {
    int32_t *of_pair; /**< [n_species][n_species] number from 1, 0 none */
    int32_t n;
} bond_types;

static int32_t *bond_type(const bond_types *types, const il_system *sys, int32_t b) {
    int32_t s = sys->type[sys->bonds[b][0]], t = sys->type[sys->bonds[b][1]];
    return &types->of_pair[(s < t ? s : t) * sys->n_species + (s < t ? t : s)];
}

static il_status find_bond_types(il_context *ctx, const il_system *sys, bond_types *types) {
    size_t n = (size_t)sys->n_species;
    types->of_pair = ili_alloc(n * n, sizeof *types->of_pair);
    if (!types->of_pair) return ili_no_memory(ctx, "the bond types");
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        int32_t *type = bond_type(types, sys, b);
        if (*type == 0) *type = ++types->n;
    }
    return IL_OK;
}

static void write_reals(FILE *out, const double *values, int n) {
    char text[ILI_REAL_MAX];
    for (int k = 0; k < n; k++) fprintf(out, " %s", ili_print_real(text, values[k]));
}

static const char *style_of(const il_system *sys) {
    return sys->n_bonds || sys->molecule ? "full" : sys->charge ? "charge" : "atomic";
}

static void write_header(const il_system *sys, const frame *f, const bond_types *types, FILE *out) {
    const bool *p = sys->cell.pbc;
    fprintf(out, "LAMMPS data by Interlith %s, units metal, atom_style %s, boundary %c %c %c%s%s\n\n", il_version(),
            style_of(sys), "fp"[p[0]], "fp"[p[1]], "fp"[p[2]],
            f->is_rotated ? "; the cell and the atoms were rotated to have a along x and b in the xy plane" : "",
            f->is_turned ? "; c of the left-handed cell was turned round" : "");
    fprintf(out, "%d atoms\n%d atom types\n", sys->n_atoms, sys->n_species);
    if (sys->n_bonds) fprintf(out, "%d bonds\n%d bond types\n", sys->n_bonds, types->n);
    for (int k = 0; k < 3; k++) {
        fputs("0.0", out);
        write_reals(out, &f->h[k][k], 1);
        fprintf(out, " %clo %chi\n", "xyz"[k], "xyz"[k]);
    }
    const double tilt[3] = {f->h[1][0], f->h[2][0], f->h[2][1]};
    if (tilt[0] != 0.0 || tilt[1] != 0.0 || tilt[2] != 0.0) {
        write_reals(out, tilt, 3);
        fputs(" xy xz yz\n", out);
    }
    fputs("\nMasses\n\n", out);
    for (int32_t s = 0; s < sys->n_species; s++) {
        const ili_species *kind = &sys->species[s];
        fprintf(out, "%d %.8g # %s\n", s + 1, ili_element_of(kind->z)->mass, kind->name);
    }
}

static void write_atoms(const il_system *sys, const frame *f, FILE *out) {
    const char *style = style_of(sys);
    bool is_full = style[0] == 'f', has_charge = style[0] != 'a';
    fprintf(out, "\nAtoms # %s\n\n", style);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double x[3];
        turn(f, sys->x[i], x);
        fprintf(out, "%d", i + 1);
        if (is_full) fprintf(out, " %d", sys->molecule ? sys->molecule[i] : 0);
        fprintf(out, " %d", sys->type[i] + 1);
        if (has_charge) write_reals(out, sys->charge ? &sys->charge[i] : &(double){0.0}, 1);
        write_reals(out, x, 3);
        fputc('\n', out);
    }
}

static void write_velocities(const il_system *sys, const frame *f, FILE *out) {
    fputs("\nVelocities\n\n", out);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double v[3];
        turn(f, sys->v[i], v);
        for (int k = 0; k < 3; k++) v[k] *= 1e3; /* angstrom/ps */
        fprintf(out, "%d", i + 1);
        write_reals(out, v, 3);
        fputc('\n', out);
    }
}

il_status ili_lammps_data_write(il_context *ctx, const il_system *sys, const char *path) {
    ili_outfile file = {0};
    bond_types types = {0};
    il_status status;
    frame f = find_frame(&sys->cell);
    IL_GO(find_bond_types(ctx, sys, &types));
    IL_GO(ili_outfile_open(ctx, path, &file));
    write_header(sys, &f, &types, file.stream);
    write_atoms(sys, &f, file.stream);
    if (sys->v) write_velocities(sys, &f, file.stream);
    if (sys->n_bonds) fputs("\nBonds\n\n", file.stream);
    for (int32_t b = 0; b < sys->n_bonds; b++)
        fprintf(file.stream, "%d %d %d %d\n", b + 1, *bond_type(&types, sys, b), sys->bonds[b][0] + 1,
                sys->bonds[b][1] + 1);
    IL_GO(ili_outfile_commit(ctx, &file));
    if (f.is_rotated) ili_warn(ctx, "%s: the cell and the atoms were rotated to the frame of LAMMPS", path);
    if (2.0 * fabs(f.h[1][0]) > f.h[0][0] * (1.0 + 1e-9) || 2.0 * fabs(f.h[2][0]) > f.h[0][0] * (1.0 + 1e-9) ||
        2.0 * fabs(f.h[2][1]) > f.h[1][1] * (1.0 + 1e-9))
        ili_warn(ctx, "%s: the box is more tilted than LAMMPS takes without `box tilt large`", path);
out:
    ili_free(types.of_pair);
    ili_outfile_discard(&file);
    return status;
}
