#!/bin/sh
# The window under Xvfb: test_window, then the whole program driven by keys.
# Usage: window.sh PROGRAM TEST_WINDOW TEST_LOST_DISPLAY PICTURES SOURCE_DIR
program=$1
test_window=$2
test_lost_display=$3
pictures=$4
source_dir=$5
. "$source_dir/tests/script_tools.sh"
. "$source_dir/tests/window_tools.sh"

# As it is drawn without a graphics card, and as with one, which Mesa plays where it is.
"$test_window" || fail "test_window"
[ -n "${SDL_RENDER_DRIVER-}" ] || SDL_RENDER_DRIVER=opengl "$test_window" ||
    fail "test_window with OpenGL"
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

# Explained by its key, and not any more by the same.
grab()
{
    ffmpeg -v error -y -f x11grab -video_size 1280x800 -i "$DISPLAY" -frames:v 1 "$1" </dev/null
}
if command -v ffmpeg >/dev/null; then
    start --image face.png
    xdotool mousemove 1 1
    grab before.bmp
    press e
    grab explained.bmp
    press e
    grab after.bmp
    cmp -s before.bmp explained.bmp && fail "a picture is not explained"
    cmp -s before.bmp after.bmp || fail "the explanation stays"
    press Return
    finish 0 "explained still"
fi

start --image face.png blank.png
press Return
kill -0 "$running" 2>/dev/null || fail "the second picture was not shown"
press Escape
finish 0 "two stills"

start --demo --output seen.avi --json
await_result
kill -TERM "$running"
finish 0 "terminated"
[ -s seen.avi ] && tail -n 1 out | grep -q '}$' || fail "terminated: files are not complete"

./expressions --demo --max-frames 20 >out 2>err || fail "20 frames: $(cat err)"

# --- The window is there before the camera is, and can be closed meanwhile
if command -v python3 >/dev/null; then
    python3 -c 'import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
time.sleep(60)' >port &
    helper=$!
    until [ -s port ]; do sleep 0.1; done
    appear --camera "http://me:secret@127.0.0.1:$(cat port)/"
    [ "$(xdotool getwindowname "$window")" = "one moment" ] || fail "no window before the camera"
    press q
    finish 0 "closed while a camera is being opened"
    kill $helper
fi

# --- The display goes away, as when a session ends: all that was recorded is whole
timeout 60 "$test_lost_display" "$server" || fail "the display went away, seen first by the thread that wakes"
kill -KILL "$server"
wait "$server"
start_display
for try in 1 2 3; do
    rm -rf gone.mp4 report
    start --demo --json --output gone.mp4 --report report
    await_result
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
    start_display
done
./expressions --demo --headless --quiet --max-frames 30 --output film.avi >out || fail "no film"
# A reader that does not read holds up no end.
mkfifo stalled
sleep 600 <stalled &
helper=$!
head -c 65536 /dev/zero >stalled
./expressions --quiet --json --video film.avi film.avi film.avi >stalled 2>err &
running=$!
for attempt in $(seq 80); do
    cat /proc/$running/task/*/wchan 2>/dev/null | grep -q pipe_w && break
    sleep 0.25
done
kill -TERM "$running"
wait "$running"
got=$?
[ $got -eq 1 ] || fail "a stalled reader of films: status $got, not 1"
one_line "their reader has stopped reading"
kill $helper
# Of several films, all that was looked at is told: within a film, and between films.
for frames in 30 1; do
    # shellcheck disable=SC2046 # many words
    start --max-frames $frames --csv table --video $(yes film.avi | head -n 1000)
    [ "$(xdotool getwindowname "$window")" = "film.avi - Expressions" ] ||
        fail "title of a film: $(xdotool getwindowname "$window")"
    kill -KILL "$server"
    wait "$running"
    got=$?
    [ $got -eq 1 ] || fail "the display went away from films: status $got, not 1"
    one_line "the display has gone away"
    told=$(grep -c '^face 1, .* happy' out)
    [ "$told" -gt 0 ] && [ "$(grep -c '^film.avi:$' out)" -eq "$told" ] || fail "films of $frames: $(cat out)"
    rows=$(($(wc -l <table) - 1))
    [ $rows -gt $((frames * (told - 1))) ] && [ $rows -le $((frames * told)) ] || fail "$rows rows of $told films of $frames"
    [ $frames -eq 1 ] || start_display
done

conclude
