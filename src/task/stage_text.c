/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/stage_text.h"

#include "base/text.h"
#include "math/units.h"
#include "md/md.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const ENSEMBLES[] = {[ILI_NVE] = "nve", [ILI_NVT] = "nvt", [ILI_NPT] = "npt", NULL};

/** A number with a unit: where it goes, two numbers for what may be ramped. */
static const struct quantity {
    const char *name;
    size_t offset;
    bool may_ramp;
    double low, high; /**< in internal units */
} quantities[] = {
    {"temperature", offsetof(ili_stage_text, temperature), true, 1e-3, 1e5},
    {"pressure", offsetof(ili_stage_text, pressure), true, -1e3 / ILI_GPA, 1e3 / ILI_GPA},
    {"time", offsetof(ili_stage_text, time), false, 1e-3, 1e12},
};
enum { TEMPERATURE, PRESSURE, TIME };

static const struct unit {
    const char *name;
    int quantity;
    double factor;
} units[] = {
    {"K", TEMPERATURE, 1.0},
    {"GPa", PRESSURE, 1.0 / ILI_GPA},
    {"MPa", PRESSURE, 1e-3 / ILI_GPA},
    {"bar", PRESSURE, 1e-4 / ILI_GPA},
    {"fs", TIME, 1.0},
    {"ps", TIME, 1e3},
    {"ns", TIME, 1e6},
};

/** A word after the ensemble and the setting that it makes; `least` is the first ensemble that has such a thing. */
static const struct word {
    const char *name;
    size_t offset;
    int value;
    ili_ensemble least;
} words[] = {
    {"langevin", offsetof(ili_stage_text, thermostat), ILI_THERMOSTAT_LANGEVIN, ILI_NVT},
    {"csvr", offsetof(ili_stage_text, thermostat), ILI_THERMOSTAT_CSVR, ILI_NVT},
    {"nose-hoover", offsetof(ili_stage_text, thermostat), ILI_THERMOSTAT_NOSE_HOOVER, ILI_NVT},
    {"scr", offsetof(ili_stage_text, barostat), ILI_BAROSTAT_SCR, ILI_NPT},
    {"mtk", offsetof(ili_stage_text, barostat), ILI_BAROSTAT_MTK, ILI_NPT},
    {"iso", offsetof(ili_stage_text, cell_mode), ILI_CELL_ISO, ILI_NPT},
    {"aniso", offsetof(ili_stage_text, cell_mode), ILI_CELL_ANISO, ILI_NPT},
    {"full", offsetof(ili_stage_text, cell_mode), ILI_CELL_FULL, ILI_NPT},
    {"z", offsetof(ili_stage_text, cell_mode), ILI_CELL_Z, ILI_NPT},
};

enum { N_UNITS = sizeof units / sizeof *units, N_WORDS = sizeof words / sizeof *words, TOKENS_MAX = 16 };

typedef struct reader {
    il_context *ctx;
    const char *where;
    ili_stage_text *stage;
    char *token[TOKENS_MAX];
    int n, at;
} reader;

static il_status refuse(const reader *r, const char *found, const char *expected, const char *const *known) {
    const char *nearest = known ? ili_nearest_name(found, known) : NULL;
    return ili_fail(r->ctx, IL_E_USAGE, "%s: stage '%s': found '%.40s', expected %s%s%s%s", r->where,
                    r->stage->text, found, expected, nearest ? "; did you mean '" : "",
                    nearest ? nearest : "", nearest ? "'?" : "");
}

static il_status refuse_stage(const reader *r, const char *reason) {
    return ili_fail(r->ctx, IL_E_USAGE, "%s: stage '%s' %s", r->where, r->stage->text, reason);
}

static il_status take_unit(const reader *r, const char *name, const struct unit **out) {
    const char *known[N_UNITS + 1] = {NULL};
    for (int k = 0; k < N_UNITS; k++) {
        known[k] = units[k].name;
        if (strcmp(name, units[k].name) != 0) continue;
        *out = &units[k];
        return IL_OK;
    }
    return refuse(r, name, "a unit: K; GPa, MPa or bar; fs, ps or ns", known);
}

/** "300", "300-900", "-1--0.5": one number or two with a hyphen between. */
static bool read_range(char *text, double value[2], bool *is_range) {
    char *hyphen = text + 1;
    while (*hyphen && (*hyphen != '-' || strchr("eE", hyphen[-1]))) hyphen++;
    *is_range = *text && *hyphen;
    if (*is_range) *hyphen = 0;
    bool is_good = ili_parse_real(text, &value[0]);
    value[1] = value[0];
    if (*is_range) {
        is_good = ili_parse_real(hyphen + 1, &value[1]) && is_good;
        *hyphen = '-';
    }
    return is_good;
}

/** A number or a range, with its unit behind it or as the next word. */
static il_status take_quantity(reader *r) {
    char number[ILI_STAGE_TEXT_MAX], given[2 * ILI_STAGE_TEXT_MAX], expected[96];
    const char *token = r->token[r->at++];
    size_t n = strlen(token), digits = n;
    while (digits > 0 && isalpha((unsigned char)token[digits - 1])) digits--;
    memcpy(number, token, n + 1);
    number[digits] = 0;
    const char *name = digits < n ? token + digits : r->at < r->n ? r->token[r->at++] : "";
    const struct unit *unit = units;
    IL_TRY(take_unit(r, name, &unit));
    const struct quantity *q = &quantities[unit->quantity];
    double value[2], *field = (double *)((char *)r->stage + q->offset);
    bool is_range;
    snprintf(given, sizeof given, "%s %s", number, name);
    if (!read_range(number, value, &is_range))
        return refuse(r, number, "a number or a range such as 300-900", NULL);
    if (is_range && !q->may_ramp) return refuse(r, given, "one number", NULL);
    if (!isnan(field[0])) return refuse(r, given, "each quantity once", NULL);
    for (int k = 0; k < (q->may_ramp ? 2 : 1); k++) {
        field[k] = value[k] * unit->factor;
        if (field[k] >= q->low && field[k] <= q->high) continue;
        snprintf(expected, sizeof expected, "a %s from %g to %g %s", q->name, q->low / unit->factor,
                 q->high / unit->factor, unit->name);
        return refuse(r, given, expected, NULL);
    }
    return IL_OK;
}

static il_status take_word(reader *r) {
    const char *name = r->token[r->at++], *known[N_WORDS + 1] = {NULL};
    for (int k = 0; k < N_WORDS; k++) {
        const struct word *word = &words[k];
        known[k] = word->name;
        if (strcmp(name, word->name) != 0) continue;
        int *field = (int *)((char *)r->stage + word->offset);
        if (r->stage->ensemble < word->least)
            return refuse(r, name, word->least == ILI_NVT ? "no thermostat in nve" : "no barostat but in npt",
                          NULL);
        if (*field >= 0) return refuse(r, name, "one thermostat, one barostat and one kind of cell", NULL);
        *field = word->value;
        return IL_OK;
    }
    return refuse(r, name, "numbers with units, a thermostat, a barostat or a kind of cell", known);
}

static il_status take_ensemble(reader *r) {
    if (r->n == 0)
        return ili_fail(r->ctx, IL_E_USAGE,
                        "%s: found an empty stage, expected one such as 'nvt 300 K 10 ps'", r->where);
    const char *name = r->token[r->at++];
    for (int k = 0; ENSEMBLES[k]; k++) {
        if (strcmp(name, ENSEMBLES[k]) != 0) continue;
        r->stage->ensemble = (ili_ensemble)k;
        return IL_OK;
    }
    return refuse(r, name, "nve, nvt or npt", ENSEMBLES);
}

/** What each ensemble must not say. */
static il_status check(const reader *r) {
    const ili_stage_text *s = r->stage;
    if (isnan(s->time)) return refuse_stage(r, "has no length; add one such as '10 ps'");
    if (s->ensemble != ILI_NPT && !isnan(s->pressure[0]))
        return refuse_stage(r, "names a pressure but keeps the cell; write npt, or leave it out");
    if (s->ensemble == ILI_NVE && !isnan(s->temperature[0]) && s->temperature[0] != s->temperature[1])
        return refuse_stage(r, "names a ramp but has no thermostat; write nvt");
    return IL_OK;
}

il_status ili_stage_read(il_context *ctx, const char *text, const char *where, ili_stage_text *stage) {
    char copy[ILI_STAGE_TEXT_MAX];
    *stage = (ili_stage_text){.temperature = {NAN, NAN},
                              .pressure = {NAN, NAN},
                              .time = NAN,
                              .thermostat = -1,
                              .barostat = -1,
                              .cell_mode = -1};
    while (isspace((unsigned char)*text)) text++;
    if (strlen(text) >= sizeof copy)
        return ili_fail(ctx, IL_E_USAGE, "%s: stage '%.40s...' is longer than %zu bytes", where, text,
                        sizeof copy - 1);
    strcpy(stage->text, text);
    strcpy(copy, text);
    reader r = {.ctx = ctx, .where = where, .stage = stage};
    r.n = ili_split(copy, r.token, TOKENS_MAX);
    if (r.n > TOKENS_MAX) return refuse_stage(&r, "has too many words");
    IL_TRY(take_ensemble(&r));
    while (r.at < r.n) {
        bool is_word = isalpha((unsigned char)*r.token[r.at]) != 0;
        IL_TRY(is_word ? take_word(&r) : take_quantity(&r));
    }
    return check(&r);
}

il_status ili_stages_read(il_context *ctx, const char *text, const char *where,
                          ili_stage_text stages[ILI_STAGES_MAX], int *n) {
    *n = 0;
    while (*text) {
        char one[IL_TEXT_MAX];
        size_t length = strcspn(text, ",");
        if (*n == ILI_STAGES_MAX)
            return ili_fail(ctx, IL_E_USAGE, "%s: found more than %d stages, the most of one run", where,
                            ILI_STAGES_MAX);
        if (length >= sizeof one) length = sizeof one - 1;
        memcpy(one, text, length);
        one[length] = 0;
        IL_TRY(ili_stage_read(ctx, one, where, &stages[(*n)++]));
        text += length + (text[length] == ',');
    }
    return IL_OK;
}

il_status ili_stages_check(il_context *ctx, const char *text, const char *where) {
    ili_stage_text stages[ILI_STAGES_MAX];
    int n;
    return ili_stages_read(ctx, text, where, stages, &n);
}
