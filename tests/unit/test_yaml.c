/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "io/yaml.h"

static ili_yaml_node *root;

static il_status parse(const char *text) {
    ili_yaml_destroy(&root);
    return ili_yaml_parse(ctx, text, strlen(text), "t.yaml", &root);
}

/** The text is refused, at this place and with these words. */
static void refused(const char *text, const char *where, const char *words) {
    CHECK_STATUS(parse(text), IL_E_INPUT);
    CHECK(strncmp(il_message(ctx), where, strlen(where)) == 0);
    CHECK(strstr(il_message(ctx), words) != NULL);
    if (!strstr(il_message(ctx), words)) fprintf(stderr, "  message: %s\n", il_message(ctx));
    CHECK(root == NULL);
}

TEST(tree_keeps_order_lines_and_texts) {
    REQUIRE_OK(
        parse("# comment\na: 1\nb: [x, 'y z', \"w\"]\nc:\n  d: {e: 2.5}\n  f: >\n    two\n    lines\n"));
    CHECK(root->kind == ILI_YAML_MAP && root->n == 3);
    const ili_yaml_node *b = ili_yaml_get(root, "b"), *c = ili_yaml_get(root, "c");
    CHECK(b && b->kind == ILI_YAML_LIST && b->n == 3 && b->line == 3);
    CHECK(strcmp(b->child->next->text, "y z") == 0 && !b->child->next->is_plain);
    const ili_yaml_node *e = ili_yaml_get(ili_yaml_get(c, "d"), "e");
    double v = 0;
    CHECK_OK(ili_yaml_real(ctx, e, 0, 10, &v));
    CHECK_NEAR(v, 2.5, 0.0);
    CHECK(e->line == 5);
    CHECK(strcmp(ili_yaml_get(c, "f")->text, "two lines\n") == 0);
    CHECK(ili_yaml_get(root, "nothing") == NULL);
    ili_yaml_destroy(&root);
    ili_yaml_destroy(&root);
    CHECK(root == NULL);
}

TEST(what_is_refused) {
    refused("a: 1\nb: 2\na: 3\n", "t.yaml:3:", "'a' is given twice (first on line 1)");
    refused("a: &x 1\nb: *x\n", "t.yaml:1:", "anchor");
    refused("a: 1\nb: *x\n", "t.yaml:2:", "alias");
    refused("a: !!str 1\n", "t.yaml:1:", "tag");
    refused("a: 1\n---\nb: 2\n", "t.yaml:2:", "second document");
    refused("a: [1, 2\nb: 3\n", "t.yaml:2:", "not valid YAML");
    refused("a: 1\n\tb: 2\n", "t.yaml:2:", "not valid YAML");
    refused("? [a, b]\n: 1\n", "t.yaml:1:", "key that is no plain word");
    refused("<<: {a: 1}\n", "t.yaml:1:", "merge key");
    refused("# only a comment\n", "t.yaml:1:", "found nothing");
    refused("a: \"x\\0y\"\n", "t.yaml:1:", "NUL");
    refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", "t.yaml:1:", "nested deeper");
}

static void bad_real(const char *text) {
    double v = -7;
    REQUIRE_OK(parse(text));
    CHECK_STATUS(ili_yaml_real(ctx, ili_yaml_get(root, "a"), 0, 10, &v), IL_E_INPUT);
    CHECK(strncmp(il_message(ctx), "t.yaml:2: a: found", 18) == 0);
    CHECK(v == -7);
}

TEST(numbers_are_strict) {
    bad_real("#\na: 1.5x\n");
    bad_real("#\na: .nan\n");
    bad_real("#\na: inf\n");
    bad_real("#\na: 1e999\n");
    bad_real("#\na: 0x10\n");
    bad_real("#\na: '3'\n");
    bad_real("#\na: 11\n");
    bad_real("#\na:\n");
    bad_real("#\na: [1]\n");
    long i;
    bool b;
    REQUIRE_OK(parse("i: 3\nx: 3.5\ny: yes\nn: maybe\nl: [1, 2, 3]\n"));
    CHECK_OK(ili_yaml_int(ctx, ili_yaml_get(root, "i"), 0, 5, &i));
    CHECK(i == 3);
    CHECK_STATUS(ili_yaml_int(ctx, ili_yaml_get(root, "x"), 0, 5, &i), IL_E_INPUT);
    CHECK_STATUS(ili_yaml_int(ctx, ili_yaml_get(root, "i"), 0, 2, &i), IL_E_INPUT);
    CHECK_OK(ili_yaml_bool(ctx, ili_yaml_get(root, "y"), &b));
    CHECK(b);
    CHECK_STATUS(ili_yaml_bool(ctx, ili_yaml_get(root, "n"), &b), IL_E_INPUT);
    double v[3];
    int n = 0;
    CHECK_OK(ili_yaml_reals(ctx, ili_yaml_get(root, "l"), 1, 3, v, &n));
    CHECK(n == 3 && v[2] == 3);
    CHECK_STATUS(ili_yaml_reals(ctx, ili_yaml_get(root, "l"), 1, 2, v, &n), IL_E_INPUT);
}

TEST(keys_and_kinds) {
    static const char *const known[] = {"cutoff", "pairs", NULL};
    const ili_yaml_node *value;
    char text[4];
    REQUIRE_OK(parse("cutof: 3\n"));
    CHECK_STATUS(ili_yaml_check_keys(ctx, root, known), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "t.yaml:1: unknown key 'cutof', did you mean 'cutoff'?") != NULL);
    REQUIRE_OK(parse("cutoff: 3\nzzzzzzzzzz: 1\n"));
    CHECK_STATUS(ili_yaml_check_keys(ctx, root, known), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "expected one of: cutoff, pairs") != NULL);
    CHECK_STATUS(ili_yaml_need(ctx, root, "pairs", ILI_YAML_MAP, &value), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "'pairs' is missing") != NULL);
    CHECK_STATUS(ili_yaml_need(ctx, root, "cutoff", ILI_YAML_MAP, &value), IL_E_INPUT);
    CHECK_OK(ili_yaml_need(ctx, root, "cutoff", ILI_YAML_SCALAR, &value));
    REQUIRE_OK(parse("a: long text\nb: abc\n"));
    CHECK_STATUS(ili_yaml_text(ctx, ili_yaml_get(root, "a"), text, sizeof text), IL_E_INPUT);
    CHECK_OK(ili_yaml_text(ctx, ili_yaml_get(root, "b"), text, sizeof text));
    CHECK(strcmp(text, "abc") == 0);
}

TEST(survives_every_failed_allocation) {
    const char *text = "a: {b: [1, 2], c: d}\ne: f\n";
    for (long n = 1; n < 100; n++) {
        ili_yaml_node *tree = NULL;
        ili_alloc_fail_at(n);
        il_status status = ili_yaml_parse(ctx, text, strlen(text), "t.yaml", &tree);
        ili_alloc_fail_at(0);
        if (status == IL_OK) {
            CHECK(n > 5);
            ili_yaml_destroy(&tree);
            return;
        }
        CHECK(status == IL_E_MEMORY && tree == NULL);
    }
    CHECK(!"never succeeded");
}

TESTS(RUN(tree_keeps_order_lines_and_texts); RUN(what_is_refused); RUN(numbers_are_strict);
      RUN(keys_and_kinds); RUN(survives_every_failed_allocation))
