"""``shapes:FILE``: published point towers, Uni3D, ULIP, ULIP-2, OpenShape and CLIP Goes 3D.

Which one a file holds is told by the names of its weights. ``shapes:FILE?beside=SPACE`` puts it
into the space that it was trained against, such as ``openclip:ViT-bigG-14/...``, beside its texts
and pictures. What needed a GPU there, far points and nearest ones, is NumPy or plain torch here.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import fingerprint
from isthmus.encode.beside import BESIDE, moved, space_beside
from isthmus.encode.torch_files import read_weights
from isthmus.encode.torch_towers import Tower, torch_device, weights_id
from isthmus.read.farthest import farthest, nearest
from isthmus.read.points import cloud
from isthmus.records import dataclass
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

if TYPE_CHECKING:
    from isthmus.encode.torch_towers import Inputs

SHAPES = ("points", "voxels")
"""What the towers of this room take."""
SIGNS = {
    "point_encoder.trans2embed.weight": "Uni3D",
    "pc_projection": "Ulip",
    "ppat.cls_token": "OpenShape",
    "local_grouper_list.0.affine_alpha": "Cg3dPointMLP",
    "cls_pos": "Cg3dTransformer",
}
"""Networks of the releases by a weight that each has and those after it have not."""
BALLS: Mapping[tuple[int, int], tuple[int, float, int]] = {
    (256, 6): (64, 0.4, 256),
    (512, 6): (64, 0.4, 256),
    (512, 12): (384, 0.2, 64),
    (768, 12): (512, 0.2, 64),
    (768, 24): (512, 0.2, 64),
}
"""Of OpenShape's sizes, by width and depth: balls, their radius, points in each. The release's
third size has the width and depth of the fourth, which is the one that is published."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ShapeTower(Tower):
    """Clouds or voxels to vectors by a torch network."""

    prepare: Callable[[Any], dict[str, np.ndarray]]
    """The network's inputs of one item."""
    modality: str = "points"

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """Arrays, one row an item.

        Raises:
            ItemError: an item cannot be read.
        """
        import torch

        made = [self.prepare(item) for item in items]
        return {name: torch.from_numpy(np.stack([one[name] for one in made])) for name in made[0]}


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """The point tower of a file, alone or beside the space that it was trained against.

    Raises:
        RequestError: no such release, weights that are not whole, or another number of coordinates
            than the space beside it.
        ExtraMissingError: torch is not installed.
    """
    try:
        import torch

        from isthmus.encode.shapes import published_networks as networks
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    name, _, other = rest.partition(BESIDE)
    weights = read_weights(f"shapes:{name}", Path(name), quick=False)
    word = next((word for sign, word in SIGNS.items() if sign in weights), None)
    if word is None:
        told = ", ".join(f"{word} ({sign})" for sign, word in SIGNS.items())
        raise RequestError(
            f"shapes:{name} holds no point tower that is known by its weights: {told}."
        )
    kind = getattr(networks, word)
    starts = (kind.before, "proj", "pc_")
    kept = {key: value for key, value in weights.items() if key.startswith(starts)}
    module = kind(kept).eval().to(device := torch_device(options))
    try:
        with torch.inference_mode():
            tried = module(*(torch.zeros(shape, device=device) for shape in kind.tried))
        _check_used(module.asked, kept)
    except (ValueError, RuntimeError) as error:
        raise RequestError(f"shapes:{name} is not a whole {word}: {error}.") from error
    beside, about = _beside(other, tried.shape[1], options), _about(word, kept)
    base = next(iter(beside.values())).space if beside else Space("", "", tried.shape[1], 1.0)
    identity = fingerprint(base.id, weights_id(module), about)
    space = Space(f"shapes:{rest}", identity, base.dim, base.scale, base.bias)
    tower = ShapeTower(
        space=space,
        module=module,
        forward=lambda inputs: module(*inputs.values()),
        device=device,
        preprocessing=about,
        prepare=lambda item: prepared(item, word, kept),
    )
    return {**moved(beside, space), tower.modality: tower}


def _beside(name: str, dim: int, options: LoadOptions) -> Mapping[str, Any]:
    """The encoders of the space that a tower was trained against."""
    found = space_beside(name, options, SHAPES) if name else {}
    if found and (there := next(iter(found.values())).space.dim) != dim:
        raise RequestError(
            f"The point tower gives {dim} coordinates and {name} has {there}: name the space that "
            "it was trained against."
        )
    return found


BLOCKS = (
    *("visual.blocks.", "blocks.blocks.", "transformer.layers.", ".sa.", "encoder."),
    *("prompt_embeddings", "local_grouper_list.", "pre_blocks_list.", "pos_blocks_list."),
)


def _check_used(asked: set[str], weights: Mapping[str, Any]) -> None:
    """Blocks that hold more than is computed here give other vectors than their authors' code.

    Raises:
        ValueError: a weight of a block was not asked for.
    """
    inside = (name for name in weights if any(one in name for one in BLOCKS))
    more = [x for x in inside if x not in asked and not x.endswith("num_batches_tracked")]
    if more:
        raise ValueError(f"it has {more[0]}, which is not computed here")


def _balls(weights: Mapping[str, Any]) -> tuple[int, float, int]:
    """Balls of an OpenShape tower, their radius, and points in each."""
    width = int(weights["ppat.cls_token"].shape[-1])
    parts = (key.split(".")[3] for key in weights if key.startswith("ppat.transformer.layers."))
    return BALLS.get((width, len(set(parts))), (384, 0.2, 64))


SAMPLES: Mapping[str, tuple[int, int, int]] = {
    "Uni3D": (10_000, 512, 64),
    "Ulip": (10_000, 512, 32),
    "Cg3dTransformer": (8_192, 64, 32),
    "Cg3dPointMLP": (1_024, 0, 0),
}
"""Points of a cloud, patches of them, and points of a patch; OpenShape's follow from its size."""


def _about(kind: str, weights: Mapping[str, Any]) -> str:
    points, groups, size = SAMPLES.get(kind, (10_000, 0, 0))
    where = f", {groups} patches of {size} points" if groups else ""
    if kind == "OpenShape":
        groups, radius, size = _balls(weights)
        where = f", {groups} balls of radius {radius} with {size} points"
    colours = "" if kind.startswith("Cg3d") else ", colours 0..1"
    return f"{points:,} points about their mean in the unit ball, y up{colours}{where} ({kind})"


def prepared(item: Any, kind: str, weights: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Patches (g, k, c) of a cloud and their middles (g, 3), or points, as a release takes them.

    Args:
        item: a cloud.
        kind: ``OpenShape`` or one of ``SAMPLES``.
        weights: of the tower, from which the number and size of balls follow.

    Raises:
        ItemError: no cloud that can be read.
    """
    found = cloud(item)
    count, groups, size = SAMPLES.get(kind, (10_000, 0, 0))
    some = found.taken(np.arange(count) * len(found.points) // count)
    places = some.points - some.points.mean(axis=0)
    places = places / max(float(np.linalg.norm(places, axis=1).max()), 1e-9)
    if kind == "Cg3dPointMLP":
        return {"points": places.astype(np.float32)}
    colours = some.colours[:, :3] / np.float32(255)
    if kind == "OpenShape":
        groups, radius, size = _balls(weights)
        centres = places[farthest(places, groups)]
        around = in_balls(places, centres, radius, size)
        more = [places[around], colours[around]]
    else:
        centres = places[farthest(places, groups)]
        around = nearest(places, centres, size)
        more = [] if kind == "Cg3dTransformer" else [colours[around]]
    away = places[around] - centres[:, None]
    patches = np.concatenate([away, *more], axis=2).astype(np.float32)
    return {"patches": patches, "centres": centres.astype(np.float32)}


def in_balls(
    places: Float[np.ndarray, "p 3"], centres: Float[np.ndarray, "g 3"], radius: float, size: int
) -> np.ndarray:
    """(g, size) rows within a radius of each middle, the first ones; the first fills what is left.

    Source: Qi et al. 2017, PointNet++, section 3.2.
    """
    rows = np.empty((len(centres), size), np.int64)
    for number, centre in enumerate(centres):
        inside = np.flatnonzero(np.square(places - centre).sum(axis=1) <= radius**2)[:size]
        rows[number] = np.concatenate([inside, np.full(size - len(inside), inside[0])])
    return rows
