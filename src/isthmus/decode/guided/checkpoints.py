"""Language models of transformers, opened one way: safetensors only, no code, each part whole."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isthmus.encode.foreign_configs import check_tokenizer
from isthmus.encode.hub import open_checkpoint
from isthmus.records import a_kind
from isthmus.types import ExtraMissingError, RequestError

if TYPE_CHECKING:
    import torch

CAUSAL = ("AutoModelForCausalLM", "causal", "SmolLM2, GPT-2 or Llama")
MASKED = ("AutoModelForMaskedLM", "masked", "BERT")
"""The class of transformers that opens a kind, what the kind is called, and some that are of it."""


def check_installed() -> None:
    """Refuse to go on without what runs language models.

    Raises:
        ExtraMissingError: torch or transformers is not installed.
    """
    try:
        for name in ("torch", "transformers"):
            import_module(name)
        utils = import_module("transformers.utils.logging")
    except ImportError as error:
        raise ExtraMissingError(error.name or "transformers", "speak") from error
    utils.disable_progress_bar()


def opened(
    name: str, where: str, kind: tuple[str, str, str], dtype: "torch.dtype | None" = None
) -> tuple[Any, Any]:
    """Network and tokenizer of a folder that ``save_pretrained`` wrote, or of a hub's name.

    Args:
        name: the model's, for messages.
        where: the folder, or the name on the hub.
        kind: ``CAUSAL`` or ``MASKED``.
        dtype: what is computed in; None is float32.

    Raises:
        RequestError: no such folder, a model of another kind, no tokenizer, weights that are
            missing or no safetensors.
    """
    folder = Path(where).expanduser()
    if not folder.is_dir() and (folder.exists() or where.startswith((".", "/", "~"))):
        raise RequestError(f"There is no folder {where} of a language model.")
    place = str(folder) if folder.is_dir() else where
    return open_checkpoint(
        name, lambda: _from_pretrained(name, place, kind, dtype), "speak", folder.is_dir()
    )


def _from_pretrained(
    name: str, where: str, kind: tuple[str, str, str], dtype: "torch.dtype | None"
) -> tuple[Any, Any]:
    import torch
    import transformers

    opener, called, such = getattr(transformers, kind[0]), *kind[1:]
    config = transformers.AutoConfig.from_pretrained(where, trust_remote_code=False)
    if type(config) not in opener._model_mapping:
        raise RequestError(
            f"{name} is of {a_kind(config)}, no {called} language model: wanted is one such as "
            f"{such}."
        )
    tokenizer = _tokenizer(name, where)
    network, report = opener.from_pretrained(
        where,
        use_safetensors=True,
        dtype=dtype or torch.float32,
        output_loading_info=True,
        trust_remote_code=False,
    )
    if missing := sorted(report["missing_keys"]):
        raise RequestError(f"{name} lacks {len(missing)} of its weights, such as {missing[0]!r}.")
    return network.eval(), tokenizer


def _tokenizer(name: str, where: str) -> Any:
    from transformers import AutoTokenizer

    lacking = RequestError(
        f"{name} has no tokenizer: wanted is a folder with tokenizer.json, as "
        "tokenizer.save_pretrained writes it."
    )
    try:
        tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise lacking from error
    if tokenizer("dog").input_ids == tokenizer("cat").input_ids:
        # without its files, transformers makes a tokenizer that knows no words
        raise lacking
    check_tokenizer(name, tokenizer)
    return tokenizer
