"""The runner of planted faults: what it plants, which tests it chooses, what counts as caught."""

import shutil
from pathlib import Path

import pytest

from benchmarks.mutants import page
from benchmarks.mutants.breaks import BREAKS, SURVIVES
from benchmarks.mutants.coverage_map import CoverageMap
from benchmarks.mutants.equivalent import EQUIVALENT
from benchmarks.mutants.outcomes import attempt
from benchmarks.mutants.run import eight
from benchmarks.mutants.scratch import ROOT, Scratch
from benchmarks.mutants.trials import Break, CannotBreakError, Trial

HALF = '''"""Half of a number."""

NUMBER = 2


def half(x, plus=0):
    """Half, and something more."""
    if x < 0:
        raise ValueError(
            "negative"
        )
    return x / NUMBER + plus
'''
TESTS = """
import pytest
from house.half import half


@pytest.fixture(scope="module")
def result():
    return half(4)


def test_half(result):
    assert result == 2


def test_no_number(result):
    with pytest.raises(TypeError):
        half("4")


@pytest.mark.slow
def test_more():
    assert half(4, 1) == 3
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A small tree with tests of its own, beside the runner's plugin."""
    root = tmp_path_factory.mktemp("house")
    for name, text in {"src/house/half.py": HALF, "tests/test_half.py": TESTS}.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    (root / "tests" / "conftest.py").touch()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['slow']\n")
    shutil.copytree(ROOT / "benchmarks" / "mutants", root / "benchmarks" / "mutants")
    return root


def planted(old, new, area="tests/test_half.py"):
    return Break("planted", "src/house/half.py", old, new, area)


def test_every_break_of_the_list_can_be_planted():
    names = [one.name for one in BREAKS]
    assert len(set(names)) == len(names)
    assert SURVIVES.keys() <= set(names)
    for one in BREAKS:
        assert one.old not in one.trial(ROOT).after or one.old in one.new


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (planted("x * NUMBER", "x"), "stands 0 times"),
        (planted("NUMBER", "N"), "stands 2 times"),
        (planted("x / NUMBER", "x / /"), "no Python afterwards"),
        (planted("return x / NUMBER", "return (x / NUMBER)"), "stays the same"),
        (planted("x / NUMBER", "x", "tests/none"), "there are no tests tests/none"),
    ],
)
def test_a_break_that_cannot_be_planted_is_refused(house, fault, why):
    with pytest.raises(CannotBreakError, match=why):
        fault.trial(house)


def test_lines_are_those_of_the_statement(house):
    def lines(old, new):
        return planted(old, new).trial(house).lines

    assert lines("x / NUMBER", "x * NUMBER") == {12}
    assert lines('"negative"', '"less"') == {9, 10, 11}
    assert lines("x < 0", "x <= 0") == {8}
    assert lines("plus=0", "plus=1") == set(range(6, 13))
    assert lines("NUMBER = 2", "NUMBER = 3") == {3}


def test_the_fastest_test_of_the_line_comes_first():
    seconds = {"slow": 5.0, "fast": 1.0, "file": 0.5, "other": 0.1}
    lines = {"a.py": {1: [], 2: ["slow", "fast"], 3: ["file"], 5: []}, "b.py": {1: []}}
    found = CoverageMap(seconds, lines)
    assert found.plan("a.py", {2}).tests == ("fast", "slow", "file")
    assert found.plan("a.py", {2}, budget=6.2).tests == ("fast", "slow")
    assert found.plan("a.py", {2}, budget=6.2).left == 1
    assert found.plan("a.py", {2}, budget=0.5).tests == ("fast",)
    assert found.plan("a.py", {1}).tests == ("file", "fast", "slow")
    assert found.plan("b.py", {1}).tests == ("other", "file", "fast", "slow")
    assert found.plan("a.py", {4}).tests == found.plan("c.py", {1}).tests == ()


def test_eights_go_round_the_list():
    some = [planted(str(number), "") for number in range(20)]
    assert [one.old for one in eight(some, 2)] == ["16", "17", "18", "19", "0", "1", "2", "3"]
    assert len(eight(some[:3], 5)) == 3


@pytest.mark.slow
def test_what_tests_notice_is_caught_and_the_tree_comes_back(house, tmp_path):
    scratch = Scratch.of(tmp_path, house)

    def outcome(old, new, **settings):
        return attempt(planted(old, new).trial(house), scratch, **settings)

    caught = outcome("x / NUMBER", "x * NUMBER")
    assert (caught.outcome, caught.by) == ("failed", "tests/test_half.py::test_half")
    assert outcome("+ plus", "").outcome == "survived"
    assert outcome("+ plus", "", slow=True).by == "tests/test_half.py::test_more"
    assert outcome("NUMBER = 2", "NUMBER = 1 / 0").by == "tests/test_half.py"
    more = "tests/test_half.py::test_more"
    assert outcome("x / NUMBER", "x * NUMBER", first=more).by == more
    for first in (more.replace("more", "gone"), "tests/test_gone.py::test_more"):
        assert outcome("x / NUMBER", "x * NUMBER", first=first).by == caught.by
    assert (tmp_path / "tree/src/house/half.py").read_text() == HALF


@pytest.mark.slow
def test_a_test_that_fails_anyway_catches_nothing(house, tmp_path):
    scratch = Scratch.of(tmp_path, house)
    path = tmp_path / "tree" / "tests" / "test_half.py"
    path.write_text(TESTS.replace("result == 2", "result == 3"))
    trial = planted("+ plus", "").trial(house)
    assert attempt(trial, scratch).outcome == "unsound"


@pytest.mark.slow
def test_a_map_knows_the_tests_of_a_shared_fixture(house, tmp_path, monkeypatch):
    pytest.importorskip("coverage", reason="needs the mutants extra")
    from benchmarks.mutants import coverage_map

    monkeypatch.setattr(coverage_map, "KEPT", tmp_path / "kept")
    scratch = Scratch.of(tmp_path / "copy", house)
    found = coverage_map.mapped("tests/test_half.py", scratch)
    lines = found.lines[str(Path("src/house/half.py"))]
    both = ["tests/test_half.py::test_half", "tests/test_half.py::test_no_number"]
    assert lines[12] == both
    assert lines[3] == []
    assert 9 not in lines
    nothing = attempt(planted('"negative"', '"less"').trial(house), scratch, found)
    assert nothing.outcome == "not run"
    caught = attempt(planted("x / NUMBER", "x").trial(house), scratch, found)
    assert caught.by in both
    assert caught.tests == 2


def test_mutants_are_drawn_by_seed_and_leave_annotations_and_docstrings(tmp_path):
    pytest.importorskip("mutmut", reason="needs the mutants extra")
    from benchmarks.mutants.operators import draw, sites

    text = 'def f(x: int = 1) -> "y":\n    "text"\n    return x + 2\n'
    assert {site.operator for site in sites("f.py", text)} == {"number", "swap_op"}
    assert len(sites("f.py", text)) == 3
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "f.py").write_text(text)
    drawn = draw(tmp_path, {"src": "tests"}, 2, seed=0)
    assert {one.after for one in drawn} == {
        text.replace("1", "2"),
        text.replace("2", "3"),
        text.replace("+", "-"),
    }
    (tmp_path / "src" / "f.py").write_text("import a\n" + text)
    assert [one.name for one in draw(tmp_path, {"src": "tests"}, 2, seed=0)] == [
        one.name for one in drawn
    ]
    assert all(isinstance(one, Trial) for one in drawn)


def test_the_page_says_what_was_recorded():
    assert page.PAGE.read_text(encoding="utf-8") == page.page(*page.records())
    listed, drawn = page.records()
    assert len(listed) == len(BREAKS) and len(drawn) >= 200
    for share, some in (
        (0.9, listed),
        (0.8, {k: v for k, v in drawn.items() if k not in EQUIVALENT}),
    ):
        assert sum(one.caught for one in some.values()) >= share * len(some)
