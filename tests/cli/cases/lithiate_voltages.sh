# SPDX-License-Identifier: GPL-3.0-or-later
# Lithium at given voltages: low ones put more in; same bits after a break; and from the metal of a contact, layer by layer.
model="$ROOT/potentials/lagp-lithiation.yaml"
metal="--metal $ROOT/structures/Li.cif --metal-model $ROOT/potentials/li.yaml"
short="--short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --quiet"
job="lithiate $ROOT/structures/LAGP.cif -p $model --method gcmc --voltages 4,1 --temperature 900 --equilibrate-sweeps 40 --sweeps 40 $short $metal"
run 0 $job --threads 1 -o one --json
for key in voltages voltage_V x V_A3_per_fu electrons acceptance drift_eV hysteresis_x T_K; do has out "\"$key\""; done
for file in voltages.tsv r1-01-4V.extxyz r1-02-1V.extxyz volume.png voltage.svg; do [ -s one/$file ]; done
[ "$(grep -c '^Li ' one/r1-01-4V.extxyz)" -lt "$(grep -c '^Li ' one/r1-02-1V.extxyz)" ]
run 0 $job --threads 3 -o three
cmp one/r1-02-1V.extxyz three/r1-02-1V.extxyz
run 0 $job -o one # finished before: read back
# nothing comes or goes at 12 V: runs that stand still agree, but not because they know
run 0 lithiate "$ROOT/structures/LAGP.cif" -p $model --method gcmc --voltages 12 --realisations 2 --equilibrate-sweeps 1 --sweeps 8 $short $metal --json
tr -d ' \n' <out | grep -q '"x":{"value":0.0,"sigma":null'
run 64 lithiate "$ROOT/structures/LAGP.cif" -p $model --method gcmc $short
has err "--voltages"
# a contact
run 0 interface "$ROOT/structures/LAGP.cif" "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li-lagp.yaml" --miller-a 0,0,1 --miller-b 1,1,1 \
    --max-area 130 --thickness-a 18 --thickness-b 8 --samples 1 --registries 1 --short-cutoff 6 --coulomb-cutoff 6 --quiet -o contact
slab="lithiate contact/contact-1.extxyz -p $ROOT/potentials/li-lagp-lithiation.yaml --method contact --x 1.5 --formula-units 6 --layer 4
    --layers 2 --lateral-strain 0,0.01 --candidates 2 --force-tolerance 0.05 $short"
run 0 $slab --threads 1 -o slab --json
for key in strains strain_lateral stress_start_xx_GPa thickness_A steps Li_moved Li_metal strain_normal rise_A force_xx_N_per_m stress_plane_GPa \
    stress_whole_xx_GPa E_per_Li_eV left_layer ended charge_balance; do
    has out "\"$key\""
done
for file in contact.tsv lithiated-1-strain1.extxyz lithiated-1-strain2.extxyz swelling.png stress.svg; do [ -s slab/$file ]; done
"$INTERLITH" $slab --threads 1 -o cut >/dev/null 2>&1 &
while kill -0 $! 2>/dev/null && [ ! -e cut/contact-1-strain2.ckpt ]; do sleep 0.01; done
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
run 0 $slab --threads 2 -o cut
cmp cut/lithiated-1-strain2.extxyz slab/lithiated-1-strain2.extxyz
cmp cut/contact.tsv slab/contact.tsv
run 2 lithiate "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/li-lagp-lithiation.yaml" --method contact --x 1 $short
has err "open"
# refused for its second contact: what is left of the first is of no use to a job with another cut-off
slab="-p $ROOT/potentials/li-lagp-lithiation.yaml --method contact --x 0.2 --formula-units 6 --layers 1 --candidates 1 --force-tolerance 0.5
    --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --threads 1 --quiet -o left"
run 2 lithiate contact/contact-1.extxyz "$ROOT/structures/LAGP.cif" $slab --short-cutoff 6
[ -s left/contact-1-strain1.ckpt ]
run 2 lithiate contact/contact-1.extxyz $slab --short-cutoff 7
has err "other settings"
