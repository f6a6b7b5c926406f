"""Meshes are recognised as widely as they are read; what breaks below is their own fault."""

import io
import zipfile

import pytest

from isthmus.read.meshes.files import READERS, mesh, recognised
from isthmus.types import ItemError
from tests.read.squares import BOM, OBJ, OFF, is_square, stl

BEFORE = [b"", BOM, b"\n\n", b"# by hand\n", BOM + b"  # a\r\n# b\r\n\r\n", b"#" * 100_000 + b"\n"]
TEXTS = {
    "obj": OBJ + "F 1 2 3 4\n",
    "off": "OFF\n" + OFF,
    "stl_ascii": "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\n"
    "vertex 1 1 0\nendloop\nendfacet\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\n"
    "vertex 1 1 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid a\n",
    "ply": "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
    "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    "0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n",
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("change", [str, str.upper, lambda text: text.replace("\n", "\r\n")])
def test_marks_blanks_comments_and_capitals_before_a_text_do_not_hide_it(kind, before, change):
    data = before + change(TEXTS[kind]).encode()
    assert recognised(data)[0] == kind
    is_square(mesh(data))


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_texts_in_utf_16_are_read(kind, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    is_square(mesh((mark + TEXTS[kind]).encode(encoding)))


@pytest.mark.parametrize("kind", ["obj", "off", "stl_ascii", "ply"])
def test_lines_that_end_as_on_old_macs_are_read(kind):
    is_square(mesh(TEXTS[kind].replace("\n", "\r").encode()))


@pytest.mark.parametrize(
    "head",
    [
        "OFF",
        "off",
        "Off",
        "OFF ",
        "OFF # a",
        "OFF\n# counts",
        "\n# c\nOFF\n\n",
        "OFF4 1 0",
        "OFF 4 1 0",
        "OFF 4 1",
    ],
)
def test_headers_of_off_stand_as_they_like(head):
    body = OFF.split("\n", 1)[1] if "4" in head else OFF
    is_square(mesh(f"{head}\n{body}".encode()))


@pytest.mark.parametrize("behind", [b"", b"\0", b"\n", b"\r\n\r\n", b"\0" * 90, b"made by hand"])
@pytest.mark.parametrize("head", [b"", b"solid by an exporter", b"# a comment", b"\xff\xfe by"])
def test_binary_stl_may_have_bytes_behind(behind, head):
    is_square(mesh(stl(head=head) + behind))


def test_binary_stl_that_is_cut_short_is_no_smaller_mesh(tmp_path):
    for data in (stl()[:-1], stl(count=3), stl(head=b"glTF exporter")[:-1]):
        with pytest.raises(ItemError, match="not a mesh"):
            mesh(data)
        (tmp_path / "a.STL").write_bytes(data)
        with pytest.raises(ItemError, match=r"a.STL cannot be read as stl: it is cut short"):
            mesh(tmp_path / "a.STL")


def test_text_stl_of_long_names_several_solids_and_odd_words_is_read():
    text = TEXTS["stl_ascii"]
    is_square(mesh(text.replace("solid a", "solid " + "name " * 40_000).encode()))
    is_square(mesh(text.replace("solid a", "solid vertex 9 9 9 facet").encode()))
    first, second = text.split("endfacet\n", 1)
    is_square(mesh(f"{first}endfacet\nendsolid a\nsolid b\n{second}".encode()))
    is_square(mesh(text.replace("\nvertex", "   vertex").replace("\nend", " end").encode()))
    with pytest.raises(ItemError, match="cannot be read as stl_ascii: it is cut short"):
        mesh(text[: text.rindex("vertex")].encode())
    with pytest.raises(ItemError, match="words where numbers are wanted"):
        mesh(text.replace("1 1 0", "1,5 1 0").encode())


@pytest.mark.parametrize("error", [RecursionError, MemoryError, BaseException, ZeroDivisionError])
def test_whatever_breaks_below_is_a_fault_of_the_object(monkeypatch, error):
    def broken(*_):
        raise error("below\nall")

    monkeypatch.setitem(READERS, "off", broken)
    with pytest.raises(ItemError, match="cannot be read as off: it is damaged") as found:
        mesh(("OFF\n" + OFF).encode())
    assert str(found.value).isprintable()


def test_an_interrupt_is_no_fault_of_the_object(monkeypatch):
    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(READERS, "off", stopped)
    with pytest.raises(KeyboardInterrupt):
        mesh(("OFF\n" + OFF).encode())


@pytest.mark.parametrize("length", [3, 72, 75, 77, 80, 200, 2000])
def test_the_name_of_a_text_stl_may_be_filled_up_with_zero_bytes(length):
    is_square(mesh(TEXTS["stl_ascii"].replace("solid a", "solid a" + "\0" * length, 1).encode()))


def test_a_text_whose_bytes_could_be_numbers_of_facets_is_a_text():
    name = "solid a".ljust(80) + "\3\0\0\0"
    is_square(mesh(TEXTS["stl_ascii"].replace("solid a", name, 1).encode()))


@pytest.mark.parametrize("between", [" ", "\t", "\r", "\n\r", "  \n "])
def test_words_of_a_text_stl_have_any_blanks_between(between):
    is_square(mesh(TEXTS["stl_ascii"].replace("\n", between).encode()))
    first, second = TEXTS["stl_ascii"].split("endfacet\n", 1)
    two = f"{first}endfacet\nendsolid facet\nsolid loop vertex 9 9 9\n{second}"
    is_square(mesh(two.replace("\n", between).encode()))


def test_a_text_stl_that_ends_within_a_facet_is_no_smaller_mesh():
    text = TEXTS["stl_ascii"]
    last = text.rindex("outer loop")
    for end in (last, last + 12, last + 22, text.rindex("facet normal") + 7, text.index("vertex")):
        with pytest.raises(ItemError, match="cannot be read as stl_ascii: it is cut short"):
            mesh(text[:end].encode())


HEADS = [
    *(b"solid foo facet", b"solid a facet normal 0 0 1 outer loop vertex", b"facet", b"PK\3\4"),
    *(
        b"glTF exporter 1.0",
        b"glTF",
        b"ply \n",
        b"OFF\n4 1 0",
        b'{"asset": 1}',
        b"v 1 2 3\nf 1 2 3",
    ),
    *(BOM, BOM + b"solid", b"\xff\xfeb\0y\0"),
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("behind", [b"", b"1234567", bytes(7)])
def test_no_word_in_the_header_of_a_binary_stl_makes_it_something_else(head, behind):
    is_square(mesh(stl(head=head) + behind))


def test_a_mark_before_a_binary_stl_is_passed_over():
    for behind in (b"", b"1234567"):
        is_square(mesh(BOM + stl() + behind))


def test_bytes_are_no_obj_because_two_of_them_are():
    parts = io.BytesIO()
    with zipfile.ZipFile(parts, "w") as archive:
        archive.writestr("a.obj", OBJ + "f 1 2 3 4\n")
    for data in (parts.getvalue(), stl()[:-20] + b"\nf 1 2 3\n"):
        with pytest.raises(ItemError, match="is not a mesh: GLB"):
            mesh(data)
