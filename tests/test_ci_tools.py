"""The checkers of ``.ci`` find a planted fault, and nothing where there is none."""

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / ".ci"


def tool(name):
    spec = importlib.util.spec_from_file_location(f"ci_{name}", TOOLS / f"{name}.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tree(root, **files):
    """A tree of Python files, ``a__b="text"`` for ``src/house/a/b.py``."""
    for name, text in {"__init__": "", **files}.items():
        path = root / "src" / "house" / f"{name.replace('__', '/') if name[0] != '_' else name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"long": "x = 1\n" * 401}, "src/house/long.py: 401 lines"),
        ({"deep": "def f():\n" + "    x = 1\n" * 50}, "src/house/deep.py:f: 51 lines"),
        ({"wide": "def f(a, b, c, d, /, e, f, *, g): ..."}, "src/house/wide.py:f: 7 arguments"),
        ({f"room__m{n}": "" for n in range(17)}, "src/house/room: 17 modules"),
        ({f"r{n // 9}__m{n}": "" for n in range(451)}, "src: modules: 451 of at most 450"),
        ({"said": "x = 1\n" * 390 + "x; " * 38_700}, "src: statements: 39,090 of at most 39,000"),
    ],
)
def test_what_is_too_large_is_said(tmp_path, capsys, files, fault):
    assert tool("sizes").main(tree(tmp_path, **files)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == fault


def test_what_is_just_small_enough_passes(tmp_path, capsys):
    body = "def f(self, a, b, c, d, e, f):\n" + "    x = 1\n" * 49
    rooms = {f"room__m{n}": "" for n in range(16)}
    assert tool("sizes").main(tree(tmp_path, method=body, long="x = 1\n" * 400, **rooms)) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "18 modules in src, 20 with the __init__ of folders (at most 450)"
    assert said[1] == "450 statements in src (at most 39,000)"
    assert said[-1] == "Everything is within its size."


def test_importers_are_counted_in_registers_functions_and_for_types(tmp_path):
    root = tree(
        tmp_path,
        once="x = 1",
        registered="x = 1",
        twice="x = 1",
        long="x = 1\n" * 60,
        a="from house import once, twice\nimport house.long\nPARTS = {'r': 'house.registered:x'}",
        b="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.twice import x",
    )
    sizes = tool("sizes")
    found = {(small.path, by.path) for small, by in sizes.small(sizes.sources(root, "src"))}
    by = "src/house/a.py"
    assert found == {("src/house/once.py", by), ("src/house/registered.py", by)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from house import first", "on loading"),
        ("def f():\n    from house.first import x", "inside functions"),
        ("if TYPE_CHECKING:\n    from house.first import x", "for types"),
    ],
)
def test_a_circle_is_found_and_its_kind_is_said(tmp_path, monkeypatch, capsys, text, kind):
    name = f"house{len(kind)}"
    files = {"first": "from house import middle", "middle": "from house.last import y"}
    root = tree(tmp_path, last=f"from typing import TYPE_CHECKING\n{text}", **files)
    for path in (root / "src" / "house").glob("*.py"):
        path.write_text(path.read_text().replace("house", name))
    (root / "src" / "house").rename(root / "src" / name)
    monkeypatch.syspath_prepend(str(root / "src"))
    assert tool("circles").main(name) == 1
    said = capsys.readouterr().out
    assert f"1 circles of imports {kind}\n" in said
    assert said.count(" > ") == 3
    (root / "src" / name / "last.py").write_text(f"PARTS = {{'first': '{name}.first:x'}}")
    assert tool("circles").main(name) == 0


FIRST = '''
def mean_of(vectors, rows):
    """Docstrings do not count."""
    total = np.zeros(3)
    for row in rows:
        if row in vectors:
            total += vectors[row] * 2
    if not rows:
        raise ValueError(f"no {rows}")
    count = len(rows)
    share = total / count
    write(share, "mean")
    return share
'''
COPY = """
def centre(points, chosen):
    answer = np.zeros(5)
    for one in chosen:
        if one in points:
            answer += points[one] * 3
    if not chosen:
        raise ValueError("nothing")
    size = len(chosen)
    check(size)
    result = answer / size
    write(result, "centre")
    return result
"""
OTHER = """
def ranks(scores):
    order = np.argsort(scores, axis=1)
    width = scores.shape[1]
    while width > 1:
        width //= 2
    with open("ranks") as file:
        file.write(str(order))
    lines = [line for line in file]
    assert lines, "none"
    best = max(lines, key=len)
    del lines
    return {"best": best}
"""


def test_a_near_copy_is_found_and_another_function_is_not(tmp_path, capsys, monkeypatch):
    near = tool("near_equal")
    root = tree(tmp_path, first=FIRST, copy=COPY, other=OTHER) / "src"
    assert near.main(root) == 1
    *pairs, last = capsys.readouterr().out.splitlines()
    assert last == "3 functions of at least 8 statements, 1 near pairs"
    assert [pair.split("  ")[1:] for pair in pairs] == [
        ["house/copy.py:centre", "house/first.py:mean_of: NO REASON"]
    ]
    pair = ("house/copy.py:centre", "house/first.py:mean_of")
    monkeypatch.setattr(near, "REASONS", {pair: "planted"})
    assert near.main(root) == 0
    (root / "house" / "copy.py").unlink()
    assert near.main(root) == 1


def test_short_functions_are_not_compared(tmp_path):
    short = FIRST.replace('    write(share, "mean")\n', "").replace("    count = len(rows)\n", "")
    short = short.replace("    total = np.zeros(3)\n", "")
    near = tool("near_equal")
    assert near.main(tree(tmp_path, first=short, copy=short) / "src") == 0


LOCK = (TOOLS.parent / "requirements" / "dev.txt").read_text()


def test_the_lock_meets_every_floor_and_names_no_index():
    from packaging.requirements import Requirement

    project = tomllib.loads((TOOLS.parent / "pyproject.toml").read_text())["project"]
    versions = {name.lower(): version for name, version in tool("audit").locked(LOCK)}
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"]):
        wanted = Requirement(text)
        assert wanted.specifier.contains(versions[wanted.name.lower()]), text
    blocks = re.split(r"(?m)^(?=[a-z])", LOCK)[1:]
    assert len(blocks) == len(versions)
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search("(?m)https?://|file:|^ *--(index|extra|find)", LOCK)
    assert "torch" not in versions


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (lambda packages: [["CVE-1"], *[[]] * (len(packages) - 1)], 0, "0 with known holes"),
        (lambda packages: [["CVE-1"], ["CVE-2"], *[[]] * (len(packages) - 2)], 1, "CVE-2"),
        (lambda packages: [[]] * len(packages), 0, "Not checked for known holes"),
        (lambda packages: [["CVE-1"]], 0, "Not checked for known holes"),
        (lambda packages: 1 / 0, 0, "Not checked for known holes"),
    ],
)
def test_known_holes_are_told_and_silence_is_no_answer(monkeypatch, capsys, answer, code, said):
    audit = tool("audit")
    monkeypatch.setattr(audit, "ask", answer)
    assert audit.main() == code
    assert said in capsys.readouterr().out
