"""Meshes after public bug reports, where their folder is there: each as it should be seen."""

import os
from pathlib import Path

import numpy as np
import pytest

from isthmus.read.meshes.files import mesh
from isthmus.types import ItemError

SQUARE = [[0, 0, 0], [0, 1, 0], [1, 0, 0], [1, 1, 0]]
UPRIGHT = [[0, 0], [1, 0], [1, 1], [0, 1]]
LINEAR = [[188, 0, 0, 255], [0, 188, 0, 255], [0, 0, 188, 255], [188, 188, 0, 255]]
GREY, WHITE = (0.72, 0.72, 0.72, 1.0), (1.0, 1.0, 1.0, 1.0)

GLTF = "gltf_accessors_and_extensions"
RIGHT = {
    f"{GLTF}/ref.glb": {"uv": UPRIGHT, "colour": WHITE, "texture": (4, 4, 4)},
    f"{GLTF}/uv_u16.glb": {"uv": UPRIGHT, "texture": (4, 4, 4)},
    f"{GLTF}/texcoord1.glb": {"uv": UPRIGHT, "texture": (4, 4, 4)},
    f"{GLTF}/textransform.glb": {"uv": [[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]},
    f"{GLTF}/col_u16.glb": {"colours": LINEAR},
    f"{GLTF}/col_f4.glb": {"colours": LINEAR, "colour": WHITE},
    f"{GLTF}/col_and_mat.glb": {"colours": LINEAR, "colour": WHITE},
    f"{GLTF}/sparse.glb": {"colour": GREY},
    "gltf_percent_names/pct.gltf": {"uv": UPRIGHT, "texture": (4, 4, 4)},
    "gltf_percent_names/uni.gltf": {"uv": UPRIGHT, "texture": (4, 4, 4)},
    "gltf_percent_names/bom.gltf": {"uv": UPRIGHT, "texture": (4, 4, 4)},
    "obj_text_and_materials/o_bom.obj": {"colour": GREY},
    "obj_text_and_materials/o_case.obj": {"colour": GREY, "missing": ("O_CASE.MTL",)},
    "obj_text_and_materials/o_nomtl.obj": {"colour": GREY, "missing": ("nowhere.mtl",)},
    "obj_text_and_materials/o_half.obj": {"colour": (1.0, 0.0, 0.0, 0.5)},
    "obj_text_and_materials/o_two.obj": {"colour": (1.0, 0.0, 0.0, 0.5)},
    "obj_text_and_materials/o_opt.obj": {"uv": [[0, 0], [2, 0], [2, 2], [0, 2]]},
    "off_headers_and_colours/a_plain.off": {"colour": GREY},
    "off_headers_and_colours/a_sameline.off": {},
    "off_headers_and_colours/a_comment.off": {},
    "off_headers_and_colours/a_modelnet.off": {},
    "off_headers_and_colours/a_color.off": {"colour": WHITE},
    "off_headers_and_colours/a_coff.off": {
        "colours": [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [9, 9, 9, 255]]
    },
    "ply_colours_and_faces/p_uvtex.ply": {"uv": UPRIGHT, "colour": WHITE, "texture": (4, 4, 4)},
    "ply_colours_and_faces/p_u16col.ply": {
        "colours": [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [128] * 3 + [255]]
    },
}


@pytest.fixture
def cases():
    root = Path(__file__).parents[2]
    folder = Path(os.environ.get("ISTHMUS_SHARED", root.parent / "shared")) / "cases" / "field"
    if not folder.is_dir():
        pytest.skip("no foreign data: set ISTHMUS_SHARED to the folder that holds cases/")
    return folder


@pytest.mark.parametrize("name", RIGHT)
def test_a_case_is_seen_as_it_should_be(cases, name):
    found, right = mesh(cases / name), RIGHT[name]
    places = np.unique(np.round(found.vertices[found.faces].reshape(-1, 3), 6), axis=0)
    assert places.tolist() == SQUARE
    assert len(found.faces) == 2
    for what in {"uv", "colours"} & set(right):
        np.testing.assert_allclose(getattr(found, what), right[what], atol=1e-6)
    first = found.materials[0]
    if "colour" in right:
        assert first.colour == pytest.approx(right["colour"])
    if "texture" in right:
        assert first.texture is not None
        assert first.texture.shape == right["texture"]
    assert found.missing == right.get("missing", ())


def test_cases_of_several_materials_faces_and_faults(cases):
    colours = [one.colour for one in mesh(cases / "obj_text_and_materials/o_two.obj").materials]
    assert colours == [(1, 0, 0, 0.5), (0, 0, 1, 0.75)]
    half = mesh(cases / "obj_text_and_materials/o_half.obj")
    assert half.materials[1].colour == GREY
    assert half.left_out == ("materials that no MTL describes: zz",)
    faces = mesh(cases / "off_headers_and_colours/a_color.off")
    assert faces.colours[faces.faces].tolist() == [[[255, 0, 0, 255]] * 3, [[0, 255, 0, 255]] * 3]
    for name in ("p_quadtri.ply", "p_quadtri_bin.ply"):
        assert len(mesh(cases / "ply_colours_and_faces" / name).faces) == 3
    for name, said in (("draco", "KHR_draco_mesh_compression"), ("meshopt", "EXT_meshopt_compr")):
        with pytest.raises(ItemError, match=said):
            mesh(cases / GLTF / f"{name}.glb")
