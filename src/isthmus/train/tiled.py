"""The exact contrastive losses at any batch size, in tiles.

``tiled(info_nce)(a, b, scale, groups=...)`` is ``info_nce(scale * a @ b.T, targets)`` in value
and gradient, with memory for the vectors alone.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from isthmus.train.losses.leave_out import WIDTH
from isthmus.train.tiles import LogSumExp, SoftplusSum, largest_product
from isthmus.types import RequestError

Groups = tuple[Tensor, Tensor] | None
"""A number for each row of a and of b; rows of one number match. None: row i matches row i."""


def info_nce(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.softmax.info_nce`` of one match a row.

    Raises:
        RequestError: a row with several matches, which ``multi_positive`` takes.
    """
    if groups is not None and any(len(side.unique()) < len(side) for side in groups):
        raise RequestError("info_nce in tiles takes one match a row: take multi_positive.")
    return multi_positive(a, b, scale, groups)


def multi_positive(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.supervised.multi_positive``."""
    a = a * scale
    rows, columns = LogSumExp.apply(a, b, None, None)
    return _both(rows, columns, _matched(a, b, groups))


def decoupled(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.decoupled``."""
    a = a * scale
    rows, columns, matched = _left_out(a, b, groups)
    width = WIDTH * largest_product(a, b)
    by_row, by_column, a_asks, b_asks = matched
    weighted = (_weighted(by_row, width), _weighted(by_column, width), a_asks, b_asks)
    return _both(rows, columns, weighted)


def info_loob(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.info_loob``."""
    return _both(*_left_out(a * scale, b, groups))


def sigmoid(
    a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None, bias: Any = 0.0
) -> Tensor:
    """``losses.pairwise.sigmoid`` of ``scale * a @ b.T + bias``.

    log(1 + exp(-x)) = log(1 + exp(x)) - x: all pairs as if they did not match, less what matches.
    """
    a = a * scale
    bias = torch.as_tensor(bias, dtype=a.dtype, device=a.device)
    a_group, b_group = _groups(a, b, groups)
    everything = SoftplusSum.apply(a, b, bias)
    sums, counts = _gathered(b, b_group, a_group)
    found = (a * sums).sum() + bias * counts.sum()
    return (everything - found) / len(a)


TILED: dict[str, Callable[..., Tensor]] = {
    "info_nce": info_nce,
    "multi_positive": multi_positive,
    "decoupled": decoupled,
    "info_loob": info_loob,
    "sigmoid": sigmoid,
}
"""By the names of ``LOSSES``."""


def tiled(loss: str | Callable[..., Any]) -> Callable[..., Tensor]:
    """The tiled form of a loss: ``tiled(loss)(a, b, scale, groups=...)``.

    Args:
        loss: one of ``LOSSES``, or its name.

    Raises:
        RequestError: it has no tiled form.
    """
    name = loss if isinstance(loss, str) else loss.__name__
    if name not in TILED:
        raise RequestError(f"{name!r} has no tiled form; there is: {', '.join(TILED)}.")
    return TILED[name]


def _left_out(
    a: Tensor, b: Tensor, groups: Groups
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Sums of rows and columns without their matches, and the matches."""
    rows, columns = LogSumExp.apply(a, b, *_groups(a, b, groups))
    if not (torch.isfinite(rows).all() and torch.isfinite(columns).all()):
        raise RequestError("Leaving the match out must leave something in every row and column.")
    return rows, columns, _matched(a, b, groups)


def _weighted(match: Tensor, width: Tensor) -> Tensor:
    """Matching logits, the easy ones weighing less."""
    easy = (match / torch.where(width == 0, 1.0, width)).exp()
    return (2 - easy / easy.mean()) * match


def _groups(a: Tensor, b: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
    if groups is not None:
        if len(groups[0]) != len(a) or len(groups[1]) != len(b):
            raise RequestError(
                f"Every row has a group: {len(a)} and {len(b)} rows, {len(groups[0])} and "
                f"{len(groups[1])} groups."
            )
        return groups
    if len(a) != len(b):
        raise RequestError(f"Without groups rows pair up: {len(a)} rows and {len(b)} do not.")
    rows = torch.arange(len(a), device=a.device)
    return rows, rows


def _matched(a: Tensor, b: Tensor, groups: Groups) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mean matching logit of each row and of each column, and whether there is one."""
    a_group, b_group = _groups(a, b, groups)
    to_b, of_a = _gathered(b, b_group, a_group)
    to_a, of_b = _gathered(a, a_group, b_group)
    rows = (a * to_b).sum(dim=1) / of_a.clamp(min=1)
    columns = (b * to_a).sum(dim=1) / of_b.clamp(min=1)
    return rows, columns, of_a > 0, of_b > 0


def _gathered(x: Tensor, group: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the rows of each asked group, and how many there are."""
    _, number = torch.cat([group, asked]).unique(return_inverse=True)
    own, theirs = number[: len(group)], number[len(group) :]
    size = int(number.max()) + 1
    sums = x.new_zeros(size, x.shape[1]).index_add(0, own, x)
    counts = x.new_zeros(size).index_add(0, own, x.new_ones(len(x)))
    return sums[theirs], counts[theirs]


def _both(rows: Tensor, columns: Tensor, matched: tuple[Tensor, ...]) -> Tensor:
    """Half by rows and half by columns; what matches nothing does not count."""
    row_match, column_match, a_asks, b_asks = matched
    first = ((rows - row_match) * a_asks).sum() / a_asks.sum().clamp(min=1)
    second = ((columns - column_match) * b_asks).sum() / b_asks.sum().clamp(min=1)
    return (first + second) / 2
