"""``mended:FOLDER``: a space after corrections, as ``isthmus mend`` leaves it in a folder.

``mended.safetensors`` holds the arrays of the maps and the score rule; its metadata name the
parent space, the chain and where each array belongs. Where towers were trained too, their weights
are in ``towers.safetensors``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, cast

import numpy as np

from isthmus.arrays import Vectors
from isthmus.encode import ENCODERS
from isthmus.encode.tuned import FILE as TOWERS
from isthmus.encode.tuned import tune
from isthmus.records import dataclass
from isthmus.registry import UnknownPartError, find
from isthmus.scores.kinds import RULE_KINDS
from isthmus.scores.rules import FittedRule
from isthmus.store import read_described, read_tensors, unpacked
from isthmus.transform.maps import MAP_KINDS, MapByModality
from isthmus.transform.mended import Mended
from isthmus.types import (
    Count,
    EmbeddingSet,
    Encoder,
    ItemError,
    LoadOptions,
    RequestError,
    Selection,
    Space,
    Step,
    conform,
    same_space,
)
from isthmus.types.selections import taken_out

FILE = "mended.safetensors"
FORMAT = "isthmus-mended/1"
_REMOVES = 16
"""Mended spaces that are mended from each other."""


@dataclass(frozen=True)
class _About:
    """What the metadata say."""

    format: str
    origin: str
    parent: Space
    chain: str
    objects: Count
    parts: Any
    recipe: Mapping[str, Any] = field(default_factory=dict[str, Any])
    selection: str = ""
    """What was chosen, whose items are in the array ``saw``."""


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
    def selections(self) -> tuple[Selection, ...]:
        """What was fitted and chosen for the space, as far as it is known."""
        own = (self.mended.selection,) if self.mended.selection else ()
        return (*getattr(self.inner, "selections", ()), *own)

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


def read_mended(folder: str | Path) -> tuple[Mended, str]:
    """The corrections kept in a folder, and the name that their parent space is loaded by.

    Raises:
        RequestError: nothing is there, it is damaged, of a newer version, or mended from itself.
    """
    folder = Path(folder)
    found, origin = _read(folder)
    seen, above = [folder.resolve()], origin
    while above.startswith("mended:"):
        place = Path(above.removeprefix("mended:")).resolve()
        if place in seen or len(seen) == _REMOVES:
            raise RequestError(
                f"mended:{folder} is mended from {above}, which is mended from itself or at "
                f"{_REMOVES} removes: run isthmus mend again on a space that has encoders."
            )
        seen.append(place)
        above = _read(place)[1]
    return found, origin


def _read(folder: Path) -> tuple[Mended, str]:
    path = folder / FILE
    if not path.is_file():
        raise RequestError(f"{folder} holds no mended space (no {FILE} in it): run isthmus mend.")
    try:
        arrays, values = read_described(path, FORMAT)
        about = conform(_About, values)
        for name in about.recipe.keys() & {"scale", "bias"}:
            conform(float, about.recipe[name], f"recipe.{name}")
        selection = _selection(about.selection, arrays)
        maps, rule = _parts(unpacked(arrays, about.parts, (*MAP_KINDS, *RULE_KINDS)))
        mended = Mended(
            about.parent, about.chain, maps, rule, about.objects, about.recipe, selection
        )
        _try(mended, sorted(_modalities(about.parts)))
        return mended, about.origin
    except (ValueError, OSError) as error:
        raise RequestError(f"{path} is not a whole mended space: {error}") from error


def _selection(what: str, arrays: dict[str, np.ndarray]) -> Selection | None:
    """The items that a mended space was chosen on, which are taken out of the arrays."""
    return next(iter(taken_out(filter(None, [what]), arrays)), None)


def _parts(found: Any) -> tuple[tuple[MapByModality, ...], FittedRule | None]:
    """The maps and the score rule, if that is what was read."""
    maps, rule = found if isinstance(found, tuple) and len(found) == 2 else (None, None)
    whole = isinstance(maps, tuple) and all(
        isinstance(one, dict) and one and all(isinstance(map_, MAP_KINDS) for map_ in one.values())
        for one in maps
    )
    if not whole or not (rule is None or isinstance(rule, RULE_KINDS)):
        raise ValueError("its parts are not maps by modality and a score rule")
    return cast("Any", maps), cast("Any", rule)


def _modalities(part: Any) -> set[str]:
    """The modalities that parts were fitted for: keys such as ``image`` and ``text>image``."""
    if isinstance(part, list):
        return {name for one in part for name in _modalities(one)}
    if not isinstance(part, Mapping):
        return set()
    keys = part["mapping"] if isinstance(part.get("mapping"), Mapping) else {}
    inside = {name for one in part.values() for name in _modalities(one)}
    return inside.union(*(key.split(">") for key in keys))


def _try(mended: Mended, modalities: Sequence[str]) -> None:
    """Take a few vectors through everything that was read: what is wrong with it shows here.

    Raises:
        ValueError: parts that do not go together, or of other kinds than maps and a score rule.
    """
    vectors = np.random.default_rng(0).normal(size=(3, mended.parent.dim)).astype(np.float32)
    ids = ("0", "1", "2")
    sets = {name: EmbeddingSet(vectors, ids, name, mended.parent) for name in modalities}
    try:
        with np.errstate(all="ignore"):
            if mended.maps:
                moved = {name: mended(sets[name]).vectors for name in mended.maps[0]}
            else:
                moved = {name: some.unit for name, some in sets.items()}
            if mended.space.rule is not None:
                for one, other in zip(moved, [*moved][1:] + [*moved][:1], strict=True):
                    mended.space.rule.between(one, other)(moved[one], moved[other])
    except RequestError:  # of these vectors, not of the corrections
        return
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ValueError(f"its parts do not go together ({said[:200]})") from error
