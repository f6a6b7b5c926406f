"""Captions with one wrong fact: is it flagged, and how often is a right one?

    python -m benchmarks.audits mended:SPACE [--captions 400]

SPACE is that of ``benchmarks.arithmetic``. A caption of a picture of the world ``statements`` says
all facts of its kind, one of them wrongly (a colour, a shape, a size, or how two groups stand). A
claim is flagged whose margin (``decode.audits``) lies below the one that 5 % of right claims have
on validation pictures; judged on pictures with pairs of colour and shape that no training scene
shows. Right claims are those of the same captions. The area under the curve is taken within each
word, between pictures of which it is right and of which it is wrong, and averaged over words.
Beside it the rule that flags the rarest word of a caption, by how often training captions say it.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import numpy as np

from benchmarks.arithmetic import SEED, TRAINING
from benchmarks.harness import write_results
from isthmus.arrays import unit
from isthmus.decode.audits import Claim, audited, fit_audit, phrases
from isthmus.measure.statistics import wilson_interval
from isthmus.read.image import Picture
from isthmus.records import dataclass
from isthmus.worlds.babel import render_text as wordings
from isthmus.worlds.babel.facts import COLOURS, RELATIONS, SHAPES, SIZES, Facts
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.statements import Statement, statement, statements

RATES = (0.05, 0.02)
SIDES: Mapping[str, Sequence[str]] = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
}
VALUES = {"colour": COLOURS, "shape": SHAPES, "size": SIZES}


def alternatives() -> Mapping[str, list[str]]:
    """Of each phrase of babel's templates what says another value of the same fact."""
    tables: list[Mapping[Any, Sequence[str]]] = [
        {value: list(words) for value, words in wordings.ADJECTIVES[fact].items()}
        for fact in ("colour", "size")
    ]
    for number in (0, 1):
        tables.append({shape: [noun[number] for noun in nouns]
                       for shape, nouns in wordings.NOUNS.items() if shape})  # fmt: skip
    tables.append(SIDES)
    return {
        word: [others[0] for other, others in table.items() if other != value]
        for table in tables
        for value, words in table.items()
        for word in words
    }


def planted(one: Statement, rng: np.random.Generator) -> Facts:
    """The facts of a scene with one of them changed to another value."""
    facts, at = one.facts, int(rng.integers(len(one.facts.groups)))
    group = facts.groups[at]
    names = [name for name in VALUES if getattr(group, name) is not None]
    if facts.relation and rng.random() < 0.2:
        other = RELATIONS[1 - RELATIONS.index(facts.relation)]
        return replace(facts, relation=other)
    name = str(rng.choice(names))
    wrong = [value for value in VALUES[name] if value != getattr(group, name)]
    groups = list(facts.groups)
    groups[at] = replace(group, **{name: str(rng.choice(wrong))})
    return Facts(tuple(groups), facts.relation)


@dataclass(frozen=True)
class Caption:
    """A caption, the picture it is of, and which of its phrases is wrong."""

    scene: Statement
    text: str
    wrong: tuple[int, str]
    """Where the phrase begins, and the phrase."""


def captions(n: int, seed: int, split: str, known: Mapping[str, Any]) -> list[Caption]:
    """N captions of scenes of a split, each with one wrong phrase."""
    found, rng = list[Caption](), np.random.default_rng(seed)
    for one in map(partial(statement, seed=seed), count()):
        if one.scene.split(one.scene.facts) != split:
            continue
        draw, facts = int(rng.integers(1 << 30)), planted(one, rng)
        texts = [caption(x, np.random.default_rng(draw)) for x in (one.facts, facts)]
        right, wrong = (phrases(text, known) for text in texts)
        odd = [(start, word) for (start, word), (_, true) in zip(wrong, right, strict=False)
               if word.lower() != true.lower()]  # fmt: skip
        if len(right) == len(wrong) and len(odd) == 1:
            found.append(Caption(one, texts[1], odd[0]))
        if len(found) == n:
            break
    return found


def claims(space: Any, some: Sequence[Caption], known: Mapping[str, Any]) -> list[list[Claim]]:
    """Of each caption, with their margins."""
    scenes = [Picture(one.scene.scene) for one in some]
    vectors = np.concatenate([np.asarray(space["image"].encode(scenes[at : at + 64]))
                              for at in range(0, len(scenes), 64)])  # fmt: skip
    return audited(unit(vectors), [one.text for one in some], known, space["text"])


def flat(some: Sequence[Caption], found: Sequence[Sequence[Claim]]) -> tuple[np.ndarray, ...]:
    """Margin, rightness and word of every claim."""
    rows = [(x.margin, (x.start, x.phrase) != one.wrong, x.phrase.lower())
            for one, those in zip(some, found, strict=True) for x in those]  # fmt: skip
    margins, right, words = zip(*rows, strict=True)
    return np.array(margins, np.float64), np.array(right), np.array(words)


def fact_of(word: str) -> str:
    """What a phrase tells: a colour, a size, a shape or how two groups stand."""
    for fact in ("colour", "size"):
        if any(word in some for some in wordings.ADJECTIVES[fact].values()):
            return fact
    return "relation" if any(word in some for some in SIDES.values()) else "shape"


def probabilities(
    known: tuple[np.ndarray, ...], asked: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Of being right, by a rule for each kind of fact, learned from claims that are known."""
    margins, right, words = known
    kinds, wanted = (np.array([fact_of(str(x)) for x in some]) for some in (words, asked[1]))
    found = np.zeros(len(asked[0]))
    for kind in np.unique(wanted):
        rule = fit_audit(margins[kinds == kind], right[kinds == kind])
        rows = np.flatnonzero(wanted == kind)
        found[rows] = [rule.probability(float(margin)) for margin in asked[0][rows]]
    return found


def within_words(scores: np.ndarray, right: np.ndarray, words: np.ndarray) -> dict[str, Any]:
    """Area under the curve within each word that is right and wrong five times or more."""
    found: list[float] = []
    for word in np.unique(words):
        mine = words == word
        ours, theirs = scores[mine & right], scores[mine & ~right]
        if min(len(ours), len(theirs)) >= 5:
            above = (ours[:, None] > theirs[None]) + 0.5 * (ours[:, None] == theirs[None])
            found.append(float(above.mean()))
    rng = np.random.default_rng(0)
    draws = [np.mean(rng.choice(found, len(found))) for _ in range(1000)]
    ends = np.quantile(draws, [0.025, 0.975])
    return {"auc": [round(float(x), 3) for x in (np.mean(found), *ends)], "words": len(found)}


def flagged(bad: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Recall of what is wrong and false alarms of what is right, with intervals."""
    found = dict[str, Any]()
    for name, rows in (("recall", ~right), ("false alarms", right)):
        ends = wilson_interval(bad[rows].astype(float))
        shown = [round(float(x), 3) for x in (bad[rows].mean(), ends.low, ends.high)]
        found[name] = [*shown, int(rows.sum())]
    return found


def main() -> None:
    """Plant, flag, print and keep."""
    from isthmus.lab import load

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("space")
    parser.add_argument("--captions", type=int, default=400)
    given = parser.parse_args()
    space, known = load(given.space), alternatives()
    learned = captions(given.captions, TRAINING, "val", known)
    some = captions(given.captions, SEED, "test", known)
    before = flat(learned, claims(space, learned, known))
    rule = fit_audit(*before[:2])
    margins, right, words = flat(some, claims(space, some, known))
    sure = probabilities(before, (margins, words))
    least = np.quantile(probabilities(before, (before[0], before[2]))[before[1]], RATES)
    said = Counter(word.lower() for one in statements(6000, TRAINING)
                   if one.scene.split(one.scene.facts) == "train"
                   for _, word in phrases(one.texts[0], known))  # fmt: skip
    rare = np.array([said[word] for word in words], float)
    owner = np.repeat(np.arange(len(some)), [len(phrases(one.text, known)) for one in some])
    rarest = np.zeros(len(words), bool)
    for number in range(len(some)):
        rows = np.flatnonzero(owner == number)
        rarest[rows[rare[rows].argmin()]] = True
    rows = {f"margin, set to {rate:.0%}": flagged(margins < rule.threshold(rate), right)
            for rate in RATES}  # fmt: skip
    rows |= {f"probability by fact, set to {rate:.0%}": flagged(sure < x, right)
             for rate, x in zip(RATES, least, strict=True)}  # fmt: skip
    rows["margin below 0"] = flagged(margins < 0, right)
    rows["the rarest word"] = flagged(rarest, right)
    areas = {"margin": within_words(margins, right, words),
             "probability by fact": within_words(sure, right, words),
             "how often the word is said": within_words(rare, right, words)}  # fmt: skip
    for name, one in (*rows.items(), *areas.items()):
        print(f"{name:<30} {one}")
    write_results("audits", {"captions": len(some), "seed": SEED, "rows": rows, "auc": areas})


if __name__ == "__main__":
    main()
