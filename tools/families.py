"""Which pictures show variants of one thing, so that no variant of a test object is trained on.

Two objects belong to one family when any of three rules says so; families are the connected
components.

1. *Code* (glyphs): the same sequence of code points after gender signs, skin tones and a leading
   person are removed (woman firefighter = man firefighter = firefighter).
2. *Name*: the same English name after words of gender, colour, size, direction, phase and hour
   are removed (blue heart = green heart), or one of a few series (flags, arrows, clock faces).
3. *Picture*: nearly the same pixels, for glyphs in the mean over the six styles (confused face
   and frowning face), or exactly the same picture in one of them (in black outline a taxi is a
   police car).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float


def words(text: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(text.split())


PEOPLE = {"1F468", "1F469", "1F9D1"}
MODIFIERS = {"2640", "2642", "FE0F", "1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"}
COLOURS = words("red orange yellow green blue purple pink brown black white grey gray")
VARIANT_WORDS = COLOURS | words(
    # gender, age and hair of the same role
    "man woman person men women people male female boy girl child adult old older "
    "hair beard bald blond curly "
    # shade, size and shape of a sign
    "light dark small medium large heavy medium-small "
    # direction, phase and rank
    "left right up down leftwards rightwards upwards downwards upward downward "
    "new first last quarter full waxing waning crescent gibbous 1st 2nd 3rd"
)
SAME_ROLE = {
    "prince": "princess", "merman": "mermaid", "merperson": "mermaid", "mrs. claus": "santa claus",
    "mx claus": "santa claus", "grandfather": "grandmother",
}  # fmt: skip
SERIES_SUBGROUPS = {"country-flag", "subdivision-flag", "arrow", "zodiac"}
SERIES = {
    "clock face": re.compile(r"o’clock|-thirty$"),
    "blood type": re.compile(r"\(blood type\)$"),
    "japanese button": re.compile(r"^Japanese “.*” button$"),
}
LARGE_FAMILY = 10
TEST_SHARE, VAL_SHARE = 0.24, 0.12


def code_family(hexcode: str) -> str:
    """The code points that say what it is, whoever it is."""
    parts = [p for p in hexcode.split("-") if p not in MODIFIERS]
    kept = [p for p in parts if p != "200D"]
    if len(kept) > 1 and kept[0] in PEOPLE:
        kept[0] = "person"
    return "-".join(kept)


def name_family(name: str, subgroup: str) -> str:
    """The name without what varies, or the series that it is one of."""
    if subgroup in SERIES_SUBGROUPS:
        return f"series: {subgroup}"
    for series, pattern in SERIES.items():
        if pattern.search(name):
            return f"series: {series}"
    spoken = re.split(r"[\s:,]+", name.lower())
    rest = " ".join(word for word in spoken if word and word not in VARIANT_WORDS)
    return SAME_ROLE.get(rest, rest) or "person, shape or sign"


def near_pairs(ink: Float[np.ndarray, "n d"], threshold: float) -> list[tuple[int, int]]:
    """Pairs of pictures that differ by less than `threshold` grey levels, root mean square.

    Rows hold each pixel's distance from white paper, as whole numbers: float64 sums of those are
    exact, so that no thread count or library version moves an object to another split. Two pale
    drawings differ little without being alike, so the difference must also be under a tenth of
    the ink of both.
    """
    squares = (ink**2).sum(axis=1)
    limit = threshold**2 * ink.shape[1]
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(ink), 512):
        block = slice(start, start + 512)
        both = squares[block, None] + squares[None, :]
        distance = both - 2 * ink[block] @ ink.T
        i, j = np.nonzero(distance < np.minimum(limit, both // 10))
        pairs += [(a, b) for a, b in zip((i + start).tolist(), j.tolist(), strict=True) if a < b]
    return pairs


def components(n: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """The smallest index of the connected component that each of `n` nodes is in."""
    parent = list(range(n))

    def root(node: int) -> int:
        while parent[node] != node:
            node = parent[node]
        return node

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return [root(node) for node in range(n)]


def chain(keys: Sequence[str] | Sequence[bytes]) -> list[tuple[int, int]]:
    """Pairs that join every two rows of equal key."""
    first: dict[str | bytes, int] = {}
    return [(first.setdefault(key, row), row) for row, key in enumerate(keys)]


def splits(families: Sequence[str], salt: str) -> list[str]:
    """Train, val or test by a hash of the family's name, wherever it stands in the table.

    A family of ten or more goes to train: drawn as a whole it would fill a held-out split with
    one subject.
    """
    sizes: dict[str, int] = defaultdict(int)
    for family in families:
        sizes[family] += 1
    return ["train" if sizes[f] >= LARGE_FAMILY else split_of(f, salt) for f in families]


def split_of(key: str, salt: str) -> str:
    """The split whose share of [0, 1) the hash of salt and key falls into."""
    draw = int.from_bytes(hashlib.sha256(f"{salt}/{key}".encode()).digest()[:8], "big") / 2**64
    return "test" if draw < TEST_SHARE else "val" if draw < TEST_SHARE + VAL_SHARE else "train"
