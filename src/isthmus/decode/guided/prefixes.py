"""Prefix-cached contrastive scoring: a causal text tower computes what is new of a candidate.

In a causal tower no position sees those behind it, so that keys and values of a prefix are the
same whatever follows. Candidates that share a prefix then cost their own tokens and the mark of
the end, two positions as a rule, instead of the whole text (trimmed) or of all 77 (padded).
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.decode.guided.scorers import TextScorer, WholeTexts, tidy
from isthmus.records import dataclass
from isthmus.types import Encoder

if TYPE_CHECKING:
    import torch

    Kept = tuple[tuple[torch.Tensor, torch.Tensor], ...]
    """Keys and values (heads, t, w) of each layer."""

TOLERANCE = 1e-4
"""By which a cosine's vector may differ from the encoder's own, both at length one."""
PREFIXES = 64
"""Whose keys and values are kept."""
_PROBE = ("a dog", "a photo of a red bicycle", "a photo of a red bird by the sea", "two people")


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer before its residual sums: x + out(attend(qkv(norm x))), then x + after(x)."""

    queries: "Callable[[torch.Tensor], tuple[torch.Tensor, ...]]"
    """(b, t, width) to queries, keys and values, each (b, t, width)."""
    out: "Callable[[torch.Tensor], torch.Tensor]"
    """What of the attended values (b, t, width) is added."""
    after: "Callable[[torch.Tensor], torch.Tensor]"
    """What of the second half is added: of (b, t, width)."""
    heads: int


@dataclass(frozen=True, eq=False)
class CausalTower:
    """A text tower in parts, whichever library it is of."""

    embed: "Callable[[torch.Tensor, int], torch.Tensor]"
    """Tokens (b, t) and the position of the first to (b, t, width)."""
    layers: tuple[Layer, ...]
    finish: "Callable[[torch.Tensor], torch.Tensor]"
    """(b, width) at the mark of the end to (b, d)."""

    def read(self, tokens: "torch.Tensor", past: "Kept | None") -> "tuple[torch.Tensor, Kept]":
        """Hidden states (b, t, width) of tokens behind what is kept, and all keys and values.

        Args:
            tokens: (b, t).
            past: of one row, which every row goes on from.
        """
        import torch
        from torch.nn import functional

        start = past[0][0].shape[1] if past else 0
        count, long = tokens.shape
        x = self.embed(tokens, start)
        mask = torch.ones(long, start + long, dtype=torch.bool).tril(start)
        kept = list[Any]()
        for number, layer in enumerate(self.layers):
            query, key, value = (
                one.view(count, long, layer.heads, -1).transpose(1, 2) for one in layer.queries(x)
            )
            if past:
                key, value = (
                    torch.cat([old.expand(count, -1, -1, -1), new], dim=2)
                    for old, new in zip(past[number], (key, value), strict=True)
                )
            kept.append((key[0], value[0]))
            found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
            x = x + layer.out(found.transpose(1, 2).reshape(count, long, -1))
            x = x + layer.after(x)
        return x, tuple(kept)


@dataclass(frozen=True, eq=False)
class Prefixed:
    """Scores by what candidates add to a prefix whose keys and values are kept."""

    encoder: Any
    tower: CausalTower = field(repr=False)
    kept: "OrderedDict[tuple[int, ...], Kept]" = field(default_factory=OrderedDict, repr=False)

    def vectors(self, prefix: str, candidates: Sequence[str]) -> Vectors:
        """Unit vectors (m, d) of the prefix with each candidate behind it."""
        return self.of_tokens(self.tokens([tidy(prefix + one) for one in candidates]))

    def scores(
        self, prefix: str, candidates: Sequence[str], target: Float[np.ndarray, " d"]
    ) -> Float[np.ndarray, " m"]:
        """Cosines to a unit vector."""
        return self.vectors(prefix, candidates) @ target

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each text up to the mark of the end, cut at what the tower takes."""
        return _rows(self.encoder, texts)

    def of_tokens(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors (m, d) of rows of tokens, each with its marks."""
        import torch

        shared = min(len(one) for one in rows) - 1
        while shared and any(one[:shared] != rows[0][:shared] for one in rows):
            shared -= 1
        with torch.inference_mode():
            past = self._past(tuple(rows[0][:shared])) if shared else None
            own = [torch.tensor(list(one[shared:])) for one in rows]
            x, _ = self.tower.read(torch.nn.utils.rnn.pad_sequence(own, batch_first=True), past)
            last = x[torch.arange(len(own)), torch.tensor([len(one) - 1 for one in own])]
            return unit(self.tower.finish(last).float().numpy())

    def _past(self, tokens: tuple[int, ...]) -> "Kept":
        """Keys and values of a prefix, from the longest one that is kept."""
        import torch

        if tokens in self.kept:
            self.kept.move_to_end(tokens)
            return self.kept[tokens]
        known = [one for one in self.kept if tokens[: len(one)] == one]
        longest = max(known, key=len, default=())
        more = torch.tensor([tokens[len(longest) :]])
        _, self.kept[tokens] = self.tower.read(more, self.kept.get(longest))
        while len(self.kept) > PREFIXES:
            self.kept.popitem(last=False)
        return self.kept[tokens]


def scorer_of(encoder: Encoder) -> TextScorer:
    """The quickest exact scorer of an encoder of texts.

    Towers of torch whose layers attend to what stands before only are scored by prefix; that it
    gives the encoder's own vectors to 1e-4 is tried once on a few texts, or else whole texts are
    encoded.
    """
    found = prefixed(encoder) if hasattr(encoder, "tokenize") else None
    return found or WholeTexts(encoder)


def prefixed(encoder: Any) -> Prefixed | None:
    """The scorer of a causal tower of open_clip or transformers; None where it would differ."""
    import torch

    makers = (_of_open_clip, _of_transformers)
    for make in makers:
        try:
            scorer = Prefixed(encoder, make(encoder.module))
            with torch.inference_mode():
                found = scorer.vectors("", _PROBE)
        except (AttributeError, TypeError, ValueError, RuntimeError):
            continue  # a tower of other parts
        own = unit(np.asarray(encoder.encode(list(_PROBE)), np.float32))
        if np.abs(found - own).max() <= TOLERANCE:
            return scorer
    return None


def _rows(encoder: Any, texts: Sequence[str]) -> list[list[int]]:
    """Tokens of each text, its padding left out."""
    inputs = encoder.tokenize(list(texts))
    ids = inputs.get("text", inputs.get("input_ids")).tolist()
    rows = [one[:kept] for one, kept in zip(ids, encoder.lengths(inputs).tolist(), strict=True)]
    return [one[: one.index(one[-1]) + 1] for one in rows]  # towers read the first mark of the end


def _of_open_clip(model: Any) -> CausalTower:
    tower = getattr(model, "text", model)
    blocks = [_open_clip_layer(block) for block in tower.transformer.resblocks]

    def embed(tokens: "torch.Tensor", start: int) -> "torch.Tensor":
        places = tower.positional_embedding[start : start + tokens.shape[1]]
        return tower.token_embedding(tokens) + places

    def finish(x: "torch.Tensor") -> "torch.Tensor":
        x, last = tower.ln_final(x), tower.text_projection
        if last is None:
            return x
        return last(x) if hasattr(last, "weight") else x @ last  # a layer, or a matrix

    return CausalTower(embed, tuple(blocks), finish)


def _open_clip_layer(block: Any) -> Layer:
    from torch.nn import functional

    inner = block.attn

    def queries(x: "torch.Tensor") -> "tuple[torch.Tensor, ...]":
        found = functional.linear(block.ln_1(x), inner.in_proj_weight, inner.in_proj_bias)
        return found.chunk(3, dim=-1)

    return Layer(
        queries,
        lambda x: block.ls_1(inner.out_proj(x)),
        lambda x: block.ls_2(block.mlp(block.ln_2(x))),
        inner.num_heads,
    )


def _of_transformers(model: Any) -> CausalTower:
    import torch

    tower = model.text_model
    layers = [_transformers_layer(one) for one in tower.encoder.layers]

    def embed(tokens: "torch.Tensor", start: int) -> "torch.Tensor":
        places = torch.arange(start, start + tokens.shape[1])[None]
        return tower.embeddings(input_ids=tokens, position_ids=places)

    def finish(x: "torch.Tensor") -> "torch.Tensor":
        return model.text_projection(tower.final_layer_norm(x))

    return CausalTower(embed, tuple(layers), finish)


def _transformers_layer(layer: Any) -> Layer:
    inner = layer.self_attn

    def queries(x: "torch.Tensor") -> "tuple[torch.Tensor, ...]":
        x = layer.layer_norm1(x)
        return inner.q_proj(x), inner.k_proj(x), inner.v_proj(x)

    return Layer(
        queries, inner.out_proj, lambda x: layer.mlp(layer.layer_norm2(x)), inner.num_heads
    )
