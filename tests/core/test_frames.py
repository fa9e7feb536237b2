"""One slot between threads: the newest frame, and a count of those that nobody took."""

import threading

import numpy as np
import pytest

from inspector.core.frames import Frame, NewestFrame


def frame(number):
    return Frame(np.full((4, 6, 3), number, np.uint8), number, taken_at=number / 30)


def test_the_newest_frame_is_taken_and_those_before_it_are_counted():
    newest = NewestFrame()
    for number in range(5):
        newest.put(frame(number))
    assert newest.take(0.0).number == 4
    assert newest.dropped == 4
    assert newest.take(0.0) is None


def test_a_frame_wakes_the_thread_that_waits_for_it():
    newest, taken = NewestFrame(), []
    waiting = threading.Thread(target=lambda: taken.append(newest.take(20.0)))
    waiting.start()
    newest.put(frame(7))
    waiting.join(10.0)
    assert [one.number for one in taken] == [7]
    assert newest.dropped == 0


def test_a_frames_pixels_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        frame(1).image_rgb[0, 0, 0] = 9
