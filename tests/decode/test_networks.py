"""The decoder in NumPy against the torch network that it was trained as, and its search."""

import numpy as np
import pytest

from isthmus.decode.networks import BEGIN, END, LONGEST, SHORTEST, Network, written
from isthmus.decode.weights import plain_arrays, quantised, read_network, write_network
from isthmus.types import RequestError

WORDS = ["[END]", "[BEGIN]", "a", "cat", "dog", "##s", "on", "bed", "red", "fox"]


def toy(seed=0, dim=6, longest=20):
    """A network of random weights."""
    rng = np.random.default_rng(seed)
    wide, heads, prefix, entities = 8, 2, 2, 3

    def of(*shape):
        return rng.normal(size=shape).astype(np.float32)

    arrays = {
        "embed.weight": of(len(WORDS), wide),
        "place": of(prefix + entities + longest, wide),
        "prefix.weight": of(prefix * wide, dim),
        "prefix.bias": of(prefix * wide),
        "entity.weight": of(wide, dim),
        "entity.bias": of(wide),
        "last.weight": of(wide),
        "last.bias": of(wide),
    }
    for layer in range(2):
        for name, shape in (
            ("norm_a", (wide,)), ("norm_b", (wide,)), ("read", (3 * wide, wide)),
            ("write", (wide, wide)), ("inner", (4 * wide, wide)), ("outer", (wide, 4 * wide)),
        ):  # fmt: skip
            arrays[f"blocks.{layer}.{name}.weight"] = 0.5 * of(*shape)
            arrays[f"blocks.{layer}.{name}.bias"] = 0.5 * of(shape[0])
    return Network(arrays, WORDS, heads, longest)


def inputs(n=3, seed=1):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 6)).astype(np.float32)
    entities = rng.normal(size=(n, 3, 6)).astype(np.float32)
    entities[0, 1] = 0
    return vectors, entities


def plainly(network, vectors, entities, lines):
    """Logits of the next word by the torch network, without anything kept."""
    torch = pytest.importorskip("torch", reason="torch is not installed (isthmus[train])")
    from isthmus.train.decoders import Network as Trained
    from isthmus.train.decoders import Shape

    shape = Shape(8, 2, 2, 2, 3, network.longest)
    twin = Trained(shape, 6, len(WORDS)).eval()
    twin.load_state_dict({key: torch.from_numpy(x) for key, x in network.weights.items()})
    there = torch.from_numpy((np.abs(entities).sum(2) > 0).astype(np.float32))
    with torch.no_grad():
        states = twin(*map(torch.from_numpy, (vectors, entities)), there, torch.from_numpy(lines))
        return (states @ twin.embed.weight.T).numpy()


def test_what_is_kept_equals_the_plain_network():
    network, (vectors, entities) = toy(), inputs()
    lines = np.array([[BEGIN, 2, 3, 5], [BEGIN, 4, 6, 7], [BEGIN, 8, 9, 2]])
    plain = plainly(network, vectors, entities, lines)
    logits, state = network.begin(vectors, entities, True)
    np.testing.assert_allclose(logits, plain[:, 0], atol=1e-4)
    for at in range(1, 4):
        logits, state = network.step(lines[:, at], state)
        np.testing.assert_allclose(logits, plain[:, at], atol=1e-4)


def test_a_name_that_is_not_told_is_no_zero_vector_with_a_bias():
    network, (vectors, entities) = toy(), inputs()
    network.weights["entity.bias"][:] += 5
    without = network.begin(vectors, np.zeros_like(entities))[0]
    network.weights["entity.bias"][:] -= 20
    np.testing.assert_allclose(network.begin(vectors, np.zeros_like(entities))[0], without)


def test_likelihoods_are_those_of_sentences_scored_one_by_one():
    """All sentences of at most three word pieces, against a search."""
    network, (vectors, entities) = toy(3, longest=4), inputs(1, 5)
    network.weights["last.bias"][:] += 0.5 * network.weights["embed.weight"][END]
    found = written(network, vectors, entities, 10)[0]

    def log_softmax(x):
        return x - np.log(np.exp(x - x.max()).sum()) - x.max()

    best = []
    stack = [((), 0.0, *network.begin(vectors, entities))]
    while stack:
        line, total, logits, state = stack.pop()
        used = [w for w in line if not WORDS[w].startswith("##") and WORDS[w] not in ("a", "on")]
        logits = logits[0].astype(float).copy()
        logits[[BEGIN, *used, *line[-1:], *([] if line else [END])]] = -1e9
        scores = total + log_softmax(logits)
        if line:
            best.append((scores[END] / (len(line) + 1) ** 0.7, line))
        if len(line) < 3:
            for word in range(2, len(WORDS)):
                if scores[word] > -1e8:
                    more, after = network.step(np.array([word]), state)
                    stack.append(((*line, word), scores[word], more, after))
    scores = {}
    for score, line in sorted(best):
        scores[network.spelled(line)] = score
    assert len(found) > 2 and found == sorted(found, key=lambda one: -one.likelihood)
    for one in found:
        assert one.likelihood == pytest.approx(scores[one.text], abs=1e-4)
    assert found[0].likelihood >= sorted(scores.values())[-3]


def test_scenes_are_neither_short_nor_long_and_begin_as_they_are_told():
    network, (vectors, entities) = toy(4), inputs(5, 7)
    entities = np.repeat(entities[:1], 5, 0)
    starts = np.array([[2, 3], [2, 4], [8, -1], [-1, -1], [9, -1]])
    for number, some in enumerate(written(network, vectors, entities, 3, True, starts)):
        pieces = [one.text.split() for one in some]
        begin = [WORDS[x] for x in starts[number] if x >= 0]
        for one in pieces:
            assert one[: len(begin)] == begin  # a whole word, which nothing goes on
            assert SHORTEST - 5 <= len(one) < LONGEST
            content = [word for word in one if word[:2] not in ("a", "as", "on")]
            assert len(set(content)) == len(content)


def test_the_same_vectors_give_the_same_sentences_alone_or_among_others():
    network, (vectors, entities) = toy(2), inputs(4)
    together = written(network, vectors, entities, 3)
    again = written(network, vectors, entities, 3)
    alone = [written(network, vectors[i : i + 1], entities[i : i + 1], 3)[0] for i in range(4)]
    texts = [[one.text for one in some] for some in together]
    assert together == again
    assert texts == [[one.text for one in some] for some in alone]


def test_eight_bits_are_near_and_travel_through_a_file(tmp_path):
    network = toy()
    near = plain_arrays(quantised(network.weights))
    for name, x in network.weights.items():
        assert np.abs(near[name] - x).max() <= np.abs(x).max() / 127, name
    write_network(tmp_path, network.weights, WORDS, {"space": "s", "heads": 2, "longest": 20})
    read = read_network(tmp_path)
    assert read.words == WORDS and read.entities == 3 and read.dim == 6
    vectors, entities = inputs()
    assert [len(some) > 0 for some in written(read, vectors, entities, 2)] == [True] * 3


def test_a_folder_that_holds_no_decoder_is_refused(tmp_path):
    with pytest.raises(RequestError, match="holds no text decoder"):
        read_network(tmp_path)
    write_network(tmp_path, toy().weights, WORDS[:-1], {"space": "s", "heads": 2, "longest": 20})
    with pytest.raises(RequestError, match="words of two decoders"):
        read_network(tmp_path)
