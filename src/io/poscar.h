/* SPDX-License-Identifier: GPL-3.0-or-later */
/** POSCAR and CONTCAR of VASP 5 and later. Rules in docs/formats.md. */
#ifndef ILI_IO_POSCAR_H
#define ILI_IO_POSCAR_H

#include "system/system.h"

/** Direct or Cartesian, any scale (negative: volume); flags of selective dynamics and what follows the positions are
 *  not kept. Files without element names (VASP 4) are refused. IL_E_FILE, IL_E_INPUT with file:line. */
il_status ili_poscar_read(il_context *ctx, const char *path, il_system **out);
/** Direct coordinates. Atoms keep their order: an element that comes back later is named again. */
il_status ili_poscar_write(il_context *ctx, const il_system *sys, const char *path);

#endif
