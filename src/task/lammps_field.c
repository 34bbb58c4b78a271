/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_field.h"

#include "base/alloc.h"
#include "base/text.h"
#include "system/element.h"
#include "task/lammps_deck.h"

#include <math.h>
#include <string.h>

void ili_lammps_line(FILE *stream, const char *text) {
    for (const char *c = text; *c; c++) fputc(*c == '\n' || *c == '\r' ? ' ' : *c, stream);
    fputs(*text && text[strlen(text) - 1] == '&' ? ".\n" : "\n", stream);
}

void ili_lammps_number(FILE *stream, double value) {
    char text[ILI_REAL_MAX];
    fprintf(stream, " %s", ili_print_real(text, value));
}

bool ili_lammps_words(const ili_lammps_deck *d, const ili_model_entry *e, double *c, int *n) {
    static const char *const kinds[] = {
        [ILI_PAIR] = "pair", [ILI_BOND] = "bond", [ILI_ANGLE] = "angle", [ILI_TORSION] = "dihedral"};
    const ili_form *form = e->form;
    if (!form->lammps || !ili_lammps_has(d->plan->styles, kinds[form->kind], form->lammps)) return false;
    *n = ili_form_n_params(form);
    if (form->lammps_coefficients)
        *n = form->lammps_coefficients(e->p, c);
    else
        memcpy(c, e->p, (size_t)*n * sizeof *c);
    return *n > 0;
}

/* The system in the types of LAMMPS. */

static il_status list_types(il_context *ctx, ili_lammps_deck *d) {
    const il_model *m = d->model;
    int32_t *type_of = ili_alloc((size_t)m->n_species, sizeof *type_of);
    d->species_of = ili_alloc((size_t)m->n_species, sizeof *d->species_of);
    if (!type_of || !d->species_of) {
        ili_free(type_of);
        return ili_no_memory(ctx, "the atom types of LAMMPS");
    }
    for (int32_t i = 0; i < d->binding.n; i++) type_of[d->binding.type[i]] = 1;
    il_status status = IL_OK;
    for (int32_t s = 0; s < m->n_species && status == IL_OK; s++) {
        if (!type_of[s]) continue;
        d->species_of[d->out->n_types] = s;
        status = ili_system_species(ctx, d->sys, m->species[s].base.name, m->species[s].base.z, &type_of[s]);
        d->out->n_types++;
    }
    for (int32_t i = 0; i < d->binding.n && status == IL_OK; i++)
        status = ili_system_add(ctx, d->sys, type_of[d->binding.type[i]], d->plan->sys->x[i]);
    ili_free(type_of);
    return status;
}

static il_status copy_atoms(il_context *ctx, ili_lammps_deck *d) {
    const il_system *from = d->plan->sys;
    size_t n = (size_t)from->n_atoms;
    IL_TRY(ili_system_create(ctx, &d->sys));
    d->sys->cell = from->cell;
    IL_TRY(list_types(ctx, d));
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, d->sys, charge));
    memcpy(d->sys->charge, d->binding.charge, n * sizeof *d->sys->charge);
    if (from->v) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, d->sys, v));
        memcpy(d->sys->v, from->v, n * sizeof *from->v);
    }
    if (from->molecule) {
        IL_TRY(ILI_SYSTEM_ARRAY(ctx, d->sys, molecule));
        memcpy(d->sys->molecule, from->molecule, n * sizeof *from->molecule);
    }
    return IL_OK;
}

static il_status write_data(il_context *ctx, const ili_lammps_deck *d) {
    char path[ILI_PATH_MAX];
    double *mass = ili_alloc((size_t)d->out->n_types, sizeof *mass);
    if (!mass) return ili_no_memory(ctx, "the masses of LAMMPS");
    for (int32_t t = 0; t < d->out->n_types; t++) mass[t] = d->model->species[d->species_of[t]].mass;
    ili_lammps_topology topology = {.mass = mass};
    for (int g = 0; g < 3; g++) {
        const ili_lammps_bonded *b = &d->bonded[g];
        topology.group[g] = (ili_lammps_group){b->n_items, b->n_types, b->type, (const int32_t(*)[4])b->atom};
    }
    il_status status = ili_path_join(ctx, path, d->plan->dir, "%s", d->out->data);
    if (status == IL_OK) status = ili_lammps_data_write_bound(ctx, d->sys, &topology, path);
    ili_free(mass);
    return status;
}

/* The input file. */

static void write_head(const ili_lammps_deck *d) {
    const il_model *m = d->model;
    fprintf(d->stream,
            "# Force field by Interlith %s for LAMMPS; include it in a script that runs in this folder.\n",
            il_version());
    fprintf(d->stream, "# model: %s, hash %s; ", m->name, m->hash);
    ili_lammps_line(d->stream, m->title);
    fputs("# citation: ", d->stream);
    ili_lammps_line(d->stream, m->citation);
    if (m->provisional) {
        fputs("# provisional: ", d->stream);
        ili_lammps_line(d->stream, m->provisional_note);
    }
    if (d->out->energy_offset != 0.0)
        fprintf(d->stream,
                "# to be added to the potential energy: %.15g eV, what the ions have by themselves\n",
                d->out->energy_offset);
    if (d->out->is_slab)
        fprintf(d->stream,
                "# slab: positions were moved by %.15g %.15g %.15g angstrom (before the cell was rotated)\n",
                d->out->shift[0], d->out->shift[1], d->out->shift[2]);
}

static il_status write_input(il_context *ctx, ili_lammps_deck *d) {
    bool is_open = d->out->is_slab && (d->out->vacuum_ratio > 0.0 || !d->has_charges);
    bool has_bonds = d->bonded[0].n_items > 0;
    const char *atoms = has_bonds ? "full" : "charge";
    IL_TRY(ili_lammps_need(ctx, d->plan->styles, "atom", atoms, "this system"));
    write_head(d);
    fprintf(d->stream, "units metal\natom_style %s\nboundary p p %c\n", atoms, is_open ? 'f' : 'p');
    IL_TRY(ili_lammps_bonded_styles(ctx, d));
    fprintf(d->stream, "box tilt large\nread_data %s\n", d->out->data);
    IL_TRY(ili_lammps_pairs_write(ctx, d));
    IL_TRY(ili_lammps_bonded_coefficients(ctx, d));
    IL_TRY(ili_lammps_coulomb_write(ctx, d));
    fputs("neighbor 2.0 bin\nneigh_modify delay 0 every 1 check yes one 10000 page 200000\n", d->stream);
    return IL_OK;
}

/* What a script needs to know. */

static void append_word(char *text, size_t size, const char *word) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? " " : "", word);
}

static void fill_out(ili_lammps_deck *d) {
    ili_lammps_field *out = d->out;
    const il_model *m = d->model;
    for (int32_t t = 0; t < out->n_types; t++)
        append_word(out->elements, sizeof out->elements,
                    ili_element_of(m->species[d->species_of[t]].base.z)->symbol);
    for (int32_t i = 0; i < d->binding.n; i++) out->energy_offset += m->species[d->binding.type[i]].onsite;
    for (int32_t t = 0; t < d->bonded[0].n_types; t++) {
        const ili_model_entry *e = &m->entries[d->bonded[0].entry_of[t]];
        char number[16];
        snprintf(number, sizeof number, "%d", t + 1);
        if (m->species[e->species[0]].base.z == 1 || m->species[e->species[1]].base.z == 1)
            append_word(out->rigid_types, sizeof out->rigid_types, number);
    }
    out->has_velocities = d->sys->v != NULL;
    ili_lammps_axes(&d->sys->cell, out->axes);
}

static il_status bind_plan(il_context *ctx, ili_lammps_deck *d) {
    const ili_lammps_field_plan *plan = d->plan;
    IL_TRY(ili_ff_settle(ctx, plan->model, plan->settings, &d->settings));
    IL_TRY(ili_bind(ctx, plan->model, plan->sys, false, &d->binding));
    if (d->settings.charge_scale != 1.0)
        IL_TRY(ili_binding_scale_ions(ctx, &d->binding, d->settings.charge_scale));
    IL_TRY(ili_ff_settle_cutoff(ctx, &d->binding, plan->sys, &d->settings));
    for (int32_t i = 0; i < d->binding.n && plan->model->has_coulomb; i++)
        if (d->binding.charge[i] != 0.0) d->has_charges = true;
    return IL_OK;
}

static il_status write_all(il_context *ctx, ili_lammps_deck *d) {
    char path[ILI_PATH_MAX];
    ili_outfile input = {0};
    il_status status;
    IL_GO(bind_plan(ctx, d));
    IL_GO(copy_atoms(ctx, d));
    IL_GO(ili_lammps_bonded_list(ctx, d));
    IL_GO(ili_lammps_slab_box(ctx, d));
    fill_out(d);
    IL_GO(ili_path_join(ctx, path, d->plan->dir, "%s", d->out->input));
    IL_GO(ili_make_dir(ctx, d->plan->dir));
    IL_GO(ili_outfile_open(ctx, path, &input));
    d->stream = input.stream;
    IL_GO(write_input(ctx, d));
    IL_GO(write_data(ctx, d));
    IL_GO(ili_outfile_commit(ctx, &input));
out:
    ili_outfile_discard(&input);
    return status;
}

il_status ili_lammps_field_write(il_context *ctx, const ili_lammps_field_plan *plan, ili_lammps_field *out) {
    ili_lammps_deck d = {.plan = plan, .out = out, .model = plan->model};
    *out = (ili_lammps_field){0};
    snprintf(out->data, sizeof out->data, "%s.data", plan->stem);
    snprintf(out->input, sizeof out->input, "%s.field", plan->stem);
    il_status status = write_all(ctx, &d);
    for (int g = 0; g < 3; g++) ili_lammps_bonded_free(&d.bonded[g]);
    ili_free(d.species_of);
    ili_binding_free(&d.binding);
    il_system_destroy(&d.sys);
    return status;
}
