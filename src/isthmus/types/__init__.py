"""The nouns: spaces, sets of vectors, links, items, worlds, encoders and results."""

from isthmus.types.bags import Bag, Place, all_parts
from isthmus.types.calibration import Calibration
from isthmus.types.errors import (
    ExtraMissingError,
    IsthmusError,
    ItemError,
    NothingLeftError,
    RequestError,
    SpaceMismatchError,
)
from isthmus.types.items import Credit, Encoder, Items, LoadOptions, World
from isthmus.types.links import Links, objects_of
from isthmus.types.results import Interval, Null, Result
from isthmus.types.sets import EmbeddingSet
from isthmus.types.spaces import ScoreRule, Space, Step, same_space
from isthmus.types.subspaces import Subspace

__all__ = [
    "Bag",
    "Calibration",
    "Credit",
    "EmbeddingSet",
    "Encoder",
    "ExtraMissingError",
    "Interval",
    "IsthmusError",
    "ItemError",
    "Items",
    "Links",
    "LoadOptions",
    "NothingLeftError",
    "Null",
    "Place",
    "RequestError",
    "Result",
    "ScoreRule",
    "Space",
    "SpaceMismatchError",
    "Step",
    "Subspace",
    "World",
    "all_parts",
    "objects_of",
    "same_space",
]
