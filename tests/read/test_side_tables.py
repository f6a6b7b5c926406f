"""Ids, captions and pictures come from the file itself or from a table beside it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.read.vectors.bundles import open_arrays
from isthmus.read.vectors.side_tables import row_ids
from isthmus.store import write_tensors
from tests.read.array_files import IMAGE, TEXT, write_lists


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


def test_captions_of_one_picture_belong_to_all_its_rows(tmp_path):
    np.savez(tmp_path / "a.npz", image=IMAGE, text=TEXT)
    names = ["x.jpg", "x.jpg", "y.jpg", "x.jpg", "z.jpg"]
    rows = [{"file": name, "caption": str(row)} for row, name in enumerate(names)]
    (tmp_path / "a.json").write_text(json.dumps(rows))
    bundle = open_arrays(tmp_path / "a.npz")
    assert bundle.sets["image"].ids == ("0", "1", "2", "3", "4")
    same = {(str(a), str(b)) for a in range(5) for b in range(5) if names[a] == names[b]}
    assert set(bundle.links.pairs) == same
