"""Requests: what a user may ask of a study, in parts that all requests share, as data and as JSON.

A study's own request (``studies/*/request.py``) is a frozen dataclass of such parts. The command
line, ``--config``, ``config.json`` and Python all make the same one; the texts under the fields are
the help of the command.
"""

from dataclasses import field
from pathlib import Path
from typing import Any, Literal

from isthmus.records import dataclass
from isthmus.types.errors import RequestError
from isthmus.types.items import LoadOptions
from isthmus.types.results import plain
from isthmus.types.schemas import conform


@dataclass(frozen=True)
class Common:
    """Options of every long command."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where encoders compute."""
    batch_size: int = 0
    """Items encoded at once, 1 or more; 0 leaves it to the encoder."""
    workers: int = 0
    """Threads that read and compute, 1 or more; 0 means one a core, and on a cluster one."""
    engine: str = "local"
    """Where items are encoded: local, or ray[:HOST:PORT], a Ray cluster (see docs/scale.md)."""
    seed: int = 0
    """Seed of every random choice, 0 or more."""
    json: bool = False
    """Print JSON instead of text."""
    quiet: bool = False
    """No progress bars (there are none either where standard error is not a terminal)."""
    verbose: bool = False
    """Print every number, not only the key ones."""
    strict: bool = False
    """Exit with 1 if any item was skipped."""
    rehash: bool = False
    """Read every file again instead of trusting its size and time."""
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "workers", "seed"):
            if getattr(self, name) < 0:
                raise RequestError(
                    f"--{name.replace('_', '-')} wants 0 or more, not {getattr(self, name)}."
                )
        if self.engine != "local" and not self.workers:
            object.__setattr__(self, "workers", 1)  # many shards run beside each other

    @property
    def progress(self) -> bool:
        """Whether bars are shown (on a terminal only), and a word about long work."""
        return not self.quiet

    @property
    def loading(self) -> LoadOptions:
        """How encoders run."""
        return LoadOptions(self.device, self.workers)


@dataclass(frozen=True, kw_only=True)
class Written:
    """Options of every command that writes a run folder."""

    out: Path | None = None
    """Folder of the run (default: one in runs/, named after the command and its data)."""
    open: bool = False
    """Open the page in the browser."""
    common: Common = field(default_factory=Common)


@dataclass(frozen=True)
class Brief:
    """Options of commands that only look."""

    json: bool = False
    """Print JSON instead of text."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclass(frozen=True)
class Source:
    """What to look at; by default the bundled glyphs."""

    world: str = ""
    """A data set with ground truth, such as glyphs, clipart, babel (see: isthmus worlds)."""
    split: str = ""
    """Only this split of the world: train, val or test (by default test, which the default model
    never saw; all for every item), or of your own table's split column (by default all)."""
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
    seen: bool = False
    """Also score items that the space was fitted or chosen on, which flatter it."""
    max_bytes: int = 0
    """Bytes that compressed arrays or a Parquet file may unfold to, 1 or more; 0 is 2 GiB a
    file."""

    def __post_init__(self) -> None:
        if self.max_bytes < 0:
            raise RequestError(f"--max-bytes wants 0 or more, not {self.max_bytes}.")

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the options by which items were named, as against vectors."""
        names = ("world", "split", "images", "texts", "templates")
        return tuple(f"--{name}" for name in names if getattr(self, name))


def request_to_dict(request: Any) -> dict[str, Any]:
    """Plain JSON values of a request, paths as text."""
    return plain(request)


def request_from_dict(kind: type[Any], values: Any) -> Any:
    """The inverse of ``request_to_dict``.

    Raises:
        ValueError: a name that is no option of this request, or a value of the wrong kind.
    """
    return conform(kind, values)
