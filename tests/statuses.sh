#!/bin/sh
# Each kind of failure reaches the exit status that it stands for, also where memory runs out at any
# moment of loading a model or a cascade: never "bad model" then, never a crash.
# Usage: statuses.sh EXPRESSIONS TRAIN_FER PICTURES FAKE_MEMORY SOURCE_DIR
program=$1
train_fer=$2
pictures=$3
fake_memory=$4
source_dir=$5
. "$source_dir/tests/script_tools.sh"

# status STATUS TEXT COMMAND...: ends so, and one line on stderr says this.
status()
{
    expected=$1 text=$2
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$expected" ] || fail "$*: status $got, not $expected: $(cat err)"
    [ -z "$text" ] || grep -qF -e "$text" err || fail "$*: no \"$text\" in: $(cat err)"
}

# --- Each status
: >empty
head -c 5000 models/expressions.safetensors >cut.safetensors
printf 'P5\n64 64\n255\n' >flat.pgm && head -c 4096 /dev/zero >>flat.pgm
status 0 "" ./expressions --headless --image face.png
status 1 "none.png" ./expressions --headless --image none.png
status 1 "none.xml" ./expressions --headless --cascade none.xml --image face.png
status 1 "no%%/x.csv: cannot be written" ./expressions --headless --image face.png --csv "no%%/x.csv"
status 1 "no%%/x.png" ./expressions --headless --image face.png --output "no%%/x.png"
status 2 "--colour%%; try --help" ./expressions --colour%%
status 3 "" ./expressions --headless --image flat.pgm
status 4 "/dev/none" ./expressions --headless --camera /dev/none
status 6 "cut.safetensors" ./expressions --headless --model cut.safetensors --image face.png
status 6 "empty" ./expressions --headless --model empty --image face.png
status 6 "cut.safetensors" "$train_fer" --evaluate cut.safetensors --data none.csv
status 6 "empty" "$train_fer" --export-onnx x.onnx empty
status 1 "none.csv" "$train_fer" --data none.csv
status 2 "--colour" "$train_fer" --colour
./expressions --demo --headless --max-frames 5 --output demo.avi >out 2>err || fail "$(cat err)"
cat demo.avi | ./expressions --headless --camera - >out 2>err
[ $? -eq 5 ] || fail "a camera that ends: not status 5: $(cat err)"

# --- No memory
# exhaust OBJECTS STEP COMMAND...: fails each STEPth of the calls that come from there.
exhaust()
{
    objects=$1 step=$2
    shift 2
    FAIL_IN=$objects FAIL_COUNT=calls LD_PRELOAD=$fake_memory "$@" >out 2>err </dev/null ||
        fail "$*: $(cat err)"
    calls=$(cat calls)
    [ "$calls" -gt 10 ] || fail "$*: $calls calls from $objects"
    at=1
    while [ $at -le "$calls" ]; do
        FAIL_AT=$at FAIL_IN=$objects LD_PRELOAD=$fake_memory timeout 60 "$@" >out 2>err </dev/null
        got=$?
        [ $got -eq 1 ] && grep -qi "memory" err ||
            fail "call $at of $calls from $objects, $*: status $got: $(cat err)"
        at=$((at + step))
    done
}
exhaust libexpressions 3 ./expressions --model-info
exhaust libcjson 211 ./expressions --model-info
exhaust libexpressions 5 ./expressions --headless --image face.png
exhaust train_fer,libcjson 211 "$train_fer" --export-onnx x.onnx
status 1 "memory" env FAIL_AT=1 FAIL_IN=expressions LD_PRELOAD="$fake_memory" ./expressions --model-info
grep -q -e --help err && fail "help where there is no memory: $(cat err)"
exhaust libopencv_core 97 ./expressions --headless --image face.png

conclude
