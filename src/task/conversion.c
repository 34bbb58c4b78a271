/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Balance by elements: a stage has one product for each of Al, Ge, P, O, so their amounts follow from four linear equations and
 *  the lithium from what the products hold. Volumes are those of crystals at room temperature. theory.md section 13. */
#include "task/conversion.h"

#include "math/solve.h"
#include "system/element.h"

#include <math.h>
#include <string.h>

enum { LI, AL, GE, P, O, N_ELEMENTS, N_PRODUCTS = N_ELEMENTS - 1 };

static const char *const elements[N_ELEMENTS] = {"Li", "Al", "Ge", "P", "O"};

typedef struct crystal {
    const char *formula;
    int count[N_ELEMENTS];
    double volume, sigma; /**< angstrom^3 per formula unit */
    const char *source;
} crystal;

enum { LI3P, LI2O, LI15GE4, LI9AL4, GERMANIUM, GEO2, LI4P2O7, ALPO4, LI3PO4 };

static const crystal crystals[] = {
    [LI3P] = {"Li3P", {3, 0, 0, 1, 0}, 59.67, 0.3, "P63/mmc, a 4.264, c 7.579 A, Z 2 (Brauer, Zintl 1937)"},
    [LI2O] = {"Li2O", {2, 0, 0, 0, 1}, 24.64, 0.05, "Fm-3m, a 4.619 A, Z 4 (handbook)"},
    [LI15GE4] =
        {"Li15Ge4", {15, 0, 4, 0, 0}, 313.2, 0.9, "I-43d, a 10.78 A, Z 4 (Johnson, Smith, Wood 1965)"},
    [LI9AL4] = {"Li9Al4",
                {9, 4, 0, 0, 0},
                222.9,
                2.0,
                "C2/m, a 19.155, b 5.429, c 4.499 A, beta 107.67, Z 2 (Hansen, Smith 1968)"},
    [GERMANIUM] = {"Ge", {0, 0, 1, 0, 0}, 22.64, 0.05, "Fd-3m, a 5.658 A, Z 8 (handbook)"},
    [GEO2] = {"GeO2", {0, 0, 1, 0, 2}, 27.79, 0.1, "rutile type, a 4.4066, c 2.8619 A, Z 2 (handbook)"},
    [LI4P2O7] = {"Li4P2O7",
                 {4, 0, 0, 2, 7},
                 142.6,
                 4.0,
                 "P-1, V 285.13 A3, Z 2 (J. Solid State Chem. 2014, 10.1016/j.jssc.2013.12.015)"},
    [ALPO4] = {"AlPO4", {0, 1, 0, 1, 4}, 77.4, 0.1, "berlinite, a 4.943, c 10.974 A, Z 3 (handbook)"},
    [LI3PO4] = {"Li3PO4", {3, 0, 0, 1, 4}, 78.65, 0.4, "gamma, V 314.59 A3, Z 4 (Wang et al. 1995)"},
};

typedef struct stage {
    const char *name;
    int product[N_PRODUCTS];
} stage;

static const stage full_stage = {"full conversion", {LI3P, LI2O, LI15GE4, LI9AL4}};
static const stage partial_stages[ILI_PARTIAL_STAGES] = {
    {"reduction limit", {GERMANIUM, GEO2, LI4P2O7, ALPO4}},
    {"germanium in phosphates", {GERMANIUM, LI2O, LI3PO4, ALPO4}},
};

/** Amounts that are negative by no more than rounding are none. */
static const double ROUNDING = 1e-9;

static int element_of(int z) {
    const ili_element *e = ili_element_of(z);
    for (int k = 0; e && k < N_ELEMENTS; k++)
        if (strcmp(e->symbol, elements[k]) == 0) return k;
    return -1;
}

/** Atoms of each element per formula unit. */
static il_status count_host(il_context *ctx, const il_system *host, long formula_units,
                            double count[N_ELEMENTS]) {
    for (int k = 0; k < N_ELEMENTS; k++) count[k] = 0.0;
    for (int32_t i = 0; i < host->n_atoms; i++) {
        const ili_species *s = &host->species[host->type[i]];
        int k = element_of(s->z);
        if (k < 0)
            return ili_fail(
                ctx, IL_E_UNSUPPORTED,
                "the volume of conversion: the host holds %s, expected Li, Al, Ge, P and O alone, "
                "whose products with lithium are tabulated",
                ili_element_of(s->z) ? ili_element_of(s->z)->symbol : s->name);
        count[k] += 1.0;
    }
    for (int k = 0; k < N_ELEMENTS; k++) count[k] /= (double)formula_units;
    return IL_OK;
}

/** False when an amount would be negative, or no lithium taken up. The columns are products of different elements: a is regular. */
static bool balance(const stage *from, const double count[N_ELEMENTS], ili_conversion_stage *out) {
    double a[N_PRODUCTS][N_PRODUCTS], amount[N_PRODUCTS], variance = 0.0;
    for (int r = 0; r < N_PRODUCTS; r++) {
        amount[r] = count[AL + r];
        for (int c = 0; c < N_PRODUCTS; c++) a[r][c] = crystals[from->product[c]].count[AL + r];
    }
    *out = (ili_conversion_stage){.name = from->name, .x = -count[LI]};
    if (!ili_solve(N_PRODUCTS, N_PRODUCTS, &a[0][0], amount)) return false;
    for (int c = 0; c < N_PRODUCTS; c++) {
        const crystal *k = &crystals[from->product[c]];
        if (amount[c] < -ROUNDING) return false;
        if (amount[c] < ROUNDING) continue;
        out->product[out->n++] = (ili_product){.formula = k->formula,
                                               .source = k->source,
                                               .amount = amount[c],
                                               .volume = k->volume,
                                               .sigma = k->sigma};
        out->x += amount[c] * k->count[LI];
        out->volume += amount[c] * k->volume;
        variance += amount[c] * k->sigma * amount[c] * k->sigma;
    }
    out->sigma = sqrt(variance);
    return out->x > ROUNDING;
}

il_status ili_conversion_find(il_context *ctx, const il_system *host, long formula_units, double volume_host,
                              ili_conversion *out) {
    double count[N_ELEMENTS];
    ili_conversion_stage full;
    *out = (ili_conversion){.volume_host = volume_host};
    IL_TRY(count_host(ctx, host, formula_units, count));
    if (!balance(&full_stage, count, &full))
        return ili_fail(ctx, IL_E_INPUT,
                        "the volume of conversion: the host takes up no lithium on its way to Li3P, Li2O, "
                        "Li15Ge4 and Li9Al4, expected one with Al, Ge, P or O to reduce");
    out->n = full.n;
    memcpy(out->product, full.product, sizeof out->product);
    out->x_full = full.x;
    out->volume_full = full.volume;
    out->sigma_full = full.sigma;
    for (int k = 0; k < ILI_PARTIAL_STAGES; k++)
        if (count[GE] > 0.0 && balance(&partial_stages[k], count, &out->partial[out->n_partial]))
            out->n_partial++;
    return IL_OK;
}

double ili_conversion_at(const ili_conversion *conversion, double x) {
    double share = x / conversion->x_full;
    if (!(share >= 0.0 && share <= 1.0)) return NAN;
    return conversion->volume_host + share * (conversion->volume_full - conversion->volume_host);
}
