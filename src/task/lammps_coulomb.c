/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The long-range sum and the box of a slab. LAMMPS takes the dipole field of the images out of a slab (kspace_modify slab) in
 * orthogonal boxes only; in a tilted one the deck says the same by a field that follows the dipole. theory.md (14.24). */
#include "task/lammps_deck.h"

#include "ff/kspace_tune.h"
#include "math/units.h"
#include "math/vec.h"

#include <string.h>

/** LAMMPS's own Coulomb constant (units metal), eV angstrom. */
static const double LAMMPS_COULOMB = 14.399645;
/** Accuracy of a sum that is as exact as it gets, and of a mesh where that would take too long. */
static const double TIGHT = 1e-10, TIGHT_MESH = 2e-8;
/** Least room above and below a slab, angstrom: atoms that leave the box are lost to LAMMPS. */
static const double ROOM = 10.0;
/** As KSPACE_AUTO of our own: Ewald for few atoms. */
enum { EWALD_MAX_ATOMS = 500, TIGHT_EWALD_MAX_ATOMS = 20000 };
/** Boxes less tilted than this (of the length of a) are made orthogonal. */
static const double UPRIGHT = 1e-9;

static double accuracy(const ili_lammps_deck *d) {
    return d->plan->tight ? TIGHT : d->settings.accuracy;
}

static bool is_upright(const ili_cell *cell) {
    return fabs(ili_dot(cell->h[0], cell->h[1])) <= UPRIGHT * ili_norm(cell->h[0]) * ili_norm(cell->h[1]);
}

/** b perpendicular to a to the last bit that LAMMPS sees. */
static void straighten(ili_cell *cell) {
    double *a = cell->h[0], *b = cell->h[1], share = ili_dot(a, b) / ili_dot(a, a);
    for (int k = 0; k < 3; k++) b[k] -= share * a[k];
}

/** Vacuum that a slab needs, angstrom: the same as our own sum takes. */
static double vacuum_gap(const ili_lammps_deck *d) {
    if (!d->has_charges) return 0.0;
    ili_charge_sums sums = ili_charge_sums_of(d->binding.n, d->binding.charge);
    return ili_tune_gap(&sums, d->sys->cell.h, fmin(0.1 * accuracy(d), 1e-7));
}

il_status ili_lammps_slab_box(il_context *ctx, ili_lammps_deck *d) {
    il_system *sys = d->sys;
    const bool *pbc = sys->cell.pbc;
    d->out->is_slab = !pbc[2];
    d->filled = 1.0;
    if (!pbc[0] || !pbc[1])
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "a deck for LAMMPS needs a cell that is periodic along a and b (and c, unless it is a slab)");
    if (pbc[2]) return IL_OK;
    bool is_orthogonal = is_upright(&sys->cell);
    if (is_orthogonal) straighten(&sys->cell);
    double n[3], low = INFINITY, high = -INFINITY, gap = vacuum_gap(d);
    ili_cross(sys->cell.h[0], sys->cell.h[1], n);
    double area = ili_norm(n);
    for (int k = 0; k < 3; k++) n[k] /= area;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double z = ili_dot(sys->x[i], n);
        low = fmin(low, z);
        high = fmax(high, z);
    }
    double height = high - low + 2.0 * fmax(ROOM, 0.1 * (high - low));
    if (d->has_charges && is_orthogonal)
        d->out->vacuum_ratio = fmax(1.0 + gap / height, 2.0);
    else
        height += gap;
    d->filled = (high - low) / (height * fmax(d->out->vacuum_ratio, 1.0));
    for (int k = 0; k < 3; k++) {
        sys->cell.h[2][k] = height * n[k];
        d->out->shift[k] = (0.5 * (height - high - low)) * n[k];
    }
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += d->out->shift[k];
    return IL_OK;
}

/** E = 2 pi C M^2/V and its force -4 pi C M q/V on every charge, M the dipole along the normal. The energy is shared equally,
 *  because releases before 2022 take that of one atom for all. */
static void write_dipole_field(FILE *out, int32_t n_atoms) {
    fprintf(out,
            "# the dipole field of the periodic images, taken out (Yeh and Berkowitz 1999): LAMMPS's own\n"
            "# `kspace_modify slab` wants an orthogonal box\n"
            "variable slab_qz atom q*z\n"
            "compute slab_dipole all reduce sum v_slab_qz\n"
            "variable slab_field equal %.17g*c_slab_dipole/vol\n"
            "variable slab_share equal -0.5*v_slab_field*c_slab_dipole/%d\n"
            "variable slab_energy atom v_slab_share\n"
            "fix slab_dipole all efield 0.0 0.0 v_slab_field energy v_slab_energy\n"
            "fix_modify slab_dipole energy yes virial no\n",
            -4.0 * ILI_PI * ILI_COULOMB, n_atoms);
}

/** LAMMPS plans its sum for charges all over the box, but those of a slab fill a part of it; and half of the error is left to the
 *  cut-off in LAMMPS, measured (theory.md 14.25). */
static double planned_accuracy(const ili_lammps_deck *d, bool is_ewald) {
    if (d->plan->tight) return is_ewald ? TIGHT : TIGHT_MESH;
    return 0.5 * sqrt(d->filled) * d->settings.accuracy;
}

static bool takes_ewald(const ili_lammps_deck *d) {
    if (d->plan->tight) return d->binding.n <= TIGHT_EWALD_MAX_ATOMS;
    return d->settings.coulomb == 1 || (d->settings.coulomb == 0 && d->binding.n <= EWALD_MAX_ATOMS);
}

il_status ili_lammps_coulomb_write(il_context *ctx, ili_lammps_deck *d) {
    if (!d->has_charges) return IL_OK;
    bool is_ewald = takes_ewald(d);
    const char *style = is_ewald ? "ewald" : "pppm";
    IL_TRY(ili_lammps_need(ctx, d->plan->styles, "kspace", style, "the Coulomb sum"));
    fprintf(d->stream, "dielectric %.15f # makes LAMMPS's Coulomb constant that of CODATA 2018\n",
            LAMMPS_COULOMB / ILI_COULOMB);
    fprintf(d->stream, "kspace_style %s %.3g\n", style, planned_accuracy(d, is_ewald));
    if (d->plan->tight && !is_ewald) fputs("kspace_modify order 7\n", d->stream);
    /* LAMMPS's polynomial for erfc is good to 1.5e-7 only; a table of 2^20 points is not limited by that */
    fputs(d->plan->tight ? "pair_modify table 20 tabinner 0.8\n" : "pair_modify table 16\n", d->stream);
    if (!d->out->is_slab) return IL_OK;
    if (d->out->vacuum_ratio > 0.0) {
        fprintf(d->stream, "kspace_modify slab %.6f\n", d->out->vacuum_ratio);
        return IL_OK;
    }
    IL_TRY(ili_lammps_need(ctx, d->plan->styles, "fix", "efield", "a slab in a box that is not orthogonal"));
    write_dipole_field(d->stream, d->binding.n);
    return IL_OK;
}
