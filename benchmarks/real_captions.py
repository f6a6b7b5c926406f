"""Captions read out of 500 real CLIP vectors of photographs: what each treatment of the gap gives.

    ISTHMUS_SHARED=../shared python -m benchmarks.real_captions

Vectors of OpenAI's CLIP ViT-B/16 of 500 pictures of COCO's val2017 and of one caption of each. An
image is read as the nearest of the captions **of the other 499 pictures** (leave one out: its own
text vector is in no memory, and treatments are fitted without it and its image), scored against the
five captions that people gave it. Beside it: a caption at random, the best caption for all, and the
nearest caption to the picture's own text vector, which no reading of the image can be expected to
pass. Intervals draw pictures; idf weights are those of the 500.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.arrays import unit
from isthmus.decode import TREATMENTS
from isthmus.decode.retrieval import fitted
from isthmus.decode.treatments import Unpaired
from isthmus.measure.texts.captions import Captions
from isthmus.measure.texts.references import bleu_of, cider_of, rouge_of
from isthmus.measure.texts.resampled import text_difference
from isthmus.registry import find

SEED = 0
DATA = Path(os.environ.get("ISTHMUS_SHARED", "../shared")) / "data"


def pairs() -> tuple[np.ndarray, np.ndarray, list[str], list[list[str]]]:
    """Unit vectors of images and captions, the captions, and all five of each picture."""
    folder = DATA / "clip_vitb16_coco500_pairs"
    arrays, items = np.load(folder / "pairs.npz"), json.loads((folder / "items.json").read_text())
    told = json.loads((DATA / "coco_captions" / "captions_val2017.json").read_text())
    said: dict[int, list[str]] = {}
    for one in told["annotations"]:
        said.setdefault(one["image_id"], []).append(one["caption"])
    references = [said[one["image_id"]] for one in items]
    captions = [one["caption"] for one in items]
    return unit(arrays["image"]), unit(arrays["text"]), captions, references


def others(n: int, row: int) -> np.ndarray:
    """All rows but one."""
    return np.delete(np.arange(n), row)


def read(images: np.ndarray, texts: np.ndarray, name: str) -> list[int]:
    """Of each image the nearest caption of another one, after a treatment fitted without it."""
    found = list[int]()
    for row in range(len(images)):
        rest = others(len(images), row)
        treat = fitted(name, None, Unpaired(texts[rest], images[rest]))
        found.append(int(rest[(treat(images[row : row + 1]) @ texts[rest].T).argmax()]))
    return found


def constant(captions: Sequence[str], references: Sequence[Sequence[str]]) -> int:
    """The caption that scores best when it is said of every picture."""
    scores = [cider_of(Captions.of([one] * len(references), references)).value for one in captions]
    return int(np.argmax(scores))


def main() -> None:
    """Read, score, print and keep."""
    images, texts, captions, references = pairs()
    n, rng = len(images), np.random.default_rng(SEED)
    maps = [name for name in TREATMENTS
            if find("treatments", TREATMENTS, name).where == "vectors"]  # fmt: skip
    ways: Mapping[str, Callable[[], list[int]]] = {
        "a caption at random (leave one out)": lambda: [
            int(rng.choice(others(n, row))) for row in range(n)
        ],
        "the best caption for all": lambda: [constant(captions, references)] * n,
        **{f"nearest caption, {name} (leave one out)": (lambda name=name: read(images, texts, name))
           for name in maps},
        "nearest caption to its own text vector (leave one out; upper bound)": lambda: read(
            texts, texts, "none"
        ),
    }  # fmt: skip
    rows, scores = dict[str, Any](), dict[str, Any]()
    print(f"{'':<70} {'BLEU-4':>18} {'ROUGE-L':>20} {'CIDEr':>20}")
    for name, way in ways.items():
        said = Captions.of([captions[row] for row in way()], references)
        some = {"BLEU-4": bleu_of(said), "ROUGE-L": rouge_of(said), "CIDEr": cider_of(said)}
        scores[name] = some["CIDEr"]
        rows[name] = {key: [round(x, 2) for x in (one.value, one.interval.low, one.interval.high)]
                      for key, one in some.items() if one.interval}  # fmt: skip
        shown = "  ".join(f"{v:5.1f} [{a:5.1f}, {b:5.1f}]" for v, a, b in rows[name].values())
        print(f"{name:<70} {shown}", flush=True)
    plain = scores["nearest caption, none (leave one out)"]
    for name, one in scores.items():
        gain = text_difference(one, plain)
        ends = [gain.interval.low, gain.interval.high] if gain.interval else []
        rows[name]["CIDEr over no treatment"] = [round(x, 2) for x in (gain.value, *ends)]
    write_results("real_captions", {"n": n, "seed": SEED, "rows": rows})


if __name__ == "__main__":
    main()
