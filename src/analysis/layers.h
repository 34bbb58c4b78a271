/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Transport layer by layer across a stack such as Li | polymer | ceramic: diffusion in the plane and across, residence, crossings,
 *  and from them the permeability and the area-specific resistance of the stack, two ways: from density and diffusivity, and from the
 *  atoms that cross in equilibrium. eq. theory.md (11.17)-(11.30); Liu, Harder and Berne, J. Phys. Chem. B 2004, 108, 6595
 *
 *  Layers lie between planes at fixed fractions of a cell axis. Displacements are measured in the reference cell. An atom belongs to
 *  the layer whose core it reached last (the layer less a margin on both sides), so rattling at a plane is no crossing. */
#ifndef ILI_ANALYSIS_LAYERS_H
#define ILI_ANALYSIS_LAYERS_H

#include "analysis/transport.h"

enum { ILI_LAYERS_MAX = 16 };

typedef struct ili_layers_plan {
    int32_t n_atoms;
    const bool *mobile; /**< [n_atoms] */
    ili_cell cell;      /**< reference */
    int axis;           /**< 0 a, 1 b, 2 c: layers are planes of the other two */
    int32_t n_layers;
    const double *
        bounds; /**< [n_layers + 1] fractions, rising; the last may be the first plus 1 where the axis repeats: a ring */
    int32_t reference; /**< layer whose density the permeability refers to */
    double margin;     /**< angstrom, at most half the layer is used: cores are planes then */
    double bin;        /**< angstrom, of the density in a layer */
    double frame_time, temperature,
        z;           /**< fs, K, charge number of the mobile atoms (NaN: none, so no resistances) */
    int64_t max_lag; /**< frames; lags are the powers of 2 up to it */
} ili_layers_plan;

typedef struct ili_layers ili_layers;

/** Copies what it needs. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_layers_create(il_context *ctx, const ili_layers_plan *plan, ili_layers **out);
void ili_layers_destroy(ili_layers **layers);
/** Next frame: s [n_atoms][3] fractional, continuous. IL_E_NONFINITE. */
il_status ili_layers_add(il_context *ctx, ili_layers *layers, const double (*s)[3]);
int64_t ili_layers_frames(const ili_layers *layers);
size_t ili_layers_memory(const ili_layers *layers);
void ili_layers_carry(ili_layers *layers, ili_bytes *bytes);

typedef struct ili_layer_result {
    double low, high;     /**< angstrom above fraction 0 along the normal */
    ili_estimate atoms;   /**< mobile atoms in it */
    ili_estimate density; /**< 1/angstrom^3 */
    ili_estimate
        d_plane[3]; /**< angstrom^2/fs: e1 e1, e2 e2, e1 e2, with e1 along the next axis, e2 = normal x e1 */
    ili_estimate d_normal;   /**< angstrom^2/fs over distances long beside the structure of the density */
    ili_estimate d_local;    /**< between the barriers that the density shows; enters resistances */
    ili_estimate d_survival; /**< as d_local, from how fast atoms leave */
    ili_estimate residence;  /**< fs, mean time until another core is reached */
    ili_estimate resistance; /**< ohm cm^2 */
    double lag_plane, lag_normal; /**< fs, longest lags used; NaN: none */
    double survival;              /**< share of atoms still in the layer after lag_plane */
    int32_t empty_bins;           /**< bins that nobody visited: the resistance is a lower bound then */
    bool is_diffusive;            /**< displacement in the plane grows linearly at lag_plane */
    char verdict[160];
} ili_layer_result;

/** Plane k lies below layer k; 0 and n_layers are one plane in a ring. */
typedef struct ili_layer_plane {
    int64_t up, down;        /**< crossings, core to core */
    ili_estimate rate_up;    /**< 1/fs per atom that belongs to the layer below */
    ili_estimate rate_down;  /**< 1/fs per atom that belongs to the layer above */
    ili_estimate flux;       /**< 1/(angstrom^2 fs), one way in equilibrium */
    ili_estimate resistance; /**< ohm cm^2, core to core */
} ili_layer_plane;

typedef struct ili_layers_result {
    int32_t n_layers, n_mobile;
    bool is_ring;
    double area, total_time; /**< angstrom^2; fs */
    ili_layer_result layer[ILI_LAYERS_MAX];
    ili_layer_plane plane[ILI_LAYERS_MAX + 1];
    ili_estimate
        permeability; /**< angstrom/fs, of the whole stack, for concentrations in the reference layer */
    ili_estimate asr; /**< ohm cm^2, of the whole stack, from density and diffusivity */
    ili_estimate
        asr_crossing; /**< ohm cm^2, from crossings, the insides of the cores from density and diffusivity */
    ili_estimate
        permeability_crossing; /**< angstrom/fs, likewise; an upper bound where a plane was not crossed */
    char verdict[192];
} ili_layers_result;

/** Estimate everything from the frames so far. */
il_status ili_layers_estimate(il_context *ctx, const ili_layers *layers, ili_layers_result *result);

#endif
