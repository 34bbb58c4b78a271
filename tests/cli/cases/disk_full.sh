# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that fills up while a job writes: it ran but failed (1), the input is not wrong (2). A limit on the size of files stands for it.
li="$ROOT/structures/Li.cif -p $ROOT/potentials/li.yaml"
full() { # KILOBYTES CODE ARGS...: where no file may be larger
    (
        trap '' XFSZ # writing fails instead of killing
        ulimit -f "$1"
        shift
        got=0
        want=$1
        shift
        "$INTERLITH" "$@" >/dev/null 2>err </dev/null || got=$?
        [ "$got" -eq "$want" ] && exit 0
        echo "interlith $*: exit code $got, expected $want"
        cat err
        exit 1
    )
}
md="md $li --repeat 3,3,3 --time 0.4 --quiet"
# the first checkpoint, a trajectory of either kind, the table: each is the first to outgrow its limit
full 2 1 $md --trajectory none -o checkpoint
has err "checkpoint/md.ckpt: writing failed"
full 64 1 $md --trajectory nc --trajectory-every 0.002 -o nc
has err "nc/md.nc"
full 64 1 $md --trajectory extxyz --trajectory-every 0.002 --velocities -o xyz
has err "xyz/md.extxyz: writing failed"
full 32 1 $md --trajectory none --thermo-every 0.001 -o table
has err "table/md.thermo.tsv: writing failed"
# a structure, a journal, a picture and a result of verbs that are no dynamics
full 1 1 convert "$ROOT/structures/LGP.cif" out.extxyz
has err "out.extxyz: writing failed"
full 1 1 relax $li -o relaxed --quiet
# with room again the job goes on from what is whole
full 64 1 $md --trajectory nc --trajectory-every 0.004 --checkpoint-every 0.05 -o again
run 0 $md --trajectory nc --trajectory-every 0.004 --checkpoint-every 0.05 -o again
run 0 $md --trajectory nc --trajectory-every 0.004 --checkpoint-every 0.05 -o whole
cmp whole/md.nc again/md.nc
# the folder that cannot be written is an input that is wrong
run 2 $md -o /dev/null/folder
