/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#include <unistd.h>

TEST(reals_fill_their_token) {
    static const char *const bad[] = {"",   "1x", "nan", "inf", "0x10", "1e", "1e999",
                                      " 1", "1 ", ".",   "-",   "1,5",  "1d0"};
    double v = 0.0;
    CHECK(ili_parse_real("-1.5e-3", &v) && v == -1.5e-3);
    CHECK(ili_parse_real("+.5", &v) && v == 0.5);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!ili_parse_real(bad[i], &v));
    CHECK(!ili_parse_real(NULL, &v) && v == 0.5);
}

TEST(integers_fill_their_token) {
    long v;
    CHECK(ili_parse_int("-12", -20, 20, &v) && v == -12);
    CHECK(!ili_parse_int("21", -20, 20, &v) && !ili_parse_int("1.0", 0, 9, &v) &&
          !ili_parse_int("", 0, 9, &v));
    CHECK(!ili_parse_int("99999999999999999999", 0, 9, &v) && !ili_parse_int(" 1", 0, 9, &v));
}

TEST(printed_reals_read_back) {
    const double values[] = {0.1, 1.0 / 3.0, 0.1 + 0.2, -1e-308, 123456789.123456789, 0.0};
    char text[ILI_REAL_MAX];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        CHECK(strtod(ili_print_real(text, values[i]), NULL) == values[i]);
    CHECK(strcmp(ili_print_real(text, 0.1), "0.1") == 0);
}

TEST(words_and_lines) {
    char line[] = "  a\tb  c \r", *words[2], text[] = "one\r\n\nthree", *cursor = text, *at;
    int number = 0;
    CHECK(ili_split(line, words, 2) == 3 && strcmp(words[0], "a") == 0 && strcmp(words[1], "b") == 0);
    CHECK(ili_next_line(&cursor, &at, &number) && strcmp(at, "one") == 0);
    CHECK(ili_next_line(&cursor, &at, &number) && strcmp(at, "") == 0);
    CHECK(ili_next_line(&cursor, &at, &number) && strcmp(at, "three") == 0 && number == 3);
    CHECK(!ili_next_line(&cursor, &at, &number) && number == 3);
}

TEST(nearest_names) {
    static const char *const names[] = {"miller", "short-cutoff", "coulomb", NULL};
    const char *near = ili_nearest_name("shrt-cutof", names);
    CHECK(near && strcmp(near, "short-cutoff") == 0);
    near = ili_nearest_name("MILER", names);
    CHECK(near && strcmp(near, "miller") == 0);
    CHECK(ili_nearest_name("zzzzzz", names) == NULL && ili_nearest_name("", names) == NULL);
    char longest[400];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    CHECK(ili_nearest_name(longest, names) == NULL);
    CHECK(ili_same_text("POSCAR", "poscar") && !ili_same_text("a", "ab"));
}

TEST(files_are_whole_or_refused) {
    char path[] = P_tmpdir "/il-test-text-XXXXXX", *text = NULL;
    size_t n;
    int fd = mkstemp(path);
    CHECK_STATUS(ili_read_file(ctx, path, 100, &text, &n), IL_E_INPUT); /* empty */
    CHECK(write(fd, "abc", 3) == 3);
    CHECK_OK(ili_read_file(ctx, path, 3, &text, &n));
    CHECK(text && n == 3 && strcmp(text, "abc") == 0);
    ili_free(text);
    CHECK_STATUS(ili_read_file(ctx, path, 2, &text, &n), IL_E_INPUT);
    CHECK(write(fd, "\0d", 2) == 2);
    CHECK_STATUS(ili_read_file(ctx, path, 100, &text, &n), IL_E_INPUT);
    CHECK_STATUS(ili_read_file(ctx, "/", 100, &text, &n), IL_E_FILE);
    CHECK_STATUS(ili_read_file(ctx, "/no/such/file", 100, &text, &n), IL_E_FILE);
    close(fd);
    unlink(path);
}

TEST(paths_are_joined_whole_or_refused) {
    char path[ILI_PATH_MAX], dir[ILI_PATH_MAX + 10];
    CHECK_OK(ili_path_join(ctx, path, "a/b", "%s-%d.png", "run", 3));
    CHECK(strcmp(path, "a/b/run-3.png") == 0);
    /* the last length that fits with its end, and one more, in folder and in name */
    memset(dir, 'd', sizeof dir);
    for (int extra = 0; extra < 2; extra++) {
        dir[ILI_PATH_MAX - 5 + extra] = 0;
        CHECK_STATUS(ili_path_join(ctx, path, dir, "xyz"), extra ? IL_E_FILE : IL_OK);
        dir[ILI_PATH_MAX - 5 + extra] = 'd';
    }
    dir[ILI_PATH_MAX + 5] = 0;
    CHECK_STATUS(ili_path_join(ctx, path, dir, "x"), IL_E_FILE);
    CHECK(ili_path_ends("a.b/c.CIF", "cif") && !ili_path_ends("a.cif/c", "cif") &&
          !ili_path_ends("cif", "cif"));
}

TESTS(RUN(reals_fill_their_token), RUN(integers_fill_their_token), RUN(printed_reals_read_back),
      RUN(words_and_lines), RUN(nearest_names), RUN(files_are_whole_or_refused),
      RUN(paths_are_joined_whole_or_refused))
