"""Sums over all pairs of a batch without ever holding all pairs: memory O(n d), not O(n²).

The logits a bᵀ are made in blocks of rows, used and thrown away; going backwards they are made
again, which costs one product in four. torch only.
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


class LogSumExp(torch.autograd.Function):
    """log of the sums of exponentials of the rows and of the columns of a bᵀ.

    ``LogSumExp.apply(a, b, a_group, b_group)``: pairs of equal groups are left out of the sums;
    None leaves nothing out. Scale the rows of ``a`` first.
    """

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, b: Tensor, a_group: Any, b_group: Any
    ) -> tuple[Tensor, Tensor]:
        """(n,) and (m,)."""
        rows = a.new_empty(len(a))
        columns = a.new_full((len(b),), -torch.inf)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, a_group, b_group, part)
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
        ctx.groups = a_group, b_group
        return rows, columns

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Any, ...]:
        """Softmaxes by rows and by columns, weighted by the slopes of their sums."""
        a, b, rows, columns = ctx.saved_tensors
        (by_row, by_column), (a_group, b_group) = slopes, ctx.groups
        a_slope, b_slope = torch.zeros_like(a), torch.zeros_like(b)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, a_group, b_group, part)
            shift = logits.max()
            if (shift - torch.minimum(rows[part].min(), columns.min())) < SAFE:
                first = by_row[part] * (shift - rows[part]).exp()
                second = by_column * (shift - columns).exp()
                weight = logits.sub_(shift).exp_().mul_(first[:, None] + second)
            else:
                weight = (logits - rows[part, None]).exp_().mul_(by_row[part, None])
                weight += logits.sub_(columns).exp_().mul_(by_column)
            a_slope[part] = weight @ b
            b_slope.addmm_(weight.T, a[part])
        return a_slope, b_slope, None, None


class SoftplusSum(torch.autograd.Function):
    """Sum of log(1 + exp(x)) over all x of a bᵀ + bias: ``SoftplusSum.apply(a, b, bias)``."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, bias: Tensor) -> Tensor:
        """A number; the slopes are found on the way, since they need nothing else."""
        total = a.new_zeros((), dtype=torch.float64)
        a_slope, b_slope = torch.zeros_like(a), torch.zeros_like(b)
        of_bias = torch.zeros_like(total)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, None, None, part).add_(bias)
            total += torch.nn.functional.softplus(logits).sum(dtype=torch.float64)
            weight = logits.sigmoid_()
            of_bias += weight.sum(dtype=torch.float64)
            a_slope[part] = weight @ b
            b_slope.addmm_(weight.T, a[part])
        ctx.save_for_backward(a_slope, b_slope, of_bias.to(a.dtype))
        return total.to(a.dtype)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Any, ...]:
        """The kept slopes, scaled."""
        return tuple(slopes[0] * part for part in ctx.saved_tensors)


def largest_product(a: Tensor, b: Tensor) -> Tensor:
    """The largest absolute value of a bᵀ; its slope goes to the one pair that has it."""
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


def _logits(a: Tensor, b: Tensor, a_group: Any, b_group: Any, part: slice) -> Tensor:
    logits = a[part] @ b.T
    if a_group is not None:
        logits.masked_fill_(a_group[part, None] == b_group, -torch.inf)
    return logits


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
