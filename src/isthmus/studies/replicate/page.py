"""The page of a replication: a table of verdicts, then every claim with its numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence

from isthmus.report import Advice, Fact, Facts, Page, Prose, Section, Table, amount, number, span
from isthmus.studies.pages.common import made_section
from isthmus.studies.replicate.claims.outcomes import VERDICTS, Claim, Outcome, overall


def replication_page(
    claims: Mapping[str, Claim],
    outcomes: Mapping[str, tuple[Outcome, ...]],
    todo: Sequence[Advice],
    seed: int,
) -> Page:
    """The page."""
    verdicts = {name: overall(some) for name, some in outcomes.items()}
    counted = Counter(verdicts.values())
    counts = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict])
    rows = tuple((claim.text, verdicts[name], claim.source) for name, claim in claims.items())
    table = Table("Claims", ("claim", "verdict", "source"), rows)
    data = dict.fromkeys(one.data for some in outcomes.values() for one in some if one.data != "–")
    return Page(
        title=f"Replicate: {amount(len(claims), 'published claim')} in mini on glyphs",
        kicker=f"isthmus replicate · {', '.join(data)}",
        verdict=f"Of {amount(len(claims), 'published claim')} about joint embedding spaces: "
        f"{counts}.",
        todo=todo,
        summary=(
            "When a claim counts as confirmed was fixed in the code before its test was run. A "
            "claim that holds on some of the data only is partly confirmed. Claims that fail stay.",
        ),
        cards=(),
        sections=(
            Section("verdicts", "Verdicts", "", (table,)),
            *(
                _section(name, claim, outcomes[name], verdicts[name])
                for name, claim in claims.items()
            ),
            made_section({"seed": seed}),
        ),
    )


def _section(name: str, claim: Claim, outcomes: tuple[Outcome, ...], verdict: str) -> Section:
    rule = f"The rule. {claim.rule[0].upper()}{claim.rule[1:]}."
    return Section(
        name.replace("_", "-"),
        f"{name.replace('_', ' ').capitalize()}: {verdict}",
        claim.text,
        (Facts(tuple(map(_fact, outcomes))), Prose((rule, claim.source + "."))),
    )


def _fact(one: Outcome) -> Fact:
    found = {
        "value": number(one.value),
        "95 % interval": span(one.interval),
        "chance": number(one.chance),
        "n": f"{one.n:,}" if one.n else "–",
    }
    shown = tuple((name, text) for name, text in found.items() if text != "–")
    return Fact(one.data, one.verdict, one.found, shown)
