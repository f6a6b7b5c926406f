"""Load a space by name."""

import difflib
from pathlib import Path

from isthmus.encode import ENCODERS
from isthmus.encode.roads import with_roads
from isthmus.registry import UnknownPartError, find
from isthmus.store import is_file, is_folder
from isthmus.types import Encoder, LoadOptions, Named, RequestError, check_kind

MINI = "mini, openclip:ViT-B-32/laion2b_s34b_b79k, hf:openai/clip-vit-base-patch32"
SUGGESTED = {
    "siglip": "mini, openclip:ViT-B-16-SigLIP/webli, hf:google/siglip-base-patch16-224",
}
"""Spaces that can be loaded, by what a name that cannot be makes one think of."""


def load(name: str, *, device: str = "auto", workers: int = 0) -> dict[str, Encoder]:
    """The encoders of a space by modality: ``isthmus.load("mini")["text"]``.

    Args:
        name: ``mini``, or ``scheme:rest`` such as ``openclip:ViT-B-32/laion2b_s34b_b79k``,
            ``hf:openai/clip-vit-base-patch32``, ``arrays:pairs.npz``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``; the default model always runs on the CPU.
        workers: threads that read and compute; 0 means one a core.

    Raises:
        RequestError: no such scheme, or the scheme cannot load the rest; says what there is.
        ExtraMissingError: the scheme needs a package that is not installed.
    """
    check_kind(name, str, "A space is opened by its name, such as 'mini'")
    scheme, _, rest = name.partition(":")
    try:
        loader = find("encoders", ENCODERS, scheme)
    except UnknownPartError:
        if is_file(Path(name)) or is_folder(Path(name)):
            raise RequestError(
                f"{name!r} is a file, not a space: embeddings are opened as 'arrays:{name}'."
            ) from None
        works = next((more for key, more in SUGGESTED.items() if key in scheme.lower()), MINI)
        close = difflib.get_close_matches(scheme, ENCODERS, n=1, cutoff=0.7)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise RequestError(
            f"No space is called {name!r}, nor is there a file or folder of that name. {meant}"
            f"Names that work: {works}; see: isthmus spaces."
        ) from None
    return Named(with_roads(loader(rest, LoadOptions(device, workers))))


PLACES = {"mended": ("",), "hf": ("",), "st": ("",), "arrays": ("",), "openclip": ("local-dir:",)}
"""What stands before a path in the names of these schemes."""


def lasting(name: str) -> str:
    """A space's name that holds in every working directory: a path in it made absolute.

    Args:
        name: as ``load`` takes it; ``openclip:ARCH/FILE`` too, and spaces inside of its name.
    """
    scheme, _, rest = name.partition(":")
    if scheme == "prompted":
        return f"{scheme}:{lasting(rest)}"
    if scheme in ("shapes", "sounds") and rest:
        own, mark, other = rest.partition("?beside=")
        if scheme == "shapes" and is_file(Path(own)):
            own = str(Path(own).resolve())
        return f"{scheme}:{own}{mark}{other and lasting(other)}"
    before = [start for start in PLACES.get(scheme, ()) if rest.startswith(start)]
    if scheme == "openclip" and not before:
        before = [rest[: at + 1] for at, mark in enumerate(rest) if mark in "/:"]
    for start in before:
        path, mark, more = rest.removeprefix(start).partition("?")
        place = Path(path).expanduser()
        if path and (is_file(place) or (is_folder(place) and start in PLACES[scheme])):
            return f"{scheme}:{start}{place.resolve()}{mark}{more}"
    return name
