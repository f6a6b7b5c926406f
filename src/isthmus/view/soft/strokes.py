"""Cubic Bézier strokes on paper seen softly, in plain tensors."""

import torch
from jaxtyping import Float
from torch import Tensor

from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.view.soft.compositing import over
from isthmus.view.soft.light import linear, stored
from isthmus.view.soft.pairs import along, boxed, middles

PIECES = 16
"""Straight pieces of each stroke."""
FADE = 0.35
"""Pixels over which a stroke's rim fades."""
REACH = 5.0
"""Fades beyond the rim at which less than 1 % is left."""


@dataclass(frozen=True, eq=False)
class Strokes:
    """Strokes in the order in which they are painted; the last lies on top."""

    points: Float[Tensor, "n 4 2"]
    """Control points x (right) and y (down), 0..1 across the paper."""
    widths: Float[Tensor, " n"]
    """Shares of the paper's side, above 0."""
    colours: Float[Tensor, "n 4"]
    """Stored (sRGB) red, green, blue and opacity, 0..1."""

    def __post_init__(self) -> None:
        if not len(self.points) or not bool((self.widths > 0).all()):
            raise RequestError(
                f"Strokes want widths above 0 and one or more of them, not {len(self.points)}."
            )


def curve(points: Float[Tensor, "n 4 2"], pieces: int = PIECES) -> Float[Tensor, "n p 2"]:
    """Points along cubic Bézier curves at equal steps of their parameter, both ends with them."""
    t = torch.linspace(0, 1, pieces + 1).to(points)
    basis = torch.stack(
        ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3), dim=1
    )  # fmt: skip
    return torch.einsum("pk,nkd->npd", basis, points)


def drawn(
    some: Strokes, side: int = 128, paper: tuple[float, float, float] = (1.0, 1.0, 1.0),
    black: bool = False,
) -> Float[Tensor, "h w 3"]:  # fmt: skip
    """Strokes on a square sheet, sRGB 0..1; ``black`` leaves their colours out."""
    ends = curve(some.points) * side
    half = some.widths * (side / 2)
    stroke, pixel, distance = nearest(ends, half, side)
    alpha = torch.sigmoid((half[stroke] - distance) / FADE) * some.colours[stroke, 3]
    ink = torch.zeros_like(some.colours[:, :3]) if black else linear(some.colours[:, :3])
    sheet = linear(torch.tensor(paper).to(ends)).expand(side * side, 3)
    light, _ = over(pixel, -stroke.to(alpha), alpha, ink[stroke], sheet)
    return stored(light).reshape(side, side, 3)


def nearest(
    ends: Float[Tensor, "n p 2"], half: Float[Tensor, " n"], side: int
) -> tuple[Tensor, Tensor, Float[Tensor, " k"]]:
    """Pairs of strokes and pixels near them, and how far the middle of the stroke is, in pixels."""
    count, pieces = len(ends), ends.shape[1] - 1
    with torch.no_grad():
        first, last = ends[:, :-1].reshape(-1, 2), ends[:, 1:].reshape(-1, 2)
        wide = (half + REACH * FADE).repeat_interleave(pieces)[:, None]
        piece, pixel = boxed(
            torch.minimum(first, last) - wide, torch.maximum(first, last) + wide, side
        )
        share, away = along(first[piece], last[piece], middles(pixel, side))
        distance = away.norm(dim=1)
        near = torch.nonzero(distance <= wide[piece, 0]).squeeze(1)
        piece, pixel, share, distance = piece[near], pixel[near], share[near], distance[near]
        both = torch.div(piece, pieces, rounding_mode="floor") * side**2 + pixel
        best = distance.new_full((count * side**2,), torch.inf)
        best = best.scatter_reduce_(0, both, distance, "amin")
        held = torch.nonzero(distance == best[both]).squeeze(1)
        owner = torch.full((count * side**2,), -1, device=ends.device)
        chosen = owner.scatter_(0, both[held], held)
        chosen = chosen[chosen >= 0]
    piece, pixel, share = piece[chosen], pixel[chosen], share[chosen, None]
    a, b = ends[:, :-1].reshape(-1, 2)[piece], ends[:, 1:].reshape(-1, 2)[piece]
    away = middles(pixel, side) - (a * (1 - share) + b * share)
    distance = (away * away).sum(dim=1).clamp_min(1e-8).sqrt()
    return torch.div(piece, pieces, rounding_mode="floor"), pixel, distance
