"""Numbers are written one way, and a null says what kind it is."""

from dataclasses import dataclass

import pytest

from isthmus.report import amount, number, reading
from isthmus.types import Interval, Null, Result


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.85139, "0.851"),
        (-0.85, "−0.850"),
        (41.72, "41.7"),
        (12345.4, "12,345"),
        (0.0, "0.000"),
        (0.00012, "1.2e−04"),
        (float("nan"), "–"),
        (None, "–"),
        (float("inf"), "–"),
    ],
)
def test_a_number_has_few_digits(value, text):
    assert number(value) == text


def test_a_count_agrees_with_its_noun():
    assert amount(1, "image") == "1 image"
    assert amount(2, "query", "queries") == "2 queries"


def test_a_reading_names_what_there_is():
    full = Result(
        "gap", 0.5, 100, Interval(0.4, 0.6, "jackknife"), Null("label", 0.1, 0.0, 0.2), 0.1
    )
    assert dict(reading(full)) == {
        "value": "0.500",
        "95 % interval": "0.400 to 0.600",
        "chance": "0.100 (0.000 to 0.200)",
        "noise floor": "0.100",
        "n": "100",
    }
    bare = Result("gap", 0.5, 100, null=Null("none", note="no law is known"))
    assert dict(reading(bare))["chance"] == "none: no law is known"


def test_next_to_a_value_a_tiny_chance_is_nothing():
    null = Null("reference law", 1.7e-7, -1.8e-4, 1.8e-4)
    assert (
        dict(reading(Result("cosine", 0.162, 500, null=null)))["chance"] == "0.000 (0.000 to 0.000)"
    )
    small = dict(reading(Result("variance", 2e-4, 500, null=null)))
    assert small["chance"] == "1.7e−07 (−1.8e−04 to 1.8e−04)"


def test_an_interval_around_a_corrected_value_says_so():
    @dataclass(frozen=True, eq=False, kw_only=True)
    class Corrected(Result):
        corrected: float

    some = Corrected(name="r", value=0.38, n=9, interval=Interval(0.29, 0.32, "j"), corrected=0.31)
    text = "0.290 to 0.320 around the bias-corrected 0.310"
    assert dict(reading(some))["95 % interval"] == text
