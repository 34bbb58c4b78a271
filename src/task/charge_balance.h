/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the electrons go that come with inserted Li+: named rules, never a silent background. theory.md section 13.
 *
 *  nearest   a whole electron to the reducible ion nearest to the inserted Li that still takes one
 *  lowest    a whole electron to the reducible ion where the energy of the moment (before relaxation) is lowest
 *  spread    all reducible ions carry the same share
 *  qeq       shares that minimise the energy, by charge equilibration; made again during relaxation until they stay
 *
 *  Ions with a share of an electron are species of a blend of the model, which the balance owns (ili_balance_model): "NAME~i". */
#ifndef ILI_TASK_CHARGE_BALANCE_H
#define ILI_TASK_CHARGE_BALANCE_H

#include "base/bytes.h"
#include "ff/redox.h"
#include "task/relaxer.h"

typedef enum ili_balance_rule {
    ILI_BALANCE_NEAREST,
    ILI_BALANCE_LOWEST,
    ILI_BALANCE_SPREAD,
    ILI_BALANCE_QEQ
} ili_balance_rule;

typedef struct ili_balance ili_balance;

/** For a system bound to a model with a ladder. The model is borrowed, settings (NULL: the model's) are copied.
 *  IL_E_INPUT naming the model when it has no ladder, when the system holds no reducible ion. IL_E_UNSUPPORTED: scaled charges of
 *  ions; electrons of unlike charge; spread with ions of several kinds; qeq with an open direction or on-site energies that are not
 *  convex; spread, qeq with pair terms that cannot be interpolated. */
il_status ili_balance_create(il_context *ctx, ili_balance_rule rule, const il_model *model,
                             const il_ff_options *settings, const il_system *sys, ili_balance **out);
void ili_balance_destroy(ili_balance **balance);
/** Name and one sentence that states the rule's limits, for results. */
const char *ili_balance_name(ili_balance_rule rule);
const char *ili_balance_limits(ili_balance_rule rule);
/** Electrons that can still be taken up (whole). */
int ili_balance_room(const ili_balance *balance);
/** Atom `ion` of sys is a new ion of charge +(one electron), in its place: give its electron one too. Changes species of sys.
 *  IL_E_INPUT when no ion takes one any more, or the charge is another; IL_E_OVERLAP (lowest), IL_E_NOT_CONVERGED (qeq). Nothing has
 *  changed when it fails, but for memory. */
il_status ili_balance_put(il_context *ctx, ili_balance *balance, il_system *sys, int32_t ion);
/** The ion put in last is to leave (it may have been removed from sys, when it was the last atom): its electron leaves. Exact
 *  reverse order only. */
il_status ili_balance_take(il_context *ctx, ili_balance *balance, il_system *sys);
/** Who relaxes, borrowed; NULL, as at first: our own minimiser. */
void ili_balance_relax_by(ili_balance *balance, ili_relaxer *relaxer);
/** Relax atoms and cell with the electrons where the rule has them (qeq: alternately, until both stay). The energy includes on-site
 *  energies. *model_used (borrowed until the next call; may be NULL): what sys is bound to now. */
il_status ili_balance_relax(il_context *ctx, ili_balance *balance, il_system *sys,
                            const ili_relax_options *options, ili_relax_result *result,
                            const il_model **model_used);
/** What sys is bound to now: the model itself, or a blend of it that holds the shares. Borrowed until the next put, take, relax or
 *  carry; the same after a restored carry as before the saved one. */
il_status ili_balance_model(il_context *ctx, ili_balance *balance, const il_model **model);
/** Electrons on each atom, out [n_atoms]. */
void ili_balance_electrons(const ili_balance *balance, const il_system *sys, double *electrons);
/** Share of the reducible ions on each rung (of the nearest whole number of electrons), out [ILI_RUNGS_MAX]; sum 1. */
void ili_balance_shares(const ili_balance *balance, double *shares);
void ili_balance_carry(ili_balance *balance, ili_bytes *bytes);

#endif
