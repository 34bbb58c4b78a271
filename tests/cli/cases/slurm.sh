# SPDX-License-Identifier: GPL-3.0-or-later
# A job as a Slurm array: a folder that can be carried away, parts in any order and two at a time, collected with the bits of one run.
# sbatch and srun are played here: an array runs from its last task to its first, in pairs; what depends on it runs when all went well.
mkdir bin
cat >bin/sbatch <<'SBATCH'
#!/bin/bash
[ "$1" != --parsable ] || echo "42;here"
script=${!#} last=$(sed -n 's/^#SBATCH --array=1-//p' "${!#}") failed=0
export SLURM_CPUS_PER_TASK=1 SLURM_SUBMIT_DIR=$PWD
if [ -z "$last" ]; then
    case " $* " in *" --dependency=afterok:42 "*) [ -e array.good ] || exit 0 ;; esac
    exec bash "$script" >collect.out 2>&1
fi
rm -f array.good
task() { SLURM_ARRAY_TASK_ID=$1 bash "$script" >"part-$1.out" 2>&1; }
for ((k = last; k > 0; k -= 2)); do
    task $k & pid=$!
    [ $k -eq 1 ] || task $((k - 1)) || failed=1
    wait $pid || failed=1
done
[ $failed -ne 0 ] || : >array.good
SBATCH
printf '#!/bin/bash\n[ "$SLURM_ARRAY_TASK_ID" != "${BREAKS:-none}" ] || exit 1\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n' >bin/srun
chmod +x bin/*
PATH=$PWD/bin:$PATH
numbers() { awk '/"provenance": \{/ { exit } { print }' "$1"; }
warnings() { awk '/"warnings": \[/ { inside = 1 } inside' "$1"; }
# array_equals NAME VERB TASKS: the array of NAME.yaml gives what one command gives
array_equals() {
    run 0 export "src/$1.yaml" --to slurm -o "$1" --tasks "$3"
    has out "in $3 tasks"
    mv "$1" "moved-$1"
    cd "moved-$1"
    bash -n array.sbatch && bash -n collect.sbatch
    ./submit.sh >/dev/null
    run 0 run job.yaml -o plain --threads 2 --quiet
    numbers plain/$2.json >plain.txt
    numbers run/$2.json | cmp - plain.txt
    warnings plain/$2.json >plain.txt
    warnings run/$2.json | cmp - plain.txt
    cd ..
}
mkdir src
cp "$ROOT/structures/LAGP.cif" "$ROOT/structures/Li.cif" src/
printf 'task: diffuse\ninputs: LAGP.cif\nmodel: %s\ntemperatures: [1200, 1600]\nseeds: 2\nseed: 3\ntime: 0.1\nequilibrate: 0.02\ndt: 2
frame-time: 4\nspecies: "Li"\nobserve: sites\nsites: src/LAGP.cif\nthreads: 7\nfresh: yes\n' "$ROOT/potentials/pmmcs.yaml" >src/sweep.yaml
array_equals sweep diffuse 4
has moved-sweep/collect.out "4 of 4 runs found finished in run, 0 still to be run"
has moved-sweep/part-2.out "run-1200K-r1-s2"
[ ! -e moved-sweep/run/parts/run-1200K-r1-s2.lock ] && [ -x moved-sweep/submit.sh ]
printf 'task: interface\ninputs: [LAGP.cif, Li.cif]\nmodel: %s\nmiller-b: 1,1,1\nmax-area: 80\nthickness-a: 6\nthickness-b: 6\nregistries: 1
force-tolerance: 0.3\nsamples: 2\nsimd: sse2\n' "$ROOT/potentials/li-lagp.yaml" >src/contact.yaml
array_equals contact interface 2
has moved-contact/run/interface.json '"simd": "sse2"'
has moved-contact/README.txt 'a line `simd: avx2`'
for file in li-lagp li pmmcs; do cmp moved-contact/models/$file.yaml "$ROOT/potentials/$file.yaml"; done
printf 'task: lithiate\ninputs: LAGP.cif\nmodel: %s\nx: [0, 0.34]\nrealisations: 2\nvariants: [%s]\nforce-tolerance: 0.2\nstress-tolerance: 1e-2
candidates: 1\nshort-cutoff: 6\ncoulomb-cutoff: 6\ncoulomb-accuracy: 1e-3\nmetal: src/Li.cif\nmetal-model: %s\n' \
    "$ROOT/potentials/lagp-lithiation.yaml" "$ROOT/potentials/lagp-lithiation-small.yaml" "$ROOT/potentials/li.yaml" >src/swell.yaml
array_equals swell lithiate 3
has moved-swell/part-3.out "variant-1"
# one part fails: nothing is collected; handed in again, it is
run 0 export src/sweep.yaml --to slurm -o broken --title "a sweep" --seed 5
has broken/array.sbatch "--job-name=a-sweep"
has broken/job.yaml "seed: 5"
has broken/array.sbatch "--ntasks=1"
has broken/array.sbatch "--cpus-per-task=4"
(cat src/sweep.yaml && printf 'engine: lammps\nmpi: 6\n') >ranks.yaml
sed -i 's|inputs: |&src/|' ranks.yaml
run 0 export ranks.yaml --to slurm -o ranks
has ranks/array.sbatch "--ntasks=6"
has ranks/array.sbatch "--cpus-per-task=1"
BREAKS=2 broken/submit.sh >/dev/null
[ ! -e broken/run/diffuse.json ] && [ ! -e broken/collect.out ]
cd broken
run 0 run job.yaml -o run --part list
has out "2  missing  run-1200K-r1-s2"
has out "3  found    run-1600K-r1-s1"
./submit.sh >/dev/null
[ -s run/diffuse.json ]
cd ..
# refused
run 2 export broken/job.yaml --to slurm -o broken
printf 'task: info\ninputs: src/Li.cif\n' >info.yaml
run 2 export info.yaml --to slurm
has err "no independent runs"
mkdir other
(cat src/Li.cif && echo '# of another source') >other/Li.cif
printf 'task: lithiate\ninputs: [src/Li.cif, other/Li.cif]\nmodel: %s\nmethod: gcmc\nvoltages: 1\nmetal: src/Li.cif\n' "$ROOT/potentials/li.yaml" >twice.yaml
run 2 export twice.yaml --to slurm -o twice
has err "rename one"
run 64 export src/sweep.yaml src/swell.yaml --to slurm -o twice
has err "expected one job file"
[ ! -e export ] && [ ! -e twice ] # a refusal makes nothing
mkdir src/models
cp "$ROOT/potentials/pmmcs.yaml" "$ROOT/potentials/li.yaml" src/
sed 's|^  - li$|  - ../li.yaml|; s|model: pmmcs,|model: ../pmmcs.yaml,|' "$ROOT/potentials/li-lagp.yaml" >src/models/above.yaml
sed 's|^model:.*|model: src/models/above.yaml|' src/contact.yaml >src/above.yaml
run 2 export src/above.yaml --to slurm -o above
has err "outside of its folder"
