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


@pytest.fixture
def shared(files):
    """Two spaces that share texts; A has pictures and B sounds of other things, and no pairs."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(8, 24)), rng.normal(size=(8, 16))
    hidden = {name: rng.normal(size=(n, 8)) for name, n in (("text", 400), ("more", 500))}

    def seen(name, mix):
        rows = hidden[name] @ mix
        return (rows + 0.2 * rng.normal(size=rows.shape)).astype(np.float32)

    for name, mix, kind in (("a", a, "image"), ("b", b, "audio")):
        rows = {
            "text": seen("text", mix),
            kind: seen("more", mix)[: 250 if kind == "image" else 400],
        }
        sets = {
            key: isthmus.EmbeddingSet(
                x,
                tuple(f"{key}-{row}" for row in range(len(x))),
                key,
                isthmus.Space(name, name, x.shape[1]),
            )
            for key, x in rows.items()
        }
        for key, some in sets.items():
            isthmus.save(some, files / name / key)
    return files


def test_spaces_are_joined_from_the_command_line(shared, capsys):
    from isthmus.cli import main

    asked = ["link", "arrays:a", "arrays:b", "--modality", "text", "--quiet"]
    assert (
        main([*asked, "--through", "image", "audio", "--methods", "ridge", "--out", "by-kind"]) == 0
    )
    by_kind = isthmus.load_link("by-kind")
    assert by_kind.about == "joining image to audio"
    files = ["--through", "a/image", "arrays:b/audio", "--methods", "ridge", "--out", "by-file"]
    assert main([*asked, *files]) == 0
    assert isthmus.load_link("by-file").step == by_kind.step
    assert main([*asked, "--methods", "ridge", "--out", "alone"]) == 0
    assert isthmus.load_link("alone").step != by_kind.step
    page = (shared / "by-kind" / "report.html").read_text("utf-8")
    assert "joining image to audio" in page and "--methods exmcr cmcr" in page
    report = json.loads((shared / "by-kind" / "report.json").read_text())
    assert report["through"] == ["image", "audio"]
    # the same as in Python
    sets = {
        name: isthmus.load_set(shared / name) for name in ("a/text", "b/text", "a/image", "b/audio")
    }
    same = isthmus.link(sets["a/text"], sets["b/text"], through=(sets["a/image"], sets["b/audio"]))
    assert same.step == by_kind.step


def test_a_new_space_is_kept_from_both_sides(shared, capsys):
    pytest.importorskip("torch")
    found = isthmus.link_spaces(
        "arrays:a", "arrays:b", modality="text", methods=["cmcr"], through=["image", "audio"],
        quiet=True,
    )  # fmt: skip
    one, other = (isthmus.load_link(place) for place in (found.folder, found.folder / "second"))
    assert one.target == other.target and one.source.name == "a" and other.source.name == "b"
    assert "/second" in found.page and one.trusted


def test_what_joins_must_be_there_and_be_wanted(shared):
    with pytest.raises(RequestError, match="and exmcr wants it"):
        isthmus.link_spaces("arrays:a", "arrays:b", methods=["exmcr"], quiet=True)
    with pytest.raises(
        RequestError, match=r"--through smells: arrays:.*a has image, text.* There are no worlds"
    ):
        isthmus.link_spaces("arrays:a", "arrays:b", modality="text", through=["smells"], quiet=True)
    with pytest.raises(RequestError, match="encodes nothing"):
        isthmus.link_spaces("arrays:a", "arrays:b", modality="text", through=["glyphs"], quiet=True)
    with pytest.raises(isthmus.types.SpaceMismatchError):
        isthmus.link_spaces(
            "arrays:a", "arrays:b", modality="text", through=["b/audio", "a/image"], quiet=True
        )
