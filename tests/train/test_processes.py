"""Two processes have the loss and the gradients of one."""

import os

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")

from isthmus.engine.processes import gathered, process_group, summed  # noqa: E402
from isthmus.train.tiled import TILED  # noqa: E402

N, D = 32, 12


def towers():
    """Two linear towers and the rows that they embed, always the same."""
    generator = torch.Generator().manual_seed(3)
    rows = torch.randn(2, N, D, generator=generator)
    weights = torch.randn(2, D, 6, generator=generator) / D**0.5
    return rows, [torch.nn.Parameter(one.clone()) for one in weights]


def embedded(rows, weight):
    return torch.nn.functional.normalize(rows @ weight, dim=1)


def one_process(name):
    (x, y), (a, b) = towers()
    loss = TILED[name](embedded(x, a), embedded(y, b), 10.0)
    loss.backward()
    return float(loss.detach()), [a.grad, b.grad]


def work(rank, port, folder):
    """What each of two processes does."""
    os.environ |= {
        "RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank),
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    with process_group() as (number, many):
        found = {}
        for name in TILED:
            rows, weights = towers()
            own = slice(number * N // many, (number + 1) * N // many)
            sides = [
                gathered(embedded(some[own], weight))
                for some, weight in zip(rows, weights, strict=True)
            ]
            loss = TILED[name](*sides, 10.0)
            loss.backward()
            summed(weights)
            found[name] = (float(loss.detach()), [one.grad for one in weights])
        torch.save(found, folder / f"{number}.pt")


@pytest.mark.slow
def test_two_processes_equal_one(tmp_path):
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(work, (port, tmp_path), nprocs=2)
    for number in (0, 1):
        found = torch.load(tmp_path / f"{number}.pt", weights_only=True)
        for name, (value, slopes) in found.items():
            wanted, gradients = one_process(name)
            assert value == pytest.approx(wanted, rel=1e-6)
            for one, other in zip(slopes, gradients, strict=True):
                assert float((one - other).norm() / other.norm()) < 1e-6


def test_alone_nothing_changes():
    rows, weights = towers()
    with process_group() as place:
        assert place == (0, 1)
        own = rows[0]
        assert gathered(own) is own
        summed(weights)
