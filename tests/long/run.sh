#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Long physics: the demo's three contacts at one and at several threads, bit for bit; and how their numbers move with the
# thickness of the slabs. Takes about ten minutes on two cores; the last results stand in docs/results/contacts.md.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${INTERLITH:=$here/build/interlith}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
tell() { if [ "$1" = 0 ]; then passed=$((passed + 1)); echo "passed: $2"; else failed=$((failed + 1)); echo "failed: $2"; fi; }

form() { awk '/"E_form_J_per_m2": \{/ { inside = 1 } inside && /"value":/ { gsub(/[",]/, ""); v = $2 } inside && /"sigma":/ {
    gsub(/[",]/, ""); printf "%.3f +- %.3f", v, $2; exit }' "$1"; }

for contact in li-pdol li-lagp lagp-pdol; do
    for threads in 1 4; do
        "$INTERLITH" interface "$here/examples/$contact.yaml" --threads $threads -o "$work/$contact-$threads" --quiet >"$work/log" 2>&1
        tell $? "$contact at $threads threads: E_form $(form "$work/$contact-$threads/interface.json") J/m2"
    done
    same=0
    for file in "$work/$contact-1"/contact-*.extxyz; do cmp -s "$file" "$work/$contact-4/$(basename "$file")" || same=1; done
    tell $same "$contact: same bits at 1 and 4 threads"
done
# one, two and three periods of LAGP (001), 20.6 A each
for periods in 1 2 3; do
    "$INTERLITH" interface "$here/examples/li-lagp.yaml" --thickness-a $((18 * periods)) --thickness-b $((12 * periods)) \
        -o "$work/t$periods" --quiet >"$work/log" 2>&1
    tell $? "li-lagp, $periods period(s) of LAGP, $((12 * periods)) A of Li: E_form $(form "$work/t$periods/interface.json") J/m2"
done
echo "long: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
