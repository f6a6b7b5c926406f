"""``shapes``: towers for points and voxels that know nothing yet, beside frozen towers of ``mini``.

``shapes:patches`` and ``shapes:pointnet`` put a point tower into the space ``mini``, both a voxel
tower; ``isthmus fit --towers points --freeze text`` trains it against the frozen texts.
``shapes:FILE`` is a published point tower, see ``published``.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.encode.mini import load as load_mini
from isthmus.encode.shapes.inputs import CELLS, GROUPS, POINTS, SIZE, cells, grouped, rows
from isthmus.encode.shapes.published import ShapeTower
from isthmus.encode.shapes.published import load as load_published
from isthmus.encode.torch_towers import torch_device, weights_id
from isthmus.read.points import cloud
from isthmus.store import is_file
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

if TYPE_CHECKING:
    pass

KINDS = ("patches", "pointnet")
ABOUT = (
    f"{POINTS} points far from each other, the outermost first, with colours and normals, in the "
    "unit ball"
)


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Untrained towers for points and voxels, with the texts and images of ``mini``.

    Raises:
        RequestError: another kind.
        ExtraMissingError: torch is not installed.
    """
    if is_file(Path(rest.partition("?")[0])):
        return load_published(rest, options)
    kind, _, seed = (rest or KINDS[0]).partition("/")
    if kind not in KINDS or not (seed or "0").isdigit():
        raise RequestError(
            f"Fresh shape towers are shapes:{' or shapes:'.join(KINDS)}, and with a seed "
            f"shapes:{KINDS[0]}/7; not {rest!r}."
        )
    try:
        import torch

        from isthmus.encode.shapes.networks import PatchTransformer, PointNetPlus, VoxelNet
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    mini: dict[str, Any] = dict(load_mini("", LoadOptions("cpu", options.workers)))
    old, device = mini["text"].space, torch_device(options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(seed or 0))
        points = PatchTransformer(old.dim) if kind == "patches" else PointNetPlus(old.dim)
        module = torch.nn.ModuleDict({"points": points, "voxels": VoxelNet(old.dim)}).eval()
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
    image = replace(mini["image"], space=space, by_view={})
    text = replace(mini["text"], space=space)
    return {"image": image, "text": text, "points": of_points, "voxels": of_voxels}


def patched(item: Any) -> dict[str, np.ndarray]:
    """Patches of a cloud and their middles."""
    patches, centres = grouped(cloud(item).fitted())
    return {"patches": patches, "centres": centres}


def plain(item: Any) -> dict[str, np.ndarray]:
    """Points of a cloud as rows."""
    return {"points": rows(cloud(item).fitted())}
