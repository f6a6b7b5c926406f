"""``mini``: the small CLIP that ships inside the package, run by ONNX Runtime on the CPU.

Images are fitted whole into a white square of 224 pixels (transparent pixels are white too); texts
are lower-cased word pieces, cut at 128. ``docs/models/mini.md`` says how it was made and how good
it is.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.read.image import POLICY, picture
from isthmus.read.text import text
from isthmus.types import LoadOptions, RequestError, Space

if TYPE_CHECKING:
    import onnxruntime
    from PIL.Image import Image
    from tokenizers import Tokenizer

WEIGHTS = Path(__file__).parent / "mini_weights"
SIDE = 224
_IMAGES = 32
_TEXTS = 64
"""Items of one forward pass: enough to fill two cores, few enough to stay in the cache."""


@dataclass(frozen=True, eq=False)
class MiniImage:
    """Pictures to vectors."""

    space: Space
    network: "onnxruntime.InferenceSession"
    workers: int

    @property
    def modality(self) -> str:
        """``image``."""
        return "image"

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32 of pictures, paths or PIL images.

        Raises:
            ItemError: one of them cannot be read.
        """
        out = np.empty((len(items), self.space.dim), np.float32)
        with ThreadPoolExecutor(self.workers or None) as pool:
            for start in range(0, len(items), _IMAGES):
                batch = np.stack(list(pool.map(pixels, items[start : start + _IMAGES])))
                out[start : start + _IMAGES] = np.asarray(
                    self.network.run(None, {"pixels": batch})[0]
                )
        return out


@dataclass(frozen=True, eq=False)
class MiniText:
    """Texts to vectors."""

    space: Space
    network: "onnxruntime.InferenceSession"
    tokenizer: "Tokenizer"
    limit: int
    """Tokens, the two marks at the ends included."""

    @property
    def modality(self) -> str:
        """``text``."""
        return "text"

    def encode(self, items: Sequence[Any]) -> Vectors:
        """(n, d) float32; texts of like length share a batch, which is cut to its longest."""
        tokens = [
            row[: self.limit - 1] + row[-1:] if len(row) > self.limit else row
            for row in self._tokens(items)
        ]
        out = np.empty((len(items), self.space.dim), np.float32)
        order = np.argsort([len(row) for row in tokens], kind="stable")
        for start in range(0, len(order), _TEXTS):
            rows = order[start : start + _TEXTS]
            ids = np.zeros((len(rows), len(tokens[rows[-1]])), np.int64)
            for i, row in enumerate(rows):
                ids[i, : len(tokens[row])] = tokens[row]
            out[rows] = np.asarray(self.network.run(None, {"ids": ids})[0])
        return out

    def truncated(self, items: Sequence[Any]) -> list[bool]:
        """Which texts are cut at the token limit."""
        return [len(row) > self.limit for row in self._tokens(items)]

    def _tokens(self, items: Sequence[Any]) -> list[list[int]]:
        return [found.ids for found in self.tokenizer.encode_batch([text(item) for item in items])]


def pixels(item: Any) -> np.ndarray:
    """(224, 224, 3) sRGB 0..255 of anything that can be read as a picture."""
    return np.asarray(fitted(picture(item).rgb(at_least=SIDE, background=255)))


def fitted(image: "Image") -> "Image":
    """The whole picture, its aspect kept, in the middle of a white square."""
    from PIL import Image

    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image.resize(size, Image.Resampling.BICUBIC)
    if size == (SIDE, SIDE):
        return small
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(small, ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square


def load(rest: str = "", options: LoadOptions | None = None) -> dict[str, MiniImage | MiniText]:
    """The default model: EfficientNet-Lite0 and MiniLM-L6, joined; needs no network."""
    options = options or LoadOptions()
    if rest:
        raise RequestError(f"The space 'mini' has no variants, but {rest!r} was asked for.")
    if options.device not in ("auto", "cpu"):
        raise RequestError(
            f"'mini' runs on the CPU only; the device {options.device!r} was asked for."
        )
    return open_weights(WEIGHTS, options.workers)


def open_weights(folder: Path, workers: int = 0) -> dict[str, MiniImage | MiniText]:
    """A model of this architecture from a folder of two graphs, a tokenizer and a config."""
    from tokenizers import Tokenizer

    if not (folder / "config.json").exists():
        raise RequestError(
            f"The weights of 'mini' are missing from {folder}: install isthmus again."
        )
    config = json.loads((folder / "config.json").read_text("utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    identity = fingerprint(sorted(config["sha256"].items()), config["preprocessing"], POLICY)
    space = Space("mini", identity, config["dim"], config["scale"], config["bias"])
    return {
        "image": MiniImage(space, session(folder / "image.onnx", workers), workers),
        "text": MiniText(
            space, session(folder / "text.onnx", workers), tokenizer, config["tokens"]
        ),
    }


def session(path: Path, workers: int) -> "onnxruntime.InferenceSession":
    """A network on the CPU, the same bytes for the same batch and thread count."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = workers
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
