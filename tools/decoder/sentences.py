"""The sentences that the decoder learns from, and those that ship as its memory.

`python -m tools.decoder.sentences BUILD` writes `sentences.json` (training, validation) and
`memory.json`. COCO's captions are in the first only, without those of 500 pictures that are kept
for judging and those of 250 that validate.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from isthmus.worlds import load
from tools.decoder.names import Names, nouns_in, once, shared
from tools.decoder.wordnet import wordnet

SEED = 20
VALIDATION = 18
"""One of so many COCO pictures validates."""
SCENES, MOVES = 6000, 1500
"""Sentences of `babel` and of `babel-motion`, drawn by seed."""
REMEMBERED = 1200
"""Of those, kept in the memory."""
PHOTO = ("a photo of {}", "{} in a photo", "a close up of {}", "a picture of {}", "{}")
DRAWN = ("a drawing of {}", "an icon of {}", "a cartoon of {}", "clip art of {}", "{}")
SHAPE = ("a 3d model of {}", "a rendering of {}", "{} seen from the side", "the shape of {}", "{}")
SOUND = ("the sound of {}", "a recording of {}", "{} can be heard", "someone listens to {}")
MOTION = ("a clip of {}", "{}", "a short film of {}", "an animation of {}")
Row = dict[str, object]


def captions() -> Iterator[tuple[int, str, str]]:
    """(picture, part, caption) of COCO's val2017 but those of the 500 kept for judging."""
    folder = shared()
    kept = json.loads((folder / "clip_vitb16_coco500_pairs/items.json").read_text("utf-8"))
    closed = {row["image_id"] for row in kept}
    rows = json.loads((folder / "coco_captions/captions_val2017.json").read_text("utf-8"))
    for row in rows["annotations"]:
        number = row["image_id"]
        if number not in closed:
            part = "val" if crc32(str(number).encode()) % VALIDATION == 0 else "train"
            yield number, part, plain(row["caption"])


def plain(text: str) -> str:
    """Lower-cased, one line, without a full stop at its end."""
    return " ".join(text.lower().replace('"', "").split()).rstrip(". ").strip()


def row(source: str, text: str, nouns: list[str], **more: object) -> Row:
    """One sentence, and the nouns that a picture of it would be known by."""
    return {"text": text, "source": source, "nouns": nouns, "part": "train", **more}


def sentences(names: Names) -> list[Row]:
    """Every sentence that is learned from or validates."""
    rng = random.Random(SEED)
    rows = [row("coco", text, once(nouns_in(text, names.wordnet)), part=part, picture=number)
            for number, part, text in captions()]  # fmt: skip
    return [*rows, *of_names(names, rng), *of_worlds(names, rng), *of_wordnet(names, rng)]


def of_names(names: Names, rng: random.Random) -> Iterator[Row]:
    """Every name in two templates of its source."""
    for source, list_of, templates in (
        ("photo", names.everyday, PHOTO), ("thing", names.things, PHOTO),
        ("drawn", names.drawn, DRAWN), ("shape", names.shaped, SHAPE),
        ("sound", names.played, SOUND), ("sound", names.heard, SOUND),
    ):  # fmt: skip
        for name in list_of:
            for template in rng.sample(templates, 2):
                said = name if template in SOUND else names.a(name)
                yield row(source, template.format(said), [name])


def of_worlds(names: Names, rng: random.Random) -> Iterator[Row]:
    """Sentences of moving units and of babel."""
    for said in names.moving:
        yield row("motion", said, [])
        yield row("motion", rng.choice(MOTION).format(said), [])
    for world, many in (("babel", SCENES), ("babel-motion", MOVES)):
        for text in load(world, n=many).items["text"].payload:
            yield row(world, plain(text), [])


def of_wordnet(names: Names, rng: random.Random) -> Iterator[Row]:
    """What usual nouns mean, and half of the examples that name a thing."""
    for word, gloss in names.wordnet.glosses():
        yield row("gloss", f"{names.a(word)}, {gloss.lower()}"[:140], [word])
    for text in names.wordnet.examples():
        nouns = once(nouns_in(text, names.wordnet))
        if nouns and rng.random() < 0.5:
            yield row("example", plain(text), nouns)


def memory(names: Names) -> list[dict[str, str]]:
    """Sentences that ship, by kind: names in templates and sentences of the worlds.

    ``name`` is what may be an entity of the prompt; sentences of several things have none.
    """
    everyday = set(names.everyday)
    kinds = {
        "photo": ("a photo of {}", names.a, names.everyday),
        "thing": ("a photo of {}", names.a, [x for x in names.things if x not in everyday]),
        "drawing": ("a drawing of {}", names.a, names.drawn),
        "shape": ("a 3d model of {}", names.a, names.shaped),
        "sound": ("the sound of {}", str, once([*names.played, *names.heard])),
        "motion": ("{}", str, names.moving),
    }
    rows = [{"text": said.format(a(name)), "name": name, "kind": kind}
            for kind, (said, a, some) in kinds.items() for name in some]  # fmt: skip
    for world, many in (("babel", SCENES), ("babel-motion", MOVES)):
        texts = once(map(plain, load(world, n=many).items["text"].payload))[:REMEMBERED]
        rows += [{"text": text, "name": "", "kind": world} for text in texts]
    return rows


def main(build: Path) -> None:
    """Write both files, and say how many sentences each source has."""
    names = Names(wordnet(build))
    rows, kept = sentences(names), memory(names)
    (build / "sentences.json").write_text(json.dumps(rows), "utf-8")
    (build / "memory.json").write_text(json.dumps(kept), "utf-8")
    (build / "everyday.json").write_text(json.dumps(names.everyday), "utf-8")
    for some, key in ((rows, "source"), (kept, "kind")):
        counts: dict[str, int] = {}
        for row in some:
            counts[str(row[key])] = counts.get(str(row[key]), 0) + 1
        print(key, counts, sum(counts.values()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
