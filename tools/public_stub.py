"""Writes the stubs of ``isthmus`` (public names, each question with its options) and its measures.

    python -m tools.public_stub

A test holds the files to what this writes.
"""

import inspect
import textwrap
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import isthmus
from isthmus import measure
from isthmus.measure.statistics import SetLike
from isthmus.registry import find
from isthmus.studies import (
    OF_SETS,
    STUDIES,
    Option,
    documented,
    options,
    request_type,
    signature_of_sets,
)

HEAD = '''# ruff: noqa
# fmt: off
"""Public names as type checkers see them; ``python -m tools.public_stub`` writes them."""

'''
QUESTIONS = """from collections.abc import Sequence
from pathlib import Path
from typing import Literal, overload

"""
MEASURES = """# pyright: reportIncompleteStub=false
from typing import Any

"""


def stub() -> str:
    """The whole file."""
    names = [*isthmus.QUESTIONS]
    kinds = {name: _returned(isthmus.QUESTIONS[name]) for name in names}
    imports = [f"from isthmus import {room} as {room}" for room in isthmus.ROOMS]
    for room, public in (("lab", isthmus.LAB), ("types", isthmus.TYPES)):
        imports += [f"from isthmus.{room} import {name} as {name}" for name in public]
    imports += {f"from {kind.__module__} import {kind.__name__}" for kind in kinds.values()}
    imports += ["from isthmus.measure.statistics import SetLike"]
    imports += ["from isthmus.studies.shared import About"]
    imports += ["from isthmus.version import __version__ as __version__"]
    functions = [_function(name, isthmus.QUESTIONS[name], kinds[name]) for name in names]
    return HEAD + QUESTIONS + "\n".join(sorted(imports)) + "\n\n" + "\n".join(functions)


def measures() -> str:
    """The stub of ``isthmus.measure``: its functions, its registers, and what plug-ins add."""
    imports = [
        f"from {module} import {function} as {name}"
        for name, (module, _, function) in (
            (name, target.partition(":")) for name, target in measure.MEASURES.items()
        )
    ]
    registers = [f"{name}: dict[str, str]" for name in vars(measure) if name.isupper()]
    rest = "def __getattr__(name: str) -> Any: ...\n"
    return "\n".join([HEAD + MEASURES + "\n".join(sorted(imports)), "", *registers, "", rest])


def _returned(study: str) -> Any:
    hint = get_type_hints(find("studies", STUDIES, study))["return"]
    return next(kind for kind in (get_args(hint) or (hint,)) if kind is not type(None))


def _function(name: str, study: str, kind: Any) -> str:
    parts = sorted(options(request_type(study)), key=lambda one: not one.positional)
    words: list[str] = []
    star = True
    for one in parts:
        many = one.positional and get_origin(one.hint) is tuple
        if star and (many or not one.positional):
            words.append(f"*{one.path[-1]}: str" if many else "*")
            star = False
        if not many:
            words.append(f"{one.path[-1]}: {_hint(one.hint)}{_default(one)}")
    doc = textwrap.indent(f'"""{documented(request_type(study))}\n"""', "    ")
    whole = f"def {name}(\n    {_lines(words)},\n) -> {kind.__name__}:\n{doc}\n"
    if study not in OF_SETS:
        return whole
    return f"@overload\n{_of_sets(name, study, kind)}@overload\n{whole}"


def _of_sets(name: str, study: str, kind: Any) -> str:
    """The same question of two sets in memory."""
    words: list[str] = []
    for one in signature_of_sets(study).parameters.values():
        if one.kind is one.KEYWORD_ONLY and "*" not in words:
            words.append("*")
        default = "" if one.default is one.empty else " = ..."
        words.append(f"{one.name}: {_hint(one.annotation)}{default}")
    return f"def {name}(\n    {_lines(words)},\n) -> {kind.__name__}: ...\n"


def _lines(words: list[str]) -> str:
    return ",\n    ".join(words)


def _hint(hint: Any) -> str:
    """A type as the file writes it: paths may be text, and one of many may stand alone."""
    if hint == SetLike:
        return "SetLike"
    if get_origin(hint) is Literal:
        return f"Literal[{', '.join(map(repr, get_args(hint)))}]"
    if get_origin(hint) is tuple:
        of = _hint(get_args(hint)[0])
        return f"{of} | Sequence[{of}]"
    if get_args(hint):
        return " | ".join(dict.fromkeys(part for one in get_args(hint) for part in _parts(one)))
    return " | ".join(_parts(hint))


def _parts(hint: Any) -> list[str]:
    if hint is Path:
        return ["str", "Path"]
    if get_origin(hint) is tuple:
        return [str(hint)]
    return ["None" if hint is type(None) else getattr(hint, "__name__", str(hint))]


def _default(one: Option) -> str:
    if one.default is inspect.Parameter.empty:
        return ""
    return f" = {str(one.default)!r}" if isinstance(one.default, Path) else f" = {one.default!r}"


STUBS = {
    Path(isthmus.__file__).with_suffix(".pyi"): stub,
    Path(measure.__file__).with_suffix(".pyi"): measures,
}


if __name__ == "__main__":
    for path, text in STUBS.items():
        path.write_text(text(), encoding="utf-8")
        print(path)
