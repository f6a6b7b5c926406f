"""X-CLIP saved by transformers gives through isthmus what transformers' own loop gives."""

import numpy as np
import pytest

from isthmus.encode.hf import load
from isthmus.testing import check_model
from isthmus.types import LoadOptions
from tests.encode.hf_models import MODELS, TEXT, VISION, clip, transformers
from tests.encode.pictures import CAPTIONS, close

video = pytest.importorskip("isthmus.read.video")

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

FRAMES = 4


@pytest.fixture(scope="module", params=["CLIP", "VideoMAE"])
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("xclip")
    assert "clip" in MODELS
    text = clip(folder).config.text_config.to_dict() | {"hidden_size": 32}
    vision = VISION | {"image_size": 32, "patch_size": 8, "num_frames": FRAMES}
    vision |= {"mit_hidden_size": 16, "mit_intermediate_size": 32, "mit_num_hidden_layers": 1}
    vision |= {"mit_num_attention_heads": 2, "projection_dim": 16}
    config = transformers.XCLIPConfig(
        text_config=TEXT
        | {key: text[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")},
        vision_config=vision,
        projection_dim=16,
        prompt_num_attention_heads=2,
    )
    kind = getattr(transformers, f"{request.param}ImageProcessorPil")
    small = {"height": 32, "width": 32}
    kind(size={"shortest_edge": 32}, crop_size=small).save_pretrained(folder)
    torch.manual_seed(0)
    model = transformers.XCLIPModel(config).eval()
    for parameter in model.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


def film(seed, frames=12):
    rng = np.random.default_rng(seed)
    start, end = rng.integers(0, 255, (2, 6, 8, 3))
    steps = np.linspace(0, 1, frames)[:, None, None, None]
    pixels = (start * (1 - steps) + end * steps).astype(np.uint8).repeat(8, 1).repeat(8, 2)
    return video.Stack(pixels, np.arange(frames) / 10, frames / 10)


def theirs(folder, films):
    """The library's own loop, frames at the middles of equal parts of the time."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    found = []
    for one in films:
        rows = [int((part + 0.5) / FRAMES * len(one.frames)) for part in range(FRAMES)]
        pixels = processor(images=[one.frames[row] for row in rows], return_tensors="pt")
        pixels = pixels["pixel_values"].reshape(1, FRAMES, 3, 32, 32)
        with torch.inference_mode():
            found.append(model.get_video_features(pixel_values=pixels).pooler_output[0].numpy())
    return np.stack(found)


def test_vectors_are_the_librarys(checkpoint):
    model = load(str(checkpoint), LoadOptions(device="cpu"))
    films = [film(seed) for seed in range(3)]
    wanted = theirs(checkpoint, films)
    close(model["video"].encode(films), wanted)
    assert np.abs(wanted[0] - wanted[1]).max() > 0.01
    assert "4 frames" in model["video"].preprocessing
    tokens = transformers.AutoTokenizer.from_pretrained(checkpoint)(
        CAPTIONS, padding="max_length", max_length=64, truncation=True, return_tensors="pt"
    )
    with torch.inference_mode():
        text = transformers.AutoModel.from_pretrained(checkpoint).get_text_features(**tokens)
    close(model["text"].encode(CAPTIONS), text.pooler_output.numpy())


def test_the_contract_holds_and_short_clips_are_read(checkpoint):
    model = load(str(checkpoint), LoadOptions(device="cpu"))
    films = [film(seed, frames) for seed, frames in enumerate((12, 1, 3))]
    check_model(model, {"video": films, "text": CAPTIONS})
