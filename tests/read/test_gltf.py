"""glTF against its specification: accessors, primitives, materials, poses, and what is refused."""

import numpy as np
import pytest

from isthmus.read.meshes.files import mesh
from isthmus.types import ItemError
from tests.read.gltf_files import PLACES, SQUARE, Writer, drawn

UPRIGHT = [[0, 0], [1, 0], [1, 1], [0, 1]]


def seen(found, what):
    """What the square's four corners have: a dict of place to value."""
    values = getattr(found, what)
    return [values[np.flatnonzero((np.abs(found.vertices - at) < 1e-5).all(axis=1))[0]].tolist()
            for at in SQUARE]  # fmt: skip


WHOLE = mesh(Writer().square().glb())


def test_a_plain_square_is_what_it_says_in_clay():
    np.testing.assert_array_equal(WHOLE.vertices, SQUARE)
    assert WHOLE.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert WHOLE.materials[0].colour == (0.72, 0.72, 0.72, 1.0)
    assert (WHOLE.normals == [0, 0, 1]).all()
    assert (WHOLE.note, WHOLE.missing, WHOLE.left_out) == ("", (), ())


@pytest.mark.parametrize(("kind", "full"), [("u1", 255), ("u2", 65535), ("f4", None)])
def test_normalised_texture_places_are_fractions(kind, full):
    writer = Writer()
    places = PLACES if full is None else np.rint(PLACES * full).astype(kind)
    laid = writer.accessor(places, normalized=full is not None)
    writer.square(attributes={"TEXCOORD_0": laid}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    np.testing.assert_allclose(seen(found, "uv"), UPRIGHT, atol=1e-6)
    assert found.materials[0].texture.shape == (4, 4, 4)


@pytest.mark.parametrize(
    ("kind", "normal", "scale"),
    [("i1", True, 127), ("i2", True, 32767), ("u1", True, 255), ("u2", False, 1), ("i1", False, 1)],
)
def test_quantised_positions_are_read_as_their_accessor_says(kind, normal, scale):
    writer = Writer(extensionsRequired=["KHR_mesh_quantization"])
    writer.square(
        attributes={"POSITION": writer.accessor((SQUARE * scale).astype(kind), normalized=normal)}
    )
    np.testing.assert_allclose(mesh(writer.glb()).vertices, SQUARE, atol=1e-6)


def test_the_least_signed_integer_is_minus_one():
    writer = Writer()
    corners = np.array([[-128, -127, 0], [127, 0, 0], [0, 127, 0]], "i1")
    writer.square((0, 1, 2), attributes={"POSITION": writer.accessor(corners, normalized=True)})
    np.testing.assert_allclose(mesh(writer.glb()).vertices[0], [-1, -1, 0])


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
@pytest.mark.parametrize("width", [3, 4])
def test_colours_of_vertices_are_linear_light(kind, width):
    half = {"u1": 127.5, "u2": 32767.5, "f4": 0.5}[kind]
    linear = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 0, 1]]) * half
    linear = (linear if kind == "f4" else np.rint(linear + 0.1)).astype(kind)[:, :width]
    writer = Writer()
    colours = writer.accessor(linear, normalized=kind != "f4")
    found = mesh(writer.square(attributes={"COLOR_0": colours}).glb())
    right = [[188, 0, 0, 255], [0, 188, 0, 255], [0, 0, 188, 255], [188, 188, 0, 255]]
    np.testing.assert_allclose(found.colours, right, atol=0)
    assert found.materials[0].colour == (1, 1, 1, 1)
    writer = Writer()
    colours = writer.accessor(linear, normalized=kind != "f4")
    writer.square(attributes={"COLOR_0": colours}, material=0)
    found = mesh(writer.painted({"baseColorFactor": [0.5, 0.25, 1, 0.1]}).glb())
    np.testing.assert_allclose(found.colours, right, atol=0)
    assert found.materials[0].colour == pytest.approx((0.7354, 0.5371, 1, 1), abs=1e-4)


def test_sparse_values_replace_those_of_a_view_or_zeros():
    writer = Writer()
    flat = SQUARE.copy()
    flat[2] = 0
    sparse = {
        "count": 1,
        "indices": {
            "bufferView": writer.view(np.array([2], "<u2").tobytes()),
            "componentType": 5123,
        },
        "values": {"bufferView": writer.view(SQUARE[2:3].tobytes())},
    }
    writer.square(attributes={"POSITION": writer.accessor(flat, sparse=sparse)})
    assert drawn(mesh(writer.glb())) == drawn(WHOLE)
    entry = writer.root["accessors"][
        writer.root["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    ]
    del entry["bufferView"]
    found = mesh(writer.glb())
    np.testing.assert_array_equal(found.vertices, [[0, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 0]])
    sparse["count"] = 5
    with pytest.raises(ItemError, match="reach beyond buffer view"):
        mesh(writer.glb())


def test_interleaved_values_are_found_by_stride_and_offsets():
    writer = Writer()
    rows = np.zeros(4, [("pad", "<f4"), ("at", "<f4", 3), ("uv", "<u2", 2), ("end", "<f4")])
    rows["at"], rows["uv"] = SQUARE, PLACES * 65535
    view = writer.view(b"\7" * 8 + rows.tobytes(), byteStride=rows.itemsize)
    position = {
        "bufferView": view,
        "byteOffset": 12,
        "count": 4,
        "componentType": 5126,
        "type": "VEC3",
    }
    laid = {**position, "byteOffset": 24, "componentType": 5123, "type": "VEC2", "normalized": True}
    writer.root["accessors"] += [position, laid]
    writer.square(attributes={"POSITION": 0, "TEXCOORD_0": 1}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    np.testing.assert_array_equal(seen(found, "uv"), UPRIGHT)
    position["count"] = 5
    with pytest.raises(ItemError, match="5 values reach beyond buffer view 0"):
        mesh(writer.glb())


@pytest.mark.parametrize(
    ("mode", "indices"),
    [
        (4, (0, 1, 2, 0, 2, 3)),
        (4, (0, 1, 2, 0, 2, 3, 1)),
        (5, (1, 2, 0, 3)),
        (6, (0, 1, 2, 3)),
        (5, (1, 2, 0, 3, 3, 3)),
    ],
)
def test_strips_and_fans_are_the_same_triangles(mode, indices):
    found = mesh(Writer().square(indices, mode=mode).glb())
    assert drawn(found) == drawn(WHOLE)
    bare = Writer().square(None, mode=6).glb()
    assert drawn(mesh(bare)) == drawn(WHOLE)


def test_points_and_lines_beside_a_surface_are_named_and_alone_are_none():
    writer = Writer().square().square((0, 1), mode=1).square((0,), mode=0)
    assert mesh(writer.glb()).left_out == ("2 parts of points, lines or no positions",)
    with pytest.raises(ItemError, match="no faces: a surface is wanted"):
        mesh(Writer().square((0, 1, 2), mode=2).glb())


def test_the_texture_is_laid_by_the_set_that_it_names():
    for info in ({"texCoord": 1}, {"extensions": {"KHR_texture_transform": {"texCoord": 1}}}):
        writer = Writer()
        laid = {"TEXCOORD_0": writer.accessor(PLACES * 0), "TEXCOORD_1": writer.accessor(PLACES)}
        writer.square(attributes=laid, material=0)
        found = mesh(writer.painted({"baseColorTexture": {"index": 0, **info}}).glb())
        assert seen(found, "uv") == UPRIGHT
    writer.square(attributes={"TEXCOORD_0": 0}, material=0)
    found = mesh(writer.glb())
    assert found.left_out == ("a texture whose TEXCOORD_1 is not there",)
    assert {one.texture is None for one in found.materials} == {True, False}


@pytest.mark.parametrize(
    ("transform", "right"),
    [
        ({"scale": [0.5, 0.5]}, [[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]),
        ({"offset": [0.5, 0]}, [[0.5, 0], [1.5, 0], [1.5, 1], [0.5, 1]]),
        ({"offset": [0, 0.25]}, [[0, -0.25], [1, -0.25], [1, 0.75], [0, 0.75]]),
        # counter-clockwise with u to the right and v down: (u, v) goes to (v, -u)
        ({"rotation": np.pi / 2}, [[1, 1], [1, 2], [0, 2], [0, 1]]),
        ({"rotation": np.pi / 2, "scale": [2, 1]}, [[1, 1], [1, 3], [0, 3], [0, 1]]),
    ],
)
@pytest.mark.parametrize("old", [False, True])
def test_texture_places_are_transformed(transform, right, old):
    writer = Writer(extensionsRequired=["KHR_texture_transform"])
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    info = {"index": 0, "extensions": {"KHR_texture_transform": transform}}
    key = "diffuseTexture" if old else "baseColorTexture"
    found = mesh(writer.painted({key: info}, old).glb())
    np.testing.assert_allclose(seen(found, "uv"), right, atol=1e-6)


def test_specular_glossiness_gives_the_colour():
    writer = Writer(extensionsRequired=["KHR_materials_pbrSpecularGlossiness"])
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    base = {"diffuseFactor": [0.5, 0, 0, 1], "diffuseTexture": {"index": 0}}
    writer.painted(base, old=True, pbrMetallicRoughness={"baseColorFactor": [0, 1, 0, 1]})
    (material,) = mesh(writer.glb()).materials
    assert material.colour == pytest.approx((0.7354, 0, 0, 1), abs=1e-4)
    assert material.texture is not None


@pytest.mark.parametrize(
    ("more", "opacity"),
    [
        ({}, 1.0),
        ({"alphaMode": "OPAQUE"}, 1.0),
        ({"alphaMode": "BLEND"}, 0.4),
        ({"alphaMode": "MASK"}, 0.0),
        ({"alphaMode": "MASK", "alphaCutoff": 0.3}, 1.0),
    ],
)
def test_opacity_counts_as_the_alpha_mode_says(more, opacity):
    writer = Writer().square(material=0)
    found = mesh(writer.painted({"baseColorFactor": [1, 1, 1, 0.4]}, **more).glb())
    assert found.materials[0].colour[3] == pytest.approx(opacity)


def test_a_mirrored_texture_lies_beside_its_mirror_image():
    writer = Writer(samplers=[{"wrapS": 33648}], textures=[{"source": 0, "sampler": 0}])
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    texture = found.materials[0].texture
    assert texture.shape == (4, 8, 4)
    np.testing.assert_array_equal(texture[:, 4:], texture[:, 3::-1])
    np.testing.assert_allclose(seen(found, "uv"), [[0, 0], [0.5, 0], [0.5, 1], [0, 1]])


@pytest.mark.parametrize(("reach", "left_out"), [(1.0, 0), (1.005, 0), (1.5, 1)])
def test_a_clamped_texture_does_not_begin_again(reach, left_out):
    writer = Writer(samplers=[{"wrapS": 33071, "wrapT": 33071}])
    writer.root["textures"] = [{"source": 0, "sampler": 0}]
    laid = writer.accessor((PLACES * reach).astype("<f4"))
    writer.square(attributes={"TEXCOORD_0": laid}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    np.testing.assert_allclose(seen(found, "uv"), UPRIGHT, atol=1e-6)
    assert len(found.left_out) == left_out


def test_poses_of_nodes_multiply_and_mirrors_turn_faces_round():
    writer = Writer().square()
    turn = {"rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)], "translation": [10, 0, 0]}
    writer.root["nodes"] = [{"children": [1], **turn}, {"mesh": 0, "scale": [2, 1, 1]}]
    found = mesh(writer.glb())
    np.testing.assert_allclose(found.bounds, [[9, 0, 0], [10, 2, 0]], atol=1e-6)
    np.testing.assert_allclose(found.normals[found.faces[:, 0]], [[0, 0, 1]] * 2, atol=1e-6)
    matrix = np.diag([-1.0, 1, 1, 1])
    matrix[:3, 3] = 1, 2, 3
    writer.root["nodes"] = [{"mesh": 0, "matrix": matrix.T.reshape(-1).tolist()}]
    found = mesh(writer.glb())
    np.testing.assert_allclose(found.bounds, [[0, 2, 3], [1, 3, 3]], atol=1e-6)
    np.testing.assert_allclose(found.normals[found.faces[:, 0]], [[0, 0, 1]] * 2, atol=1e-6)
    edges = np.diff(found.vertices[found.faces], axis=1)
    assert (np.cross(edges[:, 0], edges[:, 1])[:, 2] > 0).all()


def test_normals_follow_their_surface_through_uneven_scales():
    writer = Writer()
    slanted = np.float32([[0, 0, 0], [1, 0, -1], [1, 1, -1], [0, 1, 0]])
    normals = np.float32([[1, 0, 1]] * 4)
    laid = {"POSITION": writer.accessor(slanted), "NORMAL": writer.accessor(normals)}
    writer.square(attributes=laid)
    writer.root["nodes"] = [{"mesh": 0, "scale": [3, 1, 1]}]
    found = mesh(writer.glb())
    np.testing.assert_allclose(found.normals, np.array([[1, 0, 3]] * 4) / np.sqrt(10), atol=1e-6)


def test_only_the_default_scene_is_read_and_the_others_are_named():
    writer = Writer(scene=1).square()
    writer.root["nodes"] = [{"mesh": 0}, {"mesh": 0, "translation": [5, 0, 0]}, {"mesh": 0}]
    writer.root["scenes"] = [{"nodes": [0]}, {"nodes": [1]}]
    found = mesh(writer.glb())
    assert (found.bounds[0, 0], found.left_out) == (5, ("1 other scene",))
    del writer.root["scenes"]
    assert len(mesh(writer.glb()).faces) == 6


def test_morph_targets_have_their_default_weights():
    writer = Writer()
    lifted = writer.accessor(np.float32([[0, 0, 4]] * 4))
    writer.square(targets=[{"POSITION": lifted}])
    assert mesh(writer.glb()).bounds[1, 2] == 0
    writer.root["meshes"][0]["weights"] = [0.5]
    assert mesh(writer.glb()).bounds[0, 2] == 2
    writer.root["nodes"][0]["weights"] = [0.25]
    assert mesh(writer.glb()).bounds[0, 2] == 1


def test_colours_and_texture_places_are_morphed_as_places_are():
    writer = Writer()
    colour = writer.accessor(np.array([[0, 0, 0, 255]] * 4, "u1"), normalized=True)
    redder = writer.accessor(np.array([[127, 0, 0, 0]] * 4, "i1"), normalized=True)
    laid, along = writer.accessor(PLACES), writer.accessor(np.float32([[0.5, 0.25]] * 4))
    writer.square(
        attributes={"COLOR_0": colour, "TEXCOORD_0": laid}, material=0,
        targets=[{"COLOR_0": redder, "TEXCOORD_0": along}],
    )  # fmt: skip
    writer.painted({"baseColorTexture": {"index": 0}})
    plain = mesh(writer.glb())
    assert plain.colours[0].tolist() == [0, 0, 0, 255]
    writer.root["meshes"][0]["weights"] = [0.5]
    found = mesh(writer.glb())
    assert found.colours.tolist() == [[188, 0, 0, 255]] * 4
    np.testing.assert_allclose(found.uv - plain.uv, [[0.25, -0.125]] * 4, atol=1e-6)
    assert found.left_out == ()
    writer.root["meshes"][0]["primitives"][0]["targets"] = [{"COLOR_0": along}]
    with pytest.raises(ItemError, match=r"a morph target of COLOR_0 has the shape \(4, 2\)"):
        mesh(writer.glb())


def test_a_skinned_mesh_stands_where_its_joints_are():
    writer = Writer()
    inverse = np.stack([np.eye(4), np.eye(4)]).astype("<f4")
    inverse[1, :3, 3] = 0, -1, 0
    skin = {"joints": [1, 2], "inverseBindMatrices": writer.accessor(inverse.transpose(0, 2, 1))}
    joints = np.array([[0, 0, 0, 0]] * 2 + [[1, 0, 0, 0]] * 2, "u1")
    weights = np.float32([[1, 0, 0, 0]] * 4)
    laid = {"JOINTS_0": writer.accessor(joints), "WEIGHTS_0": writer.accessor(weights)}
    writer.square(attributes=laid)
    writer.root |= {"skins": [skin], "scenes": [{"nodes": [0, 1]}]}
    writer.root["nodes"] = [
        {"mesh": 0, "skin": 0, "scale": [100, 100, 100]},
        {"children": [2]},
        {"translation": [0, 3, 0]},
    ]
    np.testing.assert_allclose(mesh(writer.glb()).bounds, [[0, 0, 0], [1, 3, 0]])


def test_instances_are_drawn_each_in_its_place():
    writer = Writer(extensionsRequired=["EXT_mesh_gpu_instancing"]).square()
    moves = writer.accessor(np.float32([[0, 0, 0], [5, 0, 0], [0, 7, 0]]))
    instances = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": moves}}}
    writer.root["nodes"] = [{"mesh": 0, "extensions": instances}]
    found = mesh(writer.glb())
    assert len(found.faces) == 6
    np.testing.assert_allclose(found.bounds, [[0, 0, 0], [6, 8, 0]])
