# SPDX-License-Identifier: GPL-3.0-or-later
# The floor check passes on the tree and fails on each thing that it forbids.
(cd "$ROOT" && tools/check_floors)
breaks() { # FILE LINE WORD: with this line in this file the check fails and says the word
    rm -rf tree && mkdir tree && cp -r "$ROOT/src" "$ROOT/tools" tree/
    printf '%s\n' "$2" >>"tree/$1"
    if (cd tree && tools/check_floors >../said); then echo "not found: $2 in $1"; return 1; fi
    grep -q "$3" said
}
breaks src/base/text.c '#include "system/cell.h"' 'base (floor 0) may not include'
breaks src/neigh/nlist.c '#include "io/json.h"' 'neigh (floor 3) may not include'
breaks src/ff/ff.c '#include "build/slab.h"' 'ff (floor 4) may not include'
breaks src/cli/main.c '#include "io/json.h"' 'includes interlith.h and its own folder only'
breaks src/ff/ff.h '#include <spglib.h>' 'third-party'
breaks src/ff/ff.c '#include <spglib.h>' 'belongs to'
breaks src/math/fft.c '#include <fftw3.h>' 'belongs to tests'
breaks src/ff/ff.c '#include "ff.h"' 'not spelled from src/'
