"""Ids, captions and pictures come from the file itself or from a table beside it."""

import json

import numpy as np
import pytest
from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from isthmus.read.tables import open_table
from isthmus.read.vectors.bundles import open_arrays
from isthmus.read.vectors.side_tables import row_ids
from isthmus.store import write_tensors
from isthmus.types import RequestError
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


ODD = ["a\u2028b", "c\x0cd", "e\x85f", "g\x1ch", "i,j;k"]
"""Captions with characters that ``str.splitlines`` would cut at."""


def test_captions_keep_what_looks_like_a_line_break(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    (tmp_path / "text.txt").write_text("\n".join(ODD) + "\n", encoding="utf-8")
    assert [*open_arrays(tmp_path / "text.npy").captions.values()] == ODD
    (tmp_path / "text.txt").unlink()
    rows = "".join(f'k{row},"{caption}"\n' for row, caption in enumerate(ODD))
    (tmp_path / "text.csv").write_text("id,caption\n" + rows, encoding="utf-8")
    bundle = open_arrays(tmp_path / "text.npy")
    assert bundle.captions == {f"k{row}": caption for row, caption in enumerate(ODD)}
    assert not bundle.left_out


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["text.csv", "TEXT.CSV", "items.tsv"])
def test_a_side_table_is_read_as_any_sheet(tmp_path, mark, code, name):
    if name.endswith("tsv"):
        mark = "\t"
    np.save(tmp_path / "text.npy", TEXT)
    rows = [["ID", " Caption "], *([key, f'"é {key}{mark}x"'] for key in "abcde")]
    (tmp_path / name).write_bytes("\r\n".join(map(mark.join, rows)).encode(code))
    bundle = open_arrays(tmp_path / "text.npy")
    assert bundle.captions == {key: f"é {key}{mark}x" for key in "abcde"}


def test_a_side_table_may_have_cells_of_a_million_characters(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    rows = [["id", "caption", "path"], *([k, "y" * 1_000_000, "b/" * 2500] for k in "abcde")]
    (tmp_path / "text.csv").write_text("\n".join(map(",".join, rows)))
    bundle = open_arrays(tmp_path / "text.npy")
    assert len(bundle.captions["a"]) == 1_000_000
    assert bundle.pictures == {}


def test_what_lies_beside_and_is_not_used_is_named(tmp_path):
    np.savez(tmp_path / "a.npz", image=IMAGE, text=TEXT, views=np.ones((5, 2, 3)), n=np.ones(5))
    (tmp_path / "a.csv").write_text("id,caption\n" + "".join(f"{k},x\n" for k in "abcd"))
    (tmp_path / "items.csv").write_text("id,caption\na,x\nb\nc,x,y\nd,x\ne,x\n")
    bundle = open_arrays(tmp_path / "a.npz")
    assert bundle.sets["image"].ids == tuple("abcde")
    assert bundle.captions["b"] == ""
    assert set(bundle.left_out) == {"a.csv", "views", "items.csv:3", "items.csv:4"}
    assert "4 rows, and there are 5 vectors" in bundle.left_out["a.csv"]
    assert "(5, 2, 3)" in bundle.left_out["views"]


def test_other_arrays_in_a_folder_are_named(tmp_path):
    np.save(tmp_path / "image.NPY.npy", IMAGE)
    np.save(tmp_path / "text.npy", TEXT)
    np.savez(tmp_path / "more.npz", image=IMAGE)
    assert list(open_arrays(tmp_path).left_out) == ["more.npz"]


def test_names_that_are_no_unicode_are_escaped(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    rows = [{"id": f"{key}\ud83d", "caption": "x"} for key in "abcde"]
    (tmp_path / "text.json").write_text(json.dumps(rows))
    assert open_arrays(tmp_path / "text.npy").sets["text"].ids[0] == "a\\ud83d"
    ids = np.array([b"a", b"\xff", b"c", b"d", b"e"])
    np.savez(tmp_path / "b.npz", text=TEXT, text_ids=ids)
    assert open_arrays(tmp_path / "b.npz").sets["text"].ids[1] == "\\xff"


def test_a_json_a_line_is_a_side_table(tmp_path):
    np.save(tmp_path / "text.npy", TEXT)
    lines = (
        json.dumps({"id": key, "caption": f"{key}\u2028"}, ensure_ascii=False) for key in "abcde"
    )
    (tmp_path / "text.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert open_arrays(tmp_path / "text.npy").captions["c"] == "c\u2028"


def nested_texts():
    from arro3.core import list_array

    inner = list_array(
        Array(np.array([0, 2, 3, 4, 4, 6], np.int32)),
        Array(["a", "b", "c", "d", None, "e"], DataType.string()),
    )
    return list_array(Array(np.array([0, 2, 4, 4, 4, 5], np.int32)), inner)


def records(**fields):
    from arro3.core import struct_array

    kept = {name: Array(*some) for name, some in fields.items()}
    named = [one.field.with_name(name) for name, one in kept.items()]
    return struct_array(list(kept.values()), fields=named)


def beside(folder, kind, column):
    """A table of captions beside vectors of texts."""
    np.save(folder / "text.npy", TEXT)
    if kind == "parquet":
        write_parquet(ArrowTable({"caption": column}), folder / "text.parquet")
        return
    rows = [json.dumps({"caption": one}) for one in column.to_pylist()]
    content = "\n".join(rows) if kind == "jsonl" else f"[{','.join(rows)}]"
    (folder / f"text.{kind}").write_text(content)


@pytest.mark.parametrize("kind", ["parquet", "json", "jsonl"])
def test_captions_in_lists_of_lists_are_all_taken(tmp_path, kind):
    beside(tmp_path, kind, nested_texts())
    found = open_arrays(tmp_path / "text.npy").captions
    assert found == {"0": "a; b; c", "1": "d", "2": "", "3": "", "4": "e"}


STRINGS, DOUBLES = DataType.string(), DataType.float64()


@pytest.mark.parametrize("kind", ["parquet", "json", "jsonl"])
def test_of_a_record_its_one_text_is_the_caption(tmp_path, kind):
    scores, raw = (np.arange(5.0).tolist(), DOUBLES), (["a", None, "c", "d", "e"], STRINGS)
    beside(tmp_path, kind, records(score=scores, raw=raw))
    assert [*open_arrays(tmp_path / "text.npy").captions.values()] == ["a", "", "c", "d", "e"]


@pytest.mark.parametrize("kind", ["parquet", "json", "jsonl"])
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"en": (list("abcde"), STRINGS), "de": (list("abcde"), STRINGS)},
            "'en', 'de', of which 2",
        ),
        ({"score": (np.arange(5.0).tolist(), DOUBLES)}, "'score', of which 0"),
    ],
)
def test_records_without_one_text_are_refused_with_their_fields(tmp_path, kind, fields, said):
    beside(tmp_path, kind, records(**fields))
    with pytest.raises(RequestError, match=rf"column 'caption' .*{said}"):
        open_arrays(tmp_path / "text.npy")


@pytest.mark.parametrize("kind", ["parquet", "json", "jsonl"])
def test_a_column_without_any_caption_is_named_and_another_taken(tmp_path, kind):
    beside(tmp_path, kind, Array([None] * 5, STRINGS))
    bundle = open_arrays(tmp_path / "text.npy")
    assert bundle.captions == {}
    assert bundle.left_out == {"column 'caption'": "has no text in any row"}
    rows = [{"caption": None, "title": key} for key in "abcde"]
    (tmp_path / "text.json").write_text(json.dumps(rows))
    assert open_arrays(tmp_path / "text.npy").captions["1"] == "b"


@pytest.mark.parametrize(
    ("content", "captions"),
    [
        ("image;caption, with commas\n{0}.png;{0}, {0}\n", "{0}, {0}"),
        ("id,caption; comment | more\n{0},{0}; {0}\n", "{0}; {0}"),
        ("key|a, b, c|text\n{0}|1, 2|{0}\n", "{0}"),
        ("caption\n{0}, {0}, {0}\n", "{0}, {0}, {0}"),
    ],
)
def test_fields_stand_between_what_yields_known_names(tmp_path, content, captions):
    np.save(tmp_path / "text.npy", TEXT)
    header, row = content.split("\n", 1)
    (tmp_path / "text.csv").write_text(f"{header}\n" + "".join(map(row.format, "abcde")))
    table = open_table(tmp_path / "text.csv")
    assert not table.faults
    assert list(table.columns)[-1].split(",")[0] in ("caption", "caption; comment | more", "text")
    assert list(table.columns.values())[-1] == [captions.format(key) for key in "abcde"]


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["text.csv", "text.txt", "text.jsonl"])
def test_text_without_a_mark_is_known_by_its_nuls(tmp_path, code, name):
    np.save(tmp_path / "text.npy", TEXT)
    said = [f"é 🐕 {key}" for key in "abcde"]
    records = [json.dumps({"caption": one}, ensure_ascii=False) for one in said]
    lines = {".csv": ["caption", *said], ".txt": said, ".jsonl": records}
    (tmp_path / name).write_bytes("\n".join(lines[name[4:]]).encode(code))
    assert [*open_arrays(tmp_path / "text.npy").captions.values()] == said
