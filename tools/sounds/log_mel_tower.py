"""A small log-mel tower trained from nothing against the frozen space `mini`: no YAMNet.

    python -m tools.sounds.log_mel_tower [--bridge picture] [--minutes 12] [--out FOLDER]

The network of ``sounds``. It hears the training and validation parts of `orchestra` and `samples`,
each sound varied anew by rooms, microphones and noise every round, and learns by cross entropy over
the names' text vectors, or over the mean vectors of training pictures of things with that name, as
Wav2CLIP learned from the pictures of videos: sounds of what no picture shows are then left out. It
is scored on `orchestra`'s unseen pitches, by name and by pictures that no training saw, and ships
nowhere: it says what the sounds of the package alone can teach.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from isthmus.arrays import unit
from isthmus.encode import mini
from isthmus.encode.sounds.networks import LogMelNet
from isthmus.encode.sounds.towers import HERTZ, patches
from isthmus.measure.statistics import wilson_interval
from isthmus.read.audio import Waveform, sound
from isthmus.store import read_table, write_json
from isthmus.types import LoadOptions
from isthmus.worlds import load
from tools.sounds import DATA
from tools.sounds.instruments import DRUMS, INSTRUMENTS
from tools.sounds.names import named
from tools.sounds.rooms import varied

BATCH, RATE, SCALE, MOST = 128, 2e-3, 20.0, 3


def seen(waves: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The first patches of sounds, and which sound each is of."""
    rows, of = list[np.ndarray](), list[int]()
    for number, wave in enumerate(waves):
        for _, patch in zip(
            range(MOST), patches(sound(Waveform(wave[:, None], HERTZ))), strict=False
        ):
            rows.append(patch)
            of.append(number)
    return np.stack(rows), np.array(of)


def sounds() -> tuple[list[np.ndarray], list[str], list[np.ndarray], list[str]]:
    """Training sounds with their names, and notes of unseen pitches with theirs."""
    waves, labels, test, wanted = list[np.ndarray](), list[str](), list[np.ndarray](), list[str]()
    for world, extra in (("orchestra", ["held_out"]), ("samples", [])):
        table = read_table(DATA / world / "sounds.parquet", ["name", "split", "sound", *extra])
        for name, split, stored, *held in zip(*table.values(), strict=True):
            if split != "test":
                waves.append(sound(stored).mono(HERTZ))
                labels.append(str(name))
            elif held == ["pitch"]:
                test.append(sound(stored).mono(HERTZ))
                wanted.append(str(name))
    return waves, labels, test, wanted


def pictures(image: Any, splits: Sequence[str]) -> dict[str, np.ndarray]:
    """Unit vectors of drawings by what they show: the mean over styles and worlds."""
    drawn, words = list[Any](), list[str]()
    sounding = {word for one in INSTRUMENTS for word in (one.name, *one.also)}
    recorded = read_table(DATA / "samples/sounds.parquet", ["name"])["name"]
    sounding |= {*DRUMS, *map(str, recorded)}
    for name in ("glyphs", "clipart"):
        world = load(name)
        said = {a: str(world.items["text"][b]).lower() for a, b in world.links["image", "text"]}
        for one in world.items["image"].ids:
            if world.split[one] in splits and said.get(one) in sounding:
                drawn.append(world.items["image"][one])
                words.append(said[one])
    rows, named = unit(image.encode(drawn)), np.array(words)
    return {word: unit(rows[named == word].mean(axis=0)[None])[0] for word in sorted(set(words))}


def everyday(name: str) -> tuple[str, ...]:
    """A sound's name and what people call it less exactly."""
    return next(((one.name, *one.also) for one in INSTRUMENTS if one.name == name), (name,))


def trained(waves: list[np.ndarray], y: np.ndarray, told: np.ndarray, minutes: float) -> Any:
    """The network after some minutes, and how often it heard every sound."""
    rng, net, rounds = np.random.default_rng(0), LogMelNet(told.shape[1]), 0
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.01)
    texts, began = torch.from_numpy(told.astype(np.float32)), time.process_time()
    while (used := (time.process_time() - began) / 60 / minutes) < 1:
        x, of = seen([varied(wave, rng) if rounds else wave for wave in waves])
        order, labels = rng.permutation(len(x)), torch.from_numpy(y[of])
        for start in range(0, len(order) - BATCH, BATCH):
            rows = order[start : start + BATCH]
            optimiser.param_groups[0]["lr"] = RATE * max(1 - used, 0.02)
            v = vectors(net, x[rows])
            loss = nn.functional.cross_entropy(SCALE * v @ texts.T, labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        rounds += 1
        print(rounds, round(float(loss.detach()), 3), flush=True)
    return net, rounds


def vectors(net: LogMelNet, x: np.ndarray) -> torch.Tensor:
    """(n, d) unit vectors of single patches (n, 96, 64)."""
    there = torch.ones(len(x), 1)
    return nn.functional.normalize(net(torch.from_numpy(x)[:, None], there), dim=1)


def share(right: np.ndarray, wanted: Sequence[str]) -> dict[str, Any]:
    """A share with Wilson's interval over names."""
    around = wilson_interval(right.astype(float), np.unique(wanted, return_inverse=True)[1])
    return {"value": round(float(right.mean()), 4), "low": round(around.low, 4),
            "high": round(around.high, 4), "n": len(right)}  # fmt: skip


def main() -> None:
    """Train for some minutes, score, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bridge", choices=("text", "picture"), default="text")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--out", type=Path, default=Path(".build/sounds"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    mini_towers = mini.load("", LoadOptions(workers=1))
    texts, image = mini_towers["text"], mini_towers["image"]
    waves, labels, test, wanted = sounds()
    drawn, new = pictures(image, ("train",)), pictures(image, ("val", "test"))
    shown = {name: [drawn[word] for word in everyday(name) if word in drawn] for name in labels}
    names = sorted({one for one in labels if args.bridge == "text" or shown[one]})
    told = named(texts, names) if args.bridge == "text" else np.stack(
        [unit(np.mean(shown[one], axis=0)[None])[0] for one in names])  # fmt: skip
    kept = [row for row, one in enumerate(labels) if one in names]
    y = np.array([names.index(labels[row]) for row in kept])
    net, rounds = trained([waves[row] for row in kept], y, told, args.minutes)
    x, of = seen(test)
    with torch.inference_mode():
        v = vectors(net.eval(), x).numpy()
    pooled = np.stack([v[of == number].mean(axis=0) for number in range(len(test))])
    every = [one.name for one in INSTRUMENTS]
    right = np.array(every)[(pooled @ named(texts, every).T).argmax(axis=1)] == np.array(wanted)
    found = {
        **share(right, wanted), "bridge": args.bridge, "rounds": rounds, "sounds": len(kept),
        "names": len(names), "parameters": sum(one.numel() for one in net.parameters()),
        "minutes": args.minutes, "pictures": by_pictures(pooled, wanted, new),
    }  # fmt: skip
    write_json(args.out / f"log_mel_{args.bridge}.json", found)
    torch.save(net.state_dict(), args.out / f"log_mel_{args.bridge}.pt")
    print(found)


def by_pictures(pooled: np.ndarray, wanted: list[str], new: dict[str, np.ndarray]) -> Any:
    """Whether the nearest of the things that unseen pictures show is the sounding one."""
    things = list(new)
    asked = [row for row, one in enumerate(wanted) if new.keys() & everyday(one)]
    nearest = (pooled[asked] @ np.stack([new[one] for one in things]).T).argmax(axis=1)
    right = np.array([things[k] in everyday(wanted[row])
                      for k, row in zip(nearest, asked, strict=True)])  # fmt: skip
    return share(right, [wanted[row] for row in asked]) | {"things": things}


if __name__ == "__main__":
    main()
