"""glTF that needs what is not read, is damaged or oddly named: one sentence, or no fault."""

import base64
import json
import unicodedata
from urllib.parse import quote

import pytest

from isthmus.read.meshes.files import mesh, recognised
from isthmus.types import ItemError
from tests.read.gltf_files import PLACES, Writer, drawn, packed, png

WHOLE = mesh(Writer().square().glb())


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("KHR_draco_mesh_compression", "export it again without compression"),
        ("EXT_meshopt_compression", "export it again without compression"),
        ("KHR_texture_basisu", "export it again with PNG or JPEG textures"),
        ("ACME_time_travel", "export it again without it"),
    ],
)
def test_a_required_extension_that_is_not_understood_is_a_fault_that_names_it(name, how):
    writer = Writer(extensionsUsed=[name], extensionsRequired=[name]).square()
    with pytest.raises(ItemError, match=f"needs the glTF extension {name}, which .*: {how}"):
        mesh(writer.glb())


def test_values_that_stand_in_an_extension_alone_are_a_fault_even_if_it_is_not_required():
    writer = Writer(extensionsUsed=["KHR_draco_mesh_compression"])
    writer.square(extensions={"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": {}}})
    assert drawn(mesh(writer.glb())) == drawn(WHOLE)
    assert mesh(writer.glb()).left_out == ()
    del writer.root["accessors"][0]["bufferView"]
    with pytest.raises(ItemError, match="needs the glTF extension KHR_draco_mesh_compression"):
        mesh(writer.glb())
    writer = Writer().square()
    writer.root["bufferViews"][0]["buffer"] = 1
    fallback = {"EXT_meshopt_compression": {"fallback": True}}
    writer.root["buffers"] = [{"byteLength": 60}, {"byteLength": 48, "extensions": fallback}]
    with pytest.raises(ItemError, match="needs the glTF extension EXT_meshopt_compression"):
        mesh(writer.glb())


def test_what_is_read_without_is_named():
    writer = Writer(extensionsUsed=["ACME_fur", "KHR_lights_punctual", "KHR_texture_basisu"])
    writer.root["textures"] = [{"extensions": {"KHR_texture_basisu": {"source": 0}}}]
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}, emissiveFactor=[1, 0, 0]).glb())
    assert found.left_out == (
        "the extension ACME_fur",
        "light that a material emits",
        "a texture (KHR_texture_basisu)",
    )
    assert found.note.startswith("without the extension ACME_fur; without light")
    assert found.materials[0].texture is None
    writer.root["textures"][0]["source"] = 0
    assert mesh(writer.glb()).materials[0].texture is not None


def test_damaged_textures_are_named_and_the_surface_is_kept():
    writer = Writer(
        images=[{"uri": "data:image/png;base64," + base64.b64encode(png()[:40]).decode()}]
    )
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    found = mesh(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    assert len(found.left_out) == 1
    assert found.left_out[0].startswith("the texture image 0 (")


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("geo m.bin", "geo%20m.bin"),
        ("géo.bin", "g%C3%A9o.bin"),
        ("géo.bin", "ge%CC%81o.bin"),
        ("50%.bin", "50%.bin"),
        ("a+b#c.bin", "a%2Bb%23c.bin"),
        ("räd.bin", "räd.bin"),
        ("räd.bin", "r%E4d.bin"),
    ],
)
def test_names_are_percent_encoded_and_unicode(tmp_path, name, uri):
    writer = Writer().square()
    (tmp_path / name).write_bytes(writer.bytes)
    (tmp_path / "a.gltf").write_bytes(writer.gltf(uri))
    assert drawn(mesh(tmp_path / "a.gltf")) == drawn(WHOLE)


@pytest.mark.parametrize("uri", ["my%20t%C3%A9x.png", "my téx.png", "data:", "data:percent"])
def test_pictures_are_found_by_their_uri_as_buffers_are(tmp_path, uri):
    (tmp_path / "my téx.png").write_bytes(png())
    if uri == "data:percent":
        uri = "data:image/png," + "".join(f"%{byte:02X}" for byte in png())
    elif uri == "data:":
        uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    writer = Writer(images=[{"uri": uri}])
    writer.square(attributes={"TEXCOORD_0": writer.accessor(PLACES)}, material=0)
    (tmp_path / "a.glb").write_bytes(writer.painted({"baseColorTexture": {"index": 0}}).glb())
    found = mesh(tmp_path / "a.glb")
    assert found.note == ""
    assert found.materials[0].texture[0, 1, :3].tolist() == [3, 4, 5]


def test_names_of_another_normal_form_are_found_too(tmp_path):
    writer = Writer().square()
    (tmp_path / unicodedata.normalize("NFD", "géo.bin")).write_bytes(writer.bytes)
    (tmp_path / "a.gltf").write_bytes(writer.gltf("g%C3%A9o.bin"))
    assert drawn(mesh(tmp_path / "a.gltf")) == drawn(WHOLE)


def test_a_file_in_a_folder_of_its_own_comes_before_one_of_the_same_name(tmp_path):
    writer = Writer().square()
    (tmp_path / "body").mkdir()
    (tmp_path / "body/geo.bin").write_bytes(writer.bytes)
    (tmp_path / "geo.bin").write_bytes(bytes(len(writer.bytes)))
    (tmp_path / "a.gltf").write_bytes(writer.gltf("body/geo.bin"))
    assert drawn(mesh(tmp_path / "a.gltf")) == drawn(WHOLE)


@pytest.mark.parametrize(
    "uri", ["none.bin", "", "\0", "\ud800.bin", "x" * 5000, "/etc/hostname", ".."]
)
def test_a_buffer_that_is_not_there_is_a_fault_in_one_line(tmp_path, uri):
    writer = Writer().square()
    writer.root["buffers"] = [{"byteLength": len(writer.bytes), "uri": uri}]
    (tmp_path / "a.gltf").write_bytes(json.dumps(writer.root).encode())
    with pytest.raises(ItemError, match=r"is not beside it|has no data") as error:
        mesh(tmp_path / "a.gltf")
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 700


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-8"])
def test_a_byte_order_mark_and_blanks_may_stand_before_the_document(encoding):
    writer = Writer().square()
    uri = "data:application/octet-stream;base64," + base64.b64encode(writer.bytes).decode()
    text = "\n \t" + writer.gltf(uri).decode()
    if encoding == "utf-16-le":
        text = "\ufeff" + text
    data = text.encode(encoding)
    assert recognised(data)[0] == "gltf"
    assert drawn(mesh(data)) == drawn(WHOLE)


def test_names_that_are_not_utf_8_do_no_harm():
    writer = Writer().square()
    writer.root["nodes"][0]["name"] = "NAME"
    data = writer.glb()
    assert drawn(mesh(data.replace(b"NAME", b"\xe9\xff\xfe\x80"))) == drawn(WHOLE)


def document(**changes):
    writer = Writer().square()
    writer.glb()
    root = json.loads(json.dumps(writer.root))
    for path, value in changes.items():
        *above, last = path.split("__")
        place = root
        for key in above:
            place = place[int(key) if key.isdigit() else key]
        place[int(last) if last.isdigit() else last] = value
    return packed(json.dumps(root).encode(), writer.bytes)


@pytest.mark.parametrize(
    "data",
    [
        packed(b'{"asset":{"version":"2.0"},"extras":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        packed(b'{"asset":{"version":"2.0"},"nodes":[{"translation":[1e999,0,0]}]}'),
        packed(b'{"asset":{"version":"2.0"},"nodes":[{"mesh":NaN}]}'),
        packed(b"{"),
        packed(b"[]"),
        packed(b'{"asset": 3}'),
        packed(b'{"asset":{"version":"1.0"}}'),
        packed(b'{"asset":{"version":"2.0","minVersion":"2.9"}}'),
        b"glTF\x01\0\0\0" + b"\0" * 20,
        b"glTF\x02\0\0\0" + b"\xff" * 8,
        b"glTF\x02",
        Writer().square().glb()[:-40],
        document(accessors__0__count=-1),
        document(accessors__0__count=1.5),
        document(accessors__0__count=True),
        document(accessors__0__count="4"),
        document(accessors__0__componentType=5124),
        document(accessors__0__componentType=[]),
        document(accessors__0__type="MAT9"),
        document(accessors__0__byteOffset=-4),
        document(accessors__0__byteOffset=10**30),
        document(accessors__0__bufferView=-1),
        document(accessors__0=None),
        document(accessors=None),
        document(bufferViews__0__byteLength=10**9),
        document(bufferViews__0__byteStride=10**9),
        document(buffers__0__byteLength=10**9),
        document(buffers__0__uri="data:,"),
        document(buffers__0__uri="data:;base64,%%%"),
        document(nodes__0__children=[0]),
        document(nodes__0__matrix=[1, 2, 3]),
        document(nodes__0__matrix=["a"] * 16),
        document(nodes__0__scale=[1e200] * 3),
        document(nodes__0__rotation=None),
        document(nodes__0__mesh=7),
        document(scenes__0__nodes=[0, 0]),
        document(scenes__0__nodes=[True]),
        document(scene=-1),
        document(meshes__0__primitives__0__mode="4"),
        document(meshes__0__primitives__0__material=0),
        document(meshes__0__primitives__0__indices=0),
        document(meshes__0__primitives__0__attributes__NORMAL=1),
        document(meshes__0__primitives__0=[]),
        document(extensionsRequired=3),
    ],
)
def test_damage_is_one_sentence_whatever_it_is(data):
    with pytest.raises(ItemError) as error:
        mesh(data)
    said = str(error.value)
    assert said.isprintable() and len(said) < 300 and said.endswith(".")


def test_a_claim_of_many_values_costs_nothing(monkeypatch):
    with pytest.raises(ItemError, match=r"3,000,000,000 corners; .* are read: simplify it first"):
        mesh(document(accessors__0={"componentType": 5126, "type": "VEC3", "count": 3_000_000_000}))
    monkeypatch.setattr("isthmus.read.meshes.surfaces.MAX_FACES", 5)
    writer = Writer().square()
    writer.root["nodes"] = [{"mesh": 0}] * 3
    writer.root["scenes"] = [{"nodes": [0, 1, 2]}]
    with pytest.raises(ItemError, match="more than 5 triangles: simplify it first"):
        mesh(writer.glb())


@pytest.mark.parametrize(
    "start",
    [
        "data:application/gltf-buffer;charset=utf-8;base64,",
        "data:;base64,",
        "DATA:application/octet-stream;BASE64,",
        "data:application/octet-stream; base64,",
        "data:application/octet-stream,",
    ],
)
def test_bytes_in_a_uri_are_read_whatever_stands_before(start):
    writer = Writer().square()
    coded = "64" in start
    content = base64.b64encode(writer.bytes).decode() if coded else quote(writer.bytes)
    assert drawn(mesh(writer.gltf(start + content))) == drawn(mesh(writer.glb()))
