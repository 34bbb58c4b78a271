/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Species, bonded lists and special pairs of small ethers, counted by hand. */
#include "harness.h"

#include "base/alloc.h"
#include "ff/bind.h"

static il_model *model;
static il_system *sys;
static ili_binding bound;

static void begin(const char *name, double edge) {
    CHECK_OK(il_model_read(ctx, name, &model));
    CHECK_OK(ili_system_create(ctx, &sys));
    for (int k = 0; k < 3; k++) sys->cell.h[k][k] = edge;
}

static void end(void) {
    ili_binding_free(&bound);
    ili_binding_free(&bound);
    il_system_destroy(&sys);
    il_model_destroy(&model);
}

static void put(const char *name, double x, double y, double z) {
    int32_t type;
    CHECK_OK(ili_system_species(ctx, sys, name, 0, &type));
    CHECK_OK(ili_system_add(ctx, sys, type, (const double[3]){x, y, z}));
}

/** A zigzag of heavy atoms along x, 1.44 angstrom apart, hydrogens on the carbons; from `x0` on, so that it may cross
 *  the face of the cell. */
static void put_chain(const char *heavy, double x0) {
    int n = (int)strlen(heavy);
    for (int i = 0; i < n; i++) {
        double s = i % 2 ? -1.0 : 1.0, x = x0 + 1.2 * i;
        put((char[2]){heavy[i], 0}, x, 0.4 * s, 0.0);
        if (heavy[i] != 'C') continue;
        for (int h = -1; h <= 1; h += 2) put("H", x, 0.9 * s, 0.95 * h);
        if (i == 0 || i == n - 1) put("H", x + (i ? 1.05 : -1.05), 0.2 * s, 0.0);
    }
}

static int count_type(const char *name) {
    int32_t s = ili_model_species_index(model, name);
    int n = 0;
    for (int32_t i = 0; i < bound.n; i++) n += bound.type[i] == s;
    return n;
}

/** CH3-O-CH2-O-CH2-CH2-O-CH3: 19 bonds; 5 * 6 + 3 angles; 6 * 3 + 9 torsions; no ring, so every pair is met once. */
static void check_chain(void) {
    static const struct {
        const char *name;
        int n;
    } want[] = {{"CE", 2}, {"OS", 3}, {"CO", 1}, {"CT", 2}, {"HCE", 6}, {"HCO", 2}, {"HCT", 4}};
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) CHECK(count_type(want[k].name) == want[k].n);
    CHECK(bound.n_bonds == 19 && bound.n_angles == 33 && bound.n_torsions == 27 && bound.n_specials == 79);
    CHECK_NEAR(bound.total_charge, 0.0, 1e-12);
    int n14 = 0;
    for (int32_t k = 0; k < bound.n_specials; k++) {
        const ili_special_pair *s = &bound.specials[k], *before = s - 1;
        n14 += s->scale_lj == 0.5 && s->scale_coulomb == 0.5;
        CHECK(s->i < s->j);
        CHECK(k == 0 || before->i < s->i || (before->i == s->i && before->j < s->j));
    }
    CHECK(n14 == 27);
    for (int32_t k = 0; k < bound.n_torsions; k++) {
        const ili_bonded_item *t = &bound.torsions[k];
        CHECK(model->entries[t->entry].form->kind == ILI_TORSION);
        int32_t inner = model->entries[t->entry].species[1], type = bound.type[t->atom[1]];
        CHECK(inner == type || model->entries[t->entry].species[2] == type);
    }
}

TEST(perceives_a_chain) {
    begin("pdol", 25.0);
    put_chain("COCOCCOC", 3.0);
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    check_chain();
    end();
    begin("pdol", 25.0); /* through the face of the cell, atoms unwrapped and wrapped */
    put_chain("COCOCCOC", 20.0);
    for (int32_t i = 0; i < sys->n_atoms; i += 2) ili_cell_wrap(&sys->cell, sys->x[i]);
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    check_chain();
    end();
}

/** Hydrogens named after their carbon come before it: the rules need a second round. */
TEST(order_of_atoms_is_free) {
    begin("pdol", 25.0);
    put_chain("COCOCCOC", 3.0);
    for (int32_t i = 0, j = sys->n_atoms - 1; i < j; i++, j--) {
        int32_t type = sys->type[i];
        sys->type[i] = sys->type[j];
        sys->type[j] = type;
        for (int k = 0; k < 3; k++) {
            double x = sys->x[i][k];
            sys->x[i][k] = sys->x[j][k];
            sys->x[j][k] = x;
        }
    }
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    check_chain();
    end();
}

TEST(takes_names_and_bonds_as_given) {
    begin("pdol", 25.0);
    put_chain("COCOCCOC", 3.0);
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    il_system *named;
    REQUIRE_OK(ili_system_create(ctx, &named));
    named->cell = sys->cell;
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        int32_t type;
        CHECK_OK(ili_system_species(ctx, named, model->species[bound.type[i]].base.name,
                                    model->species[bound.type[i]].base.z, &type));
        CHECK_OK(
            ili_system_add(ctx, named, type, (const double[3]){0.5 * i, 0, 0})); /* no geometry to go by */
    }
    for (int32_t k = 0; k < bound.n_bonds; k++)
        CHECK_OK(ili_system_add_bond(ctx, named, bound.bonds[k].atom[0], bound.bonds[k].atom[1]));
    ili_binding_free(&bound);
    REQUIRE_OK(ili_bind(ctx, model, named, false, &bound));
    check_chain();
    il_system_destroy(&named);
    end();
}

/** Names without some of their bonds: an edited structure whose bonds were left behind. */
TEST(names_want_their_bonds) {
    begin("pdol", 25.0);
    put_chain("COC", 3.0);
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    for (int32_t i = 0; i < sys->n_atoms; i++) {
        const char *name = model->species[bound.type[i]].base.name;
        CHECK_OK(ili_system_species(ctx, sys, name, sys->species[sys->type[i]].z, &sys->type[i]));
    }
    for (int32_t k = 0; k < bound.n_bonds; k++)
        CHECK_OK(ili_system_add_bond(ctx, sys, bound.bonds[k].atom[0], bound.bonds[k].atom[1]));
    ili_binding_free(&bound);
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    ili_binding_free(&bound);
    sys->n_bonds--;
    CHECK_STATUS(ili_bind(ctx, model, sys, false, &bound), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "is bonded to") && strstr(il_message(ctx), "check the bonds and labels"));
    end();
}

/** 1,3-dioxolane: the 1-4 pairs along the ring are 1-3 pairs the other way, so 21 - 5 remain. */
TEST(rings_count_the_shorter_way) {
    static const char *const ring = "COCCO";
    begin("pdol", 30.0);
    for (int i = 0; i < 5; i++) put((char[2]){ring[i], 0}, i, 0, 0);
    for (int i = 0; i < 5; i++) CHECK_OK(ili_system_add_bond(ctx, sys, i < 4 ? i : 0, i < 4 ? i + 1 : 4));
    for (int i = 0; i < 5; i++)
        for (int h = 0; h < 2 && ring[i] == 'C'; h++) {
            put("H", i, 1, h);
            CHECK_OK(ili_system_add_bond(ctx, sys, i, sys->n_atoms - 1));
        }
    REQUIRE_OK(ili_bind(ctx, model, sys, false, &bound));
    CHECK(bound.n_bonds == 11 && bound.n_angles == 20 && bound.n_torsions == 21 &&
          bound.n_specials == 11 + 20 + 16);
    int n14 = 0;
    for (int32_t k = 0; k < bound.n_specials; k++) n14 += bound.specials[k].scale_lj > 0.0;
    CHECK(n14 == 16);
    end();
}

static void fails(const char *words) {
    CHECK_STATUS(ili_bind(ctx, model, sys, false, &bound), IL_E_INPUT);
    bool is_right = strstr(il_message(ctx), words) != NULL;
    CHECK(is_right);
    if (!is_right) fprintf(stderr, "  wanted '%s', got: %s\n", words, il_message(ctx));
    CHECK(bound.type == NULL && bound.specials == NULL);
}

TEST(refusals) {
    begin("pdol", 25.0);
    put_chain("COCCC", 3.0); /* CH3-CH2-: no such species */
    fails("the model has no species for atom");
    end();
    begin("pdol", 25.0);
    put_chain("COC", 3.0);
    put("Li", 15, 0, 0);
    fails("no species for atom 10 (Li), bonded to nothing");
    end();
    begin("pdol", 25.0);
    put_chain("COC", 3.0);
    int32_t i = sys->n_atoms;
    put_chain("COC", 12.0);
    CHECK_OK(
        ili_system_species(ctx, sys, "HCO", 1, &sys->type[i + 1])); /* a name that the bonds contradict */
    fails("no bond CE-HCO for the atoms 10-11");
    end();
    begin("pmmcs", 6.0);
    put("Li", 0, 0, 0);
    put("Li", 3, 0, 0);
    put("O", 0, 3, 0);
    put("Na", 3, 3, 0);
    fails("net charge of +0.6 e");
    REQUIRE_OK(ili_bind(ctx, model, sys, true, &bound));
    CHECK_NEAR(bound.total_charge, 0.6, 1e-15);
    CHECK(bound.n_specials == 0);
    end();
    begin("li-lagp", 6.0);
    put("Li3", 0, 0, 0); /* a label, neither of the two lithium species */
    fails("may be Li0 or Li");
    end();
}

TEST(survives_every_failed_allocation) {
    begin("pdol", 25.0);
    put_chain("COCOC", 3.0);
    il_status status = IL_E_MEMORY;
    for (long n = 1; n < 1000 && status == IL_E_MEMORY; n++) {
        ili_alloc_fail_at(n);
        status = ili_bind(ctx, model, sys, false, &bound);
        ili_alloc_fail_at(0);
        CHECK((status == IL_OK) == (bound.type != NULL));
    }
    CHECK_STATUS(status, IL_OK);
    CHECK(bound.n_bonds == 12);
    end();
}

TESTS(RUN(perceives_a_chain); RUN(order_of_atoms_is_free); RUN(takes_names_and_bonds_as_given);
      RUN(names_want_their_bonds); RUN(rings_count_the_shorter_way); RUN(refusals);
      RUN(survives_every_failed_allocation))
