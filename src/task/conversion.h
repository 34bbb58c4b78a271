/* SPDX-License-Identifier: GPL-3.0-or-later */
/** What reduction by lithium would leave: crystals, by the rule of mixtures. Not from a force field: volumes of the
 *  products' crystal structures, labelled so in every result. theory.md section 13. */
#ifndef ILI_TASK_CONVERSION_H
#define ILI_TASK_CONVERSION_H

#include "system/system.h"

enum { ILI_PRODUCTS_MAX = 12, ILI_PARTIAL_STAGES = 2 };

typedef struct ili_product {
    const char *formula, *source;
    double amount; /**< formula units of the product per formula unit of the host */
    double volume; /**< angstrom^3 per formula unit of the product */
    double sigma;  /**< what sources and polymorphs differ by, angstrom^3 */
} ili_product;

/** A stage on the way, which some hosts have: the reduction limit (about 2.7 V for LAGP), then Ge in phosphates. */
typedef struct ili_conversion_stage {
    const char *name;
    int n;
    ili_product product[ILI_PRODUCTS_MAX];
    double x;             /**< lithium taken up per formula unit of the host */
    double volume, sigma; /**< angstrom^3 per formula unit of the host */
} ili_conversion_stage;

typedef struct ili_conversion {
    int n;
    ili_product product[ILI_PRODUCTS_MAX];
    double x_full;                   /**< lithium taken up per formula unit of the host */
    double volume_host, volume_full; /**< angstrom^3 per formula unit of the host, before and after */
    double sigma_full;               /**< of volume_full, from those of the products */
    int n_partial;                   /**< stages that balance without a negative amount */
    ili_conversion_stage partial[ILI_PARTIAL_STAGES];
} ili_conversion;

/** Balance the elements of the host (Li, Al, Ge, P, O) over the products; volume_host: angstrom^3 per formula unit, as relaxed.
 *  IL_E_UNSUPPORTED naming an element that the table of products does not have; IL_E_INPUT when the host holds nothing that
 *  lithium converts. */
il_status ili_conversion_find(il_context *ctx, const il_system *host, long formula_units, double volume_host,
                              ili_conversion *out);
/** Volume per formula unit of the host when x of x_full has been taken up: the share x/x_full is converted, the rest is host. NaN
 *  below 0 and beyond x_full. */
double ili_conversion_at(const ili_conversion *conversion, double x);

#endif
