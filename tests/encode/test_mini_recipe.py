"""Parts of the recipe of mini whose answer is known."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tools.mini.augment import SIDE, is_ink, plain, varied
from tools.mini.scores import figure, one_to_one, ranks


def test_rank_of_all_equal_is_chance():
    similarity = np.zeros((1, 5))
    assert ranks(similarity, np.eye(1, 5, dtype=bool))[0] == 3.0


def test_rank_counts_what_is_above():
    similarity = np.array([[0.1, 0.9, 0.5, 0.4]])
    relevant = np.array([[False, False, False, True]])
    assert ranks(similarity, relevant)[0] == 3.0


def test_identical_vectors_are_always_found():
    vectors = np.random.default_rng(0).normal(size=(250, 32))
    hits = one_to_one(vectors, vectors)
    assert np.nanmin(hits[1]) == 1.0


def test_unrelated_vectors_are_found_by_chance():
    rng = np.random.default_rng(0)
    hits = one_to_one(rng.normal(size=(400, 32)), rng.normal(size=(400, 32)))
    assert abs(np.nanmean(hits[5]) - 5 / 200) < 0.02


def test_interval_holds_the_mean():
    found = figure(np.array([0.0, 1.0] * 50))
    assert found.value == 0.5
    assert found.low == pytest.approx(0.4, abs=0.02)
    assert found.high == pytest.approx(0.6, abs=0.02)
    assert figure(np.ones(12)).low < 0.8  # twelve of twelve prove no certainty


def cross() -> Image.Image:
    drawing = Image.new("RGBA", (96, 96), (255, 255, 255, 0))
    ImageDraw.Draw(drawing).line([10, 10, 86, 86], fill=(0, 0, 0, 255), width=8)
    return drawing


def test_renditions_are_the_same_for_the_same_seed():
    first, again, other = (
        np.asarray(varied(cross(), np.random.default_rng(seed))) for seed in (1, 1, 2)
    )
    assert first.shape == (SIDE, SIDE, 3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_plain_is_the_drawing_on_white():
    pixels = np.asarray(plain(cross()))
    assert pixels[0, SIDE - 1].tolist() == [255, 255, 255]
    assert pixels[SIDE // 2, SIDE // 2].max() < 20
    assert is_ink(cross())


@pytest.mark.parametrize("most", [127, 7])
def test_few_bits_lose_less_than_half_a_step(most):
    pytest.importorskip("onnx")
    from tools.mini.graph import codes_of

    weight = np.random.default_rng(0).uniform(-1, 1, (16, 64)).astype(np.float32)
    codes, scale = codes_of(weight, 0, most)
    assert np.abs(codes).max() == most
    assert scale.shape == (16, 1)
    assert np.square(codes * scale - weight).mean() < np.square(scale).mean() / 12 * 1.1


@pytest.mark.parametrize(("bits", "most"), [("half", None), ("int8", 127), ("int4", 7)])
def test_stored_weights_come_back_as_they_were(bits, most):
    onnx = pytest.importorskip("onnx")
    import onnxruntime

    from tools.mini.graph import Graph, codes_of

    weight = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    g = Graph("product")
    given = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 4])
    kept = g.int8(weight, axis=1) if bits == "int8" else getattr(g, bits)(weight)
    model = g.model([given], {"y": (g.add("MatMul", "x", kept), 3)})
    network = onnxruntime.InferenceSession(model.SerializeToString())
    wanted = weight.astype(np.float16) if most is None else np.multiply(*codes_of(weight, 1, most))
    x = np.eye(4, dtype=np.float32)
    np.testing.assert_allclose(network.run(None, {"x": x})[0], wanted, atol=1e-6)


def test_averaged_heads_give_the_mean_of_their_vectors():
    torch = pytest.importorskip("torch")
    from tools.mini.averaging import averaged
    from tools.mini.heads import FEATURES, WIDTH, ImageHead, TextHead
    from tools.mini.train import Model

    def untrained(seed: int) -> Model:
        torch.manual_seed(seed)
        image, text = ImageHead(torch.zeros(FEATURES), torch.ones(FEATURES)), TextHead()
        for weight in (image.down.weight, text.down.weight):
            torch.nn.init.normal_(weight, std=0.05)
        model = Model(image, text, torch.nn.Parameter(torch.tensor(float(seed))))
        model.train(False)
        return model

    models = [untrained(seed) for seed in (1, 2, 3)]
    features, expected = torch.randn(5, FEATURES), torch.randn(5, WIDTH)
    one = averaged(models)
    with torch.no_grad():
        wanted = torch.stack([m.image(features, expected) for m in models]).mean(0)
        torch.testing.assert_close(one.image(features, expected), wanted, rtol=1e-4, atol=1e-4)
        same = averaged([models[0]] * 3)
        torch.testing.assert_close(same.text(expected), models[0].text(expected))
    assert one.log_scale.item() == 2.0


def name_weight(slope=18.0, steep=60.0, bias=0.25):
    """Of a gate that reads the first of the top features alone."""
    pytest.importorskip("torch")
    from tools.mini.heads import TOP, NameWeight

    gate = np.zeros(TOP + 1, np.float32)
    gate[0], gate[-1] = 2, bias
    return NameWeight(slope, steep, gate)


def weigher(by, share=1.5):
    """A graph of the top features alone, as the whole one holds it: the weight times a vector."""
    onnx = pytest.importorskip("onnx")
    from tools.mini.export_heads import risen
    from tools.mini.graph import Graph

    g = Graph("weigher")
    mean = g.add("ReduceMean", g.add("Mul", "top", "top"), g.const(np.array([1])), keepdims=1)
    weight = risen(g, "top", g.add("Sqrt", mean), share, by)
    given = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", columns])
        for name, columns in (("top", 1280), ("e", 1))
    ]
    return g.model(given, {"weighed": (g.add("Mul", "e", weight), 1)})


def weighed(model, top):
    import onnxruntime

    network = onnxruntime.InferenceSession(model.SerializeToString())
    return network.run(None, {"top": top, "e": np.full((len(top), 1), 2, np.float32)})[0]


def tops(*levels):
    """Rows of one value each, so that r is its size."""
    return np.repeat(np.array(levels, np.float32)[:, None], 1280, axis=1)


def test_the_graph_weighs_the_class_name_as_the_head_does():
    by = name_weight()
    model, top = weigher(by), tops(-1.2, 0.1, 0.125, 0.5, 1.0, 1.5)
    import torch

    from tools.mini.heads import FEATURES, ImageHead

    head = ImageHead(torch.zeros(FEATURES), torch.ones(FEATURES))
    torch.nn.init.constant_(head.share, 1.5)
    f = torch.from_numpy(np.concatenate([top, np.full((6, FEATURES - 1280), 9.0, "f4")], 1))
    assert head.weight(f).tolist() == [[1.5]] * 6  # as in training
    head.name_weight = by
    # 1 + 18·max(0, r - 1) + 60·max(0, 2·f[0] + 0.25 - 0.5)
    by_hand = 1.5 * np.array([1 + 3.6, 1, 1, 1 + 45, 1 + 105, 1 + 9 + 165])[:, None]
    np.testing.assert_allclose(head.weight(f).detach().numpy(), by_hand, rtol=1e-5)
    np.testing.assert_allclose(weighed(model, top), 2 * by_hand, rtol=1e-5)


@pytest.mark.parametrize("before", [(0.0, 0.0, 0.0), (18.0, 60.0, 0.25), (3.0, 2.0, -9.0)])
def test_a_rejoined_graph_is_that_of_its_name_weight(before):
    model, by = weigher(name_weight(*before)), name_weight()
    from tools.mini.rejoin import rejoined

    top = tops(*np.linspace(-2, 2, 21))
    found = rejoined(model, by)
    np.testing.assert_allclose(weighed(found, top), weighed(weigher(by), top), rtol=1e-6)
    assert found.graph.initializer[-1].name.startswith("weight.")
    assert rejoined(found, by).SerializeToString() == found.SerializeToString()
    np.testing.assert_array_equal(
        weighed(model, top), weighed(weigher(name_weight(*before)), top)
    )  # a copy


def test_the_weights_that_ship_are_joined_as_the_recipe_says():
    from isthmus.encode.mini import WEIGHTS

    onnx = pytest.importorskip("onnx")
    pytest.importorskip("torch")
    from tools.mini.heads import SHIPPED
    from tools.mini.rejoin import rejoined

    model = onnx.load(WEIGHTS / "image.onnx")
    again = rejoined(model, SHIPPED).SerializeToString(deterministic=True)
    assert again == model.SerializeToString(deterministic=True)


def test_a_gate_parts_what_it_was_fitted_on_and_knows_its_bias():
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    pytest.importorskip("pyarrow")
    from tools.mini.photograph_gate import fitted

    rng = np.random.default_rng(0)
    drawn, shot = rng.normal(size=(300, 1280)), rng.normal(size=(60, 1280))
    shot[:, 7] += 8
    gate = fitted(shot[:40], drawn)
    assert gate.shape == (1281,) and gate.dtype == np.float32
    assert np.abs(gate[:-1]).argmax() == 7 and gate[7] > 0
    d = [some @ gate[:-1] + gate[-1] for some in (shot[40:], drawn)]
    assert np.mean(d[0] > 0) > 0.8 and np.mean(d[1] < 0) > 0.95


def test_the_collection_of_a_photograph_is_its_activity():
    pytest.importorskip("onnx")
    pytest.importorskip("torch")
    pytest.importorskip("pyarrow")
    from tools.mini.photograph_gate import activity

    path = "/gcompris/src/activities/erase/resource/2/image1.webp"
    assert activity(path) == "erase"


def resource(files: dict[str, bytes]) -> bytes:
    """A Qt resource of one folder "d" that holds files, the second of them compressed."""
    names, data, nodes = b"", b"", []

    def named(text: str) -> int:
        nonlocal names
        place = len(names)
        names += struct.pack(">HI", len(text), 0) + text.encode("utf-16-be")
        return place

    children = []
    for number, (name, content) in enumerate(files.items()):
        packed = (
            struct.pack(">I", len(content)) + zlib.compress(content) if number == 1 else content
        )
        children.append(struct.pack(">IHIIQ", named(name), number == 1, 0, len(data), 0))
        data += struct.pack(">I", len(packed)) + packed
    nodes = [
        struct.pack(">IHIIQ", 0, 2, 1, 1, 0),
        struct.pack(">IHIIQ", named("d"), 2, len(files), 2, 0),
        *children,
    ]
    tree = b"".join(nodes)
    places = (20, 20 + len(tree), 20 + len(tree) + len(data))
    return b"qres" + struct.pack(">IIII", 2, *places) + tree + data + names


def test_free_pictures_are_read_from_a_resource_of_qt():
    from tools.mini.gcompris import listed_as_free, resources

    readme = (
        b"Copyright: A\nLicense: CC0-1.0\nFiles:\na.webp\nb.webp\n\n"
        b"Copyright: B\nLicense: GPLv3\nFiles:\nc.webp\n\nLicense: Public Domain\nFiles:\nd.webp"
    )
    files = {"README": readme, "\u00fc.webp": b"x" * 500, "empty.txt": b""}
    assert resources(resource(files)) == {f"/d/{name}": data for name, data in files.items()}
    assert [*listed_as_free(readme.decode())] == ["a.webp", "b.webp", "d.webp"]
