"""What every encoder must satisfy, also a third party's."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isthmus.testing.subjects import close
from isthmus.types import Encoder, ItemError, Space


def check_encoder(encoder: Encoder, items: Sequence[Any], tolerance: float = 1e-4) -> None:
    """Assert that an encoder keeps its contract on a few items: shape, dtype, order, batches.

    Vectors may differ between batch sizes by rounding only: by no more than ``tolerance`` of their
    length. The same batch twice gives the same bits.

    Args:
        encoder: what is tested.
        items: at least three items that it can read, not all alike.
        tolerance: share of a vector's length.

    Raises:
        AssertionError: a clause is broken; says which.

    Example:
        >>> import isthmus
        >>> check_encoder(isthmus.load("mini")["text"], ["a dog", "a red car", "snow"])
    """
    assert isinstance(encoder, Encoder), f"{encoder!r} lacks modality, space or encode."
    assert isinstance(encoder.modality, str) and encoder.modality, "The modality is a name."
    assert isinstance(encoder.space, Space), f"The space is {encoder.space!r}, not a Space."
    assert len(items) >= 3, f"Give three items or more to look at, not {len(items)}."
    vectors = encoder.encode(items)
    _check_form(vectors, len(items), encoder.space)
    assert not np.allclose(vectors, vectors[0]), "Different items all have one vector."
    before = vectors.copy()
    np.testing.assert_array_equal(
        encoder.encode(items), before, "The same batch gave other vectors the second time."
    )
    np.testing.assert_array_equal(vectors, before, "A later call changed an earlier result.")
    reverse = encoder.encode(list(items)[::-1])[::-1]
    close(reverse, before, tolerance, "The order of the items changes their vectors")
    single = np.concatenate([encoder.encode([item]) for item in items])
    close(single, before, tolerance, "An item's vector depends on its batch")
    _check_refusal(encoder)


def check_model(model: Mapping[str, Encoder], items: Mapping[str, Sequence[Any]]) -> None:
    """Assert that a joint model's encoders keep their contract and share one space.

    Args:
        model: encoders by modality, as ``isthmus.load`` gives them.
        items: three items or more of each modality.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    assert model, "A model has at least one encoder."
    spaces = {encoder.space for encoder in model.values()}
    assert len(spaces) == 1, f"A joint model has one space, not {[space.id for space in spaces]}."
    for modality, encoder in model.items():
        assert encoder.modality == modality, f"{modality!r} holds a {encoder.modality!r} encoder."
        check_encoder(encoder, items[modality])


def _check_form(vectors: np.ndarray, rows: int, space: Space) -> None:
    wanted = (rows, space.dim)
    assert isinstance(vectors, np.ndarray), f"Vectors are an array, not {type(vectors).__name__}."
    assert vectors.shape == wanted, f"Vectors have the shape {vectors.shape}, not {wanted}."
    assert vectors.dtype == np.float32, f"Vectors are {vectors.dtype}, not float32."
    assert np.isfinite(vectors).all(), "Vectors hold NaN or infinity."
    assert (np.abs(vectors).max(axis=1) > 0).all(), "A vector is zero, so it has no direction."
    assert space.scale > 0, f"The scale multiplies similarities, so it is positive: {space.scale}."


def _check_refusal(encoder: Encoder) -> None:
    try:
        encoder.encode([object()])
    except ItemError:
        return
    except Exception as error:
        raise AssertionError(
            f"An item that cannot be read raises ItemError, not {type(error).__name__}: {error}"
        ) from error
    raise AssertionError("An item that cannot be read raises ItemError, but was encoded.")
