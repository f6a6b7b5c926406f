"""Names of spaces: what they are loaded by, from wherever."""

import subprocess
import sys

import pytest

import isthmus
from isthmus.lab import save_mended
from isthmus.lab.loading import lasting
from isthmus.transform.mended import Mended


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("model", "run", "name", "laion2b"):
        (tmp_path / folder).mkdir()
    for file in ("pairs.npz", "weights.pt"):
        (tmp_path / file).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("hf:./model", "model"),
        ("mended:run", "run"),
        ("arrays:pairs.npz?model=clip", "pairs.npz"),
        ("openclip:local-dir:model", "model"),
        ("openclip:ViT-B-32/weights.pt", "weights.pt"),
        ("openclip:ViT-B-32:weights.pt", "weights.pt"),
        ("prompted:hf:model?prompts=5", "model"),
        ("shapes:weights.pt?beside=mini", "weights.pt"),
        ("shapes:patches?beside=prompted:hf:model", "model"),
    ],
)
def test_a_path_in_a_name_holds_in_every_directory(name, path, here):
    wanted = name.replace("./", "").replace(path, str(here / path))
    assert lasting(name) == wanted == lasting(wanted)


@pytest.mark.parametrize(
    "name",
    ["mini", "fresh:7", "shapes", "shapes:patches/3", "prompted:fresh", "hf:org/name",
     "mended:gone", "openclip:ViT-B-32/laion2b", "openclip:hf-hub:org/name"],
)  # fmt: skip
def test_what_is_no_path_stays(name, here):
    assert lasting(name) == name


def test_a_mended_space_of_a_mended_one_is_found_from_elsewhere(here, monkeypatch):
    first = Mended(isthmus.load("mini")["text"].space, "", (), None, 1)
    save_mended(first, "run", "mini")
    save_mended(Mended(first.space, "", (), None, 1), "model", "mended:run")
    monkeypatch.chdir(here / "name")
    again = isthmus.load("mended:../model")
    assert again["text"].mended.parent == first.space


def test_arguments_of_a_wrong_kind_are_told_in_a_sentence():
    # in a process of its own: the tests' own type checks would answer first
    script = """
import numpy as np, isthmus
from isthmus import measure
from isthmus.types import RequestError
rows = np.eye(4)
for call in (
    lambda: isthmus.load(None), lambda: isthmus.load(b"mini"), lambda: isthmus.load_set([]),
    lambda: isthmus.Links(None), lambda: isthmus.Links("x"), lambda: isthmus.Links([("a",)]),
    lambda: measure.hit_at_k(rows, rows, [(0, 1)]), lambda: measure.hit_at_k(rows, None),
    lambda: measure.centroid_gap(5, rows), lambda: measure.hit_at_k(rows, rows, k="1"),
    lambda: measure.hit_at_k(rows, rows, k=True), lambda: measure.hit_at_k(rows, rows, k=1.5),
):
    try:
        print("no error:", call())
    except RequestError as error:
        assert str(error).endswith("."), error
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
