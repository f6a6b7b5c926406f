"""OBJ and MTL: what they say is seen in the mesh, or named."""

import numpy as np
import pytest
from PIL import Image

from isthmus.read.meshes.files import mesh
from tests.read.squares import BOM, OBJ, PLAIN, SQUARE, colours, is_square


def obj(tmp_path, text, mtl=None, name="a.mtl"):
    (tmp_path / "a.obj").write_text(text, encoding="utf-8")
    Image.new("RGB", (4, 2), "red").save(tmp_path / "tex.png")
    if mtl is not None:
        (tmp_path / name).write_text(mtl, encoding="utf-8")
    return mesh(tmp_path / "a.obj")


def test_a_mark_before_an_obj_hides_no_vertex():
    found = mesh(BOM + (OBJ + "f 1 2 3\n").encode())
    np.testing.assert_array_equal(found.vertices, SQUARE[:3])


@pytest.mark.parametrize("words", ["mtllib none.mtl\nusemtl red\n", "usemtl red\n", ""])
def test_without_a_described_material_a_surface_is_clay_and_nothing_is_made_up(tmp_path, words):
    found = obj(tmp_path, words + OBJ + "f 1/1 2/2 3/3 4/4\n")
    (material,) = found.materials
    assert (material.colour, material.texture) == (PLAIN, None)
    assert found.missing == (("none.mtl",) if "mtllib" in words else ())
    said = ("materials that no MTL describes: red",) if "usemtl" in words else ()
    assert found.left_out == said


def test_a_file_of_another_case_is_another_file(tmp_path):
    found = obj(
        tmp_path, "mtllib A.MTL\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3\n", "newmtl m\nKd 1 0 0\n"
    )
    assert (found.missing, found.materials[0].colour) == (("A.MTL",), PLAIN)


@pytest.mark.parametrize(
    ("mtl", "opacity"),
    [
        ("d 0.5", 0.5), ("Tr 0.25", 0.75), ("d 0.3\nTr 0.9", 0.3), ("Tr 0.9\nd 0.3", 0.3),
        ("d -halo 0.2", 0.2), ("d 7", 1), ("D 0.5", 0.5), ("TR 1", 0), ("", 1),
    ],
)  # fmt: skip
def test_opacity_is_d_or_what_tr_leaves(tmp_path, mtl, opacity):
    found = obj(
        tmp_path, "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1 2 3\n", f"newmtl m\nKd 1 0 0\n{mtl}\n"
    )
    assert found.materials[0].colour == (1, 0, 0, pytest.approx(opacity))


@pytest.mark.parametrize(
    ("options", "uv", "left_out"),
    [
        ("-s 2 2 1 -o 0 0 0", [[0, 0], [2, 0], [2, 2], [0, 2]], ()),
        ("-o 0.5 -0.25", [[0.5, -0.25], [1.5, -0.25], [1.5, 0.75], [0.5, 0.75]], ()),
        ("-s 3", [[0, 0], [3, 0], [3, 1], [0, 1]], ()),
        ("-s 1e0 2. 1", [[0, 0], [1, 0], [1, 2], [0, 2]], ()),
        ("-blendu on -imfchan m -clamp off", None, ()),
        ("-texres 256 -bm 0.3 -boost 2 -type sphere", None, ()),
        ("-clamp on", None, ("the option -clamp of a texture",)),
        ("-mm 0.1 2 -t 1 1 1", None, ("the option -mm of a texture", "the option -t of a texture")),
    ],
)
@pytest.mark.parametrize("name", ["tex.png", "C:\\art\\my tex 2.png", "-s.png", "2 3.png"])
def test_options_of_a_texture_are_no_part_of_its_name(tmp_path, options, uv, left_out, name):
    Image.new("RGB", (4, 2), "red").save(tmp_path / name.split("\\")[-1])
    if name == "2 3.png" and options.endswith(("1", "2", "3", "0", "5")):
        options += " -clamp off"  # a name that begins with a number ends an option by another
    found = obj(
        tmp_path, "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3 4/4\n",
        f"newmtl m\nmap_Kd {options} {name}\n",
    )  # fmt: skip
    assert (found.missing, found.left_out) == ((), left_out)
    assert found.materials[0].texture[0, 0].tolist() == [255, 0, 0, 255]
    assert found.materials[0].colour == (1, 1, 1, 1)
    np.testing.assert_allclose(found.uv, uv or [[0, 0], [1, 0], [1, 1], [0, 1]])


def test_a_texture_of_opacity_becomes_the_opacity_of_the_texture(tmp_path):
    Image.new("L", (2, 2), 51).save(tmp_path / "grey.png")
    head = "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3 4/4\n"
    found = obj(tmp_path, head, "newmtl m\nmap_Kd tex.png\nmap_d grey.png\n")
    assert found.materials[0].texture[1, 3].tolist() == [255, 0, 0, 51]
    found = obj(tmp_path, head, "newmtl m\nKd 0 1 0\nmap_d grey.png\n")
    assert found.materials[0].texture[1, 1].tolist() == [255, 255, 255, 51]
    assert found.materials[0].colour == (0, 1, 0, 1)


def test_several_libraries_and_names_with_spaces_are_found(tmp_path):
    (tmp_path / "b.mtl").write_text("newmtl two words\nKd 0 0 1\n")
    text = "usemtl one\n" + OBJ + "f 1 2 3\nusemtl two words\nf 1 3 4\n"
    found = obj(tmp_path, "mtllib a.mtl b.mtl c.mtl\n" + text, "newmtl one\nKd 1 0 0\n")
    assert [one.colour for one in found.materials] == [(1, 0, 0, 1), (0, 0, 1, 1)]
    assert found.missing == ("c.mtl",)
    found = obj(tmp_path, "mtllib my own.mtl\n" + text, "newmtl one\nKd 1 0 0\n", "my own.mtl")
    assert found.materials[0].colour == (1, 0, 0, 1)
    assert found.missing == ()


@pytest.mark.parametrize("name", ["a\u2028b", "c\x85d", "e\x0cf", "g\u00a0h", "i#j", "köln"])
def test_odd_letters_in_names_end_no_line(tmp_path, name):
    text = f"mtllib a.mtl\nusemtl {name}\n{OBJ}f 1 2 3 4\n"
    (tmp_path / "a.mtl").write_bytes(f"newmtl {name}\nKd 1 0 0\n".encode())
    (tmp_path / "a.obj").write_bytes(text.encode())
    assert mesh(tmp_path / "a.obj").materials[0].colour == (1, 0, 0, 1)


def test_texts_in_latin_1_are_read(tmp_path):
    (tmp_path / "a.mtl").write_bytes("newmtl köln\nKd 1 0 0\n".encode("latin-1"))
    (tmp_path / "a.obj").write_bytes(
        f"mtllib a.mtl\nusemtl köln\n{OBJ}f 1 2 3 4\n".encode("latin-1")
    )
    assert mesh(tmp_path / "a.obj").materials[0].colour == (1, 0, 0, 1)


def test_faces_without_texture_places_show_the_colour_alone(tmp_path):
    text = "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3\nf 1 3 4\n"
    found = obj(tmp_path, text, "newmtl m\nKd 0 1 0\nmap_Kd tex.png\n")
    textured = [found.materials[number].texture is not None for number in found.material]
    assert textured == [True, False]
    assert {one.colour for one in found.materials} == {(0, 1, 0, 1)}


@pytest.mark.parametrize(
    "faces",
    [
        "f -4 -3 -2 -1\n",
        "f -4/1 -3/2 -2/3 -1/4\n",
        "f 1//1 2//1 3//1 4//1\n",
        "f 1 \\\n2 3 4\n",
        "f 1/ 2/ 3/ 4/ # all\n",
        "f 1/-4/-1 2/-3/-1 3/-2/-1 4/-1/-1\n",
    ],
)
def test_corners_are_written_in_many_ways(faces):
    is_square(mesh((OBJ + "vn 0 0 2\n" + faces).encode()))


def test_normals_and_texture_places_that_are_not_there_are_named():
    found = mesh((OBJ + "vn 0 0 1\nf 1/9/1 2/2/7 3/3/1 4/4/1\n").encode())
    is_square(found)
    assert found.left_out == (
        "texture places of corners that name such as are not there",
        "normals of corners that name such as are not there",
    )


def test_colours_behind_vertices_are_kept():
    text = "v 0 0 0 1 0 0\nv 1 0 0 0 0.5 0\nv 1 1 0 0 0 1\nf 1 2 3\n"
    assert colours(mesh(text.encode())) == [[[255, 0, 0, 255], [0, 128, 0, 255], [0, 0, 255, 255]]]
    text = "v 0 0 0 255 0 0\nv 1 0 0\nv 1 1 0 0 0 51\nf 1 2 3\n"
    assert colours(mesh(text.encode())) == [[[255, 0, 0, 255], [255] * 4, [0, 0, 51, 255]]]


def test_statements_that_draw_something_else_are_named():
    found = mesh((OBJ + "g a\ns 1\nf 1 2 3 4\nl 1 2\np 1\ncurv 0 1 1 2\nfancy 3\n").encode())
    assert found.left_out == ("statements of OBJ: curv, fancy, l, p",)


RED = [255, 0, 0, 255]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ('"my tex.png"', "my tex.png"),
        ("'my tex.png'", "my tex.png"),
        ("tex.png # the texture", "tex.png"),
        ("tex.png #the texture", "tex.png"),
        ('"my tex.png"  # "quoted"', "my tex.png"),
        ('-s 1 1 1 "my tex.png"', "my tex.png"),
        ("tex.png # once -s 3 3 3 -clamp on", "tex.png"),
        ("tex #1.png", "tex #1.png"),
        ("-S 1 1 1 -O 0 0 0 -BlendU ON -BM 2 tex.png", "tex.png"),
    ],
)
def test_quotes_comments_and_capitals_of_a_texture_are_no_part_of_its_name(tmp_path, words, name):
    Image.new("RGB", (4, 2), "red").save(tmp_path / name)
    found = obj(
        tmp_path, "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3 4/4\n",
        f"newmtl m\nmap_Kd {words}\n",
    )  # fmt: skip
    assert (found.missing, found.left_out) == ((), ())
    assert found.materials[0].texture[0, 0].tolist() == RED
    np.testing.assert_allclose(found.uv, [[0, 0], [1, 0], [1, 1], [0, 1]])


def test_options_in_capitals_mean_the_same(tmp_path):
    head = "mtllib a.mtl\nusemtl m\n" + OBJ + "f 1/1 2/2 3/3 4/4\n"
    found = obj(tmp_path, head, "newmtl m\nmap_Kd -S 2 4 1 -O 0.5 0 -CLAMP On -MM 0 1 tex.png\n")
    np.testing.assert_allclose(found.uv, [[0.5, 0], [2.5, 0], [2.5, 4], [0.5, 4]])
    assert found.left_out == ("the option -clamp of a texture", "the option -mm of a texture")


def test_comments_behind_values_and_names_are_passed_over(tmp_path):
    mtl = "newmtl m # red\nKd 1 0 0 # red\nd 0.5 # half\nTr 0#\nKe 0 0 0 # none\nnewmtl n\nKd 1 # w"
    text = "usemtl m # now\n" + OBJ + "f 1 2 3\nusemtl n\nf 1 3 4\n"
    found = obj(tmp_path, "mtllib a.mtl # mine\n" + text, mtl)
    assert [one.colour for one in found.materials] == [(1, 0, 0, 0.5), (1, 1, 1, 1)]
    mtl = "newmtl Material #25\nKd 1 0 0\nnewmtl Material #26\nKd 0 1 0\n"
    found = obj(tmp_path, "mtllib a.mtl\nusemtl Material #26\n" + OBJ + "f 1 2 3\n", mtl)
    assert found.materials[0].colour == (0, 1, 0, 1)


def test_names_of_libraries_stand_between_quotes(tmp_path):
    (tmp_path / "my b.mtl").write_text("newmtl n\nKd 0 0 1\n")
    text = OBJ + "usemtl m\nf 1 2 3\nusemtl n\nf 1 3 4\n"
    found = obj(tmp_path, 'mtllib "a.mtl" "my b.mtl" c.mtl\n' + text, "newmtl m\nKd 1 0 0\n")
    assert [one.colour for one in found.materials] == [(1, 0, 0, 1), (0, 0, 1, 1)]
    assert found.missing == ("c.mtl",)
    found = obj(tmp_path, 'mtllib "my b.mtl"\n' + text)
    assert (found.missing, found.materials[1].colour) == ((), (0, 0, 1, 1))


def test_outlines_of_faces_are_faces():
    is_square(mesh((OBJ + "fo 1 2 3 4\n").encode()))
