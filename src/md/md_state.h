/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The inside of a run, shared by the integrator, the thermostats, the barostats and the constraints; nobody else includes it. */
#ifndef ILI_MD_MD_STATE_H
#define ILI_MD_MD_STATE_H

#include "md/md.h"

#include "base/rng.h"

enum { ILI_CHAIN_MAX = 10, ILI_LEVELS = 3 };
/** Loops that move fewer atoms are done sooner than threads have started. */
enum { ILI_MD_WORTH_THREADS = 4096 };

typedef struct ili_constraints ili_constraints;

/** What random numbers are drawn for; part of their stream. */
enum { ILI_DRAW_VELOCITIES = 1, ILI_DRAW_THERMOSTAT, ILI_DRAW_BAROSTAT };

/** Forces that share a step: level 0 is the innermost. */
typedef struct ili_md_level {
    unsigned parts;         /**< ILI_FF_... bits */
    int count;              /**< its steps in one of the level above; of the outermost in dt: 1 */
    double (*f)[3];         /**< [n] eV/angstrom */
    double energy, w[6];    /**< eV; as all energies and virials here, of the last step that was seen */
    double w_constraint[6]; /**< eV: what the constraints answer to these forces */
} ili_md_level;

/** A Nose-Hoover chain. */
typedef struct ili_chain {
    int n;
    double xi[ILI_CHAIN_MAX], v_xi[ILI_CHAIN_MAX]; /**< 1; 1/fs */
} ili_chain;

/** The cell as a variable of the motion: strains q_k along fixed matrices, x' = x g and h' = h g with
 *  g = exp(sum_k q_k basis_k). Plain data, of barostat.c alone; ili_md_carry saves it whole. */
typedef struct ili_cell_motion {
    int n;                 /**< strains that the mode has; 0: no barostat */
    double basis[6][3][3]; /**< of unit length when symmetric */
    double frame[3][3];    /**< rows: directions of a, in the plane of a and b, of its normal; kept */
    double rate[6];        /**< 1/fs, MTK */
    double strain[6];      /**< SCR: drawn for the step under way */
    double noise2;         /**< SCR: sum of the squares of what was drawn for it */
    double volume;         /**< SCR: at the begin of the stage, angstrom^3 */
} ili_cell_motion;

struct ili_md {
    ili_md_options o; /**< of the stage under way */
    ili_md_forces forces;
    int32_t n;
    double *mass, *inv_mass; /**< [n] eV fs^2/angstrom^2 and its inverse */
    int32_t *type;           /**< [n] index into name */
    char (*name)[ILI_NAME_MAX];
    ili_cell cell;
    double (*x)[3], (*v)[3];
    double (*f)[3];  /**< [n] all forces at x */
    double (*x0)[3]; /**< [n] positions before a drift; NULL without constraints */
    int n_levels;    /**< 1, its f is the f above; or 3: bonded, pairs, reciprocal (r-RESPA) */
    ili_md_level level[ILI_LEVELS];
    bool is_stale;          /**< restored: forces are not those of x yet */
    double potential, w[6]; /**< eV, of all parts; w holds the constraints' virial too */
    int64_t step;           /**< over all stages */
    int64_t stage_step;     /**< of this stage */
    double stage_time;      /**< fs, when this stage began */
    double n_freedom;       /**< degrees of freedom: 3n - constraints - 3 when the momentum is kept */
    double bath; /**< eV given away to stochastic baths and by ramps; conserved = K + U + extended + bath */
    ili_chain chain, cell_chain;  /**< of the atoms; of the barostat */
    ili_cell_motion motion;       /**< of the cell */
    ili_constraints *constraints; /**< NULL: none */
    double drift2;                /**< (angstrom/fs)^2 */
    int n_threads;                /**< of loops over the atoms: 1 when they are too few */
    double *partial;              /**< [ili_md_partial_size] scratch of sums */
};

/** Random numbers of this step: for one purpose, half of the step (0, 1) and atom (0: of the whole system). */
ili_rng ili_md_draw(const ili_md *md, int purpose, int half, int32_t atom);
/** Temperature and pressure asked for at this moment of a ramp. */
double ili_md_target_temperature(const ili_md *md);
double ili_md_target_pressure(const ili_md *md);
/** md_sums.c: things from .. to - 1 of n, which may be atoms, into sum [n_sums <= 18], zeroed before; and all of them, in chunks, with the
 *  same bits at any number of threads. */
typedef void ili_md_part(const ili_md *md, int32_t from, int32_t to, double *sum);
void ili_md_sum(const ili_md *md, int32_t n, ili_md_part *part, int n_sums, double *sum);
/** Numbers of scratch for n atoms. */
size_t ili_md_partial_size(int32_t n);
/** Sums over the atoms. */
typedef struct ili_md_totals {
    double kinetic;     /**< eV */
    double momentum[3]; /**< eV fs/angstrom */
    double mass;        /**< eV fs^2/angstrom^2 */
} ili_md_totals;
ili_md_totals ili_md_total(const ili_md *md);
/** eV; and twice the kinetic energy as a tensor, sum m v (x) v, xx yy zz yz xz xy. */
double ili_md_kinetic(const ili_md *md);
void ili_md_kinetic_tensor(const ili_md *md, double k[6]);
/** v += shift (angstrom/fs); v *= factor. */
void ili_md_shift_velocities(ili_md *md, const double shift[3]);
void ili_md_scale_velocities(ili_md *md, double factor);

/** md_check.c: numbers that no run can have, whatever the system. IL_E_INPUT. */
il_status ili_md_check_numbers(il_context *ctx, const ili_md_options *o);

/** md_setup.c: masses, with hydrogen's repartitioned. IL_E_INPUT names the atom. */
il_status ili_md_set_masses(il_context *ctx, ili_md *md, const il_system *sys, const ili_binding *binding);
/** Maxwell-Boltzmann velocities that the constraints allow, at exactly the starting temperature. */
il_status ili_md_set_velocities(il_context *ctx, ili_md *md);
/** Take the velocity of the centre of mass out of every atom, add what that costs to bath; returns its square, (angstrom/fs)^2. */
double ili_md_remove_drift(ili_md *md);

/** integrate.c: forget the history, evaluate all forces here and now. */
il_status ili_md_evaluate(il_context *ctx, ili_md *md);
/** What the step under way has at its end. */
typedef struct ili_md_step_end {
    bool is_refresh; /**< forces forget their history before the last evaluation */
    bool
        is_seen; /**< somebody looks at energy and pressure then: they are worked out; else they may be anything */
} ili_md_step_end;
/** One step. Does not count. Where it leads to does not depend on is_seen. */
il_status ili_md_step(il_context *ctx, ili_md *md, ili_md_step_end end);

/** thermostat.c: act for the time dt on the velocities (half 0: first, 1: second half of the step, tells random streams apart). */
void ili_thermostat_apply(ili_md *md, double dt, int half);
/** Energy of the thermostat's own variables, eV. */
double ili_thermostat_energy(const ili_md *md);

/** A Nose-Hoover chain on n_freedom degrees of freedom with twice their kinetic energy (eV) acts for dt: the factor by which
 *  their velocities change. Masses are kT tau^2, of the first n_freedom kT tau^2. */
double ili_chain_apply(ili_chain *chain, double twice_kinetic, double n_freedom, double kT, double tau,
                       double dt);
/** Kinetic and potential energy of a chain, eV. */
double ili_chain_energy(const ili_chain *chain, double n_freedom, double kT, double tau);

/** barostat.c: the hooks of the step. */
il_status ili_barostat_check(il_context *ctx, const ili_md_options *o, const il_system *sys);
/** At the begin of a stage; the forces at x need not be known yet. */
void ili_barostat_start(ili_md *md);
/** For dt (half a step), before the first kick (half 0) and after the second one (1) with all forces, virials and velocities of
 *  the same moment. MTK: the cell's momentum. SCR: half 0 draws the strain of this step, half 1 books what it cost. */
void ili_barostat_half(ili_md *md, double dt, int half);
/** Positions drift for dt; the cell with them, by its share dt / o.dt of the strain of a step. Clusters of constraints move whole. */
void ili_barostat_drift(ili_md *md, double dt);
/** Turn cell, positions and velocities so that a and the plane of a and b keep their directions: after a drift and its constraints,
 *  before forces are evaluated. Only the full mode ever turns. */
void ili_barostat_turn(ili_md *md);
double ili_barostat_energy(const ili_md *md); /**< eV: kinetic energy of the cell, its chain, and p V */

/** constraint.c: bonds to hydrogen; *out NULL when there are none. IL_E_UNSUPPORTED names the bond that states no length, or the
 *  atom whose bonds form no star of one centre with its hydrogens. */
il_status ili_constraints_create(il_context *ctx, const ili_binding *binding, const il_system *sys,
                                 double tolerance, ili_constraints **out);
void ili_constraints_destroy(ili_constraints **constraints);
int32_t ili_constraints_count(const ili_constraints *constraints);
/** Positions moved from x0 [n][3] to md->x in dt are put back on the bonds' lengths; velocities follow; adds the virial of the
 *  constraint forces G to w[6] (eV, may be NULL), when positions moved by dt^2/2 G/m. IL_E_NOT_CONVERGED names the atom. */
il_status ili_constraints_positions(il_context *ctx, ili_md *md, const double (*x0)[3], double dt,
                                    double w[6]);
/** Take the velocities along the bonds out; adds the virial of G likewise, when velocities changed by dt G/m (dt: the half step
 *  that the kick was for). With w NULL dt does not matter. */
il_status ili_constraints_velocities(il_context *ctx, ili_md *md, double dt, double w[6]);

#endif
