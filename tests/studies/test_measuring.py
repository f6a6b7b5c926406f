"""Which measures a study runs: its own, and those that other packages register."""

from isthmus.studies.shared import measure_all as measuring


def test_measures_of_other_packages_are_sorted_by_what_they_take(monkeypatch):
    own = {
        "theirs_of_two": "isthmus.measure.geometry.gaps:centroid_gap",
        "theirs_of_one": "isthmus.measure.geometry.spread:uniformity",
        "theirs_of_labels": "isthmus.measure.classification.probes:linear_probe",
        "theirs_broken": "no_such_package:measure",
        "centroid_gap": "no_such_package:ours_wins",
    }
    monkeypatch.setattr(measuring, "everything", lambda _kind, register: {**own, **register})
    one_set, two_sets, labelled = measuring.registered()
    assert {"theirs_of_one", "theirs_broken"} <= one_set.keys()
    assert "theirs_of_two" in two_sets
    assert "theirs_of_labels" in labelled
    assert two_sets["centroid_gap"] == "isthmus.measure.geometry.gaps:centroid_gap"
