# SPDX-License-Identifier: GPL-3.0-or-later
printf '1\n\nLi 0 0 0\n' >a.xyz
if [ -w /dev/full ]; then
    code=0
    "$INTERLITH" convert a.xyz b.xyz --json >/dev/full 2>err || code=$?
    [ "$code" -eq 1 ]
    one_line err
fi
code=0
"$INTERLITH" convert a.xyz c.xyz >&- 2>err || code=$?
[ "$code" -eq 1 ]
has c.xyz "Li"
code=0
"$INTERLITH" --help 2>err | true
