"""What the roads of a card bear: their scores on changed items against the same as they are."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from isthmus.encode.stressed import Stressed
from isthmus.engine.jobs import LONG, long_words
from isthmus.measure.classification.zero_shot import class_vectors
from isthmus.measure.statistics import change_interval, scores_between, top_probabilities
from isthmus.read import spoken
from isthmus.studies.card.pairs import Couple, Versus, apart, partners
from isthmus.studies.card.request import CardRequest
from isthmus.studies.card.sides import Seen, Side, changes, embedded, objects
from isthmus.studies.evaluate.differences import Difference
from isthmus.types import EmbeddingSet, Null


def under_stress(found: Seen, request: CardRequest, folder: Path) -> Seen:
    """The same sides, each with its items after every change that is asked for.

    An estimate of the time is told first where it is more than a minute.
    """
    named = changes(found.modalities, request.stress)
    counts = {one.name: len(named.get(one.modality, ())) * len(one.embedded) for one in found.sides}
    seconds = sum(counts[one.name] * one.seconds for one in found.sides if counts[one.name])
    if request.common.progress and seconds > LONG:
        told = long_words(sum(counts.values()), "items under stress", seconds)
        logging.getLogger("isthmus").warning(told)
    sides, faults = list[Side](), dict(found.faults)
    for side in found.sides:
        made = dict[str, EmbeddingSet]()
        for name, change in named.get(side.modality, {}).items():
            assert side.encoder is not None
            items = found.world.items[side.modality]
            tower = Stressed(side.encoder, name, change, items, request.common.seed)
            some = items.take(side.embedded.ids)
            one, failed = embedded(f"{side.road} {name}", tower, some, request, folder)
            made[name] = one.embedded
            faults |= {f"{key}, {name}": why for key, why in failed.items()}
        sides.append(replace(side, stressed=made))
    return replace(found, sides=tuple(sides), faults=faults)


def borne(found: Seen, pairs: tuple[Couple, ...], seed: int) -> Iterator[Versus]:
    """Every side under every change against itself: zero-shot, and retrieval to and from a partner.

    The partner is the first road of texts or, where there are none, of the first linked modality;
    its items stay as they are.
    """
    owner = objects(found.world)
    for side in found.sides:
        ends = {one.modality: (one, links) for one, links in partners(side, pairs)}
        partner = ends.get(spoken(ends)) or next(iter(ends.values()), None)
        for name, changed in side.stressed.items():
            what = f"{side.name}, {name.replace('_', ' ')}"
            some = side.embedded.take(changed.ids)
            if found.prompts and found.labelled(side):
                yield Versus(what, "class names", (_named(found, some, changed, owner),))
            if partner is not None:
                other, links = partner
                rows = apart((some, other.embedded), (changed, other.embedded), links, seed)
                hits = tuple(row for row in rows if row.name.startswith("hit@1,"))
                yield Versus(what, other.modality, hits)


def _named(
    found: Seen, some: EmbeddingSet, changed: EmbeddingSet, owner: Mapping[str, str]
) -> Difference:
    """Share of items nearest to the texts of their own class: changed minus as they are."""
    first, second = (_right(found, one) for one in (some, changed))
    units = np.unique([owner.get(name, name) for name in some.ids], return_inverse=True)[1]
    return Difference(
        name="zero-shot top-1",
        value=float((second - first).mean()),
        n=len(np.unique(units)),
        interval=change_interval(second - first, units),
        null=Null("none", note="a difference is read against its interval"),
        first=float(first.mean()),
        second=float(second.mean()),
        family="retrieval",
    )


def _right(found: Seen, some: EmbeddingSet) -> Float[np.ndarray, " n"]:
    texts = class_vectors(found.prompts, some)
    own = [texts.row[found.labels[name]] for name in some.ids]
    return top_probabilities(scores_between(some, texts).whole)[np.arange(len(some)), own]
