#!/bin/sh
# What a process is given: closed descriptors, a reader that has seen enough, a terminal that is
# closed, little address space, a small stack.
# Usage: process.sh TRAIN_FER EXPRESSIONS PICTURES SOURCE_DIR
train_fer=$1
program=$2
pictures=$3
source_dir=$4
. "$source_dir/tests/script_tools.sh"
awk -f "$source_dir/tests/made_up.awk" >data.csv

# --- No file that is opened takes the place of a closed descriptor
./expressions --headless --json --image face.png --csv a.csv >&- 2>err
[ $? -eq 1 ] || fail "stdout closed: status is not 1"
one_line "the results cannot be written"
grep -q '^{' a.csv && fail "JSON is in the table"
./expressions --headless --json --image face.png none.png --csv b.csv >out 2>&-
[ $? -eq 1 ] && [ -s out ] || fail "stderr closed: $(cat out)"
[ "$(wc -l <b.csv)" -eq 2 ] || fail "a message is in the table: $(cat b.csv)"
./expressions --headless --json --image face.png none.png --csv c.csv <&- >&- 2>&-
[ "$(grep -c '^"face.png"' c.csv)" -eq 1 ] && [ "$(wc -l <c.csv)" -eq 2 ] || fail "all closed: $(cat c.csv)"
for ask in --help --version; do
    "$train_fer" $ask >&- 2>err
    [ $? -eq 1 ] || fail "train_fer $ask, stdout closed: status is not 1"
    one_line "cannot write to the standard output"
    ./expressions $ask >&- 2>err
    [ $? -eq 1 ] || fail "$ask, stdout closed: status is not 1"
    one_line "stdout cannot be written"
done
# Where the place of one cannot be taken, nothing is begun
(exec <&- 2>&- && ulimit -n 1 && exec ./expressions --help) >out
[ $? -eq 1 ] && [ ! -s out ] || fail "no descriptor for stderr: $(cat out)"
"$train_fer" --data data.csv --align off --verifier off --features hog --hidden 4 --epochs 1 --threads 1 \
    --output m.safetensors <&- >&- 2>&-
"$train_fer" --evaluate m.safetensors --data data.csv >out 2>err || fail "train_fer, all closed: $(cat err)"

# --- A reader that has seen enough is not a failure
for source in "--demo --max-frames 300" "--image face.png face.png face.png"; do
    # shellcheck disable=SC2086 # the words are arguments
    { ./expressions $source --headless --json 2>err; echo $? >status; } | head -n 1 >out
    [ "$(cat status)" -eq 0 ] && [ ! -s err ] || fail "$source | head: $(cat status err)"
done
# A training goes on to its model, and says the rest to nobody
{ "$train_fer" --data data.csv --align off --verifier off --features hog --hidden 4 --epochs 3 --threads 1 \
    --ferplus-share 0 --output heard.safetensors 2>err; echo $? >status; } | head -n 1 >out
[ "$(cat status)" -eq 0 ] && [ ! -s err ] && [ -s heard.safetensors ] || fail "train_fer | head: $(cat status err)"
{ "$train_fer" --evaluate heard.safetensors --data data.csv 2>err; echo $? >status; } | head -n 1 >out
[ "$(cat status)" -eq 0 ] && [ ! -s err ] || fail "train_fer --evaluate | head: $(cat status err)"
{ ./expressions --demo --headless --max-frames 300 2>err; echo $? >status; } | head -n 1 >out
[ "$(cat status)" -eq 0 ] && [ ! -s err ] || fail "text | head: $(cat status err)"

# --- A terminal that is closed: an orderly end, unless nohup was asked for
# hang_up FRAMES ARGUMENT...: SIGHUP to a demo of so many, after its first results.
hang_up()
{
    : >out
    limit=$1
    shift
    "$@" ./expressions --demo --headless --json --max-frames "$limit" --output hung.avi >out 2>err </dev/null &
    pid=$!
    tries=0
    until [ -s out ] || [ $tries -eq 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -HUP $pid
    wait $pid || fail "hang-up: status $?: $(cat err)"
}
hang_up 400 env --default-signal=HUP
frames=$(wc -l <out)
[ "$frames" -lt 400 ] || fail "a hang-up does not end the program"
./expressions --video hung.avi --headless --json >again 2>err
[ "$(wc -l <again)" -eq "$frames" ] || fail "hang-up: $(wc -l <again) of $frames frames are left"
hang_up 150 env --ignore-signal=HUP
[ "$(wc -l <out)" -eq 150 ] || fail "nohup: ended all the same"

# --- Limits: a line that says how much is needed, in time, and never a crash
# limited OPTION AMOUNT TEXT COMMAND...: under a limit of the shell.
limited()
{
    option=$1 amount=$2 text=$3
    shift 3
    (ulimit "$option" "$amount" && exec timeout -k 1 60 "$@" >out 2>err </dev/null)
    status=$?
    [ $status -eq 0 ] && return
    [ $status -eq 1 ] || fail "ulimit $option $amount, $*: status $status: $(cat err)"
    one_line "$text"
}
for kilobytes in 200000 350000 450000 550000 650000 750000 850000 950000; do
    limited -v $kilobytes "MB of address space are needed" ./expressions --image face.png --headless
    limited -v $kilobytes "MB of address space are needed" ./expressions --demo --headless --max-frames 3
done
limited -v 4000000 "" ./expressions --image face.png --headless
[ $status -eq 0 ] || fail "4 GB of addresses are not enough: $(cat err)"
set -- "$train_fer" --data data.csv --align off --verifier off --features hog --hidden 4 --epochs 1 --threads 2 \
    --output n.safetensors
limited -v 600000 "MB of address space are needed" "$@"
[ $status -eq 1 ] || fail "600 MB of addresses are enough for the trainer: $(cat out)"
for kilobytes in 128 256; do
    limited -s $kilobytes "KB are needed" ./expressions --demo --headless --max-frames 3
    [ $status -eq 1 ] || fail "a stack of $kilobytes KB is enough"
    limited -s $kilobytes "KB are needed" "$@"
    [ $status -eq 1 ] || fail "a stack of $kilobytes KB is enough for the trainer"
done
# what macOS gives to threads
runs_on_512()
{
    limited -s 512 "" "$@"
    [ $status -eq 0 ] || fail "512 KB of stack are not enough for $*: $(cat err)"
}
runs_on_512 ./expressions --image face.png --headless
runs_on_512 ./expressions --demo --headless --max-frames 20 --output stack.mp4
runs_on_512 ./expressions --video stack.mp4 --headless --json --report stack_report
runs_on_512 "$@"
runs_on_512 "$train_fer" --evaluate n.safetensors --data data.csv --report stack_figures
runs_on_512 "$train_fer" --evaluate ./models/expressions.safetensors --data data.csv
runs_on_512 "$train_fer" --export-onnx n.onnx n.safetensors

conclude
