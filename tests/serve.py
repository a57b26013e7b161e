"""--serve from the outside: what it sends, to whom, and what it does not.

Usage: serve.py EXPRESSIONS SCREENSHOTS   (in a folder with the models; see serve.sh)"""

import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any, Iterator

import websockets

from chromium import Page

PROGRAM, SCREENSHOTS = sys.argv[1:3]
BASE = [PROGRAM, "--headless"]


class Program:
    """A running program with its server."""

    def __init__(self, *arguments: str, source: tuple[str, ...] = ("--demo", "--max-frames", "100000"),
                 stdin: Any = subprocess.DEVNULL) -> None:
        self.lines = open("lines", "w")    # of the last one
        self.process = subprocess.Popen([*BASE, *source, "--json", "--serve", *arguments], stdin=stdin,
                                        stdout=self.lines, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        self.said = self.process.stderr.readline()
        found = re.fullmatch(r"expressions: (http://\S+:(\d+)/) shows the faces.*\n", self.said)
        assert found, self.said + self.process.stderr.read()
        self.url, self.port = found[1], int(found[2])

    def end(self) -> None:
        """Ends as it should, in order and without another word, with any clients connected."""
        self.process.send_signal(signal.SIGINT)
        _, rest = self.process.communicate(timeout=120)
        self.lines.close()
        assert self.process.returncode == 0 and rest == "", (self.process.returncode, rest)

    def memory(self) -> int:
        """Resident, in kilobytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]


@contextlib.contextmanager
def running(*arguments: str, **options: Any) -> Iterator[Program]:
    program = Program(*arguments, **options)
    try:
        yield program
        program.end()
    finally:
        program.process.kill()
        program.process.wait()


def ask(program: Program, path: str = "/", method: str = "GET", body: bytes | None = None,
        **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body; of what does not end, its beginning."""
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    length = answer.headers.get("Content-Length")
    read = answer.read(int(length)) if length is not None else answer.read1(20)
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.headers.items()}, read


def fails(status: int, text: str, *arguments: str, **environment: str) -> None:
    done = subprocess.run([*BASE, "--max-frames", "3", *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment}, timeout=60)
    assert done.returncode == status and done.stderr.count("\n") == 1 and text in done.stderr, \
        (arguments, done.returncode, done.stderr)


# ---- Bad input

def test_refusals() -> None:
    for address in "x", ":80", "host:", "70000", "-1", "127.0.0.1:65536", "::1:8080", "80 80":
        fails(2, "--serve takes PORT or HOST:PORT", "--demo", "--serve", address)
    fails(2, "--serve needs a value", "--demo", "--serve", "")
    fails(2, "--serve-video needs --serve", "--demo", "--serve-video")
    fails(2, "--serve needs a camera", "--image", "x.png", "--serve", "0")
    fails(1, "not an address of this computer", "--demo", "--serve", "192.0.2.1:0")
    fails(1, "check the address", "--demo", "--serve", "nowhere.invalid:8080")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fails(1, f"--serve {port}: another program has this port", "--demo", "--serve", str(port))
    os.makedirs("broken", exist_ok=True)
    for name in "libmicrohttpd.so.12", "libmicrohttpd.so", "libmicrohttpd.dylib":
        pathlib.Path("broken", name).write_text("no library")
    fails(1, "--serve: libmicrohttpd.so.12 is not there; install", "--demo", "--serve", "0",
          LD_LIBRARY_PATH="broken")


def test_announcement() -> None:
    with running("0") as program:
        assert program.said == f"expressions: http://127.0.0.1:{program.port}/ shows the faces\n"
    with running("localhost:0", "--serve-video") as program:
        assert program.said.endswith("/ shows the faces and the pictures\n"), program.said
    with running("0.0.0.0:0") as program:
        computer = socket.gethostname()
        assert program.said.startswith(f"expressions: http://{computer}:"), program.said
        assert program.said.endswith("to everyone who reaches this computer\n"), program.said
        assert ask(program, Host=f"{computer}:{program.port}")[0] == 200
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        print("IPv6: skipped, there is none here")
        return
    with running("[::1]:0") as program:
        assert program.url == f"http://[::1]:{program.port}/", program.said


# ---- Who is answered

def test_checks() -> None:
    with running("0") as program:
        own = f"127.0.0.1:{program.port}"
        for path in "/", "/events", "/websocket", "/video", "/nothing":
            for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{program.port}"},
                            {"Origin": "http://evil.example"}, {"Origin": "null"},
                            {"Origin": "http://127.0.0.1:1"}, {"Sec_Fetch_Site": "cross-site"},
                            {"Sec_Fetch_Site": "same-site"}):
                status, _, text = ask(program, path, **headers)
                assert status == 403 and text.startswith(b"refused: "), (path, headers, status, text)
        for name in own, "localhost", "[::1]:9", "192.168.0.9":
            assert ask(program, Host=name)[0] == 200, name
        assert ask(program, "/events", Origin=f"http://{own}", Sec_Fetch_Site="same-origin")[0] == 200
        assert ask(program, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate",
                   Sec_Fetch_Dest="document")[0] == 200
        for method in "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "ODD":
            for path in "/", "/events":
                status, headers, _ = ask(program, path, method, b"x" * 10000 if method[0] == "P" else None)
                assert status == 405 and headers["allow"] == "GET", (method, status)
        assert ask(program, "/", "GET", b"x")[0] == 400
        assert ask(program, "/websocket")[0] == 400
        assert ask(program, "/video")[0] == 404
        assert ask(program, "/../../etc/passwd")[0] == 404
        assert ask(program, "/%2e%2e/models/expressions.safetensors")[0] == 404
        for odd in b"\r\n\r\n", b"\0" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"x" * 70000, \
                b"GET / HTTP/1.1\r\n\r\n":
            with socket.create_connection(("127.0.0.1", program.port), 1) as raw:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    raw.sendall(odd)
                    assert b" 200 " not in raw.recv(100)
        status, headers, page = ask(program)
        assert status == 200 and b'data-video="off"' in page
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'sha256-"), policy
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy, policy
        assert headers["cross-origin-resource-policy"] == "same-origin", headers
        assert not [name for name in headers if name.startswith("access-control")], headers


# ---- What is sent

def read_events(program: Program, count: int) -> list[str]:
    """By curl, where it is there."""
    if shutil.which("curl"):
        curl = subprocess.Popen(["curl", "-sN", program.url + "events"], stdout=subprocess.PIPE, text=True)
        assert curl.stdout
        lines = [curl.stdout.readline() for _ in range(2 * count)]
        curl.kill()
        curl.communicate()
    else:
        with socket.create_connection(("127.0.0.1", program.port), 10) as raw:
            raw.sendall(b"GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n")
            file = raw.makefile()
            while file.readline().strip():
                pass
            lines = [file.readline() for _ in range(2 * count)]
    assert all(line == "\n" for line in lines[1::2]), lines
    return [line.removeprefix("data: ") for line in lines[::2]]


async def read_socket(program: Program, count: int) -> list[str]:
    async with websockets.connect(f"ws://127.0.0.1:{program.port}/websocket",
                                  origin=program.url.rstrip("/")) as client:
        lines = [str(await asyncio.wait_for(client.recv(), 10)) + "\n" for _ in range(count)]
        await asyncio.wait_for(await client.ping(b"there?"), 10)
    assert client.close_code == 1000, client.close_code
    return lines


def test_answers() -> None:
    with running("0") as program:
        events = read_events(program, 40)
        messages = asyncio.run(read_socket(program, 40))
        async def intrude() -> None:
            async with websockets.connect(f"ws://127.0.0.1:{program.port}/websocket",
                                          origin="http://evil.example"):  # type: ignore[arg-type]
                raise AssertionError("another site's page is let in")
        with contextlib.suppress(websockets.exceptions.InvalidStatusCode):
            asyncio.run(intrude())

        async def write() -> None:
            async with websockets.connect(f"ws://127.0.0.1:{program.port}/websocket") as client:
                await client.send("anything")
                with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                    while True:
                        await asyncio.wait_for(client.recv(), 10)
            assert client.close_code == 1003, client.close_code
        asyncio.run(write())
    printed = pathlib.Path("lines").read_text().splitlines(keepends=True)
    for lines in events, messages:
        numbers = [json.loads(line)["frame"] for line in lines]
        assert numbers == sorted(set(numbers)), numbers
        assert set(lines) <= set(printed), "not the lines of --json"


def test_video() -> None:
    with running("0", "--serve-video") as program:
        assert b'data-video="on"' in ask(program)[2]
        with socket.create_connection(("127.0.0.1", program.port), 10) as raw:
            raw.sendall(b"GET /video HTTP/1.0\r\nHost: localhost\r\n\r\n")
            file = raw.makefile("rb")
            while line := file.readline().strip():
                if line.lower().startswith(b"content-type"):
                    assert line.endswith(b"multipart/x-mixed-replace; boundary=frame"), line
            for _ in range(5):
                assert file.readline() == b"--frame\r\n"
                assert file.readline() == b"Content-Type: image/jpeg\r\n"
                size = int(file.readline().removeprefix(b"Content-Length: "))
                assert file.readline() == b"\r\n"
                picture = file.read(size + 2)
                assert picture[:2] == b"\xff\xd8" and picture[-4:] == b"\xff\xd9\r\n"
                at = picture.index(b"\xff\xc0")
                assert picture[at + 5:at + 9] == b"\x01\xe0\x02\x80", "not 640x480"


def test_secrets() -> None:
    """A stream's address is named by its host alone; here the stream is another one's pictures."""
    with running("0", "--serve-video") as camera:
        address = f"http://someone:word@127.0.0.1:{camera.port}/video?token=key"
        with running("0", source=("--camera", address)) as program:
            for line in read_events(program, 3) + asyncio.run(read_socket(program, 3)):
                assert json.loads(line)["source"] == f"http://127.0.0.1:{camera.port}", line


# ---- Many, slow and dead clients

def stalled(program: Program, path: str) -> socket.socket:
    """A client that asks and takes nothing."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.connect(("127.0.0.1", program.port))
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" if path == "/websocket" else ""
    made.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{upgrade}\r\n".encode())
    return made


def test_crowd() -> None:
    with running("0", "--serve-video") as program:
        assert ask(program, "/video")[2].startswith(b"--frame")   # loads what encodes
        read_events(program, 5)
        before = program.memory()
        idle = [socket.create_connection(("127.0.0.1", program.port)) for _ in range(20)]
        slow = [stalled(program, path) for path in ("/events", "/websocket", "/video") for _ in range(20)]
        for _ in range(100):    # those that come and go
            stalled(program, "/events").close()
            stalled(program, "/websocket").close()
        first = json.loads(read_events(program, 100)[-1])["frame"]
        last = json.loads(asyncio.run(read_socket(program, 100))[-1])["frame"]
        assert last > first
        grown = program.memory() - before
        print(f"{len(slow)} clients that take nothing: {grown} kB more")
        assert grown < 30000
        # Those beyond the limit get a message.
        more = [stalled(program, "/events") for _ in range(70)]
        answers = [client.recv(12) for client in more]
        assert b"HTTP/1.1 503" in answers and b"HTTP/1.1 200" in answers, answers
        for client in more[::2]:
            client.close()
        begin = time.monotonic()
        program.end()
        assert time.monotonic() - begin < 15
        for client in slow + more + idle:
            client.close()
    printed = [json.loads(line)["frame"] for line in pathlib.Path("lines").read_text().splitlines()]
    assert printed == list(range(len(printed))), "frames are missing"


def test_early_end() -> None:
    """From the line with its address on, the program ends in order."""
    for _ in range(10):
        Program("0").end()


def test_end() -> None:
    """Clients are notified of the end, and get the last whole frame."""
    program = Program("0")

    async def follow() -> None:
        async with websockets.connect(f"ws://127.0.0.1:{program.port}/websocket") as client:
            await client.recv()
            curl = subprocess.Popen(["curl", "-sN", program.url + "events"], stdout=subprocess.PIPE) \
                if shutil.which("curl") else None
            await asyncio.sleep(0.5)
            program.process.send_signal(signal.SIGINT)
            with contextlib.suppress(websockets.exceptions.ConnectionClosed):
                while True:
                    json.loads(await asyncio.wait_for(client.recv(), 10))
        assert client.close_code == 1001, client.close_code
        if curl:
            events = curl.communicate(timeout=60)[0]
            assert curl.returncode == 0 and events.endswith(b"}\n\n"), (curl.returncode, events[-50:])
    asyncio.run(follow())
    assert program.process.wait(10) == 0


# ---- The page

def three_faces() -> subprocess.Popen[bytes] | None:
    """A stream of the demo's face three times, at three moments; None without ffmpeg."""
    if not shutil.which("ffmpeg"):
        return None
    subprocess.run([*BASE, "--demo", "--max-frames", "300", "--quiet", "--output", "demo.avi"], check=True,
                   stdout=subprocess.DEVNULL)
    split = "[0]scale=426:320,split=3[a][b][c];[b]reverse[d];[c]hflip[e];[a][d][e]hstack=3"
    subprocess.run(["ffmpeg", "-v", "error", "-i", "demo.avi", "-filter_complex", split, "-c:v", "mjpeg",
                    "-q:v", "3", "three.avi"], check=True)
    return subprocess.Popen(["ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", "three.avi",
                             "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", "-"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)


CHOSEN = "document.querySelector('.face.chosen button').textContent"
WIDTHS = "[...document.querySelectorAll('.fill')].map(fill => fill.style.width).join()"
INK = """(c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height - 30).data, seen = new Set();
    for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
    return [0xf06a35, 0x1fb588, 0xd88cba, 0xf0e442, 0x56b4e9, 0xe69f00, 0xd4d6da].filter(x => seen.has(x)).length;
    })(document.querySelector('#timeline'))"""


async def use_page(program: Program, faces: int) -> None:
    async with Page(1280, 800) as page:
        await page.prefer("light")
        await page.open(program.url)
        await page.until(f"document.querySelectorAll('.face').length >= {faces}")
        assert await page.ask("document.querySelector('#status').textContent !== 'waiting for the first frame'")
        await page.until("document.querySelector('#status').textContent === 'live'")
        widths = await page.ask(WIDTHS)
        await page.until(f"{WIDTHS} !== {widths!r}")                     # the bars move
        await page.until(f"{INK} >= 4")                                  # and the timeline grows
        # What is written is what was sent.
        assert await page.ask("[...document.querySelectorAll('.words')].every(e => "
                              "/^([a-z]+ \\d+ %|[a-z]+ or [a-z]+\\?)$/.test(e.textContent))")
        box = "document.querySelector('#stage .box:not([hidden])')"      # none lies where no picture is yet
        await page.until("document.querySelector('#picture').naturalHeight > 0")
        await page.until(f"getComputedStyle({box}).display === 'block'")
        assert await page.ask(f"{{ const c = document.querySelector('#stage').classList; c.remove('seen'); "
                              f"const d = getComputedStyle({box}).display; c.add('seen'); d; }}") == "none"
        await page.screenshot(f"{SCREENSHOTS}/page-light.png")
        if faces > 1:                                                    # which face is whose
            await page.until("[...document.querySelectorAll('#stage .box:not([hidden]) span')].every(e => "
                             "/^\\d+\\u2002[a-z]/.test(e.textContent))")
            for number in 3, 2:
                await page.click(f".face:nth-child({number}) button")
                await page.until(f"{CHOSEN} === 'Face {number}'")
                await page.until(f"document.querySelector('#past-name').textContent.endsWith(' {number}')")
        # Each control, by mouse, and by keyboard alone.
        await page.click("#pause")
        await page.until("document.querySelector('#status').textContent === 'paused here'")
        await asyncio.sleep(0.5)                                         # the last frame is drawn
        still = await page.ask(WIDTHS)
        await asyncio.sleep(1)
        assert await page.ask(WIDTHS) == still, "it moves while it is paused"
        await page.press(" ", 32, " ")                                   # the focus is there
        await page.until(f"{WIDTHS} !== {still!r}")
        await page.press("Tab", 9)
        assert await page.ask("document.activeElement.id") == "pictures"
        await page.press("Enter", 13, "\r")
        await page.until("document.querySelector('#view').hidden && !document.querySelector('#picture').src")
        await page.click("#pictures")
        await page.until("document.querySelector('#picture').naturalWidth > 0")
        await page.until("document.querySelector('#stage .box:not([hidden]) span').textContent !== ''")
        await page.click("#theme")
        assert await page.ask("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
        await page.ask("{ const s = document.querySelector('#span'); s.value = '60'; "
                       "s.dispatchEvent(new Event('change')); }")
        await page.until("document.querySelector('#timeline').ariaLabel.includes('60 seconds, on average')")
        await page.screenshot(f"{SCREENSHOTS}/page-dark.png")
        await page.resize(360, 740, 2)
        await asyncio.sleep(0.5)
        assert await page.ask("document.documentElement.scrollWidth") <= 360, "wider than a phone"
        await page.screenshot(f"{SCREENSHOTS}/page-phone.png", whole=True)
        # For those who listen instead of looking.
        await page.until("document.querySelector('#spoken').textContent !== ''")
        names = await page.ask("[...document.querySelectorAll('button, select, img, canvas, [role=meter]')]"
                               ".filter(e => !(e.textContent || e.alt || e.ariaLabel || e.labels?.length)).length")
        assert names == 0, f"{names} parts have no name"
        # Nothing is asked of anybody else, nothing goes wrong, and all of it is told that it ends.
        strange = [url for url in page.requests if not url.startswith((program.url, "data:", "about:"))]
        assert not strange and not page.messages, (strange, page.messages)
        assert await page.ask("fetch('https://example.com/').then(() => 1, () => 0)") == 0
        page.messages.clear()
        program.process.send_signal(signal.SIGINT)
        await page.until("document.querySelector('#status').textContent.startsWith('not connected')")


def test_page() -> None:
    if not shutil.which("chromium"):
        print("the page: skipped, there is no chromium")
        return
    stream = three_faces()
    source = ("--camera", "-") if stream else ("--demo", "--max-frames", "100000")
    program = Program("0", "--serve-video", source=source, stdin=stream.stdout if stream else subprocess.DEVNULL)
    try:
        asyncio.run(use_page(program, 3 if stream else 1))
        assert program.process.wait(20) == 0
    finally:
        program.process.kill()
        if stream:
            stream.kill()
            stream.wait()


def test_colours() -> None:
    """The page's names and colours are the program's."""
    source = pathlib.Path(__file__).parent.parent / "src"
    page = (source / "results/page.html").read_text()
    labels = (source / "base/labels.c").read_text()
    palette = re.findall(r"0x([0-9A-F]{6})", (source / "view/label_colours.c").read_text())
    colours = [f'"#{colour.lower()}"' for colour in palette]
    assert len(colours) == 7 and f"COLOURS = [{', '.join(colours)}]" in page
    names = re.search(r"label_names\[LABEL_COUNT\] = \{([^}]*)\}", labels)
    assert names and re.findall('"([a-z]+)"', names[1]) == \
        re.findall('"([a-z]+)"', re.search(r"NAMES = \[([^\]]*)\]", page)[1])  # type: ignore[index]


if __name__ == "__main__":
    wanted = sys.argv[3:]
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not wanted or name in wanted):
            begun = time.monotonic()
            test()
            print(f"{name}: as expected, {time.monotonic() - begun:.1f} s", flush=True)
    assert threading.active_count() == 1
