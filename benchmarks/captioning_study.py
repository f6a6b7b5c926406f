"""Captions from texts alone: seven treatments of the modality gap, five modalities, two spaces.

    python -m benchmarks.captioning_study mini mended:SPACE [--scenes 2200] [--work runs/captioning]

SPACE is fitted by `isthmus fit mini --world "babel-sound?n=3500&takes=4&close=2&groups=1"
--modalities text image points audio --head mlp`. Scenes of one group (``babel-sound``, another seed
than the space's) and clips (``babel-motion``); what is judged shows pairs of colour and shape that
no training scene shows. Small decoders (two layers of width 128) see training sentences only, in
three seeds; twins of the same size and schedule see vectors of training items with their sentences.
References are five wordings from templates that no decoder saw. The rule beside them says the
caption of the nearest training item. Finished cells are kept in the work folder and skipped.
"""

import argparse
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import RESULTS, write_results
from isthmus.arrays import unit, unit_or_zero
from isthmus.decode.retrieval import fitted
from isthmus.decode.small import Repeating, said_by
from isthmus.decode.treatments import Unpaired
from isthmus.measure.texts.captions import Captions
from isthmus.measure.texts.references import CiderScore, cider_of
from isthmus.measure.texts.retention import retention
from isthmus.records import dataclass
from isthmus.store import read_tensors, write_tensors
from isthmus.worlds import load as load_world
from isthmus.worlds.babel import motion
from isthmus.worlds.babel import render_text as wordings
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.babel.scenes import Scene

SEEDS = (0, 1, 2)
ON_VECTORS = ("none", "mean shift", "mean removal", "projection", "nearest", "adapter")
TREATMENTS = (*ON_VECTORS, "noise", "entities")
NOISE = 0.7
"""Length of the noise that the decoder of that treatment learned with."""
STEPS, REFERENCES, TEST, TAUGHT, SEED = 700, 5, 240, 1200, 77
NAMES = (
    *(word for table in wordings.ADJECTIVES.values() for some in table.values() for word in some),
    *(noun[0] for some in wordings.NOUNS.values() for noun in some),
)
"""What the decoder of entities is told of: words of single facts."""


@dataclass(frozen=True)
class Kind:
    """Things to be captioned, and how they are said."""

    world: str
    modalities: tuple[str, ...]
    scene: Callable[[int], Any]
    said: Callable[[Any, int], str]
    """A caption of a scene, in the wording of a number."""
    held: tuple[str, ...]
    """Phrases that only references have."""
    marks: int
    """How many of them each has."""


KINDS = {
    "scenes": Kind(
        f"babel-sound?n={{n}}&groups=1&seed={SEED}",
        ("image", "mesh", "points", "audio"),
        lambda number: Scene(SEED, number, 1),
        lambda scene, wording: caption(
            scene.facts, np.random.default_rng((SEED, scene.number, wording))
        ),
        tuple(phrases[-1].lower() for table in (wordings.STYLES, wordings.VIEWS)
              for phrases in table.values()),
        2,
    ),
    "clips": Kind(
        f"babel-motion?n={{n}}&seed={SEED}",
        ("video",),
        lambda number: motion.Scene(SEED, number),
        lambda scene, wording: replace(scene, number=1_000_003 * wording + scene.number).text(
            scene.facts
        ),
        ("stands still while", "thing first"),
        1,
    ),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Part:
    """The scenes of a kind: training sentences, and what is judged with its references."""

    kind: Kind
    train: Mapping[str, str]
    """Sentences by the ids of training items."""
    test: Mapping[str, list[str]]
    """References by the ids of what is judged."""


def part(kind: Kind, n: int) -> Part:
    """Training sentences without the held phrases, and five references with one each."""
    train, test = dict[str, str](), dict[str, list[str]]()
    for number in range(n):
        scene = kind.scene(number)
        where = scene.split(scene.facts)
        if where == "train" and len(train) < TAUGHT:
            train[scene.id] = next(worded(kind, scene, held=False))
        elif where == "test" and len(test) < TEST:
            test[scene.id] = list(islice(worded(kind, scene, held=True), REFERENCES))
    return Part(kind, train, test)


def worded(kind: Kind, scene: Any, held: bool) -> Iterator[str]:
    """Captions of a scene with one of the held phrases, or with none of them."""
    for wording in count():
        text = kind.said(scene, wording)
        found = sum(phrase in text.lower() for phrase in kind.held)
        if found == (kind.marks if held else 0):
            yield text


def label(space: str) -> str:
    """What a space is called on the page: the last part of its name."""
    return re.sub(r"\W+", "-", space.rpartition("/")[2]).strip("-")


class Cells:
    """What is made once and kept in the work folder of a space."""

    def __init__(self, space: str, folder: Path, parts: Mapping[str, Part], n: int) -> None:
        from isthmus.lab import load

        self.name, self.parts, self.n = space, parts, n
        self.folder = folder / label(space)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.encoders = load(space)

    def vectors(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        """Unit vectors that are made once."""
        file = self.folder / f"{name}.safetensors"
        if not file.is_file():
            write_tensors(file, {"vectors": make()}, {"what": name})
        return unit(np.asarray(read_tensors(file)[0]["vectors"], np.float32))

    def texts(self, name: str, texts: Sequence[str]) -> np.ndarray:
        """Of texts."""
        return self.vectors(f"text-{name}", lambda: np.asarray(self.encoders["text"].encode(texts)))

    def items(self, modality: str, some: Part) -> tuple[np.ndarray, np.ndarray]:
        """Of training items and of those that are judged."""
        ids = [*some.train, *some.test]

        def make() -> np.ndarray:
            items = load_world(some.kind.world.format(n=self.n)).items[modality]
            found = list[np.ndarray]()
            for start in range(0, len(ids), 64):
                rows = [items[name] for name in ids[start : start + 64]]
                found.append(np.asarray(self.encoders[modality].encode(rows), np.float32))
                print(f"{self.name} {modality} {start + len(rows)} of {len(ids)}", flush=True)
            return np.concatenate(found)

        found = self.vectors(modality, make)
        return found[: len(some.train)], found[len(some.train) :]

    def decoder(self, name: str, data: Callable[[], tuple[np.ndarray, Sequence[str]]],
                recipe: dict[str, Any]) -> Repeating:  # fmt: skip
        """A small decoder, trained once."""
        file, about = self.folder / f"{name}.safetensors", self.folder / f"{name}.json"
        if not about.is_file():
            from isthmus.train.decoders import Shape
            from isthmus.train.small_decoders import SmallRecipe, fit_small_decoder

            shape = Shape(128, 2, 4, 2, 4 if recipe.pop("told", False) else 0, 40)
            vectors, sentences = data()
            names = self.texts("names", NAMES) if shape.entities else None
            start = time.process_time()
            made = fit_small_decoder(
                vectors, sentences, SmallRecipe(STEPS, shape=shape, **recipe), names
            )
            spent = time.process_time() - start
            write_tensors(file, made.arrays, {"what": name})
            kept = {"words": made.words, "heads": made.heads, "longest": made.longest}
            about.write_text(json.dumps({**kept, "cpu seconds": round(spent, 1)}))
            print(f"{self.name} {name} {spent:.0f} CPU-s", flush=True)
        told = json.loads(about.read_text())
        arrays = {key: np.asarray(x) for key, x in read_tensors(file)[0].items()}
        return Repeating(arrays, told["words"], told["heads"], told["longest"])

    def said(self, name: str, say: Callable[[], list[str]]) -> list[str]:
        """Predictions that are made once."""
        file = self.folder / f"said-{name}.json"
        if not file.is_file():
            file.write_text(json.dumps(say()))
        return json.loads(file.read_text())


def judged(cells: Cells, kind: str, modality: str) -> dict[str, Any]:
    """All treatments, the twin and the rule, of one modality in one space."""
    some = cells.parts[kind]
    sentences, references = [*some.train.values()], [*some.test.values()]
    texts = cells.texts(kind, sentences)
    taught, given = cells.items(modality, some)
    data = Unpaired(texts, taught)
    names = cells.texts("names", NAMES)

    def score(said: Sequence[str]) -> CiderScore:
        return cider_of(Captions.of(said, references))

    def read(treatment: str, seed: int) -> list[str]:
        learned = {"noise": {"noise": NOISE}, "entities": {"told": True}}.get(treatment, {})
        own = treatment if learned else "plain"
        network = cells.decoder(f"{kind}-{own}-{seed}", lambda: (texts, sentences),
                                {"seed": seed, **learned})  # fmt: skip
        treat = fitted("none" if learned else treatment, None, data)
        return said_by(network, treat(given), names if "told" in learned else None)

    scores = {
        name: [score(cells.said(f"{modality}-{name}-{seed}", partial(read, name, seed)))
               for seed in SEEDS]
        for name in TREATMENTS
    }  # fmt: skip

    def paired() -> list[str]:
        network = cells.decoder(f"{modality}-twin", lambda: (taught, sentences), {"seed": 0})
        return said_by(network, given)

    twin = score(cells.said(f"{modality}-twin", paired))
    middle = taught.mean(axis=0)
    rule = score(nearest_captions(taught, given, sentences))
    rows = {name: row_of(some, twin, rule) for name, some in scores.items()}
    spread = [float(np.linalg.norm(x - x.mean(axis=0), axis=1).mean()) for x in (taught, texts)]
    gap = float(np.linalg.norm(taught.mean(axis=0) - texts.mean(axis=0)))
    cover = (unit_or_zero(given - middle) @ unit_or_zero(texts - texts.mean(axis=0)).T).max(axis=1)
    each = {name: np.mean([one.items for one in some], axis=0) for name, some in scores.items()}
    write_tensors(cells.folder / f"items-{modality}.safetensors", each, {})
    return {"n": len(given), "rows": rows, "twin": ends(twin), "rule": ends(rule),
            "geometry": {"gap": gap, "spread": spread, "cover": float(cover.mean())}}  # fmt: skip


def nearest_captions(taught: np.ndarray, given: np.ndarray, sentences: Sequence[str]) -> list[str]:
    """The rule: the caption of the nearest training item."""
    middle = taught.mean(axis=0)
    nearest = (unit_or_zero(given - middle) @ unit_or_zero(taught - middle).T).argmax(axis=1)
    return [sentences[int(row)] for row in nearest]


def ends(one: Any) -> list[float]:
    """Value and interval."""
    both = [one.interval.low, one.interval.high] if one.interval else []
    return [round(x, 2) for x in (one.value, *both)]


def row_of(seeds: Sequence[CiderScore], twin: CiderScore, rule: CiderScore) -> dict[str, Any]:
    """One treatment's CIDEr, a seed each, and what of the twin's it keeps."""
    kept = retention(seeds, [twin], rule)
    gain = [kept.gain, *([kept.gain_interval.low, kept.gain_interval.high]
                         if kept.gain_interval else [])]  # fmt: skip
    return {"CIDEr": [round(one.value, 2) for one in seeds], "retention": ends(kept),
            "of the gain": [round(x, 1) for x in gain], "told": kept.told}  # fmt: skip


def main() -> None:
    """Make what is missing, judge, and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("spaces", nargs="+")
    parser.add_argument("--scenes", type=int, default=2200)
    parser.add_argument("--work", type=Path, default=Path("runs/captioning"))
    parser.add_argument("--modalities", nargs="+", default=[])
    given = parser.parse_args()
    parts = {name: part(kind, given.scenes) for name, kind in KINDS.items()}
    for space in given.spaces:
        cells = Cells(space, given.work, parts, given.scenes)
        for kind, some in KINDS.items():
            for modality in some.modalities:
                if not given.modalities or modality in given.modalities:
                    one = judged(cells, kind, modality)
                    print(space, modality, json.dumps(one), flush=True)
                    keep(label(space), modality, one)


def keep(space: str, modality: str, cell: Mapping[str, Any]) -> None:
    """Write a finished cell into the record, beside those that are there."""
    path = RESULTS / "captioning_study.json"
    known = json.loads(path.read_text("utf-8"))["cells"] if path.is_file() else {}
    known.setdefault(space, {})[modality] = cell
    write_results("captioning_study", {"seeds": len(SEEDS), "steps": STEPS, "cells": known})


if __name__ == "__main__":
    main()
