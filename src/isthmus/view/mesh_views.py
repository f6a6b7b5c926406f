"""A mesh as a bag of pictures, one from each pose, and after which turns it is the same."""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from isthmus.read.image import Picture
from isthmus.read.meshes.files import mesh
from isthmus.records import dataclass
from isthmus.types import Bag, ItemError, Items, Place, View
from isthmus.view.cameras import Pose, dome
from isthmus.view.renders import RenderOptions
from isthmus.view.styles import drawn

SIDE = 48
"""Pixels along a side at which views are compared."""
SAME = 0.1
"""Root mean square difference of two views, over that of a view from its background, up to which
they are the same. Renders of one pose a pixel apart differ by less, chairs seen from both sides by
several times more."""


@dataclass(frozen=True)
class RenderSetup:
    """From where and how every object is drawn."""

    poses: tuple[Pose, ...]
    options: RenderOptions = field(default_factory=RenderOptions)
    up: str = "y"
    """The axis that points up in the files."""
    style: str = "shaded"
    """One of ``view.styles``."""


def render_bag(item: Any, setup: RenderSetup, owner: str = "mesh", workers: int = 0) -> Bag:
    """Pictures of a mesh from each pose, called ``OWNER/000``, ``OWNER/001``, ...

    Args:
        item: whatever ``read.meshes`` makes a mesh of.
        setup: poses, style and size.
        owner: id of the mesh.
        workers: threads that draw; 0 means one a core.

    Raises:
        ItemError: no mesh, or nothing is seen of it.
        RequestError: an unknown style, or no pose.
    """
    found = mesh(item).turned(setup.up)
    views = drawn(found, setup.poses, setup.style, setup.options, workers)
    if views and not any(view.mask.any() for view in views):
        raise ItemError("nothing is seen of it: its surface has no area")
    return posed(owner, setup.poses, [Picture(Image.fromarray(view.colour)) for view in views])


def posed(owner: str, poses: Sequence[Pose], pictures: Sequence[Picture]) -> Bag:
    """The bag of an object's pictures, one from each pose."""
    ids = tuple(f"{owner}/{number:03d}" for number in range(len(pictures)))
    places = (
        Place(number, pose=(pose.azimuth, pose.elevation, pose.distance))
        for number, pose in enumerate(poses)
    )
    return Bag(owner, Items("image", ids, pictures), tuple(places))


def symmetry_of(pictures: Sequence[UInt8[np.ndarray, "h w 3"]]) -> int:
    """The largest s such that a turn by 360 / s changes no view; as many as views if none does.

    Args:
        pictures: views at equal steps once around the object; the first pixel is background.
    """
    return symmetry(np.stack([_small(one) for one in pictures]))


def symmetry(views: Float[np.ndarray, "n p"]) -> int:
    """The same for views as rows of values, background 0."""
    n = len(views)
    own = float(np.sqrt((views**2).mean()))
    for turns in (many for many in range(n, 1, -1) if n % many == 0):
        moved = np.roll(views, n // turns, axis=0)
        if np.sqrt(((views - moved) ** 2).mean()) <= SAME * own:
            return turns
    return 1


def _small(picture: UInt8[np.ndarray, "h w 3"]) -> Float[np.ndarray, " p"]:
    small = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE)), dtype=np.float64)
    return (small - small[0, 0]).reshape(-1)


def renders(item: Any, owner: str) -> Bag:
    """Twelve pictures of a mesh from all around, as ``RENDERS`` says."""
    return render_bag(item, RenderSetup(dome(12)), owner, workers=1)


RENDERS = View(
    "renders",
    of="mesh",
    to="image",
    see=renders,
    about="12 shaded renders from three rings around it, 0, 30 and 60 degrees up",
)
