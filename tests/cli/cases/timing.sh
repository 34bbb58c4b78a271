# SPDX-License-Identifier: GPL-3.0-or-later
# Every run that evaluates forces ends with the table of its time; stages add up, rates follow from them, results stay apart.
lgp="$ROOT/structures/LGP.cif -p $ROOT/potentials/pmmcs.yaml --quiet"
run 0 md $lgp --time 0.1 -t 600 --coulomb mesh --threads 2
for words in "ms/step" "neighbour lists" "pairs" "integrator" "in all" "by the clock on 2 threads" "100 steps" "ns/day" "atom-steps/s" \
    "chosen:" "precision" "skin 2 A" "Coulomb mesh"; do
    has out "$words"
done
[ "$(tail -n 1 out | cut -c1-7)" = "chosen:" ]
run 0 energy $lgp
has out "ms/eval."
has out "1 evaluation"
run 0 info "$ROOT/structures/LGP.cif" --json
if grep -q '"timing"' out; then echo "no force was evaluated, yet it was timed"; false; fi
run 0 md $lgp --time 0.1 -t 600 --coulomb mesh --threads 2 --json && mv out md.json
run 0 relax $lgp --force-tolerance 0.05 --json && mv out relax.json
run 0 diffuse $lgp --temperatures 900,1200 --time 0.1 --equilibrate 0.02 --frame-time 4 --threads 2 --json && mv out diffuse.json
run 0 interface "$ROOT/structures/LAGP.cif" "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li-lagp.yaml" --miller-b 1,1,1 --max-area 80 \
    --thickness-a 6 --thickness-b 6 --registries 1 --force-tolerance 0.3 --max-steps 20 --samples 1 --quiet --json || [ -s out ]
python3 - <<'P' || { command -v python3 >/dev/null || exit 0; exit 1; }
import json, math
def of(name):
    t = json.load(open(name))['provenance']['timing']
    parts = t['stages_s']
    close = lambda a, b: abs(a - b) <= 1e-9 * (1 + abs(b))
    assert all(v >= 0 for v in parts.values()), parts
    assert close(sum(parts.values()), t['summed_s']), (parts, t)
    assert t['summed_s'] >= t['wall_s'] * (1 - 1e-12) and 0 <= t['idle_thread_s'] <= t['threads'] * t['wall_s'], t
    assert t['evaluations'] > 0 and {'simd', 'precision', 'list', 'skin_A'} <= set(t['chosen']), t
    d = t.get('dynamics')
    if d:
        assert close(sum(d['stages_ms_per_step'].values()), d['ms_per_step']), d
        assert close(d['ms_per_step'] * d['steps'] / 1e3, d['summed_s']) and d['summed_s'] <= t['summed_s'], d
    return t, d
t, d = of('md.json')
assert d['steps'] == 100 and t['evaluations'] >= 101 and t['threads'] == 2
assert abs(d['ns_per_day'] - d['steps_per_s'] * 0.0864) < 1e-9 * d['ns_per_day'] and abs(d['atom_steps_per_s'] / d['steps_per_s'] - 108) < 1e-6
assert set(t['chosen']) >= {'coulomb', 'coulomb_cutoff_A', 'mesh', 'order'} and t['chosen']['coulomb'] == 'mesh'
assert t['chosen']['list_drift_kT_per_atom_ns'] == 1e-5 and 0 < t['chosen']['inner_skin_A'] < t['chosen']['skin_A'], t['chosen']
assert 0.95 * d['summed_s'] <= d['steps'] / d['steps_per_s'] <= 1.05 * d['summed_s'], d
assert all(t['stages_s'][k] > 0 for k in ('neighbour', 'pairs', 'integrate')), t
t, d = of('relax.json')
assert d is None and t['stages_s']['minimise'] > 0
t, d = of('diffuse.json')
assert d['steps'] == 2 * 120, d
of('out')
P
# terms are told in double precision, whatever is asked for, and the table says so
run 0 energy "$ROOT/structures/LGP.cif" -p "$ROOT/potentials/pmmcs.yaml" --precision mixed
has err "--precision mixed changes nothing here"
has out "double precision, pairs one by one"
# mixed where something is
run 0 md "$ROOT/structures/Li.cif" -p "$ROOT/potentials/li.yaml" --repeat 3,3,3 --stages 'nvt 300 K 0.01 ps' --precision mixed
has out "double precision, clusters"
run 0 relax "$ROOT/structures/LGP.cif" -p "$ROOT/potentials/pmmcs.yaml" --precision mixed --force-tolerance 1
has out "mixed precision, clusters"
