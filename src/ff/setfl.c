/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Layout, lines 1 to 3: comments; 4: N and N element names; 5: n_rho drho n_r dr cutoff. Then for each element a line
 *  "Z mass lattice-constant lattice-type", n_rho values of F and n_r values of the density (eam.fs: N times n_r,
 *  the density given at each element in turn); at the end n_r values of r V for the pairs 1-1, 2-1, 2-2, 3-1, ...
 *  Values stand in any number per line. (LAMMPS manual, pair_style eam/alloy and eam/fs.) */
#include "ff/setfl.h"

#include "base/alloc.h"
#include "base/text.h"
#include "system/element.h"

#include <stdio.h>
#include <string.h>

static const size_t FILE_MAX = (size_t)1 << 28;
enum { GRID_MIN = 5, GRID_MAX = 10000000 };

/** A place in the text: tokens are taken one after the other, across lines. */
typedef struct scanner {
    il_context *ctx;
    const char *path;
    char *cursor, *line; /**< next line; rest of the present one */
    int line_number;
} scanner;

static bool next_line(scanner *s) {
    return ili_next_line(&s->cursor, &s->line, &s->line_number);
}

/** The next token of any line; NULL at the end of the file. */
static char *next_token(scanner *s) {
    for (;;) {
        char *token = s->line ? s->line + strspn(s->line, " \t") : NULL;
        if (token && *token) {
            size_t n = strcspn(token, " \t");
            s->line = token[n] ? token + n + 1 : token + n;
            token[n] = 0;
            return token;
        }
        if (!next_line(s)) return NULL;
    }
}

static il_status read_values(scanner *s, int32_t n, double *values, const char *what, const char *element) {
    for (int32_t k = 0; k < n; k++) {
        char *token = next_token(s);
        if (!token)
            return ili_fail(s->ctx, IL_E_INPUT, "%s:%d: the file ends after %d of %d values of %s of %s",
                            s->path, s->line_number, k, n, what, element);
        if (!ili_parse_real(token, &values[k]))
            return ili_fail(s->ctx, IL_E_INPUT,
                            "%s:%d: found \"%.40s\", expected value %d of %d of %s of %s, a finite number",
                            s->path, s->line_number, token, k + 1, n, what, element);
    }
    return IL_OK;
}

static il_status read_elements(scanner *s, ili_setfl *out) {
    char *token[ILI_SETFL_ELEMENTS_MAX + 1];
    long n = 0;
    for (int k = 0; k < 4; k++)
        if (!next_line(s))
            return ili_fail(s->ctx, IL_E_INPUT,
                            "%s: ends at line %d, expected three comment lines and a line with the elements",
                            s->path, s->line_number);
    int found = ili_split(s->line, token, ILI_SETFL_ELEMENTS_MAX + 1);
    if (found < 2 || !ili_parse_int(token[0], 1, ILI_SETFL_ELEMENTS_MAX, &n) || found != n + 1)
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s:%d: expected the number of elements (1 to %d) and as many element names", s->path,
                        s->line_number, ILI_SETFL_ELEMENTS_MAX);
    out->n_elements = (int)n;
    for (int k = 0; k < out->n_elements; k++) {
        if (!ili_element_z(token[k + 1]))
            return ili_fail(s->ctx, IL_E_INPUT, "%s:%d: \"%.40s\" is not an element symbol", s->path,
                            s->line_number, token[k + 1]);
        for (int j = 0; j < k; j++)
            if (strcmp(out->element[j], token[k + 1]) == 0)
                return ili_fail(s->ctx, IL_E_INPUT, "%s:%d: element %s is listed twice", s->path,
                                s->line_number, token[k + 1]);
        snprintf(out->element[k], sizeof out->element[k], "%s", token[k + 1]);
    }
    s->line = NULL;
    return IL_OK;
}

static il_status read_grids(scanner *s, ili_setfl *out) {
    char *token[5];
    long n_rho, n_r;
    if (!next_line(s) || ili_split(s->line, token, 5) != 5 ||
        !ili_parse_int(token[0], GRID_MIN, GRID_MAX, &n_rho) || !ili_parse_real(token[1], &out->drho) ||
        !ili_parse_int(token[2], GRID_MIN, GRID_MAX, &n_r) || !ili_parse_real(token[3], &out->dr) ||
        !ili_parse_real(token[4], &out->cutoff) || !(out->drho > 0.0) || !(out->dr > 0.0) ||
        !(out->cutoff > 0.0))
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s:%d: expected n_rho drho n_r dr cutoff: counts of %d to %d and positive numbers",
                        s->path, s->line_number, GRID_MIN, GRID_MAX);
    if (out->cutoff > n_r * out->dr * (1.0 + 1e-9))
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s:%d: the cut-off %g A lies beyond the table, which ends at %g A", s->path,
                        s->line_number, out->cutoff, n_r * out->dr);
    out->n_rho = (int32_t)n_rho;
    out->n_r = (int32_t)n_r;
    s->line = NULL;
    return IL_OK;
}

static size_t count_tokens(const char *text) {
    size_t n = 0;
    for (text += strspn(text, " \t\r\n"); *text; text += strspn(text, " \t\r\n")) {
        n++;
        text += strcspn(text, " \t\r\n");
    }
    return n;
}

/** Which layout the number of values fits; the two agree for one element. */
static il_status find_layout(scanner *s, ili_setfl *out) {
    size_t n = (size_t)out->n_elements, n_r = (size_t)out->n_r, found = count_tokens(s->cursor);
    size_t common = n * (4 + (size_t)out->n_rho) + n * (n + 1) / 2 * n_r;
    size_t alloy = common + n * n_r, fs = common + n * n * n_r;
    if (found != alloy && found != fs)
        return ili_fail(
            s->ctx, IL_E_INPUT,
            "%s: found %zu words after line %d, expected %zu (eam/alloy) or %zu (eam/fs) for %zu elements, "
            "%d densities and %d distances: is the file cut short?",
            s->path, found, s->line_number, alloy, fs, n, out->n_rho, out->n_r);
    out->is_fs = found != alloy;
    return IL_OK;
}

static il_status read_element(scanner *s, ili_setfl *out, int k) {
    const size_t n_r = (size_t)out->n_r, n = (size_t)out->n_elements;
    const char *name = out->element[k];
    char *token[4];
    double number[3];
    bool good = s->line == NULL || !s->line[strspn(s->line, " \t")];
    do good = good && next_line(s);
    while (good && !s->line[strspn(s->line, " \t")]);
    good = good && ili_split(s->line, token, 4) == 4;
    for (int j = 0; good && j < 3; j++) good = ili_parse_real(token[j], &number[j]);
    if (!good || number[0] != ili_element_z(name))
        return ili_fail(s->ctx, IL_E_INPUT,
                        "%s:%d: expected a line with the atomic number of %s (%d), its mass, lattice "
                        "constant and lattice type",
                        s->path, s->line_number, name, ili_element_z(name));
    s->line = NULL;
    IL_TRY(read_values(s, out->n_rho, out->embedding + (size_t)k * (size_t)out->n_rho, "the embedding energy",
                       name));
    double *density = out->density + (size_t)k * n * n_r;
    for (size_t j = 0; j < n; j++)
        if (j == 0 || out->is_fs)
            IL_TRY(read_values(s, out->n_r, density + j * n_r, "the density", name));
        else
            memcpy(density + j * n_r, density, n_r * sizeof *density);
    return IL_OK;
}

static il_status read_tables(scanner *s, ili_setfl *out) {
    const size_t n = (size_t)out->n_elements, n_r = (size_t)out->n_r;
    out->embedding = ili_alloc(n * (size_t)out->n_rho, sizeof *out->embedding);
    out->density = ili_alloc(n * n * n_r, sizeof *out->density);
    out->rv = ili_alloc(n * (n + 1) / 2 * n_r, sizeof *out->rv);
    if (!out->embedding || !out->density || !out->rv) return ili_no_memory(s->ctx, s->path);
    for (int k = 0; k < out->n_elements; k++) IL_TRY(read_element(s, out, k));
    for (int a = 0, row = 0; a < out->n_elements; a++)
        for (int b = 0; b <= a; b++, row++) {
            char pair[2 * ILI_NAME_MAX];
            snprintf(pair, sizeof pair, "%s-%s", out->element[a], out->element[b]);
            IL_TRY(read_values(s, out->n_r, out->rv + (size_t)row * n_r, "the pair term", pair));
        }
    return IL_OK;
}

il_status ili_setfl_read(il_context *ctx, const char *path, ili_setfl *out) {
    *out = (ili_setfl){0};
    char *text = NULL;
    IL_TRY(ili_read_file(ctx, path, FILE_MAX, &text, NULL));
    scanner s = {.ctx = ctx, .path = path, .cursor = text};
    il_status status;
    IL_GO(read_elements(&s, out));
    IL_GO(read_grids(&s, out));
    IL_GO(find_layout(&s, out));
    IL_GO(read_tables(&s, out));
out:
    ili_free(text);
    if (status != IL_OK) ili_setfl_free(out);
    return status;
}

void ili_setfl_free(ili_setfl *setfl) {
    ili_free(setfl->embedding);
    ili_free(setfl->density);
    ili_free(setfl->rv);
    *setfl = (ili_setfl){0};
}
