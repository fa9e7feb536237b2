"""A part that comes to rest is seen once, whatever flickers, drifts or is noisy."""

import numpy as np
import pytest

from inspector.core.live.arrivals import GLIMPSE_HEIGHT, GLIMPSE_WIDTH, Arrivals, Scene, glimpse
from inspector.core.live.frames import Frame
from tests.line import FPS, Line, cells


@pytest.fixture(scope="module")
def parts(solar_cells):
    return cells(solar_cells.good)[:4]


def arrivals_among(frames, arrivals=None):
    """Return the numbers of the frames at which a part was said to have arrived."""
    arrivals = arrivals or Arrivals()
    arrived = []
    for frame in frames:
        if arrivals.see(frame) is Scene.ARRIVED:
            arrived.append(frame.number)
            arrivals.judged()
    return arrived


@pytest.mark.parametrize("noise", [0.0, 2.0, 8.0])
def test_each_part_that_rests_is_seen_once(parts, noise):
    line = Line(noise=noise)
    frames = [frame for part in parts for frame in line.passes(part, rest=FPS)]
    arrived = arrivals_among(frames)
    starts = [8 + index * (FPS + 16) for index in range(len(parts))]
    assert len(arrived) == len(parts)
    assert all(start < number < start + FPS for start, number in zip(starts, arrived, strict=True))


def test_a_part_that_never_rests_is_not_seen(parts):
    line = Line()
    sweeping = [frame for part in parts for frame in (*line.slides_in(part, 30), *line.slides_out(part, 30))]
    assert arrivals_among(sweeping) == []


def test_slow_motion_is_motion(parts):
    line = Line()
    creeping = [line.frame(line._shifted(parts[0], 1.0 - step / 150)) for step in range(150)]  # 2 px a frame
    assert arrivals_among(creeping) == []


def test_light_that_flickers_or_drifts_does_not_make_a_new_part(parts):
    line = Line()
    flicker = [line.frame(parts[0], gain=1.0 + 0.01 * np.sin(number)) for number in range(2 * FPS)]
    drift = [line.frame(parts[0], gain=1.0 - 0.1 * number / (10 * FPS)) for number in range(10 * FPS)]
    assert len(arrivals_among(flicker + drift)) == 1


def test_a_hand_over_a_part_that_stays_does_not_make_it_a_new_one(parts):
    line = Line()
    hand = line.rests(np.full_like(parts[0], 180), 3)
    frames = [*line.rests(parts[0], FPS), *hand, *line.rests(parts[0], FPS)]
    assert len(arrivals_among(frames)) == 1


def test_a_part_like_the_one_before_is_seen_even_if_it_lies_almost_the_same(parts):
    line = Line()
    hand = line.rests(np.full_like(parts[0], 180), 3)
    shifted = np.roll(parts[0], 1, axis=1)  # one pixel
    frames = [*line.rests(parts[0], FPS), *hand, *line.rests(shifted, FPS)]
    assert len(arrivals_among(frames)) == 2


def test_what_rests_is_seen_again_when_asked(parts):
    line, arrivals = Line(), Arrivals()
    assert len(arrivals_among(line.rests(parts[0], FPS), arrivals)) == 1
    assert arrivals_among(line.rests(parts[0], FPS), arrivals) == []
    arrivals.forget()
    assert len(arrivals_among(line.rests(parts[0], FPS), arrivals)) == 1


def test_the_empty_place_is_known_once_it_was_shown(parts):
    line, arrivals = Line(), Arrivals()
    for frame in line.empty(FPS):
        arrivals.see(frame)
    assert not arrivals.knows_empty
    arrivals.remember_empty()
    assert arrivals.knows_empty
    assert arrivals.shows_empty
    for frame in line.slides_in(parts[0]) + line.rests(parts[0], FPS):
        arrivals.see(frame)
    assert not arrivals.shows_empty
    for frame in line.slides_out(parts[0]) + line.empty(FPS):
        arrivals.see(frame)
    assert arrivals.shows_empty


def test_the_sharpest_frame_at_rest_is_the_one_to_judge(parts):
    import cv2

    line, arrivals = Line(noise=0.5), Arrivals()
    blurred = cv2.GaussianBlur(parts[0], (0, 0), 1.0)
    frames = [*line.rests(blurred, 4), *line.rests(parts[0], 1), *line.rests(blurred, 4)]
    scenes = [arrivals.see(frame) for frame in frames]
    assert scenes[-1] is Scene.ARRIVED
    assert arrivals.sharpest is frames[4]


def test_frames_of_any_size_and_of_another_size_each_time_are_seen():
    arrivals = Arrivals()
    for number, size_hw in enumerate([(100, 100), (50, 80), (1, 1), (1, 5000), (100, 100), (2, 1), (480, 640)]):
        frame = Frame(np.zeros((*size_hw, 3), np.uint8), number, number / FPS)
        assert arrivals.see(frame) is Scene.MOVING


def test_a_glimpse_of_a_tall_picture_takes_no_more_memory_than_others():
    assert glimpse(np.zeros((65_000, 1, 3), np.uint8)).shape == (GLIMPSE_HEIGHT, GLIMPSE_WIDTH)
