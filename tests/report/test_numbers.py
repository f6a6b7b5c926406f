"""Numbers are written one way, and a null says what kind it is."""

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
