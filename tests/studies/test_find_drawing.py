"""Where something was seen, drawn: what is found stands out, and nothing else does."""

import numpy as np
import pytest
from PIL import Image

from isthmus.indexes.presence import Found
from isthmus.studies.find import drawing
from isthmus.studies.find.request import FindRequest
from isthmus.studies.find.run import run
from isthmus.types import Place, RequestError


@pytest.fixture
def grey(tmp_path):
    path = tmp_path / "grey.png"
    Image.new("RGB", (200, 100), (128, 128, 128)).save(path)
    return path


def test_a_frame_stands_around_what_was_found(grey):
    box = Place(0, box=(0.5, 0.0, 1.0, 1.0))
    drawn = np.asarray(drawing.boxes(grey, [Found(box, 1.0)])).astype(int)
    assert (drawn[50, 100] == drawing.FOUND).all() and (drawn[50, 150] == 128).all()
    assert (np.asarray(drawing.boxes(grey, [])) == 128).all()


def test_heat_is_where_the_sure_box_is(grey):
    places = [Place(0, box=(0.0, 0.0, 1.0, 1.0)), Place(1, box=(0.5, 0.0, 1.0, 1.0))]
    hot = np.asarray(drawing.heat(grey, places, np.array([0.0, 1.0]))).astype(int)
    assert (hot[50, 50] == 128).all()
    assert hot[50, 150, 0] > hot[50, 150, 2] + 40


def test_sureness_over_time_is_one_line_whatever_the_order_of_the_parts():
    windows = [Place(k, seconds=(float(k), k + 1.0)) for k in range(8)]
    events = [Place(8, seconds=(2.2, 2.6)), Place(9, seconds=(5.2, 5.6))]
    shares = np.array([0.1] * 8 + [0.9, 0.5])
    order = np.argsort([sum(one.seconds) for one in (*windows, *events)], kind="stable")
    every = [*windows, *events]
    mixed = drawing.seconds(every, shares, [Found(events[0], 1.0)])
    sorted_ = drawing.seconds([every[k] for k in order], shares[order], [Found(events[0], 1.0)])
    assert np.array_equal(np.asarray(mixed), np.asarray(sorted_))


def test_a_page_that_cannot_be_written_is_refused_before_anything_is_looked_at(grey, tmp_path):
    with pytest.raises(RequestError, match="--out wants a file"):
        run(FindRequest("a dog", (grey,), out=tmp_path))
