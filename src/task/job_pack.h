/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A job file with all that it names, as a folder that can be carried to another machine. */
#ifndef ILI_TASK_JOB_PACK_H
#define ILI_TASK_JOB_PACK_H

#include "io/json.h"

/** Write DIR/job.yaml: the job at `path` with its inputs copied to DIR/inputs, its models with all that they include to DIR/models, and
 *  the names changed accordingly, relative to DIR, in which the job is then to be run. Left out are `threads`, `part` and `fresh`, which
 *  are of one run of it. A seed of the context other than 1 replaces that of the file. What the job does not name
 *  (presets of options) comes with the program. Names written are added to `files`.
 *  IL_E_INPUT: two different files of one name, a model that includes a file from outside of its folder, DIR/job.yaml is the job
 *  itself; IL_E_FILE. */
il_status ili_job_pack(il_context *ctx, const char *path, const char *dir, ili_json *files);

#endif
