/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lithiate.json: what changes with lithium put in. */
#include "task/handoff_result.h"

il_status ili_handoff_lithiate(il_context *ctx, const ili_result *r, ili_handoff *out) {
    (void)ctx, (void)r, (void)out;
    return IL_OK;
}
