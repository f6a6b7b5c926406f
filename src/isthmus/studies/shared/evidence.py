"""What the words of a text rest on, with the places in its item, and how that is printed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isthmus.indexes.rules import named, nearest_part, seen
from isthmus.report import visible
from isthmus.studies.shared.search import place_words
from isthmus.types import Encoder
from isthmus.types.decoded import Decoded
from isthmus.view.within import within

MOST = 6
"""Words that are printed, those that carry most first."""
SHOWN = 0.005
"""The least fall of a score that is printed."""


def located(
    encoders: Mapping[str, Encoder], modality: str, item: Any, name: str, said: Decoded
) -> Decoded:
    """What was read, with the part of the item nearest to each word that the text needs.

    Args:
        encoders: of one space, by modality.
        modality: of the item; of one without places the text comes back as it is.
        item: what a reader of the modality takes.
        name: what messages call it.
        said: a text with its evidence.

    Raises:
        ItemError: the item cannot be read.
    """
    needed = [x for x in said.evidence if x.drop > 0]
    if modality not in within() or not needed:
        return said
    parts = seen(encoders, modality, item, name)
    vectors = named(encoders, [x.word for x in needed])
    places = {
        x.word: nearest_part(parts, vector) for x, vector in zip(needed, vectors, strict=True)
    }
    return replace(
        said, evidence=tuple(replace(x, place=places.get(x.word)) for x in said.evidence)
    )


def evidence_words(said: Decoded) -> str:
    """Words that a text needs, those whose lack costs most first; empty where it needs none.

    Example:
        >>> from isthmus.types.decoded import Evidence
        >>> told = (Evidence("red", 0.02), Evidence("dog", 0.11), Evidence("near", -0.01))
        >>> evidence_words(Decoded("red dog near", 0.5, told))
        'dog 0.11, red 0.02'
    """
    needed = sorted((x for x in said.evidence if x.drop >= SHOWN), key=lambda x: -x.drop)[:MOST]
    told = [(f"{visible(x.word)} {x.drop:.2f}", place_words(x.place)) for x in needed]
    return ", ".join(f"{word} ({place})" if place else word for word, place in told)
