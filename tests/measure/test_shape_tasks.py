"""Tasks on shapes are the tasks on any modality: the numbers do not depend on its name."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.types import Links
from isthmus.worlds.babel.primitives import primitives_world
from tests.toys import toy_set

WORLD = primitives_world(1)
IDS = WORLD.items["text"].ids[::9]
SHAPE = {name: WORLD.factors[name]["shape"] for name in IDS}


def sets(modality):
    rng = np.random.default_rng(0)
    middles = {name: rng.normal(size=16) for name in sorted(set(SHAPE.values()))}
    vectors = [middles[SHAPE[name]] + rng.normal(size=16) for name in IDS]
    texts = [middles[SHAPE[name]] + 0.3 * rng.normal(size=16) for name in IDS]
    classes = toy_set(list(middles.values()), "text", list(middles))
    return toy_set(vectors, modality, IDS), toy_set(texts, "text", IDS), classes


def values(modality):
    shapes, texts, classes = sets(modality)
    links = Links((a, b) for a in IDS[:40] for b in IDS[:40] if SHAPE[a] == SHAPE[b])
    some = (shapes, texts)
    return {
        "zero-shot": measure.zero_shot(shapes, SHAPE, classes).value,
        "linear probe": measure.linear_probe(shapes, SHAPE).value,
        "prototypes": measure.prototype_probe(shapes, SHAPE).value,
        "few-shot": measure.few_shot(shapes, SHAPE).value,
        "itself": measure.class_retrieval(shapes, SHAPE).value,
        "recall": measure.recall_at_k(*some).value,
        "hit": measure.hit_at_k(*some, links).value,
        "ndcg": measure.ndcg(*some, links).value,
        "map": measure.mean_average_precision(*some, links).value,
    }


@pytest.mark.parametrize("modality", ["points", "voxels", "mesh"])
def test_every_task_takes_shapes(modality):
    found = values(modality)
    assert found == values("image")
    assert found["zero-shot"] > 0.6 and found["linear probe"] > 0.6
