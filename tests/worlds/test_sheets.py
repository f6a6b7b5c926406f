"""Tables of paths and captions: columns found or named, bad rows named, nothing shifted."""

import pytest

from isthmus.store import write_table
from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import open_world


def texts(world):
    return dict(zip(world.items["text"].ids, world.items["text"].payload, strict=True))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_columns_are_found(draw, tmp_path, mark, encoding):
    draw("imgs/ä.JPG", (1, 2, 3)), draw("imgs/b.png", (4, 5, 6))
    rows = [
        ["ID", " File_Name ", "Caption", "CLASS"],
        ["1", "ä.JPG", '"two\nlines, ""quoted"""', "x"],
        ["2", "b.png", "<script>alert(1)</script>", ""],
    ]
    file = tmp_path / "captions.csv"
    file.write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    world = open_world(images=tmp_path / "imgs", texts=file)
    check_world(world)
    assert texts(world) == {
        "ä.JPG#0": 'two\nlines, "quoted"',
        "b.png#0": "<script>alert(1)</script>",
    }
    assert world.factors == {"ä.JPG": {"label": "x"}, "ä.JPG#0": {"label": "x"}}
    assert not world.faults


def test_five_captions_of_a_picture_in_rows_or_in_one_list(draw, tmp_path):
    for number in range(3):
        draw(f"{number}.png", (number, 9, 9))
    said = [(f"{n}.png", f"caption {k} of {n}") for k in range(5) for n in range(3)]
    rows = ["path,text", *(f"{path},{text}" for path, text in said)]
    (tmp_path / "c.csv").write_text("\n".join(rows))
    lists = [[text for path, text in said if path == f"{n}.png"] for n in range(3)]
    write_table(tmp_path / "c.parquet", {"image": [f"{n}.png" for n in range(3)], "text": lists})
    a = open_world(texts=tmp_path / "c.csv")
    b = open_world(images=tmp_path / "c.parquet")
    for world in (a, b):
        check_world(world)
        assert len(world.links["image", "text"]) == 15
        assert texts(world)["2.png#4"] == "caption 4 of 2"
    assert texts(a) == texts(b)


def test_bad_rows_are_named_and_shift_nothing(draw, tmp_path):
    draw("d/a.png", (1, 1, 1)), draw("d/b.png", (2, 2, 2)), draw("secret.png", (3, 3, 3))
    lines = [
        "image,caption,label",
        "a.png,fine,x",
        "gone.png,missing,x",
        "../secret.png,outside,x",
        f"{tmp_path}/secret.png,absolute,x",
        "https://example.org/a.png,web,x",
        ",no picture,x",
        "b.png,too,many,fields",
        "",
        "b.png, ,y",
        "b.png,blank before,z",
        "a" * 400 + ".png,long name,x",
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    world = open_world(images=tmp_path / "d", texts=tmp_path / "t.csv")
    check_world(world)
    assert texts(world) == {"a.png#0": "fine", "b.png#0": "blank before"}
    faults = world.faults
    assert "is not in the folder d" in faults["gone.png"]
    assert "lies outside" in faults["../secret.png"]
    assert "lies outside" in faults[f"{tmp_path}/secret.png"]
    assert "web address" in faults["https://example.org/a.png"]
    assert faults["t.csv:7"] == "names no picture"
    assert faults["t.csv:8"] == "has 4 fields, the header 3"
    assert faults["b.png"] == "a caption is empty"
    assert faults["t.csv:11"] == "calls b.png 'z', an earlier row 'y'"
    assert "is not in" in faults["a" * 400 + ".png"]


def test_parquet_with_the_pictures_inside(draw, tmp_path):
    from arro3.core import Array, DataType, Field, Table, struct_array
    from arro3.io import write_parquet

    content = [draw("a.png", (1, 1, 1)).read_bytes(), draw("b.png", (2, 2, 2)).read_bytes()]
    write_table(tmp_path / "plain.parquet", {"image": content, "text": ["a", "b"]})
    binary, names = Array(content, DataType.binary()), Array(["a.png", None], DataType.string())
    fields = [Field("bytes", DataType.binary()), Field("path", DataType.string())]
    held = struct_array([binary, names], fields=fields)
    table = Table({"image": held, "text": Array(["a", "b"], DataType.string())})
    write_parquet(table, tmp_path / "struct.parquet")
    for name in ("plain.parquet", "struct.parquet"):
        world = open_world(images=tmp_path / name)
        check_world(world)
        assert world.items["image"].ids == (f"{name}:1", f"{name}:2")
        assert [item.rgb().getpixel((0, 0))[0] for item in world.items["image"]] == [1, 2]
        assert texts(world) == {f"{name}:1#0": "a", f"{name}:2#0": "b"}


def test_named_columns_and_labels_without_captions(draw, tmp_path):
    draw("a.png", (1, 1, 1)), draw("b.png", (2, 2, 2))
    (tmp_path / "t.tsv").write_text("wo\twas\na.png\tcat\nb.png\tdog\n")
    world = open_world(texts=tmp_path / "t.tsv", columns={"image": "wo", "label": "was"})
    check_world(world)
    assert "text" not in world.items
    assert world.factors["b.png"] == {"label": "dog"}
    for columns, message in (
        ({"image": "where"}, "no column 'where'; it has: wo, was"),
        ({"image": "wo"}, "no column of texts"),
        ({}, "no column of images.* it has: wo, was. Name that column so in the first line"),
        ({"picture": "wo"}, "given for image, text, label, split, not for 'picture'"),
    ):
        with pytest.raises(RequestError, match=message):
            open_world(texts=tmp_path / "t.tsv", columns=columns)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"path,text\na.png,caf\xe9", "not UTF-8 text .line 2"),
        (b'path,text\na.png,"never closed\n', "line 2, unexpected end of data"),
        (b"path,text\n", "No picture of t.csv can be used"),
        (b"path,text\ngone.png,x\n", "gone.png: is not in the folder"),
        (b"path,text\na\0.png,x\n", "lies outside"),
    ],
)
def test_unusable_tables_are_one_sentence(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(RequestError, match=message):
        open_world(texts=tmp_path / "t.csv")


def test_broken_parquet_and_missing_files(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(RequestError, match="not a whole Parquet file"):
        open_world(texts=tmp_path / "t.parquet")
    with pytest.raises(RequestError, match="There is no file"):
        open_world(images=tmp_path, texts=tmp_path / "none.csv")
    (tmp_path / "plain.txt").write_text("a caption\n")
    with pytest.raises(RequestError, match="which say whose captions they are"):
        open_world(images=tmp_path, texts=tmp_path / "plain.txt")
    with pytest.raises(RequestError, match="is no folder"):
        open_world(images=tmp_path / "plain.txt", texts=tmp_path / "plain.txt")


def test_a_split_column_splits_by_picture(draw, tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        draw(name, (ord(name[0]), 1, 1))
    (tmp_path / "t.csv").write_text(
        "file,caption,Split\na.png,one,train\na.png,two,\nb.png,three,test\n"
        "b.png,four,train\nc.png,five,\n"
    )
    world = open_world(texts=tmp_path / "t.csv")
    check_world(world)
    assert dict(world.split) == {
        "a.png": "train",
        "a.png#0": "train",
        "a.png#1": "train",
        "b.png": "test",
        "b.png#0": "test",
        "b.png#1": "test",
    }
    assert world.part("test").items["text"].ids == ("b.png#0", "b.png#1")
    assert world.faults["t.csv:5"] == "puts b.png into the split 'train', an earlier row 'test'"


@pytest.mark.parametrize(
    ("content", "caption"),
    [
        ("\r\n\r\npath,caption\r\na.png,red\r\n", "caption"),
        ("sep=;\npath;in, words\na.png;red\n", "in, words"),
        ("path\tin, words, or, so\na.png\tred\n", "in, words, or, so"),
    ],
)
def test_what_spreadsheets_put_before_and_into_the_header(draw, tmp_path, content, caption):
    draw("a.png")
    file = tmp_path / ("t.tsv" if "\t" in content else "t.csv")
    file.write_bytes(content.encode())
    assert texts(open_world(texts=file, columns={"text": caption})) == {"a.png#0": "red"}


def test_of_two_columns_of_one_name_the_first_counts(draw, tmp_path):
    draw("a.png")
    (tmp_path / "t.csv").write_text("path,caption,caption\na.png,first,second\n")
    assert texts(open_world(texts=tmp_path / "t.csv")) == {"a.png#0": "first"}


def test_paths_as_seen_from_above_with_backslashes_or_other_accents(draw, tmp_path):
    draw("photos/sub/a.png"), draw("photos/cafe\u0301.png", (1, 2, 3))
    rows = "path,caption\nphotos/sub/a.png,one\nsub\\a.png,two\ncaf\u00e9.png,three\n"
    (tmp_path / "t.csv").write_text(rows)
    world = open_world(images=tmp_path / "photos", texts=tmp_path / "t.csv")
    assert sorted(world.items["text"].payload) == ["one", "three", "two"]
    assert not world.faults


def test_captions_of_any_size_and_kind(draw, tmp_path):
    draw("a.png"), draw("b.png"), draw("c.png")
    long = "word " * 40_000
    (tmp_path / "t.csv").write_text(f"path,caption\na.png,{long}\n")
    assert texts(open_world(texts=tmp_path / "t.csv")) == {"a.png#0": long}
    captions = [["7"], ["seven", "eight"], []]
    write_table(tmp_path / "t.parquet", {"path": ["a.png", "b.png", "c.png"], "text": captions})
    found = texts(open_world(texts=tmp_path / "t.parquet"))
    assert found == {"a.png#0": "7", "b.png#0": "seven", "b.png#1": "eight"}
    write_table(tmp_path / "n.parquet", {"path": ["a.png"], "text": [7]})
    assert texts(open_world(texts=tmp_path / "n.parquet")) == {"a.png#0": "7"}


def test_a_quote_in_the_wrong_place_costs_its_rows_only(draw, tmp_path):
    for at, name in enumerate("abcdef"):
        draw(f"{name}.png", (at, 1, 1))
    rows = [
        "a.png,one",
        'b.png,"a "big" dog"',
        'c.png,"two\nlines"',
        'd.png,"open',
        'e.png,"shut" x',
    ]
    (tmp_path / "t.csv").write_text("\n".join(["file,caption", *rows, "f.png,six"]))
    world = open_world(texts=tmp_path / "t.csv")
    assert texts(world) == {"a.png#0": "one", "c.png#0": "two\nlines", "f.png#0": "six"}
    assert set(world.faults) == {"t.csv:3", "t.csv:6 to 7"}
    assert "a quote in it" in world.faults["t.csv:3"]


def test_captions_and_labels_may_be_bytes(draw, tmp_path):
    draw("a.png")
    columns = {"file": ["a.png"], "caption": ["é".encode()], "label": [b"cat\xff"]}
    write_table(tmp_path / "t.parquet", columns)
    world = open_world(texts=tmp_path / "t.parquet")
    assert texts(world) == {"a.png#0": "é"}
    assert world.factors["a.png"] == {"label": "cat\\xff"}


def test_a_text_too_long_to_be_a_label_is_named(draw, tmp_path):
    draw("a.png"), draw("b.png", (1, 1, 1))
    rows = [f"a.png,one,{'y' * 1_000_000}", "b.png,two,c\0"]
    (tmp_path / "t.csv").write_text("\n".join(["file,caption,label", *rows]))
    world = open_world(texts=tmp_path / "t.csv")
    assert {name: facts["label"] for name, facts in world.factors.items()} == {
        "b.png": "c",
        "b.png#0": "c",
    }
    assert world.faults == {"t.csv:2": "its label has 1,000,000 characters; at most 1,000 are read"}


def test_captions_in_records_and_nested_lists(draw, tmp_path):
    from arro3.core import Array, DataType, Table, list_array, struct_array
    from arro3.io import write_parquet

    draw("a.png"), draw("b.png", (1, 1, 1))
    files, words = (Array(some, DataType.string()) for some in (["a.png", "b.png"], ["one", None]))
    languages = Array(["en", "de"], DataType.string())
    scores = Array([0.5, None], DataType.float64())

    def opened(caption):
        write_parquet(Table({"file": files, "caption": caption}), tmp_path / "t.parquet")
        return open_world(texts=tmp_path / "t.parquet")

    def record(**parts):
        fields = [part.field.with_name(name) for name, part in parts.items()]
        return struct_array(list(parts.values()), fields=fields)

    world = opened(record(raw=words, score=scores))
    assert texts(world) == {"a.png#0": "one"}
    with pytest.raises(RequestError, match=r"t\.parquet is a record .*'raw', 'language', .* 2"):
        opened(record(raw=words, language=languages))
    ends = Array([0, 1, 2], DataType.int32())
    assert texts(opened(list_array(ends, list_array(ends, words)))) == {"a.png#0": "one"}
    world = opened(Array([None, None], DataType.string()))
    assert "text" not in world.items
    assert world.faults["t.parquet: caption"].startswith("has no text in any row: --texts")


def test_a_label_that_is_no_text_is_named(draw, tmp_path):
    draw("a.png"), draw("b.png", (1, 1, 1))
    columns = {"file": ["a.png", "b.png"], "caption": ["one", "two"], "label": [["x"], ["y", "z"]]}
    write_table(tmp_path / "t.parquet", columns)
    world = open_world(texts=tmp_path / "t.parquet")
    assert not world.factors
    assert world.faults["t.parquet:1"] == "its label is no text"


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_table_in_another_encoding_without_a_mark(draw, tmp_path, code):
    draw("a.png")
    (tmp_path / "t.csv").write_bytes("file;caption, in words\na.png;a dog, running\n".encode(code))
    world = open_world(texts=tmp_path / "t.csv", columns={"text": "caption, in words"})
    assert texts(world) == {"a.png#0": "a dog, running"}
