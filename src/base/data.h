/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Files that come with the program: models in potentials/, repeat units in structures/. */
#ifndef ILI_BASE_DATA_H
#define ILI_BASE_DATA_H

#include "base/context.h"

/** Path of `name` in `folder` ("potentials"). A name with a slash or the ending .yaml is a path and stays, and so is one with the ending
 *  .cif of a file that is there; others (.yaml is added where .cif is not there) are looked
 *  for in the context's data folder, beside the running program (../potentials as built, ../share/interlith/potentials as
 *  installed), in the folder that was configured, and in the working folder. `what` names it in the message.
 *  IL_E_FILE when it is nowhere, IL_E_INPUT when the path is too long. */
il_status ili_data_path(il_context *ctx, const char *what, const char *folder, const char *name, char *path,
                        size_t size);

#endif
