"""Would a person keep a caption? A blind sheet to be judged, and what the judgements say.

    python -m benchmarks.captions_kept sheet SHEET.csv --build BUILD   # half are of other items
    python -m benchmarks.captions_kept judge SHEET.csv                 # kept share of both, by kind

Fifty items of each kind stand twice on the sheet: with the caption that `isthmus caption` makes of
them, and with that of another item of their kind. Beside each line the truth is told (an item's
name, or what people said of it); which of the two a line is, is not: all lines are shuffled, and
the key lies in a file of its own that the judge does not open. A judge fills the
column ``kept`` with y or n by the criteria on the sheet's first lines.

Items are those of the worlds' test splits, which no decoder and no tower was trained on.
Photographs are the sixteen of COCO at hand and, with ``--build`` (a folder of `tools.fetch`), free
ones of GCompris by the names of their files; the decoder's training borrowed what is left of such a
photograph's vector without its class, never a name.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import isthmus
from benchmarks.harness import RESULTS, write_results
from isthmus.arrays import unit
from isthmus.decode.kinds import open_reader
from isthmus.measure.statistics import wilson_interval
from isthmus.types import World
from isthmus.worlds import load

SEED, ITEMS = 11, 50
CRITERIA = (
    "Kept (y) is a caption that a person would leave beside the item in a catalogue:",
    "1. It names the main thing of the truth by its name, a synonym, a kind that it is of (fish "
    "for a shark, guitar for a jazz guitar), or an example that looks or sounds nearly the same "
    "(fiddle for violin, stool for chair); a mere room, colour, material or style is no name.",
    "2. Of a photograph it must name one of the things, not persons, that people told of as main "
    "ones, and that place or activity where that is the subject.",
    "3. It may say more, if that is not plainly false of the item: another number, colour or "
    "place is forgiven, another main thing beside the right one is not.",
    "4. Of a person or a face it must tell the role, gesture or expression that the truth tells, "
    "at least roughly; 'person' or 'face' alone is not enough. Of a clip who moves counts, what it "
    "does need not be said, but must not be plainly another act.",
    "5. Not kept (n) are all others, also where the truth cannot be understood.",
)
FREE = re.compile(
    r"/(categorization/resource/images/(?:fishes|others|renewable|tools|monuments)"
    r"|explore_farm_animals/resource/animals|explore_world_animals/resource/animals)/"
)
"""Photographs of GCompris whose names tell what they show."""


@dataclass(frozen=True)
class Line:
    """One line of the sheet."""

    number: int
    kind: str
    truth: str
    caption: str


@dataclass(frozen=True)
class Item:
    """What is captioned, and what it truly is."""

    truth: str
    content: Any


Chosen = Callable[[Mapping[str, Any]], bool]


def of_world(name: str, modality: str, chosen: Chosen = lambda facts: True) -> list[Item]:
    """Items of a world's test split, one of each truth, in an order drawn by the seed."""
    world: World = load(name)
    items, spoken = world.items[modality], world.items["text"]
    said = dict(zip(spoken.ids, spoken.payload, strict=True))
    told = {a: str(said[b]) for a, b in reversed(list(world.links[modality, "text"]))}
    rows = [i for i, one in enumerate(items.ids)
            if world.split.get(one) == "test" and chosen(world.factors[one])]  # fmt: skip
    order = np.random.default_rng(SEED).permutation(rows)
    first = {told[items.ids[i]]: i for i in reversed(order)}
    found = [Item(truth, items.payload[i]) for truth, i in first.items()]
    return found[::-1]


def animal(facts: Mapping[str, Any]) -> bool:
    """Whether a glyph shows an animal."""
    return str(facts.get("subgroup", "")).startswith("animal")


def photographs(build: Path | None) -> list[Item]:
    """Those of COCO with what people said of them, then free ones with their names."""
    from tools.decoder.evaluate import real

    files, captions = real()
    found = [Item(" / ".join(some), file) for file, some in zip(files, captions, strict=True)]
    if build is None:
        return found
    from tools.mini.gcompris import free_photographs

    free = free_photographs(build)
    paths = [path for path in sorted(free) if FREE.search(path)]
    order = np.random.default_rng(SEED).permutation(len(paths))
    named: dict[str, Item] = {}
    for path in (paths[i] for i in order):
        bare = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", Path(path).stem.rstrip("0123456789"))
        truth = f"{bare.replace('_', ' ').lower()} ({Path(path).parent.name})"
        named.setdefault(truth, Item(truth, free[path]))
    return found + list(named.values())


def kinds(build: Path | None) -> dict[str, tuple[str, list[Item]]]:
    """The modality and the items of each kind, in the order in which they are taken."""
    motions = of_world("motions", "video")
    units = of_world("units", "video")
    clips = [one for pair in zip(units, motions, strict=False) for one in pair]
    animals = of_world("glyphs", "image", animal)
    drawn = of_world("clipart", "image", lambda facts: facts.get("subject") == "animals")
    return {
        "photographs": ("image", photographs(build)),
        "glyphs": ("image", of_world("glyphs", "image", lambda facts: not animal(facts))),
        "furniture": ("mesh", of_world("furniture", "mesh")),
        "instruments": ("audio", of_world("orchestra", "audio")),
        "animals": ("image", animals[: ITEMS // 2] + drawn),
        "clips": ("video", clips),
    }


def captioned(build: Path | None, many: int) -> list[tuple[Line, bool]]:
    """Every line with whether its caption is its item's own; numbers follow a drawn order."""
    mini, found = isthmus.load("mini", workers=1), list[tuple[str, str, str, bool]]()
    for kind, (modality, items) in kinds(build).items():
        some = items[:many]
        vectors = unit(mini[modality].encode([one.content for one in some]))
        said = [one.text for one in open_reader(mini["text"], modality).decode(vectors)]
        print(f"{kind}: {len(some)} items", flush=True)
        rng = np.random.default_rng(SEED)
        for one, own, other in zip(some, said, moved(said, rng), strict=True):
            found += [(kind, one.truth, own, True), (kind, one.truth, other, False)]
    order = np.random.default_rng(SEED + 1).permutation(len(found))
    return [
        (Line(number, *found[i][:3]), found[i][3]) for number, i in enumerate(order.tolist(), 1)
    ]


def moved(said: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Each the caption of another item: a cycle through all of them in a drawn order."""
    order = rng.permutation(len(said))
    found = list(said)
    for here, there in zip(order, np.roll(order, 1), strict=True):
        found[here] = said[there]
    return found


def write_sheet(path: Path, lines: Sequence[Line]) -> None:
    """The criteria, then a line each with an empty column for the judgement."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {one}\n" for one in CRITERIA)
        table = csv.DictWriter(file, [*asdict(lines[0]), "kept"], lineterminator="\n")
        table.writeheader()
        table.writerows({**asdict(one), "kept": ""} for one in lines)


def read_sheet(path: Path) -> tuple[list[Line], list[bool]]:
    """Lines and judgements.

    Raises:
        SystemExit: a line that is not judged y or n.
    """
    text = [x for x in path.read_text("utf-8").splitlines() if not x.startswith("# ")]
    lines, kept = list[Line](), list[bool]()
    for row in csv.DictReader(text):
        if row["kept"] not in ("y", "n"):
            raise SystemExit(f"Line {row['number']} wants y or n, not {row['kept']!r}.")
        lines.append(Line(int(row["number"]), row["kind"], row["truth"], row["caption"]))
        kept.append(row["kept"] == "y")
    return lines, kept


def shares(lines: Sequence[Line], kept: Sequence[bool], own: Sequence[bool]) -> dict[str, Any]:
    """Kept share of own captions and of others with Wilson intervals, for each kind and for all.

    The interval of the difference is normal, over items, each with its two lines.
    """
    rows = dict[str, Any]()
    for kind in (*dict.fromkeys(one.kind for one in lines), "all"):
        some = [i for i, one in enumerate(lines) if kind in ("all", one.kind)]
        told = {(lines[i].kind, lines[i].truth, own[i]): float(kept[i]) for i in some}
        mine = np.array([x for (*_, one), x in told.items() if one])
        theirs = np.array([told[kind, truth, False] for kind, truth, one in told if one])
        gain, spread = mine - theirs, (mine - theirs).std() / len(mine) ** 0.5
        rows[kind] = {"items": len(mine), "own": _share(mine), "other": _share(theirs),
                      "difference": [gain.mean(), gain.mean() - 1.96 * spread,
                                     gain.mean() + 1.96 * spread]}  # fmt: skip
    return rows


def _share(kept: np.ndarray) -> list[float]:
    interval = wilson_interval(kept)
    return [float(kept.mean()), interval.low, interval.high]


def keyed(path: Path) -> Path:
    """Where the key of a sheet lies, which no judge looks at."""
    return path.with_suffix(".key.json")


def judge(path: Path) -> None:
    """Print and keep what the judgements say."""
    lines, kept = read_sheet(path)
    own = json.loads(keyed(path).read_text("utf-8"))
    rows = shares(lines, kept, [own[str(one.number)] for one in lines])
    print("| kind | items | own kept | another item's kept | difference |\n|---|---|---|---|---|")
    for kind, row in rows.items():
        cells = [f"{a:.2f} [{b:.2f}, {c:.2f}]" for a, b, c in
                 (row["own"], row["other"], row["difference"])]  # fmt: skip
        print(f"| {kind} | {row['items']} | {' | '.join(cells)} |")
    write_results("captions_kept", {"seed": SEED, "criteria": CRITERIA, "rows": rows})


def main() -> None:
    """Make the sheet, or read judgements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("sheet", "judge"))
    parser.add_argument("file", type=Path, nargs="?", default=RESULTS / "captions_kept.csv")
    parser.add_argument("--build", type=Path, help="folder of tools.fetch, for free photographs")
    parser.add_argument("--items", type=int, default=ITEMS)
    given = parser.parse_args()
    if given.what == "judge":
        judge(given.file)
        return
    found = captioned(given.build, given.items)
    write_sheet(given.file, [line for line, _ in found])
    own = {line.number: mine for line, mine in found}
    keyed(given.file).write_text(json.dumps(own) + "\n", "utf-8")


if __name__ == "__main__":
    main()
