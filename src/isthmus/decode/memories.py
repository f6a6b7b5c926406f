"""The memory of sentences that ships, and its vectors in a space."""

import gzip
import json
from collections.abc import Collection, Sequence
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from isthmus.arrays import Vectors, fingerprint, unit, unit_or_zero
from isthmus.decode.weights import FOLDER, plain_arrays
from isthmus.engine.jobs import bar
from isthmus.records import dataclass
from isthmus.store import cache_folder, read_tensors, sweep, write_tensors
from isthmus.types import Encoder, RequestError

AT_ONCE = 256
"""Sentences that are embedded together."""


@dataclass(frozen=True, eq=False)
class Memory:
    """Sentences with their unit vectors in one space."""

    texts: Sequence[str]
    names: Sequence[str]
    """What a decoder may be told of; empty of a sentence of several things."""
    kinds: Sequence[str]
    """Where each comes from: photo, thing, drawing, shape, sound, motion, babel, ..."""
    vectors: Vectors

    def __post_init__(self) -> None:
        if not len(self.texts) or len(self.texts) != len(self.vectors):
            raise RequestError(
                f"A memory wants sentences and a vector each, not {len(self.texts)} and "
                f"{len(self.vectors)}."
            )

    @cached_property
    def mean(self) -> Float[np.ndarray, " d"]:
        """Of its vectors."""
        return self.vectors.mean(0)

    @cached_property
    def centred(self) -> Vectors:
        """Vectors less their mean, at length one."""
        return unit_or_zero(self.vectors - self.mean)

    def of(self, kinds: Collection[str]) -> "Memory":
        """The sentences of these kinds; all where none is of them."""
        rows = [i for i, kind in enumerate(self.kinds) if kind in kinds]
        return self.take(rows) if rows else self

    @cached_property
    def named(self) -> "Memory":
        """Sentences of one named thing."""
        return self.take([i for i, name in enumerate(self.names) if name])

    def take(self, rows: Sequence[int]) -> "Memory":
        """The sentences of these rows."""
        some = [[one[i] for i in rows] for one in (self.texts, self.names, self.kinds)]
        return Memory(some[0], some[1], some[2], self.vectors[list(rows)])

    def nearest(
        self, vectors: Vectors, mean: Float[np.ndarray, " d"], many: int
    ) -> Int[np.ndarray, "n k"]:
        """Rows nearest to each vector, the nearest first, both sides less their means."""
        scores = unit_or_zero(unit(vectors) - mean) @ self.centred.T
        return np.argsort(-scores, axis=1, kind="stable")[:, :many]


def remembered(texts: Sequence[str], text: Encoder, names: Sequence[str] = ()) -> Memory:
    """A memory of one's own sentences, embedded now.

    Raises:
        RequestError: no sentences.
    """
    if not len(texts):
        raise RequestError("A memory wants sentences, but there are none.")
    none = [""] * len(texts)
    return Memory(list(texts), list(names) or none, none, unit(text.encode(list(texts))))


@cache
def sentences() -> tuple[tuple[str, str, str], ...]:
    """(text, name, kind) of each sentence that ships."""
    rows = json.loads(gzip.decompress((FOLDER / "memory.json.gz").read_bytes()))
    return tuple((row["text"], row["name"], row["kind"]) for row in rows)


@cache
def _default() -> tuple[Vectors, str]:
    """The memory's vectors in the default space, and that space's id."""
    arrays, about = read_tensors(FOLDER / "memory.safetensors")
    return unit(plain_arrays(arrays)["vectors"]), about["space"]


def default_vectors(kinds: Collection[str]) -> Vectors:
    """In the default space, of the sentences of these kinds; all where none is of them."""
    rows = [i for i, (_, _, kind) in enumerate(sentences()) if kind in kinds]
    return _default()[0][rows] if rows else _default()[0]


def shipped(text: Encoder) -> Memory:
    """The sentences that ship, by the encoder of a space: its vectors are kept in the cache.

    Those of the default space ship too.
    """
    texts, names, kinds = (list(column) for column in zip(*sentences(), strict=True))
    vectors, space = _default()
    if space == text.space.id:
        return Memory(texts, names, kinds, vectors)
    key = fingerprint(text.space.id, *texts)
    file = cache_folder() / "memory" / f"{key}.safetensors"
    if not file.is_file():
        _keep(file, _embedded(text, texts))
    return Memory(texts, names, kinds, np.asarray(read_tensors(file)[0]["vectors"], np.float32))


def _embedded(text: Encoder, texts: Sequence[str]) -> Vectors:
    """Unit vectors, with a word where it takes long."""
    found = list[Vectors]()
    with bar(len(texts), "sentences of the memory, once a space", show=True) as tick:
        for start in range(0, len(texts), AT_ONCE):
            some = texts[start : start + AT_ONCE]
            found.append(unit(np.asarray(text.encode(some), np.float32)))
            tick(len(some))
    return np.concatenate(found)


def _keep(file: Path, vectors: Vectors) -> None:
    sweep(file.parent, of=file.name)
    write_tensors(file, {"vectors": vectors.astype(np.float16)}, {"what": "memory of sentences"})
