/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Half Verlet list over atoms and their periodic images, for any triclinic cell, however small.
 *
 *  Images are explicit: `px` holds the n atoms (sorted by cell of the search grid) followed by the images that lie
 *  within reach, so a kernel never wraps. Row i lists each neighbour once for the whole system: pair (i, j) and
 *  pair (i, image of j) appear in one row only. `atom[k]` gives the caller's index of entry k, so forces are
 *  scattered to f[atom[k]]. Lists are the same at any thread count. The rows are cut into ILI_CHUNKS fixed chunks:
 *  a kernel gives each chunk its own force buffer and adds the buffers in order, so sums keep their bits.
 *
 *  The neighbours of a row ascend and lie after it; they are kept as 16-bit steps, the first one from the row itself.
 *  A step of ILI_FAR goes on without arriving: the next one belongs to the same neighbour. Read them with a walk:
 *
 *      for (ili_nlist_walk w = ili_nlist_row(&view, row); ili_nlist_next(&w);) use(w.entry); */
#ifndef ILI_NEIGH_NLIST_H
#define ILI_NEIGH_NLIST_H

#include "system/cell.h"

enum { ILI_CHUNKS = 8, ILI_FAR = UINT16_MAX };

typedef struct ili_nlist ili_nlist;

/** What a kernel reads. Valid until the next update. */
typedef struct ili_nlist_view {
    int32_t n_rows, n_entries; /**< atoms; atoms + images */
    const double (*px)[3];     /**< [n_entries] positions, angstrom, current */
    const int32_t *atom;       /**< [n_entries] index of the atom in the caller's order */
    const int32_t *type;       /**< [n_entries] type of the atom */
    const int64_t *start;      /**< [n_rows + 1] pairs before each row */
    const int64_t
        *step_start;      /**< [n_rows + 1] row offsets into `step`: pairs and far steps before each row */
    const uint16_t *step; /**< neighbours, packed */
    const int32_t *chunk; /**< [ILI_CHUNKS + 1] first row of each chunk */
} ili_nlist_view;

/** Where a walk along a row stands. */
typedef struct ili_nlist_walk {
    int32_t entry; /**< the neighbour */
    int64_t pair;  /**< its number among all pairs of the list */
    const uint16_t *step, *end;
} ili_nlist_walk;

/** Before the first neighbour of a row. */
static inline ili_nlist_walk ili_nlist_row(const ili_nlist_view *v, int32_t row) {
    return (ili_nlist_walk){row, v->start[row] - 1, v->step + v->step_start[row],
                            v->step + v->step_start[row + 1]};
}

/** On to the next neighbour; false: there is none. */
static inline bool ili_nlist_next(ili_nlist_walk *w) {
    if (w->step == w->end) return false;
    for (; *w->step == ILI_FAR; w->step++) w->entry += ILI_FAR; /* never the last of a row */
    w->entry += *w->step++;
    w->pair++;
    return true;
}

/** Cut-offs by type pair: rc [n_types*n_types], angstrom, symmetric; 0 = never listed. `excluded` lists atom pairs
 *  (caller's order, i < j, sorted) whose nearest image is left out; may be NULL. Everything is copied. */
il_status ili_nlist_create(il_context *ctx, int32_t n_atoms, const int32_t *type, int32_t n_types,
                           const double *rc, double skin, int32_t n_excluded, const int32_t (*excluded)[2],
                           ili_nlist **out);
void ili_nlist_destroy(ili_nlist **list);
/** Bring the list up to date with positions x [n][3] in the cell; rebuilds only when an atom or the cell moved too far.
 *  Atoms need not be wrapped. IL_E_NONFINITE, IL_E_MEMORY. */
il_status ili_nlist_update(il_context *ctx, ili_nlist *list, const ili_cell *cell, const double (*x)[3]);
/** Make the next update rebuild, whatever moved. */
void ili_nlist_forget(ili_nlist *list);
ili_nlist_view ili_nlist_get(const ili_nlist *list);
/** Number of rebuilds so far. */
long ili_nlist_builds(const ili_nlist *list);

/** Refuses pairs closer than `closest` angstrom, and atoms too far away to be wrapped, with a sentence naming the atoms
 * (1-based) and `where`. IL_E_INPUT. */
il_status ili_check_overlap(il_context *ctx, const ili_cell *cell, int32_t n_atoms, const double (*x)[3],
                            double closest, const char *where);

#endif
