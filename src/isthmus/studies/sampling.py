"""Smaller studies of large sets: whole objects, drawn with a seed."""

import numpy as np

from isthmus.types import EmbeddingSet, objects_of


def whole_objects(
    a: EmbeddingSet, b: EmbeddingSet, rows: np.ndarray, most: int, rng: np.random.Generator
) -> tuple[EmbeddingSet, EmbeddingSet, np.ndarray]:
    """Both sets and their link rows, cut to whole objects so that neither exceeds ``most`` rows.

    Sets that are small enough come back as they are.
    """
    if max(len(a), len(b)) <= most:
        return a, b, rows
    left, right = objects_of(rows, len(a), len(b))
    order = rng.permutation(int(max(left.max(), right.max())) + 1)
    held = [np.cumsum(np.bincount(side, minlength=len(order))[order]) for side in (left, right)]
    fits = (held[0] <= most) & (held[1] <= most)
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[fits]] = True
    small_a, small_b = (
        some.take(name for name, keep in zip(some.ids, chosen[side], strict=True) if keep)
        for some, side in ((a, left), (b, right))
    )
    kept = rows[chosen[left[rows[:, 0]]]]
    renumber = [np.cumsum(chosen[side]) - 1 for side in (left, right)]
    renumbered = np.stack([renumber[0][kept[:, 0]], renumber[1][kept[:, 1]]], axis=1)
    return small_a, small_b, renumbered
