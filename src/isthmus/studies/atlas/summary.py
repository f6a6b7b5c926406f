"""The head of an atlas: its findings in sentences, and the two numbers of all objects."""

import numpy as np

from isthmus.report import Card, amount, number, span
from isthmus.studies.atlas.inputs import Atlas
from isthmus.types import Result


def summary(found: Atlas) -> tuple[str, ...]:
    """The page in a few sentences."""
    ranks = [one.space.dim for one in found.objects]
    held = [int(getattr(one.results["rank"], "held_out", 0)) for one in found.objects]
    said = [
        f"The views of an object span {np.median(ranks):g} directions that stand out of "
        f"white noise (median of {amount(len(ranks), 'object')}; {min(ranks)} to {max(ranks)}), "
        f"of which {np.median(held):g} help to predict an arc of views that was held out."
    ]
    poses = [one.results["pose"] for one in found.objects if "pose" in one.results]
    if poses:
        error = np.median([pose.value for pose in poses])
        chance = np.median([pose.null.mean for pose in poses])
        said.append(
            f"From an unseen arc, the azimuth is read with a median error of {error:.0f} degrees; "
            f"views dealt anew give {chance:.0f}."
        )
    loops = [one.results["loop"].null.p for one in found.objects if "loop" in one.results]
    if loops:
        closed = sum(p <= 0.05 for p in loops)
        said.append(
            f"{closed} of {len(loops)} turntables make a loop (p at most 0.05 each; "
            f"{0.05 * len(loops):.1f} would by chance)."
        )
    if found.named and (first := found.named.first):
        said.append(
            f"An object's own name is the nearest of {found.named.texts:,} texts for "
            f"{first[0]:.0%} of the objects ({span(first[1])}; chance {number(first[2])})."
        )
    if found.faults:
        said.append(
            f"{amount(len(found.faults), 'item')} could not be used; the last section says why."
        )
    return tuple(said)


def cards(found: Atlas) -> tuple[Card, ...]:
    """The world's numbers with their intervals."""
    wanted = {
        "identity": "Unseen views given to their object",
        "variance": "Variance that is the object",
    }
    return tuple(
        _card(label, found.results[key]) for key, label in wanted.items() if key in found.results
    )


def _card(label: str, result: Result) -> Card:
    low, high = (result.interval.low, result.interval.high) if result.interval else (np.nan,) * 2
    detail = f"{span(result.interval)}, chance {number(result.null.mean)}"
    return Card(label, number(result.value), detail, low, high, result.null.mean)
