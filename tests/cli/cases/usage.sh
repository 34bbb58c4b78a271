# SPDX-License-Identifier: GPL-3.0-or-later
run 64
one_line err
run 64 convrt a b
one_line err
has err "did you mean 'convert'"
run 64 convert a
has err "given 1 input"
run 64 convert a b --fram 3
has err "did you mean 'frame'"
run 64 convert a b --frame
has err "needs a value"
run 64 convert a b --frame=-1
has err "from 0 to"
run 64 convert a b --threads many
has err "'many'"
run 64 convert a b --simd mmx
has err "'mmx'"
run 64 convert a b --seed -1
run 64 convert a b --json=1
has err "takes no value"
run 64 convert a b -z
one_line err
run 64 --verson
run 64 run
is_empty out
