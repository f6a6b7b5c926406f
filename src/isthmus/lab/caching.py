"""Where vectors of searches are kept between runs: one folder, listed, sized, cleared."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from isthmus.engine.jobs import job_files, remove_job
from isthmus.records import dataclass
from isthmus.store import cache_folder, marked
from isthmus.types import Tabled


@dataclass(frozen=True)
class CacheResult(Tabled):
    """What is kept: bytes by entry."""

    folder: Path
    sizes: Mapping[str, int]
    cleared: bool = False
    drawn = ("bytes", "", "", "")

    def table_rows(self) -> list[dict[str, Any]]:
        """An entry of the cache each."""
        return [{"entry": name, "bytes": size} for name, size in self.sizes.items()]

    def __str__(self) -> str:
        total = sum(self.sizes.values())
        verb = "cleared" if self.cleared else "kept"
        rows = [f"  {size / 1e6:9.1f} MB  {name}" for name, size in self.sizes.items()]
        return "\n".join([f"{total / 1e6:.1f} MB {verb} in {self.folder}", *rows])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"folder": str(self.folder), "sizes": dict(self.sizes), "cleared": self.cleared}


def list_cache() -> CacheResult:
    """The entries of the cache, folders of jobs that isthmus marked, and their sizes."""
    sizes = {
        entry.name: sum(
            path.lstat().st_size for job in jobs for path in job_files(job) if path.exists()
        )
        for entry, jobs in _entries()
    }
    return CacheResult(cache_folder(), sizes)


def clear_cache() -> CacheResult:
    """Delete every entry of the cache; what isthmus did not put there stays, and so do links.

    Raises:
        RequestError: a search is filling an entry now.
    """
    kept = list_cache()
    for entry, jobs in _entries():
        for job in jobs:
            remove_job(job)
        with suppress(OSError):  # somebody else's file is in it
            entry.rmdir()
    return CacheResult(kept.folder, kept.sizes, cleared=True)


def _entries() -> list[tuple[Path, list[Path]]]:
    """Folders of the cache with the folders of jobs in them; none is a symbolic link."""
    entries = [path for path in cache_folder().glob("*") if path.is_dir() and not path.is_symlink()]
    found = ((entry, [job for job in entry.iterdir() if marked(job)]) for entry in sorted(entries))
    return [(entry, sorted(jobs)) for entry, jobs in found if jobs]
