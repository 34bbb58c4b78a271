/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Laws of temperature for rates known with errors: Arrhenius and Vogel-Tammann-Fulcher, with intervals and extrapolation.
 *
 *  Fitted is ln(value) with the error sqrt(ln(1 + (sigma/value)^2)). Errors of the law are those of the points, carried through
 *  the fit, and, from three temperatures on (Arrhenius; four: VTF), times sqrt(chi2/freedom) where the points scatter more than their
 *  errors allow. eq. theory.md (10.40)-(10.45) */
#ifndef ILI_ANALYSIS_ARRHENIUS_H
#define ILI_ANALYSIS_ARRHENIUS_H

#include "analysis/transport.h"

/** A rate (a diffusivity, a conductivity) at one temperature. */
typedef struct ili_rate {
    double temperature;  /**< K */
    ili_estimate number; /**< its 95 % interval tells how well sigma is known */
} ili_rate;

/** ln value = ln A - E/(kB T), written about the point T0 where both errors are independent. */
typedef struct ili_arrhenius {
    int n;                     /**< temperatures fitted */
    double low, high;          /**< K, their range */
    ili_estimate energy;       /**< eV */
    ili_estimate ln_prefactor; /**< of the prefactor in units of the value */
    double covariance;         /**< of ln prefactor and energy, eV, as widened; theory.md (14.2) */
    double x0, centre;         /**< 1/K: where; ln value there */
    double centre_sigma;       /**< as widened */
    double slope_sigma;        /**< K, of E/kB, as widened */
    double freedom;            /**< of the errors, for Student's intervals */
    double chi2, p;            /**< of the fit; chance of a larger one */
    double widening;           /**< factor put on all errors for scatter, 1: none */
    bool has_scatter; /**< three temperatures or more: errors beyond the propagated ones were looked for */
} ili_arrhenius;

/** Weighted fit. IL_E_INPUT: fewer than two different temperatures; a rate that is not positive or has no error, naming its T. */
il_status ili_arrhenius_fit(il_context *ctx, int n, const ili_rate *rates, ili_arrhenius *fit);
/** The law at a temperature: low and high are the 95 % band, exp of that of ln value. */
ili_estimate ili_arrhenius_at(const ili_arrhenius *fit, double temperature);

enum { ILI_VTF_SAMPLES = 400 };

/** ln value = ln A - B/(T - T0). */
typedef struct ili_vtf {
    int n;
    ili_estimate t0, b; /**< K */
    ili_estimate ln_prefactor;
    double covariance
        [3][3]; /**< of ln A, B, T0, as widened, of the law made linear; NaN: singular. theory.md (14.15) */
    double chi2, p, widening;
    bool
        is_curved; /**< the 95 % interval of T0 excludes 0: the points show curvature; else Arrhenius does as well */
    double sample[ILI_VTF_SAMPLES][3]; /**< parametric bootstrap: ln A, B, T0 */
} ili_vtf;

/** Weighted fit, at least three different temperatures, errors by parametric bootstrap from the seed of the context. T0 is sought
 *  from 0 to just under the lowest temperature. IL_E_INPUT as above. */
il_status ili_vtf_fit(il_context *ctx, int n, const ili_rate *rates, ili_vtf *fit);
/** d ln value/d(ln A, B, T0) of the law at a temperature above T0. */
void ili_vtf_gradient(double b, double t0, double temperature, double gradient[3]);
ili_estimate ili_vtf_at(const ili_vtf *fit, double temperature);

/** Numbers of one quantity from independent runs, as one: the mean over realisations of the means over their runs. Equal weights,
 *  because runs are equally long and errors grow with the value, so that weights from errors would favour low values. Its error is the
 *  larger of the propagated one and of the scatter between the means (between runs when there is one realisation only); its interval is
 *  the wider of both, Student's for the scatter, with one degree of freedom counted as two: two means hardly tell their scatter. NaN
 *  values are left out; NaN when none is left.
 *  number [n], realisation [n] >= 0; *scatter (may be NULL) tells which error it is. */
ili_estimate ili_combine(int n, const ili_estimate *number, const int *realisation, bool *scatter);

#endif
