"""Soft meshes: the plain renderer where nothing is soft, and slopes against differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from isthmus import worlds  # noqa: E402
from isthmus.read.meshes.triangles import Material, Mesh  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from isthmus.view.cameras import Pose  # noqa: E402
from isthmus.view.renders import LIGHTS, RenderOptions, render  # noqa: E402
from isthmus.view.soft.cameras import Camera  # noqa: E402
from isthmus.view.soft.light import linear  # noqa: E402
from isthmus.view.soft.meshes import SoftMesh, SoftOptions, averaged, drawn, texels  # noqa: E402
from tests.view.soft.shapes import SHAPES, alike, picture, slope, soft  # noqa: E402

POSE = Pose(35.0, 25.0)


def meshes():
    """Of two worlds: closed and open ones, smooth and flat."""
    for name in ("babel-sound?n=3&groups=1&seed=3", "furniture"):
        for item in list(worlds.load(name).items["mesh"])[:3]:
            yield item if isinstance(item, Mesh) else item()


def test_nothing_soft_looks_as_the_plain_renderer_draws_it():
    for number, mesh in enumerate(meshes()):
        pose, options = Pose(50.0 * number, 10.0 * number), {"side": 64, "samples": 2}
        plain = render(mesh, [pose], RenderOptions(**options))[0]
        found = drawn(SoftMesh.of(mesh), Camera.of(pose), SoftOptions(softness=0.0, **options))
        away = np.abs(255 * found.colour.numpy() - plain.colour).max(axis=2)
        assert (away <= 2).mean() >= 0.99
        shared = np.isfinite(plain.depth) & np.isfinite(found.depth.numpy())
        assert shared.sum() >= 0.99 * np.isfinite(plain.depth).sum() > 0
        assert np.allclose(found.depth.numpy()[shared], plain.depth[shared], atol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_soft_pictures_are_the_means_of_many_samples(shape):
    mesh = soft(shape)
    fine = picture(mesh, POSE, samples=8, softness=0.0)
    assert float((picture(mesh, POSE) - fine).abs().mean()) < 0.01
    assert float((picture(mesh, POSE, softness=0.02) - fine).abs().mean()) < 0.01


# where corners are sharp, shading that is not flat leaps within faces, as the plain renderer's does
@pytest.mark.parametrize(
    ("shape", "flat"),
    [*((name, True) for name in SHAPES), ("ball", False), ("torus", False), ("two balls", False)],
)
def test_slopes_of_vertices_are_differences_of_finely_sampled_pictures(shape, flat):
    weight = slope(64)
    start = soft(shape, flat).vertices
    own = start.clone().requires_grad_()
    total = (picture(soft(shape, flat, own), POSE) * weight).sum()
    found = torch.autograd.grad(total, own)[0]
    told, step = list[tuple[float, float]](), 0.004
    for seed in range(6):
        draw = torch.Generator().manual_seed(seed)
        turn = torch.randn(3, 3, generator=draw, dtype=torch.float64)
        way = torch.tanh(start @ turn * 0.7) + 0.25
        ends = [
            float((picture(soft(shape, flat, start + sign * step * way), POSE, samples=10,
                           softness=0.0) * weight).sum())
            for sign in (1, -1)
        ]  # fmt: skip
        told.append((float((found * way).sum()), (ends[0] - ends[1]) / (2 * step)))
    cosine, ratio = alike(*zip(*told, strict=True))
    assert cosine > 0.97
    assert 0.85 < ratio < 1.15


def test_slopes_of_colours_texture_and_light_are_exact():
    mesh = soft("torus")
    place = torch.rand(len(mesh.vertices), 2, dtype=torch.float64, generator=torch.manual_seed(0))

    def total(paint, texture):
        some = SoftMesh(mesh.vertices, mesh.faces, paint, place * 3 - 1, texture)
        return (picture(some, POSE, side=24) * slope(24)).sum()

    draw = torch.manual_seed(1)
    paint = torch.rand(len(place), 3, dtype=torch.float64, generator=draw) * 0.5 + 0.2
    texture = torch.rand(4, 5, 3, dtype=torch.float64, generator=draw) * 0.5 + 0.2
    assert torch.autograd.gradcheck(
        total, (paint.requires_grad_(), texture.requires_grad_()), fast_mode=True
    )


def test_slopes_of_the_camera():
    mesh, told = soft("torus"), list[tuple[float, float]]()
    angles = torch.tensor([35.0, 25.0, 4.2], dtype=torch.float64)
    weights = [slope(64, seed) for seed in range(4)]

    def seen(where, **options):
        return picture(mesh, Camera.at(where[0], where[1], where[2]), **options)

    for number, step in enumerate((0.4, 0.4, 0.02)):
        way = torch.zeros(3, dtype=torch.float64)
        way[number] = step
        found = torch.autograd.functional.jvp(seen, angles, way)[1]
        fine = {"samples": 10, "softness": 0.0}
        other = (seen(angles + way, **fine) - seen(angles - way, **fine)) / 2
        told += [(float((found * x).sum()), float((other * x).sum())) for x in weights]
    cosine, ratio = alike(*zip(*told, strict=True))
    assert cosine > 0.98
    assert 0.85 < ratio < 1.15


def test_a_camera_of_angles_is_the_camera_of_the_pose():
    angles = torch.tensor([-130.0, 47.0], dtype=torch.float64)
    one = Camera.at(angles[0], angles[1])
    other = Camera.of(Pose(-130.0, 47.0), like=angles)
    assert torch.allclose(one.axes, other.axes)
    assert torch.allclose(one.distance, other.distance)


@settings(max_examples=8, deadline=None)
@given(turn=st.integers(-180, 180), seed=st.integers(0, 99))
def test_a_turned_scene_before_a_turned_camera_and_faces_in_any_order_look_the_same(turn, seed):
    mesh = soft("two balls")
    angle = np.deg2rad(turn)
    about = torch.tensor([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0],
                          [-np.sin(angle), 0, np.cos(angle)]])  # fmt: skip
    order = torch.randperm(len(mesh.faces), generator=torch.Generator().manual_seed(seed))
    other = SoftMesh(mesh.vertices @ about.T, mesh.faces[order], mesh.colours)
    one = picture(mesh, Pose(10.0, 20.0), side=32)
    two = picture(other, Pose(10.0 + turn, 20.0), side=32)
    assert float((one - two).abs().mean()) < 2e-3


def test_inside_out_and_open_surfaces_are_seen():
    mesh = soft("ball")
    turned = SoftMesh(mesh.vertices, mesh.faces.flip(1), mesh.colours)
    half = SoftMesh(
        mesh.vertices, mesh.faces[mesh.vertices[mesh.faces, 1].amin(1) > 0], mesh.colours
    )
    assert mesh.closed
    assert turned.closed
    assert not half.closed
    assert torch.allclose(picture(mesh, POSE), picture(turned, POSE), atol=1e-6)
    under = Camera.of(Pose(0.0, -60.0), like=half.vertices)
    some, all_of_it = (float(drawn(one, under).mask.mean()) for one in (half, mesh))
    assert 0.1 < some < all_of_it


def test_masks_cover_what_they_should():
    found = drawn(soft("ball"), Camera.of(POSE, like=torch.zeros(1, dtype=torch.float64)))
    distance = float(1 / np.sin(np.deg2rad(15)))
    disc = np.pi * (0.8 / np.sqrt(distance**2 - 0.64) / np.tan(np.deg2rad(15)) / 2) ** 2
    assert float(found.mask.mean()) == pytest.approx(disc, rel=0.02)
    assert float(found.mask.min()) >= 0
    assert float(found.mask.max()) <= 1


def test_textureless_is_shading_alone():
    mesh = soft("torus")
    grey = picture(mesh, POSE, grey=0.6)
    assert float((grey - grey.mean(dim=2, keepdim=True)).abs().max()) < 1e-9
    again = picture(
        SoftMesh(mesh.vertices, mesh.faces, torch.rand_like(mesh.colours)), POSE, grey=0.6
    )
    assert torch.equal(grey, again)
    lit = picture(mesh, POSE, grey=0.6, lights=LIGHTS[:1])
    assert float(lit.max()) == pytest.approx(0.6 * LIGHTS[0].strength)


def test_outlines_pull_on_what_is_not_covered_yet():
    mesh = soft("ball")
    own = mesh.vertices.clone().requires_grad_()
    view = drawn(SoftMesh(own, mesh.faces, mesh.colours), Camera.of(POSE, like=own))
    view.mask.sum().backward()
    outward = (own.grad * mesh.vertices).sum()
    assert float(outward) > 0


def test_textures_repeat_and_rows_begin_above():
    texture = torch.zeros(2, 2, 3, dtype=torch.float64)
    texture[0, 0] = 1
    place = torch.tensor([[0.25, 0.75], [1.25, -0.25], [0.75, 0.75], [0.25, 0.25]]).double()
    assert texels(texture, place)[:, 0].tolist() == [1, 1, 0, 0]
    values = torch.arange(16.0).reshape(4, 4, 1)
    assert averaged(values, 2)[..., 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]


@pytest.mark.parametrize(
    ("change", "said"),
    [({"side": 0}, "side and samples"), ({"softness": -1.0}, "softness of 0 or more")],
)
def test_refusals_of_options(change, said):
    with pytest.raises(RequestError, match=said):
        SoftOptions(**change)


def test_refusals_of_meshes():
    mesh = soft("box")
    with pytest.raises(RequestError, match="faces of its 8 vertices"):
        SoftMesh(mesh.vertices, mesh.faces + 5, mesh.colours)
    with pytest.raises(RequestError, match="or none"):
        SoftMesh(mesh.vertices, mesh.faces[:0], mesh.colours)
    with pytest.raises(RequestError, match="texture places"):
        SoftMesh(mesh.vertices, mesh.faces, mesh.colours, uv=mesh.vertices[:, :2])


def test_colours_and_textures_of_files_come_to_the_vertices():
    halves = np.zeros((1, 2, 4), np.uint8)
    halves[0, 0], halves[0, 1] = (255, 0, 0, 255), (0, 0, 255, 255)
    mesh = Mesh(
        np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 1, 2]], np.int32),
        np.tile(np.float32([0, 0, 1]), (3, 1)), np.float32([[0.25, 0.5], [0.75, 0.5], [0.25, 0.5]]),
        np.full((3, 4), 255, np.uint8), np.zeros(1, np.int32),
        (Material(colour=(1.0, 1.0, 0.5, 1.0), texture=halves),),
    )  # fmt: skip
    half = float(linear(torch.tensor(0.5)))
    wanted = torch.tensor([[1, 0, 0], [0, 0, half], [1, 0, 0]])
    assert torch.allclose(SoftMesh.of(mesh).colours, wanted, atol=1e-6)
