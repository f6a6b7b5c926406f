"""What the frozen image tower makes of every rendition, computed once, kept in 16 bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.lib.format import open_memmap

from tools.mini import export_image
from tools.mini.augment import plain, varied
from tools.mini.graph import Graph, pixels
from tools.mini.heads import FEATURES, MAPS
from tools.mini.image_tower import ImageTower
from tools.mini.pictures import opened

OUTPUTS = {"features": FEATURES, "chances": 1000, "maps": MAPS}
CHUNK = 256


@dataclass(frozen=True)
class Rendition:
    """One picture to be made of a drawing."""

    drawing: bytes  # an encoded picture or an SVG document
    seed: int  # -1: as a user would give it


def rendered(task: Rendition) -> np.ndarray:
    """(224, 224, 3) sRGB 0..255."""
    drawing = opened(task.drawing)
    picture = plain(drawing) if task.seed < 0 else varied(drawing, np.random.default_rng(task.seed))
    return np.asarray(picture)


def session(model: bytes | Path, threads: int) -> ort.InferenceSession:
    """A network on the CPU that does not spin while it waits."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def frozen_tower(tower: ImageTower) -> bytes:
    """An ONNX model of the tower alone whose outputs are `OUTPUTS`."""
    g = Graph("frozen")
    seen = export_image.seen(g, tower)
    found = (seen.features, seen.chances, g.add("Flatten", seen.maps, axis=1))
    outputs = {name: (v, OUTPUTS[name]) for name, v in zip(OUTPUTS, found, strict=True)}
    return g.model([pixels()], outputs).SerializeToString()


def write(
    tasks: Sequence[Rendition], tower: bytes, folder: Path, threads: int = 2
) -> dict[str, np.ndarray]:
    """One float16 array a name of `OUTPUTS`, a row a task; a complete folder is taken as it is."""
    done = folder / "done"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fill(tasks, session(tower, threads), folder, threads)
        done.touch()
    return {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in OUTPUTS}


def fill(
    tasks: Sequence[Rendition], network: ort.InferenceSession, folder: Path, threads: int
) -> None:
    """Render and run all tasks, chunk by chunk."""
    out = {
        k: open_memmap(folder / f"{k}.npy", "w+", np.float16, (len(tasks), s))
        for k, s in OUTPUTS.items()
    }
    with get_context("spawn").Pool(threads) as pool:
        for start in range(0, len(tasks), CHUNK):
            batch = np.stack(pool.map(rendered, tasks[start : start + CHUNK], chunksize=16))
            for i in range(0, len(batch), 32):
                found = network.run(list(OUTPUTS), {"pixels": batch[i : i + 32]})
                for name, value in zip(OUTPUTS, found, strict=True):
                    out[name][start + i : start + i + len(value)] = value
    for array_ in out.values():
        array_.flush()
