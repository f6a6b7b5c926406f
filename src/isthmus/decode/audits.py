"""Does the item support what its caption names? Each claim against what could stand in its place.

A caption names things and properties; each is a claim that has alternatives (other colours, other
animals). A claim is supported by as much as the caption fits the item better than the same caption
with the best alternative. Its probability of being right comes from claims of which that is known.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float

from isthmus.arrays import Vectors, unit
from isthmus.records import dataclass
from isthmus.scores.odds import likelihood_ratio
from isthmus.types import Encoder, RequestError

NEAREST = 12
"""Alternatives of a name, where none are given."""
ALIKE = 0.9
"""Cosine from which on two names mean the same."""
EACH = 4_096
"""Texts that are embedded at once."""

Alternatives = Mapping[str, Sequence[str]]
"""What could stand in the place of a phrase, in small letters; each excludes the phrase."""


@dataclass(frozen=True)
class Claim:
    """A phrase of a caption, and how far the item supports it."""

    phrase: str
    start: int
    """Where it begins in the caption, in characters."""
    margin: float
    """Cosine of the item to the caption, less that to the caption with the best alternative."""
    instead: str
    """That alternative."""


def siblings(names: Sequence[str], vectors: Vectors) -> Alternatives:
    """Of each name the nearest other ones that do not mean the same.

    Args:
        names: of things.
        vectors: (n, d) of each, of a space's encoder of texts.
    """
    rows = unit(np.asarray(vectors))
    centred = unit(rows - rows.mean(axis=0)) if len(rows) > 2 else rows
    near, same = centred @ centred.T, rows @ rows.T > ALIKE
    near[same] = -np.inf
    found: dict[str, list[str]] = {}
    for row, name in enumerate(names):
        order = np.argsort(-near[row], kind="stable")[:NEAREST]
        found[name.lower()] = [names[int(k)] for k in order if np.isfinite(near[row, k])]
    return found


def phrases(caption: str, known: Iterable[str]) -> list[tuple[int, str]]:
    """Where each known phrase stands in a caption, the longest first where they overlap."""
    words = sorted(known, key=len, reverse=True)
    if not words:
        return []
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
    return [(found.start(), found[0]) for found in pattern.finditer(caption)]


def audited(
    vectors: Vectors, captions: Sequence[str], alternatives: Alternatives, text: Encoder
) -> list[list[Claim]]:
    """The claims of each caption, in their order.

    Args:
        vectors: (n, d) of the items, in the space of the texts.
        captions: one an item.
        alternatives: what is looked for in captions, and what could stand in its place.
        text: the space's encoder of texts.

    Raises:
        RequestError: another number of captions than items.
    """
    if len(vectors) != len(captions):
        raise RequestError(f"{len(vectors)} items want a caption each, not {len(captions)}.")
    asked: list[tuple[int, int, str, str, str]] = []
    for row, caption in enumerate(captions):
        for start, phrase in phrases(caption, alternatives):
            rest = caption[start + len(phrase) :]
            asked += [(row, start, phrase, other, caption[:start] + other + rest)
                      for other in alternatives[phrase.lower()]]  # fmt: skip
    texts = list(dict.fromkeys([*captions, *(one[-1] for one in asked)]))
    of = dict(zip(texts, _vectors(texts, text), strict=True))
    items = unit(np.asarray(vectors, np.float32))
    best: dict[tuple[int, int, str], tuple[float, str]] = {}
    for row, start, phrase, other, changed in asked:
        fits = float(items[row] @ of[changed])
        key = (row, start, phrase)
        if key not in best or fits > best[key][0]:
            best[key] = (fits, other)
    found: list[list[Claim]] = [[] for _ in captions]
    for (row, start, phrase), (fits, other) in best.items():
        own = float(items[row] @ of[captions[row]])
        found[row].append(Claim(phrase, start, own - fits, other))
    return found


def _vectors(texts: Sequence[str], text: Encoder) -> Vectors:
    parts = [np.asarray(text.encode(list(texts[at : at + EACH])), np.float32)
             for at in range(0, len(texts), EACH)]  # fmt: skip
    return unit(np.concatenate(parts))


@dataclass(frozen=True)
class AuditRule:
    """What margins mean, learned from claims of which it is known whether they are right."""

    slope: float
    intercept: float
    """Of the log odds of being right at equal shares of both, over the margin."""
    right: tuple[float, ...]
    """Ascending margins of right claims, at even quantiles."""

    def probability(self, margin: float) -> float:
        """That a claim is right, were as many right as wrong."""
        return float(1 / (1 + np.exp(-(self.slope * margin + self.intercept))))

    def threshold(self, false_alarms: float) -> float:
        """The margin below which so large a share of right claims lies.

        Raises:
            RequestError: no share.
        """
        if not 0 < false_alarms < 1:
            raise RequestError(f"A rate of false alarms is above 0 and below 1: {false_alarms}.")
        steps = np.linspace(0, 1, len(self.right))
        return float(np.interp(false_alarms, steps, self.right))


def fit_audit(margins: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> AuditRule:
    """The rule of margins of claims that are right and of claims that are not.

    Raises:
        RequestError: only one of both kinds.
    """
    if right.all() or not right.any():
        raise RequestError("What claims mean is learned from right ones and wrong ones.")
    slope, intercept = likelihood_ratio(margins[right], margins[~right])
    steps = np.linspace(0, 1, 201)
    kept = tuple(map(float, np.quantile(margins[right], steps)))
    return AuditRule(float(slope), float(intercept), kept)
