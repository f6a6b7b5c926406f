"""The page of a replication: a table of verdicts, then every claim with its numbers."""

import math
from collections import Counter
from collections.abc import Mapping

from isthmus.report import Block, Fact, Facts, Page, Prose, Section, Table, html, number
from isthmus.studies.replicate.claims.statements import VERDICTS, Claim, Outcome, overall
from isthmus.studies.shared.provenance import versions


def replication_page(
    claims: Mapping[str, Claim], outcomes: Mapping[str, tuple[Outcome, ...]], seed: int
) -> str:
    """The page as HTML."""
    found = {name: overall(list(some)) for name, some in outcomes.items()}
    counted = Counter(found.values())
    told = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict])
    rows = tuple((claim.says, found[name], claim.source) for name, claim in claims.items())
    table = Table("Claims", ("claim", "verdict", "source"), rows)
    facts = {"seed": str(seed), **versions()}
    made = Table("Versions", ("what", "value"), tuple((k, str(v)) for k, v in facts.items()))
    page = Page(
        title="Published claims, re-tested",
        kicker=f"isthmus replicate · {len(claims)} claims",
        summary=(
            f"Of {len(claims)} published claims about joint embedding spaces: {told}.",
            "When a claim counts as confirmed was fixed in the code before its test was run. A "
            "claim that holds on some of the data only is partly confirmed. Claims that fail stay.",
        ),
        cards=(),
        sections=(
            Section("verdicts", "Verdicts", "", (table,)),
            *(_section(name, claim, outcomes[name], found[name]) for name, claim in claims.items()),
            Section("made", "How this was made", "", (made,)),
        ),
    )
    return html(page)


def _section(name: str, claim: Claim, outcomes: tuple[Outcome, ...], verdict: str) -> Section:
    blocks: list[Block] = [
        Facts(tuple(_fact(one) for one in outcomes)),
        Prose((f"The rule. {claim.rule[0].upper()}{claim.rule[1:]}.", claim.source + ".")),
    ]
    title = f"{name.replace('_', ' ').capitalize()}: {verdict}"
    return Section(name.replace("_", "-"), title, claim.says, tuple(blocks))


def _fact(one: Outcome) -> Fact:
    numbers: list[tuple[str, str]] = []
    if math.isfinite(one.value):
        numbers.append(("value", number(one.value)))
    if math.isfinite(one.low):
        numbers.append(("95 % interval", f"{number(one.low)} to {number(one.high)}"))
    if math.isfinite(one.chance):
        numbers.append(("chance", number(one.chance)))
    if one.n:
        numbers.append(("n", f"{one.n:,}"))
    return Fact(one.data, one.verdict, one.found, tuple(numbers))
