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
    assert mesh(data.encode()).left_out == ("colours of 1 face, which are numbers of a colour map",)
    data = "OFF\n4 1 0\n" + "".join(f"{x} {y} {z} -1\n" for x, y, z in SQUARE) + "4 0 1 2 3\n"
    assert mesh(data.encode()).left_out == ("1 more number of its vertices",)
    for data, said in (
        ("OFF BINARY\n\0\0", "it is a binary OFF"),
        ("nOFF\n4\n4 1 0\n", "its vertices have 4 dimensions; 3 are read"),
        ("OFF\n4 9 0\n0 0 0\n", "it is cut short"),
        ("OFF\n4 1 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2\n", "a face of 4 corners has fewer"),
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


PLACES = "0 0 0 1 0 0 1 1 0 0 1 0"


@pytest.mark.parametrize(
    "text",
    [
        f"OFF 4 1 0 {PLACES} 4 0 1 2 3",
        f"OFF 4 2 0 {PLACES} 3 0 1 2 3 0 2 3",
        f"OFF\n4\n1\n0\n{PLACES}\n4 0 1 2 3",
        f"OFF\n4\n1 0\n{PLACES}\n4 0 1 2 3",
        f"OFF\n4 1\n0\n{PLACES}\n4 0 1 2 3",
        f"OFF\n4 1\n{PLACES}\n4 0 1 2 3",
        "OFF # a\n4 # b\n1 0 # c\n0 0 0 # d\n# e\n1 0 0\n\n1 1 0\n0 1 0\n4 0 # f\n1 2\n3\n",
        "OFF\n4 1 0\n" + f"{PLACES} 4 0 1 2 3".replace(" ", "\n"),
        "OFF\n4 2 0\n0 0 0 1 0 0\n1 1 0 0 1 0\n3 0 1 2\n3 0 2 3\n",
        "OFF 4 2 0 0 0 0\n1 0 0\n1 1 0\n0 1 0\n3 0 1 2\n3 0 2 3\n",
        f"nOFF 3 4 1 0 {PLACES} 4 0 1 2 3",
        f"nOFF\n3 4\n1 0\n{PLACES}\n4 0 1 2 3",
        "N4OFF 4 1 0 0 0 0 2 0 0 1 2 0 0 2 0 0 1 2 2 0 2 0 0 1 0 2 0 2 0 0 1 4 0 1 2 3",
    ],
)
def test_numbers_of_off_stand_on_lines_as_they_like(text):
    found = mesh(text.encode())
    is_square(found)
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("colour", "right"),
    [
        ("1 1 1", [1, 1, 1, 255]),
        ("1 0 0 1", [1, 0, 0, 1]),
        ("1.0 1 1", [255, 255, 255, 255]),
        ("1e0 0 0 1", [255, 0, 0, 255]),
        ("0.5 0 1. 0.2", [128, 0, 255, 51]),
        ("+255 0 51", [255, 0, 51, 255]),
    ],
)
def test_whole_numbers_of_off_colours_go_to_255_and_fractions_to_1(colour, right):
    rows = [f"{x:g} {y:g} {z:g}" for x, y, z in SQUARE]
    head = "OFF\n4 2 0\n" + "\n".join(rows)
    found = mesh(f"{head}\n3 0 1 2 {colour}\n3 0 2 3 0 0 255 # blue\n".encode())
    assert colours(found) == [[right] * 3, [[0, 0, 255, 255]] * 3]
    spread = mesh(f"{head}\n3 0\n1 2 {colour}\n3 0 2 3 0 0\t255".encode())
    assert colours(spread) == colours(found)
    rows = "\n".join(f"{row} {colour}" for row in rows)
    assert colours(mesh(f"COFF\n4 1 0\n{rows}\n4 0 1 2 3\n".encode())) == [[right] * 3] * 2


def test_colours_of_vertices_of_off_are_all_of_one_kind():
    """Whoever prints fractions shortest prints full red as 1 0 0."""
    rows = "\n".join(f"{x:g} {y:g} {z:g} {1 - x / 2:g} 0 0 1" for x, y, z in SQUARE)
    found = colours(mesh(f"COFF\n4 1 0\n{rows}\n4 0 1 2 3\n".encode()))
    assert found[0] == [[255, 0, 0, 255], [128, 0, 0, 255], [128, 0, 0, 255]]


@pytest.mark.parametrize(
    "text", ["OFF", "OFF 4", "OFF 4 1 0 0 0", "OFF -4 1 0 1 2 3", "OFF 1 9 0 0 0 0"]
)
def test_off_of_too_few_numbers_is_cut_short(text):
    with pytest.raises(ItemError, match="it is cut short"):
        mesh(text.encode())
