"""The nouns: spaces, sets of vectors, links, items, worlds, encoders and results."""

from isthmus.records import a_kind, amount
from isthmus.types.axes import Axes, axes_or_new, drawn, picture_of
from isthmus.types.bags import Bag, Place, all_parts
from isthmus.types.calibration import Calibration
from isthmus.types.choosing import Named
from isthmus.types.errors import (
    DataMissingError,
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
from isthmus.types.modalities import Modality, View
from isthmus.types.requests import (
    Brief,
    Common,
    Source,
    Written,
    request_from_dict,
    request_to_dict,
)
from isthmus.types.results import Interval, Null, Result, Tabled, plain
from isthmus.types.schemas import Count, Inside, Name, Within, conform
from isthmus.types.selections import Selection
from isthmus.types.sets import EmbeddingSet, as_vectors
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
    "DataMissingError",
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
    "Modality",
    "Name",
    "Named",
    "NothingLeftError",
    "Null",
    "Place",
    "RequestError",
    "Result",
    "ScoreRule",
    "Selection",
    "Source",
    "Space",
    "SpaceMismatchError",
    "Step",
    "Subspace",
    "Tabled",
    "View",
    "Within",
    "World",
    "Written",
    "a_kind",
    "all_parts",
    "amount",
    "as_vectors",
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
