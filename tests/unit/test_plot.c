/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "io/picture_plot.h"
#include "io/picture_ticks.h"

/** The texts of the major ticks, with a blank after each, and the number of all. */
static int texts(double low, double high, bool is_log, int target, char all[512]) {
    ili_ticks t;
    ili_ticks_make(low, high, is_log, target, &t);
    all[0] = 0;
    for (int k = 0; k < t.n; k++) {
        CHECK(t.tick[k].at >= low - 1e-6 * (high - low) && (k == 0 || t.tick[k].at > t.tick[k - 1].at));
        if (t.tick[k].text[0]) snprintf(all + strlen(all), 512 - strlen(all), "%s ", t.tick[k].text);
    }
    if (t.power) snprintf(all + strlen(all), 512 - strlen(all), "e%d", t.power);
    return t.n;
}

static void check_texts(double low, double high, bool is_log, const char *want) {
    char all[512];
    texts(low, high, is_log, 6, all);
    if (strcmp(all, want) == 0) return;
    fprintf(stderr, "%g to %g: '%s', expected '%s'\n", low, high, all, want);
    CHECK(!"the ticks say what they should");
}

TEST(ticks_of_a_linear_axis) {
    check_texts(0.0, 1.0, false, "0.0 0.2 0.4 0.6 0.8 1.0 ");
    check_texts(0.0, 30.0, false, "0 5 10 15 20 25 30 ");
    check_texts(590.0, 1210.0, false, "600 700 800 900 1000 1100 1200 ");
    check_texts(-0.13, 0.11, false,
                "\xe2\x88\x92"
                "0.10 "
                "\xe2\x88\x92"
                "0.05 0.00 0.05 0.10 ");
    check_texts(0.0, 2.1e6, false, "0.0 0.5 1.0 1.5 2.0 e6");
    check_texts(1e-5, 4e-5, false, "1.0 1.5 2.0 2.5 3.0 3.5 4.0 e-5");
    char all[512];
    CHECK(texts(0.0, 1.0, false, 6, all) == 21); /* four minor ticks of 0.05 in 0.2 */
}

TEST(ticks_of_a_logarithmic_axis) {
    check_texts(0.02, 300.0, true, "0.1 1 10 100 ");
    check_texts(2e-9, 3e-5, true,
                "10^{\xe2\x88\x92"
                "8} 10^{\xe2\x88\x92"
                "7} 10^{\xe2\x88\x92"
                "6} 10^{\xe2\x88\x92"
                "5} ");
    check_texts(0.4, 5.5, true, "0.5 1 2 5 ");
    check_texts(3e4, 4e5, true,
                "5\xc3\x97"
                "10^{4} 10^{5} 2\xc3\x97"
                "10^{5} ");
    check_texts(300.0, 420.0, true, "300 320 340 360 380 400 420 ");
    check_texts(1e-20, 1e20, true,
                "10^{\xe2\x88\x92"
                "18} 10^{\xe2\x88\x92"
                "12} 10^{\xe2\x88\x92"
                "6} 10^{0} 10^{6} 10^{12} 10^{18} ");
    char all[512];
    CHECK(texts(1.0, 100.0, true, 6, all) == 19);
    CHECK(texts(1e-300, 1e300, true, 6, all) <= ILI_TICKS_MAX);
}

static double kelvin_to_x(double kelvin) {
    return 1000.0 / kelvin;
}

enum { N_POINTS = 6 };
static const double x[N_POINTS] = {0.8, 1.0, 1.2, 1.4, NAN, 1.8},
                    y[N_POINTS] = {1e-5, 4e-6, 1e-6, 3e-7, 1.0, -1.0},
                    low[N_POINTS] = {5e-6, 1e-6, -1.0, 1e-7, 0.5, 1e-8},
                    high[N_POINTS] = {2e-5, 9e-6, 4e-6, INFINITY, 2, 1};

static ili_plot arrhenius(ili_plot_series series[3], const ili_plot_axis *top) {
    series[0] = (ili_plot_series){ILI_PLOT_BAND, "95 %", 0, N_POINTS, x, NULL, low, high};
    series[1] = (ili_plot_series){ILI_PLOT_DASHED, "E_{a} = 0.3 eV", 1, N_POINTS, x, y, NULL, NULL};
    series[2] = (ili_plot_series){ILI_PLOT_POINTS, "tracer", 2, N_POINTS, x, y, low, high};
    return (ili_plot){.title = "D of Li^{+}",
                      .x = {"1000 K / T", false},
                      .y = {"D (cm\xc2\xb2/s)", true},
                      .top = top,
                      .top_to_x = kelvin_to_x,
                      .series = series,
                      .n_series = 3};
}

static void check_written(const ili_plot *plot, const char *ending, const char *magic) {
    scratch_path path;
    char begin[8] = "";
    scratch_name(path, ending);
    CHECK_OK(ili_plot_write(ctx, plot, path));
    FILE *file = fopen(path, "rb");
    CHECK(file && fread(begin, 1, 7, file) == 7 && memcmp(begin, magic, strlen(magic)) == 0);
    if (file) {
        fseek(file, 0, SEEK_END);
        CHECK(ftell(file) > 4000);
        fclose(file);
    }
    unlink(path);
}

TEST(pictures_are_made) {
    ili_plot_series series[3];
    const ili_plot_axis top = {"T (K)", false};
    ili_plot plot = arrhenius(series, &top);
    check_written(&plot, ".png", "\x89PNG");
    check_written(&plot, ".svg", "<?xml");
    check_written(&plot, ".pdf", "%PDF");
    plot.n_series = 1; /* a band alone */
    plot.top = NULL;
    plot.title = plot.x.label = NULL;
    check_written(&plot, ".png", "\x89PNG");
    const double one = 3.0;
    const ili_plot_series point = {ILI_PLOT_POINTS, NULL, -5, 1, &one, &one, NULL, NULL};
    for (int log = 0; log < 2; log++)
        check_written(&(ili_plot){.x = {"x", log}, .y = {"y", log}, .series = &point, .n_series = 1}, ".png",
                      "\x89PNG");
}

/** Glyphs that a picture draws. */
static int count_glyphs(const ili_plot *plot) {
    scratch_path path;
    char line[512];
    int n = 0;
    scratch_name(path, ".svg");
    CHECK_OK(ili_plot_write(ctx, plot, path));
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (file && fgets(line, sizeof line, file)) n += strstr(line, "<use") != NULL;
    if (file) fclose(file);
    unlink(path);
    return n;
}

TEST(an_inverse_axis_has_its_numbers) {
    const double inverse[2] = {1000.0 / 1500.0, 1000.0 / 298.15}, value[2] = {1.0, 1e-5};
    const ili_plot_series line = {ILI_PLOT_LINE, NULL, 0, 2, inverse, value, NULL, NULL};
    const ili_plot_axis top = {"T", false};
    ili_plot plot = {.x = {"x", false}, .y = {"y", true}, .series = &line, .n_series = 1};
    int without = count_glyphs(&plot);
    plot.top = &top;
    plot.top_to_x = kelvin_to_x;
    CHECK(count_glyphs(&plot) >= without + 12); /* 400, 600, 800, 1000 at least */
}

/** Labels beyond the sixteenth were lost once. */
TEST(every_label_is_drawn) {
    enum { MANY = 80 };
    const double v[2] = {1.0, 2.0};
    ili_plot_series lines[MANY];
    for (int k = 0; k < MANY; k++) lines[k] = (ili_plot_series){ILI_PLOT_LINE, "K", k, 2, v, v, NULL, NULL};
    ili_plot plot = {.x = {"x", false}, .y = {"y", false}, .series = lines};
    int before = 0;
    for (plot.n_series = 12; plot.n_series <= MANY; plot.n_series++) {
        const int glyphs = count_glyphs(&plot);
        if (plot.n_series > 12) CHECK(glyphs == before + 1);
        before = glyphs;
    }
}

/** The dashes of a line as the SVG tells them, "" for none. */
static void dashes_of(ili_plot_style style, int color, char said[64]) {
    scratch_path path;
    char text[4096];
    const double v[2] = {1.0, 2.0};
    const ili_plot_series line = {style, NULL, color, 2, v, v, NULL, NULL};
    const ili_plot plot = {.x = {"x", false}, .y = {"y", false}, .series = &line, .n_series = 1};
    scratch_name(path, ".svg");
    said[0] = 0;
    CHECK_OK(ili_plot_write(ctx, &plot, path));
    FILE *file = fopen(path, "r");
    while (file && fgets(text, sizeof text, file)) {
        const char *dash = strstr(text, "stroke-dasharray");
        if (dash) snprintf(said, 64, "%.40s", dash);
    }
    if (file) fclose(file);
    unlink(path);
}

TEST(styles_of_lines_differ) {
    char said[4][64];
    for (int style = ILI_PLOT_LINE; style <= ILI_PLOT_DASH_DOT; style++) {
        char *now = said[style - ILI_PLOT_LINE];
        dashes_of((ili_plot_style)style, 0, now);
        for (int k = 0; k < style - ILI_PLOT_LINE; k++) CHECK(strcmp(said[k], now) != 0);
    }
}

TEST(the_eighth_line_is_not_like_the_others) {
    char said[64];
    for (int color = 0; color < 14; color++) {
        dashes_of(ILI_PLOT_LINE, color, said);
        CHECK((said[0] != 0) == (color >= 7));
    }
}

TEST(numbers_of_all_sizes_are_drawn) {
    static const double sizes[] = {0.0, 1e-300, 1e-150, 1e-12, 1.0, 1.0 + 1e-15, 1e15, 1e150, -1e150, 1e300};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    for (int a = 0; a < SIZES; a++)
        for (int b = 0; b < SIZES; b++)
            for (int log = 0; log < 2; log++) {
                scratch_path path;
                const double v[2] = {sizes[a], sizes[b]};
                const ili_plot_series line = {ILI_PLOT_LINE, "line", 0, 2, v, v, NULL, NULL};
                const ili_plot plot = {.x = {"x", log}, .y = {"y", log}, .series = &line, .n_series = 1};
                scratch_name(path, ".svg");
                bool nothing = true;
                for (int k = 0; k < 2; k++)
                    nothing = nothing && (fabs(v[k]) > 1e150 || (log && v[k] < 1e-150));
                CHECK_STATUS(ili_plot_write(ctx, &plot, path), nothing ? IL_E_INPUT : IL_OK);
                unlink(path);
            }
}

TEST(what_cannot_be_drawn_is_refused) {
    ili_plot_series series[3];
    ili_plot plot = arrhenius(series, NULL);
    CHECK_STATUS(ili_plot_write(ctx, &plot, "plot.gif"), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), ".png, .svg or .pdf") != NULL);
    CHECK_STATUS(ili_plot_write(ctx, &plot, "/nonexistent/plot.png"), IL_E_FILE);
    plot.title = "\xff\xfe";
    CHECK_STATUS(ili_plot_write(ctx, &plot, P_tmpdir "/interlith-none.svg"), IL_E_FILE);
    CHECK(access(P_tmpdir "/interlith-none.svg", F_OK) != 0);
    plot.n_series = 0;
    CHECK_STATUS(ili_plot_write(ctx, &plot, "plot.png"), IL_E_INPUT);
    const double bad[2] = {NAN, -1.0};
    series[0] = (ili_plot_series){ILI_PLOT_LINE, "bad", 0, 2, x, bad, NULL, NULL};
    plot.n_series = 1;
    CHECK_STATUS(ili_plot_write(ctx, &plot, "plot.png"), IL_E_INPUT);
    CHECK(strstr(il_message(ctx), "no point to draw") != NULL);
}

TESTS(RUN(ticks_of_a_linear_axis), RUN(ticks_of_a_logarithmic_axis), RUN(pictures_are_made),
      RUN(an_inverse_axis_has_its_numbers), RUN(every_label_is_drawn), RUN(styles_of_lines_differ),
      RUN(the_eighth_line_is_not_like_the_others), RUN(numbers_of_all_sizes_are_drawn),
      RUN(what_cannot_be_drawn_is_refused))
