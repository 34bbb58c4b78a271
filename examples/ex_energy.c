/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Energy and largest force of a structure: ex_energy [FILE [MODEL]] */
#include <interlith.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    il_context *ctx = il_context_create();
    il_system *sys = NULL;
    il_model *model = NULL;
    il_ff *ff = NULL;
    double h[3][3], energy, largest = 0.0, (*f)[3] = NULL;
    if (!ctx) return EXIT_FAILURE;

    il_status status = il_system_read(ctx, argc > 1 ? argv[1] : "structures/LGP.cif", &sys);
    if (!status) status = il_model_read(ctx, argc > 2 ? argv[2] : "pmmcs", &model);
    if (!status) status = il_ff_create(ctx, model, sys, NULL, &ff); /* NULL: settings of the model file */
    if (!status) f = malloc((size_t)il_system_size(sys) * sizeof *f);
    if (f) {
        il_system_cell(sys, h);
        status = il_ff_compute(ctx, ff, (const double(*)[3])h, il_system_positions(sys), &energy, f, NULL);
    }
    if (status || !f) {
        fprintf(stderr, "ex_energy: %s\n", il_message(ctx));
    } else {
        for (int i = 0; i < 3 * il_system_size(sys); i++) largest = fmax(largest, fabs(f[i / 3][i % 3]));
        printf("%d atoms, energy %.6f eV, largest force %.6f eV/A\n", il_system_size(sys), energy, largest);
    }
    free(f);
    il_ff_destroy(&ff);
    il_model_destroy(&model);
    il_system_destroy(&sys);
    il_context_destroy(&ctx);
    return status || !f ? EXIT_FAILURE : EXIT_SUCCESS;
}
