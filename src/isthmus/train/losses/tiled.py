"""Losses over all pairs of a batch without ever holding all pairs: memory O(n d), not O(n²).

The logits a bᵀ are made in blocks of rows, used and thrown away; going backwards they are made
again, which costs one product in four. ``tiled(loss)(a, b, scale, groups)`` is the loss of
``scale * a @ b.T``, on the device of a and b. torch only.
"""

from collections.abc import Callable, Sequence
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
Sides = Sequence[Tensor]
"""Something of every row and of every column."""


def info_nce(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.contrastive.info_nce``; rows with several matches cost another pass.

    log(1 + exp(rest - match)), rest being the sum over what does not match: where that is little,
    log(match + rest) - log(match) would be all rounding.
    """
    a = a * scale
    some = _any_match(a, b, groups)
    rest = LogSumExp.apply(a, b, groups, False)
    return _in_both_directions(_cross_entropies(rest, some), a, b, groups)


def multi_positive(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.contrastive.multi_positive``: that of any match, and the mean below it."""
    a = a * scale
    some = _any_match(a, b, groups)
    rest = LogSumExp.apply(a, b, groups, False)
    means, counts = _mean_matches(a, b, groups), _counts(a, b, groups)
    # a single match is its own mean: not even rounding may be left of the difference
    away = _less(some, means)
    sides = zip(_cross_entropies(rest, some), away, counts, strict=True)
    losses = [entropy + torch.where(count > 1, one, 0.0) for entropy, one, count in sides]
    return _in_both_directions(losses, a, b, groups)


def decoupled(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.decoupled`` at this scale."""
    a = a * scale
    means = _mean_matches(a, b, groups)
    weighted = [_weights(mean / scale) * mean for mean in means]
    return _in_both_directions(_less(_left_out(a, b, groups), weighted), a, b, groups)


def info_loob(a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None) -> Tensor:
    """``losses.leave_out.info_loob``."""
    a = a * scale
    means = _mean_matches(a, b, groups)
    return _in_both_directions(_less(_left_out(a, b, groups), means), a, b, groups)


def sigmoid(
    a: Tensor, b: Tensor, scale: Any = 1.0, groups: Groups = None, bias: Any = 0.0
) -> Tensor:
    """``losses.contrastive.sigmoid`` of ``scale * a @ b.T + bias``."""
    a = a * scale
    bias = torch.as_tensor(bias, dtype=a.dtype, device=a.device)
    _numbers(a, b, groups)
    total = SoftplusSum.apply(a, b, bias, groups)
    if groups is None:
        own = (a * b).sum(dim=1, dtype=_wide(a)) + bias
        total = total + torch.nn.functional.softplus(-own).sum()
    return (total / len(a)).to(a.dtype)


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

    ``LogSumExp.apply(a, b, groups, equal)``: of pairs that match, or of those that do not; -inf
    where a row or column has none. In double precision where there is one. Scale the rows of
    ``a`` first.
    """

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, b: Tensor, groups: Groups, equal: bool
    ) -> tuple[Tensor, Tensor]:
        """(n,) and (m,)."""
        wide = _wide(a)
        rows = a.new_empty(len(a), dtype=wide)
        columns = a.new_full((len(b),), -torch.inf, dtype=wide)
        for part in _blocks(len(a), len(b)):
            logits = _logits(a, b, groups, equal, part)
            shift = logits.max()
            nearest = torch.minimum(logits.amax(dim=1).min(), logits.amax(dim=0).min())
            if shift - nearest < SAFE:
                exponentials = logits.sub_(shift).exp_()
                rows[part], found = (_sum(exponentials, dim).log() + shift for dim in (1, 0))
            else:
                rows[part], found = (_log_sum_exp(logits, dim) for dim in (1, 0))
            columns = torch.logaddexp(columns, found)
        ctx.save_for_backward(a, b, rows, columns)
        ctx.groups, ctx.equal = groups, equal
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
            logits = _logits(a, b, ctx.groups, ctx.equal, part)
            shift = logits.max()
            nearest = torch.minimum(rows[part].min(), columns.min())
            if torch.isfinite(shift) and shift - nearest < SAFE:
                first = by_row[part] * (shift - rows[part]).exp()
                second = by_column * (shift - columns).exp()
                both = first.to(a.dtype)[:, None] + second.to(a.dtype)
                weight = logits.sub_(shift).exp_().mul_(both)
            else:
                first, second = rows[part, None].to(a.dtype), columns.to(a.dtype)
                weight = (logits - first).exp_().mul_(by_row[part, None].to(a.dtype))
                weight += logits.sub_(second).exp_().mul_(by_column.to(a.dtype))
            of_a[part] = weight @ b
            of_b.addmm_(weight.T, a[part])
        return of_a, of_b, None, None


class SoftplusSum(torch.autograd.Function):
    """Sum over all x of a bᵀ + bias of log(1 + exp(x)), of -x in its place for what matches.

    ``SoftplusSum.apply(a, b, bias, groups)``. Without groups the matches, on the diagonal, are
    left out: there are few enough for double precision.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, bias: Tensor, groups: Groups) -> Tensor:
        """A number; the gradients are found on the way, since they need nothing else."""
        wide = _wide(a)
        total = a.new_zeros((), dtype=wide)
        of_a, of_b, of_bias = torch.zeros_like(a), torch.zeros_like(b), torch.zeros_like(total)
        for part in _blocks(len(a), len(b)):
            wrong, match = (a[part] @ b.T).add_(bias), _matching(groups, part)
            wrong[match] = -torch.inf if groups is None else -wrong[match]
            total += _sum(torch.nn.functional.softplus(wrong), 1).sum()
            weight = wrong.sigmoid_()
            weight[match] *= -1
            of_bias += _sum(weight, 1).sum()
            of_a[part] = weight @ b
            of_b.addmm_(weight.T, a[part])
        ctx.save_for_backward(of_a, of_b, of_bias.to(a.dtype).reshape(bias.shape))
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        """The kept gradients, scaled."""
        return *(gradients[0].to(part.dtype) * part for part in ctx.saved_tensors), None


def _wide(a: Tensor) -> torch.dtype:
    """The type of sums of many terms: double precision, which Metal does not have."""
    return torch.float32 if a.device.type == "mps" else torch.float64


def _sum(x: Tensor, dim: int) -> Tensor:
    """In double precision, of sums in single: they are cascades, right to 2e-7, and far faster."""
    return x.sum(dim=dim).to(_wide(x))


def _log_sum_exp(logits: Tensor, dim: int) -> Tensor:
    top = logits.amax(dim=dim, keepdim=True)
    top = top.masked_fill(top == -torch.inf, 0.0)
    return _sum((logits - top).exp_(), dim).log() + top.squeeze(dim)


def _blocks(n: int, m: int) -> list[slice]:
    size = max(1, BLOCK // m)
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def _matching(groups: Groups, part: slice) -> Sides:
    """Row and column of each pair that matches, in a block of rows."""
    if groups is None:
        rows = torch.arange(part.start, part.stop)
        return rows - part.start, rows
    return torch.nonzero(groups[0][part, None] == groups[1], as_tuple=True)


def _logits(a: Tensor, b: Tensor, groups: Groups, equal: bool, part: slice) -> Tensor:
    """Logits of a block of rows; -inf for pairs that do not count."""
    logits, match = a[part] @ b.T, _matching(groups, part)
    if equal:
        kept = logits[match]
        logits.fill_(-torch.inf)[match] = kept
    else:
        logits[match] = -torch.inf
    return logits


def _cross_entropies(rest: Sides, match: Sides) -> list[Tensor]:
    """log(1 + exp(rest - match)) of every row and of every column."""
    return [torch.nn.functional.softplus(one - own) for one, own in zip(rest, match, strict=True)]


def _less(first: Sides, second: Sides) -> list[Tensor]:
    return [one - other for one, other in zip(first, second, strict=True)]


def _left_out(a: Tensor, b: Tensor, groups: Groups) -> Sides:
    """Sums of rows and columns without their matches."""
    rows, columns = LogSumExp.apply(a, b, groups, False)
    if not (torch.isfinite(rows).all() and torch.isfinite(columns).all()):
        raise RequestError("Leaving the match out must leave something in every row and column.")
    return rows, columns


def _weights(cosines: Tensor) -> Tensor:
    """Those of ``losses.leave_out.decoupled``."""
    return 2 - len(cosines) * (cosines / WIDTH).softmax(dim=0)


def _numbers(a: Tensor, b: Tensor, groups: Groups) -> tuple[Tensor, Tensor]:
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


def _mean_matches(a: Tensor, b: Tensor, groups: Groups) -> Sides:
    """Mean matching logit of each row and of each column; 0 where nothing matches."""
    a_number, b_number = _numbers(a, b, groups)
    to_b, of_a = _group_sums(b, b_number, a_number)
    to_a, of_b = _group_sums(a, a_number, b_number)
    rows = (a * to_b).sum(dim=1, dtype=_wide(a)) / of_a.clamp(min=1)
    columns = (b * to_a).sum(dim=1, dtype=_wide(a)) / of_b.clamp(min=1)
    return rows, columns


def _any_match(a: Tensor, b: Tensor, groups: Groups) -> Sides:
    """Log of the sum of exponentials of the matching logits of each row and of each column."""
    means, counts = _mean_matches(a, b, groups), _counts(a, b, groups)
    if all(bool((count <= 1).all()) for count in counts):
        return means
    several = LogSumExp.apply(a, b, groups, True)
    return tuple(
        torch.where(count > 1, some, mean)
        for some, mean, count in zip(several, means, counts, strict=True)
    )


def _counts(a: Tensor, b: Tensor, groups: Groups) -> Sides:
    """How many columns match each row, and how many rows each column."""
    a_number, b_number = _numbers(a, b, groups)
    one = a.new_ones(len(a_number), 0), b.new_ones(len(b_number), 0)
    return _group_sums(one[1], b_number, a_number)[1], _group_sums(one[0], a_number, b_number)[1]


def _group_sums(x: Tensor, group: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the rows of each wanted group, and how many there are."""
    _, number = torch.cat([group, wanted]).unique(return_inverse=True)
    own, theirs = number[: len(group)], number[len(group) :]
    size = int(number.max()) + 1
    sums = x.new_zeros(size, x.shape[1]).index_add(0, own, x)
    counts = x.new_zeros(size).index_add(0, own, x.new_ones(len(x)))
    return sums[theirs], counts[theirs]


def _in_both_directions(losses: Any, a: Tensor, b: Tensor, groups: Groups) -> Tensor:
    """Half by rows and half by columns; what matches nothing does not count."""
    first, second = (
        torch.where(count > 0, loss, 0.0).sum() / (count > 0).sum().clamp(min=1)
        for loss, count in zip(losses, _counts(a, b, groups), strict=True)
    )
    return ((first + second) / 2).to(a.dtype)
