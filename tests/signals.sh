#!/bin/sh
# Signals at any moment. SIGKILL of a training, gone on with by --resume until it ends with the same
# weights as without; SIGINT and SIGTERM of both programs; SIGKILL of a recording. What stands on the
# disk is whole each time.
# Usage: signals.sh TRAIN_FER EXPRESSIONS SOURCE_DIR [KILLS]
set -u
train_fer=$1 expressions=$2 source_dir=$3 kills=${4:-3}
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' HUP INT TERM
cp "$expressions" "$work/expressions" && ln -s "$source_dir/models" "$work" &&
    cd "$work" || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
failures=0 draws=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# moment MILLISECONDS: in $moment, a random one of them, in seconds.
moment()
{
    draws=$((draws + 1))
    moment=$(awk -v seed=$(($$ + 7919 * draws)) -v limit="$1" \
        'BEGIN { srand(seed); printf "%.3f", rand() * limit / 1000 }')
}

# strike SIGNAL MILLISECONDS COMMAND...: at a random moment; the exit status in $got.
strike()
{
    signal=$1
    moment "$2"
    shift 2
    # In the background a shell has SIGINT ignored.
    env --default-signal=INT "$@" >out 2>err </dev/null &
    running=$!
    sleep "$moment"
    kill -"$signal" $running 2>/dev/null
    wait $running 2>/dev/null
    got=$?
}

# ---- train_fer ------------------------------------------------------------------------------------

awk -f "$source_dir/tests/made_up.awk" >data.csv
for copy in 1 2 3 4; do sed 1d data.csv; done >rows
{ head -n 1 data.csv; cat rows; } >many.csv
recipe="--data many.csv --align off --verifier off --features hog,pixels --ferplus-share 0 --hidden 16,16
        --batch-size 16 --epochs 12 --threads 1"
began=$(date +%s%N)
# shellcheck disable=SC2086 # the words of $recipe are arguments
"$train_fer" $recipe --output whole.safetensors >out 2>err || fail "the whole training: $(cat err)"
whole=$((($(date +%s%N) - began) / 1000000))

# What a killed training may leave: a model that answers, a checkpoint to go on from, and the
# temporary file that it was writing.
check_model()
{
    [ ! -e m.safetensors ] ||
        "$train_fer" --evaluate m.safetensors --data data.csv >out 2>err ||
        fail "$1: a broken model: $(cat err)"
}

begin()
{
    # shellcheck disable=SC2086
    set -- $recipe --output m.safetensors
    [ ! -e m.safetensors.checkpoint ] || set -- --resume m.safetensors.checkpoint --data many.csv
    if [ "$signal" = none ]; then
        "$train_fer" "$@" >out 2>err
        got=$?
    else
        strike "$signal" "$whole" "$train_fer" "$@"
    fi
}

# chain SIGNAL STATUS...: struck once or twice, then to the end.
chain()
{
    signal=$1
    shift
    rm -f m.safetensors*
    for strike in 1 2; do
        begin
        [ $got -ne 0 ] && struck=$((struck + 1))
        case " 0 $* " in
        *" $got "*) ;;
        *) fail "$signal of train_fer: status $got: $(cat err)" ;;
        esac
        ls m.safetensors*.expressions-* >/dev/null 2>&1 && halves=$((halves + 1))
        [ ! -e m.safetensors.checkpoint ] || checkpoints=$((checkpoints + 1))
        check_model "$signal"
        moment 2
        [ "${moment#0.000}" = "$moment" ] || break
    done
    signal=none
    begin
    [ $got -eq 0 ] || fail "going on after a signal: status $got: $(cat err)"
    cmp whole.safetensors m.safetensors || fail "other weights after a signal"
    [ "$(ls -A | grep -c 'm\.safetensors')" -eq 1 ] || fail "an ended training has left: $(ls -A)"
    chains=$((chains + 1))
}

struck=0 halves=0 checkpoints=0 chains=0
while [ $struck -lt "$kills" ]; do chain KILL 137; done
echo "train_fer: $struck times killed, $checkpoints times with a checkpoint, $halves times while it" \
    "wrote a file; $chains trainings ended with the same weights"

# Ctrl-C and kill: an ordered end, or, before the training has begun, one by the signal.
halves=0
for try in $(seq $((1 + kills / 10))); do chain INT 130 && chain TERM 143; done
[ $halves -eq 0 ] || fail "an ordered end left a temporary file"

# While the aligner is learned, too; full descent at the end of an epoch.
struck_in_order()
{
    : >out
    # In the foreground: else timeout sends it twice, to the training and to its group.
    timeout --foreground -s KILL 60 "$train_fer" --data many.csv --ferplus-share 0 --output o.safetensors "$@" >out 2>err &
    running=$!
    until grep -q "$pattern" out || ! kill -0 $running 2>/dev/null; do sleep 0.01; done
    kill -TERM $running
    wait $running
    got=$?
    [ $got -eq 0 ] && grep -q "^stopped" out || fail "SIGTERM, $*: status $got: $(cat err) $(tail -n 1 out)"
}
pattern="threads$"
struck_in_order --features windows --hidden @4 --epochs 1000
pattern="epoch   1/"
struck_in_order --align off --verifier off --features pixels --hidden 8 --descent full --batch-norm off --epochs 100000

# ---- expressions ----------------------------------------------------------------------------------

# Where an output is a FIFO that nobody reads yet, one signal is enough.
mkfifo fifo.mkv
for signal in INT TERM HUP; do
    for output in --csv --output; do
        : >pid
        timeout --foreground -s KILL 60 env --default-signal=INT,TERM,HUP sh -c 'echo $$ >pid && exec "$@"' sh \
            ./expressions --demo --headless --json $output fifo.mkv >out 2>err </dev/null &
        running=$!
        # The program catches the signals before it opens its outputs.
        until grep -q '^SigCgt:.*[4-7c-f]...$' "/proc/$(cat pid)/status" 2>/dev/null || ! kill -0 $running 2>/dev/null; do
            sleep 0.05
        done
        moment 500
        sleep "$moment"
        kill -$signal $running
        wait $running
        got=$?
        [ $got -eq 0 ] && [ ! -s err ] || fail "$signal while $output waits for a reader: status $got: $(cat err)"
    done
done
# One that is read is written to like a file.
cat fifo.mkv >read.csv &
./expressions --demo --headless --quiet --max-frames 9 --csv fifo.mkv >out 2>err || fail "a FIFO: $(cat err)"
wait $!
[ "$(grep -c '^"demo",' read.csv)" -gt 0 ] || fail "a FIFO: $(cat read.csv)"

# Each line of the results is whole, and the video can be played as far as its container allows.
recordings=0
for try in $(seq $((1 + kills / 10))); do
    for signal in INT TERM; do
        rm -f table.csv video.*
        strike $signal 1500 ./expressions --demo --headless --json --max-frames 1000000 \
            --csv table.csv --output video.mp4
        cp out results
        case $got in
        0)
            if [ -s results ]; then
                ./expressions --video video.mp4 --headless --json >out 2>err || fail "$signal: $(cat err)"
                [ "$(wc -l <out)" -eq "$(wc -l <results)" ] ||
                    fail "$signal: $(wc -l <out) frames of $(wc -l <results)"
            fi
            ;;
        130 | 143) [ ! -s results ] || fail "$signal: died with results written" ;;
        *) fail "$signal of expressions: status $got: $(cat err)" ;;
        esac
        for file in results table.csv; do
            [ ! -s $file ] || [ -z "$(tail -c 1 $file)" ] || fail "$signal: $file ends within a line"
        done
    done
    for ending in mp4 mkv webm avi gif; do
        rm -f video.*
        : >results # the last one's lines are not this one's
        # A second is written at a time, and the encoder holds some frames back.
        enough=110 lost=75
        [ $ending = gif ] && enough=250
        ./expressions --demo --headless --json --max-frames 1000000 --output video.$ending >results 2>err &
        running=$!
        while [ "$(wc -l <results)" -lt $enough ] && kill -0 $running 2>/dev/null; do sleep 0.05; done
        moment 500
        sleep "$moment"
        kill -KILL $running
        wait $running 2>/dev/null
        ./expressions --video video.$ending --headless --json >out 2>err || grep -q "ends too early" err ||
            fail "killed: video.$ending: $(cat err)"
        [ $ending = gif ] && lost=$(($(wc -l <results) / 2 + 75)) # it leaves frames out
        [ "$(wc -l <out)" -ge $(($(wc -l <results) - lost)) ] ||
            fail "killed: $(wc -l <out) frames of $(wc -l <results) in video.$ending"
        recordings=$((recordings + 1))
    done
done
echo "expressions: $recordings killed recordings can be played"

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
