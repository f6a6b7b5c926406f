"""The command mend, and mended spaces in the other commands."""

import json

import numpy as np
import pytest
from PIL import Image

from isthmus.cli import main
from isthmus.encode.mended import read_mended
from isthmus.studies.mend.request import MendRequest
from isthmus.studies.mend.run import mend
from isthmus.studies.shared.dataset import Dataset
from isthmus.types import EmbeddingSet, RequestError
from tests.transform.clouds import pair_sets

FEW = ("mean_removal", "score_standardised", "symmetric_normalised+match_odds", "asif")


@pytest.fixture
def arrays(tmp_path):
    a, b, _ = pair_sets(n=60, noise=0.5)
    path = tmp_path / "pairs.npz"
    np.savez(path, image=a.vectors, text=b.vectors)
    return path


def mend_command(arrays, folder, *more):
    words = ["mend", "--arrays", str(arrays), "--out", str(folder), "--splits", "2", "--quiet"]
    return main([*words, "--calibrate", "30", "--remedies", *FEW, *more])


def test_a_mended_space_goes_where_a_space_goes(arrays, tmp_path, capsys):
    folder = tmp_path / "mended"
    assert mend_command(arrays, folder, "--keep", "mean_removal") == 0
    assert "mended:" in capsys.readouterr().out
    out = tmp_path / "study"
    assert main(["study", f"mended:{folder}", "--out", str(out), "--quiet"]) == 0
    study = json.loads((out / "report.json").read_text())
    assert study["results"]["centroid_gap"]["value"] < 0.2
    assert "on those that it was fitted on, the numbers of this page flatter it" in (
        (out / "report.html").read_text()
    )
    assert main(["spaces", f"mended:{folder}"]) == 0
    assert "mean_removal" in capsys.readouterr().out


def test_arrays_of_another_model_are_refused(arrays, tmp_path, capsys):
    folder = tmp_path / "mended"
    assert mend_command(arrays, folder, "--model", "one") == 0
    other = ["study", f"mended:{folder}", "--arrays", str(arrays), "--quiet"]
    assert main([*other, "--model", "two", "--out", str(tmp_path / "x")]) == 2
    assert "Cannot compare vectors" in capsys.readouterr().err
    assert main([*other, "--model", "one", "--out", str(tmp_path / "y")]) == 0


def test_arrays_may_be_named_as_a_space(arrays, tmp_path):
    words = ["mend", f"arrays:{arrays}?model=one", "--out", str(tmp_path / "m"), "--splits", "2"]
    assert main([*words, "--calibrate", "30", "--remedies", "mean_removal", "--quiet"]) == 0
    mended, origin = read_mended(tmp_path / "m")
    assert (mended.parent.name, origin.endswith("?model=one")) == ("one", True)


def test_skipped_items_are_named_and_strict_says_so(tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    rng = np.random.default_rng(0)
    for number in range(20):
        shade = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(shade).save(pictures / f"{number:02d}.png")
        (pictures / f"{number:02d}.txt").write_text(f"noise number {number}")
    (pictures / "broken.png").write_bytes(b"no picture")
    (pictures / "broken.txt").write_text("broken")
    words = ["mend", "--images", str(pictures), "--out", str(tmp_path / "m"), "--splits", "2"]
    words += ["--calibrate", "10", "--remedies", "score_standardised", "--quiet"]
    assert main(words) == 0
    assert "skipped broken.png" in capsys.readouterr().out
    assert main([*words, "--strict"]) == 1


def test_arrays_beside_a_plain_space_are_refused(arrays, tmp_path, capsys):
    assert main(["mend", "mini", "--arrays", str(arrays), "--out", str(tmp_path / "z")]) == 2
    assert "either arrays or spaces" in capsys.readouterr().err


@pytest.mark.slow
def test_glyphs_are_mended_and_searched(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "glyphs"
    words = ["mend", "--world", "glyphs", "--split", "val", "--out", str(folder), "--quiet"]
    assert main([*words, "--splits", "2", "--calibrate", "80", "--remedies", FEW[2]]) == 0
    capsys.readouterr()
    run, space = tmp_path / "run", f"mended:{folder}"
    assert main(["embed", space, str(run), "--world", "glyphs", "--split", "val", "--quiet"]) == 0
    capsys.readouterr()
    query = ["search", "glasses", "--space", space, "--in", str(run), "--quiet", "--top", "3"]
    assert main(query) == 0
    assert "1F453" in capsys.readouterr().out
    assert main([*query[:2], "--space", "mini", "--in", str(run), "--quiet"]) == 2
    assert "Cannot compare vectors" in capsys.readouterr().err


def test_a_wrong_chain_to_keep_is_said_before_the_work(arrays, tmp_path, capsys):
    assert mend_command(arrays, tmp_path / "m", "--keep", "csls+mean_removal") == 2
    assert "maps must stand before" in capsys.readouterr().err
    assert not (tmp_path / "m" / "report.json").exists()


def test_a_mended_space_with_a_rule_is_not_mended_again(arrays, tmp_path, capsys):
    assert mend_command(arrays, tmp_path / "once", "--keep", "csls") == 0
    mended = read_mended(tmp_path / "once")[0]
    a, b, links = pair_sets(n=60, noise=0.5)
    given = [EmbeddingSet(x.vectors, x.ids, x.modality, mended.parent) for x in (a, b)]
    again = Dataset(*(mended(some) for some in given), links)
    with pytest.raises(RequestError, match="does not rank by the cosine"):
        mend(again, None, MendRequest(remedies=("mean_removal",), calibrate=(20,), splits=2))
