/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Structure files. One table row a format (formats.def): name, endings, reader, writer, what it keeps. */
#ifndef ILI_IO_STRUCTURE_H
#define ILI_IO_STRUCTURE_H

#include "system/crystal.h"

/** What a file can hold beside the elements, the cell and the positions. */
typedef enum ili_keeps {
    ILI_KEEPS_LABELS = 1 << 0,
    ILI_KEEPS_CHARGES = 1 << 1,
    ILI_KEEPS_BONDS = 1 << 2,
    ILI_KEEPS_MOLECULES = 1 << 3,
    ILI_KEEPS_VELOCITIES = 1 << 4,
    ILI_KEEPS_SIDES = 1 << 5,
    ILI_KEEPS_FORCES = 1 << 6,
    ILI_KEEPS_ENERGY = 1 << 7,
    ILI_KEEPS_PERIODS = 1 << 8, /**< which directions repeat */
    ILI_KEEPS_FRAME = 1 << 9,   /**< any direction of a and b, not only a along x and b in the xy plane */
    ILI_KEEPS_ALL = (1 << 10) - 1
} ili_keeps;

typedef struct ili_format {
    const char *name;    /**< "extxyz", "poscar", "lammps-data", "cif" */
    const char *endings; /**< "xyz|extxyz": endings or whole file names ("POSCAR"), without case */
    unsigned keeps;      /**< ili_keeps, together */
    il_status (*read)(il_context *ctx, const char *path, il_system **out);
    il_status (*write)(il_context *ctx, const il_system *sys, const char *path);
} ili_format;

/** The rows of formats.def; the one after the last has name NULL. */
const ili_format *ili_formats(void);
/** Format of a path by ending or file name; NULL and a message naming the known ones when unknown. */
const ili_format *ili_format_of(il_context *ctx, const char *path);

/** Warn of each thing in the system that the format does not keep. */
void ili_format_warn_lost(il_context *ctx, const ili_format *format, const il_system *sys);

#endif
