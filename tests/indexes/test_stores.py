"""Plain files and Lance: the same items, whatever was killed, changed or damaged."""

import contextlib
import importlib.util
import os
import shutil
import sys

import numpy as np
import pytest

from isthmus.indexes.building import build
from isthmus.indexes.exact import Rows, nearest
from isthmus.indexes.index import open_index
from isthmus.indexes.layout import Layout
from isthmus.indexes.stores import STORES, Stream
from isthmus.types import EmbeddingSet, ExtraMissingError, RequestError
from tests.indexes.test_building import OPTIONS, SPACE, Killed, encoded, folder, space

__all__ = ["folder"]
LANCE = pytest.mark.skipif(
    importlib.util.find_spec("lance") is None, reason="Lance (pylance) is not installed"
)
BOTH = pytest.mark.parametrize("store", ["files", pytest.param("lance", marks=LANCE)])


def said(index):
    """What an index holds and finds."""
    query = EmbeddingSet(np.asarray(index.parts["image"].vectors[2:3]), ("q",), "text", SPACE)
    parts = {
        name: (list(part.files), list(part.hashes), np.asarray(part.vectors).tolist())
        for name, part in index.parts.items()
    }
    return parts, index.search(query, 99), dict(index.skipped)


@BOTH
def test_rows_are_read_by_parts_as_those_of_an_array(tmp_path, store):
    rows = np.random.default_rng(0).normal(size=(3000, 6)).astype(np.float32)
    names = [(f"{number}.png", f"{number:x}") for number in range(3000)]
    blocks = (rows[start : start + 700] for start in range(0, 3000, 700))
    vectors, table = STORES[store].write(tmp_path, "image-0", Stream(names, blocks, 6))
    held = STORES[store].read(tmp_path / vectors, tmp_path / table)
    assert isinstance(held.vectors, Rows) and held.vectors.shape == (3000, 6)
    assert list(zip(held.files, held.hashes, strict=True)) == names
    for key in (slice(5, 900), slice(0, 0), slice(2, 99, 7), 4, np.array([9, 3, 9, 2999])):
        np.testing.assert_array_equal(held.vectors[key], rows[key])
    queries = rows[:3]
    for among in (None, np.arange(0, 3000, 11)):
        mine, wanted = (nearest(queries, x, 9, among, tile=256) for x in (held.vectors, rows))
        np.testing.assert_array_equal(mine[1], wanted[1])
        np.testing.assert_array_equal(mine[0], wanted[0])


@BOTH
def test_search_update_and_change_of_store_give_the_same(folder, tmp_path, store):
    layout, out = Layout(store=store), tmp_path / "ix"
    plain = build(folder, space(), tmp_path / "plain", OPTIONS).index
    index = build(folder, space(), out, OPTIONS, layout=layout).index
    assert said(index) == said(plain)
    again = space()
    assert said(build(folder, again, out, OPTIONS, layout=layout).index) == said(plain)
    assert not encoded(again)
    (folder / "picture0.png").write_bytes(b"another picture")
    (folder / "new.wav").write_bytes(b"new")
    changed = space()
    index = build(folder, changed, out, OPTIONS, layout=layout).index
    assert encoded(changed) == {"image": 1, "audio": 1}
    plain = build(folder, space(), tmp_path / "fresh", OPTIONS).index
    assert said(index) == said(plain)
    moved = space()
    other = Layout(store="lance" if store == "files" and LANCE.args[0] is False else "files")
    assert said(build(folder, moved, out, OPTIONS, layout=other).index) == said(plain)
    assert not encoded(moved)
    kinds = {path.suffix for path in out.iterdir() if path.suffix in (".npy", ".lance")}
    assert kinds == {".npy" if other.store == "files" else ".lance"}, "Nothing old stays."


@BOTH
@pytest.mark.parametrize("moment", range(0, 24, 3))
def test_a_kill_at_any_moment_ends_in_the_same_items(folder, tmp_path, monkeypatch, store, moment):
    layout, out, left = Layout(store=store), tmp_path / "ix", [moment]
    replace = os.replace

    def counting(*paths, **options):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        return replace(*paths, **options)

    monkeypatch.setattr(os, "replace", counting)
    monkeypatch.setattr(os, "rename", counting)
    with contextlib.suppress(Killed):
        build(folder, space(), out, OPTIONS, layout=layout)
    monkeypatch.undo()
    report = build(folder, space(), out, OPTIONS, layout=layout)
    assert said(report.index) == said(build(folder, space(), tmp_path / "whole", OPTIONS).index)
    assert not [path for path in out.iterdir() if path.name.startswith(".image")]


@LANCE
@pytest.mark.parametrize("damage", ["gone", "cut", "other", "file"])
def test_damaged_lance_is_a_sentence_and_is_made_again(folder, tmp_path, damage):
    layout, out = Layout(store="lance"), tmp_path / "ix"
    index = build(folder, space(), out, OPTIONS, layout=layout).index
    before = said(index)
    path = out / index.record.parts["image"].vectors
    (data,) = (path / "data").iterdir()
    if damage == "gone":
        shutil.rmtree(path)
    elif damage == "cut":
        data.write_bytes(data.read_bytes()[:-100])
    elif damage == "file":
        shutil.rmtree(path)
        path.write_bytes(b"no folder")
    else:
        shutil.rmtree(path)
        shutil.copytree(out / index.record.parts["audio"].vectors, path)
    with pytest.raises(RequestError, match="is damaged where its image items are"):
        open_index(out)
    again = space()
    assert said(build(folder, again, out, OPTIONS, layout=layout).index) == before
    assert encoded(again) == {"image": 7}


def test_without_lance_it_is_refused_before_anything_is_encoded(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lance", None)
    encoders = space()
    with pytest.raises(ExtraMissingError, match="'lance', which is not installed: run  pip"):
        build(folder, encoders, tmp_path / "ix", OPTIONS, layout=Layout(store="lance"))
    assert not encoded(encoders) and not (tmp_path / "ix").exists()
