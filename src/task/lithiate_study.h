/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Paths of several realisations together: means over realisations with their errors, the partial molar volume, and what the host
 *  would become by conversion. theory.md section 13. */
#ifndef ILI_TASK_LITHIATE_STUDY_H
#define ILI_TASK_LITHIATE_STUDY_H

#include "analysis/transport.h"
#include "task/conversion.h"
#include "task/lithiate.h"

/** Numbers of a composition that are averaged. */
typedef enum ili_lithiate_quantity {
    ILI_LITHIATE_V, /**< angstrom^3 per formula unit */
    ILI_LITHIATE_A,
    ILI_LITHIATE_C,
    ILI_LITHIATE_DENSITY,
    ILI_LITHIATE_E_INSERTION,
    ILI_LITHIATE_VOLTAGE,
    ILI_LITHIATE_STRAIN,                                   /**< + 0 .. 5 */
    ILI_LITHIATE_SHELL = ILI_LITHIATE_STRAIN + 6,          /**< + 0 .. ILI_SHELLS - 1 */
    ILI_LITHIATE_V_BACK = ILI_LITHIATE_SHELL + ILI_SHELLS, /**< on the way back */
    ILI_LITHIATE_QUANTITIES
} ili_lithiate_quantity;

typedef struct ili_lithiate_mean {
    double x;
    ili_estimate number[ILI_LITHIATE_QUANTITIES]; /**< error of the mean over realisations, NaN of one */
    double v_conversion;                          /**< angstrom^3 per formula unit; NaN: not known */
    int n_intact, po4_intact, po4_all, n_converged;
} ili_lithiate_mean;

typedef struct ili_lithiate_study {
    const ili_lithiate_settings *settings;
    int n_paths;
    ili_lithiate_path *path; /**< [n_paths] */
    int n;                   /**< compositions, as in settings */
    ili_lithiate_mean mean[ILI_LITHIATE_POINTS_MAX];
    ili_estimate v_li;                               /**< cm3/mol: slope of V(x) over all x, by realisation */
    ili_estimate v_li_step[ILI_LITHIATE_POINTS_MAX]; /**< between the composition before and this one */
    ili_estimate hysteresis; /**< largest |V_back - V|, angstrom^3 per formula unit; NaN: none */
    bool has_conversion;
    ili_conversion conversion;
    int n_variants; /**< further models: V(x) of the first realisation */
    const char *variant[ILI_RUNGS_MAX];
    double variant_volume[ILI_RUNGS_MAX][ILI_LITHIATE_POINTS_MAX];
} ili_lithiate_study;

/** Mean of n numbers and its standard error with the 95 % interval of Student; sigma NaN for n < 2. */
ili_estimate ili_mean_of(int n, const double *value);
/** Fill everything from the paths. */
void ili_lithiate_study_make(ili_lithiate_study *study);

#endif
