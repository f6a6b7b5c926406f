"""Writes ``docs/studies/captioning.md`` from the record and the scores of ``captioning_study``.

    python -m benchmarks.captioning_page [--work runs/captioning]

A rule picks the treatment from geometry alone (how far apart the means lie, how wide the modality
is beside texts, how near its items come to sentences): that which was best in the cell, among
those of another modality and another space, whose geometry is most alike. It is judged by its
regret, the CIDEr that it falls short of the best treatment, and credited with what it gains over
the treatment that is best on average in the same other cells.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import RESULTS
from benchmarks.page_rows import read
from isthmus.store import read_tensors, write_json, write_text

PAGE = Path(__file__).parents[1] / "docs/studies/captioning.md"
DRAWS = 2000
Key = tuple[str, str]
"""Space and modality."""


def cells_of(record: Mapping[str, Any]) -> dict[Key, dict[str, Any]]:
    """Every cell that is finished."""
    return {(space, modality): cell for space, some in record["cells"].items()
            for modality, cell in some.items()}  # fmt: skip


def means(cell: Mapping[str, Any]) -> dict[str, float]:
    """CIDEr of each treatment, over seeds."""
    return {name: float(np.mean(row["CIDEr"])) for name, row in cell["rows"].items()}


def geometry(cell: Mapping[str, Any]) -> np.ndarray:
    """What the rule looks at: gap, width beside texts, nearness to sentences."""
    own, texts = cell["geometry"]["spread"]
    return np.array([cell["geometry"]["gap"], np.log(own / texts), cell["geometry"]["cover"]])


def picked(cells: Mapping[Key, Mapping[str, Any]], key: Key) -> tuple[str, str]:
    """What the rule and what the best fixed treatment are for a cell, neither of which saw it."""
    others = {name: cell for name, cell in cells.items()
              if name[0] != key[0] and name[1] != key[1]}  # fmt: skip
    told = np.stack([geometry(cell) for cell in others.values()])
    scale = np.maximum(told.std(axis=0), 1e-9)
    near = np.linalg.norm((told - geometry(cells[key])) / scale, axis=1).argmin()
    best = means(list(others.values())[int(near)])
    names = list(best)
    average = {name: np.mean([means(cell)[name] / max(means(cell).values())
                              for cell in others.values()]) for name in names}  # fmt: skip
    return max(best, key=lambda x: best[x]), max(names, key=lambda x: average[x])


def judged(cells: Mapping[Key, Mapping[str, Any]], work: Path) -> dict[str, Any]:
    """Regret of the rule and of the best fixed treatment, and the gain of one over the other."""
    rng, regrets, gains = np.random.default_rng(0), list[tuple[float, float]](), list[np.ndarray]()
    choices = dict[str, list[str]]()
    for key, cell in cells.items():
        rule, fixed = picked(cells, key)
        found = means(cell)
        top = max(found.values())
        regrets.append(((top - found[rule]) / top, (top - found[fixed]) / top))
        choices[" ".join(key)] = [rule, fixed, max(found, key=lambda x: found[x])]
        items, _ = read_tensors(work / key[0] / f"items-{key[1]}.safetensors")
        gains.append(np.ravel(np.asarray(items[rule]) - np.asarray(items[fixed])))
    draws = [np.mean([rng.choice(one, len(one)).mean() for one in gains]) for _ in range(DRAWS)]
    ends = [float(x) for x in (np.mean([one.mean() for one in gains]),
                               *np.quantile(draws, [0.025, 0.975]))]  # fmt: skip
    both = np.mean(regrets, axis=0)
    return {"regret": float(both[0]), "regret of the best fixed": float(both[1]),
            "gain": ends, "choices": choices}  # fmt: skip


def table(name: str, cells: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    """Treatments by modalities of one space: CIDEr, and what of the twin's it keeps."""
    own = {modality: cell for (space, modality), cell in cells.items() if space == name}
    lines = [f"### `{name}`", "", f"| | {' | '.join(own)} |", f"|---|{'---|' * len(own)}"]
    first = next(iter(own.values()))
    for treatment in first["rows"]:
        row = [said(cell, treatment) for cell in own.values()]
        lines.append(f"| {treatment} | {' | '.join(row)} |")
    for kind, label in (("twin", "*twin, trained with pairs*"),
                        ("rule", "*caption of the nearest training item*")):  # fmt: skip
        ends = [f"{a:.0f} [{b:.0f}, {c:.0f}]" for a, b, c in (x[kind] for x in own.values())]
        lines.append(f"| {label} | {' | '.join(ends)} |")
    return [*lines, ""]


def said(cell: Mapping[str, Any], treatment: str) -> str:
    """CIDEr, its spread over seeds, and retention; what cannot be told is said."""
    row = cell["rows"][treatment]
    mean, spread = np.mean(row["CIDEr"]), (max(row["CIDEr"]) - min(row["CIDEr"])) / 2
    best = max(means(cell), key=lambda x: means(cell)[x]) == treatment
    value, low, high = row["retention"]
    kept = f"{value:.0f} % [{low:.0f}, {high:.0f}]" if row["told"] else "cannot tell"
    text = f"{mean:.0f} ± {spread:.0f}; {kept}"
    return f"**{text}**" if best else text


def told(cell: Mapping[str, Any]) -> bool:
    """Whether the twin is enough better than the rule for retention to say anything."""
    return all(row["told"] for row in cell["rows"].values())


def three(ends: Sequence[float], sign: str = "") -> str:
    """A value with its interval."""
    value, low, high = ends
    return f"{value:{sign}.0f} [{low:{sign}.0f}, {high:{sign}.0f}]"


def of_uses(uses: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    """The shipped decoder, closure, and what corrections of ``mend`` are worth to captions."""
    if not uses:
        return []
    lines = [
        "## The shipped decoder, and text → X → text",
        "",
        "Written by `python -m benchmarks.captioning_uses`. A held-out sentence looks for its item "
        "among the 240; what the small decoder says of the item found (best treatment, seed 0) is "
        "scored against the references of the sentence that went in. CIDEr.",
        "",
        "| | `isthmus caption` | own item found first | closure | an item at random | its own "
        "item's caption | read from the sentence's vector |",
        "|---|---|---|---|---|---|---|",
    ]
    for (space, modality), cell in uses.items():
        one = cell["closure"]
        rest = [three(one[key]) for key in ("closure", "an item at random", "its own item",
                                            "read from the text's vector")]  # fmt: skip
        lines.append(
            f"| `{space}` {modality} | {three(cell['shipped']['CIDEr'])} | "
            f"{one['own item is first']:.0%} | {' | '.join(rest)} |"
        )
    lines += [
        "",
        "## What mending the space is worth to captions",
        "",
        "Each correction of `isthmus mend` is fitted on the training pairs, texts are moved with "
        "the items, and a decoder of the same recipe (one seed) learns from the moved texts alone; "
        "no treatment beside. *(pairs)*: its fit looks at which text belongs to which item, as the "
        "twin does. Gain over no correction and retention are paired.",
        "",
        "| | correction | distance of means | R@1 text to item | CIDEr | gain | of the twin's |",
        "|---|---|---|---|---|---|---|",
    ]
    for (space, modality), cell in uses.items():
        for chain, row in cell["corrections"].items():
            value, low, high = row["retention"]
            mark = " (pairs)" if row["pairs"] else ""
            lines.append(
                f"| `{space}` {modality} | {chain}{mark} | {row['gap']:.2f} | "
                f"{row['R@1']:.1%} | {three(row['CIDEr'])} | {three(row['gain'], '+')} | "
                f"{value:.0f} % [{low:.0f}, {high:.0f}] |"
            )
    return [*lines, ""]


def of_corrections(uses: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    """One line: cells in which the best correction keeps 85 % of the twin's CIDEr."""
    if not uses:
        return []
    best = {key: max(cell["corrections"].items(), key=lambda row: row[1]["retention"][0])
            for key, cell in uses.items()}  # fmt: skip
    said = [f"{a} {b} {name} {row['retention'][0]:.0f} %" for (a, b), (name, row) in best.items()]
    reached = sum(row["retention"][0] >= 85 for _, row in best.values())
    return [
        f"- After a correction that `mend` fits on pairs, a decoder that has seen only texts keeps "
        f"85 % or more in {reached} of {len(best)} cells: {', '.join(said)}."
    ]


def page(
    record: Mapping[str, Any], rule: Mapping[str, Any], uses: Mapping[Key, Mapping[str, Any]]
) -> str:
    """The whole page."""
    cells = cells_of(record)
    spaces = list(dict.fromkeys(space for space, _ in cells))
    best = {key: max(row["retention"][0] for row in cell["rows"].values())
            for key, cell in cells.items() if told(cell)}  # fmt: skip
    weak = [" ".join(key) for key, cell in cells.items() if not told(cell)]
    reached = sum(value >= 85 for value in best.values())
    gain, low, high = rule["gain"]
    n = next(iter(cells.values()))["n"]
    lines = [
        "# Captions from texts alone, under every treatment of the gap",
        "",
        "Written by `python -m benchmarks.captioning_study mini mended:SPACE` and "
        "`python -m benchmarks.captioning_page`; how it is done stands in the first of these. "
        "`base` is a space fitted on `babel-sound` (other scenes) by the command there. "
        "Small decoders (two layers of width 128, about a CPU-minute each) saw training sentences "
        f"only, in {record['seeds']} seeds. {n} items a cell show pairs of colour and shape that "
        "no training scene shows; references are five wordings from templates that no decoder saw. "
        "A cell: CIDEr (of 1,000) ± half its range over seeds; the share of the CIDEr of a twin "
        "trained with pairs, with its interval. *Cannot tell*: the twin is less than a fifth "
        "better than the caption of the nearest training item.",
        "",
        *(line for space in spaces for line in table(space, cells)),
        *of_uses(uses),
        "## What was found",
        "",
        f"- The best treatment keeps 85 % or more of the twin's CIDEr in {reached} of {len(best)} "
        f"cells: {', '.join(f'{a} {b} {value:.0f} %' for (a, b), value in best.items())}"
        + (f"; {', '.join(weak)} cannot tell." if weak else "."),
        *of_corrections(uses),
        f"- A rule that reads geometry alone, cell held out by modality and space, falls "
        f"{rule['regret']:.1%} short of the best treatment (goal ≤ 2 %; the best fixed treatment "
        f"{rule['regret of the best fixed']:.1%}). Over the best fixed one it gains {gain:+.1f} "
        f"CIDEr [{low:+.1f}, {high:+.1f}]: "
        + ("credited." if low > 0 else "not credited, the interval holds zero or less."),
        "- Chosen, best fixed, and best by the cell's own captions: "
        + "; ".join(f"{key}: {a}, {b}, {c}" for key, (a, b, c) in rule["choices"].items())
        + ".",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Judge the rule, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("runs/captioning"))
    given = parser.parse_args()
    record = read("captioning_study")
    rule = judged(cells_of(record), given.work)
    write_json(RESULTS / "captioning_study.json", {**record, "rule": rule})
    uses = cells_of(read("captioning_uses"))
    write_text(PAGE, page(record, rule, uses))
    print(PAGE)


if __name__ == "__main__":
    main()
