"""How the whole program does on photographs: found faces, right answers, what it says too often.

Usage: photos.py FOLDER [MODEL]       FOLDER holds pictures and labels.csv (file,emotion)
       photos.py --sheets N FOLDER    N contact sheets, 30 of the pictures on each

Photographs: the answer for a picture is that of its largest box. Contact sheets: each has 6x5 of
the pictures, 160 pixels wide and high, drawn by lot (the sheet's number is the seed) and put
together by ImageMagick's montage, edge to edge and 4 pixels apart in turn. A face is found where
the middle of a box of 40 pixels at least lies within 48 pixels of the middle of its tile; every
other box is false, a second one on a face too.
"""
import collections
import csv
import json
import os
import random
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "expressions")
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
COLUMNS, ROWS, TILE, NEAR, SMALLEST = 6, 5, 160, 48, 40


def recognize(paths, options=()):
    """File name -> faces, for what can be read."""
    command = [PROGRAM, "--headless", "--json", *options, "--image", *paths]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if result.returncode not in (0, 1, 3):
        sys.exit(f"photos.py: {PROGRAM} ended with status {result.returncode}")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    return {os.path.basename(a["source"]): a["faces"] for a in answers}


def area(face):
    return face["box"][2] * face["box"][3]


def photographs(folder, labels, model):
    answers = recognize([folder], ["--model", model] if model else [])
    faces = {name: answers.get(name, []) for name in labels}
    counts = collections.Counter(min(len(found), 2) for found in faces.values())
    table = collections.Counter()
    for name, truth in labels.items():
        largest = max(faces[name], key=area, default=None)
        table[truth, largest["emotion"] if largest else "(none)"] += 1
    total = len(labels)
    right = sum(table[label, label] for label in LABELS)
    print(f"{total} pictures: one face in {counts[1]} ({100 * counts[1] / total:.1f} %), "
          f"several in {counts[2]}, none in {counts[0]}")
    print(f"right: {right} ({100 * right / total:.1f} %); the answer is the largest face's")
    print("\n%-10s %8s %7s   answered:" % ("label", "pictures", "right"),
          *("%8s" % name for name in LABELS + ["(none)"]))
    for truth in LABELS:
        row = [table[truth, answer] for answer in LABELS + ["(none)"]]
        if sum(row):
            share = 100 * table[truth, truth] / sum(row)
            print("%-10s %8d %5.1f %%            " % (truth, sum(row), share),
                  *("%8d" % n for n in row))
    row = [sum(table[truth, answer] for truth in LABELS) for answer in LABELS + ["(none)"]]
    print("%-10s %8d                    " % ("all", total), *("%8d" % n for n in row))
    for name, found in faces.items():
        if len(found) != 1:
            print(f"  {name}: {len(found)} faces", *(face["box"] for face in found))


def make_sheet(folder, chosen, gap, path):
    pictures = [os.path.join(folder, name) for name in chosen]
    geometry = f"{TILE}x{TILE}+{gap}+{gap}"
    subprocess.run(["montage", *pictures, "-tile", f"{COLUMNS}x{ROWS}", "-geometry", geometry, path],
                   check=True)


def judge(faces, gap):
    """How many tiles have their face, and how many boxes are false."""
    pitch = TILE + 2 * gap
    tiles, false = set(), 0
    for x, y, width, height in (face["box"] for face in faces):
        (column, beside), (row, below) = divmod(x + width / 2, pitch), divmod(y + height / 2, pitch)
        near = max(abs(beside - pitch / 2), abs(below - pitch / 2)) <= NEAR
        if near and width >= SMALLEST and (column, row) not in tiles:
            tiles.add((column, row))
        else:
            false += 1
    return len(tiles), false


def sheets(folder, names, count):
    with tempfile.TemporaryDirectory() as work:
        for seed in range(count):
            chosen = random.Random(seed).sample(names, COLUMNS * ROWS)
            make_sheet(folder, chosen, 2 * (seed % 2), f"{work}/{seed:03}.png")
        answers = recognize([work])
    results = [judge(answers[f"{seed:03}.png"], 2 * (seed % 2)) for seed in range(count)]
    for seed, (found, false) in enumerate(results):
        print(f"sheet {seed}: {found} of {COLUMNS * ROWS} faces, {false} false boxes")
    found, false = zip(*results)
    print(f"a sheet: {sum(found) / count:.1f} faces, {min(found)} at worst; "
          f"{sum(false) / count:.2f} false boxes, {max(false)} at worst")


def main(arguments):
    count = 0
    if len(arguments) == 3 and arguments[0] == "--sheets":
        count, arguments = int(arguments[1]), arguments[2:]
    if not 1 <= len(arguments) <= 2:
        sys.exit(__doc__)
    with open(os.path.join(arguments[0], "labels.csv"), newline="") as file:
        labels = {row["file"]: row["emotion"] for row in csv.DictReader(file)}
    if count:
        sheets(arguments[0], sorted(labels), count)
    else:
        photographs(arguments[0], labels, arguments[1] if len(arguments) == 2 else None)


main(sys.argv[1:])
