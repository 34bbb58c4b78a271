/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pairs of rows (four atoms) with clusters (eight slots), see neigh/clusters.h for the list and pair_params.h for the functions.
 *
 *  Plan. A vector holds the eight slots for one atom of the row (16 lanes: for two, fewer lanes: a part of the slots): a `group`.
 *  Rows of a chunk, in order
 *      their atoms into every lane; forces of the row in registers
 *      pairs begin .. short_end: short range and Coulomb          pairs short_end .. end: Coulomb alone
 *          slots of the cluster once; TOGETHER groups at a time, so that their chains of operations overlap:
 *              displacement, s = r^2, 1/r            coefficients: look-up in the table of the row atom by the kind of the slot
 *              -2 dV/ds of each part, kept where the mask is set and s is within its cut-off, 0 elsewhere
 *              force on the row and on the cluster; with `sums`, energy and virial
 *          force on the cluster into the chunk's buffer
 *      force on the row into the buffer
 *  Lanes without a pair compute anything at all, infinities and NaN included: what counts is kept by mask, never by a factor.
 *  `shape`, `coulomb` and `sums` are constants of each build: the compiler drops what they do not need.
 *
 *  Included twice by pair_kernel_set.h, which defines the words of the precision. */

#define EACH for (int i = 0; i < K(TOGETHER); i++)

enum {
    K(PARTS) = (int)K(LANES) < (int)ILI_CLUSTER ? ILI_CLUSTER / K(LANES) : 1, /* vectors to a cluster */
    K(GROUPS) = ILI_CLUSTER_ROW / K(ROWS),                                    /* vectors to a row */
    K(TOGETHER) = (int)ILI_DOUBLES == 8 && K(ROWS) == 1 ? 4 : 2               /* as registers go */
};

/** What does not change within a chunk. */
typedef struct K(fixed) {
    const ili_pair_params *params;
    const ili_clusters_view *view;
    const int32_t *local;
    real *f;
    const real *table, *poly_c, *poly_d;
    int n_poly, n_slope;
    ptrdiff_t plane; /**< reals from a plane to the next */
    vreal step2, coulomb_reach2, poly_scale;
} K(fixed);

typedef struct K(row) {
    vplace x[K(GROUPS)][3];
    vreal f[K(GROUPS)][3];
    const real *table[ILI_CLUSTER_ROW]; /**< coefficients of each atom */
    int32_t kind[ILI_CLUSTER_ROW];
    vreal w[6], energy;
} K(row);

/** The part of a cluster that a vector holds. */
typedef struct K(slots) {
    vreal f[3];
    const int32_t *kind;
    vpick pick;
} K(slots);

/** Displacements and distances of TOGETHER groups. */
typedef struct K(near) {
    vreal d[K(TOGETHER)][3], s[K(TOGETHER)], inverse_r[K(TOGETHER)];
    vmask is_pair[K(TOGETHER)];
} K(near);

/** Coefficients of a group. */
typedef struct K(coefficients) {
    vreal of[ILI_PAIR_PLANES];
} K(coefficients);

/** Plane by plane; gathered where there are more kinds than a look-up takes. */
ILI_INLINE void K(look_up)(const K(fixed) * k, const real *const *table, const K(slots) * slots,
                           const bool wide, const int first, const int last, K(coefficients) * c) {
    if (!wide) {
        for (int p = first; p <= last; p++) c->of[p] = V(pick)(table, p * k->plane, slots->pick);
        return;
    }
    int32_t row[2] = {0, K(ROWS) > 1 ? (int32_t)(table[K(ROWS) - 1] - table[0]) : 0};
    vindex at = VI(add)(VI(slots)(slots->kind), VI(rows)(row));
    for (int p = first; p <= last; p++) c->of[p] = V(gather)(table[0] + p * k->plane, at);
}

/** Short-range V without its shift and taper, and -2 dV/ds; closed forms, for TOGETHER groups. */
ILI_INLINE void K(closed)(const K(coefficients) * c, const int shape, const bool want_energy, const vreal *s,
                          const vreal *inverse_r, vreal *energy, vreal *fs) {
    vreal u[K(TOGETHER)], u3[K(TOGETHER)], e[K(TOGETHER)];
    EACH u[i] = inverse_r[i] * inverse_r[i];
    EACH u3[i] = u[i] * u[i] * u[i];
    EACH fs[i] = V(fma)(c[i].of[ILI_PAIR_C12], u3[i], c[i].of[ILI_PAIR_C6]) * (u3[i] * u[i]);
    for (int i = 0; want_energy && i < K(TOGETHER); i++)
        energy[i] = V(fma)(c[i].of[ILI_PAIR_C12] * V(set)((real)(1.0 / 12.0)), u3[i],
                           c[i].of[ILI_PAIR_C6] * V(set)((real)(1.0 / 6.0))) *
                    u3[i];
    if (shape == ILI_PAIR_POWERS) return;
    EACH e[i] = V(fma)(c[i].of[ILI_PAIR_B], s[i] * inverse_r[i], c[i].of[ILI_PAIR_G]);
    EACH e[i] = V(exp2)(e[i]);
    EACH fs[i] = V(fnma)(c[i].of[ILI_PAIR_B] * inverse_r[i],
                         e[i] * V(fma)(c[i].of[ILI_PAIR_C2], e[i], c[i].of[ILI_PAIR_C1]), fs[i]);
    for (int i = 0; want_energy && i < K(TOGETHER); i++)
        energy[i] =
            V(fma)(e[i] * V(set)((real)(1.0 / 0.69314718055994530942)),
                   V(fma)(c[i].of[ILI_PAIR_C2] * V(set)((real)0.5), e[i], c[i].of[ILI_PAIR_C1]), energy[i]);
}

/** Lanes that the table does not cover: nearer than it begins, or marked. */
static __attribute__((noinline)) void K(mend)(const K(fixed) * k, const int32_t *row_kind,
                                              const int32_t *slot_kind, uint32_t lanes, const real *s,
                                              real *energy, real *fs) {
    const double step = k->params->step;
    for (int l = 0; l < K(LANES); l++) {
        if (!(lanes >> l & 1)) continue;
        double r = sqrt((double)s[l]), slope;
        int32_t a = row_kind[l / ILI_CLUSTER], b = slot_kind[l % ILI_CLUSTER];
        energy[l] = (real)(ili_pair_short(k->params, a, b, r, &slope) * step);
        fs[l] = (real)(-slope / r * step);
    }
}

/** The same from tables. */
ILI_INLINE void K(tabulated)(const K(fixed) * k, const K(coefficients) * c, const int32_t *row_kind,
                             const int32_t *slot_kind, const vmask inside, vreal s, vreal *energy,
                             vreal *fs) {
    const real per_step = (real)(1.0 / ILI_QUINTIC_STEP);
    vreal u = V(min)(s * V(set)(per_step), V(set)((real)(k->params->n_intervals - 1)));
    vindex cell = V(whole)(u), at = VI(add)(cell, V(whole)(c->of[ILI_PAIR_FIRST]));
    vreal t = u - V(from)(cell), p[ILI_QUINTIC];
    at = VI(add)(VI(add)(at, at), VI(add)(VI(add)(at, at), VI(add)(at, at))); /* ILI_QUINTIC at */
    for (int m = 0; m < ILI_QUINTIC; m++) p[m] = V(gather)(k->table + m, at);
    vreal slope = p[5] * V(set)(5), value = p[5];
    for (int m = 4; m > 0; m--) slope = V(fma)(slope, t, p[m] * V(set)((real)m));
    for (int m = 4; m >= 0; m--) value = V(fma)(value, t, p[m]);
    *energy = value;
    *fs = slope * V(set)(-2 * per_step);
    vmask known =
        V(less)(V(set)((real)-INFINITY), *fs); /* not where it is NaN; infinite tables are never made */
    uint32_t unknown = VM(bits)(inside) & ~VM(bits)(known);
    if (unknown == 0) return;
    real in[K(LANES)], e[K(LANES)], f[K(LANES)];
    V(store)(in, s);
    V(store)(e, *energy);
    V(store)(f, *fs);
    K(mend)(k, row_kind, slot_kind, unknown, in, e, f);
    *energy = V(load)(e);
    *fs = V(load)(f);
}

/** Multiply by the switch S(t) = 1 - 10 t^3 + 15 t^4 - 6 t^5, written from its far end. */
ILI_INLINE void K(taper)(const K(coefficients) * c, vreal s, vreal inverse_r, vreal *energy, vreal *fs) {
    const vreal one = V(set)(1);
    vreal width = c->of[ILI_PAIR_PER_WIDTH];
    vreal t = V(max)((s * inverse_r - c->of[ILI_PAIR_TAPER_START]) * width, V(set)(0)), u = one - t;
    vreal u2 = u * u, by = u2 * u * V(fma)(t, V(fma)(V(set)(6), t, V(set)(3)), one);
    vreal slope = V(set)(30) * (t * t) * u2 * width; /* -dS/dr */
    *fs = V(fma)(*energy * slope, inverse_r, *fs * by);
    *energy = *energy * by;
}

/** sum c[k] t^k for TOGETHER groups; n a multiple of 4. Terms go by pairs, every other pair into a chain of its own: latency counts. */
ILI_INLINE void K(polynomial)(const real *c, int n, const vreal *t, vreal *sum) {
    vreal t2[K(TOGETHER)], t4[K(TOGETHER)], odd[K(TOGETHER)];
    for (int i = 0; i < K(TOGETHER); i++) {
        t2[i] = t[i] * t[i];
        sum[i] = V(fma)(V(set)(c[n - 3]), t[i], V(set)(c[n - 4]));
        odd[i] = V(fma)(V(set)(c[n - 1]), t[i], V(set)(c[n - 2]));
        t4[i] = t2[i] * t2[i];
    }
    for (int m = n - 8; m >= 0; m -= 4)
        for (int i = 0; i < K(TOGETHER); i++) {
            sum[i] = V(fma)(sum[i], t4[i], V(fma)(V(set)(c[m + 1]), t[i], V(set)(c[m])));
            odd[i] = V(fma)(odd[i], t4[i], V(fma)(V(set)(c[m + 3]), t[i], V(set)(c[m + 2])));
        }
    for (int i = 0; i < K(TOGETHER); i++) sum[i] = V(fma)(odd[i], t2[i], sum[i]);
}

/** What follows from the places alone, for TOGETHER groups of the row, from group g on, and a part of a cluster. */
ILI_INLINE K(near) K(measure)(const K(fixed) * k, const K(row) * row, const ili_cluster_pair *pair,
                              const int part, const int g) {
    K(near) n;
    const int lane = part * K(LANES);
    EACH {
        for (int x = 0; x < 3; x++)
            n.d[i][x] = K(difference)(VP(slots)(&PLACES(k->view)[pair->cluster][x][lane]), row->x[g + i][x]);
        n.s[i] = V(fma)(n.d[i][0], n.d[i][0], V(fma)(n.d[i][1], n.d[i][1], n.d[i][2] * n.d[i][2])) * k->step2;
        n.inverse_r[i] = V(rsqrt)(n.s[i]);
        n.is_pair[i] = VM(from)(pair->mask >> (ILI_CLUSTER * K(ROWS) * (g + i) + lane));
    }
    return n;
}

/** Forces, and sums, of these groups. */
ILI_INLINE void K(act)(const K(fixed) * k, K(row) * row, const int g, K(slots) * slots, const K(near) * n,
                       const int shape, const bool wide, const bool coulomb, const bool sums) {
    const bool is_short = shape != ILI_PAIR_NONE;
    const bool exponential = shape == ILI_PAIR_EXPONENTIAL || shape == ILI_PAIR_TAPERED;
    const bool tapered = shape == ILI_PAIR_TAPERED || shape == ILI_PAIR_TABLE;
    const int last = exponential ? ILI_PAIR_G : shape == ILI_PAIR_POWERS ? ILI_PAIR_C12 : ILI_PAIR_SHIFT;
    vreal fs[K(TOGETHER)], energy[K(TOGETHER)];
    K(coefficients) c[K(TOGETHER)];
    if (is_short) {
        vmask inside[K(TOGETHER)];
        EACH {
            K(look_up)(k, row->table + (g + i) * K(ROWS), slots, wide, ILI_PAIR_REACH2, last, &c[i]);
            if (tapered) {
                K(look_up)
                (k, row->table + (g + i) * K(ROWS), slots, wide, ILI_PAIR_TAPER_START, ILI_PAIR_FIRST, &c[i]);
            }
            inside[i] = VM(and)(n->is_pair[i], V(less)(n->s[i], c[i].of[ILI_PAIR_REACH2]));
        }
        if (shape == ILI_PAIR_TABLE)
            EACH K(tabulated)(k, &c[i], row->kind + (g + i) * K(ROWS), slots->kind, inside[i], n->s[i],
                              &energy[i], &fs[i]);
        else
            K(closed)(c, shape, sums || tapered, n->s, n->inverse_r, energy, fs);
        EACH {
            if (tapered) K(taper)(&c[i], n->s[i], n->inverse_r[i], &energy[i], &fs[i]);
            fs[i] = V(keep)(inside[i], fs[i]);
            if (sums) energy[i] = V(keep)(inside[i], energy[i] - c[i].of[ILI_PAIR_SHIFT]);
        }
    }
    if (coulomb) {
        vreal t[K(TOGETHER)], slope[K(TOGETHER)], g_of_s[K(TOGETHER)];
        EACH t[i] = V(fma)(n->s[i], k->poly_scale, V(set)(-1));
        K(polynomial)(k->poly_d, k->n_slope, t, slope);
        if (sums) K(polynomial)(k->poly_c, k->n_poly, t, g_of_s);
        EACH {
            vmask inside = VM(and)(n->is_pair[i], V(less)(n->s[i], k->coulomb_reach2));
            if (!is_short)
                K(look_up)(k, row->table + (g + i) * K(ROWS), slots, wide, ILI_PAIR_QQ, ILI_PAIR_QQ, &c[i]);
            vreal qq = c[i].of[ILI_PAIR_QQ], bare = n->inverse_r[i] * n->inverse_r[i] * n->inverse_r[i];
            vreal f = V(keep)(inside, qq * (bare + slope[i]));
            if (is_short) f = f + fs[i];
            fs[i] = f;
            if (!sums) continue;
            vreal e = V(keep)(inside, qq * (n->inverse_r[i] - g_of_s[i]));
            if (is_short) e = e + energy[i];
            energy[i] = e;
        }
    }
    EACH {
        vreal f[3];
        for (int x = 0; x < 3; x++) {
            row->f[g + i][x] = V(fma)(fs[i], n->d[i][x], row->f[g + i][x]);
            slots->f[x] = V(fma)(fs[i], n->d[i][x], slots->f[x]);
            if (sums) f[x] = fs[i] * n->d[i][x];
        }
        for (int v = 0; sums && v < 6; v++)
            row->w[v] = V(fma)(n->d[i][ILI_VOIGT[v][0]], f[ILI_VOIGT[v][1]], row->w[v]);
        if (sums) row->energy = row->energy + energy[i];
    }
}

/** A row with a cluster. */
ILI_INLINE void K(meet)(const K(fixed) * k, K(row) * row, const ili_cluster_pair *pair, const int shape,
                        const bool wide, const bool coulomb, const bool sums) {
    const size_t cluster = (size_t)pair->cluster;
    const int32_t *kind = k->view->type + ILI_CLUSTER * cluster;
    real *f = k->f + 3 * ILI_CLUSTER * (size_t)k->local[cluster];
    for (int part = 0; part < K(PARTS); part++) {
        const int lane = part * K(LANES);
        K(slots) slots = {.kind = kind + lane, .pick = V(pick_of)(kind + lane)};
        for (int x = 0; x < 3; x++) slots.f[x] = V(set)(0);
        for (int g = 0; g < K(GROUPS); g += K(TOGETHER)) {
            const K(near) now = K(measure)(k, row, pair, part, g);
            K(act)(k, row, g, &slots, &now, shape, wide, coulomb, sums);
        }
        for (int x = 0; x < 3; x++) V(add_slots)(f + ILI_CLUSTER * x + lane, slots.f[x]);
    }
}

ILI_INLINE void K(begin_row)(const K(fixed) * k, const ili_cluster_row *of, K(row) * row) {
    const int32_t slot = of->half * ILI_CLUSTER_ROW, cluster = slot / ILI_CLUSTER, at = slot % ILI_CLUSTER;
    const size_t row_size = (size_t)k->params->stride;
    for (int g = 0; g < K(GROUPS); g++)
        for (int x = 0; x < 3; x++) {
            place shifted[K(ROWS)];
            for (int r = 0; r < K(ROWS); r++)
                shifted[r] = K(shifted)(PLACES(k->view)[cluster][x][at + g * K(ROWS) + r],
                                        PLACE_SHIFTS(k->view)[of->shift][x]);
            row->x[g][x] = VP(rows)(shifted);
            row->f[g][x] = V(set)(0);
        }
    for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
        row->kind[a] = k->view->type[slot + a];
        row->table[a] = (const real *)k->params->plane + (size_t)row->kind[a] * row_size;
    }
    for (int v = 0; v < 6; v++) row->w[v] = V(set)(0);
    row->energy = V(set)(0);
}

/** The force on the row is minus what the clusters got. */
ILI_INLINE void K(end_row)(const K(fixed) * k, const ili_cluster_row *of, const K(row) * row) {
    const int32_t slot = of->half * ILI_CLUSTER_ROW, at = slot % ILI_CLUSTER;
    real *f = k->f + 3 * ILI_CLUSTER * (size_t)k->local[slot / ILI_CLUSTER] + at;
    for (int g = 0; g < K(GROUPS); g++)
        for (int x = 0; x < 3; x++) V(add_rows)(f + ILI_CLUSTER * x + g * K(ROWS), -row->f[g][x]);
}

ILI_INLINE void K(chunk)(const ili_pair_params *params, const ili_clusters_view *view, int32_t chunk, real *f,
                         double sums_out[7], const int shape, const bool wide, const bool coulomb,
                         const bool sums) {
    const K(fixed) k = {.params = params,
                        .view = view,
                        .local = view->local + (size_t)chunk * (size_t)view->n_clusters,
                        .f = f,
                        .table = params->table,
                        .poly_c = params->poly_c,
                        .poly_d = params->poly_d,
                        .n_poly = params->n_poly,
                        .n_slope = params->n_slope,
                        .plane = (ptrdiff_t)params->n_kinds * params->stride,
                        .step2 = V(set)((real)(params->step * params->step)),
                        .coulomb_reach2 = V(set)((real)params->coulomb_reach2),
                        .poly_scale = V(set)((real)params->poly.scale)};
    vdouble total[7];
    for (int v = 0; v < 7; v++) total[v] = vd_set(0.0);
    for (int32_t i = view->chunk[chunk]; i < view->chunk[chunk + 1]; i++) {
        const ili_cluster_row *of = &view->row[i];
        K(row) row;
        K(begin_row)(&k, of, &row);
        for (int32_t p = of->begin; p < of->short_end; p++)
            K(meet)(&k, &row, &view->pair[p], shape, wide, coulomb, sums);
        for (int32_t p = of->short_end; coulomb && p < of->end; p++)
            K(meet)(&k, &row, &view->pair[p], ILI_PAIR_NONE, wide, true, sums);
        K(end_row)(&k, of, &row);
        for (int v = 0; sums && v < 6; v++) total[v] = total[v] + V(widen)(row.w[v]);
        if (sums) total[6] = total[6] + V(widen)(row.energy);
    }
    for (int v = 0; sums && v < 6; v++) sums_out[v] = vd_sum(total[v]) * params->step;
    if (sums) sums_out[6] = vd_sum(total[6]) / params->step;
}

/* one function for each shape, with and without Coulomb and sums */
#define KERNEL(name, shape, wide, coulomb, sums)                                                             \
    static void K(name)(const ili_pair_params *p, const ili_clusters_view *v, int32_t chunk, void *f,        \
                        double w[7]) {                                                                       \
        K(chunk)(p, v, chunk, f, w, shape, wide, coulomb, sums);                                             \
    }
#define KERNELS(name, shape, wide)                                                                           \
    KERNEL(name##_f, shape, wide, false, false)                                                              \
    KERNEL(name##_e, shape, wide, false, true)                                                               \
    KERNEL(name##_qf, shape, wide, true, false)                                                              \
    KERNEL(name##_qe, shape, wide, true, true)
#define ROW(name)                                                                                            \
    {                                                                                                        \
        {K(name##_f), K(name##_e)}, {                                                                        \
            K(name##_qf), K(name##_qe)                                                                       \
        }                                                                                                    \
    }
KERNELS(powers, ILI_PAIR_POWERS, false)
KERNELS(exponential, ILI_PAIR_EXPONENTIAL, false)
KERNELS(tapered, ILI_PAIR_TAPERED, false)
KERNELS(table, ILI_PAIR_TABLE, false)
KERNELS(wide, ILI_PAIR_TAPERED, true)
KERNELS(wide_table, ILI_PAIR_TABLE, true)
KERNEL(none_qf, ILI_PAIR_NONE, false, true, false)
KERNEL(none_qe, ILI_PAIR_NONE, false, true, true)
static const ili_pair_kernels K(kernels) = {.of = {[ILI_PAIR_NONE] = {{NULL, NULL}, {K(none_qf), K(none_qe)}},
                                                   [ILI_PAIR_POWERS] = ROW(powers),
                                                   [ILI_PAIR_EXPONENTIAL] = ROW(exponential),
                                                   [ILI_PAIR_TAPERED] = ROW(tapered),
                                                   [ILI_PAIR_TABLE] = ROW(table),
                                                   [ILI_PAIR_WIDE] = ROW(wide),
                                                   [ILI_PAIR_WIDE_TABLE] = ROW(wide_table)}};
#undef EACH
#undef ROW
#undef KERNELS
#undef KERNEL
