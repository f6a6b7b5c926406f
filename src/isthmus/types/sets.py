"""EmbeddingSet: n vectors of one modality in one space, with their names and history."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, overload

import numpy as np

from isthmus.arrays import Vector, Vectors, beyond_float32, fingerprint, unit_rows
from isthmus.records import amount, dataclass, short
from isthmus.store import Columns
from isthmus.types.choosing import Named, One, as_ids, chosen
from isthmus.types.errors import RequestError, check_kind
from isthmus.types.selections import Selection
from isthmus.types.spaces import Space, Step


@dataclass(frozen=True, eq=False, repr=False)
class EmbeddingSet:
    """n vectors of one modality in one space, with their names and their history.

    Raises:
        RequestError: the array is not (n, d) or not of numbers, ids do not match the rows or
            repeat, or d is not the space's.
    """

    vectors: Vectors
    """(n, d) float32, as the encoder gave them: not normalised, read-only. Memory-mapped files
    keep the file's float type."""
    ids: tuple[str, ...]
    """n distinct names, stable between runs."""
    modality: str
    """What was embedded: image, text, audio, ..."""
    space: Space
    """Where the vectors live. Sets compare only if their spaces are equal."""
    history: tuple[Step, ...] = ()
    """Oldest first: the encoder, its parameters, the data's source and licence."""
    selections: tuple[Selection, ...] = ()
    """What was fitted or chosen of the maps that they went through, and on which items."""

    def __post_init__(self) -> None:
        vectors = as_vectors(self.vectors)
        check_kind(self.modality, str, "The modality of a set is a word, such as 'image'")
        check_kind(self.space, Space, "The space of a set is an isthmus.Space")
        object.__setattr__(self, "ids", as_ids(self.ids))
        if len(vectors) != len(self.ids):
            raise RequestError(
                f"Every row needs one id, but there are {amount(len(vectors), 'vector')} and "
                f"{amount(len(self.ids), 'id')}."
            )
        if vectors.shape[1] != self.space.dim:
            raise RequestError(
                f"Vectors of {self.space.name!r} have {self.space.dim} coordinates; these have "
                f"{vectors.shape[1]}."
            )
        if not isinstance(vectors, np.memmap):
            vectors = _in_single(vectors).view()
        vectors.flags.writeable = False
        object.__setattr__(self, "vectors", vectors)
        # a set, let go at once: the table of rows takes 100 bytes an id and is rarely needed
        if (distinct := len(set(self.ids))) != len(self.ids):
            seen: set[str] = set()
            twice = next(name for name in self.ids if name in seen or seen.add(name))
            raise RequestError(
                f"Ids must be distinct, but {twice!r} names more than one row; rename or drop "
                f"{amount(len(self.ids) - distinct, 'repeated row')}."
            )

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Vector]:
        return iter(self.vectors)

    def __contains__(self, name: object) -> bool:
        return name in self.row

    @overload
    def __getitem__(self, key: One) -> Vector: ...
    @overload
    def __getitem__(self, key: slice | Sequence[Any] | np.ndarray) -> "EmbeddingSet": ...

    def __getitem__(self, key: Any) -> "Vector | EmbeddingSet":
        """The vector of an id or row, or the set of a slice, a mask or a list of ids or rows."""
        rows = chosen(key, self.row, f"{self.modality} vector")
        return self.vectors[rows] if isinstance(rows, int) else self._at(rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The vectors, (n, d), for NumPy and all that takes its arrays."""
        return np.array(self.vectors, dtype=dtype, copy=copy)

    def to_table(self) -> Columns:
        """Columns ``id`` and ``vector``, as pandas, polars and Arrow take them."""
        return Columns(id=list(self.ids), vector=list(self.vectors))

    def __str__(self) -> str:
        n, d = self.vectors.shape
        what = amount(n, f"{self.modality} vector")
        return f"{what} of {d} coordinates in {self.space.name}"

    def __repr__(self) -> str:
        return f"EmbeddingSet({self})"

    @cached_property
    def row(self) -> dict[str, int]:
        """Row number of each id."""
        return Named(zip(self.ids, range(len(self)), strict=True))

    @cached_property
    def unit(self) -> Vectors:
        """The vectors at length one, float32, read-only."""
        rows = unit_rows(self.vectors)
        rows.flags.writeable = False
        return rows

    @cached_property
    def fingerprint(self) -> str:
        """Hash of vectors and ids: content, where the id of an item is its identity."""
        return fingerprint(np.asarray(self.vectors), list(self.ids))

    def take(self, ids: Iterable[str]) -> "EmbeddingSet":
        """The rows of these ids, in this order.

        Raises:
            RequestError: an id is not in the set.
        """
        wanted = as_ids(ids)
        missing = [name for name in wanted if name not in self.row]
        if missing:
            raise RequestError(
                f"{len(missing)} of {len(wanted)} wanted ids are not in this set of {len(self)} "
                f"({self.modality}); the first is {missing[0]!r}."
            )
        return self._at([self.row[name] for name in wanted])

    def _at(self, rows: list[int]) -> "EmbeddingSet":
        ids = tuple(self.ids[row] for row in rows)
        return replace(self, vectors=self.vectors[rows], ids=ids)

    def then(self, step: Step, vectors: Vectors) -> "EmbeddingSet":
        """The same items after one more map: new vectors in a new space, history one longer."""
        return replace(
            self, vectors=vectors, space=self.space.then(step), history=(*self.history, step)
        )

    @classmethod
    def from_rows(
        cls, vectors: Vectors, modality: str, ids: Sequence[str] | None = None
    ) -> "EmbeddingSet":
        """Vectors of unknown origin, ids the running number: how plain arrays enter a measure."""
        rows = as_vectors(vectors)
        names, dim = as_ids(range(len(rows)) if ids is None else ids), rows.shape[1]
        space = Space(f"arrays of {dim} coordinates", f"plain-{dim}", dim)
        return cls(rows, names, modality, space)


def as_vectors(rows: Any) -> Vectors:
    """An (n, d) array of real numbers, of whatever NumPy takes for one.

    Raises:
        RequestError: it is no such array.
    """
    try:
        found = rows if isinstance(rows, np.ndarray) else np.asarray(rows)
    except Exception as error:  # of ragged lists, and of other libraries
        raise RequestError(f"Vectors are an (n, d) array of numbers: {error}") from error
    if found.ndim != 2 or found.dtype.kind not in "fiub":
        raise RequestError(f"Vectors are an (n, d) array of numbers, not {short(rows)}.")
    return found


def _in_single(vectors: Vectors) -> Vectors:
    """The rows as float32, where float32 holds them.

    Raises:
        RequestError: a finite row becomes infinite or zero in float32.
    """
    given = np.asarray(vectors)
    if (lost := beyond_float32(given)).any():
        row = int(np.argmax(lost))
        raise RequestError(
            f"Vectors are kept as float32, and row {row} is beyond the range of float32, 1e-38 to "
            f"3e+38: it has {np.abs(given[row]).max():.0e} ({int(lost.sum())} such of "
            f"{amount(len(lost), 'row')}); scale the rows, to length one for instance."
        )
    return given.astype(np.float32, copy=False)
