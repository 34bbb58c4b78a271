/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Kernels of the bonded terms: the equations of bonded_reference.c over vectors of items, built for each set of instructions.
 *
 *  A batch: vectors between the atoms, brought to the nearest image (gather); the internal coordinate and its energy and slope, by
 *  the form; forces, energies and virial from the slopes; and one item after the other the forces to their places (scatter).
 *  Angles come from atan2 of the area and the product, a polynomial of degree 23 behind an exact reduction to |t| < tan(pi/8), so
 *  that 0 and pi are as good as elsewhere; torsions hand cos and sin to their forms. Excluded pairs need erf(x)/x and its
 *  slope, which are smooth functions of x^2: polynomials up to x = 3 (error 1e-16), the C library beyond. */
#include "ff/bonded_plan.h"

#include "math/simd.h"
#include "math/units.h"

enum { BATCH = ILI_BONDED_BATCH };

/** Items of a batch, one a column. */
typedef struct batch {
    int n, live; /**< columns in use, a multiple of ILI_BONDED_LANES; the first ones that are no copies */
    double d[3][3][BATCH];     /**< vectors between the atoms, angstrom */
    double d2[3][BATCH];       /**< their squares */
    double u[BATCH], v[BATCH]; /**< internal coordinate; torsions: its cos and sin */
    double e[BATCH], g[BATCH]; /**< energy, slope */
    double f[4][3][BATCH];     /**< forces on the atoms */
    double q[BATCH];           /**< Coulomb energy of special pairs */
} batch;

#define EACH_VECTOR(k, n) for (int k = 0; k < (n); k += ILI_DOUBLES)

typedef struct vector3 {
    vdouble c[3];
} vector3;

ILI_INLINE vector3 load3(const double a[3][BATCH], int k) {
    return (vector3){{vd_load(a[0] + k), vd_load(a[1] + k), vd_load(a[2] + k)}};
}
ILI_INLINE void store3(double a[3][BATCH], int k, vector3 v) {
    for (int c = 0; c < 3; c++) v_store(a[c] + k, v.c[c]);
}
ILI_INLINE vdouble dot(vector3 a, vector3 b) {
    return v_fma(a.c[0], b.c[0], v_fma(a.c[1], b.c[1], a.c[2] * b.c[2]));
}
ILI_INLINE vector3 cross(vector3 a, vector3 b) {
    vector3 r;
    for (int c = 0; c < 3; c++) {
        const int p = (c + 1) % 3, q = (c + 2) % 3;
        r.c[c] = v_fnma(a.c[q], b.c[p], a.c[p] * b.c[q]);
    }
    return r;
}
ILI_INLINE vector3 times(vdouble s, vector3 a) {
    return (vector3){{s * a.c[0], s * a.c[1], s * a.c[2]}};
}
ILI_INLINE vector3 plus(vector3 a, vector3 b) {
    return (vector3){{a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2]}};
}
ILI_INLINE vector3 minus(vector3 a, vector3 b) {
    return (vector3){{a.c[0] - b.c[0], a.c[1] - b.c[1], a.c[2] - b.c[2]}};
}
ILI_INLINE vector3 back(vector3 a) {
    return (vector3){{-a.c[0], -a.c[1], -a.c[2]}};
}

/* ---- vectors between atoms ------------------------------------------------------------------------------- */

/** To the image with fractions within 1/2; what is not near then is searched for one by one. */
static void bring_near(const ili_bonded_frame *at, int n, double d[3][BATCH], double d2[BATCH]) {
    const ili_cell *cell = at->cell;
    EACH_VECTOR(k, n) {
        vector3 v = load3((const double(*)[BATCH])d, k);
        vdouble turns[3];
        for (int c = 0; c < 3; c++)
            turns[c] =
                v_round(v_fma(v.c[0], vd_set(at->inverse[0][c]),
                              v_fma(v.c[1], vd_set(at->inverse[1][c]), v.c[2] * vd_set(at->inverse[2][c]))));
        for (int c = 0; c < 3; c++)
            for (int j = 0; j < 3; j++) v.c[c] = v_fnma(turns[j], vd_set(cell->h[j][c]), v.c[c]);
        store3(d, k, v);
        v_store(d2 + k, dot(v, v));
    }
    for (int k = 0; k < n; k++) {
        if (d2[k] < at->safe2) continue;
        double one[3] = {d[0][k], d[1][k], d[2][k]};
        d2[k] = ili_cell_nearest(cell, one);
        for (int c = 0; c < 3; c++) d[c][k] = one[c];
    }
}

/** d = x_j - x_i for the columns of a batch, with i and j [n] places. */
static void separate(const ili_bonded_frame *at, int n, const double *x, const int32_t *i, const int32_t *j,
                     double d[3][BATCH], double d2[BATCH]) {
    vdouble safe2 = vd_set(at->safe2);
    uint32_t near = ~0u;
    EACH_VECTOR(k, n) {
        vlane from = vl_load(i + k), to = vl_load(j + k);
        vector3 v;
        for (int c = 0; c < 3; c++) v.c[c] = vd_gather(x + c, to) - vd_gather(x + c, from);
        vdouble square = dot(v, v);
        near &= v_bits(v_less(square, safe2));
        store3(d, k, v);
        v_store(d2 + k, square);
    }
    const uint32_t all = (1u << ILI_DOUBLES) - 1;
    if ((near & all) != all) bring_near(at, n, d, d2);
}

/* ---- internal coordinates and forces --------------------------------------------------------------------- */

/** Angle of the vector (x, y), y >= 0, in [0, pi]. */
ILI_INLINE vdouble angle_of(vdouble y, vdouble x) {
    static const double c[] = {-0.019176887119062259, 0.039231658295587191, -0.050854497379402599,
                               0.058581489128022099,  -0.06664511447381948, 0.076921831908260866,
                               -0.090909045781239019, 0.11111111015256362,  -0.14285714284666543,
                               0.19999999999995521,   -0.3333333333333333};
    const vdouble a = v_max(x, -x), low = vd_set(0.41421356237309504880), zero = vd_set(0.0);
    const dmask is_first = v_less(y, low * a), is_last = v_less(a, low * y);
    vdouble over = v_select(is_first, y, v_select(is_last, -a, y - a));
    vdouble under = v_select(is_first, a, v_select(is_last, y, y + a));
    vdouble base = v_select(is_first, zero, v_select(is_last, vd_set(0.5 * ILI_PI), vd_set(0.25 * ILI_PI)));
    vdouble t = over / under, z = t * t, p = vd_set(c[0]);
    for (size_t k = 1; k < sizeof c / sizeof *c; k++) p = v_fma(p, z, vd_set(c[k]));
    vdouble theta = base + v_fma(t * z, p, t);
    return v_select(v_less(x, zero), vd_set(ILI_PI) - theta, theta);
}

static void bond_coordinate(batch *b) {
    EACH_VECTOR(k, b->n) v_store(b->u + k, v_sqrt(vd_load(b->d2[0] + k)));
}

/** Forces of a pull `scale` along the first vector. */
ILI_INLINE void pull(batch *b, int k, vdouble scale) {
    vector3 f = times(scale, load3((const double(*)[BATCH])b->d[0], k));
    store3(b->f[1], k, f);
    store3(b->f[0], k, back(f));
}

static void bond_forces(batch *b) {
    EACH_VECTOR(k, b->n) pull(b, k, -vd_load(b->g + k) / vd_load(b->u + k));
}

static void angle_coordinate(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 u = load3((const double(*)[BATCH])b->d[0], k), v = load3((const double(*)[BATCH])b->d[1], k);
        vector3 n = cross(u, v);
        vdouble area = v_sqrt(dot(n, n));
        v_store(b->v + k, area);
        v_store(b->u + k, angle_of(area, dot(u, v)));
    }
}

/** On a line no direction is down, the forces are 0. */
static void angle_forces(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 u = load3((const double(*)[BATCH])b->d[0], k), v = load3((const double(*)[BATCH])b->d[1], k);
        vector3 n = cross(u, v);
        vdouble area = vd_load(b->v + k);
        vdouble slope = v_select(v_less(vd_set(0.0), area), vd_load(b->g + k) / area, area);
        vector3 first = times(-slope / vd_load(b->d2[0] + k), cross(u, n));
        vector3 last = times(slope / vd_load(b->d2[1] + k), cross(v, n));
        store3(b->f[0], k, first);
        store3(b->f[1], k, back(plus(first, last)));
        store3(b->f[2], k, last);
    }
}

static void torsion_coordinate(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 b1 = load3((const double(*)[BATCH])b->d[0], k),
                b2 = load3((const double(*)[BATCH])b->d[1], k),
                b3 = load3((const double(*)[BATCH])b->d[2], k);
        vector3 m = cross(b1, b2), n = cross(b2, b3);
        vdouble l2 = v_sqrt(vd_load(b->d2[1] + k));
        vdouble scale = vd_set(1.0) / (v_sqrt(dot(m, m)) * v_sqrt(dot(n, n)));
        v_store(b->u + k, dot(m, n) * scale);
        v_store(b->v + k, l2 * dot(b1, n) * scale);
    }
}

static void torsion_forces(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 b1 = load3((const double(*)[BATCH])b->d[0], k),
                b2 = load3((const double(*)[BATCH])b->d[1], k),
                b3 = load3((const double(*)[BATCH])b->d[2], k);
        vector3 m = cross(b1, b2), n = cross(b2, b3);
        vdouble square = vd_load(b->d2[1] + k), slope = vd_load(b->g + k) * v_sqrt(square);
        vdouble per = vd_set(1.0) / square, along1 = dot(b1, b2) * per, along3 = dot(b3, b2) * per;
        vector3 first = times(slope / dot(m, m), m), last = times(-slope / dot(n, n), n);
        vector3 turn = minus(times(along3, last), times(along1, first));
        store3(b->f[0], k, first);
        store3(b->f[1], k, minus(turn, first));
        store3(b->f[2], k, back(plus(turn, last)));
        store3(b->f[3], k, last);
    }
}

/* ---- special pairs --------------------------------------------------------------------------------------- */

#define SMOOTH_END 9.0 /* z up to which the polynomials hold */

/** With z = x^2: erf(x)/x; and twice its derivative with respect to z. */
ILI_INLINE vdouble series(const double *c, int n, vdouble z) {
    vdouble t = v_fma(z, vd_set(2.0 / SMOOTH_END), vd_set(-1.0)), p = vd_set(c[0]);
    for (int k = 1; k < n; k++) p = v_fma(p, t, vd_set(c[k]));
    return p;
}
static const double SMOOTH[] = {
    -4.519404894861642e-10, 2.2759220298923712e-9,  -8.4943694633703868e-9, 3.8147804853845392e-8,
    -1.6873212149764984e-7, 6.8836699935069275e-7,  -2.6517548438408556e-6, 9.6652628323718805e-6,
    -3.3158520409884737e-5, 0.00010666310769053665, -0.0003205106431449432, 0.00089588206214272269,
    -0.002318740790951413,  0.0055302466438426346,  -0.012094705466262703,  0.024145690591167541,
    -0.043864159587742094,  0.072535173405968305,   -0.11009416195854893,   0.15749669387895576,
    -0.22879833223025411,   0.47013182472159704};
static const double SMOOTH_SLOPE[] = {
    8.5581860357260782e-10, -4.29695032942582e-9,   1.5954815906487315e-8,  -7.1355894132711553e-8,
    3.1431329730741972e-7,  -1.2756181846367217e-6, 4.8841721784465795e-6,  -1.7677529075367289e-5,
    6.0147339112671572e-5,  -0.0001915831218083673, 0.00056886627566038417, -0.001566940691417835,
    0.0039816990929049025,  -0.0092749632214203159, 0.01966309900029432,    -0.037627972553482329,
    0.064388508259752,      -0.097475910195574925,  0.12895141938767861,    -0.14679221594471547,
    0.1399970612257473,     -0.10168814765789079};

/** erf(alpha r)/r and minus its derivative over r, from r^2. */
static void smooth_charge(double alpha, int n, const double *r2, double *potential, double *push) {
    const vdouble a2 = vd_set(alpha * alpha), a3 = vd_set(-alpha * alpha * alpha), a1 = vd_set(alpha);
    uint32_t far = 0;
    EACH_VECTOR(k, n) {
        vdouble z = a2 * vd_load(r2 + k);
        far |= ~v_bits(v_less(z, vd_set(SMOOTH_END)));
        v_store(push + k, a3 * series(SMOOTH_SLOPE, sizeof SMOOTH_SLOPE / sizeof *SMOOTH_SLOPE, z));
        if (potential) v_store(potential + k, a1 * series(SMOOTH, sizeof SMOOTH / sizeof *SMOOTH, z));
    }
    for (int k = 0; far << (32 - ILI_DOUBLES) && k < n; k++) {
        if (alpha * alpha * r2[k] < SMOOTH_END) continue;
        const double r = sqrt(r2[k]), ar = alpha * r;
        push[k] = (erf(ar) / r - 2.0 * alpha / sqrt(ILI_PI) * exp(-ar * ar)) / r2[k];
        if (potential) potential[k] = erf(ar) / r;
    }
}

static void excluded_forces(batch *b, const ili_bonded_group *group, const ili_bonded_frame *at,
                            bool with_energy) {
    const vdouble qq = vd_set(-group->qq);
    smooth_charge(at->alpha, b->n, b->d2[0], with_energy ? b->q : NULL, b->g);
    EACH_VECTOR(k, b->n) {
        pull(b, k, qq * vd_load(b->g + k));
        if (with_energy) v_store(b->q + k, qq * vd_load(b->q + k));
    }
}

static void scaled_forces(batch *b, const ili_bonded_group *group, const ili_bonded_frame *at,
                          bool with_energy) {
    const vdouble qq = vd_set(group->qq), scale = vd_set(group->scale_coulomb), lj = vd_set(group->scale_lj);
    smooth_charge(at->alpha, b->n, b->d2[0], with_energy ? b->q : NULL, b->v);
    bond_coordinate(b);
    ili_scaled_values(group, at->short_cutoff, b->n, b->u, b->e, b->g);
    EACH_VECTOR(k, b->n) {
        vdouble per = vd_set(1.0) / vd_load(b->u + k), bare = scale * per;
        vdouble push = qq * (bare * per * per - vd_load(b->v + k));
        pull(b, k, v_fnma(lj * per, vd_load(b->g + k), push));
        if (!with_energy) continue;
        v_store(b->q + k, qq * (bare - vd_load(b->q + k)));
        v_store(b->e + k, lj * vd_load(b->e + k));
    }
}

/* ---- sums ------------------------------------------------------------------------------------------------ */

static void add_virial(vdouble w[6], vector3 d, vector3 f) {
    const vdouble half = vd_set(0.5);
    for (int c = 0; c < 3; c++) {
        const int p = (c + 1) % 3, q = (c + 2) % 3;
        w[c] = v_fma(d.c[c], f.c[c], w[c]);
        w[3 + c] = v_fma(half, v_fma(d.c[p], f.c[q], d.c[q] * f.c[p]), w[3 + c]);
    }
}

/** Force on atom a of the items, without the copies. */
ILI_INLINE vector3 live3(dmask m, const batch *b, int a, int k) {
    vector3 f = load3(b->f[a], k);
    for (int c = 0; c < 3; c++) f.c[c] = v_keep(m, f.c[c]);
    return f;
}

/** Energies and virial; the copies at the end count nothing. */
static void add_sums(batch *b, ili_bonded_kind kind, ili_bonded_sums *sums) {
    vdouble w[6], e = vd_set(0.0), q = vd_set(0.0);
    for (int c = 0; c < 6; c++) w[c] = vd_set(0.0);
    EACH_VECTOR(k, b->n) {
        const int live = b->live - k;
        const dmask m = dm_from(live >= ILI_DOUBLES ? ~0u : live > 0 ? (1u << live) - 1 : 0u);
        e = e + v_keep(m, vd_load(b->e + k));
        q = q + v_keep(m, vd_load(b->q + k));
        vector3 first = load3((const double(*)[BATCH])b->d[0], k);
        if (kind == ILI_ITEM_ANGLE) {
            add_virial(w, first, live3(m, b, 0, k));
            add_virial(w, load3((const double(*)[BATCH])b->d[1], k), live3(m, b, 2, k));
        } else if (kind == ILI_ITEM_TORSION) {
            vector3 second = load3((const double(*)[BATCH])b->d[1], k),
                    third = load3((const double(*)[BATCH])b->d[2], k);
            add_virial(w, back(first), live3(m, b, 0, k));
            add_virial(w, second, live3(m, b, 2, k));
            add_virial(w, plus(second, third), live3(m, b, 3, k));
        } else {
            add_virial(w, first, live3(m, b, 1, k));
        }
    }
    sums->energy[kind] += v_sum(e);
    sums->coulomb += v_sum(q);
    for (int c = 0; c < 6; c++) sums->w[c] += v_sum(w[c]);
}

static void scatter(const batch *b, int n_atoms, int64_t room, const int32_t *place, double *f) {
    for (int k = 0; k < b->live; k++)
        for (int a = 0; a < n_atoms; a++) {
            double *to = f + place[a * room + k];
            for (int c = 0; c < 3; c++) to[c] += b->f[a][c][k];
        }
}

static void scatter_energies(const batch *b, int n_atoms, int64_t room, const int32_t *place, double *f) {
    for (int k = 0; k < b->live; k++)
        for (int a = 0; a < n_atoms; a++) f[place[a * room + k] + 3] += (b->e[k] + b->q[k]) / n_atoms;
}

/** The vectors of each kind: from one atom of the item to another. */
typedef struct shape {
    int n_atoms, n_vectors;
    int from[3], to[3];
} shape;

static const shape SHAPES[ILI_ITEM_KINDS] = {
    [ILI_ITEM_BOND] = {2, 1, {0}, {1}},
    [ILI_ITEM_ANGLE] = {3, 2, {1, 1}, {0, 2}},
    [ILI_ITEM_TORSION] = {4, 3, {0, 1, 2}, {1, 2, 3}},
    [ILI_ITEM_EXCLUDED] = {2, 1, {0}, {1}},
    [ILI_ITEM_SCALED] = {2, 1, {0}, {1}},
};

static void compute(batch *b, const ili_bonded_group *group, const ili_bonded_frame *at, bool with_energy) {
    static void (*const coordinate[])(batch *) = {bond_coordinate, angle_coordinate, torsion_coordinate};
    static void (*const forces[])(batch *) = {bond_forces, angle_forces, torsion_forces};
    if (group->kind == ILI_ITEM_EXCLUDED) {
        excluded_forces(b, group, at, with_energy);
    } else if (group->kind == ILI_ITEM_SCALED) {
        scaled_forces(b, group, at, with_energy);
    } else {
        coordinate[group->kind](b);
        ili_bonded_values(group->entry, b->n, b->u, b->v, b->e, b->g);
        forces[group->kind](b);
    }
}

void KERNEL(const ili_bonded_group *group, const ili_bonded_run *run, const int32_t *place,
            const ili_bonded_frame *frame, const double *x, double *f, ili_bonded_sums *sums) {
    const shape *s = &SHAPES[group->kind];
    const bool with_energy = sums || frame->with_atoms;
    batch b;
    if (with_energy) { /* not every kind writes both */
        memset(b.e, 0, sizeof b.e);
        memset(b.q, 0, sizeof b.q);
    }
    for (int32_t first = 0; first < run->room; first += BATCH) {
        const int32_t *p = place + run->at + first;
        b.n = run->room - first < BATCH ? run->room - first : BATCH;
        b.live = run->n - first < BATCH ? run->n - first : BATCH;
        for (int m = 0; m < s->n_vectors; m++)
            separate(frame, b.n, x, p + (int64_t)s->from[m] * run->room, p + (int64_t)s->to[m] * run->room,
                     b.d[m], b.d2[m]);
        compute(&b, group, frame, with_energy);
        if (sums) add_sums(&b, group->kind, sums);
        scatter(&b, s->n_atoms, run->room, p, f);
        if (frame->with_atoms) scatter_energies(&b, s->n_atoms, run->room, p, f);
    }
}
