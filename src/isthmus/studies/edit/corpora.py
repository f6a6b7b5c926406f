"""Corpora by name: words of one kind, in which an edit moves and outside of which it stays."""

from pathlib import Path

from isthmus.types import RequestError

WORDS: dict[str, tuple[str, ...]] = {
    "emotions": (
        "happy", "sad", "angry", "surprised", "afraid", "disgusted", "calm", "bored", "tired",
        "worried", "proud", "shy", "in love", "confused", "excited", "neutral",
    ),
    "colours": (
        "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white",
        "grey", "cyan",
    ),
    "hair": (
        "long hair", "short hair", "curly hair", "straight hair", "blond hair", "black hair",
        "red hair", "grey hair", "white hair", "a bald head", "a beard", "a moustache",
    ),
    "styles": (
        "photo", "flat icon", "3D render", "line drawing", "black and white outline", "sketch",
        "cartoon", "painting", "silhouette", "glossy icon",
    ),
    "weather": ("sunny", "rainy", "snowy", "cloudy", "foggy", "stormy", "windy", "clear night"),
    "materials": ("wooden", "metal", "glass", "stone", "plastic", "paper", "fabric", "leather"),
}  # fmt: skip


def corpus_words(corpus: str) -> tuple[str, ...]:
    """The words of a corpus.

    Args:
        corpus: a name of ``WORDS``, a file with a word or phrase a line, or words with commas.

    Raises:
        RequestError: none of these, or fewer than two words.
    """
    if corpus in WORDS:
        return WORDS[corpus]
    path = Path(corpus)
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
    elif "," in corpus:
        lines = corpus.split(",")
    else:
        raise RequestError(
            f"There is no corpus {corpus!r}: it is one of {', '.join(WORDS)}, a file with a phrase "
            "a line, or phrases with commas between them."
        )
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if len(words) < 2:
        raise RequestError(f"A corpus wants two different phrases or more; {corpus} has {words}.")
    return words
