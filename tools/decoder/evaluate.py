"""Do captions of photographs name a right thing? `python -m tools.decoder.evaluate BUILD`.

Two sets: imitated photographs of COCO's validation pictures (never trained on; settings were chosen
on these), and the few real ones that are at hand (looked at, never chosen on). Right is a caption
that shares a noun, no person, with one of the picture's five captions; nouns by WordNet. Beside it
the training caption that would be right most often if it were given to all.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import isthmus
from isthmus.arrays import unit
from isthmus.decode.kinds import open_reader
from isthmus.measure.statistics import wilson_interval
from isthmus.train.decoders import photographed, prepared
from tools.decoder.names import nouns_in, shared
from tools.decoder.sentences import plain
from tools.decoder.train import lessons
from tools.decoder.wordnet import WordNet, wordnet

SEED = 7
RESULTS = Path("benchmarks/results/captioning_photographs.json")


def imitated(build: Path) -> tuple[np.ndarray, list[list[str]]]:
    """Unit vectors of a photograph for each validation picture, and its captions."""
    rows = json.loads((build / "sentences.json").read_text("utf-8"))
    parts = prepared(lessons(build, build / "mini.npz", 32)[0], 0)
    told: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        if row["part"] == "val":
            told.setdefault(row["picture"], []).append(number)
    pick = np.random.default_rng(SEED)
    chosen = torch.tensor([int(pick.choice(told[one])) for one in sorted(told)])
    vectors = photographed(parts, chosen, torch.Generator().manual_seed(SEED)).numpy()
    return vectors, [[rows[i]["text"] for i in told[one]] for one in sorted(told)]


def real() -> tuple[list[Path], list[list[str]]]:
    """The COCO pictures at hand and their captions."""
    folder = shared()
    rows = json.loads((folder / "clip_vitb16_coco500_pairs/items.json").read_text("utf-8"))
    every = json.loads((folder / "coco_captions/captions_val2017.json").read_text("utf-8"))
    kept = {row["image_id"]: folder / "clip_vitb16_coco500_pairs" / row["jpeg"]
            for row in rows if row["jpeg"]}  # fmt: skip
    captions: dict[int, list[str]] = {one: [] for one in kept}
    for row in every["annotations"]:
        if row["image_id"] in captions:
            captions[row["image_id"]].append(plain(row["caption"]))
    return list(kept.values()), list(captions.values())


def row_of(
    texts: Sequence[str], references: Sequence[Sequence[str]], words: WordNet, constants: list[str]
) -> dict[str, object]:
    """Share of right captions with its interval, the best constant, and how alike captions are."""
    wanted = [{x for text in some for x in nouns_in(text, words)} for some in references]
    said = [set(nouns_in(text, words)) for text in texts]
    right = np.array([bool(a & b) for a, b in zip(said, wanted, strict=True)], float)
    interval = wilson_interval(right)
    best = max(constants, key=lambda text: _share(set(nouns_in(text, words)), wanted))
    return {
        "n": len(texts),
        "share": float(right.mean()),
        "low": interval.low,
        "high": interval.high,
        "best constant": [_share(set(nouns_in(best, words)), wanted), best],
        "most given": Counter(texts).most_common(1)[0][1] / len(texts),
        "most words": max(len(text.split()) for text in texts),
        "mean words": float(np.mean([len(text.split()) for text in texts])),
        "most nouns": max(map(len, said)),
        "examples": [[some[0], text] for some, text in zip(references, texts, strict=True)][:60],
    }


def _share(nouns: set[str], wanted: Sequence[set[str]]) -> float:
    return float(np.mean([bool(nouns & one) for one in wanted]))


def main(build: Path) -> None:
    """Print and write both rows."""
    words, mini = wordnet(build), isthmus.load("mini", workers=1)
    rows = json.loads((build / "sentences.json").read_text("utf-8"))
    train = {row["text"] for row in rows if row["source"] == "coco" and row["part"] == "train"}
    constants = sorted(text for text in train if len(set(nouns_in(text, words))) <= 4)
    reader = open_reader(mini["text"], "image")
    vectors, references = imitated(build)
    begun = time.perf_counter()
    texts = [one.text for one in reader.decode(vectors)]
    speed = len(texts) / (time.perf_counter() - begun)
    table = {"imitated": {**row_of(texts, references, words, constants), "a second": speed}}
    files, captions = real()
    found = reader.decode(unit(mini["image"].encode(files)))
    table["COCO, 16 real"] = row_of([one.text for one in found], captions, words, constants)
    for name, row in table.items():
        print(name, {key: value for key, value in row.items() if key != "examples"})
        for reference, text in row["examples"][:16]:  # type: ignore[index]
            print(f"   {reference[:60]} | {text}")
    RESULTS.write_text(json.dumps({"seed": SEED, "rows": table}, indent=1), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
