"""Constraints on what is written: the share of prompts at which each is met.

    python -m benchmarks.constraints --prompts 200

Prompts are openings of ten kinds with nouns of ``glyphs``' training split; the target is the vector
of that noun in ``mini``. Sentences are drawn by best of four (``--strategy magic`` for MAGIC), each
prompt with constraints drawn by seed (all at once at every fifth): a length (5 to 25 words, a range
of 3), two required and five forbidden words (those that the free sentence used), a grade (1 to 10).
They are met if the text that comes out is so: words are counted anew by white space, grades by the
product's own formula; no sentence at all is a miss. Wilson intervals.
"""

import argparse
import re
import time
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus import worlds
from isthmus.arrays import unit
from isthmus.decode.guided.causal import load_model
from isthmus.decode.guided.constraints import GRADE_WITHIN, Constraints, suited
from isthmus.decode.guided.magic import Magic
from isthmus.decode.guided.prefixes import scorer_of
from isthmus.decode.guided.reading import grade
from isthmus.decode.guided.sampling import BestOfN
from isthmus.decode.guided.story import written
from isthmus.decode.guided.writing import Task
from isthmus.lab import load
from isthmus.measure.statistics import wilson_interval
from isthmus.types import RequestError

OPENINGS = ("The", "In the old town, a", "My friend saw a", "Yesterday the", "A photo of a",
            "When it was dark, the", "Nobody knew that the", "She painted a", "There was once a",
            "The best thing about the")  # fmt: skip
EASY = ("house", "green", "river", "quickly", "music", "people", "winter", "stone", "happy",
        "never", "garden", "light", "small", "morning", "water", "city")  # fmt: skip
SEED = 3


def plain(text: str) -> list[str]:
    """Words by white space, marks taken off."""
    return [one for one in (re.sub(r"^\W+|\W+$", "", part) for part in text.lower().split()) if one]


def drawn(rng: np.random.Generator, free: str, start: str) -> dict[str, Constraints]:
    """A constraint of each kind."""
    least, level = int(rng.integers(5, 23)), float(rng.integers(1, 11))
    opening = set(plain(start))
    used = [one for one in dict.fromkeys(plain(free)) if one not in opening]
    forbid = tuple(one for one in used[:5] if re.fullmatch(r"[a-z]+", one)) or ("thing",)
    require = tuple(str(one) for one in rng.choice(EASY, 2, replace=False))
    least = max(least, len(opening) + 2)
    return {
        "length": Constraints(words=(least, least + 3)),
        "required words": Constraints(words=(6, 24), require=require),
        "forbidden words": Constraints(words=(6, 24), forbid=forbid),
        "grade": Constraints(words=suited(level), grade=level),
        "all at once": Constraints(words=suited(level), grade=level, require=require[:1],
                                   forbid=tuple(x for x in forbid if x not in require)),
    }  # fmt: skip


def met(kind: str, asked: Constraints, text: str) -> bool:
    """Whether a text is as it was asked to be, by what its kind is about."""
    said = plain(text)
    checks = {
        "length": asked.words[0] <= len(said) <= asked.words[1],
        "required words": set(asked.require) <= set(said),
        "forbidden words": not set(asked.forbid) & set(said),
        "grade": asked.grade is None or abs(grade(text) - asked.grade) <= GRADE_WITHIN,
    }
    return all(checks.values()) if kind == "all at once" else checks[kind]


def main() -> None:
    """Write, count and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--strategy", choices=("best-of-n", "magic"), default="best-of-n")
    given = parser.parse_args()
    model, encoder, world = load_model(), load("mini")["text"], worlds.load("glyphs")
    scorer, texts = scorer_of(encoder), world.items["text"]
    nouns = sorted({str(texts[x]) for x in texts.ids if world.split[x] == "train"})
    nouns = [one for one in nouns if re.fullmatch(r"[a-z]+", one)]
    rng, counts, misses = np.random.default_rng(SEED), dict[str, list[bool]](), list[Any]()
    strategy = Magic(b=0.5) if given.strategy == "magic" else BestOfN(n=4)
    start_time = time.perf_counter()
    for number in range(given.prompts):
        noun = str(rng.choice(nouns))
        start = f"{OPENINGS[number % len(OPENINGS)]} {noun}"
        target = unit(np.asarray(encoder.encode([noun])))[0]

        def task(asked: Constraints, start: str = start, target: Any = target) -> Task:
            return Task(model, scorer, target, "", start, asked, encoder.space.scale, 0.2, 0.1)

        free = written(task(Constraints()), BestOfN(n=1), rng).text
        for kind, asked in drawn(rng, free, start).items():
            if kind == "all at once" and number % 5:
                continue
            try:
                text = written(task(asked), strategy, rng).text.strip()
            except RequestError:
                text = ""
            fine = bool(text) and met(kind, asked, text)
            counts.setdefault(kind, []).append(fine)
            misses += [] if fine else [{"kind": kind, "start": start, "text": text}]
    found: dict[str, Any] = {}
    for kind, some in counts.items():
        interval = wilson_interval(np.array(some, np.float64))
        low, high = interval.low, interval.high
        found[kind] = {"met": sum(some), "n": len(some), "interval": [low, high]}
        print(f"{kind:<16} {sum(some) / len(some):.3f} [{low:.3f}, {high:.3f}] (n = {len(some)})")
    spent = (time.perf_counter() - start_time) / max(1, sum(map(len, counts.values())))
    print(f"{spent:.1f} s a sentence; missed: {misses[:5]}")
    name = "constraints" if given.strategy == "best-of-n" else "constraints_magic"
    write_results(name, {"seed": SEED, "strategy": given.strategy, "seconds": spent,
                         "found": found, "misses": misses})  # fmt: skip


if __name__ == "__main__":
    main()
