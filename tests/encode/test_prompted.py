"""Visual prompts: what is put in where, that all else is as it was, and what has no place."""

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

import isthmus  # noqa: E402
from isthmus.encode import ENCODERS  # noqa: E402
from isthmus.types import RequestError  # noqa: E402
from tests.train.pictures import picture  # noqa: E402

SOME = [picture("red", "left", "square"), picture("blue", "right", "frame")]
TOY = "tests.encode.image_transformer:load"


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.setitem(ENCODERS, "toy", TOY)


def spaces(name):
    return isthmus.load(f"prompted:{name}", device="cpu"), isthmus.load(
        name.partition("?")[0], device="cpu"
    )


@torch.no_grad()
@pytest.mark.parametrize("name", ["toy", "toy:mean", "toy:second"])
def test_every_layer_of_a_transformer_sees_its_own_prompts(name):
    found, plain = spaces(f"{name}?prompts=4")
    prompts, model = found["image"].module["prompts"].prompts, plain["image"].module
    assert prompts.shape == (3, 4, 32) and prompts.std() > 0.02
    x = model.tokens(plain["image"].inputs(SOME)["pixels"])
    for own, layer in zip(prompts, model.layers, strict=True):
        x = torch.cat([x, own.expand(2, -1, -1)], dim=1)
        x = layer(x.transpose(0, model.batch)).transpose(0, model.batch)[:, :17]
    wanted = model.out(x.mean(dim=1) if name == "toy:mean" else x[:, 0]).numpy()
    np.testing.assert_allclose(found["image"].encode(SOME), wanted, rtol=1e-4, atol=1e-5)
    assert np.abs(wanted - plain["image"].encode(SOME)).max() > 1e-3
    np.testing.assert_array_equal(found["text"].encode(["a b"]), plain["text"].encode(["a b"]))
    assert "4 learned prompts before each of 3 layers" in found["image"].preprocessing


def test_a_tower_that_is_no_transformer_gets_a_frame_that_changes_nothing_at_first():
    found, plain = spaces("fresh")
    image = found["image"]
    frame = image.module["prompts"]
    assert frame.width == 9 and frame.border.shape == (64, 64, 3)
    np.testing.assert_array_equal(image.encode(SOME), plain["image"].encode(SOME))
    image.vectors(image.inputs(SOME)).square().sum().backward()
    seen = frame.border.grad.abs().sum(dim=2) > 0
    assert seen[:9].all() and seen[-9:].all() and seen[:, :9].all() and seen[:, -9:].all()
    assert not seen[9:-9, 9:-9].any()
    with torch.no_grad():
        frame.border.fill_(-0.5)
    darker = np.asarray(SOME[0]).astype(np.float32)
    inside = np.zeros((64, 64, 1), bool)
    inside[9:-9, 9:-9] = True
    darker = np.where(inside, darker, darker - 63.75)
    wanted = plain["image"].vectors({"pixels": torch.from_numpy(darker)[None]}).detach().numpy()
    np.testing.assert_allclose(image.encode(SOME[:1]), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["toy", "fresh"])
def test_only_prompts_learn_and_a_prompted_space_keeps_an_encoders_contract(name):
    from isthmus.testing import check_model

    found, plain = spaces(name)
    module = found["image"].module
    assert found["text"].module is module
    learning = [key for key, x in module.named_parameters() if x.requires_grad]
    assert len(learning) == 1 and learning[0].startswith("prompts.")
    assert found["text"].space == found["image"].space != plain["image"].space
    assert spaces(name)[0]["image"].space == found["image"].space
    texts = ["red square", "blue frame", "a", "b"]
    some = {"image": [*SOME, *SOME[::-1]], "text": texts}
    check_model({key: found[key] for key in some}, some)


def test_what_has_no_place_for_prompts_is_said():
    with pytest.raises(
        RequestError, match=r"mini has no image tower of torch.*network is one of ONNX"
    ):
        isthmus.load("prompted:mini")
    for wrong in ("prompted:", "prompted:fresh?prompts=0", "prompted:fresh?prompts=many"):
        with pytest.raises(RequestError, match="prompted:SPACE"):
            isthmus.load(wrong)


def test_layers_that_count_their_tokens_are_refused(monkeypatch):
    from tests.encode import image_transformer as toy

    class Counting(torch.nn.TransformerEncoderLayer):
        def forward(self, x, *rest, **more):
            return super().forward(x + torch.zeros(1, 17, 32), *rest, **more)

    monkeypatch.setattr(toy.nn, "TransformerEncoderLayer", Counting)
    with pytest.raises(RequestError, match="take no further tokens"):
        isthmus.load("prompted:toy")


@pytest.mark.hf
@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_models_of_transformers_are_prompted_in_their_layers(tmp_path, kind):
    pytest.importorskip("transformers", reason="transformers is not installed (isthmus[hf])")
    from tests.encode import hf_models

    torch.manual_seed(0)
    getattr(hf_models, kind)(tmp_path).eval().save_pretrained(tmp_path)
    found, plain = (
        isthmus.load(name, device="cpu") for name in (f"prompted:hf:{tmp_path}", f"hf:{tmp_path}")
    )
    assert "before each of 2 layers" in found["image"].preprocessing
    some = [Image.new("RGB", (80, 60), "red"), *SOME]
    changed = np.abs(found["image"].encode(some) - plain["image"].encode(some)).max()
    assert changed > 1e-4
    np.testing.assert_array_equal(found["text"].encode(["a b"]), plain["text"].encode(["a b"]))
