/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The rules by which a minimiser keeps its model of the second derivatives, theory.md (7.3)-(7.5): when it is made anew, what is added
 *  to its diagonal, and that steps too long stiffen it. On a chain of springs in a groove of which the model knows nothing. */
#include "harness.h"

#include "math/units.h"
#include "relax/precondition.h"

enum { N = 100 };
static const double BOND = 30.0, GROOVE = 0.5; /* eV/angstrom^2 */
static const ili_cell BOX = {.h = {{200, 0, 0}, {0, 200, 0}, {0, 0, 200}}, .pbc = {true, true, true}};

/** Atom i rests at (i, 0, 0). */
static il_status chain(il_context *c, void *user, const ili_cell *cell, const double (*x)[3], double *energy,
                       double (*f)[3], double w[6]) {
    (void)c, (void)user, (void)cell, (void)w;
    *energy = 0.0;
    memset(f, 0, N * sizeof *f);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) {
            const double u = x[i][k] - (k == 0 ? i : 0.0), d = i ? x[i][k] - x[i - 1][k] - (k == 0) : 0.0;
            *energy += 0.5 * (GROOVE * u * u + BOND * d * d);
            f[i][k] -= GROOVE * u + BOND * d;
            if (i) f[i - 1][k] += BOND * d;
        }
    return IL_OK;
}

static int n_models;
static double push; /* eV/angstrom^2, between second neighbours, by which the model becomes indefinite */
static double stiffness = 1.0; /* of the model's springs, of the true ones */

static il_status springs(il_context *c, void *user, const ili_cell *cell, const double (*x)[3],
                         ili_couplings *out) {
    const double near = stiffness * BOND;
    const double k[2][3][3] = {{{near, 0, 0}, {0, near, 0}, {0, 0, near}},
                               {{-push, 0, 0}, {0, -push, 0}, {0, 0, -push}}};
    (void)user, (void)cell, (void)x;
    n_models++;
    ili_couplings_clear(out);
    for (int i = 1; i < N; i++) ili_couplings_add(out, i - 1, i, k[0]);
    for (int i = 2; i < N; i++) ili_couplings_add(out, i - 2, i, k[1]);
    return ili_couplings_finish(c, out, 0.1);
}

static const bool fixed[N] = {true};
static ili_relax_options options;
static ili_landscape landscape;
static ili_precondition model;

/** The model for a chain at rest. */
static il_status begin(ili_relax_mode mode) {
    double x[N][3] = {{0}};
    for (int i = 0; i < N; i++) x[i][0] = i;
    n_models = 0;
    options = ili_relax_defaults();
    options.mode = mode;
    options.stiffness = springs;
    options.fixed = fixed;
    IL_TRY(ili_landscape_create(ctx, chain, NULL, N, &BOX, (const double(*)[3])x, &options, &landscape));
    IL_TRY(ili_precondition_create(ctx, &landscape, &model));
    return ili_precondition_update(&model);
}

static void end(void) {
    ili_precondition_free(&model);
    ili_landscape_free(&landscape);
}

/** Move a coordinate; returns how many models that made. */
static int models_after(double move) {
    const int before = n_models;
    landscape.here.q[7] += move;
    CHECK_OK(ili_precondition_update(&model));
    return n_models - before;
}

TEST(made_anew_far_away_or_after_a_refusal) {
    REQUIRE_OK(begin(ILI_RELAX_ATOMS));
    CHECK(n_models == 1);
    CHECK(models_after(0.09) == 0);
    CHECK(models_after(0.02) == 1); /* beyond 0.1 angstrom */
    CHECK(models_after(-0.09) == 0);
    CHECK(models_after(0.08) == 0); /* it is the distance that counts, not the way */
    model.is_stale = true;
    CHECK(models_after(0.006) == 0); /* 0.004 */
    CHECK(models_after(-0.002) == 1);
    CHECK(!model.is_stale);
    CHECK(models_after(0.09) == 0);
    end();
}

TEST(what_is_added_doubles_and_fades) {
    REQUIRE_OK(begin(ILI_RELAX_ATOMS));
    int n = 0;
    CHECK(model.shift == 0.0);
    for (double want = 0.02; ili_precondition_stiffen(&model); want *= 2.0, n++)
        CHECK_NEAR(model.shift, want, 1e-15);
    CHECK(n == 8 && model.shift >= 2.0); /* stiffer than any bonded model */
    for (n = 0; model.shift > 0.0 && n < 100; n++) {
        const double before = model.shift;
        CHECK(models_after(0.2) == 1);
        CHECK(model.shift == 0.5 * before || (before <= 2e-5 && model.shift == 0.0));
    }
    CHECK(n < 20);
    end();
}

/** Strains count as 5 eV/angstrom^2. With a push of p long waves q have the curvature q^2 (BOND - 4 p), and some of the diagonal
 *  is added; the guess leads down in any case. */
TEST(guess_of_the_inverse) {
    for (int k = 0; k < 2; k++) {
        double g[3 * N + 6], v[3 * N + 6], slope = 0.0;
        push = k ? BOND / 3.0 : 0.0;
        REQUIRE_OK(begin(ILI_RELAX_BOTH));
        for (int i = 0; i < 3 * N + 6; i++) g[i] = i < 3 ? 0.0 : cos(i * i);
        memcpy(v, g, sizeof g);
        ili_precondition_apply(&model, v);
        for (int i = 0; i < 3 * N; i++) slope += v[i] * g[i];
        for (int i = 3 * N; i < 3 * N + 6; i++) CHECK_NEAR(v[i], g[i] / 5.0, 1e-15);
        CHECK(slope > 0.0);
        CHECK(k ? model.shift > 0.0 : model.shift == 0.0);
        end();
    }
}

/** Springs ten times too soft overshoot: the step is refused, and the next one has a new model, near as it is. */
TEST(a_refused_step_makes_it_anew) {
    for (int k = 0; k < 2; k++) {
        double x[N][3] = {{0}};
        ili_cell cell = BOX;
        ili_relax_result r;
        REQUIRE_OK(begin(ILI_RELAX_ATOMS));
        end();
        options.max_steps = 2;
        stiffness = k ? 0.1 : 1.0;
        for (int i = 0; i < N; i++) x[i][0] = i;
        x[N / 2][2] = 0.03;
        n_models = 0;
        REQUIRE_OK(ili_relax(ctx, chain, NULL, N, &cell, x, &options, &r));
        CHECK(n_models == 1 + k && r.evaluations >= 3 + k);
    }
}

/** The chain is bent along its softest mode, where the model asks for steps of 6 angstrom, and one atom is pushed out of the row. The first
 *  step, no longer than 0.2 angstrom, straightens that: cut short as it is it would leave 97 % of it. */
TEST(a_step_too_long_stiffens_the_model) {
    double x[N][3] = {{0}};
    const double kink = 0.02;
    const int at = N / 2;
    ili_cell cell = BOX;
    ili_relax_result r;
    REQUIRE_OK(begin(ILI_RELAX_ATOMS));
    end();
    options.max_steps = 1;
    for (int i = 0; i < N; i++) {
        x[i][0] = i;
        x[i][1] = 0.1 * sin(0.5 * ILI_PI * i / N);
    }
    x[at][2] = kink;
    REQUIRE_OK(ili_relax(ctx, chain, NULL, N, &cell, x, &options, &r));
    CHECK_NEAR((x[at][2] - 0.5 * (x[at - 1][2] + x[at + 1][2])) / kink, 0.0,
               0.2); /* as good as a solution has to be */
    CHECK(x[N - 1][1] > 0.0 && x[N - 1][1] < 0.1);
}

TESTS(RUN(made_anew_far_away_or_after_a_refusal), RUN(what_is_added_doubles_and_fades),
      RUN(guess_of_the_inverse), RUN(a_refused_step_makes_it_anew), RUN(a_step_too_long_stiffens_the_model))
