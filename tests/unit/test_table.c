/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "io/table.h"

static const ili_table_column columns[] = {{"step", NULL, 15}, {"T", "K", 6}, {"E_pot", "eV", 12}};

static void write_rows(const char *path, int keep, int end) {
    ili_table *table = NULL;
    REQUIRE_OK(ili_table_open(ctx, path, "a run", columns, 3, keep, &table));
    for (int k = keep; k < end; k++) {
        const double row[3] = {1000.0 * k, 300.0 + 100.0 / (k + 3), k == 2 ? NAN : -1e3 / (k + 7)};
        CHECK_OK(ili_table_row(ctx, table, row));
    }
    CHECK(ili_table_rows(table) == end);
    CHECK_OK(ili_table_sync(ctx, table));
    CHECK_OK(ili_table_close(ctx, &table));
    CHECK(table == NULL);
}

static void read_all(const char *path, char text[4096]) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    if (!file) return;
    text[fread(text, 1, 4095, file)] = 0;
    fclose(file);
}

TEST(rows_and_names) {
    scratch_path path;
    char text[4096] = "";
    scratch_name(path, ".tsv");
    write_rows(path, 0, 4);
    read_all(path, text);
    static const char head[] =
        "# a run\n# Interlith " IL_VERSION "\n# step\tT (K)\tE_pot (eV)\n0\t333.333\t-142.857142857\n";
    CHECK(strncmp(text, head, strlen(head)) == 0);
    CHECK(strstr(text, "\n2000\t320\tnan\n3000\t") != NULL);
    unlink(path);
}

TEST(a_table_gone_on_with_is_the_same) {
    char want[4096] = "", text[4096] = "";
    scratch_path path;
    scratch_name(path, ".tsv");
    write_rows(path, 0, 6);
    read_all(path, want);
    for (int keep = 1; keep <= 6; keep++) {
        write_rows(path, 0, 6);
        FILE *file = fopen(path, "ab");
        CHECK(file && fputs("5000\t3", file) >= 0); /* a torn row */
        fclose(file);
        write_rows(path, keep, 6);
        read_all(path, text);
        CHECK(strcmp(text, want) == 0);
    }
    unlink(path);
}

static void refused(const char *path, int keep, il_status status, const char *words) {
    ili_table *table = NULL;
    CHECK_STATUS(ili_table_open(ctx, path, "a run", columns, 3, keep, &table), status);
    CHECK(table == NULL && strstr(il_message(ctx), words) != NULL);
}

TEST(other_tables_are_refused) {
    scratch_path path;
    scratch_name(path, ".tsv");
    write_rows(path, 0, 3);
    refused(path, 4, IL_E_INPUT, "found 3 rows, expected the 4");
    static const char other[] = "# a run\n# step\tT (C)\n1\t2\n", bare[] = "1\t2\t3\n", torn[] = "# x";
    scratch_write(path, other, strlen(other));
    refused(path, 1, IL_E_INPUT, ":3: found other columns");
    scratch_write(path, bare, strlen(bare));
    refused(path, 1, IL_E_INPUT, ":1: found other columns");
    scratch_write(path, torn, strlen(torn));
    refused(path, 1, IL_E_INPUT, "found 0 rows");
    unlink(path);
    refused(path, 1, IL_E_FILE, path);
    refused("/nonexistent/table.tsv", 0, IL_E_FILE, "/nonexistent");
}

TESTS(RUN(rows_and_names), RUN(a_table_gone_on_with_is_the_same), RUN(other_tables_are_refused))
