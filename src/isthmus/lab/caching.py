"""Where vectors of searches are kept between runs: one folder, listed, sized, cleared."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isthmus.records import dataclass


def cache_folder() -> Path:
    """``$ISTHMUS_CACHE``, or ``isthmus`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    standard = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "isthmus"
    return Path(os.environ.get("ISTHMUS_CACHE") or standard)


@dataclass(frozen=True)
class CacheResult:
    """What is kept: bytes by entry."""

    folder: Path
    sizes: Mapping[str, int]
    cleared: bool = False

    def __str__(self) -> str:
        total = sum(self.sizes.values())
        verb = "cleared" if self.cleared else "kept"
        rows = [f"  {size / 1e6:9.1f} MB  {name}" for name, size in self.sizes.items()]
        return "\n".join([f"{total / 1e6:.1f} MB {verb} in {self.folder}", *rows])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"folder": str(self.folder), "sizes": dict(self.sizes), "cleared": self.cleared}


def list_cache() -> CacheResult:
    """The entries of the cache, folders of jobs, and their sizes."""
    folder = cache_folder()
    entries = sorted({path.parents[1] for path in folder.glob("*/*/manifest.jsonl")})
    sizes = {
        path.name: sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        for path in entries
    }
    return CacheResult(folder, sizes)


def clear_cache() -> CacheResult:
    """Delete every entry of the cache; files that isthmus did not put there stay."""
    kept = list_cache()
    for name in kept.sizes:
        shutil.rmtree(kept.folder / name)
    return CacheResult(kept.folder, kept.sizes, cleared=True)
