"""Files and cameras, which the program `expressions` opens: generators over what it sees."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from typing import IO, Union

from . import _errors
from ._library import BUNDLE
from ._results import Frame, frame_of_json

PathOf = Union[str, "os.PathLike[str]"]

_NO_FACE = 3


def _program() -> str:
    bundled = BUNDLE / "bin/expressions"
    found = str(bundled) if bundled.exists() else shutil.which("expressions")
    if not found:
        raise _errors.Error(
            "there is no program `expressions` in PATH; install the package expressions"
        )
    return found


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Ends it as Ctrl-C would, with a camera closed and files whole."""
    process.terminate()
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _lines(process: subprocess.Popen[bytes], messages: IO[bytes]) -> Iterator[Frame]:
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            yield frame_of_json(json.loads(line))
    status = process.wait()
    if status not in (0, _NO_FACE):
        messages.seek(0)
        text = messages.read().decode(errors="replace").strip()
        raise _errors.of_program(status, text or f"expressions ended with status {status}")


def _run(kind: str, sources: list[str], options: tuple[str, ...]) -> Iterator[Frame]:
    command = [_program(), "--headless", "--json", "--quiet", *options, kind, *sources]
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            command,
            stdin=None if "-" in sources else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
        )
        try:
            yield from _lines(process, messages)
        finally:
            if process.poll() is None:
                _stop(process)


def pictures(*paths: PathOf, options: tuple[str, ...] = ()) -> Iterator[Frame]:
    """The faces of picture files; a folder means all pictures in it. Files that cannot be read are
    skipped; after the others an Error says which.

    `options` are those of the program, here and below: `options=("--model", "mine.safetensors")`.
    """
    return _run("--image", [os.fspath(path) for path in paths], options)


def video(path: PathOf, *, options: tuple[str, ...] = ()) -> Iterator[Frame]:
    """The faces of each frame of a film. A film that is cut short ends in an Error after its
    frames."""
    return _run("--video", [os.fspath(path)], options)


def camera(camera: int | str = 0, *, options: tuple[str, ...] = ()) -> Iterator[Frame]:
    """The faces before a camera, by its number, its device, or the address of a stream
    (rtsp://...), as they are seen: a slow consumer misses frames. Ends when its consumer does:
    `break`, or `close()`.

    Raises CameraError.
    """
    return _run("--camera", [str(camera)], options)
