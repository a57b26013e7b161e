"""Pictures in memory: the same answers as `expressions --json`, whatever the array is like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import expressions
from conftest import Pixels, as_printed, own_lines, write_netpbm


def test_grey(tmp_path: Path, grey: Pixels, recognizer: expressions.Recognizer) -> None:
    write_netpbm(tmp_path / "grey.pgm", grey)
    [line] = own_lines("--image", str(tmp_path / "grey.pgm"))
    faces = recognizer.recognize(grey)
    assert len(faces) == 1
    assert [as_printed(face) for face in faces] == line["faces"]


def test_tilted(tmp_path: Path, grey: Pixels, recognizer: expressions.Recognizer) -> None:
    """A head that is found only where the verifier lets the cascade look more loosely."""
    height, width = grey.shape
    y, x = np.mgrid[:height, :width] - np.array([height / 2, width / 2]).reshape(2, 1, 1)
    sine, cosine = np.sin(0.6), np.cos(0.6)
    row = np.clip(cosine * y - sine * x + height / 2, 0, height - 1).astype(int)
    column = np.clip(sine * y + cosine * x + width / 2, 0, width - 1).astype(int)
    tilted = grey[row, column]
    write_netpbm(tmp_path / "tilted.pgm", tilted)
    [line] = own_lines("--image", str(tmp_path / "tilted.pgm"))
    assert len(line["faces"]) == 1
    assert [as_printed(face) for face in recognizer.recognize(tilted)] == line["faces"]


def test_colours(tmp_path: Path, rgb: Pixels, recognizer: expressions.Recognizer) -> None:
    write_netpbm(tmp_path / "two.ppm", rgb)
    [line] = own_lines("--image", str(tmp_path / "two.ppm"))
    faces = recognizer.recognize(rgb, colours="RGB")
    assert len(faces) == 2
    assert [as_printed(face) for face in faces] == line["faces"]
    assert recognizer.recognize(np.ascontiguousarray(rgb[:, :, ::-1])) == faces
    assert recognizer.recognize(rgb[:, :, ::-1]) == faces
    rgba = np.dstack([rgb, np.full(rgb.shape[:2], 9, np.uint8)])
    assert recognizer.recognize(rgba, colours="RGB") == faces
    assert recognizer.recognize(rgba[:, :, [2, 1, 0, 3]]) == faces
    assert recognizer.recognize(rgb) != faces, "the order of colours makes no difference here"


def test_views(grey: Pixels, rgb: Pixels, recognizer: expressions.Recognizer) -> None:
    """Parts of arrays, every second pixel, turned ones."""
    framed = np.full((grey.shape[0] + 20, grey.shape[1] + 30), 7, np.uint8)
    framed[5 : 5 + grey.shape[0], 11 : 11 + grey.shape[1]] = grey
    inside = framed[5 : 5 + grey.shape[0], 11 : 11 + grey.shape[1]]
    wide = np.repeat(rgb, 2, axis=1)
    pairs = [
        (inside, grey),
        (np.repeat(np.repeat(grey, 2, axis=0), 2, axis=1)[::2, ::2], grey),
        (grey[::-1], np.ascontiguousarray(grey[::-1])),
        (grey[:, ::-1], np.ascontiguousarray(grey[:, ::-1])),
        (np.asfortranarray(grey), grey),
        (wide[:, ::2], rgb),
        (rgb[:, :640], np.ascontiguousarray(rgb[:, :640])),
    ]
    for view, copy in pairs:
        assert recognizer.recognize(view) == recognizer.recognize(copy)
    assert recognizer.recognize(inside) != []
    rows, box = np.lib.stride_tricks.sliding_window_view(grey[50], 90), [(0, 0, 90, 90)]
    assert recognizer.recognize(rows, box) == recognizer.recognize(rows.copy(), box)


def test_file_of_a_phone(tmp_path: Path, rgb: Pixels, recognizer: expressions.Recognizer) -> None:
    """A JPEG file that lies on its side: Pillow's pixels are those of the program."""
    image = pytest.importorskip("PIL.Image")
    turned = image.fromarray(rgb).transpose(image.Transpose.ROTATE_90)
    exif = image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "phone.jpg", quality=85, exif=exif)
    [line] = own_lines("--image", str(tmp_path / "phone.jpg"))
    upright = pytest.importorskip("PIL.ImageOps").exif_transpose(image.open(tmp_path / "phone.jpg"))
    assert upright.size == (line["width"], line["height"]) == (rgb.shape[1], rgb.shape[0])
    faces = recognizer.recognize(np.asarray(upright), colours="RGB")
    assert len(faces) == 2
    assert [as_printed(face) for face in faces] == line["faces"]


def test_one_grey_level_moves_boxes(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    """Why another decoder's pixels give other answers: a box differs by some pixels."""
    noise = np.random.default_rng(1).integers(-1, 2, grey.shape)
    near = np.clip(grey.astype(int) + noise, 0, 255).astype(np.uint8)
    [face], [other] = recognizer.recognize(grey), recognizer.recognize(near)
    assert face.emotions != other.emotions
    assert face.emotion == other.emotion
    assert max(abs(a - b) for a, b in zip(face.box, other.box)) <= 20


def test_boxes(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    [face] = recognizer.recognize(grey)
    again, edge = recognizer.recognize(grey, [face.box, (-20, -20, 100, 100)])
    assert again.emotions == pytest.approx(face.emotions, abs=1e-6)  # two at once: other sums
    assert (again.emotion, again.id, edge.id) == (face.emotion, 1, 2)
    assert edge.box == (0, 0, 80, 80), "inside the picture"
    assert recognizer.recognize(grey, []) == []
    assert len(recognizer.recognize(grey, [face.box] * 65)) == 65


def test_prior(tmp_path: Path, grey: Pixels, recognizer: expressions.Recognizer) -> None:
    write_netpbm(tmp_path / "grey.pgm", grey)
    [line] = own_lines("--prior", "1,1,1,1,2,1,9", "--image", str(tmp_path / "grey.pgm"))
    model = expressions.Model(prior={"neutral": 9, "sad": 2})
    faces = expressions.Recognizer(model).recognize(grey)
    assert [as_printed(face) for face in faces] == line["faces"]
    assert faces != recognizer.recognize(grey)


def test_crops(grey: Pixels, recognizer: expressions.Recognizer) -> None:
    [face] = recognizer.recognize(grey)
    assert face.crop is not None and face.crop.shape == (48, 48)
    answers = recognizer.recognize_crops([face.crop, np.zeros((48, 48), np.uint8)])
    assert answers.shape == (2, 7) and answers.dtype == np.float32
    assert np.allclose(answers[0], list(face.raw.values()), atol=1e-6)
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
    heat = recognizer.explain(face.crop, face.emotion)
    assert heat.shape == (48, 48) and heat.min() < 0 < heat.max()
    other = recognizer.explain(face.crop, "fear")
    assert not np.allclose(heat, other)


def test_files(tmp_path: Path, grey: Pixels, rgb: Pixels) -> None:
    write_netpbm(tmp_path / "a.pgm", grey)
    write_netpbm(tmp_path / "b.ppm", rgb)
    frames = list(expressions.pictures(tmp_path))
    assert [Path(frame.source).name for frame in frames] == ["a.pgm", "b.ppm"]
    assert [len(frame.faces) for frame in frames] == [1, 2]
    [line] = own_lines("--image", str(tmp_path / "a.pgm"))
    [face] = frames[0].faces
    assert as_printed(face) == line["faces"][0]
    assert (face.held, face.crop, frames[0].clock) == (None, None, None)
    assert (frames[1].height, frames[1].width) == rgb.shape[:2]


def test_files_that_fail(tmp_path: Path, grey: Pixels) -> None:
    write_netpbm(tmp_path / "a.pgm", grey)
    (tmp_path / "b.pgm").write_text("P5\n")
    found = []
    with pytest.raises(expressions.Error, match="b.pgm"):
        for frame in expressions.pictures(tmp_path / "b.pgm", tmp_path / "a.pgm"):
            found.append(frame)
    assert len(found) == 1, "the others come first"
    write_netpbm(tmp_path / "none.pgm", np.full((60, 60), 90, np.uint8))
    [empty] = expressions.pictures(tmp_path / "none.pgm")
    assert empty.faces == ()
