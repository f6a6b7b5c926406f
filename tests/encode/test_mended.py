"""``mended:FOLDER`` is the parent's towers and the corrections, and of that parent only."""

from dataclasses import replace

import numpy as np
import pytest

import isthmus
from isthmus.cli import main
from isthmus.encode.mended import FILE, load, read_mended
from isthmus.lab import save_mended
from isthmus.transform.mended import fit_mended
from isthmus.types import (
    Calibration,
    EmbeddingSet,
    LoadOptions,
    RequestError,
    Space,
    SpaceMismatchError,
)
from tests.encode.planted import reworded

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


CHAINS = ("mean_removal", "ridge", "asif", "match_odds", "within_whitening+symmetric_normalised")


@pytest.mark.parametrize("chain", [*CHAINS, "csls", "score_quantiles", ""])
def test_whole_corrections_are_read_back(chain, tmp_path):
    space, rng = Space("x", "y", 8), np.random.default_rng(0)
    ids = tuple(map(str, range(60)))
    a, b = (
        EmbeddingSet(np.float32(rng.normal(size=(60, 8)) + 0.3), ids, name, space)
        for name in ("image", "text")
    )
    fitted = fit_mended(chain, Calibration.of(a, b), space)
    save_mended(fitted, tmp_path, "mini")
    assert read_mended(tmp_path)[0].space == fitted.space


TAMPERED = [
    (lambda about: about.pop("origin"), "lacks the key 'origin'"),
    (lambda about: about.update(origin=["mini"]), "origin wants a text"),
    (lambda about: about.update(extra=1), "unknown key 'extra'"),
    (lambda about: about.update(objects=-1), "objects wants 0 to"),
    (lambda about: about.update(objects=1.5), "objects wants a whole number"),
    (lambda about: about.update(chain=None), "chain wants a text"),
    (lambda about: about.update(format=3), "no object with a format"),
    (lambda about: about.update(format="isthmus-mended/9"), "install the newer isthmus"),
    (lambda about: about["parent"].update(dim="x"), "parent.dim wants a whole number"),
    (lambda about: about["parent"].update(dim=-3), "parent.dim wants 1 to"),
    (lambda about: about["parent"].update(dim=7), "parts do not go together"),
    (lambda about: about["parent"].update(scale=float("inf")), "not finite"),
    (
        lambda about: about["parent"].update(chain=[{"verb": 1}]),
        r"parent.chain\[0\].verb wants a te",
    ),
    (lambda about: about.update(recipe={"scale": "x"}), "recipe.scale wants a number"),
    (lambda about: about.update(recipe=[]), "recipe wants an object"),
    (lambda about: about.update(parts={}), "describes no part"),
    (lambda about: about.update(parts={"tuple": 5}), "does not describe a part"),
    (lambda about: about.update(parts={"value": 1}), "not maps by modality and a score rule"),
    (lambda about: about.update(parts={"tuple": [{"value": 1}, {"value": 2}]}), "not maps by"),
    (lambda about: about["parts"]["tuple"].append({"value": None}), "are not maps"),
    (lambda about: about["parts"]["tuple"].reverse(), "are not maps"),
]


@pytest.mark.parametrize(("change", "said"), TAMPERED)
def test_tampered_corrections_are_one_sentence(mended, tmp_path, change, said, capsys):
    save_mended(mended, tmp_path, "mini")
    reworded(tmp_path / FILE, change)
    with pytest.raises(RequestError, match=said) as caught:
        load(str(tmp_path), LoadOptions())
    assert "\n" not in str(caught.value)
    assert main(["spaces", f"mended:{tmp_path}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_deep_metadata_are_refused(mended, tmp_path):
    save_mended(mended, tmp_path, "mini")
    deep = {"value": 1}
    for _ in range(200):
        deep = {"tuple": [deep]}
    reworded(tmp_path / FILE, lambda about: about.update(parts=deep))
    with pytest.raises(RequestError, match="deep inside each other"):
        load(str(tmp_path), LoadOptions())


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_space_that_is_mended_from_itself_is_refused(mended, tmp_path, length, capsys):
    for number in range(length):
        origin = f"mended:{tmp_path / str((number + 1) % length)}"
        (tmp_path / str(number)).mkdir()
        save_mended(mended, tmp_path / str(number), origin)
    with pytest.raises(RequestError, match="mended from itself"):
        load(str(tmp_path / "0"), LoadOptions())
    assert main(["search", "a", "--space", f"mended:{tmp_path / '0'}"]) == 2
    assert "mended from itself" in capsys.readouterr().err
