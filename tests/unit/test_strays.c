/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Layers that keep to their planes and layers that do not, all planted: slabs that move, a film that swells, a liquid that comes and
 *  goes, atoms that turn around the period. */
#include "harness.h"

#include "analysis/strays.h"

enum { PER_LAYER = 20, ATOMS = 3 * PER_LAYER + 2, FRAMES = 101 };
static const double PERIOD = 40.0, MARGIN = 1.0;
static const double BOUNDS[] = {0.25, 0.5, 0.75,
                                1.25}; /* 10, 10 and 20 A, the last one cut by the face of the cell */

static ili_strays *make(bool is_periodic) {
    static bool counts[ATOMS];
    ili_strays *r = NULL;
    for (int i = 0; i < ATOMS; i++) counts[i] = i < 3 * PER_LAYER;
    const ili_strays_plan plan = {
        .n_atoms = ATOMS,
        .counts = counts,
        .cell = {.h = {{10, 0, 0}, {0, 10, 0}, {4, -7, PERIOD}}, .pbc = {true, true, is_periodic}},
        .axis = 2,
        .n_layers = 3,
        .bounds = BOUNDS,
        .margin = MARGIN};
    CHECK_OK(ili_strays_create(ctx, &plan, &r));
    return r;
}

/** Atom i of a layer, evenly from plane to plane, in whatever period. */
static double start_of(int i) {
    const int layer = i / PER_LAYER;
    return BOUNDS[layer] + (BOUNDS[layer + 1] - BOUNDS[layer]) * (i % PER_LAYER + 0.5) / PER_LAYER + i % 3 -
           1;
}

/** Frames f of FRAMES with heights (angstrom) beside the start; the two atoms that are followed go far. */
static ili_strays *play(double (*beside)(int i, double part), int save_at) {
    static double s[ATOMS][3];
    ili_strays *r = make(true);
    for (int f = 0; f < FRAMES; f++) {
        for (int i = 0; i < ATOMS; i++)
            s[i][2] =
                i < 3 * PER_LAYER ? start_of(i) + beside(i, (double)f / (FRAMES - 1)) / PERIOD : 3.0 * f;
        ili_strays_add(r, (const double(*)[3])s);
        if (f != save_at) continue;
        ili_strays *restored = make(true);
        ili_bytes bytes = {0};
        ili_strays_carry(r, &bytes);
        ili_bytes_rewind(&bytes);
        ili_strays_carry(restored, &bytes);
        CHECK(!bytes.failed && bytes.at == bytes.size);
        ili_bytes_free(&bytes);
        ili_strays_destroy(&r);
        r = restored;
    }
    return r;
}

static double rattle(int i, double part) {
    return 0.9 * sin(40.0 * part) * cos(i);
}
/** The middle layer rises by 6 A. */
static double drift(int i, double part) {
    return i / PER_LAYER == 1 ? 6.0 * part : 0.0;
}
/** All atoms of the lowest one trade places with as many from beyond the planes: half of them 12 A up, half down. */
static double exchange(int i, double part) {
    return i / PER_LAYER == 0 ? (i % 2 ? 12.0 : -12.0) * part : 0.0;
}
/** A whole period: at the same place of the cell, and yet gone. */
static double around(int i, double part) {
    return i == 0 ? PERIOD * part : 0.0;
}

TEST(planted) {
    ili_strays_result own;
    ili_strays *r = play(rattle, -1);
    for (int k = 0; k < 3; k++) {
        own = ili_strays_of(r, k);
        CHECK(own.atoms == PER_LAYER && own.share == 0.0 && fabs(own.shift) < 0.9);
    }
    ili_strays_destroy(&r);
    r = play(drift, -1);
    own = ili_strays_of(r, 1);
    CHECK_NEAR(own.shift, 6.0, 1e-9);
    /* an atom (i + 1/2)/2 A above the lower plane is outside from a rise of 11 - (i + 1/2)/2 on: i 10 from 5.75 A to i 19 from 1.25 A */
    double outside = 0.0;
    for (int i = 0; i < PER_LAYER; i++) outside += fmax(0.0, 1.0 - (11.0 - 0.5 * (i + 0.5)) / 6.0);
    CHECK_NEAR(own.share, outside / PER_LAYER, 0.5 / FRAMES);
    CHECK(own.share > 0.1 && ili_strays_of(r, 0).share == 0.0 && ili_strays_of(r, 2).shift == 0.0);
    ili_strays_destroy(&r);
    r = play(exchange, -1);
    own = ili_strays_of(r, 0);
    CHECK(fabs(own.shift) < 1e-9 && own.share > 0.3 && own.share < 0.6);
    ili_strays_destroy(&r);
    r = play(around, -1);
    own = ili_strays_of(r, 0);
    CHECK_NEAR(own.shift, PERIOD / PER_LAYER, 1e-9);
    CHECK_NEAR(own.share, (1.0 - 10.75 / PERIOD) / PER_LAYER, 1.0 / FRAMES / PER_LAYER);
    CHECK(ili_strays_memory(r) < 10000);
    ili_strays_destroy(&r);
}

TEST(same_bits_from_a_checkpoint) {
    ili_strays *once = play(drift, -1), *twice = play(drift, 60);
    for (int k = 0; k < 3; k++) {
        const ili_strays_result a = ili_strays_of(once, k), b = ili_strays_of(twice, k);
        CHECK(a.atoms == b.atoms && a.share == b.share && a.shift == b.shift);
    }
    ili_strays_destroy(&once);
    ili_strays_destroy(&twice);
}

/** Nothing wraps where the axis does not repeat: atoms outside the stack belong to no layer. */
TEST(open_stack) {
    static double s[ATOMS][3];
    ili_strays *r = make(false);
    for (int i = 0; i < ATOMS; i++) s[i][2] = i < PER_LAYER ? 0.3 : i % 2 ? 0.1 : 1.3;
    for (int f = 0; f < 3; f++) ili_strays_add(r, (const double(*)[3])s);
    CHECK(ili_strays_of(r, 0).atoms == PER_LAYER && ili_strays_of(r, 0).share == 0.0);
    CHECK(ili_strays_of(r, 1).atoms == 0 && isnan(ili_strays_of(r, 1).share) &&
          isnan(ili_strays_of(r, 2).shift));
    ili_strays_destroy(&r);
}

TESTS(RUN(planted), RUN(same_bits_from_a_checkpoint), RUN(open_stack))
