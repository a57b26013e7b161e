"""Whether the live program holds out: memory, results and latency over a long run.

Usage: endurance.py [--program PATH] headless [FRAMES]    the demo, as fast as it goes (200000)
       endurance.py [--program PATH] window [FRAMES]      the demo in a window under Xvfb (20000)
       endurance.py [--program PATH] losses [COUNT]       a stream that is lost and returns (500)

Resident memory, open files, threads and CPU time are read once for every hundredth part of the run
and averaged over its tenths. Status 1 where the last tenth holds over 1 % more or less memory than
the second, more files or threads, or where a result is missing; the times are for the reader.
Latency, from the grab of a frame until its results are out or shown, is what --verbose says of the
last 120 frames: of a run of 1000 frames before, and of the long one.
Losses: a server on loopback sends eight frames as an MJPEG stream, cuts the connection, and takes
the program's next one; every loss and every return must have been reported.
"""
import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGESIZE")
FRAMES_A_STREAM = 8


def sample(pid):
    """Resident bytes, CPU seconds, open files, threads."""
    with open(f"/proc/{pid}/statm") as file:
        resident = int(file.read().split()[1]) * PAGE
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (resident, (int(fields[11]) + int(fields[12])) / TICKS,
            len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task")))


def run(arguments, frames, environment, stop=None):
    """Samples of the run, its lines of results in numbers, what it said on stderr."""
    samples, numbers, faces = [], [], 0
    with tempfile.TemporaryFile("w+") as told:
        program = subprocess.Popen(arguments + ["--json", "--verbose"], stdout=subprocess.PIPE,
                                   stderr=told, stdin=subprocess.DEVNULL, env=environment)
        for line in program.stdout:
            numbers.append(int(re.search(rb'"frame":(\d+),', line)[1]))
            faces += line.count(b'"id":')
            if len(numbers) % max(frames // 100, 1) == 0 and len(numbers) < frames:
                samples.append(sample(program.pid))
            if stop and stop(program, told):
                break
        program.stdout.close()
        status = program.wait()
        told.seek(0)
        text = told.read()
    if status != 0:
        sys.exit(f"status {status}: {text[-2000:]}")
    return samples, numbers, faces, text


def latency(text):
    return re.search(r"latency: median ([\d.]+) ms, 95th percentile ([\d.]+) ms", text).groups()


def judge(samples, frames):
    """Prints the tenths; what has grown."""
    tenth = len(samples) // 10
    means = []
    print("tenth  resident MB  CPU ms/frame  files  threads")
    for i in range(10):
        part = samples[i * tenth:(i + 1) * tenth]
        megabytes = sum(s[0] for s in part) / len(part) / 1e6
        cpu = (part[-1][1] - part[0][1]) / (len(part) - 1) / (frames / 100) * 1e3
        means.append((megabytes, max(s[2] for s in part), max(s[3] for s in part)))
        print(f"{i + 1:5d}  {megabytes:11.2f}  {cpu:12.3f}  {means[i][1]:5d}  {means[i][2]:7d}")
    growth = means[9][0] / means[1][0] - 1
    print(f"memory: the last tenth holds {100 * growth:+.2f} % of the second")
    problems = ["memory is not flat"] if abs(growth) > 0.01 else []
    return problems + [f"more {name} at the end" for i, name in ((1, "files"), (2, "threads"))
                       if means[9][i] > means[1][i]]


def demo(program, frames, environment, options):
    arguments = [program, "--demo"] + options
    short = run(arguments + ["--max-frames", "1000"], 1000, environment)
    samples, numbers, faces, text = run(arguments + ["--max-frames", str(frames)], frames,
                                        environment)
    problems = judge(samples, frames)
    print("latency: median {} ms, 95th percentile {} ms after 1000 frames".format(
        *latency(short[3])))
    print("latency: median {} ms, 95th percentile {} ms after {} frames".format(*latency(text),
                                                                               frames))
    print(f"results: {len(numbers)} of {frames} frames, {faces} faces;",
          re.search(r"\d+ frames in .*", text)[0])
    if numbers != list(range(frames)):
        problems.append("a result is missing")
    if ", 0 dropped" not in text:
        problems.append("frames were dropped")
    return problems


@contextlib.contextmanager
def display():
    """The number of an X server of our own."""
    read, write = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24",
                               "-nolisten", "tcp", "-noreset"], pass_fds=[write],
                              stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()
    try:
        yield number
    finally:
        server.terminate()
        server.wait()


def serve(listener, picture):
    """One connection after the other, a few frames each."""
    part = (b"--part\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) +
            picture + b"\r\n")
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n"
                               b"Content-Type: multipart/x-mixed-replace; boundary=part\r\n\r\n")
            for _ in range(FRAMES_A_STREAM):
                connection.sendall(part)
                time.sleep(0.02)


def losses(program, count, environment, folder):
    picture = os.path.join(folder, "face.jpg")
    subprocess.run([program, "--demo", "--headless", "--quiet", "--max-frames", "60", "--output",
                    picture + ".avi"], check=True, env=environment, stdout=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", "-loglevel", "error", "-sseof", "-0.1", "-i", picture + ".avi",
                    "-frames:v", "1", picture], check=True)
    listener = socket.create_server(("127.0.0.1", 0))
    with open(picture, "rb") as file:
        threading.Thread(target=serve, args=(listener, file.read()), daemon=True).start()

    def enough(running, told):
        if os.pread(told.fileno(), 1 << 24, 0).count(b"is back") < count:
            return False
        running.terminate()
        return True

    url = f"http://127.0.0.1:{listener.getsockname()[1]}/camera.mjpg"
    begin = time.monotonic()
    samples, numbers, faces, text = run([program, "--camera", url, "--headless"],
                                        count * FRAMES_A_STREAM, environment, enough)
    listener.close()
    lost, back = text.count("waiting for it"), text.count("is back")
    problems = judge(samples, count * FRAMES_A_STREAM)
    print(f"{lost} losses, {back} returns, {len(numbers)} results, {faces} faces "
          f"in {time.monotonic() - begin:.0f} s")
    if not count <= back <= lost:
        problems.append("a loss or a return was not told")
    if any(a >= b for a, b in zip(numbers, numbers[1:])):
        problems.append("the frames' numbers do not rise")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=os.path.join(ROOT, "expressions"))
    parser.add_argument("what", choices=["headless", "window", "losses"])
    parser.add_argument("count", type=int, nargs="?")
    options = parser.parse_args()
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
    program = os.path.abspath(options.program)
    if options.what == "headless":
        problems = demo(program, options.count or 200000, environment, ["--headless"])
    elif options.what == "window":
        with display() as number:
            problems = demo(program, options.count or 20000,
                            {**environment, "DISPLAY": f":{number}"}, [])
    else:
        folder = tempfile.mkdtemp()
        try:
            problems = losses(program, options.count or 500, environment, folder)
        finally:
            shutil.rmtree(folder)
    for problem in problems:
        print("FAILED:", problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
