"""The requests of the commands that list what there is."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Brief


@dataclass(frozen=True)
class SpacesRequest:
    """List the spaces that can be loaded, or describe one."""

    name: Positional[str] = ""
    """A space to load and describe, such as mini."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class WorldsRequest:
    """List the data sets with ground truth, or describe one."""

    name: Positional[str] = ""
    """A world to open and describe, such as glyphs."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class PartsRequest:
    """List every encoder, world, similarity and measure with its one-line description."""

    kind: Positional[str] = ""
    """Only these: encoders, worlds, similarities, poolings, corrections, links, losses,
    regularisers, heads, bases, projectors, targets, measures, modalities, views, stresses
    engines or strategies."""
    common: Brief = field(default_factory=Brief)


@dataclass(frozen=True)
class CacheRequest:
    """List, size and clear the vectors that searches have kept."""

    clear: bool = False
    """Delete everything that is kept."""
    common: Brief = field(default_factory=Brief)
