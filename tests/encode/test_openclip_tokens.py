"""Patches of ViTs of open_clip: vectors as its own modules give them, boxes as the pixels say."""

import json

import numpy as np
import pytest

from isthmus.encode.openclip import load
from isthmus.types import LoadOptions, RequestError
from tests.encode.openclip_models import CONFIGS, PREPROCESSING, t5_tokenizer
from tests.encode.parts import patch_means, spread, unit, whereabouts
from tests.encode.pictures import close, photo

pytestmark = [
    pytest.mark.openclip,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*QuickGELU mismatch"),
]
open_clip = pytest.importorskip("open_clip")
torch = pytest.importorskip("torch")

MODES = {
    "shortest": {"resize_mode": "shortest"},
    "longest": {"resize_mode": "longest"},
    "squash": {"resize_mode": "squash"},
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The image tower of a configuration of ``CONFIGS``, with a way of resizing."""
    made = {}

    def opened(name, mode=""):
        if (name, mode) not in made:
            folder = tmp_path_factory.mktemp(f"{name}{mode}")
            own = tmp_path_factory.mktemp("architecture")
            (own / f"{name}.json").write_text(json.dumps(CONFIGS[name]))
            open_clip.add_model_config(own)
            torch.manual_seed(0)
            model = spread(open_clip.create_model(name), torch)
            torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
            said = {"model_cfg": CONFIGS[name]}
            said["preprocess_cfg"] = PREPROCESSING.get(name, {}) | MODES.get(mode, {})
            (folder / "open_clip_config.json").write_text(json.dumps(said))
            if "hf_tokenizer_name" in CONFIGS[name]["text_cfg"]:
                pytest.importorskip("transformers")
                t5_tokenizer(folder)
            made[name, mode] = load(f"local-dir:{folder}", LoadOptions(device="cpu"))["image"]
        return made[name, mode]

    return opened


def test_where_a_patch_attends_to_itself_alone_that_is_what_the_model_gives(loaded):
    """The model's own last block, called with a mask that lets nothing but the patch be seen."""
    image = loaded("tiny-ViT-B-32")
    visual = image.module.visual
    boxes, vectors = image.parts("tokens", photo(300, 300))
    with torch.no_grad():
        x = visual._embeds(image.inputs([photo(300, 300)])["image"])
        *first, last = visual.transformer.resblocks
        for block in first:
            x = block(x)
        alone = torch.full((50, 50), float("-inf")).masked_fill(torch.eye(50).bool(), 0.0)
        wanted = visual.ln_post(last(x, attn_mask=alone))[0, 1:] @ visual.proj
    assert boxes.shape == (49, 4)
    np.testing.assert_allclose(vectors, wanted.numpy(), atol=2e-5)


@pytest.mark.parametrize("name", ["tiny-SigLIP", "tiny-CoCa"])
def test_pooled_by_attention_a_patch_is_what_pooling_it_alone_gives(loaded, name):
    """The model's own tower, with all tokens replaced by one of them before the pooling."""
    image = loaded(name)
    visual, item = image.module.visual, image.inputs([photo(300, 300)])
    _, vectors = image.parts("tokens", photo(300, 300))
    pool = visual.trunk.attn_pool if hasattr(visual, "trunk") else visual.attn_pool
    for patch in (0, len(vectors) - 1):

        def alike(_, given, patch=patch):
            chosen = given[0].shape[1] - len(vectors) + patch
            return (given[0][:, chosen : chosen + 1].expand_as(given[0]),)

        handle = pool.register_forward_pre_hook(alike)
        with torch.no_grad():
            wanted = image.module.encode_image(item["image"])
        handle.remove()
        close(unit(vectors[[patch]]), unit(wanted.numpy()))  # CoCa normalises


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(600, 200), (200, 600), (301, 447), (90, 61)])
def test_boxes_are_where_the_pixels_came_from(loaded, mode, size):
    image = loaded("tiny-ViT-B-32", mode)
    boxes, vectors = image.parts("tokens", whereabouts(*size))
    assert len(boxes) == len(vectors)
    pixels = image.inputs([whereabouts(*size)])["image"][0].numpy()
    found = patch_means(pixels, open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD, 32)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    if mode != "longest":
        np.testing.assert_allclose(found, middles, atol=0.02)
        return
    # of what is framed some patches see nothing, which are left out, and some a little
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    uncut = middles[areas > areas.max() - 1e-6]
    assert np.abs(uncut[:, None] - found).max(axis=2).min(axis=1).max() < 0.02
    across = min(size) / max(size) * 3.5
    assert len(boxes) == 7 * (2 * round(np.ceil(across - 0.5)) + 1)
    assert boxes.min() == 0 and boxes.max() == 1


def test_towers_without_patches_say_so(loaded):
    with pytest.raises(RequestError, match="no vectors of tokens"):
        loaded("tiny-RN50").parts("tokens", photo(100, 100))
