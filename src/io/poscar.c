/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/poscar.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "io/lines.h"
#include "math/vec.h"
#include "system/element.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS_MAX = 1 << 16 };

/** What stands before the positions. */
typedef struct header {
    double scale;
    int n_groups;
    int32_t type[GROUPS_MAX]; /**< species of each group of atoms */
    int32_t count[GROUPS_MAX];
    bool is_selective, is_cartesian;
} header;

static il_status read_cell(ili_lines *lines, header *head, ili_cell *cell) {
    IL_TRY(ili_lines_need(lines, "the scale of the cell"));
    char *words[4];
    int n = ili_split(lines->line, words, 4);
    if (n < 1 || !ili_parse_real(words[0], &head->scale) || head->scale == 0.0)
        return ili_lines_fail(lines, "found '%.40s', expected the scale of the cell, a number other than 0",
                              lines->line);
    double other;
    if (n == 3 && ili_parse_real(words[1], &other) && ili_parse_real(words[2], &other))
        return ili_lines_fail(lines,
                              "found three scales, expected one; multiply the lattice vectors instead");
    for (int i = 0; i < 3; i++) {
        IL_TRY(ili_lines_need(lines, "a lattice vector"));
        IL_TRY(ili_lines_reals(lines, 3, cell->h[i], "a lattice vector of three numbers"));
    }
    if (head->scale < 0.0) head->scale = cbrt(-head->scale / ili_cell_volume(cell));
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) cell->h[i][k] *= head->scale;
    return ili_lines_prefix(lines, ili_cell_check(lines->ctx, cell, "the cell"));
}

/** "Li", "Li_sv" and "Ge/5d1f2a" name an element. */
static il_status read_species(ili_lines *lines, header *head, il_system *sys) {
    IL_TRY(ili_lines_need(lines, "the symbols of the elements"));
    char *save = NULL, *word = strtok_r(lines->line, " \t", &save);
    long number;
    if (word && ili_parse_int(word, 0, INT32_MAX, &number))
        return ili_lines_fail(
            lines,
            "found the number %s, expected the symbols of the elements; this is the form of "
            "VASP 4: add a line such as 'Li O' above it",
            word);
    for (; word; word = strtok_r(NULL, " \t", &save)) {
        word[strcspn(word, "_/")] = 0;
        int z = ili_element_z(word);
        if (z == 0) return ili_lines_fail(lines, "found '%.40s', expected the symbol of an element", word);
        if (head->n_groups == GROUPS_MAX)
            return ili_lines_fail(lines, "found more than %d elements", GROUPS_MAX);
        IL_TRY(ili_system_species(lines->ctx, sys, word, z, &head->type[head->n_groups++]));
    }
    return head->n_groups
               ? IL_OK
               : ili_lines_fail(lines, "found an empty line, expected the symbols of the elements");
}

static il_status read_counts(ili_lines *lines, header *head) {
    IL_TRY(ili_lines_need(lines, "the number of atoms of each element"));
    char *save = NULL, *word = strtok_r(lines->line, " \t", &save);
    for (int g = 0; g < head->n_groups; g++, word = strtok_r(NULL, " \t", &save)) {
        long count;
        if (!word)
            return ili_lines_fail(lines, "found %d counts, expected %d, one an element", g, head->n_groups);
        if (!ili_parse_int(word, 0, INT32_MAX, &count))
            return ili_lines_fail(lines, "found '%.40s', expected the number of atoms of an element", word);
        head->count[g] = (int32_t)count;
    }
    return IL_OK;
}

static il_status read_mode(ili_lines *lines, header *head) {
    for (;;) {
        IL_TRY(ili_lines_need(lines, "Direct or Cartesian"));
        const char *word = lines->line + strspn(lines->line, " \t");
        int letter = tolower((unsigned char)*word);
        if (letter == 's' && !head->is_selective) {
            head->is_selective = true;
            continue;
        }
        head->is_cartesian = letter == 'c' || letter == 'k';
        if (head->is_cartesian || letter == 'd') return IL_OK;
        return ili_lines_fail(lines, "found '%.40s', expected Direct or Cartesian", word);
    }
}

static il_status read_atoms(ili_lines *lines, const header *head, il_system *sys) {
    for (int g = 0; g < head->n_groups; g++)
        for (int32_t a = 0; a < head->count[g]; a++) {
            double s[3], x[3];
            IL_TRY(ili_lines_need(lines, "the position of an atom"));
            IL_TRY(ili_lines_reals(lines, 3, s, "the position of an atom, three numbers"));
            for (int k = 0; k < 3; k++) x[k] = s[k] * head->scale;
            if (!head->is_cartesian) ili_cell_to_cart(&sys->cell, s, x);
            IL_TRY(ili_system_add(lines->ctx, sys, head->type[g], x));
        }
    if (sys->n_atoms == 0) return ili_lines_fail(lines, "the counts add up to no atom");
    if (head->is_selective)
        ili_warn(lines->ctx, "%s: the flags of selective dynamics are not kept", lines->path);
    return IL_OK;
}

il_status ili_poscar_read(il_context *ctx, const char *path, il_system **out) {
    ili_lines lines = {0};
    il_system *sys = NULL;
    il_status status;
    header *head = ili_alloc(1, sizeof *head);
    *out = NULL;
    if (!head) return ili_no_memory(ctx, path);
    IL_GO(ili_lines_open(ctx, path, &lines));
    IL_GO(ili_system_create(ctx, &sys));
    IL_GO(ili_lines_need(&lines, "a title"));
    IL_GO(read_cell(&lines, head, &sys->cell));
    IL_GO(read_species(&lines, head, sys));
    IL_GO(read_counts(&lines, head));
    IL_GO(read_mode(&lines, head));
    IL_GO(read_atoms(&lines, head, sys));
out:
    ili_lines_close(&lines);
    ili_free(head);
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}

static int z_of(const il_system *sys, int32_t i) {
    return sys->species[sys->type[i]].z;
}

/** End of the run of one element that begins at atom i. */
static int32_t group_end(const il_system *sys, int32_t i) {
    int32_t end = i;
    while (end < sys->n_atoms && z_of(sys, end) == z_of(sys, i)) end++;
    return end;
}

il_status ili_poscar_write(il_context *ctx, const il_system *sys, const char *path) {
    ili_outfile file;
    char text[ILI_REAL_MAX], formula[256];
    IL_TRY(ili_outfile_open(ctx, path, &file));
    ili_system_formula(sys, formula, sizeof formula);
    fprintf(file.stream, "%s, written by Interlith %s\n1.0\n", formula, il_version());
    for (int k = 0; k < 9; k++)
        fprintf(file.stream, " %20s%s", ili_print_real(text, sys->cell.h[k / 3][k % 3]),
                k % 3 == 2 ? "\n" : "");
    for (int32_t i = 0; i < sys->n_atoms; i = group_end(sys, i))
        fprintf(file.stream, " %s", ili_element_of(z_of(sys, i))->symbol);
    fputc('\n', file.stream);
    for (int32_t i = 0; i < sys->n_atoms; i = group_end(sys, i))
        fprintf(file.stream, " %d", group_end(sys, i) - i);
    fputs("\nDirect\n", file.stream);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double s[3];
        ili_cell_to_frac(&sys->cell, sys->x[i], s);
        for (int k = 0; k < 3; k++) fprintf(file.stream, " %20s", ili_print_real(text, s[k]));
        fputc('\n', file.stream);
    }
    return ili_outfile_commit(ctx, &file);
}
