"""Cards under stress: changed items against the same as they are, by every road."""

from pathlib import Path

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.encode.stressed import Stressed
from isthmus.measure.statistics import change_interval
from isthmus.studies.card import stress
from isthmus.studies.card.sides import Seen, Side
from isthmus.studies.card.stress import borne
from isthmus.types import EmbeddingSet, Items, Space, World
from tests.studies.test_card import (
    CHANGES,
    N,
    carded,
    load_senses,
    npz,
    senses,
    senses_world,
    swapped,
)

__all__ = ["senses"]  # a fixture, used by all


def under_stress(*names, **options):
    found = carded(stress=names, **options)
    rows = {
        (one["what"], row["name"]): row for one in found.record["stress"] for row in one["rows"]
    }
    return found, rows


def test_changed_items_are_set_against_the_same_items_as_they_are():
    found, rows = under_stress("swapped", "same", modalities=("smell", "word"))
    smell, word = (load_senses()[name].encode([*map(str, range(N))]) for name in ("smell", "word"))
    after = load_senses()["smell"].encode([swapped(str(row), None, None) for row in range(N)])
    word = word / np.linalg.norm(word, axis=1, keepdims=True)
    before, changed = ((x @ word.T).argmax(axis=1) == np.arange(N) for x in (smell, after))
    told = rows["smell, swapped", "hit@1, smell → word"]
    for column in ("hit@1, smell → word", "hit@1, word → smell"):
        assert rows["smell, same", column]["value"] == 0
    assert told["first"] == before.mean() > 0.9 and told["second"] == changed.mean() < 0.6
    assert told["n"] == N
    around = change_interval(changed * 1.0 - before)
    assert [told["interval"][x] for x in ("low", "high")] == [around.low, around.high]
    assert "No change is registered of word." in found.page
    assert "Of 4 scores under stress 2 fall for sure: smell, swapped" in found.page


def test_the_other_item_and_the_order_of_a_batch():
    items = senses_world().items["smell"]
    tower = Stressed(load_senses()["smell"], "other", CHANGES["other"], items)
    some = [*items]
    found = tower.encode(some)
    plain = load_senses()["smell"].encode(some)
    taken = [int(np.abs(plain - one).sum(axis=1).argmin()) for one in found]
    assert all(row != own for own, row in enumerate(taken)) and len(set(taken)) > N / 3
    np.testing.assert_array_equal(tower.encode(some[::-1])[::-1], found)
    np.testing.assert_array_equal(tower.encode(some[3:4])[0], found[3])
    other = Stressed(load_senses()["smell"], "other", CHANGES["other"], items, seed=1)
    assert other.road != tower.road and not np.array_equal(other.encode(some), found)
    alone = items.take(items.ids[:1])
    assert len(Stressed(load_senses()["smell"], "other", CHANGES["other"], alone).encode([*alone]))


def test_named_classes_under_stress_by_hand():
    space = Space("two", "two", 2)

    def some(rows, ids="abcd", modality="smell"):
        return EmbeddingSet(np.array(rows, np.float32), tuple(ids), modality, space)

    plain = some([[1, 0], [1, 0.1], [0, 1], [1, 0.2]])  # d is of the second class
    changed = some([[0, 1], [1, 0.1], [0, 1]], "abc")  # d could not be changed, a is lost
    prompts = {x: some([row], [x], "word") for x, row in (("one", [1, 0]), ("two", [0, 1]))}
    side = Side("direct", plain, stressed={"worse": changed})
    labels = {"a": "one", "b": "one", "c": "two", "d": "two"}
    world = World("w", {"smell": Items("smell", tuple("abcd"), list("abcd"))})
    found = Seen("two", (side,), world, labels=labels, prompts=prompts)
    ((row,),) = (one.rows for one in borne(found, (), 0))
    assert (row.first, row.second, row.n) == (1.0, pytest.approx(2 / 3), 3)
    assert row.value == pytest.approx(-1 / 3)


def test_stress_that_is_not_there_is_refused_before_any_work(capsys):
    given = ["card", "senses", "--world", "senses", "--stress"]
    assert main([*given, "swaped"]) == 2
    assert "did you mean 'swapped'" in capsys.readouterr().err
    assert not [*Path("runs").rglob("*.safetensors")]
    npz("pairs.npz")
    assert main(["card", "--arrays", "pairs.npz", "--stress", "all"]) == 2
    assert "--stress changes items before" in capsys.readouterr().err
    found, rows = under_stress()
    assert not rows and "Under stress" not in found.page
    assert len(under_stress("all")[1]) == 6


def test_how_long_stress_takes_is_told_first(monkeypatch, caplog):
    assert carded(stress=("all",)) and not caplog.text
    monkeypatch.setattr(stress, "LONG", 0.0)
    carded(stress=("all",), out=Path("again"))
    assert "120 items under stress take about" in caplog.text
