"""Every registered similarity and measure passes its conformance kit; the kits can fail."""

import numpy as np
import pytest

from isthmus.measure import LABELLED, MEASURES, ONE_SET
from isthmus.registry import find
from isthmus.similarity import SIMILARITIES
from isthmus.testing import check_measure, check_similarity
from isthmus.types import Null, Result


@pytest.mark.parametrize("name", SIMILARITIES)
def test_similarities(name):
    check_similarity(find("similarities", SIMILARITIES, name))


@pytest.mark.parametrize("name", sorted(set(MEASURES) - set(LABELLED)))
def test_measures(name):
    rng = np.random.default_rng(3)
    shared = rng.normal(size=(60, 12))
    x, y = (shared + rng.normal(size=(60, 12)) * 0.4 + side for side in (0.3, -0.3))
    sets = (x,) if name in ONE_SET else (x, y)
    measure = find("measures", MEASURES, name)
    check_measure(lambda rng: measure(*sets, rng=rng))


def test_the_kits_can_fail():
    with pytest.raises(AssertionError, match="reordered"):
        check_similarity(lambda a, b: a @ b.T + np.arange(len(b)))
    with pytest.raises(AssertionError, match="closer than itself"):
        check_similarity(lambda a, b: -(a @ b.T))
    with pytest.raises(AssertionError, match="declares its null"):
        check_measure(lambda _: Result("thing", 1.0, 3))
    with pytest.raises(AssertionError, match="same numbers"):
        count = iter(range(2))
        check_measure(
            lambda _: Result("thing", float(next(count)), 3, None, Null("none", note="x"))
        )
