"""Scores of 5,000 captions against five references each: seconds of one core, and agreement.

    python -m benchmarks.text_metrics [--coco captions_val2017.json]

Sentences are made from a seed: 9,000 words whose frequencies fall as those of a language, 6 to 21
in a sentence, of which those of one item share most. With ``--coco`` also those of COCO's
annotations, the first caption of each item against its others. Where ``pycocoevalcap`` is installed
its scorers run beside, on the same words (it needs Java for what cuts them, which is not timed),
and the largest difference is written down. Then the intervals: how many of 400 samples of 100 items
have one that holds the value of all 5,000 (weights of n-grams those of all), and how many of 400
pairs of systems that swap their outputs at random differ with p of 0.05 or less.
"""

import argparse
import os
import statistics
import string
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import seconds, write_results
from isthmus.measure.texts import tokens
from isthmus.measure.texts.captions import Captions
from isthmus.measure.texts.references import bleu_of, cider_of, rouge_of
from isthmus.measure.texts.resampled import TextScore, score, text_difference
from isthmus.store import read_json

ITEMS, REFERENCES, RUNS, SEED, WORDS = 5_000, 5, 5, 0, 9_000
SAMPLES, SAMPLED = 400, 100

Texts = tuple[list[str], list[list[str]]]


def made(rng: np.random.Generator) -> Texts:
    """Predictions and references whose words fall in frequency as one over their rank."""
    letters = np.array(list(string.ascii_lowercase))
    vocabulary = np.array(["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(WORDS)])
    weights = 1 / np.arange(1, WORDS + 1)
    weights /= weights.sum()

    def sentence(own: np.ndarray) -> str:
        kept = own[: len(own) - rng.integers(0, 4)].copy()
        changed = rng.random(len(kept)) < 0.3
        kept[changed] = rng.choice(WORDS, int(changed.sum()), p=weights)
        text = " ".join(vocabulary[kept])
        return f"{text[0].upper()}{text[1:]}{rng.choice(['.', '', ', again.'])}"

    items = [rng.choice(WORDS, rng.integers(9, 22), p=weights) for _ in range(ITEMS)]
    return [sentence(one) for one in items], [
        [sentence(one) for _ in range(REFERENCES)] for one in items
    ]


def of_coco(path: Path) -> Texts:
    """The first caption of each item, and its others."""
    found: dict[int, list[str]] = {}
    for one in read_json(path)["annotations"]:
        found.setdefault(one["image_id"], []).append(one["caption"])
    return [some[0] for some in found.values()], [some[1:] for some in found.values()]


def scored(texts: Texts) -> dict[str, float]:
    """From plain texts to BLEU-1 to 4, ROUGE-L and CIDEr with their intervals; nothing is kept."""
    tokens.tokens_in.cache_clear()
    captions = Captions.of(*texts)
    found = [*(bleu_of(captions, n) for n in (1, 2, 3, 4)), rouge_of(captions), cider_of(captions)]
    return {one.name: one.value for one in found}


def theirs(captions: Captions) -> dict[str, float]:
    """The same of pycocoevalcap, from words."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    own = {number: [" ".join(one)] for number, one in enumerate(captions.predictions)}
    people = {
        number: [" ".join(one) for one in some] for number, some in enumerate(captions.references)
    }
    bleu = Bleu(4).compute_score(people, own, verbose=0)[0]
    rest = [scorer().compute_score(people, own)[0] for scorer in (Rouge, Cider)]
    names = ("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr")
    return {name: 100 * float(x) for name, x in zip(names, (*bleu, *rest), strict=True)}


def timed(action: Callable[[], Any], runs: int) -> dict[str, Any]:
    """Wall and processor seconds of so many runs: the middle one of each."""
    wall, processor = list[float](), list[float]()
    for _ in range(runs):
        before = time.process_time()
        wall.append(seconds(action))
        processor.append(time.process_time() - before)
    return {
        "seconds": round(statistics.median(wall), 3),
        "processor seconds": round(statistics.median(processor), 3),
        "runs": runs,
    }


def measured(texts: Texts) -> dict[str, Any]:
    """Seconds and scores of one set of texts."""
    captions, scores = Captions.of(*texts), scored(texts)
    found: dict[str, Any] = {
        "items": len(captions),
        "references": len(captions.owner),
        "words": int(captions.lengths.sum()),
        "ours, words and intervals too": timed(lambda: scored(texts), RUNS),
        "scores": {name: round(value, 4) for name, value in scores.items()},
    }
    if find_spec("pycocoevalcap"):
        others = theirs(captions)
        found["pycocoevalcap, from words"] = timed(lambda: theirs(captions), 1)
        found["largest difference"] = max(abs(scores[x] - others[x]) for x in scores)
    return found


def coverage(texts: Texts, rng: np.random.Generator) -> dict[str, Any]:
    """How often intervals hold the value of all items, and how often equal systems differ."""
    captions = Captions.of(*texts)
    other = Captions.of(texts[0][::-1], texts[1])  # captions of other items: a system as bad as any
    found: dict[str, Any] = {}
    for make in (bleu_of, rouge_of, cider_of):
        whole, worse = make(captions), make(other)
        held = false = 0
        for _ in range(SAMPLES):
            rows = rng.choice(len(captions), SAMPLED, replace=False)
            held += _holds(whole, rows, rng)
            mixed = np.stack([whole.statistics[rows], worse.statistics[rows]])
            swap = rng.integers(2, size=SAMPLED)
            one, two = (
                score(type(whole), whole.name, mixed[way, np.arange(SAMPLED)], rng, whole.null)
                for way in (swap, 1 - swap)
            )
            false += text_difference(one, two, rng=rng).null.p <= 0.05
        found[whole.name] = {
            "intervals that hold the value": held / SAMPLES,
            "equal systems with p of 0.05 or less": false / SAMPLES,
        }
    return {"samples": SAMPLES, "items of a sample": SAMPLED, **found}


def _holds(whole: TextScore, rows: np.ndarray, rng: np.random.Generator) -> bool:
    part = score(type(whole), whole.name, whole.statistics[rows], rng, whole.null)
    return part.interval is not None and whole.value in part.interval


def main() -> None:
    """Print a table, write JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--coco", type=Path)
    asked = parser.parse_args()
    sources = {"made": made(np.random.default_rng(SEED))}
    if asked.coco:
        sources["COCO val2017"] = of_coco(asked.coco)
    load = os.getloadavg()[0]
    found = {name: measured(texts) for name, texts in sources.items()}
    for name, texts in sources.items():
        found[name]["intervals"] = coverage(texts, np.random.default_rng(SEED))
    for name, one in found.items():
        print(f"{name}: {one['items']:,} items, {one['references']:,} references")
        for key, value in one.items():
            print(f"  {key:<32} {value}")
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"load before: {load:.1f}, threads: {threads}")
    write_results("text_metrics", {"seed": SEED, "load": load, "threads": threads, **found})


if __name__ == "__main__":
    main()
