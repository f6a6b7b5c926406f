"""Gibbs sampling: every word of a sentence is put again, in turn, by what all others say.

Zeng et al. 2023, "ConZIC: Controllable Zero-shot Image Captioning by Sampling-Based Polishing",
equation 4: a masked model proposes, the space and the control choose. The embedded model is causal:
there each token is proposed by those before it and the whole sentence is scored again, which is
called ``gibbs`` and is not ConZIC.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from isthmus.decode.guided.constraints import is_plain
from isthmus.decode.guided.masked import MaskedModel
from isthmus.decode.guided.models import prompted
from isthmus.decode.guided.reading import ENDS, words
from isthmus.decode.guided.sampling import BestOfN, drawn
from isthmus.decode.guided.writing import Draft, StuckError, Task
from isthmus.records import dataclass
from isthmus.types import RequestError


@dataclass(frozen=True)
class Gibbs:
    """A sentence of the causal model, each token of it put again by its whole sentence."""

    sweeps: int = 2
    """Times that every token is put again."""
    k: int = 10
    """Candidates of a token: the likeliest behind those before it."""
    weight: float = 0.5
    """Of the cosine in standard deviations, beside the mean log probability."""
    start: BestOfN = BestOfN(n=4)

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft.

        Raises:
            StuckError: no sentence to begin with could be ended.
        """
        draft = self.start(task, rng) if self.weight else drawn(task, rng, self.start)[0]
        before = prompted(task.model, task.prompt)
        for _ in range(self.sweeps):
            for place in rng.permutation(len(draft.ids) - 1):
                draft = self._again(task, draft, before, int(place))
        return draft

    def _again(self, task: Task, draft: Draft, before: list[int], place: int) -> Draft:
        """The draft with the best token in one place, which may be the one that it has."""
        left, right = draft.ids[:place], draft.ids[place + 1 :]
        log_probs = task.model.read([*before, *left]).log_probs[0]
        likely = np.argsort(-log_probs, kind="stable")[: self.k]
        tokens = dict.fromkeys([draft.ids[place], *map(int, likely)])
        rows = [(*left, one, *right) for one in tokens if is_plain(task.model.pieces[one])]
        texts = [task.opening + "".join(task.model.pieces[k] for k in row) for row in rows]
        kept = [
            k for k, text in enumerate(texts)
            if not k or task.asked.fits(task.before, text.strip())
        ]  # fmt: skip
        rows, texts = [rows[k] for k in kept], [texts[k] for k in kept]
        if len(rows) < 2:
            return draft
        found = task.model.log_likelihoods([[*before, *row] for row in rows])
        said = np.array([one[len(before) - 1 :].sum() for one in found])
        joint = said / len(draft.ids)
        if self.weight:
            joint = joint + self.weight * task.standard(task.cosines("", texts))
        best = int(joint.argmax())
        return Draft(rows[best], texts[best], float(said[best]))


@dataclass(frozen=True)
class ConZIC:
    """Words of a masked model, each put again by model, space and control together."""

    sweeps: int = 10
    k: int = 100
    """Candidates of a word."""
    a: float = 0.02
    """Weight of the masked model's probability."""
    b: float = 2.0
    """Weight of the softmax of the candidates' cosines to the target."""
    g: float = 0.1
    """Weight of the control: whether a candidate is one of the words that are favoured."""

    def __call__(self, task: Task, rng: np.random.Generator) -> Draft:
        """A finished draft of as many words as lie in the middle of what is asked.

        Raises:
            RequestError: the language model is not a masked one.
            StuckError: what was asked for is not met after all sweeps.
        """
        model: Any = task.model
        if not isinstance(model, MaskedModel):
            raise RequestError("conzic wants a masked model such as BERT: name its folder.")
        fixed, open_ = self._places(task, rng)
        chosen: list[str] = [fixed.get(k, "") for k in range(len(fixed) + len(open_))]
        for _ in range(self.sweeps):
            for place in rng.permutation(open_):
                chosen[place] = self._again(task, model, chosen, int(place))
        text = f"{' '.join(chosen)}."
        if not task.asked.fits(task.before, text):
            raise StuckError(f"{text!r} is not as it must be.")
        return Draft(tuple(model.encode(text)), text)

    def _places(self, task: Task, rng: np.random.Generator) -> tuple[dict[int, str], list[int]]:
        """Words that stay, by place: the opening's and the required ones; and all other places."""
        least, most = task.asked.words
        begun, wanted = words(task.opening), task.asked.missing(task.opening)
        count = max(len(begun) + len(wanted) + 1, (least + most) // 2)
        free = np.arange(len(begun), count)
        picked = rng.choice(free, len(wanted), replace=False)
        fixed = {**dict(enumerate(begun)), **dict(zip(map(int, picked), wanted, strict=True))}
        return fixed, [k for k in range(count) if k not in fixed]

    def _again(self, task: Task, model: MaskedModel, chosen: Sequence[str], place: int) -> str:
        log_probs = model.fill(task.before, chosen, place)
        found = self._candidates(task, model, log_probs)
        texts = [" ".join(filter(None, [*chosen[:place], one, *chosen[place + 1 :]]))
                 for one in found]  # fmt: skip
        probable = np.exp([log_probs[model.whole[one]] for one in found])
        shares = task.shares(task.cosines("", texts)) if self.b else 0.0
        favoured = np.array([one.lower() in task.asked.favoured for one in found])
        return found[int((self.a * probable + self.b * shares + self.g * favoured).argmax())]

    def _candidates(
        self, task: Task, model: MaskedModel, log_probs: Float[np.ndarray, " v"]
    ) -> list[str]:
        kept = [one for one in model.whole if one.lower() not in task.asked.forbidden]
        kept = [one for one in kept if one[-1] not in ENDS]
        if not kept:
            raise StuckError("The masked model has no word that may be taken.")
        said = log_probs[[model.whole[one] for one in kept]]
        return [kept[k] for k in np.argsort(-said, kind="stable")[: self.k]]
