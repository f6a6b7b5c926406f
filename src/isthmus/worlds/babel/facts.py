"""What is true of a scene, independent of any picture or text of it."""

from collections.abc import Collection
from typing import Any

import numpy as np

from isthmus.records import dataclass
from isthmus.types import RequestError

SHAPES = (
    "sphere",
    "cube",
    "cone",
    "cylinder",
    "pyramid",
    "ring",
    "star",
    "heart",
    "cross",
    "crescent",
)
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
SIZES = ("small", "medium", "large")
MATERIALS = ("matte", "shiny", "striped", "spotted", "glass")
COUNTS = (1, 2, 3)
RELATIONS = ("left of", "above")
"""Of the first group to the second; ``right of`` and ``below`` are these, said from the second."""
VIEWS = ("front", "angle", "above")
STYLES = ("flat", "outlined", "shaded", "sketch")

OF_GROUP: dict[str, tuple[Any, ...]] = {
    "shape": SHAPES,
    "colour": COLOURS,
    "size": SIZES,
    "material": MATERIALS,
    "count": COUNTS,
}
"""The values of each fact of a group."""

OF_SCENE: dict[str, tuple[Any, ...]] = {"relation": RELATIONS, "view": VIEWS, "style": STYLES}
"""The values of each fact of the whole scene."""


@dataclass(frozen=True)
class Group:
    """Equal things that stand together; None is a fact that is not stated."""

    shape: str | None = None
    colour: str | None = None
    size: str | None = None
    material: str | None = None
    count: int | None = None


@dataclass(frozen=True)
class Facts:
    """A scene: one group of things, or two in a relation; None is a fact that is not stated.

    Without a relation two groups have no order: they are kept sorted, so that equal facts
    compare equal however they were said.
    """

    groups: tuple[Group, ...]
    """The first group stands left of or above the second."""
    relation: str | None = None
    view: str | None = None
    style: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.groups) <= 2:
            raise RequestError(f"A scene has one or two groups of things, not {len(self.groups)}.")
        if self.relation is not None and len(self.groups) == 1:
            raise RequestError("A relation needs two groups of things; this scene has one.")
        if self.relation is None:
            object.__setattr__(self, "groups", tuple(sorted(self.groups, key=str)))

    def to_dict(self) -> dict[str, Any]:
        """Every fact by name; those of the second group begin with ``other_``."""
        found = {
            prefix + name: getattr(group, name)
            for prefix, group in zip(("", "other_"), self.groups, strict=False)
            for name in OF_GROUP
        }
        names = OF_SCENE if len(self.groups) == 2 else ("view", "style")
        return found | {name: getattr(self, name) for name in names}


def fact_values(groups: int = 2) -> dict[str, tuple[Any, ...]]:
    """The names of all facts of a scene with one or two groups, and the values each can take."""
    other = {f"other_{name}": values for name, values in OF_GROUP.items()}
    one = {name: values for name, values in OF_SCENE.items() if name != "relation"}
    return {**OF_GROUP, **other, **OF_SCENE} if groups == 2 else {**OF_GROUP, **one}


def facts_of(values: dict[str, Any]) -> Facts:
    """The inverse of ``Facts.to_dict``."""
    groups = tuple(
        Group(**{name: values[prefix + name] for name in OF_GROUP})
        for prefix in ("", "other_")
        if f"{prefix}shape" in values
    )
    return Facts(groups, values.get("relation"), values["view"], values["style"])


def draw_facts(rng: np.random.Generator, groups: int = 2, style: str | None = None) -> Facts:
    """A scene whose facts are independent and uniform; a style given is not drawn."""
    names = fact_values(groups)
    at = rng.random(len(names))
    drawn = {
        name: values[int(u * len(values))]
        for (name, values), u in zip(names.items(), at, strict=True)
    }
    return facts_of(drawn if style is None else {**drawn, "style": style})


def stated(facts: Facts, names: Collection[str]) -> Facts:
    """The facts of these names, all others unstated."""
    return facts_of(
        {name: value if name in names else None for name, value in facts.to_dict().items()}
    )


def is_unseen(group: Group) -> bool:
    """Whether a group's colour and shape are a pair that no training scene shows.

    One colour of the eight is held out for each shape, so that every shape and every colour is
    seen in training, but these ten pairs only in the test split.
    """
    if group.shape is None or group.colour is None:
        return False
    return (3 * SHAPES.index(group.shape) + COLOURS.index(group.colour)) % len(COLOURS) == 5


def information(names: Collection[str], groups: int = 2) -> float:
    """Bits that a text stating these facts carries about a scene: the sum of log2 of the values."""
    return float(sum(np.log2(len(fact_values(groups)[name])) for name in names))
