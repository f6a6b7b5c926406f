"""Towers for clips: they see eight frames in order, and their networks heed it."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import isthmus  # noqa: E402
from isthmus.arrays import unit  # noqa: E402
from isthmus.encode import mini  # noqa: E402
from isthmus.encode.clips import towers as clips  # noqa: E402
from isthmus.encode.clips.networks import Mixer, SpaceTime  # noqa: E402
from isthmus.encode.clips.towers import ClipTower, in_order  # noqa: E402
from isthmus.lab.loading import load  # noqa: E402
from isthmus.read.video import Stack, clip, evenly  # noqa: E402
from isthmus.testing import check_encoder  # noqa: E402
from isthmus.types import DataMissingError, LoadOptions, RequestError, Space  # noqa: E402
from isthmus.view.stress.clips import backwards, in_memory  # noqa: E402
from isthmus.worlds import load as open_world  # noqa: E402
from tests.read.films import animation, number_of, numbered  # noqa: E402


def stack(count=16):
    frames = np.stack([numbered(number) for number in range(count)])
    return Stack(frames, np.arange(count) / 10, count / 10)


def test_eight_frames_in_order_however_many_there_are():
    assert [number_of(one) for one in in_order(stack(16), 0)] == [1, 3, 5, 7, 9, 11, 13, 15]
    assert [number_of(one) for one in in_order(stack(3), 0)] == [0, 0, 0, 1, 1, 2, 2, 2]
    assert [number_of(one) for one in in_order(stack(1), 0)] == [0] * 8


class Session:
    """A network's stand-in: the sum of some frames."""

    def run(self, _names, inputs):
        (frames,) = inputs["frames"].astype(np.float32)
        found = frames.reshape(8, -1).sum(axis=1)[None, [0, 2, 5, 7]]
        return [found / np.linalg.norm(found)]


def test_a_tower_gives_what_its_network_does_of_the_frames():
    space = Space("small", "0", 4)
    tower = ClipTower(space, Session(), "direct", "a hash", None)
    check_encoder(tower, [stack(16), stack(5), backwards(stack(16))])
    one, other = tower.encode([stack(9), backwards(stack(9))])
    assert not np.allclose(one, other)
    assert "fitted into 64 pixels" in tower.preprocessing
    seen = mini.load("", LoadOptions(workers=1))["image"]
    mixed = ClipTower(space, Session(), "mixer", "a hash", seen)
    frames = unit(seen.encode(in_order(stack(9), 224)))
    expected = Session().run(None, {"frames": frames[None]})[0]
    np.testing.assert_allclose(mixed.encode([stack(9)]), expected, atol=1e-4)
    assert seen.preprocessing in mixed.preprocessing


def test_a_mixer_starts_as_the_mean_and_learns_the_order():
    torch.manual_seed(0)
    network = Mixer(dim=16, width=32, layers=1)
    frames = torch.nn.functional.normalize(torch.randn(40, 6, 16), dim=2)
    mean = torch.nn.functional.normalize(frames.mean(dim=1), dim=1)
    torch.testing.assert_close(network(frames), mean)
    target = torch.nn.functional.normalize(frames[:, -1] - frames[:, 0], dim=1)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(150):
        loss = (1 - (network(frames) * target).sum(dim=1)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float((network(frames) * target).sum(dim=1).mean().detach()) > 0.9
    assert float((network(frames.flip(1)) * target).sum(dim=1).mean().detach()) < 0
    assert network(frames[:, :3]).shape == (40, 16)


def test_pixels_in_order_become_vectors():
    torch.manual_seed(0)
    network = SpaceTime(dim=16).eval()
    assert sum(one.numel() for one in SpaceTime().parameters()) < 4_000_000
    pixels = torch.randint(0, 256, (2, 8, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        found, alone = network(pixels), network(pixels[:1])
        back = network(pixels.flip(1))
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(found[:1], alone, atol=1e-5, rtol=0)
    assert float((found - back).abs().max()) > 1e-3


def test_missing_towers_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr(clips, "data_folder", lambda _name: None)
    with pytest.raises(DataMissingError, match="isthmus-units"):
        load("clips:mixer")
    with pytest.raises(RequestError, match="mixer, direct, not 'best'"):
        load("clips:best")
    monkeypatch.setattr(clips, "data_folder", lambda _name: tmp_path)
    with pytest.raises(DataMissingError, match="isthmus-units"):
        load("clips:direct")


SHIPPED = Path(__file__).parents[2] / "packages/isthmus-units/src/isthmus_units/clip_towers"


@pytest.mark.skipif(not (SHIPPED / "direct.onnx").exists(), reason="isthmus-units is not here")
@pytest.mark.parametrize("kind", ["mixer", "direct"])
def test_the_towers_that_ship_tell_a_scene_from_its_reverse(monkeypatch, kind):
    monkeypatch.setattr(clips, "data_folder", lambda _name: SHIPPED)
    towers = load(f"clips:{kind}")
    world = open_world("babel-motion", n=60, seed=5).part("val")
    ids = [name for name in world.items["video"].ids if world.factors[name]["event"] is None][:6]
    texts = isthmus.embed(towers["text"], [world.items["text"][name] for name in ids]).unit
    gains = []
    for name, own in zip(ids, texts, strict=True):
        both = (world.items["video"][name], backwards(in_memory(clip(world.items["video"][name]))))
        forth, back = (isthmus.embed(towers["video"], [one]).unit[0] for one in both)
        gains.append(own @ forth - own @ back)
    assert np.mean(gains) > 0.04 and np.median(gains) > 0.04


def test_every_space_of_pictures_takes_clips_by_the_road_of_frames(tmp_path):
    path = tmp_path / "count.webp"
    path.write_bytes(animation(6, "WEBP"))
    tower = load("mini")["video"]
    assert tower.road == "frames"
    found = isthmus.embed("mini", [path])
    assert found.modality == "video"  # it moves
    pictures = [frame.image for frame in clip(path).at(evenly(clip(path).timeline, 8))]
    expected = unit(isthmus.embed("mini", pictures).vectors).mean(axis=0)
    np.testing.assert_allclose(found.vectors[0], expected, atol=1e-5)
    assert isthmus.embed("mini", [path], modality="image").modality == "image"
