"""Do hub remedies help? Skewness of neighbourhoods and R@1 on unseen glyphs, texts to pictures.

    python -m benchmarks.hubs

200 unseen objects, one picture each (noto). The bank is 500 names of training objects, so that no
answer depends on another test query, or the queries themselves.
"""

import argparse

import numpy as np

import isthmus
from benchmarks.harness import write_results
from isthmus.lab import load
from isthmus.measure.neighbourhoods.hubs import skewness
from isthmus.measure.statistics import wilson_interval
from isthmus.scores.hubness import HUB_REMEDIES, unhubbed


def hubbed(scores: np.ndarray, k: int = 10) -> float:
    """Skewness of how often a picture is among a text's k best."""
    best = np.argsort(-scores, axis=1)[:, :k]
    return float(skewness(np.bincount(best.ravel(), minlength=scores.shape[1])[None])[0])


def told(method: str, bank: str, scores: np.ndarray) -> dict[str, object]:
    """One printed row."""
    hit = (scores.argmax(axis=1) == np.arange(len(scores))).astype(float)
    ends = wilson_interval(hit)
    found, skew = float(hit.mean()), hubbed(scores)
    print(f"{method:18} {bank:16} R@1 {found:.3f} {ends}  skewness of the 10-occurrence {skew:.2f}")
    return {
        "method": method,
        "bank": bank,
        "R@1": found,
        "interval": [ends.low, ends.high],
        "skewness": skew,
    }


def main() -> None:
    """Embed, correct, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--space", default="mini")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    encoders, world = load(args.space), isthmus.worlds.load("glyphs")
    rng = np.random.default_rng(args.seed)
    names = np.array(world.items["text"].ids)
    split = np.array([world.split[name] for name in names])
    test = rng.permutation(names[split == "test"])[:200].tolist()
    others = rng.permutation(names[split == "train"])[:500].tolist()
    pictures = isthmus.embed(
        encoders["image"], world.items["image"].take([f"{name}/noto" for name in test])
    ).unit
    texts = isthmus.embed(encoders["text"], world.items["text"].take(test)).unit
    bank = isthmus.embed(encoders["text"], world.items["text"].take(others)).unit @ pictures.T
    plain = texts @ pictures.T
    banks = {"training names": bank, "the queries": plain}
    rows = [told("nothing", "", plain)]
    for kind, known in banks.items():
        for method in HUB_REMEDIES:
            rows.append(told(method, kind, unhubbed(plain, method, known)))
    write_results("hubs", {"space": args.space, "seed": args.seed, "n": len(test), "rows": rows})


if __name__ == "__main__":
    main()
