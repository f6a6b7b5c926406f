"""Trained spaces judged on objects that they never saw, several seeds of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from isthmus.encode.tuned import tuning
from isthmus.measure.statistics.inputs import Pair
from isthmus.measure.statistics.searches import scores_between
from isthmus.studies.evaluate.aggregate import Tally
from isthmus.studies.evaluate.cross_validation import Case, Refereed
from isthmus.studies.evaluate.scores import HeldOut, bounds, geometry, item_scores, match_error
from isthmus.studies.evaluate.splits import Parted, pair_of
from isthmus.studies.shared.dataset import About, Dataset
from isthmus.train.towers import Towers
from isthmus.transform.mended import Mended
from isthmus.types import EmbeddingSet, Step


@dataclass(frozen=True, eq=False)
class Variant:
    """One trained space."""

    mended: Mended
    seconds: float
    """Of training."""
    score: float
    """Mean reciprocal rank on the objects that training was stopped by."""
    parts: Parted | None = None
    """The data as its own towers embed them, where they were trained."""
    weights: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    """Of its towers, where they were trained."""


def judged(parts: Parted, variants: Mapping[str, Sequence[Variant]], seed: int) -> Refereed:
    """What every variant earns on the test objects, averaged over its seeds.

    Probabilities of a match are fitted on the objects that training was stopped by.
    """
    case = Case.of(parts.test, seed)
    objects = len(np.unique(pair_of(parts.train).objects[0]))
    repeats = max(len(some) for some in variants.values())
    plain = Variant(Mended(case.a.space, "", (), None, objects), 0.0, 0.0)
    tallies = {chain: Tally(case.a, case.b) for chain in ("", *variants)}
    limits = Tally(case.a, case.b)
    limits.add((case.a, case.b), bounds(_pair(case)))
    for chain, some in {"": [plain] * repeats, **variants}.items():
        for number, variant in enumerate(some):
            rng = np.random.default_rng([seed, number, *b"judge"])
            own = variant.parts or parts
            _judge(variant, (Case.of(own.test, seed), own.val), tallies[chain], rng)
    return Refereed(objects, case.n, repeats, case, tallies, limits)


def _pair(case: Case) -> Pair:
    return Pair(case.a, case.b, case.links.rows(case.a, case.b))


def _judge(
    variant: Variant, held_out: tuple[Case, Dataset], tally: Tally, rng: np.random.Generator
) -> None:
    (case, data), mended = held_out, variant.mended
    pair, val = _pair(case), pair_of(data)
    if val.a.modality == "text":
        val = val.reversed
    moved = Pair(mended(pair.a), mended(pair.b), pair.rows)
    prompts = {name: mended(texts) for name, texts in case.prompts.items()}
    held = HeldOut(moved, case.labels, prompts or None)
    tally.add((case.a, case.b), item_scores(held))
    known = known_scores(Pair(mended(val.a), mended(val.b), val.rows))
    error = match_error(known, moved, rng)[0]
    numbers = {"calibration error": error, "seconds": variant.seconds}
    tally.note({**geometry(held, rng), **numbers})


def known_scores(pair: Pair) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " l"]]:
    """Scores of matches and of strangers, b asked of a."""
    scores = scores_between(pair.b, pair.a).whole.astype(np.float64)
    same = pair.same_object.T
    return scores[same], scores[~same]


def retuned(parts: Parted, weights: Mapping[str, np.ndarray]) -> Parted:
    """What training is stopped by and judged on, as towers of these weights embed it.

    The towers have their first weights again afterwards; what was trained on stays as it was.
    """
    towers = parts.towers
    if towers is None:
        return parts
    towers.take(weights)
    step = tuning(weights)
    val, test = (_embedded(some, towers, step) for some in (parts.val, parts.test))
    towers.take(towers.start)
    return replace(parts, val=val, test=test)


def _embedded(data: Dataset, towers: Towers, step: Step) -> Dataset:
    a, b = (towers.embedded(some, step) for some in (data.a, data.b))
    return replace(data, a=a, b=b, about=_about(data.about, towers, step))


def _about(about: About, towers: Towers, step: Step) -> About:
    """Class texts, too; they are left out where the tower of texts moved and they are not known."""
    if not isinstance(about.classes, EmbeddingSet):
        return replace(about, classes=None)
    vectors = about.classes.vectors
    if "text" in towers.trained:
        if about.prompted is None:
            return replace(about, classes=None)
        vectors = towers.encoded(about.prompted)
    return replace(about, classes=about.classes.then(step, vectors))
