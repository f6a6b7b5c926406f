"""Scenes as meshes and point clouds: the same facts, checked against geometry."""

import numpy as np
import pytest

from isthmus.engine.content_index import content_hash
from isthmus.read.meshes.files import mesh
from isthmus.read.points import cloud, sampled
from isthmus.types import RequestError
from isthmus.worlds import load
from isthmus.worlds.babel.facts import Facts, Group
from isthmus.worlds.babel.layout import DIAMETER
from isthmus.worlds.babel.paint import PALETTE
from isthmus.worlds.babel.render_mesh import render_mesh, surface
from isthmus.worlds.babel.solids import SOLIDS


def rng(seed=0):
    return np.random.default_rng(seed)


def one(shape="cube", colour="red", size="large", material="matte", count=1):
    return Facts((Group(shape, colour, size, material, count),), None, "front", "flat")


def volume(vertices, faces):
    a, b, c = (vertices[faces[:, k]].astype(float) for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("shape", SOLIDS)
def test_a_surface_is_closed_lies_on_the_solid_and_looks_outwards(shape):
    vertices, normals, faces = surface(shape)
    assert np.abs(SOLIDS[shape](vertices)).max() < 1e-3
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    back = {tuple(edge) for edge in directed[:, ::-1].tolist()}
    assert all(tuple(edge) in back for edge in directed.tolist())
    drawn = rng().uniform(-1.1, 1.1, (100_000, 3))
    filled = (SOLIDS[shape](drawn) < 0).mean() * 2.2**3
    assert volume(vertices, faces) == pytest.approx(filled, rel=0.04)
    outside = SOLIDS[shape](vertices + 0.01 * normals)
    assert (outside > 0).mean() > 0.99


def test_a_ring_has_a_hole_and_a_sphere_has_none():
    def euler(shape):
        vertices, _, faces = surface(shape)
        edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
        return len(vertices) - len(np.unique(edges, axis=0)) + len(faces)

    assert (euler("sphere"), euler("ring")) == (2, 0)


@pytest.mark.parametrize("size", DIAMETER)
def test_sizes_and_counts_are_what_the_facts_say(size):
    three = render_mesh(one("sphere", size=size, count=3), rng())
    single = volume(*surface("sphere")[::2]) * (DIAMETER[size] / 2) ** 3
    assert volume(three.vertices, three.faces) == pytest.approx(3 * single, rel=1e-4)


def test_relations_hold_in_space():
    groups = (Group("cube", "red", "small", "matte", 2), Group("cone", "blue", "small", "matte", 2))
    for relation, axis, sign in (("left of", 0, -1), ("above", 1, 1)):
        found = render_mesh(Facts(groups, relation, "front", "flat"), rng(3))
        red = (found.colours[:, :3] == PALETTE["red"]).all(axis=1)
        first, second = found.vertices[red], found.vertices[~red]
        away = first.mean(axis=0)[axis] - second.mean(axis=0)[axis]
        assert sign * away > 0.15


def test_things_stand_where_the_picture_shows_them():
    pytest.importorskip("numba")
    world = load("babel", n=12, seed=4, size=64)
    for picture, shape in zip(
        world.items["image"].payload, world.items["mesh"].payload, strict=True
    ):
        places = [(t.x - 0.5, 0.5 - t.y) for t in picture.source.rendering.things]
        vertices = mesh(shape()).vertices
        near = np.linalg.norm(vertices[:, None, :2] - np.array(places), axis=2)
        assert (near.min(axis=1) < 0.16).all()
        assert set(near.argmin(axis=1)) == set(range(len(places)))


@pytest.mark.parametrize(
    ("material", "colours", "alpha"),
    [("matte", 1, 255), ("glass", 1, 110), ("striped", 50, 255), ("spotted", 50, 255)],
)
def test_materials_are_told_by_their_colours(material, colours, alpha):
    found = render_mesh(one(material=material), rng())
    assert len(np.unique(found.colours, axis=0)) >= colours
    assert set(found.colours[:, 3]) == {alpha}
    assert (found.colours[:, :3] == PALETTE["red"]).all(axis=1).mean() > 0.2


def test_only_what_is_shiny_mirrors():
    found = [render_mesh(one(material=name), rng()) for name in ("matte", "shiny")]
    gloss = [{one.materials[kind].gloss for kind in set(one.material)} for one in found]
    assert gloss[0] == {0.0}
    assert min(gloss[1]) > 0.5


def test_points_lie_evenly_on_the_surface_with_its_colours():
    whole = render_mesh(one("sphere", material="matte"), rng())
    points = sampled(whole, 4000, seed=1)
    radius = DIAMETER["large"] / 2 * 0.85
    middle = whole.bounds.mean(axis=0)
    np.testing.assert_allclose(np.linalg.norm(points.points - middle, axis=1), radius, rtol=0.01)
    octant = ((points.points > middle) @ [1, 2, 4]).astype(int)
    assert np.abs(np.bincount(octant) / 500 - 1).max() < 0.2
    assert (points.colours[:, :3] == PALETTE["red"]).all()
    np.testing.assert_allclose(points.normals, (points.points - middle) / radius, atol=0.05)
    with pytest.raises(RequestError, match="wanted 1 or more of one with area, not 0"):
        sampled(whole, 0)


def test_meshes_and_points_repeat_and_are_known_by_their_scene():
    world = load("babel", n=3, seed=2)
    shapes, clouds = world.items["mesh"].payload, world.items["points"].payload
    again = load("babel", n=3, seed=2).items["points"].payload
    assert cloud(clouds[0]).points.tobytes() == cloud(again[0]).points.tobytes()
    assert len(cloud(clouds[0]).points) == 2048
    assert len({content_hash(item) for item in (*shapes, *clouds)}) == 6


def test_a_mesh_needs_every_fact_it_shows():
    with pytest.raises(RequestError, match="'material' is not stated"):
        render_mesh(one(material=None), rng())
