"""The worlds of sounds: what is held out, and that names and sounds are what the tables say."""

from pathlib import Path

import numpy as np
import pytest

from isthmus.store import write_table
from isthmus.testing import check_world
from isthmus.types import DataMissingError
from isthmus.worlds import load, motions

SHIPPED = Path(__file__).parents[2] / "packages/isthmus-sounds/src/isthmus_sounds"
needs_data = pytest.mark.skipif(
    not (SHIPPED / "orchestra/sounds.parquet").exists(),
    reason="the package isthmus-sounds is not here",
)


@pytest.fixture
def shipped(monkeypatch):
    monkeypatch.setattr(motions, "data_folder", lambda name: SHIPPED / name)


def wav(pitch):
    import io

    import soundfile

    out = io.BytesIO()
    time = np.arange(4000) / 8000
    soundfile.write(out, 0.5 * np.sin(2 * np.pi * pitch * time), 8000, format="WAV")
    return out.getvalue()


def test_a_table_becomes_sounds_with_names_facts_and_credits(tmp_path, monkeypatch):
    monkeypatch.setattr(motions, "data_folder", lambda name: tmp_path / name)
    table = {
        "id": ["flute/60", "oboe/62"], "program": [73, 68], "name": ["flute", "oboe"],
        "family": ["pipe", "reed"], "pitch": [60, 62], "velocity": [50, 85],
        "seconds": [0.4, 0.9], "split": ["train", "test"], "held_out": ["nothing", "pitch"],
        "sound": [wav(300), wav(600)],
    }  # fmt: skip
    write_table(tmp_path / "orchestra/sounds.parquet", table)
    world = load("orchestra")
    check_world(world)
    assert list(world.items["text"]) == ["flute", "oboe"]
    assert world.factors["oboe/62"]["held_out"] == "pitch" and world.split["oboe/62"] == "test"
    assert world.credits["flute/60"].licence == "MIT"
    heard = world.items["audio"]["oboe/62"]
    assert heard.hertz == 8000 and np.abs(np.fft.rfft(heard.mono())).argmax() == 300
    columns = ("id", "name", "split", "sound")
    rest = {"label": ["misc", "drum"], "creator": ["a", "b"], "source": ["x", "y"]}
    write_table(tmp_path / "samples/sounds.parquet", {k: table[k] for k in columns} | rest)
    samples = load("samples")
    check_world(samples)
    assert samples.credits["oboe/62"].creator == "b" and samples.label == "label"


@pytest.mark.parametrize("name", ["orchestra", "samples"])
def test_without_its_package_a_world_says_how_to_get_it(name, monkeypatch):
    monkeypatch.setattr(motions, "data_folder", lambda _name: None)
    with pytest.raises(DataMissingError, match="isthmus-sounds"):
        load(name)


@needs_data
def test_training_hears_no_held_out_pitch_and_no_held_out_instrument(shipped):
    world = load("orchestra")
    check_world(world)
    facts = {name: (dict(one), world.split[name]) for name, one in world.factors.items()}
    programs = {one["program"] for one, _ in facts.values()}
    assert programs == set(range(129))
    drums = {one["name"] for one, _ in facts.values() if one["program"] == 128}
    assert len(drums) == 47
    for one, split in facts.values():
        unseen = one["program"] < 128 and one["pitch"] % 5 == 2
        assert split != "train" or (one["held_out"] == "nothing" and not unseen)
        assert (one["held_out"] == "nothing") == (split == "train")
    for split in ("test", "val"):
        whole = [one for one, part in facts.values() if part == split]
        new = {one["name"]: one["family"] for one in whole if one["held_out"] == "instrument"}
        assert len({family for family in new.values() if family != "drums"}) == 16
        trained = {one["name"] for one, part in facts.values() if part == "train"}
        assert not trained & set(new)


@needs_data
def test_notes_sound_at_their_pitch(shipped):
    world = load("orchestra")
    for name in ("flute/72", "violin/69", "clarinet/64"):
        at = next((x for x in world.factors if x.split("/")[0] == name.split("/")[0]), None)
        pitch = world.factors[at]["pitch"]
        sound = world.items["audio"][at]
        wave = sound.mono(16_000)
        power = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        bins = np.arange(len(power)) * 16_000 / len(wave)
        near = sum(power[np.abs(bins - k * hertz) < 0.04 * hertz].max() for k in (1, 2, 3))
        between = sum(power[np.abs(bins - k * hertz) < 0.04 * hertz].max() for k in (1.5, 2.5))
        assert near > 5 * between, at


@needs_data
def test_no_name_of_samples_is_in_two_splits(shipped):
    world = load("samples")
    check_world(world)
    of: dict[str, set[str]] = {}
    for name, facts in world.factors.items():
        of.setdefault(facts["name"], set()).add(world.split[name])
    assert all(len(splits) == 1 for splits in of.values())
    assert {credit.licence for credit in world.credits.values()} == {"CC0-1.0"}
