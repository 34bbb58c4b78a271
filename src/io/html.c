/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/html.h"

#include "base/alloc.h"
#include "base/file.h"
#include "io/rounded.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FIXED_DIGITS = 6 };
static const double WHOLE_MAX = 1e15;

static const char STYLE[] =
    ":root{--ink:#1c2126;--soft:#56606a;--rule:#d9dfe5;--pale:#f5f7f9;--key:#1f5a87;--warn:#7a4b00;--warn-"
    "paper:#fff7e3;"
    "--warn-rule:#d99a1c;--bad:#8f1d1d;--bad-paper:#fdeeee}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:#fff;color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe "
    "UI',Roboto,'Helvetica "
    "Neue','Noto Sans','DejaVu Sans',Arial,sans-serif;overflow-wrap:break-word}\n"
    "main{max-width:66rem;margin:0 auto;padding:2.5rem 1.5rem 3rem}\n"
    "h1{font-size:1.9rem;line-height:1.2;font-weight:600;letter-spacing:-.01em;margin:0 0 .3rem}\n"
    "h2{font-size:1.25rem;line-height:1.3;font-weight:600;margin:2.6rem 0 "
    ".8rem;padding-top:.9rem;border-top:1px solid "
    "var(--rule)}\n"
    "h3{font-size:1.02rem;font-weight:600;margin:1.6rem 0 .5rem}\n"
    "p{margin:.5rem 0 .9rem;max-width:46rem}\n"
    "sup,sub{font-size:.72em;line-height:0}\n"
    ".lead{color:var(--soft);margin:0 0 1.2rem}\n"
    ".small,figcaption,.caption{font-size:.875rem;color:var(--soft);line-height:1.45}\n"
    ".none{color:var(--soft);font-style:italic;font-weight:400}\n"
    "code{font:.84em/1.5 ui-monospace,'Cascadia Mono','DejaVu Sans "
    "Mono',Menlo,Consolas,monospace;overflow-wrap:anywhere}\n"
    "pre{font:.84rem/1.5 ui-monospace,'Cascadia Mono','DejaVu Sans "
    "Mono',Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;background:var(--pale);"
    "border-radius:5px;"
    "padding:.7rem .9rem;margin:.5rem 0 1rem}\n"
    "dl.facts{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.25rem 1.4rem;margin:.5rem "
    "0 1rem}\n"
    "dl.facts dt{color:var(--soft)}\n"
    "dl.facts dd{margin:0;overflow-wrap:anywhere;min-width:0}\n"
    "dd ul.files{margin:.15rem 0 0}\n"
    ".answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17.5rem),1fr));gap:.9rem;"
    "margin:1rem 0}\n"
    ".answer{border:1px solid var(--rule);border-top:3px solid var(--key);border-radius:5px;padding:.85rem "
    "1rem .8rem;"
    "min-width:0}\n"
    ".answer.doubt{border-top-color:var(--warn-rule)}\n"
    ".answer .what{font-size:.92rem;color:var(--soft);margin:0 0 .15rem}\n"
    ".answer "
    ".number{font-size:1.5rem;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums;margin:0 0 "
    ".35rem}\n"
    ".answer .number .error{font-weight:400}\n"
    ".unit{white-space:nowrap}\n"
    ".answer .number .unit{font-size:.66em;font-weight:400;color:var(--soft);white-space:nowrap}\n"
    ".answer p{margin:0 0 .3rem}\n"
    ".flag{color:var(--warn);font-size:.875rem;font-weight:600;line-height:1.4}\n"
    ".notes{background:var(--warn-paper);border-left:4px solid var(--warn-rule);border-radius:0 5px 5px "
    "0;padding:.6rem "
    "1rem;margin:1rem 0}\n"
    ".failed{background:var(--bad-paper);border-left:4px solid var(--bad);border-radius:0 5px 5px "
    "0;padding:.6rem "
    "1rem;margin:1rem 0}\n"
    ".failed strong{color:var(--bad)}\n"
    ".notes p,.failed p{max-width:none;margin:.15rem 0}\n"
    ".notes ul{margin:.2rem 0;padding-left:1.2rem}\n"
    ".notes li{margin:.3rem 0}\n"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:1.4rem "
    "1.6rem;align-items:start}\n"
    "figure{margin:.4rem 0;min-width:0}\n"
    "img{display:block;max-width:100%;height:auto;margin:0 auto}\n"
    ".figures img{width:100%}\n"
    ".figures.tall img{width:auto;max-height:44rem}\n"
    "figcaption{margin-top:.45rem}\n"
    ".scroll{overflow-x:auto;margin:.2rem 0 1.2rem}\n"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.4;font-variant-numeric:tabular-nums}\n"
    ".caption{margin:1.1rem 0 .3rem;max-width:none}\n"
    "th,td{padding:.3rem .85rem .3rem 0;text-align:left;vertical-align:top}\n"
    "th:last-child,td:last-child{padding-right:0}\n"
    "thead th{font-weight:600;border-bottom:1.5px solid var(--ink);vertical-align:bottom}\n"
    "thead .unit{display:block;font-weight:400;color:var(--soft)}\n"
    "tbody td,tbody th{border-bottom:1px solid var(--rule);font-weight:400}\n"
    "td.n,th.n{text-align:right;white-space:nowrap}\n"
    "td.w{min-width:16rem}\n"
    "td.s{white-space:nowrap}\n"
    "dl.terms dt{font-weight:600;margin-top:.6rem;font-size:.92rem}\n"
    "dl.terms dd{margin:.05rem 0 0;font-size:.92rem;max-width:46rem}\n"
    "ul.files{columns:14rem;column-gap:1.6rem;list-style:none;padding:0;margin:.4rem 0 "
    "1rem;font-size:.84rem}\n"
    "ul.files li{overflow-wrap:anywhere;break-inside:avoid}\n"
    "footer{margin-top:2.6rem;padding-top:.8rem;border-top:1px solid var(--rule)}\n"
    "@media (max-width:40rem){main{padding:1.4rem 1rem 2rem}h1{font-size:1.5rem}h2{margin-top:2rem}"
    "dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5rem}.answer "
    ".number{font-size:1.35rem}}\n"
    "@page{size:A4;margin:16mm 15mm}\n"
    "@media "
    "print{html{font-size:9.4pt}body{font-size:1rem;line-height:1.4}main{max-width:none;padding:0}h1{font-"
    "size:17pt}"
    "h2{font-size:12.5pt;margin-top:6mm;padding-top:2mm}h1,h2,h3,.caption{break-after:avoid}"
    ".answer,.notes,.failed,figure,tr,pre{break-inside:avoid}thead{display:table-header-group}"
    ".scroll{overflow:visible}table{font-size:7.6pt}th,td{padding:.8mm 2.2mm .8mm "
    "0}td.n,th.n,td.s{white-space:normal}"
    ".answers{grid-template-columns:repeat(3,1fr);gap:3mm}.answer .number{font-size:12.5pt}"
    ".figures{grid-template-columns:1fr 1fr;gap:4mm 6mm}.figures.tall img{max-height:120mm}"
    "td.w{min-width:0}p,dl.terms dd{max-width:none}"
    ".answer,.notes,.failed,pre{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

void ili_html_free(ili_html *h) {
    ili_free(h->text);
    *h = (ili_html){0};
}

static void append(ili_html *h, const char *bytes, size_t n) {
    if (h->has_failed || !ILI_GROW(h->text, h->n + n + 1, h->cap)) {
        h->has_failed = true;
        return;
    }
    memcpy(h->text + h->n, bytes, n);
    h->n += n;
    h->text[h->n] = 0;
}

void ili_html_raw(ili_html *h, const char *markup) {
    append(h, markup, strlen(markup));
}

/** Length of the UTF-8 character at s; 0 when there is none that a page may hold. */
static int character(const unsigned char *s) {
    if (*s < 0x80) return *s >= 0x20 || *s == '\n' || *s == '\t' ? *s != 0x7f : 0;
    const int n = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
    if (*s < 0xc2 || *s > 0xf4) return 0;
    unsigned code = *s & (0x7fU >> n);
    for (int k = 1; k < n; k++) {
        if ((s[k] & 0xc0) != 0x80) return 0;
        code = code << 6 | (s[k] & 0x3fU);
    }
    const unsigned least[] = {0x80, 0x800, 0x10000};
    const bool is_text = code >= 0xa0 && (code < 0xd800 || code > 0xdfff) && code < 0xfffd &&
                         !(code >= 0xfdd0 && code <= 0xfdef);
    return code >= least[n - 2] &&
                   (is_text || (code >= 0x10000 && code <= 0x10ffff && (code & 0xfffe) != 0xfffe))
               ? n
               : 0;
}

static const char *entity(char c) {
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/** One character, escaped; returns its length in the text. */
static int put_character(ili_html *h, const char *s) {
    const char *name = entity(*s);
    const int n = character((const unsigned char *)s);
    if (name)
        ili_html_raw(h, name);
    else if (n)
        append(h, s, (size_t)n);
    else
        append(h, "?", 1);
    return n ? n : 1;
}

void ili_html_text(ili_html *h, const char *text) {
    while (text && *text) text += put_character(h, text);
}

void ili_html_formula(ili_html *h, const char *formula) {
    static const char lowered[] = "0123456789.";
    bool is_low = false;
    while (*formula) {
        const bool wants_low = strchr(lowered, *formula) != NULL;
        if (wants_low != is_low) ili_html_raw(h, wants_low ? "<sub>" : "</sub>");
        is_low = wants_low;
        formula += put_character(h, formula);
    }
    if (is_low) ili_html_raw(h, "</sub>");
}

/** ^{..} and _{..} become markup; one level, closed at the end of the text at the latest. */
static void put_rich(ili_html *h, const char *text) {
    const char *closing = NULL;
    while (*text) {
        if (!closing && (*text == '^' || *text == '_') && text[1] == '{') {
            ili_html_raw(h, *text == '^' ? "<sup>" : "<sub>");
            closing = *text == '^' ? "</sup>" : "</sub>";
            text += 2;
        } else if (closing && *text == '}') {
            ili_html_raw(h, closing);
            closing = NULL;
            text++;
        } else
            text += put_character(h, text);
    }
    if (closing) ili_html_raw(h, closing);
}

void ili_html_print(ili_html *h, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : ili_alloc((size_t)n + 1, 1);
    if (text) {
        vsnprintf(text, (size_t)n + 1, format, again);
        put_rich(h, text);
        ili_free(text);
    } else
        h->has_failed = true;
    va_end(again);
}

static void put_power(ili_html *h, int power) {
    if (!power) return;
    ili_html_raw(h, "\xc2\xa0\xc3\x97\xc2\xa0");
    ili_html_print(h, "10^{%s%d}", power < 0 ? "\xe2\x88\x92" : "", power < 0 ? -power : power);
}

void ili_html_fixed(ili_html *h, double value, int digits) {
    const bool is_whole = value == floor(value) && fabs(value) < WHOLE_MAX;
    ili_rounded r = ili_round(value, NAN, digits);
    if (is_whole) {
        r.power = 0;
        snprintf(r.value, sizeof r.value, "%s%.0f", value < 0.0 ? "\xe2\x88\x92" : "", fabs(value));
    } else if (strchr(r.value, '.')) {
        size_t n = strlen(r.value);
        while (r.value[n - 1] == '0') n--;
        r.value[r.value[n - 1] == '.' ? n - 1 : n] = 0;
    }
    ili_html_raw(h, r.value);
    put_power(h, r.power);
}

void ili_html_number(ili_html *h, double value, double sigma, int digits) {
    const ili_rounded r = ili_round(value, sigma, digits);
    const bool has_brackets = r.power && r.sigma[0];
    if (sigma == 0.0) {
        ili_html_fixed(h, value, FIXED_DIGITS);
        return;
    }
    if (has_brackets) ili_html_raw(h, "(");
    ili_html_raw(h, r.value);
    if (r.sigma[0]) {
        ili_html_raw(h, "<span class=\"error\">\xc2\xa0\xc2\xb1\xc2\xa0");
        ili_html_raw(h, r.sigma);
        ili_html_raw(h, "</span>");
    }
    if (has_brackets) ili_html_raw(h, ")");
    put_power(h, r.power);
}

void ili_html_base64(ili_html *h, const unsigned char *bytes, size_t n) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (h->has_failed || !ILI_GROW(h->text, h->n + (n / 3 + 1) * 4 + 1, h->cap)) {
        h->has_failed = true;
        return;
    }
    for (size_t i = 0; i < n; i += 3) {
        const unsigned a = bytes[i], b = i + 1 < n ? bytes[i + 1] : 0, c = i + 2 < n ? bytes[i + 2] : 0;
        h->text[h->n++] = letters[a >> 2];
        h->text[h->n++] = letters[(a & 3) << 4 | b >> 4];
        h->text[h->n++] = i + 1 < n ? letters[(b & 15) << 2 | c >> 6] : '=';
        h->text[h->n++] = i + 2 < n ? letters[c & 63] : '=';
    }
    h->text[h->n] = 0;
}

void ili_html_image(ili_html *h, const char *type, const void *bytes, size_t n, const char *alt) {
    ili_html_raw(h, "<img alt=\"");
    ili_html_text(h, alt);
    ili_html_raw(h, "\" src=\"data:");
    ili_html_text(h, type);
    ili_html_raw(h, ";base64,");
    ili_html_base64(h, bytes, n);
    ili_html_raw(h, "\"/>");
}

void ili_html_begin(ili_html *h, const char *title) {
    ili_html_raw(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>");
    ili_html_text(h, title);
    ili_html_raw(h, "</title>\n<style>\n");
    ili_html_raw(h, STYLE);
    ili_html_raw(h, "</style>\n</head>\n<body>\n<main>\n");
}

void ili_html_end(ili_html *h) {
    ili_html_raw(h, "</main>\n</body>\n</html>\n");
}

il_status ili_html_write(il_context *ctx, const ili_html *h, const char *path) {
    if (h->has_failed || !h->text) return ili_no_memory(ctx, "a page");
    return ili_write_file(ctx, path, h->text);
}
