/* SPDX-License-Identifier: GPL-3.0-or-later */
/** All runs of a study of transport together: numbers by temperature, and their laws of temperature. */
#ifndef ILI_TASK_DIFFUSE_STUDY_H
#define ILI_TASK_DIFFUSE_STUDY_H

#include "analysis/arrhenius.h"
#include "task/diffuse_run.h"

enum { ILI_TEMPERATURES_MAX = 64, ILI_RUNS_MAX = 2048 };

/** angstrom^2/fs in m^2/s. */
#define ILI_M2_PER_S 1e-5
/** Where conductivities are compared, K. */
#define ILI_ROOM 298.15

/** What is combined over runs and followed over temperature; tracer diffusivities are numbered by their group. */
typedef enum ili_diffuse_quantity {
    ILI_D_TRACER = 0, /**< + group; angstrom^2/fs */
    ILI_D_CHARGE = ILI_GROUPS_MAX,
    ILI_SIGMA,    /**< S/m */
    ILI_SIGMA_T,  /**< K S/m */
    ILI_SIGMA_NE, /**< S/m */
    ILI_HAVEN,    /**< 1 */
    ILI_QUANTITIES
} ili_diffuse_quantity;

typedef struct ili_diffuse_level {
    double temperature;
    int n_runs;
    ili_estimate number[ILI_QUANTITIES];
    bool is_diffusive[ILI_QUANTITIES]; /**< more than half of the runs */
    bool from_scatter[ILI_QUANTITIES]; /**< the error is that of the scatter between runs */
} ili_diffuse_level;

typedef struct ili_diffuse_law {
    int n_used, n_left_out; /**< temperatures */
    bool is_fitted, has_vtf;
    ili_arrhenius arrhenius;
    ili_vtf vtf;
} ili_diffuse_law;

typedef struct ili_diffuse_study {
    int n_runs, n_groups, n_levels;
    ili_diffuse_run *runs;                         /**< [n_runs] */
    const ili_carriers *carriers;                  /**< of the first run */
    bool with_vtf;                                 /**< asked for */
    ili_diffuse_level level[ILI_TEMPERATURES_MAX]; /**< rising temperature */
    ili_diffuse_law law[ILI_QUANTITIES];
} ili_diffuse_study;

/** Is this quantity there (its group exists)? */
bool ili_diffuse_has(const ili_diffuse_study *study, int quantity);
/** Number of a run. */
ili_estimate ili_diffuse_number(const ili_diffuse_run *run, int quantity);
bool ili_diffuse_is_diffusive(const ili_diffuse_run *run, int quantity);
/** Combine the runs by temperature, fit every quantity of at least two diffusive temperatures. */
il_status ili_diffuse_study_make(il_context *ctx, ili_diffuse_study *study);
/** The law of a quantity at a temperature: VTF when `vtf` and it was fitted, else Arrhenius; NaN without one. */
ili_estimate ili_diffuse_law_at(const ili_diffuse_law *law, bool vtf, double temperature);

#endif
