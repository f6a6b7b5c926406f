"""Links between spaces: seconds, real names, refusals, and joining by a shared modality.

    python -m benchmarks.links --part PART [--kept FOLDER] [--out links.json]

``names`` reads the class names of ``ISTHMUS_SHARED`` (real CLIP ViT-B/32 texts). ``babel`` trains
fresh towers end to end and heads on ``mini``, which have no weight in common, and joins them by
their texts; ``--kept`` holds what it embeds and trains, so that a second run takes seconds.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import isthmus
from benchmarks.harness import RESULTS
from isthmus.measure.retrieval.hits import hit_at_k
from isthmus.measure.statistics import wilson_interval
from isthmus.transform.links import JOINS, LINKS
from isthmus.types import EmbeddingSet, Items, Links, Space, World

PAIRED = [name for name in LINKS if name != "exmcr"]
N, D, E = 100_000, 512, 512


def vectors(n: int, seed: int, d: int = D, e: int = E) -> tuple[EmbeddingSet, EmbeddingSet]:
    """Two spaces that see the same 64 hidden numbers, each in its own way, with noise."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((n, 64), dtype=np.float32)
    found: list[EmbeddingSet] = []
    for name, dim in (("A", d), ("B", e)):
        mixed = np.tanh(hidden @ rng.standard_normal((64, dim), dtype=np.float32) / 8)
        noise = 0.5 * rng.standard_normal((n, dim), dtype=np.float32)
        ids = tuple(map(str, range(n)))
        found.append(EmbeddingSet(mixed + noise + 1, ids, "text", Space(name, name, dim)))
    return found[0], found[1]


def told(found: isthmus.types.Links | Any) -> dict[str, Any]:
    """The numbers of a link's trust."""
    one = found.trust
    shares = {"hit@1": one.hit1, "hit@10": one.hit10}
    return {
        **{
            name: {"value": x.value, "low": x.interval.low, "high": x.interval.high}
            for name, x in shares.items()
        },
        "n": one.hit1.n,
        "gallery": one.gallery,
        "p": one.p,
        "trusted": one.trusted,
        "doubted clusters": f"{sum(not x.above_chance for x in one.clusters)} of "
        f"{len(one.clusters)}",
    }


def speed(_: Path, only: Sequence[str] = ()) -> dict[str, Any]:
    """Processor seconds of a fit with its judgement, on 100,000 pairs of 512 coordinates."""
    a, b = vectors(N, 0)
    more = tuple(one.take(one.ids[:20_000]) for one in (a, b))
    found: dict[str, Any] = {"pairs": N, "coordinates": [D, E], "threads": os.environ.get(THREADS)}
    for name in only or [*LINKS, *JOINS]:
        through = more if name in ("exmcr", "cmcr") else None
        fit = isthmus.join if name in JOINS else isthmus.link
        start = time.process_time()  # with one thread; others use the machine, too
        link = fit(a, b, method=name, through=through)
        spent = round(time.process_time() - start, 1)
        found[name] = {"seconds": spent, **told(link.a if name in JOINS else link)}
        print(name, found[name], flush=True)
    return found


THREADS = "OMP_NUM_THREADS"


def head_word(name: str) -> str:
    """The last word of a name, without what stands in brackets, as a plain singular."""
    last = name.lower().replace("_", " ").partition("(")[0].replace("-", " ").split()
    word = (last or [name.lower()])[-1]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def shared_names() -> tuple[list[str], np.ndarray]:
    """The class names and their real CLIP ViT-B/32 texts, each name once."""
    folder = Path(os.environ.get("ISTHMUS_SHARED", "../shared")) / "data/clip_vitb32_class_texts"
    names: dict[str, np.ndarray] = {}
    for stem in ("lvis1203", "openimages500", "objects365", "coco80"):
        rows = np.load(folder / f"{stem}.npy").astype(np.float32)
        listed = json.loads((folder / f"{stem}_names.json").read_text("utf-8"))
        for name, row in zip(listed, rows, strict=True):
            names.setdefault(str(name).lower().replace("_", " ").strip(), row)
    return list(names), np.stack([*names.values()])


def names(_: Path) -> dict[str, Any]:
    """``mini``'s texts to CLIP's, names held out by head word; five cuts, beside the strings."""
    listed, rows = shared_names()
    clip = Space("CLIP ViT-B/32 (class texts)", "clip-vitb32-class-texts", rows.shape[1])
    ids = tuple(listed)
    mini = isthmus.embed("mini", {name: f"a {name}" for name in ids}, modality="text")
    real = EmbeddingSet(rows, ids, "text", clip)
    groups = {name: head_word(name) for name in ids}
    found: dict[str, Any] = {"names": len(ids), "head words": len(set(groups.values()))}
    for start, end in ((mini, real), (real, mini)):
        way = f"{start.space.name} to {end.space.name}"
        found[way] = {}
        for method in PAIRED:
            link = isthmus.link(start, end, method=method, groups=groups)
            found[way][method] = told(link)
            print(way, method, found[way][method], flush=True)
    found["nearest name by letters"] = by_letters(mini, groups)
    print(found["nearest name by letters"])
    return found


def by_letters(some: EmbeddingSet, groups: Mapping[str, str]) -> dict[str, Any]:
    """How often the known name with most letters in common lies where the held-out one lies.

    The rule answers a held-out name by the far vector of the known name whose string is nearest.
    """
    import difflib

    from isthmus.lab.linking import _parted

    listed, rows = shared_names()
    clip = EmbeddingSet(rows, tuple(listed), "text", Space("CLIP", "clip", rows.shape[1]))
    cut = _parted(some, clip, None, groups)
    held = [some.ids[row] for row in cut.rows[cut.held][:, 0]]
    known = [some.ids[row] for row in cut.rows[~cut.held][:, 0]]
    near = [difflib.get_close_matches(name, known, 1, 0.0)[0] for name in held]
    queries = EmbeddingSet(
        clip.take(dict.fromkeys(near)).vectors, tuple(dict.fromkeys(near)), "text", clip.space
    )
    scores = queries.unit[[queries.row[name] for name in near]] @ clip.take(held).unit.T
    order = (scores >= scores.diagonal()[:, None]).sum(axis=1)
    heads = np.unique([groups[name] for name in held], return_inverse=True)[1]
    return {f"hit@{k}": within((order <= k).astype(float), heads) for k in (1, 10)} | {
        "n": len(held)
    }


def within(hits: np.ndarray, units: np.ndarray | None = None) -> dict[str, float]:
    """A share with its interval."""
    around = wilson_interval(hits, units)
    return {"value": float(hits.mean()), "low": around.low, "high": around.high}


def trust(_: Path) -> dict[str, Any]:
    """Twenty links on true pairs and twenty on shuffled ones, of each method."""
    listed, rows = shared_names()
    ids = tuple(listed)
    clip = Space("CLIP ViT-B/32 (class texts)", "clip-vitb32-class-texts", rows.shape[1])
    mini = isthmus.embed("mini", {name: f"a {name}" for name in ids}, modality="text")
    real = EmbeddingSet(rows, ids, "text", clip)
    found: dict[str, Any] = {}
    for method in PAIRED:
        accepted = {"true": 0, "shuffled": 0}
        for trial in range(20):
            rng = np.random.default_rng([trial, *b"trust"])
            some = rng.permutation(ids)[:600].tolist()
            a, b = mini.take(some), real.take(some)
            mixed = Links(zip(some, rng.permutation(some).tolist(), strict=True))
            accepted["true"] += isthmus.link(a, b, method=method).trusted
            accepted["shuffled"] += isthmus.link(a, b, mixed, method=method).trusted
        found[method] = {**accepted, "of": 20}
        print(method, accepted, flush=True)
    return {"pairs of each link": 600, **found}


def joined_trust(kept: Path, method: str) -> dict[str, Any]:
    """The same of a method that joins by a shared modality: scenes of ``babel``, 600 shared texts.

    Memories are pictures of one half of the known scenes in A and of the other half in B.
    """
    a, b = spaces(kept)
    known, half = a["text"].ids[:KNOWN], KNOWN // 2
    through = a["image"].take(known[:half]), b["image"].take(known[half:])
    fit = isthmus.join if method in JOINS else isthmus.link
    accepted = {"true": 0, "shuffled": 0}
    for trial in range(20):
        rng = np.random.default_rng([trial, *b"trust"])
        some = rng.permutation(known)[:600].tolist()
        texts = a["text"].take(some), b["text"].take(some)
        mixed = Links(zip(some, rng.permutation(some).tolist(), strict=True))
        accepted["true"] += fit(*texts, method=method, through=through).trusted
        accepted["shuffled"] += fit(*texts, mixed, method=method, through=through).trusted
        print(method, trial + 1, accepted, flush=True)
    return {"shared texts of each link": 600, **accepted, "of": 20}


SCENES, KNOWN = 5_000, 4_000


def scenes(kept: Path) -> World:
    """One thing a scene, drawn once."""
    from PIL import Image

    world = isthmus.worlds.load("babel", n=SCENES, groups=1, size=64, seed=7)
    path = kept / "scenes.npy"
    if not path.is_file():
        drawn = [np.asarray(one.source()) for one in world.items["image"].payload]
        np.save(path, np.stack(drawn))
    pictures = [Image.fromarray(one) for one in np.load(path)]
    ids = world.items["text"].ids
    items = {"image": Items("image", ids, pictures), "text": world.items["text"]}
    split = {name: "train" if at < KNOWN else "test" for at, name in enumerate(ids)}
    links = {("image", "text"): world.links["image", "text"]}
    return World("babel-one", items, links, world.factors, split)


def spaces(kept: Path) -> tuple[dict[str, EmbeddingSet], dict[str, EmbeddingSet]]:
    """Pictures and texts of all scenes in both spaces."""
    kept.mkdir(parents=True, exist_ok=True)
    if not (kept / "b-text").is_dir():
        trained(kept)
    first, second = (
        {m: isthmus.load_set(kept / f"{side}-{m}") for m in ("image", "text")} for side in "ab"
    )
    return first, second


def trained(kept: Path) -> None:
    """Train fresh towers end to end, and heads on ``mini`` on half of the scenes; embed all."""
    from isthmus.studies.evaluate import split_dataset
    from isthmus.studies.fit.run import fit
    from isthmus.studies.fit.training import TrainingData
    from isthmus.studies.shared.dataset import About, Dataset
    from isthmus.train.recipe import Recipe
    from isthmus.train.towers import Towers

    world, both = scenes(kept), ("image", "text")
    ids = world.items["text"].ids
    fresh = Recipe(towers=both, tower_rate=5e-4, head="none", epochs=25, pairs=128, patience=25)
    for side, name, known, recipe in (
        ("a", "fresh", ids[:KNOWN], fresh),
        ("b", "mini", ids[KNOWN // 2 : KNOWN], Recipe(head="mlp", hidden=768, dim=256, epochs=40)),
    ):
        encoders = isthmus.load(name)
        items = {m: world.items[m].take(known) for m in both}
        sets = [isthmus.embed(encoders[m], items[m]) for m in both]
        data = split_dataset(Dataset(sets[0], sets[1], None, About(items=items)), {}, 0)
        towers = Towers(encoders, items, recipe.towers) if recipe.towers else None
        fit(TrainingData(data, towers), [recipe], kept / f"fit-{side}", origin=name)
        mended = isthmus.load(f"mended:{kept / f'fit-{side}'}")
        for m in both:
            isthmus.save(isthmus.embed(mended[m], world.items[m]), kept / f"{side}-{m}")
            print(side, m, flush=True)


def babel(kept: Path) -> dict[str, Any]:
    """Pictures of A find those of B, and texts of B: joined by texts only, or linked with pairs.

    Links are fitted on the known scenes; memories are pictures of one half of them in A and of the
    other half in B, so that no picture is in both.
    """
    a, b = spaces(kept)
    ids = a["text"].ids
    known, unseen, half = ids[:KNOWN], ids[KNOWN:], KNOWN // 2
    asked = a["image"].take(unseen)
    through = a["image"].take(known[:half]), b["image"].take(known[half:])
    texts = a["text"].take(known), b["text"].take(known)
    found: dict[str, Any] = {"unseen scenes": len(unseen), "own": {}}
    for name, own in (("A, fresh towers end to end", a), ("B, MLP heads on mini", b)):
        found["own"][name] = hits(own["image"].take(unseen), own["text"].take(unseen))
    for goal in ("image", "text"):
        far = b[goal].take(unseen)
        paired = isthmus.link(a["image"].take(known), b[goal].take(known), method="contrastive_mlp")
        base = isthmus.link(a["image"].take(known), b[goal].take(known))
        rows: dict[str, Any] = {
            "with pairs, ridge": hits(base.regardless(asked), far),
            "with pairs, contrastive_mlp": hits(paired.regardless(asked), far),
            "texts alone, ridge": hits(isthmus.link(*texts).regardless(asked), far),
        }
        for method in [*LINKS, *JOINS]:
            if method in JOINS:
                joined = isthmus.join(*texts, method=method, through=through)
                moved = joined.a.regardless(asked), joined.b.regardless(far)
            else:
                link = isthmus.link(*texts, method=method, through=through)
                moved = link.regardless(asked), far
            rows[f"joined by texts, {method}"] = hits(*moved)
        best = max(rows[f"with pairs, {name}"]["value"] for name in ("ridge", "contrastive_mlp"))
        found[f"A image to B {goal}"] = {
            name: {**row, "of the best with pairs": round(row["value"] / best, 3)}
            for name, row in rows.items()
        }
        for name, row in found[f"A image to B {goal}"].items():
            print(goal, name, row, flush=True)
    return found


def hits(a: EmbeddingSet, b: EmbeddingSet) -> dict[str, float]:
    """R@1 of queries of a, with its interval."""
    one = hit_at_k(a, b).directions[0]
    assert one.interval
    return {"value": one.value, "low": one.interval.low, "high": one.interval.high, "n": len(a)}


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "speed": speed,
    "names": names,
    "trust": trust,
    "trust of cmcr": partial(joined_trust, method="cmcr"),
    "trust of exmcr": partial(joined_trust, method="exmcr"),
    "babel": babel,
}


def main() -> None:
    """Run one part, or all, and add what was found to the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument(
        "--only", nargs="*", default=[], help="methods of speed; others keep theirs"
    )
    parser.add_argument("--kept", type=Path, default=Path(".build/links"))
    parser.add_argument("--out", type=Path, default=RESULTS / "links.json")
    asked = parser.parse_args()
    for name in asked.part or PARTS:
        found = speed(asked.kept, asked.only) if name == "speed" else PARTS[name](asked.kept)
        record = json.loads(asked.out.read_text("utf-8")) if asked.out.is_file() else {}
        kept = record.get(name, {}) if name == "speed" and asked.only else {}
        asked.out.write_text(
            json.dumps({**record, name: {**kept, **found}}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
