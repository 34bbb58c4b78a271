# SPDX-License-Identifier: GPL-3.0-or-later
# What `diffuse` was told and would not use, or could not mean, is refused; a site file counts by what it holds.
lagp="$ROOT/structures/LAGP.cif -p $ROOT/potentials/pmmcs.yaml --equilibrate 0 --dt 2 --frame-time 4 --quiet"
run 64 diffuse $lagp --temperatures 1500 --time 0.3 --sites "$ROOT/structures/LAGP.cif"
has err "--sites was given, but nothing looks at sites: add --observe sites"
one_line err
# options of runs beside trajectories
for option in "--time 5" "--dt 2" "-p pmmcs" "--seeds 2" "--repeat 2,2,2" "--ensemble npt" "--coulomb-accuracy 1e-4" "--trajectory nc"; do
    run 64 diffuse --from a.nc --temperatures 900 $option
    has err "is of runs and has no meaning beside --from"
    one_line err
done
# two compositions make no activation energy; two sizes of one composition do
walk() { # FILE OXYGENS LITHIUMS
    awk -v o="$2" -v l="$3" 'BEGIN { srand(l); for (f = 0; f < 40; f++) { print o + l; printf "Lattice=\"20 0 0 0 20 0 0 0 20\" Time=%d\n", 100 * f
        for (i = 0; i < o; i++) print "O", i, 0, 0
        for (i = 0; i < l; i++) { x[i] += rand() - 0.5; print "Li", x[i], i, 3 } } }' >"$1"
}
walk a.xyz 4 8
walk b.xyz 8 16
walk c.xyz 4 6
run 0 diffuse --from a.xyz,b.xyz --temperatures 300,400 --species Li --quiet
run 2 diffuse --from a.xyz,c.xyz --temperatures 300,400 --species Li --quiet
has err "c.xyz: holds O2Li3, the first one OLi2"
one_line err
# the same name, other sites: another job; another name, the same sites: the same job
cp "$ROOT/structures/LAGP.cif" sites.cif
job="diffuse $lagp --temperatures 1500 --time 0.3 --observe sites -o study"
run 0 $job --sites sites.cif
cp sites.cif same.cif
run 0 $job --sites same.cif
sed 's/^# *$/# other/; $a # one more line' same.cif >sites.cif
run 2 $job --sites sites.cif
has err "belongs to another job"
