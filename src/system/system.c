/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/system.h"

#include "base/alloc.h"
#include "math/vec.h"
#include "system/element.h"

#include <stdio.h>
#include <string.h>

/** Every per-atom array, so that growing, copying and filtering cannot forget one. */
#define PER_ATOM(X) X(type) X(x) X(v) X(f) X(charge) X(side) X(molecule)

il_status ili_system_create(il_context *ctx, il_system **out) {
    il_system *sys = ili_alloc(1, sizeof *sys);
    *out = NULL;
    if (!sys) return ili_no_memory(ctx, "a system");
    for (int k = 0; k < 3; k++) {
        sys->cell.h[k][k] = 1.0;
        sys->cell.pbc[k] = true;
    }
    *out = sys;
    return IL_OK;
}

void il_system_destroy(il_system **system) {
    if (!system || !*system) return;
    il_system *sys = *system;
#define FREE_FIELD(field) ili_free(sys->field);
    PER_ATOM(FREE_FIELD)
#undef FREE_FIELD
    ili_free(sys->species);
    ili_free(sys->bonds);
    ili_free(sys);
    *system = NULL;
}

static il_status reserve_atoms(il_context *ctx, il_system *sys, size_t need) {
    if (need > INT32_MAX)
        return ili_fail(ctx, IL_E_UNSUPPORTED, "%zu atoms, expected at most 2147483647", need);
    if (need <= sys->cap_atoms && sys->x) return IL_OK;
    size_t capacity = sys->cap_atoms + sys->cap_atoms / 2 + 64;
    if (capacity < need) capacity = need;
#define GROW_FIELD(field)                                                                                    \
    if (sys->field || (void *)&sys->field == (void *)&sys->type || (void *)&sys->field == (void *)&sys->x) { \
        void *grown = ili_realloc(sys->field, (size_t)sys->n_atoms, capacity, sizeof *sys->field);           \
        if (!grown) return ili_no_memory(ctx, "the atoms");                                                  \
        sys->field = grown;                                                                                  \
    }
    PER_ATOM(GROW_FIELD)
#undef GROW_FIELD
    sys->cap_atoms = capacity;
    return IL_OK;
}

il_status ili_system_array(il_context *ctx, il_system *sys, void **field, size_t size) {
    if (*field) return IL_OK;
    IL_TRY(reserve_atoms(ctx, sys, sys->cap_atoms ? sys->cap_atoms : 1));
    if (*field) return IL_OK; /* types and positions come with the room */
    *field = ili_alloc(sys->cap_atoms, size);
    return *field ? IL_OK : ili_no_memory(ctx, "the atoms");
}

il_status ili_system_species(il_context *ctx, il_system *sys, const char *name, int z, int32_t *index) {
    for (int32_t s = 0; s < sys->n_species; s++)
        if (strcmp(sys->species[s].name, name) == 0) {
            *index = s;
            return IL_OK;
        }
    if (strlen(name) >= ILI_NAME_MAX)
        return ili_fail(ctx, IL_E_INPUT, "species name '%.40s' is longer than %d letters", name,
                        ILI_NAME_MAX - 1);
    if (z == 0) z = ili_element_z_of_label(name);
    if (z == 0) return ili_fail(ctx, IL_E_INPUT, "'%s' does not begin with the symbol of an element", name);
    if (!ILI_GROW(sys->species, (size_t)sys->n_species + 1, sys->cap_species))
        return ili_no_memory(ctx, "the species");
    ili_species *s = &sys->species[sys->n_species];
    *s = (ili_species){.z = z, .charge = NAN};
    memcpy(s->name, name, strlen(name) + 1);
    *index = sys->n_species++;
    return IL_OK;
}

il_status ili_system_add(il_context *ctx, il_system *sys, int32_t type, const double x[3]) {
    const double copy[3] = {x[0], x[1], x[2]}; /* x may lie in the array that grows */
    IL_TRY(reserve_atoms(ctx, sys, (size_t)sys->n_atoms + 1));
    int32_t i = sys->n_atoms++;
#define ZERO_FIELD(field)                                                                                    \
    if (sys->field) memset(&sys->field[i], 0, sizeof sys->field[i]);
    PER_ATOM(ZERO_FIELD)
#undef ZERO_FIELD
    sys->type[i] = type;
    memcpy(sys->x[i], copy, sizeof sys->x[i]);
    return IL_OK;
}

il_status ili_system_add_bond(il_context *ctx, il_system *sys, int32_t i, int32_t j) {
    if (!ILI_GROW(sys->bonds, (size_t)sys->n_bonds + 1, sys->cap_bonds))
        return ili_no_memory(ctx, "the bonds");
    sys->bonds[sys->n_bonds][0] = i < j ? i : j;
    sys->bonds[sys->n_bonds][1] = i < j ? j : i;
    sys->n_bonds++;
    return IL_OK;
}

/** Make each optional array of `from` exist in `sys`. */
static il_status match_arrays(il_context *ctx, il_system *sys, const il_system *from) {
#define MATCH_FIELD(field)                                                                                   \
    if (from->field) IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, field));
    PER_ATOM(MATCH_FIELD)
#undef MATCH_FIELD
    return IL_OK;
}

static void copy_atom(il_system *sys, int32_t to, const il_system *from, int32_t i) {
#define COPY_FIELD(field)                                                                                    \
    if (from->field) memmove(&sys->field[to], &from->field[i], sizeof sys->field[to]);
    PER_ATOM(COPY_FIELD)
#undef COPY_FIELD
}

/** Append with molecule numbers raised by `shift`. */
static il_status append_shifted(il_context *ctx, il_system *sys, const il_system *from, int side,
                                int32_t shift) {
    int32_t base = sys->n_atoms;
    if (from->n_atoms) {
        IL_TRY(match_arrays(ctx, sys, from));
        sys->has_energy = false;
    }
    if (side >= 0) IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, side));
    for (int32_t i = 0; i < from->n_atoms; i++) {
        int32_t type;
        const ili_species *s = &from->species[from->type[i]];
        IL_TRY(ili_system_species(ctx, sys, s->name, s->z, &type));
        if (isnan(sys->species[type].charge)) sys->species[type].charge = s->charge;
        IL_TRY(ili_system_add(ctx, sys, type, from->x[i]));
        copy_atom(sys, base + i, from, i);
        sys->type[base + i] = type;
        if (side >= 0) sys->side[base + i] = side;
        if (from->molecule && from->molecule[i] > 0) sys->molecule[base + i] += shift;
    }
    for (int32_t b = 0; b < from->n_bonds; b++)
        IL_TRY(ili_system_add_bond(ctx, sys, base + from->bonds[b][0], base + from->bonds[b][1]));
    return IL_OK;
}

static int32_t last_molecule(const il_system *sys) {
    int32_t last = 0;
    for (int32_t i = 0; sys->molecule && i < sys->n_atoms; i++)
        if (sys->molecule[i] > last) last = sys->molecule[i];
    return last;
}

il_status ili_system_append(il_context *ctx, il_system *sys, const il_system *from, int side) {
    return append_shifted(ctx, sys, from, side, from->molecule ? last_molecule(sys) : 0);
}

il_status ili_system_copy(il_context *ctx, const il_system *from, il_system **out) {
    il_system *sys;
    *out = NULL;
    IL_TRY(ili_system_create(ctx, &sys));
    sys->cell = from->cell;
    il_status status = IL_OK;
    for (int32_t s = 0, index; s < from->n_species; s++) {
        IL_GO(ili_system_species(ctx, sys, from->species[s].name, from->species[s].z, &index));
        sys->species[index].charge = from->species[s].charge;
    }
    IL_GO(ili_system_append(ctx, sys, from, -1));
    sys->has_energy = from->has_energy;
    sys->energy = from->energy;
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}

void ili_system_filter(il_system *sys, const bool *keep) {
    /* new index of an atom = kept atoms before its block + those before it in the block; needs no heap, so cannot fail */
    enum { BLOCKS = 2048 };
    int32_t before[BLOCKS] = {0}, width = sys->n_atoms / BLOCKS + 1, n = 0, m = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        if (i % width == 0) before[i / width] = n;
        n += keep[i];
    }
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        if (!keep[sys->bonds[b][0]] || !keep[sys->bonds[b][1]]) continue;
        for (int k = 0; k < 2; k++) {
            int32_t i = sys->bonds[b][k], rank = before[i / width];
            for (int32_t j = i / width * width; j < i; j++) rank += keep[j];
            sys->bonds[m][k] = rank;
        }
        m++;
    }
    sys->n_bonds = m;
    if (n < sys->n_atoms) sys->has_energy = false;
    n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++)
        if (keep[i]) copy_atom(sys, n++, sys, i);
    sys->n_atoms = n;
}

/** Copy number of the cell shift (na, nb, nc) in a grid of n copies, wrapped. */
static int32_t copy_index(const int n[3], const int shift[3]) {
    int w[3];
    for (int k = 0; k < 3; k++) w[k] = ((shift[k] % n[k]) + n[k]) % n[k];
    return (w[0] * n[1] + w[1]) * n[2] + w[2];
}

static il_status repeat_bonds(il_context *ctx, const il_system *sys, const int n[3], il_system *big) {
    for (int32_t b = 0; b < sys->n_bonds; b++) {
        int32_t i = sys->bonds[b][0], j = sys->bonds[b][1];
        double d[3], near[3], s[3];
        ili_sub(sys->x[j], sys->x[i], d);
        memcpy(near, d, sizeof near);
        ili_cell_nearest(&sys->cell, near);
        ili_sub(near, d, near);
        ili_cell_to_frac(&sys->cell, near, s);
        int step[3] = {(int)rint(s[0]), (int)rint(s[1]), (int)rint(s[2])};
        for (int a0 = 0; a0 < n[0]; a0++)
            for (int a1 = 0; a1 < n[1]; a1++)
                for (int a2 = 0; a2 < n[2]; a2++) {
                    int from[3] = {a0, a1, a2}, to[3] = {a0 + step[0], a1 + step[1], a2 + step[2]};
                    IL_TRY(ili_system_add_bond(ctx, big, copy_index(n, from) * sys->n_atoms + i,
                                               copy_index(n, to) * sys->n_atoms + j));
                }
    }
    return IL_OK;
}

il_status ili_system_repeat(il_context *ctx, const il_system *sys, const int n[3], il_system **out) {
    il_system *big;
    *out = NULL;
    double total = (double)sys->n_atoms * n[0] * n[1] * n[2];
    if (n[0] < 1 || n[1] < 1 || n[2] < 1 || total > INT32_MAX)
        return ili_fail(ctx, IL_E_INPUT,
                        "%d x %d x %d copies of %d atoms, expected at least 1 each and 2147483647 atoms "
                        "at most",
                        n[0], n[1], n[2], sys->n_atoms);
    IL_TRY(ili_system_create(ctx, &big));
    il_status status = IL_OK;
    int32_t molecules = last_molecule(sys), copies = 0;
    big->cell = sys->cell;
    il_system bare = *sys; /* atoms without bonds: bonds are repeated with their images */
    bare.n_bonds = 0;
    IL_GO(reserve_atoms(ctx, big, (size_t)total));
    for (int a0 = 0; a0 < n[0]; a0++)
        for (int a1 = 0; a1 < n[1]; a1++)
            for (int a2 = 0; a2 < n[2]; a2++) {
                int32_t base = big->n_atoms;
                IL_GO(append_shifted(ctx, big, &bare, -1, molecules * copies++));
                for (int32_t i = base; i < big->n_atoms; i++)
                    for (int k = 0; k < 3; k++)
                        big->x[i][k] +=
                            a0 * sys->cell.h[0][k] + a1 * sys->cell.h[1][k] + a2 * sys->cell.h[2][k];
            }
    IL_GO(repeat_bonds(ctx, sys, n, big));
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) big->cell.h[i][k] *= n[i];
out:
    if (status != IL_OK) il_system_destroy(&big);
    *out = big;
    return status;
}

double ili_system_mass(const il_system *sys) {
    double mass = 0.0;
    for (int32_t i = 0; i < sys->n_atoms; i++) mass += ili_element_of(sys->species[sys->type[i]].z)->mass;
    return mass;
}

static long gcd(long a, long b) {
    return b ? gcd(b, a % b) : a;
}

long ili_system_formula_units(const il_system *sys) {
    long count[ILI_Z_MAX + 1] = {0}, common = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) count[sys->species[sys->type[i]].z]++;
    for (int z = 0; z <= ILI_Z_MAX; z++) common = gcd(count[z], common);
    return common;
}

void ili_system_formula_of(const il_system *sys, long units, char *text, size_t size) {
    long count[ILI_Z_MAX + 1] = {0};
    int order[ILI_Z_MAX], n = 0;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int z = sys->species[sys->type[i]].z;
        if (count[z]++ == 0) order[n++] = z;
    }
    size_t used = 0;
    if (size) text[0] = 0;
    for (int i = 0; i < n && used < size; i++) {
        const long c = count[order[i]];
        used += (size_t)snprintf(text + used, size - used, c == units ? "%s" : "%s%.6g",
                                 ili_element_of(order[i])->symbol, (double)c / (double)units);
    }
}

void ili_system_formula(const il_system *sys, char *text, size_t size) {
    ili_system_formula_of(sys, ili_system_formula_units(sys), text, size);
}

int il_system_size(const il_system *system) {
    return system->n_atoms;
}

const char *il_system_name(const il_system *system, int i) {
    return system->species[system->type[i]].name;
}

int il_system_element(const il_system *system, int i) {
    return system->species[system->type[i]].z;
}

int il_system_bonds(const il_system *system, const int (**bonds)[2]) {
    *bonds = (const int(*)[2])system->bonds;
    return system->n_bonds;
}

const double (*il_system_positions(const il_system *system))[3] {
    return (const double(*)[3])system->x;
}

void il_system_cell(const il_system *system, double h[3][3]) {
    memcpy(h, system->cell.h, sizeof system->cell.h);
}
