#!/bin/sh
# Every method of the text on real digits: trains with each, one after the other, and prints a table
# of options, test error and seconds. Usage: textbook.sh MNIST_FOLDER [THREADS]
set -eu
[ $# -ge 1 ] || { echo "usage: textbook.sh MNIST_FOLDER [THREADS]" >&2; exit 2; }
data=$1 threads=${2:-1}
train_fer=$(dirname "$0")/../../train_fer
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

while read -r options; do
    started=$(date +%s)
    # shellcheck disable=SC2086 # the options are words
    "$train_fer" --data "$data" --features pixels --threads "$threads" $options \
        --output "$work/model.safetensors" >"$work/log"
    seconds=$(($(date +%s) - started))
    accuracy=$("$train_fer" --evaluate "$work/model.safetensors" --data "$data" |
        sed -n 's/^  accuracy *\([0-9.]*\) .*/\1/p')
    awk -v a="$accuracy" -v s="$seconds" -v o="$options" \
        'BEGIN { printf "| `%s` | %.2f %% | %d s |\n", o, 100 - a, s }'
done <<'LIST'
--hidden none --optimizer sgd --epochs 20
--hidden 300 --activation sigmoid --output-activation sigmoid --loss mse --optimizer sgd --learning-rate 2 --batch-size 16 --epochs 30
--hidden 300 --activation sigmoid --output-activation sigmoid --loss cross-entropy --optimizer momentum --epochs 20
--hidden 300 --activation sigmoid --output-activation softmax --loss mse --optimizer adamw --epochs 20
--hidden 300 --activation tanh --output-activation sigmoid --loss mse --optimizer momentum --epochs 20
--hidden 300 --activation tanh --loss cross-entropy --optimizer sgd --epochs 20
--hidden 300,100 --activation tanh --loss cross-entropy --optimizer momentum --epochs 20
--hidden 300 --activation relu --batch-norm off --loss cross-entropy --optimizer sgd --epochs 20
--hidden 100 --activation sigmoid --descent stochastic --optimizer sgd --learning-rate 0.05 --epochs 10
--hidden 100 --activation tanh --descent full --optimizer momentum --learning-rate 0.1 --epochs 200
--hidden 300 --activation sigmoid --optimizer momentum --epochs 100 --patience 3
--hidden 800 --activation relu --output-activation softmax --loss cross-entropy
LIST
