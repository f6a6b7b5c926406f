"""PLY: mixed polygons, strips, colours and textures, in every form."""

import struct

import numpy as np
import pytest
from PIL import Image

from isthmus.read.meshes.files import mesh
from isthmus.types import ItemError
from tests.read.squares import PLAIN, SQUARE, colours, is_square


def ply(form="ascii", comments=(), **elements):
    """A PLY file: each element a pair of property lines and rows of values, lists as lists."""
    codes = {
        "float": "f4",
        "double": "f8",
        "uchar": "u1",
        "ushort": "u2",
        "int": "i4",
        "short": "i2",
    }
    head = ["ply", f"format {form} 1.0", *(f"comment {one}" for one in comments)]
    body = b""
    order = ">" if "big" in form else "<"
    for name, (properties, rows) in elements.items():
        head += [f"element {name} {len(rows)}", *(f"property {one}" for one in properties)]
        for row in rows:
            words = []
            for one, value in zip(properties, row, strict=True):
                kinds = one.split()[:-1]
                if kinds[0] == "list":
                    words += [(kinds[1], len(value)), *((kinds[2], part) for part in value)]
                else:
                    words.append((kinds[0], value))
            if form == "ascii":
                body += " ".join(str(value) for _, value in words).encode() + b"\n"
            else:
                body += b"".join(
                    np.array(value, order + codes[kind]).tobytes() for kind, value in words
                )
    return "\n".join([*head, "end_header", ""]).encode() + body


FORMS = ("ascii", "binary_little_endian", "binary_big_endian")
XYZ = ("float x", "float y", "float z")
INDICES = ("list uchar int vertex_indices",)
TWO = (INDICES, [([0, 1, 2],), ([0, 2, 3],)])
POINTS = (XYZ, SQUARE.tolist())


@pytest.mark.parametrize("form", FORMS)
def test_mixed_polygons_are_read_in_every_form(form):
    points = (XYZ, [*SQUARE.tolist(), [2, 2, 0]])
    found = mesh(ply(form, vertex=points, face=(INDICES, [([0, 1, 2, 3],), ([1, 4, 2],)])))
    assert found.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]
    lists = ("list uchar int vertex_index", "float weight", "list uchar float more")
    rows = [([0, 1, 2, 3], 0.5, []), ([1, 4, 2], 0.5, [1, 2, 3])]
    found = mesh(ply(form, vertex=points, face=(lists, rows)))
    assert found.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 4, 2]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("kind", "full"),
    [
        ("uchar", 255),
        ("ushort", 65535),
        ("float", 1),
        ("double", 255),
        ("int", 255),
        ("short", 255),
    ],
)
def test_colours_of_every_type_are_brought_to_bytes(form, kind, full):
    half = {"ushort": 32768, "float": 0.5, "uchar": 128}.get(kind, 128)
    shades = [[full, 0, 0], [0, full, 0], [0, 0, full], [half] * 3]
    rows = [[*at, *shade] for at, shade in zip(SQUARE.tolist(), shades, strict=True)]
    names = (*XYZ, f"{kind} red", f"{kind} green", f"{kind} blue")
    found = mesh(ply(form, vertex=(names, rows), face=TWO))
    right = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [128, 128, 128, 255]]
    assert found.colours.tolist() == right
    assert found.materials[0].colour == (1, 1, 1, 1)


def test_colours_of_faces_are_kept_unless_vertices_have_some():
    faces = ((*INDICES, "uchar red", "uchar green", "uchar blue", "uchar alpha"),
             [([0, 1, 2], 255, 0, 0, 255), ([0, 2, 3], 0, 255, 0, 51)])  # fmt: skip
    found = mesh(ply(vertex=POINTS, face=faces))
    assert colours(found) == [[[255, 0, 0, 255]] * 3, [[0, 255, 0, 51]] * 3]
    rows = [[*at, 9, 9, 9] for at in SQUARE.tolist()]
    names = (*XYZ, "uchar red", "uchar green", "uchar blue")
    found = mesh(ply(vertex=(names, rows), face=faces))
    assert (found.colours == [9, 9, 9, 255]).all()
    assert found.left_out == ("colours of faces, since its vertices have colours",)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("names", [("s", "t"), ("u", "v"), ("texture_u", "texture_v")])
def test_a_texture_is_laid_by_the_places_of_vertices(tmp_path, form, names):
    Image.new("RGB", (4, 2), "red").save(tmp_path / "my tex.png")
    rows = [[*at, at[0], at[1]] for at in SQUARE.tolist()]
    columns = (*XYZ, *(f"float {name}" for name in names))
    data = ply(form, ["TextureFile my tex.png"], vertex=(columns, rows), face=TWO)
    (tmp_path / "a.ply").write_bytes(data)
    found = mesh(tmp_path / "a.ply")
    (material,) = found.materials
    assert (material.colour, material.texture.shape) == ((1, 1, 1, 1), (2, 4, 4))
    assert found.uv.tolist() == SQUARE[:, :2].tolist()
    (tmp_path / "my tex.png").unlink()
    found = mesh(tmp_path / "a.ply")
    assert (found.missing, found.materials[0].colour) == (("my tex.png",), PLAIN)


@pytest.mark.parametrize("form", FORMS)
def test_textures_are_laid_by_the_places_of_corners(tmp_path, form):
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (2, 2), colour).save(tmp_path / name)
    names = (*INDICES, "list uchar float texcoord", "int texnumber")
    faces = [
        ([0, 1, 2], [0, 0, 1, 0, 1, 1], 0),
        ([0, 2, 3], [0.5, 0.5, 1, 1, 0, 1], 1),
        ([0, 1, 3], [], 0),
    ]
    data = ply(form, ["TextureFile a.png", "TextureFile b.png"], vertex=POINTS, face=(names, faces))
    (tmp_path / "a.ply").write_bytes(data)
    found = mesh(tmp_path / "a.ply")
    assert found.uv[found.faces][:2].tolist() == [
        [[0, 0], [1, 0], [1, 1]],
        [[0.5, 0.5], [1, 1], [0, 1]],
    ]
    texels = [found.materials[number].texture for number in found.material]
    assert [one if one is None else one[0, 0, :3].tolist() for one in texels] == [
        [255, 0, 0],
        [0, 0, 255],
        None,
    ]
    data = ply(form, ["TextureFile a.png"], vertex=POINTS, face=TWO)
    assert mesh(data).left_out == ("its texture, since nothing says where it lies",)


@pytest.mark.parametrize("form", FORMS)
def test_triangle_strips_are_read_each_second_turned_round(form):
    points = (XYZ, [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [5, 5, 0], [6, 5, 0], [5, 6, 0]])
    strips = (INDICES, [([0, 1, 2, 3, -1, 4, 5, 6],), ([0, 1, 2],)])
    found = mesh(ply(form, vertex=points, tristrips=strips))
    assert found.faces.tolist() == [[0, 1, 2], [1, 3, 2], [4, 5, 6], [0, 1, 2]]


def test_other_elements_are_named_and_what_is_cut_short_is_refused():
    edges = (("int vertex1", "int vertex2"), [(0, 1)])
    assert mesh(ply(vertex=POINTS, face=TWO, edge=edges)).left_out == ("elements of PLY: edge",)
    for form in FORMS:
        whole = ply(form, vertex=POINTS, face=TWO)
        for cut in (whole[:-5], whole.replace(b"vertex 4", b"vertex 9999999999")):
            with pytest.raises(ItemError, match="cannot be read as ply: it is cut short"):
                mesh(cut)
    with pytest.raises(ItemError, match=r"its format is 'binary', none of"):
        mesh(ply("binary", vertex=POINTS).replace(b"binary", b"binary"))


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_the_last_line_of_a_header_may_end_otherwise(line):
    body = SQUARE.tobytes() + bytes([3]) + np.array([0, 1, 2], "<i4").tobytes()
    head = "ply\nformat binary_little_endian 1.0\nobj_info a\ncomment b\nelement vertex 4\n"
    head += "property float x\nproperty float y\nproperty float z\nelement face 1\n"
    head += "property list uchar int vertex_index\n"
    found = mesh(head.encode() + b"end_header" + line.encode() + body)
    np.testing.assert_array_equal(found.vertices[found.faces[0]], SQUARE[:3])


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize(("kind", "full"), [("uchar", 255), ("ushort", 65535), ("float", 1)])
def test_properties_stand_in_any_order_and_in_either_byte_order(order, kind, full):
    """Lists before and behind the corners, colours on both sides of the places."""
    mark, letter = {"little": "<", "big": ">"}[order], {"uchar": "B", "ushort": "H", "float": "f"}
    head = f"ply\nformat binary_{order}_endian 1.0\nelement vertex 4\nproperty {kind} red\n"
    head += f"property {kind} green\nproperty double x\nproperty float y\nproperty short z\n"
    head += f"property {kind} blue\nelement face 2\nproperty int flags\n"
    head += "property list uchar float weights\nproperty list uchar ushort vertex_indices\n"
    head += "property uchar quality\nend_header\n"
    code = mark + "ccdfhc".replace("c", letter[kind])
    body = b"".join(struct.pack(code, full, 0, x, y, int(z), full) for x, y, z in SQUARE)
    for number, corners in enumerate(((0, 1, 2), (0, 2, 3))):
        weights = [0.5] * (2 + number)
        code = f"{mark}iB{len(weights)}fB3HB"
        body += struct.pack(code, 7, len(weights), *weights, 3, *corners, 9)
    found = mesh(head.encode() + body)
    is_square(found)
    assert colours(found) == [[[255, 0, 255, 255]] * 3] * 2
