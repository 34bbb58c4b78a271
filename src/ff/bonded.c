/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Bonded terms on threads: theory.md section 5; the kernels and their equations are in bonded_body.h.
 *
 *  Plan: the atoms are put in an order in which bonded ones stand close (breadth first along the bonds). Every item belongs to its
 *  first atom in this order; the order is cut into pieces of about PIECE_COST, whose number depends on the system
 *  alone. Within a piece items of one kind and one set of parameters form a run.
 *
 *  Loop: one thread takes a piece: it copies the atoms, runs the kernels, and adds the forces to the atoms that no other piece
 *  touches. Those that others touch too go to slots of their own, summed atom by atom in the order of the pieces when all
 *  are done. Every place is written once, every sum has a fixed order: bits do not depend on threads. */
#include "ff/bonded.h"

#include "base/alloc.h"
#include "base/timing.h"
#include "ff/bonded_plan.h"
#include "ff/pairfn.h"
#include "math/units.h"
#include "math/vec.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_COST = 4096, ATOMS_MAX = 4, TERMS_MAX = 16 };

static const int N_ATOMS[ILI_ITEM_KINDS] = {2, 3, 4, 2};

typedef struct piece {
    int32_t first_run, end_run;
    int64_t first_local; /**< of its atoms in `local` */
    int32_t n_locals;
} piece;

/** An atom of a piece; slot -1: of this piece alone. */
typedef struct local_atom {
    int32_t atom, slot;
} local_atom;

struct ili_bonded {
    const ili_binding *binding;
    double short_cutoff;
    int32_t n_groups, n_runs, n_pieces, n_shared, n_slots, n_terms, n_locals_max;
    ili_bonded_group *groups;
    ili_scaled_term *terms;
    ili_bonded_run *runs;
    int32_t *place; /**< of all runs */
    piece *pieces;
    local_atom *local;
    int32_t *shared;       /**< [n_shared] atoms of several pieces, ascending */
    int32_t *shared_slot;  /**< [n_shared + 1] first slot of each */
    double (*slot)[4];     /**< [n_slots] forces and energies */
    ili_bonded_sums *sums; /**< [n_pieces] */
    double (*scratch)[4];  /**< [n_scratch][2][n_locals_max] positions and forces of a piece, one a thread */
    int n_scratch;
    size_t cap_groups, cap_terms, cap_runs, cap_place, cap_local;
};

void ili_bonded_destroy(ili_bonded **bonded) {
    if (!bonded || !*bonded) return;
    ili_bonded *b = *bonded;
    void *blocks[] = {b->groups, b->terms,       b->runs, b->place, b->pieces, b->local,
                      b->shared, b->shared_slot, b->slot, b->sums,  b->scratch};
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) ili_free(blocks[k]);
    ili_free(b);
    *bonded = NULL;
}

/* ---- plan: order and groups ------------------------------------------------------------------------------ */

/** An item on its way into the plan. */
typedef struct draft {
    int32_t piece, group, order; /**< order: that of its first atom */
    int32_t atom[ATOMS_MAX];
} draft;

typedef struct planner {
    il_context *ctx;
    ili_bonded *out;
    int32_t *rank; /**< [n] place of an atom in the order along the bonds */
    draft *items;
    int32_t n_items;
    int32_t *first_special; /**< [n + 2] by the lower atom: into special */
    int32_t *special;       /**< [n_specials] of the binding; -1: an item holds it */
} planner;

/** rank [n]: breadth first along the bonds, from the first atom that is not reached yet. work [3 n + 2 + 2 n_bonds] */
static void rank_atoms(const ili_binding *b, int32_t *rank, int32_t *work) {
    const int32_t n = b->n;
    int32_t *start = work, *queue = start + n + 2, *to = queue + n, tail = 0;
    memset(start, 0, (size_t)(n + 2) * sizeof *start);
    for (int32_t k = 0; k < b->n_bonds; k++)
        for (int e = 0; e < 2; e++) start[b->bonds[k].atom[e] + 2]++;
    for (int32_t i = 0; i < n; i++) start[i + 2] += start[i + 1];
    for (int32_t k = 0; k < b->n_bonds; k++)
        for (int e = 0; e < 2; e++) to[start[b->bonds[k].atom[e] + 1]++] = b->bonds[k].atom[1 - e];
    for (int32_t i = 0; i < n; i++) rank[i] = -1;
    for (int32_t seed = 0, head = 0; seed < n; seed++) {
        if (rank[seed] >= 0) continue;
        rank[seed] = tail;
        queue[tail++] = seed;
        for (; head < tail; head++)
            for (int32_t k = start[queue[head]]; k < start[queue[head] + 1]; k++) {
                if (rank[to[k]] >= 0) continue;
                rank[to[k]] = tail;
                queue[tail++] = to[k];
            }
    }
}

static bool is_same_group(const ili_bonded_group *a, const ili_bonded_group *b) {
    return a->kind == b->kind && a->entry == b->entry && a->special == b->special && a->qq == b->qq &&
           a->scale_lj == b->scale_lj && a->scale_coulomb == b->scale_coulomb && a->type[0] == b->type[0] &&
           a->type[1] == b->type[1];
}

/** Index of a group, which is made when there is none like it. */
static il_status group_of(planner *p, const ili_bonded_group *wanted, int32_t *index) {
    ili_bonded *out = p->out;
    for (int32_t g = 0; g < out->n_groups; g++)
        if (is_same_group(&out->groups[g], wanted)) {
            *index = g;
            return IL_OK;
        }
    if (!ILI_GROW(out->groups, (size_t)out->n_groups + 1, out->cap_groups))
        return ili_no_memory(p->ctx, "the bonded terms");
    *index = out->n_groups;
    out->groups[out->n_groups++] = *wanted;
    return IL_OK;
}

static il_status draft_item(planner *p, const ili_bonded_group *group, const int32_t *atom) {
    draft *d = &p->items[p->n_items];
    IL_TRY(group_of(p, group, &d->group));
    d->order = INT32_MAX;
    for (int a = 0; a < N_ATOMS[group->kind]; a++) {
        d->atom[a] = atom[a];
        if (p->rank[atom[a]] < d->order) d->order = p->rank[atom[a]];
    }
    p->n_items++;
    return IL_OK;
}

/** The special pairs by their lower atom. */
static void sort_specials(planner *p) {
    const ili_binding *b = p->out->binding;
    for (int32_t k = 0; k < b->n_specials; k++) p->first_special[b->specials[k].i + 2]++;
    for (int32_t i = 0; i < b->n; i++) p->first_special[i + 2] += p->first_special[i + 1];
    for (int32_t k = 0; k < b->n_specials; k++) p->special[p->first_special[b->specials[k].i + 1]++] = k;
}

/** What a special pair asks of its group. A pair that neither charges nor scaled terms act on asks nothing. */
static void describe_special(const ili_binding *b, const ili_special_pair *s, ili_bonded_group *group) {
    const double qq = ILI_COULOMB * b->charge[s->i] * b->charge[s->j];
    const bool is_scaled = s->scale_lj != 0.0 || (s->scale_coulomb != 0.0 && qq != 0.0);
    if (!is_scaled && qq == 0.0) return;
    group->special = is_scaled ? ILI_SPECIAL_SCALED : ILI_SPECIAL_EXCLUDED;
    group->qq = qq;
    if (!is_scaled) return;
    const int32_t a = b->type[s->i], c = b->type[s->j];
    group->scale_lj = s->scale_lj;
    group->scale_coulomb = s->scale_coulomb;
    group->type[0] = a < c ? a : c;
    group->type[1] = a < c ? c : a;
}

/** Give the item of a group the special pair of its ends, when no item before holds it. */
static void take_special(planner *p, int32_t i, int32_t j, ili_bonded_group *group) {
    const ili_binding *b = p->out->binding;
    const int32_t low = i < j ? i : j, high = i < j ? j : i;
    for (int32_t k = p->first_special[low]; k < p->first_special[low + 1]; k++) {
        if (p->special[k] < 0 || b->specials[p->special[k]].j != high) continue;
        describe_special(b, &b->specials[p->special[k]], group);
        p->special[k] = -1;
        return;
    }
}

static il_status draft_list(planner *p, ili_bonded_kind kind, int32_t n, const ili_bonded_item *items) {
    for (int32_t k = 0; k < n; k++) {
        ili_bonded_group group = {.kind = kind, .entry = &p->out->binding->model->entries[items[k].entry]};
        take_special(p, items[k].atom[0], items[k].atom[N_ATOMS[kind] - 1], &group);
        IL_TRY(draft_item(p, &group, items[k].atom));
    }
    return IL_OK;
}

static il_status draft_specials(planner *p) {
    const ili_binding *b = p->out->binding;
    for (int32_t k = 0; k < b->n_specials; k++) {
        if (p->special[k] < 0) continue;
        const ili_special_pair *s = &b->specials[p->special[k]];
        ili_bonded_group group = {.kind = ILI_ITEM_PAIR};
        describe_special(b, s, &group);
        if (group.special != ILI_SPECIAL_NONE) IL_TRY(draft_item(p, &group, (const int32_t[]){s->i, s->j}));
    }
    return IL_OK;
}

/** The pair terms of the groups of scaled pairs. */
static il_status list_terms(planner *p) {
    ili_bonded *out = p->out;
    const il_model *model = out->binding->model;
    for (int pass = 0; pass < 2; pass++) { /* the array moves while it grows: pointers come last */
        int32_t n = 0;
        for (int32_t g = 0; g < out->n_groups; g++) {
            ili_bonded_group *group = &out->groups[g];
            if (group->special != ILI_SPECIAL_SCALED || group->scale_lj == 0.0) continue;
            const ili_model_entry *entries[TERMS_MAX];
            group->n_terms =
                ili_model_pair_entries(model, group->type[0], group->type[1], entries, TERMS_MAX);
            group->terms = out->terms + n;
            for (int t = 0; t < group->n_terms && pass == 0; t++) {
                double rc = ili_entry_cutoff(entries[t], out->short_cutoff), unused;
                ili_scaled_term term = {.entry = entries[t], .plain = rc};
                if (entries[t]->truncation == ILI_TRUNCATE_TAPER) term.plain = rc - entries[t]->taper;
                if (entries[t]->truncation == ILI_TRUNCATE_SHIFT)
                    term.shift = entries[t]->form->value(entries[t]->p, rc, &unused);
                if (!ILI_GROW(out->terms, (size_t)n + (size_t)t + 1, out->cap_terms))
                    return ili_no_memory(p->ctx, "the bonded terms");
                out->terms[n + t] = term;
            }
            n += group->n_terms;
        }
    }
    return IL_OK;
}

/* ---- plan: pieces ---------------------------------------------------------------------------------------- */

/** cost [n] becomes the piece of the atom with this rank; returns the number of pieces. */
static int32_t cut_pieces(const planner *p, int64_t *cost) {
    const int32_t n = p->out->binding->n;
    int64_t sum = 0;
    memset(cost, 0, (size_t)n * sizeof *cost);
    for (int32_t k = 0; k < p->n_items; k++)
        cost[p->items[k].order] += N_ATOMS[p->out->groups[p->items[k].group].kind];
    int32_t n_pieces = 0;
    int64_t begun = 0;
    for (int32_t r = 0; r < n; r++) {
        const int64_t own = cost[r];
        if (own > 0 && (n_pieces == 0 || sum - begun >= PIECE_COST)) {
            n_pieces++;
            begun = sum;
        }
        cost[r] = n_pieces - 1;
        sum += own;
    }
    return n_pieces;
}

static int compare_drafts(const void *a, const void *b) {
    const draft *p = a, *q = b;
    if (p->piece != q->piece) return p->piece < q->piece ? -1 : 1;
    if (p->group != q->group) return p->group < q->group ? -1 : 1;
    if (p->order != q->order) return p->order < q->order ? -1 : 1;
    return memcmp(p->atom, q->atom, sizeof p->atom);
}

/** Place of an atom in the piece under way, a new one if need be. at [n]: of the atoms met in this piece, else below its first. */
static il_status place_of(planner *p, piece *own, int64_t *at, int32_t atom, int32_t *place) {
    ili_bonded *out = p->out;
    if (at[atom] < own->first_local) {
        at[atom] = own->first_local + own->n_locals;
        if (!ILI_GROW(out->local, (size_t)at[atom] + 1, out->cap_local))
            return ili_no_memory(p->ctx, "the bonded terms");
        out->local[at[atom]] = (local_atom){atom, -1};
        own->n_locals++;
    }
    *place = 4 * (int32_t)(at[atom] - own->first_local);
    return IL_OK;
}

/** One run of items [n]. Neighbours in the order are put into different vectors, as far apart as can be, so that what is
 *  added to one place is not waited for. */
static il_status add_run(planner *p, piece *own, int64_t *at, const draft *items, int32_t n, int64_t *next) {
    ili_bonded *out = p->out;
    const int n_atoms = N_ATOMS[out->groups[items->group].kind];
    const int32_t rows = (n + ILI_BONDED_LANES - 1) / ILI_BONDED_LANES, room = rows * ILI_BONDED_LANES;
    if (!ILI_GROW(out->runs, (size_t)out->n_runs + 1, out->cap_runs) ||
        !ILI_GROW(out->place, (size_t)*next + (size_t)n_atoms * (size_t)room, out->cap_place))
        return ili_no_memory(p->ctx, "the bonded terms");
    ili_bonded_run *run = &out->runs[out->n_runs++];
    *run = (ili_bonded_run){.group = items->group, .n = n, .room = room, .at = *next};
    *next += (int64_t)n_atoms * room;
    int32_t column = 0;
    for (int32_t row = 0; row < rows; row++)
        for (int32_t k = row; k < n; k += rows, column++)
            for (int a = 0; a < n_atoms; a++)
                IL_TRY(place_of(p, own, at, items[k].atom[a],
                                &out->place[run->at + (int64_t)a * room + column]));
    for (; column < room; column++)
        for (int a = 0; a < n_atoms; a++) {
            int32_t *row = &out->place[run->at + (int64_t)a * room];
            row[column] = row[n - 1];
        }
    return IL_OK;
}

static il_status make_pieces(planner *p, int64_t *work) {
    ili_bonded *out = p->out;
    out->n_pieces = cut_pieces(p, work);
    for (int32_t k = 0; k < p->n_items; k++) p->items[k].piece = (int32_t)work[p->items[k].order];
    qsort(p->items, (size_t)p->n_items, sizeof *p->items, compare_drafts);
    out->pieces = ili_alloc((size_t)out->n_pieces, sizeof *out->pieces);
    out->sums = ili_alloc((size_t)out->n_pieces, sizeof *out->sums);
    if (!out->pieces || !out->sums) return ili_no_memory(p->ctx, "the bonded terms");
    for (int32_t i = 0; i < out->binding->n; i++) work[i] = -1;
    int64_t next = 0, local = 0;
    for (int32_t first = 0, end; first < p->n_items; first = end) {
        const draft *items = &p->items[first];
        piece *own = &out->pieces[items->piece];
        if (first == 0 || items->piece != items[-1].piece) {
            own->first_run = out->n_runs;
            own->first_local = local;
        }
        for (end = first + 1;
             end < p->n_items && p->items[end].piece == items->piece && p->items[end].group == items->group;)
            end++;
        IL_TRY(add_run(p, own, work, items, end - first, &next));
        own->end_run = out->n_runs;
        local = own->first_local + own->n_locals;
        if (own->n_locals > out->n_locals_max) out->n_locals_max = own->n_locals;
    }
    return IL_OK;
}

/** Slots for the atoms of several pieces: those of one atom stand together, in the order of its pieces. uses [n], slot [n]: work */
static il_status share_atoms(planner *p, int32_t *uses, int32_t *slot) {
    ili_bonded *out = p->out;
    const int32_t n = out->binding->n;
    const piece *last = out->n_pieces ? &out->pieces[out->n_pieces - 1] : NULL;
    const int64_t n_locals = last ? last->first_local + last->n_locals : 0;
    memset(uses, 0, (size_t)n * sizeof *uses);
    for (int64_t k = 0; k < n_locals; k++) uses[out->local[k].atom]++;
    for (int32_t i = 0; i < n; i++) out->n_shared += uses[i] > 1;
    out->shared = ili_alloc((size_t)out->n_shared, sizeof *out->shared);
    out->shared_slot = ili_alloc((size_t)out->n_shared + 1, sizeof *out->shared_slot);
    if (!out->shared || !out->shared_slot) return ili_no_memory(p->ctx, "the bonded terms");
    int32_t count = 0;
    for (int32_t i = 0; i < n; i++) {
        if (uses[i] < 2) continue;
        out->shared[count] = i;
        out->shared_slot[count++] = slot[i] = out->n_slots;
        out->n_slots += uses[i];
    }
    out->shared_slot[count] = out->n_slots;
    for (int64_t k = 0; k < n_locals; k++)
        if (uses[out->local[k].atom] > 1) out->local[k].slot = slot[out->local[k].atom]++;
    out->slot = ili_alloc((size_t)out->n_slots, sizeof *out->slot);
    return out->slot ? IL_OK : ili_no_memory(p->ctx, "the bonded terms");
}

il_status ili_bonded_create(il_context *ctx, const ili_binding *binding, double short_cutoff,
                            ili_bonded **out) {
    *out = NULL;
    const size_t n = (size_t)binding->n, n_bonds = (size_t)binding->n_bonds;
    const size_t n_items =
        n_bonds + (size_t)binding->n_angles + (size_t)binding->n_torsions + (size_t)binding->n_specials;
    il_status status = IL_OK;
    ili_bonded *b = ili_alloc(1, sizeof *b);
    if (!b) return ili_no_memory(ctx, "the bonded terms");
    b->binding = binding;
    b->short_cutoff = short_cutoff;
    planner p = {.ctx = ctx, .out = b};
    p.rank = ili_alloc(n, sizeof *p.rank);
    p.items = ili_alloc(n_items, sizeof *p.items);
    p.first_special = ili_alloc(n + 2, sizeof *p.first_special);
    p.special = ili_alloc((size_t)binding->n_specials, sizeof *p.special);
    int64_t *work = ili_alloc(3 * n + 2 + 2 * n_bonds, sizeof *work);
    if (!p.rank || !p.items || !p.first_special || !p.special || !work)
        IL_GO(ili_no_memory(ctx, "the bonded terms"));
    rank_atoms(binding, p.rank, (int32_t *)work);
    sort_specials(&p);
    IL_GO(draft_list(&p, ILI_ITEM_BOND, binding->n_bonds, binding->bonds));
    IL_GO(draft_list(&p, ILI_ITEM_ANGLE, binding->n_angles, binding->angles));
    IL_GO(draft_list(&p, ILI_ITEM_TORSION, binding->n_torsions, binding->torsions));
    IL_GO(draft_specials(&p));
    IL_GO(list_terms(&p));
    IL_GO(make_pieces(&p, work));
    IL_GO(share_atoms(&p, p.rank, (int32_t *)work));
out:
    ili_free(p.rank);
    ili_free(p.items);
    ili_free(p.first_special);
    ili_free(p.special);
    ili_free(work);
    if (status != IL_OK) ili_bonded_destroy(&b);
    *out = b;
    return status;
}

/* ---- energies and slopes --------------------------------------------------------------------------------- */

void ili_bonded_values(const ili_model_entry *entry, int n, const double *u, const double *v, double *energy,
                       double *slope) {
    const ili_form *form = entry->form;
    if (form->many)
        form->many(entry->p, n, u, v, energy, slope);
    else
        for (int k = 0; k < n; k++)
            energy[k] =
                form->value(entry->p, form->kind == ILI_TORSION ? atan2(v[k], u[k]) : u[k], &slope[k]);
}

static void add_term(const ili_scaled_term *term, double short_cutoff, int n, const double *r, double *energy,
                     double *slope) {
    const ili_model_entry *entry = term->entry;
    double e[ILI_BONDED_BATCH], g[ILI_BONDED_BATCH];
    bool is_plain = entry->form->many != NULL;
    for (int k = 0; k < n; k++) is_plain = is_plain && r[k] < term->plain;
    if (is_plain)
        entry->form->many(entry->p, n, r, NULL, e, g);
    else
        for (int k = 0; k < n; k++) e[k] = ili_entry_energy(entry, short_cutoff, r[k], &g[k]);
    for (int k = 0; k < n; k++) {
        energy[k] += is_plain ? e[k] - term->shift : e[k];
        slope[k] += g[k];
    }
}

void ili_scaled_values(const ili_bonded_group *group, double short_cutoff, int n, const double *r,
                       double *energy, double *slope) {
    memset(energy, 0, (size_t)n * sizeof *energy);
    memset(slope, 0, (size_t)n * sizeof *slope);
    for (int32_t t = 0; t < group->n_terms; t++)
        add_term(&group->terms[t], short_cutoff, n, r, energy, slope);
}

/* ---- the loop -------------------------------------------------------------------------------------------- */

typedef struct call {
    ili_bonded *b;
    ili_bonded_kernel *kernel;
    ili_bonded_frame frame;
    const double (*x)[3];
    ili_accum *acc;
} call;

/** true: all numbers are finite. x, f: scratch for positions and forces */
static bool run_piece(const call *c, const piece *p, ili_bonded_sums *sums, double (*x)[4], double (*f)[4]) {
    ili_bonded *b = c->b;
    const local_atom *local = b->local + p->first_local;
    double total = 0.0;
    for (int32_t k = 0; k < p->n_locals; k++) memcpy(x[k], c->x[local[k].atom], sizeof *c->x);
    memset(f, 0, (size_t)p->n_locals * sizeof *f);
    memset(sums, 0, sizeof *sums);
    for (int32_t r = p->first_run; r < p->end_run; r++)
        c->kernel(&b->groups[b->runs[r].group], &b->runs[r], b->place, &c->frame, x[0], f[0],
                  c->acc->forces_only ? NULL : sums);
    for (int32_t k = 0; k < p->n_locals; k++) {
        total += f[k][0] + f[k][1] + f[k][2];
        if (local[k].slot >= 0) {
            memcpy(b->slot[local[k].slot], f[k], sizeof *f);
            continue;
        }
        for (int a = 0; a < 3; a++) c->acc->f[local[k].atom][a] += f[k][a];
        if (c->acc->e_atom) c->acc->e_atom[local[k].atom] += f[k][3];
    }
    for (int k = 0; k < ILI_ITEM_KINDS; k++) total += sums->energy[k];
    return isfinite(total + sums->coulomb);
}

static void sum_shared(const call *c, int32_t k) {
    const ili_bonded *b = c->b;
    double sum[4] = {0};
    for (int32_t s = b->shared_slot[k]; s < b->shared_slot[k + 1]; s++)
        for (int a = 0; a < 4; a++) sum[a] += b->slot[s][a];
    for (int a = 0; a < 3; a++) c->acc->f[b->shared[k]][a] += sum[a];
    if (c->acc->e_atom) c->acc->e_atom[b->shared[k]] += sum[3];
}

static bool run_pieces(const call *c, int n_threads) {
    ili_bonded *b = c->b;
    bool is_finite = true;
#pragma omp parallel num_threads(n_threads) reduction(&& : is_finite)
    {
        double(*x)[4] = b->scratch + 2 * (size_t)b->n_locals_max * (size_t)omp_get_thread_num();
#pragma omp for schedule(dynamic, 1)
        for (int32_t p = 0; p < b->n_pieces; p++)
            is_finite = run_piece(c, &b->pieces[p], &b->sums[p], x, x + b->n_locals_max) && is_finite;
#pragma omp for schedule(static)
        for (int32_t k = 0; k < b->n_shared; k++) sum_shared(c, k);
    }
    return is_finite;
}

static void add_sums(const call *c, ili_bonded_energy *energy) {
    for (int32_t p = 0; p < c->b->n_pieces; p++) {
        const ili_bonded_sums *s = &c->b->sums[p];
        energy->bond += s->energy[ILI_ITEM_BOND];
        energy->angle += s->energy[ILI_ITEM_ANGLE];
        energy->torsion += s->energy[ILI_ITEM_TORSION];
        energy->pair14 += s->energy[ILI_ITEM_PAIR];
        energy->coulomb_special += s->coulomb;
        for (int k = 0; k < 6; k++) c->acc->w[k] += s->w[k];
    }
}

/** The sum is not finite: the item by item sum names the first one. */
static il_status name_culprit(il_context *ctx, const call *c) {
    ili_bonded_energy unused;
    ili_accum acc = {.f = c->acc->f};
    const ili_bonded_frame *at = &c->frame;
    IL_TRY(
        ili_bonded_reference(ctx, c->b->binding, at->cell, c->x, at->short_cutoff, at->alpha, &unused, &acc));
    return ili_fail(ctx, IL_E_NONFINITE, "the sum of the bonded terms is not a finite number");
}

static ili_bonded_frame frame_of(const ili_bonded *b, const ili_cell *cell, double alpha, bool with_atoms) {
    ili_bonded_frame at = {
        .cell = cell, .alpha = alpha, .short_cutoff = b->short_cutoff, .with_atoms = with_atoms};
    double width[3], least = INFINITY;
    ili_cell_widths(cell, width);
    ili_inverse(cell->h, at.inverse);
    for (int k = 0; k < 3; k++) {
        if (cell->pbc[k] && width[k] < least) least = width[k];
        for (int a = 0; a < 3 && !cell->pbc[k]; a++) at.inverse[a][k] = 0.0;
    }
    at.safe2 = 0.25 * least * least;
    return at;
}

static il_status make_scratch(il_context *ctx, ili_bonded *b) {
    if (b->n_scratch >= ctx->n_threads) return IL_OK;
    ili_free(b->scratch);
    b->scratch = ili_alloc((size_t)ctx->n_threads * (size_t)b->n_locals_max, 2 * sizeof *b->scratch);
    b->n_scratch = b->scratch ? ctx->n_threads : 0;
    return b->scratch ? IL_OK : ili_no_memory(ctx, "the bonded terms");
}

il_status ili_bonded_compute(il_context *ctx, ili_bonded *b, const ili_cell *cell, const double (*x)[3],
                             double alpha, ili_bonded_energy *energy, ili_accum *acc) {
    static ili_bonded_kernel *const kernels[ILI_SIMD_SETS] = {[ILI_SIMD_SSE2] = ili_bonded_run_sse2,
                                                              [ILI_SIMD_AVX2] = ili_bonded_run_avx2,
                                                              [ILI_SIMD_AVX512] = ili_bonded_run_avx512};
    ili_tick tick = ili_tick_now();
    *energy = (ili_bonded_energy){0};
    if (b->n_pieces == 0) return IL_OK;
    IL_TRY(make_scratch(ctx, b));
    const call c = {.b = b,
                    .kernel = kernels[ctx->simd],
                    .frame = frame_of(b, cell, alpha, acc->e_atom != NULL),
                    .x = x,
                    .acc = acc};
    const bool is_finite = run_pieces(&c, ctx->n_threads);
    if (!acc->forces_only) add_sums(&c, energy);
    ili_tock(ctx, ILI_TIME_BONDED, &tick);
    return is_finite ? IL_OK : name_culprit(ctx, &c);
}
