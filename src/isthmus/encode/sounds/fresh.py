"""``sounds``: a tower for sounds that knows nothing yet, beside the towers of any space.

``isthmus fit sounds --modalities audio text --towers audio --freeze text --head none`` trains it
against the texts of ``mini``; with ``image`` for ``text`` against pictures, as Wav2CLIP does.
``sounds:logmel/7`` draws other weights, ``sounds:logmel?beside=SPACE`` stands in another space.
"""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from isthmus.encode.beside import asked, drawn, moved, space_beside, space_of
from isthmus.encode.sounds.towers import EVERY, FRAMES, HERTZ, MELS, PEAK, patches
from isthmus.encode.torch_towers import Tower, torch_device
from isthmus.read.audio import POLICY, sound
from isthmus.records import dataclass
from isthmus.types import Encoder, LoadOptions

if TYPE_CHECKING:
    from isthmus.encode.torch_towers import Inputs

NETWORKS = {"audio": "isthmus.encode.sounds.networks:LogMelNet"}
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
    """An untrained tower for sounds, with the other towers of ``mini`` or of a space.

    Raises:
        RequestError: another kind, or a space that cannot be loaded.
        ExtraMissingError: torch is not installed.
    """
    _, seed, other = asked("sounds", rest, ["logmel"])
    beside = space_beside(other, options, tuple(NETWORKS))
    old = next(iter(beside.values())).space
    module, device = drawn(NETWORKS, old.dim, seed), torch_device(options)
    space = space_of("sounds", rest, old, module, HERTZ, PEAK, EVERY, MOST)
    tower = LogMelTower(
        space=space,
        module=module.to(device),
        forward=lambda inputs: module["audio"](inputs["patches"], inputs["there"]),
        device=device,
        preprocessing=f"{POLICY}; the first {MOST} log-mel patches, every {EVERY} s",
    )
    return {**moved(beside, space, module), "audio": tower}
