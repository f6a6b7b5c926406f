"""How the worlds of sounds are built and the sound tower is trained."""

from zlib import crc32

import numpy as np
import pytest

from tools.sounds.build_samples import KINDS, NAMES, free, name_of, split_of
from tools.sounds.instruments import (
    DRUMS,
    FAMILIES,
    INSTRUMENTS,
    NAMED,
    held_out,
)
from tools.sounds.names import GENERIC, said
from tools.sounds.rooms import varied


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Cattle, bovinae", ("cow",)),
        ("Moo", ("cow",)),
        ("Chicken, rooster", ("chicken", "rooster")),
        ("Whimper (dog)", ("dog",)),
        ("Violin, fiddle", ("violin", "fiddle")),
        ("Siren", ("siren",)),
    ],
)
def test_classes_are_said_as_the_thing_that_sounds(name, words):
    assert said(name) == words


def test_places_and_noise_name_nothing():
    assert {"Speech", "Music", "Silence", "Echo"} <= GENERIC
    assert not {"Dog", "Piano", "Siren"} & GENERIC


def test_one_instrument_of_each_family_is_for_tests_and_one_for_validation():
    assert len(INSTRUMENTS) == 128 == len({one.name for one in INSTRUMENTS})
    assert len(DRUMS) == 47 == len(set(DRUMS))
    for family in FAMILIES:
        splits = [one.split for one in INSTRUMENTS if one.family == family]
        assert sorted(splits) == ["test", *["train"] * 6, "val"]
    assert all(one.split == "train" for one in INSTRUMENTS if one.name in NAMED)
    assert {one.name for one in INSTRUMENTS} >= NAMED


def test_one_pitch_in_five_is_held_out_and_every_instrument_has_both():
    assert [key for key in range(60, 70) if held_out(key)] == [62, 67]
    for one in INSTRUMENTS:
        kinds = {held_out(key) for key in one.keys}
        assert kinds == {True, False} and 0 <= one.keys[0] < one.keys[-1] < 128


def test_general_midi_is_in_order():
    names = {0: "acoustic grand piano", 24: "nylon string guitar", 40: "violin", 73: "flute"}
    assert all(INSTRUMENTS[number].name == name for number, name in names.items())
    assert INSTRUMENTS[24].also == ("acoustic guitar", "guitar")


def test_only_samples_that_are_declared_free_are_taken():
    block = "Files: etc/samples/{}.flac\nCopyright: 2011 Ann\nSource: http://x/1\nLicense: {}"
    declared = "\n\n".join([block.format("bd_a", "CC0"), block.format("bd_b", "CC-BY-4.0"), "x"])
    assert free(declared) == {"bd_a": ("Ann", "http://x/1")}


def test_samples_are_named_in_plain_words():
    assert name_of("drum_tom_hi_soft") == "tom drum" and name_of("misc_crow") == "crow"
    assert name_of("elec_filt_snare") == "electronic snare drum"
    assert name_of("bd_zum") == KINDS["bd"] and name_of("perc_bell") == NAMES["perc_bell"]
    assert {split_of(name) for name in (*NAMES.values(), *KINDS.values())} == {
        "train", "val", "test"}  # fmt: skip


def test_rooms_and_noise_change_a_sound_by_seed_and_keep_its_length():
    time = np.arange(8000) / 16_000
    wave = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    made = [varied(wave, np.random.default_rng(seed)) for seed in (0, 0, *range(1, 9))]
    np.testing.assert_array_equal(made[0], made[1])
    assert len({one.tobytes() for one in made}) == 9
    for one in made:
        assert one.dtype == np.float32 and one.shape == wave.shape and np.abs(one).max() <= 1
    spectra = np.stack([np.abs(np.fft.rfft(one)) for one in made])
    assert (np.abs(spectra.argmax(axis=1) - 220) <= 2).all()


def test_eight_bits_are_taken_out_and_weights_put_into_sixteen():
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    from tools.sounds.yamnet import plain

    rng = np.random.default_rng(0)
    weight = rng.normal(size=(521, 1024)).astype(np.float32)
    stored = [
        numpy_helper.from_array(weight, "weight"),
        numpy_helper.from_array(np.zeros(521, np.float32), "bias"),
        numpy_helper.from_array(np.float32(0.1), "scale"),
        numpy_helper.from_array(np.uint8(3), "zero"),
        numpy_helper.from_array(np.array([-1, 1024]), "shape"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["audio", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["x"]),
        helper.make_node("Reshape", ["x", "shape"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["out"], transB=1),
    ]
    told = helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["n", 1024])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 521])
    found = plain(helper.make_model(helper.make_graph(nodes, "g", [told], [out], stored)))
    kinds = {node.op_type for node in found.graph.node}
    assert kinds == {"Cast", "Flatten", "Gemm"}
    half = {x.name: numpy_helper.to_array(x) for x in found.graph.initializer}["weight.half"]
    np.testing.assert_array_equal(half, weight.astype(np.float16))


def test_the_mean_of_heads_is_one_head():
    pytest.importorskip("torch")
    from isthmus.encode.shapes.towers import gelu
    from tools.sounds.train_head import averaged

    rng = np.random.default_rng(0)
    heads = [
        {
            "mean": np.zeros(4), "std": np.ones(4), "up": rng.normal(size=(4, 3)),
            "up_bias": rng.normal(size=3), "down": rng.normal(size=(3, 5)),
            "bias": rng.normal(size=5),
        }
        for _ in range(3)
    ]  # fmt: skip

    def out(head, x):
        return gelu(x @ head["up"] + head["up_bias"]) @ head["down"] + head["bias"]

    x = rng.normal(size=(2, 4))
    wanted = np.mean([out(head, x) for head in heads], axis=0)
    np.testing.assert_allclose(out(averaged(heads), x), wanted, atol=1e-6)


def test_the_vector_of_a_name_stands_apart_from_its_neighbours():
    pytest.importorskip("torch")
    from tools.sounds import DATA
    from tools.sounds.train_head import Vectors

    if not (DATA / "samples/sounds.parquet").exists():
        pytest.skip("the package isthmus-sounds is not here")

    class Texts:
        def encode(self, items):
            rows = [np.random.default_rng(crc32(x.split()[-1].encode())) for x in items]
            return np.stack([1 + row.normal(size=64) for row in rows]).astype(np.float32)

    vectors = Vectors([{"said": ["dog"]}, {"said": ["wolf"]}], Texts())
    texts = Texts().encode(vectors.names)
    found = texts @ vectors.of("dog")
    assert vectors.names[int(found.argmax())] == "dog"
    np.testing.assert_allclose(np.linalg.norm(vectors.of("violin")), 1, atol=1e-6)
