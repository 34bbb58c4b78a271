/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Time of the Coulomb mesh by stage: LiGe2(PO4)3 with thermal disorder, 10,800 atoms, force error 1e-5 with a real-space cut-off
 *  of 8 angstrom; one and two threads, double and single precision.  bench_mesh [STRUCTURE [CUTOFF [N0 N1 N2 ORDER]]] */
#include "harness.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "base/timing.h"
#include "ff/ff.h"
#include "ff/kspace_tune.h"
#include "ff/mesh.h"

static void must(il_status status) {
    if (status == IL_OK) return;
    fprintf(stderr, "bench: %s\n", il_message(ctx));
    exit(EXIT_FAILURE);
}

static il_system *disordered_lgp(void) {
    il_system *unit = NULL, *sys = NULL;
    ili_rng rng = ili_rng_make(1, 1);
    must(il_system_read(ctx, "structures/LGP.cif", &unit));
    must(ili_system_repeat(ctx, unit, (const int[]){5, 5, 4}, &sys));
    for (int32_t i = 0; i < sys->n_atoms; i++)
        for (int d = 0; d < 3; d++) sys->x[i][d] += 0.1 * ili_rng_normal(&rng);
    il_system_destroy(&unit);
    return sys;
}

static const ili_time_stage stages[] = {ILI_TIME_MESH_SORT, ILI_TIME_MESH_SPREAD, ILI_TIME_MESH_FFT,
                                        ILI_TIME_MESH_GATHER};

/** Shortest time of each stage in many evaluations, ms. */
static void bench(const ili_mesh_plan *plan, const il_system *sys, const double *q, int n_threads,
                  double (*f)[3]) {
    double best[5] = {1e9, 1e9, 1e9, 1e9, 1e9}, energy;
    ili_accum acc = {.f = f, .forces_only = true};
    ili_mesh *mesh = NULL;
    il_set_threads(ctx, n_threads);
    must(ili_mesh_create(ctx, plan, sys->n_atoms, q, &mesh));
    for (int r = 0; r < 60; r++) {
        double sum = 0.0;
        memset(&ctx->timing, 0, sizeof ctx->timing);
        ili_mesh_compute(ctx, mesh, (const double(*)[3])sys->cell.h, (const double(*)[3])sys->x, &energy,
                         &acc);
        for (int s = 0; s < 4; s++) {
            double ms = 1e3 * ctx->timing.seconds[stages[s]];
            sum += ms;
            best[s] = fmin(best[s], ms);
        }
        best[4] = fmin(best[4], sum);
    }
    printf("%-6s %d thread%s  %3d x %3d x %3d order %d  sort %.3f  spread %.3f  waves %.3f  gather %.3f  all "
           "%.3f ms\n",
           plan->is_single ? "single" : "double", n_threads, n_threads > 1 ? "s" : " ", plan->size[0],
           plan->size[1], plan->size[2], plan->order, best[0], best[1], best[2], best[3], best[4]);
    ili_mesh_destroy(&mesh);
}

int main(int argc, char **argv) {
    ctx = il_context_create();
    il_system *sys = NULL;
    il_model *model = NULL;
    if (argc > 1)
        must(il_system_read(ctx, argv[1], &sys));
    else
        sys = disordered_lgp();
    must(il_model_read(ctx, "potentials/pmmcs.yaml", &model));
    ili_binding binding = {0};
    must(ili_bind(ctx, model, sys, false, &binding));
    double(*f)[3] = ili_alloc((size_t)sys->n_atoms, sizeof *f), cutoff = argc > 2 ? atof(argv[2]) : 8.0;
    const ili_charge_sums sums = ili_charge_sums_of(sys->n_atoms, binding.charge);
    for (int single = 0; single < 2; single++) {
        ili_mesh_plan plan = {.is_single = single};
        plan.alpha = ili_tune_alpha(&sums, ili_cell_volume(&sys->cell), cutoff, ILI_REAL_SHARE * 1e-5);
        must(ili_tune_mesh(ctx, &sums, (const double(*)[3])sys->cell.h, plan.alpha, ILI_MESH_PLANNED * 1e-5,
                           single, plan.size, &plan.order));
        for (int d = 0; d < 3 && argc > 6; d++) plan.size[d] = atoi(argv[3 + d]);
        if (argc > 6) plan.order = atoi(argv[6]);
        for (int n_threads = 1; n_threads <= 2; n_threads++) bench(&plan, sys, binding.charge, n_threads, f);
    }
    ili_free(f);
    ili_binding_free(&binding);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_context_destroy(&ctx);
    return 0;
}
