"""How fast the live program is, beside the plain loop that everyone writes.

Usage: bench_live.py [--program PATH] CLIP [files | still | live]...       CLIP shows one face

Without a window: frames a second of ./expressions on its demo, on the clip, scaled to two sizes, and
on ten drawn faces; the same for a loop of python3-opencv (detectMultiScale(1.3, 5) on the whole grey frame,
then matrices of the model's size in NumPy), and the ratio; CPU milliseconds for each frame of both.
Of the demo the loop gets a copy that the program has recorded once, with what it draws.
The two run in turn; of ROUNDS rounds the best counts, since other programs only ever slow one down.
And beside decoding alone (ffmpeg -threads 2 -f null): the clip as H.264 in four sizes, from start to end.

Live: the clip at 1280x720 and 30 frames a second as an MJPEG stream that ffmpeg serves on loopback,
which the program takes for a camera, without a window and, where there is Xvfb, in one. Latency is
from the arrival of a frame, before it is decoded, until its results are out, or it is on the screen.
CPU is the share of one core. Dropped: in the first second, in which the window opens, and later.
"""
import argparse
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import cv2
import numpy

from measuring import (ROOT, Run, cost_of, cpu_seconds, demo_face, drifting_faces, faces_seen, film, least,
                       read_video, write_video)

CASCADE = "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml"
ROUNDS, LIVE_FRAMES, DEMO_FRAMES = 3, 450, 600


def read_networks(path):
    """For each network of a model file, the (weight, bias) pairs of its layers."""
    data = open(path, "rb").read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])

    def tensor(name):
        entry = header[name]
        begin, end = entry["data_offsets"]
        kind = numpy.float16 if entry["dtype"] == "F16" else numpy.float32
        values = numpy.frombuffer(data[8 + length + begin:8 + length + end], kind)
        return values.astype(numpy.float32).reshape(entry["shape"])

    networks = []
    while f"networks.{len(networks)}.layers.0.weight" in header:
        prefix, layers = f"networks.{len(networks)}.layers", []
        while f"{prefix}.{len(layers)}.weight" in header:
            layers.append(tuple(tensor(f"{prefix}.{len(layers)}.{part}")
                                for part in ("weight", "bias")))
        inputs = header["__metadata__"][f"{prefix}"].split(",")[0]
        networks.append((int(inputs), layers))
    return networks


def answer(networks, crop):
    """Probabilities; a layer with fewer inputs than there are values is applied to each part."""
    total = 0
    for inputs, layers in networks:
        vector = numpy.resize(crop.astype(numpy.float32) / 255, inputs)
        for weight, bias in layers:
            vector = (vector.reshape(-1, weight.shape[1]) @ weight.T + bias).ravel()
            if weight is not layers[-1][0]:
                vector = numpy.maximum(vector, 0)
        scores = numpy.exp(vector - vector.max())
        total = total + scores / scores.sum()
    return total / len(networks)


def plain(path, networks):
    """Frames a second, and CPU seconds for each, of the loop that everyone writes."""
    detector, frames = cv2.CascadeClassifier(CASCADE), 0
    started, used = time.perf_counter(), cpu_seconds(resource.RUSAGE_SELF)
    video = cv2.VideoCapture(path)
    while True:
        more, frame = video.read()
        if not more:
            return (frames / (time.perf_counter() - started),
                    (cpu_seconds(resource.RUSAGE_SELF) - used) / frames)
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        for x, y, width, height in detector.detectMultiScale(grey, 1.3, 5):
            answer(networks, cv2.resize(grey[y:y + height, x:x + width], (48, 48)))
        frames += 1


def measure_files(program, networks, cases):
    print(f"{'without a window':20} {'ours':>9} {'plain':>9} {'ratio':>6} {'CPU ours':>9} "
          f"{'plain':>8} {'ratio':>6} {'detect':>8} {'recognize':>9} {'memory':>7}")
    for name, source, path in cases:
        ours, loops = [], []
        for _ in range(ROUNDS):
            ours.append(Run(program, [*source, "--headless"]))
            loops.append(plain(path, networks))
        best = max(ours, key=lambda run: run.frames / run.seconds)
        fps, cpu = best.frames / best.seconds, min(run.cpu / run.frames for run in ours)
        loop_fps, loop_cpu = max(loop[0] for loop in loops), min(loop[1] for loop in loops)
        stages = [best.stages.get(stage, (0,))[0] for stage in ("detection", "recognition")]
        print(f"{name:20} {fps:5.0f} fps {loop_fps:5.0f} fps {fps / loop_fps:6.1f} "
              f"{1000 * cpu:6.1f} ms {1000 * loop_cpu:5.1f} ms {loop_cpu / cpu:6.1f} "
              f"{stages[0]:5.1f} ms {stages[1]:6.1f} ms {best.memory:4} MB")
        if name.endswith("ten faces") and faces_seen(best.lines) != 10:
            sys.exit(f"{name}: {faces_seen(best.lines)} faces are found in most frames, not ten")


def measure_decoding(program, clip, frames, folder):
    print(f"\n{'H.264, one face':20} {'ours':>9} {'decoding':>9} {'ratio':>6} {'CPU ours':>9} {'decoding':>9}")
    for width, height, rounds in ((596, 336, 6), (1280, 720, 4), (1920, 1080, 4), (3840, 2160, 2)):
        path = os.path.join(folder, f"{height}.mp4")
        film(clip, path, width, height, rounds)
        commands = ([program, "--headless", "--json", "--quiet", "--video", path],
                    ["ffmpeg", "-loglevel", "error", "-threads", "2", "-i", path, "-f", "null", "-"])
        ours, decoding = map(least, zip(*[map(cost_of, commands) for _ in range(ROUNDS)]))
        count = frames * rounds
        print(f"{f'{width}x{height}':20} {count / ours.seconds:5.0f} fps {count / decoding.seconds:5.0f} fps "
              f"{decoding.seconds / ours.seconds:6.2f} {1000 * ours.cpu / count:6.1f} ms "
              f"{1000 * decoding.cpu / count:6.1f} ms")


@contextlib.contextmanager
def stream(path):
    """The URL of an endless stream of the video, for one client."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/camera.mjpg"
    server = subprocess.Popen(
        ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", path, "-c:v", "copy",
         "-f", "mpjpeg", "-listen", "1", url], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield url
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def display():
    """An environment with a display of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24",
                               "-nolisten", "tcp"], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with open(read) as number:
            yield {**os.environ, "DISPLAY": ":" + number.readline().strip()}
    finally:
        server.kill()
        server.wait()


def measure_live(program, path, name, options, environment=None):
    runs = []
    for _ in range(ROUNDS):
        with stream(path) as url:
            runs.append(Run(program, ["--camera", url, "--max-frames", str(LIVE_FRAMES), *options],
                            environment))
    best = min(runs, key=lambda run: (run.dropped_later(), run.stages["latency"][1]))
    median, high = best.stages["latency"]
    drawing = best.stages.get("drawing", (0,))[0]
    cpu = min(run.cpu / run.seconds for run in runs)
    first = best.dropped - best.dropped_later()
    print(f"{name:20} {best.frames / best.seconds:5.1f} fps {first:4} + {best.dropped_later():<2}"
          f"{median:6.1f} ms {high:6.1f} ms {drawing:6.1f} ms {100 * cpu:5.0f} % "
          f"{best.memory:6} MB")


def first_answer(program, folder, frame):
    picture = os.path.join(folder, "face.png")
    cv2.imwrite(picture, frame)
    seconds = []
    for _ in range(2 * ROUNDS):
        started = time.perf_counter()
        with subprocess.Popen([program, "--image", picture, "--headless", "--json"],
                              stdout=subprocess.PIPE) as run:
            run.stdout.readline()
            seconds.append(time.perf_counter() - started)
    seconds.sort()
    print(f"one picture, from start to answer: {seconds[0]:.2f} s, median "
          f"{seconds[len(seconds) // 2]:.2f} s")


def measure_all_live(program, path):
    print(f"\n{'1280x720 at 30 fps':20} {'shown':>9} {'dropped':>8} {'latency':>9} {'95th':>9} "
          f"{'drawing':>9} {'CPU':>7} {'memory':>9}")
    measure_live(program, path, "without a window", ["--headless"])
    if shutil.which("Xvfb"):
        with display() as environment:
            measure_live(program, path, "window", [], environment)
            measure_live(program, path, "window, OpenGL", [],
                         {**environment, "SDL_RENDER_DRIVER": "opengl"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.path.join(ROOT, "expressions"))
    parser.add_argument("clip")
    parser.add_argument("parts", nargs="*", metavar="files | still | live",
                        help="what to measure; all of it unless said")
    arguments = parser.parse_args()
    program, clip = arguments.program, read_video(arguments.clip)
    networks = read_networks(os.path.join(ROOT, "models", "expressions.safetensors"))
    with tempfile.TemporaryDirectory() as folder:
        def video(name, frames):
            path = os.path.join(folder, name + ".avi")
            write_video(path, frames)
            return path

        parts = arguments.parts or ["files", "still", "live"]
        large = video("large", [cv2.resize(f, (1280, 720)) for f in clip] * 2)
        if "files" in parts:
            demo, recorded = ["--demo", "--max-frames", str(DEMO_FRAMES)], folder + "/demo.avi"
            Run(program, [*demo, "--headless", "--output", recorded])
            face = demo_face(folder)
            ten = [drifting_faces(face, 10, 5, 640, 480, step) for step in range(200)]
            measure_files(program, networks, [("the demo, 640x480", demo, recorded)] + [
                (name, ["--video", path], path) for name, path in (
                    ("640x480, one face",
                     video("small", [cv2.resize(f, (640, 480)) for f in clip] * 3)),
                    ("1280x720, one face", large),
                    ("640x480, ten faces", video("ten", ten)))])
            measure_decoding(program, arguments.clip, len(clip), folder)
        if "still" in parts:
            first_answer(program, folder, clip[0])
        if "live" in parts:
            measure_all_live(program, large)


main()
