"""Seconds, memory and choice of ``isthmus mend``, quick against the full protocol.

    python -m benchmarks.mend_speed                       # all; hours, mostly of the full protocol
    python -m benchmarks.mend_speed --only 1126 5000      # seconds and memory alone: six minutes
    python -m benchmarks.mend_speed --only coco --shared DATA

Speed: the command on 1,126 and 5,000 pairs of 512 coordinates (mixtures of the COCO pairs, with
their gap; of random pairs without ``--shared``). Choice: five data sets of at most 1,200 objects,
on which the quick protocol must choose what the full one chooses, or something whose paired
difference to it has an interval around zero, with ends that differ by at most 0.5 points. Stopped,
it goes on where it was; what stands in the JSON is not measured again (``--again``).
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import isthmus
from benchmarks.harness import RESULTS, write_results
from isthmus.lab import load
from isthmus.studies.evaluate import CrossValidation, change, linked_sample
from isthmus.studies.mend.choose import choice, judged
from isthmus.studies.mend.request import CALIBRATE, REMEDIES
from isthmus.studies.shared.dataset import Dataset
from isthmus.studies.shared.resolver import arrays_dataset

SPEED = {"1126": (1_126, 60), "5000": (5_000, 300)}
"""Pairs, and the seconds that they may take on two quiet cores."""
SETS = ("coco", "glyphs", "noto", "clipart", "babel")
OBJECTS = 1_200
SPLITS = 20
ENDS = 0.005


def pairs_of(shared: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """The COCO pairs, or random pairs across a gap."""
    if shared:
        found = np.load(shared / "clip_vitb16_coco500_pairs" / "pairs.npz")
        return found["image"], found["text"]
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(500, 512))
    return (
        meaning + rng.normal(size=meaning.shape) + 1,
        meaning + rng.normal(size=meaning.shape) - 1,
    )


def grown(n: int, shared: Path | None, folder: Path) -> Path:
    """So many pairs as mixtures of three of those there are: same cone, gap and linking."""
    rng, sides = np.random.default_rng(0), pairs_of(shared)
    rows, weights = rng.integers(0, len(sides[0]), (n, 3)), rng.dirichlet([4, 0.6, 0.6], n)
    image, text = (
        np.einsum("nk,nkd->nd", weights, x[rows] / np.linalg.norm(x[rows], axis=2, keepdims=True))
        for x in sides
    )
    path = folder / f"{n}.npz"
    np.savez(path, image=image.astype(np.float32), text=text.astype(np.float32))
    return path


def timed(path: Path, out: Path, *more: str) -> dict[str, Any]:
    """Seconds, CPU seconds and peak memory of the command in a process of its own."""
    words = [sys.executable, "-m", "isthmus", "mend", "--arrays", str(path), "--out", str(out)]
    start = time.perf_counter()
    process = subprocess.Popen([*words, "--quiet", *more], stdout=subprocess.DEVNULL)
    _, code, used = os.wait4(process.pid, 0)
    if code:
        raise SystemExit(f"isthmus mend ended with {code} on {path}")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak MB": round(used.ru_maxrss / 1024),
    }


def arrays_of(name: str, shared: Path | None, folder: Path) -> Path:
    """A data set as arrays with ids and links."""
    if name == "coco":
        assert shared, "coco wants --shared"
        return shared / "clip_vitb16_coco500_pairs" / "pairs.npz"
    path = folder / f"{name}.npz"
    if path.exists():
        return path
    world = isthmus.worlds.load("glyphs" if name == "noto" else name)
    part = "train" if name == "noto" else "test"
    links = [
        (a, b)
        for a, b in world.links["image", "text"]
        if (name == "babel" or world.split[a] == part) and (name != "noto" or a.endswith("/noto"))
    ]
    texts = list(dict.fromkeys(b for _, b in links))[:OBJECTS]
    links = [one for one in links if one[1] in set(texts)]
    images = list(dict.fromkeys(a for a, _ in links))
    encoders = load("mini")
    image, text = (
        isthmus.embed(encoders[modality], world.items[modality].take(ids)).vectors
        for modality, ids in (("image", images), ("text", texts))
    )
    np.savez(path, image=image, text=text, image_ids=images, text_ids=texts, links=links)
    return path


def chosen(data: Dataset, kept: Path) -> dict[str, Any]:
    """What both protocols choose, and how the choices compare in every split."""
    linked, size = linked_sample(data), max(CALIBRATE)
    start = time.perf_counter()
    full, quick = (
        judged(CrossValidation(linked, size, kept=kept), REMEDIES, SPLITS, whole)
        for whole in (True, False)
    )
    both, own = full.final.object_scores, [choice(one) for one in (full, quick)]
    scores = [both[one.best].mixed if own[0].two_sided else both[one.best].hits[1] for one in own]
    less = change(scores[1] - scores[0])
    rows = full.rows[own[1].best], quick.rows[own[1].best]
    ends = [
        abs(getattr(getattr(x, part).interval, end) - getattr(getattr(y, part).interval, end))
        for x, y in (rows, (own[0], own[1]))
        for part in (("mixed", "hits", "hits_change") if x is rows[0] else ("gain",))
        for end in ("low", "high")
    ]
    assert less.interval
    same = own[0].best == own[1].best
    return {
        "objects": linked.pair.n,
        "two-sided": own[0].two_sided,
        "full": own[0].best,
        "quick": own[1].best,
        "recommended": [one.chain for one in own],
        "quick less full": [less.value, less.interval.low, less.interval.high],
        "ends apart": max(ends),
        "good": bool((same or less.interval.high >= 0) and max(ends) <= ENDS),
        "seconds of this comparison": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    """Measure what is not there yet, print and write after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[*SPEED, *SETS], choices=[*SPEED, *SETS])
    parser.add_argument("--shared", type=Path, help="folder of foreign data")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/mend_speed"))
    parser.add_argument("--again", action="store_true")
    args = parser.parse_args()
    path = RESULTS / "mend_speed.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found = {part: dict(known.get(part, {})) for part in ("speed", "choice")}
    args.folder.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        part = "speed" if name in SPEED else "choice"
        if name in found[part] and not args.again:
            print(f"{name}: stands in {path}")
            continue
        if name in SPEED:
            n, most = SPEED[name]
            one = timed(grown(n, args.shared, args.folder), args.folder / f"run-{name}")
            found[part][name] = {**one, "good": one["seconds"] <= most}
        else:
            arrays = arrays_of(name, args.shared, args.folder)
            one = timed(arrays, args.folder / f"run-{name}")
            data = arrays_dataset(arrays)
            found[part][name] = {**one, **chosen(data, args.folder / f"splits-{name}")}
        print(f"{name}: {json.dumps(found[part][name])}", flush=True)
        write_results("mend_speed", found)


if __name__ == "__main__":
    main()
