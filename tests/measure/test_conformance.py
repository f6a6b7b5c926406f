"""What every registered measure promises: a whole result, its invariances, its refusals."""

import json
from dataclasses import fields
from string import Formatter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus import measure
from isthmus.measure import MEASURES, ONE_SET, TWO_SETS
from isthmus.types import (
    EmbeddingSet,
    Links,
    RequestError,
    Result,
    Space,
    SpaceMismatchError,
)
from tests.measure.clouds import captions, pair_of_clouds, rotation

MINE = {
    "alignment": "alignment",
    "anisotropy": "anisotropy (a)",
    "backbone": "backbone fingerprint",
    "centroid_cosine_gap": "centroid cosine gap",
    "centroid_gap": "centroid gap",
    "cosine_separation": "matched against unmatched cosine (AUC)",
    "cross_hubness": "hubness (a to b)",
    "distribution_gap": "distribution gap (squared Bures distance)",
    "effective_rank": "effective rank (a)",
    "gap_concentration": "gap share of 2 coordinates",
    "hubness": "hubness (a)",
    "inter_cosine": "inter-modal cosine",
    "intra_cosine": "intra-modal cosine (a)",
    "linear_cka": "unbiased linear CKA",
    "matched_cosine": "matched cosine",
    "matched_distance": "matched distance",
    "modality_probe": "modality probe accuracy",
    "mutual_knn": "mutual 10 nearest neighbours",
    "neighbour_mixing": "own modality among 10 neighbours",
    "participation_ratio": "participation ratio (a)",
    "relative_modality_gap": "relative modality gap",
    "spectrum": "variance in 10 directions (a)",
    "temperature_shift": "best gap shift at temperature 0.01",
    "uniformity": "uniformity (a)",
    "unmatched_cosine": "unmatched cosine",
}
"""Measures to the names that pages and reports print, of sets called a and b."""
BASIS = {"gap_concentration", "backbone"}
"""Measures of single coordinates or of a known direction: rotation changes them."""
ORDER = {"modality_probe", "temperature_shift"}
"""Measures with random halves or batches: another order is another draw."""
DEBIASED = {
    "anisotropy", "backbone", "centroid_cosine_gap", "centroid_gap", "distribution_gap",
    "effective_rank", "gap_concentration", "linear_cka", "participation_ratio",
    "relative_modality_gap",
}  # fmt: skip
"""Measures whose interval is that of the value without its sampling bias."""


def measured(name, x, y, links=None):
    function = getattr(measure, name)
    return function(x) if name in ONE_SET else function(x, y, links)


def results_of(kind):
    return {kind, *(found for below in kind.__subclasses__() for found in results_of(below))}


def test_sentences_name_fields_that_there_are():
    for name in MEASURES:
        getattr(measure, name)  # imports the file of every measure
    kinds = [one for one in results_of(Result) if one.__module__.startswith("isthmus.measure")]
    assert len(kinds) >= 50
    for kind in kinds:
        held = {field.name for field in fields(kind)} | set(dir(kind))
        for _, place, _, _ in Formatter().parse(kind.sentence):
            if place is not None:
                assert place == "self" or place.split(".")[1].split("[")[0] in held, kind
        assert kind.paper or kind.__subclasses__(), kind


def test_the_list_is_whole():
    assert set(MINE) <= {*ONE_SET, *TWO_SETS}
    assert len(MINE) >= 20


@pytest.mark.parametrize("name", TWO_SETS)
def test_nine_linked_items_of_sixty_are_enough(name):
    x, y = pair_of_clouds(60)
    a, b = EmbeddingSet.from_rows(x, "one"), EmbeddingSet.from_rows(y, "other")
    links = Links(zip(a.ids[:9], b.ids[:9], strict=True))
    found = getattr(measure, name)(a, b, links)
    assert np.isfinite(found.value)
    # the best shift may lie at the end of what was tried, where it is a bound
    if name != "temperature_shift":
        assert np.isfinite([found.interval.low, found.interval.high]).all()
    if name == "matched_cosine":
        alone = measure.matched_cosine(x[:9], y[:9])
        assert found.value == pytest.approx(alone.value, abs=1e-6)
        widths = [one.interval.high - one.interval.low for one in (found, alone)]
        assert widths[0] == pytest.approx(widths[1], rel=0.35)


@pytest.mark.parametrize("name", MINE)
def test_results_are_whole(name):
    x, y = pair_of_clouds(60)
    result = measured(name, x, y)
    json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert "\n" not in str(result)
    assert result.name == MINE[name]
    assert result.null.note != "not declared"
    assert result.n == 60
    assert len(result.about) > 40
    assert len(result.cite()) > 30
    if result.null.draws:
        assert 0 < result.null.p <= 1
        assert float(0.05 * (result.null.draws + 1)).is_integer()
    # no known backbone has 12 coordinates, and the best shift of this cloud is a bound
    known = name not in ("backbone", "temperature_shift")
    assert (result.interval is not None) == known
    if known:
        low, high = result.interval.low, result.interval.high
        middle = result.value if result.corrected is None else result.corrected
        slack = 1e-6 + (high - low if name in DEBIASED else 0)
        assert low - slack <= middle <= high + slack


@pytest.mark.parametrize("name", MINE)
def test_results_draw_what_they_measured(name):
    from matplotlib.figure import Figure

    x, y = pair_of_clouds(60)
    ax = Figure().subplots()
    assert measured(name, x, y).plot(ax) is ax
    assert ax.has_data() or name == "backbone"  # no known backbone has 12 coordinates


@pytest.mark.parametrize("name", MINE)
def test_results_show_themselves_in_a_notebook(name):
    from matplotlib import pyplot

    result = measured(name, *pair_of_clouds(60))
    assert (
        len(repr(result)) <= 400 and "\n" not in repr(result) and result.name[:20] in repr(result)
    )
    html = result._repr_html_()
    assert html.count("<img") == 1 and str(result)[:12] in html and len(html) < 200_000
    axes = result.plot()
    assert axes.figure.number in pyplot.get_fignums()
    pyplot.close(axes.figure)


@pytest.mark.parametrize("name", MINE)
def test_same_seed_same_numbers(name):
    x, y = pair_of_clouds(40)
    assert measured(name, x, y).to_dict() == measured(name, x, y).to_dict()


FIXED = {"backbone", "temperature_shift"}
"""Measures whose null needs no draws."""


def by_seed(name, seed):
    x, y = pair_of_clouds(40)
    rng, function = np.random.default_rng(seed), getattr(measure, name)
    return function(x, rng=rng) if name in ONE_SET else function(x, y, rng=rng)


@pytest.mark.parametrize("name", sorted(set(MINE) - FIXED))
def test_the_generator_that_comes_in_draws_the_null(name):
    first, again, other = (by_seed(name, seed) for seed in (1, 1, 2))
    assert first.to_dict() == again.to_dict()
    assert (first.null.mean, first.null.low) != (other.null.mean, other.null.low)
    assert first.null.low < first.null.high


@pytest.mark.parametrize("name", ["mean_reciprocal_rank", "ndcg", "mixed_gallery"])
def test_the_interval_of_a_share_needs_no_draws(name):
    assert by_seed(name, 1).interval == by_seed(name, 2).interval


@pytest.mark.parametrize("name", MINE)
def test_a_collapsed_space_is_measured_without_a_fault(name):
    same = np.tile([1.0, 0, 0, 0], (40, 1))
    result = measured(name, same, same)
    json.dumps(result.to_dict(), allow_nan=False)
    # no effect is claimed where nothing varies, except that everything is one point
    one_point = {"anisotropy", "inter_cosine", "intra_cosine", "uniformity", "unmatched_cosine"}
    assert name in {*one_point, "effective_rank"} or np.isnan(result.null.p) or result.null.p > 0.01


@pytest.mark.parametrize("name", sorted(set(MINE) & set(TWO_SETS)))
def test_different_spaces_are_refused(name):
    sets = [
        EmbeddingSet.from_rows(np.eye(9, dtype=np.float32), "image"),
        EmbeddingSet(np.eye(9, dtype=np.float32), tuple("abcdefghi"), "text", Space("s", "s", 9)),
    ]
    with pytest.raises(SpaceMismatchError, match="embed both"):
        measured(name, *sets)


@pytest.mark.parametrize("name", MINE)
def test_too_few_objects_are_refused(name):
    with pytest.raises(RequestError, match="at least 8 objects"):
        measured(name, np.eye(5), np.eye(5))


@pytest.mark.parametrize("name", sorted(set(MINE) & set(TWO_SETS)))
def test_many_to_many_links(name):
    images, texts, links = captions()
    result = measured(name, images, texts, links)
    assert result.n == 30
    assert np.isfinite(result.value)


@pytest.mark.parametrize("name", sorted(set(MINE) - BASIS))
@settings(max_examples=3)
@given(seed=st.integers(0, 2**16))
def test_rotation_and_row_lengths_change_nothing(name, seed):
    x, y = pair_of_clouds(40, seed=seed)
    turn, rng = rotation(12, seed), np.random.default_rng(seed)
    lengths = np.exp(rng.normal(size=(2, 40, 1)))
    plain, turned = (
        measured(name, x, y),
        measured(name, lengths[0] * x @ turn, lengths[1] * y @ turn),
    )
    assert turned.value == pytest.approx(plain.value, abs=2e-3)


@pytest.mark.parametrize("name", sorted(set(MINE) - ORDER))
@settings(max_examples=3)
@given(seed=st.integers(0, 2**16))
def test_item_order_changes_nothing(name, seed):
    x, y = pair_of_clouds(40, seed=seed)
    order = np.random.default_rng(seed).permutation(40)
    assert measured(name, x[order], y[order]).value == pytest.approx(
        measured(name, x, y).value, abs=1e-5, nan_ok=True
    )


def test_links_decide_not_row_order():
    x, y = pair_of_clouds(40)
    order = np.random.default_rng(0).permutation(40)
    links = Links((str(row), str(place)) for place, row in enumerate(order))
    for name in ("matched_cosine", "cosine_separation", "mutual_knn", "linear_cka"):
        moved = measured(name, x, y[order], links)
        assert moved.value == pytest.approx(measured(name, x, y).value, abs=1e-5)
