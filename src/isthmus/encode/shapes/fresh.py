"""``shapes``: towers for points and voxels that know nothing yet, beside the towers of any space.

``shapes:patches``, ``shapes:pointnet`` and ``shapes:pointmlp`` put a point tower into the space
``mini``, all a voxel tower; ``shapes:patches?beside=SPACE`` into another one. ``isthmus fit
--modalities points text --towers points --freeze text`` trains it against the frozen texts.
``shapes:FILE`` is a published point tower, see ``published``.
"""

from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.beside import asked, drawn, moved, space_beside, space_of
from isthmus.encode.shapes.inputs import CELLS, GROUPS, POINTS, SIZE, cells, grouped, rows
from isthmus.encode.shapes.published import SHAPES, ShapeTower
from isthmus.encode.shapes.published import load as load_published
from isthmus.encode.torch_towers import torch_device
from isthmus.read.points import cloud
from isthmus.store import is_file
from isthmus.types import Encoder, LoadOptions

KINDS = {
    "patches": "isthmus.encode.shapes.networks:PatchTransformer",
    "pointnet": "isthmus.encode.shapes.networks:PointNetPlus",
    "pointmlp": "isthmus.encode.shapes.networks:PointMLP",
}
"""Networks for points by name."""
VOXELS = "isthmus.encode.shapes.networks:VoxelNet"
ABOUT = (
    f"{POINTS} points far from each other, the outermost first, with colours and normals, in the "
    "unit ball"
)


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Untrained towers for points and voxels, with the other towers of ``mini`` or of a space.

    Raises:
        RequestError: another kind, or a space that cannot be loaded.
        ExtraMissingError: torch is not installed.
    """
    if is_file(Path(rest.partition("?")[0])):
        return load_published(rest, options)
    kind, seed, other = asked("shapes", rest, list(KINDS))
    beside = space_beside(other, options, SHAPES)
    old = next(iter(beside.values())).space
    module = drawn({"points": KINDS[kind], "voxels": VOXELS}, old.dim, seed)
    device = torch_device(options)
    space = space_of("shapes", rest, old, module, kind, POINTS, GROUPS, SIZE, CELLS)
    of_points = ShapeTower(
        space=space,
        module=module.to(device),
        forward=lambda inputs: module["points"](*inputs.values()),
        device=device,
        preprocessing=f"{ABOUT}, in {GROUPS} patches of {SIZE}" if kind == "patches" else ABOUT,
        prepare=patched if kind == "patches" else plain,
    )
    of_voxels = ShapeTower(
        space=space,
        module=module,
        forward=lambda inputs: module["voxels"](inputs["voxels"]),
        device=device,
        preprocessing=f"{CELLS} cells along each side of the cube around what is filled",
        prepare=lambda item: {"voxels": cells(item)},
        modality="voxels",
    )
    return {**moved(beside, space, module), "points": of_points, "voxels": of_voxels}


def patched(item: Any) -> dict[str, np.ndarray]:
    """Patches of a cloud and their middles."""
    patches, centres = grouped(cloud(item).fitted())
    return {"patches": patches, "centres": centres}


def plain(item: Any) -> dict[str, np.ndarray]:
    """Points of a cloud as rows."""
    return {"points": rows(cloud(item).fitted())}
