"""JPEG files through a ViT-B/32 image tower: isthmus beside open_clip's own loop.

Web pictures have 0.2 to 0.8 megapixels, camera pictures 12; both are made from a seed, with
structure on every scale. Run in an environment with open_clip: python -m benchmarks.images
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.captions import cpu_ratio, random_checkpoint
from benchmarks.harness import PeakMemory, alternate, write_results
from isthmus.encode.openclip import load
from isthmus.types import LoadOptions

WEB = ((640, 480), (480, 640), (500, 375), (1024, 683), (612, 612), (640, 427), (800, 600))
CAMERA = ((4000, 3000), (3000, 4000))


def write_jpegs(folder: Path, sizes: Sequence[tuple[int, int]], count: int) -> list[Path]:
    """Pictures of these sizes in turn, quality 88, as files."""
    rng = np.random.default_rng(0)
    paths: list[Path] = []
    for number in range(count):
        size = sizes[number % len(sizes)]
        picture = Image.new("RGB", size, (128, 128, 128))
        for step in (256, 64, 16, 4):
            coarse = rng.integers(0, 256, (size[1] // step + 1, size[0] // step + 1, 3))
            layer = Image.fromarray(coarse.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
            picture = Image.blend(picture, layer, 0.3)
        paths.append(folder / f"{size[0]}x{size[1]}-{number}.jpg")
        picture.save(paths[-1], quality=88)
    return paths


def compare(name: str, paths: Sequence[Path], library: Any, encoder: Any) -> dict[str, Any]:
    """Seconds, ratio, agreement and peak memory on these files."""
    import torch

    model, preprocess = library

    def ours() -> np.ndarray:
        return encoder.encode(paths)

    def theirs() -> np.ndarray:
        with torch.inference_mode():
            batch = torch.stack([preprocess(Image.open(path)) for path in paths])
            return model.encode_image(batch).numpy()

    a, b = ours(), theirs()
    cosines = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    with PeakMemory() as memory:
        compared = alternate(ours, theirs)
    print(f"{name}: {compared.ratio:.2f} times the library's loop; cosine >= {cosines.min():.6f}")
    return {
        "files": len(paths),
        "mean kB": round(sum(path.stat().st_size for path in paths) / len(paths) / 1000),
        "smallest cosine to the library's": float(cosines.min()),
        "largest difference": float(np.abs(a - b).max() / np.linalg.norm(b, axis=1).min()),
        "peak resident MB": round(memory.resident),
        "ratio of processor time": round(cpu_ratio(ours, theirs), 3),
        **compared.to_dict(),
    }


def main() -> None:
    """Print and write ratio, agreement and memory on web and on camera pictures."""
    import open_clip
    import torch

    name = "ViT-B-32"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = random_checkpoint(name, folder)
        model, preprocess = open_clip.create_model_from_pretrained(name, pretrained=str(path))
        encoder = load(f"{name}/{path}", LoadOptions(device="cpu"))["image"]
        library = (model.eval(), preprocess)
        found = {
            "web": compare("web", write_jpegs(folder, WEB, 21), library, encoder),
            "12 megapixels": compare("12 MP", write_jpegs(folder, CAMERA, 6), library, encoder),
        }
    write_results("images", {"threads": torch.get_num_threads(), **found})


if __name__ == "__main__":
    main()
