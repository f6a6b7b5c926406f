"""What is measured of a card: every pair of modalities, every side, and road against road."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from isthmus.measure import MEASURES
from isthmus.measure.statistics import as_pair
from isthmus.records import dataclass
from isthmus.studies.card.sides import Seen, Side
from isthmus.studies.evaluate.differences import Difference, differences
from isthmus.studies.shared import Call
from isthmus.studies.shared.collection import linked
from isthmus.types import EmbeddingSet, Links, RequestError

OF_PAIRS = (
    "hit_at_k",
    "recall_at_k",
    "ndcg",
    "mean_average_precision",
    "median_rank",
    "matched_cosine",
    "unmatched_cosine",
    "centroid_gap",
    "relative_modality_gap",
    "modality_probe",
    "linear_cka",
)
"""Retrieval, the gap profile, and whether both arrange the objects alike."""
OF_SIDES = ("intra_cosine", "effective_rank", "uniformity")
OF_CLASSES = ("zero_shot", "linear_probe", "few_shot", "knn_probe", "class_retrieval")
"""Where objects have labels; all but the first where classes have several objects."""
SHOWN = ("hit@1", "hit@10", "centroid gap", "matched cosine")
"""How roads are told apart: the first words of ``Difference.name``."""


@dataclass(frozen=True, eq=False)
class Couple:
    """Two sides and what links them."""

    a: Side
    b: Side
    links: Links | None
    way: str
    """The modality by way of which they are linked, if any."""

    @property
    def name(self) -> str:
        """Of the pair."""
        return f"{self.a.name}, {self.b.name}"


@dataclass(frozen=True, eq=False)
class Versus:
    """One way to the vectors of a modality against another, on the same objects."""

    what: str
    """The modality and what differs, such as ``mesh: points against renders``."""
    against: str
    """The modality that they are matched with."""
    rows: tuple[Difference, ...]
    """The second minus the first."""


def couples(found: Seen) -> tuple[tuple[Couple, ...], dict[str, str]]:
    """Every pair of modalities by their first roads, and why others could not be paired."""
    pairs, missing = list[Couple](), dict[str, str]()
    for a, b in combinations(found.modalities, 2):
        one, other = found.side(a), found.side(b)
        try:
            pairs.append(_couple(found, one, other))
        except RequestError as error:
            missing[f"{a}, {b}"] = str(error)
    return tuple(pairs), missing


def _couple(found: Seen, a: Side, b: Side) -> Couple:
    if not found.world.links and not all(found.world.items.get(x.modality) for x in (a, b)):
        first = found.modalities[:2] == (a.modality, b.modality)
        links = found.links if first else None
        as_pair(a.embedded, b.embedded, links)
        return Couple(a, b, links, "")
    links, way = linked(found.world, a.modality, b.modality)
    as_pair(a.embedded, b.embedded, links)
    return Couple(a, b, links, way)


def calls(found: Seen, pairs: tuple[Couple, ...], before: str = "") -> Iterator[Call]:
    """The measures of all pairs, of all sides, and of classes where there are any.

    Args:
        found: the sides.
        pairs: of their first roads.
        before: stands before what is measured, where there are several spaces.
    """
    for couple in pairs:
        given = {"a": couple.a.embedded, "b": couple.b.embedded, "links": couple.links}
        for name in OF_PAIRS:
            cut = {"k": 5} if name == "ndcg" else {}
            yield Call(f"{name}[{before}{couple.name}]", name, MEASURES[name], given | cut)
    for side in found.sides:
        for name in OF_SIDES:
            key, given = f"{name}[{before}{side.name}]", {"a": side.embedded}
            yield Call(key, name, MEASURES[name], given)
        yield from _of_classes(found, side, f"{before}{side.name}")


def _of_classes(found: Seen, side: Side, name: str) -> Iterator[Call]:
    if not (labels := found.labelled(side)):
        return
    given: dict[str, Any] = {"a": side.embedded, "labels": labels, "classes": found.prompts or None}
    several = 2 * len(set(labels.values())) <= len(labels)
    for measure in OF_CLASSES if several else OF_CLASSES[:1]:
        yield Call(f"{measure}[{name}]", measure, MEASURES[measure], given)


def roads_apart(found: Seen, pairs: tuple[Couple, ...], seed: int) -> Iterator[Versus]:
    """Every further road of a modality against its first one, matched with each other modality."""
    for side in (one for one in found.sides if not one.first):
        first = found.side(side.modality)
        for other, links in partners(side, pairs):
            what = f"{side.modality}: {side.road} against {first.road}"
            rows = apart(
                (first.embedded, other.embedded), (side.embedded, other.embedded), links, seed
            )
            yield Versus(what, other.modality, rows)


def partners(side: Side, pairs: tuple[Couple, ...]) -> Iterator[tuple[Side, Links | None]]:
    """The sides that a side's modality is paired with, and the links to each."""
    for couple in pairs:
        if side.modality == couple.a.modality:
            yield couple.b, couple.links
        elif side.modality == couple.b.modality:
            yield couple.a, couple.links and couple.links.reversed


def spaces_apart(one: Seen, other: Seen, pairs: tuple[Couple, ...], seed: int) -> Iterator[Versus]:
    """Another space against the first one, for every pair that both have."""
    for couple in pairs:
        names = couple.a.modality, couple.b.modality
        if set(names) <= set(other.modalities):
            first, second = (
                (some.side(names[0]).embedded, some.side(names[1]).embedded)
                for some in (one, other)
            )
            rows = apart(first, second, couple.links, seed)
            yield Versus(f"{names[0]}: {other.space} against {one.space}", names[1], rows)


def apart(
    first: tuple[EmbeddingSet, EmbeddingSet],
    second: tuple[EmbeddingSet, EmbeddingSet],
    links: Links | None,
    seed: int,
) -> tuple[Difference, ...]:
    """Paired differences on the items that all four sets hold."""
    a, b = (
        [name for name in one.ids if name in other.row]
        for one, other in zip(first, second, strict=True)
    )
    one, other = (as_pair(sets[0].take(a), sets[1].take(b), links) for sets in (first, second))
    found = differences(one, other, seed)
    return tuple(row for row in found if row.name.startswith(SHOWN))
