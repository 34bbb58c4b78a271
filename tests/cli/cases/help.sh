# SPDX-License-Identifier: GPL-3.0-or-later
run 0 --help
has out "convert"
has out "Exit codes"
is_empty err
run 0 convert --help
has out "--frame N"
has out "[0]"
has out "--threads N"
run 0 convert -h
run 0 --version
[ "$(cat out)" = "interlith 0.1.0" ]
