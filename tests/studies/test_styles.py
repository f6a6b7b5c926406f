"""The study of styles: objects held apart, the best method chosen without the scored ones."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.registry import find
from isthmus.report import html, number, span
from isthmus.studies.styles.grid import cell_means, folder_factors, split_objects
from isthmus.studies.styles.page import styles_page
from isthmus.studies.styles.request import StylesRequest
from isthmus.studies.styles.result import in_words
from isthmus.studies.styles.run import chosen, run, scored_method, styles, unseen_style
from isthmus.transform.restyling import STYLERS, StyleGrid
from isthmus.types import Common, RequestError
from isthmus.worlds import load
from tests.report.test_page import HOSTILE, Reader

KINDS = ("flat", "ink", "toon")


def arrays(objects=60, d=16, seed=0, noise=0.05):
    rng = np.random.default_rng(seed)
    things = 0.3 * rng.normal(size=(objects, 1, d))
    cells = things + rng.normal(size=(1, 3, d)) + noise * rng.normal(size=(objects, 3, d))
    cells[..., 0] += 8
    labels = [(f"o{row:02d}", kind) for row in range(objects) for kind in KINDS]
    return cells.reshape(-1, d).astype(np.float32), labels


def made(noise=0.05):
    x, labels = arrays(noise=noise)
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
    assert set(split_objects(grid, parts, "train", 20, 0)[0].objects) == set(grid.objects[35:])
    fitted, scored = split_objects(grid, {}, "train", 1000, 0)
    assert (len(fitted.objects), len(scored.objects)) == (30, 30)
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
        (labels, "1 row and 6 vectors"),
        (["--labels", str(tmp_path / "none.csv")], "cannot be read"),
    ):
        assert main([*arrays_given, *words]) == 2
        assert message in capsys.readouterr().err
    assert main(["styles", "--modality", "mesh", "--out", str(tmp_path / "run")]) == 2
    assert "'mesh' is not in both" in capsys.readouterr().err


@pytest.fixture(scope="module")
def found():
    fitted, scored = split_objects(made(), {}, "train", 25, 0)
    return styles(fitted, scored, title="toys", common=Common(seed=1)), fitted, scored


def cells_of(page, caption):
    """Rows of a table of an HTML page by their first cell."""
    table = page.split(f"<caption>{caption}</caption>")[1].split("</table>")[0]
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row) for row in table.split("<tr>")[2:]]
    return {row[0]: row[1:] for row in rows}


def test_the_tables_hold_each_method_beside_chance(found):
    result, _, _ = found
    rows = cells_of(result.page, "Unseen objects")
    assert [*rows] == [*map(in_words, result.methods), "chance"]
    assert in_words("nothing") == "as it is" and "nothing" not in rows
    one = result.methods["mean_shift"]
    assert rows["mean shift"] == [
        f"{one.change.value:.3f}", span(one.change.interval), f"{one.change.whole_grid:.3f}",
        f"{one.transfer.value:.3f}", f"{one.ceiling:.3f}",
    ]  # fmt: skip
    assert rows["chance"] == [
        "0.040", "–", number(one.change.whole_grid_chance), number(one.transfer.null.mean), "–",
    ]  # fmt: skip
    unseen = cells_of(result.page, "An unseen style, of which k pictures are known")
    assert "affine maps" not in unseen and "bilinear" not in unseen
    assert unseen["mean shift"] == [f"{one.unseen[k]:.3f}" for k in (1, 5, 20)]
    near = cells_of(
        result.page, "How often the nearest picture of another object has the same style"
    )
    assert near["as it is"] == [f"{result.methods['nothing'].retrieval.value:.3f}"]
    assert near["chance"] == [f"{one.retrieval.null.mean:.3f}"]


def test_the_summary_names_the_chosen_method_and_the_best_of_the_whole_grid(found):
    result, fitted, scored = found
    chosen = result.methods[result.best].change
    name = result.best.replace("_", " ")
    assert (
        f"Chosen on fitted objects alone, {name} finds the same object in another style first in "
        f"{chosen.value:.1%} of all cases ({span(chosen.interval)}; chance 0.040); as it is, "
    ) in result.page
    assert "Scored on 25 objects in 3 styles" in result.page
    raw = result.methods["nothing"].change
    assert f"as it is, {raw.value:.1%} ({span(raw.interval)})." in result.verdict
    grids = {key: one.change.whole_grid for key, one in result.methods.items()}
    top = max(grids, key=grids.get)
    assert f"{top.replace('_', ' ')} does best: {grids[top]:.1%}" in result.page
    assert (len(fitted.objects), len(scored.objects)) == (35, 25)
    made_of = cells_of(result.page, "How this was made")
    assert (made_of["objects to fit on"], made_of["objects to score"]) == (["35"], ["25"])
    assert made_of["seed"] == ["1"]


def test_the_best_is_chosen_without_the_scored_objects(found):
    result, fitted, scored = found
    assert result.best == chosen(tuple(result.methods), fitted, 1)
    rng = np.random.default_rng(5)
    noise = replace(scored, cells=rng.normal(size=scored.cells.shape))
    other = styles(fitted, noise, common=Common(seed=1), methods=("nothing", "mean_shift"))
    assert other.best == "mean_shift"
    values = {name: one.change.value for name, one in other.methods.items()}
    assert max(values.values()) < 0.5


def test_a_ceiling_is_fitted_on_the_very_objects_that_are_scored():
    fitted, scored = split_objects(made(noise=0.3), {}, "train", 25, 0)
    one = styles(fitted, scored, methods=("affine_maps",)).methods["affine_maps"]
    own = scored_method("affine_maps", scored, scored, np.random.default_rng(1))
    assert one.ceiling == own.change.value > one.change.value + 0.1


def test_two_styles_leave_none_to_be_unseen():
    x, labels = arrays(objects=24)
    some = [row for row, (_, kind) in enumerate(labels) if kind != "toon"]
    names = [labels[row][0] for row in some]
    grid, _ = StyleGrid.of(x[some], names, [labels[row][1] for row in some])
    found = styles(*split_objects(grid, {}, "train", 12, 0), methods=("mean_shift",))
    assert all(np.isnan([*found.methods["mean_shift"].unseen.values()]))
    assert cells_of(found.page, "An unseen style, of which k pictures are known") == {
        "mean shift": ["–", "–", "–"]
    }


def test_grids_of_other_styles_or_few_objects_are_refused():
    grid = made()
    names = list(grid.objects)
    with pytest.raises(RequestError, match="The styles differ: flat, ink, and flat, ink, toon"):
        styles(grid.part(names[:30]).without("toon"), grid.part(names[30:]))
    with pytest.raises(RequestError, match="not 3 and 57"):
        styles(grid.part(names[:3]), grid.part(names[3:]))


def test_hostile_names_of_styles_stay_text():
    x, labels = arrays(objects=24)
    kinds = [kind.replace("ink", HOSTILE) for _, kind in labels]
    grid, _ = StyleGrid.of(x, [one for one, _ in labels], kinds)
    halves = split_objects(grid, {}, "train", 12, 0)
    page = styles(*halves, title=HOSTILE, methods=("nothing",)).page
    assert [tag for tag, _ in Reader(page).elements].count("script") == 1


def test_the_page_says_which_method_is_best_at_what(found):
    result, fitted, scored = found
    methods = dict(result.methods)
    one = methods["nothing"]
    change = replace(one.change, value=0.25, whole_grid=0.995)
    transfer = replace(one.transfer, value=0.125)
    methods = {name: replace(some, change=replace(some.change, whole_grid=0.5))
               for name, some in methods.items()}  # fmt: skip
    methods["nothing"] = replace(one, change=change, transfer=transfer)
    page = html(styles_page(methods, "mean_shift", (fitted, scored), "toys", (), 0))
    assert "Among all pictures of the grid, as it is does best: 99.5%" in page
    row = cells_of(page, "Unseen objects")["as it is"]
    assert (row[0], row[2], row[3]) == ("0.250", "0.995", "0.125")


def test_an_unseen_style_is_left_out_of_the_fit_and_learned_from_few_cells():
    fitted, scored = split_objects(made(), {}, "train", 25, 0)
    seen, learned = [], []

    class Spy:
        def __init__(self, grid):
            seen.append(grid.styles)
            self.fit = find("stylers", STYLERS, "mean_shift")(grid)

        def learn(self, style, cells):
            learned.append((style, len(cells)))
            return self.fit.learn(style, cells)

    value = unseen_style(Spy, fitted, scored, 5, np.random.default_rng(0))
    assert learned == [(style, 5) for style in KINDS]
    assert all(style not in styles for style, styles in zip(KINDS, seen, strict=True))
    assert 0.5 < value <= 1


THINGS = [f"thing {number}" for number in range(6)]


@pytest.mark.parametrize("style_first", [True, False])
def test_folders_of_classes_and_styles_are_taken_as_they_come(style_first):
    ids = [
        f"{kind}/{thing}/{row}.png" if style_first else f"{thing}/{kind}/{row}.png"
        for thing in THINGS
        for kind in KINDS
        for row in range(2)
    ]
    for level in (0, 1 if style_first else 2):
        factors = folder_factors(ids, level, ("object", "style"))
        assert {row["style"] for row in factors.values()} == set(KINDS)
        assert {row["object"] for row in factors.values()} == set(THINGS)
    turned = folder_factors(ids, 2 if style_first else 1, ("object", "style"))
    assert {row["style"] for row in turned.values()} == set(THINGS)


def test_deeper_folders_are_part_of_the_object_and_what_lies_outside_is_left_out():
    ids = [f"{part}/{kind}/{thing}/1.png" for part in "abcd" for kind in KINDS for thing in THINGS]
    factors = folder_factors([*ids, "notes.png"], 0, ("thing", "look"))
    assert factors["b/ink/thing 3/1.png"] == {"thing": "b/thing 3", "look": "ink"}
    assert "notes.png" not in factors


@pytest.mark.parametrize(
    ("ids", "level", "said"),
    [
        (["a.png", "b.png"], 0, "0 folders deep"),
        (["x/a.png", "y/b.png"], 0, "1 folder deep"),
        (["x/ink/a.png", "y/flat/b.png"], 3, "--style-level is 3"),
        (["x/ink/a.png", "y/flat/b.png"], 0, r"Say --style-level 1 \(x, y\) or another level"),
    ],
)
def test_folders_that_do_not_say_what_is_a_style(ids, level, said):
    with pytest.raises(RequestError, match=said):
        folder_factors(ids, level, ("object", "style"))


def test_several_pictures_of_a_cell_are_their_mean():
    x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    names, cells = cell_means(x, [("b", "ink"), ("b", "ink"), ("a", "ink")])
    assert names == [("a", "ink"), ("b", "ink")]
    np.testing.assert_allclose(cells, [[1, 0], [2**-0.5, 2**-0.5]])


def test_pictures_in_folders_become_a_study_of_styles(tmp_path, monkeypatch, capsys):
    from PIL import Image

    from isthmus.encode import ENCODERS

    monkeypatch.setitem(ENCODERS, "pixels", "benchmarks.crashes:load_pixels")
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    shade = {"flat": 1.0, "ink": 0.5, "toon": 0.8}
    for thing in THINGS:
        colours = rng.integers(20, 255, (4, 4, 3))
        for kind, share in shade.items():
            for row in range(2):
                place = tmp_path / "pictures" / kind / thing
                place.mkdir(parents=True, exist_ok=True)
                pixels = np.clip(share * colours + rng.integers(0, 9, colours.shape), 0, 255)
                Image.fromarray(pixels.astype("u1")).save(place / f"{row}.png")
    (tmp_path / "pictures/ink/thing 1/broken.png").write_text("no picture")
    (tmp_path / "pictures/ink/thing 2/sketch.blend").write_bytes(b"BLENDER")
    assert main(["styles", "pixels", "--images", "pictures", "--json", "--quiet"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["folder"] == "runs/styles-pixels-pictures"
    assert {*said["faults"]} == {"ink/thing 1/broken.png", "ink/thing 2/sketch.blend"}
    report = said["report"]
    assert (report["fitted_objects"], report["scored_objects"]) == (4, 2)
    assert report["styles"] == [*shade]
    assert "6 objects in 3 styles" in report["title"] and "means of cells" in report["title"]
    assert report["methods"]["mean_shift"]["change"]["value"] == 1
