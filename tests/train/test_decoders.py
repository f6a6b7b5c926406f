"""Training of a text decoder: it learns, goes on to the same weights, and imitates pictures."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")

from isthmus.train import decoders as training  # noqa: E402
from isthmus.train.decoders import (  # noqa: E402
    Lessons,
    Schedule,
    Shape,
    fit_decoder,
    photographed,
    prepared,
)

SMALL = Shape(16, 1, 2, 1, 2, 6)


def unit(x):
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def lessons(n=24, seed=0):
    """Sentences of two words that their vectors tell."""
    rng = np.random.default_rng(seed)
    tokens = np.zeros((n, 6), np.int32)
    tokens[:, 0], tokens[:, 1] = 2 + np.arange(n) % 4, 6 + np.arange(n) // 4 % 3
    vectors = np.zeros((n, 8))
    vectors[np.arange(n), tokens[:, 0] - 2] = 1
    vectors[np.arange(n), tokens[:, 1] - 2] = 1
    classes = unit(np.eye(8)[:4] + 0.01)
    pictures = unit(np.eye(8)[:4][:, ::-1] + 0.01)
    return Lessons(
        tokens=tokens, vectors=unit(vectors + 0.01 * rng.normal(size=vectors.shape)),
        weights=np.ones(n), pictured=np.arange(n) % 2 == 0, scenes=np.arange(n) % 2 == 0,
        nouns=(tokens[:, :1] - 2).astype(np.int64), noun_vectors=unit(np.eye(8)[:7] + 0.01),
        classes=classes, pictures=pictures, alike=(10 * classes @ classes.T).astype(np.float32),
        rests=0.01 * unit(rng.normal(size=(3, 8))), rest_weights=np.ones(3, np.float32),
        names=unit(rng.normal(size=(5, 8))),
    )  # fmt: skip


def fit(folder, steps, told=None):
    folder.mkdir(exist_ok=True)
    schedule = Schedule(steps, 16, 3, bfloat16=False)
    said = [] if told is None else told
    return fit_decoder(
        lessons(), SMALL, schedule, folder, lambda step, loss: said.append((step, loss))
    )


def test_it_learns_what_the_vectors_tell(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_SAVED", 50)
    told = []
    fit(tmp_path / "a", 400, told)
    assert [step for step, _ in told] == list(range(50, 401, 50))
    assert told[-1][1] < 0.6 * told[0][1]


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "_SAVED", 10)
    whole = fit(tmp_path / "whole", 40)

    def stop(step, _loss):
        if step == 30:
            raise KeyboardInterrupt

    (tmp_path / "cut").mkdir()
    with pytest.raises(KeyboardInterrupt):
        fit_decoder(lessons(), SMALL, Schedule(40, 16, 3, False), tmp_path / "cut", stop)
    again = fit(tmp_path / "cut", 40)
    assert whole.keys() == again.keys()
    for name, x in whole.items():
        np.testing.assert_array_equal(x, again[name])


def test_a_photograph_is_imitated_by_the_picture_of_its_noun():
    parts = prepared(lessons(), 0)
    rows = torch.arange(24)
    found = photographed(parts, rows, torch.Generator().manual_seed(1))
    nearest = (found @ parts["pictures"].T).argmax(1)
    assert (nearest == parts["nouns"][:, 0]).float().mean() > 0.9
    np.testing.assert_allclose(found.norm(dim=1), 1, atol=1e-5)
