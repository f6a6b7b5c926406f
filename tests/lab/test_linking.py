"""Links are judged on pairs that they have not seen, and refuse what they cannot do."""

import numpy as np
import pytest

import isthmus
from isthmus.lab import join, link
from isthmus.registry import UnknownPartError
from isthmus.types import EmbeddingSet, Links, RequestError, Space
from tests.transform.test_links import CLOSED, known


@pytest.mark.parametrize("method", CLOSED)
def test_true_links_are_trusted_and_shuffled_ones_refuse(method):
    for seed in range(5):
        a, b = known(150, noise=1.0, seed=seed)
        assert link(a, b, method=method).trusted
        mixed = np.random.default_rng(seed).permutation(len(b))
        wrong = link(a, b, Links(zip(a.ids, np.array(b.ids)[mixed], strict=True)), method=method)
        assert not wrong.trusted
        with pytest.raises(RequestError, match=r"not to be trusted.* no better than"):
            wrong(a)
        assert len(wrong.regardless(a)) == len(a) and wrong.doubted(a) == a.ids


def test_held_out_pairs_are_not_fitted_on():
    a, b = known(100)
    noise = np.random.default_rng(0).normal(size=(100, 200)).astype(np.float32)
    wide = EmbeddingSet(noise, a.ids, "text", Space("N", "N", 200))  # fits any pairs it sees
    found = link(wide, b)
    assert not found.trusted and found.trust.fitted == 80 and found.trust.gallery == 20


def test_the_numbers_are_those_of_the_held_out_pairs():
    a, b = known(400, noise=0.1)
    trust = link(a, b).trust
    assert trust.hit1.n == trust.gallery == trust.held == 80
    assert trust.hit1.chance == pytest.approx(1 / 80, abs=0.004)
    assert trust.hit10.chance == pytest.approx(10 / 80, abs=0.01)
    assert trust.hit1.value in trust.hit1.interval and trust.p == 1 / 2000
    assert sum(one.n for one in trust.clusters) == 80


def test_groups_are_held_out_whole():
    a, b = known(400)
    groups = {name: int(name) % 50 for name in a.ids}
    assert link(a, b, groups=groups).trust.held == 20  # of 50 groups, 20 at least
    with pytest.raises(RequestError, match="20 others or more, but there are 30 groups"):
        link(a, b, groups={name: int(name) % 30 for name in a.ids})
    lone = link(a, b, groups={"0": "one", "1": "one"})
    assert lone.trust.held in (80, 79)


def test_a_cluster_of_wrong_pairs_is_doubted():
    a, b = known(2_000, noise=0.2)
    rng = np.random.default_rng(0)
    side = 60 * np.linalg.svd(a.vectors)[2][-1]  # where no right pair lies
    wrong = np.arange(2_000) < 500
    x = a.vectors + np.where(wrong[:, None], side, 0)
    y = np.where(wrong[:, None], b.vectors[rng.permutation(2_000)], b.vectors)
    found = link(EmbeddingSet(x, a.ids, "text", a.space), EmbeddingSet(y, b.ids, "text", b.space))
    assert found.trusted and any(not one.above_chance for one in found.trust.clusters)
    doubted = np.isin(a.ids, found.doubted(EmbeddingSet(x, a.ids, "text", a.space)))
    assert doubted[wrong].mean() > 0.9 and doubted[~wrong].mean() < 0.1
    far = EmbeddingSet(a.vectors - side, a.ids, "text", a.space)
    assert len(found.doubted(far)) > 0.95 * len(a)


def test_requests_are_refused_in_a_sentence():
    a, b = known()
    with pytest.raises(UnknownPartError, match="did you mean 'ridge'"):
        link(a, b, method="rige")
    with pytest.raises(RequestError, match="give at least 40"):
        link(a[:30], b[:30])


def test_links_are_public():
    assert isthmus.link is link and isthmus.join is join
    assert isthmus.load_link is isthmus.lab.load_link
