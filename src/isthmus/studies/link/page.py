"""The page of links: each with its held-out recall, where the best one fails, how it is used."""

from collections.abc import Sequence

from isthmus.report import PLACE, Advice, Page, Section, number, span
from isthmus.studies.link.request import LinkRequest
from isthmus.studies.pages.common import made_section, rows_table
from isthmus.transform.links import JOINS, Link
from isthmus.transform.links.link import CERTAIN, Share

_LEAD = (
    "Each link was fitted on {fitted:,} pairs and asked to find the partners of {n:,} others among "
    "{gallery:,}. Intervals are Wilson's over held-out objects; chance is the mean over shuffled "
    "pairs, and p says how often shuffled pairs reach the mean reciprocal rank. A link is trusted "
    "where p is at most {p} and an interval lies above chance, and refuses sets otherwise."
)
_WHERE = (
    "The vectors that it was fitted on, in clusters: where held-out items find their partners no "
    "better than by chance, link.doubted(set) names what lies there, and what lies outside."
)


def link_page(
    links: Sequence[Link], verdict: str, todo: Sequence[Advice], request: LinkRequest
) -> Page:
    """The page; ``links`` are the best first."""
    best, trust = links[0], links[0].trust
    lead = _LEAD.format(fitted=trust.fitted, n=trust.hit1.n, gallery=trust.gallery, p=CERTAIN)
    table = rows_table("Links", map(_row, links), text=("verdict",))
    clusters = [
        {"cluster": str(at + 1), **_hits("hit@10", one)} for at, one in enumerate(trust.clusters)
    ]
    where = Section(
        "where", f"Where {best.method} is good", _WHERE, (rows_table("Clusters", clusters),)
    )
    return Page(
        title=f"Link: {best.source.name} to {best.target.name}",
        kicker=f"isthmus link · {trust.fitted + trust.hit1.n:,} pairs of {best.modalities[0]}",
        verdict=verdict,
        summary=(_use(best),),
        todo=tuple(todo),
        cards=(),
        sections=(
            Section("links", "Every link", lead, (table,)),
            where,
            made_section(
                {
                    "from": f"{best.source.name} (id {best.source.id})",
                    "to": f"{best.target.name} (id {best.target.id})",
                    **({"joined": best.about} if best.about else {}),
                    "seed": request.common.seed,
                }
            ),
        ),
    )


def _use(best: Link) -> str:
    joined = best.method in JOINS
    if not best.trusted:
        return "Nothing is kept. Check that equal ids are the same items in both spaces."
    return (
        f'In Python: isthmus.load_link("{PLACE}") takes a set of {best.source.name} and gives one '
        f"of {best.target.name}; {PLACE} stands for the folder that this page lies in."
        + (f" Sets of the other space are led there by the link in {PLACE}/second." * joined)
    )


def _row(one: Link) -> dict[str, str]:
    trust = one.trust
    return {
        "method": one.method,
        "verdict": "trusted" if one.trusted else "refused",
        **_hits("hit@1", trust.hit1),
        **_hits("hit@10", trust.hit10),
        "p": f"{trust.p:.2g}",
    }


def _hits(name: str, share: Share) -> dict[str, str]:
    return {
        name: number(share.value),
        f"{name}, 95 %": span(share.interval),
        f"{name}, chance": number(share.chance),
        f"{name}, n": f"{share.n:,}",
    }
