"""Embeddings that someone already has, as sets by modality with what is known of the items.

Read are ``.npy``, ``.npz``, ``.safetensors`` and Parquet files, clip-retrieval's folder layout,
folders of ``.npy`` files and saved sets; memory-mapped wherever the format allows. Ids, captions
and pictures come from the file itself or from a table beside it; without ids, rows are called by
their running number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path

import numpy as np

from isthmus.arrays import BLOCK, Vectors, beyond_float32, fingerprint
from isthmus.read.vectors.files import read_arrays
from isthmus.read.vectors.folders import array_paths, read_folder
from isthmus.read.vectors.keys import modality_names, named_ids, named_links, unread
from isthmus.read.vectors.saved_sets import read_links, read_saved_set, saved_sets
from isthmus.read.vectors.side_tables import (
    Columns,
    length,
    lowered,
    row_captions,
    row_ids,
    row_links,
    row_pictures,
    side_table,
)
from isthmus.records import amount, dataclass
from isthmus.store import is_folder
from isthmus.types import EmbeddingSet, Links, RequestError, Space, Step

_PIECE = 1 << 20
_PIECES = 64
"""Files up to 64 MiB are hashed whole, larger ones in 64 spread pieces of 1 MiB."""


@dataclass(frozen=True, eq=False)
class ArrayBundle:
    """Embeddings of one file or folder: a set per modality, with what is known of the items."""

    sets: Mapping[str, EmbeddingSet]
    """By modality."""
    links: Links | None
    """As the file gives them; None if equal ids pair."""
    captions: Mapping[str, str]
    """By item id."""
    pictures: Mapping[str, Path]
    """By item id, for pictures that lie beside the vectors."""
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """What is there and is not used, such as a table of other rows: the reason, by name."""


def open_arrays(path: str | Path, model: str | None = None, max_bytes: int = 0) -> ArrayBundle:
    """Embeddings of a file or folder, by modality.

    Args:
        path: what to open.
        model: name of the model that made the vectors. Sets of one model are comparable;
            without a name only sets of the same files are.
        max_bytes: that what is compressed may unfold to; 0 for 2 GiB a file.

    Raises:
        RequestError: nothing readable there, too large, rows that do not fit together, or vectors
            that are zero or not finite.
    """
    path = Path(path)
    if saved := saved_sets(path):
        return _saved(saved, model)
    found = read_folder(path, max_bytes) if is_folder(path) else read_arrays(path, max_bytes)
    names = modality_names(path, found.arrays)
    rows = {modality: len(found.arrays[key]) for key, modality in names.items()}
    ids = named_ids(found, names)
    place = path / "items" if path.is_dir() else path
    table, left_out = side_table(place, rows.values(), max_bytes)
    if found.columns:
        more = table if length(table) == length(found.columns) else {}
        table = {**more, **lowered(found.columns)}
    if "links" not in found.arrays and len(ids) < len(rows):
        check_counts(path, rows)
    content = files_id(array_paths(path))
    step = Step("open", {"file": path.name, "content": content, "model": model or ""})
    listed = row_ids(table)
    unnamed = {count for modality, count in rows.items() if modality not in ids}
    shared = {n: listed if len(listed) == n else tuple(map(str, range(n))) for n in unnamed}
    sets: dict[str, EmbeddingSet] = {}
    for key, modality in names.items():
        array = found.arrays[key]
        some = ids[modality] if modality in ids else shared[len(array)]
        check_rows(path, array, key or modality, some)
        space = _space(path, model, content, array.shape[1])
        sets[modality] = EmbeddingSet(array, some, modality, space, (step,))
    links = named_links(path, found, sets, by_id=bool(ids))
    if links is None and not ids and not listed:
        links = _table_links(table, sets)
    described = [some for some in sets.values() if len(some) == length(table)]
    told, empty = row_captions(table)
    captions, pictures = _captions(told, described), _pictures(table, described, path)
    left_out = {**found.left_out, **unread(found.arrays, names), **left_out, **empty}
    return ArrayBundle(sets, links, captions, pictures, left_out)


def _saved(paths: Sequence[Path], model: str | None) -> ArrayBundle:
    sets: dict[str, EmbeddingSet] = {}
    for path in paths:
        some = read_saved_set(path)
        if some.modality in sets:
            raise RequestError(
                f"{path.parent} holds several saved sets of {some.modality} vectors; open one, "
                f"such as arrays:{path}."
            )
        if model:
            space = _space(path, model, "", some.space.dim)
            some = replace(some, space=space)
        check_rows(path, some.vectors, some.modality, some.ids)
        sets[some.modality] = some
    links = read_links(paths[0].parent, *list(sets)[:2]) if len(sets) > 1 else None
    return ArrayBundle(sets, links, {}, {})


def _space(path: Path, model: str | None, content: str, dim: int) -> Space:
    if model:
        return Space(model, fingerprint("model of arrays", model, dim), dim)
    return Space(f"arrays:{path.name}", fingerprint("content of arrays", content, dim), dim)


def _table_links(table: Columns, sets: Mapping[str, EmbeddingSet]) -> Links | None:
    rows = row_links(table)
    if not rows or len(sets) < 2:
        return None
    a, b = list(sets.values())[:2]
    return Links((a.ids[x], b.ids[y]) for x, y in rows)


def _captions(captions: Sequence[str], sets: Sequence[EmbeddingSet]) -> dict[str, str]:
    text = [some for some in sets if some.modality == "text"] or sets
    return {
        name: caption for some in text for name, caption in zip(some.ids, captions, strict=False)
    }


def _pictures(table: Columns, sets: Sequence[EmbeddingSet], path: Path) -> dict[str, Path]:
    pictures = row_pictures(table, path if path.is_dir() else path.parent)
    image = [some for some in sets if some.modality == "image"] or sets
    return {some.ids[row]: file for some in image for row, file in pictures.items()}


def check_counts(path: Path, rows: Mapping[str, int]) -> None:
    """Refuse sets of different length that nothing links.

    Raises:
        RequestError: row numbers would pair what does not belong together.
    """
    if len(set(rows.values())) > 1:
        counts = ", ".join(amount(count, f"{modality} vector") for modality, count in rows.items())
        raise RequestError(
            f"{path} holds {counts}; rows of different number need ids ("
            f"{', '.join(f'{modality}_ids' for modality in rows)}) or links (k, 2) beside them."
        )


def check_rows(path: Path, vectors: Vectors, name: str, ids: Sequence[str]) -> None:
    """Refuse vectors without a direction, or of lengths that float32 does not hold.

    Raises:
        RequestError: rows are zero, NaN, infinite, or beyond float32; names the first five of each
            and counts them.
    """
    broken, zero, beyond = list[int](), list[int](), list[int]()
    for start in range(0, len(vectors), BLOCK):
        rows = vectors[start : start + BLOCK]
        finite = np.isfinite(rows).all(axis=1)
        broken += (start + np.flatnonzero(~finite)).tolist()
        zero += (start + np.flatnonzero(~rows.any(axis=1))).tolist()
        beyond += (start + np.flatnonzero(beyond_float32(rows))).tolist()
    single = "beyond the range of float32, 1e-38 to 3e+38 (scale them to length one)"
    faults = [("not finite (NaN or infinity)", broken), ("zero", zero), (single, beyond)]
    if said := [f"{len(rows):,} {what}: {_named(rows, ids)}" for what, rows in faults if rows]:
        raise RequestError(
            f"{path}: of {amount(len(vectors), f'{name} vector')}, {'; '.join(said)}. Drop these "
            "rows or embed their items again."
        )


def _named(rows: list[int], ids: Sequence[str]) -> str:
    names = [
        f"row {row}" + "".join(f" ({name!r})" for name in ids[row : row + 1] if name != str(row))
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
            else:
                for place in np.linspace(0, size - _PIECE, _PIECES).astype(np.int64):
                    file.seek(int(place))
                    parts.append(file.read(_PIECE))
    return fingerprint(*parts)
