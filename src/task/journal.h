/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Journal of a long verb: the outcome of every finished relaxation, in order, so that a run broken off goes on where it was
 *  and ends with the same bits. DIR/VERB.journal; format in docs/formats.md. Replaying a job asks for its records one by one:
 *  as long as the journal has the next record it is handed back, afterwards new ones are appended. */
#ifndef ILI_TASK_JOURNAL_H
#define ILI_TASK_JOURNAL_H

#include "base/bytes.h"
#include "relax/relax.h"

typedef struct ili_journal ili_journal;

/** Open or begin the journal of the job whose identity is `key` (version, options, hashes of inputs, seed). `fresh` drops an
 *  old one, and DIR/VERB.json with it. dir NULL: nothing is kept and every lookup finds nothing.
 *  IL_E_INPUT when dir holds the journal of another job; IL_E_FILE, IL_E_MEMORY. A torn last record is dropped. */
il_status ili_journal_open(il_context *ctx, const char *dir, const char *verb, uint64_t key, bool fresh,
                           ili_journal **out);
/** Journal of a piece of a job (DIR/NAME.journal) whose folder is known to be the job's own: what another job left under this name is
 *  dropped. Only one process at a time may hold the same piece: its caller locks it. */
il_status ili_journal_open_piece(il_context *ctx, const char *dir, const char *name, uint64_t key, bool fresh,
                                 ili_journal **out);
/** IL_E_INPUT, with the sentence of ili_journal_open, when DIR/VERB.journal is there and of another job. Nothing is written. */
il_status ili_journal_check(il_context *ctx, const char *dir, const char *verb, uint64_t key);
void ili_journal_close(ili_journal **journal);
/** Close the journal and remove its file, unless it was there before. NULL handles are left alone. */
void ili_journal_discard(ili_journal **journal);
/** The next record, when there is one for a system of this size: sets x, f, cell, energy, result and *found. */
il_status ili_journal_next(il_context *ctx, ili_journal *journal, il_system *sys, ili_relax_result *result,
                           bool *found);
/** Append a finished relaxation (the system has its forces) and force it to disk. */
il_status ili_journal_add(il_context *ctx, ili_journal *journal, const il_system *sys,
                          const ili_relax_result *result);

/** IL_E_INTERRUPTED: "<so_far>; the same command goes on from <kept>, with --fresh it starts over"; kept NULL: no folder was given. */
il_status ili_stopped(il_context *ctx, const char *so_far, const char *kept);

#endif
