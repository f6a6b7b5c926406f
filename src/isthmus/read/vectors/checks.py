"""What is refused about vectors that someone brings, and how a set of files is identified."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from isthmus.arrays import blocks, fingerprint
from isthmus.types import EmbeddingSet, RequestError

_PIECE = 1 << 20
_PIECES = 64
"""Files up to 64 MiB are hashed whole, larger ones in 64 spread pieces of 1 MiB."""


def check_counts(path: Path, rows: Mapping[str, int]) -> None:
    """Refuse sets of different length that nothing links.

    Raises:
        RequestError: row numbers would pair what does not belong together.
    """
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{count} {modality}" for modality, count in rows.items())
        raise RequestError(
            f"{path} holds {counts} vectors; rows of different number need ids ("
            f"{', '.join(f'{modality}_ids' for modality in rows)}) or links (k, 2) beside them."
        )


def check_rows(path: Path, some: EmbeddingSet) -> None:
    """Refuse vectors without a direction.

    Raises:
        RequestError: rows are zero, NaN or infinite; names the first five and counts them.
    """
    zero: list[int] = []
    broken: list[int] = []
    with np.errstate(over="ignore", invalid="ignore"):
        for start, rows in blocks(some.vectors):
            squares = np.einsum("nd,nd->n", rows, rows)
            # squares may over- or underflow in float32: look again at the doubtful rows only
            for row in np.flatnonzero(~np.isfinite(squares) | (squares < 1e-30)):
                exact = float(np.linalg.norm(rows[row].astype(np.float64)))
                if exact == 0:
                    zero.append(start + int(row))
                elif not np.isfinite(exact):
                    broken.append(start + int(row))
    faults = [("not finite (NaN or infinity)", broken), ("zero", zero)]
    if said := [f"{len(rows)} {what}: {_named(some, rows)}" for what, rows in faults if rows]:
        raise RequestError(
            f"{path}: of {len(some)} {some.modality} vectors, {'; '.join(said)}. Drop these rows "
            "or embed their items again."
        )


def _named(some: EmbeddingSet, rows: list[int]) -> str:
    names = [
        f"row {row}" if some.ids[row] == str(row) else f"row {row} ({some.ids[row]!r})"
        for row in rows[:5]
    ]
    return ", ".join(names) + (", ..." if len(rows) > 5 else "")


def files_id(paths: Iterable[Path]) -> str:
    """Hash of the content of files, whatever they are called."""
    parts: list[bytes | int] = []
    for path in paths:
        size = path.stat().st_size
        parts.append(size)
        with path.open("rb") as file:
            if size <= _PIECES * _PIECE:
                parts.append(file.read())
                continue
            for place in np.linspace(0, size - _PIECE, _PIECES).astype(np.int64):
                file.seek(int(place))
                parts.append(file.read(_PIECE))
    return fingerprint(*parts)
