"""Checkpoints saved by open_clip give through isthmus what open_clip itself gives."""

import argparse
import io
import json
import os
import pickle
import shutil
import warnings

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


# files of weights


@pytest.fixture
def small(tmp_path):
    """A file of weights of ``tiny-ViT-B-32``, and what they are."""
    torch.manual_seed(0)
    weights = open_clip.create_model("tiny-ViT-B-32").state_dict()
    torch.save(weights, tmp_path / "plain.pt")
    return tmp_path, weights


def test_files_of_a_training_are_the_same_space(small):
    folder, weights = small
    wanted = load(f"tiny-ViT-B-32/{folder / 'plain.pt'}", LoadOptions())["image"].space
    torch.save({"state_dict": {f"_orig_mod.{k}": v for k, v in weights.items()}}, folder / "c.pt")
    kept = {"state_dict": weights, "args": argparse.Namespace(lr=1), "best": np.float64(0.3)}
    torch.save(kept, folder / "args.pt")
    model = open_clip.create_model("tiny-ViT-B-32").eval()
    model.load_state_dict(weights)
    inputs = {"encode_image": torch.zeros(1, 3, 224, 224)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace_module(model, inputs, check_trace=False), folder / "jit.pt")
    for file in ("c.pt", "args.pt", "jit.pt"):
        assert load(f"tiny-ViT-B-32:{folder / file}", LoadOptions())["image"].space == wanted


def test_what_does_not_fit_is_named_and_the_hub_is_not(small):
    folder, weights = small
    del weights["visual.proj"]
    weights["visual.new"] = weights["logit_scale"]
    torch.save(weights, folder / "keys.pt")
    weights = torch.load(folder / "plain.pt")
    weights["text_projection"] = torch.zeros(3, 5)
    torch.save(weights, folder / "shapes.pt")
    for file, said in (
        ("keys.pt", "it lacks 1 of the model's weights, such as 'visual.proj', it has 1 weights "),
        (
            "shapes.pt",
            r"'text_projection' is of the shape \[3, 5\], where the model has \[64, 96\]",
        ),
    ):
        with pytest.raises(RequestError, match=said) as caught:
            load(f"tiny-ViT-B-32/{folder / file}", LoadOptions())
        assert "hub" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_torch_saved_beside_weights_is_not_run(small, monkeypatch):
    folder, weights = small
    monkeypatch.chdir(folder)
    monkeypatch.setattr("torch.jit.load", lambda *_, **__: Bomb().__reduce__())
    torch.save({"state_dict": weights, "args": Bomb()}, folder / "a.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), folder / "jit.pt")
    for file, said in (("a.pt", "names 'posix.mkdir'"), ("jit.pt", "it lacks .* such as 'weight'")):
        with pytest.raises(RequestError, match=said):
            load(f"tiny-ViT-B-32/{folder / file}", LoadOptions())
    assert not (folder / "boom").exists()


@pytest.mark.parametrize("checkpoint", ["tiny-SigLIP"], indirect=True)
def test_a_tokenizer_class_that_transformers_lacks_is_refused(checkpoint, tmp_path):
    shutil.copytree(checkpoint[1], tmp_path / "copy")
    path = tmp_path / "copy" / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tokenizer_class": "Own"}))
    with pytest.raises(RequestError, match="of the class 'Own', which transformers does not"):
        load(f"local-dir:{tmp_path / 'copy'}", LoadOptions())


PUBLISHED = {"mean": (0, 0, 0), "std": (1, 1, 1), "interpolation": "bilinear"}


@pytest.mark.parametrize(
    ("tags", "white", "said"),
    [
        ([PUBLISHED | {"resize_mode": "shortest"}] * 2, 1.0, "as all published weights of tiny-V"),
        ([PUBLISHED | {"resize_mode": "squash"}, {}], 2.15, "differ, such as tag1"),
        ([{}, {}], 2.15, ""),
        ([], 2.15, ""),
    ],
)
def test_pictures_are_prepared_as_published_weights_say(
    small, tags, white, said, monkeypatch, caplog
):
    default = open_clip.transform.PreprocessCfg()
    whole = {key: getattr(default, key) for key in (*PUBLISHED, "resize_mode")}
    configs = {f"tag{number}": whole | tag for number, tag in enumerate(tags)}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "tiny-ViT-B-32", configs)
    image = load(f"tiny-ViT-B-32/{small[0] / 'plain.pt'}", LoadOptions())["image"]
    pixels = image.inputs([Image.new("RGB", (300, 200), "white")])["image"]
    assert float(pixels.max()) == pytest.approx(white, abs=0.01)
    warned = " ".join(record.getMessage() for record in caplog.records if record.name == "isthmus")
    assert said in warned
    assert bool(warned) == bool(said)
    assert ("bilinear" in image.preprocessing) == (white == 1.0)


def test_every_published_architecture_has_an_answer():
    from isthmus.encode.openclip import _preprocessing

    seen = {
        name: _preprocessing("x", name, "a.pt", open_clip)[0]
        for name in ("MobileCLIP-S1", "ViT-B-16-SigLIP2", "PE-Core-B-16", "ViT-B-32", "ViT-L-14")
    }
    assert seen["ViT-B-32"] == seen["ViT-L-14"] == {}
    assert seen["MobileCLIP-S1"]["image_std"] == (1.0, 1.0, 1.0)
    assert seen["ViT-B-16-SigLIP2"]["image_resize_mode"] == "squash"
    assert seen["PE-Core-B-16"]["image_interpolation"] == "bilinear"


def test_texts_longer_than_a_roberta_tower_are_cut(tmp_path):
    transformers = pytest.importorskip("transformers")
    kind = {"vocab_size": 600, "hidden_size": 32, "intermediate_size": 64, "pad_token_id": 1}
    layers = {"num_hidden_layers": 1, "num_attention_heads": 2, "max_position_embeddings": 30}
    transformers.RobertaConfig(**kind, **layers).save_pretrained(tmp_path / "tower")
    config = json.loads(json.dumps(CONFIGS["tiny-custom-text"]))
    text = {"hf_model_name": str(tmp_path / "tower"), "hf_tokenizer_name": "beside"}
    config["text_cfg"] = {**text, "context_length": 64, "hf_proj_type": "mlp"}
    (tmp_path / "tiny-roberta.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "tiny-roberta.json")
    model = open_clip.create_model("tiny-roberta", pretrained_text=False)
    folder = tmp_path / "whole"
    folder.mkdir()
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    about = {"model_cfg": config, "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(about))
    t5_tokenizer(folder)
    tower = load(f"local-dir:{folder}", LoadOptions())["text"]
    assert tower.limit == 30 - 1 - 1
    assert tower.truncated(["a dog", LONG]) == [False, True]
    found = tower.encode(["a dog", LONG, LONG + " more"])
    np.testing.assert_allclose(found[1], found[2], atol=1e-6)
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(["a dog", LONG], context_length=28)
    model.load_state_dict(torch.load(folder / "open_clip_pytorch_model.bin"))
    with torch.inference_mode():
        close(found[:2], model.eval().encode_text(tokens).numpy())
