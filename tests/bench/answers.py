"""How far the answers of two builds lie apart: boxes, probabilities, labels.

Usage: answers.py BEFORE AFTER PATH...     BEFORE, AFTER: programs; a PATH: a film, a picture, or a folder of those

Of each frame, faces are paired by the share of both boxes that is common to them, largest first. A box's
distance is the farthest that one of its sides has moved, in sides of the face. Probabilities are the raw ones,
of a single frame. What only one build finds is counted. Ends with status 1 where a probability moved by
more than BOUND, a face is found by one build alone, or a label has changed.
"""
import json
import os
import subprocess
import sys

BOUND = 1e-3
FILMS = (".mp4", ".mkv", ".webm", ".avi", ".mov")


def films_and_pictures(paths):
    """What is asked of the program, once per film and once for all pictures of a path."""
    for path in paths:
        names = sorted(os.listdir(path)) if os.path.isdir(path) else [""]
        films = [os.path.join(path, name) if name else path for name in names]
        yield from (("--video", film) for film in films if film.endswith(FILMS))
        if not all(film.endswith(FILMS) for film in films):
            yield "--image", path


def answers(program, option, path):
    """(source, frame) -> faces."""
    run = subprocess.run([program, "--headless", "--json", "--quiet", option, path], stdout=subprocess.PIPE, text=True)
    if run.returncode not in (0, 1, 3):
        sys.exit(f"answers.py: {program} {option} {path} ended with status {run.returncode}")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {(line["source"], line["frame"]): line["faces"] for line in lines}


def common(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def pairs(before, after):
    """Pairs of faces that lie on each other."""
    near = sorted(((common(a["box"], b["box"]), i, j) for i, a in enumerate(before) for j, b in enumerate(after)),
                  reverse=True)
    first, second = set(), set()
    for share, i, j in near:
        if share > 0.2 and i not in first and j not in second:
            first.add(i)
            second.add(j)
            yield before[i], after[j]


def moved(a, b):
    corners = [(x, y, x + w, y + h) for x, y, w, h in (a["box"], b["box"])]
    return max(abs(p - q) for p, q in zip(*corners)) / max(a["box"][2], a["box"][3])


def answered(face):
    """Raw probabilities; none of a face that was not looked at in this frame."""
    return face.get("raw", face["emotions"])


def differ(a, b):
    return max(abs(answered(a)[name] - answered(b)[name]) for name in answered(a))


def quantile(values, share):
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else 0


def compare(before, after, path):
    boxes, probabilities, labels, alone = [], [], [], [0, 0]
    for place in sorted(before.keys() | after.keys()):
        first, second = before.get(place, []), after.get(place, [])
        found = list(pairs(first, second))
        alone[0] += len(first) - len(found)
        alone[1] += len(second) - len(found)
        boxes += [moved(a, b) for a, b in found]
        probabilities += [differ(a, b) for a, b in found]
        labels += [(*place, a["label"], b["label"]) for a, b in found if a["label"] != b["label"]]
    shown = [f"{quantile(boxes, q):.3f}" for q in (0.5, 0.99, 1)] + \
            [f"{quantile(probabilities, q):.4f}" for q in (0.5, 0.99, 1)]
    print(f"{os.path.basename(os.path.normpath(path)):20} {len(before):6} {len(after):6} {len(boxes):6} "
          f"{alone[0]:6} {alone[1]:5}  {' '.join(shown)} {len(labels):6}")
    for source, frame, old, new in labels[:10]:
        print(f"    {os.path.basename(source)} {frame}: {old} -> {new}")
    return max(probabilities, default=0) > BOUND or labels or any(alone) or before.keys() != after.keys()


def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    programs, bad = arguments[:2], False
    print(f"{'':20} {'frames':>13} {'pairs':>6} {'alone':>12}  box: median, 99 %, most; probability: the same; labels")
    for option, path in films_and_pictures(arguments[2:]):
        bad |= bool(compare(*(answers(program, option, path) for program in programs), path))
    sys.exit(1 if bad else 0)


main(sys.argv[1:])
