/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Options of verbs, beyond what interlith.h offers. */
#ifndef ILI_API_OPTIONS_H
#define ILI_API_OPTIONS_H

#include "io/json.h"

#include "interlith.h"

/** The row of this name; NULL: there is none. */
const il_option *ili_option_find(const il_verb *verb, const char *name);
/** Every option of the verb under its name, as the run took it; null: not given and without a preset. */
void ili_options_report(const il_verb *verb, const void *options, ili_json *out);

#endif
