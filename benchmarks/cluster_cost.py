"""One billion items on paper, of the seconds and bytes of a shard that were measured.

    python -m benchmarks.cluster_cost [--cores 1000] [--price 0.04]

Reads ``results/cluster.json`` (``python -m benchmarks.cluster``) and prints every formula with its
numbers. Only the price of a core hour is assumed.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.page_rows import Row, mark, read

ITEMS, FOLDER, SHARD = 1e9, 1e6, 512
"""Items in all, of one job, and of a shard of ``isthmus embed``."""


def costs(record: Mapping[str, Any], cores: int, price: float) -> Iterator[tuple[str, str, str]]:
    """What it is of, the formula with its numbers, and what comes out.

    Args:
        record: what was measured.
        cores: of the cluster's nodes.
        price: dollars of a core hour.
    """
    shard, kept = record["speed"]["a shard"], record["drill"]["embed"]["bytes"]
    some, node, own = (
        shard[name]
        for name in ("pictures", "processor seconds, node", "processor seconds, command")
    )
    size, vector = kept["picture"], kept["fragment, a picture"]
    line, content = kept["manifest, a shard"], kept["contents, a picture"]
    work, command = (ITEMS / some * one / 3600 for one in (node, own))
    hours = work / cores
    yield "work", f"N / {some} × {node:.3f} s / 3600", f"{work:,.0f} core hours"
    yield "commands", f"N / {some} × {own:.3f} s / 3600", f"{command:,.0f} core hours"
    yield "wall", f"{work:,.0f} core hours / {cores:,} cores", f"{hours:,.1f} hours"
    yield (
        "at once",
        f"{cores:,} cores × {own:.3f} / {node:.3f}",
        f"{cores * own / node:,.1f} commands",
    )
    yield "vectors", f"N × {vector:,.0f} bytes", f"{ITEMS * vector / 1e12:,.2f} TB"
    yield "manifests", f"N / {SHARD} × {line:,.0f} bytes", f"{ITEMS / SHARD * line / 1e9:,.2f} GB"
    yield "contents", f"N × {content:,.0f} bytes", f"{ITEMS * content / 1e9:,.0f} GB"
    yield "jobs", f"N / {FOLDER:,.0f} items", f"{ITEMS / FOLDER:,.0f}"
    yield (
        "contents, a job",
        f"{FOLDER:,.0f} × {content:,.0f} bytes",
        f"{FOLDER * content / 1e9:,.2f} GB",
    )
    yield (
        "reading",
        f"N × {size:,.0f} bytes × 2 / wall",
        f"{2 * ITEMS * size / hours / 3.6e12:,.2f} GB/s",
    )
    money = (work + command) * price
    yield (
        "price",
        f"({work:,.0f} + {command:,.0f}) × {price} dollars (assumed)",
        f"{money:,.0f} dollars",
    )


def of_cluster() -> Iterator[Row]:
    """Past one machine."""
    record, script = read("cluster"), "`benchmarks.cluster`"
    drills = record["drill"].values()
    differ = sum(len(one["files that differ from one process"]) for one in drills)
    twice = sum(one["done before and done again"] for one in drills)
    (count,) = {one["pictures"] for one in drills}
    yield Row(
        f"`embed` and `index` of {count:,} pictures on two nodes, the command killed and started "
        "again, a node killed, one picture that ends its process: files that differ from those of "
        "one process, shards done twice",
        f"{differ}, {twice}{mark(not differ + twice)}",
        "none",
        script,
    )
    found = record["speed"]
    two, wall = found["two nodes to one, wall"], found["one node to one process, wall"]
    work = found["one node to one process, processor"]
    (before, _, _), (after, _, _) = found["load before and after"]
    yield Row(
        f"`index` of {found['pictures']:,} pictures, two nodes of one processor against one (two "
        f"cores that others used too: load {before:.1f} to {after:.1f})",
        f"{two:.2f}×{mark(two >= 1.6)}",
        "≥ 1.6×",
        script,
    )
    waited = record["waiting"]["two nodes to one"]
    yield Row(
        "the same where shards wait 10 ms a picture instead of computing, which asks for no second "
        "core",
        f"{waited:.2f}×{mark(waited >= 1.6)}",
        "≥ 1.6×",
        script,
    )
    yield Row(
        "`mini` again, one node against one process: processor seconds, Ray's own included "
        "(wall time)",
        f"{work:.3f}× ({wall:.2f}×){mark(work <= 1.05)}",
        "≤ 1.05×",
        script,
    )


def main() -> None:
    """Print the table of ``docs/scale.md``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cores", type=int, default=1000)
    parser.add_argument("--price", type=float, default=0.04, help="dollars of a core hour")
    asked = parser.parse_args()
    print("| N = 10⁹ pictures | formula | |\n|---|---|---|")
    for row in costs(read("cluster"), asked.cores, asked.price):
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
