"""Templates: class names as sentences that a text encoder has seen the like of."""

from collections.abc import Iterable

from isthmus.types import Bag, Items, Place, RequestError, amount


def prompt_bags(names: Iterable[str], templates: Iterable[str]) -> tuple[Bag, ...]:
    """Every class name as a bag of texts ``NAME/0``, ``NAME/1``, ...: the name in each template.

    Raises:
        RequestError: a template has no ``{}``, or a name comes twice.
    """
    names, templates = tuple(names), tuple(templates)
    without = [template for template in templates if "{}" not in template]
    if without or not templates:
        raise RequestError(
            "Prompt templates need a place {} for the class name, such as 'a photo of a {}.'; "
            f"here: {amount(len(templates), 'template')}"
            + (f" and {without[0]!r} has none." if without else ".")
        )
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise RequestError(f"Class names must be distinct, but {twice!r} comes twice.")
    numbers = range(len(templates))
    places = tuple(map(Place, numbers))
    return tuple(
        Bag(
            name,
            Items(
                "text",
                tuple(f"{name}/{number}" for number in numbers),
                [text.replace("{}", name) for text in templates],
            ),
            places,
        )
        for name in names
    )


def prompts(names: Iterable[str], templates: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The texts of ``prompt_bags`` by class name.

    Embed the texts, give each class its vectors, and ``zero_shot`` averages them.

    Example:
        >>> prompts(["owl"], ["a photo of an {}.", "a sketch of an {}."])
        {'owl': ('a photo of an owl.', 'a sketch of an owl.')}
    """
    return {bag.owner: tuple(bag.parts) for bag in prompt_bags(names, templates)}
