/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What leaves for continuum models: the quantities that finished runs hold, in SI units, each with its error, method, range and
 *  definition. Read from the result files of `diffuse`, `lithiate` and `interface`; written by the exporters. */
#ifndef ILI_TASK_HANDOFF_H
#define ILI_TASK_HANDOFF_H

#include "io/json.h"

/** What a quantity is; src/task/handoff_kinds.def has name, SI unit, definition and origin of each. */
typedef enum ili_quantity_kind {
#define ILI_QUANTITY(id, ...) ILI_Q_##id,
#include "task/handoff_kinds.def"
#undef ILI_QUANTITY
    ILI_N_QUANTITIES
} ili_quantity_kind;

typedef struct ili_quantity_info {
    const char *name;       /**< "ionic_conductivity" */
    const char *unit;       /**< SI as continuum codes write it: "S.m-1"; "1" for a number */
    const char *definition; /**< one sentence */
    const char *origin;     /**< which run gives it, for those who miss it */
} ili_quantity_info;
const ili_quantity_info *ili_quantity_info_of(ili_quantity_kind kind);

/** A number with its error; sigma, low, high NaN where they are not known. */
typedef struct ili_value {
    double value, sigma, low, high; /**< one standard deviation; the 95 % interval */
} ili_value;

typedef enum ili_argument { ILI_ARG_NONE, ILI_ARG_TEMPERATURE, ILI_ARG_COMPOSITION } ili_argument;

/** y(T), or when times_T, y T, is prefactor exp(-E_a/(kB T)), Arrhenius, or prefactor exp(-B/(T - T0)), Vogel, Tammann and Fulcher. */
typedef struct ili_law {
    bool is_given, times_T, is_vtf;
    double ln_prefactor;                      /**< of the SI unit (times K when times_T) */
    double Ea_eV;                             /**< Arrhenius */
    double var_ln_prefactor, var_Ea_eV2, cov; /**< NaN where not known; cov in eV */
    double B_K, T0_K;                         /**< VTF */
    double covariance[3][3];                  /**< of ln prefactor, B, T0; NaN where not known */
    double width_95;      /**< sigmas from the law to the ends of its 95 % interval, of ln y */
    double T_low, T_high; /**< K, of the temperatures that were fitted */
    int n_temperatures;
} ili_law;

typedef struct ili_quantity {
    ili_quantity_kind kind;
    char material[128]; /**< what it is of: "LAGP", "P-DOL", a contact "LAGP|Li", a layer "stack: polymer" */
    char species[32];   /**< whose, "" when of the whole */
    double charge_number; /**< of the species, e; 0: not known */
    bool is_in_framework; /**< its motion is told relative to the framework of a crystal */
    ili_argument argument;
    int n;                /**< points, all finite; 1 without an argument */
    double *at;           /**< [n] rising: K, or lithium put in per formula unit; NULL without an argument */
    ili_value *y;         /**< [n] SI */
    bool *is_sound;       /**< [n] false: the run itself says not to use it (not diffusive, not converged) */
    ili_law law;          /**< of y(T) */
    ili_value at_298K;    /**< from the law; NaN: none */
    bool is_extrapolated; /**< 298.15 K lies outside the temperatures that were fitted */
    char method[512];     /**< "molecular dynamics, 6 runs of 45 ps, 998 atoms; model pmmcs" */
    char source[1024];    /**< the result file */
    char caveat[4096];    /**< what the run warns of, "" none */
} ili_quantity;

typedef struct ili_handoff {
    int n, cap;
    ili_quantity *quantity;
    int n_files; /**< result files read */
    char (*file)[1024];
    char (*hash)[17]; /**< of each */
} ili_handoff;

/** Read every result file (diffuse.json, lithiate.json, interface.json) of the folders, or result files named themselves. `material`
 *  NULL or "": each run is named by the file its structure came from, or by its folder when that name says nothing ("final"). A second
 *  result of the same verb on the same material is called "LAGP (2)". A result without quantities is left out with a warning.
 *  IL_E_INPUT: a folder without results, a result that failed, was not converged or was given twice, or one whose keys do not read;
 *  IL_E_FILE. *out needs ili_handoff_free whatever happens. */
il_status ili_handoff_read(il_context *ctx, int n_inputs, const char *const *inputs, const char *material,
                           ili_handoff *out);
void ili_handoff_free(ili_handoff *handoff);
/** First quantity of this kind, of this material (NULL: any) and species (NULL: any); NULL when there is none. */
const ili_quantity *ili_handoff_find(const ili_handoff *handoff, ili_quantity_kind kind, const char *material,
                                     const char *species);
/** Value at T (K): of the law with its propagated error (NaN at T0 and below), else of the sound point at T, else NaN; without an argument the
 *  value itself. eq. theory.md (14.1)-(14.3), (14.15)-(14.16) */
ili_value ili_quantity_at(const ili_quantity *quantity, double T);

#endif
