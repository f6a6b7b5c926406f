"""Mended spaces: chains in order, new ids, kept and loaded without loss."""

import json
from dataclasses import replace

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.encode.mended import FILE, MendedEncoder, read_mended
from isthmus.lab import embed, load_set, save, save_mended
from isthmus.measure.statistics.searches import scores_between
from isthmus.registry import UnknownPartError
from isthmus.scores import SCORE_RULES
from isthmus.store import read_tensors, write_tensors
from isthmus.transform import CORRECTIONS
from isthmus.transform.mended import Fits, fit_mended, fit_with_data
from isthmus.types import Calibration, RequestError, Space, SpaceMismatchError
from tests.transform.clouds import pair_sets

FULL = "within_whitening+symmetric_normalised+match_odds"


@pytest.fixture(scope="module")
def fitted():
    a, b, links = pair_sets(n=60)
    data = Calibration.of(a, b, links)
    return lambda chain: fit_mended(chain, data, a.space)


def test_a_mended_space_is_another_space_whose_id_hashes_parent_and_chain(fitted):
    a, b, links = pair_sets(n=60)
    centred, again = fitted("mean_removal"), fitted("mean_removal")
    assert centred.space == again.space
    assert centred.space != fitted("half_shift").space
    assert centred.space != a.space
    assert centred.space.chain[-1].parameters["chain"] == "mean_removal"
    other = Space("other", "other", 24)
    elsewhere = fit_mended("mean_removal", Calibration.of(a, b, links), other)
    assert elsewhere.space != centred.space


def test_maps_apply_in_order_and_the_history_grows(fitted):
    a, _, _ = pair_sets(n=60)
    both = fitted("mean_removal+gap_removal")
    moved = both(a)
    by_hand = both.maps[1]["image"](both.maps[0]["image"](a.vectors))
    assert moved.vectors == pytest.approx(by_hand, abs=1e-6)
    assert [step.verb for step in moved.history] == [*(s.verb for s in a.history), "mend"]


def test_an_item_without_direction_is_a_fault_of_the_item(fitted):
    a, _, _ = pair_sets(n=60)

    class Zeros:
        modality, space = "image", a.space

        def encode(self, items):
            return np.stack([a.vectors[row] * (row != 2) for row in items])

    encoder = MendedEncoder(Zeros(), fitted("mean_removal"))
    done = embed(encoder, [0, 1, 2, 3])
    assert done.ids == ("0", "1", "3")
    assert "2" in done.history[-1].parameters["faults"]


def test_sets_of_another_space_are_refused(fitted):
    a, _, _ = pair_sets(n=60)
    elsewhere_set = replace(a, space=Space("another", "another", 24))
    with pytest.raises(SpaceMismatchError, match="another"):
        fitted("mean_removal")(elsewhere_set)


def test_chains_that_cannot_be_are_refused(fitted):
    with pytest.raises(RequestError, match="maps must stand before"):
        fitted("csls+mean_removal")
    with pytest.raises(UnknownPartError, match="mean_removal"):
        fitted("mean_removel")


def test_a_mended_space_is_not_mended_again_by_its_rule(fitted):
    a, b, links = pair_sets(n=60)
    once = fitted("csls")
    data = Calibration.of(once(a), once(b), links)
    with pytest.raises(RequestError, match="does not rank by the cosine"):
        fit_mended("mean_removal", data, once.space)


@pytest.mark.parametrize("chain", [*CORRECTIONS, *SCORE_RULES, FULL])
def test_what_is_kept_is_what_was_fitted(chain, fitted, tmp_path):
    if chain == "transport":
        pytest.importorskip("ot")
    mended = fitted(chain)
    save_mended(mended, tmp_path, "toy")
    back, origin = read_mended(tmp_path)
    assert origin == "toy"
    assert back.space == mended.space
    a, b, _ = pair_sets(n=60, seed=2)
    one, other = (scores_between(m(a), m(b)) for m in (mended, back))
    scores = [some.rule(some.queries, some.gallery) for some in (one, other)]
    assert scores[1] == pytest.approx(scores[0], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("chain", SCORE_RULES)
def test_a_saved_set_keeps_the_score_rule_of_its_space(chain, fitted, tmp_path):
    mended = fitted(chain)
    a, b, _ = pair_sets(n=60, seed=3)
    save(mended(a), tmp_path / "a")
    save(mended(b), tmp_path / "b")
    back = scores_between(load_set(tmp_path / "a"), load_set(tmp_path / "b"))
    first = scores_between(mended(a), mended(b))
    found = [np.asarray(some.rule(some.queries, some.gallery)) for some in (first, back)]
    assert found[1] == pytest.approx(found[0], rel=1e-3, abs=1e-4)


def _changed(tmp_path, fitted, change):
    save_mended(fitted("csls"), tmp_path, "toy")
    arrays, meta = read_tensors(tmp_path / FILE)
    about = json.loads(meta["isthmus"])
    change(about)
    arrays = {name: np.array(value) for name, value in arrays.items()}
    write_tensors(tmp_path / FILE, arrays, {"isthmus": json.dumps(about)})


def test_a_newer_version_is_refused_by_name(tmp_path, fitted):
    _changed(tmp_path, fitted, lambda about: about.update(format="isthmus-mended/9"))
    with pytest.raises(RequestError, match="isthmus-mended/9"):
        read_mended(tmp_path)


def test_a_file_that_names_another_class_makes_none(tmp_path, fitted):
    evil = {"kind": "Popen", "fields": {"args": {"value": "true"}}}
    _changed(tmp_path, fitted, lambda about: about["parts"]["tuple"].append(evil))
    with pytest.raises(RequestError, match="not a whole mended space"):
        read_mended(tmp_path)


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(RequestError, match="holds no mended space"):
        read_mended(tmp_path)


def test_laws_of_scores_are_learnt_on_pairs_that_the_maps_have_not_seen():
    a, b, links = pair_sets(n=60)
    data = Calibration.of(a, b, links)
    assert not fit_with_data("mean_removal+match_odds", data, a.space)[1].crossed
    _, moved = fit_with_data("procrustes+match_odds", data, a.space)
    halves = data.halves()
    assert moved.parts == moved.crossed
    for own, other, crossed in zip(halves, halves[::-1], moved.crossed, strict=True):
        maps = fit_mended("procrustes", own, a.space).maps[0]
        for modality, x in other.vectors.items():
            np.testing.assert_allclose(
                crossed.vectors[modality], unit(maps[modality](x)), atol=1e-6
            )

    def matched(some):
        x, y = some.linked
        return (x * y).sum(axis=1).mean()

    assert matched(moved) > max(map(matched, moved.crossed))  # own pairs look too good


def test_chains_that_share_maps_and_rules_are_what_each_is_alone():
    a, b, links = pair_sets(n=40, views=2, noise=0.5)
    data = Calibration.of(a, b, links)
    fits = Fits(data, a.space)
    for chain in (
        "within_whitening", "within_whitening+symmetric_normalised+match_odds",
        "within_whitening+match_odds", "symmetric_normalised+match_odds", "ridge+csls", "",
        "within_whitening+symmetric_normalised",
    ):  # fmt: skip
        shared, seen = fits.fitted(chain)
        alone, own = fit_with_data(chain, data, a.space)
        assert shared.space == alone.space and shared.moves == alone.moves
        assert len(seen.parts) == len(own.parts)
        for one, other in zip(seen.parts, own.parts, strict=True):
            assert all(np.array_equal(one.vectors[m], other.vectors[m]) for m in one.vectors)
    assert len(fits.maps) == 3 and len(fits.crossed) == 2  # none, whitening, ridge
