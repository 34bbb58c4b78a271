/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/structure.h"

#include "base/text.h"
#include "io/cif.h"
#include "io/extxyz.h"
#include "io/lammps_data.h"
#include "io/poscar.h"
#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** Off-axis parts of a cell up to this, angstrom, are rounding in the file it came from. */
static const double FRAME_ERROR = 1e-6;

static const ili_format rows[] = {
#define ILI_FORMAT(name_, endings_, keeps_, read_, write_)                                                   \
    {.name = name_, .endings = endings_, .keeps = keeps_, .read = read_, .write = write_},
#include "io/formats.def"
#undef ILI_FORMAT
    {.name = NULL}};

const ili_format *ili_formats(void) {
    return rows;
}

static const ili_format *find(const char *word) {
    for (const ili_format *f = rows; f->name; f++)
        if (ili_is_listed(word, f->endings)) return f;
    return NULL;
}

const ili_format *ili_format_of(il_context *ctx, const char *path) {
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    const ili_format *format = find(dot ? dot + 1 : base);
    if (format) return format;
    char head[64]; /* "POSCAR_relaxed", "CONTCAR.1" */
    snprintf(head, sizeof head, "%.*s", (int)strcspn(base, "._-"), base);
    format = find(head);
    if (format) return format;
    char known[256] = "";
    for (const ili_format *f = rows; f->name; f++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s (%s)", used ? ", " : "", f->name, f->endings);
    }
    ili_fail(ctx, IL_E_INPUT, "%s: the ending names no known structure format; known are %s", path, known);
    return NULL;
}

/** The parts of ili_keeps that a system has. */
static unsigned parts_of(const il_system *sys) {
    unsigned parts = 0;
    for (int32_t s = 0; s < sys->n_species; s++)
        if (strcmp(sys->species[s].name, ili_element_of(sys->species[s].z)->symbol) != 0)
            parts |= ILI_KEEPS_LABELS;
    if (sys->charge) parts |= ILI_KEEPS_CHARGES;
    if (sys->n_bonds) parts |= ILI_KEEPS_BONDS;
    if (sys->molecule) parts |= ILI_KEEPS_MOLECULES;
    if (sys->v) parts |= ILI_KEEPS_VELOCITIES;
    if (sys->side) parts |= ILI_KEEPS_SIDES;
    if (sys->f) parts |= ILI_KEEPS_FORCES;
    if (sys->has_energy) parts |= ILI_KEEPS_ENERGY;
    for (int k = 0; k < 3; k++)
        if (!sys->cell.pbc[k]) parts |= ILI_KEEPS_PERIODS;
    const double(*h)[3] = sys->cell.h;
    if (fabs(h[0][1]) > FRAME_ERROR || fabs(h[0][2]) > FRAME_ERROR || fabs(h[1][2]) > FRAME_ERROR ||
        h[0][0] < 0.0 || h[1][1] < 0.0)
        parts |= ILI_KEEPS_FRAME;
    return parts;
}

void ili_format_warn_lost(il_context *ctx, const ili_format *format, const il_system *sys) {
    static const char *const words[] = {"labels of species",
                                        "charges",
                                        "bonds",
                                        "molecule numbers",
                                        "velocities",
                                        "sides of the contact",
                                        "forces",
                                        "energy",
                                        "non-periodic directions",
                                        "direction of the axes (atoms and cell are rotated together)"};
    unsigned lost = parts_of(sys) & ~format->keeps;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (lost >> k & 1) ili_warn(ctx, "the format %s does not keep the %s", format->name, words[k]);
}

il_status il_system_read(il_context *context, const char *path, il_system **system) {
    *system = NULL;
    const ili_format *format = ili_format_of(context, path);
    return format ? format->read(context, path, system) : IL_E_INPUT;
}

il_status il_system_write(il_context *context, const il_system *system, const char *path) {
    const ili_format *format = ili_format_of(context, path);
    return format ? format->write(context, system, path) : IL_E_INPUT;
}
