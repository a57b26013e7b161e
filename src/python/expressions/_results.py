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
    """A face and what it shows. The last four are `None` in what comes of the program, whose lines
    do not have them."""

    #: 1, 2, ... in a picture; the same from frame to frame in a film or of a camera
    id: int
    #: the part of it that lies inside the picture
    box: Box
    #: how sure it is that this is a face, 0 .. 1
    face: float
    #: the most probable expression
    emotion: str
    #: the one to show: over time it holds still while answers waver; or "uncertain"
    label: str
    #: the probability of `emotion`
    confidence: float
    #: the probability of each expression; they sum to 1
    emotions: Mapping[str, float]
    #: the same before smoothing and calibration
    raw: Mapping[str, float]
    #: the expressions to name where the label is uncertain: "surprise or happy?"
    candidates: tuple[str, str] | None = None
    #: expected here, but not found in this frame
    held: bool | None = None
    #: "plain", "collecting", "calibrated" or "adapted": see `Stream.calibrate`
    calibration: str | None = None
    #: 48x48 grey pixels, what the network looked at; `None` of held faces, too
    crop: npt.NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Frame:
    """A picture, or a frame of a film or camera, with its faces."""

    #: the file or camera
    source: str
    #: 0, 1, ... of the source
    frame: int
    #: seconds since the first one, by the source's own clock
    time: float
    #: when it came; of cameras and streams alone
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
