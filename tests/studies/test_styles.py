"""The study of styles: objects held apart, the best method chosen without the scored ones."""

import json

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.studies.styles.grid import split_objects
from isthmus.studies.styles.request import StylesRequest
from isthmus.studies.styles.run import run, styles
from isthmus.transform.restyling import StyleGrid
from isthmus.types import RequestError
from isthmus.worlds import load

KINDS = ("flat", "ink", "toon")


def arrays(objects=60, d=16, seed=0):
    rng = np.random.default_rng(seed)
    things = 0.3 * rng.normal(size=(objects, 1, d))
    cells = things + rng.normal(size=(1, 3, d)) + 0.05 * rng.normal(size=(objects, 3, d))
    cells[..., 0] += 8
    labels = [(f"o{row:02d}", kind) for row in range(objects) for kind in KINDS]
    return cells.reshape(-1, d).astype(np.float32), labels


def made():
    x, labels = arrays()
    return StyleGrid.of(x, [one for one, _ in labels], [kind for _, kind in labels])[0]


def test_objects_are_split_objects():
    grid = made()
    fitted, scored = split_objects(grid, {}, "train", 20, 0)
    assert not set(fitted.objects) & set(scored.objects)
    assert (len(fitted.objects), len(scored.objects)) == (40, 20)
    parts = dict.fromkeys(grid.objects, "train")
    parts |= dict.fromkeys(grid.objects[:30], "test") | dict.fromkeys(grid.objects[30:35], "val")
    fitted, scored = split_objects(grid, parts, "others", 20, 0)
    assert set(scored.objects) <= set(grid.objects[:30])
    assert set(fitted.objects) == set(grid.objects[:35]) - set(scored.objects)
    with pytest.raises(RequestError, match="train or others, not 'test'"):
        split_objects(grid, parts, "test", 20, 0)
    with pytest.raises(RequestError, match="is among the objects to fit on and those to score"):
        styles(grid, scored)


def test_labelled_arrays_become_a_page(tmp_path, capsys):
    x, labels = arrays()
    np.save(tmp_path / "x.npy", x)
    rows = "\n".join(f"{one},{kind}" for one, kind in labels)
    (tmp_path / "labels.csv").write_text(f"thing,look\n{rows}\n")
    command = [
        "styles",
        "--arrays",
        str(tmp_path / "x.npy"),
        "--labels",
        str(tmp_path / "labels.csv"),
    ]
    command += ["--object-column", "thing", "--style-column", "look", "--json", "--quiet"]
    assert main([*command, "--out", str(tmp_path / "run"), "--score", "25"]) == 0
    report = json.loads(capsys.readouterr().out)["report"]
    assert report["scored_objects"] == 25
    assert report["methods"]["mean_shift"]["change"]["value"] > 0.9
    assert set(report["methods"]["mean_shift"]["unseen"]) == {"1", "5", "20"}
    assert report["methods"]["affine_maps"]["unseen"] == {}
    page = (tmp_path / "run/report.html").read_text()
    assert "Chosen on fitted objects alone" in page
    assert main([*command, "--out", str(tmp_path / "again"), "--score", "25"]) == 0
    assert (tmp_path / "again/report.html").read_text() == page


@pytest.mark.slow
def test_meshes_are_drawn_in_every_style(tmp_path, monkeypatch):
    pytest.importorskip("numba")
    from isthmus.studies.shared import resolver

    world = load("furniture", categories=["Doors and windows"])
    monkeypatch.setattr(resolver, "load_world", lambda _: world)
    found = run(StylesRequest(world="furniture", out=tmp_path / "run", fit_on="train"))
    test = [name for name in world.items["mesh"].ids if world.split[name] == "test"]
    assert found.record["scored_objects"] == len(test)
    assert found.record["methods"]["nothing"]["change"]["value"] > 2 / len(test)
    assert (tmp_path / "run/renders/toon" / test[0] / "000.png").is_file()


def test_requests_that_cannot_be_met(tmp_path, capsys):
    x, _ = arrays(objects=2)
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "labels.csv").write_text("thing,look\na,b\n")
    arrays_given = ["styles", "--arrays", str(tmp_path / "x.npy"), "--out", str(tmp_path / "run")]
    labels = ["--labels", str(tmp_path / "labels.csv")]
    for words, message in (
        ([], "Arrays need --labels FILE"),
        (labels, "1 rows and 6 vectors"),
        (["--labels", str(tmp_path / "none.csv")], "cannot be read"),
    ):
        assert main([*arrays_given, *words]) == 2
        assert message in capsys.readouterr().err
    assert main(["styles", "--modality", "mesh", "--out", str(tmp_path / "run")]) == 2
    assert "'mesh' is not in both" in capsys.readouterr().err
