#!/bin/sh
# "-": pictures, films and cameras from standard input, an annotated film to standard output.
# Usage: pipes.sh PROGRAM PICTURES SOURCE_DIR
. "$3/tests/film_tools.sh"

# run STATUS FILE ARGUMENT...: the program, with the file coming through a pipe.
run()
{
    expected=$1
    file=$2
    shift 2
    # shellcheck disable=SC2002 # a pipe is what is tested
    cat "$file" | { timeout 120 ./expressions --headless "$@" >out 2>err; echo $? >status; }
    [ "$(cat status)" -eq "$expected" ] || fail "$*, $file: status $(cat status), not $expected: $(cat err)"
}

# await FILE COUNT: so many lines, while the program runs.
await()
{
    for attempt in $(seq 120); do
        [ "$(wc -l <"$1")" -ge "$2" ] && return
        kill -0 "$helper" 2>/dev/null || break
        sleep 0.5
    done
    fail "waited in vain for $2 lines of $1: $(cat err)"
}

frames_of()
{
    ffprobe -v error -f yuv4mpegpipe -count_frames -show_entries stream=nb_read_frames,width,height,r_frame_rate \
        -of csv=p=0 "$1"
}

# --- A film: every frame, whatever FFmpeg makes of it
ffmpeg -v error -y -loop 1 -framerate 25 -i face.png -frames:v 40 -pix_fmt yuv420p film.y4m </dev/null
for kind in "mjpeg -c:v mjpeg -q:v 3" "h264 -c:v libx264" "mpegts -c:v libx264" "matroska -c:v libx264"; do
    name=film.${kind%% *}
    # shellcheck disable=SC2086 # the words are arguments
    ffmpeg -v error -y -i film.y4m -f $kind $name </dev/null
done
for film in film.*; do
    run 0 $film --json --video -
    [ "$(grep -c '^{"source":"-",.*"width":640,"height":480,"faces":\[{"id":1,' out)" -eq 40 ] ||
        fail "$film: $(wc -l <out) frames: $(tail -n 1 out)"
done
head -c 3000000 film.y4m >cut.y4m
run 1 cut.y4m --json --video -
one_line "ends too early"
[ "$(wc -l <out)" -eq 6 ] || fail "cut.y4m: $(wc -l <out) frames"
ffmpeg -v error -y -i film.y4m -c:v mjpeg -q:v 3 even.mkv </dev/null
head -c $(($(stat -c %s even.mkv) * 9 / 10)) even.mkv >cut.mkv
run 1 cut.mkv --json --video -
one_line "ends too early"
[ "$(wc -l <out)" -ge 30 ] || fail "cut.mkv: $(wc -l <out) frames"

# --- A camera: the newest frame wins, the first comes without waiting for many others
for n in 1 2 3 4 5; do cat film.mjpeg; done >long.mjpeg
run 5 long.mjpeg --json --camera -
one_line "camera -: standard input has ended"
[ "$(wc -l <out)" -lt 200 ] && grep -q '"frame":199,.*"clock":"' out || fail "camera: $(wc -l <out) frames, $(tail -n 1 out)"
mkfifo pipe
ffmpeg -v error -y -i film.y4m -frames:v 4 -c:v mjpeg -q:v 3 start.mjpeg </dev/null
for signal in INT TERM; do
    : >out
    env --default-signal=INT,TERM ./expressions --headless --json --camera - <pipe >out 2>err &
    helper=$!
    exec 7>pipe
    cat start.mjpeg >&7
    await out 1
    # It waits for more, and still hears.
    kill -$signal $helper
    wait $helper || fail "$signal while the pipe is silent: status $?: $(cat err)"
    exec 7>&-
done

# Sound that goes on without pictures is not a camera.
ffmpeg -v error -y -i film.y4m -f lavfi -i sine=d=90 -c:v libx264 -tune zerolatency -c:a mp2 -muxdelay 0 -f mpegts sound.ts </dev/null
: >out
./expressions --headless --json --camera - <pipe >out 2>err &
helper=$!
ffmpeg -v quiet -y -readrate 5 -i sound.ts -c copy -f mpegts pipe </dev/null &
sender=$!
wait $helper
[ $? -eq 5 ] || fail "sound alone: not status 5"
[ -s out ] && kill $sender 2>/dev/null || fail "sound alone: it was heard to its end: $(wc -l <out) pictures"
wait $sender 2>/dev/null

# --- A picture
run 0 face.png --json --image -
grep -q '^{"source":"-",.*"width":640,"height":480,"faces":\[{"id":1,' out || fail "picture: $(cat out)"
run 0 face.png --image blank.png - --output folder
[ -s folder/-.png ] && [ -s folder/blank.png ] || fail "copies: $(ls folder)"
run 2 face.png --image - -
env --default-signal=INT ./expressions --headless --image - <pipe >out 2>err &
helper=$!
exec 7>pipe
sleep 1
kill -INT $helper
wait $helper
[ $? -eq 130 ] || fail "Ctrl-C while a picture is awaited"
exec 7>&-

# --- Nothing, and what is no video
for kind in camera,4 video,1 image,1; do
    status=${kind#*,}
    kind=${kind%,*}
    run "$status" /dev/null --$kind -
    [ "$(wc -l <err)" -eq 1 ] || fail "nothing, --$kind: $(cat err)"
    run "$status" models/expressions.safetensors --$kind -
    [ "$(wc -l <err)" -eq 1 ] || fail "weights, --$kind: $(cat err)"
    ./expressions --headless --$kind - <&- >out 2>err
    [ $? -eq "$status" ] || fail "closed, --$kind: not status $status"
    one_line "standard input"
    ./expressions --headless --$kind - <. >out 2>err
    [ $? -eq "$status" ] || fail "a folder, --$kind: not status $status"
    one_line "standard input"
    if command -v script >/dev/null; then
        script -qec "./expressions --headless --$kind -" typed </dev/null >out
        [ $? -eq "$status" ] || fail "the keyboard, --$kind: not status $status"
        grep -q "standard input is a terminal" out || fail "a terminal, --$kind: $(cat out)"
    fi
done
run 1 /dev/null --video -
one_line "it ended before the first picture"
run 1 models/expressions.safetensors --video -
one_line "not a video that can be read from a pipe"

# --- A film to standard output, with nothing of ours in it
run 0 film.mjpeg --video - --output -
mv out film.out
[ "$(frames_of film.out)" = 640,480,25/1,40 ] || fail "y4m: $(frames_of film.out)"
[ ! -s err ] || fail "y4m: $(cat err)"
./expressions --demo --headless --max-frames 20 --output - 2>err | ./expressions --headless --json --video - >out 2>>err
[ "$(grep -c '"faces":\[{"id":1,' out)" -eq 20 ] && [ ! -s err ] || fail "the demo, twice: $(tail -n 1 out) $(cat err)"
run 2 film.y4m --video - --json --output -
one_line "--json and --output -"
[ ! -s out ] || fail "JSON and y4m: $(head -c 200 out)"
run 2 face.png --image - --output -
# A table can be had beside it, or alone on standard output.
run 0 film.y4m --video - --csv table.csv --output -
[ "$(wc -l <table.csv)" -eq 41 ] && [ "$(frames_of out)" = 640,480,25/1,40 ] || fail "table and y4m"
run 0 film.y4m --video - --csv -
cmp -s out table.csv && [ ! -s err ] || fail "a table to standard output: $(head -n 3 out) $(cat err)"
[ ! -e - ] || fail "a table by the name of -"
for other in "--json" "--output -"; do
    # shellcheck disable=SC2086 # two words
    run 2 film.y4m --video - --csv - $other
    one_line "--csv - and $other would mix"
done
{ ./expressions --demo --headless --csv - 2>err; echo $? >status; } | head -n 1 >out
[ "$(cat status)" -eq 0 ] && [ ! -s err ] || fail "one row is enough: $(cat status err)"
./expressions --demo --headless --max-frames 3 --csv - >/dev/full 2>err
[ $? -eq 1 ] || fail "no room for a table: not status 1"
one_line "No space left on device"
{ ./expressions --demo --headless --output - 2>err; echo $? >status; } | head -c 100000 >out
[ "$(cat status)" -eq 0 ] && [ ! -s err ] || fail "a reader that has seen enough: $(cat status err)"
./expressions --demo --headless --max-frames 3 --output - >/dev/full 2>err
[ $? -eq 1 ] || fail "no room for y4m: not status 1"
one_line "-: No space left on device"
# A reader that does not read holds up no end, and hears nothing more.
mkfifo stalled
for results in --json "--csv -" "--output -"; do
    sleep 600 <stalled &
    reader=$!
    head -c 65536 /dev/zero >stalled
    # shellcheck disable=SC2086 # two words
    ./expressions --demo --headless --quiet --max-frames 3000 $results >stalled 2>err &
    helper=$!
    for attempt in $(seq 40); do
        cat /proc/$helper/task/*/wchan 2>/dev/null | grep -q pipe_w && break
        sleep 0.25
    done
    kill -TERM $helper
    wait $helper
    status=$?
    kill $reader
    [ $status -eq 1 ] || fail "$results, a stalled reader: status $status, not 1: $(cat err)"
    one_line check
done
cp film.y4m same.y4m
for results in "--output -" "--csv -"; do
    # shellcheck disable=SC2086 # two words
    ./expressions --headless --video - $results <same.y4m >>same.y4m 2>err
    [ $? -eq 1 ] || fail "$results, a film onto itself: not status 1"
    one_line "already an input"
    cmp -s film.y4m same.y4m || fail "$results: the film was written to"
done
cp film.y4m same.avi
./expressions --headless --video - --output same.avi <same.avi >out 2>err
[ $? -eq 1 ] && cmp -s film.y4m same.avi || fail "a film onto itself: $(cat err)"
if command -v script >/dev/null; then
    script -qec "./expressions --demo --headless --output -" typed </dev/null >out
    [ $? -eq 2 ] && grep -q "standard output is a terminal" out || fail "y4m to a terminal: $(head -c 300 out)"
fi
# Colours survive, in either size.
for size in 640x480 1280x720; do
    ffmpeg -v error -y -f lavfi -i color=c=0xC83C28:s=$size -frames:v 1 red.png </dev/null
    ffmpeg -v error -y -i red.png -c:v png red.mkv </dev/null
    run 0 red.mkv --video - --output -
    ./expressions --headless --video - --output red.gif <out >text 2>err || fail "red.gif: $(cat err)"
    colour=$(ffmpeg -v error -i red.gif -frames:v 1 -vf scale=1:1 -f rawvideo -pix_fmt rgb24 - </dev/null |
        od -An -tu1)
    echo "$colour" | awk '{ exit !($1 > 192 && $1 < 208 && $2 > 52 && $2 < 68 && $3 > 32 && $3 < 48) }' ||
        fail "colours of $size: $colour"
done

conclude
