"""Maps between spaces: known answers, what they keep, and what a saved link refuses."""

import json

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.lab import link, load_link
from isthmus.registry import find
from isthmus.store import read_tensors, write_tensors
from isthmus.transform.links import LINKS, LinkPairs, closed_forms
from isthmus.transform.links.pairs import Memory, recalled
from isthmus.types import EmbeddingSet, RequestError, Space, SpaceMismatchError

CLOSED = ("ridge", "procrustes", "cca", "asif")


def rows(n, d, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(n, d)) + 0.3)


def pairs_of(x, y, memory=None):
    return LinkPairs(x, y, np.arange(len(x)), memory)


def turned(n=200, d=12, e=12, seed=1):
    """Rows, and the same rows turned by a random rotation into e coordinates."""
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(max(d, e), max(d, e))))[0]
    x = rows(n, d)
    return x, (x @ basis[:d, :e]).astype(np.float32), basis[:d, :e]


def spaces(x, y):
    ids = tuple(map(str, range(len(x))))
    one, other = (Space(name, name, side.shape[1]) for name, side in (("A", x), ("B", y)))
    return EmbeddingSet(x, ids, "text", one), EmbeddingSet(y, ids, "text", other)


def known(n=300, noise=0.3, seed=0):
    """Two spaces of 24 and 16 coordinates that see the same eight hidden numbers."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 8))
    sides = (hidden @ rng.normal(size=(8, d)) + noise * rng.normal(size=(n, d)) for d in (24, 16))
    return spaces(*(side.astype(np.float32) + 1 for side in sides))


@pytest.mark.parametrize(
    ("method", "least"), [("ridge", 0.999), ("procrustes", 0.9999), ("cca", 0.9)]
)
def test_a_rotation_is_found_again(method, least):
    x, y, rotation = turned()
    found = find("links", LINKS, method)(pairs_of(x, y))
    new = rows(50, 12, seed=9)
    assert np.sum(unit(found(new)) * unit(new @ rotation), axis=1).min() > least


@pytest.mark.parametrize(("d", "e"), [(12, 7), (7, 12)])
def test_procrustes_of_unequal_dimensions_is_a_scaled_part_of_a_rotation(d, e):
    x, y, _ = turned(d=12, e=12)
    found = find("links", LINKS, "procrustes")(pairs_of(x[:, :d], y[:, :e]))
    values = np.linalg.svd(found.matrix, compute_uv=False)
    assert values == pytest.approx(np.full(min(d, e), values[0]), rel=1e-4)


def test_the_ridge_penalty_is_that_of_scikit_learn():
    from sklearn.linear_model import RidgeCV

    from isthmus.transform.links.closed_forms import ridge
    from isthmus.transform.pair_maps import STRENGTHS

    a, b = known(120, noise=2.0)
    x, y = a.unit.astype(np.float64), b.unit.astype(np.float64)
    level = np.linalg.eigvalsh((x - x.mean(0)).T @ (x - x.mean(0))).mean()
    theirs = RidgeCV([level * one for one in STRENGTHS]).fit(x, y)
    assert ridge(pairs_of(a.unit, b.unit)).matrix == pytest.approx(theirs.coef_.T, abs=1e-3)


def test_asif_answers_with_the_other_end_of_the_nearest_pair():
    x, y = np.eye(12, dtype=np.float32), rows(12, 5)
    found = find("links", LINKS, "asif")(pairs_of(x, y))
    near = unit(found(x + 0.01))
    ends = unit(found.ends)  # the ends, as far from their mean as was chosen
    assert (near @ ends.T).argmax(axis=1).tolist() == [*range(12)]


def test_predictions_are_taken_away_from_a_mean_that_answers_every_query(monkeypatch):
    a, b = known(600, noise=2.0)
    cone = b.vectors + 30 * np.random.default_rng(1).normal(size=16).astype(np.float32)
    far = EmbeddingSet(cone, b.ids, "text", b.space)
    stretched = link(a, far).trust.hit1.value
    monkeypatch.setattr(closed_forms, "STRETCHES", (1.0,))
    assert stretched > link(a, far).trust.hit1.value + 0.1


def test_a_memory_answers_by_meaning_and_tells_the_map_where_its_modality_lies():
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(900, 6))
    to_a, to_b = rng.normal(size=(6, 20)), rng.normal(size=(6, 10))
    gap_a, gap_b = rng.normal(size=20), rng.normal(size=10)
    text_a, text_b = unit(hidden @ to_a + gap_a), unit(hidden @ to_b + gap_b)
    seen_a, seen_b = unit(hidden @ to_a - gap_a), unit(hidden @ to_b - gap_b)
    assert (recalled(text_a[:50], text_a[:50]) * text_a[:50]).sum(axis=1).mean() > 0.95
    memory = Memory(seen_a[300:600], seen_b[600:])  # no item is in both
    fit = find("links", LINKS, "ridge")

    def found(pairs):
        moved = unit(fit(pairs)(seen_a[:200]))
        return float(((moved @ seen_b[:200].T).argmax(axis=1) == np.arange(200)).mean())

    texts = text_a[300:], text_b[300:]
    alone, joined = found(pairs_of(*texts)), found(pairs_of(*texts, memory))
    assert joined > max(0.9, alone + 0.03)


@pytest.mark.parametrize("method", CLOSED)
def test_a_saved_link_is_the_same_link(method, tmp_path):
    a, b = known()
    fitted = link(a, b, method=method)
    again = load_link(fitted.save(tmp_path / "link"))
    assert str(again) == str(fitted) and again.step == fitted.step
    assert again(a).vectors == pytest.approx(fitted(a).vectors, abs=1e-5)
    assert again(a).space == b.space and again(a).history[-1].parameters["from id"] == "A"
    assert again.doubted(a) == fitted.doubted(a)


def test_what_is_no_whole_link_is_refused(tmp_path):
    with pytest.raises(RequestError, match=r"holds no link .*isthmus\.link fits one"):
        load_link(tmp_path)
    a, b = known()
    path = link(a, b).save(tmp_path / "link") / "link.safetensors"
    arrays, meta = read_tensors(path)
    arrays = {name: np.array(one) for name, one in arrays.items()}
    about = json.loads(meta["isthmus"])

    def refused(match, more=None, without=""):
        kept = {name: one for name, one in arrays.items() if name != without}
        write_tensors(path, kept, {"isthmus": json.dumps(about | (more or {}))})
        with pytest.raises(RequestError, match=match):
            load_link(path.parent)

    refused("newer isthmus", {"format": "isthmus-link/2"})
    refused("not a whole link", without="map.matrix")
    refused("trust.p wants a number", {"trust": about["trust"] | {"p": "small"}})
    refused("not a whole link: .*coordinates", {"target": about["target"] | {"dim": 3}})
    refused("do not go together", {"source": about["source"] | {"dim": 3}})
    path.write_bytes(b"nothing")
    with pytest.raises(RequestError, match="not a whole link"):
        load_link(path.parent)


def test_sets_of_other_spaces_are_refused_and_offered_a_link(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTHMUS_LINKS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    a, b = known()
    fitted = link(a, b)
    with pytest.raises(SpaceMismatchError, match=r"fit a link .*isthmus\.link\(a, b\)"):
        fitted(b)
    place = fitted.save()
    assert place.parent == tmp_path
    with pytest.raises(
        SpaceMismatchError, match=r"a link is there.*load_link\('.*A-B-ridge-"
    ) as said:
        fitted(b)
    assert str(place) in str(said.value)
    rng = np.random.default_rng(0)
    shuffled = EmbeddingSet(b.vectors[rng.permutation(len(b))], b.ids, "text", b.space)
    for path in place.iterdir():
        path.unlink()
    link(a, shuffled).save()  # not to be trusted: never offered
    with pytest.raises(SpaceMismatchError, match="fit a link"):
        fitted(b)


def test_what_joins_is_seen_from_three_sides_and_an_item_stays_itself():
    rng = np.random.default_rng(0)
    x, y, a, b = (unit(rng.normal(size=(n, 6))) for n in (5, 5, 3, 4))
    pairs = LinkPairs(x, y, np.array([7, 7, 2, 3, 4]), Memory(a, b), seed=9)
    shared, more = pairs.joining
    assert len(shared.x) == len(more.x) == 5 + 3 + 4
    np.testing.assert_array_equal(shared.x[:5], x)
    np.testing.assert_array_equal(more.x[5:8], a)  # an item itself
    np.testing.assert_array_equal(more.y[8:], b)
    sharp = a[1] @ x.T - (a @ x.T).mean(axis=0)
    weights = np.exp(100 * (sharp - sharp.max()))
    for side, found in ((x, shared.x), (y, shared.y)):  # one weighting, seen in both spaces
        np.testing.assert_allclose(found[6], unit((weights @ side)[None])[0], atol=1e-6)
    np.testing.assert_allclose(more.y[5:8], recalled(shared.y[5:8], b))
    np.testing.assert_allclose(more.x[8:], recalled(shared.x[8:], a))
    assert shared.objects.tolist() == [7, 7, 2, 3, 4, *range(8, 15)] and shared.seed == 9
    whole = shared.beside(more)
    np.testing.assert_array_equal(whole.y[12:], more.y)
    assert whole.memory is None and len(whole.objects) == 24
