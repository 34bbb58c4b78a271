/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Body of eam_kernel.h; the includer defines EAM_KERNEL, the name of its table.
 *
 *  Only about one in five of the slot pairs of a cluster list lies within reach, so both passes go through the rows in batches:
 *    find    squared distances of whole clusters by vectors; those within reach are packed into a dense run
 *    shape   the cubics of the dense run, full vectors of pairs
 *    add     results spread back to their slots, a vector of slots at a time, and added to both atoms of each pair
 *  A batch stays in the first-level cache. Its order is that of the list, so sums are too.
 *
 *  Where row and cluster hold atoms of the first kind alone, pairs carry no kinds: everything, if there is one kind only. The
 *  other pairs of a row go through the same three steps once more, with the kinds of each pair beside its distance. */
#include "ff/eam_kernel.h"

#include "math/simd.h"

enum {
    PARTS = ILI_CLUSTER / ILI_DOUBLES,
    BATCH = 64,
    LANES = (1 << ILI_DOUBLES) - 1,
    DENSE = BATCH * 32 + ILI_DOUBLES
};

/** One row as its pairs see it. */
typedef struct row_view {
    vdouble x[ILI_CLUSTER_ROW][3]; /**< shifted place in all lanes */
    int32_t kind[ILI_CLUSTER_ROW];
    int32_t next, end; /**< pairs still to be looked at */
    bool is_plain;     /**< first kind only */
} row_view;

/** Pairs of a row found within reach. */
typedef struct batch {
    int n, n_pairs; /**< clusters; pairs of atoms */
    int32_t cluster[BATCH];
    uint32_t bits[BATCH]; /**< which of its slot pairs follow in the dense run */
    double r2[DENSE];
    double a[DENSE], b[DENSE], c[DENSE]; /**< results */
    int32_t place[DENSE];                /**< on the grid */
    int32_t kinds[DENSE]; /**< kind of the row's atom * n_kinds + of the other; mixed batches only */
} batch;

ILI_INLINE bool is_plain(const int32_t *kind, int n) {
    int32_t any = 0;
    for (int k = 0; k < n; k++) any |= kind[k];
    return any == 0;
}

ILI_INLINE void view_row(const ili_eam_job *job, const ili_cluster_row *row, row_view *v) {
    const ili_clusters_view *list = job->list;
    const int32_t c = row->half / 2, from = row->half % 2 * ILI_CLUSTER_ROW;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
        for (int k = 0; k < 3; k++) v->x[a][k] = vd_set(list->x[c][k][from + a] + list->shift[row->shift][k]);
        v->kind[a] = list->type[c * ILI_CLUSTER + from + a];
    }
    v->next = row->begin;
    v->end = row->end;
    v->is_plain = is_plain(v->kind, ILI_CLUSTER_ROW);
}

/** Squared distances of the slots of a cluster from atom a of the row. */
ILI_INLINE vdouble distance2(const row_view *row, int a, const double (*x)[ILI_CLUSTER], int part) {
    vdouble dx = vd_load(x[0] + part * ILI_DOUBLES) - row->x[a][0],
            dy = vd_load(x[1] + part * ILI_DOUBLES) - row->x[a][1],
            dz = vd_load(x[2] + part * ILI_DOUBLES) - row->x[a][2];
    return v_fma(dz, dz, v_fma(dy, dy, dx * dx));
}

/** Packs the pairs of one cluster that are within reach2 behind the *n that there are; which these are. */
ILI_INLINE uint32_t pack_near(const row_view *row, const double (*x)[ILI_CLUSTER], uint32_t mask,
                              vdouble reach2, batch *b, int *n) {
    uint32_t found = 0;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++)
        for (int p = 0; p < PARTS; p++) {
            const int at = a * ILI_CLUSTER + p * ILI_DOUBLES;
            vdouble s = distance2(row, a, x, p);
            uint32_t bits = v_bits(v_less(s, reach2)) & mask >> at & LANES;
            v_store(b->r2 + *n, vd_pack(bits, s));
            *n += vd_count(bits);
            found |= bits << at;
        }
    return found;
}

/** The same, each pair against the reach of its kinds. */
ILI_INLINE uint32_t pack_mixed(const ili_eam_tables *t, const row_view *row, const double (*x)[ILI_CLUSTER],
                               const int32_t *kind, uint32_t mask, batch *b, int *n) {
    double s[ILI_CLUSTER_ROW * ILI_CLUSTER];
    uint32_t found = 0;
    for (int a = 0; a < ILI_CLUSTER_ROW; a++)
        for (int p = 0; p < PARTS; p++)
            v_store(s + a * ILI_CLUSTER + p * ILI_DOUBLES, distance2(row, a, x, p));
    for (; mask; mask &= mask - 1) {
        const int at = __builtin_ctz(mask),
                  kinds = row->kind[at / ILI_CLUSTER] * t->n_kinds + kind[at % ILI_CLUSTER];
        if (!(s[at] < t->reach2[kinds])) continue;
        b->r2[*n] = s[at];
        b->kinds[(*n)++] = kinds;
        found |= 1u << at;
    }
    return found;
}

/** Fill a batch with the next pairs of the row, plain or mixed ones; false: there were none left. */
ILI_INLINE bool find(const ili_eam_job *job, row_view *row, bool is_mixed, batch *b) {
    const ili_clusters_view *list = job->list;
    const ili_eam_tables *t = job->tables;
    const vdouble reach2 = vd_set(t->reach2[0]);
    int n = 0, n_pairs = 0, next = row->next;
    for (; next < row->end && n < BATCH; next++) {
        const ili_cluster_pair pair = list->pair[next];
        const int32_t *kind = list->type + (size_t)pair.cluster * ILI_CLUSTER;
        if (t->n_kinds > 1 && (row->is_plain && is_plain(kind, ILI_CLUSTER)) == is_mixed) continue;
        const double(*x)[ILI_CLUSTER] = list->x[pair.cluster];
        b->cluster[n] = pair.cluster;
        b->bits[n] = is_mixed ? pack_mixed(t, row, x, kind, pair.mask, b, &n_pairs)
                              : pack_near(row, x, pair.mask, reach2, b, &n_pairs);
        n += b->bits[n] != 0;
    }
    row->next = next;
    b->n = n;
    b->n_pairs = n_pairs;
    if (n == 0) return false;
    v_store(b->r2 + n_pairs, vd_set(b->r2[n_pairs - 1])); /* fills the last vector up */
    for (int k = 0; is_mixed && k < ILI_DOUBLES; k++) b->kinds[n_pairs + k] = b->kinds[n_pairs - 1];
    return true;
}

/** Where r stands on the grid: *t behind node place / 2. One that is not a number stands at the end. */
ILI_INLINE void place_pair(vdouble r, double inv_step, int32_t end, double *t, int32_t *place) {
    vdouble u = v_min(r * vd_set(inv_step), vd_set(end / 2));
    vlane k = v_whole(u), twice = vl_add(k, k);
    v_store(t, u - vd_from(k));
    memcpy(place, &twice, sizeof twice);
}

/** A cubic by value and slope (times the step) at both ends of its interval. */
typedef struct cubic {
    vdouble f, s, c2, c3;
} cubic;

/** The cubics of a function at places of the grid: of all lanes alike, or (kinds given) of each lane's pair of kinds. */
ILI_INLINE cubic cubic_at(const ili_eam_tables *t, const ili_eam_nodes *of, const int32_t *place,
                          const int32_t *kinds) {
    vfours n;
    if (kinds) {
        int32_t at[ILI_DOUBLES];
        for (int l = 0; l < ILI_DOUBLES; l++)
            at[l] = of[kinds[l]].first + (place[l] < of[kinds[l]].last ? place[l] : of[kinds[l]].last);
        n = vd_fours(t->node[0], at);
    } else
        n = vd_fours(t->node[0] + of->first, place);
    const vdouble rise = n.c[2] - n.c[0], begin = n.c[1] - rise, end = n.c[3] - rise;
    return (cubic){n.c[0], n.c[1], v_fnma(vd_set(2.0), begin, -end), begin + end};
}

ILI_INLINE vdouble value_of(cubic f, vdouble t) {
    return v_fma(t, v_fma(t, v_fma(t, f.c3, f.c2), f.s), f.f);
}

/** times the step */
ILI_INLINE vdouble slope_of(cubic f, vdouble t) {
    return v_fma(t, v_fma(t * vd_set(3.0), f.c3, f.c2 + f.c2), f.s);
}

/** Lanes that are not numbers. */
ILI_INLINE uint32_t bad_lanes(vdouble a) {
    return LANES & ~v_bits(v_less(a, vd_set(INFINITY)));
}

/** Densities of a batch: b->a at the row's atom; b->b at the other one, mixed only: else they are the same. */
ILI_INLINE void shape_densities(const ili_eam_tables *t, bool is_mixed, batch *b) {
    const int32_t end = is_mixed ? INT32_MAX / 2 : t->density[0].last;
    for (int k = 0; k < b->n_pairs; k += ILI_DOUBLES)
        place_pair(v_sqrt(vd_load(b->r2 + k)), t->inv_step, end, b->a + k, b->place + k);
    for (int k = 0; k < b->n_pairs; k += ILI_DOUBLES) {
        const int32_t *kinds = is_mixed ? b->kinds + k : NULL;
        const vdouble at = vd_load(b->a + k);
        vdouble at_a = value_of(cubic_at(t, t->density, b->place + k, kinds), at), at_b = at_a;
        if (is_mixed) at_b = value_of(cubic_at(t, t->density_back, b->place + k, kinds), at);
        v_store(b->a + k, at_a);
        if (is_mixed) v_store(b->b + k, at_b);
        const uint32_t bad = bad_lanes(at_a + at_b);
        for (int l = 0; __builtin_expect(bad != 0, 0) && l < ILI_DOUBLES; l++) {
            double both[2];
            if (!(bad >> l & 1)) continue;
            ili_eam_exact_densities(t, is_mixed ? kinds[l] : 0, b->r2[k + l], both);
            b->a[k + l] = both[0];
            if (is_mixed) b->b[k + l] = both[1];
        }
    }
}

/** b->a: V'/r; b->b and b->c: slopes over r of the densities at the row's atom and (mixed only) at the other one. The sum of V
 *  goes into *energy, if not NULL. */
ILI_INLINE void shape_slopes(const ili_eam_tables *t, bool is_mixed, batch *b, vdouble *energy) {
    const int32_t end = is_mixed ? INT32_MAX / 2 : t->pair[0].last;
    const vdouble inv_step = vd_set(t->inv_step);
    for (int k = 0; k < b->n_pairs; k += ILI_DOUBLES) {
        const vdouble s = vd_load(b->r2 + k), inverse = v_rsqrt(s);
        place_pair(s * inverse, t->inv_step, end, b->a + k, b->place + k);
        v_store(b->b + k, inverse);
    }
    for (int k = 0; k < b->n_pairs; k += ILI_DOUBLES) {
        const int32_t *kinds = is_mixed ? b->kinds + k : NULL, *place = b->place + k;
        const vdouble at = vd_load(b->a + k), inverse = vd_load(b->b + k), scale = inv_step * inverse;
        const cubic rv = cubic_at(t, t->pair, place, kinds);
        vdouble v = value_of(rv, at) * inverse, at_b = vd_set(0.0);
        vdouble dv = v_fma(slope_of(rv, at), scale, -(v * inverse)) * inverse;
        vdouble at_a = slope_of(cubic_at(t, t->density, place, kinds), at) * scale;
        v_store(b->a + k, dv);
        v_store(b->b + k, at_a);
        if (is_mixed) {
            at_b = slope_of(cubic_at(t, t->density_back, place, kinds), at) * scale;
            v_store(b->c + k, at_b);
        }
        const uint32_t bad = bad_lanes(dv + (at_a + at_b));
        if (__builtin_expect(bad != 0, 0)) {
            double values[ILI_DOUBLES], slope[3];
            v_store(values, v);
            for (int l = 0; l < ILI_DOUBLES; l++) {
                if (!(bad >> l & 1)) continue;
                values[l] = ili_eam_exact_slopes(t, is_mixed ? kinds[l] : 0, b->r2[k + l], slope);
                b->a[k + l] = slope[0];
                b->b[k + l] = slope[1];
                if (is_mixed) b->c[k + l] = slope[2];
            }
            v = vd_load(values);
        }
        const int left = b->n_pairs - k;
        if (energy) *energy += left >= ILI_DOUBLES ? v : v_keep(dm_from((1u << left) - 1), v);
    }
}

/** Densities of a batch to the atoms of the row (sums of its lanes still to be taken) and to the clusters. */
ILI_INLINE void add_densities(const batch *b, bool is_mixed, const int32_t *local,
                              vdouble own[ILI_CLUSTER_ROW], double (*rho)[ILI_CLUSTER]) {
    const double *at_a = b->a, *at_b = is_mixed ? b->b : b->a;
    for (int m = 0; m < b->n; m++) {
        double *to = rho[local[b->cluster[m]]];
        vdouble sum[PARTS];
        for (int p = 0; p < PARTS; p++) sum[p] = vd_load(to + p * ILI_DOUBLES);
        for (int a = 0; a < ILI_CLUSTER_ROW; a++)
            for (int p = 0; p < PARTS; p++) {
                const uint32_t bits = b->bits[m] >> (a * ILI_CLUSTER + p * ILI_DOUBLES) & LANES;
                vdouble given = vd_spread(bits, vd_load(at_b));
                own[a] += is_mixed ? vd_spread(bits, vd_load(at_a)) : given;
                sum[p] += given;
                at_a += vd_count(bits);
                at_b += vd_count(bits);
            }
        for (int p = 0; p < PARTS; p++) v_store(to + p * ILI_DOUBLES, sum[p]);
    }
}

/** What the force step of a row reads and adds up. */
typedef struct row_forces {
    vdouble slope[ILI_CLUSTER_ROW]; /**< F' in all lanes */
    vdouble f[ILI_CLUSTER_ROW][3];
} row_forces;

ILI_INLINE void add_virial(vdouble s, const vdouble d[3], vdouble *w) {
    const vdouble g[3] = {s * d[0], s * d[1], s * d[2]};
    for (int k = 0; k < 3; k++) w[k] = v_fnma(d[k], g[k], w[k]);
    w[3] = v_fnma(d[1], g[2], w[3]);
    w[4] = v_fnma(d[0], g[2], w[4]);
    w[5] = v_fnma(d[0], g[1], w[5]);
}

/** Forces of a batch, to the row and to the clusters; the virial too, if wanted: w = - sum s d d. */
ILI_INLINE void add_forces(const ili_eam_job *job, const row_view *row, const batch *b, bool is_mixed,
                           const int32_t *local, row_forces *own, double (*f)[3][ILI_CLUSTER], vdouble *w) {
    const double *dv = b->a, *at_a = b->b, *at_b = b->c;
    for (int m = 0; m < b->n; m++) {
        const int32_t cluster = b->cluster[m];
        const double(*x)[ILI_CLUSTER] = job->list->x[cluster],
              *slope = job->slope + (size_t)cluster * ILI_CLUSTER;
        double(*to)[ILI_CLUSTER] = f[local[cluster]];
        vdouble sum[PARTS][3];
        for (int p = 0; p < PARTS; p++)
            for (int k = 0; k < 3; k++) sum[p][k] = vd_load(to[k] + p * ILI_DOUBLES);
        for (int a = 0; a < ILI_CLUSTER_ROW; a++)
            for (int p = 0; p < PARTS; p++) {
                const int from = p * ILI_DOUBLES;
                const uint32_t bits = b->bits[m] >> (a * ILI_CLUSTER + from) & LANES;
                vdouble s = vd_spread(bits, vd_load(dv)), theirs = vd_load(slope + from), d[3];
                if (is_mixed) {
                    s = v_fma(own->slope[a], vd_spread(bits, vd_load(at_a)), s);
                    s = v_fma(theirs, vd_spread(bits, vd_load(at_b)), s);
                } else
                    s = v_fma(own->slope[a] + theirs, vd_spread(bits, vd_load(at_a)), s);
                dv += vd_count(bits);
                at_a += vd_count(bits);
                at_b += vd_count(bits);
                for (int k = 0; k < 3; k++) {
                    d[k] = vd_load(x[k] + from) - row->x[a][k];
                    own->f[a][k] = v_fma(s, d[k], own->f[a][k]);
                    sum[p][k] = v_fnma(s, d[k], sum[p][k]);
                }
                if (w) add_virial(s, d, w);
            }
        for (int p = 0; p < PARTS; p++)
            for (int k = 0; k < 3; k++) v_store(to[k] + p * ILI_DOUBLES, sum[p][k]);
    }
}

static void densities(const ili_eam_job *job, int32_t chunk, double (*rho)[ILI_CLUSTER]) {
    const ili_clusters_view *list = job->list;
    const ili_eam_tables *t = job->tables;
    const int32_t *local = list->local + (size_t)chunk * (size_t)list->n_clusters;
    batch b;
    for (int32_t r = list->chunk[chunk]; r < list->chunk[chunk + 1]; r++) {
        const ili_cluster_row *row = &list->row[r];
        row_view view;
        view_row(job, row, &view);
        vdouble own[ILI_CLUSTER_ROW];
        for (int a = 0; a < ILI_CLUSTER_ROW; a++) own[a] = vd_set(0.0);
        while (view.is_plain && find(job, &view, false, &b)) {
            shape_densities(t, false, &b);
            add_densities(&b, false, local, own, rho);
        }
        view.next = row->begin;
        while (t->n_kinds > 1 && find(job, &view, true, &b)) {
            shape_densities(t, true, &b);
            add_densities(&b, true, local, own, rho);
        }
        double *to = rho[local[row->half / 2]] + row->half % 2 * ILI_CLUSTER_ROW;
        for (int a = 0; a < ILI_CLUSTER_ROW; a++) to[a] += v_sum(own[a]);
    }
}

/** The second pass with or without energy and virial; the forces have the same bits. */
ILI_INLINE bool force_pass(const ili_eam_job *job, int32_t chunk, double (*f)[3][ILI_CLUSTER],
                           vdouble *energy, vdouble *w) {
    const ili_clusters_view *list = job->list;
    const ili_eam_tables *t = job->tables;
    const int32_t *local = list->local + (size_t)chunk * (size_t)list->n_clusters;
    vdouble check = vd_set(0.0); /* stays 0 or becomes not a number */
    batch b;
    for (int32_t r = list->chunk[chunk]; r < list->chunk[chunk + 1]; r++) {
        const ili_cluster_row *row = &list->row[r];
        row_view view;
        view_row(job, row, &view);
        row_forces own;
        for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
            own.slope[a] = vd_set(job->slope[row->half * ILI_CLUSTER_ROW + a]);
            for (int k = 0; k < 3; k++) own.f[a][k] = vd_set(0.0);
        }
        while (view.is_plain && find(job, &view, false, &b)) {
            shape_slopes(t, false, &b, energy);
            add_forces(job, &view, &b, false, local, &own, f, w);
        }
        view.next = row->begin;
        while (t->n_kinds > 1 && find(job, &view, true, &b)) {
            shape_slopes(t, true, &b, energy);
            add_forces(job, &view, &b, true, local, &own, f, w);
        }
        double(*to)[ILI_CLUSTER] = f[local[row->half / 2]];
        for (int a = 0; a < ILI_CLUSTER_ROW; a++)
            for (int k = 0; k < 3; k++) {
                to[k][row->half % 2 * ILI_CLUSTER_ROW + a] += v_sum(own.f[a][k]);
                check = v_fma(own.f[a][k], vd_set(0.0), check);
            }
    }
    return v_sum(check) == 0.0;
}

static bool forces_only(const ili_eam_job *job, int32_t chunk, double (*f)[3][ILI_CLUSTER]) {
    return force_pass(job, chunk, f, NULL, NULL);
}

static bool forces(const ili_eam_job *job, int32_t chunk, double (*f)[3][ILI_CLUSTER], double *energy,
                   double w[6]) {
    vdouble e = vd_set(0.0), sum[6] = {{0}};
    const bool is_finite = force_pass(job, chunk, f, &e, sum);
    *energy = v_sum(e);
    for (int k = 0; k < 6; k++) w[k] = v_sum(sum[k]);
    return is_finite;
}

const ili_eam_kernel EAM_KERNEL = {densities, forces_only, forces};
