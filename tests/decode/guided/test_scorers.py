"""Candidates behind a prefix are scored as whole texts are, however little of them is computed."""

import numpy as np
import pytest

from isthmus.arrays import unit
from isthmus.decode.guided.prefixes import scorer_of
from isthmus.decode.guided.scorers import WholeTexts, cut_texts
from isthmus.encode.mini import load as load_mini

torch = pytest.importorskip("torch")

PREFIX = "a photo of a red bicycle that leans"
CANDIDATES = (
    " against",
    " by the lake",
    "",
    " a dog and two people walk along the beach",
    "s",
    "!",
)
STORY = (
    ("a photo", (" of", " with", "s")),
    ("a photo of", (" a", " two", " the house")),
    ("a photo of a", (" dog", " bicycle")),
    ("two people", (" walk", " play chess")),
)


class Counting:
    """An encoder that notes what it was asked."""

    modality = "text"

    def __init__(self):
        self.encoder, self.asked = load_mini()["text"], []
        self.space = self.encoder.space

    def encode(self, items):
        self.asked += items
        return self.encoder.encode(items)


def test_whole_texts_are_encoded_once():
    scorer = WholeTexts(Counting())
    first = scorer.vectors("a red", [" dog", " cat", " dog"])
    assert scorer.encoder.asked == ["a red dog", "a red cat"]
    again = scorer.vectors("a", [" red cat", " red fox"])
    assert scorer.encoder.asked == ["a red dog", "a red cat", "a red fox"]
    assert np.array_equal(again[0], first[1]) and np.array_equal(first[0], first[2])


def test_scores_are_cosines():
    scorer = scorer_of(load_mini()["text"])
    assert isinstance(scorer, WholeTexts)
    target = unit(scorer.encoder.encode(["a dog"]))[0]
    found = scorer.scores("a", [" dog", " ship"], target)
    assert found[0] == pytest.approx(1, abs=1e-5)
    assert found[1] < 0.9


def test_texts_over_the_limit_are_counted():
    encoder = load_mini()["text"]
    assert cut_texts(encoder, ["short", "word " * 300, "long " * 200]) == 2
    assert cut_texts(object(), ["any"]) == 0


@pytest.fixture(scope="module")
def hf_clip(tmp_path_factory):
    pytest.importorskip("transformers")
    from isthmus.encode.hf import load
    from isthmus.types import LoadOptions
    from tests.encode import hf_models

    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    hf_models.clip(folder).eval().save_pretrained(folder)
    return load(str(folder), LoadOptions("cpu"))["text"]


@pytest.mark.hf
def test_a_causal_tower_of_transformers_is_scored_by_prefix(hf_clip):
    check_prefixed(hf_clip)


@pytest.mark.hf
def test_a_tower_whose_tokens_see_what_follows_is_not(hf_clip):
    from dataclasses import replace

    def backwards(inputs):
        return hf_clip.forward({name: array.flip(1) for name, array in inputs.items()})

    assert isinstance(scorer_of(replace(hf_clip, forward=backwards)), WholeTexts)


@pytest.mark.openclip
@pytest.mark.parametrize("name", ["tiny-ViT-B-32", "tiny-custom-text"])
def test_a_causal_tower_of_open_clip_is_scored_by_prefix(name, tmp_path):
    check_prefixed(openclip_tower(name, tmp_path))


@pytest.mark.openclip
def test_a_tower_with_a_class_token_behind_the_text_is_not(tmp_path):
    assert isinstance(scorer_of(openclip_tower("tiny-CoCa", tmp_path)), WholeTexts)


def openclip_tower(name, folder):
    open_clip = pytest.importorskip("open_clip")
    import json

    from isthmus.encode.openclip import load
    from isthmus.types import LoadOptions
    from tests.encode.openclip_models import CONFIGS

    (folder / f"{name}.json").write_text(json.dumps(CONFIGS[name]))
    open_clip.add_model_config(folder / f"{name}.json")
    torch.manual_seed(0)
    model = open_clip.create_model(name)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    config = {"model_cfg": CONFIGS[name], "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return load(f"local-dir:{folder}", LoadOptions("cpu"))["text"]


def check_prefixed(encoder):
    from isthmus.decode.guided.prefixes import Prefixed

    scorer = scorer_of(encoder)
    assert isinstance(scorer, Prefixed)
    counted = []
    tower, read = scorer.tower, type(scorer.tower).read
    try:
        type(tower).read = lambda self, tokens, past: (
            counted.append(tuple(tokens.shape)),
            read(self, tokens, past),
        )[1]
        for prefix, candidates in ((PREFIX, CANDIDATES), *STORY, (PREFIX * 20, (" a", " dog"))):
            plain = unit(encoder.encode([(prefix + one).strip() for one in candidates]))
            assert np.abs(scorer.vectors(prefix, candidates) - plain).max() < 1e-4
        counted.clear()
        scorer.vectors("a dog and two people walk along", [" the", " a"])
        assert counted[0][0] == 1  # the prefix, once
        assert counted[1][1] <= 4  # what is new, and the mark of the end
        counted.clear()
        scorer.vectors("a dog and two people walk along", [" the", " a"])
        assert len(counted) == 1
    finally:
        type(tower).read = read
