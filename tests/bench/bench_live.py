"""How fast the live program is, beside the plain loop that everyone writes.

Prints frames a second of ./expressions, without a window, on a clip scaled to
two sizes and on a frame with ten faces; the same for a loop of python3-opencv (detectMultiScale(1.3, 5) on the whole
grey frame, then the model's own weights in NumPy on a vector of the right length), and the ratio;
resident memory, and seconds from the start to the answer for one picture. All in turn, three rounds,
medians. Usage: bench_live.py CLIP
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import cv2
import numpy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(ROOT, "expressions")
MODEL = os.path.join(ROOT, "models", "expressions.safetensors")
CASCADE = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"
ROUNDS = 3


def read_layers(path):
    """The (weight, bias) pairs of a model file."""
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    layers = []
    while f"layers.{len(layers)}.weight" in header:
        pair = []
        for part in ("weight", "bias"):
            entry = header[f"layers.{len(layers)}.{part}"]
            begin, end = entry["data_offsets"]
            kind = numpy.float16 if entry["dtype"] == "F16" else numpy.float32
            values = numpy.frombuffer(data[8 + length + begin:8 + length + end], kind)
            pair.append(values.astype(numpy.float32).reshape(entry["shape"]))
        layers.append(pair)
    return layers


def write_video(path, frames):
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 30, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()


def read_video(path):
    video, frames = cv2.VideoCapture(path), []
    while True:
        more, frame = video.read()
        if not more:
            return frames
        frames.append(frame)


def ten_faces(frame):
    """A 640x480 frame with the clip's face in ten places."""
    face = max(cv2.CascadeClassifier(CASCADE).detectMultiScale(
        cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), 1.1, 3), key=lambda box: box[2])
    x, y, side = face[0], face[1], face[2]
    pad = side // 6
    patch = cv2.resize(frame[max(0, y - pad):y + side + pad, max(0, x - pad):x + side + pad],
                       (120, 150))
    picture = numpy.full((480, 640, 3), 96, numpy.uint8)
    for i in range(10):
        left, top = 8 + i % 5 * 126, 60 + i // 5 * 200
        picture[top:top + 150, left:left + 120] = patch
    return picture


def ours(arguments):
    """(frames a second of the loop itself, resident MB) of a run without a window."""
    run = subprocess.run([PROGRAM, *arguments, "--headless", "--json", "--verbose"], check=True,
                         capture_output=True, text=True)
    found = re.search(r"(\d+) frames in ([\d.]+) s.* (\d+) MB resident", run.stderr)
    return int(found[1]) / max(float(found[2]), 0.05), int(found[3])


def plain(path, layers):
    """Frames a second of the loop that everyone writes."""
    detector, frames, started = cv2.CascadeClassifier(CASCADE), 0, time.perf_counter()
    video = cv2.VideoCapture(path)
    while True:
        more, frame = video.read()
        if not more:
            return frames / (time.perf_counter() - started)
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        for x, y, width, height in detector.detectMultiScale(grey, 1.3, 5):
            crop = cv2.resize(grey[y:y + height, x:x + width], (48, 48))
            vector = numpy.resize(crop.astype(numpy.float32) / 255, layers[0][0].shape[1])
            for weight, bias in layers[:-1]:
                vector = numpy.maximum(weight @ vector + bias, 0)
            scores = numpy.exp(layers[-1][0] @ vector + layers[-1][1])
            scores /= scores.sum()
        frames += 1


def main():
    layers, clip = read_layers(MODEL), read_video(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        def video(name, frames):
            path = os.path.join(folder, name + ".avi")
            write_video(path, frames)
            return path

        cases = [(name, video(name, frames)) for name, frames in (
            ("640x480, one face", [cv2.resize(f, (640, 480)) for f in clip] * 3),
            ("1280x720, one face", [cv2.resize(f, (1280, 720)) for f in clip] * 2),
            ("640x480, ten faces", [ten_faces(clip[len(clip) // 2])] * 200))]
        rows = {name: ([], [], []) for name, _ in cases}
        stills = []
        picture = os.path.join(folder, "face.png")
        cv2.imwrite(picture, clip[0])
        for _ in range(ROUNDS):
            for name, path in cases:
                speed, memory = ours(["--video", path])
                rows[name][0].append(speed)
                rows[name][1].append(plain(path, layers))
                rows[name][2].append(memory)
            started = time.perf_counter()
            subprocess.run([PROGRAM, "--image", picture, "--headless", "--json"], check=True,
                           capture_output=True)
            stills.append(time.perf_counter() - started)
        print(f"{'without a window':22} {'ours':>12} {'plain loop':>12} {'ratio':>7} {'memory':>9}")
        for name, (speeds, loops, memory) in rows.items():
            a, b = statistics.median(speeds), statistics.median(loops)
            print(f"{name:22} {a:8.0f} fps {b:8.0f} fps {a / b:7.1f} {max(memory):6d} MB")
        print(f"one picture, from start to answer: {statistics.median(stills):.2f} s")


main()
