# What films.sh, copies.sh and pipes.sh have in common; they source it with their own arguments:
# PROGRAM PICTURES SOURCE_DIR.
program=$1
pictures=$2
source_dir=$3
for tool in ffmpeg jq; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
. "$source_dir/tests/script_tools.sh"

# run STATUS ARGUMENT...: the program, which has to end with this status.
run()
{
    expected=$1
    shift
    timeout 120 ./expressions --headless "$@" >out 2>err </dev/null
    got=$?
    [ "$got" -eq "$expected" ] || fail "$*: status $got, not $expected: $(cat err)"
}

quietly_ffmpeg()
{
    ffmpeg -v error -y "$@" </dev/null || fail "ffmpeg cannot make $*"
}

# What films are made of: a picture that is quickly read and of no more pixels than a face needs.
quietly_ffmpeg -i face.png -vf scale=320:240 small.bmp

# make NAME OPTION...: a film of the face. Threads of encoders wait for each other at work, and x264 has
# the same kinds of frames in less time.
make()
{
    name=$1
    shift
    case " $* " in
    *" libx264 "*) set -- "$@" -preset superfast ;;
    *) set -- "$@" -threads 1 ;;
    esac
    quietly_ffmpeg -loop 1 -framerate 25 -i small.bmp "$@" "$name"
}

# Times, one in a line, from the first one on.
from_first()
{
    awk 'NF { if (!n++) first = $1; printf "%.6f\n", $1 - first }'
}

# The times of a film's frames, by ffprobe, from the first one on.
film_times()
{
    ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$1" |
        tr -d , | from_first
}

# same_times WHAT A B: two lists that differ by a millisecond at most.
same_times()
{
    paste "$2" "$3" | awk 'NF != 2 || $1 - $2 > 0.00101 || $2 - $1 > 0.00101 { bad = 1; print }
        END { exit bad || NR == 0 }' >differ || fail "$1: other times: $(head -n 5 differ)"
}

# close_to WHAT A B: two numbers that differ by a frame at most.
close_to()
{
    awk -v a="$2" -v b="$3" 'BEGIN { exit !(a - b < 0.05 && b - a < 0.05 && a != "" && b != "") }' ||
        fail "$1: $2, not $3"
}

seconds()
{
    ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"
}

# Frames that come quickly at first, then one a second, then quickly again.
uneven='setpts=(if(lt(N\,20)\,N*0.02\,if(lt(N\,25)\,0.4+(N-20)\,5.4+(N-25)*0.05)))/TB'
