"""A small log-mel tower trained from nothing against the frozen texts of `mini`: no YAMNet.

    python -m tools.sounds.log_mel_tower [--minutes 12] [--out .build/sounds]

Four convolutions over patches of 96 frames and 64 bands, the mean over time, a linear map. It hears
the training and validation parts of `orchestra` and `samples`, each sound varied anew by rooms,
microphones and noise every round, and learns by cross entropy over the names' text vectors. It is
scored on `orchestra`'s unseen pitches by name, and ships nowhere: it says what the sounds of the
package alone can teach.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from isthmus.encode import mini
from isthmus.encode.sounds import HERTZ, patches
from isthmus.measure.statistics import wilson_interval
from isthmus.read.audio import Waveform, sound
from isthmus.store import read_table, write_json
from isthmus.types import LoadOptions
from tools.sounds import DATA
from tools.sounds.instruments import INSTRUMENTS
from tools.sounds.names import named
from tools.sounds.rooms import varied

WIDTHS, BATCH, RATE, SCALE, MOST = (32, 64, 128, 192), 128, 2e-3, 20.0, 3


class LogMelTower(nn.Module):
    """Patches (n, 96, 64) to vectors (n, d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((1, *WIDTHS[:-1]), WIDTHS, strict=True):
            layers += [nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after)]
            layers.append(nn.ReLU())
        self.maps = nn.Sequential(*layers)
        self.out = nn.Linear(2 * WIDTHS[-1], dim)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 96, 64) log-mel."""
        maps = self.maps((x[:, None] + 4) / 3).flatten(2)
        return self.out(torch.cat([maps.mean(dim=2), maps.amax(dim=2)], dim=1))


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


def main() -> None:
    """Train for some minutes, score, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--out", type=Path, default=Path(".build/sounds"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng, texts = np.random.default_rng(0), mini.load("", LoadOptions(workers=1))["text"]
    waves, labels, test, wanted = sounds()
    names = sorted(set(labels))
    y = torch.tensor([names.index(name) for name in labels])
    told = torch.from_numpy(named(texts, names).astype(np.float32))
    tower, began, rounds = LogMelTower(told.shape[1]), time.perf_counter(), 0
    optimiser = torch.optim.AdamW(tower.parameters(), RATE, weight_decay=0.01)
    while (used := (time.perf_counter() - began) / 60 / args.minutes) < 1:
        x, of = seen([varied(wave, rng) if rounds else wave for wave in waves])
        order = rng.permutation(len(x))
        for start in range(0, len(order) - BATCH, BATCH):
            rows = order[start : start + BATCH]
            optimiser.param_groups[0]["lr"] = RATE * max(1 - used, 0.02)
            v = nn.functional.normalize(tower(torch.from_numpy(x[rows])), dim=1)
            loss = nn.functional.cross_entropy(SCALE * v @ told.T, y[of[rows]])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        rounds += 1
        print(rounds, round(float(loss.detach()), 3), flush=True)
    tower.eval()
    x, of = seen(test)
    with torch.inference_mode():
        v = nn.functional.normalize(tower(torch.from_numpy(x)), dim=1).numpy()
    pooled = np.stack([v[of == number].mean(axis=0) for number in range(len(test))])
    every = [one.name for one in INSTRUMENTS]
    right = np.array(every)[(pooled @ named(texts, every).T).argmax(axis=1)] == np.array(wanted)
    around = wilson_interval(right.astype(float), np.unique(wanted, return_inverse=True)[1])
    found = {
        "value": round(float(right.mean()), 4), "low": round(around.low, 4),
        "high": round(around.high, 4), "n": len(right), "rounds": rounds, "sounds": len(waves),
        "parameters": sum(one.numel() for one in tower.parameters()), "minutes": args.minutes,
    }  # fmt: skip
    write_json(args.out / "log_mel_tower.json", found)
    torch.save(tower.state_dict(), args.out / "log_mel_tower.pt")
    print(found)


if __name__ == "__main__":
    main()
