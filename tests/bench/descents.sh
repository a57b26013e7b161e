#!/bin/sh
# Draws the picture of the text: the cost of full, stochastic and mini-batch descent against epochs
# and against seconds, from three real trainings of the same network.
# Usage: descents.sh DATA FOLDER [EPOCHS]     DATA as for train_fer --data
set -eu
[ $# -ge 2 ] || { echo "usage: descents.sh DATA FOLDER [EPOCHS]" >&2; exit 2; }
data=$1 folder=$2 epochs=${3:-30}
train_fer=$(dirname "$0")/../../train_fer
mkdir -p "$folder"

for descent in full stochastic mini-batch; do
    rate=0.1
    [ $descent != full ] || rate=1 # one update an epoch can take larger steps
    "$train_fer" --data "$data" --align off --features pixels --hidden 100 --activation sigmoid \
        --output-activation softmax --loss cross-entropy --optimizer sgd --weight-decay 0 \
        --label-smoothing 0 --ferplus-share 0 --augment 0 --batch-size 64 --descent $descent \
        --learning-rate $rate --epochs "$epochs" --output "$folder/$descent.safetensors" \
        --report "$folder/$descent"
done

cd "$folder"
gnuplot <<'PLOT'
set datafile separator ','
set terminal pngcairo size 1200,500 font 'DejaVu Sans,11' noenhanced
set output 'descents.png'
set grid lc rgb '#dddddd'
set border lc rgb '#888888'
set multiplot layout 1,2 title 'Cost on the validation pictures, softmax and cross-entropy'
set logscale y
set ylabel 'J'
do for [column in "1 2"] {
    set xlabel column eq "1" ? 'epochs' : 'seconds'
    if (column eq "2") { set logscale x }
    plot 'full/log.csv' every ::1 using int(column):5 with lines lw 2 lc rgb '#0072b2' title 'full', \
         'stochastic/log.csv' every ::1 using int(column):5 with lines lw 2 lc rgb '#d55e00' title 'stochastic', \
         'mini-batch/log.csv' every ::1 using int(column):5 with lines lw 2 lc rgb '#009e73' title 'mini-batch'
}
unset multiplot
PLOT
echo "$folder/descents.png"
