"""Meshes of many formats: the same triangles, what they look like, and clear refusals."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from isthmus.read.meshes.files import mesh, recognised
from isthmus.read.meshes.triangles import AXES, Material, Mesh, merged
from isthmus.types import ItemError, RequestError

trimesh = pytest.importorskip("trimesh")
QUAD_OBJ = """mtllib a.mtl
v 0 0 0
v 2 0 0
v 2 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl paint
f 1/1 2/2 3/3 4/4
"""


def triangle(vertices=((0, 0, 0), (1, 0, 0), (0, 1, 0)), faces=((0, 1, 2),)):
    count = len(vertices)
    return Mesh(
        np.array(vertices, np.float32),
        np.array(faces, np.int32).reshape(-1, 3),
        np.zeros((count, 3), np.float32),
        np.zeros((count, 2), np.float32),
        np.full((count, 4), 255, np.uint8),
        np.zeros(len(faces), np.int32),
        (Material(),),
    )


@pytest.mark.parametrize("kind", ["obj", "ply", "stl", "stl_ascii", "off", "glb"])
def test_a_box_comes_back_from_every_format_whatever_its_name(tmp_path, kind):
    data = trimesh.creation.box((1, 2, 3)).export(file_type=kind)
    data = data.encode() if isinstance(data, str) else data
    (tmp_path / "thing.bin").write_bytes(data)
    assert recognised(data)[0] == kind
    for found in (mesh(tmp_path / "thing.bin"), mesh(data), mesh(str(tmp_path / "thing.bin"))):
        assert len(found.faces) == 12
        np.testing.assert_allclose(found.bounds, [[-0.5, -1, -1.5], [0.5, 1, 1.5]], atol=1e-6)


def test_materials_and_textures_beside_an_obj_are_kept(tmp_path):
    (tmp_path / "a.obj").write_text(QUAD_OBJ)
    (tmp_path / "a.mtl").write_text("newmtl paint\nKd 1 0.5 0\nmap_Kd C:\\art\\red.png\n")
    Image.new("RGB", (4, 2), "red").save(tmp_path / "red.png")
    found = mesh(tmp_path / "a.obj")
    (material,) = found.materials
    assert material.texture is not None
    assert material.texture.shape == (2, 4, 4)
    assert material.texture[0, 0].tolist() == [255, 0, 0, 255]
    assert found.missing == ()
    assert found.uv.max() == 1


def test_what_is_not_beside_the_file_is_named_and_nothing_else_is_read(tmp_path):
    inner = tmp_path / "deep" / "inner"
    inner.mkdir(parents=True)
    Image.new("RGB", (4, 2), "red").save(tmp_path / "secret.png")
    (inner / "a.obj").write_text(QUAD_OBJ)
    (inner / "a.mtl").write_text("newmtl paint\nKd 1 0.5 0\nmap_Kd ../../secret.png\n")
    found = mesh(inner / "a.obj")
    assert found.missing == ("../../secret.png",)
    assert found.materials[0].texture is None
    assert found.materials[0].colour == pytest.approx((1, 0.5, 0, 1), abs=0.005)


def test_colours_of_faces_are_kept_where_faces_meet():
    box = trimesh.creation.box()
    box.visual.face_colors = [[20 * face, 0, 0, 255] for face in range(12)]
    found = mesh(box.export(file_type="ply"))
    assert found.colours[found.faces][:, :, 0].tolist() == [[20 * face] * 3 for face in range(12)]
    np.testing.assert_allclose(found.vertices[found.faces], box.triangles, atol=1e-6)
    twice = merged([found, found])
    assert twice.material.tolist() == [0] * 12 + [1] * 12
    np.testing.assert_array_equal(twice.vertices[twice.faces[12:]], found.vertices[found.faces])


def test_colours_of_vertices_are_kept_and_clay_is_what_has_none():
    box = trimesh.creation.box()
    box.visual.vertex_colors = [10, 20, 30, 255]
    assert (mesh(box.export(file_type="ply")).colours == [10, 20, 30, 255]).all()
    plain = mesh(trimesh.creation.box().export(file_type="ply"))
    assert plain.materials[0].colour == pytest.approx((0.72, 0.72, 0.72, 1))


def test_parts_of_a_scene_stand_where_their_poses_put_them():
    scene = trimesh.Scene(trimesh.creation.box())
    scene.add_geometry(
        trimesh.creation.box(), transform=trimesh.transformations.translation_matrix([5, 0, 0])
    )
    found = mesh(scene.export(file_type="glb"))
    np.testing.assert_allclose(found.bounds, [[-0.5] * 3, [5.5, 0.5, 0.5]], atol=1e-6)
    assert len(found.materials) == 2


NAN = b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"just some text", "not a mesh: GLB, glTF, OBJ, PLY, STL or OFF is wanted"),
        (b"", "not a mesh"),
        (b"v 0 0 0\nv 1 0 0\n", "no faces: a surface is wanted"),
        (NAN, "not finite numbers: 1 of 3"),
        (b"glTF\x02\x00\x00\x00\xff\xff\xff\x7f", "cannot be read as glb"),
        (b'{"asset": {"version": "2.0"}, "scenes": 3}', "cannot be read as gltf|no faces"),
        (b"ply\nformat ascii 1.0\nelement vertex 9999999999\n", "cannot be read as ply"),
    ],
)
def test_what_is_no_surface_is_refused_in_one_sentence(data, said):
    with pytest.raises(ItemError, match=said):
        mesh(data)


def test_files_that_are_not_there_empty_or_too_large(tmp_path, monkeypatch):
    with pytest.raises(ItemError, match="There is no file"):
        mesh(tmp_path / "none.glb")
    (tmp_path / "empty.obj").touch()
    with pytest.raises(ItemError, match="has 0 bytes"):
        mesh(tmp_path / "empty.obj")
    with pytest.raises(ItemError, match="a path or the bytes of a file; this is an int"):
        mesh(3)
    monkeypatch.setattr("isthmus.read.meshes.surfaces.MAX_FACES", 11)
    with pytest.raises(ItemError, match="more than 11 triangles: simplify it first"):
        mesh(trimesh.creation.box().export(file_type="ply"))


@pytest.mark.parametrize("corner", ["9", "0", "-4", "one", "9999999999999999999999"])
def test_a_mesh_with_corners_that_are_not_there_is_refused(corner):
    with pytest.raises(ItemError, match=r"cannot be read as obj: (it has faces|a face has)"):
        mesh(f"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 {corner}\n".encode())


@given(st.floats(0.01, 100), st.tuples(*[st.floats(-50, 50)] * 3))
def test_fitting_undoes_moves_and_scales(scale, move):
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0], [9, 9, 9]])
    wanted = triangle(corners).fitted()
    found = triangle(corners * scale + np.array(move)).fitted()
    np.testing.assert_allclose(found.vertices[:3], wanted.vertices[:3], atol=2e-3)
    reach = np.linalg.norm(found.vertices[found.faces], axis=-1)
    assert reach.max() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("up", "tip"), [("x", [1, 0, 0]), ("y", [0, 1, 0]), ("z", [0, 0, 1])])
def test_the_upstream_axis_becomes_y_without_mirroring(up, tip):
    found = triangle(([0, 0, 0], tip, [0.5, 0.5, 0.5])).turned(up)
    np.testing.assert_allclose(found.vertices[1], [0, 1, 0], atol=1e-6)
    assert np.linalg.det(AXES[up]) == pytest.approx(1)


def test_another_axis_is_refused():
    with pytest.raises(RequestError, match="one of x, y, z, not 'w'"):
        triangle().turned("w")


def test_foreign_furniture_loads_as_it_is(shared_data):
    paths = sorted((shared_data / "kaykit_furniture").glob("*/*.[go]*[fj]"))
    assert len(paths) == 106
    for path in paths:
        found = mesh(path)
        assert found.missing == ()
        assert any(material.texture is not None for material in found.materials), path


def test_foreign_meshes_of_other_projects_load_as_they_are(shared_data):
    folder = shared_data / "meshes_misc"
    for path in sorted(folder.glob("*.obj")):
        assert len(mesh(path).faces) > 1000
    with pytest.raises(ItemError, match="no faces: a surface is wanted, not points"):
        mesh(folder / "owl.ply")


def test_the_content_key_changes_with_everything_that_is_drawn():
    plain = triangle()
    red = np.zeros((1, 1, 4), np.uint8)
    others = [
        replace(plain, **{name: getattr(plain, name) + np.ones(1, getattr(plain, name).dtype)})
        for name in ("vertices", "faces", "normals", "uv", "colours", "material")
    ]
    materials = (Material((1.0, 0.0, 0.0, 1.0)), Material(gloss=0.5), Material(texture=red))
    others += [replace(plain, materials=(one,)) for one in (*materials, Material(texture=red + 1))]
    keys = {one.content_key for one in (plain, *others)}
    assert len(keys) == 1 + len(others)
    assert triangle().content_key == plain.content_key
