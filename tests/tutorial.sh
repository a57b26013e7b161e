#!/bin/sh
# The commands of docs/tutorial.md, their very text. Usage:
#   tutorial.sh EXPRESSIONS TRAIN_FER PICTURES SOURCE_DIR [DATASETS]
# On made-up data, two epochs a training. With DATASETS, a folder with mnist/ and fer2013.csv, all is done in
# full, and the pictures in docs/tutorial are drawn anew, with the README's docs/demo.webp. The drawn face stands
# for me.jpg and the camera.
program=$1
train_fer=$2
pictures=$3
source_dir=$4
datasets=${5:-}
here=$(CDPATH='' cd "$(dirname "$0")" && pwd)
. "$here/script_tools.sh"
command -v gnuplot >/dev/null || { echo "skipped: there is no gnuplot"; exit 77; }
tutorial=$source_dir/docs/tutorial.md
cp "$train_fer" train_fer && mv face.png me.jpg && mkdir datasets || exit 1

# idx NAME COUNT: NAME-images-idx3-ubyte, a bright bar for each digit, further to the right for the larger ones,
# and some noise; NAME-labels-idx1-ubyte.
idx()
{
    # shellcheck disable=SC2059 # the bytes are the format
    printf "$(awk -v count="$2" 'BEGIN {
        printf "\\0\\0\\10\\3\\0\\0\\0\\%03o\\0\\0\\0\\034\\0\\0\\0\\034", count
        for (i = 0; i < count; i++)
            for (p = 0; p < 784; p++) {
                x = p % 28 - 2 * (i % 10) - 3
                printf "\\%03o", (x >= 0 && x < 4 ? 200 : 20) + (i * 31 + p * 17) % 23
            } }')" >"datasets/mnist/$1-images-idx3-ubyte"
    # shellcheck disable=SC2059
    printf "$(awk -v count="$2" 'BEGIN {
        printf "\\0\\0\\10\\1\\0\\0\\0\\%03o", count
        for (i = 0; i < count; i++) printf "\\%03o", i % 10 }')" >"datasets/mnist/$1-labels-idx1-ubyte"
}

if [ -n "$datasets" ]; then
    ln -s "$datasets"/* datasets
else
    export OPENBLAS_NUM_THREADS=1
    mkdir datasets/mnist
    idx train 250
    idx t10k 50
    awk -f "$here/made_up.awk" >datasets/fer2013.csv
fi

# --- Each lesson's blocks, one script
for lesson in 1 2 3 4 5 6; do
    awk -v lesson="## Lesson $lesson:" '/^## / { inside = index($0, lesson) == 1 }
        /^```/ { code = $0 == "```sh"; next } inside && code' "$tutorial" >"lesson$lesson"
    [ -s "lesson$lesson" ] || fail "lesson $lesson has no command"
    sed -i 's/--camera 0\( --headless\)\{0,1\}/--demo --headless --max-frames 30/
        s/--demo$/--demo --headless --max-frames 30/
        s/--demo --model/--demo --headless --max-frames 30 --model/' "lesson$lesson"
    [ -n "$datasets" ] || sed -i 's/--epochs [0-9]*/--epochs 2/; s/-max-frames 462/-max-frames 90/' "lesson$lesson"
    sh -eu "lesson$lesson" >"out$lesson" 2>err </dev/null || fail "lesson $lesson: status $?: $(cat err)"
done
[ "$(grep -c '^```sh$' "$tutorial")" -eq 10 ] || fail "not ten blocks of commands"

# --- What the lessons promise
# cost NAME ROW: the training cost in a row of a report's log; the first is 1.
cost()
{
    sed -n "$(($2 + 1))p" "lessons/$1/log.csv" | cut -d, -f3
}

# right LESSON ROW: the accuracy of one of its evaluations.
right()
{
    grep '^  accuracy' "out$1" | sed -n "$2s/^  accuracy *\([0-9.]*\) .*/\1/p"
}

# less A B WHAT
less()
{
    awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && b != "" && a < b) }' || fail "$3: $1, $2"
}

less "$(right 1 1)" 40 "an untrained layer knows the digits"
less "$(cost squared 2)" "$(cost squared 1)" "back-propagation does not lower the cost"
less "$(cost mini-batch 2)" "$(cost mini-batch 1)" "mini-batch descent does not lower the cost"
less "$(cost stochastic 2)" "$(cost full 2)" "single samples are not ahead of full descent"
less "$(right 1 1)" "$(right 4 2)" "the trained network knows no more than the untrained one"
[ "$(grep -c '^[^ ]* on PublicTest, ' out5)" -eq 3 ] || fail "lesson 5 has not three evaluations: $(cat out5)"
grep -q '^me\.jpg: happy' out5 && grep -q '^{"source":"me.jpg".*"emotion":' out5 || fail "me.jpg: $(cat out5)"
[ "$(wc -l <lessons/session.csv)" -gt 80 ] && [ "$(wc -l <lessons/me.jsonl)" -ge 30 ] || fail "lesson 6: $(ls -l lessons)"

# --- The pictures: of each that the text shows, the file that the commands drew
while read -r name file; do
    [ "$(head -c 4 "lessons/$file" | tail -c 3)" = PNG ] || fail "no lessons/$file"
    grep -q "tutorial/$name\.png" "$tutorial" || fail "the text does not show $name.png"
    [ -z "$datasets" ] || cp "lessons/$file" "$source_dir/docs/tutorial/$name.png"
    [ "$(wc -c <"$source_dir/docs/tutorial/$name.png")" -lt 150000 ] || fail "$name.png is missing or large"
done <<'LIST'
untrained untrained/confusion.png
squared squared/curves.png
descents descents.png
digits digits/confusion.png
means means.png
hog hog/confusion.png
session session/timeline.png
LIST
if [ -n "$datasets" ]; then
    cat out1 out2 out3 out4 out5 out6
    ./expressions --demo --headless --quiet --max-frames 462 --output demo.mp4 >/dev/null &&
        ffmpeg -v error -y -i demo.mp4 -vf fps=12 -c:v libwebp -quality 70 -loop 0 "$source_dir/docs/demo.webp" ||
        fail "no demo.webp"
fi
[ "$(cat "$source_dir"/docs/tutorial/*.png | wc -c)" -lt 700000 ] || fail "the pictures are large"
[ "$(wc -c <"$source_dir/docs/demo.webp")" -lt 2000000 ] || fail "demo.webp is missing or large"
conclude
