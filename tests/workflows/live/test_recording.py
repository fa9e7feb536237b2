"""Judged parts into the history: in order, none lost, whatever the disk does."""

import errno
import shutil
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from inspector.core.errors import HistoryError
from inspector.core.live.frames import Frame
from inspector.core.progress import Cancelled, CancelToken
from inspector.core.review.judged_part import JudgedPart
from inspector.core.values import Limits, Verdict
from inspector.storage.history.records import Order
from inspector.storage.history.store import History
from inspector.storage.photos.images import list_images, read_image, write_image
from inspector.workflows.judging.inspect import inspect_photo, inspect_photos
from inspector.workflows.judging.loaded_bundle import open_bundle
from inspector.workflows.judging.record_results import RecordedRun, record_run
from inspector.workflows.live.moments import LivePart
from inspector.workflows.live.recording import WAITING, Recorder, judged_part

START = datetime.now().astimezone()


@pytest.fixture(scope="module")
def loaded(trained_bundle):
    return open_bundle(trained_bundle)


@pytest.fixture(scope="module")
def parts(loaded, solar_cells):
    """Real judged parts, one second apart."""
    return [part_of(loaded, path, number) for number, path in enumerate(list_images(solar_cells.mixed))]


def part_of(loaded, path, number):
    inspection, limits = inspect_photo(loaded, path), loaded.stored.manifest.limits
    frame = Frame(read_image(path), number, float(number), path.name)
    at = START + timedelta(seconds=number)
    live = LivePart(frame, inspection, limits, loaded, at, "arrival")
    return judged_part(live, "rtsp://line:secret@10.0.0.7/live", "operator 3")


@pytest.fixture(autouse=True)
def retries(monkeypatch):
    """No test waits for two seconds until a disk is tried again."""
    monkeypatch.setattr("inspector.workflows.live.recording.RETRY_S", 0.05)


class Running:
    """A recorder in a thread of its own."""

    def __init__(self, open_store):
        self.kept, self.troubles, self.error, self.over = [], [], None, False
        self.told = threading.Condition()
        self.recorder = Recorder(open_store, self._on_kept, self._on_trouble)
        self.token = CancelToken()
        self._thread = threading.Thread(target=self._work)

    def _on_kept(self, count, words):
        with self.told:
            self.kept.append((count, words))
            self.told.notify_all()

    def _on_trouble(self, error):
        with self.told:
            self.troubles.append(error)
            self.told.notify_all()

    def _work(self):
        try:
            self.recorder.run(self.token)
        except (HistoryError, KeyError) as error:
            self.error = error
        with self.told:
            self.over = True
            self.told.notify_all()

    def __enter__(self):
        self._thread.start()
        return self

    def wait_for(self, condition):
        with self.told:
            assert self.told.wait_for(condition, 60.0)

    def __exit__(self, *_):
        self.recorder.finish()
        self._thread.join(60.0)
        assert not self._thread.is_alive()


def test_a_part_of_the_history_is_what_was_judged_and_tells_no_password(parts, loaded):
    part = parts[0]
    assert isinstance(part, JudgedPart)
    assert "secret" not in part.source
    assert "10.0.0.7" in part.source
    assert (part.operator, part.trigger, part.bundle_sha256) == ("operator 3", "arrival", loaded.stored.sha256)
    assert all(bool(one.regions) is (one.verdict is Verdict.NG) for one in parts)


def test_all_parts_are_kept_in_order_even_those_that_wait_when_it_ends(tmp_path, parts):
    with Running(lambda: History.open(tmp_path)) as running:
        for part in parts:
            running.recorder.add(part, CancelToken())
    assert [count for count, _ in running.kept] == list(range(1, len(parts) + 1))
    assert running.error is None
    with History.open(tmp_path) as history:
        kept = list(reversed(history.page()))
        assert [one.part_id for one in kept] == [part.part_id for part in parts]
        assert [one.verdict for one in kept] == [part.verdict for part in parts]
        assert (history.photo(kept[0].id) == parts[0].image_rgb).all()


def test_cancelling_loses_nothing_that_was_handed_over(tmp_path, parts):
    with Running(lambda: History.open(tmp_path)) as running:
        for part in parts:
            running.recorder.add(part, CancelToken())
        running.token.cancel()
    with History.open(tmp_path) as history:
        assert history.count() == len(parts)


class Faulty(History):
    """A history that fails for a while."""

    failures: int
    error: Exception

    def add(self, part):
        if type(self).failures:
            type(self).failures -= 1
            raise type(self).error
        return super().add(part)


def faulty(error, failures=10**6):
    return type("FaultyNow", (Faulty,), {"error": error, "failures": failures})


PASSING = [
    HistoryError("history", "the disk is full; make room"),
    OSError(errno.ENOSPC, "No space left on device"),
    PermissionError(errno.EACCES, "Permission denied"),
    sqlite3.OperationalError("database or disk is full"),
    MemoryError(),
]


@pytest.mark.parametrize("error", PASSING, ids=lambda error: type(error).__name__)
def test_what_cannot_be_written_is_told_kept_and_tried_again(tmp_path, parts, error):
    store = faulty(error, 2)
    with Running(lambda: store.open(tmp_path)) as running:
        for part in parts[:3]:
            running.recorder.add(part, CancelToken())
        running.wait_for(lambda: len(running.kept) == 3)
    first, *_, last = running.troubles
    assert isinstance(first, HistoryError)
    assert len(first.sentence) > 20
    assert last is None
    with History.open(tmp_path) as history:
        assert [one.part_id for one in reversed(history.page())] == [part.part_id for part in parts[:3]]


def test_a_history_that_cannot_be_opened_for_a_while_loses_nothing(tmp_path, parts):
    failures = [OSError(errno.EIO, "Input/output error"), HistoryError("history", "the disk is not there")]

    def open_store():
        if failures:
            raise failures.pop()
        return History.open(tmp_path)

    with Running(open_store) as running:
        running.recorder.add(parts[0], CancelToken())
    assert running.error is None
    assert len(running.kept) == 1


def test_what_waits_when_judging_ends_is_tried_until_the_disk_has_room(tmp_path, parts):
    store = faulty(PASSING[0])
    with Running(lambda: store.open(tmp_path)) as running:
        for part in parts[:4]:
            running.recorder.add(part, CancelToken())
        running.recorder.finish()
        running.wait_for(lambda: len(running.troubles) >= 3)
        assert not running.over
        assert running.recorder.waiting == 4
        store.failures = 0
    assert running.error is None
    assert len(running.kept) == 4


@pytest.mark.parametrize("end", ["hurry", "abandon", "cancel"])
def test_parts_that_could_not_be_written_by_the_end_are_counted_with_the_reason(tmp_path, parts, end):
    store = faulty(PASSING[0])
    with Running(lambda: store.open(tmp_path)) as running:
        for part in parts[:4]:
            running.recorder.add(part, CancelToken())
        running.wait_for(lambda: bool(running.troubles))
        (running.token.cancel if end == "cancel" else getattr(running.recorder, end))()
    assert "4 judged parts" in str(running.error)
    assert "disk is full" in str(running.error)


def test_abandoned_it_writes_nothing_more(tmp_path, parts):
    writing, may_go_on = threading.Event(), threading.Event()

    class Slow(History):
        def add(self, part):
            writing.set()
            assert may_go_on.wait(60.0)
            return super().add(part)

    with Running(lambda: Slow.open(tmp_path)) as running:
        for part in parts[:4]:
            running.recorder.add(part, CancelToken())
        assert writing.wait(60.0)
        running.recorder.abandon()
        may_go_on.set()
    assert "3 judged parts" in str(running.error)
    assert len(running.kept) == 1


def test_after_a_mistake_nothing_more_is_taken_and_what_waits_is_still_written(tmp_path, parts):
    store = faulty(KeyError("a bug"), 1)
    with Running(lambda: store.open(tmp_path)) as running:
        with running.recorder._changed:  # so that all four wait before the first is tried
            for part in parts[:4]:
                running.recorder.add(part, CancelToken())
        running.wait_for(lambda: running.over)
        assert isinstance(running.error, KeyError)
        with pytest.raises(HistoryError, match=r"2 judged parts .* no more are taken"):
            running.recorder.add(parts[4], CancelToken())
        assert running.recorder.waiting == 3
        with pytest.raises(HistoryError, match="2 judged parts could"):
            running.recorder.run(CancelToken())
    with History.open(tmp_path) as history:
        assert [one.part_id for one in reversed(history.page())] == [part.part_id for part in parts[1:4]]


def test_who_waits_to_hand_over_a_part_hears_that_the_recorder_has_ended(parts):
    recorder, waits = Recorder(lambda: None, lambda *_: None, lambda _error: None), threading.Event()
    for _ in range(WAITING):
        recorder.add(parts[0], CancelToken())
    heard = []

    def hand_over():
        waits.set()
        with pytest.raises(HistoryError) as raised:
            recorder.add(parts[0], CancelToken())
        heard.append(raised.value)

    thread = threading.Thread(target=hand_over)
    thread.start()
    assert waits.wait(60.0)
    with pytest.raises(TypeError):  # None is no history
        recorder.run(CancelToken())
    thread.join(60.0)
    assert len(heard) == 1


def test_judging_waits_while_too_many_parts_wait_and_once_stopped_loses_none(parts):
    recorder, token = Recorder(lambda: None, lambda *_: None, lambda _error: None), CancelToken()
    for _ in range(WAITING):
        recorder.add(parts[0], token)
    threading.Timer(0.05, token.cancel).start()
    began = time.monotonic()
    recorder.add(parts[0], token)
    assert time.monotonic() - began >= 0.05
    assert recorder.waiting == WAITING + 1


@pytest.fixture(scope="module")
def run(loaded, solar_cells):
    """The mixed cells, inspected from the folder."""
    return inspect_photos(loaded, list_images(solar_cells.mixed))


def test_results_are_kept_with_the_limits_in_use(run, tmp_path):
    strict = replace(run, limits=Limits(0.01))
    with History.open(tmp_path / "history") as history:
        assert record_run(strict, history, "Kim") == RecordedRun(added=len(run.inspections))
        records = history.page(order=Order.OLDEST)
        assert [one.part_id for one in records] == [one.path.name for one in run.inspections]
        assert {(one.verdict, one.inspected_at, one.operator) for one in records} == {
            (Verdict.NG, run.inspected_at, "Kim")
        }
        for record, inspection in zip(records, run.inspections, strict=True):
            assert np.array_equal(history.photo(record.id), read_image(inspection.path))
            assert history.score_map(record.id).score == pytest.approx(inspection.score)
            assert history.get(record.id).regions


def test_a_run_that_is_kept_again_is_no_double_and_one_that_was_stopped_goes_on(run, tmp_path):
    token = CancelToken()

    def stop_after_three(progress):
        if progress.done == 3:
            token.cancel()

    with History.open(tmp_path / "history") as history:
        with pytest.raises(Cancelled):
            record_run(run, history, "Kim", report=stop_after_three, token=token)
        there = history.count()
        assert 0 < there < len(run.inspections)
        assert record_run(run, history, "Kim") == RecordedRun(added=len(run.inspections) - there, known=there)
        assert record_run(run, history, "Kim") == RecordedRun(known=len(run.inspections))
        assert history.count() == len(run.inspections)


def test_photos_that_went_away_or_were_replaced_are_not_kept(loaded, solar_cells, tmp_path):
    photos = [Path(shutil.copy(path, tmp_path)) for path in list_images(solar_cells.mixed)[:3]]
    run = inspect_photos(loaded, photos)
    photos[0].unlink()
    write_image(photos[1], np.zeros((20, 20, 3), np.uint8))
    with History.open(tmp_path / "history") as history:
        assert record_run(run, history, "Kim") == RecordedRun(added=1, unreadable=2)
