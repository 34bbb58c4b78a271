/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Side view of a structure as a picture, drawn with cairo. */
#ifndef ILI_IO_PICTURE_H
#define ILI_IO_PICTURE_H

#include "system/system.h"

/** Draw `sys` seen along its b vector, x to the right and z up: atoms as shaded discs by element, far ones first and
 *  paler, the edges of the cell, a legend, a scale bar and a caption. The plane is
 *  repeated until the picture is at least 24 angstrom wide. The ending of path chooses PNG, SVG or PDF. IL_E_FILE, IL_E_INPUT. */
il_status ili_picture_write(il_context *ctx, const il_system *sys, const char *caption, const char *path);

#endif
