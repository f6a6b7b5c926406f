"""Named sounds by every road into `mini`: notes of the orchestra, animals of a game, pictures.

    python -m benchmarks.sounds [--gcompris FOLDER]

By name means the mean of the vectors of ``tools.sounds.names.TEMPLATES``. Intervals are Wilson's
over instruments or things, the exchangeable unit. The test parts are looked at here alone; with
--gcompris the animals and instruments of GCompris, which steered nothing, are looked at as well.
"""

import argparse
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from math import comb
from pathlib import Path
from typing import Any

import numpy as np

import isthmus
from benchmarks.harness import write_results
from isthmus.arrays import unit
from isthmus.encode.roads import roads
from isthmus.encode.sounds.towers import EVERY, heard
from isthmus.measure.statistics import change_interval, wilson_interval
from isthmus.store import data_folder, read_table
from isthmus.view.stress.sounds import STRESS
from isthmus.worlds import load
from tools.mini.gcompris import resources
from tools.sounds.instruments import INSTRUMENTS
from tools.sounds.names import named

ITEMS = 320
"""Of the paired comparisons of roads, and of those under stress."""
SCENES = 1500
HOPS = (0.24, EVERY, 0.975)
DRAWS = 20

ANIMALS = {
    "cow": r"(cow|bull)_(ack|select)\d+", "hen": r"chicken_(ack|select|standing)\d+",
    "elephant": r"ele(attack)?\d", "pig": r"pig_(ack|select)\d+", "sheep": r"sheep\d+",
    "wolf": r"wolf", "bee": r"bee\d", "snake": r"snake_attack\d",
}  # fmt: skip
"""MegaGlest's: validation of the class vectors, in no training."""
OTHERS = ("dog", "cat", "rooster", "crow", "frog", "horse", "goat", "lion", "duck")
"""Names that stand beside the animals'."""
THINGS = {
    "bright acoustic piano": "piano", "jazz guitar": "guitar", "tenor saxophone": "saxophone",
    "synth drum": "drum", "reed organ": "organ", "bird tweet": "bird",
}  # fmt: skip
"""Instruments that no training heard, and what pictures of them are called."""


def share(
    right: Sequence[float] | np.ndarray, objects: Sequence[str] | None = None
) -> dict[str, Any]:
    """A mean of scores in [0, 1] with its interval over objects."""
    scores = np.asarray(right, float)
    rows = None if objects is None else np.unique(objects, return_inverse=True)[1]
    found = wilson_interval(scores, rows)
    return {
        "value": round(float(scores.mean()), 4), "low": round(found.low, 4),
        "high": round(found.high, 4), "n": len(scores),
        "objects": len(set(objects)) if objects is not None else len(scores),
    }  # fmt: skip


def guessed(vectors: np.ndarray, names: Sequence[str], texts: Any) -> np.ndarray:
    """The nearest name of each vector."""
    return np.array(names)[(unit(vectors) @ named(texts, names).T).argmax(axis=1)]


class Orchestra:
    """The world's sounds and their vectors, made once."""

    def __init__(self, tower: Any) -> None:
        world = load("orchestra")
        self.items = world.items["audio"]
        table = world.to_table("audio")
        self.facts = {key: np.array(column) for key, column in table.items()}
        self.vectors = tower.encode(list(self.items))

    def rows(self, **wanted: Any) -> np.ndarray:
        """Numbers of the sounds with these facts."""
        keep = [self.facts[key] == value for key, value in wanted.items()]
        return np.flatnonzero(np.logical_and.reduce(keep))


def by_name(of: Orchestra, texts: Any) -> dict[str, Any]:
    """Unseen pitches among 128 names; the family of unseen instruments among sixteen."""
    names = [one.name for one in INSTRUMENTS]
    at = of.rows(held_out="pitch")
    own = of.facts["name"][at]
    right = guessed(of.vectors[at], names, texts) == own
    found = {"unseen pitches, 128 names": share(right, list(own)) | {"chance": 1 / 128}}
    new = np.flatnonzero((of.facts["held_out"] == "instrument") & (of.facts["split"] == "test")
                         & (of.facts["program"] < 128))  # fmt: skip
    families = np.array([one.family for one in INSTRUMENTS])
    plain = list(dict.fromkeys(families))
    rule = np.bincount(np.unique(of.facts["family"][new], return_inverse=True)[1]).max() / len(new)
    known = [one.name for one in INSTRUMENTS if one.split == "train"]
    lookup = {one.name: one.family for one in INSTRUMENTS}
    told = np.array([lookup[x] for x in guessed(of.vectors[new], known, texts)])
    for words, said in (
        ("family of the nearest known name", told),
        ("family by its own name", guessed(of.vectors[new], plain, texts)),
    ):
        right = said == of.facts["family"][new]
        found[f"unseen instruments, {words}"] = share(right, list(of.facts["name"][new])) | {
            "chance": 1 / 16, "majority": round(float(rule), 4)}  # fmt: skip
    return found


def taught(of: Orchestra) -> dict[str, Any]:
    """A linear probe and the nearest mean of few: 128 ways, from seen pitches to unseen ones."""
    from sklearn.linear_model import LogisticRegression

    played = of.facts["program"] < 128
    unseen = of.facts["pitch"] % 5 == 2
    train, test = np.flatnonzero(played & ~unseen), np.flatnonzero(played & unseen)
    x, y = unit(of.vectors), of.facts["program"]
    model = LogisticRegression(C=100.0, max_iter=300).fit(x[train], y[train])
    objects = list(of.facts["name"][test])
    found = {"linear probe": share(model.predict(x[test]) == y[test], objects)}
    rng = np.random.default_rng(0)
    for shots in (1, 5):
        right = np.zeros(len(test))
        for _ in range(DRAWS):
            some = [rng.choice(train[y[train] == one], shots, replace=False) for one in range(128)]
            means = unit(np.stack([x[rows].mean(axis=0) for rows in some]))
            right += (x[test] @ means.T).argmax(axis=1) == y[test]
        found[f"{shots} of each"] = share(right / DRAWS, objects)
    new = of.facts["held_out"] == "instrument"
    known = np.flatnonzero(played & ((of.facts["split"] == "train") | (new & ~_test(of))))
    asked = np.flatnonzero(played & new & _test(of))
    model = LogisticRegression(C=1.0, max_iter=300).fit(x[known], of.facts["family"][known])
    right = model.predict(x[asked]) == of.facts["family"][asked]
    found["unseen instruments, family"] = share(right, list(of.facts["name"][asked]))
    return found | {"chance": 1 / 128, "trained on": len(train)}


def _test(of: Orchestra) -> np.ndarray:
    return of.facts["split"] == "test"


def compared(of: Orchestra, mini: Any) -> dict[str, Any]:
    """Every road on the same sounds, named among 128: paired to the direct one."""
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(of.rows(held_out="pitch"), ITEMS, replace=False))
    items = [of.items.payload[row] for row in rows]
    own, names = of.facts["name"][rows], [one.name for one in INSTRUMENTS]
    right, found = {}, dict[str, Any]()
    for road, tower in ways_of(mini).items():
        begun = time.perf_counter()
        vectors = tower.encode(items)
        right[road] = (guessed(vectors, names, mini["text"]) == own).astype(float)
        found[road] = share(right[road], list(own)) | {
            "seconds": round(time.perf_counter() - begun, 2)}  # fmt: skip
        if road != "direct":
            objects = np.unique(own, return_inverse=True)[1]
            gain = right["direct"] - right[road]
            around = change_interval(gain, objects)
            found[f"direct over {road}"] = [
                round(float(x), 4) for x in (gain.mean(), around.low, around.high)]  # fmt: skip
    for name, change in STRESS.items():
        other = rng.permutation(len(items))
        changed = [change(one, items[at], np.random.default_rng(seed))
                   for seed, (one, at) in enumerate(zip(items, other, strict=True))]  # fmt: skip
        said = guessed(mini["audio"].encode(changed), names, mini["text"])
        found[f"direct, {name}"] = share(said == own, list(own))
    return found


def animals(mini: Any, folder: Path) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """MegaGlest's animals among seventeen names, by every road."""
    table = read_table(folder / "sounds.parquet", ["id", "name", "sound"])
    some = [
        (animal, stored)
        for animal, form in ANIMALS.items()
        for name, stored in zip(table["name"], table["sound"], strict=True)
        if re.fullmatch(form, str(name))
    ]
    names, own = [*ANIMALS, *OTHERS], np.array([name for name, _ in some])
    found = {}
    for road, tower in ways_of(mini).items():
        said = guessed(tower.encode([stored for _, stored in some]), names, mini["text"])
        each = {str(x): round(float((said == own)[own == x].mean()), 3) for x in np.unique(own)}
        found[road] = share(said == own, list(own)) | {
            "balanced": round(float(np.mean(list(each.values()))), 4), "each": each}  # fmt: skip
    return found | {"chance": 1 / len(names)}, some


def pictured(of: Orchestra, mini: Any, heard_too: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Sounds that no training heard, and pictures of test and validation: R@5 both ways."""
    pictures, words = list[Any](), list[str]()
    for name, style in (("glyphs", "twemoji"), ("clipart", "")):
        world = load(name)
        said = {a: world.items["text"][b] for a, b in world.links["image", "text"]}
        for one in world.items["image"].ids:
            if world.split[one] != "train" and one.endswith(style) and one in said:
                pictures.append(world.items["image"][one])
                words.append(str(said[one]).lower())
    seen = unit(mini["image"].encode(pictures))
    new = [row for row, name in enumerate(of.facts["name"]) if name in THINGS]
    things = [THINGS[str(of.facts["name"][row])] for row in new] + [name for name, _ in heard_too]
    sounds = [of.vectors[new]]
    if heard_too:
        sounds.append(mini["audio"].encode([stored for _, stored in heard_too]))
    found = unit(np.concatenate(sounds))
    also = {"hen": r"hen|chicken", "bee": r"bee|honeybee"}
    fits = np.array([[bool(re.search(rf"\b({also.get(thing, thing)})s?\b", text)) for text in words]
                     for thing in things])  # fmt: skip
    rows = {}
    for way, table, relevant, objects in (
        ("sound to picture", found @ seen.T, fits, things),
        ("picture to sound", seen @ found.T, fits.T, None),
    ):
        asked = relevant.any(axis=1)
        best = np.argsort(-table[asked], axis=1, kind="stable")[:, :5]
        right = np.take_along_axis(relevant[asked], best, axis=1).any(axis=1)
        size = relevant.shape[1]
        chance = np.mean(
            [1 - comb(size - k, 5) / comb(size, 5) for k in relevant[asked].sum(axis=1)]
        )
        kinds = [things[k] for k in fits.T[asked].argmax(axis=1)] if objects is None else [
            thing for thing, yes in zip(things, asked, strict=True) if yes]  # fmt: skip
        rows[way] = share(right, kinds) | {
            "chance": round(float(chance), 4), "gallery": size}  # fmt: skip
    return rows


def fast(of: Orchestra, mini: Any) -> dict[str, Any]:
    """Seconds from ten seconds of samples to a vector on one core; the hop and what it costs."""
    rng, tower = np.random.default_rng(0), mini["audio"]
    wave = (0.1 * rng.standard_normal(441_000).astype(np.float32), 44_100)
    found: dict[str, Any] = {}
    rows = of.rows(held_out="pitch")[::2]
    names, own = [one.name for one in INSTRUMENTS], of.facts["name"][rows]
    for every in HOPS:
        one = replace(tower, every=every)
        one.encode([wave])
        taken = []
        for _ in range(7):
            begun = time.perf_counter()
            one.encode([wave])
            taken.append(time.perf_counter() - begun)
        said = guessed(one.encode([of.items.payload[row] for row in rows]), names, mini["text"])
        found[f"every {every} s"] = {
            "seconds of 10 s": round(float(np.median(taken)), 4),
            "patches of 10 s": len(heard(tower.network, wave, every)[1]),
            "unseen pitches": share(said == own, list(own)),
        }
    return found


def coded(mini: Any) -> dict[str, Any]:
    """Facts of `babel-sound` by a linear probe, on scenes whose pair of colour and shape is new."""
    from sklearn.linear_model import LogisticRegression

    world = load("babel-sound", n=SCENES, groups=1)
    ids = world.items["audio"].ids
    x = unit(mini["audio"].encode(list(world.items["audio"])))
    test = np.array([world.split[name] == "test" for name in ids])
    found = {}
    for fact in ("shape", "size", "colour", "material", "count", "view", "style"):
        y = np.array([str(world.factors[name][fact]) for name in ids])
        model = LogisticRegression(C=100.0, max_iter=300).fit(x[~test], y[~test])
        values, counts = np.unique(y[~test], return_counts=True)
        right = share(model.predict(x[test]) == y[test])
        rule = float((y[test] == values[counts.argmax()]).mean())
        found[fact] = right | {"values": len(values), "majority": round(rule, 4)}
    return found


def gcompris(mini: Any, root: Path) -> dict[str, Any]:
    """Nine farm animals and twenty-six instruments by the names of their files."""
    found, also = {}, {"chickens": "chicken", "flute traversiere": "flute", "horn": "french horn"}
    for what in ("explore_farm_animals", "instruments"):
        stored = resources((root / f"usr/share/gcompris-qt/rcc/{what}.rcc").read_bytes())
        plain = {Path(path).stem.replace("_", " "): data for path, data in sorted(stored.items())
                 if path.endswith(".ogg") and f"{what}/resource" in path}  # fmt: skip
        own = np.array([also.get(name, name) for name in plain])
        for road, tower in ways_of(mini).items():
            said = guessed(tower.encode(list(plain.values())), list(own), mini["text"])
            found[f"{what}, {road}"] = share(said == own) | {
                "chance": 1 / len(own),
                "missed": [f"{a}: {b}" for a, b in zip(own, said, strict=True) if a != b],
            }
    return found


def ways_of(mini: Any) -> dict[str, Any]:
    """The direct road and both indirect ones."""
    ways = roads({key: mini[key] for key in ("image", "text", "audio")}, "audio")
    return {road: ways[road] for road in ("direct", "class_words", "spectrogram")}


def main() -> None:
    """Look at every test part, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gcompris", type=Path, help="an unpacked gcompris-qt-data of Debian")
    args = parser.parse_args()
    mini = isthmus.load("mini", workers=1)
    of = Orchestra(mini["audio"])
    found = {
        "by name": by_name(of, mini["text"]),
        "taught, 128 ways": taught(of),
        "roads": compared(of, mini),
    }
    game: list[tuple[str, bytes]] = []
    if (folder := data_folder("units")) is not None:
        found["animals of MegaGlest"], game = animals(mini, folder)
    found["pictures"] = pictured(of, mini, game)
    found["facts of babel-sound"] = coded(mini)
    found["speed"] = fast(of, mini)
    if args.gcompris:
        found["GCompris"] = gcompris(mini, args.gcompris)
    for part, rows in found.items():
        print(part)
        for name, row in rows.items():
            print(f"  {name}: {row}")
    write_results("sounds", found)


if __name__ == "__main__":
    main()
