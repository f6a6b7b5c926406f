"""Configurations that come with a checkpoint: data that other libraries act on, checked before.

Nothing of a checkpoint, folder or hub is ever executed. A configuration may say how its towers
are built; what it hands on to a third library is allow-listed, and ``no_foreign_code`` bars the
two ways by which transformers runs files of a repository, whoever asks for them.
"""

import importlib
import logging
import re
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from reprlib import repr as short
from typing import Any, NoReturn

from isthmus.types import RequestError

HANDED_ON: dict[str, dict[str, tuple[type, ...]]] = {
    "tokenizer_kwargs": {"clean": (str,), "strip_sep_token": (bool,), "language": (str,)},
    "act_kwargs": {"approximate": (str,)},
    "norm_kwargs": {"eps": (float, int), "elementwise_affine": (bool,), "bias": (bool,)},
}
"""Options of open_clip whose entries become arguments of transformers or torch: those that may."""

NAMES = ("hf_tokenizer_name", "hf_model_name", "timm_model_name")
"""Options that name a part of another library. timm alone would take ``local-dir:PATH`` too, and
pass on whatever the configuration there says."""

MODEL = {
    *("embed_dim", "vision_cfg", "text_cfg", "multimodal_cfg", "custom_text", "quick_gelu"),
    *("init_logit_scale", "init_logit_bias", "nonscalar_logit_scale", "pad_id", "output_dict"),
}
"""Options of a model of open_clip."""


class CheckpointError(RequestError):
    """A checkpoint that was found cannot be used; no other copy of it is tried."""


class ForeignCodeError(CheckpointError):
    """A checkpoint asks for code to be run."""


_TRUST = "trust_remote_code"
_BARRED = (
    ("transformers.dynamic_module_utils", "get_class_in_module"),  # the modules of auto_map
    ("transformers.integrations.hub_kernels", "get_kernel"),  # attention kernels of a repository
    ("transformers.integrations.hub_kernels", "get_kernel_hub"),  # for modules that hold the former
)

_ALONE = threading.RLock()  # or a load that ends would open the way for one that goes on


def check_open_clip(name: str, config: Any) -> None:
    """Refuse a model's configuration that hands on to other libraries what it may not.

    Args:
        name: the checkpoint's, for messages.
        config: ``model_cfg`` of ``open_clip_config.json``.

    Raises:
        ForeignCodeError: names the key.
        RequestError: it is no configuration of two towers.
    """
    parts = [("", config, MODEL)]
    if isinstance(config, Mapping):
        wanted = ("text_cfg", "vision_cfg", *({"multimodal_cfg"} & config.keys()))
        parts += [(part, config.get(part), None) for part in wanted]
    for place, part, known in parts:
        if not isinstance(part, Mapping):
            raise RequestError(
                f"{name}: its configuration has no mapping {place or 'model_cfg'}, which wants "
                "the towers' options by name; take the open_clip_config.json that open_clip wrote."
            )
        for key, value in part.items():
            _check(name, f"{place}.{key}".lstrip("."), value, known is None or key in known)


def _check(name: str, place: str, value: Any, known: bool) -> None:
    """Refuse one option, found at ``text_cfg.key``."""
    key = place.rpartition(".")[2]
    if not known or (key == _TRUST and value is not False):
        raise _refused(name, place, "is no option that isthmus hands on")
    if key in NAMES and value is not None:
        plain = isinstance(value, str) and (
            key != "timm_model_name" or re.fullmatch(r"[\w.]*", value)
        )
        if not plain:
            raise _refused(name, place, f"wants a plain name of its library, not {short(value)},")
    elif key in HANDED_ON and value is not None:
        allowed = HANDED_ON[key]
        for inner, one in value.items() if isinstance(value, Mapping) else [("", value)]:
            if inner == _TRUST and one is False:
                continue
            if not isinstance(one, allowed.get(inner, ())):
                said = f"{inner[:80]!r} as {short(one)}" if inner else short(one)
                raise _refused(name, place, f"may set {', '.join(allowed)}, not {said},")


def _refused(name: str, place: str, said: str) -> ForeignCodeError:
    return ForeignCodeError(
        f"{name}: {place[:80]!r} of its configuration {said} since another library would act on "
        "it, and nothing that comes with a checkpoint may run code: take the key out, or take "
        "another checkpoint."
    )


def check_tokenizer(name: str, tokenizer: Any) -> None:
    """Refuse a tokenizer of transformers in the place of one of the checkpoint's own.

    transformers opens the files of any class that it does not have with a class of its own.

    Args:
        name: the checkpoint's, for messages.
        tokenizer: as transformers opened it; None where it is of another library.

    Raises:
        CheckpointError: the checkpoint names a class of tokenizers that transformers does not have.
    """
    if tokenizer is None:
        return
    auto = importlib.import_module("transformers.models.auto.tokenization_auto")
    config = auto.get_tokenizer_config(tokenizer.name_or_path)
    kind = config.get("tokenizer_class")
    if kind and not any(auto.tokenizer_class_from_name(str(kind) + end) for end in ("", "Fast")):
        raise CheckpointError(
            f"{name}: its tokenizer is of the class {str(kind)[:80]!r}, which transformers does "
            "not have: code that comes with a checkpoint is not run, and another tokenizer would "
            "number its texts differently."
        )


def tell_of_code(name: str, **parts: Any) -> None:
    """Warn of parts which have code of their own, and were opened by transformers' classes instead.

    Args:
        name: the checkpoint's.
        parts: what was opened, by what it is called.
    """
    for part, opened in parts.items():
        own = getattr(opened, "init_kwargs", None) or vars(opened) if opened is not None else {}
        if own.get("auto_map"):
            logging.getLogger("isthmus").warning(
                "%s brings code of its own for its %s, %s, which is not run: transformers' "
                "class is used instead, and may compute something else.",
                name,
                part,
                short(own["auto_map"]),
            )


@contextmanager
def no_foreign_code(name: str) -> Generator[None]:
    """Inside, transformers runs no file of a repository and asks nobody whether it may.

    Args:
        name: the checkpoint's, for messages.

    Raises:
        ForeignCodeError: the checkpoint cannot be opened without its code.
    """
    refusal = ForeignCodeError(
        f"{name} needs Python code that came with the checkpoint, and isthmus runs none: take a "
        "checkpoint of an architecture and tokenizer that transformers itself has."
    )

    def barred(*_: Any, **__: Any) -> NoReturn:
        raise refusal

    try:
        importlib.import_module("transformers")
    except ImportError:
        yield
        return
    owners = [(importlib.import_module(module), attribute) for module, attribute in _BARRED]
    places = [(owner, name, barred) for owner, name in owners if hasattr(owner, name)]
    # or a configuration without trust_remote_code would ask for it on the terminal
    with replaced([*places, (places[0][0], "TIME_OUT_REMOTE_CODE", 0)]):
        try:
            yield
        except ValueError as error:
            if _TRUST in str(error) and not isinstance(error, RequestError):
                raise refusal from error
            raise


@contextmanager
def replaced(places: Sequence[tuple[Any, str, Any]]) -> Generator[None]:
    """Inside, attributes of other libraries have other values; one thread at a time.

    Args:
        places: module or class, attribute, value.
    """
    with _ALONE:
        kept = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in places]
        try:
            for owner, attribute, value in places:
                setattr(owner, attribute, value)
            yield
        finally:
            for owner, attribute, value in kept:
                setattr(owner, attribute, value)
