"""A z-buffer for triangles: which of them is seen at each sample, and with what weights.

Samples are numbered from the upper left; a sample belongs to a triangle if its middle lies inside
(the top-left rule decides on edges). Both sides of a triangle are seen. Equal input gives equal
bytes: triangles are drawn in their order, and of two at one depth the first stays.
"""

import numpy as np

from isthmus.view.compiled import compiled

BAYER = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5
) / 16
"""Thresholds of ordered dithering: a half transparent surface holds half of the samples."""


@compiled
def visible(
    screen: np.ndarray,
    faces: np.ndarray,
    opacity: np.ndarray,
    seen: np.ndarray,
    weights: np.ndarray,
    depth: np.ndarray,
) -> None:
    """Fill the buffers of one view.

    Args:
        screen: (v, 3) float32, sample coordinates x (right) and y (down), and distance before the
            camera; 0 or less is behind it.
        faces: (f, 3) int32.
        opacity: (f,) float32, 0..1; in between, samples are taken by ordered dithering.
        seen: (h, w) int32, out: number of the face, -1 for none.
        weights: (h, w, 2) float32, out: perspective-correct weights of its first two corners.
        depth: (h, w) float32, out: distance before the camera, infinite for none.
    """
    height, width = seen.shape
    seen[:], depth[:] = -1, np.inf
    for f in range(len(faces)):
        a, b, c = faces[f]
        az, bz, cz = screen[a, 2], screen[b, 2], screen[c, 2]
        if opacity[f] <= 0 or min(az, bz, cz) <= 1e-4:
            continue
        ax, ay, bx, by = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1]
        cx, cy = screen[c, 0], screen[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0:
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx) - 0.5)), 0)
        x1 = min(int(np.floor(max(ax, bx, cx) - 0.5)), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy) - 0.5)), 0)
        y1 = min(int(np.floor(max(ay, by, cy) - 0.5)), height - 1)
        for y in range(y0, y1 + 1):
            py = y + 0.5
            for x in range(x0, x1 + 1):
                px = x + 0.5
                u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
                v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
                w = 1 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                nearness = u / az + v / bz + w / cz
                z = 1 / nearness
                if z >= depth[y, x] or opacity[f] < BAYER[y & 3, x & 3]:
                    continue
                seen[y, x], depth[y, x] = f, z
                weights[y, x, 0], weights[y, x, 1] = u / az * z, v / bz * z
