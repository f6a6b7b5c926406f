"""Grids of voxels: NRRD and arrays give the same cells, and what is none is refused."""

import gzip

import numpy as np
import pytest

from isthmus.read.recognise import modality_of
from isthmus.read.voxels import Voxels, voxels
from isthmus.testing import check_reader
from isthmus.types import ItemError, RequestError

RNG = np.random.default_rng(1)
FULL = RNG.random((3, 4, 5)) < 0.4
CELLS = np.where(FULL[..., None], RNG.integers(1, 256, (3, 4, 5, 4)), 0).astype(np.uint8)
CELLS[FULL, 3] = 255
HEAD = """NRRD0004
# a comment
type: {kind}
dimension: {n}
sizes: {sizes}
spacings: NaN 0.5 0.5 0.5
endian: {endian}
encoding: {encoding}

"""


def nrrd(array, encoding="raw", endian="little", kind="uint8", head=HEAD):
    sizes = " ".join(map(str, array.shape))
    data = array.tobytes(order="F")
    if encoding == "gzip":
        data = gzip.compress(data)
    if encoding == "txt":
        data = " ".join(map(str, array.ravel(order="F"))).encode()
    made = head.format(kind=kind, n=array.ndim, sizes=sizes, endian=endian, encoding=encoding)
    return made.encode() + data


@pytest.mark.parametrize("encoding", ["raw", "gzip", "txt"])
def test_text2shapes_layout_is_read_in_every_encoding(tmp_path, encoding):
    (tmp_path / "a.nrrd").write_bytes(nrrd(np.moveaxis(CELLS, 3, 0), encoding))
    found = voxels(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(found.colours, CELLS)
    assert found.cell == 0.5 and modality_of(tmp_path / "a.nrrd") == "voxels"


def test_nrrd_agrees_with_pynrrd(tmp_path):
    reader = pytest.importorskip("nrrd")
    reader.write(str(tmp_path / "a.nrrd"), np.moveaxis(CELLS, 3, 0))
    np.testing.assert_array_equal(voxels(tmp_path / "a.nrrd").colours, CELLS)


def test_other_types_and_orders_of_bytes_fill_the_same_cells():
    for kind, endian, name in ((">f4", "big", "float"), ("<i2", "little", "short")):
        found = voxels(nrrd(FULL.astype(kind), "raw", endian, name))
        np.testing.assert_array_equal(found.filled, FULL)
        assert set(map(tuple, found.colours[FULL].tolist())) == {(184, 184, 184, 255)}


def test_arrays_are_read_by_key_or_alone(tmp_path):
    for arrays in ({"voxels": CELLS, "other": FULL}, {"any": CELLS, "cell": np.float32(0.25)}):
        np.savez(tmp_path / "a.npz", **arrays)
        found = voxels(tmp_path / "a.npz")
        np.testing.assert_array_equal(found.colours, CELLS)
        assert found.cell == (0.25 if "cell" in arrays else 1.0)
    np.savez(tmp_path / "a.npz", voxels=CELLS)
    assert modality_of(tmp_path / "a.npz") == "voxels"
    rgb = voxels(np.moveaxis(CELLS[..., :3], 3, 0) / 255)
    np.testing.assert_array_equal(rgb.colours, CELLS)


def test_the_reader_keeps_its_contract(tmp_path):
    (tmp_path / "a.nrrd").write_bytes(nrrd(CELLS))
    check_reader(voxels, [tmp_path / "a.nrrd", nrrd(CELLS, "gzip"), FULL])


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (nrrd(CELLS)[:-7], "it is cut short: 233 of 240 numbers are there"),
        (nrrd(CELLS, head=HEAD.replace("type", "tipe")), "does not say sizes and type"),
        (nrrd(CELLS, head="data file: a.raw\n" + HEAD).replace(b"data", b"NRRD0004\ndata", 1),
         "its cells lie in another file"),
        (nrrd(CELLS, "bzip2"), "its encoding is 'bzip2'; raw, gzip and text are read"),
        (nrrd(CELLS, head=HEAD.replace("{sizes}", "9999 9999 9999")), "up to 16,777,216 cells"),
        (nrrd(0 * CELLS), "Every cell of the grid is empty"),
        (b"something else", "NRRD, NPZ or NPY is wanted"),
        (np.zeros((3, 4)), "Voxels are"),
        (np.zeros((5, 4, 6, 2)), "Voxels are"),
        (np.zeros((2, 2, 2), "U3"), "of numbers"),
        (7, "this is a int"),
    ],
)  # fmt: skip
def test_what_is_no_grid_is_refused_in_a_sentence(item, said):
    with pytest.raises(ItemError, match=said) as found:
        voxels(item)
    assert "\n" not in str(found.value)


def test_turning_agrees_with_points_and_four_turns_are_none():
    grid = np.zeros((3, 4, 5, 4), np.uint8)
    grid[0, 0, 4] = 255  # low x, low y, high z
    assert np.argwhere(Voxels(grid).turned("z").filled).tolist() == [[0, 4, 3]]
    assert np.argwhere(Voxels(grid).turned("x").filled).tolist() == [[3, 0, 4]]
    with pytest.raises(RequestError, match="one of x, y, z"):
        Voxels(grid).turned("w")


def test_resizing_keeps_what_is_filled_and_its_size():
    solid = np.zeros((8, 8, 8), bool)
    solid[2:6, 2:6, 4:6] = True
    found = voxels(solid).resized(8)
    assert found.cell == 0.5
    assert found.filled.sum() == solid.sum() * 8
    assert found.filled[:, :, 2:6].all() and not found.filled[:, :, [0, 1, 6, 7]].any()
