"""The request of ``isthmus replicate``."""

from dataclasses import field
from pathlib import Path

from tyro.conf import Positional

from isthmus.records import dataclass
from isthmus.types import Common


@dataclass(frozen=True)
class ReplicateRequest:
    """Re-test published claims about CLIP spaces on what ships with isthmus, and on your data."""

    claims: Positional[tuple[str, ...]] = ()
    """Names of claims (default: all): cone_at_random, hubs_grow_with_dimension, biased_cka,
    intra_above_inter, separable, few_coordinates, loss_keeps_the_gap, centring_keeps_retrieval,
    mixed_gallery_fails, conformity, ideal_words, span_energies, view_subspaces."""
    data: Path | None = None
    """Folder of further embeddings; claims that need it are otherwise listed as not run."""
    out: Path | None = None
    """Folder of the run (default: runs/replicate)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)
