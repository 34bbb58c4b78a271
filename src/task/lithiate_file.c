/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lithiate_file.h"

#include <string.h>

uint64_t ili_lithiate_hash_host(uint64_t hash, const il_system *host) {
    hash = ili_hash(hash, host->cell.h, sizeof host->cell.h);
    hash = ili_hash(hash, host->cell.pbc, sizeof host->cell.pbc);
    hash = ili_hash(hash, &host->n_atoms, sizeof host->n_atoms);
    for (int32_t i = 0; i < host->n_atoms; i++) {
        const char *name = host->species[host->type[i]].name;
        hash = ili_hash(hash, name, strlen(name) + 1);
        hash = ili_hash(hash, host->x[i], sizeof host->x[i]);
    }
    return hash;
}

uint64_t ili_lithiate_key(const ili_lithiate_settings *s, const il_system *host) {
    uint64_t h = ili_hash(ILI_HASH_START, IL_VERSION, sizeof IL_VERSION);
#define MIX(field) h = ili_hash(h, &(field), sizeof(field))
    h = ili_hash(h, s->model->hash, strlen(s->model->hash));
    MIX(s->ff.short_cutoff), MIX(s->ff.coulomb_cutoff), MIX(s->ff.accuracy), MIX(s->ff.coulomb);
    MIX(s->ff.skin), MIX(s->ff.charge_scale), MIX(s->ff.precision), MIX(s->rule), MIX(s->n_x);
    h = ili_hash(h, s->x, (size_t)s->n_x * sizeof *s->x);
    MIX(s->formula_units), MIX(s->repeat), MIX(s->candidates), MIX(s->temperature);
    MIX(s->anneal_temperature), MIX(s->anneal_time), MIX(s->reverse), MIX(s->force_tolerance);
    MIX(s->stress_tolerance), MIX(s->max_steps), MIX(s->li_metal), MIX(s->seed);
    const bool is_lammps = s->relaxer.lammps != NULL;
    MIX(is_lammps);
#undef MIX
    return ili_lithiate_hash_host(h, host);
}

il_status ili_lithiate_carry_system(il_context *ctx, ili_bytes *b, il_system **sys) {
    if (b->is_restoring) {
        il_system_destroy(sys);
        IL_TRY(ili_system_create(ctx, sys));
    }
    il_system *s = *sys;
    int32_t n_species = s->n_species, n_atoms = s->n_atoms;
    bool has_forces = s->f != NULL;
    ili_bytes_carry(b, &n_species, sizeof n_species);
    ili_bytes_carry(b, &n_atoms, sizeof n_atoms);
    ili_bytes_carry(b, &has_forces, sizeof has_forces);
    ili_bytes_carry(b, &s->cell, sizeof s->cell);
    ili_bytes_carry(b, &s->has_energy, sizeof s->has_energy);
    ili_bytes_carry(b, &s->energy, sizeof s->energy);
    for (int32_t k = 0; k < n_species && !b->failed; k++) {
        ili_species species = b->is_restoring ? (ili_species){0} : s->species[k];
        int32_t index;
        ili_bytes_carry(b, &species, sizeof species);
        if (!b->is_restoring || b->failed) continue;
        IL_TRY(ili_system_species(ctx, s, species.name, species.z, &index));
        s->species[index].charge = species.charge;
    }
    if (b->is_restoring && has_forces) IL_TRY(ILI_SYSTEM_ARRAY(ctx, s, f));
    for (int32_t i = 0; i < n_atoms && !b->failed; i++) {
        if (b->is_restoring) IL_TRY(ili_system_add(ctx, s, 0, (double[3]){0}));
        ili_bytes_carry(b, &s->type[i], sizeof s->type[i]);
        ili_bytes_carry(b, s->x[i], sizeof s->x[i]);
        if (has_forces) ili_bytes_carry(b, s->f[i], sizeof s->f[i]);
    }
    return IL_OK;
}

static il_status carry_points(il_context *ctx, ili_bytes *b, int *n, ili_lithiate_point *points) {
    ili_bytes_carry(b, n, sizeof *n);
    if (*n < 0 || *n > ILI_LITHIATE_POINTS_MAX) b->failed = true;
    for (int k = 0; k < *n && !b->failed; k++) {
        il_system *sys = points[k].sys;
        points[k].sys = NULL; /* no address goes into a file */
        ili_bytes_carry(b, &points[k], sizeof points[k]);
        points[k].sys = sys;
        if (!b->failed) IL_TRY(ili_lithiate_carry_system(ctx, b, &points[k].sys));
    }
    if (b->failed && b->is_restoring) *n = 0;
    return IL_OK;
}

il_status ili_lithiate_carry_path(il_context *ctx, ili_bytes *b, ili_lithiate_path *path) {
    IL_TRY(carry_points(ctx, b, &path->n, path->point));
    return carry_points(ctx, b, &path->n_back, path->back);
}
