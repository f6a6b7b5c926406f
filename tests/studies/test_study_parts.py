"""The map, the counts, the sample of whole objects and the adjusted p-values."""

import numpy as np
import PIL.Image
import pytest
from scipy.stats import false_discovery_control

from isthmus.measure.retrieval.hits import hit_at_k
from isthmus.studies.pages.data_section import alike, near_duplicates, pictures_of, reasons
from isthmus.studies.pages.map_figure import project
from isthmus.studies.shared.dataset import whole_objects
from isthmus.studies.study.all_numbers import adjusted
from isthmus.types import Items, Null, Result, objects_of
from tests.toys import toy_set


def test_the_map_shows_a_plane_without_loss():
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 6, size=(2, 50))
    plane = np.linalg.qr(rng.normal(size=(9, 2)))[0]
    flat = [np.stack([np.cos(t), np.sin(t)], 1) @ plane.T for t in angles]
    a, b = toy_set(flat[0]), toy_set(flat[1], "text")
    found = project(a, b)
    assert sum(found.shares) == pytest.approx(1.0, abs=1e-6)
    between = np.linalg.norm(a.unit[:, None] - b.unit[None], axis=2)
    drawn = np.linalg.norm(found.first[:, None] - found.second[None], axis=2)
    np.testing.assert_allclose(drawn, between, atol=1e-5)


def test_the_map_does_not_depend_on_the_axes_nor_the_size_of_a_set():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 6)) + 1, rng.normal(size=(30, 6)) - 1
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    plain = project(toy_set(x), toy_set(y, "text"))
    turned = project(toy_set(x @ turn), toy_set(y @ turn, "text"))
    assert turned.shares == pytest.approx(plain.shares, abs=1e-6)
    np.testing.assert_allclose(turned.first[:, 0], plain.first[:, 0], atol=1e-5)
    twice = project(toy_set(np.vstack([x, x])), toy_set(y, "text"))
    assert twice.shares == pytest.approx(plain.shares, abs=1e-6)
    assert plain.first[:, 0].mean() < plain.second[:, 0].mean()


def test_near_duplicates_count_only_across_objects():
    x = np.eye(6, dtype=np.float32)
    x[1] = x[0]
    x[3] = x[2]
    assert near_duplicates(x, np.array([0, 0, 1, 2, 3, 4])) == 2
    assert near_duplicates(x, np.arange(6)) == 4


def test_faults_of_one_kind_count_together():
    faults = {"a.jpg": "a.jpg is empty (0 bytes).", "b.jpg": "b.jpg is empty (0 bytes).", "c": "x"}
    assert reasons(faults) == {"the item is empty (0 bytes).": 2, "x": 1}


def test_a_sample_keeps_objects_whole_and_links_right():
    rng = np.random.default_rng(0)
    rows = np.array([(i, 3 * i + j) for i in range(40) for j in range(3)])
    ids = [f"b{i}" for i in range(130)]  # ten without a link
    a, b = toy_set(rng.normal(size=(40, 4))), toy_set(rng.normal(size=(130, 4)), "text", ids)
    small_a, small_b, small = whole_objects(a, b, rows, 50, np.random.default_rng(3))
    assert len(small_a) > 5
    assert max(len(small_a), len(small_b)) <= 50
    for i, j in small:
        assert int(small_b.ids[j][1:]) // 3 == int(small_a.ids[i])
    linked = [name for name in small_b.ids if int(name[1:]) < 120]
    assert len(linked) == 3 * len(small_a) == len(small)
    left, right = objects_of(small, len(small_a), len(small_b))
    assert len(np.unique(left)) == len(small_a)
    assert set(left) <= set(right)


def test_a_small_set_is_not_sampled():
    a, b = toy_set(np.eye(3)), toy_set(np.eye(3), "text")
    rows = np.repeat(np.arange(3)[:, None], 2, axis=1)
    assert whole_objects(a, b, rows, 3, np.random.default_rng(0))[0] is a


def test_adjusted_p_values_agree_with_scipy():
    p = np.random.default_rng(0).uniform(0, 0.2, size=23)
    results = {
        str(number): Result("r", 0.0, 1, null=Null("label", p=float(value)))
        for number, value in enumerate(p)
    }
    results["without"] = Result("r", 0.0, 1)
    found = adjusted(results)
    assert "without" not in found
    np.testing.assert_allclose(list(found.values()), false_discovery_control(p), atol=1e-12)
    assert adjusted({"without": results["without"]}) == {}


def test_both_directions_of_a_ranking_are_adjusted():
    rng = np.random.default_rng(0)
    a, b = toy_set(rng.normal(size=(40, 5))), toy_set(rng.normal(size=(40, 5)), "text")
    found = hit_at_k(a, b)
    p = adjusted({"hit_at_k": found})
    assert set(p) == {"hit_at_k", "hit_at_k backward"}
    assert max(p.values()) == pytest.approx(max(found.forward.null.p, found.backward.null.p))


def test_pictures_alike_are_named_across_objects_only():
    rng = np.random.default_rng(0)
    scene = PIL.Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize((90, 90))
    other = PIL.Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8)).resize((90, 90))
    images = Items("image", tuple("abcd"), [scene, other, scene.resize((60, 60)), scene])
    objects = {"a": 0, "b": 1, "c": 2, "d": 0}
    assert alike(images, objects) == {"c": "a"}
    assert pictures_of(images, ["c", "elsewhere", "b"]).ids == ("c", "b")
    assert pictures_of(None, ["a"]).ids == ()
