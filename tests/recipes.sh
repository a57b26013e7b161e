#!/bin/sh
# One recipe of the README's cookbook: its very text, run on made-up material.
# Usage: recipes.sh HEADING PROGRAM MAKE_PICTURES SOURCE_DIR
set -u
heading=$1
program=$2
make_pictures=$3
source_dir=$4
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: there is no model"; exit 77; }
work=$(mktemp -d) || exit 1
background=
trap 'kill -- $background 2>/dev/null; rm -rf "$work"' EXIT
cp "$program" "$work/expressions" && ln -s "$source_dir/models" "$work" || exit 1
cd "$work" || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
export OPENBLAS_NUM_THREADS=1
"$make_pictures" . || exit 1

need()
{
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
    done
}

fail()
{
    echo "FAILED: $heading: $*"
    exit 1
}

# The block of code below the heading.
sed -n "/^### $heading\$/,/^##* [^#]/p" "$source_dir/README.md" | sed -n 's/^    //p' >recipe
[ -s recipe ] || fail "the README has no such recipe"

# await FILE TEXT: TEXT appears in FILE.
await()
{
    tries=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 240 ] || fail "no \"$2\" in $1: $(cat "$1" err)"
        sleep 0.25
    done
}

run()
{
    sh -eu recipe >out 2>err </dev/null || fail "status $?: $(cat err)"
}

case $heading in
"Watch a folder")
    need inotifywait
    mkdir inbox
    setsid sh recipe >out 2>err </dev/null &
    background=-$!
    # The watch begins at some time after the start: pictures come until one was seen.
    tries=0
    until grep -q '"source":"inbox/.*"emotion":"happy"' faces.jsonl 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 240 ] || fail "nothing seen: $(cat err)"
        cp face.png "inbox/$tries.png"
        sleep 0.25
    done
    ;;
"Ask with jq")
    need jq
    mkdir photos && cp face.png blank.png photos
    run
    [ "$(cat out)" = "photos/face.png: happy" ] || fail "$(cat out)"
    ;;
"The mood of a video, second by second")
    need jq
    ./expressions --demo --max-frames 70 --output party.avi --quiet >/dev/null || fail "no video"
    sed -i 's/party\.mp4/party.avi/' recipe
    run
    [ "$(cut -d, -f1 mood.csv | tr '\n' ' ')" = '"second" 0 1 2 ' ] || fail "$(cat mood.csv)"
    awk -F, 'NR > 1 && !(NF == 3 && $2 > 0 && $2 < 1 && $3 > 0 && $3 < 1) { exit 1 }' mood.csv ||
        fail "$(cat mood.csv)"
    ;;
"A network camera without a window")
    need ffmpeg python3
    port=$((20000 + $$ % 20000))
    sed -i "s|camera\.local|127.0.0.1:$port|" recipe
    python3 "$source_dir/tests/rtsp_camera.py" "$port" face.png 4 >ready 2>err </dev/null &
    background=$!
    await ready listening
    sh recipe >out 2>err </dev/null
    [ $? -eq 5 ] || fail "the camera's end is not status 5: $(cat err)"
    grep -q '"emotion":"happy"' faces.jsonl || fail "$(cat faces.jsonl)"
    ;;
"Many files at once")
    mkdir -p photos/more
    for n in 1 2 3 4 5 6 7; do
        cp face.png "photos/more/a face $n.png"
    done
    "$make_pictures" photos
    sed -i 's/-n 50/-n 2/' recipe
    sh recipe >out 2>err </dev/null
    [ "$(wc -l <faces.jsonl)" -eq 11 ] || fail "not eleven pictures: $(cat faces.jsonl)"
    [ "$(grep -c '^{"source":.*}\]}$\|"faces":\[\]}$' faces.jsonl)" -eq 11 ] ||
        fail "torn lines: $(cat faces.jsonl)"
    ;;
"Record a session and plot it")
    need gnuplot
    sed -i 's/--camera 0/--demo --headless --max-frames 90/' recipe
    run
    [ "$(head -c 4 session.png | od -An -c | tr -d ' ')" = '211PNG' ] || fail "no picture"
    [ "$(wc -l <session.csv)" -gt 80 ] || fail "$(cat session.csv)"
    ;;
"The camera of a Raspberry Pi")
    need ffmpeg
    # What stands for rpicam-vid knows these options and no others.
    cat >rpicam-vid <<'END'
#!/bin/sh
[ "$*" = "-n -t 0 --width 640 --height 480 --codec mjpeg -o -" ] || exit 1
exec ffmpeg -v error -re -loop 1 -i face.png -t 4 -pix_fmt yuvj420p -f mjpeg -
END
    chmod +x rpicam-vid
    PATH=$work:$PATH sh recipe >out 2>err </dev/null
    [ $? -eq 5 ] || fail "the camera's end is not status 5: $(cat err)"
    grep -q "happy" out || fail "$(cat out)"
    ;;
"A phone as camera")
    need ffmpeg
    port=$((20000 + $$ % 20000))
    sed -i "s|0\.0\.0\.0:1935|127.0.0.1:$port|" recipe
    sh recipe >out 2>err </dev/null &
    background=$!
    until ffmpeg -v error -re -loop 1 -i face.png -t 4 -pix_fmt yuv420p -c:v libx264 -g 25 -f flv \
        "rtmp://127.0.0.1:$port/live" </dev/null 2>sent; do
        kill -0 "$background" || fail "nobody listens: $(cat err sent)"
        sleep 0.5
    done
    wait "$background"
    [ $? -eq 5 ] || fail "the phone's end is not status 5: $(cat err)"
    grep -q "happy" out || fail "$(cat out)"
    # The screen of a phone: the command within the text
    screen=$(sed -n "/^### $heading\$/,/^### /s/.*\`\(adb [^\`]*\)\`.*/\1/p" "$source_dir/README.md")
    cat >adb <<'END'
#!/bin/sh
[ "$*" = "exec-out screenrecord --output-format=h264 -" ] || exit 1
exec ffmpeg -v error -re -loop 1 -i face.png -t 4 -pix_fmt yuv420p -c:v libx264 -f h264 -
END
    chmod +x adb
    PATH=$work:$PATH sh -c "$screen | ./expressions --camera -" >out 2>err </dev/null
    [ $? -eq 5 ] && grep -q "happy" out || fail "the screen: $(cat out err)"
    ;;
"A virtual camera for video calls")
    need ffmpeg
    # A file takes the place of a camera that needs a module of the kernel.
    sed -i -e '/modprobe/d' -e 's|--camera 0|--demo --headless --max-frames 30|' \
        -e 's|-f v4l2 /dev/video10|-c:v rawvideo -f nut seen.nut|' recipe
    run
    [ ! -s err ] || fail "$(cat err)"
    ./expressions --video seen.nut --headless --json >out 2>err || fail "$(cat err)"
    [ "$(grep -c '"faces":\[{"id":1,' out)" -eq 30 ] || fail "$(tail -n 1 out)"
    ;;
"Into OBS")
    need ffmpeg
    port=$((20000 + $$ % 20000))
    sed -i -e "s|127\.0\.0\.1:5000|127.0.0.1:$port|" -e 's|--camera 0|--demo --headless --max-frames 200|' recipe
    ffmpeg -v error -f mpegts -i "udp://127.0.0.1:$port" -frames:v 10 -c:v rawvideo -f nut seen.nut \
        </dev/null >received 2>&1 &
    background=$!
    tries=0
    while kill -0 "$background" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -le 20 ] || fail "nothing is received: $(cat received)"
        run
    done
    ./expressions --video seen.nut --headless --json >out 2>err || fail "$(cat err)"
    grep -q '"faces":\[{"id":1,' out || fail "$(tail -n 1 out)"
    ;;
*)
    fail "the test knows no such recipe"
    ;;
esac
echo "all as expected"
