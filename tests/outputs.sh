#!/bin/sh
# Live outputs, received by the programs that they are for: Open Sound Control by oscdump and Pure Data,
# the Lab Streaming Layer by a library that stands in for liblsl.
# Usage: outputs.sh EXPRESSIONS FAKE_LSL SOURCE_DIR
set -u
program=./expressions
fake_lsl=$2
source_dir=$3
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
work=$(mktemp -d) || exit 1
receiver=
# shellcheck disable=SC2086 # none, or one
trap 'kill $receiver 2>/dev/null; rm -rf "$work"' EXIT
cp "$1" "$work/expressions" && ln -s "$source_dir/models" "$work" && cd "$work" || exit 1
export OPENBLAS_NUM_THREADS=1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER LD_LIBRARY_PATH
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# run STATUS ARGUMENT...: the demo, of which all is seen but what goes to stdout.
run()
{
    status=$1
    shift
    "$program" --demo --headless --quiet --max-frames 60 "$@" >out 2>err
    got=$?
    [ "$got" -eq "$status" ] || fail "$*: status $got, not $status: $(cat err)"
}

# await FILE TEXT: until the file has the text; five seconds.
await()
{
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 50 ] || return 1
        sleep 0.1
    done
}

port=$((20000 + $$ % 20000))

# --- Open Sound Control
if command -v oscdump >/dev/null; then
    oscdump -L $port >dump 2>&1 &
    receiver=$!
    sleep 1
    run 0 --osc 127.0.0.1:$port --json
    await dump '/expressions/1/emotion s "' || fail "oscdump: $(head dump)"
    run 0 --osc "localhost:$port"
    await dump '/pose/position ff ' || fail "oscdump: no pose: $(head dump)"
    kill $receiver
    wait $receiver 2>/dev/null
    receiver=
    # What came over the wire is what the lines of JSON say.
    "$program" --demo --headless --quiet --max-frames 60 --json | grep '"id":1' |
        sed 's/.*"label":"\([a-z]*\)".*"emotions":{[^}]*"happy":\([0-9.]*\).*/\1 \2/' | sort -u >lines
    awk '/\/expressions\/1\/happy f/ { happy = $4 }
        /\/expressions\/1\/emotion s/ { gsub("\"", ""); print $4, happy }' dump >sent
    [ -s sent ] || fail "no face was sent"
    awk 'NR == FNR { label[NR] = $1; happy[NR] = $2; lines = NR; next }
        { for (i = 1; i <= lines; i++)
              if (label[i] == $1 && happy[i] - $2 < 1e-4 && $2 - happy[i] < 1e-4) next
          print "not in the lines of JSON:", $0; exit 1 }' lines sent >odd || fail "$(cat odd)"
    grep -q '/found i 1$' dump || fail "no /found"
    for name in angry disgust fear sad surprise neutral; do
        grep -q "/expressions/1/$name f 0\.[0-9]*$" dump || fail "no $name"
    done
    grep -q '/expressions/1/box iiii [0-9]* [0-9]* [0-9]* [0-9]*$' dump || fail "no box"
    # Nobody listens any more: that stops nothing.
    run 0 --osc 127.0.0.1:$port
    [ ! -s err ] || fail "nobody listens: $(cat err)"
else
    echo "oscdump is not installed: Open Sound Control is not received"
fi
if command -v pd >/dev/null && command -v oscdump >/dev/null; then
    printf '%s\n' '#N canvas 0 0 400 300 12;' "#X obj 10 10 netreceive -u -b $port;" \
        '#X obj 10 40 oscparse;' '#X obj 10 70 print got;' '#X connect 0 0 1 0;' '#X connect 1 0 2 0;' >osc.pd
    pd -nogui -noaudio -nomidi -stderr osc.pd >pd.out 2>&1 &
    receiver=$!
    sleep 1
    for _ in 1 2 3 4 5; do
        run 0 --osc 127.0.0.1:$port
        grep -q 'got.* expressions 1 emotion' pd.out && break
    done
    kill $receiver
    wait $receiver 2>/dev/null
    receiver=
    grep -q 'got.* expressions 1 happy 0\.[0-9]*' pd.out && grep -q 'got.* found 1' pd.out ||
        fail "Pure Data: $(head pd.out)"
fi
for address in 9000 :9000 host: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:90x ::1:9000; do
    run 2 --osc "$address"
    grep -q "^expressions: --osc takes HOST:PORT" err || fail "--osc $address: $(cat err)"
done
"$program" --headless --image x.png --osc 127.0.0.1:9000 2>err && fail "--image with --osc"
grep -q "^expressions: --osc needs a camera" err || fail "--image with --osc: $(cat err)"

# --- Lab Streaming Layer
run 1 --lsl test
[ "$(wc -l <err)" -eq 1 ] && grep -q "^expressions: --lsl: liblsl.so is not there; install it" err ||
    fail "without liblsl: $(cat err)"
mkdir lib && cp "$fake_lsl" lib/liblsl.so
export LD_LIBRARY_PATH="$work/lib" FAKE_LSL="$work/lsl"
run 0 --lsl mood --json
expect()
{
    grep -q "$1" lsl || fail "no $1: $(head -n 8 lsl)"
}
expect '^stream mood Expressions channels 7 rate 0 format 1$'
expect '^outlet mood .* labels angry disgust fear happy sad surprise neutral$'
expect '^stream mood-labels Markers channels 1 rate 0 format 3$'
expect '^end mood$'
expect '^end mood-labels$'
[ "$(grep -c '^mood [0-9.]* ago ' lsl)" -eq "$(grep -c '"id":1' out)" ] || fail "not a sample a face: $(cat lsl)"
# The same numbers as in JSON; stamped by liblsl's clock with what lies a moment back.
sed -n 's/.*"emotions":{\([^}]*\)}.*/\1/p' out | sed 's/"[a-z]*"://g; s/,/ /g' >lines
sed -n 's/^mood [0-9.]* .*: //p' lsl >sent
cmp -s lines sent || fail "other numbers: $(diff lines sent | head -n 4)"
awk '/^mood/ { if ($4 < 0.0002 || $4 > 5 || $2 < last[$1]) exit 1; last[$1] = $2 }' lsl || fail "times: $(grep '^mood' lsl)"
# One marker per change, and one at the beginning.
sed -n 's/^mood-labels .*: //p' lsl >markers
[ -s markers ] && uniq markers | cmp -s - markers || fail "markers: $(cat markers)"
run 2 --lsl ""

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
