"""Several processes work as one: rows of tensors gathered, gradients summed. torch only.

Every process makes its own rows, gathers those of all, and computes the same number from them. The
gradient of its own rows is then its own slice, and a parameter's gradient is the sum over
processes. Start them with ``torchrun``.
"""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, distributed


@contextmanager
def process_group(device: str = "cpu") -> Generator[tuple[int, int]]:
    """The processes that ``torchrun`` started as one group; gives this one's number and how many.

    Alone, without ``torchrun``, it is number 0 of 1.

    Args:
        device: type of the devices that tensors live on; each process of a machine takes a CUDA
            device of its own.
    """
    many = int(os.environ.get("WORLD_SIZE", "1"))
    if many == 1:
        yield 0, 1
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    try:
        yield distributed.get_rank(), many
    finally:
        distributed.destroy_process_group()


def rank_and_size() -> tuple[int, int]:
    """This process's number and how many there are; 0 of 1 where they have not joined."""
    joined = distributed.is_available() and distributed.is_initialized()
    return (distributed.get_rank(), distributed.get_world_size()) if joined else (0, 1)


def barrier() -> None:
    """Until all processes have come here."""
    if rank_and_size()[1] > 1:
        distributed.barrier()


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        ctx.rows, ctx.rank = len(own), distributed.get_rank()
        parts = [torch.empty_like(own) for _ in range(distributed.get_world_size())]
        distributed.all_gather(parts, own.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0][ctx.rank * ctx.rows : (ctx.rank + 1) * ctx.rows]


def gathered(own: Tensor) -> Tensor:
    """The rows of all processes in order, as many from each; the own rows keep their gradient."""
    if rank_and_size()[1] == 1:
        return own
    return _Gathered.apply(own)


def summed(parameters: Iterable[Tensor]) -> None:
    """Add up every parameter's gradient over the processes, in place."""
    if rank_and_size()[1] == 1:
        return
    for one in parameters:
        if one.grad is not None:
            distributed.all_reduce(one.grad)
