/* SPDX-License-Identifier: GPL-3.0-or-later */
/** Where the ticks of an axis go and what they say. */
#ifndef ILI_IO_PICTURE_TICKS_H
#define ILI_IO_PICTURE_TICKS_H

#include <stdbool.h>

enum { ILI_TICKS_MAX = 128, ILI_TICK_TEXT = 32 };

typedef struct ili_tick {
    double at;
    char text[ILI_TICK_TEXT]; /**< "" on a minor one; 10^{..} as ili_page_text draws it */
} ili_tick;

typedef struct ili_ticks {
    int n;
    ili_tick tick[ILI_TICKS_MAX];
    int power; /**< of ten, by which the texts were divided; 0: by none */
} ili_ticks;

/** About `target` texts between low < high (0 < low when is_log): steps of 1, 2 or 5 times a power of ten; on a log axis
 *  decades with minor ticks, or 1-2-5 when there are few. */
void ili_ticks_make(double low, double high, bool is_log, int target, ili_ticks *ticks);

#endif
