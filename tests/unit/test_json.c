/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "io/json.h"

#include <jansson.h>

TEST(keys_keep_their_order) {
    ili_json *json = ili_json_object();
    ili_json_int(json, "zeta", 1);
    ili_json_bool(json, "alpha", true);
    ili_json_string(json, "middle", NULL);
    char *text = ili_json_text(json);
    CHECK(text && strcmp(text, "{\n  \"zeta\": 1,\n  \"alpha\": true,\n  \"middle\": null\n}") == 0);
    ili_free(text);
    ili_json_destroy(&json);
    CHECK(json == NULL);
    ili_json_destroy(&json);
}

TEST(numbers_survive_and_nonfinite_is_null) {
    const double values[] = {0.1, 1.0 / 3.0, -1.6480003e-300, NAN, INFINITY, 14.399645478425668};
    ili_json *json = ili_json_object();
    ili_json_rows(json, "rows", values, 3, 2);
    ili_json_estimate(json, "estimate", 1.5, NAN);
    char *text = ili_json_text(json);
    json_t *back = json_loads(text ? text : "", 0, NULL);
    json_t *rows = json_object_get(back, "rows");
    CHECK(json_array_size(rows) == 3);
    for (size_t i = 0; i < 6; i++) {
        json_t *value = json_array_get(json_array_get(rows, i / 2), i % 2);
        if (isfinite(values[i]))
            CHECK(json_real_value(value) == values[i]);
        else
            CHECK(json_is_null(value));
    }
    json_t *estimate = json_object_get(back, "estimate");
    CHECK(json_real_value(json_object_get(estimate, "value")) == 1.5);
    CHECK(json_is_null(json_object_get(estimate, "sigma")));
    json_decref(back);
    ili_free(text);
    ili_json_destroy(&json);
}

TEST(nesting_and_bytes_that_are_not_utf8) {
    ili_json *json = ili_json_array();
    ili_json *row = ili_json_child(json, NULL);
    ili_json_string(row, "path", "caf\xe9");
    ili_json *list = ili_json_list(row, "list");
    ili_json_push_string(list, "a\"b\n");
    ili_json_push_real(list, 2.0);
    char *text = ili_json_text(row);
    CHECK(text && strstr(text, "caf?") && strstr(text, "a\\\"b\\n") && strstr(text, "2.0"));
    ili_free(text);
    ili_json_destroy(&json);
}

TEST(lost_memory_is_reported_by_the_text) {
    ili_json *json = ili_json_object();
    ili_alloc_fail_at(1);
    ili_json *child = ili_json_child(json, "child");
    CHECK(child == NULL);
    ili_json_int(child, "ignored", 1);
    CHECK(ili_json_text(json) == NULL);
    ili_json_destroy(&json);
}

/** What jansson makes of a text in a file. */
static il_status read_text(const char *text, ili_json **out) {
    char path[] = P_tmpdir "/interlith-json-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0) return IL_E_FILE;
    FILE *stream = fdopen(file, "w");
    fputs(text, stream);
    fclose(stream);
    const il_status status = ili_json_read(ctx, path, out);
    remove(path);
    return status;
}

TEST(a_tree_is_read_back) {
    ili_json *json;
    REQUIRE_OK(read_text("{\"a\": {\"n\": 0.1, \"whole\": 3, \"none\": null, \"yes\": true, \"no\": false},\n"
                         " \"text\": \"caf\\u00e9\", \"list\": [1.5, null, \"x\", {}]}\n",
                         &json));
    const ili_json_view *root = ili_json_root(json), *a = ili_json_get(root, "a"),
                        *list = ili_json_get(root, "list");
    CHECK(ili_json_number(ili_json_get(a, "n")) == 0.1);
    CHECK(ili_json_number(ili_json_get(a, "whole")) == 3.0);
    CHECK(ili_json_get(a, "none") == NULL && ili_json_get(a, "absent") == NULL);
    CHECK(ili_json_is_true(ili_json_get(a, "yes")) && !ili_json_is_true(ili_json_get(a, "no")));
    CHECK(strcmp(ili_json_string_of(ili_json_get(root, "text")), "caf\xc3\xa9") == 0);
    CHECK(ili_json_size(root) == 3 && ili_json_size(a) == 5 && ili_json_size(list) == 4);
    CHECK(ili_json_number(ili_json_at(list, 0)) == 1.5 && ili_json_at(list, 1) == NULL);
    CHECK(ili_json_at(list, 4) == NULL && ili_json_at(root, 0) == NULL &&
          ili_json_size(ili_json_get(a, "n")) == 0);
    static const char *const keys[] = {"a", "text", "list"};
    const char *key = NULL;
    for (int k = 0; k < 3; k++) {
        key = ili_json_next_key(root, key);
        CHECK(key && strcmp(key, keys[k]) == 0);
    }
    CHECK(ili_json_next_key(root, key) == NULL && ili_json_next_key(list, NULL) == NULL);
    CHECK(ili_json_next_key(root, "absent") == NULL);
    ili_json_destroy(&json);
}

TEST(types_are_told_and_nothing_is_taken_for_another) {
    static const struct {
        const char *key;
        ili_json_type type;
    } rows[] = {{"o", ILI_JSON_OBJECT}, {"l", ILI_JSON_LIST},   {"s", ILI_JSON_STRING},
                {"i", ILI_JSON_NUMBER}, {"r", ILI_JSON_NUMBER}, {"t", ILI_JSON_BOOL},
                {"f", ILI_JSON_BOOL},   {"n", ILI_JSON_NULL},   {"x", ILI_JSON_ABSENT}};
    ili_json *json;
    REQUIRE_OK(read_text(
        "{\"o\": {}, \"l\": [], \"s\": \"1\", \"i\": 1, \"r\": 1.0, \"t\": true, \"f\": false, \"n\": null}",
        &json));
    const ili_json_view *root = ili_json_root(json);
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const ili_json_view *v = ili_json_get(root, rows[k].key);
        CHECK(ili_json_type_of(root, rows[k].key) == rows[k].type);
        CHECK(isnan(ili_json_number(v)) == (rows[k].type != ILI_JSON_NUMBER));
        CHECK((ili_json_string_of(v) != NULL) == (rows[k].type == ILI_JSON_STRING));
        CHECK(ili_json_type_of(v, "k") == ILI_JSON_ABSENT && ili_json_get(v, "k") == NULL);
    }
    CHECK(ili_json_type_of(NULL, "o") == ILI_JSON_ABSENT && ili_json_root(NULL) == NULL);
    ili_json_destroy(&json);
}

TEST(files_that_are_no_object_are_refused) {
    static const char *const texts[] = {"",     "{", "[1, 2]", "{\"a\": 1, \"a\": 2}", "{\"a\": NaN}",
                                        "{} x", "3"};
    ili_json *json;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        CHECK_STATUS(read_text(texts[k], &json), IL_E_INPUT);
        CHECK(json == NULL && strstr(il_message(ctx), "interlith-json-"));
    }
    CHECK_STATUS(read_text("{\"a\": 1,\n\"b\": }", &json), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), ":2: ") != NULL);
    CHECK_STATUS(ili_json_read(ctx, "/no/such/file.json", &json), IL_E_FILE);
    CHECK_STATUS(ili_json_read(ctx, P_tmpdir, &json), IL_E_FILE);
}

TESTS(RUN(keys_keep_their_order), RUN(numbers_survive_and_nonfinite_is_null),
      RUN(nesting_and_bytes_that_are_not_utf8), RUN(lost_memory_is_reported_by_the_text),
      RUN(a_tree_is_read_back), RUN(types_are_told_and_nothing_is_taken_for_another),
      RUN(files_that_are_no_object_are_refused))
