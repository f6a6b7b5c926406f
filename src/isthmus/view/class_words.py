"""A sound as words: the names of the classes that a classifier hears in it, by their probability.

The convex combination of ConSE: the vector of an item is the mean of its likely classes' vectors,
weighted by their probabilities. It needs no encoder of the item at all, only one of texts.

Source: Norouzi et al. 2014, Zero-shot learning by convex combination of semantic embeddings,
equation 4.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from isthmus.types import Bag, ItemError, Items, Place, RequestError, View

Classes: TypeAlias = Callable[[Any], Iterable[tuple[str, float]]]
"""From an item to names of classes with their probabilities (0..1), in any order."""


def word_bag(item: Any, owner: str, classes: Classes, template: str = "{}", most: int = 10) -> Bag:
    """The likeliest classes of an item as texts ``OWNER/0``, ..., weighted by their probabilities.

    Args:
        item: what the classifier takes.
        owner: id of the item.
        classes: the classifier.
        template: the text of a class, its name at ``{}``, such as ``the sound of a {}``.
        most: classes that are kept, the likeliest first.

    Raises:
        ItemError: no class is likelier than 0, or the classifier raises it.
        RequestError: the template has no place for the name, no class is to be kept, or the
            classifier gives numbers that are no probabilities.
    """
    if "{}" not in template or most < 1:
        raise RequestError(
            f"Words of classes want a template with {{}} and one class or more, not {template!r} "
            f"and {most}."
        )
    found = [(name, float(share)) for name, share in classes(item)]
    if wrong := [share for _, share in found if not 0 <= share <= 1]:
        raise RequestError(f"A classifier gives probabilities, 0 to 1, not {wrong[0]}.")
    likely = sorted((one for one in found if one[1] > 0), key=lambda one: (-one[1], one[0]))[:most]
    if not likely:
        raise ItemError(f"Of {len(found)} classes none is likelier than 0, so no word says it.")
    ids = tuple(f"{owner}/{number}" for number in range(len(likely)))
    return Bag(
        owner,
        Items("text", ids, [template.replace("{}", name) for name, _ in likely]),
        tuple(map(Place, range(len(likely)))),
        pooling="attention",
        weights=tuple(share for _, share in likely),
    )


def class_words(
    of: str, classes: Classes, about: str, template: str = "{}", most: int = 10, data: str = ""
) -> View:
    """The road ``class_words`` from a modality to texts, by way of a classifier.

    To be registered, the view is kept as an object where the classifier is, since that stands
    above this room: ``CLASS_WORDS = class_words("audio", classes, "YAMNet's 521 classes")``.

    Args:
        of: modality of the items.
        classes: the classifier.
        about: which classifier, in a few words.
        template: the text of a class, its name at ``{}``.
        most: classes that are kept, the likeliest first.
        data: that the classifier needs.
    """
    return View(
        "class_words",
        data=data,
        of=of,
        to="text",
        see=lambda item, owner: word_bag(item, owner, classes, template, most),
        about=f"the {most} likeliest of {about} as {template!r}, weighted by probability",
    )
