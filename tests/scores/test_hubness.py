"""Hub remedies: a planted hub loses its neighbours, and what has no hubs keeps its order."""

import numpy as np
import pytest
from scipy.stats import norm

from isthmus.scores.hubness import HUB_REMEDIES, fit_csls, unhubbed
from isthmus.scores.rules import Cosine
from isthmus.types import RequestError
from tests.transform.clouds import calibration


def with_a_hub(seed=0, n=120, d=24):
    """Queries that each have a match, and gallery item 0 pulled to the queries' mean."""
    rng = np.random.default_rng(seed)
    queries = rng.normal(size=(n, d)) + 1.2
    gallery = queries + 1.5 * rng.normal(size=(n, d))
    gallery[0] = queries.mean(axis=0)
    queries, gallery = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (queries, gallery))
    return queries @ gallery.T


def first(scores):
    return np.bincount(scores.argmax(axis=1), minlength=scores.shape[1])


@pytest.mark.parametrize("method", HUB_REMEDIES)
def test_a_planted_hub_loses_its_neighbours_and_matches_are_found(method):
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


def by_hand(method, scores, bank):
    """Each remedy as its paper has it, score by score."""
    q, m = scores.shape
    found = np.zeros((q, m))
    potential = np.zeros(m)
    for _ in range(20):
        u = 1 / np.exp(20 * bank + potential).sum(axis=1)
        potential = np.log(len(bank) / m) - np.log((np.exp(20 * bank) * u[:, None]).sum(axis=0))
    for i in range(q):
        for j in range(m):
            s, own, theirs = scores[i, j], np.sort(scores[i]), np.sort(bank[:, j])
            far = np.sqrt(2 - 2 * own[-10]), np.sqrt(2 - 2 * theirs[-10])
            inverted = 20 * s - np.log(np.exp(20 * bank[:, j]).sum())
            found[i, j] = {
                "csls": 2 * s - own[-10:].mean() - theirs[-10:].mean(),
                "local_scaling": -(2 - 2 * s) / (far[0] * far[1]),
                "mutual_proximity": norm.logcdf((s - own.mean()) / own.std())
                + norm.logcdf((s - theirs.mean()) / theirs.std()),
                "inverted_softmax": inverted,
                "qb_norm": inverted if scores[i].argmax() in bank.argmax(axis=1) else 20 * s,
                "neighbour_normalised": s - 0.75 * theirs[-10:].mean(),
                "centred": s - theirs.mean(),
                "sinkhorn": 20 * s + potential[j],
            }[method]
    return found


@pytest.mark.parametrize("method", HUB_REMEDIES)
def test_every_remedy_is_its_equation(method):
    plain = with_a_hub(seed=3)
    scores, bank = plain[:15, :30], plain[20:60, :30]
    assert len(set(bank.argmax(axis=1))) < 30  # some items are nobody's favourite
    np.testing.assert_allclose(unhubbed(scores, method, bank), by_hand(method, scores, bank))


def test_a_rule_asks_the_bank_of_the_queries_modality():
    data = calibration(n=40, noise=0.5)
    rule, new = fit_csls(data, Cosine()), calibration(n=12, noise=0.5, seed=1).vectors
    for query, gallery in (("text", "image"), ("image", "text"), ("image", "image")):
        found = rule.between(query, gallery)(new[query], new[gallery])
        bank = data.vectors[query] @ new[gallery].T
        wanted = unhubbed(new[query] @ new[gallery].T, "csls", bank)
        np.testing.assert_allclose(found, wanted, atol=1e-6)
