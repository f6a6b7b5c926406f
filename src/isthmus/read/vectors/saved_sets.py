"""Sets that isthmus itself saved, format ``isthmus-set/1`` of ``docs/format.md``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.records import dataclass
from isthmus.scores.kinds import RULE_KINDS
from isthmus.store import is_file, is_folder, read_described, read_table, unpacked
from isthmus.types import EmbeddingSet, Links, Name, RequestError, Space, Step, conform, reason
from isthmus.types.selections import taken_out

FORMAT = "isthmus-set/1"

VECTORS = "vectors.safetensors"
LINKS = "links.parquet"
RULE = "rule"
"""Key of the metadata under which a mended space's score rule is described."""


@dataclass(frozen=True)
class _About:
    """What the metadata of a saved set say."""

    format: str
    modality: Name
    space: Space
    history: tuple[Step, ...]
    rule: Any = None
    selections: tuple[str, ...] = ()


def saved_sets(path: Path) -> list[Path]:
    """The folder itself if it is a saved set, else those inside it or its ``embeddings``."""
    if is_file(path / VECTORS):
        return [path]
    if not is_folder(path):
        return []
    here = sorted(inside.parent for inside in path.glob(f"*/{VECTORS}"))
    return here or sorted(inside.parent for inside in path.glob(f"embeddings/*/{VECTORS}"))


def read_links(folder: Path, first: str, second: str) -> Links | None:
    """The links between two modalities that are kept beside their sets; None if there are none.

    Raises:
        RequestError: the file is damaged.
    """
    path = folder / LINKS
    if not path.is_file():
        return None
    try:
        table = read_table(path, [first, second])
        return Links(zip(table[first], table[second], strict=True))
    except (ValueError, KeyError) as error:
        raise RequestError(f"{path} holds no links of {first} and {second}: {error}") from error


def read_saved_set(path: Path) -> EmbeddingSet:
    """One saved set; the vectors stay on the disk, memory-mapped.

    Raises:
        RequestError: nothing is there, or it is not a whole saved set.
    """
    if not (path / VECTORS).exists():
        raise RequestError(f"{path} holds no saved set (no {VECTORS} in it).")
    try:
        arrays, values = read_described(path / VECTORS, FORMAT)
        about = conform(_About, values)
        ids = tuple(read_table(path / "items.parquet", ["id"])["id"])
        space, arrays = about.space, dict(arrays)
        chosen = taken_out(about.selections, arrays)
        if about.rule is not None:
            rules = {name: array for name, array in arrays.items() if name != "vectors"}
            rule = unpacked(rules, about.rule, RULE_KINDS)
            if not isinstance(rule, RULE_KINDS):
                raise ValueError("its rule is no score rule")
            space = replace(space, rule=rule)
        return EmbeddingSet(arrays["vectors"], ids, about.modality, space, about.history, chosen)
    except Exception as error:
        raise RequestError(f"{path} is not a whole saved set: {reason(error)}") from error
