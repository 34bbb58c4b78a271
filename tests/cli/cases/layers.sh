# SPDX-License-Identifier: GPL-3.0-or-later
# A stack of three layers, built, and transport by layer of two species whose planes are found by name.
unit=$ROOT/structures/dol.yaml
run 0 slab $ROOT/structures/Li.cif --miller 1,1,0 -t 7 --repeat-a 5 --repeat-b 5 -o li --quiet
sed 's/^Li /Li0 /' li/slab.xyz >li.xyz
run 0 polymer --monomer $unit --on li.xyz --under li.xyz --gap 14 --density 0.9 --degree 3 -o stack
has out "slab above: 75 atoms, 1 of its cells"
has stack/polymer.json '"upper_slab"'
has stack/film.extxyz 'pbc="T T F"'
job="diffuse stack/film.extxyz -p $ROOT/potentials/li-pdol.yaml --species Li0,OS --charges Li0=0,OS=-1 --temperatures 400 --time 0.2
    --equilibrate 0.05 --dt 1 --frame-time 2 --coulomb-accuracy 1e-3 --coulomb-cutoff 7 --checkpoint-every 0.05 --quiet"
run 0 $job --layers auto --threads 1 -o one
has out "layers, found from the phases of the model: metal"
has out "polymer | metal 2: 0 up, 0 down"
has out "Li0, 150 of them"
has out "resistance of the stack for OS: "
has out "less than"
has one/diffuse.json '"reference_layer": "polymer"'
has one/diffuse.json '"planes_from": "found from the phases of the model"'
has one/diffuse.json '"left_planes": null'
has out "strays, moved by"
head -3 one/run-400K-r1-s1/layers.tsv >head
has head "D_plane_11_OS"
has head "residence_Li0"
[ "$(grep -vc '^#' one/run-400K-r1-s1/layers.tsv)" -ge 3 ]
# the same bits at any thread count and when it is broken off and goes on; the sides tell the same layers
numbers() { awk '/"provenance": \{/ { exit } { print }' "$1"; }
numbers one/diffuse.json >one.txt
"$INTERLITH" $job --layers auto --threads 2 -o two >/dev/null 2>&1 &
while kill -0 $! 2>/dev/null && [ ! -e two/run-400K-r1-s1/production.ckpt ]; do sleep 0.01; done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
run 0 $job --layers auto --threads 2 -o two
numbers two/diffuse.json | cmp - one.txt
run 0 $job --layers sides --trajectory extxyz --trajectory-every 0.002 -o sides-run
has out "layers, found from the sides of the contact: side 0"
heights() { grep -A3 '"heights_A"' "$1" | head -4; }
[ "$(heights one/diffuse.json)" = "$(heights sides-run/diffuse.json)" ]
# a trajectory: phases need the model, molecules do not
again="diffuse --from sides-run/run-400K-r1-s1/production.extxyz --topology stack/film.extxyz --species Li0,OS --charges Li0=0,OS=-1
    --temperatures 400 --frame-time 2"
run 0 $again --layers phases -p $ROOT/potentials/li-pdol.yaml
has out "found from the phases of the model: metal"
run 2 $again --layers phases
has err "name the model with -p"
run 0 $again --layers molecules
has out "found from the molecules: solid"
# the upper slab rises by 3 A between the first frame and the last: no numbers by layer
awk -v slab="$(grep -n 'Li0' stack/film.extxyz | sed -n 76p | cut -d: -f1)" '
    NF == 1 { n = $1; line = 0; frame++ }
    { line++ }
    line >= slab && line < slab + 75 { $4 += 0.03 * (frame - 1) }
    { print }' sides-run/run-400K-r1-s1/production.extxyz >rising.extxyz
drifting="diffuse --from rising.extxyz --topology stack/film.extxyz --species OS --charges OS=-1 --temperatures 400 --frame-time 2
    --layers phases -p $ROOT/potentials/li-pdol.yaml"
run 0 $drifting -o drifting
has err "the layer metal 2 left its planes: its own 75 atoms"
has out "NO NUMBERS BY LAYER"
[ "$(grep -c 'resistance of the stack' out || true)" = 0 ]
has drifting/diffuse.json '"species": null'
[ "$(grep -c D_plane drifting/trajectory-1/layers.tsv || true)" = 0 ]
run 0 ${drifting/rising.extxyz/sides-run/run-400K-r1-s1/production.extxyz}
has out "resistance of the stack for OS"
# refused
run 64 $job --layers atuo
one_line err
has err "did you mean 'auto'?"
run 64 $job --layers 1,2,top
run 2 diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600 --layers auto
has err "give the heights of the planes"
run 64 polymer --monomer $unit --under li.xyz --box 20
has err "name the lower one with --on"
run 2 polymer --monomer $unit --on li.xyz --under $ROOT/structures/Li2O.cif --gap 12 --max-strain 0
one_line err
