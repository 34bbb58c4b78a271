# SPDX-License-Identifier: GPL-3.0-or-later
# The density of a run is made of the masses of the model, with which it moves.
sed 's/Li0: {element: Li, phase/Li0: {element: Li, mass: 69.4, phase/' "$ROOT/potentials/li.yaml" >heavy.yaml
for model in "$ROOT/potentials/li.yaml" heavy.yaml; do
    run 0 md "$ROOT/structures/Li.cif" -p "$model" --repeat 2,2,2 --time 0.05 --ensemble nve -t 1 --json --quiet
    awk '/"density_g_per_cm3": \{/ { inside = 1 } inside && /"value":/ { gsub(/[",]/, ""); print $2; exit }' out >>density
done
awk 'NR == 1 { first = $1 } NR == 2 { ratio = $1 / first } END { exit !(first > 0.5 && first < 0.6 && ratio > 9.99 && ratio < 10.01) }' density ||
    { cat density; false; }
