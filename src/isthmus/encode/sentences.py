"""``st:FOLDER``: a model of sentence-transformers, with every modality that it says it takes.

Which these are is told by the model (its ``modality_config``), never by its name; a list of several
modalities, which the library refuses, is split by ``isthmus.embed_all``. Texts get the model's
default prompt, where it has one. Only modules of the library itself are opened: no code from a
folder is run, and of weights safetensors are read.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.foreign_configs import tell_of_code
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_towers import torch_device, weights_id
from isthmus.read.image import POLICY, picture
from isthmus.read.text import text
from isthmus.records import dataclass
from isthmus.similarity import SIMILARITIES
from isthmus.store import read_json
from isthmus.types import ExtraMissingError, ItemError, LoadOptions, RequestError, Space

LIBRARY = "sentence_transformers."
"""Modules of other packages, or of the folder itself, would be code of strangers."""
PROBE = ("a dog", "Ünïcode, CAPITALS & 123!")


@dataclass(frozen=True, eq=False, kw_only=True)
class SentenceTower:
    """Items of one modality to vectors, by the library's own ``encode``."""

    modality: str
    space: Space
    module: Any
    """The whole model, the same for all towers of a space."""
    preprocessing: str
    batch: int = 64

    def encode(self, items: Sequence[Any]) -> Vectors:
        """The vectors of these items, (n, d) float32, as the model gives them.

        Raises:
            ItemError: an item cannot be read, or brought to what the model takes.
        """
        read = [READERS[self.modality](item) for item in items]
        try:
            found = self.module.encode(read, batch_size=len(read) or 1, show_progress_bar=False)
        except ValueError as error:
            raise ItemError(f"{self.space.name} does not take it: {error}") from error
        return np.asarray(found, dtype=np.float32).reshape(len(read), self.space.dim)

    def truncated(self, items: Sequence[Any]) -> list[bool]:
        """Which texts the model cuts at its limit, as far as it can tell."""
        limit, tokenizer = (getattr(self.module, x, None) for x in ("max_seq_length", "tokenizer"))
        if self.modality != "text" or not limit or not callable(tokenizer):
            return [False] * len(items)
        found: Any = tokenizer([text(item) for item in items], verbose=False)
        return [len(row) > limit for row in found.input_ids]


def load(rest: str, options: LoadOptions) -> dict[str, SentenceTower]:
    """Every tower of a model of sentence-transformers: a folder, or a hub's name.

    Raises:
        RequestError: nothing there, a module that is not the library's, a similarity that is not
            known here, or weights that are no safetensors.
        ExtraMissingError: sentence-transformers is not installed.
    """
    try:
        import_module("sentence_transformers")
        device = torch_device(options)
    except ImportError as error:
        raise ExtraMissingError(error.name or "sentence-transformers", "st") from error
    name, folder = f"st:{rest}", Path(rest).expanduser()
    if not folder.is_dir() and (folder.exists() or rest.startswith((".", "/", "~"))):
        raise RequestError(f"{name}: there is no such folder.")
    if folder.is_dir():
        _check_modules(name, folder)
    where = str(folder) if folder.is_dir() else rest
    model = open_checkpoint(name, lambda: _opened(where, device), "st", folder.is_dir())
    tell_of_code(name, **{type(part).__name__: getattr(part, "config", None) for part in model})
    said = getattr(model[0], "modalities", ["text"])
    known = [one for one in said if isinstance(one, str) and one in READERS]
    if not known:
        raise RequestError(
            f"{name} takes {', '.join(map(str, said))}; opened are models of {', '.join(READERS)}."
        )
    return {m: _tower(m, model, _space(name, model), known) for m in known}


def _tower(modality: str, model: Any, space: Space, known: Sequence[str]) -> SentenceTower:
    prompt = model.default_prompt_name
    parts = [
        f"as sentence-transformers does it ({', '.join(type(part).__name__ for part in model)})",
        *([f"cut at {model.max_seq_length} tokens"] if modality == "text" else []),
        *([f"after the prompt {model.prompts.get(prompt)!r}"] if prompt else []),
    ]
    return SentenceTower(
        modality=modality, space=space, module=model, preprocessing="; ".join(parts)
    )


def _check_modules(name: str, folder: Path) -> None:
    """Refuse modules of other code than the library's, before it looks for them."""
    listed = folder / "modules.json"
    if not listed.is_file():
        raise RequestError(
            f"{name} is no folder of sentence-transformers (it has no modules.json); a dual "
            f"encoder of transformers is opened as hf:{folder}."
        )
    try:
        kinds = [str(one["type"]) for one in read_json(listed)]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise RequestError(f"{name}: its modules.json lists no modules: {error}") from error
    for kind in kinds:
        if not kind.startswith(LIBRARY):
            raise RequestError(
                f"{name} asks for the module {kind[:80]!r}, which is not of sentence-transformers: "
                "code that comes with a checkpoint is never run."
            )


def _opened(where: str, device: Any) -> Any:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        where,
        device=str(device),
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True, "dtype": torch.float32},
    )
    return model.eval()


def _space(name: str, model: Any) -> Space:
    """Known by weights, modules, prompt, similarity and what the processor makes of texts."""
    score = str(model.similarity_fn_name)
    if score not in SIMILARITIES:
        raise RequestError(
            f"{name} ranks by {score}, which is no similarity here: {', '.join(SIMILARITIES)}."
        )
    processor: Any = getattr(model[0], "processor", None)
    pixels: Any = getattr(processor, "image_processor", None)
    prompt = model.prompts.get(model.default_prompt_name) if model.default_prompt_name else ""
    said = pixels.to_json_string() if hasattr(pixels, "to_json_string") else ""
    probe = model.encode(list(PROBE), show_progress_bar=False)
    tokens = _tokens(model)
    identity = fingerprint(
        "st", weights_id(model), repr(model), prompt, said, score, tokens, POLICY
    )
    return Space(name, identity, int(np.asarray(probe).shape[-1]), score=score)


def _tokens(model: Any) -> Any:
    """What the tokenizer makes of a few texts, where there is one."""
    tokenizer: Any = getattr(model, "tokenizer", None)
    found: Any = tokenizer(list(PROBE)) if callable(tokenizer) else None
    return [] if found is None else found.input_ids


def _pixels(item: Any) -> Any:
    return picture(item).rgb()


def _samples(item: Any) -> Mapping[str, Any]:
    from isthmus.read.audio import sound

    hertz = 16_000
    return {"array": sound(item).mono(hertz), "sampling_rate": hertz}


READERS: dict[str, Callable[[Any], Any]] = {"text": text, "image": _pixels, "audio": _samples}
"""An item to what the library takes of it, by modality."""
