#!/bin/sh
# Several films in one run: the answers of each alone, in order, however many are looked at at once; copies,
# reports, films that are broken, and what ends it early.
# Usage: several.sh PROGRAM PICTURES SOURCE_DIR
. "$3/tests/film_tools.sh"

mkdir films
make long.mkv -t 4 -c:v mjpeg
make films/b.mp4 -t 1 -c:v libx264 -pix_fmt yuv420p
make films/a.avi -t 0.4 -c:v mjpeg
head -c 700 films/b.mp4 >films/cut.mp4
echo text >films/notes.txt
run 1 --json --video films/cut.mp4
cp err cut
for film in long.mkv films/a.avi films/b.mp4; do
    run 0 --json --video $film
    cat out >>expected
    run 0 --csv - --video $film
    sed '1d' out >>rows
    run 0 --video $film
    { echo "$film:"; cat out; } | sed 's/[0-9.]* frames a second/N frames a second/' >>words
done

# --- The same answers in the same order
for threads in 1 2 5; do
    run 1 --json --threads $threads --video long.mkv films
    cmp -s out expected || fail "$threads threads: other answers than of each film alone"
    cat cut - <<END | sort >told
expressions: skipped in folders, not videos by their names: notes.txt (1)
END
    sort err | cmp -s - told || fail "$threads threads: $(cat err)"
done
run 1 --json --csv table --video films/cut.mp4 --video missing.mp4 long.mkv films/a.avi films/b.mp4
cmp -s out expected || fail "a film that is missing keeps others from being done"
sed 1d table | cmp -s - rows || fail "the table: $(head -n 3 table)"
head -n 1 table | grep -q '^source,frame' || fail "the table's head"
grep -q 'missing.mp4: No such file' err || fail "a film that is missing: $(cat err)"
run 0 --video long.mkv films/a.avi films/b.mp4
sed 's/[0-9.]* frames a second/N frames a second/' out | cmp -s - words || fail "words: $(cat out)"
run 0 --json --max-frames 2 --video films/a.avi films/b.mp4
[ "$(jq -r '"\(.source) \(.frame)"' out | tr '\n' ' ')" = "films/a.avi 0 films/a.avi 1 films/b.mp4 0 films/b.mp4 1 " ] ||
    fail "two frames of each: $(cat out)"
cp films/a.avi piped
timeout 120 ./expressions --headless --json --video films/b.mp4 - <piped >out 2>err || fail "standard input: $(cat err)"
[ "$(jq -r .source out | uniq -c | tr -s ' \n' ' ')" = " 25 films/b.mp4 10 - " ] || fail "standard input, too: $(cat out)"

# --- More films than may wait for the first
mkdir many
for i in $(seq 10 99); do
    cp films/a.avi many/$i.avi
done
run 0 --json --threads 4 --max-frames 1 --video long.mkv many
[ "$(jq -r .source out | tr '\n' ' ')" = "long.mkv $(echo many/*) " ] || fail "many films: $(jq -r .source out)"

# With few open files fewer are looked at at once, and none is blamed.
(
    ulimit -n 40
    run 0 --json --threads 16 --max-frames 1 --output few --video long.mkv many/[1-3]*
)
[ "$(jq -r .source out | tr '\n' ' ')" = "long.mkv $(echo many/[1-3]*) " ] || fail "few open files: $(cat err)"
[ "$(ls few | wc -l)" -eq 31 ] || fail "few open files: $(ls few | wc -l) copies"

# --- A pipe among films holds up nothing
mkfifo pipe.mp4
run 1 --json --video films/a.avi pipe.mp4
one_line "pipe.mp4: is a pipe; give - as its name and pipe it in"
[ "$(wc -l <out)" -eq 10 ] || fail "beside a pipe: $(wc -l <out) frames"

# --- Where a film's answers do not fit on the disk, those that did are told, and the other films are done
{ ulimit -f 20; timeout 120 ./expressions --headless --json --threads 2 --video long.mkv films/a.avi 2>err; echo $? >status; } | cat >out
[ "$(cat status)" -eq 1 ] || fail "a full disk: status $(cat status)"
one_line "a temporary file for results cannot be written: File too large; free some space"
fitted=$(grep -c long.mkv out)
{ head -n "$fitted" expected; sed -n '101,110p' expected; } | cmp -s - out && [ "$fitted" -gt 9 ] && [ "$fitted" -lt 100 ] ||
    fail "a full disk: $fitted frames, $(jq -r .source out | uniq -c)"

# --- Copies and reports have the films' names
run 1 --output copies --report reports --video films long.mkv
[ "$(echo copies/*)" = "copies/a.avi copies/b.mp4 copies/long.mkv" ] || fail "copies: $(ls copies)"
[ "$(echo reports/*/summary.csv)" = "reports/a.avi/summary.csv reports/b.mp4/summary.csv reports/long.mkv/summary.csv" ] ||
    fail "reports: $(echo reports/*/*)"
run 0 --json --video copies/long.mkv
[ "$(wc -l <out)" -eq 100 ] || fail "the copy has $(wc -l <out) frames"
cp films/a.avi films/a.mpeg
run 0 --output mpeg --video films/a.mpeg films/b.mp4
[ "$(echo mpeg/*)" = "mpeg/a.mp4 mpeg/b.mp4" ] || fail "an ending that is not written: $(ls mpeg)"
rm films/a.mpeg

# refuse STATUS TEXT ARGUMENT...: one line says why, and nothing is made.
refuse()
{
    status=$1
    text=$2
    shift 2
    run "$status" "$@"
    one_line "$text"
    [ ! -e none ] || fail "$text: something was made"
}
mkdir twice twice/none && cp films/a.avi twice/a.avi
refuse 2 "films/a.avi and twice/a.avi would get the same output name" --video films/a.avi twice/a.avi --output none
refuse 2 "films/a.avi and twice/a.avi would get the same output name" --video films/a.avi twice/a.avi --report none
refuse 1 "films/a.avi: is already an input" --video films/a.avi films/b.mp4 --output films
refuse 1 "films/b.mp4: is already an input" --video films/a.avi films/b.mp4 --csv films/b.mp4
mkdir linked && ln -s a.avi linked/b.mp4
refuse 1 "linked/b.mp4: is already an input or output" --video films/a.avi films/b.mp4 --output linked
mkdir linked/a.avi
refuse 1 "linked/b.mp4: is already an input or output" --video films/a.avi films/b.mp4 --report linked
refuse 1 "new/a.avi: is already an input or output" --video films/a.avi films/b.mp4 --output new --csv new/a.avi
refuse 2 "--output - takes one video" --video films/a.avi films/b.mp4 --output -
refuse 2 "--serve takes one video" --video films/a.avi films/b.mp4 --serve 0
refuse 2 "standard input is a single video" --video - films/a.avi -
refuse 1 "twice/none: there is no video in this folder" --video twice/none

# --- A window plays one after the other
SDL_VIDEODRIVER=dummy timeout 120 ./expressions --json --video films/a.avi missing.mp4 films/b.mp4 >out 2>err
[ $? -eq 1 ] || fail "a window: $(cat err)"
tail -n 35 expected | cmp -s - out || fail "a window: $(jq -r .source out | uniq -c)"

# --- Whose reader goes away, and who is interrupted, ends in order
timeout 120 ./expressions --headless --json --video long.mkv films/b.mp4 2>err | head -n 1 >out
[ -s err ] && fail "a reader that went away: $(cat err)"
# interrupted SIGNAL: while the first film comes through a pipe that has not ended
mkfifo slow
for signal in INT TERM; do
    : >out
    { cat long.mkv; exec sleep 600; } >slow &
    helper=$!
    timeout --foreground 60 ./expressions --headless --json --threads 2 --video - films/b.mp4 films/a.avi --output interrupted <slow >out 2>err &
    program=$!
    tries=0
    while [ "$(wc -l <out)" -lt 90 ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -$signal $program
    wait $program
    status=$?
    kill $helper 2>/dev/null
    [ $status -eq 0 ] || fail "$signal: status $status: $(cat err)"
    told=$(jq -r .source out | uniq | tr '\n' ' ')
    case "- films/b.mp4 films/a.avi " in
    "$told"*) ;;
    *) fail "$signal: $told" ;;
    esac
    run 0 --json --video interrupted/-.mp4
    rm -r interrupted
done

conclude
