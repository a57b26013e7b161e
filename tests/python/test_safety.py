"""What must not happen: another layout than the library's, a crash, a blocked interpreter, an
unclear exception."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import expressions
from conftest import Pixels
from expressions import _errors, _library


def test_layout() -> None:
    """The structs and constants of the headers, as a C compiler saw them."""
    structs = {
        "error": _library.ErrorText,
        "box": _library.Box,
        "picture": _library.Picture,
        "face": _library.Face,
        "model_settings": _library.ModelSettings,
        "detector_settings": _library.DetectorSettings,
        "tracker_settings": _library.TrackerSettings,
        "smoother_settings": _library.SmootherSettings,
    }
    text = Path(os.environ["SOURCE_DIR"], "src/lib/abi.txt").read_text()
    places: dict[str, dict[str, int]] = {}
    for name, size, members in re.findall(
        r"^struct expressions_(\w+): (\d+) bytes\n((?: .*\n)*)", text, re.MULTILINE
    ):
        places[name] = {member: int(at) for member, at in re.findall(r"(\w+) at (\d+)", members)}
        assert name not in structs or ctypes.sizeof(structs[name]) == int(size), name
    for name, struct in structs.items():
        own = {field[0]: getattr(struct, field[0]).offset for field in struct._fields_}
        assert own == places[name], name
    values = {name: int(value) for name, value in re.findall(r"EXPRESSIONS_(\w+) = (\d+)", text)}
    formats = ("GREY", "BGR", "RGB", "BGRA", "RGBA")
    for name in (*formats, "MAX_FACES", "CROP_SIDE", "DESCRIPTION_SIZE"):
        assert getattr(_library, name) == values[name], name
    assert len(expressions.LABELS) == values["LABEL_COUNT"]
    for index, name in enumerate(_library.CALIBRATIONS):
        assert values[name.upper()] == index, name
    for name, error in {
        "BAD_ARGUMENT": "ArgumentError",
        "NO_MEMORY": "OutOfMemoryError",
        "BAD_MODEL": "ModelError",
        "BAD_CASCADE": "CascadeError",
        "FAILED": "Error",
    }.items():
        assert type(_errors.of_library(values[name], "")).__name__ == error


def test_functions() -> None:
    """Each takes as many arguments as the header says."""
    headers = sorted(Path(os.environ["SOURCE_DIR"], "include").glob("*.h"))
    header = "".join(path.read_text() for path in headers)
    for name, arguments in _library._ARGUMENTS.items():
        found = re.search(rf"expressions_{name}\(([^;]*)\);", header)
        assert found, name
        assert len(found[1].split(",")) == len(arguments) + 1, name


def test_labels() -> None:
    name = _library.library.expressions_label_name
    name.restype = ctypes.c_char_p
    assert [name(index).decode() for index in range(7)] == list(expressions.LABELS)


@pytest.mark.parametrize(
    "picture, text",
    [
        (np.zeros((9, 9)), "float64"),
        (np.zeros((9, 9, 5), np.uint8), "9 x 9 x 5"),
        (np.zeros((1, 9, 9, 3), np.uint8), "1 x 9 x 9 x 3"),
        (np.zeros(9, np.uint8), "not of 9"),
        (np.zeros((0, 9), np.uint8), "no pixels"),
        (np.zeros((2, 20000), np.uint8), "16384"),
        ("me.jpg", "uint8"),
        (None, "uint8"),
    ],
)
def test_no_picture(picture: Any, text: str, recognizer: expressions.Recognizer) -> None:
    stream = expressions.Stream(recognizer.model)
    acts: list[Any] = [
        lambda: recognizer.recognize(picture),
        lambda: stream.recognize(picture, 0),
    ]
    for act in acts:
        with pytest.raises(expressions.ArgumentError, match=re.escape(text)) as caught:
            act()
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)


def test_bad_arguments(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    crop = np.zeros((48, 48), np.uint8)
    wrong: list[Any] = [
        lambda: recognizer.recognize(grey, colours="GRB"),  # type: ignore[arg-type]
        lambda: recognizer.recognize(grey, [(1, 2, 3)]),
        lambda: recognizer.recognize(grey, [(1, 2, 0, 0)]),
        lambda: recognizer.recognize(grey, [(1, 2, 3, 4, 5)]),
        lambda: recognizer.recognize(grey, [(float("nan"), 2, 3, 4)]),  # type: ignore[list-item]
        lambda: recognizer.recognize(grey, [(float("inf"), 2, 3, 4)]),  # type: ignore[list-item]
        lambda: recognizer.recognize(grey, [(2**32 + 1, 2, 30, 40)]),
        lambda: recognizer.recognize_crops(crop.astype(float)),
        lambda: recognizer.recognize_crops(np.zeros((2, 40, 48), np.uint8)),
        lambda: recognizer.explain(crop, "joy"),
        lambda: recognizer.explain(np.zeros((2, 48, 48), np.uint8), "happy"),
        lambda: expressions.Model("missing\0"),
        lambda: expressions.Model(prior={"joy": 1}),
        lambda: expressions.Model(prior={"happy": -1}),
        lambda: expressions.Stream(recognizer.model, smooth=-1),
        lambda: expressions.Stream(recognizer.model).calibrate(5),
        lambda: expressions.Stream(recognizer.model).recognize(grey, 0, [(0, 0, 9, 9)] * 65),
        lambda: expressions.Stream(recognizer.model).recognize(grey, float("nan")),
    ]
    for number, act in enumerate(wrong):
        with pytest.raises(expressions.ArgumentError):
            act()
            pytest.fail(f"number {number} passed")


def test_bad_files(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("no model, no cascade\n")
    for missing in (tmp_path / "missing", tmp_path / "bad"):
        with pytest.raises(expressions.ModelError, match=missing.name):
            expressions.Recognizer(missing)
        with pytest.raises(expressions.CascadeError, match=missing.name):
            expressions.Recognizer(cascade=missing)


def test_closed(grey: Pixels, model: expressions.Model) -> None:
    for kind in (expressions.Recognizer, expressions.Stream):
        with kind(model) as looking:
            pass
        looking.close()
        with pytest.raises(expressions.ArgumentError, match="closed"):
            looking.recognize_crops(np.zeros((48, 48), np.uint8))
    with pytest.raises(expressions.ArgumentError, match="closed"):
        looking.recognize(grey, 0)
    with pytest.raises(expressions.ArgumentError, match="closed"):
        looking.calibrate(1)


def test_python_goes_on(rgb: Pixels, recognizer: expressions.Recognizer) -> None:
    """While the library works, other threads run: with the lock of the interpreter held, this
    thread would see nothing between the beginning and the end."""
    large = np.tile(rgb, (3, 3, 1))
    state = "before"

    def work() -> None:
        nonlocal state
        state = "begun"
        recognizer.recognize(large)
        state = "ended"

    interval = sys.getswitchinterval()
    sys.setswitchinterval(100)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        seen = set()
        while thread.is_alive():
            seen.add(state)
            time.sleep(0.001)
    finally:
        sys.setswitchinterval(interval)
    assert "begun" in seen


def test_threads(grey: Pixels, rgb: Pixels, model: expressions.Model) -> None:
    """One recognizer in many threads, and many on one model."""
    shared = expressions.Recognizer(model)
    expected = [shared.recognize(grey), shared.recognize(rgb)]
    wrong: list[object] = []

    def work(recognizer: expressions.Recognizer) -> None:
        for _ in range(3):
            found = [recognizer.recognize(grey), recognizer.recognize(rgb)]
            if found != expected:
                wrong.append(found)

    own = [expressions.Recognizer(model) for _ in range(2)]
    threads = [threading.Thread(target=work, args=[each]) for each in [shared, shared, *own]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_ends_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model after what was opened with it, even where all is garbage at once, or lives to the
    end."""
    ended: list[str] = []

    class Spy:
        def __getattr__(self, name: str) -> Any:
            ended.append(name)
            return getattr(_library.library, name)

    monkeypatch.setattr("expressions._recognizer.library", Spy())
    stream = expressions.Stream()
    stream.model.itself = [stream, stream.model]  # type: ignore[attr-defined]
    del stream
    gc.collect()
    order = [name.replace("expressions_", "") for name in ended]
    assert sorted(order) == [
        "detector_close",
        "model_close",
        "recognizer_close",
        "smoother_close",
        "tracker_close",
    ]
    assert order.index("tracker_close") < order.index("detector_close") < order.index("model_close")
    assert order.index("recognizer_close") < order.index("model_close")


def test_end_of_interpreter() -> None:
    code = "from expressions import *; s = Stream(); r = Recognizer(s.model); s.me = s"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_library() -> None:
    """Where it is not installed: one line that says what to do."""
    code = f"""
import pathlib, sys
import ctypes
def none(name): raise OSError(name + ": cannot open")
ctypes.CDLL = none
sys.path.insert(0, {str(Path(expressions.__file__).parents[1])!r})
import expressions
"""
    result = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert re.search(r"^ImportError: .*install libexpressions0", result.stderr, re.M)


def test_version_and_model(model: expressions.Model) -> None:
    cmake = Path(os.environ["SOURCE_DIR"], "CMakeLists.txt").read_text()
    assert f"VERSION {expressions.__version__} " in cmake
    assert "FER2013" in model.describe() and "happy" in model.describe()
