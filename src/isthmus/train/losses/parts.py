"""What losses share: the pairs that match, and sums of exponentials that do not overflow."""

from typing import Any

from isthmus.types import RequestError

FAR = -1e30
"""Added to a logit that does not count; its exponential is 0 in float32 too."""


def matches(logits: Any, targets: Any) -> Any:
    """(n, m) 1 where a pair matches; the diagonal if no targets are given.

    Raises:
        RequestError: targets of another shape, or none for logits that are not square.
    """
    from array_api_compat import array_namespace

    xp, shape = array_namespace(logits), tuple(logits.shape)
    if targets is not None and tuple(targets.shape) == shape:
        return xp.asarray(targets, dtype=logits.dtype)
    if targets is None and len(shape) == 2 and shape[0] == shape[1]:
        # a diagonal where the logits are, whatever the device
        rows = xp.arange(shape[0], device=_device(logits))
        return xp.astype(rows[:, None] == rows[None, :], logits.dtype)
    wanted = "square logits without targets" if targets is None else f"targets of shape {shape}"
    came = shape if targets is None else tuple(targets.shape)
    raise RequestError(f"A loss takes {wanted}, but came {came}.")


def _device(x: Any) -> Any:
    from array_api_compat import device

    return device(x)


def log_sum_exp(x: Any, axis: int) -> Any:
    """Log of the sum of exponentials along an axis."""
    from array_api_compat import array_namespace

    xp = array_namespace(x)
    top = xp.max(x, axis=axis, keepdims=True)
    summed = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return xp.squeeze(summed, axis=axis)


def both_ways(one_way: Any, logits: Any, match: Any) -> Any:
    """Half of a loss by rows and half by columns: each asks the other side.

    ``one_way(logits, match)`` gives a loss a row; rows that match nothing do not count.
    """
    return (_mean(one_way, logits, match) + _mean(one_way, logits.T, match.T)) / 2


def _mean(one_way: Any, logits: Any, match: Any) -> Any:
    from array_api_compat import array_namespace

    xp = array_namespace(logits)
    asks = xp.astype(match.sum(axis=1) > 0, logits.dtype)
    count = asks.sum()
    return (one_way(logits, match) * asks).sum() / (count + xp.astype(count == 0, logits.dtype))
