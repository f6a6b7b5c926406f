"""Train the decoder that ships on `mini`'s vectors: `python -m tools.decoder.train BUILD`."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
from kitoken import Kitoken

from isthmus.encode.mini import WEIGHTS
from isthmus.train.decoders import Lessons, Schedule, Shape, fit_decoder

SHARES = {"coco": 0.50, "photo": 0.05, "thing": 0.04, "drawn": 0.07, "shape": 0.04, "sound": 0.05,
          "motion": 0.04, "babel": 0.09, "babel-motion": 0.03, "gloss": 0.03,
          "example": 0.06}  # fmt: skip
PICTURED = ("coco", "photo", "thing")
MARKS = ["[END]", "[BEGIN]"]
LEAST = 3
"""Sentences that a word piece must stand in to be a word of the decoder's."""


def pieces(texts: list[str]) -> list[list[str]]:
    """Word pieces of each text, as BERT's vocabulary has them."""
    file = WEIGHTS / "tokenizer.json"
    tokenizer = Kitoken.from_tokenizers_file(str(file))
    words = json.loads(file.read_text("utf-8"))["model"]["vocab"]
    name = {number: word for word, number in words.items()}
    return [[name[x] for x in row] for row in tokenizer.encode_all(texts)]


def vocabulary(rows: list[list[str]]) -> list[str]:
    """The marks, all letters, and word pieces that stand in enough sentences."""
    counts = Counter(piece for row in rows for piece in set(row))
    letters = [mark + x for x in "abcdefghijklmnopqrstuvwxyz0123456789" for mark in ("", "##")]
    usual = sorted(x for x, n in counts.items() if n >= LEAST and x not in letters)
    return [*MARKS, *letters, *usual]


def spelled(piece: str, known: dict[str, int]) -> list[int]:
    """A word piece as a number of ours, or letter by letter."""
    if piece in known:
        return [known[piece]]
    bare = piece.removeprefix("##")
    marked = [f"##{x}" for x in bare]
    if not piece.startswith("##"):
        marked[0] = bare[0]
    return [known[x] for x in marked if x in known]


def lessons(build: Path, vectors: Path, longest: int) -> tuple[Lessons, list[str]]:
    """The training sentences, and the decoder's vocabulary."""
    rows = json.loads((build / "sentences.json").read_text("utf-8"))
    names = [row["name"] for row in json.loads((build / "memory.json").read_text("utf-8"))]
    kept = np.load(vectors)
    number = {noun: i for i, noun in enumerate(kept["nouns_named"].tolist())}
    cut = pieces([row["text"] for row in rows])
    words = vocabulary(cut)
    known = {word: i for i, word in enumerate(words)}
    tokens = np.zeros((len(rows), longest), np.int32)
    nouns = np.full((len(rows), 4), -1, np.int64)
    for at, (row, some) in enumerate(zip(rows, cut, strict=True)):
        line = [x for piece in some for x in spelled(piece, known)][: longest - 1]
        tokens[at, : len(line)] = line
        listed = [number[x] for x in row["nouns"]][:4]
        nouns[at, : len(listed)] = listed
    sources = np.array([row["source"] for row in rows])
    train = np.array([row["part"] == "train" for row in rows])
    weights = np.zeros(len(rows))
    for source, share in SHARES.items():
        here = (sources == source) & train
        weights[here] = share / here.sum()
    named = np.array([bool(name) for name in names])
    shown = np.load(build / "photographs.npz")
    return Lessons(tokens, kept["sentences"], weights, np.isin(sources, PICTURED),
                   sources == "coco", nouns,
                   kept["nouns"], kept["classes"], shown["classes"], shown["alike"],
                   shown["rests"], shown["weights"], kept["memory"][named]), words  # fmt: skip


def main() -> None:
    """Train, or go on, and keep weights and vocabulary in the build folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("--steps", type=int, default=Schedule().steps)
    given = parser.parse_args()
    shape, schedule = Shape(), Schedule(given.steps)
    learned, words = lessons(given.build, given.build / "mini.npz", shape.longest)
    begun = time.process_time()

    def tell(step: int, loss: float) -> None:
        print(f"step {step} loss {loss:.3f} cpu {time.process_time() - begun:.0f} s", flush=True)

    print(len(words), "words", flush=True)
    folder = given.build / "run"
    folder.mkdir(exist_ok=True)
    (folder / "words.json").write_text(json.dumps(words), "utf-8")
    np.savez(folder / "weights.npz", **fit_decoder(learned, shape, schedule, folder, tell))


if __name__ == "__main__":
    main()
