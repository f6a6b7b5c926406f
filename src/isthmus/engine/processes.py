"""Several processes train as one: the whole batch in every loss, one gradient. torch only.

Every process embeds its own rows, gathers those of all, and computes the same loss. The gradient
of its own rows is then its own slice, and a parameter's gradient is the sum over processes. Start
them with ``torchrun``; on a CPU the backend is gloo.
"""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist


@contextmanager
def process_group() -> Generator[tuple[int, int]]:
    """The processes that ``torchrun`` started as one group; gives this one's number and how many.

    Alone, without ``torchrun``, it is number 0 of 1.
    """
    many = int(os.environ.get("WORLD_SIZE", "1"))
    if many == 1:
        yield 0, 1
        return
    dist.init_process_group("gloo")
    try:
        yield dist.get_rank(), many
    finally:
        dist.destroy_process_group()


def rank_and_size() -> tuple[int, int]:
    """This process's number and how many there are; 0 of 1 where they have not joined."""
    joined = dist.is_available() and dist.is_initialized()
    return (dist.get_rank(), dist.get_world_size()) if joined else (0, 1)


def barrier() -> None:
    """Until all processes have come here."""
    if rank_and_size()[1] > 1:
        dist.barrier()


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        ctx.rows, ctx.rank = len(own), dist.get_rank()
        parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0][ctx.rank * ctx.rows : (ctx.rank + 1) * ctx.rows]


def gathered(own: Tensor) -> Tensor:
    """The rows of all processes in order, as many from each; the own rows keep their gradient."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return own
    return _Gathered.apply(own)


def summed(parameters: Iterable[Tensor]) -> None:
    """Add up every parameter's gradient over the processes, in place."""
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return
    for one in parameters:
        if one.grad is not None:
            dist.all_reduce(one.grad)
