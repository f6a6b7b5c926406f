"""What rules are made of: directions, samples of matches and negatives, sides that are turned."""

import numpy as np
import pytest

from isthmus.scores.normalised import NormalScores, Standardised
from isthmus.scores.odds import MatchOdds
from isthmus.scores.rules import Cosine, Trained, direction, directions, neutral, samples
from isthmus.similarity.hyperbolic import exterior_angle, lifted
from isthmus.similarity.learned import Bilinear
from isthmus.types import Calibration


def two_of_each():
    """Three objects, two views of each in a and one in b."""
    rng = np.random.default_rng(0)
    a, b = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in rng.normal(size=(2, 6, 4)))
    rows = np.array([[i, i // 2] for i in range(6)])
    objects = {"a": np.arange(6) // 2, "b": np.arange(3)}
    return Calibration({"a": a, "b": b[:3]}, rows, objects)


def test_there_are_four_directions():
    assert directions(two_of_each()) == [("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")]
    assert direction("b", "a") == "b>a"


def test_samples_are_pairs_of_one_object_and_of_two():
    data = two_of_each()
    cosine = {(q, g): data.vectors[q] @ data.vectors[g].T for q, g in directions(data)}
    for (query, gallery), scores in cosine.items():
        matches, negatives = samples(Cosine(), data, query, gallery)
        same = data.objects[query][:, None] == data.objects[gallery]
        itself = np.eye(len(scores), dtype=bool) if query == gallery else np.zeros_like(same)
        assert sorted(matches) == pytest.approx(sorted(scores[same & ~itself]))
        assert sorted(negatives) == pytest.approx(sorted(scores[~same]))
    assert len(samples(Cosine(), data, "b", "b")[0]) == 0


def test_samples_come_from_the_halves_where_there_are_any():
    from dataclasses import replace

    data = two_of_each()
    turned = Calibration({n: -x for n, x in data.vectors.items()}, data.rows, data.objects)
    both = replace(data, crossed=(turned, data))
    own, twice = (samples(Cosine(), one, "a", "b")[0] for one in (data, both))
    assert twice.tolist() == [*own, *own]


def test_what_is_of_one_object_becomes_the_median_of_its_column():
    scores = np.array([[9.0, 1.0], [2.0, 9.0], [4.0, 3.0], [6.0, 5.0]])
    same = np.array([[True, False], [False, True], [False, False], [False, False]])
    assert neutral(scores, same).tolist() == [[4, 1], [2, 3], [4, 3], [6, 5]]


def test_a_trained_similarity_keeps_its_left_side_whoever_asks():
    rng = np.random.default_rng(1)
    general, special = lifted(rng.normal(size=(4, 3))), lifted(rng.normal(size=(5, 3)))
    rule = Trained("exterior_angle", "b")
    wanted = exterior_angle(general, special)
    assert rule.between("b", "a")(general, special) == pytest.approx(wanted)
    assert rule.between("a", "b")(special, general) == pytest.approx(wanted.T)
    matrix = rng.normal(size=(4, 4))
    learned, data = Trained(Bilinear(matrix), "b"), two_of_each()
    x, y = data.vectors["b"], data.vectors["a"]
    assert learned.calibration_scores(data, "a", "b") == pytest.approx((x @ matrix @ y.T).T)


def test_rules_of_a_direction_are_their_equations_on_paper():
    a, b = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0], [0.6, 0.8]])
    standard = Standardised(Cosine(), {"a>b": 0.5, "b>a": 0.0}, {"a>b": 0.25, "b>a": 1.0})
    assert standard.between("a", "b")(a, b) == pytest.approx(np.array([[2.0, 0.4]]))
    assert standard.between("b", "a")(b, a) == pytest.approx(np.array([[1.0], [0.6]]))
    odds = MatchOdds(standard, {"a>b": 3.0}, {"a>b": -1.0}, {"a>b": -2.0})
    assert odds.between("a", "b")(a, b) == pytest.approx(np.array([[3.0, -1.8]]))
    knots = NormalScores(Cosine(), {"a>b": np.array([0.5, 0.7])}, {"a>b": np.array([-1.0, 1.0])})
    assert knots.between("a", "b")(a, b) == pytest.approx(np.array([[4.0, 0.0]]))
    below = np.array([[0.0, 1.0]])
    assert knots.between("a", "b")(below, b) == pytest.approx(np.array([[-6.0, 2.0]]))


def test_a_rule_of_a_direction_scores_calibration_items_by_the_same_map():
    data = two_of_each()
    inner = dict.fromkeys(("a>a", "a>b", "b>a", "b>b"), 0.1)
    rule = Standardised(Cosine(), inner, dict.fromkeys(inner, 2.0))
    wanted = (data.vectors["a"] @ data.vectors["b"].T - 0.1) / 2
    assert rule.calibration_scores(data, "a", "b") == pytest.approx(wanted)
