"""The temperature and shift curve: is the contrastive loss happy with the gap it has?"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from isthmus.arrays import Vectors, unit
from isthmus.measure.statistics import (
    BLOCKS,
    SetLike,
    as_pair,
    check_objects,
    jackknife,
    random_blocks,
    seeded,
)
from isthmus.types import Axes, Links, Null, Result, axes_or_new

SHIFTS = np.arange(-0.5, 1.26, 0.25)
"""How much of the gap is closed: 0 leaves it, 1 closes it, below 0 widens it."""
ENDS = float(SHIFTS[0]), float(SHIFTS[-1])
"""No other shift is tried beyond these."""
TEMPERATURES = np.array([0.01, 0.02, 0.05, 0.1])
BATCH = 500
"""Objects in the batch: the loss depends on it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TemperatureShift(Result):
    """Contrastive loss as a function of the share of the gap that is closed."""

    shifts: Float[np.ndarray, " s"]
    """Share of the gap closed; 0 is the space as it is."""
    temperatures: Float[np.ndarray, " t"]
    loss: Float[np.ndarray, "t s"]
    """InfoNCE in nats, mean of both directions, a row for each temperature."""
    best: Float[np.ndarray, " t"]
    """Shift of the smallest loss at each temperature, on the grid."""
    paper = (
        "Liang et al., Mind the Gap, NeurIPS 2022, section 4.2 and figure 3: loss landscape over "
        "the shift of both modalities along the gap, at several temperatures."
    )

    @property
    def about(self) -> str:
        """Where the loss would like the gap to be; beyond the grid, the grid's end is all known."""
        return (
            f"At temperature {self.temperatures[0]:g} the loss is smallest with the gap "
            f"{_in_words(self.value)}; at {self.temperatures[-1]:g}, among the shifts that were "
            f"tried, with the gap {_in_words(float(self.best[-1]))}."
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """One curve for each temperature, above its own smallest loss."""
        ax = axes_or_new(ax)
        for temperature, loss in zip(self.temperatures, self.loss, strict=True):
            ax.plot(self.shifts, loss - loss.min(), "o-", label=f"temperature {temperature:g}")
        ax.axvline(0, color="0.6", lw=1)
        ax.set(xlabel="share of the gap that is closed", ylabel="loss above its minimum")
        return ax


def temperature_shift(
    a: SetLike, b: SetLike, links: Links | None = None, *, rng: np.random.Generator | None = None
) -> TemperatureShift:
    """Share of the gap whose closing makes the contrastive loss smallest at temperature 0.01.

    Both modalities move half the shift along the gap vector and are normalised again; a batch of
    at most 500 objects drawn with ``rng`` (seed 0 without) is used. The minimum is that of
    the parabola through the three lowest points; where the loss is smallest at the grid's end,
    the value is that end, which the true one may lie beyond, and there is no interval.

    Raises:
        SpaceMismatchError: the sets live in different spaces.

    Source: Liang et al. 2022, section 4.2.
    """
    pair, rng = as_pair(a, b, links).paired.sampled, seeded(rng)
    check_objects(len(pair.x), "pairs")
    rows = np.sort(rng.permutation(len(pair.x))[:BATCH])
    x, y = pair.x[rows], pair.y[rows]
    gap = pair.x.mean(axis=0) - pair.y.mean(axis=0)
    block = random_blocks(len(rows), rng)
    curves = np.empty((len(TEMPERATURES), len(SHIFTS), min(BLOCKS, len(rows)) + 1))
    for column, shift in enumerate(SHIFTS):
        moved = unit(x - shift / 2 * gap), unit(y + shift / 2 * gap)
        curves[:, column] = [_losses(*moved, temperature, block) for temperature in TEMPERATURES]
    loss = curves[:, :, 0]
    value, _, interval = jackknife([_minimum(curve) for curve in curves[0].T], debias=False)
    low, high = np.clip((interval.low, interval.high), *ENDS).tolist()
    interval = None if value in ENDS else replace(interval, low=low, high=high)
    return TemperatureShift(
        name=f"best gap shift at temperature {TEMPERATURES[0]:g}",
        value=value,
        n=len(rows),
        interval=interval,
        null=Null("none", note="a curve is read against its own value at shift 0"),
        shifts=SHIFTS,
        temperatures=TEMPERATURES,
        loss=loss,
        best=SHIFTS[loss.argmin(axis=1)],
    )


def _in_words(shift: float) -> str:
    """A shift in words."""
    words = f"{abs(shift):.0%} {'wider' if shift < 0 else 'closed'}"
    return f"at least {words}" if shift in ENDS else words


def _losses(
    x: Vectors, y: Vectors, temperature: float, block: np.ndarray
) -> Float[np.ndarray, " g1"]:
    """Loss of the whole batch, then of the batch without each block of objects."""
    logits = (x @ y.T).astype(np.float64) / temperature
    inside = (block[:, None] == np.arange(int(block.max()) + 1)).astype(np.float64)
    kept = np.concatenate([np.ones((len(x), 1)), 1 - inside], axis=1)
    found = np.zeros(kept.shape[1])
    for table in (logits, logits.T):
        top = table.max(axis=1, keepdims=True)
        rest = np.maximum(np.exp(table - top) @ kept, 1e-300)
        each = np.log(rest) + top - np.diag(table)[:, None]
        found += (each * kept).sum(axis=0) / kept.sum(axis=0) / 2
    return found


def _minimum(curve: Float[np.ndarray, " s"]) -> float:
    """Where the parabola through the lowest point and its neighbours is lowest; ends are ends."""
    lowest = int(curve.argmin())
    if lowest in (0, len(curve) - 1):
        return float(SHIFTS[lowest])
    left, centre, right = curve[lowest - 1 : lowest + 2]
    bend = left - 2 * centre + right
    move = 0.5 * (left - right) / bend if bend > 0 else 0.0
    return float(SHIFTS[lowest] + (SHIFTS[1] - SHIFTS[0]) * np.clip(move, -1, 1))
