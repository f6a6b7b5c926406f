"""Pictures and captions that every parity test looks at."""

import io

import numpy as np
from PIL import Image

CAPTIONS = [
    "a dog",
    "Two men in Zürich play chess by the lake; it rains!",
    "",
    "a photo of a red bicycle that leans against the wall of an old house by the sea",
    "cat",
    "A motorcycle with its brake extended standing outside",
]
LONG = "a very long caption that goes on " * 30


def photo(width, height, seed=0):
    """Noise with structure on every scale, as photographs have."""
    rng = np.random.default_rng(seed)
    layers = [
        Image.fromarray(
            rng.integers(0, 255, (height // n + 1, width // n + 1, 3), dtype=np.uint8)
        ).resize((width, height), Image.Resampling.BICUBIC)
        for n in (4, 16, 64)
    ]
    return Image.fromarray(
        np.mean([np.asarray(layer) for layer in layers], axis=0).astype(np.uint8)
    )


def jpeg(width, height, seed=0, quality=90):
    buffer = io.BytesIO()
    photo(width, height, seed).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def write_photos(folder):
    """Pictures of several shapes; JPEGs are too small for scaled decoding even at 64 pixels."""
    sizes = [(320, 240), (240, 321), (100, 80), (223, 224), (640, 480), (333, 777)]
    for number, (width, height) in enumerate(sizes):
        path = folder / f"{number}.{'jpg' if height < 322 else 'png'}"
        photo(width, height, number).save(path)
    return sorted(folder.glob("*.*g"))


def close(ours, theirs):
    """Assert that vectors, at length one, differ by no more than 1e-5."""
    scale = np.linalg.norm(theirs, axis=1, keepdims=True)
    assert np.abs(ours / scale - theirs / scale).max() <= 1e-5


def check_trainable(model, photos):
    """Assert that a loaded model's towers can be trained: vectors as encoded, with slopes."""
    from isthmus.train.towers import Towers
    from isthmus.types import Items

    items = {"image": photos, "text": CAPTIONS}
    named = {m: Items(m, tuple(map(str, range(len(some)))), some) for m, some in items.items()}
    own: dict[str, set[str]] = {}
    for modality, some in items.items():
        towers = Towers(model, named, (modality,))
        units = towers.unit(modality, [str(row) for row in range(len(some))])
        encoded = model[modality].encode(some)
        close(units.detach().numpy() * np.linalg.norm(encoded, axis=1, keepdims=True), encoded)
        (units[0] * units[1]).sum().backward()
        slopes = {name: float(x.grad.abs().sum()) for name, x in towers.parameters.items()}
        assert all(np.isfinite(x) for x in slopes.values())
        assert np.mean([x > 0 for x in slopes.values()]) > 0.5
        own[modality] = set(slopes)
        for x in towers.parameters.values():
            x.grad = None
    assert own["image"] and own["text"] and not own["image"] & own["text"]
