"""Which remedy is recommended, in how many splits it is judged, and what is said of it in words."""

import numpy as np
import pytest

from isthmus.studies.evaluate.calibration import (
    GROUPS,
    HALVES,
    CalibrationScore,
    CalibrationScores,
)
from isthmus.studies.evaluate.cross_validation import CrossValidation
from isthmus.studies.mend.choose import (
    LOSS,
    Judged,
    choice,
    hits_by_chance,
    judged,
    passed_over,
    screening,
)
from isthmus.studies.mend.page import summary
from tests.studies.evaluations import N, around, evaluation, sided, space

# the choice


def chosen(found):
    return choice(Judged((found,))).chain


def best(found):
    return choice(Judged((found,))).best


def test_the_best_mixed_search_that_keeps_the_first_hit_is_recommended_where_it_can_tell():
    spaces = {
        "": space(0.5, 0.2),
        "costly": space(0.5 - 3 * LOSS, 0.9),
        "cheap": space(0.5 - LOSS / 2, 0.6),
        "free": space(0.7, 0.5),
    }
    assert chosen(sided(spaces)) == "cheap"
    assert chosen(sided({**spaces, "x+cheap": space(0.5, 0.7)})) == "x+cheap"
    worse = {"": space(0.5, 0.7), "other": space(0.9, 0.6)}
    assert best(sided(worse)) == "" == chosen(sided(worse))


def test_where_mixed_search_cannot_tell_the_first_hit_decides_and_mixed_search_between_equals():
    spaces = {
        "": space(0.5, 0.2),
        "mixed": space(0.51, 0.9),
        "hits": space(0.6, 0.3),
        "both": space(0.6 - LOSS / 2, 0.7),
    }
    found = choice(Judged((evaluation(spaces),)))
    assert found.chain == "both" and not found.two_sided
    assert found.gain.value == pytest.approx(0.1 - LOSS / 2)  # of R@1
    assert best(evaluation({"": space(0.5, 0.2), "worse": space(0.4, 0.9)})) == ""


def test_nothing_is_recommended_where_matches_are_found_by_chance():
    noisy = np.random.default_rng(0).random(N) < 0.1  # above a chance of 0.055, within noise
    spaces = {"": space(noisy.astype(float), 0.2), "other": space(0.9, 0.9)}
    assert noisy.mean() > 0.055
    assert hits_by_chance(evaluation(spaces)) and chosen(evaluation(spaces)) == ""
    sure = {**spaces, "": space((np.arange(N) % 2).astype(float), 0.2)}
    assert not hits_by_chance(evaluation(sure)) and chosen(evaluation(sure)) == "other"
    assert hits_by_chance(evaluation(sure, chance_of_hits=0.45))


def test_the_luck_of_the_best_of_many_is_not_counted():
    lucky = {str(i): space(0.5, np.eye(N)[2 * i] + np.eye(N)[2 * i + 1]) for i in range(N // 2)}
    spaces = {"": space(0.5, 0.0), **lucky}  # each wins with the images of one object
    found = choice(Judged((sided(spaces, other_first=0.0, interleaved=0.0, standardised=0.0,
                                 own_first=0.0),)))  # fmt: skip
    assert found.best and found.gain.value == 0 and found.chain == ""
    steady = choice(Judged((sided({**spaces, "steady": space(0.5, 0.3)}),)))
    assert steady.gain.value == pytest.approx(0.3) and steady.chain == "steady"


def test_a_remedy_that_is_not_shown_to_help_is_not_recommended():
    noise = np.tile([0.25, 0.25, -0.25, -0.25], N // 4)
    spaces = {"": space(0.5, 0.5), "x": space(0.5, 0.51 + noise)}
    found = choice(Judged((sided(spaces),)))
    assert found.best == "x" and found.gain.interval.low < 0 < found.gain.interval.high
    assert found.over_rule.value < 0 and found.chain == ""
    over = choice(Judged((sided(spaces, other_first=0.1, interleaved=0.1, standardised=0.1),)))
    assert over.chain == "x"  # no better than nothing for sure, but than every trivial rule


def test_whoever_stands_above_the_recommended_one_has_its_reason():
    def reasons(found, **known):
        judged = Judged((*known.get("before", ()), found))
        return passed_over(judged, choice(judged))

    spaces = {"": space(0.5, 0.2), "costly": space(0.4, 0.9), "fine": space(0.5, 0.8)}
    (only,) = reasons(sided(spaces)).items()
    assert only[0] == "costly" and only[1].startswith("costs R@1: −10.0 (")
    hits = {"": space(0.5, 0.2), "hits": space(0.6, 0.3), "both": space(0.6 - LOSS / 2, 0.7)}
    assert reasons(evaluation(hits)) == {
        "hits": "R@1 is within 0.5 points, and mixed search is worse"
    }
    noise = np.tile([0.25, 0.25, -0.25, -0.25], N // 4)
    unsure = {"": space(0.5, 0.5), "x": space(0.53 + noise, 0.5), "y": space(0.52 + noise, 0.5)}
    found = reasons(evaluation(unsure))
    assert [*found] == ["x", "y"] and found["x"].startswith("its gain on objects that had no say")
    assert "(" in found["x"] and found["y"].startswith("x does better, and is not above zero")
    (lost,) = reasons(evaluation({"": space(0.05, 0.6), "csls": space(0.06, 0.5)})).values()
    assert lost.startswith("matches are found by chance only")
    early = evaluation({"": space(0.5, 0.2), "early": space(0.9, 0.2)}, repeats=2)
    best = evaluation({"": space(0.5, 0.2), "late": space(0.7, 0.2)}, repeats=20)
    assert reasons(best, before=(early,)) == {
        "early": "in the first 2 of 20 splits others did better; mixed search decides where R@1 "
        "hardly differs"
    }
    assert reasons(sided({"": space(0.5, 0.2), "fine": space(0.5, 0.8)})) == {}


# rounds


def race(rounds, calls):
    """A race whose rounds are given by their splits."""

    class Known(CrossValidation):
        def __init__(self):
            self.data = evaluation({}).data

        def scored(self, chains, splits):
            calls.append((list(chains), splits))
            every = rounds(splits)
            return evaluation({"": every[""], **{c: every[c] for c in chains}}, repeats=splits)

    return Known()


def test_the_best_of_a_few_splits_go_on_and_what_the_finalists_earn_is_the_same():
    names, calls = [str(i) for i in range(20)], []

    def rounds(splits):
        hits = {name: space(0.3 + int(name) / 50, 0.1) for name in names}
        return {"": space(0.5, 0.2), **hits}

    found = judged(race(rounds, calls), names, 20, False)
    assert [(len(chains), splits) for chains, splits in calls] == [(20, 2), (10, 6), (4, 20)]
    assert list(found.final.spaces) == ["", "16", "17", "18", "19"]
    assert found.rows["19"].splits == 20 and found.rows["12"].splits == 6
    assert found.rows["0"].splits == 2 and len(found.rows) == 21
    assert choice(found).chain == "19"
    calls.clear()
    assert len(judged(race(rounds, calls), names, 20, True).rounds) == 1 == len(calls)
    assert screening(20, 4) == [] == screening(8, 20) and len(screening(31, 20)) == 2


def test_the_luck_of_staying_in_the_race_is_not_counted_either():
    names, luck, earned = [str(i) for i in range(40)], [], []
    for seed in range(12):
        one = np.random.default_rng(seed)
        noise = {name: space((one.random(N) < 0.5).astype(float), 0.1) for name in names}
        spaces = {"": space(0.5, 0.2), **noise}  # the same in every split: all luck is of objects
        found = judged(race(lambda _, known=spaces: known, []), names, 20, False)
        luck.append(max(row.hits_change.value for row in found.final.rows.values()))
        earned.append(choice(found).gain.value)
    assert np.mean(luck) > 0.12 and abs(np.mean(earned)) < 0.05


# in words


def calibrated(groups="labels", brier=0.004):
    """Scores of calibration, by hand."""
    some = tuple(
        CalibrationScore(name, share, around(0.011), around(brier * 100 * share * (1 - share)),
                         share * (1 - share), held, "shirt" if held == GROUPS else "",
                         share * (1 - share) * 1.2)
        for name in ("cosine", "symmetric normalised")
        for held in ((HALVES, GROUPS) if groups else (HALVES,))
        for share in (0.5, 0.01)
    )  # fmt: skip
    return CalibrationScores(25, 4, some, around(0.2), ((0.25, 0.9, 0.345),), groups)


def told(found, kept=None):
    return summary(found, choice(Judged((found,))), kept or calibrated())


def test_a_summary_of_objects_of_single_items_is_of_hits_and_promises_no_share():
    spaces = {
        "": space(0.5, 0.2),
        "ridge+match_odds": space(0.65, 0.8, gap=0.1),
        "mean_removal": space(0.5, 0.4),
    }
    words = told(evaluation(spaces))
    assert words[0] == (
        "Recommended: ridge + match odds. It changes R@1 by +15.0 (+6.1 to +22.4) points on "
        "objects that neither the fit nor the choice saw; trivial rules leave R@1 as it is, so "
        "that this is what choosing it earns over doing nothing and over the best of them."
    )
    assert "Fitted on 25 objects" in words[1] and "those that chose it too" in words[1]
    assert "from R@1 0.500 to 0.650, R@10 1.000 to 1.000, gap 0.500 to 0.100" in words[1]
    assert "points" not in words[1]  # the gain stands once, beside what it is of
    assert "cannot tell a remedy from the rule other modality first" in words[2]
    assert "0.800 (0.730 to 0.818), +19.5 (" in words[2]
    assert "ceiling" not in " ".join(words) and len(words) == 4  # 25 objects and 24 coordinates


def test_a_summary_of_objects_of_several_items_states_both_gains():
    spaces = {"": space(0.5, 0.2), "mean_removal": space(0.5, 0.8)}
    words = told(sided(spaces, ceiling=0.9))
    assert words[0] == (
        "Recommended: mean removal. It earns +60.0 (+41.2 to +66.4) points of mixed nDCG@10 over "
        "doing nothing and +19.5 (+3.1 to +32.5) over the best trivial rule (other modality "
        "first), on objects that neither the fit nor the choice saw."
    )
    assert "0.200 (0.168 to 0.329) to 0.800 (0.671 to 0.832), 88.4% of the ceiling" in words[1]
    lost = told(sided(spaces, ceiling=0.999, interleaved=0.99))
    assert "−19.5 (−32.5 to −3.1) over the best trivial rule (in turn)" in lost[0]
    assert lost[0].endswith("The rule does better than the remedy: use in turn.")
    noise = np.tile([0.25, 0.25, -0.25, -0.25], N // 4)
    even = told(sided({**spaces, "mean_removal": space(0.5, 0.605 + noise)}))
    assert even[0].endswith("It cannot be told from that rule.")


def test_probabilities_are_offered_with_their_worse_half_and_where_to_trust_them():
    found = evaluation({"": space(0.5, 0.6)})
    line = told(found)[2]
    assert "read them from cosine (--keep match_odds)" in line
    assert "calibration error is 0.011" in line
    assert "0.0040, is better than that of a constant, 0.0099" in line
    assert "pairs of new labels, but not of shirt" in line and "Brier 0.3000" in line
    lost = told(found, calibrated(brier=0.02))[2]
    assert "no pairs" in lost and "0.0198, is worse than that of a constant, 0.0099" in lost
    assert "too few objects for held-out groups" in told(found, calibrated(groups=""))[2]


def test_a_space_that_needs_nothing_and_one_that_finds_nothing_are_said():
    calm = told(sided({"": space(0.5, 0.6), "other": space(0.5, 0.5)}))
    assert calm[0].startswith(
        "Recommended: leave the space as it is. No remedy does better than its"
    )
    assert "nDCG@10 0.600 (0.503 to 0.664)" in calm[0]
    noise = np.tile([0.25, 0.25, -0.25, -0.25], N // 4)
    same = {"": space(0.5, 0.5), "x": space(0.5, 0.51 + noise)}
    unsure = told(sided(same))
    assert "The best one, x, earns " in unsure[0] and "not above zero for sure" in unsure[0]
    (lost,) = told(evaluation({"": space(0.05, 0.6)}))
    assert "Nothing to mend" in lost and "R@1 0.050 (" in lost
    assert "a random order has 0.055" in lost
