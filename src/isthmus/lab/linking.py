"""Join two spaces without training either: fit a link, judge it on pairs that it has not seen."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.arrays import Vectors, evenly_spaced, fingerprint, unit
from isthmus.measure.retrieval.hits import hit_chances, reciprocals
from isthmus.measure.statistics import (
    DRAWS,
    Pair,
    Scores,
    chance,
    pairings,
    ranked_with_permuted,
    take_rows,
    wilson_interval,
    with_permuted,
)
from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.similarity.euclidean import dot
from isthmus.store import packed
from isthmus.transform.links import JOINS, LINKS, Link, LinkPairs, Trust
from isthmus.transform.links.link import Regions, Share
from isthmus.transform.links.pairs import Memory
from isthmus.transform.maps import Map
from isthmus.types import (
    EmbeddingSet,
    Interval,
    Links,
    RequestError,
    Selection,
    Space,
    check_kind,
    same_space,
)

HELD, MOST_HELD, FEWEST = 0.2, 1_000, 20
"""Share of the pairs that a link is judged on, at most so many, and at least so many objects."""
SHUFFLES = 1_999
"""Draws of shuffled pairs."""
REGIONS, QUERIES, LOOKED_AT = 8, 25, 20_000
"""Clusters at most, queries in each on average at least, and vectors that they are found in."""

Through = tuple[EmbeddingSet, EmbeddingSet]
"""A further modality of A and one of B; nothing says which of their items belong together."""


def link(
    a: EmbeddingSet,
    b: EmbeddingSet,
    links: Links | None = None,
    *,
    method: str = "ridge",
    through: Through | None = None,
    groups: Mapping[str, Any] | None = None,
) -> Link:
    """Fit a map from the space of a to the space of b, and judge it on pairs that it has not seen.

    A fifth of the objects, at most a thousand pairs, is held out; what is kept is the map that was
    judged. ``link(set)`` moves any set of A's space, and refuses where the link is no better than
    one of shuffled pairs; ``link.save()`` keeps it where errors about other spaces find it.

    Args:
        a: items in space A.
        b: the same items, or linked ones, in space B.
        links: which item of a belongs to which of b; without, equal ids do.
        method: one of ``LINKS``: ridge, procrustes, cca, asif, contrastive, contrastive_mlp,
            exmcr (see: isthmus parts links).
        through: sets of further modalities, one of A and one of B, that a and b join, such as
            pictures and sounds where a and b are texts: no pair of them is needed.
        groups: what must be held out together, by id of a, such as the head word of a name.

    Raises:
        RequestError: too few linked objects, or sets of other spaces.
        UnknownPartError: no such method.
        ExtraMissingError: the method needs torch.
    """
    check_kind(method, str, "A link is fitted by a method's name, such as 'ridge'")
    fit, data = find("links", LINKS, method), _parted(a, b, links, groups)
    pairs = data.pairs(_memory(a, b, through))
    found: Map = fit(pairs)
    judged = _judged(data, pairs.x, found, None)
    chosen = _chosen(a, b, method, through)
    kinds, about = (a.modality, b.modality), _about(through)
    return Link(a.space, b.space, method, kinds, found, *judged, about, chosen)


@dataclass(frozen=True, eq=False)
class Joined:
    """Two links into one new space, in which sets of both spaces compare."""

    a: Link
    b: Link

    @property
    def space(self) -> Space:
        """The new space."""
        return self.a.target

    @property
    def trusted(self) -> bool:
        """Whether both links are to be trusted."""
        return self.a.trusted and self.b.trusted


def join(
    a: EmbeddingSet,
    b: EmbeddingSet,
    links: Links | None = None,
    *,
    method: str = "cmcr",
    through: Through | None = None,
    groups: Mapping[str, Any] | None = None,
) -> Joined:
    """Join two spaces that share a modality in one new space: a link from each.

    Arguments and errors are those of ``link``; ``method`` is one of ``JOINS``.
    """
    fit, data = find("joins", JOINS, method), _parted(a, b, links, groups)
    pairs = data.pairs(_memory(a, b, through))
    first, second = fit(pairs)
    heads = [array for _, array in sorted(packed((first, second))[0].items())]
    identity = fingerprint(a.space.id, b.space.id, method, *heads)
    space = Space(f"{a.space.name} + {b.space.name}", identity, first.dim)
    kinds, more = (a.modality, b.modality), (_about(through), _chosen(a, b, method, through))
    one = Link(
        *(a.space, space, method, kinds, first), *_judged(data, pairs.x, first, second), *more
    )
    other = Link(
        *(b.space, space, method, (kinds[1], kinds[0]), second),
        *_judged(data.reversed, pairs.y, second, first),
        *more,
    )
    return Joined(one, other)


@dataclass(frozen=True, eq=False)
class _Parted:
    """Linked sets, and which of their pairs are held out."""

    a: EmbeddingSet
    b: EmbeddingSet
    rows: Int[np.ndarray, "k 2"]
    units: Int[np.ndarray, " k"]
    """What is held out together, by pair."""
    held: Bool[np.ndarray, " k"]

    @property
    def reversed(self) -> "_Parted":
        """The same pairs seen from b."""
        return _Parted(self.b, self.a, self.rows[:, ::-1], self.units, self.held)

    def pairs(self, memory: Memory | None) -> LinkPairs:
        """What a link is fitted on."""
        kept = self.rows[~self.held]
        x, y = self.a.unit[kept[:, 0]], self.b.unit[kept[:, 1]]
        return LinkPairs(x, y, self.units[~self.held], memory)


def _parted(
    a: EmbeddingSet, b: EmbeddingSet, links: Links | None, groups: Mapping[str, Any] | None
) -> _Parted:
    for some in (a, b):
        check_kind(some, EmbeddingSet, "A link joins two sets that isthmus.embed gave")
    pair = Pair(a, b, Links.between(a, b, links))
    units = pair.objects[0][pair.rows[:, 0]]
    if groups:
        names = [a.ids[row] for row in pair.rows[:, 0]]
        told = [groups.get(name, units[at]) for at, name in enumerate(names)]
        _, units = np.unique([f"{type(one).__name__} {one}" for one in told], return_inverse=True)
    names, sizes = np.unique(units, return_counts=True)
    if len(names) < 2 * FEWEST:
        raise RequestError(
            f"A link is fitted on some linked objects and judged on {FEWEST} others or more, but "
            f"there are {len(names)}{' groups' if groups else ''} in all: give at least "
            f"{2 * FEWEST}, better several for each of the {a.space.dim} coordinates."
        )
    order = np.random.default_rng(0).permutation(len(names))
    wanted = min(MOST_HELD, HELD * len(units))
    before = np.cumsum(sizes[order]) - sizes[order]
    many = max(FEWEST, int((before < wanted).sum()))
    return _Parted(a, b, pair.rows, units, np.isin(units, names[order[:many]]))


def _memory(a: EmbeddingSet, b: EmbeddingSet, through: Through | None) -> Memory | None:
    if through is None:
        return None
    for own, more in zip((a, b), through, strict=True):
        same_space(own.space, more.space)
    return Memory(*(one.unit for one in through))


def _chosen(a: EmbeddingSet, b: EmbeddingSet, method: str, through: Through | None) -> Selection:
    """All that a link saw, what it was judged on too: of several links the best is kept."""
    what = f"the link {a.space.name} → {b.space.name} ({method})"
    return Selection.on(what, (a, b, *(through or ())))


def _about(through: Through | None) -> str:
    return f"joining {' to '.join(one.modality for one in through)}" if through else ""


def _judged(
    data: _Parted, x: Vectors, own: Callable[[Vectors], Any], far: Callable[[Vectors], Any] | None
) -> tuple[Trust, Regions]:
    """What a map does on the held-out pairs, and where in its space.

    Args:
        data: the pairs.
        x: (n, d) unit vectors that it was fitted on.
        own: the map.
        far: the other side's map, where it moves too.
    """
    rows = data.rows[data.held]
    queries, gallery = np.unique(rows[:, 0]), np.unique(rows[:, 1])
    a, b = take_rows(data.a, queries), take_rows(data.b, gallery)
    ends = np.stack([np.searchsorted(queries, rows[:, 0]), np.searchsorted(gallery, rows[:, 1])], 1)
    pair = Pair(a, b, ends[np.lexsort((ends[:, 1], ends[:, 0]))])
    moved = unit(own(a.unit))
    scores = Scores(moved, b.unit if far is None else unit(far(b.unit)), dot)
    draws = pairings(pair, np.random.default_rng(0), SHUFFLES)
    columns = with_permuted(pair.rows[:, 1], draws)
    ranks = ranked_with_permuted(scores, pair.rows[:, 0], columns)
    first = np.unique(rows[:, 0], return_index=True)[1]
    units = data.units[data.held][first]
    ones, tens, worth = (
        formula.reshape(len(queries), -1)
        for formula in (hit_chances(ranks, 1), hit_chances(ranks, 10), reciprocals(ranks))
    )
    regions = _regions(x, len(queries))
    cluster = regions.nearest(a.unit)[0]
    inside = [cluster == number for number in range(len(regions.centres))]
    near = ranked_with_permuted(scores, pair.rows[:, 0], _within(pair.rows, cluster))
    local = hit_chances(near, 10).reshape(len(queries), -1)
    by_draw = worth.mean(axis=0)
    trust = Trust(
        hit1=_share(ones, units),
        hit10=_share(tens, units),
        p=chance("pairing", float(by_draw[0]), by_draw[1:]).p,
        gallery=len(gallery),
        fitted=int((~data.held).sum()),
        held=len(np.unique(units)),
        clusters=tuple(_share(local[one], units[one]) for one in inside),
    )
    return trust, regions


def _within(
    rows: Int[np.ndarray, "k 2"], cluster: Int[np.ndarray, " q"]
) -> Int[np.ndarray, "k b1"]:
    """The gallery row of each pair, then those of pairs shuffled inside its query's cluster.

    To know the cluster alone is then chance.
    """
    own, rng = cluster[rows[:, 0]], np.random.default_rng(0)
    found = np.tile(rows[:, 1, None], (1, 1 + DRAWS))
    for number in np.unique(own):
        found[own == number, 1:] = rng.permuted(found[own == number, 1:], axis=0)
    return found


def _share(hits: Float[np.ndarray, "q b"], units: Int[np.ndarray, " q"]) -> Share:
    """The first column's mean with its interval, and that of the others: shuffled pairs."""
    if not len(hits):
        return Share(0.0, Interval(0.0, 1.0, "no query"), 0.0, 0)
    own = hits[:, 0]
    return Share(
        float(own.mean()), wilson_interval(own, units), float(hits[:, 1:].mean()), len(own)
    )


def _regions(x: Vectors, queries: int) -> Regions:
    """Clusters of what a link was fitted on."""
    from sklearn.cluster import KMeans

    some = evenly_spaced(x, LOOKED_AT)
    many = int(np.clip(queries // QUERIES, 1, min(REGIONS, len(some))))
    found = KMeans(many, n_init=cast("Any", 1), random_state=0).fit(some)
    centres = unit(found.cluster_centers_)
    cosines = some @ centres.T
    nearest = cosines.argmax(axis=1)
    own = cosines[np.arange(len(some)), nearest]
    inside = (own[nearest == number] for number in range(many))
    reach = [np.quantile(one, 0.01) if len(one) else 1.0 for one in inside]
    return Regions(centres, np.array(reach, dtype=np.float32))
