"""What of an item shall steer: what it has beside others of its kind, and the words it may need.

A cosine to an item is highest for texts that are near every item; less the mean of its kind, the
item's vector tells it from others. And no search can choose a word that the language model never
thinks of: the names nearest to the item are offered beside the likeliest tokens.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.arrays import unit
from isthmus.decode.kinds import KINDS, SAID, Reader, kinds_of
from isthmus.decode.memories import shipped
from isthmus.decode.sums import beside_mean
from isthmus.types import Encoder

OFFERED = 8
"""Names that are offered."""


def distinguishing(
    text: Encoder, modality: str, vector: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " d"]:
    """A unit vector less the mean of its kind, at length one; itself where no mean is known."""
    kinds = kinds_of(text, modality)
    return beside_mean(vector[None], Reader(text, kinds, ()))[0] if kinds else vector


def offered(
    text: Encoder, modality: str, guide: Float[np.ndarray, " d"], many: int = OFFERED
) -> Sequence[str]:
    """The names of the space's memory that are nearest to what ``distinguishing`` gives."""
    said = {name for kind in KINDS.get(modality, ()) for name in SAID[kind]}
    memory = shipped(text)
    named = memory.of(said).named if said else memory.named
    rows = np.argsort(-(unit(named.vectors - memory.mean) @ guide), kind="stable")
    return list(dict.fromkeys(named.names[int(row)] for row in rows[: 8 * many]))[:many]
