#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Long physics: the demo's three contacts at one and at several threads, bit for bit; and how their numbers move with the
# thickness of the slabs; a crystal under two barostats; the drift of the energy of a polymer and of an oxide; transport on planted walks; a million atoms. Takes about twenty-five minutes on two cores; the last results stand in docs/results/contacts.md.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${INTERLITH:=$here/build/interlith}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
tell() { if [ "$1" = 0 ]; then passed=$((passed + 1)); echo "passed: $2"; else failed=$((failed + 1)); echo "failed: $2"; fi; }

# number NAME FILE: mean +- error, J/m2
number() { awk -v name="\"$1_J_per_m2\": {" 'index($0, name) { inside = 1 } inside && /"value":/ { gsub(/[",]/, ""); v = $2 } inside && /"sigma":/ {
    gsub(/[",]/, ""); printf "%.3f +- %.3f", v, $2; exit }' "$2"; }

# mean +- error of the last stage's volume
volume() { awk '/"volume_A3": \{/ { inside = 1 } inside && /"value":/ { gsub(/[",]/, ""); v = $2 } inside && /"sigma":/ {
    gsub(/[",]/, ""); last = v " +- " $2; inside = 0 } END { print last }' "$1"; }

for contact in li-pdol li-lagp lagp-pdol; do
    for threads in 1 4; do
        "$INTERLITH" interface "$here/examples/$contact.yaml" --threads $threads -o "$work/$contact-$threads" --quiet >"$work/log" 2>&1
        tell $? "$contact at $threads threads: E_form $(number E_form "$work/$contact-$threads/interface.json") J/m2"
    done
    same=0
    for file in "$work/$contact-1"/contact-*.extxyz; do cmp -s "$file" "$work/$contact-4/$(basename "$file")" || same=1; done
    tell $same "$contact: same bits at 1 and 4 threads"
done
# one, two and three periods of LAGP (001), 20.6 A each
for periods in 1 2 3; do
    "$INTERLITH" interface "$here/examples/li-lagp.yaml" --thickness-a $((18 * periods)) --thickness-b $((12 * periods)) \
        -o "$work/t$periods" --quiet >"$work/log" 2>&1
    tell $? "li-lagp, $periods period(s) of LAGP, $((12 * periods)) A of Li: E_form $(number E_form "$work/t$periods/interface.json"), E_rigid $(
        number E_rigid "$work/t$periods/interface.json") J/m2"
done
# a crystal under both barostats: 60 ps each of Li2O at 300 K; mean volumes within four errors
for barostat in scr mtk; do
    "$INTERLITH" md "$here/structures/Li2O.cif" -p pmmcs --repeat 2,2,2 --stages 'npt 300 K 6 ps, npt 300 K 60 ps' --cell full --dt 2 \
        --barostat $barostat --tau-p 0.1 --compressibility 0.012 --trajectory none -o "$work/$barostat" --quiet >"$work/log" 2>&1
    tell $? "Li2O, 60 ps under $barostat: volume $(volume "$work/$barostat/md.json") A^3"
done
echo "$(volume "$work/scr/md.json") $(volume "$work/mtk/md.json")" | awk '{ d = $1 - $4; exit !(d * d < 16 * ($3 * $3 + $6 * $6)) }'
tell $? "Li2O: the barostats give one volume"
# a dense box of chains at constant energy, every setting the model's own, 1 fs: less than 1e-4 kT an atom and ns
"$INTERLITH" polymer --chains 3 --degree 2 -o "$work/chains" --quiet >"$work/log" 2>&1 && make -s -C "$here" build/tests/long/drift &&
    "$here/build/tests/long/drift" "$work/chains/polymer.extxyz" "$here/potentials/pdol.yaml" T=300 dt=1 ps=1000 bar=1e-4 >"$work/log" 2>&1
tell $? "P-DOL, 1 ns at constant energy: $(tail -n 1 "$work/log")"
# an oxide crystal at constant energy, 1 fs: the same in double precision, ten times as much in mixed, which walks; with its mesh in floats too
while read -r bar mode settings; do
    "$here/build/tests/long/drift" "$here/structures/LGP.cif" "$here/potentials/pmmcs.yaml" T=600 dt=1 warm=2 bar="$bar" $settings >"$work/log" 2>&1
    tell $? "LGP, $mode: $(tail -n 1 "$work/log")"
done <<'CASES'
1e-4 double ps=200
1e-3 mixed ps=400 precision=1
1e-3 mixed+mesh ps=400 precision=1 coulomb=2 accuracy=1e-5
CASES
# 5000 planted walks of each kind, four times as long as in `make check`: coverage of the intervals; 10^7 frames in bounded memory
for test in physics/test_transport unit/test_lag_store; do
    make -s -C "$here" "build/tests/$test" && LONG_TRANSPORT=1 CK_TIMEOUT_MULTIPLIER=10 "$here/build/tests/$test" >"$work/log" 2>&1
    tell $? "$test, long"
    grep -E '^[a-z].*(68 %|bytes)' "$work/log"
done
# a million atoms of LAGP: three steps of dynamics within 24 GiB of addresses
million() (cd "$here" && ulimit -v $((24 * 1024 * 1024)) &&
    "$INTERLITH" run tests/bench/w1.yaml --repeat 8,8,6 --stages 'nvt 600 K 0.003 ps' --quiet >"$work/log" 2>&1 && grep -q '1022976 atoms' "$work/log")
million
tell $? "a million atoms of LAGP in 24 GiB: $(grep -o '3 steps.*' "$work/log")"
echo "long: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
