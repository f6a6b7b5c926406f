"""A few ordinary photographs with plain captions, where they are at hand: a sanity check, no more.

Samples of scikit-image and scikit-learn (if installed) and, with ISTHMUS_SHARED, sixteen COCO
pictures with their captions and five others. Never trained or tuned on.
"""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

SKIMAGE = {
    "astronaut.png": "an astronaut", "brick.png": "a brick wall", "camera.png": "man with camera",
    "cell.png": "a cell under the microscope", "chelsea.png": "a cat", "coins.png": "coins",
    "chessboard_RGB.png": "a chessboard", "clock_motion.png": "a clock", "grass.png": "grass",
    "coffee.png": "a cup of coffee", "gravel.png": "gravel", "horse.png": "a horse",
    "hubble_deep_field.jpg": "galaxies in space", "moon.png": "the surface of the moon",
    "motorcycle_left.png": "a motorcycle", "page.png": "a page of a book", "rocket.jpg": "a rocket",
    "retina.jpg": "the retina of an eye", "text.png": "handwritten text",
}  # fmt: skip
SKLEARN = {"china.jpg": "a chinese temple", "flower.jpg": "a flower"}
SHARED = {
    "video_two_clips/cat.png": "a cat",
    "video_two_clips/dog.png": "a dog",
    "objaverse3_bigG14_views_texts/BBQ.jpeg": "a barbecue grill",
    "objaverse3_bigG14_views_texts/toilet.jpeg": "a toilet",
    "objaverse3_bigG14_views_texts/train.jpeg": "a train",
}
COCO = "clip_vitb16_coco500_pairs"


def photographs() -> dict[str, list[tuple[Path, str]]]:
    """(file, caption) by collection."""
    shared = Path(os.environ.get("ISTHMUS_SHARED", "../shared")) / "data"
    places = (
        (package("skimage", "data"), SKIMAGE),
        (package("sklearn", "datasets/images"), SKLEARN),
    )
    samples = [
        (folder / name, caption)
        for folder, captions in (*places, (shared, SHARED))
        for name, caption in captions.items()
        if (folder / name).exists()
    ]
    found = {"samples": samples} if samples else {}
    listed = shared / COCO / "items.json"
    if listed.exists():
        rows = [row for row in json.loads(listed.read_text("utf-8")) if row["jpeg"]]
        found["COCO"] = [(shared / COCO / row["jpeg"], row["caption"].strip()) for row in rows]
    return found


def package(name: str, inside: str) -> Path:
    """A folder inside an installed package, or one that does not exist."""
    spec = find_spec(name)
    return Path(spec.origin).parent / inside if spec and spec.origin else Path("nowhere")
