"""From drawings and names to the bank that training draws from; slow steps are kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tools.mini import cache
from tools.mini.bank import Bank, Maps
from tools.mini.cache import Rendition
from tools.mini.heads import expected_names
from tools.mini.pictures import STYLES, Drawing, clipart, drawn_icons, glyphs, keyed
from tools.mini.texts import Speaker

STRIDES = {
    "glyphs": 7_000_003,
    "clipart": 50_000_017,
    "icons": 1_000_003,
}  # keep the seeds of renditions apart
VERSIONS = {"glyphs": (-1, 0, 1), "clipart": (0, 1), "icons": (0,)}  # -1: plain


@dataclass(frozen=True)
class Shard:
    """One version of one set of drawings."""

    source: str  # glyphs, clipart, icons
    name: str
    drawings: Sequence[Drawing]
    version: int


def shards(worlds: Path, archives: Path, styles: Sequence[str] = tuple(STYLES)) -> list[Shard]:
    """Every version of every set, in a fixed order."""
    sets = [("glyphs", style, glyphs(worlds, style)) for style in styles]
    sets += [("icons", "icons", drawn_icons(archives)), ("clipart", "clipart", clipart(worlds))]
    return [
        Shard(source, f"{name}_{v}", drawings, v)
        for source, name, drawings in sets
        for v in VERSIONS[source]
    ]


def renditions(shard: Shard) -> list[Rendition]:
    """What is to be rendered for a shard."""
    first = STRIDES[shard.source] * (shard.version + (shard.source != "icons"))
    return [
        Rendition(d.picture, -1 if shard.version < 0 else first + d.seed) for d in shard.drawings
    ]


def class_vectors(speaker: Speaker, names: Sequence[str], folder: Path) -> torch.Tensor:
    """(1000, v, 384) sentence vectors of the class names' variants."""
    return speaker.variants([(name, ()) for name in names], 1, folder / "text_classes.npy")


def bank(
    found: Sequence[Shard], tower: bytes, speaker: Speaker, names: torch.Tensor, folder: Path
) -> Bank:
    """Caches under `folder` whatever is not there yet."""
    features, expected, maps, key, vectors = [], [], [], [], []
    groups: dict[str, list[np.ndarray]] = {}
    starts: dict[str, int] = {}
    rows = keys = 0
    for shard in found:
        out = cache.write(renditions(shard), tower, folder / shard.name)
        features.append(torch.from_numpy(np.array(out["features"])))
        maps.append(out["maps"])
        chances = torch.from_numpy(np.array(out["chances"])).float()
        expected.append(expected_names(chances, names[:, 0]).half())
        distinct, number = keyed(shard.drawings)
        if shard.source not in starts:
            starts[shard.source] = keys
            seed = list(STRIDES).index(shard.source) + 2
            vectors.append(
                speaker.variants(
                    [(d.name, d.keywords) for d in distinct],
                    seed,
                    folder / f"text_{shard.source}.npy",
                )
            )
            keys += len(distinct)
        key.append(starts[shard.source] + np.array(number))
        train = np.flatnonzero(
            [d.train and not (d.once and shard.version >= 0) for d in shard.drawings]
        )
        groups.setdefault(shard.source, []).append(rows + train)
        rows += len(shard.drawings)
    joined = {source: np.concatenate(parts) for source, parts in groups.items()}
    seen = torch.cat(features), torch.cat(expected), Maps(maps)
    return Bank(*seen, np.concatenate(key), joined, torch.cat(vectors), names)
