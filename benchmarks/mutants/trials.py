"""A change of one file, and which lines of the file it is about."""

import ast
import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path


class CannotBreakError(ValueError):
    """A break whose text does not stand once in its file, or that is no Python afterwards."""


@dataclass(frozen=True)
class Break:
    """A fault to plant: ``old``, which stands once in ``file``, becomes ``new``.

    ``area`` names the folders or files of tests that should notice, as on pytest's command line;
    ``needs`` a package without which these tests are skipped, such as torch.
    """

    name: str
    file: str
    old: str
    new: str
    area: str
    needs: str = ""

    def trial(self, root: Path) -> "Trial":
        """The file before and after.

        Raises:
            CannotBreakError: the text does not stand there once, nothing would change, it is no
                Python any more, or there are no such tests.
        """
        before = (root / self.file).read_text(encoding="utf-8")
        count = before.count(self.old)
        if count != 1:
            raise CannotBreakError(f"{self.name}: its text stands {count} times in {self.file}.")
        missing = [path for path in self.area.split() if not (root / path).exists()]
        if missing:
            raise CannotBreakError(f"{self.name}: there are no tests {', '.join(missing)}.")
        after = before.replace(self.old, self.new)
        try:
            same = ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
        except SyntaxError as error:
            raise CannotBreakError(f"{self.name}: no Python afterwards: {error}") from error
        if same:
            raise CannotBreakError(f"{self.name}: the code stays the same.")
        return Trial(self.name, self.file, before, after, self.area)


@dataclass(frozen=True)
class Trial:
    """One file before and after a change, and the tests that should notice."""

    name: str
    file: str
    before: str
    after: str
    area: str

    @property
    def diff(self) -> str:
        """The change as a patch with one line around it."""
        before, after = self.before.splitlines(), self.after.splitlines()
        return "\n".join(difflib.unified_diff(before, after, self.file, self.file, "", "", 1, ""))

    @property
    def fingerprint(self) -> str:
        """The same for the same change in the same file."""
        return hashlib.sha256(f"{self.before}\0{self.after}".encode()).hexdigest()[:16]

    @property
    def lines(self) -> set[int]:
        """Lines of the statements that change, of the whole function if its head changes."""
        before, after = self.before.splitlines(), self.after.splitlines()
        matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
        changed: set[int] = set()
        for kind, start, stop, _, _ in matcher.get_opcodes():
            if kind != "equal":
                changed |= set(range(start + 1, max(stop, start + 1) + 1))
        spans = [_span(node) for node in ast.walk(ast.parse(self.before)) if _counts(node)]
        inside = {line: [span for span in spans if line in span] for line in changed}
        return changed.union(*(min(found, key=len) for found in inside.values() if found))


def _counts(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt) and not isinstance(node, ast.ClassDef)


def _span(node: ast.stmt) -> range:
    """Lines of a statement; of a block only its head, of a function all."""
    body = getattr(node, "body", None)
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if body and not function:
        return range(node.lineno, max(node.lineno + 1, body[0].lineno))
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)
