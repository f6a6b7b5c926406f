"""Lists that are in memory: pictures as PIL images, arrays, bytes or paths, texts as strings."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from isthmus.read.image import Picture, picture
from isthmus.types import Credit, ItemError, Items, RequestError, World
from isthmus.worlds.drafts import Draft


def in_memory(
    images: Iterable[Any] | None = None,
    texts: Iterable[Any] | None = None,
    labels: Iterable[Any] | None = None,
) -> World:
    """A world of lists; an item's id is its running number, and row i of each belongs together.

    Args:
        images: PIL images, (h, w, 3) uint8 arrays, bytes of files, or paths.
        texts: one string per image, or a list of strings per image.
        labels: class of each image (of each text where there are no images).

    Raises:
        RequestError: nothing was given, or the lists differ in length.
    """
    given = {"images": images, "texts": texts, "labels": labels}
    lists = {name: list(some) for name, some in given.items() if some is not None}
    lengths = {name: len(some) for name, some in lists.items()}
    if not lengths.get("images") and not lengths.get("texts"):
        raise RequestError("A world needs at least one image or one text.")
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{count} {name}" for name, count in lengths.items())
        raise RequestError(f"Row i of each list belongs together, but there are {counts}.")
    if "images" not in lists:
        return _texts_only(lists["texts"], lists.get("labels"))
    texts_of = lists.get("texts", [])
    draft = Draft("in memory", numbered=any(isinstance(some, (list, tuple)) for some in texts_of))
    for number, item in enumerate(lists["images"]):
        try:
            draft.pictures[str(number)] = _checked(item)
        except ItemError as error:
            draft.faults[str(number)] = str(error)
    for number, some in enumerate(texts_of):
        said = list(some) if isinstance(some, (list, tuple)) else [some]
        draft.caption(str(number), [one for one in said if isinstance(one, str)])
        if wrong := [one for one in said if not isinstance(one, str)]:
            draft.faults[str(number)] = f"a text is a {type(wrong[0]).__name__}, not a string"
    draft.labels = {str(number): str(one) for number, one in enumerate(lists.get("labels", ()))}
    return draft.world()


def _checked(item: Any) -> Picture:
    found = picture(item)
    if isinstance(found.source, Path) and not found.source.is_file():
        raise ItemError("there is no such file")
    return found


def _texts_only(texts: Sequence[str | Sequence[str]], labels: Sequence[Any] | None) -> World:
    ids = tuple(str(number) for number in range(len(texts)))
    if not all(isinstance(text, str) for text in texts):
        raise RequestError("Texts without images are a list of strings, not of lists.")
    return World(
        name="in memory",
        items={"text": Items("text", ids, texts)},
        factors={name: {"label": str(one)} for name, one in zip(ids, labels or (), strict=False)},
        credits=dict.fromkeys(ids, Credit("NOASSERTION", "in memory")),
    )
