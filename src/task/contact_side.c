/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/contact_side.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "build/order.h"
#include "build/symmetry.h"
#include "neigh/nlist.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void ili_side_free(ili_side *side) {
    ili_polymer_unit_destroy(&side->unit);
    ili_crystal_free(&side->crystal);
    ili_order_destroy(&side->order);
    il_system_destroy(&side->given);
    il_system_destroy(&side->bulk);
    *side = (ili_side){0};
}

/** File name without folder and ending. */
static void set_title(ili_side *side, const char *path) {
    const char *slash = strrchr(path, '/');
    snprintf(side->title, sizeof side->title, "%s", slash ? slash + 1 : path);
    char *dot = strrchr(side->title, '.');
    if (dot && dot != side->title) *dot = 0;
}

static bool is_unit_file(const char *path) {
    const char *dot = strrchr(path, '.');
    return !strchr(path, '/') ? !dot || ili_same_text(dot, ".yaml") : dot && ili_same_text(dot, ".yaml");
}

/** The model's metal species for a crystal of this one element; -1: none. */
static int32_t metal_species(const il_model *model, int z) {
    for (int32_t s = 0; s < model->n_species; s++)
        if (model->species[s].base.z == z && strcmp(model->species[s].phase, "metal") == 0) return s;
    return -1;
}

static int only_element(const ili_side *side) {
    int z = 0;
    for (int32_t s = 0; s < side->crystal.n_sites; s++)
        for (int k = 0; k < side->crystal.sites[s].n_occupants; k++) {
            if (z && z != side->crystal.sites[s].occupant[k].z) return 0;
            z = side->crystal.sites[s].occupant[k].z;
        }
    for (int32_t s = 0; side->given && s < side->given->n_species; s++) {
        if (z && z != side->given->species[s].z) return 0;
        z = side->given->species[s].z;
    }
    return z;
}

il_status ili_side_read(il_context *ctx, const char *path, const il_model *model, ili_side *side) {
    snprintf(side->path, sizeof side->path, "%s", path);
    if (is_unit_file(path)) {
        IL_TRY(ili_polymer_unit_read(ctx, path, &side->unit));
        snprintf(side->path, sizeof side->path, "%s", side->unit->path);
        snprintf(side->title, sizeof side->title, "%s", side->unit->name);
        return IL_OK;
    }
    set_title(side, path);
    if (ili_path_ends(path, "cif")) {
        IL_TRY(ili_crystal_read(ctx, path, &side->crystal));
        side->is_disordered = !side->crystal.is_ordered;
    } else {
        IL_TRY(il_system_read(ctx, path, &side->given));
        if (!side->given->cell.pbc[2])
            return ili_fail(ctx, IL_E_INPUT,
                            "%s: is a slab (open along z), expected a crystal periodic in three directions",
                            path);
    }
    side->is_metal = metal_species(model, only_element(side)) >= 0;
    if (!side->is_disordered) return IL_OK;
    ili_order_options o = ili_order_options_default();
    o.seed = ctx->seed;
    return ili_order_create(ctx, &side->crystal, &o, &side->order);
}

/** The crystal of the next sample as atoms. */
static il_status next_bulk(il_context *ctx, const ili_side *side, il_system **bulk) {
    if (side->drawn) return ili_system_copy(ctx, side->drawn, bulk);
    if (side->order) return ili_order_next(ctx, side->order, bulk);
    if (side->given) return ili_system_copy(ctx, side->given, bulk);
    return ili_crystal_to_system(ctx, &side->crystal, bulk);
}

static void rename_metal(const il_model *model, il_system *bulk) {
    for (int32_t s = 0; s < bulk->n_species; s++) {
        int32_t m = metal_species(model, bulk->species[s].z);
        if (m < 0) continue;
        bulk->species[s] = model->species[m].base;
    }
}

il_status ili_side_realise(il_context *ctx, const il_model *model, const il_ff_options *settings,
                           ili_relaxer relaxer, ili_journal *journal, ili_side *side) {
    if (side->unit || (side->bulk && !side->is_disordered)) return IL_OK;
    il_system *bulk = NULL;
    ili_relax_options o = ili_relax_defaults();
    ili_relax_result r = {0};
    char label[96];
    bool known;
    il_status status = IL_OK;
    il_system_destroy(&side->bulk);
    IL_GO(next_bulk(ctx, side, &bulk));
    if (side->is_metal) rename_metal(model, bulk);
    IL_GO(ili_check_overlap(ctx, &bulk->cell, bulk->n_atoms, (const double(*)[3])bulk->x, 0.5, side->path));
    snprintf(label, sizeof label, "bulk of %s", side->title);
    o.mode = ILI_RELAX_BOTH;
    o.label = label;
    IL_GO(ili_journal_next(ctx, journal, bulk, &r, &known));
    if (known) ili_relaxer_found(&relaxer, &r);
    if (!known) {
        IL_GO(ili_relaxer_relax(ctx, &relaxer, model, settings, &o, bulk, &r));
        IL_GO(ili_journal_add(ctx, journal, bulk, &r));
    }
    if (!r.converged)
        IL_GO(ili_fail(ctx, IL_E_NOT_CONVERGED, "%s: the bulk does not relax with this model: %s", side->path,
                       r.verdict));
    side->bulk_energy = r.energy;
    side->relaxations = relaxer.count;
    side->bulk = bulk;
    bulk = NULL;
    ili_cell_parameters(&side->bulk->cell, side->lengths, side->angles);
out:
    il_system_destroy(&bulk);
    return status;
}

il_status ili_side_draw(il_context *ctx, const ili_side *side, il_system **drawn) {
    *drawn = NULL;
    return side->order ? ili_order_next(ctx, side->order, drawn) : IL_OK;
}
