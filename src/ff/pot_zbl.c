/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Universal screened nuclear repulsion of Ziegler, Biersack and Littmark:
 *  V = z1 z2 e^2/(4 pi eps0 r) sum_k c_k exp(-d_k r/a), a = 0.4685/(z1^0.23 + z2^0.23) angstrom.
 *
 *  Literature: J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Solids, Pergamon 1985. */
#include "ff/form.h"

#include "math/units.h"

#include <math.h>

static const ili_param zbl_params[] = {
    {"z1", 0, 0, 103, "1", "atomic number of the first; 0: of the species"},
    {"z2", 0, 0, 103, "1", "atomic number of the second; 0: of the species"},
    {0},
};

static double zbl(const double *p, double r, double *derivative) {
    static const double c[] = {0.18175, 0.50986, 0.28022, 0.02817};
    static const double d[] = {3.19980, 0.94229, 0.40290, 0.20162};
    double per_a = (pow(p[0], 0.23) + pow(p[1], 0.23)) / 0.4685, scale = ILI_COULOMB * p[0] * p[1] / r;
    double screen = 0.0, slope = 0.0;
    for (int k = 0; k < 4; k++) {
        double e = c[k] * exp(-d[k] * per_a * r);
        screen += e;
        slope -= d[k] * per_a * e;
    }
    *derivative = scale * (slope - screen / r);
    return scale * screen;
}

const ili_form ili_form_zbl = {.name = "zbl",
                               .title = "Universal nuclear repulsion (ZBL)",
                               .equation = "z1 z2 e^2/(4 pi eps0 r) phi(r/a)",
                               .doi = "10.1007/978-1-4615-8103-1_3",
                               .kind = ILI_PAIR,
                               .params = zbl_params,
                               .value = zbl,
                               .z_from_species = true};
