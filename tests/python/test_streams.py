"""Films and cameras: frames in memory, and through the program."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import expressions
from conftest import Pixels, as_printed, own_lines, write_netpbm

RATE = 25


def make_film(path: Path, frames: list[Pixels]) -> None:
    """Without any loss."""
    if not shutil.which("ffmpeg"):
        pytest.skip("there is no ffmpeg")
    height, width = frames[0].shape[:2]
    source = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {RATE} -i - -c:v rawvideo -f nut"
    subprocess.run(
        ["ffmpeg", "-v", "error", *source.split(), str(path)],
        input=b"".join(frame.tobytes() for frame in frames),
        check=True,
    )


@pytest.fixture(scope="session")
def walk(rgb: Pixels) -> list[Pixels]:
    """Two faces that move."""
    return [np.roll(rgb, (2 * number, 3 * number), (0, 1)) for number in range(30)]


def test_stream_is_video(tmp_path: Path, walk: list[Pixels], model: expressions.Model) -> None:
    make_film(tmp_path / "walk.nut", walk)
    lines = own_lines("--video", str(tmp_path / "walk.nut"))
    assert len(lines) == len(walk)
    smoothed = 0
    with expressions.Stream(model) as stream:
        for number, (picture, line) in enumerate(zip(walk, lines)):
            faces = stream.recognize(picture, number / RATE, colours="RGB")
            assert [as_printed(face) for face in faces] == line["faces"], number
            smoothed += sum(face.raw != face.emotions for face in faces)
    assert len(lines[-1]["faces"]) == 2 and smoothed > 20


def test_video(tmp_path: Path, walk: list[Pixels]) -> None:
    make_film(tmp_path / "walk.nut", walk)
    frames = list(expressions.video(tmp_path / "walk.nut", options=("--max-frames", "12")))
    assert [frame.frame for frame in frames] == list(range(12))
    assert frames[10].time == pytest.approx(10 / RATE, abs=1e-3)
    assert [face.id for face in frames[-1].faces] == [1, 2]
    assert frames[-1].faces[0].raw != frames[-1].faces[0].emotions
    with pytest.raises(expressions.Error, match="no-film.mp4"):
        next(expressions.video("no-film.mp4"))


class Recorded(subprocess.Popen):  # type: ignore[type-arg]
    """The last process that was started."""

    last: Recorded

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        Recorded.last = self


def test_break(tmp_path: Path, walk: list[Pixels], monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that is left early leaves no process behind."""
    make_film(tmp_path / "long.nut", walk * 4)
    monkeypatch.setattr(subprocess, "Popen", Recorded)
    frames = expressions.video(tmp_path / "long.nut")
    next(frames)
    assert Recorded.last.poll() is None, "it ended before"
    frames.close()  # type: ignore[attr-defined]
    assert Recorded.last.returncode == 0, "it was not ended in order"


def test_camera(tmp_path: Path, rgb: Pixels) -> None:
    """One that serves MJPEG: its frames have the time of day; then it is lost."""
    image = pytest.importorskip("PIL.Image")
    image.fromarray(rgb).save(tmp_path / "face.jpg", quality=90)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = Path(os.environ["SOURCE_DIR"], "tests/mjpeg_camera.py")
    command = [sys.executable, str(script), str(port), str(tmp_path / "face.jpg"), "none"]
    seen = []
    with subprocess.Popen(command) as server:
        # It is tried again until the server listens.
        for _ in range(50):
            try:
                address = f"http://127.0.0.1:{port}/"
                for frame in expressions.camera(address, options=("--exit-on-loss",)):
                    seen.append(frame)
            except expressions.CameraError as error:
                if seen:
                    assert "stopped delivering frames" in str(error)
                    break
        server.kill()
    assert seen and seen[-1].clock is not None and seen[-1].clock.tzinfo is not None
    assert len(seen[-1].faces) == 2


def test_no_camera() -> None:
    with pytest.raises(expressions.CameraError, match="/dev/video77"):
        next(expressions.camera("/dev/video77"))


def test_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("expressions._program.BUNDLE", Path("nowhere"))
    with pytest.raises(expressions.Error, match="install the package expressions"):
        next(expressions.video("film.mp4"))


def test_calibrate(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    [face] = recognizer.recognize(grey)
    stream = expressions.Stream(recognizer.model)
    states = []
    for number in range(30):
        [face] = stream.recognize(grey, number / 10, [face.box])
        states.append(face.calibration)
        if number == 5:
            stream.calibrate(face.id)
    assert states[5:7] == ["plain", "collecting"] and states[-1] == "calibrated"
    with pytest.raises(expressions.ArgumentError, match="too large"):
        stream.uncalibrate(face.id + 2**32)
    stream.uncalibrate(face.id)
    [face] = stream.recognize(grey, 3, [face.box])
    assert face.calibration == "plain"


def test_held(grey: Pixels, model: expressions.Model) -> None:
    """A face that is hidden for a moment is expected where it was, and has no crop."""
    stream = expressions.Stream(model)
    for number in range(10):
        [face] = stream.recognize(grey, number / RATE)
        assert face.held is False and face.crop is not None
    [held] = stream.recognize(np.full_like(grey, 90), 10 / RATE)
    assert (held.held, held.id, held.crop) == (True, face.id, None)


def test_boxes_in_a_stream(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    [face] = recognizer.recognize(grey)
    stream = expressions.Stream(recognizer.model, smooth=0)
    for number in range(5):
        moved = face.box._replace(x=face.box.x + number)
        [tracked] = stream.recognize(grey, number / RATE, [moved])
    assert tracked.id == 1 and tracked.raw == tracked.emotions


def test_time_goes_on(grey: Pixels, model: expressions.Model) -> None:
    stream = expressions.Stream(model)
    single: Any = np.float32(1)
    stream.recognize(grey, single)
    with pytest.raises(expressions.ArgumentError):
        stream.recognize(grey, 0.5)
    text: Any = "now"
    with pytest.raises(ValueError):
        stream.recognize(grey, text)


@pytest.mark.parametrize("adapt", [False, True])
def test_adapt(adapt: bool, model: expressions.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for. What it does to faces is tested with the library."""
    asked: dict[str, Any] = {}

    def call(name: str, *arguments: Any) -> None:
        asked[name] = arguments[-1]
        expressions._library.call(name, *arguments)

    monkeypatch.setattr("expressions._recognizer.call", call)
    expressions.Stream(model, adapt=adapt)
    assert asked["smoother_open"].adapt == adapt
