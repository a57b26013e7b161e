#!/bin/sh
# train_fer from the outside, on a made-up fer2013.csv: results, exit statuses, messages.
# Usage: train_fer.sh PROGRAM
set -u
program=$1
tests=$(CDPATH='' cd "$(dirname "$0")" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cd "$work" || exit 1
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# wait_for PATTERN: until the program in the background has printed it, or some minutes.
wait_for() {
    tries=0
    until grep -q "$1" out || [ $tries -eq 20000 ]; do
        sleep 0.01
        tries=$((tries + 1))
    done
}

# interrupt PAUSE CHECKPOINT ARGUMENT...: begins a training or goes on with it; Ctrl-C a pause after
# its next checkpoint has shown that another epoch begins.
interrupt() {
    pause=$1 checkpoint=$2
    shift 2
    : >out # what the last one printed is not this one's
    "$program" "$@" >out 2>err &
    pid=$!
    [ "$1" != --resume ] || wait_for "^resuming"
    rm -f "$checkpoint"
    tries=0
    until [ -e "$checkpoint" ] || grep -q '^[a-z]*\.safetensors$' out || [ $tries -eq 20000 ]; do
        sleep 0.01
        tries=$((tries + 1))
    done
    sleep "$pause"
    kill -INT $pid 2>/dev/null
    wait $pid || fail "Ctrl-C: status $?: $(cat err)"
}

# expect STATUS TEXT ARGUMENT...: the exit status, and TEXT in what it prints; an error is one line.
expect() {
    status=$1 text=$2
    shift 2
    "$program" "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$status" ] || fail "$*: status $got, not $status: $(cat err)"
    [ -z "$text" ] || grep -qF -- "$text" out err || fail "$*: no \"$text\" in: $(cat out err)"
    if [ "$status" -ne 0 ]; then
        [ "$(wc -l <err)" -eq 1 ] || fail "$*: not one line on stderr: $(cat err)"
        ! grep -q accuracy out || fail "$*: printed results: $(cat out)"
    fi
}

# notes MODEL TEXT...: that the model's notes contain each.
notes() {
    model=$1
    shift
    for text; do
        grep -aqF -- "$text" "$model" || fail "$model does not note $text"
    done
}

awk -f "$tests/made_up.awk" >data.csv
awk 'BEGIN {
    print "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    for (i = 0; i < 84; i++)
        print (i < 63 ? "Training" : "PublicTest") ",x,0,0,0,0,8,0,0,0,2,0"
}' >votes.csv

# Alignment, patches and windows have their own part at the end; elsewhere they would take time.
plain="--verifier off --align off --features hog"
small="--data data.csv $plain --hidden 8 --epochs 2 --threads 1 --output m.safetensors"
expect 0 "Usage: train_fer" --help
expect 0 "0.85,1,0.8,1.1,1.4,1.4,1.65" --help
expect 0 "train_fer " --version
# shellcheck disable=SC2086 # the words of $small are arguments
expect 0 "epoch   2/2  loss" $small
grep -q "no FER+ votes at datasets/fer2013new.csv (see --ferplus)" err || fail "missing votes: $(cat err)"
[ -s m.safetensors ] || fail "no model was written"
[ "$(tail -n 1 out)" = m.safetensors ] || fail "the model is not named: $(tail -n 1 out)"
[ "$(ls -A | grep -c 'm\.safetensors')" -eq 1 ] || fail "a temporary file was left: $(ls -A)"
expect 0 "on PublicTest, 21 pictures" --evaluate m.safetensors --data data.csv
! grep -q "no FER+ votes" err || fail "an evaluation misses votes: $(cat err)"
expect 0 "FER+ majority" --evaluate m.safetensors --data data.csv --ferplus votes.csv
sed -n 's/^  accuracy *\([0-9.]*\) %.*/\1/p' out | head -n 1 >measured_right
noted=$(grep -ao '"accuracy":"[^"]*"' m.safetensors)
awk -v noted="$noted" '{ exit noted != sprintf("\"accuracy\":\"%.1f %% on PublicTest\"", $1) }' measured_right ||
    fail "the file notes $noted, --evaluate says $(cat measured_right)"
expect 0 '"ferplus_count":21' --evaluate m.safetensors --data data.csv --ferplus votes.csv --json
[ "$(wc -l <out)" -eq 1 ] || fail "--json prints not one line"
mkdir -p datasets && cp votes.csv datasets/fer2013new.csv
expect 0 '"ferplus_count":21' --evaluate m.safetensors --data data.csv --json
rm datasets/fer2013new.csv
# Votes for the label.
awk -F, 'NR == FNR { if (NR == 1) print; next } FNR > 1 {
    printf "%s,x", $3
    for (k = 1; k <= 7; k++) printf ",%d", k == substr("5672431", $1 + 1, 1) ? 8 : 0
    print ",0,2,0" }' votes.csv data.csv >labelled.csv
# shellcheck disable=SC2086
expect 0 "epoch   1/1" $small --epochs 1 --ferplus labelled.csv --output judged.safetensors
expect 0 "FER+ majority" --evaluate judged.safetensors --data data.csv --ferplus labelled.csv
awk '$1 == "accuracy" && !right { right = int($2 * 0.21 + 1.5) }
    $1 == "FER+" && $2 == "majority" { votes = int($3 * 0.21 + 0.5) }
    END { printf "%.1f %% by label, %.1f %% by FER+%ss majority, on PublicTest\n", (right - 1) / 0.21, votes / 0.21, q }' \
    q="'" out >judged
notes judged.safetensors "\"accuracy\":\"$(cat judged)\"" \
    '"training_data":"FER2013: Training 63 pictures, PublicTest 21 for validation; FER+ votes"'
expect 0 "where both agree" --evaluate m.safetensors --data data.csv --ferplus votes.csv
expect 0 "None of these pictures is also in Training" --evaluate m.safetensors --data data.csv
# Two pictures of PublicTest that are also in Training, one of them with another label.
awk -F, -v OFS=, 'NR == 5 || NR == 9 { kept[NR] = $2 } NR == 70 { $2 = kept[5] }
    NR == 71 { $2 = kept[9] } { print }' data.csv >twice.csv
expect 0 "Without the 2 pictures that are also in Training" --evaluate m.safetensors --data twice.csv
expect 0 '"duplicates":2,"unique":{"label":{"count":19,' --evaluate m.safetensors --data twice.csv --json
# shellcheck disable=SC2086
expect 0 "2 pictures of PublicTest are also in Training; all choices are made without them" \
    --data twice.csv $plain --hidden 8 --epochs 1 --threads 1 --output twice.safetensors
expect 0 '{"model":"m.safetensors","split":"Training","count":63,"accuracy":' \
    --evaluate m.safetensors --data data.csv --split Training --json
# shellcheck disable=SC2086
expect 0 "(the published data have 28709)" $small --report report
for file in log.csv confusion.csv summary.json; do
    [ -s report/$file ] || fail "--report wrote no $file"
done
[ "$(wc -l <report/log.csv)" -eq 3 ] || fail "log.csv has not one row an epoch"
grep -qF '"options":"--align off --verifier off --features hog --hidden 8 ' report/summary.json ||
    fail "the report does not say by which options"
for file in curves.png confusion.png calibration.png robustness.png; do
    [ "$(head -c 4 report/$file | tail -c 3)" = PNG ] || fail "--report drew no $file"
done
"$program" --evaluate m.safetensors --data data.csv --ferplus votes.csv --json --report measured >out
[ -s out ] && [ "$(cat out)" = "$(cat measured/summary.json)" ] ||
    fail "summary.json is not what --json prints"
[ "$(tail -n 1 measured/robustness.csv | cut -d, -f1)" = mirrored ] || fail "no robustness.csv"
for file in confusion.png calibration.png classes.png robustness.png; do
    [ -s measured/$file ] || fail "--evaluate --report drew no $file"
done
expect 1 "none/x: the folder cannot be created: No such file" --evaluate m.safetensors --data data.csv --report none/x
expect 0 "" --data data.csv --mean-faces faces.png
[ "$(head -c 4 faces.png | tail -c 3)" = PNG ] || fail "faces.png is not a PNG"
expect 0 "" --data data.csv --align off --mean-faces crops.png
! cmp -s faces.png crops.png || fail "the mean faces are not aligned"
# Of faces that are a bright stripe each, the one of the next class lower: side by side in that order.
awk 'BEGIN { print "emotion,pixels,Usage"
    for (k = 0; k < 7; k++) {
        printf "%d,", k
        for (p = 0; p < 2304; p++) printf "%s%d", p ? " " : "", int(p / 288) == k ? 200 : 100
        print ",Training"
    } }' >stripes.csv
expect 0 "" --data stripes.csv --align off --mean-faces stripes.png
! python3 -c "import PIL" 2>/dev/null || python3 - <<'.' || fail "--mean-faces: the faces are not where they belong"
from PIL import Image
faces = Image.open("stripes.png")
assert faces.mode == "L" and faces.size == (7 * 48, 48), faces
for x in range(7 * 48):
    for y in range(48):
        assert (faces.getpixel((x, y)) > 160) == (y // 6 == x // 48), (x, y)
.
expect 0 "" --data data.csv --features windows,hog --hidden @8,3@8,16 --threads 2 --init-only --output init.safetensors
cat >expected <<'.'
FER2013, 48x48 pixels
                angry  disgust     fear    happy      sad surprise  neutral      all
Training            9        9        9        9        9        9        9       63   (the published data have 28709)
PublicTest          3        3        3        3        3        3        3       21   (the published data have 3589)

48x48 pixels -> windows vector of 12400
  layer 1   25 x   496 -> 8      relu    batch normalization       3976 parameters
  layer 2    9 x    72 -> 8      relu    batch normalization       5256 parameters
  layer 3           72 -> 16     relu    batch normalization       1168 parameters
  layer 4           16 -> 7      softmax                            119 parameters
  10615 parameters, 0.0 MB in the model file

48x48 pixels -> hog vector of 1984
  layer 1   64 x    31 -> 8      relu    batch normalization        256 parameters
  layer 2   36 x    72 -> 8      relu    batch normalization      21024 parameters
  layer 3          288 -> 16     relu    batch normalization       4624 parameters
  layer 4           16 -> 7      softmax                            119 parameters
  26335 parameters, 0.1 MB in the model file
mini-batch descent, adamw, cross-entropy, 2 threads

init.safetensors
.
diff expected out || fail "the networks are told in other words"
notes init.safetensors '"mirror":"true"' '"recipe":"--align on --verifier on --features' \
    '--prior 0.85,1,' '--augment 0.4 --webcam 0.3' \
    '"training_data":"FER2013: Training 63 pictures, PublicTest 21 for validation"'
expect 0 "21 pictures" --evaluate init.safetensors --data data.csv
init="--features pixels --hidden 4 --init-only"
# shellcheck disable=SC2086
expect 0 "" --data data.csv $init --augment 0 --webcam 0.5 --prior uniform --output plain.safetensors
notes plain.safetensors '"mirror":"false"' '--prior uniform --augment 0 --webcam 0.5 '
# shellcheck disable=SC2086
expect 0 "" --data data.csv $init --prior training --output plain.safetensors
notes plain.safetensors '"mirror":"true"' '--prior training --augment 0.4 --webcam 0.3 '
for copy in one two; do
    expect 0 "" --export-onnx $copy.onnx init.safetensors
done
[ -s one.onnx ] && cmp one.onnx two.onnx || fail "--export-onnx wrote two files of one model"
grep -q 'networks\.1\.hog' one.onnx || fail "one.onnx names no second input"

# Cross-validation; each picture of noise is a photograph of its own.
awk 'BEGIN { srand(1); print "emotion,pixels,Usage"
    for (i = 0; i < 84; i++) {
        printf "%d,", i % 7
        for (p = 0; p < 2304; p++) printf "%s%d", p ? " " : "", 40 + (p % 48) * (i % 7) / 2 + int(60 * rand())
        print "," (i < 63 ? "Training" : "PublicTest")
    } }' >noise.csv
# shellcheck disable=SC2086
expect 0 "3 folds of 63 pictures, which are crops of 63 photographs" --data noise.csv $plain --hidden 8 \
    --epochs 1 --threads 1 --folds 3 --report crossed
grep -q '^accuracy,[01]\.[0-9]*,0\.[0-9]*,[01.0-9]*,[01.0-9]*,[01.0-9]*$' crossed/folds.csv ||
    fail "folds.csv: $(cat crossed/folds.csv)"
# shellcheck disable=SC2086
expect 1 "fewer photographs than 3 folds" --data data.csv $plain --ferplus-share 0 --folds 3
expect 2 '--folds takes a whole number from 2 to 10, not "1"' --folds 1
expect 2 "--folds keeps no model" --folds 3 --output m.safetensors
expect 2 "--folds keeps no model" --folds 3 --evaluate m.safetensors

# The command line.
expect 2 "unknown option --nonsense" --nonsense
expect 2 "unknown option -hidden (did you mean --hidden?)" --epochs 3 -hidden 5
expect 2 "unknown option -hidden" other -hidden 5
expect 1 "datasets/fer2013.csv: is not there; datasets/README.md says where to get it"
mkdir -p datasets
for packed in fer2013.csv.gz archive.zip fer2013.tar.gz; do
    : >datasets/$packed
    expect 1 "datasets/fer2013.csv: is not there, but datasets/$packed is; unpack it first"
    rm datasets/$packed
done
expect 2 "only one of --evaluate, --export-onnx" --evaluate m.safetensors --export-onnx x.onnx
expect 2 "m.safetensors: name the file to write, which ends in .onnx" --export-onnx m.safetensors
expect 2 "unexpected argument other" --export-onnx x.onnx m.safetensors other
expect 2 "--epochs needs a value" --epochs
expect 2 "--epochs takes a whole number from 1 to 1000000, not" --epochs 0
expect 2 "--hidden 12,x" --hidden 12,x
expect 2 "--hidden @: give" --hidden @
expect 2 "--hidden @0,8: give" --hidden @0,8
expect 2 "--hidden 8,@@4: give" --hidden 8,@@4
expect 2 "--hidden @8,0@4: give" --hidden @8,0@4
expect 2 "--hidden @8,33@4: give" --hidden @8,33@4
expect 2 "--hidden @8,3@: give" --hidden @8,3@
expect 2 "--hidden 3@4: its windows" --hidden 8,3@4
expect 2 "--hidden 3@4: its windows" --hidden 3@4
expect 2 "--features takes hog, " --features hog,nose
expect 2 "--features: name at least one kind" --features ,
expect 2 "at most 4 can be combined" --features hog,hog,hog,hog,hog
expect 2 '--align takes off or on, not "maybe"' --align maybe
expect 2 "--prior 1,0,1: give uniform, training, or a number" --prior 1,0,1
expect 2 "only softmax with cross-entropy can weigh" --loss mse --class-weights 1
expect 2 "sigmoid outputs have no other prior" --output-activation sigmoid --prior uniform
expect 2 "--activation takes sigmoid, tanh or relu, not" --activation gelu
expect 2 "--dropout takes a number from 0 to 0.95, not" --dropout 1.5
expect 2 "--learning-rate takes a number from 1e-09 to 1000, not" --learning-rate nan
expect 2 "unexpected argument stray" stray
expect 2 "--batch-norm off" --descent full --batch-norm on

expect 2 "a layer of 147456 units" --data data.csv --ferplus-share 0 --features pixels --hidden @64
expect 2 "shared by 64 positions" --data data.csv --ferplus-share 0 --features hog --hidden 8,@3

expect 2 "--hidden: layer 1 looks through windows of side 16" --data data.csv --ferplus-share 0 --hidden @1,16@1
expect 2 "--hidden: 173 million weights, a model has 125 million at most; use fewer" --data data.csv --ferplus-share 0 --features pixels --hidden 16384,8192
expect 2 "--prior: 2 numbers for 7 classes" --data data.csv --ferplus-share 0 --prior 1,2
expect 2 "--split Tests: FER2013 have Training, PublicTest and PrivateTest" --evaluate m.safetensors \
    --data data.csv --split Tests
expect 2 "--output: the path is too long" --data data.csv --ferplus-share 0 --output "$(printf %0250d 0)"
# shellcheck disable=SC2086
expect 0 "" $small --epochs 1 --prior 0.000001,1e6,1,1,1,1,1 --output rare.safetensors
grep -v PublicTest data.csv >unjudged.csv
expect 1 "no PublicTest pictures" --data unjudged.csv --ferplus-share 0 --verifier off --output u.safetensors
! grep -q aligner out || fail "an aligner was learned before the data were seen to be incomplete"

# Files.
# A device keeps no model that could be measured; of the test's own where its user may make one.
null=/dev/null
! mknod null c 1 3 2>err || ! true 2>err >null || null=null
# shellcheck disable=SC2086
"$program" $small --epochs 1 --output $null >out 2>err
got=$?
[ $got -eq 6 ] && grep -q "$null: is not a regular file" err && [ -c $null ] ||
    fail "a model in $null: status $got: $(cat err)"
expect 1 "none.csv: No such file" --data none.csv
mkdir empty
expect 1 "empty: holds neither" --data empty
expect 1 "no PrivateTest pictures" --evaluate m.safetensors --data data.csv --split PrivateTest
for class in angry disgust fear happy sad surprise neutral; do
    mkdir -p pictures/train/$class
    { printf 'P5\n48 48\n255\n' && head -c 2304 /dev/zero; } >pictures/train/$class/black.pgm
done
echo text >pictures/train/happy/broken.png
expect 1 "happy/broken.png: damaged, or not a picture" --data pictures --align off --mean-faces faces.png
expect 0 "happy/broken.png: damaged, or not a picture of a supported format; convert it to PNG or JPEG; left out" \
    --data pictures --skip-bad --align off --mean-faces faces.png
expect 0 "pictures: 1 pictures left out of 8" \
    --data pictures --skip-bad --align off --mean-faces faces.png
: >pictures.png # beside the data
expect 0 "" --data pictures --skip-bad --align off --mean-faces pictures.png
sed '5s/^./9/' data.csv >label.csv
expect 1 'label.csv: line 5: label "9"' --data label.csv
sed '9s/ [0-9]* / 256 /' data.csv >value.csv
expect 1 "value.csv: line 9: pixel 2" --data value.csv
sed '7s/,[0-9]* /,/' data.csv >short.csv
expect 1 "short.csv: line 7: 2303 pixels" --data short.csv
head -1 data.csv >header
sed 1s/pixels/picture/ data.csv >header.csv
expect 1 'names no column "pixels"' --data header.csv
head -c 20000 data.csv >cut.csv
expect 1 "cut.csv: line" --data cut.csv
expect 1 'data.csv: line 1 names no column "anger"' --data data.csv --ferplus data.csv
sed 84d votes.csv >rows.csv
expect 1 "rows.csv: has 83 rows, the data set 84" --data data.csv --ferplus rows.csv
expect 1 "missing/m.safetensors: No such file" --data data.csv --ferplus-share 0 \
    --output missing/m.safetensors
expect 6 "none.safetensors: No such file" --evaluate none.safetensors --data data.csv
expect 6 "is a folder" --evaluate . --data data.csv
expect 6 "none.safetensors: No such file" --export-onnx x.onnx none.safetensors
expect 1 "missing/x.onnx: No such file" --export-onnx missing/x.onnx m.safetensors
[ ! -e x.onnx ] || fail "--export-onnx wrote a file without a model"
head -c 5000 m.safetensors >cut.safetensors
expect 6 "cut.safetensors:" --evaluate cut.safetensors --data data.csv
: >empty.safetensors
expect 6 "empty.safetensors: not a safetensors file" --evaluate empty.safetensors --data data.csv
sed 's/"networks.0.layers":"1984,8,7"/"networks.0.layers":"1984,7,7"/' m.safetensors >other.safetensors
expect 6 "but the metadata says 7x1984" --evaluate other.safetensors --data data.csv

# A failure or Ctrl-C leaves an earlier model as it was.
cp m.safetensors before
expect 1 "label.csv" --data label.csv --output m.safetensors
cmp -s m.safetensors before || fail "a failed run changed the model"

# A disk without room is reported before the work; one that fills up while it runs, and the rest done.
if mkdir full && mount -t tmpfs -o size=64k none full 2>/dev/null; then
    head -c 40000 /dev/zero >full/filler
    expect 1 "full/x.onnx: No space left" --export-onnx full/x.onnx m.safetensors
    [ "$(ls -A full)" = filler ] || fail "half an ONNX file was left: $(ls -A full)"
    expect 1 "model and checkpoints need" --data data.csv --ferplus votes.csv --output full/m
    umount full
    mount -t tmpfs -o size=900k none full
    : >out
    # shellcheck disable=SC2086
    "$program" $small --ferplus votes.csv --epochs 3000 --output full/m >out 2>err &
    pid=$!
    wait_for "epoch   1/"
    head -c 2000000 /dev/zero >full/filler 2>/dev/null
    sleep 0.3
    kill -0 $pid 2>/dev/null || fail "a full disk ended the training: $(cat err)"
    grep -q "No space left on device; free some space; training goes on" err ||
        fail "a full disk was not told: $(cat err)"
    rm full/filler
    kill -INT $pid
    wait $pid || fail "a full disk that was emptied again: status $?"
    expect 0 "21 pictures" --evaluate full/m --data data.csv
    umount full
else
    echo "skipped: a full disk, for want of the right to mount one"
fi

# Ctrl-C at any moment, then --resume: the same file as from a run that was never stopped.
# Epochs long enough to be met in their middle.
for copy in 1 2 3 4 5 6 7 8 9 10 11 12; do sed 1d data.csv; done | cat header - >many.csv
long="--data many.csv $plain --ferplus-share 0 --hidden 64,64 --batch-size 4 --threads 1"
started=$(date +%s%N)
# shellcheck disable=SC2086
expect 0 "epoch   9/9" $long --epochs 9 --mixup 0.2 --output whole.safetensors --report whole
[ ! -s err ] || fail "votes that count for nothing are missed: $(cat err)"
tail -n 1 whole/log.csv | awk -F, -v wall=$(($(date +%s%N) - started)) \
    '{ exit !($2 > 0 && $2 <= wall / 1e9) }' || fail "the epochs took longer than the whole run"
: >out # before there is anything to go on with
"$program" --data many.csv --verifier off --ferplus-share 0 --hidden 8 --threads 1 --output early.safetensors >out 2>err &
pid=$!
wait_for "^aligner, round 1"
kill -INT $pid
wait $pid || fail "Ctrl-C while the aligner is learned: status $?: $(cat err)"
[ "$(tail -n 1 out)" = "stopped before the first update; nothing was written" ] || fail "nothing to go on with: $(tail -n 2 out)"
: >out # the votes are to be named again
# shellcheck disable=SC2086
"$program" $small --ferplus votes.csv --epochs 3000 --output voted.safetensors >out 2>err &
pid=$!
wait_for "epoch   1/"
kill -INT $pid
wait $pid || fail "Ctrl-C with votes: status $?: $(cat err)"
grep -qx "resume with: train_fer --resume voted.safetensors.checkpoint --data data.csv --ferplus votes.csv" out ||
    fail "Ctrl-C with votes: does not say how to go on: $(tail -n 2 out)"
# A terminal that is closed ends it like Ctrl-C, unless nohup was asked for.
for way in default ignore; do
    : >out
    # shellcheck disable=SC2086
    env --$way-signal=HUP "$program" $small --epochs 3000 --output hung.safetensors >out 2>err &
    pid=$!
    wait_for "epoch   1/"
    kill -HUP $pid
    wait_for "^stopped in epoch\|epoch  50/"
    grep -q "^stopped in epoch" out && ended=default || ended=ignore
    kill -TERM $pid 2>/dev/null
    wait $pid || fail "SIGHUP, $way: status $?: $(cat err)"
    [ $ended = $way ] || fail "SIGHUP, $way: $(tail -n 1 out)"
done
stops=0 middles=0
# shellcheck disable=SC2086
set -- $long --epochs 9 --mixup 0.2 --output stopped.safetensors
: >out
"$program" "$@" >out 2>err & # stopped in the first epoch, or before it
pid=$!
wait_for "threads$"
sleep 0.05
kill -INT $pid
wait $pid || fail "Ctrl-C at once: status $?: $(cat err)"
[ ! -e stopped.safetensors.checkpoint ] ||
    set -- --resume stopped.safetensors.checkpoint --data many.csv
for pause in 0 0.02 0.04 0.06; do
    interrupt $pause stopped.safetensors.checkpoint "$@"
    [ -e stopped.safetensors.checkpoint ] || break
    set -- --resume stopped.safetensors.checkpoint --data many.csv
    cp stopped.safetensors.checkpoint other.checkpoint
    grep -q "^stopped in epoch" out || fail "Ctrl-C: not said: $(tail -2 out)"
    grep -q "resume with: train_fer --resume stopped.safetensors.checkpoint --data many.csv" out ||
        fail "Ctrl-C: does not say how to go on: $(tail -2 out)"
    [ ! -e stopped.safetensors ] || grep -aq '"accuracy":"not measured' stopped.safetensors ||
        fail "a training that was stopped states an accuracy"
    stops=$((stops + 1))
    grep -q "^stopped in epoch.* after 0 of" out || middles=$((middles + 1))
done
[ $middles -ge 1 ] || fail "the training was not once stopped in the middle of an epoch"
[ ! -e stopped.safetensors.checkpoint ] ||
    expect 0 "epoch   9/9" --resume stopped.safetensors.checkpoint --data many.csv
expect 0 "21 pictures" --evaluate stopped.safetensors --data data.csv
cmp whole.safetensors stopped.safetensors || fail "--resume ended with another model"
[ ! -e stopped.safetensors.checkpoint ] || fail "the checkpoint of an ended training is left"
expect 0 "epoch   9/9" --resume other.checkpoint --data many.csv --output elsewhere.safetensors
[ ! -s err ] || fail "--resume misses votes: $(cat err)"
cmp whole.safetensors elsewhere.safetensors || fail "--resume with --output ended with another model"
expect 1 "other.checkpoint: is already an input" --resume other.checkpoint --data many.csv --output other.checkpoint
expect 2 "leave out those" --resume other.checkpoint --epochs 20
sed 's/^6,/5,/' data.csv >changed.csv
expect 1 "was made with other data" --resume other.checkpoint --data changed.csv --output x
head -c 90000 other.checkpoint >cut.checkpoint
expect 1 "cut.checkpoint:" --resume cut.checkpoint --data data.csv --output x
cp data.csv own.csv
expect 1 "own.csv: is already an input" --data own.csv --ferplus-share 0 --align off --output own.csv
expect 1 "own.csv: is already an input" --data own.csv --align off --mean-faces ./own.csv
cmp data.csv own.csv || fail "the data were written over"
cp votes.csv own.csv
expect 1 "own.csv: is already an input" --data data.csv --ferplus own.csv --output own.csv
cmp votes.csv own.csv || fail "the votes were written over"
cp m.safetensors own.onnx
expect 1 "own.onnx: is already an input" --export-onnx own.onnx own.onnx
cmp m.safetensors own.onnx || fail "the model was written over"
expect 1 "black.pgm: is part of the data" --data pictures --mean-faces pictures/train/happy/black.pgm
# Data that are links, the checkpoint beside a model, and each file of a report.
mkdir -p linked/test && ln -s ../pictures/train linked/train && cp pictures/train/happy/black.pgm own.pgm
ln -sf "$work/own.pgm" pictures/train/happy/black.pgm
expect 1 "own.pgm: is already an input" --data linked --mean-faces own.pgm
cmp own.pgm linked/train/happy/black.pgm && [ -h pictures/train/happy/black.pgm ] || fail "linked data were written over"
cp data.csv own.checkpoint
expect 1 "own.checkpoint: is already an input" --data own.checkpoint --ferplus-share 0 --output own
cmp data.csv own.checkpoint || fail "the data were written over by a checkpoint"
mkdir scenes && cp own.pgm scenes
expect 1 "scenes/own.pgm: is part of the data" --data data.csv --ferplus-share 0 \
    --backgrounds scenes --output scenes/own.pgm
mkdir datasets/backgrounds && cp own.pgm datasets/backgrounds
expect 1 "datasets/backgrounds/own.pgm: is part of the data" --data data.csv --ferplus-share 0 \
    --output datasets/backgrounds/own.pgm
rm -r datasets/backgrounds
for file in report/* measured/* crossed/*; do
    cp data.csv "$file"
    expect 1 "$file: is already an input" --evaluate m.safetensors --data "$file" --report "${file%/*}"
    cmp data.csv "$file" || fail "the data were written over by a report"
done
expect 1 "report/log.csv: is already an input" --data data.csv --ferplus-share 0 \
    --output report/log.csv --report report
# Digits have no place under the name of the model of faces.
mkdir digits models
for part in train t10k; do
    { printf '\0\0\10\3\0\0\0\24\0\0\0\10\0\0\0\10' && head -c 1280 /dev/zero; } >digits/$part-images-idx3-ubyte
    printf '\0\0\10\1\0\0\0\24\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1\0\1' >digits/$part-labels-idx1-ubyte
done
echo faces >models/expressions.safetensors
digits="--data digits --features pixels --hidden 4 --epochs 1 --threads 1"
# shellcheck disable=SC2086
expect 1 "models/expressions.safetensors: is a name for the model of the seven expressions" $digits
ln -s models/expressions.safetensors link.safetensors
# shellcheck disable=SC2086
expect 1 "link.safetensors: is a name for the model of the seven" $digits --output link.safetensors
mkdir named && ln -s ../other.safetensors named/expressions.safetensors
# shellcheck disable=SC2086
expect 1 "named/expressions.safetensors: is a name for the model of the seven" $digits \
    --output named/expressions.safetensors
# Nor have seven classes of other names.
mkdir seven
for part in train t10k; do
    cp digits/$part-images-idx3-ubyte seven
    printf '\0\0\10\1\0\0\0\24\0\1\2\3\4\5\6\0\1\2\3\4\5\6\0\1\2\3\4\5' >seven/$part-labels-idx1-ubyte
done
# shellcheck disable=SC2086
expect 1 "models/expressions.safetensors: is a name for the model of the seven expressions" --data seven $init
# shellcheck disable=SC2086
expect 0 "" --data seven $init --output seven.safetensors
notes seven.safetensors '"recipe":"--align off --verifier off --features' '--prior uniform '
[ "$(cat models/expressions.safetensors)" = faces ] || fail "the model of faces was written over"
expect 1 "digits: holds no faces; name fer2013.csv" --data digits --mean-faces x.png
# shellcheck disable=SC2086
expect 0 "epoch   1/1" $digits --output digits.safetensors
[ ! -s err ] || fail "digits miss something: $(cat err)"
expect 0 "on test, 20 pictures" --evaluate digits.safetensors --data digits --report figures
[ -s figures/confusion.csv ] && [ ! -e figures/robustness.csv ] || fail "digits: $(ls figures)"
notes digits.safetensors '"mirror":"false"' '"recipe":"--align off --verifier off --features' \
    '--prior uniform --augment 0 --webcam 0 ' \
    '"training_data":"IDX: train 18 pictures, validation 2 for validation"'
# shellcheck disable=SC2086
expect 0 "" --data digits $init --augment 0.5 --output turned.safetensors
notes turned.safetensors '"mirror":"false"' '--augment 0.5 --webcam 0.3 '
# shellcheck disable=SC2086
expect 2 "--features windows: HOG cells of 4 pixels in crops of 8x8; 4 to 16 cells must fit; choose other features" $digits --features windows
expect 1 "other.checkpoint: --prior: 7 numbers for 2 classes" --resume other.checkpoint --data digits --output x
# One bit of its values.
cp other.checkpoint flipped.checkpoint
at=$(($(wc -c <flipped.checkpoint) - 3001))
byte=$(tail -c 3001 flipped.checkpoint | head -c 1 | od -An -tu1)
# shellcheck disable=SC2059 # the format is the byte
printf "\\$(printf %o $((byte ^ 1)))" | dd of=flipped.checkpoint bs=1 seek=$at conv=notrunc 2>/dev/null
cmp -s other.checkpoint flipped.checkpoint && fail "the checkpoint was not changed"
expect 1 "flipped.checkpoint: has changed since it was written" --resume flipped.checkpoint --data many.csv --output x
expect 1 "not a checkpoint" --resume m.safetensors --data data.csv --output x
LC_ALL=C sed 's/--hidden 64,64/--hidden 65536/' other.checkpoint >large.checkpoint
expect 1 "names a larger network than it can hold" --resume large.checkpoint --data many.csv --output x

# The same with all that is learned before the first epoch, which the checkpoint holds: the aligner
# and a dictionary, for two networks whose places share a layer.
for copy in 1 2 3; do sed 1d data.csv; done | cat header - >three.csv
both="--data three.csv --ferplus-share 0 --features patches,windows --hidden @4,8 --batch-size 3"
# shellcheck disable=SC2086
expect 0 "epoch   6/6" $both --threads 2 --epochs 6 --output both.safetensors
grep -q '"networks":"2".*"aligner.layers":"1984,' both.safetensors ||
    fail "the model has no two networks and an aligner"
# shellcheck disable=SC2086
set -- $both --threads 2 --epochs 6 --output halves.safetensors
middles=0
for pause in 0 0.01 0.02 0.03; do
    interrupt $pause halves.safetensors.checkpoint "$@"
    [ -e halves.safetensors.checkpoint ] || break
    grep "^stopped in epoch" out | grep -qv "after 0 of" && middles=$((middles + 1))
    set -- --resume halves.safetensors.checkpoint --data three.csv --threads 2
done
[ $middles -ge 1 ] || fail "two networks: not once stopped in the middle of an epoch"
[ ! -e halves.safetensors.checkpoint ] ||
    expect 0 "epoch   6/6" --resume halves.safetensors.checkpoint --data three.csv --threads 2
cmp both.safetensors halves.safetensors || fail "--resume of two networks ended with another model"
expect 0 "21 pictures" --evaluate halves.safetensors --data data.csv

[ $failures -eq 0 ] && echo "all as expected"
[ $failures -eq 0 ]
