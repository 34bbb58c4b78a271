/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A finished sample of a contact as a file, so that collecting many samples builds and computes nothing again. */
#ifndef ILI_TASK_CONTACT_FILE_H
#define ILI_TASK_CONTACT_FILE_H

#include "task/contact_energy.h"

/** Numbers and relaxed contact of a finished sample to DIR/NAME.ckpt; the slabs it was made of are left out. IL_E_FILE, IL_E_STORAGE. */
il_status ili_contact_sample_save(il_context *ctx, const char *dir, const char *name, uint64_t key,
                                  const ili_contact_sample *sample);
/** Read it back into a zeroed sample. Not *found: there is none, or it is torn or of another job. */
il_status ili_contact_sample_load(il_context *ctx, const char *dir, const char *name, uint64_t key,
                                  ili_contact_sample *sample, bool *found);

#endif
