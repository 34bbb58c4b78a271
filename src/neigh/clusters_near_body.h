/* SPDX-License-Identifier: GPL-3.0-or-later */
/** neigh/clusters_near.h for one set of vector instructions; the including file defines TESTS, the name of its table. */
#include "math/simd.h"
#include "neigh/clusters_near.h"

/** Lanes are boxes. The distance of two boxes along an axis is the greater of the two gaps between their sides, or 0. */
static int32_t near_boxes(const ili_cluster_boxes *boxes, int32_t from, int32_t to,
                          const ili_cluster_box *box, double limit2, int32_t *found) {
    vdouble low[3], high[3];
    int32_t n = 0;
    for (int k = 0; k < 3; k++) {
        low[k] = vd_set(box->low[k]);
        high[k] = vd_set(box->high[k]);
    }
    for (int32_t b = from; b < to; b += ILI_DOUBLES) {
        vdouble d2 = vd_set(0.0);
        for (int k = 0; k < 3; k++) {
            const vdouble below = vd_load(boxes->side[k] + b) - high[k];
            const vdouble above = low[k] - vd_load(boxes->side[3 + k] + b);
            const vdouble gap = v_max(v_max(below, above), vd_set(0.0));
            d2 = v_fma(gap, gap, d2);
        }
        uint32_t bits = v_bits(v_less(d2, vd_set(limit2)));
        if (to - b < ILI_DOUBLES) bits &= (1u << (to - b)) - 1;
        for (; bits; bits &= bits - 1) found[n++] = b + __builtin_ctz(bits);
    }
    return n;
}

/** Lanes are slots of the cluster; the least distance from the four slots of the row is taken in each. The pairs are written
 *  to where they would go in all three cases, and the case tells which of the places is taken. */
static void part(const double (*x)[3][ILI_CLUSTER], const ili_cluster_row_place *row, ili_cluster_pair *pair,
                 int32_t n, double near2, double all2, ili_cluster_pair *scratch, int32_t parted[2]) {
    vdouble place[3][ILI_CLUSTER_ROW];
    int32_t n_near = 0, n_rest = 0, n_far = 0;
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < ILI_CLUSTER_ROW; a++) place[k][a] = vd_set(row->x[k][a]);
    for (int32_t p = 0; p < n; p++) {
        const ili_cluster_pair this = pair[p];
        const double(*to)[ILI_CLUSTER] = x[this.cluster];
        uint32_t near = 0, all = 0;
        for (int b = 0; b < ILI_CLUSTER; b += ILI_DOUBLES) {
            const vdouble tx = vd_load(to[0] + b), ty = vd_load(to[1] + b), tz = vd_load(to[2] + b);
            vdouble least = vd_set(INFINITY);
            for (int a = 0; a < ILI_CLUSTER_ROW; a++) {
                const vdouble dx = tx - place[0][a], dy = ty - place[1][a], dz = tz - place[2][a];
                least = v_min(v_fma(dx, dx, v_fma(dy, dy, dz * dz)), least);
            }
            near |= v_bits(v_less(least, vd_set(near2)));
            all |= v_bits(v_less(least, vd_set(all2)));
        }
        const bool is_near = near != 0, is_far = all == 0 && near == 0;
        pair[n_near] = scratch[n_rest] = scratch[n - 1 - n_far] = this;
        n_near += is_near;
        n_far += is_far;
        n_rest += !is_near && !is_far;
    }
    for (int32_t p = 0; p < n_rest; p++) pair[n_near + p] = scratch[p];
    for (int32_t p = 0; p < n_far; p++) pair[n_near + n_rest + p] = scratch[n - 1 - p];
    parted[0] = n_near;
    parted[1] = n_rest;
}

const ili_cluster_tests TESTS = {near_boxes, part};
