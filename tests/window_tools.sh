# What the scripts that work in a window have in common, after script_tools.sh: a display of their own, and
# a user at it.
for tool in Xvfb xdotool; do
    command -v "$tool" >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
server=
# Killed, it would leave its lock.
trap '[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null; leave_nothing' EXIT

# Without -noreset, Xvfb turns clients away for a moment whenever the last window has closed.
start_display()
{
    : >display
    Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp -noreset 3>display >/dev/null 2>&1 &
    server=$!
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s display ] && break
        sleep 0.5
    done
    [ -s display ] || { echo "skipped: Xvfb does not start"; exit 77; }
    DISPLAY=:$(cat display)
    export DISPLAY
}

# appear ARGUMENT...: the program, once its window is there.
appear()
{
    ./expressions "$@" >out 2>err </dev/null &
    running=$!
    timeout 30 xdotool search --sync --onlyvisible --pid "$running" >windows 2>/dev/null ||
        fail "$*: no window: $(cat err)"
    window=$(head -n 1 windows)
    xdotool windowfocus --sync "$window"
}

# start ARGUMENT...: once it also has something to show.
start()
{
    appear "$@"
    tries=0
    while [ "$(xdotool getwindowname "$window")" = "one moment" ] && [ $tries -lt 300 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    sleep 1
}

# Until the first of its results is out.
await_result()
{
    while kill -0 "$running" 2>/dev/null && ! grep -q '}$' out; do
        sleep 0.1
    done
}

press()
{
    xdotool key "$1"
    sleep 0.5
}

# finish STATUS WHAT: the program ends with this status, and says nothing.
finish()
{
    end_with "$1" "$2"
    [ -s err ] && fail "$2: stderr: $(cat err)"
}

end_with()
{
    tries=0
    while kill -0 "$running" 2>/dev/null && [ $tries -lt 200 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL "$running" 2>/dev/null
    wait "$running"
    got=$?
    [ "$got" -eq "$1" ] || fail "$2: status $got, not $1: $(cat err)"
}

start_display
