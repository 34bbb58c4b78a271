/* SPDX-License-Identifier: GPL-3.0-or-later */
/** A header (magic, key), then records (atoms, cell, result, hash; positions; forces). Native byte order: a journal belongs to
 *  the machine that wrote it. */
#include "task/journal.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/lock.h"
#include "io/report.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char MAGIC[8] = "ILJRNL2";

typedef struct header {
    char magic[8];
    uint64_t key;
} header;

/** What stands before the positions and forces of a record. */
typedef struct record {
    int64_t n_atoms;
    double cell[9];
    double energy; /**< eV, of the system; the relaxation's own may differ in the last bits */
    ili_relax_result result;
    uint64_t hash; /**< of all of the above, positions and forces */
} record;

struct ili_journal {
    FILE *file; /**< NULL: nothing is kept */
    char *path;
    bool replaying, is_new;
};

void ili_journal_close(ili_journal **journal) {
    if (!journal || !*journal) return;
    if ((*journal)->file) fclose((*journal)->file);
    ili_free((*journal)->path);
    ili_free(*journal);
    *journal = NULL;
}

void ili_journal_discard(ili_journal **journal) {
    if (*journal && (*journal)->is_new) remove((*journal)->path);
    ili_journal_close(journal);
}

static il_status write_failed(il_context *ctx, const ili_journal *j) {
    return ili_fail(ctx, ili_write_status(errno), "%s: cannot be written: %s", j->path, strerror(errno));
}

static il_status of_another_job(il_context *ctx, const char *path) {
    return ili_fail(ctx, IL_E_INPUT,
                    "%s: belongs to another job (other inputs, options, seed, vector instructions (--simd) "
                    "or version); choose another -o DIR, or --fresh to start over here",
                    path);
}

static bool is_of_job(const header *h, uint64_t key) {
    return memcmp(h->magic, MAGIC, sizeof MAGIC) == 0 && h->key == key;
}

/** An old journal must be of this job; a missing or empty one is begun, and so is one of another job that `may_drop`. */
static il_status begin(il_context *ctx, ili_journal *j, uint64_t key, bool may_drop) {
    header h = {.key = 0};
    j->file = fopen(j->path, "r+b");
    if (j->file && fread(&h, sizeof h, 1, j->file) == 1) {
        j->replaying = is_of_job(&h, key);
        if (j->replaying) return IL_OK;
        if (!may_drop) return of_another_job(ctx, j->path);
    }
    if (j->file) fclose(j->file);
    j->file = fopen(j->path, "w+b");
    if (!j->file) return write_failed(ctx, j);
    j->is_new = true;
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    h.key = key;
    return fwrite(&h, sizeof h, 1, j->file) == 1 && fflush(j->file) == 0 && fsync(fileno(j->file)) == 0
               ? IL_OK
               : write_failed(ctx, j);
}

/** Several processes may begin the same journal at the same time: one does, the others find it whole. */
static il_status begin_alone(il_context *ctx, ili_journal *j, uint64_t key, bool fresh, bool may_drop) {
    char path[ILI_PATH_MAX];
    ili_lock lock;
    if ((size_t)snprintf(path, sizeof path, "%s.lock", j->path) >= sizeof path)
        return ili_fail(ctx, IL_E_FILE, "the name of the journal %.100s... is too long", j->path);
    IL_TRY(ili_lock_wait(ctx, path, "waiting for the journal", &lock));
    if (fresh) (void)unlink(j->path);
    const il_status status = begin(ctx, j, key, may_drop);
    ili_lock_release(&lock);
    return status;
}

static il_status open_journal(il_context *ctx, const char *dir, const char *name, uint64_t key, bool fresh,
                              bool may_drop, ili_journal **out) {
    *out = NULL;
    ili_journal *j = ili_alloc(1, sizeof *j);
    if (!j) return ili_no_memory(ctx, "the journal");
    il_status status = IL_OK;
    if (dir) {
        size_t n = strlen(dir) + strlen(name) + 16;
        j->path = ili_alloc(n, 1);
        if (!j->path) IL_GO(ili_no_memory(ctx, "the journal"));
        snprintf(j->path, n, "%s/%s.journal", dir, name);
        IL_GO(begin_alone(ctx, j, key, fresh, may_drop));
    }
out:
    if (status != IL_OK) ili_journal_close(&j);
    *out = j;
    return status;
}

il_status ili_journal_open(il_context *ctx, const char *dir, const char *verb, uint64_t key, bool fresh,
                           ili_journal **out) {
    IL_TRY(open_journal(ctx, dir, verb, key, fresh, false, out));
    if (fresh) ili_report_forget(dir, verb);
    return IL_OK;
}

il_status ili_journal_open_piece(il_context *ctx, const char *dir, const char *name, uint64_t key, bool fresh,
                                 ili_journal **out) {
    return open_journal(ctx, dir, name, key, fresh, true, out);
}

il_status ili_journal_check(il_context *ctx, const char *dir, const char *verb, uint64_t key) {
    char path[ILI_PATH_MAX];
    header h;
    IL_TRY(ili_path_join(ctx, path, dir, "%s.journal", verb));
    FILE *file = fopen(path, "rb");
    const bool is_other = file && fread(&h, sizeof h, 1, file) == 1 && !is_of_job(&h, key);
    if (file) fclose(file);
    return is_other ? of_another_job(ctx, path) : IL_OK;
}

/** Cut the file at the record that could not be read whole: from here on the job writes. */
static il_status end_replay(il_context *ctx, ili_journal *j, long at) {
    j->replaying = false;
    if (fseek(j->file, at, SEEK_SET) != 0 || ftruncate(fileno(j->file), at) != 0) return write_failed(ctx, j);
    return IL_OK;
}

static uint64_t head_hash(const record *r) {
    return ili_hash(ILI_HASH_START, r, offsetof(record, hash));
}

/** Positions and forces of a record into the system; false: torn. */
static bool read_arrays(ili_journal *j, const record *r, double (*buffer)[3], il_system *sys) {
    size_t n = (size_t)sys->n_atoms;
    if (fread(buffer, sizeof *buffer, 2 * n, j->file) != 2 * n) return false;
    if (ili_hash(head_hash(r), buffer, 2 * n * sizeof *buffer) != r->hash) return false;
    memcpy(sys->x, buffer, n * sizeof *buffer);
    memcpy(sys->f, buffer + n, n * sizeof *buffer);
    return true;
}

il_status ili_journal_next(il_context *ctx, ili_journal *j, il_system *sys, ili_relax_result *result,
                           bool *found) {
    *found = false;
    if (!j->replaying) return IL_OK;
    long at = ftell(j->file);
    record r;
    if (fread(&r, sizeof r, 1, j->file) != 1 || r.n_atoms != sys->n_atoms) return end_replay(ctx, j, at);
    IL_TRY(ILI_SYSTEM_ARRAY(ctx, sys, f));
    double(*buffer)[3] = ili_alloc(2 * (size_t)sys->n_atoms, sizeof *buffer);
    if (!buffer) return ili_no_memory(ctx, "the journal");
    *found = read_arrays(j, &r, buffer, sys);
    ili_free(buffer);
    if (!*found) return end_replay(ctx, j, at);
    memcpy(sys->cell.h, r.cell, sizeof r.cell);
    sys->energy = r.energy;
    sys->has_energy = true;
    *result = r.result;
    return IL_OK;
}

il_status ili_journal_add(il_context *ctx, ili_journal *j, const il_system *sys,
                          const ili_relax_result *result) {
    if (!j->file) return IL_OK;
    size_t n = (size_t)sys->n_atoms, size = n * sizeof *sys->x;
    record r;
    memset(&r, 0, sizeof r);
    r.n_atoms = sys->n_atoms;
    r.energy = sys->energy;
    memcpy(&r.result, result, sizeof r.result); /* padding too: it is hashed */
    memcpy(r.cell, sys->cell.h, sizeof r.cell);
    r.hash = ili_hash(ili_hash(head_hash(&r), sys->x, size), sys->f, size);
    bool written = fwrite(&r, sizeof r, 1, j->file) == 1 && fwrite(sys->x, 1, size, j->file) == size &&
                   fwrite(sys->f, 1, size, j->file) == size && fflush(j->file) == 0 &&
                   fsync(fileno(j->file)) == 0;
    return written ? IL_OK : write_failed(ctx, j);
}

il_status ili_stopped(il_context *ctx, const char *so_far, const char *kept) {
    char text[ILI_MESSAGE_MAX]; /* so_far may be the message of ctx */
    snprintf(text, sizeof text, "%s", so_far);
    if (!kept) return ili_fail(ctx, IL_E_INTERRUPTED, "%s; without -o DIR nothing was kept", text);
    return ili_fail(ctx, IL_E_INTERRUPTED,
                    "%s; the same command goes on from %s, with --fresh it starts over", text, kept);
}
