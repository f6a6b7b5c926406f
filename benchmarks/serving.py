"""Searches a second of ``isthmus serve``, and whether a flood leaves it standing.

    python -m benchmarks.serving [--items 100000] [--seconds 20] [--clients 8]

An index of random unit vectors (nothing in it need be found) is served by a process of its own;
clients ask distinct queries in words, each encoded anew, no answer kept. Clients and server share
the machine's cores. Then 64 clients and broken uploads come at once, and one more query is asked.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import write_results

WORDS = ("red", "old", "small", "wooden", "broken", "shiny", "tall", "wet", "striped", "plastic")
THINGS = ("dog", "chair", "violin", "ship", "tree", "lamp", "horse", "cup", "train", "bell")
PLACES = ("at night", "in the rain", "on a table", "by the sea", "in a box", "on the moon")


def queries() -> Iterator[str]:
    """Distinct sentences."""
    for number in range(1000):
        for one, other, thing, place in product(WORDS, WORDS, THINGS, PLACES):
            yield f"a {one} and {other} {thing} {place}, number {number}"


def made(folder: Path, count: int) -> None:
    """An index of random vectors in the space ``mini``."""
    from isthmus.encode import mini
    from isthmus.indexes.generations import (
        FORMAT,
        IndexRecord,
        space_values,
        write_part,
        write_record,
    )
    from isthmus.indexes.stores import Stream
    from isthmus.types import LoadOptions

    space = mini.load("", LoadOptions(workers=1))["text"].space
    rng = np.random.default_rng(0)
    parts, share = {}, count // 4
    for name in ("image", "text", "audio", "mesh"):
        rows = [(f"{name}/{number:06d}", f"{number:016x}") for number in range(share)]
        blocks = (block for block in _blocks(rng, share, space.dim))
        items = Stream(rows, blocks, space.dim)
        parts[name] = write_part(folder, name, ("random", "random"), items)
    record = IndexRecord(FORMAT, "mini", str(folder), space_values(space), parts, {}, {})
    write_record(folder, record)


def _blocks(rng: np.random.Generator, count: int, dim: int) -> Iterator[np.ndarray]:
    for start in range(0, count, 4096):
        block = rng.normal(size=(min(4096, count - start), dim)).astype(np.float32)
        yield block / np.linalg.norm(block, axis=1, keepdims=True)


def asked(address: str, clients: int, seconds: float) -> dict[str, Any]:
    """Answers a second, and how long each took."""
    import httpx

    every, lock, taken, wrong = queries(), threading.Lock(), list[float](), list[str]()
    end = time.perf_counter() + seconds

    def client() -> None:
        with httpx.Client(base_url=address, timeout=60) as session:
            while time.perf_counter() < end:
                with lock:
                    query = next(every)
                begun = time.perf_counter()
                answer = session.post("/api/search", json={"query": query, "top": 10})
                taken.append(time.perf_counter() - begun)
                if answer.status_code != 200 or len(answer.json()["items"]) != 10:
                    wrong.append(answer.text[:100])

    threads = [threading.Thread(target=client) for _ in range(clients)]
    begun = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    spent = time.perf_counter() - begun
    p50, p99 = (float(np.quantile(taken, share)) for share in (0.5, 0.99))
    return {"clients": clients, "queries": len(taken), "a second": round(len(taken) / spent, 1),
            "p50 ms": round(1000 * p50, 1), "p99 ms": round(1000 * p99, 1),
            "refused": len(wrong)}  # fmt: skip


def flooded(address: str) -> dict[str, Any]:
    """64 clients, half of which send files that are none: what they are told, and if it stands."""
    import httpx

    told: dict[str, int] = {}

    def client(number: int) -> None:
        with httpx.Client(base_url=address, timeout=60) as session:
            for turn in range(5):
                if number % 2:
                    name, content = ("a.png", b"\x89PNG broken"), bytes([turn]) * 5000
                    answer = session.post(f"/api/search/file?name={name[0]}", content=content)
                else:
                    answer = session.post("/api/search", json={"query": f"flood {number} {turn}"})
                told[str(answer.status_code)] = told.get(str(answer.status_code), 0) + 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(64)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    last = httpx.post(f"{address}/api/search", json={"query": "is it there?"}, timeout=60)
    return {"answers": told, "stands": last.status_code == 200}


def main() -> None:
    """Serve, ask, flood, write."""
    import httpx

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder), args.items)
        words = [sys.executable, "-m", "isthmus", "serve", folder, "--port", "8739"]
        server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        address = "http://127.0.0.1:8739"
        try:
            for _ in range(600):
                try:
                    if httpx.get(f"{address}/api/index", timeout=5).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            asked(address, args.clients, 2)  # warm
            found = {"items": args.items, **asked(address, args.clients, args.seconds)}
            found["flood"] = flooded(address)
        finally:
            server.terminate()
            server.wait()
    print(found)
    write_results("serving", found)


if __name__ == "__main__":
    main()
