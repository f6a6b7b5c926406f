"""Cameras whose place has gradients. Coordinates as in ``view.cameras`` and ``view.renders``."""

import numpy as np
import torch
from jaxtyping import Float

from isthmus.records import dataclass
from isthmus.view.cameras import Pose

NEAR = 1e-4
"""Distance before the camera at which things begin to be seen."""


@dataclass(frozen=True, eq=False)
class Camera:
    """Where a camera stands that looks at the origin."""

    axes: Float[torch.Tensor, "3 3"]
    """Rows: right, up and backwards (towards the camera), in the world."""
    distance: Float[torch.Tensor, ""]
    """From the origin, in the world's unit."""
    field_of_view: float = 30.0
    """Degrees across the picture."""

    @classmethod
    def of(
        cls, pose: Pose, field_of_view: float = 30.0, like: torch.Tensor | None = None
    ) -> "Camera":
        """The camera of a pose, without gradients, of the kind and on the device of a tensor."""
        far = pose.distance or nearest(field_of_view)
        kind = torch.zeros(1) if like is None else like
        return cls(torch.as_tensor(pose.axes()).to(kind), torch.tensor(far).to(kind), field_of_view)

    @classmethod
    def at(
        cls,
        azimuth: Float[torch.Tensor, ""],
        elevation: Float[torch.Tensor, ""],
        distance: Float[torch.Tensor, ""] | None = None,
        field_of_view: float = 30.0,
    ) -> "Camera":
        """A camera whose angles, in degrees, and distance keep their gradients."""
        turn, rise = torch.deg2rad(azimuth), torch.deg2rad(elevation)
        none = torch.zeros_like(turn)
        back = torch.stack((turn.sin() * rise.cos(), rise.sin(), turn.cos() * rise.cos()))
        right = torch.stack((turn.cos(), none, -turn.sin()))
        axes = torch.stack((right, torch.linalg.cross(back, right), back))
        far = torch.as_tensor(nearest(field_of_view)).to(turn) if distance is None else distance
        return cls(axes, far, field_of_view)

    def placed(self, points: Float[torch.Tensor, "n 3"]) -> Float[torch.Tensor, "n 3"]:
        """Points of the world in the camera's coordinates."""
        return points @ self.axes.T - torch.stack(
            (*torch.zeros_like(self.axes[0, :2]), self.distance)
        )

    def on_screen(
        self, placed: Float[torch.Tensor, "n 3"], side: int
    ) -> Float[torch.Tensor, "n 3"]:
        """Points in the camera's coordinates as pixels x (right) and y (down), and distance."""
        far = -placed[:, 2]
        ahead = far.clamp_min(NEAR) * np.tan(np.deg2rad(self.field_of_view / 2))
        x, y = placed[:, 0] / ahead, -placed[:, 1] / ahead
        return torch.stack(((x + 1) * (side / 2), (y + 1) * (side / 2), far), dim=1)


def nearest(field_of_view: float) -> float:
    """Distance from which the whole unit sphere is just seen."""
    return float(1 / np.sin(np.deg2rad(field_of_view / 2)))
