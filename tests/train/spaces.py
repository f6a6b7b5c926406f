"""Constructed pairs: two rotated, noisy views of one vector, with several pictures an object."""

import numpy as np

from isthmus.measure.statistics.inputs import Pair
from isthmus.studies.evaluate.splits import split_dataset
from isthmus.studies.shared.dataset import Dataset
from isthmus.train.recipe import Recipe
from isthmus.types import EmbeddingSet, Links, Space

D = 12


def study(objects=120, views=2, noise=0.15, seed=0):
    """Pictures and texts of objects, each side seen through a rotation of its own."""
    rng = np.random.default_rng(seed)
    meanings = rng.normal(size=(objects, D))
    turns = [np.linalg.qr(rng.normal(size=(D, D)))[0] for _ in "ab"]
    pictures = np.repeat(meanings, views, axis=0) @ turns[0]
    pictures += noise * rng.normal(size=pictures.shape)
    texts = meanings @ turns[1] + noise * rng.normal(size=meanings.shape)
    names = [f"{one}/{view}" for one in range(objects) for view in range(views)]
    space = Space("two rotations", "rotations", D)
    a = EmbeddingSet(pictures.astype(np.float32), tuple(names), "image", space)
    b = EmbeddingSet(texts.astype(np.float32), tuple(map(str, range(objects))), "text", space)
    return Dataset(a, b, Links((name, name.split("/")[0]) for name in names))


def pair(**how):
    """The same as two sets and rows."""
    dataset = study(**how)
    return Pair(dataset.a, dataset.b, Links.between(dataset.a, dataset.b, dataset.links))


def task(**how):
    """A training of these pairs: ``how`` is its recipe."""
    from isthmus.train.loop import Task

    whole = split_dataset(study(), {}, 0)
    return Task(whole.train.pair, whole.val.pair, Recipe(**how))
