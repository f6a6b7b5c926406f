"""Weights come out of whatever torch wrote, under plain names, and nothing that it names is run."""

import argparse
import collections
import datetime
import os
import pathlib
import subprocess
import warnings

import numpy as np
import pytest

from isthmus.encode.foreign_configs import CheckpointError
from isthmus.types import RequestError

pytestmark = pytest.mark.hf  # which brings torch
torch = pytest.importorskip("torch")
from isthmus.encode.torch_files import read_weights  # noqa: E402


class Towers(torch.nn.Module):
    """What a CLIP looks like from outside."""

    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        self.logit_scale = torch.nn.Parameter(torch.tensor(2.5))
        self.register_buffer("attn_mask", torch.ones(2, 2), persistent=False)

    def forward(self, x):
        return self.visual(x) * self.logit_scale


class Config(dict):
    """A class of a training's own, which no other program has."""


@pytest.fixture
def towers():
    torch.manual_seed(0)
    return Towers().eval()


def renamed(change):
    return lambda model: {change(key): value for key, value in model.state_dict().items()}


def options(model):
    return {
        "epoch": 3,
        "args": argparse.Namespace(lr=1, out=pathlib.Path("a"), when=datetime.datetime.now()),
        "best": np.float64(0.3),
        "losses": [np.float32(1), np.arange(3)],
        "state_dict": model.state_dict(),
        "counts": collections.defaultdict(int, a=1),
        "queue": collections.deque([1, 2]),
    }


SAVED = {
    "plain": lambda model: model.state_dict(),
    "nested": lambda model: {"state_dict": model.state_dict(), "step": torch.tensor(4)},
    "twice nested": lambda model: {"model": {"state_dict": model.state_dict()}},
    "options": options,
    "compiled": renamed(lambda key: f"_orig_mod.{key}"),
    "parallel": renamed(lambda key: f"module.{key}"),
    "parallel and compiled": renamed(lambda key: f"module._orig_mod.{key}"),
    "a part compiled": renamed(lambda key: key.replace("visual.", "visual._orig_mod.")),
    "mixed": renamed(lambda key: f"module.{key}" if key.startswith("visual") else key),
    "sharded": renamed(lambda key: f"_fsdp_wrapped_module.{key}"),
    "lightning": lambda model: {"state_dict": renamed(lambda key: f"model.clip.{key}")(model)},
    "whole module": lambda model: model,
    "a module inside": lambda model: {"model": model},
}


def same(found, model):
    wanted = model.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)


def test_modules_of_an_old_format_are_refused(towers, tmp_path):
    torch.save(towers, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match="holds Python objects that are not read"):
        read_weights("x", tmp_path / "a.pt", quick=False)


@pytest.mark.parametrize(
    ("kind", "zipped"),
    [
        (kind, zipped)
        for kind in SAVED
        for zipped in (True, False)
        if zipped or "module" not in kind
    ],
)
def test_every_way_of_saving_gives_the_same_weights(towers, tmp_path, kind, zipped):
    path = tmp_path / "a.pt"
    torch.save(SAVED[kind](towers), path, _use_new_zipfile_serialization=zipped)
    same(read_weights("x", path, quick=False), towers)


def archive(model, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(model, torch.zeros(2, 3), check_trace=False), path)


def test_a_torchscript_archive_is_read_and_not_run(towers, tmp_path, monkeypatch):
    archive(towers, tmp_path / "a.pt")
    monkeypatch.setattr("torch.jit.load", lambda *_, **__: pytest.fail("it was run"))
    same(read_weights("x", tmp_path / "a.pt", quick=False), towers)
    assert torch.serialization._is_torchscript_zip.__name__ == "_is_torchscript_zip"


def test_networks_with_quickgelu_are_told_apart(towers, tmp_path):
    class QuickGELU(torch.nn.Module):
        def forward(self, x):
            return x * torch.sigmoid(1.702 * x)

    towers.visual.append(QuickGELU())
    archive(towers, tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="name ends in -quickgelu"):
        read_weights("x", tmp_path / "a.pt", quick=False)
    same(read_weights("x", tmp_path / "a.pt", quick=True), towers)


class Calling:
    """A pickle that calls something when it is opened."""

    def __init__(self, what, *arguments):
        self.what, self.arguments = what, arguments

    def __reduce__(self):
        return self.what, self.arguments


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    ("what", "named"),
    [
        (os.mkdir, "posix.mkdir"),
        (os.system, "posix.system"),
        (subprocess.getoutput, "subprocess.getoutput"),
        (eval, "builtins.eval"),
        (getattr, "builtins.getattr"),
    ],
)
def test_what_calls_the_standard_library_is_refused(
    towers, tmp_path, monkeypatch, what, named, zipped
):
    monkeypatch.chdir(tmp_path)
    kept = {"state_dict": towers.state_dict(), "x": Calling(what, "mkdir ran")}
    torch.save(kept, "a.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=rf"names '{named}'.*save the model's state_dict"):
        read_weights("x", tmp_path / "a.pt", quick=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_other_libraries_are_stood_in_for(towers, tmp_path):
    called = []
    kept = {"state_dict": towers.state_dict(), "x": Calling(record, called)}
    torch.save(kept, tmp_path / "a.pt")
    same(read_weights("x", tmp_path / "a.pt", quick=False), towers)
    assert not RAN


RAN = []


def record(*arguments):
    RAN.append(arguments)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"epoch": 3, "weights": None}, "holds 'epoch', 'weights' and no weights by name"),
        ({}, "holds nothing and no weights"),
        ([torch.ones(2)], "holds an object and no weights"),
        ({"module.a": torch.ones(1), "a": torch.ones(1)}, "several weights of one name"),
        (b"garbage", "is damaged or no file of weights"),
    ],
)
def test_what_holds_no_weights_is_said_in_one_sentence(tmp_path, kept, said):
    path = tmp_path / "a.pt"
    if isinstance(kept, bytes):
        path.write_bytes(kept)
    else:
        torch.save(kept, path)
    with pytest.raises(RequestError, match=rf"^x [^\n\x1b]*{said}[^\n\x1b]*\.$"):
        read_weights("x", path, quick=False)


@pytest.mark.parametrize("cut", [0, 1, 50, 0.5, 0.99])
def test_cut_files_are_damaged(towers, tmp_path, cut):
    path = tmp_path / "a.pt"
    torch.save(towers.state_dict(), path)
    content = path.read_bytes()
    path.write_bytes(content[: cut if isinstance(cut, int) else int(cut * len(content))])
    with pytest.raises(CheckpointError, match="damaged"):
        read_weights("x", path, quick=False)
