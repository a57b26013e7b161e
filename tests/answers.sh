#!/bin/sh
# The answers of the whole program with its own model: pictures, a film that moves, the demo as it would come from a
# camera, against golden/whole.csv, which the target golden_answers writes anew. With `print` it prints them.
# Usage: answers.sh PROGRAM PICTURES SOURCE_DIR [print]
program=$1
pictures=$2
source_dir=$3
. "$source_dir/tests/script_tools.sh"

# answers ARGUMENT...: a row for each face.
answers()
{
    timeout 120 ./expressions --headless --quiet --csv - "$@" 2>err </dev/null || fail "$*: $(cat err)"
}

# The face, which goes to the left by 6 pixels from frame to frame; without colours.
film()
{
    echo "YUV4MPEG2 W640 H480 F25:1 Ip C420jpeg"
    for frame in 0 1 2 3 4 5 6 7 8 9; do
        echo FRAME
        { tail -c 307200 face.pgm | tail -c +$((6 * frame + 1)); head -c $((6 * frame)) /dev/zero; }
        head -c 153600 /dev/zero | tr '\0' '\200'
    done
}

film >film.y4m
{
    answers --image face.png face.pgm blank.png crowd.png
    answers --video film.y4m | sed 1d
    answers --demo --max-frames 90 | awk 'NR > 1 && NR % 8 == 2'
} >answers.csv
[ "${4:-}" = print ] && exec cat answers.csv
paste -d '\n' "$source_dir/tests/golden/whole.csv" answers.csv | awk -F, '
    function differ(a, b, most) { return a - b > most || b - a > most || (a == "") != (b == "") }
    NR % 2 { columns = split($0, golden); row = $0; next }
    NR == 2 { split($0, names) }
    NF != columns { bad = 1; print "other rows: " $0; exit }
    NF { rows++ }
    {
        for (i = 1; i <= NF; i++) {
            box = names[i] ~ /^box/
            number = NR > 2 && (box || names[i] ~ /^face$|^confidence$|^(raw_)?(angry|disgust|fear|happy|sad|surprise|neutral)$/)
            if (number ? differ(golden[i], $i, box ? 1 : 0.00101) : golden[i] != $i) {
                print $1 " frame " $2 ", face " $6 ": " names[i] " " $i ", expected " golden[i]
                bad = 1
            }
        }
    }
    END { exit bad || rows < 20 }' >differ || fail "other answers; where they are meant to be, cmake --build build --target golden_answers:
$(head -n 10 differ)"

conclude
