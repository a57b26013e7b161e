"""What comes out: the fields of the lines that `expressions --json` prints, under the same
names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

#: The seven expressions, in the order of all arrays.
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


class Box(NamedTuple):
    """In pixels of the picture; (x, y) is the top-left corner, x to the right, y down."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Face:
    """A face and what it shows.

    id           1, 2, ... in a picture; the same from frame to frame of a film or camera
    box          the part of it that lies inside the picture
    face         how sure it is that this is a face, 0 .. 1
    emotion      the most probable expression
    label        the same, or "uncertain" where it has less than one half
    confidence   the probability of `emotion`
    emotions     the probability of each expression; they sum to 1
    raw          the same before smoothing and calibration

    These are `None` in what comes from the program, whose lines do not have them:

    candidates   the two to name where the label is "uncertain": "surprise or happy?"
    held         whether it is expected here, but was not found in this frame
    calibration  "plain", "collecting", "calibrated" or "adapted": see `Stream.calibrate`
    crop         48x48 grey pixels, what the network looked at; `None` of held faces, too
    """

    id: int
    box: Box
    face: float
    emotion: str
    label: str
    confidence: float
    emotions: Mapping[str, float]
    raw: Mapping[str, float]
    candidates: tuple[str, str] | None = None
    held: bool | None = None
    calibration: str | None = None
    crop: npt.NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Frame:
    """A picture, or a frame of a film or camera, with its faces.

    source         the file or camera
    frame          0, 1, ... of the source
    time           seconds since the first one, by the source's own clock
    clock          when it came, with its zone; only for cameras and streams, else `None`
    width, height  pixels
    faces          in pictures the largest first
    """

    source: str
    frame: int
    time: float
    clock: datetime | None
    width: int
    height: int
    faces: tuple[Face, ...]


def face_of_json(face: Mapping[str, Any]) -> Face:
    known = {
        name: face[name] for name in ("id", "face", "emotion", "label", "confidence", "emotions")
    }
    return Face(**known, box=Box(*face["box"]), raw=face.get("raw", face["emotions"]))


def frame_of_json(line: Mapping[str, Any]) -> Frame:
    known = {name: line[name] for name in ("source", "frame", "time", "width", "height")}
    clock = datetime.fromisoformat(line["clock"]) if "clock" in line else None
    return Frame(**known, clock=clock, faces=tuple(map(face_of_json, line["faces"])))
