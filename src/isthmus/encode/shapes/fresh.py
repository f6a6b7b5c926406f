"""``shapes``: towers for points and voxels that know nothing yet, beside the towers of any space.

``shapes:patches``, ``shapes:pointnet`` and ``shapes:pointmlp`` put a point tower into the space
``mini``, all a voxel tower; ``shapes:patches?beside=SPACE`` into another one. ``isthmus fit
--modalities points text --towers points --freeze text`` trains it against the frozen texts.
``shapes:FILE`` is a published point tower, see ``published``.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.encode.shapes.inputs import CELLS, GROUPS, POINTS, SIZE, cells, grouped, rows
from isthmus.encode.shapes.published import BESIDE, ShapeTower, space_beside
from isthmus.encode.shapes.published import load as load_published
from isthmus.encode.torch_towers import Tower, torch_device, weights_id
from isthmus.encode.tuned import renamed
from isthmus.read.points import cloud
from isthmus.store import is_file
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

KINDS = {"patches": "PatchTransformer", "pointnet": "PointNetPlus", "pointmlp": "PointMLP"}
"""Networks for points by name."""
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
    named, _, other = rest.partition(BESIDE)
    if is_file(Path(rest.partition("?")[0])):
        return load_published(rest, options)
    kind, _, seed = (named or "patches").partition("/")
    if kind not in KINDS or not (seed or "0").isdigit():
        raise RequestError(
            f"Fresh shape towers are shapes:{' or shapes:'.join(KINDS)}, with a seed "
            f"shapes:patches/7, and in another space than mini shapes:patches{BESIDE}SPACE; "
            f"not {rest!r}."
        )
    try:
        import torch

        from isthmus.encode.shapes import networks
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    device = torch_device(options)
    beside = space_beside(other or "mini:", options if other else replace(options, device="cpu"))
    old = next(iter(beside.values())).space
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed or 0))
        made = {"points": getattr(networks, KINDS[kind]), "voxels": networks.VoxelNet}
        module = torch.nn.ModuleDict({name: one(old.dim) for name, one in made.items()}).eval()
    identity = fingerprint(old.id, weights_id(module), kind, POINTS, GROUPS, SIZE, CELLS)
    space = Space(f"shapes:{rest}" if rest else "shapes", identity, old.dim, old.scale, old.bias)
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


def moved(beside: Mapping[str, Any], space: Space, module: Any) -> dict[str, Any]:
    """The towers of a space, now of another, with their module as a part of its module.

    Args:
        beside: by modality.
        space: the new one.
        module: of its own towers; it takes in the one that the others have, if they are of torch.
    """
    found: dict[str, Any] = {}
    for name, one in beside.items():
        more = (
            {"by_view": {}} if getattr(one, "by_view", None) else {}
        )  # was made for the old space
        if isinstance(one, Tower):
            module["beside"] = one.module
            more["module"] = module
        found[name] = renamed(one, space, **more)
    return found


def patched(item: Any) -> dict[str, np.ndarray]:
    """Patches of a cloud and their middles."""
    patches, centres = grouped(cloud(item).fitted())
    return {"patches": patches, "centres": centres}


def plain(item: Any) -> dict[str, np.ndarray]:
    """Points of a cloud as rows."""
    return {"points": rows(cloud(item).fitted())}
