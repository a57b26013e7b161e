#!/bin/sh
# One recipe of docs/cookbook.md: its very text, run on made-up material.
# Usage: recipes.sh HEADING PROGRAM PICTURES SOURCE_DIR
heading=$1
program=$2
pictures=$3
source_dir=$4
export OPENBLAS_NUM_THREADS=1
. "$source_dir/tests/script_tools.sh"
background=
# shellcheck disable=SC2086 # none, or some
trap 'kill -- $background 2>/dev/null; wait; rm -rf "$work"' EXIT

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
sed -n "/^## $heading\$/,/^## /p" "$source_dir/docs/cookbook.md" | sed -n 's/^    //p' >recipe
[ -s recipe ] || fail "the cookbook has no such recipe"

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

# Three clips, of which the second is none yet.
make_clips()
{
    for n in 1 3; do
        ./expressions --demo --max-frames 20 --output "clips/clip $n.avi" --quiet >/dev/null || fail "no clip"
    done
    echo nothing >"clips/clip 2.avi"
    sed -i 's/\.mp4/.avi/g' recipe
}

# What is left of them is done by the recipe once more, and what was done is not done again.
expect_clips()
{
    [ "$(ls clips | grep -c 'jsonl$')" -eq 2 ] || fail "not two: $(ls clips; cat out err log)"
    stamps=$(ls -i --full-time clips/*.jsonl)
    cp "clips/clip 3.avi" "clips/clip 2.avi"
    sh -e recipe >out 2>err </dev/null || fail "once more: $(cat err)"
    printf '%s\n' "clip 1.avi" "clip 1.jsonl" "clip 2.avi" "clip 2.jsonl" "clip 3.avi" "clip 3.jsonl" >wanted
    ls clips | cmp -s - wanted || fail "$(ls clips; cat out err)"
    [ "$(ls -i --full-time "clips/clip 1.jsonl" "clips/clip 3.jsonl")" = "$stamps" ] || fail "done again"
    for n in 1 2 3; do
        [ "$(grep -c "^{\"source\":\"clips/clip $n.avi\".*}\]}$" "clips/clip $n.jsonl")" -eq 20 ] ||
            fail "clip $n: $(head -n 3 "clips/clip $n.jsonl")"
    done
}

start_mosquitto()
{
    PATH=$PATH:/usr/sbin
    need mosquitto
    port=$((20000 + $$ % 20000))
    mosquitto -p "$port" >broker 2>&1 &
    background=$!
    await broker "running"
    sed -i -e "s/-h localhost/-p $port/" -e 's/--camera 0/--demo --max-frames 60 --quiet/' recipe
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
"A folder of films")
    mkdir clips
    make_clips
    sed -i 's/^/! /' recipe # the second film is broken, and the others are done
    run
    [ "$(cut -d, -f1 clips.csv | uniq | tr '\n' ' ')" = 'source "clips/clip 1.avi" "clips/clip 3.avi" ' ] || fail "$(cat clips.csv)"
    [ "$(ls copies | tr '\n' ' ')" = "clip 1.avi clip 3.avi " ] || fail "$(ls copies)"
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
    cp "$pictures"/[bdf]* photos
    sed -i 's/-n 50/-n 2/' recipe
    sh recipe >out 2>err </dev/null
    [ "$(wc -l <faces.jsonl)" -eq 11 ] || fail "not eleven pictures: $(cat faces.jsonl)"
    [ "$(grep -c '^{"source":.*}\]}$\|"faces":\[\]}$' faces.jsonl)" -eq 11 ] ||
        fail "torn lines: $(cat faces.jsonl)"
    ;;
"Many machines, by ssh")
    need parallel rsync ssh ssh-keygen jq
    PATH=$PATH:/usr/sbin
    need sshd
    # This computer, reached by ssh: a server and a key of its own
    port=$((20000 + $$ % 20000))
    mkdir ssh clips
    ssh-keygen -q -t ed25519 -N "" -f ssh/host
    ssh-keygen -q -t ed25519 -N "" -f ssh/user
    cat >ssh/sshd_config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/user.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
MaxStartups 100
SetEnv PATH=$work:$PATH SHLVL=1
END
    cat >ssh/login <<END
#!/bin/sh
exec ssh -p $port -i $work/ssh/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "\$@"
END
    chmod +x ssh/login
    [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
    "$(command -v sshd)" -D -f ssh/sshd_config -E log &
    background=$!
    echo "2/$work/ssh/login 127.0.0.1" >machines
    export PARALLEL_HOME="$work/parallel"
    make_clips
    sh recipe >out 2>err </dev/null
    expect_clips
    [ "$(wc -l <faces.csv)" -eq 60 ] && grep -q '^"clips/clip 2.avi",0.*,1,"[a-z]*",0\.' faces.csv ||
        fail "$(head -n 3 faces.csv)"
    ;;
"A Slurm job array")
    need jq sbatch
    PATH=$work:$PATH:/usr/sbin
    need slurmctld slurmd
    # A cluster of this computer, where nobody has to prove who he is
    mkdir state spool clips
    port=$((20000 + $$ % 20000))
    cat >slurm.conf <<END
ClusterName=one
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/none
CryptoType=crypto/none
CredType=cred/none
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES State=UP
END
    export SLURM_CONF="$work/slurm.conf"
    slurmctld -D >slurmctld.log 2>&1 &
    background=$!
    slurmd -D >slurmd.log 2>&1 &
    background="$background $!"
    tries=0
    until sinfo -h -o %t 2>/dev/null | grep -q idle; do
        tries=$((tries + 1))
        [ "$tries" -lt 120 ] || fail "Slurm does not start: $(cat slurmctld.log slurmd.log)"
        sleep 0.25
    done
    sed -i -e 's/0-99/0-1/' -e 's/^sbatch/sbatch --wait/' recipe
    make_clips
    sh recipe >out 2>err </dev/null
    rm -f clips/clip\ 2.[0-9]*    # what is left of what failed
    expect_clips
    ;;
"MQTT")
    need mosquitto_pub mosquitto_sub
    start_mosquitto
    mosquitto_sub -p "$port" -t expressions/frame -C 60 -W 60 >received 2>err &
    listener=$!
    sleep 1
    run
    wait $listener || fail "received: $(wc -l <received)"
    ./expressions --demo --headless --max-frames 60 --json --quiet >printed
    cmp -s received printed || fail "other lines: $(diff received printed | head -n 4)"
    ;;
"Home Assistant")
    need mosquitto_pub mosquitto_sub jq
    start_mosquitto
    sed -i 's/--max-frames 60/--max-frames 200/' recipe
    stdbuf -oL mosquitto_sub -p "$port" -t expressions/label -W 60 >labels 2>/dev/null &
    listener=$!
    sleep 1
    run
    sleep 1
    kill $listener
    [ "$(wc -l <labels)" -ge 3 ] && uniq labels | cmp -s - labels || fail "labels: $(cat labels)"
    # Home Assistant may be started later: it finds both.
    mosquitto_sub -p "$port" -t '#' -v -C 2 -W 10 | tr '\n' ' ' >kept
    sed 's/.*homeassistant\/sensor\/expressions\/config \({[^}]*}\).*/\1/' kept >config
    [ "$(jq -r '.state_topic + " " + .unique_id + " " + .name' config)" = \
        "expressions/label expressions Expression" ] || fail "$(cat kept)"
    grep -q "expressions/label $(tail -n 1 labels)" kept || fail "$(cat kept)"
    ;;
"BIDS")
    need jq python3
    ./expressions --demo --max-frames 70 --output sub-01.avi --quiet >/dev/null || fail "no video"
    sed -i 's/sub-01\.mp4/sub-01.avi/' recipe
    run
    name=sub-01_task-film_recording-expression_physio
    ./expressions --video sub-01.avi --headless --json --quiet >lines
    python3 - $name <<'END' || fail "$(gzip -dc $name.tsv.gz | head -n 4)"
import gzip, json, sys

about = json.load(open(sys.argv[1] + ".json"))
rows = [line.rstrip("\n").split("\t") for line in gzip.open(sys.argv[1] + ".tsv.gz", "rt")]
frames = [json.loads(line) for line in open("lines")]
assert about["SamplingFrequency"] == 10 and about["StartTime"] == 0
assert all(set(about[name]) == {"Description", "Units"} for name in about["Columns"])
assert len(rows) == 23, len(rows)       # of 0.0 to 2.2 seconds; the film has 2.333
for tick, row in enumerate(rows):
    latest = [frame for frame in frames if frame["time"] <= tick / 10][-1]
    faces = [face for face in latest["faces"] if face["id"] == 1]
    wanted = [faces[0]["emotions"][name] if faces else "n/a" for name in about["Columns"]]
    assert [value if value == "n/a" else float(value) for value in row] == wanted, (tick, row, wanted)
END
    for python in python3 /usr/bin/python3; do
        "$python" -c 'import bids_validator' 2>/dev/null || continue
        "$python" - $name <<'END' || fail "no names of BIDS"
import sys
from bids_validator import BIDSValidator

for ending in ".tsv.gz", ".json":
    assert BIDSValidator().is_bids(f"/sub-01/func/{sys.argv[1]}{ending}"), ending
END
        break
    done
    ;;
"PsychoPy")
    need python3
    sed -i 's/"--camera", "0"/"--demo"/' recipe
    # In PsychoPy's place: trials of half a second, until the demo's face has shown two expressions
    cat >script.py <<'END'
import time

NAMES = {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}

class Trials:
    labels = set()

    def __iter__(self):
        for trial in range(100):
            time.sleep(0.5)
            yield trial
            if len(self.labels & NAMES) > 1:
                return

    def addData(self, name, value):
        assert name == "expression"
        self.labels.add(value)

trials = Trials()
exec(open("recipe").read())
program.wait(20)
assert len(trials.labels & NAMES) > 1 and trials.labels <= NAMES | {"uncertain", "nobody"}, trials.labels
END
    python3 script.py 2>err || fail "$(cat err)"
    ;;
"Record a session and plot it")
    need gnuplot
    sed -i 's/--camera 0/--demo --headless --max-frames 90/' recipe
    run
    [ "$(head -c 4 session.png | od -An -c | tr -d ' ')" = '211PNG' ] || fail "no picture"
    [ "$(wc -l <session.csv)" -gt 80 ] || fail "$(cat session.csv)"
    # The same picture in letters: who is who stands there.
    sed -i -e '/--csv/d' -e 's/pngcairo size 900,400/dumb 90,30/' -e 's/session\.png/session.txt/' recipe
    run
    for name in happy surprise neutral; do
        grep -q "$name" session.txt || fail "no legend: $(cat session.txt)"
    done
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
    screen=$(sed -n "/^## $heading\$/,/^## /s/.*\`\(adb [^\`]*\)\`.*/\1/p" "$source_dir/docs/cookbook.md")
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
