"""Pictures in memory: `Recognizer` for single ones, `Stream` for those of a camera or film."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from ctypes import Array, byref, c_float, c_int, c_void_p, create_string_buffer, string_at
from types import TracebackType
from typing import Any, Literal, TypeVar, Union

import numpy as np
import numpy.typing as npt

from . import _library
from ._errors import ArgumentError
from ._library import call, library
from ._results import LABELS, Box, Face

Colours = Literal["BGR", "RGB"]
_FORMATS = {
    ("BGR", 1): _library.GREY,
    ("RGB", 1): _library.GREY,
    ("BGR", 3): _library.BGR,
    ("RGB", 3): _library.RGB,
    ("BGR", 4): _library.BGRA,
    ("RGB", 4): _library.RGBA,
}
Pixels = npt.NDArray[np.uint8]
PathOf = Union[str, "os.PathLike[str]"]
Self = TypeVar("Self", bound="_Looking")


def _path(path: PathOf | None) -> bytes | None:
    encoded = None if path is None else os.fsencode(path)
    if encoded and b"\0" in encoded:  # where C would see its end
        raise ArgumentError("a path cannot contain null bytes")
    return encoded


def _end(close: str, pointer: c_void_p, owners: tuple[object, ...]) -> None:
    getattr(library, "expressions_" + close)(byref(pointer))


def _settings(kind: type[ctypes.Structure], **choices: Any) -> ctypes.Structure:
    return kind(size=ctypes.sizeof(kind), **choices)


class _Handle:
    """What the library has opened; it lives as long as this does, and `owners` live longer."""

    def __init__(
        self, opened: str, closed: str, *arguments: Any, owners: Sequence[_Handle] = ()
    ) -> None:
        self.pointer = c_void_p()
        call(opened, byref(self.pointer), *arguments)
        self.close = weakref.finalize(self, _end, closed, self.pointer, tuple(owners))


class Model:
    """A trained network; any number of recognizers, in any threads, may share one.

    `path` is a model file of `train_fer`; without one, the model that is installed. `prior` says
    how frequent each expression is assumed to be, such as {"happy": 3, "neutral": 5}; those left
    out count as 1.

    Raises ModelError.
    """

    def __init__(
        self, path: PathOf | None = None, *, prior: Mapping[str, float] | None = None
    ) -> None:
        bundled = _library.BUNDLE / "share/expressions/models/expressions.safetensors"
        if path is None and bundled.exists():
            path = bundled
        shares = None
        if prior is not None:
            unknown = sorted(set(prior) - set(LABELS))
            if unknown:
                raise ArgumentError(
                    f"prior: no such expression: {unknown[0]}; use {', '.join(LABELS)}"
                )
            shares = (c_float * len(LABELS))(*(prior.get(label, 1.0) for label in LABELS))
        settings = _settings(_library.ModelSettings, prior=shares)
        self._handle = _Handle("model_open", "model_close", _path(path), settings)

    def describe(self) -> str:
        """Classes, networks, training data, accuracy and licence, as lines of text."""
        text = create_string_buffer(_library.DESCRIPTION_SIZE)
        call("model_describe", self._handle.pointer, text)
        return text.value.decode(errors="replace")


class _View:
    """A numpy array as the library sees it; `kept` holds the pixels."""

    def __init__(self, picture: npt.ArrayLike, colours: Colours) -> None:
        pixels = np.asarray(picture)
        if pixels.dtype != np.uint8:
            raise ArgumentError(f"a picture is an array of uint8, 0 .. 255, not of {pixels.dtype}")
        channels = pixels.shape[2] if pixels.ndim == 3 else 1 if pixels.ndim == 2 else 0
        if channels not in (3, 4) and pixels.ndim != 2:
            raise ArgumentError(
                "a picture is an array of height x width (grey), height x width x 3 (colours) or"
                f" x 4 (and alpha), not of {' x '.join(map(str, pixels.shape))}"
            )
        if colours not in ("BGR", "RGB"):
            raise ArgumentError(f'colours is "BGR" or "RGB", not {colours!r}')
        if 0 in pixels.shape:
            raise ArgumentError("the picture has no pixels")
        if (
            pixels.strides[1:] != ((1,) if pixels.ndim == 2 else (channels, 1))
            or pixels.strides[0] < pixels.shape[1] * channels  # its rows overlap
        ):
            pixels = np.ascontiguousarray(pixels)
        self.kept = pixels
        self.height, self.width = pixels.shape[:2]
        self.picture = _library.Picture(
            pixels.ctypes.data,
            self.width,
            self.height,
            max(pixels.strides[0], self.width * channels),
            _FORMATS[colours, channels],
        )


def _crops(crops: npt.ArrayLike) -> Pixels:
    side = _library.CROP_SIDE
    array = np.asarray(crops)
    if array.dtype != np.uint8 or array.shape[-2:] != (side, side):
        raise ArgumentError(f"crops are arrays of uint8, {side} x {side} each, as in Face.crop")
    return np.ascontiguousarray(array).reshape(-1, side, side)


def _named(values: Any) -> dict[str, float]:
    return dict(zip(LABELS, values))


class _Looking:
    """What both kinds have: a model, a recognizer, a detector, and a lock around them."""

    def __init__(self, model: Model | PathOf | None, cascade: PathOf | None) -> None:
        #: shared by any number of these
        self.model = model if isinstance(model, Model) else Model(model)
        self._lock = threading.Lock()
        owner = self.model._handle
        self._recognizer = _Handle(
            "recognizer_open", "recognizer_close", owner.pointer, owners=[owner]
        )
        settings = _settings(_library.DetectorSettings, cascade=_path(cascade))
        self._detector = _Handle("detector_open", "detector_close", settings, owners=[owner])
        call("detector_set_verifier", self._detector.pointer, owner.pointer)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the memory, as losing the last reference does. No call can follow."""
        with self._lock:
            for handle in (self._recognizer, self._detector):
                handle.close()

    def _check_open(self) -> None:
        if not self._recognizer.close.alive:
            raise ArgumentError(f"this {type(self).__name__} is closed; open another")

    def recognize_crops(self, crops: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """What crops show, n x 48 x 48 of uint8 such as `Face.crop` and the pictures of
        fer2013.csv: n x 7 probabilities, in the order of `LABELS`."""
        array = _crops(crops)
        answers = np.empty((len(array), len(LABELS)), np.float32)
        with self._lock:
            self._check_open()
            call(
                "recognize_crops",
                self._recognizer.pointer,
                array.ctypes.data,
                len(array),
                answers.ctypes.data,
            )
        return answers

    def explain(self, crop: npt.ArrayLike, label: str) -> npt.NDArray[np.float32]:
        """Which parts of a crop speak for `label`: 48 x 48 values, positive where the crop speaks
        for it, negative where it speaks against it."""
        array = _crops(crop)
        if len(array) != 1 or label not in LABELS:
            raise ArgumentError(f"explain takes one crop and one of {', '.join(LABELS)}")
        heat = np.empty(array.shape[1:], np.float32)
        with self._lock:
            self._check_open()
            call(
                "explain",
                self._recognizer.pointer,
                array.ctypes.data,
                LABELS.index(label),
                heat.ctypes.data,
            )
        return heat

    def _crop(self, index: int) -> Pixels | None:
        side = _library.CROP_SIDE
        pixels = library.expressions_latest_crop(self._recognizer.pointer, index)
        if not pixels:
            return None
        return np.frombuffer(string_at(pixels, side * side), np.uint8).reshape(side, side)

    def _face(self, view: _View, index: int, face: _library.Face) -> Face:
        clipped = library.expressions_clip(face.box, view.width, view.height)
        emotions = _named(face.probabilities)
        emotion = LABELS[face.label]
        return Face(
            id=face.id,
            box=Box(clipped.x, clipped.y, clipped.width, clipped.height),
            face=face.score,
            emotion=emotion,
            label="uncertain" if face.uncertain else emotion,
            confidence=emotions[emotion],
            emotions=emotions,
            raw=_named(face.raw),
            candidates=(emotion, LABELS[face.second]),
            held=bool(face.held),
            calibration=_library.CALIBRATIONS[face.calibration],
            crop=self._crop(index),
        )

    def _recognize(self, view: _View, faces: Array[_library.Face], count: int) -> None:
        call("recognize", self._recognizer.pointer, byref(view.picture), faces, count)

    def _results(self, view: _View, faces: Array[_library.Face], count: int) -> list[Face]:
        return [self._face(view, index, face) for index, face in enumerate(faces[:count])]


def _number(value: int) -> int:
    """It must fit an int of C: ctypes would cut it to that without a word."""
    number = int(value)
    if c_int(number).value != number:
        raise ArgumentError(f"{number} is too large")
    return number


def _boxes(boxes: Sequence[Sequence[int]]) -> Array[_library.Box]:
    try:
        return (_library.Box * len(boxes))(*(_library.Box(*map(_number, box)) for box in boxes))
    except (TypeError, ValueError, OverflowError):
        raise ArgumentError("a box is four whole numbers: x, y, width, height") from None


class Recognizer(_Looking):
    """For single pictures.

    `model` is a `Model`, the path of one, or nothing for the installed one; `cascade` the path of
    a Haar cascade other than OpenCV's haarcascade_frontalface_default. May be used in `with`.

    Raises ModelError and CascadeError.
    """

    def __init__(
        self, model: Model | PathOf | None = None, *, cascade: PathOf | None = None
    ) -> None:
        super().__init__(model, cascade)

    def recognize(
        self,
        picture: npt.ArrayLike,
        boxes: Sequence[Sequence[int]] | None = None,
        *,
        colours: Colours = "BGR",
    ) -> list[Face]:
        """The faces of a picture, the largest first, 64 at most.

        `picture` is an array of uint8, height x width (grey), or height x width x 3, or x 4 with an
        alpha that is ignored, in the order `colours`: "BGR" as in OpenCV, "RGB" as in Pillow.
        With `boxes`, any number of (x, y, width, height), these are the faces, and no others are
        searched for.
        """
        view = _View(picture, colours)
        with self._lock:
            self._check_open()
            if boxes is None:
                faces = (_library.Face * _library.MAX_FACES)()
                found = c_int()
                call(
                    "detect",
                    self._detector.pointer,
                    byref(view.picture),
                    faces,
                    len(faces),
                    byref(found),
                )
                count = found.value
            else:
                given = _boxes(boxes)
                count = len(given)
                faces = (_library.Face * count)()
                for index, box in enumerate(given):
                    faces[index].box, faces[index].id = box, index + 1
            self._recognize(view, faces, count)
            return self._results(view, faces, count)


class Stream(_Looking):
    """For the frames of one camera or film: each face keeps its number, and labels are steady.

    `smooth` is how many seconds unmistakable answers take to change a label, 0 .. 60; 0: no
    smoothing. With `adapt`, what a face seems to show when it is calm is slowly removed. The
    rest is as with `Recognizer`.

        stream, camera, begin = Stream(), cv2.VideoCapture(0), time.monotonic()
        while (read := camera.read())[0]:
            faces = stream.recognize(read[1], time.monotonic() - begin)
    """

    def __init__(
        self,
        model: Model | PathOf | None = None,
        *,
        cascade: PathOf | None = None,
        smooth: float = 0.2,
        adapt: bool = False,
    ) -> None:
        super().__init__(model, cascade)
        tracking = _settings(_library.TrackerSettings, detector=self._detector.pointer)
        self._tracker = _Handle("tracker_open", "tracker_close", tracking, owners=[self._detector])
        smoothing = _settings(_library.SmootherSettings, seconds=smooth, adapt=adapt)
        self._smoother = _Handle("smoother_open", "smoother_close", smoothing)

    def close(self) -> None:
        with self._lock:
            self._tracker.close()
            self._smoother.close()
        super().close()

    def recognize(
        self,
        picture: npt.ArrayLike,
        time: float,
        boxes: Sequence[Sequence[int]] | None = None,
        *,
        colours: Colours = "BGR",
    ) -> list[Face]:
        """The faces of the next frame, `time` seconds after the first one; time never goes back.

        Picture, boxes and colours are as with `Recognizer.recognize`; of boxes, 64 at most.
        """
        view = _View(picture, colours)
        seconds = float(time)  # ctypes takes no numpy.float32
        given = None if boxes is None else _boxes(boxes)
        faces = (_library.Face * _library.MAX_FACES)()
        count = c_int()
        with self._lock:
            self._check_open()
            call(
                "track",
                self._tracker.pointer,
                byref(view.picture),
                seconds,
                given,
                0 if given is None else len(given),
                faces,
                len(faces),
                byref(count),
            )
            self._recognize(view, faces, count.value)
            call("smooth", self._smoother.pointer, seconds, faces, count.value)
            return self._results(view, faces, count.value)

    def calibrate(self, face: int) -> None:
        """Calibrates the answers for the face with this id, which was in the latest frame: the
        person should look neutral for the next two seconds. `Face.calibration` says how far this
        has got."""
        with self._lock:
            self._check_open()
            call("calibrate", self._smoother.pointer, _number(face))

    def uncalibrate(self, face: int) -> None:
        """Undoes that."""
        with self._lock:
            self._check_open()
            call("uncalibrate", self._smoother.pointer, _number(face))
