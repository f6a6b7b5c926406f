"""Sets that isthmus itself saved, format ``isthmus-set/1`` of ``docs/format.md``."""

import json
from pathlib import Path

from isthmus.store import read_table, read_tensors
from isthmus.types import EmbeddingSet, RequestError, Space, Step

_VECTORS = "vectors.safetensors"


def saved_sets(path: Path) -> list[Path]:
    """The folder itself if it is a saved set, else those directly inside it that are."""
    if (path / _VECTORS).is_file():
        return [path]
    return sorted(inside.parent for inside in path.glob(f"*/{_VECTORS}"))


def read_saved_set(path: Path) -> EmbeddingSet:
    """One saved set; the vectors stay on the disk, memory-mapped.

    Raises:
        RequestError: nothing is there, or it is not a whole saved set.
    """
    if not (path / _VECTORS).exists():
        raise RequestError(f"{path} holds no saved set (no {_VECTORS} in it).")
    try:
        arrays, meta = read_tensors(path / _VECTORS)
        about = json.loads(meta["isthmus"])
        ids = tuple(read_table(path / "items.parquet", ["id"])["id"])
        history = tuple(Step.from_dict(step) for step in about["history"])
        space = Space.from_dict(about["space"])
        return EmbeddingSet(arrays["vectors"], ids, about["modality"], space, history)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise RequestError(f"{path} is not a whole saved set: {error}") from error
