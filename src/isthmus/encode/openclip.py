"""``openclip:``: checkpoints of open_clip, with their tokenizer, preprocessing, scale and bias.

Names are open_clip's own: ``ViT-B-32/laion2b_s34b_b79k`` (architecture and tag),
``ViT-B-32/path/to/checkpoint.pt`` or ``ViT-B-32:path`` (architecture and file),
``hf-hub:org/repo`` and ``local-dir:PATH``.
"""

import difflib
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.foreign_configs import (
    check_open_clip,
    check_tokenizer,
    replaced,
    tell_of_code,
)
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_files import read_weights
from isthmus.encode.torch_towers import (
    ImageTower,
    TextTower,
    in_space,
    kept_columns,
    most_tokens,
    torch_device,
)
from isthmus.encode.within import framing, tokens
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space

_SCHEMAS = ("hf-hub:", "local-dir:")
_PIXELS = ("mean", "std", "interpolation", "resize_mode")
"""What open_clip's published weights say of the pictures that they were trained with."""


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
    full, here = f"openclip:{rest}", not rest.startswith("hf-hub:")

    def configured() -> dict[str, Any]:
        # the configuration alone comes first, from the hub too
        config = open_clip.get_model_config(name)
        check_open_clip(full, config)
        return config

    config = open_checkpoint(full, configured, extra="openclip", at_hand=here)
    forced, source = _preprocessing(full, name, weights, open_clip)

    def opened() -> tuple[Any, ...]:
        quick = bool(config.get("quick_gelu"))
        places = [(open_clip.factory, "load_state_dict", _reading(full, quick))]
        with replaced(places):
            model = open_clip.create_model_from_pretrained(
                name, pretrained=weights, device=device, weights_only=True, **forced
            )
        # open_clip's own tokenizer takes no such argument; ours wins over the configuration's
        other = config["text_cfg"].get("hf_tokenizer_name")
        plain = {"trust_remote_code": False} if other else {}
        tokenizer = open_clip.get_tokenizer(name, **plain)
        check_tokenizer(full, getattr(tokenizer, "tokenizer", None))
        return (*model, tokenizer)

    at_hand = _at_hand(name, weights, config["text_cfg"])
    model, preprocess, tokenizer = open_checkpoint(full, opened, "openclip", at_hand)
    tell_of_code(full, tokenizer=getattr(tokenizer, "tokenizer", None))
    model.eval()
    preprocessing = open_clip.get_model_preprocess_cfg(model)
    tower = _text_tower(model, tokenizer, device)
    text = in_space(tower, full, (config, preprocessing))
    image = _image_tower(model, preprocess, preprocessing, text.space, options)
    said = ", ".join(f"{key} {value}" for key, value in preprocessing.items())
    return {"image": replace(image, preprocessing=f"{said} ({source})"), "text": text}


def _reading(name: str, quick: bool) -> Callable[..., Any]:
    """In the place of open_clip's reader of files, which refuses what can be read safely."""
    return lambda path, *_, **__: read_weights(name, Path(path), quick)


def _at_hand(name: str, weights: str | None, text: Mapping[str, Any]) -> bool:
    """Whether nothing of a checkpoint can be on the hub only: no weights, text tower, tokenizer."""
    if name.startswith("hf-hub:") or (weights is not None and not Path(weights).is_file()):
        return False
    beside = weights is None  # in a folder with a configuration, the tokenizer is there too
    wanted = ("hf_model_name",) if beside else ("hf_model_name", "hf_tokenizer_name")
    return all(Path(text[key]).is_dir() for key in wanted if text.get(key))


def _preprocessing(
    full: str, name: str, weights: str | None, open_clip: Any
) -> tuple[dict[str, Any], str]:
    """What a file of weights wants done to pictures, as arguments of open_clip, and who says so.

    The file itself does not tell; the published weights of its architecture do, if they agree.
    """
    if weights is None:
        return {}, "its open_clip_config.json, else open_clip's default"
    if open_clip.is_pretrained_cfg(name, weights):
        return {}, "of these published weights"
    configs = {
        tag: open_clip.get_pretrained_cfg(name, tag)
        for tag in open_clip.list_pretrained_tags_by_model(name)
    }
    if not configs:
        return {}, "open_clip's default: no weights of this architecture are published"
    found = {tag: {key: one[key] for key in _PIXELS} for tag, one in configs.items()}
    default = {key: getattr(open_clip.transform.PreprocessCfg(), key) for key in _PIXELS}
    first = next(iter(found.values()))
    other = [tag for tag, one in found.items() if one != first]
    if not other and first == default:
        return {}, f"as all published weights of {name}"
    said, what = f"as all published weights of {name}", first
    if other:
        said, what = f"open_clip's default: published weights differ, such as {other[0]}", default
    logging.getLogger("isthmus").warning(
        "%s: the file does not say how pictures are prepared: %s is taken, %s. For another, put "
        "it into a folder with an open_clip_config.json and load openclip:local-dir:FOLDER.",
        full,
        ", ".join(f"{key} {value}" for key, value in what.items()),
        said,
    )
    return ({} if other else {f"image_{key}": value for key, value in first.items()}), said


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
    file = Path(tag).expanduser()
    if open_clip.is_pretrained_cfg(name, tag) or file.is_file():
        return str(file)
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

    limit = min(tokenizer.context_length, most_tokens(getattr(model, "text", None)))
    return TextTower(
        space=Space("", "", 0),
        module=model,
        tokenize=lambda texts: {"text": tokenizer(texts, context_length=limit)},
        lengths=lambda inputs: kept_columns((inputs["text"] == pad).int()),
        forward=_text_forward(model),
        device=device,
        cut=_may_cut(model),
        counts=counts,
        limit=limit,
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
        shown=framing.of_open_clip(preprocessing),
        looks=tokens.of_open_clip(model),
    )
