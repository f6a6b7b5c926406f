"""Checkpoints saved by open_clip give through isthmus what open_clip itself gives."""

import io
import json
import os
import pickle

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.openclip import load
from isthmus.testing import check_model
from isthmus.types import ItemError, LoadOptions, RequestError
from tests.encode.openclip_models import CONFIGS, PREPROCESSING, t5_tokenizer
from tests.encode.pictures import CAPTIONS, LONG, check_trainable, close, jpeg, write_photos

pytestmark = [
    pytest.mark.openclip,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*QuickGELU mismatch"),
]
open_clip = pytest.importorskip("open_clip")
torch = pytest.importorskip("torch")

CUT = {"tiny-RN50", "tiny-ViT-B-32", "tiny-custom-text"}


@pytest.fixture(scope="module", autouse=True)
def _architectures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("architectures")
    for name, config in CONFIGS.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)


@pytest.fixture(scope="module", params=CONFIGS)
def checkpoint(request, tmp_path_factory):
    """A folder in open_clip's own layout, with random weights and a scale that is not the usual."""
    folder = tmp_path_factory.mktemp(request.param)
    config = CONFIGS[request.param]
    torch.manual_seed(0)
    model = open_clip.create_model(request.param)
    model.logit_scale.data.fill_(3.5)
    if model.logit_bias is not None:
        model.logit_bias.data.fill_(-7.25)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    preprocessing = PREPROCESSING.get(request.param, {})
    (folder / "open_clip_config.json").write_text(
        json.dumps({"model_cfg": config, "preprocess_cfg": preprocessing})
    )
    if "hf_tokenizer_name" in config["text_cfg"]:
        pytest.importorskip("transformers")
        t5_tokenizer(folder)
    return request.param, folder


@pytest.fixture(scope="module")
def model(checkpoint):
    return load(f"local-dir:{checkpoint[1]}", LoadOptions(device="cpu"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"))


def theirs(folder, photos, texts):
    """The library's own loop."""
    name = f"local-dir:{folder}"
    model, preprocess = open_clip.create_model_from_pretrained(name)
    model.eval()
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.open(path)) for path in photos])
        image = model.encode_image(batch).numpy()
        text = model.encode_text(open_clip.get_tokenizer(name)(texts)).numpy()
    return image, text


def test_vectors_are_the_librarys(checkpoint, model, photos):
    name, folder = checkpoint
    texts = [*CAPTIONS, LONG, *CAPTIONS[::-1]] * 3
    image, text = theirs(folder, photos, texts)
    close(model["image"].encode(photos), image)
    close(model["text"].encode(texts), text)
    assert model["text"].cut == (name in CUT)


def test_towers_can_be_trained(model, photos):
    check_trainable(model, photos)


def test_scale_and_bias_come_from_the_checkpoint(checkpoint, model):
    name, _ = checkpoint
    space = model["text"].space
    assert space == model["image"].space
    assert space.scale == pytest.approx(np.exp(3.5), rel=1e-6)
    assert space.bias == (-7.25 if name == "tiny-SigLIP" else 0)
    assert space.dim == CONFIGS[name]["embed_dim"]


def test_architecture_and_file_load_the_same_space_but_for_the_config(checkpoint, photos):
    name, folder = checkpoint
    if name == "tiny-SigLIP":
        pytest.skip("its tokenizer is found beside the weights only")
    weights = folder / "open_clip_pytorch_model.bin"
    one = load(f"{name}/{weights}", LoadOptions())
    other = load(f"{name}:{weights}", LoadOptions(workers=1))
    assert one["image"].space == other["image"].space
    assert one["text"].space.name == f"openclip:{name}/{weights}"
    np.testing.assert_array_equal(one["image"].encode(photos), other["image"].encode(photos))
    close(one["image"].encode(photos), theirs(folder, photos, ["a"])[0])


@pytest.mark.parametrize("checkpoint", ["tiny-ViT-B-32"], indirect=True)
def test_other_weights_or_preprocessing_are_another_space(checkpoint, model, tmp_path):
    _, folder = checkpoint
    original = model["image"].space
    config = json.loads((folder / "open_clip_config.json").read_text())
    weights = torch.load(folder / "open_clip_pytorch_model.bin", weights_only=True)
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    torch.save(weights, tmp_path / "open_clip_pytorch_model.bin")
    assert load(f"local-dir:{tmp_path}", LoadOptions())["image"].space == original
    config["preprocess_cfg"] = {"interpolation": "bilinear"}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    assert load(f"local-dir:{tmp_path}", LoadOptions())["image"].space != original
    config["preprocess_cfg"] = {}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    weights["logit_scale"] += 1e-3
    torch.save(weights, tmp_path / "open_clip_pytorch_model.bin")
    assert load(f"local-dir:{tmp_path}", LoadOptions())["image"].space != original


@pytest.mark.parametrize("checkpoint", ["tiny-ViT-B-32"], indirect=True)
def test_large_jpegs_are_read_scaled_and_nearly_the_same(model):
    content = jpeg(2000, 1500)
    full = model["image"].encode([Image.open(io.BytesIO(content)).convert("RGB")])
    scaled = model["image"].encode([content])
    assert (full * scaled).sum() / np.linalg.norm(full) / np.linalg.norm(scaled) >= 0.999


@pytest.mark.parametrize("checkpoint", ["tiny-RN50", "tiny-SigLIP"], indirect=True)
def test_odd_pictures_are_vectors_or_item_errors(model, tmp_path):
    image = model["image"]
    strips = [Image.new("L", size, 90) for size in ((1, 1), (1, 20_000), (20_000, 1))]
    assert np.isfinite(image.encode(strips)).all()
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(ItemError, match=r"text\.png is not a picture"):
        image.encode([strips[0], tmp_path / "text.png"])


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("boom",))


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("ViT-B-33/laion2b", r"no architecture 'ViT-B-33'.*ViT-B-32"),
        ("ViT-B-32/laion", r"'laion' is neither a tag nor a file.*laion2b_s34b_b79k"),
        ("ViT-B/32", r"ViT-B-32: which weights\?.*laion2b_s34b_b79k"),
        ("local-dir:/nowhere", "/nowhere"),
        ("tiny-RN50/broken.pt", "does not load"),
        ("tiny-RN50/bomb.pt", "does not load"),
        ("tiny-RN50/empty.safetensors", "does not load"),
        ("tiny-RN50/other.pt", "does not load"),
        ("local-dir:.", "open_clip_config.json"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_sentence(rest, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.pt").write_bytes(b"not a checkpoint")
    (tmp_path / "bomb.pt").write_bytes(pickle.dumps({"state_dict": Bomb()}))
    (tmp_path / "empty.safetensors").write_bytes(b"")
    torch.save({"weight": torch.ones(2)}, tmp_path / "other.pt")
    with pytest.raises(RequestError, match=said) as caught:
        load(rest, LoadOptions())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "boom").exists()


def test_an_unknown_device_is_refused():
    with pytest.raises(RequestError, match=r"no device 'tpu'.*cpu"):
        load("ViT-B-32/laion2b_s34b_b79k", LoadOptions(device="tpu"))


@pytest.mark.parametrize("checkpoint", ["tiny-RN50"], indirect=True)
def test_weights_that_are_missing_are_not_made_up(checkpoint, tmp_path):
    _, folder = checkpoint
    (tmp_path / "open_clip_config.json").write_bytes(
        (folder / "open_clip_config.json").read_bytes()
    )
    with pytest.raises(RequestError, match="does not load"):
        load(f"local-dir:{tmp_path}", LoadOptions())


def test_the_contract_holds(model, photos):
    check_model(model, {"image": photos, "text": CAPTIONS})


def test_texts_beyond_the_limit_are_told(model):
    assert model["text"].truncated(["a dog", LONG, "a cat " * 3]) == [False, True, False]
