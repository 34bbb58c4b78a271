/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Checkpoints of a lithiation: the path so far, and identity of the job. */
#ifndef ILI_TASK_LITHIATE_FILE_H
#define ILI_TASK_LITHIATE_FILE_H

#include "task/lithiate.h"

/** Cell, names and places of the host added to a hash. */
uint64_t ili_lithiate_hash_host(uint64_t hash, const il_system *host);
/** Identity of a job: version, model, settings, host. */
uint64_t ili_lithiate_key(const ili_lithiate_settings *settings, const il_system *host);
/** Save a system or restore it into a new one (*sys is destroyed first): cell, species, places, forces, energy. IL_E_MEMORY. */
il_status ili_lithiate_carry_system(il_context *ctx, ili_bytes *bytes, il_system **sys);
/** The same for the points of a path with their systems. */
il_status ili_lithiate_carry_path(il_context *ctx, ili_bytes *bytes, ili_lithiate_path *path);

#endif
