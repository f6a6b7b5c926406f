"""How often captions name the thing, and how fast they are made: `python -m benchmarks.captioning`.

Test items of the bundled worlds. A caption names the thing if it holds the last word of its name
(units: of the unit's name; babel: a kind of shape that the sentence has). Beside it the caption
that would be right most often if it were given to all, and the nearest sentence of the memory.
Names of the worlds are in the memory and in the decoder's sentences: it is the items that it never
saw. Wilson intervals, widened where several items are of one thing.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

import isthmus
from isthmus.decode.kinds import open_reader
from isthmus.measure.statistics import wilson_interval
from isthmus.types import Encoder, World
from isthmus.worlds import load

SEED = 0
KINDS = ("sphere", "ball", "cube", "block", "cylinder", "cone", "pyramid", "ring", "hoop", "torus",
         "star", "heart", "cross", "plus", "moon", "crescent")  # fmt: skip
"""Words of babel for its shapes."""
RESULTS = Path(__file__).parent / "results/captioning.json"


def stem(word: str) -> str:
    """A word without the end of its plural."""
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def words(text: str) -> list[str]:
    """Words of a text without their plural's ends."""
    return [stem(word) for word in re.findall(r"[a-z0-9]+", text.lower())]


def last(name: str) -> set[str]:
    """The last word of a name."""
    return {words(name)[-1]} if words(name) else set()


def shapes(sentence: str) -> set[str]:
    """Kinds of shapes in a sentence of babel."""
    return {word for word in words(sentence) if word in KINDS}


SETS: dict[str, tuple[str, str, Callable[[World, str, str], set[str]]]] = {
    "glyphs": ("glyphs", "image", lambda w, i, text: last(text)),
    "clip art": ("clipart", "image", lambda w, i, text: last(text)),
    "furniture": ("furniture", "mesh", lambda w, i, text: last(text)),
    "orchestra": ("orchestra", "audio", lambda w, i, text: last(text)),
    "units": ("units", "video", lambda w, i, text: last(w.factors[i]["unit"].replace("_", " "))),
    "babel, pictures": ("babel?n=2000", "image", lambda w, i, text: shapes(text)),
    "babel, meshes": ("babel?n=2000", "mesh", lambda w, i, text: shapes(text)),
}
"""World, modality, and the words of which one names the thing."""


def drawn(world: World, modality: str, many: int) -> list[tuple[str, str, object]]:
    """(id, text, item) of test items, drawn by seed."""
    items, spoken = world.items[modality], world.items["text"]
    said = dict(zip(spoken.ids, spoken.payload, strict=True))
    text = {a: said[b] for a, b in reversed(list(world.links[modality, "text"]))}
    rows = [i for i, name in enumerate(items.ids) if world.split.get(name) == "test"]
    chosen = np.random.default_rng(SEED).permutation(rows)[:many]
    return [(items.ids[i], text[items.ids[i]], items.payload[i]) for i in sorted(chosen)]


def named(texts: Sequence[str], wanted: Sequence[set[str]]) -> list[bool]:
    """Which captions name their thing."""
    return [bool(some & set(words(text))) for text, some in zip(texts, wanted, strict=True)]


def measured(encoders: dict[str, Encoder], name: str, many: int) -> dict[str, object]:
    """One row of the table."""
    where, modality, of = SETS[name]
    world = load(where)
    some = drawn(world, modality, many)
    wanted = [of(world, item, text) for item, text, _ in some]
    vectors = encoders[modality].encode([item for _, _, item in some])
    row: dict[str, object] = {"n": len(some)}
    for decoder in ("captioner", "nearest"):
        reader = open_reader(encoders["text"], modality, decoder=decoder)
        begun = time.perf_counter()
        texts = [one.text for one in reader.decode(vectors)]
        seconds = time.perf_counter() - begun
        right = named(texts, wanted)
        objects = np.unique(["/".join(sorted(one)) for one in wanted], return_inverse=True)[1]
        interval = wilson_interval(np.array(right, float), objects)
        row[decoder] = {"share": float(np.mean(right)), "low": interval.low, "high": interval.high,
                        "a second": len(texts) / seconds}  # fmt: skip
        if decoder == "captioner":
            row["most given"] = Counter(texts).most_common(1)[0][1] / len(texts)
            row["examples"] = [[text, said] for (_, text, _), said in zip(some, texts, strict=True)]
    counts = Counter(word for one in wanted for word in one)
    row["constant"] = counts.most_common(1)[0][1] / len(some)
    row["examples"] = row["examples"][:50]  # type: ignore[index]
    return row


def main() -> None:
    """Print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=150)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    encoders = isthmus.load("mini", workers=1)
    table: dict[str, object] = {}
    print("| items | n | names the thing | nearest of the memory | best constant | a second |")
    print("|---|---|---|---|---|---|")
    for name in SETS:
        row = measured(encoders, name, given.items)
        table[name] = row
        cells = [f"{row[x]['share']:.3f} [{row[x]['low']:.3f}, {row[x]['high']:.3f}]"  # type: ignore[index]
                 for x in ("captioner", "nearest")]  # fmt: skip
        speed = row["captioner"]["a second"]  # type: ignore[index]
        print(f"| {name} | {row['n']} | {cells[0]} | {cells[1]} | {row['constant']:.3f} | "
              f"{speed:.1f} |", flush=True)  # fmt: skip
        given.out.write_text(json.dumps({"seed": SEED, "rows": table}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
