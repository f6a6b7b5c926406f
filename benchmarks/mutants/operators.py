"""Mutants of a file, made by the operators of mutmut (https://github.com/boxed/mutmut).

Annotations, decorators and docstrings are left alone, since a change of them is none.
"""

import ast
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import libcst
import libcst.matchers
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from benchmarks.mutants.trials import Trial


@dataclass(frozen=True)
class Site:
    """A place where an operator can act: one node of a file, and what the node may become."""

    name: str
    file: str
    operator: str
    module: libcst.Module
    node: libcst.CSTNode
    mutants: tuple[libcst.CSTNode, ...]


class _Sites(libcst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: str, lines: Sequence[str], module: libcst.Module) -> None:
        super().__init__()
        self.file, self.lines, self.module = file, lines, module
        self.found: list[Site] = []
        self._seen: dict[str, int] = {}

    def on_visit(self, node: libcst.CSTNode) -> bool:
        if isinstance(node, libcst.Annotation | libcst.Decorator) or _docstring(node):
            return False
        for kind, operator in mutation_operators:
            mutants = tuple(operator(node)) if isinstance(node, kind) else ()
            if mutants:
                name = operator.__name__.removeprefix("operator_")
                place = self._name(node, name)
                self.found.append(Site(place, self.file, name, self.module, node, mutants))
        return True

    def _name(self, node: libcst.CSTNode, operator: str) -> str:
        """The same wherever the line stands in its file; equal ones are numbered."""
        position = self.get_metadata(PositionProvider, node)
        line = self.lines[position.start.line - 1]
        text = f"{self.file}\\0{line}\\0{position.start.column}\\0{operator}"
        self._seen[text] = self._seen.get(text, 0) + 1
        return hashlib.sha256(f"{text}\\0{self._seen[text]}".encode()).hexdigest()[:10]


def _docstring(node: libcst.CSTNode) -> bool:
    expression = libcst.matchers.Expr(value=libcst.matchers.SimpleString())
    return libcst.matchers.matches(node, expression)


def sites(file: str, text: str) -> list[Site]:
    """Every place of a file where an operator can act."""
    wrapper = MetadataWrapper(libcst.parse_module(text))
    visitor = _Sites(file, text.splitlines(), wrapper.module)
    wrapper.visit(visitor)
    return visitor.found


def mutant(site: Site, seed: int, area: str) -> Trial | None:
    """One of the mutants of a place, or None if it is no Python or stays the same program."""
    number = _rank(site.name, seed + 1) % len(site.mutants)
    before = site.module.code
    after = site.module.deep_replace(site.node, site.mutants[number]).code  # type: ignore[union-attr]
    try:
        compile(after, site.file, "exec")
        same = ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except SyntaxError:
        return None
    return None if same else Trial(f"{site.name}-{number}", site.file, before, after, area)


def draw(root: Path, areas: Mapping[str, str], count: int, seed: int) -> dict[Trial, str]:
    """Mutants drawn by a seed, each with the name of its operator.

    Each folder of ``areas`` (to its tests) gets its share of places, at least ten. A place counts
    once, however many mutants it has, and its rank is a hash of its name, so that a change of the
    source leaves the rest of the draw as it is.
    """
    found = {
        source: [
            site
            for path in sorted((root / source).rglob("*.py"))
            for site in sites(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        ]
        for source in areas
    }
    everything = sum(map(len, found.values()))
    drawn: dict[Trial, str] = {}
    for source, some in found.items():
        wanted = max(10, round(count * len(some) / everything))
        ranked = sorted(some, key=lambda site: _rank(site.name, seed))
        tried = ((mutant(site, seed, areas[source]), site.operator) for site in ranked)
        valid = ((trial, operator) for trial, operator in tried if trial is not None)
        drawn |= dict(islice(valid, wanted))
    return drawn


def _rank(name: str, seed: int) -> int:
    return int(hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:12], 16)
