/* SPDX-License-Identifier: GPL-3.0-or-later */
/** The page that `report` writes of a run folder. What all results share (what was asked, definitions, warnings, provenance) is
 *  here; what one verb has to show is an ili_webpage_kind in page_VERB.c, and one line in pages.def. Nothing is computed anew:
 *  numbers come from the result file. A key that is missing or of another type is a number that is not known. */
#ifndef ILI_TASK_PAGE_H
#define ILI_TASK_PAGE_H

#include "io/html.h"
#include "io/report.h"

typedef struct ili_webpage_kind ili_webpage_kind;

typedef struct ili_webpage {
    il_context *ctx;
    il_report *report;      /**< of the verb `report` itself */
    ili_json *files;        /**< of it: names written beside the page */
    const char *dir, *into; /**< the run's folder, the page's */
    ili_html html, notes;   /**< notes: gathered for the box under the answer */
    size_t embedded;        /**< bytes of pictures so far */
    const ili_webpage_kind *kind;
    const ili_json_view *result; /**< the result shown */
    int n_tables;                /**< so far */
    int level;                   /**< of the heading of its sections: 2, or 3 beside others */
} ili_webpage;

struct ili_webpage_kind {
    const char *verb;
    /** Heading: "Diffusion in LAGP". */
    void (*title)(const ili_webpage *page, char text[256]);
    /** Cards by ili_webpage_answer; doubts by ili_webpage_note. */
    void (*answer)(ili_webpage *page);
    il_status (*figures)(ili_webpage *page);
    /** Tables and the error budget, each under a heading of its own. */
    void (*tables)(ili_webpage *page);
    /** Definitions that the result file does not carry: {term, sentence} ..., NULL terms at the end; NULL: none. */
    const char *const (*definitions)[2];
};

/** Read DIR/VERB.json of every kind that is there and write INTO/report.html; the report gets its keys and text.
 *  IL_E_INPUT: no results, a file that does not read or belongs to another verb; IL_E_FILE. */
il_status ili_webpage_make(il_context *ctx, il_report *report, const char *dir, const char *into);

/* ---- reading ----------------------------------------------------------------------------------------- */

/** A number with its error and 95 % interval; NaN where not known. */
typedef struct ili_shown {
    double value, sigma, low, high;
} ili_shown;
/** From {value, sigma, low_95, high_95} or a plain number, times a factor. */
ili_shown ili_webpage_shown(const ili_json_view *view, double factor);
/** Follow "a/b/c" through objects. NULL: not there. */
const ili_json_view *ili_webpage_at(const ili_json_view *view, const char *path);
/** NaN where it is not there. */
double ili_webpage_number_at(const ili_json_view *view, const char *path);
/** "" where it is not there. */
const char *ili_webpage_text_at(const ili_json_view *view, const char *path);
/** A number within a sentence: four digits at most, "?" where it is not known. */
typedef struct ili_word {
    char text[32];
} ili_word;
ili_word ili_webpage_word(double value);
/** Number of entries of a list for which `path` is true. */
int ili_webpage_count(const ili_json_view *list, const char *path);
/** What the run is about: the name of its first input without folder and ending, or the formula. */
void ili_webpage_subject(const ili_webpage *page, char text[128]);

/* ---- writing ----------------------------------------------------------------------------------------- */

/** Heading of a section; texts of this part take ^{..} and _{..}. */
void ili_webpage_section(ili_webpage *page, const char *title);
void ili_webpage_subsection(ili_webpage *page, const char *title);

/** A paragraph of plain text. */
void ili_webpage_paragraph(ili_webpage *page, const char *text);

/** One number of the answer. */
typedef struct ili_answer {
    const char *what; /**< "Activation energy of D of Li" */
    const char *unit;
    ili_shown number;
    double also_factor; /**< to another unit; 0: none */
    const char *also_unit;
    const char *definition; /**< in small print */
    const char *missing;    /**< why there may be no number; NULL: "not evaluated" */
    const char *doubt;      /**< flag in plain words; NULL or "": none */
} ili_answer;
void ili_webpage_answer(ili_webpage *page, const ili_answer *answer);
/** A sentence in the box under the answer. */
void ili_webpage_note(ili_webpage *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

typedef enum ili_cell_kind {
    ILI_CELL_ESTIMATE, /**< an object with value and sigma */
    ILI_CELL_PLAIN,    /**< a number that is set or counted */
    ILI_CELL_TEXT,
    ILI_CELL_YES,  /**< true, false */
    ILI_CELL_KEY,  /**< the row's own key, of rows in an object */
    ILI_CELL_RANGE /**< a list of two numbers */
} ili_cell_kind;

typedef struct ili_column {
    const char *head, *unit;
    ili_cell_kind kind;
    const char *key;    /**< path in the row; NULL: the row itself */
    double factor;      /**< 0: 1 */
    int digits;         /**< of numbers without an error; 0: 4 */
    bool is_optional;   /**< left out where no row has it */
    const char *yes[2]; /**< words for false and true; NULL: "no", "yes" */
} ili_column;
/** A row for each entry of a list, or member of an object. Nothing when there is none. */
void ili_webpage_table(ili_webpage *page, const char *caption, const ili_json_view *rows,
                       const ili_column *columns, int n_columns);
/** A list of the result file, and that of its errors. */
typedef struct ili_list_column {
    const char *key, *list, *sigma; /**< key of the row; paths; sigma NULL: without errors */
    bool is_nested;                 /**< entries are lists themselves, of which `part` counts */
    size_t part;
} ili_list_column;
/** Rows of n places of lists that lie side by side in `from`, for a table; the caller destroys them. NULL: no memory. */
ili_json *ili_webpage_rows(const ili_json_view *from, size_t n, const ili_list_column *lists, int n_lists);

/** Figures stand in a group; `tall` ones keep their own width. */
void ili_webpage_figures_begin(ili_webpage *page, bool tall);
void ili_webpage_figures_end(ili_webpage *page);
/** A picture STEM.svg or STEM.png of the folder, put into the page and copied beside it; nothing when there is none. */
il_status ili_webpage_figure(ili_webpage *page, const char *stem, const char *caption);
/** The structure DIR/STEM.extxyz drawn as STEM.svg and STEM.png beside the page; nothing when it cannot be read. */
il_status ili_webpage_structure(ili_webpage *page, const char *stem, const char *caption);
/** Temperature, potential energy and volume of thermo tables of the folder, drawn as VERB-trace-*.svg and .png; file k is called name[k].
 *  `n_atoms` > 0: energies per atom. Files that are not there are left out. */
il_status ili_webpage_traces(ili_webpage *page, int n, const char (*file)[256], const char (*name)[64],
                             double n_atoms);

#define ILI_PAGE(verb) extern const ili_webpage_kind ili_page_##verb;
#include "task/pages.def"
#undef ILI_PAGE

#endif
