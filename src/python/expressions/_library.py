"""include/expressions.h in ctypes: its structs, and its functions with the types of what they take.
The names are those of the header, which has the rest."""

from __future__ import annotations

import ctypes
import sys
from ctypes import (
    POINTER,
    byref,
    c_char,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import Any

from . import _errors
from ._results import LABELS

MAX_FACES = 64
CROP_SIDE = 48
DESCRIPTION_SIZE = 16384
GREY, BGR, RGB, BGRA, RGBA = range(5)
CALIBRATIONS = ("plain", "collecting", "calibrated", "adapted")

#: What a wheel brings: programs, library and model, as `cmake --install` lays them down.
BUNDLE = Path(__file__).with_name("bundle")


class ErrorText(ctypes.Structure):
    _fields_ = [("status", c_int), ("text", c_char * 1024)]


class Picture(ctypes.Structure):
    _fields_ = [
        ("pixels", c_void_p),
        ("width", c_int),
        ("height", c_int),
        ("stride", c_size_t),
        ("format", c_int),
    ]


class Box(ctypes.Structure):
    _fields_ = [("x", c_int), ("y", c_int), ("width", c_int), ("height", c_int)]


class Face(ctypes.Structure):
    _fields_ = [
        ("box", Box),
        ("id", c_int),
        ("held", c_int),
        ("label", c_int),
        ("second", c_int),
        ("uncertain", c_int),
        ("smoothed", c_int),
        ("calibration", c_int),
        ("score", c_float),
        ("probabilities", c_float * len(LABELS)),
        ("raw", c_float * len(LABELS)),
        ("reserved", c_uint32 * 4),
    ]


class ModelSettings(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("prior", POINTER(c_float)), ("reserved", c_uint64 * 6)]


class DetectorSettings(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("cascade", c_char_p), ("reserved", c_uint64 * 6)]


class TrackerSettings(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("detector", c_void_p), ("reserved", c_uint64 * 6)]


class SmootherSettings(ctypes.Structure):
    _fields_ = [
        ("size", c_size_t),
        ("seconds", c_double),
        ("adapt", c_int),
        ("reserved", c_uint32 * 11),
    ]


_FACES = POINTER(Face)
_PICTURE = POINTER(Picture)
_HANDLE = POINTER(c_void_p)
_COUNT = POINTER(c_int)

# What each function takes before its last argument, the error.
_ARGUMENTS: dict[str, list[Any]] = {
    "model_open": [_HANDLE, c_char_p, POINTER(ModelSettings)],
    "model_describe": [c_void_p, c_char_p],
    "recognizer_open": [_HANDLE, c_void_p],
    "recognize": [c_void_p, _PICTURE, _FACES, c_int],
    "recognize_crops": [c_void_p, c_void_p, c_int, c_void_p],
    "explain": [c_void_p, c_void_p, c_int, c_void_p],
    "detector_open": [_HANDLE, POINTER(DetectorSettings)],
    "detector_set_verifier": [c_void_p, c_void_p],
    "detect": [c_void_p, _PICTURE, _FACES, c_int, _COUNT],
    "tracker_open": [_HANDLE, POINTER(TrackerSettings)],
    "track": [c_void_p, _PICTURE, c_double, POINTER(Box), c_int, _FACES, c_int, _COUNT],
    "smoother_open": [_HANDLE, POINTER(SmootherSettings)],
    "smooth": [c_void_p, c_double, _FACES, c_int],
    "calibrate": [c_void_p, c_int],
    "uncalibrate": [c_void_p, c_int],
    "adapt": [c_void_p, c_int],
}


def _open() -> ctypes.CDLL:
    name = "libexpressions.0.dylib" if sys.platform == "darwin" else "libexpressions.so.0"
    bundled = sorted(BUNDLE.glob(f"lib*/**/{name}"))
    try:
        return ctypes.CDLL(str(bundled[0]) if bundled else name)
    except OSError as error:
        raise ImportError(
            f"{error}; install libexpressions0, or build Expressions and run"
            " `cmake --install build && ldconfig` as root"
        ) from None


def _declare(library: ctypes.CDLL) -> None:
    for name, arguments in _ARGUMENTS.items():
        function = getattr(library, "expressions_" + name)
        function.argtypes = [*arguments, POINTER(ErrorText)]
    for kind in (
        "model_close",
        "recognizer_close",
        "detector_close",
        "tracker_close",
        "smoother_close",
    ):
        function = getattr(library, "expressions_" + kind)
        function.argtypes, function.restype = [_HANDLE], None
    library.expressions_version.argtypes = []
    library.expressions_version.restype = c_char_p
    library.expressions_latest_crop.argtypes = [c_void_p, c_int]
    library.expressions_latest_crop.restype = c_void_p
    library.expressions_clip.argtypes = [Box, c_int, c_int]
    library.expressions_clip.restype = Box


# Calls through CDLL let Python's other threads go on.
library = _open()
_declare(library)


def call(name: str, *arguments: Any) -> None:
    """Calls a function that can fail; raises what it says."""
    error = ErrorText()
    status = getattr(library, "expressions_" + name)(*arguments, byref(error))
    if status:
        raise _errors.of_library(status, error.text.decode(errors="replace"))


def version() -> str:
    text: bytes = library.expressions_version()
    return text.decode()
