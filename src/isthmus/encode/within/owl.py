"""Boxes of OWL-ViT and OWLv2, with vectors in the space of their texts.

Each patch of these models predicts a box, and a vector that is compared to texts by cosine. What
they add to the cosine and multiply it with, a shift and a scale of each patch, is left out: it is
the same for every text, and presence compares a part's cosines to different words.

Source: Minderer et al. 2022, Simple Open-Vocabulary Object Detection with Vision Transformers.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from isthmus.encode.within.framing import Boxes

if TYPE_CHECKING:
    import torch

    from isthmus.encode.within.tokens import Look

MOST = 300
"""Boxes of a picture, the most objectlike, where the model says how much they are (OWLv2)."""
HEADS = "class_head."
"""What the names of a detector's weights begin with, which a dual encoder leaves over."""


def detector(where: str, model: Any, left: Iterable[str]) -> Any:
    """The detector around a dual encoder that is loaded already; None where there is none.

    Args:
        where: a folder or a name of the hub; only safetensors are read.
        model: the dual encoder.
        left: names of the weights that it left over.
    """
    if not any(name.startswith(HEADS) for name in left):
        return None
    import torch
    from transformers import AutoModelForZeroShotObjectDetection

    whole = AutoModelForZeroShotObjectDetection.from_pretrained(
        where, use_safetensors=True, dtype=torch.float32, trust_remote_code=False
    )
    setattr(whole, whole.base_model_prefix, model)
    return whole.eval()


def of_detector(whole: Any) -> "dict[str, Look]":
    """How the boxes of a detector are looked at."""

    def look(inputs: "Mapping[str, torch.Tensor]") -> "tuple[Boxes, torch.Tensor]":
        grid = whole.image_embedder(pixel_values=inputs["pixel_values"])[0]
        features = grid.flatten(1, 2)
        boxes = whole.box_predictor(features, grid)[0]
        vectors = whole.class_predictor(features)[1][0]
        if hasattr(whole, "objectness_head"):
            kept = whole.objectness_predictor(features)[0].topk(min(MOST, len(boxes))).indices
            boxes, vectors = boxes[kept], vectors[kept]
        centres, sides = boxes[:, :2], boxes[:, 2:]
        corners = (centres - sides / 2, centres + sides / 2)
        return _numbers(corners), vectors / (vectors.norm(dim=1, keepdim=True) + 1e-6)

    return {"boxes": look}


def _numbers(corners: "tuple[torch.Tensor, torch.Tensor]") -> Boxes:
    import torch

    return torch.cat(corners, dim=1).double().cpu().numpy()
