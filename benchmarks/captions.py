"""Captions of 5 to 20 words through a ViT-B/32 text tower: `isthmus.embed` beside open_clip's loop.

Run in an environment with open_clip: python -m benchmarks.captions
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import PeakMemory, alternate, write_results
from isthmus.encode.openclip import load
from isthmus.lab import embed
from isthmus.types import LoadOptions

WORDS = (
    "a the on in of with two three small large red blue old young white black wooden man woman "
    "child dog cat horse bird car bus train boat bicycle street field kitchen table window tree "
    "river mountain snow beach sitting standing running holding looking eating near behind under "
    "beside sunny evening umbrella motorcycle skateboard refrigerator photograph"
)
CAPTIONS = 256
BATCH = 64


def captions(count: int, rng: np.random.Generator) -> list[str]:
    """Sentences of 5 to 20 common words."""
    lengths = rng.integers(5, 21, count)
    return [" ".join(rng.choice(WORDS.split(), length)) for length in lengths]


def random_checkpoint(name: str, folder: Path) -> Path:
    """A checkpoint of open_clip's architecture with random weights: speed does not know them."""
    import open_clip
    import torch

    torch.manual_seed(0)
    torch.save(open_clip.create_model(name).state_dict(), folder / "random.pt")
    return folder / "random.pt"


def cpu_ratio(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int = 3) -> float:
    """How many times less processor time ours takes, which other programs disturb less."""

    def spent(action: Callable[[], Any]) -> float:
        start = time.process_time()
        action()
        return time.process_time() - start

    pairs = [(spent(ours), spent(theirs)) for _ in range(runs)]
    return statistics.median(b / a for a, b in pairs)


def main() -> None:
    """Print and write the ratio, the largest difference and the peak memory."""
    import open_clip
    import torch

    texts = captions(CAPTIONS, np.random.default_rng(0))
    name = "ViT-B-32"
    with tempfile.TemporaryDirectory() as folder:
        path = random_checkpoint(name, Path(folder))
        model, _ = open_clip.create_model_from_pretrained(name, pretrained=str(path))
        encoder = load(f"{name}/{path}", LoadOptions(device="cpu"))["text"]
    model.eval()
    tokenizer = open_clip.get_tokenizer(name)
    batches = [texts[start : start + BATCH] for start in range(0, CAPTIONS, BATCH)]

    def ours() -> np.ndarray:
        return np.asarray(embed(encoder, texts).vectors)

    def theirs() -> np.ndarray:
        with torch.inference_mode():
            found = [model.encode_text(tokenizer(batch)) for batch in batches]
        return torch.cat(found).numpy()

    a, b = ours(), theirs()
    difference = float(np.abs(a - b).max() / np.linalg.norm(b, axis=1).min())
    with PeakMemory() as memory:
        compared = alternate(ours, theirs)
    values: dict[str, Any] = {
        "captions": CAPTIONS,
        "batch": BATCH,
        "threads": torch.get_num_threads(),
        "largest difference (of vectors at length 1)": difference,
        "peak resident MB": round(memory.resident),
        "ratio of processor time": round(cpu_ratio(ours, theirs), 3),
        **compared.to_dict(),
    }
    print(f"{compared.ratio:.2f} times the library's loop; largest difference {difference:.1e}")
    write_results("captions", values)


if __name__ == "__main__":
    main()
