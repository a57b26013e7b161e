#!/bin/sh
# The window on Wayland: test_window and the program in weston, on Xvfb, on a screen at 200 %; the program
# on a screen with neither keyboard nor mouse.
# Usage: wayland.sh PROGRAM TEST_WINDOW PICTURES SOURCE_DIR
program=$1
test_window=$2
pictures=$3
source_dir=$4
command -v weston >/dev/null || { echo "skipped: there is no weston"; exit 77; }
. "$source_dir/tests/script_tools.sh"
. "$source_dir/tests/window_tools.sh"
XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
display=$DISPLAY # for weston; programs shall not find it
unset DISPLAY
mkdir -m 700 "$XDG_RUNTIME_DIR"

# start_weston SOCKET ARGUMENT...
start_weston()
{
    socket=$1
    shift
    DISPLAY=$display weston --socket="$socket" --idle-time=0 "$@" >weston 2>&1 &
    helper=$!
    for attempt in $(seq 40); do
        [ -S "run/$socket" ] && break
        sleep 0.25
    done
    [ -S "run/$socket" ] || { echo "skipped: weston does not start: $(tail -n 1 weston)"; exit 77; }
    export WAYLAND_DISPLAY="$socket"
}

stop_weston()
{
    kill "$helper"
    wait "$helper" 2>/dev/null
}

start_weston drawn --use-pixman --backend=x11-backend.so --scale=2 --width=1600 --height=1200
"$test_window" || fail "test_window"
stop_weston

start_weston screen --backend=x11-backend.so --scale=2 --width=1600 --height=1200 # with OpenGL
./expressions --demo --max-frames 20 >out 2>err || fail "demo: status $?: $(cat err)"
[ -s err ] && grep -v decorations err | grep -v plugin && fail "demo: $(cat err)"

# --- The display goes away: as if the window were closed
./expressions --demo --json --output gone.mp4 >out 2>err &
running=$!
await_result
sleep 1
kill -KILL "$helper"
wait "$helper" 2>/dev/null
end_with 0 "the display went away"
./expressions --video gone.mp4 --headless --json >seen 2>err || fail "the display went away: $(cat err)"
[ "$(wc -l <seen)" -eq "$(wc -l <out)" ] || fail "gone.mp4: $(wc -l <seen) frames of $(wc -l <out)"

# --- Neither keyboard nor mouse: SDL 2.26 would crash; X11 takes over where it can
start_weston seatless --backend=headless-backend.so
./expressions --demo --max-frames 3 >out 2>err || fail "no seat: status $?: $(cat err)"
case $(./expressions --version) in
*"SDL 2.2"[0-9].*) one_line "SDL before 2.30 needs a keyboard or mouse on Wayland: plug one in" ;;
esac
DISPLAY=$display SDL_VIDEODRIVER=wayland ./expressions --demo --max-frames 3 >out 2>err ||
    fail "no seat, X11: status $?: $(cat err)"
[ -s err ] && fail "no seat, X11: $(cat err)"
stop_weston
conclude
