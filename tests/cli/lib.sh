# SPDX-License-Identifier: GPL-3.0-or-later
# For the cases: `run CODE ARGS...` runs the command, wants the exit code CODE, leaves its streams in out and err.
trap 'echo "line $LINENO of ${BASH_SOURCE[0]}: $BASH_COMMAND"' ERR
set -E

run() {
    local want=$1 got=0
    shift
    "$INTERLITH" "$@" >out 2>err </dev/null || got=$?
    [ "$got" -eq "$want" ] && return 0
    echo "interlith $*: exit code $got, expected $want"
    cat err
    return 1
}

# has FILE TEXT: the file holds the text.
has() {
    grep -qF -- "$2" "$1" && return 0
    echo "$1 does not hold '$2':"
    cat "$1"
    return 1
}

is_empty() {
    [ ! -s "$1" ] && return 0
    echo "$1 is not empty:"
    cat "$1"
    return 1
}

# one_line FILE: the file is one line that begins "interlith: ".
one_line() {
    [ "$(wc -l <"$1")" -eq 1 ] && grep -q '^interlith: ' "$1" && return 0
    echo "$1 is not one line 'interlith: ...':"
    cat "$1"
    return 1
}
