/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The verb `slab` as a program would call it. */
#include "harness.h"

#include <unistd.h>

static const il_verb *verb(void) {
    int n;
    const il_verb *const *all = il_verbs(&n);
    for (int i = 0; i < n; i++)
        if (strcmp(all[i]->name, "slab") == 0) return all[i];
    return NULL;
}

TEST(slab_of_a_file) {
    const il_verb *v = verb();
    CHECK(v != NULL);
    if (!v) return;
    char dir[] = "slab-test-XXXXXX", path[64];
    CHECK(mkdtemp(dir) != NULL);
    void *options = calloc(1, v->options_size);
    il_options_default(v, options);
    CHECK_OK(il_options_set(ctx, v, options, "miller", "0,1,2", "test"));
    CHECK_OK(il_options_set(ctx, v, options, "reconstruct", "yes", "test"));
    il_report *report = NULL;
    CHECK_OK(il_run(ctx, v, 1, (const char *[]){"structures/LGP.cif"}, options, dir, &report));
    if (report)
        CHECK(strstr(il_report_json(report), "\"tasker_class\"") &&
              strstr(il_report_text(report), "LiGe2P3O12"));
    il_report_destroy(&report);
    snprintf(path, sizeof path, "%s/slab.xyz", dir);
    il_system *slab = NULL;
    CHECK_OK(il_system_read(ctx, path, &slab));
    CHECK(slab && il_system_size(slab) == 72); /* two repeats of the primitive cell, 11.7 A */
    il_system_destroy(&slab);
    remove(path);
    snprintf(path, sizeof path, "%s/slab.json", dir);
    CHECK(remove(path) == 0);
    CHECK(rmdir(dir) == 0);
    free(options);
}

TEST(disorder_is_refused) {
    const il_verb *v = verb();
    il_report *report = NULL;
    CHECK_STATUS(il_run(ctx, v, 1, (const char *[]){"structures/LAGP.cif"}, NULL, NULL, &report), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "interlith order"));
    il_report_destroy(&report);
}

TESTS(RUN(slab_of_a_file), RUN(disorder_is_refused))
