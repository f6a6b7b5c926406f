"""Sums over all pairs of a batch without ever holding all pairs: memory O(n d), not O(n²).

The logits a bᵀ are made in blocks of rows, used and thrown away; going backwards they are made
again, which costs one product in four. torch only.
"""

from typing import Any

import torch
from torch import Tensor

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
