"""What captions of ``captioning_study`` show: the shipped decoder, closure, and corrections.

    python -m benchmarks.captioning_uses mini mended:SPACE [--work runs/captioning]

Runs after ``captioning_study`` with the same work folder. *Shipped*: what `isthmus caption` says of
the same items (in another space than the default one, its sentences are carried over). *Closure*:
a held-out reference looks for its item among the 240 of a modality, whose caption (of the best
treatment, seed 0) is scored against the references of the text that went in; beside it, captions of
items at random, and texts that a decoder reads from their own vectors. *Corrections*: each of
``mend`` is fitted on training pairs, texts are moved with the items, and a decoder of the same
recipe (one seed) learns from the moved texts alone; no other treatment is used. Corrections whose
fit looks at pairs are marked, as the twin does too.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.captioning_page import means
from benchmarks.captioning_study import (
    KINDS,
    Cells,
    Part,
    ends,
    label,
    nearest_captions,
    part,
)
from benchmarks.harness import RESULTS, write_results
from benchmarks.page_rows import read
from isthmus.arrays import unit
from isthmus.decode.kinds import open_reader
from isthmus.decode.small import said_by
from isthmus.measure.texts.captions import Captions
from isthmus.measure.texts.references import CiderScore, cider_of
from isthmus.measure.texts.resampled import text_difference
from isthmus.measure.texts.retention import retention
from isthmus.registry import find
from isthmus.transform import CORRECTIONS
from isthmus.types import Calibration

CHAINS = ("", "mean_removal", "within_whitening", "ridge")
MORE = ("half_shift", "gap_removal", "procrustes")
"""Corrections that are compared in one cell only."""
WIDE = ("mini", "image")  # fmt: skip
PAIRED = ("within_whitening", "procrustes", "ridge", "cca")
"""Corrections whose fit looks at which text belongs to which item."""


def shipped(cells: Cells, modality: str, some: Part) -> dict[str, Any]:
    """What `isthmus caption` says of the items that are judged."""
    taught, given = cells.items(modality, some)
    text = cells.encoders["text"]

    def say() -> list[str]:
        return [one.text for one in open_reader(text, modality, taught).decode(given)]

    return {"CIDEr": ends(scored(cells.said(f"{modality}-shipped", say), some))}


def scored(said: Sequence[str], some: Part) -> CiderScore:
    """Against the references."""
    return cider_of(Captions.of(said, [*some.test.values()]))


def closure(cells: Cells, kind: str, modality: str, best: str) -> dict[str, Any]:
    """Text to the nearest item to its caption, against the text's own references."""
    some = cells.parts[kind]
    asked = cells.texts(f"{kind}-asked", [own[0] for own in some.test.values()])
    taught, given = cells.items(modality, some)
    texts = cells.texts(kind, [*some.train.values()])
    scores = unit(asked - texts.mean(axis=0)) @ unit(given - taught.mean(axis=0)).T
    found = scores.argmax(axis=1)
    said: list[str] = json.loads((cells.folder / f"said-{modality}-{best}-0.json").read_text())
    rng = np.random.default_rng(0)
    network = cells.decoder(f"{kind}-plain-0", lambda: (texts, [*some.train.values()]), {"seed": 0})
    read_of_texts = cells.said(f"text-{kind}-own", lambda: said_by(network, asked))
    rank = (scores > np.diag(scores)[:, None]).sum(axis=1)
    return {
        "treatment": best,
        "own item is first": float((rank == 0).mean()),
        "closure": ends(scored([said[int(row)] for row in found], some)),
        "an item at random": ends(scored([said[int(k)] for k in rng.permutation(len(said))], some)),
        "its own item": ends(scored(said, some)),
        "read from the text's vector": ends(scored(read_of_texts, some)),
    }


def corrected(cells: Cells, kind: str, modality: str) -> dict[str, Any]:
    """CIDEr after each correction, with what it gains over none."""
    some = cells.parts[kind]
    sentences = [*some.train.values()]
    texts, (taught, given) = cells.texts(kind, sentences), cells.items(modality, some)
    asked = cells.texts(f"{kind}-asked", [own[0] for own in some.test.values()])
    rows, plain = dict[str, Any](), None
    twin = scored(json.loads((cells.folder / f"said-{modality}-twin.json").read_text()), some)
    rule = scored(nearest_captions(taught, given, sentences), some)
    wide = (label(cells.name), modality) == WIDE
    for chain in (*CHAINS, *MORE) if wide else CHAINS:
        if chain:
            maps = fit(chain, texts, taught, modality)
            own, seen, judged, queries = (
                unit(np.asarray(maps[name](x.astype(np.float64)), np.float32))
                for name, x in (("text", texts), (modality, taught), (modality, given),
                                ("text", asked))
            )  # fmt: skip
        else:
            own, seen, judged, queries = texts, taught, given, asked
        name = f"{kind}-plain-0" if not chain else f"{modality}-after-{chain}"
        network = cells.decoder(name, lambda own=own: (own, sentences), {"seed": 0})
        say = partial(said_by, network, judged)
        score = scored(cells.said(f"{modality}-after-{chain or 'nothing'}", say), some)
        plain = plain or score
        gain = text_difference(score, plain)
        hits = (queries @ judged.T).argmax(axis=1) == np.arange(len(queries))
        rows[chain or "none"] = {
            "CIDEr": ends(score), "gain": ends(gain), "R@1": float(hits.mean()),
            "gap": float(np.linalg.norm(own.mean(axis=0) - seen.mean(axis=0))),
            "pairs": chain in PAIRED, "retention": ends(retention([score], [twin], rule)),
        }  # fmt: skip
        print(cells.name, modality, chain, json.dumps(rows[chain or "none"]), flush=True)
    return rows


def fit(chain: str, texts: np.ndarray, taught: np.ndarray, modality: str) -> Any:
    """A correction's maps, fitted on training pairs."""
    number = np.arange(len(texts))
    vectors = {"text": texts.astype(np.float64), modality: taught.astype(np.float64)}
    pairs = np.stack((number, number), axis=1)
    data = Calibration(vectors, pairs, {"text": number, modality: number})
    return find("corrections", CORRECTIONS, chain)(data)


def main() -> None:
    """Make what is missing, and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("spaces", nargs="+")
    parser.add_argument("--scenes", type=int, default=2200)
    parser.add_argument("--work", type=Path, default=Path("runs/captioning"))
    given = parser.parse_args()
    parts = {name: part(kind, given.scenes) for name, kind in KINDS.items()}
    study = read("captioning_study")["cells"]
    path = RESULTS / "captioning_uses.json"
    known = json.loads(path.read_text("utf-8"))["cells"] if path.is_file() else {}
    for space in given.spaces:
        cells = Cells(space, given.work, parts, given.scenes)
        own, done = study[label(space)], known.setdefault(label(space), {})
        for kind, some in KINDS.items():
            for modality in (x for x in some.modalities if x in own and x not in done):
                found = means(own[modality])
                best = max(found, key=lambda x: found[x])
                done[modality] = {
                    "shipped": shipped(cells, modality, parts[kind]),
                    "closure": closure(cells, kind, modality, best),
                    "corrections": corrected(cells, kind, modality),
                }  # fmt: skip
                write_results("captioning_uses", {"cells": known})


if __name__ == "__main__":
    main()
