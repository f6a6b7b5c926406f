"""Hold the sizes of files, functions and folders, and print them; exceptions have a reason.

Files of 400 lines, functions of 50, six arguments (tests may take more); in ``src`` at most 16
modules a folder, 450 modules (without ``__init__``), 25 modules under 60 lines with a single
importer, and 39,000 statements: 17,907 when the rooms were built, and what came since: readers of
every mesh format of our own, foreign files and checkpoints that can neither run code nor end a job,
run folders that survive a kill, intervals of proportions, every run's verdict with what to type
next, and notebooks: every study as a function and a mapping, with a table and a figure, and plain
mistakes told in a sentence; then sounds, clips, clouds and voxels, checks of any modality, links
between spaces, the report card, recipes against frozen spaces, indexes, and the room ``decode``
with the measures of texts. A room that is added raises the last limit by what it holds.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

EXCEPTIONS: dict[str, str] = {}
"""``path``, ``path:function`` or ``folder`` to the reason why it is larger."""

FOLDERS = ("src", "tests", "tools", "benchmarks", ".ci")
LINES, FUNCTION, ARGUMENTS = 400, 50, 6
A_FOLDER, MODULES, STATEMENTS = 16, 450, 39_000
SMALL, SMALL_FILES = 60, 25

REGISTERED = re.compile(r"^([a-z_]\w*(?:\.\w+)+):\w*$")
"""An entry of a register, ``package.module:object``, which imports its module on first use."""


@dataclass(frozen=True)
class Source:
    """One Python file: where it is, the module it makes, its lines and its tree."""

    path: str
    module: str
    lines: int
    tree: ast.Module

    @property
    def package(self) -> bool:
        """Whether it is the ``__init__`` of a folder."""
        return self.path.endswith("__init__.py")


def sources(root: Path, folder: str) -> list[Source]:
    """Every Python file below a folder."""
    found = []
    for path in sorted((root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        parts = path.relative_to(root / folder).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        name = path.relative_to(root).as_posix()
        found.append(Source(name, module, text.count("\n"), ast.parse(text)))
    return found


def oversized(source: Source) -> Iterator[tuple[str, str]]:
    """What is too large in one file: its name, and how large it is."""
    if source.lines > LINES:
        yield source.path, f"{source.lines} lines"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{source.path}:{node.name}"
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            count = len(arguments) - (arguments[:1] != [] and arguments[0].arg in ("self", "cls"))
            if size > FUNCTION:
                yield name, f"{size} lines"
            if count > ARGUMENTS and not source.path.startswith("tests"):
                yield name, f"{count} arguments"


def crowded(tree: list[Source]) -> Iterator[tuple[str, str]]:
    """Folders with too many modules."""
    counts = Counter(Path(source.path).parent.as_posix() for source in tree if not source.package)
    for folder, count in sorted(counts.items()):
        if count > A_FOLDER:
            yield folder, f"{count} modules"


def imported(source: Source, modules: Mapping[str, Source]) -> set[str]:
    """Modules that a file imports, anywhere in it, for types, or by an entry of a register."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules else node.module for name in inside}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= set(REGISTERED.findall(node.value))
    return (names & modules.keys()) - {source.module}


def small(tree: list[Source]) -> list[tuple[Source, Source]]:
    """Modules under 60 lines that only one file imports, and that file."""
    modules = {source.module: source for source in tree}
    importers: dict[str, list[Source]] = {module: [] for module in modules}
    for source in tree:
        for module in imported(source, modules):
            importers[module].append(source)
    return [
        (source, importers[source.module][0])
        for source in tree
        if not source.package and source.lines < SMALL and len(importers[source.module]) == 1
    ]


def statements(tree: list[Source]) -> int:
    """Statements of all files, docstrings among them."""
    return sum(isinstance(node, ast.stmt) for source in tree for node in ast.walk(source.tree))


def faults(root: Path) -> Iterator[tuple[str, str]]:
    """Everything that is too large, and on the way the counts are printed."""
    src = sources(root, "src")
    for folder in FOLDERS:
        for source in src if folder == "src" else sources(root, folder):
            yield from oversized(source)
    yield from crowded(src)

    modules = sum(not source.package for source in src)
    few = small(src)
    counted = statements(src)
    print(f"{modules} modules in src, {len(src)} with the __init__ of folders (at most {MODULES})")
    print(f"{counted:,} statements in src (at most {STATEMENTS:,})")
    print(f"{len(few)} modules under {SMALL} lines with one importer (at most {SMALL_FILES}):")
    for source, importer in few:
        print(f"  {source.path} ({source.lines} lines), imported by {importer.path}")
    for name, count, most in (
        ("src: modules", modules, MODULES),
        ("src: statements", counted, STATEMENTS),
        ("src: small modules", len(few), SMALL_FILES),
    ):
        if count > most:
            yield name, f"{count:,} of at most {most:,}"


def main(root: Path) -> int:
    """Print what is too large; exit code 1 if there is anything."""
    broken = [f"{name}: {size}" for name, size in faults(root) if name not in EXCEPTIONS]
    print("\n".join(broken) or "Everything is within its size.")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1]))
