/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/netcdf_layout.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIMS_MAX = 1024, VARS_MAX = 8192, RANK_MAX = 32, NAME_BYTES_MAX = 256 };
enum { TAG_DIMENSION = 10, TAG_VARIABLE = 11, TAG_ATTRIBUTE = 12 };

/** Bytes of the types 1 (byte) to 11 (unsigned 64-bit integer). */
static const int type_size[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};

typedef struct walk {
    FILE *file;
    int64_t file_size;
    int version;
    bool is_bad;
    int n_dims;
    int64_t dim[DIMS_MAX]; /**< 0: the records */
    ili_netcdf_layout *layout;
    int64_t single; /**< bytes of the last record variable without padding */
    int n_record_vars;
} walk;

static int64_t integer(walk *w, int bytes) {
    uint64_t value = 0;
    for (int k = 0; k < bytes && !w->is_bad; k++) {
        int c = getc(w->file);
        if (c == EOF) w->is_bad = true;
        value = value << 8 | (uint64_t)(c & 255);
    }
    return (int64_t)value;
}

/** A count that can be no larger than `most`. */
static int64_t count(walk *w, int64_t most) {
    int64_t n = integer(w, w->version == 5 ? 8 : 4);
    if (n < 0 || n > most) w->is_bad = true;
    return w->is_bad ? 0 : n;
}

static void skip(walk *w, int64_t bytes) {
    bytes = (bytes + 3) / 4 * 4;
    if (w->is_bad || bytes > w->file_size || fseeko(w->file, (off_t)bytes, SEEK_CUR) != 0 ||
        ftello(w->file) > w->file_size)
        w->is_bad = true;
}

/** Number of items of a list, 0 when it is absent. */
static int64_t list(walk *w, int tag, int64_t most) {
    int64_t found = integer(w, 4), n = count(w, most);
    if (found != tag && (found != 0 || n != 0)) w->is_bad = true;
    return w->is_bad ? 0 : n;
}

static int type_of(walk *w) {
    int64_t type = integer(w, 4);
    if (type < 1 || type > (w->version == 5 ? 11 : 6)) w->is_bad = true;
    return w->is_bad ? 1 : type_size[type];
}

static void attributes(walk *w) {
    for (int64_t n = list(w, TAG_ATTRIBUTE, w->file_size); n > 0 && !w->is_bad; n--) {
        skip(w, count(w, NAME_BYTES_MAX));
        int size = type_of(w);
        skip(w, count(w, w->file_size) * size);
    }
}

static void dimensions(walk *w) {
    w->n_dims = (int)list(w, TAG_DIMENSION, DIMS_MAX);
    int n_unlimited = 0;
    for (int d = 0; d < w->n_dims && !w->is_bad; d++) {
        skip(w, count(w, NAME_BYTES_MAX));
        w->dim[d] = count(w, INT64_MAX);
        n_unlimited += w->dim[d] == 0;
    }
    if (n_unlimited != 1) w->is_bad = true;
}

static void variable(walk *w) {
    int64_t dim[RANK_MAX] = {0}, bytes = 1;
    skip(w, count(w, NAME_BYTES_MAX));
    int rank = (int)count(w, RANK_MAX);
    for (int d = 0; d < rank; d++) dim[d] = count(w, w->n_dims - 1);
    attributes(w);
    bytes = type_of(w);
    count(w, INT64_MAX); /* its size, which older writers got wrong */
    int64_t begin = integer(w, w->version == 1 ? 4 : 8);
    if (begin < 0) w->is_bad = true;
    if (w->is_bad) return;
    bool is_record = rank > 0 && w->dim[dim[0]] == 0;
    for (int d = is_record; d < rank; d++) {
        if (w->dim[dim[d]] == 0 || bytes > w->file_size / w->dim[dim[d]]) w->is_bad = true;
        if (w->is_bad) return;
        bytes *= w->dim[dim[d]];
    }
    if (!is_record) {
        if (begin + bytes < begin || begin + bytes > w->file_size) w->is_bad = true;
        return;
    }
    if (w->n_record_vars++ == 0 || begin < w->layout->begin) w->layout->begin = begin;
    w->single = bytes;
    w->layout->size += (bytes + 3) / 4 * 4;
}

il_status ili_netcdf_layout_read(il_context *ctx, const char *path, ili_netcdf_layout *layout) {
    struct stat info;
    char magic[4] = "";
    walk w = {.layout = layout};
    *layout = (ili_netcdf_layout){0};
    IL_TRY(ili_open_input(ctx, path, &w.file));
    if (fstat(fileno(w.file), &info) != 0) {
        fclose(w.file);
        return ili_fail(ctx, IL_E_FILE, "%s: cannot be read: %s", path, strerror(errno));
    }
    w.file_size = (int64_t)info.st_size;
    bool is_read = fread(magic, 1, 4, w.file) == 4, is_classic = is_read && memcmp(magic, "CDF", 3) == 0;
    w.version = magic[3];
    w.is_bad = !is_classic || (w.version != 1 && w.version != 2 && w.version != 5);
    layout->claimed = integer(&w, w.version == 5 ? 8 : 4);
    dimensions(&w);
    attributes(&w);
    for (int64_t n = list(&w, TAG_VARIABLE, VARS_MAX); n > 0 && !w.is_bad; n--) variable(&w);
    fclose(w.file);
    if (is_read && memcmp(magic, "\211HDF", 4) == 0)
        return ili_fail(
            ctx, IL_E_INPUT,
            "%s: found NetCDF-4 (HDF5), expected classic NetCDF: convert it with `nccopy -6 OLD NEW`", path);
    if (w.is_bad || w.n_record_vars == 0)
        return ili_fail(ctx, IL_E_INPUT, "%s: %s", path,
                        is_classic ? "the header is torn or spoiled, or the file holds no frames"
                                   : "found no NetCDF file (it does not begin with CDF)");
    if (w.n_record_vars == 1) layout->size = w.single;
    layout->whole = w.file_size > layout->begin ? (w.file_size - layout->begin) / layout->size : 0;
    int64_t all = w.version == 5 ? -1 : (int64_t)UINT32_MAX; /* written as a stream: as many as there are */
    if (layout->claimed == all) layout->claimed = layout->whole;
    if (layout->claimed < 0) return ili_fail(ctx, IL_E_INPUT, "%s: the header is spoiled", path);
    if (layout->whole > layout->claimed) layout->whole = layout->claimed;
    return IL_OK;
}

il_status ili_netcdf_cut(il_context *ctx, const char *path, const ili_netcdf_layout *layout, int64_t keep) {
    const unsigned char number[4] = {(unsigned char)(keep >> 24), (unsigned char)(keep >> 16),
                                     (unsigned char)(keep >> 8), (unsigned char)keep};
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool good = file >= 0 && pwrite(file, number, sizeof number, 4) == sizeof number &&
                ftruncate(file, (off_t)(layout->begin + keep * layout->size)) == 0 && fsync(file) == 0;
    int reason = errno;
    if (file >= 0) close(file);
    if (good) return IL_OK;
    return ili_fail(ctx, ili_write_status(reason), "%s: cannot be cut to %lld frames: %s", path,
                    (long long)keep, strerror(reason));
}
