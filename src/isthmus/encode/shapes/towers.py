"""What ``mini`` knows of shapes: a head that reads renders, and a small tower for points.

Their weights are in the package ``isthmus-shapes``; without it renders are read as any picture.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import erf

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.shapes.inputs import grouped
from isthmus.read.points import cloud
from isthmus.records import dataclass
from isthmus.store import data_folder
from isthmus.types import Encoder, Space

FEATURES = ("v144", "v210")
"""Inner values of ``image.onnx``: means of the last map of its first and of its second branch."""
WIDTH = 1280
"""Of each; behind the second lie means of an earlier map, which are not taken."""


def output(name: str) -> bytes:
    """A graph that has nothing but this output, of numbers.

    A graph is a message of Protocol Buffers. Two that lie behind each other are read as one, whose
    lists are joined: so an inner value of a graph can be asked for without a library to edit it.
    """

    def message(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2, len(content)]) + content

    return message(7, message(12, message(1, name.encode()) + message(2, message(1, b"\x08\x01"))))


@dataclass(frozen=True, eq=False)
class RendersHead:
    """Renders to vectors: the image tower's, and what its features say beside."""

    image: Any
    """The image tower of ``mini``."""
    opened: Callable[[bytes], Any]
    """The image tower's network, with a graph behind its own."""
    weights: Mapping[str, np.ndarray]
    modality: str = "image"

    @property
    def space(self) -> Space:
        """That of the image tower."""
        return self.image.space

    @property
    def preprocessing(self) -> str:
        """As of any picture, and the head's weights."""
        return f"{self.image.preprocessing}; head {fingerprint(*self.weights.values())[:12]}"

    @cached_property
    def network(self) -> Any:
        """The image tower with its features as outputs, opened when it is first needed."""
        return self.opened(b"".join(map(output, FEATURES)))

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of pictures.

        Raises:
            ItemError: one of them cannot be read.
        """
        return self.image.in_batches(items, self._vectors)

    def _vectors(self, pictures: np.ndarray) -> np.ndarray:
        outputs = self.network.run(["embedding", *FEATURES], {"pixels": pictures})
        plain, first, second = (np.asarray(one) for one in outputs)
        x = np.concatenate([first[:, :WIDTH], second[:, :WIDTH]], axis=1)
        plain = plain / np.linalg.norm(plain, axis=1, keepdims=True)
        w = self.weights
        return (plain + (x @ w["down"]) @ w["up"] + w["bias"]).astype(np.float32)


@dataclass(frozen=True, eq=False)
class PointTower:
    """Clouds to vectors by ``networks.PatchTransformer``, run by NumPy."""

    space: Space
    weights: Mapping[str, np.ndarray]
    """By their names in the network."""
    heads: int = 5
    modality: str = "points"

    @property
    def preprocessing(self) -> str:
        """What is taken of a cloud, and the weights."""
        return (
            "512 points far from each other, the outermost first, with "
            "colours and normals, in the unit ball, in 32 "
            f"patches of 16; tower {fingerprint(*self.weights.values())[:12]}"
        )

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of clouds, or of what ``read.points.cloud`` makes one of.

        Raises:
            ItemError: one of them cannot be read.
        """
        pairs = [grouped(cloud(item).fitted()) for item in items]
        # one at a time, so that no vector depends on its batch
        found = [transformed(self.weights, self.heads, *pair) for pair in pairs]
        return np.stack(found) if found else np.empty((0, self.space.dim), np.float32)


def transformed(
    weights: Mapping[str, np.ndarray],
    heads: int,
    patches: Float[np.ndarray, "g k c"],
    centres: Float[np.ndarray, "g 3"],
) -> Float[np.ndarray, " d"]:
    """``PatchTransformer.forward`` of one cloud."""

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def two(name: str, x: np.ndarray) -> np.ndarray:
        return linear(f"{name}.2", gelu(linear(f"{name}.0", x)))

    def normed(name: str, x: np.ndarray) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + np.float32(1e-5))
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = two("point", patches)
    most = np.broadcast_to(x.max(axis=1, keepdims=True), x.shape)
    x = two("patch", np.concatenate([x, most], axis=2)).max(axis=1) + two("place", centres)
    x = np.concatenate([weights["first"][0], x])
    count = len({name.split(".")[1] for name in weights if name.startswith("layers.")})
    for layer in (f"layers.{number}" for number in range(count)):
        asked = linear(f"{layer}.asks", normed(f"{layer}.norms.0", x))
        query, key, value = asked.reshape(len(x), 3, heads, -1).transpose(1, 2, 0, 3)
        share = query @ key.transpose(0, 2, 1) / np.float32(query.shape[-1] ** 0.5)
        share = np.exp(share - share.max(axis=2, keepdims=True))
        share = share / share.sum(axis=2, keepdims=True)
        x = x + linear(f"{layer}.gives", (share @ value).transpose(1, 0, 2).reshape(x.shape))
        x = x + linear(f"{layer}.down", gelu(linear(f"{layer}.up", normed(f"{layer}.norms.1", x))))
    whole = np.concatenate([x[0], x[1:].max(axis=0)])
    return linear("out", normed("norm", whole)).astype(np.float32)


def gelu(x: np.ndarray) -> np.ndarray:
    """Hendrycks & Gimpel 2016, equation 1, in the precision of x."""
    return x * np.float32(0.5) * (1 + erf(x / np.float32(2**0.5)))


def with_shapes(towers: Mapping[str, Any], opened: Callable[[bytes], Any]) -> dict[str, Encoder]:
    """The towers of ``mini``, and what the package ``isthmus-shapes`` adds where it is installed.

    Args:
        towers: of images and texts.
        opened: the image tower's network, with the bytes of a graph behind its own.
    """
    found: dict[str, Encoder] = dict(towers)
    if folder := data_folder("mini_renders"):
        head = RendersHead(towers["image"], opened, arrays(folder / "head.npz"))
        views = dict.fromkeys(("renders", "upright", "splats"), head)
        found["image"] = replace(towers["image"], by_view=views)
    if folder := data_folder("mini_points"):
        found["points"] = PointTower(towers["image"].space, arrays(folder / "tower.npz"))
    return found


def arrays(file: Path) -> dict[str, np.ndarray]:
    """Weights as float32."""
    with np.load(file) as found:
        return {name: found[name].astype(np.float32) for name in sorted(found.files)}
