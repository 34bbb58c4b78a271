/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/lammps_script.h"

#include "base/bytes.h"
#include "base/file.h"
#include "math/vec.h"
#include "task/md_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DRIFT_EVERY = 50, CELL_EVERY = 10, SEED_MAX = 900000000, RELAX_ROUNDS = 50 };

static const double FS_PER_PS = 1e3;

static const char *const TABLE =
    "step temp pe ke econserve press vol lx ly lz xy xz yz pxx pyy pzz pyz pxz pxy";

/* ---- the parts of every script ----------------------------------------------------------------------- */

/** A skewed box, or one that shall become skewed. */
static bool is_skewed(const ili_cell *cell) {
    const double(*h)[3] = cell->h;
    double size = ili_norm(h[0]) + ili_norm(h[1]) + ili_norm(h[2]), largest = 0.0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < i; j++) largest = fmax(largest, fabs(ili_dot(h[i], h[j])));
    return largest > 1e-12 * size * size;
}

static il_status begin(il_context *ctx, const ili_lammps_script *d, ili_outfile *file) {
    char path[ILI_PATH_MAX];
    IL_TRY(ili_path_join(ctx, path, d->dir, "in.%s", d->name));
    IL_TRY(ili_outfile_open(ctx, path, file));
    fprintf(file->stream,
            "# %s\n# made by Interlith %s; run it in this folder: mpirun -np N lmp -in in.%s\n\n"
            "log log.%s\ninclude %s\n\n",
            d->title, il_version(), d->name, d->name, d->field->input);
    return IL_OK;
}

/** What the script does otherwise than we would is known when it is whole. */
static il_status end(il_context *ctx, const ili_lammps_script *d, ili_outfile *file) {
    fprintf(file->stream, "print \"finished\" file %s.done\n", d->name);
    if (d->notes->n) fputs("\n# otherwise than Interlith's own engine:\n", file->stream);
    for (int k = 0; k < d->notes->n; k++) fprintf(file->stream, "# - %s\n", d->notes->text[k]);
    return ili_outfile_commit(ctx, file);
}

/** The table of the log; terms: energies apart. */
static void write_table(FILE *out, bool terms) {
    fprintf(out,
            "thermo_style custom %s%s\n"
            "thermo_modify line one norm no flush yes format float %%.16g\n",
            TABLE, terms ? " evdwl ecoul elong ebond eangle edihed eimp" : "");
}

static void write_forces(const ili_lammps_script *d, FILE *out, bool positions) {
    fprintf(out, "write_dump all custom %s.forces id %sfx fy fz modify sort id format float %%.17g\n",
            d->name, positions ? "xu yu zu " : "");
}

/* ---- energy ------------------------------------------------------------------------------------------ */

il_status ili_lammps_script_energy(il_context *ctx, const ili_lammps_script *d) {
    ili_outfile file = {0};
    il_status status;
    IL_GO(begin(ctx, d, &file));
    FILE *out = file.stream;
    fputs("velocity all set 0 0 0 # the virial alone is asked for\n", out);
    write_table(out, true);
    fputs("print \"interlith part 1\"\nrun 0\n", out);
    write_forces(d, out, false);
    IL_GO(end(ctx, d, &file));
out:
    ili_outfile_discard(&file);
    return status;
}

/* ---- relaxation -------------------------------------------------------------------------------------- */

/** How fix box/relax and fix npt name what moves; order of ili_md_cell_mode. */
static const struct {
    const char *word, *more;
} CELLS[] = {{"iso", ""}, {"aniso", ""}, {"tri", ""}, {"z", " scalexz no scaleyz no"}};

/** "off" is above 0 while a component of the pressure that moves the cell is not what was asked for. */
static void write_pressure_test(FILE *out, const ili_relax_options *o) {
    static const char *const names[] = {"pxx", "pyy", "pzz", "pyz", "pxz", "pxy"};
    const double bound = 0.9 * o->stress_tolerance * ILI_LAMMPS_BAR;
    fputs("variable off equal \"", out);
    for (int k = 0; k < 6; k++)
        if (o->mode != ILI_RELAX_ATOMS_Z || k == 2)
            fprintf(out, "%s(abs(%s-(%.16g))>%.16g)", k && o->mode != ILI_RELAX_ATOMS_Z ? "+" : "", names[k],
                    k < 3 ? o->pressure * ILI_LAMMPS_BAR : 0.0, bound);
    fputs("\"\n", out);
}

/** Cell and atoms together by conjugate gradients, then the atoms alone by FIRE, which energies that are not smooth to the last digit do
 *  not stop; in rounds, for LAMMPS measures the strain of a cell from the begin of a minimisation. */
static void write_cell_rounds(FILE *out, const ili_relax_options *o) {
    const int mode = o->mode == ILI_RELAX_ATOMS_Z ? ILI_CELL_Z : ILI_CELL_FULL;
    const int share = 1 + o->max_steps / RELAX_ROUNDS;
    write_pressure_test(out, o);
    fprintf(out,
            "variable round loop %d\nlabel round\n"
            "fix box all box/relax %s %.16g vmax 0.002%s\n"
            "min_style cg\nmin_modify norm inf dmax 0.1\nminimize 0 %.10g %d %d\nunfix box\n",
            RELAX_ROUNDS, CELLS[mode].word, o->pressure * ILI_LAMMPS_BAR, CELLS[mode].more,
            0.5 * o->force_tolerance, share, 20 * share);
    if (o->mode != ILI_RELAX_CELL)
        fprintf(out, "min_style fire\nmin_modify norm inf\nminimize 0 %.10g %d %d\n",
                0.5 * o->force_tolerance, share, 20 * share);
    fprintf(out,
            "velocity all set 0 0 0\nrun 0\n"
            "variable more equal $((v_off > 0 || fmax > %.10g) && step < %d)\n"
            "if \"${more} == 0\" then \"jump SELF relaxed\"\n"
            "next round\njump SELF round\nlabel relaxed\n",
            o->force_tolerance, o->max_steps);
}

/** Conjugate gradients first, unless FIRE was asked for. */
static void write_atoms(FILE *out, const ili_relax_options *o) {
    const double tolerance = 0.99 * o->force_tolerance;
    if (o->method != ILI_RELAX_FIRE)
        fprintf(out, "min_style cg\nmin_modify norm inf dmax 0.1\nminimize 0 %.10g %d %d\n", tolerance,
                o->max_steps, 20 * o->max_steps);
    fprintf(out,
            "min_style fire\nmin_modify norm inf\nvariable left equal $(%d-step:%%.0f)\n"
            "if \"${left} > 0\" then \"minimize 0 %.10g ${left} %d\"\n",
            o->max_steps, tolerance, 20 * o->max_steps);
}

il_status ili_lammps_script_relax(il_context *ctx, const ili_lammps_script *d, const ili_relax_options *o) {
    const bool moves_cell = o->mode != ILI_RELAX_ATOMS, moves_atoms = o->mode != ILI_RELAX_CELL;
    ili_outfile file = {0};
    il_status status;
    if (moves_cell && d->field->is_slab)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "LAMMPS leaves a part of the slab correction out of the virial, so it cannot relax the cell of "
            "a slab: use --mode atoms, or --engine interlith");
    if (moves_cell || o->method != ILI_RELAX_FIRE)
        ili_lammps_note(d->notes, "%s: conjugate gradients, then FIRE%s",
                        o->method == ILI_RELAX_FIRE ? "FIRE of LAMMPS moves no cell" : "LAMMPS has no L-BFGS",
                        moves_cell ? " for the atoms, in rounds" : "");
    IL_GO(begin(ctx, d, &file));
    FILE *out = file.stream;
    if (moves_cell && !is_skewed(&d->sys->cell) && o->mode != ILI_RELAX_ATOMS_Z)
        fputs("change_box all triclinic # all six strains\n", out);
    fputs("velocity all set 0 0 0\n", out);
    write_table(out, false);
    fputs("thermo 10\n", out);
    if (!moves_atoms) fputs("fix held all setforce 0 0 0\n", out);
    fputs("print \"interlith part 1\"\nrun 0\n", out);
    if (moves_cell && o->max_steps > 0) write_cell_rounds(out, o);
    if (!moves_cell && o->max_steps > 0) write_atoms(out, o);
    if (!moves_atoms) fputs("unfix held\n", out);
    fputs("velocity all set 0 0 0\nprint \"interlith part 2\"\nrun 0\n", out);
    write_forces(d, out, true);
    IL_GO(end(ctx, d, &file));
out:
    ili_outfile_discard(&file);
    return status;
}

/* ---- dynamics ---------------------------------------------------------------------------------------- */

int64_t ili_lammps_sample_block(int64_t n_steps) {
    const int64_t rows = n_steps / ILI_RUN_SAMPLE_EVERY;
    return rows > ILI_LAMMPS_SAMPLES_MAX ? (rows + ILI_LAMMPS_SAMPLES_MAX - 1) / ILI_LAMMPS_SAMPLES_MAX : 1;
}

/** Every stage of every seed has noise of its own. */
static long seed_of(const ili_md_options *o, int stage) {
    const uint64_t both[] = {o->seed, (uint64_t)stage};
    return 1 + (long)(ili_hash(ILI_HASH_START, both, sizeof both) % SEED_MAX);
}

static const char *const BATHS[] = {"none", "langevin", "csvr",
                                    "nose-hoover"}; /* order of ili_md_thermostat */

/** fix npt: its own chain of thermostats and its own barostat, of the same ensemble as ours. */
static il_status write_npt(il_context *ctx, const ili_lammps_script *d, const ili_md_options *o, FILE *out) {
    if (d->field->is_slab)
        return ili_fail(
            ctx, IL_E_UNSUPPORTED,
            "LAMMPS leaves a part of the slab correction out of the virial, so it cannot run a slab under "
            "pressure: use nvt, or --engine interlith");
    if (o->thermostat != ILI_THERMOSTAT_NOSE_HOOVER || o->barostat != ILI_BAROSTAT_MTK)
        ili_lammps_note(
            d->notes,
            "npt: fix npt (Nose-Hoover chain, Martyna-Tobias-Klein barostat) in place of thermostat %s, "
            "barostat %s: the same ensemble",
            BATHS[o->thermostat], o->barostat == ILI_BAROSTAT_SCR ? "scr" : "mtk");
    if (o->cell_mode == ILI_CELL_ANISO && is_skewed(&d->sys->cell))
        ili_lammps_note(d->notes,
                        "npt aniso of a skewed cell: LAMMPS drives the three lengths by pxx, pyy and "
                        "pzz, not by the pressures along them");
    fprintf(out, "fix move all npt temp %.10g %.10g %.10g %s %.16g %.16g %.10g%s%s\n", o->temperature,
            o->temperature_end, o->tau_t / FS_PER_PS, CELLS[o->cell_mode].word, o->pressure * ILI_LAMMPS_BAR,
            o->pressure_end * ILI_LAMMPS_BAR, o->tau_p / FS_PER_PS, CELLS[o->cell_mode].more,
            o->cell_mode == ILI_CELL_FULL ? " flip no" : "");
    return IL_OK;
}

static void write_bath(const ili_lammps_script *d, const ili_md_options *o, int stage, FILE *out) {
    const double tau = o->tau_t / FS_PER_PS;
    ili_md_thermostat bath = o->thermostat;
    if (bath == ILI_THERMOSTAT_CSVR && !ili_lammps_has(d->styles, "fix", "temp/csvr")) {
        ili_lammps_note(
            d->notes,
            "this LAMMPS has no fix temp/csvr: fix nvt (Nose-Hoover) in its place, the same ensemble");
        bath = ILI_THERMOSTAT_NOSE_HOOVER;
    }
    if (bath == ILI_THERMOSTAT_NOSE_HOOVER) {
        fprintf(out, "fix move all nvt temp %.10g %.10g %.10g\n", o->temperature, o->temperature_end, tau);
        return;
    }
    fputs("fix move all nve\n", out);
    if (bath == ILI_THERMOSTAT_LANGEVIN)
        fprintf(out, "fix bath all langevin %.10g %.10g %.10g %ld zero yes tally yes\n", o->temperature,
                o->temperature_end, tau, seed_of(o, stage));
    if (bath == ILI_THERMOSTAT_CSVR)
        fprintf(out, "fix bath all temp/csvr %.10g %.10g %.10g %ld\n", o->temperature, o->temperature_end,
                tau, seed_of(o, stage));
}

static bool has_bath_fix(const ili_lammps_script *d, const ili_md_options *o) {
    if (o->barostat != ILI_BAROSTAT_NONE) return false;
    return o->thermostat == ILI_THERMOSTAT_LANGEVIN ||
           (o->thermostat == ILI_THERMOSTAT_CSVR && ili_lammps_has(d->styles, "fix", "temp/csvr"));
}

/** Nested steps: the innermost level first. */
static il_status write_respa(il_context *ctx, const ili_lammps_script *d, const ili_md_options *o,
                             FILE *out) {
    const bool pairs = o->inner_pairs > 1, bonded = o->inner_bonded > 1;
    if (!pairs && !bonded) return IL_OK;
    IL_TRY(ili_lammps_need(ctx, d->styles, "integrate", "respa", "the nested time step"));
    if (bonded)
        ili_lammps_note(d->notes, "nested steps: 1-4 pairs are at the level of the pairs, not of the bonds");
    const int pair = 1 + bonded, kspace = pair + pairs;
    fprintf(out, "run_style respa %d", kspace);
    if (bonded) fprintf(out, " %d", o->inner_bonded);
    if (pairs) fprintf(out, " %d", o->inner_pairs);
    fprintf(out, " bond 1 angle 1 dihedral 1 improper 1 pair %d kspace %d\n", pair, kspace);
    return IL_OK;
}

static void write_samples(const ili_lammps_script *d, const ili_lammps_stage *s, int number, FILE *out) {
    const int64_t block = ili_lammps_sample_block(s->options.n_steps), every = ILI_RUN_SAMPLE_EVERY;
    fprintf(out,
            "fix samples all ave/time %lld %lld %lld c_thermo_temp v_potential c_thermo_press v_volume "
            "v_conserved "
            "file %s.samples-%d format \" %%.14g\"\n",
            (long long)every, (long long)block, (long long)(every * block), d->name, number);
}

/** The mean of the second half, sampled as we do. */
static bool write_cell_mean(const ili_lammps_stage *s, FILE *out) {
    const int64_t half = s->options.n_steps / 2, from = (half / CELL_EVERY + 1) * CELL_EVERY;
    if (!s->takes_mean_cell || from > s->options.n_steps) return false;
    fprintf(out, "fix cell all ave/time %d 1 %d v_lx v_ly v_lz v_xy v_xz v_yz ave running start %lld\n",
            CELL_EVERY, CELL_EVERY, (long long)from);
    return true;
}

static void take_cell_mean(FILE *out, bool is_skewed_box) {
    static const char *const names[] = {"lx", "ly", "lz", "xy", "xz", "yz"};
    for (int k = 0; k < 6; k++)
        fprintf(out, "variable mean_%s equal $(f_cell[%d]:%%.17g)\n", names[k], k + 1);
    fputs("unfix cell\nchange_box all x final 0 ${mean_lx} y final 0 ${mean_ly} z final 0 ${mean_lz}", out);
    if (is_skewed_box) fputs(" xy final ${mean_xy} xz final ${mean_xz} yz final ${mean_yz}", out);
    fputs(" remap units box\n", out);
}

static il_status write_stage(il_context *ctx, const ili_lammps_script *d, const ili_lammps_stage *s,
                             int number, bool is_skewed_box, FILE *out) {
    const ili_md_options *o = &s->options;
    const bool has_rigid = o->constrain_hydrogens && d->field->rigid_types[0];
    fprintf(out, "\n# stage %d: %s\nprint \"interlith part %d\"\nthermo %lld\n", number, s->text, number,
            (long long)s->thermo_every);
    if (o->barostat != ILI_BAROSTAT_NONE)
        IL_TRY(write_npt(ctx, d, o, out));
    else
        write_bath(d, o, number, out);
    if (o->remove_drift) fprintf(out, "fix drift all momentum %d linear 1 1 1\n", DRIFT_EVERY);
    if (has_rigid) {
        IL_TRY(ili_lammps_need(ctx, d->styles, "fix", "shake", "rigid bonds to hydrogen"));
        ili_lammps_note(d->notes, "rigid bonds to hydrogen: fix shake");
        fprintf(out, "fix rigid all shake %.3g 200 0 b %s\n", o->constraint_tolerance, d->field->rigid_types);
    }
    write_samples(d, s, number, out);
    const bool has_mean = write_cell_mean(s, out);
    fprintf(out, "run %lld\n", (long long)o->n_steps);
    if (has_mean) take_cell_mean(out, is_skewed_box);
    fputs("unfix samples\n", out);
    if (has_rigid) fputs("unfix rigid\n", out);
    if (o->remove_drift) fputs("unfix drift\n", out);
    if (has_bath_fix(d, o)) fputs("unfix bath\n", out);
    fputs("unfix move\n", out);
    if (s->is_preparation) fputs("reset_timestep 0\n", out);
    return IL_OK;
}

static void write_frames(const ili_lammps_script *d, const ili_lammps_md *md, FILE *out) {
    if (md->frames_every <= 0) return;
    fprintf(out,
            "\ndump frames all custom %lld %s.dump id element xu yu zu%s\n"
            "dump_modify frames element %s sort id units yes time yes flush yes format float %%.12g\n",
            (long long)md->frames_every, d->name, md->with_velocities ? " vx vy vz" : "", d->field->elements);
}

static bool becomes_skewed(const ili_lammps_md *md) {
    for (int k = 0; k < md->n_stages; k++)
        if (md->stages[k].options.barostat != ILI_BAROSTAT_NONE &&
            md->stages[k].options.cell_mode == ILI_CELL_FULL)
            return true;
    return false;
}

static void write_start(const ili_lammps_script *d, const ili_lammps_md *md, bool is_skewed_box, FILE *out) {
    const ili_md_options *o = &md->stages[0].options;
    for (int k = 0; k < md->n_masses && md->masses; k++)
        fprintf(out, "mass %d %.12g\n", k + 1, md->masses[k]);
    if (is_skewed_box && !is_skewed(&d->sys->cell)) fputs("change_box all triclinic\n", out);
    fprintf(out, "timestep %.10g\n", o->dt / FS_PER_PS);
    fputs("neighbor 1.0 bin\nneigh_modify delay 0 every 1 check yes\n"
          "variable potential equal pe\nvariable conserved equal econserve\nvariable volume equal vol\n",
          out);
    static const char *const lengths[] = {"lx", "ly", "lz", "xy", "xz", "yz"};
    for (int k = 0; k < 6; k++) fprintf(out, "variable %s equal %s\n", lengths[k], lengths[k]);
    write_table(out, false);
    if (md->relax_first)
        fputs("\n# the atoms off each other\nthermo 50\nmin_style cg\nmin_modify norm inf dmax 0.1\n"
              "minimize 0 0.05 500 5000\nreset_timestep 0\n",
              out);
}

il_status ili_lammps_script_md(il_context *ctx, const ili_lammps_script *d, const ili_lammps_md *md) {
    const bool is_skewed_box = is_skewed(&d->sys->cell) || becomes_skewed(md);
    ili_outfile file = {0};
    bool has_frames = false;
    il_status status;
    IL_GO(begin(ctx, d, &file));
    write_start(d, md, is_skewed_box, file.stream);
    IL_GO(write_respa(ctx, d, &md->stages[0].options, file.stream));
    for (int k = 0; k < md->n_stages; k++) {
        if (!md->stages[k].is_preparation && !has_frames) {
            write_frames(d, md, file.stream);
            has_frames = true;
        }
        IL_GO(write_stage(ctx, d, &md->stages[k], k + 1, is_skewed_box, file.stream));
    }
    fprintf(file.stream,
            "\nwrite_dump all custom %s.final id xu yu zu vx vy vz modify sort id format float %%.17g\n",
            d->name);
    IL_GO(end(ctx, d, &file));
out:
    ili_outfile_discard(&file);
    return status;
}
