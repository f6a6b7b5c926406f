"""Models of sentence-transformers and of mteb give through isthmus what their libraries give."""

import json

import numpy as np
import pytest

import isthmus
from isthmus.encode.sentences import load
from isthmus.registry import find
from isthmus.types import ExtraMissingError, LoadOptions, RequestError
from tests.encode.pictures import CAPTIONS, close

pytestmark = [
    pytest.mark.st,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
torch = pytest.importorskip("torch")
sentence_transformers = pytest.importorskip("sentence_transformers")
mteb = pytest.importorskip("mteb")


def saved(folder, made):
    """A small random model of transformers as a folder of sentence-transformers."""
    torch.manual_seed(0)
    model = made(folder / "inner").eval()
    for parameter in model.parameters():
        spread = parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.05
        parameter.data.add_(spread * torch.randn_like(parameter))
    model.save_pretrained(folder / "inner")
    whole = sentence_transformers.SentenceTransformer(str(folder / "inner"), device="cpu")
    whole.save(str(folder / "st"))
    return folder / "st"


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    from tests.encode import hf_models

    return saved(tmp_path_factory.mktemp("st-clip"), hf_models.clip)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    from tests.encode import hf_models

    def made(folder):
        hf_models.align(folder)  # for its tokenizer, that of a BERT
        (folder / "preprocessor_config.json").unlink()
        return hf_models.transformers.BertModel(
            hf_models.transformers.BertConfig(**hf_models.TEXT, max_position_embeddings=32)
        )

    return saved(tmp_path_factory.mktemp("st-bert"), made)


def pictures():
    from PIL import Image

    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 255, (40, 60, 3), np.uint8)) for _ in range(3)]


def test_texts_are_the_librarys(bert):
    model = load(str(bert), LoadOptions(device="cpu"))
    assert [*model] == ["text"]
    theirs = sentence_transformers.SentenceTransformer(str(bert), device="cpu")
    close(model["text"].encode(CAPTIONS), theirs.encode(CAPTIONS))
    assert isthmus.embed(f"st:{bert}", CAPTIONS).space == model["text"].space
    long = "dog " * 100
    assert model["text"].truncated([long, "a dog"]) == [True, False]


def test_mixed_lists_are_split_by_modality(clip):
    name = f"st:{clip}"
    model = load(str(clip), LoadOptions(device="cpu"))
    assert {*model} >= {"text", "image"}
    theirs = sentence_transformers.SentenceTransformer(str(clip), device="cpu")
    shown = pictures()
    found = isthmus.embed_all(name, [CAPTIONS[0], shown[0], CAPTIONS[1], shown[1]])
    close(found["text"].vectors, theirs.encode(CAPTIONS[:2]))
    close(found["image"].vectors, theirs.encode(shown[:2]))
    assert found["text"].space == found["image"].space


def test_what_would_run_code_or_is_no_such_folder_is_refused(bert, tmp_path):
    import shutil

    with pytest.raises(RequestError, match="no such folder"):
        load(str(tmp_path / "none"), LoadOptions())
    with pytest.raises(RequestError, match=r"has no modules\.json\); .* hf:"):
        load(str(tmp_path), LoadOptions())
    shutil.copytree(bert, tmp_path / "copy")
    path = tmp_path / "copy" / "modules.json"
    modules = json.loads(path.read_text())
    modules[0]["type"] = "evil.Module"
    path.write_text(json.dumps(modules))
    with pytest.raises(RequestError, match="code that comes with a checkpoint is never run"):
        load(str(tmp_path / "copy"), LoadOptions())


def test_other_weights_or_prompts_are_another_space(bert, tmp_path):
    import shutil

    shutil.copytree(bert, tmp_path / "copy")
    path = tmp_path / "copy" / "config_sentence_transformers.json"
    said = json.loads(path.read_text()) if path.is_file() else {}
    said |= {"prompts": {"ask": "query: "}, "default_prompt_name": "ask"}
    path.write_text(json.dumps(said))
    one, other = (load(str(x), LoadOptions("cpu"))["text"] for x in (bert, tmp_path / "copy"))
    assert one.space != other.space and "query: " in other.preprocessing
    close(other.encode(["a dog"]), one.encode(["query: a dog"]))


def test_any_space_is_an_encoder_of_mteb_and_comes_back(bert, clip, monkeypatch):
    from torch.utils.data import DataLoader

    assert isinstance(isthmus.as_mteb("mini"), mteb.models.EncoderProtocol)
    model = isthmus.as_mteb(f"st:{clip}")
    own = isthmus.load(f"st:{clip}")
    assert set(model.mteb_model_meta.modalities) >= {"text", "image"}
    batches = DataLoader(
        [{"text": one} for one in CAPTIONS], batch_size=2, collate_fn=lambda x: {
            "text": [one["text"] for one in x]
        },
    )  # fmt: skip
    vectors = model.encode(batches, task_metadata=None, hf_split="test", hf_subset="default")
    close(vectors, own["text"].encode(CAPTIONS))
    scores = model.similarity(vectors, vectors)
    pairs = model.similarity_pairwise(vectors, vectors)
    assert scores.diagonal().numpy() == pytest.approx(pairs.numpy(), abs=1e-5)
    both = model.encode([{"text": CAPTIONS[:1], "image": pictures()[:1]}])
    assert both.shape == (1, own["text"].space.dim)
    with pytest.raises(RequestError, match="this batch holds smell"):
        model.encode([{"smell": [1]}])
    with pytest.raises(RequestError, match=r"1 of 2 text items .*not be left out"):
        model.encode([{"text": ["a dog", 3]}])
    monkeypatch.setattr(mteb, "get_model", lambda name, **options: model)
    back = isthmus.load("mteb:isthmus/clip")
    assert {*back} >= {"text", "image"}
    close(back["text"].encode(CAPTIONS), own["text"].encode(CAPTIONS))
    close(back["image"].encode(pictures()), own["image"].encode(pictures()))


def test_mteb_runs_a_task_on_a_space(tmp_path):
    from datasets import Dataset, DatasetDict

    kind = type(mteb.get_task("STS12"))
    task = kind()
    rows = {"sentence1": CAPTIONS, "sentence2": [*CAPTIONS[1:], CAPTIONS[0]]}
    scores = [float(at) for at in range(len(CAPTIONS))]
    task.dataset = DatasetDict(test=Dataset.from_dict(rows | {"score": scores}))
    task.data_loaded = True
    found = mteb.evaluate(isthmus.as_mteb("mini"), task, cache=None)
    assert np.isfinite(found[0].get_score())


@pytest.mark.parametrize(("name", "package"), [("st", "sentence-transformers"), ("mteb", "mteb")])
def test_a_missing_library_is_one_sentence(name, package, monkeypatch):
    import sys

    from isthmus.encode import ENCODERS

    monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    with pytest.raises(ExtraMissingError, match="which is not installed: run  pip install"):
        find("encoders", ENCODERS, name)("x", LoadOptions())
