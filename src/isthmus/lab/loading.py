"""Load a space by name."""

from pathlib import Path

from isthmus.encode import ENCODERS
from isthmus.registry import UnknownPartError, find
from isthmus.types import Encoder, LoadOptions, RequestError


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
    scheme, _, rest = name.partition(":")
    try:
        loader = find("encoders", ENCODERS, scheme)
    except UnknownPartError as error:
        if Path(name).exists():
            raise RequestError(
                f"{name!r} is a file, not a space: embeddings are opened as 'arrays:{name}'."
            ) from None
        raise RequestError(f"No space is called {name!r}. {error}") from None
    return dict(loader(rest, LoadOptions(device, workers)))
