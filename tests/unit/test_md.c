/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Runs of dynamics: what is kept, what is repeated bit for bit, what is refused. */
#include "harness.h"

#include "base/alloc.h"
#include "math/units.h"
#include "md/md.h"
#include "crystals.h"

/* ---- systems ---------------------------------------------------------------------------------------------- */

/** Each atom in a well of its own at its place in the system: stiffness k[3] eV/angstrom^2. */
typedef struct wells {
    int32_t n;
    const double (*centre)[3];
    double k[3];
} wells;

static il_status wells_evaluate(il_context *context, void *user, unsigned parts, const ili_cell *cell,
                                const double (*x)[3], double *energy, double (*f)[3], double w[6]) {
    (void)context, (void)parts, (void)cell;
    const wells *s = user;
    *energy = 0.0;
    memset(w, 0, 6 * sizeof *w);
    for (int32_t i = 0; i < s->n; i++)
        for (int k = 0; k < 3; k++) {
            double d = x[i][k] - s->centre[i][k];
            f[i][k] = -s->k[k] * d;
            *energy += 0.5 * s->k[k] * d * d;
        }
    return IL_OK;
}

static il_system *atoms_of(const char *name, int32_t n) {
    il_system *sys = NULL;
    int32_t type;
    CHECK_OK(ili_system_create(ctx, &sys));
    sys->cell = (ili_cell){{{20, 0, 0}, {0, 20, 0}, {0, 0, 20}}, {true, true, true}};
    CHECK_OK(ili_system_species(ctx, sys, name, 0, &type));
    for (int32_t i = 0; i < n; i++) {
        const double x[3] = {0.37 * i, 0.11 * i, 0.05 * i};
        CHECK_OK(ili_system_add(ctx, sys, type, x));
    }
    return sys;
}

TEST(a_spring_swings_with_its_period) {
    il_system *sys = atoms_of("Li", 1);
    wells spring = {1, (const double(*)[3])(const double[1][3]){{0, 0, 0}}, {1, 1, 1}};
    ili_md_options o = ili_md_defaults();
    const double mass = 6.94 * ILI_AMU, period = 2.0 * ILI_PI * sqrt(mass);
    o.remove_drift = false;
    o.dt = period / 1000.0;
    o.n_steps = 1000;
    ili_md *md = NULL;
    sys->x[0][0] = 0.1;
    REQUIRE_OK(ILI_SYSTEM_ARRAY(ctx, sys, v));
    REQUIRE_OK(ili_md_create(ctx, &o, sys, NULL, (ili_md_forces){&spring, wells_evaluate, NULL}, &md));
    REQUIRE_OK(ili_md_run(ctx, md, 1000, NULL, 0));
    /* Verlet's frequency is off by (w dt)^2/24 */
    CHECK_NEAR(ili_md_now(md).x[0][0], 0.1, 1e-7);
    CHECK_NEAR(ili_md_now(md).potential + ili_md_now(md).kinetic, 0.005, 1e-7);
    CHECK(ili_md_left(md) == 0);
    ili_md_destroy(&md);
    il_system_destroy(&sys);
}

TESTS(RUN(a_spring_swings_with_its_period))
