"""Is it there, and where? Boxes in pictures, seconds in sounds and videos, faces of meshes.

    python -m benchmarks.finding babel mended:SPACE     # the space of benchmarks.lists
    python -m benchmarks.finding places mini

``babel``: scenes of two groups before a backdrop, with exact masks. A query is a colour and a shape
(``a red cube``). Presence is learned on validation scenes, judged on test scenes, each of which
shows a pair of colour and shape that no training scene shows. As often as for what is there it is
asked for what is not: half near misses (the colour of one group on another shape, or its shape in
another colour), half any other pair. The line is learned on half of the validation scenes, the
threshold set for false alarms of 5 % on near misses of the other half. Candidates are those of
``view.within``, which know nothing of babel; beside them the whole picture, a box in its middle,
components of one colour named by their hue, and the candidates in random order. ``places``:
recordings and videos of three things in thirty seconds, two meshes beside each other, put together
of test things; the place is asked of what is there, in mini as it is.
"""

import argparse
import colorsys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.indexes.parts import Seen
from isthmus.indexes.parts import overlaps as overlapping
from isthmus.indexes.presence import PresenceRule, fit_presence, places_of
from isthmus.indexes.rules import named, rule_for, seen, words_of
from isthmus.measure.statistics import wilson_interval
from isthmus.records import dataclass
from isthmus.types import Place
from isthmus.view.within.pictures import overlaps

SIDE = 192
RATES = (0.05, 0.02, 0.01, 0.005)
"""Of false alarms on near misses, as a user sets them; the first is what AP50 is printed beside."""
ALARMS = RATES[0]
MOST = 10
"""Boxes of a picture and a query that are judged."""
SEED = 5


def scenes(n: int, part: str) -> list[Any]:
    """Rendered scenes of two groups, of a split."""
    from isthmus.worlds.babel.scenes import Scene

    found, number = [], 0
    while len(found) < n:
        scene = Scene(SEED, number, groups=2, size=SIDE)
        number += 1
        if scene.split(scene.facts) == part:
            found.append(scene)
    return found


def names() -> list[str]:
    """Every colour with every shape."""
    from isthmus.worlds.babel.facts import COLOURS, SHAPES

    return [f"{colour} {shape}" for colour in COLOURS for shape in SHAPES]


def known_names() -> list[str]:
    """Those that training scenes show."""
    from isthmus.worlds.babel.facts import Group, is_unseen

    return [one for one in names() if not is_unseen(Group(one.split()[1], one.split()[0]))]


def truth(scene: Any) -> dict[str, list[tuple[float, ...]]]:
    """Boxes of the things of a scene, in shares of the picture, by name."""
    drawn = scene.rendering
    found: dict[str, list[tuple[float, ...]]] = {}
    for number, thing in enumerate(drawn.things, 1):
        rows, columns = np.nonzero(drawn.mask == number)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        name = f"{thing.facts.colour} {thing.facts.shape}"
        found.setdefault(name, []).append(tuple(float(x) / SIDE for x in box))
    return found


def near_misses(there: Sequence[str]) -> set[str]:
    """The colour of something that is there on another shape, or its shape in another colour."""
    from isthmus.worlds.babel.facts import COLOURS, SHAPES

    pairs = [one.split() for one in there]
    same = {f"{colour} {shape}" for colour, _ in pairs for shape in SHAPES}
    return (same | {f"{colour} {shape}" for _, shape in pairs for colour in COLOURS}) - {*there}


def asked(scene: Any, rng: np.random.Generator) -> dict[str, str]:
    """What is asked of a scene: ``there``, ``near`` or ``far`` by name."""
    there = [*truth(scene)]
    near = near_misses(there)
    far = sorted({*names()} - near - {*there})
    chosen = dict.fromkeys(there, "there")
    for kind, some, count in (("near", sorted(near), 1), ("far", far, len(there) - 1)):
        chosen |= dict.fromkeys(rng.permutation(some)[:count].tolist(), kind)
    return chosen


Judge = Callable[[Any, Sequence[str]], tuple[Sequence[Place], np.ndarray]]
"""From a picture and names to boxes and a score of each name for each of them."""


def by_rule(encoders: Any, rule: PresenceRule, every: Mapping[str, np.ndarray]) -> Judge:
    """What ``isthmus find`` does."""

    def judge(parts: Any, some: Sequence[str]) -> tuple[Sequence[Place], np.ndarray]:
        return parts.places, rule.scores(np.stack([every[one] for one in some]), parts)

    return judge


def only(inner: Judge, kept: Callable[[Place], bool]) -> Judge:
    """The same of some boxes only."""

    def judge(parts: Any, some: Sequence[str]) -> tuple[Sequence[Place], np.ndarray]:
        places, scores = inner(parts, some)
        rows = [row for row, place in enumerate(places) if kept(place)]
        return [places[row] for row in rows], scores[:, rows]

    return judge


def centred(inner: Judge) -> Judge:
    """The score of the whole picture, said of the middle of it."""

    def judge(parts: Any, some: Sequence[str]) -> tuple[Sequence[Place], np.ndarray]:
        _, scores = inner(parts, some)
        return [Place(0, box=(0.25, 0.25, 0.75, 0.75))], scores[:, :1]

    return judge


def at_random(inner: Judge) -> Judge:
    """The same candidates with scores drawn by chance."""
    rng = np.random.default_rng(0)

    def judge(parts: Any, some: Sequence[str]) -> tuple[Sequence[Place], np.ndarray]:
        places, scores = inner(parts, some)
        return places, rng.random(scores.shape)

    return judge


HUES = {"red": 0.0, "orange": 0.08, "yellow": 0.15, "green": 0.36, "cyan": 0.51, "blue": 0.61,
        "purple": 0.77, "pink": 0.9}  # fmt: skip
"""Middle of each colour on the circle of hues."""


def components(parts: Any, some: Sequence[str]) -> tuple[Sequence[Place], np.ndarray]:
    """Connected pixels of one colour name; every name of that colour scores 1 there."""
    from scipy.ndimage import find_objects, label

    pixels = parts.scene.rendering.pixels.astype(float) / 255
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    hue = np.array([colorsys.rgb_to_hsv(*one)[0] for one in pixels.reshape(-1, 3)])
    away = np.abs(hue[:, None] - np.array([*HUES.values()])[None])
    nearest = np.minimum(away, 1 - away).argmin(axis=1).reshape(spread.shape)
    places, colours = list[Place](), list[str]()
    for number, colour in enumerate(HUES):
        labels, _ = label((nearest == number) & (spread > 0.2))
        for at in find_objects(labels):
            rows, columns = at
            if (rows.stop - rows.start) * (columns.stop - columns.start) >= 60:
                box = (columns.start, rows.start, columns.stop, rows.stop)
                places.append(Place(len(places), box=tuple(x / SIDE for x in box)))
                colours.append(colour)
    if not places:
        return [Place(0, box=(0.0, 0.0, 1.0, 1.0))], np.zeros((len(some), 1))
    sizes = np.array([(p.box[2] - p.box[0]) * (p.box[3] - p.box[1]) for p in places])
    match = np.array([[one.split()[0] == c for c in colours] for one in some], float)
    return places, match + match * sizes


def average_precision(found: Sequence[tuple[float, bool]], truths: int) -> float:
    """Area under precision over recall, precision made non-increasing (VOC 2010)."""
    if not found:
        return 0.0
    right = np.array([hit for _, hit in sorted(found, key=lambda one: -one[0])])
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((best * right).sum() / truths)


def hits(boxes: Sequence[Any], true: Sequence[tuple[float, ...]]) -> list[bool]:
    """Which boxes, the surest first, are the first on a thing that is there."""
    left, found = [*true], list[bool]()
    for one in boxes:
        shares = overlaps(np.array(one.place.box), np.array(left)) if left else np.zeros(0)
        hit = len(left) > 0 and shares.max() > 0.5
        found.append(bool(hit))
        if hit:
            left.pop(int(shares.argmax()))
    return found


def judged(judge: Judge, some: Sequence[Any], questions: Sequence[Mapping[str, str]],
           threshold: float | None) -> dict[str, Any]:  # fmt: skip
    """AP50, with what is not there asked as well and without, and presence at a threshold."""
    every, there_only, truths = [], [], 0
    best: dict[str, list[float]] = {"there": [], "near": [], "far": []}
    owners: dict[str, list[int]] = {"there": [], "near": [], "far": []}
    for number, (parts, kinds) in enumerate(zip(some, questions, strict=True)):
        true = truth(parts.scene)
        places, scores = judge(parts, [*kinds])
        for row, (name, kind) in enumerate(kinds.items()):
            boxes = places_of(places, scores[row], -np.inf)[:MOST]
            right = hits(boxes, true.get(name, []))
            pairs = [(one.score, hit) for one, hit in zip(boxes, right, strict=True)]
            every += pairs
            if kind == "there":
                there_only += pairs
                truths += len(true[name])
            best[kind].append(float(scores[row].max()))
            owners[kind].append(number)
    if threshold is None:  # as many of what is there as the rule finds
        threshold = float(np.quantile(best["there"], 0.2))
    found: dict[str, Any] = {
        "AP50": round(average_precision(every, truths), 4),
        "AP50 of what is there": round(average_precision(there_only, truths), 4),
        "things": truths,
    }
    for kind, label in (("there", "recall"), ("near", "false alarms, near misses"),
                        ("far", "false alarms, others")):  # fmt: skip
        above = np.array(best[kind]) >= threshold
        one = wilson_interval(above.astype(float), np.array(owners[kind]))
        found[label] = {"value": round(float(above.mean()), 4), "low": round(one.low, 4),
                        "high": round(one.high, 4), "n": len(above)}  # fmt: skip
    return found


@dataclass(frozen=True, eq=False)
class Parts(Seen):
    """A scene and its candidates."""

    scene: Any = None


def looked(encoders: Any, scene: Any) -> Parts:
    """The candidates of a scene."""
    from isthmus.read.image import Picture

    found = seen(encoders, "image", Picture(scene), scene.id)
    return Parts(found.places, found.vectors, scene)


def babel(space: str, n: int) -> dict[str, Any]:
    """Presence and boxes on babel."""
    from tqdm import tqdm

    from isthmus.lab import load

    encoders = load(space)
    known, new = (
        [looked(encoders, one) for one in tqdm(scenes(n, part), desc=f"{part} scenes")]
        for part in ("val", "test")
    )
    every = dict(zip(names(), named(encoders, names()), strict=True))
    words = np.stack([every[one] for one in known_names()])
    questions = [asked(one.scene, np.random.default_rng((1, k))) for k, one in enumerate(new)]
    half = len(known) // 2
    rule = learned(known[:half], every, words)
    limits = {rate: near_limit(rule, known[half:], every, rate) for rate in RATES}
    whole = lambda place: place.box == (0.0, 0.0, 1.0, 1.0)  # noqa: E731
    ours = by_rule(encoders, rule, every)
    plain = by_rule(encoders, learned(known[:half], every, words_of(encoders, [])), every)
    rows: dict[str, tuple[Judge, float | None]] = {
        "isthmus find": (ours, limits[ALARMS]),
        "the same, standardised by everyday words": (plain, None),
        "whole picture": (only(ours, whole), None),
        "centre box": (centred(ours), None),
        "components and colour names": (components, 0.5),
        "candidates in random order": (at_random(ours), None),
    }
    found = {name: judged(judge, new, questions, at) for name, (judge, at) in rows.items()}
    by_rate = {f"{rate:g}": judged(ours, new, questions, at) for rate, at in limits.items()}
    return {"space": space.rpartition("/")[2], "scenes": n, "rows": found, "by rate": by_rate,
            "line": rule.line.round(3).tolist()}  # fmt: skip


def near_limit(
    rule: PresenceRule, known: Sequence[Parts], every: Mapping[str, np.ndarray], rate: float
) -> float:
    """The score that such a share of all near misses reaches, on scenes new to the line."""
    scores = list[float]()
    for one in known:
        near = sorted(near_misses([*truth(one.scene)]))
        found = rule.scores(np.stack([every[name] for name in near]), one)
        scores += found.max(axis=1).tolist()
    return float(np.quantile(scores, 1 - rate))


def learned(known: Sequence[Parts], every: Mapping[str, np.ndarray], words: np.ndarray) -> Any:
    """The rule of presence of scenes; what is not there is asked as in ``asked``."""
    kinds = [asked(one.scene, np.random.default_rng((0, k))) for k, one in enumerate(known)]
    counted = np.array([[name in k for name in every] for k in kinds])
    order = {name: number for number, name in enumerate(every)}
    where = [
        {order[name]: [Place(k, box=box) for k, box in enumerate(boxes)]
         for name, boxes in truth(one.scene).items()}
        for one in known
    ]  # fmt: skip
    queries = np.stack([*every.values()])
    return fit_presence(known, queries, where, words, counted)


def shared(one: Place, other: Place) -> float:
    """Intersection over union of seconds or faces."""
    return float(overlapping([one], [other])[0])


def places(space: str, n: int) -> dict[str, Any]:
    """Mean overlap of the first place with the true one, by modality."""
    from tqdm import tqdm

    from isthmus.lab import load
    from isthmus.worlds.several import material, several

    encoders, found = load(space), {}
    for modality in ("audio", "video", "mesh"):
        rule = rule_for(encoders, modality, progress=True)
        world, true = several(material(modality, "test"), modality, n, seed=7)
        ours, chance, whole, rng = [], [], [], np.random.default_rng(0)
        for name, item in tqdm(zip(world.items[modality].ids, world.items[modality], strict=True),
                               total=n, desc=modality):  # fmt: skip
            parts = seen(encoders, modality, item, name)
            held = world.factors[name]["things"]
            scores = rule.scores(named(encoders, list(held)), parts)
            all_of = _all(parts.places)
            for row, place in enumerate(true[name]):
                ours.append(shared(places_of(parts.places, scores[row], np.inf)[0].place, place))
                other = true[name][int(rng.integers(len(held)))]
                chance.append(shared(other, place))
                whole.append(shared(all_of, place))
        found[modality] = {
            "IoU": _mean(ours, n), "the place of any of its things": _mean(chance, n),
            "the whole": _mean(whole, n),
            "over 0.5": round(float(np.mean(np.array(ours) > 0.5)), 4),
            "items": n, "things": len(ours),
        }  # fmt: skip
        print(modality, found[modality])
    return {"space": space, **found}


def _all(parts: Sequence[Place]) -> Place:
    if parts[0].seconds:
        return Place(0, seconds=(parts[0].seconds[0], max(x.seconds[1] for x in parts)))
    return Place(0, faces=tuple(sorted({face for x in parts for face in x.faces or ()})))


def _mean(values: Sequence[float], n: int) -> dict[str, float]:
    """With an interval over items."""
    from isthmus.measure.statistics import mean_interval

    by_item = np.array(values).reshape(n, -1).mean(axis=1)
    one = mean_interval(by_item, "over items")
    return {"value": round(float(np.mean(values)), 4), "low": round(one.low, 4),
            "high": round(one.high, 4)}  # fmt: skip


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", choices=["babel", "places"])
    parser.add_argument("space", nargs="?", default="mini")
    parser.add_argument("--items", type=int, default=0)
    given = parser.parse_args()
    if given.part == "babel":
        found = babel(given.space, given.items or 300)
        for name, row in found["rows"].items():
            print(f"{name}: {row}")
    else:
        found = places(given.space, given.items or 60)
    write_results(f"finding_{given.part}", found)


if __name__ == "__main__":
    main()
