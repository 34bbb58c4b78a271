/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/rounded.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 12, PLAIN_LOW = -3, PLAIN_HIGH = 4 }; /* powers of ten that are written out */

static const char MINUS[] = "\xe2\x88\x92";

/** Power of ten of the first digit, once the number is rounded to this many digits. 0 for zero. */
static int leading_power(double value, int digits) {
    char text[64];
    if (value == 0.0) return 0;
    snprintf(text, sizeof text, "%.*e", digits - 1, fabs(value));
    return atoi(strchr(text, 'e') + 1);
}

/** value / 10^power with so many decimals; no "-0". */
static void print(char text[32], double value, int power, int decimals) {
    char digits[400];
    snprintf(digits, sizeof digits, "%.*f", decimals, power ? value / pow(10.0, power) : value);
    const char *start = digits;
    const int is_negative = *start == '-';
    if (is_negative) start++;
    snprintf(text, 32, "%s%.28s", is_negative && strpbrk(start, "123456789") ? MINUS : "", start);
}

ili_rounded ili_round(double value, double sigma, int digits) {
    ili_rounded r = {.power = 0};
    if (!isfinite(value)) return r;
    const int has_sigma = isfinite(sigma) && sigma > 0.0;
    int first = leading_power(value, has_sigma ? DIGITS_MAX : digits), last = first - digits + 1;
    if (has_sigma) {
        const int of_sigma = leading_power(sigma, 2);
        if (value == 0.0 || of_sigma > first) first = of_sigma;
        last = of_sigma - 1;
        if (last < first - DIGITS_MAX + 1) last = first - DIGITS_MAX + 1;
    }
    if (first < PLAIN_LOW || first > PLAIN_HIGH || (has_sigma && last > 0)) r.power = first;
    const int decimals = r.power - last > 0 ? r.power - last : 0;
    print(r.value, value, r.power, decimals);
    if (has_sigma) print(r.sigma, sigma, r.power, decimals);
    return r;
}
