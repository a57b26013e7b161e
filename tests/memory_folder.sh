#!/bin/sh
# Prints a folder in memory for the files of tests, where there is one with room whose programs may run.
# Tests write thousands of models and checkpoints, and each is to have reached the disk.
folder=/dev/shm
[ -d $folder ] && [ "$(df -Pk $folder | awk 'NR == 2 { print $4 }')" -gt 3000000 ] || exit 0
file=$(mktemp -p $folder 2>/dev/null) || exit 0
echo "#!/bin/sh" >"$file" && chmod +x "$file" && "$file" 2>/dev/null && printf $folder
rm -f "$file"
