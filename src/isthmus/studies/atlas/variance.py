"""Whose doing is the variance of an atlas: object, view and, where there are any, drawing style?"""

from collections.abc import Mapping

import numpy as np

from isthmus import measure
from isthmus.studies.atlas.inputs import AtlasInput
from isthmus.types import IsthmusError, Result

OWN_STYLE = "shaded"
"""Style of the views that everything else is measured on."""


def shared(
    data: AtlasInput, rows: Mapping[str, np.ndarray], seed: int
) -> tuple[dict[str, Result], dict[str, str]]:
    """Variance by object and view, and by style; or why there is none.

    Args:
        data: views of an atlas.
        rows: of each object, the rows of its views, in order.
        seed: of the intervals.
    """
    if not data.ring and len({len(own) for own in rows.values()}) > 1:
        return {}, {"variance": "the objects are not seen from the same views"}
    picked = np.concatenate(list(rows.values()))
    owner = np.repeat(list(rows), [len(own) for own in rows.values()])
    view = np.concatenate([np.arange(len(own)) for own in rows.values()])
    vectors = data.views.unit[picked]
    found, missing = _tried("variance", vectors, {"object": owner, "view": view}, seed)
    if data.styled is None:
        return found, missing
    number = {str(data.factors[data.views.ids[row]].get("view")): at for row, at in
              zip(picked, view, strict=True)}  # fmt: skip
    cells = [data.factors[name] for name in data.styled.ids]
    known = [
        row for row, cell in enumerate(cells)
        if cell["object"] in rows and str(cell["view"]) in number
    ]  # fmt: skip
    grid = {
        "object": np.append(owner, [str(cells[row]["object"]) for row in known]),
        "view": np.append(view, [number[str(cells[row]["view"])] for row in known]),
        "style": np.append([OWN_STYLE] * len(picked), [str(cells[row]["style"]) for row in known]),
    }
    both = np.concatenate([vectors, data.styled.unit[known]])
    styled, why = _tried("variance with style", both, grid, seed)
    return {**found, **styled}, {**missing, **why}


def _tried(
    key: str, vectors: np.ndarray, factors: Mapping[str, np.ndarray], seed: int
) -> tuple[dict[str, Result], dict[str, str]]:
    try:
        rng = np.random.default_rng(seed)
        return {key: measure.variance_shares(vectors, factors, rng=rng)}, {}
    except IsthmusError as error:
        return {}, {key: str(error)}
