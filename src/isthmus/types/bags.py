"""Bags: one item seen as several items of another modality, each with its place.

Renders of a mesh, frames of a video, windows of a sound, crops of a picture and prompts of a
class name are bags.
"""

from collections.abc import Iterable

from isthmus.records import amount, dataclass
from isthmus.types.choosing import Names
from isthmus.types.errors import RequestError
from isthmus.types.items import Items


@dataclass(frozen=True)
class Place:
    """Where in its item a part was taken from; what does not apply is None."""

    number: int
    """Of the view, frame, window, crop or prompt among all of the item, from 0."""
    pose: tuple[float, float, float] | None = None
    """Azimuth and elevation of the camera in degrees, and its distance in radii of the object, 0
    being as near as the whole object fits."""
    seconds: tuple[float, float] | None = None
    """Start and end; equal for an instant."""
    box: tuple[float, float, float, float] | None = None
    """Left, top, right and bottom, as shares (0..1) of width and height from the upper left."""
    faces: tuple[int, ...] | None = None
    """Numbers of the faces of a mesh, ascending."""


@dataclass(frozen=True, eq=False)
class Bag:
    """The parts of one item as items of another modality, and how their vectors become one."""

    owner: str
    """Id of the item."""
    parts: Items
    places: tuple[Place, ...]
    """Of each part, in the order of their numbers."""
    pooling: str = "mean"
    """Name of a rule in ``similarity.POOLINGS``."""
    weights: tuple[float, ...] = ()
    """Of each part, 0 or more and not all 0, where the rule is ``attention``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", Names(self.places))
        numbers = [place.number for place in self.places]
        if not numbers or len(numbers) != len(self.parts):
            raise RequestError(
                f"A bag has one part or more, each with its place, but {self.owner!r} has "
                f"{amount(len(self.parts), 'part')} and {amount(len(numbers), 'place')}."
            )
        if numbers != sorted(set(numbers)):
            raise RequestError(
                f"The places of a bag are distinct and in order; those of {self.owner!r} are "
                f"{numbers}."
            )
        if self.weights and not (
            len(self.weights) == len(self) and min(self.weights) >= 0 < sum(self.weights)
        ):
            raise RequestError(
                f"Weights of a bag are one a part, 0 or more and not all 0, but those of "
                f"{self.owner!r} are {self.weights} for {len(self)} parts."
            )

    def __len__(self) -> int:
        return len(self.places)

    def place(self, part: str) -> Place:
        """Where in the item the part of this id is.

        Raises:
            RequestError: the bag has no such part.
        """
        if part not in self.parts.ids:
            raise RequestError(f"The bag of {self.owner!r} has no part {part!r}.")
        return self.places[self.parts.ids.index(part)]


def all_parts(bags: Iterable[Bag]) -> Items:
    """The parts of bags as items of one list, in order, to be embedded at once.

    Raises:
        RequestError: there is no bag.
    """
    every = [bag.parts for bag in bags]
    if not every:
        raise RequestError("There is no bag whose parts could be embedded.")
    ids = tuple(name for parts in every for name in parts.ids)
    return Items(every[0].modality, ids, [item for parts in every for item in parts])
