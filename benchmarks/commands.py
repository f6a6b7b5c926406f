"""Figures of whole commands: styles, heads, probabilities, time from nothing.

    python -m benchmarks.commands [--only NAME ...] [--shared DATA] [--again]

Each command runs in a process of its own and its figures are read from its report.json. Stopped,
it goes on where it was; what stands in the JSON is not measured again (``--again``).
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import RESULTS, write_results

Report = Mapping[str, Any]


def three(result: Mapping[str, Any]) -> dict[str, float]:
    """A value and the ends of its interval."""
    ends = result["interval"]
    found = {"value": result["value"], "low": ends["low"], "high": ends["high"]}
    return {name: round(value, 4) for name, value in found.items()}


def of_styles(report: Report) -> dict[str, Any]:
    """The method that was chosen on training objects, and doing nothing."""
    change = report["methods"][report["best"]]["change"]
    nothing = report["methods"]["nothing"]["change"]["value"]
    return {"chosen": report["best"], "nothing": round(nothing, 4), **three(change)}


def of_heads(report: Report) -> dict[str, Any]:
    """R@1 of the variant that did best on validation objects, and what it changed."""
    rows, chosen = report["variants"], report["chosen"].replace("_", " ")
    best, raw = rows[chosen.replace("+", " + ")], rows["as it is"]
    found = {"chosen": report["chosen"], "as it is": round(raw["hits"]["value"], 4)}
    return {**found, "value": best["hits"]["value"], "gain": three(best["hits_change"])}


def of_probabilities(report: Report) -> dict[str, Any]:
    """The offered score's probabilities on random halves and held-out groups, the cosine's beside.

    The worse of both is the headline.
    """
    every = report["match_probabilities"]
    offered, found = every["offered"], {"offered": every["offered"]}
    for share, odds in ((0.5, "1:1"), (0.01, "1:99")):
        some = [one for one in every["found"] if one["share"] == share]
        own = [one for one in some if one["score"] == offered]
        worse = max(own, key=lambda one: one["brier"]["value"] / one["constant"])
        held = worse["held_out"]
        plain = next(x for x in some if x["score"] == "cosine" and x["held_out"] == held)
        found |= {
            f"held out {odds}": held,
            f"error {odds}": round(worse["error"]["value"], 4),
            f"Brier {odds}": round(worse["brier"]["value"], 4),
            f"cosine {odds}": round(plain["brier"]["value"], 4),
            f"constant {odds}": round(worse["constant"], 4),
        }
    return found


def of_mend(report: Report) -> dict[str, Any]:
    """What is recommended, and its two-sided gain over the best trivial rule."""
    chain = report["recommended"].replace("_", " ").replace("+", " + ") or "as it is"
    best = report["tables"][0]["remedies"][chain]
    return {
        "recommended": report["recommended"],
        "objects": report["objects"],
        "best rule": best["best_rule"],
        "nDCG@10": three(best["mixed"]),
        "gain over the best rule": three(best["rule_gain"]),
        "share of own ceiling": three(best["of_ceiling"]),
    }


def of_nothing(_: Report) -> dict[str, Any]:
    """Seconds alone."""
    return {}


class Command(NamedTuple):
    """A command and what is read from its report."""

    words: str
    read: Callable[[Report], dict[str, Any]]


PAIRS = "clip_vitb16_coco500_pairs/pairs.npz"
COMMANDS = {
    "study": Command("isthmus study", of_nothing),
    "search": Command('isthmus search "a red fruit"', of_nothing),
    "styles glyphs": Command("isthmus styles", of_styles),
    "styles furniture": Command("isthmus styles --world furniture", of_styles),
    "styles babel": Command("isthmus styles --world babel", of_styles),
    "fit": Command("isthmus fit mini --world glyphs --head residual", of_heads),
    "sweep": Command(
        "isthmus sweep mini --world glyphs --standardise --losses info_nce sigmoid decoupled "
        "info_loob cloob triplet --heads linear mlp --seeds 3",
        of_heads,
    ),
    "probability of a match": Command("isthmus mend --arrays pairs.npz", of_probabilities),
    "mend glyphs": Command("isthmus mend --world glyphs", of_mend),
}


def measured(command: Command, shared: Path | None) -> dict[str, Any]:
    """Run it from nothing, in an empty folder with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        words = shlex.split(command.words)[1:]
        if "pairs.npz" in words:
            assert shared, f"{command.words} wants --shared"
            words[words.index("pairs.npz")] = str((shared / PAIRS).resolve())
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "isthmus", *words, "--quiet"],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "ISTHMUS_CACHE": f"{folder}/cache"},
        )
        took = round(time.perf_counter() - start, 1)
        report = next(Path(folder).glob("runs/*/report.json"), None)
        read = json.loads(report.read_text("utf-8")) if report else {}
    return {"command": command.words, "seconds": took, **command.read(read)}


def main() -> None:
    """Run what is not there yet, print and write after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="*", default=[*COMMANDS], choices=COMMANDS)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--again", action="store_true")
    args = parser.parse_args()
    path = RESULTS / "commands.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in args.only:
        if name in found and not args.again:
            print(f"{name}: stands in {path}")
            continue
        found[name] = measured(COMMANDS[name], args.shared)
        print(f"{name}: {json.dumps(found[name])}", flush=True)
        write_results("commands", found)


if __name__ == "__main__":
    main()
