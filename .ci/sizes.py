"""Hold the sizes: files of 250 lines, functions of 50, six arguments; exceptions have a reason."""

import ast
import sys
from pathlib import Path

EXCEPTIONS: dict[str, str] = {}
"""Path, or path:function, to the reason why it is larger."""

FOLDERS = ("src", "tests", "tools", "benchmarks")


def faults(path: Path) -> list[str]:
    """What is too large in one file."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    found = [f"{path}: {lines} lines"] if lines > 250 else []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            arguments = node.args
            count = len(arguments.args) + len(arguments.kwonlyargs) + len(arguments.posonlyargs)
            count -= bool(arguments.args) and arguments.args[0].arg in ("self", "cls")
            if size > 50:
                found.append(f"{path}:{node.name}: {size} lines")
            if count > 6 and not str(path).startswith("tests"):
                found.append(f"{path}:{node.name}: {count} arguments")
    return [fault for fault in found if fault.rsplit(":", 1)[0] not in EXCEPTIONS]


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    paths = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    broken = [fault for path in paths for fault in faults(path.relative_to(root))]
    print("\n".join(broken) or f"{len(paths)} files within their sizes")
    sys.exit(bool(broken))
