"""Pictures that are made for the tests, and the program's own answers to compare with."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import expressions

Pixels = npt.NDArray[np.uint8]


def write_netpbm(path: Path, picture: Pixels) -> None:
    """Grey, or colours in the order RGB."""
    magic = b"P5" if picture.ndim == 2 else b"P6"
    height, width = picture.shape[:2]
    path.write_bytes(magic + b"\n%d %d\n255\n" % (width, height) + picture.tobytes())


def own_lines(*arguments: str) -> list[dict[str, Any]]:
    """What the program says, numbers as text; of a face that was not smoothed, `raw` as well."""
    command = ["expressions", "--headless", "--json", "--quiet", *arguments]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0, command
    lines = [json.loads(line, parse_float=str) for line in result.stdout.splitlines()]
    for face in (face for line in lines for face in line["faces"]):
        face.setdefault("raw", face["emotions"])
    return lines


def as_printed(face: expressions.Face) -> dict[str, Any]:
    """A face of ours as the program prints it, numbers as text: to the last digit."""

    def printed(values: Any) -> dict[str, str]:
        return {name: f"{value:.4f}" for name, value in values.items()}

    return {
        "id": face.id,
        "box": list(face.box),
        "face": f"{face.face:.4f}",
        "emotion": face.emotion,
        "label": face.label,
        "confidence": f"{face.confidence:.4f}",
        "emotions": printed(face.emotions),
        "raw": printed(face.raw),
    }


@pytest.fixture(scope="session")
def grey() -> Pixels:
    """The demo's face, 640 pixels wide."""
    head, size, _, pixels = Path(os.environ["FACE"]).read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert head == b"P5"
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


@pytest.fixture(scope="session")
def rgb(grey: Pixels) -> Pixels:
    """Two faces in colours, of which each is another picture in grey."""
    two = np.hstack([grey, grey[:, ::-1]]).astype(float)
    colours = np.stack([two, two * 0.8 + 10, two * 0.5 + 30], axis=2)
    picture: Pixels = colours.round().astype(np.uint8)
    return picture


@pytest.fixture(scope="session")
def model() -> expressions.Model:
    return expressions.Model()


@pytest.fixture(scope="session")
def recognizer(model: expressions.Model) -> expressions.Recognizer:
    return expressions.Recognizer(model)
