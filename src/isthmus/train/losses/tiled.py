"""Losses over all pairs of a batch without ever holding all pairs: memory O(n d), not O(n²).

The logits a bᵀ are made in blocks of rows, used and thrown away; going backwards they are made
again, which costs one product in four. ``tiled(loss)(a, b, scale, groups)`` is the loss of
``scale * a @ b.T``, on the device of a and b. torch only.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from isthmus.train.losses.leave_out import WIDTH
from isthmus.types import RequestError

BLOCK = 1 << 24
"""Logits held at once: 64 MB in float32."""
SAFE = 60.0
"""Logits nearer to the block's largest than this lose nothing when they share its shift."""

Groups = tuple[Tensor, Tensor] | None
"""A number for each row of a and of b; rows of one number match. None: row i matches row i."""
Masks = tuple[Tensor, Tensor, bool] | None
"""Numbers of the rows of a and of b, and whether pairs count whose numbers are equal (true) or
those whose numbers differ (false); None: all pairs count."""


def info_nce(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.contrastive.info_nce``; rows with several matches cost another pass."""
    if groups is None or all(len(side.unique()) == len(side) for side in groups):
        return multi_positive(a, b, scale, groups)
    a = a * scale
    _, _, a_asks, b_asks = _matches(a, b, groups)
    rows, columns = LogSumExp.apply(a, b, None)
    any_of_row, any_of_column = LogSumExp.apply(a, b, (*groups, True))
    return _in_both_directions(rows, columns, (any_of_row, any_of_column, a_asks, b_asks))


def multi_positive(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.contrastive.multi_positive``."""
    a = a * scale
    rows, columns = LogSumExp.apply(a, b, None)
    return _in_both_directions(rows, columns, _matches(a, b, groups))


def decoupled(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.decoupled``."""
    a = a * scale
    rows, columns, (by_row, by_column, a_asks, b_asks) = _left_out(a, b, groups)
    width = WIDTH * largest_product(a, b)
    weighted = (_weighted(by_row, width), _weighted(by_column, width), a_asks, b_asks)
    return _in_both_directions(rows, columns, weighted)


def info_loob(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.info_loob``."""
    return _in_both_directions(*_left_out(a * scale, b, groups))


def sigmoid(
    a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None, bias: Any = 0.0
) -> Tensor:
    """``losses.contrastive.sigmoid`` of ``scale * a @ b.T + bias``.

    log(1 + exp(-x)) = log(1 + exp(x)) - x: all pairs as if they did not match, less what matches.
    """
    a = a * scale
    bias = torch.as_tensor(bias, dtype=a.dtype, device=a.device)
    a_group, b_group = _groups(a, b, groups)
    everything = SoftplusSum.apply(a, b, bias)
    sums, counts = _group_sums(b, b_group, a_group)
    matching = (a * sums).sum() + bias * counts.sum()
    return (everything - matching) / len(a)


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


class LogSumExp(torch.autograd.Function):
    """log of the sums of exponentials of the rows and of the columns of a bᵀ.

    ``LogSumExp.apply(a, b, masks)``; -inf where no pair of a row or column counts. Scale the rows
    of ``a`` first.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, masks: Masks) -> tuple[Tensor, Tensor]:
        """(n,) and (m,)."""
        rows = a.new_empty(len(a))
        columns = a.new_full((len(b),), -torch.inf)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, masks, part)
            shift = logits.max()
            nearest = torch.minimum(logits.amax(dim=1).min(), logits.amax(dim=0).min())
            if shift - nearest < SAFE:
                exponentials = logits.sub_(shift).exp_()
                rows[part] = exponentials.sum(dim=1).log() + shift
                found = exponentials.sum(dim=0).log() + shift
            else:
                rows[part] = logits.logsumexp(dim=1)
                found = logits.logsumexp(dim=0)
            columns = torch.logaddexp(columns, found)
        ctx.save_for_backward(a, b, rows, columns)
        ctx.masks = masks
        return rows, columns

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        """Softmaxes by rows and by columns, weighted by the gradients of their sums."""
        a, b, rows, columns = ctx.saved_tensors
        # sums of nothing have no gradient: any finite number leaves exp(-inf - 0) = 0
        rows, columns = (x.masked_fill(x == -torch.inf, 0.0) for x in (rows, columns))
        by_row, by_column = gradients
        of_a, of_b = torch.zeros_like(a), torch.zeros_like(b)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, ctx.masks, part)
            shift = logits.max()
            nearest = torch.minimum(rows[part].min(), columns.min())
            if torch.isfinite(shift) and shift - nearest < SAFE:
                first = by_row[part] * (shift - rows[part]).exp()
                second = by_column * (shift - columns).exp()
                weight = logits.sub_(shift).exp_().mul_(first[:, None] + second)
            else:
                weight = (logits - rows[part, None]).exp_().mul_(by_row[part, None])
                weight += logits.sub_(columns).exp_().mul_(by_column)
            of_a[part] = weight @ b
            of_b.addmm_(weight.T, a[part])
        return of_a, of_b, None


class SoftplusSum(torch.autograd.Function):
    """Sum of log(1 + exp(x)) over all x of a bᵀ + bias: ``SoftplusSum.apply(a, b, bias)``."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, bias: Tensor) -> Tensor:
        """A number; the gradients are found on the way, since they need nothing else."""
        # sums of many terms are kept in double precision, which Metal does not have
        wide = torch.float32 if a.device.type == "mps" else torch.float64
        total = a.new_zeros((), dtype=wide)
        of_a, of_b, of_bias = torch.zeros_like(a), torch.zeros_like(b), torch.zeros_like(total)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, None, part).add_(bias)
            total += torch.nn.functional.softplus(logits).sum(dtype=wide)
            weight = logits.sigmoid_()
            of_bias += weight.sum(dtype=wide)
            of_a[part] = weight @ b
            of_b.addmm_(weight.T, a[part])
        ctx.save_for_backward(of_a, of_b, of_bias.to(a.dtype).reshape(bias.shape))
        return total.to(a.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        """The kept gradients, scaled."""
        return tuple(gradients[0] * part for part in ctx.saved_tensors)


def largest_product(a: Tensor, b: Tensor) -> Tensor:
    """The largest absolute value of a bᵀ; its gradient goes to the one pair that has it."""
    best, place = -1.0, (0, 0)
    with torch.no_grad():
        for part in _blocks(len(a), len(b)):
            sizes = (a[part] @ b.T).abs_()
            value, at = sizes.flatten().max(dim=0)
            if float(value) > best:
                row, column = divmod(int(at), len(b))
                best, place = float(value), (part.start + row, column)
    return (a[place[0]] * b[place[1]]).sum().abs()


def _blocks(n: int, m: int) -> list[slice]:
    size = max(1, BLOCK // m)
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def _logits(a: Tensor, b: Tensor, masks: Masks, part: slice) -> Tensor:
    """Logits of a block of rows; -inf for pairs that do not count."""
    logits = a[part] @ b.T
    if masks is not None:
        a_number, b_number, equal = masks
        same = a_number[part, None] == b_number
        logits.masked_fill_(~same if equal else same, -torch.inf)
    return logits


def _left_out(
    a: Tensor, b: Tensor, groups: Groups
) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Sums of rows and columns without their matches, and the matches."""
    rows, columns = LogSumExp.apply(a, b, (*_groups(a, b, groups), False))
    if not (torch.isfinite(rows).all() and torch.isfinite(columns).all()):
        raise RequestError("Leaving the match out must leave something in every row and column.")
    return rows, columns, _matches(a, b, groups)


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


def _matches(a: Tensor, b: Tensor, groups: Groups) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mean matching logit of each row and of each column, and whether there is one."""
    a_group, b_group = _groups(a, b, groups)
    to_b, of_a = _group_sums(b, b_group, a_group)
    to_a, of_b = _group_sums(a, a_group, b_group)
    rows = (a * to_b).sum(dim=1) / of_a.clamp(min=1)
    columns = (b * to_a).sum(dim=1) / of_b.clamp(min=1)
    return rows, columns, of_a > 0, of_b > 0


def _group_sums(x: Tensor, group: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the rows of each wanted group, and how many there are."""
    _, number = torch.cat([group, wanted]).unique(return_inverse=True)
    own, theirs = number[: len(group)], number[len(group) :]
    size = int(number.max()) + 1
    sums = x.new_zeros(size, x.shape[1]).index_add(0, own, x)
    counts = x.new_zeros(size).index_add(0, own, x.new_ones(len(x)))
    return sums[theirs], counts[theirs]


def _in_both_directions(rows: Tensor, columns: Tensor, matches: tuple[Tensor, ...]) -> Tensor:
    """Half by rows and half by columns; what matches nothing does not count."""
    row_match, column_match, a_asks, b_asks = matches
    first, second = (
        torch.where(asks, total - match, 0.0).sum() / asks.sum().clamp(min=1)
        for total, match, asks in ((rows, row_match, a_asks), (columns, column_match, b_asks))
    )
    return (first + second) / 2
