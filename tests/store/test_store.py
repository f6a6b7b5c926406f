"""What is written comes back; what is broken is refused in one sentence."""

import errno
import json
import struct
from functools import partial

import numpy as np
import pytest
from arro3.core import Array, DataType, list_array, struct_array
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet

from isthmus.arrays import pieces
from isthmus.store import (
    atomic,
    read_table,
    read_tensors,
    read_vectors,
    slug,
    write_json,
    write_table,
    write_tensors,
)


def test_tensors_come_back_mapped_and_equal(tmp_path):
    arrays = {"vectors": np.arange(12, dtype=np.float32).reshape(3, 4), "h": np.ones(2, np.float16)}
    write_tensors(tmp_path / "a.safetensors", arrays, {"note": "ü"})
    found, meta = read_tensors(tmp_path / "a.safetensors")
    assert isinstance(found["vectors"], np.memmap)
    assert meta == {"note": "ü"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_equal_input_gives_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_tensors(tmp_path / name, {"x": np.ones(3, np.float32)}, {"k": "v"})
        write_table(tmp_path / f"{name}.parquet", {"id": ["1", "2"], "n": [1, 2]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_lying_header_is_refused(tmp_path):
    header = {"x": {"dtype": "F32", "shape": [1_000_000_000], "data_offsets": [0, 4]}}
    text = json.dumps(header).encode()
    (tmp_path / "lie").write_bytes(struct.pack("<Q", len(text)) + text + b"1234")
    with pytest.raises(ValueError, match="claims 4000000000 bytes"):
        read_tensors(tmp_path / "lie")
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(ValueError, match="not a safetensors file"):
        read_tensors(tmp_path / "short")


def test_tables_come_back(tmp_path):
    columns = {
        "id": ["a", "b", "c"],
        "image": [b"\x00", b"", b"xyz"],
        "words": [["p", "q"], [], ["r"]],
        "n": [1, 2, None],
        "x": [0.5, None, 2.0],
        "ok": [True, False, True],
    }
    write_table(tmp_path / "t.parquet", columns)
    assert read_table(tmp_path / "t.parquet") == columns
    assert read_table(tmp_path / "t.parquet", ["n"]) == {"n": [1, 2, None]}
    with pytest.raises(ValueError, match="no column 'z'"):
        read_table(tmp_path / "t.parquet", ["z"])


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"hello, not a table", b"PAR1" + b"\xff" * 30 + b"PAR1"]
)
def test_a_broken_table_is_refused(tmp_path, content):
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"t\.parquet"):
        read_table(tmp_path / "t.parquet")


def test_a_failed_write_leaves_the_old_file_and_no_part(tmp_path):
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(RuntimeError), atomic(tmp_path / "a.json") as part:
        part.write_text("half")
        raise RuntimeError
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "header",
    [
        [1],
        {"__metadata__": 3},
        {"x": 5},
        {"x": {"dtype": "F32", "shape": [2]}},
        {"x": {"dtype": ["F32"], "shape": [2], "data_offsets": [0, 8]}},
        {"x": {"dtype": "F32", "shape": [2.0], "data_offsets": [0, 8]}},
        {"x": {"dtype": "F32", "shape": [2], "data_offsets": ["0", "8"]}},
        {"x": {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}},
    ],
)
def test_a_header_of_any_form_is_refused_in_one_sentence(tmp_path, header):
    text = json.dumps(header).encode()
    (tmp_path / "odd").write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    with pytest.raises(ValueError, match=r"not a safetensors file|claims"):
        read_tensors(tmp_path / "odd")


def test_a_full_disk_is_told_as_what_it_is_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    monkeypatch.setattr("isthmus.store.tensors.pieces", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_tensors(tmp_path / "a.safetensors", {"x": np.ones(2)}, {})
    assert caught.value.errno == 28
    assert list(tmp_path.iterdir()) == []


def test_tensors_are_written_as_the_safetensors_package_writes_them(tmp_path, monkeypatch):
    from safetensors.numpy import save_file

    monkeypatch.setattr("isthmus.store.tensors.pieces", partial(pieces, size=16))
    arrays = {
        "vectors": np.arange(12, dtype="f4").reshape(3, 4),
        "turned": np.asfortranarray(np.arange(12, dtype="f2").reshape(3, 4)),
        **{kind: np.arange(3).astype(kind) for kind in ("f8", "i8", "i4", "u1", "?")},
        "none": np.zeros((0, 4), dtype="f4"),
    }
    for meta in ({"isthmus": '{"name": "\u00e9 \u2028"}'}, {}):
        write_tensors(tmp_path / "ours", arrays, meta)
        save_file(
            {k: np.ascontiguousarray(v) for k, v in arrays.items()}, tmp_path / "theirs", meta
        )
        assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    swapped = {"x": np.arange(3, dtype=">f4"), "one": np.array(2.5)}
    write_tensors(tmp_path / "ours", swapped, {})
    back = read_tensors(tmp_path / "ours")[0]
    assert back["x"].tolist() == [0, 1, 2] and back["one"].tolist() == 2.5
    with pytest.raises(ValueError, match="'c' has type complex64"):
        write_tensors(tmp_path / "ours", {"c": np.ones(2, "c8")}, {})


def test_a_damaged_footer_is_one_sentence_and_nothing_else(tmp_path, capfd):
    path = tmp_path / "a.parquet"
    write_table(path, {"id": [str(number) for number in range(100)]})
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole) - 60, len(whole) - 8):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            read_table(path)
        except ValueError:
            refused += 1
    assert refused > 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("openclip:ViT-B-32/laion2b_s34b", "openclip-ViT-B-32-laion2b_s34b"),
        ("arrays:/data/été.npz", "arrays--data-été.npz"),
        ("-a b-", "a-b"),
        ("..", "unnamed"),
        ("///", "unnamed"),
    ],
)
def test_any_text_names_a_folder(text, name):
    assert slug(text) == name


def test_a_table_that_unfolds_to_too_much_is_refused(tmp_path):
    """Runs and dictionaries unfold to any size, whatever the file declares."""
    rows = 40_000
    words = list_array(np.arange(rows + 1, dtype=np.int32) * 8, np.ones(8 * rows, np.float32))
    made = {
        "texts": Array(["x" * 1000] * rows, DataType.string()),
        "flags": Array([True] * (2 * rows), DataType.bool()),
        "vectors": words,
    }
    for name, column in made.items():
        path = tmp_path / f"{name}.parquet"
        write_parquet(ArrowTable({name: column}), path, compression="zstd(9)")
        assert path.stat().st_size < 60_000
        with pytest.raises(ValueError, match=r"more than 1,000,000 bytes .* --max-bytes"):
            read_table(path, max_bytes=1_000_000)
        with pytest.raises(ValueError, match="more than 1,000,000 bytes"):
            read_vectors(path, max_bytes=1_000_000)
        assert len(read_table(path, max_bytes=100_000_000)[name]) == len(column)


def test_a_table_within_the_limit_is_read(tmp_path):
    write_table(tmp_path / "a.parquet", {"id": ["a", "b"]})
    assert read_table(tmp_path / "a.parquet", max_bytes=1000) == {"id": ["a", "b"]}


def test_damaged_pages_end_no_process_and_say_nothing_else(tmp_path, capfd):
    """In some of them the reader panics where nothing can be caught."""
    path, rng = tmp_path / "a.parquet", np.random.default_rng(0)
    columns = {"id": [str(n) for n in range(100)], "n": list(range(100)), "w": [["a", "b"]] * 100}
    write_table(path, columns)
    whole, refused = path.read_bytes(), 0
    for place in rng.integers(4, len(whole) - 8, 25):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            read_table(path)
        except ValueError as error:
            assert "damaged" in str(error)
            refused += 1
    assert refused > 5
    assert capfd.readouterr().err == ""


FLAT = np.arange(24, dtype=np.float32)


def nested(each):
    """Lists of ``each`` lists of four numbers."""
    inner = list_array(np.arange(0, 25, 4, dtype=np.int32), FLAT)
    return list_array(np.arange(0, 7, each, dtype=np.int32), inner)


def record():
    named = {"vector": nested(1), "caption": Array(list("abcdef"), DataType.string())}
    fields = [Array(part).field.with_name(name) for name, part in named.items()]
    return struct_array(list(named.values()), fields=fields)


def view():
    plain = list_array(np.arange(0, 25, 4, dtype=np.int32), FLAT)
    return plain.cast(DataType.list_view(plain.type.value_field))


@pytest.mark.parametrize(
    ("column", "name", "shape"),
    [
        (view(), "image", (6, 4)),
        (nested(1), "image", (6, 4)),
        (nested(2), "image", (3, 2, 4)),
        (record(), "image.vector", (6, 4)),
    ],
)
def test_vectors_are_found_in_columns_of_any_nesting(tmp_path, column, name, shape):
    write_parquet(ArrowTable({"image": column}), tmp_path / "a.parquet")
    found = read_vectors(tmp_path / "a.parquet")
    np.testing.assert_array_equal(found.arrays[name], FLAT.reshape(shape))
    assert found.left_out == {}
    if name == "image.vector":
        assert found.columns == {"image.caption": list("abcdef")}
    assert read_table(tmp_path / "a.parquet")["image"][0] is not None


def test_a_column_that_is_no_vectors_is_named(tmp_path):
    uneven = list_array(np.array([0, 1, 6], np.int32), nested(1))
    whole = list_array(np.array([0, 2, 4], np.int32), np.arange(4))
    columns = {"uneven": uneven, "whole": whole, "words": Array(["a", "b"], DataType.string())}
    write_parquet(ArrowTable(columns), tmp_path / "a.parquet")
    found = read_vectors(tmp_path / "a.parquet")
    assert set(found.left_out) == {"uneven", "whole"}
    assert "Int64" in found.left_out["whole"]
    assert found.columns["words"] == ["a", "b"]


def test_a_dictionary_is_read_without_a_copy_a_row(tmp_path):
    words = Array(["one", None, "one", "two"], DataType.string())
    column = words.cast(DataType.dictionary(DataType.int32(), DataType.string()))
    write_parquet(ArrowTable({"a": column}), tmp_path / "a.parquet")
    found = read_table(tmp_path / "a.parquet")["a"]
    assert found == ["one", None, "one", "two"]
    assert found[0] is found[2]


def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path):
    write_json(tmp_path / "a.json", {"caption": "cat \ud83d"})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == {
        "caption": "cat \ud83d"
    }


def test_half_a_surrogate_pair_in_a_table_is_shown_by_its_number(tmp_path):
    columns = {"id": ["a\ud83d", None, "é"], "words": [["\udfff"], [], ["x"]]}
    write_table(tmp_path / "t.parquet", columns)
    found = read_table(tmp_path / "t.parquet")
    assert found == {"id": ["a\\ud83d", None, "é"], "words": [["\\udfff"], [], ["x"]]}


def test_a_long_text_names_a_folder_of_its_own():
    names = {slug("x" * 5000), slug("x" * 5001), slug("é" * 5000)}
    assert len(names) == 3
    assert all(len(name.encode()) <= 150 for name in names)


def test_arrays_that_overlap_or_leave_holes_are_no_safetensors(tmp_path):
    def written(entries, size, meta=None):
        header = {
            name: {"dtype": "F32", "shape": shape, "data_offsets": ends}
            for name, (shape, ends) in entries.items()
        }
        header |= {"__metadata__": meta} if meta is not None else {}
        text = json.dumps(header).encode()
        path = tmp_path / "a.safetensors"
        path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
        return path

    whole = {"a": ([2], [0, 8]), "b": ([1], [8, 12]), "none": ([0], [12, 12])}
    assert set(read_tensors(written(whole, 12))[0]) == {"a", "b", "none"}
    for entries, size, said in (
        ({"a": ([2], [0, 8]), "b": ([2], [0, 8])}, 8, "overlap"),
        ({"a": ([2], [0, 8]), "b": ([1], [12, 16])}, 16, "hole"),
        (whole, 20, "8 bytes behind"),
        ({"a": ([True, 2], [0, 8])}, 8, "does not describe"),
    ):
        with pytest.raises(ValueError, match=said):
            read_tensors(written(entries, size))
    for meta in ({"isthmus": 5}, {"isthmus": None}, {"isthmus": []}, {"isthmus": {}}):
        with pytest.raises(ValueError, match="metadata are no texts"):
            read_tensors(written(whole, 12, meta))
