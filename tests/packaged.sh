#!/bin/sh
# What a user does with the installed packages, on a system that has nothing else: each output, Python,
# a missing camera and, where there are man, Xvfb and xdotool, manuals and the window. Run as root on a
# system that may be thrown away; see .ci/release.
# Usage: packaged.sh
set -eu
cd "$(mktemp -d)"

fail()
{
    echo "FAILED: $*"
    exit 1
}

demo()
{
    expressions --demo --headless --quiet --max-frames "$@"
}

# --- Every output, from one run
demo 60 --json --csv table.csv --report report --output copy.mp4 --osc 127.0.0.1:9000 >lines
[ "$(grep -c '"faces":\[{' lines)" -ge 50 ] || fail "faces in $(wc -l <lines) lines: $(head -c 500 lines)"
[ "$(wc -l <table.csv)" -ge 50 ] || fail "table.csv: $(head -n 3 table.csv)"
for file in copy.mp4 report/timeline.csv report/summary.csv report/timeline.png; do
    [ -s "$file" ] || fail "no $file"
done
expressions --video copy.mp4 --headless --quiet --json | grep -q '"faces":\[{' || fail "copy.mp4 shows no face"
demo 5 --lsl mood 2>err >lines && fail "--lsl without liblsl"
grep -q liblsl err || fail "--lsl without liblsl: $(cat err)"

# --- The server and its page, events, and the end
expressions --demo --headless --quiet --max-frames 100000 --serve 8765 2>told >lines &
program=$!
python3 - <<'END' || fail "--serve: $(cat told)"
import time, urllib.request
for attempt in range(100):
    try:
        page = urllib.request.urlopen("http://127.0.0.1:8765/", timeout=10).read()
        break
    except OSError:
        time.sleep(0.2)
assert b"<title>" in page, page[:200]
events = urllib.request.urlopen("http://127.0.0.1:8765/events", timeout=10)
while not events.readline().startswith(b"data: {"):
    pass
END
kill -INT $program
wait $program || fail "--serve: status $?"

# --- Python
python3 - <<'END' || fail "python3-expressions"
import expressions, numpy
assert expressions.Recognizer().recognize(numpy.full((64, 64), 90, numpy.uint8)) == []
assert any(frame.faces for frame in expressions.video("copy.mp4"))
END

# --- Both models, and the trainer
for model in expressions fer2013; do
    expressions --model-info --model "/usr/share/expressions/models/$model.safetensors" | grep -q '^accuracy' ||
        fail "no $model"
done
train_fer --help | grep -q -e --evaluate || fail "train_fer"

# --- A camera that is not there
status=0
expressions --camera 0 --headless >lines 2>err || status=$?
[ "$status" -eq 4 ] && [ ! -s lines ] && grep -q '^expressions: camera 0: .*; ' err ||
    fail "no camera: status $status: $(cat lines err)"

# --- Manuals
if command -v man >/dev/null; then
    for page in expressions train_fer libexpressions; do
        MANPAGER=cat man "$page" >text && grep -q '^SYNOPSIS' text || fail "man $page"
    done
else
    echo "man is not installed: left out"
fi

# --- The window, by its keys: a screenshot, the end
if command -v xvfb-run >/dev/null && command -v xdotool >/dev/null; then
    xvfb-run --auto-servernum sh -c '
        expressions --demo --quiet >lines &
        window=$(timeout 60 xdotool search --sync --onlyvisible --pid $! | head -n 1)
        xdotool windowfocus --sync "$window" sleep 2 key s sleep 2 key q
        wait $!' || fail "the window: status $?"
    [ -s "$(echo expressions-*.png)" ] || fail "the window: no screenshot"
else
    echo "Xvfb or xdotool is not installed: the window is left out"
fi
echo "all as expected"
