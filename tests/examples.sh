#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs the built examples. ex_energy must give what `interlith energy` gives. $INTERLITH is the command; the examples lie
# beside it. The last line is the tally, the exit code the verdict.
export LC_ALL=C
cd "$(dirname "$0")/.." || exit 1
INTERLITH=${INTERLITH:-build/interlith}
examples=$(dirname "$INTERLITH")/examples
passed=0 failed=0

# tally NAME CODE: 0 has passed.
tally() {
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "failed: $1"; fi
}

# same_energy FILE MODEL
same_energy() {
    local got want
    got=$("$examples/ex_energy" "$1" "$2" | sed -n 's/.*energy \(-[0-9.]*\) eV.*/\1/p')
    want=$("$INTERLITH" energy "$1" -p "$2" --json | sed -n 's/.*"energy_eV": *\(-[0-9.]*\).*/\1/p')
    awk -v a="$got" -v b="$want" 'BEGIN { exit !(a < 0 && (a - b) ^ 2 < 1e-10) }' && return 0
    echo "ex_energy $1 $2: got '$got', interlith energy '$want'"
    return 1
}

for program in examples/ex_*.c; do
    program=$examples/$(basename "$program" .c)
    "$program" >/dev/null
    tally "$program" $?
done
same_energy structures/LGP.cif pmmcs
tally "energy of LGP" $?
same_energy structures/Li.cif li
tally "energy of Li" $?
"$examples/ex_energy" no-such-file.cif 2>/dev/null
tally "a missing file" $(($? != 1))
echo "examples: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
