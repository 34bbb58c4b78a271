/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/symop.h"

#include "math/vec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const ili_symop IDENTITY = {.r = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};

/** t modulo 1, at the nearest 1/24 when a file wrote it with few digits. */
static double reduce(double t) {
    double n = rint(t * 24.0);
    if (fabs(t - n / 24.0) < 2e-3) return (n - 24.0 * floor(n / 24.0)) / 24.0;
    return t - floor(t);
}

static int determinant(const int r[3][3]) {
    return r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
           r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
           r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
}

/** One component, such as '-x+1/2', without blanks. */
static bool parse_component(const char *s, int row[3], double *t) {
    *t = 0.0;
    row[0] = row[1] = row[2] = 0;
    if (!*s) return false;
    while (*s) {
        double sign = 1.0;
        if (*s == '+' || *s == '-') sign = *s++ == '-' ? -1.0 : 1.0;
        int axis = (*s | 32) - 'x';
        if (isalpha((unsigned char)*s)) {
            if (axis < 0 || axis > 2) return false;
            row[axis] += (int)sign;
            s++;
        } else if (isdigit((unsigned char)*s) || *s == '.') {
            char *end;
            double value = strtod(s, &end), divisor = 1.0;
            if (end == s) return false;
            if (*end == '/') {
                char *start = end + 1;
                if (!isdigit((unsigned char)*start)) return false;
                divisor = strtod(start, &end);
            }
            if (divisor == 0.0 || !isfinite(value)) return false;
            *t += sign * value / divisor;
            s = end;
        } else {
            return false;
        }
        if (*s && *s != '+' && *s != '-') return false;
    }
    return true;
}

bool ili_symop_parse(const char *text, ili_symop *op) {
    char part[3][32] = {{0}};
    size_t n = 0;
    int k = 0;
    for (; *text; text++) {
        if (isspace((unsigned char)*text) || *text == '\'' || *text == '"') continue;
        if (*text == ',') {
            if (++k > 2) return false;
            n = 0;
            continue;
        }
        if (n + 1 >= sizeof part[0]) return false;
        part[k][n++] = *text;
    }
    if (k != 2) return false;
    for (k = 0; k < 3; k++) {
        if (!parse_component(part[k], op->r[k], &op->t[k])) return false;
        op->t[k] = reduce(op->t[k]);
    }
    return abs(determinant(op->r)) == 1;
}

ili_symop ili_symop_product(const ili_symop *a, const ili_symop *b) {
    ili_symop c = {0};
    for (int i = 0; i < 3; i++) {
        double t = a->t[i];
        for (int j = 0; j < 3; j++) {
            t += a->r[i][j] * b->t[j];
            for (int k = 0; k < 3; k++) c.r[i][k] += a->r[i][j] * b->r[j][k];
        }
        c.t[i] = reduce(t);
    }
    return c;
}

int ili_symgroup_find(const ili_symgroup *group, const ili_symop *op) {
    for (int k = 0; k < group->n; k++) {
        const ili_symop *o = &group->op[k];
        if (memcmp(o->r, op->r, sizeof o->r) != 0) continue;
        bool same = true;
        for (int i = 0; i < 3 && same; i++) {
            double d = o->t[i] - op->t[i];
            same = fabs(d - rint(d)) < 1e-3;
        }
        if (same) return k;
    }
    return -1;
}

/** Add an operation and close the group again. false: it grows beyond every crystal's. */
static bool extend(ili_symgroup *group, const ili_symop *generator) {
    if (ili_symgroup_find(group, generator) >= 0) return true;
    if (group->n >= ILI_SYMOP_MAX) return false;
    group->op[group->n++] = *generator;
    for (int i = 0; i < group->n; i++)
        for (int j = 0; j <= i; j++)
            for (int order = 0; order < 2; order++) {
                ili_symop c = order ? ili_symop_product(&group->op[j], &group->op[i])
                                    : ili_symop_product(&group->op[i], &group->op[j]);
                if (ili_symgroup_find(group, &c) >= 0) continue;
                if (group->n >= ILI_SYMOP_MAX) return false;
                group->op[group->n++] = c;
            }
    return true;
}

/* ---- Hall symbols ------------------------------------------------------------------------------------- */

/** Translations of the lattice letters and of the letters after a rotation, in twelfths. */
static const struct {
    char letter;
    int n, t[3][3];
} LATTICES[] = {
    {'P', 0, {{0}}},
    {'A', 1, {{0, 6, 6}}},
    {'B', 1, {{6, 0, 6}}},
    {'C', 1, {{6, 6, 0}}},
    {'I', 1, {{6, 6, 6}}},
    {'R', 2, {{8, 4, 4}, {4, 8, 8}}},
    {'S', 2, {{4, 4, 8}, {8, 8, 4}}},
    {'T', 2, {{4, 8, 4}, {8, 4, 8}}},
    {'H', 2, {{8, 4, 0}, {4, 8, 0}}},
    {'F', 3, {{0, 6, 6}, {6, 0, 6}, {6, 6, 0}}},
};
static const struct {
    char letter;
    int t[3];
} GLIDES[] = {{'a', {6, 0, 0}}, {'b', {0, 6, 0}}, {'c', {0, 0, 6}}, {'n', {6, 6, 6}},
              {'u', {3, 0, 0}}, {'v', {0, 3, 0}}, {'w', {0, 0, 3}}, {'d', {3, 3, 3}}};

/** Rotations about z by order; about ' (a-b) and " (a+b) perpendicular to z; about * (a+b+c). */
static const int ABOUT_Z[7][3][3] = {
    [1] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},   [2] = {{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}},
    [3] = {{0, -1, 0}, {1, -1, 0}, {0, 0, 1}}, [4] = {{0, -1, 0}, {1, 0, 0}, {0, 0, 1}},
    [6] = {{1, -1, 0}, {1, 0, 0}, {0, 0, 1}},
};
static const int MINUS_DIAGONAL[3][3] = {{0, -1, 0}, {-1, 0, 0}, {0, 0, -1}};
static const int PLUS_DIAGONAL[3][3] = {{0, 1, 0}, {1, 0, 0}, {0, 0, -1}};
static const int BODY_DIAGONAL[3][3] = {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}};

/** The matrix written for the axis z, turned cyclically to `axis` (0 x, 1 y, 2 z). */
static void turn_to_axis(const int m[3][3], int axis, int out[3][3]) {
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out[(i + axis + 1) % 3][(j + axis + 1) % 3] = m[i][j];
}

/** What the implied axis of a rotation depends on: how many came before, the order and axis of the last one.
 */
typedef struct hall_state {
    int count, order, axis;
} hall_state;

/** One element such as '-4n', '31', '2"c'; `*s` moves to the blank after it. */
static bool parse_rotation(const char **s, hall_state *state, ili_symop *op) {
    bool is_improper = **s == '-';
    *s += is_improper;
    int order = **s - '0';
    if (order < 1 || order > 6 || order == 5) return false;
    ++*s;
    char letter = 0;
    int screw = 0, axis;
    int t[3] = {0};
    if (**s && strchr("xyz'\"*", **s)) letter = *(*s)++;
    if (**s >= '1' && **s <= '5') screw = *(*s)++ - '0';
    if (!letter && **s && strchr("xyz'\"*", **s)) letter = *(*s)++; /* '31z' as well as '3z1' */
    if (!letter && order != 1) {
        bool after_axis_2 = state->order == 2 || state->order == 4;
        letter = state->count == 0                                 ? 'z'
                 : state->count == 1 && order == 2 && after_axis_2 ? 'x'
                 : state->count == 1 && order == 2                 ? '\''
                 : order == 3                                      ? '*'
                                                                   : 0;
        if (!letter) return false;
    }
    axis = letter >= 'x' ? letter - 'x' : state->count ? state->axis : 2;
    *op = (ili_symop){0};
    if (letter == '*') {
        if (order != 3) return false;
        memcpy(op->r, BODY_DIAGONAL, sizeof op->r);
    } else if (letter == '\'' || letter == '"') {
        if (order != 2) return false;
        turn_to_axis(letter == '"' ? PLUS_DIAGONAL : MINUS_DIAGONAL, axis, op->r);
    } else {
        turn_to_axis(ABOUT_Z[order], axis, op->r);
        if (screw >= order) return false;
        if (screw) t[axis] += 12 * screw / order;
        screw = 0;
    }
    if (screw) return false;
    for (; **s && !isspace((unsigned char)**s); ++*s) {
        size_t k = 0, n = sizeof GLIDES / sizeof *GLIDES;
        while (k < n && GLIDES[k].letter != **s) k++;
        if (k == n) return false;
        for (int i = 0; i < 3; i++) t[i] += GLIDES[k].t[i];
    }
    for (int i = 0; i < 3; i++) {
        op->t[i] = reduce(t[i] / 12.0);
        for (int j = 0; j < 3 && is_improper; j++) op->r[i][j] = -op->r[i][j];
    }
    *state = (hall_state){state->count + 1, order, axis};
    return true;
}

/** '(0 0 1)' in twelfths: the operations seen from an origin moved by -v, s' = r s + t + v - r v. */
static bool apply_shift(const char *s, ili_symgroup *group) {
    double v[3];
    for (int k = 0; k < 3; k++) {
        char *end;
        v[k] = (double)strtol(s, &end, 10) / 12.0;
        if (end == s) return false;
        s = end;
    }
    while (isspace((unsigned char)*s)) s++;
    if (*s != ')') return false;
    for (int n = 0; n < group->n; n++) {
        ili_symop *o = &group->op[n];
        for (int i = 0; i < 3; i++) {
            double t = o->t[i] + v[i];
            for (int j = 0; j < 3; j++) t -= o->r[i][j] * v[j];
            o->t[i] = reduce(t);
        }
    }
    return true;
}

bool ili_symgroup_from_hall(const char *symbol, ili_symgroup *group) {
    const char *s = symbol;
    while (isspace((unsigned char)*s)) s++;
    bool is_centric = *s == '-';
    s += is_centric;
    size_t lattice = 0, n_lattices = sizeof LATTICES / sizeof *LATTICES;
    while (lattice < n_lattices && LATTICES[lattice].letter != toupper((unsigned char)*s)) lattice++;
    if (lattice == n_lattices) return false;
    s++;
    group->n = 1;
    group->op[0] = IDENTITY;
    ili_symop op = IDENTITY;
    for (int k = 0; k < LATTICES[lattice].n; k++) {
        for (int i = 0; i < 3; i++) op.t[i] = LATTICES[lattice].t[k][i] / 12.0;
        if (!extend(group, &op)) return false;
    }
    op = (ili_symop){.r = {{-1, 0, 0}, {0, -1, 0}, {0, 0, -1}}};
    if (is_centric && !extend(group, &op)) return false;
    hall_state state = {0};
    for (;;) {
        while (isspace((unsigned char)*s) || *s == '_') s++;
        if (!*s) return state.count > 0;
        if (*s == '(') return state.count > 0 && apply_shift(s + 1, group);
        if (!parse_rotation(&s, &state, &op) || !extend(group, &op)) return false;
    }
}

/* ---- checks ------------------------------------------------------------------------------------------- */

bool ili_symgroup_is_closed(const ili_symgroup *group, int *a, int *b) {
    for (int i = 0; i < group->n; i++)
        for (int j = 0; j < group->n; j++) {
            ili_symop c = ili_symop_product(&group->op[i], &group->op[j]);
            if (ili_symgroup_find(group, &c) >= 0) continue;
            *a = i;
            *b = j;
            return false;
        }
    return true;
}

double ili_symgroup_strain(const ili_symgroup *group, const double h[3][3]) {
    double metric[3][3], worst = 0.0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) metric[i][j] = ili_dot(h[i], h[j]);
    for (int n = 0; n < group->n; n++) {
        const int(*r)[3] = group->op[n].r;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                double turned = 0.0;
                for (int k = 0; k < 3; k++)
                    for (int l = 0; l < 3; l++) turned += r[k][i] * metric[k][l] * r[l][j];
                worst = fmax(worst, fabs(turned - metric[i][j]) / sqrt(metric[i][i] * metric[j][j]));
            }
    }
    return worst;
}
