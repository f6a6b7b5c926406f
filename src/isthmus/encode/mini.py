"""``mini``: the small CLIP that ships inside the package, run by ONNX Runtime on the CPU.

Images are fitted whole into a white square of 224 pixels (transparent pixels are white too); texts
are lower-cased word pieces, cut at 128. ``docs/models/mini.md`` says how it was made and how good
it is.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from kitoken import Kitoken
from PIL import Image

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.sessions import session
from isthmus.encode.shapes.towers import with_shapes
from isthmus.encode.sounds.towers import with_sounds
from isthmus.read.image import POLICY, picture
from isthmus.read.text import text
from isthmus.records import dataclass
from isthmus.types import Encoder, LoadOptions, RequestError, Space

WEIGHTS = Path(__file__).parent / "mini_weights"
SIDE = 224
START, END = 101, 102
"""The marks at both ends of a text in BERT's vocabulary, [CLS] and [SEP]."""
_IMAGES = 16
_TEXTS = 32
"""Items of one forward pass. A worker takes them from file to vector on one core, so that nobody
waits for another and a vector does not depend on the number of workers."""


@dataclass(frozen=True, eq=False)
class MiniImage:
    """Pictures to vectors."""

    space: Space
    network: onnxruntime.InferenceSession = field(repr=False)
    workers: int
    by_view: Mapping[str, Encoder] = field(default_factory=dict[str, Encoder])
    """Towers of the same space for pictures that a view made, by its name."""
    modality: str = "image"
    preprocessing: str = f"fitted whole into a white square of {SIDE} pixels, bicubic, sRGB 0..255"

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of pictures, paths or PIL images.

        Raises:
            ItemError: one of them cannot be read.
        """
        return self.in_batches(
            items, lambda x: np.asarray(self.network.run(None, {"pixels": x})[0])
        )

    def in_batches(
        self, items: Sequence[Any], vectors: Callable[[np.ndarray], np.ndarray]
    ) -> Vectors:
        """What a function makes of pictures (m, 224, 224, 3), a few at once, in threads."""
        batches = [items[start : start + _IMAGES] for start in range(0, len(items), _IMAGES)]
        with ThreadPoolExecutor(self.workers) as pool:
            parts = list(pool.map(lambda some: vectors(np.stack(list(map(pixels, some)))), batches))
        return np.concatenate([np.empty((0, self.space.dim), np.float32), *parts])


@dataclass(frozen=True, eq=False)
class MiniText:
    """Texts to vectors."""

    space: Space
    network: onnxruntime.InferenceSession = field(repr=False)
    tokenizer: Kitoken = field(repr=False)
    limit: int
    """Tokens, the two marks at the ends included."""
    workers: int
    batch: int = 512
    """Texts to be given at once: sorted by length, few tokens of a pass are padding."""
    modality: str = "text"
    preprocessing: str = "lower-cased word pieces, cut at 128 tokens"

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "tokenizer": self.tokenizer.to_bytes()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, tokenizer=Kitoken(state["tokenizer"]))

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32; texts of like length share a batch, which is cut to its longest."""
        tokens = [cut(row, self.limit) for row in self._tokens(items)]
        out = np.empty((len(items), self.space.dim), np.float32)
        order = np.argsort([-len(row) for row in tokens], kind="stable")
        batches = [order[start : start + _TEXTS] for start in range(0, len(order), _TEXTS)]
        with ThreadPoolExecutor(self.workers) as pool:
            parts = pool.map(self._vectors, ([tokens[row] for row in rows] for rows in batches))
            for rows, part in zip(batches, parts, strict=True):
                out[rows] = part
        return out

    def _vectors(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        """Of one batch, whose longest row is its first."""
        ids = np.zeros((len(tokens), len(tokens[0])), np.int64)
        for i, row in enumerate(tokens):
            ids[i, : len(row)] = row
        return np.asarray(self.network.run(None, {"ids": ids})[0])

    def truncated(self, items: Sequence[Any]) -> list[bool]:
        """Which texts are cut at the token limit."""
        return [len(row) > self.limit for row in self._tokens(items)]

    def _tokens(self, items: Sequence[Any]) -> list[list[int]]:
        return word_pieces(self.tokenizer, [text(item) for item in items])


def word_pieces(tokenizer: Kitoken, texts: Sequence[str]) -> list[list[int]]:
    """Token numbers of each text between the two marks; "[MASK]" and the like are plain text."""
    return [[START, *found, END] for found in tokenizer.encode_all(list(texts))]


def cut(tokens: list[int], limit: int) -> list[int]:
    """At most `limit` tokens, the last of them the mark of the end."""
    return tokens[: limit - 1] + tokens[-1:] if len(tokens) > limit else tokens


def pixels(item: Any) -> np.ndarray:
    """(224, 224, 3) sRGB 0..255 of anything that can be read as a picture."""
    return np.asarray(fitted(picture(item).rgb(at_least=SIDE, background=255)))


def fitted(image: Image.Image, side: int = SIDE) -> Image.Image:
    """The whole picture, its aspect kept, in the middle of a white square."""
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.BICUBIC)
    if size == (side, side):
        return small
    square = Image.new("RGB", (side, side), "white")
    square.paste(small, ((side - size[0]) // 2, (side - size[1]) // 2))
    return square


def load(rest: str = "", options: LoadOptions | None = None) -> dict[str, Encoder]:
    """The default model: EfficientNet-Lite0 and MiniLM-L6, joined; needs no network.

    The package ``isthmus-shapes`` adds a tower for points and a head for renders,
    ``isthmus-sounds`` a tower for sounds.
    """
    options = options or LoadOptions()
    if rest:
        raise RequestError(f"The space 'mini' has no variants, but {rest!r} was asked for.")
    if options.device not in ("auto", "cpu"):
        raise RequestError(
            f"'mini' runs on the CPU only; the device {options.device!r} was asked for."
        )
    graph = WEIGHTS / "image.onnx"
    towers = open_weights(WEIGHTS, options.workers)
    shaped = with_shapes(towers, partial(_with_outputs, graph))
    return with_sounds(shaped, towers["image"].workers)


def _with_outputs(graph: Path, more: bytes) -> onnxruntime.InferenceSession:
    return session(graph.read_bytes() + more)


def open_weights(folder: Path, workers: int = 0) -> dict[str, MiniImage | MiniText]:
    """A model of this architecture from a folder of two graphs, a tokenizer and a config."""
    if not (folder / "config.json").exists():
        raise RequestError(
            f"The weights of 'mini' are missing from {folder}: install isthmus again."
        )
    config = json.loads((folder / "config.json").read_text("utf-8"))
    tokenizer = Kitoken.from_tokenizers_file(str(folder / "tokenizer.json"))
    identity = fingerprint(sorted(config["sha256"].items()), config["preprocessing"], POLICY)
    workers = workers or os.cpu_count() or 1
    space = Space("mini", identity, config["dim"], config["scale"], config["bias"])
    return {
        "image": MiniImage(space, session(folder / "image.onnx"), workers),
        "text": MiniText(
            space, session(folder / "text.onnx"), tokenizer, config["tokens"], workers
        ),
    }
