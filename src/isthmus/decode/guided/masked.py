"""Masked language models of transformers by folder or name, for ConZIC: BERT and its kin."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.guided.checkpoints import MASKED, check_installed, opened
from isthmus.decode.guided.reading import WORD
from isthmus.records import dataclass

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class MaskedModel:
    """A masked language model on the CPU."""

    name: str
    network: "torch.nn.Module" = field(repr=False)
    tokenizer: Any = field(repr=False)
    limit: int

    @cached_property
    def whole(self) -> Mapping[str, int]:
        """Tokens that are a word of their own, by that word."""
        special, found = set(self.tokenizer.all_special_ids), dict[str, int]()
        for token in range(len(self.tokenizer)):
            word = self.tokenizer.decode([token]).strip()
            if token not in special and WORD.fullmatch(word):
                ids = self.tokenizer(f"a {word}", add_special_tokens=False).input_ids
                if ids[-1:] == [token] and len(ids) == 2:
                    found.setdefault(word, token)
        return found

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without marks at its ends."""
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def fill(self, before: str, chosen: Sequence[str], place: int) -> Float[np.ndarray, " v"]:
        """Log probabilities of what stands in one place of a sentence, that word not seen.

        Args:
            before: the text before the sentence.
            chosen: words of the sentence; empty ones are masked.
            place: of the word that is asked for.
        """
        import torch

        mask = self.tokenizer.mask_token
        said = [mask if k == place or not one else one for k, one in enumerate(chosen)]
        masked = f"{' '.join(said)}."
        inputs = self.tokenizer(masked, return_tensors="pt", add_special_tokens=True)
        start = self.encode(f"{before} ")[-(self.limit - inputs.input_ids.shape[1]) :]
        if before and start:  # behind the mark of the beginning
            more = torch.tensor([start])
            whole = torch.cat([inputs.input_ids[:, :1], more, inputs.input_ids[:, 1:]], dim=1)
        else:
            whole = inputs.input_ids
        masks = (whole[0] == self.tokenizer.mask_token_id).nonzero()[:, 0]
        number = sum(one == mask for one in said[:place])
        with torch.inference_mode():
            logits = self.network(input_ids=whole).logits[0, masks[number]]
            return logits.float().log_softmax(-1).numpy()


def load_masked(name: str) -> MaskedModel:
    """A masked language model from a folder that ``save_pretrained`` wrote, or a hub's name.

    Raises:
        RequestError: no such folder, no masked language model, or no tokenizer.
        ExtraMissingError: torch or transformers is not installed.
    """
    check_installed()
    network, tokenizer = opened(name, name, MASKED)
    positions = int(getattr(network.config, "max_position_embeddings", 512))
    return MaskedModel(name, network, tokenizer, positions - 2)
