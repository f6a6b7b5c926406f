"""Evaluations by hand: what spaces earned, without fitting or searching."""

from dataclasses import replace

import numpy as np

from isthmus.studies.evaluate.evaluation import Estimate, Evaluation, fieldwise
from isthmus.studies.evaluate.scores import Bounds, DirectionScores, Geometry, SpaceScores
from isthmus.studies.shared.dataset import Dataset
from isthmus.types import Interval
from tests.transform.clouds import pair_sets

N = 40
OPEN = Bounds(*np.full((7, N), np.nan))
"""Bounds that the evaluation gives."""


def several(n=40, views=2, noise=0.8):
    """Objects of two images and a text each, across a wide gap."""
    return Dataset(*pair_sets(n=n, views=views, noise=noise, gap=3.0))


def around(value):
    """An estimate with an interval of a tenth to both sides."""
    return Estimate(value, Interval(value - 0.1, value + 0.1, "by hand"))


def space(hits, mixed, zero_shot=None, **known):
    """Scores of one space; a pair of hits or gains is forward and backward."""
    known = {"gap": 0.5, "seconds": 1.0, "error": 0.02, "agreement": None, **known}
    gap, agreement = known["gap"], known["agreement"]
    directions = []
    for side in (0, 1):
        one, gain = (x[side] if isinstance(x, tuple) else x for x in (hits, mixed))
        one, gain = (x if np.ndim(x) else np.full(N, float(x)) for x in (one, gain))
        cut_offs = {1: one, 5: one / 2 + 0.5, 10: np.ones(len(one))}
        classified = None if zero_shot is None or side else np.full(N, zero_shot)
        directions.append(DirectionScores(cut_offs, gain, OPEN, classified))
    lies = Geometry(
        *map(around, (gap, 2 * gap, 0.3, -1.0)), None if agreement is None else around(agreement)
    )
    return SpaceScores(*directions, lies, around(known["error"]), around(known["seconds"]))


def evaluation(spaces, data=None, repeats=4, **known):
    """An evaluation of these spaces by chain; ``known`` are values of the bounds."""
    data = data or Dataset(*pair_sets(n=N))
    values = {
        "own_first": 0.1, "other_first": 0.6, "interleaved": 0.5, "standardised": 0.55,
        "ceiling": 0.8, "chance": 0.1, "chance_of_hits": 0.05, **known,
    }  # fmt: skip
    bounds = [
        Bounds(**{name: np.full(len(some), value + side / 100) for name, value in values.items()})
        for side, some in enumerate((data.a, data.b))
    ]
    whole = {
        chain: replace(
            one,
            forward=with_bounds(one.forward, bounds[0]),
            backward=with_bounds(one.backward, bounds[1]),
        )
        for chain, one in spaces.items()
    }
    return Evaluation(data, 25, 20, repeats, whole, {"asif": "There is no reason."})


def with_bounds(one, bounds):
    """The scores with these bounds, unless they have others."""
    return replace(one, bounds=bounds) if one.bounds is OPEN else one


def sided(spaces, **known):
    """The same of objects of two images and a text each, each image or text alike."""
    data = Dataset(*pair_sets(n=N // 2, views=2))
    found = {
        chain: replace(
            one,
            backward=replace(fieldwise(lambda x: x[: N // 2], one.backward), bounds=OPEN),
        )
        for chain, one in spaces.items()
    }
    return evaluation(found, data, **known)
