"""The world ``motions``: everyday objects as short animations, named as in the world ``glyphs``."""

from pathlib import Path

from isthmus.read.video import Clip
from isthmus.records import dataclass
from isthmus.store import data_folder, read_table
from isthmus.types import Credit, DataMissingError, Items, Links, World
from isthmus.worlds.bundled import payloads
from isthmus.worlds.glyphs import glyphs_world

CREDIT = Credit(
    "MIT", "npm:@lobehub/fluent-emoji-anim-{1..4}@1.0.0", "Microsoft, packaged by LobeHub"
)


@dataclass(frozen=True)
class StoredClip:
    """A clip or a sound of a data package; called, it gives the bytes of its file."""

    file: Path
    id: str
    column: str = "clip"

    def __str__(self) -> str:
        return f"{self.id} of {self.file.parent.name}"

    @property
    def content_key(self) -> bytes:
        """The bytes themselves."""
        return self()

    def __call__(self) -> bytes:
        """An animated WebP, or a sound."""
        return payloads(self.file, self.column)[self.id]


def clips_file(world: str, package: str) -> Path:
    """The table of clips of a data package.

    Raises:
        DataMissingError: the package is not installed.
    """
    folder = data_folder(world)
    if folder is None:
        raise DataMissingError(world, package)
    return folder / "clips.parquet"


def motions_world(language: str = "en") -> World:
    """699 animated emoji, two or three seconds each, with their names.

    Clips are called as their names are, ``1F34E``: 20 frames of 128 x 128 pixels on white. Factors,
    names and the split are those of the world ``glyphs``, on whose train part ``mini`` was trained:
    variants of one thing share a split.

    Args:
        language: of the names: en, de, es, fr, it, ja, ko, pt, ru, th or zh.

    Raises:
        RequestError: an unknown language.
        DataMissingError: the package ``isthmus-clips`` is not installed.
    """
    file = clips_file("motions", "isthmus-clips")
    ids = tuple(read_table(file, ["id"])["id"])
    named = glyphs_world(language)
    return World(
        name="motions",
        items={
            "video": Items("video", ids, [Clip(StoredClip(file, name)) for name in ids]),
            "text": named.items["text"].take(ids),
        },
        links={("video", "text"): Links([(name, name) for name in ids])},
        factors={name: named.factors[name] for name in ids},
        split={name: named.split[name] for name in ids},
        label="group",
        credits=dict.fromkeys(ids, CREDIT),
    )
