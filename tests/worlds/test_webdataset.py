"""webdataset tars: streamed, never extracted, hostile members refused by name."""

import io
import json
import tarfile

import pytest
from PIL import Image

from isthmus.testing import check_world
from isthmus.types import RequestError
from isthmus.worlds import open_world
from isthmus.worlds.shards import expand


def png(level):
    file = io.BytesIO()
    Image.new("RGB", (4, 4), (level, 0, 0)).save(file, "PNG")
    return file.getvalue()


def shard(path, members):
    """A tar of (name, bytes) pairs and ready-made TarInfos."""
    with tarfile.open(path, "w") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    return path


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_samples_over_many_shards(tmp_path):
    for number in range(3):
        members = []
        for k in range(2):
            members += [(f"d/{k}.PNG", png(10 * number + k)), (f"d/{k}.txt", b"caption %d" % k)]
            members += [(f"d/{k}.cls", b"3\n"), (f"d/{k}.seg.json", b"{}")]
        shard(tmp_path / f"s-{number:03d}.tar", members)
    world = open_world(images=str(tmp_path / "s-{000..002}.tar"))
    check_world(world)
    assert world.items["image"].ids == tuple(
        f"s-{n:03d}.tar/d/{k}.png" for n in range(3) for k in range(2)
    )
    assert [item.rgb().getpixel((0, 0))[0] for item in world.items["image"]] == [
        0,
        1,
        10,
        11,
        20,
        21,
    ]
    assert world.items["text"].payload == ["caption 0", "caption 1"] * 3
    assert world.factors["s-001.tar/d/0.png"] == {"label": "3"}
    assert not world.faults
    assert open_world(images=tmp_path).items["image"].ids == world.items["image"].ids


def test_hostile_members_are_named_and_never_followed(tmp_path):
    target = tmp_path / "secret.png"
    target.write_bytes(png(200))
    path = shard(
        tmp_path / "x.tar",
        [
            ("ok.png", png(1)),
            ("../up.png", png(2)),
            ("a/../../up2.png", png(2)),
            ("/abs.png", png(3)),
            ("..\\win.png", png(3)),
            special("link.png", tarfile.SYMTYPE, str(target)),
            special("hard.png", tarfile.LNKTYPE, "ok.png"),
            special("dev.png", tarfile.CHRTYPE),
            special("fifo.png", tarfile.FIFOTYPE),
            special("folder", tarfile.DIRTYPE),
            ("ok.png", png(4)),
            ("ünï 猫.png", png(5)),
            ("lonely.txt", b"no picture"),
            ("big.png", png(6)),
            ("big.txt", b"x" * 1_000_001),
            ("bad.png", png(7)),
            ("bad.txt", b"\xff\xfe\xfd"),
            ("deep.png", png(8)),
            ("deep.json", b"[" * 100_000),
        ],
    )
    before = sorted(tmp_path.iterdir())
    world = open_world(images=path)
    check_world(world)
    assert sorted(tmp_path.iterdir()) == before
    assert set(world.items["image"].ids) == {
        f"x.tar/{name}.png" for name in ("ok", "ünï 猫", "big", "bad", "deep")
    }
    assert world.items["image"].take(["x.tar/ok.png"]).payload[0].rgb().getpixel((0, 0)) == (
        1,
        0,
        0,
    )
    faults = {name.removeprefix("x.tar/"): why for name, why in world.faults.items()}
    for name in ("../up.png", "a/../../up2.png", "/abs.png", "..\\win.png"):
        assert faults.pop(name) == "has a path that leaves the archive"
    for name in ("link.png", "hard.png", "dev.png", "fifo.png"):
        assert "never followed" in faults.pop(name)
    assert "appears twice" in faults.pop("ok.png")
    assert faults.pop("lonely") == "has no picture, only .txt"
    assert "at most 1,000,000" in faults.pop("big.png")
    assert "notes cannot be read" in faults.pop("bad.png")
    assert "notes cannot be read" in faults.pop("deep.png")
    assert not faults


def test_captions_and_labels_in_json(tmp_path):
    path = shard(
        tmp_path / "j.tar",
        [
            ("a.png", png(1)),
            ("a.json", json.dumps({"caption": ["one", "two"], "label": "cat"}).encode()),
            ("b.png", png(2)),
            ("b.json", json.dumps({"text": "three", "url": "x"}).encode()),
        ],
    )
    world = open_world(images=path)
    check_world(world)
    assert world.items["text"].payload == ["one", "two", "three"]
    assert world.factors["j.tar/a.png#1"] == {"label": "cat"}


@pytest.mark.parametrize("cut", ["in the payload", "between members", "in the headers"])
def test_a_shard_cut_short_keeps_what_came_before(tmp_path, cut):
    path = shard(tmp_path / "x.tar", [(f"{k}.png", png(k)) for k in range(4)])
    content = path.read_bytes()
    at = {"in the payload": 3 * 1024 + 550, "between members": 3 * 1024, "in the headers": 3 * 1024}
    path.write_bytes(content[: at[cut]] + (b"rubbish" if cut == "in the headers" else b""))
    world = open_world(images=path)
    assert world.items["image"].ids[:3] == tuple(f"x.tar/{k}.png" for k in range(3))
    assert any("damaged" in why or "cut short" in why for why in world.faults.values())


@pytest.mark.parametrize("among_others", [False, True])
def test_archives_behind_each_other_in_one_file_are_read_on(tmp_path, among_others):
    """As of ``cat a.tar b.tar > c.tar``."""
    path, content = tmp_path / "x.tar", b""
    for at, name in enumerate("abc"):
        content += shard(
            path, [(f"{name}.png", png(at)), (f"{name}.txt", name.encode())]
        ).read_bytes()
    path.write_bytes(content)
    if among_others:
        shard(tmp_path / "y.tar", [("d.png", png(3)), ("d.txt", b"d")])
    world = open_world(images=tmp_path if among_others else path)
    check_world(world)
    assert "".join(world.items["text"].payload) == "abcd"[: 3 + among_others]
    levels = [item.rgb().getpixel((0, 0))[0] for item in world.items["image"]]
    assert levels == [0, 1, 2, 3][: 3 + among_others]
    assert not world.faults


@pytest.mark.parametrize(
    ("behind", "said"),
    [(bytes(5000), ""), (bytes(3 * 2**20), ""), (bytes(600) + b"junk" * 300, "damaged after 1")],
)
def test_what_lies_behind_an_archive_is_told_unless_it_is_nothing(tmp_path, behind, said):
    path = shard(tmp_path / "x.tar", [("a.png", png(1))])
    path.write_bytes(path.read_bytes() + behind)
    world = open_world(images=path)
    assert world.items["image"].ids == ("x.tar/a.png",)
    assert said in world.faults.get("x.tar", "") and bool(world.faults) == bool(said)


def test_unusable_shards_are_one_sentence(tmp_path):
    with pytest.raises(RequestError, match="There is no shard"):
        open_world(images=str(tmp_path / "{0..3}.tar"))
    (tmp_path / "x.tar").write_bytes(b"not a tar at all" * 100)
    with pytest.raises(RequestError, match="not a plain tar file"):
        open_world(images=tmp_path / "x.tar")
    (tmp_path / "x.tar").write_bytes(b"")
    with pytest.raises(RequestError, match="not a plain tar file"):
        open_world(images=tmp_path / "x.tar")
    with tarfile.open(tmp_path / "x.tar", "w:gz") as tar:
        tar.add(__file__, "a.png")
    with pytest.raises(RequestError, match="not a plain tar file"):
        open_world(images=tmp_path / "x.tar")
    shard(tmp_path / "x.tar", [("a.txt", b"x")])
    with pytest.raises(RequestError, match="has no picture, only"):
        open_world(images=tmp_path / "x.tar")
    (tmp_path / "sub").mkdir()
    shard(tmp_path / "sub" / "x.tar", [("a.png", png(1))])
    with pytest.raises(RequestError, match="2 are called x"):
        open_world(images=f"{tmp_path}/{{sub/x,x}}.tar")


def test_brace_patterns():
    assert expand("a.tar") == ["a.tar"]
    assert expand("s-{08..11}.tar") == ["s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"]
    assert expand("{a,b}{0..1}") == ["a0", "a1", "b0", "b1"]
    for pattern in ("{5..2}.tar", "{0..999999999}.tar", "{0..999}{0..999}.tar"):
        with pytest.raises(RequestError, match="100000 shards"):
            expand(pattern)


def test_hidden_members_are_passed_over_as_in_folders(tmp_path):
    """AppleDouble and .DS_Store, as a Mac writes them beside every file."""
    hidden = ["._a.png", ".DS_Store", "d/._b.png", ".git/c.png", ".png", "__MACOSX/e.png"]
    members = [("a.png", png(1)), ("a.txt", b"one"), *((name, png(9)) for name in hidden)]
    odd = [("", png(2)), ("d/..png", png(3))]
    world = open_world(images=shard(tmp_path / "x.tar", [*members, *odd]))
    check_world(world)
    assert world.items["image"].ids == ("x.tar/a.png",)
    assert world.faults == {"x.tar/": "has no name"}


def test_names_of_any_bytes_and_length(tmp_path):
    names = [
        "\udcff\udcfe.png",
        "x" * 5000 + ".png",
        "new\nline\x1b.png",
        "v1.5.png",
        "A.PNG",
        "a.png",
    ]
    path = shard(tmp_path / "x.tar", [(name, png(at)) for at, name in enumerate(names)])
    world = open_world(images=path)
    found = [name.removeprefix("x.tar/") for name in world.items["image"].ids]
    assert found == ["\\xff\\xfe.png", *names[1:4], "A.png", "a.png"]
    assert not world.faults


def test_a_picture_is_known_by_its_content(tmp_path):
    avif = [
        ("a.avif", png(1)),
        ("a.txt", b"one"),
        ("b", png(2)),
        ("c.bin", png(3)),
        ("d.mp3", b"x"),
    ]
    world = open_world(images=shard(tmp_path / "x.tar", [*avif, ("a.npy", b"x")]))
    check_world(world)
    assert world.items["image"].ids == ("x.tar/a.avif", "x.tar/b", "x.tar/c.bin")
    assert world.faults["x.tar/d"] == "has no picture, only .mp3"
    assert world.faults["x.tar/a.npy"] == "is of a type that is not read"


def below_zero(field):
    """A member whose size is -512: in its own header, or in a record before it."""
    info = tarfile.TarInfo("b.png")
    if field == "record":
        info.pax_headers = {"size": "-512"}
        return info.tobuf(tarfile.PAX_FORMAT)
    header = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header)


@pytest.mark.parametrize("field", ["record", "header"])
def test_a_size_below_zero_ends_the_shard_and_nothing_else(tmp_path, field):
    good = shard(tmp_path / "1.tar", [("a.png", png(1))])
    start = good.read_bytes()[:1024]
    (tmp_path / "0.tar").write_bytes(start + below_zero(field) + bytes(1024))
    world = open_world(images=tmp_path)
    assert world.items["image"].ids == ("0.tar/a.png", "1.tar/a.png")
    assert world.faults["0.tar/b.png"] == "has a size below zero"
    assert "damaged after 2 members" in world.faults["0.tar"]


def test_a_bad_shard_among_good_ones_is_named(tmp_path):
    shard(tmp_path / "0.tar", [("a.png", png(1))])
    (tmp_path / "1.tar").write_bytes(b"no tar" * 1000)
    (tmp_path / "._0.tar").write_bytes(b"AppleDouble")
    (tmp_path / "0.json").write_text("{}")
    (tmp_path / "films").mkdir()
    world = open_world(images=tmp_path)
    assert world.items["image"].ids == ("0.tar/a.png",)
    assert set(world.faults) == {"1.tar", "films"}
    assert "not a plain tar" in world.faults["1.tar"]
    with pytest.raises(RequestError, match="There is no shard"):
        open_world(images=str(tmp_path / "{0,2}.tar"))


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16"])
def test_texts_in_tars_have_the_encodings_of_files(tmp_path, code):
    notes = json.dumps({"label": "Hündin"}, ensure_ascii=False).encode(code)
    members = [("a.png", png(1)), ("a.txt", "é\u2028x".encode(code)), ("a.json", notes)]
    world = open_world(images=shard(tmp_path / "x.tar", members))
    assert world.items["text"].payload == ["é\u2028x"]
    assert world.factors["x.tar/a.png"] == {"label": "Hündin"}
