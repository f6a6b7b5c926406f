"""What the documents say is run: the tour, the commands, the README's recipe, every example."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import isthmus

ROOT = Path(__file__).parents[1]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples():
    """Names of our modules whose source holds an example."""
    package = Path(isthmus.__file__).parent
    names = (found.name for found in pkgutil.walk_packages([str(package)], "isthmus."))
    return [name for name in names if ">>> " in _source(package, name)]


def _source(package, name):
    path = package.joinpath(*name.split(".")[1:])
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", modules_with_examples())
def test_docstring_examples(name):
    found = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["docs/tour.md", "docs/commands.md", "docs/links.md", "docs/modalities.md", "docs/speak.md"],
)
def test_documents_run_as_they_stand(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    path = ROOT / name
    found = doctest.testfile(str(path), module_relative=False, optionflags=FLAGS)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("path", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"])
def test_links_between_documents_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)", text)
    missing = [
        target
        for target in targets
        if not target.startswith(("http://", "https://")) and not (path.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.parametrize("path", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"])
def test_what_documents_import_is_there(path):
    text = path.read_text(encoding="utf-8")
    wanted = re.findall(r"^(?:>>> )?\s*(from isthmus[.\w]* import [\w, ]+)$", text, re.M)
    for line in wanted:
        try:
            exec(line, {})
        except ModuleNotFoundError as missing:  # an extra that is not installed here
            assert not str(missing.name).startswith("isthmus."), f"{path.name}: {line}"


def test_the_drawing_shows_exactly_the_rooms_in_their_order():
    from tools.architecture_picture import OUT, layers

    drawn = re.findall(r'class="room">(\w+)<', OUT.read_text(encoding="utf-8"))
    package = Path(isthmus.__file__).parent
    assert sorted(drawn) == sorted(path.parent.name for path in package.glob("*/__init__.py"))
    assert drawn == [room for row in layers() for room in row]


def test_the_benchmark_pages_say_what_the_records_hold():
    from benchmarks import page

    for path, inside in ((page.PAGE, page.table()), (page.README, page.headline())):
        text = path.read_text(encoding="utf-8")
        assert page.START in text and page.END in text
        assert text == page.between(text, inside), "python -m benchmarks.page writes it anew"
    assert page.headline().count("\n- ") == 4  # five figures
    assert "of ceiling" not in page.table()  # no share of a ceiling where a rule reaches it


def test_the_figure_of_mixed_search_draws_what_was_recorded():
    import json

    from tools import before_after

    record = json.loads((ROOT / before_after.RECORD).read_text(encoding="utf-8"))
    drawn = before_after.drawn(record)
    assert (ROOT / before_after.OUT).read_text(encoding="utf-8") == drawn
    ways = record["ways"]
    assert set(ways) == set(before_after.WAYS)  # the trivial rules stand beside the remedy
    for found in ways.values():
        assert all(f">{number['value']:.1%}<" in drawn for number in found.values())
    assert ways["other modality first"]["R@1"] == ways["as it is"]["R@1"]


def test_the_readme_is_a_screen_and_a_half():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
    assert not [line for line in lines if len(line) > 125 and not line.startswith(("|", "!["))]


@pytest.mark.slow
def test_the_recipe_for_embeddings_that_are_there_runs(tmp_path, monkeypatch, capsys):
    import numpy as np

    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(60, 8)).astype(np.float32)
    np.save("image.npy", images)
    np.save("text.npy", images + 0.5 * rng.normal(size=images.shape).astype(np.float32) + 0.3)
    recipe = re.findall(r"```python\n(import.*?)```", (ROOT / "README.md").read_text(), re.S)
    assert len(recipe) == 1 and recipe[0].strip().count("\n") <= 10
    names = {}
    exec(recipe[0], names)
    assert all(Path(f"runs/{name}-pairs/report.html").is_file() for name in ("study", "mend"))
    assert capsys.readouterr().out.count("hit@1") == 2
