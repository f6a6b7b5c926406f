"""What is trained, and how: every choice in one place."""

import dataclasses
from typing import Any, Literal

from isthmus.records import dataclass
from isthmus.registry import find
from isthmus.similarity import DIRECTED, LEARNED, SIMILARITIES
from isthmus.train import HEADS, LOSSES, REGULARISERS, VECTOR_LOSSES
from isthmus.types import RequestError

OWN_SCALE = {"triplet": 1.0, "cloob": 1.0}
"""Losses with a scale of their own: theirs is neither set nor learned."""


@dataclass(frozen=True)
class Recipe:
    """How heads on two towers are trained, and the towers with them."""

    modalities: tuple[str, ...] = ()
    """Two linked modalities that are trained on, such as points text (default: the first two that
    the world links); the first is matched with each further one as well (text image points audio:
    ImageBind's star; points text image: ULIP's, OpenShape's). Of exactly three, where the tower of
    the third is trained too, steps take turns: in even ones it stays as it is, in odd ones it alone
    learns, against the second modality (CLIP Goes 3D)."""
    loss: str = "info_nce"
    """Contrastive loss (see: isthmus parts losses)."""
    similarity: str = "cosine"
    """Similarity that the loss compares by (see: isthmus parts similarities)."""
    regularisers: tuple[str, ...] = ()
    """Added terms with their weights, such as uniformity=0.1 (see: isthmus parts regularisers)."""
    head: str = "linear"
    """Head of each modality: linear, mlp, residual or none."""
    hidden: int = 512
    """Coordinates inside an mlp or residual head, 1 or more."""
    dim: int = 0
    """Coordinates of the new space, 1 or more; 0 takes as many as the old one has."""
    shared: bool = False
    """One more head that both modalities go through after their own."""
    standardise: bool = False
    """Standardise each modality by its own training mean and deviation before its head."""
    freeze: tuple[str, ...] = ()
    """Modalities that stay as they are, such as image or text."""
    towers: tuple[str, ...] = ()
    """Modalities whose towers are trained too, end to end, such as image text (hf:, openclip:,
    fresh:); without any, heads learn from vectors that are embedded once."""
    tower_rate: float = 1e-5
    """Learning rate of the towers at its highest, above 0 and below 10; fresh ones want about
    1e-3."""
    temperature: Literal["learned", "fixed", "scheduled"] = "learned"
    """Whether the scale of the logits is learned, stays, or goes from --scale to --last-scale."""
    scale: float = 0.0
    """Inverse temperature to start with, above 0; 0 takes 20 (10 for the sigmoid loss)."""
    last_scale: float = 100.0
    """Inverse temperature at the end of a scheduled one, and the most of a learned one: above 0."""
    swap: float = 0.0
    """Share of pairs, 0 to 1, whose sides change places before the loss (modality swapping)."""
    pairs: int = 256
    """Pairs in a batch, 2 or more."""
    per_object: int = 1
    """Pairs of each object in a batch, 1 or more; they all match."""
    epochs: int = 30
    """Epochs at most, 1 or more; in one, each object is seen as often as an object has links on
    average."""
    patience: int = 5
    """Epochs without a better score on held-out objects, 1 or more, after which training stops."""
    rate: float = 1e-3
    """Learning rate of AdamW at its highest, above 0 and below 10; it rises for a twentieth and
    then falls to 0."""
    decay: float = 0.01
    """Weight decay, 0 or more."""

    @property
    def start(self) -> float:
        """The inverse temperature to start with."""
        usual = OWN_SCALE.get(self.loss, 10.0 if self.loss == "sigmoid" else 20.0)
        return usual if self.scale == 0 or self.loss in OWN_SCALE else self.scale

    @property
    def further(self) -> tuple[str, ...]:
        """The modalities after the second, which the first one is matched with as well."""
        return self.modalities[2:]

    @property
    def learns_scale(self) -> bool:
        """Whether the temperature is a parameter."""
        return self.temperature == "learned" and self.loss not in OWN_SCALE

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each regulariser by name.

        Raises:
            RequestError: one is not written ``name=weight``.
        """
        found: dict[str, float] = {}
        for text in self.regularisers:
            name, _, weight = text.partition("=")
            try:
                found[name] = float(weight)
            except ValueError:
                raise RequestError(
                    f"A regulariser is written name=weight, such as uniformity=0.1, not {text!r}."
                ) from None
        return found

    @property
    def chain(self) -> str:
        """A short name: loss, similarity, head and what was added."""
        extra = [f"{name} {weight:g}" for name, weight in self.weights.items()]
        marks = {
            f"of {' '.join(self.modalities)}": bool(self.modalities),
            f"{' and '.join(self.towers)} end to end": bool(self.towers),
            "shared trunk": self.shared,
            "standardised": self.standardise,
            f"{' and '.join(self.freeze)} frozen": bool(self.freeze),
            f"swap {self.swap:g}": self.swap > 0,
        }
        marked = (words for words, there in marks.items() if there)
        return ", ".join((self.loss, self.similarity, self.head, *extra, *marked))

    def check(self) -> None:
        """Refuse what cannot be trained.

        Raises:
            RequestError: a number that means nothing, or parts that do not go together.
            UnknownPartError: a part has no such name.
        """
        find("losses", {**LOSSES, **VECTOR_LOSSES}, self.loss)
        find("heads", HEADS, self.head)
        find("similarities", {**SIMILARITIES, **DIRECTED, **LEARNED}, self.similarity)
        for name in self.weights:
            find("regularisers", {**REGULARISERS, **VECTOR_LOSSES}, name)
        for wrong, why in (
            *self._wrong_modalities(),
            *self._wrong_numbers(),
            *self._wrong_parts(),
        ):
            if wrong:
                raise RequestError(why)

    def _wrong_numbers(self) -> list[tuple[bool, str]]:
        counts = (self.pairs, self.hidden, self.per_object, self.epochs, self.patience)
        alone = "A batch of one pair has nothing to be told apart from: --pairs wants 2 or more"
        return [
            (self.pairs < 2, f"{alone}, not {self.pairs}."),
            (min(counts) < 1 or self.dim < 0, "Counts of a recipe are 1 or more."),
            (not 0 < self.rate < 10, f"--rate is above 0 and below 10, not {self.rate}."),
            (
                not 0 < self.tower_rate < 10,
                f"--tower-rate is above 0 and below 10, not {self.tower_rate}.",
            ),
            (self.decay < 0, f"--decay is 0 or more, not {self.decay}."),
            (not 0 <= self.swap <= 1, f"--swap is a share of 0 to 1, not {self.swap}."),
            (
                self.scale < 0 or self.last_scale <= 0,
                "--scale and --last-scale are above 0: they divide by a temperature.",
            ),
        ]

    def _wrong_parts(self) -> list[tuple[bool, str]]:
        return [
            (
                bool({*self.freeze} & {*self.towers}),
                f"--freeze keeps {' and '.join(self.freeze)} and --towers trains "
                f"{' and '.join(self.towers)}: name a modality once.",
            ),
            (
                self.head == "none" and self.dim > 0,
                "Without a head the dimension stays: --head none goes without --dim.",
            ),
            (
                self.head == "none" and not self.towers and self.similarity not in LEARNED,
                "--head none trains nothing by itself: name --towers, or a similarity that is "
                "learned.",
            ),
            (
                self.similarity == "maxsim",
                "maxsim compares many vectors an item; towers here give one.",
            ),
            (
                self.loss == "entailment",
                "Cones alone do not tell pairs apart: use --similarity lorentz --regularisers "
                "entailment=0.2.",
            ),
            (
                self.loss == "angle_contrast",
                "Here the angle is a similarity, with a temperature that is learned: use "
                "--loss info_nce --similarity exterior_angle.",
            ),
            (
                bool(self.freeze) and (self.shared or self.dim > 0),
                "A frozen modality has no head: it goes with neither --shared nor --dim.",
            ),
            (
                bool(self.freeze) and self.similarity in ("lorentz", "exterior_angle"),
                "A frozen modality cannot be lifted on a hyperboloid.",
            ),
        ]

    def _wrong_modalities(self) -> list[tuple[bool, str]]:
        named = self.modalities
        return [
            (
                len(named) == 1 or len(set(named)) < len(named),
                f"--modalities names two different ones or more, not {' '.join(named)}.",
            ),
            (
                bool(named) and not set(self.towers) <= set(named),
                f"--towers names some of --modalities {' '.join(named)}, not "
                f"{' '.join(self.towers)}.",
            ),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **dataclasses.asdict(self),
            "regularisers": list(self.regularisers),
            "towers": list(self.towers),
            "modalities": list(self.modalities),
            "freeze": list(self.freeze),
        }
