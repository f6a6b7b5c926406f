"""Sums of pictures and texts in words: facts added, taken away and exchanged, read back exactly.

    python -m benchmarks.arithmetic mended:SPACE [--items 500] [--work runs/arithmetic]

SPACE is fitted by `isthmus fit mini --world "statements?n=12000&seed=1" --modalities image text
--head mlp --hidden 1024`. Items are scenes of the world ``statements`` (another seed) that show a
pair of colour and shape which no training scene shows: half one group of things (shape, colour,
size, count: four facts), half two groups in a relation (five facts), each a picture and texts.
Exact means that the facts parsed from the sentence are the target's, no more and no less.

The decoder is small and has seen sums of training *sentences* only (``decode.sums``, then
``train.small_decoders``); the noise it learned with, and what is done about the gap (the mean
taken away, or a linear adapter fitted on unpaired vectors), are chosen on validation pictures.
Beside it: the nearest of all sentences that the templates can make of such facts, the first
operand's own facts, and facts that linear probes (trained on pictures with their facts) read off
the picture, recombined with what the texts say.
"""

import argparse
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results
from isthmus.arrays import unit, unit_or_zero
from isthmus.decode.retrieval import fitted
from isthmus.decode.small import Repeating, said_by
from isthmus.decode.treatments import Unpaired
from isthmus.measure.statistics import wilson_interval
from isthmus.read.image import Picture
from isthmus.records import dataclass
from isthmus.store import read_tensors, write_tensors
from isthmus.types import RequestError
from isthmus.worlds.babel.facts import (
    COLOURS,
    COUNTS,
    RELATIONS,
    SHAPES,
    SIZES,
    Facts,
    Group,
    is_unseen,
)
from isthmus.worlds.babel.parse_text import parse
from isthmus.worlds.babel.render_text import caption
from isthmus.worlds.statements import Statement, statement, statements

SEED, TRAINING = 2, 1
"""Of the items, and of the scenes that the space was fitted on."""
SENTENCES, SCENES = 24_000, 6_000
"""Sums that the decoder learns from, and pictures that probes and means do."""
NOISES, GAPS, TRIED = (0.3, 0.7, 1.1), ("mean removal", "adapter"), 300
"""What is chosen from on validation sums, and how many there are."""
PLAIN = 0.2
"""Share of them that are sentences as they are."""


@dataclass(frozen=True)
class Sum:
    """A picture (or a text in its place), and texts that are added and taken away."""

    kind: str
    operation: str
    shown: Statement
    """Whose picture is an operand."""
    first: Facts
    """What that picture's text states."""
    added: tuple[Facts, ...]
    taken: tuple[Facts, ...]
    target: Facts


def drawn(one: Statement, rng: np.random.Generator) -> Iterator[Sum]:
    """The sums that a scene can be the picture of."""
    facts = one.facts
    if one.kind == "group":
        (group,) = facts.groups
        name = str(rng.choice(["colour", "shape", "size"]))
        old, new = Group(**{name: getattr(group, name)}), other(group, name, rng)
        changed = replace(group, **{name: getattr(new, name)})
        yield Sum("group", "exchange", one, facts, (Facts((new,)),), (Facts((old,)),),
                  Facts((changed,)))  # fmt: skip
        yield Sum("group", "take away", one, facts, (), (Facts((old,)),),
                  Facts((replace(group, **{name: None}),)))  # fmt: skip
    elif one.kind == "pair":
        at = int(rng.integers(2))
        old = facts.groups[at]
        new = other(old, str(rng.choice(["colour", "shape"])), rng)
        groups = tuple(new if k == at else x for k, x in enumerate(facts.groups))
        yield Sum("pair", "exchange", one, facts, (Facts((new,)),), (Facts((old,)),),
                  Facts(groups, facts.relation))  # fmt: skip
        yield Sum("pair", "take away", one, facts, (), (Facts((old,)),),
                  Facts((facts.groups[1 - at],)))  # fmt: skip
    else:
        (group,) = facts.groups
        more = Group(size=str(rng.choice(SIZES)), count=int(rng.choice(COUNTS)))
        whole = replace(group, size=more.size, count=more.count)
        yield Sum("group", "add", one, facts, (Facts((more,)),), (), Facts((whole,)))
        beside = Group(str(rng.choice(SHAPES)), str(rng.choice(COLOURS)))
        relation = str(rng.choice(RELATIONS))
        yield Sum("pair", "add", one, facts, (Facts((Group(), beside), relation),), (),
                  Facts((group, beside), relation))  # fmt: skip


def other(group: Group, name: str, rng: np.random.Generator) -> Group:
    """A group that differs in one fact; of one with colour and shape alone both are kept."""
    values = {"colour": COLOURS, "shape": SHAPES, "size": SIZES}[name]
    new = str(rng.choice([x for x in values if x != getattr(group, name)]))
    changed = replace(group, **{name: new})
    return changed if group.size is None else Group(**{name: new})


def sums(n: int, seed: int, split: str) -> list[Sum]:
    """As many sums of a split's pictures, equally many of each kind and operation.

    Only those of the test split show, or come to, a pair that no training scene shows.
    """
    wanted = [(k, x) for k in ("group", "pair") for x in ("exchange", "take away", "add")]
    found: dict[tuple[str, str], list[Sum]] = defaultdict(list)
    rng, each = np.random.default_rng(seed), -(-n // len(wanted))
    for one in map(partial(statement, seed=seed), itertools.count()):
        if one.scene.split(one.scene.facts) != split:
            continue
        for made in drawn(one, rng):
            new = any(map(is_unseen, made.target.groups))
            if len(found[made.kind, made.operation]) < each and (split == "test" or not new):
                found[made.kind, made.operation].append(made)
        if all(len(found[key]) == each for key in wanted):
            break
    return [some[k] for k in range(each) for some in found.values()][:n]


@dataclass(frozen=True, eq=False)
class Inputs:
    """A space, where its pictures and texts lie, and what was made before."""

    encoders: Mapping[str, Any]
    work: Path
    image_mean: np.ndarray
    text_mean: np.ndarray
    length: float

    def texts(self, said: Sequence[str]) -> np.ndarray:
        """What texts have beside their mean, at length one."""
        parts = [np.asarray(self.encoders["text"].encode(said[at : at + 2048]))
                 for at in range(0, len(said), 2048)]  # fmt: skip
        return unit_or_zero(unit(np.concatenate(parts)) - self.text_mean)

    def pictures(self, some: Sequence[Statement]) -> np.ndarray:
        """The same of pictures."""
        scenes = [Picture(one.scene) for one in some]
        found = [np.asarray(self.encoders["image"].encode(scenes[at : at + 64]))
                 for at in range(0, len(some), 64)]  # fmt: skip
        return unit_or_zero(unit(np.concatenate(found)) - self.image_mean)

    def target(
        self, some: Sequence[Sum], first: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Unit vectors, among texts, of sums whose first operands are given."""
        total = first.copy()
        for sign, side in ((1.0, "added"), (-1.0, "taken")):
            rows = [(k, caption(facts, rng)) for k, one in enumerate(some)
                    for facts in getattr(one, side)]  # fmt: skip
            if rows:
                np.add.at(total, [k for k, _ in rows], sign * self.texts([x for _, x in rows]))
        return unit_or_zero(self.length * unit_or_zero(total) + self.text_mean)


def opened(space: str, work: Path) -> tuple[Inputs, np.ndarray, list[Statement]]:
    """A space with its means, and training pictures, which are embedded once."""
    from isthmus.lab import load

    encoders = load(space)
    known = [one for one in statements(SCENES, TRAINING)
             if one.scene.split(one.scene.facts) == "train"]  # fmt: skip
    file = work / "means.safetensors"
    if not file.is_file():
        work.mkdir(parents=True, exist_ok=True)
        plain = Inputs(encoders, work, np.zeros(1, np.float32), np.zeros(1, np.float32), 1.0)
        rng = np.random.default_rng(0)
        said = plain.texts([caption(one.facts, rng) for one in known])
        write_tensors(file, {"images": plain.pictures(known), "texts": said}, {})
    arrays = {key: np.asarray(x) for key, x in read_tensors(file)[0].items()}
    middle = arrays["texts"].mean(axis=0)
    length = float(np.linalg.norm(arrays["texts"] - middle, axis=1).mean())
    means = arrays["images"].mean(axis=0), middle
    return Inputs(encoders, work, *means, length), arrays["images"], known


def decoder(inputs: Inputs, noise: float) -> Repeating:
    """Trained on sums of training sentences, once."""
    stem = inputs.work / f"decoder-{noise}"
    file, about = stem.with_name(f"{stem.name}.safetensors"), stem.with_name(f"{stem.name}.json")
    if not about.is_file():
        from isthmus.train.small_decoders import SmallRecipe, fit_small_decoder

        rng, some = np.random.default_rng(TRAINING), sums(SENTENCES, TRAINING, "train")
        first = inputs.texts([caption(one.first, rng) for one in some])
        vectors = inputs.target(some, first, rng)
        sentences = [caption(one.target, rng) for one in some]
        plain = rng.random(len(some)) < PLAIN
        said = np.asarray(inputs.texts(sentences))
        whole = unit_or_zero(inputs.length * said + inputs.text_mean)
        made = fit_small_decoder(np.where(plain[:, None], whole, vectors), sentences,
                                 SmallRecipe(steps=2500, noise=noise))  # fmt: skip
        write_tensors(file, made.arrays, {})
        about.write_text(json.dumps([made.words, made.heads, made.longest]))
    words, heads, longest = json.loads(about.read_text())
    return Repeating({key: np.asarray(x) for key, x in read_tensors(file)[0].items()},
                     words, heads, longest)  # fmt: skip


def best(
    inputs: Inputs, vectors: np.ndarray
) -> tuple[Callable[[np.ndarray], np.ndarray], Repeating, dict[str, Any]]:
    """Treatment and decoder by what is said exactly of validation pictures, all pairs seen."""
    some = sums(TRIED, SEED, "val")
    shown = inputs.pictures([one.shown for one in some])
    found = dict[tuple[str, float], float]()
    for gap, noise in product(GAPS, NOISES):
        targets = inputs.target(some, over(gap, vectors, inputs)(shown), np.random.default_rng(0))
        right = exact(said_by(decoder(inputs, noise), targets), some)
        found[gap, noise] = float(right.mean())
        print(f"validation, {gap}, noise {noise}: {found[gap, noise]:.3f}", flush=True)
    gap, noise = max(found, key=lambda key: found[key])
    tried = {f"{way}, noise {length}": round(x, 3) for (way, length), x in found.items()}
    chosen = {"gap": gap, "noise": noise, "validation": tried, "n": len(some)}
    return over(gap, vectors, inputs), decoder(inputs, noise), chosen


def over(gap: str, vectors: np.ndarray, inputs: Inputs) -> Callable[[np.ndarray], np.ndarray]:
    """What takes pictures beside their mean to where texts lie beside theirs, at length one."""
    if gap == "mean removal":
        return lambda x: x
    known = unit_or_zero(vectors - inputs.image_mean)
    texts = np.asarray(read_tensors(inputs.work / "means.safetensors")[0]["texts"])
    adapter = fitted(gap, None, Unpaired(unit_or_zero(texts - inputs.text_mean), known))
    return lambda x: unit_or_zero(adapter(x))


def templates() -> list[Facts]:
    """All that a target can state."""
    groups = [Group(shape, colour) for shape, colour in product(SHAPES, COLOURS)]
    found = [Facts((one,)) for one in groups]
    for one, size, count in product(groups, SIZES, COUNTS):
        whole = replace(one, size=size, count=count)
        found.append(Facts((whole,)))
    for size, count in product(SIZES, COUNTS):
        found += [Facts((Group(shape, None, size, None, count),)) for shape in SHAPES]
        found += [Facts((Group(None, colour, size, None, count),)) for colour in COLOURS]
    found += [Facts((replace(one, count=count),)) for one, count in product(groups, COUNTS)]
    found += [Facts((a, b), relation) for a, b, relation in product(groups, groups, RELATIONS)]
    return found


def by_probes(inputs: Inputs, known: tuple[np.ndarray, list[Statement]], some: Sequence[Sum],
              shown: np.ndarray) -> list[Facts]:  # fmt: skip
    """Facts that probes read off pictures, recombined with what the texts say."""
    from sklearn.linear_model import LogisticRegression

    vectors, taught = known
    read: list[dict[str, Any]] = [{} for _ in some]
    for kind in ("group", "pair", "close-up"):
        rows = [k for k, one in enumerate(taught) if one.kind == kind]
        asked = [k for k, one in enumerate(some) if one.shown.kind == kind]
        names = [x for x, y in taught[rows[0]].facts.to_dict().items() if y is not None]
        for name in names if asked else ():
            values = [str(taught[k].facts.to_dict()[name]) for k in rows]
            probe = LogisticRegression(C=100, max_iter=300).fit(vectors[rows], values)
            for k, value in zip(asked, probe.predict(shown[asked]), strict=True):
                read[k][name] = int(value) if name.endswith("count") else str(value)
    return [recombined(one, values) for one, values in zip(some, read, strict=True)]


def recombined(one: Sum, read: Mapping[str, Any]) -> Facts:
    """A sum on facts instead of vectors."""
    groups = [Group(**{name.removeprefix(prefix): value for name, value in read.items()
                       if name != "relation" and name.startswith("other_") == bool(prefix)})
              for prefix in (("", "other_") if one.shown.kind == "pair" else ("",))]  # fmt: skip
    relation = read.get("relation")
    for facts in one.taken:
        (old,) = facts.groups
        if one.kind == "pair":
            at = next((k for k, x in enumerate(groups) if x == old), 0)
            new = one.added[0].groups[0] if one.added else None
            groups = [x if k != at else new for k, x in enumerate(groups)]
            groups = [x for x in groups if x is not None]
            relation = relation if len(groups) == 2 else None
        else:
            groups = [replace(groups[0], **{k: None for k, v in vars(old).items() if v})]
    for facts in one.added:
        if one.kind == "group":
            groups = [replace(groups[0], **{k: v for k, v in vars(facts.groups[0]).items() if v})]
        elif one.operation == "add":
            groups, relation = [groups[0], facts.groups[1]], facts.relation
    return Facts(tuple(groups), relation)


def exact(said: Sequence[str | Facts], some: Sequence[Sum]) -> np.ndarray:
    """Which say just the target's facts."""

    def facts(one: str | Facts) -> Facts | None:
        try:
            return parse(one) if isinstance(one, str) else one
        except (RequestError, StopIteration):
            return None

    return np.array([facts(one) == x.target for one, x in zip(said, some, strict=True)])


def shares(right: np.ndarray, some: Sequence[Sum]) -> dict[str, list[float]]:
    """Share that is exact with its interval, whole and by kind, operation and number of facts."""
    groups: dict[str, Callable[[Sum], bool]] = {"all": lambda one: True}
    for kind, operation in product(("group", "pair"), ("exchange", "take away", "add")):
        groups[f"{kind}, {operation}"] = lambda one, k=kind, o=operation: (
            (one.kind, one.operation) == (k, o)
        )
    for number in (2, 3, 4, 5):
        groups[f"{number} facts"] = lambda one, n=number: count_of(one.target) == n
    found = dict[str, list[float]]()
    for name, belongs in groups.items():
        rows = np.array([belongs(one) for one in some])
        if rows.any():
            ends = wilson_interval(right[rows].astype(float))
            found[name] = [round(float(x), 3) for x in (right[rows].mean(), ends.low, ends.high)]
            found[name].append(int(rows.sum()))
    return found


def count_of(facts: Facts) -> int:
    """How many facts are stated."""
    return sum(value is not None for value in facts.to_dict().values())


def main() -> None:
    """Make, read, compare, print and keep."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("space")
    parser.add_argument("--items", type=int, default=500)
    parser.add_argument("--work", type=Path, default=Path("runs/arithmetic"))
    given = parser.parse_args()
    inputs, vectors, known = opened(given.space, given.work)
    treated, network, chosen = best(inputs, vectors)
    print("chosen on validation:", chosen, flush=True)
    some = sums(given.items, SEED, "test")
    rng = np.random.default_rng(SEED)
    plain = inputs.pictures([one.shown for one in some])
    told = inputs.texts([caption(one.first, np.random.default_rng(5)) for one in some])
    targets = inputs.target(some, treated(plain), rng)
    every = templates()
    gallery = inputs.texts([caption(facts, np.random.default_rng(9)) for facts in every])
    near = unit_or_zero(targets - inputs.text_mean) @ gallery.T
    centred = unit_or_zero(vectors - inputs.image_mean)
    said = {
        "decoder, trained on sums of texts": said_by(network, targets),
        "the same, a text in place of the picture": said_by(
            network, inputs.target(some, told, np.random.default_rng(SEED))
        ),
        "nearest of all template sentences": [every[int(row)] for row in near.argmax(axis=1)],
        "facts of the first operand": [one.first for one in some],
        "probes of facts, recombined": by_probes(inputs, (centred, known), some, plain),
    }
    rows = {name: shares(exact(one, some), some) for name, one in said.items()}
    for name, found in rows.items():
        print(f"{name:<45}", {key: value[0] for key, value in found.items()})
    first = next(iter(said.values()))
    for one, text in list(zip(some, first, strict=True))[:12]:
        print(one.operation, "|", caption(one.target, np.random.default_rng(0)), "=>", text)
    told_of = {"n": len(some), "seed": SEED, "templates": len(every), "chosen": chosen}
    write_results("arithmetic", {**told_of, "rows": rows})


if __name__ == "__main__":
    main()
