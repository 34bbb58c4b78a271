/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Every registered form: derivative against differences over a range, one number worked out apart from the code. */
#include "harness.h"

#include "ff/form.h"
#include "math/units.h"

#include <float.h>

/** One case per form; a form without one fails the suite. */
static const struct {
    const char *form;
    double p[ILI_PARAM_MAX], low, high; /**< range of the coordinate */
    double at, value;                   /**< a point and its energy by hand, eV */
} cases[] = {
    {"pmmcs", {0.042395, 1.379316, 3.618701, 22.0}, 1.0, 15.0, 3.618701, -0.042395 + 22.0 / 5042343.2367},
    {"morse", {0.5, 1.7, 2.0}, 0.5, 12.0, 2.0, -0.5},
    {"lj", {0.01, 3.0}, 2.0, 12.0, 3.3673861, -0.01},
    {"r12", {20.0}, 0.8, 12.0, 2.0, 20.0 / 4096.0},
    {"buck", {22764.0, 0.149, 27.89}, 1.0, 12.0, 3.0, 22764.0 * 1.8022532e-9 - 27.89 / 729.0},
    {"born_mayer", {632.1018, 0.2906}, 0.5, 12.0, 0.2906, 632.1018 * 0.36787944},
    {"zbl", {3.0, 3.0}, 0.05, 5.0, 0.01, 12959.68086 * 0.9385067},
    {"bond_harmonic", {30.0, 1.4}, 0.8, 2.5, 1.5, 0.15},
    {"angle_harmonic", {4.0, 1.9}, 0.2, 3.0, 2.0, 0.02},
    {"torsion_rb",
     {-0.06, 0.008, 0.06, -0.02, 0.003, 0.001},
     -3.0,
     3.0,
     ILI_PI,
     -0.06 + 0.008 + 0.06 - 0.02 + 0.004},
    {"torsion_opls", {0.03, -0.01, 0.02, 0.005}, -3.0, 3.0, 0.0, 0.05},
};
enum { N_CASES = sizeof cases / sizeof *cases };

static double at(const ili_form *form, const double *p, double u) {
    double slope;
    return form->value(p, u, &slope);
}

/** Central difference by Richardson's rule; the spread of the two steps and the rounding of the sum bound its error. */
static void check_derivative(const ili_form *form, const double *p, double u) {
    double slope, h = 1e-3 * fmax(fabs(u), 0.05), value = form->value(p, u, &slope);
    double wide = (at(form, p, u + h) - at(form, p, u - h)) / (2.0 * h);
    double close = (at(form, p, u + 0.5 * h) - at(form, p, u - 0.5 * h)) / h;
    double scale = fabs(value) + fabs(slope * h) + 1e-3;
    CHECK_NEAR(slope, (4.0 * close - wide) / 3.0, fabs(close - wide) + 64.0 * DBL_EPSILON * scale / h);
}

TEST(derivatives_and_values) {
    for (const ili_form *const *f = ili_forms(); *f; f++) {
        int k = 0;
        while (k < N_CASES && strcmp(cases[k].form, (*f)->name) != 0) k++;
        if (k == N_CASES) fprintf(stderr, "no case for the form %s\n", (*f)->name);
        CHECK(k < N_CASES);
        if (k == N_CASES) continue;
        for (int s = 0; s <= 60; s++)
            check_derivative(*f, cases[k].p, cases[k].low + (cases[k].high - cases[k].low) * s / 60.0);
        CHECK_NEAR(at(*f, cases[k].p, cases[k].at), cases[k].value, 1e-5 * fabs(cases[k].value));
        CHECK((*f)->check == NULL || (*f)->check(cases[k].p) == NULL);
    }
}

/** The loop for many coordinates is the same function: a few roundings of its terms apart, none of them above `scale`. */
TEST(many_at_once) {
    enum { MANY = 64 };
    for (int k = 0; k < N_CASES; k++) {
        const ili_form *form = ili_form_find(cases[k].form);
        if (!form->many) continue;
        double u[MANY], v[MANY], w[MANY], energy[MANY], slope[MANY], scale = 1.0;
        for (int i = 0; i < MANY; i++) {
            w[i] = cases[k].low + (cases[k].high - cases[k].low) * i / (MANY - 1);
            u[i] = form->kind == ILI_TORSION ? cos(w[i]) : w[i];
            v[i] = sin(w[i]);
        }
        form->many(cases[k].p, MANY, u, form->kind == ILI_TORSION ? v : NULL, energy, slope);
        for (int i = 0; i < MANY; i++) {
            double one_slope, one = form->value(cases[k].p, w[i], &one_slope);
            if (form->kind != ILI_TORSION) scale = fabs(one) + fabs(one_slope * w[i]);
            CHECK_NEAR(energy[i], one, 16.0 * DBL_EPSILON * scale);
            CHECK_NEAR(slope[i], one_slope, 16.0 * DBL_EPSILON * (scale + fabs(one_slope)));
        }
    }
}

TEST(descriptors_are_complete) {
    for (const ili_form *const *f = ili_forms(); *f; f++) {
        CHECK((*f)->name && (*f)->title && (*f)->equation && (*f)->doi && (*f)->params && (*f)->value);
        CHECK(ili_form_find((*f)->name) == *f);
        int n = ili_form_n_params(*f);
        CHECK(n > 0 && n <= ILI_PARAM_MAX);
        for (int k = 0; k < n; k++) {
            const ili_param *row = &(*f)->params[k];
            CHECK(row->low < row->high && row->unit && row->help);
            CHECK(isnan(row->preset) || (row->preset >= row->low && row->preset <= row->high));
        }
    }
    CHECK(ili_form_find("no such form") == NULL);
}

/** V1 = -2 C1 - 3/2 C3, V2 = -C2 - C4, V3 = -C3/2, V4 = -C4/4 make the two torsions differ by a constant. */
TEST(torsions_agree) {
    double c[ILI_PARAM_MAX] = {0, 0.02, -0.03, 0.04, 0.01, 0};
    double v[ILI_PARAM_MAX] = {-2 * c[1] - 1.5 * c[3], -c[2] - c[4], -0.5 * c[3], -0.25 * c[4]};
    const ili_form *rb = ili_form_find("torsion_rb"), *opls = ili_form_find("torsion_opls");
    double shift = at(rb, c, 0.0) - at(opls, v, 0.0);
    for (double phi = -3.0; phi < 3.0; phi += 0.1)
        CHECK_NEAR(at(rb, c, phi) - at(opls, v, phi), shift, 1e-15);
}

TEST(mixing_and_checks) {
    const ili_form *lj = ili_form_find("lj"), *buck = ili_form_find("buck"), *morse = ili_form_find("morse");
    double a[] = {0.01, 2.0}, b[] = {0.04, 4.5}, out[2];
    CHECK(lj->mix("geometric", a, b, out));
    CHECK_NEAR(out[0], 0.02, 1e-16);
    CHECK_NEAR(out[1], 3.0, 1e-15);
    CHECK(lj->mix("arithmetic", a, b, out));
    CHECK_NEAR(out[0], 0.02, 1e-16);
    CHECK_NEAR(out[1], 3.25, 1e-15);
    CHECK(!lj->mix("harmonic", a, b, out));
    CHECK(buck->check((const double[]){22764.0, 0.149, 27.89}) == NULL);
    CHECK(buck->check((const double[]){22764.0, 0.149, 1e4}) != NULL);
    CHECK(buck->check((const double[]){0.0, 0.149, 1.0}) != NULL);
    CHECK(morse->check((const double[]){1.0, 0.2, 1.0}) != NULL);
}

TESTS(RUN(derivatives_and_values); RUN(many_at_once); RUN(descriptors_are_complete); RUN(torsions_agree);
      RUN(mixing_and_checks))
