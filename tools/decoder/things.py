"""Readers of things for photographs: `python -m tools.decoder.things BUILD`, after `kinds`.

A linear reader for each noun of at least `LEAST` training pictures, fitted on imitated photographs
of COCO's training captions; right is what any caption of the picture names.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import torch
from torch.nn import functional as F

import isthmus
from isthmus.decode.weights import FOLDER, quantised
from isthmus.store import write_tensors
from isthmus.train.decoders import photographed, prepared
from tools.decoder.train import lessons

LEAST, STEPS, BATCH, RATE = 12, 1500, 256, 3e-3
LENGTH = 4.0
"""Of the vectors that the readers are fitted on."""
NONE = frozenset(str.split("small young picture photo orang bos sleeping living cut boarding"))
"""Words that are no things, though WordNet has a noun of the name."""


def main(build: Path) -> None:
    """Fit and write into `FOLDER`."""
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    parts = prepared(lessons(build, build / "mini.npz", 32)[0], 0)
    rows = json.loads((build / "sentences.json").read_text("utf-8"))
    words = set(json.loads((build / "run/words.json").read_text("utf-8")))
    train = [i for i, row in enumerate(rows) if row["source"] == "coco" and row["part"] == "train"]
    told: dict[int, set[str]] = defaultdict(set)
    for i in train:
        told[rows[i]["picture"]] |= set(rows[i]["nouns"]) & words - NONE
    counts = Counter(noun for some in told.values() for noun in some)
    nouns = [noun for noun, count in counts.most_common() if count >= LEAST]
    number = {noun: i for i, noun in enumerate(nouns)}
    right = torch.zeros(len(train), len(nouns))
    for j, i in enumerate(train):
        right[j, [number[noun] for noun in told[rows[i]["picture"]] if noun in number]] = 1
    reader = torch.nn.Linear(parts["vectors"].shape[1], len(nouns))
    with torch.no_grad():
        reader.bias.copy_(torch.logit(right.mean(0)))
    tuned, of = torch.optim.AdamW(reader.parameters(), RATE, weight_decay=0.0), torch.tensor(train)
    for step in range(STEPS):
        tuned.param_groups[0]["lr"] = RATE * (1 - step / STEPS)
        some = torch.randint(len(train), (BATCH,), generator=rng)
        seen = LENGTH * photographed(parts, of[some], rng)
        loss = F.binary_cross_entropy_with_logits(reader(seen), right[some], reduction="sum")
        tuned.zero_grad()
        loss.backward()
        tuned.step()
    arrays = {"weights": LENGTH * reader.weight.detach().numpy(),
              "bias": reader.bias.detach().numpy()}  # fmt: skip
    space = isthmus.load("mini")["text"].space.id
    about = {"space": space, "names": json.dumps(nouns)}
    write_tensors(FOLDER / "things.safetensors", quantised(arrays), about)
    print(len(nouns), "nouns, loss a picture", float(loss.detach()) / BATCH)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
