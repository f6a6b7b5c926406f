"""Towers whose weights were trained end to end: the same encoders in a space of their own.

``isthmus fit --towers`` writes the weights beside the corrections of ``mended:FOLDER``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.records import dataclass
from isthmus.transform.mended import TUNE
from isthmus.types import Encoder, RequestError, Space, Step

if TYPE_CHECKING:
    import torch

    from isthmus.encode.torch_towers import Inputs

FILE = "towers.safetensors"
FIELDS = "__dataclass_fields__"
"""What every dataclass has; ``is_dataclass`` would narrow the type of an encoder away."""


@runtime_checkable
class Trainable(Encoder, Protocol):
    """An encoder with a torch module, whose weights can be trained end to end."""

    @property
    def module(self) -> "torch.nn.Module":
        """The whole model, the same for all towers of a space."""
        ...

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """What the tower takes, on the CPU: one row an item, of the same shape whatever the item.

        Raises:
            ItemError: an item cannot be read.
        """
        ...

    def vectors(self, inputs: "Inputs") -> "torch.Tensor":
        """(n, d) float32 on the device of the module; ``encode`` with gradients."""
        ...


@dataclass(frozen=True, eq=False)
class Renamed:
    """An encoder whose vectors are of another space now; all else of it is as it was."""

    inner: Encoder
    space: Space

    @property
    def modality(self) -> str:
        """Of the items."""
        return self.inner.modality

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32, as the encoder gives them."""
        return self.inner.encode(items)

    def __getattr__(self, name: str) -> Any:
        if name in ("inner", "module"):
            raise AttributeError(name)
        return getattr(self.inner, name)


def renamed(one: Any, space: Space, **more: Any) -> Any:
    """An encoder of another space from now on, with further fields changed, where it has any."""
    names = [x.name for x in fields(one) if x.init] if hasattr(one, FIELDS) else []
    return replace(one, space=space, **more) if "space" in names else Renamed(one, space)


def trainable(encoders: Mapping[str, Encoder], modalities: Iterable[str]) -> dict[str, Trainable]:
    """The encoders of these modalities.

    Raises:
        RequestError: no encoder for one of them, or one without a torch module.
    """
    found: dict[str, Trainable] = {}
    for modality in modalities:
        if modality not in encoders:
            raise RequestError(f"The space encodes {' and '.join(encoders)}, not {modality!r}.")
        encoder = encoders[modality]
        if not isinstance(encoder, Trainable):
            raise RequestError(
                f"{encoder.space.name} has no torch module for {modality}, so its tower cannot be "
                "trained (a network of ONNX gives no gradients): take a space of hf:, openclip:, "
                "fresh, shapes or sounds, or train heads alone."
            )
        found[modality] = encoder
    return found


def tuning(weights: Mapping[str, np.ndarray]) -> Step:
    """What was done to a space whose towers have these weights now."""
    hashes = {name: fingerprint(array) for name, array in sorted(weights.items())}
    return Step(TUNE, {"weights": fingerprint(hashes), "arrays": len(weights)})


def take(module: "torch.nn.Module", weights: Mapping[str, np.ndarray]) -> None:
    """Put weights in the places of a module's own.

    Raises:
        ValueError: the module has no weight of such a name and shape.
    """
    import torch

    own = module.state_dict(keep_vars=True)
    with torch.no_grad():
        for name, array in weights.items():
            if name not in own or own[name].shape != array.shape:
                raise ValueError(f"the model has no weight {name!r} of the shape {array.shape}")
            own[name].copy_(torch.tensor(array))


def tune(encoders: Mapping[str, Encoder], weights: Mapping[str, np.ndarray]) -> Step:
    """Put trained weights into a loaded model: its vectors are then of ``space.then(step)``.

    Raises:
        ValueError: the model has no weight of such a name and shape.
    """
    towers = [one for one in encoders.values() if isinstance(one, Trainable)]
    for module in {id(one.module): one.module for one in towers}.values():
        take(module, weights)
    return tuning(weights)
