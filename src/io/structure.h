/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Structure files. One table row a format (formats.def): name, endings, reader, writer, what it keeps. */
#ifndef ILI_IO_STRUCTURE_H
#define ILI_IO_STRUCTURE_H

#include "system/crystal.h"

typedef struct ili_format {
    const char *name;    /**< "extxyz", "poscar", "lammps-data", "cif" */
    const char *endings; /**< "xyz|extxyz": endings or whole file names ("POSCAR"), without case */
    il_status (*read)(il_context *ctx, const char *path, il_system **out);
    il_status (*write)(il_context *ctx, const il_system *sys, const char *path);
} ili_format;

/** The rows of formats.def; the one after the last has name NULL. */
const ili_format *ili_formats(void);
/** Format of a path by ending or file name; NULL and a message naming the known ones when unknown. */
const ili_format *ili_format_of(il_context *ctx, const char *path);

#endif
