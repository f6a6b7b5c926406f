"""Towers that are trained end to end: items in, unit vectors with gradients out. torch only.

Towers stay in evaluation mode: no dropout, and batch normalisation by the checkpoint's own
statistics, so that a training that was killed goes on to the same bytes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from isthmus.arrays import Vectors
from isthmus.encode.tuned import Trainable, trainable, tuning
from isthmus.types import EmbeddingSet, Encoder, Items, RequestError, Step

AT_ONCE = 64
"""Items whose activations are held at once; of larger batches they are computed again."""
KEPT = 2 << 30
"""Bytes of prepared items that are kept in memory."""


class Towers:
    """The towers of one joint model, the items they take, and the weights that are trained."""

    def __init__(
        self, encoders: Mapping[str, Encoder], items: Mapping[str, Items], trained: Iterable[str]
    ) -> None:
        self.trained = trainable(encoders, trained)
        modules = {id(one.module): one.module for one in self.trained.values()}
        if len(modules) != 1:
            raise RequestError("The towers of a space share one module, of which each is a part.")
        self.items = {m: dict(zip(items[m].ids, items[m], strict=True)) for m in self.trained}
        self.prepared: dict[tuple[str, str], dict[str, Tensor]] = {}
        self.room = KEPT
        named = dict(next(iter(modules.values())).named_parameters())
        self.reached = {m: self._reached(m, named) for m in self.trained}
        """Names of the weights that each tower's vectors depend on."""
        self.parameters = {
            name: named[name] for name in sorted(set().union(*self.reached.values()))
        }
        self.start = self.weights()

    def weights(self) -> dict[str, np.ndarray]:
        """A copy of the trained weights, by their names in the model."""
        return {name: x.detach().cpu().numpy().copy() for name, x in self.parameters.items()}

    def take(self, weights: Mapping[str, np.ndarray]) -> None:
        """Put weights in the places of the present ones."""
        with torch.no_grad():
            for name, x in self.parameters.items():
                x.copy_(torch.tensor(weights[name]))

    @property
    def step(self) -> Step:
        """What training has done to the space so far."""
        return tuning(self.weights())

    def unit(self, modality: str, ids: Sequence[str]) -> Tensor:
        """(n, d) unit vectors of items, with gradients."""
        tower = self.trained[modality]
        inputs = [self._inputs(modality, part) for part in _parts(ids)]
        if len(inputs) == 1:
            return torch.nn.functional.normalize(tower.vectors(inputs[0]), dim=1)
        some: list[Any] = [checkpoint(tower.vectors, one, use_reentrant=False) for one in inputs]
        return torch.nn.functional.normalize(torch.cat(some), dim=1)

    def embedded(self, some: EmbeddingSet, step: Step) -> EmbeddingSet:
        """The same items by the present weights, in the tuned space."""
        if some.modality not in self.trained:
            return some.then(step, some.vectors)
        tower = self.trained[some.modality]
        with torch.inference_mode():
            parts = [
                tower.vectors(self._inputs(some.modality, ids)).cpu().numpy()
                for ids in _parts(some.ids)
            ]
        return some.then(step, np.concatenate(parts))

    def encoded(self, items: Items) -> Vectors:
        """(n, d) of other items by the present weights."""
        tower = self.trained[items.modality]
        return np.concatenate([tower.encode(some) for some in _parts(list(items))])

    def _inputs(self, modality: str, ids: Sequence[str]) -> dict[str, Tensor]:
        """Prepared items in rows; each is read once, as far as memory goes."""
        known, items = self.prepared, self.items[modality]
        rows = {name: known[modality, name] for name in ids if (modality, name) in known}
        missing = [name for name in dict.fromkeys(ids) if name not in rows]
        if missing:
            fresh = self.trained[modality].inputs([items[name] for name in missing])
            for row, name in enumerate(missing):
                rows[name] = {key: array[row : row + 1].clone() for key, array in fresh.items()}
                size = sum(array.nbytes for array in rows[name].values())
                if size <= self.room:
                    self.room -= size
                    self.prepared[modality, name] = rows[name]
        keys = rows[ids[0]]
        return {key: torch.cat([rows[name][key] for name in ids]) for key in keys}

    def _reached(self, modality: str, named: Mapping[str, Any]) -> list[str]:
        tower: Trainable = self.trained[modality]
        one = next(iter(self.items[modality].values()))
        found = tower.vectors(tower.inputs([one])).sum()
        if not found.requires_grad:
            raise RequestError(
                f"All weights of {tower.space.name} for {modality} are frozen: name another tower "
                "in --towers, or the space without prompted:."
            )
        found.backward()
        found = [name for name, x in named.items() if x.grad is not None]
        tower.module.zero_grad()
        return found


def _parts(some: Sequence[Any]) -> list[Sequence[Any]]:
    return [some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE)]
