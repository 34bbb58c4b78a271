/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The registry of potential forms. A simple form is one scalar function of one internal coordinate: a distance
 *  (PAIR, BOND), an angle (ANGLE) or a dihedral (TORSION); the shared loops do lists, truncation, forces, virial and
 *  threads. Adding one: src/ff/pot_NAME.c with a `const ili_form ili_form_NAME` and one line in potentials.def. */
#ifndef ILI_FF_FORM_H
#define ILI_FF_FORM_H

#include "base/context.h"

enum { ILI_PARAM_MAX = 8 };

typedef enum ili_form_kind { ILI_PAIR, ILI_BOND, ILI_ANGLE, ILI_TORSION, ILI_EAM } ili_form_kind;

/** One parameter: a row that the reader, the range check, --help and the docs read. */
typedef struct ili_param {
    const char *name;
    double preset; /**< NaN: must be given */
    double low, high;
    const char *unit; /**< internal: powers of eV, angstrom and rad, as "eV angstrom^-2"; "1" for a number */
    const char *help;
} ili_param;

/** A pair form that the kernels know how to compute: V = c1 e + c2 e^2 + c6/r^6 + c12/r^12, e = exp(-a (r - r0)). */
typedef struct ili_closed_pair {
    double a, r0; /**< 1/angstrom, angstrom; a 0: no exponential */
    double c1, c2, c6, c12;
} ili_closed_pair;

typedef struct ili_form {
    const char *name; /**< as written in a model file */
    const char *title, *equation, *doi;
    ili_form_kind kind;
    const ili_param *params; /**< ends with a NULL name; the order is that of p[] */
    /** Energy (eV) at coordinate u (angstrom or radian), and its derivative. p: parameters in internal units. */
    double (*value)(const double *p, double u, double *derivative);
    /** The same for n coordinates u [n] at once, n a multiple of 8, in a loop that vectors can run; TORSION: u is the cosine of the
     *  dihedral, v [n] its sine; others: v is NULL. energy, derivative: out [n]. NULL: the loops call `value`. */
    void (*many)(const double *p, int n, const double *u, const double *v, double *energy,
                 double *derivative);
    /** PAIR: combine like-pair parameters a, b into out by `rule` ("geometric", "arithmetic"); NULL: no mixing. */
    bool (*mix)(const char *rule, const double *a, const double *b, double *out);
    /** PAIR: at r -> 0 the form is repulsive for all parameters accepted by `check`. NULL: nothing to check. */
    const char *(*check)(const double *p); /**< NULL: fine; otherwise what is wrong */
    /** PAIR: the same function in closed form, written to *out (zero before). NULL: kernels take it from tables, which is slower. */
    void (*closed)(const double *p, ili_closed_pair *out);
    bool z_from_species; /**< PAIR: p[0] and p[1] are atomic numbers, the species' own when 0 */
    /** The same function in LAMMPS (units metal, degrees): its pair, bond, angle or dihedral style; NULL: it is written as a table.
     *  A pair style takes one cut-off as its setting and, after the coefficients, one for the pair. */
    const char *lammps;
    /** Coefficients of that style, out [ILI_PARAM_MAX]; returns how many. 0: not these parameters, write a table. NULL: they are p[]. */
    int (*lammps_coefficients)(const double *p, double *out);
} ili_form;

/** All registered forms; NULL-terminated. */
const ili_form *const *ili_forms(void);
/** Form by name; NULL when unknown. */
const ili_form *ili_form_find(const char *name);
int ili_form_n_params(const ili_form *form);

#endif
