"""What the measurements share: films and pictures made of the clip, and what a run costs."""
import json
import os
import re
import resource
import subprocess
import sys
import time
from typing import NamedTuple

import cv2
import numpy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def write_video(path, frames):
    writer = cv2.VideoWriter()
    for frame in frames:
        if not writer.isOpened():
            writer.open(path, cv2.VideoWriter_fourcc(*"MJPG"), 30, frame.shape[1::-1])
        writer.write(frame)
    writer.release()


def read_video(path):
    video, frames = cv2.VideoCapture(path), []
    while True:
        more, frame = video.read()
        if not more:
            return frames
        frames.append(frame)


def film(clip, path, width, height, rounds):
    """The clip, scaled and repeated, as cameras and phones compress it."""
    subprocess.run(["ffmpeg", "-loglevel", "error", "-stream_loop", str(rounds - 1), "-i", clip, "-an",
                    "-vf", f"scale={width}:{height}", "-c:v", "libx264", "-preset", "veryfast",
                    "-pix_fmt", "yuv420p", path], check=True, stdin=subprocess.DEVNULL)


FACE = 110  # pixels


def demo_face(folder):
    """The demo's face; tests/make_pictures.c writes it."""
    subprocess.run([os.path.join(ROOT, "build", "tests", "make_pictures"), folder], check=True)
    picture = cv2.imread(os.path.join(folder, "face.png"))
    return cv2.resize(picture[85:335, 145:395], (FACE, FACE), interpolation=cv2.INTER_AREA)


def drifting_faces(face, count, columns, width, height, step):
    """A frame with `count` faces in rows of `columns`, which drift a little."""
    picture = numpy.full((height, width, 3), 96, numpy.uint8)
    across, down = width // columns, height // max(1, -(-count // columns))
    for i in range(count):
        left = i % columns * across + (across - FACE) // 2 + step % 20 // 4
        top = i // columns * down + (down - FACE) // 2 + step % 16 // 4
        picture[top:top + FACE, left:left + FACE] = face
    return picture


def faces_seen(lines):
    """In the median frame, of the lines that --json prints."""
    return sorted(line.count('"id"') for line in lines)[len(lines) // 2]


def cpu_seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


class Run:
    """What a run of the program said in the end, and the CPU time that it took."""

    def __init__(self, program, arguments, environment=None):
        used = cpu_seconds(resource.RUSAGE_CHILDREN)
        run = subprocess.run([program, *arguments, "--json", "--verbose"], check=True,
                             capture_output=True, text=True, env=environment)
        self.cpu = cpu_seconds(resource.RUSAGE_CHILDREN) - used
        found = re.search(r"(\d+) frames in ([\d.]+) s, (\d+) dropped, (\d+) MB", run.stderr)
        self.frames, self.seconds = int(found[1]), max(float(found[2]), 0.05)
        self.dropped, self.memory = int(found[3]), int(found[4])
        self.stages = {name: (float(median), float(high)) for name, median, high in re.findall(
            r"(\w+): median ([\d.]+) ms, 95th percentile ([\d.]+) ms", run.stderr)}
        self.lines = run.stdout.splitlines()

    def dropped_later(self):
        """Frames that nobody saw after the first second, in which the window opens."""
        numbers = [json.loads(line)["frame"] for line in self.lines]
        seen = [number for number in numbers if number >= 30]
        return seen[-1] - seen[0] + 1 - len(seen)


class Cost(NamedTuple):
    """Seconds of commands that run at the same time: until the last one ends, and of CPU time."""
    seconds: float
    cpu: float


def begin(commands, environment=None):
    return [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
            for command in commands]


def check(children):
    for child in children:
        if child.wait():
            sys.exit(f"{' '.join(child.args)}: exit status {child.returncode}")


def cost_of(*commands, environment=None):
    started, used = time.perf_counter(), cpu_seconds(resource.RUSAGE_CHILDREN)
    check(begin(commands, environment))
    return Cost(time.perf_counter() - started, cpu_seconds(resource.RUSAGE_CHILDREN) - used)


def least(costs):
    """Of each figure, since other programs only ever add to it."""
    return Cost(*map(min, zip(*costs)))


def resident(process):
    """MB; what several have in common is shared out among them."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as numbers:
            return int(re.search(r"^Pss: *([0-9]+) kB", numbers.read(), re.MULTILINE)[1]) / 1024
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return 0


def memory_of(*commands, environment=None):
    """The most that the commands have at the same time, MB."""
    children, most = begin(commands, environment), 0
    while any(child.poll() is None for child in children):
        most = max(most, sum(resident(child.pid) for child in children))
        time.sleep(0.02)
    check(children)
    return most
