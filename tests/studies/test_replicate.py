"""Claims: constructed data in which each holds and in which it fails."""

import json
import re

import numpy as np
import pytest

from isthmus.cli import main
from isthmus.measure.spaces.space_pairs import plug_in_cka
from isthmus.registry import resolve
from isthmus.report import html
from isthmus.studies.replicate.claims import CLAIMS, generated, grids, pairs
from isthmus.studies.replicate.claims import grids as views
from isthmus.studies.replicate.claims.data import ClaimData
from isthmus.studies.replicate.claims.outcomes import (
    VERDICTS,
    Claim,
    NoDataError,
    Outcome,
    overall,
    verdict,
)
from isthmus.studies.replicate.page import replication_page
from isthmus.studies.replicate.request import ReplicateRequest
from isthmus.studies.replicate.run import outcomes_of, run
from isthmus.studies.shared import About, Dataset
from isthmus.types import EmbeddingSet, Interval, RequestError, Space

N, D = 240, 32


def joint(gap=None, shared=1.0, noise=0.3, cone=0.0, seed=0, n=N):
    """Linked sets around ±gap / 2 whose pairs share a Gaussian part."""
    rng = np.random.default_rng(seed)
    gap = np.zeros(D) if gap is None else gap
    same = shared * rng.normal(size=(n, D)) / np.sqrt(D)
    tip = np.zeros(D)
    tip[-1] = cone
    both = [
        same + noise * rng.normal(size=(n, D)) / np.sqrt(D) + tip + side * gap / 2
        for side in (1, -1)
    ]
    space, ids = Space("made", "made", D), tuple(map(str, range(n)))
    sets = [
        EmbeddingSet(rows.astype(np.float32), ids, modality, space)
        for rows, modality in zip(both, ("image", "text"), strict=True)
    ]
    return Dataset(sets[0], sets[1], about=About("made"))


def along(*coordinates, size=2.0):
    gap = np.zeros(D)
    gap[list(coordinates)] = size
    return gap


def spread_gap(size):
    return np.full(D, size / np.sqrt(D))


@pytest.mark.parametrize(
    ("test", "holds", "fails"),
    [
        (pairs.intra_above_inter, joint(along(0, size=6.0)), joint(noise=0.1)),
        (pairs.separable, joint(along(0, size=4.0)), joint()),
        (pairs.few_coordinates, joint(along(0, 1, size=3.0)), joint(spread_gap(3.0))),
        (pairs.mixed_gallery_fails, joint(along(0, size=3.0)), joint(noise=0.2)),
        (pairs.centring_keeps_retrieval, joint(along(0), noise=0.1), None),
        (pairs.conformity, joint(cone=1.5, n=1500), joint()),
    ],
)
def test_claims_about_pairs(test, holds, fails):
    rng = np.random.default_rng(0)
    assert test(holds, rng).verdict == "confirmed"
    if fails is not None:
        assert test(fails, rng).verdict == "not confirmed"


def test_images_outside_the_span_of_texts():
    rng = np.random.default_rng(0)
    space, ids = Space("made", "made", 200), tuple(map(str, range(N)))
    text = np.zeros((N, 200), np.float32)
    text[:, :60] = rng.normal(size=(N, 60))
    for rows, expected in ((slice(100, 160), "confirmed"), (slice(0, 60), "not confirmed")):
        image = np.zeros((N, 200), np.float32)
        image[:, rows] = rng.normal(size=(N, 60))
        some = Dataset(EmbeddingSet(image, ids, "image", space), _text(text, ids, space))
        found = pairs.span_energies(some, np.random.default_rng(1))
        assert found.verdict in (expected, "partly" if expected == "not confirmed" else expected)
        assert found.value == pytest.approx(0.0 if expected == "confirmed" else 1.0, abs=1e-6)


def _text(rows, ids, space):
    return EmbeddingSet(rows, ids, "text", space)


def test_grids_that_are_sums_and_grids_that_are_not():
    rng = np.random.default_rng(0)
    things, styles = rng.normal(size=(30, 1, D)), 3 * rng.normal(size=(1, 4, D))
    summed = things + styles
    assert grids.hits(summed, True).all()
    found = grids.composed(summed, "made")
    assert found.verdict == "confirmed"
    alone = rng.normal(size=(30, 4, D))
    assert grids.composed(alone, "made").verdict == "not confirmed"
    assert grids.composed(alone, "made").value < 0.2


def test_views_of_objects_and_views_of_nothing():
    rng = np.random.default_rng(0)
    made = rng.normal(size=(3, 1, D)) + 0.2 * rng.normal(size=(3, 12, D))
    assert views.named_by_subspace(made, "made").verdict == "confirmed"
    assert views.named_by_subspace(rng.normal(size=(3, 12, D)), "x").verdict == "not confirmed"


def test_generated_claims_and_their_closed_forms(tmp_path):
    data, rng = ClaimData(tmp_path), np.random.default_rng(0)
    cone = generated.cone_at_random(data, rng)
    assert cone.verdict == "confirmed"
    x = rng.normal(size=(400, 300))
    y = rng.normal(size=(400, 300))
    assert plug_in_cka(x, y) == pytest.approx(300 / 700, abs=0.02)
    assert plug_in_cka(x, x) == pytest.approx(1)
    assert generated.mean_cosine(np.ones((5, 3))) == pytest.approx(1)
    assert generated.occurrence_skewness(x) > 1 > abs(generated.occurrence_skewness(x[:, :3]))


def test_verdicts_over_several_data():
    made = [Outcome(verdict, "d", "f") for verdict in VERDICTS]
    assert overall(made[:1] + made[3:]) == "confirmed"
    assert overall([made[0], made[2]]) == "partly"
    assert overall([made[2], made[2]]) == "not confirmed"
    assert overall(made[3:]) == "not run"


def test_every_claim_has_its_test():
    assert len(CLAIMS) >= 10
    for claim in CLAIMS.values():
        assert callable(resolve(claim.test))
        assert claim.rule.startswith("confirmed: ")


def test_what_is_not_there_is_listed(tmp_path, capsys):
    command = ["replicate", "view_subspaces", "--out", str(tmp_path / "run"), "--json", "--quiet"]
    assert main(command) == 0
    (report,) = json.loads(capsys.readouterr().out)["report"]["claims"].values()
    assert report["verdict"] == "not run"
    assert "--data" in report["outcomes"][0]["found"]
    assert report["outcomes"][0]["value"] is None
    assert main(["replicate", "conformty", "--out", str(tmp_path / "run")]) == 2
    assert "conformity" in capsys.readouterr().err
    assert main(["replicate", "--data", str(tmp_path / "none"), "--out", str(tmp_path / "r")]) == 2


@pytest.mark.slow
def test_bundled_data_run_at_least_six(tmp_path):
    found = run(ReplicateRequest(out=tmp_path / "run"))
    ran = [name for name in CLAIMS if overall(found.outcomes[name]) != "not run"]
    assert len(ran) >= 6
    assert (tmp_path / "run/report.html").read_text().count("not run") >= 1
    again = run(ReplicateRequest(out=tmp_path / "run"))
    assert again.page == found.page


def test_the_real_arrays_give_the_known_values(shared_data, tmp_path):
    data = ClaimData(tmp_path, shared_data)
    (known,) = [some for some in _given(data) if "COCO" in some.about.title]
    found = pairs.intra_above_inter(known, np.random.default_rng(0))
    assert "0.531 within" in found.found
    assert "0.515 within" in found.found
    assert found.value == pytest.approx(0.310, abs=5e-4)
    assert found.verdict == "confirmed"
    assert views.named_by_subspace(data.views(), "x").value > 0.9


def _given(data):
    """The pairs of the folder alone: no need to embed the glyphs."""
    from isthmus.read.vectors.bundles import open_arrays
    from isthmus.studies.replicate.claims.data import PAIRS

    sets = open_arrays(data.data / PAIRS, None).sets
    return [Dataset(sets["image"], sets["text"], about=About("COCO 500"))]


def claim(target, **changes):
    return Claim("a claim", "somebody", "confirmed: always", f"{__name__}:{target}", **changes)


def confirmed(data, rng):
    return Outcome(
        "confirmed", "drawn here", "It holds.", 3, 0.5, Interval(0.25, 0.75, "made"), 0.1
    )


def of_each(pairs, rng):
    return Outcome("partly", pairs.about.title, f"{len(pairs.a)} items", value=rng.random())


def lost(data, rng):
    raise NoDataError("needs a file")


def refused(data, rng):
    raise RequestError("too few items")


class Two(ClaimData):
    def pairs(self):
        yield joint(n=9)
        yield joint(n=11)


def test_a_claim_about_pairs_is_tested_on_each_of_them(tmp_path):
    found = outcomes_of(claim("of_each", of_pairs=True), Two(tmp_path), np.random.default_rng(4))
    rng = np.random.default_rng(4)
    assert [one.found for one in found] == ["9 items", "11 items"]
    assert [one.value for one in found] == [rng.random(), rng.random()]
    (one,) = outcomes_of(claim("confirmed"), Two(tmp_path), rng)
    assert one == confirmed(None, None)


def test_a_claim_that_cannot_be_tested_says_why(tmp_path):
    for target, reason in (("lost", "needs a file"), ("refused", "failed: too few items")):
        (one,) = outcomes_of(claim(target), Two(tmp_path), np.random.default_rng(0))
        assert (one.verdict, one.found) == ("not run", reason)


def test_the_page_counts_verdicts_and_shows_numbers_with_intervals(tmp_path):
    claims = {"one": claim("confirmed"), "two_words": claim("lost")}
    data = Two(tmp_path)
    outcomes = {
        name: outcomes_of(one, data, np.random.default_rng(0)) for name, one in claims.items()
    }
    page = html(replication_page(claims, outcomes, (), 7))
    assert "Of 2 published claims about joint embedding spaces: 1 confirmed, 1 not run." in page
    assert "Two words: not run" in page and "One: confirmed" in page
    table = page.split("<caption>Claims</caption>")[1].split("</table>")[0]
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", table)
    assert cells == ["confirmed", "somebody", "not run", "somebody"]
    fact = page.split('<section id="one"')[1].split("</section>")[0]
    pairs = dict(re.findall(r"<dt>([^<]*)</dt> <dd>([^<]*)</dd>", fact))
    assert pairs == {
        "value": "0.500", "95 % interval": "0.250 to 0.750", "chance": "0.100", "n": "3",
    }  # fmt: skip
    nothing = page.split('<section id="two-words"')[1].split("</section>")[0]
    assert "<dt>" not in nothing
    assert "The rule. Confirmed: always." in fact


def test_an_outcome_is_kept_with_the_ends_of_its_interval():
    kept = confirmed(None, None).to_dict()
    assert (kept["low"], kept["high"], kept["n"], kept["chance"]) == (0.25, 0.75, 3, 0.1)
    bare = Outcome("not run", "–", "why").to_dict()
    assert [bare[key] for key in ("value", "low", "high", "chance")] == [None] * 4


@pytest.mark.parametrize(
    ("confirmed", "partly", "expected"),
    [(True, True, 0), (True, False, 0), (False, True, 1), (False, False, 2)],
)
def test_a_verdict_has_two_steps(confirmed, partly, expected):
    assert verdict(confirmed, partly) == VERDICTS[expected]


def test_means_between_matched_and_unmatched_confirm_a_claim_partly():
    rng = np.random.default_rng(0)
    # pairs share most of what they are, items of a modality a little: matched > intra > unmatched
    some = joint(along(0, size=1.0), noise=0.2)
    found = pairs.intra_above_inter(some, rng)
    assert found.verdict == "partly"
    assert found.value > found.chance
    assert found.data == "made"


def test_centring_changes_both_directions_and_the_worse_one_decides():
    found = pairs.centring_keeps_retrieval(joint(along(0), noise=0.3), np.random.default_rng(0))
    both = [float(value) for value in re.findall(r"([+-]\d\.\d+) ±", found.found)]
    ends = [float(value) for value in re.findall(r"± (\d\.\d+)", found.found)]
    assert len(both) == 2
    assert found.value == pytest.approx(min(both), abs=6e-4)
    low = min(mean - end for mean, end in zip(both, ends, strict=True))
    assert found.interval.low == pytest.approx(low, abs=2e-3)
    assert found.n == N


def centred_changes(some, order):
    """R@1 centred minus raw in both directions, by plain loops over held-out halves."""
    a, b = some.a.unit.astype(float), some.b.unit.astype(float)
    change = {"there": [], "back": []}
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    for held, stay in (halves, halves[::-1]):
        left, right = a[held], b[held]
        moved = [x[held] - x[stay].mean(axis=0) for x in (a, b)]
        moved = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in moved]
        for at in range(len(held)):
            after = [(moved[0][at] @ moved[1].T).argmax(), (moved[1][at] @ moved[0].T).argmax()]
            before = [(left[at] @ right.T).argmax(), (right[at] @ left.T).argmax()]
            change["there"].append(float(after[0] == at) - float(before[0] == at))
            change["back"].append(float(after[1] == at) - float(before[1] == at))
    return [np.array(some) for some in change.values()]


def test_centring_agrees_with_plain_loops_and_is_partly_confirmed_by_its_mean():
    some = joint(along(0), noise=0.8, n=30)
    found = pairs.centring_keeps_retrieval(some, np.random.default_rng(0))
    changes = centred_changes(some, np.random.default_rng(0).permutation(30))
    means, ends = zip(
        *((c.mean(), 1.96 * c.std(ddof=1) / np.sqrt(30)) for c in changes), strict=True
    )
    assert f"by {means[0]:+.3f} ± {ends[0]:.3f}, {means[1]:+.3f} ± {ends[1]:.3f} (" in found.found
    assert means[0] != means[1]
    assert found.value == min(means) > -0.02 > found.interval.low
    assert found.verdict == "partly"


def test_half_of_the_ceiling_confirms_a_mixed_gallery_partly():
    found = pairs.mixed_gallery_fails(
        joint(along(0, size=1.1), noise=0.3), np.random.default_rng(0)
    )
    assert found.verdict == "partly"
    assert 0.25 < found.value < 0.5


def test_a_left_out_cell_is_predicted_without_itself():
    rng = np.random.default_rng(0)
    grid = rng.normal(size=(7, 3, 5))
    there = grid / np.linalg.norm(grid, axis=2, keepdims=True)
    expected = {True: np.zeros((7, 3)), False: np.zeros((7, 3))}
    for thing in range(7):
        for style in range(3):
            rest = [s for s in range(3) if s != style]
            own = grid[thing, rest].mean(axis=0)
            others = [o for o in range(7) if o != thing]
            step = np.mean([grid[o, style] - grid[o, rest].mean(axis=0) for o in others], axis=0)
            for with_style, guess in ((True, own + step), (False, own)):
                hit = (there[:, style] @ guess).argmax() == thing
                expected[with_style][thing, style] = hit
    for with_style, values in expected.items():
        np.testing.assert_array_equal(grids.hits(grid, with_style), values)
    assert (expected[True] != expected[False]).any()
