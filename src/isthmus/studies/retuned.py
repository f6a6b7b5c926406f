"""Data embedded anew by towers that were trained end to end."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from isthmus.encode.tuned import tuning
from isthmus.studies.given import About, StudyInput
from isthmus.studies.parted import Parted
from isthmus.train.towers import Towers
from isthmus.types import EmbeddingSet, Step


def retuned(parts: Parted, weights: Mapping[str, np.ndarray]) -> Parted:
    """What training is stopped by and judged on, as towers of these weights embed it.

    The towers have their first weights again afterwards; what was trained on stays as it was.
    """
    towers = parts.towers
    if towers is None:
        return parts
    towers.take(weights)
    step = tuning(weights)
    val, test = (_embedded(given, towers, step) for given in (parts.val, parts.test))
    towers.take(towers.start)
    return replace(parts, val=val, test=test)


def _embedded(given: StudyInput, towers: Towers, step: Step) -> StudyInput:
    a, b = (towers.embedded(some, step) for some in (given.a, given.b))
    return replace(given, a=a, b=b, about=_about(given.about, towers, step))


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
