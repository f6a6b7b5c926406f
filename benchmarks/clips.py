"""Videos by both roads: names of moving things, direction and order of events, actions of units.

Run: python -m benchmarks.clips --vectors FOLDER [--towers FOLDER]

The test parts of `motions`, `units` and `babel-motion` are looked at here and nowhere else. What is
fitted (a classifier of actions) or chosen (its strength, the best single frame) is so on the
training and validation parts, whose vectors of frames `tools.clips.vectors` keeps in --vectors.
"""

import argparse
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.arrays import unit
from isthmus.encode import mini
from isthmus.encode.clips.towers import SIDE, TOWERS, in_order
from isthmus.measure.statistics import change_interval, wilson_interval
from isthmus.read.image import Picture
from isthmus.read.video import Stack
from isthmus.similarity.pooling import confidence_weighted, max_of_scores, mean_of_scores
from isthmus.types import LoadOptions, World
from isthmus.view.stress.clips import STRESS
from isthmus.worlds import load
from isthmus.worlds.units import PHRASES, SEVERAL
from tools.clips import vectors

MOTIONS_OF_BABEL = 1200
FEW = 10
"""Units that an action needs to be counted."""
STRENGTHS = np.logspace(-4, 0, 5)
DRAWS = 2000


class Seen:
    """Vectors of frames in `mini`, each picture looked at once and kept in a file."""

    def __init__(self, file: Path) -> None:
        self.towers = mini.load("", LoadOptions(workers=1))
        self.known: dict[bytes, np.ndarray] = {}
        self.file = file
        if file.exists():
            with np.load(file) as found:
                keys = (bytes.fromhex(str(key)) for key in found["keys"])
                self.known = dict(zip(keys, found["vectors"], strict=True))

    def keep(self) -> None:
        """Write what is known."""
        keys = np.array([key.hex() for key in self.known])
        np.savez(self.file, keys=keys, vectors=np.stack(list(self.known.values())))

    def frames(self, item: Any) -> np.ndarray:
        """(8, d) unit vectors of a clip's frames in order."""
        images = in_order(item, mini.SIDE)
        keys = [hashlib.blake2b(one.tobytes(), digest_size=16).digest() for one in images]
        new = {key: one for key, one in zip(keys, images, strict=True) if key not in self.known}
        if new:
            found = unit(self.towers["image"].encode([Picture(one) for one in new.values()]))
            self.known.update(zip(new, found, strict=True))
        return np.stack([self.known[key] for key in keys])

    def texts(self, some: Sequence[str]) -> np.ndarray:
        """(n, d) unit vectors."""
        return unit(self.towers["text"].encode(list(some)))


Road = Callable[[Any, np.ndarray], np.ndarray]
"""From a clip and its frames' vectors to its own."""


def roads(folder: Path | None) -> dict[str, Road]:
    """Frames pooled by their mean, and what was trained, by name."""
    found: dict[str, Road] = {"frames, mean": lambda _item, x: unit(x.mean(axis=0)[None])[0]}
    for name in TOWERS:
        path = folder / f"{name}.onnx" if folder else Path("none")
        if path.is_file():
            found[name] = _road(name, mini.session(path))
    return found


def _road(name: str, network: Any) -> Road:
    def mixed(_item: Any, x: np.ndarray) -> np.ndarray:
        return np.asarray(network.run(None, {"frames": x[None]})[0])[0]

    def direct(item: Any, _x: np.ndarray) -> np.ndarray:
        some = np.stack([np.asarray(mini.fitted(one, SIDE)) for one in in_order(item, SIDE)])
        return np.asarray(network.run(None, {"frames": some[None]})[0])[0]

    return mixed if name == "mixer" else direct


def share(scores: np.ndarray, objects: np.ndarray) -> dict[str, Any]:
    """A mean of scores in [0, 1] with its interval over objects."""
    _, rows = np.unique(objects, return_inverse=True)
    found = wilson_interval(np.asarray(scores, float), rows)
    return {"value": _round(np.mean(scores)), "interval": [_round(found.low), _round(found.high)],
            "n": len(scores), "objects": int(rows.max()) + 1}  # fmt: skip


def _round(value: Any) -> float:
    return round(float(value), 4)


def motions(seen: Seen, ways: Mapping[str, Road]) -> dict[str, Any]:
    """hit@5 among all test objects, both ways, by each road; the middle frame alone beside."""
    world = load("motions").part("test")
    ids = world.items["video"].ids
    frames = [seen.frames(world.items["video"][name]) for name in ids]
    names = seen.texts(list(world.items["text"]))
    families = np.array([str(world.factors[name]["family"]) for name in ids])
    known = {label: i for i, label in enumerate(dict.fromkeys(world.items["text"]))}
    same = np.array([known[text] for text in world.items["text"]])
    vectors = {
        name: np.stack(
            [way(world.items["video"][one], x) for one, x in zip(ids, frames, strict=True)]
        )
        for name, way in ways.items()
    }
    vectors["middle frame"] = np.stack([x[4] for x in frames])
    scores = {name: names @ found.T for name, found in vectors.items()}
    for name, rule in (("mean of scores", mean_of_scores), ("max", max_of_scores),
                       ("confidence", lambda s: confidence_weighted(s, 20.0))):  # fmt: skip
        scores[f"frames, {name}"] = np.stack([rule(names @ x.T) for x in frames], axis=1)
    chance = 5 / len(ids)
    rows: dict[str, Any] = {"candidates": len(ids), "chance": _round(chance)}
    for name, table in scores.items():
        text, video = _hits(table, same), _hits(table.T, same)
        rows[name] = {"name to clip": share(text, families), "clip to name": share(video, families)}
    gain = _hits(scores["frames, mean"], same) - _hits(scores["middle frame"], same)
    _, objects = np.unique(families, return_inverse=True)
    found = change_interval(gain, objects)
    rows["mean over middle frame"] = [_round(gain.mean()), _round(found.low), _round(found.high)]
    return rows


def _hits(scores: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Whether one of the five best columns is of the row's name."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    return (same[best] == same[:, None]).any(axis=1).astype(float)


def babel(seen: Seen, ways: Mapping[str, Road]) -> dict[str, Any]:
    """Whether a clip is nearer to its own sentence than to its opposite's, and its opposite too.

    The opposite of a clip shows the same frames at other times, so that the chance is a half.
    """
    world = load("babel-motion", n=MOTIONS_OF_BABEL).part("test")
    scenes = [one.source for one in world.items["video"]]
    rows: dict[str, list[tuple[int, dict[str, float]]]] = {"direction": [], "order": []}
    for number, scene in enumerate(scenes):
        other = replace(scene, opposite=True)
        own, wrong = seen.texts([scene.text(scene.facts), other.text(other.facts)])
        kind = "direction" if scene.facts.event is None else "order"
        for gap, one in ((own - wrong, scene), (wrong - own, other)):
            found = {name: _right(float(gap @ x)) for name, x in _seen_by(one(), seen, ways)}
            rows[kind].append((number, found))
    return {
        kind: {
            name: share(np.array([x[name] for _, x in some]), np.array([k for k, _ in some]))
            for name in some[0][1]
        }
        for kind, some in rows.items()
    }


def _seen_by(shown: Stack, seen: Seen, ways: Mapping[str, Road]) -> list[tuple[str, np.ndarray]]:
    """A clip's vector by every road; by the mixer, those of the changed clip too."""
    frames = seen.frames(shown)
    found = [(name, way(shown, frames)) for name, way in ways.items()]
    for name, change in STRESS.items() if "mixer" in ways else ():
        changed = change(shown, None, None)
        what = f"mixer, {name.replace('_', ' ')}"
        found.append((what, ways["mixer"](changed, seen.frames(changed))))
    return found


def _right(gap: float) -> float:
    return 0.5 if abs(gap) < 1e-6 else float(gap > 0)


def counted(world: World) -> list[str]:
    """Actions that at least ten units show, in a model that shows nothing else."""
    units: dict[str, set[tuple[str, str]]] = {}
    for name in world.items["video"].ids:
        facts = world.factors[name]
        units.setdefault(facts["label"], set()).add((facts["faction"], facts["unit"]))
    return [one for one in PHRASES if one != SEVERAL and len(units.get(one, ())) >= FEW]


def units(seen: Seen, ways: Mapping[str, Road], folder: Path) -> dict[str, Any]:
    """Balanced accuracy over actions of units never seen."""
    world = load("units")
    actions = counted(world)
    number = {name: actions.index(facts["label"]) for name, facts in world.factors.items()
              if facts["label"] in actions}  # fmt: skip
    ids, fitted = vectors.kept(folder)
    frames = dict(zip(ids, fitted.astype(np.float32), strict=True))
    test = [name for name in world.part("test").items["video"].ids if name in number]
    frames |= {name: seen.frames(world.items["video"][name]) for name in test}
    sides = {part: [name for name in frames if name in number and world.split[name] == part]
             for part in ("train", "val", "test")}  # fmt: skip
    labels = {part: np.array([number[name] for name in some]) for part, some in sides.items()}
    right, chosen, features = {}, {}, _features(world, ways, frames)
    for name, feature in features.items():
        tables = {part: np.stack([feature(one) for one in some]) for part, some in sides.items()}
        right[name], chosen[name] = _classified(tables, labels)
    single = max((name for name in chosen if name.startswith("frame ")), key=lambda n: chosen[n])
    right["majority rule"] = labels["test"] == np.bincount(labels["train"]).argmax()
    kept = [
        *ways,
        single,
        "frame 4",
        "majority rule",
        *(name for name in features if " and " in name),
    ]
    if "mixer" in ways:
        said = _by_words(world, test, features["mixer"], seen, actions)
        right["mixer, by words"] = said == labels["test"]
        right["mixer over frames, mean"] = right["mixer"] - right["frames, mean"]
        kept += ["mixer, by words", "mixer over frames, mean"]
    families = np.array([world.factors[name]["family"] for name in test])
    y = labels["test"]
    return {
        "clips of each action": {one: int((y == k).sum()) for k, one in enumerate(actions)},
        "clips": len(test),
        "families": len(set(families)),
        "best single frame": single,
        **{name: _balanced(np.asarray(right[name], float), y, families) for name in kept},
        "recall": {
            name: [_round(np.mean(right[name][y == k])) for k in range(len(actions))]
            for name in kept
        },
    }


def _features(
    world: World, ways: Mapping[str, Road], frames: Mapping[str, np.ndarray]
) -> dict[str, Callable[[str], np.ndarray]]:
    """From a clip's id to its vector: by each road, and by each single frame."""
    clips = world.items["video"]
    by_road = {name: (lambda one, way=way: way(clips[one], frames[one]))
               for name, way in ways.items()}  # fmt: skip
    if set(TOWERS) <= set(ways):
        by_road[" and ".join(TOWERS)] = lambda one: np.concatenate(
            [by_road[name](one) for name in TOWERS]
        )
    return {**by_road, **{f"frame {k}": (lambda one, k=k: frames[one][k]) for k in (0, 2, 4, 6)}}


def _classified(tables: Mapping[str, np.ndarray], y: Mapping[str, np.ndarray]) -> Any:
    """Right or wrong on the test part, and the score on validation that chose the strength."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(tables["train"])
    x = {part: scale.transform(table) for part, table in tables.items()}
    best = (-1.0, None)
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, class_weight="balanced", max_iter=150)
        model.fit(x["train"], y["train"])
        hits = (model.predict(x["val"]) == y["val"]).astype(float)
        score = np.mean([hits[y["val"] == one].mean() for one in np.unique(y["val"])])
        best = max(best, (float(score), model), key=lambda pair: pair[0])
    return (best[1].predict(x["test"]) == y["test"]).astype(float), best[0]


def _by_words(
    world: World, ids: Sequence[str], feature: Callable[[str], np.ndarray], seen: Seen,
    actions: Sequence[str],
) -> np.ndarray:  # fmt: skip
    found = []
    for name in ids:
        unit_name = world.factors[name]["unit"].replace("_", " ")
        texts = seen.texts([f"a {unit_name} {PHRASES[one]}" for one in actions])
        found.append(int(np.argmax(texts @ feature(name))))
    return np.array(found)


def _balanced(scores: np.ndarray, labels: np.ndarray, families: np.ndarray) -> dict[str, Any]:
    """Mean of the means of each class, with a percentile bootstrap over families."""
    classes = np.unique(labels)

    def mean(rows: np.ndarray) -> float:
        return float(np.mean([scores[rows][labels[rows] == one].mean() for one in classes
                              if (labels[rows] == one).any()]))  # fmt: skip

    rng, names = np.random.default_rng(0), np.unique(families)
    of = {name: np.flatnonzero(families == name) for name in names}
    draws = [mean(np.concatenate([of[name] for name in rng.choice(names, len(names))]))
             for _ in range(DRAWS)]  # fmt: skip
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"value": _round(mean(np.arange(len(labels)))), "interval": [_round(low), _round(high)]}


def prepare(seen: Seen) -> None:
    """Vectors of the frames of every test clip."""
    for world in (load("motions"), load("units"), load("babel-motion", n=MOTIONS_OF_BABEL)):
        for number, item in enumerate(world.part("test").items["video"]):
            seen.frames(item)
            if number % 50 == 49:
                seen.keep()
                print(world.name, number + 1, flush=True)
        seen.keep()


def main() -> None:
    """Look at every test part, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--towers", type=Path)
    parser.add_argument("--prepare", action="store_true", help="encode frames, score nothing")
    args = parser.parse_args()
    seen, ways = Seen(args.vectors / "test.npz"), roads(args.towers)
    if args.prepare:
        prepare(seen)
        return
    found = {
        "motions": motions(seen, ways),
        "babel-motion": babel(seen, ways),
        "units": units(seen, ways, args.vectors / "units"),
    }
    for world, rows in found.items():
        print(world)
        for name, row in rows.items():
            print(f"  {name}: {row}")
    write_results("clips", found)


if __name__ == "__main__":
    main()
