/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "system/oxidation.h"

#include "system/element.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ELEMENTS_MAX = 10 };

/** An element that needs a state, and how many atoms of it the cell holds. */
typedef struct open_element {
    int z, n_states;
    double count;
    const signed char *states;
} open_element;

typedef struct search {
    int n;
    open_element element[ELEMENTS_MAX];
    double given, positive; /**< charge of the occupants that have a state: net, and of the cations */
    bool is_ordered;
    int choice[ELEMENTS_MAX], best[ELEMENTS_MAX], best_rank;
    double best_net;
} search;

static bool collect(const ili_crystal *c, search *s) {
    for (int32_t i = 0; i < c->n_sites; i++)
        for (int k = 0; k < c->sites[i].n_occupants; k++) {
            const ili_occupant *o = &c->sites[i].occupant[k];
            double count = c->sites[i].multiplicity * o->occupancy;
            if (!isnan(o->oxidation)) {
                s->given += count * o->oxidation;
                s->positive += count * fmax(o->oxidation, 0.0);
                continue;
            }
            int e = 0;
            while (e < s->n && s->element[e].z != o->z) e++;
            if (e == ELEMENTS_MAX) return false;
            if (e == s->n) {
                open_element *new = &s->element[s->n++];
                *new = (open_element){.z = o->z, .states = ili_element_of(o->z)->oxidation};
                while (new->n_states < 4 && new->states[new->n_states]) new->n_states++;
            }
            s->element[e].count += count;
        }
    return true;
}

/** Elements with a negative usual state; without any the crystal is a metal or an element. */
static bool has_anion(const ili_crystal *c) {
    bool negative = false;
    int first = c->sites[0].occupant[0].z, n_other = 0;
    for (int32_t i = 0; i < c->n_sites; i++)
        for (int k = 0; k < c->sites[i].n_occupants; k++) {
            const ili_occupant *o = &c->sites[i].occupant[k];
            n_other += o->z != first;
            for (int q = 0; q < 4; q++) negative = negative || ili_element_of(o->z)->oxidation[q] < 0;
            negative = negative || o->oxidation < 0.0;
        }
    return negative && n_other > 0;
}

static void judge(search *s) {
    double net = s->given, positive = s->positive;
    int rank = 0;
    for (int e = 0; e < s->n; e++) {
        int q = s->element[e].n_states ? s->element[e].states[s->choice[e]] : 0;
        net += q * s->element[e].count;
        positive += q > 0 ? q * s->element[e].count : 0.0;
        /* an anion in a rare state (peroxide) is less likely than a cation in one: MnO2 is Mn(4+) */
        rank += s->choice[e] * (s->element[e].n_states && s->element[e].states[0] < 0 ? 4 : 1);
    }
    if (fabs(net) > (s->is_ordered ? 1e-6 : 0.02 * positive)) return;
    if (s->best_rank >= 0 &&
        (rank > s->best_rank || (rank == s->best_rank && fabs(net) >= s->best_net - 1e-9)))
        return;
    s->best_rank = rank;
    s->best_net = fabs(net);
    memcpy(s->best, s->choice, sizeof s->best);
}

/** Every combination of states: at most 3^10 of them. */
static void try_all(search *s) {
    for (;;) {
        judge(s);
        int e = s->n - 1;
        for (; e >= 0; e--) {
            if (++s->choice[e] < s->element[e].n_states) break;
            s->choice[e] = 0;
        }
        if (e < 0) return;
    }
}

static void fill(ili_crystal *c, const search *s, bool all_zero) {
    for (int32_t i = 0; i < c->n_sites; i++)
        for (int k = 0; k < c->sites[i].n_occupants; k++) {
            ili_occupant *o = &c->sites[i].occupant[k];
            if (!isnan(o->oxidation)) continue;
            if (all_zero) o->oxidation = 0.0;
            for (int e = 0; e < s->n && !all_zero; e++)
                if (s->element[e].z == o->z)
                    o->oxidation = s->element[e].n_states ? s->element[e].states[s->best[e]] : 0.0;
        }
}

void ili_oxidation_assign(il_context *ctx, ili_crystal *c) {
    search s = {.best_rank = -1, .is_ordered = c->is_ordered};
    const char *source = "assigned";
    bool found = collect(c, &s);
    if (found && s.n == 0) {
        source = "file";
    } else if (found && !has_anion(c)) {
        source = "metallic";
        fill(c, &s, true);
    } else {
        if (found) try_all(&s);
        if (found && s.best_rank >= 0) {
            fill(c, &s, false);
        } else {
            source = "none fits";
            ili_warn(
                ctx,
                "%s: no combination of usual oxidation states makes the cell neutral; charges are unknown",
                c->name);
        }
    }
    snprintf(c->oxidation_source, sizeof c->oxidation_source, "%s", source);
}
