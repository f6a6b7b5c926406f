"""Does guidance help? What is written towards a picture, read by one that did not steer.

    python -m benchmarks.guidance --items 200 --slow 30      # goes on where it was stopped
    python -m benchmarks.guidance --only-report

Items are pictures of ``glyphs``' test split, which ``mini`` never saw, one style each, drawn by
seed; each steers one sentence of 5 to 20 words behind one of ten openings. The reader is no
encoder: words of the sentence (without its opening, plural ends cut) are weighed by how rare they
are among the items' names and subgroups (animal-mammal), and the item with the greatest sum is the
one that is read (ties by expectation). Beside each strategy stands the same strategy without
guidance, the same openings and seeds; differences are paired, intervals by bootstrap over items.
What ``mini`` itself reads is *optimised*. Perplexity is over all tokens, of the language model that
wrote; its difference is a share.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus import worlds
from isthmus.arrays import unit
from isthmus.decode.guided.beam import Beam
from isthmus.decode.guided.causal import load_model
from isthmus.decode.guided.constraints import Constraints
from isthmus.decode.guided.gibbs import Gibbs
from isthmus.decode.guided.magic import Magic
from isthmus.decode.guided.models import perplexity
from isthmus.decode.guided.offers import distinguishing, offered
from isthmus.decode.guided.prefixes import scorer_of
from isthmus.decode.guided.reading import words
from isthmus.decode.guided.sampling import BestOfN
from isthmus.decode.guided.story import written
from isthmus.decode.guided.writing import Task
from isthmus.decode.guided.zerocap import ZeroCap
from isthmus.lab import load
from isthmus.store import cache_folder

OPENINGS = (
    "In the picture there is a", "I opened the door and saw a", "On the wall hangs a painting of a",
    "The child was dreaming of a", "The story is about a", "Everyone was talking about the",
    "She drew a", "The museum has a room full of", "This is a photo of a", "He was looking for a",
)  # fmt: skip
PAIRS: dict[str, tuple[Any, Any]] = {
    "magic": (Magic(b=0.5), Magic(b=0.0)),
    "magic, the paper's b 2": (Magic(), Magic(b=0.0)),
    "best-of-n": (BestOfN(), BestOfN(n=1)),
    "beam": (Beam(), Beam(weight=0.0)),
    "gibbs": (Gibbs(), Gibbs(weight=0.0)),
    "zerocap": (ZeroCap(), ZeroCap(step=0.0)),
}
SLOW = ("gibbs", "zerocap", "magic, the paper's b 2")
ASKED = Constraints(words=(5, 20))
DRAWS = 2000
SEED = 11


def items(count: int) -> list[dict[str, Any]]:
    """Pictures with the words of their names and of their subgroups (animal-mammal)."""
    world, rng = worlds.load("glyphs"), np.random.default_rng(SEED)
    texts, pictures, of = world.items["text"], world.items["image"], dict[str, list[str]]()
    for picture, text in world.links[("image", "text")]:
        if world.split[text] == "test":
            of.setdefault(text, []).append(picture)
    chosen = [sorted(of)[k] for k in rng.permutation(len(of))[:count]]
    found = []
    for text in chosen:
        picture = of[text][int(rng.integers(len(of[text])))]
        said = [str(texts[text]), str(world.factors[text]["subgroup"])]
        parts = {stem(x) for one in said for x in words(one.replace("-", " "))}
        found.append({"id": text, "name": str(texts[text]), "picture": pictures[picture],
                      "words": sorted(parts)})  # fmt: skip
    return found


def stem(word: str) -> str:
    """A word in small letters without a plural's end."""
    plain = word.lower().removesuffix("'s")
    return plain[:-1] if plain.endswith("s") and len(plain) > 3 else plain


def work(path: Path, count: int, slow: int) -> None:
    """Write every sentence that is not in the file yet."""
    done = {(one["item"], one["strategy"], one["guided"]) for one in read(path)}
    model, towers = load_model(), load("mini")
    scorer, some = scorer_of(towers["text"]), items(count)
    targets = unit(np.asarray(towers["image"].encode([one["picture"] for one in some])))
    guides = [distinguishing(towers["text"], "image", one) for one in targets]
    names = [f"a photo of a {one['name']}" for one in items(338)]
    unrelated = unit(np.asarray(towers["text"].encode(names))) @ np.stack(guides).T
    plain: dict[Any, Any] = {}
    quick = [name for name in PAIRS if name not in SLOW]
    half = [(number, name) for number in range(count // 2) for name in quick]
    rare = [(number, name) for number in range(slow) for name in SLOW]
    rest = [(number, name) for number in range(count // 2, count) for name in quick]
    with path.open("a", encoding="utf-8") as file:
        for number, name in (*half, *rare, *rest):
            opening = OPENINGS[number % len(OPENINGS)]
            plain_task = Task(model, scorer, guides[number], "", opening, ASKED,
                              towers["text"].space.scale, float(unrelated[:, number].mean()),
                              float(unrelated[:, number].std()))  # fmt: skip
            names_of_it = offered(towers["text"], "image", guides[number])
            for guided, strategy in zip((True, False), PAIRS[name], strict=True):
                task = replace(plain_task, offered=names_of_it) if guided else plain_task
                if (number, name, guided) in done:
                    continue
                drawn = name in ("best-of-n", "gibbs")
                key = (repr(strategy), opening, number if guided or drawn else -1)
                if key not in plain:
                    plain[key] = told(task, strategy, number, opening)
                line = {"item": number, "strategy": name, "guided": guided, **plain[key]}
                file.write(json.dumps(line) + "\n")
                file.flush()


def told(task: Task, strategy: Any, seed: int, opening: str) -> dict[str, Any]:
    """One sentence, and what is measured of it alone."""
    start = time.perf_counter()
    text = written(task, strategy, np.random.default_rng(seed)).text.strip()
    spent = time.perf_counter() - start
    own = text[len(opening) :]
    return {"text": text, "own": own, "seconds": round(spent, 3),
            "perplexity": perplexity(task.model, opening, own)}  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    """Lines that are there."""
    if not path.is_file():
        return []
    return [json.loads(one) for one in path.read_text("utf-8").splitlines()]


def hits(scores: np.ndarray, k: int) -> np.ndarray:
    """Expected hit@k of row i at column i, ties at random: (n, m) to (n,)."""
    own = scores[np.arange(len(scores)), np.arange(len(scores))][:, None]
    above, equal = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    return np.clip((k - above) / equal, 0, 1)


def by_words(texts: Sequence[str], some: Sequence[dict[str, Any]]) -> np.ndarray:
    """Sums of the weights of shared words, (texts, items)."""
    held = Counter(word for one in some for word in one["words"])
    weight = {word: np.log(len(some) / count) for word, count in held.items()}
    said = [{stem(x) for x in words(one)} for one in texts]
    return np.array([[sum(weight[x] for x in one["words"] if x in own) for one in some]
                     for own in said])  # fmt: skip


def grams(text: str, n: int) -> list[tuple[str, ...]]:
    """Runs of n words."""
    own = [one.lower() for one in words(text)]
    return [tuple(own[k : k + n]) for k in range(len(own) - n + 1)]


def measured(lines: Sequence[dict[str, Any]], some: Any, opened: Any) -> dict[str, np.ndarray]:
    """What is measured of each text, in the order of the items; recall is among all items."""
    towers, model = opened
    tokens = np.array([float(len(model.encode(one["own"]))) for one in lines])
    texts = [one["own"] for one in lines]
    chosen = [some[one["item"]] for one in lines]
    others = [one for k, one in enumerate(some) if k not in {x["item"] for x in lines}]
    pool = [*chosen, *others]
    vectors = unit(np.asarray(towers["text"].encode([one["text"] for one in lines])))
    pictures = unit(np.asarray(towers["image"].encode([one["picture"] for one in pool])))
    read_by_words, own = by_words(texts, pool), vectors @ pictures.T
    distinct = [len(set(grams(x, 2))) / len(grams(x, 2)) if grams(x, 2) else 1.0 for x in texts]
    repeated = [1 - len(set(grams(x, 4))) / max(1, len(grams(x, 4))) if grams(x, 4) else 0.0
                for x in texts]  # fmt: skip
    return {
        "hit@1": hits(read_by_words, 1), "hit@10": hits(read_by_words, 10),
        "mini, hit@1 (optimised)": hits(own, 1),
        "loss": np.log([one["perplexity"] for one in lines]) * tokens, "tokens": tokens,
        "distinct-2": np.array(distinct), "repeated 4-grams": np.array(repeated),
        "seconds": np.array([one["seconds"] for one in lines]),
    }  # fmt: skip


def report(path: Path, count: int) -> dict[str, Any]:
    """Guided and unguided of every strategy, with paired intervals."""
    lines, some, opened = read(path), items(count), (load("mini"), load_model())
    found: dict[str, Any] = {}
    for name in PAIRS:
        sides = [
            {one["item"]: one for one in lines if one["strategy"] == name and one["guided"] is side}
            for side in (True, False)
        ]
        both = sorted(set(sides[0]) & set(sides[1]))
        if len(both) < 5:
            continue
        told_of = [measured([side[k] for k in both], some, opened) for side in sides]
        rng = np.random.default_rng(0)
        rows = rng.integers(len(both), size=(DRAWS, len(both)))
        found[name] = {"n": len(both), "perplexity": fluency(told_of, rows)}
        for key in sorted(told_of[0].keys() - {"loss", "tokens"}):
            guided, plain = told_of[0][key], told_of[1][key]
            draws = np.sort((guided - plain)[rows].mean(axis=1))
            found[name][key] = {
                "guided": float(guided.mean()), "unguided": float(plain.mean()),
                "difference": float((guided - plain).mean()),
                "interval": [float(draws[int(q * DRAWS)]) for q in (0.025, 0.975)],
            }  # fmt: skip
    return found


def by_rule(count: int) -> dict[str, float]:
    """What the reader makes of the name nearest to each picture, without a language model."""
    towers, some = load("mini"), items(count)
    targets = unit(np.asarray(towers["image"].encode([one["picture"] for one in some])))
    guides = [distinguishing(towers["text"], "image", one) for one in targets]
    scores = by_words([offered(towers["text"], "image", one)[0] for one in guides], some)
    return {f"hit@{k}": round(float(hits(scores, k).mean()), 4) for k in (1, 10)}


def fluency(both: Sequence[dict[str, np.ndarray]], rows: np.ndarray) -> dict[str, Any]:
    """Perplexity over all tokens of either side, and by what share it rises."""
    sums = [[side[key][rows].sum(axis=1) for key in ("loss", "tokens")] for side in both]
    draws = np.sort(np.exp(sums[0][0] / sums[0][1] - sums[1][0] / sums[1][1]) - 1)
    guided, plain = (float(np.exp(x["loss"].sum() / x["tokens"].sum())) for x in both)
    ends = [float(draws[int(q * DRAWS)]) for q in (0.025, 0.975)]
    return {"guided": guided, "unguided": plain, "difference": guided / plain - 1, "interval": ends}


def show(found: dict[str, Any]) -> None:
    """One table."""
    for name, one in found.items():
        print(f"{name} (n = {one['n']})")
        for key, row in one.items():
            if key != "n":
                low, high = row["interval"]
                print(f"  {key:<24} {row['guided']:8.3f}  unguided {row['unguided']:8.3f}  "
                      f"difference {row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]")  # fmt: skip


def main() -> None:
    """Write what is missing, then report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--slow", type=int, default=30, help="items of the slow strategies")
    parser.add_argument("--only-report", action="store_true")
    given = parser.parse_args()
    path = cache_folder() / "benchmarks" / f"guidance-offered-{SEED}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not given.only_report:
        work(path, given.items, given.slow)
    found, rule = report(path, given.items), by_rule(given.items)
    show(found)
    print("rule: the nearest name alone", rule)
    record = {
        "rule": rule,
        "items": given.items,
        "seed": SEED,
        "model": "smollm2",
        "space": "mini",
        **found,
    }
    write_results("guidance", record)


if __name__ == "__main__":
    main()
