"""``sounds``: a tower for sounds that knows nothing yet, beside frozen towers of ``mini``.

``isthmus fit sounds --modalities audio text --towers audio --freeze text --head none`` trains it
against texts; with ``image`` for ``text`` against pictures, as Wav2CLIP does. ``sounds:SEED`` draws
other weights.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.arrays import fingerprint
from isthmus.encode.mini import load as load_mini
from isthmus.encode.sounds.towers import EVERY, FRAMES, HERTZ, MELS, PEAK, patches
from isthmus.encode.torch_towers import Tower, torch_device, weights_id
from isthmus.read.audio import POLICY, sound
from isthmus.records import dataclass
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

if TYPE_CHECKING:
    from isthmus.encode.torch_towers import Inputs

MOST = 8
"""Patches of a sound that are heard, its first: about 4.3 s."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LogMelTower(Tower):
    """Sounds to vectors by ``networks.LogMelNet``."""

    modality: str = "audio"

    def inputs(self, items: Sequence[Any]) -> "Inputs":
        """Patches (n, MOST, 96, 64), silence after the last, and which of them are there.

        Raises:
            ItemError: no sound that can be read.
        """
        import torch

        heard = np.zeros((len(items), MOST, FRAMES, MELS), np.float32)
        there = np.zeros((len(items), MOST), np.float32)
        for row, item in enumerate(items):
            some = np.stack(list(islice(patches(sound(item)), MOST)))
            heard[row, : len(some)], there[row, : len(some)] = some, 1
        return {"patches": torch.from_numpy(heard), "there": torch.from_numpy(there)}


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """An untrained tower for sounds, with the texts and images of ``mini``.

    Raises:
        RequestError: the rest is no number.
        ExtraMissingError: torch is not installed.
    """
    if not re.fullmatch("[0-9]{0,9}", rest):
        raise RequestError(f"The seed of a fresh sound tower is a number, not {rest!r}: sounds:7.")
    try:
        import torch

        from isthmus.encode.sounds.networks import LogMelNet
    except ModuleNotFoundError as error:
        raise ExtraMissingError("torch", "train") from error
    mini: dict[str, Any] = dict(load_mini("", LoadOptions("cpu", options.workers)))
    old, device = mini["text"].space, torch_device(options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rest or 0))
        module = LogMelNet(old.dim).eval().to(device)
    identity = fingerprint(old.id, weights_id(module), HERTZ, PEAK, EVERY, MOST)
    space = Space(f"sounds:{rest}" if rest else "sounds", identity, old.dim, old.scale, old.bias)
    tower = LogMelTower(
        space=space,
        module=module,
        forward=lambda inputs: module(inputs["patches"], inputs["there"]),
        device=device,
        preprocessing=f"{POLICY}; the first {MOST} log-mel patches, every {EVERY} s",
    )
    others = {name: replace(mini[name], space=space) for name in ("image", "text")}
    return {**others, "audio": tower}
