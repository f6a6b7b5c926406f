"""The study of real CLIP embeddings says what was measured independently on them."""

import json

import numpy as np
import pytest

from isthmus.studies.shared.dataset import About, Dataset
from isthmus.studies.study.run import study_dataset
from isthmus.types import EmbeddingSet, Items, Space


@pytest.fixture(scope="module")
def found(shared_data):
    folder = shared_data / "clip_vitb16_coco500_pairs"
    arrays = np.load(folder / "pairs.npz")
    captions = [item["caption"] for item in json.loads((folder / "items.json").read_text())]
    space, ids = Space("CLIP ViT-B/16", "clip", 512, 100.0), tuple(map(str, range(500)))
    a, b = (EmbeddingSet(arrays[name], ids, name, space) for name in ("image", "text"))
    return study_dataset(Dataset(a, b, None, About(items={"text": Items("text", ids, captions)})))


@pytest.mark.slow
def test_the_summary_states_the_known_values(found):
    text = " ".join([found.record["verdict"], *found.record["summary"]])
    for known in ("0.851", "0.310", "0.162", "0.531", "0.515", "55.2%", "50.6%"):
        assert known in text


@pytest.mark.slow
def test_the_advice_is_what_these_numbers_call_for(found):
    titles = [advice["title"] for advice in found.record["advice"]]
    assert "Standardise the scores before mixing modalities" in titles
    assert "Look at the few coordinates that hold the gap" in titles
    assert "Check the links and the preprocessing first" not in titles
    assert "Leave the centroid gap alone" not in titles


@pytest.mark.slow
def test_nothing_failed_and_the_page_is_small(found):
    assert not [reason for reason in found.missing.values() if reason.startswith("failed")]
    assert len(found.page.encode()) < 1_000_000
