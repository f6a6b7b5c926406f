"""CLOOB: both sides look each other up in a Hopfield memory before they are compared."""

from typing import Any

from isthmus.train.losses.leave_out import one_way
from isthmus.train.regularisers.rows import unit


def cloob(a: Any, b: Any, targets: Any = None, scale: float = 30.0, sharpness: float = 8.0) -> Any:
    """InfoLOOB of what the memory of all a gives for both sides, and of that of all b.

    Retrieval brings out what co-occurs in a batch, and keeps single matches from saturating.

    Args:
        a: (n, d), one side.
        b: (m, d).
        targets: (n, m) 1 where a pair matches, else 0; None where row i matches row i alone.
        scale: inverse temperature of InfoLOOB.
        sharpness: inverse temperature of the memories.

    Raises:
        RequestError: a row or column in which everything matches.

    Source: Fürst et al. 2022, CLOOB, equations 7 to 9.
    """
    x, y = unit(a), unit(b)
    from_a = retrieved(x, x, sharpness) @ retrieved(x, y, sharpness).T
    from_b = retrieved(y, y, sharpness) @ retrieved(y, x, sharpness).T
    turned = None if targets is None else targets.T
    return one_way(scale * from_a, targets) + one_way(scale * from_b, turned)


def retrieved(memory: Any, states: Any, sharpness: float) -> Any:
    """One update of a modern Hopfield network: softmax(sharpness · states · memoryᵀ) · memory.

    Rows of length 1.

    Source: Ramsauer et al. 2021, Hopfield Networks is All You Need, equation 3.
    """
    from array_api_compat import array_namespace

    xp = array_namespace(memory)
    energy = sharpness * states @ memory.T
    weight = xp.exp(energy - xp.max(energy, axis=1, keepdims=True))
    return unit(weight / weight.sum(axis=1, keepdims=True) @ memory)
