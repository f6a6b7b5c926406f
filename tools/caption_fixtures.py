"""Writes what the field's own programs say of captions, which tests hold ``measure.texts`` to.

    python -m tools.caption_fixtures

needs ``pip install --no-deps pycocoevalcap`` (1.2) and a Java; all sentences are our own. With
``--coco FILE`` it also prints the hash of the Java program's words of every caption of COCO's
annotations, which themselves stay where they are.
"""

import argparse
import hashlib
import json
import random
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from isthmus.store import read_json

HERE = Path(__file__).parents[1] / "tests/measure/texts"
SEED, ITEMS, REFERENCES = 0, 80, 5
THINGS = (
    "cat", "dog", "owl", "train", "boat", "kettle", "lamp", "chair", "fiddle", "drum", "horse",
    "tractor", "bench", "ladder", "kite", "clock",
)  # fmt: skip
KINDS = (
    "red", "old", "wooden", "tall", "striped", "half-eaten", "well-worn", "sleepy", "bright",
    "two-storey",
)  # fmt: skip
DEEDS = (
    "sits on", "stands beside", "leans against", "is parked near", "isn't far from",
    "looks at", "waits for", "has fallen off", "can't reach",
)  # fmt: skip
PLACES = (
    "the neighbour's wall", "a table", "St. Mary's church", "the U.S. flag", "its owner",
    'a sign that reads "No. 5"', "the children's slide (blue)", "5th Ave.", "a 3-year-old's shoes",
)  # fmt: skip
ENDINGS = (".", "", "!", ", at 10:30 p.m.", "; it's raining.", "...", " ", "?", " - again")


def sentence(rng: random.Random) -> str:
    """A sentence of a made-up picture."""
    article = rng.choice(("A", "The", "One", "a", "this"))
    head = f"{article} {rng.choice(KINDS)} {rng.choice(THINGS)}"
    return f"{head} {rng.choice(DEEDS)} {rng.choice(PLACES)}{rng.choice(ENDINGS)}"


def captions(rng: random.Random) -> tuple[list[str], list[list[str]]]:
    """Predictions and references: some alike, some cut short, some repeating themselves."""
    references = [[sentence(rng) for _ in range(rng.randint(1, REFERENCES))] for _ in range(ITEMS)]
    made: list[str] = []
    for some in references:
        kept, words = rng.choice(some), sentence(rng).split()
        changes = (kept, " ".join(kept.split()[:4]), " ".join(words), f"{kept} {kept}", "kite")
        made.append(rng.choice(changes))
    return made, references


def java_words(lines: Sequence[str]) -> list[list[str]]:
    """Words of each line, cut by the Java program and filtered as coco-caption filters.

    Between any two lines stands one that begins with A, as captions do: where a line ends in a
    letter and a full stop, the program looks at what comes next.
    """
    from pycocoevalcap.tokenizer import ptbtokenizer

    jar = Path(ptbtokenizer.__file__).parent / ptbtokenizer.STANFORD_CORENLP_3_4_1_JAR
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("".join(f"{one}\nA cat .\n" for one in lines))
        file.flush()
        program = ["java", "-Dfile.encoding=UTF-8", "-cp", str(jar)]
        program += ["edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase"]
        done = subprocess.run([*program, file.name], capture_output=True, check=True)
    found = done.stdout.decode().split("\n")[: 2 * len(lines) : 2]
    left_out = set(ptbtokenizer.PUNCTUATIONS)
    kept = (" ".join(w for w in one.rstrip().split(" ") if w not in left_out) for one in found)
    return [one.split() for one in kept]


def scores(predictions: list[list[str]], references: list[list[list[str]]]) -> dict[str, object]:
    """What pycocoevalcap's own scorers say of the same words."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    ours = {number: [" ".join(one)] for number, one in enumerate(predictions)}
    theirs = {number: [" ".join(one) for one in some] for number, some in enumerate(references)}
    bleu, bleu_items = Bleu(4).compute_score(theirs, ours, verbose=0)
    rouge, rouge_items = Rouge().compute_score(theirs, ours)
    cider, cider_items = Cider().compute_score(theirs, ours)
    whole = dict(zip(("BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"), map(float, bleu), strict=True))
    return {
        "scores": {**whole, "ROUGE-L": float(rouge), "CIDEr": float(cider)},
        "items": {
            "BLEU-4": list(map(float, bleu_items[3])),
            "ROUGE-L": list(map(float, rouge_items)),
            "CIDEr": list(map(float, cider_items)),
        },
    }


def digest(words: Sequence[Sequence[str]]) -> str:
    """SHA-256 of words, a line a caption."""
    return hashlib.sha256("\n".join(map(" ".join, words)).encode()).hexdigest()


def main() -> None:
    """Write both files of what is expected."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--coco", type=Path)
    asked = parser.parse_args()
    rng = random.Random(SEED)
    awkward = (HERE / "awkward.txt").read_text(encoding="utf-8").splitlines()
    lines = [*awkward, *(one for line in awkward for one in line.split())]
    lines = list(dict.fromkeys([*lines, *(sentence(rng) for _ in range(200))]))
    rows = [json.dumps(row) for row in zip(lines, java_words(lines), strict=True)]
    (HERE / "java_words.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    predictions, references = captions(rng)
    given = {"predictions": predictions, "references": references}
    cut = [java_words(some) for some in (predictions, *references)]
    expected = {**given, **scores(cut[0], cut[1:])}
    (HERE / "coco_caption.json").write_text(json.dumps(expected, indent=1) + "\n")
    if asked.coco:
        texts = [one["caption"].replace("\n", " ") for one in read_json(asked.coco)["annotations"]]
        print(f"{len(texts):,} captions, words of SHA-256 {digest(java_words(texts))}")


if __name__ == "__main__":
    main()
