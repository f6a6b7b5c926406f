"""``fresh``: small towers that know nothing yet, to be trained from the start on a laptop.

``fresh:SEED`` draws other weights. Pictures are brought to 64 x 64 pixels.
"""

import re

import numpy as np
from PIL import Image

from isthmus.arrays import fingerprint
from isthmus.encode.mini import fitted
from isthmus.encode.torch_towers import ImageTower, TextTower, torch_device, weights_id
from isthmus.read.image import POLICY
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

SIDE = 64
DIM = 128


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Untrained image and text towers: fresh, or fresh:SEED.

    Raises:
        RequestError: the rest is no number.
        ExtraMissingError: torch is not installed.
    """
    if not re.fullmatch("[0-9]{0,9}", rest):
        raise RequestError(f"The seed of fresh towers is a number, not {rest!r}: fresh:7.")
    try:
        import torch

        from isthmus.encode.fresh.networks import LIMIT, WORDS, Fresh, numbers, words
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    device = torch_device(options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rest or 0))
        model = Fresh(WORDS, LIMIT, DIM).eval().to(device)
    name = f"fresh:{rest}" if rest else "fresh"
    space = Space(name, fingerprint("fresh", weights_id(model), SIDE, WORDS, LIMIT, POLICY), DIM)
    text = TextTower(
        space=space,
        module=model,
        tokenize=lambda texts: {"words": torch.from_numpy(numbers(texts))},
        lengths=lambda inputs: (inputs["words"] > 0).sum(dim=1),
        forward=lambda inputs: model.text(inputs["words"]),
        device=device,
        cut=True,
        counts=lambda texts: [1 + len(words(one)) for one in texts],
        limit=LIMIT,
    )
    image = ImageTower(
        space=space,
        module=model,
        prepare=square,
        collate=lambda pictures: {"pixels": torch.from_numpy(np.stack(pictures))},
        forward=lambda inputs: model.image(inputs["pixels"]),
        device=device,
        preprocessing=f"fitted whole into a white square of {SIDE} pixels, bicubic",
        at_least=SIDE,
        crops=False,
        workers=options.workers,
    )
    return {"image": image, "text": text}


def square(image: Image.Image) -> np.ndarray:
    """(64, 64, 3) of uint8: the whole picture on a white square."""
    return np.asarray(fitted(image, SIDE))
