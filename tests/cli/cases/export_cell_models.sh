# SPDX-License-Identifier: GPL-3.0-or-later
# BPX and PyBaMM: which keys there are, of a salt, of a cation in a framework, of lithium in a host; what is missing is told.
# walk WIDTH IONS..: 300 frames of 12 ions of each kind that walk freely; O stands still. The generator is Park and Miller's.
walk() {
    awk -v width="$1" -v names="${*:2}" 'function uniform() { seed = seed * 16807 % 2147483647; return seed / 2147483647 }
        BEGIN { seed = 4711; kinds = split(names, name, " ")
            for (i = 0; i < 36 * kinds; i++) x[i] = 20 * uniform()
            for (frame = 0; frame < 300; frame++) {
                printf "%d\nLattice=\"20 0 0 0 20 0 0 0 20\" Properties=species:S:1:pos:R:3 pbc=\"T T T\" time=%d\n", 12 * kinds, 100 * frame
                for (i = 0; i < 36 * kinds; i++) {
                    if (i % 3 == 0) printf "%s", name[1 + int(i / 36)]
                    step = uniform() + uniform() + uniform() + uniform() - 2
                    if (name[1 + int(i / 36)] != "O") x[i] += width * step
                    printf " %.6f%s", x[i] - 20 * int(x[i] / 20 + 100) + 2000, i % 3 == 2 ? "\n" : ""
                }
            }
        }'
}
for kinds in "Li Cl" "Li O" "Li Cl O"; do
    for T in 290 340 390; do
        width=$(awk -v T=$T 'BEGIN { print 0.2 * (T / 340) ^ 2 }')
        walk $width $kinds >"$T-${kinds// /-}.extxyz"
    done
done
all() { echo "290-$1.extxyz,340-$1.extxyz,390-$1.extxyz"; }
follow="--temperatures 290,340,390 --frame-time 100 --threads 1 --quiet"
run 0 diffuse --from $(all Li-Cl) --species Li,Cl --charges Li=1,Cl=-1 --reference none $follow -o salt
run 0 diffuse --from $(all Li-O) --species Li --charges Li=1 --reference framework $follow -o ceramic
run 0 diffuse --from $(all Li-Cl-O) --species Li,Cl --charges Li=1,Cl=-1 --reference barycentre --law vtf $follow -o solution
run 0 lithiate $ROOT/structures/LAGP.cif -p $ROOT/potentials/lagp-lithiation.yaml --x 0,0.34 --short-cutoff 6 --coulomb-cutoff 6 \
    --coulomb-accuracy 1e-3 --force-tolerance 0.1 --stress-tolerance 1e-2 --metal $ROOT/structures/Li.cif --metal-model $ROOT/potentials/li.yaml \
    --threads 1 --quiet -o host

# keys of a JSON file, without numbers and without the members of tables: those of User-defined
keys() { sed -n 's/^      "\(.*\)": .*/\1/p' "$1"; }
run 0 export salt --to bpx --material salt -o salt/out
has out "the electrolyte is that of salt"
keys salt/out/interlith.bpx.json >found
for key in "Cation transference number" "Diffusivity [m2.s-1]" "Diffusivity activation energy [J.mol-1]" "Conductivity [S.m-1]" \
    "Conductivity activation energy [J.mol-1]" "Initial electrolyte concentration [mol.m-3]" \
    "salt: ionic conductivity at 298.15 K [S.m-1]" "salt: ionic conductivity at 298.15 K, sigma [S.m-1]" \
    "salt: ionic conductivity at 298.15 K, 95% low [S.m-1]" "salt: ionic conductivity of T, points [S.m-1]" \
    "salt: ionic conductivity of T, points, sigma [S.m-1]" "salt: ionic conductivity of T, law [S.m-1]" \
    "salt: ionic conductivity law, activation energy [eV]" "salt: Li tracer diffusivity of T, law [m2.s-1]" \
    "salt: Cl tracer diffusivity at 298.15 K [m2.s-1]" "salt: Li transference number of T, points" \
    "salt: salt diffusivity, ideal and dilute, at 298.15 K [m2.s-1]"; do
    grep -qxF "$key" found
done
has salt/out/interlith.bpx.json '"BPX": "1.1.0"'
has salt/out/interlith.bpx.json '"Model": "Partial"'
if grep -iE '\b(nan|null|inf)\b' salt/out/interlith.bpx.json; then false; fi
has salt/out/interlith.bpx.md "Ideal and dilute"
has salt/out/interlith.bpx.md "relative to the solvent"

# relative to the solvent, where the run tells; masses of 12 ions each: 6.94, 35.45, 15.999
for key in '"mass_fraction": 0.1188' '"t_solvent"' '"sigma_anion_blocked_S_per_m"'; do has solution/diffuse.json "$key"; done
run 0 export solution --to bpx --material solution -o solution/out
keys solution/out/interlith.bpx.json >found
grep -qxF "solution: Li transference number solvent of T, points" found
grep -qxF "solution: anion blocked conductivity of T, points [S.m-1]" found
has solution/out/interlith.bpx.md "relative to the solvent, all that is neutral"
grep -qxF "solution: ionic conductivity law, T0 [K]" found
has solution/out/interlith.bpx.md "VTF law of 3 temperatures"

run 0 export ceramic --to bpx --material ceramic -o ceramic/out
has out "ceramic lacks the diffusivity of a salt: only Li moves"
if grep -F '"Electrolyte"' ceramic/out/interlith.bpx.json; then false; fi
has ceramic/out/interlith.bpx.md "There is no section Electrolyte"

# all together; where names meet nothing is lost
run 0 export salt ceramic host --to pybamm -o out1 --json
has out '"interlith_pybamm.py"'
for text in 'data = {' '"electrolytes": {' '"of_transference"' '"is_sound"' '"kind": "partial_molar_volume"' 'def select(' 'def update(' \
    'def sample(' 'uncertainties = ' 'definitions = ' 'ranges = ' 'provenance = ' '"name": "LAGP: Li partial molar volume"'; do
    has out1/interlith_pybamm.py "$text"
done
run 0 export host --to bpx -o host/out
keys host/out/interlith.bpx.json >found
grep -qxF "LAGP: Li swelling of x, points" found
grep -qxF "LAGP: Li partial molar volume [m3.mol-1]" found

# constants at another temperature
run 0 export salt --to bpx --material salt --temperature 350 -o salt/hot
keys salt/hot/interlith.bpx.json | grep -qxF "salt: ionic conductivity at 350 K [S.m-1]"
