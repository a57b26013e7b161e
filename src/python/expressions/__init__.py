"""Finds faces in pictures and names what they show: angry, disgust, fear, happy, sad, surprise,
neutral.

    import cv2, expressions

    recognizer = expressions.Recognizer()
    for face in recognizer.recognize(cv2.imread("me.jpg")):
        print(face.emotion, face.confidence, face.box)

    for frame in expressions.video("film.mp4"):
        print(frame.time, [face.label for face in frame.faces])

Pictures in memory go to the C library, libexpressions: `Recognizer` takes single ones, `Stream`
those of a camera or film, one after the other. Files and cameras go to the program `expressions`:
`pictures`, `video` and `camera` are generators over what it sees.

Both give the answers of `expressions --json`. For the same answers from memory as from a file, the
pixels have to be the same: `cv2.imread`, and Pillow with `ImageOps.exif_transpose`, decode pictures
as the program does. Other decoders of JPEG (ffmpeg's is one) differ from them by one grey level
here and there, which moves boxes by a few pixels and probabilities by some hundredths.

LABELS names the expressions, in the order of all arrays.

Threads: any object may be used from any thread. Calls of one `Recognizer` or `Stream` wait for each
other; for work side by side give each thread its own, on one shared `Model`. Other threads of
Python go on while the library works. A forked process must open its own. The libraries below have
threads of their own: OPENBLAS_NUM_THREADS=1 in the environment before the start is best where there
are many callers, and nearly always otherwise.
"""

from ._errors import ArgumentError, CameraError, CascadeError, Error, ModelError, OutOfMemoryError
from ._library import version as _version
from ._program import camera, pictures, video
from ._recognizer import Model, Recognizer, Stream
from ._results import LABELS, Box, Face, Frame

__version__ = _version()

__all__ = [
    "LABELS",
    "ArgumentError",
    "Box",
    "CameraError",
    "CascadeError",
    "Error",
    "Face",
    "Frame",
    "Model",
    "ModelError",
    "OutOfMemoryError",
    "Recognizer",
    "Stream",
    "camera",
    "pictures",
    "video",
]
