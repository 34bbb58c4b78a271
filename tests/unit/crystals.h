/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Small crystals built in place for tests of builders. */
#ifndef TEST_CRYSTALS_H
#define TEST_CRYSTALS_H

#include "harness.h"
#include "math/vec.h"
#include "system/system.h"

typedef struct test_site {
    const char *name;
    double charge, s[3];
} test_site;

/** Atoms at fractional coordinates; doubles are dropped, so sites may be expanded by any set of operations. */
static inline void add_site(il_system *sys, const char *name, double charge, const double s[3]) {
    double x[3];
    int32_t type;
    ili_cell_to_cart(&sys->cell, s, x);
    ili_cell_wrap(&sys->cell, x);
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        double d[3];
        ili_sub(sys->x[i], x, d);
        if (ili_cell_nearest(&sys->cell, d) < 1e-4) return;
    }
    CHECK_OK(ili_system_species(ctx, sys, name, 0, &type));
    sys->species[type].charge = charge;
    CHECK_OK(ili_system_add(ctx, sys, type, x));
}

static inline il_system *crystal_of(double a, double b, double c, double gamma, int n,
                                    const test_site *sites) {
    il_system *sys;
    CHECK_OK(ili_system_create(ctx, &sys));
    CHECK_OK(ili_cell_from_parameters(ctx, (const double[]){a, b, c}, (const double[]){90, 90, gamma},
                                      &sys->cell));
    for (int i = 0; i < n; i++) add_site(sys, sites[i].name, sites[i].charge, sites[i].s);
    return sys;
}

static inline il_system *bcc(const char *name, double a) {
    const test_site sites[] = {{name, 0, {0, 0, 0}}, {name, 0, {0.5, 0.5, 0.5}}};
    return crystal_of(a, a, a, 90, 2, sites);
}

static inline il_system *rock_salt(double a) {
    il_system *sys = crystal_of(a, a, a, 90, 0, NULL);
    for (int k = 0; k < 8; k++) {
        double s[3] = {0.5 * (k & 1), 0.5 * (k >> 1 & 1), 0.5 * (k >> 2)};
        bool odd = ((k & 1) + (k >> 1 & 1) + (k >> 2)) & 1;
        add_site(sys, odd ? "Cl" : "Na", odd ? -1 : 1, s);
    }
    return sys;
}

/** LiGe2(PO4)3, R-3c, hexagonal cell, 108 atoms. */
static inline il_system *lgp(void) {
    static const test_site sites[] = {{"Li", 1, {0, 0, 0}},
                                      {"Ge", 4, {0, 0, 0.1419}},
                                      {"P", 5, {0.2865, 0, 0.25}},
                                      {"O", -2, {0.1780, -0.0130, 0.1910}},
                                      {"O", -2, {0.1900, 0.1660, 0.0840}}};
    il_system *sys = crystal_of(8.27, 8.27, 20.47, 120, 0, NULL);
    for (int i = 0; i < 5; i++)
        for (int op = 0; op < 36; op++) {
            const double *p = sites[i].s, third = (op / 12) / 3.0;
            double x = p[0], y = p[1], z = p[2], sign = op % 2 ? -1.0 : 1.0;
            for (int turn = 0; turn < op / 2 % 3; turn++) {
                double t = x;
                x = -y;
                y = t - y;
            }
            if (op / 6 % 2) {
                double t = x;
                x = y;
                y = t;
                z = 0.5 - z;
            }
            const double s[3] = {sign * x + 2.0 * third, sign * y + third, sign * z + third};
            add_site(sys, sites[i].name, sites[i].charge, s);
        }
    return sys;
}

#endif
