"""What every loss must satisfy, on logits or on vectors, also a third party's."""

from collections.abc import Callable
from importlib.util import find_spec
from inspect import signature
from typing import Any
from unittest.mock import patch

import numpy as np

from isthmus.arrays import unit
from isthmus.registry import find
from isthmus.similarity.hyperbolic import lifted
from isthmus.train import LOSSES, VECTOR_LOSSES
from isthmus.types import RequestError

N, D = 6, 5
TWO = np.kron(np.eye(N // 2), np.ones((2, 2)))
"""Targets with two matches a row."""
Value = Callable[..., Any]
"""A loss of the inputs and targets."""
Inputs = tuple[np.ndarray, ...]
"""Logits, or two sides of vectors."""


def check_loss(loss: str | Callable[..., Any]) -> None:
    """Assert that a loss on logits keeps its contract.

    It gives one number that prefers true pairs, whatever the order of the batch, stays finite in
    float32 at logits of ±1e4, has the gradient that finite differences give (where torch is
    installed), takes several matches a row or refuses them in a sentence, and agrees with its
    tiled form where it has one.

    Args:
        loss: a name in ``LOSSES``, or ``loss(logits, targets) -> scalar``.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    value = find("losses", LOSSES, loss) if isinstance(loss, str) else loss
    rng, match = np.random.default_rng(0), np.eye(N)
    logits, order = rng.normal(size=(N, N)), rng.permutation(N)
    plain = _number(value(logits))
    assert _number(value(logits + 2 * match)) < plain, "Closer pairs must lose less."
    _check_pairs(value, (5 * match,), (5 * np.roll(match, 1, axis=1),))
    _check_order(value, (logits,), (logits[order][:, order],), (logits[:, order],), match[:, order])
    _check_extremes(value, [(1e4 * rng.normal(size=(N, N)),), (1e4 * match,), (-1e4 * match,)])
    _check_gradient(value, (logits,))
    _check_several(value, (logits,), (logits + 2 * TWO,))
    _check_tiled(loss, value)


def check_vector_loss(loss: str | Callable[..., Any]) -> None:
    """Assert that a loss on two sides of vectors keeps its contract; as ``check_loss``.

    Args:
        loss: a name in ``VECTOR_LOSSES``, or ``loss(a, b, targets) -> scalar``. What matches lies
            in one direction from the origin, b farther out.

    Raises:
        AssertionError: a clause is broken; says which.
    """
    value = find("losses", VECTOR_LOSSES, loss) if isinstance(loss, str) else loss
    rng, match = np.random.default_rng(0), np.eye(N)
    tangents, order = unit(rng.normal(size=(N, D)), np.float64), rng.permutation(N)
    a, b = lifted(0.7 * tangents), lifted(1.4 * tangents + 0.1 * rng.normal(size=(N, D)))
    unmatched = np.roll(b, 1, axis=0)
    _check_pairs(value, (a, b), (a, unmatched))
    _check_order(value, (a, b), (a[order], b[order]), (a, b[order]), match[:, order])
    _check_extremes(value, [(1e4 * a, 1e4 * b), (1e-4 * a, 1e-4 * b), (0 * a, b)])
    _check_gradient(value, (a, unmatched))
    alike = np.repeat(tangents[: N // 2], 2, axis=0)
    _check_several(value, (a, b), (lifted(0.7 * alike), lifted(1.4 * alike)))


def _check_pairs(value: Value, matched: Inputs, unmatched: Inputs) -> None:
    assert _number(value(*matched)) < _number(value(*unmatched)), (
        "Pairs that match must lose less than pairs that do not."
    )


def _check_order(
    value: Value, inputs: Inputs, reordered: Inputs, moved: Inputs, targets: np.ndarray
) -> None:
    """In another order, and with the second side alone in another order."""
    plain = value(*inputs)
    assert np.isclose(value(*inputs, np.eye(N)), plain), "No targets must mean the diagonal."
    assert np.isclose(value(*moved, targets), plain), "Targets must say which pairs match."
    assert np.isclose(value(*reordered), plain), "The order of the batch must not count."


def _number(found: Any) -> float:
    assert np.shape(found) == (), f"A loss gives one number, not an array of {np.shape(found)}."
    return float(found)


def _check_extremes(value: Value, inputs: list[Inputs]) -> None:
    for some in inputs:
        single = [x.astype(np.float32) for x in some]
        assert np.isfinite(_number(value(*single))), "A loss stays finite at extreme inputs."
        if find_spec("torch"):
            import torch

            leaves = [torch.tensor(x, requires_grad=True) for x in single]
            gradients: Any = torch.autograd.grad(value(*leaves), leaves)
            assert all(bool(torch.isfinite(x).all()) for x in gradients), (
                "The gradient stays finite at extreme inputs."
            )


def _check_gradient(value: Value, inputs: Inputs) -> None:
    """NumPy and torch agree, and torch's gradient is that of finite differences."""
    if not find_spec("torch"):
        return
    import torch

    leaves = [torch.tensor(x, requires_grad=True) for x in inputs]
    found = value(*leaves)
    assert np.isclose(float(found.detach()), float(value(*inputs)), rtol=1e-9), (
        "NumPy and torch must give the same number."
    )
    gradients: Any = torch.autograd.grad(found, leaves)
    for side, gradient in enumerate(gradients):
        for place in np.ndindex(*inputs[side].shape):
            step = [np.zeros_like(x) for x in inputs]
            step[side][place] = 1e-6
            up, down = (
                float(value(*(x + sign * s for x, s in zip(inputs, step, strict=True))))
                for sign in (1, -1)
            )
            assert abs(float(gradient[place]) - (up - down) / 2e-6) < 1e-5, (
                f"The gradient at {place} is not that of finite differences."
            )


def _check_several(value: Value, inputs: Inputs, better: Inputs) -> None:
    """Two matches a row are taken, and being closer pays, or they are refused in a sentence."""
    try:
        plain, closer = _number(value(*inputs, TWO)), _number(value(*better, TWO))
    except RequestError as error:
        assert len(str(error).split()) > 4, f"A refusal is a sentence, not {str(error)!r}."
        return
    assert closer < plain, "With several matches a row, closer pairs must lose less."


def _check_tiled(loss: str | Callable[..., Any], value: Value) -> None:
    """The tiled form gives the same number and gradient, in tiles of two rows."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "")
    if not find_spec("torch") or name not in LOSSES or find("losses", LOSSES, name) is not value:
        return
    import torch

    from isthmus.train.losses import tiled

    if name not in tiled.TILED:
        return
    rng = np.random.default_rng(1)
    sides = [torch.tensor(rng.normal(size=(N, D)), requires_grad=True) for _ in "ab"]
    with patch.object(tiled, "BLOCK", 2 * N):
        found = tiled.tiled(name)(*sides, 3.0)
        gradients: Any = torch.autograd.grad(found, sides)
    scale = {"scale": 3.0} if "scale" in signature(value).parameters else {}
    wanted = value(3.0 * sides[0] @ sides[1].T, **scale)
    assert torch.isclose(found, wanted), "The tiled form must give the plain form's number."
    for one, other in zip(gradients, torch.autograd.grad(wanted, sides), strict=True):
        assert torch.allclose(one, other), "The tiled form must have the plain form's gradient."
