/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every superlattice of index n has one Hermite basis ((p, q), (0, r)), p r = n, 0 <= q < r; each is
 *  Lagrange-reduced.
 *  Strain moves the two successive minima of a lattice by at most its largest stretch, which sorts out
 *  nearly all pairs; for the rest, A's reduced basis is compared with every right-handed basis of B with
 *  coefficients up to 2 (a strained reduced basis need not be reduced). F takes B's basis to A's; F = V R
 *  by the angle of its antisymmetric part. */
#include "build/match.h"

#include "base/alloc.h"
#include "build/plane.h"
#include "build/slab.h"
#include "math/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COEFFICIENT_MAX = 2, BASES_MAX = 700, INDEX_MAX = 2000 };
static const double TIE = 1e-7;

/** A superlattice: reduced vectors, their integers, squared successive minima. */
typedef struct superlattice {
    int m[2][2], n;
    double v[2][2], minima[2], area;
} superlattice;

typedef struct search {
    const ili_match_options *options;
    int (*bases)[2][2]; /**< unimodular, det +1 */
    int n_bases;
    ili_match *list;
    size_t n, cap;
} search;

void ili_match_options_default(ili_match_options *options) {
    *options = (ili_match_options){
        .max_area = 400.0, .max_strain = 0.05, .measure = ILI_STRAIN_PRINCIPAL, .max_matches = 200};
}

void ili_match_plane(const il_system *slab, double plane[2][2]) {
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) plane[r][k] = slab->cell.h[r][k];
}

static double det2(const double m[2][2]) {
    return m[0][0] * m[1][1] - m[0][1] * m[1][0];
}

static void rows_of(const int m[2][2], const double v[2][2], double out[2][2]) {
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) out[r][k] = m[r][0] * v[0][k] + m[r][1] * v[1][k];
}

static void int_product(const int a[2][2], const int b[2][2], int out[2][2]) {
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 2; k++) out[r][k] = a[r][0] * b[0][k] + a[r][1] * b[1][k];
}

static superlattice reduced(const double v[2][2], int p, int q, int r) {
    const int hermite[2][2] = {{p, q}, {0, r}};
    superlattice s = {.n = p * r};
    int m[2][2];
    rows_of(hermite, v, s.v);
    double gram[3] = {s.v[0][0] * s.v[0][0] + s.v[0][1] * s.v[0][1],
                      s.v[0][0] * s.v[1][0] + s.v[0][1] * s.v[1][1],
                      s.v[1][0] * s.v[1][0] + s.v[1][1] * s.v[1][1]};
    ili_plane_reduce(gram, m);
    int_product(m, hermite, s.m);
    rows_of(s.m, v, s.v);
    s.minima[0] = gram[0];
    s.minima[1] = gram[2];
    s.area = det2(s.v);
    return s;
}

/** All superlattices up to max_area, smallest first. */
static il_status list_superlattices(il_context *ctx, const double v[2][2], double max_area,
                                    superlattice **list, size_t *n) {
    double area = det2(v), most = floor(max_area / area * (1.0 + 1e-9));
    size_t capacity = 0;
    *list = NULL;
    *n = 0;
    if (most > INDEX_MAX)
        return ili_fail(ctx, IL_E_INPUT,
                        "matching up to %g A^2 needs %.0f surface cells of %g A^2, expected at most %d; "
                        "lower the area limit",
                        max_area, most, area, INDEX_MAX);
    for (int index = 1; index <= (int)most; index++)
        for (int r = 1; r <= index; r++) {
            if (index % r) continue;
            if (!ILI_GROW(*list, *n + (size_t)r, capacity)) return ili_no_memory(ctx, "the superlattices");
            for (int q = 0; q < r; q++) (*list)[(*n)++] = reduced(v, index / r, q, r);
        }
    return IL_OK;
}

/** Unimodular matrices with det +1 and small coefficients. */
static int list_bases(int (*bases)[2][2]) {
    const int c = COEFFICIENT_MAX;
    int n = 0;
    for (int a = -c; a <= c; a++)
        for (int b = -c; b <= c; b++)
            for (int d = -c; d <= c; d++)
                for (int e = -c; e <= c; e++)
                    if (a * e - b * d == 1 && n < BASES_MAX)
                        memcpy(bases[n++], (const int[2][2]){{a, b}, {d, e}}, sizeof *bases);
    return n;
}

/** f = to^T from^-T: takes the rows of `from`, as columns, to those of `to`. */
static void map_between(const double from[2][2], const double to[2][2], double f[2][2]) {
    double d = det2(from);
    for (int i = 0; i < 2; i++) {
        f[i][0] = (to[0][i] * from[1][1] - to[1][i] * from[0][1]) / d;
        f[i][1] = (to[1][i] * from[0][0] - to[0][i] * from[1][0]) / d;
    }
}

/** f = V R; returns the angle of R. */
static double polar(const double f[2][2], double v[2][2]) {
    double angle = atan2(f[1][0] - f[0][1], f[0][0] + f[1][1]), c = cos(angle), s = sin(angle);
    for (int i = 0; i < 2; i++) {
        v[i][0] = f[i][0] * c - f[i][1] * s;
        v[i][1] = f[i][0] * s + f[i][1] * c;
    }
    return angle;
}

static void strain_of(const double f[2][2], ili_strain_measure measure, ili_match *m) {
    double v[2][2];
    polar(f, v);
    double xy = 0.5 * (v[0][1] + v[1][0]), mean = 0.5 * (v[0][0] + v[1][1]) - 1.0;
    double half = hypot(0.5 * (v[0][0] - v[1][1]), xy), e1 = mean + half, e2 = mean - half;
    m->small[0] = v[0][0] - 1.0;
    m->small[1] = v[1][1] - 1.0;
    m->small[2] = xy;
    m->lagrangian[0] = 0.5 * (v[0][0] * v[0][0] + xy * xy - 1.0);
    m->lagrangian[1] = 0.5 * (v[1][1] * v[1][1] + xy * xy - 1.0);
    m->lagrangian[2] = 0.5 * xy * (v[0][0] + v[1][1]);
    m->principal[0] = e1;
    m->principal[1] = e2;
    m->strain = measure == ILI_STRAIN_MISES ? sqrt(e1 * e1 - e1 * e2 + e2 * e2) : fmax(fabs(e1), fabs(e2));
}

/** Angle in (-180, 180], degree, where rounding near the ends does not jump. */
static double degrees(double angle) {
    double d = angle * 180.0 / ILI_PI;
    d -= 360.0 * rint(d / 360.0);
    return d <= -180.0 + 1e-9 ? d + 360.0 : fabs(d) < 1e-9 ? 0.0 : d;
}

/** Strain and rotation of B's basis brought onto A's, in the frame where A's first vector lies along x. */
static ili_match compare(const superlattice *a, const superlattice *b, const int basis[2][2],
                         ili_strain_measure measure) {
    ili_match m = {.n_a = a->n, .n_b = b->n, .area = a->area};
    double v_b[2][2], v[2][2], l = sqrt(a->minima[0]);
    memcpy(m.m_a, a->m, sizeof m.m_a);
    int_product(basis, b->m, m.m_b);
    rows_of(basis, b->v, v_b);
    double c = a->v[0][0] / l, s = a->v[0][1] / l;
    const double turn[2][2] = {{c, s}, {-s, c}};
    memcpy(m.f_a, turn, sizeof turn);
    m.h[0][0] = l;
    m.h[1][0] = c * a->v[1][0] + s * a->v[1][1];
    m.h[1][1] = a->area / l;
    map_between(v_b, m.h, m.f_b);
    strain_of(m.f_b, measure, &m);
    m.rotation = degrees(polar(m.f_b, v) + atan2(s, c));
    return m;
}

static bool better(const ili_match *m, const ili_match *than) {
    if (fabs(m->strain - than->strain) > TIE) return m->strain < than->strain;
    if (fabs(fabs(m->rotation) - fabs(than->rotation)) > 1e-6)
        return fabs(m->rotation) < fabs(than->rotation);
    return m->rotation > than->rotation + 1e-6;
}

/** Could a strain within `stretch` take b's minima and area to a's? */
static bool is_near(const superlattice *a, const superlattice *b, double stretch) {
    double low = (1.0 - stretch) * (1.0 - stretch) - TIE, high = (1.0 + stretch) * (1.0 + stretch) + TIE;
    double values[3][2] = {{a->area, b->area}, {a->minima[0], b->minima[0]}, {a->minima[1], b->minima[1]}};
    for (int k = 0; k < 3; k++)
        if (values[k][0] < low * values[k][1] || values[k][0] > high * values[k][1]) return false;
    return true;
}

/** Keep the best way to lay b on a, when it is within the limit. */
static il_status try_pair(il_context *ctx, search *s, const superlattice *a, const superlattice *b) {
    ili_match best = {.strain = INFINITY};
    for (int k = 0; k < s->n_bases; k++) {
        ili_match m = compare(a, b, s->bases[k], s->options->measure);
        if (better(&m, &best)) best = m;
    }
    if (best.strain > s->options->max_strain + TIE) return IL_OK;
    if (!ILI_GROW(s->list, s->n + 1, s->cap)) return ili_no_memory(ctx, "the matches");
    s->list[s->n++] = best;
    return IL_OK;
}

/** Total order: area, strain, rotation, then the integers, so that sorting is the same everywhere. */
static int by_merit(const void *p, const void *q) {
    const ili_match *a = p, *b = q;
    const double keys[][2] = {{rint(a->area / TIE), rint(b->area / TIE)},
                              {rint(a->strain / TIE), rint(b->strain / TIE)},
                              {rint(fabs(a->rotation) / 1e-6), rint(fabs(b->rotation) / 1e-6)},
                              {b->rotation, a->rotation}};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (keys[k][0] != keys[k][1]) return keys[k][0] < keys[k][1] ? -1 : 1;
    int c = memcmp(a->m_a, b->m_a, sizeof a->m_a);
    return c ? c : memcmp(a->m_b, b->m_b, sizeof a->m_b);
}

static bool same_match(const ili_match *a, const ili_match *b) {
    return fabs(a->area - b->area) < 1e-6 * a->area && fabs(a->principal[0] - b->principal[0]) < 1e-6 &&
           fabs(a->principal[1] - b->principal[1]) < 1e-6 &&
           fabs(fabs(a->rotation) - fabs(b->rotation)) < 1e-4;
}

/** Shorten the list from its end, the front spared as long as it fits. */
static void shorten(search *s) {
    size_t n_front = 0, most = (size_t)s->options->max_matches, kept = 0;
    if (s->n <= most) return;
    for (size_t k = 0; k < s->n; k++) n_front += s->list[k].is_front;
    size_t others = most > n_front ? most - n_front : 0;
    for (size_t k = 0; k < s->n && kept < most; k++) {
        if (!s->list[k].is_front && others == 0) continue;
        if (!s->list[k].is_front) others--;
        s->list[kept++] = s->list[k];
    }
    s->n = kept;
}

/** Sort, drop repeats, mark the front. */
static void tidy(search *s) {
    qsort(s->list, s->n, sizeof *s->list, by_merit);
    size_t kept = 0;
    double least = INFINITY;
    for (size_t k = 0; k < s->n; k++) {
        bool repeat = false;
        for (size_t j = kept; j-- > 0 && s->list[j].area > s->list[k].area * (1.0 - 1e-6) && !repeat;)
            repeat = same_match(&s->list[j], &s->list[k]);
        if (repeat) continue;
        s->list[kept] = s->list[k];
        s->list[kept].is_front = s->list[k].strain < least - 1e-6;
        least = fmin(least, s->list[k].strain);
        kept++;
    }
    s->n = kept;
}

static il_status check_input(il_context *ctx, const double a[2][2], const double b[2][2],
                             const ili_match_options *o) {
    if (!(det2(a) > 1e-6) || !(det2(b) > 1e-6) || !isfinite(det2(a)) || !isfinite(det2(b)))
        return ili_fail(ctx, IL_E_INPUT,
                        "surface cells of area %g and %g A^2 cannot be matched, expected right-handed ones",
                        det2(a), det2(b));
    if (!(o->max_strain >= 0.0 && o->max_strain < 0.5))
        return ili_fail(ctx, IL_E_INPUT, "strain limit is %g, expected 0 to 0.5 (0.05 is 5 %%)",
                        o->max_strain);
    if (!(o->max_area > 0.0) || o->max_matches < 1)
        return ili_fail(ctx, IL_E_INPUT,
                        "area limit is %g A^2 for at most %d matches, expected positive numbers", o->max_area,
                        o->max_matches);
    return IL_OK;
}

il_status ili_match_find(il_context *ctx, const double a[2][2], const double b[2][2],
                         const ili_match_options *options, ili_match **list, int *n) {
    *list = NULL;
    *n = 0;
    IL_TRY(check_input(ctx, a, b, options));
    il_status status = IL_OK;
    superlattice *of_a = NULL, *of_b = NULL;
    size_t n_a = 0, n_b = 0, first = 0;
    search s = {.options = options, .bases = ili_alloc(BASES_MAX, sizeof *s.bases)};
    if (!s.bases) IL_GO(ili_no_memory(ctx, "the matches"));
    s.n_bases = list_bases(s.bases);
    /* von Mises strain e allows a principal strain of 2 e / sqrt(3) */
    double stretch = options->max_strain * (options->measure == ILI_STRAIN_MISES ? 2.0 / sqrt(3.0) : 1.0);
    double room = (1.0 - stretch) * (1.0 - stretch);
    IL_GO(list_superlattices(ctx, a, options->max_area, &of_a, &n_a));
    IL_GO(list_superlattices(ctx, b, options->max_area / room, &of_b, &n_b));
    for (size_t i = 0; i < n_a; i++) {
        while (first < n_b &&
               of_b[first].area * (1.0 + stretch) * (1.0 + stretch) < of_a[i].area * (1.0 - 1e-6))
            first++;
        for (size_t j = first; j < n_b && of_b[j].area * room <= of_a[i].area * (1.0 + 1e-6); j++)
            if (is_near(&of_a[i], &of_b[j], stretch)) IL_GO(try_pair(ctx, &s, &of_a[i], &of_b[j]));
    }
    if (s.n == 0)
        IL_GO(ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "no common cell up to %g A^2 with strain up to %g was found; raise the area or the strain limit",
            options->max_area, options->max_strain));
    tidy(&s);
    shorten(&s);
    *n = (int)s.n;
    *list = s.list;
    s.list = NULL;
out:
    ili_free(s.bases);
    ili_free(s.list);
    ili_free(of_a);
    ili_free(of_b);
    return status;
}

il_status ili_match_apply(il_context *ctx, const il_system *slab_a, const il_system *slab_b,
                          const ili_match *match, il_system **out_a, il_system **out_b) {
    il_system *a = NULL, *b = NULL;
    il_status status = IL_OK;
    IL_GO(ili_slab_supercell(ctx, slab_a, match->m_a, &a));
    IL_GO(ili_slab_supercell(ctx, slab_b, match->m_b, &b));
    ili_slab_deform(a, match->f_a);
    ili_slab_deform(b, match->f_b);
    for (int r = 0; r < 2; r++)
        for (int k = 0; k < 3; k++) a->cell.h[r][k] = b->cell.h[r][k] = k < 2 ? match->h[r][k] : 0.0;
    *out_a = a;
    *out_b = b;
    a = b = NULL;
out:
    il_system_destroy(&a);
    il_system_destroy(&b);
    return status;
}
