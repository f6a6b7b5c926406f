"""``mended:FOLDER``: a space after corrections, as ``isthmus mend`` leaves it in a folder.

``mended.safetensors`` holds the arrays of the maps and the score rule; its metadata name the
parent space, the chain and where each array belongs. Where towers were trained too, their weights
are in ``towers.safetensors``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import Vectors
from isthmus.encode import ENCODERS
from isthmus.encode.tuned import FILE as TOWERS
from isthmus.encode.tuned import tune
from isthmus.records import dataclass
from isthmus.registry import UnknownPartError, find
from isthmus.scores.kinds import RULE_KINDS
from isthmus.store import read_described, read_tensors, unpacked
from isthmus.transform.maps import MAP_KINDS
from isthmus.transform.mended import Mended
from isthmus.types import (
    EmbeddingSet,
    Encoder,
    ItemError,
    LoadOptions,
    RequestError,
    Space,
    Step,
    same_space,
)

FILE = "mended.safetensors"
FORMAT = "isthmus-mended/1"


@dataclass(frozen=True, eq=False)
class MendedEncoder:
    """An encoder of the parent space, followed by the corrections."""

    inner: Encoder
    """Its vectors are of ``mended.parent``."""
    mended: Mended

    @property
    def modality(self) -> str:
        """The modality of the items it takes."""
        return self.inner.modality

    @property
    def space(self) -> Space:
        """The mended space."""
        return self.mended.space

    @property
    def batch(self) -> int:
        """Items that the encoder wants at once; 64 if it does not say."""
        return getattr(self.inner, "batch", 64)

    @property
    def preprocessing(self) -> str:
        """What the encoder does to an item before, as far as it tells."""
        return getattr(self.inner, "preprocessing", "")

    def truncated(self, items: Sequence[Any]) -> list[bool]:
        """Which items the encoder cuts at its limit, as far as it can tell."""
        tell = getattr(self.inner, "truncated", None)
        return [False] * len(items) if tell is None else tell(items)

    def encode(self, items: Sequence[Any]) -> Vectors:
        """One batch of items in, (len(items), d) float32 out, rows in order.

        Raises:
            ItemError: a vector has no direction before or after the corrections.
        """
        vectors = np.asarray(self.inner.encode(items), dtype=np.float32)
        names = tuple(map(str, range(len(vectors))))
        some = EmbeddingSet(vectors, names, self.modality, self.mended.parent)
        try:
            return np.asarray(self.mended(some).vectors, dtype=np.float32)
        except ValueError as error:
            raise ItemError(str(error)) from error


def load(rest: str, options: LoadOptions) -> Mapping[str, MendedEncoder]:
    """The parent's encoders followed by the corrections: ``mended:FOLDER``.

    Raises:
        RequestError: no mended space is there, it is damaged or of a newer version.
        SpaceMismatchError: the parent has changed since the corrections were fitted.
    """
    mended, origin = read_mended(Path(rest))
    scheme, _, name = origin.partition(":")
    try:
        loader = find("encoders", ENCODERS, scheme)
    except UnknownPartError as error:
        raise RequestError(f"mended:{rest} corrects the space {origin!r}: {error}") from None
    encoders: Mapping[str, Encoder] = loader(name, options)
    spaces = [encoder.space for encoder in encoders.values()]
    if mended.tuned:
        step = _tune(encoders, Path(rest) / TOWERS)
        spaces = [space.then(step) for space in spaces]
    for space in spaces:
        same_space(mended.parent, space)
    known = mended.maps[0] if mended.maps else encoders
    return {m: MendedEncoder(one, mended) for m, one in encoders.items() if m in known}


def _tune(encoders: Mapping[str, Encoder], path: Path) -> Step:
    """Put the weights of a file into loaded towers."""
    try:
        return tune(encoders, read_tensors(path)[0])
    except (ValueError, OSError) as error:
        raise RequestError(f"{path} does not hold the towers' trained weights: {error}") from error


def read_mended(folder: Path) -> tuple[Mended, str]:
    """The corrections kept in a folder, and the name that their parent space is loaded by.

    Raises:
        RequestError: nothing is there, it is damaged or of a newer version.
    """
    path = folder / FILE
    if not path.is_file():
        raise RequestError(f"{folder} holds no mended space (no {FILE} in it): run isthmus mend.")
    try:
        arrays, about = read_described(path, FORMAT)
        maps, rule = unpacked(arrays, about["parts"], (*MAP_KINDS, *RULE_KINDS))
        parent = Space.from_dict(about["parent"])
        fitted_on, recipe = about["objects"], about.get("recipe", {})
        origin = str(about["origin"])
        return Mended(parent, about["chain"], maps, rule, fitted_on, recipe), origin
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise RequestError(f"{path} is not a whole mended space: {error}") from error
