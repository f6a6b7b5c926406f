"""Odds of a match: probabilities that mean what they say, kept with an index, ranking its lists."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.indexes.backgrounds import background
from isthmus.indexes.odds import fit_odds, read_odds, write_odds
from isthmus.scores.odds import likelihood_ratio, logistic
from isthmus.types import Links, RequestError
from isthmus.types.links import owners_of

D = 24


def spaces(objects, rng, noise=(0.6, 1.0, 1.6), takes=2):
    """Vectors of three modalities far from each other, two of each object in each."""
    things = rng.normal(size=(objects, D))
    vectors, owners = {}, {}
    for name, loud in zip(("text", "image", "audio"), noise, strict=True):
        away = rng.normal(size=D) * 2
        own = np.repeat(np.arange(objects), takes)
        vectors[name] = unit(things[own] + loud * rng.normal(size=(len(own), D)) + away).astype(
            np.float32
        )
        owners[name] = own
    return vectors, owners


def chances(odds, vectors, owners, way, prior):
    """Probabilities and truths of all pairs, weighted to a share of matches."""
    query, gallery = way
    sides = vectors[query], vectors[gallery]
    found = odds.ratios(query, gallery, sides, background(vectors[gallery]), None)
    same = owners[query][:, None] == owners[gallery][None]
    other = ~np.eye(len(found), dtype=bool) if query == gallery else np.ones(found.shape, bool)
    ratio, truth = found[other], same[other]
    weight = np.where(truth, prior / truth.sum(), (1 - prior) / (~truth).sum())
    return 1 / (1 + np.exp(-(ratio + np.log(prior / (1 - prior))))), truth, weight


@pytest.mark.parametrize("prior", [0.5, 0.01])
@pytest.mark.parametrize("way", [("text", "image"), ("audio", "text"), ("image", "image")])
def test_probabilities_of_new_objects_are_as_often_right_as_they_say(way, prior):
    rng = np.random.default_rng(3)
    both = spaces(500, rng)  # one draw of where modalities lie
    half = {name: own < 250 for name, own in both[1].items()}
    known, new = (
        tuple({name: x[half[name] == which] for name, x in part.items()} for part in both)
        for which in (True, False)
    )
    odds = fit_odds(*known, "invented")
    p, truth, weight = chances(odds, *new, way, prior)
    bins = np.minimum((10 * p).astype(int), 9)
    error = sum(abs(weight[bins == k] @ (p - truth)[bins == k]) for k in range(10))
    assert error < 0.05
    brier = weight @ (p - truth) ** 2
    assert brier < weight @ (prior - truth) ** 2  # the constant


def test_a_logistic_of_one_number_is_the_likelihood_ratio_and_of_gaussians_their_own():
    rng = np.random.default_rng(0)
    there, absent = rng.normal(1, 1, (4000, 2)), rng.normal(0, 1, (4000, 2))
    assert logistic(there, absent) == pytest.approx([1, 1, -1], abs=0.1)
    assert tuple(logistic(there[:, :1], absent[:, :1])) == pytest.approx(
        likelihood_ratio(there[:, 0], absent[:, 0]), rel=1e-6
    )


def test_odds_are_kept_to_the_last_number(tmp_path):
    vectors, owners = spaces(30, np.random.default_rng(1))
    odds = fit_odds(vectors, owners, "invented")
    again = read_odds(tmp_path / write_odds(tmp_path, odds))
    assert again.world == "invented" and again.matches == odds.matches
    assert odds.matches["text>image"] == 2 and odds.matches["image>image"] == 1
    assert {*again.lines} == {*odds.lines} and len(odds.lines) == 9 + 3
    sides, met = (vectors["text"], vectors["image"]), background(vectors["image"])
    assert np.array_equal(*(x.ratios("text", "image", sides, met, None) for x in (odds, again)))
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(RequestError, match="holds no odds"):
        read_odds(tmp_path / "broken.safetensors")


def test_too_few_objects_and_none_that_belong_together_are_said():
    vectors, owners = spaces(30, np.random.default_rng(1), takes=1)
    with pytest.raises(RequestError, match="8 objects or more"):
        fit_odds({n: x[:3] for n, x in vectors.items()}, {n: x[:3] for n, x in owners.items()}, "")
    alone = {"text": owners["text"], "image": owners["image"] + 99}
    with pytest.raises(RequestError, match="belong together"):
        fit_odds({name: vectors[name] for name in alone}, alone, "invented")


def test_a_modality_whose_items_have_no_partner_of_their_own_kind_is_left_unknown():
    vectors, owners = spaces(30, np.random.default_rng(1), takes=1)
    odds = fit_odds(vectors, owners, "invented")
    assert odds.knows("text", "image") and not odds.knows("image", "image")
    assert odds.ranks("text") and not odds.ranks("smell")
    assert odds.prior("text", "image", 900) == pytest.approx(np.log(1 / 999))
    assert odds.prior("text", "image", 1) == pytest.approx(np.log(1 / 100))


def test_objects_reach_over_modalities_and_links_of_absent_items_are_passed_over():
    ids = {"text": ("a", "b"), "image": ("a", "x"), "audio": ("x", "lone")}
    links = {
        ("text", "image"): Links([("a", "a"), ("b", "x"), ("b", "gone")]),
        ("image", "audio"): Links([("x", "x")]),
    }
    found = owners_of(ids, links)
    assert found["text"][1] == found["image"][1] == found["audio"][0]
    assert len({*found["text"], *found["image"], *found["audio"]}) == 3
