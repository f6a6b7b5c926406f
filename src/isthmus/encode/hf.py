"""``hf:``: dual encoders of transformers (CLIP, SigLIP, ALIGN, CLAP, X-CLIP, VideoPrism, PE, ...).

What a model encodes beside texts is told by which of ``get_image_features``, ``get_audio_features``
and ``get_video_features`` it has (or ``get_audio_embeds`` and its like), never by its name. A model
whose texts have a vector for each of several modalities, ``get_text_audio_embeds``, is as many
spaces, named ``hf:FOLDER?space=audio``.

``hf:FOLDER`` opens a folder that ``save_pretrained`` wrote, or the CLIP in a folder of
sentence-transformers; ``hf:org/name`` the hub's files, from the cache if they are there. Only
safetensors are read, and no code from a repository is run.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from isthmus.encode.foreign_configs import check_tokenizer, tell_of_code
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.torch_towers import (
    NO_LIMIT,
    AudioTower,
    ImageTower,
    TextTower,
    VideoTower,
    in_space,
    joined,
    kept_columns,
    most_tokens,
    torch_device,
    weights_id,
)
from isthmus.encode.within import framing, owl, tokens
from isthmus.read import audio
from isthmus.store import read_json
from isthmus.types import Encoder, ExtraMissingError, LoadOptions, RequestError, Space, a_kind
from isthmus.view.windows import SECONDS

_PIXELS = (
    *("image_processor_type", "size", "resample", "crop_size", "patch_size", "max_num_patches"),
    *("rescale_factor", "image_mean", "image_std"),
)
"""What is told of a processor of pictures."""

_SAMPLES = (
    *("feature_extractor_type", "sampling_rate", "max_length_s", "feature_size", "hop_length"),
    *("fft_window_size", "frequency_min", "frequency_max", "padding"),
)
"""What is told of a processor of sounds."""

_UNLIMITED = 512
"""Tokens of a text where neither tower nor tokenizer has a limit."""


def load(rest: str, options: LoadOptions) -> dict[str, Encoder]:
    """Text tower of a dual encoder of transformers, and those beside it: a folder, or a hub's name.

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
    rest, _, wanted = rest.partition(SPACE)
    model, processors, tokenizer, heads = _open(rest)
    own = _text_space(f"hf:{rest}", model, wanted)
    model = getattr(model, f"{own}_model", model) if own else model  # of PE-AV the part of a space
    processors = {m: one for m, one in processors.items() if own in ("", m)}
    named = {f"{modality} processor": one for modality, one in processors.items()}
    tell_of_code(f"hf:{rest}", model=model.config, tokenizer=tokenizer, **named)
    (heads or model).eval().to(device)
    said = [one.to_json_string() for one in processors.values()]
    said += [audio.POLICY] if "audio" in processors else []
    said += [weights_id(heads)] if heads else []
    text = _text_tower(model, tokenizer, device, own)
    name = f"hf:{rest}{SPACE}{own}" if wanted else f"hf:{rest}"
    text = in_space(text, name, (_structure(model.config), own + "".join(said)), own)
    towers: dict[str, Any] = {
        modality: _TOWERS[modality][1](model, one, text.space, options)
        for modality, one in processors.items()
    }
    if heads:
        towers["image"].looks.update(owl.of_detector(heads))
    return {**towers, "text": text}


SPACE = "?space="
"""Between a model and the modality whose text space is meant."""


def _text_space(name: str, model: Any, wanted: str) -> str:
    """The modality of the space that is opened; empty where texts have one space for all.

    Raises:
        RequestError: there are several, and none or no such one is named.
    """
    named = [one for one in _TOWERS if _method(model, one) and _text_method(model, one)]
    if hasattr(model, "get_text_features"):
        named = [""]
    if wanted in named or (not wanted and len(named) == 1):
        return wanted or named[0]
    several = ", ".join(f"{name}{SPACE}{one}" for one in named if one) or name
    raise RequestError(
        f"{name} has {'text spaces of its own for each modality' if named != [''] else 'one space'}"
        f", not {wanted or 'one for all'}: open {several}."
    )


def _method(model: Any, modality: str) -> str:
    """The name of what gives a modality's vectors; empty where there is none."""
    forms = (f"get_{modality}_features", f"get_{modality}_embeds")
    return next((one for one in forms if hasattr(model, one)), "")


def _text_method(model: Any, modality: str) -> str:
    """The name of what gives the vectors of texts in a modality's space; likewise."""
    forms = ("get_text_features", f"get_text_{modality}_embeds")
    return next((one for one in forms if hasattr(model, one)), "")


def _open(rest: str) -> tuple[Any, dict[str, Any], Any, Any]:
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


def _from_pretrained(where: str) -> tuple[Any, dict[str, Any], Any, Any]:
    """Model, processors by modality and tokenizer, each whole; the detector around it, or None."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    model, report = AutoModel.from_pretrained(
        where,
        use_safetensors=True,
        dtype=torch.float32,
        output_loading_info=True,
        trust_remote_code=False,
    )
    for part in model.modules():
        _complete(part)
    there = [one for one in _TOWERS if _method(model, one) and _text_method(model, one)]
    if not there:
        raise RequestError(
            f"hf:{where} is {a_kind(model)}, which has no text tower in one space with a tower of "
            f"{' or '.join(_TOWERS)}; wanted is a dual encoder such as CLIP, SigLIP or CLAP."
        )
    processors = {one: _TOWERS[one][0](where) for one in there}
    tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    if missing := sorted(report["missing_keys"]):
        raise RequestError(
            f"hf:{where} lacks {len(missing)} of the weights of {a_kind(model)}, such as "
            f"{missing[0]!r}; random ones are not made up."
        )
    if tokenizer("dog").input_ids == tokenizer("cat").input_ids:
        # without its files, transformers makes a tokenizer that knows no words
        raise RequestError(f"hf:{where} lacks its tokenizer's files, such as tokenizer.json.")
    check_tokenizer(f"hf:{where}", tokenizer)
    return model, processors, tokenizer, owl.detector(where, model, report["unexpected_keys"])


def _complete(model: Any) -> None:
    """Give PE video the methods that transformers (5.24) defines inside its constructor only.

    They do what its ``forward`` does of a text and of a clip.
    """
    if not hasattr(model, "text_video_head") or hasattr(model, "get_video_embeds"):
        return

    def of_texts(input_ids: Any, attention_mask: Any = None) -> Any:
        found = model.text_model(
            input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=-1
        )
        return model.text_video_head(found.hidden_states[-1][:, 0])

    def of_clips(pixel_values_videos: Any) -> Any:
        found = model.video_encoder(pixel_values_videos=pixel_values_videos)
        return model.video_head(found.pooler_output)

    model.get_text_video_embeds, model.get_video_embeds = of_texts, of_clips


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


def _text_tower(model: Any, tokenizer: Any, device: Any, own: str) -> TextTower:
    encode = getattr(model, _text_method(model, own))
    if own:  # these look at hidden states, which the library forgets to ask for
        for part in model.modules():
            if hasattr(part, "text_model"):
                part.text_model.config.output_hidden_states = True
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
        forward=lambda inputs: _features(encode(**inputs)),
        device=device,
        cut=True,
        counts=lambda texts: [len(row) for row in tokenizer(texts, verbose=False).input_ids],
        limit=limit,
    )


def _image_tower(model: Any, processor: Any, space: Space, options: LoadOptions) -> ImageTower:
    size = dict(getattr(processor, "size", None) or {})
    if not size and getattr(processor, "max_num_patches", None):  # SigLIP 2 keeps the shape
        size = {"square": int(processor.max_num_patches**0.5) * processor.patch_size}
    sides = [int(side) for side in size.values() if side]
    return ImageTower(
        space=space,
        module=model,
        prepare=lambda image: dict(processor(images=image, return_tensors="np")),
        collate=joined,
        forward=lambda inputs: _features(model.get_image_features(**inputs)),
        device=torch_device(options),
        preprocessing=_told(processor, _PIXELS),
        at_least=max(sides) if sides and processor.do_resize else None,
        crops=bool(size.get("shortest_edge") and getattr(processor, "do_center_crop", False)),
        workers=options.workers,
        shown=framing.of_processor(processor),
        looks=tokens.of_transformers(model),
    )


def _video_tower(model: Any, processor: Any, space: Space, options: LoadOptions) -> VideoTower:
    own = getattr(model.config, "vision_config", None)
    frames = int(getattr(processor, "num_frames", 0) or getattr(own, "num_frames", 0) or FRAMES)
    encode = getattr(model, _method(model, "video"))
    taken = next(iter(signature(encode).parameters))

    def prepare(images: list[Any]) -> dict[str, np.ndarray]:
        pixels = np.asarray(processor(images=images, return_tensors="np")["pixel_values"])
        return {taken: pixels.reshape(1, *pixels.shape[-4:])}

    return VideoTower(
        space=space,
        module=model,
        prepare=prepare,
        collate=joined,
        forward=lambda inputs: _features(encode(**inputs)).flatten(1),  # VideoPrism gives (n, 1, d)
        device=torch_device(options),
        preprocessing=f"{frames} frames at the middles of equal parts of the time; "
        + _told(processor, _PIXELS),
        at_least=None,
        crops=False,
        workers=options.workers,
        frames=frames,
    )


def _told(processor: Any, keys: tuple[str, ...]) -> str:
    said = processor.to_dict()
    told = ", ".join(f"{key} {said[key]}" for key in keys if said.get(key) is not None)
    return f"{told} (its preprocessor_config.json)"


def _audio_tower(model: Any, extractor: Any, space: Space, options: LoadOptions) -> AudioTower:
    hertz, encode = int(extractor.sampling_rate), getattr(model, _method(model, "audio"))

    def prepare(samples: audio.Mono) -> dict[str, np.ndarray]:
        found = dict(extractor([samples], sampling_rate=hertz, return_tensors="np"))
        if "is_longer" in found:  # none is; of fused models the extractor draws one to be called so
            found["is_longer"] = np.zeros_like(found["is_longer"])
        return found

    seconds = float(getattr(extractor, "max_length_s", SECONDS))
    return AudioTower(
        space=space,
        module=model,
        prepare=prepare,
        forward=lambda inputs: _features(encode(**inputs)),
        device=torch_device(options),
        preprocessing=f"{_told(extractor, _SAMPLES)}; {audio.POLICY}; windows of {seconds:g} s, "
        "the last ending with the sound, the mean of their vectors",
        hertz=hertz,
        seconds=seconds,
    )


def _image_processor(where: str) -> Any:
    from transformers import AutoImageProcessor

    # the backend that needs no torchvision, so that pixels do not depend on what is installed
    return AutoImageProcessor.from_pretrained(where, backend="pil", trust_remote_code=False)


FRAMES = 16
"""Of a clip, where neither model nor processor says how many."""
_OF_CLIPS = (
    *("do_resize", "size", "resample", "do_center_crop", "crop_size", "do_rescale"),
    *("rescale_factor", "do_normalize", "image_mean", "image_std", "do_convert_rgb"),
)


def _video_processor(where: str) -> Any:
    """What prepares frames; of a processor of videos, which wants torchvision, its settings.

    Raises:
        RequestError: its settings are not whole.
    """
    from transformers import CLIPImageProcessorPil
    from transformers.utils.hub import cached_file

    def settings(name: str) -> dict[str, Any]:
        found = cached_file(where, name, _raise_exceptions_for_missing_entries=False)
        return read_json(Path(found)) if found else {}

    said = settings("video_preprocessor_config.json")
    said = said or settings("processor_config.json").get("video_processor", {})
    if not said:
        return _image_processor(where)
    if missing := [key for key in ("size", "do_resize", "do_normalize") if key not in said]:
        raise RequestError(
            f"hf:{where}: its video_preprocessor_config.json does not say {missing[0]!r}."
        )
    kept = {key: said[key] for key in _OF_CLIPS if said.get(key) is not None}
    processor = CLIPImageProcessorPil(**{"do_center_crop": False, **kept})
    processor.num_frames = said.get("num_frames")
    return processor


def _sound_processor(where: str) -> Any:
    from transformers import AutoFeatureExtractor

    return AutoFeatureExtractor.from_pretrained(where, trust_remote_code=False)


_TOWERS: dict[str, tuple[Callable[[str], Any], Callable[..., Encoder]]] = {
    "image": (_image_processor, _image_tower),
    "audio": (_sound_processor, _audio_tower),
    "video": (_video_processor, _video_tower),
}
"""Of each modality that has a ``get_MODALITY_features``: how its processor is opened, and its tower
made of the model, the processor, the space and the options."""
