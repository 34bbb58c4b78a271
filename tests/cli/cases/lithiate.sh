# SPDX-License-Identifier: GPL-3.0-or-later
# Lithium into a crystal: keys, files, same bits at any thread count and after kill -9, ways back, variants, refusals.
model="$ROOT/potentials/lagp-lithiation.yaml"
metal="--metal $ROOT/structures/Li.cif --metal-model $ROOT/potentials/li.yaml"
short="--short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --force-tolerance 0.05 --stress-tolerance 1e-3 --quiet"
job="lithiate $ROOT/structures/LAGP.cif -p $model --x 0,0.34,0.67 --realisations 2 --reverse $short $metal"
run 0 $job --threads 1 -o one --json
for key in x V_A3_per_fu V_sigma_A3_per_fu strain E_insertion_eV V_Li_cm3_per_mol bonds V_conversion_A3_per_fu charge_balance \
    charge_balance_limits voltage_V a_A c_A density_g_per_cm3 V_back_A3_per_fu V_hysteresis_A3_per_fu coordination PO4_intact \
    conversion stages V_full_sigma_A3_per_fu definitions formula_unit; do
    has out "\"$key\""
done
has out '"formula_unit": "Li1.5Ge1.5Al0.5P3O12"' # of six in the cell, as the CIF says
for file in lithiate.json lithiate.tsv r1-x0.extxyz r2-x0.6667.extxyz volume.png volume.svg strain.png voltage.png path-r1.ckpt; do
    [ -s one/$file ]
done
grep -q Ge3 one/r1-x0.6667.extxyz # an electron on germanium
numbers() { awk '/"provenance": \{/ { exit } { print }' "$1"; }
numbers one/lithiate.json >one.txt
run 0 $job --threads 4 -o four
numbers four/lithiate.json | cmp - one.txt
# killed after an ion: goes on with the same bits
"$INTERLITH" $job --threads 1 -o cut >/dev/null 2>&1 &
while kill -0 $! 2>/dev/null && [ ! -e cut/path-r2.ckpt ]; do sleep 0.01; done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
run 0 $job -o cut
numbers cut/lithiate.json | cmp - one.txt
cmp cut/r2-x0.6667.extxyz one/r2-x0.6667.extxyz
run 2 $job --charge-balance spread -o cut
has err "belongs to another job"
# another model beside it
run 0 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 0.34 $short $metal --variants "$ROOT/potentials/lagp-lithiation-large.yaml" --json
has out '"variants"'
for rule in lowest spread qeq; do
    run 0 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 0.17 $short $metal --charge-balance $rule --json
    has out "\"charge_balance\": \"$rule\""
done
# refused in one sentence
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 1,0.5 $short
has err "expected rising numbers"
run 2 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 7 $short
has err "take 36"
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 0.34 --voltages 3 $short
has err "--voltages is read with --method gcmc"
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 0,1, --quiet
has err "--x: found ''"
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --method gcmc --voltages 3 --reverse --quiet
has err "--reverse is read with --method insertion"
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --x 0.5,0.51 $short
has err "same number of lithium ions"
run 2 lithiate "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/pmmcs.yaml" --x 1 $short
has err "pmmcs"
run 2 lithiate "$ROOT/structures/LGP.cif" -p $model --x 1 --realisations 2 $short
has err "leave --realisations out"
run 2 lithiate "$ROOT/structures/LGP.cif" "$ROOT/structures/LAGP.cif" -p $model --x 0.17 $short
has err "holds Li9Ge9Al3P18O72, the first structure Li6Ge12P18O72"
run 2 lithiate "$ROOT/structures/LGP.cif" -p $model --x 1 --metal nothing.cif $short
has err "nothing.cif"
run 64 lithiate "$ROOT/structures/LGP.cif" -p $model --charge-balance background $short
