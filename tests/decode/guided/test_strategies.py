"""Strategies against what they must be on a language model of sixteen words."""

import contextlib
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.decode.guided import STRATEGIES
from isthmus.decode.guided.beam import Beam
from isthmus.decode.guided.constraints import Constraints
from isthmus.decode.guided.gibbs import ConZIC, Gibbs
from isthmus.decode.guided.magic import Magic, degeneration
from isthmus.decode.guided.models import perplexity, prompted
from isthmus.decode.guided.sampling import BestOfN, drawn
from isthmus.decode.guided.writing import Draft, StuckError, choices, greedy
from isthmus.decode.guided.zerocap import ZeroCap
from isthmus.registry import find
from isthmus.types import RequestError
from tests.decode.guided.toys import PIECES, ToyModel, bigrams, toy_task

RNG = np.random.default_rng


@given(st.integers(0, 30))
def test_magic_without_its_terms_is_greedy_search(seed):
    task = toy_task(seed=seed)
    assert Magic(k=5, a=0.0, b=0.0)(task, RNG(0)) == greedy(task)


@given(st.integers(0, 30))
def test_magic_takes_the_best_sum_of_its_three_terms(seed):
    task = toy_task(seed=seed, opening="the dog runs the")
    context = task.read()
    found = choices(task, task.begun(), context.log_probs[0], 6)
    cosines = task.cosines(task.opening, [one.piece for one in found])
    shares = np.exp(20 * cosines) / np.exp(20 * cosines).sum()
    states = np.eye(len(PIECES)) + 0.1  # a word's own axis, and 0.1 everywhere
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    alike = [max(states[one.token] @ states[k] for k in (0, 4, 7)) for one in found]
    probable = np.exp([one.log_prob for one in found])
    assert PIECES[4] == " dog" and len(set(np.round(alike, 6))) == 2
    for a, b in ((0.3, 1.5), (0.9, 0.1)):
        total = (1 - a) * probable - a * np.array(alike) + b * shares
        assert Magic(k=6, a=a, b=b)(task, RNG(0)).ids[0] == found[int(total.argmax())].token


def test_degeneration_is_the_greatest_cosine():
    states = np.array([[1.0, 0], [0, 2.0]])
    new = np.array([[3.0, 0], [1.0, 1.0]])
    assert degeneration(states, new) == pytest.approx([1, 2**-0.5])


def test_magic_is_steered():
    said = {target: Magic(k=8)(toy_task(target), RNG(0)).text for target in (" ship", " cat")}
    assert "ship" in said[" ship"] and "cat" in said[" cat"]


@given(st.integers(0, 30))
def test_best_of_n_is_the_nearest_of_those_drawn(seed):
    task = toy_task(seed=seed)
    every = drawn(task, RNG(seed), BestOfN(n=9))
    best = max(every, key=lambda one: task.cosines("", [one.text])[0])
    found = BestOfN(n=9)(task, RNG(seed))
    assert len(every) == 9
    assert task.cosines("", [found.text]) == task.cosines("", [best.text])


def test_sentences_are_drawn_as_often_as_the_model_says():
    task = toy_task(asked=Constraints(words=(1, 12)))
    found = choices(task, task.begun(), task.read().log_probs[0], 50)
    likely = np.exp([one.log_prob for one in found])
    every = drawn(task, RNG(0), BestOfN(n=2000, temperature=1.0))
    share = np.mean([one.ids[0] == found[0].token for one in every])
    assert share == pytest.approx(likely[0] / likely.sum(), abs=0.04)


def joint_greedy(task, beam):
    """The best joint score each time."""
    draft, context = task.begun(), task.read()
    while not draft.done:
        found = choices(task, draft, context.log_probs[0], beam.k)
        longer = [draft.plus(one) for one in found]
        scores = [
            (draft.log_prob + one.wanted) / len(new.ids)
            + beam.weight * task.standard(task.cosines("", [new.text]))[0]
            for one, new in zip(found, longer, strict=True)
        ]
        draft = longer[int(np.argmax(scores))]
        context = context.push([draft.ids[-1]])
    return draft


@given(st.integers(0, 30))
def test_a_beam_of_one_is_greedy_in_the_joint_score(seed):
    asked = Constraints(words=(1, 40))
    task, beam = toy_task(seed=seed, asked=asked), Beam(width=1, k=4, weight=0.3)
    with contextlib.suppress(StuckError):
        assert beam(task, RNG(0)) == joint_greedy(task, beam)


def test_a_wider_beam_finds_a_better_sentence():
    def joint(width):
        task, total = toy_task(), 0.0
        for seed in range(12):
            task = toy_task(seed=seed)
            found = Beam(width=width, k=8, weight=0.5)(task, RNG(0))
            total += found.mean + 0.5 * task.standard(task.cosines("", [found.text]))[0]
        return total

    assert joint(6) > joint(1)


def test_gibbs_only_ever_betters_its_score():
    task = toy_task(seed=3)

    def joint(draft):
        return draft.mean + 0.5 * task.standard(task.cosines("", [draft.text]))[0]

    gains = []
    for seed in range(8):
        begun = Gibbs(sweeps=0)(task, RNG(seed))
        found = Gibbs(sweeps=3, k=8)(task, RNG(seed))
        gains.append(joint(found) - joint(begun))
        own = sum(task.model.log_likelihoods([[0, *found.ids]])[0])
        assert found.log_prob == pytest.approx(own, abs=1e-5)
    assert min(gains) >= 0
    assert sum(gains) > 0.5


@pytest.mark.parametrize("name", ["magic", "best-of-n", "beam", "gibbs"])
def test_same_seed_same_text(name):
    strategy = find("strategies", STRATEGIES, name)()
    texts = [strategy(toy_task(), RNG(seed)).text for seed in (4, 4)]
    assert texts[0] == texts[1]


def test_other_seeds_draw_other_sentences():
    assert len({drawn(toy_task(), RNG(k), BestOfN(n=1))[0].text for k in range(8)}) > 3


@pytest.mark.parametrize("name", ["magic", "best-of-n", "beam", "gibbs"])
@pytest.mark.parametrize(
    "asked",
    [
        Constraints(words=(5, 6)),
        Constraints(words=(3, 8), require=("lantern",)),
        Constraints(words=(4, 9), require=("Lantern", "cat"), forbid=("dog", "runs")),
        Constraints(words=(3, 8), forbid=("the", "ship", "cat")),
    ],
)
def test_what_is_asked_is_met(name, asked):
    strategy = find("strategies", STRATEGIES, name)()
    for seed in range(5):
        opening = "a" if "the" in asked.forbid else "the"
        task = toy_task(seed=seed, asked=asked, opening=opening)
        assert asked.fits("", strategy(task, RNG(seed)).text)


def test_what_cannot_be_met_is_told():
    task = toy_task(asked=Constraints(words=(3, 6), forbid=tuple(p.strip() for p in PIECES[:10])))
    for name in ("magic", "best-of-n", "beam"):
        with pytest.raises(StuckError):
            find("strategies", STRATEGIES, name)()(
                replace(
                    task,
                    asked=replace(task.asked, forbid=(*task.asked.forbid, "lantern", "quietly")),
                    opening="",
                ),
                RNG(0),
            )


def test_a_required_word_is_written_whole():
    class Cut(ToyModel):
        def encode(self, text):
            if text == " ships":
                return [PIECES.index(" ship"), PIECES.index("s")]
            return super().encode(text)

    asked = Constraints(words=(3, 7), require=("ships",))
    task = toy_task(model=Cut(bigrams()), asked=asked)
    assert "ships" in Magic(b=0.0)(task, RNG(0)).text
    assert "ships" in BestOfN(n=3)(task, RNG(0)).text


def test_models_of_another_kind_are_refused():
    with pytest.raises(RequestError, match="model of torch"):
        ZeroCap()(toy_task(), RNG(0))
    with pytest.raises(RequestError, match="masked model"):
        ConZIC()(toy_task(), RNG(0))


def test_perplexity_is_that_of_the_table():
    model = ToyModel(bigrams())
    ids = model.encode("the dog runs.")
    loss = -np.mean([model.table[a, b] for a, b in itertools.pairwise(ids)])
    assert perplexity(model, "the", " dog runs.") == pytest.approx(np.exp(loss))


def test_the_end_of_a_long_prompt_is_read():
    model = ToyModel(bigrams(), limit=300)
    ids = prompted(model, "the dog runs. " * 500 + "a cat")
    assert len(ids) == 44
    assert ids[-2:] == model.encode("a cat")


def test_a_draft_knows_when_it_is_done():
    assert not Draft((1,), "It was Mr.").done
    assert not Draft((), "It ended.").done
    assert Draft((1,), "It ended.").done
    assert not Draft((1,), "It ended.", 0.0, (3,)).done
