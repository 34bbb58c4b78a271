/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonded terms, one item after the other: the form of an entry gives E(u) and dE/du of one internal coordinate u; here u and du/dx.
 *
 *    bond     u = r           du/dx_j = d/r, d = x_j - x_i
 *    angle    u = theta       atan2(|u x v|, u.v) with u = x_i - x_j, v = x_k - x_j: exact near 0 and pi;
 *                             dtheta/du = u x n/u^2, dtheta/dv = -v x n/v^2, n = u x v/|u x v|
 *    torsion  u = phi         0 cis, positive clockwise looking from the second atom to the third (IUPAC); derivatives
 *                             without sin phi: Blondel & Karplus, J. Comput. Chem. 17, 1132 (1996), eq. 27
 *
 *  Each item becomes forces on its atoms and their places around one of them, from which the virial follows; bonds
 *  go to the nearest image. Everything is summed in the order of the lists. */
#include "ff/bonded.h"

#include "ff/pairfn.h"
#include "math/units.h"
#include "math/vec.h"

#include <stdio.h>
#include <string.h>

enum { ITEM_MAX = 4 };

/** What one item adds. */
typedef struct share {
    double energy;         /**< eV */
    double d[ITEM_MAX][3]; /**< places of its atoms around one of them, angstrom */
    double f[ITEM_MAX][3]; /**< forces, eV/angstrom */
} share;

/** Where the atoms are. */
typedef struct frame {
    const ili_cell *cell;
    const double (*x)[3];
    double safe2; /**< a vector with a smaller square is the nearest image already, angstrom^2 */
} frame;

static frame frame_make(const ili_cell *cell, const double (*x)[3]) {
    double width[3], least = INFINITY;
    ili_cell_widths(cell, width);
    for (int k = 0; k < 3; k++)
        if (cell->pbc[k] && width[k] < least) least = width[k];
    return (frame){.cell = cell, .x = x, .safe2 = 0.25 * least * least};
}

/** d = x_j - x_i, nearest image; returns its square. */
static double separation(const frame *at, int32_t i, int32_t j, double d[3]) {
    ili_sub(at->x[j], at->x[i], d);
    double d2 = ili_dot(d, d);
    return d2 < at->safe2 ? d2 : ili_cell_nearest(at->cell, d);
}

/* ---- internal coordinates ------------------------------------------------------------------------------ */

static void pull(share *s, double r, double dedr) {
    for (int k = 0; k < 3; k++) {
        s->f[1][k] = -dedr * s->d[1][k] / r;
        s->f[0][k] = -s->f[1][k];
    }
}

static void bond(const frame *at, const ili_model_entry *e, const int32_t *atom, share *s) {
    double r = sqrt(separation(at, atom[0], atom[1], s->d[1])), dedr;
    s->energy = e->form->value(e->p, r, &dedr);
    pull(s, r, dedr);
}

static void angle(const frame *at, const ili_model_entry *e, const int32_t *atom, share *s) {
    double *u = s->d[0], *v = s->d[2], n[3], un[3], vn[3], slope;
    const double u2 = separation(at, atom[1], atom[0], u), v2 = separation(at, atom[1], atom[2], v);
    ili_cross(u, v, n);
    const double area = ili_norm(n);
    s->energy = e->form->value(e->p, atan2(area, ili_dot(u, v)), &slope);
    if (area == 0.0 && u2 > 0.0 && v2 > 0.0) return; /* straight: no direction is down, the forces are 0 */
    ili_cross(u, n, un);
    ili_cross(v, n, vn);
    for (int k = 0; k < 3; k++) {
        s->f[0][k] = -slope * un[k] / (u2 * area);
        s->f[2][k] = slope * vn[k] / (v2 * area);
        s->f[1][k] = -s->f[0][k] - s->f[2][k];
    }
}

static void torsion(const frame *at, const ili_model_entry *e, const int32_t *atom, share *s) {
    double b1[3], *b2 = s->d[2], b3[3], m[3], n[3], slope;
    separation(at, atom[0], atom[1], b1);
    const double l2 = sqrt(separation(at, atom[1], atom[2], b2));
    separation(at, atom[2], atom[3], b3);
    ili_cross(b1, b2, m);
    ili_cross(b2, b3, n);
    const double m2 = ili_dot(m, m), n2 = ili_dot(n, n);
    s->energy = e->form->value(e->p, atan2(l2 * ili_dot(b1, n), ili_dot(m, n)), &slope);
    const double along1 = ili_dot(b1, b2) / (l2 * l2), along3 = ili_dot(b3, b2) / (l2 * l2);
    for (int k = 0; k < 3; k++) {
        s->d[0][k] = -b1[k];
        s->d[3][k] = b2[k] + b3[k];
        const double first = slope * l2 / m2 * m[k], last = -slope * l2 / n2 * n[k];
        s->f[0][k] = first;
        s->f[3][k] = last;
        s->f[1][k] = -first - along1 * first + along3 * last;
        s->f[2][k] = -last + along1 * first - along3 * last;
    }
}

/* ---- sums ---------------------------------------------------------------------------------------------- */

/** false: something is not a finite number. */
static bool deposit(const share *s, int n_atoms, const int32_t *atom, ili_accum *acc) {
    double total = s->energy;
    for (int a = 0; a < n_atoms; a++) {
        for (int k = 0; k < 3; k++) {
            acc->f[atom[a]][k] += s->f[a][k];
            total += s->f[a][k];
        }
        ili_add_virial(acc->w, s->d[a], s->f[a]);
        if (acc->e_atom) acc->e_atom[atom[a]] += s->energy / n_atoms;
    }
    return isfinite(total);
}

static il_status not_finite(il_context *ctx, const char *what, int n_atoms, const int32_t *atom) {
    char atoms[64] = "";
    for (int a = 0; a < n_atoms; a++) {
        size_t used = strlen(atoms);
        snprintf(atoms + used, sizeof atoms - used, "%s%d", a ? "-" : "", atom[a] + 1);
    }
    return ili_fail(ctx, IL_E_NONFINITE,
                    "the energy or force of the %s of atoms %s is not a finite number: do atoms coincide%s?",
                    what, atoms, n_atoms == 4 ? " or three of them lie on a line" : "");
}

typedef void coordinate(const frame *at, const ili_model_entry *e, const int32_t *atom, share *s);

static il_status add_items(il_context *ctx, const frame *at, const ili_binding *binding, const char *what,
                           int n_atoms, coordinate *compute, int32_t n_items, const ili_bonded_item *items,
                           double *energy, ili_accum *acc) {
    for (int32_t k = 0; k < n_items; k++) {
        share s = {0};
        compute(at, &binding->model->entries[items[k].entry], items[k].atom, &s);
        *energy += s.energy;
        if (!deposit(&s, n_atoms, items[k].atom, acc)) return not_finite(ctx, what, n_atoms, items[k].atom);
    }
    return IL_OK;
}

/** Sum of the PAIR entries between two species at distance r. */
static double pair_energy(const il_model *model, int32_t a, int32_t b, double short_cutoff, double r,
                          double *dedr) {
    double energy = 0.0;
    *dedr = 0.0;
    for (int32_t k = 0; k < model->n_entries; k++) {
        const ili_model_entry *e = &model->entries[k];
        if (e->form->kind != ILI_PAIR) continue;
        if ((e->species[0] != a || e->species[1] != b) && (e->species[0] != b || e->species[1] != a))
            continue;
        double slope;
        energy += ili_entry_energy(e, short_cutoff, r, &slope);
        *dedr += slope;
    }
    return energy;
}

static il_status add_specials(il_context *ctx, const frame *at, const ili_binding *binding,
                              double short_cutoff, double alpha, ili_bonded_energy *energy, ili_accum *acc) {
    for (int32_t k = 0; k < binding->n_specials; k++) {
        const ili_special_pair *p = &binding->specials[k];
        const int32_t atom[2] = {p->i, p->j};
        share s = {0};
        const double r = sqrt(separation(at, p->i, p->j, s.d[1]));
        double slope = 0.0;
        if (p->scale_lj != 0.0) {
            const double e = pair_energy(binding->model, binding->type[p->i], binding->type[p->j],
                                         short_cutoff, r, &slope);
            energy->pair14 += p->scale_lj * e;
            s.energy = p->scale_lj * e;
            slope *= p->scale_lj;
        }
        const double qq = ILI_COULOMB * binding->charge[p->i] * binding->charge[p->j];
        if (qq != 0.0) {
            const double ar = alpha * r, bare = (p->scale_coulomb - erf(ar)) / r;
            energy->coulomb_special += qq * bare;
            s.energy += qq * bare;
            slope -= qq * (bare + 2.0 * alpha / sqrt(ILI_PI) * exp(-ar * ar)) / r;
        }
        pull(&s, r, slope);
        if (!deposit(&s, 2, atom, acc)) return not_finite(ctx, "special pair", 2, atom);
    }
    return IL_OK;
}

il_status ili_bonded_reference(il_context *ctx, const ili_binding *binding, const ili_cell *cell,
                               const double (*x)[3], double short_cutoff, double alpha,
                               ili_bonded_energy *energy, ili_accum *acc) {
    const frame at = frame_make(cell, x);
    *energy = (ili_bonded_energy){0};
    IL_TRY(
        add_items(ctx, &at, binding, "bond", 2, bond, binding->n_bonds, binding->bonds, &energy->bond, acc));
    IL_TRY(add_items(ctx, &at, binding, "angle", 3, angle, binding->n_angles, binding->angles, &energy->angle,
                     acc));
    IL_TRY(add_items(ctx, &at, binding, "torsion", 4, torsion, binding->n_torsions, binding->torsions,
                     &energy->torsion, acc));
    return add_specials(ctx, &at, binding, short_cutoff, alpha, energy, acc);
}

/** u itself, as if it were the energy. */
static double itself(const double *p, double u, double *derivative) {
    (void)p;
    *derivative = 1.0;
    return u;
}

void ili_bonded_slope(const ili_cell *cell, const double (*x)[3], int n_atoms, const int32_t *atom, double *u,
                      double (*g)[3]) {
    static coordinate *const compute[ITEM_MAX + 1] = {[2] = bond, [3] = angle, [4] = torsion};
    static const ili_form form = {.name = "itself", .value = itself};
    const ili_model_entry entry = {.form = &form};
    const frame at = frame_make(cell, x);
    share s = {0};
    compute[n_atoms](&at, &entry, atom, &s);
    *u = s.energy;
    for (int a = 0; a < n_atoms; a++)
        for (int k = 0; k < 3; k++) g[a][k] = -s.f[a][k];
}
