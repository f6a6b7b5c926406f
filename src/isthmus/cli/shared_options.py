"""Options that commands share: how they run, and what they look at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Common:
    """Options of every long command."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where encoders compute."""
    batch_size: int = 0
    """Items encoded at once; 0 leaves it to the encoder."""
    workers: int = 0
    """Threads that read and compute; 0 means one a core."""
    seed: int = 0
    """Seed of every random choice."""
    json: bool = False
    """Print JSON instead of text."""
    quiet: bool = False
    """No progress bars."""
    strict: bool = False
    """Exit with 1 if any item was skipped."""
    rehash: bool = False
    """Read every file again instead of trusting its size and time."""
    debug: bool = False
    """Show the traceback of an error."""

    def check(self) -> None:
        """Refuse numbers that mean nothing.

        Raises:
            ValueError: a count or the seed is negative.
        """
        for name in ("batch_size", "workers", "seed"):
            if getattr(self, name) < 0:
                flag = name.replace("_", "-")
                raise ValueError(f"--{flag} wants 0 or more, not {getattr(self, name)}.")


@dataclass(frozen=True)
class Brief:
    """Options of commands that only look."""

    json: bool = False
    """Print JSON instead of text."""
    debug: bool = False
    """Show the traceback of an error."""

    def check(self) -> None:
        """Nothing here can be wrong."""


@dataclass(frozen=True)
class Source:
    """What to look at; by default the bundled glyphs."""

    world: str = ""
    """A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds)."""
    split: str = ""
    """Only this split of the world (by default test, which the default model never saw; all for
    every item), or of your own table's split column (by default all)."""
    images: Path | None = None
    """Your pictures: a folder, or a webdataset tar (brace patterns such as {000..010}.tar)."""
    texts: Path | None = None
    """Your captions: CSV or Parquet (path and caption), COCO-JSON; by default .txt files beside
    the pictures."""
    templates: Path | None = None
    """Sentences for class names, one a line with {} in it; by default four plain ones."""
    arrays: Path | None = None
    """Embeddings that you already have: .npy, .npz, .safetensors, .parquet or a folder."""
    model: str = ""
    """With --arrays: the model that made them, so that sets of one model compare."""
