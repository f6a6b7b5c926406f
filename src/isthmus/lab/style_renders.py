"""The same objects from the same side in several drawing styles: a full grid, rendered once."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from isthmus.lab.rendering import Look, rendered_into
from isthmus.types import Items, World
from isthmus.view.styles import names


def restyled_into(
    folder: Path,
    world: World,
    look: Look,
    styles: Sequence[str] = names(),
    *,
    workers: int = 0,
    progress: bool = False,
) -> World:
    """The world's meshes as pictures ``OBJECT/STYLE/000``, kept in a folder for each style.

    Factors of each picture are those of the object, ``object``, ``style`` and the pose. Objects
    that could not be drawn are in ``faults``.

    Raises:
        NothingLeftError: not one mesh could be drawn.
        RequestError: an unknown style.
    """
    ids: list[str] = []
    pictures: list[Any] = []
    factors, split, credits = dict(world.factors), dict(world.split), dict(world.credits)
    faults = dict(world.faults)
    for style in styles:
        drawn = rendered_into(
            folder / style, world, replace(look, style=style), workers=workers, progress=progress
        ).world
        faults |= drawn.faults
        images = drawn.items["image"]
        for view, picture in zip(images.ids, images.payload, strict=True):
            name, _, number = view.rpartition("/")
            cell = f"{name}/{style}/{number}"
            ids.append(cell)
            pictures.append(picture)
            factors[cell] = {**drawn.factors[view], "style": style}
            if view in drawn.split:
                split[cell] = drawn.split[view]
            if view in drawn.credits:
                credits[cell] = drawn.credits[view]
    return replace(
        world,
        items={"image": Items("image", tuple(ids), pictures)},
        links={},
        factors=factors,
        split=split,
        credits=credits,
        faults=faults,
    )
