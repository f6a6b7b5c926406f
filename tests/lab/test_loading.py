"""Names of spaces: what they are loaded by, from wherever."""

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
    ],
)
def test_a_path_in_a_name_holds_in_every_directory(name, path, here):
    wanted = name.replace("./", "").replace(path, str(here / path))
    assert lasting(name) == wanted == lasting(wanted)


@pytest.mark.parametrize(
    "name",
    ["mini", "fresh:7", "hf:org/name", "mended:gone", "openclip:ViT-B-32/laion2b",
     "openclip:hf-hub:org/name"],
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
