"""The page that adds a modality as a package of its own does so, in a process of its own."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "modality.md"
READ = """
import doctest, sys
found = doctest.testfile(sys.argv[1], module_relative=False, optionflags=doctest.ELLIPSIS)
assert found.attempted > 10
sys.exit(found.failed)
"""
PARITY = """
import sys, types
import numpy as np, torch
from isthmus_place import FILES, Places
for name, folder in (("geoclip", FILES.parent), ("geoclip.model", FILES)):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(folder)]
sys.modules["geoclip.model.misc"] = types.SimpleNamespace(file_dir=str(FILES))
from geoclip.model.location_encoder import LocationEncoder
rng = np.random.default_rng(1)
places = (rng.uniform(-1, 1, (500, 2)) * [90, 180]).astype(np.float32)
with torch.no_grad():
    theirs = LocationEncoder().eval()(torch.tensor(places)).numpy()
ours = Places().encode(places.tolist())
assert np.abs(ours - theirs).max() <= 1e-5 * np.abs(theirs).max()
"""
SHAPES = """
import numpy as np
from unittest.mock import patch
from PIL import Image
import isthmus, isthmus_place_pictures
class Clip:
    def encode(self, items):
        return np.ones((len(items), 768), np.float32)
with patch("isthmus.load", lambda name: {"image": Clip()}):
    both = isthmus_place_pictures.load("folder", None)
assert both["image"].encode([Image.new("RGB", (9, 9))] * 3).shape == (3, 512)
assert both["image"].space == both["place"].space
"""
CLIP = """
import transformers, isthmus
from PIL import Image
from tests.encode.hf_models import clip
config = clip("clip").config  # of random weights, but as wide as ViT-L/14
config.projection_dim = 768
transformers.CLIPModel(config).save_pretrained("clip")
space = isthmus.load("geoclip-pictures:clip")
assert {"image", "place"} <= set(space)
pictures = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue", "white")]
found = isthmus.embed(space, pictures)
assert (found.modality, found.vectors.shape) == ("image", (3, 512))
assert isthmus.embed(space, [(48.1, 11.6)]).space == found.space
"""


def blocks(kind: str) -> list[str]:
    """The blocks of code of a kind on the page that are no examples."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return [one for one in found if ">>>" not in one]


def test_the_modality_is_at_most_forty_lines():
    module, _ = blocks("python")
    assert len([line for line in module.splitlines() if line.strip()]) <= 40
    assert max(map(len, module.splitlines())) <= 100


def needs():
    return [name for name in ("torch", "geoclip") if find_spec(name) is None]


@pytest.fixture
def package(tmp_path):
    """A folder with the package of the page as pip would install it."""
    modules, (project,) = blocks("python"), blocks("toml")
    for name, source in zip(("isthmus_place", "isthmus_place_pictures"), modules, strict=True):
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    about = tomllib.loads(project)["project"]
    lines = []
    for group, points in about["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    folder = tmp_path / "isthmus_place-0.1.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("\n".join(lines))
    (folder / "METADATA").write_text(f"Name: {about['name']}\nVersion: {about['version']}\n")
    return tmp_path


def run(package, code, *words):
    path = os.pathsep.join([str(package), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": path},
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(bool(needs()), reason=f"needs {' and '.join(needs())}: see docs/modality.md")
@pytest.mark.parametrize(
    "code", [READ, PARITY, SHAPES, CLIP], ids=["page", "parity", "pictures", "clip"]
)
def test_the_page_runs_as_it_stands(package, code):
    if code is CLIP:
        pytest.importorskip("transformers")
    done = run(package, code, str(PAGE))
    assert done.returncode == 0, done.stdout + done.stderr


BROKEN = """
import logging
from isthmus.read import modalities
assert "image" in modalities() and "place" not in modalities()
import isthmus
assert isthmus.load("mini")["text"].encode(["a"]).shape[0] == 1
"""


def test_a_package_that_cannot_be_opened_stops_nobody(package):
    (package / "isthmus_place.py").write_text("import no_such_library\n")
    done = run(package, BROKEN)
    assert done.returncode == 0, done.stderr
    assert "'place' of modalities, which another package adds, is left out" in done.stderr
    assert "no_such_library" in done.stderr


BY_VIEW = """
from isthmus.types import Bag, ItemError, Items, Modality, Place, View

def dish(item):
    if isinstance(item, tuple) and item and all(isinstance(one, str) for one in item):
        return item
    raise ItemError("A dish is a tuple of what is in it, as Unicode texts.")

def foods(item, owner):
    parts = dish(item)
    ids = tuple(f"{owner}/{number}" for number in range(len(parts)))
    return Bag(owner, Items("text", ids, list(parts)), tuple(map(Place, range(len(parts)))))

DISH = Modality("dish", dish, "What is in it, as Unicode texts.")
FOODS = View("foods", "dish", "text", foods, "the names of what is in it")
"""
DISHES = """
import isthmus
space = isthmus.load("mini")
found = isthmus.embed("mini", [("an apple", "a pear"), ("a car", "a truck"), ("a dog",)])
assert (found.modality, found.space) == ("dish", space["text"].space)
texts = isthmus.embed("mini", ["fruit", "vehicles", "an animal"])
assert (found.unit @ texts.unit.T).argmax(axis=1).tolist() == [0, 1, 2]
from isthmus.encode.roads import roads
assert [*roads(space, "dish")] == ["foods"]
"""


def test_a_modality_that_is_only_seen_comes_in_by_two_entry_points(tmp_path):
    (tmp_path / "dishes.py").write_text(BY_VIEW)
    folder = tmp_path / "dishes-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: dishes\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(
        "[isthmus.modalities]\ndish = dishes:DISH\n[isthmus.views]\nfoods = dishes:FOODS\n"
    )
    done = run(tmp_path, DISHES)
    assert done.returncode == 0, done.stderr
