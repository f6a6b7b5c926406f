"""The small text decoder in NumPy: its positions in turn, what came before kept, and beam search.

The network is that of ``isthmus.train.decoders``; a test holds both to one another.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from isthmus.records import dataclass

END, BEGIN = 0, 1
"""Numbers of the marks at both ends of a sentence that tells a scene; others begin with the first.
"""
SHORTEST, LONGEST = 7, 16
"""Word pieces of a scene at least and at most, the mark of its end included."""
_PENALTY = 0.7
"""Power of the length that a sentence's log probability is divided by."""
_NEVER = -1e9

AGAIN = frozenset(
    str.split("a an the of in on at to with and is are by for it its , - . ' s one two")
)
"""Words that may come twice."""

State = list[tuple[np.ndarray, np.ndarray]]
"""Keys and values (b, h, t, w/h) of each layer."""


@dataclass(frozen=True)
class Sentence:
    """A sentence that the network wrote."""

    text: str
    likelihood: float
    """Its log probability over its length to the power of 0.7."""


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of a decoder by name, and its vocabulary."""

    weights: Mapping[str, np.ndarray]
    words: Sequence[str]
    """Word pieces, of which those that go on a word begin with ``##``."""
    heads: int = 4

    @cached_property
    def _wide(self) -> int:
        return self.weights["embed.weight"].shape[1]

    @cached_property
    def entities(self) -> int:
        """Positions of names."""
        longest = len(self.weights["place"]) - self.prefix
        return longest - self.longest

    @cached_property
    def prefix(self) -> int:
        """Positions of the vector."""
        return len(self.weights["prefix.bias"]) // self._wide

    longest: int = 32
    """Word pieces of a sentence, the mark of its end included."""

    @property
    def dim(self) -> int:
        """Coordinates of the vectors that it reads."""
        return self.weights["prefix.weight"].shape[1]

    @cached_property
    def layers(self) -> int:
        """Blocks of the network."""
        return len({key.split(".")[1] for key in self.weights if key.startswith("blocks.")})

    @cached_property
    def repeatable(self) -> Bool[np.ndarray, " v"]:
        """Which word pieces may come twice in a sentence."""
        return np.array([word in AGAIN for word in self.words]) | self.endings

    @cached_property
    def endings(self) -> Bool[np.ndarray, " v"]:
        """Which word pieces go on a word."""
        return np.array([word.startswith("##") for word in self.words])

    @cached_property
    def table(self) -> Float[np.ndarray, "w v"]:
        """Word vectors as columns, laid out for products."""
        return np.ascontiguousarray(self.weights["embed.weight"].T)

    def begin(
        self,
        vectors: Float[np.ndarray, "n d"],
        entities: Float[np.ndarray, "n k d"],
        scenes: bool = False,
    ) -> tuple[Float[np.ndarray, "n v"], State]:
        """Logits of the first word, and the state after what comes before the words.

        Args:
            vectors: of length one, or zeros where only the names are told.
            entities: vectors of names, zeros where none is told.
            scenes: whether sentences tell a scene, as captions of photographs do.
        """
        told = (np.abs(entities).sum(2) > 0)[..., None]
        first = self._linear("prefix", vectors).reshape(len(vectors), self.prefix, -1)
        named = self._linear("entity", entities) * told
        words = np.repeat(
            self.weights["embed.weight"][[BEGIN if scenes else END]][None], len(vectors), 0
        )
        return self._forward(np.concatenate([first, named, words], 1), 0, None)

    def step(
        self, words: Int[np.ndarray, " n"], state: State
    ) -> tuple[Float[np.ndarray, "n v"], State]:
        """Logits of the word after these, and the state after them."""
        return self._forward(self.weights["embed.weight"][words][:, None], state[0][0].shape[2],
                             state)  # fmt: skip

    def _forward(
        self, x: Float[np.ndarray, "n t w"], at: int, state: State | None
    ) -> tuple[Float[np.ndarray, "n v"], State]:
        x = x + self.weights["place"][at : at + x.shape[1]]
        kept: State = []
        for layer in range(self.layers):
            before = state[layer] if state else None
            x, one = self._block(f"blocks.{layer}", x, before)
            kept.append(one)
        return self._norm("last", x[:, -1]) @ self.table, kept

    def _block(
        self, name: str, x: Float[np.ndarray, "n t w"], before: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[Float[np.ndarray, "n t w"], tuple[np.ndarray, np.ndarray]]:
        n, t, w = x.shape
        read = self._linear(f"{name}.read", self._norm(f"{name}.norm_a", x))
        q, k, v = read.reshape(n, t, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        if before is not None:
            k, v = np.concatenate([before[0], k], 2), np.concatenate([before[1], v], 2)
        scores = q @ k.swapaxes(2, 3) / np.sqrt(w / self.heads)
        later = np.arange(k.shape[2]) > np.arange(k.shape[2] - t, k.shape[2])[:, None]
        scores = np.where(later, _NEVER, scores)
        seen = _softmax(scores) @ v
        x = x + self._linear(f"{name}.write", seen.transpose(0, 2, 1, 3).reshape(n, t, w))
        inner = _gelu(self._linear(f"{name}.inner", self._norm(f"{name}.norm_b", x)))
        return x + self._linear(f"{name}.outer", inner), (k, v)

    def _linear(self, name: str, x: np.ndarray) -> np.ndarray:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each word piece."""
        return {word: number for number, word in enumerate(self.words)}

    def spelled(self, numbers: Sequence[int]) -> str:
        """Word pieces as a text."""
        text = " ".join(self.words[x] for x in numbers if x not in (END, BEGIN))
        return _joined(text.replace(" ##", ""))


def written(
    network: Network,
    vectors: Float[np.ndarray, "n d"],
    entities: Float[np.ndarray, "n k d"],
    beams: int,
    scenes: bool = False,
    starts: Int[np.ndarray, "n s"] | None = None,
) -> list[list[Sentence]]:
    """Of each vector its likeliest sentences, the best first, by beam search over word pieces.

    No word comes twice but small ones and ends of words, and a scene has ``SHORTEST`` word pieces
    or more. Source of the length penalty:
    Wu et al. 2016 (GNMT), equation 14, in the plain form of a power.

    Args:
        network: what writes.
        vectors: of length one.
        entities: of names, zeros where none is told.
        beams: sentences kept at each word.
        scenes: whether sentences tell a scene.
        starts: numbers of word pieces that each sentence begins with, -1 where it is free.
    """
    n, beams = len(vectors), min(beams, len(network.words))
    logits, state = network.begin(vectors, entities, scenes)
    least = SHORTEST if scenes else 1
    scores = _log_softmax(_allowed(network, logits, np.full((n, 1), BEGIN), True))
    scores = _begun(network, scores, starts, 0)
    first = np.argsort(-scores, axis=1, kind="stable")[:, :beams]
    total = np.take_along_axis(scores, first, 1)
    state = [(np.repeat(k, beams, 0), np.repeat(v, beams, 0)) for k, v in state]
    lines = first[:, :, None]
    done: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in range(n)]
    for length in range(1, LONGEST if scenes else network.longest):
        _finish(done, lines, total, length)
        if (total <= _NEVER).all():
            break
        logits, state = network.step(lines[:, :, -1].ravel(), state)
        scores = _log_softmax(_allowed(network, logits, lines.reshape(-1, length), length < least))
        scores = _begun(network, scores, starts, length)
        lines, total, rows = _grown(lines, total, scores)
        state = [(k[rows], v[rows]) for k, v in state]
    _finish(done, lines, total, lines.shape[2])
    for row, some in enumerate(done):
        if not some:  # cut at the longest
            length = lines.shape[2]
            some.append(
                (float(total[row, 0]) / length**_PENALTY, tuple(int(x) for x in lines[row, 0]))
            )
    return [_sentences(network, some) for some in done]


def _grown(
    lines: np.ndarray, total: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best lines one word longer, the sums of their scores, and the rows that they went on."""
    n, beams = total.shape
    grown = (total[:, :, None] + scores.reshape(n, beams, -1)).reshape(n, -1)
    best = np.argpartition(-grown, beams, axis=1)[:, :beams]
    order = np.argsort(-np.take_along_axis(grown, best, 1), axis=1, kind="stable")
    best = np.take_along_axis(best, order, 1)
    parent, word = np.divmod(best, scores.shape[1])
    kept = np.take_along_axis(lines, parent[:, :, None], 1)
    rows = (np.arange(n)[:, None] * beams + parent).ravel()
    longer = np.concatenate([kept, word[:, :, None]], 2)
    return longer, np.take_along_axis(grown, best, 1), rows


def _finish(done: list[list[tuple[float, tuple[int, ...]]]], lines: np.ndarray, total: np.ndarray,
            length: int) -> None:  # fmt: skip
    """Take finished lines out of the beams."""
    for row, beam in zip(*np.nonzero((lines[:, :, -1] == END) & (total > _NEVER)), strict=True):
        line = tuple(int(x) for x in lines[row, beam, :-1])
        done[row].append((float(total[row, beam]) / length**_PENALTY, line))
        total[row, beam] = 2 * _NEVER
    for row in range(len(total)):  # what is left cannot become better than the best that is done
        if len(done[row]) >= total.shape[1]:
            total[row] = 2 * _NEVER


def _sentences(network: Network, done: Sequence[tuple[float, tuple[int, ...]]]) -> list[Sentence]:
    found: dict[str, float] = {}
    for score, line in sorted(done, reverse=True):
        found.setdefault(network.spelled(line), score)
    return [Sentence(text, score) for text, score in found.items() if text]


def _allowed(network: Network, logits: np.ndarray, lines: np.ndarray, early: bool) -> np.ndarray:
    """Never the mark of the beginning, no word again that may not come again, no early end."""
    used = np.zeros(logits.shape, bool)
    np.put_along_axis(used, lines, ~network.repeatable[lines], 1)
    used[np.arange(len(lines)), lines[:, -1]] = True
    used[:, BEGIN] = True
    used[:, END] = early
    return np.where(used, _NEVER, logits)


def _begun(network: Network, scores: np.ndarray, starts: np.ndarray | None, at: int) -> np.ndarray:
    """Nothing but the word piece that a sentence is to have here, where it is to have one.

    What it begins with is whole: the word piece after it begins a word.
    """
    if starts is None or at > starts.shape[1]:
        return scores
    many = len(scores) // len(starts)
    here = starts[:, at] if at < starts.shape[1] else np.full(len(starts), -1)
    words = np.repeat(here, many)
    after = np.repeat((here < 0) & (at > 0) & (starts[:, max(at - 1, 0)] >= 0), many)
    scores = np.where(after[:, None] & network.endings, 2 * _NEVER, scores)
    rows = np.flatnonzero(words >= 0)
    only = np.full_like(scores, 2 * _NEVER)
    only[rows, words[rows]] = scores[rows, words[rows]].clip(-20)
    return np.where((words >= 0)[:, None], only, scores)


def _softmax(x: np.ndarray) -> np.ndarray:
    raised = np.exp(x - x.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def _log_softmax(x: np.ndarray) -> np.ndarray:
    lower = x - x.max(-1, keepdims=True)
    return lower - np.log(np.exp(lower).sum(-1, keepdims=True))


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))


def _joined(text: str) -> str:
    """Punctuation where it belongs."""
    for mark in ".,!?;:":
        text = text.replace(f" {mark}", mark)
    for mark in ("'", "-", "’"):
        text = text.replace(f" {mark} ", mark)
    return text.strip(" ,;:-")
