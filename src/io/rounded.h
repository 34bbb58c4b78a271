/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A number shown to people: rounded to its uncertainty, never with more digits than are known. */
#ifndef ILI_IO_ROUNDED_H
#define ILI_IO_ROUNDED_H

/** The number is value times 10^power, and so its error. Minus signs are U+2212. */
typedef struct ili_rounded {
    char value[32]; /**< "" when it is not finite */
    char sigma[32]; /**< "" when it is not known, or zero: the value is fixed */
    int power;      /**< of ten; 0 where the plain number reads well */
} ili_rounded;

/** Two significant digits of sigma, and the value down to the same place; at most 12 digits. A value without a
 *  finite sigma above zero has `digits` significant digits. */
ili_rounded ili_round(double value, double sigma, int digits);

#endif
