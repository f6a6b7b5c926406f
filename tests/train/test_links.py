"""Links that are learned: better than where they start, and joined without any pair across."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.lab import join, link, load_link
from isthmus.types import EmbeddingSet, RequestError, Space
from tests.transform.test_links import known, spaces

pytest.importorskip("torch")


def hits(moved, far):
    scores = moved.unit @ far.unit.T
    return float((scores.argmax(axis=1) == np.arange(len(far))).mean())


@pytest.mark.parametrize("method", ["contrastive", "contrastive_mlp"])
def test_heads_find_what_a_bent_space_hides_and_come_back_from_a_file(method, tmp_path):
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(800, 4))
    x, y = hidden @ rng.normal(size=(4, 16)) + 1, np.cos(0.7 * hidden @ rng.normal(size=(4, 24)))
    noisy = ((one + 0.05 * rng.normal(size=one.shape)).astype(np.float32) for one in (x, y))
    a, b = spaces(*noisy)
    start, found = link(a, b).trust, link(a, b, method=method)
    gain = 0.1 if method == "contrastive_mlp" else -0.02  # no linear map can find a cosine
    assert found.trust.hit1.value > start.hit1.value + gain
    again = load_link(found.save(tmp_path / "link"))
    assert again.regardless(a).vectors == pytest.approx(found.regardless(a).vectors, abs=1e-5)
    assert link(a, b, method=method).step == found.step  # the same seed, the same weights


def test_of_shuffled_pairs_nothing_is_learned_that_is_trusted():
    a, b = known(300)
    mixed = np.random.default_rng(0).permutation(len(b))
    wrong = EmbeddingSet(b.vectors[mixed], b.ids, "text", b.space)
    assert not link(a, wrong, method="contrastive_mlp").trusted


@pytest.fixture(scope="module")
def world():
    """Texts and pictures in A, texts and sounds in B, of the same 1,500 hidden things."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(1_500, 6))
    sets = {}
    for name, dim in (("A", 24), ("B", 16)):
        mixed, gap = hidden @ rng.normal(size=(6, dim)), rng.normal(size=dim)
        for kind, sign in (("text", 1), ("other", -1)):
            noise = 0.3 * rng.normal(size=mixed.shape)
            rows = (unit(mixed + sign * gap + noise)).astype(np.float32)
            ids = tuple(map(str, range(len(rows))))
            sets[name, kind] = EmbeddingSet(rows, ids, kind, Space(name, name, dim))
    return sets


def test_spaces_are_joined_by_the_modality_that_they_share(world):
    known, unseen = slice(0, 1_200), slice(1_200, None)
    texts = world["A", "text"][known], world["B", "text"][known]
    through = world["A", "other"][:600], world["B", "other"][600:1_200]  # no thing is in both
    asked, far = world["A", "other"][unseen], world["B", "other"][unseen]
    paired = link(world["A", "other"][known], world["B", "other"][known])
    most = hits(paired.regardless(asked), far)
    extended = link(*texts, method="exmcr", through=through)
    joined = join(*texts, through=through)
    assert hits(extended(asked), far) > 0.6 * most > 0.3
    assert hits(joined.a(asked), joined.b(far)) > 0.6 * most
    assert joined.trusted and joined.space == joined.b.target
    assert joined.space not in (texts[0].space, texts[1].space)
    assert extended.target == texts[1].space and "joining other to other" in str(extended)


def test_a_joining_wants_the_other_modalities(world):
    texts = world["A", "text"], world["B", "text"]
    with pytest.raises(RequestError, match=r"through=\(images_a, sounds_b\)"):
        link(*texts, method="exmcr")
    with pytest.raises(RequestError, match="Cannot compare vectors of 'A'"):
        join(*texts, through=(world["B", "other"], world["A", "other"]))
