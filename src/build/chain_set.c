/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build/chain_set.h"

#include "base/alloc.h"
#include "math/vec.h"
#include "system/element.h"

#include <string.h>

static const double BOND_STIFFNESS = 30.0,
                    ANGLE_STIFFNESS = 12.0; /* eV/angstrom^2, springs of the push-off */
static const double GUEST_STIFFNESS = 8.0;  /* the same, between all atoms of a guest */
enum { WITHIN_MAX = 64 };                   /* atoms within three bonds of one */

static const char *name_of(const ili_polymer_unit *unit, int species) {
    return unit->species[species].name;
}

static il_status ideal_bond(il_context *ctx, const ili_polymer_unit *unit, int a, int b, double *r) {
    *r = unit->bond[a][b];
    if (*r > 0.0) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT, "%s: the list 'bonds' has no length for %s-%s", unit->path,
                    name_of(unit, a), name_of(unit, b));
}

static il_status ideal_angle(il_context *ctx, const ili_polymer_unit *unit, int a, int b, int c,
                             double *theta) {
    *theta = unit->angle[a][b][c];
    if (*theta > 0.0) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT, "%s: the list 'angles' has none for %s-%s-%s", unit->path,
                    name_of(unit, a), name_of(unit, b), name_of(unit, c));
}

/** Torsion about c-b of an atom d on c that makes its own angle with b and with a, which is on c too:
 *  cos(dca) = cos(dcb) cos(bca) + sin(dcb) sin(bca) cos(phi). */
static il_status side_torsion(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                              int32_t i, double sign) {
    ili_chain_atom *d = &set->atoms[i];
    int sd = d->species, sc = set->atoms[d->ref[0]].species, sb = set->atoms[d->ref[1]].species,
        sa = set->atoms[d->ref[2]].species;
    double dca, bca;
    IL_TRY(ideal_angle(ctx, unit, sd, sc, sa, &dca));
    IL_TRY(ideal_angle(ctx, unit, sb, sc, sa, &bca));
    double c = (cos(dca) - cos(d->theta) * cos(bca)) / (sin(d->theta) * sin(bca));
    if (!(fabs(c) <= 1.0))
        return ili_fail(ctx, IL_E_INPUT, "%s: the angles around %s leave no place for %s beside %s and %s",
                        unit->path, name_of(unit, sc), name_of(unit, sd), name_of(unit, sb),
                        name_of(unit, sa));
    d->phi = sign * acos(c);
    return IL_OK;
}

static il_status free_torsion(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                              int32_t i) {
    ili_chain_atom *d = &set->atoms[i];
    int s[4] = {d->species};
    for (int k = 0; k < 3; k++) s[k + 1] = set->atoms[d->ref[k]].species;
    d->torsion = ili_polymer_unit_torsion(unit, s[0], s[1], s[2], s[3]);
    if (d->torsion >= 0) return IL_OK;
    return ili_fail(ctx, IL_E_INPUT, "%s: the list 'torsions' has none for %s-%s-%s-%s", unit->path,
                    name_of(unit, s[0]), name_of(unit, s[1]), name_of(unit, s[2]), name_of(unit, s[3]));
}

/** Append a fragment whose -1, -2, -3 are the atoms of `joint`; joint becomes its own. */
static il_status add_fragment(il_context *ctx, const ili_polymer_unit *unit, int which, ili_chain_set *set,
                              int32_t joint[3]) {
    const ili_fragment *fragment = &unit->fragment[which];
    int32_t base = set->n_atoms;
    for (int k = 0; k < fragment->n_atoms; k++) {
        const ili_unit_atom *from = &fragment->atom[k];
        int32_t i = set->n_atoms++;
        ili_chain_atom *a = &set->atoms[i];
        *a = (ili_chain_atom){.species = from->species, .phi = from->phi, .torsion = -1};
        for (int r = 0; r < 3; r++)
            a->ref[r] = from->ref[r] == ILI_REF_NONE ? -1
                        : from->ref[r] < 0           ? joint[-from->ref[r] - 1]
                                                     : base + from->ref[r];
        int sb = a->ref[0] >= 0 ? set->atoms[a->ref[0]].species : -1;
        if (a->ref[0] >= 0) IL_TRY(ideal_bond(ctx, unit, a->species, sb, &a->r));
        if (a->ref[1] >= 0)
            IL_TRY(ideal_angle(ctx, unit, a->species, sb, set->atoms[a->ref[1]].species, &a->theta));
        if (from->turn == ILI_TURN_FREE) IL_TRY(free_torsion(ctx, unit, set, i));
        if (from->turn == ILI_TURN_LEFT) IL_TRY(side_torsion(ctx, unit, set, i, 1.0));
        if (from->turn == ILI_TURN_RIGHT) IL_TRY(side_torsion(ctx, unit, set, i, -1.0));
    }
    for (int k = 0; k < 3; k++) joint[k] = base + fragment->joint[k];
    return IL_OK;
}

/** Bonded neighbours of each atom in rows (start [n+1], neighbour [2 n]). */
static il_status list_neighbours(il_context *ctx, const ili_chain_set *set, int32_t **start,
                                 int32_t **neighbour) {
    size_t n = (size_t)set->n_atoms;
    int32_t *s = *start = ili_alloc(n + 2, sizeof *s), *list = *neighbour = ili_alloc(2 * n, sizeof *list);
    if (!s || !list) return ili_no_memory(ctx, "the bonds");
    for (int32_t i = 0; i < set->n_atoms; i++)
        if (set->atoms[i].ref[0] >= 0) {
            s[i + 2]++;
            s[set->atoms[i].ref[0] + 2]++;
        }
    for (size_t i = 2; i < n + 2; i++) s[i] += s[i - 1];
    for (int32_t i = 0; i < set->n_atoms; i++) {
        int32_t j = set->atoms[i].ref[0];
        if (j < 0) continue;
        list[s[i + 1]++] = j;
        list[s[j + 1]++] = i;
    }
    return IL_OK;
}

/** Atoms within `reach` bonds of i, nearest shells first; returns their number. */
static int gather_within(const int32_t *start, const int32_t *neighbour, int32_t i, int reach,
                         int32_t within[WITHIN_MAX]) {
    int n = 1, done = 0;
    within[0] = i;
    for (int shell = 0; shell < reach; shell++)
        for (int end = n; done < end; done++)
            for (int32_t k = start[within[done]]; k < start[within[done] + 1]; k++) {
                bool is_new = n < WITHIN_MAX;
                for (int m = 0; m < n; m++) is_new &= within[m] != neighbour[k];
                if (is_new) within[n++] = neighbour[k];
            }
    return n;
}

static il_status list_excluded(il_context *ctx, ili_chain_set *set, const int32_t *start,
                               const int32_t *neighbour) {
    size_t n = (size_t)set->n_atoms;
    int32_t within[WITHIN_MAX];
    set->excluded_start = ili_alloc(n + 1, sizeof *set->excluded_start);
    if (!set->excluded_start) return ili_no_memory(ctx, "the bonds");
    for (int32_t i = 0; i < set->n_atoms; i++)
        set->excluded_start[i + 1] =
            set->excluded_start[i] + gather_within(start, neighbour, i, 3, within) - 1;
    set->excluded = ili_alloc((size_t)set->excluded_start[n], sizeof *set->excluded);
    if (!set->excluded) return ili_no_memory(ctx, "the bonds");
    for (int32_t i = 0; i < set->n_atoms; i++) {
        int m = gather_within(start, neighbour, i, 3, within);
        memcpy(set->excluded + set->excluded_start[i], within + 1, (size_t)(m - 1) * sizeof *within);
    }
    return IL_OK;
}

/** A spring along each bond and, across each angle a-b-c, one of the length that the ideal angle gives. */
static il_status list_springs(il_context *ctx, const ili_polymer_unit *unit, ili_chain_set *set,
                              const int32_t *start, const int32_t *neighbour) {
    size_t most = 0;
    for (int32_t b = 0; b < set->n_atoms; b++) {
        size_t m = (size_t)(start[b + 1] - start[b]);
        most += m * (m + 1) / 2;
    }
    set->springs = ili_alloc(most, sizeof *set->springs);
    if (!set->springs) return ili_no_memory(ctx, "the springs");
    for (int32_t b = 0; b < set->n_atoms; b++) {
        int sb = set->atoms[b].species;
        for (int32_t k = start[b]; k < start[b + 1]; k++) {
            int32_t a = neighbour[k];
            int sa = set->atoms[a].species;
            double ra = unit->bond[sa][sb], rc, theta;
            if (a < b) set->springs[set->n_springs++] = (ili_spring){a, b, ra, BOND_STIFFNESS};
            for (int32_t m = k + 1; m < start[b + 1]; m++) {
                int32_t c = neighbour[m];
                int sc = set->atoms[c].species;
                IL_TRY(ideal_angle(ctx, unit, sa, sb, sc, &theta));
                rc = unit->bond[sc][sb];
                double r0 = sqrt(ra * ra + rc * rc - 2.0 * ra * rc * cos(theta));
                set->springs[set->n_springs++] = (ili_spring){a, c, r0, ANGLE_STIFFNESS};
            }
        }
    }
    return IL_OK;
}

il_status ili_chain_set_create(il_context *ctx, const ili_polymer_unit *unit, int32_t n_chains,
                               const int *degree, ili_chain_set *out) {
    ili_chain_set set = {.n_chains = n_chains};
    int32_t *start = NULL, *neighbour = NULL;
    il_status status = IL_OK;
    size_t total = 0;
    *out = set;
    for (int32_t c = 0; c < n_chains; c++)
        total += (size_t)unit->fragment[ILI_HEAD].n_atoms + (size_t)unit->fragment[ILI_TAIL].n_atoms +
                 (size_t)degree[c] * (size_t)unit->fragment[ILI_REPEAT].n_atoms;
    set.atoms = ili_alloc(total, sizeof *set.atoms);
    set.first = ili_alloc((size_t)n_chains + 1, sizeof *set.first);
    if (!set.atoms || !set.first) IL_GO(ili_no_memory(ctx, "the chains"));
    for (int32_t c = 0; c < n_chains; c++) {
        int32_t joint[3];
        IL_GO(add_fragment(ctx, unit, ILI_HEAD, &set, joint));
        for (int k = 0; k < degree[c]; k++) IL_GO(add_fragment(ctx, unit, ILI_REPEAT, &set, joint));
        IL_GO(add_fragment(ctx, unit, ILI_TAIL, &set, joint));
        set.first[c + 1] = set.n_atoms;
    }
    IL_GO(list_neighbours(ctx, &set, &start, &neighbour));
    IL_GO(list_excluded(ctx, &set, start, neighbour));
    IL_GO(list_springs(ctx, unit, &set, start, neighbour));
    *out = set;
out:
    ili_free(start);
    ili_free(neighbour);
    if (status != IL_OK) ili_chain_set_free(&set);
    return status;
}

void ili_chain_set_free(ili_chain_set *set) {
    ili_free(set->first);
    ili_free(set->atoms);
    ili_free(set->excluded_start);
    ili_free(set->excluded);
    ili_free(set->springs);
    ili_free(set->radius);
    *set = (ili_chain_set){0};
}

void ili_chain_place(const ili_chain_atom *a, double phi, const double (*x)[3], double out[3]) {
    const double *xc = x[a->ref[0]], *xb = x[a->ref[1]], *xa = x[a->ref[2]];
    double bc[3], ab[3], n[3], m[3];
    ili_sub(xc, xb, bc);
    ili_sub(xb, xa, ab);
    double length = ili_norm(bc);
    for (int k = 0; k < 3; k++) bc[k] /= length;
    ili_cross(ab, bc, n);
    length = ili_norm(n);
    for (int k = 0; k < 3; k++) n[k] /= length;
    ili_cross(n, bc, m); /* points to the side of a */
    double along = -a->r * cos(a->theta), across = a->r * sin(a->theta);
    for (int k = 0; k < 3; k++) out[k] = xc[k] + along * bc[k] + across * (cos(phi) * m[k] + sin(phi) * n[k]);
}

il_status ili_chain_set_system(il_context *ctx, const ili_polymer_unit *unit, const ili_chain_set *set,
                               const ili_cell *cell, il_system **out) {
    static const double origin[3];
    il_system *sys;
    IL_TRY(ili_system_create(ctx, &sys));
    il_status status = IL_OK;
    sys->cell = *cell;
    for (int32_t s = 0, index; s < unit->n_species; s++) {
        IL_GO(ili_system_species(ctx, sys, unit->species[s].name, unit->species[s].z, &index));
        sys->species[index].charge = unit->species[s].charge;
    }
    for (int32_t i = 0; i < set->n_atoms; i++) IL_GO(ili_system_add(ctx, sys, set->atoms[i].species, origin));
    IL_GO(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    IL_GO(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
    for (int32_t c = 0; c < set->n_chains; c++)
        for (int32_t i = set->first[c]; i < set->first[c + 1]; i++) {
            sys->charge[i] = unit->species[sys->type[i]].charge;
            sys->molecule[i] = c + 1;
            if (set->atoms[i].ref[0] >= 0) IL_GO(ili_system_add_bond(ctx, sys, set->atoms[i].ref[0], i));
        }
out:
    if (status != IL_OK) il_system_destroy(&sys);
    *out = sys;
    return status;
}

static void fill_radii(const il_system *sys, double *radius) {
    for (int32_t i = 0; i < sys->n_atoms; i++)
        radius[i] = sys->species[sys->type[i]].z == 1 ? ILI_RADIUS_HYDROGEN : ILI_RADIUS_HEAVY;
}

il_status ili_chain_set_body(il_context *ctx, ili_chain_set *set, const il_system *chains,
                             const il_system *obstacles, double z_low, double z_high, ili_soft_body *body) {
    int32_t n = chains->n_atoms, m = obstacles ? obstacles->n_atoms : 0;
    ili_free(set->radius);
    set->radius = ili_alloc((size_t)n + (size_t)m, sizeof *set->radius);
    if (!set->radius) return ili_no_memory(ctx, "the chains");
    fill_radii(chains, set->radius);
    if (m) fill_radii(obstacles, set->radius + n);
    *body = (ili_soft_body){.cell = chains->cell,
                            .n = n,
                            .n_fixed = m,
                            .radius = set->radius,
                            .fixed = m ? (const double(*)[3])obstacles->x : NULL,
                            .z_low = z_low,
                            .z_high = z_high,
                            .excluded_start = set->excluded_start,
                            .excluded = set->excluded,
                            .n_springs = set->n_springs,
                            .springs = set->springs};
    return IL_OK;
}

double ili_chain_centre(const il_system *sys, int32_t begin, int32_t end, double centre[3]) {
    double mass = 0.0;
    memset(centre, 0, 3 * sizeof *centre);
    for (int32_t i = begin; i < end; i++) {
        double m = ili_element_of(sys->species[sys->type[i]].z)->mass;
        mass += m;
        for (int k = 0; k < 3; k++) centre[k] += m * sys->x[i][k];
    }
    for (int k = 0; k < 3; k++) centre[k] /= mass;
    return mass;
}

/** Put atoms begin .. end - 1, which are one molecule, back into the cell. */
static void wrap_molecule(const ili_cell *cell, il_system *sys, int32_t begin, int32_t end) {
    double centre[3], wrapped[3];
    ili_chain_centre(sys, begin, end, centre);
    memcpy(wrapped, centre, sizeof wrapped);
    ili_cell_wrap(cell, wrapped);
    for (int32_t i = begin; i < end; i++)
        for (int k = 0; k < 3; k++) sys->x[i][k] += wrapped[k] - centre[k];
}

void ili_molecules_wrap(il_system *sys, bool is_gap) {
    ili_cell cell = sys->cell;
    cell.pbc[2] = cell.pbc[2] && !is_gap;
    for (int32_t begin = 0, end; begin < sys->n_atoms; begin = end) {
        for (end = begin + 1; end < sys->n_atoms && sys->molecule[end] == sys->molecule[begin]; end++) {
        }
        wrap_molecule(&cell, sys, begin, end);
    }
}

/** Rows of the guests in the list of excluded atoms: the other atoms of the molecule. */
static il_status exclude_guests(il_context *ctx, ili_chain_set *set, const il_system *guests,
                                size_t n_pairs) {
    size_t n = (size_t)set->n_atoms, m = (size_t)guests->n_atoms, old = (size_t)set->excluded_start[n];
    int32_t *start = ili_alloc(n + m + 1, sizeof *start), *list = ili_alloc(old + 2 * n_pairs, sizeof *list);
    if (!start || !list) {
        ili_free(start);
        ili_free(list);
        return ili_no_memory(ctx, "the guests");
    }
    memcpy(start, set->excluded_start, (n + 1) * sizeof *start);
    memcpy(list, set->excluded, old * sizeof *list);
    for (int32_t i = 0; i < guests->n_atoms; i++) {
        int32_t *end = &start[n + (size_t)i + 1];
        *end = start[n + (size_t)i];
        for (int32_t j = 0; j < guests->n_atoms; j++)
            if (j != i && guests->molecule[j] == guests->molecule[i]) list[(*end)++] = set->n_atoms + j;
    }
    ili_free(set->excluded_start);
    ili_free(set->excluded);
    set->excluded_start = start;
    set->excluded = list;
    return IL_OK;
}

il_status ili_chain_set_add_guests(il_context *ctx, ili_chain_set *set, const il_system *guests) {
    size_t n_pairs = 0;
    for (int32_t i = 0; i < guests->n_atoms; i++)
        for (int32_t j = 0; j < i; j++) n_pairs += guests->molecule[j] == guests->molecule[i];
    size_t capacity = (size_t)set->n_springs;
    if (!ILI_GROW(set->springs, capacity + n_pairs, capacity)) return ili_no_memory(ctx, "the guests");
    IL_TRY(exclude_guests(ctx, set, guests, n_pairs));
    for (int32_t i = 0; i < guests->n_atoms; i++)
        for (int32_t j = 0; j < i; j++) {
            double d[3];
            if (guests->molecule[j] != guests->molecule[i]) continue;
            ili_sub(guests->x[i], guests->x[j], d);
            set->springs[set->n_springs++] =
                (ili_spring){set->n_atoms + j, set->n_atoms + i, ili_norm(d), GUEST_STIFFNESS};
        }
    set->n_guests = guests->n_atoms;
    return IL_OK;
}
