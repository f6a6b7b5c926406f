"""Prompt templates of one's own: a text file with a sentence a line, ``{}`` for the class name."""

from pathlib import Path

from isthmus.types import RequestError
from isthmus.worlds.draft import decoded


def read_templates(file: Path) -> tuple[str, ...]:
    """The templates of a file, blank lines left out.

    Raises:
        RequestError: the file cannot be read, is empty, or a line lacks ``{}`` or has other
            braces; names the line.
    """
    found: list[str] = []
    for number, line in enumerate(decoded(file).splitlines(), 1):
        if not line.strip():
            continue
        if line.count("{}") != 1 or line.count("{") != 1 or line.count("}") != 1:
            raise RequestError(
                f"{file}, line {number}: a template has {{}} once, where the class name goes; "
                f"this is {line.strip()!r}."
            )
        found.append(line.strip())
    if not found:
        raise RequestError(f"{file} holds no template; wanted lines such as 'a photo of a {{}}.'.")
    return tuple(found)
