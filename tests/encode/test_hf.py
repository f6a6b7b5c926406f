"""Models saved by transformers give through isthmus what transformers itself gives."""

import io
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.hf import load
from isthmus.types import LoadOptions, RequestError
from tests.encode.pictures import CAPTIONS, jpeg, write_photos

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
transformers = pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

TEXTS = [*CAPTIONS, *CAPTIONS[::-1]] * 2
TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "vocab_size": 400,
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def trained(model, trainer, pre_tokenizer, template, special):
    from tokenizers import Tokenizer, processors

    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CAPTIONS * 20, trainer)
    ids = [(token, tokenizer.token_to_id(token)) for token in special if token in template]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ids)
    return tokenizer


def clip(folder):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = trained(
        models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"),
        trainers.BpeTrainer(
            vocab_size=300, special_tokens=special, end_of_word_suffix="</w>", show_progress=False
        ),
        pre_tokenizers.Whitespace(),
        "<|startoftext|> $A <|endoftext|>",
        special,
    )
    start, end = (tokenizer.token_to_id(token) for token in special)
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|startoftext|>",
        eos_token="<|endoftext|>",
        pad_token="<|endoftext|>",
        model_max_length=77,
    ).save_pretrained(folder)
    text = TEXT | {"bos_token_id": start, "eos_token_id": end, "pad_token_id": end}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    transformers.CLIPImageProcessorPil().save_pretrained(folder)
    return transformers.CLIPModel(config)


def siglip_tokenizer(folder, names):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["<pad>", "</s>", "<unk>"]
    tokenizer = trained(
        models.Unigram(),
        trainers.UnigramTrainer(
            vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False
        ),
        pre_tokenizers.Metaspace(),
        "$A </s>",
        special,
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="</s>",
        model_max_length=64,
        model_input_names=names,
    ).save_pretrained(folder)


def siglip(folder):
    siglip_tokenizer(folder, ["input_ids"])
    text = TEXT | {"max_position_embeddings": 64, "projection_size": 32}
    vision = VISION | {"image_size": 224, "patch_size": 32}
    config = transformers.SiglipConfig(text_config=text, vision_config=vision)
    processor = transformers.SiglipImageProcessorPil(size={"height": 224, "width": 224})
    processor.save_pretrained(folder)
    return transformers.SiglipModel(config)


def siglip2(folder):
    siglip_tokenizer(folder, ["input_ids", "attention_mask"])
    text = TEXT | {"max_position_embeddings": 64, "projection_size": 32}
    vision = VISION | {"num_patches": 49, "patch_size": 16}
    config = transformers.Siglip2Config(text_config=text, vision_config=vision)
    transformers.Siglip2ImageProcessorPil(max_num_patches=49, patch_size=16).save_pretrained(folder)
    return transformers.Siglip2Model(config)


def align(folder):
    from tokenizers import models, pre_tokenizers, trainers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer = trained(
        models.WordPiece(unk_token="[UNK]"),
        trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False),
        pre_tokenizers.Whitespace(),
        "[CLS] $A [SEP]",
        special,
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        model_max_length=512,
    ).save_pretrained(folder)
    vision = {
        "image_size": 64,
        "width_coefficient": 0.25,
        "depth_coefficient": 0.1,
        "hidden_dim": 640,
        "num_hidden_layers": 8,
    }
    config = transformers.AlignConfig(text_config=TEXT, vision_config=vision, projection_dim=640)
    transformers.EfficientNetImageProcessorPil(
        size={"height": 72, "width": 72}, crop_size={"height": 64, "width": 64}
    ).save_pretrained(folder)
    return transformers.AlignModel(config)


MODELS = {"clip": clip, "siglip": siglip, "siglip2": siglip2, "align": align}
CUT = {"clip", "align"}


@pytest.fixture(scope="module", params=MODELS)
def checkpoint(request, tmp_path_factory):
    """A folder as save_pretrained writes it, with random weights and a scale of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    model = MODELS[request.param](folder).eval()
    for parameter in model.parameters():
        parameter.data.add_(0.05 * torch.randn_like(parameter))
    if request.param == "align":
        model.temperature.data.fill_(0.02)
    else:
        model.logit_scale.data.fill_(3.5)
    if hasattr(model, "logit_bias"):
        model.logit_bias.data.fill_(-7.25)
    model.save_pretrained(folder)
    return request.param, folder


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


def close(ours, theirs):
    scale = np.linalg.norm(theirs, axis=1, keepdims=True)
    assert np.abs(ours / scale - theirs / scale).max() <= 1e-5


def test_vectors_are_the_librarys(checkpoint, photos):
    name, folder = checkpoint
    image, text = theirs(folder, photos, TEXTS)
    model = load(str(folder), LoadOptions(device="cpu"))
    close(model["image"].encode(photos), image)
    close(model["text"].encode(TEXTS), text)
    assert model["text"].cut == (name in CUT)


def test_scale_and_bias_come_from_the_checkpoint(checkpoint):
    name, folder = checkpoint
    model = load(str(folder), LoadOptions())
    space = model["text"].space
    assert space == model["image"].space
    assert space.scale == pytest.approx(50 if name == "align" else np.exp(3.5), rel=1e-5)
    assert space.bias == (-7.25 if name.startswith("siglip") else 0)


def test_scaled_decoding_changes_next_to_nothing(checkpoint):
    _, folder = checkpoint
    image = load(str(folder), LoadOptions())["image"]
    content = jpeg(2000, 1500)
    full = image.encode([Image.open(io.BytesIO(content)).convert("RGB")])
    scaled = image.encode([content])
    assert (full * scaled).sum() / np.linalg.norm(full) / np.linalg.norm(scaled) >= 0.999


def test_odd_pictures_are_vectors(checkpoint):
    _, folder = checkpoint
    strips = [Image.new("L", size, 90) for size in ((1, 1), (1, 20_000), (20_000, 1))]
    vectors = load(str(folder), LoadOptions())["image"].encode(strips)
    assert np.isfinite(vectors).all()


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
    with pytest.raises(RequestError, match="BertModel, which has no text and image towers"):
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
