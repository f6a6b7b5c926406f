"""Clouds of 3D Gaussians seen softly, after Kerbl et al. 2023, 3D Gaussian splatting."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.view.soft.cameras import NEAR, Camera
from isthmus.view.soft.compositing import over
from isthmus.view.soft.light import linear, stored
from isthmus.view.soft.meshes import Picture, SoftOptions, averaged
from isthmus.view.soft.pairs import boxed, middles

REACH = 3.0
"""Standard deviations at which a Gaussian ends."""
FAINT = 1 / 255
"""Alpha below which a pair is left out."""
BLUR = 0.3
"""Square pixels added to each variance on the screen, so that none falls between pixels."""


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Soft blobs in space."""

    means: Float[Tensor, "n 3"]
    scales: Float[Tensor, "n 3"]
    """Standard deviations along their own axes, above 0."""
    turns: Float[Tensor, "n 4"]
    """Quaternions w, x, y, z, of any length."""
    opacity: Float[Tensor, " n"]
    """0..1 in the middle."""
    colours: Float[Tensor, "n 3"]
    """Linear light, 0..1."""

    def __post_init__(self) -> None:
        if not len(self.means) or not bool((self.scales > 0).all()):
            raise RequestError(
                f"Gaussians want scales above 0 and one or more of them, not {len(self.means)} "
                f"with scales down to {self.scales.min() if len(self.scales) else 'none'}."
            )

    @property
    def covariances(self) -> Float[Tensor, "n 3 3"]:
        """R S S R' of their turns and scales."""
        stretched = rotations(self.turns) * self.scales[:, None, :]
        return stretched @ stretched.transpose(1, 2)


def rotations(turns: Float[Tensor, "n 4"]) -> Float[Tensor, "n 3 3"]:
    """Matrices of quaternions."""
    w, x, y, z = torch.nn.functional.normalize(turns, dim=1).unbind(1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def drawn(some: Gaussians, camera: Camera, options: SoftOptions | None = None) -> Picture:
    """Gaussians as a camera sees them: projected, sorted by depth, laid over one another.

    Lights and softness do not apply: a Gaussian shines with its own colour, or is grey.
    """
    options = options or SoftOptions()
    side = options.side * options.samples
    placed = camera.placed(some.means)
    screen = camera.on_screen(placed, side)
    spread = on_screen(some, camera, placed, side)
    reach = REACH * torch.diagonal(spread.detach(), dim1=1, dim2=2).sqrt()
    reach = torch.where((screen[:, 2:] > NEAR).detach(), reach, -1.0)
    centre = screen[:, :2].detach()
    owner, pixel = boxed(centre - reach, centre + reach, side)
    away = middles(pixel, side) - screen[owner, :2]
    inverse = torch.linalg.inv(spread)[owner]
    power = -0.5 * torch.einsum("ki,kij,kj->k", away, inverse, away)
    alpha = some.opacity[owner] * torch.exp(power)
    kept = torch.nonzero(alpha.detach() >= FAINT).squeeze(1)
    owner, pixel, alpha = owner[kept], pixel[kept], alpha[kept]
    ground = linear(torch.as_tensor(options.background).to(alpha) / 255)
    colours = some.colours if options.grey is None else torch.full_like(some.colours, options.grey)
    light, held = over(
        pixel, screen[owner, 2], alpha, colours[owner], ground.expand(side * side, 3)
    )
    depth = nearest_middle(pixel, screen[owner, 2], alpha, side)
    whole = torch.cat((light, held[:, None]), dim=1).reshape(side, side, 4)
    whole = averaged(whole, options.samples)
    middle = slice(options.samples // 2, None, options.samples)
    return Picture(stored(whole[..., :3]), whole[..., 3], depth[middle, middle])


def on_screen(
    some: Gaussians, camera: Camera, placed: Float[Tensor, "n 3"], side: int
) -> Float[Tensor, "n 2 2"]:
    """Covariances in pixels: J W Σ W' J', with J the projection's slope at the middle (eq. 5)."""
    unit = torch.eye(3).to(placed)
    far = (-placed[:, 2]).clamp_min(NEAR)
    focal = camera.on_screen(unit[:1] - unit[2:], side)[0, 0] - side / 2
    x, y = placed[:, 0] / far, placed[:, 1] / far
    none = torch.zeros_like(x)
    slope = (focal / far)[:, None, None] * torch.stack(
        (torch.stack((none + 1, none, x), dim=1), torch.stack((none, none - 1, -y), dim=1)), dim=1
    )
    turned = slope @ camera.axes
    return turned @ some.covariances @ turned.transpose(1, 2) + BLUR * torch.eye(2).to(placed)


def nearest_middle(
    pixel: Int[Tensor, " k"], depth: Float[Tensor, " k"], alpha: Float[Tensor, " k"], side: int
) -> Float[Tensor, "h w"]:
    """Distance of the first Gaussian that covers half of a pixel; infinite where none does."""
    solid = alpha.detach() >= 0.5
    empty = depth.new_full((side * side,), torch.inf)
    return empty.scatter_reduce(0, pixel[solid], depth[solid].detach(), "amin").reshape(side, side)
