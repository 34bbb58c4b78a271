# SPDX-License-Identifier: GPL-3.0-or-later
# Shares of a job with --part: each run has one owner, a killed part goes on, the whole collects with the bits of one run.
numbers() { awk '/"provenance": \{/ { exit } { print }' "$1"; }
warnings() { awk '/"warnings": \[/ { inside = 1 } inside' "$1"; }
# equal VERB: the folders parts and plain hold the same result
equal() {
    numbers plain/$1.json >plain.txt
    numbers parts/$1.json | cmp - plain.txt
    warnings plain/$1.json >plain.txt
    warnings parts/$1.json | cmp - plain.txt
}
# killed FILE ARGS...: kill -9 as soon as FILE is there
killed() {
    local file=$1
    shift
    "$INTERLITH" "$@" >/dev/null 2>&1 &
    while kill -0 $! 2>/dev/null && [ ! -s "$file" ]; do sleep 0.005; done
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
}
job="diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 1200,1600 --seeds 2 --time 0.2 --equilibrate 0.02 --dt 2
    --frame-time 4 --checkpoint-every 0.02 --threads 1 --quiet"
run 0 $job -o plain
run 0 $job --part list --json
tr -d ' \n' <out | grep -q '"parts":{"runs_of_job":4,"runs":\[{"number":1,"name":"run-1200K-r1-s1","state":"missing"}'
run 0 $job --part list -o parts
[ ! -e parts ] # a question makes nothing
run 0 $job --part list -o made/by/mkdir && [ ! -e made ]
# both halves at the same time, one of them killed in its second run and started again
killed parts/run-1600K-r1-s2/production.ckpt $job -o parts --part 2/2 & halves=$!
"$INTERLITH" $job -o parts --part 1/2 --json >half
wait $halves
tr -d ' \n' <half | grep -q '"part":1,"of":2,"runs":\[{"number":1,"name":"run-1200K-r1-s1","state":"run"},{"number":3,'
[ ! -e parts/diffuse.json ]
for verb in report "export --to csv"; do
    run 2 $verb parts
    has err "not collected: run it once more without --part"
done
run 0 $job --part list -o parts
has out "3  found    run-1600K-r1-s1"
run 0 $job -o parts --part 2/2
run 0 $job -o parts --part 7/9
has out "nothing to do"
run 0 $job -o parts
has out "4 of 4 runs found finished in parts, 0 still to be run"
[ "$(grep -c '^written: parts/diffuse.json$' out)" -eq 1 ]
equal diffuse
cmp plain/run-1600K-r1-s2/final.extxyz parts/run-1600K-r1-s2/final.extxyz
# the collecting step runs what is missing
rm -r parts/parts/run-1200K-r1-s2.done parts/run-1200K-r1-s2
run 0 $job -o parts
has out "3 of 4 runs found finished in parts, 1 still to be run"
equal diffuse
# refused
run 64 $job -o parts --part 3/2
has err "expected K/N"
run 64 $job --part 1/2
has err "-o DIR"
for part in 1/2 list; do
    run 2 $job -o parts --part $part --seed 2
    has err "belongs to another job"
done
run 64 diffuse --from nothing.xyz --temperatures 600 --part 1/2
has err "--part is of runs"
# a failure names its run, in a part and in the whole
hot="diffuse $ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --temperatures 600,20000 --time 0.4 --equilibrate 0 --dt 4 --frame-time 20
    --quiet -o hot"
run 0 $hot --part 1/2
run 1 $hot --part 2/2
has err "run-20000K-r1-s1: "
run 1 $hot
has err "run-20000K-r1-s1: "
[ ! -e hot/diffuse.json ] && [ ! -e hot/parts/run-20000K-r1-s1.done ]
# begun anew, the folder holds no result of the job before
run 0 $job -o parts --part 2/9 --fresh --seed 3
[ ! -e parts/diffuse.json ]
run 2 export parts --to csv
has err "not collected"
# contacts: the third realisation is the third one, whoever draws it
rm -r plain parts
job="interface $ROOT/structures/LAGP.cif $ROOT/structures/Li.cif -p $ROOT/potentials/li-lagp.yaml --miller-b 1,1,1 --max-area 80 --thickness-a 6
    --thickness-b 6 --registries 1 --force-tolerance 0.3 --samples 3 --threads 1 --quiet"
run 0 $job -o plain
run 0 $job -o parts --part 3/3
killed parts/sample-1.journal $job -o parts --part 1/2
"$INTERLITH" $job -o parts --part 2/2 >/dev/null &
run 0 $job -o parts --part 1/2
wait $!
has out "3  found    sample-3"
run 0 $job -o parts
equal interface
for k in 1 2 3; do cmp plain/contact-$k.extxyz parts/contact-$k.extxyz; done
# hosts at given voltages, and strains of a contact
model="$ROOT/potentials/lagp-lithiation.yaml"
short="--short-cutoff 6 --coulomb-cutoff 6 --coulomb-accuracy 1e-3 --threads 1 --quiet"
rm -r plain
mv parts contact
job="lithiate $ROOT/structures/LAGP.cif -p $model --method gcmc --voltages 12 --realisations 2 --temperature 900 --equilibrate-sweeps 2 --sweeps 8
    $short --metal $ROOT/structures/Li.cif --metal-model $ROOT/potentials/li.yaml"
run 0 $job -o plain
killed parts/r2/gcmc.state $job -o parts --part 2/2
run 0 $job -o parts --part 1/2
run 0 $job -o parts --part 2/2
run 0 $job -o parts
equal lithiate
rm -r plain parts
job="lithiate contact/contact-1.extxyz contact/contact-2.extxyz -p $ROOT/potentials/li-lagp-lithiation.yaml --method contact --x 0.2 --formula-units 6
    --layer 4 --layers 1 --lateral-strain 0,0.01 --candidates 1 --force-tolerance 1 --max-steps 300 $short"
run 0 $job -o plain
run 0 $job -o parts --part 2/2
has out "4  run      contact-2-strain2"
run 0 $job -o parts --part 1/2
run 0 $job -o parts
equal lithiate
