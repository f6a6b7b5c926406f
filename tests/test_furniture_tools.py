"""How the bundled meshes are made: placed, and simplified without showing it."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba")
trimesh = pytest.importorskip("trimesh")
pytest.importorskip("meshoptimizer")
pytest.importorskip("javaproperties")

from isthmus.read.meshes.files import mesh  # noqa: E402
from isthmus.read.meshes.triangles import Material  # noqa: E402
from tools.build_furniture import placed  # noqa: E402
from tools.furniture_catalogue import pieces  # noqa: E402
from tools.simplify import SAME_LOOK, SAME_SHAPE, reduced  # noqa: E402


def test_a_fine_ball_gets_few_triangles_and_looks_the_same():
    ball = mesh(trimesh.creation.icosphere(5).export(file_type="glb"))
    found = reduced(ball)
    assert len(ball.faces) == 20_480
    assert len(found.mesh.faces) <= 1_600
    assert found.overlap >= SAME_SHAPE
    assert found.difference <= SAME_LOOK


def test_loose_cards_that_cannot_be_merged_are_kept_whole():
    rng = np.random.default_rng(0)
    card = trimesh.Trimesh([[0, 0, 0], [0.05, 0, 0], [0, 0.05, 0]], [[0, 1, 2]])
    leaves = [card.copy().apply_translation(place) for place in rng.random((3000, 3))]
    tree = mesh(trimesh.util.concatenate(leaves).export(file_type="glb"))
    assert len(reduced(tree).mesh.faces) == 3000


def test_large_textures_are_reduced():
    texture = np.full((600, 300, 4), 255, np.uint8)
    box = mesh(trimesh.creation.box().export(file_type="glb"))
    found = reduced(replace(box, materials=(Material(texture=texture),)))
    assert found.mesh.materials[0].texture.shape == (256, 128, 4)


def test_models_are_turned_stretched_and_stood_on_the_ground():
    box = mesh(trimesh.creation.box((1, 2, 3)).export(file_type="glb"))
    upright = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    found = placed(box, upright, np.array([0.5, 1.5, 1.0]))
    low, high = found.bounds
    np.testing.assert_allclose(low, [-0.25, 0, -0.5], atol=1e-6)
    np.testing.assert_allclose(high, [0.25, 1.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found.normals, axis=1), 1, atol=1e-5)


def test_a_catalogue_says_what_a_model_is(tmp_path):
    from tools.furniture_catalogue import LANGUAGES

    (tmp_path / "shop/chair").mkdir(parents=True)
    (tmp_path / "shop/chair/chair.obj").write_text("")
    page = "https://www.blendswap.com/blends/view/123"
    (tmp_path / "shop/chair/BLENDSWAP_LICENSE.txt").write_text(f"Downloaded from {page}\n")
    (tmp_path / "PluginFurnitureCatalog.properties").write_text(
        "name#1=Chair\ncategory#1=Office\ncreator#1=Somebody\nmodel#1=/shop/chair/chair.obj\n"
        "width#1=40\ndepth#1=50\nheight#1=90\nmodelRotation#1=1 0 0 0 0 1 0 -1 0\n"
    )
    for theirs in LANGUAGES.values():
        (tmp_path / f"PluginFurnitureCatalog_{theirs}.properties").write_text(
            "name#1=St\\u00fchl\n"
        )
    (piece,) = pieces(tmp_path, "BlendSwap-CC-BY")
    assert (piece.id, piece.name, piece.names["de"]) == ("shop/chair", "Chair", "Stühl")
    assert (piece.licence, piece.source, piece.creator) == ("CC-BY-3.0", page, "Somebody")
    np.testing.assert_allclose(piece.size, [0.4, 0.9, 0.5])
    assert piece.turn[1].tolist() == [0, 0, 1]
