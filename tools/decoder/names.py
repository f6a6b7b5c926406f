"""Names of things by where they come from, as they can stand in a sentence."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from isthmus.worlds import load
from tools.decoder.wordnet import WordNet
from tools.mini.sources import class_names

LISTS = ("coco80", "lvis1203", "objects365", "openimages500")
"""Files of class names of detection data sets, as Detic lists them (Apache-2.0)."""
PLAIN = re.compile(r"[a-z][a-z' -]+[a-z]")
MASS = (13, 27)
"""Of WordNet's files: food and substances, which mostly have no article."""


def shared() -> Path:
    """Data that is not part of the repository.

    Raises:
        SystemExit: the folder is not there.
    """
    folder = Path(os.environ.get("ISTHMUS_SHARED", "../shared")) / "data"
    if not folder.exists():
        raise SystemExit(f"{folder} is not there: set ISTHMUS_SHARED to the folder of `data`.")
    return folder


class Names:
    """Names by source, lower-cased, each once."""

    def __init__(self, wordnet: WordNet) -> None:
        self.wordnet = wordnet

    @cached_property
    def everyday(self) -> list[str]:
        """What photographs are usually of: classes of detection sets and of ImageNet."""
        folder = shared() / "clip_vitb32_class_texts"
        rows = [
            x for name in LISTS for x in json.loads((folder / f"{name}_names.json").read_text())
        ]
        found = [self._alone(part) for row in [*rows, *class_names()] for part in row.split("/")]
        return once(x for x in found if PLAIN.fullmatch(x))

    @cached_property
    def things(self) -> list[str]:
        """WordNet's nouns for what can be seen, if its tagged texts hold them; no persons."""
        usual = self.wordnet.usual
        found = [x.replace("_", " ") for x in self.wordnet.files
                 if usual.get(x, 0) > 0 and self.wordnet.concrete(x)]  # fmt: skip
        return once(x for x in found if PLAIN.fullmatch(x) and len(x) > 2)

    @cached_property
    def drawn(self) -> list[str]:
        """Names of emoji, and titles of clip art that WordNet has all words of."""
        glyphs = [x.lower().replace("’", "'") for x in load("glyphs").items["text"].payload]
        named = [x for x in glyphs if ":" not in x]
        flags = [f"flag of {x.split(': ')[1]}" for x in glyphs if x.startswith("flag:")]
        people = [x.replace(": ", " with ") for x in glyphs if re.match(r"(man|woman|person):", x)]
        titles = [x.lower() for x in load("clipart").items["text"].payload]
        known = self.wordnet.files
        kept = [x for x in titles if 1 <= len(x.split()) <= 3 and PLAIN.fullmatch(x)
                and all(self.wordnet.singular(w) in known for w in x.split())]  # fmt: skip
        return once(x for x in [*named, *flags, *people, *kept] if x.isascii())

    @cached_property
    def shaped(self) -> list[str]:
        """Names of the furniture world's meshes."""
        return once(x.lower() for x in load("furniture").items["text"].payload)

    @cached_property
    def moving(self) -> list[str]:
        """Sentences of the world of moving units."""
        return once(load("units").items["text"].payload)

    @cached_property
    def played(self) -> list[str]:
        """Instruments and sounds of the orchestra and the samples."""
        both = [x for name in ("orchestra", "samples") for x in load(name).items["text"].payload]
        return once(x.lower() for x in both)

    @cached_property
    def heard(self) -> list[str]:
        """AudioSet's class names, as the package of sounds says them."""
        import isthmus_sounds

        file = Path(isthmus_sounds.__file__).parent / "mini_sounds/classes.json"
        rows = json.loads(file.read_text("utf-8"))
        return once(said.lower() for row in rows if row["named"] for said in row["said"])

    def a(self, name: str) -> str:
        """The name with its article, where it has one."""
        last = name.split()[-1] if " of " not in name else name.split(" of ")[0].split()[-1]
        file = self.wordnet.files.get(last.lower())
        many = self.wordnet.singular(last) != last
        if many or file in MASS[1:] or name.split()[0] in ("a", "an", "the"):
            return name
        return f"an {name}" if name[0] in "aeiou" else f"a {name}"

    def _alone(self, name: str) -> str:
        """Without what stands in brackets, and underscores."""
        plain = re.sub(r"\(.*?\)|_\(.*?\)", "", name.lower()).replace("_", " ")
        return " ".join(plain.split()).strip()


def once(words: Iterable[str]) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(words))


def nouns_in(text: str, wordnet: WordNet) -> Iterator[str]:
    """The singular of each word that is mostly a noun for what can be seen and is no person."""
    for word in re.findall(r"[a-z]+", text.lower()):
        one = wordnet.singular(word)
        if one in SEEN or (wordnet.concrete(one) and one not in UNSEEN):
            yield one


SEEN = frozenset(
    str.split(
        "table food field water snow kite board tennis baseball city frisbee soccer skiing "
        "meal lunch breakfast dinner game park beach road street sky sunset rain ice steam "
        "fire smoke air wave giraffe surfing skateboarding cattle herd flock"
    )
)
"""Seen in photographs, though WordNet files their usual sense elsewhere."""
UNSEEN = frozenset(
    str.split(
        "back front top side head face hand eye arm leg foot body hair finger area place "
        "land world middle line thing way stand set down left right part end corner piece "
        "bunch lot pair close display stop white black red green blue brown light dark "
        "orange like can is has are out over it in at a an on to by or as up i its will "
        "may might so no do be being was have many while there well one two"
    )
)
"""Rarely what a picture is of, or mostly no noun."""
