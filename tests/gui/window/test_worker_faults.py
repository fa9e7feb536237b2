"""An unexpected error in any worker: reported in the problem bar and the log, and the window continues."""

import logging
import threading

from inspector.gui.threads.single_job import SingleJob
from inspector.storage.photos.images import list_images, read_image

LONG_MS = 60_000
BUG = KeyError("nobody expected this")


def test_no_errand_of_the_window_fails_silently(window, state, caught):
    errands = window.workers.findChildren(SingleJob)
    assert len(errands) > 8
    for single_job in errands:
        state.set_problem(None)
        single_job.failed.emit(BUG)
        assert state.problem is not None, single_job.parent()
        assert "nobody expected this" in state.problem.sentence
    assert caught == [BUG] * len(errands)


def test_a_bug_in_a_job_that_nobody_waits_for_is_in_the_log(runner, qtbot, caplog):
    def work(_job):
        raise BUG

    with qtbot.waitSignal(runner.failed), caplog.at_level(logging.ERROR, "inspector"):
        runner.submit(work)
    assert "nobody expected this" in caplog.text
    assert "thread test" in caplog.text


def test_what_was_delivered_before_an_error_arrives(runner, qtbot):
    got = []
    runner.delivered.connect(lambda _job, items: got.extend(items))

    def work(job):
        for number in range(50):
            job.deliver(number)
        raise BUG

    with qtbot.waitSignal(runner.failed):
        runner.submit(work)
    assert got == list(range(50))


def test_a_photo_that_breaks_the_decoder_leaves_no_other_photo_beside_its_verdict(
    judged, state, qtbot, monkeypatch, caught, caplog
):
    shown = judged.judge.view
    qtbot.waitUntil(lambda: shown.shown == state.selected_inspection.path, timeout=LONG_MS)
    known = {path for path, _depth in judged.workers.photos._photos}
    other = next(n for n, one in enumerate(state.inspections) if one.path not in known)
    bad = state.inspections[other].path

    def read(path, *depth):
        if path == bad:
            raise BUG
        return read_image(path, *depth)

    monkeypatch.setattr("inspector.gui.threads.decoder.read_image", read)
    with caplog.at_level(logging.ERROR, "inspector"):
        state.select(other)
        qtbot.waitUntil(lambda: bool(caught), timeout=LONG_MS)
    assert shown.shown is None
    assert shown.image.shows_nothing
    assert shown.notice.isVisible()
    assert "nobody expected this" in state.problem.sentence
    assert "nobody expected this" in caplog.text
    state.select((other + 1) % len(state.inspections))  # the next photo is shown again
    qtbot.waitUntil(lambda: shown.shown == state.selected_inspection.path, timeout=LONG_MS)


def test_a_thumbnail_that_breaks_the_decoder_is_not_asked_for_again_and_again(
    window, solar_cells, qtbot, monkeypatch, caught
):
    asked, photos = [], list_images(solar_cells.good)[:3]

    def read(path, *depth):
        asked.append(path)
        if path == photos[1]:
            raise BUG
        return read_image(path, *depth)

    monkeypatch.setattr("inspector.gui.threads.decoder.read_image", read)
    loader = window.workers.photos

    def all_there():
        return all(loader.thumbnail(path) is not None for path in photos)

    qtbot.waitUntil(all_there, timeout=LONG_MS)
    assert loader.thumbnail(photos[1]).isNull()
    assert not loader.thumbnail(photos[0]).isNull()
    assert sorted(asked) == sorted(photos)
    assert caught == [BUG]


def test_a_thumbnail_under_way_is_not_decoded_again(window, solar_cells, qtbot, monkeypatch):
    asked, go_on, path = [], threading.Event(), list_images(solar_cells.good)[0]

    def read(path, *depth):
        asked.append(path)
        assert go_on.wait(LONG_MS / 1000)
        return read_image(path, *depth)

    monkeypatch.setattr("inspector.gui.threads.decoder.read_image", read)
    loader = window.workers.photos
    assert loader.thumbnail(path) is None
    qtbot.waitUntil(lambda: bool(asked), timeout=LONG_MS)
    assert loader.thumbnail(path) is None
    go_on.set()
    qtbot.waitUntil(lambda: loader.thumbnail(path) is not None, timeout=LONG_MS)
    assert asked == [path]


def test_a_photo_that_takes_long_leaves_an_empty_view_meanwhile(judged, state, qtbot, monkeypatch):
    shown = judged.judge.view
    qtbot.waitUntil(lambda: shown.shown == state.selected_inspection.path, timeout=LONG_MS)
    monkeypatch.setattr(judged.workers.photos, "request_photo", lambda _path: None)  # as if a share did not answer
    state.select((state.selected + 1) % len(state.inspections))
    qtbot.waitUntil(lambda: shown.image.shows_nothing, timeout=LONG_MS)
    assert shown.shown is None


def test_sessions_that_cannot_be_found_are_told_and_searched_again(
    window, state, solar_cells, qtbot, monkeypatch, caught
):
    real = __import__("inspector.gui.good_photos.session_finder", fromlist=["find_sessions"]).find_sessions
    broken = [True]

    def find(*arguments):
        if broken:
            broken.pop()
            raise BUG
        return real(*arguments)

    monkeypatch.setattr("inspector.gui.good_photos.session_finder.find_sessions", find)
    window.commands.take_good(solar_cells.good)
    qtbot.waitUntil(lambda: bool(caught), timeout=LONG_MS)
    assert "nobody expected this" in state.problem.sentence
    state.grouping_changed.emit()
    qtbot.waitUntil(lambda: not window.workers.session_finder._single_job.busy and not broken, timeout=LONG_MS)
    assert caught == [BUG]
