"""Inverted lists beside exact search: what they find, what they write, and what is missing."""

import json
import logging
import shutil
import sys

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.engine.jobs import JobOptions
from isthmus.indexes import searches
from isthmus.indexes.building import build
from isthmus.indexes.exact import nearest
from isthmus.indexes.index import open_index
from isthmus.indexes.layout import Layout
from isthmus.indexes.lists import approximate, trials
from isthmus.indexes.lists.approximate import lists_of, opened
from isthmus.indexes.lists.trials import prepare
from isthmus.types import EmbeddingSet, ExtraMissingError, RequestError, Space
from tests.toys import files_of

faiss = pytest.importorskip("faiss", reason="Faiss is not installed")
SPACE = Space("toy", "toy-16", 16)


def clustered(n, dim=16, seed=0, around=0):
    rng, middles = np.random.default_rng(seed), np.random.default_rng(around).normal(size=(40, dim))
    return unit(middles[rng.integers(0, 40, n)] + 0.4 * rng.normal(size=(n, dim)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    rows = clustered(6000)
    path = tmp_path_factory.mktemp("lists") / "image.ivf"
    held_out = clustered(200, seed=1)
    return path, rows, prepare(path, rows, {"others": held_out})


def found_share(found, truth):
    pairs = zip(found, truth, strict=True)
    return float(np.mean([len({*one} & {*two}) / len(two) for one, two in pairs]))


@pytest.mark.parametrize("top", [1, 10, 37, 100])
def test_new_queries_find_what_is_recorded_and_scores_are_exact(made, top):
    path, rows, prepared = made
    search, queries = opened(path, prepared, rows), clustered(400, seed=2)
    scores, numbers = search(queries, rows, top)
    exact, truth = nearest(queries, rows, top)
    setting = next(one for one in prepared.settings if one.depth >= top)
    assert set(setting.recall) == {"among themselves", "others"}
    assert found_share(numbers, truth) >= min(0.98, *setting.recall.values())
    np.testing.assert_allclose(scores, np.einsum("qd,qtd->qt", queries, rows[numbers]), atol=1e-6)
    assert (np.diff(scores, axis=1) <= 0).all() and (scores <= exact + 1e-6).all()
    assert setting.probed < prepared.lists


def test_more_than_was_tuned_for_and_too_few_in_the_lists_are_searched_exactly(made):
    path, rows, prepared = made
    search, queries = opened(path, prepared, rows), clustered(5, seed=3)
    for some in (queries, queries[:0]):
        mine, wanted = search(some, rows, 101), nearest(some, rows, 101)
        np.testing.assert_array_equal(mine[1], wanted[1])
    least = approximate.Setting(100, 1, 200, False, {})
    narrow = approximate.Approximate(search.index, search.centres, -1.0, (least,))
    scores, numbers = narrow(queries, rows, 100)
    assert (numbers >= 0).all() and np.isfinite(scores).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_rows_give_the_same_bytes(tmp_path, threads):
    rows = clustered(6000)
    before = faiss.omp_get_max_threads()
    try:
        faiss.omp_set_num_threads(threads)
        others = {"others": clustered(200, seed=1)}
        one, two = (prepare(tmp_path / str(k) / "a.ivf", rows, others) for k in (1, 2))
        assert one == two and one.lists == lists_of(6000)
        assert (tmp_path / "1/a.ivf").read_bytes() == (tmp_path / "2/a.ivf").read_bytes()
    finally:
        faiss.omp_set_num_threads(before)


def test_equal_rows_odd_dimensions_and_few_rows(tmp_path):
    few = clustered(30, dim=7)
    rows = np.repeat(few, 50, axis=0)  # whichever of fifty equal rows is found is as good
    prepared = prepare(tmp_path / "a.ivf", rows, {})
    assert [one.depth for one in prepared.settings] == [10, 100]
    scores, numbers = opened(tmp_path / "a.ivf", prepared, rows)(few, rows, 10)
    np.testing.assert_allclose(scores, 1, atol=1e-6)
    assert (numbers // 50 == np.arange(30)[:, None]).all()
    assert lists_of(1) == 1 and lists_of(10_000_000) == 16_384


def test_no_setting_that_finds_enough_means_exact_search(made, monkeypatch, tmp_path):
    _, rows, _ = made
    monkeypatch.setattr(trials, "AGAIN", (1,))  # the codes alone do not find enough
    monkeypatch.setattr(trials, "WANTED", 0.9999)
    prepared = prepare(tmp_path / "a.ivf", rows, {})
    assert prepared.settings == ()
    queries = clustered(3, seed=9)
    found = opened(tmp_path / "a.ivf", prepared, rows)(queries, rows, 10)
    np.testing.assert_array_equal(found[1], nearest(queries, rows, 10)[1])


class Toy:
    """Files of numbers as vectors; texts as vectors of their letters."""

    space = SPACE

    def __init__(self, modality):
        self.modality, self.calls = modality, 0

    def encode(self, items):
        self.calls += len(items)
        if self.modality == "text":
            return np.array([np.bincount([ord(c) % 16 for c in str(one)], minlength=16)
                             for one in items], np.float32)  # fmt: skip
        return np.array([np.frombuffer(one.read_bytes(), "<f4") for one in items])


IVF = Layout(search="ivf")
OPTIONS = JobOptions(shard_size=700)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    root = tmp_path_factory.mktemp("many")
    for number, row in enumerate(clustered(1300)):
        (root / f"{number:04d}.png").write_bytes(row.astype("<f4").tobytes())
    for number in range(3):
        row = clustered(3, seed=5)[number]
        (root / f"{number}.wav").write_bytes(row.astype("<f4").tobytes())
    return root


def toys(*names):
    return {name: Toy(name) for name in names or ("image", "audio", "text")}


@pytest.fixture(scope="module")
def built(many, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / "ix"
    build(many, toys(), out, OPTIONS, layout=IVF)
    return out


def test_an_index_is_searched_by_its_lists_and_its_scores_stay_standardised(many, built, tmp_path):
    index = open_index(built)
    assert isinstance(index.parts["image"].search, approximate.Approximate)
    assert index.parts["audio"].search is nearest  # three rows
    lists = index.record.parts["image"].lists
    print(lists)
    kinds = [(one.far, set(one.recall)) for one in lists.settings if one.depth == 10]
    assert kinds == [(False, {"among themselves"}), (True, {"words", "sentences"})]
    plain = build(many, toys(), tmp_path / "plain", OPTIONS, layout=Layout("exact")).index
    queries = clustered(50, seed=7)
    for mine, exact in zip(index.ranked(queries, 10), plain.ranked(queries, 10), strict=True):
        by_file = {hit.file: hit for hit in exact}
        same = [hit for hit in mine if hit.file in by_file]
        assert len(same) >= 9
        for hit in same:
            assert hit.score == pytest.approx(by_file[hit.file].score, abs=1e-4)
    query = EmbeddingSet(queries[:1], ("q",), "image", SPACE)
    assert {hit.modality for hit in index.search(query, 3, only=["audio"])} == {"audio"}


@pytest.mark.parametrize("damage", ["cut", "gone", "foreign", "nothing", "longer"])
def test_damaged_lists_are_a_sentence_and_are_made_again(many, built, tmp_path, damage):
    out = tmp_path / "ix"
    shutil.copytree(built, out)
    before = files_of(out)
    path = out / open_index(out).record.parts["image"].lists.file
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-500])
    elif damage == "gone":
        path.unlink()
    elif damage == "foreign":
        approximate.write(path, clustered(1300, seed=8))
    elif damage == "longer":
        approximate.write(path, clustered(1301, seed=8))
    else:
        path.write_bytes(b"")
    with pytest.raises(RequestError, match=r"is damaged where its image items are .*: run isthmus"):
        open_index(out)
    encoders = toys()
    build(many, encoders, out, OPTIONS, layout=IVF)
    assert not encoders["image"].calls and not encoders["audio"].calls
    assert files_of(out) == before


def test_an_update_ends_in_what_a_new_index_holds(many, built, tmp_path):
    out, root = tmp_path / "ix", tmp_path / "root"
    shutil.copytree(built, out)
    shutil.copytree(many, root)
    (root / "0003.png").unlink()
    (root / "more.wav").write_bytes(clustered(1, seed=11).astype("<f4").tobytes())
    build(root, toys(), out, OPTIONS, layout=IVF)
    build(root, toys(), tmp_path / "fresh", OPTIONS, layout=IVF)
    mine, wanted = files_of(out), files_of(tmp_path / "fresh")
    assert {name for name in mine if name.endswith(".ivf")} == {
        name for name in wanted if name.endswith(".ivf")
    }
    for name in wanted:
        assert name in (".isthmus", "contents.json") or mine[name] == wanted[name], name
    build(root, toys(), out, OPTIONS)  # auto: few rows
    assert not [name for name in files_of(out) if name.endswith(".ivf")]


def test_auto_takes_lists_where_rows_are_many(many, tmp_path, monkeypatch):
    monkeypatch.setattr(searches, "LARGE", 1000)
    report = build(many, toys("image", "audio"), tmp_path / "ix", OPTIONS)
    parts = report.index.record.parts
    assert parts["image"].lists and not parts["audio"].lists
    assert set(parts["image"].lists.settings[0].recall) == {"among themselves"}


def test_without_faiss(many, built, tmp_path, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "faiss", None)
    encoders = toys("image")
    with pytest.raises(ExtraMissingError, match="'faiss', which is not installed: run  pip"):
        build(many, encoders, tmp_path / "ix", OPTIONS, layout=IVF)
    assert not encoders["image"].calls and not (tmp_path / "ix").exists()
    with caplog.at_level(logging.WARNING, "isthmus"):
        monkeypatch.setattr(searches, "LARGE", 1000)
        report = build(many, encoders, tmp_path / "ix", OPTIONS)
    assert not report.index.record.parts["image"].lists
    assert len(caplog.records) == 1 and "searched exactly: pip install" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING, "isthmus"):
        index = open_index(built)
    assert index.parts["image"].search is nearest and len(caplog.records) == 1


def test_a_record_of_the_first_format_is_read(built, tmp_path):
    out = tmp_path / "ix"
    shutil.copytree(built, out)
    values = json.loads((out / "index.json").read_text())
    for part in values["parts"].values():
        del part["lists"], part["store"]
    (out / "index.json").write_text(json.dumps(values))
    assert open_index(out).parts["image"].search is nearest


def test_queries_beyond_all_that_were_tried_are_answered_exactly(made):
    path, rows, prepared = made
    queries = unit(-rows.mean(axis=0, keepdims=True) + 0.1 * clustered(20, seed=4))
    search = opened(path, prepared, rows)
    assert ((queries @ search.centres.T).max(axis=1) < prepared.border).all()
    assert not any(one.far for one in prepared.settings)
    mine, wanted = search(queries, rows, 10), nearest(queries, rows, 10)
    np.testing.assert_array_equal(mine[1], wanted[1])


def test_queries_of_another_kind_have_settings_of_their_own(tmp_path):
    rows = clustered(6000)
    rng, shift = np.random.default_rng(3), 3 * unit(np.random.default_rng(4).normal(size=16))
    others = unit(rng.normal(size=(400, 16)) + shift)
    prepared = prepare(tmp_path / "a.ivf", rows, {"others": others[:200]})
    kinds = [(one.depth, one.far, set(one.recall)) for one in prepared.settings]
    assert (10, True, {"others"}) in kinds and (100, True, {"others"}) in kinds
    search = opened(tmp_path / "a.ivf", prepared, rows)
    mixed = np.concatenate([others[200:], clustered(200, seed=2)])
    found, truth = search(mixed, rows, 10)[1], nearest(mixed, rows, 10)[1]
    for part in (slice(0, 200), slice(200, 400)):
        assert found_share(found[part], truth[part]) >= 0.97


@pytest.mark.slow
def test_the_command_says_what_its_lists_find(tmp_path):
    import isthmus

    (tmp_path / "texts").mkdir()
    colours, things = ("red", "blue", "green", "old"), ("chair", "dog", "ship", "cup")
    for number in range(1100):
        text = f"{colours[number % 4]} {things[number // 4 % 4]} number {number}"
        (tmp_path / "texts" / f"{number}.txt").write_text(text)
    out = tmp_path / "ix"
    result = isthmus.index(tmp_path / "texts", out=out, search="ivf", quiet=True)
    assert "inverted lists: " in result.lines()[0] and "of the nearest 10 in" in result.lines()[0]
    lists = result.to_dict()["lists"]["text"]
    assert lists["settings"][0]["recall"]["among themselves"] >= 0.985
    found = isthmus.search("blue dog number 5", inside=str(out), quiet=True)
    assert found.hits[0].id == "5.txt"


def test_recall_counts_equal_scores_and_those_of_a_crowd():
    truth = np.array([[0.9, 0.8, 0.7], [0.9, 0.8999, 0.8998]]), np.arange(6).reshape(2, 3)
    found = truth[0] - [[0, 0.2, 0.2], [0.0004, 0.0004, 0.0004]], truth[1]
    nobody = np.array([-1, -1])
    assert trials._recall(found, truth, nobody, 2) == 0.75
    assert trials._recall(found, truth, np.array([0, -1]), 2) == 0.5
    worse = found[0] - [[0, 0, 0], [0.002, 0.002, 0.002]], truth[1]
    assert trials._recall(worse, truth, nobody, 2) == 0.25
    assert trials._recall(truth, truth, nobody, 2) == 1.0
