"""Every command, killed at its k-th change of a file and run again: the same bytes, nothing left.

    python -m benchmarks.crashes [--points 200] [--only study]

A child process counts what it opens for writing, renames, removes, makes and flushes to the disk,
and dies before the k-th; what it was flushing is cut in half. The same command then runs again, and
its files are compared with those of a run that nobody killed.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import RESULTS

ARRAYS = ("--arrays", "../inputs/pairs.npz")
COMMANDS: Mapping[str, Sequence[str]] = {
    "study": ("study", "toy", "--world", "words"),
    "compare": ("compare", "toy", "toy", "--world", "words", "--out", "run"),
    "atlas": ("atlas", "pixels", "--objects", "../inputs/meshes", "--views", "12"),
    "styles": ("styles", "--arrays", "../inputs/grid.npy", "--labels", "../inputs/grid.csv"),
    "mend": ("mend", *ARRAYS, "--splits", "2", "--calibrate", "20", "--remedies", "mean_removal"),
    "fit": ("fit", *ARRAYS, "--epochs", "2"),
    "sweep": ("sweep", *ARRAYS, "--epochs", "1", "--losses", "info_nce", "sigmoid"),
    "replicate": ("replicate", "cone_at_random"),
    "embed": ("embed", "toy", "out", "--world", "words", "--export", "table.csv"),
    "index": ("index", "../inputs/pictures", "--space", "pixels", "--out", "pictures.index"),
    "search": ("search", "zzz", "--in", "words", "--space", "toy", "--out", "sheet.html"),
    "edit": ("edit", "../inputs/red.png", "--to", "blue", "--corpus", "colours",
             "--space", "pixels", "--in", "../inputs/pictures"),
    "caption": ("caption", *(f"../inputs/pictures/p{number}.png" for number in range(6)),
                "--space", "pixels", "--decoder", "nearest", "--out", "captions.csv"),
    "say": ("say", "../inputs/red.png + 'blue'", "--space", "pixels", "--ways", "nearest",
            "concepts"),
    "invert": ("invert", "../inputs/pixels.npy", "--space", "pixels", "--modality", "image",
               "--ways", "nearest"),
    "score": ("score", "../inputs/said.json"),
}  # fmt: skip
"""What is run in an empty folder beside ``inputs``."""
FEW = {"spectrum", "centroid_gap", "matched_cosine", "hit_at_k", "zero_shot", "rsa"}
"""Measures that are left: what is tried is how results are kept."""
TIMED = ("timings.json", "checkpoint.safetensors")
"""Files that tell seconds."""
KILLED = 9
WATCHED = {"os.rename": 2, "os.remove": 1, "os.mkdir": 1, "os.rmdir": 1, "os.link": 2}
"""Events of Python that change a folder, with how many paths they name."""


@dataclass(frozen=True)
class Outcome:
    """What became of one crash."""

    command: str
    at: int
    """Number of the change before which the process died."""
    fault: str
    """Empty if the second run ended in the same bytes."""


def prepare(inputs: Path) -> None:
    """Everything that the commands look at."""
    from PIL import Image

    rng = np.random.default_rng(0)
    inputs.mkdir()
    shared = rng.normal(size=(120, 16))
    image, text = (shared + 0.3 * rng.normal(size=shared.shape) + side for side in (0.0, 1.0))
    np.savez(inputs / "pairs.npz", image=image.astype("f4"), text=text.astype("f4"))
    cells = shared[:60, None] + rng.normal(size=(1, 3, 16)) + 0.1 * rng.normal(size=(60, 3, 16))
    np.save(inputs / "grid.npy", cells.reshape(-1, 16).astype("f4"))
    rows = "".join(f"o{row:02d},{kind}\n" for row in range(60) for kind in ("ink", "flat", "toon"))
    (inputs / "grid.csv").write_text(f"object,style\n{rows}")
    (inputs / "meshes").mkdir()
    (inputs / "pictures").mkdir()
    for number in range(6):
        (inputs / "meshes" / f"m{number}.obj").write_text(f"v {number} 0 0\n")
        colour = tuple(int(x) for x in rng.integers(0, 255, 3))
        Image.new("RGB", (16, 16), colour).save(inputs / "pictures" / f"p{number}.png")
    Image.new("RGB", (16, 16), (200, 20, 20)).save(inputs / "red.png")
    np.save(inputs / "pixels.npy", rng.uniform(1, 255, (3, 48)).astype("f4"))
    said = [{"caption": "a red car", "refs": ["a car", "a red car on a road"]}] * 3
    (inputs / "said.json").write_text(json.dumps(said))


def toys() -> None:
    """Small spaces, a small world, quick drawings and few measures."""
    from isthmus import measure
    from isthmus.encode import ENCODERS
    from isthmus.view import render_jobs
    from isthmus.worlds import WORLDS

    ENCODERS["toy"] = "tests.toys:load_letters"
    ENCODERS["pixels"] = "benchmarks.crashes:load_pixels"
    WORLDS["words"] = "tests.toys:words_world"
    render_jobs.mesh = _Mesh
    render_jobs.render_bag = _drawn
    for some in (measure.ONE_SET, measure.TWO_SETS, measure.LABELLED, measure.SPACES):
        for key in some.keys() - FEW:
            del some[key]


@dataclass(frozen=True)
class _Mesh:
    path: Path
    missing: tuple[str, ...] = ()
    note: str = ""


def _drawn(found: _Mesh, setup: Any, name: str, _workers: int) -> Any:
    from PIL import Image

    from isthmus.read.image import Picture
    from isthmus.view.mesh_views import posed

    rng = np.random.default_rng([*name.encode()])
    colours = rng.integers(0, 255, (len(setup.poses), 4, 4, 3), dtype=np.uint8)
    return posed(name, setup.poses, [Picture(Image.fromarray(x)) for x in colours])


@dataclass(frozen=True)
class Pixels:
    """A picture as four by four pixels; a text as its letters, in as many numbers."""

    modality: str
    space: Any

    def encode(self, items: Sequence[Any]) -> np.ndarray:
        """(n, 48) float32."""
        from isthmus.read.image import picture

        if self.modality == "text":
            rows = [np.resize(np.frombuffer(item.encode(), np.uint8), 48) for item in items]
        else:
            seen = [picture(item).rgb().resize((4, 4)) for item in items]
            rows = [np.asarray(one).ravel() for one in seen]
        return np.stack(rows).astype(np.float32) + 1


def load_pixels(_rest: str = "", _options: Any = None) -> dict[str, Pixels]:
    """The joint space ``pixels``."""
    from isthmus.types import Space

    space = Space("pixels", "pixels-48", 48)
    return {name: Pixels(name, space) for name in ("image", "text")}


def run(words: Sequence[str], folder: Path, die_at: int = 0) -> tuple[int, int]:
    """A command in a child process; its exit code, and how many changes it made.

    Args:
        words: the command.
        folder: where it runs.
        die_at: number of the change before which it dies; 0 lets it live.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        os._exit(_in_child(words, folder, die_at, writer))
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        said = file.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), int(said or 0)


def _in_child(words: Sequence[str], folder: Path, die_at: int, writer: int) -> int:
    from isthmus.cli import main

    os.chdir(folder)
    os.environ["ISTHMUS_CACHE"] = str(folder / "cache")
    log = os.open(folder.parent / "said.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1), os.dup2(log, 2)
    count = _counted(folder, die_at)
    code = main([*words, "--quiet", "--workers", "1"])
    os.write(writer, str(count()).encode())
    return code


def _counted(folder: Path, die_at: int) -> Callable[[], int]:
    """Count changes below a folder from now on, and die before one of them."""
    done, inside, sync = 0, str(folder), os.fsync

    def change(*paths: Any) -> None:
        nonlocal done
        if any(str(Path.cwd() / os.fsdecode(path)).startswith(inside) for path in paths):
            done += 1
            if done == die_at:
                os._exit(KILLED)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], (str, bytes)):
            mode, flags = args[1] or "", args[2] or 0
            if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR):
                change(args[0])
        elif event in WATCHED:
            change(*args[: WATCHED[event]])

    def fsync(file: int) -> None:
        path = Path(f"/proc/self/fd/{file}")
        if done + 1 == die_at:
            os.truncate(path, path.stat().st_size // 2)
        change(path.readlink())
        sync(file)

    os.fsync = fsync
    sys.addaudithook(hook)
    return lambda: done


def files(folder: Path) -> dict[str, bytes]:
    """Bytes by path, but for locks and what tells seconds."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (*TIMED, ".lock")
    }


def crashes(
    name: str, words: Sequence[str], root: Path, points: int, first: int = 0
) -> Iterator[Outcome]:
    """Kill a command at some of its changes, spread evenly, and run it again each time."""
    folder = root / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    code, changes = run(words, folder)
    if code:
        said = (root / "said.txt").read_text().splitlines()[-1:]
        yield Outcome(name, 0, f"exit {code} without a crash: {said}")
        return
    wanted = files(folder)
    step = max(1.0, changes / points)
    for at in dict.fromkeys(int(first + 1 + number * step) for number in range(points)):
        if at > changes:
            break
        shutil.rmtree(folder)
        folder.mkdir()
        killed, _ = run(words, folder, at)
        again, _ = run(words, folder)
        yield Outcome(name, at, _fault(killed, again, files(folder), wanted))


def _fault(killed: int, again: int, found: dict[str, bytes], wanted: dict[str, bytes]) -> str:
    if (killed, again) != (KILLED, 0):
        return f"exit codes {killed} and {again}, not {KILLED} and 0"
    differ = [name for name in {*found, *wanted} if found.get(name) != wanted.get(name)]
    return f"differ: {', '.join(sorted(differ)[:5])}" if differ else ""


def main() -> None:
    """Print what went wrong and write a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--only", choices=COMMANDS)
    asked = parser.parse_args()
    chosen = {asked.only: COMMANDS[asked.only]} if asked.only else COMMANDS
    start, found = time.perf_counter(), list[Outcome]()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve()
        prepare(root / "inputs")
        toys()
        for name, words in chosen.items():
            some = list(crashes(name, words, root, -(-asked.points // len(chosen))))
            faults = [one for one in some if one.fault]
            print(f"{name:<10} {len(some):>3} crashes, {len(faults)} faults", flush=True)
            for one in faults:
                print(f"           before change {one.at}: {one.fault}")
            found += some
    print(f"{len(found)} crashes in {time.perf_counter() - start:.0f} s")
    kept(found, chosen)


def kept(found: Sequence[Outcome], chosen: Iterable[str]) -> None:
    """Write the record; of commands that were not run now it keeps what it held."""
    path, known = RESULTS / "crashes.json", dict[str, Any](crashes={}, faults=[])
    if path.is_file():
        known = json.loads(path.read_text())
    counted = {name: sum(one.command == name for one in found) for name in chosen}
    before = [one for one in known["faults"] if one["command"] not in counted]
    faults = [*before, *(vars(one) for one in found if one.fault)]
    table = {"crashes": {**known["crashes"], **counted}, "faults": faults}
    path.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
