"""Cameras around an object: named rigs whose every pose is recorded.

Right-handed, y up, the object at the origin inside a sphere of radius 1. Azimuth 0 looks from +z
(the front), 90 from +x; elevation 90 looks from above. Degrees.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Pose:
    """Where a camera stands that looks at the origin."""

    azimuth: float
    elevation: float
    distance: float = 0.0
    """From the origin, in radii of the object; 0 is as near as the whole sphere fits."""

    def direction(self) -> Float[np.ndarray, " 3"]:
        """Unit vector from the object to the camera."""
        turn, rise = np.deg2rad([self.azimuth, self.elevation])
        return np.array([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])

    def axes(self) -> Float[np.ndarray, "3 3"]:
        """Rows: right, up and backwards (towards the camera) of the camera, in the world."""
        back = self.direction()
        turn = np.deg2rad(self.azimuth)
        right = np.array([np.cos(turn), 0.0, -np.sin(turn)])
        return np.stack([right, np.cross(back, right), back])


def turntable(count: int, elevation: float = 20.0, start: float = 0.0) -> tuple[Pose, ...]:
    """`count` poses at equal steps around the object, at one elevation."""
    return tuple(Pose((start + 360 * i / count) % 360, elevation) for i in range(count))


def dome(count: int, rings: tuple[float, ...] = (0.0, 30.0, 60.0)) -> tuple[Pose, ...]:
    """`count` poses in rings of several elevations, each ring shifted by half a step."""
    each = [count // len(rings) + (i < count % len(rings)) for i in range(len(rings))]
    return tuple(
        pose
        for number, (size, elevation) in enumerate(zip(each, rings, strict=True))
        if size
        for pose in turntable(size, elevation, start=180 * number / size)
    )


def fibonacci(count: int) -> tuple[Pose, ...]:
    """`count` poses spread evenly over the whole sphere (golden angle spiral).

    González 2010, Math. Geosci. 42, eq. 1: latitudes arcsin of equal steps, longitudes by the
    golden angle.
    """
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    turn = np.rad2deg(np.arange(count) * np.pi * (3 - 5**0.5)) % 360
    rise = np.rad2deg(np.arcsin(height))
    return tuple(Pose(float(a), float(e)) for a, e in zip(turn, rise, strict=True))


RIGS = {"turntable": turntable, "dome": dome, "fibonacci": fibonacci}
"""Rigs by name: from a number of views to their poses."""
