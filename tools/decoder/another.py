"""A decoder for any space that encodes texts: `python -m tools.decoder.another SPACE BUILD`.

The sentences of `BUILD` (`tools.decoder.sentences`) are embedded by the space, the same network is
trained for fewer steps, and kept in the cache under the space's id, where `isthmus caption` finds
it. Pictures are imitated by their class's name alone: what the space makes of photographs is not
known.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

import isthmus
from isthmus.decode.weights import write_network
from isthmus.read import spoken
from isthmus.store import cache_folder
from isthmus.train.decoders import Schedule, Shape, fit_decoder
from tools.decoder.train import lessons
from tools.decoder.vectors import gather

SMALL = Shape(width=192, layers=2)


def main() -> None:
    """Embed, train, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("space")
    parser.add_argument("build", type=Path)
    parser.add_argument("--steps", type=int, default=900)
    given = parser.parse_args()
    encoders = isthmus.load(given.space)
    text = encoders[spoken(encoders)]
    vectors, run = given.build / f"{text.space.id}.npz", given.build / f"run-{text.space.id}"
    if not vectors.exists():
        gather(given.build, text, vectors)
    run.mkdir(exist_ok=True)
    learned, words = lessons(given.build, vectors, SMALL.longest)
    classes = np.asarray(learned.classes, np.float32)
    middle = np.asarray(learned.vectors, np.float32).mean(0)
    here = replace(learned, pictures=classes, rests=np.stack([middle, 0 * middle]),
                   rest_weights=np.ones(2, np.float32))  # fmt: skip

    def tell(step: int, loss: float) -> None:
        print(f"step {step} loss {loss:.3f}", flush=True)

    weights = fit_decoder(here, SMALL, Schedule(given.steps), run, tell)
    about = {"space": text.space.id, "heads": SMALL.heads, "longest": SMALL.longest}
    folder = cache_folder() / "decoders" / text.space.id
    write_network(folder, weights, words[: len(weights["embed.weight"])], about)
    print(f"kept in {folder}")


if __name__ == "__main__":
    main()
