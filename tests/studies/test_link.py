"""``isthmus link``: every method on the same items, the best one kept if it is to be trusted."""

import json

import numpy as np
import pytest

import isthmus
from isthmus.types import RequestError, SpaceMismatchError


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Three files of texts: A, B that sees the same, and C that is shuffled."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISTHMUS_LINKS", str(tmp_path / "links"))
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(300, 8))
    a, b = (hidden @ rng.normal(size=(8, d)) + 0.3 * rng.normal(size=(300, d)) for d in (24, 16))
    for name, rows in (("a", a), ("b", b), ("c", b[rng.permutation(300)])):
        np.savez(f"{name}.npz", text=rows.astype(np.float32), image=rows.astype(np.float32))
    return tmp_path


def test_the_best_link_is_kept_and_offered(files):
    found = isthmus.link_spaces("arrays:a.npz", "arrays:b.npz", quiet=True)
    assert found.kept is not None and [*found.links] == ["ridge", "procrustes", "cca", "asif"]
    assert found.kept.trust.hit1.value == max(one.trust.hit1.value for one in found.links.values())
    assert found.verdict.startswith("Vectors can be taken from ") and "hit@1" in str(found)
    page = found.page
    assert "link.doubted(set)" in page and "shuffled pairs" in page
    report = json.loads((found.folder / "report.json").read_text())
    assert report["links"]["cca"]["hit1"]["n"] == 60 and report["kept"] == found.kept.method
    kept = isthmus.load_link(found.folder)
    assert str(kept) == str(found.kept)
    one, other = (isthmus.lab.embedding.load(f"arrays:{name}.npz") for name in "ab")
    from isthmus.types import same_space

    with pytest.raises(SpaceMismatchError, match=f"load_link\\('{found.folder}'\\)"):
        same_space(one["text"].space, other["text"].space)


def test_no_link_is_kept_where_none_is_to_be_trusted(files):
    found = isthmus.link_spaces("arrays:a.npz", "arrays:c.npz", methods=["cca"], quiet=True)
    assert found.kept is None and not (found.folder / "link.safetensors").exists()
    assert found.verdict.startswith("No link from ") and "none is kept" in found.verdict
    assert "Nothing is kept." in found.page and "refused" in found.page


def test_the_modality_must_be_in_both(files):
    with pytest.raises(RequestError, match=r"not sound: of these items arrays:a\.npz has"):
        isthmus.link_spaces("arrays:a.npz", "arrays:b.npz", modality="sound", quiet=True)
