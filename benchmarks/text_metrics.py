"""Scores of 5,000 captions against five references each: seconds of one core, and agreement.

    python -m benchmarks.text_metrics [--coco captions_val2017.json]

Sentences are made from a seed: 9,000 words whose frequencies fall as those of a language, 6 to 20
words each, references that share words with their item. With ``--coco`` also those of COCO's
annotations, the first caption of each item against its others. Where ``pycocoevalcap`` is installed
its scorers run beside, on the same words (it needs Java for what cuts them, which is not timed),
and the largest difference is written down.
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
from isthmus.store import read_json

ITEMS, REFERENCES, RUNS, SEED, WORDS = 5_000, 5, 5, 0, 9_000

Texts = tuple[list[str], list[list[str]]]


def made(rng: np.random.Generator) -> Texts:
    """Predictions and references whose words fall in frequency as one over their rank."""
    letters = np.array(list(string.ascii_lowercase))
    vocabulary = np.array(["".join(rng.choice(letters, rng.integers(2, 9))) for _ in range(WORDS)])
    weights = 1 / np.arange(1, WORDS + 1)
    weights /= weights.sum()

    def sentence(own: np.ndarray) -> str:
        drawn = rng.choice(WORDS, rng.integers(6, 21), p=weights)
        kept = rng.random(len(drawn)) < 0.3
        drawn[kept] = rng.choice(own, int(kept.sum()))
        text = " ".join(vocabulary[drawn])
        return f"{text[0].upper()}{text[1:]}{rng.choice(['.', '', ', again.'])}"

    items = [rng.choice(WORDS, 6, p=weights) for _ in range(ITEMS)]
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
    tokens._tokens.cache_clear()
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


def main() -> None:
    """Print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--coco", type=Path)
    asked = parser.parse_args()
    sources = {"made": made(np.random.default_rng(SEED))}
    if asked.coco:
        sources["COCO val2017"] = of_coco(asked.coco)
    load = os.getloadavg()[0]
    found = {name: measured(texts) for name, texts in sources.items()}
    for name, one in found.items():
        print(f"{name}: {one['items']:,} items, {one['references']:,} references")
        for key, value in one.items():
            print(f"  {key:<32} {value}")
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(f"load before: {load:.1f}, threads: {threads}")
    write_results("text_metrics", {"seed": SEED, "load": load, "threads": threads, **found})


if __name__ == "__main__":
    main()
