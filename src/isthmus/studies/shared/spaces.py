"""Embeddings that a user has, seen through a mended space."""

from dataclasses import replace
from pathlib import Path

from isthmus.encode.mended import read_mended
from isthmus.studies.shared.dataset import StudyInput
from isthmus.studies.shared.source import arrays_input
from isthmus.types import RequestError

ARRAYS = "arrays:"
MENDED = "mended:"


def of_arrays(name: str) -> bool:
    """Whether ``mended:FOLDER`` was fitted on arrays, so that it has no encoder of its own."""
    return name.startswith(MENDED) and _origin(name).startswith(ARRAYS)


def mended_arrays(name: str, arrays: Path | None = None, model: str = "") -> StudyInput:
    """The arrays that a mended space was fitted on, or others of the same model, mended.

    Args:
        name: ``mended:FOLDER``.
        arrays: other embeddings; None takes those that the corrections were fitted on.
        model: what made them: only sets of the model that was named when fitting are taken.

    Raises:
        RequestError: no mended space is there, or the arrays are not.
        SpaceMismatchError: the arrays are of another space.
    """
    mended, origin = read_mended(Path(name.removeprefix(MENDED)))
    if arrays is None:
        path, _, model = origin.removeprefix(ARRAYS).partition("?model=")
        arrays = Path(path)
    given = arrays_input(arrays, model)
    return replace(given, a=mended(given.a), b=mended(given.b))


def _origin(name: str) -> str:
    folder = name.removeprefix(MENDED)
    if not folder:
        raise RequestError("A mended space is named with its folder: mended:runs/mend-mini-glyphs.")
    return read_mended(Path(folder))[1]
