"""VideoPrism, PE video and PE audio-video of transformers give through isthmus what they give."""

import json

import numpy as np
import pytest

from isthmus.encode.hf import load
from isthmus.testing import check_model
from isthmus.types import LoadOptions, RequestError
from tests.encode.hf_models import (
    pe_audio,
    pe_audio_video,
    pe_video,
    transformers,
    video_prism,
)
from tests.encode.pictures import CAPTIONS, close
from tests.encode.test_hf_clips import film

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

FILMS = [film(seed) for seed in range(3)]
SETTINGS = {
    "size": {"height": 32, "width": 32},
    "do_resize": True,
    "resample": 3,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
}


def saved(folder, model, **settings):
    """A random model, and what a processor of videos says of itself."""
    for parameter in model.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    model.eval().save_pretrained(folder)
    said = {"video_processor_type": "AnyVideoProcessor", **SETTINGS, **settings}
    (folder / "video_preprocessor_config.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def backbone(monkeypatch):
    """A picture tower of transformers for PE, whose own is timm's, which wants torchvision."""
    place = transformers.PeVideoEncoderConfig.sub_configs_defaults
    spec = type(place["vision_config"])(config_class=transformers.ViTConfig, init_kwargs={})
    monkeypatch.setitem(place, "vision_config", spec)


def pixels_of(frames, count, normalised):
    """Pillow's bicubic, 0..1 or about 0.5: of the middles of equal parts of the time."""
    from PIL import Image

    rows = [int((part + 0.5) / count * len(frames)) for part in range(count)]
    some = [Image.fromarray(frames[row]).resize((32, 32), Image.Resampling.BICUBIC) for row in rows]
    found = np.stack([np.asarray(one, np.float32) / 255 for one in some]).transpose(0, 3, 1, 2)
    return torch.from_numpy((found - 0.5) / 0.5 if normalised else found)[None]


def tokens_of(folder, **options):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    found = tokenizer(CAPTIONS, return_tensors="pt", **options)
    return {key: found[key] for key in ("input_ids", "attention_mask")}


def test_video_prism_is_the_librarys(tmp_path):
    torch.manual_seed(0)
    folder = saved(tmp_path, video_prism(tmp_path), do_normalize=False)
    found = load(str(folder), LoadOptions("cpu"))
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokens = tokens_of(folder, padding="max_length", max_length=64, truncation=True)
    with torch.inference_mode():
        text = model.get_text_features(**tokens).pooler_output.numpy()
        clips = [
            model.get_video_features(pixels_of(one.frames, 4, False)).pooler_output.numpy().ravel()
            for one in FILMS
        ]
    close(found["text"].encode(CAPTIONS), text)
    close(found["video"].encode(FILMS), np.stack(clips))
    assert np.abs(clips[0] - clips[1]).max() > 1e-3
    assert "4 frames" in found["video"].preprocessing
    check_model(
        found, {"video": [film(seed, n) for seed, n in enumerate((12, 1, 3))], "text": CAPTIONS}
    )


def test_pe_video_is_the_librarys(tmp_path, backbone):
    torch.manual_seed(0)
    half = [0.5] * 3
    folder = saved(
        tmp_path,
        pe_video(tmp_path),
        do_normalize=True,
        image_mean=half,
        image_std=half,
        num_frames=4,
    )
    found = load(str(folder), LoadOptions("cpu"))
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokens = tokens_of(folder, padding=True)
    clips = torch.cat([pixels_of(one.frames, 4, True) for one in FILMS])
    with torch.inference_mode():  # the whole forward pass, of which only a part is taken here
        out = model(pixel_values_videos=clips, **tokens)
    close(found["text"].encode(CAPTIONS), out.text_video_embeds.numpy())
    close(found["video"].encode(FILMS), out.video_embeds.numpy())
    space = found["video"].space
    assert space == found["text"].space
    assert space.scale == pytest.approx(abs(model.text_video_logit_scale.item()))


def test_pe_audio_video_is_two_spaces(tmp_path, backbone):
    torch.manual_seed(0)
    folder = saved(tmp_path, pe_audio_video(tmp_path), do_normalize=False, num_frames=4)
    with pytest.raises(RequestError, match=r"\?space=audio, .*\?space=video"):
        load(str(folder), LoadOptions("cpu"))
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokens = tokens_of(folder, padding=True)
    clips = torch.cat([pixels_of(one.frames, 4, False) for one in FILMS])
    seen = load(f"{folder}?space=video", LoadOptions("cpu"))
    heard = load(f"{folder}?space=audio", LoadOptions("cpu"))
    assert {*seen} == {"video", "text"} and {*heard} == {"audio", "text"}
    assert seen["text"].space != heard["text"].space
    rng = np.random.default_rng(0)
    sounds = [rng.normal(size=24_000).astype(np.float32) * 0.1 for _ in range(2)]
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    model.text_model.config.output_hidden_states = True
    with torch.inference_mode():
        out = model.video_model(pixel_values_videos=clips, **tokens)
        audio = [
            model.get_audio_embeds(**extractor([one], sampling_rate=48_000, return_tensors="pt"))
            for one in sounds
        ]
        said = model.audio_model.get_text_audio_embeds(**tokens)
    close(seen["video"].encode(FILMS), out.video_embeds.numpy())
    close(seen["text"].encode(CAPTIONS), out.text_video_embeds.numpy())
    close(heard["audio"].encode([(one, 48_000) for one in sounds]), torch.cat(audio).numpy())
    close(heard["text"].encode(CAPTIONS), said.numpy())


def test_what_is_missing_is_named(tmp_path, backbone, monkeypatch):
    folder = saved(tmp_path, pe_video(tmp_path), do_normalize=False)
    said = json.loads((folder / "video_preprocessor_config.json").read_text())
    del said["size"]
    (folder / "video_preprocessor_config.json").write_text(json.dumps(said))
    with pytest.raises(RequestError, match=r"video_preprocessor_config\.json does not say 'size'"):
        load(str(folder), LoadOptions("cpu"))
    monkeypatch.undo()
    if not transformers.utils.is_timm_available():
        with pytest.raises(RequestError, match=r"needs timm .* run  pip install timm$"):
            load(str(folder), LoadOptions("cpu"))


def test_pe_audio_alone_stays_as_it_is(tmp_path):
    model = pe_audio(tmp_path)
    assert not hasattr(model, "get_video_embeds")
