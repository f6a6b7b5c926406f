"""glTF 2.0, as JSON with buffers around it or as one GLB: what its default scene shows at rest.

Surfaces are read as matte: base colour times texture times colours of vertices. Sections in
brackets are those of the glTF 2.0.1 specification (Khronos, ISO/IEC 12113:2022).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from isthmus.read.meshes.beside import Beside, shown
from isthmus.read.meshes.gltf_accessors import (
    REPLACED,
    Document,
    chunks,
    numbers,
    unreadable,
    whole,
)
from isthmus.read.meshes.surfaces import PLAIN, Surface, limited, meshed, strips
from isthmus.read.meshes.triangles import Material, Mesh, merged, stored_value
from isthmus.records import amount, dataclass

UNDERSTOOD = frozenset(
    (
        *("KHR_mesh_quantization", "KHR_texture_transform", "KHR_materials_unlit"),
        *("KHR_materials_pbrSpecularGlossiness", "KHR_materials_variants", "KHR_node_visibility"),
        *("KHR_lights_punctual", "KHR_xmp", "KHR_xmp_json_ld", "KHR_animation_pointer"),
        *("EXT_texture_webp", "EXT_texture_avif", "EXT_mesh_gpu_instancing"),
    )
)
"""Extensions that are read, or that change nothing of a mesh at rest."""

CLAMPED, MIRRORED = 33071, 33648
"""How a sampler goes on beyond a texture; it repeats otherwise [3.8.3]."""


def read(data: bytes, beside: Beside) -> Mesh | None:
    """The surfaces of the scene; None without any.

    Raises:
        ItemError: it needs an extension that is not understood, or is too large.
        ValueError: damaged; one sentence.
    """
    root, binary = chunks(data)
    if not isinstance(root, dict) or not isinstance(root.get("asset"), dict):
        raise ValueError("it has no 'asset', which every glTF has")
    version = str(root["asset"].get("minVersion", root["asset"].get("version")))
    if version != "2.0" and ("minVersion" in root["asset"] or not version.startswith("2.")):
        raise ValueError(f"it is glTF {shown(version)}; 2.0 is read: convert it first")
    for name in root.get("extensionsRequired", ()):
        if name not in UNDERSTOOD:
            raise unreadable(name)
    for name in root.get("extensionsUsed", ()):
        if name not in UNDERSTOOD and name not in REPLACED:
            beside.left_out.append(f"the extension {shown(str(name))}")
    scene = Scene(Document(root, binary, beside))
    parts = list(scene.parts())
    if scene.thin:
        beside.left_out.append(f"{amount(scene.thin, 'part')} of points, lines or no positions")
    return _sharing_textures(merged(parts)) if parts else None


@dataclass(frozen=True, eq=False)
class Look:
    """A material, and what it does with the texture places and colours of vertices."""

    material: Material
    places: str = ""
    """The attribute that its texture is laid by."""
    matrix: Float[np.ndarray, "2 3"] | None = None
    """Brings texture places to those in the texture; v downwards."""
    cutoff: float | None = 0.0
    """Opacity from which on a point is seen, which then is opaque; None blends."""
    clamped: tuple[bool, bool] = (False, False)
    """Whether the texture's last pixels go on beyond its ends, along u and v; it repeats else."""

    def uv(self, values: np.ndarray, left_out: list[str]) -> Float[np.ndarray, "n 2"]:
        """Places in the texture, (0, 0) at its lower left; notes if they are far beyond its end."""
        places = values if self.matrix is None else _affine(values, self.matrix)
        inside = np.where(self.clamped, places.clip(0, 1), places)
        if (np.abs(places - inside) > 0.01).any():
            left_out.append("what a texture that does not repeat shows beyond its ends")
        return np.stack([inside[:, 0], 1 - inside[:, 1]], axis=1)

    def colours(self, values: np.ndarray) -> UInt8[np.ndarray, "n 4"]:
        """Colours of vertices, which are linear light, as sRGB [3.7.2.1]."""
        if values.dtype.kind in "iu":
            values = values / np.iinfo(values.dtype).max
        rgba = np.ones((len(values), 4))
        rgba[:, : values.shape[1]] = np.clip(np.nan_to_num(values), 0, 1)
        if self.cutoff is not None:
            rgba[:, 3] = rgba[:, 3] >= self.cutoff
        return np.rint(
            255 * np.concatenate([stored_value(rgba[:, :3]), rgba[:, 3:]], axis=1)
        ).astype(np.uint8)


def _affine(values: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return values @ matrix[:, :-1].T + matrix[:, -1]


class Looks:
    """Materials of a document [3.9], each made once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[tuple[Any, bool], Look] = {}

    def of(self, index: Any, attributes: Mapping[str, Any]) -> Look:
        """The look of a primitive with these attributes."""
        if index is None:
            return Look(Material() if "COLOR_0" in attributes else PLAIN)
        if (look := self._known.get((index, True))) is None:
            look = self._known[index, True] = self._made(index)
        if not look.places or look.places in attributes:
            return look
        if (index, False) not in self._known:
            self.document.beside.left_out.append(f"a texture whose {look.places} is not there")
            bare = replace(look.material, texture=None)
            self._known[index, False] = Look(bare, cutoff=look.cutoff)
        return self._known[index, False]

    def _made(self, index: Any) -> Look:
        entry = self.document.entry("materials", index)
        old = entry.get("extensions", {}).get("KHR_materials_pbrSpecularGlossiness")
        base = entry.get("pbrMetallicRoughness", {}) if old is None else old
        factor = np.clip(
            numbers(base, "baseColorFactor" if old is None else "diffuseFactor", [1.0] * 4), 0, 1
        )
        info = base.get("baseColorTexture" if old is None else "diffuseTexture")
        if any(entry.get("emissiveFactor", ())):
            self.document.beside.left_out.append("light that a material emits")
        mode = entry.get("alphaMode", "OPAQUE")
        cutoff = {"OPAQUE": 0.0, "BLEND": None}.get(mode, float(entry.get("alphaCutoff", 0.5)))
        texture, places, matrix, clamped = None, "", None, (False, False)
        if info is not None and (texture := self._texture(info)) is not None:
            places, matrix = self._places(info)
            texture, matrix, clamped = self._sampled(info, texture, matrix)
        if cutoff is not None:
            if texture is not None:
                seen = texture[..., 3] * (factor[3] / 255) >= cutoff
                texture = np.concatenate(
                    [texture[..., :3], np.where(seen, 255, 0).astype(np.uint8)[..., None]], axis=2
                )
            factor[3] = 1.0 if texture is not None else float(factor[3] >= cutoff)
        red, green, blue = (float(part) for part in stored_value(factor[:3]))
        material = Material((red, green, blue, float(factor[3])), texture)
        return Look(material, places, matrix, cutoff, clamped)

    def _texture(self, info: Mapping[str, Any]) -> UInt8[np.ndarray, "h w 4"] | None:
        """Pixels of a texture [3.8]; None, and noted, if they cannot be read."""
        beside, entry = self.document.beside, self.document.entry("textures", info.get("index"))
        extensions = entry.get("extensions", {})
        for name in ("EXT_texture_webp", "EXT_texture_avif"):
            entry = {**entry, **extensions.get(name, {})}
        if "source" not in entry:
            beside.left_out.append(f"a texture ({shown(', '.join(extensions)) or 'of nothing'})")
            return None
        number = entry["source"]
        image = self.document.entry("images", number)
        if "bufferView" in image:
            return beside.pixels(bytes(self.document.view(image["bufferView"])), f"image {number}")
        if not (uri := str(image.get("uri", ""))):
            beside.left_out.append(f"the texture image {number} (of nothing)")
            return None
        if uri[:5].lower() != "data:":
            return beside.texture(uri)
        return beside.pixels(self.document.resource(uri) or b"", f"image {number}")

    def _places(self, info: Mapping[str, Any]) -> tuple[str, np.ndarray | None]:
        """The attribute that a texture is laid by, and how (KHR_texture_transform).

        Turns are counter-clockwise as one looks at u to the right and v downwards, as the
        extension's text, its sample model and its implementations have it.
        """
        transform = info.get("extensions", {}).get("KHR_texture_transform")
        if transform is None:
            return f"TEXCOORD_{whole(info, 'texCoord', 0)}", None
        places = whole(transform, "texCoord", whole(info, "texCoord", 0))
        (angle,) = numbers({"rotation": [transform.get("rotation", 0.0)]}, "rotation", [0.0])
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]]) * numbers(transform, "scale", [1.0, 1.0])
        return f"TEXCOORD_{places}", np.column_stack(
            [turn, numbers(transform, "offset", [0.0, 0.0])]
        )

    def _sampled(
        self, info: Mapping[str, Any], texture: np.ndarray, matrix: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None, tuple[bool, bool]]:
        """A texture, its places, and where it is clamped; where mirrored, its mirror image beside.

        A sampler says how it goes on beyond its ends [3.8.4].
        """
        sampler = self.document.entry("textures", info["index"]).get("sampler")
        entry = {} if sampler is None else self.document.entry("samplers", sampler)
        for axis, key in ((1, "wrapS"), (0, "wrapT")):
            if entry.get(key) == MIRRORED:
                texture = np.concatenate([texture, np.flip(texture, axis)], axis=axis)
                matrix = np.eye(2, 3) if matrix is None else matrix
                matrix = matrix * np.where(np.arange(2) == 1 - axis, 0.5, 1.0)[:, None]
        return texture, matrix, (entry.get("wrapS") == CLAMPED, entry.get("wrapT") == CLAMPED)


class Scene:
    """The nodes of a document's scene and where they stand."""

    def __init__(self, document: Document) -> None:
        self.document, self.looks = document, Looks(document)
        self.poses: dict[int, Float[np.ndarray, "4 4"]] = dict(self._placed())
        self.thin = 0
        """Parts without surface."""
        self._faces = 0

    def parts(self) -> Iterator[Mesh]:
        """The surface of every primitive, each where its node puts it."""
        for index, pose in self.poses.items():
            node = self.document.entry("nodes", index)
            if "mesh" not in node:
                continue
            entry = self.document.entry("meshes", node["mesh"])
            weights = node.get("weights", entry.get("weights", ()))
            for primitive in entry.get("primitives", ()):
                attributes = primitive.get("attributes", {})
                self._refuse_compressed(primitive, attributes)
                if "POSITION" not in attributes or whole(primitive, "mode", 4) not in (4, 5, 6):
                    self.thin += 1
                    continue
                surface = self._surface(primitive, weights)
                for place in self._places(node, attributes, pose):
                    self._faces += len(surface.sizes)
                    limited(self._faces)
                    if (found := meshed(moved(surface, place))) is not None:
                        yield found

    def _roots(self) -> list[int]:
        """Nodes at the top of the scene; of a document without scenes, those that no other has."""
        root = self.document.root
        if scenes := root.get("scenes", ()):
            if len(scenes) > 1:
                self.document.beside.left_out.append(amount(len(scenes) - 1, "other scene"))
            return self.document.entry("scenes", root.get("scene", 0)).get("nodes", [])
        nodes = root.get("nodes", ())
        inner = {child for node in nodes for child in node.get("children", ())}
        return [index for index in range(len(nodes)) if index not in inner]

    def _placed(self) -> Iterator[tuple[int, np.ndarray]]:
        """Every node that is seen, with its pose in the scene [3.5.3]."""
        waiting, seen = [(index, np.eye(4)) for index in reversed(self._roots())], set[int]()
        while waiting:
            index, above = waiting.pop()
            node = self.document.entry("nodes", index)
            if index in seen:
                raise ValueError(f"node {index} stands in the scene twice")
            seen.add(index)
            if not node.get("extensions", {}).get("KHR_node_visibility", {}).get("visible", True):
                continue
            pose = above @ local(node)
            yield index, pose
            waiting += [(child, pose) for child in reversed(node.get("children", ()))]

    def _refuse_compressed(
        self, primitive: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> None:
        """Refuse a primitive whose values stand in an extension alone."""
        used = [*attributes.values(), *([primitive["indices"]] if "indices" in primitive else ())]
        entries = [self.document.entry("accessors", index) for index in used]
        bare = any("bufferView" not in entry and "sparse" not in entry for entry in entries)
        for name in primitive.get("extensions", ()):
            if bare and name in REPLACED:
                raise unreadable(name)

    def _surface(self, primitive: Mapping[str, Any], weights: Any) -> Surface:
        """Corners and looks of a primitive in its own coordinates [3.7.2]."""
        attributes, accessor = primitive["attributes"], self.document.accessor
        look = self.looks.of(primitive.get("material"), attributes)
        widths = {"POSITION": (3,), "NORMAL": (3,), "COLOR_0": (3, 4), look.places: (2,)}
        read = {name: accessor(attributes[name]) for name in widths if name in attributes}
        for name, values in read.items():
            if len(values) != len(read["POSITION"]) or values.shape[1] not in widths[name]:
                raise ValueError(f"{name} has the shape {values.shape}, which does not fit")
        for target, weight in zip(primitive.get("targets", ()), weights, strict=False):
            for name in (set(target) & set(read)) if weight else ():
                if (change := accessor(target[name])).shape != read[name].shape:
                    raise ValueError(f"a morph target of {name} has the shape {change.shape}")
                read[name] = read[name] + float(weight) * change
        corners = np.arange(len(read["POSITION"]))
        if "indices" in primitive:
            if (found := accessor(primitive["indices"])).dtype.kind != "u" or found.shape[1] > 1:
                raise ValueError("the indices of a primitive are no whole numbers from 0 on")
            corners = found[:, 0].astype(np.int64)
        faces = assembled(corners, primitive.get("mode", 4))
        return Surface(
            read["POSITION"].astype(float),
            faces.reshape(-1),
            np.full(len(faces), 3),
            normals=read["NORMAL"].astype(float) if "NORMAL" in read else None,
            uv=look.uv(read[look.places].astype(float), self.document.beside.left_out)
            if look.places in read
            else None,
            colours=look.colours(read["COLOR_0"]) if "COLOR_0" in read else None,
            materials=(look.material,),
            flat=True,
        )

    def _places(
        self, node: Mapping[str, Any], attributes: Mapping[str, Any], pose: np.ndarray
    ) -> list[Float[np.ndarray, "*v 4 4"]]:
        """Where the vertices of a node stand: together, each by its joints, or several times."""
        if "skin" in node and "JOINTS_0" in attributes:
            return [self._joined(node, attributes)]
        instances = node.get("extensions", {}).get("EXT_mesh_gpu_instancing")
        if instances is None:
            return [pose]
        read = {key.lower(): self.document.accessor(value)
                for key, value in instances["attributes"].items() if key in TRS}  # fmt: skip
        count = min(map(len, read.values()), default=0)
        places = ({key: values[i] for key, values in read.items()} for i in range(count))
        return [pose @ local(place) for place in places]

    def _joined(
        self, node: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> Float[np.ndarray, "v 4 4"]:
        """Skinning matrices; the node's own pose does not matter [3.7.3.2]."""
        skin = self.document.entry("skins", node["skin"])
        if absent := [joint for joint in skin["joints"] if joint not in self.poses]:
            raise ValueError(f"the joint {shown(repr(absent[0]))} of a skin is not in the scene")
        joints = np.array([self.poses[joint] for joint in skin["joints"]])
        if "inverseBindMatrices" in skin:
            inverse = self.document.accessor(skin["inverseBindMatrices"])[: len(joints)]
            joints = joints @ inverse.reshape(-1, 4, 4).transpose(0, 2, 1)
        total, weight = np.zeros((1, 4, 4)), np.zeros(1)
        for number in range(sum(name.startswith("JOINTS_") for name in attributes)):
            which = self.document.accessor(attributes[f"JOINTS_{number}"]).astype(np.int64)
            weights = self.document.accessor(attributes[f"WEIGHTS_{number}"])
            for joint, share in zip(which.T, weights.T, strict=True):
                total, weight = total + share[:, None, None] * joints[joint], weight + share
        return total / np.where(weight > 0, weight, 1)[:, None, None]


TRS = ("TRANSLATION", "ROTATION", "SCALE")


def local(node: Mapping[str, Any]) -> Float[np.ndarray, "4 4"]:
    """A node's pose in the node above it [3.5.2]."""
    if "matrix" in node:
        return numbers(node, "matrix", [0.0] * 16).reshape(4, 4).T
    x, y, z, w = turn = numbers(node, "rotation", [0.0, 0.0, 0.0, 1.0])
    if (length := float(turn @ turn)) > 0:
        x, y, z, w = turn / np.sqrt(length)
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, :3] *= numbers(node, "scale", [1.0, 1.0, 1.0])
    pose[:3, 3] = numbers(node, "translation", [0.0, 0.0, 0.0])
    return pose


def assembled(corners: Int[np.ndarray, " n"], mode: int) -> Int[np.ndarray, "t 3"]:
    """Triangles of a list (4), a strip (5) or a fan (6) [3.7.2.1]."""
    if mode == 4 or len(corners) < 3:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    if mode == 5:
        return strips(corners)
    return np.stack([corners[1:-1], corners[2:], np.full(len(corners) - 2, corners[0])], axis=1)


def moved(surface: Surface, place: Float[np.ndarray, "*v 4 4"]) -> Surface:
    """A surface where its pose puts it; one that mirrors it turns its faces round [3.7.4]."""
    turn = place[..., :3, :3]
    points = np.einsum("...ij,...j->...i", turn, surface.points) + place[..., :3, 3]
    normals, corners = surface.normals, surface.corners
    sign = np.sign(np.linalg.det(turn))[..., None]
    if normals is not None:
        columns = [turn[..., (axis + 1) % 3] for axis in range(3)]
        others = [turn[..., (axis + 2) % 3] for axis in range(3)]
        cofactors = np.stack([np.cross(a, b) for a, b in zip(columns, others, strict=True)], -1)
        normals = np.einsum("...ij,...j->...i", cofactors, normals) * np.where(sign < 0, -1, 1)
    if place.ndim == 2 and sign < 0:
        corners = corners.reshape(-1, 3)[:, ::-1].reshape(-1)
    return replace(surface, points=points, normals=normals, corners=corners)


def _sharing_textures(mesh: Mesh) -> Mesh:
    """The parts of one textured material as one part, so that its texture is kept once."""
    first: dict[int, int] = {}
    numbers = [
        number if one.texture is None else first.setdefault(id(one), number)
        for number, one in enumerate(mesh.materials)
    ]
    kept = sorted(set(numbers))
    new = np.searchsorted(kept, numbers).astype(np.int32)
    materials = tuple(mesh.materials[number] for number in kept)
    return replace(mesh, material=new[mesh.material], materials=materials)
