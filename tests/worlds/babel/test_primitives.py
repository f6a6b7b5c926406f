"""The world of primitives: facts that its voxels, points and texts show, and splits of them."""

from collections import Counter

import numpy as np
import pytest

from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.primitives import COLOURS, CONFIGURATIONS, HEIGHTS, SIDE, WIDTHS, splits


@pytest.fixture(scope="module")
def world():
    return load("primitives", each=2, seed=3)


def test_there_are_756_configurations_of_six_shapes_fourteen_colours_and_nine_sizes(world):
    assert len(CONFIGURATIONS) == 756 == 6 * 14 * 9
    assert len(world.items["voxels"]) == len(world.items["text"]) == 1512
    assert Counter(splits()) == {"test": 151, "val": 75, "train": 530}
    train = [
        world.factors[name] for name in world.items["text"].ids if world.split[name] == "train"
    ]
    for fact, many in (("shape", 6), ("colour", 14), ("height", 3), ("width", 3)):
        assert len({one[fact] for one in train}) == many
    seen = {
        world.factors[name]["configuration"] for name in world.split if world.split[name] == "train"
    }
    held = {
        world.factors[name]["configuration"] for name in world.split if world.split[name] == "test"
    }
    assert not seen & held


def test_every_modality_shows_the_facts(world):
    for name in world.items["text"].ids[5::97]:
        facts = world.factors[name]
        text = world.items["text"][name]
        assert all(facts[fact] in text for fact in ("shape", "colour", "height", "width"))
        grid, cloud = world.items["voxels"][name](), world.items["points"][name]()
        mean = grid.colours[grid.filled][:, :3].mean(axis=0)
        nearest = min(COLOURS, key=lambda c: np.abs(np.array(COLOURS[c]) - mean).sum())
        assert nearest == facts["colour"]
        tall = np.ptp(np.argwhere(grid.filled), axis=0) * grid.cell
        assert np.abs(tall - np.ptp(cloud.points, axis=0)).max() < 3.2 * grid.cell
        assert grid.colours.shape == (SIDE, SIDE, SIDE, 4)
        assert np.abs(cloud.points).max() <= 1.03 and (cloud.colours[0] == cloud.colours).all()


def test_sizes_are_told_apart_and_solids_of_one_configuration_differ(world):
    def reach(shape, height, width):
        wanted = {"shape": shape, "colour": "red", "height": height, "width": width}
        name = next(n for n, f in world.factors.items() if wanted.items() <= f.items())
        return np.ptp(world.items["mesh"][name]().vertices, axis=0)

    heights = [reach("cone", height, "thin")[1] for height in HEIGHTS]
    widths = [reach("box", "short", width)[0] for width in WIDTHS]
    assert min(np.diff(heights)) > 0.2 and min(np.diff(widths)) > 0.1
    one, two = (world.items["mesh"].payload[row]() for row in (0, 1))
    assert (one.colours[0] != two.colours[0]).any() and not np.allclose(one.vertices, two.vertices)


def test_the_same_seed_gives_the_same_solids(world):
    again = load("primitives", each=2, seed=3)
    name = world.items["text"].ids[77]
    for kind in ("voxels", "points", "mesh"):
        assert world.items[kind][name]().content_key == again.items[kind][name]().content_key
        assert world.items[kind][name].content_key == again.items[kind][name].content_key
    assert (
        load("primitives", each=1, seed=4).items["mesh"].payload[0]().content_key
        != world.items["mesh"].payload[0]().content_key
    )


def test_options_out_of_range_are_refused():
    with pytest.raises(RequestError, match="1 or more solids of each configuration"):
        load("primitives", each=0)


def test_configurations_link_every_solid_to_every_sentence_of_its_kind(world):
    some = load("configurations", each=2, seed=3)
    links = some.links["points", "text"]
    assert len(links) == 756 * 4 and some.items["text"].ids == world.items["text"].ids
    assert all(
        some.factors[a]["configuration"] == some.factors[b]["configuration"] for a, b in links
    )
    assert set(world.links["points", "text"]) <= set(links)
