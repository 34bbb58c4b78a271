/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Molecules of one centre with leaves that a run holds at a fixed length, as a system and the binding that says so. */
#ifndef MD_MOLECULES_H
#define MD_MOLECULES_H

#include "system/element.h"
#include "md_fluid.h"

#ifndef MOLECULES_MAX
#define MOLECULES_MAX 64 /* a test may want more */
#endif
enum { MOLECULE_MAX = 5 };

typedef struct molecules {
    il_system *sys;
    ili_binding binding;
    il_model model;
    ili_model_species species[2];
    ili_model_entry entry;
    int32_t type[MOLECULE_MAX * MOLECULES_MAX];
    ili_bonded_item bonds[MOLECULE_MAX * MOLECULES_MAX];
} molecules;

/** `count` molecules with leaves[i % n_kinds] leaves each at `length` from the centre, on a grid in this volume. Element names give
 *  the masses; the model calls every leaf a hydrogen. Free with molecules_free; do not copy. */
FLUID_UNUSED static void molecules_make(molecules *m, int count, const int *leaves, int n_kinds,
                                        double length, const char *centre, const char *leaf, double volume) {
    static const double corner[4][3] = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
    const ili_form *form = ili_form_find("bond_harmonic");
    int32_t heavy, light;
    memset(m, 0, sizeof *m);
    m->species[0].base.z = 6;
    m->species[1].base.z = 1;
    strcpy(m->species[0].base.name, "C");
    strcpy(m->species[1].base.name, "H");
    m->entry = (ili_model_entry){.form = form, .p = {10.0, length}};
    m->model = (il_model){.n_species = 2, .species = m->species, .n_entries = 1, .entries = &m->entry};
    il_system *grid = fluid_system(count, volume);
    CHECK_OK(ili_system_create(ctx, &m->sys));
    m->sys->cell = grid->cell;
    CHECK_OK(ili_system_species(ctx, m->sys, centre, 0, &heavy));
    CHECK_OK(ili_system_species(ctx, m->sys, leaf, 0, &light));
    m->species[0].mass = ili_element_of(m->sys->species[heavy].z)->mass;
    m->species[1].mass = ili_element_of(m->sys->species[light].z)->mass;
    for (int k = 0; k < count; k++) {
        int32_t first = m->sys->n_atoms;
        CHECK_OK(ili_system_add(ctx, m->sys, heavy, grid->x[k]));
        for (int i = 0; i < leaves[k % n_kinds]; i++) {
            double x[3];
            for (int a = 0; a < 3; a++) x[a] = grid->x[k][a] + corner[i][a] * length / sqrt(3.0);
            m->type[m->sys->n_atoms] = 1;
            m->bonds[m->binding.n_bonds++] = (ili_bonded_item){.atom = {first, m->sys->n_atoms}};
            CHECK_OK(ili_system_add(ctx, m->sys, light, x));
        }
    }
    m->binding.model = &m->model;
    m->binding.n = m->sys->n_atoms;
    m->binding.type = m->type;
    m->binding.bonds = m->bonds;
    il_system_destroy(&grid);
}

FLUID_UNUSED static void molecules_free(molecules *m) {
    il_system_destroy(&m->sys);
}

/** Largest |length/length0 - 1| and |d.u|/(|d||u|) of the bonds. */
FLUID_UNUSED static void molecules_errors(const molecules *m, const ili_md_frame *frame, double error[2]) {
    for (int32_t b = 0; b < m->binding.n_bonds; b++) {
        const int32_t *atom = m->bonds[b].atom;
        double d[3], u[3], length = m->entry.p[1];
        ili_sub(frame->x[atom[1]], frame->x[atom[0]], d);
        ili_sub(frame->v[atom[1]], frame->v[atom[0]], u);
        ili_cell_nearest(frame->cell, d);
        error[0] = fmax(error[0], fabs(ili_norm(d) / length - 1.0));
        error[1] = fmax(error[1], fabs(ili_dot(d, u)) / (ili_norm(d) * ili_norm(u)));
    }
}

#endif
