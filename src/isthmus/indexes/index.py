"""An index that is there: what is nearest to a query, of all modalities in one list."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from isthmus.indexes.generations import (
    INDEX,
    WORK,
    IndexPart,
    IndexRecord,
    open_part,
    read_record,
    space_of,
)
from isthmus.indexes.odds import Odds, read_odds
from isthmus.records import amount, dataclass
from isthmus.store import marked
from isthmus.types import EmbeddingSet, RequestError, Space, same_space

CANDIDATES = 20
"""Nearest items that odds are told of, as many times those that are asked for."""


@dataclass(frozen=True)
class Ranked:
    """One item found."""

    file: str
    """Path in the folder that was indexed, by which the item is known."""
    modality: str
    row: int
    """Among the items of its modality, in this generation of the index."""
    similarity: float
    """Cosine to the query."""
    score: float
    """What the list is ranked by: log odds of a match, made fair between modalities, where they
    were learned for the query's modality; else the similarity in spreads above what the query meets
    among all items of this modality."""
    probability: float | None = None
    """Of a match, where odds were learned for both modalities: were there as many matches as on
    what they were learned from."""


@dataclass(frozen=True, eq=False)
class Index:
    """The vectors of a folder's files, by modality, as one generation."""

    folder: Path
    """Of the index."""
    record: IndexRecord
    parts: Mapping[str, IndexPart]
    odds: Odds | None = None
    """Of matches, where they were learned."""

    def __len__(self) -> int:
        return sum(len(part.files) for part in self.parts.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{len(one.files):,} {name}" for name, one in self.parts.items())
        return f"Index({self.folder}: {counts} items in {self.space.name})"

    @cached_property
    def space(self) -> Space:
        """That all vectors are of."""
        return space_of(self.record)

    @property
    def root(self) -> Path:
        """The folder that was indexed."""
        return Path(self.record.folder)

    @property
    def skipped(self) -> Mapping[str, str]:
        """What is no item, with its reason."""
        return self.record.skipped

    def search(
        self, query: EmbeddingSet, top: int = 10, *, only: Sequence[str] = ()
    ) -> list[Ranked]:
        """The items nearest to a query, of all modalities in one list, best first.

        Args:
            query: one vector of the index's space.
            top: how many, 1 or more.
            only: modalities to look among; empty for all.

        Raises:
            RequestError: another count, or modalities that the index has not.
            SpaceMismatchError: the query is of another space.
        """
        same_space(query.space, self.space)
        return self.ranked(query.unit[:1], top, only, query.modality)[0]

    def ranked(
        self,
        queries: Float[np.ndarray, "q d"],
        top: int,
        only: Sequence[str] = (),
        asked: str = "",
    ) -> list[list[Ranked]]:
        """The same for many unit vectors, of the modality ``asked``."""
        if top < 1:
            raise RequestError(f"At least one item must be asked for, not {top}.")
        some = self.among(only)
        by_odds = self.odds is not None and self.odds.ranks(asked)
        found: list[list[Ranked]] = [[] for _ in queries]
        for name in some:
            part = self.parts[name]
            many = top * (CANDIDATES if by_odds else 1)
            scores, rows = part.search(queries, part.vectors, many)
            for number, query in enumerate(queries):
                way = asked if by_odds else ""
                found[number] += self._hits(part, query, rows[number], scores[number], way)
        return [sorted(some, key=lambda hit: -hit.score)[:top] for some in found]

    def _hits(
        self,
        part: IndexPart,
        query: Float[np.ndarray, " d"],
        rows: Int[np.ndarray, " k"],
        scores: Float[np.ndarray, " k"],
        asked: str,
    ) -> list[Ranked]:
        """Items of one modality; ``asked``: what asks, where odds rank."""
        ranked, chances = part.background.standardised(query, scores), [None] * len(rows)
        if asked and self.odds is not None:
            sides = query[None], np.asarray(part.vectors[rows])
            asking = self.parts[asked].background if asked in self.parts else None
            odds = self.odds.ratios(asked, part.modality, sides, part.background, asking)[0]
            odds = odds + self.odds.prior(asked, part.modality, len(part.files))
            if self.odds.knows(asked, part.modality):
                chances = (1 / (1 + np.exp(-odds))).tolist()
            # the order within a modality stays that of the similarity
            ranked = np.sort(odds)[::-1] + self.record.fair.get(part.modality, 0.0)
        files = (part.files[int(row)] for row in rows)
        return [
            Ranked(file, part.modality, int(row), float(raw), float(score), chance)
            for file, row, raw, score, chance in zip(
                files, rows, scores, ranked, chances, strict=True
            )
        ]

    def among(self, only: Sequence[str], exclude: Sequence[str] = ()) -> tuple[str, ...]:
        """Modalities to look among: those named, or all, but for those left out.

        Raises:
            RequestError: one that the index has not, or none is left.
        """
        if missing := [name for name in (*only, *exclude) if name not in self.parts]:
            has = ", ".join(self.parts)
            raise RequestError(f"The index has no {missing[0]} items; it has: {has}.")
        left = tuple(name for name in only or self.parts if name not in exclude)
        if not left:
            raise RequestError("Nothing is left to look among: all its modalities are excluded.")
        return left

    def counts(self) -> dict[str, Any]:
        """Items by modality, and how many files were left out."""
        return {
            "items": {name: len(part.files) for name, part in self.parts.items()},
            "skipped": len(self.skipped),
        }


def is_index(folder: Path) -> bool:
    """Whether a folder is an index, finished or not; a folder of files may hold an index.json."""
    return marked(folder) and any((folder / name).exists() for name in (INDEX, WORK))


def open_index(folder: str | Path) -> Index:
    """The index that a folder holds.

    Raises:
        RequestError: there is none, it was never finished, or it is damaged.
        ExtraMissingError: it is kept in Lance, which is not installed.
    """
    folder = Path(folder)
    record = read_record(folder)
    if record is None:
        unfinished = (folder / WORK).is_dir()
        why = (
            "was never finished: run isthmus index again, which goes on"
            if unfinished
            else f"holds no {INDEX}: make one by isthmus index FOLDER --out {folder}"
        )
        raise RequestError(f"{folder} {why}.")
    if not record.parts:
        raise RequestError(f"{folder} is an empty index: {amount(len(record.skipped), 'file')} "
                           "were left out.")  # fmt: skip
    return opened(folder, record)


def opened(folder: Path, record: IndexRecord) -> Index:
    """The index that a record describes.

    Raises:
        RequestError: a file of it is missing or damaged.
        ExtraMissingError: it is kept in Lance, which is not installed.
    """
    parts = {name: open_part(folder, name, one) for name, one in record.parts.items()}
    return Index(folder, record, parts, read_odds(folder / record.odds) if record.odds else None)
