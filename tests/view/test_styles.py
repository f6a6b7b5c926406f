"""Drawing styles: what is drawn does not change, only how."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba")
trimesh = pytest.importorskip("trimesh")

from isthmus.read.meshes.files import mesh  # noqa: E402
from isthmus.read.meshes.triangles import Material  # noqa: E402
from isthmus.types import Items, RequestError, World  # noqa: E402
from isthmus.view.cameras import Pose  # noqa: E402
from isthmus.view.mesh_views import RenderSetup  # noqa: E402
from isthmus.view.render_jobs import restyled_into  # noqa: E402
from isthmus.view.renders import RenderOptions, render  # noqa: E402
from isthmus.view.styles import drawn, lines, names  # noqa: E402

SMALL = RenderOptions(side=64)
POSE = Pose(30.0, 20.0)


def box(colour=(0.9, 0.1, 0.1, 1.0)):
    made = mesh(trimesh.creation.box((1, 1, 1)).export(file_type="glb"))
    return replace(made, materials=(Material(colour),))


@pytest.mark.parametrize("style", names())
def test_a_style_keeps_the_silhouette_and_repeats_to_the_byte(style):
    (plain,) = render(box(), [POSE], SMALL)
    (one,), (two,) = (drawn(box(), [POSE], style, SMALL) for _ in range(2))
    assert one.colour.tobytes() == two.colour.tobytes()
    assert one.colour.shape == (64, 64, 3)
    assert (one.mask ^ plain.mask).mean() < 0.03
    inside = one.colour[one.mask].astype(float).mean(axis=0)
    outside = one.colour[~one.mask].astype(float).mean(axis=0)
    assert np.abs(inside - outside).max() > 20


def test_flat_shows_the_surface_and_nothing_else():
    (seen,) = drawn(box(), [POSE], "flat", SMALL)
    solid = np.unique(seen.colour[20:44, 20:44].reshape(-1, 3), axis=0)
    np.testing.assert_array_equal(solid, [np.rint(255 * np.array([0.9, 0.1, 0.1]))])


def test_glass_is_drawn_opaque_in_a_pale_tint():
    (seen,) = drawn(box((1.0, 0.0, 0.0, 0.2)), [POSE], "flat", SMALL)
    inside = np.unique(seen.colour[24:40, 24:40].reshape(-1, 3), axis=0)
    np.testing.assert_array_equal(inside, [[255, 204, 204]])


def test_toon_has_three_steps_of_light_and_dark_lines():
    (seen,) = drawn(box(), [POSE], "toon", replace(SMALL, side=128))
    red = seen.colour[seen.mask][:, 0]
    steps, counts = np.unique(red, return_counts=True)
    assert (counts > 0.04 * len(red)).sum() <= 4
    assert steps.min() < 40


def test_a_sketch_has_no_colour():
    (seen,) = drawn(box(), [POSE], "sketch", SMALL)
    assert (np.ptp(seen.colour.astype(int), axis=2) == 0).all()


def test_lines_are_where_a_cube_has_edges():
    (seen,) = render(box(), [POSE], replace(SMALL, side=128, samples=1))
    line = lines(seen)
    assert 0.02 < line[seen.mask].mean() < 0.2
    right, up, towards = POSE.axes() @ np.ones(3) / 3**0.5  # the corner in front
    half = np.deg2rad(SMALL.field_of_view / 2)
    scale = 64 / np.tan(half) / (1 / np.sin(half) - towards)
    corner = np.array([64 - scale * up, 64 + scale * right])
    assert np.linalg.norm(np.argwhere(line) - corner, axis=1).min() < 3
    assert not line[:10].any()


def test_a_photo_has_a_ground_and_noise():
    (seen,) = drawn(box(), [POSE], "photo", SMALL)
    corner = seen.colour[:10, :10].astype(float)
    assert corner.mean() < 235
    assert 1 < corner.std() < 30


def test_unknown_styles_are_refused():
    with pytest.raises(RequestError, match="one of shaded, flat, toon, sketch, photo, not 'oil'"):
        drawn(box(), [POSE], "oil", SMALL)


def test_a_world_becomes_a_full_grid(tmp_path):
    meshes = Items("mesh", ("red", "torn", "blue"), [box(), b"no", box((0.1, 0.1, 0.9, 1.0))])
    world = World("w", {"mesh": meshes}, factors={"red": {"label": "warm"}}, split={"red": "test"})
    found = restyled_into(tmp_path, world, RenderSetup((POSE,), SMALL), ("flat", "sketch"))
    assert found.items["image"].ids == (
        "red/flat/000", "blue/flat/000", "red/sketch/000", "blue/sketch/000",
    )  # fmt: skip
    facts = found.factors["red/sketch/000"]
    assert (facts["object"], facts["style"], facts["label"]) == ("red", "sketch", "warm")
    assert found.split["red/flat/000"] == "test"
    assert set(found.faults) == {"torn"}
    pixels = [np.asarray(item.rgb()) for item in found.items["image"].payload]
    assert (pixels[0] != pixels[2]).any()
