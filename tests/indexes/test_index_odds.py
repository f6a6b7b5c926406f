"""An index that knows how probable a match is: kept with it, ranking by it, fairly."""

import numpy as np
import pytest

from isthmus.indexes.building import build
from isthmus.indexes.index import open_index
from isthmus.types import Items, Links, Space, World
from tests.toys import files_of

D = 16
SPACE = Space("drawn", "drawn-16", D)
LOUD = {"text": 0.5, "image": 0.8, "audio": 1.1}
ENDS = {"text": ".txt", "image": ".png", "audio": ".wav"}


class Drawn:
    """A thing's vector, moved to where its modality lies, under noise that is the item's own."""

    space = SPACE

    def __init__(self, modality):
        self.modality = modality
        self.away = 2 * np.random.default_rng([*modality.encode()]).normal(size=D)

    def encode(self, items):
        rows = []
        for one in items:
            said = one if isinstance(one, str) else one.read_text()
            thing = np.random.default_rng(int(said.split()[0])).normal(size=D)
            noise = np.random.default_rng([*said.encode(), *self.modality.encode()]).normal(size=D)
            rows.append(thing + LOUD[self.modality] * noise + self.away)
        return np.array(rows, np.float32)


ENCODERS = {name: Drawn(name) for name in LOUD}


def linked(first, count):
    """Two items of each thing in each modality."""
    ids = [f"{thing} {take}" for thing in range(first, first + count) for take in (0, 1)]
    pairs = Links((a, b) for a in ids for b in ids if a.split()[0] == b.split()[0])
    items = {name: Items(name, tuple(ids), ids) for name in LOUD}
    return World("drawn", items, {("text", "image"): pairs, ("text", "audio"): pairs}, {}, {})


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "files"
    root.mkdir()
    for thing in range(500, 600):
        for take in (0, 1):
            for end in ENDS.values():
                (root / f"{thing}-{take}{end}").write_text(f"{thing} {take}")
    return root


def asked(index, modality):
    """Lists of new queries of things that are there, and the thing of each hit."""
    queries = ENCODERS[modality].encode([f"{thing} 7" for thing in range(500, 600)])
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return index.ranked(queries, 10, (), modality)


def right(lists):
    """Share of hits that show the thing, and of each modality among the hits."""
    truth = [hit.file.startswith(str(500 + row)) for row, some in enumerate(lists) for hit in some]
    kinds = [hit.modality for some in lists for hit in some]
    return np.mean(truth), {name: kinds.count(name) / len(kinds) for name in LOUD}


def test_odds_find_more_than_standardised_scores_and_show_each_modality_its_share(folder, tmp_path):
    plain = build(folder, ENCODERS, tmp_path / "plain").index
    odds = build(folder, ENCODERS, tmp_path / "odds", odds=linked(0, 120)).index
    for modality in LOUD:
        before, after = (right(asked(one, modality)) for one in (plain, odds))
        assert after[0] > before[0], modality
    shares = np.mean([[*right(asked(odds, name))[1].values()] for name in LOUD], axis=0)
    assert np.abs(shares - 1 / 3).max() < 0.08
    hits = [hit for name in LOUD for some in asked(odds, name) for hit in some]
    truth = [hit.file.startswith(str(500 + k // 10 % 100)) for k, hit in enumerate(hits)]
    assert np.mean([hit.probability for hit in hits]) == pytest.approx(np.mean(truth), abs=0.08)
    assert all(hit.probability is None for some in asked(plain, "text") for hit in some)


def test_among_items_of_the_query_s_own_modality_the_order_is_that_of_the_similarity(
    folder, tmp_path
):
    index = build(folder, ENCODERS, tmp_path / "odds", odds=linked(0, 60)).index
    for some in asked(index, "text"):
        own = [hit.similarity for hit in some if hit.modality == "text"]
        assert own == sorted(own, reverse=True)


def test_odds_stay_with_an_index_that_is_brought_up_to_date(folder, tmp_path):
    out = tmp_path / "odds"
    first = build(folder, ENCODERS, out, odds=linked(0, 60)).index
    (folder / "new.txt").write_text("900 0")
    build(folder, ENCODERS, out)
    again = open_index(out)
    assert again.record.odds == first.record.odds and again.odds is not None
    assert len([path for path in files_of(out) if "odds" in path]) == 1
    build(folder, ENCODERS, out, odds=linked(200, 60))
    assert open_index(out).record.odds != first.record.odds
    assert len([path for path in files_of(out) if "odds" in path]) == 1


def test_a_query_of_a_modality_that_odds_do_not_know_is_ranked_without_them(folder, tmp_path):
    index = build(folder, ENCODERS, tmp_path / "odds", odds=linked(0, 60)).index
    plain = build(folder, ENCODERS, tmp_path / "plain").index
    query = ENCODERS["text"].encode(["500 7"])
    query /= np.linalg.norm(query)
    some, other = (one.ranked(query, 10, (), "smell")[0] for one in (index, plain))
    assert some == other


def test_items_of_a_modality_that_odds_do_not_know_are_ranked_among_the_others(folder, tmp_path):
    known = linked(0, 60)
    pairs = {("text", "image"): known.links["text", "image"]}
    items = {name: known.items[name] for name in ("text", "image")}
    some = World("drawn", items, pairs, {}, {})
    index = build(folder, ENCODERS, tmp_path / "odds", odds=some).index
    hits = [hit for found in asked(index, "text") for hit in found]
    assert {hit.modality for hit in hits} == {*LOUD}
    assert all((hit.probability is None) == (hit.modality == "audio") for hit in hits)
    plain = build(folder, ENCODERS, tmp_path / "plain").index
    assert right(asked(index, "text"))[0] > right(asked(plain, "text"))[0] - 0.03
