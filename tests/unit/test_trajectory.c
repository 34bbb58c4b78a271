/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "io/netcdf_layout.h"
#include "io/trajectory.h"

#include <netcdf.h>
#include <omp.h>
#include <sys/stat.h>

enum { N = 5, N_FRAMES = 7 };

/** Five atoms of three labels, charged and bonded, in a cell that stands in no special direction. */
static il_system *make_system(bool is_turned) {
    static const char *const labels[N] = {"Li0", "O", "Li0", "CO", "O"};
    il_system *sys = NULL;
    CHECK_OK(ili_system_create(ctx, &sys));
    const double turned[3][3] = {{9, 1, -0.5}, {-1, 8, 2}, {0.3, -2, 11}},
                 plain[3][3] = {{9, 0, 0}, {-2, 8, 0}, {1, 2, 11}};
    memcpy(sys->cell.h, is_turned ? turned : plain, sizeof turned);
    sys->cell.pbc[2] = false;
    for (int i = 0; i < N; i++) {
        int32_t type;
        const double x[3] = {i, 0.5 * i, -i};
        CHECK_OK(ili_system_species(ctx, sys, labels[i], 0, &type));
        CHECK_OK(ili_system_add(ctx, sys, type, x));
    }
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, sys, charge));
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, sys, molecule));
    CHECK_OK(ILI_SYSTEM_ARRAY(ctx, sys, side));
    for (int i = 0; i < N; i++) {
        sys->charge[i] = 0.1 * i - 0.2;
        sys->molecule[i] = i / 2;
        sys->side[i] = i % 2;
    }
    CHECK_OK(ili_system_add_bond(ctx, sys, 1, 3));
    CHECK_OK(ili_system_add_bond(ctx, sys, 0, 4));
    return sys;
}

/** Frame k of a run that breathes and drifts far: always the same numbers. */
static ili_traj_frame make_frame(const il_system *sys, int k, double (*x)[3], double (*v)[3]) {
    ili_rng rng = ili_rng_make(5, (uint64_t)k);
    ili_traj_frame frame = {.step = 1000 * (int64_t)k,
                            .time = 1000.0 * k / 3.0,
                            .n = sys->n_atoms,
                            .cell = sys->cell,
                            .x = x,
                            .v = v,
                            .is_continuous = true};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) frame.cell.h[i][j] *= 1.0 + 0.001 * k;
    for (int i = 0; i < sys->n_atoms; i++)
        for (int j = 0; j < 3; j++) {
            x[i][j] = 30.0 * k + 10.0 * ili_rng_normal(&rng);
            v[i][j] = 0.01 * ili_rng_normal(&rng);
        }
    return frame;
}

static void write_frames(const char *path, const il_system *sys, bool with_velocities, int keep, int end) {
    double x[N][3], v[N][3];
    ili_traj_writer *w = NULL;
    REQUIRE_OK(ili_traj_create(ctx, path, sys, with_velocities, keep, &w));
    CHECK(ili_traj_written(w) == keep);
    for (int k = keep; k < end; k++) {
        ili_traj_frame frame = make_frame(sys, k, x, v);
        REQUIRE_OK(ili_traj_append(ctx, w, &frame));
        if (k == 1 && N_FRAMES == end) CHECK_OK(ili_traj_sync(ctx, w));
    }
    CHECK(ili_traj_written(w) == end);
    CHECK_OK(ili_traj_close(ctx, &w));
    CHECK(w == NULL);
}

static char *slurp(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    struct stat info;
    CHECK(file && fstat(fileno(file), &info) == 0);
    if (!file) return NULL;
    char *text = malloc((size_t)info.st_size + 1);
    *n = fread(text, 1, (size_t)info.st_size, file);
    text[*n] = 0;
    fclose(file);
    return text;
}

static bool same_bytes(const char *a, const char *b) {
    size_t n, m;
    char *p = slurp(a, &n), *q = slurp(b, &m);
    bool same = p && q && n == m && memcmp(p, q, n) == 0;
    free(p);
    free(q);
    return same;
}

/** Largest difference of two arrays of n vectors. */
static double distance(int n, const double (*a)[3], const double (*b)[3]) {
    double d = 0.0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < 3; j++) d = fmax(d, fabs(a[i][j] - b[i][j]));
    return d;
}

static void check_system(const il_system *sys, const il_system *want) {
    CHECK(sys->n_atoms == want->n_atoms && sys->n_bonds == want->n_bonds &&
          sys->n_species == want->n_species);
    CHECK(memcmp(sys->cell.pbc, want->cell.pbc, sizeof want->cell.pbc) == 0);
    if (sys->n_atoms != N || sys->n_bonds != want->n_bonds || !sys->charge || !sys->molecule || !sys->side) {
        CHECK(!"the system is complete");
        return;
    }
    for (int i = 0; i < N; i++) {
        CHECK(strcmp(sys->species[sys->type[i]].name, want->species[want->type[i]].name) == 0);
        CHECK(sys->species[sys->type[i]].z == want->species[want->type[i]].z);
        CHECK(sys->charge[i] == want->charge[i] && sys->molecule[i] == want->molecule[i]);
        CHECK(sys->side[i] == want->side[i]);
    }
    CHECK(memcmp(sys->bonds, want->bonds, (size_t)want->n_bonds * sizeof *want->bonds) == 0);
}

/** Read all frames back: cells, steps and times to the bit; positions and velocities within x_error, v_error of themselves. */
static void check_frames(const char *path, const il_system *sys, bool with_velocities, double x_error,
                         double v_error) {
    double x[N][3], v[N][3];
    ili_traj_reader *r = NULL;
    ili_traj_frame frame;
    bool more;
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    check_system(ili_traj_system(r), sys);
    for (int pass = 0; pass < 2; pass++) {
        for (int k = 0; k < N_FRAMES; k++) {
            ili_traj_frame want = make_frame(sys, k, x, v);
            REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
            CHECK(more && frame.n == N && frame.step == want.step && frame.is_continuous);
            CHECK_NEAR(frame.time, want.time, 1e-15 * want.time);
            CHECK(memcmp(&frame.cell, &want.cell, sizeof want.cell) == 0);
            CHECK_NEAR(distance(N, (const double(*)[3])frame.x, (const double(*)[3])x), 0.0, x_error);
            CHECK((frame.v != NULL) == with_velocities);
            if (frame.v)
                CHECK_NEAR(distance(N, (const double(*)[3])frame.v, (const double(*)[3])v), 0.0, v_error);
        }
        CHECK_OK(ili_traj_next(ctx, r, &frame, &more));
        CHECK(!more);
        CHECK_OK(ili_traj_rewind(ctx, r));
    }
    ili_traj_close_reader(&r);
    CHECK(r == NULL && il_warning_count(ctx) == 0);
}

/** Half a unit in the last place of a float, at the largest number of the frames; turning adds roundings of doubles. */
static const double X_FLOAT = 256.0 * 0x1p-24 * 1.001, V_FLOAT = 0.0625 * 0x1p-24 * 2.0;

TEST(frames_come_back) {
    for (int turned = 0; turned < 2; turned++)
        for (int velocities = 0; velocities < 2; velocities++) {
            scratch_path path;
            il_system *sys = make_system(turned);
            scratch_name(path, ".extxyz");
            write_frames(path, sys, velocities, 0, N_FRAMES);
            check_frames(path, sys, velocities, 0.0, 0.0);
            unlink(path);
            scratch_name(path, ".nc");
            write_frames(path, sys, velocities, 0, N_FRAMES);
            check_frames(path, sys, velocities, X_FLOAT, V_FLOAT);
            unlink(path);
            il_system_destroy(&sys);
        }
}

/** What was read is written again: the same file. */
static void check_copy(const char *ending, bool turned) {
    scratch_path path, copy;
    il_system *sys = make_system(turned);
    ili_traj_reader *r = NULL;
    ili_traj_writer *w = NULL;
    ili_traj_frame frame;
    bool more;
    scratch_name(path, ending);
    scratch_name(copy, ending);
    write_frames(path, sys, true, 0, N_FRAMES);
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    REQUIRE_OK(ili_traj_create(ctx, copy, ili_traj_system(r), true, 0, &w));
    for (;;) {
        REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
        if (!more) break;
        REQUIRE_OK(ili_traj_append(ctx, w, &frame));
    }
    CHECK_OK(ili_traj_close(ctx, &w));
    ili_traj_close_reader(&r);
    CHECK(same_bytes(path, copy));
    unlink(path);
    unlink(copy);
    il_system_destroy(&sys);
}

TEST(a_copy_is_the_same_file) {
    check_copy(".extxyz", true);
    check_copy(".nc", true);
    check_copy(".nc", false);
}

/** A run that broke off and went on leaves the bytes of one that did not. */
TEST(resumed_files_are_the_same) {
    static const char *const endings[] = {".nc", ".extxyz"};
    for (int e = 0; e < 2; e++)
        for (int keep = 1; keep < N_FRAMES; keep++) {
            scratch_path whole, broken;
            il_system *sys = make_system(true);
            scratch_name(whole, endings[e]);
            scratch_name(broken, endings[e]);
            write_frames(whole, sys, true, 0, N_FRAMES);
            write_frames(broken, sys, true, 0, keep < 5 ? keep + 2 : keep);
            if (e == 1) { /* a torn frame at the end */
                FILE *file = fopen(broken, "ab");
                CHECK(file && fputs("5\nLattice=\"9 0", file) >= 0);
                fclose(file);
            }
            write_frames(broken, sys, true, keep, N_FRAMES);
            CHECK(same_bytes(whole, broken));
            write_frames(broken, sys, true, keep, keep); /* cut only */
            write_frames(whole, sys, true, 0, keep);
            CHECK(same_bytes(whole, broken));
            ili_traj_reader *r = NULL;
            ili_traj_frame frame;
            bool more = true;
            int n = 0;
            REQUIRE_OK(ili_traj_open(ctx, broken, NULL, &r));
            while (ili_traj_next(ctx, r, &frame, &more) == IL_OK && more) n++;
            CHECK(n == keep);
            ili_traj_close_reader(&r);
            unlink(whole);
            unlink(broken);
            il_system_destroy(&sys);
        }
}

static void check_message(const char *words) {
    if (strstr(il_message(ctx), words)) return;
    fprintf(stderr, "message '%s', expected '%s'\n", il_message(ctx), words);
    CHECK(!"the message says why");
}

TEST(other_files_are_not_gone_on_with) {
    static const char *const endings[] = {".nc", ".extxyz"};
    for (int e = 0; e < 2; e++) {
        scratch_path path;
        il_system *sys = make_system(false), *other = make_system(false);
        ili_traj_writer *w = NULL;
        scratch_name(path, endings[e]);
        write_frames(path, sys, true, 0, 3);
        CHECK_STATUS(ili_traj_create(ctx, path, sys, true, 4, &w), IL_E_INPUT);
        check_message("found 3 whole frames, expected the 4");
        CHECK_STATUS(ili_traj_create(ctx, path, sys, false, 2, &w), IL_E_INPUT);
        check_message("velocities");
        other->type[0] = other->type[1];
        CHECK_STATUS(ili_traj_create(ctx, path, other, true, 2, &w), IL_E_INPUT);
        check_message("of another system");
        CHECK(w == NULL);
        scratch_write(path, "", 0);
        CHECK(ili_traj_create(ctx, path, sys, true, 1, &w) != IL_OK && w == NULL);
        unlink(path);
        CHECK_STATUS(ili_traj_create(ctx, path, sys, true, 1, &w), IL_E_FILE);
        CHECK_STATUS(ili_traj_create(ctx, "/nonexistent/a.nc", sys, true, 0, &w), IL_E_FILE);
        CHECK_STATUS(ili_traj_create(ctx, "a.xtc", sys, true, 0, &w), IL_E_INPUT);
        check_message("AMBER NetCDF");
        il_system_destroy(&sys);
        il_system_destroy(&other);
    }
}

TEST(wrong_frames_are_not_written) {
    scratch_path path;
    double x[N][3], v[N][3];
    il_system *sys = make_system(false);
    ili_traj_writer *w = NULL;
    scratch_name(path, ".nc");
    REQUIRE_OK(ili_traj_create(ctx, path, sys, true, 0, &w));
    ili_traj_frame frame = make_frame(sys, 0, x, v), bad = frame;
    bad.n = N - 1;
    CHECK_STATUS(ili_traj_append(ctx, w, &bad), IL_E_INPUT);
    bad = frame;
    bad.v = NULL;
    CHECK_STATUS(ili_traj_append(ctx, w, &bad), IL_E_INPUT);
    bad = frame;
    bad.cell.pbc[2] = true;
    CHECK_STATUS(ili_traj_append(ctx, w, &bad), IL_E_INPUT);
    bad = frame;
    memset(bad.cell.h[1], 0, sizeof bad.cell.h[1]);
    CHECK_STATUS(ili_traj_append(ctx, w, &bad), IL_E_INPUT);
    v[3][1] = NAN;
    CHECK_STATUS(ili_traj_append(ctx, w, &frame), IL_E_NONFINITE);
    check_message("atom 4");
    CHECK(ili_traj_written(w) == 0);
    CHECK_OK(ili_traj_close(ctx, &w));
    CHECK_OK(ili_traj_close(ctx, &w));
    unlink(path);
    il_system_destroy(&sys);
}

/** Whole frames in the first `cut` bytes of a file; *is_end: they end there. */
static int whole_frames(const char *path, const char *text, size_t cut, bool *is_end) {
    ili_netcdf_layout layout;
    int n_lines = 0;
    if (strstr(path, ".nc")) {
        CHECK_OK(ili_netcdf_layout_read(ctx, path, &layout));
        *is_end = false; /* the header counts more */
        return cut < (size_t)layout.begin ? 0 : (int)((cut - (size_t)layout.begin) / (size_t)layout.size);
    }
    for (size_t k = 0; k < cut; k++) n_lines += text[k] == '\n';
    *is_end = cut > 0 && text[cut - 1] == '\n' && n_lines % (N + 2) == 0;
    return n_lines / (N + 2);
}

/** Cut at every byte: as many frames as are whole, and a warning of the torn one. */
TEST(torn_files_end_before_the_torn_frame) {
    static const char *const endings[] = {".nc", ".extxyz"};
    for (int e = 0; e < 2; e++) {
        scratch_path path, whole;
        il_system *sys = make_system(true);
        size_t size;
        scratch_name(path, endings[e]);
        scratch_name(whole, endings[e]);
        write_frames(whole, sys, true, 0, 3);
        char *text = slurp(whole, &size);
        for (size_t cut = 0; cut < size; cut++) {
            ili_traj_reader *r = NULL;
            ili_traj_frame frame;
            bool more = true, is_end;
            int n = 0, expected = whole_frames(whole, text, cut, &is_end);
            il_context *own = il_context_create(); /* for its warnings */
            scratch_write(path, text, cut);
            il_status status = ili_traj_open(own, path, NULL, &r);
            CHECK(status == (expected ? IL_OK : IL_E_INPUT));
            while (r && ili_traj_next(own, r, &frame, &more) == IL_OK && more) n++;
            CHECK(n == expected && (!more || !r));
            CHECK(il_warning_count(own) == (n > 0 && !is_end));
            ili_traj_close_reader(&r);
            il_context_destroy(&own);
        }
        free(text);
        unlink(path);
        unlink(whole);
        il_system_destroy(&sys);
    }
}

/** Spoil a byte here and there: read or refused, never a crash. */
TEST(spoiled_files_do_not_crash) {
    static const char *const endings[] = {".nc", ".extxyz"};
    for (int e = 0; e < 2; e++) {
        scratch_path path;
        il_system *sys = make_system(true);
        size_t size;
        scratch_name(path, endings[e]);
        write_frames(path, sys, true, 0, 2);
        char *text = slurp(path, &size);
        for (size_t at = 0; at < size; at++)
            for (const char *spoil = "\xff\x7f\x01-9 \n"; *spoil; spoil++) {
                ili_traj_reader *r = NULL;
                ili_traj_frame frame;
                bool more = true;
                char keep = text[at];
                text[at] = *spoil;
                scratch_write(path, text, size);
                text[at] = keep;
                il_status status = ili_traj_open(ctx, path, NULL, &r);
                CHECK((status == IL_OK) == (r != NULL));
                for (int k = 0; k < 5 && r && ili_traj_next(ctx, r, &frame, &more) == IL_OK && more; k++)
                    CHECK(frame.n == ili_traj_system(r)->n_atoms);
                ili_traj_close_reader(&r);
            }
        free(text);
        unlink(path);
        il_system_destroy(&sys);
    }
}

static const char PLAIN_XYZ[] = "2\ntime_ps=0.5 Step=7\nO 0 0 0\nLi 1 2 3\n"
                                "2\nno time here\nO 0 0 1\nLi 1 2 4\n\n";

TEST(foreign_xyz) {
    scratch_path path;
    ili_traj_reader *r = NULL;
    ili_traj_frame frame;
    bool more;
    scratch_name(path, ".xyz");
    scratch_write(path, PLAIN_XYZ, strlen(PLAIN_XYZ));
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    CHECK(!ili_traj_system(r)->cell.pbc[0] && ili_traj_system(r)->x[1][2] == 3.0);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(more && frame.time == 500.0 && frame.step == 7 && !frame.is_continuous && !frame.v);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(more && isnan(frame.time) && frame.step == -1 && frame.x[1][2] == 4.0);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(!more);
    ili_traj_close_reader(&r);
    unlink(path);
}

static void check_second_frame_refused(const char *text, const char *words) {
    scratch_path path;
    ili_traj_reader *r = NULL;
    ili_traj_frame frame;
    bool more;
    scratch_name(path, ".xyz");
    scratch_write(path, text, strlen(text));
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    CHECK_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK_STATUS(ili_traj_next(ctx, r, &frame, &more), IL_E_INPUT);
    CHECK(!more);
    check_message(words);
    ili_traj_close_reader(&r);
    unlink(path);
}

TEST(changing_frames_are_refused) {
    check_second_frame_refused("1\n\nO 0 0 0\n2\n\nO 0 0 0\nO 0 0 1\n",
                               "frame 1: has 2 atoms, expected the 1");
    check_second_frame_refused("1\n\nO 0 0 0\n1\n\nLi 0 0 0\n", "atom 1 is Li, and O");
    check_second_frame_refused("1\n\nO 0 0 0\n1\nLattice=\"5 0 0 0 5 0 0 0 5\"\nO 0 0 0\n",
                               "other directions");
    check_second_frame_refused("1\n\nO 0 0 0\n1\n\nO 0 nan 0\n", ":6: found 'nan'");
}

TEST(the_topology_must_fit) {
    scratch_path path;
    il_system *sys = make_system(false);
    ili_traj_reader *r = NULL;
    scratch_name(path, ".xyz");
    scratch_write(path, PLAIN_XYZ, strlen(PLAIN_XYZ));
    CHECK_STATUS(ili_traj_open(ctx, path, sys, &r), IL_E_INPUT);
    check_message("has 2 atoms, and the topology 5");
    unlink(path);
    scratch_name(path, ".nc");
    write_frames(path, sys, false, 0, 2);
    REQUIRE_OK(ili_traj_open(ctx, path, sys, &r));
    check_system(ili_traj_system(r), sys);
    ili_traj_close_reader(&r);
    sys->type[2] = sys->type[1];
    CHECK_STATUS(ili_traj_open(ctx, path, sys, &r), IL_E_INPUT);
    check_message("atom 3 is Li, and in the topology O");
    CHECK(r == NULL);
    unlink(path);
    il_system_destroy(&sys);
}

/** What a program of others may write: three atoms, two frames, nothing that is ours. */
typedef struct foreign {
    const char *coordinate_unit, *time_unit; /**< NULL: no attribute */
    double length_c;
    int z[3];     /**< by frame when has_ids; z[0] 0: none */
    bool has_ids; /**< and the second frame has other ones */
} foreign;

static void write_foreign(const char *path, const foreign *o) {
    int id, frame, atom, three, var[6] = {0};
    double cell[2][3] = {{5, 6, o->length_c}, {5, 6, o->length_c}}, time[2] = {0.5, 1.5},
           angles[2][3] = {{90, 90, 60}, {90, 90, 60}};
    float x[2][3][3] = {{{0, 0, 0}, {1, 2, 3}, {4, 5, 6}}, {{0, 0, 1}, {1, 2, 4}, {4, 5, 7}}};
    const int ids[2][3] = {{1, 2, 3}, {1, 3, 2}};
    bool good = !nc_create(path, NC_CLOBBER, &id) && !nc_def_dim(id, "frame", NC_UNLIMITED, &frame) &&
                !nc_def_dim(id, "atom", 3, &atom) && !nc_def_dim(id, "spatial", 3, &three);
    const int dims[3] = {frame, atom, three}, pair[2] = {frame, three}, places[2] = {frame, atom};
    good = good && !nc_def_var(id, "coordinates", NC_FLOAT, 3, dims, &var[0]) &&
           !nc_def_var(id, "time", NC_DOUBLE, 1, dims, &var[1]) &&
           !nc_def_var(id, "cell_lengths", NC_DOUBLE, 2, pair, &var[2]) &&
           !nc_def_var(id, "cell_angles", NC_DOUBLE, 2, pair, &var[3]);
    if (o->coordinate_unit)
        nc_put_att_text(id, var[0], "units", strlen(o->coordinate_unit), o->coordinate_unit);
    if (o->time_unit) nc_put_att_text(id, var[1], "units", strlen(o->time_unit), o->time_unit);
    if (o->z[0]) good = good && !nc_def_var(id, "atom_types", NC_INT, 1, &atom, &var[4]);
    if (o->has_ids) good = good && !nc_def_var(id, "id", NC_INT, 2, places, &var[5]);
    good = good && !nc_enddef(id);
    const size_t start[3] = {0}, all[3] = {2, 3, 3};
    good = good && !nc_put_vara_float(id, var[0], start, all, &x[0][0][0]) &&
           !nc_put_vara_double(id, var[1], start, all, time) &&
           !nc_put_vara_double(id, var[2], start, all, &cell[0][0]) &&
           !nc_put_vara_double(id, var[3], start, all, &angles[0][0]);
    if (o->z[0]) good = good && !nc_put_var_int(id, var[4], o->z);
    if (o->has_ids) good = good && !nc_put_vara_int(id, var[5], start, all, &ids[0][0]);
    CHECK(good && !nc_close(id));
}

TEST(foreign_netcdf) {
    scratch_path path;
    ili_traj_reader *r = NULL;
    ili_traj_frame frame;
    bool more;
    scratch_name(path, ".nc");
    write_foreign(path, &(foreign){"nm", "fs", 0.0, {3, 8, 15}, false});
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    const il_system *sys = ili_traj_system(r);
    CHECK(sys->species[sys->type[2]].z == 15 && sys->cell.pbc[0] && sys->cell.pbc[1] && !sys->cell.pbc[2]);
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(more && frame.time == 1.5 && frame.step == -1 && !frame.is_continuous && !frame.v);
    CHECK(frame.x[1][2] == 40.0 && frame.cell.h[0][0] == 5.0);
    CHECK_NEAR(frame.cell.h[1][0], 3.0, 1e-14);
    CHECK_NEAR(frame.cell.h[2][2], 60.0 + 10.0, 1e-12); /* atoms from 1 to 7 nm, and the margin */
    ili_traj_close_reader(&r);

    write_foreign(path, &(foreign){NULL, NULL, 7.0, {3, 8, 15}, true});
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(frame.time == 500.0 && frame.cell.pbc[2] && frame.cell.h[2][2] == 7.0);
    CHECK_STATUS(ili_traj_next(ctx, r, &frame, &more), IL_E_INPUT);
    check_message("frame 1: 'id' of atom 2 is 3, and 2 in the first frame");
    ili_traj_close_reader(&r);

    write_foreign(path, &(foreign){"angstrom", "tau", 7.0, {3, 8, 15}, false});
    REQUIRE_OK(ili_traj_open(ctx, path, NULL, &r));
    REQUIRE_OK(ili_traj_next(ctx, r, &frame, &more));
    CHECK(isnan(frame.time) && il_warning_count(ctx) == 1);
    ili_traj_close_reader(&r);

    static const struct {
        foreign file;
        const char *words;
    } bad[] = {{{NULL, NULL, 7.0, {0}, false}, "which elements its 3 atoms are"},
               {{NULL, NULL, 7.0, {3, 8, 0}, false}, "atom_types of atom 3 is 0"},
               {{"bohr", NULL, 7.0, {3, 8, 15}, false}, "the unit of 'coordinates' is 'bohr'"},
               {{NULL, NULL, NAN, {3, 8, 15}, false}, "frame 0: found the cell length nan"}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        write_foreign(path, &bad[k].file);
        CHECK_STATUS(ili_traj_open(ctx, path, NULL, &r), IL_E_INPUT);
        check_message(bad[k].words);
        CHECK(r == NULL);
    }
    unlink(path);
}

/** Frames after the last sync are in the file, but a run that was killed goes on as if they were not. */
TEST(a_killed_run_goes_on) {
    static const char *const endings[] = {".nc", ".extxyz"};
    for (int e = 0; e < 2; e++) {
        scratch_path whole, copy, path;
        char command[600];
        double x[N][3], v[N][3];
        il_system *sys = make_system(true);
        ili_traj_writer *w = NULL;
        scratch_name(whole, endings[e]);
        scratch_name(path, endings[e]);
        scratch_name(copy, endings[e]);
        write_frames(whole, sys, true, 0, N_FRAMES);
        REQUIRE_OK(ili_traj_create(ctx, path, sys, true, 0, &w));
        for (int k = 0; k < 5; k++) {
            ili_traj_frame frame = make_frame(sys, k, x, v);
            REQUIRE_OK(ili_traj_append(ctx, w, &frame));
            if (k == 2) REQUIRE_OK(ili_traj_sync(ctx, w));
        }
        snprintf(command, sizeof command, "cp '%s' '%s'", path, copy); /* as kill -9 would leave it */
        CHECK(system(command) == 0);
        write_frames(copy, sys, true, 3, N_FRAMES);
        CHECK(same_bytes(whole, copy));
        CHECK_OK(ili_traj_close(ctx, &w));
        unlink(whole);
        unlink(path);
        unlink(copy);
        il_system_destroy(&sys);
    }
}

/** Replicas write side by side: one lock guards the library. */
TEST(files_are_written_from_several_threads) {
    enum { FILES = 4 };
    scratch_path whole, path[FILES];
    il_system *sys = make_system(true);
    bool good[FILES] = {false};
    scratch_name(whole, ".nc");
    write_frames(whole, sys, true, 0, N_FRAMES);
    for (int f = 0; f < FILES; f++) scratch_name(path[f], ".nc");
#pragma omp parallel for num_threads(FILES)
    for (int f = 0; f < FILES; f++) {
        double x[N][3], v[N][3];
        ili_traj_writer *w = NULL;
        il_context *own = il_context_create();
        good[f] = ili_traj_create(own, path[f], sys, true, 0, &w) == IL_OK;
        for (int k = 0; k < N_FRAMES && good[f]; k++) {
            ili_traj_frame frame = make_frame(sys, k, x, v);
            good[f] = ili_traj_append(own, w, &frame) == IL_OK;
        }
        good[f] = ili_traj_close(own, &w) == IL_OK && good[f];
        il_context_destroy(&own);
    }
    for (int f = 0; f < FILES; f++) {
        CHECK(good[f] && same_bytes(whole, path[f]));
        unlink(path[f]);
    }
    unlink(whole);
    il_system_destroy(&sys);
}

TESTS(RUN(frames_come_back), RUN(a_copy_is_the_same_file), RUN(resumed_files_are_the_same),
      RUN(other_files_are_not_gone_on_with), RUN(wrong_frames_are_not_written),
      RUN(torn_files_end_before_the_torn_frame), RUN(spoiled_files_do_not_crash), RUN(foreign_xyz),
      RUN(changing_frames_are_refused), RUN(the_topology_must_fit), RUN(foreign_netcdf),
      RUN(a_killed_run_goes_on), RUN(files_are_written_from_several_threads))
