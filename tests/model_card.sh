#!/bin/sh
# "From Python" in models/README.md, its very text, against our own answers from the same vectors: on
# a made-up model that has all that a model can have, and on the one that comes with the programs.
# Usage: model_card.sh MAKE_VECTORS SOURCE_DIR
set -u
make_vectors=$1
source_dir=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/models" && cd "$work" || exit 1
export OPENBLAS_NUM_THREADS=1

fail()
{
    echo "FAILED: $*"
    exit 1
}

# The first that has numpy.
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import numpy' 2>/dev/null && break
done
[ "$python" != none ] || { echo "skipped: there is no python3-numpy"; exit 77; }

sed -n '/^## From Python$/,/^## [^F]/p' "$source_dir/models/README.md" | sed -n 's/^    //p; s/^$//p' >recipe
[ -s recipe ] || fail "the model card has no such recipe"
cat >compare <<'END'

networks, classes = int(about["networks"]), len(about["classes"].split(","))
expected = np.fromfile("probabilities.f32", "f4").reshape(-1, classes)
rows = len(expected) * (2 if about["mirror"] == "true" else 1)
vectors = [np.fromfile(f"networks.{n}.f32", "f4").reshape(rows, -1) for n in range(networks)]
found = probabilities(vectors)
assert found.shape == (rows, classes), found.shape
found = found.reshape(-1, len(expected), classes).mean(axis=0)
assert np.ptp(expected, axis=0).max() > 0.05, "answers that are all alike prove nothing"
error = np.abs(found - expected).max()
assert error < 5e-4, error  # programs multiply rounded numbers
print("ok", networks, "networks,", rows, "rows, largest difference", error)
END
cat recipe compare >recipe.py

check()
{
    "$make_vectors" . || fail "$1: no vectors"
    "$python" recipe.py >out 2>&1 || fail "$1: $(cat out)"
    grep -q '^ok ' out || fail "$1: $(cat out)"
    cat out
    rm -f ./*.f32
}

check "a made-up model"
if [ -f "$source_dir/models/expressions.safetensors" ]; then
    cp "$source_dir/models/expressions.safetensors" models
    check "the shipped model"
fi
echo "all as expected"
