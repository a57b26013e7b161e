#!/bin/sh
# The window on Wayland, on a screen at 200 %: test_window and the program in weston, on Xvfb.
# Usage: wayland.sh PROGRAM TEST_WINDOW MAKE_PICTURES SOURCE_DIR
program=$1
test_window=$2
make_pictures=$3
source_dir=$4
command -v weston >/dev/null || { echo "skipped: there is no weston"; exit 77; }
. "$source_dir/tests/script_tools.sh"
. "$source_dir/tests/window_tools.sh"
XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
mkdir -m 700 "$XDG_RUNTIME_DIR"
weston --backend=x11-backend.so --scale=2 --width=1600 --height=1200 --socket=screen --idle-time=0 >weston 2>&1 &
helper=$!
for attempt in $(seq 40); do
    [ -S run/screen ] && break
    sleep 0.25
done
[ -S run/screen ] || { echo "skipped: weston does not start: $(tail -n 1 weston)"; exit 77; }
unset DISPLAY
export WAYLAND_DISPLAY=screen
"$test_window" || fail "test_window"
./expressions --demo --max-frames 20 >out 2>err || fail "demo: status $?: $(cat err)"
[ -s err ] && grep -v decorations err | grep -v plugin && fail "demo: $(cat err)"
kill "$helper"
wait "$helper" 2>/dev/null
conclude
