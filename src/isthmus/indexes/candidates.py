"""Where in a picture something could be: sources of candidates, and the parts that they give.

``SOURCES`` is the table. A source looks at one picture and gives places with unit vectors in the
space; none of them knows what is asked for.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import fingerprint, unit
from isthmus.engine.shards import embed_shard
from isthmus.indexes.parts import Seen
from isthmus.indexes.presence import Found, places_of
from isthmus.read import known, pictured
from isthmus.types import Encoder, ItemError, Items, Place, RequestError, View, a_kind
from isthmus.view.within import within
from isthmus.view.within.detected import proposals

DEFAULT = "regions"
TOUCHING = 1e-6
"""Gap between two tiles, in shares of the picture, that is none."""


def where(some: Seen, scores: Float[np.ndarray, " p"], least: float) -> list[Found]:
    """``places_of`` the parts of an item, tiles that touch as one."""
    known = joined(some.places, scores, least) if some.tiles else (some.places, scores)
    return places_of(*known, least)


def seen(
    encoders: Mapping[str, Encoder],
    modality: str,
    item: Any,
    name: str = "item",
    source: str = DEFAULT,
) -> Seen:
    """The parts of an item with their vectors; of a modality without places the item itself.

    Args:
        encoders: of one space, by modality.
        modality: of the item.
        item: what a reader of the modality takes.
        name: what messages call it.
        source: of candidates in a picture, a key of ``SOURCES``.

    Raises:
        ItemError: it cannot be read, or none of its parts can be encoded.
        RequestError: the space has no way for the item, or no such candidates.
    """
    if known(modality).pictured:
        return look_for(source)(encoders, item, name)
    view = within().get(modality)
    if view is None:
        whole = Items(modality, (name,), [item])
        return _encoded(encoders, modality, (whole, (Place(0),)), modality)
    return _viewed(encoders, view, item, name)


def _viewed(encoders: Mapping[str, Encoder], view: View, item: Any, name: str) -> Seen:
    bag = view.see(item, name)
    return _encoded(encoders, view.of, (bag.parts, bag.places), view.to, view.name)


def _encoded(
    encoders: Mapping[str, Encoder],
    modality: str,
    some: tuple[Items, tuple[Place, ...]],
    to: str,
    way: str = "",
) -> Seen:
    """Parts that a view made, through the tower of what they are."""
    if to not in encoders:
        raise RequestError(
            f"The space has no way for {to} items, as which {modality} is looked at."
        )
    parts, places = some
    tower = getattr(encoders[to], "by_view", {}).get(way, encoders[to])
    made = embed_shard(tower, parts)
    if not made.ids:
        raise ItemError(next(iter(made.faults.values()), f"{modality} without parts"))
    kept = set(made.ids)
    rows = [place for part, place in zip(parts.ids, places, strict=True) if part in kept]
    return Seen(tuple(rows), unit(np.asarray(made.made)))


Look = Callable[[Mapping[str, Encoder], Any, str], Seen]
"""Encoders, a picture and its name to its parts."""


def _regions(_: str) -> Look:
    return lambda encoders, item, name: _viewed(encoders, within()[pictured()], item, name)


def _detected(kind: str) -> Callable[[str], Look]:
    """Crops of what a detector in a file proposes."""

    def opened(file: str) -> Look:
        view = proposals(kind, file)
        return lambda encoders, item, name: _viewed(encoders, view, item, name)

    return opened


def _own(kind: str) -> Callable[[str], Look]:
    """Parts that the image tower itself has vectors for."""

    def look(encoders: Mapping[str, Encoder], item: Any, name: str) -> Seen:
        tower = encoders.get(pictured(encoders))
        parts = getattr(tower, "parts", None)
        if parts is None:
            which = f"its image tower is {a_kind(tower)}" if tower else "it has no image tower"
            raise RequestError(
                f"This space has no vectors of {kind}: {which}. Wanted is a space of hf: or "
                f"openclip: that has {kind}; --candidates regions works in any."
            )
        boxes, vectors = parts(kind, item)
        if not len(boxes):
            raise ItemError(f"{name} has no {kind} that lie in it.")
        sides = [(float(a), float(b), float(c), float(d)) for a, b, c, d in boxes]
        places = tuple(Place(number, box=box) for number, box in enumerate(sides))
        return Seen(places, unit(np.asarray(vectors)), tiles=kind == "tokens")

    return lambda _: look


SOURCES: Mapping[str, tuple[str, Callable[[str], Look]]] = {
    "regions": ("segments, their unions, windows: crops, in any space", _regions),
    "tokens": ("patches of a ViT (hf:, openclip:), those that touch joined", _own("tokens")),
    "boxes": ("what the space itself detects (hf: with OWL-ViT or OWLv2)", _own("boxes")),
    "ssd:": ("and FILE, an SSD in a TFLite file: crops, in any space", _detected("ssd")),
    "centernet:": ("and FILE, a CenterNet in an ONNX graph: likewise", _detected("centernet")),
}
"""By name: what it is, and what makes it of what follows a colon that is the end of the name."""


def look_for(source: str) -> Look:
    """The source of a name.

    Raises:
        RequestError: there is none of that name.
    """
    kind, colon, rest = source.partition(":")
    if kind + colon not in SOURCES:
        known = "; ".join(f"{name} ({about})" for name, (about, _) in SOURCES.items())
        raise RequestError(f"There are no candidates {source!r}. There are {known}.")
    return SOURCES[kind + colon][1](rest)


def identity(source: str) -> str:
    """What a source is known by: its name, and the content of the file that it names."""
    kind, _, rest = source.partition(":")
    return fingerprint(kind, Path(rest).expanduser().read_bytes()) if rest else kind


def joined(
    places: tuple[Place, ...], scores: Float[np.ndarray, " p"], least: float
) -> tuple[tuple[Place, ...], Float[np.ndarray, " c"]]:
    """Tiles that reach a score, those that share a side as one box, with their highest score.

    If none reaches it, the clearest tile.
    """
    from scipy.sparse.csgraph import connected_components

    rows = np.flatnonzero(scores >= least)
    rows = rows if len(rows) else np.array([int(np.argmax(scores))])
    boxes = np.array([places[row].box for row in rows])
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    shared = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - low
    # a corner is no side: along one axis they overlap, along the other at least meet
    beside = (shared.min(axis=2) > -TOUCHING) & (shared.max(axis=2) > TOUCHING)
    count, labels = connected_components(beside, directed=False)
    made, best = list[Place](), list[float]()
    for number in range(count):
        own = labels == number
        left, top = boxes[own, :2].min(axis=0)
        right, bottom = boxes[own, 2:].max(axis=0)
        made.append(Place(number, box=(float(left), float(top), float(right), float(bottom))))
        best.append(float(scores[rows[own]].max()))
    return tuple(made), np.array(best)
