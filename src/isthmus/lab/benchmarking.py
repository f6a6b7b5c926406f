"""Any space as an encoder of mteb, mended ones too: ``isthmus.as_mteb("mended:FOLDER")``."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, unit
from isthmus.encode.benchmarked import KINDS
from isthmus.lab.embedding import embed, encoders_of
from isthmus.registry import find
from isthmus.similarity import SIMILARITIES
from isthmus.types import Encoder, ExtraMissingError, RequestError


class MtebEncoder:
    """mteb's ``EncoderProtocol`` over the encoders of a space.

    A batch that holds several modalities of one item, such as a picture with its words, becomes the
    mean of their unit vectors.
    """

    def __init__(self, encoders: Mapping[str, Encoder]) -> None:
        self.encoders = encoders
        self.space = next(iter(encoders.values())).space
        self._asked: dict[str, str] = {}

    def encode(
        self,
        inputs: Any,
        *,
        task_metadata: Any = None,
        prompt_type: Any = None,
        **options: Any,
    ) -> Vectors:
        """(n, d) float32 of batches, each a mapping from modalities to lists of items.

        Raises:
            RequestError: a batch holds no modality that the space encodes.
        """
        found = [self._batch(batch, prompt_type) for batch in inputs]
        return np.concatenate(found) if found else np.zeros((0, self.space.dim), np.float32)

    def _batch(self, batch: Mapping[str, Any], prompt_type: Any) -> Vectors:
        known = [name for name in self.encoders if name in batch]
        if not known:
            raise RequestError(
                f"{self.space.name} encodes {', '.join(self.encoders)}, and this batch holds "
                f"{', '.join(batch)}."
            )
        self._asked[str(getattr(prompt_type, "value", prompt_type))] = known[0]
        sides = [self._rows(name, [_item(one) for one in batch[name]]) for name in known]
        if len(sides) == 1:
            return np.asarray(sides[0])
        return np.asarray(np.mean([unit(side) for side in sides], axis=0), dtype=np.float32)

    def _rows(self, modality: str, items: Sequence[Any]) -> Vectors:
        """Vectors of all items: a benchmark counts rows, so that none may be skipped."""
        found = embed(self.encoders[modality], items, modality=modality)
        if faults := found.history[-1].parameters["faults"]:
            raise RequestError(
                f"{len(faults)} of {len(items)} {modality} items cannot be encoded, and may not be "
                f"left out of a benchmark: {next(iter(faults.values()))}"
            )
        return found.vectors

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """(n, m) torch scores of queries (n, d) and documents (m, d), by the space's own rule."""
        import torch

        a, b = (np.atleast_2d(np.asarray(x, np.float32)) for x in (embeddings1, embeddings2))
        return torch.from_numpy(np.ascontiguousarray(self._rule()(a, b), dtype=np.float32))

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """(n,) torch scores of each row with the row beside it."""
        import torch

        sides = (np.atleast_2d(np.asarray(x, np.float32)) for x in (embeddings1, embeddings2))
        rule = self._rule()
        pairs = zip(*sides, strict=True)
        return torch.tensor([float(rule(a[None], b[None])[0, 0]) for a, b in pairs])

    def _rule(self) -> Any:
        """What the space ranks by; a fitted rule knows which modality asks for which."""
        if self.space.rule is None:
            return find("similarities", SIMILARITIES, self.space.score)
        kinds = [*self.encoders]
        query = self._asked.get("query", self._asked.get("None", kinds[0]))
        return self.space.rule.between(query, self._asked.get("document", kinds[-1]))

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb writes beside the results: name, revision (the space's id), modalities."""
        from mteb.models.model_meta import ModelMeta, ScoringFunction

        plain = "".join(c if c.isalnum() or c in "-._" else "-" for c in self.space.name)
        cosine = self.space.rule is None and self.space.score == "cosine"
        return ModelMeta.create_empty(
            {
                "name": f"isthmus/{plain}",
                "revision": self.space.id,
                "embed_dim": self.space.dim,
                "modalities": [one for one in self.encoders if one in KINDS],
                "similarity_fn_name": ScoringFunction.COSINE if cosine else None,
            }
        )


def as_mteb(space: str | Mapping[str, Encoder]) -> MtebEncoder:
    """A space as an encoder that ``mteb.evaluate`` takes.

    Args:
        space: a name as ``isthmus.load`` takes it (``mended:FOLDER`` too), or what it gave.

    Raises:
        ExtraMissingError: mteb is not installed.
    """
    try:
        import_module("mteb")
    except ImportError as error:
        raise ExtraMissingError(error.name or "mteb", "mteb") from error
    return MtebEncoder(encoders_of(space))


def _item(one: Any) -> Any:
    """Sounds of mteb are samples and a rate in a mapping; others are taken as they are."""
    if isinstance(one, Mapping) and "array" in one:
        return np.asarray(one["array"], np.float32), int(one["sampling_rate"])
    return one
