"""Folders of meshes as worlds."""

import pytest

from isthmus.types import RequestError
from isthmus.worlds.folders import mesh_folder, said


@pytest.mark.parametrize(
    ("stem", "words"),
    [
        ("arm_chair_02", "arm chair"),
        ("bed_double_A", "bed double"),
        ("officeDesk", "office desk"),
        ("table01", "table"),
        ("7", "7"),
        ("a", "a"),
        ("rug_oval_B_2", "rug oval"),
    ],
)
def test_file_names_as_words(stem, words):
    assert said(stem) == words


def test_a_folder_is_a_world(tmp_path):
    (tmp_path / "chairs").mkdir()
    for name in ("chairs/big_chair.glb", "lamp.OBJ", "notes.txt", ".hidden.stl"):
        (tmp_path / name).write_bytes(b"")
    world = mesh_folder(tmp_path)
    assert world.items["mesh"].ids == ("lamp.OBJ", "chairs/big_chair.glb")
    assert list(world.items["text"]) == ["lamp", "big chair"]
    assert world.factors["chairs/big_chair.glb"] == {"name": "big chair", "label": "chairs"}
    with pytest.raises(RequestError, match="is no folder"):
        mesh_folder(tmp_path / "lamp.OBJ")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match=r"No mesh in .*looked for .glb"):
        mesh_folder(tmp_path / "empty")
