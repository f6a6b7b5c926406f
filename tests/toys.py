"""Encoders whose every number can be predicted by hand."""

from dataclasses import dataclass, field

import numpy as np

from isthmus.read.image import Picture
from isthmus.types import Credit, EmbeddingSet, ItemError, Items, Links, Space, World

LETTERS = Space("letters", "letters-26", 26, scale=10.0)


def files_of(folder):
    """Bytes of every file in and below a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True)
class Letters:
    """Counts letters: 'abba' is (2, 2, 0, ...). Texts with a '!' cannot be read."""

    modality: str = "text"
    space: Space = LETTERS
    calls: list = field(default_factory=list)

    def encode(self, items):
        self.calls.append(len(items))
        if bad := [item for item in items if "!" in item]:
            raise ItemError(f"{bad[0]!r} has a '!'")
        table = [[item.lower().count(chr(97 + i)) for i in range(26)] for item in items]
        return np.array(table, dtype=np.float32).reshape(len(items), 26)


def toy_set(vectors, modality="image", ids=None, space=None):
    """An EmbeddingSet of any array, in a toy space of its dimension."""
    vectors = np.asarray(vectors, dtype=np.float32)
    space = space or Space("toy", f"toy-{vectors.shape[1]}", vectors.shape[1])
    ids = tuple(ids or map(str, range(len(vectors))))
    return EmbeddingSet(vectors, ids, modality, space)


@dataclass(frozen=True)
class Spelled(Letters):
    """Reads a picture by its file name's letters: a joint space with Letters."""

    modality: str = "image"

    def encode(self, items):
        return super().encode([item.source.decode() for item in items])


def load_letters(_rest="", _options=None):
    """The joint model 'toy': texts and pictures by their letters."""
    return {"image": Spelled(), "text": Letters()}


def load_others(_rest="", _options=None):
    """The joint model 'toy' with other weights."""
    space = Space("letters", "letters-other", 26, scale=10.0)
    return {"image": Spelled(space=space), "text": Letters(space=space)}


def words_world(n=40, faults=()):
    """Pictures whose bytes are words, texts that are those words with one letter added."""
    rng = np.random.default_rng(5)
    words = ["".join(chr(97 + i) for i in rng.integers(0, 26, 8)) for _ in range(n)]
    ids = tuple(f"w{i:02d}" for i in range(n))
    spoiled = [
        word + "!" if name in faults else word for name, word in zip(ids, words, strict=True)
    ]
    texts = [word + chr(97 + i % 26) for i, word in enumerate(words)]
    return World(
        "words",
        {
            "image": Items("image", ids, [Picture(word.encode()) for word in spoiled]),
            "text": Items("text", ids, texts),
        },
        {("image", "text"): Links(zip(ids, ids, strict=True))},
        {
            name: {"label": "early" if word[0] < "n" else "late"}
            for name, word in zip(ids, words, strict=True)
        },
        {name: "train" if i < n // 4 else "test" for i, name in enumerate(ids)},
        credits={name: Credit("CC0-1.0", "made for tests") for name in ids},
    )


def spoiled_world():
    """The world 'words' with two pictures that cannot be read, both in the test split."""
    return words_world(faults=("w20", "w31"))
