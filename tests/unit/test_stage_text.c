/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "harness.h"

#include "math/units.h"
#include "md/md.h"
#include "task/md_options.h"

static ili_stage_text stage(const char *text) {
    ili_stage_text s;
    CHECK_OK(ili_stage_read(ctx, text, "here", &s));
    return s;
}

TEST(quantities_and_their_units) {
    ili_stage_text s = stage("npt 300-900 K 20 ps");
    CHECK(s.ensemble == ILI_NPT);
    CHECK(s.temperature[0] == 300.0 && s.temperature[1] == 900.0);
    CHECK(s.time == 20e3 && isnan(s.pressure[0]));
    CHECK(s.thermostat == -1 && s.barostat == -1 && s.cell_mode == -1);
    s = stage("nve 5 ps");
    CHECK(s.ensemble == ILI_NVE && s.time == 5e3 && isnan(s.temperature[0]) && isnan(s.temperature[1]));
    s = stage("  npt 0.1ns 1e2-1.5e2K -1--0.5 GPa");
    CHECK(s.time == 1e5 && s.temperature[0] == 100.0 && s.temperature[1] == 150.0);
    CHECK_NEAR(s.pressure[0], -1.0 / ILI_GPA, 1e-18);
    CHECK_NEAR(s.pressure[1], -0.5 / ILI_GPA, 1e-18);
    s = stage("npt 1000 bar 250 fs");
    CHECK_NEAR(s.pressure[0], 0.1 / ILI_GPA, 1e-17);
    CHECK(s.pressure[1] == s.pressure[0] && s.time == 250.0);
    s = stage("npt nose-hoover mtk z 5 MPa 1 ps");
    CHECK(s.thermostat == ILI_THERMOSTAT_NOSE_HOOVER && s.barostat == ILI_BAROSTAT_MTK &&
          s.cell_mode == ILI_CELL_Z);
    CHECK_NEAR(s.pressure[0], 5e-3 / ILI_GPA, 1e-18);
}

/** The text is refused with a message that begins with the place and holds both words. */
static void refused(const char *text, const char *first, const char *second) {
    ili_stage_text s;
    CHECK_STATUS(ili_stage_read(ctx, text, "job.yaml:4", &s), IL_E_USAGE);
    if (strncmp(il_message(ctx), "job.yaml:4: ", 12) == 0 && strstr(il_message(ctx), first) &&
        strstr(il_message(ctx), second))
        return;
    fprintf(stderr, "'%s' was answered '%s', expected '%s' and '%s'\n", text, il_message(ctx), first, second);
    CHECK(!"the message names place, find and expectation");
}

TEST(what_cannot_be_read_is_refused) {
    refused("npv 300 K 1 ps", "'npv'", "did you mean 'npt'?");
    refused("", "empty", "nvt 300 K");
    refused("   ", "empty", "nvt 300 K");
    refused("nvt 300 K", "no length", "10 ps");
    refused("nvt 300 C 1 ps", "'C'", "K; GPa");
    refused("nvt 300 k 1 ps", "'k'", "did you mean 'K'?");
    refused("nvt 300 K 1 pss", "'pss'", "did you mean 'ps'?");
    refused("nvt 300", "''", "a unit");
    refused("nvt 3o0 K 1 ps", "3o", "");
    refused("nvt 300- K 1 ps", "300-", "range");
    refused("nvt 300-400-500 K 1 ps", "300-400-500", "range");
    refused("nvt 300 K 1-2 ps", "1-2", "one number");
    refused("nvt 300 K 400 K 1 ps", "400 K", "once");
    refused("nvt 0 K 1 ps", "0 K", "from 0.001");
    refused("nvt -5 K 1 ps", "-5 K", "from 0.001");
    refused("nvt 300 K 0 ps", "0 ps", "time");
    refused("nvt 300 K -1 ps", "-1 ps", "time");
    refused("nvt 1 GPa 1 ps", "pressure", "npt");
    refused("nve 300-400 K 1 ps", "ramp", "nvt");
    refused("nve csvr 1 ps", "'csvr'", "no thermostat in nve");
    refused("nvt scr 1 ps", "'scr'", "but in npt");
    refused("npt nose-hover 1 ps", "'nose-hover'", "did you mean 'nose-hoover'?");
    refused("npt csvr langevin 1 ps", "'langevin'", "one thermostat");
    refused("nvt nan K 1 ps", "'nan'", "");
    refused("npt 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "", "too many words");
    refused(
        "nvt 300 K 1 ps 3000000000000000000000000000000000000000000000000000000000000000000000000000000 K",
        "longer than", "");
}

TEST(lists_of_stages) {
    ili_stage_text s[ILI_STAGES_MAX];
    char many[512] = "nve 1 ps";
    int n;
    CHECK_OK(ili_stages_read(ctx, "npt 300-900 K 20 ps, nvt 600 K 10 ps,nve 5 ps", "here", s, &n));
    CHECK(n == 3 && s[0].ensemble == ILI_NPT && s[1].ensemble == ILI_NVT && s[2].ensemble == ILI_NVE);
    CHECK(strcmp(s[1].text, "nvt 600 K 10 ps") == 0);
    CHECK_OK(ili_stages_read(ctx, "", "here", s, &n));
    CHECK(n == 0);
    CHECK_STATUS(ili_stages_check(ctx, "nve 1 ps,,nve 1 ps", "here"), IL_E_USAGE);
    for (int k = 1; k < ILI_STAGES_MAX; k++) strcat(many, ",nve 1 ps");
    CHECK_OK(ili_stages_check(ctx, many, "here"));
    strcat(many, ",nve 1 ps");
    CHECK_STATUS(ili_stages_check(ctx, many, "here"), IL_E_USAGE);
}

TEST(options_fill_what_a_stage_leaves_open) {
    const ili_md_choice choice = {.thermostat = "langevin",
                                  .barostat = "mtk",
                                  .cell = "aniso",
                                  .constraints = "h-bonds",
                                  .trajectory = "none",
                                  .dt = 2.0,
                                  .tau_t = 0.5,
                                  .tau_p = 3.0,
                                  .pressure = 1.0,
                                  .compressibility = 0.02,
                                  .hydrogen_mass = NAN,
                                  .trajectory_every = 1.0,
                                  .thermo_every = 0.1,
                                  .checkpoint_every = 1e-6,
                                  .inner_pairs = 2,
                                  .inner_bonded = 3};
    ili_run_plan plan = {0};
    ili_stage_text s = stage("npt 1 ps");
    ili_md_options o = ili_md_choice_stage(&choice, &s, 450.0, 7).options;
    CHECK(o.dt == 2.0 && o.n_steps == 500 && o.seed == 7 && o.inner_pairs == 2 && o.inner_bonded == 3);
    CHECK(o.temperature == 450.0 && o.temperature_end == 450.0 && o.tau_t == 500.0 && o.tau_p == 3000.0);
    CHECK(o.thermostat == ILI_THERMOSTAT_LANGEVIN && o.barostat == ILI_BAROSTAT_MTK &&
          o.cell_mode == ILI_CELL_ANISO);
    CHECK(o.constrain_hydrogens && o.hydrogen_mass == 0.0);
    CHECK_NEAR(o.pressure, 1.0 / ILI_GPA, 1e-18);
    CHECK_NEAR(o.compressibility, 0.02 * ILI_GPA, 1e-14);
    s = stage("npt csvr scr full 100-200 K 2 GPa 1 ps");
    o = ili_md_choice_stage(&choice, &s, 450.0, 7).options;
    CHECK(o.thermostat == ILI_THERMOSTAT_CSVR && o.barostat == ILI_BAROSTAT_SCR &&
          o.cell_mode == ILI_CELL_FULL);
    CHECK(o.temperature == 100.0 && o.temperature_end == 200.0);
    CHECK_NEAR(o.pressure_end, 2.0 / ILI_GPA, 1e-18);
    s = stage("nve 1 ps");
    o = ili_md_choice_stage(&choice, &s, 450.0, 7).options;
    CHECK(o.thermostat == ILI_THERMOSTAT_NONE && o.barostat == ILI_BAROSTAT_NONE && o.temperature == 450.0);
    ili_md_choice_plan(&choice, &plan);
    CHECK(plan.trajectory_every == 0 && plan.trajectory_ending == NULL);
    CHECK(plan.thermo_every == 50 && plan.checkpoint_every == 1);
}

TESTS(RUN(quantities_and_their_units), RUN(what_cannot_be_read_is_refused), RUN(lists_of_stages),
      RUN(options_fill_what_a_stage_leaves_open))
