/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/contact_file.h"

#include "base/file.h"

#include <unistd.h>

/** Changes with what stands in the file; the key of the job holds the build. */
enum { FORMAT = 0x636e7431 };

/** An optional array of n items: whether it is there, then its bytes. */
static il_status carry_array(il_context *ctx, ili_bytes *b, il_system *sys, void **field, size_t size) {
    bool is_there = *field != NULL;
    ili_bytes_carry(b, &is_there, sizeof is_there);
    if (!is_there || b->failed) return IL_OK;
    if (b->is_restoring) IL_TRY(ili_system_array(ctx, sys, field, size));
    ili_bytes_carry(b, *field, (size_t)sys->n_atoms * size);
    return IL_OK;
}

/** Species and as many atoms as were saved, still at the origin. */
static il_status carry_atoms(il_context *ctx, ili_bytes *b, il_system *sys) {
    int32_t n_species = sys->n_species, n_atoms = sys->n_atoms, index;
    ili_bytes_carry(b, &n_species, sizeof n_species);
    ili_bytes_carry(b, &n_atoms, sizeof n_atoms);
    for (int32_t k = 0; k < n_species && !b->failed; k++) {
        ili_species species = b->is_restoring ? (ili_species){.z = 0} : sys->species[k];
        ili_bytes_carry(b, &species, sizeof species);
        if (!b->is_restoring || b->failed) continue;
        IL_TRY(ili_system_species(ctx, sys, species.name, species.z, &index));
        sys->species[index].charge = species.charge;
    }
    for (int32_t i = 0; i < n_atoms && b->is_restoring && !b->failed; i++)
        IL_TRY(ili_system_add(ctx, sys, 0, (double[3]){0}));
    return IL_OK;
}

static il_status carry_bonds(il_context *ctx, ili_bytes *b, il_system *sys) {
    int32_t n = sys->n_bonds;
    ili_bytes_carry(b, &n, sizeof n);
    for (int32_t k = 0; k < n && !b->failed; k++) {
        int32_t bond[2] = {0};
        if (!b->is_restoring) bond[0] = sys->bonds[k][0], bond[1] = sys->bonds[k][1];
        ili_bytes_carry(b, bond, sizeof bond);
        if (b->is_restoring && !b->failed) IL_TRY(ili_system_add_bond(ctx, sys, bond[0], bond[1]));
    }
    return IL_OK;
}

static il_status carry_system(il_context *ctx, ili_bytes *b, il_system *sys) {
    IL_TRY(carry_atoms(ctx, b, sys));
    ili_bytes_carry(b, &sys->cell, sizeof sys->cell);
    ili_bytes_carry(b, &sys->has_energy, sizeof sys->has_energy);
    ili_bytes_carry(b, &sys->energy, sizeof sys->energy);
    ili_bytes_carry(b, sys->type, (size_t)sys->n_atoms * sizeof *sys->type);
    ili_bytes_carry(b, sys->x, (size_t)sys->n_atoms * sizeof *sys->x);
    IL_TRY(carry_array(ctx, b, sys, (void **)&sys->v, sizeof *sys->v));
    IL_TRY(carry_array(ctx, b, sys, (void **)&sys->f, sizeof *sys->f));
    IL_TRY(carry_array(ctx, b, sys, (void **)&sys->charge, sizeof *sys->charge));
    IL_TRY(carry_array(ctx, b, sys, (void **)&sys->side, sizeof *sys->side));
    IL_TRY(carry_array(ctx, b, sys, (void **)&sys->molecule, sizeof *sys->molecule));
    return carry_bonds(ctx, b, sys);
}

/** All of a sample but what lies behind the pointers of its geometry; b->failed: not this file. */
static il_status carry_sample(il_context *ctx, ili_bytes *b, uint64_t key, ili_contact_sample *s,
                              il_system *relaxed) {
    ili_bytes_expect(b, FORMAT);
    ili_bytes_expect(b, (int64_t)key);
    ili_bytes_carry(b, s, sizeof *s);
    return b->failed ? IL_OK : carry_system(ctx, b, relaxed);
}

il_status ili_contact_sample_save(il_context *ctx, const char *dir, const char *name, uint64_t key,
                                  const ili_contact_sample *sample) {
    ili_contact_sample s = *sample;
    ili_bytes bytes = {0};
    char path[ILI_PATH_MAX];
    s.geometry.a = s.geometry.b = s.geometry.b_free = s.relaxed = NULL; /* no address goes into a file */
    IL_TRY(ili_path_join(ctx, path, dir, "%s.ckpt", name));
    il_status status = carry_sample(ctx, &bytes, key, &s, sample->relaxed);
    if (status == IL_OK && bytes.failed) status = ili_no_memory(ctx, "a finished sample");
    if (status == IL_OK) status = ili_bytes_write(ctx, &bytes, path);
    ili_bytes_free(&bytes);
    return status;
}

il_status ili_contact_sample_load(il_context *ctx, const char *dir, const char *name, uint64_t key,
                                  ili_contact_sample *sample, bool *found) {
    ili_bytes bytes = {0};
    il_system *relaxed = NULL;
    char path[ILI_PATH_MAX];
    il_status status;
    *found = false;
    IL_GO(ili_path_join(ctx, path, dir, "%s.ckpt", name));
    if (access(path, F_OK) != 0) goto out;
    status = ili_bytes_read(ctx, path, &bytes);
    if (status == IL_E_INPUT) { /* torn: made anew */
        status = IL_OK;
        goto out;
    }
    if (status != IL_OK) goto out;
    IL_GO(ili_system_create(ctx, &relaxed));
    IL_GO(carry_sample(ctx, &bytes, key, sample, relaxed));
    *found = !bytes.failed && bytes.at == bytes.size;
    if (*found) {
        sample->relaxed = relaxed;
        relaxed = NULL;
    } else
        *sample = (ili_contact_sample){0};
out:
    ili_bytes_free(&bytes);
    il_system_destroy(&relaxed);
    return status;
}
