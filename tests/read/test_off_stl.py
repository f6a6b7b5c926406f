"""OFF and STL: colours and all that may stand beside places."""

import pytest

from isthmus.read.meshes.files import mesh
from isthmus.types import ItemError
from tests.read.squares import PLAIN, SQUARE, colours, is_square, stl


@pytest.mark.parametrize(
    ("rows", "right"),
    [
        (["3 0 1 2 255 0 0", "3 0 2 3 0 255 0"], [[255, 0, 0, 255], [0, 255, 0, 255]]),
        (["3 0 1 2 255 0 0 51", "3 0 2 3 0 255 0 255"], [[255, 0, 0, 51], [0, 255, 0, 255]]),
        (["3 0 1 2 1.0 0.0 0.0", "3 0 2 3 0.0 0.2 0.0"], [[255, 0, 0, 255], [0, 51, 0, 255]]),
        (["3 0 1 2 255 0 0", "3 0 2 3"], [[255, 0, 0, 255], [184, 184, 184, 255]]),
    ],
)
def test_colours_of_faces_of_off_are_kept(rows, right):
    data = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n" + "\n".join(rows)
    assert colours(mesh(data.encode())) == [[one] * 3 for one in right]


@pytest.mark.parametrize(
    ("head", "more", "right"),
    [
        ("COFF", "255 0 0 255", [255, 0, 0, 255]),
        ("COFF", "255 0 51", [255, 0, 51, 255]),
        ("COFF", "1.0 0.0 0.0 0.2", [255, 0, 0, 51]),
        ("OFF", "255 0 0", [255, 0, 0, 255]),
        ("CNOFF", "0 0 1 255 0 0 255", [255, 0, 0, 255]),
        ("NOFF", "0 0 1", None),
        ("STOFF", "0.5 0.25", None),
        ("STCNOFF", "0 0 1 255 0 0 255 0.5 0.25", [255, 0, 0, 255]),
        ("4OFF", "1", None),
        ("coff", "255 0 0 255", [255, 0, 0, 255]),
    ],
)
def test_colours_normals_and_texture_places_of_vertices_of_off_are_told_apart(head, more, right):
    rows = "\n".join(f"{x:g} {y:g} {z:g} {more}" for x, y, z in SQUARE)
    found = mesh(f"{head}\n4 1 0\n{rows}\n4 0 1 2 3\n".encode())
    is_square(found)
    assert colours(found) == [[right or [184, 184, 184, 255]] * 3] * 2
    if "ST" in head:
        assert found.uv.tolist() == [[0.5, 0.25]] * 4


def test_what_off_files_have_besides_is_named_or_refused():
    data = "OFF\n4 2 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2 7\n3 0 2 3\n"
    assert mesh(data.encode()).left_out == (
        "colours of 1 faces, which are numbers of a colour map",
    )
    data = "OFF\n4 1 0\n" + "".join(f"{x} {y} {z} -1\n" for x, y, z in SQUARE) + "4 0 1 2 3\n"
    assert mesh(data.encode()).left_out == ("1 more numbers of its vertices",)
    for data, said in (
        ("OFF BINARY\n\0\0", "it is a binary OFF"),
        ("nOFF\n4\n4 1 0\n", "its vertices have 4 dimensions; 3 are read"),
        ("OFF\n4 9 0\n0 0 0\n", "it is cut short"),
        ("OFF\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2\n", "a face of 4 corners has 3"),
        ("OFF\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 9\n", "corners that it does not hold"),
    ):
        with pytest.raises(ItemError, match=said):
            mesh(data.encode())


def test_colours_in_attribute_bytes_are_kept():
    red, blue = 0x8000 | 31 << 10, 0x8000 | 31
    found = mesh(stl(attributes=(red, blue)))
    assert colours(found) == [[[255, 0, 0, 255]] * 3, [[0, 0, 255, 255]] * 3]
    found = mesh(stl(attributes=(red, 0)))
    assert colours(found)[1] == [[184, 184, 184, 255]] * 3
    found = mesh(stl(head=b"COLOR=\x33\x66\x99\xff,", attributes=(31, 0x8000)))
    assert colours(found) == [[[255, 0, 0, 255]] * 3, [[0x33, 0x66, 0x99, 255]] * 3]
    found = mesh(stl(head=b"COLOR=\x33\x66\x99\xff,"))
    assert colours(found) == [[[0x33, 0x66, 0x99, 255]] * 3] * 2
    found = mesh(stl(attributes=(7, 0x8001)))  # no colours: something else's bytes
    assert found.materials[0].colour == PLAIN
