"""A mesh as plain arrays, and colours of its visible samples: texture, light, means of pixels."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from isthmus.read.meshes.triangles import Mesh, linear_light, stored_value
from isthmus.records import dataclass
from isthmus.view.raster import compiled

A = np.ndarray
LEVELS = 4096
"""Steps of linear light that are told apart on the way to 8 bits."""


LINEAR = linear_light(np.arange(256) / 255).astype(np.float32)
"""Of the sRGB values 0..255."""
STORED = np.rint(255 * stored_value(np.arange(LEVELS) / (LEVELS - 1))).astype(np.uint8)
"""sRGB values 0..255 of linear light from 0 to 1."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A mesh packed into the arrays of ``shaded`` and of ``raster.visible``."""

    vertices: Float[np.ndarray, "v 3"]
    normals: Float[np.ndarray, "v 3"]
    faces: Int[np.ndarray, "f 3"]
    uv: Float[np.ndarray, "v 2"]
    colours: UInt8[np.ndarray, "v 4"]
    material: Int[np.ndarray, " f"]
    base: Float[np.ndarray, "m 3"]
    gloss: Float[np.ndarray, " m"]
    texture: Int[np.ndarray, "m 3"]
    texels: UInt8[np.ndarray, "k 4"]
    cut: Int[np.ndarray, "m 3"]
    """``texture`` of the materials whose texture has transparent parts; 0 of the others."""
    opacity: Float[np.ndarray, " f"]

    def turned(self, axes: Float[np.ndarray, "3 3"], distance: np.floating) -> "Scene":
        """In the coordinates of a camera at this distance from the origin."""
        vertices = self.vertices @ axes.T
        vertices[:, 2] -= distance
        return replace(self, vertices=vertices, normals=self.normals @ axes.T)

    def surface(self) -> tuple[np.ndarray, ...]:
        """In the order that ``raster.visible`` takes them."""
        return self.faces, self.opacity, self.material, self.uv, self.cut, self.texels

    def arrays(self) -> tuple[np.ndarray, ...]:
        """In the order that ``shaded`` takes them."""
        geometry = (self.vertices, self.normals, self.faces, self.uv, self.colours)
        return (*geometry, self.material, self.base, self.gloss, self.texture, self.texels, LINEAR)


def packed(mesh: Mesh) -> Scene:
    """All textures in one array, colours in linear light."""
    texels, texture = [np.zeros((1, 4), np.uint8)], np.zeros((len(mesh.materials), 3), np.int64)
    cut, first = np.zeros_like(texture), 1
    for number, material in enumerate(mesh.materials):
        if material.texture is not None:
            height, width = material.texture.shape[:2]
            texture[number] = first, height, width
            cut[number] = texture[number] if (material.texture[..., 3] < 255).any() else 0
            texels.append(material.texture.reshape(-1, 4))
            first += height * width
    colours = np.array([material.colour for material in mesh.materials], np.float32)
    base = LINEAR[np.rint(255 * colours[:, :3]).astype(int)]
    corner = mesh.colours[mesh.faces, 3].mean(axis=1) / 255
    opacity = (colours[mesh.material, 3] * corner).astype(np.float32)
    return Scene(
        mesh.vertices,
        mesh.normals,
        mesh.faces,
        mesh.uv,
        np.ascontiguousarray(mesh.colours),
        mesh.material,
        np.ascontiguousarray(base),
        np.array([material.gloss for material in mesh.materials], np.float32),
        texture,
        np.ascontiguousarray(np.concatenate(texels)),
        cut,
        opacity,
    )


@compiled
def texel(texels: A, at: A, u: float, v: float, linear: A, colour: A) -> None:
    """Multiply a bilinear sample of a repeating texture, in linear light, into `colour`.

    `texels` (k, 4) uint8 holds all textures, rows from the top; `at` is (first, height, width).
    """
    first, height, width = at
    x = (u - np.floor(u)) * width - 0.5
    y = (1 - (v - np.floor(v))) * height - 0.5
    left, top = int(np.floor(x)), int(np.floor(y))
    fx, fy = x - left, y - top
    xa, xb = left if left >= 0 else width - 1, left + 1 if left + 1 < width else 0
    ya, yb = top if top >= 0 else height - 1, top + 1 if top + 1 < height else 0
    ya, yb = first + ya * width, first + yb * width
    for k in range(3):
        above = linear[texels[ya + xa, k]] * (1 - fx) + linear[texels[ya + xb, k]] * fx
        below = linear[texels[yb + xa, k]] * (1 - fx) + linear[texels[yb + xb, k]] * fx
        colour[k] *= above * (1 - fy) + below * fy


@compiled
def facing(normals: A, corner: A, w: A, flat: A, out: A) -> None:
    """The surface's normal at a sample: of its vertices, or of its face where they differ much."""
    for k in range(3):
        out[k] = w[0] * normals[corner[0], k] + w[1] * normals[corner[1], k]
        out[k] += w[2] * normals[corner[2], k]
    length = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2)
    along = out[0] * flat[0] + out[1] * flat[1] + out[2] * flat[2]
    if length < 1e-6 or abs(along) < 0.7 * length:
        out[:] = flat
    else:
        for k in range(3):
            out[k] /= length


@compiled
def shaded(seen: A, weights: A, scene: tuple[A, ...], lights: A, out: A, normal_out: A) -> None:
    """Linear light of every sample.

    Args:
        seen: (h, w) faces, and
        weights: (h, w, 2), as ``raster.visible`` filled them.
        scene: vertices (v, 3) and normals (v, 3) in camera coordinates, faces (f, 3), uv (v, 2),
            colours (v, 4) uint8, material (f,), base (m, 3) linear colour, gloss (m,), texture
            (m, 3) first texel, height and width (0 high: none), texels (k, 4) uint8, and `LINEAR`.
        lights: (l, 4): direction towards each light in camera coordinates, and its strength; a
            zero direction is light from everywhere.
        out: (h, w, 3) float32, linear light; untouched where nothing is seen.
        normal_out: (h, w, 3) float32, normals in camera coordinates, towards the camera.
    """
    vertices, normals, faces, uv, colours, material, base, gloss, texture, texels, linear = scene
    colour, normal = np.empty(3, np.float32), np.empty(3, np.float32)
    flat, w, at = np.empty(3, np.float32), np.empty(3, np.float32), np.empty(3, np.float32)
    for y in range(seen.shape[0]):
        for x in range(seen.shape[1]):
            f = seen[y, x]
            if f < 0:
                continue
            corner, m = faces[f], material[f]
            w[0], w[1] = weights[y, x, 0], weights[y, x, 1]
            w[2] = 1 - w[0] - w[1]
            across(vertices, corner, flat)
            facing(normals, corner, w, flat, normal)
            away = 0.0
            for k in range(3):
                at[k] = w[0] * vertices[corner[0], k] + w[1] * vertices[corner[1], k]
                at[k] += w[2] * vertices[corner[2], k]
                away += normal[k] * at[k]
            if away > 0:
                normal[:] = -normal
            for k in range(3):
                own = w[0] * linear[colours[corner[0], k]] + w[1] * linear[colours[corner[1], k]]
                colour[k] = base[m, k] * (own + w[2] * linear[colours[corner[2], k]])
            if texture[m, 1] > 0:
                u = w[0] * uv[corner[0], 0] + w[1] * uv[corner[1], 0] + w[2] * uv[corner[2], 0]
                v = w[0] * uv[corner[0], 1] + w[1] * uv[corner[1], 1] + w[2] * uv[corner[2], 1]
                texel(texels, texture[m], u, v, linear, colour)
            strength = lit(normal, lights)
            glint = mirrored(normal, at, lights) * gloss[m] if gloss[m] > 0 else 0.0
            normal_out[y, x] = normal
            for k in range(3):
                out[y, x, k] = min(colour[k] * strength + glint, 1.0)


@compiled
def lit(normal: A, lights: A) -> float:
    """Light that falls on a surface: the cosine to each direction, or all of it from everywhere."""
    total = 0.0
    for light in lights:
        if light[0] == 0 and light[1] == 0 and light[2] == 0:
            total += light[3]
        else:
            cosine = light[0] * normal[0] + light[1] * normal[1] + light[2] * normal[2]
            total += light[3] * max(cosine, 0.0)
    return total


@compiled
def mirrored(normal: A, at: A, lights: A) -> float:
    """Light of the lamps that a surface mirrors to the camera.

    Blinn 1977, "Models of light reflection for computer synthesized pictures": the cosine between
    the normal and the half vector, to the power of 40.
    """
    total, far = 0.0, np.sqrt(at[0] ** 2 + at[1] ** 2 + at[2] ** 2)
    for light in lights:
        x, y, z = light[0] - at[0] / far, light[1] - at[1] / far, light[2] - at[2] / far
        length = np.sqrt(x * x + y * y + z * z)
        if light[0] == 0 and light[1] == 0 and light[2] == 0:
            continue
        cosine = (x * normal[0] + y * normal[1] + z * normal[2]) / max(length, 1e-6)
        total += light[3] * max(cosine, 0.0) ** 40
    return total


@compiled
def across(vertices: A, corner: A, out: A) -> None:
    """Unit normal of a face."""
    a, b, c = corner
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        out[k] = (vertices[b, i] - vertices[a, i]) * (vertices[c, j] - vertices[a, j])
        out[k] -= (vertices[b, j] - vertices[a, j]) * (vertices[c, i] - vertices[a, i])
    length = np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2)
    for k in range(3):
        out[k] /= max(length, 1e-20)


@compiled
def pixels(light: A, ground: A, seen: A, by: int, stored: A) -> np.ndarray:
    """(h, w, 3) uint8 of (h·by, w·by, 3) linear light over a linear ground (h, w, 3)."""
    height, width = light.shape[0] // by, light.shape[1] // by
    out = np.empty((height, width, 3), np.uint8)
    for y in range(height):
        for x in range(width):
            for k in range(3):
                total = 0.0
                for i in range(y * by, (y + 1) * by):
                    for j in range(x * by, (x + 1) * by):
                        total += light[i, j, k] if seen[i, j] >= 0 else ground[y, x, k]
                out[y, x, k] = stored[int(total / by**2 * (len(stored) - 1) + 0.5)]
    return out
