"""``mteb:NAME``: a model of mteb's registry, by mteb's own wrapper, as a space.

What a model takes is told by its metadata. Prompts depend on the task there; here a model gets
those of a symmetrical task (``STSBenchmark``), which for most is none.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from isthmus.arrays import Vectors, fingerprint
from isthmus.encode.hub import open_checkpoint
from isthmus.encode.sentences import PROBE, READERS
from isthmus.encode.torch_towers import torch_device, weights_id
from isthmus.records import dataclass
from isthmus.types import ExtraMissingError, LoadOptions, RequestError, Space

KINDS = ("text", "image", "audio", "video")
"""Modalities that mteb knows."""

TASK = "STSBenchmark"
SCORES = {"cosine": "cosine", "dot": "dot", "euclidean": "euclidean"}
"""mteb's names of what a model ranks by, and ours."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BenchmarkedTower:
    """Items of one modality to vectors, by an encoder of mteb."""

    modality: str
    space: Space
    model: Any
    task: Any
    """Metadata of the task by which prompts are chosen."""
    preprocessing: str = "as mteb's wrapper of this model does it"
    batch: int = 64

    def encode(self, items: Sequence[Any]) -> Vectors:
        """The vectors of these items, (n, d) float32, as the model gives them.

        Raises:
            ItemError: an item cannot be read.
        """
        return _encoded(self.model, self.task, self.modality, items)


def load(rest: str, options: LoadOptions) -> dict[str, BenchmarkedTower]:
    """Every tower of a model of mteb's registry: ``mteb:org/name``.

    Raises:
        RequestError: mteb has no such model, or it cannot be opened here; says why.
        ExtraMissingError: mteb is not installed, or what the model needs.
    """
    try:
        import mteb
    except ImportError as error:
        raise ExtraMissingError(error.name or "mteb", "mteb") from error
    name, device = f"mteb:{rest}", str(torch_device(options))
    model = open_checkpoint(name, lambda: mteb.get_model(rest, device=device), "mteb", False)
    meta, task = model.mteb_model_meta, mteb.get_task(TASK).metadata
    known = [one for one in meta.modalities if one in READERS]
    score = str(getattr(meta.similarity_fn_name, "value", meta.similarity_fn_name) or "cosine")
    if not known or score not in SCORES or not hasattr(model, "encode"):
        raise RequestError(
            f"{name} takes {', '.join(meta.modalities)} and ranks by {score}: opened are encoders "
            f"of {', '.join(READERS)} that rank by {', '.join(SCORES)}."
        )
    # the library's wrappers keep a module of torch, whose weights tell the space; else its revision
    weights = (
        weights_id(model.model) if hasattr(getattr(model, "model", None), "state_dict") else ""
    )
    probe = _encoded(model, task, "text", PROBE) if "text" in known else np.zeros((0, 1))
    content = np.round(probe.astype(np.float64), 3).tolist() if not weights else []
    identity = fingerprint("mteb", rest, str(meta.revision), weights, content)
    dim = int(meta.embed_dim) if isinstance(meta.embed_dim, int) else probe.shape[1]
    space = Space(name, identity, dim, score=SCORES[score])
    return {m: BenchmarkedTower(modality=m, space=space, model=model, task=task) for m in known}


def _encoded(model: Any, task: Any, modality: str, items: Sequence[Any]) -> Vectors:
    from torch.utils.data import DataLoader

    rows = [{modality: READERS[modality](item)} for item in items]

    def together(some: list[dict[str, Any]]) -> dict[str, list[Any]]:
        return {modality: [one[modality] for one in some]}

    batches: Any = DataLoader(rows, batch_size=64, collate_fn=together)  # type: ignore[arg-type]
    found = model.encode(
        batches, task_metadata=task, hf_split="test", hf_subset="default", show_progress_bar=False
    )
    plain = found.detach().cpu().numpy() if hasattr(found, "detach") else found
    return np.asarray(plain, dtype=np.float32)
