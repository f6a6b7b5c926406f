"""AlignCLIP's intra-modal separation: items of one modality apart unless they mean the same."""

from typing import Any

from isthmus.train.losses.softmax import info_nce
from isthmus.train.regularisers.rows import others, unit

TEMPERATURE = 0.07


def separation(a: Any, b: Any) -> Any:
    """Cross entropy of each row's own partner among the other rows of its own side.

    Likeness inside a side counts as much as the other side says that the two differ
    (1 - their cosine there); both sides in turn.

    Source: Eslami & de Melo 2025, Mitigate the Gap (AlignCLIP), section 3.2.
    """
    first, second = unit(a), unit(b)
    return (_one(first, second) + _one(second, first)) / 2


def _one(x: Any, y: Any) -> Any:
    elsewhere = others(x.shape[0], x)
    own = (x * y).sum(axis=1)
    scores = (x @ x.T) * (1 - y @ y.T) * elsewhere + own[:, None] * (1 - elsewhere)
    return info_nce(scores / TEMPERATURE)
