/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Interlith: the public interface. Units: angstrom, eV, fs, e, K unless a name says otherwise.
 *  Everything an application, an example, tests/api or the command needs is here and nowhere else. */
#ifndef INTERLITH_H
#define INTERLITH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IL_VERSION_MAJOR 0
#define IL_VERSION_MINOR 1
#define IL_VERSION_PATCH 0
#define IL_VERSION       "0.1.0"

#if defined(__GNUC__)
#define IL_API __attribute__((visibility("default")))
#else
#define IL_API
#endif

/** Every status, its number and its sentence. Positive: nothing was changed, fix the input and retry.
 *  Negative: the object that reported it must be destroyed. The sentence is the general one; the message
 *  of the context (il_message) says what was found, where, and what was expected. */
#define IL_STATUS_LIST(X)                                                                                    \
    X(OK, 0, "done")                                                                                         \
    X(E_USAGE, 1, "the command or call was given arguments that it does not take")                           \
    X(E_INPUT, 2, "an input file or value is wrong")                                                         \
    X(E_FILE, 3, "a file cannot be opened, read or written")                                                 \
    X(E_UNSUPPORTED, 4, "the request is valid but outside what this version computes")                       \
    X(E_NOT_CONVERGED, 5, "an iteration ended before it reached its goal")                                   \
    X(E_INTERRUPTED, 6, "the work was interrupted")                                                          \
    X(E_STORAGE, 7, "the storage gave out: no space is left, or a file of a run is gone")                    \
    X(E_PROGRAM, 8, "another program that was asked to compute failed")                                      \
    X(E_MEMORY, -1, "memory ran out")                                                                        \
    X(E_NONFINITE, -2, "an energy or force is not a finite number")                                          \
    X(E_OVERLAP, -3, "atoms overlap")                                                                        \
    X(E_INTERNAL, -4, "an internal check failed; please report this")

typedef enum il_status {
#define IL_STATUS_ENUM(name, number, sentence) IL_##name = number,
    IL_STATUS_LIST(IL_STATUS_ENUM)
#undef IL_STATUS_ENUM
} il_status;

/** The general sentence of a status; never NULL. */
IL_API const char *il_status_sentence(il_status status);

/** Version of the library at run time, "major.minor.patch"; compare with IL_VERSION. */
IL_API const char *il_version(void);

/** Holds the message, the warnings, the thread count, the seed and the callbacks of one caller, and scratch memory: some 145 bytes an
 *  atom of the largest system that it has computed in mixed precision, twice as much in double. One context serves one thread at a time. */
typedef struct il_context il_context;

/** NULL when memory ran out. Threads 0 = all cores; seed 1. */
IL_API il_context *il_context_create(void);
/** Like every il_..._destroy: sets the pointer to NULL; nothing happens when it is NULL already. */
IL_API void il_context_destroy(il_context **context);
/** What went wrong in the last call that failed: one sentence. Valid until the next call with this context. */
IL_API const char *il_message(const il_context *context);
/** Threads used from now on, 0 = all cores. Results do not depend on it. */
IL_API void il_set_threads(il_context *context, int n_threads);
/** Vector instructions used from now on: "sse2", "avx2", "avx512", or "auto" for the widest that this machine has, which is the
 *  default. Sets differ in the last bits of results. IL_E_USAGE: no such set, or this machine lacks it. */
IL_API il_status il_set_simd(il_context *context, const char *name);
/** Seed of what is drawn at random from now on. */
IL_API void il_set_seed(il_context *context, uint64_t seed);
/** Warnings gathered so far, each text once, oldest first. */
IL_API int il_warning_count(const il_context *context);
/** "" when there is no warning of this index. Valid until the next call with this context. */
IL_API const char *il_warning(const il_context *context, int index);

/** Progress of long work: `what` is the stage, fraction lies in [0, 1]. Return nonzero to interrupt. */
typedef int (*il_progress_fn)(void *user, const char *what, double fraction);
/** `user` is handed to the function; progress NULL: none. */
IL_API void il_set_progress(il_context *context, il_progress_fn progress, void *user);

/** Folder with the installed potentials and structures; NULL keeps the built-in search path. Copied. */
IL_API void il_set_data_dir(il_context *context, const char *path);
/** The command line or program name that results record as their origin; NULL: none. Copied. */
IL_API void il_set_command(il_context *context, const char *command);

/* ---- verbs: what the command does, callable from a program ------------------------------------------- */

/** Result of a verb: one JSON object and one text for people. Borrowed strings live as long as the report. */
typedef struct il_report il_report;
IL_API void il_report_destroy(il_report **report);
/** The JSON object, keys named with their units; docs/formats.md lists them. */
IL_API const char *il_report_json(const il_report *report);
/** What the command prints. */
IL_API const char *il_report_text(const il_report *report);

typedef enum il_option_type {
    IL_OPT_FLAG,
    IL_OPT_INT,
    IL_OPT_REAL,
    IL_OPT_TEXT,
    IL_OPT_CHOICE,
    IL_OPT_INT3
} il_option_type;

/** Whether a TEXT names files, with commas between, and how they are found: whoever takes a job elsewhere takes them along. */
typedef enum il_option_files {
    IL_FILES_NONE,
    IL_FILES_PATH,     /**< by their path */
    IL_FILES_MODEL,    /**< models: a path or a name in potentials/, and what they include */
    IL_FILES_STRUCTURE /**< a path or a name in structures/ */
} il_option_files;

/** One option: a row that the parser, the help text, the job file reader and the range check all read.
 *  FLAG int; INT int; REAL double; TEXT and CHOICE char[IL_TEXT_MAX]; INT3 int[3], written h,k,l.
 *  `preset` is the default as the user would write it (NULL: not given; flags 0, REAL NaN, INT INT_MIN, TEXT "",
 *  INT3 0,0,0). */
#define IL_TEXT_MAX 512
typedef struct il_option {
    const char *name; /**< without dashes, as written in a job file too */
    char letter;      /**< one-letter form or 0 */
    il_option_type type;
    size_t offset; /**< of the field in the options struct of the verb */
    const char *preset;
    double low, high;    /**< closed bounds of INT, INT3 and REAL; ignored when both are 0 */
    const char *choices; /**< CHOICE: "a|b|c" */
    const char *unit, *help;
    /** TEXT with a grammar: refuses, with a message that begins with `where`, what it cannot read. NULL: any text. A job file
     *  may give a list, whose entries are checked one by one, then joined with commas. */
    il_status (*check)(il_context *context, const char *text, const char *where);
    il_option_files files; /**< of TEXT */
} il_option;

/** One verb of the command. `options` ends with a row whose name is NULL. */
typedef struct il_verb {
    const char *name, *usage, *summary, *details;
    const il_option *options;
    size_t options_size;
    int min_inputs, max_inputs;
    int reads_jobs; /**< nonzero: a job file is an input like any other, not a set of options */
    il_status (*run)(il_context *context, int n_inputs, const char *const *inputs, const void *options,
                     const char *out_dir, il_report **report);
} il_verb;

/** All verbs; n receives their number. */
IL_API const il_verb *const *il_verbs(int *n);
/** NULL, with a message that names the nearest verb, when there is none of this name. */
IL_API const il_verb *il_verb_find(il_context *context, const char *name);
/** Fill an options struct with the presets of its table. */
IL_API void il_options_default(const il_verb *verb, void *options);
/** Set one option from text, with type and range check. IL_E_USAGE with a message; `where` ("file:line" or
 *  "command line") begins the message. Unknown names are answered with the nearest known one. `value` NULL sets a
 *  flag. */
IL_API il_status il_options_set(il_context *context, const il_verb *verb, void *options, const char *name,
                                const char *value, const char *where);
/** Run a verb: writes its files to out_dir (NULL: none), its result to *report. `options` NULL means all presets.
 *  A run that failed also leaves a report, with "status" and "error"; only bad usage and lost memory leave NULL. */
IL_API il_status il_run(il_context *context, const il_verb *verb, int n_inputs, const char *const *inputs,
                        const void *options, const char *out_dir, il_report **report);

/** A job file: `task: VERB`, `inputs: [..]`, `seed`, `threads` and the options of the verb by name. */
typedef struct il_job il_job;
/** IL_E_FILE, IL_E_INPUT with file:line. */
IL_API il_status il_job_read(il_context *context, const char *path, il_job **job);
IL_API void il_job_destroy(il_job **job);
/** The verb that `task` names. */
IL_API const il_verb *il_job_verb(const il_job *job);
/** Number of inputs; *inputs is borrowed from the job. */
IL_API int il_job_inputs(const il_job *job, const char *const **inputs);
/** Set what the file gives: options over those in `options`, seed and threads of the context. IL_E_INPUT. */
IL_API il_status il_job_apply(il_context *context, const il_job *job, void *options);

/* ---- systems and models: for programs that embed the engine ------------------------------------------ */

typedef struct il_system il_system; /**< atoms in a cell */
typedef struct il_model il_model;   /**< a model file, read */
typedef struct il_ff il_ff;         /**< a model bound to a system: a plan for energies and forces */

/** Read CIF (ordered), POSCAR, extended XYZ or LAMMPS data; the ending of the name tells which. IL_E_FILE,
 *  IL_E_INPUT with file:line. *system is the caller's; NULL when it failed. */
IL_API il_status il_system_read(il_context *context, const char *path, il_system **system);
/** Atoms given as arrays, all copied. names [n]: of an element or of a species of the model ("Li0", "CO"); z [n]: atomic
 *  numbers, NULL or 0 in it: of the element that the name begins with; h: rows are the lattice vectors, angstrom; pbc:
 *  nonzero where the crystal repeats; x [n][3] angstrom. IL_E_USAGE without an atom, IL_E_INPUT naming the atom. */
IL_API il_status il_system_create(il_context *context, int n, const char *const *names, const int *z,
                                  const double h[3][3], const int pbc[3], const double (*x)[3],
                                  il_system **system);
/** Bond the atoms i and j, from 0. A system with bonds has these and no others; without one a model of molecules finds
 *  them by distance. IL_E_USAGE. */
IL_API il_status il_system_bond(il_context *context, il_system *system, int i, int j);
/** Write a structure file; what the format cannot hold is left out. IL_E_FILE, IL_E_INPUT (unknown ending). */
IL_API il_status il_system_write(il_context *context, const il_system *system, const char *path);
IL_API void il_system_destroy(il_system **system);
/** Number of atoms. */
IL_API int il_system_size(const il_system *system);
/** Name of the species of atom i, from 0: of an element or of a species of the model; borrowed. */
IL_API const char *il_system_name(const il_system *system, int i);
/** Atomic number of atom i, from 0. */
IL_API int il_system_element(const il_system *system, int i);
/** Number of bonds; *bonds [][2], atoms from 0, is borrowed from the system. */
IL_API int il_system_bonds(const il_system *system, const int (**bonds)[2]);
/** x [n][3] angstrom, borrowed, valid until the system is destroyed. */
IL_API const double (*il_system_positions(const il_system *system))[3];
/** h[3][3]: rows are the lattice vectors, angstrom, out. */
IL_API void il_system_cell(const il_system *system, double h[3][3]);

/** `name`: a name in potentials/ or a path. IL_E_FILE, IL_E_INPUT with file:line. */
IL_API il_status il_model_read(il_context *context, const char *name, il_model **model);
IL_API void il_model_destroy(il_model **model);

/** NaN in a field (0 too, but for the skin and the Coulomb cut-off): take it from the model file. */
typedef struct il_ff_options {
    double short_cutoff;   /**< angstrom */
    double coulomb_cutoff; /**< angstrom, real-space part; 0: the cheapest at that accuracy */
    double accuracy;       /**< RMS force error relative to e^2/(4 pi eps0 A^2) = 14.3996 eV/A */
    int coulomb;           /**< 0 auto, 1 Ewald, 2 mesh */
    int analytic; /**< pair functions 0 fast, 1 by their formulas one by one: what `energy` does, slower */
    double skin;  /**< angstrom, width of the neighbour list beyond the cut-off; NaN: 2 */
    double
        charge_scale; /**< 0.5 to 1, factor on the charges of species that the model marks as ions; NaN: 1 */
    int precision;    /**< 0 double; 1 mixed: pairs and mesh in single precision, sums and motion in double */
} il_ff_options;
/** Everything from the model file. */
IL_API void il_ff_options_default(il_ff_options *options);

/** Bind a model to the atoms of a system; options NULL: defaults. The model must live as long as the plan, the
 *  system need not. IL_E_INPUT names the atom that fits no species, or the net charge; IL_E_UNSUPPORTED for
 *  periods that a Coulomb sum cannot have. */
IL_API il_status il_ff_create(il_context *context, const il_model *model, const il_system *system,
                              const il_ff_options *options, il_ff **ff);
IL_API void il_ff_destroy(il_ff **ff);
/** Energy of the system's atoms at positions x [n][3] (need not be wrapped) in the cell h; it repeats as the
 *  system does. Outputs: energy eV; f [n][3] eV/angstrom; stress[6] eV/angstrom^3, xx yy zz yz xz xy, positive =
 *  tension. A NULL output is not wanted and costs nothing.
 *  IL_E_INPUT (flat cell), IL_E_NONFINITE naming the term and the atom, IL_E_MEMORY. */
IL_API il_status il_ff_compute(il_context *context, il_ff *ff, const double h[3][3], const double (*x)[3],
                               double *energy, double (*f)[3], double stress[6]);
/** The same energy by atom, e [n] eV, out; its sum is the energy but for rounding. Statuses as above. */
IL_API il_status il_ff_atom_energies(il_context *context, il_ff *ff, const double h[3][3],
                                     const double (*x)[3], double *e);
/** Name of the species of the model that atom i, from 0, was bound to; borrowed from the model. */
IL_API const char *il_ff_species(const il_ff *ff, int i);
/** Charges in force [n], e; borrowed, valid until the plan is destroyed. */
IL_API const double *il_ff_charges(const il_ff *ff);

#ifdef __cplusplus
}
#endif
#endif
