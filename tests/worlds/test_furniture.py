"""The bundled meshes."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from isthmus.engine.content_index import content_hash
from isthmus.read.meshes.files import mesh
from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.furniture import LANGUAGES


@pytest.fixture(scope="module")
def world():
    return load("furniture")


def test_what_is_in_it(world):
    assert len(world.items["mesh"]) == 772
    factors = world.factors.values()
    assert len({facts["label"] for facts in factors}) == 12
    assert Counter(credit.licence for credit in world.credits.values()) == {
        "CC0-1.0": 170, "CC-BY-3.0": 492, "CC-BY-3.0-US": 110,
    }  # fmt: skip
    assert all(credit.creator for credit in world.credits.values())


def test_families_share_a_split(world):
    splits = defaultdict(set)
    for name, facts in world.factors.items():
        splits[facts["family"]].add(world.split[name])
        splits[facts["name"].lower()].add(world.split[name])
    assert {len(found) for found in splits.values()} == {1}
    shares = Counter(world.split.values())
    assert shares["test"] / 772 == pytest.approx(0.21, abs=0.03)


def test_every_mesh_is_whole_small_and_of_a_plausible_size(world):
    for name, source in zip(world.items["mesh"].ids, world.items["mesh"].payload, strict=True):
        found = mesh(source)
        low, high = found.bounds
        assert 0.005 < (high - low).max() < 30, name
        assert abs(low[1]) < 0.02 * (high - low).max(), name
        assert len(found.faces) <= 25_600, name
        np.testing.assert_allclose(np.linalg.norm(found.normals, axis=1), 1, atol=1e-5)


def test_known_objects_have_known_shapes(world):
    def sides(name):
        row = world.items["mesh"].ids.index(name)
        low, high = mesh(world.items["mesh"].payload[row]).bounds
        return high - low

    lengths = sides("scopia/bicycle")
    assert max(lengths) == pytest.approx(1.75, abs=0.3)
    assert sides("katorlegaz/classic-lamppost").argmax() == 1


def test_names_speak_the_language_asked_for():
    assert {len(load("furniture", language=code).items["text"]) for code in LANGUAGES} == {772}
    german = load("furniture", language="de", categories=["Vehicles"])
    names = dict(zip(german.items["text"].ids, german.items["text"].payload, strict=True))
    assert names["scopia/bicycle"] == "Fahrrad"
    with pytest.raises(RequestError, match="language is one of en, bg"):
        load("furniture", language="tlh")
    with pytest.raises(RequestError, match="categories are some of Bathroom"):
        load("furniture", categories=["Cellar"])


def test_a_folder_without_it_is_refused(tmp_path):
    with pytest.raises(RequestError, match="build it or leave it out"):
        load("furniture", folder=tmp_path)


def test_a_mesh_is_known_by_its_bytes(world):
    first, second = world.items["mesh"].payload[:2]
    assert content_hash(first) == content_hash(first) != content_hash(second)
