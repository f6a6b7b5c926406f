"""Style change, transfer and retrieval on grids whose answers are known on paper."""

import numpy as np
import pytest

from isthmus import measure
from isthmus.arrays import unit
from isthmus.types import RequestError

OBJECTS, STYLES = 4, ("ink", "oil", "wax")
CHANGE, TRANSFER, RETRIEVAL = measure.style_change, measure.style_transfer, measure.style_retrieval


def grid(content=1.0, style=0.5):
    """Cell (object, style) is one direction for the object and another one for the style."""
    cells = np.zeros((OBJECTS, len(STYLES), OBJECTS + len(STYLES)))
    for row in range(OBJECTS):
        for column in range(len(STYLES)):
            cells[row, column, row], cells[row, column, OBJECTS + column] = content, style
    return unit(cells).astype(np.float64)


def restyle(x, _source, target):
    """The exact move of such a grid."""
    moved = x.copy()
    moved[:, OBJECTS:] = 0
    moved[:, OBJECTS + STYLES.index(target)] = x[:, OBJECTS:].max()
    return moved


def read(x):
    """The style of each row."""
    return [STYLES[column] for column in x[:, OBJECTS:].argmax(axis=1)]


def test_content_alone_finds_the_object_and_not_the_cell():
    found = CHANGE(grid(), STYLES)
    assert found.value == 1
    assert found.n == OBJECTS
    # among all cells the object's other styles are equally near: one of two
    assert found.whole_grid == pytest.approx(1 / 2)
    assert found.whole_grid_chance == pytest.approx(1 / 11)
    assert found.null.mean == pytest.approx(1 / 4)
    np.testing.assert_array_equal(np.isnan(found.pairs), np.eye(3, dtype=bool))
    assert "first among 4 objects in 100.0%" in found.about
    assert "among all 11 other pictures in 50.0%" in found.about


def test_the_exact_move_finds_the_cell():
    assert CHANGE(grid(), STYLES, restyle).whole_grid == 1


def test_an_object_that_is_mistaken_in_one_direction_counts_there_alone():
    cells = grid()
    cells[0, 1] = cells[1, 1]
    found = CHANGE(cells, STYLES)
    # into oil nothing is near the first object, and two cells to the second; from oil it is missed
    np.testing.assert_allclose(found.pairs[[0, 2], 1], (1 / 4 + 1 / 2 + 2) / 4)
    np.testing.assert_allclose(found.pairs[1, [0, 2]], 3 / 4)
    np.testing.assert_allclose(found.pairs[0, 2], 1)
    np.testing.assert_allclose(found.by_object, [2.5 / 6, 5 / 6, 1, 1])


def test_places_decide_where_cells_are_compared():
    def style_only(x, _style):
        return x[:, OBJECTS:]

    found = CHANGE(grid(), STYLES, lambda x, *_: x[:, OBJECTS:], style_only)
    assert found.value == pytest.approx(1 / OBJECTS)


def test_a_style_by_example():
    found = TRANSFER(grid(), STYLES, read, restyle)
    assert (found.value, found.read_right, found.n) == (1, 1, OBJECTS)
    assert found.null.mean == pytest.approx(1 / 10)
    # unmoved, the other two styles of the object tie, whichever is asked for
    assert TRANSFER(grid(), STYLES, read).value == pytest.approx(1 / 2)


def test_an_example_that_is_read_as_the_query_s_own_style_is_no_hit():
    always = TRANSFER(grid(), STYLES, lambda x: ["ink"] * len(x), restyle)
    assert always.read_right == pytest.approx(1 / 3)
    # right are the queries in oil and wax that ask for ink: two of six pairs of styles
    assert always.value == pytest.approx(2 / 6)


def test_the_nearest_other_object_shares_the_style_where_style_weighs():
    found = RETRIEVAL(grid(), STYLES)
    assert (found.value, found.n) == (1, OBJECTS)
    assert found.null.mean == pytest.approx(1 / len(STYLES), abs=0.05)
    blind = RETRIEVAL(grid(), STYLES, lambda x, _style: x[:, :OBJECTS])
    assert blind.value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("cells", "styles", "came"),
    [
        (grid()[:1], STYLES, "1 objects, 3 styles and 3 names"),
        (grid()[:, :1], STYLES[:1], "4 objects, 1 styles and 1 names"),
        (grid(), STYLES[:2], "4 objects, 3 styles and 2 names"),
    ],
)
def test_a_grid_that_is_none_is_refused(cells, styles, came):
    for ask in (CHANGE, RETRIEVAL, lambda *grid: TRANSFER(*grid, read)):
        with pytest.raises(RequestError, match=f"two objects and two styles or more.*{came}"):
            ask(cells, styles)
