"""A small cluster on this machine, a drill in which all dies that can die, and what Ray costs.

    python -m benchmarks.cluster [--pictures 3000] [--timed 6000] [--only drill]

Two nodes of Ray with one processor each, on loopback, behind a token. *Drill*: ``isthmus embed``
and ``isthmus index`` of a folder with a picture that ends the process that reads it; the command is
killed and started again, then a node is killed; the files must be those of one process for which
that picture cannot be read. *Speed*: the same job in one process, on one node and on two;
*waiting*: on one node and on two where shards wait instead of computing.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import RESULTS, write_results
from benchmarks.nodes import Cluster, CpuSeconds

POISON = "poison.png"
PARTS = ("drill", "speed", "waiting")
SHARD = 128
WAIT = 0.01
"""Seconds that a picture waits for a device that is none."""
KILLED_AT, LOST_AT = 0.2, 0.5
"""Shares of the shards that are done when the command is killed, and when a node is."""


def in_child(words: Sequence[str]) -> int:
    """A command of isthmus in this process, with spaces and engines of the drill."""
    from isthmus.cli import main
    from isthmus.encode import ENCODERS
    from isthmus.engine import ENGINES

    ENCODERS["deadly"] = "benchmarks.cluster:load_deadly"
    ENCODERS["waiting"] = "benchmarks.cluster:load_waiting"
    ENGINES["one"] = "benchmarks.cluster:one_process"
    return main(list(words))


@dataclass(frozen=True, eq=False)
class Deadly:
    """A tower that one picture kills."""

    tower: Any
    modality: str = "image"

    @property
    def space(self) -> Any:
        """That of the tower."""
        return self.tower.space

    @property
    def preprocessing(self) -> str:
        """That of the tower."""
        return self.tower.preprocessing

    def encode(self, items: Sequence[Any]) -> Any:
        """(n, d) float32, or the end of the process."""
        if any(Path(getattr(item, "source", item)).name == POISON for item in items):
            os._exit(1)
        return self.tower.encode(items)


def load_deadly(_rest: str, options: Any) -> dict[str, Any]:
    """The image tower of ``mini``, and what kills it."""
    from isthmus.encode.mini import load

    return {"image": Deadly(load("", options)["image"])}


@dataclass(frozen=True)
class Waiting:
    """A tower that waits as for a device: a picture is a count of its bytes, 10 ms later."""

    space: Any
    modality: str = "image"

    def encode(self, items: Sequence[Any]) -> np.ndarray:
        """(n, 16) float32."""
        time.sleep(WAIT * len(items))
        rows = [np.frombuffer(item.read_bytes(), np.uint8) % 16 for item in items]
        return np.stack([np.bincount(row, minlength=16) for row in rows]).astype(np.float32)


def load_waiting(_rest: str, _options: Any) -> dict[str, Any]:
    """The space ``waiting``."""
    from isthmus.types import Space

    return {"image": Waiting(Space("waiting", "waiting-16", 16))}


def one_process(_address: str, _share: Any) -> Any:
    """The engine ``local`` on which the picture that kills cannot be read."""
    from isthmus.engine.retries import KILLS, Without
    from isthmus.types import Items

    def run(task: Any, shards: Iterable[Any], tick: Callable[[int], Any]) -> Iterator[Any]:
        for number, shard in shards:
            left = {row: KILLS for row, name in enumerate(shard.ids) if Path(name).name == POISON}
            payload = Without(shard.payload, left) if left else shard.payload
            yield number, task.run(Items(shard.modality, shard.ids, payload), tick)

    return run


def pictures(folder: Path, count: int, deadly: bool = True) -> None:
    """Pictures of the world glyphs as PNG in a folder, and one that kills."""
    from isthmus.read.image import picture
    from isthmus.worlds import load

    folder.mkdir()
    seen = load("glyphs").items["image"].payload
    for number in range(count):
        pixels = picture(seen[number % len(seen)]).rgb().resize((256, 256))
        pixels.putpixel((number % 256, number // 256), (0, 0, 0))  # no two are the same
        pixels.save(folder / f"p{number:06d}.png", compress_level=1)
        if deadly and number == count // 3:
            pixels.putpixel((255, 255), (255, 0, 0))
            pixels.save(folder / POISON)


def command(kind: str, folder: Path, out: Path, engine: str, space: str = "deadly") -> list[str]:
    """The words of the command that is drilled."""
    words = {
        "embed": ["embed", space, str(out), "--images", str(folder), "--split", "all"],
        "index": ["index", str(folder), "--space", space, "--out", str(out)],
    }[kind]
    return [*words, "--engine", engine, "--workers", "1", "--json"]


def begin(words: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """A command in a process of its own."""
    program = [sys.executable, "-m", "benchmarks.cluster", "--child", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(program, env=dict(environment), stdout=pipe, stderr=pipe, text=True)


def lines_of(out: Path) -> list[dict[str, Any]]:
    """The whole lines of a job's manifest."""
    found = []
    for path in out.rglob("manifest.jsonl"):
        for text in path.read_text().splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(text))
    return found


def wait_for(shards: int, out: Path, child: subprocess.Popen[str]) -> int:
    """Until so many shards are done, or the command is."""
    while (done := len(lines_of(out))) < shards and child.poll() is None:
        time.sleep(0.05)
    return done


def files(folder: Path) -> dict[str, bytes]:
    """Bytes by path, but for locks and what tells the engine or seconds."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (".lock", "timings.json", "config.json")
    }


def drill(kind: str, folder: Path, root: Path) -> dict[str, Any]:
    """Kill the command, start it again, kill a node; and compare with one process."""
    count = len(list(folder.iterdir()))
    shards = -(-count // (SHARD if kind == "index" else 512))
    here, there = root / f"{kind}-one", root / f"{kind}-cluster"
    said = begin(command(kind, folder, here, "one"), os.environ).communicate()
    wanted = files(here)
    assert wanted, said
    with Cluster() as cluster:
        cluster.add(), cluster.add()
        words = command(kind, folder, there, cluster.engine)
        first = begin(words, cluster.environment)
        wait_for(max(1, round(KILLED_AT * shards)), there, first)
        first.kill()
        first.communicate()
        kept = {line["file"]: _age(there, line) for line in lines_of(there)}
        second = begin(words, cluster.environment)
        lost_at = wait_for(max(2, round(LOST_AT * shards)), there, second)
        again = {file: stamp for file, stamp in kept.items()
                 if stamp != _age(there, {"file": file})}  # fmt: skip
        while not cluster.busy(1) and second.poll() is None:
            time.sleep(0.05)
        cluster.kill(1)
        out, err = second.communicate()
    result = json.loads(out) if out.startswith("{") else {"said": err}
    found = files(there)
    skipped = result.get("skipped", result.get("faults", {}))
    return {
        "pictures": count,
        "shards": shards,
        "done when the command was killed": len(kept),
        "done when the node was killed": lost_at,
        "done before and done again": len(again),
        "shards that were under way there": err.count("machine was lost"),
        "exit": second.returncode,
        "skipped": dict(skipped),
        "bytes": _bytes(folder, there, shards) if kind == "embed" else {},
        "files that differ from one process": sorted(
            name for name in {*found, *wanted} if found.get(name) != wanted.get(name)
        ),
    }


def _bytes(folder: Path, out: Path, shards: int) -> dict[str, float]:
    """What is kept of a picture, and of a shard."""
    count, jobs = len(list(folder.iterdir())), out / "jobs" / "image"
    fragments = sum(path.stat().st_size for path in (jobs / "fragments").iterdir())
    return {
        "picture": sum(path.stat().st_size for path in folder.iterdir()) / count,
        "fragment, a picture": fragments / count,
        "manifest, a shard": (jobs / "manifest.jsonl").stat().st_size / shards,
        "contents, a picture": (jobs / "contents.json").stat().st_size / count,
    }


def _age(out: Path, line: Mapping[str, Any]) -> int:
    found = [*out.rglob(Path(line["file"]).name)]
    return found[0].stat().st_mtime_ns if found else 0


def timed(words: Sequence[str], cluster: Cluster | None) -> dict[str, float]:
    """Wall and processor seconds of a command: the command's own, and those of the cluster."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    watch = CpuSeconds(cluster) if cluster else None
    with watch or contextlib.nullcontext():
        child = begin(words, cluster.environment if cluster else os.environ)
        _, err = child.communicate()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode:
        raise RuntimeError(err)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "own": own, "cluster": watch.seconds if watch else 0.0}


WAYS = ("one process", "one node", "two nodes")
Times = dict[str, list[dict[str, float]]]


def times_of(folders: Sequence[Path], root: Path, runs: int) -> list[Times]:
    """Seconds of an index of each folder in one process, on one node and on two, in turn."""
    found: list[Times] = [{way: [] for way in WAYS} for _ in folders]
    with Cluster() as one, Cluster() as two:
        one.add()
        two.add(), two.add()
        for _ in range(runs):
            for way, cluster in zip(WAYS, (None, one, two), strict=True):
                engine = cluster.engine if cluster else "local"
                for folder, times in zip(folders, found, strict=True):
                    words = command("index", folder, root / "timed", engine)
                    times[way].append(timed(words, cluster))
                    shutil.rmtree(root / "timed")
                    print(way, times[way][-1], flush=True)
    return found


def speed(many: Path, few: Path, root: Path, runs: int) -> dict[str, Any]:
    """What two nodes gain and one costs, and a shard's own seconds.

    Args:
        many: pictures.
        few: one shard of such, whose seconds are those that do not grow.
        root: where indexes go.
        runs: times that each is timed.
    """
    found, small = times_of((many, few), root, runs)
    items, fewer = (len(list(some.iterdir())) for some in (many, few))

    def middle(times: Times, way: str, *names: str) -> float:
        return statistics.median(sum(one[name] for name in names) for one in times[way])

    def ratio(ours: Sequence[str], theirs: Sequence[str]) -> float:
        return middle(found, *ours) / middle(found, *theirs)

    def growth(way: str, name: str) -> float:
        return (middle(found, way, name) - middle(small, way, name)) * SHARD / (items - fewer)

    return {
        "pictures": items,
        "seconds": found,
        "seconds of one shard": small,
        "two nodes to one, wall": ratio(("one node", "wall"), ("two nodes", "wall")),
        "one node to one process, wall": ratio(("one node", "wall"), ("one process", "wall")),
        "one node to one process, processor": ratio(
            ("one node", "own", "cluster"), ("one process", "own")
        ),
        "a shard": {
            "pictures": SHARD,
            "processor seconds, one process": growth("one process", "own"),
            "processor seconds, node": growth("one node", "cluster"),
            "processor seconds, command": growth("one node", "own"),
        },
    }


def waiting(folder: Path, root: Path, runs: int) -> dict[str, Any]:
    """An index whose shards wait instead of computing, so that two nodes need no two cores."""
    found = {"one node": list[float](), "two nodes": list[float]()}
    with Cluster() as one, Cluster() as two:
        one.add()
        two.add(), two.add()
        for _ in range(runs):
            for way, cluster in zip(found, (one, two), strict=True):
                out = root / "waiting"
                words = command("index", folder, out, cluster.engine, "waiting")
                found[way].append(timed(words, cluster)["wall"])
                shutil.rmtree(out)
                print(way, found[way][-1], flush=True)
    first, second = (statistics.median(times) for times in found.values())
    return {
        "pictures": len(list(folder.iterdir())),
        "seconds": found,
        "two nodes to one": first / second,
    }


def main() -> None:
    """Drill, time, or compute; print what was found and write it."""
    if sys.argv[1:2] == ["--child"]:
        sys.exit(in_child(sys.argv[2:]))
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=3000, help="of the drill")
    parser.add_argument("--timed", type=int, default=6000, help="pictures of the timed runs")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=PARTS)
    asked = parser.parse_args()
    path = RESULTS / "cluster.json"
    record = json.loads(path.read_text()) if path.exists() else {}
    record = {name: record[name] for name in PARTS if name in record}
    parts = [asked.only] if asked.only else PARTS
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        if "drill" in parts:
            pictures(root / "drill", asked.pictures)
            kinds = ("embed", "index")
            record["drill"] = {kind: drill(kind, root / "drill", root) for kind in kinds}
        if "speed" in parts or "waiting" in parts:
            pictures(root / "many", asked.timed, deadly=False)
            pictures(root / "few", SHARD, deadly=False)
        if "speed" in parts:
            before = os.getloadavg()
            record["speed"] = speed(root / "many", root / "few", root, asked.runs)
            record["speed"]["load before and after"] = [before, os.getloadavg()]
        if "waiting" in parts:
            record["waiting"] = waiting(root / "many", root, asked.runs)
    print(json.dumps(record, indent=1))
    write_results("cluster", record)


if __name__ == "__main__":
    main()
