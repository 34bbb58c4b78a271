#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs each script of tests/cli/cases in an empty folder; one that ends with 0 has passed. $INTERLITH is the command under
# test (build/interlith), $ROOT the repository. The last line is the tally, the exit code the verdict.
export LC_ALL=C
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
INTERLITH=$(realpath "${INTERLITH:-$ROOT/build/interlith}")
export ROOT INTERLITH
passed=0 failed=0
for case in "$ROOT"/tests/cli/cases/${1:-*}.sh; do
    folder=$(mktemp -d) || exit 1
    if (cd "$folder" && timeout "${CASE_SECONDS:-120}" bash -eu -c '. "$0/tests/cli/lib.sh"; . "$1"' "$ROOT" "$case") >"$folder/.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $(basename "$case")"
        sed 's/^/    /' "$folder/.log"
    fi
    rm -rf "$folder"
done
echo "cli: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
