"""A mesh packed into plain arrays, as the compiled loops want it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from isthmus.read.meshes.triangles import Mesh
from isthmus.view.shade import LINEAR


@dataclass(frozen=True, eq=False)
class Scene:
    """Arrays of ``shade.shaded`` and of ``raster.visible``."""

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
        """In the order that ``shade.shaded`` takes them."""
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
