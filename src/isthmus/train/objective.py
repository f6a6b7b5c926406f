"""What one batch is asked: the loss and its regularisers. torch only."""

import torch
from torch import Tensor

from isthmus.registry import find
from isthmus.train import LOSSES, REGULARISERS, VECTOR_LOSSES
from isthmus.train.batches import Batch
from isthmus.train.model import Model
from isthmus.train.recipe import Recipe


def terms(
    model: Model, recipe: Recipe, batch: Batch, first: Tensor, second: Tensor
) -> dict[str, Tensor]:
    """Each term by name, weighted; their sum is what is made smaller.

    Args:
        model: the similarity and the temperature are used.
        recipe: loss and regularisers.
        batch: objects, and which pairs are swapped.
        first: (n, e) rows of the general modality, after its head.
        second: (n, e) rows of the other one; row i matches row i.

    Source of swapping: Yaras et al. 2025, Explaining and Mitigating the Modality Gap.
    """
    swapped = torch.from_numpy(batch.swapped)[:, None]
    a, b = torch.where(swapped, second, first), torch.where(swapped, first, second)
    targets = None
    if recipe.per_object > 1:
        things = torch.from_numpy(batch.objects)
        targets = (things[:, None] == things[None, :]).to(a.dtype)
    found: dict[str, Tensor] = {}
    if recipe.loss in VECTOR_LOSSES:
        found[recipe.loss] = find("losses", VECTOR_LOSSES, recipe.loss)(a, b, targets)
    else:
        found[recipe.loss] = find("losses", LOSSES, recipe.loss)(model.logits(a, b), targets)
    for name, weight in recipe.weights.items():
        term = find("regularisers", {**REGULARISERS, **VECTOR_LOSSES}, name)
        found[name] = weight * term(a, b)
    return found
