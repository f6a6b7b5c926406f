"""``prompted:SPACE``: a frozen space of torch towers whose image tower has learned visual prompts.

Nothing but the prompts is trained: tokens before every layer of an image transformer, or, where
the tower is none, a frame of pixels around the picture. ``prompted:SPACE?prompts=5`` has five
tokens a layer. ``isthmus fit prompted:SPACE --towers image --freeze text`` trains them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PIL import Image

from isthmus.arrays import fingerprint
from isthmus.encode import ENCODERS
from isthmus.encode.torch_towers import Tower, weights_id
from isthmus.encode.tuned import renamed
from isthmus.registry import find
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

if TYPE_CHECKING:
    import torch

PROMPTS = 10
"""Tokens of a layer."""
AMONG = "?prompts="
FRAME = 30 / 224
"""Width of the frame over the side of the picture; that of Bahng et al. 2022."""


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """The encoders of a space, frozen, with prompts in the image tower.

    Raises:
        RequestError: no space, no number of prompts, or an image tower without gradients.
        ExtraMissingError: torch is not installed.
    """
    try:
        import torch
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    name, _, number = rest.partition(AMONG)
    if not name or not (number or "1").isdigit() or number.startswith("0"):
        raise RequestError(
            f"A prompted space is written prompted:SPACE or prompted:SPACE{AMONG}{PROMPTS}, with a "
            f"space of hf:, openclip: or fresh and 1 prompt or more; not {f'prompted:{rest}'!r}."
        )
    count, (scheme, _, inner) = int(number or PROMPTS), name.partition(":")
    found: Mapping[str, Any] = find("encoders", ENCODERS, scheme)(inner, options)
    image = found.get("image")
    if not isinstance(image, Tower):
        raise RequestError(
            f"{name} has no image tower of torch, so no gradient reaches a prompt before it"
            f"{' (its network is one of ONNX, or stands behind corrections)' if image else ''}: "
            "take a space of hf:, openclip: or fresh."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        prompts, forward, about = _prompts(image, count, name)
    module = torch.nn.ModuleDict({"frozen": image.module.requires_grad_(False), "prompts": prompts})
    old = image.space
    identity = fingerprint(old.id, about, weights_id(prompts))
    space = Space(f"prompted:{rest}", identity, old.dim, old.scale, old.bias)
    towers = {key: renamed(one, space) for key, one in found.items()}
    joint: dict[str, Any] = {
        k: replace(x, module=module) for k, x in towers.items() if isinstance(x, Tower)
    }
    said = "; ".join(filter(None, (image.preprocessing, about)))
    joint["image"] = replace(joint["image"], forward=forward, preprocessing=said)
    return {**towers, **joint}


def _prompts(
    image: Tower, count: int, name: str
) -> "tuple[torch.nn.Module, Callable[[Any], torch.Tensor], str]":
    """What is trained, the tower's forward pass with it, and what it is."""
    from isthmus.encode.prompted.networks import Frame, Tokens, image_layers

    some = {k: x.to(image.device) for k, x in image.inputs([Image.new("RGB", (64, 64))]).items()}
    layers, shape = image_layers(image.module, lambda: image.forward(some))
    if layers:
        tokens = Tokens(layers, shape, count).to(image.device)
        try:
            image.forward(some)
        except (RuntimeError, ValueError, IndexError) as error:
            raise RequestError(
                f"The image layers of {name} take no further tokens, so no prompts either: {error}."
            ) from error
        return tokens, image.forward, f"{count} learned prompts before each of {len(layers)} layers"
    keys = [key for key, x in some.items() if x.ndim == 4]
    if len(keys) != 1:
        raise RequestError(
            f"The image tower of {name} takes no pixels that a frame could be put on."
        )
    frame = Frame(some[keys[0]], FRAME).to(image.device)
    return (
        frame,
        lambda inputs: image.forward({**inputs, keys[0]: frame(inputs[keys[0]])}),
        f"a learned frame of {frame.width} pixels",
    )
