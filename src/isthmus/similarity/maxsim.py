"""Late interaction: many vectors an item, such as one a word or one a patch."""

from typing import Any

from array_api_compat import array_namespace

from isthmus.similarity.euclidean import normalised


def maxsim(a: Any, b: Any, a_there: Any = None, b_there: Any = None) -> Any:
    """Mean over the vectors of an a of the cosine to the nearest vector of a b.

    Not symmetric: the a are the queries.

    Args:
        a: (n, t, d).
        b: (m, s, d).
        a_there: (n, t) 1 where there is a vector and 0 where a row is filled up; None is all.
        b_there: (m, s) likewise.

    Returns:
        (n, m), in [-1, 1].

    Source: Khattab & Zaharia 2020, ColBERT, equation 3; the mean in place of the sum keeps items of
    different length comparable.
    """
    xp = array_namespace(a)
    cosine = xp.tensordot(normalised(a), normalised(b), axes=((2,), (2,)))  # (n, t, m, s)
    if b_there is not None:
        cosine = cosine - 4 * (1 - b_there)[None, None, :, :]
    best = xp.max(cosine, axis=3)
    if a_there is None:
        return best.mean(axis=1)
    weight = a_there / a_there.sum(axis=1, keepdims=True)
    return (best * weight[:, :, None]).sum(axis=1)
