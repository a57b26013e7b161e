#!/bin/sh
# The program with cameras that fake_camera.c plays for it and for OpenCV.
# Usage: cameras.sh PROGRAM FAKE_CAMERA PICTURES SOURCE_DIR
program=$1
fake=$2
pictures=$3
source_dir=$4
[ "$(uname -s)" = Linux ] || { echo "skipped: not Linux"; exit 77; }
. "$source_dir/tests/script_tools.sh"
mkdir by-id && touch by-id/usb-Fake_Webcam
FAKE_BY_ID=$work/by-id
FAKE_GONE=$work/gone
FAKE_TRIES=$work/tries
FAKE_STALL=$work/stall
export FAKE_BY_ID FAKE_GONE FAKE_TRIES FAKE_STALL

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
    1920x1080
4  /dev/video4  Fake Second
END
diff expected out || fail "the list of cameras"
[ -s err ] && fail "beside the list of cameras: $(cat err)"
export FAKE_CAMERAS=0
run 0 --list-cameras
[ -s out ] && fail "cameras that are not there: $(cat out)"
one_line "expressions: no camera here; try ./expressions --demo"
export FAKE_CAMERAS=1 FAKE_DRIVER=unicam FAKE_FORMAT=pRAA
run 0 --list-cameras
[ -s out ] && fail "a sensor is listed: $(cat out)"
one_line "expressions: camera 0: it gives a sensor's raw data; on a Raspberry Pi, pipe pictures in: "
unset FAKE_CAMERAS FAKE_DRIVER FAKE_FORMAT

# --- By number, path and lasting name, in the size that was asked for
for id in 0 /dev/video0 /dev/v4l/by-id/usb-Fake_Webcam 4; do
    run 0 --headless --camera "$id" --json --max-frames 5
    [ "$(grep -c '"width":640,"height":480,' out)" -eq 5 ] || fail "$id: $(cat out)"
    [ ! -s err ] || fail "$id, after the last frame that was asked for: $(cat err)"
done
run 0 --headless --camera 0 --exit-on-loss --max-frames 5
run 0 --camera 0 --size 1280x720 --json --max-frames 2
grep -q '"width":1280,"height":720,' out || fail "large: $(cat out)"
run 0 --camera 0 --size 160x120 --json --max-frames 2
grep -q '"width":160,"height":120,' out || fail "small: $(cat out)"
# At the rate, which an .avi names as microseconds from frame to frame
for fps in 20 30; do
    run 0 --camera 0 --fps $fps --max-frames 2 --output rate.avi
    [ "$(od -An -td4 -j32 -N4 rate.avi | tr -d ' ')" -eq $((1000000 / fps)) ] || fail "--fps $fps: $(od -An -td4 -j32 -N4 rate.avi)"
done

# --- Why not
run 4 --camera 1
grep -q "it is not a camera" err || fail "metadata: $(cat err)"
run 4 --camera 2
grep -q ": another program uses it" err || fail "busy: $(cat err)"
run 4 --camera 3
grep -q "no permission to use it" err || fail "forbidden: $(cat err)"
run 4 --camera 5
grep -q "there is no such camera.*Fake Webcam.*Fake Second" err || fail "missing: $(cat err)"

# --- Unplugged, waited for, back as it was; another camera in its place is not taken
for id in 0 4; do
    start --camera "$id" --size 1280x720 --json
    await has_lines out 5
    opened=$(find "/proc/$running/fd" -lname '/memfd:camera*' | wc -l)
    [ "$opened" -eq 1 ] || fail "$id is open $opened times"
    : >gone
    await grep -q "^expressions: camera $id: " err
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
    grep -v '"width":1280,"height":720,' out && fail "$id: back in another size"
done

start --camera 0 --json --exit-on-loss
await has_lines out 3
: >gone
wait "$running"
got=$?
[ "$got" -eq 5 ] || fail "loss: status $got, not 5: $(cat err)"
rm gone

# --- A driver that keeps its caller waiting keeps neither the program nor what it has recorded
start --camera 0 --json --csv rows.csv
await has_lines out 3
: >tries
: >stall
: >gone
await has_lines tries 1
kill -INT "$running"
wait "$running" || fail "a camera that does not answer: status $?: $(cat err)"
grep -q '^expressions: camera 0: does not answer; ended without it$' err || fail "not told: $(cat err)"
[ "$(tail -c 1 rows.csv)" = "" ] || fail "half a row: $(tail -n 1 rows.csv)"
rm gone stall

# --- The bare sensors of a Raspberry Pi: how to have their pictures
for sensor in unicam:pRAA unicam:RGGB rp1-cfe:YUYV bcm2835-isp:YUYV; do
    export FAKE_DRIVER=${sensor%:*} FAKE_FORMAT=${sensor#*:}
    run 4 --headless --camera 0
    grep -q "sensor's raw data.*rpicam-vid .* | ./expressions --camera -" err && [ "$(wc -l <err)" -eq 1 ] ||
        fail "$sensor: $(cat err)"
    run 0 --list-cameras
    grep -q "/dev/video0" out && fail "$sensor is listed"
done
# What is no sensor comes the same way: a converter of HDMI.
export FAKE_DRIVER=unicam FAKE_FORMAT=YUYV
run 0 --camera 0 --max-frames 2
unset FAKE_DRIVER FAKE_FORMAT

# --- What cameras give: frames that ffmpeg makes, one in a file
if ! command -v ffmpeg >/dev/null; then
    echo "formats of cameras: skipped, there is no ffmpeg"
    conclude
fi

# frames FOLDER FORMAT SIZE FILTER [COUNT]: of the face, sixty, in place of what was in the folder.
frames()
{
    rm -rf "$1" && mkdir "$1"
    case $2 in
    YUYV) codec="rawvideo -pix_fmt yuyv422" ;;
    NV12) codec="rawvideo -pix_fmt nv12" ;;
    GREY) codec="rawvideo -pix_fmt gray" ;;
    MJPG) codec="mjpeg -q:v 3" ;;
    H264) codec="libx264 -pix_fmt yuv420p -g 5" ;;
    esac
    # shellcheck disable=SC2086 # the words are arguments
    ffmpeg -v error -loop 1 -framerate 30 -i face.png -frames:v "${5:-60}" -vf "scale=${3%x*}:${3#*x}$4" -c:v $codec \
        -f image2 "$1/%d" </dev/null || fail "ffmpeg makes no $2"
}

# look COUNT ARGUMENT...: at the camera's frames, so many of them.
look()
{
    run 0 --headless --camera 0 --json --max-frames "$@"
}

# sees WHAT SIZE COUNT: so many of the lines have the face, in this size.
sees()
{
    seen=$(grep -c "\"width\":${2%x*},\"height\":${2#*x},\"faces\":\[{\"id\":" out)
    [ "$seen" -ge "$3" ] || fail "$1, $2: $seen faces, not $3: $(tail -n 1 out) $(cat err)"
}

FAKE_FRAMES=$work/frames
export FAKE_FORMAT FAKE_SIZE FAKE_FRAMES
for FAKE_FORMAT in YUYV MJPG NV12 GREY H264; do
    for FAKE_SIZE in 640x480 333x251; do
        [ "$FAKE_FORMAT$FAKE_SIZE" = H264333x251 ] && FAKE_SIZE=334x250 # it has even sides
        frames frames $FAKE_FORMAT $FAKE_SIZE "" 20
        look 4
        sees $FAKE_FORMAT $FAKE_SIZE 4
    done
done

# --- Ten black frames first, the first three of them spoilt
FAKE_SIZE=640x480
for FAKE_FORMAT in MJPG YUYV; do
    frames frames $FAKE_FORMAT $FAKE_SIZE ",eq=brightness='if(lt(n,10),-1,0)':eval=frame"
    for spoilt in 1 2 3; do : >frames/$spoilt; done
    look 20
    sees "black, then $FAKE_FORMAT" $FAKE_SIZE 10
    head -n 1 out | grep -q '"faces":\[\]}' || fail "black, then $FAKE_FORMAT: a face in the first: $(head -n 1 out)"
    [ ! -s err ] || fail "black, then $FAKE_FORMAT: $(cat err)"
done

# --- Another size from frame 16 on: in the stream itself, or after the camera was opened anew
for FAKE_FORMAT in MJPG H264 YUYV; do
    frames later $FAKE_FORMAT 320x240 ""
    frames frames $FAKE_FORMAT 640x480 ""
    for number in $(seq 16 60); do mv later/$number frames; done
    [ $FAKE_FORMAT = YUYV ] && export FAKE_LATER=320x240
    look 30
    sees "$FAKE_FORMAT, first" 640x480 5
    sees "$FAKE_FORMAT, later" 320x240 5
done
look 30 --output sizes.mkv
grep -q "sizes.mkv: frames that are not 640x480 are scaled to fit" err || fail "a recording of two sizes: $(cat err)"
grep -q "stopped delivering frames" err && grep -q "is back" err || fail "no word of the new size: $(cat err)"

conclude
