# What the scripts that run the program from the outside have in common. They set program, pictures
# and source_dir, and source it; from then on they are in a folder of their own, with the program, its
# models and made-up pictures. It goes with them, and so do the processes that they began, also where
# ctest is stopped.
set -u
[ -f "$source_dir/models/expressions.safetensors" ] || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d) || exit 1
leave_nothing()
{
    jobs -p >"$work/children"
    xargs -r kill -KILL <"$work/children" 2>/dev/null
    rm -rf "$work"
}
trap leave_nothing EXIT
trap 'exit 143' HUP INT TERM
cp "$program" "$work/expressions" && ln -s "$source_dir/models" "$work" || exit 1
cd "$work" || exit 1
unset DISPLAY WAYLAND_DISPLAY SDL_VIDEODRIVER
cp "$pictures"/* . || exit 1
failures=0

fail()
{
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# one_line TEXT: err has this text and nothing else.
one_line()
{
    grep -qF -e "$1" err && [ "$(wc -l <err)" -eq 1 ] || fail "no \"$1\" in: $(cat err)"
}

# --- At the end of all
conclude()
{
    [ "$failures" -eq 0 ] && echo "all as expected"
    exit "$((failures > 0))"
}
