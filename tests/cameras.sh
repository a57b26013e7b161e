#!/bin/sh
# The program with cameras that fake_camera.c plays for it and for OpenCV.
# Usage: cameras.sh PROGRAM FAKE_CAMERA SOURCE_DIR
set -u
source_dir=$3
[ "$(uname -s)" = Linux ] || { echo "skipped: not Linux"; exit 77; }
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cp "$1" "$work/expressions" && ln -s "$source_dir/models" "$work" || exit 1
cd "$work" || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
mkdir by-id && touch by-id/usb-Fake_Webcam
FAKE_BY_ID=$work/by-id
FAKE_GONE=$work/gone
FAKE_TRIES=$work/tries
export FAKE_BY_ID FAKE_GONE FAKE_TRIES
fake=$2
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# run STATUS ARGUMENT...: the program, which has to end with this status.
run()
{
    expected=$1
    shift
    LD_PRELOAD=$fake timeout 60 ./expressions "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || fail "$*: status $got, not $expected: $(cat err)"
}

# await COMMAND...: until it succeeds, while the program runs.
await()
{
    for attempt in $(seq 120); do
        "$@" && return
        kill -0 "$running" || break
        sleep 0.5
    done
    fail "waited in vain: $*: $(cat err)"
}

has_lines()
{
    [ "$(wc -l <"$1")" -ge "$2" ]
}

# start ARGUMENT...: the program, in the background. What the last one printed is not this one's.
start()
{
    : >out
    : >err
    LD_PRELOAD=$fake ./expressions "$@" >out 2>err </dev/null &
    running=$!
}

# --- What there is
run 0 --list-cameras
cat >expected <<'END'
0  /dev/video0  Fake Webcam
    /dev/v4l/by-id/usb-Fake_Webcam
    160x120 640x480 1280x720
2  /dev/video2  Fake Busy
    160x120 640x480 1280x720
4  /dev/video4  Fake Second
END
diff expected out || fail "the list of cameras"

# --- By number, path and lasting name, in the size that was asked for
for id in 0 /dev/video0 /dev/v4l/by-id/usb-Fake_Webcam 4; do
    run 0 --camera "$id" --json --max-frames 5
    [ "$(grep -c '"width":640,"height":480,' out)" -eq 5 ] || fail "$id: $(cat out)"
done
run 0 --camera 0 --size 1280x720 --json --max-frames 2
grep -q '"width":1280,"height":720,' out || fail "large: $(cat out)"
run 0 --camera 0 --size 160x120 --json --max-frames 2
grep -q '"width":160,"height":120,' out || fail "small: $(cat out)"

# --- Why not
run 4 --camera 1
grep -q "it is no camera" err || fail "metadata: $(cat err)"
run 4 --camera 2
grep -q ": another program uses it" err || fail "busy: $(cat err)"
run 4 --camera 3
grep -q "you may not use it" err || fail "forbidden: $(cat err)"
run 4 --camera 5
grep -q "there is no such camera.*Fake Webcam.*Fake Second" err || fail "missing: $(cat err)"

# --- Unplugged, waited for, back; another camera in its place is not taken
for id in 0 4; do
    start --camera "$id" --json
    await has_lines out 5
    : >gone
    await grep -q "^expressions: $id: " err
    echo other >gone
    : >tries
    await has_lines tries 3 # the first two have ended
    before=$(wc -l <out)
    grep -q "is back" err && fail "$id: another camera was taken"
    rm gone
    await grep -q "is back" err
    await has_lines out $((before + 5))
    kill -INT "$running"
    wait "$running" || fail "$id: interrupted: status $?: $(cat err)"
    [ "$(grep -c "is back" err)" -eq 1 ] || fail "$id: back more than once: $(cat err)"
done

start --camera 0 --json --exit-on-loss
await has_lines out 3
: >gone
wait "$running"
got=$?
[ "$got" -eq 5 ] || fail "loss: status $got, not 5: $(cat err)"

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
