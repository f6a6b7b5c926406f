"""``openclip:``: checkpoints of open_clip, with their tokenizer, preprocessing, scale and bias.

Names are open_clip's own: ``ViT-B-32/laion2b_s34b_b79k`` (architecture and tag),
``ViT-B-32/path/to/checkpoint.pt`` or ``ViT-B-32:path`` (architecture and file),
``hf-hub:org/repo`` and ``local-dir:PATH``.
"""

import difflib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.foreign_configs import check_open_clip
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_towers import (
    ImageTower,
    TextTower,
    in_space,
    kept_columns,
    torch_device,
)
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

_SCHEMAS = ("hf-hub:", "local-dir:")


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Image and text towers of an open_clip checkpoint: ARCH/TAG, ARCH/FILE, hf-hub:, local-dir:.

    Raises:
        RequestError: no such architecture, tag or file, or a checkpoint that does not load.
        ExtraMissingError: open_clip is not installed.
    """
    try:
        import open_clip
    except ImportError as error:
        raise ExtraMissingError("open_clip_torch", "openclip") from error
    name, weights = _parse(rest, open_clip)
    device = torch_device(options)

    def opened() -> tuple[Any, ...]:
        # the configuration alone comes first, from the hub too
        config = open_clip.get_model_config(name)
        check_open_clip(f"openclip:{rest}", config)
        model = open_clip.create_model_from_pretrained(
            name, pretrained=weights, device=device, weights_only=True
        )
        # open_clip's own tokenizer takes no such argument; ours wins over the configuration's
        other = config["text_cfg"].get("hf_tokenizer_name")
        plain = {"trust_remote_code": False} if other else {}
        return (*model, open_clip.get_tokenizer(name, **plain), config)

    model, preprocess, tokenizer, config = open_checkpoint(
        f"openclip:{rest}", opened, extra="openclip", at_hand=rest.startswith("local-dir:")
    )
    model.eval()
    preprocessing = open_clip.get_model_preprocess_cfg(model)
    tower = _text_tower(model, tokenizer, device)
    text = in_space(tower, f"openclip:{rest}", (config, preprocessing))
    image = _image_tower(model, preprocess, preprocessing, text.space, options)
    return {"image": image, "text": text}


def _parse(rest: str, open_clip: Any) -> tuple[str, str | None]:
    """open_clip's model name and its tag or file."""
    if rest.startswith(_SCHEMAS):
        return rest, None
    models = open_clip.list_models()
    splits = [(rest[: cut.start()], rest[cut.end() :]) for cut in re.finditer("[/:]", rest)]
    # longest first, since old names hold a slash: ViT-B/32
    for left, right in [(rest, ""), *reversed(splits)]:
        name = left.replace("/", "-")
        if name in models:
            return name, _weights(name, right, open_clip)
    wanted = (rest if not splits else splits[0][0]).replace("/", "-")
    near = difflib.get_close_matches(wanted, models, 3, 0.4) or models[:3]
    raise RequestError(
        f"open_clip has no architecture {wanted!r}; did you mean {', '.join(near)}? Wanted is "
        "openclip:ARCH/TAG, ARCH/FILE, hf-hub:ORG/REPO or local-dir:PATH."
    )


def _weights(name: str, tag: str, open_clip: Any) -> str:
    tags = open_clip.list_pretrained_tags_by_model(name)
    if open_clip.is_pretrained_cfg(name, tag) or Path(tag).is_file():
        return tag
    known = f"its tags are: {', '.join(tags)}" if tags else "it has no tags of its own"
    wrong = f"{tag!r} is neither a tag nor a file" if tag else "which weights?"
    raise RequestError(f"openclip:{name}: {wrong}; {known}. A file is given as {name}/PATH.")


def _text_tower(model: Any, tokenizer: Any, device: Any) -> TextTower:
    inner = getattr(tokenizer, "tokenizer", None)  # of transformers, where open_clip has none
    pad = getattr(inner, "pad_token_id", None) or 0

    def counts(texts: list[str]) -> list[int]:
        if inner is None:
            return [len(tokenizer.encode(text)) + 2 for text in texts]
        return [len(row) for row in inner(texts, verbose=False).input_ids]

    return TextTower(
        space=Space("", "", 0),
        module=model,
        tokenize=lambda texts: {"text": tokenizer(texts)},
        lengths=lambda inputs: kept_columns((inputs["text"] == pad).int()),
        forward=_text_forward(model),
        device=device,
        cut=_may_cut(model),
        counts=counts,
        limit=tokenizer.context_length,
    )


def _may_cut(model: Any) -> bool:
    """Whether no text token sees the padding, by the tower's structure.

    Causal towers that read one token of the text, and towers that mask padding. A class token
    behind the text (CoCa) moves when the text is cut.
    """
    tower = getattr(model, "text", model)
    if getattr(tower, "cls_emb", None) is not None:
        return False
    causal = getattr(tower, "attn_mask", None) is not None
    masked = getattr(tower, "use_pad_mask", False) or hasattr(tower, "config")
    return causal or masked


def _text_forward(model: Any) -> Callable[[Any], Any]:
    """``encode_text`` that also takes fewer columns than the context length."""
    import torch

    class EncodeText(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            return self.model.encode_text(tokens)

    encode = EncodeText()
    tower, prefix = (model.text, "model.text.") if hasattr(model, "text") else (model, "model.")
    causal = getattr(tower, "attn_mask", None) is not None

    def forward(inputs: Any) -> Any:
        tokens = inputs["text"]
        width = tokens.shape[1]
        if not causal or width >= tower.context_length:
            return encode(tokens)
        # positions and mask are added whole by the library: lend it shorter ones for this call
        short = {
            f"{prefix}positional_embedding": tower.positional_embedding[:width],
            f"{prefix}attn_mask": tower.attn_mask[:width, :width],
        }
        return torch.func.functional_call(encode, short, (tokens,))

    return forward


def _image_tower(
    model: Any, preprocess: Any, preprocessing: Any, space: Space, options: LoadOptions
) -> ImageTower:
    import torch

    # pictures in threads; the last two steps, on tensors, for the whole batch at once
    *steps, _, normalize = preprocess.transforms

    def prepare(image: Any) -> np.ndarray:
        for step in steps:
            image = step(image)
        return np.asarray(image)

    def collate(pictures: list[np.ndarray]) -> dict[str, torch.Tensor]:
        batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
        return {"image": normalize(batch.float().div(255).contiguous())}

    size = preprocessing["size"]
    return ImageTower(
        space=space,
        module=model,
        prepare=prepare,
        collate=collate,
        forward=lambda inputs: model.encode_image(inputs["image"]),
        device=torch_device(options),
        at_least=size if isinstance(size, int) else max(size),
        crops=preprocessing["resize_mode"] == "shortest",
        workers=options.workers,
    )
