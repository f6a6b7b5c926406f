"""Whatever is large prints in one short line, and becomes arrays, rows and tables."""

import dataclasses
import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import isthmus
from isthmus.records import LINE, dataclass, short
from isthmus.studies.shared import RunResult
from isthmus.types import EmbeddingSet, Items, Links, RequestError, Result, Subspace, World
from tests.toys import toy_set

MANY = 100_000
NUMBERS = (bool, int, float, int | None, float | None)
LARGE = {
    "text": "word " * MANY,
    "lines": "a\nb" * MANY,
    "list": ["word"] * MANY,
    "names": tuple(map(str, range(MANY))),
    "dict": dict.fromkeys(map(str, range(MANY)), "x"),
    "array": np.zeros((MANY, 4)),
    "nested": {"a": [["word"] * MANY] * 2, "b": np.zeros(MANY), "c": ("x" * MANY, b"y" * MANY)},
    "records": [Items("text", ("a",), ["word" * MANY])] * 3,
    "items": Items("text", tuple(map(str, range(MANY))), ["w"] * MANY),
    "world": World("w" * MANY, {"text": Items("text", (), [])}, factors={"a": {"b": "c" * MANY}}),
}


def records():
    """Every dataclass of ours."""
    found = {}
    for module in pkgutil.walk_packages(isthmus.__path__, "isthmus."):
        if module.name.endswith("__main__"):
            continue
        try:
            opened = importlib.import_module(module.name)
        except ModuleNotFoundError:  # an extra that is not installed
            continue
        for _, kind in inspect.getmembers(opened, dataclasses.is_dataclass):
            if inspect.isclass(kind) and kind.__module__ == module.name:
                found[f"{module.name}.{kind.__qualname__}"] = kind
    return found


def holding(kind, value):
    made = object.__new__(kind)
    made.__dict__.update({field.name: value for field in dataclasses.fields(kind)})
    return made


def test_every_record_that_may_hold_much_prints_in_one_short_line():
    # these print what they hold: see below, and studies/test_notebook.py
    own = (Result, RunResult, EmbeddingSet, Items, World, Links, Subspace)
    kinds = {name: kind for name, kind in records().items() if not issubclass(kind, own)}
    assert len(kinds) > 200
    long = {
        f"{name} of {what}"
        for name, kind in kinds.items()
        for what, value in LARGE.items()
        if not all(field.type in NUMBERS for field in dataclasses.fields(kind))
        and _length(kind, value) > LINE
    }
    assert long == set(), "isthmus.records.dataclass keeps their lines short"


def test_large_sets_items_links_worlds_and_subspaces_print_in_one_short_line():
    names = tuple(f"{row:09}" * 100 for row in range(2_000))
    items = Items("text", names, ["word" * 100] * 2_000)
    facts = {key: {"a": "b" * 1000} for key in names}
    same = Links(zip(names, names, strict=True))
    large = [
        toy_set(np.ones((2_000, 8)), ids=names),
        items,
        World("glyphs", {"text": items}, {("text", "text"): same}, facts),
        same,
        Subspace(np.eye(500), np.ones(500)),
    ]
    assert [len(repr(some)) < 200 and "\n" not in repr(some) for some in large] == [True] * 5
    assert repr(large[2]) == "World('glyphs': 2000 of text)"
    assert repr(items[:2]).startswith("Items(2 of 'text', the first '000000000000")


def _length(kind, value):
    text = repr(holding(kind, value))
    return MANY if "\n" in text else len(text)


def test_a_record_names_what_it_holds():
    @dataclass(frozen=True)
    class Base:
        rows: tuple
        name: str = ""

    @dataclasses.dataclass(frozen=True)
    class Plain:
        rows: np.ndarray

    assert repr(Base((1, 2))).endswith("Base(rows=(1, 2))")
    assert repr(Base(tuple(range(9)), "x")).endswith("Base(rows=tuple of 9, name='x')")
    assert short(Base((np.zeros((2, 3)),))).endswith("Base(rows=(float64 (2, 3)))")
    assert len(short(Plain(np.zeros(1000)))) < 200


def test_a_result_of_another_package_prints_its_value_and_not_its_arrays():
    @dataclasses.dataclass(frozen=True, eq=False)
    class Theirs(Result):
        cloud: np.ndarray | None = None

    found = Theirs("spread", 0.5, 9, cloud=np.zeros(10_000))
    assert repr(found) == "Theirs(spread 0.500, no null (not declared) (n=9))"
    html = found._repr_html_()
    assert html.count("<img") == 1 and "spread 0.500" in html
    assert "&lt;i&gt;" in (said := Theirs("<i>", 1.0, 2)._repr_html_()) and "<i>" not in said


def test_plot_makes_axes_where_none_are_given():
    from matplotlib import pyplot

    axes = Result("spread", 0.5, 9).plot()
    assert axes.has_data() and axes.figure.number in pyplot.get_fignums()
    pyplot.close(axes.figure)
    before = pyplot.get_fignums()
    Result("spread", 0.5, 9)._repr_html_()
    assert pyplot.get_fignums() == before  # a notebook would show it twice


def test_a_set_is_an_array():
    some = toy_set(np.eye(3) * 2, ids=("x", "y", "z"))
    np.testing.assert_array_equal(np.asarray(some), np.eye(3) * 2)
    assert np.asarray(some).dtype == np.float32
    assert np.asarray(some, dtype=np.float64).dtype == np.float64
    assert np.shares_memory(np.asarray(some), some.vectors)
    assert not np.shares_memory(np.array(some), some.vectors)


def test_a_set_is_indexed_by_id_row_slice_mask_and_list():
    some = toy_set(np.arange(12.0).reshape(4, 3) + 1, ids=("w", "x", "y", "z"))
    np.testing.assert_array_equal(some["y"], [7, 8, 9])
    np.testing.assert_array_equal(some[-1], some["z"])
    np.testing.assert_array_equal(some[np.int64(1)], some["x"])
    assert some[1:3].ids == ("x", "y")
    assert some[::-1].ids == ("z", "y", "x", "w")
    assert some[["z", 0, "x"]].ids == ("z", "w", "x")
    assert some[np.array([3, 1])].ids == ("z", "x")
    assert some[np.asarray(some)[:, 0] > 5].ids == ("y", "z")
    assert some[[]].ids == () and some[[]].space == some.space
    np.testing.assert_array_equal(some[["z", "w"]].vectors, [[10, 11, 12], [1, 2, 3]])
    np.testing.assert_array_equal([*some], some.vectors)
    assert "x" in some and "q" not in some and 1 not in some
    with pytest.raises(RequestError, match="No image vector is called 'q'"):
        some["q"]
    with pytest.raises(RequestError, match="mask of 4 image vectors cannot have 2"):
        some[[True, False]]
    for wrong in (4, -5, 1.0, True, None):
        with pytest.raises((IndexError, TypeError), match="Wanted"):
            some[wrong]


def test_items_are_indexed_and_iterated_like_sets():
    items = Items("text", ("a", "b", "c"), ["one", "two", "three"])
    assert (items["b"], items[0], items[-1]) == ("two", "one", "three")
    assert [*items] == ["one", "two", "three"]
    assert items[1:].ids == ("b", "c") and items[["c", "a"]].payload == ["three", "one"]
    with pytest.raises(RequestError, match="No text item is called 'q'"):
        items["q"]
    with pytest.raises(IndexError, match="row of the 3 text items, not 3"):
        items[3]


def test_sets_items_and_worlds_become_tables():
    from arro3.core import Table

    some = toy_set(np.eye(3) * 2, ids=("x", "y", "z"))
    columns = some.to_table()
    assert isinstance(columns, dict) and columns["id"] == ["x", "y", "z"]
    np.testing.assert_array_equal(np.stack(columns["vector"]), np.eye(3) * 2)
    table = Table.from_arrow(columns)
    assert table["vector"].to_pylist() == (np.eye(3) * 2).tolist()
    assert "FixedSizeList(3" in str(table.schema)
    assert repr(columns) == "Columns(3 rows of id, vector)"
    items = Items("text", ("a", "b"), ["one", "two"])
    assert items.to_table() == {"id": ["a", "b"], "text": ["one", "two"]}
    facts = {"a": {"n": 3, "odd": True}, "b": {"n": 4, "odd": "?"}}
    world = World("toy", {"text": items}, factors=facts, split={"a": "test"})
    found = Table.from_arrow(world.to_table("text"))
    assert found["n"].to_pylist() == [3, 4] and found["odd"].to_pylist() == ["True", "?"]
    assert found["split"].to_pylist() == ["test", None]
    with pytest.raises(RequestError, match="has no image items; it has: text"):
        world.to_table("image")
    assert Table.from_arrow(some[[]].to_table()).num_rows == 0


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_tables_of_others_take_ours(library):
    frames = pytest.importorskip(library, reason=f"{library} is no dependency")
    make = frames.table if library == "pyarrow" else frames.DataFrame
    some = toy_set(np.eye(3) * 2, ids=("x", "y", "z"))
    frame = make(some.to_table())
    assert frame.shape == (3, 2) and [*map(str, frame["id"])] == ["x", "y", "z"]
    second = frame["vector"][1]
    assert [*map(float, second.as_py() if library == "pyarrow" else second)] == [0, 2, 0]
