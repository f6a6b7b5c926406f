"""WordNet's nouns, glosses and examples (Debian package `wordnet-base`, WordNet licence)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.fetch import unpacked

PACKAGE = "wordnet-base"
ANIMAL, THING, BODY, FOOD, PLACE, PERSON, PLANT, SUBSTANCE = 5, 6, 8, 13, 17, 18, 20, 27
CONCRETE = (ANIMAL, THING, BODY, FOOD, PLACE, PLANT)
"""Numbers of WordNet's files of nouns that can be seen and are no person."""
NOUN = "1"
"""Of a sense key's kind of word."""


@dataclass(frozen=True)
class WordNet:
    """What is read of WordNet's files."""

    folder: Path

    @cached_property
    def files(self) -> dict[str, int]:
        """The file of each noun's most usual sense: by tagged texts, else the first one listed."""
        found = {word: self._first[place] for word, place in self._senses}
        best: dict[str, int] = {}
        for line in (self.folder / "cntlist.rev").read_text("latin-1").splitlines():
            key, _, count = line.split()
            word, _, rest = key.partition("%")
            kind, file, *_ = rest.split(":")
            if kind == NOUN and int(count) > best.get(word, 0):
                best[word], found[word] = int(count), int(file)
        return found

    @cached_property
    def usual(self) -> dict[str, int]:
        """How often a noun stands in the tagged texts, whatever its sense."""
        counts: dict[str, int] = defaultdict(int)
        for line in (self.folder / "cntlist.rev").read_text("latin-1").splitlines():
            key, _, count = line.split()
            word, _, rest = key.partition("%")
            if rest.startswith(NOUN):
                counts[word] += int(count)
        return dict(counts)

    @cached_property
    def _first(self) -> dict[str, int]:
        return {row[0]: int(row[1]) for row, _ in self.rows("noun")}

    @cached_property
    def _senses(self) -> list[tuple[str, str]]:
        lines = (self.folder / "index.noun").read_text("latin-1").splitlines()
        rows = [line.split() for line in lines if not line.startswith(" ")]
        return [(row[0], row[-int(row[2])]) for row in rows]

    @cached_property
    def plurals(self) -> dict[str, str]:
        """Irregular plurals to their singular."""
        lines = (self.folder / "noun.exc").read_text("latin-1").splitlines()
        return {many: one for many, one, *_ in map(str.split, lines)}

    def rows(self, kind: str) -> Iterator[tuple[list[str], str]]:
        """Fields of each synset and its gloss."""
        for line in (self.folder / f"data.{kind}").read_text("latin-1").splitlines():
            if not line.startswith(" "):
                fields, _, gloss = line.partition(" | ")
                yield fields.split(), gloss.strip()

    def singular(self, word: str) -> str:
        """The noun that a word is a form of; the word itself where none is known."""
        if word in self.plurals:
            return self.plurals[word]
        cut = word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else ""
        if word in self.files and cut not in self.files:
            return word
        for end, instead in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
            cut = word.removesuffix(end) + instead
            if word.endswith(end) and cut in self.files:
                return cut
        return word

    def concrete(self, word: str) -> bool:
        """Whether a noun's most usual sense can be seen and is no person."""
        return self.files.get(word) in CONCRETE

    def glosses(self) -> Iterator[tuple[str, str]]:
        """(noun, what it is) of things that can be seen, and whose noun is usual."""
        for fields, gloss in self.rows("noun"):
            word, said = fields[4], re.split(r'[;"(]', gloss)[0].strip()
            if int(fields[1]) in CONCRETE and self.usual.get(word.lower(), 0) > 0 and said:
                yield word.lower().replace("_", " "), said

    def examples(self) -> Iterator[str]:
        """Sentences that show a word in use."""
        for kind in ("noun", "verb", "adj"):
            for _, gloss in self.rows(kind):
                for said in re.findall(r'"([^"]+)"', gloss):
                    if 4 <= len(said.split()) <= 16 and said.isascii():
                        yield said.lower()


def wordnet(build: Path) -> WordNet:
    """WordNet from a build folder, got once.

    Raises:
        SystemExit: Debian is not reached.
    """
    folder = unpacked(build, PACKAGE) / "usr/share/wordnet"
    if not folder.exists():
        raise SystemExit(f"The Debian package {PACKAGE} is not in {build} and cannot be fetched.")
    return WordNet(folder)
