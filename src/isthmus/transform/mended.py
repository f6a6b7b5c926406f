"""A mended space: a chain of corrections, fitted on calibration data and frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.scores import SCORE_RULES
from isthmus.scores.rules import Cosine, FittedRule
from isthmus.store import packed
from isthmus.transform import CORRECTIONS, LEARN_PAIRS
from isthmus.transform.maps import MapByModality
from isthmus.types import (
    Calibration,
    EmbeddingSet,
    RequestError,
    Selection,
    Space,
    Step,
    same_space,
)

AND = "+"
"""Between the corrections of a chain: ``mean_removal+match_odds``."""


Names = tuple[str, ...]
"""Of corrections, in order."""

TUNE = "tune"
"""The step of a space whose towers were trained end to end."""


@dataclass(frozen=True, eq=False)
class Mended:
    """Maps of each modality, then a score rule; turns sets of ``parent`` into sets of ``space``."""

    parent: Space
    chain: str
    """Corrections in order, such as ``mean_removal+match_odds``; empty changes nothing."""
    maps: tuple[MapByModality, ...]
    rule: FittedRule | None
    """None ranks by the cosine."""
    objects: int
    """Linked objects it was fitted on."""
    recipe: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of what was trained: every choice, with ``scale`` and ``bias`` as they ended."""
    selection: Selection | None = None
    """The items that it was fitted and chosen on, where they are known."""

    def __call__(self, some: EmbeddingSet) -> EmbeddingSet:
        """A set of the parent space in the mended space.

        Raises:
            SpaceMismatchError: the set is of another space than the calibration data.
            RequestError: no correction was fitted for its modality, or a vector vanishes.
        """
        same_space(self.parent, some.space)
        vectors = some.vectors
        for by_modality in self.maps:
            if some.modality not in by_modality:
                raise RequestError(
                    f"{self.space.name} was fitted for {' and '.join(by_modality)}, not for "
                    f"{some.modality}."
                )
            vectors = by_modality[some.modality](vectors)
            if len(gone := np.flatnonzero(~vectors.any(axis=1))):
                raise RequestError(
                    f"{self.chain} leaves nothing of {len(gone)} of {len(some)} {some.modality} "
                    f"vectors; the first is {some.ids[gone[0]]!r}."
                )
        history = (*some.history, self.step)
        moved = replace(some, vectors=vectors, space=self.space, history=history)
        own = () if self.selection is None else (self.selection.following(some, moved),)
        return replace(moved, selections=(*some.selections, *own))

    @property
    def tuned(self) -> bool:
        """Whether the towers that embed for the parent space were trained, too."""
        return bool(self.parent.chain) and self.parent.chain[-1].verb == TUNE

    @cached_property
    def moves(self) -> str:
        """A hash of the maps alone: score rules leave every vector where it is."""
        arrays, shape = packed(self.maps)
        return fingerprint(shape, *(value for _, value in sorted(arrays.items())))

    @cached_property
    def step(self) -> Step:
        """What was done, with the hash of everything that was fitted."""
        arrays, shape = packed((self.maps, self.rule))
        content = fingerprint(shape, *(value for _, value in sorted(arrays.items())))
        done = {"chain": self.chain, "objects": self.objects, "content": content}
        return Step("fit", {**done, **self.recipe}) if self.recipe else Step("mend", done)

    @cached_property
    def space(self) -> Space:
        """The mended space; its id hashes the parent's id and the chain."""
        last = next(iter(self.maps[-1].values())) if self.maps else self.parent
        found = self.parent.then(self.step)
        scale, bias = (self.recipe.get(name, getattr(found, name)) for name in ("scale", "bias"))
        name = f"{self.parent.name} | {self.chain}"
        return replace(found, name=name, dim=last.dim, rule=self.rule, scale=scale, bias=bias)


def fit_mended(chain: str, data: Calibration, parent: Space) -> Mended:
    """A chain of corrections, each fitted on what the ones before it leave.

    Args and errors are those of ``fit_with_data``.
    """
    return fit_with_data(chain, data, parent)[0]


def fit_with_data(chain: str, data: Calibration, parent: Space) -> tuple[Mended, Calibration]:
    """A chain of corrections, and the calibration data as its score rule sees them.

    Where a map learns from pairs, laws of scores are learnt on halves of the objects that the maps
    of the other half move: on its own pairs a map looks better than it is.

    Args:
        chain: names of ``CORRECTIONS`` and then of ``SCORE_RULES``, with + between them.
        data: calibration items of the space.
        parent: their space; its own score rule must be the cosine.

    Raises:
        UnknownPartError: no correction has such a name.
        RequestError: a map after a score rule, a correction that leaves nothing of an item, or a
            parent that ranks by something else than the cosine.
    """
    return Fits(data, parent).fitted(chain)


@dataclass(frozen=True, eq=False)
class Fits:
    """Chains fitted on the same data share what they have in common: maps, crossed halves, rules.

    Each is what ``fit_with_data`` gives.
    """

    data: Calibration
    parent: Space
    maps: dict[Names, tuple[tuple[MapByModality, ...], Calibration]] = field(default_factory=dict)
    """By names, with the data after them."""
    crossed: dict[Names, tuple[Calibration, ...]] = field(default_factory=dict)
    """The halves of the objects after the maps that were fitted on the other half."""
    rules: dict[Names, FittedRule] = field(default_factory=dict)
    """By the names of the whole chain up to a rule."""

    def __post_init__(self) -> None:
        if self.parent.rule is not None or self.parent.score != "cosine":
            raise RequestError(
                f"{self.parent.name} does not rank by the cosine, which is what is mended."
            )

    def fitted(self, chain: str) -> tuple[Mended, Calibration]:
        """A chain, and the calibration data as its score rule sees them."""
        names = parts_of(chain)
        parts = [find("corrections", {**CORRECTIONS, **SCORE_RULES}, name) for name in names]
        kinds = [name in SCORE_RULES for name in names]
        if kinds != sorted(kinds):
            raise RequestError(f"In {chain!r} all maps must stand before all score rules.")
        first = kinds.index(True) if True in kinds else len(kinds)
        maps, moved = self._maps(names[:first])
        if LEARN_PAIRS.intersection(names):
            moved = replace(moved, crossed=self._crossed(names[:first]))
        rule: FittedRule | None = None
        for last in range(first, len(names)):
            key = names[: last + 1]
            if key not in self.rules:
                self.rules[key] = parts[last](moved, rule or Cosine())
            rule = self.rules[key]
        objects = len({int(one) for some in self.data.objects.values() for one in some})
        return Mended(self.parent, chain, maps, rule, objects), moved

    def _maps(self, names: Names) -> tuple[tuple[MapByModality, ...], Calibration]:
        if names not in self.maps:
            self.maps[names] = _maps(names, self.data)
        return self.maps[names]

    def _crossed(self, names: Names) -> tuple[Calibration, ...]:
        if names not in self.crossed:
            halves = self.data.halves()
            self.crossed[names] = tuple(
                _through(names, _maps(names, own)[0], other)
                for own, other in zip(halves, halves[::-1], strict=True)
            )
        return self.crossed[names]


def _maps(names: Names, data: Calibration) -> tuple[tuple[MapByModality, ...], Calibration]:
    """The maps of these names, and the data after them."""
    maps: list[MapByModality] = []
    for name in names:
        try:
            maps.append(find("corrections", CORRECTIONS, name)(data))
        except ValueError as error:
            raise RequestError(f"{name} cannot be fitted: {error}") from None
        data = _moved(name, maps[-1], data)
    return tuple(maps), data


def _through(names: Names, maps: Sequence[MapByModality], data: Calibration) -> Calibration:
    for name, one in zip(names, maps, strict=True):
        data = _moved(name, one, data)
    return data


def _moved(name: str, maps: MapByModality, data: Calibration) -> Calibration:
    try:
        return data.with_vectors({m: maps[m](x) for m, x in data.vectors.items()})
    except ValueError as error:
        raise RequestError(f"{name} leaves nothing of some vectors: {error}") from None


def parts_of(chain: str) -> Names:
    """The names in a chain; none in an empty one."""
    return tuple(name.strip() for name in chain.split(AND)) if chain.strip() else ()
