# SPDX-License-Identifier: GPL-3.0-or-later
# The calculator for ASE declares the options as interlith.h does: name, type and order of every field.
sed -n '/^typedef struct il_ff_options {/,/^}/p' "$ROOT/include/interlith.h" | tr '\n' ' ' | sed 's,/\*[^*]*\*/,,g' |
    grep -oE '(double|int) +[a-z_]+ *;' | tr -d ';' | awk '{ print $1, $2 }' >header
sed -n '/^class _Options/,/^$/p' "$ROOT/tools/ase/interlith_ase.py" | grep -oE '"[a-z_]+", ctypes.c_[a-z]+' |
    sed 's/"\(.*\)", ctypes.c_\(.*\)/\2 \1/' >ours
[ "$(wc -l <header)" -ge 8 ]
diff header ours
