/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What a LAMMPS can do: the styles that `lmp -h` lists. */
#ifndef ILI_TASK_LAMMPS_STYLES_H
#define ILI_TASK_LAMMPS_STYLES_H

#include "base/context.h"

/** Styles that an `lmp` has, from `lmp -h`; a NULL list counts as all. */
typedef struct ili_lammps_styles ili_lammps_styles;
/** Text of `lmp -h` into the list of its styles. IL_E_INPUT: it lists no pair styles. */
il_status ili_lammps_styles_read(il_context *ctx, const char *help_text, ili_lammps_styles **out);
void ili_lammps_styles_destroy(ili_lammps_styles **styles);
/** kind "atom", "pair", "bond", "angle", "dihedral", "kspace", "fix", "compute", ... */
bool ili_lammps_has(const ili_lammps_styles *styles, const char *kind, const char *name);
/** IL_E_UNSUPPORTED, saying what for (`what`), when the style is missing. */
il_status ili_lammps_need(il_context *ctx, const ili_lammps_styles *styles, const char *kind,
                          const char *name, const char *what);

#endif
