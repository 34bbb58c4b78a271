/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of verbs: text to typed, range-checked fields, from the tables of the verbs. */
#include "api/options.h"

#include "base/text.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool has_bounds(const il_option *option) {
    return option->low != 0.0 || option->high != 0.0;
}

static bool parse_flag(const il_option *option, const char *text, void *field) {
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1", NULL};
    (void)option;
    for (int i = 0; words[i]; i++)
        if (ili_same_text(text, words[i])) {
            *(int *)field = i % 2;
            return true;
        }
    return false;
}

static bool parse_int(const il_option *option, const char *text, void *field) {
    long low = -INT_MAX, high = INT_MAX, value; /* INT_MIN says "not given" */
    if (has_bounds(option)) {
        low = (long)fmax(option->low, -INT_MAX);
        high = (long)fmin(option->high, INT_MAX);
    }
    if (!ili_parse_int(text, low, high, &value)) return false;
    *(int *)field = (int)value;
    return true;
}

static bool parse_real(const il_option *option, const char *text, void *field) {
    double value;
    if (!ili_parse_real(text, &value)) return false;
    if (has_bounds(option) && !(value >= option->low && value <= option->high)) return false;
    *(double *)field = value;
    return true;
}

static bool parse_text(const il_option *option, const char *text, void *field) {
    (void)option;
    size_t n = strlen(text);
    if (n >= IL_TEXT_MAX) return false;
    memcpy(field, text, n + 1);
    return true;
}

static bool parse_choice(const il_option *option, const char *text, void *field) {
    size_t n = strlen(text);
    for (const char *p = option->choices; n && *p;) {
        size_t length = strcspn(p, "|");
        if (length == n && memcmp(p, text, n) == 0) return parse_text(option, text, field);
        p += length + (p[length] == '|');
    }
    return false;
}

static bool parse_int3(const il_option *option, const char *text, void *field) {
    int values[3];
    for (int k = 0; k < 3; k++) {
        char part[16];
        size_t n = strcspn(text, ",");
        if (n >= sizeof part || (text[n] == ',') != (k < 2)) return false;
        memcpy(part, text, n);
        part[n] = 0;
        if (!parse_int(option, part, &values[k])) return false;
        text += n + 1;
    }
    memcpy(field, values, sizeof values);
    return true;
}

static void report_flag(ili_json *out, const char *name, const void *field) {
    ili_json_bool(out, name, *(const int *)field);
}

static void report_int(ili_json *out, const char *name, const void *field) {
    int value = *(const int *)field;
    if (value == INT_MIN)
        ili_json_real(out, name, NAN);
    else
        ili_json_int(out, name, value);
}

static void report_real(ili_json *out, const char *name, const void *field) {
    ili_json_real(out, name, *(const double *)field);
}

static void report_text(ili_json *out, const char *name, const void *field) {
    ili_json_string(out, name, *(const char *)field ? field : NULL);
}

static void report_int3(ili_json *out, const char *name, const void *field) {
    const int *value = field;
    char text[64];
    snprintf(text, sizeof text, "%d,%d,%d", value[0], value[1], value[2]);
    ili_json_string(out, name, text);
}

/** One row a type: how it is read, how it is written, and what to say was expected. */
static const struct kind {
    bool (*parse)(const il_option *option, const char *text, void *field);
    void (*report)(ili_json *out, const char *name, const void *field);
    const char *expected;
} kinds[] = {
    [IL_OPT_FLAG] = {parse_flag, report_flag, "yes or no"},
    [IL_OPT_INT] = {parse_int, report_int, "a whole number"},
    [IL_OPT_REAL] = {parse_real, report_real, "a number"},
    [IL_OPT_TEXT] = {parse_text, report_text, "a text of at most 511 bytes"},
    [IL_OPT_CHOICE] = {parse_choice, report_text, "one of "},
    [IL_OPT_INT3] = {parse_int3, report_int3, "three whole numbers h,k,l such as 1,0,-2"},
};

static void *field_of(const il_option *option, void *options) {
    return (char *)options + option->offset;
}

void il_options_default(const il_verb *verb, void *options) {
    memset(options, 0, verb->options_size);
    for (const il_option *o = verb->options; o->name; o++) {
        void *field = field_of(o, options);
        if (o->preset)
            kinds[o->type].parse(o, o->preset, field);
        else if (o->type == IL_OPT_REAL)
            *(double *)field = NAN;
        else if (o->type == IL_OPT_INT)
            *(int *)field = INT_MIN;
    }
}

/** "md, diffuse": the verbs that have an option of this name; "" none. */
static void verbs_with(const char *name, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (const il_verb *const *v = il_verbs(NULL); *v && used < size; v++)
        if (ili_option_find(*v, name))
            used += (size_t)snprintf(text + used, size - used, "%s`%s`", used ? ", " : "", (*v)->name);
}

static il_status fail_unknown(il_context *ctx, const il_verb *verb, const char *name, const char *where) {
    enum { ROWS_MAX = 128 };
    const char *names[ROWS_MAX + 1] = {NULL};
    for (int i = 0; i < ROWS_MAX && verb->options[i].name; i++) names[i] = verb->options[i].name;
    char others[256];
    verbs_with(name, others, sizeof others);
    if (*others)
        return ili_fail(ctx, IL_E_USAGE,
                        "%s: `%s` has no option '%.60s', which is one of %s; `interlith %s --help` "
                        "lists its own",
                        where, verb->name, name, others, verb->name);
    const char *nearest = ili_nearest_name(name, names);
    if (nearest)
        return ili_fail(ctx, IL_E_USAGE, "%s: `%s` has no option '%.60s'; did you mean '%s'?", where,
                        verb->name, name, nearest);
    return ili_fail(ctx, IL_E_USAGE, "%s: `%s` has no option '%.60s'; `interlith %s --help` lists them",
                    where, verb->name, name, verb->name);
}

static il_status fail_value(il_context *ctx, const il_option *option, const char *value, const char *where) {
    char range[96] = "", choices[256] = "";
    if (has_bounds(option) && option->type != IL_OPT_TEXT && option->type != IL_OPT_CHOICE)
        snprintf(range, sizeof range, " from %.10g to %.10g", option->low, option->high);
    if (option->type == IL_OPT_CHOICE) {
        char *out = choices;
        for (const char *p = option->choices; *p && out < choices + sizeof choices - 3; p++) {
            *out++ = *p == '|' ? ',' : *p;
            if (*p == '|') *out++ = ' ';
        }
        *out = 0;
    }
    return ili_fail(ctx, IL_E_USAGE, "%s: option '%s' is '%.60s', expected %s%s%s%s%s", where, option->name,
                    value, kinds[option->type].expected, choices, range, option->unit ? " " : "",
                    option->unit ? option->unit : "");
}

const il_option *ili_option_find(const il_verb *verb, const char *name) {
    const il_option *o = verb->options;
    while (o->name && strcmp(o->name, name) != 0) o++;
    return o->name ? o : NULL;
}

il_status il_options_set(il_context *context, const il_verb *verb, void *options, const char *name,
                         const char *value, const char *where) {
    const il_option *o = ili_option_find(verb, name);
    if (!o) return fail_unknown(context, verb, name, where);
    if (!value && o->type == IL_OPT_FLAG) value = "yes";
    if (!value) return ili_fail(context, IL_E_USAGE, "%s: option '%s' needs a value", where, o->name);
    if (!kinds[o->type].parse(o, value, field_of(o, options))) return fail_value(context, o, value, where);
    return o->check ? o->check(context, value, where) : IL_OK;
}

void ili_options_report(const il_verb *verb, const void *options, ili_json *out) {
    for (const il_option *o = verb->options; o->name; o++)
        kinds[o->type].report(out, o->name, (const char *)options + o->offset);
}
