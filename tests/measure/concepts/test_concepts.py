"""Words in vectors: planted sums are found by name, and chance is what it is."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.measure.concepts.dictionaries import fit_dictionary
from isthmus.measure.concepts.text_spans import greedy, words_within
from isthmus.measure.statistics.memberships import membership
from isthmus.testing import check_measure
from isthmus.types import RequestError, Subspace

NAMES = tuple(f"word {number}" for number in range(60))
D = 80


def vocabulary(seed=0):
    """Sixty orthonormal words."""
    rng = np.random.default_rng(seed)
    return np.linalg.qr(rng.normal(size=(D, D)))[0][:60]


def planted(words, n=40, seed=1):
    rng = np.random.default_rng(seed)
    truth = np.zeros((n, 60))
    for row in truth:
        row[rng.choice(60, 3, replace=False)] = rng.uniform(0.5, 1, 3)
    return truth @ words, truth


def test_planted_words_are_found_by_name():
    words = vocabulary()
    x, truth = planted(words)
    zero = np.zeros(D)
    found = measure.sparse_concepts(x, words, NAMES, penalty=0.05, means=(zero, zero))
    for row, weights in enumerate(truth):
        expected = {NAMES[word] for word in np.flatnonzero(weights)}
        assert {name for name, _ in found.top(row)} == expected
    assert found.used == 3
    assert found.value > 0.99 > 0.8 > found.null.mean


def test_weights_of_orthonormal_words_are_soft_thresholds():
    words = vocabulary()
    x, _ = planted(words)
    zero = np.zeros(D)
    found = measure.sparse_concepts(x, words, NAMES, penalty=0.1, means=(zero, zero))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert found.weights == pytest.approx(np.maximum(unit @ words.T - 0.1, 0), abs=1e-6)
    assert (found.weights >= 0).all()


def test_larger_penalties_use_fewer_words():
    rng = np.random.default_rng(0)
    x, words = rng.normal(size=(20, D)), rng.normal(size=(60, D))
    used = [measure.sparse_concepts(x, words, NAMES, penalty=p).used for p in (0.02, 0.1, 0.3)]
    assert used[0] > used[1] > used[2]


def test_the_span_is_chosen_in_the_order_of_what_it_holds():
    words = vocabulary()
    rng = np.random.default_rng(2)
    x = rng.normal(size=(500, 3)) * [3.0, 2.0, 1.0] @ words[[7, 30, 4]]
    order, shares = greedy(x - x.mean(axis=0), words, 3)
    assert order == [7, 30, 4]
    energy = ((x - x.mean(axis=0)) ** 2).sum()
    first = (((x - x.mean(axis=0)) @ words[7]) ** 2).sum() / energy
    assert shares[0] == pytest.approx(first)
    assert shares[-1] == pytest.approx(1)


def test_text_span_knows_no_rotation_and_beats_turned_words():
    words = vocabulary()
    rng = np.random.default_rng(3)
    x = 5 * words[50] + rng.normal(size=(60, 2)) @ words[[3, 9]] + 0.05 * rng.normal(size=(60, D))
    found = measure.text_span(x, words, NAMES, count=2)
    assert set(found.chosen) == {"word 3", "word 9"}
    assert found.null.p == pytest.approx(1 / 200)
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
    again = measure.text_span(x @ turn, words @ turn, NAMES, count=2)
    assert again.value == pytest.approx(found.value)
    assert again.chosen == found.chosen


def test_unrelated_words_span_what_turned_ones_do():
    rng = np.random.default_rng(4)
    p = [
        measure.text_span(rng.normal(size=(24, 30)), rng.normal(size=(50, 30)), NAMES[:50]).null.p
        for _ in range(40)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.15


def test_words_within_a_subspace():
    words = vocabulary()
    inside = words_within(Subspace.spanned(words[[2, 5]]), words, NAMES, 3)
    assert {name for name, *_ in inside[:2]} == {"word 2", "word 5"}
    assert inside[0][1] > 0.9 > 0.5 > inside[2][1]
    assert inside[0][2] < 0.01
    assert inside[2][2] > 0.5


def test_the_p_values_of_words_are_adjusted_for_how_many_there_are():
    rng = np.random.default_rng(0)
    words, subspace = rng.normal(size=(60, D)), Subspace.spanned(rng.normal(size=(8, D)))
    found = words_within(subspace, words, NAMES, 60)
    centred = words - words.mean(axis=0)
    raw = membership(centred, subspace).p
    adjusted = {name: p for name, _, p in found}
    assert min(adjusted.values()) == pytest.approx(min(1, 60 * raw.min()))
    assert all(adjusted[name] >= p for name, p in zip(NAMES, raw, strict=True))
    shares = [share for _, share, _ in found]
    assert shares == sorted(shares, reverse=True)


def test_refusals():
    words = vocabulary()
    with pytest.raises(RequestError, match=r"2 names and an array of \(60, 80\)"):
        measure.sparse_concepts(words, words, NAMES[:2])
    with pytest.raises(RequestError, match="99 words are to be chosen, but there are 60"):
        measure.text_span(words, words, NAMES, count=99)
    with pytest.raises(RequestError, match="All vectors are equal"):
        measure.text_span(np.ones((5, D)), words, NAMES)
    with pytest.raises(RequestError, match="60 words, 1 names"):
        words_within(Subspace.spanned(words[:1]), words, ["a"])


def sums_of(atoms, n, k, seed):
    """Vectors that are sums of k random atoms."""
    rng = np.random.default_rng(seed)
    code = np.zeros((n, len(atoms)))
    for row in code:
        row[rng.choice(len(atoms), k, replace=False)] = rng.uniform(0.5, 1.5, k)
    return code @ atoms + 0.02 * rng.normal(size=(n, atoms.shape[1]))


def directions(count, d, seed=5):
    found = np.random.default_rng(seed).normal(size=(count, d))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_planted_atoms_are_learned_also_more_than_dimensions():
    atoms = directions(48, 32)
    x = sums_of(atoms, 3000, 3, 0)
    found = fit_dictionary(x, 96, 3, np.random.default_rng(1))
    assert (found.atoms @ atoms.T).max(axis=0).mean() > 0.97
    left = x - found.decode(found.encode(x))
    assert (left**2).sum() < 0.1 * ((x - x.mean(axis=0)) ** 2).sum()
    assert (found.encode(x) > 0).sum(axis=1).max() <= 3


def test_learned_atoms_are_named_after_their_words_and_beat_a_gaussian():
    atoms = directions(40, 48)
    names = [f"atom {number}" for number in range(40)]
    found = measure.learned_concepts(sums_of(atoms, 1500, 3, 0), atoms, names, size=(80, 3))
    assert found.value > 0.9 > found.null.mean + 0.1
    truth = sums_of(atoms, 1500, 3, 0)
    row = int((truth @ atoms.T).max(axis=1).argmax())
    heaviest = names[int((truth[row] @ atoms.T).argmax())]
    assert found.top(row)[0][0] == heaviest
    assert 0 < found.used <= 3
    assert np.median(found.sureness[(found.weights > 0).any(axis=0)]) > 0.8
    check_measure(lambda rng: measure.learned_concepts(truth[:200], atoms, names, rng=rng))


def test_groups_are_held_out_whole():
    rng = np.random.default_rng(3)
    things = np.repeat(rng.normal(size=(60, 24)), 5, axis=0)
    x = things + 1e-3 * rng.normal(size=things.shape)
    words, names = directions(10, 24), [str(number) for number in range(10)]
    size = (64, 1)
    apart = measure.learned_concepts(x, words, names, size=size, groups=np.repeat(np.arange(60), 5))
    mixed = measure.learned_concepts(x, words, names, size=size)
    assert apart.n == 60
    assert mixed.value > 0.95 > apart.value + 0.2
    with pytest.raises(RequestError, match="a single group holds them all"):
        measure.learned_concepts(x, words, names, groups=["a"] * 300)
    with pytest.raises(RequestError, match=r"which make a vector\) of \(4, 5\)"):
        measure.learned_concepts(x, words, names, size=(4, 5))
