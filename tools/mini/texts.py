"""What is said about a picture: its name, its name in a sentence, its keywords."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from kitoken import Kitoken

from isthmus.encode.mini import cut, word_pieces

TEMPLATES = (
    "a picture of {a}",
    "a photo of {a}",
    "a drawing of {a}",
    "a sketch of {a}",
    "{a}",
    "an illustration of {a}",
    "this is {a}",
    "a painting of {a}",
    "an image showing {a}",
    "{a} on a plain background",
    "a cartoon of {a}",
    "there is {a} in the picture",
    "a close-up of {a}",
    "the {n}",
    "a line drawing of {a}",
    "an icon of {a}",
)
LIMIT = 128  # tokens


def with_article(name: str) -> str:
    """Give it "a" or "an"."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def sentence(name: str, rng: np.random.Generator) -> str:
    """A name in a random template."""
    template = TEMPLATES[int(rng.integers(len(TEMPLATES)))]
    return template.format(a=with_article(name), n=name)


def variants(name: str, keywords: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Four texts of one object: its name, two sentences, and keywords where there are any."""
    texts = [name, sentence(name, rng), sentence(name, rng)]
    if not keywords:
        return [*texts, name]
    some = [str(k) for k in rng.permutation(list(keywords))[: int(rng.integers(1, 4))]]
    return [*texts, ", ".join(some) if rng.random() < 0.5 else ", ".join([name, *some])]


@dataclass(frozen=True)
class Speaker:
    """The frozen text tower with its tokenizer."""

    network: ort.InferenceSession
    tokens: Kitoken

    def variants(
        self, objects: Sequence[tuple[str, Sequence[str]]], seed: int, kept: Path
    ) -> torch.Tensor:
        """(k, 4, 384) vectors of the variants of (name, keywords), from `kept` if that exists."""
        if not kept.exists():
            rng = np.random.default_rng(seed)
            said = [variants(name, keywords, rng) for name, keywords in objects]
            flat = sorted({text for row in said for text in row})
            at = {text: i for i, text in enumerate(flat)}
            vectors = pooled(flat, self.network, self.tokens)
            np.save(kept, np.stack([vectors[[at[text] for text in row]] for row in said]))
        return torch.from_numpy(np.load(kept))


def tokenizer(path: Path, kept: Path) -> Kitoken:
    """Word pieces, neither padded nor cut; what ships is written to `kept`."""
    table = json.loads(path.read_text("utf-8")) | {"padding": None, "truncation": None}
    kept.write_text(json.dumps(table, ensure_ascii=False, separators=(",", ":")), "utf-8")
    return Kitoken.from_tokenizers_file(str(kept))


def pooled(
    texts: Sequence[str], network: ort.InferenceSession, tokens: Kitoken, batch: int = 64
) -> np.ndarray:
    """(n, 384) float32 of the text tower, texts of like length together."""
    found = [cut(row, LIMIT) for row in word_pieces(tokens, texts)]
    out = np.empty((len(texts), 384), np.float32)
    order = np.argsort([len(f) for f in found], kind="stable")
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        ids = np.zeros((len(rows), max(len(found[r]) for r in rows)), np.int64)
        for i, r in enumerate(rows):
            ids[i, : len(found[r])] = found[r]
        out[rows] = network.run(None, {"ids": ids})[0]
    return out
