#!/bin/sh
# What comes in is not trusted: names, addresses, lists that pose as videos, texts of a model. And
# nothing is reached for that was not asked for.
# Usage: trust.sh PROGRAM TRAIN_FER PICTURES SOURCE_DIR
program=$1
train_fer=$2
pictures=$3
source_dir=$4
model=$source_dir/models/expressions.safetensors
. "$source_dir/tests/script_tools.sh"
port=$((40000 + $$ % 20000))

# run STATUS ARGUMENT...
run()
{
    expected=$1
    shift
    ./expressions "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || fail "$*: status $got, not $expected: $(cat out err)"
}

# --- A terminal obeys no name: neither ESC, the CSI of UTF-8 nor a change of direction comes through
controls=$(printf '\033\302\342')
name=$(printf 'a\033[31m\302\2332Jb\342\200\256c.png')
cp face.png "$name"
expect_tame()
{
    LC_ALL=C grep -q "[$controls]" out err && fail "$1: control characters: $(cat -v out err)"
}
run 0 --image "$name" --headless
expect_tame "a line"
grep -qF 'a?[31m?2Jb?c.png: ' out || fail "name: $(cat -v out)"
run 0 --image "$name" --headless --json
expect_tame "JSON"
grep -qF '"source":"a\u001b[31m\u009b2Jb\u202ec.png"' out || fail "JSON: $(cat -v out)"
run 0 --image "$name" --headless --csv -
expect_tame "CSV"
grep -q '^"a?\[31m?2Jb?c.png",0,' out || fail "CSV: $(cat -v out)"
mv "$name" "no-$name"
run 1 --image "$name" --headless
expect_tame "a message"
"$train_fer" --data "$name" --output "$name" >out 2>err </dev/null && fail "trained on nothing"
expect_tame "train_fer"
LC_ALL=C sed 's/"date":"[0-9-]\{10\}"/"date":"\\u001b[31m"/; s/,"crc32":"[0-9a-f]\{8\}"/                   /' \
    models/expressions.safetensors >evil
cmp -s evil models/expressions.safetensors && fail "the model's date was not found"
run 0 --model-info --model evil
expect_tame "--model-info"
grep -qF '?[31m' out || fail "--model-info: $(cat -v out)"

# --- No password is shown
: >table.csv
expect_secret()
{
    grep -E 'secret|hidden' out err table.csv && fail "$1: the password is shown"
}
url="rtsp://user:secret@127.0.0.1:9/stream?password=hidden&channel=1"
long=$(printf '%0200d' 0)
for address in "$url" "rtsp://user:se/cret:secret@127.0.0.1:9/" "rtsp://user:secret$long@127.0.0.1:9/"; do
    run 4 --camera "$address" --headless --verbose
    expect_secret "--camera"
    run 1 --video "$address" --headless
    expect_secret "--video"
    run 1 --image "$address" --headless
    expect_secret "--image"
    run 2 "$address"
    expect_secret "no option"
done
grep -qF 'rtsp://user:*@' err || fail "the address is not there at all: $(cat err)"
if command -v ffmpeg >/dev/null; then
    ffmpeg -loglevel error -re -loop 1 -framerate 25 -i face.png -t 60 -c:v mjpeg -q:v 3 -f mpjpeg \
        -listen 1 "http://127.0.0.1:$port/" >/dev/null 2>&1 </dev/null &
    helper=$!
    # It may take a while until the server listens, and until the first frame is there.
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        ./expressions --camera "http://user:secret@127.0.0.1:$port/?token=hidden" --headless \
            --json --csv table.csv --exit-on-loss >out 2>err </dev/null &
        running=$!
        while kill -0 "$running" 2>/dev/null && [ "$(wc -l <table.csv)" -lt 2 ]; do sleep 0.1; done
        [ "$(wc -l <table.csv)" -lt 2 ] || break
        wait "$running"
        sleep 1
    done
    # The server ends, and so does the program.
    kill "$helper"
    wait "$running"
    [ $? -eq 5 ] || fail "the end of a stream: $(cat err)"
    wait "$helper" 2>/dev/null
    expect_secret "a stream"
    grep -qF "\"source\":\"http://user:*@127.0.0.1:$port/?token=*\"" out || fail "source: $(head -n 1 out)"
    grep -qF "http://user:*@" table.csv || fail "table: $(head -n 2 table.csv)"
fi

# --- A stream leads nowhere else, unless it is followed
if command -v python3 >/dev/null && [ -e /proc/net/udp ]; then
    film=led-to.avi
    run 0 --demo --headless --quiet --max-frames 60 --output $film
    ffmpeg -loglevel error -i $film -c:v mpeg2video -q:v 3 led-to.ts </dev/null 2>/dev/null && film=led-to.ts
    other=$((port + 1))
    third=$((port + 2))
    python3 "$source_dir/tests/leading_camera.py" $port $other $third $film >asked 2>camera.err </dev/null &
    helper=$!
    while kill -0 $helper && ! grep -q listening asked; do sleep 0.05; done
    for address in http://127.0.0.1:$port/redirect rtsp://127.0.0.1:$port/redirect \
        http://127.0.0.1:$port/playlist http://127.0.0.1:$port/session; do
        run 4 --camera $address --headless
        grep -qF "add --follow" err || fail "$address: $(cat err)"
        [ "$(cat asked)" = listening ] || fail "$address leads elsewhere: $(cat asked)"
    done
    for name in redirect $([ $film = led-to.avi ] || echo playlist); do
        run 0 --camera http://127.0.0.1:$port/$name --follow --headless --json --max-frames 4
        [ "$(grep -c '"frame"' out)" -eq 4 ] || fail "--follow, $name: $(cat out err)"
        grep -q "^GET /$name.ts" asked || fail "--follow, $name: asked for $(cat asked)"
    done
    # All of a playlist's part is there at once, but it is shown no faster than it was filmed.
    [ $film = led-to.avi ] || python3 - <<'.' || fail "a playlist is shown too fast: $(cat out)"
import datetime, json
first, *_, last = (json.loads(line) for line in open("out"))
passed = datetime.datetime.fromisoformat(last["clock"]) - datetime.datetime.fromisoformat(first["clock"])
assert passed.total_seconds() > (last["frame"] - first["frame"]) / 30 - 0.02 # of 30 a second
.
    run 4 --camera rtsp://127.0.0.1:$port/redirect --follow --headless # over there, nobody speaks RTSP
    grep -q '^OPTIONS rtsp' asked || fail "--follow, RTSP: asked for $(cat asked)"
    run 5 --camera http://127.0.0.1:$port/session --follow --headless --exit-on-loss
    grep -q '^UDP' asked || fail "--follow: nobody listens where the session is said to be: $(cat asked)"
    kill $helper
    wait $helper 2>/dev/null
fi

# --- A video file opens nothing but itself
run 0 --demo --headless --quiet --max-frames 8 --output demo.avi
printf 'ffconcat version 1.0\nfile demo.avi\n' >list.avi
printf '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ndemo.avi\n#EXT-X-ENDLIST\n' >list.m3u8
sed "s|^demo.avi|http://127.0.0.1:$port/demo.ts|" list.m3u8 >network.m3u8
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n' \
    >session.sdp
for list in list.avi list.m3u8 network.m3u8 session.sdp; do
    run 1 --video "$list" --headless --json
    grep -q "$list: not a video" err || fail "$list: $(cat err)"
done
for name in "concat:demo.avi" "http://127.0.0.1:$port/a.mp4" "demo%d.avi" "subfile:demo.avi"; do
    run 1 --video "$name" --headless
    run 1 --image "$name" --headless
done

# --- No shell reads a name, and no planted link is followed
folder="report';touch pwned;\"\$(touch pwned)\`touch pwned\`"
mkdir "$folder"
echo mine >victim
for planted in timeline.png timeline.csv timeline.part summary.csv; do
    ln -s ../victim "$folder/$planted"
done
run 0 --video demo.avi --headless --report "$folder"
[ "$(cat victim)" = mine ] || fail "a link in the report's folder was followed"
[ ! -e pwned ] && [ ! -e "$folder/pwned" ] || fail "a shell read the folder's name"
[ -h "$folder/timeline.png" ] && command -v gnuplot >/dev/null && fail "no picture in $folder"

# --- setup.sh builds where it is, whatever CDPATH says, and what others may run, whatever the umask
mkdir -p "tree of/mine" "elsewhere/tree of/mine" tools || exit 1
cp "$source_dir/setup.sh" "tree of/mine"
cat >tools/cmake <<'.'
#!/bin/sh
echo "cmake version 3.25.1"
: >configured
.
printf '#!/bin/sh\nprintf installed\n' >tools/dpkg-query
chmod +x tools/cmake tools/dpkg-query
(umask 077 && PATH=$PWD/tools:$PATH CDPATH=$PWD/elsewhere sh "tree of/mine/setup.sh") >out 2>err ||
    fail "setup.sh: $(cat err)"
[ -e "tree of/mine/configured" ] || fail "setup.sh: was elsewhere: $(find . -name configured)"
[ "$(find "tree of/mine/configured" -perm 644)" ] || fail "setup.sh: others may not read what it makes"

# --- Nothing is reached for that was not asked for
if strace -f -o trace true 2>/dev/null; then
    watch()
    {
        ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=%network -o trace "$@" >out 2>err </dev/null
    }
    offline()
    {
        watch ./expressions "$@" --headless
        grep -E 'AF_INET|AF_PACKET' trace && fail "$*: reaches for the network"
    }
    offline --demo --max-frames 5
    offline --image face.png missing.png "http://127.0.0.1:$port/a.png"
    offline --video demo.avi
    offline --video network.m3u8
    offline --video session.sdp
    offline --video "http://127.0.0.1:$port/a.mp4"
    watch "$train_fer" --evaluate models/expressions.safetensors --data "http://127.0.0.1:$port/a.csv"
    grep -E 'AF_INET|AF_PACKET' trace && fail "train_fer reaches for the network"
    watch ./expressions --camera "http://127.0.0.1:$port/camera" --headless
    grep -q "AF_INET.*htons($port)" trace || fail "a camera's address was not reached for: $(cat err)"
    grep -E 'connect.*AF_INET' trace | grep -v "htons($port)" && fail "more than the address was reached for"
else
    echo "without strace: connections were not watched"
fi

conclude
