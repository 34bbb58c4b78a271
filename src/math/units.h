/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Conversion factors to the internal units (angstrom, eV, fs, e, K), derived from exact SI values (CODATA 2018). */
#ifndef ILI_MATH_UNITS_H
#define ILI_MATH_UNITS_H

#define ILI_PI           3.14159265358979323846
#define ILI_E_CHARGE_SI  1.602176634e-19   /* C, exact */
#define ILI_AVOGADRO     6.02214076e23     /* 1/mol, exact */
#define ILI_BOLTZMANN_SI 1.380649e-23      /* J/K, exact */
#define ILI_EPS0_SI      8.8541878128e-12  /* F/m, CODATA 2018 */
#define ILI_AMU_SI       1.66053906660e-27 /* kg, CODATA 2018 */

/** e^2/(4 pi eps0) in eV angstrom: 14.3996454... */
#define ILI_COULOMB (ILI_E_CHARGE_SI / (4.0 * ILI_PI * ILI_EPS0_SI) * 1e10)
/** Boltzmann constant, eV/K. */
#define ILI_KB (ILI_BOLTZMANN_SI / ILI_E_CHARGE_SI)
/** 1 g/mol in eV fs^2/angstrom^2: 103.64269... */
#define ILI_AMU (ILI_AMU_SI / ILI_E_CHARGE_SI * 1e10)
/** 1 kJ/mol and 1 kcal/mol in eV. */
#define ILI_KJ_MOL   (1e3 / (ILI_AVOGADRO * ILI_E_CHARGE_SI))
#define ILI_KCAL_MOL (4.184 * ILI_KJ_MOL)
/** eV/angstrom^2 in J/m^2: 16.0217...; eV/angstrom^3 in GPa: 160.217... */
#define ILI_J_PER_M2 (ILI_E_CHARGE_SI * 1e20)
#define ILI_GPA      (ILI_E_CHARGE_SI * 1e21)
/** (g/mol)/angstrom^3 in g/cm^3: 1.66053... */
#define ILI_G_PER_CM3 (1e24 / ILI_AVOGADRO)

#endif
