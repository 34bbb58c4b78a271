/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ring of a bond: the shortest path between its atoms that avoids it. A ring is spanned by triangles from
 * its centre; a bond pierces it when it crosses one of them (Moller and Trumbore, J. Graph. Tools 1997,
 * 2, 21), in any image. */
#include "build/piercing.h"

#include "base/alloc.h"
#include "math/vec.h"

#include <math.h>
#include <string.h>

typedef struct bond_rows {
    int32_t *start, *atom;
} bond_rows;

static il_status make_rows(il_context *ctx, const il_system *sys, bond_rows *rows) {
    int32_t *start = rows->start = ili_alloc((size_t)sys->n_atoms + 2, sizeof *start);
    rows->atom = ili_alloc(2 * (size_t)sys->n_bonds, sizeof *rows->atom);
    if (!start || !rows->atom) return ili_no_memory(ctx, "the bonds");
    for (int32_t b = 0; b < sys->n_bonds; b++)
        for (int k = 0; k < 2; k++) start[sys->bonds[b][k] + 2]++;
    for (int32_t i = 0; i < sys->n_atoms; i++) start[i + 2] += start[i + 1];
    for (int32_t b = 0; b < sys->n_bonds; b++)
        for (int k = 0; k < 2; k++) rows->atom[start[sys->bonds[b][k] + 1]++] = sys->bonds[b][1 - k];
    return IL_OK;
}

/** Breadth-first search from `from` to `to` without their bond. `came` [n] is -1 everywhere before and
 *  after. */
static bool shortest_ring(const bond_rows *rows, int32_t from, int32_t to, int32_t *came, int32_t *queue,
                          ili_ring *ring) {
    int32_t n = 0, done = 0;
    bool found = false;
    queue[n++] = from;
    came[from] = from;
    for (int depth = 1; depth < ILI_RING_MAX && !found; depth++)
        for (int32_t end = n; done < end && !found; done++) {
            int32_t i = queue[done];
            for (int32_t k = rows->start[i]; k < rows->start[i + 1] && !found; k++) {
                int32_t j = rows->atom[k];
                if (came[j] >= 0 || (i == from && j == to)) continue;
                came[j] = i;
                queue[n++] = j;
                found = j == to;
            }
        }
    ring->n = 0;
    for (int32_t i = to; found; i = came[i]) {
        ring->atom[ring->n++] = i;
        if (i == from) break;
    }
    for (int32_t k = 0; k < n; k++) came[queue[k]] = -1;
    return found;
}

/** Corners of the ring in space, bond by bond from its first atom; false: it closes on a periodic image. */
static bool unfold(const il_system *sys, const ili_ring *ring, double corner[ILI_RING_MAX][3]) {
    double at[3], d[3], back[3];
    memcpy(at, sys->x[ring->atom[0]], sizeof at);
    for (int k = 0; k < ring->n; k++) {
        memcpy(corner[k], at, sizeof at);
        ili_sub(sys->x[ring->atom[(k + 1) % ring->n]], sys->x[ring->atom[k]], d);
        ili_cell_nearest(&sys->cell, d);
        for (int j = 0; j < 3; j++) at[j] += d[j];
    }
    ili_sub(at, corner[0], back);
    return ili_norm(back) < 1e-3;
}

static bool same_ring(const ili_ring *a, const ili_ring *b) {
    if (a->n != b->n) return false;
    for (int i = 0; i < a->n; i++) {
        bool has = false;
        for (int j = 0; j < b->n; j++) has |= a->atom[i] == b->atom[j];
        if (!has) return false;
    }
    return true;
}

il_status ili_rings_find(il_context *ctx, const il_system *sys, int32_t *n, ili_ring **rings) {
    bond_rows rows = {0};
    size_t cap = 0, found = 0, atoms = (size_t)sys->n_atoms;
    int32_t *came = ili_alloc(atoms, sizeof *came), *queue = ili_alloc(atoms, sizeof *queue);
    il_status status = IL_OK;
    *n = 0;
    *rings = NULL;
    if (!came || !queue) IL_GO(ili_no_memory(ctx, "the rings"));
    IL_GO(make_rows(ctx, sys, &rows));
    memset(came, 0xff, atoms * sizeof *came);
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        ili_ring ring;
        double corner[ILI_RING_MAX][3];
        if (!shortest_ring(&rows, sys->bonds[b][0], sys->bonds[b][1], came, queue, &ring)) continue;
        if (!unfold(sys, &ring, corner)) continue;
        bool is_known = false;
        for (size_t k = 0; k < found && !is_known; k++) is_known = same_ring(&(*rings)[k], &ring);
        if (is_known) continue;
        if (!ILI_GROW(*rings, found + 1, cap)) IL_GO(ili_no_memory(ctx, "the rings"));
        (*rings)[found++] = ring;
    }
    *n = (int32_t)found;
out:
    ili_free(came);
    ili_free(queue);
    ili_free(rows.start);
    ili_free(rows.atom);
    if (status != IL_OK) {
        ili_free(*rings);
        *rings = NULL;
    }
    return status;
}

/** Does the segment from p along d cross the triangle a, b, c? */
static bool crosses(const double p[3], const double d[3], const double a[3], const double b[3],
                    const double c[3]) {
    double e1[3], e2[3], s[3], h[3], q[3];
    ili_sub(b, a, e1);
    ili_sub(c, a, e2);
    ili_cross(d, e2, h);
    double det = ili_dot(e1, h);
    if (fabs(det) < 1e-12) return false;
    ili_sub(p, a, s);
    ili_cross(s, e1, q);
    double u = ili_dot(s, h) / det, v = ili_dot(d, q) / det, t = ili_dot(e2, q) / det;
    return u >= 0.0 && v >= 0.0 && u + v <= 1.0 && t >= 0.0 && t <= 1.0;
}

typedef struct disc {
    double corner[ILI_RING_MAX][3], centre[3], radius;
} disc;

static void span(const il_system *sys, const ili_ring *ring, disc *face) {
    unfold(sys, ring, face->corner);
    face->radius = 0.0;
    for (int k = 0; k < 3; k++) {
        face->centre[k] = 0.0;
        for (int i = 0; i < ring->n; i++) face->centre[k] += face->corner[i][k] / ring->n;
    }
    for (int i = 0; i < ring->n; i++) {
        double d[3];
        ili_sub(face->corner[i], face->centre, d);
        face->radius = fmax(face->radius, ili_norm(d));
    }
}

static bool bond_crosses(const ili_ring *ring, const disc *face, const double p[3], const double d[3]) {
    for (int i = 0; i < ring->n; i++)
        if (crosses(p, d, face->centre, face->corner[i], face->corner[(i + 1) % ring->n])) return true;
    return false;
}

/** Every image of bond b whose middle comes near enough to the ring. */
static bool pierces(const il_system *sys, const ili_ring *ring, const disc *face, int32_t b) {
    const double *xi = sys->x[sys->bonds[b][0]];
    double d[3], to[3], near[3], width[3];
    ili_sub(sys->x[sys->bonds[b][1]], xi, d);
    double length = sqrt(ili_cell_nearest(&sys->cell, d)), limit = face->radius + 0.5 * length;
    for (int k = 0; k < 3; k++) near[k] = to[k] = xi[k] + 0.5 * d[k] - face->centre[k];
    if (ili_cell_nearest(&sys->cell, near) > limit * limit) return false;
    for (int i = 0; i < ring->n; i++)
        if (ring->atom[i] == sys->bonds[b][0] || ring->atom[i] == sys->bonds[b][1]) return false;
    ili_cell_widths(&sys->cell, width);
    int reach[3];
    for (int k = 0; k < 3; k++) reach[k] = sys->cell.pbc[k] ? (int)ceil(2.0 * limit / width[k]) : 0;
    for (int a0 = -reach[0]; a0 <= reach[0]; a0++)
        for (int a1 = -reach[1]; a1 <= reach[1]; a1++)
            for (int a2 = -reach[2]; a2 <= reach[2]; a2++) {
                double p[3];
                for (int k = 0; k < 3; k++)
                    p[k] = face->centre[k] + near[k] - 0.5 * d[k] + a0 * sys->cell.h[0][k] +
                           a1 * sys->cell.h[1][k] + a2 * sys->cell.h[2][k];
                if (bond_crosses(ring, face, p, d)) return true;
            }
    return false;
}

il_status ili_piercing_find(il_context *ctx, const il_system *sys, bool *found, ili_piercing *where) {
    int32_t n;
    ili_ring *rings;
    *found = false;
    IL_TRY(ili_rings_find(ctx, sys, &n, &rings));
    for (int32_t r = 0; r < n && !*found; r++) {
        disc face;
        span(sys, &rings[r], &face);
        for (int32_t b = 0; b < sys->n_bonds && !*found; b++) {
            *found = pierces(sys, &rings[r], &face, b);
            if (*found && where) *where = (ili_piercing){{sys->bonds[b][0], sys->bonds[b][1]}, rings[r]};
        }
    }
    ili_free(rings);
    return IL_OK;
}
