#!/bin/sh
# A stream that is cut and comes back: a real one, served by ffmpeg on loopback.
# Usage: stream.sh PROGRAM PICTURES SOURCE_DIR
program=$1
pictures=$2
source_dir=$3
command -v ffmpeg >/dev/null || { echo "skipped: there is no ffmpeg"; exit 77; }
. "$source_dir/tests/script_tools.sh"
port=$((20000 + $$ % 20000))
url=http://127.0.0.1:$port/camera.mjpg
: >out

# Serves one client, $1 seconds of 25 frames each, through the filter $2.
serve()
{
    ffmpeg -loglevel error -re -loop 1 -framerate 25 -i face.png -t "$1" -vf "${2:-null}" -c:v mjpeg -q:v 3 \
        -f mpjpeg -listen 1 "$url" >/dev/null 2>&1 </dev/null &
    helper=$!
    sleep 1
}

await()
{
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        [ "$(wc -l <out)" -ge "$1" ] && return
        sleep 0.5
    done
    fail "$2: only $(wc -l <out) frames: $(cat err)"
}

# The same over RTSP, for half a minute.
serve_rtsp()
{
    python3 "$source_dir/tests/rtsp_camera.py" "$port" face.png 30 >/dev/null 2>&1 </dev/null &
    helper=$!
    sleep 1
}

# The priority that this user may ask for, of those from -10 to the one the program begins with.
now=$(nice)
highest=-10
until [ "$highest" -ge "$now" ] || [ "$(nice -n $((highest - now)) nice 2>/dev/null)" = "$highest" ]; do
    highest=$((highest + 1))
done
[ "$highest" -lt "$now" ] || highest=$now

# The stream at this address, served by COMMAND..., is cut, waited for, and comes back.
# Usage: check_return ADDRESS COMMAND...
check_return()
{
    address=$1
    shift
    : >out
    "$@"
    ./expressions --camera "$address" --json >out 2>err </dev/null &
    running=$!
    await 25 "$address: first stream"
    urgent=$(sed 's/.*) //' "/proc/$running/task"/*/stat | cut -d ' ' -f 17 | grep -c -x -e "$highest")
    [ "$urgent" -ge 3 ] || fail "$address: $urgent threads run at nice $highest; main, capture and detection should"
    kill "$helper"
    wait "$helper" 2>/dev/null
    sleep 1
    before=$(wc -l <out)
    "$@"
    await $((before + 25)) "$address: second stream"
    grep -q "waiting for it" err || fail "$address: no word of the loss: $(cat err)"
    grep -q "is back" err || fail "$address: no word of the return: $(cat err)"
    kill -INT "$running"
    wait "$running"
    [ $? -eq 0 ] || fail "$address: interrupted: not status 0"
    # Frames are counted on over the gap.
    sed 's/.*"frame":\([0-9]*\),.*/\1/' out >numbers
    sort -n -c -u numbers || fail "$address: frame numbers do not rise: $(tr '\n' ' ' <numbers)"
    kill "$helper" 2>/dev/null
    wait "$helper" 2>/dev/null
}

check_return "$url" serve 60
if command -v python3 >/dev/null; then
    check_return "rtsp://127.0.0.1:$port/" serve_rtsp
else
    echo "rtsp: skipped, there is no python3"
fi

# --- With --exit-on-loss, the loss is the end
serve 8
./expressions --camera "$url" --json --exit-on-loss >out 2>err </dev/null
[ $? -eq 5 ] || fail "loss: not status 5: $(cat err)"
[ "$(wc -l <out)" -ge 10 ] || fail "loss: $(wc -l <out) frames"
wait "$helper" 2>/dev/null

# --- A grey camera, of an odd size
serve 60 "scale=333:251,format=gray"
./expressions --camera "$url" --json --max-frames 25 >out 2>err </dev/null || fail "grey: $(cat err)"
[ "$(grep -c '"width":333,"height":251,"faces":\[{"id":1,' out)" -ge 20 ] || fail "grey: $(tail -n 1 out)"
kill "$helper" 2>/dev/null
wait "$helper" 2>/dev/null

# --- Nobody there
./expressions --camera "$url" --json >out 2>err </dev/null
[ $? -eq 4 ] || fail "nobody: not status 4: $(cat err)"
grep -q "no stream at this address" err || fail "nobody: $(cat err)"

# --- A stream taken for a file
./expressions --video "http://user:secret@127.0.0.1:$port/x" --json >out 2>err </dev/null
[ $? -eq 1 ] || fail "stream as a file: not status 1: $(cat err)"
grep -q "127.0.0.1.*use --camera" err || fail "stream as a file: $(cat err)"
grep -q secret err && fail "stream as a file: the password is told: $(cat err)"

conclude
