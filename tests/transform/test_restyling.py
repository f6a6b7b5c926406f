"""Style decompositions on grids that are built for them, on objects that they never saw."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.registry import find
from isthmus.transform.restyling import STYLERS, StyleGrid
from isthmus.transform.style_shifts import exponential, intrinsic_mean, logarithm
from isthmus.types import RequestError

STYLES = ("flat", "ink", "toon")
D = 24


def grid(cells, first=0):
    names = tuple(f"o{first + number}" for number in range(len(cells)))
    cells = cells / np.linalg.norm(cells, axis=-1, keepdims=True)
    return StyleGrid(cells, names, STYLES)


def additive(objects, rng):
    """Object plus a large style, all orthogonal to a common mean that keeps lengths alike."""
    things = 0.3 * rng.normal(size=(objects, 1, D)) / np.sqrt(D)
    kinds = np.random.default_rng(9).normal(size=(1, 3, D)) / np.sqrt(D)
    tip = np.zeros(D)
    tip[0] = 6.0
    return things + kinds + tip


def rotated(objects, rng):
    """Each style turns the object's vector by a rotation of its own."""
    turns = [np.linalg.qr(np.random.default_rng(s).normal(size=(D, D)))[0] for s in range(3)]
    things = rng.normal(size=(objects, D))
    return np.stack([things @ turn for turn in turns], axis=1)


def halves(made, objects=160, noise=0.0):
    rng = np.random.default_rng(3)
    cells = made(objects, rng)
    cells = cells + noise * rng.normal(size=cells.shape)
    return grid(cells[: objects // 2]), grid(cells[objects // 2 :], objects // 2)


def change(name, fitted, scored):
    moved = find("stylers", STYLERS, name)(fitted)
    return measure.style_change(scored.cells, scored.styles, moved.restyle, moved.placed)


SHIFTING = [name for name in STYLERS if name not in ("nothing", "subspace_swap")]


@pytest.mark.parametrize("name", SHIFTING)
def test_styles_that_are_added_are_taken_away(name):
    found = change(name, *halves(additive))
    assert found.value > 0.9
    assert found.interval.low > found.null.mean


def test_doing_nothing_finds_the_object_where_style_is_the_same_for_all():
    fitted, scored = halves(additive)
    nothing = change("nothing", fitted, scored)
    shift = change("mean_shift", fitted, scored)
    assert shift.whole_grid > 0.95 > 0.1 > nothing.whole_grid
    assert np.isnan(np.diag(nothing.pairs)).all()


@pytest.mark.parametrize(("name", "least"), [("affine_maps", 0.98), ("bilinear", 0.9)])
def test_styles_that_rotate_need_maps(name, least):
    fitted, scored = halves(rotated, noise=0.02)
    assert change("mean_shift", fitted, scored).value < 0.1
    assert change(name, fitted, scored).value >= least


def test_what_varies_within_an_object_weighs_little():
    def noisy(objects, rng):
        things = np.zeros((objects, 1, D))
        things[..., :8] = 0.5 * rng.normal(size=(objects, 1, 8))
        cells = np.broadcast_to(things, (objects, 3, D)).copy()
        cells[..., 8:] += rng.normal(size=(objects, 3, D - 8))
        return cells

    fitted, scored = halves(noisy)
    plain, white = (change(name, fitted, scored).value for name in ("mean_shift", "whitened"))
    assert white > plain + 0.2


def test_swapping_the_styles_span_gives_the_targets_coordinates():
    fitted, scored = halves(additive)
    swap = find("stylers", STYLERS, "subspace_swap")(fitted)
    moved = swap.restyle(scored.cells[:, 0], "flat", "ink")
    inside = moved @ swap.basis.T
    assert inside == pytest.approx(np.tile(swap.middles["ink"] @ swap.basis.T, (len(moved), 1)))
    rest = moved - inside @ swap.basis
    before = scored.cells[:, 0] - scored.cells[:, 0] @ swap.basis.T @ swap.basis
    assert rest == pytest.approx(before)


def test_erasure_makes_the_style_means_equal():
    fitted, _ = halves(additive)
    erased = find("stylers", STYLERS, "erasure")(fitted)
    left = fitted.cells - fitted.cells @ erased.basis.T @ erased.basis
    assert np.ptp(left.mean(axis=0), axis=0).max() < 1e-12
    assert len(erased.basis) == 2


def test_the_sphere_and_its_tangents():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, D)) + 2
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    base = intrinsic_mean(x)
    tangents = logarithm(base, x)
    assert exponential(base, tangents) == pytest.approx(x)
    assert tangents.mean(axis=0) == pytest.approx(np.zeros(D), abs=1e-9)
    assert np.linalg.norm(tangents, axis=1) == pytest.approx(np.arccos(x @ base))
    assert tangents @ base == pytest.approx(np.zeros(40), abs=1e-12)


@pytest.mark.parametrize("name", [name for name in STYLERS if "map" not in name])
def test_an_unseen_style_is_learned_from_unlinked_cells(name):
    fitted, scored = halves(additive)
    known = find("stylers", STYLERS, name)(fitted.without("toon"))
    with pytest.raises(RequestError, match=r"no style 'toon'; there are flat, ink: learn it"):
        known.restyle(scored.cells[:, 0], "flat", "toon")
    learned = known.learn("toon", fitted.cells[:20, 2])
    found = measure.style_change(scored.cells, scored.styles, learned.restyle, learned.placed)
    if name not in ("nothing", "subspace_swap"):
        assert found.pairs[0, 2] > 0.8
    with pytest.raises(RequestError, match="The style toon is empty"):
        known.learn("toon", fitted.cells[:0, 2])


def test_transfer_reads_the_style_from_another_object():
    fitted, scored = halves(additive)
    moved = find("stylers", STYLERS, "mean_shift")(fitted)
    found = measure.style_transfer(
        scored.cells, scored.styles, moved.style_of, moved.restyle, moved.placed
    )
    assert found.read_right == 1
    assert found.value > 0.95
    wrong = measure.style_transfer(scored.cells, scored.styles, lambda x: ["flat"] * len(x))
    assert wrong.read_right == pytest.approx(1 / 3)
    assert wrong.value < 0.1


def test_styles_or_contents_decide_who_is_near():
    fitted, scored = halves(additive)
    assert measure.style_retrieval(scored.cells, scored.styles).value > 0.95
    words = find("stylers", STYLERS, "ideal_words")(fitted)
    blind = measure.style_retrieval(scored.cells, scored.styles, words.placed)
    assert blind.value == pytest.approx(1 / 3, abs=0.15)


def test_equal_vectors_score_chance():
    cells = np.ones((20, 3, D)) / np.sqrt(D)
    found = measure.style_change(cells, STYLES)
    assert found.value == pytest.approx(1 / 20)
    assert found.whole_grid == pytest.approx(1 / 59)


def test_grids_are_refused_or_told():
    x = np.eye(6)
    objects, kinds = list("aabbcc"), ["ink", "flat"] * 3
    made, rest = StyleGrid.of(x[:5], objects[:5], kinds[:5])
    assert made.objects == ("a", "b")
    assert rest == ("c",)
    assert made.cells[0] == pytest.approx(x[[1, 0]])
    with pytest.raises(RequestError, match="two styles or more, not 1"):
        StyleGrid.of(x, objects, ["ink"] * 6)
    with pytest.raises(RequestError, match="a is there twice in the style ink"):
        StyleGrid.of(x, list("aaabbb"), kinds)
    with pytest.raises(RequestError, match="6 vectors, 5 objects and 6 styles"):
        StyleGrid.of(x, objects[:5], kinds)
    with pytest.raises(RequestError, match="No object has all 2 styles"):
        StyleGrid.of(x[:2], ["a", "b"], ["ink", "flat"])
    with pytest.raises(RequestError, match="1 objects, 2 styles and 2 names"):
        measure.style_change(made.cells[:1], made.styles)
