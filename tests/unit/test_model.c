/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Reading model files: the files in potentials/, what is refused and where, mixing, units, includes. */
#include "harness.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "ff/eam.h"
#include "ff/model.h"
#include "math/units.h"

#include <unistd.h>

static char folder[64];

/** Write a model file to a folder of this test. */
static const char *put(const char *name, const char *text) {
    static char path[128];
    if (!folder[0]) {
        strcpy(folder, P_tmpdir "/interlith-test-XXXXXX");
        if (!mkdtemp(folder)) abort();
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(ili_write_file(ctx, path, text));
    return path;
}

static void clean(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    if (folder[0] && system(command) != 0) abort();
    folder[0] = 0;
}

#define HEAD(state)                                                                                          \
    "name: t\ntitle: a test\ndate: 2026-01-01\ncitation: nobody\nstatus: " state                             \
    "\nunits: {length: angstrom, energy: eV}\n"
/* Six lines; the body begins on line 7. */

static il_model *model;

static il_status read_text(const char *body) {
    char text[4096];
    il_model_destroy(&model);
    snprintf(text, sizeof text, HEAD("published") "%s", body);
    return il_model_read(ctx, put("t.yaml", text), &model);
}

static void refused(const char *body, int line, const char *words) {
    char place[32];
    snprintf(place, sizeof place, "/t.yaml:%d: ", line);
    CHECK_STATUS(read_text(body), IL_E_INPUT);
    CHECK(model == NULL);
    bool is_right = strstr(il_message(ctx), place) && strstr(il_message(ctx), words);
    CHECK(is_right);
    if (!is_right) fprintf(stderr, "  wanted '%s' and '%s', got: %s\n", place, words, il_message(ctx));
}

#define AB "species:\n  A: {element: Li, phase: x}\n  B: {element: O, phase: y}\n"
#define LJ "terms:\n  - form: lj\n    source: s\n    cutoff: 9\n    pairs:\n"

TEST(refusals_name_file_line_and_cure) {
    refused("specis: {}\n", 7, "unknown key 'specis', did you mean 'species'?");
    refused(AB LJ "      A-A: {epsilon: 1, sigma: 2}\n", 11, "the pair A-B has no short-range term");
    refused(AB LJ "      x-y: {epsilon: 1, sigma: 2}\n      A-A: {epsilon: 1, sigma: 2}\n      B-A: "
                  "{epsilon: 1, sigma: 2}\n",
            17, "A-B is given twice with the form lj");
    refused(AB LJ "      A-C: {epsilon: 1, sigma: 2}\n", 15, "'C' is no species");
    refused(AB LJ "      A-B-A: {epsilon: 1, sigma: 2}\n", 15, "expected 2 species");
    refused(AB LJ "      A-B: {epsilon: 1, sigma: 2}\n      A-B: {epsilon: 1, sigma: 2}\n", 16,
            "given twice (first on line 15)");
    refused(AB LJ "      A-B: {epsilon: 1, sigm: 2}\n", 15, "did you mean 'sigma'");
    refused(AB LJ "      A-B: {epsilon: 1}\n", 15,
            "'sigma' (distance of zero energy) of the form lj is missing");
    refused(AB LJ "      A-B: {epsilon: 1, sigma: nan}\n", 15, "expected a number");
    refused(AB LJ "      A-B: {epsilon: -1, sigma: 2}\n", 15, "expected a number from 0");
    refused(AB "terms:\n  - {form: lk, source: s, pairs: {}}\n", 11, "form: found 'lk', expected one of");
    refused(AB "terms:\n  - {form: lj, source: s, bonds: {A-B: {epsilon: 1, sigma: 2}}}\n", 11,
            "acts on pairs, found bonds");
    refused(AB "terms:\n  - {form: lj, source: s, units: {energy: Ry}, pairs: {}}\n", 11,
            "expected one of: eV, kJ/mol, kcal/mol");
    refused(
        AB
        "terms:\n  - {form: lj, source: s, pairs: {A-A: {epsilon: 1, sigma: 2}}}\nnone: {A-B: r, B-B: r}\n",
        11, "A-A has no cut-off");
    refused(AB LJ "      A-B: {epsilon: 1, sigma: 2}\nnone:\n  A-A: r\n  B-B: r\n  A-B: r\n", 19,
            "has a term and stands under none");
    refused("species: {A-B: {element: Li, phase: x}}\n", 7, "has a '-'");
    refused("species: {A: {element: Xx, phase: x}}\n", 7, "no symbol of an element");
    refused("coulomb: yes\nspecies: {A: {element: Li, phase: x}}\n", 8, "has no charge");
    refused("species: {A: {element: Li, charge: 1, phase: x}}\n", 7, "does not say coulomb: yes");
    refused("species: {A: {element: O, phase: x}}\nterms:\n  - {form: buck, source: s, cutoff: 9, pairs: "
            "{A-A: {A: 1, rho: 0.1, C: 9}}}\n",
            9, "atoms collapse");
    refused("include: [nowhere]\n", 7, "'nowhere' is not found");
    refused("include: [t]\n", 7, "does 't' include itself?");
    clean();
}

TEST(header_is_complete) {
    CHECK_STATUS(il_model_read(ctx, put("u.yaml", HEAD("guess") AB), &model), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "u.yaml:5: status: found 'guess'") != NULL);
    CHECK_STATUS(il_model_read(ctx, put("u.yaml", HEAD("provisional") AB), &model), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "'provisional_note' is missing") != NULL);
    CHECK_STATUS(il_model_read(ctx, put("u.yaml", "name: t\n"), &model), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "'title' is missing") != NULL);
    CHECK_STATUS(il_model_read(ctx, "no_such_model", &model), IL_E_FILE);
    CHECK_STATUS(il_model_read(ctx, "./no_such_model.yaml", &model), IL_E_FILE);
    clean();
}

TEST(units_and_mixing) {
    REQUIRE_OK(read_text(
        AB "terms:\n"
           "  - {form: lj, source: s, cutoff: 9, units: {length: nm, energy: kJ/mol}, mixing: geometric,\n"
           "     species: {A: {epsilon: 0.4, sigma: 0.2}, B: {epsilon: 0.9, sigma: 0.45}}}\n"
           "  - {form: r12, source: s, cutoff: 5, units: {length: nm}, pairs: {A-A: {C: 1e-12}}}\n"
           "  - {form: angle_harmonic, source: s, units: {energy: kcal/mol}, angles: {B-A-A: {k: 2, theta0: "
           "90}}}\n"));
    CHECK(model->n_entries == 5);
    const ili_model_entry *e[4];
    CHECK(ili_model_pair_entries(model, 0, 1, e, 4) == 1);
    CHECK_NEAR(e[0]->p[0], 0.6 * ILI_KJ_MOL, 1e-16);
    CHECK_NEAR(e[0]->p[1], 3.0, 1e-14);
    CHECK(ili_model_pair_entries(model, 0, 0, e, 4) == 2);
    CHECK_NEAR(e[1]->p[0], 1.0, 1e-12); /* 1e-12 nm^12 */
    const ili_model_entry *angle = &model->entries[4];
    CHECK(angle->species[0] == 0 && angle->species[1] == 0 && angle->species[2] == 1);
    CHECK_NEAR(angle->p[0], 2.0 * ILI_KCAL_MOL, 1e-16);
    CHECK_NEAR(angle->p[1], 0.5 * ILI_PI, 1e-15);
    il_model_destroy(&model);
    clean();
}

TEST(zbl_takes_atomic_numbers) {
    REQUIRE_OK(read_text(AB "terms: [{form: zbl, source: s, cutoff: 2, truncation: taper, taper: 0.5, pairs: "
                            "{A-A: {}, B-A: {}, B-B: {}}}]\n"));
    const ili_model_entry *e;
    CHECK(ili_model_pair_entries(model, 0, 1, &e, 1) == 1);
    CHECK_NEAR(e->p[0] * e->p[1], 24.0, 0.0);
    CHECK(e->truncation == ILI_TRUNCATE_TAPER && e->taper == 0.5);
    il_model_destroy(&model);
    clean();
}

TEST(shipped_models) {
    static const struct {
        const char *name;
        int n_species;
        bool has_coulomb, has_eam, is_provisional;
    } rows[] = {{"pmmcs", 13, true, false, false},
                {"li", 1, false, true, false},
                {"pdol", 7, true, false, false},
                {"li-lagp", 6, true, true, true},
                {"li-pdol", 8, true, true, true},
                {"lagp-pdol", 12, true, false, true},
                {"li-pdol-lagp", 13, true, true, true},
                {"lagp-lithiation", 9, true, false, true},
                {"lagp-lithiation-small", 9, true, false, true},
                {"lagp-lithiation-large", 9, true, false, true},
                {"ltp-lithiation", 6, true, false, true}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        il_model *m = NULL;
        REQUIRE_OK(il_model_read(ctx, rows[k].name, &m));
        CHECK(m->n_species == rows[k].n_species);
        CHECK(m->has_coulomb == rows[k].has_coulomb);
        CHECK((m->eam != NULL) == rows[k].has_eam);
        CHECK(m->provisional == rows[k].is_provisional && m->provisional == (m->provisional_note[0] != 0));
        il_model_destroy(&m);
        il_model_destroy(&m);
    }
}

/** All pairs of the three contacts are in their common model with the same numbers and cut-offs, and there is no pair beside. */
TEST(stack_is_its_contacts) {
    static const char *const contacts[] = {"li-lagp", "li-pdol", "lagp-pdol"};
    il_model *all = NULL, *one = NULL;
    int seen[13][13] = {{0}};
    REQUIRE_OK(il_model_read(ctx, "li-pdol-lagp", &all));
    for (int m = 0; m < 3; m++) {
        REQUIRE_OK(il_model_read(ctx, contacts[m], &one));
        for (int32_t a = 0; a < one->n_species; a++)
            for (int32_t b = 0; b < one->n_species; b++) {
                enum { MOST = 4 };
                const ili_model_entry *e[MOST], *f[MOST];
                const int32_t u = ili_model_species_index(all, one->species[a].base.name),
                              v = ili_model_species_index(all, one->species[b].base.name);
                REQUIRE_OK(u >= 0 && v >= 0 ? IL_OK : IL_E_INPUT);
                const int n = ili_model_pair_entries(one, a, b, e, MOST);
                CHECK(n <= MOST && ili_model_pair_entries(all, u, v, f, MOST) == n);
                seen[u][v] = 1;
                for (int k = 0; k < n; k++) {
                    CHECK(e[k]->form == f[k]->form && memcmp(e[k]->p, f[k]->p, sizeof e[k]->p) == 0);
                    CHECK((isnan(e[k]->cutoff) ? one->short_cutoff : e[k]->cutoff) ==
                          (isnan(f[k]->cutoff) ? all->short_cutoff : f[k]->cutoff));
                    CHECK(e[k]->truncation == f[k]->truncation && e[k]->taper == f[k]->taper);
                }
            }
        il_model_destroy(&one);
    }
    for (int a = 0; a < 13; a++)
        for (int b = 0; b < 13; b++) CHECK(seen[a][b]);
    il_model_destroy(&all);
}

TEST(includes_keep_numbers) {
    il_model *own = NULL, *contact = NULL;
    REQUIRE_OK(il_model_read(ctx, "pmmcs", &own));
    REQUIRE_OK(il_model_read(ctx,
                             put("c.yaml",
                                 HEAD("published") "defaults: {short_cutoff: 9}\n"
                                                   "include: [li-lagp, {model: pmmcs, species: [Ge, O]}]\n"),
                             &contact));
    CHECK(contact->n_species == 6 && contact->provisional); /* met twice, kept once */
    const ili_model_entry *a, *b;
    int32_t ge = ili_model_species_index(own, "Ge"), o = ili_model_species_index(own, "O");
    CHECK(ili_model_pair_entries(own, ge, o, &a, 1) == 1);
    ge = ili_model_species_index(contact, "Ge");
    o = ili_model_species_index(contact, "O");
    CHECK(ili_model_pair_entries(contact, ge, o, &b, 1) == 1);
    CHECK(memcmp(a->p, b->p, sizeof a->p) == 0);
    CHECK(isnan(a->cutoff) && b->cutoff == 12.0); /* the included default is written out */
    CHECK(contact->short_cutoff == 9.0 && strcmp(own->hash, contact->hash) != 0);
    CHECK(contact->eam_kind[ili_model_species_index(contact, "Li0")] == 0);
    CHECK(contact->eam_kind[o] == 1 && ili_eam_reach(contact->eam, 0, 1) == 4.0); /* donates density */
    il_model_destroy(&own);
    il_model_destroy(&contact);
    REQUIRE_OK(il_model_read(ctx, put("e.yaml", HEAD("published") "include: [li, li-lagp, li]\n"), &contact));
    CHECK(contact->eam_kind[ili_model_species_index(contact, "O")] == 1 && contact->donor_source[0]);
    il_model_destroy(&contact);
    CHECK_STATUS(il_model_read(ctx,
                               put("e.yaml", HEAD("published") "include: [li-lagp]\neam_donors: "
                                                               "{source: s, species: {Ge: {B: 1, R: 4}}}\n"),
                               &contact),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "has donors of density already") != NULL);
    CHECK_STATUS(il_model_read(ctx,
                               put("e.yaml", HEAD("published") "include: [pmmcs]\neam_donors: "
                                                               "{source: s, species: {O: {B: 1, R: 4}}}\n"),
                               &contact),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "without an eam block") != NULL);
    CHECK_STATUS(il_model_read(ctx, put("d.yaml", HEAD("published") "include: [li, pmmcs]\n"), &contact),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "the pair Li0-Li has no short-range term") != NULL);
    CHECK_STATUS(il_model_read(ctx,
                               put("e.yaml", HEAD("published") "include: [{model: pmmcs, species: [Xe]}]\n"),
                               &contact),
                 IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "'pmmcs' has no species 'Xe'") != NULL);
    clean();
}

/** A table beside the model file; its bytes count in the hash. */
TEST(a_term_takes_the_place_of_an_included_none) {
    il_model *m = NULL;
    REQUIRE_OK(
        il_model_read(ctx,
                      put("f.yaml", HEAD("published") "coulomb: yes\n"
                                                      "include: [{model: pmmcs, species: [Li, Ge, O]}]\n"
                                                      "terms:\n  - {form: born_mayer, source: s, cutoff: 4, "
                                                      "pairs: {Li-Ge: {A: 1, rho: 1}}}\n"),
                      &m));
    int32_t li = ili_model_species_index(m, "Li"), ge = ili_model_species_index(m, "Ge");
    const ili_model_entry *e;
    CHECK(ili_model_pair_entries(m, li, ge, &e, 1) == 1 && e->cutoff == 4.0);
    CHECK(!m->no_pair_reason[li * m->n_species + ge] && !m->no_pair_reason[ge * m->n_species + li]);
    CHECK(m->no_pair_reason[li * m->n_species + li] != NULL);
    il_model_destroy(&m);
    clean();
}

TEST(embedded_atoms_from_a_file) {
    char hash[17];
    const char *body = "species:\n  M: {element: Li, phase: metal}\n"
                       "eam: {source: s, species: {M: Li}, file: t.alloy}\n";
    const char *table =
        "a\nb\nc\n1 Li\n6 1.0 6 1.0 4.5\n3 6.94 3.51 bcc\n0 -1 -1.4 -1.7 -2 -2.2\n1 .8 .5 .2 0 0\n"
        "2 1 .5 .2 0 %s\n";
    char text[256];
    snprintf(text, sizeof text, table, "0");
    put("t.alloy", text);
    REQUIRE_OK(read_text(body));
    CHECK(model->eam != NULL && model->eam_kind[0] == 0);
    memcpy(hash, model->hash, sizeof hash);
    snprintf(text, sizeof text, table, "0.0");
    put("t.alloy", text);
    REQUIRE_OK(read_text(body));
    CHECK(strcmp(hash, model->hash) != 0);
    il_model_destroy(&model);
    refused("species:\n  M: {element: Na, phase: metal}\neam: {source: s, species: {M: Na}, file: t.alloy}\n",
            9, "M: found 'Na', expected one of: Li");
    clean();
}

/** The first example of the format's description is a model. */
TEST(documented_example) {
    static const char open[] = "```yaml\n", close[] = "```";
    char *text = NULL;
    REQUIRE_OK(ili_read_file(ctx, "docs/formats.md", 1 << 20, &text, NULL));
    char *start = strstr(text, open), *stop = start ? strstr(start + sizeof open, close) : NULL;
    CHECK(stop != NULL);
    if (stop) {
        *stop = 0;
        REQUIRE_OK(il_model_read(ctx, put("example.yaml", start + sizeof open - 1), &model));
        CHECK(strcmp(model->name, "example") == 0 && model->n_species == 4 && model->provisional);
        il_model_destroy(&model);
    }
    ili_free(text);
    clean();
}

TEST(survives_every_failed_allocation) {
    il_status status = IL_E_MEMORY;
    for (long n = 1; n < 5000 && status == IL_E_MEMORY; n += n < 200 ? 1 : 37) {
        il_model *m = NULL;
        ili_alloc_fail_at(n);
        status = il_model_read(ctx, "li-lagp", &m);
        ili_alloc_fail_at(0);
        CHECK((status == IL_OK) == (m != NULL));
        il_model_destroy(&m);
    }
    CHECK_STATUS(status, IL_OK);
}

TESTS(RUN(refusals_name_file_line_and_cure); RUN(header_is_complete); RUN(units_and_mixing);
      RUN(zbl_takes_atomic_numbers); RUN(shipped_models), RUN(stack_is_its_contacts);
      RUN(includes_keep_numbers); RUN(a_term_takes_the_place_of_an_included_none);
      RUN(embedded_atoms_from_a_file); RUN(documented_example); RUN(survives_every_failed_allocation))
