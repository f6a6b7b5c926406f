"""What a language model is to the strategies: a context that is read once and then grows.

Any model fits that says how probable each next token is; a toy of three words does (see the tests).
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float


@runtime_checkable
class Context(Protocol):
    """Rows of tokens of one length that a model has read; never changed, only continued."""

    @property
    def log_probs(self) -> Float[np.ndarray, "b v"]:
        """Of the next token, in nats."""
        ...

    @property
    def states(self) -> Float[np.ndarray, "b t h"]:
        """The last hidden state at each token that was read."""
        ...

    def take(self, rows: Sequence[int]) -> "Context":
        """These rows, in this order; one may be taken several times."""
        ...

    def push(self, tokens: Sequence[int]) -> "Context":
        """Every row one token longer: only that token is computed, the rest is kept."""
        ...


@runtime_checkable
class LanguageModel(Protocol):
    """Tokens in, the probabilities of the next one out."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    @property
    def limit(self) -> int:
        """Tokens that are read at most, those of the text to be written included."""
        ...

    @property
    def pieces(self) -> Sequence[str]:
        """The text that each token adds to a text; empty for tokens that add none."""
        ...

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without marks at its ends."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens."""
        ...

    def read(self, ids: Sequence[int]) -> Context:
        """One row: the tokens of a prompt, at least one."""
        ...

    def log_likelihoods(self, rows: Sequence[Sequence[int]]) -> list[Float[np.ndarray, " t"]]:
        """For each row the log probability of every token but the first, given those before."""
        ...


def perplexity(model: LanguageModel, prompt: str, text: str) -> float:
    """How surprising a text is to a model that has read a prompt: exp of the mean loss a token.

    Args:
        model: the language model.
        prompt: what stands before; not counted.
        text: of one token or more.
    """
    before = prompted(model, prompt)
    after = model.encode(text)
    (found,) = model.log_likelihoods([[*before, *after]])
    return float(np.exp(-found[len(before) - 1 :].mean()))


def prompted(model: LanguageModel, prompt: str, room: int = 256) -> list[int]:
    """The last tokens of a prompt for which a model has room, some kept for what is written.

    Args:
        model: the language model.
        prompt: of any length.
        room: tokens that are kept free.
    """
    ids = model.encode(prompt)
    return ids[-max(1, model.limit - room) :]
