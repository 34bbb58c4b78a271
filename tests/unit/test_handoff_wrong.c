/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several results in one hand-off, those that are refused, and files that somebody touched: one sentence, never a number. */
#include "handoff_files.h"

#include <jansson.h>

/* ---- several files, and what is refused ----------------------------------------------------------------- */

TEST(twins_are_told_apart) {
    char other[128];
    ili_handoff h;
    make_folder();
    ili_json *json = make_insertion();
    save(json, "lithiate.json");
    ili_json_string(json, "another", "run");
    save(json, "other.json");
    ili_json_destroy(&json);
    json = make_interface();
    save(json, "interface.json");
    ili_json_destroy(&json);
    snprintf(other, sizeof other, "%s", path_of("other.json"));
    REQUIRE_OK(ili_handoff_read(ctx, 2, (const char *const[]){dir, other}, NULL, &h));
    CHECK(h.n_files == 3);
    CHECK(ili_handoff_find(&h, ILI_Q_swelling, "LAGP", "Li") &&
          ili_handoff_find(&h, ILI_Q_swelling, "LAGP (2)", "Li"));
    for (int a = 0; a < h.n; a++)
        for (int b = 0; b < a; b++)
            CHECK(h.quantity[a].kind != h.quantity[b].kind ||
                  strcmp(h.quantity[a].species, h.quantity[b].species) ||
                  strcmp(h.quantity[a].material, h.quantity[b].material));
    ili_handoff_free(&h);
    REQUIRE_OK(ili_handoff_read(ctx, 1, (const char *const[]){dir}, "my own", &h));
    CHECK(ili_handoff_find(&h, ILI_Q_swelling, "my own", NULL) &&
          ili_handoff_find(&h, ILI_Q_formation_energy, "my own", NULL));
    ili_handoff_free(&h);
    CHECK_STATUS(ili_handoff_read(ctx, 2, (const char *const[]){dir, path_of("lithiate.json")}, NULL, &h),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "given twice"));
    ili_handoff_free(&h);
    json = make_insertion();
    save(json, "other.json"); /* a copy */
    ili_json_destroy(&json);
    CHECK_STATUS(ili_handoff_read(ctx, 2, (const char *const[]){dir, other}, NULL, &h), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "byte for byte"));
    close_all(&h);
}

static void refuse(ili_json *json, il_status want, const char *words) {
    ili_handoff h;
    save(json, "other.json");
    CHECK_STATUS(read_one("other.json", &h), want);
    if (!strstr(il_message(ctx), words)) fprintf(stderr, "not '%s': %s\n", words, il_message(ctx));
    CHECK(strstr(il_message(ctx), words) && strstr(il_message(ctx), "other.json"));
    ili_handoff_free(&h);
}

TEST(what_is_refused) {
    ili_handoff h;
    make_folder();
    ili_json *json = make_interface();
    ili_json_string(json, "status", "an iteration ended before it reached its goal");
    refuse(json, IL_E_INPUT, "ended with \"an iteration");
    ili_json_string(json, "status", "done");
    ili_json_string(json, "contact", NULL);
    refuse(json, IL_E_INPUT, "\"contact\" is null, expected a text");
    ili_json_real(json, "contact", 1.0);
    refuse(json, IL_E_INPUT, "\"contact\" is a number, expected a text");
    ili_json_string(ili_json_child(json, "provenance"), "verb", "energy");
    refuse(json, IL_E_INPUT, "is a result of energy");
    ili_json_int(json, "provenance", 3);
    refuse(json, IL_E_INPUT, "\"provenance\" is a number");
    ili_json_destroy(&json);
    json = ili_json_object();
    refuse(json, IL_E_INPUT, "\"provenance\" is missing");
    ili_json_destroy(&json);
    json = begin("diffuse", "x.cif");
    refuse(json, IL_E_INPUT, "\"temperatures\" is missing, expected a list");
    ili_json_destroy(&json);
    json = begin("lithiate", "x.cif");
    ili_json_list(json, "strains");
    save(json, "other.json");
    CHECK_OK(read_one("other.json", &h)); /* of a contact nothing is handed over, and that is said */
    CHECK(h.n == 0 && il_warning_count(ctx) == 1 && strstr(il_warning(ctx, 0), "left out"));
    ili_handoff_free(&h);
    ili_json_destroy(&json);
    CHECK_STATUS(ili_handoff_read(ctx, 1, (const char *const[]){dir}, NULL, &h), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "holds no result"));
    ili_handoff_free(&h);
    CHECK_STATUS(read_one("none.json", &h), IL_E_FILE);
    ili_handoff_free(&h);
    char name[80] = "";
    memset(name, 'a', sizeof name - 1);
    CHECK_STATUS(ili_handoff_read(ctx, 1, (const char *const[]){dir}, name, &h), IL_E_INPUT);
    close_all(&h);
}

/* ---- files that somebody touched ------------------------------------------------------------------------ */

/** What a member is replaced by; NULL takes it away. */
static const char *const REPLACEMENTS[] = {
    "null",
    "\"caf\xc3\xa9\\n\\\"x\\\", and a text that is longer than any field for a species or a layer has room "
    "for, so "
    "that it must be cut somewhere: \xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"",
    "-1e308",
    "[]",
    "{}",
    "true",
    "0.0",
    NULL};
enum { N_REPLACEMENTS = sizeof REPLACEMENTS / sizeof *REPLACEMENTS };

static json_t *replacement(int which) {
    return REPLACEMENTS[which] ? json_loads(REPLACEMENTS[which], JSON_DECODE_ANY, NULL) : NULL;
}

static int tried, finished;

static void try_tree(json_t *root) {
    ili_handoff h;
    CHECK(json_dump_file(root, path_of("other.json"), 0) == 0);
    const il_status status = read_one("other.json", &h);
    CHECK(status == IL_OK || status == IL_E_INPUT);
    CHECK(status == IL_OK || (il_message(ctx)[0] && strstr(il_message(ctx), "other.json")));
    for (int k = 0; k < h.n && status == IL_OK; k++) {
        const ili_quantity *q = &h.quantity[k];
        CHECK(q->n > 0 && q->material[0] && (q->at != NULL) == (q->argument != ILI_ARG_NONE));
        for (int i = 0; i < q->n; i++)
            CHECK(isfinite(q->y[i].value) &&
                  (!q->at || (isfinite(q->at[i]) && (!i || q->at[i] >= q->at[i - 1]))));
        ili_quantity_at(q, 300.0);
    }
    tried++;
    finished += status == IL_OK;
    ili_handoff_free(&h);
}

/** Every member and every first entry of a list, one at a time; what was taken away comes back at the end of its object. */
static void mutate(json_t *root, json_t *at) {
    char keys[64][64];
    int n = 0;
    for (void *it = json_object_iter(at); it && n < 64; it = json_object_iter_next(at, it))
        snprintf(keys[n++], sizeof keys[0], "%s", json_object_iter_key(it));
    for (int k = 0; k < n; k++) {
        json_t *keep = json_incref(json_object_get(at, keys[k]));
        for (int r = 0; r < N_REPLACEMENTS; r++) {
            json_t *changed = replacement(r);
            if (changed) json_object_set_new(at, keys[k], changed);
            if (!changed) json_object_del(at, keys[k]);
            try_tree(root);
        }
        json_object_set_new(at, keys[k], keep);
        mutate(root, keep);
    }
    if (json_is_array(at) && json_array_size(at) > 0) {
        json_t *keep = json_incref(json_array_get(at, 0));
        for (int r = 0; r + 1 < N_REPLACEMENTS; r++) {
            json_array_set_new(at, 0, replacement(r));
            try_tree(root);
        }
        json_array_set(at, 0, keep);
        json_decref(keep);
        mutate(root, json_array_get(at, 0));
    }
}

TEST(no_file_is_read_wrongly_in_silence) {
    static const ili_vtf vtf = {.n = 4,
                                .t0 = {200.0, 9.0, 182.0, 218.0},
                                .b = {900.0, 9.0, 882.0, 918.0},
                                .widening = 1.0,
                                .covariance = {{1.0, 0.1, 0.1}, {0.1, 1.0, 0.1}, {0.1, 0.1, 1.0}},
                                .is_curved = true};
    ili_json *made[] = {NULL,
                        make_diffuse(false),
                        make_diffuse(true),
                        make_insertion(),
                        make_voltages(600.0, 0.01, 1e-3),
                        make_interface()};
    curved = &vtf;
    made[0] = make_diffuse(false);
    curved = NULL;
    make_folder();
    for (int k = 0; k < 6; k++) {
        char *text = ili_json_text(made[k]);
        json_t *root = json_loads(text, 0, NULL);
        tried = finished = 0;
        mutate(root, root);
        CHECK(tried > 200 && finished > 0 && finished < tried);
        json_decref(root);
        ili_free(text);
        ili_json_destroy(&made[k]);
    }
    remove_folder();
}

TEST(lost_memory_is_reported) {
    ili_handoff h;
    save_alone(make_diffuse(false), "diffuse.json");
    il_status status = IL_E_MEMORY;
    long n = 0;
    while (status != IL_OK && n < 1000) {
        ili_alloc_fail_at(++n);
        status = read_one("diffuse.json", &h);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        ili_handoff_free(&h);
    }
    CHECK(status == IL_OK && n > 20);
    remove_folder();
}

TEST(a_long_caveat_ends_in_dots) {
    ili_handoff h;
    char text[5000];
    ili_json *json = make_interface(), *provenance = ili_json_child(json, "provenance"),
             *warnings = ili_json_list(provenance, "warnings");
    ili_json_string(provenance, "verb", "interface");
    memset(text, 'w', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ili_json_push_string(warnings, "first");
    ili_json_push_string(warnings, text);
    save_alone(json, "interface.json");
    REQUIRE_OK(read_one("interface.json", &h));
    const char *caveat = find(&h, ILI_Q_work_of_adhesion, "")->caveat;
    CHECK(strlen(caveat) + 1 == sizeof h.quantity->caveat && strstr(caveat, "first; w"));
    CHECK(strcmp(caveat + strlen(caveat) - 4, "w...") == 0);
    close_all(&h);
}

TESTS(RUN(twins_are_told_apart), RUN(what_is_refused), RUN(no_file_is_read_wrongly_in_silence),
      RUN(lost_memory_is_reported), RUN(a_long_caveat_ends_in_dots))
