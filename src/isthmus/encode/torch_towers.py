"""What every PyTorch checkpoint shares: device, batches, cut-and-sort, decoding, weights hash."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.within.framing import Boxes, Framing, look, whole
from isthmus.read.audio import Mono, sound
from isthmus.read.image import POLICY, central, picture
from isthmus.read.text import text
from isthmus.records import dataclass
from isthmus.types import ItemError, LoadOptions, RequestError, Space
from isthmus.view.windows import streamed

if TYPE_CHECKING:
    import torch

    Inputs = Mapping[str, torch.Tensor]
    """What a tower takes, by argument name; rows are items."""
    Forward = Callable[[Inputs], torch.Tensor]
    """Inputs to (n, d) vectors."""

    from isthmus.encode.within.tokens import Look

_TOKENS = 384
"""Tokens of one forward pass on a CPU: enough to fill its cores, few enough for its cache; 64
times as many elsewhere."""

NO_LIMIT = 2**31
"""Tokens of a text tower that takes texts of any length."""

_PROBE = (
    "a dog",
    "a photo of a red bicycle that leans against the wall of an old house by the sea",
    "",
    "two people walk along the beach in the evening",
)
"""Texts of different lengths, on which cutting must show no difference."""


def torch_device(options: LoadOptions) -> "torch.device":
    """The device that ``auto`` stands for, or the one that was asked for.

    Raises:
        RequestError: this machine has no such device.
    """
    import torch

    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name = options.device
    if name == "auto":
        name = next(device for device, there in present.items() if there)
    if not present.get(name.split(":")[0], False):
        there = ", ".join(device for device in present if present[device])
        raise RequestError(f"There is no device {options.device!r} here; there is: {there}.")
    return torch.device(name)


def weights_id(model: "torch.nn.Module") -> str:
    """Hash of all weights: names, types, shapes and bytes."""
    import torch

    def digest(item: tuple[str, torch.Tensor]) -> list[Any]:
        name, tensor = item
        raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        return [name, str(tensor.dtype), list(tensor.shape), hashlib.sha256(raw.data).hexdigest()]

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashing releases the interpreter's lock
        return fingerprint(*pool.map(digest, sorted(model.state_dict().items())))


@dataclass(frozen=True, eq=False, kw_only=True)
class Tower:
    """Items to vectors by a part of a module: ``vectors(inputs(items))``."""

    space: Space
    module: "torch.nn.Module" = field(repr=False)
    """The whole model, the same for all towers of a space."""
    forward: "Forward" = field(repr=False)
    device: "torch.device"
    preprocessing: str = ""
    """What is done to an item before, and who says so; for people."""

    def encode(self, items: Sequence[Any]) -> Vectors:
        """The vectors of these items, (n, d) float32, as the model gives them.

        Raises:
            ItemError: an item cannot be read.
        """
        import torch

        with torch.inference_mode():
            return self.vectors(self.inputs(items)).cpu().numpy()

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """What the tower takes, on the CPU: one row an item.

        Raises:
            ItemError: an item cannot be read.
        """
        raise NotImplementedError

    def vectors(self, inputs: "Inputs") -> "torch.Tensor":
        """(n, d) of inputs, on the tower's device, with gradients where they are on."""
        batch = {name: array.to(self.device) for name, array in inputs.items()}
        return self.forward(batch).float()


@dataclass(frozen=True, eq=False, kw_only=True)
class TextTower(Tower):
    """Texts to vectors: sorted by length, and cut to the longest where that changes nothing."""

    tokenize: "Callable[[list[str]], Inputs]" = field(repr=False)
    """Texts to token arrays of one row a text, padded as the library pads them."""
    lengths: "Callable[[Inputs], torch.Tensor]" = field(repr=False)
    """Columns of each row that are not padding."""
    cut: bool
    """Whether columns that are padding in every row of a batch are left out."""
    counts: "Callable[[list[str]], list[int]]" = field(repr=False)
    """Tokens of each text, special ones included, before any is cut off."""
    limit: int
    """Tokens that the tower takes."""
    modality: str = "text"
    batch: int = 512
    """Texts to be given at once: sorted by length, they fill batches of few tokens to spare."""

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """Token arrays, one row a text.

        Raises:
            ItemError: an item is no text.
        """
        return self.tokenize([text(item) for item in items])

    def vectors(self, inputs: "Inputs") -> "torch.Tensor":
        """(n, d) of token arrays, with gradients where they are on."""
        longest = self.lengths(inputs) if self.cut else None
        return in_batches(self.forward, inputs, longest, self.device)

    def truncated(self, items: Sequence[Any]) -> list[bool]:
        """Whether each text has more tokens than the tower takes, so that its end is not seen."""
        return [count > self.limit for count in self.counts([text(item) for item in items])]


def in_batches(
    forward: "Forward",
    inputs: "Inputs",
    lengths: "torch.Tensor | None",
    device: "torch.device",
) -> "torch.Tensor":
    """Token arrays to vectors, in batches of similar length that are cut to their longest row.

    Args:
        forward: inputs to vectors.
        inputs: token arrays, one row a text.
        lengths: columns of each row to keep; None keeps all.
        device: where the model is.
    """
    import torch

    count, columns = next(iter(inputs.values())).shape
    kept = torch.full((count,), columns) if lengths is None else lengths
    order = torch.argsort(kept, descending=True, stable=True)
    tokens = _TOKENS if device.type == "cpu" else 64 * _TOKENS
    found: list[torch.Tensor] = []
    start = 0
    while start < count:
        width = max(1, int(kept[order[start]]))
        rows = order[start : start + max(1, tokens // width)]
        batch = {name: array[rows, :width].to(device) for name, array in inputs.items()}
        found.append(forward(batch).float())
        start += len(rows)
    return torch.cat(found)[torch.argsort(order).to(device)]


def kept_columns(padding: "torch.Tensor") -> "torch.Tensor":
    """Columns of each row up to its last that is no padding, of (n, t) 1 where there is padding."""
    return padding.shape[1] - padding.flip(1).cumprod(1).sum(1)


def in_space(tower: TextTower, name: str, parts: tuple[Any, Any], own: str = "") -> TextTower:
    """The tower with the space of its checkpoint, cut only where that changes nothing.

    Args:
        tower: texts to vectors; ``cut`` says whether it may be.
        name: what the space is loaded by, such as ``hf:org/name``.
        parts: the model's structure and the pictures' preprocessing, which its id hashes beside
            the weights and the tokenizer.
        own: the modality that the space is for, of a model with several spaces.
    """
    tower = replace(tower, cut=tower.cut and cutting_is_exact(tower))
    scheme, weights = name.partition(":")[0], weights_id(tower.module)
    identity = fingerprint(scheme, weights, *parts, POLICY, probe_id(tower))
    dim = int(tower.encode(["a"]).shape[1])
    space = Space(name, identity, dim, *scale_and_bias(tower.module, own))
    return replace(tower, space=space, preprocessing=f"cut at {tower.limit} tokens")


def most_tokens(tower: Any) -> int:
    """Tokens that a text tower has positions for; 2**31 if it does not count them.

    RoBERTa and its kin number the first token after the padding's index, so that as many
    positions and one more are never used.
    """
    if tower is None:
        return NO_LIMIT
    for name, module in tower.named_modules():
        if name.endswith("position_embeddings"):
            unused = getattr(module, "padding_idx", None)
            if unused is not None and hasattr(module, "num_embeddings"):
                return module.num_embeddings - unused - 1
    positions = getattr(getattr(tower, "config", None), "max_position_embeddings", None)
    return positions or NO_LIMIT


def scale_and_bias(model: Any, own: str = "") -> tuple[float, float]:
    """Inverse temperature of a checkpoint, and the bias of its logits; 1 and 0 where it has none.

    Args:
        model: the checkpoint.
        own: the modality that the space is for: PE-AV has a scale for each, not as a logarithm.
    """
    named = dict(model.named_parameters()) if own else {}
    mine = [
        x
        for end in ("scale", "bias")
        for k, x in named.items()
        if k.endswith(f"text_{own}_logit_{end}")
    ]
    if len(mine) == 2:
        return abs(mine[0].item()) or 1.0, mine[1].item()
    if hasattr(model, "temperature"):  # ALIGN divides by what others multiply with
        return 1 / model.temperature.item(), 0.0
    bias = getattr(model, "logit_bias", None)
    # CLAP has a scale for each direction: this is the one by which sounds choose texts
    scale = getattr(model, "logit_scale_a", getattr(model, "logit_scale", None))
    scale = 1.0 if scale is None else scale.exp().item()
    return scale, 0.0 if bias is None else bias.item()


def probe_id(tower: TextTower) -> str:
    """Hash of the tokens that a tokenizer makes of a few texts: its part in the space's id."""
    inputs = tower.tokenize([*_PROBE, "Ünïcode, CAPITALS & 123!"])
    return fingerprint({name: array.tolist() for name, array in sorted(inputs.items())})


def cutting_is_exact(tower: TextTower) -> bool:
    """Whether padding that is cut off changes no vector by more than 1e-5 of its length."""
    import torch

    inputs = tower.tokenize(list(_PROBE))
    lengths = tower.lengths(inputs)
    columns = next(iter(inputs.values())).shape[1]
    if int(lengths.max()) >= columns:
        return False
    # twice the longest is padding enough where the limit is hundreds of tokens
    whole = {name: array[:, : max(77, 2 * int(lengths.max()))] for name, array in inputs.items()}
    with torch.inference_mode():
        padded = in_batches(tower.forward, whole, None, tower.device).cpu().numpy()
        cut = in_batches(tower.forward, inputs, lengths, tower.device).cpu().numpy()
    norms = np.linalg.norm(padded, axis=1, keepdims=True)
    return bool((np.abs(cut - padded) <= 1e-5 * norms).all())


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageTower(Tower):
    """Pictures to vectors: read in threads at no more than the size needed, then one pass."""

    prepare: "Callable[[Any], Any]" = field(repr=False)
    """One RGB picture, or the frames of a clip, to what is stacked; runs in threads."""
    collate: "Callable[[list[Any]], Inputs]" = field(repr=False)
    """Prepared pictures to the tower's inputs."""
    at_least: int | None
    """Shorter side that pictures are scaled to; JPEGs are decoded at twice this or more."""
    crops: bool
    """Whether only the middle of the longer side is looked at."""
    workers: int
    modality: str = "image"
    shown: Framing = whole
    looks: "Mapping[str, Look]" = field(default_factory=dict, repr=False)
    """How parts that the tower itself has vectors for are looked at, by name: ``tokens``."""

    def parts(self, kind: str, item: Any) -> tuple[Boxes, Vectors]:
        """Boxes (p, 4) in shares of the picture, however it is cut or padded; their vectors (p, d).

        Raises:
            ItemError: no picture that can be read.
            RequestError: the tower has no such parts.
        """
        return look(self, kind, item)

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """Arrays of pixels, one row a picture.

        Raises:
            ItemError: an item is no picture that can be read.
        """
        with ThreadPoolExecutor(self.workers or os.cpu_count()) as pool:
            return self.collate(list(pool.map(self._read, items)))

    def _read(self, item: Any) -> Any:
        source = picture(item)
        image = source.rgb(at_least=self.at_least)
        try:
            return self.prepare(central(image) if self.crops else image)
        except ValueError as error:
            raise ItemError(
                f"{source.name}, {image.width} x {image.height} pixels, cannot be brought to the "
                f"size that {self.space.name} takes: {error}."
            ) from error


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoTower(ImageTower):
    """Clips to vectors: frames at the middles of equal parts of the time, in one pass."""

    frames: int
    """Of a clip; of shorter ones some are taken twice."""
    modality: str = "video"
    batch: int = 8

    def _read(self, item: Any) -> Any:
        from isthmus.read.video import clip, evenly

        some = clip(item)
        found = [one.image for one in some.at(evenly(some.timeline, self.frames))]
        return self.prepare([found[row * len(found) // self.frames] for row in range(self.frames)])


@dataclass(frozen=True, eq=False, kw_only=True)
class AudioTower(Tower):
    """Sounds to vectors: windows as long as the model takes, and the mean of their vectors."""

    prepare: "Callable[[Mono], Mapping[str, np.ndarray]]"
    """Samples of a window, or of a shorter sound, to the tower's inputs of one row."""
    hertz: int
    """Of the samples."""
    seconds: float
    """Of a window; the last one ends with the sound."""
    modality: str = "audio"
    at_once: int = 8
    """Windows of one forward pass, whichever sounds they are of."""

    def encode(self, items: Sequence[Any]) -> Vectors:
        """The mean vector of each sound's windows, (n, d) float32; little memory however long.

        Raises:
            ItemError: an item is no sound that can be read.
        """
        import torch

        total = np.zeros((len(items), self.space.dim), np.float64)
        count = np.zeros((len(items), 1))
        windows = self._windows(items)
        with torch.inference_mode():
            while some := list(islice(windows, self.at_once)):
                rows = [row for row, _ in some]
                vectors = self.vectors(self._prepared(one for _, one in some)).cpu().numpy()
                np.add.at(total, rows, vectors)
                np.add.at(count, rows, 1)
        return (total / count).astype(np.float32)

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """What the tower takes of the first window of each sound, one row a sound.

        Raises:
            ItemError: an item is no sound that can be read.
        """
        first = [sound(item).part(0.0, self.seconds).mono(self.hertz) for item in items]
        return self._prepared(first)

    def _windows(self, items: Sequence[Any]) -> "Iterator[tuple[int, Mono]]":
        for row, item in enumerate(items):
            for window in streamed(sound(item), self.hertz, self.seconds, self.seconds):
                yield row, window

    def _prepared(self, windows: Iterable[np.ndarray]) -> "Inputs":
        return joined([self.prepare(one) for one in windows])


def joined(rows: Sequence[Mapping[str, np.ndarray]]) -> "Inputs":
    """Arrays by name, of one row or more each, below each other as tensors."""
    import torch

    return {name: torch.from_numpy(np.concatenate([row[name] for row in rows])) for name in rows[0]}
