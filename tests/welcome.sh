#!/bin/sh
# The window without a camera: it says so and offers what there is, cameras that are plugged in then, the
# demo, and videos; but a script gets its line and its status.
# Usage: welcome.sh PROGRAM FAKE_CAMERA PICTURES SOURCE_DIR
program=$1
fake=$2
pictures=$3
source_dir=$4
[ "$(uname -s)" = Linux ] || { echo "skipped: not Linux"; exit 77; }
. "$source_dir/tests/script_tools.sh"
. "$source_dir/tests/window_tools.sh"
mkdir by-id tools
export FAKE_BY_ID="$work/by-id" FAKE_GONE="$work/gone" FAKE_STALL="$work/stall" LD_PRELOAD="$fake"
: >gone

# A dialog that chooses what the file `choice` says; without one, it was cancelled.
cat >tools/zenity <<'END'
#!/bin/sh
echo asked >>"$ASKED"
[ -f "$CHOICE" ] && cat "$CHOICE"
END
chmod +x tools/zenity
export ASKED="$work/asked" CHOICE="$work/choice"
usual_path=$PATH
PATH=$work/tools:$PATH

# ends ARGUMENT...: at once, with the status of a missing camera and one line.
ends()
{
    "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq 4 ] || fail "$*: status $got, not 4: $(cat err)"
    one_line "there is no such camera"
}

# await COMMAND...: until it succeeds, while the program runs.
await()
{
    for attempt in $(seq 60); do
        "$@" && return
        kill -0 "$running" 2>/dev/null || break
        sleep 0.25
    done
    fail "waited in vain: $*: $(cat err)"
}

titled()
{
    [ "$(xdotool getwindowname "$window")" = "$1" ]
}

# records FACES: a recording of what is shown has frames with so many faces, or fewer than one a frame.
records()
{
    rm -f expressions-*.mkv
    press r
    sleep 1
    press r
    ./expressions --video expressions-*.mkv --headless --json >seen 2>err || fail "$1: $(cat err)"
    [ "$(wc -l <seen)" -ge 3 ] || fail "$1: nothing was recorded"
    faces=$(grep -c '"faces":\[{' seen)
    case $1 in
    face) [ "$faces" -gt 0 ] || fail "no face is shown" ;;
    blank) [ "$faces" -eq 0 ] || fail "$faces faces are shown" ;;
    esac
    : >err
}

# leave STATUS: the user quits.
leave()
{
    rm -f expressions-*.mkv
    : >err
    press q
    finish "$1" "quit"
}

# take_demo: the demo, two choices above the focus, is taken, and shows a face.
take_demo()
{
    press Up
    press Up
    press Return
    sleep 2
    records face
    leave 0
}

# --- A script gets its status
limit="timeout 20 ./expressions --camera 0"
ends $limit --headless
ends $limit --json
ends $limit --csv -
ends $limit --csv table.csv
ends $limit --output copy.mkv
ends $limit --report report
ends $limit --max-frames 5
ends $limit --exit-on-loss
$limit 2>err </dev/null | cat
one_line "there is no such camera"
: | $limit >out 2>err
[ $? -eq 4 ] || fail "a pipe on standard input: not status 4"

# --- A person gets a window, whose end has the same status
start --camera 0
one_line "camera 0: there is no such camera"
press r
press space
press f
press h
press h
press f
press p
kill -0 "$running" || fail "the window without a camera has gone"
[ -z "$(ls expressions-* 2>/dev/null)" ] || fail "recorded without a camera"
leave 4
start --camera 0
: >err
press Escape
finish 4 "Escape"

# --- The demo, from the menu that `o` does not close: nothing is behind it
start --camera 0
press o
take_demo

# --- A video: none chosen, one that is none, one that comes to its end, and no dialog to ask with
./expressions --demo --headless --max-frames 45 --output film.mkv >out 2>err || fail "$(cat err)"
start --camera 0
press Up
press Return
await [ -s asked ]
titled Expressions || fail "cancelled: $(xdotool getwindowname "$window")"
echo "$work/face.png" >choice
press Return
sleep 1
press r
press r
[ -z "$(ls expressions-*.mkv 2>/dev/null)" ] || fail "a picture was shown as a video"
titled Expressions || fail "no video: $(xdotool getwindowname "$window")"
echo "$work/film.mkv" >choice
press Return
await titled "film.mkv - Expressions"
await titled Expressions
kill -0 "$running" || fail "the end of a video ended the program"
leave 0

PATH=$usual_path
if ! command -v zenity >/dev/null && ! command -v kdialog >/dev/null; then
    start --camera 0
    press Up
    press Return
    sleep 1
    leave 4
fi
PATH=$work/tools:$PATH

# --- A camera that is plugged in is offered, above the choice that stands out, which it does not move
start --camera 0
sleep 1
rm gone
sleep 2
press Up
press Return
sleep 1.5
records blank
# The menu leads from there to the demo, Escape leads back, Tab to the next camera.
press o
press Escape
records blank
press Tab
sleep 1
records blank
press o
take_demo

# --- A driver that keeps its caller waiting keeps neither the window nor the program: while cameras are
# looked for, while one is being opened, while a lost one is waited for
start --demo
: >stall
press o
press Escape
leave 0
rm stall
start --demo
: >stall
press Tab
leave 0
: >stall
appear --camera 0
press q
finish 0 "quit while the first one is being opened"
rm stall
start --camera 0
: >stall
: >gone
sleep 4
press q
end_with 0 "quit while a lost camera is waited for"
sed -n '$p' err | grep -q '^expressions: camera 0: does not answer; ended without it$' || fail "lost: $(cat err)"

conclude
