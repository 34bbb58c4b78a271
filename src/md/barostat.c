/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The cell in motion: modes, checks, and the strain that both barostats lay over the drift. theory.md (9.20)-(9.26) */
#include "md/barostat.h"

#include "math/units.h"
#include "math/vec.h"
#include "md/constraint.h"

#include <string.h>

static const ili_barostat_kind *kind_of(const ili_md_options *o) {
    static const ili_barostat_kind *const kinds[] = {
        [ILI_BAROSTAT_SCR] = &ili_barostat_scr,
        [ILI_BAROSTAT_MTK] = &ili_barostat_mtk,
    };
    return kinds[o->barostat];
}

/* ---- modes ------------------------------------------------------------------------------------------------ */

static void frame_of(const double h[3][3], double frame[3][3]) {
    double length = ili_norm(h[0]);
    for (int k = 0; k < 3; k++) frame[0][k] = h[0][k] / length;
    ili_cross(h[0], h[1], frame[2]);
    length = ili_norm(frame[2]);
    for (int k = 0; k < 3; k++) frame[2][k] /= length;
    ili_cross(frame[2], frame[0], frame[1]);
}

static int basis_iso(const ili_cell *cell, double basis[6][3][3]) {
    (void)cell;
    for (int k = 0; k < 3; k++) basis[0][k][k] = sqrt(1.0 / 3.0);
    return 1;
}

/** Lengths of the periodic vectors: h' = diag(s) h = h (h^-1 diag(s) h), which the cell's own changes leave as it is. */
static int basis_aniso(const ili_cell *cell, double basis[6][3][3]) {
    double inverse[3][3];
    int n = 0;
    ili_inverse(cell->h, inverse);
    for (int k = 0; k < 3; k++) {
        if (!cell->pbc[k]) continue;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) basis[n][a][b] = inverse[a][k] * cell->h[k][b];
        n++;
    }
    return n;
}

static int basis_full(const ili_cell *cell, double basis[6][3][3]) {
    (void)cell;
    for (int k = 0; k < 3; k++) {
        int a = (k + 1) % 3, b = (k + 2) % 3;
        basis[k][k][k] = 1.0;
        basis[3 + k][a][b] = basis[3 + k][b][a] = sqrt(0.5);
    }
    return 6;
}

static int basis_z(const ili_cell *cell, double basis[6][3][3]) {
    double frame[3][3];
    frame_of(cell->h, frame);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) basis[0][a][b] = frame[2][a] * frame[2][b];
    return 1;
}

typedef struct cell_mode {
    const char *name;
    bool suits_slab; /**< moves nothing along an open third vector */
    int (*basis)(const ili_cell *cell, double basis[6][3][3]);
} cell_mode;

static const cell_mode modes[] = {
    [ILI_CELL_ISO] = {"iso", false, basis_iso},
    [ILI_CELL_ANISO] = {"aniso", true, basis_aniso},
    [ILI_CELL_FULL] = {"full", false, basis_full},
    [ILI_CELL_Z] = {"z", false, basis_z},
};

/* ---- checks ------------------------------------------------------------------------------------------------- */

static il_status check_numbers(il_context *ctx, const ili_md_options *o, const ili_barostat_kind *kind) {
    if (!isfinite(o->pressure) || !isfinite(o->pressure_end))
        return ili_fail(ctx, IL_E_INPUT, "the pressure of a barostat is not a number: give one, 0 included");
    if (!(o->tau_p >= kind->min_steps * o->dt))
        return ili_fail(
            ctx, IL_E_INPUT,
            "the barostat's relaxation time is %g fs, expected at least %d steps of %g fs: use 500 fs "
            "or more",
            o->tau_p, kind->min_steps, o->dt);
    if (!(o->temperature > 0.0))
        return ili_fail(ctx, IL_E_INPUT,
                        "a barostat needs a temperature above 0 K: it sets how fast the cell moves");
    if (!kind->is_stochastic) return IL_OK;
    if (!(o->compressibility > 0.0 && isfinite(o->compressibility)))
        return ili_fail(ctx, IL_E_INPUT,
                        "stochastic cell rescaling needs an estimate of the compressibility; found %g 1/GPa, "
                        "expected about 0.01 for an oxide, 0.1 for lithium, 0.5 for a polymer",
                        o->compressibility / ILI_GPA);
    if (o->thermostat == ILI_THERMOSTAT_NONE)
        return ili_fail(
            ctx, IL_E_INPUT,
            "stochastic cell rescaling acts at a temperature: use it with a thermostat, or the mtk "
            "barostat for constant enthalpy");
    return IL_OK;
}

static il_status check_cell(il_context *ctx, const ili_md_options *o, const ili_cell *cell) {
    const cell_mode *mode = &modes[o->cell_mode];
    if (!cell->pbc[0] || !cell->pbc[1])
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "a barostat needs a cell that repeats along its first two vectors at least: run this "
                        "system at constant volume");
    if (cell->pbc[2]) return IL_OK;
    if (!mode->suits_slab)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "cell mode %s would scale the vacuum above a slab, which resists no pressure: use mode "
            "aniso, which moves the two periodic lengths only, or constant volume",
            mode->name);
    if (o->pressure != 0.0 || o->pressure_end != 0.0)
        return ili_fail(ctx, IL_E_UNSUPPORTED,
                        "the in-plane pressure of a slab with vacuum depends on how much vacuum is counted, "
                        "unless it is 0: give pressure 0, found %g GPa",
                        (o->pressure != 0.0 ? o->pressure : o->pressure_end) * ILI_GPA);
    return IL_OK;
}

il_status ili_barostat_check(il_context *ctx, const ili_md_options *o, const il_system *sys) {
    if (o->barostat == ILI_BAROSTAT_NONE) return IL_OK;
    if (o->barostat == ILI_BAROSTAT_MTK && o->constrain_hydrogens)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "the mtk barostat does not know constraints: use stochastic cell rescaling (scr), or free "
            "bonds to hydrogen with a step of 0.5 fs");
    IL_TRY(check_numbers(ctx, o, kind_of(o)));
    return check_cell(ctx, o, &sys->cell);
}

/* ---- the step --------------------------------------------------------------------------------------------- */

void ili_barostat_start(ili_md *md) {
    ili_cell_motion *m = &md->motion;
    memset(m, 0, sizeof *m);
    if (md->o.barostat == ILI_BAROSTAT_NONE) return;
    m->n = modes[md->o.cell_mode].basis(&md->cell, m->basis);
    frame_of(md->cell.h, m->frame);
    kind_of(&md->o)->start(md);
}

double ili_barostat_kT(const ili_md *md) {
    return ILI_KB * ili_md_target_temperature(md);
}

double ili_barostat_trace(const ili_cell_motion *motion, int k) {
    return motion->basis[k][0][0] + motion->basis[k][1][1] + motion->basis[k][2][2];
}

/** Full symmetric matrix of a tensor xx yy zz yz xz xy, added. */
static void add_tensor(const double t[6], double m[3][3]) {
    static const int place[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) m[a][b] += t[place[a][b]];
}

void ili_barostat_force(const ili_md *md, double s[6]) {
    const ili_cell_motion *m = &md->motion;
    double t[3][3] = {{0}}, inner_w[3][3] = {{0}}, inner_k[3][3] = {{0}}, k[6];
    double pV = ili_md_target_pressure(md) * ili_cell_volume(&md->cell);
    ili_md_kinetic_tensor(md, k);
    add_tensor(k, t);
    for (int l = 0; l < md->n_levels; l++) add_tensor(md->level[l].w, t);
    ili_constraints_internal(md, inner_w, inner_k);
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) t[a][b] -= inner_w[a][b] + inner_k[a][b];
        t[a][a] -= pV;
    }
    for (int i = 0; i < m->n; i++) {
        s[i] = 0.0;
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) s[i] += t[a][b] * m->basis[i][a][b];
    }
}

void ili_barostat_half(ili_md *md, double dt, int half) {
    if (md->motion.n > 0) kind_of(&md->o)->half(md, dt, half);
}

double ili_barostat_energy(const ili_md *md) {
    if (md->motion.n == 0) return 0.0;
    return kind_of(&md->o)->energy(md) + ili_md_target_pressure(md) * ili_cell_volume(&md->cell);
}

/** e = exp(a) by its series after halving a: strains of a step are small, a few terms do. */
static void exponential(const double a[3][3], double e[3][3]) {
    double size = 0.0, term[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, b[3][3];
    int halvings = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) size += fabs(a[i][j]);
    for (; size > 0.25 && halvings < 60; size *= 0.5) halvings++;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) b[i][j] = ldexp(a[i][j], -halvings);
    memcpy(e, term, sizeof term);
    for (int n = 1; n <= 12; n++) { /* 0.25^13/13! < 1e-17 */
        ili_mat_mul(term, b, term);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                term[i][j] /= n;
                e[i][j] += term[i][j];
            }
    }
    while (halvings-- > 0) ili_mat_mul(e, e, e);
}

/** Strain of a share of the step: positions by g, velocities by u, and their inverses. */
typedef struct strain_step {
    double g[3][3], u[3][3], g_inverse[3][3], u_inverse[3][3];
} strain_step;

static strain_step strain_of(const ili_md *md, double share) {
    const ili_cell_motion *m = &md->motion;
    double a[3][3] = {{0}}, minus[3][3], trace = 0.0;
    strain_step s;
    for (int k = 0; k < m->n; k++) {
        trace += share * m->strain[k] * ili_barostat_trace(m, k);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) a[i][j] += share * m->strain[k] * m->basis[k][i][j];
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) minus[i][j] = -a[i][j];
    exponential(a, s.g);
    exponential(minus, s.g_inverse);
    double drag = kind_of(&md->o)->drags ? exp(-trace / md->n_freedom) : 1.0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            s.u[i][j] = drag * s.g_inverse[j][i];
            s.u_inverse[i][j] = s.g[j][i] / drag;
        }
    return s;
}

static void move(ili_md *md, double dt) {
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++)
        for (int k = 0; k < 3; k++) md->x[i][k] += dt * md->v[i][k];
}

static void multiply(ili_md *md, const double g[3][3], const double u[3][3]) {
    ili_mat_mul(md->cell.h, g, md->cell.h);
#pragma omp parallel for schedule(static) num_threads(md->n_threads)
    for (int32_t i = 0; i < md->n; i++) {
        ili_vec_mat(md->x[i], g, md->x[i]);
        ili_vec_mat(md->v[i], u, md->v[i]);
    }
}

void ili_barostat_drift(ili_md *md, double dt) {
    if (md->motion.n == 0) {
        move(md, dt);
        return;
    }
    strain_step s = strain_of(md, dt / md->o.dt);
    move(md, 0.5 * dt);
    multiply(md, s.g, s.u);
    ili_constraints_unstrain(md, s.g_inverse, s.u_inverse);
    move(md, 0.5 * dt);
}

/** A vector in the mode's strains, seen from axes turned by r: y' = r^T y r, every y symmetric. */
static void turn_strain(const ili_cell_motion *m, const double r[3][3], double y[6]) {
    double full[3][3] = {{0}}, back[3][3];
    for (int k = 0; k < m->n; k++)
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) full[i][j] += y[k] * m->basis[k][i][j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) back[i][j] = r[j][i];
    ili_mat_mul(back, full, full);
    ili_mat_mul(full, r, full);
    for (int k = 0; k < m->n; k++) {
        y[k] = 0.0;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) y[k] += full[i][j] * m->basis[k][i][j];
    }
}

void ili_barostat_turn(ili_md *md) {
    ili_cell_motion *m = &md->motion;
    double now[3][3], r[3][3] = {{0}};
    if (m->n == 0 || md->o.cell_mode != ILI_CELL_FULL) return;
    frame_of(md->cell.h, now);
    for (int a = 0; a < 3; a++) /* r takes the axes now to those that the cell keeps */
        for (int b = 0; b < 3; b++)
            for (int k = 0; k < 3; k++) r[a][b] += now[k][a] * m->frame[k][b];
    multiply(md, r, r);
    turn_strain(m, r, m->strain);
    turn_strain(m, r, m->rate);
}
