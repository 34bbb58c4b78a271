/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The inside of a transport analysis: shared by the part that takes frames and the part that estimates; nobody else includes it. */
#ifndef ILI_ANALYSIS_TRANSPORT_FRAME_H
#define ILI_ANALYSIS_TRANSPORT_FRAME_H

#include "analysis/lag_store.h"
#include "analysis/transport.h"

struct ili_transport {
    int32_t n_atoms, n_bodies;
    int n_groups;
    ili_transport_group groups[ILI_GROUPS_MAX];
    int32_t size[ILI_GROUPS_MAX];         /**< bodies of the group */
    double share_of_mass[ILI_GROUPS_MAX]; /**< of all atoms */
    ili_reference reference;
    int32_t *slot;  /**< [n_atoms] body, group by group; -1: not followed */
    double *share;  /**< [n_atoms] of the body's mass */
    double *anchor; /**< [n_atoms] of the reference's mass; all 0: no reference */
    ili_cell cell;
    double frame_time, temperature, vibrations;
    double (*first)[3], (*y)[3]; /**< [n_bodies] fractional, of the first frame; angstrom, of this one */
    double cell_sum[3][3];       /**< of the frames' h */
    double volume_sum;           /**< of the frames' volumes */
    ili_lag_store *store;
    double *curve; /**< [3][ILI_LAG_MAX] what curve_of hands out */
};

/** Number of channels is at most this. */
enum { ILI_CHANNELS_MAX = 7 * ILI_GROUPS_MAX + 6 * ILI_GROUPS_MAX * (ILI_GROUPS_MAX + 1) / 2 };

#endif
