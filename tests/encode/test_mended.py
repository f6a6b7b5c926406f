"""``mended:FOLDER`` is the parent's towers and the corrections, and of that parent only."""

from dataclasses import replace

import numpy as np
import pytest

import isthmus
from isthmus.encode.mended import load
from isthmus.lab import save_mended
from isthmus.transform.mended import fit_mended
from isthmus.types import Calibration, EmbeddingSet, LoadOptions, Space, SpaceMismatchError

WORDS = ["a cat", "a red car", "snow", "two dogs"]


@pytest.fixture(scope="module")
def mended():
    """Centring that was fitted on any vectors of the space of ``mini``."""
    space, rng = isthmus.load("mini")["text"].space, np.random.default_rng(0)
    ids = tuple(map(str, range(30)))
    a, b = (
        EmbeddingSet(np.float32(rng.normal(size=(30, space.dim)) + 0.2), ids, name, space)
        for name in ("image", "text")
    )
    return fit_mended("mean_removal", Calibration.of(a, b), space)


def test_towers_are_followed_by_the_corrections(mended, tmp_path):
    save_mended(mended, tmp_path, "mini")
    encoders = load(str(tmp_path), LoadOptions())
    assert set(encoders) == {"image", "text"}
    raw = isthmus.embed(isthmus.load("mini")["text"], WORDS)
    found = encoders["text"].encode(WORDS)
    np.testing.assert_allclose(found, mended(raw).vectors, atol=1e-5)
    assert encoders["text"].space == mended.space
    assert np.abs(found - raw.unit).max() > 1e-2


def test_corrections_of_another_parent_are_refused(mended, tmp_path):
    other = replace(mended, parent=Space("mini", "of-other-weights", mended.parent.dim))
    save_mended(other, tmp_path, "mini")
    with pytest.raises(SpaceMismatchError, match="mini"):
        load(str(tmp_path), LoadOptions())
