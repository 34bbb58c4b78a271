/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scratch.h"

#include "base/alloc.h"
#include "io/html.h"
#include "io/rounded.h"

/** "VALUE|SIGMA|POWER" with an ASCII minus. */
static void check_rounded(double value, double sigma, int digits, const char *want) {
    const ili_rounded r = ili_round(value, sigma, digits);
    char got[128];
    const bool is_negative = strncmp(r.value, "\xe2\x88\x92", 3) == 0;
    snprintf(got, sizeof got, "%s%s|%s|%d", is_negative ? "-" : "", r.value + (is_negative ? 3 : 0), r.sigma,
             r.power);
    if (strcmp(got, want) == 0) return;
    fprintf(stderr, "%.17g +- %g: '%s', expected '%s'\n", value, sigma, got, want);
    CHECK(!"the number is rounded as it should");
}

TEST(two_digits_of_the_error) {
    check_rounded(-3.359309482358675, 0.18196784315058015, 3, "-3.36|0.18|0");
    check_rounded(22.291288, 12.575195, 3, "22|13|0");
    check_rounded(1.0985926307e-9, 9.701e-11, 3, "1.099|0.097|-9");
    check_rounded(24695.9, 7889.5, 3, "2.47|0.79|4");
    check_rounded(998.8712, 2.4648, 3, "998.9|2.5|0");
    check_rounded(0.000295, 0.000552, 3, "3.0|5.5|-4");
    check_rounded(12345678.0, 12.0, 3, "1.2345678|0.0000012|7");
}

TEST(an_error_that_rounds_up_to_the_next_power) {
    check_rounded(5.0, 0.0996, 3, "5.00|0.10|0");
    check_rounded(5.0, 0.996, 3, "5.0|1.0|0");
    check_rounded(5.0, 9.96, 3, "5|10|0");
    check_rounded(0.0999999, 0.01, 3, "0.100|0.010|0");
    check_rounded(99999.9, 3.0, 3, "99999.9|3.0|0");
}

TEST(values_that_are_smaller_than_their_error) {
    check_rounded(0.10163, 0.97558, 3, "0.10|0.98|0");
    check_rounded(30.3, 290.87, 3, "0.3|2.9|2");
    check_rounded(-0.004, 2.0, 3, "0.0|2.0|0"); /* no "-0.0" */
    check_rounded(0.0, 3e-12, 3, "0.0|3.0|-12");
}

TEST(errors_that_are_not_known_or_zero) {
    check_rounded(217.0371868, NAN, 3, "217||0");
    check_rounded(2.856664, NAN, 4, "2.857||0");
    check_rounded(5.4446e-5, NAN, 3, "5.44||-5");
    check_rounded(12078.94632, 0.0, 6, "12078.9||0");
    check_rounded(-99.96, INFINITY, 3, "-100||0");
    check_rounded(0.0, NAN, 3, "0.00||0");
    check_rounded(NAN, 1.0, 3, "||0");
    check_rounded(INFINITY, NAN, 3, "||0");
    check_rounded(1e300, 1e280, 3, "1.00000000000|0.00000000000|300"); /* twelve digits at most */
    check_rounded(1e308, 1e-300, 3, "1.00000000000|0.00000000000|308");
}

static void check_text(const ili_html *h, const char *want) {
    CHECK(!h->has_failed);
    if (h->text && strcmp(h->text, want) == 0) return;
    fprintf(stderr, "'%s', expected '%s'\n", h->text ? h->text : "", want);
    CHECK(!"the markup is as it should");
}

TEST(text_is_escaped) {
    ili_html h = {0};
    ili_html_text(&h, "<a href=\"x\">'&'</a>");
    check_text(&h, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
    ili_html_free(&h);
    ili_html_text(&h, NULL);
    CHECK(h.n == 0);
    ili_html_free(&h);
}

TEST(bytes_that_are_no_text_become_question_marks) {
    static const char *const rows[][2] = {
        {"caf\xc3\xa9 \xe2\x88\x92 \xf0\x9f\x94\x8b", "caf\xc3\xa9 \xe2\x88\x92 \xf0\x9f\x94\x8b"},
        {"a\xff"
         "b",
         "a?b"},
        {"cut \xe2\x88", "cut ??"},
        {"long zero \xc0\x80", "long zero ??"},
        {"half of a pair \xed\xa0\x80", "half of a pair ???"},
        {"\x01\x1b[31m\x7f", "??[31m?"},
        {"beyond \xf4\x90\x80\x80", "beyond ????"},
        {"no character \xef\xbf\xbe", "no character ???"},
        {"\xe2\x88<", "??&lt;"}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        ili_html h = {0};
        ili_html_text(&h, rows[k][0]);
        check_text(&h, rows[k][1]);
        ili_html_free(&h);
    }
}

TEST(raised_and_lowered_text_is_closed) {
    ili_html h = {0};
    ili_html_print(&h, "E_{%s} = m^{2} {x}", "a<b");
    check_text(&h, "E<sub>a&lt;b</sub> = m<sup>2</sup> {x}");
    ili_html_free(&h);
    ili_html_print(&h, "%s", "open ^{2");
    check_text(&h, "open <sup>2</sup>");
    ili_html_free(&h);
    ili_html_formula(&h, "Li1.5Ge<P3");
    check_text(&h, "Li<sub>1.5</sub>Ge&lt;P<sub>3</sub>");
    ili_html_free(&h);
}

TEST(numbers_as_markup) {
    ili_html h = {0};
    ili_html_number(&h, 1.3368e-9, 2.3827e-10, 3);
    check_text(&h, "(1.34<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0"
                   "0.24</span>)\xc2\xa0\xc3\x97\xc2\xa0"
                   "10<sup>\xe2\x88\x92"
                   "9</sup>");
    ili_html_free(&h);
    ili_html_number(&h, 1.0, 0.0, 3);
    ili_html_raw(&h, " ");
    ili_html_fixed(&h, 155260374726068.0, 3);
    ili_html_raw(&h, " ");
    ili_html_fixed(&h, -0.5, 4);
    check_text(&h, "1 155260374726068 \xe2\x88\x92"
                   "0.5");
    ili_html_free(&h);
    ili_html_number(&h, NAN, 1.0, 3);
    CHECK(h.n == 0);
    ili_html_free(&h);
}

TEST(base64_of_every_remainder) { /* RFC 4648, section 10 */
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"},
                                          {"\xff\xfe\x3e\x3f", "//4+Pw=="}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        ili_html h = {0};
        ili_html_base64(&h, (const unsigned char *)rows[k][0], strlen(rows[k][0]));
        check_text(&h, rows[k][1]);
        ili_html_free(&h);
    }
}

TEST(a_page_that_found_no_memory_is_not_written) {
    scratch_path path;
    ili_html h = {0};
    scratch_name(path, ".html");
    unlink(path);
    ili_html_begin(&h, "<title>");
    CHECK(strstr(h.text, "<title>&lt;title&gt;</title>") != NULL);
    ili_alloc_fail_at(1);
    for (int k = 0; k < 100000; k++) ili_html_raw(&h, "more text than there is room for");
    ili_alloc_fail_at(0);
    ili_html_end(&h);
    CHECK_STATUS(ili_html_write(ctx, &h, path), IL_E_MEMORY);
    CHECK(access(path, F_OK) != 0);
    ili_html_free(&h);
}

TESTS(RUN(two_digits_of_the_error); RUN(an_error_that_rounds_up_to_the_next_power);
      RUN(values_that_are_smaller_than_their_error); RUN(errors_that_are_not_known_or_zero);
      RUN(text_is_escaped); RUN(bytes_that_are_no_text_become_question_marks);
      RUN(raised_and_lowered_text_is_closed); RUN(numbers_as_markup); RUN(base64_of_every_remainder);
      RUN(a_page_that_found_no_memory_is_not_written))
