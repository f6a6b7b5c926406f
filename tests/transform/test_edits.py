"""Edits: invariants of every projector, and the published targets on paper."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isthmus.arrays import unit
from isthmus.registry import find
from isthmus.transform import BASES, PROJECTORS, TARGETS
from isthmus.transform.corpora import affine_corpus, gram_schmidt_basis, replaced
from isthmus.transform.style_shifts import logarithm
from isthmus.types import RequestError

D = 16


def data(seed=0):
    """Items and prompts with offsets of their own, as two modalities have."""
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(40, D)) + 2 * np.eye(D)[0]
    prompts = rng.normal(size=(6, D)) + 2 * np.eye(D)[1]
    return unit(items), unit(prompts)


def corpus_of(projector, basis, items, prompts, rank):
    found = find("bases", BASES, basis)(prompts, rank)
    return find("projectors", PROJECTORS, projector)(found, items, prompts)


def target(name):
    return find("targets", TARGETS, name)


@pytest.mark.parametrize("name", BASES)
def test_projectors_are_idempotent(name):
    basis = find("bases", BASES, name)(data()[1], 5)
    square = basis.T @ basis
    assert np.allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-9)
    assert np.allclose(square @ square, square, atol=1e-9)


def test_gram_schmidt_spans_what_the_prompts_span_and_every_row_has_length_one():
    prompts = data()[1]
    basis = gram_schmidt_basis(5 * prompts, 6)
    assert np.allclose(prompts @ basis.T @ basis, prompts, atol=1e-6)
    assert np.allclose(np.linalg.norm(basis, axis=1), 1)


@pytest.mark.parametrize("projector", PROJECTORS)
@pytest.mark.parametrize("name", BASES)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_strength_is_the_share_of_the_coordinate_that_is_replaced(projector, name, seed):
    items, prompts = data(seed)
    corpus = find("projectors", PROJECTORS, projector)(
        find("bases", BASES, name)(prompts, 4), items, prompts
    )
    text, have = prompts[:1], corpus.coordinates(items)
    wanted = corpus.wanted(text)
    assert np.allclose(replaced(items, text, corpus, 0.0), items, atol=1e-6)
    half, whole = (replaced(items, text, corpus, s) for s in (0.5, 1.0))
    if projector == "geodesic":  # beyond half the circle a logarithm is another one
        tangents = [logarithm(corpus.items, x) for x in (items, half)]
        assert np.allclose(np.linalg.norm(half, axis=1), 1)
        outside = [x - x @ corpus.basis.T @ corpus.basis for x in tangents]
        near = np.linalg.norm(tangents[1], axis=1) < 3
        assert np.allclose(outside[0][near], outside[1][near], atol=1e-5)
        moved = tangents[1] @ corpus.basis.T
        assert np.allclose(moved[near], ((have + wanted) / 2)[near], atol=1e-5)
        return
    for strength, x in ((0.5, half), (1.0, whole)):
        found = (x - corpus.items) @ corpus.basis.T
        assert np.allclose(found, (1 - strength) * have + strength * wanted, atol=1e-6)
        away = x - items
        assert np.allclose(away, away @ corpus.basis.T @ corpus.basis, atol=1e-6)


def test_more_strength_lies_nearer_to_the_replaced_target():
    items, prompts = data()
    corpus = find("projectors", PROJECTORS, "affine")(
        find("bases", BASES, "pca")(prompts, 5), items, prompts
    )
    steps = [unit(replaced(items, prompts[:1], corpus, s)) for s in np.linspace(0, 1, 9)]
    cosines = np.array([(x * steps[-1]).sum(axis=1) for x in steps])
    assert (np.diff(cosines, axis=0) > -1e-9).all()


@pytest.mark.parametrize("strength", [-0.1, 1.1, np.nan])
def test_a_strength_beyond_a_share_is_refused(strength):
    items, prompts = data()
    corpus = find("projectors", PROJECTORS, "linear")(
        find("bases", BASES, "svd")(prompts, 3), items, prompts
    )
    with pytest.raises(RequestError, match="0 to 1"):
        replaced(items, prompts[:1], corpus, float(strength))


def test_prompts_that_are_all_alike_are_refused():
    with pytest.raises(RequestError, match="two different prompts"):
        find("bases", BASES, "pca")(np.ones((3, D)), 2)


def test_the_published_targets_on_axes():
    e = np.eye(4)
    z, t, prompts = (e[:1] + e[3:]) / 2**0.5, e[1], e[:2]
    root = 2**-0.5
    known = {
        "naive": e[1],
        "pae": z[0] + 2 * e[1],
        "pae+": z[0] - 2 * root * e[0] + 2 * root * e[1],
        "paeGS+": z[0] - 2 * root * e[0] + 2 * root * e[1],
        "paePCA+": z[0] - (e[0] - e[1]) * root + 2 * 0.5 / root * e[1],
        "dpeGS": e[1],
        "dpePCA": (e[1] - e[0]) / 2,
        "paeAllEx": z[0] + 2 * e[1] - 2 * e[0],
        "paeAllExD": z[0] + 2 * e[1] - e[0] - e[1],
    }
    assert set(known) == set(TARGETS)
    for name, expected in known.items():
        assert np.allclose(target(name)(z, t, prompts, 2.0)[0], expected, atol=1e-6), name


@pytest.mark.parametrize("name", TARGETS)
def test_targets_do_not_depend_on_the_length_of_vectors(name):
    items, prompts = data()
    plain = target(name)(items, prompts[0], prompts, 3.0)
    assert np.allclose(
        plain,
        target(name)(9 * items, 5 * prompts[0], 2 * prompts, 3.0),
        atol=1e-5,
    )


@pytest.mark.parametrize("name", ["paeGS+", "paePCA+", "dpeGS", "dpePCA"])
def test_signs_and_order_of_prompts_do_not_matter(name):
    items, prompts = data()
    plain = target(name)(items, prompts[0], prompts, 3.0)
    assert np.allclose(plain, target(name)(items, prompts[0], prompts[::-1], 3.0), atol=1e-5)


def test_texts_are_stretched_to_the_spread_of_the_items():
    rng = np.random.default_rng(3)
    basis = np.eye(12)[:2]
    items, texts = (
        unit(scale * rng.normal(size=(500, 12)) * (np.arange(12) < 2) + np.eye(12)[axis])
        for scale, axis in ((0.3, 5), (0.1, 7))
    )
    corpus = affine_corpus(basis, items, texts)
    assert corpus.ratio == pytest.approx(0.3 / 0.1, rel=0.15)  # on the sphere a little less
    wanted, have = corpus.wanted(texts), corpus.coordinates(items)
    assert (wanted**2).mean() == pytest.approx((have**2).mean())
