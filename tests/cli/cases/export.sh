# SPDX-License-Identifier: GPL-3.0-or-later
# Finished runs as files for continuum models: from a short run of each kind, with what is missing and what is refused.
cheap="--short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --quiet"
run 0 diffuse "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/pmmcs.yaml" --temperatures 1200,1600 --time 0.6 --equilibrate 0.1 --dt 2 \
    --frame-time 6 $cheap -o moves
run 0 lithiate "$ROOT/structures/LAGP.cif" -p "$ROOT/potentials/lagp-lithiation.yaml" --method gcmc --voltages 4,1 --temperature 900 \
    --equilibrate-sweeps 20 --sweeps 40 --metal "$ROOT/structures/Li.cif" --metal-model "$ROOT/potentials/li.yaml" $cheap -o fills
run 0 interface "$ROOT/structures/LGP.cif" "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li-lagp.yaml" --miller-b 1,1,1 --max-area 80 \
    --thickness-a 6 --thickness-b 6 --registries 2 --force-tolerance 0.1 --quiet -o touches

run 0 export moves fills touches --to csv -o csv --json
for key in quantities absent files folder has_law sound from; do has out "\"$key\""; done
has out '"interlith.csv"'
cmp out csv/export.json
# every line ends in CR LF, and numbers of the result stand there
[ "$(grep -c $'\r$' csv/interlith.csv)" -eq "$(wc -l <csv/interlith.csv)" ]
for quantity in tracer_diffusivity ionic_conductivity concentration open_circuit_voltage thermodynamic_factor formation_energy; do
    grep -q "^$quantity,point," csv/interlith.csv
done
value=$(awk '/"E_form_J_per_m2": \{/ { inside = 1 } inside && /"value"/ { gsub(/[^0-9.e+-]/, "", $2); print $2; exit }' touches/interface.json)
awk -F, -v want="$value" '/^formation_energy,point,LGP\|Li,/ { d = $7 - want; found = d < 1e-12 && d > -1e-12 } END { exit !found }' csv/interlith.csv
has out '"interphase_resistance"'
run 0 export moves --to csv
has out "written to moves/export"
has out "not in these runs, but from interface: formation_energy"
[ -s moves/export/interlith.csv ]
run 0 export touches/interface.json --to csv --material "Li on LGP"
has touches/export/interlith.csv "formation_energy,point,Li on LGP,"

run 0 export fills touches --to comsol -o comsol --title "A contact" --temperature 320
has comsol/README.txt "A contact"
has comsol/interlith_parameters.txt "T_interlith 320[K]"
has comsol/interlith_parameters.txt "work_of_adhesion_LGP_Li "
ls comsol >files
for file in $(sed 's/^/"/; s/$/"/' files); do [ "$file" = '"export.json"' ] || has comsol/export.json "$file"; done
if ls comsol | grep -q tmp; then exit 1; fi

# refused, in one line each, with nothing written
refused() {
    run "$@" -o never
    one_line err
    [ ! -e never ]
}
refused 64 export moves
has err "expected --to with one of csv (one table"
refused 64 export moves --to xlsx
refused 64 export --to csv
refused 64 export moves --to csv --temperature 0
refused 64 export moves --to csv --tasks -1
printf 'task: diffuse\ninputs: a.cif\n' >job.yaml
refused 64 export job.yaml --to csv
has err "a job file goes --to slurm or lammps"
refused 64 export moves --to csv --tasks 3
has err "--tasks is of --to slurm and has no meaning with --to csv"
refused 64 export moves --to csv --title A
refused 64 export job.yaml --to slurm --temperature 300
refused 64 export job.yaml --to lammps --material LAGP
cp -r moves copy
refused 2 export moves copy --to csv
has err "given twice"
refused 2 export nowhere --to csv
mkdir empty
refused 2 export empty --to csv
has err "holds no result"
refused 2 export moves moves/diffuse.json --to csv
has err "given twice"
refused 2 export "$ROOT/structures/LAGP.cif" --to csv
refused 2 export moves --to csv --material "$(printf 'm%.0s' $(seq 70))"
mkdir broken
head -c 3000 moves/diffuse.json >broken/diffuse.json
refused 2 export broken --to csv
has err "broken/diffuse.json:"
sed 's/"status": "done"/"status": "the work was interrupted"/' moves/diffuse.json >broken/diffuse.json
refused 2 export broken --to csv
has err "the work was interrupted"
sed 's/"temperatures": \[/"temperature": [/' moves/diffuse.json >broken/diffuse.json
refused 2 export broken --to csv
has err '"temperatures" is missing'
ln -sf diffuse.json broken/diffuse.json
refused 2 export broken --to csv
has err "Too many levels of symbolic links"
: >file
run 2 export moves --to csv -o file
