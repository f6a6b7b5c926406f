"""Exact contrastive losses in tiles against the plain ones: seconds, memory, agreement.

    python -m benchmarks.tiled [--sizes 8192 16384 32768] [--dim 512]

Forward and backward in float32, each in a process of its own, two threads. Memory is the peak above
what the process holds with its inputs. The plain version is left out where it would not fit; memory
and time are then extrapolated from half the size (times four). Plain InfoNCE is open_clip's
ClipLoss where open_clip is installed, else its formula: two products, two fused cross entropies.
"""

import argparse
import multiprocessing
import time
from importlib.util import find_spec
from typing import Any

from benchmarks.harness import PeakMemory, write_results

FITS = 20_000
"""Rows up to which the plain version is run: it needs some twelve bytes a pair."""
SCALE = 50.0


def one(name: str, form: str, n: int, d: int) -> dict[str, float]:
    """Seconds, MB above the inputs, value and norm of the gradient of one run."""
    import torch

    from isthmus.registry import find
    from isthmus.train import LOSSES
    from isthmus.train.losses.tiled import TILED

    torch.set_num_threads(2)
    made = torch.Generator().manual_seed(0)
    sides = [torch.nn.functional.normalize(torch.randn(n, d, generator=made)) for _ in "ab"]
    a, b = (side.requires_grad_() for side in sides)
    a.grad, b.grad = torch.zeros_like(a), torch.zeros_like(b)
    plain = find("losses", LOSSES, name)
    with PeakMemory() as before:
        time.sleep(0.2)
    start = time.perf_counter()
    with PeakMemory() as peak:
        if form == "tiled":
            value = TILED[name](a, b, SCALE)
        else:
            value = usual(a, b) if name == "info_nce" else plain(SCALE * a @ b.T)
        value.backward()
    return {
        "seconds": time.perf_counter() - start,
        "MB": peak.anonymous - before.anonymous,
        "value": float(value.detach()),
        "gradient": float(a.grad.norm()),
    }


def usual(a: Any, b: Any) -> Any:
    """InfoNCE by open_clip's own class where it is installed, else as it is usually written."""
    try:
        from open_clip.loss import ClipLoss
    except ImportError:
        return fused(a, b)
    return ClipLoss()(a, b, SCALE)


def fused(a: Any, b: Any) -> Any:
    """InfoNCE as training code usually writes it: two products, two fused cross entropies."""
    import torch
    from torch.nn.functional import cross_entropy

    rows = torch.arange(len(a))
    by_row, by_column = SCALE * a @ b.T, SCALE * b @ a.T
    return (cross_entropy(by_row, rows) + cross_entropy(by_column, rows)) / 2


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[8192, 16384, 32768])
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument(
        "--losses", nargs="+", default=["info_nce", "sigmoid", "info_loob", "decoupled"]
    )
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    context = multiprocessing.get_context("spawn")
    for name in args.losses:
        for n in args.sizes:
            row: dict[str, Any] = {"loss": name, "rows": n}
            for form in ("plain", "tiled"):
                if form == "plain" and n > FITS:
                    continue
                with context.Pool(1) as pool:
                    row[form] = pool.apply(one, (name, form, n, args.dim))
            rows.append(row)
            print(printed(row, rows), flush=True)
    by = "open_clip.ClipLoss" if find_spec("open_clip") else "two products, two cross entropies"
    write_results("tiled", {"dim": args.dim, "scale": SCALE, "plain info_nce": by, "rows": rows})


def printed(row: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """One printed line; ratios beside it."""
    tiled, plain = row["tiled"], row.get("plain")
    line = (
        f"{row['loss']:10} {row['rows']:>6}  tiled {tiled['seconds']:6.1f} s {tiled['MB']:6.0f} MB"
    )
    if plain is None:
        half = next((one for one in rows if one["loss"] == row["loss"] and "plain" in one
                     and 2 * one["rows"] == row["rows"]), None)  # fmt: skip
        if half is None:
            return line
        row["plain extrapolated"] = {key: 4 * half["plain"][key] for key in ("seconds", "MB")}
        plain = row["plain extrapolated"]
    row["memory"] = plain["MB"] / tiled["MB"]
    row["time"] = tiled["seconds"] / plain["seconds"]
    kind = "plain" if "plain" in row else "plain, four times half the size,"
    return (
        f"{line}  {kind} {plain['seconds']:6.1f} s {plain['MB']:6.0f} MB  "
        f"memory 1/{row['memory']:.0f}, time {row['time']:.2f}x"
    )


if __name__ == "__main__":
    main()
