"""Meshes seen softly: what ``view.renders`` shows, with gradients of every vertex and colour."""

from functools import cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from isthmus.read.meshes.triangles import Mesh
from isthmus.records import dataclass
from isthmus.types import RequestError
from isthmus.view.renders import RenderOptions
from isthmus.view.soft.cameras import Camera
from isthmus.view.soft.light import face_normals, facing, linear, lit, stored, vertex_normals
from isthmus.view.soft.outlines import Edges, edges_of, mixing
from isthmus.view.soft.pairs import middles
from isthmus.view.soft.visible import Seen, areas, seen, weights


@dataclass(frozen=True)
class SoftOptions(RenderOptions):
    """How a soft scene is drawn; as ``RenderOptions``, of 64 pixels and one sample each."""

    side: int = 64
    samples: int = 1
    softness: float = 0.35
    """Pixels over which an outline fades, 0 or more: 0.35 is as wide as a pixel's own."""
    grey: float | None = None
    """Linear light that all surfaces reflect instead of their colours: textureless."""

    def __post_init__(self) -> None:
        if self.side < 1 or self.samples < 1 or self.softness < 0:
            raise RequestError(
                f"A soft view wants a side and samples of 1 or more and a softness of 0 or more, "
                f"not {self.side}, {self.samples} and {self.softness}."
            )


@dataclass(frozen=True, eq=False)
class Picture:
    """One soft view; all of its pixels have gradients, their depth only where a face is seen."""

    colour: Float[Tensor, "h w 3"]
    """sRGB, 0..1."""
    mask: Float[Tensor, "h w"]
    """Share of each pixel that the scene covers."""
    depth: Float[Tensor, "h w"]
    """Distance before the camera at the middle of each pixel; infinite where nothing is."""


@dataclass(frozen=True, eq=False)
class SoftMesh:
    """A mesh whose vertices and colours may have gradients."""

    vertices: Float[Tensor, "v 3"]
    faces: Int[Tensor, "f 3"]
    colours: Float[Tensor, "v 3"]
    """Linear light, 0..1."""
    uv: Float[Tensor, "v 2"] | None = None
    """Texture places; v = 1 is the top row."""
    texture: Float[Tensor, "h w 3"] | None = None
    """Linear light, multiplied into the colours; repeats."""
    normals: Float[Tensor, "v 3"] | None = None
    """Of the vertices; None for those of the faces around them."""
    flat: bool = False
    """Shade each face by its own normal alone."""

    def __post_init__(self) -> None:
        n = len(self.vertices)
        if not len(self.faces) or int(self.faces.max()) >= n or int(self.faces.min()) < 0:
            raise RequestError(
                f"A soft mesh wants faces of its {n} vertices, not {len(self.faces)} faces that "
                "name others or none."
            )
        if (self.uv is None) != (self.texture is None):
            raise RequestError("A soft mesh wants a texture with texture places, or neither.")

    @classmethod
    def of(cls, mesh: Mesh) -> "SoftMesh":
        """A mesh of files, fitted into a sphere of radius 1, as matte vertex colours.

        Colours of materials are multiplied in; textures are sampled at the vertices.
        """
        some = mesh.fitted()
        colours = linear(torch.as_tensor(some.colours[:, :3] / 255, dtype=torch.float32))
        base = np.array([one.colour[:3] for one in some.materials], np.float32)
        own = np.zeros(len(some.vertices), np.int64)
        own[some.faces.reshape(-1)] = np.repeat(some.material, 3)
        tint = linear(torch.as_tensor(base[own]))
        places = torch.as_tensor(some.uv.astype(np.float32))
        for number, material in enumerate(some.materials):
            if material.texture is not None:
                rows = torch.as_tensor(np.flatnonzero(own == number))
                picture = torch.as_tensor(material.texture[..., :3] / 255, dtype=torch.float32)
                tint[rows] *= texels(linear(picture), places[rows])
        return cls(
            torch.as_tensor(some.vertices), torch.as_tensor(some.faces.astype(np.int64)),
            colours * tint, normals=torch.as_tensor(some.normals.astype(np.float32)),
        )  # fmt: skip

    @cached_property
    def edges(self) -> Edges:
        """Of the faces."""
        return edges_of(self.faces)

    @cached_property
    def closed(self) -> bool:
        """Whether every edge has two faces that run along it in opposite directions."""
        ways = torch.cat((self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]))
        one = ways[:, 0] * len(self.vertices) + ways[:, 1]
        back = ways[:, 1] * len(self.vertices) + ways[:, 0]
        return len(torch.unique(one)) == len(one) and bool(torch.isin(back, one).all())


def drawn(mesh: SoftMesh, camera: Camera, options: SoftOptions | None = None) -> Picture:
    """A mesh as a camera sees it.

    Samples are averaged as linear light; surfaces are matte.
    """
    options = options or SoftOptions()
    side = options.side * options.samples
    placed = camera.placed(mesh.vertices)
    screen = camera.on_screen(placed, side)
    found = seen(screen, mesh.faces, in_front(mesh, screen), side)
    light = shaded(mesh, camera, placed, screen, found, options)
    ground = torch.as_tensor(options.background).to(light) / 255
    channels = torch.cat((linear(ground), torch.zeros_like(ground[:1]))).expand(side * side, 4)
    channels = channels.index_copy(
        0, found.pixel, torch.cat((light, light.new_ones(len(light), 1)), 1)
    )
    if options.softness > 0:
        wide = options.softness * options.samples
        soft = mixing(screen, mesh.faces, mesh.edges, found, wide, creases=mesh.flat)
        channels = soft(channels)
    whole = averaged(channels.reshape(side, side, 4), options.samples)
    middle = slice(options.samples // 2, None, options.samples)
    depth = depths(mesh, screen, found, side)[middle, middle]
    return Picture(stored(whole[..., :3]), whole[..., 3], depth)


def in_front(mesh: SoftMesh, screen: Float[Tensor, "v 3"]) -> Bool[Tensor, " f"]:
    """Faces that may be seen: of a closed mesh those that face the camera, else all."""
    every = torch.ones(len(mesh.faces), dtype=torch.bool, device=mesh.faces.device)
    if not mesh.closed:
        return every
    turned = areas(screen.detach(), mesh.faces)
    outward = volume(mesh) >= 0
    return turned < 0 if outward else turned > 0


def volume(mesh: SoftMesh) -> float:
    """Six times the signed volume of a closed mesh: negative where its faces are inside out."""
    a, b, c = mesh.vertices.detach()[mesh.faces].unbind(1)
    return float((a * torch.linalg.cross(b, c)).sum())


def shaded(
    mesh: SoftMesh,
    camera: Camera,
    placed: Float[Tensor, "v 3"],
    screen: Float[Tensor, "v 3"],
    found: Seen,
    options: SoftOptions,
) -> Float[Tensor, "m 3"]:
    """Linear light of the pixels that are seen."""
    corners = mesh.faces[found.face]
    part = corrected(screen, corners, found, options.side * options.samples)
    flat = face_normals(placed, corners)
    smooth = flat
    if not mesh.flat:
        own = mesh.normals
        normals = vertex_normals(placed, mesh.faces) if own is None else own @ camera.axes.T
        smooth = inside(normals, corners, part)
    normal = facing(smooth, flat, inside(placed, corners, part))
    if options.grey is not None:
        colour = placed.new_full((len(corners), 3), options.grey)
    else:
        colour = inside(mesh.colours, corners, part)
        if mesh.texture is not None and mesh.uv is not None:
            colour = colour * texels(mesh.texture, inside(mesh.uv, corners, part))
    return (colour * lit(normal, options.lights)[:, None]).clamp_max(1)


def corrected(
    screen: Float[Tensor, "v 3"], corners: Int[Tensor, "m 3"], found: Seen, side: int
) -> Float[Tensor, "m 3"]:
    """Weights of the corners in space: those on the screen, by how far each corner is."""
    part = weights(screen[corners], middles(found.pixel, side)) / screen[corners, 2]
    return part / part.sum(dim=1, keepdim=True)


def inside(
    values: Float[Tensor, "v c"], corners: Int[Tensor, "m 3"], part: Float[Tensor, "m 3"]
) -> Float[Tensor, "m c"]:
    """Values of vertices, in between."""
    return (values[corners] * part[:, :, None]).sum(dim=1)


def depths(
    mesh: SoftMesh, screen: Float[Tensor, "v 3"], found: Seen, side: int
) -> Float[Tensor, "h w"]:
    """Distance of every pixel, with gradients."""
    corners = mesh.faces[found.face]
    own = inside(screen[:, 2:], corners, corrected(screen, corners, found, side))
    return found.depth.index_copy(0, found.pixel, own[:, 0]).reshape(side, side)


def texels(texture: Float[Tensor, "h w 3"], place: Float[Tensor, "m 2"]) -> Float[Tensor, "m 3"]:
    """Bilinear samples of a repeating texture."""
    height, width = texture.shape[:2]
    x = (place[:, 0] - place[:, 0].floor()) * width - 0.5
    y = (1 - (place[:, 1] - place[:, 1].floor())) * height - 0.5
    left, top = x.floor(), y.floor()
    fx, fy = (x - left)[:, None], (y - top)[:, None]
    columns = [(left.long() + k) % width for k in (0, 1)]
    rows = [(top.long() + k) % height for k in (0, 1)]
    above = texture[rows[0], columns[0]] * (1 - fx) + texture[rows[0], columns[1]] * fx
    below = texture[rows[1], columns[0]] * (1 - fx) + texture[rows[1], columns[1]] * fx
    return above * (1 - fy) + below * fy


def averaged(values: Float[Tensor, "h w c"], by: int) -> Float[Tensor, "y x c"]:
    """Means over squares of samples."""
    height, width, count = values.shape
    return values.reshape(height // by, by, width // by, by, count).mean(dim=(1, 3))
