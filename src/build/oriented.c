/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Rigid units: a centre (P, C, S, ...) owns the anions bonded to it, each anion its nearest centre; with
 *  bonds given, whole molecules. Two atoms are bonded within 1.25 times the sum of covalent radii; unlike
 *  charges attract, so pairs of like charge are no bonds. Strength of a bond: charge of the cation over its
 *  number of bonds (Pauling's second rule). */
#include "build/oriented.h"

#include "base/alloc.h"
#include "base/text.h"
#include "build/plane.h"
#include "build/primitive.h"
#include "math/vec.h"
#include "system/element.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double BOND_FACTOR = 1.25;
static const double SYMMETRY_TOLERANCE = 0.01; /* angstrom */
static const char DEFAULT_UNITS[] = "B,C,N,P,S";
static const int LIGANDS[] = {8, 9, 16, 17};

void ili_oriented_free(ili_oriented *o) {
    il_system_destroy(&o->cell);
    ili_free(o->origin);
    ili_free(o->unit);
    ili_free(o->level);
    ili_free(o->charge);
    ili_free(o->links);
    *o = (ili_oriented){0};
}

static int z_of(const il_system *sys, int32_t i) {
    return sys->species[sys->type[i]].z;
}

static double bond_limit(const il_system *sys, int32_t i, int32_t j) {
    return BOND_FACTOR *
           (ili_element_of(z_of(sys, i))->covalent_radius + ili_element_of(z_of(sys, j))->covalent_radius);
}

/* ---- charges ------------------------------------------------------------------------------------------- */

static bool is_neutral(const double *charge, int32_t n) {
    double sum = 0.0, scale = 0.0;
    for (int32_t i = 0; i < n; i++) {
        sum += charge[i];
        scale += fabs(charge[i]);
    }
    return fabs(sum) <= 1e-4 * (1.0 + scale); /* charges of files have four digits */
}

/** Try the usual states of species s and those after it; commonest first. */
static bool assign_states(const il_system *sys, int32_t s, double *charge) {
    if (s == sys->n_species) return is_neutral(charge, sys->n_atoms);
    const signed char *state = ili_element_of(sys->species[s].z)->oxidation;
    for (int k = 0; k < 4 && state[k]; k++) {
        for (int32_t i = 0; i < sys->n_atoms; i++)
            if (sys->type[i] == s) charge[i] = state[k];
        if (assign_states(sys, s + 1, charge)) return true;
    }
    return false;
}

static bool find_charges(const il_system *sys, const double *given, double *charge) {
    int32_t n = sys->n_atoms;
    bool known = true, single = true;
    for (int32_t i = 0; i < n; i++) {
        charge[i] = given ? given[i] : sys->charge ? sys->charge[i] : sys->species[sys->type[i]].charge;
        known = known && isfinite(charge[i]);
        single = single && z_of(sys, i) == z_of(sys, 0);
    }
    if (known && is_neutral(charge, n)) return true;
    memset(charge, 0, (size_t)n * sizeof *charge);
    if (single || assign_states(sys, 0, charge)) return true;
    memset(charge, 0, (size_t)n * sizeof *charge);
    return false;
}

/* ---- neighbours ---------------------------------------------------------------------------------------- */

typedef il_status (*pair_fn)(il_context *ctx, ili_oriented *o, int32_t i, int32_t j, const double d[3],
                             double r2);

/** Visit every image pair of different atoms, and of an atom with its own images, that are bonded. Both
 *  (i, j) and (j, i) are visited. d = x_j - x_i of the image. */
static il_status each_bond(il_context *ctx, ili_oriented *o, pair_fn visit) {
    const il_system *sys = o->cell;
    double width[3], reach = 0.0;
    for (int32_t s = 0; s < sys->n_species; s++)
        reach = fmax(reach, 2.0 * BOND_FACTOR * ili_element_of(sys->species[s].z)->covalent_radius);
    ili_cell_widths(&sys->cell, width);
    int m[3];
    for (int k = 0; k < 3; k++) m[k] = (int)ceil(reach / width[k]) + 1;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int32_t j = 0; j < sys->n_atoms; j++) {
            double d0[3], s[3], limit = bond_limit(sys, i, j);
            ili_sub(sys->x[j], sys->x[i], d0);
            ili_cell_to_frac(&sys->cell, d0, s);
            for (int a = -m[0] - (int)rint(s[0]); a <= m[0] - (int)rint(s[0]); a++)
                for (int b = -m[1] - (int)rint(s[1]); b <= m[1] - (int)rint(s[1]); b++)
                    for (int c = -m[2] - (int)rint(s[2]); c <= m[2] - (int)rint(s[2]); c++) {
                        const double(*h)[3] = sys->cell.h;
                        double d[3];
                        for (int k = 0; k < 3; k++) d[k] = d0[k] + a * h[0][k] + b * h[1][k] + c * h[2][k];
                        double r2 = ili_dot(d, d);
                        if (r2 > 1e-6 && r2 < limit * limit) IL_TRY(visit(ctx, o, i, j, d, r2));
                    }
        }
    return IL_OK;
}

/* ---- units --------------------------------------------------------------------------------------------- */

static bool is_centre_element(const char *units, int z) {
    const char *symbol = ili_element_of(z)->symbol;
    size_t length = strlen(symbol);
    for (const char *p = units; p && *p; p = strchr(p, ','), p = p ? p + 1 : NULL)
        if (strncmp(p, symbol, length) == 0 && (p[length] == ',' || p[length] == 0)) return true;
    return false;
}

static bool is_ligand(int z) {
    for (size_t k = 0; k < sizeof LIGANDS / sizeof *LIGANDS; k++)
        if (LIGANDS[k] == z) return true;
    return false;
}

/** Nearest image of the ligand moves beside its nearest centre. A centre (P of PS4) is never a ligand. */
static void gather_ligands(ili_oriented *o, const char *units) {
    il_system *sys = o->cell;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        if (!is_ligand(z_of(sys, i))) continue;
        double best = INFINITY, at[3] = {0};
        int32_t centre = -1;
        for (int32_t c = 0; c < sys->n_atoms; c++) {
            if (z_of(sys, c) == z_of(sys, i) || !is_centre_element(units, z_of(sys, c)) || o->unit[c] != c)
                continue;
            double d[3], limit = bond_limit(sys, i, c), r2;
            ili_sub(sys->x[i], sys->x[c], d);
            r2 = ili_cell_nearest(&sys->cell, d);
            if (r2 >= limit * limit || r2 >= best) continue;
            best = r2;
            centre = c;
            for (int k = 0; k < 3; k++) at[k] = sys->x[c][k] + d[k];
        }
        if (centre < 0) continue;
        o->unit[i] = centre;
        memcpy(sys->x[i], at, sizeof at);
    }
}

/** With bonds: every atom joins the unit of the lowest atom it is bonded to, unwrapped beside it. */
static void gather_molecules(ili_oriented *o) {
    il_system *sys = o->cell;
    for (bool changed = true; changed;) {
        changed = false;
        for (int32_t b = 0; b < sys->n_bonds; b++) {
            int32_t i = sys->bonds[b][0], j = sys->bonds[b][1];
            if (o->unit[i] == o->unit[j]) continue;
            if (o->unit[i] > o->unit[j]) i = sys->bonds[b][1], j = sys->bonds[b][0];
            int32_t from = o->unit[j], to = o->unit[i];
            double d[3], shift[3];
            ili_sub(sys->x[j], sys->x[i], d);
            ili_cell_nearest(&sys->cell, d);
            for (int k = 0; k < 3; k++) shift[k] = sys->x[i][k] + d[k] - sys->x[j][k];
            for (int32_t a = 0; a < sys->n_atoms; a++) {
                if (o->unit[a] != from) continue;
                o->unit[a] = to;
                for (int k = 0; k < 3; k++) sys->x[a][k] += shift[k];
            }
            changed = true;
        }
    }
}

/** Height of each unit's centre (its centre atom; the mean of a molecule), brought into one period. */
static il_status set_levels(il_context *ctx, ili_oriented *o) {
    il_system *sys = o->cell;
    int32_t n = sys->n_atoms;
    double(*centre)[3] = ili_alloc((size_t)n, sizeof *centre);
    int32_t *members = ili_alloc((size_t)n, sizeof *members);
    if (!centre || !members) {
        ili_free(centre);
        ili_free(members);
        return ili_no_memory(ctx, "the units of a crystal");
    }
    for (int32_t i = 0; i < n; i++) {
        if (!sys->n_bonds && o->unit[i] != i) continue;
        members[o->unit[i]]++;
        for (int k = 0; k < 3; k++) centre[o->unit[i]][k] += sys->x[i][k];
    }
    for (int32_t i = 0; i < n; i++) {
        double c[3], s[3];
        for (int k = 0; k < 3; k++) c[k] = centre[o->unit[i]][k] / members[o->unit[i]];
        ili_cell_to_frac(&sys->cell, c, s);
        o->level[i] = c[2];
        for (int m = 0; m < 3; m++) {
            double turns = floor(s[m] + 1e-7);
            for (int k = 0; k < 3; k++) sys->x[i][k] -= turns * sys->cell.h[m][k];
            if (m == 2) o->level[i] -= turns * o->period;
        }
    }
    ili_free(centre);
    ili_free(members);
    return IL_OK;
}

/* ---- links --------------------------------------------------------------------------------------------- */

static il_status keep_link(il_context *ctx, ili_oriented *o, int32_t i, int32_t j, const double d[3],
                           double r2) {
    (void)r2;
    double qi = o->charge[i], qj = o->charge[j];
    if (qi * qj > 0.0 || (qi == 0.0) != (qj == 0.0)) return IL_OK;
    /* the unit of j seen from i: its own height against the level in the cell */
    double height = d[2] + o->cell->x[i][2] - o->cell->x[j][2];
    int rise = (int)rint(height / o->period);
    if (!ILI_GROW(o->links, (size_t)o->n_links + 1, o->cap_links))
        return ili_no_memory(ctx, "the bonds of a crystal");
    o->links[o->n_links++] = (struct ili_link){.i = i, .j = j, .rise = rise, .strength = 1.0};
    return IL_OK;
}

/** Pauling strengths from the coordination found; then bonds inside units, and the second copy of each
 *  bond, go. */
static il_status weigh_links(il_context *ctx, ili_oriented *o) {
    int32_t *coordination = ili_alloc((size_t)o->cell->n_atoms, sizeof *coordination), kept = 0;
    if (!coordination) return ili_no_memory(ctx, "the bonds of a crystal");
    for (int32_t k = 0; k < o->n_links; k++) coordination[o->links[k].i]++;
    for (int32_t k = 0; k < o->n_links; k++) {
        struct ili_link link = o->links[k];
        int32_t cation = o->charge[link.i] > 0.0 ? link.i : link.j;
        if (o->charge[cation] > 0.0) link.strength = o->charge[cation] / coordination[cation];
        bool second = link.i > link.j || (link.i == link.j && link.rise <= 0);
        bool inside = o->unit[link.i] == o->unit[link.j] && link.rise == 0;
        if (!second && !inside) o->links[kept++] = link;
    }
    o->n_links = kept;
    ili_free(coordination);
    return IL_OK;
}

/* ---- orientation --------------------------------------------------------------------------------------- */

/** Miller index of the primitive cell: the plane's normal does not change, its coordinates do. */
static void primitive_index(const int miller[3], const int scaled[3][3], int out[3]) {
    for (int r = 0; r < 3; r++) {
        out[r] = 0;
        for (int k = 0; k < 3; k++) out[r] += scaled[r][k] * miller[k];
    }
    int common = ili_gcd(ili_gcd(out[0], out[1]), out[2]);
    for (int r = 0; r < 3; r++) out[r] /= common;
}

/** Cell rows become u * h, then everything turns so that a lies along x and the normal along z. */
static void turn(il_system *sys, const int u[3][3]) {
    double w[3][3], h[3][3], frame[3][3], l;
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) w[i][k] = u[i][k];
    ili_mat_mul(w, sys->cell.h, h);
    ili_cross(h[0], h[1], frame[2]);
    memcpy(frame[0], h[0], sizeof frame[0]);
    for (int r = 0; r < 3; r += 2) {
        l = ili_norm(frame[r]);
        for (int k = 0; k < 3; k++) frame[r][k] /= l;
    }
    ili_cross(frame[2], frame[0], frame[1]);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double x[3] = {ili_dot(sys->x[i], frame[0]), ili_dot(sys->x[i], frame[1]),
                       ili_dot(sys->x[i], frame[2])};
        memcpy(sys->x[i], x, sizeof x);
    }
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) sys->cell.h[i][k] = ili_dot(h[i], frame[k]);
    sys->cell.h[0][1] = sys->cell.h[0][2] = sys->cell.h[1][2] = 0.0;
}

static il_status check_bulk(il_context *ctx, const il_system *bulk, const int miller[3]) {
    if (!miller[0] && !miller[1] && !miller[2])
        return ili_fail(ctx, IL_E_INPUT,
                        "Miller index 0,0,0 names no plane; give three integers such as 0,0,1");
    for (int k = 0; k < 3; k++)
        if (abs(miller[k]) > 50)
            return ili_fail(ctx, IL_E_INPUT, "Miller index %d is out of range, expected -50 to 50",
                            miller[k]);
    if (!bulk->cell.pbc[0] || !bulk->cell.pbc[1] || !bulk->cell.pbc[2])
        return ili_fail(ctx, IL_E_INPUT,
                        "a slab is cut from a crystal that repeats in three directions; this one does not");
    if (bulk->n_atoms < 1) return ili_fail(ctx, IL_E_INPUT, "the crystal has no atoms");
    for (int32_t s = 0; s < bulk->n_species; s++)
        if (!ili_element_of(bulk->species[s].z))
            return ili_fail(ctx, IL_E_INPUT, "species '%s' is no element, so its bonds are not known",
                            bulk->species[s].name);
    return ili_cell_check(ctx, &bulk->cell, "crystal");
}

static il_status fill(il_context *ctx, const int miller[3], const char *units, const double *given,
                      const int scaled[3][3], ili_oriented *o) {
    il_status status = IL_OK;
    size_t n = (size_t)o->cell->n_atoms;
    double *picked = given ? ili_alloc(n, sizeof *picked) : NULL;
    o->unit = ili_alloc(n, sizeof *o->unit);
    o->level = ili_alloc(n, sizeof *o->level);
    o->charge = ili_alloc(n, sizeof *o->charge);
    if (!o->unit || !o->level || !o->charge || (given && !picked))
        IL_GO(ili_no_memory(ctx, "an oriented crystal"));
    int index[3], u[3][3], common = ili_gcd(ili_gcd(miller[0], miller[1]), miller[2]);
    for (int k = 0; k < 3; k++) o->miller[k] = miller[k] / common;
    primitive_index(miller, scaled, index);
    ili_plane_basis(o->cell->cell.h, index, u);
    turn(o->cell, u);
    o->period = o->cell->cell.h[2][2];
    o->area = ili_cell_area(&o->cell->cell);
    for (size_t i = 0; i < n; i++) {
        o->unit[i] = (int32_t)i;
        if (given) picked[i] = given[o->origin[i]];
    }
    o->has_charge = find_charges(o->cell, picked, o->charge);
    if (!o->has_charge)
        ili_warn(ctx,
                 "no charges are known that add up to zero, so dipoles and Tasker classes are not computed");
    if (o->cell->n_bonds)
        gather_molecules(o);
    else
        gather_ligands(o, units ? units : DEFAULT_UNITS);
    IL_GO(set_levels(ctx, o));
    IL_GO(each_bond(ctx, o, keep_link));
    IL_GO(weigh_links(ctx, o));
out:
    ili_free(picked);
    return status;
}

il_status ili_oriented_create(il_context *ctx, const il_system *bulk, const int miller[3], const char *units,
                              const double *charge, ili_oriented *out) {
    *out = (ili_oriented){0};
    IL_TRY(check_bulk(ctx, bulk, miller));
    int scaled[3][3], factor;
    IL_TRY(ili_primitive(ctx, bulk, SYMMETRY_TOLERANCE, &out->cell, &out->origin, scaled, &factor));
    il_status status = fill(ctx, miller, units, charge, scaled, out);
    if (status != IL_OK) ili_oriented_free(out);
    return status;
}
