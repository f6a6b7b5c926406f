"""``hf:``: dual encoders of transformers (CLIP, SigLIP, SigLIP 2, ALIGN and their like).

``hf:FOLDER`` opens a folder that ``save_pretrained`` wrote, or the CLIP in a folder of
sentence-transformers; ``hf:org/name`` the hub's files, from the cache if they are there. Only
safetensors are read, and no code from a repository is run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.foreign_configs import check_tokenizer, tell_of_code
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_towers import (
    NO_LIMIT,
    ImageTower,
    TextTower,
    in_space,
    kept_columns,
    most_tokens,
    torch_device,
)
from isthmus.store import read_json
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space, a_kind

_PIXELS = (
    *("image_processor_type", "size", "resample", "crop_size", "patch_size", "max_num_patches"),
    *("rescale_factor", "image_mean", "image_std"),
)
"""What is told of a processor of pictures."""

_UNLIMITED = 512
"""Tokens of a text where neither tower nor tokenizer has a limit."""


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Image and text towers of a dual encoder of transformers: a folder, or a name on the hub.

    Raises:
        RequestError: nothing there, not a dual encoder, or weights that are missing or no
            safetensors.
        ExtraMissingError: transformers is not installed.
    """
    try:
        device = torch_device(options)
        import transformers
    except ImportError as error:
        raise ExtraMissingError(error.name or "transformers", "hf") from error
    transformers.utils.logging.disable_progress_bar()
    model, processor, tokenizer = _open(rest)
    tell_of_code(f"hf:{rest}", model=model.config, processor=processor, tokenizer=tokenizer)
    model.eval().to(device)
    parts = (_structure(model.config), processor.to_json_string())
    text = in_space(_text_tower(model, tokenizer, device), f"hf:{rest}", parts)
    return {"image": _image_tower(model, processor, text.space, options), "text": text}


def _open(rest: str) -> tuple[Any, Any, Any]:
    folder = Path(rest).expanduser()
    if not folder.is_dir() and (folder.exists() or rest.startswith((".", "/", "~"))):
        raise RequestError(f"hf:{rest}: there is no such folder.")
    where = str(_of_sentences(folder)) if folder.is_dir() else rest
    return open_checkpoint(f"hf:{rest}", lambda: _from_pretrained(where), "hf", folder.is_dir())


def _of_sentences(folder: Path) -> Path:
    """Where the CLIP is in a folder of sentence-transformers; any other folder as it is."""
    modules = folder / "modules.json"
    if (folder / "config.json").is_file() or not modules.is_file():
        inside = folder / "0_CLIPModel"
        return inside if inside.is_dir() and not (folder / "config.json").is_file() else folder
    try:
        listed = [(str(one["type"]).split(".")[-1], str(one["path"])) for one in read_json(modules)]
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise RequestError(f"hf:{folder}: its modules.json lists no modules: {error}") from error
    first, place = listed[0] if listed else ("", "")
    more = [kind for kind, _ in listed[1:] if kind != "Normalize"]
    if first != "CLIPModel" or more:
        kinds = ", ".join(kind for kind, _ in listed) or "nothing"
        raise RequestError(
            f"hf:{folder} is a model of sentence-transformers made of {kinds[:200]}; of these, a "
            "CLIPModel alone has text and image towers that are opened here."
        )
    inside = (folder / place).resolve()
    if not inside.is_dir() or not inside.is_relative_to(folder.resolve()):
        raise RequestError(f"hf:{folder}: its modules.json names {place!r}, no folder inside it.")
    return inside


def _from_pretrained(where: str) -> tuple[Any, Any, Any]:
    """Model, image processor and tokenizer, each whole."""
    import torch
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    model, report = AutoModel.from_pretrained(
        where,
        use_safetensors=True,
        dtype=torch.float32,
        output_loading_info=True,
        trust_remote_code=False,
    )
    # the backend that needs no torchvision, so that pixels do not depend on what is installed
    processor = AutoImageProcessor.from_pretrained(where, backend="pil", trust_remote_code=False)
    tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    if not (hasattr(model, "get_text_features") and hasattr(model, "get_image_features")):
        raise RequestError(
            f"hf:{where} is {a_kind(model)}, which has no text and image towers in one "
            "space; wanted is a dual encoder such as CLIP, SigLIP or ALIGN."
        )
    if missing := sorted(report["missing_keys"]):
        raise RequestError(
            f"hf:{where} lacks {len(missing)} of the weights of {a_kind(model)}, such as "
            f"{missing[0]!r}; random ones are not made up."
        )
    if tokenizer("dog").input_ids == tokenizer("cat").input_ids:
        # without its files, transformers makes a tokenizer that knows no words
        raise RequestError(f"hf:{where} lacks its tokenizer's files, such as tokenizer.json.")
    check_tokenizer(f"hf:{where}", tokenizer)
    return model, processor, tokenizer


def _structure(config: Any) -> dict[str, Any]:
    """The model's configuration without what says where and by which version it was saved."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(k): plain(v) for k, v in value.items() if k not in passing}
        return [plain(item) for item in value] if isinstance(value, (list, tuple)) else str(value)

    passing = {"_name_or_path", "transformers_version", "dtype", "torch_dtype", "architectures"}
    return plain(config.to_dict())


def _features(found: Any) -> Any:
    return found if hasattr(found, "shape") else found.pooler_output


def _text_tower(model: Any, tokenizer: Any, device: Any) -> TextTower:
    config = getattr(model.config, "text_config", model.config)
    positions = getattr(config, "max_position_embeddings", NO_LIMIT)
    tower = getattr(model, "text_model", model)
    limit = min(tokenizer.model_max_length, positions, most_tokens(tower))
    limit = limit if limit < NO_LIMIT else _UNLIMITED

    def tokenize(texts: list[str]) -> dict[str, Any]:
        # to the full length, which SigLIP was trained with; towers that mask padding are cut
        return dict(
            tokenizer(
                texts, padding="max_length", truncation=True, max_length=limit, return_tensors="pt"
            )
        )

    def lengths(inputs: Any) -> Any:
        return kept_columns(1 - inputs.get("attention_mask", inputs["input_ids"] * 0 + 1))

    return TextTower(
        space=Space("", "", 0),
        module=model,
        tokenize=tokenize,
        lengths=lengths,
        forward=lambda inputs: _features(model.get_text_features(**inputs)),
        device=device,
        cut=True,
        counts=lambda texts: [len(row) for row in tokenizer(texts, verbose=False).input_ids],
        limit=limit,
    )


def _image_tower(model: Any, processor: Any, space: Space, options: LoadOptions) -> ImageTower:
    import torch

    def collate(pictures: list[dict[str, np.ndarray]]) -> dict[str, torch.Tensor]:
        return {
            name: torch.from_numpy(np.concatenate([picture[name] for picture in pictures]))
            for name in pictures[0]
        }

    size = dict(getattr(processor, "size", None) or {})
    if not size and getattr(processor, "max_num_patches", None):  # SigLIP 2 keeps the shape
        size = {"square": int(processor.max_num_patches**0.5) * processor.patch_size}
    sides = [int(side) for side in size.values() if side]
    said = processor.to_dict()
    return ImageTower(
        space=space,
        module=model,
        prepare=lambda image: dict(processor(images=image, return_tensors="np")),
        collate=collate,
        forward=lambda inputs: _features(model.get_image_features(**inputs)),
        device=torch_device(options),
        preprocessing=", ".join(
            f"{key} {said[key]}" for key in _PIXELS if said.get(key) is not None
        )
        + " (its preprocessor_config.json)",
        at_least=max(sides) if sides and processor.do_resize else None,
        crops=bool(size.get("shortest_edge") and getattr(processor, "do_center_crop", False)),
        workers=options.workers,
    )
