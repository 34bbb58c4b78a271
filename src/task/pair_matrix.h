/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The pair matrix of a model over the species that a system has, and what each pair adds to the energy. */
#ifndef ILI_TASK_PAIR_MATRIX_H
#define ILI_TASK_PAIR_MATRIX_H

#include "ff/ff.h"
#include "io/report.h"

/** Sets "pair_matrix": a row for every pair of species with its forms or the reason that it has none, its
 *  longest cut-off, the number of atom pairs within it and their short-range energy (eV); prints the same as
 *  a table. Coulomb, bonded and many-body energies are of no pair and are left to the terms. */
il_status ili_report_pair_matrix(il_context *ctx, il_report *report, const il_system *sys, const il_ff *ff);

#endif
