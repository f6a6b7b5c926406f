"""Templates: class names as sentences that a text encoder has seen the like of."""

from collections.abc import Iterable

from isthmus.types import RequestError


def prompts(names: Iterable[str], templates: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Every class name in every template; the name replaces ``{}``.

    Embed the texts, give each class its vectors, and ``zero_shot`` averages them.

    Raises:
        RequestError: a template has no ``{}``, or a name comes twice.

    Example:
        >>> prompts(["owl"], ["a photo of an {}.", "a sketch of an {}."])
        {'owl': ('a photo of an owl.', 'a sketch of an owl.')}
    """
    names, templates = tuple(names), tuple(templates)
    without = [template for template in templates if "{}" not in template]
    if without or not templates:
        raise RequestError(
            "Prompt templates need a place {} for the class name, such as 'a photo of a {}.'; "
            f"there are {len(templates)} templates"
            + (f" and {without[0]!r} has none." if without else ".")
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestError(f"Class names must be distinct, but {twice!r} comes twice.")
    return {name: tuple(text.replace("{}", name) for text in templates) for name in names}
