"""Boxes of OWL-ViT and OWLv2 through hf: those of the library on squares, and right elsewhere."""

import shutil

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.hf import load
from isthmus.encode.within import owl
from isthmus.types import LoadOptions, RequestError
from tests.encode.hf_models import TEXT, VISION, clip, transformers
from tests.encode.parts import spread, whereabouts
from tests.encode.pictures import photo

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

SIDE, PATCH = 96, 16
NAMES = ["a dog", "a photo of a red bicycle", "cat"]


def make(folder, name, heads=True):
    """A detector with random weights, or the dual encoder alone, as save_pretrained writes it."""
    ids = clip(folder).config.text_config
    text = TEXT | {"max_position_embeddings": 16, "pad_token_id": ids.pad_token_id}
    text |= {key: getattr(ids, key) for key in ("bos_token_id", "eos_token_id")}
    vision = VISION | {"image_size": SIDE, "patch_size": PATCH}
    prefix = {"owlvit": "OwlViT", "owlv2": "Owlv2"}[name]
    config = getattr(transformers, f"{prefix}Config")(
        text_config=text, vision_config=vision, projection_dim=TEXT["hidden_size"]
    )
    kind = f"{prefix}ForObjectDetection" if heads else f"{prefix}Model"
    torch.manual_seed(0)
    model = spread(getattr(transformers, kind)(config), torch)
    if heads:  # boxes of about the size of a patch, beside it
        model.box_head.dense2.weight.data.mul_(0.01)
    processor = getattr(transformers, f"{prefix}ImageProcessorPil")
    processor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = 16
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["owlvit", "owlv2"])
def folder(request, tmp_path_factory):
    return make(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def towers(folder):
    return load(str(folder), LoadOptions(device="cpu"))


def theirs(folder, picture):
    """The library's own detections: model and outputs for NAMES, and its processor."""
    model = transformers.AutoModelForZeroShotObjectDetection.from_pretrained(folder).eval()
    images = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(NAMES, padding="max_length", max_length=16, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**tokens, **images(images=picture, return_tensors="pt"))
        features = outputs.image_embeds.flatten(1, 2)
        # a text whose first token has number 0 is padding to them; here it begins every text
        outputs.logits = model.class_predictor(features, outputs.text_embeds)[0]
    kind = "Owlv2Processor" if model.config.model_type == "owlv2" else "OwlViTProcessor"
    return model, outputs, getattr(transformers, kind)(images, tokenizer)


def test_a_detector_is_a_space_with_texts_and_whole_pictures(folder, towers):
    assert set(towers) == {"image", "text"} and set(towers["image"].looks) == {"tokens", "boxes"}
    picture = photo(200, 200)
    model, outputs, _ = theirs(folder, picture)
    unit = towers["text"].encode(NAMES)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    np.testing.assert_allclose(unit, outputs.text_embeds[0].numpy(), atol=1e-5)
    base = getattr(model, model.base_model_prefix)
    with torch.no_grad():
        wanted = base.get_image_features(**towers["image"].inputs([picture])).pooler_output
    np.testing.assert_allclose(towers["image"].encode([picture]), wanted.numpy(), atol=1e-5)


def test_on_a_square_boxes_are_those_of_the_librarys_own_last_step(folder, towers):
    picture = photo(200, 200)
    model, outputs, processor = theirs(folder, picture)
    found = processor.post_process_grounded_object_detection(
        outputs, threshold=-1.0, target_sizes=[(200, 200)]
    )[0]
    boxes, vectors = towers["image"].parts("boxes", picture)
    kept = order(outputs, len(boxes))
    wanted = (found["boxes"].numpy() / 200).clip(0, 1)[kept]
    np.testing.assert_allclose(boxes, wanted, atol=1e-5)
    assert len(boxes) == (SIDE // PATCH) ** 2

    with torch.no_grad():  # their score is made of our cosine by a shift and a scale of each box
        queries = towers["text"].encode(NAMES)
        queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
        features = outputs.image_embeds.flatten(1, 2)[0]
        shift = model.class_head.logit_shift(features)
        scale = model.class_head.elu(model.class_head.logit_scale(features)) + 1
        logits = ((torch.from_numpy(vectors @ queries.T) + shift[kept]) * scale[kept]).max(dim=1)
    np.testing.assert_allclose(logits.values.sigmoid(), found["scores"][kept], atol=1e-5)
    np.testing.assert_array_equal(logits.indices, found["labels"][kept])


def order(outputs, count):
    """Rows in the order of how objectlike they are, where the model says it."""
    if not hasattr(outputs, "objectness_logits"):
        return np.arange(count)
    return outputs.objectness_logits[0].argsort(descending=True).numpy()


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (160, 120)])
def test_on_other_shapes_padding_is_undone(folder, towers, size):
    picture = photo(*size)
    model, outputs, _ = theirs(folder, picture)
    centres = outputs.pred_boxes[0].numpy()
    corners = np.hstack([centres[:, :2] - centres[:, 2:] / 2, centres[:, :2] + centres[:, 2:] / 2])
    # OWL-ViT squashes; OWLv2 has the picture at the upper left of a square
    square = np.array([max(size)] * 2 if model.config.model_type == "owlv2" else size)
    wanted = (corners * np.tile(square, 2) / np.tile(size, 2)).clip(0, 1)
    wanted = wanted[order(outputs, len(wanted))]
    inside = (wanted[:, 2:] - wanted[:, :2]).min(axis=1) > 1e-4
    boxes, vectors = towers["image"].parts("boxes", picture)
    np.testing.assert_allclose(boxes, wanted[inside], atol=1e-5)
    assert len(vectors) == len(boxes)
    assert (len(boxes) < len(wanted)) == (model.config.model_type == "owlv2")


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (200, 200)])
def test_a_predicted_box_is_where_its_pixels_came_from(folder, towers, size):
    """Tiles of what the tower gets, as if they were predicted, have the colours of their places."""
    picture = whereabouts(*size)
    boxes, _ = towers["image"].parts("tokens", picture)
    pixels = towers["image"].inputs([picture])["pixel_values"][0].numpy()
    images = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    mean, std = (np.reshape(x, (3, 1, 1)) for x in (images.image_mean, images.image_std))
    shown = (pixels * std + mean)[:2]
    left, top, right, bottom = towers["image"].shown(*size)
    for box in boxes[(boxes[:, 2] < 0.9) & (boxes[:, 3] < 0.9)]:
        x0, x1 = ((box[[0, 2]] - left) / (right - left) * SIDE).round().astype(int)
        y0, y1 = ((box[[1, 3]] - top) / (bottom - top) * SIDE).round().astype(int)
        middle = (box[:2] + box[2:]) / 2
        np.testing.assert_allclose(shown[:, y0:y1, x0:x1].mean(axis=(1, 2)), middle, atol=0.03)


def test_of_many_boxes_the_most_objectlike_are_kept(folder, towers, monkeypatch):
    every, _ = towers["image"].parts("boxes", photo(200, 200))
    monkeypatch.setattr(owl, "MOST", 5)
    some, vectors = towers["image"].parts("boxes", photo(200, 200))
    objectlike = "owlv2" in towers["image"].module.config.model_type
    assert len(some) == len(vectors) == (5 if objectlike else len(every))
    np.testing.assert_allclose(some, every[: len(some)])


@pytest.mark.parametrize("name", ["owlvit", "owlv2"])
def test_the_dual_encoder_alone_has_no_boxes(name, tmp_path):
    image = load(str(make(tmp_path, name, heads=False)), LoadOptions(device="cpu"))["image"]
    with pytest.raises(RequestError, match="no vectors of boxes"):
        image.parts("boxes", Image.new("RGB", (50, 50)))


def test_other_heads_are_another_space(folder, towers, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, tmp_path / "other")
    file = tmp_path / "other" / "model.safetensors"
    weights = load_file(file)
    weights["class_head.dense0.weight"] += 1
    save_file(weights, file, {"format": "pt"})
    other = load(str(tmp_path / "other"), LoadOptions(device="cpu"))
    assert other["text"].space.id != towers["text"].space.id
