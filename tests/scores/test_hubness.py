"""Hub remedies: a planted hub loses its neighbours, and what has no hubs keeps its order."""

import numpy as np
import pytest

from isthmus.scores.hubness import HUB_REMEDIES, unhubbed
from isthmus.types import RequestError


def with_a_hub(seed=0, n=120, d=24):
    """Queries that each have a partner, and gallery item 0 pulled to the queries' mean."""
    rng = np.random.default_rng(seed)
    queries = rng.normal(size=(n, d)) + 1.2
    gallery = queries + 1.5 * rng.normal(size=(n, d))
    gallery[0] = queries.mean(axis=0)
    queries, gallery = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries, gallery))
    return queries @ gallery.T


def first(scores):
    return np.bincount(scores.argmax(axis=1), minlength=scores.shape[1])


@pytest.mark.parametrize("method", HUB_REMEDIES)
def test_a_planted_hub_loses_its_neighbours_and_partners_are_found(method):
    plain = with_a_hub()
    mended = unhubbed(plain, method)
    assert first(plain)[0] > 40
    assert first(mended)[0] < 0.4 * first(plain)[0]
    right = [(s.argmax(axis=1) == np.arange(len(s)))[1:].mean() for s in (plain, mended)]
    assert right[1] > right[0] + 0.2


@pytest.mark.parametrize("method", HUB_REMEDIES)
def test_with_a_bank_the_answer_to_a_query_knows_no_other_query(method):
    plain, bank = with_a_hub()[:40], with_a_hub()[40:]
    at_once = unhubbed(plain, method, bank)
    alone = np.concatenate([unhubbed(row[None], method, bank) for row in plain])
    np.testing.assert_allclose(at_once, alone, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", ["csls", "inverted_softmax", "centred"])
def test_what_lifts_an_item_for_every_query_lifts_no_score(method):
    plain = with_a_hub()
    lifted = plain.copy()
    lifted[:, 5] += 0.3
    before, after = unhubbed(plain, method), unhubbed(lifted, method)
    others = np.arange(plain.shape[1]) != 5
    shift = after[:, 5] - before[:, 5]
    if method == "csls":  # a query's own mean may rise where the item is one of its nearest
        shift = shift - (after[:, others] - before[:, others]).mean(axis=1)
    np.testing.assert_allclose(shift, 0.3 if method == "csls" else 0, atol=1e-9)


def test_requests_that_cannot_be_met():
    plain = with_a_hub()
    with pytest.raises(RequestError, match="one of csls, local_scaling"):
        unhubbed(plain, "magic")
    with pytest.raises(RequestError, match="wanted 120 columns, got 7"):
        unhubbed(plain, "csls", np.zeros((3, 7)))
