/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Kernels of the bonded terms: the equations of bonded_reference.c over vectors of items, built for each set of instructions.
 *
 *  A batch: vectors between the atoms, brought to the nearest image (gather); the internal coordinate and its energy and slope, by
 *  the form; the forces; those of the special pair of the two ends; the sums; and one item after the other the forces to their
 *  places (scatter), which with the gathering is most of the time: hence the pairs do not come by themselves.
 *  Angles come from atan2 of the area and the product, a polynomial of degree 23 behind an exact reduction to |t| < tan(pi/8), so
 *  that 0 and pi are as good as elsewhere; torsions hand cos and sin to their forms. Excluded pairs need erf(x)/x and its
 *  slope, which are smooth functions of x^2: polynomials up to x = 3 (error 1e-16), the C library beyond. */
#include "ff/bonded_plan.h"

#include "math/simd.h"
#include "math/units.h"

enum { BATCH = ILI_BONDED_BATCH };

/** Vectors of an item: from one atom to the next, the last one from end to end. */
enum { END = 3, VECTORS };

/** Items of a batch, one a column. */
typedef struct batch {
    int n, live; /**< columns in use, a multiple of ILI_BONDED_LANES; the first ones that are no copies */
    double d[VECTORS][3][BATCH]; /**< angstrom */
    double d2[VECTORS][BATCH];   /**< their squares */
    double u[BATCH], v[BATCH];   /**< internal coordinate; torsions: its cos and sin */
    double e[BATCH], g[BATCH];   /**< energy, slope */
    double r[BATCH];             /**< special pairs: distance */
    double p[BATCH], q[BATCH];   /**< and energies: of the pair terms, Coulomb */
    double push[BATCH];          /**< and force over distance */
    double f[4][3][BATCH];       /**< forces on the atoms */
} batch;

#define EACH_VECTOR(k, n) for (int k = 0; k < (n); k += ILI_DOUBLES)

typedef struct vector3 {
    vdouble c[3];
} vector3;

ILI_INLINE vector3 load3(const double (*a)[BATCH], int k) {
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

/** The image with fractions within 1/2. */
static vector3 wrapped(const ili_bonded_frame *at, vector3 v) {
    const ili_cell *cell = at->cell;
    vdouble turns[3];
    for (int c = 0; c < 3; c++)
        turns[c] =
            v_round(v_fma(v.c[0], vd_set(at->inverse[0][c]),
                          v_fma(v.c[1], vd_set(at->inverse[1][c]), v.c[2] * vd_set(at->inverse[2][c]))));
    for (int c = 0; c < 3; c++)
        for (int j = 0; j < 3; j++) v.c[c] = v_fnma(turns[j], vd_set(cell->h[j][c]), v.c[c]);
    return v;
}

/** The nearest images, searched for one by one. */
static void bring_near(const ili_bonded_frame *at, int n, double d[3][BATCH], double d2[BATCH]) {
    for (int k = 0; k < n; k++) {
        if (d2[k] < at->safe2) continue;
        double one[3] = {d[0][k], d[1][k], d[2][k]};
        d2[k] = ili_cell_nearest(at->cell, one);
        for (int c = 0; c < 3; c++) d[c][k] = one[c];
    }
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
    [ILI_ITEM_PAIR] = {2, 1, {0}, {1}},
};

ILI_INLINE bool is_below(vdouble a, double bound) {
    const uint32_t all = (1u << ILI_DOUBLES) - 1;
    return (v_bits(v_less(a, vd_set(bound))) & all) == all;
}

/** Keep vector m of some items, wrapped unless it is the nearest image already; false: even so it need not be. */
ILI_INLINE bool keep_vector(batch *b, int m, int k, vector3 v, const ili_bonded_frame *at) {
    vdouble square = dot(v, v);
    bool is_near = is_below(square, at->safe2);
    if (!is_near) {
        v = wrapped(at, v);
        square = dot(v, v);
        is_near = is_below(square, at->safe2);
    }
    store3(b->d[m], k, v);
    v_store(b->d2[m] + k, square);
    return is_near;
}

/** All vectors of the batch; place [n_atoms][room]. */
ILI_INLINE void separate(batch *b, int n_atoms, const shape *s, const ili_bonded_frame *at, const double *x,
                         const int32_t *place, int64_t room) {
    bool is_near = true;
    EACH_VECTOR(k, b->n) {
        vector3 y[4];
        for (int a = 0; a < n_atoms; a++) {
            const vfours row = vd_fours(x, place + a * room + k);
            for (int c = 0; c < 3; c++) y[a].c[c] = row.c[c];
        }
        for (int m = 0; m < n_atoms - 1; m++)
            is_near = keep_vector(b, m, k, minus(y[s->to[m]], y[s->from[m]]), at) && is_near;
        is_near = keep_vector(b, END, k, minus(y[n_atoms - 1], y[0]), at) && is_near;
    }
    for (int m = 0; m < VECTORS && !is_near; m++)
        if (m < n_atoms - 1 || m == END) bring_near(at, b->n, b->d[m], b->d2[m]);
}

/* ---- internal coordinates and forces --------------------------------------------------------------------- */

/** sum c[k] z^(n-1-k), n even; odd and even powers have chains of their own: the latency counts. */
ILI_INLINE vdouble polynomial(const double *c, int n, vdouble z) {
    const vdouble z2 = z * z;
    vdouble odd = vd_set(c[0]), even = vd_set(c[1]);
    for (int k = 2; k < n; k += 2) {
        odd = v_fma(odd, z2, vd_set(c[k]));
        even = v_fma(even, z2, vd_set(c[k + 1]));
    }
    return v_fma(odd, z, even);
}

/** Angle of the vector (x, y), y >= 0, in [0, pi]. */
ILI_INLINE vdouble angle_of(vdouble y, vdouble x) {
    static const double c[] = {0.0,
                               -0.019176887119062259,
                               0.039231658295587191,
                               -0.050854497379402599,
                               0.058581489128022099,
                               -0.06664511447381948,
                               0.076921831908260866,
                               -0.090909045781239019,
                               0.11111111015256362,
                               -0.14285714284666543,
                               0.19999999999995521,
                               -0.3333333333333333};
    const vdouble a = v_max(x, -x), low = vd_set(0.41421356237309504880), zero = vd_set(0.0);
    const dmask is_first = v_less(y, low * a), is_last = v_less(a, low * y);
    vdouble over = v_select(is_first, y, v_select(is_last, -a, y - a));
    vdouble under = v_select(is_first, a, v_select(is_last, y, y + a));
    vdouble base = v_select(is_first, zero, v_select(is_last, vd_set(0.5 * ILI_PI), vd_set(0.25 * ILI_PI)));
    vdouble t = over / under, z = t * t;
    _Static_assert(sizeof c / sizeof *c % 2 == 0, "polynomial takes an even number");
    vdouble theta = base + v_fma(t * z, polynomial(c, sizeof c / sizeof *c, z), t);
    return v_select(v_less(x, zero), vd_set(ILI_PI) - theta, theta);
}

static void bond_coordinate(batch *b) {
    EACH_VECTOR(k, b->n) v_store(b->u + k, v_sqrt(vd_load(b->d2[0] + k)));
}

static void bond_forces(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 f = times(vd_load(b->g + k) / vd_load(b->u + k), load3(b->d[0], k));
        store3(b->f[0], k, f);
        store3(b->f[1], k, back(f));
    }
}

static void angle_coordinate(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 u = load3(b->d[0], k), v = load3(b->d[1], k);
        vector3 n = cross(u, v);
        vdouble area = v_sqrt(dot(n, n));
        v_store(b->v + k, area);
        v_store(b->u + k, angle_of(area, dot(u, v)));
    }
}

/** On a line no direction is down, the forces are 0. */
static void angle_forces(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 u = load3(b->d[0], k), v = load3(b->d[1], k);
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
        vector3 b1 = load3(b->d[0], k), b2 = load3(b->d[1], k), b3 = load3(b->d[2], k);
        vector3 m = cross(b1, b2), n = cross(b2, b3);
        vdouble l2 = v_sqrt(vd_load(b->d2[1] + k)), scale = v_rsqrt(dot(m, m) * dot(n, n));
        v_store(b->u + k, dot(m, n) * scale);
        v_store(b->v + k, l2 * dot(b1, n) * scale);
    }
}

static void torsion_forces(batch *b) {
    EACH_VECTOR(k, b->n) {
        vector3 b1 = load3(b->d[0], k), b2 = load3(b->d[1], k), b3 = load3(b->d[2], k);
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
    return polynomial(c, n, v_fma(z, vd_set(2.0 / SMOOTH_END), vd_set(-1.0)));
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

/** qq erf(alpha r)/r and minus its derivative over r, from r^2. */
static void smooth_charge(double alpha, double qq, int n, const double *r2, double *potential, double *push) {
    const vdouble a2 = vd_set(alpha * alpha), a1 = vd_set(qq * alpha),
                  a3 = vd_set(-qq * alpha * alpha * alpha);
    bool is_near = true;
    EACH_VECTOR(k, n) {
        vdouble z = a2 * vd_load(r2 + k);
        is_near = is_below(z, SMOOTH_END) && is_near;
        v_store(push + k, a3 * series(SMOOTH_SLOPE, sizeof SMOOTH_SLOPE / sizeof *SMOOTH_SLOPE, z));
        if (potential) v_store(potential + k, a1 * series(SMOOTH, sizeof SMOOTH / sizeof *SMOOTH, z));
    }
    for (int k = 0; !is_near && k < n; k++) {
        if (alpha * alpha * r2[k] < SMOOTH_END) continue;
        const double r = sqrt(r2[k]), ar = alpha * r;
        push[k] = qq * (erf(ar) / r - 2.0 * alpha / sqrt(ILI_PI) * exp(-ar * ar)) / r2[k];
        if (potential) potential[k] = qq * erf(ar) / r;
    }
}

/** Pair terms and Coulomb with what is scaled of it. */
static void add_scaled(batch *b, const ili_bonded_group *group, double short_cutoff, bool with_energy) {
    const vdouble qq = vd_set(group->qq), scale = vd_set(group->scale_coulomb), lj = vd_set(group->scale_lj);
    double slope[BATCH];
    EACH_VECTOR(k, b->n) v_store(b->r + k, v_sqrt(vd_load(b->d2[END] + k)));
    ili_scaled_values(group, short_cutoff, b->n, b->r, b->p, slope);
    EACH_VECTOR(k, b->n) {
        vdouble per = vd_set(1.0) / vd_load(b->r + k), bare = qq * scale * per;
        vdouble push = v_fma(bare * per, per, vd_load(b->push + k));
        v_store(b->push + k, v_fnma(lj * per, vd_load(slope + k), push));
        if (!with_energy) continue;
        v_store(b->q + k, bare + vd_load(b->q + k));
        v_store(b->p + k, lj * vd_load(b->p + k));
    }
}

/** The pairs of the ends, onto the forces that are there. */
static void special_forces(batch *b, const ili_bonded_group *group, int last, const ili_bonded_frame *at,
                           bool with_energy) {
    smooth_charge(at->alpha, -group->qq, b->n, b->d2[END], with_energy ? b->q : NULL, b->push);
    if (group->special == ILI_SPECIAL_SCALED) add_scaled(b, group, at->short_cutoff, with_energy);
    EACH_VECTOR(k, b->n) {
        vector3 f = times(vd_load(b->push + k), load3(b->d[END], k));
        store3(b->f[0], k, minus(load3(b->f[0], k), f));
        store3(b->f[last], k, plus(load3(b->f[last], k), f));
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

ILI_INLINE vdouble live1(dmask m, const double *a) {
    return v_keep(m, vd_load(a));
}

/** Energies and virial; the copies at the end count nothing. The pair of the ends has a vector of
 *  its own, which in small cells is not the sum of the others: its force is taken out of the item's. */
static void add_sums(const batch *b, const ili_bonded_group *group, ili_bonded_sums *sums) {
    vdouble w[6], e = vd_set(0.0), p = vd_set(0.0), q = vd_set(0.0);
    for (int c = 0; c < 6; c++) w[c] = vd_set(0.0);
    EACH_VECTOR(k, b->n) {
        const int live = b->live - k;
        const dmask m = dm_from(live >= ILI_DOUBLES ? ~0u : live > 0 ? (1u << live) - 1 : 0u);
        const vector3 first = load3(b->d[0], k), end = load3(b->d[END], k);
        vector3 pair = {{vd_set(0.0), vd_set(0.0), vd_set(0.0)}};
        if (group->special != ILI_SPECIAL_NONE) {
            pair = times(live1(m, b->push + k), end);
            add_virial(w, end, pair);
            p = p + live1(m, b->p + k);
            q = q + live1(m, b->q + k);
        }
        if (group->kind == ILI_ITEM_PAIR) continue;
        e = e + live1(m, b->e + k);
        const vector3 f0 = plus(live3(m, b, 0, k), pair); /* of the item alone */
        if (group->kind == ILI_ITEM_BOND) {
            add_virial(w, back(first), f0);
        } else if (group->kind == ILI_ITEM_ANGLE) {
            add_virial(w, first, f0);
            add_virial(w, load3(b->d[1], k), minus(live3(m, b, 2, k), pair));
        } else {
            const vector3 second = load3(b->d[1], k);
            add_virial(w, back(first), f0);
            add_virial(w, second, live3(m, b, 2, k));
            add_virial(w, plus(second, load3(b->d[2], k)), minus(live3(m, b, 3, k), pair));
        }
    }
    sums->energy[group->kind] += v_sum(e);
    sums->energy[ILI_ITEM_PAIR] += v_sum(p);
    sums->coulomb += v_sum(q);
    for (int c = 0; c < 6; c++) sums->w[c] += v_sum(w[c]);
}

/** A place of the forces. */
typedef double row4 __attribute__((vector_size(32), may_alias));

ILI_INLINE void scatter(const batch *b, int n_atoms, int64_t room, const int32_t *place, double *f) {
    for (int k = 0; k < b->live; k++)
        for (int a = 0; a < n_atoms; a++) {
            row4 *to = (row4 *)(f + place[a * room + k]);
            *to += (row4){b->f[a][0][k], b->f[a][1][k], b->f[a][2][k], 0.0};
        }
}

static void scatter_energies(const batch *b, int n_atoms, int64_t room, const int32_t *place, double *f) {
    for (int k = 0; k < b->live; k++) {
        for (int a = 0; a < n_atoms; a++) f[place[a * room + k] + 3] += b->e[k] / n_atoms;
        f[place[k] + 3] += 0.5 * (b->p[k] + b->q[k]);
        f[place[(n_atoms - 1) * room + k] + 3] += 0.5 * (b->p[k] + b->q[k]);
    }
}

/** One batch, from the vectors to the forces. */
static void compute(batch *b, const ili_bonded_group *group, const ili_bonded_frame *at, bool with_energy) {
    static void (*const coordinate[])(batch *) = {bond_coordinate, angle_coordinate, torsion_coordinate};
    static void (*const forces[])(batch *) = {bond_forces, angle_forces, torsion_forces};
    if (group->kind == ILI_ITEM_PAIR) {
        memset(b->f, 0, 2 * sizeof *b->f);
    } else {
        coordinate[group->kind](b);
        ili_bonded_values(group->entry, b->n, b->u, b->v, b->e, b->g);
        forces[group->kind](b);
    }
    if (group->special != ILI_SPECIAL_NONE)
        special_forces(b, group, SHAPES[group->kind].n_atoms - 1, at, with_energy);
}

/** Runs of items of n_atoms: a constant in each of the calls below, so that loops over the atoms are written out. */
ILI_INLINE void run_items(int n_atoms, const ili_bonded_group *group, const ili_bonded_run *run,
                          const int32_t *place, const ili_bonded_frame *frame, const double *x, double *f,
                          ili_bonded_sums *sums) {
    const bool with_energy = sums || frame->with_atoms;
    batch b;
    if (with_energy) { /* not every kind writes all of them */
        memset(b.e, 0, sizeof b.e);
        memset(b.p, 0, sizeof b.p);
        memset(b.q, 0, sizeof b.q);
    }
    for (int32_t first = 0; first < run->room; first += BATCH) {
        const int32_t *p = place + run->at + first;
        b.n = run->room - first < BATCH ? run->room - first : BATCH;
        b.live = run->n - first < BATCH ? run->n - first : BATCH;
        separate(&b, n_atoms, &SHAPES[group->kind], frame, x, p, run->room);
        compute(&b, group, frame, with_energy);
        if (sums) add_sums(&b, group, sums);
        scatter(&b, n_atoms, run->room, p, f);
        if (frame->with_atoms) scatter_energies(&b, n_atoms, run->room, p, f);
    }
}

void KERNEL(const ili_bonded_group *group, const ili_bonded_run *run, const int32_t *place,
            const ili_bonded_frame *frame, const double *x, double *f, ili_bonded_sums *sums) {
    switch (SHAPES[group->kind].n_atoms) {
    case 2:
        run_items(2, group, run, place, frame, x, f, sums);
        break;
    case 3:
        run_items(3, group, run, place, frame, x, f, sums);
        break;
    default:
        run_items(4, group, run, place, frame, x, f, sums);
        break;
    }
}
