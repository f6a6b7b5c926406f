"""Sources of candidates on sixteen photographs: what they cover, and what is found among them.

    python -m benchmarks.candidates FOLDER regions ssd:FILE centernet:FILE [--space mini]

FOLDER holds the sixteen pictures of COCO's validation set named below, by their numbers. ``THINGS``
are boxes that were drawn by eye, to a few hundredths of a side, on what stands out and on all that
is asked for; nothing was learned from them. Covered is a thing that some candidate overlaps by half
or more (the whole picture left out). Each of ``WORDS`` is asked of each picture at a rate of false
alarms of 5 %; right is a first place that overlaps a thing of that word by half or more, of what is
there, taken to be there or not. Beside a CenterNet's boxes stands what it says alone, by its own
classes, of which each word is one, from a score of 0.3 on. With so few pictures this tells large
differences only.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.indexes.candidates import seen, where
from isthmus.indexes.rules import named, rule_for
from isthmus.view.within.detected import peaks
from isthmus.view.within.pictures import overlaps

ALARMS = 0.05
WORDS: Mapping[str, set[str]] = {
    "person": {"person", "baby", "skier"},
    "car": {"car"},
    "dog": set(),
    "vase": {"vase"},
    "motorcycle": {"motorcycle", "scooter"},
    "airplane": {"airplane"},
    "bed": {"bed"},
    "refrigerator": {"refrigerator"},
    "traffic light": {"traffic light"},
}
"""What is asked for, and which things are it."""

CLASSES = dict(zip(WORDS, (0, 2, 16, 75, 3, 4, 59, 72, 9), strict=True))
"""Numbers of the words among COCO's classes."""
SURE = 0.3

Thing = tuple[str, float, float, float, float]
THINGS: Mapping[int, list[Thing]] = {
    66841: [("figure", 0.25, 0.18, 0.95, 0.97)],
    101787: [("airplane", 0.395, 0.435, 0.49, 0.49)],
    116479: [
        ("bed", 0.15, 0.14, 0.79, 0.98),
        ("rug", 0.11, 0.83, 0.55, 1.0),
        ("fan", 0.46, 0.02, 0.83, 0.14),
    ],
    117425: [
        ("baby", 0.434, 0.02, 0.897, 1.0),
        ("person", 0.86, 0.0, 1.0, 0.7),
        ("muffin", 0.184, 0.56, 0.316, 0.85),
        ("plate", 0.105, 0.72, 0.388, 0.95),
        ("table", 0.0, 0.44, 0.75, 1.0),
    ],
    117645: [("skier", 0.615, 0.345, 0.671, 0.478)],
    194875: [
        ("motorcycle", 0.14, 0.55, 0.735, 0.97),
        ("motorcycle", 0.58, 0.54, 1.0, 0.97),
        ("motorcycle", 0.0, 0.58, 0.175, 0.985),
        ("person", 0.01, 0.39, 0.145, 0.565),
        ("person", 0.25, 0.39, 0.39, 0.56),
        ("person", 0.345, 0.3, 0.475, 0.5),
        ("person", 0.465, 0.275, 0.565, 0.475),
        ("person", 0.69, 0.25, 0.8, 0.5),
        ("person", 0.42, 0.41, 0.505, 0.58),
        ("person", 0.625, 0.42, 0.78, 0.57),
        ("person", 0.835, 0.42, 0.96, 0.55),
    ],
    205401: [("airplane", 0.173, 0.353, 0.837, 0.675)],
    229358: [
        ("person", 0.418, 0.225, 0.571, 0.574),
        ("person", 0.763, 0.0, 1.0, 1.0),
        ("sink", 0.474, 0.845, 0.857, 1.0),
    ],
    249025: [("vase", 0.265, 0.39, 0.76, 0.9), ("flowers", 0.117, 0.086, 0.848, 0.583)],
    262440: [
        ("tub", 0.21, 0.445, 0.554, 0.706),
        ("toilet", 0.52, 0.454, 0.637, 0.613),
        ("cabinet", 0.657, 0.506, 0.887, 0.76),
    ],
    354072: [
        ("basin", 0.235, 0.393, 0.525, 0.53),
        ("plant", 0.0, 0.506, 1.0, 1.0),
        ("mirror", 0.04, 0.117, 0.563, 0.25),
    ],
    397133: [("person", 0.607, 0.16, 0.778, 0.806), ("table", 0.0, 0.567, 0.533, 1.0)],
    453302: [
        ("refrigerator", 0.064, 0.372, 0.324, 1.0),
        ("microwave", 0.32, 0.46, 0.477, 0.6),
        ("microwave", 0.094, 0.24, 0.28, 0.386),
    ],
    527220: [
        ("car", 0.0, 0.02, 0.334, 0.954),
        ("scooter", 0.786, 0.06, 1.0, 1.0),
        ("scooter", 0.67, 0.137, 0.875, 0.863),
    ],
    531134: [
        ("traffic light", 0.277, 0.13, 0.55, 1.0),
        ("car", 0.713, 0.5, 0.78, 0.56),
        ("sign", 0.41, 0.07, 0.56, 0.4),
        ("person", 0.038, 0.89, 0.133, 1.0),
        ("person", 0.173, 0.94, 0.216, 1.0),
        ("person", 0.203, 0.645, 0.245, 0.85),
        ("person", 0.557, 0.685, 0.607, 0.92),
        ("person", 0.61, 0.67, 0.66, 0.91),
        ("person", 0.665, 0.675, 0.705, 0.85),
    ],
    580294: [
        ("pan", 0.06, 0.64, 0.56, 1.0),
        ("pot", 0.176, 0.448, 0.375, 0.64),
        ("person", 0.776, 0.0, 1.0, 1.0),
    ],
}


def best(boxes: Any, true: Any) -> list[float]:
    """Of each true box, its largest overlap with any of some boxes."""
    return [float(overlaps(np.array(one), np.array(boxes)).max(initial=0)) for one in true]


def measured(encoders: Any, folder: Path, source: str) -> dict[str, Any]:
    """What a source covers, and what is found among its candidates."""
    rule = rule_for(encoders, "image", progress=True, source=source)
    least, queries = rule.threshold(ALARMS), named(encoders, [*WORDS])
    covered, counts, asked = list[bool](), list[int](), list[Asked]()
    for number, things in THINGS.items():
        some = seen(encoders, "image", folder / f"{number:012d}.jpg", str(number), source)
        boxes = [one.box for one in some.places if one.box != (0.0, 0.0, 1.0, 1.0)]
        counts.append(len(boxes))
        covered += [one >= 0.5 for one in best(boxes, [box for _, *box in things])]
        scores = rule.scores(queries, some)
        for row, (word, own) in enumerate(WORDS.items()):
            true = [box for name, *box in things if name in own]
            first = where(some, scores[row], least)[0].place.box
            right = bool(true) and max(best([first], true)) >= 0.5
            asked.append((word, number, bool(true), bool(scores[row].max() >= least), right))
    return {
        "candidates, mean": round(float(np.mean(counts)), 1),
        "covered": [sum(covered), len(covered)],
        **counted(asked),
    }


def alone(folder: Path, file: str) -> dict[str, Any]:
    """What a CenterNet says by itself."""
    import onnxruntime
    from PIL import Image

    run = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    side, asked = run.get_inputs()[0].shape[-1], list[Asked]()
    for number, things in THINGS.items():
        whole = Image.open(folder / f"{number:012d}.jpg").convert("RGB")
        pixels = np.asarray(whole.resize((side, side), Image.Resampling.BILINEAR), np.float32)
        middles, sides = run.run(None, {run.get_inputs()[0].name: pixels.transpose(2, 0, 1)[None]})
        for word, own in WORDS.items():
            true = [box for name, *box in things if name in own]
            boxes, likely = peaks(middles[0][CLASSES[word]], sides[0] / side)
            first = boxes[int(likely.argmax())].clip(0, 1) if len(likely) else (0.0, 0.0, 0.0, 0.0)
            right = bool(true) and max(best([first], true)) >= 0.5
            there = bool(likely.max(initial=0) >= SURE)
            asked.append((word, number, bool(true), there, right))
    return counted(asked)


Asked = tuple[str, int, bool, bool, bool]
"""A word, a picture, whether it is there, is said to be, and whether the first place is right."""


def counted(asked: list[Asked]) -> dict[str, Any]:
    """How many are right of those that are there, and how many are said to be that are not."""
    there = [one for one in asked if one[2]]
    absent = [one for one in asked if not one[2]]
    wrong = {word: sum(said for name, _, _, said, _ in absent if name == word) for word in WORDS}
    return {
        "taken to be there, of what is": [sum(one[3] for one in there), len(there)],
        "first place right, of what is": [sum(one[4] for one in there), len(there)],
        "both": [sum(one[3] and one[4] for one in there), len(there)],
        "false alarms": [sum(one[3] for one in absent), len(absent)],
        "false alarms by word": wrong,
        "found": [f"{word} in {number}" for word, number, _, said, _ in there if said],
    }


def main() -> None:
    """Measure, print and keep."""
    from isthmus.lab import load

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--space", default="mini")
    given = parser.parse_args()
    encoders, found = load(given.space), {}
    for source in given.sources:
        kind = source.partition(":")[0]
        found[kind] = measured(encoders, given.folder, source)
        if kind == "centernet":
            found["centernet alone"] = alone(given.folder, source.partition(":")[2])
    for kind, row in found.items():
        print(kind, row)
    write_results("candidates", {"space": given.space, "sources": found})


if __name__ == "__main__":
    main()
