"""Circles of imports between modules of ``src/isthmus``; any of them fails.

Counted apart: circles of imports that run when a module is loaded, circles that need an import
inside a function, and circles that need an import for types. An entry of a register, a string
``"package.module:object"``, is no import.
"""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import grimp

KINDS = ("on loading", "inside functions", "for types")


def kind_of_lines(tree: ast.Module) -> dict[int, str]:
    """The kind of each line that is in a function or under ``if TYPE_CHECKING``."""
    kinds: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            kinds |= dict.fromkeys(_span(node.body), KINDS[1])
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            kinds |= dict.fromkeys(_span(node.body), KINDS[2])
    return kinds


def _span(body: list[ast.stmt]) -> range:
    return range(body[0].lineno, (body[-1].end_lineno or body[-1].lineno) + 1)


def arrows(graph: grimp.ImportGraph) -> dict[tuple[str, str], str]:
    """Importer and imported module of every import, and its kind: the earliest of its lines."""
    found = {}
    for importer in sorted(graph.modules):
        kinds = kind_of_lines(ast.parse(_source(importer).read_text(encoding="utf-8")))
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            details = graph.get_import_details(importer=importer, imported=imported)
            lines = {kinds.get(detail["line_number"], KINDS[0]) for detail in details}
            found[importer, imported] = min(lines, key=KINDS.index)
    return found


def _source(module: str) -> Path:
    spec = find_spec(module.partition(".")[0])
    assert spec is not None and spec.origin is not None
    path = Path(spec.origin).parent.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def circles(edges: Iterable[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    """A shortest circle through every import that is on one, each set of modules once."""
    graph = grimp.ImportGraph()
    edges = list(edges)
    for importer, imported in edges:
        graph.add_import(importer=importer, imported=imported)
    seen = set()
    for importer, imported in edges:
        if importer == imported:
            yield importer, imported
            continue
        back = graph.find_shortest_chain(imported, importer, as_packages=False)
        if back and frozenset(back) not in seen:
            seen.add(frozenset(back))
            yield (importer, *back)


def by_kind(found: dict[tuple[str, str], str]) -> dict[str, list[tuple[str, ...]]]:
    """Circles of each kind: those that appear when imports of this kind are added."""
    answer, seen = {}, set()
    for number, kind in enumerate(KINDS):
        allowed = [edge for edge, of in found.items() if of in KINDS[: number + 1]]
        new = [circle for circle in circles(allowed) if frozenset(circle) not in seen]
        seen |= {frozenset(circle) for circle in new}
        answer[kind] = new
    return answer


def main(package: str) -> int:
    """Print all circles; exit code 1 if there is one."""
    found = by_kind(arrows(grimp.build_graph(package, cache_dir=None)))
    for kind, some in found.items():
        print(f"{len(some)} circles of imports {kind}")
        for circle in some:
            print("  " + " > ".join(circle))
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "isthmus"))
