"""Which measures a study runs: its own, and those that other packages register."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from isthmus import studies
from isthmus.measure import GRIDS, LABELLED, ONE_SET, SHAPES, TWO_SETS, VIEWS, WORDS
from isthmus.studies.shared import measuring
from isthmus.studies.shared.dataset import About
from tests.studies.worlds import small_world


def test_measures_of_other_packages_are_sorted_by_what_they_take(monkeypatch):
    own = {
        "theirs_of_two": "isthmus.measure.geometry.gaps:centroid_gap",
        "theirs_of_one": "isthmus.measure.geometry.spread:uniformity",
        "theirs_of_labels": "isthmus.measure.classification.probes:linear_probe",
        "theirs_of_words": "isthmus.measure.concepts.text_spans:text_span",
        "theirs_broken": "no_such_package:measure",
        "centroid_gap": "no_such_package:ours_wins",
    }
    monkeypatch.setattr(measuring, "everything", lambda _kind, register: {**own, **register})
    kinds = measuring.registered()
    assert {"theirs_of_one", "theirs_broken"} <= kinds["a"].keys()
    assert "theirs_of_two" in kinds["b"]
    assert "theirs_of_labels" in kinds["labels"]
    assert "theirs_of_words" in kinds["words"]
    assert kinds["b"]["centroid_gap"] == "isthmus.measure.geometry.gaps:centroid_gap"


def test_every_registered_measure_is_run_by_some_command():
    data = small_world()
    of_pairs = {call.name for call in measuring.calls_for(data, thorough=True)}
    assert of_pairs == {*ONE_SET, *TWO_SETS, *LABELLED, *SHAPES, *WORDS}
    assert of_pairs - {call.name for call in measuring.calls_for(data)} == {*SHAPES, *WORDS}
    source = "".join(
        path.read_text(encoding="utf-8")
        for study in ("atlas", "styles", "compare")
        for path in (Path(studies.__file__).parent / study).glob("*.py")
    )
    for name in (*VIEWS, *GRIDS):
        assert f"measure.{name}" in source
    assert "SPACES" in source


def test_slow_measures_and_those_of_words_get_what_they_take():
    data = small_world()
    found = {call.key: call.arguments for call in measuring.calls_for(data, thorough=True)}
    assert found["intrinsic_dimension[image]"]["a"] is data.a
    words, names = found["text_span[image]"]["words"], found["text_span[image]"]["names"]
    assert len(words) == len(names) == len(set(names))
    texts = dict(zip(data.about.items["text"].ids, data.about.items["text"].payload, strict=True))
    for name, vector in zip(names[:5], words[:5], strict=True):
        assert any(
            texts[one] == name and np.array_equal(data.b.vectors[data.b.row[one]], vector)
            for one in data.b.ids
        )
    assert not any(key.startswith("text_span[text") for key in found)


def test_a_study_without_texts_has_no_vocabulary():
    data = small_world()
    assert replace(data, about=About()).vocabulary is None
