# SPDX-License-Identifier: GPL-3.0-or-later
mkdir sub
printf '1\n\nLi 0 0 0\n1\n\nO 0 0 0\n' >sub/a.xyz
printf 'task: convert\ninputs: [a.xyz, b.xyz]\nframe: 1\nseed: 7\n' >sub/job.yaml
run 0 run sub/job.yaml --json
has b.xyz "O "
has out '"seed": 7'
run 0 convert sub/job.yaml --frame 0 --seed 8 --json
has b.xyz "Li "
has out '"seed": 8'
run 64 run sub/job.yaml extra
printf 'task: convert\ninputs: [a.xyz, b.xyz]\nsimd: sse2\n' >sub/simd.yaml
run 0 run sub/simd.yaml --json
has out '"simd": "sse2"'
if grep -q avx2 /proc/cpuinfo; then run 0 run sub/simd.yaml --simd avx2 --json; has out '"simd": "avx2"'; fi
printf 'task: convert\ninputs: [a.xyz, b.xyz]\nsimd: avx999\n' >sub/simd.yaml
run 2 run sub/simd.yaml
has err "simd.yaml:3: the vector instructions are 'avx999'"
printf 'task: energy\ninputs: a.xyz\nmodel: own.yaml\n' >sub/energy.yaml
run 2 run sub/energy.yaml
has err "own.yaml: no such model file, looked for from the working folder"
printf 'task: convrt\n' >bad.yaml
run 2 run bad.yaml
has err "bad.yaml:1: "
has err "did you mean 'convert'"
printf 'task: convert\ninputs: [sub/a.xyz, b.xyz]\nfrme: 1\n' >bad.yaml
run 2 convert bad.yaml
has err "bad.yaml:3: "
has err "did you mean 'frame'"
printf 'inputs: []\n' >bad.yaml
run 2 run bad.yaml
one_line err
run 2 run none.yaml
