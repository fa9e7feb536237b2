"""One slot between threads: the newest frame, and a count of those that nobody took."""

import threading

import cv2
import numpy as np
import pytest

from inspector.core.live.frames import Burst, Frame, NewestFrame
from inspector.storage.photos.images import list_images, read_image


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


def test_what_may_not_be_dropped_waits_until_the_slot_is_empty():
    newest = NewestFrame()
    assert newest.hand_over(frame(0), 0.0)
    assert not newest.hand_over(frame(1), 0.01)
    assert newest.take().number == 0
    assert newest.hand_over(frame(1), 0.0)
    assert (newest.take().number, newest.dropped) == (1, 0)


def test_who_puts_is_told_whether_anything_waited():
    newest = NewestFrame()
    assert newest.put(frame(0))
    assert not newest.put(frame(1))


def test_of_a_burst_the_sharpest_frame_is_kept(solar_cells):
    sharp = read_image(list_images(solar_cells.good)[0])
    burst = Burst()
    for number, sigma in enumerate((2.0, 0.0, 1.0)):
        picture = cv2.GaussianBlur(sharp, (0, 0), sigma) if sigma else sharp.copy()
        burst.add(Frame(picture, number, number / 30))
    assert burst.best.number == 1


@pytest.mark.parametrize("size_hw", [(1, 1), (1, 2), (2, 1), (1, 5000), (5000, 1), (3, 3)])
def test_a_picture_of_any_size_has_a_sharpness(size_hw):
    burst = Burst()
    burst.add(Frame(np.zeros((*size_hw, 3), np.uint8), 0, 0.0))
    assert burst.best is not None
