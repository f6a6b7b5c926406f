"""The core names no modality: it asks the register what a modality is like."""

import ast
from pathlib import Path

import pytest

import isthmus
from isthmus.read import MODALITIES, known, modalities, pictured, spoken
from isthmus.types import ItemError

PACKAGE = Path(isthmus.__file__).parent
ROOMS = ("read", "view", "encode", "worlds", "decode", "create")
"""Where modalities are at home; the defaults of studies stand in their requests."""


def named(source: str) -> list[tuple[int, str]]:
    """Lines and names of the modalities that a source names, docstrings left out."""
    tree = ast.parse(source)
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)
    }  # docstrings, also those of attributes
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in told
        if isinstance(node.value, str) and node.value in MODALITIES
    ]


def core() -> list[Path]:
    """Files that must not name a modality."""
    every = sorted(PACKAGE.rglob("*.py"))
    parts = {path: path.relative_to(PACKAGE).parts for path in every}
    defaults = [p for p in every if parts[p][0] == "studies" and p.name == "request.py"]
    return [p for p in every if parts[p][0] not in ROOMS and p not in defaults]


def test_the_core_names_no_modality():
    assert len(core()) > 100
    found = [
        f"{path.relative_to(PACKAGE)}:{line}: {name!r}"
        for path in core()
        for line, name in named(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "ask isthmus.read.known(name), spoken() or pictured() instead"


@pytest.mark.parametrize("name", MODALITIES)
def test_a_name_is_found_wherever_it_stands(name):
    source = f'"""{name}"""\nx = {{"{name}": 1}}\ny = f"{{x}}{name}"\n"{name} 2"\n'
    assert named(source) == [(2, name), (3, name)]
    assert named(f"def f(x='{name}'):\n    '{name}'\n    return x == '{name}'") == [
        (1, name),
        (3, name),
    ]


def test_what_a_modality_is_like_is_asked_of_the_register():
    assert [name for name in modalities() if known(name).spoken] == [spoken()]
    assert [name for name in modalities() if known(name).pictured] == [pictured()]
    assert spoken(["nobody's", *modalities()]) == spoken()
    assert (spoken([]), pictured({})) == ("", "")
    assert (spoken(["nobody's"]), pictured(["nobody's", spoken()])) == ("", "")
    with pytest.raises(ItemError, match="No reader is registered"):
        known("nobody's").read(3)
