import threading
from dataclasses import FrozenInstanceError

import pytest

from inspector.core.errors import InspectorError
from inspector.core.progress import Cancelled, CancelToken, Progress, ignore_progress


def test_a_fresh_token_lets_work_go_on():
    token = CancelToken()
    assert not token.cancelled
    token.check()


def test_a_cancelled_token_stops_work_at_every_later_check():
    token = CancelToken()
    token.cancel()
    token.cancel()
    assert token.cancelled
    for _ in range(2):
        with pytest.raises(Cancelled):
            token.check()


def test_the_wish_reaches_work_in_another_thread():
    token, started, stopped = CancelToken(), threading.Event(), threading.Event()

    def work():
        started.set()
        try:
            while True:
                token.check()
        except Cancelled:
            stopped.set()

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    assert started.wait(5)
    assert not stopped.is_set()
    token.cancel()
    worker.join(5)
    assert stopped.is_set()


def test_cancelled_is_an_outcome_and_no_error():
    # Code that reports errors to the user must never catch it by accident.
    assert not issubclass(Cancelled, InspectorError)


def test_progress_is_a_frozen_value():
    progress = Progress("reading good photos", 3, 150)
    assert progress == Progress("reading good photos", 3, 150)
    with pytest.raises(FrozenInstanceError):
        progress.done = 4


def test_progress_can_be_ignored():
    assert ignore_progress(Progress("x", 0, 1)) is None
