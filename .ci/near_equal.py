"""Functions of ``src`` whose bodies are nearly equal: what stands twice should stand once.

Each body of at least eight statements is a sequence of statements in which local names, numbers and
strings are blanks. Two statements are as alike as the words that they share (below 0.6: not at
all), two bodies as their best alignment in order (a longest common subsequence in which alike
statements count by how alike they are). Pairs of 0.7 and more want a reason in ``REASONS``.
"""

import ast
import builtins
import copy
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

STATEMENTS, SIMILAR, ALIKE = 8, 0.7, 0.6

REASONS: dict[tuple[str, str], str] = {}
"""Two names as they are printed, in that order, to the reason why both stand."""

BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Body:
    """A function's file and name, its lines, and its statements with blanks."""

    path: str
    name: str
    lines: range
    statements: tuple[str, ...]


class _Blanks(ast.NodeTransformer):
    """Puts blanks for local names, numbers and strings."""

    def __init__(self, local: set[str]) -> None:
        self._local = local

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("_") if node.id in self._local else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        kept = node.value is None or isinstance(node.value, bool)
        return node if kept else ast.Name("text" if isinstance(node.value, str) else "number")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name("text")

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg("_")


def _locals(function: Function) -> set[str]:
    names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    seen = (node for node in ast.walk(function) if isinstance(node, ast.Name))
    names |= {node.id for node in seen if isinstance(node.ctx, ast.Store)}
    return names - set(dir(builtins)) - {"self", "cls"}


def _flat(body: Sequence[ast.AST]) -> Iterator[str]:
    """Statements in their order: what heads a block, then what it holds."""
    for node in body:
        fields = {name: value for name, value in ast.iter_fields(node) if name not in BLOCKS}
        yield ast.dump(type(node)(**fields))
        yield from _flat([part for name in BLOCKS for part in getattr(node, name, [])])


def bodies(root: Path) -> list[Body]:
    """All functions of at least eight statements, their docstrings left out."""
    found = []
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function):
                blank = _Blanks(_locals(node)).visit(copy.deepcopy(node))
                flat = tuple(_flat(blank.body[ast.get_docstring(node) is not None :]))
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if len(flat) >= STATEMENTS:
                    name = path.relative_to(root).as_posix()
                    found.append(Body(name, f"{name}:{node.name}", lines, flat))
    return found


def shared(texts: Sequence[Sequence[str]]) -> np.ndarray:
    """How much of their words each two texts share, 0 .. 1; a word said twice counts twice."""
    counted = [Counter(words) for words in texts]
    items = [[(word, n) for word in found for n in range(found[word])] for found in counted]
    columns = {item: at for at, item in enumerate(sorted({x for some in items for x in some}))}
    rows = np.repeat(np.arange(len(items)), [len(some) for some in items])
    places = [columns[item] for some in items for item in some]
    shape = (len(items), len(columns) + 1)
    table = csr_array((np.ones(len(rows), np.float32), (rows, places)), shape=shape)
    sizes = table.sum(1)
    return 2 * (table @ table.T).toarray() / np.maximum(sizes[:, None] + sizes, 1)


def words(statement: str) -> list[str]:
    """The kinds of node and the names in a statement, without the names of fields."""
    return re.findall(r"\b[A-Z]\w+(?=\()|(?<=')\w+(?=')", statement.replace("Load()", ""))


def aligned(alike: list[list[float]]) -> float:
    """The best alignment of two bodies from how alike their statements are, in 0 .. 1."""
    row = [0.0] * (len(alike[0]) + 1)
    for line in alike:
        before, row = row, [0.0]
        for at, value in enumerate(line):
            row.append(max(before[at] + value, before[at + 1], row[-1]))
    return 2 * row[-1] / (len(alike) + len(alike[0]))


def pairs(found: Sequence[Body]) -> Iterator[tuple[float, str, str]]:
    """Near pairs: how similar, and both names. Bodies of other words are left out early."""
    distinct = {text: at for at, text in enumerate({s for body in found for s in body.statements})}
    rows = [[distinct[text] for text in body.statements] for body in found]
    said = [words(text) for text in distinct]
    alike = shared(said)
    alike[alike < ALIKE] = 0
    np.fill_diagonal(alike, 1)
    near = shared([[word for row in body for word in said[row]] for body in rows])
    for at, other in np.argwhere(np.triu(near, 1) >= SIMILAR - 0.1):
        a, b = found[at], found[other]
        if not (a.path == b.path and {*a.lines} & {*b.lines}):
            share = aligned(alike[np.ix_(rows[at], rows[other])].tolist())
            if share >= SIMILAR:
                yield share, a.name, b.name


def main(root: Path) -> int:
    """Print near pairs and their reasons; exit code 1 if a reason is missing or not needed."""
    found = bodies(root)
    near = {(a, b): share for share, a, b in pairs(found)}
    for (a, b), share in near.items():
        print(f"{share:.2f}  {a}  {b}: {REASONS.get((a, b), 'NO REASON')}")
    for a, b in REASONS.keys() - near.keys():
        print(f"Not near any more, the reason can go: {a}  {b}")
    print(f"{len(found)} functions of at least {STATEMENTS} statements, {len(near)} near pairs")
    return int(near.keys() != REASONS.keys())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1] / "src"))
