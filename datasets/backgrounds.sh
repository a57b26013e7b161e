#!/bin/sh
# Fetches pictures without faces for train_fer's verifier: wallpapers and textures out of Debian's
# packages, which are unpacked here, not installed. Needs Debian, unzip, 0.8 GB of network and 1.5 GB
# of disk while it works, 0.5 GB for good. Usage: datasets/backgrounds.sh [FOLDER]     (datasets/backgrounds)
set -eu
target=${1:-$(dirname "$0")/backgrounds}
packages='gnome-backgrounds mate-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04
sway-backgrounds desktop-base openarena-081-textures colobot-common-textures cube2-data
extremetuxracer-data scorched3d-data ufoai-textures'

if [ -e "$target" ]; then
    echo "backgrounds.sh: $target is there already; remove it first, or name another folder" >&2
    exit 1
fi
command -v unzip >/dev/null || { echo "backgrounds.sh: install unzip first" >&2; exit 1; }
work=$(mktemp -d "${target%/}.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
for package in $packages; do
    echo "$package"
    (cd "$work" && apt-get -q download "$package" >/dev/null)
    mkdir "$work/$package"
    dpkg -x "$work/$package"_*.deb "$work/$package"
    rm "$work/$package"_*.deb
    find "$work/$package" -name '*.pk3' -exec unzip -q -o {} -d "$work/$package" \;
done
# What is not a picture, second names of pictures, maps of normals, gloss and height that go with
# textures, and where people are shown.
find "$work" \( -type l -o -type f ! -iname '*.jpg' ! -iname '*.png' ! -iname '*.webp' \) -delete
find "$work" -type f \( -iname '*_[nsghr]m.*' -o -iname '*_normals.*' -o -iname '*_mask.*' \
    -o -iname '*_solid.*' -o -path '*/avatars/*' -o -path '*/tex_pics/*' \
    -o -path '*/tex_misc/books*' -o -path '*/tex_misc/office_sep*' -o -path '*/tex_mattn/egypt*' \) -delete
find "$work" -depth -type d -empty -delete
mv "$work" "$target"
echo "$target: $(find "$target" -type f | wc -l) pictures"
