"""What numbers rest on: versions, and what a set of vectors is."""

import platform
from importlib.metadata import version
from typing import Any

from isthmus.types import EmbeddingSet
from isthmus.version import __version__

_PACKAGES = ("numpy", "scipy", "scikit-learn", "matplotlib", "pillow")


def versions() -> dict[str, str]:
    """Versions of isthmus, Python and what computes the numbers."""
    return {
        "isthmus": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }


def described(some: EmbeddingSet) -> dict[str, Any]:
    """One set: what it is, its space, its history and the hash of its content."""
    return {
        "modality": some.modality,
        "n": len(some),
        "dim": some.space.dim,
        "space": some.space.to_dict(),
        "history": [step.to_dict() for step in some.history],
        "fingerprint": some.fingerprint,
    }
