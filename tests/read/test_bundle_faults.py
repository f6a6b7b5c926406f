"""What is no set of vectors is refused in one sentence, and nothing in it is ever run."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from isthmus.read.vectors.bundles import open_arrays
from isthmus.read.vectors.files import read_arrays
from isthmus.types import RequestError
from tests.read.array_files import (
    IMAGE,
    TEXT,
    as_compressed_npz,
    as_npz,
    as_parquet,
    as_safetensors,
    write_lists,
)


def broken(rows, row, value):
    rows = rows.copy()
    rows[row] = value
    return rows


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"image": IMAGE, "text": TEXT[:4]},
            r"5 image vectors, 4 text vectors.*image_ids, text_ids",
        ),
        ({"image": IMAGE[0]}, r"\(n, d\).*shape \(4,\)"),
        ({"image": np.ones((5, 4), int)}, "type int64"),
        ({"image": np.empty((0, 4))}, r"shape \(0, 4\)"),
        ({"image": IMAGE[:, :1]}, r"d of 2 or more.*shape \(5, 1\)"),
        ({"image": IMAGE.astype(np.longdouble)}, "16- to 64-bit.*type float(96|128)"),
        ({"image": broken(IMAGE, [1, 3], np.nan)}, "2 not finite.*row 1, row 3"),
        ({"image": broken(IMAGE, (2, 0), np.inf)}, "1 not finite.*row 2"),
        ({"text": broken(TEXT, 4, 0), "image": IMAGE}, "5 text vectors, 1 zero: row 4"),
        ({"labels": np.arange(5)}, "holds no vectors"),
        ({"image": IMAGE, "image_ids": np.array(["a", "a", "b", "c", "d"])}, "'a' names more"),
        ({"image": IMAGE, "image_ids": np.array(["a"])}, "5 vectors and 1 id"),
        ({"image": IMAGE, "text": TEXT, "links": np.arange(4)}, r"links are a \(k, 2\)"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path, arrays, said):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(RequestError, match=said):
        open_arrays(tmp_path / "a.npz")


def test_tiny_and_huge_but_finite_vectors_are_welcome(tmp_path):
    np.savez(tmp_path / "a.npz", image=np.array([[1e-30, 0], [1e30, 0]], np.float32))
    assert len(open_arrays(tmp_path / "a.npz").sets["image"]) == 2


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed, "parquet"])
@pytest.mark.parametrize("value", [1e39, -1e300, 1e-300])
def test_doubles_beyond_float32_are_told_as_that(tmp_path, write, value):
    rows = broken(IMAGE.astype(np.float64), 3, value)
    path = tmp_path / "a.file"
    if write == "parquet":
        write_lists(path, {"image_emb": list(rows)}, fixed=False)
    else:
        write(tmp_path / "a.npz", image_emb=rows)
        path = tmp_path / "a.npz"
    with pytest.raises(RequestError) as caught:
        open_arrays(path)
    said = str(caught.value)
    assert "of 5 image_emb vectors, 1 beyond the range of float32" in said
    assert "one): row 3." in said
    assert "NaN" not in said


def test_every_kind_of_bad_row_is_counted(tmp_path):
    rows = broken(IMAGE.astype(np.float64), 0, 1e39)
    rows[1], rows[2, 0], rows[3, 1] = 0, np.inf, np.nan
    np.savez(tmp_path / "a.npz", image=rows, image_ids=np.array(list("vwxyz")))
    with pytest.raises(
        RequestError, match=r"2 not finite .*: row 2 \('x'\), row 3 .*1 zero: row 1"
    ):
        open_arrays(tmp_path / "a.npz")


def npy(shape, descr="<f4", body=b""):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("boom",))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.npy", b"", "empty"),
        ("a.npy", pickle.dumps(Bomb()), "pickle"),
        ("a.pt", b"whatever", "pickle"),
        ("a.npy", npy((10**9, 10**6)), "claims an array"),
        ("a.npy", npy((3, 4), body=b"\0" * 40), "48 bytes, but holds 40"),
        ("a.npy", npy((2,), "|O", pickle.dumps(Bomb())), "Python objects"),
        ("a.npy", npy((-2, 4)), "cannot be read|claims|no vectors"),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff", "header is damaged"),
        ("a.npy", npy("(2, 3)" + " " * 20_000), "larger than 10,000 bytes.$"),
        ("a.npy", npy("print(1)"), "header is damaged"),
        ("a.npy", npy((True, 4), body=b"\0" * 16), "header is wrong"),
        ("a.npy", b"\x93NUMPY\x09\x00", "cannot be read|version"),
        ("a.npz", b"PK\x03\x04 not a zip", "cannot be read"),
        ("a.parquet", b"PAR1....PAR1", "cannot be read"),
        ("a.safetensors", b"\xff" * 20, "cannot be read"),
        ("a.txt", b"1 2 3", "none of the formats"),
    ],
)
def test_broken_files_are_refused_and_run_nothing(tmp_path, name, content, said, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RequestError, match=said):
        open_arrays(tmp_path / name)
    assert not (tmp_path / "boom").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize(
    ("member", "content", "said"),
    [
        ("image.npy", npy((10**9, 10**6)), "claims an array"),
        ("image.npy", npy((3, 4), body=b"\0" * 40), "claims an array|cut short"),
        ("image.npy", npy((2,), "|O", pickle.dumps(Bomb())), "Python objects"),
        ("archive/data.pkl", pickle.dumps(Bomb()), "pickle"),
        ("readme.txt", b"hello", "without arrays"),
    ],
)
def test_broken_zip_members_are_refused(tmp_path, method, member, content, said):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr(member, content)
    with pytest.raises(RequestError, match=said):
        open_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize("write", [as_npz, as_compressed_npz, as_safetensors, as_parquet])
def test_a_truncated_file_is_refused_wherever_it_is_cut(tmp_path, write):
    path = write(tmp_path)
    whole = path.read_bytes()
    for kept in range(0, len(whole), max(1, len(whole) // 15)):
        path.write_bytes(whole[:kept])
        with pytest.raises(RequestError):
            open_arrays(path)


def test_an_archive_named_as_one_array_is_refused(tmp_path):
    (tmp_path / "img_emb").mkdir()
    np.savez(tmp_path / "a.npz", IMAGE)
    (tmp_path / "a.npz").rename(tmp_path / "img_emb" / "img_emb_0.npy")
    with pytest.raises(RequestError, match=r"one array in \.npy format; it holds \['arr_0'\]"):
        open_arrays(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(RequestError, match="no file"):
        open_arrays(tmp_path / "nope.npy")
    with pytest.raises(RequestError, match="holds no arrays"):
        open_arrays(tmp_path)


def test_vectors_of_unequal_length_in_parquet(tmp_path):
    write_lists(tmp_path / "a.parquet", {"image": [IMAGE[0], IMAGE[1, :2]]}, fixed=False)
    with pytest.raises(RequestError, match=r"different lengths: \[2, 4\]"):
        open_arrays(tmp_path / "a.parquet")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_damaged_compression_is_refused_wherever_it_is(tmp_path, method):
    path, file = tmp_path / "a.npz", io.BytesIO()
    np.save(file, np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32))
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("image.npy", file.getvalue())
    whole, refused = path.read_bytes(), 0
    for place in range(0, len(whole), 29):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 90]) + whole[place + 1 :])
        try:
            open_arrays(path)
        except RequestError:
            refused += 1
    assert refused > 20


def test_an_archive_is_refused_by_what_it_declares(tmp_path, monkeypatch):
    """Two members of 50 MB each, 100 kB on the disk: nothing is unfolded."""
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("image", "text"):
            archive.writestr(f"{name}.npy", npy((24_000, 512), body=bytes(24_000 * 512 * 4)))
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "open", None)
        with pytest.raises(RequestError, match=r"unfolds to 98,.* 60,000,000 .*--max-bytes"):
            open_arrays(path, max_bytes=60_000_000)
    with pytest.raises(RequestError, match=r"are zero|zero:"):
        open_arrays(path, max_bytes=200_000_000)


@pytest.mark.parametrize(
    "content",
    [
        npy((10**12,), "|S0"),
        npy((0, 10**30)),
        npy("(True, 2)", body=bytes(8)),
        npy("(1,) * 70", body=bytes(8)),
        npy("(" * 4000),
        npy((2, 2), "<U1000000000"),
        npy((2, 2), "<M8[s]", bytes(32)),
        npy((2, 2), "<f16", bytes(64)),
    ],
)
def test_headers_that_lie_are_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(RequestError, match=r"a\.npy"):
        open_arrays(tmp_path / "a.npy")


def test_a_name_too_long_to_look_up(tmp_path):
    with pytest.raises(RequestError, match="no file"):
        open_arrays("a/" * 2500 + "x.npz")


@pytest.mark.parametrize("names", [("0", "0"), ("0", "x")])
def test_shards_without_a_number_of_their_own_are_refused(tmp_path, names):
    (tmp_path / "img_emb").mkdir()
    for stem, number in zip(("img_emb_", "other_"), names, strict=True):
        np.save(tmp_path / "img_emb" / f"{stem}{number}.npy", IMAGE)
    with pytest.raises(RequestError, match="a number of its own"):
        open_arrays(tmp_path)


def test_the_length_of_a_header_makes_no_pickle_of_safetensors(tmp_path):
    header = json.dumps({"image": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}})
    content = header.ljust(128).encode()
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(content).to_bytes(8, "little") + content + vectors.tobytes())
    assert path.read_bytes().startswith(b"\x80")
    np.testing.assert_array_equal(read_arrays(path).arrays["image"], vectors)
