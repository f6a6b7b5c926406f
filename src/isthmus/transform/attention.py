"""Attention over the parts of a bag: fitted on bags whose class is known.

Parts are the rows of x (n, d); the parts of one bag follow each other.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vector
from isthmus.records import dataclass
from isthmus.types import RequestError


@dataclass(frozen=True, eq=False)
class Attention:
    """How much each part of a bag counts: the softmax of its product with a query."""

    query: Vector
    """(d,); its length is one over the temperature, so zero is the mean."""

    def __call__(self, parts: Float[np.ndarray, "p d"]) -> Float[np.ndarray, " p"]:
        """Weights of the parts (p, d) of one bag: 0 or more, summing to one."""
        return _weights(parts @ self.query, np.zeros(1, int))


def fit_attention(
    bags: Sequence[np.ndarray],
    labels: Sequence[int] | np.ndarray,
    classes: Float[np.ndarray, "c d"],
    *,
    scale: float = 20.0,
    ridge: float = 1e-3,
) -> Attention:
    """The query by which bags, pooled with it, come nearest to their own class.

    Minimises the mean cross-entropy of softmax(scale · ⟨Σ_p w_p x_p, c⟩) over the classes, plus
    ridge · |query|², with weights w = softmax(x · query); starts from the mean, the query 0.

    Args:
        bags: (p, d) unit vectors of each bag's parts.
        labels: row of ``classes`` that each bag belongs to.
        classes: (c, d) unit vectors, such as those of the class names.
        scale: sharpness of the softmax over classes.
        ridge: keeps the query short; at 0 separable bags have none that is best.

    Raises:
        RequestError: no bags, a bag without parts, or labels that are no rows of ``classes``.

    Source: Ilse et al. 2018, Attention-based deep multiple instance learning, equation 8, with a
    linear score in place of a network.
    """
    from scipy.optimize import minimize

    truth = _checked(bags, np.asarray(labels), len(classes))
    x = np.concatenate(bags).astype(np.float64)
    starts = np.cumsum([0, *map(len, bags)])[:-1]
    owner = np.repeat(np.arange(len(bags)), [len(bag) for bag in bags])
    own = np.eye(len(classes))[truth]

    def loss(query: np.ndarray) -> tuple[float, np.ndarray]:
        weights = _weights(x @ query, starts)
        logits = scale * np.add.reduceat(weights[:, None] * x, starts) @ classes.T
        logits -= logits.max(axis=1, keepdims=True)
        total = np.exp(logits).sum(axis=1, keepdims=True)
        entropy = (np.log(total[:, 0]) - (logits * own).sum(axis=1)).mean()
        towards = scale * (np.exp(logits) / total - own) @ classes / len(bags)
        pull = weights * (x * towards[owner]).sum(axis=1)
        pull -= weights * np.add.reduceat(pull, starts)[owner]
        return float(entropy + ridge * query @ query), x.T @ pull + 2 * ridge * query

    found = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B")
    return Attention(found.x.astype(np.float32))


def _checked(bags: Sequence[np.ndarray], labels: np.ndarray, classes: int) -> np.ndarray:
    if not len(bags) or len(labels) != len(bags) or not all(len(bag) for bag in bags):
        raise RequestError(
            f"Attention is fitted on bags of one part or more with a label each; there are "
            f"{len(bags)} bags and {len(labels)} labels."
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise RequestError(f"Labels are rows of the {classes} classes, 0 the first.")
    return labels


def _weights(logits: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Softmax of each run of logits, which begin at ``starts``."""
    counts = np.diff(np.append(starts, len(logits)))
    odds = np.exp(logits - np.repeat(np.maximum.reduceat(logits, starts), counts))
    return odds / np.repeat(np.add.reduceat(odds, starts), counts)
