/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The memory of a context that stages of the work share in turn. */
#include "harness.h"

#include "base/alloc.h"

TEST(holds_what_was_asked_for) {
    for (size_t bytes = 0; bytes < 3000; bytes += 37) {
        char *a = ili_scratch(ctx, bytes);
        ck_assert_ptr_nonnull(a);
        memset(a, 1, bytes);
        CHECK((uintptr_t)a % 64 == 0);
        CHECK(ctx->scratch_bytes >= bytes);
        CHECK(ili_scratch(ctx, bytes / 2) == a); /* what is large enough stays */
    }
}

TEST(memory_that_is_not_there) {
    ck_assert_ptr_nonnull(ili_scratch(ctx, 100));
    ili_alloc_fail_at(1);
    CHECK(ili_scratch(ctx, 100000) == NULL);
    ili_alloc_fail_at(0);
    char *a = ili_scratch(ctx, 100000);
    ck_assert_ptr_nonnull(a);
    memset(a, 1, 100000);
}

TESTS(RUN(holds_what_was_asked_for), RUN(memory_that_is_not_there))
