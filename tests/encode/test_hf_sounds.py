"""CLAP saved by transformers gives through isthmus what transformers' own loop gives."""

import json

import numpy as np
import pytest

import isthmus
from isthmus.encode.hf import load
from isthmus.encode.roads import roads
from isthmus.read.audio import sound
from isthmus.testing import check_model
from isthmus.types import ItemError, LoadOptions
from tests.encode.hf_models import clap, transformers
from tests.encode.pictures import CAPTIONS, close
from tests.read.sound_files import sweep, written

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

HERTZ = 48_000


@pytest.fixture(scope="module", params=[False, True], ids=["unfused", "fused"])
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clap")
    torch.manual_seed(0)
    model = clap(folder, request.param).eval()
    for parameter in model.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    model.logit_scale_a.data.fill_(3.5)
    model.logit_scale_t.data.fill_(2.5)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(checkpoint):
    return load(str(checkpoint), LoadOptions(device="cpu"))


def clip(seconds, low):
    t = np.arange(round(seconds * HERTZ)) / HERTZ
    noise = np.random.default_rng(round(low)).standard_normal(len(t))
    return (0.3 * np.sin(2 * np.pi * low * t) + 0.02 * noise).astype(np.float32)


SOUNDS = [clip(0.7, 300), clip(2.0, 3_000), clip(1.3, 900), clip(1.99, 80)]
"""None longer than the 2 s that the small model takes."""


def theirs(folder, sounds, texts):
    """The library's own loop; short sounds of a fused model are not called long."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        inputs = extractor(sounds, sampling_rate=HERTZ, return_tensors="pt")
        inputs["is_longer"] = torch.zeros_like(inputs["is_longer"])
        audio = model.get_audio_features(**inputs).pooler_output
        tokens = tokenizer(texts, padding=True, return_tensors="pt")
        text = model.get_text_features(**tokens).pooler_output
    return audio.numpy(), text.numpy()


def test_vectors_are_the_librarys(checkpoint, model):
    audio, text = theirs(checkpoint, SOUNDS, CAPTIONS)
    close(model["audio"].encode([(one, HERTZ) for one in SOUNDS]), audio)
    close(model["text"].encode(CAPTIONS), text)
    files = [written(one, HERTZ, subtype="FLOAT") for one in SOUNDS]
    close(model["audio"].encode(files), audio)
    assert np.abs(audio[0] - audio[1]).max() > 0.01


def test_the_rate_is_the_extractors(checkpoint, model):
    assert model["audio"].hertz == HERTZ and model["audio"].seconds == 2
    low = sound((SOUNDS[0], HERTZ)).mono(16_000)
    wanted, _ = theirs(checkpoint, [sound((low, 16_000)).mono(HERTZ)], ["a"])
    close(model["audio"].encode([(low, 16_000)]), wanted)
    assert "sampling_rate 48000" in model["audio"].preprocessing


def test_long_sounds_are_the_mean_of_their_windows(checkpoint, model):
    whole = sweep(7.0, HERTZ)
    starts = [0, 2 * HERTZ, 4 * HERTZ, 5 * HERTZ]
    wanted, _ = theirs(checkpoint, [whole[at : at + 2 * HERTZ] for at in starts], ["a"])
    found = model["audio"].encode([(SOUNDS[0], HERTZ), (whole, HERTZ), (SOUNDS[1], HERTZ)])
    close(found[1:2], wanted.mean(axis=0, keepdims=True))
    close(found[[0, 2]], theirs(checkpoint, SOUNDS[:2], ["a"])[0])


def test_the_contract_holds(model):
    check_model(model, {"audio": [(one, HERTZ) for one in SOUNDS], "text": CAPTIONS})


def test_the_tower_can_be_trained(model, tmp_path):
    paths = []
    for number, one in enumerate(SOUNDS):
        paths.append(tmp_path / f"{number}.wav")
        paths[-1].write_bytes(written(one, HERTZ))
    tower = model["audio"]
    vectors = tower.vectors(tower.inputs(paths))
    vectors.sum().backward()
    assert any(one.grad is not None and one.grad.any() for one in tower.module.parameters())
    tower.module.zero_grad(set_to_none=True)
    close(vectors.detach().numpy(), tower.encode(paths))


def test_the_scale_is_the_one_by_which_sounds_choose_texts(model):
    space = model["text"].space
    assert space == model["audio"].space and space.bias == 0
    assert space.scale == pytest.approx(np.exp(3.5), rel=1e-5)


def test_another_rate_is_another_space(checkpoint, model, tmp_path):
    import shutil

    shutil.copytree(checkpoint, tmp_path / "copy")
    path = tmp_path / "copy" / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"frequency_max": 8_000}))
    assert load(str(tmp_path / "copy"), LoadOptions())["text"].space != model["text"].space


def test_silence_has_a_vector_and_faults_have_a_sentence(model):
    silent = (np.zeros(HERTZ, np.float32), HERTZ)
    assert np.isfinite(model["audio"].encode([silent])).all()
    with pytest.raises(ItemError, match="1 sample"):
        model["audio"].encode([(SOUNDS[0][:1], HERTZ)])


def test_files_are_embedded_by_their_names(checkpoint, tmp_path):
    (tmp_path / "dog.wav").write_bytes(written(SOUNDS[0], HERTZ))
    (tmp_path / "cat.flac").write_bytes(written(SOUNDS[1], HERTZ, "FLAC"))
    paths = [str(tmp_path / name) for name in ("dog.wav", "cat.flac")]
    found = isthmus.embed(f"hf:{checkpoint}", paths)
    assert found.ids == tuple(paths) and found.modality == "audio"


def test_the_road_over_windows_agrees_with_the_towers_own(model):
    ways = roads(model, "audio")
    assert [*ways][:2] == ["direct", "windows"]
    samples = [(one, HERTZ) for one in SOUNDS]
    close(ways["windows"].encode(samples), ways["direct"].encode(samples))
