"""A link: a fitted map from one space to another that knows whether it is to be trusted."""

import json
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import BLOCK, Vectors, fingerprint, unit
from isthmus.records import amount, dataclass
from isthmus.scores.kinds import RULE_KINDS
from isthmus.store import (
    LINK_FILE,
    links_folder,
    packed,
    read_described,
    slug,
    unpacked,
    write_tensors,
)
from isthmus.transform.maps import MAP_KINDS, Map
from isthmus.types import (
    Count,
    EmbeddingSet,
    Interval,
    RequestError,
    Selection,
    Space,
    Step,
    conform,
    plain,
    same_space,
)
from isthmus.types.selections import kept, taken_out

FORMAT = "isthmus-link/1"
CERTAIN = 0.001
"""Largest p-value, against shuffled pairs, of a link that is trusted."""


@dataclass(frozen=True)
class Share:
    """A share of held-out queries with its interval, and what shuffled pairs give."""

    value: float
    interval: Interval
    chance: float
    """Mean over shuffled pairs."""
    n: Count
    """Held-out queries."""

    @property
    def above_chance(self) -> bool:
        """Whether its interval lies above what shuffled pairs give."""
        return self.interval.low > self.chance

    def __str__(self) -> str:
        return f"{self.value:.3f} {self.interval}, chance {self.chance:.3f} (n={self.n})"


@dataclass(frozen=True)
class Trust:
    """What a link does on pairs that it was not fitted on."""

    hit1: Share
    hit10: Share
    p: float
    """Of the mean reciprocal rank against shuffled pairs: (1 + b)/(1 + B)."""
    gallery: Count
    """Held-out items of B that each query ranks."""
    fitted: Count
    """Pairs that it was fitted on."""
    held: Count
    """Objects, or groups of them, that were held out."""
    clusters: tuple[Share, ...] = ()
    """Of hit@10 in each cluster of A's vectors; chance is of pairs shuffled inside the cluster."""

    @property
    def trusted(self) -> bool:
        """Better than shuffled pairs for sure: p at most 0.001, and the interval above chance."""
        return self.p <= CERTAIN and self.hit10.above_chance

    def __str__(self) -> str:
        weak = sum(not one.above_chance for one in self.clusters)
        where = f"; not in {weak} of {len(self.clusters)} clusters" if weak else ""
        said = "to be trusted" if self.trusted else "not to be trusted"
        return f"{said}{where}: hit@1 {self.hit1}, hit@10 {self.hit10}, p {self.p:.2g}"


@dataclass(frozen=True, eq=False)
class Regions:
    """Clusters of the vectors that a link was fitted on: where it knows its way."""

    centres: Float[np.ndarray, "c d"]
    """At length one."""
    reach: Float[np.ndarray, " c"]
    """Cosine to its centre that 99 of 100 of a cluster's vectors have at least."""

    def nearest(self, x: Vectors) -> tuple[Int[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """The cluster of each unit vector, and whether it lies within its reach."""
        cosines = x @ self.centres.T
        cluster = cosines.argmax(axis=1)
        return cluster, cosines[np.arange(len(x)), cluster] >= self.reach[cluster]


@dataclass(frozen=True, eq=False)
class Link:
    """A map from space A to space B, fitted on pairs: sets of A in, sets of B out.

    It refuses what it was shown not to do; ``regardless`` does it all the same.
    """

    source: Space
    target: Space
    method: str
    """A name in ``LINKS``."""
    modalities: tuple[str, str]
    """Of the pairs that it was fitted on."""
    map: Map
    trust: Trust
    regions: Regions
    about: str = ""
    """What else is known, such as that it joins by a shared modality."""
    selection: Selection | None = None
    """The items that it was fitted and judged on."""

    @property
    def trusted(self) -> bool:
        """Whether it does better on held-out pairs than shuffled pairs would."""
        return self.trust.trusted

    def __call__(self, some: EmbeddingSet) -> EmbeddingSet:
        """A set of A in B; its history says by which link.

        Raises:
            SpaceMismatchError: the set is of another space than A.
            RequestError: the link is not to be trusted, or it leaves nothing of a vector.
        """
        if not self.trusted:
            raise RequestError(
                f"The link {self.name} is {self.trust}. On pairs that it has not seen it is no "
                "better than a link of shuffled pairs: check that the pairs belong together, fit "
                "on more of them, or apply it all the same with .regardless(set)."
            )
        return self.regardless(some)

    def regardless(self, some: EmbeddingSet) -> EmbeddingSet:
        """The same, whether it is to be trusted or not."""
        same_space(self.source, some.space)
        rows = (some.vectors[start : start + BLOCK] for start in range(0, len(some), BLOCK))
        empty = np.zeros((0, self.target.dim), np.float32)
        moved = np.concatenate([empty, *(np.float32(self.map(part)) for part in rows)])
        if len(gone := np.flatnonzero(~moved.any(axis=1))):
            raise RequestError(
                f"The link {self.name} leaves nothing of {len(gone)} of {len(some)} vectors; the "
                f"first is {some.ids[gone[0]]!r}."
            )
        history = (*some.history, self.step)
        found = replace(some, vectors=moved, space=self.target, history=history)
        own = () if self.selection is None else (self.selection.following(some, found),)
        return replace(found, selections=(*some.selections, *own))

    def doubted(self, some: EmbeddingSet) -> tuple[str, ...]:
        """Ids of a set of A of which the held-out pairs say nothing good.

        They lie in a cluster whose held-out recall is not above chance, or outside of the reach
        of every cluster that it was fitted on.
        """
        same_space(self.source, some.space)
        cluster, within = self.regions.nearest(some.unit)
        judged = np.ones(len(self.regions.centres), dtype=bool)
        judged[: len(self.trust.clusters)] = [one.above_chance for one in self.trust.clusters]
        good = within & judged[cluster] & self.trusted
        return tuple(name for name, fine in zip(some.ids, good, strict=True) if not fine)

    @property
    def name(self) -> str:
        """From where to where, and how."""
        return f"{self.source.name} → {self.target.name} ({self.method})"

    def __str__(self) -> str:
        kinds = " and ".join(dict.fromkeys(self.modalities))
        pairs = amount(self.trust.fitted, "pair")
        more = f", {self.about}" if self.about else ""
        return f"{self.name}, fitted on {pairs} of {kinds}{more}: {self.trust}"

    @cached_property
    def step(self) -> Step:
        """What it does to a set, with the hash of the map."""
        arrays, shape = packed(self.map)
        content = fingerprint(shape, *(value for _, value in sorted(arrays.items())))
        done = {"from": self.source.name, "from id": self.source.id, "method": self.method}
        return Step("link", {**done, "content": content, "trusted": self.trusted})

    def save(self, folder: str | Path | None = None) -> Path:
        """Keep it in a folder, by default in the one where errors about other spaces find it.

        ``isthmus.load_link`` opens it again. That folder is ``$ISTHMUS_LINKS``, or ``links`` in the
        cache.
        """
        content = self.step.parameters["content"][:6]
        own = slug(f"{self.source.name}-{self.target.name}-{self.method}-{content}")
        path = Path(folder) if folder is not None else links_folder() / own
        chosen = () if self.selection is None else (self.selection,)
        held = {"map": self.map, "regions": self.regions, "rule": self.target.rule}
        arrays, parts = packed(held)
        about = {
            "format": FORMAT,
            "parts": parts,
            "selections": [one.what for one in chosen],
            "trust": plain(self.trust),
            **{name: getattr(self, name) for name in ("method", "modalities", "about")},
            **{name: getattr(self, name).to_dict() for name in ("source", "target", "step")},
        }
        text = json.dumps(about, sort_keys=True)
        write_tensors(path / LINK_FILE, {**arrays, **kept(chosen)}, {"isthmus": text})
        return path


@dataclass(frozen=True)
class _About:
    """What the metadata of a saved link say."""

    format: str
    source: Space
    target: Space
    method: str
    modalities: tuple[str, str]
    trust: Trust
    step: Step
    parts: Any
    about: str = ""
    selections: tuple[str, ...] = ()


def read_link(folder: str | Path) -> Link:
    """The link that is kept in a folder.

    Raises:
        RequestError: nothing is there, or it is damaged, or of a newer version.
    """
    path = Path(folder) / LINK_FILE
    if not path.is_file():
        raise RequestError(
            f"{folder} holds no link (no {LINK_FILE} in it): isthmus.link fits one, and "
            "its .save(folder) keeps it."
        )
    try:
        arrays, values = read_described(path, FORMAT)
        about, arrays = conform(_About, values), dict(arrays)
        chosen = taken_out(about.selections, arrays)
        found = unpacked(arrays, about.parts, (*MAP_KINDS, *RULE_KINDS, Regions))
        link = Link(
            source=about.source,
            target=replace(about.target, rule=found["rule"]),
            method=about.method,
            modalities=about.modalities,
            map=found["map"],
            trust=about.trust,
            regions=found["regions"],
            about=about.about,
            selection=next(iter(chosen), None),
        )
        _try(link)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise RequestError(f"{path} is not a whole link: {error}") from error
    return link


def _try(link: Link) -> None:
    """Take a few vectors through it: what is wrong with its parts shows here.

    Raises:
        ValueError: parts that do not go together, or of other kinds than a map and regions.
    """
    parts: tuple[Any, Any] = link.map, link.regions
    if not isinstance(parts[0], MAP_KINDS) or not isinstance(parts[1], Regions):
        raise ValueError("its parts are not a map and the regions that it knows")
    x = unit(np.random.default_rng(0).normal(size=(3, link.source.dim)))
    try:
        shape = np.shape(link.map(x))
        link.regions.nearest(x)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ValueError(f"its parts do not go together ({said[:200]})") from error
    if shape != (3, link.target.dim) or len(link.trust.clusters) > len(link.regions.centres):
        raise ValueError(f"its map gives {shape[1:]} coordinates, not {link.target.dim}")
