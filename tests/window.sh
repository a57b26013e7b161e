#!/bin/sh
# The window under Xvfb: test_window, then the whole program driven by keys.
# Usage: window.sh PROGRAM TEST_WINDOW MAKE_PICTURES SOURCE_DIR
set -u
test_window=$2
make_pictures=$3
source_dir=$4
for tool in Xvfb xdotool; do
    command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }

work=$(mktemp -d) || exit 1
cp "$1" "$work/expressions" && ln -s "$source_dir/models" "$work" || exit 1
cd "$work" || exit 1
# Without -noreset, Xvfb turns clients away for a moment whenever the last window has closed.
start_display()
{
    : >display
    Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset 3>display >/dev/null 2>&1 &
    server=$!
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s display ] && break
        sleep 0.5
    done
    [ -s display ] || { echo "skipped: Xvfb does not start"; exit 77; }
    DISPLAY=:$(cat display)
    export DISPLAY
}

server=
trap 'kill $server; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
start_display
unset WAYLAND_DISPLAY SDL_VIDEODRIVER
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# start ARGUMENT...: the program, once its window is there.
start()
{
    ./expressions "$@" >out 2>err </dev/null &
    running=$!
    timeout 30 xdotool search --sync --onlyvisible --pid "$running" >windows 2>/dev/null ||
        fail "$*: no window: $(cat err)"
    window=$(head -n 1 windows)
    xdotool windowfocus --sync "$window"
    sleep 1
}

press()
{
    xdotool key "$1"
    sleep 0.5
}

finish()
{
    (sleep 20; kill -KILL "$running" 2>/dev/null) &
    watchdog=$!
    wait "$running"
    got=$?
    kill "$watchdog" 2>/dev/null
    [ "$got" -eq "$1" ] || fail "$2: status $got, not $1: $(cat err)"
    [ -s err ] && fail "$2: stderr: $(cat err)"
}

# As it is drawn without a graphics card, and as with one, which Mesa plays where it is.
"$test_window" || fail "test_window"
[ -n "${SDL_RENDER_DRIVER-}" ] || SDL_RENDER_DRIVER=opengl "$test_window" ||
    fail "test_window with OpenGL"
"$make_pictures" . || exit 1

start --demo
press s
for attempt in $(seq 60); do
    ls expressions-*.png >/dev/null 2>&1 && break
    sleep 0.5
done
ls expressions-*.png >/dev/null 2>&1 || fail "no screenshot"
press space
press m
press p
press i
press h
press question
press plus
press c
press c
press e
press minus
xdotool mousemove --window "$window" 200 200 click 1
press f
press Escape
kill -0 "$running" 2>/dev/null || fail "Escape in full screen ended the program"
press q
finish 0 "demo"

# A recording has the frames that were shown meanwhile, and is playable.
rm -f expressions-*
start --demo --json
before=$(wc -l <out)
press r
begun=$(wc -l <out)
sleep 1
ending=$(wc -l <out)
press r
after=$(wc -l <out)
press q
finish 0 "recording"
./expressions --video expressions-*.mkv --headless --json >out 2>err || fail "recording: $(cat err)"
lines=$(wc -l <out)
[ "$lines" -gt 0 ] && [ $((2 * lines)) -ge $((ending - begun)) ] && [ "$lines" -le $((after - before)) ] ||
    fail "recording: $lines frames of $((ending - begun)) to $((after - before))"

start --demo
press r
sleep 1
kill -INT "$running"
finish 0 "interrupted recording"
for recording in expressions-*.mkv; do
    ./expressions --video "$recording" --headless --json >out 2>err || fail "$recording: $(cat err)"
done

start --image face.png
press Return
finish 0 "still"

start --image face.png blank.png
press Return
kill -0 "$running" 2>/dev/null || fail "the second picture was not shown"
press Escape
finish 0 "two stills"

start --demo --output seen.avi --json
kill -TERM "$running"
finish 0 "terminated"
[ -s seen.avi ] && tail -n 1 out | grep -q '}$' || fail "terminated: files are not complete"

./expressions --demo --max-frames 20 >out 2>err || fail "20 frames: $(cat err)"

# --- The display goes away, as when a session ends: all that was recorded is whole
for try in 1 2 3; do
    rm -rf gone.mp4 report
    start --demo --json --output gone.mp4 --report report
    sleep "0.$try"
    kill -KILL "$server"
    wait "$running"
    got=$?
    [ $got -eq 1 ] || fail "the display went away: status $got, not 1"
    grep -q "^expressions: the display has gone away" err || fail "no word of the display: $(cat err)"
    tail -n 1 out | grep -q '}$' || fail "the display went away: the last line is not complete"
    [ -s report/summary.csv ] || fail "the display went away: no report"
    ./expressions --video gone.mp4 --headless --json >seen 2>err || fail "the display went away: $(cat err)"
    [ "$(wc -l <seen)" -ge $(($(wc -l <out) - 1)) ] || fail "gone.mp4: $(wc -l <seen) frames of $(wc -l <out)"
    [ $try -eq 3 ] || start_display
done

[ "$failures" -eq 0 ] && echo "all as expected"
exit "$((failures > 0))"
