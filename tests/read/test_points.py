"""Point clouds of every format: the same places, colours and normals, and clear refusals."""

import io

import numpy as np
import pytest

from isthmus.read import point_files
from isthmus.read.farthest import farthest, nearest, plain
from isthmus.read.points import PointCloud, cloud
from isthmus.read.recognise import modality_of
from isthmus.testing import check_reader
from isthmus.types import ItemError, RequestError

RNG = np.random.default_rng(0)
PLACES = RNG.normal(size=(40, 3)).astype(np.float32)
COLOURS = RNG.integers(0, 256, (40, 3))
NORMALS = PLACES / np.linalg.norm(PLACES, axis=1, keepdims=True)
PLY = b"""ply
format ascii 1.0
element vertex 40
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
property float nx
property float ny
property float nz
end_header
"""


def lines(table, between=" "):
    return "\n".join(between.join(f"{x:.6f}" for x in row) for row in table).encode()


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


WHOLE = np.concatenate([PLACES, COLOURS, NORMALS], axis=1)
FILES = {
    "a.ply": PLY + lines(WHOLE),
    "a.xyz": lines(WHOLE),
    "b.xyz": b"# made by hand\n" + lines(np.concatenate([PLACES, NORMALS, COLOURS], axis=1), ", "),
    "c.xyz": b"x,y,z,nx,ny,nz,r,g,b\n" + lines(WHOLE[:, [0, 1, 2, 6, 7, 8, 3, 4, 5]], ","),
    "a.pts": b"40\r\n" + lines(np.insert(WHOLE, 3, -7.5, axis=1)).replace(b"\n", b"\r\n"),
    "a.npz": npz(points=PLACES, colours=COLOURS.astype(np.uint8), normals=NORMALS),
    "b.npz": npz(xyz=PLACES, rgb=COLOURS / 255, normals=7 * NORMALS),
    "a.npy": npz(points=WHOLE),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_cloud_comes_of_every_format(tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    found = cloud(tmp_path / name)
    np.testing.assert_allclose(found.points, PLACES, atol=1e-5)
    np.testing.assert_array_equal(found.colours[:, :3], COLOURS)
    np.testing.assert_allclose(found.normals, NORMALS, atol=1e-4)
    assert found.note == ""
    if not name.endswith(".npy"):
        assert modality_of(str(tmp_path / name)) == "points"


def test_las_is_turned_up_and_brought_to_the_origin(tmp_path):
    laspy = pytest.importorskip("laspy")
    made = laspy.create(point_format=2)
    made.header.scales = np.full(3, 1e-4)
    made.header.offsets = np.array([5e6, 4e6, 0.0])
    made.x, made.y, made.z = (PLACES + np.array([5e6, 4e6, 0])).T
    made.red, made.green, made.blue = (257 * COLOURS).T
    made.write(tmp_path / "a.las")
    found = cloud(tmp_path / "a.las")
    centred = PLACES[:, [0, 2, 1]] * [1, 1, -1]
    np.testing.assert_allclose(found.points, centred - centred.mean(axis=0), atol=2e-4)
    np.testing.assert_array_equal(found.colours[:, :3], COLOURS)
    assert found.note == "moved to the origin; its normals are estimated"


def test_the_reader_keeps_its_contract(tmp_path):
    for name in ("a.ply", "a.xyz"):
        (tmp_path / name).write_bytes(FILES[name])
    check_reader(cloud, [tmp_path / "a.ply", tmp_path / "a.xyz", FILES["a.ply"], PLACES])


def test_missing_normals_are_those_of_a_sphere():
    found = cloud(NORMALS + np.array([5, 0, 0]))
    assert "estimated" in found.note
    many = RNG.normal(size=(4000, 3))
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    assert ((cloud(many).normals * many).sum(axis=1) > 0.95).mean() > 0.99
    assert set(map(tuple, found.colours.tolist())) == {(184, 184, 184, 255)}


def test_points_that_are_not_finite_are_left_out_and_said():
    broken = PLACES.copy()
    broken[:3, 1] = np.nan
    assert len(cloud(broken).points) == 37
    assert cloud(broken).note.startswith("without 3 points that are not finite")


def test_more_points_than_are_kept_are_thinned_evenly(monkeypatch, tmp_path):
    monkeypatch.setattr(point_files, "MOST", 20)
    for name in FILES:
        (tmp_path / name).write_bytes(FILES[name])
        np.testing.assert_allclose(cloud(tmp_path / name).points, PLACES[::2], atol=1e-5)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lines(PLACES[:3]), "A shape has 16 points or more that are not all in one place; "),
        (lines(np.full((20, 3), np.nan)), "has 0 and 20 that are not finite"),
        (lines(np.ones((20, 3))), "not all in one place"),
        (lines(PLACES[:, :2]), "lines of three numbers or more are wanted"),
        (lines(PLACES) + b"\n1 2", "all of as many; its first holds 3, and all hold 122"),
        (b"these are words\nand more of them here\n", "words where numbers are wanted"),
        (b"x y q\n" + lines(PLACES), "its columns are x, y, q; x, y and z are wanted"),
        (b"\x00\x01\x02" * 40, "and it is none of them"),
        (PLY + lines(WHOLE[:30]), "it is cut short"),
        (b"", "0 bytes"),
    ],
)
def test_what_is_no_cloud_is_refused_in_a_sentence(tmp_path, data, said):
    (tmp_path / "a.xyz").write_bytes(data)
    with pytest.raises(ItemError, match=said) as found:
        cloud(tmp_path / "a.xyz")
    assert "\n" not in str(found.value)


def test_arrays_of_other_shapes_are_refused(tmp_path):
    with pytest.raises(ItemError, match=r"an array of numbers \(n, 3 or more\), not \(4, 4, 4\)"):
        cloud(np.zeros((4, 4, 4)))
    for arrays, said in (
        ({"weights": PLACES, "more": PLACES}, "points or xyz or pos or vertices, or the only one"),
        ({"points": PLACES, "rgb": COLOURS[:9]}, "colours or normals of another shape"),
    ):
        (tmp_path / "a.npz").write_bytes(npz(**arrays))
        with pytest.raises(ItemError, match=said):
            cloud(tmp_path / "a.npz")


def test_a_ply_with_faces_is_a_mesh(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    (tmp_path / "a.ply").write_bytes(trimesh.creation.box().export(file_type="ply"))
    assert modality_of(tmp_path / "a.ply") == "mesh"
    assert len(cloud(tmp_path / "a.ply", 100).points) == 100


def test_a_cloud_is_fitted_turned_and_known_by_its_content():
    found = PointCloud(PLACES, np.zeros((40, 4), np.uint8), NORMALS)
    fitted = found.fitted()
    assert np.linalg.norm(fitted.points, axis=1).max() == pytest.approx(1)
    np.testing.assert_allclose(found.turned("z").points, PLACES[:, [0, 2, 1]] * [1, 1, -1])
    assert found.content_key == found.turned("y").content_key != found.turned("z").content_key
    with pytest.raises(RequestError, match="one of x, y, z"):
        found.turned("up")


def test_farthest_points_agree_with_the_plain_search():
    for count in (1, 7, 40):
        np.testing.assert_array_equal(farthest(PLACES, count), plain(PLACES, count))
    line = np.column_stack([[0.0, 1, 2, 10], np.zeros(4), np.zeros(4)])
    assert farthest(line, 3).tolist() == [0, 3, 2]
    assert nearest(line, line[3:], 6).tolist() == [[3, 2, 1, 0, 0, 0]]
    with pytest.raises(RequestError, match="From 4 points 1 to 4 are taken, not 5"):
        farthest(line, 5)
