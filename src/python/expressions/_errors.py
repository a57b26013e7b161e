"""What goes wrong, as exceptions. Each text is one line: what, why, and what to do."""

from __future__ import annotations


class Error(Exception):
    """Something failed; the others below are kinds of it."""


class ArgumentError(Error, ValueError):
    """A mistake of the caller; nothing was done."""


class OutOfMemoryError(Error, MemoryError):
    """Memory ran out."""


class ModelError(Error):
    """The model file is missing, damaged or for something else."""


class CascadeError(Error):
    """The Haar cascade, which finds faces, is missing or damaged."""


class CameraError(Error):
    """The camera cannot be opened, or was lost."""


# enum expressions_status
_OF_LIBRARY = {1: ArgumentError, 2: OutOfMemoryError, 3: ModelError, 4: CascadeError}
# The program's exit statuses
_OF_PROGRAM = {2: ArgumentError, 4: CameraError, 5: CameraError, 6: ModelError}


def of_library(status: int, text: str) -> Error:
    return _OF_LIBRARY.get(status, Error)(text)


def of_program(status: int, text: str) -> Error:
    return _OF_PROGRAM.get(status, Error)(text)
