"""Soft meshes beside Mitsuba 3: pictures, and slopes of vertices and colours.

Needs ``mitsuba`` and ``karellen-llvm-core`` (Linux on x86-64), whose libLLVM is named to a child
process: another one ends the interpreter. Scenes glow, so that only outlines and colours count:
where faces of different light meet, Mitsuba's slopes leave the leap between them out (finite
differences agree with ours, see ``test_meshes``).
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from isthmus.view.cameras import Pose  # noqa: E402
from isthmus.view.renders import Light  # noqa: E402
from isthmus.view.soft.cameras import Camera  # noqa: E402
from tests.view.soft.shapes import SHAPES, alike, colours, picture, slope, soft  # noqa: E402

LLVM = sorted(Path(sys.prefix).glob("lib/libLLVM*.so*"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        importlib.util.find_spec("mitsuba") is None or not LLVM,
        reason="mitsuba and karellen-llvm-core are not installed",
    ),
]
POSE, SIDE, LAMP = Pose(35.0, 25.0), 64, (-0.4, 0.7, 0.6)


def through_mitsuba(shape, folder, glows):
    """Picture and slopes, from a process of its own."""
    vertices, faces = SHAPES[shape]()
    axes = POSE.axes()
    lamp = axes.T @ np.array(LAMP) / np.linalg.norm(LAMP)
    camera = Camera.of(POSE)
    np.savez(
        folder / "in.npz", vertices=vertices, faces=faces, colours=colours(vertices), up=axes[1],
        eye=POSE.direction() * float(camera.distance), side=SIDE, samples=256, glows=glows,
        slope=slope(SIDE).numpy(), lamps=np.zeros((0, 4)) if glows else [[*lamp, 0.8]],
    )  # fmt: skip
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("mitsuba_child.py")), "in.npz", "out.npz"],
        cwd=folder, check=True, timeout=300, capture_output=True,
        env={**os.environ, "DRJIT_LIBLLVM_PATH": str(LLVM[-1])},
    )  # fmt: skip
    return np.load(folder / "out.npz")


@pytest.mark.parametrize("shape", SHAPES)
def test_pictures_and_slopes_of_glowing_scenes(shape, tmp_path):
    wanted = through_mitsuba(shape, tmp_path, glows=True)
    vertices = soft(shape).vertices.clone().requires_grad_()
    paint = soft(shape).colours.clone().requires_grad_()
    mesh = soft(shape, vertices=vertices, paint=paint)
    view = picture(mesh, POSE, lights=(Light((0.0, 0.0, 0.0), 1.0),))
    assert np.abs(view.detach().numpy() - wanted["picture"]).mean() <= 0.02
    found = torch.autograd.grad((view * slope(SIDE)).sum(), (vertices, paint))
    for own, name in zip(found, ("vertex_positions", "vertex_color"), strict=True):
        cosine, ratio = alike(own.numpy(), wanted[name])
        assert cosine >= 0.95, name
        assert 0.9 <= ratio <= 1.1, name


@pytest.mark.parametrize("shape", ["box", "octahedron"])
def test_pictures_of_scenes_under_a_lamp(shape, tmp_path):
    wanted = through_mitsuba(shape, tmp_path, glows=False)
    view = picture(soft(shape, flat=True), POSE, lights=(Light(LAMP, 0.8),))
    assert np.abs(view.numpy() - wanted["picture"]).mean() <= 0.02
