"""Keep an EmbeddingSet: save, load, and export for other tools.

Format ``isthmus-set/1``: a folder with ``vectors.safetensors`` (array ``vectors``, metadata
``isthmus`` = JSON of format, modality, space, history) and ``items.parquet`` (column ``id`` in
row order). See ``docs/format.md``.
"""

import csv
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import Vectors
from isthmus.encode.mended import FILE as MENDED_FILE
from isthmus.encode.mended import FORMAT as MENDED_FORMAT
from isthmus.encode.tuned import FILE as TOWERS
from isthmus.lab.loading import lasting
from isthmus.read import known
from isthmus.read.vectors.saved_sets import FORMAT, LINKS, RULE, VECTORS, read_saved_set
from isthmus.store import atomic, packed, sweep, write_table, write_tensors
from isthmus.transform.mended import Mended
from isthmus.types import EmbeddingSet, Links, RequestError, check_kind
from isthmus.types.selections import kept


def save(embedded: EmbeddingSet, path: str | Path) -> Path:
    """Save a set as a folder, whole or not at all; an older set of that name is replaced.

    Raises:
        RequestError: the path is there and is not a saved set.
    """
    check_kind(embedded, EmbeddingSet, "What is saved is a set that isthmus.embed gave")
    check_kind(path, str | os.PathLike, "A set is saved to the path of a folder")
    path = Path(path)
    ours = path.is_dir() and {file.name for file in path.iterdir()} <= {VECTORS, "items.parquet"}
    if path.exists() and not ours:
        raise RequestError(f"{path} is there and is not a saved set; choose another path.")
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep(path.parent, of=path.name)
    temporary = f".{path.name}.isthmus-{os.getpid()}-"
    about: dict[str, Any] = {
        "format": FORMAT,
        "modality": embedded.modality,
        "space": embedded.space.to_dict(),
        "history": [step.to_dict() for step in embedded.history],
    }
    arrays: dict[str, np.ndarray] = {}
    if embedded.space.rule is not None:
        arrays, about[RULE] = packed(embedded.space.rule, RULE)
    if embedded.selections:
        about["selections"] = [one.what for one in embedded.selections]
        arrays = {**arrays, **kept(embedded.selections)}
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=temporary) as parent:
        part = Path(parent) / "set"
        write_table(part / "items.parquet", {"id": embedded.ids})
        text = json.dumps(about, sort_keys=True)
        write_tensors(part / VECTORS, {"vectors": embedded.vectors, **arrays}, {"isthmus": text})
        if path.exists():
            path.rename(Path(parent) / "old")
        part.rename(path)
    return path


def save_links(links: Links, folder: str | Path, modalities: tuple[str, str]) -> Path:
    """Keep which item belongs to which, beside the sets: one column of ids a modality."""
    path = Path(folder) / LINKS
    columns = zip(modalities, zip(*links, strict=True), strict=True)
    write_table(path, {modality: list(ids) for modality, ids in columns})
    return path


def load_set(path: str | Path) -> EmbeddingSet:
    """Load a saved set; the vectors stay on the disk, memory-mapped.

    Raises:
        RequestError: nothing is there, or it is not a whole saved set.
    """
    check_kind(path, str | os.PathLike, "A saved set is opened by its folder's path")
    return read_saved_set(Path(path))


def export_set(embedded: EmbeddingSet, path: str | Path) -> Path:
    """Write a set for other tools: ``.parquet``, ``.csv``, or a folder (clip-retrieval's layout).

    Parquet and CSV get an ``id`` column and one column a coordinate; the folder gets
    ``{img,text}_emb/*_emb_0.npy`` in float16 and ``metadata/metadata_0.parquet``, row order
    being the key, as clip-retrieval reads it.
    """
    path = Path(path)
    columns = {f"x{number}": column for number, column in enumerate(embedded.vectors.T)}
    sweep(path.parent, of=path.name)
    if path.suffix == ".parquet":
        write_table(path, {"id": embedded.ids, **columns})
    elif path.suffix == ".csv":
        with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *columns])
            for name, row in zip(embedded.ids, embedded.vectors, strict=True):
                writer.writerow([name, *map(repr, row.tolist())])
    elif not path.suffix:
        _clip_retrieval(embedded.ids, embedded.unit, embedded.modality, path)
    else:
        raise RequestError(f"A set is exported to .parquet, .csv or a folder, not {path.suffix!r}.")
    return path


def _clip_retrieval(ids: tuple[str, ...], vectors: Vectors, modality: str, path: Path) -> None:
    kind = known(modality)
    stem = "img_emb" if kind.pictured else f"{modality}_emb"
    with atomic(path / stem / f"{stem}_0.npy") as part, part.open("wb") as file:
        np.save(file, vectors.astype(np.float16))
    name = "image_path" if kind.pictured else "caption" if kind.spoken else "id"
    write_table(path / "metadata" / "metadata_0.parquet", {name: ids})


def save_mended(
    mended: Mended,
    folder: str | Path,
    origin: str,
    towers: Mapping[str, np.ndarray] | None = None,
) -> Path:
    """Keep a mended space, to be loaded as ``mended:FOLDER``; an older one is replaced.

    Args:
        mended: the fitted corrections.
        folder: where ``mended.safetensors`` is written.
        origin: the name that the parent space is loaded by; a path in it is kept absolute.
        towers: weights that were trained end to end, by their names in the model.
    """
    arrays, parts = packed((mended.maps, mended.rule))
    origin = lasting(origin)
    about = {
        "format": MENDED_FORMAT,
        "origin": origin,
        "parent": mended.parent.to_dict(),
        "chain": mended.chain,
        "objects": mended.objects,
        "recipe": dict(mended.recipe),
        "parts": parts,
    }
    if mended.selection is not None:
        about["selection"], arrays = mended.selection.what, {**arrays, **kept([mended.selection])}
    path = Path(folder) / MENDED_FILE
    (path.parent / TOWERS).unlink(missing_ok=True)
    if towers:
        write_tensors(path.parent / TOWERS, towers, {"origin": origin})
    write_tensors(path, arrays, {"isthmus": json.dumps(about, sort_keys=True)})
    return path
