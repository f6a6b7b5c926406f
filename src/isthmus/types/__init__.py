"""The nouns: spaces, sets of vectors, links, items, worlds, encoders and results."""

from isthmus.types.axes import Axes, axes_or_new, drawn, picture_of
from isthmus.types.bags import Bag, Place, all_parts
from isthmus.types.calibration import Calibration
from isthmus.types.errors import (
    ExtraMissingError,
    IsthmusError,
    ItemError,
    NothingLeftError,
    RequestError,
    SpaceMismatchError,
    check_kind,
    reason,
)
from isthmus.types.items import Credit, Encoder, Items, LoadOptions, World
from isthmus.types.links import Links, objects_of
from isthmus.types.requests import (
    Brief,
    Common,
    Source,
    Written,
    request_from_dict,
    request_to_dict,
)
from isthmus.types.results import Interval, Null, Result, plain
from isthmus.types.schemas import Count, Inside, Name, Within, conform
from isthmus.types.sets import EmbeddingSet
from isthmus.types.spaces import ScoreRule, Space, Step, same_space
from isthmus.types.subspaces import Subspace, span

__all__ = [
    "Axes",
    "Bag",
    "Brief",
    "Calibration",
    "Common",
    "Count",
    "Credit",
    "EmbeddingSet",
    "Encoder",
    "ExtraMissingError",
    "Inside",
    "Interval",
    "IsthmusError",
    "ItemError",
    "Items",
    "Links",
    "LoadOptions",
    "Name",
    "NothingLeftError",
    "Null",
    "Place",
    "RequestError",
    "Result",
    "ScoreRule",
    "Source",
    "Space",
    "SpaceMismatchError",
    "Step",
    "Subspace",
    "Within",
    "World",
    "Written",
    "all_parts",
    "axes_or_new",
    "check_kind",
    "conform",
    "drawn",
    "objects_of",
    "picture_of",
    "plain",
    "reason",
    "request_from_dict",
    "request_to_dict",
    "same_space",
    "span",
]
