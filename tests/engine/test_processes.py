"""Two processes have the loss and the gradients of one."""

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[torch])")

from isthmus.engine import processes  # noqa: E402
from isthmus.engine.processes import gathered, process_group, summed  # noqa: E402
from isthmus.train.losses.tiled import TILED  # noqa: E402
from tests.train.runs import call_as_torchrun, free_port  # noqa: E402

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
    call_as_torchrun(rank, port)
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
    torch.multiprocessing.spawn(work, (free_port(), tmp_path), nprocs=2)
    for number in (0, 1):
        found = torch.load(tmp_path / f"{number}.pt", weights_only=True)
        for name, (value, summed_ones) in found.items():
            wanted, whole = one_process(name)
            assert value == pytest.approx(wanted, rel=1e-6)
            for one, other in zip(summed_ones, whole, strict=True):
                assert float((one - other).norm() / other.norm()) < 1e-6


def test_alone_nothing_changes():
    rows, weights = towers()
    with process_group() as place:
        assert place == (0, 1)
        own = rows[0]
        assert gathered(own) is own
        summed(weights)


def test_gradients_are_added_up_over_the_processes(monkeypatch):
    """Each of three processes has gradients of its own; the others' come by ``all_reduce``."""
    weights = [torch.ones(2, requires_grad=True) for _ in range(2)]
    weights[0].grad = torch.tensor([1.0, 2.0])

    def all_reduce(one):
        one += torch.tensor([10.0, 100.0])

    monkeypatch.setattr(processes, "rank_and_size", lambda: (1, 3))
    monkeypatch.setattr(processes.distributed, "all_reduce", all_reduce)
    summed(weights)
    assert weights[0].grad.tolist() == [11, 102] and weights[1].grad is None


def test_the_own_rows_of_what_was_gathered_keep_their_gradient(monkeypatch):
    own = torch.tensor([[1.0], [2.0]], requires_grad=True)

    def all_gather(parts, mine):
        for number, part in enumerate(parts):
            part.copy_(mine if number == 1 else torch.full_like(mine, 7.0))

    monkeypatch.setattr(processes, "rank_and_size", lambda: (1, 3))
    monkeypatch.setattr(processes.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(processes.distributed, "get_world_size", lambda: 3)
    monkeypatch.setattr(processes.distributed, "all_gather", all_gather)
    every = gathered(own)
    assert every.flatten().tolist() == [7, 7, 1, 2, 7, 7]
    (torch.arange(6.0)[:, None] * every).sum().backward()
    assert own.grad.flatten().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("device", "backend"), [("cpu", "gloo"), ("cuda", "nccl"), ("mps", "gloo")]
)
def test_the_device_decides_what_processes_speak(device, backend, monkeypatch):
    said = []
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "3")
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: said.append(number))
    monkeypatch.setattr(processes.distributed, "init_process_group", said.append)
    monkeypatch.setattr(processes.distributed, "get_rank", lambda: 2)
    monkeypatch.setattr(processes.distributed, "destroy_process_group", lambda: said.append("end"))
    with process_group(device) as place:
        assert place == (2, 4)
    assert said == ([3] if device == "cuda" else []) + [backend, "end"]
