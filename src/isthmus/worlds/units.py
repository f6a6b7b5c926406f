"""The world ``units``: figures, animals, machines and buildings of a game, and what they do.

Object and action vary apart: most units show most actions, each seen from four sides.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.read.video import Clip
from isthmus.store import read_table
from isthmus.types import Credit, Items, Links, World
from isthmus.worlds.bundled import payloads
from isthmus.worlds.motions import StoredClip, clips_file

CREDIT = Credit("CC-BY-SA-3.0", "deb:megaglest-data@3.13.0-3", "The Glest and MegaGlest teams")

PHRASES = {
    "standing": "standing still",
    "walking": "walking",
    "attacking": "attacking",
    "dying": "falling down dead",
    "working": "working",
    "producing": "at work",
    "changing": "turning into something else",
    "being built": "being built",
}
"""The actions in words."""

SEVERAL = "several"
"""The action of a model that the game shows for more than one."""

_COLUMNS = ["id", "unit", "faction", "model", "actions", "azimuth", "family", "split", "sounds"]


def units_world() -> World:
    """530 animated models of 146 units as clips from four sides, with sentences and sounds.

    Clips are called ``tech/cow/cow_walking/0``: 16 frames of 112 x 112 pixels of one run of the
    motion on white, as long as in the game. Factors: ``label`` (the action), ``unit``, ``faction``,
    ``model``, ``azimuth`` (degrees) and ``family``: units that share a name, a model or a mesh are
    of one family, and a family has one split. Sounds are those that the game plays with the action.

    Raises:
        DataMissingError: the package ``isthmus-units`` is not installed.
    """
    file = clips_file("units", "isthmus-units")
    table = read_table(file, _COLUMNS)
    rows: list[dict[str, Any]] = [
        dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)
    ]
    facts = {row["id"]: _facts(row) for row in rows}
    split = {row["id"]: row["split"] for row in rows}
    ids, heard = tuple(facts), _heard(rows)
    sounds = payloads(file.with_name("sounds.parquet"), "sound")
    kept = tuple(dict.fromkeys(sound for _, sound in heard))
    return World(
        name="units",
        items={
            "video": Items("video", ids, [Clip(StoredClip(file, name)) for name in ids]),
            "text": Items("text", ids, [_sentence(facts[name]) for name in ids]),
            "audio": Items("audio", kept, [sounds[name] for name in kept]),
        },
        links={
            ("video", "text"): Links([(name, name) for name in ids]),
            ("video", "audio"): Links(heard),
        },
        factors=facts,
        split={**split, **{sound: split[name] for name, sound in heard}},
        credits=dict.fromkeys((*ids, *kept), CREDIT),
    )


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    label = row["actions"][0] if len(row["actions"]) == 1 else SEVERAL
    same = ("unit", "faction", "model", "azimuth", "family")
    return {"label": label, "actions": " and ".join(row["actions"]), **{k: row[k] for k in same}}


def _sentence(facts: Mapping[str, Any]) -> str:
    doing = " or ".join(PHRASES[one] for one in facts["actions"].split(" and "))
    return f"a {facts['unit'].replace('_', ' ')} {doing}"


def _heard(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Clips and their sounds; a sound that several splits play is of the first of them alone."""
    rank = {"train": 0, "val": 1, "test": 2}
    pairs = [(row, sound) for row in rows for sound in row["sounds"]]
    first: dict[str, str] = {}
    for row, sound in sorted(pairs, key=lambda pair: rank[pair[0]["split"]]):
        first.setdefault(sound, row["split"])
    return [(row["id"], sound) for row, sound in pairs if first[sound] == row["split"]]
