"""The worlds ``orchestra`` and ``samples``: named sounds of instruments and drums, note by note."""

from collections.abc import Mapping
from typing import Any

from isthmus.read.audio import Sound
from isthmus.store import read_table
from isthmus.types import Credit, Items, Links, World
from isthmus.worlds.motions import StoredClip, clips_file

CREDIT = Credit("MIT", "deb:fluid-soundfont-gm@3.1-5.3", "Frank Wen and contributors")

_FACTS = ("name", "family", "program", "pitch", "velocity", "seconds", "held_out")


def orchestra_world() -> World:
    """General MIDI's 128 instruments at eighteen pitches and its 47 drums, with their names.

    Sounds are called ``violin/60`` and ``cowbell/56-85``; they are mono, 48,000 Hz, a note and half
    a second of what follows. Factors: ``name``, ``family`` (sixteen of General MIDI, and drums),
    ``program`` (0..127, 128 for drums), ``pitch`` (MIDI's number of the key, 60 is middle C),
    ``velocity`` (0..127), ``seconds`` (that the key is held) and ``held_out``: ``instrument`` where
    the whole instrument is in no training (one of each family is for tests, one for validation,
    none of them named by a class of AudioSet), ``pitch`` where the number's remainder by five is
    two (tests hear them of instruments that training hears at others), else ``nothing``.

    Raises:
        DataMissingError: the package ``isthmus-sounds`` is not installed.
    """
    rows = _rows("orchestra", (*_FACTS, "split"))
    facts = {name: {key: row[key] for key in _FACTS} for name, row in rows.items()}
    return _world("orchestra", rows, facts, dict.fromkeys(rows, CREDIT), "name")


def samples_world() -> World:
    """127 short recordings, most of drums, that ship with Sonic Pi under CC0, with names of ours.

    Sounds are called as their files are, ``drum_cowbell``. Factors: ``name`` and ``label``, the
    kind that the file's name begins with. No name is in two splits.

    Raises:
        DataMissingError: the package ``isthmus-sounds`` is not installed.
    """
    rows = _rows("samples", ("name", "label", "creator", "source", "split"))
    facts = {name: {key: row[key] for key in ("name", "label")} for name, row in rows.items()}
    credits = {name: Credit("CC0-1.0", row["source"], row["creator"]) for name, row in rows.items()}
    return _world("samples", rows, facts, credits, "label")


def _rows(world: str, columns: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    file = clips_file(world, "isthmus-sounds").with_name("sounds.parquet")
    table = read_table(file, ["id", *columns])
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return {row["id"]: row | {"file": file} for row in rows}


def _world(
    name: str,
    rows: Mapping[str, Mapping[str, Any]],
    facts: Mapping[str, Mapping[str, Any]],
    credits: Mapping[str, Credit],
    label: str,
) -> World:
    ids = tuple(rows)
    stored = [Sound(StoredClip(row["file"], key, "sound")) for key, row in rows.items()]
    return World(
        name=name,
        items={
            "audio": Items("audio", ids, stored),
            "text": Items("text", ids, [row["name"] for row in rows.values()]),
        },
        links={("audio", "text"): Links([(key, key) for key in ids])},
        factors=facts,
        split={key: row["split"] for key, row in rows.items()},
        label=label,
        credits=credits,
    )
