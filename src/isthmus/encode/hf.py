"""``hf:``: dual encoders of transformers (CLIP, SigLIP, SigLIP 2, ALIGN and their like).

``hf:FOLDER`` opens a folder that ``save_pretrained`` wrote; ``hf:org/name`` the hub's files, from
the cache if they are there. Only safetensors are read, and no code from a repository is run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_towers import (
    ImageTower,
    TextTower,
    in_space,
    kept_columns,
    torch_device,
)
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space


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
    model.eval().to(device)
    parts = (_structure(model.config), processor.to_json_string())
    text = in_space(_text_tower(model, tokenizer, device), f"hf:{rest}", parts)
    return {"image": _image_tower(model, processor, text.space, options), "text": text}


def _open(rest: str) -> tuple[Any, Any, Any]:
    folder = Path(rest).expanduser()
    if not folder.is_dir() and (folder.exists() or rest.startswith((".", "/", "~"))):
        raise RequestError(f"hf:{rest}: there is no such folder.")
    where = str(folder) if folder.is_dir() else rest
    return open_checkpoint(f"hf:{rest}", lambda: _from_pretrained(where), "hf", folder.is_dir())


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
            f"hf:{where} is a {type(model).__name__}, which has no text and image towers in one "
            "space; wanted is a dual encoder such as CLIP, SigLIP or ALIGN."
        )
    if missing := sorted(report["missing_keys"]):
        raise RequestError(
            f"hf:{where} lacks {len(missing)} of the weights of a {type(model).__name__}, such as "
            f"{missing[0]!r}; random ones are not made up."
        )
    if tokenizer("dog").input_ids == tokenizer("cat").input_ids:
        # without its files, transformers makes a tokenizer that knows no words
        raise RequestError(f"hf:{where} lacks its tokenizer's files, such as tokenizer.json.")
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
    limit = min(tokenizer.model_max_length, config.max_position_embeddings)

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
    return ImageTower(
        space=space,
        module=model,
        prepare=lambda image: dict(processor(images=image, return_tensors="np")),
        collate=collate,
        forward=lambda inputs: _features(model.get_image_features(**inputs)),
        device=torch_device(options),
        at_least=max(sides) if sides and processor.do_resize else None,
        crops=bool(size.get("shortest_edge") and getattr(processor, "do_center_crop", False)),
        workers=options.workers,
    )
