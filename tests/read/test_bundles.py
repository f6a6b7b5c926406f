"""Embeddings that someone already has come in whole, from every kind of file."""

import json
import warnings
import zipfile

import numpy as np
import pytest

from isthmus.encode.arrays import load
from isthmus.lab import save
from isthmus.lab.keeping import export_set
from isthmus.read.vectors.bundles import open_arrays
from isthmus.store import write_table
from isthmus.types import Links, RequestError
from tests.read.array_files import IMAGE, KINDS, TEXT, as_clip_retrieval, as_npz, write_lists


def cosines(a, b):
    return a.unit @ b.unit.T


def test_the_real_pairs_have_their_known_geometry(shared_data):
    coco = shared_data / "clip_vitb16_coco500_pairs"
    bundle = open_arrays(coco / "pairs.npz")
    image, text = bundle.sets["image"], bundle.sets["text"]
    assert image.space == text.space
    rows = Links.between(image, text, bundle.links)
    matched = cosines(image, text)[rows[:, 0], rows[:, 1]].mean()
    assert matched == pytest.approx(0.310, abs=5e-4)
    gap = np.linalg.norm(image.unit.mean(axis=0) - text.unit.mean(axis=0))
    assert gap == pytest.approx(0.851, abs=5e-4)
    assert isinstance(image.vectors, np.memmap)


def test_the_side_file_names_the_real_pairs(shared_data):
    coco = shared_data / "clip_vitb16_coco500_pairs"
    bundle = open_arrays(coco / "pairs.npz")
    first = json.loads((coco / "items.json").read_text())[0]
    assert bundle.sets["image"].ids[0] == bundle.sets["text"].ids[0] == first["file"]
    assert bundle.captions[first["file"]] == first["caption"]
    assert len(bundle.captions) == 500
    assert sorted(path.name for path in bundle.pictures.values()) == sorted(
        path.name for path in (coco / "images").iterdir()
    )


@pytest.mark.parametrize("write", KINDS)
def test_every_kind_of_file_gives_the_same_two_sets(tmp_path, write):
    bundle = open_arrays(write(tmp_path))
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


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_version_of_npy_is_read(tmp_path, version, zipped):
    path = tmp_path / "image.npy"
    with path.open("wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy advises against the newer ones
        np.lib.format.write_array(file, IMAGE, version)
    if zipped:
        with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "image.npy")
        path = tmp_path / "a.npz"
    np.testing.assert_array_equal(open_arrays(path).sets["image"].vectors, IMAGE)


def test_bfloat16_is_widened_exactly(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    image = torch.from_numpy(IMAGE).to(torch.bfloat16)
    ids = torch.arange(5).to(torch.uint32)
    save_file({"image": image, "image_ids": ids}, tmp_path / "a.safetensors")
    for limit in (1 << 28, 0):
        monkeypatch.setattr("isthmus.arrays.IN_MEMORY", limit)
        found = open_arrays(tmp_path / "a.safetensors").sets["image"]
        assert found.vectors.dtype == np.float32
        assert isinstance(found.vectors, np.memmap) == (not limit)
        np.testing.assert_array_equal(found.vectors, image.float().numpy())
        assert found.ids == tuple("01234")


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


def test_many_large_shards_are_joined_outside_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("isthmus.arrays.IN_MEMORY", 0)
    vectors = open_arrays(as_clip_retrieval(tmp_path)).sets["image"].vectors
    assert isinstance(vectors, np.memmap)
    np.testing.assert_array_equal(vectors, IMAGE)


@pytest.mark.parametrize("limit", [1 << 28, 0])
def test_parquet_shards_of_a_folder_lie_one_below_the_other(tmp_path, monkeypatch, limit):
    monkeypatch.setattr("isthmus.arrays.IN_MEMORY", limit)
    for number, part in enumerate((slice(0, 1), slice(1, 2), slice(2, 5))):
        named = {"key": list("abcde")[part], "caption": [f"the {k}" for k in "abcde"[part]]}
        vectors = {"image_emb": list(IMAGE[part]), "text_emb": list(TEXT[part])}
        write_lists(
            tmp_path / f"{number:05d}.parquet", vectors, number == 1, url=named["key"], **named
        )
    np.savez(tmp_path / "more.npz", image=IMAGE)
    (tmp_path / "00000.tar").write_bytes(b"pictures")
    bundle = open_arrays(tmp_path)
    image, text = bundle.sets.values()
    np.testing.assert_array_equal(image.vectors, IMAGE)
    np.testing.assert_array_equal(text.vectors, TEXT)
    assert isinstance(image.vectors, np.memmap) == (limit == 0)
    assert image.ids == text.ids == tuple("abcde")
    assert bundle.captions["e"] == "the e"
    assert list(bundle.left_out) == ["more.npz"]


def test_parquet_shards_that_do_not_fit_together_are_refused(tmp_path):
    write_lists(tmp_path / "0.parquet", {"image": list(IMAGE)}, True, id=list("abcde"))
    write_lists(tmp_path / "1.parquet", {"image": list(IMAGE)}, True, url=list("abcde"))
    assert set(open_arrays(tmp_path).left_out) == {"id", "url"}
    write_lists(tmp_path / "1.parquet", {"text": list(IMAGE)}, True, id=list("abcde"))
    with pytest.raises(RequestError, match=r"1\.parquet .*\['text'\].*\['image'\].*same columns"):
        open_arrays(tmp_path)
    write_lists(tmp_path / "1.parquet", {"image": list(TEXT[:, :3])}, True, id=list("fghij"))
    with pytest.raises(RequestError, match="same d"):
        open_arrays(tmp_path)
    (tmp_path / "1.parquet").rename(tmp_path / "text.parquet")
    (tmp_path / "0.parquet").rename(tmp_path / "image.parquet")
    with pytest.raises(RequestError, match=r"several modalities.*img_emb_0\.npy.*Parquet shards"):
        open_arrays(tmp_path)


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


def test_other_keys_become_modalities_and_views_are_left_alone(tmp_path):
    np.savez(tmp_path / "a.npz", text=TEXT, audio=IMAGE, views=np.ones((5, 2, 4), np.float32))
    assert list(open_arrays(tmp_path / "a.npz").sets) == ["text", "audio"]


def test_saved_sets_come_back_as_they_were(tmp_path):
    sets = open_arrays(as_npz(tmp_path), model="a model").sets
    for modality, some in sets.items():
        save(some, tmp_path / "run" / modality)
    one = open_arrays(tmp_path / "run" / "text").sets
    both = open_arrays(tmp_path / "run").sets
    assert list(one) == ["text"]
    assert list(both) == ["image", "text"]
    for modality, some in both.items():
        np.testing.assert_array_equal(some.vectors, sets[modality].vectors)
        assert (some.space, some.ids) == (sets[modality].space, sets[modality].ids)
        assert isinstance(some.vectors, np.memmap)
    save(sets["text"], tmp_path / "run" / "copy")
    with pytest.raises(RequestError, match="several saved sets of text"):
        open_arrays(tmp_path / "run")


@pytest.mark.parametrize("name", ["image.parquet", "folder"])
def test_what_isthmus_exports_is_read(tmp_path, name):
    image = open_arrays(as_npz(tmp_path)).sets["image"]
    found = open_arrays(export_set(image, tmp_path / "out" / name)).sets["image"]
    np.testing.assert_allclose(found.unit, image.unit, atol=1e-3 if name == "folder" else 1e-7)
    assert found.ids == image.ids
