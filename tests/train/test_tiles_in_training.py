"""Large batches are trained on in tiles, and everything is made on the device that was named."""

import sys
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

from torch.overrides import TorchFunctionMode  # noqa: E402
from torch.utils._device import _device_constructors  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from isthmus.store import packed, unpacked  # noqa: E402
from isthmus.studies.evaluate.splits import split_dataset  # noqa: E402
from isthmus.studies.fit.run import fit  # noqa: E402
from isthmus.studies.fit.training import TrainingData  # noqa: E402
from isthmus.train import LOSSES, loop  # noqa: E402
from isthmus.train.batches import Batch  # noqa: E402
from isthmus.train.loop import learn, terms  # noqa: E402
from isthmus.train.losses import tiled  # noqa: E402
from isthmus.train.losses.tiled import TILED  # noqa: E402
from isthmus.train.model import MODEL_KINDS, initial_model  # noqa: E402
from isthmus.train.recipe import Recipe  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from tests.train.spaces import study, task  # noqa: E402

PRODUCTS = ("cosine", "dot", "bilinear")
QUICK = {"pairs": 48, "rate": 0.02, "epochs": 2, "scale": 5.0}


class Largest(TorchDispatchMode):
    """Keeps the size of the largest tensor that is made."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        sizes = [x.numel() for x in tree_leaves(found) if isinstance(x, torch.Tensor)]
        self.numel = max([self.numel, *sizes])
        return found


class Made(TorchFunctionMode):
    """Keeps the device that isthmus's own code gives to whatever makes a tensor."""

    def __init__(self):
        super().__init__()
        self.devices = []
        self.makers = {*_device_constructors(), torch.from_numpy}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in self.makers:
            caller = sys._getframe(1)
            if "/isthmus/" in caller.f_code.co_filename:
                place = f"{caller.f_code.co_filename}:{caller.f_lineno}"
                self.devices.append((place, (kwargs or {}).get("device")))
        return func(*args, **(kwargs or {}))


def batch_of(n, d, recipe):
    """A model and a batch of n rows, two of each object where the recipe wants two."""
    job = task(**QUICK)
    model = initial_model(recipe, job.sides, 0)
    arrays, shape = packed(model)
    tensors = {name: torch.tensor(x, requires_grad=True) for name, x in arrays.items()}
    generator = torch.Generator().manual_seed(0)
    sides = [torch.randn(n, d, generator=generator, requires_grad=True) for _ in "ab"]
    objects = np.arange(n) // recipe.per_object
    batch = Batch(np.zeros((n, 2), int), objects, np.arange(n) % 3 == 0)
    return unpacked(tensors, shape, MODEL_KINDS), batch, sides


@pytest.mark.parametrize("loss", TILED)
@pytest.mark.parametrize("per_object", [1, 2])
@pytest.mark.parametrize("similarity", PRODUCTS)
def test_tiles_change_neither_the_loss_nor_its_gradient(loss, per_object, similarity, monkeypatch):
    recipe = Recipe(loss=loss, similarity=similarity, per_object=per_object, scale=4.0)
    monkeypatch.setattr(tiled, "BLOCK", 7 * 40)
    found = []
    for least in (1, 41):
        monkeypatch.setattr(loop, "TILED_FROM", least)
        model, batch, sides = batch_of(40, 12, recipe)
        value = terms(model, recipe, batch, *sides)[loss]
        leaves = [*sides, model.log_scale, *([model.bias] if loss == "sigmoid" else [])]
        gradients = torch.autograd.grad(value, leaves)
        found.append([value.detach(), *gradients])
    for one, other in zip(*found, strict=True):
        assert one.shape == other.shape
        assert float((one - other).norm()) <= 1e-5 * float(other.norm())


@pytest.mark.parametrize("loss", TILED)
@pytest.mark.parametrize("per_object", [1, 2])
def test_no_logits_of_a_whole_batch_are_made(loss, per_object, monkeypatch):
    recipe, n = Recipe(loss=loss, per_object=per_object), 600
    monkeypatch.setattr(tiled, "BLOCK", 20 * n)
    sizes = []
    for least in (n, n + 1):
        monkeypatch.setattr(loop, "TILED_FROM", least)
        model, batch, sides = batch_of(n, 12, recipe)
        with Largest() as largest:
            terms(model, recipe, batch, *sides)[loss].backward()
        sizes.append(largest.numel)
    assert sizes[0] <= 20 * n < n * n == sizes[1]


def test_what_has_no_tiled_form_is_trained_on_as_before(monkeypatch):
    for how in ({"loss": "triplet"}, {"loss": "cloob"}, {"similarity": "euclidean"}):
        recipe = Recipe(**how)
        values = []
        for least in (1, 99):
            monkeypatch.setattr(loop, "TILED_FROM", least)
            model, batch, sides = batch_of(16, 12, recipe)
            values.append(float(terms(model, recipe, batch, *sides)[recipe.loss].detach()))
        assert values[0] == values[1]


@pytest.mark.parametrize("loss", TILED)
def test_a_training_in_tiles_has_the_log_of_a_plain_one(loss, monkeypatch):
    monkeypatch.setattr(tiled, "BLOCK", 11 * 48)
    logs = []
    for least in (2, 10**9):
        monkeypatch.setattr(loop, "TILED_FROM", least)
        logs.append(learn(task(**QUICK, loss=loss)).log)
    assert len(logs[0]) == 2
    for one, other in zip(*logs, strict=True):
        assert one == pytest.approx(other, rel=1e-5, abs=1e-7)


def test_small_batches_are_not_tiled():
    assert Recipe().pairs < loop.TILED_FROM
    assert 8192**2 > tiled.BLOCK >= loop.TILED_FROM**2


@pytest.mark.parametrize("least", [2, 10**9])
@pytest.mark.parametrize("loss", [*LOSSES, "cloob"])
def test_every_tensor_is_made_on_the_device_that_was_named(loss, least, monkeypatch):
    asked = []

    def device(options):
        asked.append(options.device)
        return torch.device("cpu", 0)

    monkeypatch.setattr(loop, "torch_device", device)
    monkeypatch.setattr(loop, "TILED_FROM", least)
    more = {"pairs": 96, "epochs": 1, "regularisers": ("uniformity=0.1", "covariance=1")}
    job = task(**QUICK | more, loss=loss, per_object=2)
    with Made() as made:
        learn(replace(job, device="cpu"))
    assert asked == ["cpu"] and made.devices
    forgotten = [place for place, device in made.devices if device is None]
    assert not forgotten
    named = [device for _, device in made.devices if device == torch.device("cpu", 0)]
    assert len(named) > len(job.sides)


def test_a_device_that_is_not_there_is_refused_in_a_sentence():
    missing = "mps" if torch.cuda.is_available() else "cuda"
    says = f"no device '{missing}' here; there is: .*cpu"
    with pytest.raises(RequestError, match=says):
        learn(replace(task(**QUICK), device=missing))
    parts = TrainingData(split_dataset(study(), {}, 0), device=missing)
    with pytest.raises(RequestError, match=says):
        fit(parts, [Recipe(**QUICK)])


def test_the_device_is_no_part_of_what_is_learned():
    job = task(**QUICK)
    assert job.key == replace(job, device="cuda").key
    assert job.key != replace(job, seed=1).key
