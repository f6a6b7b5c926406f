"""Patches of ViTs of transformers: vectors as computed by hand, boxes as the pixels say."""

import numpy as np
import pytest
from PIL import Image

from isthmus.encode.hf import load
from isthmus.types import LoadOptions, RequestError
from tests.encode.hf_models import MODELS, transformers
from tests.encode.parts import patch_means, spread, unit, whereabouts
from tests.encode.pictures import photo

pytestmark = [pytest.mark.hf, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
torch = pytest.importorskip("torch")

BY_CLASS_TOKEN = ("clip", "chinese_clip", "metaclip2")
BY_ATTENTION = ("siglip", "siglip2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for name in (*BY_CLASS_TOKEN, *BY_ATTENTION, "align", "groupvit"):
        made[name] = tmp_path_factory.mktemp(name)
        torch.manual_seed(0)
        spread(MODELS[name](made[name]), torch).save_pretrained(made[name])
    return made


def tower(folder):
    return load(str(folder), LoadOptions(device="cpu"))["image"]


def weights(folder):
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors")


def linear(state, name, x):
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def norm(state, name, x, eps=1e-5):
    x = x - x.mean(axis=-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + eps)
    return x * state[f"{name}.weight"] + state[f"{name}.bias"]


def quick_gelu(x):
    return x / (1 + np.exp(-1.702 * x))


def test_a_patch_of_clip_goes_through_value_and_output_alone(folders):
    image = tower(folders["clip"])
    inputs = image.inputs([photo(300, 300)])
    model, state = image.module, weights(folders["clip"])
    with torch.no_grad():
        states = model.vision_model(**inputs, output_hidden_states=True).hidden_states
    block = "vision_model.encoder.layers.1"
    x = states[-2][0].numpy()
    value = linear(state, f"{block}.self_attn.v_proj", norm(state, f"{block}.layer_norm1", x))
    x = x + linear(state, f"{block}.self_attn.out_proj", value)
    inner = quick_gelu(linear(state, f"{block}.mlp.fc1", norm(state, f"{block}.layer_norm2", x)))
    x = norm(state, "vision_model.post_layernorm", x + linear(state, f"{block}.mlp.fc2", inner))
    wanted = x @ state["visual_projection.weight"].T

    boxes, vectors = image.parts("tokens", photo(300, 300))
    assert boxes.shape == (49, 4) and vectors.shape == (49, 24)
    np.testing.assert_allclose(vectors, wanted[1:], atol=2e-5)


@pytest.mark.parametrize("name", BY_CLASS_TOKEN)
def test_where_a_patch_attends_to_itself_alone_that_is_what_the_model_gives(folders, name):
    """The model's own last block, with a mask that lets nothing but the patch itself be seen."""
    image = tower(folders[name])
    _, vectors = image.parts("tokens", photo(300, 300))
    model, item = image.module, image.inputs([photo(300, 300)])
    layers = model.vision_model.encoder.layers
    alone = torch.full((1, 1, 50, 50), float("-inf")).masked_fill(torch.eye(50).bool(), 0.0)

    def masked(_, given, named):
        return given, named | {"attention_mask": alone}

    def kept(_, given, named, out):
        caught.append(out if hasattr(out, "shape") else out[0])

    caught = []
    hooks = [
        layers[-1].self_attn.register_forward_pre_hook(masked, with_kwargs=True),
        layers[-1].register_forward_hook(kept, with_kwargs=True),
    ]
    with torch.no_grad():
        model.get_image_features(**item)
        whole = model.visual_projection(model.vision_model.post_layernorm(caught[0][0]))
    for hook in hooks:
        hook.remove()
    np.testing.assert_allclose(vectors, whole[1:].numpy(), atol=2e-5)


@pytest.mark.parametrize("name", BY_ATTENTION)
def test_pooled_by_attention_the_picture_is_its_patches_where_they_are_all_alike(folders, name):
    """Without mixing before, equal patches pool to what each gives alone."""
    image = tower(folders[name])
    for layer in image.module.vision_model.encoder.layers:
        torch.nn.init.zeros_(layer.self_attn.out_proj.weight)
        torch.nn.init.zeros_(layer.self_attn.out_proj.bias)
    torch.nn.init.zeros_(image.module.vision_model.embeddings.position_embedding.weight)
    grey = Image.new("RGB", (224, 224), (90, 140, 200))
    _, vectors = image.parts("tokens", grey)
    whole = image.encode([grey])
    assert len(vectors) == 49
    np.testing.assert_allclose(vectors, np.repeat(whole, 49, axis=0), atol=2e-5)


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_what_is_in_a_patch_moves_its_vector_only(folders, name):
    """Once the attention of earlier layers is switched off; with it, it moves the others too."""
    image = tower(folders[name])
    first = photo(224, 224)
    other = first.copy()
    other.paste(photo(32, 32, 5), (3 * 32, 2 * 32))

    def moved():
        one, two = (image.parts("tokens", each)[1] for each in (first, other))
        return np.flatnonzero(np.abs(one - two).max(axis=1) > 1e-5).tolist()

    assert len(moved()) == 49
    layers = image.module.vision_model.encoder.layers
    for layer in layers[:-1] if name == "clip" else layers:
        torch.nn.init.zeros_(layer.self_attn.out_proj.weight)
    assert moved() == [2 * 7 + 3]


@pytest.mark.parametrize("name", [*BY_CLASS_TOKEN, *BY_ATTENTION])
@pytest.mark.parametrize("size", [(600, 200), (200, 600), (224, 224), (301, 447), (90, 61)])
def test_boxes_are_where_the_pixels_came_from(folders, name, size):
    image = tower(folders[name])
    picture = whereabouts(*size)
    boxes, _ = image.parts("tokens", picture)
    processor = transformers.AutoImageProcessor.from_pretrained(folders[name], backend="pil")
    inputs = image.inputs([picture])
    pixels = inputs["pixel_values"][0].numpy()
    if name == "siglip2":  # patches already, (49, 768), red, green and blue interleaved
        own = pixels.reshape(len(pixels), -1, 3)[: len(boxes)].mean(axis=1)
        found = (own * processor.image_std + processor.image_mean)[:, :2]
    else:
        found = patch_means(pixels, processor.image_mean, processor.image_std, 32)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    np.testing.assert_allclose(found, middles, atol=0.02)


def test_of_a_wide_picture_the_boxes_cover_what_is_seen(folders):
    boxes, _ = tower(folders["clip"]).parts("tokens", whereabouts(600, 200))
    assert boxes.min(axis=0) == pytest.approx([1 / 3, 0, 1 / 3 + 1 / 21, 1 / 7], abs=1e-6)
    assert boxes.max(axis=0) == pytest.approx([2 / 3 - 1 / 21, 6 / 7, 2 / 3, 1], abs=1e-6)
    boxes, _ = tower(folders["siglip"]).parts("tokens", whereabouts(600, 200))
    assert boxes.min() == 0 and boxes.max() == 1  # squashed, not cut


def test_a_rest_that_no_patch_sees_is_in_no_box(folders, tmp_path):
    """384 pixels hold 27 patches of 14, and six pixels more."""
    torch.manual_seed(0)
    MODELS["siglip"](tmp_path)
    config = transformers.AutoConfig.from_pretrained(folders["siglip"])
    config.vision_config.image_size = 72
    spread(transformers.SiglipModel(config), torch).save_pretrained(tmp_path)
    size = {"height": 72, "width": 72}
    transformers.SiglipImageProcessorPil(size=size).save_pretrained(tmp_path)
    boxes, vectors = tower(tmp_path).parts("tokens", photo(144, 144))
    assert len(boxes) == len(vectors) == 4 and boxes.max() == pytest.approx(64 / 72)


@pytest.mark.parametrize("name", ["align", "groupvit"])
def test_towers_without_patches_say_so(folders, name):
    with pytest.raises(RequestError, match="no vectors of tokens"):
        tower(folders[name]).parts("tokens", photo(100, 100))


def test_patches_are_no_copies_of_the_picture(folders):
    _, vectors = tower(folders["clip"]).parts("tokens", photo(300, 300))
    assert np.min(unit(vectors) @ unit(vectors).T) < 0.99
