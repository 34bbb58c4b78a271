/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where mobile atoms sit and how they jump: occupancies, residence times, jump rates between kinds of sites, back-jumps, and the
 *  diffusion coefficient of the jumps. Sites are fixed fractions of the cell. An atom belongs to the site within whose radius it
 *  was last: it jumps when it comes within the radius of another one, so rattling at a boundary is no jump. eq. theory.md (11.12)-(11.16) */
#ifndef ILI_ANALYSIS_SITES_H
#define ILI_ANALYSIS_SITES_H

#include "analysis/transport.h"
#include "system/crystal.h"

enum { ILI_SITE_LABELS_MAX = 8 };

/** Sites of a cell. */
typedef struct ili_site_list {
    int32_t n, n_labels;
    double (*frac)[3];                            /**< [n] in [0, 1) */
    int32_t *label;                               /**< [n] 0 .. n_labels-1 */
    char name[ILI_SITE_LABELS_MAX][ILI_NAME_MAX]; /**< of the labels */
} ili_site_list;

void ili_site_list_free(ili_site_list *list);
/** All positions of a crystal where the element z may sit, whatever the occupancy; a label for each row of its file: "Li1", or with the
 *  Wyckoff position where it is known: "Li1-6b". IL_E_INPUT when there are none, or more than ILI_SITE_LABELS_MAX rows. */
il_status ili_sites_of_crystal(il_context *ctx, const ili_crystal *crystal, int z, ili_site_list *out);
/** The sites of `unit` throughout a larger cell whose vectors are, but for strain, whole combinations of those of unit_cell, with the same
 *  origin and orientation. IL_E_INPUT when they are not. */
il_status ili_sites_fill(il_context *ctx, const ili_site_list *unit, const ili_cell *unit_cell,
                         const ili_cell *cell, ili_site_list *out);
/** Smallest distance between two sites, images of one included, angstrom. */
double ili_sites_shortest(const ili_site_list *list, const ili_cell *cell);

typedef struct ili_sites_plan {
    int32_t n_atoms;
    const bool *mobile;         /**< [n_atoms] */
    const ili_site_list *sites; /**< of this cell */
    ili_cell cell;              /**< reference: lengths of jumps */
    double radius;              /**< angstrom; 0: half the smallest distance between sites */
    double frame_time;          /**< fs */
} ili_sites_plan;

typedef struct ili_sites ili_sites;

/** Copies what it needs. IL_E_INPUT (a radius that reaches a quarter around the cell), IL_E_MEMORY. */
il_status ili_sites_create(il_context *ctx, const ili_sites_plan *plan, ili_sites **out);
void ili_sites_destroy(ili_sites **sites);
/** Next frame: s [n_atoms][3] fractional, continuous, the framework standing still. IL_E_NONFINITE, IL_E_INPUT (cell shrank by a third). */
il_status ili_sites_add(il_context *ctx, ili_sites *sites, const ili_cell *cell, const double (*s)[3]);
int64_t ili_sites_frames(const ili_sites *sites);
size_t ili_sites_memory(const ili_sites *sites);
void ili_sites_carry(ili_sites *sites, ili_bytes *bytes);

typedef struct ili_sites_result {
    int32_t n_labels, n_mobile;
    double radius, total_time; /**< angstrom; fs */
    double assigned;           /**< share of the mobile atoms' time in which they belonged to a site */
    double inside;             /**< share in which they were within the radius of their site */
    struct {
        char name[ILI_NAME_MAX];
        int32_t n_sites;
        ili_estimate occupancy; /**< atoms per site */
        ili_estimate shared;    /**< sites that two or more atoms belong to, per site */
        ili_estimate residence; /**< fs, mean stay on a site: time of all stays, ended or not, over jumps */
    } label[ILI_SITE_LABELS_MAX];
    int64_t jumps[ILI_SITE_LABELS_MAX][ILI_SITE_LABELS_MAX]; /**< from, to */
    ili_estimate rate[ILI_SITE_LABELS_MAX]
                     [ILI_SITE_LABELS_MAX]; /**< 1/fs per atom on a site of the first label */
    int64_t n_jumps;
    ili_estimate length; /**< angstrom, mean */
    ili_estimate back;   /**< share of jumps that return to the site left by the jump before */
    ili_estimate cosine; /**< sum d1.d2/sum |d1||d2| of consecutive jumps of an atom */
    ili_estimate d_walk; /**< angstrom^2/fs, as if jumps knew nothing of each other */
    ili_estimate
        f; /**< correlation factor when a jump remembers the one before it only, (1 + cosine)/(1 - cosine) */
} ili_sites_result;

/** Estimate everything from the frames so far. */
il_status ili_sites_estimate(il_context *ctx, const ili_sites *sites, ili_sites_result *result);

#endif
