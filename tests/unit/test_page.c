/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "task/page.h"

#include <sys/stat.h>

/** A folder with one result, and the page made of it. */
typedef struct folder {
    char dir[256], json[300], page[300];
} folder;

static void folder_make(folder *f, const char *verb, const char *text) {
    snprintf(f->dir, sizeof f->dir, "%s/interlith-test-XXXXXX", P_tmpdir);
    CHECK(mkdtemp(f->dir) != NULL);
    snprintf(f->json, sizeof f->json, "%s/%s.json", f->dir, verb);
    snprintf(f->page, sizeof f->page, "%s/report.html", f->dir);
    scratch_write(f->json, text, strlen(text));
}

static void folder_remove(const folder *f) {
    unlink(f->json);
    unlink(f->page);
    CHECK(rmdir(f->dir) == 0); /* nothing else was left there */
}

static il_status make_page(const folder *f) {
    il_report *report = NULL;
    il_status status = ili_report_create(ctx, &report);
    if (status == IL_OK) status = ili_webpage_make(ctx, report, f->dir, f->dir);
    il_report_destroy(&report);
    return status;
}

/** Does the page of this result say all of these texts? */
static void check_says(const char *verb, const char *result, const char *const *texts) {
    folder f;
    char *page = NULL;
    folder_make(&f, verb, result);
    CHECK_OK(make_page(&f));
    CHECK_OK(ili_read_file(ctx, f.page, 1 << 20, &page, NULL));
    for (; page && *texts; texts++)
        if (!strstr(page, *texts)) {
            fprintf(stderr, "the page of %s does not say '%s'\n", verb, *texts);
            CHECK(!"the page says what it should");
        }
    ili_free(page);
    folder_remove(&f);
}

static const char MD[] =
    "{\"natoms\": 8, \"formula\": \"LiF\", \"stages\": [{\"stage\": \"a\", \"temperature_K\": {\"value\": 1, "
    "\"sigma\": 0.5}},"
    " {\"stage\": \"nvt <b>\", \"temperature_K\": {\"value\": 300.1234, \"sigma\": 2.345}, \"pressure_GPa\": "
    "{\"value\": null},"
    " \"volume_A3\": {\"value\": 81.25, \"sigma\": 0.0}, \"density_g_per_cm3\": {\"value\": 2.123456, "
    "\"sigma\": null}}],"
    " \"options\": {\"dt\": 0.5, \"temperature\": 300.0, \"repeat\": \"2,1,1\"}, \"status\": \"done\","
    " \"engine\": {\"name\": \"lammps\", \"version\": \"2025\", \"substituted\": [\"a table for a form\"]},"
    " \"provenance\": {\"verb\": \"md\", \"inputs\": [{\"path\": \"x/final.extxyz\", \"fnv1a64\": "
    "\"0123\"}]}}";

TEST(the_last_stage_is_the_answer) {
    static const char *const texts[] = {"<h1>Molecular dynamics of LiF</h1>",
                                        "300.1<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                                        "2.3</span>",
                                        "81.25 <span class=\"unit\">", /* sigma 0: fixed */
                                        "2.12 <span class=\"unit\">",
                                        "Its uncertainty is not known.",
                                        "A slab or a cluster has no volume",
                                        "nvt &lt;b&gt;",
                                        "<code>repeat 2,1,1</code>",
                                        "lammps 2025",
                                        "Other in lammps than in the model: a table for a form",
                                        "The run gave none.",
                                        NULL};
    check_says("md", MD, texts);
}

TEST(options_as_preset_are_not_repeated) {
    folder f;
    char *page = NULL;
    folder_make(&f, "md", MD);
    CHECK_OK(make_page(&f));
    CHECK_OK(ili_read_file(ctx, f.page, 1 << 20, &page, NULL));
    CHECK(page && strstr(page, "<code>dt 0.5</code>") && !strstr(page, "<code>temperature"));
    ili_free(page);
    folder_remove(&f);
}

TEST(intervals_end_at_the_place_of_the_error) {
    static const char *const texts[] = {"95\xc2\xa0% interval: 0.20 to 0.81",
                                        "0.51<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                                        "0.14</span>",
                                        "95\xc2\xa0% interval: 2.0\xc2\xa0\xc3\x97\xc2\xa0"
                                        "10<sup>\xe2\x88\x92"
                                        "11</sup> to 5.1\xc2\xa0\xc3\x97\xc2\xa0"
                                        "10<sup>8</sup>",
                                        "= 49<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                                        "13</span> <span class=\"unit\">kJ/mol",
                                        NULL};
    check_says("diffuse",
               "{\"Ea_eV\": {\"value\": 0.5075714, \"sigma\": 0.1368198, \"low_95\": 0.2018, \"high_95\": "
               "0.8133}, \"sigma_298K_S_per_m\":"
               " {\"value\": 0.1016, \"sigma\": 0.9756, \"low_95\": 2.03e-11, \"high_95\": 508744169.4}}",
               texts);
}

TEST(a_salt_and_a_curved_law) {
    static const char *const texts[] = {"t<sub>solvent</sub>",
                                        "0.310<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                                        "0.040",
                                        "with anions at rest",
                                        "0.0120<span class=\"error\">",
                                        "VTF T<sub>0</sub>",
                                        "VTF at 298.15 K",
                                        "2.50<span class=\"error\">",
                                        "no curvature seen",
                                        NULL};
    check_says(
        "diffuse",
        "{\"runs\": [{\"name\": \"run-1\", \"sigma_anion_blocked_S_per_m\": {\"value\": 0.012, \"sigma\": "
        "0.0011}, \"species\": {\"Li\": {\"t\": {\"value\": 0.2, \"sigma\": 0.05}, \"t_solvent\": "
        "{\"value\": "
        "0.31, \"sigma\": 0.04}}}}], \"fits\": {\"sigma T\": {\"temperatures_used\": 4, \"vtf\": {\"T0_K\": "
        "{\"value\": 210, \"sigma\": 12}, \"B_K\": {\"value\": 900, \"sigma\": 80}, \"at_298K\": {\"value\": "
        "2.5, \"sigma\": 0.15}, \"is_curved\": false}}}}",
        texts);
}

TEST(lithiation_by_each_method) {
    static const char *const inserted[] = {"Swelling at x = 2",
                                           "10.02<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                                           "0.98</span>",
                                           "NOT intact: 1 of 2 realisations", "not evaluated", NULL};
    static const char *const voltages[] = {"Lithium put in at 2.3 V", "4.50 <span class=\"unit\">per f.u.",
                                           NULL};
    static const char *const contact[] = {"Stress in the plane, 3 layers, lateral strain \xe2\x88\x92"
                                          "1 %",
                                          "6 ions lie over 1", NULL};
    check_says("lithiate",
               "{\"options\": {\"method\": \"insertion\"}, \"x\": [0, 2], \"V_A3_per_fu\": [200, 220.04], "
               "\"V_sigma_A3_per_fu\": [0, 1.96],"
               " \"bonds\": [{\"intact\": 2, \"realisations\": 2}, {\"intact\": 1, \"realisations\": 2}]}",
               inserted);
    check_says(
        "lithiate",
        "{\"options\": {\"method\": \"gcmc\"}, \"voltages\": [{\"voltage_V\": 3.2, \"x\": {\"value\": 0.1}},"
        " {\"voltage_V\": 2.3, \"x\": {\"value\": 4.5, \"sigma\": null}}]}",
        voltages);
    check_says("lithiate",
               "{\"strains\": [{\"strain_lateral\": -0.01, \"samples\": 8, \"steps\": [{\"layers\": 0}, "
               "{\"layers\": 3, \"left_layer\": 6,"
               " \"intact\": 8}]}]}",
               contact);
}

TEST(no_memory_is_told_at_every_request) {
    folder f;
    il_status status = IL_E_MEMORY;
    folder_make(&f, "md", MD);
    for (long n = 1; status != IL_OK && n < 20000; n++) {
        unlink(f.page);
        ili_alloc_fail_at(n);
        status = make_page(&f);
        ili_alloc_fail_at(0);
        CHECK(status == IL_OK || status == IL_E_MEMORY);
        CHECK((status == IL_OK) == (access(f.page, F_OK) == 0));
        if (harness_failures) break;
    }
    CHECK(status == IL_OK);
    folder_remove(&f);
}

TESTS(RUN(the_last_stage_is_the_answer); RUN(options_as_preset_are_not_repeated);
      RUN(intervals_end_at_the_place_of_the_error); RUN(a_salt_and_a_curved_law);
      RUN(lithiation_by_each_method); RUN(no_memory_is_told_at_every_request))
