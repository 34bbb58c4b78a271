/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Transport of particles from positions as they come, in bounded memory: self and collective diffusion, Onsager
 *  coefficients, conductivity, Haven ratio, transference numbers, with uncertainties.
 *
 *  Positions are fractional and continuous (never wrapped). Displacements are differences of fractional coordinates times a fixed
 *  reference cell, so the cell's breathing moves nobody; tensors are mapped to the mean cell at the end. A particle is an atom, or the
 *  centre of mass of a molecular ion. Displacements are taken relative to the framework, or to the barycentre.
 *  Theory: docs/theory.md section 10. */
#ifndef ILI_ANALYSIS_TRANSPORT_H
#define ILI_ANALYSIS_TRANSPORT_H

#include "base/bytes.h"
#include "system/cell.h"

typedef enum ili_reference {
    ILI_REFERENCE_NONE,
    ILI_REFERENCE_FRAMEWORK, /**< the centre of mass of the atoms marked as framework stands still */
    ILI_REFERENCE_BARYCENTRE /**< the centre of mass of all atoms stands still */
} ili_reference;

enum { ILI_GROUPS_MAX = 16, ILI_LABEL_MAX = 32 };

/** Particles that are followed together, a species. */
typedef struct ili_transport_group {
    char name[ILI_LABEL_MAX];
    double z; /**< charge number for conduction (Li +1, TFSI -1), not the model's partial charge */
} ili_transport_group;

typedef struct ili_transport_plan {
    int32_t n_atoms, n_groups;
    const ili_transport_group *groups; /**< [n_groups] */
    const int32_t *group;              /**< [n_atoms] group of the atom, -1: not followed */
    const int32_t *
        body; /**< [n_atoms] number of the body that the atom belongs to, -1 or NULL: itself; atoms of a body share
                                            a group and move as their centre of mass */
    const double *mass;    /**< [n_atoms] g/mol */
    const bool *framework; /**< [n_atoms], NULL unless the reference is FRAMEWORK */
    ili_reference reference;
    ili_cell cell;      /**< reference cell: its metric measures displacements; open axes count too */
    double frame_time;  /**< fs between frames */
    double temperature; /**< K, for conductivities */
    double
        vibrations; /**< fs: motion at shorter lags is never taken for diffusion; 0: of walks that have none */
} ili_transport_plan;

typedef struct ili_transport ili_transport;

il_status ili_transport_create(il_context *ctx, const ili_transport_plan *plan, ili_transport **out);
void ili_transport_destroy(ili_transport **transport);
/** Next frame: s [n_atoms][3] fractional, continuous; the cell of this frame. */
il_status ili_transport_add(il_context *ctx, ili_transport *transport, const ili_cell *cell,
                            const double (*s)[3]);
int64_t ili_transport_frames(const ili_transport *transport);
/** Bytes held; does not grow with the number of frames beyond a logarithm. */
size_t ili_transport_memory(const ili_transport *transport);
/** Save or restore (a transport made from the same plan). */
void ili_transport_carry(ili_transport *transport, ili_bytes *bytes);

/** A number with its uncertainty: one standard deviation, and the central 95 % interval (wider than 1.96 sigma when few samples
 *  determine it). NaN: could not be determined. */
typedef struct ili_estimate {
    double value, sigma, low, high;
} ili_estimate;

/** In another unit: factor > 0. */
static inline ili_estimate ili_estimate_times(ili_estimate e, double factor) {
    return (ili_estimate){factor * e.value, factor * e.sigma, factor * e.low, factor * e.high};
}

/** Whether motion is diffusive, and where it was fitted. */
typedef struct ili_diffusive {
    bool is_diffusive;
    double from, to; /**< fs, lags used */
    double slope,
        slope_sigma; /**< of log(MSD - cage) against log lag in the window: 1 when diffusive; NaN: not measured */
    double jumps; /**< a particle makes in the whole run: squared displacement over that of a jump, or of the
                                rattling if that is larger; at most 1e6; NaN for the charge */
    double jumps_before; /**< likewise before the window begins */
    double spread,
        spread_alone; /**< standard deviation over the mean of the particles' own mobilities over the whole run: found;
                                    left by independent jumps. NaN: for the charge, one particle */
    double
        independent; /**< displacements of independent, gaussian particles that would fix D as well: 2 D^2/(3 sigma^2) */
    char verdict[192]; /**< one sentence, with the reason when it is not */
} ili_diffusive;

typedef struct ili_transport_species {
    ili_transport_group group;
    int32_t n; /**< particles */
    ili_diffusive window;
    ili_estimate d;         /**< angstrom^2/fs, tracer, trace/3 */
    ili_estimate tensor[6]; /**< angstrom^2/fs, xx yy zz yz xz xy */
    ili_estimate t_self;    /**< transference number from tracer diffusivities: n z^2 D / sum */
    ili_estimate t;         /**< from the Onsager coefficients: sum_j z_i z_j L_ij / sum_kl */
    ili_estimate t_solvent; /**< t relative to all that is neutral; NaN: see theory.md (14.11)-(14.12) */
    double mass_fraction;   /**< of all atoms */
} ili_transport_species;

/** A curve of the result, for tables and plots. */
typedef struct ili_transport_curve {
    int n;
    const double *lag; /**< [n] fs */
    const double *
        msd; /**< [n] angstrom^2, per particle; collective: of sum z dr over sum z^2 n, so that both compare */
    const double *sigma; /**< [n] standard error */
} ili_transport_curve;

typedef struct ili_transport_result {
    int n_species;
    ili_transport_species species[ILI_GROUPS_MAX];
    double volume, total_time; /**< angstrom^3, mean; fs */
    ili_estimate d_charge;     /**< angstrom^2/fs: of the collective charge displacement over sum z^2 n */
    ili_diffusive charge_window;
    ili_estimate sigma_ne, sigma; /**< S/m: Nernst-Einstein (tracer); true (collective) */
    ili_estimate
        sigma_blocked;  /**< S/m: of the cation of a binary salt, its anion at rest; NaN: see (14.14) */
    ili_estimate haven; /**< D_tracer/D_charge of all carriers: sigma_ne/sigma */
    ili_estimate onsager
        [ILI_GROUPS_MAX]
        [ILI_GROUPS_MAX]; /**< mol^2/(J m s): J_i = - sum_j L_ij grad mu_j, J in mol/(m^2 s), mu in J/mol */
} ili_transport_result;

/** Estimate everything from the frames so far. May be called at any time and more than once. */
il_status ili_transport_estimate(il_context *ctx, const ili_transport *transport,
                                 ili_transport_result *result);
/** Curve of species k, or -1: of the charge. Valid until the next add or destroy. */
ili_transport_curve ili_transport_curve_of(ili_transport *transport, int k);
/** Finite-size correction of D in a liquid or melt under periodic boundaries, Yeh and Hummer 2004: 2.837297 kB T/(6 pi eta L),
 *  angstrom^2/fs, to be added; eta in mPa s, L = V^(1/3) in angstrom, T in K. */
double ili_transport_finite_size(double temperature, double viscosity, double length);

/** Makes positions of a wrapped or unwrapped trajectory continuous: adds to s_out the nearest-image change of the fractional
 *  coordinates of each frame along periodic axes. A step of more than a third of a cell is refused (IL_E_INPUT: frames too far apart). */
il_status ili_unwrap(il_context *ctx, const ili_cell *cell, int32_t n, const double (*s_in)[3],
                     double (*s_last)[3], double (*s_out)[3], bool is_first);

#endif
