"""The tools that build the worlds of clips: models, actions, families."""

import struct

import numpy as np
import pytest

from tools.clips.g3d import read

FLAT = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)


def model(path, frames, texture="skin.png"):
    """A G3D file of one triangle that rises."""
    head = struct.pack(
        "<64sIII8fII", b"part", frames, 3, 3, 0.5, 0.25, 0.125, 0, 0, 0, 9, 1, 1, bool(texture)
    )
    placed = np.stack([FLAT + np.array([0, number, 0]) for number in range(frames)]).astype("<f4")
    name = texture.encode().ljust(64, b"\0") if texture else b""
    uv = FLAT[:, :2].astype("<f4").tobytes() if texture else b""
    faces = np.array([0, 1, 2], "<u4").tobytes()
    body = head + name + placed.tobytes() + placed.tobytes() + uv + faces
    path.write_bytes(b"G3D\x04" + struct.pack("<HB", 2, 0) + body + body)
    return path


def test_a_model_is_read_with_its_key_frames(tmp_path):
    one, other = read(model(tmp_path / "a.g3d", 4))
    assert one.vertices.shape == (4, 3, 3)
    np.testing.assert_array_equal(other.vertices, one.vertices)
    np.testing.assert_array_equal(one.uv, FLAT[:, :2])
    assert one.faces.tolist() == [[0, 1, 2]]
    assert (one.texture, one.flags, one.colour) == ("skin.png", 1, (0.5, 0.25, 0.125, 1.0))
    assert read(model(tmp_path / "b.g3d", 2, ""))[0].texture == ""
    (tmp_path / "c.g3d").write_bytes(b"G3D\x03....")
    with pytest.raises(ValueError, match="not a G3D model of version 4"):
        read(tmp_path / "c.g3d")


@pytest.mark.parametrize(
    ("share", "cycle", "height"),
    [(0, False, 0), (0.5, False, 1.5), (1, False, 3), (0.25, True, 1), (0.875, True, 1.5)],
)
def test_between_key_frames_vertices_move_evenly(tmp_path, share, cycle, height):
    part = read(model(tmp_path / "a.g3d", 4))[0]
    np.testing.assert_allclose(part.at(share, cycle)[:, 1], FLAT[:, 1] + height, atol=1e-6)


UNIT = """<unit><skills>
<skill><type value="move"/><name value="m"/><anim-speed value="50"/>
<animation path="models/{0}_walk.g3d"/>
<sound enabled="true"><sound-file path="step.wav"/></sound></skill>
<skill><type value="stop"/><name value="s"/><animation path="models/still.g3d"/></skill>
<skill><type value="repair"/><name value="r"/><animation path="models/{0}_work.g3d"/></skill>
<skill><type value="attack"/><name value="a"/><animation path="models/{0}_work.g3d"/></skill>
</skills></unit>"""


def test_actions_are_those_of_the_games_own_skills(tmp_path):
    from tools.clips.build_units import splits
    from tools.clips.units import family_of, motions

    for faction, unit in (("x", "cow"), ("x", "pig"), ("y", "cow")):
        folder = tmp_path / f"techs/t/factions/{faction}/units/{unit}"
        (folder / "models").mkdir(parents=True)
        (folder / f"{unit}.xml").write_text(UNIT.format(unit))
        (folder / "step.wav").write_bytes(b"RIFF")
        model(folder / f"models/{unit}_walk.g3d", 5)
        model(folder / f"models/{unit}_work.g3d", 3)
        model(folder / "models/still.g3d", 1)
    found = motions(tmp_path)
    assert [one.id for one in found][:2] == ["x/cow/cow_walk", "x/cow/cow_work"]
    assert [one.actions for one in found[:2]] == [("walking",), ("attacking", "working")]
    assert found[0].seconds == 2.0
    assert [path.name for path in found[0].sounds] == ["step.wav"]
    family = family_of(found)
    assert family[0] == family[1] == family[4] == family[5] != family[2]
    assert len(set(zip(family, splits(found, family), strict=True))) == len(set(family))
