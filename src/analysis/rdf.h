/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Pair distribution g(r) and running coordination number between species, over all periodic images within r_max, which may
 *  exceed the cell; the cell may change from frame to frame. Images of an atom itself count: g tends to 1 - 1/N between
 *  equal species of an ideal gas. eq. theory.md (11.4)-(11.5) */
#ifndef ILI_ANALYSIS_RDF_H
#define ILI_ANALYSIS_RDF_H

#include "base/bytes.h"
#include "system/cell.h"

typedef struct ili_rdf_plan {
    int32_t n_atoms, n_species;
    const int32_t *species; /**< [n_atoms] 0 .. n_species-1; -1: not counted */
    double r_max;           /**< angstrom */
    int32_t n_bins;
} ili_rdf_plan;

typedef struct ili_rdf ili_rdf;

/** Copies what it needs. IL_E_INPUT, IL_E_MEMORY. */
il_status ili_rdf_create(il_context *ctx, const ili_rdf_plan *plan, ili_rdf **out);
void ili_rdf_destroy(ili_rdf **rdf);
/** Next frame: s [n_atoms][3] fractional, wrapped or not. IL_E_NONFINITE, IL_E_MEMORY. */
il_status ili_rdf_add(il_context *ctx, ili_rdf *rdf, const ili_cell *cell, const double (*s)[3]);
int64_t ili_rdf_frames(const ili_rdf *rdf);
/** Bytes held; does not grow with the frames. */
size_t ili_rdf_memory(const ili_rdf *rdf);
void ili_rdf_carry(ili_rdf *rdf, ili_bytes *bytes);
/** Middle of bin k, angstrom; the running number of bin k reaches to its outer edge, half a bin further. */
double ili_rdf_radius(const ili_rdf *rdf, int32_t k);
/** g [n_bins] of species b around a, and number [n_bins] of b within the outer edge of the bin around one a, with standard errors;
 *  outputs may be NULL. */
il_status ili_rdf_result(il_context *ctx, const ili_rdf *rdf, int32_t a, int32_t b, double *g,
                         double *g_sigma, double *number, double *number_sigma);

#endif
