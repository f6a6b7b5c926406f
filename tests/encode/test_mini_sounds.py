"""What ``mini`` hears: YAMNet's input, the join by NumPy, the roads with and without weights."""

import json
from pathlib import Path

import numpy as np
import pytest

import isthmus
from isthmus.encode.roads import Road, roads
from isthmus.encode.sounds import towers as sounds
from isthmus.encode.sounds.towers import (
    CLASS_WORDS,
    HERTZ,
    SAMPLES,
    SoundTower,
    heard,
    joined,
    log_mel_patch,
    patches,
    pooled,
)
from isthmus.read.audio import sound
from isthmus.testing import check_encoder
from isthmus.types import DataMissingError, ItemError
from isthmus.view import views

SHIPPED = Path(__file__).parents[2] / "packages/isthmus-sounds/src/isthmus_sounds"
needs_weights = pytest.mark.skipif(
    not (SHIPPED / "mini_sounds/join.npz").exists(), reason="the package isthmus-sounds is not here"
)
CLASSES = 5
"""Of the network in these tests: dog, flute, music, cat, silence."""


class Network:
    """Stands for YAMNet: scores and features follow from the loudness of a patch alone."""

    def __init__(self):
        self.sizes = []

    def run(self, _names, inputs):
        patch = inputs["audio"]
        self.sizes.append(len(patch))
        loud = patch.mean(axis=(1, 2, 3))[:, None]
        return [np.repeat(loud, 4, axis=1), loud + np.arange(CLASSES, dtype=np.float32)]


def weights(seed=0, dim=384):
    rng = np.random.default_rng(seed)
    some = {
        "names": rng.normal(size=(CLASSES, dim)), "named": [1, 1, 0, 1, 0],
        "music": [0, 1, 1, 0, 0], "prior": [0, 0, 0, 1, 0], "spread": 1.5,
        "mean": rng.normal(size=4), "std": [1, 2, 1, 1],
        "up": rng.normal(size=(4, 3)), "up_bias": rng.normal(size=3),
        "down": rng.normal(size=(3, 2)), "bias": rng.normal(size=2),
        "own": rng.normal(size=(2, dim)), "sharp": 0.5, "share": 2.0,
    }  # fmt: skip
    return {name: np.asarray(value, np.float32) for name, value in some.items()}


def tone(seconds, hertz=440.0, rate=HERTZ):
    time = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package of weights with a small network."""
    np.savez(tmp_path / "join.npz", **weights())
    (tmp_path / "yamnet.onnx").write_bytes(b"small")
    names = ("Dog", "Flute", "Music", "Cat", "Silence")
    classes = [
        {"name": name, "said": [name.lower()], "named": name not in ("Music", "Silence")}
        for name in names
    ]
    (tmp_path / "classes.json").write_text(json.dumps(classes))
    _installed(monkeypatch, lambda name: tmp_path if name == "mini_sounds" else None)
    monkeypatch.setattr(sounds, "opened", lambda folder: Network())
    yield tmp_path
    views.cache_clear()


def _installed(monkeypatch, folder):
    monkeypatch.setattr(sounds, "data_folder", folder)
    monkeypatch.setattr("isthmus.view.data_folder", folder)
    views.cache_clear()


def test_a_tone_stands_in_the_band_of_its_pitch():
    hertz = 700 * (10 ** (np.linspace(*mel(125, 7500), 66) / 2595) - 1)
    for band in (10, 40, 60):
        patch = log_mel_patch(tone(0.975, hertz[band + 1])[0])
        assert patch.shape == (96, 64)
        assert set(patch.argmax(axis=1)) == {band}
    np.testing.assert_allclose(log_mel_patch(np.zeros(SAMPLES, np.float32)), np.log(0.001))
    quiet, loud = (log_mel_patch(size * tone(0.975)[0]) for size in (0.1, 1.0))
    top = loud > 2
    np.testing.assert_allclose((loud - quiet)[top], np.log(10), atol=0.01)


def mel(*hertz):
    return [2595 * np.log10(1 + one / 700) for one in hertz]


def test_patches_cover_a_sound_to_its_end():
    assert len([*patches(sound(tone(10.0)))]) == 20
    assert len([*patches(sound(tone(0.2)))]) == 1
    clicks = np.zeros(3 * HERTZ, np.float32)
    clicks[-200:] = 1
    last = [*patches(sound((clicks, HERTZ)))][-1]
    assert last[-1].max() > 0 > last[0].max()
    short = log_mel_patch(np.ones(SAMPLES // 2, np.float32))
    np.testing.assert_allclose(short[-1], np.log(0.001))


def test_the_gain_of_a_sound_makes_no_difference():
    wave, rate = tone(1.5)
    loud = [*patches(sound((wave, rate)))]
    np.testing.assert_allclose([*patches(sound((0.01 * wave, rate)))], loud, atol=1e-3)
    quiet = [*patches(sound((np.zeros(HERTZ, np.float32), rate)))]
    np.testing.assert_allclose(quiet, np.log(0.001))


def test_long_sounds_pass_the_network_a_few_patches_at_a_time():
    network = Network()
    features, scores = heard(network, tone(60.0))
    assert max(network.sizes) == 64 and sum(network.sizes) == len(features) == len(scores) == 124
    alone = heard(Network(), tone(60.0), every=0.24)
    assert len(alone[0]) > 240


def test_a_class_counts_by_its_best_patch_and_features_by_how_sure_a_patch_is():
    w = weights()
    scores = np.array([[6, -6, 9, -6, 9], [-6, -6, -9, 2, 9]], np.float32)
    features = np.array([[1, 0, 0, 0], [0, 1, 0, 0]], np.float32)
    f, likely, music = pooled(w, features, scores)
    odds = np.exp(np.array([6, -6, -np.inf, 2 - 1, -np.inf]) / 1.5)
    np.testing.assert_allclose(likely, odds / odds.sum(), rtol=1e-5)
    sure = 1 / (1 + np.exp(-np.array([6.0, 2.0]))) + 0.01
    np.testing.assert_allclose(f[:2], sure / sure.sum(), rtol=1e-5)
    music_of, other = (1 / (1 + np.exp(-np.array(x))) for x in ([9.0, -6.0], [6.0, 2.0]))
    own = music_of / (music_of + other + 1e-4)
    np.testing.assert_allclose(music, (own * sure).sum() / sure.sum(), rtol=1e-5)


def test_what_is_no_music_speaks_through_its_classes_alone():
    w = weights()
    features = np.ones((1, 4), np.float32)
    still = np.array([[3, -30, -30, 1, 0]], np.float32)
    e = pooled(w, features, still)[1] @ w["names"]
    np.testing.assert_allclose(joined(w, features, still), e / np.linalg.norm(e), atol=1e-5)
    playing = still.copy()
    playing[0, 2] = 30
    found = joined(w, features, playing)
    assert abs(float(found @ e) / np.linalg.norm(e)) < 0.99
    np.testing.assert_allclose(np.linalg.norm(found), 1, atol=1e-5)


def test_numpy_agrees_with_torch():
    torch = pytest.importorskip("torch")
    w = weights(1)
    features, scores = np.ones((2, 4), np.float32), np.full((2, CLASSES), 3.0, np.float32)
    f, likely, music = pooled(w, features, scores)
    x = torch.from_numpy((f - w["mean"]) / w["std"])
    t = {name: torch.from_numpy(value) for name, value in w.items()}
    hidden = torch.nn.functional.gelu(x @ t["up"] + t["up_bias"])
    e = torch.nn.functional.normalize(torch.from_numpy(likely @ w["names"]), dim=0)
    own = hidden @ t["down"] + t["bias"]
    sure = torch.softmax(own, dim=0).max()
    v = e + 2 * music * sure * (torch.softmax(own / 0.5, dim=0) @ t["own"])
    wanted = torch.nn.functional.normalize(v, dim=0).numpy()
    np.testing.assert_allclose(joined(w, features, scores), wanted, atol=1e-5)


def test_the_tower_keeps_the_contract_of_encoders(package):
    tower = isthmus.load("mini")["audio"]
    assert isinstance(tower, SoundTower)
    check_encoder(tower, [tone(0.3), tone(1.7, 900.0, 44_100), tone(3.0, 120.0)])
    with pytest.raises(ItemError):
        tower.encode([(np.full(100, np.nan), HERTZ)])


def test_other_weights_or_another_hop_are_another_preprocessing(package):
    first = isthmus.load("mini")["audio"]
    np.savez(package / "join.npz", **weights(1))
    assert isthmus.load("mini")["audio"].preprocessing != first.preprocessing
    assert "every 0.48 s" in first.preprocessing and "isthmus" not in first.known


def test_without_the_package_sounds_are_seen_as_spectrograms(monkeypatch):
    _installed(monkeypatch, lambda name: None)
    mini = isthmus.load("mini")
    own = {name: mini[name] for name in ("image", "text")}
    assert [*roads(own, "audio")] == ["spectrogram"]
    assert isinstance(mini["audio"], Road) and mini["audio"].road == "spectrogram"
    with pytest.raises(DataMissingError, match="isthmus-sounds"):
        CLASS_WORDS.see(tone(1.0), "it")
    views.cache_clear()


def test_with_it_the_direct_road_comes_first_and_words_need_texts_alone(package):
    mini = isthmus.load("mini")
    own = {name: mini[name] for name in ("image", "text", "audio")}
    ways = roads(own, "audio")
    assert [*ways] == ["direct", "windows", "class_words", "spectrogram"]
    assert [*roads({"text": mini["text"]}, "audio")] == ["class_words"]
    bag = CLASS_WORDS.see(tone(1.0), "it")
    assert set(bag.parts) <= {f"the sound of a {name}" for name in ("dog", "flute", "cat")}
    assert bag.parts[0] == "the sound of a cat"
    assert ways["class_words"].encode([tone(1.0)]).shape == (1, 384)


@needs_weights
def test_the_shipped_tower_names_notes_at_pitches_that_no_training_heard(monkeypatch):
    _installed(monkeypatch, lambda name: SHIPPED / name if name == "mini_sounds" else None)
    monkeypatch.setattr("isthmus.worlds.motions.data_folder", lambda name: SHIPPED / name)
    mini, world = isthmus.load("mini"), isthmus.worlds.load("orchestra")
    names = ["violin", "trumpet", "church organ", "harpsichord", "timpani", "banjo", "helicopter"]
    rows = [
        (name, facts["name"])
        for name, facts in world.factors.items()
        if facts["name"] in names and facts["held_out"] == "pitch"
    ]
    found = mini["audio"].encode([world.items["audio"][name] for name, _ in rows])
    said = (found @ mini["text"].encode([f"the sound of a {x}" for x in names]).T).argmax(axis=1)
    right = np.mean([names[at] == name for at, (_, name) in zip(said, rows, strict=True)])
    assert len(rows) >= 30 and right >= 0.75, right
    check_encoder(mini["audio"], [tone(0.5), tone(2.0, 880.0), tone(1.0, 220.0)])
    views.cache_clear()


@needs_weights
def test_weights_are_small_and_whole():
    files = [*(SHIPPED / "mini_sounds").iterdir()]
    assert sum(file.stat().st_size for file in files) <= 16_000_000
    join = sounds.join(SHIPPED / "mini_sounds")
    assert all(np.isfinite(value).all() for value in join.values())
    assert join["names"].shape == (521, 384) and len(join["mean"]) == 1024
