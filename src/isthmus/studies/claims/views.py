"""Claims about many views of one object."""

from collections.abc import Iterator

import numpy as np

from isthmus import measure
from isthmus.studies.claims.at_hand import AtHand
from isthmus.studies.claims.statements import Outcome, verdict


def view_subspaces(hand: AtHand, _: np.random.Generator) -> Iterator[Outcome]:
    """Unseen views named by the subspaces of the others' views."""
    yield named_by_subspace(hand.views(), "three Objaverse objects, OpenCLIP bigG-14")


def named_by_subspace(views: np.ndarray, data: str) -> Outcome:
    """The same for any (objects, views, d)."""
    objects, count, d = views.shape
    found = measure.view_identity(views.reshape(-1, d), np.repeat(np.arange(objects), count))
    by_object = found.by_object[:, 0]
    told = ", ".join(f"{rule} {value:.2f}" for rule, value in found.rules.items())
    interval = found.interval
    above = interval is not None and interval.low > found.null.mean
    return Outcome(
        verdict(bool(by_object.min() >= 0.9), above),
        f"{data}, {count} views each",
        f"Unseen views given to their object: {told}; median rank {np.median(found.ranks):g}.",
        objects,
        found.value,
        interval.low if interval else np.nan,
        interval.high if interval else np.nan,
        found.null.mean,
    )
