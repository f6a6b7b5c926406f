"""Soft views: milliseconds of one thread for a picture and its slopes, and how true they are.

    OMP_NUM_THREADS=1 python -m benchmarks.soft

CPU-milliseconds, the least of the runs, forward and backward: icospheres, Gaussians, strokes, and a
second of sound with its spectrogram. *Dense* is the same renderer when every face is held against
every pixel, as plain soft rasterisers do. Quality: the share of pixels within 2 of 255 of the plain
renderer at softness 0, over six meshes of two worlds. Slopes are held against differences of
pictures of 100 samples a pixel, and against Mitsuba 3, by `tests/view/soft`.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from benchmarks.harness import PeakMemory, write_results
from isthmus import worlds
from isthmus.read.meshes.triangles import Mesh
from isthmus.view.cameras import Pose
from isthmus.view.renders import RenderOptions, render
from isthmus.view.soft import gaussians, strokes, visible
from isthmus.view.soft.cameras import Camera
from isthmus.view.soft.meshes import SoftMesh, SoftOptions, drawn
from isthmus.view.soft.sounds import BANDS, Voice, log_mel, played

RUNS = 15
GOALS = {"mesh, 320 faces, 64 px": 30, "mesh, 1,280 faces, 128 px": 100,
         "Gaussians, 1,000, 64 px": 40, "strokes, 64, 128 px": 90}  # fmt: skip
Tensor = torch.Tensor


def sphere(level: int) -> tuple[Tensor, Tensor]:
    """An icosphere's vertices and faces."""
    import trimesh

    found = trimesh.creation.icosphere(subdivisions=level)
    return torch.tensor(found.vertices, dtype=torch.float32), torch.tensor(found.faces)


def mesh(level: int, side: int) -> Callable[[], Tensor]:
    """One view of a sphere."""
    vertices, faces = sphere(level)
    own, paint = vertices.requires_grad_(), torch.rand(len(vertices), 3, requires_grad=True)

    def run() -> Tensor:
        found = drawn(SoftMesh(own, faces, paint), Camera.of(Pose(30, 20)), SoftOptions(side=side))
        return found.colour.square().sum() + found.mask.sum()

    return run


def blobs(count: int, side: int) -> Callable[[], Tensor]:
    """One view of a cloud."""
    parts = [torch.randn(count, 3) * 0.35, 0.025 + 0.05 * torch.rand(count, 3),
             torch.randn(count, 4), torch.full((count,), 0.7), torch.rand(count, 3)]  # fmt: skip
    some = gaussians.Gaussians(*[one.requires_grad_() for one in parts])

    def run() -> Tensor:
        view = gaussians.drawn(some, Camera.of(Pose(30, 20)), SoftOptions(side=side))
        return view.colour.sum()

    return run


def lines(count: int, side: int) -> Callable[[], Tensor]:
    """A sheet of strokes."""
    points = torch.rand(count, 1, 2) * 0.8 + 0.1 + torch.randn(count, 4, 2) * 0.15
    parts = [points, torch.full((count,), 0.02), torch.rand(count, 4)]
    some = strokes.Strokes(*[one.requires_grad_() for one in parts])
    return lambda: strokes.drawn(some, side).sum()


def second_of_sound() -> Tensor:
    """A voice's spectrogram."""
    voice = Voice(
        torch.tensor([300.0, 500.0], requires_grad=True), torch.rand(12, requires_grad=True),
        torch.tensor([0.5, 1.0]), torch.full((BANDS,), 0.1, requires_grad=True),
        torch.tensor([0.02, 0.2, 0.1, 0.4]), torch.tensor(2.0),
    )  # fmt: skip
    return log_mel(played(voice)).mean()


def spent(run: Callable[[], Tensor], runs: int = RUNS) -> float:
    """CPU-milliseconds of a run with its slopes, the least of several."""
    found = list[float]()
    for _ in range(runs):
        start = time.process_time()
        run().backward()
        found.append(1000 * (time.process_time() - start))
    return min(found)


def dense(run: Callable[[], Tensor]) -> float:
    """The same with every face held against every pixel."""
    sparse = visible.boxed

    def all_pairs(low: Tensor, high: Tensor, side: int) -> tuple[Tensor, Tensor]:
        every = torch.arange(len(low)), torch.arange(side * side)
        owner, pixel = torch.meshgrid(*every, indexing="ij")
        return owner.reshape(-1), pixel.reshape(-1)

    visible.boxed = all_pairs
    try:
        return spent(run, 3)
    finally:
        visible.boxed = sparse


def true_meshes() -> Iterator[Mesh]:
    """Three of each of two worlds."""
    for name in ("babel-sound?n=3&groups=1&seed=3", "furniture"):
        for item in list(worlds.load(name).items["mesh"])[:3]:
            yield item if isinstance(item, Mesh) else item()


def agreement() -> dict[str, float]:
    """With the plain renderer: shares of pixels within 2 of 255, and the mean difference."""
    same, away = list[float](), list[float]()
    options = {"side": 64, "samples": 2}
    for number, one in enumerate(true_meshes()):
        pose = Pose(50.0 * number, 10.0 * number)
        plain = render(one, [pose], RenderOptions(**options))[0].colour
        for softness, kept in ((0.0, same), (SoftOptions.softness, away)):
            view = drawn(
                SoftMesh.of(one), Camera.of(pose), SoftOptions(softness=softness, **options)
            )
            gap = np.abs(255 * view.colour.numpy() - plain)
            kept.append(float((gap.max(axis=2) <= 2).mean() if not softness else gap.mean() / 255))
    return {"least share within 2 of 255, hard": min(same),
            "mean difference, soft": float(np.mean(away))}  # fmt: skip


def main() -> None:
    """Print the table and keep it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    cases: dict[str, Callable[[], Tensor]] = {
        "mesh, 320 faces, 64 px": mesh(2, 64),
        "mesh, 1,280 faces, 128 px": mesh(3, 128),
        "mesh, 5,120 faces, 128 px": mesh(4, 128),
        "Gaussians, 1,000, 64 px": blobs(1000, 64),
        "strokes, 64, 128 px": lines(64, 128),
        "sound, 1 s": second_of_sound,
    }
    rows = dict[str, Any]()
    for name, run in cases.items():
        with PeakMemory() as peak:
            rows[name] = {"CPU-ms": round(spent(run), 1), "goal": GOALS.get(name)}
        rows[name]["peak MB"] = round(peak.resident)
        print(f"{name:28s} {rows[name]['CPU-ms']:8.1f} ms  goal {GOALS.get(name, '-')}")
    first = "mesh, 320 faces, 64 px"
    rows[first]["dense, times"] = round(dense(cases[first]) / rows[first]["CPU-ms"], 1)
    print(f"dense: {rows[first]['dense, times']} times as long")
    quality = agreement()
    print(quality)
    write_results("soft", {"threads": 1, "runs": RUNS, "rows": rows, "quality": quality})


if __name__ == "__main__":
    main()
