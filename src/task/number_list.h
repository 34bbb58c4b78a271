/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Numbers with commas between, as options take them. */
#ifndef ILI_TASK_NUMBER_LIST_H
#define ILI_TASK_NUMBER_LIST_H

#include "base/context.h"

/** number [max], each in [low, high]; "" gives none. IL_E_USAGE naming the option. */
il_status ili_number_list(il_context *ctx, const char *option, const char *text, double low, double high,
                          int max, double *number, int *n);

#endif
