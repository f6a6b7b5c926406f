"""Where fitted links between spaces are kept, and which of them lead from one space to another."""

import os
from collections.abc import Iterator
from pathlib import Path

from isthmus.store.documents import parse_json
from isthmus.store.tensors import tensor_header

LINK_FILE = "link.safetensors"
RUNS = "runs"
"""Where commands write what they find, below the folder that they are typed in."""


def cache_folder() -> Path:
    """``$ISTHMUS_CACHE``, or ``isthmus`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    standard = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "isthmus"
    return Path(os.environ.get("ISTHMUS_CACHE") or standard)


def links_folder() -> Path:
    """Where links are kept if no other folder is named: ``$ISTHMUS_LINKS``, or in the cache."""
    return Path(os.environ.get("ISTHMUS_LINKS") or cache_folder() / "links")


def saved_links(source: str, target: str) -> list[Path]:
    """Folders of the trusted links from the space of one id to that of another, by their names.

    Looked at are the headers of the files in ``links_folder`` and in the runs of this folder; what
    is no link is passed over.
    """
    return [path.parent for path in _files() if _ends(path) == (source, target)]


def _files() -> Iterator[Path]:
    for folder in (links_folder(), Path(RUNS)):
        try:
            yield from sorted(folder.glob(f"*/{LINK_FILE}"))
        except OSError:
            continue


def _ends(path: Path) -> tuple[str, str] | None:
    """Ids of the spaces that a trusted link in a file joins; None of anything else."""
    try:
        meta = tensor_header(path)[0]["__metadata__"]
        about = parse_json(meta["isthmus"], "its metadata 'isthmus'")
        if about["step"]["parameters"]["trusted"] is True:
            return about["source"]["id"], about["target"]["id"]
    except (ValueError, OSError, KeyError, TypeError):
        pass
    return None
