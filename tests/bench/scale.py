"""How cost grows with the size of the picture, the faces in it, the streams at once, and the cores, and
whether it grows as it should: each measured beside a model, as tables and as plots.

Usage: scale.py [--program PATH] [--plots FOLDER] CLIP [size | faces | streams | cores]...

CLIP shows one face, such as datasets/clips/one-face.mp4. The plots are written to tests/bench/scale unless
said otherwise. What costs per frame are, a run of one frame has been taken off: the start is not in them. Of
ROUNDS rounds the least counts, since other programs only ever add to it; the machine should have nothing
else to do.

size: CPU milliseconds a frame of H.264, from 320x180 to 3840x2160, of the program and of decoding alone
(ffmpeg -threads 1 -f null). Model: a + b x pixels, fitted so that the relative errors are least. Decoding
and the way to a grey picture touch each pixel; faces are looked for in a picture that is made smaller.

faces: CPU milliseconds a frame of 1280x720 with so many drawn faces. Model: a + b x faces, fitted.

streams: frames a second, all together, and memory, of the clip at 1280x720: in programs of their own, as
films of one program, and as cameras of one process (cameras.py: libexpressions in threads, on one model).
Model: n times one, until the cores are busy, which they are at cores / CPU seconds a frame. Memory: a + b x
streams, fitted.

cores: how much sooner one film, a film for each of FILMS and a folder of pictures are done, from start to
end, than on one core. Model: Amdahl's law, whose serial part is a run of one frame or picture: nothing is fitted.

Needs the built programs, gnuplot, ffmpeg, and of Debian python3-numpy and python3-opencv.
"""
import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from typing import Callable, NamedTuple

import numpy

from measuring import (ROOT, Cost, cost_of, demo_face, drifting_faces, faces_seen, film, least, memory_of,
                       read_video, write_video)

ROUNDS = 3
SIZES = [(320, 180), (640, 360), (960, 540), (1280, 720), (1600, 900), (1920, 1080), (2560, 1440), (3840, 2160)]
FACES = [0, 1, 2, 4, 8, 16, 24, 32]
MOST_STREAMS, FILMS, PICTURES = 6, 8, 48
FRAMES = 200      # of a film
FAR = 0.2         # from the model: it is left
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]


class Series(NamedTuple):
    """What was measured, and the model beside it."""
    name: str
    points: list   # of (x, y)
    law: str       # the model, in words
    model: Callable[[float], float]


def fitted(name, points, unit, of):
    """A line, for the least relative errors."""
    x, y = numpy.array(points, float).T
    a, b = numpy.linalg.lstsq(numpy.stack([1 / y, x / y], axis=1), numpy.ones(len(y)), rcond=None)[0]
    law = f"{round(a, 2):.3g} {unit} + {round(b, 2):.3g} {unit} a {of}"
    return Series(name, points, law, lambda x: a + b * x)


def print_series(series, unit, label=str):
    print(f"  {series.name:24} {unit:>9} {'model':>9} {'ratio':>6}    model: {series.law}")
    for x, y in series.points:
        ratio = y / series.model(x)
        left = "" if abs(ratio - 1) <= FAR else "   leaves the model"
        print(f"  {label(x):>24} {y:9.3g} {series.model(x):9.3g} {ratio:6.2f}{left}")


def draw(path, x_label, y_label, all_series, fine=True):
    """Points as measured, and a line for each model, from 0 on; not `fine`: x is a small number of things."""
    most = 1.05 * max(x for series in all_series for x, _ in series.points)
    script = [f"""set terminal svg size 800,480 font 'DejaVu Sans,13' background 'white'
set border 3 lc rgb '#888888'
set tics nomirror textcolor rgb '#222222'
set grid ytics lc rgb '#dddddd' lt 1
set key outside top center horizontal reverse Left samplen 1.5 maxrows 2 maxcols 3 font ',12'
set xlabel '{x_label}'
set ylabel '{y_label}'
set xrange [0:{most}]
set yrange [0:*]
set offsets graph 0, 0, graph 0.05, 0
{'' if fine else 'set xtics 1'}"""]
    plots = []
    for i, (series, colour) in enumerate(zip(all_series, COLOURS)):
        script += [f"$points{i} << END", *(f"{x} {y}" for x, y in series.points), "END"]
        xs = sorted({*numpy.linspace(min(x for x, _ in series.points), most, 121), *(x for x, _ in series.points)})
        script += [f"$model{i} << END", *(f"{x} {series.model(x)}" for x in xs), "END"]
        plots += [f"$points{i} with points pt {(7, 5, 9, 13)[i]} ps 0.8 lc rgb '{colour}' title '{series.name}'",
                  f"$model{i} with lines lw 1.5 lc rgb '{colour}' title '{series.law}'"]
    script += ["plot " + ", ".join(plots)]
    with open(path, "w") as picture:
        subprocess.run(["gnuplot", "-d", "-"], input="\n".join(script), text=True, stdout=picture, check=True)
    print(f"  drawn: {os.path.relpath(path)}\n")


def each_frame(commands_of, environment=None):
    """The cost of each of the frames but the first; commands_of(n): what runs on n frames."""
    whole, start = (least([cost_of(*commands_of(n), environment=environment) for _ in range(ROUNDS)])
                    for n in (FRAMES, 1))
    return Cost(*((all_ - first) / (FRAMES - 1) for all_, first in zip(whole, start)))


class Bench:
    def __init__(self, arguments, folder):
        self.program, self.clip, self.plots, self.folder = (
            os.path.abspath(arguments.program), arguments.clip, arguments.plots, folder)

    def on_films(self, films, frames, *options):
        return [self.program, "--headless", "--json", "--quiet", "--max-frames", str(frames), *options,
                "--video", *films]

    def plot(self, name):
        return os.path.join(self.plots, f"scale-{name}.svg")

    def film(self, width, height):
        path = os.path.join(self.folder, f"{height}.mp4")
        if not os.path.exists(path):
            film(self.clip, path, width, height, -(-FRAMES // len(read_video(self.clip))))
        return path

    def measure_size(self):
        ours, decoding = [], []
        for width, height in SIZES:
            path = self.film(width, height)
            decoder = ["ffmpeg", "-loglevel", "error", "-threads", "1", "-i", path, "-f", "null"]
            for points, commands in ((ours, lambda n: [self.on_films([path], n)]),
                                     (decoding, lambda n: [[*decoder, "-frames:v", str(n), "-"]])):
                points.append((width * height / 1e6, 1000 * each_frame(commands).cpu))
        names = {width * height / 1e6: f"{width}x{height}" for width, height in SIZES}
        all_series = [fitted("the program", ours, "ms", "megapixel"),
                      fitted("decoding alone", decoding, "ms", "megapixel")]
        for series in all_series:
            print_series(series, "CPU ms", names.get)
        draw(self.plot("size"), "megapixels", "CPU milliseconds a frame", all_series)

    def measure_faces(self):
        face, points = demo_face(self.folder), []
        for count in FACES:
            path = os.path.join(self.folder, f"{count}-faces.avi")
            write_video(path, (drifting_faces(face, count, 8, 1280, 720, step) for step in range(FRAMES)))
            lines = subprocess.run(self.on_films([path], FRAMES), stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.splitlines()
            if faces_seen(lines) != count:
                sys.exit(f"{faces_seen(lines)} faces are found in most frames, not {count}")
            points.append((count, 1000 * each_frame(lambda n: [self.on_films([path], n)]).cpu))
        series = fitted("the program", points, "ms", "face")
        print_series(series, "CPU ms", "{} faces".format)
        draw(self.plot("faces"), "faces in a picture of 1280x720", "CPU milliseconds a frame", [series])

    def measure_streams(self):
        path, cores = self.film(1280, 720), len(os.sched_getaffinity(0))
        environment = {**os.environ, "LD_LIBRARY_PATH": os.path.join(ROOT, "build", "src", "lib"),
                       "PYTHONPATH": os.path.join(ROOT, "src", "python"), "OPENBLAS_NUM_THREADS": "1"}
        cameras = os.path.join(ROOT, "tests", "bench", "cameras.py")
        kinds = {
            "programs": lambda n, frames: [self.on_films([path], frames)] * n,
            "films in one program": lambda n, frames: [self.on_films([path] * n, frames, "--threads", str(n))],
            "cameras in one process": lambda n, frames: [
                [sys.executable, cameras, "--frames", str(frames), str(n), path]],
        }
        speeds, memories = [], []
        for name, commands in kinds.items():
            points, memory, cpu = [], [], []
            for n in range(1, MOST_STREAMS + 1):
                cost = each_frame(lambda frames: commands(n, frames), environment)
                points.append((n, n / cost.seconds))
                cpu.append(cost.cpu / n)
                memory.append((n, memory_of(*commands(n, FRAMES), environment=environment)))
            one, most = points[0][1], cores / cpu[0]
            speeds.append(Series(name, points, f"{one:.3g} a stream, {most:.3g} at most",
                                 lambda n, one=one, most=most: min(n * one, most)))
            memories.append(fitted(name, memory, "MB", "stream"))
            print_series(speeds[-1], "frames/s")
            print("  CPU ms a frame:", *(f"{1000 * used:.2f}" for used in cpu))
        for series in memories:
            print_series(series, "MB")
        draw(self.plot("streams"), f"streams at once, on {cores} cores", "frames a second, all together", speeds,
             fine=False)
        draw(self.plot("memory"), "streams at once", "MB, shared pages once", memories, fine=False)

    def measure_cores(self):
        path, cores = self.film(1280, 720), sorted(os.sched_getaffinity(0))
        pictures = os.path.join(self.folder, "pictures")
        os.mkdir(pictures)
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, "-frames:v", str(PICTURES), "-q:v", "3",
                        os.path.join(pictures, "%03d.jpg")], check=True, stdin=subprocess.DEVNULL)
        on_pictures = [self.program, "--headless", "--json", "--quiet"]
        workloads = {
            "one film": (lambda k: self.on_films([path], FRAMES), self.on_films([path], 1)),
            f"{FILMS} films": (lambda k: self.on_films([path] * FILMS, FRAMES, "--threads", str(k)),
                               self.on_films([path], 1)),
            f"{PICTURES} pictures": (lambda k: [*on_pictures, "--threads", str(k), "--image", pictures],
                                     [*on_pictures, "--image", os.path.join(pictures, "001.jpg")]),
        }
        counts, all_series = range(1, len(cores) + 1), []
        for name, (command, start) in workloads.items():
            seconds = []
            for k in counts:
                with on_cores(cores[:k]):
                    seconds.append(least([cost_of(command(k)) for _ in range(ROUNDS)]).seconds)
            with on_cores(cores[:1]):
                serial = least([cost_of(start) for _ in range(ROUNDS)]).seconds / seconds[0]
            all_series.append(Series(name, [(k, seconds[0] / taken) for k, taken in zip(counts, seconds)],
                                     f"{100 * serial:.0f} % of {seconds[0]:.2f} s serial",
                                     lambda k, serial=serial: 1 / (serial + (1 - serial) / k)))
            print_series(all_series[-1], "speedup", "{} cores".format)
        draw(self.plot("cores"), "cores", "times as fast as on one", all_series, fine=False)


@contextlib.contextmanager
def on_cores(cores):
    """What is started meanwhile runs on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.path.join(ROOT, "expressions"))
    parser.add_argument("--plots", metavar="FOLDER", default=os.path.join(ROOT, "tests", "bench", "scale"))
    parser.add_argument("clip")
    parser.add_argument("parts", nargs="*", metavar="size | faces | streams | cores",
                        help="what to measure; all of it unless said")
    arguments = parser.parse_args()
    os.makedirs(arguments.plots, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        for part in arguments.parts or ["size", "faces", "streams", "cores"]:
            print(part)
            getattr(bench, f"measure_{part}")()


if __name__ == "__main__":
    main()
