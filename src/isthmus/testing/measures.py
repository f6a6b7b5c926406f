"""What every measure must satisfy, also a third party's."""

import json
from collections.abc import Callable

import numpy as np

from isthmus.types import Result


def check_measure(measure: Callable[[np.random.Generator], Result]) -> None:
    """Assert that a measure's result is whole: it prints, saves, explains and cites itself.

    Args:
        measure: the measure with its data bound, waiting for a generator:
            ``lambda rng: uniformity(vectors, rng=rng)``.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    first, again = (measure(np.random.default_rng(0)) for _ in range(2))
    assert isinstance(first, Result), f"A measure returns a Result, not {type(first).__name__}."
    text = json.dumps(first.to_dict(), allow_nan=False)
    assert text == json.dumps(again.to_dict(), allow_nan=False), "The same seed, the same numbers."
    assert "\n" not in str(first), "A result prints one line."
    assert first.n > 0, "A result says how many objects it rests on."
    assert first.null.note != "not declared", "A measure declares its null, or why it has none."
    assert len(first.about) > 40, "A result reads its value in a sentence."
    assert len(first.cite()) > 30, "A measure cites its source."
    if first.null.draws:
        assert 0 < first.null.p <= 1, "p is (1 + b)/(1 + B)."
        share = 0.05 * (first.null.draws + 1)
        assert abs(share - round(share)) < 1e-9, f"0.05 (B + 1) is whole, not {share}."
