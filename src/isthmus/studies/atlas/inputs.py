"""What an atlas is made from, and what it found, before it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.studies.atlas.subspaces import Nesting, Overlaps
from isthmus.studies.atlas.views import ObjectViews
from isthmus.studies.atlas.words import Named
from isthmus.types import EmbeddingSet, Items, Result


@dataclass(frozen=True, eq=False)
class AtlasInput:
    """Views of objects as vectors, and what is known about them."""

    views: EmbeddingSet
    factors: Mapping[str, Mapping[str, Any]]
    """Of every view its ``object`` and, if they were taken around it, its ``azimuth``; of every
    object its ``name`` and ``label`` where there are such."""
    ring: bool = True
    """Views stand at equal steps once around each object, in order."""
    symmetry: Mapping[str, int] = field(default_factory=dict[str, int])
    """Turns that change no picture, by object; 1 where not given."""
    words: tuple[EmbeddingSet, tuple[str, ...]] | None = None
    """Vectors of a vocabulary and its texts, to name objects with."""
    styled: EmbeddingSet | None = None
    """The same views in further drawing styles; ``factors`` know their object, view and style."""
    pictures: Items | None = None
    """The renders, by the ids of the views."""
    faults: Mapping[str, str] = field(default_factory=dict[str, str])
    """Objects and views that were skipped, with the reason."""
    context: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further facts for the page's end."""


@dataclass(frozen=True, eq=False)
class Atlas:
    """Everything that was measured, before it is written."""

    objects: tuple[ObjectViews, ...]
    results: Mapping[str, Result]
    """Measures of all objects together."""
    missing: Mapping[str, str]
    overlaps: Overlaps
    nestings: tuple[Nesting, ...]
    named: Named | None
    faults: Mapping[str, str]
