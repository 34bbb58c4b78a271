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

TESTS(RUN(keys_keep_their_order), RUN(numbers_survive_and_nonfinite_is_null),
      RUN(nesting_and_bytes_that_are_not_utf8), RUN(lost_memory_is_reported_by_the_text))
