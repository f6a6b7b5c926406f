"""The kit of corrections can fail: maps and rules with one thing wrong."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from isthmus.scores import hubness
from isthmus.scores.hubness import (
    fit_csls,
    fit_inverted_softmax,
    fit_neighbour_normalised,
    fit_qb_norm,
)
from isthmus.scores.normalised import fit_score_standardised
from isthmus.testing import check_correction
from isthmus.transform.maps import Shift
from isthmus.transform.shifts import fit_mean_removal
from isthmus.types import Calibration


@dataclass(frozen=True, eq=False)
class Spoiled:
    """A rule whose scores go through something else."""

    inner: Any
    spoil: Any

    def between(self, query, gallery):
        score = self.inner.between(query, gallery)
        return lambda a, b: self.spoil(score(a, b))


def spoiled(spoil):
    return lambda data, inner: Spoiled(fit_score_standardised(data, inner), spoil)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda x: -x, "finds 0%"),
        (lambda x: x.T[:1], r"not \(queries, items\)"),
        (lambda x: x * np.inf, "finite"),
        (lambda x: x - x.mean(axis=0), "depend on the other queries"),
    ],
)
def test_rules_that_break_a_clause(spoil, says):
    with pytest.raises(AssertionError, match=says), np.errstate(all="ignore"):
        check_correction(spoiled(spoil), kinds=(Spoiled,))


@pytest.mark.parametrize(
    ("method", "fit", "broken"),
    [
        ("csls", fit_csls, lambda s, bank: 2 * s - hubness.nearest_mean(bank, 0)),
        ("csls", fit_csls, lambda s, bank: 2 * s - hubness.nearest_mean(s, 1)[:, None]),
        ("qb_norm", fit_qb_norm, lambda s, bank: s),
        ("neighbour_normalised", fit_neighbour_normalised, lambda s, bank: s),
        ("inverted_softmax", fit_inverted_softmax, lambda s, bank: s - 2 * bank.mean(axis=0)),
    ],
)
def test_rules_without_one_of_their_terms_mix_modalities_wrongly(method, fit, broken, monkeypatch):
    monkeypatch.setitem(hubness.HUB_REMEDIES, method, broken)
    with pytest.raises(AssertionError, match="gallery of both modalities"):
        check_correction(fit)


def test_maps_that_break_a_clause():
    rng = np.random.default_rng(0)

    def drawn_anew(data):
        return {
            name: Shift(mean + rng.normal(size=mean.shape)) for name, mean in data.means.items()
        }

    def by_first_row(data):
        return {name: Shift(x[0]) for name, x in data.vectors.items()}

    def in_place(data):
        found = fit_mean_removal(data)
        for x in data.vectors.values():
            x += 1
        return found

    def one_side(data):
        return dict(list(fit_mean_removal(data).items())[:1])

    def silent(data):
        if len(data.rows) < 100:
            raise ValueError("bad")
        return fit_mean_removal(data)

    for fit, says in (
        (drawn_anew, "fitted twice"),
        (by_first_row, "order of the calibration items"),
        (in_place, "in place"),
        (one_side, "One map a modality"),
        (silent, "a sentence"),
    ):
        with pytest.raises((AssertionError, KeyError), match=says):
            check_correction(fit)


def test_a_space_that_is_known_has_a_gap_and_its_links():
    from isthmus.testing.corrections import known_space

    data = known_space(20, 0)
    assert isinstance(data, Calibration)
    assert data.same_object("a", "b").sum() == len(data.rows) == 20 * 4
    away = data.means["a"] - data.means["b"]
    assert np.argmax(np.abs(away)) == 63 and away[63] > 1
