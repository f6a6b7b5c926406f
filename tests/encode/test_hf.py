"""Models saved by transformers give through isthmus what transformers itself gives."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.hf import load
from isthmus.testing import check_model
from isthmus.types import LoadOptions, RequestError
from tests.encode.hf_models import MODELS, TEXT, align, transformers
from tests.encode.pictures import CAPTIONS, LONG, check_trainable, close, jpeg, write_photos

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

TEXTS = [*CAPTIONS, *CAPTIONS[::-1]] * 2
CUT = {"clip", "align", "chinese_clip", "metaclip2", "groupvit"}


@pytest.fixture(scope="module", params=MODELS)
def checkpoint(request, tmp_path_factory):
    """A folder as save_pretrained writes it, with random weights and a scale of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    model = MODELS[request.param](folder).eval()
    for parameter in model.parameters():
        # the library's own start is so small that all pictures would come out alike
        spread = 1.5 * parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    if request.param == "align":
        model.temperature.data.fill_(0.02)
    else:
        model.logit_scale.data.fill_(3.5)
    if hasattr(model, "logit_bias"):
        model.logit_bias.data.fill_(-7.25)
    model.save_pretrained(folder)
    return request.param, folder


@pytest.fixture(scope="module")
def model(checkpoint):
    return load(str(checkpoint[1]), LoadOptions(device="cpu"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return write_photos(tmp_path_factory.mktemp("photos"))


def theirs(folder, photos, texts):
    """The library's own loop."""
    model = transformers.AutoModel.from_pretrained(folder).eval()
    images = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    limit = min(64, model.config.text_config.max_position_embeddings)
    with torch.inference_mode():
        pixels = images(images=[Image.open(path) for path in photos], return_tensors="pt")
        image = model.get_image_features(**pixels).pooler_output
        tokens = tokenizer(
            texts, padding="max_length", max_length=limit, truncation=True, return_tensors="pt"
        )
        text = model.get_text_features(**tokens).pooler_output
    return image.numpy(), text.numpy()


def test_vectors_are_the_librarys(checkpoint, model, photos):
    name, folder = checkpoint
    image, text = theirs(folder, photos, TEXTS)
    close(model["image"].encode(photos), image)
    close(model["text"].encode(TEXTS), text)
    assert model["text"].cut == (name in CUT)


def test_towers_can_be_trained(model, photos):
    check_trainable(model, photos)


def test_scale_and_bias_come_from_the_checkpoint(checkpoint, model):
    name, _ = checkpoint
    space = model["text"].space
    assert space == model["image"].space
    assert space.scale == pytest.approx(50 if name == "align" else np.exp(3.5), rel=1e-5)
    assert space.bias == (-7.25 if name.startswith("siglip") else 0)


def test_scaled_decoding_changes_next_to_nothing(checkpoint, model):
    image, least = model["image"], 0.98 if checkpoint[0] == "groupvit" else 0.999
    content = jpeg(2000, 1500)
    full = image.encode([Image.open(io.BytesIO(content)).convert("RGB")])
    scaled = image.encode([content])
    assert (full * scaled).sum() / np.linalg.norm(full) / np.linalg.norm(
        scaled
    ) >= least  # groups are hard


def test_odd_pictures_are_vectors(model):
    strips = [Image.new("L", size, 90) for size in ((1, 1), (1, 20_000), (20_000, 1))]
    assert np.isfinite(model["image"].encode(strips)).all()


@pytest.mark.parametrize("checkpoint", ["clip"], indirect=True)
def test_what_cannot_be_loaded_is_said_in_one_sentence(checkpoint, tmp_path):
    _, folder = checkpoint
    cases = {}
    for case in ("no weights", "pickle", "no tokenizer", "no config", "other weights", "garbage"):
        shutil.copytree(folder, tmp_path / case)
        cases[case] = tmp_path / case
    for case in ("no weights", "pickle", "other weights", "garbage"):
        (cases[case] / "model.safetensors").unlink()
    torch.save({}, cases["pickle"] / "pytorch_model.bin")
    from safetensors.torch import save_file

    save_file({"logit_scale": torch.tensor(1.0)}, cases["other weights"] / "model.safetensors")
    (cases["garbage"] / "model.safetensors").write_bytes(b"garbage")
    (cases["no config"] / "config.json").unlink()
    for file in cases["no tokenizer"].glob("tokenizer*"):
        file.unlink()
    for case in cases.values():
        with pytest.raises(RequestError, match=r"does not load|lacks") as caught:
            load(str(case), LoadOptions())
        assert "\n" not in str(caught.value)
    with pytest.raises(RequestError, match="no such folder"):
        load(str(tmp_path / "nowhere"), LoadOptions())


def test_a_model_of_one_tower_is_refused(tmp_path):
    config = transformers.BertConfig(**TEXT)
    transformers.BertModel(config).save_pretrained(tmp_path)
    align(tmp_path)
    with pytest.raises(RequestError, match="BertModel, which has no text tower in one space"):
        load(str(tmp_path), LoadOptions())


@pytest.mark.parametrize("checkpoint", ["clip"], indirect=True)
def test_another_preprocessing_is_another_space(checkpoint, tmp_path):
    _, folder = checkpoint
    shutil.copytree(folder, tmp_path / "copy")
    space = load(str(folder), LoadOptions())["text"].space
    assert load(str(tmp_path / "copy"), LoadOptions())["text"].space == space
    path = tmp_path / "copy" / "preprocessor_config.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps(values | {"image_mean": [0.5, 0.5, 0.5]}))
    assert load(str(tmp_path / "copy"), LoadOptions())["text"].space != space


def test_the_contract_holds(model, photos):
    check_model(model, {"image": photos, "text": CAPTIONS})


def test_texts_beyond_the_limit_are_told(model):
    assert model["text"].truncated(["a dog", 3 * LONG, "a cat " * 3]) == [False, True, False]


# folders of other tools


def sentences(folder, modules, place="0_CLIPModel"):
    """A folder as sentence-transformers writes it, with a small CLIP in it."""
    (folder / place).mkdir(parents=True)
    torch.manual_seed(0)
    MODELS["clip"](folder / place).save_pretrained(folder / place)
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.{kind}"}
        for number, (kind, path) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed))
    return folder


@pytest.mark.parametrize("place", ["0_CLIPModel", "elsewhere"])
def test_the_clip_of_sentence_transformers_is_used(tmp_path, place):
    kinds = [("models.CLIPModel", place), ("models.Normalize", "1_Normalize")]
    folder = sentences(tmp_path / "st", kinds, place)
    found = load(str(folder), LoadOptions())
    wanted = load(str(folder / place), LoadOptions())
    assert found["text"].space == wanted["text"].space
    np.testing.assert_array_equal(found["text"].encode(["a"]), wanted["text"].encode(["a"]))
    assert found["text"].space.name == f"hf:{folder}"
    (folder / "modules.json").unlink()
    if place == "0_CLIPModel":
        assert load(str(folder), LoadOptions())["text"].space == wanted["text"].space


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        (
            [("models.Transformer", ""), ("models.Pooling", "1_Pooling")],
            "made of Transformer, Pool",
        ),
        ([("models.CLIPModel", "0_CLIPModel"), ("models.Dense", "2_Dense")], "CLIPModel, Dense"),
        ([("models.CLIPModel", "../other")], "no folder inside it"),
        ([("models.CLIPModel", "/")], "no folder inside it"),
        ([], "made of nothing"),
    ],
)
def test_other_models_of_sentences_are_refused(tmp_path, modules, said):
    (tmp_path / "other").mkdir()
    folder = sentences(tmp_path / "st", modules)
    with pytest.raises(RequestError, match=said):
        load(str(folder), LoadOptions())
    for text in ("[1]", "{", '[{"type": 5}]', "[" * 200 + "]" * 200):
        (folder / "modules.json").write_text(text)
        with pytest.raises(RequestError, match="lists no modules"):
            load(str(folder), LoadOptions())


def altered(folder, **changes):
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("checkpoint", ["clip"], indirect=True)
def test_a_tokenizer_of_its_own_is_not_replaced_in_silence(checkpoint, tmp_path, caplog):
    folder = tmp_path / "copy"
    shutil.copytree(checkpoint[1], folder)
    altered(folder, tokenizer_class="MyTokenizer")
    with pytest.raises(RequestError, match=r"of the class 'MyTokenizer', which transformers does"):
        load(str(folder), LoadOptions())
    altered(folder, tokenizer_class="CLIPTokenizer")
    load(str(folder), LoadOptions())
    assert not caplog.records
    altered(folder, auto_map={"AutoTokenizer": ["own.Tokenizer", None]})
    load(str(folder), LoadOptions())
    assert "code of its own for its tokenizer" in caplog.text
    assert "own.Tokenizer" in caplog.text


@pytest.mark.parametrize("unlimited", [True, False])
def test_texts_longer_than_a_roberta_tower_are_cut(tmp_path, unlimited):
    align(tmp_path)
    if unlimited:
        altered(tmp_path, model_max_length=10**30)
    text = TEXT | {"max_position_embeddings": 24, "pad_token_id": 0, "project_dim": 16}
    vision = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    vision |= {"num_attention_heads": 2, "image_size": 64, "patch_size": 32}
    config = transformers.AltCLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    torch.manual_seed(0)
    model = transformers.AltCLIPModel(config).eval()
    model.save_pretrained(tmp_path)
    transformers.CLIPImageProcessorPil(size={"shortest_edge": 64}).save_pretrained(tmp_path)
    tower = load(str(tmp_path), LoadOptions())["text"]
    assert tower.limit == 24 - 0 - 1
    assert tower.truncated(["a dog", LONG]) == [False, True]
    tokens = transformers.AutoTokenizer.from_pretrained(tmp_path)(
        ["a dog", LONG], padding="max_length", truncation=True, max_length=23, return_tensors="pt"
    )
    with torch.inference_mode():
        close(
            tower.encode(["a dog", LONG]), model.get_text_features(**tokens).pooler_output.numpy()
        )


def test_preprocessing_is_told(model):
    assert "image_mean" in model["image"].preprocessing
    assert model["text"].preprocessing == f"cut at {model['text'].limit} tokens"
