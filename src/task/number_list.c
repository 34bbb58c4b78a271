/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task/number_list.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

il_status ili_number_list(il_context *ctx, const char *option, const char *text, double low, double high,
                          int max, double *number, int *n) {
    *n = 0;
    for (bool goes_on = *text; goes_on;) {
        char word[64];
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, text);
        const char *begin = word + strspn(word, " ");
        for (char *end = word + strlen(word); end > begin && end[-1] == ' ';) *--end = 0;
        if (*n == max) return ili_fail(ctx, IL_E_USAGE, "--%s: more than %d numbers", option, max);
        if (length >= sizeof word || !ili_parse_real(begin, &number[*n]) ||
            !(number[*n] >= low && number[*n] <= high))
            return ili_fail(ctx, IL_E_USAGE,
                            "--%s: found '%.40s', expected numbers from %g to %g with commas between", option,
                            begin, low, high);
        ++*n;
        goes_on = text[length] == ',';
        text += length + goes_on;
    }
    return IL_OK;
}
