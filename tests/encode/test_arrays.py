"""Embeddings that someone already has come in whole, by every door, and broken ones do not."""

import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.encode.array_sides import row_ids
from isthmus.encode.arrays import load, open_arrays
from isthmus.store import write_table, write_tensors
from isthmus.types import ItemError, Links, RequestError

SHARED = Path(os.environ.get("ISTHMUS_SHARED", Path(__file__).parents[3] / "shared"))
COCO = SHARED / "data" / "clip_vitb16_coco500_pairs"
needs_coco = pytest.mark.skipif(
    not COCO.is_dir(), reason="the COCO pairs are not there: set ISTHMUS_SHARED"
)

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(5, 4)).astype(np.float32)
TEXT = RNG.normal(size=(5, 4)).astype(np.float32)


def cosines(a, b):
    return a.unit @ b.unit.T


@needs_coco
def test_the_real_pairs_have_their_known_geometry():
    bundle = open_arrays(COCO / "pairs.npz")
    image, text = bundle.sets["image"], bundle.sets["text"]
    assert image.space == text.space
    rows = Links.between(image, text, bundle.links)
    matched = cosines(image, text)[rows[:, 0], rows[:, 1]].mean()
    assert matched == pytest.approx(0.310, abs=5e-4)
    gap = np.linalg.norm(image.unit.mean(axis=0) - text.unit.mean(axis=0))
    assert gap == pytest.approx(0.851, abs=5e-4)
    assert isinstance(image.vectors, np.memmap)


@needs_coco
def test_the_side_file_names_the_real_pairs():
    bundle = open_arrays(COCO / "pairs.npz")
    first = json.loads((COCO / "items.json").read_text())[0]
    assert bundle.sets["image"].ids[0] == bundle.sets["text"].ids[0] == first["file"]
    assert bundle.captions[first["file"]] == first["caption"]
    assert len(bundle.captions) == 500
    assert sorted(path.name for path in bundle.pictures.values()) == sorted(
        path.name for path in (COCO / "images").iterdir()
    )


def as_npz(path):
    np.savez(path / "pairs.npz", image=IMAGE, text=TEXT)
    return path / "pairs.npz"


def as_compressed_npz(path):
    np.savez_compressed(path / "pairs.npz", img_emb=IMAGE, text_embeddings=TEXT)
    return path / "pairs.npz"


def as_safetensors(path):
    write_tensors(path / "pairs.safetensors", {"image": IMAGE, "text": TEXT}, {})
    return path / "pairs.safetensors"


def as_parquet(path):
    columns = {"image_embedding": list(IMAGE), "text_embedding": list(TEXT)}
    write_lists(path / "pairs.parquet", columns, fixed=False)
    return path / "pairs.parquet"


def as_fixed_parquet(path):
    write_lists(path / "pairs.parquet", {"image": list(IMAGE), "text": list(TEXT)}, fixed=True)
    return path / "pairs.parquet"


def as_folder(path):
    np.save(path / "images.npy", IMAGE)
    np.save(path / "texts.npy", TEXT)
    return path


def as_clip_retrieval(path):
    parts = [slice(0, 1), slice(1, 2), slice(2, 5)]
    # shard 10 comes after shard 9, though not in the alphabet
    for number, part in zip((9, 10, 11), parts, strict=True):
        for folder, array in (("img_emb", IMAGE), ("text_emb", TEXT)):
            (path / folder).mkdir(exist_ok=True)
            np.save(path / folder / f"{folder}_{number}.npy", array[part])
    return path


def write_lists(path, vectors, fixed, **columns):
    from arro3.core import Array, DataType, Table, fixed_size_list_array, list_array
    from arro3.io import write_parquet

    table = {name: Array(values, DataType.string()) for name, values in columns.items()}
    for name, rows in vectors.items():
        flat = Array(np.concatenate(rows))
        ends = np.cumsum([0, *map(len, rows)]).astype(np.int32)
        table[name] = (
            fixed_size_list_array(flat, len(rows[0])) if fixed else list_array(Array(ends), flat)
        )
    write_parquet(Table(table), path)


DOORS = [
    as_npz,
    as_compressed_npz,
    as_safetensors,
    as_parquet,
    as_fixed_parquet,
    as_folder,
    as_clip_retrieval,
]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_gives_the_same_two_sets(tmp_path, door):
    bundle = open_arrays(door(tmp_path))
    assert list(bundle.sets) == ["image", "text"]
    image, text = bundle.sets.values()
    np.testing.assert_array_equal(image.vectors, IMAGE)
    np.testing.assert_array_equal(text.vectors, TEXT)
    assert image.ids == text.ids == ("0", "1", "2", "3", "4")
    assert image.space == text.space
    assert bundle.links is None


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_are_mapped_whatever_their_float_type(tmp_path, dtype, order, zipped):
    array = np.asarray(IMAGE, dtype=dtype, order=order)
    path = tmp_path / ("image.npz" if zipped else "image.npy")
    if zipped:
        np.savez(path, image=array)
    else:
        np.save(path, array)
    vectors = open_arrays(path).sets["image"].vectors
    assert isinstance(vectors, np.memmap)
    assert vectors.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(vectors, array)
    looked_up = load(str(path))["image"].encode(["3", "0", 1])
    assert looked_up.dtype == np.float32
    np.testing.assert_array_equal(looked_up, array[[3, 0, 1]].astype(np.float32))


def test_ids_and_links_of_the_file_itself(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        image=IMAGE[:2],
        text=TEXT[:3],
        image_ids=np.array(["x", "y"]),
        text_ids=np.array([10, 11, 12]),
        links=np.array([["x", "10"], ["x", "11"], ["y", "12"]]),
    )
    bundle = open_arrays(tmp_path / "a.npz")
    assert bundle.sets["text"].ids == ("10", "11", "12")
    assert bundle.links.pairs == (("x", "10"), ("x", "11"), ("y", "12"))


def test_links_without_ids_are_row_numbers(tmp_path):
    links = np.array([[0, 0], [0, 1], [1, 2]])
    np.savez(tmp_path / "a.npz", image=IMAGE[:2], text=TEXT[:3], links=links)
    bundle = open_arrays(tmp_path / "a.npz")
    rows = bundle.links.rows(bundle.sets["image"], bundle.sets["text"])
    np.testing.assert_array_equal(rows, links)
    np.savez(tmp_path / "b.npz", image=IMAGE[:2], text=TEXT[:3], links=links + 1)
    with pytest.raises(RequestError, match=r"rows up to \[2, 3\].*\[2, 3\] rows"):
        open_arrays(tmp_path / "b.npz")


def test_safetensors_ids_stand_in_the_metadata(tmp_path):
    meta = {"image_ids": json.dumps(["p", "q"]), "ids": json.dumps(["u", "v"])}
    write_tensors(tmp_path / "a.safetensors", {"image": IMAGE[:2], "text": TEXT[:2]}, meta)
    sets = open_arrays(tmp_path / "a.safetensors").sets
    assert (sets["image"].ids, sets["text"].ids) == (("p", "q"), ("u", "v"))


def test_parquet_columns_name_the_rows(tmp_path):
    columns = {"id": list("abcde"), "caption": [f"the {name}" for name in "abcde"]}
    vectors = {"embedding": list(IMAGE.astype(np.float64))}
    write_lists(tmp_path / "captions.parquet", vectors, False, **columns)
    bundle = open_arrays(tmp_path / "captions.parquet")
    assert bundle.sets["text"].ids == tuple("abcde")
    assert bundle.captions["c"] == "the c"
    np.testing.assert_array_equal(bundle.sets["text"].vectors, IMAGE)


def test_clip_retrieval_metadata_name_the_rows(tmp_path):
    as_clip_retrieval(tmp_path)
    (tmp_path / "metadata").mkdir()
    (tmp_path / "2.jpg").write_bytes(b"picture")
    for number, part in ((9, [0]), (10, [1]), (11, [2, 3, 4])):
        columns = {
            "image_path": [f"{row}.jpg" for row in part],
            "caption": [f"caption {row}" for row in part],
        }
        write_table(tmp_path / "metadata" / f"metadata_{number}.parquet", columns)
    bundle = open_arrays(tmp_path)
    assert bundle.sets["image"].ids == ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg")
    assert bundle.captions["3.jpg"] == "caption 3"
    assert bundle.pictures == {"2.jpg": tmp_path / "2.jpg"}
    (tmp_path / "metadata" / "metadata_11.parquet").unlink()
    with pytest.raises(RequestError, match="the metadata describe 2 items"):
        open_arrays(tmp_path)


def test_a_missing_shard_is_named(tmp_path):
    as_clip_retrieval(tmp_path)
    (tmp_path / "img_emb" / "img_emb_10.npy").unlink()
    with pytest.raises(RequestError, match="shard 10 is missing"):
        open_arrays(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.json", json.dumps([{"key": k, "caption": k * 2} for k in "abcde"])),
        ("text.json", json.dumps({"id": list("abcde"), "text": [k * 2 for k in "abcde"]})),
        ("text.json", json.dumps({k: k * 2 for k in "abcde"})),
        ("text.csv", "id,caption\n" + "".join(f"{k},{k}{k}\n" for k in "abcde")),
        ("items.csv", "filename,title\n" + "".join(f'{k},"{k}{k}"\n' for k in "abcde")),
    ],
)
def test_side_files_give_ids_and_captions(tmp_path, name, content):
    np.save(tmp_path / "text.npy", TEXT)
    (tmp_path / name).write_text(content)
    bundle = open_arrays(tmp_path / "text.npy")
    assert bundle.sets["text"].ids == tuple("abcde")
    assert bundle.captions == {k: k * 2 for k in "abcde"}


def test_a_text_file_beside_holds_one_caption_a_line(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    (tmp_path / "text.txt").write_text("\n".join(f"line {row}" for row in range(5)) + "\n")
    assert open_arrays(tmp_path / "text.npy").captions["4"] == "line 4"


def test_a_side_file_of_another_length_is_not_ours(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    (tmp_path / "items.json").write_text(json.dumps([{"id": "a", "caption": "x"}]))
    bundle = open_arrays(tmp_path / "text.npy")
    assert bundle.sets["text"].ids[0] == "0"
    assert bundle.captions == {}


@given(st.lists(st.sampled_from(["a", "b", None, "", 3]), max_size=4))
def test_ids_are_taken_only_if_they_tell_all_rows_apart(values):
    found = row_ids({"id": values})
    distinct = len({str(value) for value in values}) == len(values)
    if distinct and values and not {None, ""} & set(values):
        assert found == tuple(map(str, values))
    else:
        assert found == ()


def test_a_declared_model_makes_files_comparable(tmp_path):
    np.save(tmp_path / "image.npy", IMAGE)
    np.save(tmp_path / "text.npy", TEXT)
    one, other = (load(f"{tmp_path / name}.npy") for name in ("image", "text"))
    assert one["image"].space != other["text"].space
    a = load(f"{tmp_path / 'image'}.npy?model=ViT-B-16")["image"].space
    b = open_arrays(tmp_path / "text.npy", model="ViT-B-16").sets["text"].space
    assert a == b
    assert a.name == "ViT-B-16"


def test_the_space_follows_the_content_not_the_name(tmp_path):
    for name, array in (("a", IMAGE), ("b", IMAGE), ("c", TEXT)):
        np.savez(tmp_path / f"{name}.npz", image=array)
    a, b, c = (open_arrays(tmp_path / f"{name}.npz").sets["image"].space for name in "abc")
    assert a == b
    assert a != c


def test_an_unknown_item_is_an_item_error(tmp_path):
    encoder = load(str(as_npz(tmp_path)))["image"]
    for item in ("5", 5, -1, 0.5):
        with pytest.raises(ItemError, match="keeps no image vector"):
            encoder.encode([item])


def test_other_keys_become_modalities_and_views_are_left_alone(tmp_path):
    np.savez(tmp_path / "a.npz", text=TEXT, audio=IMAGE, views=np.ones((5, 2, 4), np.float32))
    assert list(open_arrays(tmp_path / "a.npz").sets) == ["text", "audio"]


def broken(rows, row, value):
    rows = rows.copy()
    rows[row] = value
    return rows


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"image": IMAGE, "text": TEXT[:4]}, r"5 image, 4 text vectors.*image_ids, text_ids"),
        ({"image": IMAGE[0]}, r"\(n, d\).*shape \(4,\)"),
        ({"image": np.ones((5, 4), int)}, "type int64"),
        ({"image": np.empty((0, 4))}, r"shape \(0, 4\)"),
        ({"image": broken(IMAGE, [1, 3], np.nan)}, "2 not finite.*row 1, row 3"),
        ({"image": broken(IMAGE, (2, 0), np.inf)}, "1 not finite.*row 2"),
        ({"text": broken(TEXT, 4, 0), "image": IMAGE}, "5 text vectors, 1 zero: row 4"),
        ({"labels": np.arange(5)}, "holds no vectors"),
        ({"image": IMAGE, "image_ids": np.array(["a", "a", "b", "c", "d"])}, "'a' names more"),
        ({"image": IMAGE, "image_ids": np.array(["a"])}, "5 vectors and 1 ids"),
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
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff", "cannot be read"),
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


@pytest.mark.parametrize("door", [as_npz, as_compressed_npz, as_safetensors, as_parquet])
def test_a_truncated_file_is_refused_wherever_it_is_cut(tmp_path, door):
    path = door(tmp_path)
    whole = path.read_bytes()
    for kept in range(0, len(whole), max(1, len(whole) // 15)):
        path.write_bytes(whole[:kept])
        with pytest.raises(RequestError):
            open_arrays(path)


def test_nothing_there(tmp_path):
    with pytest.raises(RequestError, match="no file"):
        open_arrays(tmp_path / "nope.npy")
    with pytest.raises(RequestError, match="holds no arrays"):
        open_arrays(tmp_path)


def test_vectors_of_unequal_length_in_parquet(tmp_path):
    write_lists(tmp_path / "a.parquet", {"image": [IMAGE[0], IMAGE[1, :2]]}, fixed=False)
    with pytest.raises(RequestError, match=r"different lengths: \[2, 4\]"):
        open_arrays(tmp_path / "a.parquet")


def test_many_large_shards_are_joined_outside_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.encode.array_folders._IN_MEMORY", 0)
    vectors = open_arrays(as_clip_retrieval(tmp_path)).sets["image"].vectors
    assert isinstance(vectors, np.memmap)
    np.testing.assert_array_equal(vectors, IMAGE)
