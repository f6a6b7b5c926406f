"""The request of ``isthmus card``."""

from dataclasses import field

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import RequestError, Source, Written


@dataclass(frozen=True)
class CardRequest(Written):
    """Measure every pair of modalities of a space by every road, on the same objects.

    Gap, retrieval and geometry with their chance levels, direct beside indirect roads, and the
    protocol of every number.
    """

    spaces: Positional[tuple[str, ...]] = ()
    """Spaces, such as mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:FOLDER (default: mini)."""
    source: Source = field(default_factory=Source)
    modalities: tuple[str, ...] = ()
    """Modalities to look at, two or more (default: all that the data hold and a space reaches)."""
    roads: tuple[str, ...] = ()
    """Roads beside the first one of each modality, such as renders, surface+splats or direct, all,
    or several as one, renders&surface (default: those of one view; see: isthmus spaces NAME)."""
    stress: tuple[str, ...] = ()
    """Also score every road on items that were changed: noise_10db, half_length, any_pose, frozen,
    ..., or all that the modalities have (see: isthmus parts stresses; default: none)."""
    most: int = 300
    """Objects at most, drawn by the seed, 8 or more."""

    def __post_init__(self) -> None:
        if self.most < 8 or len(set(self.modalities)) == 1:
            raise RequestError(
                "A card wants two modalities or more and --most 8 or more, not "
                f"{' '.join(self.modalities) or 'all'} and {self.most}."
            )
