"""Engines: whatever order shards end in and whatever dies meanwhile, the same bytes."""

import random

import numpy as np
import pytest

from isthmus.engine import ENGINES, jobs
from isthmus.engine.engines import Share, open_engine
from isthmus.engine.jobs import JobOptions, run_job
from isthmus.engine.retries import KILLS, MOST, Lost, Without, survived
from isthmus.indexes.building import build
from isthmus.lab.embedding import EmbedTask, embed_into
from isthmus.types import ItemError, Items, RequestError
from tests.indexes.test_building import Bytes
from tests.toys import Letters, files_of

OPTIONS = JobOptions(batch_size=3, shard_size=8)
DEADLY = "kills"


def texts(n=50, deadly=(), bad=(7,)):
    words = [chr(97 + i % 26) * (i + 1) + ("!" if i in bad else "") for i in range(n)]
    words = [word + DEADLY if i in deadly else word for i, word in enumerate(words)]
    return Items("text", tuple(f"t{i:03d}" for i in range(n)), words)


class Died(SystemExit):
    """A process that is no more."""


class Deadly(Letters):
    """Ends its process with some items, or with too many at once."""

    most = 10**9

    def encode(self, items):
        if any(item.endswith(DEADLY) for item in items) or len(items) > self.most:
            raise Died
        return super().encode(items)


class Processes:
    """A pool of imagined processes that finish out of order; machines are lost by lot."""

    def __init__(self, task, seed=0, machines_lost=0.0):
        self.task, self.rng, self.lost = task, random.Random(seed), machines_lost
        self.running, self.started = {}, []

    def room(self):
        return 4

    def start(self, shard):
        self.started.append(shard.ids)
        self.running[len(self.started)] = shard
        return len(self.started)

    def finished(self):
        key = self.rng.choice(list(self.running))
        shard = self.running.pop(key)
        if self.rng.random() < self.lost:
            return [(key, Lost("its machine is gone", machine=True))]
        return [(key, self._made(shard))]

    def _made(self, shard):
        try:
            return self.task.run(shard, int)
        except Died:
            return Lost("its process is gone")


@pytest.fixture
def elsewhere(monkeypatch):
    """The engine ``elsewhere``, by ``Processes``; gives the pools that it made."""
    pools = []

    def factory(address, _share):
        def run(task, shards, tick):
            pools.append(Processes(task, int(address or 0), 0.2))
            yield from survived(pools[-1], shards, tick)

        return run

    monkeypatch.setattr("tests.engine.test_engines.factory", factory, raising=False)
    monkeypatch.setitem(ENGINES, "elsewhere", "tests.engine.test_engines:factory")
    return pools


def options(engine="elsewhere"):
    return JobOptions(batch_size=3, shard_size=8, engine=engine)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_ends_gives_the_same_bytes_in_the_same_order(tmp_path, elsewhere, seed):
    here = embed_into(tmp_path / "here", Letters(), texts(), OPTIONS)
    there = embed_into(tmp_path / "there", Letters(), texts(), options(f"elsewhere:{seed}"))
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")
    assert there.embedded.ids == here.embedded.ids
    np.testing.assert_array_equal(there.embedded.vectors, here.embedded.vectors)
    assert (there.encoded, there.faults) == (here.encoded, here.faults)
    assert len(elsewhere[0].started) >= 7


def test_what_is_there_is_not_sent_again(tmp_path, elsewhere):
    embed_into(tmp_path, Letters(), texts(bad=()), OPTIONS)
    assert embed_into(tmp_path, Letters(), texts(), options()).encoded == 7
    assert elsewhere[0].started == [texts().ids[:8]] * len(elsewhere[0].started)


def test_a_stopped_job_goes_on_on_another_engine(tmp_path, elsewhere, monkeypatch):
    embed_into(tmp_path / "whole", Letters(), texts(), OPTIONS)
    commit, left = jobs._commit, [3]

    def stops(*args):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return commit(*args)

    monkeypatch.setattr(jobs, "_commit", stops)
    with pytest.raises(KeyboardInterrupt):
        embed_into(tmp_path / "stopped", Letters(), texts(), options())
    monkeypatch.setattr(jobs, "_commit", commit)
    again = Letters()
    embed_into(tmp_path / "stopped", again, texts(), OPTIONS)
    assert sum(again.calls) < 35
    assert files_of(tmp_path / "stopped") == files_of(tmp_path / "whole")


@pytest.mark.parametrize("deadly", [(0,), (13,), (8, 15, 49), (20, 21)])
def test_items_that_kill_are_named_and_all_others_are_as_if_these_could_not_be_read(
    tmp_path, elsewhere, deadly
):
    report = embed_into(tmp_path / "there", Deadly(), texts(deadly=deadly), options())
    ids = texts().ids
    assert report.faults == {
        ids[7]: f"{texts().payload[7]!r} has a '!'",
        **{ids[row]: KILLS for row in deadly},
    }
    assert report.embedded.ids == tuple(name for name in ids if name not in report.faults)
    # here they cannot be read, for the same reason
    items = texts(deadly=deadly)
    left = Items("text", ids, Without(items.payload, dict.fromkeys(deadly, KILLS)))
    task = EmbedTask(Letters(), 3)
    for number in range(7):
        rows = slice(8 * number, 8 * number + 8)
        made = task.run(Items("text", ids[rows], left.payload[rows]), int)
        (kept,) = (tmp_path / "there" / "fragments").glob(f"text-{number:06d}-*")
        line = task.write(tmp_path / "again", made, jobs.Line(number, kept.stem[12:], "", 8, 8))
        assert (tmp_path / "again" / line.file).read_bytes() == kept.read_bytes()


def test_a_shard_is_tried_twice_and_then_halved_and_its_fragment_is_of_the_whole():
    pool = Processes(EmbedTask(Deadly(), 3))
    items = texts(8, deadly=(5,), bad=())
    ticked = []
    ((number, fragment),) = survived(pool, [(3, items)], ticked.append)
    assert (number, fragment.faults, ticked) == (3, {"t005": KILLS}, [8])
    whole = sum(ids == items.ids for ids in pool.started)
    alone = sum(ids == ("t005",) for ids in pool.started)
    assert (whole, alone) == (3, 2)
    assert len(pool.started) <= 3 + 2 + 2 * 3


def test_a_single_item_shard_that_kills_is_named():
    pool = Processes(EmbedTask(Deadly(), 3))
    ((_, fragment),) = survived(pool, [(0, texts(1, deadly=(0,)))], int)
    assert (fragment.ids, fragment.faults, len(pool.started)) == ((), {"t000": KILLS}, 3)


def test_lost_machines_accuse_no_item():
    pool = Processes(EmbedTask(Letters(), 3), seed=3, machines_lost=0.3)
    found = dict(survived(pool, [(row, texts(1, bad=())) for row in range(60)], int))
    assert sorted(found) == list(range(60))
    assert not any(one.faults for one in found.values())


def test_processes_that_end_whatever_they_do_stop_the_job_soon():
    class Broken(Deadly):
        most = 0

    alone = [(row, Items("text", (f"t{row}",), ["owl"])) for row in range(64)]
    for shards in ([(0, texts(64, bad=()))], alone):
        pool = Processes(EmbedTask(Broken(), 3))
        with pytest.raises(RequestError, match=rf"^{MOST} items in a row ended .*its process is"):
            list(survived(pool, shards, int))
        assert len(pool.started) < 100


def test_a_shard_that_kills_as_a_whole_only_is_no_fault_of_an_item():
    class Hungry(Deadly):
        most = 2

    pool = Processes(EmbedTask(Hungry(), 8))
    with pytest.raises(RequestError, match=r"Shard 0 \('t000' to 't007'\) ends its process as a"):
        list(survived(pool, [(0, texts(8, bad=()))], int))
    assert sum(len(ids) == 8 for ids in pool.started) == 4


def test_rows_that_are_left_out_keep_their_place_in_slices():
    some = Without(list("abcdef"), {1: "no", 4: "never"})
    assert len(some) == 6
    assert [some[3:6][0], some[3:6][2]] == ["d", "f"]
    for taken, reason in ((some[3:6], "never"), (some, "no")):
        with pytest.raises(ItemError, match=f"^{reason}$"):
            taken[1]


def test_an_index_built_elsewhere_is_the_same_to_the_byte(tmp_path, elsewhere):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(20):
        (folder / f"p{number:02d}.png").write_bytes(b"picture %d" % number)
    (folder / "p07.png").write_bytes(b"broken")
    build(folder, {"image": Bytes("image")}, tmp_path / "here", JobOptions(shard_size=3))
    spread = JobOptions(shard_size=3, engine="elsewhere")
    report = build(folder, {"image": Bytes("image")}, tmp_path / "there", spread)
    assert report.encoded == {"image": 19}
    assert report.skipped == {"p07.png": "it is broken"}
    assert files_of(tmp_path / "there") == files_of(tmp_path / "here")


def test_an_item_that_kills_is_left_out_of_an_index(tmp_path, elsewhere):
    class Killed(Bytes):
        def encode(self, items):
            if any(b"7" in one.read_bytes() for one in items):
                raise Died
            return super().encode(items)

    (tmp_path / "files").mkdir()
    for number in range(10):
        (tmp_path / "files" / f"p{number}.png").write_bytes(b"picture %d" % number)
    spread = JobOptions(shard_size=4, engine="elsewhere")
    report = build(tmp_path / "files", {"image": Killed("image")}, tmp_path / "ix", spread)
    assert report.encoded == {"image": 9}
    assert report.skipped == {"p7.png": KILLS}


def test_an_engine_that_leaves_a_shard_undone_is_caught(tmp_path, monkeypatch):
    def lazy(_address, _share):
        def run(task, shards, _tick):
            for number, shard in shards:
                if number:
                    yield number, task.run(shard, int)

        return run

    monkeypatch.setattr("tests.engine.test_engines.lazy", lazy, raising=False)
    monkeypatch.setitem(ENGINES, "lazy", "tests.engine.test_engines:lazy")
    with pytest.raises(AssertionError, match=r"lazy left shards undone: \[0\]"):
        run_job(tmp_path, EmbedTask(Letters(), 3), texts(), options("lazy"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("spark", r"no engines called 'spark'.*Write  --engine local  or"),
        ("local:here", "runs in this process and has no address 'here'"),
        ("ray:", "names no address behind its colon"),
        ("ray:head:port", "ray:HOST:PORT is the head of a cluster, not 'head:port'"),
        ("ray::6379", "ray:HOST:PORT is the head of a cluster, not ':6379'"),
        ("ray:head:99999", "ray:HOST:PORT is the head of a cluster, not 'head:99999'"),
    ],
)
def test_a_wrong_engine_is_one_sentence_before_any_work(tmp_path, name, said):
    encoder = Letters()
    with pytest.raises(RequestError, match=said) as caught:
        embed_into(tmp_path, encoder, texts(), options(name))
    assert "\n" not in str(caught.value)
    assert encoder.calls == []


def test_ray_is_an_extra(monkeypatch):
    import sys

    from isthmus.types import ExtraMissingError

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ExtraMissingError, match="'ray', which is not installed: run  pip install"):
        open_engine("ray", Share())
